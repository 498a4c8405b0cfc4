"""A travel-time surface as the map shows it: one small picture in web Mercator, and the minutes under the pointer."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from coverplan.core.units import SECONDS_PER_MINUTE, project, tenths, unproject
from coverplan.outputs.maps.png import Rgba, png_uri

if TYPE_CHECKING:
    from coverplan.travel.surface import Surface

Float = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]

EARTH_M = 6378137.0
"""Radius of the sphere of EPSG:3857."""

STEPS_PER_MINUTE = 2
FARTHEST = 252
BEYOND, UNREACHED, OUTSIDE = 253, 254, 255
"""What a code says when it is not a time: beyond the packed range, no way there, outside the areas."""

# Lightness (CIE L*) falls in even steps over all bands, so that they part for every eye and on grey paper; up to the
# limit the hue goes from green to blue, beyond it violet. The limit itself is a wider step.
_LIGHTEST, _DARKEST = 94.0, 13.0
_WIDER = 1.5
_WITHIN_HUE, _WITHIN_CHROMA = (140.0, 255.0), (12.0, 34.0)
_OVER_HUE, _OVER_CHROMA = (300.0, 312.0), (36.0, 42.0)
# What no way reaches is hatched: it stands outside the scale, on paper too.
_HATCH: tuple[Rgba, Rgba] = ((234, 234, 234, 225), (150, 150, 150, 230))
_HATCH_EVERY = 4
_OPACITY = 205
_SAME_BREAK = 0.15
_XYZ_TO_RGB = np.array(
    [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
)


@dataclass(frozen=True, kw_only=True)
class Band:
    """One colour of a surface: times up to `upper_s` seconds (the last band has no upper end, `inf`)."""

    upper_s: float
    colour: tuple[int, int, int]
    over: bool


@dataclass(frozen=True, kw_only=True)
class Raster:
    """A surface resampled to web Mercator. The first row is the northern one.

    Attributes
    ----------
    seconds : (ny, nx) float64
        Time at the centre of each pixel; NaN outside the areas, `inf` where no way leads.
    west_m, north_m, pixel_m
        The north-west corner and the size of a pixel in EPSG:3857.
    """

    seconds: Float
    west_m: float
    north_m: float
    pixel_m: float

    @property
    def bounds(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """South-west and north-east corner as (lat, lon) in degrees, as Leaflet wants them."""
        ny, nx = self.seconds.shape
        lon, lat = from_mercator(
            np.array([self.west_m, self.west_m + nx * self.pixel_m]),
            np.array([self.north_m - ny * self.pixel_m, self.north_m]),
        )
        return (float(lat[0]), float(lon[0])), (float(lat[1]), float(lon[1]))


def bands(
    limit_s: float, *, farthest_s: float = np.inf, breaks_min: Sequence[float] = (5, 10, 15, 20, 30, 45)
) -> tuple[Band, ...]:
    """Choose bands for a surface: the usual breaks, the limit of the rule among them, and one open band at the end.

    Breaks that no time of the surface reaches (`farthest_s`), or that all but meet the limit, are left out.

    Examples
    --------
    >>> [band.upper_s / 60 for band in bands(14 * 60, farthest_s=25 * 60)]
    [5.0, 10.0, 14.0, 20.0, inf]
    """
    breaks = {minutes * SECONDS_PER_MINUTE for minutes in breaks_min}
    apart = {upper for upper in breaks if abs(upper - limit_s) > _SAME_BREAK * limit_s}
    uppers = sorted({upper for upper in apart if upper < farthest_s} | {limit_s})
    n_within = sum(upper <= limit_s for upper in uppers)
    uppers = [*uppers, np.inf]
    colours = _ramp(n_within, len(uppers) - n_within)
    return tuple(
        Band(upper_s=upper, colour=colour, over=upper > limit_s) for upper, colour in zip(uppers, colours, strict=True)
    )


def _ramp(n_within: int, n_over: int) -> list[tuple[int, int, int]]:
    """Return colours for bands within and beyond a limit, from light to dark."""
    steps = np.ones(n_within + n_over - 1)
    steps[n_within - 1] = _WIDER
    light = np.interp(np.r_[0.0, np.cumsum(steps)], [0.0, steps.sum()], [_LIGHTEST, _DARKEST])
    hue = np.r_[np.linspace(*_WITHIN_HUE, n_within), np.linspace(*_OVER_HUE, n_over)]
    chroma = np.r_[np.linspace(*_WITHIN_CHROMA, n_within), np.linspace(*_OVER_CHROMA, n_over)]
    return [lch_colour(*one) for one in zip(light.tolist(), chroma.tolist(), hue.tolist(), strict=True)]


def lch_colour(light: float, chroma: float, hue: float) -> tuple[int, int, int]:
    """Return the sRGB colour of a CIE lightness, chroma and hue (degrees), as colourful as screens can show it.

    Examples
    --------
    >>> lch_colour(100, 0, 0), lch_colour(0, 0, 0), lch_colour(53.4, 200, 40)[0]
    ((255, 255, 255), (0, 0, 0), 255)
    """
    angle = np.radians(hue)
    linear = np.zeros(3)
    for share in np.linspace(1.0, 0.0, 51):
        a, b = chroma * share * np.cos(angle), chroma * share * np.sin(angle)
        f = np.array([(light + 16) / 116 + a / 500, (light + 16) / 116, (light + 16) / 116 - b / 200])
        xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * np.array([0.95047, 1.0, 1.08883])
        linear = _XYZ_TO_RGB @ xyz
        if np.all((linear > -1e-3) & (linear < 1 + 1e-3)):
            break
    linear = np.clip(linear, 0, 1)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = np.rint(255 * srgb).astype(int).tolist()
    return red, green, blue


def to_mercator(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Float, Float]:
    """Turn WGS-84 degrees into metres of EPSG:3857.

    Examples
    --------
    >>> x, y = to_mercator(180.0, 0.0)
    >>> round(float(x), 2), round(float(y), 2)
    (20037508.34, 0.0)
    """
    x = EARTH_M * np.radians(np.asarray(lon, dtype=float))
    y = EARTH_M * np.arcsinh(np.tan(np.radians(np.asarray(lat, dtype=float))))
    return x, y


def from_mercator(x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> tuple[Float, Float]:
    """Turn metres of EPSG:3857 into WGS-84 degrees; returns lon and lat."""
    lon = np.degrees(np.asarray(x_m, dtype=float) / EARTH_M)
    lat = np.degrees(np.arctan(np.sinh(np.asarray(y_m, dtype=float) / EARTH_M)))
    return lon, lat


def to_raster(surface: Surface, crs: str) -> Raster:
    """Resample a surface from the study's CRS to web Mercator, each pixel taking the cell that its centre lies in.

    Parameters
    ----------
    surface
        Cells of `cell_m` metres in `crs`.
    crs
        Projected CRS of the surface.
    """
    ny, nx = surface.seconds.shape
    x_edge = surface.x0 + surface.cell_m * np.arange(nx + 1)
    y_edge = surface.y0 + surface.cell_m * np.arange(ny + 1)
    around_x = np.concatenate([x_edge, x_edge, np.full(ny + 1, x_edge[0]), np.full(ny + 1, x_edge[-1])])
    around_y = np.concatenate([np.full(nx + 1, y_edge[0]), np.full(nx + 1, y_edge[-1]), y_edge, y_edge])
    lon, lat = unproject(around_x, around_y, crs)
    x, y = to_mercator(lon, lat)
    pixel_m = surface.cell_m / float(np.cos(np.radians(lat.mean())))
    west_m, north_m = float(x.min()), float(y.max())
    columns = int(np.ceil((x.max() - west_m) / pixel_m))
    rows = int(np.ceil((north_m - y.min()) / pixel_m))
    centre_x, centre_y = np.meshgrid(
        west_m + pixel_m * (np.arange(columns) + 0.5), north_m - pixel_m * (np.arange(rows) + 0.5)
    )
    at_x, at_y = project(*from_mercator(centre_x, centre_y), crs)
    column = np.floor((at_x - surface.x0) / surface.cell_m).astype(np.int64)
    row = np.floor((at_y - surface.y0) / surface.cell_m).astype(np.int64)
    inside = (column >= 0) & (column < nx) & (row >= 0) & (row < ny)
    seconds = np.full((rows, columns), np.nan)
    seconds[inside] = surface.seconds[row[inside], column[inside]]
    return Raster(seconds=seconds, west_m=west_m, north_m=north_m, pixel_m=pixel_m)


def picture(raster: Raster, colours: Sequence[Band]) -> str:
    """Draw a raster in its bands as a PNG in a `data:` address; clear outside the areas, hatched where no way leads."""
    palette: list[Rgba] = [(*band.colour, _OPACITY) for band in colours]
    palette += [*_HATCH, (255, 255, 255, 0)]
    uppers = tenths([band.upper_s for band in colours])
    outside, unreached = np.isnan(raster.seconds), np.isinf(raster.seconds)
    # On the edge of two bands the lower one holds: exactly on the limit is covered.
    index = np.searchsorted(uppers, tenths(np.where(outside | unreached, 0, raster.seconds)), side="left")
    is_line = np.add.outer(*(np.arange(side) for side in index.shape)) % _HATCH_EVERY == 0
    index = np.where(unreached, len(colours) + is_line, np.where(outside, len(colours) + len(_HATCH), index))
    return png_uri(index.astype(np.uint8), palette)


def half_minutes(seconds: Float) -> Codes:
    """Code times as half minutes, rounded up so that no time reads as within a limit that it misses.

    Examples
    --------
    >>> half_minutes(np.array([0.0, 900.0, 900.1, 90000.0, np.inf, np.nan])).tolist()
    [0, 30, 31, 253, 254, 255]
    """
    outside, unreached = np.isnan(seconds), np.isinf(seconds)
    finite = np.where(outside | unreached, 0.0, seconds)
    codes = np.ceil(tenths(finite) * STEPS_PER_MINUTE / tenths(SECONDS_PER_MINUTE))
    codes = np.where(codes > FARTHEST, BEYOND, codes)
    return np.where(outside, OUTSIDE, np.where(unreached, UNREACHED, codes)).astype(np.uint8)


def packed(codes: Codes) -> str:
    """Pack codes as runs (how often, which; row after row) in base64; neighbours mostly agree, so this is short.

    Examples
    --------
    >>> base64.b64decode(packed(np.array([[7, 7, 7], [7, 9, 9]], dtype=np.uint8))).hex(" ")
    '04 07 02 09'
    """
    flat = codes.ravel()
    starts = np.flatnonzero(np.r_[True, flat[1:] != flat[:-1]])
    runs = np.diff(np.r_[starts, flat.size])
    pieces = np.maximum(-(-runs // 255), 1)
    values = np.repeat(flat[starts], pieces)
    lengths = np.full(values.size, 255)
    lengths[np.cumsum(pieces) - 1] = runs - 255 * (pieces - 1)
    return base64.b64encode(np.column_stack([lengths, values]).astype(np.uint8).tobytes()).decode("ascii")
