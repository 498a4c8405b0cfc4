"""Isochrones of a study's facilities, as a table that maps and other programs can show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverplan.core.model import Study, Toward
from coverplan.core.units import METRES_PER_KM, SECONDS_PER_MINUTE
from coverplan.roads.network import Network
from coverplan.travel.field import node_field
from coverplan.travel.isochrones.contours import valid
from coverplan.travel.isochrones.outlines import Outlines, outlines, outlines_of_each
from coverplan.travel.router import Router, router_for
from coverplan.travel.times import choose_facilities

How = Literal["union", "each", "exclusive"]


def isochrones(
    study: Study,
    network: Network,
    *,
    limits_min: Sequence[float] = (5, 10, 15),
    kinds: str | Iterable[str] = (),
    tiers: str | Iterable[str] = (),
    facilities: gpd.GeoDataFrame | None = None,
    profile: str | None = None,
    period: str | None = None,
    toward: Toward = "facility",
    how: How = "union",
    cell_m: float | None = None,
    buffer_m: float | None = None,
    router: Router | None = None,
) -> gpd.GeoDataFrame:
    """Draw the areas around the roads that are within some minutes of facilities.

    They are for the eye: who is covered is decided at the demand points (`travel.times.travel_times`). An area holds
    every bit of road that is reached, to the metre, and what lies within `buffer_m` of it. The way between a door and
    its road counts at the facility and not at the other end.

    Parameters
    ----------
    study, network
        The study and its roads, in the same projected CRS.
    limits_min
        Travel times in minutes, in any order. The area of a shorter one lies within that of a longer one.
    kinds, tiers, facilities, profile, period, toward, router
        As in `travel.times.travel_times`.
    how
        ``"union"``: what the nearest facility reaches, whichever it is. ``"each"``: what every facility reaches; areas
        may overlap. ``"exclusive"``: what each facility reaches first; areas of two facilities share borders only, and
        the borders are those of the longest limit asked for.
    cell_m, buffer_m
        How finely to draw. Without a wish the outline runs 80 m from the road, on a grid of 40 m; where that would be
        more than two million cells, both grow. A buffer alone sets cells of half its width.

    Returns
    -------
    GeoDataFrame
        In the study's CRS: ``facility_id``, missing for a union; ``limit_min``; ``geometry``, valid multipolygons,
        empty where nothing is reached; ``area_km2``. Facilities in their order, for each the limits from short to long.
        ``attrs`` has the ``cell_m`` and ``buffer_m`` that were used.

    Raises
    ------
    InputError
        When a kind, tier, profile or period is unknown.
    ValueError
        When a limit is not above 0, `cell_m` or `buffer_m` do not suit the area, `facilities` come together with
        `kinds` or `tiers`, or the router is of another profile, period or network.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> network = cp.build_network(study)
    >>> areas = isochrones(study, network, kinds="ems", profile="ambulance", toward="demand", limits_min=[5, 10])
    >>> areas["limit_min"].tolist(), bool(areas.geometry[1].covers(areas.geometry[0]))
    ([5.0, 10.0], True)
    """
    if how not in {"union", "each", "exclusive"}:
        raise ValueError(f"how is '{how}'; it must be union, each or exclusive")
    chosen = choose_facilities(study, kinds, tiers, facilities)
    using = router_for(study, network, profile, router, period=period)
    minutes = sorted({float(limit) for limit in limits_min})
    limits = [limit * SECONDS_PER_MINUTE for limit in minutes]
    drawn = _drawn(using, chosen, how, limits=limits, toward=toward, cell_m=cell_m, buffer_m=buffer_m)
    ids = [None] if how == "union" else chosen["facility_id"].tolist()
    return _table(ids, minutes, drawn, study.crs)


def _drawn(
    using: Router,
    facilities: gpd.GeoDataFrame,
    how: How,
    *,
    limits: Sequence[float],
    toward: Toward,
    cell_m: float | None,
    buffer_m: float | None,
) -> Outlines:
    network, graph = using.network, using.graph
    doors = using.snaps(facilities)
    if how == "each":
        return outlines_of_each(network, graph, doors, limits=limits, toward=toward, cell_m=cell_m, buffer_m=buffer_m)
    field = node_field(graph, doors, toward=toward, weight="time")
    return outlines(
        network, graph, doors, field, limits=limits, exclusive=how == "exclusive", cell_m=cell_m, buffer_m=buffer_m
    )


def _table(ids: Sequence[str | None], minutes: Sequence[float], drawn: Outlines, crs: str) -> gpd.GeoDataFrame:
    areas = np.array([valid(area) for area in drawn.areas.ravel()], dtype=object)
    columns = {
        "facility_id": pd.Series(np.repeat(np.array(ids, dtype=object), len(minutes)), dtype="str"),
        "limit_min": np.tile(np.array(minutes), len(ids)),
    }
    table = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(areas, crs=crs))
    table["area_km2"] = shapely.area(areas) / METRES_PER_KM**2
    table.attrs = {"cell_m": drawn.raster.cell_m, "buffer_m": drawn.raster.buffer_m}
    return table
