"""How the tables of a study fit together: what refers to what, and whether everything lies where it should."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from coverplan.core.checks import check_references
from coverplan.core.errors import ProblemList
from coverplan.core.tables import Column, cells_of
from coverplan.core.units import METRES_PER_KM, FloatArray, points_at, project
from coverplan.inputs.records import Records

_MOST = 25
"""How many rows with the same mistake are named before the rest is only counted."""
_FAR_M = 1_000_000.0
_ALONE_M = 200_000.0
"""Without areas: a demand point farther than this from the middle of all others is a mistake."""
_NEIGHBOUR_M = 50_000.0
"""Without areas: so far around the people other places may lie."""
_OVERLAP_SHARE = 0.01
"""Hand-drawn boundaries cross by slivers; from this share of the smaller area on it is a mistake."""


@dataclass(frozen=True, kw_only=True)
class _Ground:
    """The shapes that places must lie in, by area; a study without areas has one without a name."""

    shapes: npt.NDArray[np.object_]
    area_id: npt.NDArray[np.object_]
    names: npt.NDArray[np.object_]
    named: bool
    tree: shapely.STRtree
    outside_m: float
    crs: str


@dataclass(frozen=True, kw_only=True)
class _Where:
    """The area of each point, or the nearest one (-1 for a point without position), and how far away that is."""

    area: npt.NDArray[np.intp]
    away_m: FloatArray


def check_overlaps(areas: Records, problems: ProblemList) -> None:
    """Note areas that lie on one another, each pair once."""
    sound = _sound(areas)
    shapes = sound.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    shared_m2 = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    share = shared_m2 / np.minimum(shapely.area(shapes[left]), shapely.area(shapes[right]))
    for i in np.flatnonzero(share > _OVERLAP_SHARE):
        first, second = sound.iloc[left[i]], sound.iloc[right[i]]
        problems.add(
            f"{first['name']} and {second['name']} overlap on {shared_m2[i] / 1e6:.2f} square km",
            file=areas.file,
            sheet=areas.sheet,
            row=areas.row(sound.index[right[i]]),
            column="geometry",
            hint="areas must lie side by side, so that everybody is counted once",
        )


def resolve_references(tables: Mapping[str, Records], problems: ProblemList) -> dict[str, Records]:
    """Replace names by keys where one table refers to another, and note what refers to nothing.

    A planner writes the name of a town or hospital where the declaration asks for its key; a name that stands once in
    the other table is as good. References into a table that could not be read are not judged, and `area_id` stays as it
    is in a study without areas.
    """
    return {name: _resolve(records, tables, problems) for name, records in tables.items()}


def _resolve(records: Records, tables: Mapping[str, Records], problems: ProblemList) -> Records:
    frame = records.frame
    for column in records.table.columns:
        if column.refers_to is None or frame.empty:
            continue
        target = tables.get(column.refers_to)
        if target is None:
            _note_absent_target(column, records, problems)
        elif target.complete:
            key_of = _names_to_keys(target)
            values = frame[column.name].map(lambda v, c=column, k=key_of: _as_keys(v, c, k), na_action="ignore")
            frame = frame.assign(**{column.name: values.astype("str")})
            known = [*target.frame[target.table.key].dropna(), *key_of]
            check_references(
                frame[column.name].map(cells_of, na_action="ignore").explode() if column.many else frame[column.name],
                column,
                known,
                file=records.file,
                problems=problems,
                first_row=records.first_row,
                sheet=records.sheet,
            )
    return replace(records, frame=frame)


def _as_keys(value: str, column: Column, key_of: Mapping[str, str]) -> str:
    """Put keys for names, in a cell that holds several values for each of them."""
    if not column.many:
        return key_of.get(value, value)
    return ";".join(key_of.get(part, part) for part in cells_of(value))


def _names_to_keys(target: Records) -> dict[str, str]:
    rows = target.frame[[target.table.key, "name"]].dropna()
    rows = rows[~rows["name"].duplicated(keep=False) & ~rows["name"].isin(rows[target.table.key])]
    return dict(zip(rows["name"], rows[target.table.key], strict=True))


def _note_absent_target(column: Column, records: Records, problems: ProblemList) -> None:
    if column.required:
        problems.add(
            f"it refers to {column.refers_to}, and the study has no such table",
            file=records.file,
            sheet=records.sheet,
            column=column.name,
            hint=f"name the file under tables.{column.refers_to} of the config",
        )


def place_in_areas(
    tables: Mapping[str, Records], *, crs: str, outside_m: float, problems: ProblemList, notes: ProblemList
) -> dict[str, Records]:
    """Fill in the area of every point that names none, and note every point that lies where it cannot be.

    Parameters
    ----------
    tables
        What was read, by table name, references resolved, geometry in `crs`.
    crs
        The study's CRS, metres.
    outside_m
        So far a point may lie outside the study area, or outside the area it names: boundaries are drawn roughly.
    problems
        Takes points outside every area (with their distance, and whether longitude and latitude would fit the other way
        round), and facilities and AEDs in another area than they say.
    notes
        Takes demand points in another area than they say: people are counted in the area that their record names.

    Returns
    -------
    dict of Records
        The same tables; `area_id` is filled in where it was empty and the point lies in an area or within `outside_m`.
    """
    ground = _ground(tables, crs, outside_m)
    if ground is None:
        return dict(tables)
    return {
        name: _place(records, ground, problems, notes) if records.table.geometry == "point" else records
        for name, records in tables.items()
    }


def _ground(tables: Mapping[str, Records], crs: str, outside_m: float) -> _Ground | None:
    areas, people = tables.get("areas"), tables.get("people")
    if areas is not None:
        sound = _sound(areas)
        sound = sound[~sound["area_id"].duplicated() & sound["area_id"].notna()]
        shapes, keys, names = (sound[name].to_numpy(dtype=object) for name in ("geometry", "area_id", "name"))
    elif people is not None:
        xy = shapely.get_coordinates(gpd.GeoDataFrame(people.frame).geometry.dropna().to_numpy())
        away_m = np.hypot(*(xy - np.median(xy, axis=0)).T) if len(xy) else np.array([])
        hull = shapely.convex_hull(shapely.multipoints(xy[away_m <= _ALONE_M]))
        shapes, keys, names = (np.array([value], dtype=object) for value in (hull, "", ""))
        outside_m = max(outside_m, _NEIGHBOUR_M)
    else:
        return None
    if len(shapes) == 0 or shapely.is_empty(shapes).all():
        return None
    shapely.prepare(shapes)
    return _Ground(
        shapes=shapes,
        area_id=keys,
        names=names,
        named=areas is not None,
        tree=shapely.STRtree(shapes),
        outside_m=outside_m,
        crs=crs,
    )


def _sound(areas: Records) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(areas.frame)
    return frame[frame.geometry.notna() & frame.geometry.is_valid & ~frame.geometry.is_empty]


def _place(records: Records, ground: _Ground, problems: ProblemList, notes: ProblemList) -> Records:
    frame = gpd.GeoDataFrame(records.frame)
    if frame.empty:
        return records
    where = _where(frame.geometry.to_numpy(), ground)
    off_map = (frame["lon"].notna() & frame["lat"].notna() & frame.geometry.isna()).to_numpy()
    outside = off_map | (np.isfinite(where.away_m) & (where.away_m > ground.outside_m))
    _note_outside(records, ground, where, np.flatnonzero(outside), problems)
    if "area_id" not in frame or not ground.named:
        return records
    here = pd.Series(ground.area_id[where.area], index=frame.index, dtype="str").mask(where.area < 0)
    inside = np.flatnonzero((frame["area_id"].notna() & (frame["area_id"] != here)).to_numpy() & ~outside)
    _note_elsewhere(records, ground, here, inside, notes if records.table.name == "people" else problems)
    return replace(records, frame=frame.assign(area_id=frame["area_id"].fillna(here.mask(outside))))


def _where(points: npt.NDArray[np.object_], ground: _Ground) -> _Where:
    """Find the area of each point (of several the first), or the nearest one."""
    area = np.full(len(points), -1)
    away_m = np.full(len(points), np.inf)
    point, hit = ground.tree.query(points, predicate="intersects")
    last_to_first = np.lexsort((hit, point))[::-1]
    area[point[last_to_first]] = hit[last_to_first]
    away_m[point] = 0.0
    left = np.flatnonzero((area < 0) & ~shapely.is_missing(points))
    (which, near), metres = ground.tree.query_nearest(points[left], return_distance=True, all_matches=False)
    area[left[which]], away_m[left[which]] = near, metres
    return _Where(area=area, away_m=away_m)


def _note_outside(
    records: Records, ground: _Ground, where: _Where, rows: npt.NDArray[np.intp], problems: ProblemList
) -> None:
    frame = records.frame.iloc[rows[:_MOST]]
    lon, lat = frame["lon"].to_numpy(float), frame["lat"].to_numpy(float)
    fits = _where(_points(lat, lon, ground.crs), ground).away_m <= ground.outside_m
    for i, position in enumerate(rows[:_MOST]):
        metres = where.away_m[position]
        if fits[i]:
            hint = f"longitude and latitude are swapped: {lat[i]:g}, {lon[i]:g} lies inside"
        elif metres < _FAR_M:
            place = ground.names[where.area[position]] if ground.named else "the people"
            hint = f"{metres / METRES_PER_KM:.1f} km from {place}, the nearest; check lon, lat and datum"
        else:
            hint = "more than 1,000 km away; check lon and lat"
        what = f"{_called(frame.iloc[i], records)} at {lon[i]:g}, {lat[i]:g} lies outside the study area"
        problems.add(
            what, file=records.file, sheet=records.sheet, row=records.row(frame.index[i]), column="lon", hint=hint
        )
    _note_rest(len(rows), records, "lon", problems)


def _points(lon: FloatArray, lat: FloatArray, crs: str) -> npt.NDArray[np.object_]:
    """Make points in `crs`; what is no position on earth becomes missing."""
    return points_at(*project(lon, np.where(np.abs(lat) <= 90, lat, np.nan), crs))


def _note_elsewhere(
    records: Records, ground: _Ground, here: pd.Series, rows: npt.NDArray[np.intp], sink: ProblemList
) -> None:
    """Note points that lie more than the tolerance outside the area they name."""
    frame = gpd.GeoDataFrame(records.frame).iloc[rows]
    claimed = pd.Index(ground.area_id).get_indexer(pd.Index(frame["area_id"]))
    away_m = np.where(claimed < 0, 0.0, shapely.distance(frame.geometry.to_numpy(), ground.shapes[claimed]))
    wrong = np.flatnonzero(away_m > ground.outside_m)
    name_of = dict(zip(ground.area_id, ground.names, strict=True))
    for i in wrong[:_MOST]:
        said, found = (name_of[str(area)] for area in (frame["area_id"].iloc[i], here.iloc[rows[i]]))
        what = f"{_called(frame.iloc[i], records)} is said to be in {said} and lies in {found}"
        hint = f"{away_m[i] / METRES_PER_KM:.1f} km outside {said}; correct the position or the area"
        sink.add(
            what, file=records.file, sheet=records.sheet, row=records.row(frame.index[i]), column="area_id", hint=hint
        )
    _note_rest(len(wrong), records, "area_id", sink)


def _called(row: pd.Series, records: Records) -> str:
    for column in ("name", "place", records.table.key):
        if column in row and isinstance(row[column], str):
            return row[column]
    return "it"


def _note_rest(count: int, records: Records, column: str, sink: ProblemList) -> None:
    rest = count - _MOST
    if rest > 0:
        what = f"the same mistake stands in {rest} more row{'' if rest == 1 else 's'}"
        sink.add(what, file=records.file, sheet=records.sheet, column=column)
