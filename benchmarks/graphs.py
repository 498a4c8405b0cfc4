"""The graphs that the benchmarks run on, each with what is real in it and what is drawn.

Real roads and times: the extracts, and Auckland, whose road tables carry a travel time for each arc. New York and the
north-east of the USA are real topology only: their weights are drawn from a fixed seed. The million-node network is
drawn whole, from the same seed.
"""

import io
import lzma
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, minimum_spanning_tree
from scipy.spatial import Delaunay

from coverplan.core.model import SpeedProfile
from coverplan.core.units import local_crs, project
from coverplan.inputs.study import read_study
from coverplan.roads.build import build_network
from coverplan.roads.interchange import read_graphml
from coverplan.roads.network import Graph, Network
from coverplan.roads.osm import read_osm
from coverplan.roads.speeds import build_graph, default_profiles

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
SEED = 20

SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, kw_only=True, eq=False)
class Bench:
    """A graph to measure on: its largest strongly connected part, so that everything reaches everything."""

    name: str
    note: str
    graph: Graph
    x_m: npt.NDArray[np.float64] | None = None
    y_m: npt.NDArray[np.float64] | None = None


def load(name: str) -> Bench | None:
    """Return a graph by name, `None` where its data is not at hand."""
    path, make = GRAPHS[name]
    return make() if path is None or path.exists() else None


def from_arcs(
    n_nodes: int, tail: npt.ArrayLike, head: npt.ArrayLike, time_ds: npt.ArrayLike, length_dm: npt.ArrayLike
) -> Graph:
    """Return arcs as a graph; an arc and one that leads back become the two directions of one edge."""
    tails, heads = np.asarray(tail, dtype=np.int64), np.asarray(head, dtype=np.int64)
    low, high = np.minimum(tails, heads), np.maximum(tails, heads)
    along = tails <= heads
    # Of parallel arcs, the first along goes with the first against, and so on.
    order = np.lexsort((along, high, low))
    one_way = (low * n_nodes + high)[order] * 2 + along[order]
    begins = np.flatnonzero(np.diff(one_way, prepend=-1))
    turn = np.arange(len(order)) - np.repeat(begins, np.diff(begins, append=len(order)))
    number = np.empty(len(order), dtype=np.int64)
    number[order] = turn
    _, edge = np.unique(np.column_stack([low, high, number]), axis=0, return_inverse=True)
    edge = edge.ravel()
    n_edges = int(edge.max()) + 1
    arc_forward, arc_backward = np.full(n_edges, -1, np.int32), np.full(n_edges, -1, np.int32)
    arc_forward[edge[along]], arc_backward[edge[~along]] = np.flatnonzero(along), np.flatnonzero(~along)
    return Graph(
        n_nodes=n_nodes,
        tail=tails.astype(np.int32),
        head=heads.astype(np.int32),
        time_ds=np.asarray(time_ds).astype(np.int32),
        length_dm=np.asarray(length_dm).astype(np.int32),
        edge=edge.astype(np.int32),
        along=along,
        arc_forward=arc_forward,
        arc_backward=arc_backward,
        snappable=np.ones(n_edges, dtype=bool),
        profile=SpeedProfile(name="given", mode="drive", kph={}),
    )


def strong_part(name: str, note: str, arcs: np.ndarray, xy: np.ndarray | None = None) -> Bench:
    """Return the largest strongly connected part of arcs (tail, head, time, length) and positions."""
    n_nodes = int(arcs[:2].max()) + 1
    links = csr_array((np.ones(arcs.shape[1], dtype=np.int8), (arcs[0], arcs[1])), shape=(n_nodes, n_nodes))
    _, part = connected_components(links, directed=True, connection="strong")
    kept = part == np.bincount(part).argmax()
    new = np.cumsum(kept) - 1
    tail, head, time_ds, length_dm = arcs[:, kept[arcs[0]] & kept[arcs[1]]]
    graph = from_arcs(int(kept.sum()), new[tail], new[head], time_ds, length_dm)
    x, y = (None, None) if xy is None else xy[:, :n_nodes][:, kept]
    return Bench(name=name, note=note, graph=graph, x_m=x, y_m=y)


def of_network(name: str, note: str, network: Network) -> Bench:
    """Return the drivable graph of a network, its strong part, by the default speeds."""
    graph = build_graph(network, default_profiles()["drive"])
    arcs = np.stack([graph.tail, graph.head, graph.time_ds, graph.length_dm]).astype(np.int64)
    return strong_part(name, note, arcs, np.stack([network.x_m, network.y_m]))


def auckland() -> Bench:
    """Auckland as an ambulance model has it: 54,370 nodes, the travel times of its ordinary mode."""
    with zipfile.ZipFile(DATA / "auckland/travel/roads/roads.zip") as archive:
        # Both tables begin with lines about the form, and end with an empty one.
        nodes = pd.read_csv(io.BytesIO(archive.read("nodes.csv")), skiprows=1).dropna(subset="x")
        arcs = pd.read_csv(io.BytesIO(archive.read("arcs.csv")), skiprows=5).dropna(subset="fromNode")
    lon, lat = nodes["x"].to_numpy(), nodes["y"].to_numpy()
    x, y = project(lon, lat, local_crs(lon.mean(), lat.mean()))
    time_ds = np.maximum(np.rint(arcs["mode_2"] * SECONDS_PER_DAY * 10), 1)
    length_dm = np.maximum(np.rint(arcs["distance"] * 10_000), 1)
    columns = np.stack([arcs["fromNode"] - 1, arcs["toNode"] - 1, time_ds, length_dm]).astype(np.int64)
    return strong_part("Auckland", "real roads and travel times", columns, np.stack([x, y]))


def topology(name: str, file: str, patch: int | None = None) -> Bench:
    """Real topology without weights: 2 to 60 s an arc are drawn from a fixed seed, the same both ways.

    `patch` keeps so many nodes only, the first that are met from the first one on, arc by arc: what tests look at.
    """
    with lzma.open(DATA / "graphs" / file) as packed:
        next(packed)
        ends = np.fromstring(packed.read(), dtype=np.int64, sep=" ").reshape(-1, 2).T - 1
    if patch is not None:
        n_nodes = int(ends.max()) + 1
        links = csr_array((np.ones(ends.shape[1], dtype=np.int8), (ends[0], ends[1])), shape=(n_nodes, n_nodes))
        number = np.full(n_nodes, -1)
        met = breadth_first_order(links, 0, directed=False, return_predecessors=False)[:patch]
        number[np.sort(met)] = np.arange(len(met))
        ends = number[ends]
        ends = ends[:, (ends >= 0).all(axis=0)]
    drawn = np.random.default_rng(SEED).integers(20, 600, ends.shape[1])
    there = np.stack([*ends, drawn, drawn * 12])
    return strong_part(name, "real topology, seeded weights", np.hstack([there, there[[1, 0, 2, 3]]]))


def drawn_plane(n_nodes: int = 1_000_000) -> Bench:
    """Draw a network on random points: a spanning tree and one in seven other Delaunay edges, a tenth one-way."""
    rng = np.random.default_rng(SEED)
    points = rng.random((n_nodes, 2)) * np.sqrt(n_nodes) * 120
    corners = Delaunay(points).simplices
    pairs = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1)
    key = np.unique(pairs[:, 0].astype(np.int64) * n_nodes + pairs[:, 1])
    a, b = key // n_nodes, key % n_nodes
    metres = np.hypot(*(points[a] - points[b]).T)
    tree = minimum_spanning_tree(csr_array((metres, (a, b)), shape=(n_nodes, n_nodes))).tocoo()
    kept = np.isin(key, tree.coords[0].astype(np.int64) * n_nodes + tree.coords[1]) | (rng.random(len(key)) < 1 / 7)
    a, b, metres = a[kept], b[kept], metres[kept]
    kph = rng.choice([30.0, 40.0, 60.0, 100.0], len(a), p=[0.55, 0.3, 0.1, 0.05])
    there = np.stack([a, b, np.maximum(np.rint(metres / kph * 36), 1), np.maximum(np.rint(metres * 10), 1)])
    back = there[[1, 0, 2, 3]][:, rng.random(len(a)) >= 0.1]
    # Numbered along the plane, as the files of real networks are, so that everybody's memory is used alike.
    order = np.lexsort((points[:, 0], np.floor(points[:, 1] / 2000)))
    number = np.empty(n_nodes, dtype=np.int64)
    number[order] = np.arange(n_nodes)
    arcs = np.hstack([there, back]).astype(np.int64)
    arcs[:2] = number[arcs[:2]]
    return strong_part("million", "drawn from a seed", arcs, points[order].T)


GRAPHS: dict[str, tuple[Path | None, Callable[[], Bench]]] = {
    "jinjiang": (
        ROOT / "configs/jinjiang.yaml",
        lambda: of_network(
            "Jinjiang", "embedded, illustrative", build_network(read_study(ROOT / "configs/jinjiang.yaml"))
        ),
    ),
    "shenzhen": (
        DATA / "osm/shenzhen_futian_osmnx.graphml",
        lambda: of_network("Shenzhen Futian", "OSMnx", read_graphml(DATA / "osm/shenzhen_futian_osmnx.graphml")),
    ),
    "andorra": (
        DATA / "osm/andorra.osm.pbf",
        lambda: of_network("Andorra", ".osm.pbf", read_osm(DATA / "osm/andorra.osm.pbf")),
    ),
    "auckland": (DATA / "auckland/travel/roads/roads.zip", auckland),
    "newyork": (DATA / "graphs/NY.gr.xz", lambda: topology("New York", "NY.gr.xz")),
    "northeast": (DATA / "graphs/NE.gr.xz", lambda: topology("North-east USA", "NE.gr.xz")),
    "million": (None, drawn_plane),
}
