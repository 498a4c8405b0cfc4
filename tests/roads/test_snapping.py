"""Where points meet the road, against hand-made answers and a slow search over everything."""

import dataclasses
import gc
import math
import time
import weakref
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.roads.courses import straight_network
from coverplan.roads.network import Graph, Network
from coverplan.roads.osm import read_osm
from coverplan.roads.snapping import snap
from coverplan.roads.speeds import build_graph, default_profiles
from scenes import ORIGIN, Road, draw, profile


def _course(network: Network, edge: int) -> shapely.LineString:
    first, last = network.shape_start[edge : edge + 2]
    return shapely.LineString(np.stack([network.shape_x_m[first:last], network.shape_y_m[first:last]], axis=1))


def _slow(network: Network, graph: Graph, x: float, y: float) -> tuple[int, float]:
    """Ask every edge with shapely's own distance; return the nearest and how far it is, the first of equals."""
    point = shapely.Point(x, y)
    best = (-1, math.inf)
    for edge in np.flatnonzero(graph.snappable).tolist():
        distance = _course(network, edge).distance(point)
        if distance < best[1] - 1e-6:
            best = (edge, distance)
    return best


def test_the_nearest_point_of_a_road_not_its_nearest_junction() -> None:
    """A door halfway along a long road meets it there, and walks the straight leg at the off-road speed."""
    scene = draw("A-------------------B")
    x, y = scene.on("AB", 700, aside_m=30)
    snaps = snap(scene.network, build_graph(scene.network, profile(offroad_kph=3.6)), [x], [y])
    assert snaps.edge.tolist() == [scene.edge("AB")]
    assert snaps.fraction.tolist() == pytest.approx([0.35])
    assert (snaps.offroad_dm.tolist(), snaps.offroad_ds.tolist()) == ([300.0], [300.0])


def test_fractions_follow_the_course_around_bends() -> None:
    """Around a bend the fraction counts metres along the road, not across the field."""
    scene = draw(
        """
        A-----+
              |
              |
              B
        """
    )
    x, y = scene.on("AB", 750)
    snaps = snap(scene.network, build_graph(scene.network, profile()), [x + 12.34], [y])
    assert snaps.fraction[0] == pytest.approx(scene.fraction("AB", 750))
    assert snaps.offroad_dm.tolist() == [123.0]


def test_beyond_the_end_of_a_road() -> None:
    """A point past the end meets the end itself."""
    scene = draw("A---B")
    x, y = scene.at("B")
    snaps = snap(scene.network, build_graph(scene.network, profile()), [x + 30], [y + 40])
    assert snaps.fraction.tolist() == [1.0]
    assert snaps.offroad_dm.tolist() == [500.0]


def test_exactly_at_the_longest_leg_is_connected() -> None:
    """At `max_offroad_m` a point is connected, a tenth farther it is not, and its distance is told all the same."""
    network = straight_network(x_m=[0, 1000], y_m=[0, 0], edges=[(0, 1)])
    graph = build_graph(network, profile(max_offroad_m=250))
    snaps = snap(network, graph, [100, 100], [250.0, 250.1])
    assert snaps.edge.tolist() == [0, -1]
    np.testing.assert_equal(snaps.fraction, [0.1, np.nan])
    assert snaps.offroad_dm.tolist() == [2500, 2501]
    assert snaps.offroad_ds.tolist() == [2500, math.inf]


def test_equally_near_roads_the_lowest_edge_wins() -> None:
    """At a crossing, midway between parallel roads, and on twin roads the first edge is taken, however it is drawn."""
    cross = draw(
        """
          A
          |
        B-C-D
          |
          E
        """
    )
    x, y = cross.at("C")
    assert snap(cross.network, build_graph(cross.network, profile()), [x], [y]).edge.tolist() == [0]
    twins = straight_network(
        x_m=[650_000.1, 650_777.7, 650_000.1, 650_777.7],
        y_m=[2_740_000.3, 2_740_333.9, 2_740_100.3, 2_740_433.9],
        edges=[(3, 2), (2, 3), (1, 0), (0, 1)],
    )
    graph = build_graph(twins, profile())
    rng = np.random.default_rng(5)
    share, above = rng.uniform(0.1, 0.9, 500), rng.uniform(0, 49, 500)
    x, y = 650_000.1 + share * 777.6, 2_740_000.3 + share * 333.6
    assert set(snap(twins, graph, x, y + above).edge.tolist()) == {2}
    assert set(snap(twins, graph, x, y + 50.0).edge.tolist()) == {0}
    assert set(snap(twins, graph, x, y + 100.0 - above).edge.tolist()) == {0}


def test_motorways_are_passed_over() -> None:
    """A house beside the motorway is connected to the village street behind it."""
    scene = draw(
        """
        A-----B

        C-----D
        """,
        roads={"AB": Road(road_class="motorway")},
    )
    x, y = scene.on("AB", 300)
    graph = build_graph(scene.network, default_profiles()["drive"])
    snaps = snap(scene.network, graph, [x], [y])
    assert snaps.edge.tolist() == [scene.edge("CD")]
    assert snaps.offroad_dm.tolist() == [2000.0]


def test_missing_positions_no_points_and_no_roads() -> None:
    """A point without a position is not connected, no points give no snaps, and without roads nothing is near."""
    scene = draw("A---B")
    graph = build_graph(scene.network, profile())
    x, y = scene.at("A")
    snaps = snap(scene.network, graph, [np.nan, x], [y, y])
    assert snaps.edge.tolist() == [-1, 0]
    assert snaps.offroad_dm.tolist() == [math.inf, 0.0]
    assert len(snap(scene.network, graph, [], []).edge) == 0
    closed = dataclasses.replace(graph, snappable=np.zeros(1, dtype=bool))
    far = snap(scene.network, closed, [x], [y])
    assert (far.edge.tolist(), far.offroad_dm.tolist(), far.offroad_ds.tolist()) == ([-1], [math.inf], [math.inf])


def test_a_road_without_length() -> None:
    """A road between two nodes in one place can be met, at its beginning."""
    network = straight_network(x_m=[5, 5], y_m=[5, 5], edges=[(0, 1)])
    snaps = snap(network, build_graph(network, profile()), [8], [9])
    assert (snaps.edge.tolist(), snaps.fraction.tolist(), snaps.offroad_dm.tolist()) == ([0], [0.0], [50.0])


_PLACE = st.integers(0, 40).map(lambda tenth: tenth * 10.0)
_SPOT = st.tuples(_PLACE, _PLACE)


@settings(max_examples=150, deadline=None)
@given(
    nodes=st.lists(_SPOT, min_size=2, max_size=7),
    pairs=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=8),
    bends=st.lists(_SPOT, min_size=8, max_size=8),
    points=st.lists(st.tuples(st.floats(-100, 500), st.floats(-100, 500)) | _SPOT, min_size=1, max_size=10),
)
def test_as_a_slow_search_over_every_road(
    nodes: list[tuple[float, float]],
    pairs: list[tuple[int, int]],
    bends: list[tuple[float, float]],
    points: list[tuple[float, float]],
) -> None:
    """On any bent roads any point meets the same edge, at the same place, as a search over all of them says."""
    n = len(nodes)
    network = _bent(nodes, [(a % n, b % n) for a, b in pairs], bends)
    graph = build_graph(network, profile(max_offroad_m=5000))
    x, y = np.array(points).T + np.array(ORIGIN)[:, None]
    snaps = snap(network, graph, x, y)
    for i in range(len(points)):
        edge, distance = _slow(network, graph, x[i], y[i])
        assert snaps.edge[i] == edge
        assert snaps.offroad_dm[i] == pytest.approx(distance * 10, abs=0.5001)
        course = _course(network, edge)
        met = course.interpolate(snaps.fraction[i], normalized=True)
        assert met.distance(shapely.Point(x[i], y[i])) == pytest.approx(distance, abs=1e-5)


def _bent(nodes: list[tuple[float, float]], edges: list[tuple[int, int]], bends: list[tuple[float, float]]) -> Network:
    """Make a network whose edges each go by way of one bend."""
    place = np.array(nodes) + np.array(ORIGIN)
    network = straight_network(x_m=place[:, 0], y_m=place[:, 1], edges=edges)
    corner = np.array(bends[: len(edges)]) + np.array(ORIGIN)
    course = np.stack([place[network.edge_from], corner, place[network.edge_to]], axis=1).reshape(-1, 2)
    return dataclasses.replace(
        network,
        shape_start=np.arange(len(edges) + 1) * 3,
        shape_x_m=course[:, 0].copy(),
        shape_y_m=course[:, 1].copy(),
    )


def test_a_real_country(shared: Path) -> None:
    """On Andorra 300 points agree with the slow search, and 20,000 take a second, not a minute."""
    network = read_osm(shared / "data" / "osm" / "andorra.osm.pbf")
    graph = build_graph(network, dataclasses.replace(default_profiles()["drive"], max_offroad_m=1e6))
    rng = np.random.default_rng(11)
    near = rng.integers(0, len(network.shape_x_m), 20_000)
    x = network.shape_x_m[near] + rng.normal(0, 300, len(near))
    y = network.shape_y_m[near] + rng.normal(0, 300, len(near))
    started = time.perf_counter()
    snaps = snap(network, graph, x, y)
    assert time.perf_counter() - started < 10
    edges = np.flatnonzero(graph.snappable)
    courses = np.array([_course(network, edge) for edge in edges])
    points = shapely.points(x[:300], y[:300])
    distance = shapely.distance(courses[None, :], points[:, None])
    np.testing.assert_array_equal(snaps.offroad_dm[:300], np.rint(distance.min(axis=1) * 10))
    lowest = edges[np.argmax(distance <= distance.min(axis=1, keepdims=True) + 1e-6, axis=1)]
    np.testing.assert_array_equal(snaps.edge[:300], lowest)


def test_one_tree_for_all_who_use_the_same_roads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking again makes no second tree, nor does another car; walkers get their own; the trees go with the network."""
    made = []
    real = shapely.STRtree
    monkeypatch.setattr(shapely, "STRtree", lambda pieces: made.append(len(pieces)) or real(pieces))
    network = straight_network(
        x_m=[0, 1000, 2000], y_m=[0, 0, 0], edges=[(0, 1), (1, 2)], road_class=["residential", "footway"]
    )
    profiles = default_profiles()
    for name in ("drive", "ambulance", "drive", "walk", "walk"):
        snaps = snap(network, build_graph(network, profiles[name]), [1900.0], [0.0])
        assert snaps.edge.tolist() == ([1] if name == "walk" else [0])
    assert made == [1, 2]
    gone = weakref.ref(network)
    del network
    gc.collect()
    assert gone() is None
