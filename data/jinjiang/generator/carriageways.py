"""One-way pairs: the great roads of the towns become two carriageways, joined where a side street meets them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.spatial import cKDTree

from coverplan.core.units import FloatArray

from .land import Land
from .roads import Edge, Roads

HALF_WIDTH_M = 9.0
SEAT_REACH_M = 1500.0


def split_carriageways(roads: Roads, land: Land) -> Roads:
    """Replace trunk roads inside the city, and primary roads at town seats, by pairs of one-way roads."""
    urban = np.array([float(row["urbanity"]) for row in land.towns])
    village = cKDTree(land.xy)
    for name in sorted({e.name for e in roads.edges if e.name}):
        chain = [e for e in roads.edges if e.name == name and not e.oneway]
        if not chain:
            continue
        xy = roads.positions()
        middle = np.array([(xy[e.a] + xy[e.b]) / 2 for e in chain])
        town = land.town_of[village.query(middle)[1]]
        near_seat = cKDTree(land.seats).query(middle)[0] < SEAT_REACH_M
        inside = (urban[town] > 1.5) & ((chain[0].road_class == "trunk") | near_seat)
        inside |= near_seat & (urban[town] > 0.95) & (np.array([e.road_class == "primary" for e in chain]))
        for path in _paths([e for e, take in zip(chain, inside, strict=True) if take]):
            _split(roads, path, name)
    return roads


def _paths(edges: list[Edge]) -> list[list[int]]:
    """Chain edges into simple node paths of at least five nodes."""
    at: dict[int, list[int]] = {}
    for edge in edges:
        at.setdefault(edge.a, []).append(edge.b)
        at.setdefault(edge.b, []).append(edge.a)
    seen: set[int] = set()
    paths = []
    for start in sorted(n for n, others in at.items() if len(others) == 1):
        if start in seen:
            continue
        path = [start]
        while True:
            seen.add(path[-1])
            onward = [n for n in at[path[-1]] if n not in seen]
            if len(at[path[-1]]) > 2 or not onward:
                break
            path.append(onward[0])
        if len(path) >= 5:
            paths.append(path)
    return paths


def _split(roads: Roads, path: list[int], name: str) -> None:
    """Split one path; its ends, and nodes it shares with another named road, stay single."""
    at = roads.incident()
    xy = roads.positions()
    steps = {*pairwise(path), *pairwise(path[::-1])}
    road_class = next(e.road_class for e in at[path[0]] if (e.a, e.b) in steps)
    right, left = list(path), list(path)
    for i in range(1, len(path) - 1):
        node = path[i]
        others = [e for e in at[node] if (e.a, e.b) not in steps]
        if any(e.name for e in others):
            continue
        normal = _normal(xy[path[i - 1]], xy[path[i + 1]])
        roads.xy[node] = tuple((xy[node] - HALF_WIDTH_M * normal).tolist())
        left[i] = roads.add_node(*(xy[node] + HALF_WIDTH_M * normal))
        for edge in others:
            far = edge.b if edge.a == node else edge.a
            if np.dot(xy[far] - xy[node], normal) > 0:
                edge.a, edge.b = (left[i], edge.b) if edge.a == node else (edge.a, left[i])
        if others:
            roads.edges.append(Edge(a=right[i], b=left[i], road_class=f"{road_class}_link", level=1.0))
    levels = {frozenset((e.a, e.b)): e.level for e in roads.edges if e.name == name}
    roads.edges = [e for e in roads.edges if not (e.name == name and (e.a, e.b) in steps)]
    for i in range(len(path) - 1):
        level = levels.get(frozenset((path[i], path[i + 1])), 1.0)
        pair = ((right[i], right[i + 1]), (left[i + 1], left[i]))
        roads.edges.extend(Edge(a=a, b=b, road_class=road_class, name=name, oneway=True, level=level) for a, b in pair)


def _normal(before: FloatArray, after: FloatArray) -> FloatArray:
    """Return the unit vector to the left of the way from one point to another."""
    way = (after - before) / max(float(np.hypot(*(after - before))), 1e-9)
    return np.array([-way[1], way[0]])
