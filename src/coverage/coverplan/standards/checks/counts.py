"""Counting vehicles, devices and beds, and the people they are for: what ratio and share have in common."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from coverplan.access.coverage import ELSEWHERE
from coverplan.core.model import Study
from coverplan.core.tables import INPUT_TABLES
from coverplan.core.words import KINDS, worst_quality
from coverplan.inputs.select import active_facilities, kinds_of
from coverplan.standards.checks.bench import Bench, area_ids
from coverplan.standards.fields import Need
from coverplan.standards.params import RatioParams, ShareParams, Where
from coverplan.standards.wording import count

CountParams = RatioParams | ShareParams


@dataclass(frozen=True, kw_only=True, eq=False)
class Tally:
    """How many there are: one number per area that has any, and the quality and notes of the count."""

    by_area: pd.Series
    quality: str
    notes: tuple[str, ...]

    @property
    def total(self) -> int:
        """All areas together."""
        return int(self.by_area.sum())


@dataclass(frozen=True, kw_only=True)
class Denominator:
    """The people that a need is reckoned on, and what they are called."""

    people: float
    en: str
    zh: str
    quality: tuple[str, ...] = ()


def tally(bench: Bench, params: CountParams, *, part: Where | None = None) -> Tally | Need:
    """Count the rows of a table that a check counts, by area; `part` narrows them down further."""
    study = bench.study
    source = _table(study, params.table)
    if not len(source) or (params.table == "facilities" and not _knows(source, params.where)):
        declared = INPUT_TABLES[params.table]
        return Need(en=f"the {params.table} table", zh=f"{declared.zh}表")
    rows, notes = _in_service(study, params.table)
    keep = _matches(rows, params.where)
    left = "; ".join(f"{name} {' or '.join(map(str, values))}" for name, values in params.where.items())
    if params.where:
        notes = (*notes, f"Counts only {left}: {count(int(keep.sum()))} of {count(len(rows))} rows.")
    if part is not None:
        keep &= _matches(rows, part)
    amount = rows[params.sum].fillna(0).astype("int64") if params.sum else pd.Series(1, index=rows.index)
    by_area = amount[keep].groupby(_areas_of(bench, rows)[keep]).sum()
    quality = worst_quality(str(value) for value in source["quality"].dropna().unique())
    return Tally(by_area=by_area, quality=quality, notes=notes)


def denominator(bench: Bench, params: CountParams) -> Denominator | Need:
    """Return the population that a check divides by, or what the study lacks for it."""
    study, name = bench.study, params.denominator
    if name == "people":
        if not len(study.people):
            return Need(en="the people table", zh="人口表")
        quality = tuple(str(value) for value in study.people["quality"].dropna().unique())
        total = float(bench.people["people"].sum())
        return Denominator(people=total, en="the people table", zh="人口表合计", quality=quality)
    name = study.default_population if name == "default" else name
    if name not in study.populations:
        en = f"a population '{name}' in the study's config"
        return Need(en=en, zh=f"研究配置中的人口口径“{name}”")
    population = study.populations[name]
    return Denominator(people=population.people, en=f"population '{name}'", zh=f"人口口径“{name}”")


def people_by_area(bench: Bench) -> pd.Series:
    """Return the people of every area, in the areas' order; those who lie in none come last, if there are any."""
    sums = bench.people.groupby("area_id")["people"].sum()
    names = list(bench.areas["area_id"]) + ([ELSEWHERE] if sums.get(ELSEWHERE, 0) else [])
    return sums.reindex(names, fill_value=0).astype("int64")


def with_everywhere(by_area: pd.Series, people: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Give counts and people the same areas: one with either has a row in both."""
    extra = [name for name in by_area.index if name not in people.index]
    names = [*people.index, *extra]
    return by_area.reindex(names, fill_value=0).astype("int64"), people.reindex(names, fill_value=0)


def every_en(params: CountParams, per_people: float) -> str:
    """Say how many people a unit is for: one vehicle per 30,000 people."""
    amount = params.at_least if isinstance(params, RatioParams) else 1
    return f"{'one' if amount == 1 else f'{amount:g}'} per {count(per_people)} people"


def _table(study: Study, name: str) -> pd.DataFrame:
    return {"vehicles": study.vehicles, "aeds": study.aeds, "facilities": study.facilities}[name]


def _in_service(study: Study, table: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the rows that serve in the study's year."""
    active = active_facilities(study)
    if table == "facilities":
        return active, ()
    rows = _table(study, table).reset_index(drop=True)
    if table != "vehicles":
        return rows, ()
    serves = rows["facility_id"].isin(active["facility_id"]).to_numpy(dtype=bool)
    idle = int((~serves).sum())
    if not idle:
        return rows, ()
    note = f"{count(idle)} vehicles stand at a facility that does not serve in {study.year}; they do not count."
    return rows[serves].reset_index(drop=True), (note,)


def _areas_of(bench: Bench, rows: pd.DataFrame) -> pd.Series:
    if "area_id" in rows:
        return area_ids(rows["area_id"], bench.areas)
    base = bench.study.facilities.set_index("facility_id")["area_id"]
    return area_ids(rows["facility_id"].map(base), bench.areas)


def _knows(facilities: pd.DataFrame, where: Where) -> bool:
    """Say whether the register holds any facility of the kinds asked for, in service or not."""
    kinds = {name: values for name, values in where.items() if name in {"kind", "tier"}}
    return bool(_matches(facilities, kinds).any())


def _matches(rows: pd.DataFrame, where: Where) -> pd.Series:
    keep = pd.Series(data=True, index=rows.index)
    for name, values in where.items():
        wanted = list(values)
        if name == "kind":
            groups = [str(value) for value in values]
            wanted = list(kinds_of(groups)) if set(groups) - set(KINDS) else groups
        keep &= rows[name].isin(wanted).fillna(value=False).astype(bool)
    return keep
