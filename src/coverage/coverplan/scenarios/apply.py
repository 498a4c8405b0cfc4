"""A study and a scenario make a new study; the one that was given stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from coverplan.core.errors import InputError, Problem
from coverplan.core.model import Period, SpeedProfile, Study
from coverplan.roads.network import Network
from coverplan.roads.profiles import at_period
from coverplan.scenarios.edits import Edit, Figure, Scenario, Speeds
from coverplan.scenarios.facilities import edit_facilities, only, with_figures
from coverplan.scenarios.people import edit_people
from coverplan.scenarios.resolve import MARK, resolve
from coverplan.scenarios.roads import edit_network
from coverplan.scenarios.schedule import finish, holds, reschedule


def apply(study: Study, scenario: Scenario) -> Study:
    """Return the study as a scenario makes it.

    Edits are held against the study first, all of them, then applied to a copy. Their order does not matter: projects
    come first, then facilities, people, devices, figures and speeds, each by date. Edits that wait for a later year or
    an unfinished project change nothing yet. Edits of roads are for `apply_roads`.

    Parameters
    ----------
    study
        The base; nothing in it is changed.
    scenario
        From `read_scenario`, or made in a script.

    Returns
    -------
    Study
        The scenario and the SHA-256 of what it says stand among its `inputs`. A scenario without edits returns the
        study itself.

    Raises
    ------
    InputError
        When something in the scenario is wrong, or the study has been made by a scenario of that name already.

    Examples
    --------
    >>> import coverplan as cp
    >>> from coverplan.scenarios.edits import Close, Scenario
    >>> study = cp.read_study(cp.sample_config())
    >>> without = cp.apply(study, Scenario(scenario_id="without", edits=(Close(facility="东岸急救站"),)))
    >>> study.facilities["close_year"].count().item(), without.facilities["close_year"].to_list()[-1]
    (0, 2020)
    """
    if not scenario.edits:
        return study
    refuse_twice(study, scenario)
    scenario = resolve(study, scenario)
    scheduled = reschedule(study, scenario)
    return apply_edits(finish(scheduled.study, scheduled.done), scenario)


def apply_roads(study: Study, network: Network, scenario: Scenario) -> Network:
    """Return the roads as a scenario makes them.

    Parameters
    ----------
    study, network
        The base study and its roads; nothing in them is changed.
    scenario
        The same as for `apply`.

    Returns
    -------
    Network
        The same network when the scenario has no edits of roads that hold in the study's year.

    Raises
    ------
    InputError
        When something in the scenario is wrong, no road fits what an edit says, or a new road meets no other.
    """
    scenario = resolve(study, scenario)
    later = reschedule(study, scenario).study
    return edit_network(
        study, network, scenario, [edit for edit in in_order(scenario) if holds(later, edit, study.year)]
    )


def refuse_twice(study: Study, scenario: Scenario) -> None:
    """Refuse a scenario that the study has been made by already.

    Raises
    ------
    InputError
        When one of that name is among its inputs.
    """
    if MARK + scenario.scenario_id in study.inputs:
        what = f"the scenario '{scenario.scenario_id}' is in this study already"
        raise InputError([Problem(what=what, file=scenario.file or None, hint="apply it to the base study")])


def in_order(scenario: Scenario) -> list[Edit]:
    """Return the edits by date, and of one date by what they say: never by where they stand."""
    return sorted(scenario.edits, key=lambda edit: (edit.year or 0, repr(edit.says)))


def apply_edits(study: Study, scenario: Scenario) -> Study:
    """Apply the edits of a resolved scenario that hold in the study's year, except those of roads and projects."""
    edits = [edit for edit in in_order(scenario) if holds(study, edit, study.year)]
    study = edit_facilities(study, scenario, edits)
    study = edit_people(study, scenario, edits)
    study = with_figures(study, scenario, only(edits, Figure))
    study = _with_speeds(study, only(edits, Speeds))
    return replace(study, inputs=MappingProxyType({**study.inputs, MARK + scenario.scenario_id: scenario.mark}))


def _with_speeds(study: Study, edits: Sequence[Speeds]) -> Study:
    if not edits:
        return study
    profiles = dict(study.profiles)
    # First what the speeds are, then in which part of the week the study is measured.
    for edit in sorted(edits, key=lambda edit: bool(edit.at)):
        for name, profile in profiles.items():
            if name == edit.profile or (not edit.profile and profile.mode == "drive"):
                profiles[name] = _with_speed(profile, edit)
    return replace(study, profiles=MappingProxyType(profiles))


def _with_speed(profile: SpeedProfile, edit: Speeds) -> SpeedProfile:
    if edit.period and edit.period in profile.periods:
        period = _multiplied(profile.periods[edit.period], edit)
        profile = replace(profile, periods=MappingProxyType({**profile.periods, edit.period: period}))
    elif not edit.period:
        classes = {**profile.class_factor}
        for name, factor in edit.classes.items():
            classes[name] = classes.get(name, 1.0) * factor
        profile = replace(profile, factor=profile.factor * edit.factor, class_factor=MappingProxyType(classes))
    return at_period(profile, edit.at) if edit.at and edit.at in profile.periods else profile


def _multiplied(period: Period, edit: Speeds) -> Period:
    classes = {**period.class_factor}
    for name, factor in edit.classes.items():
        classes[name] = classes.get(name, 1.0) * factor
    return replace(period, factor=period.factor * edit.factor, class_factor=MappingProxyType(classes))
