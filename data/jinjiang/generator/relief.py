"""What bends and what resists: the smooth displacement that makes straight lines natural, the hills and the lakes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from coverplan.core.units import FloatArray

from .sources import columns_xy, read_rows, rng

WAVES_M = (9000.0, 5200.0, 3400.0, 2300.0, 1500.0, 1100.0, 800.0)
SLOPE = 0.10
"""Amplitude of each wave over its length divided by 2 pi; small enough that the displacement never folds."""


@lru_cache(maxsize=1)
def _waves() -> tuple[FloatArray, FloatArray, FloatArray]:
    random = rng("warp")
    vectors, phases, sizes = [], [], []
    for length in WAVES_M:
        for _ in range(2):
            angle = random.uniform(0, np.pi)
            vectors.append([np.cos(angle) * 2 * np.pi / length, np.sin(angle) * 2 * np.pi / length])
            phases.append(random.uniform(0, 2 * np.pi, 2))
            sizes.append(SLOPE * min(1.0, 0.4 + length / 4000) * length / (2 * np.pi))
    return np.array(vectors), np.array(phases), np.array(sizes)


def warp(xy: FloatArray) -> FloatArray:
    """Displace points by the smooth field; shape (n, 2) to (n, 2)."""
    vectors, phases, sizes = _waves()
    angle = (xy - [660000.0, 2740000.0]) @ vectors.T
    dx = np.sin(angle + phases[:, 0]) @ sizes
    dy = np.sin(angle + phases[:, 1]) @ sizes
    return xy + np.column_stack([dx, dy])


def unwarp(xy: FloatArray) -> FloatArray:
    """Find the points that `warp` moves to `xy`."""
    guess = xy.copy()
    for _ in range(60):
        guess = guess + (xy - warp(guess))
    return guess


def warp_geometry(geometry: BaseGeometry, step_m: float = 120.0) -> BaseGeometry:
    """Displace a line or an area, after adding vertices so that long sides bend."""
    return shapely.transform(shapely.segmentize(geometry, step_m), warp)


@lru_cache(maxsize=1)
def _relief() -> tuple[FloatArray, FloatArray, FloatArray]:
    rows = read_rows("relief.csv")
    is_lake = np.array([row["kind"] == "lake" for row in rows])
    return unwarp(columns_xy(rows)), np.array([float(row["radius_m"]) for row in rows]), is_lake


def roughness(xy: FloatArray) -> FloatArray:
    """Say how hilly it is, 0 (plain) to 1 (summit or water)."""
    centre, radius, _ = _relief()
    gap = np.hypot(xy[:, None, 0] - centre[None, :, 0], xy[:, None, 1] - centre[None, :, 1])
    return np.exp(-((gap / radius) ** 4)).max(axis=1)


def lakes() -> BaseGeometry:
    """Return the lakes as areas, in the straight world before displacement."""
    centre, radius, is_lake = _relief()
    return shapely.union_all(shapely.buffer(shapely.points(centre[is_lake]), 0.8 * radius[is_lake]))
