"""Where searches begin, and what is near by them.

What does not pass the core, ways inside a pocket or along one edge, is *near by*, and listed apart: it is little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from coverplan.core.model import Toward, Weight
from coverplan.roads.network import Graph, Snaps
from coverplan.travel.kernels.core import Core, Side, core_of
from coverplan.travel.kernels.doors import NO_STANDS, Doors, Edges, doors_of, edges_of, node_doors
from coverplan.travel.kernels.hangers import Hung, NearBy, hang
from coverplan.travel.kernels.jit import UNREACHED, jit
from coverplan.travel.kernels.rows import Float, Int64, Number, Rows, UInt32
from coverplan.travel.kernels.stamp import say_when_cold


class Starts(NamedTuple):
    """Where searches begin, one per source: s of them.

    Attributes
    ----------
    at : (s + 1,) int64
        The seeds of source i are ``at[i]`` to ``at[i + 1]``.
    place, cost : int64, uint32
        Place in the core, and what it costs to get there.
    near_at, item, near_cost
        The same for what is near by: places in the list of items hung, and the cost door to door.
    """

    at: Int64
    place: Int64
    cost: UInt32
    near_at: Int64
    item: Int64
    near_cost: UInt32

    @property
    def n_sources(self) -> int:
        """How many sources there are."""
        return len(self.at) - 1


class Scratch(NamedTuple):
    """Tables that `Setting.starts` writes into and wipes clean again; keep them where it is called often.

    Attributes
    ----------
    inside : (h,) int64
    best : (k,) int64
    """

    inside: Int64
    best: Int64


@dataclass(frozen=True, kw_only=True, eq=False)
class Setting:
    """What stays the same while many facilities are asked about.

    Attributes
    ----------
    core : Core
    hung, near_by
        The demand points, hung on the core: k of them.
    edges : Edges
        The edges as facilities meet them, left or entered (`doors.edges_of`).
    toward, weight
        Which way the trips run, and what they are measured in.
    """

    core: Core
    hung: Hung
    near_by: NearBy
    edges: Edges
    toward: Toward
    weight: Weight

    @property
    def side(self) -> Side:
        """The direction in which searches from facilities run."""
        return self.core.side(self.toward)

    @property
    def against(self) -> Side:
        """The other direction."""
        return self.core.toward if self.toward == "demand" else self.core.away

    @property
    def n_items(self) -> int:
        """How many demand points there are."""
        return len(self.hung.first)

    @property
    def order(self) -> UInt32:
        """Which point each item is."""
        return self.hung.item[0::4]

    def scratch(self) -> Scratch:
        """Return clean tables."""
        return Scratch(
            np.full(self.side.inside.n_nodes, UNREACHED, np.int64), np.full(self.n_items, UNREACHED, np.int64)
        )

    def starts(self, facilities: Snaps, scratch: Scratch | None = None) -> Starts:
        """Return where searches from facilities begin, and which points are near by them."""
        return self.starts_at(doors_of(self.edges, self.core, facilities, self.weight), scratch)

    def starts_at(self, doors: Doors, scratch: Scratch | None = None) -> Starts:
        """Return where searches from doors begin, and which points are near by them."""
        return Starts(*_start(self.core.n_core, doors, self.side.inside, self.near_by, scratch or self.scratch()))


_HUNG: WeakKeyDictionary[Graph, WeakKeyDictionary[Snaps, dict[tuple[Toward, Weight], tuple[Hung, NearBy]]]]
_HUNG = WeakKeyDictionary()


NO_STARTS = Starts(
    at=np.zeros(2, np.int64),
    place=np.empty(0, np.int64),
    cost=np.empty(0, np.uint32),
    near_at=np.zeros(2, np.int64),
    item=np.empty(0, np.int64),
    near_cost=np.empty(0, np.uint32),
)
"""One source that starts nowhere."""


def set_up(graph: Graph, demand: Snaps, *, toward: Toward, weight: Weight) -> Setting:
    """Hang demand points on the core of a graph; done once, and kept as long as both."""
    say_when_cold()
    core, edges = core_of(graph, weight), edges_of(graph, weight, leaving=toward == "demand")
    known = _HUNG.setdefault(graph, WeakKeyDictionary()).setdefault(demand, {})
    if (toward, weight) not in known:
        doors = doors_of(edges_of(graph, weight, leaving=toward == "facility"), core, demand, weight)
        n_edges = len(edges.table)
        known[toward, weight] = hang(core, core.side(toward).hooks, doors, n_edges, from_source=toward == "demand")
    hung, near_by = known[toward, weight]
    return Setting(core=core, hung=hung, near_by=near_by, edges=edges, toward=toward, weight=weight)


def set_up_nodes(core: Core, *, toward: Toward, weight: Weight) -> Setting:
    """Let every node of a core be a demand point that stands right on it."""
    doors = node_doors(core, np.arange(core.n_nodes))
    hung, near_by = hang(core, core.side(toward).hooks, doors, 0, from_source=toward == "demand")
    edges = Edges(np.empty((0, 5), np.int32), NO_STANDS, toward == "demand")
    return Setting(core=core, hung=hung, near_by=near_by, edges=edges, toward=toward, weight=weight)


@jit
def _start(
    n_core: int, doors: Doors, inside: Rows, near_by: NearBy, scratch: Scratch
) -> tuple[Int64, Int64, UInt32, Int64, Int64, UInt32]:
    """Walk each source's own pocket and edge; returns the fields of `Starts`."""
    best = scratch.best
    k = len(doors.edge)
    at, near_at = np.zeros(k + 1, np.int64), np.zeros(k + 1, np.int64)
    seed_place, seed_cost = np.empty(2 * k + 16, np.int64), np.empty(2 * k + 16, np.uint32)
    near_item, near_cost = np.empty(2 * k + 16, np.int64), np.empty(2 * k + 16, np.uint32)
    for i in range(k):
        seeds, costs, walked = _walk(n_core, doors.place[i], doors.leg[i], inside, scratch.inside)
        seed_place, seed_cost = _append(seed_place, seed_cost, at[i], seeds, costs)
        at[i + 1] = at[i] + len(seeds)
        found = _in_pocket(walked, near_by, scratch)
        if doors.edge[i] >= 0:
            found = np.concatenate((found, _on_edge(doors.edge[i], doors.spot[i], doors.offroad[i], near_by, best)))
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
            scratch.inside[u] = UNREACHED
    n, m = at[k], near_at[k]
    return at, seed_place[:n].copy(), seed_cost[:n].copy(), near_at, near_item[:m].copy(), near_cost[:m].copy()


@jit
def _append(values: Int64, costs: UInt32, at: int, more: Int64, more_costs: Int64) -> tuple[Int64, UInt32]:
    if at + len(more) > len(values):
        room = np.empty(at + len(more), np.int64)
        values, costs = np.concatenate((values, room)), np.concatenate((costs, room.astype(np.uint32)))
    for j in range(len(more)):
        values[at + j], costs[at + j] = more[j], np.uint32(more_costs[j])
    return values, costs


@jit
def _walk(n_core: int, place: Int64, leg: UInt32, rows: Rows, inside: Int64) -> tuple[Int64, Int64, Int64]:
    """Walk a pocket from a source as far as the anchors; returns seeds, their costs, and the nodes walked."""
    seeds, costs = np.empty(16, np.int64), np.empty(16, np.int64)
    walked, stack = np.empty(128, np.int64), np.empty(128, np.int64)
    n_seeds, n_walked, left = 0, 0, 0
    for side in range(2):
        p, cost = place[side], np.int64(leg[side])
        if 0 <= p < n_core and cost < UNREACHED:
            n_seeds = _offer(seeds, costs, n_seeds, p, cost)
        elif p >= n_core and cost < inside[p - n_core]:
            if inside[p - n_core] == UNREACHED:
                walked, n_walked = _push(walked, n_walked, p - n_core)
            inside[p - n_core] = cost
            stack, left = _push(stack, left, p - n_core)
    while left:
        left -= 1
        u = stack[left]
        for j in range(rows.start[u], rows.start[u + 1]):
            q, cost = np.int64(rows.arcs[2 * j]), inside[u] + np.int64(rows.arcs[2 * j + 1])
            if q < n_core:
                n_seeds = _offer(seeds, costs, n_seeds, q, cost)
            elif cost < inside[q - n_core]:
                if inside[q - n_core] == UNREACHED:
                    walked, n_walked = _push(walked, n_walked, q - n_core)
                inside[q - n_core] = cost
                stack, left = _push(stack, left, q - n_core)
    return seeds[:n_seeds], costs[:n_seeds], walked[:n_walked]


@jit
def _push(values: Int64, n: int, value: Number) -> tuple[Int64, int]:
    if n == len(values):
        values = np.concatenate((values, np.empty(n, np.int64)))
    values[n] = value
    return values, n + 1


@jit
def _offer(seeds: Int64, costs: Int64, n_seeds: int, place: Number, cost: Number) -> int:
    """Keep the lowest cost of a seed; there are at most two anchors and two ends."""
    if cost >= UNREACHED:
        return n_seeds
    for j in range(n_seeds):
        if seeds[j] == place:
            costs[j] = min(costs[j], cost)
            return n_seeds
    seeds[n_seeds], costs[n_seeds] = place, cost
    return n_seeds + 1


@jit
def _in_pocket(walked: Int64, near_by: NearBy, scratch: Scratch) -> Int64:
    """Lower the best of every item with an end among the nodes walked; returns those items, some of them twice."""
    inside, best = scratch
    total = 0
    for u in walked:
        total += near_by.inside_at[u + 1] - near_by.inside_at[u]
    found = np.empty(total, np.int64)
    n_found = 0
    for u in walked:
        for j in range(near_by.inside_at[u], near_by.inside_at[u + 1]):
            item = near_by.inside_item[j]
            best[item] = min(best[item], inside[u] + np.int64(near_by.inside_leg[j]))
            found[n_found] = item
            n_found += 1
    return found


@jit
def _on_edge(edge: int, spot: Float, offroad: int, near_by: NearBy, best: Int64) -> Int64:
    """Lower the best of the items on a source's own edge, where its direction allows; returns those items."""
    items = near_by.edge_item[near_by.edge_at[edge] : near_by.edge_at[edge + 1]]
    for item in items:
        other = near_by.spot[item]
        origin, goal = (spot, other) if near_by.from_source else (other, spot)
        legs = np.int64(offroad) + np.int64(near_by.offroad[item])
        if origin[0] <= goal[0] and not np.isnan(origin[1]):
            best[item] = min(best[item], np.int64(goal[1] - origin[1]) + legs)
        if origin[0] >= goal[0] and not np.isnan(origin[2]):
            best[item] = min(best[item], np.int64(origin[2] - goal[2]) + legs)
    return items
