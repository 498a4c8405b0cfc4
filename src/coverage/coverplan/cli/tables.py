"""What the command shows: verdicts, gaps, the summary, what a study holds, the columns of a table. 80 columns wide."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from coverplan.core.words import CAUSES, QUALITIES, SYSTEMS
from coverplan.outputs import phrases
from coverplan.standards.wording import count, percent

if TYPE_CHECKING:
    import pandas as pd

    from coverplan.core.model import Study
    from coverplan.core.tables import Table as Declaration
    from coverplan.inputs.importing import Imported
    from coverplan.inputs.placing import Asked
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


def quality_table(study: Study) -> Table:
    """Show how many records each table holds, and how far they can be trusted."""
    table = plain_table()
    table.add_column("Table")
    table.add_column("Records", justify="right")
    for word in QUALITIES.values():
        table.add_column(word.en.capitalize(), justify="right")
    for name in ("areas", "facilities", "people", "vehicles", "aeds", "projects"):
        frame = getattr(study, name)
        counts = frame["quality"].value_counts()
        cells = [f"{counts.get(quality, 0):,}" if counts.get(quality, 0) else "–" for quality in QUALITIES]
        table.add_row(name, f"{len(frame):,}", *cells)
    return table


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
        cells = [str(row["rank"]), row["place"], _text(area), people, *amounts, _text(nearest)]
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
        cells = [str(row["rank"]), _text(row["place"]), _count(row["people"])]
        table.add_row(*map(Text, cells), Text(_text(row["lacks_zh"] if lang == "zh" else row["lacks"])))
    return table


def _count_gaps(rows: pd.DataFrame, lang: Language) -> Table:
    table = plain_table()
    table.add_column(said("rank", lang), justify="right")
    table.add_column(said("area", lang), ratio=1)
    for name in ("people", "have", "need", "short"):
        table.add_column(said(name, lang), justify="right", no_wrap=True)
    for row in rows.to_dict("records"):
        counts = [_count(row[name]) for name in ("place_people", "have", "need", "short")]
        table.add_row(str(row["rank"]), Text(_text(row["area"] if lang == "zh" else row["area_en"])), *counts)
    return table


def _text(value: object) -> str:
    return value if isinstance(value, str) and value else "–"


def columns_table(declaration: Declaration) -> RenderableType:
    """Show the columns of one table: what they are called, what may stand in them, what they mean."""
    from coverplan.inputs.dictionary import column_meaning, column_need, column_type  # noqa: PLC0415 - kept off start-up

    table = plain_table()
    table.add_column("Column", no_wrap=True)
    table.add_column("中文", no_wrap=True)
    table.add_column("Needed", max_width=10)
    table.add_column("Meaning", ratio=1)
    for column in declaration.columns:
        meaning = Text(column_meaning(column).replace("`", ""))
        meaning.append(f"\n{column_type(column)}", style="dim")
        if column.allowed:
            meaning.append(f": {', '.join(column.allowed)}", style="dim")
        table.add_row(Text(column.name, style="cyan"), column.zh, column_need(column, declaration), meaning)
    title = Text.assemble((declaration.name, "bold"), f" · {declaration.zh}\n", (declaration.meaning, "dim"))
    return Group(title, Padding(table, (0, 0, 1, 0)))


def import_table(brought: Imported) -> RenderableType:
    """Show what was understood of a file: each column with its heading, how many cells are filled, some of them."""
    records = brought.records
    where = f"{records.file} · {records.sheet}" if records.sheet else records.file
    count_of = len(records.frame)
    rows = f"{count_of:,} record{'' if count_of == 1 else 's'}"
    title = Text.assemble((where, "bold"), f" → {brought.table.name} · {brought.table.zh}", (f", {rows}", "dim"))
    table = plain_table()
    table.add_column("Column", no_wrap=True)
    table.add_column("Heading")
    table.add_column("Filled", justify="right", no_wrap=True)
    table.add_column("Examples", ratio=1, no_wrap=True, overflow="ellipsis")
    for found in brought.columns:
        filled = Text(f"{found.filled:,}", style="" if found.filled == count_of else "yellow")
        heading = f"{found.letter} {found.heading}".strip()
        table.add_row(Text(found.column.name, style="cyan"), Text(heading), filled, Text(" | ".join(found.examples)))
    parts: list[RenderableType] = [title, table]
    if count_of == 0:
        parts = [title]
    elif brought.absent:
        parts.append(Text(f"not there: {', '.join(brought.absent)}", style="dim"))
    for note in brought.notes:
        place = "" if note.row is None else f"row {note.row}: "
        parts.append(Text(f"note: {place}{note.what}{f' ({note.hint})' if note.hint else ''}", style="yellow"))
    return Padding(Group(*parts), (0, 0, 1, 0))


def placing_table(done: Sequence[Asked]) -> RenderableType:
    """Show how many records were placed, and which of them a person should look at."""
    from coverplan.inputs.geocode import REASONS  # noqa: PLC0415 - kept off start-up

    parts: list[RenderableType] = []
    for asked in done:
        counts = asked.found.counts
        title = Text.assemble((asked.table, "bold"), f": {asked.missing} without a position. ")
        title.append(f"{counts['placed']} placed, {counts['check']} to check, {counts['open']} open", style="cyan")
        parts.append(title)
        if asked.found.review.empty:
            continue
        table = plain_table()
        for name in ("Row", "Record", "Place", "From", "Why a person should look"):
            table.add_column(name, justify="right" if name == "Row" else "left", ratio=1 if "Why" in name else None)
        for row in asked.found.review.to_dict("records"):
            why = REASONS.get(row["reason"], ("", "no list knows a place of that name"))[1]
            cells = [str(row["row"]), _text(row["name"]), _text(row["place"]), _text(row["provider"]), why]
            table.add_row(*map(Text, cells), style="" if row["status"] == "check" else "yellow")
        parts.append(table)
    return Group(*parts)
