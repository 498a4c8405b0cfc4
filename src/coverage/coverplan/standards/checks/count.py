"""So many of something, and figures of the statistics: the figure itself, held against what the text asks of it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from coverplan.core.words import worst_quality
from coverplan.standards.checks.bench import Bench, Outcome, area_ids, area_table, no_data, plain_areas
from coverplan.standards.checks.counts import (
    Tally,
    indicator_rows,
    latest,
    people_by_area,
    tally,
    verdict_of,
    with_everywhere,
)
from coverplan.standards.checks.ratio import counted_unit
from coverplan.standards.chosen import Need, qualities_of, regions
from coverplan.standards.findings import Finding, Status
from coverplan.standards.params import CountParams, RegisterParams
from coverplan.standards.rules import Reading, Rule
from coverplan.standards.wording import count, difference_unit, sentence_en, sentence_zh, units_en, units_zh


@dataclass(frozen=True, kw_only=True, eq=False)
class _Figure:
    """A figure and where it comes from, before it is held against anything; `by_area` in the order of the areas."""

    value: float
    by_area: pd.Series | None
    quality: str
    notes: tuple[str, ...]


def check_count(bench: Bench, rule: Rule, reading: Reading, params: CountParams) -> Outcome:
    """Hold how many there are, in all, in the largest one, or in every area, against what the text asks."""
    unit = counted_unit(rule, params)
    have = tally(bench, params.sources, rule.book, only_in=params.only_in)
    if isinstance(have, Need):
        return no_data(bench, rule, reading, have, unit=unit)
    figure, notes = have.total, have.notes
    if params.of == "one":
        figure, note = _largest(have)
        notes = (*notes, note)
    by_area = None if have.by_area is None else with_everywhere(have.by_area, people_by_area(bench))[0]
    told = _Figure(value=figure, by_area=by_area, quality=have.quality, notes=notes)
    return _judge(bench, rule, reading, params, told=told, unit=unit)


def _largest(have: Tally) -> tuple[float, str]:
    if not len(have.records):
        return 0.0, "There is none."
    row = have.records.sort_values("amount", kind="stable").iloc[-1]
    return float(row["amount"]), f"The largest one is {row.get('name', '')}."


def check_register(bench: Bench, rule: Rule, reading: Reading, params: RegisterParams) -> Outcome:
    """Hold a figure of the statistics, the county's or every area's, against what the text asks."""
    word = rule.book.indicators[params.indicator]
    unit = params.unit or word.group or "unit"
    rows = indicator_rows(bench, params.indicator, rule.book)
    region = regions(bench.study, params.only_in)
    for need in (rows, region):
        if isinstance(need, Need):
            return no_data(bench, rule, reading, need, unit=unit)
    now = latest(rows, bench.study.year) if isinstance(rows, pd.DataFrame) else pd.DataFrame()
    whole = now[now["area_id"].isna() & now["facility_id"].isna()] if len(now) else now
    parts = now[now["area_id"].notna() & now["facility_id"].isna()] if len(now) else now
    by_area = parts["value"].groupby(area_ids(parts["area_id"], bench.areas).to_numpy()).last() if len(parts) else None
    wanted = set(bench.areas["area_id"]) if region is None else set(getattr(region, "area_ids", ()))
    absent = [str(area) for area in sorted(wanted) if by_area is None or area not in by_area.index]
    is_city = params.level == "city" and region is None
    if (is_city and not len(whole)) or (not is_city and absent):
        return no_data(bench, rule, reading, _figure_need(params, rule, bench, absent, is_city=is_city), unit=unit)
    if not is_city and by_area is not None:
        by_area = by_area[by_area.index.isin(wanted)]
    worst = "max" if params.operator in {"<=", "<"} else "min"
    value = float(whole["value"].iloc[0]) if is_city or by_area is None else float(by_area.agg(worst))
    note = f"{word.en} of {int(now['year'].max())}, from the indicators table."
    quality = worst_quality(qualities_of(now))
    told = _Figure(value=value, by_area=by_area, quality=quality, notes=(note,))
    return _judge(bench, rule, reading, params, told=told, unit=unit)


def _figure_need(params: RegisterParams, rule: Rule, bench: Bench, absent: list[str], *, is_city: bool) -> Need:
    word, year = rule.book.indicators[params.indicator], bench.study.year
    if is_city:
        return Need(
            en=f"indicators.{params.indicator} of the whole county, of {year} or before (a row without area_id)",
            zh=f"全市（县）{year}年及以前的{word.zh}（统计指标表中“所属镇街”留空）",
        )
    return Need(
        en=f"indicators.{params.indicator} of every area; {len(absent)} have none",
        zh=f"每个镇街的{word.zh}；{len(absent)}个镇街缺数据",
    )


def _judge(
    bench: Bench, rule: Rule, reading: Reading, params: CountParams | RegisterParams, *, told: _Figure, unit: str
) -> Outcome:
    """Hold a figure against the operator and value of a rule."""
    everywhere = params.level == "area" and told.by_area is not None
    if params.level == "area" and not everywhere:
        need = Need(en="the figure of every area; only the whole is known", zh="每个镇街的数据；目前只有合计")
        return no_data(bench, rule, reading, need, unit=unit)
    bounded = bool(params.value) or params.operator == "exists"
    rows = None if told.by_area is None else _area_rows(bench, params, told.by_area, bounded=bounded)
    if not bounded:
        met, low, high = True, float("nan"), float("nan")
    else:
        met, low, high = verdict_of(told.value, params.operator, params.value, params.tolerance_pct)
    if everywhere and rows is not None:
        lived = rows[rows["status"] != "no_data"]
        met = bool((lived["status"] == "met").all())
    ours = params.limit_from == "ours"
    status: Status = "measured" if ours or not bounded else "met" if met else "not_met"
    asks_less = params.operator in {"<=", "<"}
    limit = None if not bounded else (high if asks_less else low)
    short = _short(params, told.value, low) if bounded and not asks_less else 0.0
    if everywhere and rows is not None:
        short = float(rows["short"].sum())
    each = rows if everywhere else None
    statements = _text(rule, reading, params, told=told, unit=unit, met=met, bounded=bounded, rows=each)
    finding = Finding(
        rule_id=rule.rule_id,
        reading=reading,
        status=status,
        figure=told.value,
        unit=unit,
        limit=None if ours else limit,
        our_limit=limit if ours else None,
        our_status=("met" if met else "not_met") if ours and bounded else None,
        shortfall=0.0 if met else short if short else max(told.value - high, 0.0),
        shortfall_unit=difference_unit(unit),
        statement_en=sentence_en(statements[0], told.quality),
        statement_zh=sentence_zh(statements[1], told.quality),
        areas=plain_areas(bench, "no_data" if everywhere else status)
        if rows is None
        else area_table(bench.areas, rows),
        quality=told.quality,
        notes=told.notes,
        people=bench.everyone,
        have=told.value,
        need=low if bounded and not asks_less else float("nan"),
        short=short if bounded else float("nan"),
    )
    return Outcome(finding=finding)


def _short(params: CountParams | RegisterParams, have: float, low: float) -> float:
    """Return how many are missing; 超过 a whole number of things asks for one more than it."""
    if params.operator == ">" and have <= low and float(low).is_integer() and float(have).is_integer():
        return low - have + 1
    return max(low - have, 0.0)


def _area_rows(
    bench: Bench, params: CountParams | RegisterParams, by_area: pd.Series, *, bounded: bool
) -> pd.DataFrame:
    """Tell every area's own figure; it is held against the text only where the text speaks of every area."""
    people = people_by_area(bench).reindex(by_area.index, fill_value=0)
    judged = bounded and params.level == "area"
    rows = []
    for area, value, living in zip(by_area.index, by_area.to_numpy(dtype=float), people, strict=True):
        met, low = True, float("nan")
        if judged:
            met, low, _ = verdict_of(float(value), params.operator, params.value, params.tolerance_pct)
        asked = judged and params.operator not in {"<=", "<"}
        rows.append(
            {
                "area_id": area,
                "status": ("met" if met else "not_met") if judged and params.limit_from == "text" else "measured",
                "figure": value,
                "limit": low,
                "people": living,
                "have": value,
                "need": low if asked else float("nan"),
                "short": _short(params, float(value), low) if asked else float("nan"),
            }
        )
    return pd.DataFrame(rows)


def asked_words(operator: str, value: tuple[float, ...], unit: str, tolerance_pct: float) -> tuple[str, str]:
    """Say what an operator asks for, in both languages: at least 1,000 beds, 不少于1,000张."""
    if operator == "exists" and not value:
        value = (1.0,)
    first = units_en(value[0], unit), units_zh(value[0], unit)
    if operator == "between":
        low, high = value[0], value[-1]
        return f"{count(low)} to {units_en(high, unit)}", f"{count(low)}至{units_zh(high, unit)}"
    if operator == "about":
        return (
            f"about {first[0]} (within {tolerance_pct:g} %, a tolerance of ours)",
            f"{first[1]}左右（±{tolerance_pct:g}%为本工具口径）",
        )
    words = {
        ">=": ("at least", "不少于"),
        ">": ("more than", "超过"),
        "<=": ("at most", "不超过"),
        "<": ("less than", "低于"),
        "=": ("exactly", "为"),
        "exists": ("at least", "至少"),
    }[operator]
    return f"{words[0]} {first[0]}", f"{words[1]}{first[1]}"


def _text(
    rule: Rule,
    reading: Reading,
    params: CountParams | RegisterParams,
    *,
    told: _Figure,
    unit: str,
    met: bool,
    bounded: bool,
    rows: pd.DataFrame | None,
) -> tuple[str, str]:
    en, zh = f"{rule.name_en}: {units_en(told.value, unit)}", f"{reading.zh}：{units_zh(told.value, unit)}"
    if rows is not None:
        good = int((rows["status"] == "met").sum())
        en, zh = (
            f"{rule.name_en}: {good} of {len(rows)} areas keep it",
            f"{reading.zh}：{len(rows)}个镇街中{good}个达到",
        )
    if not bounded:
        return f"{en}; the text sets no figure", f"{zh}；原文未定数量"
    asked_en, asked_zh = asked_words(params.operator, params.value, unit, params.tolerance_pct)
    if params.limit_from == "ours":
        why = rule.our_reading
        return (
            f"{en}; the text sets no figure, and our own yardstick, {asked_en}, would {'' if met else 'not '}be met"
            f"{f' ({why.why_en})' if why else ''}",
            f"{zh}；原文未定数量，按本工具参考线（{asked_zh}）{'可达到' if met else '未达到'}",
        )
    return (
        f"{en}; the text asks for {asked_en}{'' if met else ', which is not met'}",
        f"{zh}；要求{asked_zh}，{'已达到' if met else '未达到'}",
    )
