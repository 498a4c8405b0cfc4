"""Turns that are forbidden or cost time: scenes, and a search over arcs as the oracle."""

import heapq
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.core.model import SpeedProfile
from coverplan.roads.courses import straight_network
from coverplan.roads.network import Graph, Network
from coverplan.roads.osm import read_osm
from coverplan.roads.speeds import build_graph
from coverplan.roads.store import read_network, write_network
from coverplan.roads.turns import TURNS, with_turns
from osm_files import Drawing, write_xml

KPH = {"residential": 36.0}
"""Ten metres a second."""


def driver(turn_s: dict[str, float] | None = None, *, obeys_turns: bool = True, factor: float = 1.0) -> SpeedProfile:
    """Somebody who drives 10 m/s and pays for turns."""
    return SpeedProfile(name="test", mode="drive", kph=KPH, turn_s=turn_s or {}, obeys_turns=obeys_turns, factor=factor)


def cross(no_turns: list[tuple[int, int, int]]) -> Network:
    """A crossing at node 0 with arms of 100 m to 1 east, 2 north, 3 west and 4 south."""
    network = straight_network(
        x_m=[0, 100, 0, -100, 0],
        y_m=[0, 0, 100, 0, -100],
        edges=[(0, 1), (0, 2), (0, 3), (0, 4)],
        road_class="residential",
    )
    return replace(network, no_turns=np.array(no_turns, dtype=np.int32).reshape(-1, 3))


def seconds(graph: Graph, origin: int, goal: int) -> float:
    """How long the way between two junctions takes."""
    found = nx.single_source_dijkstra_path_length(as_networkx(graph), origin)
    return found[goal if graph.enter_at is None else int(graph.enter_at[goal])] / 10


def as_networkx(graph: Graph) -> nx.MultiDiGraph:
    """The arcs of a graph, weights in tenths of a second."""
    arcs = nx.MultiDiGraph()
    arcs.add_nodes_from(range(graph.n_nodes))
    arcs.add_weighted_edges_from(zip(graph.tail.tolist(), graph.head.tolist(), graph.time_ds.tolist(), strict=True))
    return arcs


def test_a_forbidden_turn_is_not_made() -> None:
    """From the south one may not turn left (west): the way leads north and back, where nothing forbids it."""
    graph = build_graph(cross([(3, 2, 0)]), driver())
    assert seconds(graph, 4, 1) == 20.0
    assert seconds(graph, 4, 2) == 20.0
    assert seconds(graph, 4, 0) == 10.0
    assert seconds(graph, 4, 3) == 40.0
    assert seconds(graph, 0, 3) == 10.0


def test_whoever_need_not_obey_turns_all_the_same() -> None:
    """A profile that does not obey turns where it likes."""
    assert seconds(build_graph(cross([(3, 2, 0)]), driver(obeys_turns=False)), 4, 3) == 20.0


def test_turns_cost_what_they_say() -> None:
    """Left 12 s, right 3 s, straight on 1 s, back 30 s; faster drivers turn faster; ends of the trip cost nothing."""
    graph = build_graph(cross([]), driver({"left": 12, "right": 3, "straight": 1, "u_turn": 30}))
    assert [seconds(graph, 4, goal) for goal in (3, 1, 2, 0)] == [32.0, 23.0, 21.0, 10.0]
    fast = build_graph(cross([]), driver({"left": 12}, factor=2.0))
    assert seconds(fast, 4, 3) == 16.0
    assert seconds(fast, 0, 3) == 5.0


def test_a_bend_is_no_junction() -> None:
    """Where only two roads meet, turning costs nothing."""
    network = straight_network(x_m=[0, 100, 100], y_m=[0, 0, 100], edges=[(0, 1), (1, 2)], road_class="residential")
    assert seconds(build_graph(network, driver({"left": 12})), 0, 2) == 20.0


def test_nothing_forbidden_and_nothing_paid_changes_nothing() -> None:
    """Without turns in the network or the profile the graph is the same object."""
    network = cross([])
    graph = build_graph(network, driver())
    assert with_turns(network, graph, {}, obey=True) is graph
    assert graph.n_nodes == network.n_nodes


def test_relations_of_an_extract_bind(tmp_path: Path) -> None:
    """A drawn `.osm` with `no_left_turn` is read, stored, read again, and obeyed."""
    road = {"highway": "residential"}
    members = [("way", 1, "from"), ("node", 11, "via"), ("way", 2, "to")]
    drawing = Drawing(
        ways=[((1, 11), road), ((11, 10), road), ((11, 12), road), ((11, 21), road)],
        relations=[(members, {"type": "restriction", "restriction": "no_left_turn"})],
    )
    network = read_osm(write_xml(drawing, tmp_path / "a.osm"))
    stored = read_network(write_network(network, tmp_path / "a.npz"))
    for roads in (network, stored):
        assert len(roads.no_turns) == 1
        place = {int(name): i for i, name in enumerate(roads.node_id)}
        free, bound = (build_graph(roads, driver(obeys_turns=obeys)) for obeys in (False, True))
        assert seconds(bound, place[1], place[10]) > seconds(free, place[1], place[10])
        assert seconds(bound, place[1], place[12]) == seconds(free, place[1], place[12])


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Up to six junctions on a grid and nine roads, loops and parallels among them, some turns forbidden."""
    n = draw(st.integers(2, 6))
    node = st.integers(0, n - 1)
    edges = draw(st.lists(st.tuples(node, node), min_size=1, max_size=9))
    place = np.arange(n)
    network = straight_network(x_m=100.0 * (place % 3), y_m=100.0 * (place // 3), edges=edges, road_class="residential")
    edge = st.integers(0, len(edges) - 1)
    turns = draw(st.lists(st.tuples(edge, edge, st.integers(0, 1)), max_size=6))
    ways = [np.array(draw(st.lists(st.booleans(), min_size=len(edges), max_size=len(edges)))) for _ in range(2)]
    return replace(
        network,
        no_turns=np.array(turns, dtype=np.int32).reshape(-1, 3),
        drive_forward=ways[0],
        drive_backward=ways[1],
    )


def by_arcs(network: Network, plain: Graph, turn_ds: dict[str, int], origin: int) -> list[float]:
    """Search over arcs, one turn at a time, and return what it costs to every junction, in tenths."""
    best = [np.inf] * network.n_nodes
    best[origin] = 0.0
    done: set[int] = set()
    queue = [(int(plain.time_ds[arc]), arc) for arc in np.flatnonzero(plain.tail == origin).tolist()]
    heapq.heapify(queue)
    forbidden = {tuple(turn) for turn in network.no_turns.tolist()}
    roads = [int(np.sum((network.edge_from == v) & _open(plain)) + np.sum((network.edge_to == v) & _open(plain)))
             for v in range(network.n_nodes)]  # fmt: skip
    while queue:
        cost, arc = heapq.heappop(queue)
        if arc in done:
            continue
        done.add(arc)
        here = int(plain.head[arc])
        best[here] = min(best[here], cost)
        end = 1 if plain.along[arc] else 0
        for onward in np.flatnonzero(plain.tail == here).tolist():
            if (int(plain.edge[arc]), int(plain.edge[onward]), end) in forbidden:
                continue
            paid = turn_ds[_kind(network, plain, arc, onward)] if roads[here] >= 3 else 0
            heapq.heappush(queue, (cost + paid + int(plain.time_ds[onward]), onward))
    return best


def _open(graph: Graph) -> np.ndarray:
    return (graph.arc_forward >= 0) | (graph.arc_backward >= 0)


def _kind(network: Network, graph: Graph, arc: int, onward: int) -> str:
    if graph.edge[arc] == graph.edge[onward]:
        return "u_turn"
    ways = []
    for one in (arc, onward):
        edge = int(graph.edge[one])
        ends = (network.edge_from[edge], network.edge_to[edge])
        first, last = ends if graph.along[one] else ends[::-1]
        ways.append((network.x_m[last] - network.x_m[first], network.y_m[last] - network.y_m[first]))
    (ax, ay), (bx, by) = ways
    if (ax, ay) == (0, 0) or (bx, by) == (0, 0):
        return "straight"  # a loop of no length points nowhere
    bend = round(float(np.degrees(np.arctan2(ax * by - ay * bx, ax * bx + ay * by))), 6)
    if abs(bend) >= 150:
        return "u_turn"
    return "left" if bend >= 45 else "right" if bend <= -45 else "straight"


@pytest.mark.parametrize("paid", [{}, {"left": 1.2, "u_turn": 3.0, "right": 0.4}])
@settings(max_examples=150)
@given(network=networks())
def test_every_way_as_a_search_over_arcs_finds_it(network: Network, paid: dict[str, float]) -> None:
    """From every junction to every other, on random networks with loops, one-way roads and forbidden turns."""
    plain = build_graph(network, driver(obeys_turns=False))
    graph = build_graph(network, driver(paid))
    turn_ds = {kind: round(paid.get(kind, 0) * 10) for kind in TURNS}
    arcs = as_networkx(graph)
    entered = np.arange(network.n_nodes) if graph.enter_at is None else graph.enter_at[: network.n_nodes]
    for origin in range(network.n_nodes):
        found = nx.single_source_dijkstra_path_length(arcs, origin)
        got = [0.0 if goal == origin else found.get(int(node), np.inf) for goal, node in enumerate(entered)]
        assert got == by_arcs(network, plain, turn_ds, origin)
