"""The plan's own arithmetic, and how a count is taken."""

from dataclasses import replace

import pytest

from coverplan.core.model import Population
from coverplan.standards.assess import assess
from coverplan.standards.checks.share import part_of
from coverplan.standards.findings import Assessment
from coverplan.standards.params import RatioParams, ShareParams
from coverplan.standards.rules import RulePack
from standards.county import county, fleet, scene


@pytest.fixture(scope="module")
def jinjiang(pack: RulePack) -> Assessment:
    """A county with Jinjiang's two populations, 46 emergency vehicles of which 14 have negative pressure, 60 AEDs."""
    plain = county()
    rows = [(f"v{i}", "f2", i < 14, "emergency") for i in range(46)] + [("t", "f2", True, "transfer")]
    study = replace(
        plain,
        populations={
            "resident_2020": Population(name="resident_2020", people=2_061_600, year=2020, source="Table 1"),
            "resident_2025": Population(name="resident_2025", people=2_110_800, year=2025, source="Table 1"),
        },
        default_population="resident_2020",
        vehicles=fleet(*rows),
        aeds=plain.aeds.assign(devices=[60, 0]),
    )
    return assess(study, scene().network, packs=(pack,))


@pytest.mark.parametrize(
    ("rule", "reading", "have", "need"),
    [
        ("JJ-113", "city", 46, 69),
        ("JJ-113", "city_2025", 46, 71),
        ("JJ-114", "of_fleet", 14, 19),
        ("JJ-114", "of_needed", 14, 28),
        ("JJ-114", "of_needed_2025", 14, 29),
        ("JJ-115", "city", 60, 207),
        ("JJ-115", "city_2025", 60, 212),
    ],
)
def test_the_plans_own_numbers_come_out(jinjiang: Assessment, rule: str, reading: str, have: int, need: int) -> None:
    """206.16万 residents need 69 ambulances, 28 of them negative-pressure, and 207 AEDs; 211.08万: 71, 29 and 212."""
    finding = jinjiang.finding(rule, reading)
    assert (finding.have, finding.need, finding.short) == (have, need, need - have)
    assert (finding.status, finding.shortfall) == ("not_met", need - have)
    assert f"{need - have} short" in finding.statement_en


def test_the_share_is_of_the_fleet_there_is(jinjiang: Assessment) -> None:
    """14 of 46 are 30.4 %; the transfer vehicle with negative pressure counts neither above nor below."""
    finding = jinjiang.finding("JJ-114")
    assert finding.figure == 14 / 46
    assert "14 of 46 vehicles (30.4 %)" in finding.statement_en


def test_no_vehicle_that_counts_is_no_share(pack: RulePack) -> None:
    """A fleet of transfer vehicles only has no share of negative pressure: 0 of 0 is not a figure."""
    study = replace(county(), vehicles=fleet(("t", "f2", True, "transfer")))
    told = assess(study, scene().network, packs=(pack,))
    assert told.finding("JJ-114").status == "no_data"
    assert (told.finding("JJ-113").status, told.finding("JJ-113").have) == ("not_met", 0)


@pytest.mark.parametrize(
    ("operator", "share", "whole", "need"),
    [
        (">=", 40, 10, 4),
        (">", 40, 10, 5),
        (">=", 40, 69, 28),
        (">", 40, 69, 28),
        (">=", 33.3, 1000, 333),
        (">", 33.3, 1000, 334),
    ],
)
def test_at_least_and_more_than_differ_on_even_shares(operator: str, share: float, whole: int, need: int) -> None:
    """不低于 is kept by an even share, 超过 asks for one more; no unit is lost or added in the last digit."""
    params = ShareParams.model_validate(
        {"table": "vehicles", "part": {"negative_pressure": True}, "share_pct": share, "operator": operator}
    )
    assert part_of(params, whole) == need


def test_facilities_and_beds_can_be_counted(pack: RulePack) -> None:
    """One facility per 30 people, or beds of a kind, from the same check; groups of kinds are understood."""
    plain = county()
    study = replace(plain, facilities=plain.facilities.assign(beds=[10, 50, 0]))
    for extra, have, unit in (
        ({"where": {"kind": "care"}}, 2, "facility"),
        ({"where": {"kind": ["hospital"]}, "sum": "beds", "unit": "bed"}, 50, "bed"),
        ({}, 3, "facility"),
    ):
        params = RatioParams.model_validate({"table": "facilities", "per_people": 30, "denominator": "people", **extra})
        rule = pack.rule("JJ-113")
        one = replace(pack, rules=(replace(rule, readings=(replace(rule.readings[0], params=params),)),))
        finding = assess(study, scene().network, packs=(one,)).finding("JJ-113")
        assert (finding.have, finding.need, finding.unit) == (have, 3, unit)


def test_several_units_for_so_many_people(pack: RulePack) -> None:
    """Sixty rooms per 10,000 people for 206.16万 make 12,370."""
    plain = county()
    study = replace(plain, populations={"resident": Population(name="resident", people=2_061_600)})
    params = RatioParams.model_validate({"table": "aeds", "sum": "devices", "per_people": 10000, "at_least": 60})
    rule = pack.rule("JJ-115")
    one = replace(pack, rules=(replace(rule, readings=(replace(rule.readings[0], params=params),)),))
    assert assess(study, scene().network, packs=(one,)).finding("JJ-115").need == 12_370
