"""Ways arc by arc: they add up to what the field says, to the last tenth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.core.units import tenths
from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.network import Graph, Snaps
from coverplan.roads.snapping import snap
from coverplan.roads.speeds import build_graph, default_profiles
from coverplan.travel.field import nearest
from coverplan.travel.paths import Ways, fastest_ways, metres_by_class, seconds_by_class
from scenes import Road, Scene, draw, profile
from travel.test_field_properties import graphs, places


def _take(snaps: Snaps, rows: np.ndarray) -> Snaps:
    return Snaps(**{name: values[rows] for name, values in vars(snaps).items()})


def _by_field(graph: Graph, origins: Snaps, goals: Snaps) -> list[float]:
    """Return what the field says, one trip at a time."""
    single = [(_take(origins, np.array([i])), _take(goals, np.array([i]))) for i in range(len(origins.edge))]
    return [nearest(graph, a, b, toward="facility", weight="time").value.item() for a, b in single]


def _check_sums(ways: Ways) -> None:
    """Parts and legs make the whole, exactly; what has no way has no parts."""
    summed = np.bincount(ways.trip, weights=ways.part_ds, minlength=len(ways.value)) + ways.offroad_ds
    there = np.isfinite(ways.value)
    assert summed[there].tolist() == tenths(ways.value[there]).tolist()
    assert set(ways.trip.tolist()) <= set(np.flatnonzero(there).tolist())


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_ways_are_as_long_as_the_field_says(data):
    """On random small networks with islands, traps, loops, parallel and zero-length edges, for doors anywhere."""
    graph = data.draw(graphs())
    origins, goals = data.draw(places(graph, most=3)), data.draw(places(graph, most=3))
    rows = [(i, j) for i in range(len(origins.edge)) for j in range(len(goals.edge))]
    pairs = np.array(rows, dtype=int).reshape(-1, 2)
    starts, ends = _take(origins, pairs[:, 0]), _take(goals, pairs[:, 1])
    ways = fastest_ways(graph, starts, ends)
    assert ways.value.tolist() == _by_field(graph, starts, ends)
    _check_sums(ways)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_ways_hang_together(data):
    """Each arc is used once at most, and leads from where the trip is to where it goes on."""
    graph = data.draw(graphs())
    origins, goals = data.draw(places(graph, most=1)), data.draw(places(graph, most=1))
    if not len(origins.edge) or not len(goals.edge):
        return
    ways = fastest_ways(graph, origins, goals)
    whole = ways.arc[(ways.share == 1) & (graph.time_ds[ways.arc] > 0)]
    heads, tails = graph.head[whole].tolist(), graph.tail[whole].tolist()
    assert len(set(heads)) == len(heads)
    assert len(set(tails)) == len(tails)


def _scene() -> Scene:
    roads = {"AB": Road(road_class="primary"), "BC": Road(road_class="primary"), "AD": Road(road_class="tertiary")}
    return draw("A---B---C\n|       |\nD<--E---F", roads=roads)


def test_seconds_by_class():
    """From 100 m before B to C: 50 s on the primary road; to E the long way round, for D to E is closed."""
    scene = _scene()
    graph = build_graph(scene.network, profile())
    ways = fastest_ways(graph, scene.snaps(("BA", 100), ("BA", 100)), scene.snaps("C", "E", offroad_m=[0, 7]))
    found = seconds_by_class(scene.network, graph, ways)
    names = list(ROAD_CLASSES)
    assert ways.value.tolist() == [50.0, 117.0]
    assert found[0, names.index("primary")] == 50.0
    assert found[1, names.index("primary")] == 50.0
    assert found[1, names.index("residential")] == 60.0
    assert metres_by_class(scene.network, graph, ways).sum(axis=1).tolist() == [500.0, 1100.0]


def test_the_same_way_at_other_speeds():
    """A way that was found at one speed can be timed at another: half as fast is twice as long, on every class."""
    scene = _scene()
    fast, slow = build_graph(scene.network, profile(36)), build_graph(scene.network, profile(18))
    ways = fastest_ways(fast, scene.snaps(("AB", 130)), scene.snaps("F"))
    once, twice = (seconds_by_class(scene.network, graph, ways) for graph in (fast, slow))
    assert twice.tolist() == (2 * once).tolist()


def test_no_trips_and_no_way():
    """No trips make no ways; a trip to a place that is not connected, or against a one-way street, is infinite."""
    scene = draw("A-->B")
    graph = build_graph(scene.network, profile())
    assert fastest_ways(graph, scene.snaps(), scene.snaps()).value.tolist() == []
    ways = fastest_ways(graph, scene.snaps("B", "A", "A"), scene.snaps("A", None, "B"))
    assert ways.value.tolist() == [np.inf, np.inf, 40.0]
    _check_sums(ways)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["drive", "walk", "e_bike"])
def test_ways_through_andorra(shared, name):
    """400 trips on real roads, half of them to one place: each as long as the field says, both ways, exactly."""
    from coverplan.roads.osm import read_osm

    network = read_osm(shared / "data" / "osm" / "andorra.osm.pbf", None)
    graph = build_graph(network, default_profiles()[name])
    rng = np.random.default_rng(5)
    spots = rng.choice(len(network.shape_x_m), (2, 400))
    spots[1, :200] = spots[1, 0]
    offset = rng.normal(0, 40, (2, 2, 400))
    offset[:, 1, :200] = offset[:, 1, :1]
    x, y = network.shape_x_m[spots] + offset[0], network.shape_y_m[spots] + offset[1]
    ends = [snap(network, graph, x[i], y[i]) for i in range(2)]
    for origins, goals in (ends, ends[::-1]):
        ways = fastest_ways(graph, origins, goals)
        assert ways.value.tolist() == _by_field(graph, origins, goals)
        _check_sums(ways)
        there = np.isfinite(ways.value)
        on_road = seconds_by_class(network, graph, ways).sum(axis=1) + ways.offroad_ds / 10
        assert tenths(on_road[there]).tolist() == tenths(ways.value[there]).tolist()
        assert there.mean() > 0.3
