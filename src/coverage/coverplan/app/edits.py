"""Edits as JSON: read, joined with earlier ones, written down again, and said in words."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from types import MappingProxyType
from typing import Any

from coverplan.app.complaints import UNPRINTABLE, Told, plain_text, problem
from coverplan.app.drafts import DESK
from coverplan.core.errors import ProblemList
from coverplan.core.model import Study
from coverplan.core.words import KINDS
from coverplan.scenarios.edits import (
    AddRoad,
    Assign,
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
from coverplan.scenarios.forms import form_of
from coverplan.scenarios.read import scenario_of

Data = dict[str, Any]

MOST_EDITS = 500
_MOST_TEXT = 200
_DEEPEST = 6
_LARGEST = 10**12


def read_edits(data: Sequence[Any], study: Study, *, taken: Iterable[str] = ()) -> tuple[Edit, ...]:
    """Read edits from JSON and hold them against a study; the keys are those of scenario files.

    New things without a name get one that neither the study has nor stands among those that are `taken`.

    Raises
    ------
    InputError
        With everything that is wrong; `row` is the number of the edit, from 1.
    """
    problems = ProblemList()
    for i, item in enumerate(data):
        _check_texts(item, f"edits.{i}", problems)
    problems.raise_if_any()
    return scenario_of({"scenario": DESK, "edits": _with_names(data, study, taken)}, study).edits


def _with_names(data: Sequence[Any], study: Study, others: Iterable[str]) -> list[Any]:
    """Give new facilities and devices a name that have none: the next that is free."""
    taken = {*study.facilities["name"].dropna(), *study.aeds["name"].dropna(), *others}
    told = []
    for item in data:
        written, inside = next(iter(item.items())) if isinstance(item, dict) and item else ("", None)
        form = form_of(str(written))
        if form is None or form.name not in {"open", "post", "devices"} or not isinstance(inside, dict):
            told.append(item)
            continue
        named = {key.name for label in inside if (key := form.key(str(label))) is not None}
        if "name" in named:
            told.append(item)
            continue
        kind = str(inside.get("kind", "ems_station"))
        label = "AED点" if form.name == "devices" else KINDS[kind].zh if kind in KINDS else "设施"
        name = next(name for i in count(1) if (name := f"新增{label}{i}") not in taken)
        taken.add(name)
        told.append({written: {**inside, "name": name}})
    return told


def _check_texts(value: Any, at: str, problems: ProblemList, depth: int = 0) -> None:
    """Refuse texts that no file and no page should hold, numbers that are none, and what lies too deep."""
    if depth > _DEEPEST:
        problems.extend([problem("too_deep", at)])
    elif isinstance(value, dict):
        for key, inside in value.items():
            _check_texts(str(key), at, problems, depth + 1)
            _check_texts(inside, f"{at}.{plain_text(str(key))}", problems, depth + 1)
    elif isinstance(value, list):
        for i, inside in enumerate(value):
            _check_texts(inside, f"{at}.{i}", problems, depth + 1)
    elif (fault := _fault(value, at)) is not None:
        problems.extend([fault])


def _fault(value: Any, at: str) -> Told | None:
    if isinstance(value, str):
        if len(value) > _MOST_TEXT:
            return problem("too_long", at, most=_MOST_TEXT)
        return problem("unprintable", at) if UNPRINTABLE.search(value) else None
    if isinstance(value, float) and not math.isfinite(value):
        return problem("not_finite", at)
    return problem("too_large_number", at) if isinstance(value, int | float) and abs(value) > _LARGEST else None


def joined(edits: Iterable[Edit], new: Iterable[Edit]) -> tuple[Edit, ...]:
    """Return edits with new ones behind them; what says something of the same facility again takes its place.

    A facility that is moved twice is moved once, to where it came last. One that was opened here and is moved or
    changed is opened there, or so; one that is closed again was never opened. What is closed is neither moved nor
    changed. Devices of the same name take the place of those that were put there before.
    """
    told = [replace(edit, line=None) for edit in edits]
    for edit in new:
        told = _joined(told, edit)
    return tuple(told)


def _joined(edits: list[Edit], edit: Edit) -> list[Edit]:
    if isinstance(edit, Devices):
        same = [isinstance(one, Devices) and _spot(one) == _spot(edit) for one in edits]
        return [edit if hit else one for one, hit in zip(edits, same, strict=True)] if any(same) else [*edits, edit]
    if not isinstance(edit, Move | Change | Close):
        return [*edits, edit]
    opened = next(
        (i for i, one in enumerate(edits) if isinstance(one, Open) and one.facility_id == edit.facility), None
    )
    if opened is not None:
        return _reopened(edits, opened, edit)
    if isinstance(edit, Close):
        kept = [one for one in edits if not (isinstance(one, Move | Change) and _same(one, edit))]
        return [*kept, edit]
    for i, one in enumerate(edits):
        if type(one) is type(edit) and _same(one, edit):
            return [*edits[:i], _again(one, edit), *edits[i + 1 :]]
    return [*edits, edit]


def _spot(edit: Devices) -> tuple[object, ...]:
    return edit.name, edit.year, edit.after


def _same(one: Move | Change | Close | Edit, other: Move | Change | Close) -> bool:
    facility = getattr(one, "facility", None)
    return facility == other.facility and (one.year, one.after) == (other.year, other.after)


def _again(one: Edit, edit: Edit) -> Edit:
    if isinstance(one, Change) and isinstance(edit, Change):
        columns = MappingProxyType({**one.columns, **edit.columns})
        if edit.vehicles is None:
            return replace(one, columns=columns)
        return replace(one, columns=columns, vehicles=edit.vehicles, negative_pressure=edit.negative_pressure)
    return edit


def _reopened(edits: list[Edit], i: int, edit: Move | Change | Close) -> list[Edit]:
    opened = edits[i]
    assert isinstance(opened, Open)  # noqa: S101 - found by its type
    if isinstance(edit, Close):
        return [*edits[:i], *edits[i + 1 :]]
    if isinstance(edit, Move):
        return [*edits[:i], replace(opened, at=edit.at), *edits[i + 1 :]]
    cells = dict(edit.columns)
    kind, name = cells.pop("kind", None), cells.pop("name", None)
    told = replace(
        opened,
        columns=MappingProxyType({**opened.columns, **cells}),
        facility_kind=str(kind) if kind else opened.facility_kind,
        name=str(name) if name else opened.name,
    )
    if edit.vehicles is not None:
        told = replace(told, vehicles=edit.vehicles, negative_pressure=edit.negative_pressure)
    return [*edits[:i], told, *edits[i + 1 :]]


def names_of(before: Iterable[Edit], after: Iterable[Edit]) -> list[str]:
    """Return what the facilities and devices are called that are new in a list of edits."""
    known = {edit.name for edit in before if isinstance(edit, Open | Devices)}
    return [edit.name for edit in after if isinstance(edit, Open | Devices) and edit.name not in known]


def as_data(edit: Edit) -> Data:
    """Write an edit down as JSON, with the keys of a scenario file.

    Examples
    --------
    >>> as_data(Open(name="新站", facility_kind="ems_station", at=(118.5, 24.7), vehicles=2))
    {'open': {'kind': 'ems_station', 'name': '新站', 'at': [118.5, 24.7], 'vehicles': 2}}
    """
    name, told = _WRITERS[type(edit)](edit)
    when = {"year": edit.year, "after": edit.after or None}
    return {name: {key: value for key, value in {**told, **when}.items() if value is not None}}


def _open(edit: Open) -> tuple[str, Data]:
    told = {"kind": edit.facility_kind, "name": edit.name, "at": list(edit.at), **edit.columns}
    told |= {"vehicles": edit.vehicles or None, "negative_pressure": edit.negative_pressure or None}
    if edit.facility_id and edit.facility_id != f"{DESK}/{edit.name}":
        told["id"] = edit.facility_id
    if edit.temporary:
        # A post has one vehicle unless it says otherwise, so none is said.
        return "post", {**{key: value for key, value in told.items() if key != "id"}, "vehicles": edit.vehicles}
    return "open", told


def _change(edit: Change) -> tuple[str, Data]:
    told = {"facility": edit.facility, **edit.columns, "vehicles": edit.vehicles}
    return "change", {**told, "negative_pressure": edit.negative_pressure or None}


def _where(place: Place) -> Data:
    return {
        "name": place.name or None,
        "near": None if place.near is None else list(place.near),
        "within_m": place.within_m,
        "between": None if place.between is None else [list(at) for at in place.between],
        "area": place.area or None,
        "class": list(place.classes) or None,
    }


def _add_road(edit: AddRoad) -> tuple[str, Data]:
    told = {"course": [list(at) for at in edit.course], "class": edit.road_class, "kph": edit.kph,
            "oneway": edit.oneway or None, "name": edit.name or None}  # fmt: skip
    return "road", {"add": _given(told)}


def _close_road(edit: CloseRoad) -> tuple[str, Data]:
    return "road", {"close": _given({**_where(edit.place), "to": None if edit.to == "everyone" else edit.to})}


def _slow_road(edit: SlowRoad) -> tuple[str, Data]:
    return "road", {"slow": _given({**_where(edit.place), "factor": edit.factor})}


def _given(told: Data) -> Data:
    return {key: value for key, value in told.items() if value is not None}


def _speeds(edit: Speeds) -> tuple[str, Data]:
    told = {"profile": edit.profile or None, "factor": None if edit.factor == 1.0 else edit.factor,
            "classes": dict(edit.classes) or None, "period": edit.period or None, "at": edit.at or None}  # fmt: skip
    return "speeds", told


def _figure(edit: Figure) -> tuple[str, Data]:
    return "figure", {"indicator": edit.indicator, "value": edit.value, "of_year": edit.of_year,
                      "area": edit.area or None, "source": edit.source or None}  # fmt: skip


_WRITERS: Mapping[type[Edit], Callable[[Any], tuple[str, Data]]] = {
    Open: _open,
    Close: lambda edit: ("close", {"facility": edit.facility, "vehicles_to": edit.vehicles_to or None}),
    Move: lambda edit: ("move", {"facility": edit.facility, "at": list(edit.at)}),
    Change: _change,
    Complete: lambda edit: ("complete", {"project": edit.project}),
    Delay: lambda edit: ("delay", {"project": edit.project, "years": edit.years, "until": edit.until}),
    Assign: lambda edit: ("assign", {"area": edit.area, "community": edit.community}),
    AddRoad: _add_road,
    CloseRoad: _close_road,
    SlowRoad: _slow_road,
    Speeds: _speeds,
    Grow: lambda edit: (
        "people",
        {"area": edit.area or None, "factor": edit.factor, "total": edit.total, "to": edit.to or None},
    ),
    Settle: lambda edit: ("people", {"name": edit.name, "at": list(edit.at), "add": edit.people}),
    Devices: lambda edit: (
        "devices",
        {"name": edit.name, "at": list(edit.at), "devices": edit.devices, "place_kind": edit.place_kind or None},
    ),
    Figure: _figure,
}


def as_yaml(scenario: Scenario) -> str:
    """Write a scenario as the file that `coverplan.read_scenario` reads, one edit a line."""
    head = {"scenario": scenario.scenario_id, "name": scenario.name, "note": scenario.note}
    if scenario.cost_100m_cny is not None:
        head["cost_100m_cny"] = str(scenario.cost_100m_cny)
    lines = [f"{key}: {_scalar(value)}" for key, value in head.items() if value]
    if not scenario.edits:
        return "\n".join([*lines, "edits: []", ""])
    lines.append("edits:")
    for edit in scenario.edits:
        ((name, told),) = as_data(edit).items()
        lines.append(f"  - {name}: {_scalar(told)}")
    return "\n".join([*lines, ""])


def _scalar(value: Any) -> str:
    """Write a value as YAML reads it: JSON is YAML, but for what cannot be printed."""
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
