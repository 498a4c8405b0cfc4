"""The study in a given year: which projects are finished then, what they opened, and what a scenario says of it."""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType

from coverplan.core.errors import InputError, Problem
from coverplan.core.model import Study
from coverplan.roads.network import Network
from coverplan.scenarios.apply import apply_edits, in_order, refuse_twice
from coverplan.scenarios.edits import Figure, Scenario
from coverplan.scenarios.facilities import with_figures
from coverplan.scenarios.resolve import resolve
from coverplan.scenarios.roads import edit_network
from coverplan.scenarios.schedule import finish, holds, reschedule

_NOTHING = Scenario(scenario_id="nothing")
_FIRST, _LAST = 1900, 2100


def study_in(study: Study, year: int, scenario: Scenario | None = None) -> Study:
    """Return the study as it stands in a year.

    Facilities serve that are open then; projects that end after the study's base year and by then have given their
    beds to their facilities; rules that look at the year look at this one. People and populations stay as they are
    unless the scenario changes them.

    Parameters
    ----------
    study
        The study in its base year; nothing in it is changed.
    year
        Any year from 1900 to 2100.
    scenario
        Delays and other edits; those that wait for a year or a project count from then on.

    Raises
    ------
    InputError
        When something in the scenario is wrong, the study has been made by it already, or there is no such year.

    Examples
    --------
    The toy study's township hospital has 40 beds, and 60 when its extension is finished in 2024:

    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> [int(cp.study_in(study, year).facilities["beds"][1]) for year in (2020, 2023, 2024)]
    [40, 40, 60]
    """
    if not _FIRST <= year <= _LAST:
        raise InputError([Problem(what=f"{year} is no year to look at", hint=f"a year from {_FIRST} to {_LAST}")])
    told = _NOTHING if scenario is None else scenario
    if told.edits:
        refuse_twice(study, told)
    told = resolve(study, told)
    now = reschedule(study, told)
    scheduled = now.study
    ends = scheduled.projects["end_year"]
    done = ((ends > study.year) & (ends <= year)).fillna(value=False).to_numpy(dtype=bool)
    names = [*now.done, *scheduled.projects["project_id"][done]] if year >= study.year else []
    later = replace(_counted_later(finish(scheduled, names), study.year, now.done, year), year=year)
    if told.edits:
        return apply_edits(later, told)
    return later if year != study.year else replace(study, inputs=MappingProxyType(dict(study.inputs)))


def _counted_later(study: Study, base: int, done: tuple[str, ...], year: int) -> Study:
    """Let what a scenario finished at once count among the projects of the years after the base year.

    The figures of the base year know nothing of it, so whatever adds up the projects since then has to meet it.
    """
    if year <= base or not done:
        return study
    at_once = study.projects["project_id"].isin(done)
    return replace(study, projects=study.projects.assign(end_year=study.projects["end_year"].mask(at_once, base + 1)))


def network_in(study: Study, network: Network, year: int, scenario: Scenario) -> Network:
    """Return the roads of a year as a scenario makes them; the same network when it has no edits of roads by then.

    Raises
    ------
    InputError
        When something in the scenario is wrong.
    """
    told = resolve(study, scenario)
    scheduled = reschedule(study, told).study
    return edit_network(study, network, told, [edit for edit in in_order(told) if holds(scheduled, edit, year)])


def with_base_beds(study: Study, beds: float, *, source: str = "given with the question") -> Study:
    """Return a study whose statistics say how many beds there are in its base year.

    Raises
    ------
    InputError
        When that is no number from 0 on.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = with_base_beds(cp.read_study(cp.sample_config()), 340)
    >>> study.indicators["value"].to_list()
    [340.0]
    """
    if not (math.isfinite(beds) and beds >= 0):
        raise InputError([Problem(what=f"{beds:g} is no number of beds", hint="a number from 0 on")])
    edit = Figure(indicator="beds", value=beds, source=source)
    return with_figures(study, Scenario(scenario_id="base-beds"), [edit])
