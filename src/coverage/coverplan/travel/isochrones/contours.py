"""Where values on a grid cross a level, as polygons with holes."""

from __future__ import annotations

from typing import NamedTuple, cast

import contourpy
import numpy as np
import shapely

from coverplan.roads.network import Bool, Float, Int64
from coverplan.travel.isochrones.cells import Raster, Window

NOTHING = shapely.MultiPolygon()

_GRAIN = 65_536.0


class _Rings(NamedTuple):
    """Rings in cells of the window: ring i has the points ``at[i]`` to ``at[i + 1]``, its last like its first.

    The rings of polygon k are ``outer[k]`` to ``outer[k + 1]``, its outer one first.
    """

    points: Float
    at: Int64
    outer: Int64


def outlined(
    value: Float, level: float, window: Window, raster: Raster, *, foreign: Bool | None = None
) -> shapely.MultiPolygon:
    """Return the area where values on a grid are at most a level, interpolated along the grid's lines.

    Values on the rim of the window must be above the level, and none may be very close to it (`cells.GAP`). Holes that
    are smaller than a square as wide as the buffer are filled, unless a point that is `foreign` lies in or near them.
    """
    tracer = contourpy.contour_generator(z=value, name="serial", fill_type=contourpy.FillType.ChunkCombinedOffsetOffset)
    found = cast("tuple[list[Float | None], list[Int64], list[Int64]]", tracer.filled(-np.inf, level))
    points = found[0][0]
    if points is None:
        return NOTHING
    rings = _Rings(np.rint(points * _GRAIN) / _GRAIN, found[1][0].astype(np.int64), found[2][0].astype(np.int64))
    rings = _without(rings, _specks(rings, (raster.buffer_m / raster.cell_m) ** 2, foreign))
    at = (rings.points + np.array([window.left, window.bottom])) * raster.cell_m
    parts = shapely.from_ragged_array(shapely.GeometryType.POLYGON, at, (rings.at, rings.outer))
    return cast("shapely.MultiPolygon", shapely.multipolygons(parts))


def valid(area: shapely.MultiPolygon) -> shapely.MultiPolygon:
    """Return the same area if it is valid, which what is drawn here always is; else what can be kept of it.

    Examples
    --------
    >>> bow_tie = shapely.MultiPolygon([shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])])
    >>> bow_tie.is_valid, valid(bow_tie).is_valid, valid(bow_tie).area
    (False, True, 2.0)
    """
    if shapely.is_valid(area):
        return area
    repaired = shapely.get_parts(shapely.make_valid(area, method="structure", keep_collapsed=False))
    parts = [part for whole in repaired for part in shapely.get_parts(whole) if isinstance(part, shapely.Polygon)]
    return shapely.MultiPolygon(parts)


def _specks(rings: _Rings, smallest: float, foreign: Bool | None) -> Bool:
    """Say which rings are holes too small to be shown, in square cells."""
    x, y = rings.points.T
    cross = np.append(x[:-1] * y[1:] - x[1:] * y[:-1], 0.0)
    # The step from one ring's end to the next ring's start is no side of either.
    cross[rings.at[1:] - 1] = 0.0
    specks = np.abs(np.add.reduceat(cross, rings.at[:-1])) / 2 < smallest
    specks[rings.outer[:-1]] = False
    holes = np.flatnonzero(specks)
    if foreign is not None and len(holes):
        starts = rings.at[:-1]
        low = np.floor(np.minimum.reduceat(rings.points, starts))[holes].astype(np.int64)
        high = np.ceil(np.maximum.reduceat(rings.points, starts))[holes].astype(np.int64) + 1
        # How many foreign points lie to the lower left of each, from which follows how many lie in a box.
        total = np.zeros((foreign.shape[0] + 1, foreign.shape[1] + 1), dtype=np.int32)
        total[1:, 1:] = foreign.cumsum(axis=0, dtype=np.int32).cumsum(axis=1)
        (left, bottom), (right, top) = low.T, high.T
        inside = total[top, right] - total[bottom, right] - total[top, left] + total[bottom, left]
        specks[holes[inside > 0]] = False
    return specks


def _without(rings: _Rings, dropped: Bool) -> _Rings:
    if not dropped.any():
        return rings
    size = np.diff(rings.at)
    polygon = np.repeat(np.arange(len(rings.outer) - 1), np.diff(rings.outer))
    count = np.bincount(polygon[~dropped])
    return _Rings(
        points=rings.points[np.repeat(~dropped, size)],
        at=np.concatenate([[0], np.cumsum(size[~dropped])]),
        outer=np.concatenate([[0], np.cumsum(count)]),
    )
