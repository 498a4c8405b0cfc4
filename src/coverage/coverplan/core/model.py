"""The frozen records that the rooms hand to each other."""

from __future__ import annotations

import copyreg
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

Mode = Literal["drive", "walk", "cycle"]
Toward = Literal["facility", "demand"]
"""The driving direction: patients and walkers go toward the facility, crews go toward the demand."""
Weight = Literal["time", "distance"]


def _read_only(values: dict[object, object]) -> MappingProxyType[object, object]:
    return MappingProxyType(values)


# Python refuses to copy or pickle read-only mappings; records that hold them travel between processes.
copyreg.pickle(MappingProxyType, lambda mapping: (_read_only, (dict(mapping),)))


@dataclass(frozen=True, kw_only=True)
class RoadSource:
    """Where a study's roads come from: embedded tables, an `.osm.pbf` extract, a GraphML file, or a stored network.

    Of an extract only what lies within `clip_m` metres of the study area is read; all of it when None.
    """

    kind: Literal["tables", "pbf", "graphml", "stored"]
    path: Path
    clip_m: float | None = None


def _none_named() -> Mapping[str, float]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Period:
    """A part of the week, and how fast one profile travels in it compared with its speeds for the whole day.

    Attributes
    ----------
    name, zh
        What it is called in configs, and in Chinese.
    weekdays
        Days on which it holds, 0 = Monday to 6 = Sunday.
    spans
        From when to when, in minutes after midnight: (420, 540) is 7:00 up to, but not including, 9:00. A span that
        ends at or before its start is two, both on the same weekday: (1320, 360) is 22:00-24:00 and 0:00-6:00.
    factor
        Multiplies every speed in this period.
    class_factor
        Multiplies the speed on some road classes besides; classes that are absent have 1.
    """

    name: str
    zh: str = ""
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    spans: tuple[tuple[int, int], ...] = ()
    factor: float = 1.0
    class_factor: Mapping[str, float] = field(default_factory=_none_named)

    def holds(self, weekday: int, minute: int) -> bool:
        """Say whether it holds on a weekday (0 = Monday) at a minute after midnight.

        Examples
        --------
        >>> night = Period(name="night", spans=((1320, 360),))
        >>> night.holds(0, 1320), night.holds(0, 359), night.holds(0, 360)
        (True, True, False)
        """
        return weekday in self.weekdays and any(
            start <= minute < end if start < end else minute >= start or minute < end for start, end in self.spans
        )


def _no_periods() -> Mapping[str, Period]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class SpeedProfile:
    """How fast somebody travels, and how they get from a door to the road.

    Attributes
    ----------
    name, mode
        What it is called, and which part of the network it uses.
    kph
        Running speed by road class, in km/h; it stands for an ordinary day, signals included. Classes that are absent
        are closed to this profile.
    maxspeed_share
        Where a speed limit is signed, the running speed of cars is this share of it.
    class_maxspeed_share
        The share on some road classes; on those that are absent it is `maxspeed_share`.
    factor
        Multiplies every speed: below 1 for congestion, above 1 for lights and siren.
    class_factor
        Multiplies the speed on some road classes besides, on signed roads too; classes that are absent have 1.
    junction_s
        Seconds lost where a road of a class ends at a junction with its like or better (`roads.speeds.build_graph`);
        classes that are absent lose none. Divided by the factors, as the time on the road is.
    turn_s
        Seconds for a turn at a junction (`roads.turns.TURNS`: left, right, straight, u_turn); absent ones cost none.
        Divided by `factor`, as the time on the road is.
    obeys_turns
        Whether forbidden turns bind this profile; only cars can be bound.
    periods
        Parts of the week by name, each with factors of its own.
    period
        The period whose factors have been applied already; empty for the whole day.
    source, quality
        Where the speeds come from, and how far they can be trusted (one of `core.words.QUALITIES`).
    offroad_kph
        Speed between a door and the nearest road.
    max_offroad_m
        Longest such leg, in metres; what lies farther is not connected.
    """

    name: str
    mode: Mode
    kph: Mapping[str, float]
    maxspeed_share: float = 0.7
    factor: float = 1.0
    offroad_kph: float = 4.32
    max_offroad_m: float = 2000.0
    class_maxspeed_share: Mapping[str, float] = field(default_factory=_none_named)
    class_factor: Mapping[str, float] = field(default_factory=_none_named)
    junction_s: Mapping[str, float] = field(default_factory=_none_named)
    turn_s: Mapping[str, float] = field(default_factory=_none_named)
    obeys_turns: bool = True
    periods: Mapping[str, Period] = field(default_factory=_no_periods)
    period: str = ""
    source: str = ""
    quality: str = "estimated"


@dataclass(frozen=True, kw_only=True)
class Clock:
    """What passes before the wheels roll; response time is this plus the travel time. Seconds."""

    call_handling_s: float = 60.0
    turnout_s: float = 120.0

    @property
    def delay_s(self) -> float:
        """Call handling and turnout together, in seconds."""
        return self.call_handling_s + self.turnout_s


@dataclass(frozen=True, kw_only=True)
class Population:
    """A population that a rule may divide by: how many, of when, and who says so."""

    name: str
    people: float
    year: int | None = None
    source: str = ""


def _no_files() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Study:
    """Everything that is known about one area, read and checked; nothing here is changed after it is made.

    Point and area tables are GeoDataFrames in `crs` (metres), columns as declared in `core.tables`, index 0..n-1.
    A table that the user does not have is empty, with its columns (`indicators` and `zones`: None or empty).
    `populations` are the denominators by name; the
    name `default_population` is the one a rule uses unless it says otherwise. `inputs` maps each file that was read
    to the SHA-256 of its content.
    """

    study_id: str
    name: str
    name_en: str
    crs: str
    year: int
    areas: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    people: gpd.GeoDataFrame
    vehicles: pd.DataFrame
    aeds: gpd.GeoDataFrame
    projects: pd.DataFrame
    roads: RoadSource
    profiles: Mapping[str, SpeedProfile]
    clock: Clock
    populations: Mapping[str, Population]
    default_population: str
    standards: tuple[Path, ...]
    indicators: pd.DataFrame | None = None
    zones: gpd.GeoDataFrame | None = None
    options: Mapping[str, str] = field(default_factory=_no_files)
    inputs: Mapping[str, str] = field(default_factory=_no_files)
    config: Path | None = None
