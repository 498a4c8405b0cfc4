"""The study that edits make: made once for each content, measured bit by bit as somebody asks, shared by all desks."""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from coverplan.app.counting import Count, Residents, count, matched, nothing_to_count, residents_of
from coverplan.app.world import Question, World
from coverplan.core.model import Study
from coverplan.core.progress import SILENT, Progress
from coverplan.inputs.select import active_facilities, kinds_of
from coverplan.planning.ground import measured_by
from coverplan.roads.network import Bool, Float, Int64, Network
from coverplan.scenarios.edits import (
    AddRoad,
    CloseRoad,
    Complete,
    Delay,
    Edit,
    Grow,
    Open,
    Scenario,
    Settle,
    SlowRoad,
    Speeds,
)
from coverplan.scenarios.facilities import edit_facilities
from coverplan.scenarios.timeline import network_in, study_in
from coverplan.standards.assess import assess
from coverplan.standards.chosen import matches
from coverplan.standards.fields import FieldKey, PointParams, missing
from coverplan.standards.findings import Assessment
from coverplan.standards.params import WordBook
from coverplan.travel.kernels.stamp import is_warm
from coverplan.travel.nearest import compiled_nearest, find_nearest
from coverplan.travel.router import Router, build_router
from coverplan.travel.times import straight_line

DESK = "desk"
"""The scenario id of what is only tried: new facilities are called ``desk/NAME``."""
_MOST_DRAFTS = 64
_MOST_HEAVY = 24
"""Drafts with roads, people or speeds of their own: each holds graphs, 30 MB or so for a county."""
_MOST_WAYS = 600
_MOST_NETWORKS = 8
_MOST_RESIDENTS = 12
_MOST_ASSESSMENTS = 8
_TRIED = "?"
_OF_ROADS = (AddRoad, CloseRoad, SlowRoad, Complete, Delay)

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The last few things that were made, by what they are made of; several threads may ask at once.

    Two that ask for the same wait for one making. What is handed out is shared: whoever takes it leaves it unchanged.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[Hashable, Value] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: Hashable) -> Value | None:
        """Return what was made under a key, None when it was not, or is forgotten."""
        with self._lock:
            if key not in self._known:
                return None
            self._known.move_to_end(key)
            return self._known[key]

    def once(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return what was made under a key, or make it now."""
        known = self.get(key)
        if known is not None:
            return known
        with self._lock:
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            known = self.get(key)
            try:
                if known is None:
                    known = self.put(key, make())
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return known

    def put(self, key: Hashable, value: Value) -> Value:
        """Keep a thing under a key, in the place of what was there; the one unused for longest goes."""
        with self._lock:
            self._known[key] = value
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return value


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a draft is made of: edits, the year in which it is looked at, and the part of the week (empty: all day)."""

    year: int
    period: str = ""
    edits: tuple[Edit, ...] = ()

    @cached_property
    def scenario(self) -> Scenario:
        """The edits as a scenario; the part of the week is one of them."""
        edits = (*self.edits, Speeds(at=self.period)) if self.period else self.edits
        return Scenario(scenario_id=DESK, name=DESK, edits=edits)

    @property
    def is_heavy(self) -> bool:
        """Whether it has roads, people or speeds of its own, so that graphs have to be made for it."""
        kinds = AddRoad | CloseRoad | SlowRoad | Speeds | Settle | Grow
        return bool(self.period) or any(isinstance(edit, kinds) for edit in self.edits)

    @cached_property
    def mark(self) -> str:
        """A name that only the same content has."""
        return f"{self.year} {self.scenario.mark}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Ways:
    """How far every demand point is from the nearest of some facilities.

    Attributes
    ----------
    value : (k,) float64
        Seconds (travel alone) or metres; `inf` = not reached.
    off_network : (k,) bool
        Points that no road of the profile comes near.
    n_facilities
        How many facilities count.
    owner
        What its name in the store is made of, as long as that is there: another thing may get its identifier.
    """

    value: Float
    off_network: Bool
    n_facilities: int
    owner: weakref.ref[Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Stores:
    """What drafts share with each other; routers only for as long as a draft holds them."""

    drafts: Kept[Draft] = field(default_factory=lambda: Kept(_MOST_DRAFTS))
    heavy: Kept[Draft] = field(default_factory=lambda: Kept(_MOST_HEAVY))
    ways: Kept[Ways] = field(default_factory=lambda: Kept(_MOST_WAYS))
    routers: weakref.WeakValueDictionary[Hashable, Router] = field(default_factory=weakref.WeakValueDictionary)
    networks: Kept[Network] = field(default_factory=lambda: Kept(_MOST_NETWORKS))
    assessments: Kept[Assessment] = field(default_factory=lambda: Kept(_MOST_ASSESSMENTS))
    residents: Kept[Residents] = field(default_factory=lambda: Kept(_MOST_RESIDENTS))


class Draft:
    """A study made by edits, and what has been measured on it so far.

    Attributes
    ----------
    content, study, network
        What it is made of, and what it is.
    residents
        Its people.
    serving
        The facilities that serve in its year.
    """

    def __init__(self, world: World, content: Content, stores: Stores) -> None:
        self.world, self.content, self._stores = world, content, stores
        self.study: Study = study_in(world.study, content.year, content.scenario)
        self.network = self._roads()
        known = stores.residents.once(id(self.study.people), lambda: residents_of(self.study))
        # Identifiers may be given away again once a thing is forgotten, so what is found is looked at.
        self.residents = known if known.people is self.study.people else residents_of(self.study)
        self._serving = active_facilities(self.study)
        self.serving = frozenset(self._serving["facility_id"].astype(object))
        self._routers: Kept[Router] = Kept(24)
        self._counted: Kept[_Counted] = Kept(1000)
        self._counts: Kept[Count] = Kept(1000)
        self.kept: Kept[object] = Kept(24)

    def _roads(self) -> Network:
        content, world = self.content, self.world
        edits = tuple(edit for edit in content.edits if isinstance(edit, _OF_ROADS))
        if not any(isinstance(edit, AddRoad | CloseRoad | SlowRoad) for edit in edits):
            return world.network
        part = Scenario(scenario_id=DESK, edits=edits)
        return self._stores.networks.once(
            (content.year, part.mark), lambda: network_in(world.study, world.network, content.year, part)
        )

    def router(self, profile: str) -> Router:
        """Return the graph of a profile and where the people meet it, made once for the same roads and speeds."""
        study, speeds = self.study, self.study.profiles[profile]
        given = self.world.routers.get(profile)
        if given is not None and _fits(given, study, self.network):
            return given
        return self._routers.once(profile, lambda: self._shared_router(profile, repr(speeds)))

    def _shared_router(self, profile: str, speeds: str) -> Router:
        key = (id(self.network), id(self.study.people), speeds)
        known = self._stores.routers.get(key)
        # Identifiers may be given away again once a thing is forgotten, so what is found is looked at.
        if known is not None and _fits(known, self.study, self.network):
            return known
        made = self._stores.routers[key] = build_router(self.study, self.network, profile)
        return made

    def counted(self, question: Question) -> _Counted:
        """Return the facilities that a question counts; None stands for data that is missing."""
        return self._counted.once(question.asks, lambda: self._count_facilities(question))

    def _count_facilities(self, question: Question) -> _Counted:
        params, book = question.params, question.rule.book
        if missing(self.study, params, book) is not None:
            return _Counted(lacks=True, rows=np.empty(0, dtype=np.int64), ids=())
        rows = np.flatnonzero(self.keeps(self._serving, params, book, self.study))
        return _Counted(lacks=False, rows=rows, ids=tuple(self._serving["facility_id"].to_numpy(dtype=object)[rows]))

    def keeps(self, table: pd.DataFrame, params: PointParams, book: WordBook, study: Study) -> Bool:
        """Say which rows of facilities in service a question counts, as `standards.fields.counted_facilities` does."""
        chosen = np.ones(len(table), dtype=bool)
        if kinds := kinds_of(params.kinds):
            chosen &= table["kind"].isin(kinds).to_numpy(dtype=bool)
        if params.tiers:
            chosen &= table["tier"].isin(params.tiers).to_numpy(dtype=bool)
        if params.where:
            chosen &= matches(study, table, params.where, book).to_numpy(dtype=bool)
        if params.with_vehicle and len(study.vehicles):
            vehicles = study.vehicles
            bases = vehicles.loc[vehicles["duty"] == "emergency", "facility_id"]
            chosen &= table["facility_id"].isin(bases).to_numpy(dtype=bool)
        return chosen

    def ways(self, question: Question, *, without: str = "") -> Ways | None:
        """Return how far everybody is by a question, `without` one of the facilities; None when data is missing."""
        counted = self.counted(question)
        if counted.lacks:
            return None
        chosen = counted.rows
        if without:
            chosen = chosen[np.array([name != without for name in counted.ids], dtype=bool)]
        return self._measured(question.params, cast("gpd.GeoDataFrame", self._serving.iloc[chosen]))

    def _measured(self, params: PointParams, chosen: gpd.GeoDataFrame) -> Ways:
        by = measured_by(params)
        x, y = (np.asarray(part, dtype=np.float64) for part in (chosen.geometry.x, chosen.geometry.y))
        where = hashlib.blake2b(x.tobytes() + b"|" + y.tobytes(), digest_size=16).digest()
        if by == "line":
            owner, told = self.study.people, ("line", id(self.study.people), where)
            make = self._straight(chosen)
        else:
            owner = self.router(params.profile)
            told = (by, id(owner), params.toward, where)
            make = self._by_road(params, owner, x, y)
        found = self._stores.ways.once(told, make)
        return found if found.owner() is owner else self._stores.ways.put(told, make())

    def _straight(self, chosen: gpd.GeoDataFrame) -> Callable[[], Ways]:
        def make() -> Ways:
            found = straight_line(self.study, facilities=gpd.GeoDataFrame(chosen.reset_index(drop=True)))
            nobody = np.zeros(len(found), dtype=bool)
            return Ways(
                value=found["distance_m"].to_numpy(), off_network=nobody, n_facilities=len(chosen),
                owner=weakref.ref(self.study.people),
            )  # fmt: skip

        return make

    def _by_road(self, params: PointParams, router: Router, x: Float, y: Float) -> Callable[[], Ways]:
        def make() -> Ways:
            value = way_from(router, params, x, y)
            return Ways(
                value=value, off_network=router.people_snaps.edge < 0, n_facilities=len(x), owner=weakref.ref(router)
            )

        return make

    def make_quick(self, question: Question) -> None:
        """Load the compiled search and hang the people on the roads, where it is kept ready; nothing else."""
        if measured_by(question.params) == "line" or find_spec("numba") is None or not is_warm():
            return
        router = self.router(question.params.profile)
        people = self.study.people.geometry
        snaps = router.snaps_at(people.x.to_numpy()[:1], people.y.to_numpy()[:1])
        weight = "time" if measured_by(question.params) == "time" else "distance"
        compiled_nearest(router.graph, router.people_snaps, snaps, toward=question.params.toward, weight=weight)

    def count(self, question: Question) -> Count:
        """Return what a question comes out as."""
        return self._counts.once(question.key, lambda: self._count(question))

    def _count(self, question: Question) -> Count:
        ways = self.ways(question)
        return nothing_to_count(self.residents) if ways is None else count(self.residents, question, ways.value)

    def with_new(self, kind: str, *, vehicles: int) -> tuple[pd.DataFrame, Study]:
        """Return the record that a new facility of a kind would have, one row, and the study that has it."""
        known = self.study.facilities
        lon, lat = (float(value) for value in known[["lon", "lat"]].iloc[0]) if len(known) else (0.0, 0.0)
        tried = Open(name=_TRIED, facility_kind=kind, at=(lon, lat), vehicles=vehicles, facility_id=_TRIED)
        later = edit_facilities(self.study, Scenario(scenario_id=DESK), [tried])
        return later.facilities.iloc[[-1]], later

    def counts_kind(self, question: Question, kind: str) -> bool:
        """Say whether a question counts a new facility of a kind, with a vehicle where it has one."""
        row, later = self.with_new(kind, vehicles=1)
        return bool(self.keeps(row, question.params, question.rule.book, later)[0])

    def assessment(self, options: Mapping[str, str], *, progress: Progress = SILENT) -> Assessment:
        """Hold the draft against every rule, in full; seconds the first time, then at hand for a while."""
        key = (self.content.mark, tuple(sorted(options.items())))
        return self._stores.assessments.once(key, lambda: self._assess(options, progress))

    def _assess(self, options: Mapping[str, str], progress: Progress) -> Assessment:
        told = MappingProxyType({**self.study.options, **options})
        study = replace(self.study, options=told) if options else self.study
        asked = {one.params.profile for one in self.world.questions.values() if measured_by(one.params) != "line"}
        routers = {name: self.router(name) for name in sorted(asked) if name in study.profiles}
        return assess(study, self.network, packs=self.world.packs, routers=routers, progress=progress)

    def rows_in(self, base: Draft) -> Int64 | None:
        """Return for each demand point its row in the base, -1 for who came; None when they are the same."""
        return cast(
            "_Rows", self.kept.once(("rows", base.content.mark), lambda: _Rows(matched(base.residents, self.residents)))
        ).rows


@dataclass(frozen=True, kw_only=True, eq=False)
class _Counted:
    lacks: bool
    rows: Int64
    ids: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Rows:
    rows: Int64 | None


def way_from(router: Router, params: PointParams, x_m: Float, y_m: Float) -> Float:
    """Return seconds or metres by road between every demand point and the nearest of some spots."""
    weight = "time" if measured_by(params) == "time" else "distance"
    snaps = router.snaps_at(x_m, y_m)
    return find_nearest(router.graph, router.people_snaps, snaps, toward=params.toward, weight=weight).value


def _fits(router: Router, study: Study, network: Network) -> bool:
    speeds = study.profiles.get(router.profile.name)
    return router.network is network and router.people is study.people and router.profile == speeds


class Drafts:
    """Makes drafts of one world, and remembers the last ones."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._stores = Stores()

    def draft(self, content: Content) -> Draft:
        """Return the draft of some content.

        Raises
        ------
        InputError
            When something is wrong with an edit, or edits contradict each other.
        """
        store = self._stores.heavy if content.is_heavy else self._stores.drafts
        return store.once(content.mark, lambda: Draft(self.world, content, self._stores))

    def base(self, content: Content) -> Draft:
        """Return the study without edits in the same year and part of the week: what a draft is compared with."""
        return self.draft(Content(year=content.year, period=content.period))

    def asked(self, key: FieldKey) -> Question:
        """Return a question by what it puts to the network."""
        return next(one for one in self.world.questions.values() if one.asks == key)
