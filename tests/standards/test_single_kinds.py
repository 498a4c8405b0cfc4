"""Existence, siting, proximity, assignment and trend, with the verdict of each worked out by hand."""

from dataclasses import replace

import pytest

from coverplan.standards.gaps import gaps
from standards.county import county
from standards.mini import OURS, assessed, found, indicators, with_facilities, zones

WASH = {"A": {"kind": "ems_subcentre"}, "D": {"kind": "ems_subcentre"}, ("AB", 100): {"kind": "decon_centre"}}
SERVICE = {
    "kind": "existence",
    "per": "service_area",
    "hubs": {"kind": "ems_subcentre"},
    "where": {"kind": "decon_centre"},
}


def test_one_in_each_service_area_or_one_in_all_together() -> None:
    """The centre stands 100 m from A: A's area has one, D's has none; together one is enough."""
    plain = county(facilities=WASH)
    told = found(SERVICE, plain)
    assert (told.status, told.figure, told.short) == ("not_met", 0.5, 1)
    assert told.units is not None
    assert list(told.units["status"]) == ["met", "not_met"]
    assert list(told.units["people"]) == [1 + 2, 4 + 8]
    assert found({**SERVICE, "together": True}, plain).status == "met"


def test_a_service_area_may_be_towns_or_drawn() -> None:
    """By the towns that a hub serves, and by outlines: both put the centre in the west."""
    plain = with_facilities(county(facilities=WASH), serves=["west", "east", None])
    told = found({**SERVICE, "assign": "serves"}, plain)
    assert told.units is not None
    assert list(told.units["people"]) == [1 + 2 + 16, 4 + 8]
    assert list(told.units["status"]) == ["met", "not_met"]
    drawn = zones(w=("service_area", (-100.0, 0.0, 4000.0, 3000.0)), e=("service_area", (4000.0, 0.0, 12000.0, 3000.0)))
    study = replace(county(facilities=WASH), zones=drawn.assign(facility_id=["f0", "f1"]))
    shaped = found({**SERVICE, "assign": "position"}, study)
    assert shaped.units is not None
    assert list(shaped.units["status"]) == ["met", "not_met"]
    bare = found({**SERVICE, "assign": "serves"}, county(facilities=WASH))
    assert "needs facilities.serves" in bare.statement_en


def test_the_text_may_speak_of_more_hubs_than_there_are() -> None:
    """Four sub-centres in the text and two in the register: the verdict says so."""
    told = found({**SERVICE, "n_hubs": 4}, county(facilities=WASH))
    assert any("speaks of 4; the facilities table has 2" in note for note in told.notes)


def test_something_in_every_town() -> None:
    """The health centre stands in the west, so the east has none; a centre that serves the east mends it."""
    check = {"kind": "existence", "per": "area", "where": {"kind": "chc"}}
    told = assessed(check)
    finding = told.finding("R-1")
    assert (finding.status, finding.figure) == ("not_met", 0.5)
    rows = gaps(told)
    assert list(zip(rows["area"], rows["cause"], rows["closes"], strict=True)) == [
        ("east", "none_here", "set up the first one here")
    ]
    served = with_facilities(county(), kind=["chc", "chc", "ems_station"], serves=["west", "east", None])
    assert found({**check, "assign": "serves"}, served).status == "met"
    assert found({"kind": "existence", "per": "street", "where": {"kind": "chc"}}).status == "no_data"


def test_something_in_every_village() -> None:
    """Clinics in villages p0 and p1 of six: two of six; only administrative villages count where the text says so."""
    plain = county()
    clinics = with_facilities(
        plain, kind=["village_clinic", "village_clinic", "ems_station"], place_id=["p0", "p1", None]
    )
    check = {"kind": "existence", "where": {"kind": "village_clinic"}}
    every = found({**check, "per": "place"}, clinics)
    assert (every.figure, every.unit, every.short) == (2 / 6, "share_places", 4)
    kinds = ["village", "village", "community", "community", "community", "community"]
    named = replace(clinics, people=plain.people.assign(place_kind=kinds))
    assert found({**check, "per": "village"}, named).status == "met"
    assert "needs people.place_kind" in found({**check, "per": "village"}, clinics).statement_en
    # The clinics stand at A and C, so p0 and p2 are the nearest places.
    near = found({**check, "per": "place", "assign": "nearest"}, clinics)
    assert near.units is not None
    assert list(near.units.loc[near.units["status"] == "met", "unit_id"]) == ["p0", "p2"]


def test_what_has_its_own_is_exempt() -> None:
    """A community hospital in every area without a public hospital: the east has one, so only the west is asked."""
    check = {"kind": "existence", "per": "area", "where": {"kind": "chc"}, "unless": {"kind": "hospital"}}
    told = found(check)
    assert (told.status, told.figure) == ("met", 1.0)
    assert told.units is not None
    assert list(told.units["unit_id"]) == ["west"]


def test_a_share_of_ours_in_how_many() -> None:
    """基本 sets no share: half of the areas have one, and our 95 % would not be met."""
    check = {"kind": "existence", "per": "area", "where": {"kind": "chc"}, "share_pct": 95, "share_from": "ours"}
    told = found(check, our_reading=OURS)
    assert (told.status, told.our_limit, told.our_status) == ("measured", 0.95, "not_met")


def test_inside_and_outside_named_areas() -> None:
    """The park holds A: the health centre stands inside it, the hospital does not."""
    study = replace(county(), zones=zones(产业园=("park", (-100.0, 0.0, 1000.0, 3000.0))))
    words = {"areas": ["产业园"]}
    check = {"kind": "siting", "of": ["产业园"], "where": {"kind": "care"}}
    told = found(check, study, words=words)
    assert (told.status, told.figure) == ("not_met", 0.5)
    assert found({**check, "where": {"kind": "chc"}}, study, words=words).status == "met"
    assert found({**check, "where": {"kind": "hospital"}, "side": "outside"}, study, words=words).status == "met"
    assert found({**check, "value": 1}, study, words=words).status == "met"
    two = found({**check, "value": 2}, study, words=words)
    assert (two.status, two.short) == ("not_met", 1)
    bare = found(check, words=words)
    assert (bare.status, "needs zones.name: the outline of 产业园" in bare.statement_en) == ("no_data", True)


@pytest.mark.parametrize(
    ("by", "limit", "figure"),
    [("line", "3 km", 0.5), ("road", "3 km", 0.5), ("time", "5 min", 0.5), ("time", "10 min", 1.0)],
)
def test_elderly_homes_near_care(by: str, limit: str, figure: float) -> None:
    """Homes at B and D, care at A only: 3 km and 9 km away, which cars do in 5 and 15 minutes less 5."""
    plain = county(facilities={"B": {"kind": "elder_home"}, "C": {"kind": "elder_home"}, "A": {"kind": "chc"}})
    check = {"kind": "proximity", "where": {"kind": "elder_home"}, "to": {"kind": "care"}, "by": by, "limit": limit}
    told = found({**check, "limit_from": "ours"}, plain, our_reading={"share_pct": 100, **OURS})
    assert (told.figure, told.status, told.our_status) == (figure, "measured", "met" if figure == 1 else "not_met")
    assert found({**check, "share_pct": 50}, plain).status == "met"


def test_a_member_is_measured_to_its_own_parent() -> None:
    """B refers to D, 6 km away, though A is nearer; without the column there is no data."""
    facilities = {"B": {"kind": "chc"}, "A": {"kind": "hospital"}, "D": {"kind": "hospital"}}
    check = {"kind": "proximity", "where": {"kind": "chc"}, "to": {"kind": "hospital"}, "by": "road", "limit": "5 km",
             "share_pct": 100, "to_parent": True}  # fmt: skip
    plain = county(facilities=facilities)
    assert "needs facilities.parents" in found(check, plain).statement_en
    told = found(check, with_facilities(plain, parents=["f2", None, None]))
    assert told.units is not None
    assert (told.status, list(told.units["value"]), list(told.units["facility_id"])) == ("not_met", [6.0], ["f2"])
    assert found({**check, "to_parent": False}, plain).status == "met"


def test_towns_whose_own_hospital_is_not_the_nearest() -> None:
    """Lead hospitals at A and D. Both towns belong to A's; for the east (12 people) D's is nearer at D, even at C."""
    facilities = {"A": {"kind": "hospital", "role": "lead"}, "D": {"kind": "hospital", "role": "lead"}}
    plain = county(people={"A": 1, "B": 2, "C": 4, "D": 8}, facilities=facilities)
    check = {"kind": "assignment", "hubs": {"role": "lead"}, "by": "road"}
    assert "needs facilities.serves" in found(check, plain).statement_en
    told = found(check, with_facilities(plain, serves=["west；east", None]))
    assert (told.figure, told.status) == (3 / 15, "measured")
    assert told.units is not None
    assert list(told.units["cause"]) == ["other_hub", ""] or list(told.units["cause"]) == ["", "other_hub"]
    row = gaps(assessed(check, with_facilities(plain, serves=["west；east", None]))).iloc[0]
    # C lies 3 km from D, and D at it: (4 x 3 + 8 x 0) / 12 = 1 km on average, a length and not a number of people.
    assert (row["area_id"], row["people"], row["value"], row["unit"], row["system"]) == ("east", 12, 1.0, "km", "other")
    assert "east" in told.statement_en


def test_a_figure_that_grows_every_year() -> None:
    """2, 3, 3 is more in all and not every year; doubling asks for 4."""
    rows = indicators(
        *({"indicator_id": "nurses", "value": v, "year": y} for v, y in ((2, 2018), (3, 2019), (3, 2020)))
    )
    study = replace(county(), indicators=rows)
    check = {"kind": "trend", "indicator": "nurses"}
    assert (found(check, study).status, found(check, study).figure) == ("met", 1.5)
    assert found({**check, "every_year": True}, study).status == "not_met"
    assert found({**check, "factor": 2}, study).status == "not_met"
    assert found({**check, "direction": "down"}, study).status == "not_met"
    assert found(check, replace(county(), indicators=rows.iloc[:1])).status == "no_data"


def test_a_rule_against_an_earlier_run() -> None:
    """Three facilities now, two in the stored run: more than before; without a run there is no data."""
    from coverplan.standards.assess import assess
    from standards.county import scene
    from standards.mini import pack, rule

    both = pack(rule({"kind": "trend", "rule": "R-2"}), rule({"kind": "count", "table": "facilities"}, name="R-2"))
    bare = assess(county(), scene().network, packs=(both,)).finding("R-1")
    assert (bare.status, "previous_run" in bare.statement_en) == ("no_data", True)
    entry = {"rule_id": "R-2", "reading": "one", "figure": 2, "unit": "facility", "quality": "official"}
    told = assess(county(), scene().network, packs=(both,), previous={"year": 2018, "verdicts": [entry]})
    finding = told.finding("R-1")
    assert (finding.status, finding.figure) == ("met", 1.5)
    assert "2018: 2, 2020: 3 (facility)" in finding.statement_en
    assert [verdict.rule.rule_id for verdict in told.verdicts] == ["R-1", "R-2"]


def test_where_all_are_exempt_nothing_is_asked() -> None:
    """A duty that an own public hospital lifts is said to be lifted, not to be kept by none of none."""
    study_ = with_facilities(county(), kind=["hospital", "chc", "ems_station"], owner=["public"] * 3)
    check = {"kind": "existence", "where": {"kind": "chc"}, "unless": {"kind": "hospital", "owner": "public"}}
    told = found({**check, "per": "city"}, study_)
    assert told.status == "no_data"
    assert "nothing is asked here; all 1 are exempt" in told.statement_en
    assert "此处不作要求" in told.statement_zh
    assert told.shortfall == 0


def test_walking_reach_of_an_aed() -> None:
    """One AED at A: on foot 0 km from A, 3 from B, 6 from C, 9 from D; the island and the far house have none."""
    plain = county()
    at_a = plain.people.geometry.iloc[0]
    placed = plain.aeds.iloc[:1].set_geometry([at_a], crs=plain.people.crs)
    check = {"kind": "proximity", "table": "places", "to_table": "aeds", "by": "road", "profile": "walk"}
    told = found({**check, "limit": "6 km", "share_pct": 50}, replace(plain, aeds=placed))
    assert told.units is not None
    assert told.units["value"].tolist() == [0.0, 3.0, 6.0, 9.0, float("inf"), float("inf")]
    assert (told.figure, told.status, told.unit) == (0.5, "met", "share_places")
    assert set(told.units["facility_id"].dropna()) == {"a1"}
