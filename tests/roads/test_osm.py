"""Extracts of OpenStreetMap, small ones drawn here and a real one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest
from pyproj import Geod

from coverplan.core.errors import InputError
from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.network import Network
from coverplan.roads.osm import read_osm

CLASSES = list(ROAD_CLASSES)
GRID = 0.001
"""Degrees between neighbours in the drawings: about 111 m north, 101 m east."""

Way = tuple[Sequence[int], Mapping[str, str]]
ROAD = {"highway": "residential"}


def _lon_lat(node: int) -> tuple[float, float]:
    """Place node 10 * row + column on a grid in Jinjiang."""
    return 118.5 + GRID * (node % 10), 24.7 + GRID * (node // 10)


def _osm(folder: Path, ways: Sequence[Way], *, missing: Sequence[int] = (), ways_first: bool = False) -> Path:
    nodes = sorted({node for refs, _ in ways for node in refs} - set(missing))
    places = {node: _lon_lat(node) for node in nodes}
    points = [f'<node id="{n}" lon="{x:.7f}" lat="{y:.7f}" version="1"/>' for n, (x, y) in places.items()]
    lines = []
    for number, (refs, tags) in enumerate(ways, start=1):
        inside = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        inside += "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())
        lines.append(f'<way id="{number}" version="1" timestamp="2024-05-0{number % 9 + 1}T08:00:00Z">{inside}</way>')
    body = lines + points if ways_first else points + lines
    path = folder / "drawn.osm"
    path.write_text('<osm version="0.6">' + "".join(body) + "</osm>", encoding="utf-8")
    return path


def _edges(network: Network) -> list[tuple[int, int]]:
    """Return the edges as pairs of node ids along their course."""
    ends = zip(network.edge_from, network.edge_to, strict=True)
    return [(int(network.node_id[a]), int(network.node_id[b])) for a, b in ends]


def test_ways_are_split_where_they_meet(tmp_path: Path) -> None:
    """A crossing splits both roads, a bend splits none, and the course keeps the bend."""
    # 1---2---3---4      20 joins 3 by way of the bend 12
    network = read_osm(_osm(tmp_path, [([1, 2, 3, 4], ROAD), ([20, 12, 3], ROAD)]))
    assert _edges(network) == [(1, 3), (3, 4), (20, 3)]
    assert sorted(network.node_id.tolist()) == [1, 3, 4, 20]
    assert np.diff(network.shape_start).tolist() == [3, 2, 3]


def test_lengths_are_geodesic_along_the_course(tmp_path: Path) -> None:
    """A road is as long as its pieces on the ellipsoid, to a tenth of a metre."""
    network = read_osm(_osm(tmp_path, [([1, 2, 12], ROAD)]))
    lon, lat = zip(*map(_lon_lat, [1, 2, 12]), strict=True)
    expected = Geod(ellps="WGS84").line_length(lon, lat)
    assert network.edge_length_dm.tolist() == [round(expected * 10)]
    assert expected == pytest.approx(101.2 + 110.8, abs=0.1)


def test_coordinates_are_metres_in_the_local_zone(tmp_path: Path) -> None:
    """Without a CRS the network lies in its UTM zone, and nodes sit on the ends of the courses."""
    network = read_osm(_osm(tmp_path, [([1, 2, 12], ROAD)]))
    assert network.crs == "EPSG:32650"
    first, last = network.shape_start[0], network.shape_start[1] - 1
    assert network.shape_x_m[first] == network.x_m[network.edge_from[0]]
    assert network.shape_y_m[last] == network.y_m[network.edge_to[0]]
    assert np.hypot(np.diff(network.shape_x_m), np.diff(network.shape_y_m)).sum() == pytest.approx(212.0, abs=0.3)
    assert read_osm(_osm(tmp_path, [([1, 2, 12], ROAD)]), "EPSG:4549").crs == "EPSG:4549"


def test_directions_classes_and_signs(tmp_path: Path) -> None:
    """Each way keeps its class, name, limits and directions."""
    ways = [
        ([1, 2], {"highway": "primary", "oneway": "yes", "maxspeed": "60", "name": "泉安路"}),
        ([2, 3], {"highway": "motorway_link"}),
        ([3, 4], {"highway": "tertiary", "oneway": "-1", "maxspeed:backward": "40"}),
        ([4, 5], {"highway": "steps"}),
    ]
    network = read_osm(_osm(tmp_path, ways))
    assert [CLASSES[code] for code in network.edge_class] == ["primary", "motorway_link", "tertiary", "steps"]
    assert network.edge_name.tolist() == ["泉安路", "", "", ""]
    assert network.drive_forward.tolist() == [True, True, False, False]
    assert network.drive_backward.tolist() == [False, False, True, False]
    assert network.walk_forward.tolist() == network.walk_backward.tolist() == [True, False, True, True]
    np.testing.assert_equal(network.kph_forward, [60, np.nan, np.nan, np.nan])
    np.testing.assert_equal(network.kph_backward, [60, np.nan, 40, np.nan])


def test_a_roundabout_is_one_way_and_open_at_its_arms(tmp_path: Path) -> None:
    """A closed roundabout with two arms falls into two one-way arcs between them, and the rest at its seam."""
    circle = ([11, 12, 22, 21, 11], {"highway": "primary", "junction": "roundabout"})
    network = read_osm(_osm(tmp_path, [circle, ([2, 12], ROAD), ([21, 31], ROAD)]))
    assert _edges(network) == [(11, 12), (12, 21), (21, 11), (2, 12), (21, 31)]
    assert network.drive_forward.all()
    assert network.drive_backward.tolist() == [False, False, False, True, True]


def test_loops_and_parallel_roads_are_kept(tmp_path: Path) -> None:
    """A road that comes back to itself is a loop; two roads between the same junctions are two edges."""
    loop = ([1, 2, 12, 11, 1], ROAD)
    lasso = ([5, 6, 16, 15, 6], ROAD)
    network = read_osm(_osm(tmp_path, [loop, lasso, ([20, 21], ROAD), ([20, 30, 21], ROAD)]))
    assert _edges(network) == [(1, 1), (5, 6), (6, 6), (20, 21), (20, 21)]


def test_closed_and_foreign_ways_are_left_out(tmp_path: Path) -> None:
    """Private roads, roads to come, squares and railways are no edges and split nothing."""
    ways = [
        ([1, 2, 3], ROAD),
        ([2, 12], {"highway": "service", "access": "private"}),
        ([2, 11], {"highway": "construction", "construction": "primary"}),
        ([2, 13, 14, 2], {"highway": "pedestrian", "area": "yes"}),
        ([2, 22], {"railway": "rail"}),
    ]
    assert _edges(read_osm(_osm(tmp_path, ways))) == [(1, 3)]


def test_a_way_that_leaves_the_extract_is_cut(tmp_path: Path) -> None:
    """Where nodes are missing the road ends and begins again; what remains of one node is dropped."""
    network = read_osm(_osm(tmp_path, [([1, 2, 3, 4, 5, 6, 7], ROAD)], missing=[3, 6]))
    assert _edges(network) == [(1, 2), (4, 5)]


def test_a_node_named_twice_in_a_row_makes_no_edge(tmp_path: Path) -> None:
    """Repeating a node is a slip of the mapper, not a loop."""
    assert _edges(read_osm(_osm(tmp_path, [([1, 2, 2, 3], ROAD)]))) == [(1, 3)]


def test_ways_may_stand_before_nodes(tmp_path: Path) -> None:
    """The order of objects in the file does not matter."""
    ways = [([1, 2, 3, 4], ROAD), ([20, 12, 3], ROAD)]
    usual = read_osm(_osm(tmp_path, ways))
    turned = read_osm(_osm(tmp_path, ways, ways_first=True))
    assert _edges(turned) == _edges(usual)
    np.testing.assert_array_equal(turned.shape_x_m, usual.shape_x_m)


def test_credit_and_date(tmp_path: Path) -> None:
    """The network names its source, the OpenStreetMap credit, and the day of its newest road."""
    network = read_osm(_osm(tmp_path, [([1, 2], ROAD), ([2, 3], ROAD)]))
    assert network.source == "OpenStreetMap extract drawn.osm"
    assert network.attribution == "© OpenStreetMap contributors, ODbL"
    assert network.date == "2024-05-03"
    assert network.quality == "measured"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("none.osm.pbf", None, "no such file"),
        ("roads.shp", b"x", "must end in .osm.pbf"),
        ("broken.osm.pbf", b"this is no protocol buffer", "cannot be read as OpenStreetMap data"),
        ("broken.osm", b"<osm><node", "cannot be read as OpenStreetMap data"),
        ("empty.osm", b'<osm version="0.6"></osm>', "holds no road"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, name: str, content: bytes | None, expected: str) -> None:
    """A file that is missing, foreign, broken or empty is one problem that names it."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=expected) as caught:
        read_osm(tmp_path / name)
    assert name in str(caught.value)


def test_a_network_for_walkers_only_is_a_problem(tmp_path: Path) -> None:
    """Roads of which none is open to cars are no road network."""
    with pytest.raises(InputError, match="holds no road that cars may use"):
        read_osm(_osm(tmp_path, [([1, 2], {"highway": "footway"})]))


def test_a_real_country(shared: Path) -> None:
    """Andorra comes out whole: its day, about 850 km of ways, courses that join their nodes."""
    network = read_osm(shared / "data" / "osm" / "andorra.osm.pbf")
    assert network.date == "2013-05-28"
    assert 2000 < network.n_nodes < 3000
    assert 2500 < network.n_edges < 3500
    assert network.edge_length_dm.sum() / 10_000 == pytest.approx(848, abs=5)
    assert len(np.unique(network.node_id)) == network.n_nodes
    first, last = network.shape_start[:-1], network.shape_start[1:] - 1
    np.testing.assert_array_equal(network.shape_x_m[first], network.x_m[network.edge_from])
    np.testing.assert_array_equal(network.shape_y_m[last], network.y_m[network.edge_to])
    # UTM is true to scale within 4 parts in 10,000 at its middle and a little more at the rim of a zone.
    pieces = np.hypot(np.diff(network.shape_x_m), np.diff(network.shape_y_m))
    pieces[last[:-1]] = 0
    planar_m = np.add.reduceat(np.append(pieces, 0), first)
    long = planar_m > 200
    np.testing.assert_allclose(network.edge_length_dm[long] / 10, planar_m[long], rtol=0.002)
