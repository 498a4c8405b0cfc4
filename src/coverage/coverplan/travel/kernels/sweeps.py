"""From each of many sources: what is within a limit, how many people that is, or every pair.

Work and memory per source go with what it reaches, not with the size of the network: each thread has one table of costs,
and what a search wrote into it is wiped away afterwards from the list of places it touched.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from coverplan.travel.kernels.jit import UNREACHED, jit
from coverplan.travel.kernels.rows import Float, Int32, Int64, UInt8, UInt32
from coverplan.travel.kernels.starts import Setting, Starts

_PAIRS = 1 << 20
"""Pairs that a thread collects before it hands them over."""

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True, eq=False)
class _Bench:
    """What one thread works with: everything but the results, clean between two sources."""

    dist: UInt32
    touched: UInt32
    heads: UInt32
    entries: UInt32
    apart: UInt8


def reached(setting: Setting, starts: Starts, *, limit: int, threads: int | None = None) -> tuple[Int64, Int32, UInt32]:
    """Find the items within a limit of each source.

    Returns
    -------
    at : (s + 1,) int64
        The pairs of source i are ``at[i]`` to ``at[i + 1]``.
    item, value : int32, uint32
        Which item, in no particular order, and how far, in whole tenths.
    """
    if limit < 0:
        return np.zeros(len(starts.at), np.int64), np.empty(0, np.int32), np.empty(0, np.uint32)

    def collect(part: range, bench: _Bench) -> list[tuple[Int64, Int32, UInt32]]:
        return list(_collect(setting, starts, min(limit, UNREACHED - 1), part, bench))

    found = [piece for pieces in _share(setting, starts, collect, threads) for piece in pieces]
    at = np.zeros(len(starts.at), dtype=np.int64)
    np.cumsum(np.concatenate([np.empty(0, np.int64), *(piece[0] for piece in found)]), out=at[1:])
    if len(found) == 1:
        return at, found[0][1], found[0][2]
    item, value = np.empty(at[-1], np.int32), np.empty(at[-1], np.uint32)
    end = len(item)
    while found:
        # From the back, each piece given back as soon as it is copied: never twice the result in memory.
        _, items, values = found.pop()
        item[end - len(items) : end], value[end - len(items) : end] = items, values
        end -= len(items)
    return at, item, value


def reached_sums(setting: Setting, starts: Starts, people: Float, *, limit: int, threads: int | None = None) -> Float:
    """Add up what stands at the items within a limit of each source, without listing them."""
    if limit < 0:
        return np.zeros(starts.n_sources)
    held = people[setting.hangers.item[0::4]]

    def collect(part: range, bench: _Bench) -> Float:
        return _sums(
            *_arguments(setting, starts, bench), setting.side.rows.bucket, min(limit, UNREACHED - 1), part.start,
            part.stop, held,
        )  # fmt: skip

    return np.concatenate([np.empty(0), *_share(setting, starts, collect, threads)])


def every_pair(setting: Setting, starts: Starts, *, threads: int | None = None) -> Float:
    """Return seconds or metres from every source to every item, source x item; `inf` = unreachable."""
    values = np.empty((starts.n_sources, setting.hangers.n_items))

    def collect(part: range, bench: _Bench) -> None:
        _pairs(*_arguments(setting, starts, bench), setting.side.rows.bucket, part.start, part.stop, values)

    _share(setting, starts, collect, threads)
    return values


def _share(
    setting: Setting,
    starts: Starts,
    work: Callable[[range, _Bench], Result],
    threads: int | None,
) -> list[Result]:
    """Give parts of the sources to threads, each with a bench of its own; results in the order of the sources."""
    n_sources = starts.n_sources
    n_threads = max(1, min(threads or os.cpu_count() or 1, n_sources // 4))
    n_parts = 1 if n_threads == 1 else min(n_sources, 8 * n_threads)
    edges = np.linspace(0, n_sources, n_parts + 1).astype(int)
    parts = [range(a, b) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    if n_threads == 1:
        return [work(part, _bench(setting, starts)) for part in parts]
    benches = [_bench(setting, starts) for _ in range(n_threads)]

    def take(part: range) -> Result:
        bench = benches.pop()
        try:
            return work(part, bench)
        finally:
            benches.append(bench)

    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(take, parts))


def _bench(setting: Setting, starts: Starts) -> _Bench:
    rows, n_core = setting.side.rows, setting.core.n_core
    spread = _largest_spread(starts.at, starts.cost)
    return _Bench(
        dist=np.full(n_core + 1, UNREACHED, np.uint32),
        touched=np.empty(n_core + 1, np.uint32),
        heads=np.zeros(1 << (int(rows.heaviest + spread) >> setting.side.rows.bucket).bit_length() + 1, np.uint32),
        entries=np.empty(len(rows.arcs) + 2 * n_core + 256, np.uint32),
        apart=np.zeros(setting.hangers.n_items, np.uint8),
    )


def _arguments(setting: Setting, starts: Starts, bench: _Bench) -> tuple:
    rows, hangers = setting.side.rows, setting.hangers
    return (
        (rows.start, rows.arcs),
        (starts.at, starts.place, starts.cost, starts.near_at, starts.item, starts.near_cost),
        (hangers.item, hangers.at, hangers.second_at, hangers.second, hangers.first),
        (bench.dist, bench.touched, bench.heads, bench.entries, bench.apart),
    )  # fmt: skip


def _collect(
    setting: Setting, starts: Starts, limit: int, part: range, bench: _Bench
) -> Iterator[tuple[Int64, Int32, UInt32]]:
    """Yield counts, items and values of as many sources at a time as fit on the bench."""
    room = max(_PAIRS, setting.hangers.n_items)
    done = part.start
    while done < part.stop:
        # New tables each time: what is not written of them takes no memory, and what is need not be copied.
        item, value, counts = np.empty(room, np.int32), np.empty(room, np.uint32), np.zeros(part.stop - done, np.int64)
        n_done, n_pairs = _pairs_within(
            *_arguments(setting, starts, bench), setting.side.rows.bucket, limit, done, part.stop, counts, item, value
        )
        yield counts[:n_done], item[:n_pairs], value[:n_pairs]
        done += n_done


@jit
def _largest_spread(at: Int64, cost: UInt32) -> int:
    largest = 0
    for i in range(len(at) - 1):
        if at[i] < at[i + 1]:
            part = cost[at[i] : at[i + 1]]
            largest = max(largest, np.int64(part.max()) - np.int64(part.min()))
    return largest


@jit
def _search(
    start: UInt32,
    arcs: UInt32,
    places: Int64,
    costs: UInt32,
    limit: int,
    shift: int,
    dist: UInt32,
    touched: UInt32,
    heads: UInt32,
    entries: UInt32,
) -> int:
    """Search as far as a limit; returns how many places were touched, -1 when the queue was too short."""
    one, two = np.uint32(1), np.uint32(2)
    width, end, none = np.uint32(shift), np.uint32(limit), np.uint32(UNREACHED)
    mask = np.uint32(len(heads) - 1)
    room = np.uint32(len(entries) // 2)
    top, waiting, n_touched = one, 0, np.uint32(0)
    now = none
    for i in range(len(places)):
        p, cost = places[i], costs[i]
        if cost <= end and cost < dist[p]:
            if dist[p] == none:
                touched[n_touched] = np.uint32(p)
                n_touched += one
            dist[p] = cost
            b = (cost >> width) & mask
            entries[two * top], entries[two * top + one] = np.uint32(p), heads[b]
            heads[b] = top
            top += one
            waiting += 1
            now = min(now, cost >> width)
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
                    there = here + arcs[i + one]
                    before = dist[v]
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
def _search_surely(rows, places, costs, limit, shift, bench, entries):  # noqa: ANN001, ANN202 - tuples of arrays
    """Search; with a longer queue when it has to be, which is handed back for the next source."""
    dist, touched, heads = bench[0], bench[1], bench[2]
    n_touched = _search(rows[0], rows[1], places, costs, limit, shift, dist, touched, heads, entries)
    while n_touched < 0:
        entries = np.empty(2 * len(entries), np.uint32)
        n_touched = _search(rows[0], rows[1], places, costs, limit, shift, dist, touched, heads, entries)
    return n_touched, entries


@jit
def _wipe(n_touched, near_items, bench):  # noqa: ANN001, ANN202 - tuples of arrays
    """Leave the bench clean for the next source."""
    dist, touched, apart = bench[0], bench[1], bench[4]
    for j in range(n_touched):
        dist[touched[j]] = UNREACHED
    for item in near_items:
        apart[item] = 0


@jit
def _near_cost(m, cost, hangers, dist):  # noqa: ANN001, ANN202 - tuples of arrays
    """Return the best way to an item near by: straight there, or by an anchor after all."""
    items, first = hangers[0], hangers[4]
    i = np.uint32(4) * np.uint32(m)
    by_first = dist[first[m]] + items[i + np.uint32(1)]
    by_second = dist[items[i + np.uint32(2)]] + items[i + np.uint32(3)]
    return min(np.uint64(cost), min(by_first, by_second))


@jit
def _pairs_within(rows, starts, hangers, bench, shift, limit, begin, stop, counts, item, value):  # noqa: ANN001, ANN202
    """Write the items within a limit of each source; returns how many sources and pairs fitted."""
    entries = bench[3]
    kept = 0
    for i in range(begin, stop):
        part, near = slice(starts[0][i], starts[0][i + 1]), slice(starts[3][i], starts[3][i + 1])
        n_touched, entries = _search_surely(rows, starts[1][part], starts[2][part], limit, shift, bench, entries)
        k = _write(n_touched, starts[4][near], starts[5][near], hangers, bench, limit, item, value, kept)
        _wipe(n_touched, starts[4][near], bench)
        if k < 0:
            return i - begin, kept
        counts[i - begin] = k - kept
        kept = k
    return stop - begin, kept


@jit
def _write(n_touched, near_items, near_costs, hangers, bench, limit, item, value, kept):  # noqa: ANN001, ANN202
    """Write what one search reached behind the pairs kept so far; returns their number, -1 when they do not fit."""
    items, at, second_at, second, _ = hangers
    dist, touched, _, _, apart = bench
    one, two, three, four = np.uint32(1), np.uint32(2), np.uint32(3), np.uint32(4)
    end = np.uint32(limit)
    k, room = np.uint64(kept), np.uint64(len(item))
    if k + np.uint64(len(near_items)) > room:
        return -1
    for j in range(len(near_items)):
        m = near_items[j]
        apart[m] = 1
        cost = _near_cost(m, near_costs[j], hangers, dist)
        if cost <= end:
            item[k], value[k] = items[four * np.uint32(m)], cost
            k += np.uint64(1)
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
        for r in range(second_at[p], second_at[p + one]):
            run = three * np.uint32(r)
            # Those whose first anchor was touched are written there.
            if dist[second[run]] != UNREACHED:
                continue
            if k + np.uint64(second[run + two] - second[run + one]) > room:
                return -1
            for m in range(second[run + one], second[run + two]):
                i = four * np.uint32(m)
                cost = a + items[i + three]
                if cost <= end and not apart[m]:
                    item[k], value[k] = items[i], cost
                    k += np.uint64(1)
    return np.int64(k)


@jit
def _sums(rows, starts, hangers, bench, shift, limit, begin, stop, held):  # noqa: ANN001, ANN202 - tuples of arrays
    """Add up what the items within a limit of each source hold."""
    entries = bench[3]
    total = np.zeros(stop - begin)
    for i in range(begin, stop):
        part, near = slice(starts[0][i], starts[0][i + 1]), slice(starts[3][i], starts[3][i + 1])
        n_touched, entries = _search_surely(rows, starts[1][part], starts[2][part], limit, shift, bench, entries)
        total[i - begin] = _add(n_touched, starts[4][near], starts[5][near], hangers, bench, limit, held)
        _wipe(n_touched, starts[4][near], bench)
    return total


@jit
def _add(n_touched, near_items, near_costs, hangers, bench, limit, held):  # noqa: ANN001, ANN202 - tuples of arrays
    """Add up what the items hold that one search reached; the same ways as in `_write`."""
    items, at, second_at, second, _ = hangers
    dist, touched, _, _, apart = bench
    one, two, three, four = np.uint32(1), np.uint32(2), np.uint32(3), np.uint32(4)
    end = np.uint32(limit)
    total = 0.0
    for j in range(len(near_items)):
        m = near_items[j]
        apart[m] = 1
        if _near_cost(m, near_costs[j], hangers, dist) <= end:
            total += held[m]
    for t in range(np.uint32(n_touched)):
        p = touched[t]
        a = dist[p]
        for m in range(at[p], at[p + one]):
            i = four * np.uint32(m)
            cost = min(a + items[i + one], dist[items[i + two]] + items[i + three])
            total += held[m] if cost <= end and not apart[m] else 0.0
        for r in range(second_at[p], second_at[p + one]):
            run = three * np.uint32(r)
            if dist[second[run]] == UNREACHED:
                for m in range(second[run + one], second[run + two]):
                    total += held[m] if a + items[four * np.uint32(m) + three] <= end and not apart[m] else 0.0
    return total


@jit
def _pairs(rows, starts, hangers, bench, shift, begin, stop, values):  # noqa: ANN001, ANN202 - tuples of arrays
    """Write the way to every item from each source, in seconds or metres."""
    items, first = hangers[0], hangers[4]
    dist, entries = bench[0], bench[3]
    one, two, three, four = np.uint32(1), np.uint32(2), np.uint32(3), np.uint32(4)
    for i in range(begin, stop):
        part = slice(starts[0][i], starts[0][i + 1])
        n_touched, entries = _search_surely(
            rows, starts[1][part], starts[2][part], UNREACHED - 1, shift, bench, entries
        )
        for m in range(np.uint32(len(first))):
            j = four * np.uint32(m)
            cost = min(dist[first[m]] + items[j + one], dist[items[j + two]] + items[j + three])
            values[i, items[j]] = cost / 10.0 if cost < UNREACHED else np.inf
        for j in range(starts[3][i], starts[3][i + 1]):
            m = starts[4][j]
            cost = _near_cost(m, starts[5][j], hangers, dist)
            values[i, items[four * np.uint32(m)]] = cost / 10.0 if cost < UNREACHED else np.inf
        _wipe(n_touched, starts[4][:0], bench)
