"""What a census is spread over: pieces of ground with a weight, each in an area. Settlements, buildings, anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from shapely.errors import ShapelyError

from coverplan.core.errors import InputError, ProblemList, did_you_mean
from coverplan.core.tables import AREAS, SETTLEMENTS
from coverplan.inputs.people.demand import area_of
from coverplan.inputs.places import place_in_areas, resolve_references
from coverplan.inputs.records import Records, as_seen, read_records

_OUTSIDE_M = 500.0


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Pieces of ground over which people can be spread.

    Attributes
    ----------
    units
        `unit_id`, `area_id`, `x_m`, `y_m`, `weight` (0 or more, any unit), and for settlements `place`; one row per
        piece, every piece in an area.
    crs
        CRS of the positions, metres.
    rule
        What a piece is and what its weight, in one phrase.
    are_places
        Whether a piece is a settlement that a census may name.
    cell_m
        Squares to which pieces are put together afterwards; None keeps them apart.
    """

    units: pd.DataFrame
    crs: str
    file: str
    rule: str
    are_places: bool = False
    cell_m: float | None = None


def area_records(areas: gpd.GeoDataFrame) -> Records:
    """Wrap a table of areas as the readers know it."""
    return Records(table=AREAS, frame=areas.reset_index(drop=True), file="areas", first_row=1)


def raise_as_seen(problems: ProblemList, records: Records) -> None:
    """Raise what was noted, a workbook's columns named as its user sees them; do nothing when all is well."""
    if problems:
        raise InputError([as_seen(problem, [records]) for problem in problems])


def over_settlements(
    path: str | Path, areas: gpd.GeoDataFrame, *, outside_m: float = _OUTSIDE_M, notes: ProblemList | None = None
) -> Weights:
    """Read the settlements (village points) over which a census is to be spread.

    Parameters
    ----------
    path
        A table with the columns of `SETTLEMENTS`: CSV or a map layer.
    areas
        The study's areas, in its projected CRS. A settlement belongs to the area it names, else to the one it lies in.
    outside_m
        So far outside its area a settlement may lie.
    notes
        Takes what is worth saying.

    Returns
    -------
    Weights
        One piece per settlement; its weight is the column `weight`, where empty 1.

    Raises
    ------
    InputError
        With everything that is wrong with the table.
    """
    problems = ProblemList()
    crs, area_table = str(areas.crs), area_records(areas)
    notes = ProblemList() if notes is None else notes
    records = read_records(path, SETTLEMENTS, crs=crs, problems=problems, notes=notes)
    tables = resolve_references({"areas": area_table, "settlements": records}, problems)
    if records.complete and not records.frame.empty:
        tables = place_in_areas(tables, crs=crs, outside_m=outside_m, problems=problems, notes=notes)
    elif records.complete:
        problems.add("the table holds no settlements", file=records.file, hint="it has a heading and no rows")
    raise_as_seen(problems, records)
    frame = gpd.GeoDataFrame(tables["settlements"].frame)
    units = pd.DataFrame(
        {
            "unit_id": frame["place_id"],
            "place": frame["place"],
            "area_id": frame["area_id"],
            "x_m": frame.geometry.x,
            "y_m": frame.geometry.y,
            "weight": frame["weight"].fillna(1.0),
        }
    ).reset_index(drop=True)
    given = "the weight of each" if frame["weight"].notna().any() else "all alike"
    rule = f"settlements of {records.file}, {given}"
    return Weights(units=units, crs=crs, file=records.file, rule=rule, are_places=True)


def over_layer(path: str | Path, areas: gpd.GeoDataFrame, *, cell_m: float | None = None) -> Weights:
    """Read a map layer of buildings, or of anything that has a weight, over which a census is to be spread.

    Parameters
    ----------
    path
        Points or polygons (GeoPackage, GeoJSON, shapefile) in any CRS. The weight is the column `weight`; without it a
        polygon weighs its floor area (its size in square metres, times the column `floors` where it has one), and a
        point 1. Where `weight` or `floors` is empty, it counts as 0 or as 1 floor.
    areas
        The study's areas, in its projected CRS. A piece belongs to the area in which its centre lies; pieces outside
        are left out, and the rule says how many.
    cell_m
        Squares to which the pieces are put together once the people are on them; None makes each a demand point.

    Raises
    ------
    InputError
        When the layer cannot be read, has no CRS, holds lines, negative weights, or nothing inside the areas.
    """
    path, problems = Path(path), ProblemList()
    layer = read_layer(path, problems)
    problems.raise_if_any()
    assert layer is not None, "what cannot be read is a problem"  # noqa: S101 - a slip of ours, not of the user
    shapes = layer.geometry.to_crs(str(areas.crs))
    given = ~(shapes.isna() | shapes.is_empty).to_numpy()
    flat = np.where(given, shapely.get_dimensions(shapes.to_numpy()), 0)
    if (flat == 1).any():
        what = f"{int((flat == 1).sum())} of {len(layer)} features are lines"
        problems.add(what, file=path.name, hint="points or polygons are wanted; for roads say spread_over: roads")
    weight, measure = _weight(layer, shapes, path.name, problems)
    problems.raise_if_any()
    # A point on the surface, because the centre of an L-shaped house may lie at the neighbour's.
    points = shapely.point_on_surface(shapes.to_numpy())
    x_m, y_m = shapely.get_x(points), shapely.get_y(points)
    area = np.full(len(layer), -1)
    area[given] = area_of(x_m[given], y_m[given], areas)
    if not (area >= 0).any():
        problems.add("nothing in the layer lies in the study's areas", file=path.name, hint="is it the right region?")
        problems.raise_if_any()
    units = pd.DataFrame(
        {
            "unit_id": [f"b{i}" for i in range(1, len(layer) + 1)],
            "area_id": areas["area_id"].to_numpy(dtype=object)[area],
            "x_m": x_m,
            "y_m": y_m,
            "weight": weight,
        }
    )[area >= 0].reset_index(drop=True)
    outside = int((area < 0).sum())
    rule = f"{path.name} by {measure}" + (f", {outside} features outside the areas left out" if outside else "")
    return Weights(units=units, crs=str(areas.crs), file=path.name, rule=rule, cell_m=cell_m)


def read_layer(path: str | Path, problems: ProblemList) -> gpd.GeoDataFrame | None:
    """Read the first layer of a map file as it is, in its own CRS; None when it cannot be used."""
    path = Path(path)
    if not path.is_file():
        siblings = [other.name for other in path.parent.glob("*")] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, siblings)
        problems.add("there is no such file", file=path.name, hint=hint if hint and "mean" in hint else None)
        return None
    try:
        layer = pyogrio.read_dataframe(path, layer=0)
    # The reader's own errors are all runtime errors; a damaged shape is one of shapely's.
    except (RuntimeError, UnicodeDecodeError, ShapelyError) as error:
        said = str(error).replace(str(path), path.name).split(";")[0].splitlines()[0]
        problems.add(f"the file cannot be read as a map layer: {said}", file=path.name, hint="give a .gpkg or .geojson")
        return None
    if not isinstance(layer, gpd.GeoDataFrame) or layer.empty:
        problems.add("the layer holds no geometry", file=path.name)
        return None
    if layer.crs is None:
        hint = "set it in QGIS and export the layer again"
        problems.add("the layer names no coordinate system", file=path.name, hint=hint)
        return None
    return layer


def _weight(layer: gpd.GeoDataFrame, shapes: gpd.GeoSeries, file: str, problems: ProblemList) -> tuple[np.ndarray, str]:
    columns = {str(name).casefold(): name for name in layer.columns}
    if "weight" in columns:
        weight = _numbers(layer, columns["weight"], 0.0, file, problems)
        return weight, "the column weight"
    size_m2 = shapes.area.fillna(0.0).to_numpy()
    if not size_m2.any():
        return np.ones(len(layer)), "number of points"
    if "floors" not in columns:
        return size_m2, "ground area"
    return size_m2 * _numbers(layer, columns["floors"], 1.0, file, problems), "floor area"


def _numbers(layer: gpd.GeoDataFrame, column: str, empty: float, file: str, problems: ProblemList) -> np.ndarray:
    values = pd.to_numeric(layer[column], errors="coerce")
    wrong = (values.isna() & layer[column].notna()) | (values < 0) | np.isinf(values)
    for i in wrong.index[wrong][:5]:
        what = f"'{layer[column][i]}' is no number from 0"
        problems.add(what, file=file, row=int(str(i)) + 1, column=column)
    if int(wrong.sum()) > 5:
        problems.add(f"the same mistake stands in {int(wrong.sum()) - 5} more rows", file=file, column=column)
    return values.fillna(empty).to_numpy(dtype=float)
