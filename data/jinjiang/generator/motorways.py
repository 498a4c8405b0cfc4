"""Motorways: two one-way carriageways that cross everything without a junction, tied in by link roads."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from coverplan.core.units import FloatArray

from .roads import Edge, Roads

HALF_WIDTH_M = 14.0
STEP_M = 250.0
RAMP_M = 430.0
SYSTEM_RAMP_M = 620.0
SPACING_M = 2600.0
Ramp = tuple[int, FloatArray, int]
"""Where a ramp starts, what it bends toward, where it ends."""
TRAFFIC = {"trunk": 0, "primary": 1, "secondary": 2}


@dataclass(kw_only=True)
class _Line:
    """One motorway: its centre line, and the nodes of both carriageways by distance along it."""

    name: str
    line: BaseGeometry
    nodes: dict[int, dict[float, int]]

    def point(self, s: float, right: float = 0.0) -> FloatArray:
        """Return the point at distance s, `right` metres to the right of the way along the line."""
        here = np.array(self.line.interpolate(s).coords[0])
        ahead = np.array(self.line.interpolate(min(s + 5, self.line.length)).coords[0])
        behind = np.array(self.line.interpolate(max(s - 5, 0)).coords[0])
        way = (ahead - behind) / max(float(np.hypot(*(ahead - behind))), 1e-9)
        return here + right * np.array([way[1], -way[0]])


def add_motorways(roads: Roads, axes: dict[str, tuple[str, str, BaseGeometry]]) -> Roads:
    """Add the motorways, their interchanges with the great roads and with each other."""
    lines = [
        _Line(name=name, line=line, nodes={1: {}, -1: {}})
        for road_class, name, line in axes.values()
        if road_class == "motorway"
    ]
    crossings = _mutual_crossings(lines)
    ramps: list[Ramp] = []
    for line in lines:
        taken = [s for m, _, s, t in crossings if m is line] + [t for _, m, s, t in crossings if m is line]
        for s, sides in _interchanges(roads, line, taken):
            ramps.extend(_diamond(roads, line, s, sides))
    for one, two, s, t in crossings:
        ramps.extend(_exchange(roads, one, two, s, t))
    for line in lines:
        _lay(roads, line)
    for start, control, end in ramps:
        _bezier(roads, start, control, end)
    return roads


def _carriage_node(roads: Roads, line: _Line, way: int, s: float) -> int:
    s = round(s, 1)
    if s not in line.nodes[way]:
        line.nodes[way][s] = roads.add_node(*line.point(s, way * HALF_WIDTH_M))
    return line.nodes[way][s]


def _mutual_crossings(lines: list[_Line]) -> list[tuple[_Line, _Line, float, float]]:
    found = []
    for i, one in enumerate(lines):
        for two in lines[i + 1 :]:
            for point in shapely.get_parts(one.line.intersection(two.line)):
                found.append((one, two, one.line.project(point), two.line.project(point)))  # noqa: PERF401 - reads better
    return found


def _interchanges(roads: Roads, line: _Line, taken: list[float]) -> list[tuple[float, tuple[int, int]]]:
    """Choose crossings with great roads, the greatest first, and the junctions left and right to tie in."""
    xy = roads.positions()
    great = [e for e in roads.edges if e.road_class in TRAFFIC]
    segments = shapely.linestrings([[xy[e.a], xy[e.b]] for e in great])
    hits = np.flatnonzero(shapely.intersects(segments, line.line))
    order = sorted(hits.tolist(), key=lambda i: (TRAFFIC[great[i].road_class], great[i].oneway, i))
    at = roads.incident()
    chosen: list[tuple[float, tuple[int, int]]] = []
    for i in order:
        s = line.line.project(segments[i].intersection(line.line).centroid)
        margin = min(s, line.line.length - s)
        used = [*taken, *(c for c, _ in chosen)]
        if margin < RAMP_M + 60 or any(abs(s - other) < SPACING_M * 0.75 for other in used):
            continue
        sides = _tie_nodes(great[i], line.point(s), line.point(s, 1.0), at, xy)
        if sides is not None:
            chosen.append((s, sides))
    return chosen


def _tie_nodes(
    edge: Edge, here: FloatArray, beside: FloatArray, at: dict[int, list[Edge]], xy: FloatArray
) -> tuple[int, int] | None:
    """Follow the great road both ways from the crossing to the first two-way node that lies well clear."""
    right = beside - here
    found: dict[bool, int] = {}
    for start, other in ((edge.a, edge.b), (edge.b, edge.a)):
        node, before = start, other
        for _ in range(12):
            gap = float(np.dot(xy[node] - here, right))
            if abs(gap) > 55 and any(not e.oneway and not e.road_class.endswith("way") for e in at[node]):
                found.setdefault(gap > 0, node)
                break
            onward = [e for e in at[node] if e.road_class == edge.road_class and before not in (e.a, e.b)]
            if not onward:
                break
            node, before = (onward[0].b if onward[0].a == node else onward[0].a), node
    if len(found) < 2 or any(np.hypot(*(xy[n] - here)) > 500 for n in found.values()):
        return None
    return found[True], found[False]


def _diamond(roads: Roads, line: _Line, s: float, sides: tuple[int, int]) -> list[Ramp]:
    """Return the four ramps of one interchange, as (start, control point, end)."""
    ramps = []
    for way, node in ((1, sides[0]), (-1, sides[1])):
        leave = _carriage_node(roads, line, way, s - way * RAMP_M)
        join = _carriage_node(roads, line, way, s + way * RAMP_M)
        ramps.append((leave, line.point(s - way * 150, way * 75), node))
        ramps.append((node, line.point(s + way * 150, way * 75), join))
    return ramps


def _exchange(roads: Roads, one: _Line, two: _Line, s: float, t: float) -> list[Ramp]:
    """Return the eight ramps between two motorways."""
    ramps = []
    for first, at_first, second, at_second in ((one, s, two, t), (two, t, one, s)):
        for way in (1, -1):
            for onto in (1, -1):
                start_s, end_s = at_first - way * SYSTEM_RAMP_M, at_second + onto * SYSTEM_RAMP_M
                if 0 < start_s < first.line.length and 0 < end_s < second.line.length:
                    start = _carriage_node(roads, first, way, start_s)
                    end = _carriage_node(roads, second, onto, end_s)
                    corner = (first.point(at_first - way * 130, way * 60) + second.point(at_second, onto * 60)) / 2
                    ramps.append((start, corner, end))
    return ramps


def _lay(roads: Roads, line: _Line) -> None:
    """Lay both carriageways through all their nodes and join them at the county border, where the map ends."""
    for s in np.arange(0, line.line.length, STEP_M):
        for way in (1, -1):
            if not any(abs(s - known) < 90 for known in line.nodes[way]):
                _carriage_node(roads, line, way, float(s))
    last = round(line.line.length, 1)
    for way in (1, -1):
        for s in (0.0, last):
            _carriage_node(roads, line, way, s)
        row = [node for _, node in sorted(line.nodes[way].items(), reverse=way < 0)]
        roads.edges.extend(Edge(a=a, b=b, road_class="motorway", name=line.name, oneway=True) for a, b in pairwise(row))
    for s, way in ((last, 1), (0.0, -1)):
        roads.edges.append(Edge(a=line.nodes[way][s], b=line.nodes[-way][s], road_class="motorway_link", oneway=True))


def _bezier(roads: Roads, start: int, control: FloatArray, end: int) -> None:
    """Lay a one-way ramp along a quadratic curve."""
    a, b = np.array(roads.xy[start]), np.array(roads.xy[end])
    nodes = [start]
    for u in (0.2, 0.4, 0.6, 0.8):
        nodes.append(roads.add_node(*((1 - u) ** 2 * a + 2 * u * (1 - u) * control + u**2 * b)))  # noqa: PERF401
    nodes.append(end)
    roads.edges.extend(Edge(a=p, b=q, road_class="motorway_link", oneway=True) for p, q in pairwise(nodes))
