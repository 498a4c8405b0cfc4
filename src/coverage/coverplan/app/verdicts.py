"""Every rule in full as the page shows it, beside what it says without the edits."""

from __future__ import annotations

import math
from typing import Any

from coverplan.app.counting import both_names
from coverplan.app.figures import figure_number
from coverplan.core.words import SYSTEMS, UNITS, VERDICTS
from coverplan.outputs.phrases import amount, both, figure, held_against, of_word
from coverplan.standards.findings import Assessment, Finding, Verdict
from coverplan.standards.gaps import gaps

Data = dict[str, Any]

_MOST_GAPS = 100


def verdicts_data(now: Assessment, base: Assessment) -> Data:
    """Return every rule with all its readings, how many there are of each status, and the largest gaps."""
    before = {verdict.rule.rule_id: verdict for verdict in base.verdicts}
    return {
        "rules": [_rule(verdict, before[verdict.rule.rule_id]) for verdict in now.verdicts],
        "counts": [
            {
                "status": name,
                "now": sum(verdict.status == name for verdict in now.verdicts),
                "before": sum(verdict.status == name for verdict in base.verdicts),
            }
            for name in VERDICTS
        ],
        "gaps": _gaps(now),
    }


def _rule(verdict: Verdict, before: Verdict) -> Data:
    rule, finding = verdict.rule, verdict.default
    was = {one.reading.name: one for one in before.findings}[finding.reading.name]
    return {
        "rule_id": rule.rule_id,
        "name": both(rule.name_zh, rule.name_en),
        "system": of_word(SYSTEMS[rule.system]),
        "strength": rule.strength,
        "quotation": rule.quotation,
        **_finding(finding),
        "quality": verdict.quality,
        "changed": finding.status != was.status or figure(finding) != figure(was),
        "before": {"text": figure(was), "figure": figure_number(was.figure), "status": was.status},
        "readings": [
            {**_finding(one), "name": one.reading.name, "label": both(one.reading.zh, one.reading.en)}
            for one in verdict.findings
        ],
    }


def _finding(finding: Finding) -> Data:
    return {
        "reading": finding.reading.name,
        "text": figure(finding),
        "figure": figure_number(finding.figure),
        "status": finding.status,
        "held": held_against(finding),
        "statement": both(finding.statement_zh, finding.statement_en),
        "our_status": finding.our_status,
        "have": figure_number(finding.have),
        "need": figure_number(finding.need),
        "short": figure_number(finding.short),
        "notes": list(finding.notes),
    }


def _gaps(assessment: Assessment) -> list[Data]:
    """Return the gaps of every rule in turn: first the worst of each, then the second, until there are enough."""
    table = gaps(assessment).sort_values("rank", kind="stable").head(_MOST_GAPS)
    rows = []
    for row in table.to_dict("records"):
        unit = str(row["unit"])
        short = float("nan") if row["short"] is None or row["short"] != row["short"] else float(row["short"])
        value = short if math.isnan(float(row["value"])) else float(row["value"])
        zh, en = f"{row['area']} {row['place']}".strip(), f"{row['place']} {row['area_en']}".strip()
        rows.append(
            {
                "rank": int(row["rank"]),
                "rule_id": str(row["rule_id"]),
                "rule": both(str(row["rule"]), str(row["rule_en"])),
                "name": both_names(zh, en),
                "people": _count(row["people"]),
                "value": amount(value, unit) if unit in UNITS or unit.startswith("share_") else both("–", "–"),
                "cause": both(str(row["cause_zh"]), str(row["cause"]).replace("_", " ")),
                "closes": both(_text(row["closes_zh"]), _text(row["closes"])),
            }
        )
    return rows


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
