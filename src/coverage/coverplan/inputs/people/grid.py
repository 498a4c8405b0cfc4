"""A population raster as its file holds it: opened and checked, and the cells with people read block by block."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from coverplan.core.errors import InputError, Problem, ProblemList, did_you_mean
from coverplan.core.units import FloatArray, IntArray, project, unproject

_BLOCK_CELLS = 1 << 20
"""How many cells are looked at in one go; with their positions that is some 60 MB."""
_CACHE_BYTES = 64 << 20
_PAD_CELLS = 2
_MOST_CELLS = 2e10
"""More cells than this around one study are no raster of people: a metre of China would be less."""
_AXIS_M, _FLATTENING = 6_378_137.0, 1 / 298.257223563
"""The WGS-84 ellipsoid, for the size of a cell."""
_HINT_CRS = "set it with gdal_edit.py -a_srs EPSG:4326, or export it from QGIS with a coordinate system"


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """Cells with somebody in them, n of them.

    Attributes
    ----------
    row, column : (n,) int64
        Where they stand in the raster, from its upper left corner.
    people : (n,) float64
        How many, fractions included.
    x_m, y_m : (n,) float64
        Their centres in the study's CRS.
    """

    row: IntArray
    column: IntArray
    people: FloatArray
    x_m: FloatArray
    y_m: FloatArray


@dataclass(frozen=True, kw_only=True)
class Window:
    """A rectangle of cells."""

    row: int
    column: int
    height: int
    width: int


class Oddities:
    """Counts what stands in cells and is no number of people."""

    def __init__(self) -> None:
        self.negative, self.endless = 0, 0
        self.lowest, self.highest = np.inf, -np.inf

    def count(self, values: FloatArray) -> None:
        """Take in the valid values of one block."""
        self.endless += int(np.isinf(values).sum())
        below = values[(values < 0) & np.isfinite(values)]
        self.negative += len(below)
        if len(below):
            self.lowest, self.highest = min(self.lowest, below.min()), max(self.highest, below.max())

    def report(self, file: str, problems: ProblemList, notes: ProblemList) -> None:
        """Say what was found: one negative value throughout is an undeclared no-data value, anything else is wrong."""
        if self.endless:
            what = f"{self.endless:,} cell{'s hold' if self.endless > 1 else ' holds'} an endless number of people"
            problems.add(what, file=file, hint="was it divided by 0? export it again")
        if self.negative and self.lowest == self.highest:
            what = f"{self.negative:,} cells hold {self.lowest:g}, which is taken to mean no data"
            notes.add(what, file=file, hint="the file does not declare it")
        elif self.negative:
            what = f"{self.negative:,} cells hold negative people, from {self.lowest:g} to {self.highest:g}"
            problems.add(what, file=file, hint="is it a raster of people, and not of growth or of another measure?")


class Grid:
    """An open raster; `open_grid` makes it."""

    def __init__(self, source: Any, *, file: str, crs: str) -> None:
        self._source = source
        self.file, self.crs = file, crs
        self._wkt: str = source.crs.to_wkt()
        # In the study's own CRS nothing is converted, so that a border through the centre of a cell is exactly that.
        self._is_at_home = bool(source.crs == type(source.crs).from_user_input(crs))
        self._affine = source.transform
        self.odd = Oddities()

    @property
    def cell_m(self) -> float:
        """How wide a cell is in the middle of the raster, in metres."""
        half = np.array([self._source.width / 2]), np.array([self._source.height / 2])
        return float(np.sqrt(self._size_km2(*half)[0])) * 1000

    def window(self, areas: gpd.GeoDataFrame) -> Window | None:
        """Return the rectangle of cells around the areas, None when they lie outside the raster."""
        west, south, east, north = self.drawn(areas).total_bounds
        if not np.isfinite([west, south, east, north]).all():
            return None
        x, y = np.array([west, west, east, east]), np.array([south, north, south, north])
        back = ~self._affine
        column, row = back.a * x + back.b * y + back.c, back.d * x + back.e * y + back.f
        left, right = _clamped(column, self._source.width)
        top, bottom = _clamped(row, self._source.height)
        if left >= right or top >= bottom:
            return None
        if (right - left) * (bottom - top) > _MOST_CELLS:
            what = f"{(right - left) * (bottom - top):.0e} cells around one study are too many for people"
            raise InputError([Problem(what=what, file=self.file, hint="cut it out, or make its cells larger")])
        return Window(row=top, column=left, height=bottom - top, width=right - left)

    def drawn(self, areas: gpd.GeoDataFrame) -> gpd.GeoSeries:
        """Return the areas in the raster's CRS, long sides bent as they bend there."""
        shapes = areas.geometry
        west, south, east, north = shapes.total_bounds
        return shapes.segmentize(max(east - west, north - south, 1.0) / 100).to_crs(self._wkt)

    def blocks(self, window: Window) -> Iterator[Window]:
        """Cut a rectangle into blocks that fit the way the file is stored, each about a million cells."""
        high, wide = self._source.block_shapes[0]
        striped = wide >= self._source.width
        width = window.width if striped else min(window.width, max(wide, 1024 // wide * wide))
        height = max(1, min(window.height, _BLOCK_CELLS // max(width, 1)))
        if height < window.height and high * width <= 4 * _BLOCK_CELLS:
            height = max(high, height // high * high)
        for row in range(window.row, window.row + window.height, height):
            for column in range(window.column, window.column + window.width, width):
                yield Window(
                    row=row,
                    column=column,
                    height=min(height, window.row + window.height - row),
                    width=min(width, window.column + window.width - column),
                )

    def near(self, block: Window, shapes: gpd.GeoSeries) -> npt.NDArray[np.bool_]:
        """Mark the cells of a block that touch the areas (drawn in the raster's CRS), and two more around them."""
        from rasterio.features import geometry_mask  # noqa: PLC0415 - heavy, and only who brings a raster has it

        margin = _PAD_CELLS
        a, left, top = self._affine, block.column - margin, block.row - margin
        affine = type(a)(a.a, a.b, a.a * left + a.b * top + a.c, a.d, a.e, a.d * left + a.e * top + a.f)
        size = (block.height + 2 * margin, block.width + 2 * margin)
        touched = geometry_mask(shapes.to_numpy(), size, affine, all_touched=True, invert=True)
        grown = touched.copy()
        for shift in range(1, margin + 1):
            for axis in (0, 1):
                grown |= np.roll(touched, shift, axis) | np.roll(touched, -shift, axis)
        return grown[margin:-margin, margin:-margin]

    def read(self, block: Window, *, per_km2: bool) -> tuple[IntArray, IntArray, FloatArray]:
        """Return row, column and people of the cells of a block in which somebody lives."""
        from rasterio.errors import RasterioError  # noqa: PLC0415 - heavy, and only who brings a raster has it
        from rasterio.windows import Window as Rectangle  # noqa: PLC0415 - the same

        rectangle = Rectangle(block.column, block.row, block.width, block.height)  # pyright: ignore[reportCallIssue] - attrs
        try:
            raw = self._source.read(1, window=rectangle, masked=True)
        except RasterioError:
            what = f"the raster is damaged: rows {block.row + 1} to {block.row + block.height} cannot be read"
            raise InputError([Problem(what=what, file=self.file, hint="was the download interrupted?")]) from None
        # Damaged files hold NaN of odd kinds and numbers without end; both are counted, neither is worth a warning.
        with np.errstate(invalid="ignore", over="ignore"):
            values = raw.astype(np.float64).filled(np.nan) * self._source.scales[0] + self._source.offsets[0]
        self.odd.count(values[~np.isnan(values)])
        row, column = np.nonzero((values > 0) & np.isfinite(values))
        people = values[row, column]
        row, column = row + block.row, column + block.column
        if per_km2:
            people = people * self._size_km2(column.astype(np.float64) + 0.5, row.astype(np.float64) + 0.5)
        return row, column, people

    def place(self, column: npt.ArrayLike, row: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return where places of the raster lie in the study's CRS: whole numbers are corners, halves are centres."""
        column, row = np.asarray(column, dtype=float), np.asarray(row, dtype=float)
        return self._own(column, row) if self._is_at_home else project(*self._degrees(column, row), self.crs)

    def boxes(self, column: IntArray, row: IntArray) -> npt.NDArray[np.object_]:
        """Return the outline of cells in the study's CRS."""
        around = ((0, 0), (1, 0), (1, 1), (0, 1))
        corners = [np.stack(self.place(column + right, row + down), axis=1) for right, down in around]
        return np.asarray(shapely.polygons(np.stack(corners, axis=1)), dtype=object)

    def outline(self, window: Window) -> shapely.Polygon:
        """Return a rectangle of cells in the study's CRS, its sides bent as they bend there."""
        along, zero, one = np.linspace(0, 1, 50), np.zeros(50), np.ones(50)
        column = np.concatenate([along, one, along[::-1], zero]) * window.width + window.column
        row = np.concatenate([zero, along, one, along[::-1]]) * window.height + window.row
        return shapely.Polygon(np.stack(self.place(column, row), axis=1))

    def extent(self) -> str:
        """Say in degrees what the raster covers."""
        column = np.array([0.0, self._source.width, 0.0, self._source.width])
        row = np.array([0.0, 0.0, self._source.height, self._source.height])
        return in_degrees(*self._degrees(column, row))

    def _degrees(self, column: FloatArray, row: FloatArray) -> tuple[FloatArray, FloatArray]:
        return unproject(*self._own(column, row), self._wkt)

    def _own(self, column: FloatArray, row: FloatArray) -> tuple[FloatArray, FloatArray]:
        a = self._affine
        return a.a * column + a.b * row + a.c, a.d * column + a.e * row + a.f

    def _size_km2(self, column: FloatArray, row: FloatArray) -> FloatArray:
        """Return the size of cells on the ellipsoid, whatever the raster's CRS; good to 1e-6 for cells of a km."""
        west, north = (self._degrees(column - 0.5, row), self._degrees(column, row - 0.5))
        east, south = (self._degrees(column + 0.5, row), self._degrees(column, row + 0.5))
        across = np.deg2rad([east[0] - west[0], east[1] - west[1]])
        down = np.deg2rad([south[0] - north[0], south[1] - north[1]])
        lat = np.deg2rad(self._degrees(column, row)[1])
        squared = _FLATTENING * (2 - _FLATTENING)
        bend = 1 - squared * np.sin(lat) ** 2
        east_m = _AXIS_M * np.cos(lat) / np.sqrt(bend)
        north_m = _AXIS_M * (1 - squared) / bend**1.5
        return np.abs(across[0] * down[1] - across[1] * down[0]) * east_m * north_m / 1e6


def in_degrees(lon: FloatArray, lat: FloatArray) -> str:
    """Say from where to where points reach.

    Examples
    --------
    >>> in_degrees(np.array([118.1, 118.9]), np.array([24.5, 24.7]))
    'longitude 118.10 to 118.90, latitude 24.50 to 24.70'
    """
    sound = np.isfinite(lon) & np.isfinite(lat)
    if not sound.any():
        return "no place on earth"
    lon, lat = lon[sound], lat[sound]
    return f"longitude {lon.min():.2f} to {lon.max():.2f}, latitude {lat.min():.2f} to {lat.max():.2f}"


def _clamped(values: FloatArray, size: int) -> tuple[int, int]:
    low, high = np.floor(values.min()) - _PAD_CELLS, np.ceil(values.max()) + _PAD_CELLS
    if high <= 0 or low >= size:
        return 0, 0
    return int(max(low, 0)), int(min(high, size))


@contextmanager
def open_grid(path: str | Path, *, crs: str, problems: ProblemList, notes: ProblemList) -> Iterator[Grid | None]:
    """Open a raster (GeoTIFF, or whatever GDAL reads; a .zip with one GeoTIFF in it is fine).

    Yields None when it cannot be used; why not goes to `problems`. `crs` is the CRS in which positions come back.
    """
    path = Path(path)
    address = _address(path, problems)
    if address is None:
        yield None
        return
    try:
        import rasterio  # noqa: PLC0415 - an extra: who brings no raster does without it
        from rasterio.errors import NotGeoreferencedWarning, RasterioError  # noqa: PLC0415 - the same
    except ImportError:
        problems.add("population rasters need rasterio", file=path.name, hint="pip install coverplan[raster]")
        yield None
        return
    with rasterio.Env(GDAL_CACHEMAX=_CACHE_BYTES), warnings.catch_warnings(), ExitStack() as opened:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        grid = None
        try:
            source = opened.enter_context(rasterio.open(address))
            if _is_sound(source, path.name, problems, notes):
                # A block that does not fit into the cache would be unpacked again for every part that is read of it.
                block_bytes = int(np.prod(source.block_shapes[0])) * np.dtype(source.dtypes[0]).itemsize
                opened.enter_context(rasterio.Env(GDAL_CACHEMAX=max(_CACHE_BYTES, 2 * block_bytes)))
                grid = Grid(source, file=path.name, crs=crs)
        except (RasterioError, UnicodeDecodeError) as error:
            said = str(error).replace(str(path), path.name).replace("/vsizip/", "").splitlines()[0]
            problems.add(f"this is no raster that can be read: {said}", file=path.name, hint="a GeoTIFF is wanted")
        yield grid


def _address(path: Path, problems: ProblemList) -> str | None:
    """Find the file, in a zip too."""
    if not path.is_file():
        siblings = [other.name for other in path.parent.glob("*")] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, siblings)
        problems.add("there is no such file", file=path.name, hint=hint if hint and "mean" in hint else None)
        return None
    if path.suffix.lower() != ".zip":
        return str(path)
    try:
        with zipfile.ZipFile(path) as packed:
            inside = [name for name in packed.namelist() if name.lower().endswith((".tif", ".tiff"))]
    except zipfile.BadZipFile:
        problems.add("the zip file is damaged", file=path.name, hint="was the download interrupted?")
        return None
    if len(inside) != 1:
        what = f"the zip file holds {len(inside) or 'no'} GeoTIFF{'s' if len(inside) > 1 else ''}"
        problems.add(what, file=path.name, hint="unpack it, and name one of them")
        return None
    return f"/vsizip/{path}/{inside[0]}"


def _is_sound(source: Any, file: str, problems: ProblemList, notes: ProblemList) -> bool:
    before = len(problems)
    if source.crs is None:
        problems.add("the raster names no coordinate system", file=file, hint=_HINT_CRS)
    elif not _lies_on_earth(source.crs.to_wkt()):
        problems.add("the raster's coordinate system is not one of the earth", file=file, hint=_HINT_CRS)
    affine = source.transform
    if affine.is_identity or affine.is_degenerate or not np.isfinite(affine).all():
        problems.add("the raster does not say where it lies", file=file, hint="does a .tfw file belong to it?")
    if str(source.dtypes[0]).startswith("complex"):
        problems.add("the raster holds complex numbers", file=file, hint="a raster of people holds plain ones")
    if source.count > 1:
        notes.add(f"the raster has {source.count} bands; the first one is read", file=file)
    return len(problems) == before


def _lies_on_earth(wkt: str) -> bool:
    """Say whether positions in a CRS can be turned into degrees: a plan of a building site cannot."""
    try:
        unproject(np.zeros(1), np.zeros(1), wkt)
    except RuntimeError:  # what every error of the projection library is
        return False
    return True
