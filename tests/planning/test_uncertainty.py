"""How sure a verdict is: held against closed forms, the plain verdict, the travel engine and itself."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coverplan as cp
from coverplan.cli.entry import start
from coverplan.core.errors import InputError
from coverplan.core.model import Study
from coverplan.planning.uncertainty.asked import find_asked
from coverplan.planning.uncertainty.chance import (
    AREA_COLUMNS,
    DRAW_COLUMNS,
    PLACE_COLUMNS,
    Chances,
    coverage_probability,
)
from coverplan.planning.uncertainty.crews import gather
from coverplan.planning.uncertainty.ground import build_grounds
from coverplan.planning.uncertainty.robust import BASE, RANK_COLUMNS, Robust, robust_rank
from coverplan.planning.uncertainty.variation import STEADY, WEEK, Variation, at_draw, draw_speeds
from coverplan.roads.profiles import default_profiles
from coverplan.scenarios.edits import Close, Move, Open, Place, SlowRoad
from coverplan.travel.periods import minutes_of_week
from coverplan.travel.times import travel_times
from scenarios.proposals import at, base, proposal, roads
from standards.county import fleet
from standards.mini import pack, rule

CREWS = {"kind": "response", "kinds": ["ems"], "limit": "5 min", "profile": "ambulance", "clock": "wheels"}
PACKS = (
    pack(
        rule({**CREWS, "statistic": "share", "share_pct": 30}, name="TIME"),
        rule({**CREWS, "statistic": "p90"}, name="P90"),
        rule({"kind": "reach", "kinds": ["ems"], "limit": "3 km", "by": "road", "profile": "ambulance",
              "toward": "demand", "with_vehicle": True}, name="ROAD"),
        rule({"kind": "reach", "kinds": ["care"], "limit": "3 km", "by": "line"}, name="LINE"),
        rule({"kind": "ratio", "table": "vehicles", "per_people": 15000, "unit": "vehicle"}, name="FLEET"),
        rule({"kind": "reach", "kinds": ["ems"], "limit": "3 km", "by": "road", "of": "places"}, name="PLACES"),
    ),
)  # fmt: skip
EVEN = Variation(day_cv=0.2, class_cv=0.1, period_cv={})
"""Speeds of the one road class of the county; B lies 150 s from the crew at A, C 300 s, D 450 s."""


def chances(study: Study | None = None, **asked: Any) -> Chances:
    """Ask about the county."""
    return coverage_probability(study or base(), roads(), **{"rule": "TIME", "packs": PACKS, "draws": 40, **asked})


@pytest.fixture(scope="module")
def toy() -> Study:
    """The toy study that comes with the package."""
    return cp.read_study(cp.sample_config())


def test_one_road_class_has_the_probability_of_the_normal_distribution() -> None:
    """Where the way is of one class, P = Phi(ln(limit / usual time) / sigma), within four standard errors."""
    told = chances(variation=EVEN, draws=400)
    sigma = math.sqrt(math.log(1.04) + math.log(1.01))
    assert EVEN.sigma("residential") == round(sigma, 4)
    for place, usual_s in enumerate((0, 150, 300, 450)):
        expected = NormalDist().cdf(math.log(300 / usual_s) / sigma) if usual_s else 1.0
        error = math.sqrt(expected * (1 - expected) / 400)
        assert told.places["probability"][place] == pytest.approx(expected, abs=4 * error + 1e-12)
    assert told.places["probability"][4:].tolist() == [0, 0]
    p = told.places["probability"][2]
    assert told.places["standard_error"][2] == pytest.approx(math.sqrt(p * (1 - p) / 399))
    assert told.expected == pytest.approx((told.places["probability"] * told.places["people"]).sum())


def test_without_variation_the_plain_verdict_comes_out(toy: Study) -> None:
    """Steady speeds and free vehicles give every figure and status of the plain verdict, in every draw."""
    network = cp.build_network(toy)
    assessment = cp.assess(toy, network)
    asked = 0
    for verdict in assessment.verdicts:
        for finding in verdict.findings:
            if finding.key not in assessment.points:
                continue
            asked += 1
            names = {"rule": finding.rule_id, "reading": finding.reading.name}
            told = coverage_probability(toy, network, **names, variation=STEADY, draws=2)
            points = assessment.points[finding.key]
            assert (told.places["probability"] == points["within"].astype(float)).all()
            assert told.places["value"].tolist() == points["value"].tolist()
            assert told.draws["figure"].tolist() == [finding.figure] * 2
            assert told.expected == finding.people_within
            assert told.expected_error == 0
            status = finding.status if finding.limit is not None else finding.our_status
            assert told.met == (None if status is None else (2 * (status == "met"), 2))
            assert told.areas["people_within"].tolist() == finding.areas["people_within"].tolist()
            assert told.areas["expected"].tolist() == finding.areas["people_within"].tolist()
    assert asked >= 3


@pytest.mark.parametrize("more", [
    {"statistic": "mean"}, {"statistic": "median"}, {"statistic": "p90", "only_in": ["west"]}, {"statistic": "max"},
    {"statistic": "share", "share_pct": 20, "level": "area"}, {"statistic": "p90", "level": "area"},
    {"statistic": "share"}, {"statistic": "share", "operator": "<"},
], ids=lambda more: "-".join(map(str, more.values())))  # fmt: skip
def test_every_statistic_is_that_of_the_plain_verdict(more: dict[str, Any]) -> None:
    """Whatever the rule asks of the people's times, a draw at the usual speeds comes out as the plain verdict does."""
    one = (pack(rule({**CREWS, **more}, name="ONE"), words={"areas": ["west"]}),)
    finding = cp.assess(base(), roads(), packs=one).finding("ONE")
    told = chances(rule="ONE", packs=one, variation=STEADY, draws=2)
    assert told.draws["figure"].tolist() == pytest.approx([finding.figure] * 2, nan_ok=True)
    assert told.draws["people_within"].tolist() == [finding.people_within] * 2
    status = finding.status if finding.status in {"met", "not_met"} else finding.our_status
    assert told.met == (None if status is None else (2 * (status == "met"), 2))


def test_a_draw_is_what_the_travel_engine_says_at_its_speeds(toy: Study) -> None:
    """Times of a draw equal those of a study whose profile has the draw's factors, to the tenth of a second."""
    network = cp.build_network(toy)
    asked = find_asked(toy, "TB-2")
    crews = gather("toy", toy, network, asked)
    profile = toy.profiles[asked.params.profile]
    chosen = toy.facilities[toy.facilities["facility_id"].isin(crews.facility_id)].reset_index(drop=True)
    drawn = draw_speeds(profile, Variation(class_cv=0.3), draws=3, seed=5, period=WEEK)
    for apart in (True, False):
        (ground,) = build_grounds([crews], apart=apart)
        for draw in drawn:
            later = replace(toy, profiles={**toy.profiles, profile.name: at_draw(profile, draw)})
            engine = travel_times(later, network, facilities=chosen, profile=profile.name, toward="demand")
            assert ground.measure(draw).min(axis=1).tolist() == engine["time_s"].tolist()


def test_a_busy_vehicle_follows_the_closed_form() -> None:
    """At steady speeds n vehicles within the limit leave one free with 1 - busy^n, whatever the draws."""
    told = chances(variation=STEADY, busy=0.3)
    assert told.places["vehicles"].tolist() == [2, 2, 2, 0, 0, 0]
    assert told.places["probability"].tolist() == pytest.approx([0.91, 0.91, 0.91, 0, 0, 0])
    assert (told.places["standard_error"] == 0).all()
    assert told.expected == pytest.approx(7 * 0.91)


def test_formula_and_drawn_vehicles_agree() -> None:
    """The closed form over vehicles and vehicles drawn one by one are the same probability, speeds varying or not."""
    study = apply_opened(base(), vehicles=3)
    for variation in (STEADY, EVEN):
        told = chances(study, variation=variation, busy=0.5, draws=400)
        p = told.places["probability"].to_numpy()
        assert (np.abs(told.places["drawn"] - p) <= 4 * np.sqrt(p * (1 - p) / 400) + 1e-12).all()
        assert 0.5 < told.draws["expected"].mean() / told.draws["people_within"].mean() < 1.5


def test_more_vehicles_never_cover_less() -> None:
    """One vehicle more, or one station more, lowers no probability and no draw."""
    before = chances(variation=EVEN, busy=0.4)
    rows = [("v1", "f2", True, "emergency"), ("v2", "f2", False, "emergency"), ("v4", "f2", False, "emergency")]
    for later in (replace(base(), vehicles=fleet(*rows)), apply_opened(base(), vehicles=1)):
        after = chances(later, variation=EVEN, busy=0.4)
        assert (after.places["probability"] >= before.places["probability"]).all()
        assert (after.places["drawn"] >= before.places["drawn"]).all()
        assert (after.draws["share"] >= before.draws["share"]).all()
        assert after.expected > before.expected


def test_the_same_seed_gives_the_same_and_row_order_does_not_matter() -> None:
    """Tables are equal for the same seed, and equal place by place when rows stand in another order."""
    once, again, other = (chances(variation=EVEN, busy=0.2, seed=seed) for seed in (7, 7, 8))
    pd.testing.assert_frame_equal(once.places, again.places)
    pd.testing.assert_frame_equal(once.draws, again.draws)
    assert (once.draws["speed"] != other.draws["speed"]).all()
    study = apply_opened(base(), vehicles=2)
    turned = replace(
        study,
        people=study.people.iloc[::-1].reset_index(drop=True),
        facilities=study.facilities.iloc[::-1].reset_index(drop=True),
        vehicles=study.vehicles.iloc[::-1].reset_index(drop=True),
    )
    one, two = (chances(each, variation=EVEN, busy=0.2).places for each in (study, turned))
    pd.testing.assert_frame_equal(one, two.iloc[::-1].reset_index(drop=True))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**9), fewer=st.integers(2, 5))
def test_more_draws_begin_with_the_same(seed: int, fewer: int) -> None:
    """A longer run extends a shorter one; links go with their road; a class without spread stays as it is."""
    profile = default_profiles()["drive"]
    variation = Variation(classes={"primary": 0.3, "secondary": 0.0})
    short, long = (draw_speeds(profile, variation, draws=n, seed=seed, period=WEEK) for n in (fewer, 8))
    for one, other in zip(short, long, strict=False):
        assert (one.period, one.factor, dict(one.class_factor)) == (
            other.period,
            other.factor,
            dict(other.class_factor),
        )
        assert one.class_factor["primary_link"] == one.class_factor["primary"] != 1
        assert one.class_factor["secondary"] == 1


def test_draws_have_the_spread_that_was_asked_for() -> None:
    """Logarithms of 4,000 factors have mean 0 and the stated spread; minutes of the week fall as often as they last."""
    profile = default_profiles()["drive"]
    drawn = draw_speeds(profile, Variation(day_cv=0.2, class_cv=0.3, period_cv={}), draws=4000, seed=3, period=WEEK)
    for values, cv in (
        ([draw.factor for draw in drawn], 0.2),
        ([draw.class_factor["tertiary"] for draw in drawn], 0.3),
    ):
        logs = np.log(values)
        sigma = math.sqrt(math.log1p(cv**2))
        assert abs(logs.mean()) < 4 * sigma / math.sqrt(4000)
        assert logs.std() == pytest.approx(sigma, rel=4 / math.sqrt(8000))
    for name, minutes in minutes_of_week(profile.periods).items():
        share = minutes / 10_080
        seen = sum(draw.period == name for draw in drawn) / 4000
        assert abs(seen - share) <= 4 * math.sqrt(share * (1 - share) / 4000)


def test_a_period_has_its_own_speeds_and_its_own_spread(toy: Study) -> None:
    """Asked about a peak, the usual value is the travel time of the peak; its own spread adds to the others."""
    network = cp.build_network(toy)
    told = coverage_probability(toy, network, rule="TB-2", period="morning_peak", variation=STEADY, draws=2)
    asked = find_asked(toy, "TB-2")
    crews = gather("toy", toy, network, asked)
    chosen = toy.facilities[toy.facilities["facility_id"].isin(crews.facility_id)].reset_index(drop=True)
    peak = travel_times(
        toy, network, facilities=chosen, profile=asked.params.profile, toward="demand", period="morning_peak"
    )
    minutes = (peak["time_s"] + crews.delay_s) / 60
    assert told.places["value"].tolist() == minutes.tolist()
    assert Variation().sigma("primary", "morning_peak") > Variation().sigma("primary")


def test_metres_do_not_depend_on_speeds() -> None:
    """A reading by road distance or straight line has the same figure in every draw."""
    for name in ("ROAD", "LINE"):
        told = chances(rule=name, variation=EVEN)
        assert not told.asked.varies
        assert set(told.draws["share"]) == {told.draws["share"][0]}
        assert (told.places["probability"] == told.places["within"]).all()


def test_a_statistic_is_judged_draw_by_draw() -> None:
    """The status of a percentile is met in exactly the draws in which its figure keeps the limit."""
    told = chances(rule="P90", variation=EVEN)
    assert told.met == (0, 40)
    easy = pack(
        rule({**CREWS, "limit": "8 min", "statistic": "median", "only_in": ["east"]}, name="EAST"),
        words={"areas": ["east"]},
    )
    told = chances(rule="EAST", packs=(easy,), variation=EVEN)
    assert told.people == 12
    assert told.met == (int((told.draws["figure"] <= 8).sum()), 40)
    assert 0 < told.met[0] < 40


def test_tables_have_the_columns_that_are_declared() -> None:
    """Every table of the answer has its declared columns, in order."""
    told = chances(busy=0.1)
    assert list(told.places) == list(PLACE_COLUMNS)
    assert list(told.areas) == list(AREA_COLUMNS)
    assert list(told.draws) == list(DRAW_COLUMNS)
    assert told.areas["people"].sum() == told.people == 63
    assert told.areas["expected"].sum() == pytest.approx(told.expected)


def test_an_area_without_people_has_no_share_and_no_station_reaches_nobody() -> None:
    """Where nobody lives the share is missing; where no station is left the probability is 0, and nothing warns."""
    desert = base().areas.assign(area_id="desert", name="desert", geometry=base().areas.geometry.translate(90_000))
    study = replace(base(), areas=pd.concat([base().areas, desert.iloc[:1]], ignore_index=True))
    told = chances(study, variation=EVEN, draws=5)
    empty = told.areas[told.areas["area_id"] == "desert"].iloc[0]
    assert empty["people"] == empty["expected"] == 0
    assert np.isnan([empty["share"], empty["share_p5"], empty["share_p95"]]).all()
    none = chances(cp.apply(base(), proposal(Close(facility="一站"))), variation=EVEN, busy=0.2, draws=5)
    assert none.expected == 0
    assert (none.places["probability"] == 0).all()


def test_mistakes_are_named() -> None:
    """Unknown rules and readings, rules about counts, odd figures and periods are refused with a hint."""
    for asked, words in (
        ({"rule": "TIM"}, "there is no rule 'TIM'"),
        ({"reading": "two"}, "'two' is not a reading of TIME"),
        ({"rule": "FLEET"}, "does not hold people against a limit"),
        ({"rule": "PLACES"}, "counts places, not people"),
        ({"rule": "LINE", "busy": 0.2}, "no vehicles that could be busy"),
        ({"busy": 1.0, "draws": 1}, r"2 problems|busy 1 of the time"),
        ({"seed": -1}, "-1 is no seed"),
        ({"rule": None, "reading": "two"}, "'two' is not a reading of TIME"),
        ({"period": "teatime"}, "no period 'teatime'"),
        ({"variation": Variation(period_cv={"teatime": 0.1})}, "no period 'teatime'"),
    ):
        with pytest.raises(InputError, match=words):
            chances(**asked)
    with pytest.raises(InputError) as wrong:
        Variation(day_cv=-0.1, class_cv=1.5, classes={"boulevard": 0.1})
    assert len(wrong.value.problems) == 3


# Plans


NORTH = cp.Site(name="D站", lon=at(9000, 1500)[0], lat=at(9000, 1500)[1])
TWIN = cp.Site(name="D站二", lon=NORTH.lon, lat=NORTH.lat)


def apply_opened(study: Study, *, vehicles: int) -> Study:
    """Return the county with a second station at D."""
    return cp.apply(
        study, proposal(Open(name="二站", facility_kind="ems_station", at=at(9000, 1500), vehicles=vehicles))
    )


def ranked(*plans: Any, **asked: Any) -> Robust:
    """Rank plans for the county."""
    return robust_rank(base(), roads(), plans, **{"rule": "TIME", "packs": PACKS, "draws": 40, **asked})


def test_plans_meet_the_same_draws_as_the_study_alone() -> None:
    """The study as it is has, in every draw, the share that `coverage_probability` finds; a plan that of its study."""
    for busy in (0.0, 0.3):
        told = ranked(NORTH, variation=EVEN, busy=busy)
        alone = chances(variation=EVEN, busy=busy)
        assert told.shares[BASE].tolist() == alone.draws["share"].tolist()
        site = proposal(Open(name="D站", facility_kind="ems_station", at=(NORTH.lon, NORTH.lat), vehicles=1))
        later = chances(cp.apply(base(), site), variation=EVEN, busy=busy)
        assert told.shares["D站"].tolist() == later.draws["share"].tolist()
        assert (told.shares["D站"] >= told.shares[BASE]).all()


def test_the_table_is_what_the_shares_say() -> None:
    """Mean, percentiles, regret and how often each is best are those of the table of shares; ties divide a draw."""
    moved = proposal(Move(facility="一站", at=at(6000, 1500)), name="moved")
    told = ranked(NORTH, TWIN, moved, variation=EVEN, busy=0.3)
    table, shares = told.table.set_index("plan"), told.shares
    assert list(told.table) == list(RANK_COLUMNS)
    top = shares.max(axis=1)
    for name in shares:
        assert table["mean"][name] == pytest.approx(shares[name].mean())
        assert table["p5"][name] == pytest.approx(np.quantile(shares[name], 0.05))
        assert table["regret"][name] == pytest.approx((top - shares[name]).max())
    assert table["best"].sum() == pytest.approx(1)
    assert told.table["mean"].is_monotonic_decreasing
    steady = ranked(NORTH, TWIN, variation=STEADY).table.set_index("plan")
    assert steady.loc[["D站", "D站二"], "best"].tolist() == [0.5, 0.5]
    assert steady.index.tolist() == ["D站", "D站二", BASE]


def test_each_order_puts_its_own_figure_first() -> None:
    """Ranked by the 5th percentile, regret or how often best, that figure is sorted; the plans are the same."""
    moved = proposal(Move(facility="一站", at=at(6000, 1500)), name="moved")
    closed = proposal(Close(facility="一站"), name="closed")
    for by, ascending in (("p5", False), ("regret", True), ("best", False)):
        table = ranked(NORTH, moved, closed, by=by, variation=EVEN).table
        assert table[by].tolist() == sorted(table[by], reverse=not ascending)
        assert set(table["plan"]) == {BASE, "D站", "moved", "closed"}
        assert table.loc[table["plan"] == "closed", "mean"].item() == 0


def test_a_plan_with_other_roads_is_measured_on_them() -> None:
    """A proposal that slows a road is held on its own roads, in the same draws: C is 450 s away instead of 300."""
    slow = proposal(SlowRoad(place=Place(near=at(4500, 1500)), factor=0.5), name="slow")
    steady = ranked(slow, variation=STEADY).shares
    assert steady["slow"].tolist() == [3 / 63] * 40
    assert steady[BASE].tolist() == [7 / 63] * 40
    told = ranked(slow, variation=EVEN)
    fast = np.array([draw.factor * draw.class_factor["residential"] for draw in
                     draw_speeds(base().profiles["ambulance"], EVEN, draws=40, seed=1)])  # fmt: skip
    assert ((told.shares["slow"] * 63 >= 7) == (fast >= 1.5)).all()


def test_wrong_plans_are_all_named() -> None:
    """Names used twice, orders nobody knows and sites far away are refused."""
    with pytest.raises(InputError, match="two plans are called"):
        ranked(NORTH, NORTH)
    with pytest.raises(InputError, match="cannot be ranked by"):
        ranked(NORTH, by="luck")
    far = cp.Site(name="far", lon=100.0, lat=30.0)
    with pytest.raises(InputError) as wrong:
        ranked(far, replace(far, name="farther"))
    assert len(wrong.value.problems) == 2


# The command


def test_the_command_shows_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It fits 80 columns in both languages, writes every table and a layer with every place, and the assumptions."""
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "scenario: second\nname: 桥头站\nedits:\n"
        "  - open: {kind: ambulance station, name: 桥头站, at: [118.545, 24.72], vehicles: 1}\n",
        encoding="utf-8",
    )
    folder = tmp_path / "out"
    for lang in ("en", "zh"):
        line = ["robust", "three-bridges", "--rule", "TB-2", "--busy", "0.3", "--draws", "10", "--scenario", str(plan)]
        assert start([*line, "--lang", lang, "--to", str(folder)]) == 0
        printed = capsys.readouterr().out
        assert "桥头站" in printed
        assert max(map(len, printed.splitlines())) <= 80
    names = {path.name for path in folder.iterdir()}
    assert names == {"places.csv", "areas.csv", "draws.csv", "plans.csv", "plans-by-draw.csv", "places.geojson",
                     "assumed.json"}  # fmt: skip
    layer = json.loads((folder / "places.geojson").read_text(encoding="utf-8"))
    places = pd.read_csv(folder / "places.csv")
    assert len(layer["features"]) == len(places)
    first = layer["features"][0]["properties"]
    assert first["probability"] == pytest.approx(places["probability"][0], abs=1e-6)
    assert json.loads((folder / "assumed.json").read_text(encoding="utf-8"))["busy"] == 0.3
    assert start(["robust", "three-bridges", "--rule", "TB-99"]) == 1
    assert "there is no rule 'TB-99'" in capsys.readouterr().err
