"""What every way of making demand ends in: demand points in the declared columns, and an account of the totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from coverplan.core.errors import Problem
from coverplan.core.tables import PEOPLE, PEOPLE_GROUPS
from coverplan.core.tables import Column as DeclaredColumn
from coverplan.core.units import FloatArray, IntArray, unproject

Column = npt.NDArray[Any] | Sequence[Any] | pd.Series
"""One value for every point."""


@dataclass(frozen=True, kw_only=True)
class Demand:
    """Demand points that were made from something else, and the account of it.

    Attributes
    ----------
    people
        The declared columns of the people table, geometry in the study's CRS; only points with somebody.
    areas
        One row per area: `area_id`, `name`, `given` (what the raster or census says, fractions included), `people`
        (what the points sum to) and `points`.
    outside
        People that the source holds around the study area and outside it, in the rectangle that was looked at.
    on_edge
        Of these, people in cells that the study area touches while their centre lies outside.
    rule
        By which rule it was made, in one sentence.
    notes
        What is worth saying and stopped nothing.
    """

    people: gpd.GeoDataFrame
    areas: pd.DataFrame
    rule: str
    outside: float = 0.0
    on_edge: float = 0.0
    notes: tuple[Problem, ...] = ()


def people_table(
    *,
    point_id: Column,
    people: IntArray,
    x_m: FloatArray,
    y_m: FloatArray,
    crs: str,
    area_id: Column,
    source: str | Column,
    quality: str | Column,
    place_id: Column | None = None,
    place: Column | None = None,
    groups: Mapping[str, Column] | None = None,
) -> gpd.GeoDataFrame:
    """Lay out a people table as it would have been read from a file, from columns of n values.

    Examples
    --------
    >>> one = people_table(point_id=["a"], people=np.array([5]), x_m=np.array([500000.0]), y_m=np.array([2654227.0]),
    ...                    crs="EPSG:32650", area_id=["t"], source="census", quality="estimated")
    >>> print(one[["point_id", "people", "area_id", "lon", "people_65_plus"]].to_string(index=False))
    point_id  people area_id   lon  people_65_plus
           a       5       t 117.0            <NA>
    """
    index = pd.RangeIndex(len(people))

    def text(value: str | Column | None) -> pd.Series:
        if value is None or isinstance(value, str):
            return pd.Series(pd.NA if value is None else value, index=index, dtype="str")
        return pd.Series(np.asarray(value, dtype=object), index=index, dtype="str")

    lon, lat = unproject(x_m, y_m, crs)
    columns = {
        "point_id": text(point_id),
        "people": pd.Series(people, index=index, dtype="int64"),
        "place_id": text(place_id),
        "place": text(place),
        "area_id": text(area_id),
        # Nine digits of a degree are a tenth of a millimetre.
        "lon": pd.Series(np.round(lon, 9), index=index),
        "lat": pd.Series(np.round(lat, 9), index=index),
        "datum": text("wgs84"),
        "source": text(source),
        "quality": text(quality),
    }
    for name in PEOPLE_GROUPS:
        values = pd.NA if groups is None else np.asarray(groups[name], dtype=object)
        columns[name] = pd.Series(values, index=index, dtype="Int64")
    nothing = {column.name: _unsaid(column, index) for column in PEOPLE.columns if column.name not in columns}
    frame = pd.DataFrame({name: ({**nothing, **columns})[name] for name in PEOPLE.names}, index=index)
    return gpd.GeoDataFrame(frame, geometry=shapely.points(x_m, y_m), crs=crs)


def _unsaid(column: DeclaredColumn, index: pd.RangeIndex) -> pd.Series:
    """Fill a column about which a raster or census says nothing."""
    dtype = {"text": "str", "number": "float64", "integer": "Int64", "flag": "boolean"}[column.type]
    return pd.Series(pd.NA if column.default is None else column.default, index=index, dtype=dtype)


def account(areas: gpd.GeoDataFrame, people: gpd.GeoDataFrame, given: Mapping[str, float]) -> pd.DataFrame:
    """Set what was given beside what the points sum to, area by area, in the order of the areas."""
    per_area = people.groupby("area_id")["people"].agg(["sum", "size"])
    keys = areas["area_id"]
    return pd.DataFrame(
        {
            "area_id": keys.to_numpy(),
            "name": areas["name"].to_numpy() if "name" in areas else keys.to_numpy(),
            "given": [float(given.get(key, 0.0)) for key in keys],
            "people": keys.map(per_area["sum"]).fillna(0).astype("int64").to_numpy(),
            "points": keys.map(per_area["size"]).fillna(0).astype("int64").to_numpy(),
        }
    )


def area_of(x_m: FloatArray, y_m: FloatArray, areas: gpd.GeoDataFrame) -> IntArray:
    """Return the position of the area in which each point lies, -1 outside; on a border the area named first has it.

    Examples
    --------
    >>> two = gpd.GeoDataFrame({"area_id": ["w", "e"]}, geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> area_of(np.array([0.5, 1.0, 1.5, 3.0]), np.array([0.5, 0.5, 0.5, 0.5]), two).tolist()
    [0, 0, 1, -1]
    """
    found = np.full(len(x_m), -1, dtype=np.int64)
    shapes = areas.geometry.to_numpy()
    shapely.prepare(shapes)
    # From the last to the first, so that the first one stays.
    point, area = shapely.STRtree(shapes).query(shapely.points(x_m, y_m), predicate="intersects")
    order = np.argsort(-area, kind="stable")
    found[point[order]] = area[order]
    return found
