"""The `people` and `growth` of a config: what they name is looked for, made, and brought to the year that is meant."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd

from coverplan.core.errors import InputError, ProblemList, did_you_mean
from coverplan.core.model import RoadSource
from coverplan.core.tables import GROUP_SHARES, PEOPLE
from coverplan.inputs.config import PeopleSection, StudyConfig, TableSource
from coverplan.inputs.people.census import people_from_census
from coverplan.inputs.people.demand import Demand
from coverplan.inputs.people.ground import people_on_water, read_water
from coverplan.inputs.people.groups import check_groups, check_shares, fill_groups
from coverplan.inputs.people.growth import grow
from coverplan.inputs.people.raster import people_from_raster
from coverplan.inputs.people.streets import CELL_M, over_roads, read_streets
from coverplan.inputs.people.weights import Weights, area_records, over_layer, over_settlements
from coverplan.inputs.places import resolve_references
from coverplan.inputs.records import Records, as_seen, read_records

SETTLEMENTS, ROADS = "settlements", "roads"
_SOURCES = ("table", "raster", "census")
_GROWTH = ("to", "factor", "areas")


class Refuse(Protocol):
    """Notes a problem at a key of the config."""

    def __call__(self, what: str, *key: str | int, hint: str | None = None) -> None:
        """Note it."""
        ...


def people_table(config: StudyConfig) -> TableSource | None:
    """Return where the demand points stand, when the study brings them as a table."""
    section = config.people
    named = TableSource(file=section.table) if section is not None and section.table is not None else None
    return config.tables.people or named


def find_people(
    config: StudyConfig, data: Path, refuse: Refuse, *, refused: Collection[str | None] = ()
) -> dict[str, Path]:
    """Look whether the `people` and `growth` of a config can be meant, and find the files they name.

    Parameters
    ----------
    data
        The folder in which files are looked for.
    refuse
        Takes what is wrong.
    refused
        Keys whose values were refused before: what is missing because of that is not told again.

    Returns
    -------
    dict of Path
        By key: raster, census, spread_over, settlements, groups, water; without `raster` and `census` when something
        about them is wrong.
    """
    begun = {str(key).partition(".")[0] for key in refused}
    _check_growth(config, refuse, is_begun="growth" in begun)
    section = config.people
    if section is None:
        return {}
    wrong = _check_sources(config, section, refuse, is_begun="people" in begun)
    named = {key: getattr(section, key) for key in ("raster", "census", SETTLEMENTS, "groups", "water")}
    if section.spread_over not in {SETTLEMENTS, ROADS}:
        named["spread_over"] = section.spread_over
    files: dict[str, Path] = {}
    for key, name in named.items():
        if name is None:
            continue
        if (data / name).is_file():
            files[key] = data / name
        elif data.is_dir():
            siblings = [path.name for path in (data / name).parent.glob("*")]
            near = did_you_mean(Path(name).name, siblings)
            hint = near if near and "mean" in near else "the path is relative to the data folder"
            refuse(f"there is no file '{name}'", "people", key, hint=hint)
            wrong = wrong or key in {SETTLEMENTS, "spread_over"}
    return {key: path for key, path in files.items() if not wrong or key in {"groups", "water"}}


def _check_sources(config: StudyConfig, section: PeopleSection, refuse: Refuse, *, is_begun: bool) -> bool:
    """Note what cannot be meant; returns whether anything was."""
    given = [key for key in _SOURCES if getattr(section, key) is not None]
    if config.tables.people is not None:
        given = ["tables.people", *given]
    faults: list[tuple[str, tuple[str, ...], str]] = []
    if len(given) > 1 or not (given or is_begun):
        what = f"people come from {' and '.join(given)}" if given else "no source of people is named"
        faults.append((what, ("people",), f"name one of: {', '.join(_SOURCES)}"))
    if section.census is not None and section.spread_over is None:
        hint = f"{SETTLEMENTS}, {ROADS}, or a layer such as buildings.gpkg"
        faults.append(("it does not say what the census is spread over", ("people", "spread_over"), hint))
    if section.census is None and section.spread_over is not None:
        faults.append(("there is no census to spread", ("people", "spread_over"), "name it: census: census.csv"))
    if section.spread_over == SETTLEMENTS and section.settlements is None:
        hint = "name them: settlements: villages.csv"
        faults.append(("the settlements are not named", ("people", SETTLEMENTS), hint))
    if {"raster", "census"} & set(given) and config.tables.areas is None:
        hint = "name the file under tables.areas"
        faults.append((f"a {given[-1]} of people needs the study's areas", ("people",), hint))
    for what, key, hint in faults:
        refuse(what, *key, hint=hint)
    return bool(faults)


def _check_growth(config: StudyConfig, refuse: Refuse, *, is_begun: bool) -> None:
    growth = config.growth
    if growth is None:
        return
    given = [key for key in _GROWTH if getattr(growth, key) is not None]
    if len(given) > 1 or not (given or is_begun):
        what = f"growth is told by {' and '.join(given)}" if given else "growth does not say to what"
        refuse(what, "growth", hint=f"name one of: {', '.join(_GROWTH)}")
    if growth.to is not None and growth.to not in config.populations:
        hint = did_you_mean(growth.to, config.populations) or "name it under populations"
        refuse(f"'{growth.to}' is not among the populations", "growth", "to", hint=hint)


def make_people(
    config: StudyConfig,
    files: Mapping[str, Path],
    areas: gpd.GeoDataFrame,
    *,
    roads: RoadSource | None,
    problems: ProblemList,
    notes: ProblemList,
) -> Records | None:
    """Make the demand points of a study from its raster or census; None when it has neither, or it cannot be done.

    Parameters
    ----------
    files
        From `find_people`.
    areas
        The study's areas, in its projected CRS.
    roads
        The study's roads; read only when a census is spread over them, and only when nothing is wrong so far.
    problems, notes
        Take what is wrong, and what is worth saying.
    """
    section = config.people
    if section is None or not {"raster", "census"} & set(files):
        return None
    if section.spread_over == ROADS and (roads is None or len(problems)):
        return None
    path = files.get("raster") or files["census"]
    try:
        if "raster" in files:
            crs = str(areas.crs)
            demand = people_from_raster(path, areas, crs=crs, cell_m=section.cell_m, values=section.values)
        else:
            desk = _Desk(section=section, files=files, areas=areas, roads=roads)
            demand = _spread(desk, config.checks.outside_m, notes)
    except InputError as error:
        problems.extend(error.problems)
        return None
    notes.extend(demand.notes)
    notes.add(demand.rule, file=path.name)
    return Records(table=PEOPLE, frame=demand.people, file=path.name, first_row=1)


@dataclass(frozen=True, kw_only=True)
class _Desk:
    """One census on its way in."""

    section: PeopleSection
    files: Mapping[str, Path]
    areas: gpd.GeoDataFrame
    roads: RoadSource | None


def _spread(desk: _Desk, outside_m: float, notes: ProblemList) -> Demand:
    """Read what the census is spread over, then the census; what is wrong with the first is told at once."""
    problems = ProblemList()
    settlements = over = None
    try:
        if SETTLEMENTS in desk.files:
            settlements = over_settlements(desk.files[SETTLEMENTS], desk.areas, outside_m=outside_m, notes=notes)
    except InputError as error:
        problems.extend(error.problems)
    try:
        over = settlements if desk.section.spread_over == SETTLEMENTS else _pieces(desk)
    except InputError as error:
        problems.extend(error.problems)
    problems.raise_if_any()
    assert over is not None, "without it there is a problem"  # noqa: S101 - a slip of ours, not of the user
    return people_from_census(desk.files["census"], desk.areas, over, settlements=settlements)


def _pieces(desk: _Desk) -> Weights:
    section = desk.section
    if section.spread_over != ROADS or desk.roads is None:
        return over_layer(desk.files["spread_over"], desk.areas, cell_m=section.cell_m)
    network = read_streets(desk.roads, desk.areas)
    return over_roads(network, desk.areas, road_weights=section.road_weights or None, cell_m=section.cell_m or CELL_M)


def finish_people(
    config: StudyConfig,
    files: Mapping[str, Path],
    people: Records,
    areas: gpd.GeoDataFrame | None,
    *,
    problems: ProblemList,
    notes: ProblemList,
) -> Records:
    """Check the groups, fill them in from shares, let the people grow, and tell who lives on water.

    Parameters
    ----------
    people
        The study's people table, `area_id` filled in.
    areas
        The study's areas; None when it has none.
    """
    before = len(problems)
    check_groups(people.frame, file=people.file, sheet=people.sheet, problems=problems, first_row=people.first_row)
    shares = None
    if "groups" in files:
        shares = _read_shares(files["groups"], areas, problems, notes)
    if len(problems) > before or not people.complete or people.frame["people"].isna().any():
        return people
    frame = gpd.GeoDataFrame(people.frame)
    try:
        if shares is not None:
            frame = fill_groups(frame, shares)
        frame = _grown(config, frame, areas, notes)
        if "water" in files:
            _note_water(frame, read_water(files["water"], str(frame.crs)), files["water"].name, notes)
    except InputError as error:
        problems.extend(error.problems)
    return replace(people, frame=frame)


def _read_shares(path: Path, areas: gpd.GeoDataFrame | None, problems: ProblemList, notes: ProblemList) -> pd.DataFrame:
    found = ProblemList()
    shares = read_records(path, GROUP_SHARES, crs="", problems=found, notes=notes)
    if areas is not None:
        shares = resolve_references({"areas": area_records(areas), "shares": shares}, found)["shares"]
    check_shares(shares.frame, file=shares.file, sheet=shares.sheet, problems=found, first_row=shares.first_row)
    problems.extend(as_seen(problem, [shares]) for problem in found)
    return shares.frame


def _grown(
    config: StudyConfig, frame: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None, notes: ProblemList
) -> gpd.GeoDataFrame:
    growth = config.growth
    if growth is None or sum(getattr(growth, key) is not None for key in _GROWTH) != 1:
        return frame
    if growth.areas is not None:
        ids = {} if areas is None else dict(zip(areas["name"], areas["area_id"], strict=True))
        return grow(frame, by_area={ids.get(key, key): value for key, value in growth.areas.items()})
    if growth.factor is not None:
        return grow(frame, factor=growth.factor)
    target = config.populations.get(str(growth.to))
    if target is None:
        return frame
    if config.default_population is not None and config.default_population != growth.to:
        what = f"the demand points are those of {growth.to}, and rules divide by {config.default_population}"
        notes.add(what, column="default_population", hint="a rule may say otherwise")
    return grow(frame, total=int(np.floor(target.people + 0.5)), target=growth.to)


def _note_water(people: gpd.GeoDataFrame, water: gpd.GeoDataFrame, file: str, notes: ProblemList) -> None:
    wet = people[people_on_water(people, water).to_numpy()]
    if wet.empty:
        return
    per_area = wet.groupby("area_id", dropna=False)["people"].sum()
    named = ", ".join(f"{area}: {count:,}" for area, count in per_area.items())
    what = f"{int(wet['people'].sum()):,} people at {len(wet)} points live on water ({named})"
    notes.add(what, file=file, hint="they stay where they are")
