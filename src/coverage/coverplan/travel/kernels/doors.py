"""How points on edges hang on the core of a network.

The rule for partial edges is that of `travel.field`: an arc of weight w that is met at a share f of its edge is divided
into ``a = rint(f * w)`` and ``w - a``; a point less than 5 cm from an end stands on the junction.

A point hangs on the core by at most two legs, as the two ends of its edge are both in the core, or in one pocket. What
does not pass the core, ways inside a pocket or along one edge, is *near by*, and listed apart: it is little.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from coverplan.core.model import Toward, Weight
from coverplan.roads.network import Graph, Snaps
from coverplan.travel.kernels.core import Core, Side, core_of
from coverplan.travel.kernels.jit import UNREACHED, jit
from coverplan.travel.kernels.rows import Float, Int32, Int64, UInt32


@dataclass(frozen=True, kw_only=True, eq=False)
class Doors:
    """Where k points are left or entered: two junctions each, and what it costs from door to junction.

    Attributes
    ----------
    node : (k, 2) int32
        The start and the end of the edge, -1 when the point is not connected.
    leg : (k, 2) uint32
        Whole tenths between door and junction, in the direction asked for; `UNREACHED` where that way is closed.
    edge : (k,) int32
        The edge, -1 when not connected.
    spot : (k, 3) float64
        Share along the edge's course; the part of the arc along it, and against it, on the side of the edge's start
        (NaN where closed).
    offroad : (k,) uint32
        The leg between door and road, part of `leg` already.
    """

    node: Int32
    leg: UInt32
    edge: Int32
    spot: Float
    offroad: UInt32


@dataclass(frozen=True, kw_only=True, eq=False)
class Starts:
    """Where searches begin, one per source: s of them.

    Attributes
    ----------
    at : (s + 1,) int64
        The seeds of source i are ``at[i]`` to ``at[i + 1]``.
    place, cost : int64, uint32
        Place in the core, and what it costs to get there.
    near_at, item, near_cost
        The same for what is near by: places in a list of hangers (`Hangers`), and the cost door to door.
    """

    at: Int64
    place: Int64
    cost: UInt32
    near_at: Int64
    item: Int64
    near_cost: UInt32


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


def facility_doors(graph: Graph, snaps: Snaps, *, toward: Toward, weight: Weight) -> Doors:
    """Return how a search from facilities leaves them."""
    return _doors(graph, snaps, weight, leaving=toward == "demand")


def demand_doors(graph: Graph, snaps: Snaps, *, toward: Toward, weight: Weight) -> Doors:
    """Return how a search from facilities arrives at demand points."""
    return _doors(graph, snaps, weight, leaving=toward == "facility")


def node_doors(nodes: Int64) -> Doors:
    """Return doors that open right on nodes, as if every node had a door."""
    k = len(nodes)
    return Doors(
        node=np.column_stack([nodes, np.full(k, -1)]).astype(np.int32),
        leg=np.column_stack([np.zeros(k), np.full(k, UNREACHED)]).astype(np.uint32),
        edge=np.full(k, -1, dtype=np.int32),
        spot=np.full((k, 3), np.nan),
        offroad=np.zeros(k, dtype=np.uint32),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Edges:
    """The edges of a graph for one weight: (e, 5) int32 with start, end, weight along and against, length.

    Weights are -1 where that way is closed, both ends are -1 where both are; the length is in tenths of a metre.
    """

    table: Int32


_EDGES: WeakKeyDictionary[Graph, dict[Weight, Edges]] = WeakKeyDictionary()


def edges_of(graph: Graph, weight: Weight) -> Edges:
    """Return the edges of a graph; the table is made once and kept as long as the graph."""
    known = _EDGES.setdefault(graph, {})
    if weight not in known:
        values = graph.time_ds if weight == "time" else graph.length_dm
        table = np.full((len(graph.arc_forward), 5), -1, dtype=np.int32)
        for arc, start, end, column in (
            (graph.arc_backward, graph.head, graph.tail, 3),
            (graph.arc_forward, graph.tail, graph.head, 2),
        ):
            open_ = np.flatnonzero(arc >= 0)
            at = arc[open_]
            table[open_, 0], table[open_, 1], table[open_, column] = start[at], end[at], values[at]
            table[open_, 4] = graph.length_dm[at]
        known[weight] = Edges(table=table)
    return known[weight]


def _doors(graph: Graph, snaps: Snaps, weight: Weight, *, leaving: bool) -> Doors:
    edge = np.require(snaps.edge, np.int32, "CW")
    offroad = np.require(snaps.offroad_ds if weight == "time" else snaps.offroad_dm, np.float64, "CW")
    node, leg, spot, near = _meet(
        edge, np.require(snaps.fraction, np.float64, "CW"), offroad, edges_of(graph, weight).table, leaving
    )
    return Doors(node=node, leg=leg, edge=edge, spot=spot, offroad=near)


@jit
def _meet(
    edge: Int32, fraction: Float, offroad: Float, table: Int32, leaving: bool
) -> tuple[Int32, UInt32, Float, UInt32]:
    """Return both junctions of each point, the legs, where on the edge it is, and the leg off the road."""
    k = len(edge)
    node = np.full((k, 2), -1, np.int32)
    leg = np.full((k, 2), UNREACHED, np.uint32)
    spot = np.full((k, 3), np.nan)
    near = np.full(k, UNREACHED, np.uint32)
    for i in range(k):
        if edge[i] < 0 or table[edge[i], 0] < 0:
            continue
        start, end, forward, backward, length = table[edge[i]]
        along = np.rint(fraction[i] * length)
        at_start, at_end = along <= 0, along >= length
        share = 0.0 if at_start else (1.0 if at_end else fraction[i])
        spot[i, 0] = share
        node[i, 0], node[i, 1] = start, end
        start_leg = 0.0 if at_start else np.inf
        end_leg = 0.0 if at_end else np.inf
        if forward >= 0:
            spot[i, 1] = np.rint(share * forward)
            if leaving and not at_end:
                end_leg = forward - spot[i, 1]
            elif not leaving and not at_start:
                start_leg = spot[i, 1]
        if backward >= 0:
            spot[i, 2] = np.rint(share * backward)
            if leaving and not at_start:
                start_leg = spot[i, 2]
            elif not leaving and not at_end:
                end_leg = backward - spot[i, 2]
        leg[i, 0] = np.uint32(min(start_leg + offroad[i], UNREACHED))
        leg[i, 1] = np.uint32(min(end_leg + offroad[i], UNREACHED))
        near[i] = np.uint32(min(offroad[i], UNREACHED))
    return node, leg, spot, near


_HANGERS: WeakKeyDictionary[Graph, WeakKeyDictionary[Snaps, dict[tuple[Toward, Weight], Hangers]]]
_HANGERS = WeakKeyDictionary()


def demand_on(graph: Graph, demand: Snaps, *, toward: Toward, weight: Weight) -> Hangers:
    """Return demand points hung on the core of a graph; done once and kept as long as both."""
    known = _HANGERS.setdefault(graph, WeakKeyDictionary()).setdefault(demand, {})
    if (toward, weight) not in known:
        core = core_of(graph, weight)
        doors = demand_doors(graph, demand, toward=toward, weight=weight)
        known[toward, weight] = hang(core, core.side(toward), doors, len(graph.arc_forward))
    return known[toward, weight]


def hang(core: Core, side: Side, doors: Doors, n_edges: int) -> Hangers:
    """Hang points on a core: sort them by the places they are reached from."""
    place = np.where(doors.node >= 0, core.place[doors.node], -1).astype(np.int64)
    anchor, leg = _on_core(
        core.n_core, place, doors.leg, core.pocket, core.first, core.second, side.first_leg, side.second_leg
    )
    order = np.lexsort((anchor[:, 1], anchor[:, 0]))
    anchor, leg, place = anchor[order], leg[order], place[order]
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
                ends[2 * side + 1, 0], ends[2 * side + 1, 1] = second[q], leg[i, side] + np.int64(second_leg[p - n_core])
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Scratch:
    """Tables that `start_from` writes into and wipes clean again; keep them where it is called often.

    Attributes
    ----------
    inside : (h,) int64
    best : (k,) int64
    """

    inside: Int64
    best: Int64


def scratch_for(side: Side, hangers: Hangers) -> Scratch:
    """Return clean tables for one direction and one list of hangers."""
    return Scratch(
        inside=np.full(side.inside.n_nodes, UNREACHED, np.int64), best=np.full(hangers.n_items, UNREACHED, np.int64)
    )


def start_from(
    core: Core, side: Side, sources: Doors, hangers: Hangers, *, toward: Toward, scratch: Scratch | None = None
) -> Starts:
    """Return where a search from each source begins, and which items are near by."""
    tables = scratch or scratch_for(side, hangers)
    place = np.where(sources.node >= 0, core.place[sources.node], -1).astype(np.int64)
    items = hangers.doors
    at, seed_place, seed_cost, near_at, near_item, near_cost = _start(
        core.n_core, place, sources.leg, side.inside.start, side.inside.arcs, sources.edge, sources.spot,
        sources.offroad, hangers.inside_at, hangers.inside_item, hangers.inside_leg, hangers.edge_at,
        hangers.edge_item, items.spot, items.offroad, toward == "demand", tables.inside, tables.best,
    )  # fmt: skip
    return Starts(
        at=at, place=seed_place, cost=seed_cost, near_at=near_at, item=near_item, near_cost=near_cost
    )


@jit
def _start(
    n_core: int,
    place: Int64,
    leg: UInt32,
    start: UInt32,
    arcs: UInt32,
    edge: Int32,
    spot: Float,
    offroad: UInt32,
    inside_at: Int64,
    inside_item: Int64,
    inside_leg: UInt32,
    edge_at: Int64,
    edge_item: Int64,
    item_spot: Float,
    item_offroad: UInt32,
    source_is_origin: bool,
    inside: Int64,
    best: Int64,
) -> tuple[Int64, Int64, UInt32, Int64, Int64, UInt32]:
    """Walk each source's own pocket and edge."""
    k = len(place)
    at, near_at = np.zeros(k + 1, np.int64), np.zeros(k + 1, np.int64)
    seed_place, seed_cost = np.empty(2 * k + 16, np.int64), np.empty(2 * k + 16, np.uint32)
    near_item, near_cost = np.empty(2 * k + 16, np.int64), np.empty(2 * k + 16, np.uint32)
    for i in range(k):
        seeds, costs, walked = _walk(n_core, place[i], leg[i], start, arcs, inside)
        seed_place, seed_cost = _append(seed_place, seed_cost, at[i], seeds, costs)
        at[i + 1] = at[i] + len(seeds)
        found = _near_by(walked, inside, inside_at, inside_item, inside_leg, best)
        if edge[i] >= 0:
            on_edge = edge_item[edge_at[edge[i]] : edge_at[edge[i] + 1]]
            found = np.concatenate(
                (found, _along(on_edge, spot[i], offroad[i], item_spot, item_offroad, source_is_origin, best))
            )
        values = np.empty(len(found), np.int64)
        n_found = 0
        for item in found:
            # An item that was found twice is written once: its best is taken away with the first.
            if best[item] < UNREACHED:
                found[n_found], values[n_found] = item, best[item]
                best[item] = UNREACHED
                n_found += 1
        near_item, near_cost = _append(near_item, near_cost, near_at[i], found[:n_found], values[:n_found])
        near_at[i + 1] = near_at[i] + n_found
        for u in walked:
            inside[u] = UNREACHED
    n_seeds, n_near = at[k], near_at[k]
    return at, seed_place[:n_seeds].copy(), seed_cost[:n_seeds].copy(), near_at, near_item[:n_near].copy(), near_cost[
        :n_near
    ].copy()


@jit
def _append(values: Int64, costs: UInt32, at: int, more: Int64, more_costs: Int64) -> tuple[Int64, UInt32]:
    if at + len(more) > len(values):
        room = np.empty(at + len(more), np.int64)
        values, costs = np.concatenate((values, room)), np.concatenate((costs, room.astype(np.uint32)))
    for j in range(len(more)):
        values[at + j], costs[at + j] = more[j], np.uint32(more_costs[j])
    return values, costs


@jit
def _walk(
    n_core: int, place: Int64, leg: UInt32, start: UInt32, arcs: UInt32, inside: Int64
) -> tuple[Int64, Int64, Int64]:
    """Walk a pocket from a source as far as the anchors; returns seeds, their costs, and the nodes walked."""
    seeds, costs = np.empty(16, np.int64), np.empty(16, np.int64)
    walked, stack = np.empty(128, np.int64), np.empty(128, np.int64)
    n_seeds, n_walked, left = 0, 0, 0
    for side in range(2):
        p, cost = place[side], np.int64(leg[side])
        if p < 0 or cost >= UNREACHED:
            continue
        if p < n_core:
            n_seeds = _offer(seeds, costs, n_seeds, p, cost)
        elif cost < inside[p - n_core]:
            if inside[p - n_core] == UNREACHED:
                walked[n_walked] = p - n_core
                n_walked += 1
            inside[p - n_core] = cost
            stack[left] = p - n_core
            left += 1
    while left:
        left -= 1
        u = stack[left]
        for j in range(start[u], start[u + 1]):
            q, cost = np.int64(arcs[2 * j]), inside[u] + np.int64(arcs[2 * j + 1])
            if q < n_core:
                if cost < UNREACHED:
                    n_seeds = _offer(seeds, costs, n_seeds, q, cost)
            elif cost < inside[q - n_core]:
                if inside[q - n_core] == UNREACHED:
                    if n_walked == len(walked):
                        walked = np.concatenate((walked, np.empty(n_walked, np.int64)))
                    walked[n_walked] = q - n_core
                    n_walked += 1
                inside[q - n_core] = cost
                if left == len(stack):
                    stack = np.concatenate((stack, np.empty(left, np.int64)))
                stack[left] = q - n_core
                left += 1
    return seeds[:n_seeds], costs[:n_seeds], walked[:n_walked]


@jit
def _offer(seeds: Int64, costs: Int64, n_seeds: int, place: int, cost: int) -> int:
    """Keep the lowest cost of a seed; there are at most two anchors and two ends."""
    for j in range(n_seeds):
        if seeds[j] == place:
            costs[j] = min(costs[j], cost)
            return n_seeds
    seeds[n_seeds], costs[n_seeds] = place, cost
    return n_seeds + 1


@jit
def _near_by(
    walked: Int64, inside: Int64, inside_at: Int64, inside_item: Int64, inside_leg: UInt32, best: Int64
) -> Int64:
    """Lower `best` of every item with an end among the nodes walked; returns those items, some of them twice."""
    total = 0
    for u in walked:
        total += inside_at[u + 1] - inside_at[u]
    found = np.empty(total, np.int64)
    n_found = 0
    for u in walked:
        for j in range(inside_at[u], inside_at[u + 1]):
            item = inside_item[j]
            best[item] = min(best[item], inside[u] + np.int64(inside_leg[j]))
            found[n_found] = item
            n_found += 1
    return found


@jit
def _along(
    on_edge: Int64,
    spot: Float,
    offroad: int,
    item_spot: Float,
    item_offroad: UInt32,
    source_is_origin: bool,
    best: Int64,
) -> Int64:
    """Lower `best` of the items on a source's own edge, where its direction allows; returns those items."""
    for item in on_edge:
        origin, goal = (spot, item_spot[item]) if source_is_origin else (item_spot[item], spot)
        legs = np.int64(offroad) + np.int64(item_offroad[item])
        if origin[0] <= goal[0] and not np.isnan(origin[1]):
            best[item] = min(best[item], np.int64(goal[1] - origin[1]) + legs)
        if origin[0] >= goal[0] and not np.isnan(origin[2]):
            best[item] = min(best[item], np.int64(origin[2] - goal[2]) + legs)
    return on_edge
