"""Published instances, read as their authors mean them; shared by the tests and the benchmark."""

from pathlib import Path

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.csgraph import floyd_warshall

EARTH_M = 6_378_100.0
"""The radius with which the authors of the census files reckon."""


def or_library(folder: Path, number: int) -> tuple[np.ndarray, int]:
    """Read an OR-Library p-median file: shortest ways between all nodes, and p. The last of repeated edges counts."""
    numbers = np.array((folder / f"pmed{number}.txt").read_text().split(), dtype=int)
    n, m, p = numbers[:3]
    table = np.full((n, n), np.inf)
    for a, b, length in numbers[3 : 3 + 3 * m].reshape(-1, 3).tolist():
        table[a - 1, b - 1] = table[b - 1, a - 1] = length
    np.fill_diagonal(table, 0.0)
    return floyd_warshall(table, directed=False), int(p)


def optima(path: Path) -> dict[int, float]:
    """Read a list of published optima by number of the instance."""
    rows = [line.split() for line in path.read_text().splitlines() if line.startswith("pmed")]
    return {int(name.removeprefix("pmed")): float(value) for name, value in rows}


def census(path: Path, radius_m: float) -> tuple[csc_array, np.ndarray]:
    """Read a census file: which block covers which within a great-circle radius, and people."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    n = int(next(line for line in lines if line.startswith("DIMENSION")).split(":")[1])
    first, second = (next(i for i, line in enumerate(lines) if line.startswith(key)) for key in ("NODE_", "DEMAND_"))
    lat, lon = np.radians(np.array([line.split() for line in lines[first + 1 : first + 1 + n]], dtype=float)).T
    people = np.array([line.split()[-1] for line in lines[second + 1 : second + 1 + n]], dtype=float)
    half = np.sin((lat[:, None] - lat) / 2) ** 2
    half += np.cos(lat)[:, None] * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    return csc_array(2 * EARTH_M * np.arcsin(np.sqrt(np.minimum(half, 1.0))) <= radius_m), people


def best_known(path: Path) -> tuple[float, np.ndarray]:
    """Read the best published value of a census instance and its sites (from 0)."""
    value, sites = path.read_text().splitlines()[:2]
    return float(value.split(":")[1]), np.array(sites.split(":")[1].split(), dtype=int)
