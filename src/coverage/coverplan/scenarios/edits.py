"""The edits there are, each a frozen record; the scenario that lists them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import ClassVar, Literal

Position = tuple[float, float]
"""Longitude and latitude, WGS-84 degrees."""
Cell = str | int | float
"""What stands in a cell of a table; None empties it."""


def _nothing() -> Mapping[str, Cell | None]:
    return MappingProxyType({})


def _no_factors() -> Mapping[str, float]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One change of a study.

    Facilities, areas and projects are named by identifier or by name. An edit may wait: until `year`, or until the
    project `after` is finished, whatever becomes of that project in the same scenario.

    Attributes
    ----------
    year
        First year in which it holds; at once unless given.
    after
        The project with which it comes; empty for none.
    line
        Where it stands in its file, for messages.
    """

    kind: ClassVar[str] = ""
    year: int | None = None
    after: str = ""
    line: int | None = field(default=None, compare=False)

    @property
    def says(self) -> tuple[object, ...]:
        """What it says, without its place in a file; edits that say the same are the same."""
        told = ((f.name, getattr(self, f.name)) for f in fields(self) if f.name != "line")
        return self.kind, *((name, _plain(value)) for name, value in told)


def _plain(value: object) -> object:
    return tuple(sorted(value.items())) if isinstance(value, Mapping) else value


@dataclass(frozen=True, kw_only=True)
class Open(Edit):
    """A new facility; `columns` are further cells of its row, by the names of `core.tables.FACILITIES`.

    `vehicles` emergency vehicles stand there, of which `negative_pressure` are negative-pressure ambulances. Its
    identifier is ``<scenario>/<name>`` unless one is given. `temporary` says so in its source.
    """

    kind: ClassVar[str] = "open"
    name: str
    facility_kind: str
    at: Position
    columns: Mapping[str, Cell | None] = field(default_factory=_nothing)
    vehicles: int = 0
    negative_pressure: int = 0
    facility_id: str = ""
    temporary: bool = False


@dataclass(frozen=True, kw_only=True)
class Close(Edit):
    """A facility that no longer serves; its vehicles stand idle, unless they go to `vehicles_to`."""

    kind: ClassVar[str] = "close"
    facility: str
    vehicles_to: str = ""


@dataclass(frozen=True, kw_only=True)
class Move(Edit):
    """A facility that goes elsewhere, with its vehicles."""

    kind: ClassVar[str] = "move"
    facility: str
    at: Position


@dataclass(frozen=True, kw_only=True)
class Change(Edit):
    """Other cells in a facility's row, or another number of emergency vehicles."""

    kind: ClassVar[str] = "change"
    facility: str
    columns: Mapping[str, Cell | None] = field(default_factory=_nothing)
    vehicles: int | None = None
    negative_pressure: int = 0


@dataclass(frozen=True, kw_only=True)
class Complete(Edit):
    """A project that is finished: in `year`, or in the study's year."""

    kind: ClassVar[str] = "complete"
    project: str


@dataclass(frozen=True, kw_only=True)
class Delay(Edit):
    """A project that ends some `years` later (earlier below 0), or in the year `until`; exactly one of the two."""

    kind: ClassVar[str] = "delay"
    project: str
    years: int | None = None
    until: int | None = None


@dataclass(frozen=True, kw_only=True)
class Assign(Edit):
    """A town that goes to another medical community, with its institutions but for lead hospitals."""

    kind: ClassVar[str] = "assign"
    area: str
    community: str


@dataclass(frozen=True, kw_only=True)
class Place:
    """Which roads are meant: those that fit everything that is given.

    Attributes
    ----------
    name
        Roads of that name.
    near, within_m
        The road nearest to a position, or with a distance every road that comes so near.
    between
        The roads of the shortest way by car between two positions.
    area
        Roads whose middle lies in a town.
    classes
        Roads of these classes.
    """

    name: str = ""
    near: Position | None = None
    within_m: float | None = None
    between: tuple[Position, Position] | None = None
    area: str = ""
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AddRoad(Edit):
    """A new road along a course.

    Each end meets the nearest road open to cars, within 200 m, or the end of another new road; in between it crosses
    other roads without a junction, as a bridge does.
    """

    kind: ClassVar[str] = "add_road"
    course: tuple[Position, ...]
    road_class: str = "secondary"
    kph: float | None = None
    oneway: bool = False
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class CloseRoad(Edit):
    """Roads that are closed: to cars and walkers, or to cars only."""

    kind: ClassVar[str] = "close_road"
    place: Place
    to: Literal["everyone", "cars"] = "everyone"


@dataclass(frozen=True, kw_only=True)
class SlowRoad(Edit):
    """Roads on which everybody goes at a `factor` of the usual speed."""

    kind: ClassVar[str] = "slow_road"
    place: Place
    factor: float


@dataclass(frozen=True, kw_only=True)
class Speeds(Edit):
    """Other speeds of a profile (empty: of every one that drives): `factor` for all roads, `classes` for some.

    With `period` the factors count in that part of the week only. `at` measures the whole study in a part of the week.
    """

    kind: ClassVar[str] = "speeds"
    profile: str = ""
    factor: float = 1.0
    classes: Mapping[str, float] = field(default_factory=_no_factors)
    period: str = ""
    at: str = ""


@dataclass(frozen=True, kw_only=True)
class Grow(Edit):
    """The people of an area (empty: everybody) scaled: by `factor`, to a `total`, or `to` a population of the study.

    Exactly one of the three. `to` also makes that population the one that rules divide by; with the other two, the
    default population changes by as many people.
    """

    kind: ClassVar[str] = "grow"
    area: str = ""
    factor: float | None = None
    total: int | None = None
    to: str = ""


@dataclass(frozen=True, kw_only=True)
class Settle(Edit):
    """People who come to live at a place where nobody was: a new estate. The default population grows by them."""

    kind: ClassVar[str] = "settle"
    name: str
    at: Position
    people: int


@dataclass(frozen=True, kw_only=True)
class Devices(Edit):
    """A new place with AEDs."""

    kind: ClassVar[str] = "devices"
    name: str
    at: Position
    devices: int = 1
    place_kind: str = ""


@dataclass(frozen=True, kw_only=True)
class Figure(Edit):
    """A figure of the statistics, in the place of what the indicators table says for the same year and area."""

    kind: ClassVar[str] = "figure"
    indicator: str
    value: float
    of_year: int | None = None
    area: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A proposal: what it is called, and its edits. The order of the edits does not matter.

    Attributes
    ----------
    scenario_id
        A short name; new records carry it.
    name, name_en
        What it is called on tables and maps.
    file
        Where it was read from, for messages.
    cost_100m_cny
        What it costs, in 100 million yuan, where somebody says so.
    """

    scenario_id: str
    name: str = ""
    name_en: str = ""
    edits: tuple[Edit, ...] = ()
    note: str = ""
    cost_100m_cny: float | None = None
    file: str = ""

    @property
    def mark(self) -> str:
        """The SHA-256 of what the edits say, in whatever order they stand."""
        told = "\n".join(sorted(repr(edit.says) for edit in self.edits))
        return hashlib.sha256(told.encode()).hexdigest()
