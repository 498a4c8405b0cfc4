"""Points hung on a core, sorted by where a search gets to them.

A point hangs by at most two legs, as the two ends of its edge are both in the core, or in one pocket.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from coverplan.travel.kernels.core import Core, Hooks
from coverplan.travel.kernels.doors import Doors
from coverplan.travel.kernels.jit import UNREACHED, jit
from coverplan.travel.kernels.rows import Float, Int32, Int64, UInt32


class Hung(NamedTuple):
    """k items, sorted by their first anchor, then by their second.

    Attributes
    ----------
    item : (4 k,) uint32
        Of each: which point it is, the leg from its first anchor, the place of its second (``n_core`` where there is
        none), the leg from there. Legs are `UNREACHED` where there is no way.
    first : (k,) uint32
        The place of the first anchor of each; ``n_core`` where there is none.
    at : (n_core + 2,) uint32
        The items whose first anchor is place p are ``at[p]`` to ``at[p + 1]``.
    run_at : (n_core + 2,) uint32, run : (3 r,) uint32
        Runs of items with the same two anchors, by the second: the place of the first, and which items.
    """

    item: UInt32
    first: UInt32
    at: UInt32
    run_at: UInt32
    run: UInt32


class NearBy(NamedTuple):
    """What tells which items are near by a source, without passing the core: items by pocket and by edge.

    Attributes
    ----------
    inside_at : (h + 1,) int64, inside_item : int64, inside_leg : uint32
        The items with an end inside a pocket, by that end, and the leg from there.
    edge_at : (e + 1,) int64, edge_item : int64
        The items on each edge.
    spot, offroad
        Of each item, as in `Doors`.
    from_source : bool
        Whether trips run from the sources to the items.
    """

    inside_at: Int64
    inside_item: Int64
    inside_leg: UInt32
    edge_at: Int64
    edge_item: Int64
    spot: Float
    offroad: UInt32
    from_source: bool


def hang(core: Core, hooks: Hooks, doors: Doors, n_edges: int, *, from_source: bool) -> tuple[Hung, NearBy]:
    """Hang points on a core: sort them by the places they are reached from."""
    anchor, leg = _on_core(hooks, doors.place, doors.leg)
    order = np.lexsort((anchor[:, 1], anchor[:, 0]))
    anchor, leg = anchor[order], leg[order]
    items = Doors(doors.place[order], doors.leg[order], doors.edge[order], doors.spot[order], doors.offroad[order])
    row, column = np.nonzero(items.place >= core.n_core)
    inside_at, by_inside = _by(items.place[row, column] - core.n_core, core.n_nodes - core.n_core)
    on_edge = np.flatnonzero(items.edge >= 0)
    edge_at, by_edge = _by(items.edge[on_edge], n_edges)
    run_at, run = _runs(anchor, core.n_core)
    hung = Hung(
        item=np.column_stack([order, leg[:, 0], anchor[:, 1], leg[:, 1]]).astype(np.uint32).ravel(),
        first=anchor[:, 0].astype(np.uint32),
        at=_by(anchor[:, 0], core.n_core + 1)[0].astype(np.uint32),
        run_at=run_at,
        run=run,
    )
    near_by = NearBy(
        inside_at=inside_at,
        inside_item=row[by_inside],
        inside_leg=items.leg[row, column][by_inside],
        edge_at=edge_at,
        edge_item=on_edge[by_edge],
        spot=items.spot,
        offroad=items.offroad,
        from_source=from_source,
    )
    return hung, near_by


def _runs(anchor: Int64, n_core: int) -> tuple[UInt32, UInt32]:
    """Return runs of items with the same two anchors, sorted by the second, and where those of each place begin."""
    begin = np.flatnonzero(np.diff(anchor, axis=0, prepend=-1).any(axis=1))
    end = np.append(begin[1:], len(anchor))
    paired = anchor[begin, 1] < n_core
    begin, end = begin[paired], end[paired]
    run_at, order = _by(anchor[begin, 1], n_core + 1)
    runs = np.column_stack([anchor[begin, 0], begin, end])[order]
    return run_at.astype(np.uint32), runs.astype(np.uint32).ravel()


def _by(key: Int32 | Int64, n: int) -> tuple[Int64, Int64]:
    """Return where the rows of each key begin, and the rows sorted by key."""
    at = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(key, minlength=n), out=at[1:])
    return at, np.argsort(key, kind="stable")


@jit
def _on_core(hooks: Hooks, place: Int64, leg: UInt32) -> tuple[Int64, UInt32]:
    """Return at most two anchors in the core for each point, the lower place first, and the legs from them."""
    n_core = hooks.n_core
    k = len(place)
    anchor = np.full((k, 2), n_core, np.int64)
    legs = np.full((k, 2), UNREACHED, np.uint32)
    ends = np.empty((4, 2), np.int64)
    for i in range(k):
        ends[:, 0] = n_core
        for side in range(2):
            p, cost = place[i, side], np.int64(leg[i, side])
            if 0 <= p < n_core:
                ends[2 * side, 0], ends[2 * side, 1] = p, cost
            elif p >= n_core:
                h = p - n_core
                q = hooks.pocket[h]
                ends[2 * side, 0], ends[2 * side, 1] = hooks.first[q], cost + np.int64(hooks.first_leg[h])
                ends[2 * side + 1, 0], ends[2 * side + 1, 1] = hooks.second[q], cost + np.int64(hooks.second_leg[h])
        for j in range(4):
            p, cost = ends[j, 0], ends[j, 1]
            if p != n_core and cost < UNREACHED:
                slot = 0 if anchor[i, 0] in (p, n_core) else 1
                anchor[i, slot] = p
                legs[i, slot] = min(legs[i, slot], np.uint32(cost))
        if anchor[i, 1] < anchor[i, 0]:
            anchor[i, 0], anchor[i, 1] = anchor[i, 1], anchor[i, 0]
            legs[i, 0], legs[i, 1] = legs[i, 1], legs[i, 0]
    return anchor, legs
