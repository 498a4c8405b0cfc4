"""Chinese map datums: GCJ-02 (AMap, Tencent) and BD-09 (Baidu) to WGS-84 and back.

Chinese base maps are drawn with a deliberate, position-dependent shift of tens to hundreds of metres. Its formula is
public knowledge, has no closed inverse, and applies only inside a box around China; outside it the datums are WGS-84.
The inverse is found by fixed-point steps: the shift changes so slowly from place to place that each step gains about
two digits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coverplan.core.units import FloatArray
from coverplan.core.words import DATUMS

_WEST, _SOUTH, _EAST, _NORTH = 72.004, 0.8293, 137.8347, 55.8271
# The ellipsoid of the shift is Krasovsky's of 1940, whatever datum the coordinates claim.
_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_STEPS = 8


def to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str) -> tuple[FloatArray, FloatArray]:
    """Turn coordinates of a Chinese map into WGS-84.

    Parameters
    ----------
    lon, lat
        Degrees in `datum`; any shape. NaN stays NaN.
    datum
        One of `core.words.DATUMS`: wgs84, gcj02 or bd09.

    Returns
    -------
    lon, lat : ndarray
        Degrees in WGS-84. Going there and back is off by less than a millimetre, except within a kilometre of the
        edge of the box, where the datum itself jumps; outside the box the coordinates come back unchanged.

    Raises
    ------
    ValueError
        When the datum is not known.

    Examples
    --------
    >>> lon, lat = to_wgs84(118.55638, 24.77878, "gcj02")
    >>> round(float(lon), 5), round(float(lat), 5)
    (118.55189, 24.78175)
    """
    lon, lat = _degrees(lon, lat)
    if _known(datum) == "wgs84":
        return lon, lat
    middle_lon, middle_lat = _bd09_to_gcj02(lon, lat) if datum == "bd09" else (lon, lat)
    out_lon, out_lat = middle_lon, middle_lat
    for _ in range(_STEPS):
        shift_lon, shift_lat = _gcj02_shift(out_lon, out_lat)
        out_lon, out_lat = middle_lon - shift_lon, middle_lat - shift_lat
    inside = _in_china(lon, lat)
    return np.where(inside, out_lon, lon), np.where(inside, out_lat, lat)


def from_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str) -> tuple[FloatArray, FloatArray]:
    """Turn WGS-84 coordinates into those of a Chinese map, as its base map needs them.

    Parameters
    ----------
    lon, lat
        Degrees in WGS-84; any shape. NaN stays NaN.
    datum
        One of `core.words.DATUMS`: wgs84, gcj02 or bd09.

    Returns
    -------
    lon, lat : ndarray
        Degrees in `datum`; unchanged outside the box around China.

    Raises
    ------
    ValueError
        When the datum is not known.

    Examples
    --------
    >>> lon, lat = from_wgs84(116.404, 39.915, "gcj02")
    >>> round(float(lon), 5), round(float(lat), 5)
    (116.41024, 39.9164)
    """
    lon, lat = _degrees(lon, lat)
    if _known(datum) == "wgs84":
        return lon, lat
    shift_lon, shift_lat = _gcj02_shift(lon, lat)
    out_lon, out_lat = lon + shift_lon, lat + shift_lat
    if datum == "bd09":
        out_lon, out_lat = _gcj02_to_bd09(out_lon, out_lat)
    inside = _in_china(lon, lat)
    return np.where(inside, out_lon, lon), np.where(inside, out_lat, lat)


def _degrees(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    return np.array(lon, dtype=float), np.array(lat, dtype=float)


def _known(datum: str) -> str:
    if datum not in DATUMS:
        raise ValueError(f"'{datum}' is not a datum (one of: {', '.join(DATUMS)})")
    return datum


def _in_china(lon: FloatArray, lat: FloatArray) -> npt.NDArray[np.bool_]:
    return (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)


def _waves(value: FloatArray, *terms: tuple[float, float]) -> FloatArray:
    """Add sine waves of the given height and length (in degrees, half a wave), two thirds of each."""
    return sum((height * np.sin(np.pi * value / length) for height, length in terms), start=np.zeros_like(value)) / 1.5


def _gcj02_shift(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How far GCJ-02 lies from WGS-84 at a WGS-84 position, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    common = 0.1 * x * y + _waves(x, (20.0, 1 / 6), (20.0, 1 / 2))
    root = np.sqrt(np.abs(x))
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * root + common
    east_m += _waves(x, (20.0, 1.0), (40.0, 3.0), (150.0, 12.0), (300.0, 30.0))
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.2 * root + common
    north_m += _waves(y, (20.0, 1.0), (40.0, 3.0), (160.0, 12.0), (320.0, 30.0))
    phi = np.radians(lat)
    w_squared = 1 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian_m = _SEMI_MAJOR_M * (1 - _ECCENTRICITY_SQUARED) / w_squared**1.5
    parallel_m = _SEMI_MAJOR_M / np.sqrt(w_squared) * np.cos(phi)
    return np.degrees(east_m / parallel_m), np.degrees(north_m / meridian_m)


def _bd09_ripple(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the two small waves, in radius (degrees) and angle (radians), that Baidu lays over GCJ-02."""
    return 0.00002 * np.sin(np.radians(lat * 3000.0)), 0.000003 * np.cos(np.radians(lon * 3000.0))


def _gcj02_to_bd09(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    longer, turned = _bd09_ripple(lon, lat)
    radius, angle = np.hypot(lon, lat) + longer, np.arctan2(lat, lon) + turned
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _bd09_to_gcj02(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    goal_lon, goal_lat = lon - 0.0065, lat - 0.006
    out_lon, out_lat = goal_lon, goal_lat
    for _ in range(_STEPS):
        longer, turned = _bd09_ripple(out_lon, out_lat)
        radius, angle = np.hypot(goal_lon, goal_lat) - longer, np.arctan2(goal_lat, goal_lon) - turned
        out_lon, out_lat = radius * np.cos(angle), radius * np.sin(angle)
    return out_lon, out_lat
