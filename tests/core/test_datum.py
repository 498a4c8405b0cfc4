"""Chinese datums: published pairs, the way there and back, how large the shift is, and where there is none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverplan.core.datum import from_wgs84, to_wgs84
from coverplan.core.words import DATUMS

METRES_PER_DEGREE = 111_320.0

# The check values that implementations of the public formulae print in their own documentation and tests: three city
# points of eviltransform (it uses the same ellipsoid), the Tiananmen point of coordtransform, the example of gcoord.
PUBLISHED = [
    ("gcj02", (121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ("gcj02", (113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ("gcj02", (116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ("gcj02", (116.404, 39.915), (116.41024449916938, 39.91640428150164)),
    ("bd09", (116.403988, 39.914266), (116.41661560068297, 39.92196580126834)),
    ("bd09", (116.404, 39.915), (116.41662724378733, 39.922699552216216)),
]
# A kilometre inside the box, so that neither a place nor its image crosses the edge where the datum jumps.
LON = st.floats(72.05, 137.8)
LAT = st.floats(0.9, 55.8)


def metres_apart(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """Distance of two near points, on a sphere."""
    east = (lon_b - lon_a) * METRES_PER_DEGREE * np.cos(np.radians(lat_a))
    return float(np.hypot(east, (lat_b - lat_a) * METRES_PER_DEGREE))


@pytest.mark.parametrize(("datum", "wgs84", "other"), PUBLISHED)
def test_published_pairs(datum: str, wgs84: tuple[float, float], other: tuple[float, float]) -> None:
    """Every published pair comes out to the last printed digits, and goes back to where it came from."""
    assert np.allclose(from_wgs84(*wgs84, datum), other, rtol=0, atol=1e-12)
    assert np.allclose(to_wgs84(*other, datum), wgs84, rtol=0, atol=1e-9)


def test_baidu_is_laid_over_gcj02() -> None:
    """A GCJ-02 position and its published BD-09 twin are the same place on the ground."""
    gcj02, bd09 = (116.404, 39.915), (116.41036949371029, 39.92133699351021)
    assert metres_apart(*to_wgs84(*gcj02, "gcj02"), *to_wgs84(*bd09, "bd09")) < 1e-4


@given(LON, LAT, st.sampled_from(["gcj02", "bd09"]))
def test_there_and_back(lon: float, lat: float, datum: str) -> None:
    """Anywhere in China the way there and back ends within a millimetre, in either order."""
    assert metres_apart(lon, lat, *to_wgs84(*from_wgs84(lon, lat, datum), datum)) < 1e-3
    there = to_wgs84(lon, lat, datum)
    if 72.05 < there[0] < 137.8 and 0.9 < there[1] < 55.8:
        assert metres_apart(lon, lat, *from_wgs84(*there, datum)) < 1e-3


@given(st.floats(73.6, 134.8), st.floats(3.9, 53.5))
def test_the_shift_is_hundreds_of_metres(lon: float, lat: float) -> None:
    """GCJ-02 lies 10 to 710 m from WGS-84 in China, BD-09 600 m to 1.6 km: never nothing, never kilometres."""
    assert 10 < metres_apart(lon, lat, *from_wgs84(lon, lat, "gcj02")) < 710
    assert 600 < metres_apart(lon, lat, *from_wgs84(lon, lat, "bd09")) < 1600


@pytest.mark.parametrize("datum", list(DATUMS))
@pytest.mark.parametrize(("lon", "lat"), [(1.52, 42.51), (174.76, -36.85), (-0.1, 51.5), (139.7, 35.7), (103.8, 0.5)])
def test_nothing_is_shifted_outside_the_box(lon: float, lat: float, datum: str) -> None:
    """Andorra, Auckland, London, Tokyo and a place south of the box keep their coordinates exactly, both ways."""
    assert from_wgs84(lon, lat, datum) == (lon, lat)
    assert to_wgs84(lon, lat, datum) == (lon, lat)


@given(LON, LAT)
def test_wgs84_is_itself(lon: float, lat: float) -> None:
    """WGS-84 to WGS-84 changes no digit."""
    assert to_wgs84(lon, lat, "wgs84") == from_wgs84(lon, lat, "wgs84") == (lon, lat)


def test_arrays_keep_shape_and_inputs() -> None:
    """Arrays come back in their shape, with NaN where there was NaN, and the inputs are untouched."""
    lon, lat = np.array([[118.5, np.nan], [1.5, 116.4]]), np.array([[24.8, np.nan], [42.5, 39.9]])
    before = lon.copy()
    for datum in DATUMS:
        out_lon, out_lat = to_wgs84(lon, lat, datum)
        assert out_lon.shape == out_lat.shape == (2, 2)
        assert np.isnan(out_lon[0, 1])
        assert out_lon[1, 0] == 1.5
        out_lon[0, 0] = 0.0
        assert np.array_equal(lon, before, equal_nan=True)
        assert float(to_wgs84(116.4, 39.9, datum)[0]) == pytest.approx(out_lon[1, 1], abs=1e-12)


def test_unknown_datum_is_refused() -> None:
    """A datum that is not known is named, with the ones that are."""
    with pytest.raises(ValueError, match=r"'wgs 84' is not a datum \(one of: wgs84, gcj02, bd09\)"):
        to_wgs84(118.5, 24.8, "wgs 84")
