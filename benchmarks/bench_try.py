"""What it costs to try a station: on Auckland (real roads and times, its population raster), and on the embedded study.

    python benchmarks/bench_try.py

Loading is timed apart: reading roads and people, connecting them, what the rules say now. Then one station is tried,
five together, and a thousand candidate sites are ranked. Before anything is timed, what a trial says is held against
the scenario applied and assessed from the start, and the first of the ranking against its trial.
"""

import argparse
import dataclasses
import math
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import graphs
import numpy as np
import pandas as pd
import shapely
from bench_isochrones import straight

import coverplan as cp
from coverplan.core import tables
from coverplan.core.model import Clock, Population, RoadSource, SpeedProfile, Study
from coverplan.core.units import local_crs, project, unproject
from coverplan.inputs.records import empty_table
from coverplan.planning.ground import TrialGround, build_trial
from coverplan.planning.sites import as_scenario
from coverplan.roads.network import Network
from coverplan.roads.snapping import snap
from coverplan.standards.rules import RulePack, read_pack
from coverplan.travel.router import Router

AUCKLAND = graphs.DATA / "auckland"
RULES = """
pack: bench
document: {title_zh: 测速, title_en: Benchmark, number: null, number_note: none, issuer: none, issued: 2022-01-01}
rules:
  - {rule: B-1, section: "1", quotation: "5公里", name_zh: 半径, name_en: Radius, english: Five km., strength: must,
     scope: x, check: {kind: reach, kinds: [ems], by: line, limit: 5 km, share_pct: 90},
     readings: [{name: line, zh: 直线, en: line, why: The only one.}]}
  - {rule: B-2, section: "2", quotation: "14分钟", name_zh: 反应时间, name_en: Response, english: In time.,
     strength: must, scope: x, check: {kind: response, kinds: [ems], limit: 14 min, statistic: p90},
     readings: [{name: p90, zh: 九成, en: nine in ten, why: The only one.},
                {name: mean, zh: 平均, en: mean, statistic: mean}]}
"""


def auckland() -> tuple[Study, Network, Router, RulePack]:
    """Return Auckland: 20 stations, everybody of its raster in squares of 120 m, and the times of its own roads."""
    bench = graphs.load("auckland")
    if bench is None:
        raise SystemExit("Auckland is not at hand")
    network = straight(bench)
    stations = pd.read_csv(AUCKLAND / "stations/stations_1.csv", skiprows=1).dropna(subset="x")
    crs = local_crs(float(stations["x"].mean()), float(stations["y"].mean()))
    network = dataclasses.replace(network, crs=crs)
    box = shapely.box(network.x_m.min(), network.y_m.min(), network.x_m.max(), network.y_m.max())
    areas = gpd.GeoDataFrame({"area_id": ["a"], "name": ["Auckland"], "name_en": ["Auckland"], "kind": ["town"]},
                             geometry=[box], crs=crs).assign(source="bench", quality="measured")  # fmt: skip
    raster = AUCKLAND / "demand/auckland-urban-pop-densit-40m.zip"
    demand = cp.people_from_raster(raster, areas, crs=crs, cell_m=120, values="people_per_km2")
    x, y = project(stations["x"].to_numpy(), stations["y"].to_numpy(), crs)
    names = stations["NAME"].astype(str).to_list()
    facilities = pd.DataFrame(
        {"facility_id": [f"S{i}" for i in range(len(stations))], "name": names, "kind": "ems_station", "area_id": "a",
         "lon": stations["x"].to_numpy(), "lat": stations["y"].to_numpy(), "status": "existing", "source": "bench",
         "quality": "measured"}
    )  # fmt: skip
    empty = empty_table(tables.FACILITIES, crs)
    kinds = {name: kind for name, kind in empty.dtypes.items() if name != "geometry"}
    facilities = facilities.reindex(columns=list(kinds)).astype(kinds)
    profile = SpeedProfile(name="drive", mode="drive", kph=bench.graph.profile.kph, max_offroad_m=5000.0)
    graph = dataclasses.replace(bench.graph, profile=profile)
    study = Study(
        study_id="auckland", name="Auckland", name_en="Auckland", crs=crs, year=2013, areas=areas,
        facilities=gpd.GeoDataFrame(facilities, geometry=gpd.points_from_xy(x, y), crs=crs), people=demand.people,
        vehicles=pd.DataFrame(empty_table(tables.VEHICLES, crs)), aeds=gpd.GeoDataFrame(empty_table(tables.AEDS, crs)),
        projects=pd.DataFrame(empty_table(tables.PROJECTS, crs)), roads=RoadSource(kind="tables", path=Path("bench")),
        profiles={"drive": profile, "ambulance": dataclasses.replace(profile, name="ambulance")}, clock=Clock(),
        populations={"all": Population(name="all", people=float(demand.people["people"].sum()))},
        default_population="all", standards=(),
    )  # fmt: skip
    router = Router(
        network=network, graph=dataclasses.replace(graph, profile=study.profiles["ambulance"]),
        profile=study.profiles["ambulance"], people=study.people,
        people_snaps=snap(network, graph, study.people.geometry.x.to_numpy(), study.people.geometry.y.to_numpy()),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.yaml"
        path.write_text(RULES, encoding="utf-8")
        return study, network, router, read_pack(path)


def candidates(study: Study, count: int) -> list[cp.Site]:
    """Return sites beside where people live, drawn from a seed."""
    rows = np.random.default_rng(7).choice(len(study.people), count, replace=False)
    points = study.people.geometry.iloc[rows]
    lon, lat = unproject(points.x.to_numpy(), points.y.to_numpy(), study.crs)
    spots = enumerate(zip(lon.tolist(), lat.tolist(), strict=True))
    return [cp.Site(name=f"site {i:04d}", lon=a, lat=b) for i, (a, b) in spots]


def timed(work: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Return the least wall and processor time of some runs, in milliseconds."""
    walls, cpus = [], []
    for _ in range(repeat):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    return min(walls), min(cpus)


def check(ground: TrialGround, packs: tuple[RulePack, ...], sites: list[cp.Site], rule: str) -> None:
    """Hold a trial against the scenario assessed anew, and the first of the ranking against its trial."""
    trial = cp.try_sites(ground, sites[:3])
    anew = cp.assess(cp.apply(ground.study, as_scenario(sites[:3], kind=ground.kind)), ground.network, packs=packs,
                     only=[told.rule_id for told in ground.rules], routers=dict(ground.routers))  # fmt: skip
    for one, other in zip(trial.together.verdicts, anew.verdicts, strict=True):
        for a, b in zip(one.findings, other.findings, strict=True):
            same = (a.figure == b.figure or (math.isnan(a.figure) and math.isnan(b.figure))) and a.status == b.status
            if not same:
                raise SystemExit(f"{a.key}: a trial says {a.figure}, measuring anew {b.figure}")
    best = cp.rank_sites(ground, sites, rule_id=rule).iloc[0]
    site = next(site for site in sites if site.name == best["site"])
    rows = cp.try_sites(ground, [site]).rules
    gained = rows[(rows["rule_id"] == rule) & (rows["site"] == "all")]["gained"].iloc[0]
    if gained != best["gained"]:
        raise SystemExit(f"the ranking says {best['gained']}, the trial {gained}")


def report(
    name: str, ground: TrialGround, packs: tuple[RulePack, ...], *, rule: str, loading_s: float, repeat: int
) -> None:
    """Check, time and print one study."""
    study = ground.study
    sites = candidates(study, 1000)
    cp.try_sites(ground, sites[:1])
    cp.rank_sites(ground, sites[:2], rule_id=rule)
    check(ground, packs, sites, rule)
    rows = [
        ("one station", timed(lambda: cp.try_sites(ground, sites[:1]), repeat)),
        ("five together", timed(lambda: cp.try_sites(ground, sites[:5]), repeat)),
        ("1,000 ranked", timed(lambda: cp.rank_sites(ground, sites, rule_id=rule), repeat)),
    ]
    readings = sum(len(told.readings) for told in ground.rules)
    people = int(study.people["people"].sum())
    print(f"{name}: {ground.network.n_nodes:,} nodes, {len(study.people):,} demand points, {people:,} people")
    print(f"{readings} readings; loaded in {loading_s:.1f} s\n")
    print("| | wall, ms | processor, ms |\n|---|---:|---:|")
    for said, (wall, cpu) in rows:
        print(f"| {said} | {wall:,.0f} | {cpu:,.0f} |")
    print()


def main() -> None:
    """Run both studies."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    cp.warm_up()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; best of {repeat}\n")
    if (AUCKLAND / "demand").exists():
        began = time.perf_counter()
        study, network, router, pack = auckland()
        ground = build_trial(study, network, packs=(pack,), routers={"ambulance": router})
        report("Auckland", ground, (pack,), rule="B-2", loading_s=time.perf_counter() - began, repeat=repeat)
    else:
        print("Auckland is not at hand")
    began = time.perf_counter()
    study = cp.read_study(graphs.ROOT / "configs/jinjiang.yaml")
    ground = build_trial(study, cp.build_network(study))
    packs = tuple(read_pack(path) for path in study.standards)
    report("Jinjiang (embedded)", ground, packs, rule="JJ-118", loading_s=time.perf_counter() - began, repeat=repeat)


if __name__ == "__main__":
    main()
