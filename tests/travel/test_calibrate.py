"""Speeds held against trips: planted truths come back, and what cannot carry a fit is refused with its reason."""

import dataclasses
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from coverplan.core.errors import Cancelled, InfeasibleError, InputError, ProblemList
from coverplan.core.model import Period, SpeedProfile, Study
from coverplan.core.units import unproject
from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.courses import straight_network
from coverplan.roads.network import Network
from coverplan.roads.profiles import default_profiles
from coverplan.roads.snapping import snap
from coverplan.roads.speeds import build_graph
from coverplan.travel.calibrate.calibration import REASONS, Calibration, apply, calibrate
from coverplan.travel.calibrate.shape import class_groups, periods_told
from coverplan.travel.calibrate.trips import read_trips
from coverplan.travel.paths import fastest_ways
from scenes import CRS, ORIGIN, draw
from scenes import study as scene_study

SIDE, STEP_M = 13, 400.0
KPH = {"primary": 45.0, "secondary": 38.0, "tertiary": 30.0, "residential": 20.0}
PERIODS = {
    "peak": Period(name="peak", weekdays=(0, 1, 2, 3, 4), spans=((420, 540),), factor=0.8),
    "night": Period(name="night", spans=((1320, 360),)),
}
BASE = SpeedProfile(name="drive", mode="drive", kph=MappingProxyType(KPH), periods=MappingProxyType(PERIODS))
HOURS = {"": "2024-03-05 12:00", "peak": "2024-03-05 07:30", "night": "2024-03-05 23:10"}


def _line_class(number: int) -> str:
    return (
        "primary"
        if number % 6 == 0
        else "secondary"
        if number % 3 == 0
        else "tertiary"
        if number % 2
        else "residential"
    )


def _town() -> Network:
    """A grid of 13 by 13 streets 400 m apart: arterials every 2.4 km, smaller streets between them."""
    node = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    across = [(int(a), int(b)) for a, b in zip(node[:, :-1].ravel(), node[:, 1:].ravel(), strict=True)]
    along = [(int(a), int(b)) for a, b in zip(node[:-1].ravel(), node[1:].ravel(), strict=True)]
    classes = [_line_class(a // SIDE) for a, _ in across] + [_line_class(a % SIDE) for a, _ in along]
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    return straight_network(
        x_m=ORIGIN[0] + column * STEP_M, y_m=ORIGIN[1] + row * STEP_M, edges=across + along, road_class=classes, crs=CRS
    )


TOWN = _town()


def _study(profile: SpeedProfile = BASE) -> Study:
    others = {"walk": default_profiles()["walk"]}
    return scene_study(draw("A--B"), {"A": 1}, {"B": "hospital"}, profiles={"drive": profile, **others})


def _slower(
    profile: SpeedProfile = BASE, *, overall: float = 1.0, periods: dict | None = None, **times: float
) -> SpeedProfile:
    """Return a profile whose trips take so many times as long, on some classes and in some periods."""
    changed = {
        name: dataclasses.replace(period, factor=period.factor / (periods or {}).get(name, 1.0))
        for name, period in profile.periods.items()
    }
    factors = {name: 1 / time for name, time in times.items()}
    return dataclasses.replace(profile, factor=profile.factor / overall, class_factor=factors, periods=changed)


def _trips(
    truth: SpeedProfile,
    n: int,
    *,
    noise: float = 0.05,
    seed: int = 1,
    hours: tuple[str, ...] = ("",),
    network: Network = TOWN,
    nodes: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return trips between crossings as they would be timed if `truth` held, give or take some noise."""
    rng = np.random.default_rng(seed)
    candidates = np.arange(network.n_nodes) if nodes is None else nodes
    ends = rng.choice(candidates, (2, n))
    period = rng.choice(list(hours), n)
    time_s = np.empty(n)
    for name in hours:
        graph = build_graph(network, truth, name or None)
        here = np.flatnonzero(period == name)
        places = [snap(network, graph, network.x_m[end[here]], network.y_m[end[here]]) for end in ends]
        time_s[here] = fastest_ways(graph, *places).value
    time_s *= np.exp(rng.normal(0, noise, n))
    (from_lon, to_lon), (from_lat, to_lat) = unproject(network.x_m[ends], network.y_m[ends], network.crs)
    table = pd.DataFrame(
        {
            "from_lon": from_lon,
            "from_lat": from_lat,
            "to_lon": to_lon,
            "to_lat": to_lat,
            "minutes": time_s / 60,
            "departure": [HOURS[name] for name in period],
        }
    )
    return table[(ends[0] != ends[1]) & np.isfinite(time_s)].reset_index(drop=True)


def _factors(found: Calibration, kind: str = "roads") -> dict[str, float]:
    rows = found.factors[found.factors["kind"] == kind]
    return dict(zip(rows["name"], rows["time_factor"], strict=True))


def _error(found: Calibration, which: str, column: str = "median_abs") -> float:
    return float(found.errors.set_index("which").loc[which, column])


# Planted truths


def test_one_factor_comes_back_exactly() -> None:
    """Trips that all take 1.4 times as long, without noise: that factor, no error left, one choice for everything."""
    found = calibrate(_study(), TOWN, _trips(_slower(overall=1.4), 60, noise=0))
    assert found.shape.name == "overall"
    assert _factors(found) == {"all roads": pytest.approx(1.4, rel=1e-3)}
    assert found.overall == pytest.approx(1.4, rel=1e-3)
    assert _error(found, "before") == pytest.approx(1 - 1 / 1.4, rel=1e-3)
    assert _error(found, "after") < 1e-3
    assert _error(found, "before", "bias") < 0


TRUTH = {"primary": 1.6, "secondary": 1.3, "tertiary": 1.0, "residential": 0.8}


@pytest.fixture(scope="module")
def by_class() -> Calibration:
    """240 trips where arterials are slower than thought and streets are faster, give or take 8 %."""
    return calibrate(_study(), TOWN, _trips(_slower(**TRUTH), 240, noise=0.08))


def test_factors_by_class_come_back(by_class: Calibration) -> None:
    """Each within 6 % of the truth, and the truth within its interval or next to it."""
    assert by_class.shape.name == "by road class"
    found = _factors(by_class)
    for name, truth in zip(("secondary", "tertiary", "minor"), (1.3, 1.0, 0.8), strict=True):
        assert found[name] == pytest.approx(truth, rel=0.06), name
    assert found["motorway + trunk + primary"] == pytest.approx(1.6, rel=0.06)
    table = by_class.factors
    assert (table["low"] < table["time_factor"]).all()
    assert (table["time_factor"] < table["high"]).all()
    assert table["speed_factor"].tolist() == pytest.approx((1 / table["time_factor"]).tolist())
    assert set(" ".join(table["road_classes"]).split()) == set(ROAD_CLASSES)


def test_the_fit_is_better_than_before_on_unseen_trips_too(by_class: Calibration) -> None:
    """Errors go down to the noise (median of 8 % is 5.4 %), the bias goes away, unseen trips do about as well."""
    assert _error(by_class, "before") > 0.12
    assert _error(by_class, "after") < 0.065
    assert _error(by_class, "unseen") < 0.07
    assert abs(_error(by_class, "after", "bias")) < 0.015 < abs(_error(by_class, "before", "bias"))
    chosen = by_class.candidates[by_class.candidates["chosen"]]
    assert chosen["name"].tolist() == ["by road class"]
    assert by_class.candidates["n_factors"].tolist()[0] == 0


def test_the_calibrated_profile_gives_the_fitted_times(by_class: Calibration) -> None:
    """Applied, written as a graph and routed anew, trips take what the table says; quality and source say why."""
    better = apply(BASE, by_class)
    trips = _trips(_slower(**TRUTH), 240, noise=0.08)
    again = calibrate(_study(better), TOWN, trips.assign(minutes=trips["minutes"] * 2))
    assert again.trips["before_s"].tolist() == by_class.trips["after_s"].tolist()
    assert better.quality == "measured"
    assert better.source == f"fitted to {by_class.n_used} observed trips (by road class)"
    assert better.class_factor["primary"] == pytest.approx(1 / 1.6, rel=0.06)
    assert BASE.class_factor == {}
    with pytest.raises(ValueError, match="of the profile 'drive', not 'walk'"):
        apply(default_profiles()["walk"], by_class)


def test_every_trip_has_its_row(by_class: Calibration) -> None:
    """In the order of the table, with errors that are modelled over observed less one."""
    trips = by_class.trips
    assert trips["trip_id"].tolist()[:2] == ["trip 1", "trip 2"]
    used = trips[trips["reason"] == ""]
    assert len(used) == by_class.n_used
    assert used["error_after"].tolist() == (used["after_s"] / used["observed_s"] - 1).tolist()
    assert trips.loc[trips["reason"] != "", ["before_s", "after_s"]].isna().all().all()


def test_factors_by_period_come_back() -> None:
    """The peak takes 1.5 times as long as the profile's peak already does, the night is as thought."""
    truth = _slower(overall=1.2, periods={"peak": 1.5})
    found = calibrate(_study(), TOWN, _trips(truth, 240, hours=("", "peak", "night"), noise=0.05))
    assert found.shape.periods == ("night", "peak")
    told = _factors(found, "period")
    assert told == {
        "whole day": 1.0,
        "night": pytest.approx(1.0, rel=0.04),
        "peak": pytest.approx(1.5, rel=0.04),
    }
    better = apply(BASE, found)
    assert better.factor == pytest.approx(1 / 1.2, rel=0.04)
    assert better.periods["peak"].factor == pytest.approx(0.8 / 1.5, rel=0.04)


def test_stops_on_the_way_do_not_pull_the_fit() -> None:
    """One trip in ten took three times as long; the factor stays within 4 %."""
    trips = _trips(_slower(overall=1.3), 150)
    trips.loc[::10, "minutes"] *= 3
    found = calibrate(_study(), TOWN, trips)
    assert found.overall == pytest.approx(1.3, rel=0.04)


def test_weights_count() -> None:
    """Two kinds of trips that contradict each other: the heavier kind wins, and weight 0 leaves out."""
    slow, fast = _trips(_slower(overall=2.0), 60, seed=3), _trips(_slower(overall=1.2), 60, seed=4)
    heavy = pd.concat([slow.assign(weight=0.05), fast.assign(weight=1.0)], ignore_index=True)
    assert calibrate(_study(), TOWN, heavy).overall == pytest.approx(1.2, rel=0.05)
    none = calibrate(_study(), TOWN, heavy.assign(weight=[0.0] * len(slow) + [1.0] * len(fast)))
    assert none.left_out == {"no_weight": len(slow)}
    assert none.overall == pytest.approx(1.2, rel=0.03)


def test_junction_delays_follow_the_factors() -> None:
    """A profile with delays is scaled as a whole: roads and waits take 1.5 times as long."""
    waiting = dataclasses.replace(BASE, junction_s=MappingProxyType({"primary": 20.0, "secondary": 15.0}))
    found = calibrate(_study(waiting), TOWN, _trips(_slower(waiting, overall=1.5), 80, noise=0))
    assert _factors(found) == {"all roads": pytest.approx(1.5, rel=2e-3)}
    assert _error(found, "after") < 2e-3


def test_the_seed_decides_the_folds_and_nothing_else() -> None:
    """The same seed gives the same figures; another one other unseen errors, but the same factors."""
    trips = _trips(_slower(overall=1.4), 60)
    one, same, other = (calibrate(_study(), TOWN, trips, seed=seed) for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(one.trips, same.trips)
    pd.testing.assert_frame_equal(one.candidates, same.candidates)
    assert one.trips["unseen_s"].tolist() != other.trips["unseen_s"].tolist()
    assert _factors(one) == _factors(other)


def test_the_order_of_trips_does_not_matter_and_they_stay_as_they_were() -> None:
    """Turned round, the factors are the same; the table that was given is not touched."""
    trips = _trips(_slower(**TRUTH), 120)
    copy = trips.copy(deep=True)
    one = calibrate(_study(), TOWN, trips)
    turned = calibrate(_study(), TOWN, trips.iloc[::-1].reset_index(drop=True))
    pd.testing.assert_frame_equal(trips, copy)
    assert one.overall == pytest.approx(turned.overall, rel=1e-6)


# Refusals, and what is left out


def test_too_few_trips_are_refused_with_what_became_of_them() -> None:
    """Nine that can be used do not make a fit; the reasons of the others are counted."""
    trips = _trips(_slower(overall=1.4), 9, noise=0)
    lost = trips.iloc[:3].assign(from_lat=[10.0] * 3)
    crawling = trips.iloc[:1].assign(minutes=1000.0)
    table = pd.concat([trips, lost, crawling], ignore_index=True)
    with pytest.raises(InputError) as caught:
        calibrate(_study(), TOWN, table)
    assert str(caught.value.problems[0]) == (
        "9 of 13 trips can be used, and a fit needs 10 (left out: 3 a door is too far from any road, 1 impossibly slow)"
    )


def test_trips_that_are_all_the_same_are_refused() -> None:
    """Fifty times the same way cannot be tested on an unseen one."""
    trips = _trips(_slower(overall=1.4), 1, noise=0)
    with pytest.raises(InputError, match="the 50 trips join 1 pair of places, and a fit needs 5"):
        calibrate(_study(), TOWN, pd.concat([trips] * 50, ignore_index=True))


def test_a_profile_that_is_right_already_is_left_alone() -> None:
    """Where no factors do clearly better on unseen trips, the refusal says how good the profile is."""
    for seed in range(3):
        with pytest.raises(InfeasibleError, match="no factors do better than the profile 'drive' as it is"):
            calibrate(_study(), TOWN, _trips(BASE, 80, seed=seed))


def test_times_that_have_nothing_to_do_with_the_roads_are_refused() -> None:
    """Ten to forty minutes drawn at random around what the profile says on average: a fit would only learn noise."""
    trips = _trips(BASE, 40, noise=0.8, seed=5)
    with pytest.raises(InfeasibleError, match="bring more trips"):
        calibrate(_study(), TOWN, trips)


def test_trips_on_one_class_get_one_factor() -> None:
    """All on one primary road: the classes cannot be told apart, and the notes say so."""
    road = np.arange(SIDE)
    found = calibrate(_study(), TOWN, _trips(_slower(overall=1.5), 60, nodes=road))
    assert found.shape.name == "overall"
    assert any("not travelled" in note for note in found.notes)
    assert _factors(found) == {"all roads": pytest.approx(1.5, rel=0.03)}


def test_classes_that_always_go_together_share_a_factor() -> None:
    """Every trip half primary, half secondary: their factors cannot be told apart; a third class can."""
    rng = np.random.default_rng(0)
    seconds = np.zeros((80, len(ROAD_CLASSES)))
    names = list(ROAD_CLASSES)
    total = rng.uniform(300, 900, 80)
    main = rng.uniform(0.2, 0.8, 80) * total
    seconds[:, names.index("primary")] = seconds[:, names.index("secondary")] = main / 2
    seconds[:, names.index("residential")] = total - main
    shape, notes = class_groups(seconds)
    assert [("primary" in group, "secondary" in group, "residential" in group) for group in shape.groups] == [
        (True, True, False),
        (False, False, True),
    ]
    assert any("in much the same proportion" in note for note in notes)


def test_factors_are_at_most_one_for_eight_trips() -> None:
    """Sixteen trips over six kinds of road carry two factors; rare classes join their neighbour in rank."""
    rng = np.random.default_rng(0)
    seconds = rng.uniform(50, 500, (16, len(ROAD_CLASSES)))
    assert len(class_groups(seconds)[0].groups) == 2
    many = rng.uniform(50, 500, (200, len(ROAD_CLASSES)))
    assert len(class_groups(many)[0].groups) == 6
    many[:, list(ROAD_CLASSES).index("trunk")] *= 1e-3
    many[:, list(ROAD_CLASSES).index("trunk_link")] = 0
    shape, notes = class_groups(many)
    assert len(shape.groups) == 5
    assert notes[0].startswith("trunk (on 0 trips, 0% of the time) takes the factor of")


def test_periods_need_trips_and_something_to_be_held_against() -> None:
    """Seven trips are too few; without trips of the whole day the fullest period is the reference."""
    told = periods_told(np.array(["peak"] * 20 + ["night"] * 7 + [""] * 9, dtype=object))
    assert told[:2] == (("peak",), "")
    assert told[2] == ["night: 7 trips, too few for a factor; it keeps the profile's own"]
    told = periods_told(np.array(["peak"] * 20 + ["night"] * 9, dtype=object))
    assert told[:2] == (("night",), "peak")
    assert "rest on those of peak" in told[2][0]
    assert periods_told(np.array(["peak"] * 3, dtype=object))[0] == ()


def test_each_trip_is_left_out_for_its_reason() -> None:
    """One of each kind beside forty good ones; the good ones do not notice."""
    good = _trips(_slower(overall=1.4), 40, noise=0)
    far = good.iloc[[0]]
    bad = pd.concat(
        [
            far.assign(profile="walk"),
            far.assign(weight=0.0),
            far.assign(to_lat=20.0),
            far.assign(to_lon=far["from_lon"] + 0.001, to_lat=far["from_lat"]),
            far.assign(minutes=0.2),
            far.assign(minutes=900.0),
        ],
        ignore_index=True,
    )
    found = calibrate(_study(), TOWN, pd.concat([good, bad], ignore_index=True))
    reasons = found.trips["reason"].tolist()[len(good) :]
    assert reasons == ["other_profile", "no_weight", "off_network", "same_place", "too_fast", "too_slow"]
    assert found.left_out == dict.fromkeys(reasons, 1)
    assert set(reasons) <= set(REASONS)
    assert found.overall == pytest.approx(1.4, rel=1e-3)


def test_roads_without_a_way_through_are_a_reason() -> None:
    """A trip onto an island is not connected."""
    island = straight_network(
        x_m=[*TOWN.x_m, ORIGIN[0] + 50_000, ORIGIN[0] + 51_000],
        y_m=[*TOWN.y_m, ORIGIN[1], ORIGIN[1]],
        edges=[*zip(TOWN.edge_from.tolist(), TOWN.edge_to.tolist(), strict=True), (SIDE * SIDE, SIDE * SIDE + 1)],
        road_class=[*(list(ROAD_CLASSES)[i] for i in TOWN.edge_class), "residential"],
        crs=CRS,
    )
    # The island is a fragment of this network, so it is made big enough to count.
    trips = _trips(_slower(overall=1.4), 30, noise=0)
    lon, lat = unproject([ORIGIN[0] + 50_500], [ORIGIN[1]], CRS)
    away = trips.iloc[[0]].assign(to_lon=lon, to_lat=lat)
    found = calibrate(_study(), island, pd.concat([trips, away], ignore_index=True))
    assert found.trips["reason"].tolist()[-1] == "not_connected"


def test_mistakes_in_a_table_made_by_hand_are_said_at_once() -> None:
    """A missing column, a time that is none, a profile that is none."""
    trips = _trips(BASE, 20).drop(columns="minutes").assign(profile="drvie", departure="noon")
    with pytest.raises(InputError) as caught:
        calibrate(_study(), TOWN, trips.iloc[:1])
    assert [problem.column for problem in caught.value.problems] == ["minutes", "departure", "profile"]
    with pytest.raises(InputError, match="'bus' is not a speed profile"):
        calibrate(_study(), TOWN, trips, profile="bus")


def test_it_can_be_stopped() -> None:
    """Whoever asks to stop is heard between rounds."""

    class Stop:
        def message(self, text: str) -> None:
            """Listen to nothing."""

        def advance(self, done: int, total: int) -> None:
            """Count nothing."""

        def cancelled(self) -> bool:
            """Want it to stop."""
            return True

    with pytest.raises(Cancelled):
        calibrate(_study(), TOWN, _trips(_slower(overall=1.4), 30), progress=Stop())


# The table


def test_trips_from_a_spreadsheet(tmp_path) -> None:
    """Chinese headings, coordinates of AMap, times with and without a date; what is not said is filled in."""
    path = tmp_path / "行程.csv"
    path.write_text(
        "起点经度,起点纬度,终点经度,终点纬度,用时（分钟）,出发时间,坐标系,权重\n"
        "118.60,24.80,118.65,24.82,12.5,2024/3/5 7:40,高德,\n"
        "118.60,24.80,118.65,24.82,9,２２：１０,,2\n"
        "118.60,24.80,118.65,24.82,9,2024年3月9日 08时05分,,\n",
        encoding="gb18030",
    )
    notes = ProblemList()
    trips = read_trips(path, notes=notes)
    assert trips["trip_id"].tolist() == ["row 2", "row 3", "row 4"]
    assert trips["minutes"].tolist() == [12.5, 9.0, 9.0]
    assert trips["weight"].tolist() == [1.0, 2.0, 1.0]
    assert trips["datum"].tolist() == ["wgs84"] * 3
    assert 0.003 < abs(trips.loc[0, "from_lon"] - 118.60) < 0.01
    assert trips.loc[1, "to_lat"] == 24.82
    assert len(notes) == 1


def test_everything_wrong_with_a_table_of_trips_is_said_at_once(tmp_path) -> None:
    """Missing cells, nonsense, impossible values, unknown datums and times, each with its row."""
    path = tmp_path / "trips.csv"
    path.write_text(
        "from_lon,from_lat,to_lon,to_lat,minutes,departure,datum\n"
        "118.6,24.8,118.7,,12,,\n"
        "24.8,118.6,118.7,24.8,12,,\n"
        "118.6,24.8,118.7,24.8,0,25:00,\n"
        "118.6,24.8,118.7,24.8,quick,2024-02-30 07:00,mars\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_trips(path)
    assert sorted((problem.row, problem.column) for problem in caught.value.problems) == [
        (2, "to_lat"),
        (3, "from_lat"),
        (4, "departure"),
        (4, "minutes"),
        (5, "datum"),
        (5, "departure"),
        (5, "minutes"),
    ]
    empty = tmp_path / "none.csv"
    empty.write_text("from_lon,from_lat,to_lon,to_lat,minutes\n", encoding="utf-8")
    with pytest.raises(InputError, match="the table holds no trips"):
        read_trips(empty)


def test_a_departure_falls_into_its_part_of_the_week() -> None:
    """Tuesday 7:30 is the peak, Saturday 7:30 is not, 23:00 is night on any day, a time alone is a working day."""
    trips = _trips(_slower(overall=1.4), 40, noise=0).iloc[:30]
    times = ["2024-03-05 07:30", "2024-03-09 07:30", "2024-03-09T23:00:00", "08:59", "9:00", None]
    trips = trips.assign(departure=(times * 5)[: len(trips)])
    found = calibrate(_study(dataclasses.replace(BASE, periods=MappingProxyType(PERIODS))), TOWN, trips)
    assert found.trips["period"].tolist()[:6] == ["peak", "", "night", "peak", "", ""]


# Real roads


@pytest.mark.shared
def test_planted_factors_come_back_on_real_roads(shared) -> None:
    """Andorra, 200 trips, main roads 1.5 times as slow as thought, 10 % noise: errors go from 30 % to the noise."""
    from coverplan.roads.osm import read_osm

    network = read_osm(shared / "data" / "osm" / "andorra.osm.pbf", None)
    base = default_profiles()["drive"]
    truth = _slower(base, primary=1.5, secondary=1.3, tertiary=1.3, residential=0.9, unclassified=0.9, service=0.9)
    graph = build_graph(network, base)
    doors = np.unique(graph.tail[graph.snappable[graph.edge]])
    trips = _trips(truth, 200, noise=0.1, network=network, nodes=doors).drop(columns="departure")
    found = calibrate(dataclasses.replace(_study(base), crs=network.crs), network, trips)
    assert found.converged
    assert found.shape.name == "by road class"
    told = found.factors.set_index(found.factors["road_classes"].str.split().str[0])["time_factor"]
    assert told.iloc[0] == pytest.approx(1.5, rel=0.05)
    assert _error(found, "before") > 0.25
    assert _error(found, "after") < 0.08
    assert _error(found, "unseen") < 0.085
