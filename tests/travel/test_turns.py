"""Doors, fields, matrices and areas on roads where turns are forbidden or cost time."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.core.model import SpeedProfile
from coverplan.roads.courses import straight_network
from coverplan.roads.network import Graph, Network, Snaps
from coverplan.roads.snapping import snap
from coverplan.roads.speeds import build_graph
from coverplan.travel.field import nearest, node_field
from coverplan.travel.isochrones.reached import bits_within, field_stretches
from coverplan.travel.kernels.jit import COMPILED
from coverplan.travel.nearest import compiled_nearest
from coverplan.travel.paths import fastest_ways


def cross() -> Network:
    """A crossing at the origin with arms of 100 m east, north, west and south; from the south no left turn."""
    network = straight_network(
        x_m=[0, 100, 0, -100, 0],
        y_m=[0, 0, 100, 0, -100],
        edges=[(0, 1), (0, 2), (0, 3), (0, 4)],
        road_class="residential",
    )
    return replace(network, no_turns=np.array([[3, 2, 0]], dtype=np.int32))


def driver(**more: object) -> SpeedProfile:
    """Somebody who drives 10 m/s."""
    return SpeedProfile(name="test", mode="drive", kph={"residential": 36.0}, **more)


def at(network: Network, graph: Graph, *places: tuple[float, float]) -> Snaps:
    """Doors right on the road."""
    x, y = zip(*places, strict=True)
    return snap(network, graph, x, y)


def test_doors_obey_the_turn() -> None:
    """From 50 m south of the crossing to 50 m west of it: by the north arm and back, 30 s; the way back takes 10 s."""
    network = cross()
    graph = build_graph(network, driver())
    south, west = at(network, graph, (0, -50)), at(network, graph, (-50, 0))
    assert nearest(graph, south, west, toward="facility", weight="time").value.tolist() == [30.0]
    assert nearest(graph, south, west, toward="demand", weight="time").value.tolist() == [10.0]
    assert nearest(graph, west, south, toward="facility", weight="time").value.tolist() == [10.0]


def test_a_door_on_the_junction_is_free() -> None:
    """Whoever lives at the crossing turns nowhere: 5 s to the west, and 5 s to be reached from the south."""
    network = cross()
    graph = build_graph(network, driver())
    middle, west, south = (at(network, graph, place) for place in ((0, 0), (-50, 0), (0, -50)))
    assert nearest(graph, middle, west, toward="facility", weight="time").value.tolist() == [5.0]
    assert nearest(graph, south, middle, toward="facility", weight="time").value.tolist() == [5.0]


def test_the_way_is_told_with_its_turns() -> None:
    """The trip of 30 s lies on four parts of road; a left turn of 12 s instead of the ban is cheaper."""
    network = cross()
    graph = build_graph(network, driver())
    ways = fastest_ways(graph, at(network, graph, (0, -50)), at(network, graph, (-50, 0)))
    assert ways.value.tolist() == [30.0]
    paid = build_graph(network, driver(obeys_turns=False, turn_s={"left": 12.0}))
    ways = fastest_ways(paid, at(network, paid, (0, -50)), at(network, paid, (-50, 0)))
    assert ways.value.tolist() == [22.0]


def test_areas_stop_at_the_forbidden_turn() -> None:
    """Within 8 s of 50 m south, 30 m of the arms north and east are reached, and nothing of the arm in the west."""
    network = cross()
    graph = build_graph(network, driver())
    south = at(network, graph, (0, -50))
    field = node_field(graph, south, toward="demand", weight="time")
    bits = bits_within(field_stretches(network, graph, south, field, 80.0), 80.0)
    length = dict.fromkeys(range(4), 0.0)
    for edge, begin, end in zip(bits.edge.tolist(), bits.begin.tolist(), bits.end.tolist(), strict=True):
        length[edge] += 100 * (end - begin)
    assert length == pytest.approx({0: 30.0, 1: 30.0, 2: 0.0, 3: 100.0})


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Network, Graph, Snaps, Snaps]:
    """Random roads on a grid with forbidden and paid turns, and doors on them, at junctions and between."""
    n = draw(st.integers(2, 6))
    node = st.integers(0, n - 1)
    edges = draw(st.lists(st.tuples(node, node).filter(lambda ends: ends[0] != ends[1]), min_size=1, max_size=8))
    place = np.arange(n)
    network = straight_network(x_m=100.0 * (place % 3), y_m=100.0 * (place // 3), edges=edges, road_class="residential")
    edge = st.integers(0, len(edges) - 1)
    turns = draw(st.lists(st.tuples(edge, edge, st.integers(0, 1)), max_size=6))
    against = np.array(draw(st.lists(st.booleans(), min_size=len(edges), max_size=len(edges))))
    network = replace(network, no_turns=np.array(turns, dtype=np.int32).reshape(-1, 3), drive_backward=against)
    graph = build_graph(network, driver(turn_s=draw(st.sampled_from([{}, {"left": 1.1, "u_turn": 2.0}]))))
    doors = []
    for _ in range(2):
        rows = draw(st.lists(st.tuples(edge, st.sampled_from([0.0, 0.25, 0.5, 1.0])), min_size=1, max_size=4))
        k = len(rows)
        doors.append(
            Snaps(
                edge=np.array([row[0] for row in rows], dtype=np.int32),
                fraction=np.array([row[1] for row in rows]),
                offroad_dm=np.zeros(k),
                offroad_ds=np.zeros(k),
            )
        )
    return network, graph, doors[0], doors[1]


@pytest.mark.skipif(not COMPILED, reason="numba is not there, so there is no compiled search to compare")
@pytest.mark.parametrize("toward", ["facility", "demand"])
@settings(max_examples=100)
@given(scene=scenes())
def test_the_compiled_search_turns_as_scipy_does(scene: tuple[Network, Graph, Snaps, Snaps], toward: str) -> None:
    """Times and facilities of both engines are the same where turns matter."""
    _, graph, demand, facilities = scene
    slow = nearest(graph, demand, facilities, toward=toward, weight="time")
    fast = compiled_nearest(graph, demand, facilities, toward=toward, weight="time")
    assert fast.value.tolist() == slow.value.tolist()
    assert fast.facility.tolist() == slow.facility.tolist()


@settings(max_examples=60)
@given(scene=scenes())
def test_either_direction_is_the_same_trip(scene: tuple[Network, Graph, Snaps, Snaps]) -> None:
    """From one door to another: the search that starts at the origin and the one from the goal agree."""
    _, graph, doors, goals = scene
    for i in range(len(doors.edge)):
        one = Snaps(**{name: values[i : i + 1] for name, values in vars(doors).items()})
        there = nearest(graph, goals, one, toward="demand", weight="time").value
        here = [
            nearest(
                graph,
                one,
                Snaps(**{name: values[j : j + 1] for name, values in vars(goals).items()}),
                toward="facility",
                weight="time",
            ).value[0]
            for j in range(len(goals.edge))
        ]
        assert there.tolist() == here
