"""Something in every town, street, village, zone or service area."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from coverplan.standards.checks.bench import Bench, Outcome, no_data, serving
from coverplan.standards.checks.singles import single_finding
from coverplan.standards.checks.units import Units, build_units, unit_of
from coverplan.standards.chosen import Need, matches, missing_for, qualities_of, regions
from coverplan.standards.params import ExistenceParams
from coverplan.standards.rules import Reading, Rule
from coverplan.standards.wording import count, sentence_en, sentence_zh

_COUNTED = {
    "city": "unit",
    **dict.fromkeys(("area", "town", "street"), "area"),
    **dict.fromkeys(("place", "village", "community"), "village"),
    "service_area": "zone",
    "zone": "zone",
}
_SHARES = {"village": "share_places"}
_SAID = {
    "city": ("whole county", "全市（县）"),
    "area": ("towns and streets", "镇街"),
    "town": ("towns", "镇"),
    "street": ("streets", "街道"),
    "place": ("villages and communities", "村社"),
    "village": ("villages", "行政村"),
    "community": ("communities", "社区"),
    "service_area": ("service areas", "服务区域"),
    "zone": ("zones", "片区"),
}


def check_existence(bench: Bench, rule: Rule, reading: Reading, params: ExistenceParams) -> Outcome:
    """Return in how many of them there is what must be there, and name those where it is not."""
    study, counted = bench.study, _COUNTED[params.per]
    unit = _SHARES.get(counted, "share_units")
    units = build_units(bench, rule, params)
    region = regions(study, params.only_in)
    way = {"column": "place_id", "serves": "serves"}.get(params.way)
    by_hub = params.per == "service_area"
    needs = (
        missing_for(study, params.table, params.where, rule.book, amount=params.sum),
        units if isinstance(units, Need) else None,
        missing_for(study, "facilities", params.where, rule.book, amount=way) if way and not by_hub else None,
        missing_for(study, "facilities", params.unless, rule.book) if params.unless else None,
        region if isinstance(region, Need) else None,
    )
    need = next((need for need in needs if need is not None), None)
    if need is not None or isinstance(units, Need) or isinstance(region, Need):
        return no_data(bench, rule, reading, need or Need(en="", zh=""), unit=unit)
    rows, _ = serving(bench, params.table)
    rows = rows[matches(study, rows, params.where, rule.book)].reset_index(drop=True)
    amount = pd.Series(1.0, index=rows.index) if params.sum is None else rows[params.sum].fillna(0).astype("float64")
    have = amount.groupby(unit_of(bench, params, units, rows)).sum()
    table = units.table
    if region is not None:
        table = table[table["area_id"].isin(region.area_ids)] if region.area_ids else table
    left = _without_exempt(bench, rule, params, units, table)
    n_exempt, table = len(table) - len(left), left
    if params.together:
        table, have = _together(table, have)
    told = [_row(params, row, float(have.get(row["unit_id"], 0.0))) for _, row in table.iterrows()]
    done = _finding(bench, rule, reading, params, told=told, units=units, qualities=qualities_of(rows[["quality"]]))
    return _nothing_asked(done, rule, reading, params, n_exempt) if n_exempt and not told else done


def _finding(
    bench: Bench,
    rule: Rule,
    reading: Reading,
    params: ExistenceParams,
    *,
    told: list[dict[str, Any]],
    units: Units,
    qualities: list[str],
) -> Outcome:
    counted = _COUNTED[params.per]
    share = params.share_pct / 100
    what = f"{count(params.value)} of what is asked for" if params.value != 1 else "what is asked for"
    names = _SAID[params.per]
    notes = list(units.notes)
    hubs = units.catchments
    if params.n_hubs is not None and hubs is not None and len(hubs.hubs) != params.n_hubs:
        notes.append(f"The text speaks of {params.n_hubs}; the facilities table has {len(hubs.hubs)} in service.")
    if params.together:
        notes.append("One in all of them together is enough in this reading.")
    is_ours = params.share_from == "ours"
    return single_finding(
        bench,
        rule,
        reading,
        rows=told,
        unit=_SHARES.get(counted, "share_units"),
        counted=counted,
        asked=None if is_ours else share,
        ours=share if is_ours else None,
        said=(f"{names[0]} have {what}", f"{names[1]}已具备"),
        qualities=[*qualities, *units.quality],
        notes=tuple(notes),
    )


def _nothing_asked(done: Outcome, rule: Rule, reading: Reading, params: ExistenceParams, n_exempt: int) -> Outcome:
    """Say that every unit is freed from the duty: there is nothing to hold against anything, and nothing missing."""
    what = "; ".join(f"{name} {condition}" for name, condition in params.unless.items())
    en = f"{rule.name_en}: nothing is asked here; all {n_exempt} are exempt, as each has one with {what}"
    zh = f"{reading.zh}：此处不作要求，全部{n_exempt}个均属豁免（已有{what}）"
    quality = done.finding.quality
    statements = {"statement_en": sentence_en(en, quality), "statement_zh": sentence_zh(zh, quality)}
    return replace(done, finding=replace(done.finding, **statements))


def _without_exempt(
    bench: Bench, rule: Rule, params: ExistenceParams, units: Units, table: pd.DataFrame
) -> pd.DataFrame:
    """Leave out units that have something which frees them from the rule."""
    if not params.unless:
        return table
    rows, _ = serving(bench, "facilities")
    rows = rows[matches(bench.study, rows, params.unless, rule.book)].reset_index(drop=True)
    free = set(unit_of(bench, params, units, rows))
    return table[~table["unit_id"].isin(free)]


def _together(table: pd.DataFrame, have: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    total = float(have[have.index.isin(table["unit_id"])].sum())
    row = {
        "unit_id": "all",
        "unit": "合计",
        "unit_en": "all together",
        "unit_kind": str(table["unit_kind"].iloc[0]),
        "area_id": "",
        "people": float(table["people"].sum()),
    }
    return pd.DataFrame([row]), pd.Series({"all": total})


def _row(params: ExistenceParams, row: pd.Series, have: float) -> dict[str, Any]:
    met = have >= params.value
    return {
        **{name: row[name] for name in ("unit_id", "unit_kind", "unit", "unit_en", "area_id", "people")},
        "status": "met" if met else "not_met",
        "have": have,
        "need": params.value,
        "short": max(params.value - have, 0.0),
        "facility_id": row["unit_id"] if row["unit_kind"] == "service_area" else None,
        "cause": "" if met else "none_here" if not have else "too_few",
    }
