"""The six-column progress table that Sanming asks for, filled from the verdicts."""

from __future__ import annotations

import math

import pandas as pd

from coverplan.core.words import STRENGTHS, SYSTEMS, UNITS, VERDICTS
from coverplan.standards.findings import Assessment, Finding, Verdict
from coverplan.standards.wording import count, percent, shown

PROGRESS_COLUMNS: dict[str, str] = {
    "任务": "Task: the plan's system, and the rule.",
    "目标": "Goal: the quotation, how firmly and for when.",
    "措施": "Measure: how it is checked, the reading that decides.",
    "责任单位": "Unit in charge: who issued the plan; to be replaced by the unit in charge.",
    "进展": "Progress: the figure beside what is asked for, and the verdict.",
    "备注": "Remarks: what is missing, the other readings' verdicts, and what the figures rest on.",
}
"""Columns of `progress_table`, in the order of the form (task, goal, measure, unit, progress, remarks)."""


def progress_table(assessment: Assessment) -> pd.DataFrame:
    """Fill the six-column progress table, one row per rule, in Chinese.

    Returns
    -------
    DataFrame
        `PROGRESS_COLUMNS`, all text, in the order of the packs.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> list(progress_table(cp.assess(study, cp.build_network(study))))
    ['任务', '目标', '措施', '责任单位', '进展', '备注']
    """
    rows = [_row(verdict) for verdict in assessment.verdicts]
    return pd.DataFrame(rows, columns=list(PROGRESS_COLUMNS)).astype("str")


def _row(verdict: Verdict) -> dict[str, str]:
    rule, finding = verdict.rule, verdict.default
    year = (
        f"（{STRENGTHS[rule.strength].zh}，{rule.target_year}年）"
        if rule.target_year
        else f"（{STRENGTHS[rule.strength].zh}）"
    )
    return {
        "任务": f"{SYSTEMS[rule.system].zh}：{rule.name_zh}（{rule.rule_id}，{rule.section}）",
        "目标": f"{rule.quotation}{year}",
        "措施": f"按“{finding.reading.zh}”核算",
        "责任单位": rule.document.issuer,
        "进展": f"{VERDICTS[finding.status].zh}{_figure(finding)}",
        "备注": _remarks(verdict, finding),
    }


def _figure(finding: Finding) -> str:
    if finding.status == "no_data":
        return ""
    asked = "" if finding.limit is None else f"，要求{_amount(finding.limit, finding.unit)}"
    rate = ""
    if not math.isnan(finding.rate) and finding.rate_limit is not None:
        rate = f"；每{count(finding.rate_per)}人{finding.rate:.2f}，要求{finding.rate_limit:g}"
    return f"：{_amount(finding.figure, finding.unit)}{asked}{rate}"


def _amount(value: float, unit: str) -> str:
    if unit.startswith("share_"):
        return f"{percent(value)}%"
    text = shown(value).removesuffix(".0") if unit in {"min", "km"} else count(value)
    return f"{text}{UNITS[unit].zh}"


def _remarks(verdict: Verdict, finding: Finding) -> str:
    parts = [finding.statement_zh.rstrip("。")] if finding.status == "no_data" else []
    if finding.shortfall > 0:
        parts.append(f"差{_amount(finding.shortfall, finding.shortfall_unit)}")
    others = [f"“{other.reading.zh}”{VERDICTS[other.status].zh}" for other in verdict.findings[1:]]
    parts += [f"其他口径：{'，'.join(others)}"] if others else []
    parts += ["依据示意数据"] if finding.quality == "illustrative" else []
    return "；".join(parts)
