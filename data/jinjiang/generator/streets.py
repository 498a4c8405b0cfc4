"""Streets and lanes: the land between the main roads is cut into blocks, small where many live."""

from __future__ import annotations

import math

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from coverplan.core.units import FloatArray

from .land import Land
from .relief import lakes, roughness
from .sources import rng

CORE_BLOCK_M2 = 33_000.0
EDGE = 0.3
"""Below this share of a village's own density the land counts as fields."""


class BuiltUp:
    """How built-up a place is, 0 to about 1: each village spreads along its main road, and hills resist."""

    def __init__(self, land: Land, main: list[BaseGeometry]) -> None:
        random = rng("ribbons")
        self.xy, self.radius = land.xy, land.radius_m
        tree = shapely.STRtree(main)
        nearest = tree.query_nearest(shapely.points(land.xy), all_matches=False)[1]
        ends = [np.array(main[i].coords)[[0, -1]] for i in nearest]
        self.angle = np.array([math.atan2(*(e[1] - e[0])[::-1]) for e in ends])
        urban = np.array([float(row["urbanity"]) for row in land.towns])[land.town_of]
        self.stretch = np.where(urban > 1.3, 1.0, random.uniform(1.0, 1.75, len(land.xy)))
        self.tree = cKDTree(land.xy)

    def __call__(self, xy: FloatArray) -> FloatArray:
        """Return the built-up share at points of shape (n, 2)."""
        near = self.tree.query(xy, k=6)[1]
        gap = xy[:, None, :] - self.xy[near]
        cos, sin = np.cos(self.angle[near]), np.sin(self.angle[near])
        along = (gap[..., 0] * cos + gap[..., 1] * sin) / self.stretch[near]
        across = (gap[..., 1] * cos - gap[..., 0] * sin) * self.stretch[near]
        level = np.exp(-(((along**2 + across**2) / (1.25 * self.radius[near]) ** 2) ** 1.5))
        return level.max(axis=1) * (1 - 0.8 * roughness(xy))


def cut_blocks(land: Land, main: list[BaseGeometry], built: BuiltUp) -> list[BaseGeometry]:
    """Cut every face between the main roads into blocks, all blocks of one size at a time; returns the streets."""
    random = rng("blocks")
    noded = shapely.union_all([*main, land.outline.buffer(-70).exterior], grid_size=0.1)
    faces = shapely.polygonize(shapely.get_parts(noded))
    blocks = _areas(shapely.difference(shapely.get_parts(faces), lakes()))
    streets: list[BaseGeometry] = []
    while len(blocks):
        blocks = blocks[_wants_cut(blocks, built)]
        line, half = _across(blocks, random)
        streets.extend(p for p in shapely.get_parts(shapely.intersection(line, blocks)) if p.length > 1)
        blocks = _areas(np.concatenate([shapely.intersection(blocks, half), shapely.difference(blocks, half)]))
    return streets


def _areas(geometries: np.ndarray) -> np.ndarray:
    parts = shapely.get_parts(shapely.get_parts(geometries))
    return parts[shapely.get_type_id(parts) == 3]


def _wants_cut(blocks: np.ndarray, built: BuiltUp) -> np.ndarray:
    """Say which blocks are too big for how built-up they are at their most built-up point."""
    area = shapely.area(blocks)
    rim, owner = shapely.get_coordinates(shapely.segmentize(blocks, 150), return_index=True)
    points, owners = [rim, shapely.get_coordinates(shapely.centroid(blocks))], [owner, np.arange(len(blocks))]
    for i in np.flatnonzero(area > 250_000):
        west, south, east, north = blocks[i].bounds
        gx, gy = np.meshgrid(np.arange(west, east, 150), np.arange(south, north, 150))
        inside = shapely.contains_xy(blocks[i], gx.ravel(), gy.ravel())
        points.append(np.column_stack([gx.ravel(), gy.ravel()])[inside])
        owners.append(np.full(int(inside.sum()), i))
    level = np.zeros(len(blocks))
    np.maximum.at(level, np.concatenate(owners), built(np.vstack(points)))
    return (level > EDGE) & (area > 1.5 * CORE_BLOCK_M2 / np.minimum(1.0, level + 0.1))


def _across(blocks: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a line across the long side of each block, a little off the middle, and the half plane ahead of it."""
    corner = shapely.get_coordinates(shapely.oriented_envelope(blocks)).reshape(len(blocks), 5, 2)
    one, two = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 1]
    size_one, size_two = np.hypot(*one.T)[:, None], np.hypot(*two.T)[:, None]
    along = np.where(size_one >= size_two, one, two) / np.maximum(size_one, size_two)
    shift = random.uniform(-0.09, 0.09, (len(blocks), 1)) * np.maximum(size_one, size_two)
    middle = corner[:, :4].mean(axis=1) + along * shift
    turn = random.normal(0, 0.05, len(blocks))
    across = np.column_stack(
        [
            -along[:, 1] * np.cos(turn) - along[:, 0] * np.sin(turn),
            along[:, 0] * np.cos(turn) - along[:, 1] * np.sin(turn),
        ]
    )
    reach = 3 * (size_one + size_two)
    left, right = middle - across * reach, middle + across * reach
    line = shapely.linestrings(np.stack([left, right], axis=1))
    half = shapely.polygons(np.stack([left, right, right + along * reach, left + along * reach], axis=1))
    return line, half
