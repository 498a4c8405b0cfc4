"""Adding, moving and closing facilities: the same, bit by bit, as computing anew, and undone exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.roads.speeds import build_graph
from coverplan.travel import whatif as rooms
from coverplan.travel.field import Nearest
from coverplan.travel.kernels import core as cores
from coverplan.travel.whatif import WhatIf
from scenes import draw, profile
from travel.drawn import MOST, TOWARD, WEIGHTS, graphs, places

LIMITS = st.sampled_from([0.0, 0.7, 1.3, 2.0, 5.0])
EDITS = st.lists(st.tuples(st.sampled_from(["add", "add", "move", "close", "undo"]), st.integers(0, 9)), max_size=8)


def same(one: Nearest, other: Nearest) -> bool:
    """Say whether two fields are equal, value and facility."""
    return one.value.tolist() == other.value.tolist() and one.facility.tolist() == other.facility.tolist()


def edit(field: WhatIf, kind: str, which: int, site: object) -> object:
    """Do one edit if it can be done; `which` picks one of the open facilities."""
    there = [i for i in range(field.n_facilities) if i not in field.closed]
    if kind == "undo":
        return field.undo() if field.n_edits else None
    if kind == "add" or not there:
        return field.add(site)
    facility = there[which % len(there)]
    return field.close(facility) if kind == "close" else field.move(facility, site)


def test_a_drawing_in_the_head():
    """At 10 m/s with a limit of 40 s: who is won and lost by a second station, by its move, by the first's closing."""
    scene = draw("A---B---C---D---E")
    graph = build_graph(scene.network, profile())
    field = WhatIf(
        graph, scene.snaps(*"ABCDE"), scene.snaps("A"), [1, 2, 4, 8, 16], limit=40, toward="demand", weight="time"
    )
    assert field.covered == 1 + 2
    added = field.add(scene.snaps("E"))
    assert (added.facility, added.gained, added.lost, added.covered) == (1, 8 + 16, 0, 27)
    # C is 80 s from either, so it belongs to the first.
    assert field.nearest().value.tolist() == [0, 40, 80, 40, 0]
    assert field.nearest().facility.tolist() == [0, 0, 0, 1, 1]
    moved = field.move(1, scene.snaps("C"))
    assert (moved.gained, moved.lost, moved.covered) == (4, 16, 15)
    assert field.nearest().facility.tolist() == [0, 0, 1, 1, 1]
    closed = field.close(0)
    assert (closed.gained, closed.lost, closed.covered) == (0, 1, 14)
    assert field.nearest().value.tolist() == [80, 40, 0, 40, 80]
    for covered in (15, 27, 3):
        field.undo()
        assert field.covered == covered
    assert field.nearest().facility.tolist() == [0] * 5
    assert field.n_facilities == 1


def test_crews_and_patients_differ_on_a_one_way_road():
    """A station at the end of a one-way road is reached by it, and reaches nobody back."""
    scene = draw("A-->B")
    graph = build_graph(scene.network, profile())
    for toward, value in (("facility", 40.0), ("demand", np.inf)):
        field = WhatIf(graph, scene.snaps("A"), scene.snaps(), [1], limit=60, toward=toward, weight="time")
        field.add(scene.snaps("B"))
        assert field.nearest().value.tolist() == [value]
        assert field.covered == np.isfinite(value)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), ask=st.tuples(TOWARD, WEIGHTS, LIMITS), steps=EDITS, most=MOST)
def test_any_edits_are_the_same_as_computing_anew(data, ask, steps, most):
    """After every step of any sequence, values, facilities, won, lost and covered are those of a full recomputation."""
    toward, weight, limit = ask
    graph = data.draw(graphs())
    demand, facilities = data.draw(places(graph, most=9)), data.draw(places(graph, most=4))
    values = graph.time_ds if weight == "time" else graph.length_dm
    core = cores.build_core(graph.n_nodes, graph.tail, graph.head, values, most_in_pocket=most)
    cores._CORES[graph] = {weight: core}
    asked = (graph, demand, facilities, 2.0 ** np.arange(len(demand.edge)))
    field = WhatIf(*asked, limit=limit, toward=toward, weight=weight)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rooms, "COMPILED", False)
        anew = WhatIf(*asked, limit=limit, toward=toward, weight=weight)
    assert same(field.nearest(), anew.nearest())
    for kind, which in steps:
        site = data.draw(places(graph, least=1, most=1))
        assert edit(field, kind, which, site) == edit(anew, kind, which, site)
        assert same(field.nearest(), anew.nearest())
        assert field.covered == anew.covered


@settings(max_examples=100, deadline=None)
@given(data=st.data(), toward=TOWARD, limit=LIMITS, steps=EDITS)
def test_undoing_everything_leaves_no_trace(data, toward, limit, steps):
    """However much was edited, undoing it restores every number inside, bit by bit, and the covered people."""
    graph = data.draw(graphs())
    demand, facilities = data.draw(places(graph, most=9)), data.draw(places(graph, most=4))
    people = np.random.default_rng(3).random(len(demand.edge))
    field = WhatIf(graph, demand, facilities, people, limit=limit, toward=toward, weight="time")
    before, covered = field._engine._field.snapshot(), field.covered
    for kind, which in steps:
        edit(field, kind, which, data.draw(places(graph, least=1, most=1)))
    while field.n_edits:
        field.undo()
    assert all(np.array_equal(a, b) for a, b in zip(before, field._engine._field.snapshot(), strict=True))
    assert field.covered == covered
    assert field.n_facilities == len(facilities.edge)


@settings(max_examples=100, deadline=None)
@given(data=st.data(), toward=TOWARD, limit=LIMITS)
def test_gains_are_what_adding_would_win(data, toward, limit):
    """Each site's gain is that of adding it, and trying sites changes nothing."""
    graph = data.draw(graphs())
    demand, facilities = data.draw(places(graph, most=9)), data.draw(places(graph))
    sites = data.draw(places(graph))
    people = 2.0 ** np.arange(len(demand.edge))
    field = WhatIf(graph, demand, facilities, people, limit=limit, toward=toward, weight="time")
    before = field.nearest()
    gains = field.gains(sites)
    assert same(before, field.nearest())
    for i in range(len(sites.edge)):
        change = field.add(rooms._only(sites, i))
        assert (change.gained, change.lost) == (gains[i], 0)
        field.undo()


def test_what_cannot_be_done_is_refused():
    """Closing twice, moving what was never there, undoing nothing, adding nowhere."""
    scene = draw("A---B")
    graph = build_graph(scene.network, profile())
    field = WhatIf(graph, scene.snaps("A"), scene.snaps("B"), [1], limit=9, toward="demand", weight="time")
    with pytest.raises(IndexError, match="no edit to undo"):
        field.undo()
    field.close(0)
    for wrong in (lambda: field.close(0), lambda: field.move(0, scene.snaps("A")), lambda: field.close(-1)):
        with pytest.raises(IndexError, match="is not open"):
            wrong()
    with pytest.raises(ValueError, match="1 demand points and 2 entries"):
        WhatIf(graph, scene.snaps("A"), scene.snaps("B"), [1, 2], limit=9, toward="demand", weight="time")
    with pytest.raises(ValueError, match="needs a place"):
        field.add(scene.snaps())
    assert field.covered == 0
    assert field.add(scene.snaps("B")).facility == 1


def test_a_site_off_the_network_changes_nothing():
    """A facility that is not connected gets an index, reaches nobody, and can be moved onto a road."""
    scene = draw("A---B")
    graph = build_graph(scene.network, profile())
    field = WhatIf(graph, scene.snaps("A"), scene.snaps(), [1], limit=90, toward="demand", weight="time")
    assert field.add(scene.snaps(None)).gained == 0
    assert field.nearest().facility.tolist() == [-1]
    assert field.move(0, scene.snaps("B")).gained == 1
