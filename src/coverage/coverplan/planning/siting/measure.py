"""Who is reached from where, by the study's roads and clock, as the arrays that the models take."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array, vstack

from coverplan.core.errors import ProblemList
from coverplan.core.model import Study
from coverplan.core.units import SECONDS_PER_MINUTE, within
from coverplan.inputs.select import active_facilities
from coverplan.planning.siting.candidates import area_names
from coverplan.planning.siting.form import Siting
from coverplan.planning.siting.rules import Bool, Float, Int
from coverplan.planning.siting.week import Week
from coverplan.roads.network import Network, Snaps
from coverplan.standards.vocabulary import Limit
from coverplan.travel.matrix import travel_matrix
from coverplan.travel.periods import period_routers
from coverplan.travel.reach import reach
from coverplan.travel.router import Router, build_router

if TYPE_CHECKING:
    import geopandas as gpd


@dataclass(frozen=True, kw_only=True, eq=False)
class People:
    """The people that a problem is about: d demand points.

    Attributes
    ----------
    index : (d,) int64
        Row of `study.people`.
    people : (d,) float64
        How many they are.
    weight : (d,) float64
        What they weigh, over all groups.
    """

    index: Int
    people: Float
    weight: Float


def note_clock(study: Study, asked: Siting, problems: ProblemList) -> None:
    """Note a limit that is over before the wheels turn."""
    late = study.clock.delay_s
    for limit in asked.limit if asked.clock == "call" else ():
        if limit.unit == "min" and limit.inside <= late:
            what = f"{late / SECONDS_PER_MINUTE:g} min pass before the wheels turn, and the limit is {limit}"
            problems.add(what, column="limit", hint="a longer limit, or clock: wheels")


def note_trips(study: Study, asked: Siting, problems: ProblemList) -> None:
    """Note kinds of which no facility serves, where trips should begin, end or be told apart."""
    if asked.trips is None:
        return
    for key in ("from_kinds", "to_kinds", "hubs"):
        kinds = getattr(asked.trips, key)
        if kinds and not len(active_facilities(study, kinds=kinds)):
            what = f"no {' or '.join(kinds)} serves in {study.year}"
            problems.add(what, column=f"trips.{key}", hint="kinds of which the facilities table has some in service")


def people_of_problem(study: Study, asked: Siting, problems: ProblemList) -> People:
    """Pick the demand points of a problem and weigh them."""
    table = study.people
    here = np.ones(len(table), dtype=bool)
    if asked.demand.areas:
        _, here = area_names(study, asked.demand.areas, "demand.areas", problems)
    weight = np.zeros(len(table))
    for group, factor in asked.demand.groups.items():
        if group not in table or table[group].isna().all():
            problems.add(f"the people table does not say how many '{group}' there are", column="demand.groups")
            continue
        weight += factor * table[group].fillna(0).to_numpy(float)
    index = np.flatnonzero(here)
    if not weight[index].sum() > 0 and not problems and asked.model != "detour":
        what = "nobody counts: the people that are asked about are none"
        problems.add(what, column="demand", hint="look at areas and groups")
    return People(index=index, people=table["people"].to_numpy(float)[index], weight=weight[index])


@dataclass(frozen=True, kw_only=True, eq=False)
class Covered:
    """Who is within the limits of which candidate.

    Attributes
    ----------
    cover : (d * t, m) csc_array of bool
        One block of d rows for each of t parts of the week.
    share : (t,) float64
        What each part weighs; they add up to 1.
    """

    cover: csc_array
    share: Float


class Roads:
    """The study's roads as one problem uses them: its profile, its parts of the week, its direction."""

    def __init__(self, study: Study, network: Network, asked: Siting, people: People, week: Week) -> None:
        self.study, self.asked, self.people, self.week = study, asked, people, week
        whole_day = build_router(study, network, asked.profile)
        self.routers = period_routers(study, network, router=whole_day, periods=week.period)
        self._demand = whole_day.people_snaps.part(people.index)
        self._whole_day = whole_day

    def snaps(self, table: gpd.GeoDataFrame) -> Snaps:
        """Return where the points of a table meet the roads."""
        return self._whole_day.snaps(table)

    def covered(self, table: gpd.GeoDataFrame) -> Covered:
        """Find who is within every limit of each candidate that is open, for each part of the week."""
        sites = self.snaps(table)
        reached: dict[str, csc_array] = {}
        for name, router in self.routers.items():
            inside = [self._inside(router, sites, limit) for limit in self.asked.limit]
            reached[name] = reduce(lambda one, other: csc_array(one * other), inside)
        week = self.week
        blocks = [_while_open(reached[name], here) for name, here in zip(week.period, week.open, strict=True)]
        return Covered(cover=csc_array(vstack(blocks, format="csc")), share=week.share)

    def _inside(self, router: Router, sites: Snaps, limit: Limit) -> csc_array:
        weight = "time" if limit.unit == "min" else "distance"
        late = self.study.clock.delay_s if self.asked.clock == "call" and weight == "time" else 0.0
        found = reach(
            router.graph, self._demand, sites, limit=limit.inside - late, toward=self.asked.toward, weight=weight
        )
        ones = np.ones(len(found.point), dtype=bool)
        return csc_array((ones, found.point, found.start), shape=(found.n_demand, len(found.start) - 1))

    def far(self, table: gpd.GeoDataFrame) -> Float:
        """Find how far everybody is from every candidate, d x m, in seconds; the mean of the parts of the week."""
        sites = self.snaps(table)
        parts = [
            travel_matrix(router.graph, self._demand, sites, toward=self.asked.toward, weight="time")
            for router in self.routers.values()
        ]
        # With distances everybody is always open, so the parts of the week are the periods.
        value = sum(part * share for part, share in zip(parts, self.week.share, strict=True))
        return np.asarray(value, dtype=np.float64) + (self.study.clock.delay_s if self.asked.clock == "call" else 0.0)

    def far_m(self, table: gpd.GeoDataFrame) -> Float:
        """Find the same in metres, at the speeds of the whole day."""
        graph, sites = self._whole_day.graph, self.snaps(table)
        return travel_matrix(graph, self._demand, sites, toward=self.asked.toward, weight="distance")

    def limited(self, value: Float) -> Float:
        """Take away what is beyond the limits in minutes."""
        for limit in self.asked.limit:
            if limit.unit == "min":
                value = np.where(within(value, limit.inside), value, np.inf)
        return value

    def detour(self, table: gpd.GeoDataFrame) -> tuple[Float, list[str]]:
        """Find what the way over each candidate adds to each trip, in seconds; `inf` outside the base's own part.

        Returns
        -------
        value : (t, m) float64
        names
            What the trips are: from where to where.
        """
        trips, study = self.asked.trips, self.study
        if trips is None:
            raise ValueError("'detour' needs trips")
        starts, ends = active_facilities(study, kinds=trips.from_kinds), active_facilities(study, kinds=trips.to_kinds)
        graph = self._whole_day.graph
        start, end, site = self.snaps(starts), self.snaps(ends), self.snaps(table)

        def way(source: Snaps, target: Snaps) -> Float:
            return travel_matrix(graph, source, target, toward="facility", weight="time")

        direct = way(start, end)
        nearest = direct.argmin(axis=0)
        first, second = way(start, site)[nearest], way(site, end).T
        value = first + second - direct.min(axis=0)[:, None]
        if trips.hubs:
            hubs = self.snaps(active_facilities(study, kinds=trips.hubs))
            own, there = way(hubs, end).argmin(axis=0), way(hubs, site).argmin(axis=0)
            value = np.where(own[:, None] == there[None, :], value, np.inf)
        came, gone = starts["name"].tolist(), ends["name"].tolist()
        return np.maximum(value, 0.0), [f"{came[nearest[i]]} → {gone[i]}" for i in range(len(gone))]


def _while_open(cover: csc_array, here: Bool) -> csc_array:
    """Empty the columns of closed candidates."""
    if here.all():
        return cover
    there = np.repeat(here, np.diff(cover.indptr))
    start = np.concatenate([[0], np.cumsum(np.diff(cover.indptr) * here)])
    return csc_array((cover.data[there], cover.indices[there], start), shape=cover.shape)
