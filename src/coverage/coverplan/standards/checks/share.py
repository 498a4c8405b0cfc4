"""A part of a whole, such as 40 % of the vehicles: of the whole one has, or of the whole one needs."""

from __future__ import annotations

import math
from fractions import Fraction

import pandas as pd

from coverplan.access.ratios import part_needed, units_needed
from coverplan.core.words import worst_quality
from coverplan.standards.checks.bench import Bench, Outcome, area_table, no_data
from coverplan.standards.checks.counts import Denominator, Tally, denominator, people_by_area, tally, with_everywhere
from coverplan.standards.fields import Need
from coverplan.standards.findings import Finding
from coverplan.standards.params import ShareParams
from coverplan.standards.rules import Reading, Rule
from coverplan.standards.wording import count, percent, plural, sentence_en, sentence_zh, units_en, units_zh


def check_share(bench: Bench, rule: Rule, reading: Reading, params: ShareParams) -> Outcome:
    """Hold a part against its share of the whole there is, or of the whole that is needed."""
    unit = f"share_{plural(params.counted)}"
    all_of_them = tally(bench, params)
    if isinstance(all_of_them, Need):
        return no_data(bench, rule, reading, all_of_them, unit=unit)
    part = tally(bench, params, part=params.part)
    if isinstance(part, Need):
        return no_data(bench, rule, reading, part, unit=unit)
    people = denominator(bench, params) if params.of == "need" else None
    if isinstance(people, Need):
        return no_data(bench, rule, reading, people, unit=unit)
    whole = all_of_them.total if people is None else _whole_needed(params, people.people)
    if not whole:
        need = Need(en=f"at least one row that counts in the {params.table} table", zh="至少一条可计入的记录")
        return no_data(bench, rule, reading, need, unit=unit)
    need = part_of(params, whole)
    short = max(need - part.total, 0)
    quality = worst_quality([part.quality, *(people.quality if people else ())])
    en, zh = _text(params, part.total, whole, people)
    finding = Finding(
        rule_id=rule.rule_id,
        reading=reading,
        status="not_met" if short else "met",
        figure=part.total / whole,
        unit=unit,
        limit=params.share_pct / 100,
        shortfall=float(short),
        shortfall_unit=params.counted,
        statement_en=sentence_en(f"{rule.name_en}: {en}", quality),
        statement_zh=sentence_zh(f"{rule.name_zh}：{zh}", quality),
        areas=area_table(bench, _area_rows(bench, params, all_of_them, part)),
        quality=quality,
        notes=all_of_them.notes if people is None else (*all_of_them.notes, f"Divided by {people.en}."),
        people=float(bench.people["people"].sum()),
        have=float(part.total),
        need=float(need),
        short=float(short),
    )
    return Outcome(finding=finding)


def part_of(params: ShareParams, whole: int) -> int:
    """Return how many of a whole the share asks for; 超过 (more than) asks for one beyond an even share."""
    if params.operator == ">":
        return math.floor(Fraction(str(params.share_pct)) / 100 * whole) + 1
    return part_needed(whole, float(Fraction(str(params.share_pct)) / 100), params.rounding)


def _whole_needed(params: ShareParams, people: float) -> int:
    return units_needed(people, params.per_people or math.inf, params.rounding)


def _area_rows(bench: Bench, params: ShareParams, all_of_them: Tally, part: Tally) -> pd.DataFrame:
    there, people = with_everywhere(all_of_them.by_area, people_by_area(bench))
    have = part.by_area.reindex(people.index, fill_value=0).astype("int64")
    if params.of == "need":
        there = pd.Series([_whole_needed(params, float(n)) for n in people], index=people.index, dtype="int64")
    need = pd.Series([part_of(params, int(n)) if n else 0 for n in there], index=people.index, dtype="int64")
    short = (need - have).clip(lower=0)
    status = [
        "no_data" if not whole else "not_met" if lacking else "met" for whole, lacking in zip(there, short, strict=True)
    ]
    return pd.DataFrame(
        {
            "area_id": people.index,
            "status": status,
            "figure": (have / there.where(there > 0)).to_numpy(),
            "limit": params.share_pct / 100,
            "people": people.to_numpy(),
            "have": have.to_numpy(),
            "need": need.to_numpy(),
            "short": short.to_numpy(),
        }
    )


def _text(params: ShareParams, have: int, whole: int, people: Denominator | None) -> tuple[str, str]:
    unit, need = params.counted, part_of(params, whole)
    share, asked = percent(have / whole, apart_from=(params.share_pct / 100,)), f"{params.share_pct:g}"
    if people is None:
        en = f"{count(have)} of {units_en(whole, unit)} ({share} %)"
        zh = f"现有{units_zh(whole, unit)}中有{units_zh(have, unit)}（{share}%）"
    else:
        en = f"{count(have)}, which is {share} % of the {units_en(whole, unit)} that {count(people.people)} people need"
        zh = f"现有{units_zh(have, unit)}，占{count(people.people)}人应配{units_zh(whole, unit)}的{share}%"
    more_en, more_zh = ("more than ", "超过") if params.operator == ">" else ("", "")
    en += f"; {more_en}{asked} % are {count(need)}"
    zh += f"；{more_zh}{asked}%应为{units_zh(need, unit)}"
    if have >= need:
        return f"{en}, enough", f"{zh}，已达到"
    return f"{en}, {count(need - have)} short", f"{zh}，缺{units_zh(need - have, unit)}"
