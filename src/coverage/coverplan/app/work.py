"""Long work that a desk asks for: files written, scenarios compared."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from coverplan.app.counting import both_names
from coverplan.app.drafts import Draft
from coverplan.app.edits import as_yaml
from coverplan.app.jobs import Job
from coverplan.app.world import World
from coverplan.core.atomic import write_text
from coverplan.core.progress import Progress
from coverplan.outputs.phrases import amount, both, figure
from coverplan.planning.compare import compared
from coverplan.planning.comparison import Case
from coverplan.scenarios.edits import Scenario
from coverplan.standards.findings import Assessment

Data = dict[str, Any]

_DRAWING = threading.Lock()
"""Documents are drawn one after the other: what draws them keeps settings for the whole process."""
_MOST_TOWNS = 200

# What writes maps and documents is loaded when somebody wants one, so that the server starts at once.
# ruff: noqa: PLC0415


SUFFIXES: Mapping[str, str] = {"map": ".html", "workbook": ".xlsx", "document": ".docx", "layers": ".gpkg",
                               "scenario": ".yaml"}  # fmt: skip
"""What can be written, and what the file's name ends in."""


def export(draft: Draft, what: str, path: Path, *, scenario: Scenario, language: str, options: Mapping[str, str],
           job: Job) -> Path:  # fmt: skip
    """Write what a desk shows: the map, the workbook, the document, map layers, or the scenario itself.

    Raises
    ------
    InputError
        When what writes it is not installed.
    """
    if what == "scenario":
        return write_text(path, as_yaml(scenario))
    assessment = draft.assessment(options, progress=job)
    lang = "en" if language == "en" else "zh"
    if what == "map":
        from coverplan.outputs.maps.assessment import write_map

        return write_map(assessment, path, lang=lang, progress=job)
    if what == "workbook":
        from coverplan.outputs.workbook import write_workbook

        return write_workbook(assessment, path, language=lang, progress=job)
    if what == "layers":
        from coverplan.outputs.gis.files import write_layers

        return write_layers(assessment, path, progress=job)[0]
    from coverplan.outputs.report.door import check_installed, write_report

    check_installed()
    with _DRAWING:
        return write_report(assessment, path, language=lang, progress=job)


def compare(base: Draft, cases: Sequence[tuple[Scenario, Draft]], progress: Progress) -> Data:
    """Hold scenarios against the base: every rule's figure, the ranking, the towns that change."""
    progress.message("measuring the base")
    first = base.assessment({}, progress=progress)
    found = []
    for scenario, draft in cases:
        progress.message(f"measuring {scenario.name}")
        found.append(Case(scenario=scenario, assessment=draft.assessment({}, progress=progress)))
    told = compared(first, found)
    all_of = [first, *(case.assessment for case in found)]
    return {
        "columns": [both("现状", "base"), *(both(s.name, s.name_en or s.name) for s, _ in cases)],
        "rows": [_row(all_of, i) for i in range(len(first.verdicts))],
        "ranking": _ranking(told.tables["ranking"]),
        "towns": _towns(base.world, told.tables["towns"], [s.scenario_id for s, _ in cases]),
        "notes": [
            both("新增与减少的人数按各项指标累加：同一人在两项中均改善则计两次。",
                 "People gained and lost are added up over the rules: who gains by two counts twice."),
        ],
    }  # fmt: skip


def _row(assessments: Sequence[Assessment], i: int) -> Data:
    rule = assessments[0].verdicts[i].rule
    findings = [one.verdicts[i].default for one in assessments]
    cells = [{"text": figure(one), "status": one.status} for one in findings]
    return {
        "rule_id": rule.rule_id,
        "name": both(rule.name_zh, rule.name_en),
        "cells": cells,
        "changed": any(cell != cells[0] for cell in cells),
    }


def _ranking(table: pd.DataFrame) -> list[Data]:
    rows = []
    for row in table.to_dict("records"):
        gained, lost = float(row["gained"]), float(row["lost"])
        zh = f"新增{gained:,.0f}人次，减少{lost:,.0f}人次；达标{row['met_before']}→{row['met_after']}项"
        en = f"{gained:,.0f} gained, {lost:,.0f} lost; rules met {row['met_before']} → {row['met_after']}"
        rows.append(
            {"rank": int(row["rank"]), "scenario": str(row["scenario"]), "name": both_names(row["name"], None),
             "text": both(zh, en), "gained": gained, "lost": lost}
        )  # fmt: skip
    return rows


def _towns(world: World, table: pd.DataFrame, names: Sequence[str]) -> list[Data]:
    """Return the towns in which anybody gains or loses, rule by rule."""
    changed = table[(table["gained"].fillna(0) > 0) | (table["lost"].fillna(0) > 0)]
    rules = {rule.rule_id: rule for rule in world.rules}
    rows = []
    for (area_id, rule_id), part in changed.groupby(["area_id", "rule_id"], sort=True):
        first = part.iloc[0]
        rule = rules[str(rule_id)]
        town = both_names(first["area"], first["area_en"])
        unit = str(first["unit"])
        before = amount(float(first["figure_before"]), unit)
        after = {str(row["scenario"]): amount(float(row["figure_after"]), unit) for row in part.to_dict("records")}
        cells = [{"text": before}, *({"text": after.get(name, before)} for name in names)]
        rows.append(
            {"area_id": str(area_id), "rule_id": str(rule_id), "cells": cells,
             "name": both(f"{town['zh']} · {rule.name_zh}", f"{town['en']} · {rule.name_en}")}
        )  # fmt: skip
    return rows[:_MOST_TOWNS]
