"""Scenarios from YAML files and from a study's config; every mistake at once, with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from coverplan.core.errors import InputError, Problem, ProblemList, did_you_mean
from coverplan.core.model import Study
from coverplan.core.words import DATUMS
from coverplan.inputs.yaml import KeyPath, Lines, load_yaml
from coverplan.scenarios.edits import Edit, Scenario
from coverplan.scenarios.forms import FORMS, HEAD, form_of
from coverplan.scenarios.making import keys_of, make_edit
from coverplan.scenarios.resolve import resolved
from coverplan.scenarios.values import Desk

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


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
    data = lines.at(at)
    if not isinstance(data, dict):
        desk.refuse("is no scenario", at, hint="start with: scenario: my-proposal")
        return None
    told = keys_of(desk, HEAD, data, at)
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
        edit = make_edit(desk, form, value, (*here, written))
        if edit is not None:
            found.append(replace(edit, line=desk.lines.line(*here)))
    return tuple(found)
