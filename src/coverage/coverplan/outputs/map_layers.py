"""Areas, roads and facilities as plain data for the page: short lists of whole numbers and words in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from coverplan.core import words
from coverplan.core.model import Study
from coverplan.core.units import unproject
from coverplan.inputs.select import active_facilities
from coverplan.outputs.phrases import Both, both, of_word
from coverplan.roads.network import Network

Row = Mapping[str, Any]
Data = dict[str, Any]
Ints = npt.NDArray[np.int64]

MOST_FEATURES = 2000
"""A page with many more vector features than this becomes slow."""

_STEPS_PER_DEGREE = 1e5
_TOLERANCE_M = 12.0
_MARGIN_M = 2500.0
_SAME_DOOR_M = 150.0
_MOST_VERTICES = 40_000
_MOST_PER_LAYER = 600
_LABEL_TRIES = 15
_MAIN_ROADS = ("motorway", "trunk", "primary", "secondary", "tertiary")

_HOSPITALS = (
    "hospital",
    "tcm_hospital",
    "specialty_hospital",
    "mental_hospital",
    "dental_hospital",
    "infectious_hospital",
    "mch",
)
_PRIMARY = ("township_hospital", "chc", "clinic")
_LAYERS: tuple[tuple[str, Both, str, bool], ...] = (
    ("ems", both("急救站点", "Ambulance stations"), "ems", True),
    ("hospital", both("医院", "Hospitals"), "hospital", True),
    ("primary", both("基层医疗机构", "Primary care"), "primary", True),
    ("village", both("村卫生所", "Village clinics"), "village", False),
    ("aed", both("AED", "AEDs"), "aed", False),
    ("other", both("公卫与保障设施", "Other sites"), "other", False),
    ("planned", both("规划设施（未计入）", "Planned"), "planned", False),
)


def text(value: Any) -> str:
    """Return a table's value as text; empty where it is missing."""
    return "" if pd.isna(value) else str(value)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table row by row."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def named(row: Row) -> Both:
    """Return the two names of a record; the Chinese one alone where it has no English one."""
    return both(text(row["name"]), text(row.get("name_en")))


def positions(points: gpd.GeoSeries, crs: str) -> list[list[float]]:
    """Return (lat, lon) of points in whole hundred-thousandths of a degree, about a metre."""
    lon, lat = unproject(points.x.to_numpy(), points.y.to_numpy(), crs)
    return np.column_stack([lat, lon]).round(5).tolist()


def steps(x_m: npt.ArrayLike, y_m: npt.ArrayLike, crs: str) -> list[int]:
    """Turn a course into lat, lon, and from there the step to each next vertex, in 1/100,000 degree.

    Examples
    --------
    >>> from coverplan.core.units import project
    >>> x, y = project([117.0, 117.00001], [24.0, 24.00002], "EPSG:32650")
    >>> steps(x, y, "EPSG:32650")
    [2400000, 11700000, 2, 1]
    """
    lon, lat = unproject(x_m, y_m, crs)
    whole = np.rint(np.column_stack([lat, lon]) * _STEPS_PER_DEGREE).astype(np.int64)
    moved = np.diff(whole, axis=0)
    return np.vstack([whole[:1], moved[np.any(moved != 0, axis=1)]]).ravel().tolist()


def areas(study: Study) -> list[Data]:
    """Return each area's names, outline and the place for its label, in the order of the areas table."""
    shapes = _simplified(study.areas.geometry.array, _TOLERANCE_M)
    taken = shapely.MultiPoint(shapely.get_coordinates(np.asarray(_shown_at_start(study).array, dtype=object)))
    labels = gpd.GeoSeries([_quiet_place(shape, taken) for shape in study.areas.geometry], index=study.areas.index)
    rows = zip(records(study.areas), shapes, positions(labels, study.crs), strict=True)
    return [
        {"id": text(row["area_id"]), "name": named(row), "at": at, "rings": _rings(shape, study.crs)}
        for row, shape, at in rows
    ]


def _shown_at_start(study: Study) -> gpd.GeoSeries:
    kinds = {kind for kind, word in words.KINDS.items() if word.group in {"care", "ems"}} - {"village_clinic"}
    return gpd.GeoSeries(study.facilities.geometry[study.facilities["kind"].isin(kinds)])


def _quiet_place(shape: Any, taken: shapely.MultiPoint) -> shapely.Point:
    """Return where an area's name reads best: well inside, away from the symbols, and not far from the middle."""
    west, south, east, north = shape.bounds
    across = np.linspace(0, 1, _LABEL_TRIES)
    points = shapely.points(*np.meshgrid(west + across * (east - west), south + across * (north - south))).ravel()
    points = np.append(points[shapely.contains(shape, points)], shape.representative_point())
    enough = float(np.sqrt(shape.area)) / 4
    to_edge = np.minimum(shapely.distance(shape.boundary, points), enough)
    to_symbol = np.full(len(points), enough) if taken.is_empty else np.minimum(shapely.distance(taken, points), enough)
    to_middle = shapely.distance(shape.centroid, points)
    return points[int(np.argmax(to_edge + to_symbol - to_middle / 3))]


def _simplified(shapes: Any, tolerance_m: float) -> npt.NDArray[np.object_]:
    """Simplify outlines together, so that neighbours keep the one border they share."""
    return np.asarray(shapely.coverage_simplify(np.asarray(shapes, dtype=object), tolerance_m), dtype=object)


def _rings(shape: shapely.Geometry, crs: str) -> list[Any]:
    """Return the polygons of an area, each as its outer ring and its holes."""
    polygons = [part for part in shapely.get_parts(shape) if not part.is_empty]
    return [
        [steps(*ring.xy, crs) for ring in (polygon.exterior, *polygon.interiors)]
        for polygon in polygons
        if isinstance(polygon, shapely.Polygon)
    ]


def extent(study: Study) -> tuple[float, float, float, float]:
    """Return the box that holds the areas, in metres of the study's CRS; around the people when there are no areas."""
    if len(study.areas):
        west, south, east, north = study.areas.total_bounds
    else:
        west, south, east, north = study.people.total_bounds + np.array([-1, -1, 1, 1]) * _MARGIN_M
    return float(west), float(south), float(east), float(north)


def bounds(study: Study) -> list[list[float]]:
    """Return the south-west and north-east corner of that box as (lat, lon)."""
    west, south, east, north = extent(study)
    lon, lat = unproject([west, east, west, east], [south, south, north, north], study.crs)
    corners = np.array([[lat.min(), lon.min()], [lat.max(), lon.max()]])
    return corners.round(5).tolist()


def roads(study: Study, network: Network) -> list[Data]:
    """Return the main roads in and near the areas, one entry per class, the largest class first.

    Smaller classes are left out when they would make the page heavy; the map is there for orientation.
    """
    classes = list(words.ROAD_CLASSES)
    west, south, east, north = np.array(extent(study)) + np.array([-1, -1, 1, 1]) * _MARGIN_M
    found: list[Data] = []
    vertices = 0
    for name in _MAIN_ROADS:
        codes = [classes.index(one) for one in (name, f"{name}_link") if one in classes]
        lines = _merged(network, np.flatnonzero(np.isin(network.edge_class, codes)))
        lines = [line for line in lines if _in_box(line, west, south, east, north)]
        vertices += int(sum(shapely.get_num_coordinates(lines)))
        if vertices > _MOST_VERTICES and found:
            break
        if lines:
            found.append({"road_class": name, "lines": [steps(*line.xy, network.crs) for line in lines]})
    return found


def _merged(network: Network, edges: Ints) -> list[shapely.LineString]:
    """Join edges end to end into few long lines and leave out what no eye sees."""
    if not edges.size:
        return []
    counts = network.shape_start[edges + 1] - network.shape_start[edges]
    first = np.repeat(network.shape_start[edges], counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    vertices = np.column_stack([network.shape_x_m, network.shape_y_m])[first + within]
    lines = shapely.linestrings(vertices, indices=np.repeat(np.arange(edges.size), counts))
    merged = shapely.line_merge(shapely.multilinestrings(np.atleast_1d(np.asarray(lines))))
    parts = shapely.get_parts(shapely.simplify(merged, _TOLERANCE_M))
    return [part for part in parts if isinstance(part, shapely.LineString) and not part.is_empty]


def _in_box(line: shapely.LineString, west: float, south: float, east: float, north: float) -> bool:
    x_min, y_min, x_max, y_max = line.bounds
    return x_min <= east and x_max >= west and y_min <= north and y_max >= south


def facility_layers(study: Study) -> list[Data]:
    """Return the facilities by layer, with symbols and tooltips, without empty layers and what has closed.

    A layer of more than 600 shows those with most beds and says how many there are in all.
    """
    serving = set(active_facilities(study)["facility_id"])
    sorted_rows: dict[str, list[Data]] = {layer: [] for layer, *_ in _LAYERS}
    shared = _shared_doors(study)
    closed = (study.facilities["close_year"] <= study.year).fillna(value=False).to_numpy(dtype=bool)
    table: gpd.GeoDataFrame = study.facilities[~closed].sort_values(
        "beds", ascending=False, kind="stable", na_position="last"
    )
    for row, at in zip(records(table), positions(table.geometry, study.crs), strict=True):
        layer = _layer_of(row) if row["facility_id"] in serving else "planned"
        beside = layer == "ems" and row["facility_id"] in shared
        sorted_rows[layer].append(
            {"at": at, "symbol": _symbol(layer, row), "beside": beside, "lines": _facility_lines(row)}
        )
    aeds = zip(records(study.aeds), positions(study.aeds.geometry, study.crs), strict=True)
    sorted_rows["aed"] = [{"at": at, "symbol": "aed", "lines": _aed_lines(row)} for row, at in aeds]
    return [
        {
            "id": layer,
            "title": title,
            "symbol": symbol,
            "show": show,
            "total": len(sorted_rows[layer]),
            "rows": sorted_rows[layer][:_MOST_PER_LAYER],
        }
        for layer, title, symbol, show in _LAYERS
        if sorted_rows[layer]
    ]


def _shared_doors(study: Study) -> set[str]:
    """Return the ambulance bases that stand so close to another facility that one symbol would hide the other."""
    is_base = study.facilities["kind"].isin([kind for kind, word in words.KINDS.items() if word.group == "ems"])
    bases, others = study.facilities[is_base], study.facilities[~is_base]
    tree = shapely.STRtree(np.asarray(others.geometry.array, dtype=object))
    close, _ = tree.query(np.asarray(bases.geometry.array, dtype=object), predicate="dwithin", distance=_SAME_DOOR_M)
    return set(bases["facility_id"].to_numpy()[np.unique(close)])


def _layer_of(row: Row) -> str:
    kind = row["kind"]
    if kind in _HOSPITALS:
        return "hospital"
    if kind in _PRIMARY:
        return "primary"
    if kind == "village_clinic":
        return "village"
    return "ems" if words.KINDS[kind].group == "ems" else "other"


def _symbol(layer: str, row: Row) -> str:
    return "tertiary" if layer == "hospital" and text(row["tier"]) == "tertiary" else layer


def _facility_lines(row: Row) -> list[Both]:
    what = [words.KINDS[row["kind"]], *([words.TIERS[row["tier"]]] if text(row["tier"]) in words.TIERS else [])]
    lines = [named(row), both(" · ".join(word.zh for word in what), " · ".join(word.en for word in what))]
    beds = row["beds"]
    if text(beds) and int(beds) > 0:
        lines.append(both(f"床位 {int(beds):,}", f"{int(beds):,} beds"))
    if text(row["status"]) == "planned":
        opens = f" {int(row['open_year'])}" if text(row["open_year"]) else ""
        lines.append(both(f"规划{opens}", f"planned{opens}"))
    lines.append(_position(text(row.get("position_quality")) or text(row["quality"])))
    return lines


def _aed_lines(row: Row) -> list[Both]:
    lines = [named(row), both(f"AED {int(row['devices'])} 台", f"{int(row['devices'])} AED")]
    if text(row["place_kind"]) in words.PUBLIC_PLACES:
        lines.append(of_word(words.PUBLIC_PLACES[row["place_kind"]]))
    return [*lines, _position(text(row["quality"]))]


def _position(quality: str) -> Both:
    word = words.QUALITIES.get(quality, words.QUALITIES["illustrative"])
    return both(f"位置：{word.zh}", f"position: {word.en}")
