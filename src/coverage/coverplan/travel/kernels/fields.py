"""The nearest of many, everywhere: one search from all of them at once.

A search runs on keys: cost in the upper half of 64 bits, rank in the lower. Smaller is nearer, and among equals it is
the lower rank; adding a weight to the upper half keeps that order. So every node ends with the smallest (cost, rank) of
all ways to it, exactly, whatever the order in which nodes are looked at.

The queue has buckets about half as wide as an average arc, in a ring. A node that is improved within the bucket that is
being emptied is simply looked at again; that is rare, and cheaper than keeping order inside a bucket.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from coverplan.travel.kernels.core import Core, Hooks, Side
from coverplan.travel.kernels.hangers import Hung
from coverplan.travel.kernels.jit import UNREACHED, jit
from coverplan.travel.kernels.rows import Int32, Int64, Number, Rows, UInt32, UInt64
from coverplan.travel.kernels.starts import Setting, Starts

NOWHERE = UNREACHED << 32
"""The key of what is not reached; every key of a way is smaller."""


_SPARE = 64
"""Entries of a queue beyond one for each arc and seed."""


class Seeds(NamedTuple):
    """Where a search begins: places, and the keys there."""

    place: Int64
    key: UInt64


class Keys(NamedTuple):
    """Keys at the places of a core (one more, never reached, at its end), and at the nodes in pockets."""

    core: UInt64
    inside: UInt64


def node_field(
    core: Core,
    side: Side,
    node: npt.ArrayLike,
    seed: tuple[npt.ArrayLike, npt.ArrayLike],
    *,
    limit: int = UNREACHED - 1,
) -> tuple[UInt32, Int32]:
    """Find, for every node, the smallest cost from any seed, and which rank it comes from.

    Parameters
    ----------
    core, side
        The network and the direction in which the search runs (`Core.side`).
    node : (s,)
        Where each seed starts.
    seed : (s,) and (s,)
        What it costs to be there, and the rank, 0 to 2**31 - 1. Several seeds may share a node, or a rank.
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
    keys = _field_keys(core, side, Seeds(place, seed_keys(*seed)))
    value, nearest = np.empty(core.n_nodes, np.uint32), np.empty(core.n_nodes, np.int32)
    _spell_out(keys, side.hooks, core.node, limit, (value, nearest))
    return value, nearest


def item_field(setting: Setting, starts: Starts) -> tuple[UInt64, UInt64, UInt64]:
    """Find the nearest source of every item; ranks are the positions of the sources.

    Returns
    -------
    at_core : (n_core + 1,) uint64
        Keys at the places of the core; `NOWHERE` where unreached. The last is never reached.
    near : (k,) uint64
        For each item, in the order of the list, the best key of the sources near by.
    item : (k,) uint64
        For each item, in that order, its key.
    """
    rank, near_rank = (np.repeat(np.arange(starts.n_sources), np.diff(at)) for at in (starts.at, starts.near_at))
    keys = _field_keys(setting.core, setting.side, Seeds(starts.place, seed_keys(starts.cost, rank)))
    near = np.full(setting.n_items, NOWHERE, dtype=np.uint64)
    np.minimum.at(near, starts.item, seed_keys(starts.near_cost, near_rank))
    item = near.copy()
    _lower(keys.core, setting.hung, item)
    return keys.core, near, item


def seed_keys(cost: npt.ArrayLike, rank: npt.ArrayLike) -> UInt64:
    """Put cost and rank together; costs beyond the horizon become keys that nothing is reached by."""
    costs = np.minimum(np.asarray(cost, dtype=np.float64), UNREACHED).astype(np.uint64)
    return (costs << np.uint64(32)) | np.asarray(rank).astype(np.uint64)


def split_keys(key: UInt64) -> tuple[UInt32, Int32]:
    """Take keys apart into value (`UNREACHED` where unreached) and rank (-1 where unreached)."""
    value = (key >> np.uint64(32)).astype(np.uint32)
    return value, np.where(value < UNREACHED, key & np.uint64(0xFFFFFFFF), -1).astype(np.int32)


def _field_keys(core: Core, side: Side, seeds: Seeds) -> Keys:
    rows = side.rows
    keys = Keys(
        core=np.full(core.n_core + 1, NOWHERE, dtype=np.uint64),
        inside=np.full(core.n_nodes - core.n_core, NOWHERE, dtype=np.uint64),
    )
    places = _inside_first(core.n_core, side.inside, seeds, keys)
    costs = keys.core[places] >> np.uint64(32)
    # Seeds far apart in cost make the ring long; a million buckets are enough for anybody.
    bucket = max(rows.bucket, int(np.ptp(costs)).bit_length() - 20) if len(places) else rows.bucket
    room = len(rows.arcs) // 2 + len(places) + _SPARE
    while not _spread(rows, keys.core, places, bucket, room):
        # Hardly ever: nodes were improved so often that the queue is full. Begin again with a longer one.
        room *= 2
        at_seeds = keys.core[places].copy()
        keys.core[:] = NOWHERE
        keys.core[places] = at_seeds
    return keys


@jit
def _inside_first(n_core: int, rows: Rows, seeds: Seeds, keys: Keys) -> Int64:
    """Let seeds in pockets walk their pocket as far as its anchors; returns the places of the core that got a key."""
    inside = keys.inside
    places, stack = np.empty(len(seeds.place) + 16, np.int64), np.empty(256, np.int64)
    n_places = 0
    for i in range(len(seeds.place)):
        p, k = seeds.place[i], seeds.key[i]
        if p < n_core:
            places, n_places = _offer(keys.core, p, k, places, n_places)
            continue
        if k >= inside[p - n_core]:
            continue
        inside[p - n_core] = k
        stack[0] = p - n_core
        left = 1
        while left:
            left -= 1
            u = stack[left]
            for j in range(rows.start[u], rows.start[u + 1]):
                q = np.int64(rows.arcs[2 * j])
                there = inside[u] + (np.uint64(rows.arcs[2 * j + 1]) << np.uint64(32))
                if q < n_core:
                    places, n_places = _offer(keys.core, q, there, places, n_places)
                elif there < inside[q - n_core]:
                    inside[q - n_core] = there
                    stack, left = _push(stack, left, q - n_core)
    return places[:n_places].copy()


@jit
def _offer(at_core: UInt64, place: Number, key: Number, places: Int64, n_places: int) -> tuple[Int64, int]:
    """Put a key at a place of the core if it is smaller, and remember the place."""
    if key >= at_core[place]:
        return places, n_places
    at_core[place] = key
    return _push(places, n_places, place)


@jit
def _push(values: Int64, n: int, value: Number) -> tuple[Int64, int]:
    if n == len(values):
        values = np.concatenate((values, np.empty(n, np.int64)))
    values[n] = value
    return values, n + 1


@jit
def _spread(rows: Rows, key: UInt64, places: Int64, bucket: int, room: int) -> bool:
    """Search from places that have a key already; returns False when the queue was too short."""
    start, arcs = rows.start, rows.arcs
    one, two, w32 = np.uint32(1), np.uint32(2), np.uint64(32)
    width = np.uint64(32 + bucket)
    low, high = np.uint64(NOWHERE), np.uint64(0)
    for p in places:
        low, high = min(low, key[p] >> width), max(high, key[p] >> width)
    ring = np.uint64(2)
    while ring < (np.uint64(rows.heaviest) >> np.uint64(bucket)) + (max(high, low) - low) + np.uint64(2):
        ring *= np.uint64(2)
    mask = ring - np.uint64(1)
    heads, entries = np.zeros(ring, np.uint32), np.empty(2 * room, np.uint32)
    end, top, waiting = np.uint32(room), one, 0
    for p in places:
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
def _lower(at_core: UInt64, hung: Hung, key: UInt64) -> None:
    """Lower the key of every item to that of the better of its anchors."""
    items, first = hung.item, hung.first
    w32, end = np.uint64(32), np.uint64(NOWHERE)
    for m in range(np.uint32(len(first))):
        i = np.uint32(4) * np.uint32(m)
        by_first = at_core[first[m]] + (np.uint64(items[i + np.uint32(1)]) << w32)
        by_second = at_core[items[i + np.uint32(2)]] + (np.uint64(items[i + np.uint32(3)]) << w32)
        # Sums of what is nowhere are beyond it, and must not be kept.
        key[m] = min(key[m], end, by_first, by_second)


@jit
def _spell_out(keys: Keys, hooks: Hooks, node: Int32, limit: int, out: tuple[UInt32, Int32]) -> None:
    """Write value and rank of every node, those in pockets by way of their anchors."""
    at_core, inside = keys
    first_leg, second_leg = hooks.first_leg, hooks.second_leg
    w32, n_core = np.uint64(32), np.int64(hooks.n_core)
    end = (np.uint64(limit) + np.uint64(1)) << w32
    value, rank = out
    for p in range(n_core):
        k, u = at_core[p], np.uint32(node[p])
        value[u] = np.uint32(k >> w32) if k < end else np.uint32(UNREACHED)
        rank[u] = np.int32(np.uint32(k)) if k < end else np.int32(-1)
    for q in range(len(hooks.first)):
        a, b = at_core[hooks.first[q]], at_core[hooks.second[q]]
        for i in range(hooks.begin[q], hooks.begin[q + 1]):
            k = min(a + (np.uint64(first_leg[i]) << w32), b + (np.uint64(second_leg[i]) << w32))
            k, u = min(k, inside[i]), np.uint32(node[n_core + i])
            value[u] = np.uint32(k >> w32) if k < end else np.uint32(UNREACHED)
            rank[u] = np.int32(np.uint32(k)) if k < end else np.int32(-1)
