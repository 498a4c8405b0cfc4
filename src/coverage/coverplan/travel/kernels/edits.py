"""A field that can be changed and changed back: only what a change touches is looked at again.

A source that is added spreads as far as it is nearer than the others. One that is taken away leaves its catchment,
which is emptied and filled again from its rim. A move is both at once. Keys (see `fields`) make the result the one and
only: the same, bit by bit, as a field computed anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from coverplan.travel.kernels.changes import Log, State, Ways, edit_state, put_back
from coverplan.travel.kernels.fields import item_field, seed_keys
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
        self._state = State(
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
            log=Log(*_part(n_core + 1), *_part(2 * n_items), *_part(n_items)),
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
        n_core, n_near, n_item, gained, lost = edit_state(
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
        put_back(self._state, edit.core, edit.near, edit.item, (*edit.seeds, *edit.nears))
        self._seeds.restore(edit.rank, edit.seeds)
        self._nears.restore(edit.rank, edit.nears)

    def _make_room(self) -> None:
        state = self._state
        if self._seeds.n > len(state.seeds.place) or self._nears.n > len(state.nears.place):
            seeds, nears = _longer(state.seeds, self._seeds.n), _longer(state.nears, self._nears.n)
            self._state = state._replace(seeds=seeds, nears=nears)


def _ways(place: Int64, key: UInt64) -> Ways:
    return Ways(place, key, np.ones(len(place), np.uint8))


def _longer(ways: Ways, n: int) -> Ways:
    return Ways(
        np.concatenate([ways.place, np.empty(n, np.int64)]),
        np.concatenate([ways.key, np.empty(n, np.uint64)]),
        np.concatenate([ways.live, np.empty(n, np.uint8)]),
    )


def _part(length: int) -> tuple[UInt32, UInt64]:
    return np.empty(length, np.uint32), np.empty(length, np.uint64)
