"""Tables from files: CSV, workbook or map layer in, checked (Geo)DataFrames in the study's CRS out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverplan.core import datum as datums
from coverplan.core.cells import as_numbers
from coverplan.core.checks import check_table
from coverplan.core.errors import Problem, ProblemList, did_you_mean
from coverplan.core.headings import known_headings, plain_heading
from coverplan.core.tables import Column, Table
from coverplan.core.units import WGS84, points_at, project
from coverplan.inputs.door import Door, Raw
from coverplan.inputs.layers import LAYER_SUFFIXES, read_layer
from coverplan.inputs.text_files import TEXT_SUFFIXES, read_text
from coverplan.inputs.workbooks import WORKBOOK_SUFFIXES, read_workbook

_DTYPES = {"text": "str", "number": "float64", "integer": "Int64", "flag": "boolean"}
_FILLED_DTYPES = {"integer": "int64", "flag": "bool"}
_OUTLINES = frozenset({"geometry", "wkt", "几何", "边界", "范围"})
"""Headings of a column that holds the shape of an area as text."""
_MOST = 25
_DIGITS = 9
"""Decimals of a converted degree: a tenth of a millimetre, so that what is written out and read back is the same."""


@dataclass(frozen=True, kw_only=True)
class Records:
    """A table that was read, and where its rows stand in the user's file.

    Attributes
    ----------
    frame
        The declared columns, and the geometry of a point or area table. The index counts the records of the file from
        0; records that are empty throughout are left out.
    file
        How messages call the file.
    sheet
        The sheet of a workbook, else None.
    first_row
        Row of record 0 in the file: the one below the heading, or 1 in a map layer.
    headings, letters
        The user's own heading of each column that was found, and what a spreadsheet calls the column of each heading.
    content
        SHA-256 of the rows of a database table; empty for a file.
    complete
        False when the file could not be read at all, so that nothing can be said about what refers to it.
    """

    table: Table
    frame: pd.DataFrame
    file: str
    sheet: str | None = None
    first_row: int = 2
    headings: Mapping[str, str] = field(default_factory=dict)
    letters: Mapping[str, str] = field(default_factory=dict)
    content: str = ""
    complete: bool = True

    def row(self, record: Any) -> int:
        """Return the row of a record as the user's program counts it."""
        return self.first_row + int(record)


def read_table(
    path: str | Path,
    table: Table,
    *,
    crs: str,
    problems: ProblemList,
    file: str | None = None,
    notes: ProblemList | None = None,
    sheet: str | None = None,
    layer: str | None = None,
    datum: str | None = None,
) -> gpd.GeoDataFrame | pd.DataFrame:
    """Read one table and hold it against its declaration.

    Parameters
    ----------
    path
        A CSV file (UTF-8 with or without byte-order mark, else GB18030), a workbook (.xlsx, .xls, .ods), or GeoJSON,
        GeoPackage, shapefile or GeoParquet.
    table
        What it should be. A point table has `lon` and `lat` columns or point geometry, an area table polygons, or a
        column `wkt` with their text.
    crs
        The CRS of the geometry that comes back.
    problems
        Takes everything that is wrong; nothing is raised.
    file
        How messages call the file; its name unless said otherwise.
    notes
        Takes what is worth saying and stops nothing: an encoding other than UTF-8, what is left aside.
    sheet, layer
        Which sheet of a workbook, which layer of a GeoPackage; unless given, the one called like the table, or whose
        headings fit.
    datum
        What positions refer to where the records do not say it themselves.

    Returns
    -------
    GeoDataFrame or DataFrame
        The declared columns in their order, index 0..n-1; points and areas with geometry in `crs`. Positions are
        converted to WGS-84 from the datum of each record first: `lon`, `lat` and `datum` say WGS-84 afterwards. An
        empty table when the file cannot be read.

    Examples
    --------
    >>> from coverplan.core.tables import VEHICLES
    >>> from coverplan.sample import sample_config
    >>> problems = ProblemList()
    >>> path = sample_config().parent / "three-bridges" / "vehicles.csv"
    >>> vehicles = read_table(path, VEHICLES, crs="EPSG:32650", problems=problems)
    >>> vehicles.loc[0, "vehicle_id"], bool(vehicles.loc[0, "negative_pressure"])
    ('V1', True)
    """
    records = read_records(
        path, table, crs=crs, problems=problems, file=file, notes=notes, sheet=sheet, layer=layer, datum=datum
    )
    return records.frame.reset_index(drop=True)


def read_records(
    path: str | Path,
    table: Table,
    *,
    crs: str,
    problems: ProblemList,
    file: str | None = None,
    notes: ProblemList | None = None,
    sheet: str | None = None,
    layer: str | None = None,
    datum: str | None = None,
) -> Records:
    """Read one table as `read_table` does, and keep where each record stands in its file."""
    path = Path(path)
    door = Door(path=path, file=file or path.name, problems=problems, notes=ProblemList() if notes is None else notes)
    raw = read_raw(door, table, sheet=sheet, layer=layer)
    if raw is None:
        return unread(table, crs=crs, file=door.file)
    return checked_records(raw, table, door, crs=crs, datum=datum)


def unread(table: Table, *, crs: str, file: str) -> Records:
    """Stand in for a table that could not be read."""
    return Records(table=table, frame=empty_table(table, crs), file=file, complete=False)


def read_raw(door: Door, table: Table, *, sheet: str | None = None, layer: str | None = None) -> Raw | None:
    """Read a file as text cells, with a `geometry` column in WGS-84 when it has geometry; None when it cannot be."""
    suffix = door.path.suffix.lower()
    if not door.path.is_file():
        siblings = [path.name for path in door.path.parent.glob("*")] if door.path.parent.is_dir() else []
        return door.refuse("there is no such file", did_you_mean(door.path.name, siblings))
    if suffix not in TEXT_SUFFIXES | WORKBOOK_SUFFIXES | LAYER_SUFFIXES:
        what = f"a file of the kind '{suffix}' is not read here"
        return door.refuse(what, "give .csv, .xlsx, .xls, .ods, .geojson, .gpkg, .shp or .parquet")
    try:
        if door.path.stat().st_size == 0:
            return door.refuse("the file is empty")
        if suffix in LAYER_SUFFIXES:
            return read_layer(door, table, layer=layer)
        raw = read_workbook(door, table, sheet=sheet) if suffix in WORKBOOK_SUFFIXES else read_text(door, table)
    except OSError as error:
        return door.refuse(f"the file cannot be opened: {error.strerror or error}", "is it open in another program?")
    return _with_outlines(raw, door) if raw is not None and table.geometry == "area" else raw


def checked_records(
    raw: Raw, table: Table, door: Door, *, crs: str, datum: str | None = None, most: int | None = _MOST
) -> Records:
    """Hold a table as it was read against its declaration, and place its records; see `read_records`.

    `most` is how many rows with the same mistake are named; None names all.
    """
    door = Door(path=door.path, file=door.file, problems=door.problems, notes=door.notes, sheet=raw.sheet)
    said = {"file": door.file, "sheet": raw.sheet, "first_row": raw.first_row}
    frame = check_table(raw.frame, table, problems=door.problems, notes=door.notes, most=most, **said)
    headings = {name: str(heading) for name, heading in known_headings(raw.frame.columns, table).items()}
    _check_totals(raw, frame, headings, table, door)
    if table.geometry == "point":
        if not table.column("lon").required:
            _check_halves(raw, frame, headings, door)
        frame = _place_points(frame, crs, _datums(raw, frame, headings.get("datum"), datum))
    elif table.geometry == "area":
        shapes = gpd.GeoSeries(raw.frame["geometry"].iloc[frame.index], index=frame.index, crs=WGS84)
        _check_areas(shapes.drop(index=[i for i in shapes.index if i in raw.told]), door, raw.first_row)
        frame = gpd.GeoDataFrame(frame, geometry=_shifted(shapes, datum)).to_crs(crs)
    return Records(table=table, frame=frame, headings=headings, letters=raw.letters, **said)


def as_seen(problem: Problem, tables: Iterable[Records]) -> Problem:
    """Name the column of a problem in a workbook as its user sees it: by letter and heading.

    Examples
    --------
    >>> from coverplan.core.tables import PEOPLE
    >>> read = Records(table=PEOPLE, frame=pd.DataFrame(), file="a.xlsx", sheet="人口", headings={"people": "常住人口"},
    ...                letters={"常住人口": "B"})
    >>> print(as_seen(Problem(what="is empty", file="a.xlsx", sheet="人口", row=3, column="people"), [read]))
    a.xlsx, sheet 人口, row 3, column B 常住人口: is empty
    """
    for records in tables:
        heading = records.headings.get(problem.column or "")
        if heading and problem.sheet and (problem.file, problem.sheet) == (records.file, records.sheet):
            return replace(problem, column=f"{records.letters.get(heading, '')} {heading}".strip())
    return problem


def empty_table(table: Table, crs: str) -> gpd.GeoDataFrame | pd.DataFrame:
    """Return the table with its columns and no rows: what a study has where the user brought nothing.

    Examples
    --------
    >>> from coverplan.core.tables import AEDS
    >>> aeds = empty_table(AEDS, "EPSG:32650")
    >>> len(aeds), str(aeds.crs), aeds["devices"].sum().item()
    (0, 'EPSG:32650', 0)
    """
    frame = pd.DataFrame({column.name: pd.Series([], dtype=_dtype(column)) for column in table.columns})
    return frame if table.geometry == "none" else gpd.GeoDataFrame(frame, geometry=[], crs=crs)


def _dtype(column: Column) -> str:
    """Name the dtype that `check_table` gives a column without empty cells."""
    dtype = _DTYPES[column.type]
    return _FILLED_DTYPES.get(column.type, dtype) if column.required or column.default is not None else dtype


def _with_outlines(raw: Raw, door: Door) -> Raw | None:
    """Turn the text column that holds the shapes of areas into geometry."""
    heading = next((h for h in raw.frame.columns if plain_heading(h).partition("(")[0] in _OUTLINES), None)
    if heading is None:
        hint = "give a GeoJSON file or a GeoPackage, or add a column 'wkt' with the outlines"
        return door.refuse("a table of areas needs polygons", hint)
    text = raw.frame[heading].to_numpy(dtype=object)
    shapes = shapely.from_wkt(np.where(text == "", None, text), on_invalid="ignore")
    wrong = np.flatnonzero(shapely.is_missing(shapes) & (text != "")).tolist()
    for position in wrong:
        hint = "it looks like POLYGON ((118.5 24.7, ...))"
        door.problems.add(
            "the outline is not WKT", file=door.file, sheet=raw.sheet, row=raw.first_row + position, hint=hint
        )
    return replace(raw, frame=raw.frame.drop(columns=heading).assign(geometry=shapes), told=frozenset(wrong))


def _check_halves(raw: Raw, frame: pd.DataFrame, headings: Mapping[str, str], door: Door) -> None:
    """Note positions of which only one half is given; without both the record is to be placed by its name."""
    for name, other in (("lon", "lat"), ("lat", "lon")):
        half = frame.index[(frame[name].isna() & frame[other].notna()).to_numpy(bool)]
        if name in headings:
            cells = raw.frame[headings[name]].iloc[half]
            # What stands there and is no number is told already.
            half = half[(cells.isna() | (cells.astype("str").str.strip() == "")).to_numpy(bool)]
        for record in half[:_MOST]:
            what, hint = f"is empty, and {other} is not", "give both, or neither"
            door.refuse(what, hint, row=raw.first_row + int(record), column=name)


def _check_totals(raw: Raw, frame: pd.DataFrame, headings: Mapping[str, str], table: Table, door: Door) -> None:
    """Note a row of totals that is not what the records add up to; subtotals are not looked at."""
    if len(raw.totals) != 1:
        return
    for column in table.columns:
        if column.type != "integer" or column.unit == "year" or column.name not in headings:
            continue
        stated = as_numbers(raw.totals[headings[column.name]].replace("", None).astype("str"), column).iloc[0]
        counted = float(frame[column.name].sum())
        if np.isfinite(stated) and stated != counted:
            what = f"the total says {stated:,.0f}, the records add up to {counted:,.0f}"
            door.note(what, "is a record missing, or counted twice?", column=column.name)


def _check_areas(shapes: gpd.GeoSeries, door: Door, first_row: int) -> None:
    for record, shape in shapes.items():
        row = first_row + int(str(record))
        if shape is None or shape.is_empty:
            door.refuse("the area has no polygon", "draw it, or remove the row", row=row)
        elif shape.geom_type not in {"Polygon", "MultiPolygon"}:
            door.refuse(f"a {shape.geom_type} stands where a polygon is wanted", row=row)
        elif not shape.is_valid:
            reason = shapely.is_valid_reason(shape)
            door.refuse(f"the polygon is not valid: {reason}", "in QGIS: Vector geometry > Fix geometries", row=row)


def _datums(raw: Raw, frame: pd.DataFrame, heading: str | None, datum: str | None) -> pd.Series | None:
    """Say what each record's position refers to; where it does not say so itself, `datum` counts."""
    if "datum" not in frame or datum is None:
        return frame.get("datum")
    if heading is None:
        return frame["datum"].mask(np.ones(len(frame), dtype=bool), datum)
    said = raw.frame[heading].iloc[frame.index].astype("str").fillna("").str.strip()
    return frame["datum"].mask((said == "").to_numpy(), datum)


def _place_points(frame: pd.DataFrame, crs: str, datum: pd.Series | None) -> gpd.GeoDataFrame:
    """Give each record its geometry; positions become WGS-84 on the way, missing ones stay without geometry."""
    lon, lat = (frame[name].to_numpy(float, copy=True, na_value=np.nan) for name in ("lon", "lat"))
    if datum is not None:
        for name in set(datum.dropna()) - {"wgs84"}:
            here = (datum == name).to_numpy(bool)
            east, north = datums.to_wgs84(lon[here], lat[here], str(name))
            lon[here], lat[here] = east.round(_DIGITS), north.round(_DIGITS)
        frame = frame.assign(datum="wgs84")
    points = gpd.GeoSeries(points_at(*project(lon, lat, crs)), index=frame.index, crs=crs)
    return gpd.GeoDataFrame(frame.assign(lon=lon, lat=lat), geometry=points)


def _shifted(shapes: gpd.GeoSeries, datum: str | None) -> gpd.GeoSeries:
    """Turn the corners of areas that were drawn on a Chinese map into WGS-84."""
    if datum is None or datum == "wgs84":
        return shapes

    def turn(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(datums.to_wgs84(xy[:, 0], xy[:, 1], datum))

    return gpd.GeoSeries(shapely.transform(shapes.to_numpy(), turn), index=shapes.index, crs=shapes.crs)
