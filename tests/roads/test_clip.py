"""A county out of a large extract: what is kept, where it is cut, and how little memory it takes."""

import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from coverplan.core.errors import Cancelled, InputError
from coverplan.core.units import project, unproject
from coverplan.roads.clip import clip_around, nodes_inside
from coverplan.roads.network import Network
from coverplan.roads.osm import read_osm
from coverplan.roads.pbf import BrokenFileError, UnusualPackingError, _blocks, _nodes_of, node_blocks
from osm_files import GRID, Drawing, convert, lon_lat, write_xml

ROAD = {"highway": "residential"}
_SOURCE = "OpenStreetMap extract"


def _edges(network: Network) -> list[tuple[int, int]]:
    ends = zip(network.edge_from, network.edge_to, strict=True)
    return [(int(network.node_id[a]), int(network.node_id[b])) for a, b in ends]


def _around(*nodes: int) -> shapely.Polygon:
    """Return a polygon through grid nodes, a little larger than they reach."""
    return shapely.Polygon([lon_lat(node) for node in nodes]).buffer(GRID / 10, join_style="mitre")


def _drawn(folder: Path, *ways: list[int]) -> Path:
    return write_xml(Drawing(ways=[(way, ROAD) for way in ways]), folder / "drawn.osm")


def _same(one: Network, other: Network) -> bool:
    return all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f") if isinstance(a, np.ndarray) else a == b
        for a, b in ((getattr(one, field.name), getattr(other, field.name)) for field in fields(Network))
    )


@pytest.mark.parametrize("suffix", [".osm", ".osm.pbf"])
def test_ways_are_cut_at_the_last_node_inside(tmp_path: Path, suffix: str) -> None:
    """Of a road that leaves the area the part between nodes inside stays; one that never enters goes."""
    # 1---2---3---4---5   and 20 joins 2 from the north, 51 to 52 lies far away
    path = convert(_drawn(tmp_path, [1, 2, 3, 4, 5], [22, 12, 2], [51, 52]), tmp_path / f"roads{suffix}")
    assert _edges(read_osm(path, clip=_around(1, 3, 13, 11))) == [(1, 2), (2, 3), (12, 2)]


def test_a_road_that_comes_back_keeps_both_parts(tmp_path: Path) -> None:
    """A road that leaves the area and returns falls into two, without a straight line across."""
    path = _drawn(tmp_path, [1, 2, 3, 4, 5, 6, 7])
    west_and_east = shapely.union_all([_around(1, 3, 13, 11), _around(6, 7, 17, 16)])
    assert _edges(read_osm(path, clip=west_and_east)) == [(1, 3), (6, 7)]


def test_the_outline_counts_not_its_box(tmp_path: Path) -> None:
    """What lies in the corner of the box but outside the polygon is outside; the rim itself is inside."""
    path = _drawn(tmp_path, [1, 2, 3], [31, 32, 33], [11, 12, 13])
    triangle = shapely.Polygon([lon_lat(node) for node in (1, 3, 31)])
    assert _edges(read_osm(path, clip=triangle)) == [(1, 3), (11, 12)]


def test_a_clip_around_everything_changes_nothing(shared: Path) -> None:
    """Clipped to more than it holds, a real extract gives the very same network."""
    extract = shared / "data" / "osm" / "andorra.osm.pbf"
    assert _same(read_osm(extract, clip=shapely.box(0, 40, 3, 44)), read_osm(extract))


def test_a_part_of_a_country(shared: Path) -> None:
    """Clipped to a box, exactly the nodes in the box remain, and every edge stands in the whole network too."""
    extract = shared / "data" / "osm" / "andorra.osm.pbf"
    box = shapely.box(1.48, 42.48, 1.58, 42.55)
    part, whole = read_osm(extract, "EPSG:32631", clip=box), read_osm(extract, "EPSG:32631")
    lon, lat = unproject(part.shape_x_m, part.shape_y_m, part.crs)
    assert shapely.intersects_xy(box.buffer(1e-6), lon, lat).all()
    lon, lat = unproject(whole.shape_x_m, whole.shape_y_m, whole.crs)
    inside = shapely.intersects_xy(box, lon, lat)
    steps = {tuple(sorted(step)) for step in _steps(whole, inside)}
    assert {tuple(sorted(step)) for step in _steps(part, np.ones(len(part.shape_x_m), dtype=bool))} == steps
    assert 0.1 < part.n_edges / whole.n_edges < 0.9


def _steps(network: Network, keep: np.ndarray) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Return every straight piece of road with both ends kept, as two points in centimetres."""
    points = list(zip(network.shape_x_m.round(2).tolist(), network.shape_y_m.round(2).tolist(), strict=True))
    runs = pairwise(network.shape_start.tolist())
    return [(points[i], points[i + 1]) for a, b in runs for i in range(a, b - 1) if keep[i] and keep[i + 1]]


def test_nothing_inside_says_where_the_file_lies(tmp_path: Path) -> None:
    """The extract of another province is refused with both places."""
    path = _drawn(tmp_path, [1, 2])
    with pytest.raises(InputError, match=r"longitude 118.50 to 118.50, .* the study area at longitude 1.00 to 2.00"):
        read_osm(path, clip=shapely.box(1, 42, 2, 43))


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        (shapely.Point(118, 24), "not a polygon"),
        (shapely.Polygon(), "not a polygon"),
        (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "not valid: Self-intersection"),
        (shapely.box(650_000, 2_740_000, 651_000, 2_741_000), "not in degrees"),
    ],
)
def test_outlines_that_cannot_be_used(tmp_path: Path, clip: shapely.Polygon, expected: str) -> None:
    """An outline that is no polygon in degrees is a problem with a hint."""
    with pytest.raises(InputError, match=expected):
        read_osm(_drawn(tmp_path, [1, 2]), clip=clip)


def test_the_margin_around_an_area() -> None:
    """The outline holds what is nearer than the margin and nothing farther, wherever the areas are drawn."""
    x, y = project([118.5, 118.6], [24.7, 24.8], "EPSG:32650")
    areas = gpd.GeoDataFrame(
        geometry=[shapely.box(x[0], y[0], x[1], y[1]), None, shapely.Point(x[1] + 3000, y[1])], crs="EPSG:32650"
    )
    clip = clip_around(areas, margin_m=2000)
    for away_m, is_inside in ((1900, True), (2100, False)):
        lon, lat = unproject([x[0] - away_m, x[1] + 3000 + away_m, x[0]], [y[0], y[1], y[0] - away_m], "EPSG:32650")
        assert shapely.contains_xy(clip, lon, lat).tolist() == [is_inside] * 3
    with pytest.raises(InputError, match="no area to clip to"):
        clip_around(areas.iloc[:0])


class Watcher:
    """A progress that remembers, and stops the work at the given step."""

    def __init__(self, stop_at: int) -> None:
        self.done: list[float] = []
        self.asked, self.stop_at = 0, stop_at

    def message(self, text: str) -> None:
        """Hear nothing."""

    def advance(self, done: int, total: int) -> None:
        """Remember how far it is."""
        self.done.append(done / total)

    def cancelled(self) -> bool:
        """Stop when it is time."""
        self.asked += 1
        return self.asked > self.stop_at


def test_progress_and_stopping(shared: Path) -> None:
    """The search tells how far it is, up to the ways, and stops when asked."""
    extract, box = shared / "data" / "osm" / "andorra.osm.pbf", shapely.box(1, 42, 2, 43)
    watcher = Watcher(stop_at=10_000)
    read_osm(extract, clip=box, progress=watcher)
    assert watcher.done == sorted(watcher.done)
    assert 0.3 < watcher.done[-1] <= 1
    with pytest.raises(Cancelled):
        read_osm(extract, clip=box, progress=Watcher(stop_at=1))


def _by_osmium(path: Path) -> list[tuple[int, int, int]]:
    nodes = osmium.FileProcessor(str(path), osmium.osm.NODE)
    return [(node.id, node.location.x, node.location.y) for node in nodes]


def _by_blocks(path: Path) -> list[tuple[int, int, int]]:
    with path.open("rb") as file:
        blocks = list(node_blocks(file))
    return [row for block in blocks for row in zip(*(part.tolist() for part in block), strict=True)]


def test_positions_are_those_of_osmium(shared: Path) -> None:
    """All 69,644 nodes of Andorra lie where osmium says, to the last digit."""
    extract = shared / "data" / "osm" / "andorra.osm.pbf"
    assert _by_blocks(extract) == _by_osmium(extract)


@given(
    nodes=st.dictionaries(
        st.integers(1, 2**40),
        st.tuples(st.integers(-1_800_000_000, 1_800_000_000), st.integers(-900_000_000, 900_000_000)),
        min_size=1,
    ),
    compression=st.sampled_from(["zlib", "none"]),
)
def test_any_nodes_are_unpacked(
    nodes: dict[int, tuple[int, int]], compression: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever their ids and places, packed or not, nodes come out as they went in."""
    path = tmp_path_factory.mktemp("any") / "any.osm.pbf"
    with osmium.SimpleWriter(osmium.io.File(str(path), f"pbf,pbf_compression={compression}")) as writer:
        for number, (x, y) in nodes.items():
            writer.add_node(osmium.osm.mutable.Node(id=number, location=(x / 1e7, y / 1e7)))
    assert _by_blocks(path) == _by_osmium(path)


@pytest.mark.parametrize("form", ["pbf_dense_nodes=false", "pbf_compression=lz4"])
def test_unusual_packing_is_read_the_slow_way(tmp_path: Path, form: str) -> None:
    """Files that are packed otherwise are told apart, and read all the same."""
    plain = _drawn(tmp_path, [1, 2, 3, 4, 5])
    path = tmp_path / "unusual.osm.pbf"
    with osmium.SimpleWriter(osmium.io.File(str(path), f"pbf,{form}")) as writer:
        for thing in osmium.FileProcessor(str(plain)):
            writer.add(thing)
    with pytest.raises(UnusualPackingError):
        _by_blocks(path)
    ids, x, y = nodes_inside(path, _around(1, 3, 13, 11), osmium)
    assert ids.tolist() == [1, 2, 3]
    assert (x[1] / 1e7, y[1] / 1e7) == pytest.approx(lon_lat(2))
    assert _edges(read_osm(path, clip=_around(1, 3, 13, 11))) == [(1, 3)]


def test_nodes_without_a_lasting_id_are_left_out(tmp_path: Path) -> None:
    """What an editor has not uploaded yet has negative ids, which no index of nodes can hold."""
    path = _drawn(tmp_path, [1, 2], [-1, 3])
    assert nodes_inside(path, _around(0, 9, 99, 90), osmium)[0].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x00\x00\xff short",
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x02\x0a\x7f",
        b"\x00\x00\x00\x01\xff",
        b"\x00\x00\x00\x0d\x0a\x07OSMData\x18\xff\x7f",
        b"\x00\x00\x00\x0c\x0a\x07OSMData\x18\x04\x1a\x02zz",
    ],
)
def test_broken_blocks(tmp_path: Path, data: bytes) -> None:
    """Impossible sizes, cut messages and bytes that cannot be unpacked are told as broken."""
    path = tmp_path / "broken.osm.pbf"
    path.write_bytes(data)
    with pytest.raises(BrokenFileError):
        _by_blocks(path)


def _block(kind: bytes, content: bytes) -> bytes:
    """Pack a block of an `.osm.pbf` as the format says."""

    def field(number: int, value: bytes | int) -> bytes:
        if isinstance(value, int):
            return _as_varint(number << 3) + _as_varint(value)
        return _as_varint(number << 3 | 2) + _as_varint(len(value)) + value

    blob = field(2, len(content)) + field(3, zlib.compress(content, 1))
    header = field(1, kind) + field(3, len(blob))
    return len(header).to_bytes(4, "big") + header + blob


def _as_varint(value: int) -> bytes:
    parts = [value >> shift & 127 for shift in range(0, max(value.bit_length(), 1), 7)]
    return bytes([*(part | 128 for part in parts[:-1]), parts[-1]])


def _with_far_nodes(source: Path, target: Path, copies: int) -> Path:
    """Write an extract again with the nodes of as many other countries, each three degrees farther east."""
    with source.open("rb") as file:
        blocks = list(_blocks(file))
    at = next(i for i, (kind, block) in enumerate(blocks) if kind == b"OSMData" and _nodes_of(block)[1])
    east = _as_varint(20 << 3)
    far = [
        (kind, block + east + _as_varint(3_000_000_000 * copy))
        for copy in range(1, copies)
        for kind, block in blocks[:at]
        if kind == b"OSMData"
    ]
    target.write_bytes(b"".join(_block(*block) for block in [*blocks[:at], *far, *blocks[at:]]))
    return target


def _peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_follows_what_is_kept(shared: Path, tmp_path: Path) -> None:
    """One Andorra out of a file of sixteen gives the same roads, and finding its nodes takes the memory that one takes.

    What osmium reads ahead is not counted here; whole processes are measured in benchmarks/bench_reading.py.
    """
    extract, box = shared / "data" / "osm" / "andorra.osm.pbf", shapely.box(1.0, 41.7, 1.9, 42.9)
    many = _with_far_nodes(extract, tmp_path / "many.osm.pbf", 16)
    with many.open("rb") as file:
        n_nodes = sum(len(ids) for ids, _, _ in node_blocks(file))
    one = nodes_inside(extract, box, osmium)
    assert n_nodes > 14 * len(one[0])
    assert _same(read_osm(many, clip=box), replace(read_osm(extract, clip=box), source=f"{_SOURCE} many.osm.pbf"))
    peaks = [_peak(lambda path=path: nodes_inside(path, box, osmium)) for path in (extract, many)]
    assert peaks[1] < 1.5 * peaks[0]
