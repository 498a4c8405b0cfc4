"""Facilities opened, closed, moved and changed, with their vehicles; communities; devices; figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverplan.core.model import Study
from coverplan.core.tables import INDICATORS, INPUT_TABLES, cells_of
from coverplan.core.units import project
from coverplan.scenarios.clashes import point_of
from coverplan.scenarios.edits import Assign, Change, Close, Devices, Edit, Figure, Move, Open, Position, Scenario

_Edit = TypeVar("_Edit", bound=Edit)
_ESTIMATED = "estimated"


def only(edits: Iterable[Edit], kind: type[_Edit]) -> list[_Edit]:
    """Return the edits of one kind."""
    return [edit for edit in edits if isinstance(edit, kind)]


def edit_facilities(study: Study, scenario: Scenario, edits: Sequence[Edit]) -> Study:
    """Apply what edits say of facilities, vehicles, communities and devices; edits come in the order of their dates."""
    study = _assigned(study, only(edits, Assign))
    for edit in edits:
        match edit:
            case Close():
                study = _closed(study, edit)
            case Move():
                study = _moved(study, edit)
            case Change():
                study = _changed(study, scenario, edit)
            case _:
                continue
    study = _opened(study, scenario, only(edits, Open))
    return _equipped(study, scenario, only(edits, Devices))


def placed(study: Study, spot: Position) -> tuple[shapely.Point, str | None]:
    """Return a position as a point of the study's CRS, and the area it lies in or is nearest to.

    On a common border the area named first has it.
    """
    x, y = project([spot[0]], [spot[1]], study.crs)
    point = shapely.Point(float(x[0]), float(y[0]))
    if not len(study.areas):
        return point, None
    away = shapely.distance(study.areas.geometry.to_numpy(), point)
    return point, str(study.areas["area_id"].iloc[int(np.argmin(away))])


def appended(table: pd.DataFrame, name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return a table with rows behind its own, every column of the type it had; `name` is its declaration's."""
    if not rows:
        return table
    declared = INPUT_TABLES[name]
    kinds = {column: table[column].dtype for column in table.columns if column != "geometry"}
    new = pd.DataFrame([{column: row.get(column) for column in table.columns} for row in rows])
    for column in declared.columns:
        if column.name in new and column.default is not None:
            new[column.name] = new[column.name].fillna(column.default)
    new = new.astype(kinds)
    if declared.geometry == "none":
        return pd.concat([table, new], ignore_index=True)
    assert isinstance(table, gpd.GeoDataFrame)  # noqa: S101 - point and area tables have geometry
    return gpd.GeoDataFrame(pd.concat([table, gpd.GeoDataFrame(new, crs=table.crs)], ignore_index=True))


def _closed(study: Study, edit: Close) -> Study:
    table = study.facilities
    closes = study.year if edit.year is None else edit.year
    is_it = table["facility_id"] == edit.facility
    year = table["close_year"].mask(is_it & (table["close_year"].isna() | (table["close_year"] > closes)), closes)
    facilities = gpd.GeoDataFrame(table.assign(close_year=year.astype(table["close_year"].dtype)))
    vehicles = study.vehicles
    if edit.vehicles_to:
        base = vehicles["facility_id"].mask(vehicles["facility_id"] == edit.facility, edit.vehicles_to)
        vehicles = vehicles.assign(facility_id=base)
    return replace(study, facilities=facilities, vehicles=vehicles)


def _moved(study: Study, edit: Move) -> Study:
    point, area = placed(study, edit.at)
    lon, lat = edit.at
    cells = {"lon": lon, "lat": lat, "datum": "wgs84", "position_quality": _ESTIMATED, "address": None}
    if area is not None:
        cells["area_id"] = area
    table = _with_cells(study.facilities, edit.facility, cells)
    shapes = table.geometry.to_numpy().copy()
    shapes[(table["facility_id"] == edit.facility).to_numpy()] = point
    return replace(study, facilities=gpd.GeoDataFrame(table.assign(geometry=gpd.GeoSeries(shapes, crs=table.crs))))


def _with_cells(table: gpd.GeoDataFrame, facility: str, cells: Mapping[str, Any]) -> gpd.GeoDataFrame:
    is_it = table["facility_id"] == facility
    changed = {}
    for name, value in cells.items():
        kind = table[name].dtype
        changed[name] = table[name].astype(object).mask(is_it, pd.NA if value is None else value).astype(kind)
    return gpd.GeoDataFrame(table.assign(**changed))


def _changed(study: Study, scenario: Scenario, edit: Change) -> Study:
    if edit.columns:
        study = replace(study, facilities=_with_cells(study.facilities, edit.facility, edit.columns))
    if edit.vehicles is None or not len(study.vehicles):
        return study
    others = study.vehicles["facility_id"] != edit.facility
    keep = study.vehicles[others | (study.vehicles["duty"] != "emergency")].reset_index(drop=True)
    rows = _vehicles(scenario, edit.facility, edit.vehicles, edit.negative_pressure)
    return replace(study, vehicles=appended(keep, "vehicles", rows))


def _vehicles(scenario: Scenario, facility: str, vehicles: int, negative: int) -> list[dict[str, Any]]:
    return [
        {
            "vehicle_id": f"{scenario.scenario_id}/{facility}/{i + 1}",
            "facility_id": facility,
            "negative_pressure": i < negative,
            "duty": "emergency",
            "source": source_of(scenario),
            "quality": _ESTIMATED,
        }
        for i in range(vehicles)
    ]


def source_of(scenario: Scenario, *, temporary: bool = False) -> str:
    """Say where a record of a scenario comes from."""
    return f"scenario {scenario.scenario_id}{' (temporary)' if temporary else ''}"


def _opened(study: Study, scenario: Scenario, edits: list[Open]) -> Study:
    rows, fleet = [], []
    for edit in sorted(edits, key=lambda edit: edit.facility_id):
        (lon, lat), (point, area) = edit.at, placed(study, edit.at)
        rows.append(
            {
                **edit.columns,
                "facility_id": edit.facility_id,
                "name": edit.name,
                "kind": edit.facility_kind,
                "area_id": area,
                "lon": lon,
                "lat": lat,
                "datum": "wgs84",
                "position_quality": _ESTIMATED,
                "status": "planned",
                "open_year": study.year if edit.year is None else edit.year,
                "source": source_of(scenario, temporary=edit.temporary),
                "quality": edit.columns.get("quality") or _ESTIMATED,
                "geometry": point,
            }
        )
        fleet += _vehicles(scenario, edit.facility_id, edit.vehicles, edit.negative_pressure)
    # Where no fleet is known every station counts as having one; a few known vehicles would take that from the others.
    fleet = fleet if len(study.vehicles) else []
    return replace(
        study,
        facilities=gpd.GeoDataFrame(appended(study.facilities, "facilities", rows)),
        vehicles=appended(study.vehicles, "vehicles", fleet),
    )


def _assigned(study: Study, edits: list[Assign]) -> Study:
    """Let the institutions of a town change their community, and the town the hospitals that are responsible for it."""
    table = study.facilities
    community, serves = table["community"].copy(), table["serves"].copy()
    names = dict(zip(study.areas["area_id"], study.areas["name"], strict=True))
    for edit in edits:
        member = (
            (table["area_id"] == edit.area) & table["community"].notna() & (table["role"] != "lead").fillna(value=True)
        )
        community = community.mask(member, edit.community)
        said = {edit.area, names.get(edit.area, edit.area)}
        held = serves.map(lambda cell, said=said: bool(said & set(cells_of(cell))))
        if not held.any():
            continue
        keeps = (table["community"] == edit.community) & (table["role"] == "lead")
        serves = pd.Series(
            [
                ";".join([name for name in cells_of(cell) if name not in said] + [edit.area] * bool(lead)) or None
                if had or lead
                else cell
                for cell, had, lead in zip(serves, held, keeps.fillna(value=False), strict=True)
            ],
            index=table.index,
        ).astype(table["serves"].dtype)
    if not edits:
        return study
    return replace(study, facilities=gpd.GeoDataFrame(table.assign(community=community, serves=serves)))


def _equipped(study: Study, scenario: Scenario, edits: list[Devices]) -> Study:
    rows = []
    for edit in sorted(edits, key=lambda edit: edit.name):
        (lon, lat), (point, area) = edit.at, placed(study, edit.at)
        rows.append(
            {
                "aed_id": point_of(scenario, edit),
                "name": edit.name,
                "devices": edit.devices,
                "place_kind": edit.place_kind or None,
                "area_id": area,
                "lon": lon,
                "lat": lat,
                "datum": "wgs84",
                "source": source_of(scenario),
                "quality": _ESTIMATED,
                "geometry": point,
            }
        )
    return replace(study, aeds=gpd.GeoDataFrame(appended(study.aeds, "aeds", rows))) if rows else study


def with_figures(study: Study, scenario: Scenario, edits: list[Figure]) -> Study:
    """Put figures into the indicators table, in the place of what stood there for the same year, area and facility."""
    if not edits:
        return study
    table = study.indicators
    if table is None:
        table = pd.DataFrame(columns=list(INDICATORS.names)).astype(
            {c.name: {"number": "float64", "integer": "Int64"}.get(c.type, "str") for c in INDICATORS.columns}
        )
    rows = []
    for edit in sorted(edits, key=lambda edit: repr(edit.says)):
        year = study.year if edit.of_year is None else edit.of_year
        same = (table["indicator_id"] == edit.indicator) & (table["year"].fillna(study.year) == year)
        same &= table["facility_id"].isna()
        same &= table["area_id"].isna() if not edit.area else (table["area_id"] == edit.area).fillna(value=False)
        table = table[~same.to_numpy(dtype=bool)].reset_index(drop=True)
        rows.append(
            {
                "indicator_id": edit.indicator,
                "value": edit.value,
                "year": year,
                "area_id": edit.area or None,
                "source": edit.source or source_of(scenario),
                "quality": "official" if edit.source else _ESTIMATED,
            }
        )
    return replace(study, indicators=appended(table, "indicators", rows))
