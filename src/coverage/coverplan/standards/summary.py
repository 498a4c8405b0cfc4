"""The verdicts as tables: every finding by area, and how many rules are met by system, plan and area."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from coverplan.access.coverage import TOTAL
from coverplan.core.words import SYSTEMS
from coverplan.standards.checks.bench import counts_of
from coverplan.standards.findings import AREA_COLUMNS, Assessment, Finding, Verdict

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


TALLY_COLUMNS: dict[str, str] = {
    "system": "Which of the plans' systems.",
    "document": "Title of the plan.",
    "area": "Town or street.",
    "met": "Rules that are met.",
    "not_met": "Rules that are not.",
    "measured": "Rules whose text sets no limit.",
    "no_data": "Rules that need data nobody has given.",
    "rules": "All of them.",
}
"""Columns of `tally_by`."""


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
    # Array by array and one table at the very end: joining hundreds of small tables would cost more than the checks.
    sizes = np.array([len(finding.areas) + 1 for _, finding in told])
    totals = [_everybody(assessment, finding) for _, finding in told]
    heads = [_head(verdict, finding) for verdict, finding in told]
    columns: dict[str, Any] = {}
    for name in AREA_COLUMNS:
        parts = [part for total, (_, one) in zip(totals, told, strict=True) for part in _stacked(total, one, name)]
        columns[name] = np.concatenate(parts)
    for name in heads[0]:
        columns[name] = np.repeat(np.array([head[name] for head in heads], dtype=object), sizes)
    is_total = columns["area_id"] == TOTAL
    shortfall = np.where(np.isnan(columns["short"]), columns["people_outside"], columns["short"])
    shortfall = np.where(columns["status"] == "met", 0.0, shortfall)
    columns["shortfall"] = np.where(is_total, np.repeat([finding.shortfall for _, finding in told], sizes), shortfall)
    for name in ("rate", "our_limit"):
        columns[name] = np.where(is_total, columns[name], None)
    columns["our_status"] = np.where(is_total, columns["our_status"], "")
    return pd.DataFrame({name: _typed(name, columns[name]) for name in SUMMARY_COLUMNS})


_NUMBERS = ("figure", "limit", "people", "people_within", "people_outside", "people_unreached", "mean", "median", "p90",
            "max", "have", "need", "short")  # fmt: skip
_COUNTS = ("people", "people_within", "people_outside", "people_unreached", "have", "need", "short")
_FLOATS = ("our_limit", "point_limit", "rate", "rate_limit", "rate_per", "shortfall", *_NUMBERS)


def _stacked(total: dict[str, object], finding: Finding, name: str) -> tuple[Any, Any]:
    """Return a column's value for everybody, and under it those of the areas."""
    if name not in _NUMBERS:
        return np.array([total[name]], dtype=object), finding.areas[name].to_numpy(dtype=object)
    areas = finding.areas[name].to_numpy(dtype="float64", na_value=np.nan)
    return np.array([total[name]], dtype="float64"), areas


def _typed(name: str, values: Any) -> Any:
    """Give a column its type: counts are whole, unless what is counted is not (yuan)."""
    if name in _FLOATS:
        numbers = pd.array(values, dtype="float64").to_numpy(dtype="float64", na_value=np.nan)
        return counts_of(numbers) if name in _COUNTS else numbers
    if name == "is_default":
        return values.astype(bool)
    return pd.array(values, dtype="Int64" if name == "target_year" else "str")


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
