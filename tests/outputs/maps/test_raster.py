"""A surface on the map lies where it lies on the ground, and never flatters."""

import base64
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coverplan.core.units import project, unproject, within
from coverplan.outputs.maps.raster import (
    BEYOND,
    OUTSIDE,
    UNREACHED,
    bands,
    from_mercator,
    half_minutes,
    packed,
    to_mercator,
    to_raster,
)
from coverplan.travel.surface import Surface

CRS = "EPSG:32650"
NY, NX = 30, 20


def _surface() -> Surface:
    """A grid near Jinjiang in which every cell has a time of its own."""
    seconds = np.arange(NY * NX, dtype=float).reshape(NY, NX)
    return Surface(x0=650_000.0, y0=2_720_000.0, cell_m=500.0, seconds=seconds)


def test_every_pixel_shows_the_cell_it_lies_in() -> None:
    """Each pixel's centre, taken back to the ground by another way, lies in the cell whose time it shows."""
    surface = _surface()
    raster = to_raster(surface, CRS)
    rows, columns = raster.seconds.shape
    for row in range(0, rows, 3):
        for column in range(0, columns, 3):
            lon, lat = from_mercator(
                raster.west_m + (column + 0.5) * raster.pixel_m, raster.north_m - (row + 0.5) * raster.pixel_m
            )
            x, y = project(lon, lat, CRS)
            i, j = int((y - surface.y0) // surface.cell_m), int((x - surface.x0) // surface.cell_m)
            shown = raster.seconds[row, column]
            if 0 <= i < NY and 0 <= j < NX:
                assert shown == surface.seconds[i, j]
            else:
                assert np.isnan(shown)


def test_north_is_up() -> None:
    """The surface's last row, the northern one, is at the top of the picture."""
    raster = to_raster(_surface(), CRS)
    top, bottom = np.nanmean(raster.seconds[2]), np.nanmean(raster.seconds[-3])
    assert top > bottom


def test_the_corners_hold_the_whole_surface() -> None:
    """The bounds given to the map contain every corner of the grid, with less than a pixel to spare on two sides."""
    surface = _surface()
    (south, west), (north, east) = to_raster(surface, CRS).bounds
    x = surface.x0 + np.array([0, NX, 0, NX]) * surface.cell_m
    y = surface.y0 + np.array([0, 0, NY, NY]) * surface.cell_m
    lon, lat = unproject(x, y, CRS)
    assert south <= lat.min() < lat.max() <= north + 1e-9
    assert west <= lon.min() + 1e-9 < lon.max() <= east


@given(st.floats(-179, 179), st.floats(-84, 84))
def test_mercator_there_and_back(lon: float, lat: float) -> None:
    """Degrees to web Mercator and back are the same degrees."""
    assert from_mercator(*to_mercator(lon, lat)) == pytest.approx((lon, lat), abs=1e-9)


@given(st.floats(0, 20_000), st.sampled_from([300, 840, 900, 1800]))
def test_minutes_never_flatter(seconds: float, limit: int) -> None:
    """What is coded as within a limit is within it, and the other way round."""
    code = int(half_minutes(np.array([seconds]))[0])
    reads_within = code < BEYOND and code / 2 <= limit / 60
    assert reads_within == bool(within(seconds, limit))


@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 40), st.integers(1, 40)),
        elements=st.sampled_from([0, 7, OUTSIDE, UNREACHED]),
    )
)
def test_packed_codes_unpack(codes: np.ndarray) -> None:
    """The runs, laid out again, are the codes."""
    runs = np.frombuffer(base64.b64decode(packed(codes)), dtype=np.uint8).reshape(-1, 2)
    assert (runs[:, 0] > 0).all()
    assert np.array_equal(np.repeat(runs[:, 1], runs[:, 0]), codes.ravel())


def test_long_runs_unpack() -> None:
    """A run longer than a byte can count is told in pieces."""
    runs = np.frombuffer(base64.b64decode(packed(np.full((10, 100), 9, dtype=np.uint8))), dtype=np.uint8).reshape(-1, 2)
    assert runs[:, 0].sum() == 1000
    assert set(runs[:, 1]) == {9}


@given(st.integers(3, 60))
def test_bands_darken_and_part_at_the_limit(limit_min: int) -> None:
    """Whatever the limit: one band ends on it, later bands are darker, so the scale prints in grey."""
    chosen = bands(limit_min * 60.0)
    assert limit_min * 60.0 in [band.upper_s for band in chosen]
    assert [band.over for band in chosen] == [band.upper_s > limit_min * 60 for band in chosen]
    light = [0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in (band.colour for band in chosen)]
    assert all(before > after for before, after in pairwise(light))
