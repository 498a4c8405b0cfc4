"""Every pair of doors, against searches on edges that are cut at every point."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.core.units import tenths
from coverplan.roads.network import Snaps
from coverplan.roads.speeds import build_graph
from coverplan.travel import matrix as rooms
from coverplan.travel.field import nearest
from coverplan.travel.kernels import core as cores
from coverplan.travel.matrix import plan_matrix, travel_matrix
from scenes import draw, profile
from travel import oracle
from travel.drawn import MOST, TOWARD, WEIGHTS, every_pair, graphs, places, rows_of

MANY = settings(max_examples=100, deadline=None)
WAYS = st.sampled_from(["search", "hierarchy"])


def test_a_drawing_in_the_head():
    """At 10 m/s: there, one way round, and back; on one's own road; from a door 20 m beside it; not at all."""
    scene = draw("""
        A-->B---C   Z
        ^   |   |
        |   v   |
        E<--F   G---H
    """)
    graph = build_graph(scene.network, profile())
    demand = scene.snaps("A", ("CB", 100), "H", None, offroad_m=[0, 0, 20, 0])
    facilities = scene.snaps("B", ("CB", 300), "E")
    out = travel_matrix(graph, demand, facilities, toward="facility", weight="time")
    assert out.tolist() == [[40, 50, 110], [30, 20, 100], [130, 120, 200], [np.inf] * 3]
    back = travel_matrix(graph, demand, facilities, toward="demand", weight="time")
    assert back[:3].tolist() == [[100, 110, 30], [30, 20, 100], [130, 120, 200]]
    metres = travel_matrix(graph, demand, facilities, toward="facility", weight="distance")
    assert metres[:3].tolist() == [[400, 500, 1100], [300, 200, 1000], [1120, 1020, 1820]]


@MANY
@given(data=st.data(), toward=TOWARD, weight=WEIGHTS, most=MOST)
def test_every_pair_of_doors_as_networkx_finds_it(data, toward, weight, most):
    """Each entry equals a search between the two doors, whichever side is the larger one, by either way."""
    graph = data.draw(graphs(most_nodes=8, most_edges=10))
    demand, facilities = data.draw(places(graph, most=5)), data.draw(places(graph, most=5))
    values = graph.time_ds if weight == "time" else graph.length_dm
    core = cores.build_core(graph.n_nodes, graph.tail, graph.head, values, most_in_pocket=most)
    cores._CORES[graph] = {weight: core}
    right = every_pair(graph, demand, facilities, toward=toward, weight=weight).tolist()
    for way in ("search", "hierarchy"):
        found = travel_matrix(graph, demand, facilities, toward=toward, weight=weight, way=way, threads=1)
        assert tenths(found).tolist() == right, way


@MANY
@given(data=st.data(), toward=TOWARD, weight=WEIGHTS)
def test_the_smallest_of_a_row_is_the_nearest(data, toward, weight):
    """A row's minimum and where it first stands are what the nearest of all facilities says."""
    graph = data.draw(graphs())
    demand, facilities = data.draw(places(graph, most=9)), data.draw(places(graph, least=1))
    found = travel_matrix(graph, demand, facilities, toward=toward, weight=weight, threads=1)
    near = nearest(graph, demand, facilities, toward=toward, weight=weight)
    assert found.min(axis=1).tolist() == near.value.tolist()
    assert np.where(np.isfinite(found.min(axis=1)), found.argmin(axis=1), -1).tolist() == near.facility.tolist()


@MANY
@given(data=st.data(), toward=TOWARD, weight=WEIGHTS, way=WAYS)
def test_row_order_does_not_matter(data, toward, weight, way):
    """Points and facilities in another order give the same entries, in that order."""
    graph = data.draw(graphs())
    demand, facilities = data.draw(places(graph)), data.draw(places(graph))
    found = travel_matrix(graph, demand, facilities, toward=toward, weight=weight, way=way, threads=1)
    points = data.draw(st.permutations(range(len(demand.edge))))
    doors = data.draw(st.permutations(range(len(facilities.edge))))
    mixed = travel_matrix(
        graph, rows_of(demand, points), rows_of(facilities, doors), toward=toward, weight=weight, way=way, threads=1
    )
    assert mixed.tolist() == found[points][:, doors].tolist()


@MANY
@given(data=st.data(), toward=TOWARD, weight=WEIGHTS)
def test_the_path_without_a_compiler_says_the_same(data, toward, weight):
    """What SciPy finds one facility at a time is what the compiled search finds."""
    graph = data.draw(graphs())
    demand, facilities = data.draw(places(graph)), data.draw(places(graph))
    found = travel_matrix(graph, demand, facilities, toward=toward, weight=weight, threads=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rooms, "COMPILED", False)
        plain = travel_matrix(graph, demand, facilities, toward=toward, weight=weight)
    assert found.tolist() == plain.tolist()


def test_nobody_and_nowhere():
    """No points, no facilities, or neither: a matrix of that shape."""
    scene = draw("A---B")
    graph = build_graph(scene.network, profile())
    nobody, two = scene.snaps(), scene.snaps("A", "B")
    for demand, facilities, shape in ((nobody, two, (0, 2)), (two, nobody, (2, 0)), (nobody, nobody, (0, 0))):
        for way in ("search", "hierarchy"):
            assert travel_matrix(graph, demand, facilities, toward="facility", weight="time", way=way).shape == shape


class Notes:
    """A listener that keeps what it is told."""

    cancelled = False

    def __init__(self) -> None:
        self.said: list[str] = []

    def message(self, text: str) -> None:
        """Keep a sentence."""
        self.said.append(text)

    def advance(self, done: int, total: int) -> None:
        """Let numbers pass."""


def test_the_choice_is_made_by_cost_and_said():
    """One source on a lattice is searched; hundreds go over the hierarchy; once that is at hand, a few do too."""
    cells = np.arange(20 * 20).reshape(20, 20)
    pairs = [
        *zip(cells[:, :-1].flat, cells[:, 1:].flat, strict=True),
        *zip(cells[:-1].flat, cells[1:].flat, strict=True),
    ]
    graph = oracle.graph_of(400, [(int(a), int(b), 70, 50, 50) for a, b in pairs])
    edges = np.arange(len(pairs))
    many = np.resize(edges, 400).astype(np.int32)
    points = Snaps(edge=many, fraction=np.full(400, 0.5), offroad_dm=np.zeros(400), offroad_ds=np.zeros(400))
    one = rows_of(points, [0])
    assert plan_matrix(graph, points, one, weight="time").way == "search"
    plan = plan_matrix(graph, points, points, weight="time")
    assert (plan.way, plan.at_hand) == ("hierarchy", False)
    assert "hierarchy, to be made first" in str(plan)
    notes = Notes()
    far = travel_matrix(graph, points, points, toward="facility", weight="time", progress=notes)
    assert notes.said == [str(plan)]
    assert plan_matrix(graph, points, points, weight="time").at_hand
    # What is left to do costs less than the search now, and less than it did.
    assert plan_matrix(graph, points, points, weight="time").hierarchy_s < plan.hierarchy_s
    forced = plan_matrix(graph, points, points, weight="time", way="search")
    assert forced.way == "search"
    assert (
        far.tolist()
        == travel_matrix(graph, points, points, toward="facility", weight="time", way="search", progress=notes).tolist()
    )
    assert "by a search from each" in notes.said[-1]
