"""Where a row of the gap list lies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverplan.standards.findings import Assessment

if TYPE_CHECKING:
    from collections.abc import Hashable

Places = Mapping[str, shapely.Geometry]


def gap_positions(assessment: Assessment, listed: pd.DataFrame) -> gpd.GeoSeries:
    """Return a point for every row of the gap list, in the study's CRS.

    People left outside: the middle of where they live, weighted by people. Facilities and devices: where they stand.
    Whole towns and zones: a point inside. What means everything together has none.
    """
    study = assessment.study
    fixed: dict[str, shapely.Geometry] = {}
    for table, key in ((study.zones, "zone_id"), (study.aeds, "aed_id"), (study.facilities, "facility_id")):
        if table is not None and len(table):
            fixed |= dict(zip(table[key].astype(str), table.geometry.representative_point(), strict=True))
    towns: Places = dict(zip(study.areas["area_id"].astype(str), study.areas.representative_point(), strict=True))
    everybody = _middles(study.people, study.people["people"].to_numpy(dtype=float), _keys(study.people))
    found = np.full(len(listed), None, dtype=object)
    keys = {verdict.rule.rule_id: verdict.default.key for verdict in assessment.verdicts}
    for rule_id, rows in listed.groupby("rule_id", sort=False):
        points = assessment.points.get(keys[str(rule_id)])
        known = everybody if points is None else _outside(assessment, points)
        for i, row in zip(listed.index.get_indexer(rows.index), rows.to_dict("records"), strict=True):
            found[i] = _point(row, known, fixed if points is None else {}, towns)
    return gpd.GeoSeries(found, index=listed.index, crs=study.crs)


def _point(row: Mapping[Hashable, object], people: Places, fixed: Places, towns: Places) -> shapely.Geometry | None:
    place_id, place, area_id = (_text(row[name]) for name in ("place_id", "place", "area_id"))
    for known in (fixed, people):
        if place_id in known:
            return known[place_id]
    return people.get(_unnamed(place, area_id)) or towns.get(area_id)


def _outside(assessment: Assessment, points: pd.DataFrame) -> Places:
    """Return where the people whom a rule leaves outside live, place by place."""
    left = ((~points["within"]) & (points["people"] > 0)).to_numpy(dtype=bool)
    people = cast("gpd.GeoDataFrame", assessment.study.people[left])
    told = points[left]
    return _middles(people, told["people"].to_numpy(dtype=float), _keys(told))


def _keys(points: pd.DataFrame) -> list[str]:
    """Name the place of each point as the gap list does: by its identifier, else by name and town."""
    ids, names, towns = (points[name].fillna("").astype(str) for name in ("place_id", "place", "area_id"))
    names = names.where(names != "", points["point_id"].astype(str))
    return [place_id or _unnamed(name, area_id) for place_id, name, area_id in zip(ids, names, towns, strict=True)]


def _unnamed(place: str, area_id: str) -> str:
    return f"{area_id}\n{place}"


def _middles(people: gpd.GeoDataFrame, weights: np.ndarray, keys: list[str]) -> Places:
    weights = np.maximum(weights, 1e-9)  # a place in which nobody lives still lies somewhere
    table = pd.DataFrame(
        {"x": people.geometry.x.to_numpy() * weights, "y": people.geometry.y.to_numpy() * weights, "w": weights}
    )
    sums = table.groupby(np.array(keys, dtype=object), sort=False).sum()
    middles = shapely.points(sums["x"].to_numpy() / sums["w"].to_numpy(), sums["y"].to_numpy() / sums["w"].to_numpy())
    return dict(zip(sums.index.astype(str), np.atleast_1d(middles), strict=True))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
