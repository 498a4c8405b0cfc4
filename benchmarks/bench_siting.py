"""Siting: published sets, quick certificates, and the same problems by spopt. Equal results first, then the clock.

    python benchmarks/bench_siting.py --orlib             # p-median and p-center files, optima published
    python benchmarks/bench_siting.py --census [NewYork:50 SanFrancisco:100 ...] [--seconds 120]
    python benchmarks/bench_siting.py --spopt             # 5,000 x 500, beside spopt with its default solver
    python benchmarks/bench_siting.py --large             # 20,000 x 500, p = 30
    python benchmarks/bench_siting.py --median            # p-median 1,000 x 200, p = 20

The published files are read from ../shared/data; spopt lives in the peers' environment (`make bench-peers` makes it).
The other problems are drawn with a fixed seed: towns of very different size on a plain of 40 by 40 km, people around
them, candidates among the people, straight lines at 30 km/h. Compiling is done before anything is timed.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from peers import environment
from scipy.sparse import csc_array

from coverplan.planning.siting.interchange import search_median
from coverplan.planning.siting.plan import Plan
from coverplan.planning.siting.problems import mclp, p_center, p_median
from coverplan.planning.siting.solve import solve
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.watch import Watch
from coverplan.travel.kernels.warm import steps

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
sys.path.insert(0, str(ROOT / "tests"))

from planning.siting.published import best_known, census, optima, or_library  # noqa: E402 - found by the line above

METRES_PER_S = 30 / 3.6
LIMIT_S = 600.0

PEER = """
import json, sys, time
import numpy as np
data = np.load(sys.argv[1])
began = time.perf_counter()
import pulp
from spopt.locate import MCLP
loaded = time.perf_counter()
model = MCLP.from_cost_matrix(data["cost"], data["weight"], float(data["limit"]), p_facilities=int(data["p"]))
built = time.perf_counter()
model = model.solve(pulp.PULP_CBC_CMD(msg=False))
solved = time.perf_counter()
print(json.dumps({"objective": float(model.problem.objective.value()), "load": loaded - began,
                  "build": built - loaded, "solve": solved - built}))
"""


def same(what: str, ours: float, theirs: float) -> None:
    """End the run when results differ."""
    if abs(ours - theirs) > 0.5:
        raise SystemExit(f"{what}: {ours} here, {theirs} there")


def plain(n: int, m: int, *, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Draw demand and candidates; return seconds between them and people."""
    rng = np.random.default_rng(seed)
    towns = rng.uniform(0, 40_000, (60, 2))
    size = rng.pareto(1.2, 60) + 0.2
    town = rng.choice(60, n, p=size / size.sum())
    points = towns[town] + rng.normal(0, 1500, (n, 2)) * rng.choice([0.5, 1.0, 3.0], n)[:, None]
    sites = points[rng.choice(n, m, replace=False)] + rng.normal(0, 200, (m, 2))
    away = np.hypot(points[:, None, 0] - sites[None, :, 0], points[:, None, 1] - sites[None, :, 1])
    return away / METRES_PER_S, rng.integers(1, 400, n).astype(float)


def run_orlib() -> None:
    """Solve every p-median file both ways, and time what the heuristic alone finds."""
    folder, gaps = DATA / "orlib", []
    medians, centers = optima(folder / "pmedopt.txt"), optima(folder / "kcenteropt.txt")
    for path in sorted(folder.glob("pmed[0-9]*.txt"), key=lambda path: int(path.stem[4:])):
        number = int(path.stem[4:])
        value, p = or_library(folder, number)
        problem = p_median(value, np.ones(len(value)), p=p)
        began = time.perf_counter()
        watch = Watch(time_limit=600)
        _, quick = search_median(value, Moves(problem.rules), watch, rounds=10**6, seconds=0.5, hair=1e-6)
        quick_s = time.perf_counter() - began
        gaps.append(quick / medians[number] - 1)
        plan, center = solve(problem, time_limit=600), solve(p_center(value, p=p), time_limit=600)
        same(f"{path.name} median", plan.objective, medians[number])
        same(f"{path.name} center", center.objective, centers[number])
        print(
            f"pmed{number:<3} n={len(value)} p={p:<3} median {plan.objective:g} proved {plan.seconds:.2f} s "
            f"(found after {plan.found_s:.2f} s); heuristic {gaps[-1]:.2%} in {quick_s:.2f} s; "
            f"center {center.objective:g} proved {center.seconds:.2f} s"
        )
    print(f"heuristic on average {np.mean(gaps):.3%} above the optimum, at worst {np.max(gaps):.2%}")


def run_census(names: list[str], seconds: float) -> None:
    """Hold plans and bounds against the best published values."""
    folder = DATA / "mclp-census"
    radius = {"NewYork": 400, "SanFrancisco": 600}
    asked = names or [f"{name}:{p}" for name in radius for p in (50, 60, 70, 80, 90, 100)]
    print("| file | p | found | best published | | bound | gap | found after, s | ended after, s |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name, p in (one.split(":") for one in asked):
        cover, people = census(folder / f"{name}.txt", radius[name])
        best, _ = best_known(folder / f"{name}_{p}_{radius[name]}.txt")
        plan = solve(mclp(cover, people, p=int(p)), time_limit=seconds)
        if plan.bound < best:
            raise SystemExit(f"{name} p={p}: the bound {plan.bound} is below what is published")
        print(
            f"| {name} | {p} | {plan.objective:,.0f} | {best:,.0f} | {plan.objective / best - 1:+.3%} "
            f"| {plan.bound:,.0f} | {plan.gap:.3%} | {plan.found_s:.1f} | {plan.seconds:.1f} |",
            flush=True,
        )


def run_spopt() -> None:
    """5,000 demand points and 500 candidates to a proven gap, end to end, against spopt with its default solver."""
    value, weight = plain(5000, 500)
    there = environment.interpreter().exists()
    print("| p | gap wanted | plan | proven gap | seconds | spopt: plan | building | solving | times as long |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for p in (10, 30, 50):
        told = spopt(value, weight, p) if there else None
        if told is not None:
            ours = solve(mclp(csc_array(value <= LIMIT_S), weight, p=p), time_limit=30)
            if ours.status == "optimal":
                same(f"p={p}", ours.objective, told["objective"])
            elif not ours.objective - 0.5 <= told["objective"] <= ours.bound + 0.5:
                raise SystemExit(f"p={p}: spopt found {told['objective']}, outside {ours.objective} to {ours.bound}")
        for gap in (0.005, 0.002):
            plan, taken = timed(
                lambda p=p, gap=gap: solve(mclp(csc_array(value <= LIMIT_S), weight, p=p), gap=gap, time_limit=60)
            )
            row = f"| {p} | {gap:.1%} | {plan.objective:,.0f} | {plan.gap:.3%} | {taken:.3f} |"
            if told is None:
                print(f"{row} | | | |", flush=True)
                continue
            total = told["build"] + told["solve"]
            print(f"{row} {told['objective']:,.0f} | {told['build']:.1f} | {told['solve']:.1f} | {total / taken:.0f} |",
                  flush=True)  # fmt: skip


def timed(work: Callable[[], Plan]) -> tuple[Plan, float]:
    """Return a plan and the median seconds of five runs."""
    plans, times = [], []
    for _ in range(5):
        began = time.perf_counter()
        plans.append(work())
        times.append(time.perf_counter() - began)
    return plans[-1], float(np.median(times))


def spopt(value: np.ndarray, weight: np.ndarray, p: int) -> dict[str, float]:
    """Ask spopt, in its own environment; importing it is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.npz"
        np.savez(data, cost=value, weight=weight, limit=LIMIT_S, p=p)
        command = [environment.interpreter(), "-c", PEER, str(data)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return json.loads(said.splitlines()[-1])


def run_large() -> None:
    """20,000 demand points and 500 candidates: a plan at once, and the smallest gap of a minute."""
    rng = np.random.default_rng(11)
    points, sites = rng.uniform(0, 1, (20_000, 2)), rng.uniform(0, 1, (500, 2))
    away = np.hypot(points[:, None, 0] - sites[None, :, 0], points[:, None, 1] - sites[None, :, 1])
    even = (csc_array(away <= 0.1), rng.integers(1, 100, 20_000).astype(float))
    value, weight = plain(20_000, 500)
    for name, (cover, people) in {"towns": (csc_array(value <= LIMIT_S), weight), "even": even}.items():
        first = solve(mclp(cover, people, p=30), gap=10.0, time_limit=60)
        print(f"{name}: first plan {first.objective:,.0f} in {first.seconds:.2f} s, gap {first.gap:.2%}")
        plan = solve(mclp(cover, people, p=30), time_limit=60)
        print(f"{name}: after {plan.seconds:.0f} s {plan.objective:,.0f}, bound {plan.bound:,.0f}, gap {plan.gap:.3%}")


def run_median() -> None:
    """p-median with 1,000 demand points, 200 candidates, p = 20: when the optimum is reached, when it is proved."""
    for seed in (1, 2, 3, 4, 5):
        value, weight = plain(1000, 200, seed=seed)
        plan = solve(p_median(value, weight, p=20), time_limit=300)
        print(
            f"seed {seed}: {plan.objective:,.1f} reached after {plan.found_s:.2f} s, {plan.status} after "
            f"{plan.seconds:.2f} s (bound {plan.bound:,.1f})"
        )


def head() -> None:
    """Say when, where and with what; and compile what is compiled."""
    names = ("coverplan", "numba", "numpy", "scipy", "highspy")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    load = f"load {os.getloadavg()[0]:.1f}, " if hasattr(os, "getloadavg") else ""
    python = f"Python {platform.python_version()}"
    print(f"{datetime.date.today()}, {platform.machine()}, {os.cpu_count()} cores, {load}{python}, {versions}")
    for step in steps():
        step()


def main() -> None:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for part in ("orlib", "census", "spopt", "large", "median"):
        parser.add_argument(f"--{part}", action="store_true")
    parser.add_argument("names", nargs="*", help="census problems, such as NewYork:50; all unless named")
    parser.add_argument("--seconds", type=float, default=120.0, help="time limit of each census problem")
    given = parser.parse_args()
    parts = {
        "orlib": run_orlib,
        "census": lambda: run_census(given.names, given.seconds),
        "spopt": run_spopt,
        "large": run_large,
        "median": run_median,
    }
    head()
    for name, run in parts.items():
        if getattr(given, name):
            run()


if __name__ == "__main__":
    main()
