"""The main roads: hand-drawn axes, and between the villages a Gabriel graph, classed by who passes through."""

from __future__ import annotations

import networkx as nx
import numpy as np
import shapely
from scipy.spatial import Delaunay, cKDTree
from shapely.geometry.base import BaseGeometry

from coverplan.core.units import FloatArray

from .land import Land
from .relief import lakes, roughness, unwarp
from .sources import read_rows, to_xy

RANK = {
    name: rank
    for rank, name in enumerate(
        ("trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "service", "footway", "path")
    )
}


def read_axes(outline: BaseGeometry) -> dict[str, tuple[str, str, BaseGeometry]]:
    """Read the hand-drawn axes, cut off at the county border: class, name and smooth course, by short name."""
    ground = outline.buffer(-40)
    axes = {}
    for row in read_rows("axes.csv"):
        points = np.array([[float(value) for value in pair.split()] for pair in row["course"].split(";")])
        course = _smooth(unwarp(to_xy(points[:, 0], points[:, 1])))
        parts = shapely.get_parts(shapely.LineString(course).intersection(ground))
        axes[row["axis"]] = (row["road_class"], row["name"], max(parts, key=lambda part: part.length))
    return _join_ends(axes)


def _join_ends(axes: dict[str, tuple[str, str, BaseGeometry]]) -> dict[str, tuple[str, str, BaseGeometry]]:
    """Lead every end of a great road that lies within 600 m of another one up to it."""
    joined = {}
    for key, (road_class, name, line) in axes.items():
        others = [o for k, (c, _, o) in axes.items() if k != key and c != "motorway"]
        target = shapely.union_all(others)
        coords = list(line.coords)
        if road_class != "motorway":
            for end in (0, -1):
                link = shapely.shortest_line(shapely.Point(coords[end]), target)
                if 1 < link.length < 600:
                    coords.insert(0 if end == 0 else len(coords), link.coords[1])
        joined[key] = (road_class, name, shapely.LineString(coords))
    return joined


def _smooth(xy: FloatArray, rounds: int = 2) -> FloatArray:
    """Cut the corners of a polyline (Chaikin), keeping its ends."""
    for _ in range(rounds):
        first, second = 0.75 * xy[:-1] + 0.25 * xy[1:], 0.25 * xy[:-1] + 0.75 * xy[1:]
        xy = np.vstack([xy[:1], np.stack([first, second], axis=1).reshape(-1, 2)[1:-1], xy[-1:]])
    return xy


def village_roads(land: Land, axes: dict[str, tuple[str, str, BaseGeometry]]) -> list[tuple[str, BaseGeometry]]:
    """Roads between neighbouring villages as (class, straight line), none of them doubling a hand-drawn axis."""
    main = shapely.union_all([line for road_class, _, line in axes.values() if road_class != "motorway"])
    knots = _knots(land, main)
    graph = _gabriel(knots, land)
    _class_by_use(graph, land, knots)
    shore = land.outline.buffer(-60)
    water = lakes()
    corridor = main.buffer(130)
    roads = []
    for a, b, data in graph.edges(data=True):
        line = shapely.LineString([knots[a], knots[b]])
        doubled = line.intersection(corridor).length > 0.62 * line.length and line.length > 260
        if shore.contains(line) and not water.intersects(line) and not doubled:
            roads.append((data["road_class"], line))
    return roads


def _knots(land: Land, main: BaseGeometry) -> FloatArray:
    """Where each village meets the main roads: itself, or the axis when that passes within 220 m."""
    points = shapely.points(land.xy)
    near = shapely.distance(points, main) < 220
    snapped = shapely.get_coordinates(shapely.shortest_line(points, main))[1::2]
    return np.where(near[:, None], snapped, land.xy)


def _gabriel(knots: FloatArray, land: Land) -> nx.Graph:
    """Join two villages when no third lies in the circle between them; relative neighbours are marked as nearer."""
    triangles = Delaunay(knots).simplices
    pairs = np.unique(np.sort(np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])), axis=0)
    tree = cKDTree(knots)
    graph = nx.Graph()
    graph.add_nodes_from(range(len(knots)))
    for a, b in pairs.tolist():
        middle, length = (knots[a] + knots[b]) / 2, float(np.hypot(*(knots[a] - knots[b])))
        if tree.query(middle)[0] < length / 2 - 1e-6 or length > 4500 or length < 30:
            continue
        to_a, to_b = np.hypot(*(knots - knots[a]).T), np.hypot(*(knots - knots[b]).T)
        relative = not bool(np.any(np.maximum(to_a, to_b)[np.arange(len(knots)) != a] < length - 1e-6))
        climb = float(roughness(middle[None])[0])
        graph.add_edge(a, b, length=length, cost=length * (1 + 1.5 * climb), relative=relative)
    return graph


def _class_by_use(graph: nx.Graph, land: Land, knots: FloatArray) -> None:
    """Class each road by how many ways between neighbouring town seats pass over it."""
    seat = [int(i) for i in cKDTree(knots).query(land.seats)[1]]
    for a in seat:
        for b in seat:
            if a < b and np.hypot(*(knots[a] - knots[b])) < 9500:
                for u, v in nx.utils.pairwise(nx.shortest_path(graph, a, b, weight="cost")):
                    graph[u][v]["used"] = graph[u][v].get("used", 0) + 1
    for _, _, data in graph.edges(data=True):
        if data.get("used", 0) >= 2:
            data["road_class"] = "secondary"
        elif data.get("used", 0) == 1 or data["relative"]:
            data["road_class"] = "tertiary"
        else:
            data["road_class"] = "unclassified"
