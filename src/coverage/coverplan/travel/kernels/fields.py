"""The nearest of many, everywhere: one search from all of them at once.

A search runs on keys: cost in the upper half of 64 bits, rank in the lower. Smaller is nearer, and among equals it is
the lower rank; adding a weight to the upper half keeps that order. So every node ends with the smallest (cost, rank) of
all ways to it, exactly, whatever the order in which nodes are looked at.

The queue has buckets about as wide as an average arc, in a ring. A node that is improved within the bucket that is being
emptied is simply looked at again; that is rare, and cheaper than keeping order inside a bucket.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coverplan.travel.kernels.core import Core, Side
from coverplan.travel.kernels.jit import UNREACHED, jit
from coverplan.travel.kernels.rows import Int32, Int64, UInt32, UInt64
from coverplan.travel.kernels.starts import Setting, Starts

NOWHERE = UNREACHED << 32
"""The key of what is not reached; every key of a way is smaller."""


def node_field(
    core: Core,
    side: Side,
    node: npt.ArrayLike,
    cost: npt.ArrayLike,
    rank: npt.ArrayLike,
    *,
    limit: int = UNREACHED - 1,
) -> tuple[UInt32, Int32]:
    """Find, for every node, the smallest cost from any seed, and which rank it comes from.

    Parameters
    ----------
    core, side
        The network and the direction in which the search runs (`Core.side`).
    node, cost, rank : (s,)
        Seeds: where each starts, what it costs to be there, and its rank, 0 to 2**31 - 1. Several seeds may share a
        node, or a rank.
    limit
        What is farther counts as not reached.

    Returns
    -------
    value : (n,) uint32
        Whole tenths; `UNREACHED` where no seed comes within the limit.
    rank : (n,) int32
        The rank of the nearest seed, the lowest among equally near ones; -1 where unreached.
    """
    place = core.place[np.asarray(node, dtype=np.int64)].astype(np.int64)
    key = seed_keys(cost, rank)
    value, nearest = np.empty(core.n_nodes, np.uint32), np.empty(core.n_nodes, np.int32)
    heads, inside = _field_keys(core, side, place, key)
    _spell_out(
        heads, inside, core.node, core.pocket_start, core.first, core.second, side.first_leg, side.second_leg,
        limit, value, nearest,
    )  # fmt: skip
    return value, nearest


def item_field(setting: Setting, starts: Starts) -> tuple[UInt64, UInt64, UInt64]:
    """Find the nearest source of every item; ranks are the positions of the sources.

    Returns
    -------
    at_core : (n_core + 1,) uint64
        Keys at the places of the core, cost and rank; `NOWHERE` where unreached. The last is never reached.
    near : (k,) uint64
        For each item, in the order of the hangers, the best key of the sources near by.
    item : (k,) uint64
        For each item, in that order, its key.
    """
    hangers = setting.hangers
    rank = np.repeat(np.arange(starts.n_sources), np.diff(starts.at))
    at_core, _ = _field_keys(setting.core, setting.side, starts.place, seed_keys(starts.cost, rank))
    near = np.full(hangers.n_items, NOWHERE, dtype=np.uint64)
    near_rank = np.repeat(np.arange(starts.n_sources), np.diff(starts.near_at))
    np.minimum.at(near, starts.item, seed_keys(starts.near_cost, near_rank))
    item = near.copy()
    _lower(at_core, hangers.item, hangers.first, item)
    return at_core, near, item


def split_keys(key: UInt64) -> tuple[UInt32, Int32]:
    """Take keys apart into value (`UNREACHED` where unreached) and rank (-1 where unreached)."""
    value = (key >> np.uint64(32)).astype(np.uint32)
    return value, np.where(value < UNREACHED, key & np.uint64(0xFFFFFFFF), -1).astype(np.int32)


def seed_keys(cost: npt.ArrayLike, rank: npt.ArrayLike) -> UInt64:
    """Put cost and rank together; costs beyond the horizon become keys that nothing is reached by."""
    costs = np.minimum(np.asarray(cost, dtype=np.float64), UNREACHED).astype(np.uint64)
    return (costs << np.uint64(32)) | np.asarray(rank).astype(np.uint64)


def _field_keys(core: Core, side: Side, place: Int64, key: UInt64) -> tuple[UInt64, UInt64]:
    """Return keys at the core (one more, never reached, at its end) and those that stay inside a pocket."""
    rows = side.rows
    at_core = np.full(core.n_core + 1, NOWHERE, dtype=np.uint64)
    inside = np.full(core.n_nodes - core.n_core, NOWHERE, dtype=np.uint64)
    seeds = _inside_first(core.n_core, side.inside.start, side.inside.arcs, place, key, at_core, inside)
    room = len(rows.arcs) // 2 + len(seeds) + 64
    costs = at_core[seeds] >> np.uint64(32)
    # Seeds far apart in cost make the ring long; a million buckets are enough for anybody.
    shift = max(rows.bucket, int(np.ptp(costs)).bit_length() - 20) if len(seeds) else rows.bucket
    while not _spread(rows.start, rows.arcs, at_core, seeds, shift, rows.heaviest, room):
        # Hardly ever: nodes were improved so often that the queue is full. Begin again with a longer one.
        room *= 2
        keep = at_core[seeds].copy()
        at_core[:] = NOWHERE
        at_core[seeds] = keep
    return at_core, inside


@jit
def _inside_first(
    n_core: int, start: UInt32, arcs: UInt32, place: Int64, key: UInt64, at_core: UInt64, inside: UInt64
) -> Int64:
    """Let seeds in pockets walk their pocket as far as its anchors; returns the places of the core that got a key."""
    seeds = np.empty(len(place) + 16, np.int64)
    n_seeds = 0
    stack = np.empty(256, np.int64)
    for i in range(len(place)):
        p, k = place[i], key[i]
        if p < n_core:
            if k < at_core[p]:
                at_core[p] = k
                if n_seeds == len(seeds):
                    seeds = np.concatenate((seeds, np.empty(n_seeds, np.int64)))
                seeds[n_seeds] = p
                n_seeds += 1
            continue
        if k >= inside[p - n_core]:
            continue
        inside[p - n_core] = k
        stack[0] = p - n_core
        left = 1
        while left:
            left -= 1
            u = stack[left]
            for j in range(start[u], start[u + 1]):
                q = np.int64(arcs[2 * j])
                through = inside[u] + (np.uint64(arcs[2 * j + 1]) << np.uint64(32))
                if q >= n_core:
                    if through < inside[q - n_core]:
                        inside[q - n_core] = through
                        if left == len(stack):
                            stack = np.concatenate((stack, np.empty(left, np.int64)))
                        stack[left] = q - n_core
                        left += 1
                elif through < at_core[q]:
                    at_core[q] = through
                    if n_seeds == len(seeds):
                        seeds = np.concatenate((seeds, np.empty(n_seeds, np.int64)))
                    seeds[n_seeds] = q
                    n_seeds += 1
    return seeds[:n_seeds].copy()


@jit
def _spread(start: UInt32, arcs: UInt32, key: UInt64, seeds: Int64, shift: int, heaviest: int, room: int) -> bool:
    """Search from nodes that have a key already; returns False when the queue was too short."""
    one, two, w32 = np.uint32(1), np.uint32(2), np.uint64(32)
    width = np.uint64(32 + shift)
    low, high = np.uint64(0xFFFFFFFF), np.uint64(0)
    for p in seeds:
        low, high = min(low, key[p] >> width), max(high, key[p] >> width)
    ring = np.uint64(2)
    while ring < (np.uint64(heaviest) >> np.uint64(shift)) + (max(high, low) - low) + np.uint64(2):
        ring *= np.uint64(2)
    mask = ring - np.uint64(1)
    heads = np.zeros(ring, np.uint32)
    entries = np.empty(2 * room, np.uint32)
    end, top, waiting = np.uint32(room), one, 0
    for p in seeds:
        b = (key[p] >> width) & mask
        entries[two * top], entries[two * top + one] = np.uint32(p), heads[b]
        heads[b] = top
        top += one
        waiting += 1
    now = low
    while waiting:
        b = now & mask
        e = heads[b]
        while e:
            heads[b] = entries[two * e + one]
            u = entries[two * e]
            waiting -= 1
            here = key[u]
            if here >> width == now:
                if top + (start[u + one] - start[u]) > end:
                    return False
                for j in range(start[u], start[u + one]):
                    i = two * np.uint32(j)
                    v = arcs[i]
                    there = here + (np.uint64(arcs[i + one]) << w32)
                    if there < key[v]:
                        key[v] = there
                        c = (there >> width) & mask
                        entries[two * top], entries[two * top + one] = v, heads[c]
                        heads[c] = top
                        top += one
                        waiting += 1
            e = heads[b]
        now += np.uint64(1)
    return True


@jit
def _lower(at_core: UInt64, items: UInt32, first: UInt32, key: UInt64) -> None:
    """Lower the key of every item to that of the better of its anchors."""
    w32, end = np.uint64(32), np.uint64(NOWHERE)
    for m in range(np.uint32(len(first))):
        i = np.uint32(4) * np.uint32(m)
        by_first = at_core[first[m]] + (np.uint64(items[i + np.uint32(1)]) << w32)
        by_second = at_core[items[i + np.uint32(2)]] + (np.uint64(items[i + np.uint32(3)]) << w32)
        # Sums of what is nowhere are beyond it, and must not be kept.
        key[m] = min(min(key[m], end), min(by_first, by_second))


@jit
def _spell_out(
    at_core: UInt64,
    inside: UInt64,
    node: Int32,
    pocket_start: Int64,
    first: UInt32,
    second: UInt32,
    first_leg: UInt32,
    second_leg: UInt32,
    limit: int,
    value: UInt32,
    rank: Int32,
) -> None:
    """Write value and rank of every node, those in pockets by way of their anchors."""
    w32 = np.uint64(32)
    end = ((np.uint64(limit) + np.uint64(1)) << w32) - np.uint64(1)
    n_core = len(at_core) - 1
    for p in range(n_core):
        k = at_core[p]
        u = np.uint32(node[p])
        value[u] = np.uint32(k >> w32) if k <= end else np.uint32(UNREACHED)
        rank[u] = np.int32(np.uint32(k)) if k <= end else np.int32(-1)
    for q in range(len(first)):
        a, b = at_core[first[q]], at_core[second[q]]
        for i in range(pocket_start[q], pocket_start[q + 1]):
            k = min(a + (np.uint64(first_leg[i]) << w32), b + (np.uint64(second_leg[i]) << w32))
            k = min(k, inside[i])
            u = np.uint32(node[n_core + i])
            value[u] = np.uint32(k >> w32) if k <= end else np.uint32(UNREACHED)
            rank[u] = np.int32(np.uint32(k)) if k <= end else np.int32(-1)
