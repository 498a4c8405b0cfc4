"""Points hung on a core, sorted by where a search gets to them.

A point hangs by at most two legs, as the two ends of its edge are both in the core, or in one pocket.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coverplan.travel.kernels.core import Core, Side
from coverplan.travel.kernels.doors import Doors
from coverplan.travel.kernels.jit import UNREACHED, jit
from coverplan.travel.kernels.rows import Int32, Int64, UInt32


@dataclass(frozen=True, kw_only=True, eq=False)
class Hangers:
    """What hangs on a core: k items, sorted by their first anchor, then by their second.

    Attributes
    ----------
    item : (4 k,) uint32
        Of each: which point it is, the leg from its first anchor, the place of its second (``n_core`` where there is
        none), the leg from there. Legs are `UNREACHED` where there is no way.
    at : (n_core + 2,) uint32
        The items whose first anchor is place p are ``at[p]`` to ``at[p + 1]``; those without any come last.
    second_at : (n_core + 2,) uint32, second : (3 g,) uint32
        Runs of items with the same two anchors, by the second: the place of the first, and which items.
    first : (k,) uint32
        The place of the first anchor of each item.
    inside_at : (h + 1,) int64, inside_item, inside_leg
        The items with an end inside a pocket, by that end: place in this list, and leg.
    edge_at : (e + 1,) int64, edge_item
        The items on each edge: place in this list.
    doors : Doors
        The points themselves, in the order of this list.
    """

    item: UInt32
    at: UInt32
    second_at: UInt32
    second: UInt32
    first: UInt32
    inside_at: Int64
    inside_item: Int64
    inside_leg: UInt32
    edge_at: Int64
    edge_item: Int64
    doors: Doors

    @property
    def n_items(self) -> int:
        """How many items there are."""
        return len(self.item) // 4


def hang(core: Core, side: Side, doors: Doors, n_edges: int) -> Hangers:
    """Hang points on a core: sort them by the places they are reached from."""
    anchor, leg = _on_core(
        core.n_core, doors.place, doors.leg, core.pocket, core.first, core.second, side.first_leg, side.second_leg
    )
    order = np.lexsort((anchor[:, 1], anchor[:, 0]))
    anchor, leg, place = anchor[order], leg[order], doors.place[order]
    sorted_doors = Doors(**{name: values[order] for name, values in vars(doors).items()})
    row, column = np.nonzero(place >= core.n_core)
    inside_at, by_inside = _by(place[row, column] - core.n_core, core.n_nodes - core.n_core)
    on_edge = np.flatnonzero(sorted_doors.edge >= 0)
    edge_at, by_edge = _by(sorted_doors.edge[on_edge], n_edges)
    second_at, second = _runs(anchor, core.n_core)
    return Hangers(
        item=np.column_stack([order, leg[:, 0], anchor[:, 1], leg[:, 1]]).astype(np.uint32).ravel(),
        at=_by(anchor[:, 0], core.n_core + 1)[0].astype(np.uint32),
        second_at=second_at,
        second=second,
        first=anchor[:, 0].astype(np.uint32),
        inside_at=inside_at,
        inside_item=row[by_inside],
        inside_leg=sorted_doors.leg[row, column][by_inside],
        edge_at=edge_at,
        edge_item=on_edge[by_edge],
        doors=sorted_doors,
    )


def _runs(anchor: Int64, n_core: int) -> tuple[UInt32, UInt32]:
    """Return runs of items with the same two anchors, sorted by the second, and where those of each place begin."""
    begin = np.flatnonzero(np.diff(anchor, axis=0, prepend=-1).any(axis=1))
    end = np.append(begin[1:], len(anchor))
    paired = anchor[begin, 1] < n_core
    begin, end = begin[paired], end[paired]
    second_at, order = _by(anchor[begin, 1], n_core + 1)
    runs = np.column_stack([anchor[begin, 0], begin, end])[order]
    return second_at.astype(np.uint32), runs.astype(np.uint32).ravel()


def _by(key: Int64, n: int) -> tuple[Int64, Int64]:
    """Return where the rows of each key begin, and the rows sorted by key."""
    at = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(key, minlength=n), out=at[1:])
    return at, np.argsort(key, kind="stable")


@jit
def _on_core(
    n_core: int,
    place: Int64,
    leg: UInt32,
    pocket: Int32,
    first: UInt32,
    second: UInt32,
    first_leg: UInt32,
    second_leg: UInt32,
) -> tuple[Int64, UInt32]:
    """Return at most two anchors in the core for each point, the lower place first, and the legs from them."""
    k = len(place)
    anchor = np.full((k, 2), n_core, np.int64)
    legs = np.full((k, 2), UNREACHED, np.uint32)
    ends = np.empty((4, 2), np.int64)
    for i in range(k):
        ends[:, 0] = n_core
        for side in range(2):
            p = place[i, side]
            if 0 <= p < n_core:
                ends[2 * side, 0], ends[2 * side, 1] = p, leg[i, side]
            elif p >= n_core:
                q = pocket[p - n_core]
                ends[2 * side, 0], ends[2 * side, 1] = first[q], leg[i, side] + np.int64(first_leg[p - n_core])
                ends[2 * side + 1, 0], ends[2 * side + 1, 1] = (
                    second[q],
                    leg[i, side] + np.int64(second_leg[p - n_core]),
                )
        for j in range(4):
            p, cost = ends[j, 0], ends[j, 1]
            if p == n_core or cost >= UNREACHED:
                continue
            slot = 0 if anchor[i, 0] in (p, n_core) else 1
            anchor[i, slot] = p
            legs[i, slot] = min(legs[i, slot], np.uint32(cost))
        if anchor[i, 1] < anchor[i, 0]:
            anchor[i, 0], anchor[i, 1] = anchor[i, 1], anchor[i, 0]
            legs[i, 0], legs[i, 1] = legs[i, 1], legs[i, 0]
    return anchor, legs
