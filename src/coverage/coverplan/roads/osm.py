"""Roads from an OpenStreetMap extract: `.osm.pbf` or `.osm`, read in two passes."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from sys import intern
from typing import TYPE_CHECKING, Any

import numpy as np

from coverplan.core.errors import InputError, Problem
from coverplan.core.units import project
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
from coverplan.roads.tags import Use, road_name, understand

if TYPE_CHECKING:
    import osmium.io
    import osmium.osm

_SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
_NOWHERE = 2**31 - 1
"""What osmium says for the coordinate of a node that the extract does not hold."""
_UNITS_PER_DEGREE = 1e7


@dataclass(kw_only=True)
class _Ways:
    """The usable ways of an extract, one after another, as compact arrays."""

    uses: list[Use] = field(default_factory=list)
    known: dict[Use, Use] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
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


def read_osm(path: str | Path, crs: str | None = None) -> Network:
    """Read the roads of an OpenStreetMap extract.

    Every way that cars or walkers may use is kept and split where it meets another, or itself. Ways that leave the
    extract are cut where their nodes are missing. Lengths are geodesic on WGS 84. How tags are understood stands in
    `roads.tags`; ferries, turn restrictions and barriers on nodes are not considered.

    Parameters
    ----------
    path
        A file that ends in `.osm.pbf`, `.osm`, `.osm.gz` or `.osm.bz2`.
    crs
        Projected CRS in metres of the network; the UTM zone of the extract's middle when None.

    Returns
    -------
    Network
        `node_id` are OSM node ids. `date` is the day of the extract, or of its newest road when it does not say.

    Raises
    ------
    InputError
        When the file is missing, is no OSM file, or holds no road for cars.
    """
    path = check_file(Path(path), _SUFFIXES)
    ways, date = _read_ways(path)
    return check_for_cars(_build(ways, path, date or ways.newest, crs), path)


def _read_ways(path: Path) -> tuple[_Ways, str]:
    osmium = _load_osmium(path)
    ways = _Ways()
    try:
        with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
            date = _header_date(reader.header())
        for way in _located_ways(path, osmium):
            _take(ways, way, dated=bool(date))
    except RuntimeError as error:
        what = f"cannot be read as OpenStreetMap data: {' '.join(str(error).split())}"
        raise InputError([Problem(what=what, file=path.name, hint="is the download complete?")]) from error
    return ways, date


def _load_osmium(path: Path) -> Any:
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


def _header_date(header: osmium.io.Header) -> str:
    keys = ("osmosis_replication_timestamp", "timestamp", "xml_josm_timestamp")
    return next((stamp[:10] for stamp in (header.get(key) for key in keys) if stamp), "")


def _take(ways: _Ways, way: osmium.osm.Way, *, dated: bool) -> None:
    tags = {tag.k: tag.v for tag in way.tags}
    use = understand(tags)
    if use is None or use.is_closed:
        return
    # Ways by the hundred thousand share a few hundred meanings and names: each is kept once.
    ways.uses.append(ways.known.setdefault(use, use))
    ways.names.append(intern(road_name(tags)))
    ways.n_refs.append(len(way.nodes))
    for node in way.nodes:
        ways.ref.append(node.ref)
        ways.x.append(node.x)
        ways.y.append(node.y)
    # A way that does not say when it was drawn comes with the year 1970.
    if not dated and way.timestamp.year > 1970:
        ways.newest = max(ways.newest, f"{way.timestamp:%Y-%m-%d}")


def _build(ways: _Ways, path: Path, date: str, crs: str | None) -> Network:
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
        shape_start=courses.start,
        shape_x_m=x_m[position[picked]],
        shape_y_m=y_m[position[picked]],
        source=f"OpenStreetMap extract {path.name}",
        date=date,
        attribution=OSM_ATTRIBUTION,
        quality="measured",
    )


def _vertices(ways: _Ways) -> _Vertices:
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


def _columns(ways: _Ways) -> dict[str, np.ndarray]:
    names = ("drive_forward", "drive_backward", "walk_forward", "walk_backward", "kph_forward", "kph_backward")
    columns = {name: np.array([getattr(use, name) for use in ways.uses]) for name in names}
    return {"edge_class": class_codes([use.road_class for use in ways.uses]), **columns}
