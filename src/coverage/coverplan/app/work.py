"""Long work that a desk asks for: sites suggested, files written, scenarios compared."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coverplan.app.counting import both_names, count
from coverplan.app.drafts import Draft, way_from
from coverplan.app.edits import as_yaml
from coverplan.app.jobs import Job
from coverplan.app.world import Question, World
from coverplan.core.errors import InputError, Problem
from coverplan.core.progress import Progress
from coverplan.outputs.atomic import write_text
from coverplan.outputs.phrases import Both, amount, both, figure
from coverplan.planning.compare import compared
from coverplan.planning.comparison import Case
from coverplan.planning.ground import drive_limit, measured_by
from coverplan.planning.sites import Site, site_xy
from coverplan.planning.siting.form import Siting
from coverplan.planning.siting.plan import Plan
from coverplan.planning.siting.result import SitingResult
from coverplan.planning.siting.site import site as choose_sites
from coverplan.roads.network import Float
from coverplan.scenarios.edits import Scenario
from coverplan.scenarios.facilities import placed
from coverplan.standards.findings import Assessment

Data = dict[str, Any]

_DRAWING = threading.Lock()
"""Documents are drawn one after the other: what draws them keeps settings for the whole process."""
_MOST_TOWNS = 200

# What writes maps and documents is loaded when somebody wants one, so that the server starts at once.
# ruff: noqa: PLC0415


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Where more facilities would help most: which rule, how many, how long to look, where."""

    kind: str
    k: int
    seconds: float
    area_id: str | None = None
    spacing_m: float = 1000.0


def suggest(draft: Draft, question: Question, wish: Wish, progress: Progress) -> Data:
    """Choose sites along the roads for new facilities, so that most people come within a question's limit.

    Raises
    ------
    InputError
        When a facility of that kind does not count for the rule, or the area is unknown.
    """
    if measured_by(question.params) == "line":
        what = "sites are chosen by road, and this reading measures in a straight line"
        raise InputError([Problem(what=what, column="reading", hint="choose a reading by road or by time")])
    told = choose_sites(_counted_only(draft, question), draft.network, _asked(draft, question, wish), progress=progress)
    new = told.sites[~told.sites["existing"].to_numpy(dtype=bool)]
    sites = _named(draft, wish, new[["lon", "lat"]].to_numpy(dtype=float))
    alone, together = _gains(draft, question, sites)
    reached = told.plan.bound - told.mean_before
    return {
        "sites": [
            {"name": one.name, "at": [one.lon, one.lat], "gained": gained, "kind": wish.kind}
            for one, gained in zip(sites, alone, strict=True)
        ],
        "people": together,
        "bound": max(reached, together),
        "gap": told.plan.gap if np.isfinite(told.plan.gap) else None,
        "why": _why(told, wish, together, max(reached, together)),
        "alternatives": [
            [
                {"name": one.name, "at": [one.lon, one.lat], "kind": wish.kind}
                for one in _sites_of(draft, wish, told, plan)
            ]
            for plan in told.alternatives
        ],
    }


def _counted_only(draft: Draft, question: Question) -> Any:
    """Return the study with no other facilities than those that the question counts."""
    table = draft.study.facilities
    keep = table["facility_id"].isin(draft.counted(question).ids).to_numpy(dtype=bool)
    return replace(draft.study, facilities=table[keep].reset_index(drop=True))


def _asked(draft: Draft, question: Question, wish: Wish) -> Siting:
    params, study = question.params, draft.study
    probe = question.params.kinds
    if wish.area_id is not None and not (study.areas["area_id"] == wish.area_id).any():
        hint = "see the areas of the study"
        raise InputError([Problem(what=f"there is no area '{wish.area_id}'", column="area", hint=hint)])
    if not draft.counts_kind(question, wish.kind):
        what = f"a new {wish.kind} does not count for {question.rule.rule_id}"
        raise InputError(
            [Problem(what=what, column="kind", hint=f"it counts: {', '.join(probe) or 'other facilities'}")]
        )
    size, unit = (60.0, "min") if measured_by(params) == "time" else (1000.0, "km")
    limit = round(drive_limit(study, params) / size, 6)
    kinds = sorted({str(kind) for kind in study.facilities["kind"].dropna()})
    where = {"areas": (wish.area_id,)} if wish.area_id else {"everywhere": True}
    return Siting.model_validate(
        {
            "model": "mclp", "limit": f"{limit:g} {unit}" if limit > 0 else f"0.001 {unit}", "clock": "wheels",
            "profile": params.profile, "toward": params.toward, "existing": {"kinds": kinds, "use": "locked"},
            "candidates": {**where, "spacing_m": wish.spacing_m}, "demand": {"groups": {params.people: 1.0}},
            "new": wish.k, "time_limit_s": wish.seconds, "alternatives": {"count": 3, "differ": 1},
        }
    )  # fmt: skip


def _sites_of(draft: Draft, wish: Wish, told: SitingResult, plan: Plan) -> list[Site]:
    table = told.candidates.iloc[sorted(set(plan.sites))]
    new = table[~table["existing"].to_numpy(dtype=bool)]
    spots = new.geometry.to_crs("EPSG:4326")
    return _named(draft, wish, np.column_stack([spots.x.round(6), spots.y.round(6)]))


def _named(draft: Draft, wish: Wish, spots: Float) -> list[Site]:
    """Give sites the names of their towns, each its own."""
    areas = draft.study.areas.set_index("area_id")["name"]
    taken = set(draft.study.facilities["name"].dropna())
    found = []
    for lon, lat in spots.tolist():
        _, area = placed(draft.study, (lon, lat))
        town = str(areas.get(area, "")) if area is not None else ""
        name = next(text for i in range(1, 10_000) if (text := f"{town}拟建{i}") not in taken)
        taken.add(name)
        found.append(Site(name=name, lon=float(lon), lat=float(lat), vehicles=1))
    return found


def _gains(draft: Draft, question: Question, sites: Sequence[Site]) -> tuple[list[float], float]:
    """Return how many people each site brings within the limit alone, and all of them together, as the rule counts."""
    ways = draft.ways(question)
    before = draft.count(question)
    if not sites or before.inside is None:
        return [0.0] * len(sites), 0.0
    now = np.full(len(draft.study.people), np.inf) if ways is None else ways.value
    x, y = site_xy(draft.study, sites)
    router = draft.router(question.params.profile)
    each = [way_from(router, question.params, x[i : i + 1], y[i : i + 1]) for i in range(len(sites))]
    alone = [count(draft.residents, question, np.minimum(now, way)).people_within for way in each]
    together = count(draft.residents, question, np.minimum(now, np.min(each, axis=0))).people_within
    return [within - before.people_within for within in alone], together - before.people_within


def _why(told: SitingResult, wish: Wish, people: float, bound: float) -> Both:
    gap = told.plan.gap
    count_zh, many = f"{people:,.0f}", f"{bound:,.0f}"
    if told.plan.status == "optimal":
        return both(
            f"新增{wish.k}处可使{count_zh}人进入限值以内；已证明在候选点中为最优。",
            f"{wish.k} more bring {count_zh} people within the limit; proved best among the candidates.",
        )
    ended = {"time_limit": ("时间用完", "time was up"), "cancelled": ("已停止", "stopped on request")}
    zh, en = ended.get(told.plan.status, ("已足够接近", "near enough"))
    return both(
        f"新增{wish.k}处可使{count_zh}人进入限值以内；任何方案至多{many}人，差距{gap:.2%}（{zh}）。",
        f"{wish.k} more bring {count_zh} people within the limit; no choice brings more than {many}, "
        f"gap {gap:.2%} ({en}).",
    )


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
        from coverplan.outputs.maps import write_map

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
        zh = (
            f"第{row['rank']}：新增{gained:,.0f}人次，减少{lost:,.0f}人次；达标{row['met_before']}→{row['met_after']}项"
        )
        en = (
            f"{row['rank']}: {gained:,.0f} gained, {lost:,.0f} lost; rules met {row['met_before']} → {row['met_after']}"
        )
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
