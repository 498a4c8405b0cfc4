"""Time of day: each period's own times, and the share of the week in which a place is covered."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.core.errors import InputError
from coverplan.core.hours import week_minutes
from coverplan.core.model import Period
from coverplan.roads.profiles import at_period, default_periods
from coverplan.roads.speeds import build_graph
from coverplan.travel.periods import minutes_of_week, period_routers, period_times, share_of_week, week_summary
from coverplan.travel.router import build_router
from coverplan.travel.times import travel_times
from scenes import draw, profile, study

SCENE = draw("A---------B---------C   E-F")
"""A, B and C are 1 km apart, which take 100 s; E and F are an island."""
WORKDAYS = (0, 1, 2, 3, 4)
PEAK = Period(name="peak", weekdays=WORKDAYS, spans=((7 * 60, 9 * 60), (17 * 60, 19 * 60)), factor=0.5)
NIGHT = Period(name="night", spans=((22 * 60, 6 * 60),), factor=2.0)
PERIODS = MappingProxyType({"peak": PEAK, "night": NIGHT})
STUDY = study(
    SCENE,
    {"A": 1, "B": 2, "C": 4, "E": 8},
    {"A": "hospital"},
    areas={"west": (-100, -100, 1500, 100), "east": (1500, -100, 5000, 100)},
    profiles={"drive": replace(profile(), periods=PERIODS), "walk": profile(3.6, mode="walk")},
)


def test_half_the_speed_takes_twice_the_time():
    """The whole day first, then the periods in their order; the island is out of reach at any hour."""
    told = period_times(STUDY, SCENE.network)
    assert list(told.columns) == ["period", "point_id", "facility_id", "time_s", "reason"]
    seconds = {name: part["time_s"].tolist() for name, part in told.groupby("period", sort=False)}
    assert seconds == {
        "": [0, 100, 200, np.inf],
        "peak": [0, 200, 400, np.inf],
        "night": [0, 50, 100, np.inf],
    }
    assert told["reason"].tolist() == ["", "", "", "not_connected"] * 3


def test_periods_are_those_of_travel_times_with_the_period_as_profile():
    """Each period is what the first engine says for a profile with that period's factors."""
    told = period_times(STUDY, SCENE.network, periods=["night", "peak"], toward="demand")
    for name in ("night", "peak"):
        there = replace(STUDY, profiles={"drive": at_period(STUDY.profiles["drive"], name)})
        alone = travel_times(there, SCENE.network, toward="demand")
        part = told[told["period"] == name].drop(columns="period").reset_index(drop=True)
        pd.testing.assert_frame_equal(part, alone)


def test_other_points_and_facilities():
    """Points and facilities of one's own are met in every period."""
    told = period_times(
        STUDY, SCENE.network, points=STUDY.people.iloc[[2]], facilities=STUDY.facilities, periods=["", "peak"]
    )
    assert told["time_s"].tolist() == [200, 400]
    nobody = period_times(STUDY, SCENE.network, kinds="blood_station", periods=["peak"])
    assert set(nobody["reason"]) == {"none_of_kind"}


def test_routers_share_what_is_the_same():
    """People meet the roads once; only times differ, and a router of a period can be asked like any other."""
    routers = period_routers(STUDY, SCENE.network)
    assert list(routers) == ["", "peak", "night"]
    assert all(router.people_snaps is routers[""].people_snaps for router in routers.values())
    np.testing.assert_array_equal(routers["peak"].graph.time_ds, 2 * routers[""].graph.time_ds)
    np.testing.assert_array_equal(routers["peak"].graph.snappable, routers[""].graph.snappable)
    assert travel_times(STUDY, SCENE.network, router=routers["peak"])["time_s"].tolist() == [0, 200, 400, np.inf]
    given_one = build_router(STUDY, SCENE.network)
    assert period_routers(STUDY, SCENE.network, router=given_one)[""] is given_one


def test_what_there_is_not_is_refused():
    """Unknown profiles and periods are errors with a hint; no period at all is one too."""
    with pytest.raises(InputError, match="peek"):
        period_times(STUDY, SCENE.network, periods=["peek"])
    with pytest.raises(InputError, match="not a speed profile"):
        share_of_week(STUDY, SCENE.network, 60, profile="fly")
    with pytest.raises(ValueError, match="at least one"):
        period_times(STUDY, SCENE.network, periods=[])


def test_the_share_of_the_week_counts_hours():
    """Within 100 s: A always; B except in 20 peak hours of 168; C in 56 night hours only; the island never."""
    told = share_of_week(STUDY, SCENE.network, 100)
    assert told["share_week"].tolist() == pytest.approx([1, 148 / 168, 56 / 168, 0])
    assert told["worst_s"].tolist() == [0, 200, 400, np.inf]
    assert told["people"].tolist() == [1, 2, 4, 8]


def test_the_summary_is_weighted_by_people():
    """By area and for everybody: covered always, at times, never; these add up, and the mean counts people."""
    told = week_summary(share_of_week(STUDY, SCENE.network, 100))
    assert told["area_id"].tolist()[:2] == ["west", "east"]
    assert pd.isna(told["area_id"].iloc[-1])
    assert told["people"].tolist() == [3, 12, 15]
    assert told["people_always"].tolist() == [1, 0, 1]
    assert told["people_at_times"].tolist() == [2, 4, 6]
    assert told["people_never"].tolist() == [0, 8, 8]
    assert told["share_week"].tolist() == pytest.approx(
        [(1 + 2 * 148 / 168) / 3, 4 * 56 / 168 / 12, (1 + 2 * 148 / 168 + 4 * 56 / 168) / 15]
    )


def test_without_periods_a_place_is_covered_always_or_never():
    """A profile that knows no periods travels at the same speed all week."""
    told = share_of_week(STUDY, SCENE.network, 1000, profile="walk")
    assert told["share_week"].tolist() == [1, 1, 0, 0]
    assert told["worst_s"].tolist() == [0, 1000, 2000, np.inf]


def _open_at(hours, spots="AC"):
    """Return the study with a hospital at some spots, open at some hours."""
    places = {spot: {"kind": "hospital", "hours": text} for spot, text in zip(spots, hours, strict=True)}
    people = {"A": 1, "B": 2, "C": 4, "E": 8}
    return study(SCENE, people, places, profiles=dict(STUDY.profiles))


HOURS = ["", "24/7", "mon-fri 8:00-18:00", "22:00-07:30", "周六、日 9:00-12:00", "off"]


@settings(max_examples=10)
@given(st.lists(st.sampled_from(HOURS), min_size=2, max_size=2), st.sampled_from([50, 100, 200]))
def test_a_facility_counts_while_it_is_open(hours, limit_s):
    """Asking about each minute of the week who is open, and how fast one goes then, gives the same shares."""
    told = share_of_week(_open_at(hours), SCENE.network, limit_s)
    away_km = np.array([[0, 2], [1, 1], [2, 0], [np.inf, np.inf]])
    weeks = [week_minutes(text) for text in hours]
    covered, worst = np.zeros(4), np.zeros(4)
    for day in range(7):
        for minute in range(1440):
            factor = next((one.factor for one in PERIODS.values() if one.holds(day, minute)), 1.0)
            shut = [0 if week[day, minute] else np.inf for week in weeks]
            seconds = (away_km * 100 / factor + shut).min(axis=1)
            covered += seconds <= limit_s
            worst = np.maximum(worst, seconds)
    assert told["share_week"].tolist() == pytest.approx(covered / 10080)
    assert told["worst_s"].tolist() == worst.tolist()


def test_who_is_always_open_is_as_good_as_without_hours():
    """Round the clock or an empty cell: the same figures to the last digit, with and without such a column."""
    plain = share_of_week(_open_at(["", ""]), SCENE.network, 100)
    pd.testing.assert_frame_equal(share_of_week(_open_at(["24/7", "00:00-24:00"]), SCENE.network, 100), plain)
    bare = _open_at(["", ""])
    bare = replace(bare, facilities=bare.facilities.drop(columns="hours"))
    pd.testing.assert_frame_equal(share_of_week(bare, SCENE.network, 100), plain)


def test_nobody_lives_there():
    """A study without people has an empty table and a summary without a share."""
    empty = replace(STUDY, people=STUDY.people.iloc[:0])
    told = share_of_week(empty, SCENE.network, 100)
    assert len(told) == 0
    summary = week_summary(told)
    assert summary["people"].tolist() == [0]
    assert summary["share_week"].isna().all()


def test_the_week_of_the_periods_that_come_with_coverplan():
    """They fill no minute twice, and the rest of the week is the whole day's."""
    minutes = minutes_of_week(default_periods())
    assert sum(minutes.values()) == 7 * 24 * 60
    for name, period in default_periods().items():
        held = sum(period.holds(day, minute) for day in range(7) for minute in range(1440))
        assert minutes[name] == held


@given(
    st.lists(
        st.tuples(
            st.sets(st.integers(0, 6)),
            st.lists(st.tuples(st.integers(0, 1439), st.integers(0, 1440)), max_size=2),
        ),
        max_size=3,
    )
)
def test_every_minute_of_the_week_belongs_to_the_first_that_names_it(drawn):
    """Counting agrees with asking each period about each minute; overlaps go to the first."""
    periods = {
        f"p{i}": Period(name=f"p{i}", weekdays=tuple(days), spans=tuple(spans)) for i, (days, spans) in enumerate(drawn)
    }
    expected = dict.fromkeys(["", *periods], 0)
    for day in range(7):
        for minute in range(1440):
            expected[next((name for name, one in periods.items() if one.holds(day, minute)), "")] += 1
    assert minutes_of_week(periods) == expected


def test_the_graph_of_a_period_is_the_one_roads_build():
    """No second way to compute times has crept in."""
    router = period_routers(STUDY, SCENE.network, periods=["peak"])["peak"]
    built = build_graph(SCENE.network, STUDY.profiles["drive"], period="peak")
    np.testing.assert_array_equal(router.graph.time_ds, built.time_ds)
    assert router.profile.period == "peak"
