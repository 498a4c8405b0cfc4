"""The engine on drawn roads, at 36 km/h or 10 m/s, with answers that can be worked out in the head."""

import numpy as np
import pytest

from coverplan.core.units import tenths
from coverplan.roads.speeds import build_graph
from coverplan.travel.field import nearest, node_field
from scenes import Road, draw, profile

INF = np.inf


def _ask(scene, people, doors, *, toward="facility", weight="time", kph=36.0, mode="drive", legs=(0.0, 0.0)):
    graph = build_graph(scene.network, profile(kph, mode=mode))
    demand, facilities = scene.snaps(*people, offroad_m=legs[0]), scene.snaps(*doors, offroad_m=legs[1])
    found = nearest(graph, demand, facilities, toward=toward, weight=weight)
    return found.value.tolist(), found.facility.tolist()


BLOCK = draw("""
    A-->B
    |   |
    D---C
    """)


def test_400_m_take_40_s():
    """From A to B and from a quarter of the way; at the door itself it takes nothing."""
    scene = draw("A---B")
    assert _ask(scene, ["A", ("AB", 100), "B"], ["B"]) == ([40, 30, 0], [0, 0, 0])
    assert _ask(scene, ["A", ("AB", 100), "B"], ["B"], weight="distance") == ([400, 300, 0], [0, 0, 0])


def test_one_way_makes_going_there_and_coming_back_two_things():
    """From B the way to A is around the block, 200 + 400 + 200 m; the crew from A just drives along."""
    assert _ask(BLOCK, ["B"], ["A"]) == ([80], [0])
    assert _ask(BLOCK, ["B"], ["A"], toward="demand") == ([40], [0])


def test_part_of_a_one_way_road_is_left_only_along_it():
    """100 m into the one-way road, A lies behind: on to B 30 s, then around 80 s; the crew from A is there in 10 s."""
    assert _ask(BLOCK, [("AB", 100)], ["A"]) == ([110], [0])
    assert _ask(BLOCK, [("AB", 100)], ["A"], toward="demand") == ([10], [0])
    assert _ask(BLOCK, [("AB", 100)], ["A"], mode="walk", kph=36) == ([10], [0])


def test_two_doors_on_one_road():
    """Without passing a junction, both ways where the road is two-way; facilities beside each other as well."""
    scene = draw("A---B")
    people = [("AB", 50), ("AB", 200), ("AB", 390)]
    assert _ask(scene, people, [("AB", 150), ("AB", 350)]) == ([10, 5, 4], [0, 0, 1])


def test_two_doors_on_one_way_road():
    """Forward 20 s; the other way around the block: 10 + 20 + 40 + 20 + 10."""
    assert _ask(BLOCK, [("AB", 100)], [("AB", 300)]) == ([20], [0])
    assert _ask(BLOCK, [("AB", 300)], [("AB", 100)]) == ([100], [0])
    assert _ask(BLOCK, [("AB", 300)], [("AB", 100)], toward="demand") == ([20], [0])
    assert _ask(BLOCK, [("AB", 200)], [("AB", 200)]) == ([0], [0])


def test_an_edge_drawn_against_its_one_way():
    """A<--B is open only against its course, and the same rules hold mirrored."""
    scene = draw("""
        A<--B
        |   |
        D---C
        """)
    assert _ask(scene, [("AB", 100), ("AB", 300)], ["A"]) == ([10, 30], [0, 0])
    assert _ask(scene, [("AB", 100)], [("AB", 300)]) == ([100], [0])
    assert _ask(scene, [("AB", 300)], [("AB", 100)]) == ([20], [0])


def test_the_way_through_the_junctions_may_be_shorter_than_along_the_own_road():
    """Both live on the long loop road, but the straight road between its ends is quicker."""
    scene = draw("""
        +-----------+
        |           |
        |           |
        A-----------B
        """)
    # The bend is 1800 m long: 100 m in and 100 m before its end they are 1600 m apart along it.
    assert _ask(scene, [("AB", 100, 1)], [("AB", 1700, 1)]) == ([140], [0])
    assert _ask(scene, [("AB", 800, 1)], [("AB", 1000, 1)]) == ([20], [0])


def test_a_one_way_trap_can_be_entered_and_not_left():
    """B has only a one-way road leading in: nobody gets out, crews get in."""
    scene = draw("A-->B")
    assert _ask(scene, ["B", "A"], ["A"]) == ([INF, 0], [-1, 0])
    assert _ask(scene, ["B", "A"], ["A"], toward="demand") == ([40, 0], [0, 0])


def test_a_junction_at_the_end_of_a_one_way_road_is_a_junction():
    """Who lives at B, connected to the one-way road that ends there, may take every other road from B."""
    scene = draw("A-->B---C")
    assert scene.snaps("B").edge.tolist() == [scene.edge("AB")]
    assert _ask(scene, ["B"], ["C"]) == ([40], [0])
    assert _ask(scene, ["C"], ["B"]) == ([40], [0])
    # A connection 4 cm away is the junction, one 10 cm away is on the one-way road, which ends in B all the same.
    assert _ask(scene, [("BA", 0.04), ("BA", 0.1)], ["C"]) == ([40, 40], [0, 0])
    assert _ask(scene, ["C"], [("BA", 0.04), ("BA", 0.1)]) == ([40], [0])
    assert _ask(scene, ["C"], [("BA", 0.1)]) == ([INF], [-1])


def test_islands_are_not_connected():
    """No road leads from the first two to the others."""
    scene = draw("A--B C--D")
    assert _ask(scene, ["A", "C", None], ["D"]) == ([INF, 30, INF], [-1, 0, -1])


def test_a_facility_that_is_not_connected_serves_nobody():
    """It keeps its place in the numbering."""
    scene = draw("A---B")
    assert _ask(scene, ["A"], [None, "B"]) == ([40], [1])
    assert _ask(scene, ["A"], [None]) == ([INF], [-1])
    assert _ask(scene, ["A"], [], weight="distance") == ([INF], [-1])
    assert _ask(scene, ["A"], [None], weight="distance") == ([INF], [-1])


def test_nobody_asks():
    """No points, no answers."""
    assert _ask(draw("A---B"), [], ["A"]) == ([], [])


def test_a_network_without_roads():
    """Everything is unreachable, and nothing breaks."""
    scene = draw("A B")
    graph = build_graph(scene.network, profile())
    nowhere = draw("A-B").snaps(None, None)
    assert nearest(graph, nowhere, nowhere, toward="facility", weight="time").facility.tolist() == [-1, -1]


def test_ties_go_to_the_facility_that_stands_first():
    """M lies in the middle: whichever facility is first in the table is taken, in the search and on one edge."""
    scene = draw("A---M---B")
    assert _ask(scene, ["M"], ["A", "B"]) == ([40], [0])
    assert _ask(scene, ["M"], ["B", "A"]) == ([40], [0])
    assert _ask(scene, ["M"], ["B", "A", "B"])[1] == [0]
    assert _ask(scene, [("AM", 200)], [("AM", 300), ("AM", 100)]) == ([10], [0])
    assert _ask(scene, [("AM", 100)], ["A", ("AM", 200)]) == ([10], [0])
    assert _ask(scene, [("AM", 100)], [("AM", 200), "A"]) == ([10], [0])
    # Far along the network the tie is still decided by the table, not by the way the search went.
    long = draw("A---M---B\n    |\n    C")
    assert [_ask(long, ["C"], doors)[1] for doors in (["A", "B"], ["B", "A"])] == [[0], [0]]


def test_the_walk_to_the_road_counts_at_both_ends():
    """50 m and 30 m at 1 m/s around a drive of 40 s; in metres 50 + 400 + 30."""
    scene = draw("A---B")
    assert _ask(scene, ["A"], ["B"], legs=(50, 30)) == ([120], [0])
    assert _ask(scene, ["A"], ["B"], legs=(50, 30), weight="distance") == ([480], [0])
    assert _ask(scene, [("AB", 100)], [("AB", 100)], legs=(50, 30)) == ([80], [0])


def test_a_nearer_road_may_lose_to_a_shorter_walk():
    """B is farther along the road, but its door is at the road: 40 s against 10 s and a walk of 60 s."""
    scene = draw("A---B")
    graph = build_graph(scene.network, profile())
    doors = scene.snaps(("AB", 100), "B", offroad_m=[60, 0])
    found = nearest(graph, scene.snaps("A"), doors, toward="facility", weight="time")
    assert (found.value.tolist(), found.facility.tolist()) == ([40], [1])


def test_of_parallel_roads_the_fastest_counts():
    """The way around is twice as long at four times the speed: 20 s, not 40 s; in metres the straight one."""
    scene = draw(
        """
        +---+
        |   |
        A---B
        """,
        roads={"AB1": Road(kph=144)},
    )
    assert _ask(scene, ["A"], ["B"]) == ([20], [0])
    assert _ask(scene, ["A"], ["B"], weight="distance") == ([400], [0])


def test_a_road_of_no_length_joins_its_ends():
    """Zero is a weight, not the absence of a road."""
    scene = draw("A---B-C---D", roads={"BC": Road(length_m=0)})
    assert _ask(scene, ["A", ("BC", 0)], ["D"]) == ([80, 40], [0, 0])
    assert _ask(scene, ["A"], ["D"], weight="distance") == ([800], [0])


def test_a_loop_road_comes_home():
    """Living on a loop at B: out by the shorter arm; the loop never shortens anything."""
    scene = draw("""
        A---B--+
            |  |
            +--+
        """)
    assert _ask(scene, [("BB", 100), ("BB", 900), "A"], ["A"]) == ([50, 50, 0], [0, 0, 0])


def test_a_walker_ignores_one_way():
    """At 1 m/s the 400 m back take 400 s."""
    assert _ask(BLOCK, ["B"], ["A"], mode="walk", kph=3.6) == ([400], [0])


@pytest.mark.parametrize("toward", ["facility", "demand"])
def test_the_two_parts_of_an_edge_make_the_whole(toward):
    """Wherever a door cuts a road of 12.3 s, the way through it is 12.3 s, in either direction."""
    scene = draw("A---B", roads={"AB": Road(length_m=123)})
    for metres in np.linspace(0, 123, 47):
        spot = ("AB", float(metres))
        halves = [_ask(scene, [end], [spot], toward=toward)[0][0] for end in ("A", "B")]
        assert tenths(halves).sum() == 123


def test_nodes_on_their_own():
    """The field holds whole tenths and the facility for every node; toward the demand it runs along the arcs."""
    graph = build_graph(BLOCK.network, profile())
    doors = BLOCK.snaps("A", "C")
    field = node_field(graph, doors, toward="facility", weight="time")
    assert dict(zip(BLOCK.nodes, field.value.tolist(), strict=True)) == {"A": 0, "B": 200, "C": 0, "D": 200}
    assert dict(zip(BLOCK.nodes, field.facility.tolist(), strict=True)) == {"A": 0, "B": 1, "C": 1, "D": 0}
    out = node_field(graph, BLOCK.snaps("B"), toward="demand", weight="time")
    back = node_field(graph, BLOCK.snaps("B"), toward="facility", weight="time")
    assert (out.value[BLOCK.node("A")], back.value[BLOCK.node("A")]) == (800, 400)
