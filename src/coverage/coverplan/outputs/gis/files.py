"""Result layers as files: a GeoPackage that QGIS opens as a finished map, GeoParquet, GeoJSON."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pyogrio

from coverplan.core.atomic import whole_file, write_text
from coverplan.core.errors import InputError, Problem
from coverplan.core.progress import SILENT, Progress
from coverplan.core.words import DATUMS
from coverplan.outputs.gis.layers import Datum, ResultLayer, result_layers
from coverplan.outputs.gis.styles import styles
from coverplan.outputs.tables import write_csv
from coverplan.standards.findings import Assessment

Format = Literal["gpkg", "parquet", "geojson"]

_SYNC = "OGR_SQLITE_SYNCHRONOUS"
_STYLES = """CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
    f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')))"""
_ADD_STYLE = """INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,
    styleQML, styleSLD, useAsDefault, description, owner) VALUES ('', '', ?, 'geom', ?, ?, '', ?, ?, '')"""
_REGISTER = """INSERT INTO gpkg_contents (table_name, data_type, identifier, description)
    VALUES ('layer_styles', 'attributes', 'layer_styles', 'How QGIS draws the layers')"""


def write_layers(
    assessment: Assessment,
    path: str | Path,
    *,
    datum: Datum = "wgs84",
    file_format: Format | None = None,
    progress: Progress = SILENT,
) -> tuple[Path, ...]:
    """Write an assessment as map layers: towns with verdicts, people with times, gaps, facilities, roads and more.

    Parameters
    ----------
    assessment
        What to write, from `coverplan.assess`; what the layers hold: `outputs.gis.layers.result_layers`.
    path
        A GeoPackage (.gpkg) with every layer and table and with the styles that QGIS draws them in; or else a folder
        for GeoParquet or GeoJSON files, one for each layer, and CSV for tables without positions. Other files in the
        folder stay.
    datum
        Of the coordinates: `wgs84`, or `gcj02` or `bd09` to lie on Chinese base maps. Then every layer has a column
        `datum`, and its coordinate system and its description say that it is not WGS-84.
    file_format
        `gpkg`, `parquet` or `geojson`; by the path unless given: .gpkg, else `parquet`.
    progress
        Told what is being made.

    Returns
    -------
    tuple of Path
        The files, each written whole or not at all.

    Raises
    ------
    InputError
        When the path and the format do not go together.

    Examples
    --------
    >>> import tempfile
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> assessment = cp.assess(study, cp.build_network(study))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in write_layers(assessment, f"{folder}/results.gpkg")]
    ['results.gpkg']
    """
    path = Path(path)
    chosen = _format(path, file_format)
    if datum not in DATUMS:
        raise InputError([Problem(what=f"'{datum}' is not a datum", hint=f"one of: {', '.join(DATUMS)}")])
    layers = result_layers(assessment, datum=datum, progress=progress)
    progress.message(f"writing {path.name}")
    if chosen == "gpkg":
        return (_geopackage(layers, path),)
    write = _parquet if chosen == "parquet" else _geojson
    return tuple(_one_file(layer, path, write, datum) for layer in layers)


def _format(path: Path, asked: Format | None) -> Format:
    is_file = path.suffix.lower() == ".gpkg"
    if asked is None:
        return "gpkg" if is_file else "parquet"
    if (asked == "gpkg") != is_file:
        hint = "a name that ends in .gpkg" if asked == "gpkg" else "a folder"
        raise InputError([Problem(what=f"'{path.name}' does not go with {asked}", hint=hint)])
    return asked


def _geopackage(layers: Sequence[ResultLayer], path: Path) -> Path:
    with whole_file(path, ending=".gpkg") as beside:
        # There is no layer yet; the driver makes the file.
        beside.unlink()
        with _written_at_once():
            for layer in layers:
                _write_layer(layer, beside)
        _write_styles(layers, beside)
    return path


@contextmanager
def _written_at_once() -> Iterator[None]:
    """Let the driver not wait for the disk after every step: the file has no name yet, and is secured at the end."""
    before = pyogrio.get_gdal_config_option(_SYNC)
    pyogrio.set_gdal_config_options({_SYNC: "OFF"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({_SYNC: before})


def _write_layer(layer: ResultLayer, path: Path) -> None:
    told = {"IDENTIFIER": layer.name, "DESCRIPTION": f"{layer.title['zh']} {layer.title['en']}. {layer.about}"}
    shape: dict[str, Any] = {} if layer.geometry == "none" else {"geometry_type": layer.geometry}
    pyogrio.write_dataframe(
        layer.frame,
        path,
        layer=layer.name,
        driver="GPKG",
        use_arrow=True,
        layer_options=told,
        # The oldest form that holds all this: programs of some years ago warn of newer ones.
        dataset_options={} if path.exists() else {"VERSION": "1.2"},
        **shape,
    )


def _write_styles(layers: Sequence[ResultLayer], path: Path) -> None:
    with closing(sqlite3.connect(path)) as book, book:
        book.execute(_STYLES)
        book.execute(_REGISTER)
        for layer in layers:
            for style in styles(layer):
                book.execute(_ADD_STYLE, (layer.name, style.name[:80], style.qml, style.is_default, layer.about))


def _one_file(
    layer: ResultLayer, folder: Path, write: Callable[[ResultLayer, gpd.GeoDataFrame, Path, Datum], Path], datum: Datum
) -> Path:
    if layer.geometry == "none":
        return write_csv(layer.frame, folder / f"{layer.name}.csv")
    return write(layer, gpd.GeoDataFrame(layer.frame), folder, datum)


def _parquet(layer: ResultLayer, frame: gpd.GeoDataFrame, folder: Path, _: Datum) -> Path:
    path = folder / f"{layer.name}.parquet"
    with whole_file(path) as beside:
        frame.to_parquet(beside, index=False, compression="zstd", schema_version="1.1.0", write_covering_bbox=True)
    return path


def _geojson(layer: ResultLayer, frame: gpd.GeoDataFrame, folder: Path, datum: Datum) -> Path:
    # The standard knows no other coordinates than WGS-84, so the file has to say in its own words what it holds.
    bare = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=frame.geometry.to_numpy())
    told = json.loads(bare.to_json(ensure_ascii=False, drop_id=True))
    content = {
        "type": told.pop("type"),
        "name": layer.name,
        "datum": DATUMS[datum].en,
        "description": layer.about,
        **told,
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return write_text(folder / f"{layer.name}.geojson", f"{text}\n")
