"""The engine against networkx on random small networks, and what must hold on every network."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.core.units import tenths
from coverplan.roads.network import Graph, Snaps
from coverplan.travel.field import nearest, node_field
from travel import oracle

WEIGHTS = st.sampled_from(["time", "distance"])
TOWARD = st.sampled_from(["facility", "demand"])
BOUNDED = settings(max_examples=100, deadline=None)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Up to six nodes and nine edges: islands, traps, loops, parallel and zero-length edges, many ties."""
    n_nodes = draw(st.integers(1, 6))
    node = st.integers(0, n_nodes - 1)
    edges = []
    for _ in range(draw(st.integers(1, 9))):
        length = draw(st.sampled_from([0, 1, 7, 20, 33]))
        times = st.none() | (st.sampled_from([1, 2, 5, 8, 13]) if length else st.just(0))
        edges.append((draw(node), draw(node), length, draw(times), draw(times)))
    return oracle.graph_of(n_nodes, edges)


@st.composite
def places(draw: st.DrawFn, graph: Graph, most: int = 5) -> Snaps:
    """Points on open edges, at ends and between, near and far from the road; now and then one that is not connected."""
    open_edges = [*np.flatnonzero(graph.snappable).tolist(), -1]
    share = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1)
    rows = draw(st.lists(st.tuples(st.sampled_from(open_edges), share, st.integers(0, 4)), max_size=most))
    edge = np.array([row[0] for row in rows], dtype=np.int32)
    leg = np.array([row[2] for row in rows], dtype=float)
    return Snaps(
        edge=edge,
        fraction=np.where(edge >= 0, np.array([row[1] for row in rows], dtype=float), np.nan),
        offroad_dm=leg,
        offroad_ds=np.where(edge >= 0, leg * 2, np.inf),
    )


def _take(snaps: Snaps, rows: np.ndarray) -> Snaps:
    return Snaps(**{name: values[rows] for name, values in vars(snaps).items()})


@settings(max_examples=300, deadline=None)
@given(data=st.data(), toward=TOWARD, weight=WEIGHTS)
def test_every_pair_of_doors_as_networkx_finds_it(data, toward, weight):
    """Value and facility equal those of a search for each pair on edges cut at every point, ties included."""
    graph = data.draw(graphs())
    demand, facilities = data.draw(places(graph)), data.draw(places(graph))
    found = nearest(graph, demand, facilities, toward=toward, weight=weight)
    value, facility = oracle.nearest(graph, demand, facilities, toward=toward, weight=weight)
    assert tenths(found.value).tolist() == value
    assert found.facility.tolist() == facility


@BOUNDED
@given(data=st.data(), toward=TOWARD, weight=WEIGHTS)
def test_reversed_roads_are_the_other_direction(data, toward, weight):
    """Going there on a network is coming back on the same network with every arc turned around."""
    graph = data.draw(graphs())
    demand, facilities = data.draw(places(graph)), data.draw(places(graph))
    other = "demand" if toward == "facility" else "facility"
    here = nearest(graph, demand, facilities, toward=toward, weight=weight)
    there = nearest(oracle.reverse(graph), demand, facilities, toward=other, weight=weight)
    assert here.value.tolist() == there.value.tolist()
    assert here.facility.tolist() == there.facility.tolist()


@BOUNDED
@given(data=st.data(), toward=TOWARD, weight=WEIGHTS)
def test_opening_never_lengthens(data, toward, weight):
    """With one facility more, nobody is farther, and whoever is nearer goes to the new one."""
    graph = data.draw(graphs())
    demand, facilities = data.draw(places(graph)), data.draw(places(graph))
    if not len(facilities.edge):
        return
    fewer = _take(facilities, np.arange(len(facilities.edge) - 1))
    before = nearest(graph, demand, fewer, toward=toward, weight=weight)
    after = nearest(graph, demand, facilities, toward=toward, weight=weight)
    assert (after.value <= before.value).all()
    assert (after.facility[after.value < before.value] == len(facilities.edge) - 1).all()
    same = after.value == before.value
    assert (after.facility[same] == before.facility[same]).all()


@BOUNDED
@given(data=st.data(), toward=TOWARD, weight=WEIGHTS)
def test_row_order_does_not_matter(data, toward, weight):
    """Shuffled points, facilities and arcs give the same values; inputs stay as they were."""
    graph = data.draw(graphs())
    demand, facilities = data.draw(places(graph)), data.draw(places(graph))
    kept = copy.deepcopy((graph, demand, facilities))
    found = nearest(graph, demand, facilities, toward=toward, weight=weight)
    rows = np.array(data.draw(st.permutations(range(len(demand.edge)))), dtype=int)
    doors = np.array(data.draw(st.permutations(range(len(facilities.edge)))), dtype=int)
    mixed = nearest(graph, _take(demand, rows), _take(facilities, doors), toward=toward, weight=weight)
    assert mixed.value.tolist() == found.value[rows].tolist()
    for before, after in zip(kept, (graph, demand, facilities), strict=True):
        for name, value in vars(before).items():
            np.testing.assert_equal(getattr(after, name), value)


@BOUNDED
@given(data=st.data(), toward=TOWARD, weight=WEIGHTS)
def test_node_values_as_networkx_finds_them(data, toward, weight):
    """Facilities that stand on nodes give networkx's value at every node."""
    graph = data.draw(graphs())
    open_edges = np.flatnonzero(graph.snappable)
    if not len(open_edges):
        return
    edges = data.draw(st.lists(st.sampled_from(open_edges.tolist()), min_size=1, max_size=4))
    arcs = [int(max(graph.arc_forward[edge], graph.arc_backward[edge])) for edge in edges]
    nodes = [int((graph.tail if graph.along[arc] else graph.head)[arc]) for arc in arcs]
    ends = [{int(graph.tail[arc]), int(graph.head[arc])} for arc in arcs if graph.length_dm[arc] == 0]
    facilities = Snaps(
        edge=np.array(edges, dtype=np.int32),
        fraction=np.zeros(len(edges)),
        offroad_dm=np.zeros(len(edges)),
        offroad_ds=np.zeros(len(edges)),
    )
    sources = [*nodes, *(node for pair in ends for node in pair)]
    found = node_field(graph, facilities, toward=toward, weight=weight)
    assert found.value.tolist() == oracle.node_field(graph, sources, toward=toward, weight=weight).tolist()


def test_sums_beyond_exactness_are_refused():
    """A network so long that float64 could no longer tell tenths apart is an error, not a wrong answer."""
    graph = oracle.graph_of(2, [(0, 1, 10, 10, 10)])
    far = Snaps(
        edge=np.zeros(2, dtype=np.int32),
        fraction=np.ones(2),
        offroad_dm=np.full(2, 4e15),
        offroad_ds=np.full(2, 4e15),
    )
    with pytest.raises(ValueError, match="too long for exact arithmetic"):
        node_field(graph, far, toward="facility", weight="time")
