"""From lines to a road graph: noding, classing, thinning; everything still in the straight world."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from shapely.geometry.base import BaseGeometry

from coverplan.core.units import FloatArray

from .land import Land
from .skeleton import RANK, read_axes, village_roads
from .sources import rng
from .streets import EDGE, BuiltUp, cut_blocks

CLASSES = list(RANK)
MIN_EDGE_M = 16.0


@dataclass(kw_only=True)
class Edge:
    """One road between two nodes; `level` says how built-up its middle is."""

    a: int
    b: int
    road_class: str
    name: str = ""
    oneway: bool = False
    level: float = 0.0


@dataclass(kw_only=True)
class Roads:
    """A road graph that is still being made: node positions and edges."""

    xy: list[tuple[float, float]] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def add_node(self, x: float, y: float) -> int:
        """Add a node and return its number."""
        self.xy.append((float(x), float(y)))
        return len(self.xy) - 1

    def positions(self) -> FloatArray:
        """Every node's position, shape (n, 2)."""
        return np.array(self.xy)

    def incident(self) -> dict[int, list[Edge]]:
        """Return the edges at each node."""
        at: dict[int, list[Edge]] = {}
        for edge in self.edges:
            at.setdefault(edge.a, []).append(edge)
            at.setdefault(edge.b, []).append(edge)
        return at


def build_streets(land: Land) -> tuple[Roads, dict[str, tuple[str, str, BaseGeometry]]]:
    """Make the ground-level road graph: axes, village roads, streets and lanes."""
    axes = read_axes(land.outline)
    ground = {key: axis for key, axis in axes.items() if axis[0] != "motorway"}
    between = village_roads(land, axes)
    main = [line for _, _, line in ground.values()] + [line for _, line in between]
    built = BuiltUp(land, main)
    lanes = cut_blocks(land, main, built)
    lines = main + lanes
    classes = [c for c, _, _ in ground.values()] + [c for c, _ in between] + ["residential"] * len(lanes)
    names = [name for _, name, _ in ground.values()] + [""] * (len(between) + len(lanes))
    roads = _node(lines, classes, names, built)
    roads = _contract(roads)
    motorways = shapely.union_all([line for c, _, line in axes.values() if c == "motorway"])
    roads = _thin(roads, motorways)
    return roads, axes


def _node(lines: list[BaseGeometry], classes: list[str], names: list[str], built: BuiltUp) -> Roads:
    """Cut all lines where they meet, and give each piece the best class of the lines it lies on."""
    noded = shapely.get_parts(shapely.union_all(lines, grid_size=0.1))
    coords, owner = shapely.get_coordinates(noded, return_index=True)
    same = owner[1:] == owner[:-1]
    start, end = coords[:-1][same], coords[1:][same]
    unique, inverse = np.unique(np.round(np.vstack([start, end]), 1), axis=0, return_inverse=True)
    a, b = inverse[: len(start)], inverse[len(start) :]
    middle = (unique[a] + unique[b]) / 2
    piece, line = shapely.STRtree(lines).query(shapely.points(middle), predicate="dwithin", distance=0.6)
    rank = np.array([RANK[c] for c in classes])
    order = np.lexsort([line, rank[line], piece])
    first = np.unique(piece[order], return_index=True)
    best = np.full(len(a), -1)
    best[first[0]] = line[order][first[1]]
    level = built(middle)
    roads = Roads(xy=[(float(x), float(y)) for x, y in unique])
    for i in np.flatnonzero(a != b):
        k = int(best[i])
        roads.edges.append(
            Edge(
                a=int(a[i]),
                b=int(b[i]),
                road_class=classes[k] if k >= 0 else "residential",
                name=names[k] if k >= 0 else "",
                level=float(level[i]),
            )
        )
    return roads


def _contract(roads: Roads) -> Roads:
    """Join nodes that a very short edge connects; the node on the better road keeps its place."""
    xy = roads.positions()
    grade = np.full(len(xy), len(RANK))
    for edge in roads.edges:
        for node in (edge.a, edge.b):
            grade[node] = min(grade[node], RANK[edge.road_class])
    parent = list(range(len(xy)))

    def root(node: int) -> int:
        while parent[node] != node:
            node = parent[node]
        return node

    for edge in roads.edges:
        a, b = root(edge.a), root(edge.b)
        if a != b and np.hypot(*(xy[a] - xy[b])) < MIN_EDGE_M:
            keep, drop = (a, b) if (grade[a], a) <= (grade[b], b) else (b, a)
            parent[drop] = keep
    best: dict[tuple[int, int], Edge] = {}
    for edge in roads.edges:
        a, b = sorted((root(edge.a), root(edge.b)))
        known = best.get((a, b))
        if a != b and (known is None or RANK[edge.road_class] < RANK[known.road_class]):
            best[a, b] = Edge(a=a, b=b, road_class=edge.road_class, name=edge.name, level=edge.level)
    return compact(Roads(xy=roads.xy, edges=list(best.values())))


def _thin(roads: Roads, motorways: BaseGeometry) -> Roads:
    """Drop lanes that lead through fields or under a motorway, and some that only close a loop."""
    random = rng("thin")
    xy = roads.positions()
    lines = shapely.linestrings([[xy[e.a], xy[e.b]] for e in roads.edges])
    barrier = shapely.intersects(lines, motorways.buffer(45))
    chance = random.random(len(lines))
    kept = []
    for edge, blocked, luck in zip(roads.edges, barrier, chance, strict=True):
        lane = edge.road_class == "residential"
        if (lane and (blocked or edge.level < 0.75 * EDGE)) or (
            edge.road_class == "unclassified" and blocked and luck < 0.5
        ):
            continue
        kept.append(edge)
    roads = largest_part(Roads(xy=roads.xy, edges=kept))
    roads = _trim_dead_ends(roads)
    return _open_loops(roads, random)


def _trim_dead_ends(roads: Roads) -> Roads:
    """Cut back lanes that end in fields, twice."""
    for _ in range(2):
        at = roads.incident()
        short = [
            e
            for e in roads.edges
            if e.road_class == "residential" and e.level < 1.35 * EDGE and min(len(at[e.a]), len(at[e.b])) == 1
        ]
        gone = {id(e) for e in short}
        roads = Roads(xy=roads.xy, edges=[e for e in roads.edges if id(e) not in gone])
    return compact(roads)


def _open_loops(roads: Roads, random: np.random.Generator) -> Roads:
    """Take away some lanes that a spanning tree can do without; a few of them stay for walkers."""
    weight = np.array([1 + RANK[e.road_class] * 10 + random.random() for e in roads.edges])
    a, b = (np.array([getattr(e, end) for e in roads.edges]) for end in "ab")
    size = len(roads.xy)
    tree = minimum_spanning_tree(coo_matrix((weight, (a, b)), shape=(size, size))).tocoo()
    needed = set(zip(tree.row.tolist(), tree.col.tolist(), strict=True))
    kept = []
    for edge in roads.edges:
        spare = (edge.a, edge.b) not in needed and (edge.b, edge.a) not in needed
        loss = 0.42 - 0.3 * min(1.0, edge.level)
        if spare and edge.road_class == "residential" and random.random() < loss:
            if random.random() > 0.16:
                continue
            edge.road_class = "footway" if edge.level > 0.45 else "path"
        kept.append(edge)
    return compact(Roads(xy=roads.xy, edges=kept))


def largest_part(roads: Roads) -> Roads:
    """Keep the largest connected part."""
    a, b = (np.array([getattr(e, end) for e in roads.edges]) for end in "ab")
    size = len(roads.xy)
    label = connected_components(coo_matrix((np.ones(len(a)), (a, b)), shape=(size, size)), directed=False)[1]
    biggest = np.bincount(label).argmax()
    return compact(Roads(xy=roads.xy, edges=[e for e in roads.edges if label[e.a] == biggest]))


def compact(roads: Roads) -> Roads:
    """Renumber the nodes that are in use from 0, in their old order."""
    used = sorted({n for e in roads.edges for n in (e.a, e.b)})
    new = {old: i for i, old in enumerate(used)}
    for edge in roads.edges:
        edge.a, edge.b = new[edge.a], new[edge.b]
    return Roads(xy=[roads.xy[n] for n in used], edges=roads.edges)
