"""From each of many sources: what is within a limit, how many people that is, or every pair.

Work and memory per source go with what it reaches, not with the size of the network: each thread has one table of
costs, and what a search wrote into it is wiped away afterwards from the list of places it touched.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np

from coverplan.travel.kernels.hangers import Hung
from coverplan.travel.kernels.jit import UNREACHED, jit
from coverplan.travel.kernels.rows import Float, Int32, Int64, Number, Rows, UInt8, UInt32
from coverplan.travel.kernels.starts import Setting, Starts

_PAIRS = 1 << 20
"""Pairs that a thread collects before it hands them over."""

Result = TypeVar("Result")


class _Bench(NamedTuple):
    """What one thread writes on; clean between two sources.

    Cost at each place, places touched, first entry of each bucket, entries (place and next), items set apart.
    """

    dist: UInt32
    touched: UInt32
    heads: UInt32
    entries: UInt32
    apart: UInt8


class _Work(NamedTuple):
    """All that a sweep reads, and the bench it writes on."""

    rows: Rows
    starts: Starts
    hung: Hung
    bench: _Bench


class _Pairs(NamedTuple):
    """Pairs within a limit: how many of each source, which items, how far."""

    n: Int64
    item: Int32
    value: UInt32


def reached(setting: Setting, starts: Starts, *, limit: int, threads: int | None = None) -> tuple[Int64, Int32, UInt32]:
    """Find the items within a limit of each source.

    Returns
    -------
    at : (s + 1,) int64
        The pairs of source i are ``at[i]`` to ``at[i + 1]``.
    item, value : int32, uint32
        Which item, in no particular order, and how far, in whole tenths.
    """
    at = np.zeros(starts.n_sources + 1, dtype=np.int64)
    if limit < 0:
        return at, np.empty(0, np.int32), np.empty(0, np.uint32)

    def collect(part: range, work: _Work) -> list[_Pairs]:
        return _collect(work, min(limit, UNREACHED - 1), part)

    found = [pairs for part in _share(setting, starts, collect, threads) for pairs in part]
    np.cumsum(np.concatenate([np.empty(0, np.int64), *(pairs.n for pairs in found)]), out=at[1:])
    if len(found) == 1:
        return at, found[0].item, found[0].value
    item, value = np.empty(at[-1], np.int32), np.empty(at[-1], np.uint32)
    end = len(item)
    while found:
        # From the back, each piece given back as soon as it is copied: never twice the result in memory.
        pairs = found.pop()
        begin = end - len(pairs.item)
        item[begin:end], value[begin:end] = pairs.item, pairs.value
        end = begin
    return at, item, value


def reached_sums(setting: Setting, starts: Starts, people: Float, *, limit: int, threads: int | None = None) -> Float:
    """Add up what stands at the items within a limit of each source, without listing them."""
    if limit < 0:
        return np.zeros(starts.n_sources)
    held = people[setting.order]

    def add(part: range, work: _Work) -> Float:
        return _sums(work, min(limit, UNREACHED - 1), part.start, part.stop, held)

    return np.concatenate([np.empty(0), *_share(setting, starts, add, threads)])


def every_pair(setting: Setting, starts: Starts, *, threads: int | None = None) -> Float:
    """Return seconds or metres from every source to every item, source x item; `inf` = unreachable."""
    values = np.empty((starts.n_sources, setting.n_items))

    def fill(part: range, work: _Work) -> None:
        _fill(work, part.start, part.stop, values)

    _share(setting, starts, fill, threads)
    return values


def _share(
    setting: Setting, starts: Starts, work: Callable[[range, _Work], Result], threads: int | None
) -> list[Result]:
    """Give parts of the sources to threads, each with a bench of its own; results in the order of the sources."""
    n_sources = starts.n_sources
    n_threads = max(1, min(threads or os.cpu_count() or 1, n_sources // 4))
    if n_threads == 1:
        return [work(range(n_sources), _prepare(setting, starts))]
    edges = np.linspace(0, n_sources, min(n_sources, 8 * n_threads) + 1).astype(int)
    benches = [_prepare(setting, starts) for _ in range(n_threads)]

    def take(part: range) -> Result:
        bench = benches.pop()
        try:
            return work(part, bench)
        finally:
            benches.append(bench)

    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(take, map(range, edges[:-1].tolist(), edges[1:].tolist())))


def _prepare(setting: Setting, starts: Starts) -> _Work:
    rows, n_core = setting.side.rows, setting.core.n_core
    longest = int(rows.heaviest) + _largest_spread(starts.at, starts.cost)
    bench = _Bench(
        dist=np.full(n_core + 1, UNREACHED, np.uint32),
        touched=np.empty(n_core + 1, np.uint32),
        heads=np.zeros(2 << (longest >> rows.bucket).bit_length(), np.uint32),
        entries=np.empty(len(rows.arcs) + 2 * n_core + 256, np.uint32),
        apart=np.zeros(setting.n_items, np.uint8),
    )
    return _Work(rows, starts, setting.hung, bench)


def _collect(work: _Work, limit: int, part: range) -> list[_Pairs]:
    """Return the pairs of a part of the sources, in pieces."""
    pieces = []
    room = max(_PAIRS, len(work.hung.first))
    done = part.start
    while done < part.stop:
        # New tables each time: what is not written of them takes no memory, and what is need not be copied.
        pairs = _Pairs(np.zeros(part.stop - done, np.int64), np.empty(room, np.int32), np.empty(room, np.uint32))
        n_done, n_pairs = _within(work, limit, done, part.stop, pairs)
        pieces.append(_Pairs(pairs.n[:n_done], pairs.item[:n_pairs], pairs.value[:n_pairs]))
        done += n_done
    return pieces


@jit
def _largest_spread(at: Int64, cost: UInt32) -> Number:
    """Return how far apart the seeds of one source are in cost, at most."""
    largest = 0
    for i in range(len(at) - 1):
        if at[i] < at[i + 1]:
            part = cost[at[i] : at[i + 1]]
            largest = max(largest, np.int64(part.max()) - np.int64(part.min()))
    return largest


@jit
def _search(work: _Work, source: int, limit: int) -> int:
    """Search from a source as far as a limit; returns how many places were touched."""
    bench, starts = work.bench, work.starts
    places = starts.place[starts.at[source] : starts.at[source + 1]]
    costs = starts.cost[starts.at[source] : starts.at[source + 1]]
    n_touched = _spread(work.rows, bench, places, costs, limit)
    room = len(bench.entries)
    while n_touched < 0:
        # Hardly ever: nodes were improved so often that the queue is full. Begin again with a longer one.
        room *= 2
        longer = _Bench(bench.dist, bench.touched, bench.heads, np.empty(room, np.uint32), bench.apart)
        n_touched = _spread(work.rows, longer, places, costs, limit)
    return n_touched


@jit
def _spread(rows: Rows, bench: _Bench, places: Int64, costs: UInt32, limit: int) -> Number:
    """Search from places; returns how many were touched, or -1, the bench clean, when the queue was too short."""
    start, arcs = rows.start, rows.arcs
    dist, touched, heads, entries, _ = bench
    one, two = np.uint32(1), np.uint32(2)
    width, end, none = np.uint32(rows.bucket), np.uint32(limit), np.uint32(UNREACHED)
    mask, room = np.uint32(len(heads) - 1), np.uint32(len(entries) // 2)
    n_touched, now = _sow(bench, places, costs, end, width)
    top, waiting = one + n_touched, np.int64(n_touched)
    while waiting:
        b = now & mask
        e = heads[b]
        while e:
            heads[b] = entries[two * e + one]
            u = entries[two * e]
            waiting -= 1
            here = dist[u]
            if here >> width == now:
                if top + (start[u + one] - start[u]) > room:
                    for j in range(n_touched):
                        dist[touched[j]] = none
                    heads[:] = 0
                    return -1
                for j in range(start[u], start[u + one]):
                    i = two * np.uint32(j)
                    v = arcs[i]
                    there, before = here + arcs[i + one], dist[v]
                    if there < before and there <= end:
                        if before == none:
                            touched[n_touched] = v
                            n_touched += one
                        dist[v] = there
                        c = (there >> width) & mask
                        entries[two * top], entries[two * top + one] = v, heads[c]
                        heads[c] = top
                        top += one
                        waiting += 1
            e = heads[b]
        now += one
    return np.int64(n_touched)


@jit
def _sow(bench: _Bench, places: Int64, costs: UInt32, end: Number, width: Number) -> tuple[Number, Number]:
    """Put seeds, each place once, into the queue; returns how many, and the first bucket."""
    dist, touched, heads, entries, _ = bench
    mask = np.uint32(len(heads) - 1)
    n, now = np.uint32(0), np.uint32(UNREACHED)
    for i in range(len(places)):
        p, cost = np.uint32(places[i]), costs[i]
        if cost <= end:
            dist[p] = cost
            touched[n] = p
            b, e = (cost >> width) & mask, n + np.uint32(1)
            entries[np.uint32(2) * e], entries[np.uint32(2) * e + np.uint32(1)] = p, heads[b]
            heads[b] = e
            n, now = e, min(now, cost >> width)
    return n, now


@jit
def _wipe(work: _Work, source: int, n_touched: int) -> None:
    """Leave the bench clean for the next source."""
    dist, touched, _, _, apart = work.bench
    for j in range(n_touched):
        dist[touched[j]] = UNREACHED
    for j in range(work.starts.near_at[source], work.starts.near_at[source + 1]):
        apart[work.starts.item[j]] = 0


@jit
def _near_cost(work: _Work, j: Number) -> Number:
    """Return the best way to an item near by a source, number `j` of the list: straight there, or by an anchor."""
    items, dist, m = work.hung.item, work.bench.dist, work.starts.item[j]
    i = np.uint32(4) * np.uint32(m)
    by_first = dist[work.hung.first[m]] + items[i + np.uint32(1)]
    by_second = dist[items[i + np.uint32(2)]] + items[i + np.uint32(3)]
    return min(np.uint64(work.starts.near_cost[j]), by_first, by_second)


@jit
def _within(work: _Work, limit: int, begin: int, stop: int, pairs: _Pairs) -> tuple[int, int]:
    """Write the items within a limit of each source; returns how many sources and pairs fitted."""
    kept = 0
    for source in range(begin, stop):
        n_touched = _search(work, source, limit)
        k = _write(work, source, n_touched, limit, (pairs, kept))
        _wipe(work, source, n_touched)
        if k < 0:
            return source - begin, kept
        pairs.n[source - begin] = k - kept
        kept = k
    return stop - begin, kept


@jit
def _write(work: _Work, source: int, n_touched: int, limit: int, out: tuple[_Pairs, int]) -> Number:
    """Write what one search reached behind the pairs kept so far; returns their number, -1 when they do not fit."""
    pairs, kept = out
    items, at = work.hung.item, work.hung.at
    dist, touched, apart = work.bench.dist, work.bench.touched, work.bench.apart
    item, value = pairs.item, pairs.value
    one, two, three, four = np.uint32(1), np.uint32(2), np.uint32(3), np.uint32(4)
    end, room = np.uint32(limit), np.uint64(len(item))
    k = _write_near(work, source, limit, pairs, kept)
    for t in range(np.uint32(n_touched)):
        p = touched[t]
        a = dist[p]
        if k + np.uint64(at[p + one] - at[p]) > room:
            return -1
        for m in range(at[p], at[p + one]):
            i = four * np.uint32(m)
            cost = min(a + items[i + one], dist[items[i + two]] + items[i + three])
            if cost <= end and not apart[m]:
                item[k], value[k] = items[i], cost
                k += np.uint64(1)
        k = _write_runs(work, p, limit, pairs, k)
    return np.int64(k) if k <= room else -1


@jit
def _write_near(work: _Work, source: int, limit: int, pairs: _Pairs, kept: Number) -> Number:
    """Write the items near by a source, and set them apart; returns a number beyond the room when they do not fit."""
    starts = work.starts
    k = np.uint64(kept)
    for j in range(starts.near_at[source], starts.near_at[source + 1]):
        m = starts.item[j]
        cost = _near_cost(work, j)
        work.bench.apart[m] = 1
        if cost <= limit:
            if k < len(pairs.item):
                pairs.item[k], pairs.value[k] = work.hung.item[4 * m], cost
            k += np.uint64(1)
    return k


@jit
def _write_runs(work: _Work, p: Number, limit: int, pairs: _Pairs, kept: Number) -> Number:
    """Write the items whose second anchor is place p, where the first was not touched; returns as `_write_near`."""
    hung, dist = work.hung, work.bench.dist
    one, two, three, four = np.uint32(1), np.uint32(2), np.uint32(3), np.uint32(4)
    k, end, room = np.uint64(kept), np.uint32(limit), np.uint64(len(pairs.item))
    for r in range(hung.run_at[p], hung.run_at[p + one]):
        i = three * np.uint32(r)
        if dist[hung.run[i]] != UNREACHED:
            continue
        for m in range(hung.run[i + one], hung.run[i + two]):
            j = four * np.uint32(m)
            cost = dist[p] + hung.item[j + three]
            if cost <= end and not work.bench.apart[m]:
                if k < room:
                    pairs.item[k], pairs.value[k] = hung.item[j], cost
                k += np.uint64(1)
    return k


@jit
def _sums(work: _Work, limit: int, begin: int, stop: int, held: Float) -> Float:
    """Add up what the items within a limit of each source hold."""
    total = np.zeros(stop - begin)
    for source in range(begin, stop):
        n_touched = _search(work, source, limit)
        total[source - begin] = _add(work, source, n_touched, limit, held)
        _wipe(work, source, n_touched)
    return total


@jit
def _add(work: _Work, source: int, n_touched: int, limit: int, held: Float) -> Number:
    """Add up what the items hold that one search reached; the same ways as in `_write`."""
    starts, hung = work.starts, work.hung
    items, at, run_at, run = hung.item, hung.at, hung.run_at, hung.run
    dist, touched, apart = work.bench.dist, work.bench.touched, work.bench.apart
    one, two, three, four = np.uint32(1), np.uint32(2), np.uint32(3), np.uint32(4)
    end = np.uint32(limit)
    total = 0.0
    for j in range(starts.near_at[source], starts.near_at[source + 1]):
        apart[starts.item[j]] = 1
        if _near_cost(work, j) <= end:
            total += held[starts.item[j]]
    for t in range(np.uint32(n_touched)):
        p = touched[t]
        a = dist[p]
        for m in range(at[p], at[p + one]):
            i = four * np.uint32(m)
            cost = min(a + items[i + one], dist[items[i + two]] + items[i + three])
            total += held[m] if cost <= end and not apart[m] else 0.0
        for r in range(run_at[p], run_at[p + one]):
            i = three * np.uint32(r)
            if dist[run[i]] == UNREACHED:
                for m in range(run[i + one], run[i + two]):
                    total += held[m] if a + items[four * np.uint32(m) + three] <= end and not apart[m] else 0.0
    return total


@jit
def _fill(work: _Work, begin: int, stop: int, values: Float) -> None:
    """Write the way to every item from each source, in seconds or metres."""
    items, first, dist = work.hung.item, work.hung.first, work.bench.dist
    one, two, three, four = np.uint32(1), np.uint32(2), np.uint32(3), np.uint32(4)
    for source in range(begin, stop):
        n_touched = _search(work, source, UNREACHED - 1)
        for m in range(np.uint32(len(first))):
            i = four * np.uint32(m)
            cost = min(dist[first[m]] + items[i + one], dist[items[i + two]] + items[i + three])
            values[source, items[i]] = cost / 10.0 if cost < UNREACHED else np.inf
        for j in range(work.starts.near_at[source], work.starts.near_at[source + 1]):
            cost = _near_cost(work, j)
            values[source, items[four * np.uint32(work.starts.item[j])]] = cost / 10.0 if cost < UNREACHED else np.inf
        _wipe(work, source, n_touched)
