"""Tables as files that others open and that read back as they were: GeoPackage, CSV, workbook."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataSourceError

from coverplan.core.atomic import whole_file, write_text
from coverplan.core.errors import InputError, Problem
from coverplan.core.model import Study
from coverplan.core.tables import INPUT_TABLES, Table
from coverplan.core.units import WGS84, points_at
from coverplan.outputs.sheets import MOST_IN_A_CELL, write_sheets

_SHAPES = {"point": "Point", "area": "MultiPolygon"}
_POSITION = ("lon", "lat", "datum")


def write_geopackage(tables: Mapping[str, pd.DataFrame], path: str | Path, *, keep: bool = True) -> Path:
    """Write tables as layers of a GeoPackage, positions in WGS-84.

    The file is written beside its place and renamed into it, so that it is the old one or the new one and never half.

    Parameters
    ----------
    tables
        By the name of their declaration, columns as declared; points with `lon` and `lat`, areas with geometry.
    path
        A file that ends in .gpkg; made when it is not there.
    keep
        Whether layers of other names that are in the file already stay there.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        When there is a file of another kind at `path`.
    """
    path = Path(path)
    with whole_file(path, ending=".gpkg") as beside:
        # There is no layer yet; the driver makes the file.
        beside.unlink()
        if path.exists():
            _check_kind(path)
        if path.exists() and keep:
            shutil.copyfile(path, beside)
        for name, frame in tables.items():
            _write_layer(frame, INPUT_TABLES[name], beside)
    return path


def _check_kind(path: Path) -> None:
    try:
        pyogrio.list_layers(path)
    except DataSourceError:
        hint = "choose another name, or move the file away"
        raise InputError([Problem(what="what stands there is no GeoPackage", file=path.name, hint=hint)]) from None


def _write_layer(frame: pd.DataFrame, table: Table, path: Path) -> None:
    plain = _declared(frame, table)
    if table.geometry == "none":
        pyogrio.write_dataframe(plain, path, layer=table.name, driver="GPKG", use_arrow=True)
        return
    if table.geometry == "point":
        shapes = _points(frame)
        plain = plain.drop(columns=[name for name in _POSITION if name in plain])
    else:
        shapes = _outlines(frame)
    layer = gpd.GeoDataFrame(plain.reset_index(drop=True), geometry=shapes)
    pyogrio.write_dataframe(
        layer,
        path,
        layer=table.name,
        driver="GPKG",
        use_arrow=True,
        geometry_type=_SHAPES[table.geometry],
        promote_to_multi=table.geometry == "area",
    )


def _declared(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    return pd.DataFrame({name: frame[name] for name in table.names if name in frame})


def _points(frame: pd.DataFrame) -> gpd.GeoSeries:
    lon, lat = (frame[name].to_numpy(float, na_value=np.nan) for name in ("lon", "lat"))
    return gpd.GeoSeries(points_at(lon, lat), crs=WGS84)


def _outlines(frame: pd.DataFrame) -> gpd.GeoSeries:
    return gpd.GeoSeries(gpd.GeoDataFrame(frame).geometry.to_crs(WGS84).to_numpy(), crs=WGS84)


def export_study(study: Study, to: str | Path) -> tuple[Path, ...]:
    """Write the tables of a study as files that read back as they were.

    Parameters
    ----------
    study
        The study; tables without rows are left out.
    to
        A GeoPackage (.gpkg, one layer for each table), a workbook (.xlsx, one sheet for each), or else a folder for
        CSV files, with areas as GeoJSON. A folder may hold other files; they stay.

    Returns
    -------
    tuple of Path
        What was written. Text, numbers and positions read back the same to the last digit, outlines of areas to a
        thousandth of a millimetre.

    Raises
    ------
    InputError
        When an outline is longer than a cell of a workbook can hold.
    """
    to = Path(to)
    tables = {name: getattr(study, name, None) for name in INPUT_TABLES}
    held = {name: frame for name, frame in tables.items() if frame is not None and len(frame)}
    if to.suffix.lower() == ".gpkg":
        return (write_geopackage(held, to, keep=False),)
    if to.suffix.lower() == ".xlsx":
        outlines = {name: frame.assign(wkt=_wkt(frame, to)) for name, frame in held.items() if _is_areas(name)}
        return (write_sheets(to, [INPUT_TABLES[name] for name in held], rows={**held, **outlines}),)
    return tuple(_write_text_table(frame, INPUT_TABLES[name], to) for name, frame in held.items())


def _is_areas(name: str) -> bool:
    return INPUT_TABLES[name].geometry == "area"


def _wkt(frame: pd.DataFrame, to: Path) -> list[str]:
    outlines = list(shapely.to_wkt(_outlines(frame).to_numpy(), rounding_precision=-1))
    long = [str(name) for name, text in zip(frame["name"], outlines, strict=True) if len(text) > MOST_IN_A_CELL]
    if long:
        what = f"the outlines of {', '.join(long[:5])} are longer than a cell can hold"
        raise InputError([Problem(what=what, file=to.name, hint="export to a .gpkg or to a folder instead")])
    return outlines


def write_text_table(frame: pd.DataFrame, path: str | Path, *, table: str) -> Path:
    """Write the declared columns of one table as CSV, with a byte-order mark for spreadsheet programs."""
    text = _declared(frame, INPUT_TABLES[table]).to_csv(index=False, lineterminator="\n")
    return write_text(path, text, encoding="utf-8-sig")


def _write_text_table(frame: pd.DataFrame, table: Table, folder: Path) -> Path:
    plain = _declared(frame, table)
    if table.geometry == "area":
        path = folder / f"{table.name}.geojson"
        layer = gpd.GeoDataFrame(plain.reset_index(drop=True), geometry=_outlines(frame))
        return write_text(path, layer.to_json(ensure_ascii=False, drop_id=True))
    return write_text_table(frame, folder / f"{table.name}.csv", table=table.name)
