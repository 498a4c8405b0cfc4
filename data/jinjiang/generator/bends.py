"""From the straight world to the natural one: every road bends, and the bends become nodes of their own."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely

from coverplan.core.units import FloatArray

from .relief import roughness, warp
from .roads import Edge, Roads

TOLERANCE_M = 3.0


def bend(roads: Roads) -> Roads:
    """Displace every node, and put further nodes where the displaced course leaves the straight line by 3 m."""
    xy = roads.positions()
    a, b = (np.array([getattr(e, end) for e in roads.edges]) for end in "ab")
    lines = shapely.segmentize(shapely.linestrings(np.stack([xy[a], xy[b]], axis=1)), 45.0)
    coords, owner = shapely.get_coordinates(lines, return_index=True)
    coords = warp(coords + _meander(coords, owner, roads))
    bent = shapely.simplify(shapely.linestrings(coords, indices=owner), TOLERANCE_M)
    moved = warp(xy)
    result = Roads(xy=[(float(x), float(y)) for x, y in moved])
    for edge, line in zip(roads.edges, bent, strict=True):
        course = shapely.get_coordinates(line)[1:-1]
        nodes = [edge.a, *(result.add_node(x, y) for x, y in course), edge.b]
        result.edges.extend(
            Edge(a=p, b=q, road_class=edge.road_class, name=edge.name, oneway=edge.oneway, level=edge.level)
            for p, q in pairwise(nodes)
        )
    return result


def _meander(coords: FloatArray, owner: np.ndarray, roads: Roads) -> FloatArray:
    """Let country roads swing a little between their ends, more in the hills; streets and motorways do not."""
    xy, edges = roads.positions(), roads.edges
    a, b = (np.array([getattr(e, end) for e in edges]) for end in "ab")
    length = np.hypot(*(xy[b] - xy[a]).T)
    way = (xy[b] - xy[a]) / length[:, None]
    along = np.einsum("ij,ij->i", coords - xy[a][owner], way[owner]) / length[owner]
    free = np.array([e.road_class in {"secondary", "tertiary", "unclassified", "path"} and not e.oneway for e in edges])
    level = np.array([e.level for e in edges])
    hills = roughness((xy[a] + xy[b]) / 2)
    size = free * np.minimum(length * (0.05 + 0.09 * hills), 60.0) * (1 - 0.7 * np.minimum(1.0, level))
    sign = np.where((a * 7 + b * 13) % 2 == 0, 1.0, -1.0)
    turns = np.where(length > 500, 2.0, 1.0)
    swing = (size * sign)[owner] * np.sin(np.pi * turns[owner] * along) * np.sin(np.pi * along)
    normal = np.column_stack([-way[:, 1], way[:, 0]])
    return normal[owner] * swing[:, None]
