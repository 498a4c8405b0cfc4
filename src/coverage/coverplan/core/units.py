"""Units and coordinates: the one place where seconds become minutes and degrees become metres.

Inside the package: seconds, metres, people, and one projected CRS per study. Times and distances that a network
carries are whole tenths (of a second, of a metre), so that sums are exact and a limit is met or not met without a
doubt in the last digit.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError

WGS84 = "EPSG:4326"
TENTHS = 10
"""How many of the network's whole units make a second or a metre."""

_ELLIPSOID = Geod(ellps="WGS84")

METRES_PER_KM = 1000.0
SECONDS_PER_MINUTE = 60.0

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def to_minutes(time_s: npt.ArrayLike) -> FloatArray:
    """Convert seconds to minutes; `inf` (unreachable) stays `inf`.

    Examples
    --------
    >>> float(to_minutes(900))
    15.0
    """
    return np.asarray(time_s, dtype=float) / SECONDS_PER_MINUTE


def to_km(distance_m: npt.ArrayLike) -> FloatArray:
    """Convert metres to kilometres; `inf` stays `inf`."""
    return np.asarray(distance_m, dtype=float) / METRES_PER_KM


def tenths(value: npt.ArrayLike) -> FloatArray:
    """Round seconds or metres to whole tenths, as floats that hold whole numbers (`inf` stays `inf`).

    Examples
    --------
    >>> tenths([0.24, 12.0]).tolist()
    [2.0, 120.0]
    """
    return np.rint(np.asarray(value, dtype=float) * TENTHS)


def from_tenths(value: npt.ArrayLike) -> FloatArray:
    """Turn whole tenths back into seconds or metres."""
    return np.asarray(value, dtype=float) / TENTHS


def within(value: npt.ArrayLike, limit: float) -> npt.NDArray[np.bool_]:
    """Say which values are within a limit; exactly on the limit is within, unreachable (`inf`) is not.

    Both sides are compared as whole tenths, so 15 minutes summed from many short roads is 15 minutes.

    Examples
    --------
    >>> within([899.9, 900.0, 900.1, float("inf")], 900).tolist()
    [True, True, False, False]
    >>> bool(within(0.1 + 0.2, 0.3))
    True
    """
    return tenths(value) <= tenths(limit)


def local_crs(lon: float, lat: float) -> str:
    """Name the UTM zone (on WGS 84) of a point, as an EPSG code.

    Examples
    --------
    >>> local_crs(118.55, 24.78)
    'EPSG:32650'
    """
    zone = int((lon + 180) // 6) % 60 + 1
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def metric_crs(name: str) -> str:
    """Return the name of a projected CRS in metres as it was given.

    Raises
    ------
    ValueError
        When there is no such CRS, or its coordinates are not metres.

    Examples
    --------
    >>> metric_crs("EPSG:4549")
    'EPSG:4549'
    >>> metric_crs("EPSG:4326")
    Traceback (most recent call last):
    ...
    ValueError: EPSG:4326 (WGS 84) is not in metres
    """
    try:
        crs = CRS.from_user_input(name)
    except CRSError:
        raise ValueError(f"'{name}' is not a coordinate system") from None
    if not crs.is_projected or any(axis.unit_name not in {"metre", "meter"} for axis in crs.axis_info):
        raise ValueError(f"{name} ({crs.name}) is not in metres")
    return name


def is_geographic(crs: str) -> bool:
    """Say whether the coordinates of a CRS are degrees.

    Examples
    --------
    >>> is_geographic("epsg:4326"), is_geographic("EPSG:32650")
    (True, False)
    """
    return CRS.from_user_input(crs).is_geographic


def steps_m(lon: npt.ArrayLike, lat: npt.ArrayLike) -> FloatArray:
    """Measure the way from each point to the next on the WGS-84 ellipsoid; n points make n - 1 steps, in metres.

    Examples
    --------
    >>> steps_m([118.5, 118.5], [24.5, 24.6]).round().tolist()
    [11077.0]
    """
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    return np.asarray(_ELLIPSOID.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2], dtype=float)


@lru_cache(maxsize=32)
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(CRS.from_user_input(source), CRS.from_user_input(target), always_xy=True)


def project(lon: npt.ArrayLike, lat: npt.ArrayLike, crs: str) -> tuple[FloatArray, FloatArray]:
    """Project WGS-84 degrees to metres in `crs`; returns x and y.

    Examples
    --------
    >>> x, y = project([117.0], [24.0], "EPSG:32650")
    >>> round(float(x[0])), round(float(y[0]))
    (500000, 2654227)
    """
    x, y = _transformer(WGS84, crs).transform(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    return np.asarray(x), np.asarray(y)


def points_at(x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """Make a point of every pair; a pair that is not finite makes none.

    Examples
    --------
    >>> points_at([1.0, float("nan")], [2.0, 3.0]).tolist()
    [<POINT (1 2)>, None]
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    known = np.isfinite(x) & np.isfinite(y)
    points = np.full(len(x), None, dtype=object)
    points[known] = shapely.points(x[known], y[known])
    return points


def unproject(x_m: npt.ArrayLike, y_m: npt.ArrayLike, crs: str) -> tuple[FloatArray, FloatArray]:
    """Turn metres in `crs` back into WGS-84 degrees; returns lon and lat."""
    lon, lat = _transformer(crs, WGS84).transform(np.asarray(x_m, dtype=float), np.asarray(y_m, dtype=float))
    return np.asarray(lon), np.asarray(lat)
