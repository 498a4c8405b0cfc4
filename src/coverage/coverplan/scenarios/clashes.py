"""Edits that contradict each other: as their order does not matter, neither of two can win."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from coverplan.scenarios.edits import (
    Assign,
    Change,
    Close,
    Complete,
    Delay,
    Devices,
    Edit,
    Figure,
    Grow,
    Move,
    Open,
    Scenario,
    Settle,
    Speeds,
)

Clash = tuple[Edit, str, str, str | None]
"""The edit, what is wrong, the key to point at, and a hint."""

# A new record has one identifier, and a project one end, whenever the edits hold.
_ONCE = (Open, Settle, Devices, Complete, Delay)


def point_of(scenario: Scenario, edit: Settle | Devices) -> str:
    """Return the identifier that a new place gets."""
    return f"{scenario.scenario_id}/{edit.name}"


def clashes(scenario: Scenario) -> Iterator[Clash]:
    """Find two edits that say different, or the same, things of one cell at the same time."""
    seen: dict[tuple[object, ...], Edit] = {}
    for edit in scenario.edits:
        for target, key in _targets(scenario, edit):
            what = (*target, *(() if isinstance(edit, _ONCE) else _date(edit)))
            if what in seen:
                line = f" in line {seen[what].line}" if seen[what].line else ""
                yield edit, f"{target[-1]} is said already{line}", key, "the order of edits does not matter"
            seen[what] = edit
    yield from _at_odds(scenario, seen)


def _at_odds(scenario: Scenario, seen: Mapping[tuple[object, ...], Edit]) -> Iterator[Clash]:
    """Find edits of which one leaves nothing for the other to change, or both say how many there are."""
    for edit in scenario.edits:
        closed = isinstance(edit, Move | Change) and seen.get(
            ("close", f"the closing of {edit.facility}", *_date(edit))
        )
        if closed:
            yield edit, "the facility is closed at the same time", "facility", None
        everybody = (
            isinstance(edit, Grow) and edit.area and seen.get(("people", "the number of everybody", *_date(edit)))
        )
        if everybody:
            yield edit, "everybody is scaled already", "area", "scale either everybody or single areas"
        of_one = isinstance(edit, Speeds) and edit.at and edit.profile
        if of_one and seen.get(("speeds", _week_of(""), *_date(edit))):
            yield edit, "the part of the week of all profiles is said already", "at", "say it once, or by profile"
        if isinstance(edit, Close) and edit.vehicles_to:
            yield from _where_vehicles_go(scenario, edit, seen)


def _where_vehicles_go(scenario: Scenario, edit: Close, seen: Mapping[tuple[object, ...], Edit]) -> Iterator[Clash]:
    to = edit.vehicles_to
    if seen.get(("vehicles", f"the number of vehicles at {to}", *_date(edit))):
        hint = "leave it out, and say the sum there"
        yield edit, f"how many vehicles stand at {to} is said already", "vehicles_to", hint
    shut = [other for other in scenario.edits if isinstance(other, Close) and other.facility == to]
    if any(_date(other) == _date(edit) or _before(other, edit) for other in shut):
        yield edit, f"{to} is closed by then", "vehicles_to", "name a station that stays"


def _before(one: Edit, other: Edit) -> bool:
    return not one.after and not other.after and (one.year or 0) <= (other.year or 0)


def _week_of(profile: str) -> str:
    return f"the part of the week of {profile or 'all profiles'}"


def _date(edit: Edit) -> tuple[int | None, str]:
    return edit.year, edit.after


def _targets(scenario: Scenario, edit: Edit) -> Iterator[tuple[tuple[str, ...], str]]:
    """Name what an edit changes, and the key to point at when another one changes it too."""
    if isinstance(edit, Change):
        if edit.vehicles is not None:
            yield ("vehicles", f"the number of vehicles at {edit.facility}"), "vehicles"
        for name in edit.columns:
            yield ("cell", f"{name} of {edit.facility}"), name
    elif type(edit) in _TARGETS:
        said, key = _TARGETS[type(edit)]
        what = said(scenario, edit)
        if what:
            # The people of an area are their number, and a project has one end, whichever edit says so.
            yield ({"complete": "project", "delay": "project", "grow": "people"}.get(edit.kind, edit.kind), what), key


_TARGETS: dict[type[Edit], tuple[Callable[[Scenario, Any], str], str]] = {
    Open: (lambda _, edit: f"'{edit.facility_id}'", "name"),
    Close: (lambda _, edit: f"the closing of {edit.facility}", "facility"),
    Move: (lambda _, edit: f"the place of {edit.facility}", "facility"),
    Complete: (lambda _, edit: f"the end of project {edit.project}", "project"),
    Delay: (lambda _, edit: f"the end of project {edit.project}", "project"),
    Assign: (lambda _, edit: f"the community of {edit.area}", "area"),
    Grow: (lambda _, edit: f"the number of {edit.area or 'everybody'}", "area"),
    Settle: (lambda scenario, edit: f"'{point_of(scenario, edit)}'", "name"),
    Devices: (lambda scenario, edit: f"'{point_of(scenario, edit)}'", "name"),
    Figure: (lambda _, edit: f"{edit.indicator} of {edit.area or 'the county'}, {edit.of_year}", "indicator"),
    Speeds: (lambda _, edit: edit.at and _week_of(edit.profile), "at"),
}
