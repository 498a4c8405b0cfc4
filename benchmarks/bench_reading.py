"""Reading roads: whole processes, ours and OSMnx, on the same extract; stored networks and GraphML; a large extract.

    python benchmarks/bench_reading.py [--repeat 5] [--copies 50]

Every measurement is a process of its own. Memory is the peak resident size above what the imports alone take, as Linux
tells it. Readers take turns (A B A B ...), and medians are shown. The networks are held against each other first:
OSMnx must know every road for cars that we know, in length to 2 %.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from coverplan import __version__

ROOT = Path(__file__).resolve().parents[1]
EXTRACT = ROOT.parent / "shared" / "data" / "osm" / "andorra.osm.pbf"
sys.path.insert(0, str(ROOT / "tests"))

from osm_files import convert, replicate  # noqa: E402 - stands in the tests' folder, which is no package

_MEASURE = """
import json, re, sys, time
began = time.perf_counter()
path = sys.argv[1]
def peak_mb():
    # Not ru_maxrss: that begins with what the parent had when it started this process.
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
{imports}
imported = time.perf_counter() - began
bare = peak_mb()
{work}
print(json.dumps({{
    "imports_s": imported,
    "work_s": time.perf_counter() - began - imported,
    "bare_mb": bare,
    "mb": peak_mb() - bare,
    "edges": edges,
}}))
"""

_OURS = "import osmium, pyproj\nfrom coverplan.roads.osm import read_osm"
_STORE = "from coverplan.roads.store import read_network"
_GRAPHML = "import networkx, pyproj\nfrom coverplan.roads.interchange import read_graphml"
_BOX = "shapely.box(1.0, 41.7, 1.9, 42.9)"
WORK: Mapping[str, tuple[str, str]] = {
    "read_osm": (_OURS, "edges = read_osm(path).n_edges"),
    "clipped": (f"{_OURS}\nimport shapely", f"edges = read_osm(path, clip={_BOX}).n_edges"),
    "osmnx": ("import osmnx as ox", "edges = len(ox.graph_from_xml(path, retain_all=True).edges)"),
    "stored": (_STORE, "edges = read_network(path).n_edges"),
    "graphml": (_GRAPHML, "edges = read_graphml(path).n_edges"),
    "osmnx graphml": ("import osmnx as ox", "edges = len(ox.load_graphml(path).edges)"),
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One process: seconds from start to end, of them reading, and megabytes above the imports."""

    wall_s: float
    work_s: float
    bare_mb: float
    mb: float
    edges: int


def measure(what: str, path: Path) -> Run:
    imports, work = WORK[what]
    code = _MEASURE.format(imports=imports, work=work)
    began = time.perf_counter()
    told = json.loads(subprocess.run([sys.executable, "-c", code, path], check=True, capture_output=True).stdout)
    wall = time.perf_counter() - began
    return Run(wall_s=wall, work_s=told["work_s"], bare_mb=told["bare_mb"], mb=told["mb"], edges=told["edges"])


def in_turn(rows: Mapping[str, tuple[str, Path]], repeat: int) -> dict[str, Run]:
    """Let the readers take turns, and return the median of each figure."""
    runs: dict[str, list[Run]] = {name: [] for name in rows}
    for _ in range(repeat):
        for name, (what, path) in rows.items():
            runs[name].append(measure(what, path))
    return {
        name: Run(
            wall_s=statistics.median(run.wall_s for run in many),
            work_s=statistics.median(run.work_s for run in many),
            bare_mb=statistics.median(run.bare_mb for run in many),
            mb=statistics.median(run.mb for run in many),
            edges=many[0].edges,
        )
        for name, many in runs.items()
    }


def show(title: str, runs: Mapping[str, Run], first: str) -> None:
    print(f"\n{title}\n")
    print("| reader | edges | whole process, s | reading, s | imports alone, MB | above, MB | time | memory above |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    base = runs[first]
    for name, run in runs.items():
        ratios = f"{run.wall_s / base.wall_s:.1f} | {run.mb / max(base.mb, 0.1):.1f}"
        print(
            f"| {name} | {run.edges:,} | {run.wall_s:.2f} | {run.work_s:.3f} "
            f"| {run.bare_mb:.0f} | {run.mb:.1f} | {ratios} |"
        )


def check_same_roads(folder: Path) -> None:
    """End the run when OSMnx and we do not read the same roads for cars."""
    import osmnx as ox

    from coverplan.roads.interchange import network_from_networkx
    from coverplan.roads.osm import read_osm
    from coverplan.roads.store import write_network
    from coverplan.roads.tags import TAG_KEYS

    ox.settings.useful_tags_way = list(TAG_KEYS)
    steps = ox.graph_from_xml(folder / "roads.osm", retain_all=True, simplify=False)
    graph = ox.simplify_graph(steps)
    ox.save_graphml(graph, folder / "roads.graphml")
    write_network(network_from_networkx(graph, "EPSG:32631"), folder / "roads.npz")
    # Before it simplifies: joining ways of different class closes some of them, see docs/roads.md.
    ours, theirs = read_osm(EXTRACT, "EPSG:32631"), network_from_networkx(steps, "EPSG:32631")
    open_km = [net.edge_length_dm[net.drive_forward | net.drive_backward].sum() / 1e4 for net in (ours, theirs)]
    if abs(open_km[1] / open_km[0] - 1) > 0.02:
        sys.exit(f"not the same roads: {open_km[0]:.0f} km and {open_km[1]:.0f} km; nothing is timed")
    print(f"roads for cars: {open_km[0]:.1f} km by us, {open_km[1]:.1f} km by OSMnx")


def loads(folder: Path, repeat: int) -> None:
    """Time loading alone, in one warm process, on the processor's clock: the machine may be busy."""
    import osmnx as ox

    from coverplan.roads.interchange import read_graphml
    from coverplan.roads.store import read_network

    print("\nloading the same network in a warm process, milliseconds of one processor, the best of many\n")
    print("| form | ms | times the stored form | MB on disk |\n|---|---:|---:|---:|")
    stored_ms = 0.0
    rows = [
        ("stored (.npz)", read_network, "roads.npz", 200 * repeat),
        ("GraphML, ours", read_graphml, "roads.graphml", repeat),
        ("GraphML, OSMnx", ox.load_graphml, "roads.graphml", repeat),
    ]
    for name, read, file, times in rows:
        read(folder / file)
        taken = []
        for _ in range(times):
            began = time.process_time()
            read(folder / file)
            taken.append(time.process_time() - began)
        ms = min(taken) * 1000
        stored_ms = stored_ms or ms
        print(f"| {name} | {ms:,.2f} | {ms / stored_ms:,.0f} | {(folder / file).stat().st_size / 1e6:.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--copies", type=int, default=50, help="how many times Andorra makes the large extract")
    options = parser.parse_args()
    if not EXTRACT.exists():
        sys.exit(f"{EXTRACT.name} is not here")
    peers = ", ".join(f"{name} {version(name)}" for name in ("osmium", "osmnx", "networkx", "numpy"))
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, Python {platform.python_version()}, "
        f"coverplan {__version__}, {peers}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        convert(EXTRACT, folder / "roads.osm", only_roads=True)
        convert(EXTRACT, folder / "whole.osm")
        check_same_roads(folder)
        rows = {
            "coverplan, .osm.pbf": ("read_osm", EXTRACT),
            "OSMnx, .osm with roads only": ("osmnx", folder / "roads.osm"),
            "OSMnx, .osm of the whole extract": ("osmnx", folder / "whole.osm"),
        }
        show("Andorra, whole processes", in_turn(rows, options.repeat), "coverplan, .osm.pbf")
        rows = {
            "stored (.npz)": ("stored", folder / "roads.npz"),
            "GraphML, ours": ("graphml", folder / "roads.graphml"),
            "GraphML, OSMnx": ("osmnx graphml", folder / "roads.graphml"),
        }
        show("the same network, stored, whole processes", in_turn(rows, options.repeat), "stored (.npz)")
        loads(folder, options.repeat)
        many = replicate(EXTRACT, folder / "many.osm.pbf", options.copies, step_degrees=min(2.0, 300 / options.copies))
        rows = {
            "one Andorra, whole": ("read_osm", EXTRACT),
            "one Andorra, clipped": ("clipped", EXTRACT),
            f"one of {options.copies}, clipped": ("clipped", many),
            f"all {options.copies}": ("read_osm", many),
        }
        title = f"one Andorra out of {options.copies} side by side ({many.stat().st_size / 1e6:.0f} MB)"
        show(title, in_turn(rows, max(1, options.repeat // 2)), "one Andorra, clipped")


if __name__ == "__main__":
    main()
