"""Counting vehicles, devices, beds and staff, and the people they are for: what the counting checks have in common."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from coverplan.access.coverage import ELSEWHERE
from coverplan.core.tables import PEOPLE, PEOPLE_GROUPS
from coverplan.core.words import worst_quality
from coverplan.standards.checks.bench import Bench, area_ids, serving
from coverplan.standards.chosen import (
    Need,
    Region,
    keep_in,
    matches,
    missing_for,
    qualities_of,
    regions,
    spellings,
    table_of,
)
from coverplan.standards.params import RatioParams, Source, Where, WordBook
from coverplan.standards.wording import count


@dataclass(frozen=True, kw_only=True, eq=False)
class Tally:
    """How many there are.

    Attributes
    ----------
    by_area
        One number per area that has any; None when only the whole is known (a county's own statistics).
    total
        All together.
    records
        The rows that were counted, with their `amount`; empty for indicators of the whole.
    """

    by_area: pd.Series | None
    total: float
    records: pd.DataFrame
    quality: str
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Denominator:
    """The people that a need is reckoned on, and what they are called."""

    people: float
    en: str
    zh: str
    quality: tuple[str, ...] = ()


def tally(
    bench: Bench, sources: Iterable[Source], book: WordBook, *, part: Where | None = None, only_in: tuple[str, ...] = ()
) -> Tally | Need:
    """Add up what a check counts, by area; `part` narrows the rows down further, `only_in` to named areas."""
    region = regions(bench.study, only_in)
    if isinstance(region, Need):
        return region
    found: list[Tally] = []
    for source in sources:
        one = _rows_once(bench, source, book, part, region) if source.table else _figures(bench, source, book, region)
        if isinstance(one, Need):
            return one
        found.append(one)
    return found[0] if len(found) == 1 else _joined(found)


def _joined(found: list[Tally]) -> Tally:
    by_area = [one.by_area for one in found]
    known = [series for series in by_area if series is not None]
    # Projects and the county's own statistics say nothing about towns; what is added to them does not either.
    complete = len(known) == len(by_area)
    said = " + ".join(count(one.total) for one in found)
    return Tally(
        by_area=pd.concat(known).groupby(level=0).sum() if complete else None,
        total=float(sum(Fraction(str(one.total)) for one in found)),
        records=pd.concat([one.records for one in found], ignore_index=True),
        quality=worst_quality(one.quality for one in found),
        notes=(
            *(note for one in found for note in one.notes),
            f"Added up: {said}.",
        ),
    )


def _rows_once(bench: Bench, source: Source, book: WordBook, part: Where | None, region: Region | None) -> Tally | Need:
    """Count the same rows once: the readings of a rule mostly differ in what the count is held against."""
    asked = (source.table, repr(sorted(source.where.items())), source.sum, repr(sorted((part or {}).items())))
    key = ("rows", id(book), *asked, None if region is None else region.name)
    return bench.fields.once(key, lambda: _rows(bench, source, book, part, region))


def _rows(bench: Bench, source: Source, book: WordBook, part: Where | None, region: Region | None) -> Tally | Need:
    study, table = bench.study, str(source.table)
    need = missing_for(study, table, source.where, book, amount=source.sum)
    if need is None and part:
        need = missing_for(study, table, {**source.where, **part}, book)
    if need is not None:
        return need
    rows, notes = serving(bench, table)
    rows = keep_in(study, rows, region)
    keep = matches(study, rows, source.where, book)
    if source.where:
        left = "; ".join(f"{name} {condition}" for name, condition in source.where.items())
        notes = (*notes, f"Counts only {left}: {count(int(keep.sum()))} of {count(len(rows))} rows.")
    if part is not None:
        keep &= matches(study, rows, part, book)
    kept = rows[keep].reset_index(drop=True)
    amount = pd.Series(1, index=kept.index) if source.sum is None else kept[source.sum]
    if amount.isna().any():
        notes = (*notes, f"{int(amount.isna().sum())} of {len(kept)} rows say no {source.sum} and count as 0.")
    kept = kept.assign(amount=pd.to_numeric(amount).fillna(0).astype("float64"))
    by_area = None if table == "projects" else _by_area(bench, kept, table)
    quality = worst_quality(qualities_of(table_of(study, table)[["quality"]]))
    return Tally(by_area=by_area, total=exact_sum(kept["amount"]), records=kept, quality=quality, notes=notes)


def _by_area(bench: Bench, rows: pd.DataFrame, table: str) -> pd.Series:
    if table == "vehicles":
        base = bench.study.facilities.set_index("facility_id")["area_id"]
        ids = area_ids(rows["facility_id"].map(base), bench.areas)
    else:
        ids = area_ids(rows["area_id"], bench.areas)
    return rows["amount"].groupby(ids).sum()


def exact_sum(amounts: pd.Series) -> float:
    """Add amounts up as they are written: 0.3 + 0.35 + 0.135 has no stray last digit.

    Examples
    --------
    >>> exact_sum(pd.Series([0.1, 0.2]))
    0.3
    """
    return float(sum(Fraction(str(float(amount))) for amount in amounts))


def indicator_rows(bench: Bench, name: str, book: WordBook) -> pd.DataFrame | Need:
    """Return the rows of a figure, every year, with `year` filled in; or what the study lacks for it."""
    word, study = book.indicators[name], bench.study
    table = table_of(study, "indicators")
    known = spellings({name: word})
    rows = table[[known.get(_plain(cell)) == name for cell in table["indicator_id"]]].reset_index(drop=True)
    if len(rows):
        return rows.assign(year=pd.to_numeric(rows["year"]).fillna(study.year).astype("int64"))
    return Need(
        en=f"indicators.{name}: {word.en} (add a row with indicator_id {name}, its value, year and source to the "
        "indicators table)",
        zh=f"indicators.{name}：{word.zh}（请在统计指标表中补充一行：指标代码{name}、数值、年份、来源）",
    )


def _plain(cell: object) -> str:
    return "".join(str(cell).split()).casefold().replace("（", "(").replace("）", ")")


def latest(rows: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the rows of the latest year that is not later than the study's, for each area and facility."""
    rows = rows[rows["year"] <= year].sort_values("year", kind="stable")
    return rows.drop_duplicates(["area_id", "facility_id"], keep="last").reset_index(drop=True)


def _figures(bench: Bench, source: Source, book: WordBook, region: Region | None) -> Tally | Need:
    name, study = str(source.indicator), bench.study
    rows = indicator_rows(bench, name, book)
    if isinstance(rows, Need):
        return rows
    year = study.year if source.year is None else min(source.year, study.year)
    now = latest(rows, year)
    word = book.indicators[name]
    if not len(now):
        first = int(rows["year"].min())
        return Need(
            en=f"indicators.{name} of {year} or before; the table begins in {first}",
            zh=f"{year}年及以前的{word.zh}；统计指标表自{first}年起",
        )
    in_facility, in_area = now["facility_id"].notna(), now["area_id"].notna()
    whole = now[~in_facility & ~in_area]
    parts = now[in_area & ~in_facility] if (in_area & ~in_facility).any() else now[in_facility]
    parts = keep_in(study, parts, region) if region is None else _parts_in(bench, parts, region)
    by_area = _by_indicator(bench, parts) if len(parts) else None
    note = f"{word.en} of {int(now['year'].max())}, from the indicators table."
    quality = worst_quality(qualities_of(now))
    total = _whole(bench, whole, parts, by_area, region)
    if total is None:
        return Need(
            en=f"indicators.{name} of the whole county, or of every area (a row without area_id is the whole county's)",
            zh=f"全市（县）的{word.zh}，或每个镇街的{word.zh}（统计指标表中“所属镇街”留空即为全市）",
        )
    records = parts.assign(amount=parts["value"])
    return Tally(by_area=by_area, total=total, records=records, quality=quality, notes=(note,))


def _whole(
    bench: Bench, whole: pd.DataFrame, parts: pd.DataFrame, by_area: pd.Series | None, region: Region | None
) -> float | None:
    """Return the county's own figure, else the sum of its parts where they are all there."""
    if len(whole) and region is None:
        return float(whole["value"].iloc[0])
    if by_area is None:
        return None
    complete = set(bench.areas["area_id"]) <= set(by_area.index) or parts["facility_id"].notna().all()
    return exact_sum(parts["value"]) if complete or region is not None else None


def _parts_in(bench: Bench, parts: pd.DataFrame, region: Region) -> pd.DataFrame:
    return parts[region.holds(_own_areas(bench, parts), None)]


def _by_indicator(bench: Bench, parts: pd.DataFrame) -> pd.Series:
    ids = area_ids(_own_areas(bench, parts), bench.areas)
    return parts["value"].reset_index(drop=True).groupby(ids).sum()


def _own_areas(bench: Bench, parts: pd.DataFrame) -> pd.Series:
    """Return the area of each figure: its own, or that of its facility."""
    base = bench.study.facilities.set_index("facility_id")["area_id"].astype(object)
    of_facility = parts["facility_id"].map(base).astype(object)
    return parts["area_id"].astype(object).where(parts["area_id"].notna(), of_facility)


def denominator(bench: Bench, name: str) -> Denominator | Need:
    """Return the population that a check divides by, or what the study lacks for it."""
    study = bench.study
    if name == "people" or name in PEOPLE_GROUPS:
        column = study.people[name] if len(study.people) else pd.Series(dtype=float)
        if column.isna().all():
            return missing_for(study, "people", {}, WordBook(), amount=name) or Need(en="the people table", zh="人口表")
        total = float(column.fillna(0).sum())
        en = "the people table" if name == "people" else f"{name} of the people table"
        zh = "人口表合计" if name == "people" else f"人口表{PEOPLE.column(name).zh}"
        return Denominator(people=total, en=en, zh=zh, quality=tuple(qualities_of(study.people[["quality"]])))
    name = study.default_population if name == "default" else name
    if name not in study.populations:
        en = f"a population '{name}' in the study's config (populations: {name}: {{people: ..., year: ...}})"
        return Need(en=en, zh=f"研究配置中的人口口径“{name}”")
    population = study.populations[name]
    return Denominator(people=population.people, en=f"population '{name}'", zh=f"人口口径“{name}”")


def people_by_area(bench: Bench, group: str = "people") -> pd.Series:
    """Return the people of every area, in the areas' order; those who lie in none come last, if there are any."""
    return bench.fields.once(("people_by_area", group), lambda: _people_by_area(bench, group))


def _people_by_area(bench: Bench, group: str) -> pd.Series:
    number = bench.people["people"] if group == "people" else bench.study.people[group].fillna(0).reset_index(drop=True)
    sums = number.groupby(bench.people["area_id"]).sum()
    names = list(bench.areas["area_id"]) + ([ELSEWHERE] if sums.get(ELSEWHERE, 0) else [])
    return sums.reindex(names, fill_value=0).astype("int64")


def with_everywhere(by_area: pd.Series, people: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Give counts and people the same areas: one with either has a row in both."""
    extra = [name for name in by_area.index if name not in people.index]
    names = [*people.index, *extra]
    return by_area.reindex(names, fill_value=0.0).astype("float64"), people.reindex(names, fill_value=0)


def every_en(params: RatioParams | None, per_people: float) -> str:
    """Say how many people a unit is for: one vehicle per 30,000 people."""
    amount = 1 if params is None else params.at_least
    return f"{'one' if amount == 1 else f'{amount:g}'} per {count(per_people)} people"


def verdict_of(
    figure: float, operator: str, value: tuple[float, ...], tolerance_pct: float
) -> tuple[bool, float, float]:
    """Hold a figure against an operator: whether it is kept, the least and the most that would keep it.

    Reckoned in decimals as they are written. 左右 (`about`) keeps within a tolerance on both sides, ends included.

    Examples
    --------
    >>> verdict_of(24, "about", (25.0,), 10.0), verdict_of(40, ">", (40.0,), 10.0)
    ((True, 22.5, 27.5), (False, 40.0, inf))
    """
    low, high = _ends(operator, value, tolerance_pct)
    has = Fraction(str(figure)) if math.isfinite(figure) else None
    if has is None:
        return False, low, high
    least, most = Fraction(str(low)), None if math.isinf(high) else Fraction(str(high))
    above = has > least if operator == ">" else has >= least
    below = most is None or (has < most if operator == "<" else has <= most)
    return above and below, low, high


def _ends(operator: str, value: tuple[float, ...], tolerance_pct: float) -> tuple[float, float]:
    if operator == "exists" and not value:
        return 1.0, math.inf
    first = value[0]
    if operator == "between":
        return first, value[1]
    if operator == "about":
        slack = Fraction(str(first)) * Fraction(str(tolerance_pct)) / 100
        return float(Fraction(str(first)) - slack), float(Fraction(str(first)) + slack)
    ends = {"<=": (-math.inf, first), "<": (-math.inf, first), "=": (first, first)}
    low, high = ends.get(operator, (first, math.inf))
    return (0.0 if math.isinf(low) else low), high
