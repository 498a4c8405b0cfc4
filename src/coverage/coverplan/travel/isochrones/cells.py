"""The distance to the nearest reached bit of road, on a grid of points.

It is computed only as far as it matters, from each straight piece of road to the points around it, so its cost goes
with the length of the roads and not with the area; and it is exact, for nothing is sampled. Distances are in cells, and
are written down with a small gap around one of them, the level: no point lies right on the outline that is drawn there,
so outlines do not run through points and never touch each other or themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coverplan.roads.network import Float
from coverplan.travel.kernels.jit import COMPILED, jit

MOST_CELLS = 2_000_000
"""No raster has more points than this; larger areas get larger cells."""
GAP = 1 / 128
"""How far from the level, in cells, every distance stays."""
INSET = 1 / 20
"""How far inside the buffer an outline runs, in cells."""
FINEST_M, CELLS_IN_BUFFER = 40.0, 2.0
LEAST_IN_BUFFER = 1.5
"""A buffer this many cells wide holds all reached road: the corners of a cell are within 1.415 of what crosses it."""
_STEPS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
_AT_ONCE = 200_000
_FAR = 1e30
_TOUCHING = 1e-9
"""Ends of pieces that are closer than this, in cells, are one."""


@dataclass(frozen=True, kw_only=True)
class Raster:
    """How finely to draw: the side of a cell and the distance from the road to the outline, in metres."""

    cell_m: float
    buffer_m: float

    @property
    def level(self) -> float:
        """Where the outline runs, in cells from the road: a hair inside the buffer.

        Between points distances are interpolated, which fills up narrow corners; the hair makes up for that.
        """
        return self.buffer_m / self.cell_m - INSET

    @property
    def reach(self) -> float:
        """How far distances are needed, in cells: one farther than the level."""
        return self.level + 1.0


@dataclass(frozen=True, kw_only=True)
class Window:
    """A grid of points: column i, row j is ``((left + i) * cell_m, (bottom + j) * cell_m)``, south to north."""

    left: int
    bottom: int
    width: int
    height: int

    def within(self, other: Window) -> tuple[slice, slice]:
        """Return the rows and columns of this window in another one that holds it."""
        left, bottom = self.left - other.left, self.bottom - other.bottom
        return slice(bottom, bottom + self.height), slice(left, left + self.width)


def choose_raster(extent_m: tuple[float, float], cell_m: float | None, buffer_m: float | None) -> Raster:
    """Choose cells and buffer for the largest window there will be.

    Without a wish, cells are 40 m and the buffer is two of them; where that would take more than `MOST_CELLS` points,
    cells are the next rounder number of metres that does not. A buffer alone sets cells of half its width, cells alone
    a buffer of twice theirs.

    Raises
    ------
    ValueError
        When a wish is not above 0, the buffer is less than 1.5 cells, or the cells are too many.
    """
    for name, value in (("cell_m", cell_m), ("buffer_m", buffer_m)):
        if value is not None and not 0 < value < np.inf:
            raise ValueError(f"{name} is {value:g}; it must be above 0")
    wished = cell_m or (FINEST_M if buffer_m is None else buffer_m / CELLS_IN_BUFFER)
    buffer = buffer_m or wished * CELLS_IN_BUFFER
    if n_points(extent_m, wished, buffer) <= MOST_CELLS:
        cell = wished
    elif cell_m is not None:
        raise ValueError(f"cells of {cell_m:g} m would be more than {MOST_CELLS:,} here; leave cell_m out")
    else:
        cell = _coarser(extent_m, wished, buffer_m)
        buffer = buffer_m or cell * CELLS_IN_BUFFER
    if buffer < LEAST_IN_BUFFER * cell:
        raise ValueError(
            f"a buffer of {buffer:g} m is too narrow for cells of {cell:g} m; it must be {LEAST_IN_BUFFER * cell:g} m"
        )
    return Raster(cell_m=cell, buffer_m=buffer)


def n_points(extent_m: tuple[float, float], cell_m: float, buffer_m: float) -> float:
    """Return how many points a window of some width and height takes at most."""
    margin = 2 * (buffer_m + cell_m) + 2 * cell_m
    return ((extent_m[0] + margin) // cell_m + 1) * ((extent_m[1] + margin) // cell_m + 1)


def window_around(ends: Float, raster: Raster) -> Window:
    """Return the window that holds pieces of road and everything within `Raster.reach` of them."""
    x, y = ends[:, 0::2] / raster.cell_m, ends[:, 1::2] / raster.cell_m
    left, bottom = (int(np.floor(values.min() - raster.reach)) for values in (x, y))
    right, top = (int(np.ceil(values.max() + raster.reach)) for values in (x, y))
    return Window(left=left, bottom=bottom, width=right - left + 1, height=top - bottom + 1)


def far_away(window: Window, raster: Raster) -> Float:
    """Return a grid of distances on which no road has been laid yet: (height, width), in cells."""
    return np.full((window.height, window.width), raster.reach)


def lay(distance: Float, ends: Float, window: Window, raster: Raster) -> None:
    """Lower distances, in place, to those from some more pieces of road: (p, 4), x and y of both ends, metres."""
    at = ends / raster.cell_m - np.array([window.left, window.bottom] * 2)
    (_lay if COMPILED else lay_plainly)(distance, at, raster.level, raster.reach)


@jit
def _lay(distance: Float, ends: Float, level: float, reach: float) -> None:
    """Go through the points of each piece, row by row.

    Where a piece goes on from the one before, the points behind it are nearer to that one; where another goes on from
    it, the points ahead are its own only in the wedge between the two.
    """
    height, width = distance.shape
    for k in range(len(ends)):
        xa, ya, xb, yb = ends[k]
        dx, dy = xb - xa, yb - ya
        squared = dx * dx + dy * dy
        low, high, nx, ny = -_FAR, _FAR, 0.0, 0.0
        if squared > 0 and k > 0 and abs(ends[k - 1, 2] - xa) + abs(ends[k - 1, 3] - ya) < _TOUCHING:
            low = 0.0
        if squared > 0 and k < len(ends) - 1 and abs(ends[k + 1, 0] - xb) + abs(ends[k + 1, 1] - yb) < _TOUCHING:
            nx, ny = ends[k + 1, 2] - xb, ends[k + 1, 3] - yb
            high = squared if nx != 0 or ny != 0 else _FAR
        by_dx, by_dy, by_nx = _inverse(dx), _inverse(dy), _inverse(nx)
        by_squared = 1.0 / squared if squared > 0 else 0.0
        south, north = min(ya, yb), max(ya, yb)
        for j in range(max(0, int(np.ceil(south - reach))), min(height - 1, int(np.floor(north + reach))) + 1):
            # The part of the piece within reach of this row, and the columns within reach of that part.
            middle, half = (j - ya) * by_dy, abs(reach * by_dy)
            x0 = xa + (min(max(middle - half, 0.0), 1.0) if by_dy != 0 else 0.0) * dx
            x1 = xa + (min(max(middle + half, 0.0), 1.0) if by_dy != 0 else 1.0) * dx
            off = max(south - j, j - north, 0.0)
            across = np.sqrt(max(reach * reach - off * off, 0.0))
            span = (max(np.ceil(min(x0, x1) - across), 0.0), min(np.floor(max(x0, x1) + across), width - 1.0))
            base = (j - ya) * dy - xa * dx
            begin, end = _between(span, by_dx, base, (low, high))
            if high < _FAR:
                ahead = _between(span, by_dx, base, (squared, _FAR))
                wedge = _between(ahead, by_nx, (j - yb) * ny - xb * nx, (-_FAR, 0.0))
                if wedge[0] <= wedge[1]:
                    begin, end = (min(begin, wedge[0]), max(end, wedge[1])) if begin <= end else wedge
            for i in range(int(begin), int(end) + 1):
                t = min(max((i * dx + base) * by_squared, 0.0), 1.0)
                ex, ey = xa + t * dx - i, ya + t * dy - j
                away = ex * ex + ey * ey
                if away < distance[j, i] * distance[j, i]:
                    value = np.sqrt(away)
                    if abs(value - level) < GAP:
                        value = level - GAP if value <= level else level + GAP
                    distance[j, i] = value


@jit
def _inverse(value: float) -> float:
    """Return 1 / value; 0 stands for that of nothing or next to nothing."""
    return 1.0 / value if abs(value) > _TOUCHING else 0.0


@jit
def _between(
    span: tuple[float, float], inverse: float, base: float, limits: tuple[float, float]
) -> tuple[float, float]:
    """Return the columns i of a span with ``limits[0] <= i / inverse + base <= limits[1]``; (1, 0) for none."""
    first, last = span
    low, high = limits
    if inverse == 0:
        return span if low - _TOUCHING <= base <= high + _TOUCHING else (1.0, 0.0)
    one, other = (low - base) * inverse, (high - base) * inverse
    first, last = max(first, np.ceil(min(one, other) - _TOUCHING)), min(last, np.floor(max(one, other) + _TOUCHING))
    return (first, last) if first <= last else (1.0, 0.0)


def lay_plainly(distance: Float, ends: Float, level: float, reach: float) -> None:
    """Do what the compiled search for distances does where nothing can be compiled; `ends` in cells of the window."""
    height, width = distance.shape
    low, high = np.minimum(ends[:, :2], ends[:, 2:]), np.maximum(ends[:, :2], ends[:, 2:])
    first = np.maximum(np.ceil(low - reach), 0).astype(np.int64)
    last = np.minimum(np.floor(high + reach), [width - 1, height - 1]).astype(np.int64)
    across, up = np.maximum(last - first + 1, 0).T
    count = across * up
    total = np.cumsum(count)
    for part in np.split(np.arange(len(ends)), np.searchsorted(total, np.arange(_AT_ONCE, count.sum(), _AT_ONCE))):
        piece = np.repeat(part, count[part])
        place = np.arange(len(piece)) - np.repeat(np.cumsum(count[part]) - count[part], count[part])
        i, j = first[piece, 0] + place % across[piece], first[piece, 1] + place // across[piece]
        (xa, ya), (dx, dy) = ends[piece, :2].T, (ends[piece, 2:] - ends[piece, :2]).T
        squared = dx * dx + dy * dy
        t = np.clip(((i - xa) * dx + (j - ya) * dy) / np.where(squared > 0, squared, 1.0), 0.0, 1.0)
        away = np.hypot(xa + t * dx - i, ya + t * dy - j)
        near_level = np.abs(away - level) < GAP
        away = np.where(near_level, np.where(away <= level, level - GAP, level + GAP), away)
        np.minimum.at(distance, (j, i), away)


def _coarser(extent_m: tuple[float, float], cell_m: float, buffer_m: float | None) -> float:
    """Return the next round cell size at which the points are not too many."""
    power = 10.0 ** np.floor(np.log10(cell_m))
    while True:
        for step in _STEPS:
            cell = step * power
            if cell > cell_m and n_points(extent_m, cell, buffer_m or cell * CELLS_IN_BUFFER) <= MOST_CELLS:
                return float(cell)
        power *= 10.0
