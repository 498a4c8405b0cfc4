"""Groups of people (65 and over, under 3, women of 15 to 49): checked, spread and filled in, never more than there are.

Nobody is in two of the groups, so at every point they sum to at most everybody. Where several are spread they are
spread one after the other, each over those who are in none of the groups before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from coverplan.core.errors import ProblemList
from coverplan.core.tables import PEOPLE, PEOPLE_GROUPS
from coverplan.core.units import IntArray
from coverplan.inputs.people.rounding import share_out

_MOST = 25
"""How many rows with the same mistake are named before the rest is only counted."""
_SHARES = {name: f"share_{name.removeprefix('people_')}" for name in PEOPLE_GROUPS}
_ZH = {name: PEOPLE.column(name).zh for name in PEOPLE_GROUPS}


def check_groups(
    frame: pd.DataFrame, *, file: str, problems: ProblemList, first_row: int = 2, sheet: str | None = None
) -> None:
    """Note every row whose groups cannot be: one larger than everybody, or all of them together.

    Parameters
    ----------
    frame
        A people or census table as `check_table` returns it: its index counts the records of the file.
    file, sheet, first_row
        How the problems name it.

    Examples
    --------
    >>> table = pd.DataFrame({"people": [10, 10], "people_65_plus": [11, 6], "people_under_3": [0, 6],
    ...                       "women_15_49": [0, 0]}, dtype="Int64")
    >>> problems = ProblemList()
    >>> check_groups(table, file="people.csv", problems=problems)
    >>> [str(problem) for problem in problems]
    ['people.csv, row 2, column people_65_plus: 11 of 10 people (65岁及以上人口 is more than everybody)',
     'people.csv, row 3, column people: the groups sum to 12 of 10 people (nobody is in two of the groups)']
    """
    where = _Where(file=file, sheet=sheet, first_row=first_row, problems=problems)
    people = frame["people"].astype("Int64")
    too_many = pd.Series(data=False, index=frame.index)
    for name in PEOPLE_GROUPS:
        bad = (frame[name] > people).fillna(value=False).astype(bool)
        too_many |= bad
        said = [(f"{frame[name][i]} of {people[i]} people", f"{_ZH[name]} is more than everybody")
                for i in bad.index[bad][:_MOST]]  # fmt: skip
        _note(bad, said, name, where)
    together = frame[list(PEOPLE_GROUPS)].fillna(0).sum(axis="columns").astype("Int64")
    bad = (together > people).fillna(value=False).astype(bool) & ~too_many
    said = [(f"the groups sum to {together[i]} of {people[i]} people", "nobody is in two of the groups")
            for i in bad.index[bad][:_MOST]]  # fmt: skip
    _note(bad, said, "people", where)


@dataclass(frozen=True, kw_only=True)
class _Where:
    file: str
    sheet: str | None
    first_row: int
    problems: ProblemList


def _note(bad: pd.Series, said: list[tuple[str, str]], column: str, where: _Where) -> None:
    for i, (what, hint) in zip(bad.index[bad], said, strict=False):
        row = where.first_row + int(str(i))
        where.problems.add(what, file=where.file, sheet=where.sheet, row=row, column=column, hint=hint)
    rest = int(bad.sum()) - _MOST
    if rest > 0:
        what = f"the same mistake stands in {rest} more row{'' if rest == 1 else 's'}"
        where.problems.add(what, file=where.file, sheet=where.sheet, column=column)


def spread_groups(
    totals: Mapping[str, Any], people: IntArray, *, key: npt.ArrayLike | None = None
) -> dict[str, npt.NDArray[np.object_]]:
    """Spread the groups of one town over its points, in proportion to the people there; each total is kept.

    A group whose total is missing stays missing at every point.

    Examples
    --------
    >>> told = spread_groups({"people_65_plus": 3, "people_under_3": pd.NA, "women_15_49": 6}, np.array([8, 4, 1]))
    >>> told["people_65_plus"].tolist(), told["women_15_49"].tolist(), told["people_under_3"].tolist()
    ([2, 1, 0], [4, 2, 0], [<NA>, <NA>, <NA>])
    """
    room = people.copy()
    spread: dict[str, npt.NDArray[np.object_]] = {}
    for name in PEOPLE_GROUPS:
        total = totals.get(name, pd.NA)
        if pd.isna(total):
            spread[name] = np.full(len(people), pd.NA, dtype=object)
            continue
        given = share_out(int(total), room, key=key)
        room = room - given
        spread[name] = given.astype(object)
    return spread


def fill_groups(people: gpd.GeoDataFrame, shares: pd.DataFrame) -> gpd.GeoDataFrame:
    """Fill in the groups of points that do not say, from the share of each group in each area.

    In each area the share of the people at those points, rounded to a whole number, is spread over the points by the
    largest remainder, in proportion to who is there and in no other group.

    Parameters
    ----------
    people
        A people table with `area_id`.
    shares
        `area_id` and any of `share_65_plus`, `share_under_3`, `share_women_15_49`, 0..1, one row per area; a missing
        share leaves the group as it is.

    Returns
    -------
    GeoDataFrame
        A new people table.

    Examples
    --------
    >>> import coverplan as cp
    >>> people = cp.read_study(cp.sample_config()).people
    >>> shares = pd.DataFrame({"area_id": ["350999101"], "share_65_plus": [0.125]})
    >>> told = fill_groups(people, shares)
    >>> told.loc[told["area_id"] == "350999101", ["people", "people_65_plus"]].sum().to_list()
    [1500, 188]
    """
    given = {column: dict(zip(shares["area_id"], shares[column], strict=True)) for column in shares.columns}
    filled = {name: people[name].to_numpy(dtype=float, na_value=np.nan, copy=True) for name in PEOPLE_GROUPS}
    key, everybody = people["point_id"].to_numpy(dtype=object), people["people"].to_numpy(np.int64)
    for area, rows in people.groupby("area_id").indices.items():
        for name in PEOPLE_GROUPS:
            share = given.get(_SHARES[name], {}).get(area, np.nan)
            here = rows[np.isnan(filled[name][rows])]
            if pd.isna(share) or len(here) == 0:
                continue
            taken = np.nansum([filled[other][here] for other in PEOPLE_GROUPS], axis=0).astype(np.int64)
            room = everybody[here] - taken
            total = min(int(np.floor(share * everybody[here].sum() + 0.5)), int(room.sum()))
            filled[name][here] = share_out(total, room, key=key[here])
    columns = {name: pd.Series(values, index=people.index).astype("Int64") for name, values in filled.items()}
    return gpd.GeoDataFrame(people.assign(**columns))


def check_shares(
    shares: pd.DataFrame, *, file: str, problems: ProblemList, first_row: int = 2, sheet: str | None = None
) -> None:
    """Note areas that stand twice, and areas whose shares sum to more than everybody."""
    columns = [column for column in _SHARES.values() if column in shares]
    total = shares[columns].fillna(0).sum(axis="columns")
    for i in total.index[total > 1 + 1e-9]:
        what = f"the shares sum to {total[i]:.4g}"
        hint = "nobody is in two of the groups; 12 % is written 0.12"
        problems.add(what, file=file, sheet=sheet, row=first_row + int(str(i)), column=columns[0], hint=hint)
    for i in shares.index[shares["area_id"].duplicated() & shares["area_id"].notna()]:
        what = f"'{shares.loc[i, 'area_id']}' has a row already"
        row, hint = first_row + int(str(i)), "keep one of them"
        problems.add(what, file=file, sheet=sheet, row=row, column="area_id", hint=hint)
