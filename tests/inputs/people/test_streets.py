"""Roads along which people live: by class and length, in the area of each piece."""

from itertools import pairwise

import geopandas as gpd
import pytest
import shapely

from coverplan.core.errors import InputError
from coverplan.core.words import ROAD_CLASSES
from coverplan.inputs.people.streets import ROAD_WEIGHTS, over_roads
from scenes import CRS, ORIGIN, Road, draw

SCENE = draw("A---B---C", roads={"BC": Road(road_class="tertiary")})
"""400 m of residential road, then 400 m of a tertiary one."""


def box(left: float, right: float) -> shapely.Polygon:
    """Return a strip of the drawing."""
    return shapely.box(ORIGIN[0] + left, ORIGIN[1] - 500, ORIGIN[0] + right, ORIGIN[1] + 500)


def areas(*edges: float) -> gpd.GeoDataFrame:
    """Make areas side by side, cut at metres from the left."""
    shapes = [box(a, b) for a, b in pairwise(edges)]
    names = [f"t{i}" for i in range(len(shapes))]
    return gpd.GeoDataFrame({"area_id": names, "name": names}, geometry=shapes, crs=CRS)


def test_a_road_weighs_its_length_times_its_class() -> None:
    """400 m of residential road weigh 400, 400 m of tertiary road a quarter, in pieces of 50 m."""
    units = over_roads(SCENE.network, areas(-100, 400, 1000)).units
    assert len(units) == 16
    assert units.groupby("area_id")["weight"].sum().to_dict() == {"t0": 400.0, "t1": 100.0}
    assert units["x_m"].iloc[0] - ORIGIN[0] == pytest.approx(25)


def test_a_piece_lies_where_its_middle_lies() -> None:
    """An area that begins 220 m along the first road takes the piece from 200 to 250 m, and the rest."""
    units = over_roads(SCENE.network, areas(220, 1000), road_weights={"residential": 1}).units
    assert units["weight"].sum() == 200
    units = over_roads(SCENE.network, areas(226, 1000), road_weights={"residential": 1}).units
    assert units["weight"].sum() == 150


def test_closed_roads_and_other_classes_carry_nobody() -> None:
    """A road nobody may use, and a motorway, are no places to live."""
    scene = draw("A---B---C", roads={"AB": Road(drive=False, walk=False), "BC": Road(road_class="motorway")})
    with pytest.raises(InputError, match="no road of these classes lies in the study's areas"):
        over_roads(scene.network, areas(-100, 1000))


def test_unknown_classes_and_weights_are_told_at_once() -> None:
    """A misspelt class and a negative weight are two problems with hints."""
    with pytest.raises(InputError) as error:
        over_roads(SCENE.network, areas(-100, 1000), road_weights={"residental": 1, "tertiary": -1})
    said = [str(problem) for problem in error.value.problems]
    assert "unknown road class 'residental' (did you mean 'residential'?)" in said[0]
    assert "-1 is no weight" in said[1]


def test_the_usual_weights_are_of_known_classes() -> None:
    """Every class of the default stands in the word list."""
    assert set(ROAD_WEIGHTS) <= set(ROAD_CLASSES)
