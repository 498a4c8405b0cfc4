"""Times on a grid: where the cells are, and that they say what the engine says."""

import geopandas as gpd
import numpy as np
import pytest

from coverplan.travel.router import build_router
from coverplan.travel.surface import travel_surface
from coverplan.travel.times import travel_times
from scenes import ORIGIN, draw, study

SCENE = draw("A---B---C")
MADE = study(
    SCENE,
    {"A": 1},
    {"A": "clinic"},
    areas={"west": (-50, -50, 400, 150), "east": (400, -50, 850, 50)},
)


def test_cells_hold_the_time_of_their_centre():
    """100 m cells: along the road every 10 s, a row above 100 m of walking more, and nothing beyond the areas."""
    told = travel_surface(MADE, SCENE.network, cell_m=100)
    assert (told.x0 - ORIGIN[0], told.y0 - ORIGIN[1], told.cell_m) == (-100, -100, 100)
    assert told.shape == told.seconds.shape == (3, 10)
    centres = told.seconds[1]
    # Centres lie 50 m beside the road (50 s) at 50, 150, ... m from A.
    np.testing.assert_allclose(centres[1:9], [50 + 5 + 10 * i for i in range(8)], atol=0.1)
    assert np.isnan(told.seconds[2, 5:]).all()
    np.testing.assert_allclose(told.seconds[2, 1:5], [150 + 5 + 10 * i for i in range(4)], atol=0.1)


def test_cells_are_those_whose_centre_lies_in_an_area():
    """Two towns that touch leave no seam; a hole stays a hole."""
    told = travel_surface(MADE, SCENE.network, cell_m=10)
    n_cells = np.isfinite(told.seconds).sum()
    assert n_cells == (450 * 200 + 450 * 100) / 100


@pytest.mark.parametrize("cell_m", [35.0, 150.0])
def test_the_same_engine_as_for_people(cell_m):
    """Asking for the centres as points gives the same times."""
    told = travel_surface(MADE, SCENE.network, cell_m=cell_m)
    row, column = np.nonzero(~np.isnan(told.seconds))
    x, y = told.x0 + (column + 0.5) * cell_m, told.y0 + (row + 0.5) * cell_m
    points = gpd.GeoDataFrame({"point_id": np.arange(len(x))}, geometry=gpd.points_from_xy(x, y), crs=MADE.crs)
    asked = travel_times(MADE, SCENE.network, points=points)["time_s"]
    assert told.seconds[row, column].tolist() == asked.tolist()
    router = build_router(MADE, SCENE.network)
    again = travel_surface(MADE, SCENE.network, cell_m=cell_m, router=router)
    np.testing.assert_array_equal(again.seconds, told.seconds)


def test_unreachable_cells_are_not_empty():
    """Inside the areas but with no facility of the kind: inf, not NaN."""
    told = travel_surface(MADE, SCENE.network, kinds="hospital", cell_m=100)
    assert set(np.unique(told.seconds[~np.isnan(told.seconds)])) == {np.inf}
