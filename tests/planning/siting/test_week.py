"""Sites that are open at some hours: the week cut into parts, held against every minute of it."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.core.errors import InputError, ProblemList
from coverplan.core.hours import cut_week, week_minutes
from coverplan.core.model import Period, Study
from coverplan.core.units import unproject
from coverplan.inputs.records import read_table
from coverplan.planning.siting.candidates import CANDIDATES
from coverplan.planning.siting.infeasible import NoPlanError
from coverplan.planning.siting.site import site
from coverplan.planning.siting.week import MOST_PARTS
from scenes import CRS, ORIGIN, draw, profile, study

SCENE = draw("A---------B---------C---------D---------E")
"""Five villages in a row, 1 km apart; 100 s from one to the next."""
SPOTS = "ABCDE"
PEOPLE = np.array([1, 2, 4, 8, 16])
AWAY_KM = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
PERIODS = {
    "peak": Period(name="peak", weekdays=(0, 1, 2, 3, 4), spans=((420, 540), (1020, 1140)), factor=0.5),
    "night": Period(name="night", spans=((1320, 360),), factor=2.0),
}
TEXTS = ("", "24/7", "mon-fri 08:00-18:00", "22:00-06:00", "周六、日 9:00-12:00", "daily 7:30-20:00; sun off")
DRIVING: dict[str, Any] = {"profile": "drive", "limit": "2 min"}


def scene(hours: tuple[str, ...], kinds: tuple[str, ...] = ("clinic",) * 5) -> Study:
    """Return the villages with a place in each, open at some hours."""
    places = {spot: {"kind": kind, "hours": text} for spot, kind, text in zip(SPOTS, kinds, hours, strict=True)}
    drive = replace(profile(), periods=MappingProxyType(PERIODS))
    people = dict(zip(SPOTS, PEOPLE.tolist(), strict=True))
    return study(SCENE, people, places, profiles={"drive": drive})


def every_minute(hours: tuple[str, ...], sites: tuple[int, ...], weights: dict[str, float]) -> np.ndarray:
    """Return each village's share of the week within 2 minutes of an open site, going through all minutes."""
    share = np.zeros(5)
    total = sum(weights.values())
    weeks = [week_minutes(text) for text in hours]
    holding = {name: np.zeros((7, 1440), dtype=bool) for name in PERIODS}
    for name, period in PERIODS.items():
        for day in range(7):
            holding[name][day] = [period.holds(day, minute) for minute in range(1440)]
    slices = [(np.ones((7, 1440), dtype=bool), 1.0, 1.0)]
    if weights:
        slices = [(holding[name], PERIODS[name].factor, weight / total) for name, weight in weights.items()]
    for minutes, factor, weight in slices:
        near = AWAY_KM * 100 / factor <= 120
        for village in range(5):
            covered = np.zeros((7, 1440), dtype=bool)
            for j in sites:
                covered |= weeks[j] & near[village, j]
            share[village] += weight * (covered & minutes).sum() / minutes.sum()
    return share


@settings(max_examples=12)
@given(
    st.tuples(*[st.sampled_from(TEXTS)] * 5),
    st.integers(1, 2),
    st.sampled_from([{}, {"peak": 2.0}, {"night": 1.0, "peak": 3.0}]),
)
def test_the_best_plan_is_that_of_every_minute(hours: tuple[str, ...], p: int, weights: dict[str, float]) -> None:
    """Trying all plans, minute by minute, none covers more people on average; before and after are as counted."""
    told = site(scene(hours), SCENE.network, model="mclp", p=p, candidates={"kinds": ["clinic"]}, periods=weights,
                **DRIVING)  # fmt: skip
    best = max(PEOPLE @ every_minute(hours, plan, weights) for plan in combinations(range(5), p))
    assert told.plan.objective == pytest.approx(best)
    share = every_minute(hours, told.plan.sites, weights)
    assert told.mean_after == pytest.approx(PEOPLE @ share)
    assert told.after == PEOPLE[share > 1 - 1e-9].sum()
    assert told.before == told.mean_before == 0


@pytest.mark.parametrize("weights", [{}, {"peak": 2.0, "night": 1.0}])
def test_who_is_always_open_changes_nothing(weights: dict[str, float]) -> None:
    """Round the clock, empty or ignored: the same plan and figures, one part of the week for each period."""
    asked: dict[str, Any] = {"model": "mclp", "p": 2, "candidates": {"kinds": ["clinic"]}, "periods": weights}
    plain = site(scene(("",) * 5), SCENE.network, **asked, **DRIVING)
    always = site(scene(("24/7", "全天", "", "0:00-24:00", "24小时")), SCENE.network, **asked, **DRIVING)
    ignored = site(scene(("off", "mon 8:00-9:00", "", "", "")), SCENE.network, hours="ignored", **asked, **DRIVING)
    for told in (always, ignored):
        assert (told.plan.sites, told.plan.objective) == (plain.plan.sites, plain.plan.objective)
        assert (told.before, told.after, told.mean_after) == (plain.before, plain.after, plain.mean_after)
        assert told.parts == plain.parts == max(1, len(weights))


def test_an_existing_site_covers_while_it_is_open() -> None:
    """A station of office hours leaves the nights to a new one; who is covered at every hour is told apart."""
    here = scene(("mon-fri 8:00-18:00", "", "", "", ""), kinds=("ems_station", "clinic", "shop", "shop", "shop"))
    told = site(here, SCENE.network, model="mclp", new=1, existing={"kinds": ["ems"]}, candidates={"kinds": ["clinic"]},
                **DRIVING)  # fmt: skip
    assert (told.before, told.after) == (0, 1 + 2 + 4)
    assert told.mean_before == pytest.approx((1 + 2) * 50 / 168)
    assert told.plan.objective == told.mean_after == pytest.approx(7)
    assert told.sites["hours"].tolist() == ["mon-fri 8:00-18:00", ""]
    assert told.sites["people"].tolist() == pytest.approx([3 * 50 / 168, 7])


def test_everybody_at_every_hour_needs_someone_open() -> None:
    """LSCP asks for every hour: it takes the places that are open at night, and says so when there are none."""
    kinds: dict[str, Any] = {"candidates": {"kinds": ["clinic"]}, "model": "lscp"}
    told = site(scene(("", "mon-fri 8:00-18:00", "", "", "")), SCENE.network, **kinds, **DRIVING)
    assert sorted(told.sites["candidate_id"]) == ["f0", "f3"]
    with pytest.raises(NoPlanError, match="covered by no candidate: 3 people"):
        site(scene(("8:00-18:00", "8:00-18:00", "8:00-20:00", "", "")), SCENE.network, **kinds, **DRIVING)


@pytest.mark.parametrize("split", [True, False])
def test_a_site_has_room_anew_in_every_part_of_the_week(split: bool) -> None:
    """C is open on workdays only and takes 4 people: no 4 x 168/50 by day for the nights when it is closed."""
    hours = ("", "", "mon-fri 8:00-18:00", "", "")
    told = site(scene(hours), SCENE.network, model="capacitated-mclp", p=1, split=split, **DRIVING,
                candidates={"kinds": ["clinic"], "capacity": 4, "forbidden": ["f0", "f1", "f3", "f4"]})  # fmt: skip
    assert told.plan.objective == pytest.approx(4 * 50 / 168)
    assert told.sites["people"].tolist() == pytest.approx([4 * 50 / 168])
    assert (told.before, told.after) == (0, 0)
    assert told.mean_after == pytest.approx(told.plan.objective)
    # By day the first village asks at a half-open door as well: each part is filled for itself.
    both = site(scene(hours), SCENE.network, model="capacitated-mclp", p=2, split=True, **DRIVING,
                candidates={"kinds": ["clinic"], "capacity": 3, "required": ["f1", "f2"]})  # fmt: skip
    assert both.plan.objective == pytest.approx(3 + 3 * 50 / 168)
    assert both.after == pytest.approx(3)


@pytest.mark.parametrize("model", ["p-median", "p-center"])
def test_distances_know_no_hours(model: str) -> None:
    """How far it is to a closed door has no meaning: refused by key, unless hours are to be ignored."""
    asked: dict[str, Any] = {"model": model, "p": 1, "candidates": {"kinds": ["clinic"], "capacity": 20}, **DRIVING}
    del asked["limit"]
    limited = scene(("", "", "mon-fri 8:00-18:00", "", ""))
    with pytest.raises(InputError, match=r"candidates: .*'f2' is open at some hours only \(say hours: ignored"):
        site(limited, SCENE.network, **asked)
    plain = site(scene(("24/7", "", "", "", "")), SCENE.network, **asked)
    assert site(limited, SCENE.network, hours="ignored", **asked).plan.objective == plain.plan.objective


def test_too_many_parts_are_refused(tmp_path: Path) -> None:
    """A list in which everybody opens at another time is no problem for a planner to wait for."""
    lon, lat = (float(value[0]) for value in unproject([ORIGIN[0]], [ORIGIN[1]], CRS))
    rows = [f"c{i},{lon + i / 10000},{lat},周一至周日 {8 + i // 60}:{i % 60:02d}-20:00" for i in range(60)]
    (tmp_path / "list.csv").write_text("\n".join(["候选编号,经度,纬度,营业时间", *rows]), encoding="utf-8")
    with pytest.raises(InputError, match="into 61 parts, and 48 are the most") as caught:
        site(scene(("",) * 5), SCENE.network, model="mclp", p=1, folder=tmp_path, **DRIVING,
             candidates={"file": "list.csv"})  # fmt: skip
    assert "round the hours" in (caught.value.problems[0].hint or "")


def test_the_public_places_of_jinjiang_are_illustrative_and_inside(root: Path) -> None:
    """The list that comes with the AED problem: marked, in a town, with hours that a problem may have."""
    jinjiang = gpd.read_file(root / "data" / "jinjiang" / "areas.geojson").to_crs(CRS)
    problems = ProblemList()
    places = read_table(root / "configs" / "siting" / "public-places.csv", CANDIDATES, crs=CRS, problems=problems)
    problems.raise_if_any()
    assert len(places) >= 40
    assert places["name"].str.endswith("（示意）").all()
    assert shapely.covers(jinjiang.geometry.union_all(), places.geometry.to_numpy()).all()
    assert 8 < len(cut_week(places["hours"].tolist()).minutes) <= MOST_PARTS
