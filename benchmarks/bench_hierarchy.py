"""Large matrices: sweeps over a hierarchy beside a search from each source, SciPy and pyroutingkit.

    python benchmarks/bench_hierarchy.py [GRAPH ...] [--peer-python PYTHON]

Graphs are named in `graphs.py`. Results are held against each other before a row is printed, and a difference ends the
run. Times are CPU time of one thread, medians after one run that does not count; columns with two threads are wall time
and say so. SciPy and the search are asked for a part of the sources on large networks, and their time is scaled to all
of them. pyroutingkit is asked where `peers/environment.py` has made a place for it, or PYTHON has it.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import graphs
import numba
import numpy as np
import scipy
from bench_engine import as_scipy, at_hand, check, ms, on_nodes, once, seconds, table, times
from peers import environment
from scipy.sparse.csgraph import dijkstra

from coverplan import __version__
from coverplan.roads.network import Snaps
from coverplan.travel.hierarchy.links import links_of
from coverplan.travel.hierarchy.order import by_dissection
from coverplan.travel.hierarchy.prepared import prepare_hierarchy
from coverplan.travel.hierarchy.shortcuts import build_ladder
from coverplan.travel.hierarchy.warm import steps
from coverplan.travel.hierarchy.weights import weigh
from coverplan.travel.kernels.core import build_core, core_of
from coverplan.travel.matrix import plan_matrix, travel_matrix
from coverplan.travel.warm import warm_up

INSIDE = Path(__file__).resolve().parent / "peers" / "inside.py"
LARGE = 200_000


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description="large matrices on a hierarchy")
    options.add_argument("graphs", nargs="*", default=["jinjiang", "auckland", "newyork", "northeast", "million"])
    options.add_argument("--peer-python", type=Path, default=environment.interpreter())
    chosen = options.parse_args()
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, coverplan {__version__}, numba {numba.__version__}, "
        f"numpy {np.__version__}, SciPy {scipy.__version__}"
    )
    warm_up()
    for step in steps():
        step()
    benches = [bench for bench in map(at_hand, chosen.graphs) if bench]
    making_table(benches)
    matrix_table(benches, chosen.peer_python if chosen.peer_python.exists() else None)
    dense_table(benches)
    choice_table(benches)


def label(bench: graphs.Bench) -> str:
    return f"| {bench.name} ({bench.note}) | {bench.graph.n_nodes:,} "


def making_table(benches: list[graphs.Bench]) -> None:
    """Show what a hierarchy costs: once for a network, and for each set of weights."""
    table(
        "Making a hierarchy (ms, one thread)",
        ["searched nodes", "order, once", "two threads, wall", "shortcuts, once", "for each link", "most above one",
         "weights, for each profile", "taking pockets out, for each profile"],
    )  # fmt: skip
    for bench in benches:
        g = bench.graph
        core = core_of(g, "time")
        links = links_of(core.away.rows)
        order_s, rank = in_pool(lambda links=links: by_dissection(links, threads=1))
        started = time.perf_counter()
        check(np.array_equal(rank, by_dissection(links, threads=2)), f"{bench.name}, order")
        two_s = time.perf_counter() - started
        ladder_s, ladder = once(lambda links=links, rank=rank: build_ladder(links, rank))
        weigh_s = seconds(lambda args=(ladder, rank, core.away.rows): weigh(*args), 3)
        core_s, _ = once(lambda g=g: build_core(g.n_nodes, g.tail, g.head, g.time_ds))
        widest = int(np.diff(ladder.start).max(initial=0))
        print(
            f"{label(bench)}| {core.n_core:,} | {ms(order_s)} | {ms(two_s)} | {ms(ladder_s)} "
            f"| {2 * len(ladder.head) / len(links.head):.1f} | {widest} | {ms(weigh_s)} | {ms(core_s)} |",
            flush=True,
        )


def in_pool(work) -> tuple[float, object]:
    """Return the CPU time of all threads of this process while some work is done, and its result."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def matrix_table(benches: list[graphs.Bench], python: Path | None) -> None:
    """Compare every pair of 300 facilities and 20,000 points; the hierarchy is at hand, as after the first question."""
    table(
        "Every pair of 300 facilities and 20,000 points, no limit (ms, one thread)",
        ["hierarchy", "ns a pair", "two threads, wall", "search", "SciPy", "pyroutingkit", "of search", "of SciPy",
         "of pyroutingkit", "distance as well"],
    )  # fmt: skip
    for bench in benches:
        graph, rng = bench.graph, np.random.default_rng(graphs.SEED)
        facilities, sources = on_nodes(graph, rng, 300)
        points, targets = on_nodes(graph, rng, 20_000)
        part = 10 if graph.n_nodes > LARGE else 60
        prepare_hierarchy(graph)

        def ours(way: str = "hierarchy", k: int = 300, weight: str = "time", threads: int = 1) -> np.ndarray:
            few = first(facilities, k)  # noqa: B023 - called before the loop goes on
            return travel_matrix(
                graph, points, few, toward="demand", weight=weight, way=way, threads=threads  # noqa: B023 - as above
            )  # fmt: skip

        found = ours()
        roads = as_scipy(graph)
        scipy_s, far = once(lambda roads=roads, some=sources[:part], to=targets: dijkstra(roads, indices=some)[:, to])
        check(np.array_equal(found[:, :part].T * 10, far), f"{bench.name}, SciPy")
        check(np.array_equal(ours("search", part), found[:, :part]), f"{bench.name}, search")
        peer_s = by_peer(python, bench, (sources, targets), found) if python else None
        ours_s, two_s = seconds(ours, 5), seconds(lambda ask=ours: ask(threads=2), 5, time.perf_counter)
        search_s = seconds(lambda ask=ours, k=part: ask("search", k), 1) * 300 / part
        metres_s = seconds(lambda ask=ours: ask(weight="distance"), 3)
        scipy_s *= 300 / part
        print(
            f"{label(bench)}| {ms(ours_s)} | {1e9 * ours_s / found.size:.1f} | {ms(two_s)} | {ms(search_s)} "
            f"| {ms(scipy_s)} | {ms(peer_s)} | {times(search_s, ours_s)} | {times(scipy_s, ours_s)} "
            f"| {times(peer_s, ours_s)} | {ms(metres_s)} |",
            flush=True,
        )


def by_peer(python: Path, bench: graphs.Bench, ends: tuple[np.ndarray, np.ndarray], found: np.ndarray) -> float | None:
    """Let pyroutingkit answer the same in its own environment; it needs positions, so it is not asked without."""
    graph = bench.graph
    if bench.x_m is None or bench.y_m is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        arcs = {"tail": graph.tail, "head": graph.head, "time": graph.time_ds, "x": bench.x_m, "y": bench.y_m}
        np.savez(folder / "asked.npz", **arcs, rows=ends[0], columns=ends[1])
        one = os.environ | {"OMP_NUM_THREADS": "1"}
        run = subprocess.run(
            [python, INSIDE, "pyroutingkit", folder], env=one, capture_output=True, text=True, check=False
        )
        if run.returncode:
            print(f"pyroutingkit did not answer: {run.stderr[-300:]}", file=sys.stderr)
            return None
        with np.load(folder / "pyroutingkit.npz") as told:
            check(np.array_equal(found.T * 10, told["matrix"].astype(float)), f"{bench.name}, pyroutingkit")
            return float(told["matrix_s"])


def first(snaps: Snaps, k: int) -> Snaps:
    return Snaps(**{name: values[:k] for name, values in vars(snaps).items()})


def dense_table(benches: list[graphs.Bench]) -> None:
    """Compare what siting asks for: every pair of 20,000 points and 500 candidates, people travelling to them."""
    table(
        "Every pair of 20,000 points and 500 candidate sites, toward the sites (ms, one thread)",
        ["hierarchy", "search", "of search"],
    )
    for bench in benches:
        graph, rng = bench.graph, np.random.default_rng(graphs.SEED + 1)
        sites, points = on_nodes(graph, rng, 500)[0], on_nodes(graph, rng, 20_000)[0]
        part = 10 if graph.n_nodes > LARGE else 60
        some = first(sites, part)

        def ours(way: str, few: Snaps) -> np.ndarray:
            return travel_matrix(
                graph, points, few, toward="facility", weight="time", way=way, threads=1  # noqa: B023 - as above
            )  # fmt: skip

        found = ours("hierarchy", sites)
        check(np.array_equal(ours("search", some), found[:, :part]), f"{bench.name}, sites")
        ours_s = seconds(lambda ask=ours, few=sites: ask("hierarchy", few), 3)
        search_s = seconds(lambda ask=ours, few=some: ask("search", few), 1) * 500 / part
        print(f"{label(bench)}| {ms(ours_s)} | {ms(search_s)} | {times(search_s, ours_s)} |", flush=True)


def choice_table(benches: list[graphs.Bench]) -> None:
    """Hold what the engine expects, and chooses, against what either way takes, the hierarchy at hand."""
    table(
        "The engine's choice for k facilities and 20,000 points, the hierarchy at hand (ms, one thread)",
        ["facilities", "search, expected", "search", "hierarchy, expected", "hierarchy", "chosen"],
    )
    for bench in benches:
        graph, rng = bench.graph, np.random.default_rng(graphs.SEED + 2)
        points = on_nodes(graph, rng, 20_000)[0]
        for k in (1, 4, 16, 64):
            few = on_nodes(graph, rng, k)[0]
            plan = plan_matrix(graph, points, few, weight="time")
            taken = [
                seconds(
                    lambda way=way, g=graph, to=points, few=few: travel_matrix(
                        g, to, few, toward="demand", weight="time", way=way, threads=1
                    ),
                    3,
                )
                for way in ("search", "hierarchy")
            ]
            print(
                f"{label(bench)}| {k} | {ms(plan.search_s)} | {ms(taken[0])} | {ms(plan.hierarchy_s)} | {ms(taken[1])} "
                f"| {plan.way} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
