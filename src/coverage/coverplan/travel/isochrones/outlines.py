"""The areas within a distance of reached roads, as polygons that are valid and nested by construction.

**Valid.** No distance on the grid is right on the level, so an outline passes between points, crosses each line
between two neighbours at most once, and never meets another outline. Coordinates are rounded to a 65,536th of a cell,
which is far less than the gap around the level.

**Nested.** Roads are laid on one grid, limit by limit, and only ever lower its distances. Where every distance is at
most what it was, the outline in every cell encloses the former one.

**Exclusive.** Every point of the grid belongs to the facility whose roads, reached within the longest limit, are
nearest to it; there the outline stops half-way between its roads and the others', a hair on its own side. What one area
gains on a grid line the other loses there, from the same two numbers, so areas of two facilities never meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from coverplan.core.model import Toward, Weight
from coverplan.core.units import tenths
from coverplan.roads.network import Float, Graph, Int32, Network, Snaps
from coverplan.travel.field import NodeField
from coverplan.travel.isochrones.cells import GAP, Raster, Window, choose_raster, far_away, lay, window_around
from coverplan.travel.isochrones.contours import NOTHING, outlined
from coverplan.travel.isochrones.each import ReachedNodes
from coverplan.travel.isochrones.reached import Bits, Stretches, bits_within, field_stretches, segments


@dataclass(frozen=True, kw_only=True, eq=False)
class Outlines:
    """Areas by group and limit.

    Attributes
    ----------
    areas : (g, k) object
        Multipolygons; empty ones where nothing is reached. One row per facility, or a single one for all of them; one
        column per limit.
    raster : Raster
        How finely they are drawn.
    """

    areas: np.ndarray
    raster: Raster


_SAME = 1e-6
"""Distances that differ by less, in cells, are equal: roads may lie on top of each other."""
_HAIR = GAP / 16
"""How far areas of two facilities stay from the line half-way between them, in cells."""

_Roads = tuple[Float, ...]
"""What one group of facilities reaches: for each limit, the pieces of road that the limit before did not reach."""


def outlines(
    network: Network,
    graph: Graph,
    facilities: Snaps,
    field: NodeField,
    *,
    limits: Sequence[float],
    exclusive: bool = False,
    cell_m: float | None = None,
    buffer_m: float | None = None,
) -> Outlines:
    """Draw what the nearest of many facilities reach within limits, from a field that is there already.

    Parameters
    ----------
    network, graph
        The roads, and the graph of one profile on them.
    facilities, field
        Where the facilities meet the graph, and their field (`travel.field.node_field`).
    limits
        In seconds or metres, as the field; each larger than the one before.
    exclusive
        One row for all facilities together, or, when set, one for each with what is nearest to it.
    cell_m, buffer_m
        As `isochrones.cells.choose_raster` takes them.

    Returns
    -------
    Outlines
        In the CRS of the network.

    Raises
    ------
    ValueError
        When limits do not grow, or cells and buffer do not suit the area or each other.
    """
    whole = _whole_limits(limits)
    found = field_stretches(network, graph, facilities, field, whole[-1])
    steps = [_laid_out(network, bits) for bits in _by_step(found, whole)]
    ends = np.concatenate([step[0] for step in steps])
    raster = choose_raster(_extent(ends), cell_m, buffer_m)
    if not exclusive:
        return Outlines(areas=_stack([_union(tuple(ends for ends, _ in steps), raster)], whole), raster=raster)
    groups = _by_owner(steps, len(facilities.edge))
    return Outlines(areas=_stack(_exclusive(groups, ends, raster), whole), raster=raster)


def outlines_of_each(
    network: Network,
    graph: Graph,
    facilities: Snaps,
    *,
    limits: Sequence[float],
    toward: Toward,
    weight: Weight = "time",
    cell_m: float | None = None,
    buffer_m: float | None = None,
) -> Outlines:
    """Draw what every facility reaches within limits, whatever the others reach; areas of two may overlap.

    Parameters, errors and result are those of `outlines`; there is one row per facility. A facility costs as much as
    what it reaches, not as much as the network; all of them are drawn with the same cells and buffer.
    """
    whole = _whole_limits(limits)
    reached = ReachedNodes(network, graph, facilities, limits[-1], toward=toward, weight=weight)
    raster = choose_raster(reached.largest_extent(), cell_m, buffer_m)
    rows = []
    for facility in range(len(facilities.edge)):
        found = reached.stretches_of(facility)
        rows.append(_union(tuple(_laid_out(network, bits)[0] for bits in _by_step(found, whole)), raster))
    return Outlines(areas=_stack(rows, whole), raster=raster)


def _whole_limits(limits: Sequence[float]) -> list[float]:
    """Return limits in tenths, or refuse them."""
    values = [float(limit) for limit in limits]
    if not values or not all(0 < limit < np.inf for limit in values) or any(np.diff(values) <= 0):
        raise ValueError(f"limits are {values}; they must be above 0, each larger than the one before")
    return tenths(values).tolist()


def _by_step(found: Stretches, limits: Sequence[float]) -> Iterator[Bits]:
    """Yield, for each limit, the bits of road that the limit before did not reach."""
    for beyond, limit in zip([-1.0, *limits], limits, strict=False):
        yield bits_within(found, limit, beyond)


def _laid_out(network: Network, bits: Bits) -> tuple[Float, Int32]:
    ends, bit = segments(network, bits)
    return ends, bits.owner[bit]


def _extent(ends: Float) -> tuple[float, float]:
    if not len(ends):
        return 0.0, 0.0
    return float(np.ptp(ends[:, 0::2])), float(np.ptp(ends[:, 1::2]))


def _by_owner(steps: Sequence[tuple[Float, Int32]], n_facilities: int) -> list[_Roads]:
    parts = []
    for ends, owner in steps:
        order = np.argsort(owner, kind="stable")
        parts.append(np.split(ends[order], np.searchsorted(owner[order], np.arange(1, n_facilities))))
    return list(zip(*parts, strict=True))[:n_facilities]


def _union(roads: _Roads, raster: Raster) -> list[shapely.MultiPolygon]:
    """Draw the areas around the roads of one group, one per limit."""
    everything = np.concatenate(roads)
    if not len(everything):
        return [NOTHING] * len(roads)
    window = window_around(everything, raster)
    distance = far_away(window, raster)
    areas = []
    for ends in roads:
        lay(distance, ends, window, raster)
        areas.append(outlined(distance, raster.level, window, raster))
    return areas


def _exclusive(groups: Sequence[_Roads], ends: Float, raster: Raster) -> list[list[shapely.MultiPolygon]]:
    """Draw the areas around the roads of each group, as far as they are nearest; one row per group."""
    if not len(ends):
        return [[NOTHING] * len(roads) for roads in groups]
    window = window_around(ends, raster)
    nearest, second = far_away(window, raster), far_away(window, raster)
    owner = np.full(nearest.shape, -1, dtype=np.int32)
    for group, roads in enumerate(groups):
        if len(np.concatenate(roads)):
            _claim(group, np.concatenate(roads), (nearest, second, owner), window, raster)
    inside = np.minimum((nearest - second) / 2, 0.0)
    ground = _Ground(owner, inside, np.maximum(second - raster.level, -inside), _beyond(groups, window, raster))
    return [_share(group, roads, ground, window, raster) for group, roads in enumerate(groups)]


class _Ground(NamedTuple):
    """Whose every point of the grid is; its value for the owner, and for others; and for each limit the least it is."""

    owner: Int32
    inside: Float
    outside: Float
    beyond: tuple[npt.NDArray[np.float32], ...]


def _beyond(groups: Sequence[_Roads], window: Window, raster: Raster) -> tuple[npt.NDArray[np.float32], ...]:
    """Return, for each limit, how far every point is outside the area of all groups together."""
    distance = far_away(window, raster)
    grids = []
    for step in zip(*groups, strict=True):
        lay(distance, np.concatenate(step), window, raster)
        grids.append((distance - raster.level).astype(np.float32))
    return tuple(grids)


def _claim(group: int, ends: Float, ground: tuple[Float, Float, Int32], whole: Window, raster: Raster) -> None:
    """Give a group the points that its roads are nearest to, in place; of groups equally near, the first keeps them."""
    window = window_around(ends, raster)
    mine = far_away(window, raster)
    lay(mine, ends, window, raster)
    nearest, second, owner = (grid[window.within(whole)] for grid in ground)
    nearer = mine < nearest - _SAME
    second[:] = np.where(nearer, nearest, np.minimum(second, mine))
    nearest[nearer] = mine[nearer]
    owner[nearer] = group


def _share(group: int, roads: _Roads, ground: _Ground, whole: Window, raster: Raster) -> list[shapely.MultiPolygon]:
    """Draw one group's share of the ground, one area per limit."""
    everything = np.concatenate(roads)
    if not len(everything):
        return [NOTHING] * len(roads)
    window = window_around(everything, raster)
    part = window.within(whole)
    mine = ground.owner[part] == group
    distance = far_away(window, raster)
    areas = []
    for ends, beyond in zip(roads, ground.beyond, strict=True):
        lay(distance, ends, window, raster)
        value = np.where(mine, np.maximum(distance - raster.level, ground.inside[part]), ground.outside[part])
        value = np.maximum(value, beyond[part])
        # Nothing right on the line: a tie goes to the owner.
        value = np.where(np.abs(value) < GAP, np.where((value <= 0) & mine, -GAP, GAP), value)
        areas.append(outlined(value, -_HAIR, window, raster, foreign=~mine))
    return areas


def _stack(rows: Sequence[Sequence[shapely.MultiPolygon]], limits: Sequence[float]) -> np.ndarray:
    areas = np.empty((len(rows), len(limits)), dtype=object)
    for i, row in enumerate(rows):
        areas[i] = row
    return areas
