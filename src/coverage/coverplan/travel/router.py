"""A profile's graph and where the people meet it, made once and used for many questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coverplan.core.errors import InputError, Problem, did_you_mean
from coverplan.core.model import SpeedProfile, Study
from coverplan.roads.network import Graph, Network, Snaps
from coverplan.roads.snapping import snap
from coverplan.roads.speeds import build_graph

if TYPE_CHECKING:
    import geopandas as gpd


@dataclass(frozen=True, kw_only=True, eq=False)
class Router:
    """What one profile can travel on, and where the demand points of one study meet it.

    It saves work when several questions are asked with the same profile; results are the same without it.
    """

    network: Network
    graph: Graph
    profile: SpeedProfile
    people: gpd.GeoDataFrame
    people_snaps: Snaps

    def snaps(self, points: gpd.GeoDataFrame) -> Snaps:
        """Return where points meet the network; those of the study's people are at hand already."""
        return self.people_snaps if points is self.people else snap_points(self.network, self.graph, points)


def build_router(study: Study, network: Network, profile: str = "drive") -> Router:
    """Build the graph of a profile and connect the study's people to it.

    Raises
    ------
    InputError
        When the study has no such profile.
    ValueError
        When network and study are in different projected CRS.
    """
    speeds = find_profile(study, profile)
    if network.crs.upper() != study.crs.upper():
        raise ValueError(f"the network is in {network.crs}, the study in {study.crs}; build it with the study's CRS")
    graph = build_graph(network, speeds)
    return Router(
        network=network,
        graph=graph,
        profile=speeds,
        people=study.people,
        people_snaps=snap_points(network, graph, study.people),
    )


def router_for(study: Study, network: Network, profile: str | None, router: Router | None) -> Router:
    """Return the router that was given, or else build one for a profile, ``"drive"`` unless it is named.

    Raises
    ------
    InputError
        When the study has no such profile.
    ValueError
        When the router is of another profile or network, or network and study are in different CRS.
    """
    if router is None:
        return build_router(study, network, profile or "drive")
    if profile not in {None, router.profile.name}:
        raise ValueError(f"the router is for the profile '{router.profile.name}', not '{profile}'")
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
