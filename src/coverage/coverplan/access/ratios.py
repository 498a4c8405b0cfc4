"""How many there are, or must be, per so many people: ambulances per 30,000, devices per 10,000."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Literal

import pandas as pd

from coverplan.access.coverage import TOTAL

Rounding = Literal["up", "nearest"]


def units_needed(people: float, per: float, rounding: Rounding = "up") -> int:
    """Return how many whole units make one per `per` people.

    Reckoned in fractions, so a number of people that divides evenly never asks for one unit more.

    Parameters
    ----------
    people, per
        Both are taken as they are written in decimals.
    rounding
        ``"up"``: a started `per` needs a whole unit; ``"nearest"``: to the nearest whole unit, halves up.

    Raises
    ------
    ValueError
        When people are negative or not finite, or `per` is not above 0.

    Examples
    --------
    >>> units_needed(2_061_600, 30_000), units_needed(2_110_800, 30_000)
    (69, 71)
    >>> units_needed(2_110_800, 30_000, rounding="nearest")
    70
    """
    if not (math.isfinite(people) and people >= 0):
        raise ValueError(f"people are a number of 0 or more, not {people}")
    if not (math.isfinite(per) and per > 0):
        raise ValueError(f"per is a number above 0, not {per}")
    return _whole(_exact(people) / _exact(per), rounding)


def part_needed(units: int, share: float, rounding: Rounding = "up") -> int:
    """Return how many of some units make a share of them: 40 % of 69 ambulances are 28.

    Examples
    --------
    >>> part_needed(69, 0.4), part_needed(71, 0.4)
    (28, 29)
    """
    if units < 0 or not 0 <= share <= 1:
        raise ValueError(f"a share of 0 to 1 of 0 or more units, not {share} of {units}")
    return _whole(_exact(share) * _exact(units), rounding)


def per_population(have: float, people: float, per: float) -> float:
    """Return how many there are per `per` people; NaN where nobody lives.

    Examples
    --------
    >>> per_population(69, 2_070_000, 30_000)
    1.0
    """
    return float(_exact(have) * _exact(per) / _exact(people)) if people else float("nan")


def ratio_by_area(
    have: pd.Series,
    people: pd.Series,
    per: float,
    *,
    rounding: Rounding = "up",
    total_people: float | None = None,
) -> pd.DataFrame:
    """Hold what each area has against one unit per `per` people, and the whole against its own total.

    Parameters
    ----------
    have, people
        Units and people by area, indexed by area id; the rows are those of `people`, and an area without units may be
        absent from `have`.
    per, rounding
        As in `units_needed`.
    total_people
        The population that the last row divides by, when it is not the sum of the areas (a later census, say).

    Returns
    -------
    DataFrame
        ``area_id``, ``people``, ``have``, ``needed``, ``shortfall`` (0 when there are enough), ``per_people``; last the
        row ``"all"``. Its need is that of the whole, which is at most the sum of the areas' rounded needs.

    Raises
    ------
    ValueError
        When `have` names an area that `people` does not, so no unit is dropped unseen.

    Examples
    --------
    >>> people = pd.Series({"east": 45_000, "west": 15_000})
    >>> told = ratio_by_area(pd.Series({"east": 1}), people, 30_000)
    >>> print(told[["area_id", "have", "needed", "shortfall"]].to_string(index=False))
    area_id  have  needed  shortfall
       east     1       2          1
       west     0       1          1
        all     1       2          1
    """
    unknown = have.index.difference(people.index)
    if len(unknown):
        raise ValueError(f"units stand in areas that have no people row: {', '.join(map(str, unknown))}")
    units = have.reindex(people.index, fill_value=0)
    rows = list(zip(people.index.astype(str), people, units, strict=True))
    rows.append((TOTAL, people.sum() if total_people is None else total_people, units.sum()))
    return pd.DataFrame([_ratio_row(area, n, count, per, rounding) for area, n, count in rows])


def _ratio_row(area: str, people: float, have: float, per: float, rounding: Rounding) -> dict[str, str | float]:
    needed = units_needed(people, per, rounding)
    return {
        "area_id": area,
        "people": people,
        "have": have,
        "needed": needed,
        "shortfall": max(needed - have, 0),
        "per_people": per_population(have, people, per),
    }


def _exact(number: float) -> Fraction:
    """Take a number as it is written: 0.4 is two fifths, not the binary number next to it."""
    return Fraction(str(number))


def _whole(number: Fraction, rounding: Rounding) -> int:
    return math.ceil(number) if rounding == "up" else math.floor(number + Fraction(1, 2))
