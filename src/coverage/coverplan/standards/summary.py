"""The verdicts as tables: every finding by area, and how many rules are met by system, plan and area."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from coverplan.access.coverage import TOTAL
from coverplan.core.words import SYSTEMS
from coverplan.standards.checks.bench import count_type
from coverplan.standards.findings import Assessment, Finding, Verdict

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
    "document": "Title of the plan the rule is taken from.",
    "system": "Which of the plan's systems it belongs to.",
    "system_zh": "What the system is called in Chinese.",
    "rate": "For ratios: units per so many people; total rows only.",
    "rate_limit": "What the text asks of that rate.",
    "rate_per": "Per how many people the rate is.",
}
"""Columns of `summary`."""


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
    amounts = dict.fromkeys(("have", "need", "short"), "float64")
    areas = pd.concat([finding.areas.astype(amounts) for _, finding in told], ignore_index=True)
    # What is missing in an area: units where units are counted, else the people outside; nothing where it is met.
    lacking = areas["short"].fillna(areas["people_outside"].astype("float64")).mask(areas["status"] == "met", 0.0)
    sizes = [len(finding.areas) for _, finding in told]
    areas = areas.assign(shortfall=lacking, finding=np.repeat(np.arange(len(told)), sizes))
    totals = pd.DataFrame([_everybody(assessment, finding) for _, finding in told])
    totals = totals.assign(finding=np.arange(len(told))).astype(areas.dtypes.to_dict())
    rows = pd.concat([totals, areas], ignore_index=True).sort_values("finding", kind="stable", ignore_index=True)
    table = rows.join(pd.DataFrame([_head(verdict, finding) for verdict, finding in told]).astype(_TYPES), on="finding")
    is_total = table["area_id"] == TOTAL
    table = table.assign(
        rate=table["rate"].where(is_total),
        our_limit=table["our_limit"].where(is_total),
        our_status=table["our_status"].where(is_total, ""),
    )
    return table[list(SUMMARY_COLUMNS)].astype({name: count_type(table[name]) for name in amounts})


_TYPES = {
    "target_year": "Int64",
    "our_status": "str",
    **dict.fromkeys(("our_limit", "point_limit", "rate", "rate_limit", "rate_per"), "float64"),
}


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
        "document": rule.document.title_zh,
        "system": rule.system,
        "system_zh": SYSTEMS[rule.system].zh,
        "rate": finding.rate,
        "rate_limit": finding.rate_limit,
        "rate_per": finding.rate_per,
    }


def tally_by(assessment: Assessment, by: Literal["system", "document", "strength", "area"] = "system") -> pd.DataFrame:
    """Count verdicts by system, by plan, by strength or by area.

    Returns
    -------
    DataFrame
        `by`, then how many rules are ``met``, ``not_met``, ``measured`` and ``no_data``, and ``rules`` in all; by area
        only rules that are held against areas of their own count. Default readings only.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> told = tally_by(cp.assess(study, cp.build_network(study)))
    >>> list(told.columns)
    ['system', 'met', 'not_met', 'measured', 'no_data', 'rules']
    """
    statuses = ["met", "not_met", "measured", "no_data"]
    if by == "area":
        rows = summary(assessment)
        rows = rows[rows["is_default"] & (rows["area_id"] != TOTAL)]
        keys = rows["area"]
    else:
        heads = [_head(verdict, verdict.default) | {"status": verdict.status} for verdict in assessment.verdicts]
        rows = pd.DataFrame(heads, columns=["system", "document", "strength", "status"])
        keys = rows[by]
    counts = pd.crosstab(keys, rows["status"]).reindex(columns=statuses, fill_value=0)
    counts = counts.reindex(list(dict.fromkeys(keys))).assign(rules=lambda table: table.sum(axis=1))
    return counts.rename_axis(index=by, columns=None).reset_index()
