"""A part of an extract: the study area with a margin, and the nodes of a large file that lie in it.

The whole file is read, but only what lies inside is kept, so a county can be taken out of the extract of a country in
the memory that the county needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from coverplan.core.errors import Cancelled, InputError, Problem
from coverplan.core.progress import SILENT, Progress
from coverplan.core.units import unproject
from coverplan.roads.network import Int64
from coverplan.roads.pbf import Positions, UnusualPackingError, node_blocks

if TYPE_CHECKING:
    import geopandas as gpd

MARGIN_M = 10_000.0
"""How far roads are read around a study area: a quarter of an hour's drive at 40 km/h."""
Clip = shapely.Polygon | shapely.MultiPolygon
_UNITS_PER_DEGREE = 1e7
_ELSEWHERE = "is it the extract of the right province? To read all of it: clip: false (coverplan roads: --clip none)"
_CHUNK = 200_000
_COARSE = 0.02
"""The rim of a margin is drawn to this share of its width: nobody measures along it."""


def clip_around(areas: gpd.GeoDataFrame, *, margin_m: float = MARGIN_M) -> Clip:
    """Return the outline of a study area with a margin around it, in WGS-84 degrees.

    Parameters
    ----------
    areas
        Polygons in a projected CRS, in metres; `study.areas`, or any points such as `study.people`.
    margin_m
        How far around them, in metres.

    Raises
    ------
    InputError
        When there is nothing to go around.

    Examples
    --------
    >>> import geopandas as gpd
    >>> areas = gpd.GeoDataFrame(geometry=[shapely.box(650000, 2740000, 660000, 2750000)], crs="EPSG:32650")
    >>> west, south, east, north = clip_around(areas, margin_m=1000).bounds
    >>> round((north - south) * 111.0)
    12
    """
    shapes = areas.geometry.to_numpy()
    known = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if len(known) == 0 or areas.crs is None:
        raise InputError([Problem(what="there is no area to clip to", hint="give the study a table of areas")])
    wide = shapely.buffer(shapely.union_all(shapely.buffer(known, 0.01)), margin_m, quad_segs=4)
    outline = shapely.simplify(wide, _COARSE * margin_m)
    crs = areas.crs.to_string()

    def degrees(metres: np.ndarray) -> np.ndarray:
        return np.stack(unproject(metres[:, 0], metres[:, 1], crs), axis=1)

    return checked_clip(shapely.make_valid(shapely.transform(outline, degrees)))


def checked_clip(clip: Any) -> Clip:
    """Return an outline that can be clipped to; anything else is an `InputError`."""
    what = None
    if not isinstance(clip, shapely.Polygon | shapely.MultiPolygon) or clip.is_empty:
        what = "the outline to clip to is not a polygon"
    elif not clip.is_valid:
        what = f"the outline to clip to is not valid: {shapely.is_valid_reason(clip)}"
    elif not _in_degrees(clip):
        what = "the outline to clip to is not in degrees of longitude and latitude"
    if what is not None:
        raise InputError([Problem(what=what, hint="give a polygon in WGS 84 (EPSG:4326)")])
    return clip


def _in_degrees(clip: Clip) -> bool:
    west, south, east, north = clip.bounds
    return -180 <= west <= east <= 180 and -90 <= south <= north <= 90


def nodes_inside(path: Path, clip: Clip, osmium: Any, *, progress: Progress = SILENT) -> Positions:
    """Return the nodes of an extract that lie in a clip, in the order of their ids.

    Parameters
    ----------
    path
        Any OpenStreetMap file.
    clip
        A polygon in degrees; its rim belongs to it.
    osmium
        The package of that name, for files other than `.osm.pbf` and for unusual ones.

    Returns
    -------
    ids, x, y : int64
        Longitude and latitude in units of 1e-7 degrees. Nodes without a lasting id (below 1) are left out.

    Raises
    ------
    InputError
        When nothing lies inside; the message says where the file lies.
    RuntimeError
        When the file is broken.
    """
    shapely.prepare(clip)
    kept: list[Positions] = []
    seen = _Extent()
    for ids, x, y in _all_nodes(path, osmium, progress):
        seen.add(x, y)
        inside = _inside(clip, ids, x, y)
        if inside.any():
            kept.append((ids[inside], x[inside], y[inside]))
    if not kept:
        raise InputError([_elsewhere(path, clip, seen)])
    ids, x, y = (np.concatenate([part[i] for part in kept]) for i in range(3))
    kept.clear()
    ids, first = np.unique(ids, return_index=True)
    return ids, x[first], y[first]


def _inside(clip: Clip, ids: Int64, x: Int64, y: Int64) -> np.ndarray:
    west, south, east, north = (round(bound * _UNITS_PER_DEGREE) for bound in clip.bounds)
    inside = (x >= west) & (x <= east) & (y >= south) & (y <= north) & (ids > 0)
    near = np.flatnonzero(inside)
    inside[near] = shapely.intersects_xy(clip, x[near] / _UNITS_PER_DEGREE, y[near] / _UNITS_PER_DEGREE)
    return inside


@dataclass(kw_only=True)
class _Extent:
    """How far the nodes reach that were seen so far."""

    west: float = np.inf
    south: float = np.inf
    east: float = -np.inf
    north: float = -np.inf

    def add(self, x: Int64, y: Int64) -> None:
        """See some more."""
        self.west, self.east = min(self.west, float(x.min())), max(self.east, float(x.max()))
        self.south, self.north = min(self.south, float(y.min())), max(self.north, float(y.max()))


def _elsewhere(path: Path, clip: Clip, seen: _Extent) -> Problem:
    if not np.isfinite(seen.west):
        return Problem(what="holds no nodes", file=path.name, hint="is the download complete?")
    file = _box(*(bound / _UNITS_PER_DEGREE for bound in (seen.west, seen.south, seen.east, seen.north)))
    what = f"holds nothing inside the study area: it lies at {file}, the study area at {_box(*clip.bounds)}"
    return Problem(what=what, file=path.name, hint=_ELSEWHERE)


def _box(west: float, south: float, east: float, north: float) -> str:
    return f"longitude {west:.2f} to {east:.2f}, latitude {south:.2f} to {north:.2f}"


def _all_nodes(path: Path, osmium: Any, progress: Progress) -> Iterator[Positions]:
    """Yield all nodes of a file, some thousands at a time."""
    if path.name.endswith(".pbf"):
        try:
            yield from _from_blocks(path, progress)
        except UnusualPackingError:
            progress.message(f"{path.name} is packed in an unusual way; reading it the slow way")
        else:
            return
    yield from _one_by_one(path, osmium, progress)


def _from_blocks(path: Path, progress: Progress) -> Iterator[Positions]:
    size = path.stat().st_size
    with path.open("rb") as file:
        for found in node_blocks(file):
            _stop_if_asked(progress)
            progress.advance(file.tell(), size)
            yield found


def _one_by_one(path: Path, osmium: Any, progress: Progress) -> Iterator[Positions]:
    """Yield the nodes as osmium hands them over, gathered into arrays; those seen before come again."""
    rows: list[tuple[int, int, int]] = []
    with osmium.io.Reader(str(path), osmium.osm.NODE) as reader:
        for node in osmium.OsmFileIterator(reader):
            if node.location.valid():
                rows.append((node.id, node.location.x, node.location.y))
            if len(rows) == _CHUNK:
                _stop_if_asked(progress)
                yield _columns(rows)
                rows = []
    if rows:
        yield _columns(rows)


def _columns(rows: list[tuple[int, int, int]]) -> Positions:
    ids, x, y = np.array(rows, dtype=np.int64).T
    return ids, x, y


def _stop_if_asked(progress: Progress) -> None:
    if progress.cancelled():
        raise Cancelled("the reading of roads was stopped")


def positions_of(path: Path, ids: Int64, osmium: Any, *, progress: Progress = SILENT) -> tuple[Int64, Int64, Int64]:
    """Return where some nodes of an extract lie; those that it does not hold are left out.

    Parameters
    ----------
    path
        Any OpenStreetMap file.
    ids
        The wanted nodes, in any order.
    osmium
        As in `nodes_inside`.

    Returns
    -------
    ids, x, y : int64
        In the order of the ids, longitude and latitude in units of 1e-7 degrees.

    Raises
    ------
    RuntimeError
        When the file is broken.
    """
    wanted = np.unique(ids)
    found: list[Positions] = [(wanted[:0], wanted[:0], wanted[:0])]
    for block, x, y in _all_nodes(path, osmium, progress) if len(wanted) else ():
        place = np.minimum(np.searchsorted(wanted, block), len(wanted) - 1)
        hit = wanted[place] == block
        found.append((block[hit], x[hit], y[hit]))
    block, x, y = (np.concatenate([part[i] for part in found]) for i in range(3))
    known, first = np.unique(block, return_index=True)
    return known, x[first], y[first]
