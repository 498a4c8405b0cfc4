"""What a facility would do at the pointer: nothing is kept, and nothing is searched but what it touches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

import numpy as np
import pandas as pd

from coverplan.app.complaints import problem
from coverplan.app.counting import Count, count
from coverplan.app.desks import NoSuchThingError
from coverplan.app.drafts import Draft, way_from
from coverplan.app.figures import View, figures
from coverplan.app.world import Question
from coverplan.core.errors import InputError
from coverplan.core.units import from_tenths
from coverplan.outputs.phrases import both
from coverplan.planning.ground import measured_by
from coverplan.planning.sites import Site, check_sites, site_xy
from coverplan.roads.network import Float
from coverplan.scenarios.edits import Position
from coverplan.scenarios.facilities import placed
from coverplan.standards.chosen import matches
from coverplan.standards.fields import FieldKey, missing

Data = dict[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """A draft without the facility that is dragged: how far everybody is then, by the questions that count it.

    Attributes
    ----------
    row
        The facility's own record, one row.
    """

    row: pd.DataFrame
    values: Mapping[FieldKey, Float]


def dragged(
    view: View, at: Position, *, facility_id: str | None = None, kind: str | None = None, vehicles: int = 1
) -> Data:
    """Return the quick view with a facility at a place: one of the draft's own, or a new one of a kind.

    Raises
    ------
    InputError
        When the place lies outside the study area.
    NoSuchThingError
        When there is no such facility.
    """
    draft = view.draft
    site = Site(name="·", lon=at[0], lat=at[1])
    _check(draft, site)
    stage = _stage(draft, facility_id, kind, vehicles)
    x, y = site_xy(draft.study, [site])
    _, area = placed(draft.study, at)
    searched: dict[tuple[str, str, str], Float] = {}
    changed: dict[str, Count] = {}
    for question in view.questions:
        if question.asks in stage.values and _holds_there(draft, stage, question, area):
            way = _way(draft, question, x, y, searched)
            changed[question.key] = count(draft.residents, question, np.minimum(stage.values[question.asks], way))
        elif question.asks in stage.values:
            changed[question.key] = count(draft.residents, question, stage.values[question.asks])
    return {"figures": figures(view, changed), **_place(draft, x, y, area)}


def _check(draft: Draft, site: Site) -> None:
    try:
        check_sites(draft.study, [site])
    except InputError as error:
        lon, lat = f"{site.lon:g}", f"{site.lat:g}"
        raise InputError(problem("outside", "at", hint=one.hint, lon=lon, lat=lat) for one in error.problems) from None


def _way(draft: Draft, question: Question, x: Float, y: Float, searched: dict[tuple[str, str, str], Float]) -> Float:
    """Return how far everybody is from the pointer; questions that differ in who counts share one search."""
    params, by = question.params, measured_by(question.params)
    key = ("", "", by) if by == "line" else (params.profile, params.toward, by)
    if key not in searched:
        if by == "line":
            searched[key] = draft.residents.straight(float(x[0]), float(y[0]))
        else:
            searched[key] = way_from(draft.router(params.profile), params, x, y)
    return searched[key]


def _holds_there(draft: Draft, stage: Stage, question: Question, area: str | None) -> bool:
    """Say whether a question counts the facility in another town too."""
    where = {name: one for name, one in question.params.where.items() if name == "area_id"}
    if not where:
        return True
    row = stage.row.assign(area_id=area)
    return bool(matches(draft.study, row, where, question.rule.book).iloc[0])


def _place(draft: Draft, x: Float, y: Float, area: str | None) -> Data:
    asked = (one.params for one in draft.world.questions.values() if measured_by(one.params) != "line")
    profile = next((params.profile for params in asked if params.profile in draft.study.profiles), None)
    away = np.inf if profile is None else float(from_tenths(draft.router(profile).snaps_at(x, y).offroad_dm)[0])
    name = next((name for area_id, name in draft.residents.towns if area_id == area), both("", ""))
    return {"off_road_m": away if np.isfinite(away) else None, "area": name}


def _stage(draft: Draft, facility_id: str | None, kind: str | None, vehicles: int) -> Stage:
    if facility_id is not None:
        made = draft.kept.once(("stage", facility_id), lambda: _without(draft, facility_id))
    else:
        made = draft.kept.once(("new", kind, vehicles > 0), lambda: _with_new(draft, kind or "ems_station", vehicles))
    return cast("Stage", made)


def _without(draft: Draft, facility_id: str) -> Stage:
    """Take a facility away from every question that counts it."""
    table = draft.study.facilities
    row = table[table["facility_id"] == facility_id]
    if not len(row):
        raise NoSuchThingError(problem("no_facility", "facility_id"))
    values: dict[FieldKey, Float] = {}
    for question in draft.world.questions.values():
        counted = draft.counted(question)
        if question.asks not in values and not counted.lacks and facility_id in counted.ids:
            ways = draft.ways(question, without=facility_id)
            if ways is not None:
                values[question.asks] = ways.value
    return Stage(row=row, values=MappingProxyType(values))


def _with_new(draft: Draft, kind: str, vehicles: int) -> Stage:
    """Find the questions that would count a new facility, by opening it."""
    row, later = draft.with_new(kind, vehicles=vehicles)
    values: dict[FieldKey, Float] = {}
    for question in draft.world.questions.values():
        if question.asks in values or not draft.keeps(row, question.params, question.rule.book, later)[0]:
            continue
        ways = draft.ways(question)
        if ways is not None:
            values[question.asks] = ways.value
        elif missing(later, question.params, question.rule.book) is None:
            values[question.asks] = np.full(len(draft.study.people), np.inf)
    return Stage(row=row, values=MappingProxyType(values))
