"""Siting: published sets, quick certificates, and the same problems by spopt. Equal results first, then the clock.

    python benchmarks/bench_siting.py orlib
    python benchmarks/bench_siting.py census [--seconds 120] [NewYork SanFrancisco]
    python benchmarks/bench_siting.py mclp [--peers PYTHON]      # PYTHON: an environment with spopt and pulp
    python benchmarks/bench_siting.py large
    python benchmarks/bench_siting.py median

The published files are read from ../shared/data. The others are drawn with a fixed seed: towns of very different size
on a plain of 40 by 40 km, people around them, candidates among the people, straight lines at 30 km/h.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.sparse import csc_array

from coverplan.core.progress import SILENT
from coverplan.planning.siting.interchange import search_median
from coverplan.planning.siting.median import solve_median
from coverplan.planning.siting.problems import mclp, p_center, p_median
from coverplan.planning.siting.solve import solve
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.watch import Watch

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
sys.path.insert(0, str(ROOT / "tests"))

from planning.siting.published import best_known, census, optima, or_library  # noqa: E402 - found by the line above

METRES_PER_S = 30 / 3.6

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
    for name, radius in (("NewYork", 400), ("SanFrancisco", 600)):
        if name not in names:
            continue
        cover, people = census(folder / f"{name}.txt", radius)
        for p in (50, 60, 70, 80, 90, 100):
            best, _ = best_known(folder / f"{name}_{p}_{radius}.txt")
            plan = solve(mclp(cover, people, p=p), time_limit=seconds, progress=SILENT)
            print(
                f"{name} p={p}: {plan.objective:,.0f} published {best:,.0f} "
                f"({plan.objective / best - 1:+.3%}) "
                f"bound {plan.bound:,.0f} gap {plan.gap:.3%} {plan.status}, "
                f"found after {plan.found_s:.1f} s of {plan.seconds:.1f}",
                flush=True,
            )


def run_mclp(peers: str | None) -> None:
    """5,000 demand points and 500 candidates to a proven gap, end to end, against spopt with its default solver."""
    value, weight = plain(5000, 500)
    for p in (10, 30, 50):
        for gap in (0.005, 0.002):
            times = []
            for _ in range(3):
                began = time.perf_counter()
                plan = solve(mclp(csc_array(value <= 600), weight, p=p), gap=gap, time_limit=60)
                times.append(time.perf_counter() - began)
            print(
                f"p={p} gap wanted {gap:.1%}: {plan.objective:,.0f} proven {plan.gap:.3%} in {np.median(times):.3f} s"
            )
        if peers is None:
            continue
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "data.npz"
            np.savez(data, cost=value, weight=weight, limit=600.0, p=p)
            said = subprocess.run([peers, "-c", PEER, str(data)], capture_output=True, text=True, check=True).stdout
        told = json.loads(said.splitlines()[-1])
        ours = solve(mclp(csc_array(value <= 600), weight, p=p), time_limit=120)
        if ours.status == "optimal":
            same(f"p={p}", ours.objective, told["objective"])
        total = told["build"] + told["solve"]
        print(f"p={p} spopt: {told['objective']:,.0f}, build {told['build']:.1f} + solve {told['solve']:.1f} s "
              f"(import {told['load']:.1f} s more); {total / np.median(times):.0f} times as long")  # fmt: skip
        print(f"p={p} exact here: {ours.objective:,.0f} {ours.status} in {ours.seconds:.2f} s")


def run_large() -> None:
    """20,000 demand points and 500 candidates: a plan at once, and the smallest gap of a minute."""
    rng = np.random.default_rng(11)
    points, sites = rng.uniform(0, 1, (20_000, 2)), rng.uniform(0, 1, (500, 2))
    away = np.hypot(points[:, None, 0] - sites[None, :, 0], points[:, None, 1] - sites[None, :, 1])
    even = (csc_array(away <= 0.1), rng.integers(1, 100, 20_000).astype(float))
    value, weight = plain(20_000, 500)
    for name, (cover, people) in {"towns": (csc_array(value <= 600), weight), "even": even}.items():
        first = solve(mclp(cover, people, p=30), gap=10.0, time_limit=60)
        print(f"{name}: first plan {first.objective:,.0f} in {first.seconds:.2f} s, gap {first.gap:.2%}")
        plan = solve(mclp(cover, people, p=30), time_limit=60)
        print(f"{name}: after {plan.seconds:.0f} s {plan.objective:,.0f}, bound {plan.bound:,.0f}, gap {plan.gap:.3%}")


def run_median() -> None:
    """p-median with 1,000 demand points, 200 candidates, p = 20: when the optimum is reached, when it is proved."""
    for seed in (1, 2, 3):
        value, weight = plain(1000, 200, seed=seed)
        watch = Watch(time_limit=300)
        found = solve_median(p_median(value, weight, p=20), watch, gap=0.0, seed=0)
        if found is None:
            raise SystemExit("no plan was found")
        print(
            f"seed {seed}: {found[1]:,.1f} reached after {watch.found_s:.2f} s, bound {found[2]:,.1f} "
            f"after {watch.seconds:.2f} s"
        )


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["orlib", "census", "mclp", "large", "median"])
    parser.add_argument("names", nargs="*", default=["NewYork", "SanFrancisco"])
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--peers")
    given = parser.parse_args()
    parts = {
        "orlib": run_orlib,
        "census": lambda: run_census(given.names, given.seconds),
        "mclp": lambda: run_mclp(given.peers),
        "large": run_large,
        "median": run_median,
    }
    parts[given.part]()


if __name__ == "__main__":
    main()
