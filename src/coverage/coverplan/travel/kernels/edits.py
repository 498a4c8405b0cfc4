"""A field that can be changed and changed back: only what a change touches is looked at again.

A source that is added spreads as far as it is nearer than the others. One that is taken away leaves its catchment,
which is emptied and filled again from its rim. A move is both at once. Keys (see `fields`) make the result the one and
only: the same, bit by bit, as a field computed anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from coverplan.travel.kernels.fields import NOWHERE, item_field, seed_keys
from coverplan.travel.kernels.hangers import Hung
from coverplan.travel.kernels.jit import jit
from coverplan.travel.kernels.rows import Float, Int64, Number, Rows, UInt8, UInt32, UInt64
from coverplan.travel.kernels.starts import Setting, Starts


@dataclass(frozen=True, kw_only=True, eq=False)
class Edit:
    """What was there before an edit, so that it can be put back, and how many people the edit won and lost."""

    gained: float
    lost: float
    rank: int
    seeds: tuple[int, int]
    nears: tuple[int, int]
    core: tuple[UInt32, UInt64]
    near: tuple[UInt32, UInt64]
    item: tuple[UInt32, UInt64]


class _Ways(NamedTuple):
    """From where one gets where: places (or items), keys, and whether each way still counts. Written by edits."""

    place: Int64
    key: UInt64
    live: UInt8


class _Log(NamedTuple):
    """What an edit changed and what was there before: places of the core, items near by, items. Written by edits."""

    place: UInt32
    place_key: UInt64
    near: UInt32
    near_key: UInt64
    item: UInt32
    item_key: UInt64


class _State(NamedTuple):
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
    seeds: _Ways
    nears: _Ways
    log: _Log
    seen: UInt32
    entries: UInt32


class _Spans:
    """Which part of a list of ways is whose: one span for each rank."""

    def __init__(self, at: Int64) -> None:
        self.of_rank = [(int(a), int(b)) for a, b in pairwise(at)]
        self.n = int(at[-1])

    def replace(self, rank: int, length: int) -> tuple[int, int]:
        """Give a rank, old or next, a new span at the end; returns the one that it had."""
        if rank == len(self.of_rank):
            self.of_rank.append((0, 0))
        before = self.of_rank[rank]
        self.of_rank[rank] = (self.n, self.n + length)
        self.n += length
        return before

    def restore(self, rank: int, before: tuple[int, int]) -> None:
        """Undo the last `replace`."""
        self.n = self.of_rank[rank][0]
        self.of_rank[rank] = before


class EditableField:
    """The nearest source of every item; `edit` and `restore` change it in place."""

    def __init__(self, setting: Setting, starts: Starts, held: Float, *, limit: int) -> None:
        at_core, near, item = item_field(setting, starts)
        n_core, n_items = setting.core.n_core, setting.n_items
        rank, near_rank = (np.repeat(np.arange(starts.n_sources), np.diff(at)) for at in (starts.at, starts.near_at))
        rows = setting.side.rows
        self._state = _State(
            rows=rows,
            back=setting.against.rows,
            hung=setting.hung,
            held=held,
            beyond=np.uint64(max(limit + 1, 0) << 32),
            at_core=at_core,
            near=near,
            item=item,
            seeds=_ways(starts.place, seed_keys(starts.cost, rank)),
            nears=_ways(starts.item, seed_keys(starts.near_cost, near_rank)),
            log=_Log(*_part(n_core + 1), *_part(2 * n_items), *_part(n_items)),
            seen=np.zeros(n_core + 1, np.uint32),
            entries=np.empty(len(rows.arcs) + 2 * n_core + 256, np.uint32),
        )
        self._seeds, self._nears = _Spans(starts.at), _Spans(starts.near_at)
        self._edits = 0

    @property
    def item(self) -> UInt64:
        """The key of every item (see `fields`), in the order of the list."""
        return self._state.item

    def snapshot(self) -> tuple[UInt64, UInt64, UInt64]:
        """Return copies of the keys at the core, near by, and of the items."""
        return self._state.at_core.copy(), self._state.near.copy(), self._state.item.copy()

    def edit(self, rank: int, starts: Starts) -> Edit:
        """Let the source of a rank start elsewhere, or nowhere, or add one with the next rank."""
        seeds, nears = self._seeds.replace(rank, len(starts.place)), self._nears.replace(rank, len(starts.item))
        self._make_room()
        self._edits += 1
        spans = (*seeds, *self._seeds.of_rank[rank], *nears, *self._nears.of_rank[rank])
        n_core, n_near, n_item, gained, lost = _edit(
            self._state, (starts.place, starts.cost, starts.item, starts.near_cost), (self._edits, rank), spans
        )
        log = self._state.log
        return Edit(
            gained=gained,
            lost=lost,
            rank=rank,
            seeds=seeds,
            nears=nears,
            core=(log.place[:n_core].copy(), log.place_key[:n_core].copy()),
            near=(log.near[:n_near].copy(), log.near_key[:n_near].copy()),
            item=(log.item[:n_item].copy(), log.item_key[:n_item].copy()),
        )

    def restore(self, edit: Edit) -> None:
        """Put everything back as it was before an edit, which must be the last one not yet put back."""
        _put_back(self._state, edit.core, edit.near, edit.item, (*edit.seeds, *edit.nears))
        self._seeds.restore(edit.rank, edit.seeds)
        self._nears.restore(edit.rank, edit.nears)

    def _make_room(self) -> None:
        state = self._state
        if self._seeds.n > len(state.seeds.place) or self._nears.n > len(state.nears.place):
            seeds, nears = _longer(state.seeds, self._seeds.n), _longer(state.nears, self._nears.n)
            self._state = state._replace(seeds=seeds, nears=nears)


def _ways(place: Int64, key: UInt64) -> _Ways:
    return _Ways(place, key, np.ones(len(place), np.uint8))


def _longer(ways: _Ways, n: int) -> _Ways:
    return _Ways(
        np.concatenate([ways.place, np.empty(n, np.int64)]),
        np.concatenate([ways.key, np.empty(n, np.uint64)]),
        np.concatenate([ways.live, np.empty(n, np.uint8)]),
    )


def _part(length: int) -> tuple[UInt32, UInt64]:
    return np.empty(length, np.uint32), np.empty(length, np.uint64)


_Part = tuple[UInt32, UInt64]
_New = tuple[Int64, UInt32, Int64, UInt32]
_Span = tuple[int, int, int, int, int, int, int, int]


@jit
def _put_back(state: _State, core: _Part, near: _Part, item: _Part, spans: tuple[int, int, int, int]) -> None:
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
def _edit(state: _State, new: _New, who: tuple[int, int], spans: _Span) -> tuple[int, int, int, float, float]:
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
def _write(ways: _Ways, begin: int, places: Int64, costs: UInt32, rank: int) -> None:
    """Write new ways to where room was made for them."""
    for i in range(len(places)):
        ways.place[begin + i], ways.live[begin + i] = places[i], 1
        ways.key[begin + i] = (np.uint64(costs[i]) << np.uint64(32)) | np.uint64(rank)


@jit
def _empty(state: _State, number: int, rank: int, begin: int, end: int) -> int:
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
def _refill(state: _State, emptied: int) -> None:
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
def _sow(state: _State, number: int, n: int, begin: int, end: int) -> int:
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
def _spread(state: _State, entries: UInt32, number: int, n: int) -> tuple[bool, int]:
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
def _queue(state: _State, entries: UInt32, n: int) -> tuple[Number, UInt32, Number]:
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
def _edit_near(state: _State, old: tuple[int, int], new: tuple[int, int]) -> int:
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
def _edit_items(state: _State, number: int, n_places: int, n_near: int) -> tuple[int, float, float]:
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
def _reread(state: _State, n: int, begin: Number, stop: Number) -> tuple[int, float, float]:
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
