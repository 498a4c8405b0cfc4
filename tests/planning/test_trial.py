"""What proposed sites add is what measuring everything anew says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.core.errors import InputError
from coverplan.planning.ground import TrialGround, build_trial
from coverplan.planning.ranked import RANK_COLUMNS, rank_sites
from coverplan.planning.sites import Site, as_scenario
from coverplan.planning.trial import TOWN_COLUMNS, TRIAL_COLUMNS, try_sites
from coverplan.scenarios.apply import apply
from coverplan.standards.assess import assess
from coverplan.standards.findings import Assessment
from scenarios.proposals import at, base, roads
from standards.mini import pack, rule

CREWS = {"kind": "response", "kinds": ["ems"], "limit": "10 min", "profile": "ambulance", "clock": "wheels"}
PACKS = (
    pack(
        rule({**CREWS, "limit": "3 min", "statistic": "share"}, name="TIME"),
        rule({"kind": "reach", "kinds": ["ems"], "limit": "3 km", "by": "road", "profile": "ambulance",
              "toward": "demand"}, name="ROAD"),
        rule({"kind": "reach", "kinds": ["ems_station"], "limit": "3 km", "by": "line"}, name="LINE"),
        rule({**CREWS, "statistic": "p90", "with_vehicle": True}, name="P90"),
        rule({"kind": "ratio", "table": "vehicles", "per_people": 15000, "unit": "vehicle"}, name="FLEET"),
        rule({"kind": "reach", "kinds": ["care"], "limit": "10 min"}, name="CARE"),
    ),
)  # fmt: skip


def site(name: str, x_m: float, y_m: float = 1500.0, **more: int) -> Site:
    """Return a site, in metres from the drawing's lower left corner."""
    lon, lat = at(x_m, y_m)
    return Site(name=name, lon=lon, lat=lat, **more)


@pytest.fixture(scope="module")
def ground() -> TrialGround:
    """The county, made ready: one station at A; B is 3 km away, C 6, D 9; E is on an island."""
    return build_trial(base(), roads(), packs=PACKS)


def plain(assessment: Assessment) -> list[tuple]:
    """Return everything that the verdicts say, to compare."""
    return [
        (
            f.key,
            f.status,
            repr(f.figure),
            repr(f.people_within),
            repr(f.have),
            repr(f.need),
            f.quality,
            f.areas.to_csv(),
        )
        for verdict in assessment.verdicts
        for f in verdict.findings
    ]


def test_what_it_adds_can_be_worked_out_in_the_head(ground: TrialGround) -> None:
    """Now A and B (1 + 2) are within 3 km; a station at D adds C and D (4 + 8), one on the island E (16)."""
    trial = try_sites(ground, [site("东站", 9000), site("岛站", 0, 0)])
    rows = trial.rules.set_index(["rule_id", "site"])
    assert [rows.loc[("ROAD", name), "gained"] for name in ("东站", "岛站", "all")] == [12, 16, 28]
    assert [rows.loc[("ROAD", name), "people_after"] for name in ("东站", "all")] == [15, 31]
    # At 20 m/s three minutes are 3.6 km, the leg to E's door is none: the same people.
    assert rows.loc[("TIME", "all"), "gained"] == 28
    assert list(trial.rules.columns) == list(TRIAL_COLUMNS)
    assert list(trial.towns.columns) == list(TOWN_COLUMNS)


def test_towns_that_gain(ground: TrialGround) -> None:
    """C and D lie in the east, E in the west."""
    trial = try_sites(ground, [site("东站", 9000), site("岛站", 0, 0)])
    told = trial.towns[(trial.towns["rule_id"] == "ROAD") & (trial.towns["site"] == "all")]
    assert dict(zip(told["area_id"], told["gained"], strict=True)) == {"east": 12, "west": 16}


def test_only_here_is_what_is_lost_without_it(ground: TrialGround) -> None:
    """Two stations at D bring the same people, so neither brings anybody that the other does not."""
    trial = try_sites(ground, [site("一", 9000), site("二", 8990), site("岛", 0, 0)])
    told = trial.rules[trial.rules["rule_id"] == "ROAD"].set_index("site")
    assert told["only_here"].to_list()[:3] == [0, 0, 16]
    assert told["gained"].to_list() == [12, 12, 16, 28]


SPOTS = st.tuples(st.integers(-80, 9080), st.sampled_from([0, 1500, 1600, 900]))


@settings(max_examples=3)
@given(spots=st.lists(SPOTS, min_size=1, max_size=3, unique=True), vehicles=st.integers(0, 2))
def test_together_is_what_measuring_anew_says(ground: TrialGround, spots: list[tuple[int, int]], vehicles: int) -> None:
    """Every figure, status, town and nearest facility is that of the applied scenario, assessed from the start."""
    sites = [site(f"s{i}", x, y, vehicles=vehicles) for i, (x, y) in enumerate(spots)]
    trial = try_sites(ground, sites)
    anew = assess(apply(ground.study, as_scenario(sites, kind="ems_station")), ground.network, packs=PACKS)
    kept = [verdict for verdict in anew.verdicts if verdict.rule.rule_id != "CARE"]
    assert plain(trial.together) == plain(replace(anew, verdicts=tuple(kept)))
    for key, points in trial.together.points.items():
        assert points.equals(anew.points[key]), key


def test_alone_is_the_site_alone(ground: TrialGround) -> None:
    """What a site adds alone among others is what it adds when it is the only one asked about."""
    sites = [site("a", 3000), site("b", 7000, vehicles=2), site("c", 0, 0)]
    among = try_sites(ground, sites).rules
    for one in sites:
        mine = try_sites(ground, [one]).rules
        told = among[among["site"] == one.name].set_index("rule_id")["gained"]
        assert mine[mine["site"] == "all"].set_index("rule_id")["gained"].reindex(told.index).equals(told)


def test_verdicts_that_flip(ground: TrialGround) -> None:
    """Of 70,000 people one vehicle per 15,000 asks for five; three are there, so two more meet it and one does not."""
    assert try_sites(ground, [site("x", 9000, vehicles=1)]).flips.empty
    flips = try_sites(ground, [site("x", 9000, vehicles=2)]).flips
    told = flips[["rule_id", "status_before", "status_after"]].to_numpy().tolist()
    assert told == [["FLEET", "not_met", "met"]]


def test_a_station_without_vehicles_does_not_count_where_they_are_asked_for(ground: TrialGround) -> None:
    """The rule that asks for a vehicle sees nobody more; the others do."""
    told = try_sites(ground, [site("x", 9000, vehicles=0)]).rules.set_index(["rule_id", "site"])
    assert told.loc[("P90", "all"), "gained"] == 0
    assert told.loc[("ROAD", "all"), "gained"] == 12


def test_ranking_is_trying_each(ground: TrialGround) -> None:
    """Every site's rank comes from what it would add alone, by road, by time and in a straight line."""
    sites = [
        site(f"s{i}", x, y) for i, (x, y) in enumerate([(0, 1500), (9000, 1500), (6000, 1500), (0, 0), (4500, 1500)])
    ]
    for name in ("ROAD", "TIME", "LINE"):
        ranked = rank_sites(ground, sites, rule_id=name)
        alone = try_sites(ground, sites).rules
        told = alone[alone["rule_id"] == name].set_index("site")["gained"]
        assert ranked.set_index("site")["gained"].to_dict() == told.drop("all").to_dict()
        assert ranked["gained"].is_monotonic_decreasing
        assert list(ranked.columns) == list(RANK_COLUMNS)
    best = rank_sites(ground, sites, rule_id="ROAD").iloc[0]
    assert (best["site"], best["gained"], best["covered"]) == ("s3", 16, 16)


def test_only_rules_about_the_kind_are_asked(ground: TrialGround) -> None:
    """A station changes nothing for hospitals, so that rule is not measured; a hospital touches only that rule."""
    assert [told.rule_id for told in ground.rules] == ["TIME", "ROAD", "LINE", "P90", "FLEET"]
    clinics = build_trial(base(), roads(), kind="clinic", packs=PACKS)
    assert "CARE" in [told.rule_id for told in clinics.rules]
    with pytest.raises(InputError, match="none of the study's rules"):
        build_trial(base(), roads(), kind="blood_station", packs=(pack(rule(CREWS)),))


def test_mistakes_are_said_in_words(ground: TrialGround) -> None:
    """Sites outside, swapped, or of one name; a rule that holds nobody against a limit."""
    wrong = [Site(name="a", lon=24.7, lat=118.5), Site(name="b", lon=110.0, lat=24.7), site("b", 0)]
    with pytest.raises(InputError) as caught:
        try_sites(ground, wrong)
    for part in ("are the two swapped?", "b at 110, 24.7 lies outside", "two sites are called 'b'"):
        assert part in str(caught.value)
    with pytest.raises(InputError, match="FLEET"):
        rank_sites(ground, [site("a", 0)], rule_id="FLEET")


def test_where_a_site_lies(ground: TrialGround) -> None:
    """Its town, its way to the road, and the nearest station, in a straight line."""
    placed = try_sites(ground, [site("x", 6000, 1400)]).placed[0]
    assert (placed.area_id, placed.offroad_m, placed.nearest) == ("east", pytest.approx(100, abs=0.2), "一站")
    assert placed.nearest_m == pytest.approx(np.hypot(6000, 100), abs=1)
