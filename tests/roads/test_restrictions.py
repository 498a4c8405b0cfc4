"""Turn restrictions as they stand in OpenStreetMap, and what they forbid."""

from pathlib import Path

import numpy as np
import osmium
import pytest

from coverplan.roads.restrictions import Incidence, Restriction, forbidden_turns, read_restrictions, restrictions_of
from osm_files import Drawing, write_xml

MEMBERS = [("w", 1, "from"), ("n", 5, "via"), ("w", 2, "to")]
# A crossing at node 5: way 1 comes from 1 and ends there, way 2 goes on to 2; way 3 runs through from 3 to 4.
CROSS = Incidence(way=np.array([1, 2, 3, 3]), edge_from=np.array([1, 5, 3, 5]), edge_to=np.array([5, 2, 5, 4]))


@pytest.mark.parametrize(
    "tags",
    [
        {"type": "restriction", "restriction": "no_left_turn"},
        {"type": "restriction", "restriction:motorcar": "no_entry"},
        {"type": "restriction", "restriction": "only_right_turn", "restriction:motor_vehicle": "no_u_turn"},
        {"type": "restriction", "restriction": "no_straight_on", "except": "bus;bicycle"},
    ],
)
def test_what_forbids_a_turn_to_cars(tags: dict[str, str]) -> None:
    """A `no_...` for all vehicles or for cars is read; the narrower key counts before the wider one."""
    assert list(restrictions_of(tags, MEMBERS)) == [Restriction(1, 5, 2, only=False)]


@pytest.mark.parametrize(
    ("tags", "members"),
    [
        ({"type": "restriction", "restriction": "no_left_turn", "except": "psv;motorcar"}, MEMBERS),
        ({"type": "restriction", "restriction:hgv": "no_left_turn"}, MEMBERS),
        ({"type": "restriction", "restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-09:00)"}, MEMBERS),
        ({"type": "restriction", "restriction": "nothing_known"}, MEMBERS),
        ({"type": "route", "restriction": "no_left_turn"}, MEMBERS),
        ({"type": "restriction", "restriction": "no_left_turn"}, [*MEMBERS, ("n", 6, "via")]),
        ({"type": "restriction", "restriction": "no_left_turn"}, [MEMBERS[0], ("w", 9, "via"), MEMBERS[2]]),
        ({"type": "restriction", "restriction": "no_left_turn"}, MEMBERS[:2]),
        ({"type": "restriction", "restriction": "no_left_turn"}, [("n", 1, "from"), *MEMBERS[1:]]),
    ],
)
def test_what_does_not_bind_cars_is_left_out(tags: dict[str, str], members: list[tuple[str, int, str]]) -> None:
    """Other vehicles, exceptions for cars, conditions, ways as via, and broken relations say nothing."""
    assert list(restrictions_of(tags, members)) == []


def test_no_forbids_one_turn_and_only_all_others() -> None:
    """Edges are 0 (1-5), 1 (5-2), 2 (3-5), 3 (5-4); whoever comes along edge 0 is at its end."""
    no, only = Restriction(1, 5, 2, only=False), Restriction(1, 5, 2, only=True)
    assert forbidden_turns([no], CROSS).tolist() == [[0, 1, 1]]
    assert forbidden_turns([only], CROSS).tolist() == [[0, 0, 1], [0, 2, 1], [0, 3, 1]]


def test_a_way_through_the_node_is_not_guessed_at() -> None:
    """A restriction from or to a way that goes on at both sides is left out, and so is one at a node far away."""
    from_through, to_through = Restriction(3, 5, 1, only=False), Restriction(1, 5, 3, only=False)
    nowhere = Restriction(1, 99, 2, only=False)
    assert forbidden_turns([from_through, to_through, nowhere], CROSS).shape == (0, 3)


def test_a_u_turn_is_forbidden_on_either_side() -> None:
    """`no_u_turn` from a way into itself holds for each of its edges at that node, at the right end of it."""
    assert forbidden_turns([Restriction(3, 5, 3, only=False)], CROSS).tolist() == [[2, 2, 1], [3, 3, 0]]


def test_relations_of_a_file_are_read(tmp_path: Path) -> None:
    """Of three relations in a file, the one that forbids something to cars is found."""
    road = {"highway": "residential"}
    members = [("way", 1, "from"), ("node", 5, "via"), ("way", 2, "to")]
    relations = [
        (members, {"type": "restriction", "restriction": "no_u_turn"}),
        ([("way", 1, "outer")], {"type": "multipolygon"}),
        (members, {"type": "restriction", "restriction:bus": "no_entry"}),
    ]
    path = write_xml(Drawing(ways=[((1, 5), road), ((5, 2), road)], relations=relations), tmp_path / "a.osm")
    assert read_restrictions(path, osmium) == [Restriction(1, 5, 2, only=False)]
