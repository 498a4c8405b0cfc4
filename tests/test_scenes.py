"""The drawings themselves: what a character means, and what is refused."""

import numpy as np
import pytest

from scenes import ORIGIN, Road, draw, profile, study


def test_one_character_is_one_step_across_and_down():
    """A---B is four steps and A over D with one bar between is two, in both directions."""
    scene = draw("""
        A---B
        |
        D
        """)
    assert (scene.network.edge_length_dm[[scene.edge("AB"), scene.edge("AD")]] / 10).tolist() == [400.0, 200.0]
    assert np.subtract(scene.at("B"), scene.at("A")).tolist() == [400.0, 0.0]
    assert np.subtract(scene.at("D"), scene.at("A")).tolist() == [0.0, -200.0]
    assert scene.at("D") == ORIGIN


def test_arrows_close_one_direction_for_cars_only():
    """An arrow along the course leaves forward, an arrow against it leaves backward; walkers keep both."""
    scene = draw("A->-B-<-C")
    ab, bc = scene.edge("AB"), scene.edge("BC")
    assert scene.ends == ("AB", "BC")
    assert (scene.network.drive_forward[ab], scene.network.drive_backward[ab]) == (True, False)
    assert (scene.network.drive_forward[bc], scene.network.drive_backward[bc]) == (False, True)
    assert scene.network.walk_forward.all()
    assert scene.network.walk_backward.all()


def test_arrows_down_and_up():
    """Upright roads take the arrows v and ^."""
    scene = draw("""
        A B
        v ^
        C D
        """)
    assert scene.network.drive_forward.tolist() == [True, False]
    assert scene.network.drive_backward.tolist() == [False, True]


def test_bends_make_parallel_roads_and_loops():
    """A road around two corners joins the same two nodes again; around three it comes home."""
    scene = draw("""
        +---+
        |   |
        A---B--+
            |  |
            +--+
        """)
    assert sorted(scene.network.edge_length_dm[[scene.edge("AB", i) for i in (0, 1)]]) == [4000, 8000]
    loop = scene.edge("BB")
    assert scene.network.edge_length_dm[loop] == 10_000
    assert scene.network.edge_from[loop] == scene.network.edge_to[loop] == scene.node("B")
    assert len(scene.course(loop).coords) == 5


def test_spots_on_a_road_count_from_the_node_named_first():
    """100 m from A and 300 m from B are the same spot; aside is to the left of the way one looks."""
    scene = draw("A---B")
    assert scene.on("AB", 100) == pytest.approx(scene.on("BA", 300))
    assert scene.on("AB", 100, aside_m=50) == pytest.approx((ORIGIN[0] + 100, ORIGIN[1] + 50))
    assert scene.on("BA", 300, aside_m=50) == pytest.approx((ORIGIN[0] + 100, ORIGIN[1] - 50))
    assert scene.snaps(("AB", 100), ("BA", 100), "B", None).fraction[:3].tolist() == [0.25, 0.75, 1.0]


def test_roads_may_be_special():
    """Class, sign, length and who may use it can be said per road, and for one of several roads."""
    scene = draw(
        """
        +---+
        |   |
        A---B---C
        """,
        roads={"AB1": Road(road_class="trunk", length_m=12.3), "CB": Road(drive=False, kph=20)},
    )
    first, second, third = scene.edge("AB"), scene.edge("AB", 1), scene.edge("BC")
    assert scene.network.edge_length_dm[[first, second, third]].tolist() == [4000, 123, 4000]
    assert scene.network.edge_class[first] != scene.network.edge_class[second]
    assert not scene.network.drive_forward[third]
    assert scene.network.walk_forward[third]
    assert scene.network.kph_forward[third] == 20


@pytest.mark.parametrize(
    ("drawing", "said"),
    [
        ("A--x--B", "'x' means nothing"),
        ("A--A", "stands twice"),
        ("A-- B", "ends in nothing"),
        ("A->-<-B", "point both ways"),
        ("A--+", "a bend has two arms"),
        ("A--B\n\n--", "leads from no node"),
    ],
)
def test_a_drawing_that_breaks_the_grammar_is_refused(drawing, said):
    """The error says what is wrong with the drawing."""
    with pytest.raises(ValueError, match=said):
        draw(drawing)


def test_a_lone_node_is_allowed():
    """A node without a road is an island of its own."""
    assert draw("A--B C").network.n_nodes == 3


def test_a_study_lives_on_a_scene():
    """Points and facilities stand where they were put, in the area that holds them, with every declared column."""
    scene = draw("A---B")
    made = study(
        scene,
        {"A": 1, ("AB", 300, 10): 2},
        {"B": "hospital", (0, 500): {"kind": "clinic", "tier": "primary"}},
        areas={"west": (-10, -10, 200, 1000), "east": (200, -10, 500, 1000)},
    )
    assert made.people["people"].tolist() == [1, 2]
    assert made.people["area_id"].tolist() == ["west", "east"]
    assert made.facilities["kind"].tolist() == ["hospital", "clinic"]
    assert made.facilities["facility_id"].tolist() == ["f0", "f1"]
    assert made.facilities.geometry[1].x == ORIGIN[0]
    assert made.profiles["drive"].kph["residential"] == profile().kph["residential"] == 36
