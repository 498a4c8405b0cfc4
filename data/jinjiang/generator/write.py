"""Writes the tables, columns in the order that the package declares them."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import shapely

from coverplan.core import tables
from coverplan.core.tables import Table

from .land import Land
from .roads import Roads
from .sources import to_lonlat

MAXSPEED = {"motorway": 100, "motorway_link": 40, "trunk": 80, "primary": 60}


def write_table(path: Path, table: Table, rows: Sequence[dict[str, object]]) -> None:
    """Write rows as CSV: the declared columns that any row speaks of, in the declared order."""
    spoken = {key for row in rows for key in row}
    names = [name for name in table.names if name in spoken]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _text(value) for key, value in row.items()} for row in rows)


def _text(value: object) -> object:
    return f"{value:.6f}" if isinstance(value, float) else value


def write_areas(path: Path, land: Land) -> None:
    """Write the town areas as GeoJSON, one feature per line."""
    features = []
    for row, area in zip(land.towns, land.areas, strict=True):
        round_shape = shapely.transform(shapely.orient_polygons(area), to_lonlat)
        properties = {
            "area_id": row["area_id"],
            "name": row["name"],
            "name_en": row["name_en"],
            "kind": row["kind"],
            "source": "代码和名称：国家统计局统计用区划代码；边界示意，手绘轮廓加生成器，"
            "镇驻地点参考GeoNames（CC BY 4.0）",
            "quality": "illustrative",
        }
        feature = {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(round_shape)}
        features.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    body = ",\n".join(features)
    text = f'{{"type":"FeatureCollection","name":"areas","features":[\n{body}\n]}}\n'
    path.write_text(text, encoding="utf-8", newline="\n")


def write_roads(folder: Path, roads: Roads) -> None:
    """Write nodes.csv and edges.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    places = to_lonlat(roads.positions())
    nodes = [{"node_id": i + 1, "lon": lon, "lat": lat} for i, (lon, lat) in enumerate(places.tolist())]
    write_table(folder / "nodes.csv", tables.ROAD_NODES, nodes)
    edges = [
        {
            "edge_id": i + 1,
            "from_node": e.a + 1,
            "to_node": e.b + 1,
            "road_class": e.road_class,
            "oneway": "yes" if e.oneway else "no",
            "maxspeed_kph": MAXSPEED.get(e.road_class, ""),
            "walk": "",
            "drive": "",
            "name": e.name,
            "source": "示意路网",
            "quality": "illustrative",
        }
        for i, e in enumerate(roads.edges)
    ]
    write_table(folder / "edges.csv", tables.ROAD_EDGES, edges)
