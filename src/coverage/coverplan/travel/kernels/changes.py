"""The steps of an edit of a field: a catchment is emptied, filled again from its rim, and the items are read anew.

The tables in here are written by edits; `edits` keeps them and says what they mean together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from coverplan.travel.kernels.fields import NOWHERE
from coverplan.travel.kernels.hangers import Hung
from coverplan.travel.kernels.jit import jit
from coverplan.travel.kernels.rows import Float, Int64, Number, Rows, UInt8, UInt32, UInt64


class Ways(NamedTuple):
    """From where one gets where: places (or items), keys, and whether each way still counts. Written by edits."""

    place: Int64
    key: UInt64
    live: UInt8


class Log(NamedTuple):
    """What an edit changed and what was there before: places of the core, items near by, items. Written by edits."""

    place: UInt32
    place_key: UInt64
    near: UInt32
    near_key: UInt64
    item: UInt32
    item_key: UInt64


class State(NamedTuple):
    """All that an edit reads and writes.

    Arcs in the direction of the search and against it, the items and what they hold, the first key beyond the limit;
    keys at the core, near by, and of the items; the last edit that logged each place, and the queue.
    """

    rows: Rows
    back: Rows
    hung: Hung
    held: Float
    beyond: np.uint64
    at_core: UInt64
    near: UInt64
    item: UInt64
    seeds: Ways
    nears: Ways
    log: Log
    seen: UInt32
    entries: UInt32


_Part = tuple[UInt32, UInt64]
_New = tuple[Int64, UInt32, Int64, UInt32]
_Span = tuple[int, int, int, int, int, int, int, int]


@jit
def put_back(state: State, core: _Part, near: _Part, item: _Part, spans: tuple[int, int, int, int]) -> None:
    """Put logged keys back, and let the ways count again that the edit had taken out of use."""
    for i in range(len(core[0])):
        state.at_core[core[0][i]] = core[1][i]
    # From the last to the first: what was changed twice ends as it was before the first change.
    for i in range(len(near[0]) - 1, -1, -1):
        state.near[near[0][i]] = near[1][i]
    for i in range(len(item[0])):
        state.item[item[0][i]] = item[1][i]
    state.seeds.live[spans[0] : spans[1]] = 1
    state.nears.live[spans[2] : spans[3]] = 1


@jit
def edit_state(state: State, new: _New, who: tuple[int, int], spans: _Span) -> tuple[int, int, int, float, float]:
    """Empty the catchment of a rank, let its rim and the new seeds spread, and read the items anew.

    Returns how much was logged of each kind, and the people won and lost.
    """
    number, rank = who
    old_begin, old_end, begin, end, old_near_begin, old_near_end, near_begin, near_end = spans
    _write(state.seeds, begin, new[0], new[1], rank)
    _write(state.nears, near_begin, new[2], new[3], rank)
    state.seeds.live[old_begin:old_end] = 0
    state.nears.live[old_near_begin:old_near_end] = 0
    emptied = _empty(state, number, rank, old_begin, old_end)
    _refill(state, emptied)
    touched = _sow(state, number, emptied, 0 if emptied else begin, end)
    done, touched = _spread(state, state.entries, number, touched)
    room = len(state.entries)
    while not done:
        # Hardly ever: nodes were improved so often that the queue is full. Go on from the log, with a longer one.
        room *= 2
        done, touched = _spread(state, np.empty(room, np.uint32), number, touched)
    n_near = _edit_near(state, (old_near_begin, old_near_end), (near_begin, near_end))
    n_item, gained, lost = _edit_items(state, number, touched, n_near)
    return touched, n_near, n_item, gained, lost


@jit
def _write(ways: Ways, begin: int, places: Int64, costs: UInt32, rank: int) -> None:
    """Write new ways to where room was made for them."""
    for i in range(len(places)):
        ways.place[begin + i], ways.live[begin + i] = places[i], 1
        ways.key[begin + i] = (np.uint64(costs[i]) << np.uint64(32)) | np.uint64(rank)


@jit
def _empty(state: State, number: int, rank: int, begin: int, end: int) -> int:
    """Empty the catchment of a rank, which hangs together, from its old seeds on; returns how many places it had."""
    start, arcs, at_core, log = state.rows.start, state.rows.arcs, state.at_core, state.log
    one, two, whose, none = np.uint32(1), np.uint32(2), np.uint32(rank), np.uint64(NOWHERE)
    n = 0
    for i in range(begin, end):
        p = np.uint32(state.seeds.place[i])
        if np.uint32(at_core[p]) == whose and at_core[p] < none:
            log.place[n], log.place_key[n] = p, at_core[p]
            at_core[p], state.seen[p] = none, number
            n += 1
    done = 0
    while done < n:
        u = log.place[done]
        done += 1
        for j in range(start[u], start[u + one]):
            v = arcs[two * np.uint32(j)]
            if np.uint32(at_core[v]) == whose and at_core[v] < none:
                log.place[n], log.place_key[n] = v, at_core[v]
                at_core[v], state.seen[v] = none, number
                n += 1
    return n


@jit
def _refill(state: State, emptied: int) -> None:
    """Give emptied places the keys that they have from right outside."""
    start, arcs, at_core = state.back.start, state.back.arcs, state.at_core
    one, two, w32 = np.uint32(1), np.uint32(2), np.uint64(32)
    for i in range(emptied):
        v = state.log.place[i]
        best = np.uint64(NOWHERE)
        for j in range(start[v], start[v + one]):
            a = two * np.uint32(j)
            # A neighbour that was emptied too may have been refilled already: its key is that of a way, and holds.
            best = min(best, at_core[arcs[a]] + (np.uint64(arcs[a + one]) << w32))
        at_core[v] = best


@jit
def _sow(state: State, number: int, n: int, begin: int, end: int) -> int:
    """Put seeds in where they are nearer; returns how many places are in the log now."""
    seeds, at_core, log = state.seeds, state.at_core, state.log
    for i in range(begin, end):
        p = seeds.place[i]
        if seeds.live[i] and seeds.key[i] < at_core[p]:
            if state.seen[p] != number:
                log.place[n], log.place_key[n] = np.uint32(p), at_core[p]
                state.seen[p] = number
                n += 1
            at_core[p] = seeds.key[i]
    return n


@jit
def _spread(state: State, entries: UInt32, number: int, n: int) -> tuple[bool, int]:
    """Search from the places in the log; returns False when the queue was too short, and how many are in the log."""
    start, arcs, key, log, seen = state.rows.start, state.rows.arcs, state.at_core, state.log, state.seen
    one, two, w32 = np.uint32(1), np.uint32(2), np.uint64(32)
    width = np.uint64(state.rows.bucket) + w32
    now, heads, top = _queue(state, entries, n)
    mask, end, waiting = np.uint64(len(heads) - 1), np.uint32(len(entries) // 2), np.int64(top) - 1
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
                    return False, n
                for j in range(start[u], start[u + one]):
                    i = two * np.uint32(j)
                    v = arcs[i]
                    there = here + (np.uint64(arcs[i + one]) << w32)
                    if there < key[v]:
                        if seen[v] != number:
                            log.place[n], log.place_key[n] = v, key[v]
                            seen[v] = number
                            n += 1
                        key[v] = there
                        c = (there >> width) & mask
                        entries[two * top], entries[two * top + one] = v, heads[c]
                        heads[c] = top
                        top += one
                        waiting += 1
            e = heads[b]
        now += np.uint64(1)
    return True, n


@jit
def _queue(state: State, entries: UInt32, n: int) -> tuple[Number, UInt32, Number]:
    """Put the places in the log that have a key into a queue; returns first bucket, buckets, and the next entry."""
    key, log, none = state.at_core, state.log, np.uint64(NOWHERE)
    bucket = np.uint64(state.rows.bucket)
    width = bucket + np.uint64(32)
    low, high = none >> width, np.uint64(0)
    for i in range(n):
        k = key[log.place[i]]
        if k < none:
            low, high = min(low, k >> width), max(high, k >> width)
    ring = np.uint64(2)
    while ring < (np.uint64(state.rows.heaviest) >> bucket) + (max(high, low) - low) + np.uint64(2):
        ring *= np.uint64(2)
    heads = np.zeros(ring, np.uint32)
    top = np.uint32(1)
    for i in range(n):
        p = log.place[i]
        if key[p] < none:
            b = (key[p] >> width) & (ring - np.uint64(1))
            entries[np.uint32(2) * top], entries[np.uint32(2) * top + np.uint32(1)] = p, heads[b]
            heads[b] = top
            top += np.uint32(1)
    return low, heads, top


@jit
def _edit_near(state: State, old: tuple[int, int], new: tuple[int, int]) -> int:
    """Take the old ways near by out and put the new ones in; returns how many are in the log."""
    items, keys, live = state.nears
    near, log = state.near, state.log
    n = 0
    for i in range(old[0], old[1]):
        m = items[i]
        log.near[n], log.near_key[n] = np.uint32(m), near[m]
        near[m] = np.uint64(NOWHERE)
        n += 1
    if n:
        # What others have near by the same items; for all other items this changes nothing.
        for i in range(new[0]):
            if live[i]:
                near[items[i]] = min(near[items[i]], keys[i])
    for i in range(new[0], new[1]):
        m = items[i]
        if keys[i] < near[m]:
            log.near[n], log.near_key[n] = np.uint32(m), near[m]
            near[m] = keys[i]
            n += 1
    return n


@jit
def _edit_items(state: State, number: int, n_places: int, n_near: int) -> tuple[int, float, float]:
    """Read the items anew that hang on places in the log, or are near by; returns log, people won and people lost."""
    hung = state.hung
    one, two, three = np.uint32(1), np.uint32(2), np.uint32(3)
    n, gained, lost = 0, 0.0, 0.0
    for i in range(n_places):
        p = state.log.place[i]
        n, won, gone = _reread(state, n, hung.at[p], hung.at[p + one])
        gained, lost = gained + won, lost + gone
        for r in range(hung.run_at[p], hung.run_at[p + one]):
            j = three * np.uint32(r)
            # Those whose first anchor is in the log are read from there.
            if state.seen[hung.run[j]] == number:
                continue
            n, won, gone = _reread(state, n, hung.run[j + one], hung.run[j + two])
            gained, lost = gained + won, lost + gone
    for i in range(n_near):
        m = state.log.near[i]
        n, won, gone = _reread(state, n, m, m + one)
        gained, lost = gained + won, lost + gone
    return n, gained, lost


@jit
def _reread(state: State, n: int, begin: Number, stop: Number) -> tuple[int, float, float]:
    """Read a run of items anew, and count who comes within the limit and who leaves it."""
    items, first, at_core, log = state.hung.item, state.hung.first, state.at_core, state.log
    one, two, three, four, w32 = np.uint32(1), np.uint32(2), np.uint32(3), np.uint32(4), np.uint64(32)
    gained, lost = 0.0, 0.0
    for m in range(begin, stop):
        i = four * np.uint32(m)
        by_first = at_core[first[m]] + (np.uint64(items[i + one]) << w32)
        by_second = at_core[items[i + two]] + (np.uint64(items[i + three]) << w32)
        key = min(state.near[m], np.uint64(NOWHERE), by_first, by_second)
        before = state.item[m]
        if key != before:
            log.item[n], log.item_key[n] = np.uint32(m), before
            state.item[m] = key
            n += 1
            was, is_ = before < state.beyond, key < state.beyond
            if is_ and not was:
                gained += state.held[m]
            elif was and not is_:
                lost += state.held[m]
    return n, gained, lost
