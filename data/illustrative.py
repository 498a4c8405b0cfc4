"""What the small illustrative studies are drawn with: roads between points, ground around them, people beside roads.

It is the generator of `jinjiang/` made small: the same sharing out of whole numbers, the same way of writing tables.
Positions are metres in EPSG:32650; everything that is drawn by chance comes from a generator with a seed of its own.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import networkx as nx
import numpy as np
import shapely
from scipy.spatial import Delaunay, cKDTree
from shapely.geometry.base import BaseGeometry

DATA = Path(__file__).resolve().parent
sys.path.insert(0, str(DATA / "jinjiang"))

from generator.sources import apportion, to_lonlat, to_xy  # noqa: E402 - the folder must be on the path first
from generator.write import write_table  # noqa: E402 - as above

from coverplan.core import tables  # noqa: E402 - as above

__all__ = [
    "apportion",
    "areas_around",
    "bent",
    "beside",
    "classes_by_use",
    "draw_by",
    "gabriel",
    "gazetteer",
    "pairs_of",
    "spread",
    "to_lonlat",
    "to_xy",
    "write_areas",
    "write_roads",
    "write_rows",
]  # fmt: skip

Row = dict[str, str]
Array = np.ndarray
RANK = ("primary", "secondary", "tertiary", "residential")


def gazetteer(prefix: str) -> list[Row]:
    """Return the rows of the gazetteer whose code begins so."""
    with (DATA / "gazetteer" / "places.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["code"].startswith(prefix)]


def draw_by(seed: int, purpose: str) -> np.random.Generator:
    """Return a generator for each purpose, so that a change in one part leaves the others alone."""
    return np.random.default_rng([seed, *purpose.encode("utf-8")])


def pairs_of(text: str) -> Array:
    """Read `lon lat;lon lat;...` as metres, shape (n, 2)."""
    points = np.array([[float(value) for value in pair.split()] for pair in text.split(";")])
    return to_xy(points[:, 0], points[:, 1])


def spread(ground: Array, count: int, random: np.random.Generator) -> Array:
    """Spread points evenly over ground: k-means with a fixed number of rounds."""
    centres = ground[random.choice(len(ground), count, replace=False)]
    for _ in range(12):
        nearest = cKDTree(centres).query(ground)[1]
        size = np.maximum(np.bincount(nearest, minlength=count), 1)
        centres = np.column_stack([np.bincount(nearest, ground[:, k], count) / size for k in (0, 1)])
    return centres


def gabriel(xy: Array, *, longest_m: float = np.inf) -> list[tuple[int, int]]:
    """Join two points when no third lies in the circle between them; returns pairs of rows."""
    triangles = Delaunay(xy).simplices
    pairs = np.unique(np.sort(np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])), axis=0)
    half = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T) / 2
    nearest = cKDTree(xy).query((xy[pairs[:, 0]] + xy[pairs[:, 1]]) / 2)[0]
    keep = (nearest >= half - 1e-6) & (2 * half <= longest_m)
    return [(int(a), int(b)) for a, b in pairs[keep]]


def classes_by_use(xy: Array, pairs: Sequence[tuple[int, int]], seats: Sequence[Sequence[int]]) -> list[str]:
    """Class each road by who passes through: the first group's ways are primary, those of later groups secondary.

    Each group is a list of points that are joined with each other by the shortest ways. Of the rest, roads with no
    third point nearer to both their ends are tertiary, the others residential.
    """
    graph = nx.Graph()
    for a, b in pairs:
        graph.add_edge(a, b, length=float(np.hypot(*(xy[a] - xy[b]))))
    rank: dict[tuple[int, int], int] = {}
    for i, group in enumerate(seats):
        for a in group:
            ways = nx.single_source_dijkstra_path(graph, a, weight="length")
            for b in group:
                for u, v in nx.utils.pairwise(ways.get(b, [])):
                    key = (min(u, v), max(u, v))
                    rank[key] = min(rank.get(key, 9), i, 1)
    tree = cKDTree(xy)
    classes = []
    for a, b in pairs:
        length = graph[a][b]["length"]
        both = set(tree.query_ball_point(xy[a], length - 1e-6)) & set(tree.query_ball_point(xy[b], length - 1e-6))
        classes.append(RANK[rank.get((a, b), 3 if both else 2)])
    return classes


def bent(
    xy: Array, pairs: Sequence[tuple[int, int]], classes: Sequence[str], *, piece_m: float, bend: float, seed: int
) -> tuple[Array, list[tuple[int, int, str]]]:
    """Cut long roads into pieces that lie a little aside, by `bend` of a piece on average; returns nodes and edges."""
    random = draw_by(seed, "bends")
    nodes, edges = [*xy], []
    for (a, b), road_class in zip(pairs, classes, strict=True):
        way = xy[b] - xy[a]
        length = float(np.hypot(*way))
        count = max(int(length // piece_m), 1)
        aside = np.array([-way[1], way[0]]) / length
        last = a
        for k in range(1, count):
            nodes.append(xy[a] + way * k / count + aside * random.normal(0, bend * piece_m))
            edges.append((last, len(nodes) - 1, road_class))
            last = len(nodes) - 1
        edges.append((last, b, road_class))
    return np.array(nodes), edges


def areas_around(
    xy: Array, owner: Array, count: int, outline: BaseGeometry, *, simplify_m: float
) -> list[BaseGeometry]:
    """Cut an outline by who is nearest, and join the ground of each owner: areas that tile it."""
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(xy), extend_to=outline.buffer(50_000)))
    point, cell = shapely.STRtree(cells).query(shapely.points(xy), predicate="within")
    ground = shapely.intersection(cells[cell], outline)
    joined = [shapely.coverage_union_all(ground[owner[point] == i]) for i in range(count)]
    return list(shapely.coverage_simplify(joined, simplify_m))


def beside(nodes: Array, edges: Sequence[tuple[int, int, str]], spot: Array, *, aside_m: float, skip: int = 0) -> Array:
    """Return a place beside the road whose middle is nearest to a spot, or the next ones after `skip` of them."""
    ends = np.array([(a, b) for a, b, _ in edges])
    middle = (nodes[ends[:, 0]] + nodes[ends[:, 1]]) / 2
    i = int(np.argsort(np.hypot(*(middle - spot).T), kind="stable")[skip])
    way = nodes[ends[i, 1]] - nodes[ends[i, 0]]
    return middle[i] + np.array([-way[1], way[0]]) / np.hypot(*way) * aside_m


def write_rows(path: Path, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Write one of the declared tables."""
    write_table(path, {"people": tables.PEOPLE, "facilities": tables.FACILITIES}[table], [dict(row) for row in rows])


def write_areas(path: Path, areas: Sequence[BaseGeometry], rows: Sequence[Mapping[str, str]]) -> None:
    """Write areas as GeoJSON, one feature per line, positions with five decimals."""
    lines = []
    for shape, properties in zip(areas, rows, strict=True):
        degrees = shapely.transform(shapely.orient_polygons(shape), lambda xy: np.round(to_lonlat(xy), 5))
        feature = {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(degrees)}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    body = ",\n".join(lines)
    text = f'{{"type":"FeatureCollection","name":"areas","features":[\n{body}\n]}}\n'
    path.write_text(text, encoding="utf-8", newline="\n")


def write_roads(folder: Path, nodes: Array, edges: Sequence[tuple[int, int, str]]) -> None:
    """Write nodes.csv and edges.csv of the nodes in use."""
    folder.mkdir(parents=True, exist_ok=True)
    used = sorted({n for a, b, _ in edges for n in (a, b)})
    number = {old: i + 1 for i, old in enumerate(used)}
    places = np.round(to_lonlat(nodes[used]), 5).tolist()
    with (folder / "nodes.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["node_id", "lon", "lat"])
        writer.writerows([i + 1, f"{lon:.5f}", f"{lat:.5f}"] for i, (lon, lat) in enumerate(places))
    with (folder / "edges.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["edge_id", "from_node", "to_node", "road_class", "source", "quality"])
        rows = ([i + 1, number[a], number[b], c, "示意", "illustrative"] for i, (a, b, c) in enumerate(edges))
        writer.writerows(rows)
