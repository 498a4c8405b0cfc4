"""Areas, zones and roads as plain data for the page: short lists of whole numbers and words in two languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from coverplan.core import words
from coverplan.core.model import Study
from coverplan.core.units import unproject
from coverplan.outputs.phrases import Both, both, of_word
from coverplan.roads.network import Network

Row = Mapping[str, Any]
Data = dict[str, Any]
Ints = npt.NDArray[np.int64]

MOST_FEATURES = 2000
"""A page with many more vector features than this becomes slow."""

_STEPS_PER_DEGREE = 1e5
WATER = "water"
"""The kind of zone that is drawn as water, beneath everything else."""

_TOLERANCE_M = 12.0
_MARGIN_M = 2500.0
_MOST_ZONES = 200
_MOST_VERTICES = 40_000
_LABEL_TRIES = 15
_MAIN_ROADS = ("motorway", "trunk", "primary", "secondary", "tertiary")


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


def vertices(course: Sequence[int]) -> list[list[float]]:
    """Turn what `steps` wrote back into (lat, lon) of every vertex.

    Examples
    --------
    >>> vertices([2400000, 11700000, 2, 1])
    [[24.0, 117.0], [24.00002, 117.00001]]
    """
    whole = np.asarray(course, dtype=np.int64).reshape(-1, 2).cumsum(axis=0)
    return (whole / _STEPS_PER_DEGREE).round(5).tolist()


def areas(study: Study) -> list[Data]:
    """Return each area's names, outline and the place for its label, in the order of the areas table."""
    shapes = _simplified(study.areas.geometry.array, _TOLERANCE_M)
    taken = shapely.MultiPoint(shapely.get_coordinates(np.asarray(_shown_at_start(study).array, dtype=object)))
    labels = gpd.GeoSeries([_quiet_place(shape, taken) for shape in study.areas.geometry], index=study.areas.index)
    rows = zip(records(study.areas), shapes, positions(labels, study.crs), strict=True)
    return [
        {"id": text(row["area_id"]), "name": named(row), "at": at, "rings": rings(shape, study.crs)}
        for row, shape, at in rows
    ]


def zones(study: Study) -> list[Data]:
    """Return the named zones by kind, water first: their names and outlines."""
    if study.zones is None or not len(study.zones):
        return []
    found: list[Data] = []
    for kind, word in sorted(words.ZONE_KINDS.items(), key=lambda item: item[0] != WATER):
        table: gpd.GeoDataFrame = study.zones[study.zones["kind"] == kind].head(_MOST_ZONES)
        shapes = [shapely.simplify(shape, _TOLERANCE_M) for shape in table.geometry]
        rows = [
            {"name": named(row), "rings": rings(shape, study.crs)}
            for row, shape in zip(records(table), shapes, strict=True)
        ]
        if rows:
            found.append({"kind": kind, "title": of_word(word), "water": kind == WATER, "rows": rows})
    return found


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


def rings(shape: shapely.Geometry, crs: str) -> list[Any]:
    """Return the polygons of a shape, each as its outer ring and its holes, as `steps` writes them."""
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
