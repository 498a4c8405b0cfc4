"""What the command shows of many: verdicts counted, two runs compared, a batch. 80 columns wide."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from coverplan.cli.tables import (
    Language,
    heading,
    missed_table,
    notes_on,
    plain_table,
    status_word,
    tally_line,
    verdict_table,
)
from coverplan.cli.wrapping import WIDTH, wrapped
from coverplan.core.words import SYSTEMS
from coverplan.outputs import phrases
from coverplan.standards.summary import tally_by
from coverplan.standards.wording import count

if TYPE_CHECKING:
    import pandas as pd

    from coverplan.batch.record import Checked
    from coverplan.standards.findings import Assessment

_STATUSES = ("met", "not_met", "measured", "no_data")
_MOST = 40
_SAID: dict[str, phrases.Both] = {
    "system": {"en": "System", "zh": "体系"},
    "document": {"en": "Plan", "zh": "规划"},
    "area": {"en": "Town", "zh": "镇街"},
    "rules": {"en": "rules", "zh": "合计"},
    "study": {"en": "Study", "zh": "地区"},
    "missed": {"en": "binding, missed", "zh": "约束性未达标"},
    "failed": {"en": "could not be checked", "zh": "未能核查"},
    "more_studies": {"en": "... and {n} more; they stand in verdicts.csv.", "zh": "……另有 {n} 个，见 verdicts.csv。"},
    "together": {"en": "Studies: {n}", "zh": "共 {n} 个地区"},
    "no_change": {"en": "The two runs say the same.", "zh": "两次运行结果一致。"},
    "verdicts": {"en": "Verdicts that changed", "zh": "结论变化"},
    "made_of": {"en": "What they were made from", "zh": "依据的变化"},
    "because": {"en": "because of", "zh": "原因："},
    "and": {"en": ", and ", "zh": "；另："},
    "input": {"en": "input", "zh": "数据"},
    "option": {"en": "option", "zh": "选项"},
    "rule": {"en": "rule", "zh": "规则"},
    "code": {"en": "code", "zh": "程序"},
    "figure": {"en": "figure", "zh": "现状"},
    "shortfall": {"en": "short of it", "zh": "缺口"},
    "reading": {"en": "reading", "zh": "口径"},
    "quality": {"en": "data", "zh": "数据质量"},
    "status": {"en": "verdict", "zh": "结论"},
    "nothing": {"en": "nothing", "zh": "无"},
    "not_met": {"en": "Not met, in the reading that decides", "zh": "未达标（按采用口径）"},
    "needs": {
        "en": "no data: a table or column is not filled in; coverplan explain RULE says which. coverplan summary has "
        "every rule with all its readings.",
        "zh": "缺数据：所需表或列未填写，coverplan explain 条款编号 可查缺什么；coverplan summary 列出全部条款和口径。",
    },
    "rule_id": {"en": "Rule", "zh": "条款"},
    "group": {"en": "Group", "zh": "人群"},
    "outside": {"en": "Outside", "zh": "限外"},
    "share": {"en": "Share", "zh": "占比"},
    "ratio": {"en": "Ratio", "zh": "与全体之比"},
    "worst": {"en": "Worst town", "zh": "最差镇街"},
    "gini": {"en": "Gini", "zh": "基尼系数"},
    "no_cause": {"en": "nothing recorded explains it", "zh": "未记录到原因"},
}


def _word(key: str, lang: Language) -> str:
    return _SAID[key][lang]


MANY_RULES = 25
"""A run of more rules than this is told system by system; `coverplan summary` has every rule."""


def overview(assessment: Assessment, lang: Language) -> RenderableType:
    """Show a run: every rule when they are few; else how many of each system are met, and those that are not."""
    if len(assessment.verdicts) <= MANY_RULES:
        return verdict_table(assessment, lang)
    missed = [verdict.default for verdict in assessment.verdicts if verdict.status == "not_met"]
    parts: list[RenderableType] = [
        heading(assessment.study, lang),
        tally_table(assessment, "system", lang),
        tally_line(assessment, lang),
    ]
    if missed:
        parts += ["", Text(_word("not_met", lang), style="bold"), missed_table(assessment, lang)]
    if any(verdict.status == "no_data" for verdict in assessment.verdicts):
        parts += _lines(_word("needs", lang), style="dim", lead=0)
    measured = [verdict.default for verdict in assessment.verdicts if verdict.status == "measured"]
    return Group(*parts, *notes_on([*missed, *measured], assessment, lang))


def tally_table(assessment: Assessment, by: Literal["document", "system", "area"], lang: Language) -> Table:
    """Show how many rules came out as what, by system, plan or area (`standards.summary.tally_by`)."""
    tally, english = tally_by(assessment, by), _english_names(assessment)
    table = plain_table()
    table.add_column(_word(by, lang), ratio=1)
    for name in _STATUSES:
        table.add_column(status_word(name, lang), justify="right", no_wrap=True)
    table.add_column(_word("rules", lang), justify="right", no_wrap=True)
    for row in tally.to_dict("records"):
        name = str(row[by])
        label = getattr(SYSTEMS[name], lang) if by == "system" else english.get(name, name) if lang == "en" else name
        cells = [_dash(row[status]) for status in _STATUSES]
        table.add_row(Text(label), *cells, str(row["rules"]))
    return table


def _english_names(assessment: Assessment) -> dict[str, str]:
    areas = assessment.study.areas
    told = {str(zh): str(en) for zh, en in zip(areas["name"], areas["name_en"], strict=True) if isinstance(en, str)}
    return {**told, **{v.rule.document.title_zh: v.rule.document.title_en for v in assessment.verdicts}}


def _dash(number: Any) -> str:
    return f"{int(number):,}" if number else "–"


_GROUPS = {
    "people": "everyone",
    "people_65_plus": "65 and over",
    "people_under_3": "under 3",
    "women_15_49": "women 15-49",
}


def equity_table(told: pd.DataFrame, lang: Language) -> Table:
    """Show who is left outside, group by group, with the worst town and how unequal the distances are."""
    table = plain_table()
    for name in ("rule_id", "group", "outside", "share", "ratio", "worst", "gini"):
        right = name in {"outside", "share", "ratio", "gini"}
        wide = name == "worst"
        table.add_column(
            _word(name, lang), justify="right" if right else "left", no_wrap=not wide, ratio=1 if wide else None
        )
    for row in told.to_dict("records"):
        worst = f"{row['worst_area']} {row['worst_share_outside']:.1%}" if row["worst_share_outside"] > 0 else "–"
        ratio, gini = (
            "–" if math.isnan(value) else f"{value:.2f}" for value in (row["ratio_to_everyone"], row["gini"])
        )
        group = _GROUPS[row["group"]] if lang == "en" else row["group_zh"]
        share = "–" if math.isnan(row["share_outside"]) else f"{row['share_outside']:.1%}"
        table.add_row(Text(row["rule_id"]), group, f"{row['people_outside']:,}", share, ratio, Text(worst), gini)
    return table


def batch_table(studies: Sequence[Checked], lang: Language) -> RenderableType:
    """Show what came of every study of a batch, those that miss most first when there are many."""
    table = plain_table()
    table.add_column(_word("study", lang), ratio=1)
    for name in _STATUSES:
        table.add_column(status_word(name, lang), justify="right", no_wrap=True)
    table.add_column(_word("missed", lang), justify="right")
    some = list(studies)
    if len(some) > _MOST:
        some = sorted(some, key=lambda study: (-len(study.problems), -study.n_missed))[:_MOST]
    names = Counter(study.name for study in studies)
    for study in some:
        name = (study.name if lang == "zh" else study.name_en) or study.config.name
        name += f" ({study.config.stem})" if names[study.name] > 1 else ""
        if study.problems:
            table.add_row(Text(study.config.name), *[""] * len(_STATUSES), Text(_word("failed", lang), style="red"))
            continue
        counts = [_dash(study.counts.get(status, 0)) for status in _STATUSES]
        table.add_row(Text(name), *counts, Text(_dash(study.n_missed), style="red" if study.n_missed else "dim"))
    total = Counter[str]()
    for study in studies:
        total.update(study.counts)
    parts = [f"{total[status]:,} {phrases.status(status)[lang]}" for status in _STATUSES if total[status]]
    last = Text(_word("together", lang).format(n=f"{len(studies):,}"), style="bold")
    last.append(f": {', '.join(parts)}" if parts else "", style="not bold")
    left = len(studies) - len(some)
    notes = [Text(_word("more_studies", lang).format(n=f"{left:,}"), style="dim")] if left else []
    return Group(table, *notes, last)


def diff_page(found: pd.DataFrame, lang: Language) -> RenderableType:
    """Show what changed between two runs in words: first the verdicts, each with its causes, then the causes."""
    if found.empty:
        return Text(_word("no_change", lang), style="green")
    rows = found.to_dict("records")
    changed = [row for row in rows if row["kind"] == "verdict"]
    parts: list[RenderableType] = []
    keys = list(dict.fromkeys((row["rule_id"], row["reading"]) for row in changed))
    n_rules = len({rule for rule, _ in keys})
    parts.append(Text(f"\n{_word('verdicts', lang)}: {n_rules or _word('nothing', lang)}", style="bold"))
    for rule, reading in keys:
        parts += _changed_rule([row for row in changed if (row["rule_id"], row["reading"]) == (rule, reading)], lang)
    causes = [row for row in rows if row["kind"] != "verdict"]
    parts.append(Text(f"\n{_word('made_of', lang)}", style="bold"))
    for row in causes or [{}]:
        parts += _lines(_cause(row, lang) if row else _word("nothing", lang))
    return Group(*parts)


def _changed_rule(rows: list[dict[Any, Any]], lang: Language) -> list[RenderableType]:
    first = rows[0]
    name = first["rule"] if lang == "zh" else first["rule_en"]
    title = Text.assemble((f"{first['rule_id']} ", "dim"), (str(name), "bold"), (f" ({first['reading']})", "dim"))
    told: list[RenderableType] = [title]
    for row in rows:
        told += _lines(f"{_word(row['what'], lang)}: {_from_to(row, lang)}")
    why = first["why_zh"] if lang == "zh" else first["why"]
    because = why if why in {"nothing recorded", "未记录到变化"} else ""
    text = _word("no_cause", lang) if because else f"{_word('because', lang)} {why}"
    return [*told, *_lines(text, style="dim")]


def _from_to(row: dict[Any, Any], lang: Language) -> str:
    if row["what"] == "status":
        return " → ".join(status_word(str(row[side]), lang) for side in ("before", "after"))
    if row["what"] not in {"figure", "shortfall"}:
        return f"{row['before'] or '–'} → {row['after'] or '–'}"
    before, after = (_amount(row[side], str(row["unit"]), lang) for side in ("before", "after"))
    return f"{before} → {after}{_change(row, lang)}"


def _amount(text: str, unit: str, lang: Language) -> str:
    return phrases.amount(float(text), unit)[lang] if text and unit else text or "–"


def _change(row: dict[Any, Any], lang: Language) -> str:
    change = float(row["change"])
    if math.isnan(change):
        return ""
    sign = "+" if change > 0 else "−"
    if str(row["unit"]).startswith("share_"):
        points = {"en": "points", "zh": "个百分点"}[lang]
        return f" ({sign}{abs(change) * 100:.2g} {points})"
    return f" ({sign}{count(round(abs(change), 2))})"


def _cause(row: dict[Any, Any], lang: Language) -> str:
    sides = f"{_shortened(row['before'])} → {_shortened(row['after'])}" if row["before"] or row["after"] else ""
    rule = f"{row['rule_id']} " if row["rule_id"] else ""
    return f"{_word(row['kind'], lang)} {rule}{row['what']}{f': {sides}' if sides else ''}"


def _shortened(text: str, most: int = 120) -> str:
    return f"{text[:most]}…" if len(text) > most else text or "–"


def _lines(text: str, style: str = "", lead: int = 2) -> list[RenderableType]:
    return [Text(f"{' ' * lead}{line}", style=style) for line in wrapped(text, width=WIDTH - lead, indent=lead)]


def progress_page(table: pd.DataFrame) -> RenderableType:
    """Show the six-column progress table, one block per rule: six columns side by side would not fit."""
    parts: list[RenderableType] = []
    for row in table.to_dict("records"):
        for i, (name, value) in enumerate(row.items()):
            if value:
                parts += [Text(line, style="bold" if i == 0 else "") for line in
                          wrapped(f"{name}  {value}", width=WIDTH, indent=2 + 2 * len(str(name)))]  # fmt: skip
        parts.append(Text(""))
    return Group(*parts)
