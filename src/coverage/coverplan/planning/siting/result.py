"""What a planner reads: sites with names, who is newly covered, what else would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverplan.planning.siting.form import Siting
from coverplan.planning.siting.measure import People
from coverplan.planning.siting.plan import Plan
from coverplan.planning.siting.rules import Float, Int
from coverplan.planning.siting.several import Curve, appearances

if TYPE_CHECKING:
    import geopandas as gpd


@dataclass(frozen=True, kw_only=True, eq=False)
class SitingResult:
    """A plan for a study, and what it changes.

    Attributes
    ----------
    asked
        The problem as it was put.
    plan
        Objective, bound, gap, status, and how it was found; sites are rows of `candidates`.
    candidates : GeoDataFrame
        Everything that could be chosen, in the study's CRS.
    sites : GeoDataFrame
        What was chosen:
        ``candidate_id``, ``name``, ``area_id``, ``area``, ``existing``, ``hours``, ``cost``, ``capacity``, ``count``
        (vehicles, else 1), ``today`` (how many stand there now), ``people`` (within the limit, on average over the
        week; with distances, those who go there), ``lon``, ``lat``.
    given_up : DataFrame
        Existing sites that were not chosen: ``candidate_id``, ``name``, ``area_id``.
    areas : DataFrame
        One row per area with people of this problem: ``area_id``, ``area``, ``people``, ``before``, ``after``,
        ``newly``, ``lost``: people within the limit of an existing site, of a chosen one, and the difference.
        Empty for models without a limit.
    people, before, after
        People in all, and within the limit before and after; missing (NaN) for models without a limit. Who counts
        here and in `areas` is covered at every hour: in every part of the week that the problem tells apart. With
        `capacitated-mclp` it is who is served: within the limit of a site that has room for them.
    mean_before, mean_after
        The same on average over these parts.
    parts
        How many they are: 1 unless the problem has periods, or sites with opening hours.
    notes
        What a reader should know: sites that no road reaches, fewer sites than were allowed.
    left_out
        People whom no candidate reaches, where these do not count.
    alternatives : tuple of Plan
        Further good plans, the best first.
    frequency : DataFrame
        ``candidate_id``, ``name``, ``plans``: in how many of the plans each site appears.
    curve : Curve or None
    quality
        ``"illustrative"`` when anything it rests on is.
    """

    asked: Siting
    plan: Plan
    candidates: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    given_up: pd.DataFrame
    areas: pd.DataFrame
    people: float
    before: float
    after: float
    mean_before: float
    mean_after: float
    parts: int
    left_out: float
    alternatives: tuple[Plan, ...]
    frequency: pd.DataFrame
    curve: Curve | None
    quality: str
    notes: tuple[str, ...] = ()

    def names(self, plan: Plan) -> list[str]:
        """Name the sites of a plan."""
        return [str(self.candidates["name"].iloc[site]) for site in dict.fromkeys(plan.sites)]


def sites_table(
    candidates: gpd.GeoDataFrame, plan: Plan, today: Int, taken: Float, names: dict[str, str]
) -> gpd.GeoDataFrame:
    """Name the chosen sites, with the people of each."""
    chosen = np.array(sorted(set(plan.sites)), dtype=np.int64)
    table = candidates.iloc[chosen].reset_index(drop=True)
    table = table[["candidate_id", "name", "area_id", "existing", "hours", "cost", "capacity", "geometry"]].copy()
    table.insert(3, "area", [names.get(str(area), "") for area in table["area_id"]])
    table["count"] = [plan.sites.count(int(site)) for site in chosen]
    table["today"] = today[chosen]
    table["people"] = taken[chosen]
    places = table.geometry.to_crs("EPSG:4326") if len(table) else table.geometry
    table["lon"], table["lat"] = places.x.round(6), places.y.round(6)
    return table


def areas_table(area_id: pd.Series, names: dict[str, str], people: People, before: Float, after: Float) -> pd.DataFrame:
    """Add up, by area, who was covered before and who is after; both are shares of each demand point."""
    rows = pd.DataFrame(
        {
            "area_id": area_id.fillna("").astype(str).to_numpy(),
            "people": people.people,
            "before": people.people * before,
            "after": people.people * after,
            "newly": people.people * np.maximum(after - before, 0.0),
            "lost": people.people * np.maximum(before - after, 0.0),
        }
    )
    table = rows.groupby("area_id", sort=True).sum().reset_index()
    table.insert(1, "area", [names.get(area, area) for area in table["area_id"]])
    return table


def frequency_table(candidates: gpd.GeoDataFrame, plans: tuple[Plan, ...]) -> pd.DataFrame:
    """Rank sites by how often they appear in the plans."""
    counts = appearances(plans)
    sites = list(counts)
    return pd.DataFrame(
        {
            "candidate_id": candidates["candidate_id"].iloc[sites].to_numpy(),
            "name": candidates["name"].iloc[sites].to_numpy(),
            "existing": candidates["existing"].iloc[sites].to_numpy(),
            "plans": list(counts.values()),
        }
    )
