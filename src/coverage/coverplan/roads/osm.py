"""Roads from an OpenStreetMap extract: `.osm.pbf` or `.osm`, read in two passes."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from sys import intern
from typing import TYPE_CHECKING, Any

import numpy as np

from coverplan.core.errors import Cancelled, InputError, Problem
from coverplan.core.progress import SILENT, Progress
from coverplan.core.units import project
from coverplan.roads.clip import Clip, checked_clip, nodes_inside
from coverplan.roads.courses import (
    OSM_ATTRIBUTION,
    Courses,
    check_file,
    check_for_cars,
    class_codes,
    crs_for,
    geodesic_m,
    whole_dm,
)
from coverplan.roads.network import Bool, Int64, Network
from coverplan.roads.restrictions import Incidence, Restriction, forbidden_turns, read_restrictions
from coverplan.roads.tags import Use, road_name, understand

if TYPE_CHECKING:
    import osmium.io
    import osmium.osm

OSM_SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
_NOWHERE = 2**31 - 1
"""What osmium says for the coordinate of a node that the extract does not hold."""
_UNITS_PER_DEGREE = 1e7


@dataclass(kw_only=True)
class Ways:
    """The usable ways of an extract, one after another, as compact arrays."""

    uses: list[Use] = field(default_factory=list)
    known: dict[Use, Use] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    number: array[int] = field(default_factory=lambda: array("q"))
    restrictions: list[Restriction] = field(default_factory=list)
    n_refs: array[int] = field(default_factory=lambda: array("q"))
    ref: array[int] = field(default_factory=lambda: array("q"))
    x: array[int] = field(default_factory=lambda: array("i"))
    y: array[int] = field(default_factory=lambda: array("i"))
    newest: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Vertices:
    """The vertices of all ways in order: node reference, degrees, the way each belongs to, where runs begin and end."""

    ref: Int64
    lon: np.ndarray
    lat: np.ndarray
    way: Int64
    begins: Bool
    ends: Bool


def read_osm(
    path: str | Path, crs: str | None = None, *, clip: Clip | None = None, progress: Progress = SILENT
) -> Network:
    """Read the roads of an OpenStreetMap extract.

    Every way that cars or walkers may use is kept and split where it meets another, or itself. Ways that leave the
    extract are cut where their nodes are missing. Lengths are geodesic on WGS 84. How tags are understood stands in
    `roads.tags`, and which turn restrictions bind cars in `roads.restrictions`; ferries and barriers on nodes are not
    considered.

    Parameters
    ----------
    path
        A file that ends in `.osm.pbf`, `.osm`, `.osm.gz` or `.osm.bz2`.
    crs
        Projected CRS in metres of the network; the UTM zone of the extract's middle when None.
    clip
        A polygon in WGS-84 degrees, such as `roads.clip.clip_around(study.areas)`. Of a large extract only what lies
        inside is kept: the pieces of ways between nodes in the polygon, cut at the last such node. Memory grows with
        what is kept, not with the file.
    progress
        Is told how far the search for nodes is, and may stop it; only with `clip`.

    Returns
    -------
    Network
        `node_id` are OSM node ids. `date` is the day of the extract, or of its newest road when it does not say.

    Raises
    ------
    InputError
        When the file is missing, is no OSM file, holds no road for cars, or nothing inside `clip`.
    """
    path = check_file(Path(path), OSM_SUFFIXES)
    ways, date = _read_ways(path, None if clip is None else checked_clip(clip), progress)
    source = f"OpenStreetMap extract {path.name}"
    return check_for_cars(network_of_ways(ways, source=source, date=date or ways.newest, crs=crs), path)


def _read_ways(path: Path, clip: Clip | None, progress: Progress) -> tuple[Ways, str]:
    osmium = load_osmium(path)
    ways = Ways()
    with plain_words(path, osmium):
        with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
            date = header_date(reader.header())
        located = _located_ways(path, osmium) if clip is None else _clipped_ways(path, osmium, clip, progress)
        for way in located:
            _take(ways, way, dated=bool(date))
        ways.restrictions.extend(read_restrictions(path, osmium))
    return ways, date


@contextmanager
def plain_words(path: Path, osmium: Any) -> Iterator[None]:
    """Turn whatever osmium finds wrong with a file, in its bytes, numbers or letters, into a problem that names it."""
    try:
        yield
    except InputError:
        raise
    except (RuntimeError, ValueError, OverflowError, osmium.InvalidLocationError) as error:
        what = f"cannot be read as OpenStreetMap data: {' '.join(str(error).split())}"
        raise InputError([Problem(what=what, file=path.name, hint="is the download complete?")]) from error


def load_osmium(path: Path) -> Any:
    """Import the optional package on first use, or say how to get it."""
    try:
        return import_module("osmium")
    except ImportError as error:
        hint = "pip install 'coverplan[osm]'"
        raise InputError([Problem(what="needs the package osmium", file=path.name, hint=hint)]) from error


def _located_ways(path: Path, osmium: Any) -> Iterator[osmium.osm.Way]:
    """Yield the ways with a highway tag, their nodes located; the file may hold ways before nodes."""
    # osmium keeps no hold on what it is given: the index and the filter must live as long as the reading.
    index = osmium.index.create_map("flex_mem")
    locations = osmium.NodeLocationsForWays(index)
    locations.ignore_errors()
    highways = osmium.filter.KeyFilter("highway")
    with osmium.io.Reader(str(path), osmium.osm.NODE) as nodes:
        osmium.apply(nodes, locations)
    with osmium.io.Reader(str(path), osmium.osm.WAY) as reader:
        yield from osmium.OsmFileIterator(reader, highways, locations)


def _clipped_ways(path: Path, osmium: Any, clip: Clip, progress: Progress) -> Iterator[osmium.osm.Way]:
    """Yield the ways with a highway tag that have a node in the clip; their other nodes are not located."""
    # osmium's sets of ids take 4 MB for each 34 million ids in use, 1.6 GB for today's; this index 16 bytes a node.
    index = osmium.index.create_map("sparse_mem_array")
    place = osmium.osm.Location
    for node, x, y in zip(
        *(part.tolist() for part in nodes_inside(path, clip, osmium, progress=progress)), strict=True
    ):
        index.set(node, place(x / _UNITS_PER_DEGREE, y / _UNITS_PER_DEGREE))
    locations = osmium.NodeLocationsForWays(index)
    locations.ignore_errors()
    highways = osmium.filter.KeyFilter("highway")
    progress.message(f"reading the roads of {path.name}")
    with osmium.io.Reader(str(path), osmium.osm.WAY) as reader:
        for number, way in enumerate(osmium.OsmFileIterator(reader, highways, locations)):
            if number % 10_000 == 0 and progress.cancelled():
                raise Cancelled("the reading of roads was stopped")
            if any(node.x != _NOWHERE for node in way.nodes):
                yield way


def header_date(header: osmium.io.Header) -> str:
    """Return the day that a file says it is of, empty when it does not say."""
    keys = ("osmosis_replication_timestamp", "timestamp", "xml_josm_timestamp")
    return next((stamp[:10] for stamp in (header.get(key) for key in keys) if stamp), "")


def add_way(ways: Ways, tags: Mapping[str, str], nodes: Sequence[tuple[int, int, int]]) -> None:
    """Add a way to those read so far, if it is a road that cars or walkers may use.

    Parameters
    ----------
    ways
        Grows.
    tags
        At least those named in `roads.tags.TAG_KEYS`.
    nodes
        Id, longitude and latitude of each node along the way, the latter in units of 1e-7 degrees.
    """
    if not _add_meaning(ways, tags, len(nodes)):
        return
    ways.number.append(0)
    for ref, x, y in nodes:
        ways.ref.append(ref)
        ways.x.append(x)
        ways.y.append(y)


def _add_meaning(ways: Ways, tags: Mapping[str, str], n_nodes: int) -> bool:
    use = understand(tags)
    if use is None or use.is_closed:
        return False
    # Ways by the hundred thousand share a few hundred meanings and names: each is kept once.
    ways.uses.append(ways.known.setdefault(use, use))
    ways.names.append(intern(road_name(tags)))
    ways.n_refs.append(n_nodes)
    return True


def _take(ways: Ways, way: osmium.osm.Way, *, dated: bool) -> None:
    if not _add_meaning(ways, {tag.k: tag.v for tag in way.tags}, len(way.nodes)):
        return
    ways.number.append(way.id)
    for node in way.nodes:
        ways.ref.append(node.ref)
        ways.x.append(node.x)
        ways.y.append(node.y)
    # A way that does not say when it was drawn comes with the year 1970.
    if not dated and way.timestamp.year > 1970:
        ways.newest = max(ways.newest, f"{way.timestamp:%Y-%m-%d}")


def network_of_ways(ways: Ways, *, source: str, date: str, crs: str | None) -> Network:
    """Split ways where they meet and lay them out as a network.

    Parameters
    ----------
    ways
        Roads of OpenStreetMap.
    source, date
        Where they come from, and as of which day.
    crs
        Projected CRS in metres; the UTM zone of their middle when None.
    """
    vertices = _vertices(ways)
    ref, position = np.unique(vertices.ref, return_inverse=True)
    used = np.bincount(position, minlength=len(ref))
    is_node = vertices.begins | vertices.ends | (used[position] > 1)
    stops = np.flatnonzero(is_node)
    goes_on = ~vertices.ends[stops][:-1] if len(stops) else np.zeros(0, dtype=bool)
    first, last = stops[:-1][goes_on], stops[1:][goes_on]
    courses, picked = _cut(vertices, first, last)
    node_ref, node_of = np.unique(np.concatenate([position[first], position[last]]), return_inverse=True)
    crs = crs_for(vertices.lon, vertices.lat, crs)
    x_m, y_m = _project_nodes(vertices, position, len(ref), crs)
    way = vertices.way[first]
    numbers = np.array(ways.number, dtype=np.int64)[way]
    incidence = Incidence(way=numbers, edge_from=ref[position[first]], edge_to=ref[position[last]])
    columns = _columns(ways)
    return Network(
        crs=crs,
        node_id=ref[node_ref],
        x_m=x_m[node_ref],
        y_m=y_m[node_ref],
        edge_from=node_of[: len(first)].astype(np.int32),
        edge_to=node_of[len(first) :].astype(np.int32),
        edge_length_dm=whole_dm(geodesic_m(courses)),
        edge_name=np.array(ways.names, dtype=object)[way],
        **{name: column[way] for name, column in columns.items()},
        speed_factor=np.ones(len(way)),
        shape_start=courses.start,
        shape_x_m=x_m[position[picked]],
        shape_y_m=y_m[position[picked]],
        source=source,
        date=date,
        attribution=OSM_ATTRIBUTION,
        quality="measured",
        no_turns=forbidden_turns(ways.restrictions, incidence),
    )


def _vertices(ways: Ways) -> _Vertices:
    """Line the vertices up without missing nodes and repetitions; a missing node ends one run and begins another."""
    way = np.repeat(np.arange(len(ways.uses)), np.array(ways.n_refs, dtype=np.int64))
    ref, x, y = np.array(ways.ref, dtype=np.int64), np.array(ways.x, dtype=np.int64), np.array(ways.y, dtype=np.int64)
    known = x != _NOWHERE
    run = np.cumsum(np.r_[True, (way[1:] != way[:-1]) | ~known[:-1]]) if len(way) else way
    ref, x, y, way, run = (part[known] for part in (ref, x, y, way, run))
    fresh = np.r_[True, (ref[1:] != ref[:-1]) | (run[1:] != run[:-1])] if len(ref) else known[:0]
    ref, x, y, way, run = (part[fresh] for part in (ref, x, y, way, run))
    changes = run[1:] != run[:-1]
    begins, ends = (np.r_[True, changes], np.r_[changes, True]) if len(ref) else (fresh[:0], fresh[:0])
    long = ~(begins & ends)
    return _Vertices(
        ref=ref[long],
        lon=x[long] / _UNITS_PER_DEGREE,
        lat=y[long] / _UNITS_PER_DEGREE,
        way=way[long],
        begins=begins[long],
        ends=ends[long],
    )


def _cut(vertices: _Vertices, first: Int64, last: Int64) -> tuple[Courses, Int64]:
    """Return the course of each edge in degrees, and the vertices it takes; inner junctions serve two edges."""
    n_vertices = last - first + 1
    start = np.concatenate([[0], np.cumsum(n_vertices)]).astype(np.int64)
    picked = np.arange(int(start[-1])) + np.repeat(first - start[:-1], n_vertices)
    return Courses(start=start, x=vertices.lon[picked], y=vertices.lat[picked]), picked


def _project_nodes(vertices: _Vertices, position: Int64, n: int, crs: str) -> tuple[np.ndarray, np.ndarray]:
    lon, lat = np.zeros(n), np.zeros(n)
    lon[position], lat[position] = vertices.lon, vertices.lat
    return project(lon, lat, crs)


def _columns(ways: Ways) -> dict[str, np.ndarray]:
    names = ("drive_forward", "drive_backward", "walk_forward", "walk_backward", "kph_forward", "kph_backward")
    columns = {name: np.array([getattr(use, name) for use in ways.uses]) for name in names}
    return {"edge_class": class_codes([use.road_class for use in ways.uses]), **columns}
