"""The frozen records that the rooms hand to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

Mode = Literal["drive", "walk"]
Toward = Literal["facility", "demand"]
"""The driving direction: patients and walkers go toward the facility, crews go toward the demand."""
Weight = Literal["time", "distance"]


@dataclass(frozen=True, kw_only=True)
class RoadSource:
    """Where a study's roads come from: embedded tables, an `.osm.pbf` extract, or a GraphML file."""

    kind: Literal["tables", "pbf", "graphml"]
    path: Path


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
        Where a speed limit is signed, the running speed is this share of it.
    factor
        Multiplies every speed: below 1 for congestion, above 1 for lights and siren.
    offroad_kph
        Speed between a door and the nearest road.
    max_offroad_m
        Longest such leg, in metres; what lies farther is not connected.
    """

    name: str
    mode: Mode
    kph: Mapping[str, float]
    maxspeed_share: float = 0.8
    factor: float = 1.0
    offroad_kph: float = 4.32
    max_offroad_m: float = 2000.0


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
    A table that the user does not have is empty, with its columns. `populations` are the denominators by name; the
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
    options: Mapping[str, str] = field(default_factory=_no_files)
    inputs: Mapping[str, str] = field(default_factory=_no_files)
    config: Path | None = None
