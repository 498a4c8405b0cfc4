"""A field that can be changed and changed back: only what a change touches is looked at again.

A source that is added spreads as far as it is nearer than the others. One that is taken away leaves its catchment, which
is emptied and filled again from its rim. A move is both at once. Keys (see `fields`) make the result the one and only:
the same, bit by bit, as a field computed anew.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coverplan.travel.kernels.fields import NOWHERE, item_field, seed_keys
from coverplan.travel.kernels.jit import jit
from coverplan.travel.kernels.rows import Float, Int64, UInt32, UInt64
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


class _Ways:
    """From which rank one gets where at what cost: one list for all ranks, each with a span of it that counts."""

    def __init__(self, at: Int64, place: Int64, cost: UInt32) -> None:
        rank = np.repeat(np.arange(len(at) - 1), np.diff(at))
        self.place, self.key, self.live = place.copy(), seed_keys(cost, rank), np.ones(len(place), np.uint8)
        self.n = len(place)
        self.spans = [(int(a), int(b)) for a, b in zip(at[:-1], at[1:], strict=True)]

    def replace(self, rank: int, more: int) -> tuple[int, int]:
        """Make room for the ways of a rank, old or next; returns the span that it had."""
        if rank == len(self.spans):
            self.spans.append((0, 0))
        before = self.spans[rank]
        if self.n + more > len(self.place):
            room = 2 * (self.n + more)
            self.place, self.key, self.live = (np.resize(part, room) for part in (self.place, self.key, self.live))
        self.spans[rank] = (self.n, self.n + more)
        self.n += more
        return before

    def restore(self, rank: int, before: tuple[int, int]) -> None:
        """Undo the last `replace`."""
        begin, end = self.spans[rank]
        self.n -= end - begin
        self.spans[rank] = before
        self.live[before[0] : before[1]] = 1


class EditableField:
    """Keys at the core and at every item, changed in place by `edit` and put back by `restore`.

    Attributes
    ----------
    at_core, near, item : uint64 arrays
        As `fields.item_field` returns them.
    """

    def __init__(self, setting: Setting, starts: Starts, held: Float, *, limit: int) -> None:
        rows, back, hung = setting.side.rows, setting.against.rows, setting.hangers
        self.at_core, self.near, self.item = item_field(setting, starts)
        self._seeds = _Ways(starts.at, starts.place, starts.cost)
        self._nears = _Ways(starts.near_at, starts.item, starts.near_cost)
        self._rows = (rows.start, rows.arcs, back.start, back.arcs)
        self._sizes = (rows.bucket, rows.heaviest, max(limit + 1, 0))
        self._hangers = (hung.item, hung.at, hung.second_at, hung.second, hung.first, held)
        n_core, n_items = setting.core.n_core, hung.n_items
        self._seen, self._edits = np.zeros(n_core + 1, np.uint32), 0
        self._entries = np.empty(len(rows.arcs) + 2 * n_core + 256, np.uint32)
        lengths = (n_core + 1, 2 * n_items, n_items)
        self._logs = tuple(np.empty(length, kind) for length in lengths for kind in (np.uint32, np.uint64))

    def edit(self, rank: int, starts: Starts | None) -> Edit:
        """Let the source of a rank start elsewhere, or nowhere (`None`), or add one with the next rank."""
        new = starts or _NOWHERE
        seeds, nears = self._seeds.replace(rank, len(new.place)), self._nears.replace(rank, len(new.item))
        self._edits += 1
        ways, near_ways, logs = self._seeds, self._nears, self._logs
        n_core, n_near, n_item, gained, lost = _edit(
            self._rows, self._sizes, self._hangers, (self.at_core, self.near, self.item), logs, self._seen,
            self._entries, self._edits, rank, (new.place, new.cost, new.item, new.near_cost),
            (ways.place, ways.key, ways.live, near_ways.place, near_ways.key, near_ways.live),
            (*seeds, *ways.spans[rank], *nears, *near_ways.spans[rank]),
        )  # fmt: skip
        return Edit(
            gained=gained,
            lost=lost,
            rank=rank,
            seeds=seeds,
            nears=nears,
            core=(logs[0][:n_core].copy(), logs[1][:n_core].copy()),
            near=(logs[2][:n_near].copy(), logs[3][:n_near].copy()),
            item=(logs[4][:n_item].copy(), logs[5][:n_item].copy()),
        )

    def restore(self, edit: Edit) -> None:
        """Put everything back as it was before an edit, which must be the last one not yet put back."""
        _put_back(self.at_core, *edit.core)
        _put_back(self.near, *edit.near)
        _put_back(self.item, *edit.item)
        self._seeds.restore(edit.rank, edit.seeds)
        self._nears.restore(edit.rank, edit.nears)


_NOWHERE = Starts(
    at=np.zeros(2, np.int64),
    place=np.empty(0, np.int64),
    cost=np.empty(0, np.uint32),
    near_at=np.zeros(2, np.int64),
    item=np.empty(0, np.int64),
    near_cost=np.empty(0, np.uint32),
)


@jit
def _put_back(values: UInt64, at: UInt32, before: UInt64) -> None:
    # From the last to the first: what was changed twice ends as it was before the first change.
    for i in range(len(at) - 1, -1, -1):
        values[at[i]] = before[i]


@jit
def _edit(rows, sizes, hangers, keys, logs, seen, entries, number, rank, new, ways, spans):  # noqa: ANN001, ANN202 - tuples of arrays
    """Empty the catchment of a rank, let its rim and the new seeds spread, and read the items anew."""
    at_core, near, item = keys
    old_begin, old_end, begin, end, old_near_begin, old_near_end, near_begin, near_end = spans
    _write(new[0], new[1], rank, ways[0], ways[1], ways[2], begin)
    _write(new[2], new[3], rank, ways[3], ways[4], ways[5], near_begin)
    ways[2][old_begin:old_end] = 0
    ways[5][old_near_begin:old_near_end] = 0
    emptied = _empty(rows, at_core, logs, seen, number, rank, ways[0][old_begin:old_end])
    _refill(rows, at_core, logs, emptied)
    touched = _sow(at_core, logs, seen, number, emptied, ways, 0 if emptied else begin, end)
    done, touched = _spread(rows, sizes, at_core, logs, seen, entries, number, touched)
    while not done:
        # Hardly ever: nodes were improved so often that the queue is full. Go on from the log, with a longer one.
        entries = np.empty(2 * len(entries), np.uint32)
        done, touched = _spread(rows, sizes, at_core, logs, seen, entries, number, touched)
    n_near = _edit_near(near, logs, ways, old_near_begin, old_near_end, near_begin, near_end)
    n_item, gained, lost = _edit_items(hangers, at_core, near, item, logs, touched, n_near, sizes[2])
    return touched, n_near, n_item, gained, lost


@jit
def _write(places, costs, rank, place, key, live, begin):  # noqa: ANN001, ANN202 - as above
    """Write new ways to where room was made for them."""
    for i in range(len(places)):
        place[begin + i], live[begin + i] = places[i], 1
        key[begin + i] = (np.uint64(costs[i]) << np.uint64(32)) | np.uint64(rank)


@jit
def _empty(rows, at_core, logs, seen, number, rank, places):  # noqa: ANN001, ANN202 - tuples of arrays
    """Empty the catchment of a rank, which hangs together, from its seeds on; returns how many places it had."""
    start, arcs = rows[0], rows[1]
    log_place, log_key = logs[0], logs[1]
    one, two, whose = np.uint32(1), np.uint32(2), np.uint32(rank)
    n = 0
    for p in places:
        if np.uint32(at_core[p]) == whose and at_core[p] < np.uint64(NOWHERE):
            log_place[n], log_key[n] = np.uint32(p), at_core[p]
            at_core[p], seen[p] = NOWHERE, number
            n += 1
    done = 0
    while done < n:
        u = log_place[done]
        done += 1
        for j in range(start[u], start[u + one]):
            v = arcs[two * np.uint32(j)]
            if np.uint32(at_core[v]) == whose and at_core[v] < np.uint64(NOWHERE):
                log_place[n], log_key[n] = v, at_core[v]
                at_core[v], seen[v] = NOWHERE, number
                n += 1
    return n


@jit
def _refill(rows, at_core, logs, emptied):  # noqa: ANN001, ANN202 - tuples of arrays
    """Give emptied places the keys that they have from right outside."""
    start, arcs = rows[2], rows[3]
    one, two, w32 = np.uint32(1), np.uint32(2), np.uint64(32)
    for i in range(emptied):
        v = logs[0][i]
        best = np.uint64(NOWHERE)
        for j in range(start[v], start[v + one]):
            a = two * np.uint32(j)
            # A neighbour that is emptied too may have been refilled already: its key is one of somebody, and holds.
            best = min(best, at_core[arcs[a]] + (np.uint64(arcs[a + one]) << w32))
        at_core[v] = best


@jit
def _sow(at_core, logs, seen, number, n, ways, begin, end):  # noqa: ANN001, ANN202 - tuples of arrays
    """Put seeds in where they are nearer; returns how many places are in the log now."""
    places, keys, live = ways[0], ways[1], ways[2]
    for i in range(begin, end):
        p = places[i]
        if live[i] and keys[i] < at_core[p]:
            if seen[p] != number:
                logs[0][n], logs[1][n] = np.uint32(p), at_core[p]
                seen[p] = number
                n += 1
            at_core[p] = keys[i]
    return n


@jit
def _spread(rows, sizes, key, logs, seen, entries, number, n):  # noqa: ANN001, ANN202 - tuples of arrays
    """Search from the places in the log; returns False when the queue was too short, and how many are in the log."""
    start, arcs, _, _ = rows
    one, two, w32 = np.uint32(1), np.uint32(2), np.uint64(32)
    width, none = np.uint64(32 + sizes[0]), np.uint64(NOWHERE)
    low, high = none >> width, np.uint64(0)
    for i in range(n):
        k = key[logs[0][i]]
        if k < none:
            low, high = min(low, k >> width), max(high, k >> width)
    ring = np.uint64(2)
    while ring < (np.uint64(sizes[1]) >> np.uint64(sizes[0])) + (max(high, low) - low) + np.uint64(2):
        ring *= np.uint64(2)
    mask = ring - np.uint64(1)
    heads = np.zeros(ring, np.uint32)
    end, top, waiting = np.uint32(len(entries) // 2), one, 0
    for i in range(n):
        p = logs[0][i]
        if key[p] < none:
            b = (key[p] >> width) & mask
            entries[two * top], entries[two * top + one] = p, heads[b]
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
                    return False, n
                for j in range(start[u], start[u + one]):
                    i = two * np.uint32(j)
                    v = arcs[i]
                    there = here + (np.uint64(arcs[i + one]) << w32)
                    if there < key[v]:
                        if seen[v] != number:
                            logs[0][n], logs[1][n] = v, key[v]
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
def _edit_near(near, logs, ways, old_begin, old_end, begin, end):  # noqa: ANN001, ANN202 - tuples of arrays
    """Take the old ways near by out and put the new ones in; returns how many are in the log."""
    items, keys, live = ways[3], ways[4], ways[5]
    n = 0
    for i in range(old_begin, old_end):
        m = items[i]
        logs[2][n], logs[3][n] = np.uint32(m), near[m]
        near[m] = NOWHERE
        n += 1
    if n:
        # What others have near by the same items; for all other items this changes nothing.
        for i in range(begin):
            if live[i]:
                near[items[i]] = min(near[items[i]], keys[i])
    for i in range(begin, end):
        m = items[i]
        if keys[i] < near[m]:
            logs[2][n], logs[3][n] = np.uint32(m), near[m]
            near[m] = keys[i]
            n += 1
    return n


@jit
def _edit_items(hangers, at_core, near, item, logs, n_places, n_near, end):  # noqa: ANN001, ANN202 - tuples of arrays
    """Read the items anew that hang on places in the log, or are near by; returns log, people won and people lost."""
    _, at, second_at, second, _, _ = hangers
    one, two, three = np.uint32(1), np.uint32(2), np.uint32(3)
    n, gained, lost = 0, 0.0, 0.0
    for i in range(n_places):
        p = logs[0][i]
        n, won, gone = _reread(hangers, at_core, near, item, logs, n, at[p], at[p + one], end)
        gained, lost = gained + won, lost + gone
        for r in range(second_at[p], second_at[p + one]):
            run = three * np.uint32(r)
            n, won, gone = _reread(hangers, at_core, near, item, logs, n, second[run + one], second[run + two], end)
            gained, lost = gained + won, lost + gone
    for i in range(n_near):
        m = logs[2][i]
        n, won, gone = _reread(hangers, at_core, near, item, logs, n, m, m + one, end)
        gained, lost = gained + won, lost + gone
    return n, gained, lost


@jit
def _reread(hangers, at_core, near, item, logs, n, begin, stop, end):  # noqa: ANN001, ANN202 - tuples of arrays
    """Read a run of items anew, and count who comes within the limit and who leaves it."""
    items, _, _, _, first, held = hangers
    one, two, three, four, w32 = np.uint32(1), np.uint32(2), np.uint32(3), np.uint32(4), np.uint64(32)
    gained, lost = 0.0, 0.0
    for m in range(begin, stop):
        i = four * np.uint32(m)
        by_first = at_core[first[m]] + (np.uint64(items[i + one]) << w32)
        by_second = at_core[items[i + two]] + (np.uint64(items[i + three]) << w32)
        key = min(min(near[m], np.uint64(NOWHERE)), min(by_first, by_second))
        before = item[m]
        if key != before:
            logs[4][n], logs[5][n] = np.uint32(m), before
            item[m] = key
            n += 1
            was, is_ = before >> w32 < np.uint64(end), key >> w32 < np.uint64(end)
            if is_ and not was:
                gained += held[m]
            elif was and not is_:
                lost += held[m]
    return n, gained, lost
