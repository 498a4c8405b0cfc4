"""A profile made ready once: connections are remembered, and a router is of one profile, period and network."""

from dataclasses import replace
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pytest

from coverplan.core.errors import InputError
from coverplan.core.model import Period
from coverplan.roads.snapping import snap
from coverplan.travel import router as room
from coverplan.travel.isochrones.study import isochrones
from coverplan.travel.periods import share_of_week
from coverplan.travel.router import build_router
from coverplan.travel.times import travel_times
from scenes import draw, profile, study

SCENE = draw("A---------B---------C")
PEAK = Period(name="peak", weekdays=(0, 1, 2, 3, 4), spans=((420, 540),), factor=0.5)
STUDY = study(
    SCENE,
    {"A": 1, "B": 2, "C": 4},
    {"A": "hospital"},
    profiles={"drive": replace(profile(), periods=MappingProxyType({"peak": PEAK}))},
)


def test_the_same_positions_are_connected_once():
    """A copy of a table, as every selection makes one, gets the connections of the first; another place its own."""
    router = build_router(STUDY, SCENE.network)
    doors = router.snaps(STUDY.facilities)
    assert router.snaps(STUDY.facilities.copy()) is doors
    assert router.snaps(STUDY.people) is router.people_snaps
    moved = STUDY.facilities.set_geometry(STUDY.facilities.translate(xoff=250.0))
    there = router.snaps(gpd.GeoDataFrame(moved))
    x, y = moved.geometry.x.to_numpy(), moved.geometry.y.to_numpy()
    assert there.fraction.tolist() == snap(SCENE.network, router.graph, x, y).fraction.tolist() == [0.25]


def test_a_router_remembers_only_so_much(monkeypatch):
    """The oldest connections are forgotten; asking again finds them again."""
    monkeypatch.setattr(room, "_KEPT", 2)
    router = build_router(STUDY, SCENE.network)
    first = router.snaps_at([100], [0])
    for x in (200, 300):
        router.snaps_at([x], [0])
    again = router.snaps_at([100], [0])
    assert again is not first
    assert np.array_equal(again.fraction, first.fraction, equal_nan=True)


def test_a_period_by_name():
    """Half the speed takes twice the time, in a table, in a router and in the area of an isochrone."""
    assert travel_times(STUDY, SCENE.network, period="peak")["time_s"].tolist() == [0, 200, 400]
    router = build_router(STUDY, SCENE.network, period="peak")
    assert travel_times(STUDY, SCENE.network, router=router, period="peak")["time_s"].tolist() == [0, 200, 400]
    assert build_router(STUDY, SCENE.network, period="").profile.period == ""
    day, peak = (isochrones(STUDY, SCENE.network, limits_min=[2], period=name) for name in (None, "peak"))
    assert 0 < peak["area_km2"][0] < 0.7 * day["area_km2"][0]


def test_a_period_that_there_is_not():
    """It is named, with the one that was meant."""
    with pytest.raises(InputError, match="peek"):
        travel_times(STUDY, SCENE.network, period="peek")


def test_routers_of_other_hours_are_refused():
    """A router of the whole day does not answer for a period, nor one of a period for the whole week."""
    day, peak = build_router(STUDY, SCENE.network), build_router(STUDY, SCENE.network, period="peak")
    with pytest.raises(ValueError, match="for the whole day, not for the period 'peak'"):
        travel_times(STUDY, SCENE.network, router=day, period="peak")
    with pytest.raises(ValueError, match="give one for the whole day"):
        share_of_week(STUDY, SCENE.network, 600, router=peak)
