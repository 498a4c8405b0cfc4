"""Travel times by part of the week, and the share of the week in which a place is covered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverplan.core.hours import DAY_MINUTES, WEEK_MINUTES, Int, cut_week, minutes_of_day
from coverplan.core.model import Period, Study, Toward
from coverplan.core.units import within
from coverplan.roads.network import Network
from coverplan.roads.speeds import build_graph
from coverplan.travel.nearest import find_nearest
from coverplan.travel.router import Router, router_for
from coverplan.travel.times import choose_facilities, times_table

if TYPE_CHECKING:
    import geopandas as gpd

ALL_DAY = ""
"""The name of the hours that no period names; the profile's speeds for the whole day hold in them."""


def week_of(periods: Mapping[str, Period]) -> Int:
    """Say to which period each minute of the week belongs, (7, 1440): its number from 1 on, 0 for none.

    A minute that several periods name belongs to the first of them.
    """
    week = np.zeros((7, DAY_MINUTES), dtype=np.int64)
    for number, period in reversed(list(enumerate(periods.values(), start=1))):
        week[np.ix_(np.isin(np.arange(7), period.weekdays), minutes_of_day(period.spans))] = number
    return week


def minutes_of_week(periods: Mapping[str, Period]) -> dict[str, int]:
    """Count the minutes of the week that belong to each period, and to none (`ALL_DAY`, first); they add up to 10,080.

    A minute that several periods name belongs to the first of them.

    Examples
    --------
    >>> peak = Period(name="peak", weekdays=(0, 1, 2, 3, 4), spans=((420, 540), (1020, 1140)))
    >>> minutes_of_week({"peak": peak})
    {'': 8880, 'peak': 1200}
    """
    count = np.bincount(week_of(periods).ravel(), minlength=len(periods) + 1).tolist()
    return dict(zip([ALL_DAY, *periods], count, strict=True))


def opening_hours(table: pd.DataFrame) -> list[str]:
    """Return the opening hours in a table of places as text, empty for a place that is always open."""
    if "hours" not in table:
        return [""] * len(table)
    return ["" if pd.isna(text) else str(text) for text in table["hours"]]


def period_routers(
    study: Study,
    network: Network,
    *,
    profile: str | None = None,
    periods: Iterable[str] | None = None,
    router: Router | None = None,
) -> dict[str, Router]:
    """Build a router for each period of a profile.

    The periods differ in speed only: which roads are open, and where the people meet them, is found once. Such a router
    can be given to `travel_times`, `isochrones` and whatever else takes one.

    Parameters
    ----------
    study, network, profile, router
        As in `travel.times.travel_times`; the profile and the router are those of the whole day.
    periods
        Which ones, by name; None for the whole day (`ALL_DAY`) and all periods of the profile.

    Raises
    ------
    InputError
        When the study has no such profile, or the profile no such period.
    ValueError
        When the router is of a single period.
    """
    whole_day = _whole_day(study, network, profile, router)
    names = [ALL_DAY, *whole_day.profile.periods] if periods is None else list(dict.fromkeys(periods))
    made = {}
    for name in names:
        if name == ALL_DAY:
            made[name] = whole_day
            continue
        graph = build_graph(network, whole_day.profile, period=name)
        made[name] = replace(whole_day, graph=graph, profile=graph.profile)
    return made


def period_times(
    study: Study,
    network: Network,
    *,
    kinds: str | Iterable[str] = (),
    tiers: str | Iterable[str] = (),
    profile: str | None = None,
    toward: Toward = "facility",
    facilities: gpd.GeoDataFrame | None = None,
    points: gpd.GeoDataFrame | None = None,
    periods: Iterable[str] | None = None,
    router: Router | None = None,
) -> pd.DataFrame:
    """Find the nearest facility of every demand point in each part of the week.

    Parameters
    ----------
    study, network, kinds, tiers, profile, toward, facilities, points, router
        As in `travel.times.travel_times`.
    periods
        As in `period_routers`.

    Returns
    -------
    DataFrame
        ``period`` and the columns of `travel_times`: all points for the first period, then all for the second, and so
        on. The nearest facility may be another one at another hour.

    Raises
    ------
    InputError, ValueError
        As `travel_times` and `period_routers` do.
    """
    chosen = choose_facilities(study, kinds, tiers, facilities)
    routers = period_routers(study, network, profile=profile, periods=periods, router=router)
    asked = study.people if points is None else points
    if not routers:
        raise ValueError("name at least one period")
    # Where doors meet the roads is the same in every period, and finding it costs more than the travel times do.
    using = next(iter(routers.values()))
    demand, doors = using.snaps(asked), using.snaps(chosen)
    tables = []
    for name, one in routers.items():
        found = find_nearest(one.graph, demand, doors, toward=toward, weight="time")
        table = times_table(asked, chosen, found.value, found.facility, "time_s", off_network=demand.edge < 0)
        table.insert(0, "period", pd.Series(name, index=table.index, dtype="str"))
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def share_of_week(
    study: Study,
    network: Network,
    limit_s: float,
    *,
    kinds: str | Iterable[str] = (),
    tiers: str | Iterable[str] = (),
    profile: str | None = None,
    toward: Toward = "facility",
    facilities: gpd.GeoDataFrame | None = None,
    router: Router | None = None,
) -> pd.DataFrame:
    """Find, for every demand point, in which share of the week's hours a facility is within a limit.

    Every hour of the week counts the same, by night and by day. In hours that no period of the profile names its speeds
    for the whole day hold. A facility with opening hours (``hours``) counts while it is open; one without, always.

    Parameters
    ----------
    study, network, kinds, tiers, profile, toward, facilities, router
        As in `travel.times.travel_times`.
    limit_s
        Travel time in seconds; exactly on it is covered. For a response time, take call handling and turnout off first.

    Returns
    -------
    DataFrame
        One row per point of `study.people`, in their order: ``point_id``, ``area_id``, ``people``; ``share_week``,
        0..1; ``worst_s``, the longest travel time of the week, `inf` where at some hour nothing is reached.
        `week_summary` adds it up.

    Raises
    ------
    InputError, ValueError
        As `travel_times` does; `InputError` also when opening hours cannot be read.
    """
    whole_day = _whole_day(study, network, profile, router)
    chosen = choose_facilities(study, kinds, tiers, facilities)
    names = [ALL_DAY, *whole_day.profile.periods]
    parts = cut_week(opening_hours(chosen), week_of(whole_day.profile.periods))
    needed = [names[number] for number in np.unique(parts.label)]
    routers = period_routers(study, network, periods=needed, router=whole_day)
    demand, doors = whole_day.snaps(study.people), whole_day.snaps(chosen)
    covered, worst = np.zeros(len(study.people), dtype=np.int64), np.zeros(len(study.people))
    for number, here, minutes in zip(parts.label, parts.open, parts.minutes, strict=True):
        graph = routers[names[number]].graph
        seconds = find_nearest(graph, demand, doors.part(here), toward=toward, weight="time").value
        covered += minutes * within(seconds, limit_s)
        worst = np.maximum(worst, seconds)
    people = study.people
    return pd.DataFrame(
        {
            "point_id": people["point_id"].reset_index(drop=True),
            "area_id": people["area_id"].reset_index(drop=True),
            "people": people["people"].reset_index(drop=True),
            "share_week": covered / WEEK_MINUTES,
            "worst_s": worst,
        }
    )


def _whole_day(study: Study, network: Network, profile: str | None, router: Router | None) -> Router:
    using = router_for(study, network, profile, router)
    if using.profile.period:
        raise ValueError(f"the router is for the period '{using.profile.period}'; give one for the whole day")
    return using


def week_summary(shares: pd.DataFrame) -> pd.DataFrame:
    """Add up `share_of_week` by area, weighted by people.

    Returns
    -------
    DataFrame
        One row per area, in the order in which areas first stand in `shares`, and a last one for everybody, those in
        no area too, whose ``area_id`` is missing: ``people``; ``people_always``, ``people_at_times`` and
        ``people_never``, covered in all, some and no hours of the week, which add up to ``people``; ``share_week``, the
        mean share of the week, weighted by people, NaN where nobody lives.
    """
    areas = [area for area in shares["area_id"].unique() if not pd.isna(area)]
    rows = [_summed(shares[shares["area_id"] == area]) for area in areas]
    table = pd.DataFrame([*rows, _summed(shares)])
    table.insert(0, "area_id", pd.Series([*areas, None], dtype="str"))
    return table


def _summed(shares: pd.DataFrame) -> dict[str, float]:
    people, share = shares["people"], shares["share_week"]
    always, never = people[share >= 1].sum(), people[share <= 0].sum()
    total = people.sum()
    return {
        "people": total,
        "people_always": always,
        "people_at_times": total - always - never,
        "people_never": never,
        "share_week": float((people * share).sum() / total) if total else float("nan"),
    }
