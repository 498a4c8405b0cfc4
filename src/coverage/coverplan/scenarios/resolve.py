"""Names become records of the study; everything that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from coverplan.core.errors import ProblemList, did_you_mean, near
from coverplan.core.model import Study
from coverplan.core.tables import AEDS, FACILITIES
from coverplan.core.words import INDICATORS, KINDS, PUBLIC_PLACES, ROAD_CLASSES
from coverplan.scenarios.cells import read_cell, spelled
from coverplan.scenarios.clashes import clashes, point_of
from coverplan.scenarios.edits import (
    AddRoad,
    Assign,
    Cell,
    Change,
    Close,
    CloseRoad,
    Complete,
    Delay,
    Devices,
    Edit,
    Figure,
    Grow,
    Move,
    Open,
    Place,
    Scenario,
    Settle,
    SlowRoad,
    Speeds,
)
from coverplan.scenarios.names import StudyDesk

MARK = "scenario "
"""Before the name of a scenario among the inputs of the study that it made."""
_LARGEST_FACTOR = 5.0
_LAST_YEAR = 2100
_MOST_PEOPLE = 100_000_000
_MOST_VEHICLES = 1000


def resolve(study: Study, scenario: Scenario) -> Scenario:
    """Return a scenario whose edits name records of the study by their identifiers.

    A scenario that has been resolved already comes back as it is.

    Raises
    ------
    InputError
        With everything that is wrong: names that there are not, positions outside, edits that contradict each other.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> told = resolve(study, Scenario(scenario_id="s", edits=(Close(facility="东岸急救站"),)))
    >>> told.edits[0].facility
    'F6'
    """
    problems = ProblemList()
    told = resolved(study, scenario, problems)
    problems.raise_if_any()
    return told


def resolved(study: Study, scenario: Scenario, problems: ProblemList) -> Scenario:
    """Return the same, noting what is wrong instead of raising it."""
    desk = StudyDesk(study=study, scenario=scenario, problems=problems)
    cost = scenario.cost_100m_cny
    if cost is not None and not 0 <= cost < np.inf:
        what = f"{cost:g} is no cost"
        problems.add(
            what, file=scenario.file or scenario.scenario_id, column="cost_100m_cny", hint="a number from 0 on"
        )
    edits = tuple(_when(desk, _RESOLVERS[type(edit)](desk, edit)) for edit in scenario.edits)
    told = replace(scenario, edits=edits)
    for edit, what, key, hint in clashes(told):
        desk.refuse(edit, what, key, hint=hint)
    return told


def _when(desk: StudyDesk, edit: Edit) -> Edit:
    if edit.year is not None and edit.after:
        desk.refuse(edit, "both 'year' and 'after' say when", hint="keep one of them")
    return replace(edit, after=desk.project(edit, "after", edit.after))


def _named(desk: StudyDesk, edit: Open | Settle | Devices) -> None:
    if not edit.name.strip():
        desk.refuse(edit, "has no name", "name", hint="such as 新站")


def _open(desk: StudyDesk, edit: Open) -> Open:
    _named(desk, edit)
    kind = desk.word(edit, "kind", edit.facility_kind, KINDS, "a facility kind")
    desk.inside(edit, "at", edit.at)
    identifier = edit.facility_id or f"{desk.scenario.scenario_id}/{edit.name}"
    if (desk.study.facilities["facility_id"] == identifier).any():
        desk.refuse(edit, f"there is a facility '{identifier}' already", "id", hint="give it another id or name")
    _fleet(desk, edit, edit.vehicles, edit.negative_pressure)
    cells = _cells(desk, edit, edit.columns)
    return replace(edit, facility_kind=kind, facility_id=identifier, columns=cells)


def _fleet(desk: StudyDesk, edit: Edit, vehicles: int, negative: int) -> None:
    if not 0 <= negative <= vehicles:
        what = f"{negative} of {vehicles} vehicles cannot be negative-pressure ambulances"
        desk.refuse(edit, what, "negative_pressure", hint="at most as many as there are vehicles")
    if vehicles > _MOST_VEHICLES:
        desk.refuse(
            edit, f"{vehicles:,} vehicles are more than a station has", "vehicles", hint=f"up to {_MOST_VEHICLES:,}"
        )


def _close(desk: StudyDesk, edit: Close) -> Close:
    facility = desk.facility(edit, "facility", edit.facility)
    rows = desk.study.facilities[desk.study.facilities["facility_id"] == facility]
    if (rows["close_year"] <= desk.study.year).fillna(value=False).any():
        desk.refuse(edit, f"'{edit.facility}' is closed already", "facility")
    to = _new_one(desk, edit.vehicles_to) or (
        desk.facility(edit, "vehicles_to", edit.vehicles_to) if edit.vehicles_to else ""
    )
    base = desk.study.facilities[desk.study.facilities["facility_id"] == to]
    if (base["close_year"] <= desk.study.year).fillna(value=False).any():
        desk.refuse(edit, f"'{edit.vehicles_to}' is closed already", "vehicles_to", hint="name a station that serves")
    if to == facility:
        desk.refuse(edit, "its vehicles cannot stay where it closes", "vehicles_to")
    return replace(edit, facility=facility, vehicles_to=to)


def _new_one(desk: StudyDesk, written: str) -> str:
    """Return the identifier of a facility that the scenario itself opens, when it is named so; else nothing."""
    told = desk.scenario
    new = {opened.name: opened.facility_id or f"{told.scenario_id}/{opened.name}"
           for opened in told.edits if isinstance(opened, Open)}  # fmt: skip
    return written if written in new.values() else new.get(written, "")


def _move(desk: StudyDesk, edit: Move) -> Move:
    desk.inside(edit, "at", edit.at)
    return replace(edit, facility=desk.facility(edit, "facility", edit.facility))


def _change(desk: StudyDesk, edit: Change) -> Change:
    facility = desk.facility(edit, "facility", edit.facility)
    if edit.vehicles is not None:
        _fleet(desk, edit, edit.vehicles, edit.negative_pressure)
    elif edit.negative_pressure:
        desk.refuse(edit, "'negative_pressure' goes with 'vehicles'", hint="say how many vehicles there are in all")
    if not edit.columns and edit.vehicles is None:
        desk.refuse(edit, "says no change", hint="such as beds: 800, or vehicles: 3")
    return replace(edit, facility=facility, columns=_cells(desk, edit, edit.columns))


def _cells(desk: StudyDesk, edit: Edit, columns: Mapping[str, Cell | None]) -> Mapping[str, Cell | None]:
    told: dict[str, Cell | None] = {}
    for name, value in columns.items():
        if name not in FACILITIES.names:
            desk.refuse(edit, f"facilities have no column '{name}'", name, hint=did_you_mean(name, FACILITIES.names))
            continue
        column = FACILITIES.column(name)
        cell, complaint, hint = read_cell(column, value)
        if complaint:
            desk.refuse(edit, complaint, name, hint=hint)
        told[name] = cell
    return MappingProxyType(told)


def _complete(desk: StudyDesk, edit: Complete) -> Complete:
    return replace(edit, project=_dated(desk, edit, edit.project))


def _delay(desk: StudyDesk, edit: Delay) -> Delay:
    if (edit.years is None) == (edit.until is None):
        desk.refuse(edit, "needs one of 'years' and 'until'", hint="such as years: 2, or until: 2026")
    return replace(edit, project=_dated(desk, edit, edit.project))


def _dated(desk: StudyDesk, edit: Edit, written: str) -> str:
    project_id = desk.project(edit, "project", written)
    rows = desk.study.projects[desk.study.projects["project_id"] == project_id]
    if len(rows) and rows["end_year"].isna().any() and isinstance(edit, Delay) and edit.until is None:
        desk.refuse(edit, f"nobody says when '{written}' ends", "project", hint="say until which year it takes")
    if len(rows) == 1 and isinstance(edit, Delay):
        _ends_in_time(desk, edit, written, rows.iloc[0])
    return project_id


def _ends_in_time(desk: StudyDesk, edit: Delay, written: str, row: pd.Series) -> None:
    """Refuse a delay of what is finished, an end before the beginning, and one that nobody lives to see."""
    ends, begins = row["end_year"], row["start_year"]
    if not pd.isna(ends) and ends <= desk.study.year:
        what = f"project '{written}' is finished since {ends}"
        desk.refuse(edit, what, "project", hint="what is finished cannot be late")
        return
    end = edit.until if edit.until is not None else None if pd.isna(ends) else int(ends) + int(edit.years or 0)
    if end is None:
        return
    key = "years" if edit.until is None else "until"
    if not pd.isna(begins) and end < begins:
        desk.refuse(
            edit, f"project '{written}' would end in {end}, before it begins", key, hint=f"it begins in {begins}"
        )
    if end > _LAST_YEAR:
        desk.refuse(edit, f"project '{written}' would end in {end}", key, hint=f"a year up to {_LAST_YEAR}")


def _assign(desk: StudyDesk, edit: Assign) -> Assign:
    known = desk.study.facilities["community"].dropna().unique().tolist()
    desk.one_of(edit, "community", edit.community, known, "a medical community of the study")
    return replace(edit, area=desk.area(edit, "area", edit.area))


def _add_road(desk: StudyDesk, edit: AddRoad) -> AddRoad:
    if len(edit.course) < 2:
        desk.refuse(edit, "a road has two ends", "course", hint="course: [[118.51, 24.71], [118.52, 24.71]]")
    for at in edit.course:
        desk.inside(edit, "course", at)
    if edit.kph is not None and not 0 < edit.kph <= 200:
        desk.refuse(edit, f"{edit.kph:g} km/h is no speed limit", "kph")
    return replace(edit, road_class=desk.word(edit, "class", edit.road_class, ROAD_CLASSES, "a road class"))


def _close_road(desk: StudyDesk, edit: CloseRoad) -> CloseRoad:
    return replace(edit, place=_place(desk, edit, edit.place))


def _slow_road(desk: StudyDesk, edit: SlowRoad) -> SlowRoad:
    _check_factor(desk, edit, "factor", edit.factor)
    return replace(edit, place=_place(desk, edit, edit.place))


def _place(desk: StudyDesk, edit: Edit, place: Place) -> Place:
    if not (place.name or place.near or place.between or place.area or place.classes):
        desk.refuse(edit, "does not say which roads", hint="name, near, between, area or class")
    if place.within_m is not None and (place.near is None or place.within_m <= 0):
        desk.refuse(
            edit, "'within_m' is a distance around 'near'", "within_m", hint="such as near: [..], within_m: 300"
        )
    for at in (*(() if place.near is None else (place.near,)), *(place.between or ())):
        desk.inside(edit, "near" if place.near is at else "between", at)
    classes = tuple(desk.word(edit, "class", name, ROAD_CLASSES, "a road class") for name in place.classes)
    return replace(place, area=desk.area(edit, "area", place.area), classes=classes)


def _check_factor(desk: StudyDesk, edit: Edit, key: str, factor: float) -> None:
    if not 0 < factor <= _LARGEST_FACTOR:
        desk.refuse(edit, f"{factor:g} is no factor", key, hint="above 0, at most 5; 0.5 is half as fast")


def _speeds(desk: StudyDesk, edit: Speeds) -> Speeds:
    profiles = desk.study.profiles
    if edit.profile:
        desk.one_of(edit, "profile", edit.profile, profiles, "a speed profile")
    _check_factor(desk, edit, "factor", edit.factor)
    classes = {}
    for name, factor in edit.classes.items():
        classes[desk.word(edit, "classes", name, ROAD_CLASSES, "a road class")] = factor
        _check_factor(desk, edit, "classes", factor)
    chosen = [profiles[edit.profile]] if edit.profile in profiles else list(profiles.values())
    periods = list(dict.fromkeys(name for profile in chosen for name in profile.periods))
    for key, name in (("period", edit.period), ("at", edit.at)):
        if name:
            desk.one_of(edit, key, name, periods, "a part of the week")
    if not classes and edit.factor == 1.0 and not edit.at:
        desk.refuse(edit, "says no change", hint="such as factor: 0.8, or at: morning_peak")
    return replace(edit, classes=MappingProxyType(classes))


def _grow(desk: StudyDesk, edit: Grow) -> Grow:
    given = [name for name in ("factor", "total", "to") if getattr(edit, name) not in {None, ""}]
    if len(given) != 1:
        desk.refuse(edit, f"{len(given) or 'none'} of 'factor', 'total' and 'to' are given", hint="give one of them")
    if edit.factor is not None and edit.factor < 0:
        desk.refuse(edit, f"{edit.factor:g} is no factor", "factor", hint="from 0 on")
    if edit.total is not None and edit.total < 0:
        desk.refuse(edit, "there cannot be fewer people than none", "total")
    if edit.to:
        desk.one_of(edit, "to", edit.to, desk.study.populations, "a population of the study")
        if edit.area:
            desk.refuse(edit, "'to' is for everybody", "to", hint="leave 'area' out, or give a total")
    area = desk.area(edit, "area", edit.area)
    people = desk.study.people
    lived = int(people["people"].sum() if not area else people.loc[people["area_id"] == area, "people"].sum())
    _not_too_many(desk, edit, "total", edit.total or 0)
    _not_too_many(desk, edit, "factor", lived * (edit.factor or 0.0))
    if not lived and (edit.total or edit.to):
        desk.refuse(edit, "nobody lives there who could become more", "area", hint="add people at a place: at, add")
    return replace(edit, area=area)


def _short(number: float) -> str:
    return f"{number:,.0f}" if number < 1e12 else f"{number:.3g}"


def _not_too_many(desk: StudyDesk, edit: Edit, key: str, number: float) -> None:
    if not number <= _MOST_PEOPLE:
        desk.refuse(edit, f"{_short(number)} people are more than a county has", key, hint="check the zeros")


def _settle(desk: StudyDesk, edit: Settle) -> Settle:
    _named(desk, edit)
    desk.inside(edit, "at", edit.at)
    if edit.people < 1:
        desk.refuse(edit, "nobody comes", "add", hint="a whole number from 1")
    _not_too_many(desk, edit, "add", edit.people)
    if (desk.study.people["point_id"] == point_of(desk.scenario, edit)).any():
        desk.refuse(edit, f"'{edit.name}' is among the people already", "name")
    return edit


def _devices(desk: StudyDesk, edit: Devices) -> Devices:
    _named(desk, edit)
    desk.inside(edit, "at", edit.at)
    if edit.devices < 1:
        desk.refuse(edit, "there are no devices", "devices", hint="a whole number from 1")
    kind = desk.word(edit, "place_kind", edit.place_kind, PUBLIC_PLACES, "a kind of place") if edit.place_kind else ""
    if (desk.study.aeds[AEDS.key] == point_of(desk.scenario, edit)).any():
        desk.refuse(edit, f"'{edit.name}' is among the AEDs already", "name")
    return replace(edit, place_kind=kind)


def _figure(desk: StudyDesk, edit: Figure) -> Figure:
    value = spelled(edit.indicator, INDICATORS)
    # A rule pack may declare figures of its own, so an unknown one stands; a misspelt one of ours does not.
    hint = None if value else near(edit.indicator, [*INDICATORS, *(word.zh for word in INDICATORS.values())])
    if hint:
        desk.refuse(edit, f"'{edit.indicator}' is no figure we know", "indicator", hint=hint)
    if not np.isfinite(edit.value):
        desk.refuse(edit, "the figure is no number", "value")
    of_year = desk.study.year if edit.of_year is None else edit.of_year
    return replace(edit, indicator=value or edit.indicator, area=desk.area(edit, "area", edit.area), of_year=of_year)


_RESOLVERS: dict[type[Edit], Callable[[StudyDesk, Any], Edit]] = {
    Open: _open,
    Close: _close,
    Move: _move,
    Change: _change,
    Complete: _complete,
    Delay: _delay,
    Assign: _assign,
    AddRoad: _add_road,
    CloseRoad: _close_road,
    SlowRoad: _slow_road,
    Speeds: _speeds,
    Grow: _grow,
    Settle: _settle,
    Devices: _devices,
    Figure: _figure,
}
