"""People far from every road, or on water: told by number, and left where they are."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from coverplan.core.errors import InputError
from coverplan.inputs.people.ground import far_from_roads, people_off_network, people_on_water, read_water
from coverplan.roads.speeds import build_graph
from scenes import CRS, ORIGIN, Road, draw, profile, study

SCENE = draw("A-----B-----C", roads={"BC": Road(road_class="motorway")})
PEOPLE = {("AB", 100, 100): 1, ("AB", 100, 101): 2, (300, -50): 4, (1200, 0): 8, (1300, 400): 16}
"""By metres from the road AB, which ends at 600 m; BC is a motorway, where nobody has a door."""
AREAS = {"near": (-10.0, -500.0, 1000.0, 500.0), "far": (1000.0, -500.0, 2000.0, 500.0)}


def test_people_far_from_every_road_are_told_by_area() -> None:
    """Beyond 100 m stand 2 of one town and all of the other; exactly 100 m is near, a motorway is no way home."""
    made = study(SCENE, PEOPLE, {}, areas=AREAS)
    graph = build_graph(SCENE.network, profile())
    before = made.people.copy()
    told = people_off_network(made.people, SCENE.network, graph, beyond_m=100).set_index("area_id")
    assert told.loc["near", ["people", "people_off_network", "points_off_network"]].to_list() == [7, 2, 1]
    assert told.loc["far", ["people", "people_off_network", "points_off_network"]].to_list() == [24, 24, 2]
    assert told.loc["far", "farthest_m"] == pytest.approx(np.hypot(700, 400), abs=0.1)
    assert "people_on_water" not in told
    assert made.people.equals(before)


def test_a_study_says_how_many_live_far_away_and_where() -> None:
    """By number, the area with most people first; nothing when everybody lives near. On foot BC is a road here."""
    made = study(SCENE, PEOPLE, {}, areas=AREAS)
    said = far_from_roads(made, SCENE.network, beyond_m=100)
    assert said == "18 people at 2 points live more than 100 m from every road, the farthest 412 m: far 16, near 2"
    assert far_from_roads(made, SCENE.network, beyond_m=900) is None


def test_the_profile_says_how_far_unless_told() -> None:
    """Without a distance the profile's own counts: 1,000 m reaches everybody here."""
    made = study(SCENE, PEOPLE, {}, areas=AREAS)
    told = people_off_network(made.people, SCENE.network, build_graph(SCENE.network, profile()))
    assert told["people_off_network"].sum() == 0


def test_people_on_water_are_told_by_area() -> None:
    """A lake around two points counts their people; who lives on the shore lives on land."""
    made = study(SCENE, PEOPLE, {}, areas=AREAS)
    x, y = ORIGIN
    lake = gpd.GeoDataFrame(geometry=[shapely.box(x + 1100, y - 5, x + 1300, y + 500)], crs=CRS)
    graph = build_graph(SCENE.network, profile())
    told = people_off_network(made.people, SCENE.network, graph, water=lake).set_index("area_id")
    assert told["people_on_water"].to_dict() == {"far": 8, "near": 0}
    assert told["points_on_water"].to_dict() == {"far": 1, "near": 0}
    assert people_on_water(made.people, lake).to_list() == [False, False, False, True, False]


def test_points_without_an_area_are_told_too() -> None:
    """Somebody whose area is not known stands in a row of their own."""
    made = study(SCENE, PEOPLE, {}, areas=AREAS)
    people = gpd.GeoDataFrame(made.people.assign(area_id=[None, "near", "near", "far", "far"]))
    told = people_off_network(people, SCENE.network, build_graph(SCENE.network, profile()), beyond_m=10)
    assert told["area_id"].isna().sum() == 1
    assert told["people"].sum() == 31
    assert told["people_off_network"].sum() == 31


def test_water_is_read_from_a_layer(tmp_path: Path) -> None:
    """Polygons are taken, rivers drawn as lines are not; a layer without any is refused."""
    path = tmp_path / "water.gpkg"
    shapes = [shapely.box(118, 24, 118.1, 24.1), shapely.LineString([(118, 24), (119, 25)])]
    gpd.GeoDataFrame(geometry=shapes, crs=4326).to_file(path)
    assert len(read_water(path, CRS)) == 1
    path.unlink()
    gpd.GeoDataFrame(geometry=shapes[1:], crs=4326).to_file(path)
    with pytest.raises(InputError, match="the layer holds no polygons"):
        read_water(path, CRS)
    with pytest.raises(InputError, match="there is no such file"):
        read_water(tmp_path / "sea.gpkg", CRS)
