"""More, or less, than before: a figure of the statistics over the years, or a rule's figure since an earlier run."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from coverplan.core.words import UNITS, worst_quality
from coverplan.standards.checks.bench import Bench, Outcome, no_data, plain_areas
from coverplan.standards.checks.counts import indicator_rows
from coverplan.standards.chosen import Need, qualities_of
from coverplan.standards.findings import Finding, Status
from coverplan.standards.params import TrendParams
from coverplan.standards.rules import Reading, Rule
from coverplan.standards.wording import count, difference_unit, sentence_en, sentence_zh


@dataclass(frozen=True, kw_only=True)
class _Series:
    """Figures in the order of time, each with what it is called."""

    labels: tuple[str, ...]
    values: tuple[float, ...]
    unit: str
    quality: str


def check_trend(bench: Bench, rule: Rule, reading: Reading, params: TrendParams) -> Outcome:
    """Return the new figure divided by the old one, and whether it moved as the text asks."""
    series = _of_indicator(bench, rule, params) if params.indicator else _of_rule(bench, params)
    if isinstance(series, Need):
        return no_data(bench, rule, reading, series, unit="times")
    pairs = list(pairwise(series.values)) if params.every_year else [(series.values[0], series.values[-1])]
    met = all(_moved(old, new, params) for old, new in pairs)
    old, new = series.values[0], series.values[-1]
    figure = new / old if old else float("inf") if new else 1.0
    status: Status = "met" if met else "not_met"
    listed_en = ", ".join(f"{label}: {count(value)}" for label, value in zip(series.labels, series.values, strict=True))
    way_en, way_zh = ("up", "上升") if params.direction == "up" else ("down", "下降")
    times = "" if params.factor is None else f" by at least {params.factor:g} times"
    times_zh = "" if params.factor is None else f"至{params.factor:g}倍以上"
    each_en, each_zh = (" every year", "逐年") if params.every_year else ("", "")
    unit = UNITS.get(series.unit)
    en = f"{listed_en} ({unit.en if unit else series.unit}); the text asks for {way_en}{each_en}{times}"
    zh = f"{listed_en.replace(', ', '，')}（{unit.zh if unit else series.unit}）；要求{each_zh}{way_zh}{times_zh}"
    finding = Finding(
        rule_id=rule.rule_id,
        reading=reading,
        status=status,
        figure=figure,
        unit="times",
        limit=params.factor,
        shortfall=0.0 if met else abs(old * (params.factor or 1.0) - new),
        shortfall_unit=difference_unit(series.unit) if series.unit in UNITS else "unit",
        statement_en=sentence_en(f"{rule.name_en}: {en}, which is {'so' if met else 'not so'}", series.quality),
        statement_zh=sentence_zh(f"{reading.zh}：{zh}，{'已做到' if met else '未做到'}", series.quality),
        areas=plain_areas(bench, status),
        quality=series.quality,
        people=bench.everyone,
    )
    return Outcome(finding=finding)


def _moved(old: float, new: float, params: TrendParams) -> bool:
    before, now = Fraction(str(old)), Fraction(str(new))
    if params.factor is not None:
        edge = before * Fraction(str(params.factor))
        return now >= edge if params.direction == "up" else now <= edge
    return now > before if params.direction == "up" else now < before


def _of_indicator(bench: Bench, rule: Rule, params: TrendParams) -> _Series | Need:
    name = str(params.indicator)
    rows = indicator_rows(bench, name, rule.book)
    if isinstance(rows, Need):
        return rows
    rows = rows[rows["area_id"].isna() & rows["facility_id"].isna() & (rows["year"] <= bench.study.year)]
    rows = rows[rows["year"] >= (params.from_year or 0)].sort_values("year", kind="stable").drop_duplicates("year")
    if len(rows) < 2:
        word = rule.book.indicators[name]
        return Need(
            en=f"indicators.{name} of two years, up to {bench.study.year} (one row per year)",
            zh=f"{bench.study.year}年及以前两个年份的{word.zh}（统计指标表中每年一行）",
        )
    return _Series(
        labels=tuple(str(year) for year in rows["year"]),
        values=tuple(float(value) for value in rows["value"]),
        unit=rule.book.indicators[name].group or "unit",
        quality=worst_quality(qualities_of(rows)),
    )


def _of_rule(bench: Bench, params: TrendParams) -> _Series | Need:
    """Compare a rule's figure with that of the earlier run; only like with like."""
    name = str(params.rule)
    if bench.previous is None:
        return Need(
            en="an earlier run to compare with (options: previous_run: the folder of that run, in the config)",
            zh="用于对比的上一次运行结果（在配置文件的 options: previous_run: 处填写其文件夹）",
        )
    now = next((f for f in bench.findings.get(name, ()) if params.reading in {None, f.reading.name}), None)
    entry = next((v for v in bench.previous.get("verdicts", []) if v.get("rule_id") == name), None)
    if now is None or now.status == "no_data":
        return Need(en=f"a figure of rule {name} in this run", zh=f"本次运行中规则{name}的结果")
    told = [] if entry is None else [entry, *entry.get("other_readings", [])]
    then = next((one for one in told if one.get("reading") == now.reading.name), None)
    if then is None or then.get("figure") is None or then.get("unit") != now.unit:
        return Need(
            en=f"rule {name}, reading {now.reading.name}, in the earlier run",
            zh=f"上一次运行中规则{name}的同一口径结果",
        )
    return _Series(
        labels=(str(bench.previous.get("year", "before")), str(bench.study.year)),
        values=(float(then["figure"]), now.figure),
        unit=now.unit,
        quality=worst_quality([str(then.get("quality", "official")), now.quality]),
    )
