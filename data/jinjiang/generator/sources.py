"""Reads the hand-written fact tables and holds the few numbers that everything else is made from."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from coverplan.core.units import FloatArray, project, unproject

CRS = "EPSG:32650"
SEED = 350582
RESIDENTS = 2_061_551
SOURCES = Path(__file__).resolve().parents[1] / "sources"

Row = dict[str, str]


def read_rows(name: str) -> list[Row]:
    """Read one table of the sources folder as a list of rows."""
    with (SOURCES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rng(purpose: str) -> np.random.Generator:
    """Return a generator of its own for each purpose, so that a change in one part leaves the others alone."""
    return np.random.default_rng([SEED, *purpose.encode("utf-8")])


def to_xy(lon: object, lat: object) -> FloatArray:
    """Project degrees to metres; returns an array of shape (n, 2)."""
    x, y = project(np.atleast_1d(np.asarray(lon, float)), np.atleast_1d(np.asarray(lat, float)), CRS)
    return np.column_stack([x, y])


def to_lonlat(xy: FloatArray) -> FloatArray:
    """Turn metres back into degrees with six decimals (about 0.1 m); shape (n, 2)."""
    lon, lat = unproject(xy[:, 0], xy[:, 1], CRS)
    return np.round(np.column_stack([lon, lat]), 6)


def columns_xy(rows: list[Row], lon: str = "lon", lat: str = "lat") -> FloatArray:
    """Project the coordinate columns of rows; shape (n, 2)."""
    return to_xy([float(row[lon]) for row in rows], [float(row[lat]) for row in rows])


def apportion(weights: FloatArray, total: int) -> np.ndarray:
    """Split a whole number by weights into whole numbers that add up exactly (largest remainder)."""
    share = np.asarray(weights, float) / np.sum(weights) * total
    counts = np.floor(share).astype(np.int64)
    order = np.argsort(-(share - counts), kind="stable")
    counts[order[: total - int(counts.sum())]] += 1
    return counts
