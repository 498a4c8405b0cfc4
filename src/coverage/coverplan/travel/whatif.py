"""What if a facility were here? A field that is changed, read and changed back, fast enough for dragging on a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from coverplan.core.model import Toward, Weight
from coverplan.core.units import tenths, within
from coverplan.roads.network import Float, Graph, Snaps
from coverplan.travel.field import Nearest, nearest
from coverplan.travel.kernels.edits import Edit, EditableField
from coverplan.travel.kernels.jit import COMPILED, UNREACHED
from coverplan.travel.kernels.starts import NO_STARTS, set_up
from coverplan.travel.nearest import of_items


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one edit did.

    Attributes
    ----------
    kind
        ``"add"``, ``"close"`` or ``"move"``.
    facility
        The index of the facility; one that was added has the next index, and indices are never given away again.
    gained, lost
        People who came within the limit, and who are no longer within it.
    covered
        People within the limit now.
    """

    kind: Literal["add", "close", "move"]
    facility: int
    gained: float
    lost: float
    covered: float


class WhatIf:
    """The nearest facility of every demand point, while facilities are added, moved, closed, and put back.

    An edit costs as much as what it changes, not as much as the network. `undo` puts everything back exactly as it was.
    After any edits `nearest` says, bit by bit, what `travel.field.nearest` says for the facilities as they are now; of
    facilities equally far, the one with the lowest index is taken.

    Parameters
    ----------
    graph
        The directed graph of one profile.
    demand, facilities
        Where the points meet this graph (`roads.snapping.snap`).
    people
        How many live at each demand point.
    limit
        Seconds or metres; who is exactly on the limit is covered.
    toward, weight
        As in `travel.field.nearest`.

    Raises
    ------
    ValueError
        When there are more or fewer entries in `people` than demand points.
    """

    def __init__(
        self,
        graph: Graph,
        demand: Snaps,
        facilities: Snaps,
        people: npt.ArrayLike,
        *,
        limit: float,
        toward: Toward,
        weight: Weight,
    ) -> None:
        held = np.require(people, np.float64, ["C", "W"])
        if held.shape != demand.edge.shape:
            raise ValueError(f"there are {len(demand.edge)} demand points and {held.size} entries for people")
        engine = _Edited if COMPILED else _Recomputed
        self._engine: _Engine = engine(graph, demand, facilities, held, limit=limit, toward=toward, weight=weight)
        self._n_facilities = len(facilities.edge)
        self._closed: frozenset[int] = frozenset()
        self._covered = float(held[within(self.nearest().value, limit)].sum())
        self._past: list[_Past] = []

    @property
    def covered(self) -> float:
        """People within the limit of a facility now."""
        return self._covered

    @property
    def n_facilities(self) -> int:
        """How many indices have been given: facilities from the start and added ones, closed ones included."""
        return self._n_facilities

    @property
    def closed(self) -> frozenset[int]:
        """The indices that are closed now."""
        return self._closed

    @property
    def n_edits(self) -> int:
        """How many edits can be undone."""
        return len(self._past)

    def nearest(self) -> Nearest:
        """Return value and facility of every demand point as things are now."""
        return self._engine.nearest()

    def add(self, site: Snaps) -> Change:
        """Add a facility at the first of the places given."""
        return self._edit("add", self._n_facilities, site)

    def move(self, facility: int, site: Snaps) -> Change:
        """Move a facility to the first of the places given; it keeps its index.

        Raises
        ------
        IndexError
            When there is no such facility, or it is closed.
        """
        return self._edit("move", self._open(facility), site)

    def close(self, facility: int) -> Change:
        """Close a facility; its index stays empty.

        Raises
        ------
        IndexError
            When there is no such facility, or it is closed already.
        """
        return self._edit("close", self._open(facility), None)

    def undo(self) -> None:
        """Take the last edit back.

        Raises
        ------
        IndexError
            When there is none.
        """
        if not self._past:
            raise IndexError("there is no edit to undo")
        past = self._past.pop()
        self._engine.restore(past.edit)
        self._covered, self._n_facilities, self._closed = past.covered, past.n_facilities, past.closed

    def gains(self, sites: Snaps) -> Float:
        """Return, for each place, how many more people a facility there would cover; nothing is changed."""
        gained = np.empty(len(sites.edge))
        for i in range(len(sites.edge)):
            edit, gained[i], _ = self._engine.edit(self._n_facilities, _only(sites, i))
            self._engine.restore(edit)
        return gained

    def _open(self, facility: int) -> int:
        if not 0 <= facility < self._n_facilities or facility in self._closed:
            raise IndexError(f"facility {facility} is not open; there are {self._n_facilities}, from 0")
        return facility

    def _edit(self, kind: Literal["add", "close", "move"], facility: int, site: Snaps | None) -> Change:
        if site is not None and not len(site.edge):
            raise ValueError("a facility needs a place")
        edit, gained, lost = self._engine.edit(facility, None if site is None else _only(site, 0))
        self._past.append(_Past(edit, self._covered, self._n_facilities, self._closed))
        self._n_facilities = max(self._n_facilities, facility + 1)
        if kind == "close":
            self._closed = self._closed | {facility}
        self._covered += gained - lost
        return Change(kind=kind, facility=facility, gained=gained, lost=lost, covered=self._covered)


class _Engine(Protocol):
    """What keeps the field: it is edited, and put back with what `edit` returned beside the people won and lost."""

    def nearest(self) -> Nearest: ...

    def edit(self, facility: int, site: Snaps | None) -> tuple[Any, float, float]: ...

    def restore(self, edit: Any) -> None: ...


class _Past(NamedTuple):
    edit: Any
    covered: float
    n_facilities: int
    closed: frozenset[int]


def _only(snaps: Snaps, i: int) -> Snaps:
    return snaps.part(slice(i, i + 1))


class _Edited:
    """The field of compiled searches, which is edited in place."""

    def __init__(
        self,
        graph: Graph,
        demand: Snaps,
        facilities: Snaps,
        held: Float,
        *,
        limit: float,
        toward: Toward,
        weight: Weight,
    ) -> None:
        self._setting = set_up(graph, demand, toward=toward, weight=weight)
        self._scratch = self._setting.scratch()
        limit_tenths = int(np.clip(tenths(limit), -1, UNREACHED - 1))
        self._field = EditableField(
            self._setting, self._setting.starts(facilities), held[self._setting.order], limit=limit_tenths
        )

    def nearest(self) -> Nearest:
        return of_items(self._setting, self._field.item)

    def edit(self, facility: int, site: Snaps | None) -> tuple[Edit, float, float]:
        edit = self._field.edit(facility, NO_STARTS if site is None else self._setting.starts(site, self._scratch))
        return edit, edit.gained, edit.lost

    def restore(self, edit: Edit) -> None:
        self._field.restore(edit)


class _State(NamedTuple):
    sites: tuple[Snaps | None, ...]
    found: Nearest


class _Recomputed:
    """The same where nothing can be compiled: SciPy computes everything anew at every edit."""

    def __init__(
        self,
        graph: Graph,
        demand: Snaps,
        facilities: Snaps,
        held: Float,
        *,
        limit: float,
        toward: Toward,
        weight: Weight,
    ) -> None:
        def ask(there: Snaps) -> Nearest:
            return nearest(graph, demand, there, toward=toward, weight=weight)

        self._ask, self._held, self._limit = ask, held, limit
        sites = tuple(_only(facilities, i) for i in range(len(facilities.edge)))
        self._state = _State(sites, self._compute(sites))

    def nearest(self) -> Nearest:
        return self._state.found

    def edit(self, facility: int, site: Snaps | None) -> tuple[_State, float, float]:
        before = self._state
        sites = (*before.sites[:facility], site, *before.sites[facility + 1 :])
        self._state = _State(sites, self._compute(sites))
        was, is_ = (within(state.found.value, self._limit) for state in (before, self._state))
        return before, float(self._held[is_ & ~was].sum()), float(self._held[was & ~is_].sum())

    def restore(self, edit: _State) -> None:
        self._state = edit

    def _compute(self, sites: tuple[Snaps | None, ...]) -> Nearest:
        index = np.array([i for i, site in enumerate(sites) if site is not None] + [-1], dtype=np.int32)
        there = [site for site in sites if site is not None]
        found = self._ask(
            Snaps(
                edge=np.concatenate([np.empty(0, np.int32), *(site.edge for site in there)]),
                fraction=np.concatenate([np.empty(0), *(site.fraction for site in there)]),
                offroad_dm=np.concatenate([np.empty(0), *(site.offroad_dm for site in there)]),
                offroad_ds=np.concatenate([np.empty(0), *(site.offroad_ds for site in there)]),
            )
        )
        return Nearest(value=found.value, facility=index[found.facility])
