"""One vehicle, device or bed for so many people: how many there are, and how many are needed."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pandas as pd

from coverplan.access.ratios import per_population
from coverplan.core.tables import PEOPLE_GROUPS
from coverplan.core.words import UNITS, worst_quality
from coverplan.standards.checks.bench import Bench, Outcome, area_table, no_data, plain_areas, unit_table
from coverplan.standards.checks.catchments import Catchments, build_catchments, hub_of_rows
from coverplan.standards.checks.counts import (
    Denominator,
    Tally,
    denominator,
    every_en,
    people_by_area,
    tally,
    with_everywhere,
)
from coverplan.standards.chosen import Need, qualities_of
from coverplan.standards.findings import Finding, Status
from coverplan.standards.params import RatioParams
from coverplan.standards.rules import Reading, Rule
from coverplan.standards.wording import count, sentence_en, sentence_zh, units_en, units_zh


def check_ratio(bench: Bench, rule: Rule, reading: Reading, params: RatioParams) -> Outcome:
    """Hold a count against one for so many people: of the whole, of every area, or of every service area."""
    unit = counted_unit(rule, params)
    have = tally(bench, params.sources, rule.book, only_in=params.only_in)
    if isinstance(have, Need):
        return no_data(bench, rule, reading, have, unit=unit)
    people = denominator(bench, params.denominator)
    if isinstance(people, Need):
        return no_data(bench, rule, reading, people, unit=unit)
    areas = None if have.by_area is None else _area_rows(bench, params, have.by_area)
    hubs = _hub_rows(bench, rule, params, have) if params.level == "service_area" else None
    if isinstance(hubs, Need):
        return no_data(bench, rule, reading, hubs, unit=unit)
    if params.level == "area" and areas is None:
        need = Need(
            en=f"{params.indicator or params.table} of every area; only the whole is known",
            zh="每个镇街的数据；目前只有全市（县）合计",
        )
        return no_data(bench, rule, reading, need, unit=unit)
    rows = {"area": areas, "service_area": None if hubs is None else hubs[0]}.get(params.level)
    return _judge(bench, rule, reading, params, have=have, people=people, areas=areas, rows=rows, hubs=hubs)


def _judge(
    bench: Bench,
    rule: Rule,
    reading: Reading,
    params: RatioParams,
    *,
    have: Tally,
    people: Denominator,
    areas: pd.DataFrame | None,
    rows: pd.DataFrame | None,
    hubs: tuple[pd.DataFrame, Catchments] | None,
) -> Outcome:
    unit = counted_unit(rule, params)
    need = _need(params, people.people) if rows is None else float(rows["need"].sum())
    short = max(need - have.total, 0.0) if rows is None else float(rows["short"].sum())
    met = _is_met(params, have.total, people.people) if rows is None else bool((rows["status"] == "met").all())
    ours = params.limit_from == "ours"
    status: Status = "measured" if ours else "met" if met else "not_met"
    quality = worst_quality([have.quality, *(people.quality if rows is None else qualities_of(bench.study.people))])
    if rows is None:
        statements = _city_text(params, unit, have.total, need, people, met=met)
    else:
        statements = _by_area_text(rows, params, unit, have.total, of="areas" if hubs is None else "service areas")
    tail = _our_tail(rule, met=met) if ours else ("", "")
    finding = Finding(
        rule_id=rule.rule_id,
        reading=reading,
        status=status,
        figure=have.total,
        unit=unit,
        limit=None if ours else need,
        our_limit=need if ours else None,
        our_status=("met" if met else "not_met") if ours else None,
        shortfall=short,
        shortfall_unit=unit,
        statement_en=sentence_en(statements[0] + tail[0], quality),
        statement_zh=sentence_zh(f"{reading.zh}：{statements[1]}{tail[1]}", quality),
        areas=plain_areas(bench, "no_data") if areas is None else area_table(bench.areas, areas),
        quality=quality,
        notes=(*have.notes, *(hubs[1].notes if hubs else ()), *_population_notes(bench, people, rows is not None)),
        people=bench.everyone,
        have=have.total,
        need=need,
        short=short,
        rate=per_population(have.total, people.people, params.per_people),
        rate_limit=params.at_least * params.per_people / params.per_people,
        rate_per=params.per_people,
        units=None if hubs is None else _units(hubs[0], hubs[1], bench),
    )
    return Outcome(finding=finding)


def counted_unit(rule: Rule, params: Any) -> str:
    """Return what is counted: as the pack says, else as the indicator's declaration does."""
    if params.unit is None and params.indicator:
        return rule.book.indicators[params.indicator].group or "unit"
    return params.counted


def _need(params: RatioParams, people: float) -> float:
    """Return how many some people need; reckoned in fractions, 超过 asks for one beyond an even number."""
    asked = Fraction(str(params.at_least)) * Fraction(str(people)) / Fraction(str(params.per_people))
    if params.rounding == "none":
        return float(asked)
    need = math.ceil(asked) if params.rounding == "up" else math.floor(asked + Fraction(1, 2))
    return float(need + 1) if params.operator == ">" and asked == need else float(need)


def _is_met(params: RatioParams, have: float, people: float) -> bool:
    per = Fraction(str(people)) / Fraction(str(params.per_people))
    if params.operator == "about":
        asked = Fraction(str(params.at_least)) * per
        return abs(Fraction(str(have)) - asked) <= asked * Fraction(str(params.tolerance_pct)) / 100
    most = params.at_most
    return have >= _need(params, people) and (most is None or Fraction(str(have)) <= Fraction(str(most)) * per)


def _area_rows(bench: Bench, params: RatioParams, by_area: pd.Series) -> pd.DataFrame:
    group = params.denominator if params.denominator in PEOPLE_GROUPS else "people"
    there, people = with_everywhere(by_area, people_by_area(bench, group))
    rows = _rows(params, there, people)
    return rows.assign(people=people_by_area(bench).reindex(people.index, fill_value=0).to_numpy())


def _rows(params: RatioParams, there: pd.Series, people: pd.Series) -> pd.DataFrame:
    need = pd.Series([_need(params, float(n)) for n in people], index=people.index, dtype="float64")
    met = [_is_met(params, float(have), float(n)) for have, n in zip(there, people, strict=True)]
    return pd.DataFrame(
        {
            "area_id": people.index,
            "status": ["met" if good else "not_met" for good in met],
            "figure": there.to_numpy(),
            "limit": need.to_numpy(),
            "people": people.to_numpy(),
            "have": there.to_numpy(),
            "need": need.to_numpy(),
            "short": (need - there).clip(lower=0).to_numpy(),
        }
    )


def _hub_rows(bench: Bench, rule: Rule, params: RatioParams, have: Tally) -> tuple[pd.DataFrame, Catchments] | Need:
    """Hold every hub's own service area against the ratio."""
    areas = build_catchments(bench, params.hubs, rule.book, assign=params.assign, profile=params.profile)
    if isinstance(areas, Need):
        return areas
    if have.by_area is None:
        return Need(
            en="a table with positions; the statistics know only the whole", zh="带位置的数据表；统计指标只有合计"
        )
    ids = areas.hubs["facility_id"].astype(str)
    people = bench.people["people"].groupby(areas.of_people.to_numpy()).sum().reindex(ids, fill_value=0)
    there = have.records["amount"].groupby(hub_of_rows(bench, areas, have.records).to_numpy()).sum()
    return _rows(params, there.reindex(ids, fill_value=0.0).astype("float64"), people), areas


def _units(rows: pd.DataFrame, areas: Catchments, bench: Bench) -> pd.DataFrame:
    hubs = areas.hubs.set_index("facility_id")
    told = [
        {
            "unit_id": row["area_id"],
            "unit_kind": "service_area",
            "unit": hubs.loc[row["area_id"], "name"],
            "unit_en": hubs.loc[row["area_id"], "name_en"],
            "area_id": "",
            "facility_id": row["area_id"],
            "cause": "" if row["status"] == "met" else "too_few" if row["short"] else "too_many",
            **{name: row[name] for name in ("status", "people", "have", "need", "short")},
        }
        for _, row in rows.iterrows()
    ]
    return unit_table(told)


def _city_text(
    params: RatioParams, unit: str, have: float, need: float, people: Denominator, *, met: bool
) -> tuple[str, str]:
    every = every_en(params, params.per_people)
    zh = f"每{count(params.per_people)}人{params.at_least:g}{UNITS[unit].zh}，人口{count(people.people)}人，"
    zh += f"应配{units_zh(need, unit)}，现有{units_zh(have, unit)}"
    asked = f"{count(people.people)} people need {units_en(need, unit)} ({every})"
    if have < need:
        return f"{asked}; there are {count(have)}, {count(need - have)} short", f"{zh}，缺{units_zh(need - have, unit)}"
    if not met:
        return f"{asked}; there are {count(have)}, more than asked for", f"{zh}，超出要求"
    return f"{asked} and there are {count(have)}", f"{zh}，已配足"


def _by_area_text(rows: pd.DataFrame, params: RatioParams, unit: str, have: float, *, of: str) -> tuple[str, str]:
    need, short = float(rows["need"].sum()), float(rows["short"].sum())
    good, every = int((rows["status"] == "met").sum()), every_en(params, params.per_people)
    en = f"{good} of {len(rows)} {of} have {every}, each rounded on its own ({count(need)} needed, {count(have)} there)"
    what = "镇街" if of == "areas" else "服务区域"
    zh = f"{len(rows)}个{what}中{good}个达标（分别取整，共应配{units_zh(need, unit)}，现有{units_zh(have, unit)}）"
    if not short:
        return en, zh
    return f"{en}; the others are {units_en(short, unit)} short", f"{zh}，其余共缺{units_zh(short, unit)}"


def _our_tail(rule: Rule, *, met: bool) -> tuple[str, str]:
    why_en, why_zh = ("", "") if rule.our_reading is None else (rule.our_reading.why_en, rule.our_reading.why_zh)
    return (
        f"; the text sets no number, this one is our own yardstick and would {'' if met else 'not '}be met ({why_en})",
        f"；原文未定数量，按本工具参考线{'可达到' if met else '未达到'}（{why_zh}）",
    )


def _population_notes(bench: Bench, people: Denominator, everywhere: bool) -> tuple[str, ...]:
    if everywhere:
        return ("Each area's need is reckoned on its own people in the people table and rounded on its own.",)
    note = f"Divided by {people.en}: {count(people.people)} people."
    if bench.everyone != people.people:
        note += f" The rows by area use the people table, {count(bench.everyone)} people."
    return (note,)
