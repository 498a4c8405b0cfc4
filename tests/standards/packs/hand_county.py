"""A county of five villages, whose verdict under every rule of every pack can be worked out in the head.

::

    A-----B-----C-----------------D

    E-----F                          (an island)

One character is 500 m: A to B and B to C are 3 km, C to D is 9 km; the island lies 1 km south of A and B. Cars go
10 m/s (A to B in 5 minutes, C to D in 15), ambulances 20 m/s, e-bikes 5 m/s and walkers 1 m/s, so that one gets 900 m
far in 15 minutes on foot. Crews need 3 minutes before they roll. 20,000 people in 2025:

=====  ======  =========  =====================
where  people  area       village or community
=====  ======  =========  =====================
A       8,000  罗山街道   罗山社区 (community)
B       6,000  安海镇     安海村 (village)
C       4,000  金龙街道   金龙社区 (community)
D       1,500  江南街道   江南村 (village)
E         500  岛镇       岛村 (village)
=====  ======  =========  =====================

What stands where is in the CSV files beside this one; a spot is a node (``B``) or metres along a road (``AB+400``).
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from coverplan.core import tables
from coverplan.core.model import Clock, Population, Study
from coverplan.core.tables import Table
from scenes import CRS, ORIGIN, Scene, draw, profile, study

HERE = Path(__file__).parent
AREAS = {
    "罗山街道": ("street", (-500, 500, 1500, 1500)),
    "安海镇": ("town", (1500, 500, 4500, 1500)),
    "金龙街道": ("street", (4500, 500, 9000, 1500)),
    "江南街道": ("street", (9000, 500, 16000, 1500)),
    "岛镇": ("town", (-500, -500, 4500, 500)),
}
PARK = (14_000, 500, 16_000, 1500)
_TYPES = {"text": "str", "integer": "Int64", "number": "float64", "flag": "boolean"}


def hand_scene() -> Scene:
    """Return the roads."""
    return draw("A-----B-----C-----------------D\n\nE-----F", step_m=500)


def hand_county() -> Study:
    """Return the county with everything that the CSV files tell."""
    scene = hand_scene()
    plain = study(scene, {"A": 1}, {"A": "hospital"})
    areas = _areas()
    return replace(
        plain,
        name="手算县",
        name_en="County worked out by hand",
        year=2025,
        areas=areas,
        facilities=_points(scene, tables.FACILITIES, "facilities.csv", areas),
        people=_points(scene, tables.PEOPLE, "people.csv", areas),
        vehicles=_table(tables.VEHICLES, _rows("vehicles.csv")),
        aeds=_points(scene, tables.AEDS, "aeds.csv", areas),
        projects=_table(tables.PROJECTS, _rows("projects.csv")),
        indicators=_table(tables.INDICATORS, [{**row, "area_id": row["area"]} for row in _rows("indicators.csv")]),
        zones=_zones(),
        profiles={
            "drive": profile(),
            "ambulance": profile(72),
            "e_bike": profile(18),
            "walk": profile(3.6, mode="walk", max_offroad_m=500),
        },
        clock=Clock(call_handling_s=60, turnout_s=120),
        populations={
            name: Population(name=name, people=people, year=year, source="made up")
            for name, people, year in (
                ("resident_2020", 20_000, 2020),
                ("resident_2025", 25_000, 2025),
                ("service", 24_000, 2025),
            )
        },
        default_population="resident_2020",
    )


def _rows(name: str) -> list[dict[str, Any]]:
    with (HERE / name).open(encoding="utf-8") as file:
        return [{key: value or None for key, value in row.items()} for row in csv.DictReader(file)]


def _table(table: Table, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Give rows every declared column, its type, a source and a quality."""
    found = {}
    for column in table.columns:
        cells = [{"source": "made up", "quality": "official", **row}.get(column.name) for row in rows]
        if column.type == "flag":
            cells = [cell == "true" for cell in cells]
        elif column.type != "text":
            cells = [None if cell is None else float(cell) for cell in cells]
        found[column.name] = pd.Series(cells, dtype=_TYPES[column.type])
    return pd.DataFrame(found)


def _points(scene: Scene, table: Table, name: str, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    rows = [{"status": "existing", **row} for row in _rows(name)]
    spots = [shapely.Point(_spot(scene, row["spot"])) for row in rows]
    within = [next(key for key, shape in zip(areas["area_id"], areas.geometry, strict=True) if shape.covers(spot))
              for spot in spots]  # fmt: skip
    located = [{**row, "area_id": area} for row, area in zip(rows, within, strict=True)]
    return gpd.GeoDataFrame(_table(table, located), geometry=gpd.GeoSeries(spots, crs=CRS))


def _spot(scene: Scene, text: str) -> tuple[float, float]:
    road, _, metres = text.partition("+")
    return scene.on(road, float(metres)) if metres else scene.at(road)


def _areas() -> gpd.GeoDataFrame:
    rows = [{"area_id": name, "name": name, "name_en": name, "kind": kind} for name, (kind, _) in AREAS.items()]
    return gpd.GeoDataFrame(_table(tables.AREAS, rows), geometry=[_box(box) for _, box in AREAS.values()], crs=CRS)


def _zones() -> gpd.GeoDataFrame:
    rows = [{"zone_id": "park", "name": "健康产业园", "name_en": "Health Industry Park", "kind": "park"}]
    return gpd.GeoDataFrame(_table(tables.ZONES, rows), geometry=[_box(PARK)], crs=CRS)


def _box(box: tuple[float, float, float, float]) -> shapely.Polygon:
    return shapely.box(*(side + ORIGIN[i % 2] for i, side in enumerate(box)))
