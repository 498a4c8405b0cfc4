"""Verdicts, towns, gaps, needs, ways to read the rules and scenarios as tables; every figure is the summary's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from coverplan.access.coverage import TOTAL
from coverplan.core.words import CAUSES, QUALITIES, STRENGTHS, SYSTEMS, UNITS
from coverplan.outputs.phrases import Both, both, status
from coverplan.outputs.review.cells import (
    Field,
    ReviewTable,
    an_amount,
    as_number,
    as_text,
    coded,
    listed,
    pair,
    put_together,
)
from coverplan.standards.explain import choices_of
from coverplan.standards.findings import Assessment, Finding, Verdict
from coverplan.standards.gaps import gaps
from coverplan.standards.summary import summary, tally_by

_RULE_ID = Field(name="rule_id", zh="编号", en="Rule", width=9)
_RULE = Field(name="rule", zh="指标", en="Target", width=20)
_READING = Field(name="reading", zh="口径", en="Read as", width=16)
_STATUS = Field(name="status", zh="结论", en="Verdict", width=13, is_status=True)
_FIGURE = Field(name="figure", zh="测算值", en="Figure", width=11)
_LIMIT = Field(name="limit", zh="要求", en="Asked for", width=11)
_SHORTFALL = Field(name="shortfall", zh="差额", en="Missing", width=12)
_QUALITY = Field(name="quality", zh="数据质量", en="Data quality", width=11)
_AREA = Field(name="area", zh="镇街", en="Town", width=15)
_STATEMENT = Field(name="statement", zh="说明", en="In words", width=38)
_COUNTS = (
    Field(name="have", zh="现有", en="Have", width=9),
    Field(name="need", zh="需要", en="Need", width=9),
    Field(name="short", zh="缺", en="Short", width=9),
)


def system_table(assessment: Assessment) -> ReviewTable:
    """Count the verdicts of each of the plan's systems."""
    told = {name: status(name) for name in ("met", "not_met", "measured", "no_data")}
    counts = [Field(name=name, zh=word["zh"], en=word["en"], width=12) for name, word in told.items()]
    fields = (
        Field(name="system", zh="体系", en="System", width=28),
        *counts,
        Field(name="rules", zh="合计", en="All", width=10),
    )
    rows = [
        {name: as_number(value) if name != "system" else coded(SYSTEMS, value) for name, value in row.items()}
        for row in tally_by(assessment, "system").to_dict("records")
    ]
    sums = {field.name: sum(int(row[field.name] or 0) for row in rows) for field in fields[1:]}  # pyright: ignore[reportArgumentType] - counts
    rows.append({"system": both("合计", "All"), **sums})
    return put_together("systems", "各体系结论", "Verdicts by system", fields, rows)


def verdict_table(assessment: Assessment) -> ReviewTable:
    """One row per rule: its words, the reading that decides, the figure beside what is asked for, the verdict."""
    fields = (
        _RULE_ID,
        Field(name="system", zh="体系", en="System", width=13),
        _RULE,
        Field(name="quotation", zh="规划原文", en="Quotation", width=30),
        Field(name="clause", zh="出处", en="Source", width=20),
        Field(name="strength", zh="力度、目标年", en="Strength, by", width=11),
        _READING,
        _STATUS,
        _FIGURE,
        _LIMIT,
        _SHORTFALL,
        _STATEMENT,
        _QUALITY,
    )
    rows = [
        {
            "system": coded(SYSTEMS, verdict.rule.system),
            "quotation": pair(verdict.rule.quotation, f"{verdict.rule.quotation}\n{verdict.rule.english}"),
            "clause": clause(verdict),
            "strength": _strength(verdict),
            **_finding(verdict, verdict.default),
        }
        for verdict in assessment.verdicts
    ]
    return put_together("verdicts", "指标结论", "Verdicts", fields, rows)


def clause(verdict: Verdict) -> Both:
    """Name the document, its number, and the place in it."""
    document, section = verdict.rule.document, verdict.rule.section
    number = f"（{document.number}）" if document.number else ""
    return both(f"《{document.title_zh}》{number} {section}", f"{document.title_en}, {section}")


def _strength(verdict: Verdict) -> Both:
    word, year = STRENGTHS[verdict.rule.strength], verdict.rule.target_year
    return both(f"{word.zh} {year}", f"{word.en}, by {year}") if year else both(word.zh, word.en)


def _finding(verdict: Verdict, finding: Finding) -> dict[str, Any]:
    """Return what every table says of a finding."""
    rule, unit = verdict.rule, finding.unit
    told = finding.status != "no_data"
    return {
        "rule_id": rule.rule_id,
        "rule": pair(rule.name_zh, rule.name_en),
        "reading": pair(finding.reading.zh, finding.reading.en),
        "status": status(finding.status),
        "figure": an_amount(finding.figure, unit, finding.limit, finding.our_limit) if told else None,
        "limit": an_amount(finding.limit, unit) if told else None,
        "shortfall": an_amount(finding.shortfall, finding.shortfall_unit) if told and finding.shortfall else None,
        "statement": pair(finding.statement_zh, finding.statement_en),
        "quality": coded(QUALITIES, finding.quality),
    }


def option_table(assessment: Assessment) -> ReviewTable:
    """One row per way to read a rule: what it comes out as, and the choices that make it."""
    fields = (
        _RULE_ID,
        _RULE,
        _READING,
        Field(name="decides", zh="采用", en="Decides", width=9),
        _STATUS,
        _FIGURE,
        _LIMIT,
        _SHORTFALL,
        Field(name="choices", zh="参数", en="Choices", width=40),
        Field(name="why", zh="采用理由", en="Why", width=34),
    )
    rows = [
        {
            **_finding(verdict, finding),
            "decides": finding is verdict.default,
            "choices": "; ".join(f"{choice.key} = {choice.value}" for choice in choices_of(finding.reading)),
            "why": finding.reading.why,
        }
        for verdict in assessment.verdicts
        for finding in verdict.findings
    ]
    return put_together("options", "口径选项", "Ways to read", fields, rows)


def town_table(assessment: Assessment) -> ReviewTable:
    """One row per rule and town, for rules that are told town by town; the reading that decides."""
    people = ("people", "people_within", "people_outside", "people_unreached")
    fields = (
        _RULE_ID,
        _RULE,
        _AREA,
        _STATUS,
        _FIGURE,
        _LIMIT,
        Field(name="people", zh="人口", en="People", width=11),
        Field(name="people_within", zh="限内人口", en="Within", width=11),
        Field(name="people_outside", zh="限外人口", en="Outside", width=11),
        Field(name="people_unreached", zh="无路可达", en="Unreached", width=11),
        Field(name="median", zh="半数居民", en="Half within", width=11),
        Field(name="p90", zh="九成居民", en="90% within", width=11),
        Field(name="max", zh="最远居民", en="Farthest", width=11),
        *_COUNTS,
    )
    rows = [
        {
            "rule_id": row["rule_id"],
            "rule": pair(row["rule"], row["rule_en"]),
            "area": pair(row["area"], row["area_en"]),
            "status": status(row["status"]),
            "figure": an_amount(row["figure"], row["unit"], as_number(row["limit"])),
            "limit": an_amount(row["limit"], row["unit"]),
            **{name: as_number(row[name]) for name in people},
            **{name: an_amount(row[name], row["point_unit"]) for name in ("median", "p90", "max")},
            **{field.name: as_number(row[field.name]) for field in _COUNTS},
        }
        for row in _summary_rows(assessment)
        if row["area_id"] != TOTAL and row["status"] != "no_data"
    ]
    return put_together("towns", "各镇街", "Towns", fields, rows)


def need_table(assessment: Assessment) -> ReviewTable:
    """One row per count that a rule asks for, in all and town by town: what there is, what is needed, what is short."""
    fields = (
        _RULE_ID,
        _RULE,
        _READING,
        _AREA,
        _STATUS,
        *_COUNTS,
        Field(name="unit", zh="单位", en="Unit", width=11),
        Field(name="people", zh="人口", en="People", width=12),
    )
    rows = [
        {
            "rule_id": row["rule_id"],
            "rule": pair(row["rule"], row["rule_en"]),
            "reading": pair(row["reading_zh"], row["reading_en"]),
            "area": both("全部", "all") if row["area_id"] == TOTAL else pair(row["area"], row["area_en"]),
            "status": status(row["status"]),
            **{field.name: as_number(row[field.name]) for field in _COUNTS},
            "unit": _unit("percent" if row["shortfall_unit"] == "points" else row["shortfall_unit"]),
            "people": as_number(row["people"]),
        }
        for row in _summary_rows(assessment)
        if as_number(row["need"]) is not None and row["status"] != "no_data"
    ]
    return put_together("needs", "配置需求", "Needs", fields, rows)


def gap_table(assessment: Assessment, listed: pd.DataFrame | None = None) -> ReviewTable:
    """List who is left outside and what is missing where, worst first, with the cause and what would close it.

    `listed` is the gap list when it is known already.
    """
    fields = (
        _RULE_ID,
        _RULE,
        Field(name="rank", zh="次序", en="Rank", width=7),
        _AREA,
        Field(name="place", zh="村社或设施", en="Place", width=18),
        Field(name="people", zh="限外人口", en="Outside", width=11),
        Field(name="place_people", zh="全部人口", en="Everyone", width=11),
        Field(name="value", zh="最远", en="Farthest", width=11),
        Field(name="limit", zh="限值", en="Limit", width=10),
        Field(name="nearest", zh="最近设施", en="Nearest", width=20),
        *_COUNTS,
        Field(name="cause", zh="原因", en="Cause", width=14),
        Field(name="closes", zh="弥补办法", en="What would close it", width=34),
        _QUALITY,
    )
    rows = [_gap(row) for row in (gaps(assessment) if listed is None else listed).to_dict("records")]
    return put_together("gaps", "缺口清单", "Gaps", fields, rows)


def _gap(row: Mapping[Any, Any]) -> dict[str, Any]:
    limit = as_number(row["limit"])
    measured = limit is not None
    everything = both("全部", "all")
    return {
        "rule_id": row["rule_id"],
        "rule": pair(row["rule"], row["rule_en"]),
        "rank": as_number(row["rank"]),
        "area": everything if row["area_id"] == TOTAL else pair(row["area"], row["area_en"]),
        "place": as_text(row["place"]),
        "people": as_number(row["people"]),
        "place_people": as_number(row["place_people"]),
        "value": an_amount(row["value"], row["unit"], limit) if measured else None,
        "limit": an_amount(limit, row["unit"]) if measured else None,
        "nearest": pair(row["nearest"], row["nearest_en"]),
        **{field.name: as_number(row[field.name]) for field in _COUNTS},
        "cause": coded(CAUSES, row["cause"]),
        "closes": pair(row["closes_zh"], row["closes"]),
        "quality": coded(QUALITIES, row["quality"]),
    }


def missing_table(assessment: Assessment) -> ReviewTable:
    """List the rules that could not be checked, and the data that each of them waits for."""
    fields = (
        _RULE_ID,
        Field(name="system", zh="体系", en="System", width=16),
        _RULE,
        Field(name="statement", zh="需要的数据", en="What it needs", width=60),
        Field(name="quotation", zh="规划原文", en="Quotation", width=44),
    )
    rows = [
        {
            "rule_id": verdict.rule.rule_id,
            "system": coded(SYSTEMS, verdict.rule.system),
            "rule": pair(verdict.rule.name_zh, verdict.rule.name_en),
            "statement": pair(verdict.default.statement_zh, verdict.default.statement_en),
            "quotation": verdict.rule.quotation,
        }
        for verdict in assessment.verdicts
        if verdict.status == "no_data"
    ]
    return put_together("missing", "待补数据", "Data needed", fields, rows)


def scenario_table(assessment: Assessment, scenarios: Mapping[str, Assessment]) -> ReviewTable:
    """Put the verdicts of scenarios beside those of the study as it is, rule by rule."""
    names = list(scenarios)
    fields = [_RULE_ID, _RULE, Field(name="figure", zh="现状", en="As it is", width=14), _STATUS]
    for i, name in enumerate(names):
        title = as_text(name)
        fields.append(Field(name=f"figure_{i}", zh=title, en="figure", width=14))
        fields.append(Field(name=f"status_{i}", zh=title, en="verdict", width=13, is_status=True))
    rows = []
    for verdict in assessment.verdicts:
        row = _finding(verdict, verdict.default)
        for i, name in enumerate(names):
            other = scenarios[name].verdict(verdict.rule.rule_id)
            told = _finding(other, other.default)
            row |= {f"figure_{i}": told["figure"], f"status_{i}": told["status"]}
        rows.append(row)
    return put_together("scenarios", "方案对比", "Scenarios", tuple(fields), rows)


def _summary_rows(assessment: Assessment) -> list[dict[Any, Any]]:
    told = summary(assessment)
    return told[told["is_default"]].to_dict("records")


def _unit(unit: str) -> Both:
    return coded(UNITS, unit) or both("", "")


def all_statuses() -> Both:
    """Say in one line what the four statuses mean."""
    return listed(
        [
            both("达标：达到原文要求", "met: what the text asks for is reached"),
            both("未达标：未达到原文要求", "not met: it is not reached"),
            both("已测算：原文未设限值，只给出测算值", "measured: the text sets no limit, the figure is given"),
            both("无数据：缺少所需数据，不作推断", "no data: a table it needs is absent, and nothing is guessed"),
        ]
    )
