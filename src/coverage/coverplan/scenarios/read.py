"""Scenarios from YAML files and from a study's config; every mistake at once, with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from coverplan.core.errors import InputError, Problem, ProblemList, did_you_mean
from coverplan.core.model import Study
from coverplan.core.words import DATUMS
from coverplan.inputs.yaml import KeyPath, Lines, load_yaml
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
from coverplan.scenarios.forms import FORMS, HEAD, ROAD_FORMS, Form, form_of
from coverplan.scenarios.resolve import resolved
from coverplan.scenarios.values import Desk, read_value

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_AMBULANCE_POST = "ems_station"


def read_scenario(path: str | Path, study: Study) -> Scenario:
    """Read a scenario from a YAML file, or by its id from the study's own config, and hold it against the study.

    Parameters
    ----------
    path
        A file in UTF-8 or GB 18030; or the id of a scenario under `scenarios:` in the study's config.
    study
        The study that it is for. Facilities, areas and projects may be named by identifier or name.

    Returns
    -------
    Scenario
        Its edits name records by their identifiers.

    Raises
    ------
    InputError
        With everything that is wrong, each with its line: unknown keys, names that there are not, positions outside
        the study area, edits that contradict each other.
    """
    own = {scenario.scenario_id: scenario for scenario in study_scenarios(study)} if not Path(path).exists() else {}
    if str(path) in own:
        return own[str(path)]
    if own and Path(path).suffix not in {".yaml", ".yml"}:
        hint = did_you_mean(str(path), own)
        raise InputError([Problem(what=f"there is no scenario '{path}' in the study's config", hint=hint)])
    problems = ProblemList()
    lines = load_yaml(path, problems)
    scenario = _scenario(lines, (), problems) if lines.data is not None else None
    if scenario is None:
        if not problems:
            problems.add("the file holds no scenario", file=lines.file, hint="start with: scenario: my-proposal")
    else:
        scenario = resolved(study, scenario, problems)
    raise_in_order(problems)
    assert scenario is not None, "a scenario that is none is a problem"  # noqa: S101 - a slip of ours
    return scenario


def study_scenarios(study: Study) -> tuple[Scenario, ...]:
    """Read the scenarios that a study's config holds under `scenarios:`, or names there by file.

    Raises
    ------
    InputError
        With everything that is wrong with them.
    """
    if study.config is None or not study.config.is_file():
        return ()
    problems = ProblemList()
    lines = load_yaml(study.config, problems)
    listed = lines.data.get("scenarios") if isinstance(lines.data, dict) else None
    if not isinstance(listed, list):
        if listed is not None:
            row = lines.line("scenarios")
            problems.add(
                "should be a list", file=lines.file, row=row, column="scenarios", hint="- scenario: my-proposal"
            )
        problems.raise_if_any()
        return ()
    found: list[Scenario] = []
    for i, item in enumerate(listed):
        inside, at = (lines, ("scenarios", i)) if isinstance(item, dict) else (
            load_yaml(study.config.parent / str(item), problems), ())  # fmt: skip
        scenario = None if inside.data is None else _scenario(inside, at, problems)
        if scenario is not None:
            found.append(resolved(study, scenario, problems))
    ids = [scenario.scenario_id for scenario in found]
    for twice in sorted({name for name in ids if ids.count(name) > 1}):
        problems.add(f"two scenarios are called '{twice}'", file=lines.file, row=lines.line("scenarios"))
    raise_in_order(problems)
    return tuple(found)


def scenario_of(data: Mapping[str, Any], study: Study) -> Scenario:
    """Read a scenario from plain data, such as JSON holds, and hold it against the study.

    Keys and meanings are those of a scenario file; the number of an edit, from 1, takes the place of its line.

    Raises
    ------
    InputError
        With everything that is wrong.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> scenario_of({"scenario": "without", "edits": [{"close": "东岸急救站"}]}, study).edits[0].facility
    'F6'
    """
    problems = ProblemList()
    edits = data.get("edits")
    numbers: dict[KeyPath, int] = {("edits", i): i + 1 for i in range(len(edits) if isinstance(edits, list) else 0)}
    scenario = _scenario(Lines(data=data, file="", numbers=numbers), (), problems)
    if scenario is not None:
        scenario = resolved(study, scenario, problems)
    raise_in_order(problems)
    assert scenario is not None, "a scenario that is none is a problem"  # noqa: S101 - a slip of ours
    return scenario


def raise_in_order(problems: ProblemList) -> None:
    """Raise what was noted, file by file and line by line."""
    if problems:
        files = list(dict.fromkeys(problem.file for problem in problems))
        raise InputError(sorted(problems, key=lambda problem: (files.index(problem.file), problem.row or 0)))


def _scenario(lines: Lines, at: KeyPath, problems: ProblemList) -> Scenario | None:
    desk = Desk(lines=lines, problems=problems)
    data: Any = lines.data
    for step in at:
        data = data[step]
    if not isinstance(data, dict):
        desk.refuse("is no scenario", at, hint="start with: scenario: my-proposal")
        return None
    told = _keys(desk, HEAD, data, at)
    edits = told.pop("edits", None)
    datum = str(told.pop("datum", None) or "wgs84").casefold()
    if datum not in DATUMS:
        desk.refuse(f"'{datum}' is not a datum", (*at, "datum"), hint=did_you_mean(datum, DATUMS))
    desk = replace(desk, datum=datum if datum in DATUMS else "wgs84")
    scenario_id = str(told.get("scenario", ""))
    if scenario_id and not _ID.fullmatch(scenario_id):
        hint = "use small letters, digits and hyphens, such as 'station-at-hualian'"
        desk.refuse(f"'{scenario_id}' cannot name a folder", (*at, "scenario"), hint=hint)
    key = next((name for name in data if (found := HEAD.key(name)) and found.name == "edits"), "edits")
    return Scenario(
        scenario_id=scenario_id,
        name=told.get("name") or scenario_id,
        name_en=told.get("name_en") or told.get("name") or scenario_id,
        note=told.get("note") or "",
        cost_100m_cny=told.get("cost_100m_cny"),
        edits=_edits(desk, edits, (*at, key)),
        file=lines.file,
    )


def _edits(desk: Desk, listed: Any, at: KeyPath) -> tuple[Edit, ...]:
    if listed is None:
        return ()
    if not isinstance(listed, list):
        desk.refuse("should be a list of edits", at, hint="- close: F12")
        return ()
    found: list[Edit] = []
    for i, item in enumerate(listed):
        here = (*at, i)
        if not isinstance(item, dict) or len(item) != 1:
            desk.refuse("is no edit", here, hint=f"- close: F12; one of: {', '.join(FORMS)}")
            continue
        written, value = next(iter(item.items()))
        form = form_of(written)
        if form is None:
            labels = [*FORMS, *(form.zh for form in FORMS.values())]
            desk.refuse(f"unknown edit '{written}'", here, hint=did_you_mean(written, labels))
            continue
        edit = _edit(desk, form, value, (*here, written))
        if edit is not None:
            found.append(replace(edit, line=desk.lines.line(*here)))
    return tuple(found)


def _edit(desk: Desk, form: Form, value: Any, at: KeyPath) -> Edit | None:
    before = len(desk.problems)
    told = _keys(desk, form, value, at)
    edit = None if len(desk.problems) > before else _MAKERS[form.name](desk, told, at)
    return edit if len(desk.problems) == before else None


def _keys(desk: Desk, form: Form, value: Any, at: KeyPath) -> dict[str, Any]:
    """Take the keys of a mapping apart; a bare value stands for the form's own key."""
    if not isinstance(value, dict):
        if form.alone and value is not None:
            key = form.key(form.alone)
            assert key is not None, form.alone  # noqa: S101 - a slip of ours
            return {key.name: read_value(desk, key, value, at)}
        desk.refuse("should hold keys of its own", at, hint=f"one of: {', '.join(key.name for key in form.keys[:12])}")
        return {}
    told: dict[str, Any] = {}
    for written, inside in value.items():
        key = form.key(written)
        if key is None:
            labels = [label for known in form.keys for label in (known.name, known.zh)]
            desk.refuse(f"unknown key '{written}'", (*at, written), hint=did_you_mean(written, labels))
        elif key.name in told:
            desk.refuse(f"'{written}' says {key.name} a second time", (*at, written))
        else:
            told[key.name] = None if inside is None else read_value(desk, key, inside, (*at, written))
    for key in form.keys:
        if key.required and told.get(key.name) is None and key.name not in told:
            desk.refuse(f"'{key.name}' ({key.zh}) is missing", at, hint=key.meaning)
    return told


def _when(told: dict[str, Any]) -> dict[str, Any]:
    return {"year": told.get("year"), "after": told.get("after") or ""}


def _cells(form: str, told: dict[str, Any]) -> Mapping[str, Any]:
    cells = {key.name for key in FORMS[form].keys if key.holds == "cell"}
    return MappingProxyType({name: value for name, value in told.items() if name in cells})


def _open(_: Desk, told: dict[str, Any], at: KeyPath, *, form: str = "open") -> Edit:
    del at
    temporary = form == "post"
    return Open(
        name=told["name"],
        facility_kind=told.get("kind") or _AMBULANCE_POST,
        at=told["at"],
        columns=_cells(form, told),
        vehicles=int(temporary) if told.get("vehicles") is None else int(told["vehicles"]),
        negative_pressure=told.get("negative_pressure") or 0,
        facility_id=told.get("id") or "",
        temporary=temporary,
        **_when(told),
    )


def _post(desk: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    return _open(desk, told, at, form="post")


def _close(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    return Close(facility=told["facility"], vehicles_to=told.get("vehicles_to") or "", **_when(told))


def _move(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    return Move(facility=told["facility"], at=told["at"], **_when(told))


def _change(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    cells = {**_cells("change", told), **{name: told[name] for name in ("kind", "name") if name in told}}
    return Change(
        facility=told["facility"],
        columns=MappingProxyType(cells),
        vehicles=told.get("vehicles"),
        negative_pressure=told.get("negative_pressure") or 0,
        **_when(told),
    )


def _complete(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    return Complete(project=told["project"], year=told.get("year"))


def _delay(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    return Delay(project=told["project"], years=told.get("years"), until=told.get("until"))


def _assign(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    return Assign(area=told["area"], community=told["community"], **_when(told))


def _road(desk: Desk, told: dict[str, Any], at: KeyPath) -> Edit | None:
    given = [name for name in ROAD_FORMS if name in told]
    if len(given) != 1:
        return desk.refuse("needs one of add, close and slow", at, hint="such as close: {name: 世纪大道}")
    name = given[0]
    written = next(key for key in _mapping_at(desk.lines, at) if (k := FORMS["road"].key(key)) and k.name == name)
    inside = _keys(desk, ROAD_FORMS[name], told[name], (*at, written))
    if name == "add":
        return AddRoad(
            course=inside.get("course") or (),
            road_class=inside.get("class") or "secondary",
            kph=inside.get("kph"),
            oneway=bool(inside.get("oneway")),
            name=inside.get("name") or "",
            **_when(told),
        )
    between = inside.get("between") or ()
    if len(between) not in {0, 2}:
        return desk.refuse("'between' takes two positions", (*at, written))
    place = Place(
        name=inside.get("name") or "",
        near=inside.get("near"),
        within_m=inside.get("within_m"),
        between=(between[0], between[1]) if between else None,
        area=inside.get("area") or "",
        classes=inside.get("class") or (),
    )
    if name == "close":
        return CloseRoad(place=place, to=inside.get("to") or "everyone", **_when(told))
    factor = inside.get("factor")
    return None if factor is None else SlowRoad(place=place, factor=factor, **_when(told))


def _mapping_at(lines: Lines, at: KeyPath) -> Mapping[str, Any]:
    data: Any = lines.data
    for step in at:
        data = data[step]
    return data


def _speeds(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    return Speeds(
        profile=told.get("profile") or "",
        factor=1.0 if told.get("factor") is None else told["factor"],
        classes=told.get("classes") or MappingProxyType({}),
        period=told.get("period") or "",
        at=told.get("at") or "",
        **_when(told),
    )


def _people(desk: Desk, told: dict[str, Any], at: KeyPath) -> Edit | None:
    if told.get("at") is None and told.get("add") is None:
        return Grow(
            area=told.get("area") or "",
            factor=told.get("factor"),
            total=told.get("total"),
            to=told.get("to") or "",
            **_when(told),
        )
    if told.get("at") is None or told.get("add") is None:
        return desk.refuse("people who come need 'add' and 'at'", at, hint="such as add: 3000, at: [118.55, 24.78]")
    if extra := [name for name in ("area", "factor", "total", "to") if told.get(name) is not None]:
        return desk.refuse(f"'{extra[0]}' does not go with 'add'", at, hint="make it an edit of its own")
    lon, lat = told["at"]
    return Settle(name=told.get("name") or f"{lon:g},{lat:g}", at=told["at"], people=told["add"], **_when(told))


def _devices(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    count = told.get("devices")
    return Devices(
        name=told["name"],
        at=told["at"],
        devices=1 if count is None else count,
        place_kind=told.get("place_kind") or "",
        **_when(told),
    )


def _figure(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    return Figure(
        indicator=told["indicator"],
        value=told["value"],
        of_year=told.get("of_year"),
        area=told.get("area") or "",
        source=told.get("source") or "",
        **_when(told),
    )


_MAKERS: dict[str, Callable[[Desk, dict[str, Any], KeyPath], Edit | None]] = {
    "open": _open,
    "post": _post,
    "close": _close,
    "move": _move,
    "change": _change,
    "complete": _complete,
    "delay": _delay,
    "assign": _assign,
    "road": _road,
    "speeds": _speeds,
    "people": _people,
    "devices": _devices,
    "figure": _figure,
}
