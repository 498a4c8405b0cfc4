"""A part of a whole, such as 40 % of the vehicles: of the whole one has, or of the whole one needs."""

from __future__ import annotations

import math
from fractions import Fraction

import pandas as pd

from coverplan.access.ratios import part_needed, units_needed
from coverplan.core.words import worst_quality
from coverplan.standards.checks.bench import Bench, Outcome, area_table, no_data, plain_areas, unit_table
from coverplan.standards.checks.counts import (
    Denominator,
    Tally,
    denominator,
    people_by_area,
    tally,
    verdict_of,
    with_everywhere,
)
from coverplan.standards.checks.ratio import counted_unit
from coverplan.standards.chosen import Need, matches
from coverplan.standards.findings import Finding, Status
from coverplan.standards.params import ShareParams, Source
from coverplan.standards.rules import Reading, Rule
from coverplan.standards.wording import count, percent, plural, sentence_en, sentence_zh, units_en, units_zh


def check_share(bench: Bench, rule: Rule, reading: Reading, params: ShareParams) -> Outcome:
    """Hold a part against its share of the whole there is, or of the whole that is needed."""
    unit = f"share_{plural(counted_unit(rule, params))}"
    whole_of = tally(bench, params.sources, rule.book, only_in=params.only_in)
    part = _part(bench, rule, params)
    people = denominator(bench, params.denominator) if params.of == "need" else None
    for found in (whole_of, part, people):
        if isinstance(found, Need):
            return no_data(bench, rule, reading, found, unit=unit)
    if isinstance(whole_of, Need) or isinstance(part, Need) or isinstance(people, Need):
        raise TypeError("needs were told above")
    whole = whole_of.total if people is None else _whole_needed(params, people.people)
    if not whole:
        what = params.table or params.indicator
        need = Need(en=f"at least one row that counts in the {what} table", zh="至少一条可计入的记录")
        return no_data(bench, rule, reading, need, unit=unit)
    if params.level == "facility":
        return _each(bench, rule, reading, params, whole=whole_of, part=part, unit=unit)
    rows = _area_rows(bench, params, whole_of, part)
    if params.level == "area" and rows is None:
        need = Need(en="the figure of every area; only the whole is known", zh="每个镇街的数据；目前只有合计")
        return no_data(bench, rule, reading, need, unit=unit)
    units = _lacking(bench, rule, params, whole_of) if params.table == "facilities" and params.part else None
    return _finding(bench, rule, reading, params, part=part, whole=whole, people=people, rows=rows, units=units,
                    notes=whole_of.notes)  # fmt: skip


def _finding(
    bench: Bench,
    rule: Rule,
    reading: Reading,
    params: ShareParams,
    *,
    part: Tally,
    whole: float,
    people: Denominator | None,
    rows: pd.DataFrame | None,
    units: pd.DataFrame | None,
    notes: tuple[str, ...],
) -> Outcome:
    counted = counted_unit(rule, params)
    asked = params.share_pct
    need = float("nan") if asked is None or params.operator in {"<", "<="} else part_of(params, whole)
    short = max(need - part.total, 0.0) if not math.isnan(need) else 0.0
    met = asked is None or _keeps(params, part.total, whole)
    everywhere = params.level == "area" and rows is not None
    if everywhere and rows is not None:
        lived = rows[rows["status"] != "no_data"]
        met, short = bool((lived["status"] != "not_met").all()), float(rows["short"].sum())
    ours = params.limit_from == "ours"
    limit = None if asked is None else asked / 100
    status: Status = "measured" if asked is None or ours else "met" if met else "not_met"
    yardstick = limit if ours else (rule.our_reading.share if asked is None and rule.our_reading else None)
    keeps_ours = yardstick is not None and Fraction(str(part.total)) >= Fraction(str(yardstick)) * Fraction(str(whole))
    quality = worst_quality([part.quality, *(people.quality if people else ())])
    en, zh = _text(params, counted, part.total, whole, people, ours=ours, met=met)
    if everywhere and rows is not None:
        good, n = int((rows["status"] == "met").sum()), int((rows["status"] != "no_data").sum())
        en, zh = f"{en}; {good} of {n} areas keep it on their own", f"{zh}；{n}个镇街中{good}个单独达到"
    finding = Finding(
        rule_id=rule.rule_id,
        reading=reading,
        status=status,
        figure=part.total / whole,
        unit=f"share_{plural(counted)}",
        limit=None if ours else limit,
        our_limit=yardstick,
        our_status=None if yardstick is None else "met" if keeps_ours else "not_met",
        shortfall=0.0 if met else short,
        shortfall_unit=counted,
        statement_en=sentence_en(f"{rule.name_en}: {en}", quality),
        statement_zh=sentence_zh(f"{rule.name_zh}：{zh}", quality),
        areas=plain_areas(bench, "no_data") if rows is None else area_table(bench.areas, rows),
        quality=quality,
        notes=notes if people is None else (*notes, f"Divided by {people.en}."),
        people=bench.everyone,
        have=part.total,
        need=need,
        short=short,
        units=units,
    )
    return Outcome(finding=finding)


def _part(bench: Bench, rule: Rule, params: ShareParams) -> Tally | Need:
    if params.part_indicator:
        source = Source.model_construct(
            table=None, where={}, sum=None, indicator=params.part_indicator, year=params.year
        )
        return tally(bench, (source,), rule.book, only_in=params.only_in)
    source = Source.model_construct(
        table=params.table, where=params.where, sum=params.part_sum or params.sum, indicator=None, year=None
    )
    return tally(bench, (source,), rule.book, part=params.part or None, only_in=params.only_in)


def part_of(params: ShareParams, whole: float) -> float:
    """Return how many of a whole the share asks for; 超过 (more than) asks for one beyond an even share."""
    share = Fraction(str(params.share_pct)) / 100
    if params.operator == ">":
        return float(math.floor(share * Fraction(str(whole))) + 1)
    if params.operator == "about":
        share *= 1 - Fraction(str(params.tolerance_pct)) / 100
    if not float(whole).is_integer():
        return float(share * Fraction(str(whole)))
    return float(part_needed(int(whole), float(share), params.rounding))


def _keeps(params: ShareParams, part: float, whole: float) -> bool:
    if params.operator in {">=", ">"}:
        return part >= part_of(params, whole)
    share = float(Fraction(str(part)) / Fraction(str(whole)) * 100)
    return verdict_of(share, params.operator, (float(params.share_pct or 0),), params.tolerance_pct)[0]


def _whole_needed(params: ShareParams, people: float) -> float:
    return float(units_needed(people, params.per_people or math.inf, params.rounding))


def _area_rows(bench: Bench, params: ShareParams, all_of_them: Tally, part: Tally) -> pd.DataFrame | None:
    if all_of_them.by_area is None or part.by_area is None:
        return None
    there, people = with_everywhere(all_of_them.by_area, people_by_area(bench))
    have = part.by_area.reindex(people.index, fill_value=0.0).astype("float64")
    if params.of == "need":
        there = pd.Series([_whole_needed(params, float(n)) for n in people], index=people.index, dtype="float64")
    asked = params.share_pct is not None
    at_least = asked and params.operator not in {"<", "<="}
    need = pd.Series([part_of(params, float(n)) if n and at_least else 0.0 for n in there], index=people.index)
    good = [not asked or (bool(n) and _keeps(params, float(h), float(n))) for h, n in zip(have, there, strict=True)]
    status = [
        "no_data" if not whole else "measured" if not asked else "met" if kept else "not_met"
        for whole, kept in zip(there, good, strict=True)
    ]
    return pd.DataFrame(
        {
            "area_id": people.index,
            "status": status,
            "figure": (have / there.where(there > 0)).to_numpy(),
            "limit": float("nan") if params.share_pct is None else params.share_pct / 100,
            "people": people.to_numpy(),
            "have": have.to_numpy(),
            "need": need.to_numpy(),
            "short": (need - have).clip(lower=0).to_numpy(),
        }
    )


def _lacking(bench: Bench, rule: Rule, params: ShareParams, whole: Tally) -> pd.DataFrame:
    """Tell facility by facility whether it makes part of the part, and what it lacks where that is a service."""
    rows = whole.records
    good = matches(bench.study, rows, params.part, rule.book)
    wanted = params.part.get("services")
    words = [str(value) for value in (wanted.all or wanted.any)] if wanted is not None else []
    told = []
    for (_, row), kept in zip(rows.iterrows(), good, strict=True):
        said = str(row["services"]) if pd.notna(row["services"]) else ""
        open_ = [w for w in words if not _has(said, rule, w)] if not kept else []
        text = "; ".join(f"{name} {condition}" for name, condition in params.part.items())
        told.append(
            {
                "unit_id": row["facility_id"],
                "unit_kind": "facility",
                "unit": row["name"],
                "unit_en": row["name_en"] if pd.notna(row["name_en"]) else "",
                "area_id": row["area_id"] if pd.notna(row["area_id"]) else "",
                "status": "met" if kept else "not_met",
                "facility_id": row["facility_id"],
                "lacks": "" if kept else ", ".join(rule.book.services[w].en for w in open_) or text,
                "lacks_zh": "" if kept else "、".join(rule.book.services[w].zh for w in open_) or text,
                "cause": "" if kept else "lacks",
            }
        )
    return unit_table(told)


def _has(said: str, rule: Rule, word: str) -> bool:
    labels = (word, rule.book.services[word].zh, rule.book.services[word].en, *rule.book.services[word].aliases)
    parts = {part.strip() for part in said.replace("；", ";").replace("、", ";").split(";")}
    return bool(parts & set(labels))


def _by_facility(told: Tally) -> dict[str, float]:
    """Return the figures of single facilities."""
    rows = told.records.dropna(subset=["facility_id"]) if len(told.records) else told.records
    return (
        {} if not len(rows) else dict(zip(rows["facility_id"].astype(str), rows["amount"].astype(float), strict=True))
    )


def _each(
    bench: Bench, rule: Rule, reading: Reading, params: ShareParams, *, whole: Tally, part: Tally, unit: str
) -> Outcome:
    """Hold every facility's own share, of two figures of the statistics, against what the text asks."""
    wholes = (
        whole.records.dropna(subset=["facility_id"]).set_index("facility_id")["amount"] if len(whole.records) else {}
    )
    parts = part.records.dropna(subset=["facility_id"]).set_index("facility_id")["amount"] if len(part.records) else {}
    named = bench.study.facilities.set_index("facility_id")
    told = []
    for facility, n in wholes.items():
        have, known = parts.get(facility, float("nan")), facility in parts
        need = part_of(params, float(n)) if params.share_pct is not None and n else float("nan")
        kept = known and (params.share_pct is None or not n or _keeps(params, have, float(n)))
        told.append(
            {
                "unit_id": facility,
                "unit_kind": "facility",
                "unit": named["name"].get(facility, facility),
                "unit_en": named["name_en"].get(facility, ""),
                "area_id": named["area_id"].get(facility, ""),
                "status": "no_data" if not known else "met" if kept else "not_met",
                "have": have,
                "need": need,
                "short": max(need - have, 0.0) if known else float("nan"),
                "facility_id": facility,
                "cause": "" if kept or not known else "too_few",
            }
        )
    units = unit_table(told)
    known = units[units["status"] != "no_data"]
    if not len(known):
        need = Need(en=f"indicators.{params.part_indicator} and {params.indicator} of single facilities",
                    zh="各机构的统计指标（统计指标表中填写机构编码）")  # fmt: skip
        return no_data(bench, rule, reading, need, unit=unit)
    good, n = int((known["status"] == "met").sum()), len(known)
    status: Status = "measured" if params.share_pct is None else "met" if good == n else "not_met"
    asked = "" if params.share_pct is None else f" {params.share_pct:g} %"
    finding = Finding(
        rule_id=rule.rule_id,
        reading=reading,
        status=status,
        figure=good / n,
        unit="share_facilities",
        limit=1.0 if params.share_pct is not None else None,
        shortfall=float(n - good),
        shortfall_unit="facility",
        statement_en=sentence_en(f"{rule.name_en}: {good} of {n} facilities reach{asked} on their own", part.quality),
        statement_zh=sentence_zh(f"{rule.name_zh}：{n}个机构中{good}个单独达到{asked.replace(' ', '')}", part.quality),
        areas=plain_areas(bench, "no_data"),
        quality=part.quality,
        notes=whole.notes,
        people=bench.everyone,
        have=float(good),
        need=float(n),
        short=float(n - good),
        units=units,
    )
    return Outcome(finding=finding)


def _text(
    params: ShareParams,
    unit: str,
    have: float,
    whole: float,
    people: Denominator | None,
    *,
    ours: bool,
    met: bool,
) -> tuple[str, str]:
    limits = () if params.share_pct is None else (params.share_pct / 100,)
    share = percent(have / whole, apart_from=limits)
    if people is None:
        en = f"{count(have)} of {units_en(whole, unit)} ({share} %)"
        zh = f"现有{units_zh(whole, unit)}中有{units_zh(have, unit)}（{share}%）"
    else:
        en = f"{count(have)}, which is {share} % of the {units_en(whole, unit)} that {count(people.people)} people need"
        zh = f"现有{units_zh(have, unit)}，占{count(people.people)}人应配{units_zh(whole, unit)}的{share}%"
    if params.share_pct is None:
        return f"{en}; the text sets no share", f"{zh}；原文未定比例"
    asked = f"{params.share_pct:g}"
    if ours:
        return (
            f"{en}; the text sets no share, and our own yardstick of {asked} % would {'' if met else 'not '}be met",
            f"{zh}；原文未定比例，按本工具参考线{asked}%{'可达到' if met else '未达到'}",
        )
    if params.operator not in {">=", ">"}:
        words = {"<=": ("at most", "不超过"), "<": ("less than", "低于"), "about": ("about", "约")}[params.operator]
        slack_zh = "（允许偏差为本工具口径）" if params.operator == "about" else ""
        slack = f" (within {params.tolerance_pct:g} %, a tolerance of ours)" if params.operator == "about" else ""
        return (
            f"{en}; the text asks for {words[0]} {asked} %{slack}{'' if met else ', which is not met'}",
            f"{zh}；要求{words[1]}{asked}%{slack_zh}，{'已达到' if met else '未达到'}",
        )
    need = part_of(params, whole)
    more_en, more_zh = ("more than ", "超过") if params.operator == ">" else ("", "")
    en += f"; {more_en}{asked} % are {count(need)}"
    zh += f"；{more_zh}{asked}%应为{units_zh(need, unit)}"
    if have >= need:
        return f"{en}, enough", f"{zh}，已达到"
    return f"{en}, {count(need - have)} short", f"{zh}，缺{units_zh(need - have, unit)}"
