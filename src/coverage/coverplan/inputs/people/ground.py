"""People on water, or far from every road: counted and told, area by area, and left where they are."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverplan.core.errors import ProblemList
from coverplan.core.model import Study
from coverplan.core.units import TENTHS, within
from coverplan.inputs.people.weights import read_layer
from coverplan.roads.network import Graph, Network
from coverplan.roads.profiles import default_profiles
from coverplan.roads.snapping import snap
from coverplan.roads.speeds import build_graph

FAR_M = 500.0
"""From where on people live far from a road: seven minutes on foot."""
_MOST = 5


def read_water(path: str | Path, crs: str) -> gpd.GeoDataFrame:
    """Read water polygons (GeoPackage, GeoJSON, shapefile) in `crs`.

    Raises
    ------
    InputError
        When the layer cannot be read, has no CRS, or holds no polygon.
    """
    problems = ProblemList()
    layer = read_layer(path, problems)
    problems.raise_if_any()
    assert layer is not None, "what cannot be read is a problem"  # noqa: S101 - a slip of ours, not of the user
    flat = layer[shapely.get_dimensions(layer.geometry.to_numpy()) == 2]
    if flat.empty:
        problems.add("the layer holds no polygons", file=Path(path).name, hint="lakes, rivers and the sea as polygons")
    problems.raise_if_any()
    return gpd.GeoDataFrame(flat[[flat.geometry.name]].to_crs(crs)).reset_index(drop=True)


def people_on_water(people: gpd.GeoDataFrame, water: gpd.GeoDataFrame) -> pd.Series:
    """Say of each demand point whether it lies on water; the shore is land.

    Examples
    --------
    >>> lake = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 10)], crs="EPSG:32650")
    >>> points = gpd.GeoDataFrame(geometry=shapely.points([5.0, 10.0, 15.0], [5.0, 5.0, 5.0]), crs="EPSG:32650")
    >>> people_on_water(points, lake).to_list()
    [True, False, False]
    """
    wet = np.zeros(len(people), dtype=bool)
    tree = shapely.STRtree(water.to_crs(str(people.crs)).geometry.to_numpy())
    wet[tree.query(people.geometry.to_numpy(), predicate="within")[0]] = True
    return pd.Series(wet, index=people.index)


def people_off_network(
    people: gpd.GeoDataFrame,
    network: Network,
    graph: Graph,
    *,
    beyond_m: float | None = None,
    water: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """Count the people who live far from every road, or on water, in each area.

    Parameters
    ----------
    people
        A people table in the network's CRS.
    network, graph
        The roads, and the graph of the profile that has to reach them: only roads to which a door may be connected
        count.
    beyond_m
        From where on a point is far from the roads, metres; exactly so far is not far. The profile's `max_offroad_m`
        unless given.
    water
        Water polygons (`read_water`); without them the columns about water are missing.

    Returns
    -------
    DataFrame
        One row per area of the people table, in order of `area_id` (points without one come last, as missing):
        `people`, `points`, `people_off_network`, `points_off_network`, `farthest_m` (`inf` when there is no road at
        all), `people_on_water`, `points_on_water`. Nobody is dropped: this only tells.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> network = cp.build_network(study)
    >>> walkers = cp.build_graph(network, study.profiles["walk"])
    >>> told = people_off_network(study.people, network, walkers, beyond_m=1000)
    >>> told[["area_id", "people", "people_off_network"]].to_string(index=False).splitlines()[-1].split()
    ['350999103', '19200', '0']
    """
    limit_m = graph.profile.max_offroad_m if beyond_m is None else beyond_m
    snaps = snap(network, graph, people.geometry.x.to_numpy(), people.geometry.y.to_numpy())
    away_m = snaps.offroad_dm / TENTHS
    far = ~within(away_m, limit_m)
    count = people["people"].to_numpy(np.int64)
    rows = pd.DataFrame(
        {
            "area_id": people["area_id"].to_numpy(),
            "people": count,
            "points": 1,
            "people_off_network": count * far,
            "points_off_network": far.astype(np.int64),
            "farthest_m": away_m,
        }
    )
    if water is not None:
        wet = people_on_water(people, water).to_numpy()
        rows = rows.assign(people_on_water=count * wet, points_on_water=wet.astype(np.int64))
    how = {name: "max" if name == "farthest_m" else "sum" for name in rows.columns if name != "area_id"}
    return rows.groupby("area_id", dropna=False).agg(how).reset_index()


def far_from_roads(study: Study, network: Network, *, beyond_m: float = FAR_M) -> str | None:
    """Say how many people live far from every road that is open on foot, and in which areas; None when nobody does.

    Parameters
    ----------
    study, network
        In the same CRS.
    beyond_m
        From where on a point is far, metres; exactly so far is not far.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> network = cp.build_network(study)
    >>> far_from_roads(study, network)
    '300 people at 1 point live more than 500 m from every road, the farthest 3,424 m: 东岸镇 300'
    """
    walkers = study.profiles.get("walk") or default_profiles()["walk"]
    told = people_off_network(study.people, network, build_graph(network, walkers), beyond_m=beyond_m)
    far = told[told["points_off_network"] > 0].sort_values("people_off_network", ascending=False, kind="stable")
    if far.empty:
        return None
    names = dict(zip(study.areas["area_id"], study.areas["name"], strict=True))
    where = [
        f"{names.get(row.area_id, 'in no area')} {row.people_off_network:,}" for row in far.head(_MOST).itertuples()
    ]
    points = int(far["points_off_network"].sum())
    farthest = f"the farthest {far['farthest_m'].max():,.0f} m" if np.isfinite(far["farthest_m"].max()) else "no road"
    what = f"{far['people_off_network'].sum():,} people at {points:,} point{'' if points == 1 else 's'} live more than"
    more = f", and {len(far) - _MOST} more" if len(far) > _MOST else ""
    return f"{what} {beyond_m:g} m from every road, {farthest}: {', '.join(where)}{more}"
