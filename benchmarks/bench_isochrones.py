"""Isochrones against edge buffers, in one run; how their cost grows; and the times of several periods at once.

Each row is looked at before it is timed: areas are valid and nested, and `inside` and `false` are the share of reached
road in the area and the length of other road in it, as a share of the reached. One thread, processor time, the best of
a few runs; the buffers are given the reached pieces of road ready made, ours begins with the field of the nodes.
"""

import argparse
import dataclasses
import platform
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import graphs
import numpy as np
import shapely

from coverplan.inputs.study import read_study
from coverplan.roads.build import build_network
from coverplan.roads.courses import straight_network
from coverplan.roads.network import Graph, Network, Snaps
from coverplan.roads.osm import read_osm
from coverplan.roads.speeds import build_graph, default_profiles
from coverplan.travel.field import NodeField, node_field
from coverplan.travel.isochrones.contours import valid
from coverplan.travel.isochrones.fidelity import fidelity
from coverplan.travel.isochrones.outlines import outlines, outlines_of_each
from coverplan.travel.isochrones.reached import bits_within, field_stretches, segments
from coverplan.travel.periods import period_times
from coverplan.travel.router import build_router
from coverplan.travel.times import travel_times

LIMIT_S = 900.0


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """Roads, the graph of one profile on them, facilities, and their field."""

    name: str
    network: Network
    graph: Graph
    doors: Snaps
    field: NodeField


def scene(name: str, network: Network, graph: Graph, n_facilities: int) -> Scene:
    edges = np.flatnonzero(graph.snappable)
    chosen = np.random.default_rng(3).choice(edges, n_facilities, replace=False).astype(np.int32)
    zeros = np.zeros(n_facilities)
    doors = Snaps(edge=chosen, fraction=zeros + 0.5, offroad_dm=zeros, offroad_ds=zeros)
    field = node_field(graph, doors, toward="demand", weight="time")
    return Scene(name=f"{name}, {n_facilities}", network=network, graph=graph, doors=doors, field=field)


def roads() -> list[tuple[str, Network, Graph]]:
    """Return the networks that are at hand: the embedded study's, Andorra with its bends, and Auckland."""
    drive = default_profiles()["drive"]
    jinjiang = build_network(read_study(graphs.ROOT / "configs/jinjiang.yaml"))
    found = [("Jinjiang (illustrative)", jinjiang, build_graph(jinjiang, drive))]
    if (graphs.DATA / "osm/andorra.osm.pbf").exists():
        andorra = read_osm(graphs.DATA / "osm/andorra.osm.pbf")
        found.append(("Andorra", andorra, build_graph(andorra, drive)))
    bench = graphs.load("auckland")
    if bench is not None:
        found.append(("Auckland", straight(bench), bench.graph))
    return found


def straight(bench: graphs.Bench) -> Network:
    """Lay the edges of a graph straight between its nodes."""
    graph = bench.graph
    arc = np.maximum(graph.arc_forward, graph.arc_backward)
    along = graph.along[arc]
    start, end = (
        np.where(along, *ends) for ends in ((graph.tail[arc], graph.head[arc]), (graph.head[arc], graph.tail[arc]))
    )
    ends = list(zip(start.tolist(), end.tolist(), strict=True))
    network = straight_network(x_m=bench.x_m, y_m=bench.y_m, edges=ends)
    return dataclasses.replace(network, edge_length_dm=graph.length_dm[arc])


def reached_lines(one: Scene) -> np.ndarray:
    """Return one line for each reached edge or part of an edge."""
    most = LIMIT_S * 10
    bits = bits_within(field_stretches(one.network, one.graph, one.doors, one.field, most), most)
    ends, bit = segments(one.network, bits)
    first = np.flatnonzero(np.diff(bit, prepend=-1))
    corners = np.insert(ends[:, 2:], first, ends[first, :2], axis=0)
    return shapely.linestrings(corners, indices=np.insert(bit, first, bit[first]))


def must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise SystemExit(otherwise)


def best(work: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """Return the least processor time in milliseconds, and the result."""
    times, result = [], None
    for _ in range(repeat):
        begin = time.process_time()
        result = work()
        times.append((time.process_time() - begin) * 1000)
    return min(times), result


def against_buffers(one: Scene, repeat: int) -> None:
    """Compare the area of 15 minutes with that of edge buffers, and draw three limits at once."""
    given = one.network, one.graph, one.doors, one.field

    def checked(limits: list[float]) -> list[shapely.MultiPolygon]:
        return [valid(area) for area in outlines(*given, limits=limits).areas[0]]

    areas = outlines(*given, limits=[LIMIT_S / 3, LIMIT_S * 2 / 3, LIMIT_S]).areas[0]
    must(shapely.is_valid(areas).all(), "an area is not valid")
    must(all(longer.covers(shorter) for shorter, longer in pairwise(areas)), "an area is not nested")
    ours_ms, (ours,) = best(lambda: checked([LIMIT_S]), repeat)
    three_ms, _ = best(lambda: checked([LIMIT_S / 3, LIMIT_S * 2 / 3, LIMIT_S]), repeat)
    lines = reached_lines(one)
    buffer_m = outlines(*given, limits=[LIMIT_S]).raster.buffer_m
    theirs_ms, theirs = best(lambda: shapely.union_all(shapely.buffer(lines, buffer_m)), max(1, repeat // 3))
    told = [fidelity(*given, shape, limit=LIMIT_S) for shape in (ours, theirs)]
    print(
        f"| {one.name} | {told[0].reached_m / 1000:,.0f} | {buffer_m:.0f} | {ours_ms:.1f} | {three_ms:.1f} "
        f"| {theirs_ms:,.0f} | {theirs_ms / ours_ms:.0f} | {told[0].share_inside:.4f} | {told[1].share_inside:.4f} "
        f"| {told[0].false_share:.2%} | {told[1].false_share:.2%} |"
    )


def growth(network: Network, graph: Graph, name: str) -> None:
    """Double thresholds, facilities and fineness."""
    one = scene(name, network, graph, 30)
    given = one.network, one.graph, one.doors, one.field
    print(f"\n{name}, 30 facilities, all together: limits at once\n")
    print("| limits | ms |\n|---:|---:|")
    for n in (1, 2, 4, 8, 16):
        limits = (np.arange(1, n + 1) * LIMIT_S / n).tolist()
        print(f"| {n} | {best(lambda limits=limits: outlines(*given, limits=limits), 3)[0]:.0f} |")
    print(f"\n{name}, 15 minutes: facilities\n")
    print("| facilities | each by itself, ms | a facility, ms | shared out, ms |\n|---:|---:|---:|---:|")
    for n in (15, 30, 60, 120, 240):
        many = scene(name, network, graph, n)
        each = best(lambda m=many: outlines_of_each(m.network, m.graph, m.doors, limits=[LIMIT_S], toward="demand"), 1)
        shared = best(
            lambda m=many: outlines(m.network, m.graph, m.doors, m.field, limits=[LIMIT_S], exclusive=True), 1
        )
        print(f"| {n} | {each[0]:,.0f} | {each[0] / n:.1f} | {shared[0]:,.0f} |")


def periods() -> None:
    """Compare the times of all periods at once with asking for each by itself."""
    study = read_study(graphs.ROOT / "configs/jinjiang.yaml")
    network = build_network(study)
    names = ["", *study.profiles["drive"].periods]
    router = build_router(study, network)

    def from_scratch() -> list[Any]:
        tables = []
        for name in names:
            profile = (
                study.profiles["drive"] if not name else build_graph(network, study.profiles["drive"], name).profile
            )
            there = dataclasses.replace(study, profiles={"drive": profile})
            tables.append(travel_times(there, network, kinds="ems")["time_s"])
        return tables

    slow_ms, slow = best(from_scratch, 3)
    once_ms, once = best(lambda: period_times(study, network, kinds="ems"), 3)
    given_ms, _ = best(lambda: period_times(study, network, kinds="ems", router=router), 3)
    must(np.array_equal(np.concatenate(slow), once["time_s"]), "the times differ")
    print(f"\nJinjiang, {len(names)} periods, {len(study.people):,} demand points; equal times\n")
    print("| each by itself, ms | at once, ms | at once with a router at hand, ms |\n|---:|---:|---:|")
    print(f"| {slow_ms:,.0f} | {once_ms:,.0f} | {given_ms:,.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=7, help="how often each row is timed")
    parser.add_argument("--growth", action="store_true", help="also double limits and facilities, on Auckland")
    chosen = parser.parse_args()
    print(f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, Python {platform.python_version()}, ", end="")
    print(f"numpy {np.__version__}, shapely {shapely.__version__}, GEOS {shapely.geos_version_string}")
    print("areas within 15 minutes of facilities; milliseconds, the check of validity in ours\n")
    print(
        "| network, facilities | km reached | buffer, m | ours | three limits | buffers and union | times faster "
        "| inside | theirs | false | theirs |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    known = roads()
    for name, network, graph in known:
        for n_facilities in (1, 30):
            against_buffers(scene(name, network, graph, n_facilities), chosen.repeat)
    if chosen.growth:
        growth(known[-1][1], known[-1][2], known[-1][0])
    periods()


if __name__ == "__main__":
    main()
