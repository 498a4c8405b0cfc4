"""The people of another year: every point scaled, every area and the whole at exactly the number that was said."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.core.tables import PEOPLE_GROUPS
from coverplan.core.units import IntArray
from coverplan.inputs.people.rounding import share_out


def grow(
    people: gpd.GeoDataFrame,
    *,
    factor: float | None = None,
    total: int | None = None,
    by_area: Mapping[str, int] | None = None,
    target: str | None = None,
) -> gpd.GeoDataFrame:
    """Scale demand points to the people of another year.

    Nobody moves: every point keeps its part of its area. The total is shared out over the areas, and each area's
    people over its points, in proportion to the people there today, by the largest remainder (`share_out`); ties go to
    the more populous, then to the smaller identifier. Groups grow with the people of their area and stay consistent.

    Parameters
    ----------
    people
        A people table; not changed.
    factor
        What everybody together is multiplied with, rounded to whole people.
    total
        How many people there will be altogether.
    by_area
        How many there will be in each area, by `area_id`; areas that are not named stay as they are.
    target
        What to call the outcome in `source`, such as "resident_2025".

    Returns
    -------
    GeoDataFrame
        A new people table, same rows. `people` sums to the total (and in each area to its own) exactly; `source` says
        what was done, and `quality` is estimated, or stays illustrative.

    Raises
    ------
    ValueError
        Unless exactly one of `factor`, `total` and `by_area` is given, from 0.
    InputError
        When an area is unknown, or nobody lives where somebody should.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> later = grow(study.people, total=30100)
    >>> int(study.people["people"].sum()), int(later["people"].sum()), later["people"].to_list()[:3]
    (25800, 30100, [117, 233, 467])
    """
    if sum(given is not None for given in (factor, total, by_area)) != 1:
        raise ValueError("give exactly one of factor, total and by_area")
    now = people["people"].to_numpy(np.int64)
    area = people["area_id"].fillna("").to_numpy(dtype=object)
    keys, code = np.unique(area.astype(str), return_inverse=True)
    have = np.bincount(code, weights=now, minlength=len(keys)).astype(np.int64)
    if by_area is not None:
        want = _asked(keys, have, by_area)
    else:
        want = _shared(keys, have, int(np.floor(float(have.sum()) * (factor or 0.0) + 0.5)) if total is None else total)
    columns = {"people": now.copy(), **{name: people[name].astype("Int64").copy() for name in PEOPLE_GROUPS}}
    point = people["point_id"].to_numpy()
    for i in np.flatnonzero(want != have):
        rows = np.flatnonzero(code == i)
        columns["people"][rows] = share_out(int(want[i]), now[rows], key=point[rows])
        _grow_groups(columns, rows, now[rows], point[rows])
    changed = (want != have)[code]
    said = f"; scaled to {target}" if target else f"; scaled to {int(want.sum())} people in all"
    columns["source"] = people["source"].where(~changed, people["source"] + said)
    columns["quality"] = people["quality"].where(~changed | (people["quality"] == "illustrative"), "estimated")
    return gpd.GeoDataFrame(people.assign(**columns))


def _shared(keys: npt.NDArray[np.str_], have: IntArray, total: int) -> IntArray:
    if total < 0:
        raise ValueError("there cannot be fewer people than none")
    problems = ProblemList()
    if total and not have.any():
        problems.add(f"{total} people are to live where nobody lives today", hint="there is nothing to scale")
    problems.raise_if_any()
    return share_out(total, have, key=keys)


def _asked(keys: npt.NDArray[np.str_], have: IntArray, by_area: Mapping[str, int]) -> IntArray:
    problems = ProblemList()
    place = {key: i for i, key in enumerate(keys.tolist()) if key}
    want = have.copy()
    for area, number in by_area.items():
        if area not in place:
            problems.add(f"'{area}' is no area in which people live", column="area_id", hint=did_you_mean(area, place))
        elif number < 0 or number != int(number):
            problems.add(f"{number} people in {area}", column="area_id", hint="a whole number from 0")
        elif number and not have[place[area]]:
            problems.add(f"{number} people are to live in {area}, where nobody lives today", column="area_id")
        else:
            want[place[area]] = int(number)
    problems.raise_if_any()
    return want


def _grow_groups(
    columns: dict[str, npt.NDArray[np.int64] | pd.Series],
    rows: npt.NDArray[np.intp],
    before: IntArray,
    point: npt.NDArray[np.object_],
) -> None:
    """Let the groups of one area grow with its people; where a group is not known it stays so."""
    now = np.asarray(columns["people"])[rows]
    room = now.copy()
    for name in PEOPLE_GROUPS:
        column = pd.Series(columns[name])
        known = column.iloc[rows].notna().to_numpy()
        if not known.any():
            continue
        had = column.iloc[rows[known]].to_numpy(np.int64)
        everybody = int(before[known].sum())
        # In whole numbers, because a float would tip a half now and then; rounded half up.
        scaled = (2 * int(had.sum()) * int(now[known].sum()) + everybody) // (2 * everybody) if everybody else 0
        total = min(scaled, int(room[known].sum()))
        told = share_out(total, had, key=point[known], room=room[known]) if total else np.zeros(len(had), np.int64)
        column.iloc[rows[known]] = told
        room[known] -= told
        columns[name] = column
