"""What lies within a limit of each facility: the pairs of the full matrix that meet it, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.core.units import within
from coverplan.roads.speeds import build_graph
from coverplan.travel import reach as rooms
from coverplan.travel.matrix import travel_matrix
from coverplan.travel.reach import reach, reach_people
from scenes import draw, profile
from travel.drawn import TOWARD, WEIGHTS, graphs, places

MANY = settings(max_examples=100, deadline=None)
LIMITS = st.sampled_from([0.0, 0.1, 0.7, 1.3, 2.0, 5.0, 60.0])


def test_a_drawing_in_the_head():
    """At 10 m/s, 40 s reach 400 m; who is exactly there is reached, and the totals name who it is."""
    scene = draw("""
        A---B---C---D
            |
            E-->F
    """)
    graph = build_graph(scene.network, profile())
    demand = scene.snaps("A", "C", "D", "F", ("BE", 200), None)
    facilities = scene.snaps("B", "F")
    found = reach(graph, demand, facilities, limit=40, toward="demand", weight="time")
    points, seconds = found.of(0)
    assert dict(zip(points.tolist(), seconds.tolist(), strict=True)) == {0: 40, 1: 40, 4: 20}
    assert found.of(1)[0].tolist() == [3]
    people = [1, 2, 4, 8, 16, 32]
    totals = reach_people(graph, demand, facilities, people, limit=40, toward="demand", weight="time")
    assert totals.tolist() == [1 + 2 + 16, 8]
    out = reach_people(graph, demand, facilities, people, limit=60, toward="facility", weight="time")
    assert out.tolist() == [1 + 2 + 16, 8 + 16]
    metres = reach_people(graph, demand, facilities, people, limit=399.9, toward="demand", weight="distance")
    assert metres.tolist() == [16, 8]


def test_the_sparse_matrix_keeps_who_stands_at_the_door():
    """A pair at the very same door is stored as a zero; demand are the rows and facilities the columns."""
    scene = draw("A---B---C")
    graph = build_graph(scene.network, profile())
    found = reach(graph, scene.snaps("A", "B", "C"), scene.snaps("A", "C"), limit=40, toward="facility", weight="time")
    table = found.matrix()
    assert table.shape == (3, 2)
    assert table.nnz == 4
    assert table.toarray().tolist() == [[0, 0], [40, 40], [0, 0]]


@MANY
@given(data=st.data(), toward=TOWARD, weight=WEIGHTS, limit=LIMITS)
def test_the_pairs_are_those_of_the_matrix(data, toward, weight, limit):
    """Each pair within the limit stands once, with the matrix's value; people are summed over the same pairs."""
    graph = data.draw(graphs())
    demand, facilities = data.draw(places(graph, most=9)), data.draw(places(graph))
    every = travel_matrix(graph, demand, facilities, toward=toward, weight=weight, threads=1)
    found = reach(graph, demand, facilities, limit=limit, toward=toward, weight=weight, threads=1)
    people = 2.0 ** np.arange(len(demand.edge))
    totals = reach_people(graph, demand, facilities, people, limit=limit, toward=toward, weight=weight, threads=1)
    for j in range(len(facilities.edge)):
        points, values = found.of(j)
        covered = np.flatnonzero(within(every[:, j], limit))
        assert sorted(points.tolist()) == covered.tolist()
        assert values.tolist() == every[points, j].tolist()
        assert totals[j] == people[covered].sum()


@MANY
@given(data=st.data(), toward=TOWARD, limits=st.tuples(LIMITS, LIMITS))
def test_a_longer_limit_never_reaches_fewer(data, toward, limits):
    """Whoever is within the shorter limit is within the longer one, equally far."""
    graph = data.draw(graphs())
    demand, facilities = data.draw(places(graph)), data.draw(places(graph))
    short, long = (
        reach(graph, demand, facilities, limit=limit, toward=toward, weight="time", threads=1)
        for limit in sorted(limits)
    )
    for j in range(len(facilities.edge)):
        few, many = (dict(zip(*(part.tolist() for part in found.of(j)), strict=True)) for found in (short, long))
        assert few.items() <= many.items()


@MANY
@given(data=st.data(), toward=TOWARD, weight=WEIGHTS, limit=LIMITS)
def test_the_path_without_a_compiler_says_the_same(data, toward, weight, limit):
    """What SciPy finds one facility at a time is what the compiled search finds."""
    graph = data.draw(graphs())
    demand, facilities = data.draw(places(graph)), data.draw(places(graph))
    people = np.arange(len(demand.edge), dtype=float)

    def ask() -> tuple:
        found = reach(graph, demand, facilities, limit=limit, toward=toward, weight=weight, threads=1)
        totals = reach_people(graph, demand, facilities, people, limit=limit, toward=toward, weight=weight, threads=1)
        return found.matrix().todense().tolist(), found.start.tolist(), totals.tolist()

    compiled = ask()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rooms, "COMPILED", False)
        assert ask() == compiled


@pytest.mark.parametrize("limit", [-1, 0, np.inf])
def test_limits_at_the_ends(limit):
    """Nothing meets a limit below zero; zero is met at the door; without a limit everything connected is reached."""
    scene = draw("A---B   C---D")
    graph = build_graph(scene.network, profile())
    demand = scene.snaps("A", "B", "C")
    found = reach(graph, demand, scene.snaps("A"), limit=limit, toward="demand", weight="time")
    assert sorted(found.of(0)[0].tolist()) == {-1: [], 0: [0], np.inf: [0, 1]}[limit]
    total = reach_people(graph, demand, scene.snaps("A"), [1, 2, 4], limit=limit, toward="demand", weight="time")
    assert total.tolist() == [{-1: 0, 0: 1, np.inf: 3}[limit]]


def test_nobody_and_nowhere():
    """No points or no facilities: nothing is reached, and the shapes say so."""
    scene = draw("A---B")
    graph = build_graph(scene.network, profile())
    nobody, two = scene.snaps(), scene.snaps("A", "B")
    assert reach(graph, nobody, two, limit=9, toward="demand", weight="time").matrix().shape == (0, 2)
    assert reach(graph, two, nobody, limit=9, toward="demand", weight="time").matrix().shape == (2, 0)
    assert reach_people(graph, two, nobody, [1, 2], limit=9, toward="demand", weight="time").tolist() == []


def test_people_must_match_the_points():
    """As many entries for people as demand points, or an error that says how many there are of each."""
    scene = draw("A---B")
    graph = build_graph(scene.network, profile())
    with pytest.raises(ValueError, match="2 demand points and 1 entries"):
        reach_people(graph, scene.snaps("A", "B"), scene.snaps("A"), [1], limit=9, toward="demand", weight="time")
