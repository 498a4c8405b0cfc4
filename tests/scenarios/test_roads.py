"""Roads added, closed and slowed, on scenes whose times can be worked out in the head."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from coverplan.core.errors import InputError
from coverplan.core.model import Study
from coverplan.roads.network import Network
from coverplan.roads.store import read_network, write_network
from coverplan.scenarios.apply import apply_roads
from coverplan.scenarios.edits import AddRoad, CloseRoad, Edit, Place, SlowRoad
from coverplan.travel.times import travel_times
from scenarios.proposals import at, proposal
from scenes import Road, draw, study

# 1 km a side; F at A, people at A, B, C, D.
SQUARE = """
A----B
|    |
|    |
C----D
"""


def square() -> tuple[Study, Network]:
    """Return a square of roads, 500 m and 300 m a side, with a station at A and people on every corner."""
    scene = draw(SQUARE, roads={"AB": Road(road_class="primary")})
    return study(scene, {"A": 1, "B": 2, "C": 4, "D": 8}, {"A": "ems_station"}), scene.network


def times(*edits: Edit, walking: bool = False) -> list[float]:
    """Return the seconds from A to each corner under some edits, at 10 m/s (1 m/s on foot)."""
    made, network = square()
    told = apply_roads(made, network, proposal(*edits))
    name = "walk" if walking else "drive"
    return travel_times(made, told, kinds="ems", profile=name, toward="demand")["time_s"].to_list()


def test_nothing_edited_is_the_base() -> None:
    """B is 500 m away, C 300 m, D 800 m."""
    assert times() == [0, 50, 30, 80]


def test_a_closed_road_is_driven_around() -> None:
    """With A-C closed, C is reached over B and D: 500 + 300 + 500 m; walkers are stopped too, unless it says cars."""
    near = Place(near=at(0, 150))
    assert times(CloseRoad(place=near)) == [0, 50, 130, 80]
    assert times(CloseRoad(place=near), walking=True)[2] == 1300
    assert times(CloseRoad(place=near, to="cars"), walking=True)[2] == 300


def test_a_slow_road_takes_longer_and_is_avoided() -> None:
    """At a tenth of the speed A-C takes 300 s, so C is reached around; at half speed it is not."""
    near = Place(near=at(0, 150))
    assert times(SlowRoad(place=near, factor=0.1))[2] == 130
    assert times(SlowRoad(place=near, factor=0.5))[2] == 60


def test_slowing_twice_multiplies() -> None:
    """Half the speed on a road and half the speed in the town are a quarter."""
    half = SlowRoad(place=Place(near=at(0, 150)), factor=0.5)
    class_ = SlowRoad(place=Place(classes=("residential",)), factor=0.5)
    assert times(half, class_)[2] == 120
    assert times(SlowRoad(place=Place(area="all_of_it"), factor=0.5)) == [0, 100, 60, 160]


def test_roads_are_found_by_name_class_way_and_circle() -> None:
    """A-B is the primary road, A-C the way between its ends; cut off by a circle, the crew at A walks 300 m to C."""
    assert times(CloseRoad(place=Place(classes=("主干路",))))[1] == 30 + 50 + 30
    assert times(CloseRoad(place=Place(between=(at(0, 300), at(0, 0)))))[2] == 130
    assert times(CloseRoad(place=Place(near=at(0, 300), within_m=5)))[1:] == [380, 300, 350]


def test_a_new_road_is_driven() -> None:
    """A diagonal from A to D is 583.1 m; a bend makes it longer."""
    straight = AddRoad(course=(at(0, 300), at(500, 0)))
    assert times(straight)[3] == pytest.approx(58.3)
    assert times(AddRoad(course=(at(0, 300), at(0, 100), at(500, 0))))[3] == pytest.approx(20 + 50.99, abs=0.06)


def test_a_new_road_meets_roads_in_between() -> None:
    """From the middle of A-B to the middle of C-D: 250 + 300 + 250 m to D, no faster than before; B-D closed, it is."""
    middle = AddRoad(course=(at(250, 301), at(250, -1)))
    assert times(middle)[3] == 80
    closed = [CloseRoad(place=Place(near=at(x, 150))) for x in (0, 500)]
    assert times(middle, *closed)[2:] == [80, 80]


def test_two_new_roads_meet_where_both_end_and_both_cut_one_road() -> None:
    """Two roads from a spot in the field cut A-B at 100 m and at 400 m: the pieces still add up to it."""
    field = at(250, 150)
    both = (AddRoad(course=(at(100, 300), field)), AddRoad(course=(field, at(400, 300))))
    made, network = square()
    # The ends in the field meet no road, so they are refused unless one is near.
    near = [AddRoad(course=(at(100, 300), at(100, 0))), AddRoad(course=(at(400, 300), at(400, 0)))]
    told = apply_roads(made, network, proposal(*near))
    assert told.n_edges == network.n_edges + 2 + 4
    assert int(told.edge_length_dm[: network.n_edges].sum() + told.edge_length_dm[network.n_edges :].sum()) == int(
        network.edge_length_dm.sum() + 2 * 3000
    )
    assert times(*near) == [0, 50, 30, 80]
    joined = apply_roads(made, network, proposal(*both))
    assert joined.n_edges > network.n_edges


def test_a_forbidden_turn_stays_at_its_junction() -> None:
    """From A-B one may not turn into B-D, nor from D-B into B-A; a road that cuts A-B in the middle changes neither."""
    made, network = square()
    scene = draw(SQUARE)
    first, second = scene.edge("AB"), scene.edge("BD")
    bound = replace(network, no_turns=np.array([[first, second, 1], [second, first, 0]], dtype=np.int32))
    told = apply_roads(made, bound, proposal(AddRoad(course=(at(250, 301), at(250, -1)))))
    half = int(told.no_turns[0, 0])
    assert told.no_turns.tolist() == [[half, second, 1], [second, half, 0]]
    assert half >= network.n_edges
    assert told.edge_to[half] == network.edge_to[first]


def test_one_way_goes_one_way() -> None:
    """A one-way diagonal from D to A does not help to get from A to D."""
    assert times(AddRoad(course=(at(500, 0), at(0, 300)), oneway=True))[3] == 80
    assert times(AddRoad(course=(at(0, 300), at(500, 0)), oneway=True, kph=72))[3] == pytest.approx(29.2, abs=0.1)


def test_what_fits_no_road_is_said() -> None:
    """A name that no road has, a way that leads nowhere and a road that meets none are problems of the scenario."""
    made, network = square()
    wrong = proposal(
        CloseRoad(place=Place(name="世纪大道")), AddRoad(course=(at(250, 900), at(250, 1500))), SlowRoad(
            place=Place(near=at(0, 150), classes=("motorway",)), factor=0.5)
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        apply_roads(made, network, wrong)
    said = str(caught.value)
    assert "no road is called '世纪大道'" in said
    assert "ends where there is none" in said
    assert "no road fits all of that" in said


def test_slowed_roads_are_stored(tmp_path: Path) -> None:
    """Roads that a scenario slows come back as slow, and so do a new road and the halves of one that it cuts."""
    made, network = square()
    plan = (SlowRoad(place=Place(near=at(0, 150)), factor=0.1), AddRoad(course=(at(0, 150), at(500, 150))))
    slowed = apply_roads(made, network, proposal(*plan))
    again = read_network(write_network(slowed, tmp_path / "roads.npz"))
    assert again.speed_factor.tolist() == slowed.speed_factor.tolist()
    assert sorted(again.speed_factor) == [0.1, 0.1, 1.0, 1.0, 1.0, 1.0, 1.0]
