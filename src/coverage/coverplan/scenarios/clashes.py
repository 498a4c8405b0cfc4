"""Edits that contradict each other: as their order does not matter, neither of two can win."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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


def point_of(scenario: Scenario, edit: Settle | Devices) -> str:
    """Return the identifier that a new place gets."""
    return f"{scenario.scenario_id}/{edit.name}"


def clashes(scenario: Scenario) -> Iterator[Clash]:
    """Find two edits that say different, or the same, things of one cell at the same time."""
    seen: dict[tuple[object, ...], Edit] = {}
    for edit in scenario.edits:
        for target, key in _targets(scenario, edit):
            what = (*target, edit.year, edit.after)
            if what in seen:
                line = f" in line {seen[what].line}" if seen[what].line else ""
                yield edit, f"{target[-1]} is said already{line}", key, "the order of edits does not matter"
            seen[what] = edit
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
    Speeds: (lambda _, edit: edit.at and f"the part of the week of {edit.profile or 'all profiles'}", "at"),
}
