"""Where searches begin, and what is near by them.

What does not pass the core, ways inside a pocket or along one edge, is *near by*, and listed apart: it is little.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from coverplan.core.model import Toward, Weight
from coverplan.roads.network import Graph, Snaps
from coverplan.travel.kernels.core import Core, Side, core_of
from coverplan.travel.kernels.doors import Doors, doors_of, edges_of, node_doors
from coverplan.travel.kernels.hangers import Hangers, hang
from coverplan.travel.kernels.jit import UNREACHED, jit
from coverplan.travel.kernels.rows import Float, Int32, Int64, UInt32


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
        The same for what is near by: places in the list of hangers, and the cost door to door.
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Scratch:
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
    hangers : Hangers
        The demand points, hung on the core.
    edges : (e, 5) int32
        As `doors.edges_of` returns it.
    toward, weight
        Which way the trips run, and what they are measured in.
    """

    core: Core
    hangers: Hangers
    edges: Int32
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

    def scratch(self) -> Scratch:
        """Return clean tables."""
        return Scratch(
            inside=np.full(self.side.inside.n_nodes, UNREACHED, np.int64),
            best=np.full(self.hangers.n_items, UNREACHED, np.int64),
        )

    def starts(self, facilities: Snaps, scratch: Scratch | None = None) -> Starts:
        """Return where searches from facilities begin, and which points are near by them."""
        leaving = self.toward == "demand"
        return self.starts_at(doors_of(self.edges, self.core, facilities, self.weight, leaving=leaving), scratch)

    def starts_at(self, doors: Doors, scratch: Scratch | None = None) -> Starts:
        """Return where searches from doors begin, and which points are near by them."""
        tables, hung, inside = scratch or self.scratch(), self.hangers, self.side.inside
        at, place, cost, near_at, item, near_cost = _start(
            self.core.n_core, doors.place, doors.leg, inside.start, inside.arcs, doors.edge, doors.spot, doors.offroad,
            hung.inside_at, hung.inside_item, hung.inside_leg, hung.edge_at, hung.edge_item, hung.doors.spot,
            hung.doors.offroad, self.toward == "demand", tables.inside, tables.best,
        )  # fmt: skip
        return Starts(at=at, place=place, cost=cost, near_at=near_at, item=item, near_cost=near_cost)


_HANGERS: WeakKeyDictionary[Graph, WeakKeyDictionary[Snaps, dict[tuple[Toward, Weight], Hangers]]]
_HANGERS = WeakKeyDictionary()


def set_up(graph: Graph, demand: Snaps, *, toward: Toward, weight: Weight) -> Setting:
    """Hang demand points on the core of a graph; done once, and kept as long as both."""
    core, edges = core_of(graph, weight), edges_of(graph, weight)
    known = _HANGERS.setdefault(graph, WeakKeyDictionary()).setdefault(demand, {})
    if (toward, weight) not in known:
        doors = doors_of(edges, core, demand, weight, leaving=toward == "facility")
        known[toward, weight] = hang(core, core.side(toward), doors, len(edges))
    return Setting(core=core, hangers=known[toward, weight], edges=edges, toward=toward, weight=weight)


def set_up_nodes(core: Core, *, toward: Toward, weight: Weight) -> Setting:
    """Let every node of a core be a demand point that stands right on it."""
    hangers = hang(core, core.side(toward), node_doors(core, np.arange(core.n_nodes)), 0)
    return Setting(core=core, hangers=hangers, edges=np.empty((0, 5), np.int32), toward=toward, weight=weight)


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
    return (
        at,
        seed_place[:n_seeds].copy(),
        seed_cost[:n_seeds].copy(),
        near_at,
        near_item[:n_near].copy(),
        near_cost[:n_near].copy(),
    )


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
