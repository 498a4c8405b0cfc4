"""Reach in all its shapes: people, places and ground, groups and towns, worst and share, the text's limit and ours."""

from dataclasses import replace

import pytest

from scenes import draw, study
from standards.county import county
from standards.mini import OURS, assessed, found, with_facilities, zones

ROAD = {"kind": "reach", "kinds": ["ems"], "by": "road", "limit": "5 km"}


@pytest.mark.parametrize(("share", "status"), [(None, "measured"), (33, "met"), (34, "not_met")])
def test_places_are_inside_with_all_their_people(share: float | None, status: str) -> None:
    """Within 5 km of the station at A lie A and B: two of six places, a third of them."""
    extra = {} if share is None else {"share_pct": share}
    told = found({**ROAD, "of": "places", **extra})
    assert (told.figure, told.unit, told.status) == (2 / 6, "share_places", status)
    assert "2 of 6 villages and communities" in told.statement_en


def test_a_place_with_one_house_outside_is_not_inside() -> None:
    """B and C make one village: B is within 5 km, C is not, so of five places only A is inside."""
    plain = county()
    people = plain.people.assign(place_id=["a", "bc", "bc", "d", "e", "o"])
    told = found({**ROAD, "of": "places"}, replace(plain, people=people))
    assert told.figure == 1 / 5


def test_ground_is_tested_cell_by_cell() -> None:
    """Two square kilometres, the middle of one 707 m from the station, of the other 1,581 m: half the area."""
    scene = draw("A---B", step_m=500)
    plain = study(scene, {"A": 1}, {"A": {"kind": "ems_station"}}, areas={"all": (0.0, 0.0, 2000.0, 1000.0)})
    check = {"kind": "reach", "kinds": ["ems"], "by": "line", "limit": "1 km", "of": "area", "cell_m": 1000}
    told = found(check, plain, at=scene)
    assert (told.figure, told.unit) == (0.5, "share_area")


def test_who_keeps_opening_hours_is_taken_as_always_open_and_that_is_said() -> None:
    """One of the two that count closes at night: the figure stays, and a note says what was taken for granted."""
    scene = draw("A---B", step_m=500)
    places = {
        "A": {"kind": "ems_station", "hours": "mon-fri 8:00-18:00"},
        "B": {"kind": "ems_station", "hours": "24/7"},
    }
    told = found(ROAD, study(scene, {"A": 1, "B": 2}, places), at=scene)
    note = "1 of the 2 that count keep opening hours; the verdict takes them as always open."
    assert (told.figure, note in told.notes) == (1.0, True)
    always = found(ROAD, study(scene, {"A": 1, "B": 2}, {"A": {"kind": "ems_station"}}), at=scene)
    assert not any("opening hours" in said for said in always.notes)


def test_the_worst_person_decides_when_the_text_says_every_point() -> None:
    """A, B and C lie at 0, 3 and 6 km; the worst is 6, the median of 1 + 2 + 4 people is 6, and the mean 30/7."""
    plain = county(people={"A": 1, "B": 2, "C": 4})
    for statistic, figure in (("worst", 6.0), ("median", 6.0), ("mean", 30 / 7)):
        told = found({**ROAD, "statistic": statistic}, plain)
        assert (told.figure, told.unit, told.limit) == (pytest.approx(figure), "km", 5.0)
        assert told.status == ("met" if statistic == "mean" else "not_met")


def test_every_town_on_its_own_is_as_good_as_the_worst() -> None:
    """West has 1 + 2 of 19 inside, east none of 12: a share of 15 % is kept by one of three areas."""
    told = found({**ROAD, "share_pct": 15, "level": "area"})
    assert (told.status, told.figure) == ("not_met", 0.0)
    assert "1 of 3 areas keep it" in told.statement_en
    assert list(told.areas["status"]) == ["met", "not_met", "not_met"]


def test_a_group_is_counted_on_its_own() -> None:
    """Of the older people, one at A and three at D, one in four is inside; without the column there is no data."""
    plain = county()
    older = replace(plain, people=plain.people.assign(people_65_plus=[1, 0, 0, 3, 0, 0]))
    told = found({**ROAD, "people": "people_65_plus"}, older)
    assert (told.figure, told.people, told.people_outside) == (0.25, 4, 3)
    bare = found({**ROAD, "people": "people_65_plus"})
    assert (bare.status, "needs people.people_65_plus" in bare.statement_en) == ("no_data", True)


def test_named_areas_confine_a_rule() -> None:
    """In the east nobody of 12 is inside; a name that the study does not have is said, not guessed."""
    words = {"areas": ["east", "南片区"]}
    told = found({**ROAD, "only_in": ["east"]}, words=words)
    assert (told.figure, told.people) == (0.0, 12)
    south = found({**ROAD, "only_in": ["南片区"]}, words=words)
    assert (south.status, "needs zones.name: the outline of 南片区" in south.statement_en) == ("no_data", True)
    drawn = replace(county(), zones=zones(南片区=("district", (-100.0, -100.0, 3_500.0, 3_000.0))))
    # The box holds A and B in its upper row and E in its lower one: 1 + 2 + 16 people, three of them inside.
    assert found({**ROAD, "only_in": ["南片区"]}, drawn, words=words).people == 19


@pytest.mark.parametrize(("share", "would"), [(4, "met"), (5, "not_met")])
def test_a_limit_of_ours_is_labelled_as_ours(share: float, would: str) -> None:
    """Where the plan sets no limit the verdict is measured, and our yardstick stands beside it with its reason."""
    check = {**ROAD, "limit_from": "ours"}
    told = found(check, our_reading={"share_pct": share, **OURS})
    assert (told.status, told.limit, told.our_limit, told.our_status) == ("measured", None, share / 100, would)
    assert any("5 km is our own: ours" in note for note in told.notes)


def test_what_a_facility_has_can_be_asked_for() -> None:
    """A stroke centre at C reaches B, C and D within 5 km; empty columns are no data, `!` says that there is none."""
    check = {"kind": "reach", "where": {"services": "stroke_centre"}, "by": "road", "limit": "5 km"}
    bare = found(check)
    assert bare.status == "no_data"
    assert bare.statement_en.startswith("No data: needs facilities.services: which of them have stroke_centre (fill in")
    assert "卒中中心" in bare.statement_zh
    told = found(check, with_facilities(county(), services=[None, "独立CT；卒中中心", None]))
    assert told.people_within == 2 + 4 + 8
    none = found(check, with_facilities(county(), services=[None, "ct; !stroke_centre", None]))
    assert (none.status, none.people_within) == ("measured", 0)
    other = found(check, with_facilities(county(), services=[None, "ct", None]))
    assert other.status == "no_data"


def test_points_are_told_for_a_group_only() -> None:
    """The table of points behind a finding holds the people who count, so that gaps add up."""
    plain = county()
    older = replace(plain, people=plain.people.assign(people_65_plus=[1, 0, 0, 3, 0, 0]))
    told = assessed({**ROAD, "people": "people_65_plus"}, older)
    assert list(told.points["R-1/one"]["people"]) == [1, 0, 0, 3, 0, 0]
