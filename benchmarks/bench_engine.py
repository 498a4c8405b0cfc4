"""The compiled engine against SciPy, networkx and the ego-graph recipe: equal results first, then times, in one run.

    python benchmarks/bench_engine.py [GRAPH ...] [--only field reach matrix whatif memory]

Graphs are named in `graphs.py`; what is not at hand is named and left out. Times are CPU time of one thread, medians,
each kind of work done once before; rows with two threads are wall time and say so. A difference ends the run. Slow
peers are asked for a part of the sources, as the heading says, and their time is scaled to all of them.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import graphs
import networkx as nx
import numba
import numpy as np
import scipy
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from coverplan import __version__
from coverplan.roads.network import Graph, Snaps
from coverplan.travel.kernels.core import build_core
from coverplan.travel.kernels.doors import node_doors
from coverplan.travel.kernels.fields import node_field
from coverplan.travel.kernels.jit import UNREACHED
from coverplan.travel.kernels.rows import build_rows
from coverplan.travel.kernels.starts import set_up_nodes
from coverplan.travel.kernels.sweeps import reached, reached_sums
from coverplan.travel.matrix import travel_matrix
from coverplan.travel.warm import steps, warm_up
from coverplan.travel.whatif import WhatIf

FIFTEEN_MINUTES = 9000
NETWORKX_NODES = 300_000
"""A networkx graph of more nodes takes minutes and gigabytes to make."""


def main() -> None:
    options = argparse.ArgumentParser(description="the compiled engine against its peers")
    options.add_argument("graphs", nargs="*", default=list(graphs.GRAPHS))
    options.add_argument("--only", nargs="+", default=["field", "reach", "matrix", "whatif", "memory"])
    options.add_argument("--repeat", type=int, default=7)
    options.add_argument("--memory-of", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.memory_of:
        measure_memory(chosen.memory_of)
        return
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, coverplan {__version__}, numba {numba.__version__}, "
        f"numpy {np.__version__}, SciPy {scipy.__version__}, networkx {nx.__version__}"
    )
    started = time.perf_counter()
    warm_up()
    for step in steps():
        step()
    print(f"warm after {time.perf_counter() - started:.1f} s\n")
    benches = [bench for bench in map(at_hand, chosen.graphs) if bench]
    cases = [Case(bench, chosen.repeat) for bench in benches]
    for name, (title, row, columns) in TABLES.items():
        if name in chosen.only:
            table(title, columns)
            for case in cases:
                print(f"{case.label}{row(case)}", flush=True)
    if "memory" in chosen.only:
        memory(cases)


def at_hand(name: str) -> graphs.Bench | None:
    bench = graphs.load(name)
    if bench is None:
        print(f"{name}: not at hand, left out")
    return bench


class Case:
    """One graph in every form that is compared, and the same seeded places for everybody."""

    def __init__(self, bench: graphs.Bench, repeat: int) -> None:
        self.bench, self.repeat = bench, repeat
        self.graph, self.n = bench.graph, bench.graph.n_nodes
        started = time.thread_time()
        self.core = build_core(
            self.n, self.graph.tail, self.graph.head, self.graph.time_ds, x_m=bench.x_m, y_m=bench.y_m
        )
        self.core_s = time.thread_time() - started
        self.matrix = as_scipy(self.graph)
        self.roads = as_networkx(self.graph) if self.n <= NETWORKX_NODES else None
        self.rng = np.random.default_rng(graphs.SEED)

    @property
    def label(self) -> str:
        """The first cells of a row."""
        return f"| {self.bench.name} ({self.bench.note}) | {self.n:,} "


def as_scipy(graph: Graph) -> csr_array:
    rows = build_rows(graph.n_nodes, graph.tail, graph.head, graph.time_ds)
    parts = rows.arcs[1::2].astype(float), rows.arcs[0::2].astype(np.int32), rows.start.astype(np.int32)
    return csr_array(parts, shape=(graph.n_nodes, graph.n_nodes))


def as_networkx(graph: Graph) -> nx.DiGraph:
    made = nx.DiGraph()
    made.add_nodes_from(range(graph.n_nodes))
    slowest_first = np.argsort(-graph.time_ds, kind="stable")
    columns = (column[slowest_first].tolist() for column in (graph.tail, graph.head, graph.time_ds))
    made.add_weighted_edges_from(zip(*columns, strict=True))
    return made


def seconds(work: Callable[[], Any], repeat: int, clock: Callable[[], float] = time.thread_time) -> float:
    """Return the median time of a piece of work, after one run that does not count."""
    work()
    taken = []
    for _ in range(max(repeat, 1)):
        start = clock()
        work()
        taken.append(clock() - start)
    return statistics.median(taken)


def once(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.thread_time()
    result = work()
    return time.thread_time() - start, result


def check(same: object, what: str) -> None:
    if not same:
        sys.exit(f"{what}: results differ; nothing is timed")


def table(title: str, columns: list[str], first: tuple[str, ...] = ("graph", "nodes")) -> None:
    names = [*first, *columns]
    print(f"\n### {title}\n\n| {' | '.join(names)} |\n|---|{'---:|' * (len(names) - 1)}")


def times(peer: float | None, ours: float) -> str:
    return f"{peer / ours:,.0f}×" if peer and peer / ours >= 20 else f"{peer / ours:.1f}×" if peer else "–"


def ms(value: float | None) -> str:
    return "–" if value is None else f"{1000 * value:,.2f}" if value < 0.1 else f"{1000 * value:,.0f}"


def as_float(value: np.ndarray) -> np.ndarray:
    return np.where(value == UNREACHED, np.inf, value.astype(float))


def field_row(case: Case) -> str:
    """Compare the nearest of 30 facilities for every node, value and facility."""
    seeds = case.rng.choice(case.n, 30, replace=False)
    ranked = np.zeros(30), np.arange(30)

    def ours() -> np.ndarray:
        return node_field(case.core, case.core.away, seeds, ranked)[0]

    def by_scipy() -> np.ndarray:
        return dijkstra(case.matrix, indices=seeds, min_only=True)

    found = as_float(ours())
    check(np.array_equal(found, by_scipy()), f"{case.bench.name}, field, SciPy")
    ours_s, scipy_s, peer_s = seconds(ours, case.repeat), seconds(by_scipy, min(case.repeat, 5)), None
    if case.roads is not None:
        roads, goals = case.roads, set(seeds.tolist())
        peer_s, ways = once(lambda: nx.multi_source_dijkstra_path_length(roads, goals))
        check(all(found[node] == way for node, way in ways.items()), f"{case.bench.name}, field, networkx")
    return (
        f"| {case.core.n_core / case.n:.0%} | {ms(ours_s)} | {ms(scipy_s)} | {ms(peer_s)} "
        f"| {times(scipy_s, ours_s)} | {times(peer_s, ours_s)} | {ms(case.core_s)} |"
    )


def reach_row(case: Case) -> str:
    """Compare all nodes within 15 minutes of each of 200 sources, as a sparse matrix."""
    sources = case.rng.choice(case.n, 200, replace=False)
    setting = set_up_nodes(case.core, toward="demand", weight="time")
    begins, held = setting.starts_at(node_doors(case.core, sources)), np.ones(case.n)

    def ours(threads: int = 1) -> tuple[np.ndarray, ...]:
        return reached(setting, begins, limit=FIFTEEN_MINUTES, threads=threads)

    at, item, value = ours()
    scipy_s, far = once(lambda: scipy_pairs(case.matrix, sources))
    check(len(far) == len(value) and far.sum() == value.sum(dtype=float), f"{case.bench.name}, reach, SciPy")
    ours_s = seconds(ours, case.repeat)
    two_s = seconds(lambda: ours(2), case.repeat, time.perf_counter)
    sum_s = seconds(lambda: reached_sums(setting, begins, held, limit=FIFTEEN_MINUTES, threads=1), case.repeat)
    cutoff_s = ego_s = None
    if case.roads is not None:
        cutoff_s = cutoff(case, sources[:10], at, item) * len(sources) / 10
        ego_s = ego(case, sources[:3], at) * len(sources) / 3
    return (
        f"| {at[-1]:,} | {ms(ours_s)} | {1e9 * ours_s / at[-1]:.1f} | {ms(sum_s)} | {ms(two_s)} "
        f"| {ms(scipy_s)} | {ms(cutoff_s)} | {ms(ego_s)} | {times(scipy_s, ours_s)} | {times(cutoff_s, ours_s)} "
        f"| {times(ego_s, ours_s)} |"
    )


def scipy_pairs(matrix: csr_array, sources: np.ndarray, batch: int = 20) -> np.ndarray:
    """Return the values of all pairs within the limit, by dense rows in batches, as SciPy gives them."""
    parts = []
    for i in range(0, len(sources), batch):
        rows = dijkstra(matrix, indices=sources[i : i + batch], limit=FIFTEEN_MINUTES)
        parts.append(rows[np.nonzero(np.isfinite(rows))])
    return np.concatenate(parts)


def cutoff(case: Case, sources: np.ndarray, at: np.ndarray, item: np.ndarray) -> float:
    total = 0.0
    for i, source in enumerate(sources.tolist()):
        taken, ways = once(lambda s=source: nx.single_source_dijkstra_path_length(case.roads, s, FIFTEEN_MINUTES))
        check(set(ways) == set(item[at[i] : at[i + 1]].tolist()), f"{case.bench.name}, reach, networkx")
        total += taken
    return total


def ego(case: Case, sources: np.ndarray, at: np.ndarray) -> float:
    total = 0.0
    for i, source in enumerate(sources.tolist()):
        taken, part = once(lambda s=source: nx.ego_graph(case.roads, s, radius=FIFTEEN_MINUTES, distance="weight"))
        check(len(part) == at[i + 1] - at[i], f"{case.bench.name}, reach, ego graph")
        total += taken
    return total


def on_nodes(graph: Graph, rng: np.random.Generator, k: int) -> tuple[Snaps, np.ndarray]:
    """Return seeded points that stand on nodes, and these nodes."""
    arcs = rng.choice(graph.n_arcs, k, replace=k > graph.n_arcs)
    spots = np.where(graph.along[arcs], 0.0, 1.0)
    return Snaps(edge=graph.edge[arcs], fraction=spots, offroad_dm=np.zeros(k), offroad_ds=np.zeros(k)), graph.tail[
        arcs
    ]


def matrix_row(case: Case, sample: int = 30) -> str:
    """Compare every pair of 300 facilities and 20,000 points, without a limit."""
    facilities, sources = on_nodes(case.graph, case.rng, 300)
    points, targets = on_nodes(case.graph, case.rng, 20_000)

    def ours(threads: int) -> np.ndarray:
        return travel_matrix(case.graph, points, facilities, toward="demand", weight="time", threads=threads)

    scipy_s, far = once(lambda: dijkstra(case.matrix, indices=sources[:sample])[:, targets])
    check(np.array_equal(ours(1)[:, :sample].T * 10, far), f"{case.bench.name}, matrix")
    repeat = 3 if case.n < NETWORKX_NODES else 1
    ours_s, two_s = seconds(lambda: ours(1), repeat), seconds(lambda: ours(2), repeat, time.perf_counter)
    scipy_s *= 300 / sample
    return f"| {ms(ours_s)} | {ms(two_s)} | {ms(scipy_s)} | {times(scipy_s, ours_s)} |"


def whatif_row(case: Case, n_sites: int = 1000) -> str:
    """Compare adding one station with computing the field, and who is covered, anew; then time the other edits."""
    (facilities, at_facilities), (sites, at_sites) = (on_nodes(case.graph, case.rng, k) for k in (14, n_sites))
    points, at_points = on_nodes(case.graph, case.rng, 20_000)
    people = case.rng.integers(1, 100, 20_000).astype(float)
    field = WhatIf(case.graph, points, facilities, people, limit=600, toward="demand", weight="time")
    before = field.covered

    def anew(i: int) -> float:
        far = dijkstra(case.matrix, indices=np.append(at_facilities, at_sites[i]), min_only=True)[at_points]
        return float(people[far <= 6000].sum())

    singles = [take(sites, i) for i in range(n_sites)]
    for i in range(0, n_sites, n_sites // 20):
        check(field.add(singles[i]).covered == anew(i), f"{case.bench.name}, what-if")
        field.undo()
        check(field.covered == before, f"{case.bench.name}, undo")
    taken: dict[str, list[float]] = {"add": [], "move": [], "close": [], "undo": []}
    for i, site in enumerate(singles):
        for name, edit, what in (
            ("add", field.add, (site,)),
            ("move", field.move, (i % 14, site)),
            ("close", field.close, (i % 14,)),
            ("undo", field.undo, ()),
        ):
            if name == "undo":
                field.add(site)
            taken[name].append(once(lambda edit=edit, what=what: edit(*what))[0])
            if name != "undo":
                field.undo()
    scipy_s = statistics.median(once(lambda i=i: anew(i))[0] for i in range(5))
    add, move, close, undo = (1000 * statistics.median(values) for values in taken.values())
    return (
        f"| {add:.3f} | {1000 * np.percentile(taken['add'], 95):.3f} | {undo:.3f} | {move:.3f} | {close:.3f} "
        f"| {ms(scipy_s)} | {times(scipy_s, add / 1000)} |"
    )


TABLES: dict[str, tuple[str, Callable[[Case], str], list[str]]] = {
    "field": (
        "Nearest of 30 facilities, every node (ms, one thread)",
        field_row,
        ["searched", "ours", "SciPy", "networkx", "of SciPy", "of networkx", "set-up, once"],
    ),
    "reach": (
        "Nodes within 15 minutes of each of 200 sources (ms, one thread)",
        reach_row,
        ["pairs", "ours", "ns a pair", "sums only", "two threads, wall", "SciPy", "networkx cutoff, from 10",
         "ego graph, from 3", "of SciPy", "of networkx", "of ego graph"],
    ),
    "matrix": (
        "Every pair of 300 facilities and 20,000 points, no limit (ms, one thread)",
        matrix_row,
        ["ours", "two threads, wall", "SciPy, from 30", "of SciPy"],
    ),
    "whatif": (
        "One station more than 14, 20,000 points: new field and people newly covered (ms, one thread)",
        whatif_row,
        ["add, median", "add, 95 %", "undo", "move", "close", "SciPy, all anew", "of SciPy"],
    ),
}  # fmt: skip


def take(snaps: Snaps, i: int) -> Snaps:
    return Snaps(**{name: values[i : i + 1] for name, values in vars(snaps).items()})


def memory(cases: list[Case], n_sources: int = 3000) -> None:
    """Measure the whole memory of a process that does one reach matrix."""
    table(
        f"Memory of a process: all nodes within 15 minutes of {n_sources:,} sources, two threads",
        ["pairs", "MiB before", "MiB at most"],
    )
    for case in cases:
        if case.n < 1_000_000:
            continue
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "graph.npz"
            g = case.graph
            np.savez(file, tail=g.tail, head=g.head, time=g.time_ds, n=[g.n_nodes, n_sources])
            said = subprocess.run(
                [sys.executable, __file__, "--memory-of", str(file)], capture_output=True, text=True, check=True
            ).stdout
        print(f"{case.label}{said.strip()}")


def measure_memory(file: Path) -> None:
    with np.load(file) as stored:
        n_nodes, n_sources = stored["n"].tolist()
        core = build_core(n_nodes, stored["tail"], stored["head"], stored["time"])
    before = resident_mib("VmRSS")
    setting = set_up_nodes(core, toward="demand", weight="time")
    sources = np.random.default_rng(graphs.SEED).choice(n_nodes, n_sources, replace=False)
    at, _, _ = reached(setting, setting.starts_at(node_doors(core, sources)), limit=FIFTEEN_MINUTES, threads=2)
    print(f"| {at[-1]:,} | {before:,.0f} | {resident_mib('VmHWM'):,.0f} |")


def resident_mib(name: str) -> float:
    """Return the memory of this process now (VmRSS) or at most (VmHWM), this one's alone."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024


if __name__ == "__main__":
    main()
