"""What the command shows: verdicts, gaps, the summary. 80 columns wide."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from coverplan.core.words import CAUSES, SYSTEMS
from coverplan.outputs import phrases
from coverplan.standards.wording import count, percent

if TYPE_CHECKING:
    import pandas as pd

    from coverplan.core.model import Study
    from coverplan.standards.findings import Assessment, Finding, Verdict

Language = Literal["en", "zh"]

_STYLE = {"met": "bold green", "not_met": "bold red", "measured": "bold cyan", "no_data": "yellow"}
_STATUS: dict[str, phrases.Both] = {
    "met": {"en": "MET", "zh": "达标"},
    "not_met": {"en": "NOT MET", "zh": "未达标"},
    "measured": {"en": "measured", "zh": "已测算"},
    "no_data": {"en": "no data", "zh": "缺数据"},
}
_SAID: dict[str, phrases.Both] = {
    "status": {"en": "Status", "zh": "结论"},
    "rule": {"en": "Rule", "zh": "条款"},
    "what": {"en": "What the plan asks", "zh": "规划要求"},
    "figure": {"en": "Figure", "zh": "现状"},
    "limit": {"en": "Limit", "zh": "标准"},
    "short": {"en": "Short of it", "zh": "缺口"},
    "illustrative": {
        "en": "Rests on illustrative data: it shows how the tool works and is no finding.",
        "zh": "以上结果依据示意数据，仅用于演示，不是结论。",
    },
    "measured_means": {
        "en": "measured: the text sets no limit for the figure, so it is not met or missed.",
        "zh": "已测算：文件未规定达标比例，故不判定是否达标。",
    },
    "ours": {"en": "ours: {}%", "zh": "参考 {}%"},
    "ours_means": {
        "en": "ours: a yardstick of our own, because the text sets none.",
        "zh": "参考：文件未规定，为本工具自设的参考线。",
    },
    "rules": {"en": "{} rules:", "zh": "共 {} 条："},
    "rank": {"en": "#", "zh": "序"},
    "place": {"en": "Place", "zh": "地点"},
    "area": {"en": "Town", "zh": "镇街"},
    "people": {"en": "People", "zh": "人口"},
    "value": {"en": "Now", "zh": "现状"},
    "over": {"en": "Over by", "zh": "超出"},
    "nearest": {"en": "Nearest", "zh": "最近设施"},
    "cause": {"en": "Cause", "zh": "原因"},
    "lacks": {"en": "What is not as it should be", "zh": "问题"},
    "base_year": {"en": "base year", "zh": "基准年"},
    "people_within": {"en": "Within", "zh": "限内人口"},
    "people_outside": {"en": "Outside", "zh": "限外人口"},
    "p90": {"en": "90 % within", "zh": "九成居民"},
    "have": {"en": "Have", "zh": "现有"},
    "need": {"en": "Need", "zh": "需要"},
    "no_gaps": {"en": "No gaps: everybody is within every limit.", "zh": "没有缺口：全部人口均在标准之内。"},
    "more": {"en": "... and {n} more; they stand in gaps.csv.", "zh": "……另有 {n} 处，见 gaps.csv。"},
}


def said(key: str, lang: Language) -> str:
    """Return a heading or sentence of the screen in one language."""
    return _SAID[key][lang]


def plain_table(*, title: str | None = None) -> Table:
    """Make a table without side lines, as wide as the screen allows."""
    return Table(
        box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False, padding=(0, 1, 0, 0)
    )


def status_word(status: str, lang: Language) -> str:
    """Say a status as the tables do: MET, NOT MET."""
    return _STATUS[status][lang]


def heading(study: Study, lang: Language) -> Text:
    """Name the study: what it is called, of when, how many people in how many areas."""
    name = study.name if lang == "zh" else study.name_en
    people = count(float(study.people["people"].sum()))
    areas, places = len(study.areas), len(study.facilities)
    facts = {
        "en": f"{said('base_year', lang)} {study.year} · {people} people · {areas} areas · {places} facilities",
        "zh": f"{said('base_year', lang)} {study.year} · {people} 人 · {areas} 个镇街 · {places} 处设施",
    }
    return Text.assemble((name, "bold"), "\n", (facts[lang], "dim"))


def verdict_table(assessment: Assessment, lang: Language) -> RenderableType:
    """Show every verdict with the figure, the limit and what is missing, and the other readings of a rule below it.

    Of rules that have no data only the first reading is shown: the others need the same.
    """
    told = [
        (verdict, finding, i == 0)
        for verdict in assessment.verdicts
        for i, finding in enumerate(verdict.findings if verdict.status != "no_data" else verdict.findings[:1])
    ]
    return Group(
        heading(assessment.study, lang),
        _verdict_rows(told, lang),
        tally_line(assessment, lang),
        *notes_on([finding for _, finding, _ in told], assessment, lang),
    )


def missed_table(assessment: Assessment, lang: Language) -> Table:
    """Show the rules that are not met, each in the reading that decides."""
    missed = [verdict for verdict in assessment.verdicts if verdict.status == "not_met"]
    return _verdict_rows([(verdict, verdict.default, True) for verdict in missed], lang, alone=True)


def _verdict_rows(told: Sequence[tuple[Verdict, Finding, bool]], lang: Language, *, alone: bool = False) -> Table:
    table = plain_table()
    table.add_column(said("status", lang), no_wrap=True)
    table.add_column(said("rule", lang), no_wrap=True, style="dim")
    table.add_column(said("what", lang), ratio=1, min_width=16)
    table.add_column(said("figure", lang), justify="right", no_wrap=True)
    table.add_column(said("limit", lang), justify="right", max_width=14)
    table.add_column(said("short", lang), justify="right", max_width=15)
    for verdict, finding, first in told:
        table.add_row(*_verdict_cells(verdict, finding, first, lang, alone=alone))
    return table


def notes_on(findings: Sequence[Finding], assessment: Assessment, lang: Language) -> list[Text]:
    """Say what the words of a table mean, as far as they stand in it."""
    notes = []
    if any(finding.status == "measured" for finding in findings):
        notes.append(Text(said("measured_means", lang), style="dim"))
    if any(finding.our_limit is not None for finding in findings):
        notes.append(Text(said("ours_means", lang), style="dim"))
    if assessment.quality == "illustrative":
        notes.append(Text(said("illustrative", lang), style="bold yellow"))
    return notes


def tally_line(assessment: Assessment, lang: Language) -> Text:
    """Count the rules by status."""
    counts = Counter(verdict.status for verdict in assessment.verdicts)
    parts = [(f"{n} {phrases.status(status)[lang]}", _STYLE[status]) for status in _STATUS if (n := counts[status])]
    total = said("rules", lang).format(len(assessment.verdicts))
    return Text.assemble((total, "bold"), *(piece for part in parts for piece in (" ", part, ",")))[:-1]


def _verdict_cells(
    verdict: Verdict, finding: Finding, first: bool, lang: Language, *, alone: bool = False
) -> list[Text]:
    status = Text(_STATUS[finding.status][lang], style=_STYLE[finding.status])
    rule = verdict.rule
    reading = getattr(finding.reading, lang)
    if first:
        what = Text(getattr(rule, f"name_{lang}"))
        if len(verdict.findings) > 1 and not alone:
            what.append(f"\n{reading}", style="dim")
    else:
        what = Text(reading, style="dim")
        status.stylize("not bold")
    limits = tuple(value for value in (finding.limit, finding.our_limit) if value is not None)
    figure = (
        _bare(finding.figure, finding.unit) or phrases.amount(finding.figure, finding.unit, apart_from=limits)[lang]
    )
    limit = Text(_limit(finding, lang))
    if finding.our_limit is not None:
        limit.append(f"\n{said('ours', lang).format(percent(finding.our_limit))}", style="dim")
    return [
        status,
        Text(rule.rule_id if first else ""),
        what,
        Text(figure),
        limit,
        _short(finding, lang),
    ]


def _bare(value: float, unit: str) -> str:
    """Write a count without its unit, which the rule's name says; empty for what needs one."""
    return "" if unit.startswith("share_") or unit in {"min", "km"} or not math.isfinite(value) else count(value)


def _limit(finding: Finding, lang: Language) -> str:
    """Say what a figure is held against: the limit of each person, the share that must keep it, or the count needed."""
    parts = []
    if finding.point_limit is not None:
        parts.append(f"{phrases.sign_of(finding)} {phrases.amount(finding.point_limit, finding.point_unit)[lang]}")
    if finding.limit is not None and (finding.point_limit is None or finding.unit.startswith("share_")):
        needed = _bare(finding.limit, finding.unit) or phrases.amount(finding.limit, finding.unit)[lang]
        sign = "≥" if finding.point_limit is not None else phrases.sign_of(finding)
        parts.append(f"{sign} {needed}")
    return ", ".join(parts) or "–"


def _short(finding: Finding, lang: Language) -> Text:
    if math.isnan(finding.shortfall) or finding.shortfall == 0:
        return Text("–", style="dim")
    style = "red" if finding.status == "not_met" else ""
    return Text(phrases.amount(finding.shortfall, finding.shortfall_unit)[lang], style=style)


def area_tables(assessment: Assessment, lang: Language) -> RenderableType:
    """Show the default reading of every rule, area by area."""
    parts: list[RenderableType] = [heading(assessment.study, lang)]
    for verdict in assessment.verdicts:
        finding = verdict.default
        if finding.status == "no_data":
            continue
        parts += ["", _rule_title(verdict, finding, lang), _area_table(finding, lang)]
    return Group(*parts)


def _rule_title(verdict: Verdict, finding: Finding, lang: Language) -> Text:
    rule = verdict.rule
    return Text.assemble(
        (f"{rule.rule_id} ", "dim"),
        (getattr(rule, f"name_{lang}"), "bold"),
        (f" · {getattr(finding.reading, lang)} · ", "dim"),
        (_STATUS[finding.status][lang], _STYLE[finding.status]),
    )


def _area_table(finding: Finding, lang: Language) -> Table:
    counts = math.isnan(finding.people_outside)
    names = ("have", "need", "short") if counts else ("people_within", "people_outside", "p90")
    table = plain_table()
    table.add_column(said("area", lang), ratio=1)
    for name in ("status", "people", "figure", *names):
        table.add_column(said(name, lang), justify="left" if name == "status" else "right", no_wrap=True)
    for row in finding.areas.to_dict("records"):
        name = row["area"] if lang == "zh" else row["area_en"] or row["area"]
        status = Text(_STATUS[row["status"]][lang], style=_STYLE[row["status"]].removeprefix("bold "))
        cells = [_count(row["people"]), phrases.amount(float(row["figure"]), finding.unit)[lang]]
        cells += [
            phrases.amount(_number(row[name]), finding.point_unit)[lang] if name == "p90" else _count(row[name])
            for name in names
        ]
        table.add_row(Text(str(name)), status, *cells)
    return table


def _number(value: object) -> float:
    """Turn a cell into a float; what is missing becomes NaN."""
    return float(value) if isinstance(value, int | float) else float("nan")


def _count(value: object) -> str:
    number = _number(value)
    return "–" if math.isnan(number) else count(number)


def gap_tables(found: pd.DataFrame, *, top: int, lang: Language) -> RenderableType:
    """Show a gap list rule by rule, the worst `top` rows of each (0 shows all)."""
    if found.empty:
        return Text(said("no_gaps", lang), style="green")
    parts: list[RenderableType] = []
    for (rule_id, _), rows in found.groupby(["rule_id", "reading"], sort=False):
        first = rows.iloc[0]
        name, reading = (
            (first["rule"], first["reading_zh"]) if lang == "zh" else (first["rule_en"], first["reading_en"])
        )
        system = getattr(SYSTEMS[str(first["system"])], lang)
        title = Text.assemble((f"{rule_id} ", "dim"), (str(name), "bold"), (f" · {reading} · {system}", "dim"))
        some = rows if top <= 0 else rows.head(top)
        counted = first["cause"] == "too_few"
        if isinstance(first["lacks"], str) and first["lacks"]:
            parts += [title, _lacking_gaps(some, lang)]
        else:
            parts += [title, _count_gaps(some, lang) if counted else _place_gaps(some, lang)]
        if len(some) < len(rows):
            parts.append(Text(said("more", lang).format(n=len(rows) - len(some)), style="dim"))
        parts.append("")
    if (found["quality"] == "illustrative").any():
        parts.append(Text(said("illustrative", lang), style="bold yellow"))
    return Group(*parts)


def _place_gaps(rows: pd.DataFrame, lang: Language) -> Table:
    table = plain_table()
    for name in ("rank", "place", "area", "people", "value", "over", "nearest", "cause"):
        right = name in {"rank", "people", "value", "over"}
        table.add_column(
            said(name, lang), justify="right" if right else "left", no_wrap=right, ratio=None if right else 1
        )
    for row in rows.to_dict("records"):
        area, nearest = (row["area"], row["nearest"]) if lang == "zh" else (row["area_en"], row["nearest_en"])
        amounts = [phrases.amount(float(row[name]), row["unit"])[lang] for name in ("value", "over")]
        if math.isinf(row["value"]):
            amounts[1] = "–"
        cause = CAUSES[row["cause"]]
        people = _count(row["people"])
        cells = [str(row["rank"]), row["place"], text_or_dash(area), people, *amounts, text_or_dash(nearest)]
        table.add_row(*map(Text, cells), Text(cause.zh if lang == "zh" else cause.en, style="dim"))
    return table


def _lacking_gaps(rows: pd.DataFrame, lang: Language) -> Table:
    """Show single towns and facilities that lack something a word can name."""
    table = plain_table()
    for name in ("rank", "place", "people", "lacks"):
        right = name in {"rank", "people"}
        table.add_column(
            said(name, lang), justify="right" if right else "left", no_wrap=right, ratio=1 if name == "lacks" else None
        )
    for row in rows.to_dict("records"):
        cells = [str(row["rank"]), text_or_dash(row["place"]), _count(row["people"])]
        table.add_row(*map(Text, cells), Text(text_or_dash(row["lacks_zh"] if lang == "zh" else row["lacks"])))
    return table


def _count_gaps(rows: pd.DataFrame, lang: Language) -> Table:
    table = plain_table()
    table.add_column(said("rank", lang), justify="right")
    table.add_column(said("area", lang), ratio=1)
    for name in ("people", "have", "need", "short"):
        table.add_column(said(name, lang), justify="right", no_wrap=True)
    for row in rows.to_dict("records"):
        counts = [_count(row[name]) for name in ("place_people", "have", "need", "short")]
        table.add_row(str(row["rank"]), Text(text_or_dash(row["area"] if lang == "zh" else row["area_en"])), *counts)
    return table


def text_or_dash(value: object) -> str:
    """Return what stands in a cell of text, a dash when nothing does."""
    return value if isinstance(value, str) and value else "–"
