"""The trips on the road network: the fastest ways that are known so far, and what each costs on every road class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from coverplan.core.model import SpeedProfile
from coverplan.core.units import from_tenths
from coverplan.roads.network import Bool, Float, Graph, Int64, Network, Snaps
from coverplan.roads.snapping import snap
from coverplan.roads.speeds import build_graph
from coverplan.travel.calibrate.trips import Observed
from coverplan.travel.paths import fastest_ways, metres_by_class, seconds_by_class

_SAME_S = 0.1
"""Two ways whose time on every road class differs by less are one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Journeys:
    """Where k trips meet the network, and the graph of the profile as it was, for each part of the week."""

    network: Network
    profile: SpeedProfile
    graphs: Mapping[str, Graph]
    origins: Snaps
    destinations: Snaps
    period: np.ndarray

    def some(self, which: Int64) -> Journeys:
        """Return some of the trips."""
        return replace(
            self,
            origins=self.origins.part(which),
            destinations=self.destinations.part(which),
            period=self.period[which],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Routed:
    """The fastest ways of k trips at some speeds.

    Attributes
    ----------
    value : (k,) float64
        Seconds from door to door at these speeds, `inf` where there is no way.
    offroad_s : (k,) float64
        The part of it beside the road.
    seconds : (k, classes) float64
        Seconds on each road class along these ways, but at the speeds of the profile as it was.
    metres : (k,) float64
        How long they are.
    """

    value: Float
    offroad_s: Float
    seconds: Float
    metres: Float


def start_journeys(network: Network, profile: SpeedProfile, observed: Observed) -> Journeys:
    """Connect trips to the network."""
    names = dict.fromkeys(["", *sorted(set(observed.period.tolist()))])
    graphs = {name: build_graph(network, profile, name or None) for name in names}
    # Where doors are does not depend on speed.
    return Journeys(
        network=network,
        profile=profile,
        graphs=graphs,
        origins=snap(network, graphs[""], *observed.from_xy),
        destinations=snap(network, graphs[""], *observed.to_xy),
        period=observed.period,
    )


def route(journeys: Journeys, profile: SpeedProfile | None = None) -> Routed:
    """Find the fastest way of every trip at the speeds of a profile (as it was, when none is given)."""
    k, n_classes = len(journeys.period), 0
    parts: list[tuple[Int64, Routed]] = []
    for name, base in journeys.graphs.items():
        which = np.flatnonzero(journeys.period == name)
        if not len(which):
            continue
        graph = base if profile is None else build_graph(journeys.network, profile, name or None)
        ways = fastest_ways(graph, journeys.origins.part(which), journeys.destinations.part(which))
        seconds = seconds_by_class(journeys.network, base, ways)
        metres = metres_by_class(journeys.network, base, ways).sum(axis=1)
        offroad_s = from_tenths(ways.offroad_ds)
        parts.append((which, Routed(value=ways.value, offroad_s=offroad_s, seconds=seconds, metres=metres)))
        n_classes = seconds.shape[1]
    routed = Routed(
        value=np.full(k, np.inf), offroad_s=np.full(k, np.inf), seconds=np.zeros((k, n_classes)), metres=np.zeros(k)
    )
    for which, part in parts:
        for name in ("value", "offroad_s", "seconds", "metres"):
            getattr(routed, name)[which] = getattr(part, name)
    return routed


@dataclass(frozen=True, kw_only=True, eq=False)
class KnownWays:
    """Every way that was the fastest of its trip at some speeds: w ways of k trips, sorted by trip.

    Attributes
    ----------
    start : (k,) int64
        The first way of each trip; every trip has one at least.
    trip : (w,) int64
    seconds : (w, classes) float64
        Seconds on each road class at the speeds of the profile as it was.
    offroad_s : (k,) float64
    """

    start: Int64
    trip: Int64
    seconds: Float
    offroad_s: Float

    def some(self, which: Bool) -> KnownWays:
        """Return the ways of some trips."""
        kept = which[self.trip]
        number = np.cumsum(which) - 1
        return _sorted(number[self.trip[kept]], self.seconds[kept], self.offroad_s[which])


def first_ways(routed: Routed) -> KnownWays:
    """Begin with one way for every trip."""
    return _sorted(np.arange(len(routed.value)), routed.seconds, routed.offroad_s)


def with_new_ways(known: KnownWays, routed: Routed) -> tuple[KnownWays, int]:
    """Add the ways that were not known; returns how many there were."""
    apart = np.abs(known.seconds - routed.seconds[known.trip]).max(axis=1)
    new = np.flatnonzero(np.minimum.reduceat(apart, known.start) >= _SAME_S)
    trip = np.concatenate([known.trip, new])
    return _sorted(trip, np.concatenate([known.seconds, routed.seconds[new]]), known.offroad_s), len(new)


def _sorted(trip: Int64, seconds: Float, offroad_s: Float) -> KnownWays:
    order = np.argsort(trip, kind="stable")
    trip = trip[order]
    start = np.searchsorted(trip, np.arange(len(offroad_s)))
    return KnownWays(start=start, trip=trip, seconds=seconds[order], offroad_s=offroad_s)
