"""One vehicle, device or bed for so many people: how many there are, and how many are needed."""

from __future__ import annotations

import pandas as pd

from coverplan.access.ratios import units_needed
from coverplan.core.words import UNITS, worst_quality
from coverplan.standards.checks.bench import Bench, Outcome, area_table, no_data
from coverplan.standards.checks.counts import (
    Denominator,
    Tally,
    denominator,
    every_en,
    people_by_area,
    tally,
    with_everywhere,
)
from coverplan.standards.fields import Need
from coverplan.standards.findings import Finding
from coverplan.standards.params import RatioParams
from coverplan.standards.rules import Reading, Rule
from coverplan.standards.wording import count, sentence_en, sentence_zh, units_en, units_zh


def check_ratio(bench: Bench, rule: Rule, reading: Reading, params: RatioParams) -> Outcome:
    """Hold a count against one for so many people, for the whole or for every area on its own."""
    have = tally(bench, params)
    if isinstance(have, Need):
        return no_data(bench, rule, reading, have, unit=params.counted)
    people = denominator(bench, params)
    if isinstance(people, Need):
        return no_data(bench, rule, reading, people, unit=params.counted)
    rows = _area_rows(bench, params, have)
    everywhere = params.level == "area"
    need = int(rows["need"].sum()) if everywhere else _need(params, people.people)
    short = int(rows["short"].sum()) if everywhere else max(need - have.total, 0)
    quality = worst_quality([have.quality, *(people.quality if not everywhere else _people_quality(bench))])
    statements = _by_area_text(rows, params, have.total) if everywhere else _city_text(params, have.total, need, people)
    finding = Finding(
        rule_id=rule.rule_id,
        reading=reading,
        status="not_met" if short else "met",
        figure=float(have.total),
        unit=params.counted,
        limit=float(need),
        shortfall=float(short),
        shortfall_unit=params.counted,
        statement_en=sentence_en(statements[0], quality),
        statement_zh=sentence_zh(f"{reading.zh}：{statements[1]}", quality),
        areas=area_table(bench, rows),
        quality=quality,
        notes=(*have.notes, *_population_notes(bench, people, everywhere=everywhere)),
        people=float(bench.people["people"].sum()),
        have=float(have.total),
        need=float(need),
        short=float(short),
    )
    return Outcome(finding=finding)


def _need(params: RatioParams, people: float) -> int:
    return units_needed(people, params.per_people / params.at_least, params.rounding)


def _area_rows(bench: Bench, params: RatioParams, have: Tally) -> pd.DataFrame:
    there, people = with_everywhere(have.by_area, people_by_area(bench))
    need = pd.Series([_need(params, float(n)) for n in people], index=people.index, dtype="int64")
    short = (need - there).clip(lower=0)
    return pd.DataFrame(
        {
            "area_id": people.index,
            "status": ["not_met" if lacking else "met" for lacking in short],
            "figure": there.to_numpy(),
            "limit": need.to_numpy(),
            "people": people.to_numpy(),
            "have": there.to_numpy(),
            "need": need.to_numpy(),
            "short": short.to_numpy(),
        }
    )


def _city_text(params: RatioParams, have: int, need: int, people: Denominator) -> tuple[str, str]:
    unit, every = params.counted, every_en(params, params.per_people)
    zh = f"每{count(params.per_people)}人{params.at_least:g}{UNITS[unit].zh}，人口{count(people.people)}人，"
    zh += f"应配{units_zh(need, unit)}，现有{units_zh(have, unit)}"
    asked = f"{count(people.people)} people need {units_en(need, unit)} ({every})"
    if have >= need:
        return f"{asked} and there are {count(have)}", f"{zh}，已配足"
    return f"{asked}; there are {count(have)}, {count(need - have)} short", f"{zh}，缺{units_zh(need - have, unit)}"


def _by_area_text(rows: pd.DataFrame, params: RatioParams, have: int) -> tuple[str, str]:
    unit, need, short = params.counted, int(rows["need"].sum()), int(rows["short"].sum())
    good, every = int((rows["short"] == 0).sum()), every_en(params, params.per_people)
    en = (
        f"{good} of {len(rows)} areas have {every}, each rounded on its own ({count(need)} needed, {count(have)} there)"
    )
    zh = f"{len(rows)}个镇街中{good}个达标（分别取整，共应配{units_zh(need, unit)}，现有{units_zh(have, unit)}）"
    if not short:
        return en, zh
    return f"{en}; the others are {units_en(short, unit)} short", f"{zh}，其余共缺{units_zh(short, unit)}"


def _population_notes(bench: Bench, people: Denominator, *, everywhere: bool) -> tuple[str, ...]:
    if everywhere:
        return ("Each area's need is reckoned on its own people in the people table and rounded on its own.",)
    told = float(bench.people["people"].sum())
    note = f"Divided by {people.en}: {count(people.people)} people."
    if told != people.people:
        note += f" The rows by area use the people table, {count(told)} people."
    return (note,)


def _people_quality(bench: Bench) -> list[str]:
    return [str(value) for value in bench.study.people["quality"].dropna().unique()]
