"""The towns, villages, zones and service areas in each of which something must be, and what belongs to which."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from coverplan.core.tables import cells_of
from coverplan.standards.checks.bench import Bench, serving
from coverplan.standards.checks.catchments import Catchments, build_catchments, hub_of_rows
from coverplan.standards.checks.counts import people_by_area
from coverplan.standards.chosen import Need, matches, missing_for, places_of, qualities_of, zones_of
from coverplan.standards.params import ExistenceParams, WordBook
from coverplan.standards.rules import Rule

Objects = npt.NDArray[np.object_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Units:
    """What is looked at.

    Attributes
    ----------
    table
        ``unit_id``, ``unit``, ``unit_en``, ``unit_kind``, ``area_id``, ``people``.
    shapes, catchments
        How a facility finds its unit, where that is not by its area or village.
    """

    table: pd.DataFrame
    quality: list[str]
    notes: tuple[str, ...] = ()
    shapes: Objects | None = None
    catchments: Catchments | None = None


def build_units(bench: Bench, rule: Rule, params: ExistenceParams) -> Units | Need:
    """Return what must have it, or what the study lacks to tell."""
    if params.per == "city":
        study = bench.study
        row = {"unit_id": "all", "unit": study.name, "unit_en": study.name_en, "unit_kind": "area", "area_id": ""}
        return Units(table=pd.DataFrame([{**row, "people": bench.everyone}]), quality=[])
    if params.per in {"area", "town", "street"}:
        return _areas(bench, params.per)
    if params.per in {"place", "village", "community"}:
        return _places(bench, params.per)
    if params.per == "zone" or params.way == "position":
        return _drawn(bench, rule, params)
    return _hubs(bench, rule, params)


def _areas(bench: Bench, per: str) -> Units | Need:
    areas = bench.study.areas
    areas = areas if per == "area" else areas[areas["kind"] == per]
    if not len(areas):
        return Need(en=f"areas.kind: at least one {per} in the areas table", zh="镇街表中至少一个此类镇街")
    ids = areas["area_id"].astype(str)
    people = people_by_area(bench).reindex(ids, fill_value=0)
    table = pd.DataFrame({"unit_id": ids, "unit": areas["name"], "unit_en": areas["name_en"].fillna("")})
    table = table.assign(unit_kind="area", area_id=ids, people=people.to_numpy())
    return Units(table=table.reset_index(drop=True), quality=[])


def _places(bench: Bench, per: str) -> Units | Need:
    people = bench.study.people
    for column in ("place_id",) if per == "place" else ("place_id", "place_kind"):
        need = missing_for(bench.study, "people", {}, WordBook(), amount=column)
        if need is not None:
            return need
    places = places_of(bench.study)
    places = places if per == "place" else places[places["place_kind"] == per].reset_index(drop=True)
    table = pd.DataFrame({"unit_id": places["place_id"].astype(str), "unit": places["place"], "unit_en": ""})
    area = places["area_id"].astype(object).where(places["area_id"].notna(), "").astype(str)
    table = table.assign(unit_kind="place", area_id=area, people=places["people"])
    return Units(table=table, quality=qualities_of(people[["quality"]]))


def _drawn(bench: Bench, rule: Rule, params: ExistenceParams) -> Units | Need:
    """Take zones, or service areas, as they are drawn in the zones table."""
    zones = zones_of(bench.study, params.zone_kind or "service_area")
    if isinstance(zones, Need):
        return zones
    if params.per == "service_area":
        need = missing_for(bench.study, "facilities", params.hubs, rule.book)
        if need is not None:
            return need
        there, _ = serving(bench, "facilities")
        hubs = there[matches(bench.study, there, params.hubs, rule.book)]
        zones = zones[zones["facility_id"].isin(hubs["facility_id"])].reset_index(drop=True)
        if not len(zones):
            return Need(
                en="zones.facility_id: whose service area each zone is", zh="zones.facility_id：各服务区域所属机构"
            )
    homes = bench.study.people.geometry.to_numpy()
    people = [int(bench.people["people"][shapely.covers(shape, homes)].sum()) for shape in zones.geometry]
    table = pd.DataFrame({"unit_id": zones["zone_id"], "unit": zones["name"], "unit_en": zones["name_en"].fillna("")})
    table = table.assign(unit_kind=params.per, area_id="", people=people)
    return Units(table=table, quality=qualities_of(zones), shapes=zones.geometry.to_numpy())


def _hubs(bench: Bench, rule: Rule, params: ExistenceParams) -> Units | Need:
    areas = build_catchments(bench, params.hubs, rule.book, assign=params.way, profile=params.profile)
    if isinstance(areas, Need):
        return areas
    ids = areas.hubs["facility_id"].astype(str)
    people = bench.people["people"].groupby(areas.of_people.to_numpy()).sum().reindex(ids, fill_value=0)
    table = pd.DataFrame({"unit_id": ids, "unit": areas.hubs["name"], "unit_en": areas.hubs["name_en"].fillna("")})
    table = table.assign(unit_kind="service_area", area_id="", people=people.to_numpy())
    return Units(table=table, quality=list(areas.quality), notes=areas.notes, catchments=areas)


def unit_of(bench: Bench, params: ExistenceParams, units: Units, rows: pd.DataFrame) -> Objects:
    """Return the unit that each facility, vehicle or device belongs to, None where it belongs to none."""
    if units.catchments is not None:
        return hub_of_rows(bench, units.catchments, rows).to_numpy(dtype=object)
    located = rows
    if "geometry" not in rows:
        base = bench.study.facilities.set_index("facility_id").reindex(rows["facility_id"])
        located = base.reset_index().set_axis(rows.index)
    if units.shapes is not None:
        return _by_shape(units.table, units.shapes, gpd.GeoDataFrame(located))
    if params.per == "city":
        return np.full(len(rows), "all", dtype=object)
    found = {"column": _by_column, "nearest": _by_distance, "serves": _by_duty}.get(params.way, _by_area)
    return found(bench, units, located)


def _by_area(bench: Bench, units: Units, rows: pd.DataFrame) -> Objects:
    return rows["area_id"].to_numpy(dtype=object)


def _by_column(bench: Bench, units: Units, rows: pd.DataFrame) -> Objects:
    return rows["place_id"].to_numpy(dtype=object)


def _by_duty(bench: Bench, units: Units, rows: pd.DataFrame) -> Objects:
    """Return the first area that a facility serves, its own where it names none."""
    names = dict(zip(units.table["unit"], units.table["unit_id"], strict=True))
    first = [next(iter(cells_of(cell)), None) for cell in rows["serves"]]
    own = rows["area_id"].to_numpy(dtype=object)
    return np.array([names.get(w, w) if w else area for w, area in zip(first, own, strict=True)], dtype=object)


def _by_distance(bench: Bench, units: Units, rows: pd.DataFrame) -> Objects:
    """Return the village that is nearest in a straight line."""
    places = places_of(bench.study)
    places = places[places["place_id"].isin(units.table["unit_id"])].reset_index(drop=True)
    hubs = places.assign(facility_id=places["place_id"])
    points = gpd.GeoDataFrame(rows.assign(point_id=np.arange(len(rows)).astype(str)))
    _, found, _ = bench.fields.measure(points, hubs, by="line", profile="drive", toward="facility")
    return found.to_numpy(dtype=object)


def _by_shape(table: pd.DataFrame, shapes: Objects, rows: gpd.GeoDataFrame) -> Objects:
    found = np.full(len(rows), None, dtype=object)
    # The first zone that holds a point has it: they are written last to first.
    for name, shape in reversed(list(zip(table["unit_id"], shapes, strict=True))):
        found[shapely.covers(shape, rows.geometry.to_numpy())] = name
    return found
