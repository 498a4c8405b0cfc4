"""A study held against its rule packs: every rule, every reading, every area."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from coverplan.access.coverage import TOTAL
from coverplan.core.errors import Cancelled, InputError, Problem, ProblemList
from coverplan.core.model import Study
from coverplan.core.progress import SILENT, Progress
from coverplan.roads.network import Network
from coverplan.standards.checks.bench import Bench, Outcome, build_bench
from coverplan.standards.checks.ratio import check_ratio
from coverplan.standards.checks.reach import check_reach
from coverplan.standards.checks.response import check_response
from coverplan.standards.checks.share import check_share
from coverplan.standards.fields import Fields
from coverplan.standards.findings import Assessment, Finding, Verdict
from coverplan.standards.rules import Reading, Rule, RulePack, read_pack

CHECKS: Mapping[str, Callable[[Bench, Rule, Reading, Any], Outcome]] = {
    "reach": check_reach,
    "response": check_response,
    "ratio": check_ratio,
    "share": check_share,
}
"""The check kinds by the name that packs use; the parameters of each are declared in `standards.params.PARAMS`."""

SUMMARY_COLUMNS: dict[str, str] = {
    "rule_id": "The rule.",
    "rule": "Its Chinese name.",
    "rule_en": "Its English name.",
    "section": "Where it stands in its document.",
    "strength": "must, strive or encourage.",
    "target_year": "Year by which it is to hold.",
    "reading": "Name of the reading.",
    "reading_zh": "What the reading is called in Chinese.",
    "reading_en": "And in English.",
    "is_default": "Whether this reading decides the verdict.",
    "area_id": "Town or street; `all` for everybody, empty for what lies in no area.",
    "area": "Its Chinese name.",
    "area_en": "Its English name.",
    "status": "met, not_met, measured (the text sets no limit) or no_data.",
    "figure": "The figure; missing where there is nothing to measure, inf where a response time is endless.",
    "unit": "What the figure counts.",
    "limit": "What the text asks of the figure, in that unit; missing where it sets nothing.",
    "our_limit": "Our own yardstick where the text sets nothing; total rows only.",
    "our_status": "met or not_met by that yardstick; total rows only.",
    "point_limit": "The limit each person is held against.",
    "point_unit": "min or km.",
    "people": "Residents, from the people table.",
    "people_within": "Those within the limit; missing for counts.",
    "people_outside": "Those who are not; people_within + people_outside = people.",
    "people_unreached": "Those whom no route reaches at all; part of people_outside.",
    "mean": "Mean over the people who are reached, in the point unit.",
    "median": "Value that half of all people stay within.",
    "p90": "Value that 90 % of all people stay within.",
    "max": "Farthest person.",
    "have": "How many there are; missing for reach and response.",
    "need": "How many are needed.",
    "short": "How many are missing.",
    "shortfall": "What is missing to meet the rule: people, vehicles, devices; 0 when it is met.",
    "shortfall_unit": "What the shortfall counts.",
    "quality": "Weakest quality of all the finding rests on.",
}
"""Columns of `summary`."""


def assess(
    study: Study, network: Network, *, packs: tuple[RulePack, ...] | None = None, progress: Progress = SILENT
) -> Assessment:
    """Hold a study against its rule packs.

    Each distinct question (which facilities, by what, in which direction, time or distance) is put to the network
    once, however many readings rest on it.

    Parameters
    ----------
    study, network
        The study and its roads, in the same projected CRS.
    packs
        Rule packs already read; those that `study.standards` names unless given.
    progress
        Told of every rule.

    Raises
    ------
    InputError
        When a pack is wrong or missing, two packs share a rule id, or the study names no pack.
    Cancelled
        When the progress says so.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> assessment = cp.assess(study, cp.build_network(study))
    >>> [verdict.rule.rule_id for verdict in assessment.verdicts]
    ['TB-1', 'TB-2', 'TB-3', 'TB-4']
    """
    rules = [rule for pack in (_read_packs(study) if packs is None else packs) for rule in pack.rules]
    _refuse_repeated(rules)
    bench = build_bench(study, Fields(study, network, progress=progress))
    points: dict[str, pd.DataFrame] = {}
    verdicts = []
    for done, rule in enumerate(rules):
        if progress.cancelled():
            raise Cancelled("stopped while rules were checked")
        progress.message(f"{rule.rule_id} {rule.name_zh} {rule.name_en}")
        outcomes = [CHECKS[rule.check](bench, rule, reading, reading.params) for reading in rule.readings]
        points |= {o.finding.key: o.points for o in outcomes if o.points is not None}
        verdicts.append(Verdict(rule=rule, findings=tuple(outcome.finding for outcome in outcomes)))
        progress.advance(done + 1, len(rules))
    return Assessment(study=study, network=network, verdicts=tuple(verdicts), points=points)


def summary(assessment: Assessment) -> pd.DataFrame:
    """Tell every finding as a tidy table: one row per rule, reading and area, and one for everybody.

    Returns
    -------
    DataFrame
        `SUMMARY_COLUMNS`, in the order of the packs; within a reading the row `all` first, then the areas.
    """
    told = [(verdict, finding) for verdict in assessment.verdicts for finding in verdict.findings]
    if not told:
        return pd.DataFrame(columns=list(SUMMARY_COLUMNS))
    areas = pd.concat([finding.areas for _, finding in told], ignore_index=True)
    # What is missing in an area: units where units are counted, else the people outside; nothing where it is met.
    lacking = areas["short"].fillna(areas["people_outside"]).astype("float64").mask(areas["status"] == "met", 0.0)
    sizes = [len(finding.areas) for _, finding in told]
    areas = areas.assign(shortfall=lacking, finding=np.repeat(np.arange(len(told)), sizes))
    totals = pd.DataFrame([_everybody(assessment, finding) for _, finding in told])
    totals = totals.assign(finding=np.arange(len(told))).astype(areas.dtypes.to_dict())
    rows = pd.concat([totals, areas], ignore_index=True).sort_values("finding", kind="stable", ignore_index=True)
    table = rows.join(pd.DataFrame([_head(verdict, finding) for verdict, finding in told]).astype(_TYPES), on="finding")
    is_total = table["area_id"] == TOTAL
    table = table.assign(
        our_limit=table["our_limit"].where(is_total), our_status=table["our_status"].where(is_total, "")
    )
    return table[list(SUMMARY_COLUMNS)]


_TYPES = {"target_year": "Int64", "our_limit": "float64", "our_status": "str", "point_limit": "float64"}


def _everybody(assessment: Assessment, finding: Finding) -> dict[str, object]:
    missing = float("nan")
    return {
        "area_id": TOTAL,
        "area": assessment.study.name,
        "area_en": assessment.study.name_en,
        "status": finding.status,
        "figure": finding.figure,
        "limit": missing if finding.limit is None else finding.limit,
        "people": finding.people,
        "people_within": finding.people_within,
        "people_outside": finding.people_outside,
        **{name: finding.total.get(name, missing) for name in ("people_unreached", "mean", "median", "p90", "max")},
        "have": finding.have,
        "need": finding.need,
        "short": finding.short,
        "shortfall": finding.shortfall,
    }


def _head(verdict: Verdict, finding: Finding) -> dict[str, object]:
    rule, reading = verdict.rule, finding.reading
    return {
        "rule_id": rule.rule_id,
        "rule": rule.name_zh,
        "rule_en": rule.name_en,
        "section": rule.section,
        "strength": rule.strength,
        "target_year": rule.target_year,
        "reading": reading.name,
        "reading_zh": reading.zh,
        "reading_en": reading.en,
        "is_default": finding is verdict.default,
        "unit": finding.unit,
        "our_limit": finding.our_limit,
        "our_status": finding.our_status or "",
        "point_limit": finding.point_limit,
        "point_unit": finding.point_unit,
        "shortfall_unit": finding.shortfall_unit,
        "quality": finding.quality,
    }


def _read_packs(study: Study) -> list[RulePack]:
    problems, packs = ProblemList(), []
    for path in study.standards:
        try:
            packs.append(read_pack(path))
        except InputError as error:
            problems.extend(error.problems)
    problems.raise_if_any()
    if not packs:
        raise InputError([Problem(what="the study names no rule pack", hint="add standards: [...] to its config")])
    return packs


def _refuse_repeated(rules: list[Rule]) -> None:
    ids = [rule.rule_id for rule in rules]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        hint = "each rule belongs into one pack"
        raise InputError(Problem(what=f"rule '{name}' stands in two packs", hint=hint) for name in twice)
