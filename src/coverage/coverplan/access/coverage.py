"""Who is within a limit, and how long it takes: population-weighted measures per area and for the whole."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverplan.core.units import within
from coverplan.roads.network import Float, Int64

TOTAL = "all"
"""The `area_id` of the row for everybody."""
ELSEWHERE = ""
"""The `area_id` of the row for people who live in none of the areas; there only when there are such people."""


def coverage_by_area(
    people: npt.ArrayLike, area_id: npt.ArrayLike, value: npt.ArrayLike, limit: float, areas: Iterable[str]
) -> pd.DataFrame:
    """Count who is within a limit, per area and in all, and say how long it takes them.

    Parameters
    ----------
    people : (k,) integers
        People at each demand point.
    area_id : (k,) text
        The area each point lies in; missing or unknown where it lies in none.
    value : (k,) numbers
        Time or distance of each point, in any unit; `inf` = not reached.
    limit
        In the same unit; exactly on the limit is within (compared in whole tenths), not reached never is.
    areas
        The areas to tell about, in order. Each gets a row, also those where nobody lives.

    Returns
    -------
    DataFrame
        One row per area, one with ``area_id`` empty if somebody lives in none of them, and last ``"all"``. Columns:

        - ``people``, ``people_within``, ``people_outside``, ``people_unreached``: integers; within + outside = people
          in every row, those not reached are part of those outside, and the rows add up to the last;
        - ``share_people``: people within / people, 0..1; NaN where nobody lives;
        - ``mean``: mean over the people who are reached; NaN when nobody is;
        - ``median``, ``p90``: smallest value that at least 50 %, or 90 %, of all people do not exceed; those not
          reached count as `inf`; NaN where nobody lives;
        - ``worst``: largest value anybody has, `inf` when somebody is not reached; NaN where nobody lives.

    Raises
    ------
    ValueError
        When the arrays differ in length, people are negative or not whole, or a value is NaN.

    Examples
    --------
    >>> told = coverage_by_area([1, 2, 4], ["east", "west", "west"], [300, 900, float("inf")], 900, ["east", "west"])
    >>> print(told[["area_id", "people", "people_within", "people_outside", "median"]].to_string(index=False))
    area_id  people  people_within  people_outside  median
       east       1              1               0   300.0
       west       6              2               4     inf
        all       7              3               4     inf
    """
    n, v = _checked(people, value)
    names = [str(area) for area in areas]
    where = pd.Index(names).get_indexer(pd.Index(np.asarray(area_id, dtype=object)))
    if len(where) != len(n):
        raise ValueError(f"{len(n)} points have {len(where)} areas")
    rows = [(name, where == i) for i, name in enumerate(names)]
    if (where < 0).any():
        rows.append((ELSEWHERE, where < 0))
    rows.append((TOTAL, np.ones(len(n), dtype=bool)))
    return pd.DataFrame([{"area_id": name, **_measures(n[mask], v[mask], limit)} for name, mask in rows])


def weighted_quantile(value: npt.ArrayLike, people: npt.ArrayLike, q: float) -> float:
    """Return the smallest value that at least a share `q` of the people do not exceed.

    No interpolation: the result is a value that somebody has. `inf` when too few are reached, NaN when there are no
    people. The share is taken as it is written (0.9 is nine tenths), so nobody is lost in the last digit.

    Examples
    --------
    >>> weighted_quantile([10, 20, 30], [5, 4, 1], 0.9)
    20.0
    >>> weighted_quantile([10, 20, float("inf")], [5, 3, 2], 0.9)
    inf
    """
    n, v = _checked(people, value)
    share = Fraction(str(q))
    if not 0 < share <= 1:
        raise ValueError(f"a share lies above 0 and up to 1, not at {q}")
    order = np.argsort(v, kind="stable")
    running = np.cumsum(n[order])
    if not len(n) or not running[-1]:
        return float("nan")
    enough = -(-share.numerator * int(running[-1]) // share.denominator)
    return float(v[order][np.searchsorted(running, enough)])


def weighted_mean(value: npt.ArrayLike, people: npt.ArrayLike) -> float:
    """Return the mean over the people who are reached (finite values); NaN when nobody is.

    It leaves out those who are not reached, so it is to be told together with how many they are.

    Examples
    --------
    >>> weighted_mean([10, 40, float("inf")], [2, 1, 5])
    20.0
    """
    n, v = _checked(people, value)
    reached = np.isfinite(v) & (n > 0)
    # fsum, because the order of the rows must not show in the last digit.
    return math.fsum(v[reached] * n[reached]) / int(n[reached].sum()) if reached.any() else float("nan")


def _measures(people: Int64, value: Float, limit: float) -> dict[str, int | float]:
    reached = np.isfinite(value)
    inside = within(value, limit) & reached
    total, covered = int(people.sum()), int(people[inside].sum())
    return {
        "people": total,
        "people_within": covered,
        "people_outside": total - covered,
        "people_unreached": int(people[~reached].sum()),
        "share_people": covered / total if total else float("nan"),
        "mean": weighted_mean(value, people),
        "median": weighted_quantile(value, people, 0.5),
        "p90": weighted_quantile(value, people, 0.9),
        "worst": float(value[people > 0].max()) if total else float("nan"),
    }


def _checked(people: npt.ArrayLike, value: npt.ArrayLike) -> tuple[Int64, Float]:
    given, v = np.asarray(people, dtype=float), np.asarray(value, dtype=float)
    n = given.astype(np.int64)
    if n.shape != v.shape or n.ndim != 1:
        raise ValueError(f"people and values are two rows of equal length, not {n.shape} and {v.shape}")
    if (n < 0).any() or (n != given).any():
        raise ValueError("people are whole numbers, none of them negative")
    if np.isnan(v).any():
        raise ValueError("a value is missing (NaN); what is not reached is inf")
    return n, v
