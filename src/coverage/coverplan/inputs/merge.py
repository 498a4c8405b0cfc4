"""Facilities or AEDs of OpenStreetMap merged with the user's own list: by distance and name, each merge told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverplan.core.errors import InputError, Problem, ProblemList
from coverplan.core.tables import AEDS, FACILITIES
from coverplan.core.words import KINDS, worst_quality
from coverplan.inputs.geocode.alike import name_likeness
from coverplan.inputs.records import Records, empty_table, read_table
from coverplan.roads.osm_facilities import UNNAMED

MAX_M, MIN_SCORE = 300.0, 0.85
_DOUBT_SCORE = 0.5
_FAR = 5.0
"""How many times the distance for a merge a thing of the very same name may lie away and still be doubtful."""
_UNNAMED_M = 60.0
"""How near a thing without a name must lie to one of the same kind to be taken for it."""
_NEVER_FILLED = {"name", "kind", "area_id", "lon", "lat", "datum", "position_quality", "geometry", "status", "source",
                 "quality", "devices"}  # fmt: skip
_HARMLESS = {"name_en"}
"""What may be filled in without the record becoming less certain."""
REPORT = ("action", "my_id", "my_name", "osm_id", "osm_name", "distance_m", "score", "filled", "reason")


@dataclass(frozen=True, kw_only=True, eq=False)
class Merged:
    """A list with what OpenStreetMap adds, and what was done.

    Attributes
    ----------
    table : GeoDataFrame
        The user's records in their order, empty fields filled, then the new ones; index 0..n-1.
    report : DataFrame
        One row per thing of OpenStreetMap. `action` is merged, known (merged in an earlier run), added, or doubtful
        (near, but not near or alike enough; see `reason`), with both names, the distance in metres, the likeness of
        the names 0..1 and the fields that were filled. Doubtful things are not in the table unless asked for.
    """

    table: gpd.GeoDataFrame
    report: pd.DataFrame


@dataclass(frozen=True, kw_only=True, eq=False)
class _Two:
    """The two tables, both in the user's CRS and numbered from 0, and when records in them are the same."""

    key: str
    mine: gpd.GeoDataFrame
    theirs: gpd.GeoDataFrame
    max_m: float
    min_score: float

    @cached_property
    def new(self) -> list[int]:
        """Things that did not come into the user's table in an earlier run."""
        return np.flatnonzero(~self.theirs[self.key].isin(self.mine[self.key])).tolist()

    def my_name(self, index: int) -> str:
        """Name of a record."""
        return str(self.mine["name"][index])

    def their_name(self, index: int) -> str:
        """Name of a thing."""
        return str(self.theirs["name"][index])

    def kinds_agree(self, index: int, other: int) -> bool:
        """Say whether both are of the same kind; tables without kinds hold one kind."""
        return "kind" not in self.mine or self.mine["kind"][index] == self.theirs["kind"][other]

    def groups_agree(self, index: int, other: int) -> bool:
        """Say whether both are of the same group of kinds."""
        if "kind" not in self.mine:
            return True
        mine, theirs = self.mine["kind"][index], self.theirs["kind"][other]
        return mine == theirs or (mine in KINDS and theirs in KINDS and KINDS[mine].group == KINDS[theirs].group)


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """A record of the user's and a thing of OpenStreetMap that may be the same."""

    mine: int
    theirs: int
    distance_m: float
    score: float
    reason: str

    @property
    def is_sure(self) -> bool:
        return not self.reason


def merge_facilities(
    mine: gpd.GeoDataFrame,
    from_osm: gpd.GeoDataFrame,
    *,
    max_m: float = MAX_M,
    min_score: float = MIN_SCORE,
    doubtful: Literal["hold", "append"] = "hold",
    areas: gpd.GeoDataFrame | None = None,
) -> Merged:
    """Merge facilities (or AED places) read from OpenStreetMap into the user's table.

    Two records are the same when they lie within `max_m`, are of the same group of kinds (care, emergency, ...) and
    their names score at least `min_score`; a thing without a name when it lies within 60 m of one of its very kind.
    Each is matched once, the most alike first. The user's record wins: only its empty fields are filled, and its
    source then says which fields came from where.

    Parameters
    ----------
    mine
        The user's table in a projected CRS, as `read_study` gives it. Not changed.
    from_osm
        As `read_osm_facilities` gives it; may be in another CRS.
    max_m, min_score
        When two records are the same; metres, and likeness of names as in `inputs.geocode.alike`.
    doubtful
        Whether things that may be the same as one of the user's, but need not be, stay out of the table.
    areas
        Gives new records their `area_id`, by location.

    Returns
    -------
    Merged

    Raises
    ------
    InputError
        When the tables are not of the same kind, or the user's has no CRS.

    Examples
    --------
    >>> from shapely import Point
    >>> rows = {"facility_id": ["h1"], "name": ["晋江市医院"], "kind": ["hospital"], "beds": [None],
    ...         "source": ["list"], "quality": ["official"]}
    >>> mine = gpd.GeoDataFrame(rows, geometry=[Point(0, 0)], crs="EPSG:32650")
    >>> theirs = mine.assign(facility_id="osm-n1", name="医院（晋江市医院）", beds=900, geometry=[Point(0, 40)])
    >>> merged = merge_facilities(mine, theirs)
    >>> merged.report[["action", "distance_m", "score", "filled"]].values.tolist()
    [['merged', 40.0, 0.95, 'beds']]
    """
    key, crs = _key_of(mine, from_osm)
    two = _Two(
        key=key,
        mine=gpd.GeoDataFrame(mine.reset_index(drop=True)),
        theirs=gpd.GeoDataFrame(from_osm.to_crs(crs).reset_index(drop=True)),
        max_m=max_m,
        min_score=min_score,
    )
    pairs = _chosen(_pairs(two))
    table = gpd.GeoDataFrame(two.mine.copy())
    filled = {pair.theirs: _fill(table, two, pair) for pair in pairs.values() if pair.is_sure}
    added = [i for i in two.new if i not in pairs or (doubtful == "append" and not pairs[i].is_sure)]
    report = [{**_told(two, i, pairs.get(i)), "filled": "; ".join(filled.get(i, ()))} for i in range(len(two.theirs))]
    return Merged(
        table=_joined(table, _in_areas(gpd.GeoDataFrame(two.theirs.iloc[added]), areas)),
        report=pd.DataFrame(report, columns=list(REPORT)),
    )


def list_to_merge_into(
    tables: Mapping[str, Records] | None, path: str | Path | None, *, crs: str
) -> dict[str, gpd.GeoDataFrame]:
    """Return the lists of facilities and AEDs that those of OpenStreetMap are to be merged into.

    Parameters
    ----------
    tables
        What a study holds, if there is one.
    path
        A list of facilities that takes the place of the study's; None for the study's own.
    crs
        Of the lists, projected.

    Returns
    -------
    dict
        `facilities` and `aeds`; empty where there is no list.

    Raises
    ------
    InputError
        When the list cannot be read, or there is something wrong in it.
    """
    held = {} if tables is None else {name: tables[name].frame for name in ("facilities", "aeds") if name in tables}
    if path is not None:
        problems = ProblemList()
        held["facilities"] = read_table(path, FACILITIES, crs=crs, problems=problems)
        problems.raise_if_any()
    lists = {table.name: held.get(table.name, empty_table(table, crs)) for table in (FACILITIES, AEDS)}
    return {name: gpd.GeoDataFrame(frame).to_crs(crs).reset_index(drop=True) for name, frame in lists.items()}


def _key_of(mine: gpd.GeoDataFrame, from_osm: gpd.GeoDataFrame) -> tuple[str, Any]:
    key = next((key for key in ("facility_id", "aed_id") if key in mine and key in from_osm), None)
    if key is None:
        what = "the two tables are not of the same kind"
        raise InputError([Problem(what=what, hint="merge facilities with facilities, AEDs with AEDs")])
    if mine.crs is None or mine.crs.is_geographic:
        what = "the table to merge into is not in metres"
        raise InputError([Problem(what=what, hint="read it as part of a study, or give it a projected CRS")])
    return key, mine.crs


def _pairs(two: _Two) -> list[_Pair]:
    """Judge everything that lies near each other, and what bears the name of a record without a position."""
    shapes, points = two.mine.geometry.to_numpy(), two.theirs.geometry.to_numpy()
    placed = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    new = np.array(two.new, dtype=int)
    tree = shapely.STRtree(shapes[placed])
    near = (
        tree.query(points[new], predicate="dwithin", distance=_FAR * two.max_m) if len(new) else np.zeros((2, 0), int)
    )
    found = [
        _judged(two, int(placed[at]), int(new[row]), float(shapely.distance(points[new[row]], shapes[placed[at]])))
        for row, at in near.T.tolist()
    ]
    for index in np.setdiff1d(np.arange(len(shapes)), placed).tolist():
        for other in two.new:
            score = name_likeness(two.my_name(index), two.their_name(other))
            if score >= two.min_score and two.groups_agree(index, other):
                reason = "the record has no position of its own"
                found.append(_Pair(mine=index, theirs=other, distance_m=np.nan, score=score, reason=reason))
    return [pair for pair in found if pair is not None]


def _judged(two: _Two, index: int, other: int, apart_m: float) -> _Pair | None:
    """Say whether two records are the same (no reason against it), doubtful (a reason), or have nothing in common."""
    score = 0.0
    if UNNAMED in two.their_name(other):
        if not two.kinds_agree(index, other) or apart_m > two.max_m:
            return None
        reason = "" if apart_m <= _UNNAMED_M else "it has no name, and lies beside one of the same kind"
    else:
        score = name_likeness(two.my_name(index), two.their_name(other))
        is_near, same_group = apart_m <= two.max_m, two.groups_agree(index, other)
        if score < two.min_score and not (score >= _DOUBT_SCORE and same_group and is_near):
            return None
        reason = "near, and the names are somewhat alike"
        if score >= two.min_score:
            reason = "" if is_near else f"the same name, but farther than {two.max_m:g} m"
            reason = reason if same_group else "the same name, but of another kind"
    return _Pair(mine=index, theirs=other, distance_m=apart_m, score=score, reason=reason)


def _chosen(pairs: list[_Pair]) -> dict[int, _Pair]:
    """Give each thing at most one record and each record at most one thing, the most alike and nearest first."""
    order = sorted(pairs, key=lambda pair: (not pair.is_sure, -pair.score, pair.distance_m, pair.theirs))
    chosen: dict[int, _Pair] = {}
    used: set[int] = set()
    for pair in order:
        if pair.is_sure and pair.theirs not in chosen and pair.mine not in used:
            chosen[pair.theirs] = pair
            used.add(pair.mine)
    for pair in order:
        if pair.theirs not in chosen:
            reason = pair.reason or "another thing was merged with this record"
            chosen[pair.theirs] = replace(pair, reason=reason)
    return chosen


def _fill(table: gpd.GeoDataFrame, two: _Two, pair: _Pair) -> tuple[str, ...]:
    """Fill the empty fields of our copy of the user's record, and say in its source where they came from."""
    here: dict[Any, Any] = table.loc[pair.mine].to_dict()
    theirs: dict[Any, Any] = two.theirs.loc[pair.theirs].to_dict()
    names = [name for name in table.columns if name in two.theirs and name not in {*_NEVER_FILLED, two.key}]
    filled = [name for name in names if pd.isna(here[name]) and not pd.isna(theirs[name])]
    changes = {name: theirs[name] for name in filled}
    if filled and "source" in table:
        told = f"{', '.join(filled)}: {theirs['source']}"
        changes["source"] = told if pd.isna(here["source"]) else f"{here['source']}; {told}"
    if set(filled) - _HARMLESS and "quality" in table:
        known = [quality for quality in (here["quality"], theirs["quality"]) if not pd.isna(quality)]
        changes["quality"] = worst_quality(known)
    for name, value in changes.items():
        table.loc[pair.mine, name] = value
    return tuple(filled)


def _told(two: _Two, index: int, pair: _Pair | None) -> dict[str, Any]:
    """Say in a row of the report what became of a thing."""
    about = {"osm_id": two.theirs[two.key][index], "osm_name": two.their_name(index)}
    if index not in two.new:
        return {**about, "action": "known", "my_id": about["osm_id"], "reason": "it is in the list already"}
    if pair is None:
        return {**about, "action": "added", "reason": "nothing like it is near"}
    why = "near, and of the same name" if pair.score else "the same kind at the same place"
    return {
        **about,
        "action": "merged" if pair.is_sure else "doubtful",
        "my_id": two.mine[two.key][pair.mine],
        "my_name": two.my_name(pair.mine),
        "distance_m": round(pair.distance_m, 1),
        "score": pair.score,
        "reason": pair.reason or why,
    }


def _in_areas(new: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Give new records the area they lie in."""
    if areas is None or areas.empty or new.empty or "area_id" not in new:
        return new
    inside = shapely.STRtree(areas.geometry.to_numpy()).query(new.geometry.to_numpy(), predicate="intersects")
    area = new["area_id"].astype(object)
    for row, at in reversed(inside.T.tolist()):
        area.iloc[row] = areas["area_id"].iloc[at]
    return gpd.GeoDataFrame(new.assign(area_id=area.astype(areas["area_id"].dtype)))


def _joined(table: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put new records under the user's, in the user's columns and types."""
    if new.empty:
        return table
    columns = [name for name in table.columns if name in new]
    joined = pd.concat([pd.DataFrame(table), pd.DataFrame(new[columns])], ignore_index=True)
    types = {name: table[name].dtype for name in table.columns if joined[name].dtype != table[name].dtype}
    for name, dtype in types.items():
        if name != table.geometry.name and not joined[name].isna().any():
            joined[name] = joined[name].astype(dtype)
    return gpd.GeoDataFrame(joined, geometry=table.geometry.name, crs=table.crs)
