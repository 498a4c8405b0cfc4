"""Tables from files: CSV, GeoJSON, GeoPackage or shapefile in, checked (Geo)DataFrames in the study's CRS out."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FieldError

from coverplan.core import datum as datums
from coverplan.core.checks import check_table
from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.core.tables import Column, Table
from coverplan.core.units import WGS84, project

TEXT_SUFFIXES = frozenset({".csv", ".txt", ".tsv"})
GEO_SUFFIXES = frozenset({".geojson", ".json", ".gpkg", ".shp"})
_WORKBOOKS = frozenset({".xls", ".xlsx", ".xlsm", ".xlsb", ".et", ".ods"})
_DTYPES = {"text": "str", "number": "float64", "integer": "Int64", "flag": "boolean"}
_FILLED_DTYPES = {"integer": "int64", "flag": "bool"}


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
    first_row
        Row of record 0 in the file: 2 below a heading, 1 in a GeoJSON file or a GeoPackage.
    complete
        False when the file could not be read at all, so that nothing can be said about what refers to it.
    """

    table: Table
    frame: pd.DataFrame
    file: str
    first_row: int = 2
    complete: bool = True

    def row(self, record: Any) -> int:
        """Return the row of a record as the user's program counts it."""
        return self.first_row + int(record)


@dataclass(frozen=True, kw_only=True)
class _Door:
    """One file on its way in: how it is called, and where its problems and notes go."""

    path: Path
    file: str
    problems: ProblemList
    notes: ProblemList

    def refuse(self, what: str, hint: str | None = None, row: int | None = None) -> None:
        self.problems.add(what, file=self.file, row=row, hint=hint)


def read_table(
    path: str | Path,
    table: Table,
    *,
    crs: str,
    problems: ProblemList,
    file: str | None = None,
    notes: ProblemList | None = None,
) -> gpd.GeoDataFrame | pd.DataFrame:
    """Read one table and hold it against its declaration.

    Parameters
    ----------
    path
        A CSV file (UTF-8 with or without byte-order mark, else GB18030), or GeoJSON, GeoPackage or shapefile.
    table
        What it should be. A point table has `lon` and `lat` columns or point geometry, an area table polygons.
    crs
        The CRS of the geometry that comes back.
    problems
        Takes everything that is wrong; nothing is raised.
    file
        How messages call the file; its name unless said otherwise.
    notes
        Takes what is worth saying and stops nothing: an encoding other than UTF-8, columns that are left aside.

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
    return read_records(path, table, crs=crs, problems=problems, file=file, notes=notes).frame.reset_index(drop=True)


def read_records(
    path: str | Path,
    table: Table,
    *,
    crs: str,
    problems: ProblemList,
    file: str | None = None,
    notes: ProblemList | None = None,
) -> Records:
    """Read one table as `read_table` does, and keep where each record stands in its file."""
    path = Path(path)
    door = _Door(path=path, file=file or path.name, problems=problems, notes=ProblemList() if notes is None else notes)
    raw = _read_raw(door, table)
    if raw is None:
        return Records(table=table, frame=empty_table(table, crs), file=door.file, complete=False)
    first_row = 1 if "geometry" in raw else 2
    frame = check_table(raw, table, file=door.file, problems=problems, first_row=first_row, notes=notes)
    if table.geometry == "point":
        frame = _place_points(frame, crs)
    elif table.geometry == "area":
        shapes = gpd.GeoSeries(raw["geometry"].iloc[frame.index], index=frame.index, crs=WGS84)
        _check_areas(shapes, door, first_row)
        frame = gpd.GeoDataFrame(frame, geometry=shapes).to_crs(crs)
    return Records(table=table, frame=frame, file=door.file, first_row=first_row)


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


def decode(data: bytes) -> tuple[str, str]:
    """Turn a file's bytes into text; returns the text and the encoding it was in.

    UTF-8 comes first, with or without byte-order mark, then what a spreadsheet calls Unicode text, then GB18030 (which
    holds GBK and GB2312).

    Raises
    ------
    UnicodeDecodeError
        When it is none of these.

    Examples
    --------
    >>> decode("晋江".encode("gbk"))
    ('晋江', 'gb18030')
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16"), "utf-16"
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("gb18030"), "gb18030"


def _read_raw(door: _Door, table: Table) -> pd.DataFrame | None:
    """Read a file as text cells, with a `geometry` column in WGS-84 when it has geometry; None when it cannot be."""
    suffix = door.path.suffix.lower()
    if not door.path.is_file():
        siblings = [path.name for path in door.path.parent.glob("*")] if door.path.parent.is_dir() else []
        return door.refuse("there is no such file", did_you_mean(door.path.name, siblings))
    if suffix in TEXT_SUFFIXES and table.geometry == "area":
        return door.refuse("a table of areas needs polygons", "give a GeoJSON file or a GeoPackage")
    if suffix not in TEXT_SUFFIXES | GEO_SUFFIXES:
        hint = "save the sheet as CSV UTF-8" if suffix in _WORKBOOKS else "give .csv, .geojson, .gpkg or .shp"
        return door.refuse(f"a file of the kind '{suffix}' is not read here", hint)
    try:
        if door.path.stat().st_size == 0:
            return door.refuse("the file is empty")
        return _read_text(door) if suffix in TEXT_SUFFIXES else _read_geo(door, table)
    except OSError as error:
        return door.refuse(f"the file cannot be opened: {error.strerror or error}", "is it open in another program?")


def _read_text(door: _Door) -> pd.DataFrame | None:
    """Read a CSV file without a guess at what its cells are: 007 stays 007, and `NA` is a word."""
    data = door.path.read_bytes()
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return door.refuse("this is a workbook, not a CSV file", "open it and save the sheet as CSV UTF-8")
    try:
        text, encoding = decode(data)
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    except UnicodeDecodeError:
        return door.refuse("the text is neither UTF-8 nor GB18030", "save it as CSV UTF-8")
    except csv.Error as error:
        return door.refuse(f"this is not a CSV file ({error})", "save it as CSV UTF-8")
    if encoding != "utf-8":
        door.notes.add(f"read as {encoding.upper()}, because it is not UTF-8", file=door.file)
    if not lines or not any(cell.strip() for cell in lines[0]):
        return door.refuse("the first row holds no headings", "the headings must stand in row 1")
    return _frame_of(lines, door)


def _delimiter(text: str) -> str:
    heading = text.partition("\n")[0]
    return max(",\t;", key=heading.count)


def _frame_of(lines: list[list[str]], door: _Door) -> pd.DataFrame:
    headings = [cell.strip() for cell in lines[0]]
    width = len(headings)
    used = [i for i, heading in enumerate(headings) if heading]
    for i in used:
        if headings[i] in headings[:i]:
            door.refuse(f"the heading '{headings[i]}' stands twice", "keep one of them", row=1)
    for record, cells in enumerate(lines[1:]):
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            hint = "a cell that holds a comma must stand in quotes"
            door.refuse(f"{len(cells)} cells under {width} headings", hint, row=record + 2)
    cells = [(row + [""] * width)[:width] for row in lines[1:]]
    columns = list(zip(*cells, strict=True)) if cells else [()] * width
    first = {headings[i]: i for i in reversed(used)}
    return pd.DataFrame({heading: pd.Series(columns[i], dtype="str") for heading, i in sorted(first.items())})


def _read_geo(door: _Door, table: Table) -> pd.DataFrame | None:
    """Read geometry and attributes; for a point table without `lon` and `lat` columns the geometry gives them."""
    try:
        layer = _layer(door, table)
        frame = pyogrio.read_dataframe(_geo_source(door), layer=layer)
    except (DataSourceError, DataLayerError, FieldError, UnicodeDecodeError) as error:
        return door.refuse(f"the file cannot be read as a map layer: {_first_sentence(error, door)}")
    if frame.empty:
        return door.refuse("the layer holds no features")
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame if table.geometry == "none" else door.refuse("the layer has no geometry")
    if frame.crs is None and door.path.suffix.lower() not in {".geojson", ".json"}:
        return door.refuse("the layer names no coordinate system", "set it in QGIS and export the layer again")
    shapes = frame.geometry.set_crs(WGS84) if frame.crs is None else frame.geometry.to_crs(WGS84)
    degrees = shapely.get_coordinates(shapes.to_numpy())
    if len(degrees) and np.abs(degrees).max() > 180:
        return door.refuse("the coordinates are not degrees", "export the layer in WGS 84 (EPSG:4326)")
    out = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return out.assign(geometry=shapes) if table.geometry == "area" else _with_positions(out, shapes, table, door)


def _geo_source(door: _Door) -> Path | io.BytesIO:
    """Hand GeoJSON over as UTF-8, whatever it was written in; other formats say their own encoding."""
    if door.path.suffix.lower() not in {".geojson", ".json"}:
        return door.path
    text, encoding = decode(door.path.read_bytes())
    if encoding != "utf-8":
        door.notes.add(f"read as {encoding.upper()}, because it is not UTF-8", file=door.file)
    return io.BytesIO(text.encode())


def _layer(door: _Door, table: Table) -> str | int:
    """Choose the layer: the only one, or the one called like the table."""
    if door.path.suffix.lower() != ".gpkg":
        return 0
    names = [str(name) for name in pyogrio.list_layers(door.path)[:, 0]]
    return table.name if table.name in names else 0


def _first_sentence(error: Exception, door: _Door) -> str:
    text = str(error).split(";")[0].split("\n")[0]
    return text.replace(str(door.path), door.file).replace("/vsimem/", "").strip()


def _with_positions(out: pd.DataFrame, shapes: gpd.GeoSeries, table: Table, door: _Door) -> pd.DataFrame:
    if table.geometry != "point":
        return out
    geometry = shapes.to_numpy()
    single = np.where(shapely.get_num_geometries(geometry) == 1, shapely.get_geometry(geometry, 0), geometry)
    is_point = shapely.get_type_id(single) == shapely.GeometryType.POINT
    given = ~(shapely.is_missing(single) | shapely.is_empty(single))
    for record in np.flatnonzero(given & ~is_point):
        kind = single[record].geom_type
        door.refuse(f"a {kind} stands where a point is wanted", "give its centroid", row=int(record) + 1)
    points = single.copy()
    points[~(is_point & given)] = None
    return out.assign(lon=shapely.get_x(points), lat=shapely.get_y(points), geometry=shapes)


def _check_areas(shapes: gpd.GeoSeries, door: _Door, first_row: int) -> None:
    for record, shape in shapes.items():
        row = first_row + int(str(record))
        if shape is None or shape.is_empty:
            door.refuse("the area has no polygon", "draw it, or remove the row", row=row)
        elif shape.geom_type not in {"Polygon", "MultiPolygon"}:
            door.refuse(f"a {shape.geom_type} stands where a polygon is wanted", row=row)
        elif not shape.is_valid:
            reason = shapely.is_valid_reason(shape)
            door.refuse(f"the polygon is not valid: {reason}", "in QGIS: Vector geometry > Fix geometries", row=row)


def _place_points(frame: pd.DataFrame, crs: str) -> gpd.GeoDataFrame:
    """Give each record its geometry; positions become WGS-84 on the way, missing ones stay without geometry."""
    lon, lat = (frame[name].to_numpy(float, copy=True, na_value=np.nan) for name in ("lon", "lat"))
    if "datum" in frame:
        for name in frame["datum"].dropna().unique():
            here = (frame["datum"] == name).to_numpy(bool)
            lon[here], lat[here] = datums.to_wgs84(lon[here], lat[here], str(name))
        frame = frame.assign(datum="wgs84")
    x, y = project(lon, lat, crs)
    known = np.isfinite(x) & np.isfinite(y)
    points = np.full(len(frame), None, dtype=object)
    points[known] = shapely.points(x[known], y[known])
    return gpd.GeoDataFrame(frame.assign(lon=lon, lat=lat), geometry=gpd.GeoSeries(points, index=frame.index, crs=crs))
