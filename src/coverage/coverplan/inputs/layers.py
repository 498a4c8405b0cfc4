"""Map layers (GeoJSON, GeoPackage, shapefile, GeoParquet): attributes as they stand, shapes in WGS-84."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from pyogrio.errors import CRSError, DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from coverplan.core.errors import did_you_mean
from coverplan.core.tables import Table
from coverplan.core.units import WGS84
from coverplan.inputs.door import Door, Raw, decode

LAYER_SUFFIXES = frozenset({".geojson", ".json", ".gpkg", ".shp", ".parquet", ".geoparquet"})
_JSON = frozenset({".geojson", ".json"})
_PARQUET = frozenset({".parquet", ".geoparquet"})
UNREADABLE = (
    DataSourceError, DataLayerError, FieldError, FeatureError, GeometryError, CRSError, UnicodeDecodeError,
    shapely.errors.GEOSException, pa.ArrowException, ValueError, KeyError, TypeError, OverflowError,
)  # fmt: skip
"""What the libraries raise at files that are broken; GeoParquet's metadata is plain JSON, hence the last ones."""


def read_layer(door: Door, table: Table, *, layer: str | None = None) -> Raw | None:
    """Read one map layer.

    Parameters
    ----------
    door
        The file.
    table
        What it should be. For a point table the geometry gives `lon` and `lat`; a table without geometry takes the
        attributes alone.
    layer
        Its name; unless given, the only one, or the one called like the table in English or Chinese.

    Returns
    -------
    Raw or None
        None when there is nothing to read; the door knows why.
    """
    try:
        # Drivers warn of many things that do not matter here; what does is checked below.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = _read(door, table, layer)
    except OSError as error:
        # Parquet's own complaints come as errors of the system, without a number.
        if error.errno is None:
            return door.refuse(f"the file cannot be read as a map layer: {_first_sentence(error, door)}")
        raise
    except UNREADABLE as error:
        return door.refuse(f"the file cannot be read as a map layer: {_first_sentence(error, door)}")
    return None if frame is None else layer_of(frame, table, door)


def layer_of(frame: pd.DataFrame, table: Table, door: Door) -> Raw | None:
    """Bring what a driver or a database returned into WGS-84, and give points their `lon` and `lat`."""
    if frame.empty:
        return door.refuse("the layer holds no features")
    if not isinstance(frame, gpd.GeoDataFrame):
        # Records without a map: their positions, if any, stand in columns.
        return Raw(frame=frame, first_row=1) if table.geometry != "area" else door.refuse("the layer has no geometry")
    shapes = _in_degrees(frame, door)
    if shapes is None:
        return None
    out = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    if table.geometry == "area":
        out = out.assign(geometry=shapes)
    return Raw(frame=_with_positions(out, shapes, door) if table.geometry == "point" else out, first_row=1)


def _in_degrees(frame: gpd.GeoDataFrame, door: Door) -> gpd.GeoSeries | None:
    if frame.crs is None and door.path.suffix.lower() not in _JSON:
        return door.refuse("the layer names no coordinate system", "set it in QGIS and export the layer again")
    shapes = frame.geometry.set_crs(WGS84) if frame.crs is None else frame.geometry.to_crs(WGS84)
    degrees = shapely.get_coordinates(shapes.to_numpy())
    if len(degrees) and not np.abs(degrees).max() <= 180:
        return door.refuse("the coordinates are not degrees", "export the layer in WGS 84 (EPSG:4326)")
    return shapes


def layer_names(path: str | Path) -> list[str]:
    """Name the layers of a GeoPackage; empty when it cannot be read."""
    try:
        return [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    except UNREADABLE:
        return []


def _read(door: Door, table: Table, layer: str | None) -> pd.DataFrame | None:
    suffix = door.path.suffix.lower()
    if suffix in _PARQUET:
        return _read_parquet(door)
    chosen = _choose(door, table, layer)
    if chosen is None:
        return None
    return pyogrio.read_dataframe(_source(door), layer=chosen)


def _read_parquet(door: Door) -> pd.DataFrame:
    try:
        return gpd.read_parquet(door.path)
    except ValueError as error:
        if "geo metadata" not in str(error).lower():
            raise
        return pd.read_parquet(door.path)


def _source(door: Door) -> Path | io.BytesIO:
    """Hand GeoJSON over as UTF-8, whatever it was written in; other formats say their own encoding."""
    if door.path.suffix.lower() not in _JSON:
        return door.path
    text, encoding = decode(door.path.read_bytes())
    if encoding != "utf-8":
        door.note(f"read as {encoding.upper()}, because it is not UTF-8")
    return io.BytesIO(text.encode())


def _choose(door: Door, table: Table, layer: str | None) -> str | int | None:
    if door.path.suffix.lower() != ".gpkg":
        return 0
    names = [str(name) for name in pyogrio.list_layers(door.path)[:, 0]]
    if layer is not None:
        return layer if layer in names else door.refuse(f"there is no layer '{layer}'", did_you_mean(layer, names))
    named = next((name for name in (table.name, table.zh) if name in names), None)
    if named is not None or len(names) <= 1:
        return named or 0
    return door.refuse(f"which layer holds {table.name}?", f"name one of: {', '.join(names)}")


def _first_sentence(error: BaseException, door: Door) -> str:
    text = str(error).split(";")[0].split("\n")[0]
    return text.replace(str(door.path), door.file).replace("/vsimem/", "").strip()[:200]


def _with_positions(out: pd.DataFrame, shapes: gpd.GeoSeries, door: Door) -> pd.DataFrame:
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
