"""Tiny rasters and areas whose answers can be worked out in the head."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

CRS = "EPSG:32650"
LEFT, TOP = 650_000.0, 2_740_000.0
"""The upper left corner of every raster in metres: a field in Jinjiang."""

Write = Callable[..., Path]
Towns = Callable[..., gpd.GeoDataFrame]


@pytest.fixture
def raster(tmp_path: Path) -> Write:
    """Write a GeoTIFF of 100 m cells from rows of values; keywords are those of the file."""

    def write(values: Any, name: str = "people.tif", **options: Any) -> Path:
        array = np.asarray(values)
        bands = array if array.ndim == 3 else array[None]
        settings = {"crs": CRS, "transform": Affine(100, 0, LEFT, 0, -100, TOP), "dtype": bands.dtype, **options}
        path = tmp_path / name
        with rasterio.open(
            path, "w", driver="GTiff", count=len(bands), height=bands.shape[1], width=bands.shape[2], **settings
        ) as sink:
            sink.write(bands)
        return path

    return write


@pytest.fixture
def towns() -> Towns:
    """Make areas from boxes: left, top, right, bottom in metres from the upper left corner, down being positive."""

    def make(**boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
        shapes = [shapely.box(LEFT + a, TOP - d, LEFT + c, TOP - b) for a, b, c, d in boxes.values()]
        names = [f"{name}镇" for name in boxes]
        return gpd.GeoDataFrame({"area_id": list(boxes), "name": names}, geometry=shapes, crs=CRS)

    return make
