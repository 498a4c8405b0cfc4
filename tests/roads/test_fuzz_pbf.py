"""Damaged files, by the hundred: every reader of roads ends in a network or an `InputError`, and leaves nothing behind.

The reading runs in a process of its own, so that a crash or a hang of a native library is seen and named.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import networkx as nx
import numpy as np
import osmium
import pytest

from coverplan.core.errors import InputError
from coverplan.roads.interchange import network_to_networkx, read_graphml
from coverplan.roads.osm import read_osm
from coverplan.roads.speeds import build_graph, default_profiles
from coverplan.roads.store import write_network
from osm_files import Drawing, convert, write_xml

SEED = 20
N_MUTANTS = int(os.environ.get("COVERPLAN_FUZZ", "50"))
"""Mutants of each file; set the variable to look harder."""
TIME_LIMIT_S = 200

_WORKER = """
import faulthandler, json, sys, warnings
from pathlib import Path
faulthandler.enable()
warnings.simplefilter("error")
warnings.filterwarnings("ignore", module="networkx")
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
except ImportError:
    pass  # no such limit on Windows
import shapely
from coverplan.core.errors import InputError
from coverplan.roads.interchange import read_graphml
from coverplan.roads.osm import read_osm
from coverplan.roads.osm_facilities import read_osm_facilities
from coverplan.roads.snapping import snap
from coverplan.roads.speeds import build_graph, default_profiles
from coverplan.roads.store import read_network

BOX = shapely.box(118.499, 24.699, 118.505, 24.705)
READERS = {
    "osm": lambda path: read_osm(path),
    "clip": lambda path: read_osm(path, clip=BOX),
    "facilities": read_osm_facilities,
    "graphml": read_graphml,
    "stored": read_network,
}
for line in sys.stdin:
    name, path = json.loads(line)
    print(json.dumps([name, path, "begun"]), flush=True)
    try:
        made = READERS[name](Path(path))
        if name != "facilities":
            graph = build_graph(made, default_profiles()["drive"])
            snap(made, graph, made.x_m[:3] + 5.0, made.y_m[:3])
        outcome = "read"
    except InputError as error:
        outcome = "refused" if str(error) and Path(path).name in str(error) else "refused without a name"
    except BaseException as error:
        outcome = f"{type(error).__name__}: {error}"
    print(json.dumps([name, path, outcome]), flush=True)
"""


def _town(folder: Path) -> Path:
    """Draw a small town: a grid of streets, a one-way, a roundabout, a hospital, an ambulance station."""
    streets = [
        ([10 * row + column for column in range(8)], {"highway": "residential", "name": f"{row}号路"})
        for row in range(6)
    ]
    streets += [
        ([10 * row + column for row in range(6)], {"highway": "primary", "maxspeed": "60"}) for column in range(8)
    ]
    streets += [
        ([91, 92, 93], {"highway": "tertiary", "oneway": "-1"}),
        ([71, 72, 82, 81, 71], {"highway": "primary", "junction": "roundabout"}),
    ]
    hospital = ([11, 13, 33, 31, 11], {"amenity": "hospital", "name": "晋江市医院", "beds": "900"})
    clinic = ([("way", 3, "outer")], {"type": "multipolygon", "amenity": "clinic"})
    drawing = Drawing(nodes={14: {"emergency": "ambulance_station"}}, ways=[*streets, hospital], relations=[clinic])
    return write_xml(drawing, folder / "town.osm")


def _as_graphml(folder: Path) -> Path:
    network = read_osm(_town(folder))
    graph = network_to_networkx(network, build_graph(network, default_profiles()["drive"]))
    for _, _, data in graph.edges(data=True):
        data["geometry"] = data["geometry"].wkt if "geometry" in data else "LINESTRING (0 0, 1 1)"
    path = folder / "town.graphml"
    nx.write_graphml(graph, path)
    return path


def _unpacked(folder: Path) -> Path:
    path = folder / "plain.osm.pbf"
    with osmium.SimpleWriter(osmium.io.File(str(path), "pbf,pbf_compression=none")) as writer:
        for thing in osmium.FileProcessor(str(_town(folder))):
            writer.add(thing)
    return path


def _stored(folder: Path) -> Path:
    return write_network(read_osm(_town(folder)), folder / "town.npz")


MAKERS: dict[str, Callable[[Path], Path]] = {
    "packed.osm.pbf": lambda folder: convert(_town(folder), folder / "packed.osm.pbf"),
    "plain.osm.pbf": _unpacked,
    "town.osm": _town,
    "town.osm.gz": lambda folder: convert(_town(folder), folder / "town.osm.gz"),
    "town.graphml": _as_graphml,
    "town.npz": _stored,
}
_LETTERS = np.frombuffer(b"0123456789.-eEaz[](), ", dtype=np.uint8)
"""What damages numbers and words of a text without making it unreadable."""
READERS = {"graphml": ("graphml",), "npz": ("stored",)}


def _mutants(data: bytes, n: int, rng: np.random.Generator) -> list[bytes]:
    """Damage a file in n ways: flipped bits, foreign bytes, lost, doubled and swapped pieces, an early end."""
    made = []
    for _ in range(n):
        mutant = bytearray(data)
        for _ in range(int(rng.integers(1, 6))):
            at, size = int(rng.integers(len(mutant))), int(rng.integers(1, 40))
            kind = int(rng.integers(8))
            if kind == 0:
                mutant[at] ^= 1 << int(rng.integers(8))
            elif kind == 1:
                mutant[at : at + size] = rng.bytes(size)
            elif kind == 2:
                del mutant[at : at + size]
            elif kind == 3:
                mutant[at:at] = mutant[at : at + size]
            elif kind == 4:
                mutant[at : at + 4] = b"\xff\xff\xff\x7f"
            elif kind == 5:
                del mutant[max(at, 1) :]
            else:
                mutant[at] = int(rng.choice(_LETTERS))
            if not mutant:
                mutant = bytearray(b"\0")
        made.append(bytes(mutant))
    return made


def _outcomes(jobs: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Read every file in a process; name the one at which it died or stood still."""
    lines = "\n".join(json.dumps(job) for job in jobs)
    try:
        ran = subprocess.run(
            [sys.executable, "-c", _WORKER],
            input=lines,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIME_LIMIT_S,
        )
    except subprocess.TimeoutExpired as error:
        pytest.fail(f"a reader hangs at {_last(error.stdout)}")
    if ran.returncode != 0:
        pytest.fail(f"a reader crashed ({ran.returncode}) at {_last(ran.stdout)}\n{ran.stderr[-2000:]}")
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    return [(name, path, outcome) for name, path, outcome in told if outcome != "begun"]


def _last(output: str | bytes | None) -> str:
    text = output.decode() if isinstance(output, bytes) else output or ""
    return text.splitlines()[-1] if text.strip() else "the first file"


@dataclass(frozen=True)
class Read:
    """What became of the mutants of all files: by file, what was asked, and each outcome in that order."""

    jobs: dict[str, list[tuple[str, str]]]
    outcomes: dict[str, list[str]]
    debris: list[str]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Every mutant of every file, read in one process."""
    folder = tmp_path_factory.mktemp("mutants")
    jobs: dict[str, list[tuple[str, str]]] = {}
    for name, make in MAKERS.items():
        source = make(tmp_path_factory.mktemp("whole"))
        readers = _readers(name)
        jobs[name] = [(reader, str(source)) for reader in readers]
        for number, mutant in enumerate(_mutants(source.read_bytes(), N_MUTANTS, np.random.default_rng(SEED))):
            path = folder / f"{number:03d}-{name}"
            path.write_bytes(mutant)
            jobs[name].extend((reader, str(path)) for reader in readers)
    before = {path.name for path in folder.iterdir()}
    told = _outcomes([job for of_one in jobs.values() for job in of_one])
    assert [(reader, path) for reader, path, _ in told] == [job for of_one in jobs.values() for job in of_one]
    left = iter(outcome for _, _, outcome in told)
    outcomes = {name: [next(left) for _ in of_one] for name, of_one in jobs.items()}
    return Read(jobs=jobs, outcomes=outcomes, debris=sorted({path.name for path in folder.iterdir()} ^ before))


def _readers(name: str) -> tuple[str, ...]:
    return READERS.get(Path(name).suffix[1:], ("osm", "clip", "facilities"))


@pytest.mark.timeout(TIME_LIMIT_S + 40)
@pytest.mark.parametrize("name", MAKERS)
def test_damaged_files_end_in_plain_words(name: str, read: Read) -> None:
    """However a file is damaged, a reader makes a network of it or refuses it by name; no crash, no hang, no debris."""
    outcomes, n_readers = read.outcomes[name], len(_readers(name))
    assert outcomes[:n_readers] == ["read"] * n_readers
    told = zip(read.jobs[name], outcomes, strict=True)
    wrong = [(job, outcome) for job, outcome in told if outcome not in {"read", "refused"}]
    assert not wrong, f"{len(wrong)} of {len(outcomes)}, such as {wrong[:3]}"
    assert outcomes.count("refused") > N_MUTANTS / 4
    assert read.debris == []


GRAPH = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="x" for="node" attr.name="x" attr.type="string"/>
<key id="y" for="node" attr.name="y" attr.type="string"/>
<key id="l" for="edge" attr.name="length" attr.type="double"/>
<key id="g" for="edge" attr.name="geometry" attr.type="string"/>
<key id="c" for="graph" attr.name="crs" attr.type="string"/>
<graph edgedefault="directed"><data key="c">EPSG:4326</data>
<node id="1"><data key="x">118.5</data><data key="y">24.7</data></node>
<node id="2"><data key="x">118.51</data><data key="y">24.7</data></node>
<edge source="1" target="2"><data key="l">1011</data></edge>
</graph></graphml>"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("EPSG:4326", "EPSG:99999999", "cannot be understood as roads"),
        ('<data key="l">1011</data>', '<data key="l">1O11</data>', "cannot be read as GraphML"),
        ('<data key="l">1011</data>', '<data key="g">POINT (1 1)</data>', "is not a line"),
        (">118.5<", ">nan<", "node 1 has no position"),
        ("<graphml", '<?xml version="1.0" encoding="utf-9"?><graphml', "cannot be read as GraphML"),
    ],
)
def test_graphs_with_one_fault(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """An unknown CRS, letters in a figure, a point for a road, a foreign encoding: each is told with the file."""
    path = tmp_path / "roads.graphml"
    path.write_text(GRAPH.replace(old, new))
    with pytest.raises(InputError, match=expected) as caught:
        read_graphml(path)
    assert "roads.graphml" in str(caught.value)


@pytest.mark.parametrize("stated", ["1e300", "-5", "1e9"])
def test_impossible_lengths_are_measured(tmp_path: Path, stated: str) -> None:
    """A length that no road has is taken from its course."""
    path = tmp_path / "roads.graphml"
    path.write_text(GRAPH.replace(">1011<", f">{stated}<"))
    assert read_graphml(path).edge_length_dm.tolist() == [pytest.approx(10_116, abs=10)]


def test_roads_half_a_world_apart(tmp_path: Path) -> None:
    """An extract with positions that no map in metres can hold together is refused with a hint."""
    nodes = "".join(f'<node id="{n}" lon="{lon}" lat="0" version="1"/>' for n, lon in ((1, 118), (2, 119), (3, -153)))
    refs = "".join(f'<nd ref="{n}"/>' for n in (1, 2, 3))
    ways = f'<way id="1" version="1">{refs}<tag k="highway" v="primary"/></way>'
    path = tmp_path / "world.osm"
    path.write_text(f'<osm version="0.6">{nodes}{ways}</osm>')
    with pytest.raises(InputError, match=r"world.osm: holds positions that do not fit on one map \(clip it"):
        read_osm(path, "EPSG:32650")
