"""Proposals held against the base: verdict by verdict, town by town, who gains and who loses; and ranked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from coverplan.access.coverage import TOTAL
from coverplan.core.errors import InputError, Problem, did_you_mean
from coverplan.core.model import Study
from coverplan.core.progress import SILENT, Progress
from coverplan.planning.comparison import COMPARE_COLUMNS, OBJECTIVES, Case, Comparison
from coverplan.roads.network import Network
from coverplan.scenarios.edits import Scenario
from coverplan.scenarios.remarks import remarks
from coverplan.scenarios.timeline import network_in, study_in
from coverplan.standards.assess import assess
from coverplan.standards.equity import equity
from coverplan.standards.findings import Assessment, Finding
from coverplan.standards.gaps import gaps
from coverplan.standards.rules import RulePack, read_pack
from coverplan.standards.summary import summary
from coverplan.travel.router import Router

_BETTER = {"no_data": 0, "not_met": 1, "measured": 2, "met": 3}
_PLACE = ["rule_id", "reading", "place_id", "place", "area_id"]


def compare(
    study: Study,
    network: Network,
    scenarios: Sequence[Scenario],
    *,
    objective: str = "people",
    year: int | None = None,
    packs: tuple[RulePack, ...] | None = None,
    progress: Progress = SILENT,
) -> Comparison:
    """Hold scenarios against the base and rank them.

    Parameters
    ----------
    study, network
        The base study and its roads.
    scenarios
        Any number; each is applied to the base.
    objective
        What they are ranked by: one of `OBJECTIVES`, or a rule's id: then by how much less that rule is short of.
    year
        The year in which base and scenarios are looked at; the study's own unless given.
    packs
        Rule packs already read; those that the study names unless given.
    progress
        Told of every scenario and rule.

    Raises
    ------
    InputError
        When scenarios share an id, something in one is wrong, or there is no such objective.

    Examples
    --------
    >>> import coverplan as cp
    >>> from coverplan.scenarios.edits import Close
    >>> study = cp.read_study(cp.sample_config())
    >>> without = cp.Scenario(scenario_id="without", edits=(Close(facility="东岸急救站"),))
    >>> told = cp.compare(study, cp.build_network(study), [without])
    >>> told.tables["needs"][["have_before", "have_after"]].iloc[0].tolist(), told.best.scenario.scenario_id
    ([2.0, 1.0], 'without')
    """
    _refuse_same(scenarios)
    packs = tuple(read_pack(path) for path in study.standards) if packs is None else packs
    routers: dict[str, Router] = {}
    when = study.year if year is None else year
    progress.message("measuring the base")
    base = assess(study_in(study, when), network, packs=packs, routers=routers, progress=progress)
    _refuse_unknown(objective, base)
    cases = []
    for scenario in scenarios:
        later, roads = study_in(study, when, scenario), network_in(study, network, when, scenario)
        progress.message(f"measuring {scenario.name or scenario.scenario_id}")
        shared = routers if roads is network else {}
        judged = assess(later, roads, packs=packs, routers=shared, progress=progress)
        cases.append(Case(scenario=scenario, assessment=judged, remarks=remarks(study, scenario, when)))
    return compared(base, cases, objective=objective)


def compared(base: Assessment, cases: Sequence[Case], *, objective: str = "people") -> Comparison:
    """Compare assessments that have been made already."""
    _refuse_unknown(objective, base)
    tables = {
        name: _put_together(name, [make(base, case) for case in cases])
        for name, make in (
            ("verdicts", _verdicts),
            ("people", _people),
            ("gaps", _gaps),
            ("needs", _needs),
            ("equity", _equity),
        )
    }
    tables["towns"] = _put_together("towns", [_towns(base, case, tables["people"]) for case in cases])
    tables["ranking"] = _ranking(base, cases, tables, objective)
    ordered = {name: tables[name] for name in COMPARE_COLUMNS}
    return Comparison(base=base, cases=tuple(cases), tables=ordered, objective=objective)


def _refuse_same(scenarios: Sequence[Scenario]) -> None:
    ids = [scenario.scenario_id for scenario in scenarios]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        hint = "give each an id of its own"
        raise InputError(Problem(what=f"two scenarios are called '{name}'", hint=hint) for name in twice)


def _refuse_unknown(objective: str, base: Assessment) -> None:
    known = [*OBJECTIVES, *(verdict.rule.rule_id for verdict in base.verdicts)]
    if objective not in known:
        what = f"'{objective}' is nothing to rank by"
        raise InputError(
            [Problem(what=what, hint=did_you_mean(objective, known) or f"one of: {', '.join(OBJECTIVES)}")]
        )


def _put_together(name: str, parts: list[pd.DataFrame]) -> pd.DataFrame:
    columns = list(COMPARE_COLUMNS[name])
    parts = [part.reindex(columns=columns) for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _pairs(base: Assessment, case: Case) -> list[tuple[Finding, Finding, bool]]:
    """Return every finding before and after, and whether its reading decides."""
    after = {finding.key: finding for verdict in case.assessment.verdicts for finding in verdict.findings}
    return [
        (finding, after[finding.key], finding is verdict.default)
        for verdict in base.verdicts
        for finding in verdict.findings
        if finding.key in after
    ]


def _verdicts(base: Assessment, case: Case) -> pd.DataFrame:
    names = {verdict.rule.rule_id: verdict.rule for verdict in base.verdicts}
    return pd.DataFrame(
        {
            "scenario": case.scenario.scenario_id,
            "rule_id": before.rule_id,
            "rule": names[before.rule_id].name_zh,
            "rule_en": names[before.rule_id].name_en,
            "reading": before.reading.name,
            "is_default": decides,
            "status_before": before.status,
            "status_after": after.status,
            "figure_before": before.figure,
            "figure_after": after.figure,
            "change": after.figure - before.figure if np.isfinite([before.figure, after.figure]).all() else np.nan,
            "unit": after.unit,
            "shortfall_before": before.shortfall,
            "shortfall_after": after.shortfall,
            "shortfall_unit": after.shortfall_unit,
        }
        for before, after, decides in _pairs(base, case)
    )


def _people(base: Assessment, case: Case) -> pd.DataFrame:
    """Return who gains and who loses, village by village; places where nobody does have no row."""
    rows = []
    for before, after, _ in _pairs(base, case):
        if before.key not in base.points or after.key not in case.assessment.points:
            continue
        both = base.points[before.key].merge(
            case.assessment.points[after.key], on="point_id", how="outer", suffixes=("", "_after"), sort=False
        )
        for name in ("place_id", "place", "area_id"):
            both[name] = both[f"{name}_after"].fillna(both[name])
        was, now = (both[name].fillna(value=False).astype(bool) for name in ("within", "within_after"))
        old, new = (both[name].fillna(0).astype("float64") for name in ("people", "people_after"))
        there = both["within"].notna() & both["within_after"].notna()
        told = both.assign(
            place_id=both["place_id"].where(both["place_id"] != "", both["point_id"]),
            gained=new.where(there & now & ~was, 0.0),
            lost=old.where(there & was & ~now, 0.0),
            came=(new - old).clip(lower=0.0),
            left=(old - new).clip(lower=0.0),
        )
        sums = told.groupby(["place_id", "place", "area_id"], sort=False)[["gained", "lost", "came", "left"]].sum()
        sums = sums[(sums > 0).any(axis=1)].reset_index()
        rows.append(sums.assign(scenario=case.scenario.scenario_id, rule_id=after.rule_id, reading=after.reading.name))
    rows = [row for row in rows if len(row)]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def _towns(base: Assessment, case: Case, people: pd.DataFrame) -> pd.DataFrame:
    key = ["rule_id", "reading", "area_id"]
    told = []
    for assessment in (base, case.assessment):
        table = summary(assessment)
        told.append(table[table["is_default"] & (table["area_id"] != TOTAL)])
    both = told[0].merge(told[1], on=key, suffixes=("_before", "_after"), how="outer", sort=False)
    mine = people[people["scenario"] == case.scenario.scenario_id]
    sums = (
        mine.groupby(key)[["gained", "lost"]].sum().reset_index()
        if len(mine)
        else pd.DataFrame(columns=[*key, "gained", "lost"])
    )
    both = both.merge(sums, on=key, how="left")
    counted = both["people_within_after"].notna()
    return both.assign(
        scenario=case.scenario.scenario_id,
        area=both["area_after"].fillna(both["area_before"]),
        area_en=both["area_en_after"].fillna(both["area_en_before"]),
        unit=both["unit_after"].fillna(both["unit_before"]),
        change=both["figure_after"].astype("float64") - both["figure_before"].astype("float64"),
        gained=both["gained"].astype("float64").fillna(0.0).where(counted),
        lost=both["lost"].astype("float64").fillna(0.0).where(counted),
    )


def _gaps(base: Assessment, case: Case) -> pd.DataFrame:
    parts = []
    for assessment in (base, case.assessment):
        table = gaps(assessment)
        table = table.assign(people=table["people"].astype("float64"), short=table["short"].astype("float64"))
        parts.append(table.groupby(_PLACE, dropna=False)[["people", "short"]].sum(min_count=1).reset_index())
    both = parts[0].merge(parts[1], on=_PLACE, how="outer", suffixes=("_before", "_after"), indicator=True)
    before = both["people_before"].fillna(both["short_before"])
    after = both["people_after"].fillna(both["short_after"])
    what = np.select(
        [both["_merge"] == "left_only", both["_merge"] == "right_only", after < before, after > before],
        ["closed", "new", "smaller", "larger"],
        default="same",
    )
    return both.assign(scenario=case.scenario.scenario_id, what=what)


def _needs(base: Assessment, case: Case) -> pd.DataFrame:
    rows = [
        {
            "scenario": case.scenario.scenario_id,
            "rule_id": after.rule_id,
            "reading": after.reading.name,
            "unit": after.unit if after.shortfall_unit in {"", "points"} else after.shortfall_unit,
            **{f"{name}_before": getattr(before, name) for name in ("have", "need", "short")},
            **{f"{name}_after": getattr(after, name) for name in ("have", "need", "short")},
        }
        for before, after, _ in _pairs(base, case)
        if not np.isnan(before.need) or not np.isnan(after.need)
    ]
    return pd.DataFrame(rows)


def _equity(base: Assessment, case: Case) -> pd.DataFrame:
    key = ["rule_id", "reading", "group"]
    before, after = equity(base), equity(case.assessment)
    both = before.merge(after, on=key, suffixes=("_before", "_after"), sort=False)
    return both.assign(scenario=case.scenario.scenario_id)


def _ranking(
    base: Assessment, cases: Sequence[Case], tables: Mapping[str, pd.DataFrame], objective: str
) -> pd.DataFrame:
    default = {verdict.rule.rule_id: verdict.default.reading.name for verdict in base.verdicts}
    people = tables["people"]
    mine = people[people["reading"] == people["rule_id"].map(default)] if len(people) else people
    rows = []
    for case in cases:
        name = case.scenario.scenario_id
        part = mine[mine["scenario"] == name]
        pairs = [(one, other) for one, other, decides in _pairs(base, case) if decides]
        gained, lost = float(part["gained"].sum()), float(part["lost"].sum())
        rows.append(
            {
                "scenario": name,
                "name": case.scenario.name,
                "objective": objective,
                "value": _value(objective, case, gained - lost, pairs),
                "gained": gained,
                "lost": lost,
                "met_before": sum(one.status == "met" for one, _ in pairs),
                "met_after": sum(other.status == "met" for _, other in pairs),
                "better": sum(_BETTER[other.status] > _BETTER[one.status] for one, other in pairs),
                "worse": sum(_BETTER[other.status] < _BETTER[one.status] for one, other in pairs),
                "cost_100m_cny": np.nan if case.scenario.cost_100m_cny is None else case.scenario.cost_100m_cny,
            }
        )
    table = pd.DataFrame(rows, columns=list(COMPARE_COLUMNS["ranking"]))
    table["rank"] = table["value"].rank(ascending=False, method="min", na_option="bottom").astype("int64")
    return table.sort_values("rank", kind="stable", ignore_index=True)


def _value(objective: str, case: Case, people: float, pairs: list[tuple[Finding, Finding]]) -> float:
    if objective == "people":
        return people
    if objective == "verdicts":
        return float(sum(after.status == "met" for _, after in pairs))
    if objective == "people_per_yuan":
        cost = case.scenario.cost_100m_cny
        return people / cost if cost else float("nan")
    before, after = next(pair for pair in pairs if pair[0].rule_id == objective)
    return before.shortfall - after.shortfall
