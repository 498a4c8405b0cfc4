"""Travel times of a study: people and facilities where they stand, names and reasons in the answer."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from coverplan.core.errors import InputError
from coverplan.travel.router import build_router
from coverplan.travel.times import straight_line, travel_times
from scenes import Road, draw, profile, study

INF = np.inf

SCENE = draw(
    """
    A-->B   E---F
    |   |
    D---C
    """
)
STUDY = study(
    SCENE,
    {"A": 1, "B": 2, ("EF", 100): 4, (0, 5000): 8},
    {"A": "hospital", "C": {"kind": "clinic", "tier": "primary"}, "D": {"kind": "cdc", "open_year": 2030}},
)


def _rows(told):
    value = "time_s" if "time_s" in told else "distance_m"
    names = [None if pd.isna(name) else name for name in told["facility_id"]]
    return list(zip(told["point_id"], names, told[value].tolist(), told["reason"], strict=True))


def test_patients_drive_in():
    """A is there; B takes C (20 s); the island has no way through; the last lives 5 km from any road."""
    assert _rows(travel_times(STUDY, SCENE.network)) == [
        ("p0", "f0", 0.0, ""),
        ("p1", "f1", 20.0, ""),
        ("p2", None, INF, "not_connected"),
        ("p3", None, INF, "off_network"),
    ]


def test_crews_drive_out():
    """The hospital alone: to B along the one-way road 40 s, against it 80 s."""
    out = travel_times(STUDY, SCENE.network, kinds="hospital", toward="demand")
    back = travel_times(STUDY, SCENE.network, kinds="hospital", toward="facility")
    assert (out["time_s"][1], back["time_s"][1]) == (40, 80)


def test_distance_has_its_own_column():
    """Metres by road, in a column that says so."""
    told = travel_times(STUDY, SCENE.network, tiers="primary", weight="distance")
    assert list(told.columns) == ["point_id", "facility_id", "distance_m", "reason"]
    assert told["distance_m"].tolist()[:2] == [600, 200]


def test_nothing_of_that_kind():
    """The disease control centre opens later: every row says that there is none, also the far ones."""
    told = travel_times(STUDY, SCENE.network, kinds="cdc")
    assert told["reason"].tolist() == ["none_of_kind"] * 4
    assert told["facility_id"].isna().all()
    assert np.isinf(told["time_s"]).all()


def test_walking_to_the_road_counts():
    """50 m beside the road at 1 m/s, then 30 s to B."""
    scene = draw("A---B")
    told = travel_times(study(scene, {("AB", 100, 50): 1}, {"B": "hospital"}), scene.network)
    assert told["time_s"].tolist() == [80]


def test_exactly_as_far_as_one_may_walk():
    """1000 m from the road is connected, 1000.1 m is not."""
    scene = draw("A---B")
    made = study(scene, {("AB", 100, 1000): 1, ("AB", 100, 1000.1): 2}, {"B": "hospital"})
    assert travel_times(made, scene.network)["reason"].tolist() == ["", "off_network"]


def test_other_points_and_other_facilities():
    """A table of points and a table of facilities take the place of the study's."""
    points = gpd.GeoDataFrame({"point_id": ["x"]}, geometry=[shapely.Point(SCENE.at("B"))], crs=STUDY.crs)
    site = STUDY.facilities.iloc[[2]]
    told = travel_times(STUDY, SCENE.network, points=points, facilities=site)
    assert _rows(told) == [("x", "f2", 60.0, "")]
    assert _rows(straight_line(STUDY, points=points, facilities=site)) == [("x", "f2", 447.2, "")]
    with pytest.raises(ValueError, match="not both"):
        travel_times(STUDY, SCENE.network, facilities=site, kinds="hospital")


def test_a_router_gives_the_same_answers():
    """Made once, used for the study's people and for other points."""
    router = build_router(STUDY, SCENE.network, "ambulance")
    some = STUDY.people.iloc[[1]]
    for options in ({}, {"points": some}, {"toward": "demand"}, {"weight": "distance"}):
        pd.testing.assert_frame_equal(
            travel_times(STUDY, SCENE.network, router=router, **options),
            travel_times(STUDY, SCENE.network, profile="ambulance", **options),
        )


def test_a_router_of_something_else_is_refused():
    """Another profile or another network would silently give other times."""
    router = build_router(STUDY, SCENE.network, "walk")
    with pytest.raises(ValueError, match="'walk', not 'drive'"):
        travel_times(STUDY, SCENE.network, profile="drive", router=router)
    with pytest.raises(ValueError, match="another network"):
        travel_times(STUDY, draw("A-B").network, router=router)


def test_an_unknown_profile_is_named():
    """With the profiles there are."""
    with pytest.raises(InputError, match="did you mean 'drive'"):
        travel_times(STUDY, SCENE.network, profile="drvie")


def test_a_network_in_another_crs_is_refused():
    """Metres of one zone mean nothing in the next."""
    other = type(SCENE.network)(**{**vars(SCENE.network), "crs": "EPSG:32651"})
    with pytest.raises(ValueError, match="EPSG:32651"):
        travel_times(STUDY, other)


def test_straight_lines():
    """As the crow flies the island is near, 900 m, and nobody is unreachable."""
    told = straight_line(STUDY, kinds="hospital")
    assert list(told.columns) == ["point_id", "facility_id", "distance_m", "reason"]
    assert told["distance_m"].tolist() == [0, 400, 900, 4800]
    assert told["reason"].tolist() == [""] * 4
    assert straight_line(STUDY, kinds="cdc")["reason"].tolist() == ["none_of_kind"] * 4


def test_straight_ties_go_to_the_first():
    """M lies in the middle, to the tenth of a metre."""
    scene = draw("A---M---B")
    for first, second in (("A", "B"), ("B", "A")):
        made = study(scene, {"M": 1}, {first: "clinic", second: "clinic"})
        assert straight_line(made)["facility_id"].tolist() == ["f0"]


def test_a_road_is_never_shorter_than_the_straight_line():
    """On a town of blocks, by road is at least as far as straight, and row order does not matter."""
    town = draw("""
        A---B---C---D
        |   v   |   |
        E-->F---G---H
        |   |   |   |
        I---J---K---L
        """)
    rng = np.random.default_rng(7)
    people = {(float(x), float(y)): 1 for x, y in rng.uniform(0, [1200, 400], (40, 2))}
    made = study(town, people, {"A": "clinic", "K": "clinic", ("GH", 150): "clinic"})
    by_road = travel_times(made, town.network, weight="distance")["distance_m"]
    straight = straight_line(made)["distance_m"]
    assert (by_road >= straight - 0.2).all()
    mixed = made.people.sample(frac=1, random_state=1)
    told = travel_times(made, town.network, points=mixed, weight="distance").set_index("point_id")["distance_m"]
    assert told.reindex(made.people["point_id"]).tolist() == by_road.tolist()


def test_nothing_that_came_in_is_changed():
    """Study tables are the same before and after."""
    before = [table.copy(deep=True) for table in (STUDY.people, STUDY.facilities)]
    travel_times(STUDY, SCENE.network)
    straight_line(STUDY)
    for kept, table in zip(before, (STUDY.people, STUDY.facilities), strict=True):
        pd.testing.assert_frame_equal(kept, table)


def test_a_closed_road_does_not_carry_cars():
    """The footway is the short cut for walkers; a car has to drive around."""
    scene = draw(
        """
        A---B
        |   |
        D---C
        """,
        roads={"AB": Road(drive=False)},
    )
    made = study(scene, {"A": 1}, {"B": "clinic"}, profiles={"drive": profile(), "walk": profile(36, mode="walk")})
    told = [travel_times(made, scene.network, profile=name)["time_s"][0] for name in ("drive", "walk")]
    assert told == [80, 40]
