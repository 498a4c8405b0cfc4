"""What every way of making demand ends in: demand points in the declared columns, and an account of the totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from coverplan.core.errors import Problem
from coverplan.core.tables import PEOPLE, PEOPLE_GROUPS
from coverplan.core.units import FloatArray, IntArray, unproject


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
    point_id: npt.ArrayLike,
    people: IntArray,
    x_m: FloatArray,
    y_m: FloatArray,
    crs: str,
    area_id: npt.ArrayLike,
    source: str | npt.ArrayLike,
    quality: str | npt.ArrayLike,
    place_id: npt.ArrayLike | None = None,
    place: npt.ArrayLike | None = None,
    groups: Mapping[str, npt.ArrayLike] | None = None,
) -> gpd.GeoDataFrame:
    """Lay out a people table as it would have been read from a file, from columns of n values.

    Examples
    --------
    >>> one = people_table(point_id=["a"], people=np.array([5]), x_m=np.array([500000.0]), y_m=np.array([2654227.0]),
    ...                    crs="EPSG:32650", area_id=["t"], source="census", quality="estimated")
    >>> one.loc[0, ["point_id", "people", "area_id", "lon"]].to_list()
    ['a', 5, 't', 117.0]
    """
    index = pd.RangeIndex(len(people))
    lon, lat = unproject(x_m, y_m, crs)
    empty = pd.Series(pd.NA, index=index, dtype="str")
    columns = {
        "point_id": pd.Series(point_id, index=index, dtype="str"),
        "people": pd.Series(people, index=index, dtype="int64"),
        "place_id": empty if place_id is None else pd.Series(place_id, index=index, dtype="str"),
        "place": empty if place is None else pd.Series(place, index=index, dtype="str"),
        "area_id": pd.Series(area_id, index=index, dtype="str"),
        # Nine digits of a degree are a tenth of a millimetre.
        "lon": np.round(lon, 9),
        "lat": np.round(lat, 9),
        "datum": pd.Series("wgs84", index=index, dtype="str"),
        "source": pd.Series(source, index=index, dtype="str"),
        "quality": pd.Series(quality, index=index, dtype="str"),
    }
    for name in PEOPLE_GROUPS:
        columns[name] = pd.Series(pd.NA if groups is None else groups[name], index=index, dtype="Int64")
    frame = pd.DataFrame({name: columns[name] for name in PEOPLE.names}, index=index)
    return gpd.GeoDataFrame(frame, geometry=shapely.points(x_m, y_m), crs=crs)


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
