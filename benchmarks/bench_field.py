"""Nearest of 30 facilities for every node: this engine against networkx, in one run, equal results first.

    python benchmarks/bench_field.py [--facilities 30] [--repeat 7]

Every row is first held against networkx on the same whole-tenth weights, every node, and a difference ends the run.
Times are medians of CPU seconds of one thread. Ours starts from the graph's arrays, so it includes putting the matrix
together; networkx starts from a graph object that is ready, and what making that object costs stands beside it.
"""

import argparse
import itertools
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import scipy

from coverplan import __version__
from coverplan.inputs.study import read_study
from coverplan.roads.build import build_network
from coverplan.roads.courses import straight_network
from coverplan.roads.interchange import read_graphml
from coverplan.roads.network import Graph, Network, Snaps
from coverplan.roads.osm import read_osm
from coverplan.roads.snapping import snap
from coverplan.roads.speeds import build_graph, default_profiles
from coverplan.travel.field import at_points, node_field

ROOT = Path(__file__).resolve().parents[1]
EXTRACTS = ROOT.parent / "shared" / "data" / "osm"
STUDY = ROOT / "configs" / "jinjiang.yaml"
SEED = 20
N_DOORS = 20_000


def networks() -> Iterator[tuple[str, Network]]:
    """Yield what is at hand, by name; say what is not."""
    yield "street grid (seeded)", street_grid(150)
    sources: list[tuple[str, Path, Callable[[Path], Network]]] = [
        ("Andorra (.osm.pbf)", EXTRACTS / "andorra.osm.pbf", read_osm),
        ("Shenzhen Futian (OSMnx)", EXTRACTS / "shenzhen_futian_osmnx.graphml", read_graphml),
        ("Jinjiang (embedded, illustrative)", STUDY, lambda path: build_network(read_study(path))),
    ]
    for name, path, read in sources:
        if path.exists():
            yield name, read(path)
        else:
            print(f"{name}: not here ({path.name}), left out")


def street_grid(side: int) -> Network:
    """Return a town of square blocks of 80 m with every third street left out and one in ten one-way, seeded."""
    rng = np.random.default_rng(SEED)
    nodes = np.arange(side * side).reshape(side, side)
    across = np.stack([nodes[:, :-1].ravel(), nodes[:, 1:].ravel()], axis=1)
    down = np.stack([nodes[:-1].ravel(), nodes[1:].ravel()], axis=1)
    streets = np.concatenate([across, down])
    streets = streets[rng.random(len(streets)) < 2 / 3]
    return straight_network(
        x_m=nodes.ravel() % side * 80 + rng.uniform(-20, 20, side * side),
        y_m=nodes.ravel() // side * 80 + rng.uniform(-20, 20, side * side),
        edges=list(map(tuple, streets.tolist())),
        oneway=np.flatnonzero(rng.random(len(streets)) < 0.1).tolist(),
    )


def seconds(work: Callable[[], Any], repeat: int) -> float:
    """Return the median CPU time of a piece of work, after one run that does not count."""
    work()
    taken = []
    for _ in range(repeat):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def facilities_at_nodes(graph: Graph, n: int) -> tuple[Snaps, set[int]]:
    """Return seeded facilities that stand on nodes, and these nodes."""
    arcs = np.random.default_rng(SEED).choice(graph.n_arcs, n, replace=False)
    fraction = np.where(graph.along[arcs], 0.0, 1.0)
    snaps = Snaps(edge=graph.edge[arcs], fraction=fraction, offroad_dm=np.zeros(n), offroad_ds=np.zeros(n))
    return snaps, set(graph.tail[arcs].tolist())


def as_networkx(graph: Graph) -> nx.DiGraph:
    """Return the same arcs as networkx holds them, the fastest of parallel ones."""
    made = nx.DiGraph()
    made.add_nodes_from(range(graph.n_nodes))
    slowest_first = np.argsort(-graph.time_ds, kind="stable")
    columns = (column[slowest_first].tolist() for column in (graph.tail, graph.head, graph.time_ds))
    made.add_weighted_edges_from(zip(*columns, strict=True))
    return made


def compare(name: str, network: Network, n_facilities: int, repeat: int) -> None:
    """Check one network in both directions, then time the direction of crews, and print a row."""
    graph = build_graph(network, default_profiles()["drive"])
    facilities, nodes = facilities_at_nodes(graph, n_facilities)
    roads = as_networkx(graph)
    for toward in ("facility", "demand"):
        ours = node_field(graph, facilities, toward=toward, weight="time").value
        peer = nx.multi_source_dijkstra_path_length(roads.reverse() if toward == "facility" else roads, nodes)
        theirs = np.array([peer.get(node, np.inf) for node in range(graph.n_nodes)])
        if not np.array_equal(ours, theirs):
            sys.exit(f"{name}, toward {toward}: {np.sum(ours != theirs)} nodes differ from networkx; nothing is timed")
    making = seconds(lambda: as_networkx(graph), 1)
    ours_s = seconds(lambda: node_field(graph, facilities, toward="demand", weight="time"), repeat)
    theirs_s = seconds(lambda: nx.multi_source_dijkstra_path_length(roads, nodes), repeat)

    rng = np.random.default_rng(SEED)
    spots = rng.integers(0, len(network.shape_x_m), N_DOORS)
    x, y = (axis[spots] + rng.normal(0, 60, N_DOORS) for axis in (network.shape_x_m, network.shape_y_m))
    doors = snap(network, graph, x, y)
    field = node_field(graph, facilities, toward="demand", weight="time")
    # A millimetre further each time: the same places would only be looked up.
    step = itertools.count(1)
    snap_s = seconds(lambda: snap(network, graph, x + 0.001 * next(step), y), 1)
    read_s = seconds(lambda: at_points(graph, doors, facilities, field), repeat)
    print(
        f"| {name} | {graph.n_nodes:,} | {graph.n_arcs:,} | {1000 * ours_s:.1f} | {1000 * theirs_s:.1f} "
        f"| {theirs_s / ours_s:.0f} | {1000 * making:.0f} | {1000 * snap_s:.0f} | {1000 * read_s:.1f} |"
    )


def main() -> None:
    """Print the machine and one row per network."""
    options = argparse.ArgumentParser(description="nearest facility for every node, against networkx")
    options.add_argument("--facilities", type=int, default=30)
    options.add_argument("--repeat", type=int, default=7)
    chosen = options.parse_args()
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, Python {platform.python_version()}, "
        f"coverplan {__version__}, numpy {np.__version__}, SciPy {scipy.__version__}, networkx {nx.__version__}"
    )
    print(f"nearest of {chosen.facilities} facilities, driving; milliseconds; equal to networkx at every node\n")
    print(
        f"| network | nodes | arcs | ours | networkx | times faster | making the networkx graph "
        f"| {N_DOORS:,} doors: snapping | reading |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name, network in networks():
        compare(name, network, chosen.facilities, chosen.repeat)


if __name__ == "__main__":
    main()
