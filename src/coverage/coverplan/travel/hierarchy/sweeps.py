"""Every pair, from sixteen sources at a time: up from the sources, then once over all that lies above the items.

The way up is short: it passes only what separates larger and larger parts of the network. The way down visits every
node above some item, highest first, and asks whether one of the nodes above it knows a better way. Sixteen costs stand
side by side in memory, and the processor adds and compares all of them at once.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from coverplan.travel.hierarchy.shortcuts import Ladder
from coverplan.travel.hierarchy.weights import Weighed
from coverplan.travel.kernels.jit import COMPILED, UNREACHED, jit
from coverplan.travel.kernels.rows import Float, Int32, Int64, Number, UInt32
from coverplan.travel.kernels.starts import Setting, Starts

LANES = 16
"""Sources that are looked at together; their costs are 64 bytes, what a processor's cache holds in one line."""


TABLES = 1 << 21
"""Costs that one thread keeps, 8 MiB: on a small network several groups are looked at before their rows are written, so
that longer pieces of memory are written at a time."""


class Below(NamedTuple):
    """The part of a ladder that leads down to some nodes: k nodes, the highest first.

    Attributes
    ----------
    rank : (k,) int32
    start : (k + 1,) uint32, arcs : (2 a,) uint32
        The open arcs down to each, by where they come from (its number in here) and what they weigh.
    at : (n,) int32
        The number of each rank in here, -1 where it is not.
    """

    rank: Int32
    start: UInt32
    arcs: UInt32
    at: Int32


class _Seeds(NamedTuple):
    """Where the ways up begin: those of source i are ``at[i]`` to ``at[i + 1]``, by rank, with their cost."""

    at: Int64
    rank: Int64
    cost: UInt32


class _Goals(NamedTuple):
    """Where the items hang: number of the first and second anchor among the nodes below, legs from there, which item.

    What is near by each source comes as in `Starts`.
    """

    anchor: UInt32
    leg: UInt32
    item: Int64
    near_at: Int64
    near_item: Int64
    near_cost: UInt32


class _Climb(NamedTuple):
    """The ranks above some sources, each in front of those above it when read piece by piece from the back.

    `slot` is the number of each rank in `rank`, -1 where it is not; `cost` holds `LANES` costs for each.
    """

    rank: Int32
    piece: Int32
    slot: Int32
    cost: UInt32


def every_pair(hierarchy: Weighed, setting: Setting, starts: Starts, *, threads: int | None = None) -> Float:
    """Return seconds or metres from every source to every item, item x source; `inf` = unreachable.

    Parameters
    ----------
    hierarchy
        The hierarchy of the core, weighed in the direction of the search.
    setting, starts
        As the searches take them.
    threads
        How many processors to use; all of them when not given.
    """
    hung, (rank, ladder, rungs) = setting.hung, hierarchy
    rank_or_none = np.append(rank, np.int32(-1))
    anchors = rank_or_none[np.stack([hung.first, hung.item[2::4]], axis=1).astype(np.int64)]
    below = Below(*_gather(ladder, rungs.down, anchors))
    goals = _Goals(
        anchor=np.where(anchors >= 0, below.at[anchors] if len(rank) else 0, len(below.rank)).astype(np.uint32),
        leg=np.stack([hung.item[1::4], hung.item[3::4]], axis=1),
        item=hung.item[0::4].astype(np.int64),
        near_at=starts.near_at,
        near_item=hung.item[4 * starts.item].astype(np.int64),
        near_cost=starts.near_cost,
    )
    seeds = _Seeds(starts.at, rank_or_none[starts.place].astype(np.int64), starts.cost)
    values = np.empty((setting.n_items, starts.n_sources))
    n_groups = -(-starts.n_sources // LANES)
    n_threads = max(1, min(threads or os.cpu_count() or 1, n_groups))
    edges = np.linspace(0, n_groups, n_threads + 1).astype(int) * LANES

    def fill(i: int) -> None:
        part = int(edges[i]), min(int(edges[i + 1]), starts.n_sources)
        _fill((ladder, rungs.up, seeds), below, goals, part, values)

    if n_threads == 1:
        fill(0)
    else:
        with ThreadPoolExecutor(n_threads) as pool:
            list(pool.map(fill, range(n_threads)))
    return values


if TYPE_CHECKING:

    def _lower(table: UInt32, to: Number, source: Number, weight: Number) -> None:
        """Let row `to` of a table be at most row `source` and a weight, in all lanes at once."""

elif COMPILED:
    from llvmlite import ir
    from numba.core import types
    from numba.extending import intrinsic
    from numba.np.arrayobj import make_array

    def _emit(context, builder, signature, arguments):
        """Write the machine's instructions: load two rows, add, compare, store, sixteen numbers at once."""
        table = make_array(signature.args[0])(context, builder, arguments[0]).data
        word, row = ir.IntType(32), ir.VectorType(ir.IntType(32), LANES)

        def address(number):
            first = builder.mul(number, ir.Constant(ir.IntType(64), LANES))
            return builder.bitcast(builder.gep(table, [first]), row.as_pointer())

        nothing, everywhere = ir.Constant(row, ir.Undefined), ir.Constant(row, [0] * LANES)
        weight = builder.insert_element(nothing, arguments[3], ir.Constant(word, 0))
        weights = builder.shuffle_vector(weight, nothing, everywhere)
        other = builder.add(builder.load(address(arguments[2]), align=4), weights)
        before = builder.load(address(arguments[1]), align=4)
        lower = builder.select(builder.icmp_unsigned("<", other, before), other, before)
        builder.store(lower, address(arguments[1]), align=4)
        return context.get_dummy_value()

    @intrinsic
    def _lower(_, table, to, source, weight):
        # The compiler does not do this by itself for loops over sixteen numbers, and is six times slower so.
        return types.void(table, types.uint64, types.uint64, types.uint32), _emit


@jit
def _gather(ladder: Ladder, down: UInt32, wanted: Int32) -> tuple[Int32, UInt32, UInt32, Int32]:
    """Return the fields of `Below` for some ranks: all that is above one of them."""
    n = len(ladder.parent)
    kept = np.zeros(n, np.bool_)
    for v in wanted.ravel():
        if v >= 0:
            kept[v] = True
    n_kept, n_arcs = 0, 0
    for v in range(n):
        if kept[v]:
            if ladder.parent[v] >= 0:
                kept[ladder.parent[v]] = True
            n_kept += 1
            n_arcs += ladder.start[v + 1] - ladder.start[v]
    rank, at = np.empty(n_kept, np.int32), np.full(n, -1, np.int32)
    start, arcs = np.zeros(n_kept + 1, np.uint32), np.empty(2 * n_arcs, np.uint32)
    i, k = 0, 0
    for v in range(n - 1, -1, -1):
        if kept[v]:
            rank[i], at[v] = v, i
            for j in range(ladder.start[v], ladder.start[v + 1]):
                if down[j] < UNREACHED:
                    arcs[2 * k], arcs[2 * k + 1] = at[ladder.head[j]], down[j]
                    k += 1
            i += 1
            start[i] = k
    return rank, start, arcs[: 2 * k].copy(), at


@jit
def _fill(
    above: tuple[Ladder, UInt32, _Seeds], below: Below, goals: _Goals, part: tuple[int, int], values: Float
) -> None:
    """Write the ways from a part of the sources to all items."""
    ladder, up, seeds = above
    slot = np.full(len(ladder.parent), -1, np.int32)
    # Two rows more for each group: one that nothing reaches, and one to work on.
    n_rows = len(below.rank) + 2
    n_groups = max(min(TABLES // (n_rows * LANES), (part[1] - part[0] + LANES - 1) // LANES), 1)
    table = np.full(n_groups * n_rows * LANES, UNREACHED, np.uint32)
    for begin in range(part[0], part[1], n_groups * LANES):
        end = min(begin + n_groups * LANES, part[1])
        for first in range(begin, end, LANES):
            climb = _climb(ladder, up, seeds, slot, (first, min(first + LANES, end)))
            _descend(below, climb, table, (first - begin) // LANES * n_rows)
            for v in climb.rank:
                slot[v] = -1
        _write(goals, table, n_rows, (begin, end), values)


@jit
def _climb(ladder: Ladder, up: UInt32, seeds: _Seeds, slot: Int32, group: tuple[int, int]) -> _Climb:
    """Find the costs of all that is above the seeds of a group of sources."""
    begin, end = seeds.at[group[0]], seeds.at[group[1]]
    rank, piece = np.empty(256, np.int32), np.empty(end - begin + 1, np.int32)
    k = 0
    for i in range(begin, end):
        piece[i - begin] = k
        v = seeds.rank[i]
        while v >= 0 and slot[v] < 0:
            if k == len(rank):
                rank = np.concatenate((rank, np.empty(k, np.int32)))
            rank[k], slot[v] = v, k
            k += 1
            v = ladder.parent[v]
    piece[end - begin] = k
    cost = np.full(k * LANES, UNREACHED, np.uint32)
    for source in range(group[0], group[1]):
        for i in range(seeds.at[source], seeds.at[source + 1]):
            at = slot[seeds.rank[i]] * LANES + source - group[0]
            cost[at] = min(cost[at], seeds.cost[i])
    for p in range(end - begin - 1, -1, -1):
        for i in range(piece[p], piece[p + 1]):
            v = rank[i]
            for j in range(ladder.start[v], ladder.start[v + 1]):
                if up[j] < UNREACHED:
                    _lower(cost, np.uint64(slot[ladder.head[j]]), np.uint64(i), up[j])
    return _Climb(rank[:k].copy(), piece, slot, cost)


@jit
def _descend(below: Below, climb: _Climb, table: UInt32, first: int) -> None:
    """Find the costs of all that is above the items, from those that the ways up meet; in rows from `first` on."""
    one, two, lanes, base = np.uint64(1), np.uint64(2), np.uint64(LANES), np.uint64(first)
    start, arcs = below.start, below.arcs
    for i in range(np.uint64(len(below.rank))):
        s, row = climb.slot[below.rank[i]], base + i
        if s >= 0:
            for w in range(lanes):
                table[row * lanes + w] = climb.cost[np.uint64(s) * lanes + w]
        else:
            for w in range(lanes):
                table[row * lanes + w] = UNREACHED
        for j in range(np.uint64(start[i]), np.uint64(start[i + one])):
            _lower(table, row, base + np.uint64(arcs[two * j]), arcs[two * j + one])


@jit
def _write(goals: _Goals, table: UInt32, n_rows: int, part: tuple[int, int], values: Float) -> None:
    """Write the costs of all items from a few groups of sources, and what is near by them."""
    begin, end = np.uint64(part[0]), np.uint64(part[1])
    lanes, rows, one = np.uint64(LANES), np.uint64(n_rows), np.uint64(1)
    for m in range(len(goals.item)):
        line = values[goals.item[m]]
        base = np.uint64(0)
        for first in range(begin, end, lanes):
            work = (base + rows - one) * lanes
            for w in range(lanes):
                table[work + w] = UNREACHED
            for side in range(2):
                _lower(table, base + rows - one, base + np.uint64(goals.anchor[m, side]), goals.leg[m, side])
            for w in range(min(lanes, end - first)):
                cost = table[work + w]
                line[first + w] = cost / 10.0 if cost < UNREACHED else np.inf
            base += rows
    for source in range(part[0], part[1]):
        for j in range(goals.near_at[source], goals.near_at[source + 1]):
            if goals.near_cost[j] < UNREACHED:
                item = goals.near_item[j]
                values[item, source] = min(values[item, source], goals.near_cost[j] / 10.0)
