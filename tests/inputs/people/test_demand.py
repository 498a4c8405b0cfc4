"""Demand points in the declared columns, and areas that share a border."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given
from hypothesis import strategies as st

from coverplan.core.tables import PEOPLE
from coverplan.inputs.people.demand import account, area_of, people_table
from coverplan.inputs.records import empty_table

CRS = "EPSG:32650"


def test_the_table_is_the_one_that_readers_make() -> None:
    """Columns, order and types are those of a people table from a file."""
    made = people_table(
        point_id=["a", "b"],
        people=np.array([1, 2]),
        x_m=np.array([650_000.0, 650_100.0]),
        y_m=np.array([2_740_000.0, 2_740_000.0]),
        crs=CRS,
        area_id=["t", "t"],
        source="census",
        quality=["estimated", "illustrative"],
        groups={name: [1, pd.NA] for name in ("people_65_plus", "people_under_3", "women_15_49")},
    )
    read = empty_table(PEOPLE, CRS)
    assert made.dtypes.astype(str).to_dict() == read.dtypes.astype(str).to_dict()
    assert list(made.columns) == list(read.columns)
    assert made["people_65_plus"].to_list() == [1, pd.NA]
    assert made["place"].isna().all()


@given(st.lists(st.tuples(st.integers(-1, 5), st.integers(-1, 5)), min_size=1, max_size=30))
def test_every_point_has_at_most_one_area(points: list[tuple[int, int]]) -> None:
    """On a grid of squares a point on a corner belongs to the first of its squares, one outside to none."""
    squares = [(i, j) for j in range(2) for i in range(2)]
    areas = gpd.GeoDataFrame(
        {"area_id": [f"{i}{j}" for i, j in squares]},
        geometry=[shapely.box(2 * i, 2 * j, 2 * i + 2, 2 * j + 2) for i, j in squares],
    )
    x, y = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    for found, (a, b) in zip(area_of(x, y, areas), points, strict=True):
        fits = [k for k, (i, j) in enumerate(squares) if 2 * i <= a <= 2 * i + 2 and 2 * j <= b <= 2 * j + 2]
        assert found == (fits[0] if fits else -1)


def test_the_account_names_every_area() -> None:
    """An area in which nobody lives stands in the account with nobody."""
    areas = gpd.GeoDataFrame({"area_id": ["a", "b"], "name": ["甲镇", "乙镇"]}, geometry=[None, None])
    people = gpd.GeoDataFrame({"area_id": ["a", "a"], "people": [2, 3]}, geometry=[None, None])
    told = account(areas, people, {"a": 5.2})
    assert told.to_numpy().tolist() == [["a", "甲镇", 5.2, 5, 2], ["b", "乙镇", 0.0, 0, 0]]
