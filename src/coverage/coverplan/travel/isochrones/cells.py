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
    height, width = distance.shape
    for k in range(len(ends)):
        xa, ya, xb, yb = ends[k]
        if ya > yb:
            xa, ya, xb, yb = xb, yb, xa, ya
        dx, dy = xb - xa, yb - ya
        squared = dx * dx + dy * dy
        shorten = 1.0 / squared if squared > 0 else 0.0
        for j in range(max(0, int(np.ceil(ya - reach))), min(height - 1, int(np.floor(yb + reach))) + 1):
            # The part of the piece that is within reach of this row, and the columns within reach of that part.
            begin = min(max((j - reach - ya) / dy, 0.0), 1.0) if dy > 0 else 0.0
            end = min(max((j + reach - ya) / dy, 0.0), 1.0) if dy > 0 else 1.0
            x0, x1 = xa + begin * dx, xa + end * dx
            off = max(ya - j, j - yb, 0.0)
            across = np.sqrt(max(reach * reach - off * off, 0.0))
            first = max(0, int(np.ceil(min(x0, x1) - across)))
            last = min(width - 1, int(np.floor(max(x0, x1) + across)))
            for i in range(first, last + 1):
                t = min(max(((i - xa) * dx + (j - ya) * dy) * shorten, 0.0), 1.0)
                ex, ey = xa + t * dx - i, ya + t * dy - j
                away = ex * ex + ey * ey
                if away < distance[j, i] * distance[j, i]:
                    value = np.sqrt(away)
                    if abs(value - level) < GAP:
                        value = level - GAP if value <= level else level + GAP
                    distance[j, i] = value


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
