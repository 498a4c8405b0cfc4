"""A profile's graph and where the people meet it, made once and used for many questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from coverplan.core.errors import InputError, Problem, did_you_mean
from coverplan.core.model import SpeedProfile, Study
from coverplan.roads.network import Graph, Network, Snaps
from coverplan.roads.snapping import snap
from coverplan.roads.speeds import build_graph

if TYPE_CHECKING:
    import geopandas as gpd


_KEPT = 64
"""Tables of points whose connections a router remembers."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Router:
    """What one profile can travel on, and where the demand points of one study meet it.

    It saves work when several questions are asked with the same profile; results are the same without it. Where the
    points of a table meet the network is remembered too: whoever asks again about the same positions, in the same
    order, gets the same connections.
    """

    network: Network
    graph: Graph
    profile: SpeedProfile
    people: gpd.GeoDataFrame
    people_snaps: Snaps
    _known: dict[bytes, Snaps] = field(default_factory=dict, repr=False)

    def snaps(self, points: gpd.GeoDataFrame) -> Snaps:
        """Return where points meet the network; those of the study's people are at hand already."""
        if points is self.people:
            return self.people_snaps
        return self.snaps_at(points.geometry.x.to_numpy(), points.geometry.y.to_numpy())

    def snaps_at(self, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> Snaps:
        """Return where positions in the network's CRS meet the network."""
        x, y = (np.ascontiguousarray(values, dtype=np.float64) for values in (x_m, y_m))
        key = blake2b(x.tobytes() + y.tobytes(), digest_size=16).digest()
        known = self._known.get(key)
        if known is None:
            # A copy of the keys is made in one step; another thread may change the table meanwhile.
            while len(self._known) >= _KEPT:
                self._known.pop(next(iter(tuple(self._known)), b""), None)
            known = self._known[key] = snap(self.network, self.graph, x, y)
        return known


def build_router(study: Study, network: Network, profile: str = "drive", *, period: str | None = None) -> Router:
    """Build the graph of a profile and connect the study's people to it.

    Parameters
    ----------
    study, network
        The study and its roads, in the same projected CRS.
    profile
        Name of one of the study's speed profiles.
    period
        Name of one of the profile's periods, such as ``"morning_peak"``; the speeds for the whole day when not given.

    Raises
    ------
    InputError
        When the study has no such profile, or the profile no such period.
    ValueError
        When network and study are in different projected CRS.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> router = build_router(study, cp.build_network(study), period="morning_peak")
    >>> router.profile.name, router.profile.period
    ('drive', 'morning_peak')
    """
    speeds = find_profile(study, profile)
    if network.crs.upper() != study.crs.upper():
        raise ValueError(f"the network is in {network.crs}, the study in {study.crs}; build it with the study's CRS")
    graph = build_graph(network, speeds, period or None)
    return Router(
        network=network,
        graph=graph,
        profile=graph.profile,
        people=study.people,
        people_snaps=snap_points(network, graph, study.people),
    )


def router_for(
    study: Study, network: Network, profile: str | None, router: Router | None, *, period: str | None = None
) -> Router:
    """Return the router that was given, or else build one for a profile, ``"drive"`` unless it is named.

    Raises
    ------
    InputError
        When the study has no such profile, or the profile no such period.
    ValueError
        When the router is of another profile, period or network, or network and study are in different CRS.
    """
    if router is None:
        return build_router(study, network, profile or "drive", period=period)
    if profile not in {None, router.profile.name}:
        raise ValueError(f"the router is for the profile '{router.profile.name}', not '{profile}'")
    if period not in {None, router.profile.period}:
        raise ValueError(f"the router is for {_hours(router.profile)}, not for the period '{period}'")
    if router.network is not network:
        raise ValueError("the router was built on another network")
    return router


def find_profile(study: Study, name: str) -> SpeedProfile:
    """Return one of the study's speed profiles.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    if name not in study.profiles:
        raise InputError([Problem(what=f"'{name}' is not a speed profile", hint=did_you_mean(name, study.profiles))])
    return study.profiles[name]


def snap_points(network: Network, graph: Graph, points: gpd.GeoDataFrame) -> Snaps:
    """Return where the points of a table meet the network; both in the same projected CRS."""
    return snap(network, graph, points.geometry.x.to_numpy(), points.geometry.y.to_numpy())


def _hours(profile: SpeedProfile) -> str:
    return f"the period '{profile.period}'" if profile.period else "the whole day"
