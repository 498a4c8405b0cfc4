"""Facilities or AEDs of OpenStreetMap merged with the user's own list: by distance and name, each merge told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverplan.core.errors import InputError, Problem
from coverplan.core.words import KINDS, worst_quality
from coverplan.inputs.geocode.alike import name_likeness
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
    key = _key_of(mine, from_osm)
    theirs = gpd.GeoDataFrame(from_osm.to_crs(mine.crs).reset_index(drop=True))
    table = gpd.GeoDataFrame(mine.reset_index(drop=True).copy())
    known = theirs[key].isin(table[key]).to_numpy(dtype=bool)
    pairs = _chosen(_pairs(table, theirs[~known], max_m, min_score))
    filled = {pair.theirs: _fill(table, theirs, pair, key) for pair in pairs.values() if pair.is_sure}
    is_new = np.array([_is_new(i, bool(known[i]), pairs, doubtful) for i in theirs.index], dtype=bool)
    new = theirs[is_new]
    report = [_told(i, bool(known[i]), pairs.get(i), filled.get(i, ()), mine, theirs, key) for i in theirs.index]
    return Merged(
        table=_joined(table, _in_areas(gpd.GeoDataFrame(new), areas)),
        report=pd.DataFrame(report, columns=list(REPORT)),
    )


def _key_of(mine: gpd.GeoDataFrame, from_osm: gpd.GeoDataFrame) -> str:
    key = next((key for key in ("facility_id", "aed_id") if key in mine and key in from_osm), None)
    if key is None:
        what = "the two tables are not of the same kind"
        raise InputError([Problem(what=what, hint="merge facilities with facilities, AEDs with AEDs")])
    if mine.crs is None or mine.crs.is_geographic:
        what = "the table to merge into is not in metres"
        raise InputError([Problem(what=what, hint="read it as part of a study, or give it a projected CRS")])
    return key


def _pairs(mine: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame, max_m: float, min_score: float) -> list[_Pair]:
    """Judge everything that lies near each other, and what bears the name of a record without a position."""
    shapes = mine.geometry.to_numpy()
    placed = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    tree = shapely.STRtree(shapes[placed])
    points = theirs.geometry.to_numpy()
    near = (
        tree.query(points, predicate="dwithin", distance=_FAR * max_m) if len(theirs) else np.zeros((2, 0), dtype=int)
    )
    pairs: list[_Pair] = []
    for row, at in near.T.tolist():
        index = int(placed[at])
        apart_m = float(shapely.distance(points[row], shapes[index]))
        pair = _judged(mine, index, theirs, int(theirs.index[row]), apart_m, max_m, min_score)
        pairs.extend([] if pair is None else [pair])
    for index in np.setdiff1d(np.arange(len(mine)), placed).tolist():
        for other in theirs.index:
            score = name_likeness(str(mine["name"][index]), str(theirs["name"][other]))
            if score >= min_score and _groups_agree(mine, index, theirs, other):
                reason = "the record has no position of its own"
                pairs.append(_Pair(mine=index, theirs=other, distance_m=np.nan, score=score, reason=reason))
    return pairs


def _judged(
    mine: Any, index: int, theirs: Any, other: int, apart_m: float, max_m: float, min_score: float
) -> _Pair | None:
    """Say whether two records are the same (no reason against it), doubtful (a reason), or have nothing in common."""
    name, same_group = str(theirs["name"][other]), _groups_agree(mine, index, theirs, other)
    if UNNAMED in name:
        same_kind = "kind" not in mine or mine["kind"][index] == theirs["kind"][other]
        if not same_kind or apart_m > max_m:
            return None
        reason = "" if apart_m <= _UNNAMED_M else "it has no name, and lies beside one of the same kind"
        return _Pair(mine=index, theirs=other, distance_m=apart_m, score=0.0, reason=reason)
    score = name_likeness(str(mine["name"][index]), name)
    reason = None
    if score >= min_score:
        reason = "" if apart_m <= max_m else f"the same name, but farther than {max_m:g} m"
        reason = reason if same_group else "the same name, but of another kind"
    elif score >= _DOUBT_SCORE and same_group and apart_m <= max_m:
        reason = "near, and the names are somewhat alike"
    if reason is None:
        return None
    return _Pair(mine=index, theirs=other, distance_m=apart_m, score=score, reason=reason)


def _groups_agree(mine: Any, index: int, theirs: Any, other: int) -> bool:
    if "kind" not in mine or "kind" not in theirs:
        return True
    groups = {KINDS[kind].group if kind in KINDS else kind for kind in (mine["kind"][index], theirs["kind"][other])}
    return len(groups) == 1


def _chosen(pairs: list[_Pair]) -> dict[int, _Pair]:
    """Give each thing at most one record and each record at most one thing, the surest first."""
    chosen: dict[int, _Pair] = {}
    used: dict[int, int] = {}
    order = sorted(pairs, key=lambda pair: (not pair.is_sure, -pair.score, pair.distance_m, pair.theirs))
    for pair in order:
        if pair.theirs in chosen:
            continue
        if pair.is_sure and pair.mine in used:
            reason = "another thing was merged with this record"
            pair = _Pair(
                mine=pair.mine, theirs=pair.theirs, distance_m=pair.distance_m, score=pair.score, reason=reason
            )  # noqa: PLW2901 - the pair becomes a doubtful one
        if pair.is_sure:
            used[pair.mine] = pair.theirs
        chosen[pair.theirs] = pair
    return chosen


def _fill(table: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame, pair: _Pair, key: str) -> tuple[str, ...]:
    """Fill the empty fields of our copy of the user's record, and say in its source where they came from."""
    names = [name for name in table.columns if name in theirs and name not in {*_NEVER_FILLED, key}]
    filled = [name for name in names if pd.isna(table[name][pair.mine]) and not pd.isna(theirs[name][pair.theirs])]
    for name in filled:
        table.loc[pair.mine, name] = theirs[name][pair.theirs]
    if filled and "source" in table:
        mine = table["source"][pair.mine]
        told = f"{', '.join(filled)}: {theirs['source'][pair.theirs]}"
        table.loc[pair.mine, "source"] = told if pd.isna(mine) else f"{mine}; {told}"
    if set(filled) - _HARMLESS and "quality" in table:
        qualities = [
            quality for quality in (table["quality"][pair.mine], theirs["quality"][pair.theirs]) if not pd.isna(quality)
        ]
        table.loc[pair.mine, "quality"] = worst_quality(qualities)
    return tuple(filled)


def _is_new(index: int, known: bool, pairs: dict[int, _Pair], doubtful: str) -> bool:  # noqa: FBT001 - one row's facts
    if known:
        return False
    pair = pairs.get(index)
    return pair is None or (not pair.is_sure and doubtful == "append")


def _told(
    index: int,
    known: bool,  # noqa: FBT001 - one row's facts
    pair: _Pair | None,
    filled: tuple[str, ...],
    mine: gpd.GeoDataFrame,
    theirs: gpd.GeoDataFrame,
    key: str,
) -> dict[str, Any]:
    about = {"osm_id": theirs[key][index], "osm_name": theirs["name"][index], "filled": "; ".join(filled)}
    if known:
        return {**about, "action": "known", "my_id": theirs[key][index], "reason": "it is in the list already"}
    if pair is None:
        return {**about, "action": "added", "reason": "nothing like it is near"}
    return {
        **about,
        "action": "merged" if pair.is_sure else "doubtful",
        "my_id": mine[key].iloc[pair.mine],
        "my_name": mine["name"].iloc[pair.mine],
        "distance_m": round(pair.distance_m, 1),
        "score": pair.score,
        "reason": pair.reason
        or ("the same kind at the same place" if pair.score == 0 else "near, and of the same name"),
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
