"""How far every demand point is from its nearest facility, by road or in a straight line, or why none is reached."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverplan.core.model import Study, Toward, Weight
from coverplan.core.units import from_tenths, tenths
from coverplan.inputs.select import active_facilities
from coverplan.roads.network import Bool, Float, Int32, Network
from coverplan.travel.nearest import find_nearest
from coverplan.travel.router import Router, router_for

if TYPE_CHECKING:
    import geopandas as gpd

_CHUNK = 4_000_000
"""Pairs of point and facility that are compared at a time in straight lines: 32 MB."""


def travel_times(
    study: Study,
    network: Network,
    *,
    kinds: str | Iterable[str] = (),
    tiers: str | Iterable[str] = (),
    profile: str | None = None,
    period: str | None = None,
    toward: Toward = "facility",
    weight: Weight = "time",
    facilities: gpd.GeoDataFrame | None = None,
    points: gpd.GeoDataFrame | None = None,
    router: Router | None = None,
) -> pd.DataFrame:
    """Find the nearest facility of every demand point by road, door to door.

    Parameters
    ----------
    study, network
        The study and its roads, in the same projected CRS.
    kinds, tiers
        Which facilities count, as in `inputs.select.active_facilities`; none means all that serve in the base year.
    profile
        Name of one of the study's speed profiles; the router's, or ``"drive"``, when not given.
    period
        Name of one of the profile's periods; the router's, or the whole day, when not given. `travel.periods` asks for
        several at once.
    toward
        ``"facility"``: people travel there; ``"demand"``: crews drive out to the people.
    weight
        ``"time"`` or ``"distance"`` (the shortest way, which need not be the fastest).
    facilities
        Facilities already chosen, instead of `kinds` and `tiers`; a table with ``facility_id`` and point geometry.
    points
        Demand points instead of `study.people`; a table with ``point_id`` and point geometry.
    router
        Graph and connections made before with `travel.router.build_router`, to save making them again.

    Returns
    -------
    DataFrame
        One row per point, in their order: ``point_id``; ``facility_id``, missing where none is reached; ``time_s`` or
        ``distance_m``, exact to the tenth, `inf` where none is reached; ``reason``, empty where one is reached, else
        ``"none_of_kind"`` (no such facility at all), ``"off_network"`` (no road within the profile's reach of the
        point) or ``"not_connected"`` (roads, but no way through).

    Raises
    ------
    InputError
        When a kind, tier, profile or period is unknown.
    ValueError
        When `facilities` come together with `kinds` or `tiers`, a router is of another profile, period or network, or
        network and study are in different CRS.

    Examples
    --------
    From the ambulance stations of the toy study out to every demand point:

    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> network = cp.build_network(study)
    >>> told = cp.travel_times(study, network, kinds="ems", profile="ambulance", toward="demand")
    >>> list(told.columns), len(told) == len(study.people)
    (['point_id', 'facility_id', 'time_s', 'reason'], True)
    """
    chosen = choose_facilities(study, kinds, tiers, facilities)
    asked = study.people if points is None else points
    using = router_for(study, network, profile, router, period=period)
    demand = using.snaps(asked)
    found = find_nearest(using.graph, demand, using.snaps(chosen), toward=toward, weight=weight)
    column = "time_s" if weight == "time" else "distance_m"
    return times_table(asked, chosen, found.value, found.facility, column, off_network=demand.edge < 0)


def straight_line(
    study: Study,
    *,
    kinds: str | Iterable[str] = (),
    tiers: str | Iterable[str] = (),
    facilities: gpd.GeoDataFrame | None = None,
    points: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """Find the nearest facility of every demand point in a straight line, in the study's projected CRS.

    Parameters, columns and errors are those of `travel_times` with ``weight="distance"``. Distances are rounded to
    the tenth of a metre; of facilities equally far by that measure, the one that stands first is taken.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> told = straight_line(study, kinds="ems")
    >>> list(told.columns), bool(told["distance_m"].max() < 20_000)
    (['point_id', 'facility_id', 'distance_m', 'reason'], True)
    """
    chosen = choose_facilities(study, kinds, tiers, facilities)
    asked = study.people if points is None else points
    value, facility = _nearest_straight(_xy(asked), _xy(chosen))
    return times_table(asked, chosen, value, facility, "distance_m", off_network=np.zeros(len(asked), dtype=bool))


def choose_facilities(
    study: Study, kinds: str | Iterable[str], tiers: str | Iterable[str], facilities: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Return the facilities that were given, or else those of some kinds and tiers that serve in the base year.

    Raises
    ------
    ValueError
        When `facilities` come together with `kinds` or `tiers`.
    """
    if facilities is None:
        return active_facilities(study, kinds=kinds, tiers=tiers)
    if kinds or tiers:
        raise ValueError("give either facilities or kinds and tiers, not both")
    return facilities


def times_table(
    points: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    value: Float,
    facility: Int32,
    column: str,
    *,
    off_network: Bool,
) -> pd.DataFrame:
    """Put names and reasons to the value and the facility of every point, as `travel_times` returns them."""
    reached = facility >= 0
    # One missing name at the end, which the index -1 of "none" finds.
    ids = np.array([*facilities["facility_id"], None], dtype=object)
    missing = np.where(off_network, "off_network", "not_connected") if len(facilities) else "none_of_kind"
    return pd.DataFrame(
        {
            "point_id": points["point_id"].reset_index(drop=True),
            "facility_id": pd.Series(ids[facility], dtype="str"),
            column: value,
            "reason": pd.Series(np.where(reached, "", missing), dtype="str"),
        }
    )


def _xy(points: gpd.GeoDataFrame) -> Float:
    return np.column_stack([points.geometry.x, points.geometry.y]).astype(np.float64)


def _nearest_straight(points: Float, facilities: Float) -> tuple[Float, Int32]:
    value = np.full(len(points), np.inf)
    facility = np.full(len(points), -1, dtype=np.int32)
    if not len(facilities):
        return value, facility
    step = max(_CHUNK // len(facilities), 1)
    for begin in range(0, len(points), step):
        part = slice(begin, begin + step)
        away = points[part, None, :] - facilities[None, :, :]
        distance = tenths(np.hypot(away[..., 0], away[..., 1]))
        facility[part] = distance.argmin(axis=1)
        value[part] = from_tenths(distance.min(axis=1))
    return value, facility
