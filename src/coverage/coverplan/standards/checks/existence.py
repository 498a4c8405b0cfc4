"""Something in every town, street, village, zone or service area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverplan.core.tables import cells_of
from coverplan.standards.checks.bench import Bench, Outcome, no_data
from coverplan.standards.checks.catchments import Catchments, build_catchments, hub_of_rows
from coverplan.standards.checks.counts import people_by_area
from coverplan.standards.checks.singles import single_finding
from coverplan.standards.chosen import (
    Need,
    in_service,
    matches,
    missing_for,
    places_of,
    qualities_of,
    regions,
    zones_of,
)
from coverplan.standards.params import ExistenceParams
from coverplan.standards.rules import Reading, Rule
from coverplan.standards.wording import count

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


@dataclass(frozen=True, kw_only=True, eq=False)
class _Units:
    """The towns, villages, zones or hubs that are looked at: unit_id, unit, unit_en, unit_kind, area_id, people."""

    table: pd.DataFrame
    quality: list[str]
    notes: tuple[str, ...] = ()
    shapes: np.ndarray | None = None
    catchments: Catchments | None = None


def check_existence(bench: Bench, rule: Rule, reading: Reading, params: ExistenceParams) -> Outcome:
    """Return in how many of them there is what must be there, and name those where it is not."""
    study, counted = bench.study, _COUNTED[params.per]
    unit = _SHARES.get(counted, "share_units")
    units = _units(bench, rule, params)
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
    rows, _ = in_service(study, params.table)
    rows = rows[matches(study, rows, params.where, rule.book)].reset_index(drop=True)
    amount = pd.Series(1.0, index=rows.index) if params.sum is None else rows[params.sum].fillna(0).astype("float64")
    have = amount.groupby(_unit_of(bench, params, units, rows)).sum()
    table = units.table
    if region is not None:
        table = table[table["area_id"].isin(region.area_ids)] if region.area_ids else table
    table = _without_exempt(bench, rule, params, units, table)
    if params.together:
        table, have = _together(table, have)
    told = [_row(params, row, float(have.get(row["unit_id"], 0.0))) for _, row in table.iterrows()]
    return _finding(bench, rule, reading, params, told, units, qualities_of(rows[["quality"]]))


def _finding(
    bench: Bench,
    rule: Rule,
    reading: Reading,
    params: ExistenceParams,
    told: list[dict[str, Any]],
    units: _Units,
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


def _units(bench: Bench, rule: Rule, params: ExistenceParams) -> _Units | Need:
    """Return what must have it."""
    study = bench.study
    if params.per == "city":
        row = {"unit_id": "all", "unit": study.name, "unit_en": study.name_en, "unit_kind": "area", "area_id": ""}
        return _Units(table=pd.DataFrame([{**row, "people": bench.everyone}]), quality=[])
    if params.per in {"area", "town", "street"}:
        return _area_units(bench, params.per)
    if params.per in {"place", "village", "community"}:
        return _place_units(bench, params.per)
    if params.per == "zone":
        zones = zones_of(study, str(params.zone_kind))
        if isinstance(zones, Need):
            return zones
        inside = [bench.people["people"][shapely.covers(shape, study.people.geometry.to_numpy())].sum()
                  for shape in zones.geometry]  # fmt: skip
        table = pd.DataFrame({"unit_id": zones["zone_id"], "unit": zones["name"], "unit_en": zones["name_en"].fillna(""),
                              "unit_kind": "zone", "area_id": "", "people": inside})  # fmt: skip
        return _Units(table=table, quality=qualities_of(zones), shapes=zones.geometry.to_numpy())
    if params.way == "position":
        return _drawn(bench, rule, params)
    areas = build_catchments(bench, params.hubs, rule.book, assign=params.way, profile=params.profile)
    if isinstance(areas, Need):
        return areas
    people = bench.people["people"].groupby(areas.of_people.to_numpy()).sum()
    return _Units(
        table=_hub_table(areas.hubs, people), quality=list(areas.quality), notes=areas.notes, catchments=areas
    )


def _hub_table(hubs: pd.DataFrame, people: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit_id": hubs["facility_id"].astype(str),
            "unit": hubs["name"],
            "unit_en": hubs["name_en"].fillna(""),
            "unit_kind": "service_area",
            "area_id": "",
            "people": people.reindex(hubs["facility_id"].astype(str), fill_value=0).to_numpy(),
        }
    )


def _drawn(bench: Bench, rule: Rule, params: ExistenceParams) -> _Units | Need:
    """Take service areas as they are drawn in the zones table."""
    zones = zones_of(bench.study, "service_area")
    if isinstance(zones, Need):
        return zones
    need = missing_for(bench.study, "facilities", params.hubs, rule.book)
    if need is not None:
        return need
    serving, _ = in_service(bench.study, "facilities")
    hubs = serving[matches(bench.study, serving, params.hubs, rule.book)]
    zones = zones[zones["facility_id"].isin(hubs["facility_id"])].reset_index(drop=True)
    if not len(zones):
        return Need(en="zones.facility_id: whose service area each zone is", zh="zones.facility_id：各服务区域所属机构")
    inside = [bench.people["people"][shapely.covers(shape, bench.study.people.geometry.to_numpy())].sum()
              for shape in zones.geometry]  # fmt: skip
    table = pd.DataFrame({"unit_id": zones["zone_id"], "unit": zones["name"], "unit_en": zones["name_en"].fillna(""),
                          "unit_kind": "service_area", "area_id": "", "people": inside})  # fmt: skip
    return _Units(table=table, quality=qualities_of(zones), shapes=zones.geometry.to_numpy())


def _area_units(bench: Bench, per: str) -> _Units | Need:
    areas = bench.study.areas
    if per != "area":
        areas = areas[areas["kind"] == per]
    if not len(areas):
        return Need(en=f"areas.kind: at least one {per} in the areas table", zh="镇街表中至少一个此类镇街")
    people = people_by_area(bench)
    table = pd.DataFrame(
        {
            "unit_id": areas["area_id"].astype(str),
            "unit": areas["name"],
            "unit_en": areas["name_en"].fillna(""),
            "unit_kind": "area",
            "area_id": areas["area_id"].astype(str),
            "people": people.reindex(areas["area_id"].astype(str), fill_value=0).to_numpy(),
        }
    ).reset_index(drop=True)
    return _Units(table=table, quality=[])


def _place_units(bench: Bench, per: str) -> _Units | Need:
    from coverplan.standards.params import WordBook

    people = bench.study.people
    column = "place_id" if per == "place" else "place_kind"
    if not len(people) or people[column].isna().all() or people["place_id"].isna().all():
        return missing_for(bench.study, "people", {}, WordBook(), amount=column) or Need(
            en="people.place_id", zh="人口表的村社代码"
        )
    places = places_of(bench.study)
    if per != "place":
        places = places[places["place_kind"] == per].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "unit_id": places["place_id"].astype(str),
            "unit": places["place"],
            "unit_en": "",
            "unit_kind": "place",
            "area_id": places["area_id"].fillna("").astype(str),
            "people": places["people"],
        }
    )
    return _Units(table=table, quality=qualities_of(bench.study.people[["quality"]]))


def _unit_of(bench: Bench, params: ExistenceParams, units: _Units, rows: pd.DataFrame) -> np.ndarray:
    """Return the unit that each row belongs to, None where it belongs to none."""
    if units.catchments is not None:
        return hub_of_rows(bench, units.catchments, rows).to_numpy(dtype=object)
    located = rows
    if "geometry" not in rows:
        base = bench.study.facilities.set_index("facility_id").reindex(rows["facility_id"])
        located = base.reset_index().set_axis(rows.index)
    if params.per == "city":
        return np.full(len(rows), "all", dtype=object)
    if units.shapes is not None:
        return _by_shape(units, gpd.GeoDataFrame(located))
    if params.way == "column":
        return located["place_id"].to_numpy(dtype=object)
    if params.way == "nearest":
        places = places_of(bench.study)
        places = places[places["place_id"].isin(units.table["unit_id"])].reset_index(drop=True)
        hubs = places.assign(facility_id=places["place_id"])
        points = gpd.GeoDataFrame(located.assign(point_id=located["facility_id"].astype(str)))
        _, found, _ = bench.fields.measure(points, hubs, by="line", profile="drive", toward="facility")
        return found.to_numpy(dtype=object)
    if params.way == "serves":
        names = dict(zip(units.table["unit"], units.table["unit_id"], strict=True))
        first = [next(iter(cells_of(cell)), None) for cell in located["serves"]]
        own = located["area_id"].to_numpy(dtype=object)
        return np.array([names.get(w, w) if w else area for w, area in zip(first, own, strict=True)], dtype=object)
    return located["area_id"].to_numpy(dtype=object)


def _by_shape(units: _Units, rows: gpd.GeoDataFrame) -> np.ndarray:
    found = np.full(len(rows), None, dtype=object)
    for name, shape in zip(units.table["unit_id"], units.shapes if units.shapes is not None else [], strict=True):
        inside = shapely.covers(shape, rows.geometry.to_numpy())
        found[inside & np.equal(found, None)] = name
    return found


def _without_exempt(
    bench: Bench, rule: Rule, params: ExistenceParams, units: _Units, table: pd.DataFrame
) -> pd.DataFrame:
    """Leave out units that have something which frees them from the rule."""
    if not params.unless:
        return table
    rows, _ = in_service(bench.study, "facilities")
    rows = rows[matches(bench.study, rows, params.unless, rule.book)].reset_index(drop=True)
    free = set(_unit_of(bench, params, units, rows))
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
