"""Profiles as tables, parts of the week, and what junctions cost, on scenes to be worked out in the head."""

import dataclasses
from io import StringIO
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.core.checks import check_table
from coverplan.core.errors import InputError, ProblemList
from coverplan.core.model import Period, SpeedProfile
from coverplan.core.tables import PERIODS, SPEEDS
from coverplan.core.words import PROFILES as PROFILE_WORDS
from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.courses import straight_network
from coverplan.roads.profiles import (
    at_period,
    default_periods,
    default_profiles,
    periods_from_table,
    profile_table,
    profiles_folder,
    profiles_from_table,
)
from coverplan.roads.speeds import build_graph
from scenes import Road, arcs, draw, profile

PROFILES = default_profiles()
KILOMETRE = straight_network(x_m=[0, 1000], y_m=[0, 0], edges=[(0, 1)], road_class="primary")
TEN_METRES_A_SECOND = profile(36.0)


def _seconds(base: SpeedProfile, period: str | None = None) -> float:
    return float(build_graph(KILOMETRE, base, period).time_ds[0]) / 10


def _with(base: SpeedProfile = TEN_METRES_A_SECOND, **changes: object) -> SpeedProfile:
    return dataclasses.replace(base, **changes)


# Parts of the week


def test_a_period_multiplies_speeds() -> None:
    """A kilometre of 100 s takes 200 s at factor 0.5, and 400 s where the class is halved again."""
    rush = Period(name="rush", factor=0.5)
    jam = Period(name="jam", factor=0.5, class_factor={"primary": 0.5, "motorway": 9.0})
    base = _with(periods={"rush": rush, "jam": jam})
    assert [_seconds(base, name) for name in (None, "rush", "jam")] == [100.0, 200.0, 400.0]


def test_factors_of_profile_class_and_period_go_together() -> None:
    """100 s by 2 for the profile, by 0.5 for the class and by 0.25 for the class in the period is 400 s."""
    base = _with(
        factor=2.0, class_factor={"primary": 0.5}, periods={"p": Period(name="p", class_factor={"primary": 0.25})}
    )
    assert (_seconds(base), _seconds(base, "p")) == (100.0, 400.0)


def test_a_class_factor_counts_on_signed_roads_too() -> None:
    """Where 36 km/h is signed, half of it is driven at class factor 0.5."""
    network = draw("A---------B", roads={"AB": Road(kph=36, road_class="primary")}).network
    graph = build_graph(network, _with(kph={"primary": 99.0}, class_factor={"primary": 0.5}))
    assert graph.time_ds.tolist() == [2000, 2000]


def test_no_period_is_the_whole_day() -> None:
    """Without a period a profile with periods has the very times of one without."""
    bare = _with(PROFILES["drive"], periods={})
    for one, other in ((None, None), ("midday", None)):
        pair = build_graph(KILOMETRE, PROFILES["drive"], one), build_graph(KILOMETRE, bare, other)
        assert pair[0].time_ds.tolist() == pair[1].time_ds.tolist()


def test_a_period_that_is_none_is_refused_with_a_hint() -> None:
    """A misspelt period names the nearest; a profile without periods says so; one that is set is not set twice."""
    with pytest.raises(InputError, match=r"no period 'morning_peek' \(did you mean 'morning_peak'\?\)"):
        build_graph(KILOMETRE, PROFILES["drive"], "morning_peek")
    with pytest.raises(InputError, match="the profile has no periods"):
        build_graph(KILOMETRE, TEN_METRES_A_SECOND, "night")
    with pytest.raises(InputError, match="no period 'night'"):
        at_period(at_period(PROFILES["drive"], "night"), "night")


def test_the_graph_knows_its_period() -> None:
    """The profile on the graph says which period it stands for, so that no map can hide it."""
    assert build_graph(KILOMETRE, PROFILES["drive"], "night").profile.period == "night"
    assert build_graph(KILOMETRE, PROFILES["drive"]).profile.period == ""


@settings(deadline=None, max_examples=60)
@given(length_m=st.floats(100, 50_000), kph=st.floats(5, 120), delay_s=st.floats(0, 60))
def test_twice_the_factor_is_half_the_time(length_m: float, kph: float, delay_s: float) -> None:
    """Up to rounding, with junction delays too."""
    star = straight_network(
        x_m=[0, length_m, length_m, 2 * length_m], y_m=[0, 0, 99, 0], edges=[(0, 1), (1, 2), (1, 3)]
    )
    slow = _with(profile(kph), junction_s={"residential": delay_s})
    fast = _with(slow, factor=2.0)
    once, twice = (build_graph(star, one).time_ds for one in (slow, fast))
    assert np.abs(twice - once / 2).max() <= 1.5


# Junctions


WAITS = {"primary": 20.0, "secondary": 15.0, "tertiary": 10.0, "residential": 6.0, "primary_link": 3.0}
CROSS = """
    N
    |
W---C---E
    |
    S
"""


def _lost(text: str, roads: dict[str, str], **changes: object) -> dict[str, float]:
    """Return the seconds that each arc loses at its end, where it loses any: 'WC' is from W to C."""
    scene = draw(text, roads={ends: Road(road_class=name) for ends, name in roads.items()})
    plain = arcs(scene, build_graph(scene.network, _with(**changes)))
    waiting = arcs(scene, build_graph(scene.network, _with(junction_s=WAITS, **changes)))
    assert plain.keys() == waiting.keys()
    return {"".join(key): (waiting[key] - plain[key]) / 10 for key in plain if waiting[key] != plain[key]}


def test_everyone_waits_where_like_meets_like() -> None:
    """At a crossing of two primary roads all four approaches lose 20 s, and nobody loses anything on leaving it."""
    roads = dict.fromkeys(("WC", "CE", "NC", "CS"), "primary")
    assert _lost(CROSS, roads) == dict.fromkeys(("WC", "EC", "NC", "SC"), 20.0)


def test_main_roads_wait_for_main_roads() -> None:
    """Trunk to tertiary are of one rank: a primary road waits at a tertiary one, each as long as its own class does."""
    roads = {"WC": "primary", "CE": "primary", "NC": "tertiary", "CS": "tertiary"}
    assert _lost(CROSS, roads) == {"WC": 20.0, "EC": 20.0, "NC": 10.0, "SC": 10.0}


def test_the_side_street_waits_and_the_main_road_does_not() -> None:
    """Residential streets lose 6 s at the primary road that they cross; the primary road loses nothing."""
    assert _lost(CROSS, {"WC": "primary", "CE": "primary"}) == {"NC": 6.0, "SC": 6.0}


def test_a_bend_and_a_dead_end_are_no_junctions() -> None:
    """Two roads that meet end to end cost nothing, of whatever class."""
    assert _lost("A---B---C", {"AB": "primary", "BC": "primary"}) == {}


def test_a_slip_road_waits_and_is_not_waited_for() -> None:
    """A link that joins a primary road loses its 3 s; the primary road goes on."""
    text = "W---C---E\n    |\n    S"
    assert _lost(text, {"WC": "primary", "CE": "primary", "CS": "primary_link"}) == {"SC": 3.0}


def test_two_carriageways_are_one_junction() -> None:
    """Crossing two one-way carriageways 40 m apart costs one wait; 60 m apart it costs two."""
    text = "N\n|\nA<--B\n|\nC-->D\n|\nS"
    roads = dict.fromkeys(("NA", "AB", "AC", "CD", "CS"), "primary")
    for step_m, between in ((20.0, {}), (30.0, {"AC": 20.0, "CA": 20.0})):
        scene = draw(text, step_m=step_m, roads={key: Road(road_class=name) for key, name in roads.items()})
        plain, waiting = (arcs(scene, build_graph(scene.network, _with(junction_s=waits))) for waits in ({}, WAITS))
        lost = {"".join(key): (waiting[key] - plain[key]) / 10 for key in plain if waiting[key] != plain[key]}
        assert lost == {"NA": 20.0, "BA": 20.0, "SC": 20.0, **between}


def test_roads_that_are_closed_to_the_profile_make_no_junction() -> None:
    """A footway that joins a street is no junction to cars."""
    text = "W---C---E\n    |\n    S"
    scene = draw(text, roads={"CS": Road(road_class="footway", drive=False)})
    graph = build_graph(scene.network, _with(junction_s=WAITS))
    assert set(graph.time_ds.tolist()) == {400}


def test_factors_shorten_the_wait_too() -> None:
    """Twice as fast waits half as long: lights and siren at a crossing, flashing signals at night."""
    roads = dict.fromkeys(("WC", "CE", "NC", "CS"), "primary")
    assert set(_lost(CROSS, roads, factor=2.0).values()) == {10.0}
    assert set(_lost(CROSS, roads, class_factor={"primary": 4.0}).values()) == {5.0}


# Who rides where


def test_e_bikes_ride_where_cars_drive_and_where_cars_may_not() -> None:
    """One-way binds, tracks for walkers are open both ways, footways are pushed, steps and motorways are closed."""
    roads = {
        "BC": Road(road_class="track", drive=False),
        "CD": Road(road_class="steps", drive=False),
        "DE": Road(road_class="motorway", walk=False),
        "EF": Road(road_class="footway", drive=False),
        "FG": Road(road_class="primary", walk=False),
    }
    scene = draw("A-->B---C---D---E---F---G", roads=roads)
    found = arcs(scene, build_graph(scene.network, PROFILES["e_bike"]))
    assert sorted("".join(key) for key in found) == ["AB", "BC", "CB", "EF", "FE", "FG", "GF"]
    assert (found["F", "G"], found["E", "F"]) == (round(400 * 36 / 15), round(400 * 36 / 4.32))


def test_e_bikes_ride_at_their_own_pace() -> None:
    """A limit that is signed for cars does not make an e-bike faster, or slower."""
    network = draw("A---------B", roads={"AB": Road(kph=100, road_class="primary")}).network
    assert set(build_graph(network, PROFILES["e_bike"]).time_ds.tolist()) == {2400}


# What comes with coverplan


def test_figures_of_the_first_profiles_stay() -> None:
    """The whole day's speeds are signals included: no delay is added and no class has a factor."""
    drive = PROFILES["drive"]
    assert drive.kph["primary"] == 45.0
    assert [drive.kph[name] for name in ("motorway", "trunk", "secondary", "residential")] == [90.0, 60.0, 38.0, 20.0]
    for name in ("drive", "ambulance", "walk"):
        one = PROFILES[name]
        assert (one.junction_s, one.class_factor, one.factor) == ({}, {}, 1.0)
        assert (one.maxspeed_share, one.offroad_kph, one.max_offroad_m) == (0.7, 4.32, 2000.0)
    assert set(PROFILES["walk"].kph) == set(ROAD_CLASSES)


def test_every_profile_has_words() -> None:
    """What comes with coverplan can be named in a rule pack, and has a name on the map."""
    assert list(PROFILES) == list(PROFILE_WORDS)
    assert all(one.source and one.quality == "estimated" for one in PROFILES.values())


def test_peaks_are_not_faster_and_nights_are_not_slower() -> None:
    """On every class, for whoever drives; the siren gains less than was ever measured, and at all hours."""
    for one in PROFILES.values():
        for road_class in one.kph:
            speed = {name: p.factor * p.class_factor.get(road_class, 1.0) for name, p in one.periods.items()}
            assert speed["morning_peak"] <= speed["midday"] <= speed["night"]
            assert speed["evening_peak"] <= speed["midday"]
    for period in (None, *default_periods()):
        plain, siren = (_seconds(PROFILES[name], period) for name in ("ambulance", "ambulance_siren"))
        assert plain * (1 - 0.309) < siren < plain


def test_the_usual_week() -> None:
    """Tuesday 8:00 is the morning peak, Sunday 8:00 is not; 23:00 and 5:00 are night; 20:00 is nothing special."""

    def of(weekday: int, hour: int) -> str:
        return next((name for name, p in default_periods().items() if p.holds(weekday, hour * 60)), "")

    assert [of(1, 8), of(6, 8), of(1, 9), of(1, 17), of(5, 23), of(5, 5), of(1, 20)] == [
        *("morning_peak", "", "midday", "evening_peak", "night", "night", ""),
    ]


def test_speeds_between_junctions_with_delays_make_much_the_same_times() -> None:
    """The second set: a main road with a junction every 800 m is within a third of the usual speed, and waits count."""
    problems = ProblemList()
    text = pd.read_csv(profiles_folder() / "junctions.csv", dtype="str", keep_default_na=False)
    table = check_table(text, SPEEDS, file="junctions.csv", problems=problems)
    made = profiles_from_table(table, periods=default_periods(), base=PROFILES, file="junctions.csv", problems=problems)
    problems.raise_if_any()
    for name in ("drive", "ambulance", "ambulance_siren"):
        for road_class, wait_s in made[name].junction_s.items():
            cruising, usual = made[name].kph[road_class], PROFILES[name].kph[road_class]
            assert cruising > usual
            every_m = 800 if wait_s > 10 else 400
            assert 0.66 < every_m / (every_m / cruising + wait_s / 3.6) / usual < 1.1, (road_class, name)
    assert made["walk"] == dataclasses.replace(PROFILES["walk"], source=made["walk"].source)


# Tables


def _read(rows: list[dict[str, object]], base: dict[str, SpeedProfile] | None = None) -> tuple[dict, list[str]]:
    """Return the profiles that rows make when laid over the usual ones, and what is wrong with the rows."""
    problems = ProblemList()
    text = pd.DataFrame([{key: str(value) for key, value in row.items()} for row in rows]).fillna("")
    table = check_table(text, SPEEDS, file="my.csv", problems=problems)
    found = profiles_from_table(
        table, periods=default_periods(), base=PROFILES if base is None else base, file="my.csv", problems=problems
    )
    return found, [str(problem) for problem in problems]


def test_a_row_changes_what_it_names_and_nothing_else() -> None:
    """Chinese words too; 0 closes a class; a row without class is about all of them."""
    found, wrong = _read(
        [
            {"profile": "drive", "road_class": "主干路", "kph": 50, "junction_s": 12},
            {"profile": "drive", "road_class": "track", "kph": 0},
            {"profile": "drive", "factor": 0.9, "quality": "实测", "reason": "GPS 2024"},
            {"profile": "drive", "period": "night", "factor": 1.3},
            {"profile": "drive", "period": "night", "road_class": "primary", "factor": 1.5},
            {"profile": "walk", "kph": 3.6},
        ]
    )
    assert wrong == []
    drive, usual = found["drive"], PROFILES["drive"]
    assert drive.kph == {**{name: kph for name, kph in usual.kph.items() if name != "track"}, "primary": 50.0}
    assert (drive.factor, drive.quality, drive.source, drive.junction_s) == (
        0.9,
        "measured",
        "GPS 2024",
        {"primary": 12},
    )
    assert drive.periods["night"].factor == 1.3
    assert drive.periods["night"].class_factor == {**usual.periods["night"].class_factor, "primary": 1.5}
    assert drive.periods["midday"] == usual.periods["midday"]
    assert set(found["walk"].kph.values()) == {3.6}
    assert found["ambulance"] == PROFILES["ambulance"]
    assert usual.kph["primary"] == 45.0


def test_a_share_for_everything_is_for_motorways_too() -> None:
    """The profile's own share takes the place of those of classes; a class in the same table keeps what it is given."""
    usual = PROFILES["drive"].class_maxspeed_share
    assert usual == {"motorway": 0.8, "trunk": 0.8}
    one_class, _ = _read([{"profile": "drive", "road_class": "primary", "maxspeed_share": 0.6}])
    assert one_class["drive"].class_maxspeed_share == {**usual, "primary": 0.6}
    rows = [{"profile": "drive", "road_class": "primary", "maxspeed_share": 0.6}]
    everything, _ = _read([*rows, {"profile": "drive", "maxspeed_share": 0.9}])
    assert (everything["drive"].maxspeed_share, everything["drive"].class_maxspeed_share) == (0.9, {"primary": 0.6})


def test_a_profile_of_ones_own() -> None:
    """A mode and a speed make one; it has the usual parts of the week."""
    found, wrong = _read(
        [{"profile": "tricycle", "mode": "骑行"}, {"profile": "tricycle", "road_class": "residential", "kph": 10}]
    )
    assert wrong == []
    assert (found["tricycle"].mode, found["tricycle"].kph) == ("cycle", {"residential": 10.0})
    assert list(found["tricycle"].periods) == list(default_periods())


def test_everything_that_is_wrong_with_a_table_is_said_at_once() -> None:
    """Nothing lost and nothing invented: a cell that cannot be read is told once."""
    _, wrong = _read(
        [
            {"profile": "drive", "period": "nihgt", "factor": 1.2},
            {"profile": "drive", "period": "night", "road_class": "primary", "kph": 60},
            {"profile": "drive", "road_class": "primry", "kph": 60},
            {"profile": "drive", "road_class": "trunk_road", "kph": 60},
            {"profile": "drive", "road_class": "primary", "mode": "walk"},
            {"profile": "drive", "road_class": "primary", "kph": 40},
            {"profile": "drvie", "road_class": "primary", "kph": 40},
            {"profile": "taxi", "mode": "drive"},
            {"profile": "drive", "road_class": "service", "kph": 300},
        ]
    )
    assert wrong == [
        "my.csv, row 4, column road_class: 'primry' is not a known road_class (did you mean 'primary'?)",
        wrong[1],
        "my.csv, row 10, column kph: 300 is above 200",
        "my.csv, row 2, column period: 'nihgt' is not a period (did you mean 'night'?)",
        "my.csv, row 3, column kph: a period has no such figure of its own (give it a factor)",
        "my.csv, row 6, column mode: it belongs to the whole profile "
        "(put it in a row of the profile without road class and period)",
        "my.csv, row 7, column profile: the same profile, period and class stand in row 6 already",
        "my.csv, row 8, column profile: 'drvie' is not a profile, and a new one needs its mode (did you mean 'drive'?)",
        "my.csv, row 9, column kph: the new profile 'taxi' has no speed on any road class",
    ]
    assert wrong[1].startswith("my.csv, row 5, column road_class: 'trunk_road' is not a known road_class")


def test_profiles_written_out_come_back_the_same() -> None:
    """Through text, as a file holds it: every profile with every factor, delay and period."""
    changed = [
        dataclasses.replace(
            one, class_factor={"primary": 1 / 3}, junction_s={"primary": 7.5}, factor=0.1 + 0.2, quality="measured"
        )
        for one in PROFILES.values()
    ]
    for given_profiles in (list(PROFILES.values()), changed):
        table = profile_table(given_profiles)
        text = table.to_csv(index=False)
        rows = pd.read_csv(StringIO(text), dtype="str", keep_default_na=False).to_dict("records")
        found, wrong = _read(rows, base={})
        assert wrong == []
        assert list(found.values()) == given_profiles


def _periods(*rows: tuple[str, str, str]) -> tuple[dict[str, Period], list[str]]:
    problems = ProblemList()
    text = pd.DataFrame(rows, columns=["时段", "日期", "时间"])
    table = check_table(text, PERIODS, file="week.csv", problems=problems)
    return periods_from_table(table, file="week.csv", problems=problems), [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("Monday - Friday", (0, 1, 2, 3, 4)),
        ("周一至周五", (0, 1, 2, 3, 4)),
        ("工作日", (0, 1, 2, 3, 4)),
        ("sat;sun", (5, 6)),
        ("周末", (5, 6)),
        ("星期六、星期天", (5, 6)),
        ("fri-mon", (0, 4, 5, 6)),
        ("每天", (0, 1, 2, 3, 4, 5, 6)),
        ("", (0, 1, 2, 3, 4, 5, 6)),
        ("wed", (2,)),
    ],
)
def test_days_as_people_write_them(text: str, days: tuple[int, ...]) -> None:
    """Names, ranges, lists and words for several, in both languages; none means every day."""
    found, wrong = _periods(("p", text, "07:00-09:00"))
    assert (found["p"].weekdays, wrong) == (days, [])


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("07:00-09:00", ((420, 540),)),
        ("7:00－9:00", ((420, 540),)),
        ("７：００至９：００", ((420, 540),)),
        ("07:00-09:00; 17:00~19:30", ((420, 540), (1020, 1170))),
        ("22:00-06:00", ((1320, 360),)),
        ("22:00-24:00", ((1320, 0),)),
    ],
)
def test_hours_as_people_write_them(text: str, spans: tuple[tuple[int, int], ...]) -> None:
    """Full-width too; past midnight; several."""
    found, wrong = _periods(("p", "daily", text))
    assert (found["p"].spans, wrong) == (spans, [])


def test_wrong_days_and_hours_are_said_at_once() -> None:
    """Days that are none, hours that are none, and two periods at the same minute."""
    _, wrong = _periods(
        ("a", "someday", "07:00-09:00"),
        ("b", "mon", "7-9"),
        ("c", "mon", "25:00-26:00"),
        ("d", "mon-wed", "07:00-09:00"),
        ("e", "wed;thu", "08:59-10:00"),
        ("f", "thu", "06:00-08:59"),
    )
    assert [text.split(": ", 1)[1].split(" (")[0] for text in wrong] == [
        "'someday' names no days",
        "'7-9' is not from one time to another",
        "'25:00-26:00' is not from one time to another",
        "'e' overlaps 'd'",
    ]


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 6))
def test_a_span_and_its_rest_share_a_day(start: int, end: int, weekday: int) -> None:
    """Every minute lies in a span or in the span from its end back to its start, never in both."""
    if start == end:
        return
    one, rest = Period(name="one", spans=((start, end),)), Period(name="rest", spans=((end, start),))
    for minute in {0, 1439, start, end, (start - 1) % 1440, (end - 1) % 1440}:
        assert one.holds(weekday, minute) != rest.holds(weekday, minute)


def test_periods_do_not_leave_their_order() -> None:
    """Periods come in the order of the table."""
    found, _ = _periods(
        *[(name, "daily", f"{a:02}:00-{b:02}:00") for name, (a, b) in zip("cab", pairwise(range(4)), strict=True)]
    )
    assert list(found) == ["c", "a", "b"]
