"""A study and a scenario make a new study, and the old one stays as it is."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.core.errors import InputError
from coverplan.core.model import Study
from coverplan.scenarios.apply import apply, apply_roads
from coverplan.scenarios.edits import (
    AddRoad,
    Assign,
    Change,
    Close,
    CloseRoad,
    Complete,
    Delay,
    Devices,
    Edit,
    Figure,
    Grow,
    Move,
    Open,
    Place,
    Scenario,
    Settle,
    SlowRoad,
    Speeds,
)
from coverplan.standards.assess import assess
from coverplan.standards.findings import Assessment
from scenarios.proposals import TABLES, at, base, proposal, roads, same
from standards.mini import pack, rule

STATION = Open(name="新站", facility_kind="急救站", at=at(9000, 1500), vehicles=2, negative_pressure=1)
MANY: tuple[Edit, ...] = (
    STATION,
    Open(name="第二站", facility_kind="ems_station", at=at(3000, 1500), vehicles=1),
    Close(facility="一站", vehicles_to="f1"),
    Move(facility="f1", at=at(6000, 1500)),
    Change(facility="f1", columns={"beds": 80, "services": ["ct", "icu"]}),
    Delay(project="1", years=2),
    Complete(project="2"),
    Assign(area="east", community="甲"),
    Grow(area="west", factor=2.0),
    Settle(name="新区", at=at(6000, 1400), people=64),
    Devices(name="车站", at=at(6000, 1500), devices=3),
    Figure(indicator="beds", value=40),
    Speeds(profile="drive", factor=0.5),
    Speeds(factor=0.8, classes={"primary": 0.5}),
)
BESIDES: tuple[Edit, ...] = (
    SlowRoad(place=Place(area="east"), factor=0.5),
    CloseRoad(place=Place(near=at(7500, 1500))),
    AddRoad(course=(at(6000, 1500), at(6000, 100), at(3000, 0))),
)


def pack_of_all() -> tuple:
    """Return rules of every kind that a proposal may touch."""
    reach = {"kind": "reach", "kinds": ["care"], "limit": "10 min"}
    crews = {"kind": "response", "kinds": ["ems"], "limit": "14 min", "profile": "ambulance", "statistic": "share"}
    fleet = {"kind": "ratio", "table": "vehicles", "per_people": 30000, "unit": "vehicle"}
    aeds = {"kind": "ratio", "table": "aeds", "sum": "devices", "per_people": 10000, "unit": "device"}
    return (pack(*(rule(check, name=f"R-{i}") for i, check in enumerate((reach, crews, fleet, aeds)))),)


def told(assessment: Assessment) -> list[tuple]:
    """Return every verdict as something to compare."""
    return [
        (f.key, f.status, f.figure, f.people_within, f.have, f.need, f.areas.to_csv())
        for verdict in assessment.verdicts
        for f in verdict.findings
    ]


@pytest.fixture(scope="module")
def study() -> Study:
    """The base study."""
    return base()


def cell(study: Study, facility: str, column: str) -> object:
    """Return one cell of the facilities table."""
    return study.facilities.set_index("facility_id")[column][facility]


def test_the_empty_scenario_changes_nothing(study: Study) -> None:
    """No edit, no difference: the same study, the same roads."""
    network = roads()
    nothing = proposal()
    assert apply(study, nothing) is study
    assert apply_roads(study, network, nothing) is network


@settings(max_examples=5)
@given(edits=st.permutations(MANY), keep=st.integers(0, len(MANY)))
def test_the_order_of_edits_does_not_matter_and_the_base_stays(edits: list[Edit], keep: int) -> None:
    """Whatever order some edits stand in, the study they make is the same, and the base is untouched."""
    study = base()
    before = {name: copy.deepcopy(getattr(study, name)) for name in TABLES}
    chosen = edits[:keep]
    one = apply(study, proposal(*chosen))
    other = apply(study, proposal(*sorted(chosen, key=lambda edit: repr(edit.says))))
    assert same(one, other)
    assert one.inputs == other.inputs
    assert one.populations == other.populations
    assert all(one.profiles[name] == other.profiles[name] for name in study.profiles)
    assert same(study, replace(study, **before))
    assert study.inputs == base().inputs


def test_a_scenario_is_not_applied_twice(study: Study) -> None:
    """The second time is refused by name; the mark says what was applied."""
    once = apply(study, proposal(STATION))
    assert len(once.inputs["scenario try"]) == 64
    with pytest.raises(InputError, match="'try' is in this study already"):
        apply(once, proposal(STATION))


def test_scenarios_add_up(study: Study) -> None:
    """Two scenarios one after the other make what one scenario with the edits of both makes."""
    west, east = Grow(area="west", factor=2.0), Change(facility="f1", columns={"beds": 80})
    apart = apply(apply(study, proposal(west, name="one")), proposal(east, name="two"))
    together = apply(study, proposal(west, east, name="one"))
    assert same(apart, together)


def test_a_new_station_is_there_with_its_vehicles(study: Study) -> None:
    """It serves at once, lies in its town, and its vehicles are counted by rules."""
    made = apply(study, proposal(STATION))
    assert [cell(made, "try/新站", name) for name in ("kind", "area_id", "open_year")] == ["ems_station", "east", 2020]
    fleet = made.vehicles[made.vehicles["facility_id"] == "try/新站"]
    assert fleet["negative_pressure"].to_list() == [True, False]
    before, after = (assess(s, roads(), packs=pack_of_all()) for s in (study, made))
    # A station at A covers everybody on the main road within 7 minutes at 20 m/s; D has 8 people 450 s away.
    assert after.finding("R-1").people_within >= before.finding("R-1").people_within
    assert (before.finding("R-2").have, after.finding("R-2").have) == (3, 5)


def test_where_no_fleet_is_known_none_begins(study: Study) -> None:
    """Without a vehicle table every station counts; a new one with vehicles must not make the others look empty."""
    bare = replace(study, vehicles=study.vehicles.iloc[:0])
    made = apply(bare, proposal(STATION, Change(facility="f2", vehicles=2)))
    assert len(made.vehicles) == 0
    within = [assess(s, roads(), packs=pack_of_all()).finding("R-1").people_within for s in (bare, made)]
    assert within[1] >= within[0] > 0


def test_closing_leaves_the_record_and_takes_the_vehicles_out(study: Study) -> None:
    """A closed station is in the register, serves nobody, and its vehicles count only where they go."""
    idle = apply(study, proposal(Close(facility="一站")))
    gone = apply(study, proposal(Close(facility="一站", vehicles_to="东医院")))
    assert cell(idle, "f2", "close_year") == 2020
    assert assess(idle, roads(), packs=pack_of_all()).finding("R-1").people_within == 0
    assert [assess(s, roads(), packs=pack_of_all()).finding("R-2").have for s in (idle, gone)] == [0, 3]


def test_moving_takes_the_town_along(study: Study) -> None:
    """A moved facility lies in the town of its new place, and distances are measured from there."""
    made = apply(study, proposal(Move(facility="f1", at=at(0, 1500))))
    assert cell(made, "f1", "area_id") == "west"
    assert np.allclose(
        [cell(made, "f1", "geometry").x, cell(made, "f1", "geometry").y], [650_000, 2_741_500], atol=0.01
    )


def test_an_edit_far_away_changes_nothing_here(study: Study) -> None:
    """What happens on the island leaves every figure of the other towns and people as it was."""
    far = proposal(
        Open(name="岛站", facility_kind="clinic", at=at(0, 0), columns={"tier": "基层"}),
        SlowRoad(place=Place(near=at(1500, 0)), factor=0.2),
    )
    network = roads()
    before = assess(study, network, packs=pack_of_all())
    after = assess(apply(study, far), apply_roads(study, network, far), packs=pack_of_all())
    island = study.people["point_id"] == "p4"
    for name, points in before.points.items():
        now = after.points[name]
        assert now[~island].equals(points[~island]), name
    east = [[f.areas.set_index("area_id").loc["east"].to_dict() for v in a.verdicts for f in v.findings]
            for a in (before, after)]  # fmt: skip
    assert repr(east[0]) == repr(east[1])


def test_a_town_goes_to_another_community(study: Study) -> None:
    """Its members change, lead hospitals stay, and the lead of the new community is responsible for the town."""
    made = apply(study, proposal(Assign(area="east", community="甲")))
    assert [cell(made, f, "community") for f in ("f0", "f1", "f3")] == ["甲", "乙", "甲"]
    again = apply(study, proposal(Assign(area="west", community="乙")))
    assert [cell(again, f, "serves") for f in ("f0", "f1")] == ["east", "west"]


def test_people_come_and_populations_follow(study: Study) -> None:
    """West doubles from 19 to 38, 64 people come, and the default population grows by all of them."""
    made = apply(study, proposal(Grow(area="west", factor=2.0), Settle(name="新区", at=at(6000, 1400), people=64)))
    assert int(made.people["people"].sum()) == 63 + 19 + 64
    assert made.people["people"].iloc[-1] == 64
    assert made.populations["resident"].people == 70_000 + 19 + 64
    assert made.populations["resident_2025"].people == 95_000


def test_people_of_the_target_year_change_the_denominator(study: Study) -> None:
    """Scaled to a population of the study, everybody sums to it and rules divide by it."""
    made = apply(study, proposal(Grow(to="resident_2025")))
    assert int(made.people["people"].sum()) == 95_000
    assert (made.default_population, made.populations["resident_2025"].people) == ("resident_2025", 95_000)
    assert assess(made, roads(), packs=pack_of_all()).finding("R-2").need == 4


def test_half_the_speed_is_twice_the_time(study: Study) -> None:
    """D is 3 km from the hospital at C: 5 minutes at 10 m/s, 10 minutes at half of it."""
    slow = apply(study, proposal(Speeds(profile="drive", factor=0.5)))
    values = [assess(s, roads(), packs=pack_of_all()).points["R-0/one"]["value"].to_numpy()[3] for s in (study, slow)]
    assert values == [5.0, 10.0]


def test_a_finished_project_opens_what_it_builds(study: Study) -> None:
    """Project 1 finished now: the hospital at D serves; delayed by two years it opens in 2025."""
    now = apply(study, proposal(Complete(project="D院新建")))
    assert (cell(now, "f3", "open_year"), cell(now, "f3", "beds")) == (2020, 30)
    later = apply(study, proposal(Delay(project="1", years=2)))
    assert (cell(later, "f3", "open_year"), int(later.projects["end_year"][0])) == (2025, 2025)


def test_an_edit_may_wait(study: Study) -> None:
    """What comes later, or with a project that is not finished, changes nothing yet."""
    waiting = (replace(STATION, year=2024), Close(facility="f0", after="2"))
    assert same(apply(study, proposal(*waiting)), study)


def test_everything_wrong_is_said_at_once(study: Study) -> None:
    """Edits of a script are held against the study as those of a file are."""
    wrong = proposal(
        Close(facility="f9"),
        Move(facility="东医院", at=(24.7, 118.5)),
        Open(name="新站", facility_kind="hosptial", at=at(0, 0), vehicles=1, negative_pressure=2),
        Change(facility="f0", columns={"beds": -1, "bedz": 2}),
        Change(facility="f0", columns={"tier": "third"}),
        Grow(area="west", factor=2.0),
        Grow(factor=1.5),
    )
    with pytest.raises(InputError) as caught:
        apply(study, wrong)
    said = str(caught.value)
    for part in ("no facility 'f9'", "longitude comes first", "'hosptial' is not a facility kind",
                 "did you mean 'hospital'",
                 "2 of 1 vehicles", "-1 is below 0", "no column 'bedz'", "'third' is not a known tier",
                 "everybody is scaled already"):  # fmt: skip
        assert part in said, part


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (Grow(factor=1e9), "people are more than a county has"),
        (Settle(name="新区", at=at(6000, 1400), people=10**18), "people are more than a county has"),
        (Settle(name=" ", at=at(6000, 1400), people=3), "has no name"),
        (Open(name="", facility_kind="ems_station", at=at(0, 0)), "has no name"),
        (Open(name="新站", facility_kind="ems_station", at=at(0, 0), vehicles=5000), "more than a station has"),
        (Change(facility="f0", columns={"beds": float("inf")}), "should be a whole number"),
        (Change(facility="f0", columns={"beds": float("nan")}), "should be a whole number"),
        (Delay(project="1", years=-50), "would end in 1973, before it begins"),
        (Delay(project="1", years=500), "would end in 2523"),
        (Close(facility="f2", vehicles_to="nowhere"), "no facility 'nowhere'"),
    ],
)
def test_numbers_that_nobody_means(study: Study, edit: Edit, said: str) -> None:
    """Too many zeros, infinity, an end before the beginning: refused in words, never reckoned with."""
    with pytest.raises(InputError) as caught:
        apply(study, proposal(edit))
    assert said in str(caught.value)


def test_what_is_finished_cannot_be_late(study: Study) -> None:
    """In a study of 2024 project 1 of 2023 is finished; its beds stand already."""
    with pytest.raises(InputError, match="project '1' is finished since 2023"):
        apply(replace(study, year=2024), proposal(Delay(project="1", years=2)))


def test_a_scenario_costs_something_or_nothing(study: Study) -> None:
    """A cost below zero would turn the ranking per yuan around."""
    with pytest.raises(InputError, match="-3 is no cost"):
        apply(study, replace(proposal(Close(facility="f2")), cost_100m_cny=-3.0))


def test_two_edits_of_one_thing_contradict(study: Study) -> None:
    """The order does not matter, so two values for one cell are refused; for two years they are not."""
    twice = (Change(facility="f0", columns={"beds": 20}), Change(facility="f0", columns={"beds": 30}))
    with pytest.raises(InputError, match="beds of f0 is said already"):
        apply(study, proposal(*twice))
    apply(study, proposal(twice[0], replace(twice[1], year=2025)))
    with pytest.raises(InputError, match="closed at the same time"):
        apply(study, proposal(Close(facility="f0"), Move(facility="f0", at=at(0, 0))))


def test_the_mark_of_a_scenario_is_what_it_says() -> None:
    """Order, lines and titles are not part of it; a number is."""
    one = Scenario(scenario_id="a", edits=MANY[:4])
    other = Scenario(scenario_id="b", name="x", edits=tuple(replace(e, line=3) for e in reversed(MANY[:4])))
    assert one.mark == other.mark
    assert one.mark != replace(one, edits=(*MANY[1:4], replace(STATION, vehicles=3))).mark


def test_roads_and_study_of_one_scenario(study: Study) -> None:
    """Edits of roads leave the tables alone, and edits of tables leave the roads alone."""
    network = roads()
    both = proposal(*MANY, *BESIDES)
    assert same(apply(study, both), apply(study, proposal(*MANY)))
    assert apply_roads(study, network, proposal(*MANY)) is network
    made = apply_roads(study, network, both)
    assert made.n_edges > network.n_edges == roads().n_edges
