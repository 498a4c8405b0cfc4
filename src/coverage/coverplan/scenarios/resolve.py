"""Names become records of the study; everything that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from coverplan.core.checks import plain_heading
from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.core.model import Study
from coverplan.core.tables import AEDS, FACILITIES
from coverplan.core.units import METRES_PER_KM, project
from coverplan.core.words import INDICATORS, KINDS, PUBLIC_PLACES, ROAD_CLASSES, Word
from coverplan.scenarios.cells import near, read_cell, spelled
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
    Position,
    Scenario,
    Settle,
    SlowRoad,
    Speeds,
)

if TYPE_CHECKING:
    import geopandas as gpd

MARK = "scenario "
"""Before the name of a scenario among the inputs of the study that it made."""
_OUTSIDE_M = 500.0
_NEIGHBOUR_M = 20_000.0
_LARGEST_FACTOR = 5.0
_TABLES = {"facility": "facilities", "area": "areas", "project": "projects"}


@dataclass(frozen=True, kw_only=True, eq=False)
class _Desk:
    """One scenario on its way in."""

    study: Study
    scenario: Scenario
    problems: ProblemList

    def refuse(self, edit: Edit, what: str, key: str = "", *, hint: str | None = None) -> None:
        file = self.scenario.file or self.scenario.scenario_id
        column = f"{edit.kind}.{key}" if key else edit.kind
        self.problems.add(what, file=file, row=edit.line, column=column, hint=hint)

    def one_of(self, edit: Edit, key: str, name: str, known: Iterable[str], what: str) -> str:
        """Return a name that must be one of some."""
        names = list(known)
        if name not in names:
            self.refuse(edit, f"'{name}' is not {what}", key, hint=did_you_mean(name, names))
        return name

    def word(self, edit: Edit, key: str, written: str, words: Mapping[str, Word], what: str) -> str:
        """Return the value of a word that may be written in several ways."""
        value = spelled(written, words)
        if value is None:
            names = [*words, *(word.zh for word in words.values())]
            self.refuse(edit, f"'{written}' is not {what}", key, hint=near(written, names) or f"such as {names[0]}")
        return value or written

    def record(self, edit: Edit, key: str, written: str, what: str) -> str:
        """Return the identifier of a record that is named by it, or by its name in either language."""
        table: pd.DataFrame = getattr(self.study, _TABLES[what])
        ids = table[f"{what}_id"].astype("str")
        if (ids == written).any():
            return written
        plain = plain_heading(written)
        hit = pd.Series(data=False, index=table.index)
        for column in ("name", "name_en"):
            hit |= table[column].fillna("").map(plain_heading) == plain
        found = ids[hit].to_list()
        if len(found) == 1:
            return found[0]
        if found:
            self.refuse(
                edit, f"'{written}' names {len(found)} {_TABLES[what]}", key, hint=f"say which: {', '.join(found)}"
            )
        else:
            hint = near(written, [*ids, *table["name"].dropna(), *table["name_en"].dropna()])
            self.refuse(
                edit, f"there is no {what} '{written}'", key, hint=hint or f"name it as the {_TABLES[what]} table does"
            )
        return written

    def facility(self, edit: Edit, key: str, written: str) -> str:
        return self.record(edit, key, written, "facility")

    def area(self, edit: Edit, key: str, written: str) -> str:
        return self.record(edit, key, written, "area") if written else ""

    def project(self, edit: Edit, key: str, written: str) -> str:
        return self.record(edit, key, written, "project") if written else ""

    def inside(self, edit: Edit, key: str, at: Position) -> None:
        """Refuse a position that is no position, or lies outside the study area."""
        lon, lat = at
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            swapped = -90 <= lon <= 90 and -180 <= lat <= 180
            hint = "longitude comes first: are the two swapped?" if swapped else "degrees, longitude first"
            self.refuse(edit, f"{lon:g}, {lat:g} is no position", key, hint=hint)
            return
        x, y = project([lon], [lat], self.study.crs)
        away_m = _away_m(self.study, shapely.Point(float(x[0]), float(y[0])))
        limit = float(self.study.options.get("outside_m", _OUTSIDE_M)) if len(self.study.areas) else _NEIGHBOUR_M
        if away_m > limit:
            hint = f"{away_m / METRES_PER_KM:,.1f} km from it; check lon, lat and datum"
            self.refuse(edit, f"{lon:g}, {lat:g} lies outside the study area", key, hint=hint)


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
    desk = _Desk(study=study, scenario=scenario, problems=problems)
    edits = tuple(_when(desk, _RESOLVERS[type(edit)](desk, edit)) for edit in scenario.edits)
    told = replace(scenario, edits=edits)
    for edit, what, key, hint in clashes(told):
        desk.refuse(edit, what, key, hint=hint)
    return told


def _when(desk: _Desk, edit: Edit) -> Edit:
    if edit.year is not None and edit.after:
        desk.refuse(edit, "both 'year' and 'after' say when", hint="keep one of them")
    return replace(edit, after=desk.project(edit, "after", edit.after))


def _open(desk: _Desk, edit: Open) -> Open:
    kind = desk.word(edit, "kind", edit.facility_kind, KINDS, "a facility kind")
    desk.inside(edit, "at", edit.at)
    identifier = edit.facility_id or f"{desk.scenario.scenario_id}/{edit.name}"
    if (desk.study.facilities["facility_id"] == identifier).any():
        desk.refuse(edit, f"there is a facility '{identifier}' already", "id", hint="give it another id or name")
    _fleet(desk, edit, edit.vehicles, edit.negative_pressure)
    cells = _cells(desk, edit, edit.columns)
    return replace(edit, facility_kind=kind, facility_id=identifier, columns=cells)


def _fleet(desk: _Desk, edit: Edit, vehicles: int, negative: int) -> None:
    if not 0 <= negative <= vehicles:
        what = f"{negative} of {vehicles} vehicles cannot be negative-pressure ambulances"
        desk.refuse(edit, what, "negative_pressure", hint="at most as many as there are vehicles")


def _close(desk: _Desk, edit: Close) -> Close:
    facility = desk.facility(edit, "facility", edit.facility)
    rows = desk.study.facilities[desk.study.facilities["facility_id"] == facility]
    if (rows["close_year"] <= desk.study.year).fillna(value=False).any():
        desk.refuse(edit, f"'{edit.facility}' is closed already", "facility")
    to = desk.facility(edit, "vehicles_to", edit.vehicles_to) if edit.vehicles_to else ""
    if to == facility:
        desk.refuse(edit, "its vehicles cannot stay where it closes", "vehicles_to")
    return replace(edit, facility=facility, vehicles_to=to)


def _move(desk: _Desk, edit: Move) -> Move:
    desk.inside(edit, "at", edit.at)
    return replace(edit, facility=desk.facility(edit, "facility", edit.facility))


def _change(desk: _Desk, edit: Change) -> Change:
    facility = desk.facility(edit, "facility", edit.facility)
    if edit.vehicles is not None:
        _fleet(desk, edit, edit.vehicles, edit.negative_pressure)
    elif edit.negative_pressure:
        desk.refuse(edit, "'negative_pressure' goes with 'vehicles'", hint="say how many vehicles there are in all")
    if not edit.columns and edit.vehicles is None:
        desk.refuse(edit, "says no change", hint="such as beds: 800, or vehicles: 3")
    return replace(edit, facility=facility, columns=_cells(desk, edit, edit.columns))


def _cells(desk: _Desk, edit: Edit, columns: Mapping[str, Cell | None]) -> Mapping[str, Cell | None]:
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


def _complete(desk: _Desk, edit: Complete) -> Complete:
    return replace(edit, project=_dated(desk, edit, edit.project))


def _delay(desk: _Desk, edit: Delay) -> Delay:
    if (edit.years is None) == (edit.until is None):
        desk.refuse(edit, "needs one of 'years' and 'until'", hint="such as years: 2, or until: 2026")
    return replace(edit, project=_dated(desk, edit, edit.project))


def _dated(desk: _Desk, edit: Edit, written: str) -> str:
    project_id = desk.project(edit, "project", written)
    rows = desk.study.projects[desk.study.projects["project_id"] == project_id]
    if len(rows) and rows["end_year"].isna().any() and isinstance(edit, Delay) and edit.until is None:
        desk.refuse(edit, f"nobody says when '{written}' ends", "project", hint="say until which year it takes")
    return project_id


def _assign(desk: _Desk, edit: Assign) -> Assign:
    known = desk.study.facilities["community"].dropna().unique().tolist()
    desk.one_of(edit, "community", edit.community, known, "a medical community of the study")
    return replace(edit, area=desk.area(edit, "area", edit.area))


def _add_road(desk: _Desk, edit: AddRoad) -> AddRoad:
    if len(edit.course) < 2:
        desk.refuse(edit, "a road has two ends", "course", hint="course: [[118.51, 24.71], [118.52, 24.71]]")
    for at in edit.course:
        desk.inside(edit, "course", at)
    if edit.kph is not None and not 0 < edit.kph <= 200:
        desk.refuse(edit, f"{edit.kph:g} km/h is no speed limit", "kph")
    return replace(edit, road_class=desk.word(edit, "class", edit.road_class, ROAD_CLASSES, "a road class"))


def _close_road(desk: _Desk, edit: CloseRoad) -> CloseRoad:
    return replace(edit, place=_place(desk, edit, edit.place))


def _slow_road(desk: _Desk, edit: SlowRoad) -> SlowRoad:
    _check_factor(desk, edit, "factor", edit.factor)
    return replace(edit, place=_place(desk, edit, edit.place))


def _place(desk: _Desk, edit: Edit, place: Place) -> Place:
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


def _check_factor(desk: _Desk, edit: Edit, key: str, factor: float) -> None:
    if not 0 < factor <= _LARGEST_FACTOR:
        desk.refuse(edit, f"{factor:g} is no factor", key, hint="above 0, at most 5; 0.5 is half as fast")


def _speeds(desk: _Desk, edit: Speeds) -> Speeds:
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


def _grow(desk: _Desk, edit: Grow) -> Grow:
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
    if not lived and (edit.total or edit.to):
        desk.refuse(edit, "nobody lives there who could become more", "area", hint="add people at a place: at, add")
    return replace(edit, area=area)


def _settle(desk: _Desk, edit: Settle) -> Settle:
    desk.inside(edit, "at", edit.at)
    if edit.people < 1:
        desk.refuse(edit, "nobody comes", "add", hint="a whole number from 1")
    if (desk.study.people["point_id"] == point_of(desk.scenario, edit)).any():
        desk.refuse(edit, f"'{edit.name}' is among the people already", "name")
    return edit


def _devices(desk: _Desk, edit: Devices) -> Devices:
    desk.inside(edit, "at", edit.at)
    if edit.devices < 1:
        desk.refuse(edit, "there are no devices", "devices", hint="a whole number from 1")
    kind = desk.word(edit, "place_kind", edit.place_kind, PUBLIC_PLACES, "a kind of place") if edit.place_kind else ""
    if (desk.study.aeds[AEDS.key] == point_of(desk.scenario, edit)).any():
        desk.refuse(edit, f"'{edit.name}' is among the AEDs already", "name")
    return replace(edit, place_kind=kind)


def _figure(desk: _Desk, edit: Figure) -> Figure:
    value = spelled(edit.indicator, INDICATORS)
    # A rule pack may declare figures of its own, so an unknown one stands; a misspelt one of ours does not.
    hint = None if value else near(edit.indicator, [*INDICATORS, *(word.zh for word in INDICATORS.values())])
    if hint:
        desk.refuse(edit, f"'{edit.indicator}' is no figure we know", "indicator", hint=hint)
    if not np.isfinite(edit.value):
        desk.refuse(edit, "the figure is no number", "value")
    of_year = desk.study.year if edit.of_year is None else edit.of_year
    return replace(edit, indicator=value or edit.indicator, area=desk.area(edit, "area", edit.area), of_year=of_year)


_RESOLVERS: dict[type[Edit], Callable[[_Desk, Any], Edit]] = {
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


def _away_m(study: Study, point: shapely.Point) -> float:
    """Return how far a point lies outside the study: from its areas, or without any from the nearest people."""
    shapes: gpd.GeoDataFrame = study.areas if len(study.areas) else study.people
    return float(shapely.distance(shapes.geometry.to_numpy(), point).min()) if len(shapes) else 0.0
