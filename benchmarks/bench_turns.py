"""What turns cost: the embedded study with and without turn costs, in time and in result.

.venv/bin/python benchmarks/bench_turns.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

import coverplan as cp
from coverplan.inputs.select import active_facilities
from coverplan.roads.speeds import build_graph
from coverplan.travel.field import nearest
from coverplan.travel.nearest import compiled_nearest
from coverplan.travel.router import snap_points

ROOT = Path(__file__).resolve().parents[1]
TURNS = {"no turn costs": {}, "left 10 s, U-turn 30 s": {"left": 10.0, "u_turn": 30.0}}


def seconds_of_cpu(work: Callable[[], object], repeat: int) -> float:
    """Return the processor time of one call, the mean of several after a first one."""
    work()
    begin = time.process_time()
    for _ in range(repeat):
        work()
    return (time.process_time() - begin) / repeat


def main() -> None:
    """Print nodes, arcs, processor time of both engines, and the crews' travel time."""
    study = cp.read_study(ROOT / "configs" / "jinjiang.yaml")
    network = cp.build_network(study)
    people = study.people["people"].to_numpy()
    stations = active_facilities(study, kinds=("ems",))
    print(f"{'':<24} {'nodes':>8} {'arcs':>8} {'SciPy':>9} {'compiled':>9} {'mean':>8} {'P90':>8}")
    for name, turn_s in TURNS.items():
        graph = build_graph(network, replace(study.profiles["ambulance"], turn_s=turn_s))
        demand, facilities = snap_points(network, graph, study.people), snap_points(network, graph, stations)

        def slow(graph=graph, demand=demand, facilities=facilities):
            return nearest(graph, demand, facilities, toward="demand", weight="time")

        def fast(graph=graph, demand=demand, facilities=facilities):
            return compiled_nearest(graph, demand, facilities, toward="demand", weight="time")

        value = slow().value
        if not np.array_equal(value, fast().value):
            raise SystemExit("the engines differ")
        order = np.argsort(value)
        p90 = value[order][np.searchsorted(np.cumsum(people[order]), 0.9 * people.sum())]
        mean = np.average(value[np.isfinite(value)], weights=people[np.isfinite(value)])
        print(
            f"{name:<24} {graph.n_nodes:>8,} {graph.n_arcs:>8,} {seconds_of_cpu(slow, 5) * 1000:>6.1f} ms "
            f"{seconds_of_cpu(fast, 20) * 1000:>6.2f} ms {mean:>6.1f} s {p90:>6.1f} s"
        )


if __name__ == "__main__":
    main()
