"""The week cut into parts in which the same sites are open and people travel alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverplan.core.errors import ProblemList
from coverplan.core.hours import Bool, Float, cut_week, share_open
from coverplan.core.model import Period
from coverplan.planning.siting.form import Siting
from coverplan.travel.periods import ALL_DAY, opening_hours, week_of

if TYPE_CHECKING:
    import geopandas as gpd

MOST_PARTS = 48
"""Each part is a copy of everybody; with more of them a problem is slow, and seldom says more."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Week:
    """The parts of the week that a problem tells apart.

    Attributes
    ----------
    period : (t,) tuple of str
        Whose speeds hold in each part; `ALL_DAY` for those of the whole day.
    open : (t, m) bool
        Which candidates are open in it.
    share : (t,) float64
        What it weighs; together 1.
    """

    period: tuple[str, ...]
    open: Bool
    share: Float


def week_of_problem(
    asked: Siting, candidates: gpd.GeoDataFrame, periods: Mapping[str, Period], problems: ProblemList
) -> Week:
    """Cut the week by the problem's periods, and by the hours of its candidates and existing sites.

    A period keeps its weight, which is dealt out to its parts by their minutes. Without hours there is one part for
    each period. Hours with a model of distances, and more than `MOST_PARTS` parts, are problems.

    Parameters
    ----------
    asked, candidates
        The problem, and everything that may be chosen.
    periods
        The periods of its speed profile.
    problems
        Takes what is wrong.
    """
    names = tuple(asked.periods) or (ALL_DAY,)
    weight = np.array([asked.periods[name] for name in asked.periods] or [1.0])
    whole = Week(period=names, open=np.ones((len(names), len(candidates)), dtype=bool), share=weight / weight.sum())
    hours = opening_hours(candidates)
    limited = [i for i, text in enumerate(hours) if text and share_open(text) < 1]
    if asked.hours == "ignored" or not limited or any(name not in {ALL_DAY, *periods} for name in names):
        return whole
    if asked.distances:
        first = candidates.iloc[limited[0]]
        key = "existing" if first["existing"] else "candidates"
        what = f"'{asked.model}' knows no closed doors, and '{first['name']}' is open at some hours only"
        problems.add(what, column=key, hint="say hours: ignored, or take a model of coverage, such as mclp")
        return whole
    of_minute = np.zeros((7, 24 * 60), dtype=np.int64)
    if asked.periods:
        number = {name: i for i, name in enumerate([ALL_DAY, *periods])}
        place = np.full(len(number), -1, dtype=np.int64)
        place[[number[name] for name in names]] = np.arange(len(names))
        of_minute = place[week_of(periods)]
    parts = cut_week(hours, of_minute)
    asked_for = parts.label >= 0
    label, minutes = parts.label[asked_for], parts.minutes[asked_for]
    total = np.bincount(label, weights=minutes, minlength=len(names))
    for name in (name for name, some in zip(names, total, strict=True) if not some):
        problems.add(f"the period '{name}' has no minute of the week", column="periods", hint="leave it out")
    if len(label) > MOST_PARTS:
        what = f"opening hours and periods cut the week into {len(label)} parts, and {MOST_PARTS} are the most"
        problems.add(what, column="hours", hint="round the hours, so that fewer differ, or say hours: ignored")
    share = whole.share[label] * minutes / np.maximum(total[label], 1)
    return Week(period=tuple(names[i] for i in label), open=parts.open[asked_for], share=share)
