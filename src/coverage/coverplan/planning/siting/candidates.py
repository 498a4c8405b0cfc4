"""Where sites may stand: what exists, facilities, a list, and places along the roads of some areas."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.core.model import Study
from coverplan.core.tables import FACILITIES, HOURS, Column, Table
from coverplan.core.units import METRES_PER_KM, unproject
from coverplan.inputs.records import Records, read_records
from coverplan.inputs.select import active_facilities
from coverplan.planning.siting.form import Siting
from coverplan.planning.siting.rules import Bool, Float, Int
from coverplan.roads.network import Network
from coverplan.scenarios.names import outside_m
from coverplan.travel.periods import opening_hours

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

CANDIDATES = Table(
    name="candidates",
    zh="候选站点",
    key="candidate_id",
    geometry="point",
    meaning="Places where a new site may stand.",
    columns=(
        Column(name="candidate_id", type="text", zh="候选编号", meaning="Identifier.", required=True, aliases=("id",)),
        Column(name="name", type="text", zh="名称", meaning="Name shown on maps."),
        replace(FACILITIES.column("lon"), required=True),
        replace(FACILITIES.column("lat"), required=True),
        FACILITIES.column("datum"),
        HOURS,
        Column(name="cost", type="number", zh="费用", meaning="What a site here costs, in any one unit.", minimum=0),
        Column(name="capacity", type="number", zh="容量", meaning="People that a site here can take.", minimum=0),
    ),
)
"""The columns of a list of candidates."""


def build_candidates(
    study: Study, network: Network, asked: Siting, *, folder: Path, problems: ProblemList
) -> gpd.GeoDataFrame:
    """Gather every place that may be chosen, existing sites first.

    Returns
    -------
    GeoDataFrame
        In the study's CRS, index 0..m-1: ``candidate_id``, ``name``, ``area_id``, ``existing``, ``hours`` (empty:
        always open), ``cost``, ``capacity`` (`inf` where nothing limits it), geometry. Of facilities named twice the
        first stays.
    """
    import geopandas as gpd  # noqa: PLC0415 - heavy, and used here only

    parts = [_existing(study, asked)]
    if asked.candidates.kinds:
        parts.append(_facilities(active_facilities(study, kinds=asked.candidates.kinds), existing=False))
    if asked.candidates.file is not None:
        parts.append(_listed(study, folder / asked.candidates.file, problems))
    if asked.candidates.areas or asked.candidates.everywhere:
        parts.append(_along_roads(study, network, asked, problems))
    table = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    table = table.drop_duplicates("candidate_id", ignore_index=True)
    table = gpd.GeoDataFrame(table, geometry="geometry", crs=study.crs)
    for column, value in (("cost", asked.candidates.cost), ("capacity", asked.candidates.capacity or np.inf)):
        table[column] = table[column].astype("float64").fillna(value)
    table["area_id"] = _areas_of(table, study)
    for key in ("required", "forbidden"):
        for name in getattr(asked.candidates, key):
            if name not in set(table["candidate_id"]):
                hint = did_you_mean(name, table["candidate_id"])
                problems.add(f"there is no candidate '{name}'", column=f"candidates.{key}", hint=hint)
    if not problems:
        _note_too_few(asked, table, problems)
    return table


def _note_too_few(asked: Siting, table: gpd.GeoDataFrame, problems: ProblemList) -> None:
    """Note when there is nowhere to stand, or nowhere but where something stands already."""
    hint = "kinds, areas or a file"
    if not len(table):
        problems.add("there is no place where a site may stand", column="candidates", hint=hint)
    elif asked.new and asked.model != "mexclp" and table["existing"].all():
        what = f"{asked.new} new sites are asked for, and no candidate stands beside the existing ones"
        problems.add(what, column="candidates", hint=hint)


def positions(table: gpd.GeoDataFrame, names: tuple[str, ...]) -> Int:
    """Return the positions of candidates by id."""
    return np.flatnonzero(table["candidate_id"].isin(names).to_numpy())


def too_near(table: gpd.GeoDataFrame, apart_m: float | None) -> Int:
    """Return the pairs of candidates that are nearer each other than allowed, two existing sites left alone."""
    if apart_m is None or len(table) < 2:
        return np.empty((0, 2), dtype=np.int64)
    tree = cKDTree(np.column_stack([table.geometry.x, table.geometry.y]))
    pairs = tree.query_pairs(apart_m * (1 - 1e-12), output_type="ndarray").astype(np.int64)
    both = table["existing"].to_numpy()[pairs].all(axis=1) if len(pairs) else np.zeros(0, bool)
    return pairs[~both]


def area_names(study: Study, names: tuple[str, ...], key: str, problems: ProblemList) -> tuple[list[str], Bool]:
    """Find areas by id or name, noting unknown ones; return their ids, and which demand points are in them."""
    areas, ids = study.areas, []
    known = pd.concat([areas["area_id"].astype(str), areas["name"].astype(str), areas["name_en"].dropna().astype(str)])
    for name in names:
        hit = areas[(areas["area_id"] == name) | (areas["name"] == name) | (areas["name_en"] == name)]
        if len(hit):
            ids.append(str(hit["area_id"].iloc[0]))
        else:
            problems.add(f"there is no area '{name}'", column=key, hint=did_you_mean(name, known))
    return ids, study.people["area_id"].isin(ids).to_numpy()


def _facilities(table: gpd.GeoDataFrame, *, existing: bool) -> pd.DataFrame:
    return _frame(table["facility_id"], table["name"], table.geometry, existing=existing, hours=opening_hours(table))


def _frame(
    ids: object, names: object, geometry: object, *, existing: bool, hours: list[str] | None = None
) -> pd.DataFrame:
    table = pd.DataFrame({"candidate_id": np.asarray(ids, dtype=object), "name": np.asarray(names, dtype=object)})
    table["existing"], table["cost"], table["capacity"] = existing, np.nan, np.nan
    table["hours"] = "" if hours is None else np.asarray(hours, dtype=object)
    table["geometry"] = np.asarray(geometry, dtype=object)
    return table


def _existing(study: Study, asked: Siting) -> pd.DataFrame:
    if asked.existing.table == "aeds":
        aeds = study.aeds
        return _frame(aeds["aed_id"], aeds["name"], aeds.geometry, existing=True, hours=opening_hours(aeds))
    if not asked.existing.kinds:
        return _frame([], [], [], existing=True)
    return _facilities(active_facilities(study, kinds=asked.existing.kinds), existing=True)


def _note_outside(study: Study, records: Records, problems: ProblemList) -> None:
    """Note the rows of a list that lie outside the study area; those without a position are told of already."""
    for i, point in zip(records.frame.index, records.frame["geometry"], strict=True):
        away_m = 0.0 if point is None or point.is_empty else outside_m(study, point)
        if away_m:
            name = str(records.frame.loc[i, "candidate_id"])
            problems.add(
                f"{name} lies outside the study area",
                file=records.file,
                sheet=records.sheet,
                row=records.row(i),
                column="lon",
                hint=f"{away_m / METRES_PER_KM:,.1f} km from it; check lon, lat and datum",
            )


def _listed(study: Study, path: Path, problems: ProblemList) -> pd.DataFrame:
    import geopandas as gpd  # noqa: PLC0415 - heavy, and used here only

    records = read_records(path, CANDIDATES, crs=study.crs, problems=problems)
    _note_outside(study, records, problems)
    frame = gpd.GeoDataFrame(records.frame.reset_index(drop=True), crs=study.crs)
    names = frame["name"].fillna(frame["candidate_id"])
    table = _frame(frame["candidate_id"], names, frame["geometry"], existing=False, hours=opening_hours(frame))
    table["cost"], table["capacity"] = frame["cost"].to_numpy(float), frame["capacity"].to_numpy(float)
    return table


def _along_roads(study: Study, network: Network, asked: Siting, problems: ProblemList) -> pd.DataFrame:
    """Take junctions of the road network inside some areas, none nearer another than the spacing."""
    import geopandas as gpd  # noqa: PLC0415 - heavy, and used here only

    drive = network.drive_forward | network.drive_backward
    node = np.unique(np.concatenate([network.edge_from[drive], network.edge_to[drive]]))
    x, y = network.x_m[node], network.y_m[node]
    if asked.candidates.areas:
        shapes = _outlines(study, asked.candidates.areas, problems)
        points = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=study.crs)
        inside = points.within(shapes).to_numpy()
        node, x, y = node[inside], x[inside], y[inside]
    kept = thinned(np.column_stack([x, y]), asked.candidates.spacing_m)
    node, x, y = node[kept], x[kept], y[kept]
    lon, lat = unproject(x, y, study.crs)
    ids = [f"node-{number}" for number in network.node_id[node]]
    names = [f"{a:.5f}, {b:.5f}" for a, b in zip(lon, lat, strict=True)]
    return _frame(ids, names, gpd.points_from_xy(x, y), existing=False)


def _outlines(study: Study, names: tuple[str, ...], problems: ProblemList) -> BaseGeometry:
    """Join the outlines of areas, or else zones, by id or name, noting those that are neither."""
    import geopandas as gpd  # noqa: PLC0415 - heavy, and used here only

    grounds = {"areas": (study.areas, "area_id")}
    if study.zones is not None and len(study.zones):
        grounds["zones"] = (study.zones, "zone_id")
    labels = {word: table[[key, "name", "name_en"]].to_numpy(object) for word, (table, key) in grounds.items()}
    shapes = []
    for name in names:
        hits = (table.geometry[(labels[word] == name).any(axis=1)] for word, (table, _) in grounds.items())
        found = next((hit for hit in hits if len(hit)), None)
        if found is None:
            known = [str(label) for table in labels.values() for label in table.ravel() if pd.notna(label)]
            near = did_you_mean(name, known) or ""
            listed = (f"{word}: {'、'.join(map(str, table[:, 1]))}" for word, table in labels.items())
            hint = near if near.startswith("did you mean") else "; ".join(listed)
            problems.add(f"there is no area or zone '{name}'", column="candidates.areas", hint=hint)
        else:
            shapes += list(found)
    return gpd.GeoSeries(shapes, crs=study.crs).union_all()


def thinned(points: Float, spacing_m: float) -> Int:
    """Go through points in their order and keep each that is not nearer than the spacing to one kept before.

    Examples
    --------
    >>> thinned(np.array([[0.0, 0.0], [5.0, 0.0], [10.0, 0.0]]), 10.0).tolist()
    [0, 2]
    """
    if not len(points):
        return np.empty(0, dtype=np.int64)
    near = cKDTree(points).query_ball_point(points, spacing_m * (1 - 1e-12))
    kept, gone = [], np.zeros(len(points), dtype=bool)
    for i, neighbours in enumerate(near):
        if not gone[i]:
            kept.append(i)
            gone[neighbours] = True
    return np.array(kept, dtype=np.int64)


def _areas_of(table: gpd.GeoDataFrame, study: Study) -> list[str | None]:
    """Name the area in which each candidate lies, None outside all of them."""
    if not len(table):
        return []
    which, area = study.areas.sindex.query(table.geometry, predicate="within")
    found: dict[int, int] = {}
    for i, j in zip(which.tolist(), area.tolist(), strict=True):
        found.setdefault(i, j)
    ids = study.areas["area_id"].tolist()
    return [str(ids[found[i]]) if i in found else None for i in range(len(table))]
