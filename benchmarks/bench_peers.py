"""The engine beside pandana, pyroutingkit, OSRM and Valhalla, which have an environment of their own (`peers/`).

    make bench-peers, or python benchmarks/bench_peers.py [--only pandana pyroutingkit engines]

On the same arcs and whole tenths, results are held against each other before a row is printed, and a difference ends
the run. OSRM and Valhalla read the extract themselves and have speeds of their own, so their times are not ours: how
they compare over 1,000 random trips stands in a table of its own. CPU time of one thread; a peer that cannot be
installed here is named.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import graphs
import numpy as np
import osmium
from bench_engine import FIFTEEN_MINUTES, Case, as_float, check, ms, on_nodes, seconds, table, times
from peers import environment

from coverplan import __version__
from coverplan.core.units import unproject
from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.network import Graph, Network, Snaps
from coverplan.roads.osm import read_osm
from coverplan.roads.speeds import build_graph, default_profiles
from coverplan.travel.kernels.doors import node_doors
from coverplan.travel.kernels.fields import node_field
from coverplan.travel.kernels.starts import set_up_nodes
from coverplan.travel.kernels.sweeps import reached
from coverplan.travel.matrix import travel_matrix
from coverplan.travel.paths import Ways, fastest_ways, metres_by_class
from coverplan.travel.warm import steps, warm_up

EXTRACT = graphs.DATA / "osm/andorra.osm.pbf"
TRIPS = 1000
LIVED_ON = ("trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street")
"""Roads that trips begin and end on: all three agree that cars may use them."""
OSRM_KPH = {
    "motorway": 90.0, "motorway_link": 45.0, "trunk": 85.0, "trunk_link": 40.0, "primary": 65.0, "primary_link": 30.0,
    "secondary": 55.0, "secondary_link": 25.0, "tertiary": 40.0, "tertiary_link": 20.0, "unclassified": 25.0,
    "residential": 25.0, "living_street": 10.0, "service": 15.0,
}  # fmt: skip
"""Speeds of roads without a sign in OSRM's car profile (`profiles/car.lua` in its package); of a sign it takes 0.8."""
INSIDE = Path(__file__).resolve().parent / "peers" / "inside.py"


def main() -> None:
    """Make the environment, ask everybody, print the tables."""
    options = argparse.ArgumentParser(description="the engine beside peers with an environment of their own")
    options.add_argument("--only", nargs="+", default=["pandana", "pyroutingkit", "engines"])
    chosen = options.parse_args().only
    versions = environment.make()
    warm_up()
    for step in steps():
        step()
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, coverplan {__version__}; "
        + ", ".join(f"{name} {version or 'not to be had here'}" for name, version in versions.items())
    )
    fed = [name for name in ("pandana", "pyroutingkit") if name in chosen and versions[name]]
    cases = [Case(bench, 7) for bench in map(graphs.load, ("andorra", "auckland")) if bench] if fed else []
    if "pandana" in fed:
        by_pandana(cases)
    if "pyroutingkit" in fed:
        by_pyroutingkit(cases)
    if EXTRACT.exists() and "engines" in chosen:
        engines = [
            name for name, package in (("osrm", "osrm-bindings"), ("valhalla", "pyvalhalla")) if versions[package]
        ]
        by_engines(engines)


def ask(peer: str, asked: Mapping[str, object], extract: Path | None = None) -> dict[str, np.ndarray]:
    """Let a peer answer in its own environment, on one thread."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if extract:
            shutil.copy(extract, folder / "extract.osm.pbf")
        np.savez(folder / "asked.npz", **asked)
        one = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_MAX_THREADS"), "1")
        run = subprocess.run(
            [environment.interpreter(), INSIDE, peer, folder], env=one, capture_output=True, text=True, check=False
        )
        if run.returncode:
            sys.exit(f"{peer}: {run.stderr[-1000:]}")
        with np.load(folder / f"{peer}.npz") as told:
            return dict(told)


def by_pandana(cases: list[Case]) -> None:
    """Nearest of 30 facilities for every node, and the nodes within 15 minutes of 100."""
    table(
        "pandana: nearest of 30, every node; nodes within 15 minutes of 100 (ms, one thread)",
        ["ours, nearest", "pandana", "of pandana", "ours, within", "pandana", "of pandana", "pandana, making it"],
    )
    ranked = np.zeros(30), np.arange(30)
    for case in cases:
        x, y = case.bench.x_m, case.bench.y_m
        # pandana finds a facility's node by its position, so nobody else may stand there.
        _, first, count = np.unique(np.column_stack([x, y]), axis=0, return_index=True, return_counts=True)
        facilities = case.rng.choice(first[count == 1], 30, replace=False)
        sources = case.rng.choice(case.n, 100, replace=False)
        told = ask("pandana", arcs(case) | {"facilities": facilities, "sources": sources, "limit": FIFTEEN_MINUTES})
        ours = as_float(node_field(case.core, case.core.toward, facilities, ranked)[0])
        check(np.array_equal(ours, told["field"]), f"{case.bench.name}, nearest, pandana")
        setting = set_up_nodes(case.core, toward="demand", weight="time")
        begins = setting.starts_at(node_doors(case.core, sources))
        _, _, far = reached(setting, begins, limit=FIFTEEN_MINUTES, threads=1)
        same = len(far) == told["n_pairs"] and far.sum(dtype=np.int64) == told["sum_pairs"]
        check(same, f"{case.bench.name}, within 15 minutes, pandana ({len(far)} and {told['n_pairs']} pairs)")
        field_s = seconds(lambda c=case, f=facilities: node_field(c.core, c.core.toward, f, ranked), 7)
        reach_s = seconds(lambda s=setting, b=begins: reached(s, b, limit=FIFTEEN_MINUTES, threads=1), 7)
        print(
            f"{case.label}| {ms(field_s)} | {ms(told['field_s'])} | {times(told['field_s'], field_s)} | {ms(reach_s)} "
            f"| {ms(told['reach_s'])} | {times(told['reach_s'], reach_s)} | {ms(told['made_s'])} |",
            flush=True,
        )


def by_pyroutingkit(cases: list[Case]) -> None:
    """Every pair of 300 facilities and 20,000 points."""
    table("pyroutingkit: every pair of 300 facilities and 20,000 points (ms, one thread)",
          ["ours", "two threads, wall", "pyroutingkit", "of pyroutingkit", "with two threads", "its hierarchy, once",
           "its weights, per profile"])  # fmt: skip
    for case in cases:
        facilities, rows = on_nodes(case.graph, case.rng, 300)
        points, columns = on_nodes(case.graph, case.rng, 20_000)
        told = ask("pyroutingkit", arcs(case) | {"rows": rows, "columns": columns})

        def ours(threads: int, case: Case = case, points: Snaps = points, facilities: Snaps = facilities) -> np.ndarray:
            return travel_matrix(case.graph, points, facilities, toward="demand", weight="time", threads=threads)

        check(np.array_equal(ours(1).T * 10, told["matrix"].astype(float)), f"{case.bench.name}, matrix, pyroutingkit")
        one_s, two_s = seconds(lambda ask=ours: ask(1), 5), seconds(lambda ask=ours: ask(2), 5, time.perf_counter)
        peer_s = told["matrix_s"]
        print(
            f"{case.label}| {ms(one_s)} | {ms(two_s)} | {ms(peer_s)} | {times(peer_s, one_s)} | {times(peer_s, two_s)} "
            f"| {ms(told['made_s'])} | {ms(told['profile_s'])} |",
            flush=True,
        )


def arcs(case: Case) -> dict[str, np.ndarray]:
    """Return a graph as arrays."""
    g = case.graph
    return {"tail": g.tail, "head": g.head, "time": g.time_ds, "x": case.bench.x_m, "y": case.bench.y_m}


def by_engines(engines: list[str]) -> None:
    """Compare 1,000 random trips in Andorra with whole routing engines, and how long a table of 30 by 1,000 takes."""
    network = read_osm(EXTRACT)
    drive = default_profiles()["drive"]
    graph = build_graph(network, drive)
    rng = np.random.default_rng(graphs.SEED)
    drawn_from = np.isin(network.edge_class, [i for i, name in enumerate(ROAD_CLASSES) if name in LIVED_ON])
    edges = np.flatnonzero(graph.snappable & drawn_from)
    (origins, from_lonlat), (goals, to_lonlat) = (on_roads(network, edges, rng, TRIPS) for _ in range(2))
    ways = fastest_ways(graph, origins, goals)
    ours, metres = ways.value, metres_by_class(network, graph, ways).sum(axis=1)
    at_theirs = replace(
        drive, kph=MappingProxyType(OSRM_KPH), maxspeed_share=0.8, class_maxspeed_share=MappingProxyType({})
    )
    theirs = build_graph(network, at_theirs)
    at_their_speeds = fastest_ways(theirs, origins, goals).value
    few = Snaps(**{name: values[:30] for name, values in vars(origins).items()})
    table_s = seconds(lambda: travel_matrix(graph, goals, few, toward="demand", weight="time", threads=1), 7)
    asked = {"origins": from_lonlat, "goals": to_lonlat, "rows": from_lonlat[:30], "columns": to_lonlat}
    with tempfile.TemporaryDirectory() as folder:
        opened = Path(folder) / "opened.osm.pbf"
        n_opened = without_leftovers(EXTRACT, opened)
        told = {name: ask(name, asked, opened) for name in engines}
    print(
        f"\n{n_opened} open way(s) carry a leftover `construction` tag, which OSRM takes for closed; taken off for all"
    )
    columns = ["trips", "correlation", "theirs / ours, median", "middle 90 %", "correlation at OSRM's speeds",
               "theirs / ours, median", "our table", "their table", "of theirs", "their set-up, s"]  # fmt: skip
    table(f"Whole engines: {TRIPS:,} random trips in Andorra; table of 30 by 1,000 (ms)", columns, ("engine",))
    for name, answer in told.items():
        found = answer["seconds"]
        known = np.isfinite(ours) & np.isfinite(found)
        ratio, low, high = spread(found[known] / ours[known])
        other, _, _ = spread(found[known] / at_their_speeds[known])
        r, r_other = (np.corrcoef(mine[known], found[known])[0, 1] for mine in (ours, at_their_speeds))
        print(
            f"| {name} | {known.sum():,} | {r:.4f} | {ratio:.3f} | {low:.2f} to {high:.2f} | {r_other:.4f} "
            f"| {other:.3f} | {ms(table_s)} | {ms(answer['table_s'])} | {times(answer['table_s'], table_s)} "
            f"| {answer['made_s']:.1f} |",
            flush=True,
        )
    if len(told) > 1:
        one, two = (answer["seconds"] for answer in told.values())
        known = np.isfinite(one) & np.isfinite(two)
        print(f"\n{' and '.join(told)} with each other: {np.corrcoef(one[known], two[known])[0, 1]:.4f}")
    signed = share_signed(network, graph, ways)
    by_signs(told, ours, signed)
    for name, answer in told.items():
        worst_ten(name, (ours, metres, signed), answer, (from_lonlat, to_lonlat))


def share_signed(network: Network, graph: Graph, ways: Ways) -> np.ndarray:
    """Return how much of the length of each trip has a signed limit, 0..1."""
    edge, metres = graph.edge[ways.arc], ways.share * graph.length_dm[ways.arc]
    kph = np.where(graph.along[ways.arc], network.kph_forward[edge], network.kph_backward[edge])
    k = len(ways.value)
    total = np.bincount(ways.trip, weights=metres, minlength=k)
    return np.bincount(ways.trip, weights=metres * ~np.isnan(kph), minlength=k) / np.maximum(total, 1)


def by_signs(told: Mapping[str, Mapping[str, np.ndarray]], ours: np.ndarray, signed: np.ndarray) -> None:
    """Show how factor and correlation go with the share of a trip that has signed limits."""
    each = [f"{name}, {what}" for name in told for what in ("theirs / ours", "correlation")]
    table("The same trips by how much of their length has a signed limit", ["trips", *each], ("signed",))
    for fifth in range(5):
        some = (signed >= fifth / 5) & (signed < (fifth + 1) / 5 + (fifth == 4)) & np.isfinite(ours)
        cells = [f"{fifth / 5:.0%} to {(fifth + 1) / 5:.0%}", f"{some.sum()}"]
        for answer in told.values():
            known = some & np.isfinite(answer["seconds"])
            mine, found = ours[known], answer["seconds"][known]
            cells += [f"{np.median(found / mine):.3f}", f"{np.corrcoef(mine, found)[0, 1]:.4f}"]
        print(f"| {' | '.join(cells)} |")


def without_leftovers(extract: Path, opened: Path) -> int:
    """Write an extract anew without `construction` on ways that are roads already; returns how many there were."""
    n_opened = 0
    with osmium.SimpleWriter(str(opened)) as writer:
        for thing in osmium.FileProcessor(str(extract)):
            if thing.is_way() and "construction" in thing.tags and thing.tags.get("highway") in ROAD_CLASSES:
                n_opened += 1
                thing = thing.replace(tags={tag.k: tag.v for tag in thing.tags if tag.k != "construction"})  # noqa: PLW2901 - written in its place
            writer.add(thing)
    return n_opened


def spread(ratio: np.ndarray) -> tuple[float, float, float]:
    """Return the median and the two ends of the middle 90 %."""
    middle, low, high = np.percentile(ratio, [50, 5, 95])
    return float(middle), float(low), float(high)


def on_roads(network: Network, edges: np.ndarray, rng: np.random.Generator, k: int) -> tuple[Snaps, np.ndarray]:
    """Draw points on roads, as likely on each metre, and their longitude and latitude."""
    metres = network.edge_length_dm[edges] / 10
    edge = rng.choice(edges, k, p=metres / metres.sum())
    share = rng.random(k)
    x, y = np.empty(k), np.empty(k)
    for i in range(k):
        part = slice(network.shape_start[edge[i]], network.shape_start[edge[i] + 1])
        xs, ys = network.shape_x_m[part], network.shape_y_m[part]
        along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(xs), np.diff(ys)))])
        x[i], y[i] = (np.interp(share[i] * along[-1], along, values) for values in (xs, ys))
    on_road = Snaps(edge=edge.astype(np.int32), fraction=share, offroad_dm=np.zeros(k), offroad_ds=np.zeros(k))
    return on_road, np.column_stack(unproject(x, y, network.crs))


def worst_ten(
    name: str, ours: tuple[np.ndarray, ...], told: Mapping[str, np.ndarray], ends: tuple[np.ndarray, np.ndarray]
) -> None:
    """List the trips whose time differs most from ours times the usual factor."""
    value, metres, signed = ours
    factor = np.nanmedian(told["seconds"] / value)
    columns = ["to", "ours, s", "km", "of it signed", "theirs, s", "km", "theirs / ours"]
    table(f"{name}: the ten trips farthest from {factor:.2f} times ours", columns, ("from",))
    away = np.nan_to_num(np.abs(told["seconds"] - factor * value), posinf=0.0)
    for i in np.argsort(-away)[:10]:
        start, end = (f"{lat:.5f}, {lon:.5f}" for lon, lat in (ends[0][i], ends[1][i]))
        found = told["seconds"][i]
        print(
            f"| {start} | {end} | {value[i]:.0f} | {metres[i] / 1000:.1f} | {signed[i]:.0%} | {found:.0f} "
            f"| {told['metres'][i] / 1000:.1f} | {found / value[i]:.2f} |"
        )


if __name__ == "__main__":
    main()
