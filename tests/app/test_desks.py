"""A desk is a private copy: undo brings back exactly what was, and nothing leaks to another."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from coverplan.app.desks import Desks, NoSuchThingError, redone, undone, with_edits, with_settings, without_edit
from coverplan.app.drafts import Kept
from coverplan.app.edits import MOST_EDITS, as_data
from coverplan.app.planner import Planner
from coverplan.core.errors import InputError
from served import STATION, toy_planner

SPOT = [118.545, 24.72]


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planner]:
    """A planner for the toy county."""
    with toy_planner(tmp_path_factory.mktemp("scenarios")) as planner:
        yield planner


def test_undo_and_redo_bring_back_exactly_what_was(planner: Planner) -> None:
    """Every step back and forth shows the state of that step, the counter of changes apart."""
    steps = [
        lambda desk: with_edits(desk, planner.drafts, [{"open": {"kind": "ems_station", "at": SPOT, "vehicles": 1}}]),
        lambda desk: with_edits(desk, planner.drafts, [{"close": STATION}]),
        lambda desk: with_settings(desk, planner.drafts, {"year": 2024, "options": {"TB-1": "walk"}}),
        lambda desk: without_edit(desk, planner.drafts, 1),
        planner.cleared,
    ]
    desk = planner.begin()
    seen = [planner.state(desk)]
    for step in steps:
        desk = step(desk)
        seen.append(planner.state(desk))
    moves = {"revision", "can_undo", "can_redo"}

    def same(one: dict, other: dict) -> bool:
        return {k: v for k, v in one.items() if k not in moves} == {k: v for k, v in other.items() if k not in moves}

    for told in reversed(seen[:-1]):
        desk = undone(desk)
        assert same(planner.state(desk), told)
    assert undone(desk) is desk
    for told in seen[1:]:
        desk = redone(desk)
        assert same(planner.state(desk), told)
    assert redone(desk) is desk


def test_a_new_edit_forgets_what_was_undone(planner: Planner) -> None:
    """After undo and another edit there is nothing to do again."""
    desk = with_edits(planner.begin(), planner.drafts, [{"close": STATION}])
    desk = with_edits(undone(desk), planner.drafts, [{"close": "F1"}])
    assert not desk.future
    assert [as_data(edit) for edit in desk.now.content.edits] == [{"close": {"facility": "F1"}}]


def test_edits_are_made_all_or_none(planner: Planner) -> None:
    """One wrong edit among several leaves the desk as it was, and every mistake is named with its number."""
    desk = planner.desks.begin()
    wrong = [{"close": STATION}, {"close": "nobody"}, {"opne": {}}]
    with pytest.raises(InputError) as caught:
        planner.desks.change(desk.desk_id, lambda desk: with_edits(desk, planner.drafts, wrong))
    assert sorted(problem.row or 0 for problem in caught.value.problems) == [2, 3]
    assert planner.desks.desk(desk.desk_id) == desk


def test_what_is_said_of_a_facility_again_takes_its_place(planner: Planner) -> None:
    """Ten drags of a station are one move; what was opened here and is closed again was never opened."""
    desk = planner.begin()
    for i in range(10):
        desk = with_edits(desk, planner.drafts, [{"move": {"facility": STATION, "at": [118.54 + i / 1000, 24.72]}}])
    assert [as_data(edit) for edit in desk.now.content.edits] == [
        {"move": {"facility": STATION, "at": [118.549, 24.72]}}
    ]
    assert len(desk.past) == 10
    desk = with_edits(desk, planner.drafts, [{"close": STATION}])
    assert [as_data(edit) for edit in desk.now.content.edits] == [{"close": {"facility": STATION}}]
    desk = with_edits(
        desk, planner.drafts, [{"open": {"kind": "ems_station", "name": "新", "at": SPOT, "vehicles": 1}}]
    )
    desk = with_edits(desk, planner.drafts, [{"move": {"facility": "desk/新", "at": [118.55, 24.72]}}])
    desk = with_edits(desk, planner.drafts, [{"change": {"facility": "desk/新", "vehicles": 3, "tier": "primary"}}])
    assert as_data(desk.now.content.edits[1])["open"] == {
        "kind": "ems_station", "name": "新", "at": [118.55, 24.72], "tier": "primary", "vehicles": 3,
    }  # fmt: skip
    desk = with_edits(desk, planner.drafts, [{"close": "desk/新"}])
    assert len(desk.now.content.edits) == 1


def test_devices_of_the_same_name_take_the_place_of_the_first(planner: Planner) -> None:
    """A place with AEDs is moved, and given another number, by saying it again; another name is another place."""
    desk = with_edits(planner.begin(), planner.drafts, [{"devices": {"name": "车站", "at": SPOT, "devices": 2}}])
    again = [{"devices": {"name": "车站", "at": [118.55, 24.72], "devices": 3}}, {"devices": {"at": SPOT}}]
    desk = with_edits(desk, planner.drafts, again)
    told = [as_data(edit)["devices"] for edit in desk.now.content.edits]
    assert told == [
        {"name": "车站", "at": [118.55, 24.72], "devices": 3},
        {"name": "新增AED点1", "at": SPOT, "devices": 1},
    ]
    desk = with_edits(desk, planner.drafts, [{"devices": {"at": SPOT}}])
    assert as_data(desk.now.content.edits[-1])["devices"]["name"] == "新增AED点2"


def test_a_desk_holds_so_many_edits_and_no_more(planner: Planner) -> None:
    """Beyond the limit an edit is refused with a hint."""
    spots = [{"devices": {"at": SPOT}} for _ in range(MOST_EDITS)]
    desk = with_edits(planner.begin(), planner.drafts, spots)
    with pytest.raises(InputError, match=f"more than {MOST_EDITS} edits"):
        with_edits(desk, planner.drafts, [{"devices": {"at": SPOT}}])


def test_the_desk_unused_for_longest_makes_room(planner: Planner) -> None:
    """There are only so many desks, and idle ones go."""
    desks = Desks(planner.drafts, most=2)
    first, second = desks.begin(), desks.begin()
    desks.desk(first.desk_id)
    third = desks.begin()
    assert {desks.desk(one.desk_id).desk_id for one in (first, third)} == {first.desk_id, third.desk_id}
    with pytest.raises(NoSuchThingError):
        desks.desk(second.desk_id)
    idle = Desks(planner.drafts, idle_s=-1.0)
    assert [len(idle) for _ in range(3) if idle.begin()] == [0, 0, 0]


def test_desks_that_are_used_at_the_same_time_never_mix(planner: Planner) -> None:
    """Eight threads edit eight desks; each ends with its own edits and the figures of those alone."""
    facilities = planner.world.study.facilities["facility_id"].to_list()
    base = planner.world.study.facilities.copy()

    def work(i: int) -> tuple[str, list[dict], dict]:
        rng = random.Random(i)  # noqa: S311 - drawn, not secret
        desk = planner.desks.begin()
        for _ in range(3):
            at = [118.545 + rng.uniform(-0.004, 0.004), 24.72]
            edit = [{"move": {"facility": facilities[i % len(facilities)], "at": at}}]
            desk = planner.desks.change(desk.desk_id, lambda desk, edit=edit: with_edits(desk, planner.drafts, edit))
        return desk.desk_id, edit, planner.state(desk)

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(work, range(8)))
    with toy_planner(planner.saved.folder) as alone:
        for desk_id, edit, state in told:
            kept = planner.desks.desk(desk_id)
            assert [as_data(one) for one in kept.now.content.edits] == edit
            again = alone.state(with_edits(alone.begin(), alone.drafts, edit))
            assert (again["figures"], again["facilities"]) == (state["figures"], state["facilities"])
    assert planner.world.study.facilities.equals(base)


def test_two_who_ask_for_the_same_wait_for_one_making() -> None:
    """A thing is made once, however many threads ask; a making that fails may be tried again."""
    kept, made = Kept[int](2), []

    def make() -> int:
        made.append(1)
        return 7

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: kept.once("x", make), range(50))) == {7}
    assert len(made) == 1
    with pytest.raises(ZeroDivisionError):
        kept.once("y", lambda: 1 // 0)
    assert [kept.once(key, lambda: 1) for key in "yz"] == [1, 1]
    assert kept.get("x") is None
