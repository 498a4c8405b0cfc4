"""The nearest facility by the search that is done sooner: the same answer, and no compiler where it does not pay."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.roads.speeds import build_graph
from coverplan.travel import nearest as room
from coverplan.travel.field import Nearest, nearest
from coverplan.travel.nearest import compiled_nearest, find_nearest
from scenes import draw, profile
from travel.drawn import TOWARD, WEIGHTS, graphs, places


def same(one: Nearest, other: Nearest) -> bool:
    """Say whether two answers are equal, value and facility, bit by bit."""
    return (
        one.value.tobytes() == other.value.tobytes()
        and one.facility.tolist() == other.facility.tolist()
        and one.facility.dtype == other.facility.dtype
    )


@settings(max_examples=100)
@given(data=st.data(), toward=TOWARD, weight=WEIGHTS)
def test_both_searches_find_the_same(data, toward, weight):
    """On networks with everything awkward, ties included, the compiled search says what SciPy says."""
    graph = data.draw(graphs())
    demand, facilities = data.draw(places(graph)), data.draw(places(graph))
    asked = {"toward": toward, "weight": weight}
    assert same(compiled_nearest(graph, demand, facilities, **asked), nearest(graph, demand, facilities, **asked))


@pytest.mark.parametrize(
    ("work", "is_warm", "by_scipy"),
    [(room.LOADING, True, 3), (room.LOADING, False, 6), (0, True, 6)],
    ids=["after much work", "not compiled yet", "a few questions"],
)
def test_the_compiled_search_takes_over_when_it_has_paid_off(monkeypatch, work, is_warm, by_scipy):
    """Three fields after much work, and never where it would have to be compiled first, or few questions were asked."""
    asked = []
    monkeypatch.setattr(room, "nearest", lambda *args, **names: asked.append(args) or nearest(*args, **names))
    monkeypatch.setattr(room, "is_warm", lambda: is_warm)
    monkeypatch.setattr(room, "_SPENT", room._Spent(work=work))
    monkeypatch.delitem(sys.modules, "coverplan.travel.kernels.fields", raising=False)
    scene = draw("A---B---C")
    graph = build_graph(scene.network, profile())
    demand, doors = scene.snaps(*"ABC"), scene.snaps("B")
    for _ in range(6):
        found = find_nearest(graph, demand, doors, toward="facility", weight="time")
        assert found.value.tolist() == [40, 0, 40]
    assert len(asked) == by_scipy


def test_a_few_questions_load_no_compiler():
    """Travel times of a study leave numba unloaded: loading it costs more than they do."""
    code = (
        "import sys, coverplan as cp\n"
        "study = cp.read_study(cp.sample_config())\n"
        "network = cp.build_network(study)\n"
        "for kind in ('ems', 'hospital', 'clinic'): cp.travel_times(study, network, kinds=kind)\n"
        "print('numba' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False"]
