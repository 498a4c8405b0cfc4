"""Towns, villages and their ground: the county outline cut into 402 cells and 19 town areas that tile it.

Everything is drawn in a straight world first and displaced once at the end, so that neighbours keep one common border.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from coverplan.core.units import FloatArray

from .relief import lakes, roughness, unwarp, warp, warp_geometry
from .sources import RESIDENTS, Row, apportion, columns_xy, read_rows, rng

GRID_M = 140.0


@dataclass(frozen=True, kw_only=True)
class Land:
    """The county before its roads: `xy`, `seats` and `outline` are straight, `cells` and `areas` are displaced."""

    towns: list[Row]
    villages: list[Row]
    town_of: np.ndarray
    outline: BaseGeometry
    xy: FloatArray
    seats: FloatArray
    people: np.ndarray
    radius_m: FloatArray
    cells: list[BaseGeometry]
    areas: list[BaseGeometry]


def build_land() -> Land:
    """Place the villages, share the residents out, and cut the ground."""
    towns, villages = read_rows("towns.csv"), read_rows("villages.csv")
    index = {row["area_id"]: i for i, row in enumerate(towns)}
    town_of = np.array([index[row["area_id"]] for row in villages])
    outline = shapely.Polygon(unwarp(columns_xy(read_rows("outline.csv"))))
    seats = unwarp(columns_xy(towns, "seat_lon", "seat_lat"))
    xy = _place_villages(towns, villages, town_of, outline, seats)
    people = _share_residents(towns, villages, town_of, xy, seats)
    cells = _cut_cells(xy, outline)
    areas = [
        shapely.coverage_union_all([cell for cell, town in zip(cells, town_of, strict=True) if town == i])
        for i in range(len(towns))
    ]
    urban = np.array([float(row["urbanity"]) for row in towns])[town_of]
    density = np.clip(4200 + 5200 * (urban - 0.6), 3800, 13500)
    radius = np.clip(np.sqrt(people / density / np.pi * 1e6), 190, 1250)
    return Land(
        towns=towns,
        villages=villages,
        town_of=town_of,
        outline=outline,
        xy=xy,
        seats=seats,
        people=people,
        radius_m=radius,
        cells=cells,
        areas=areas,
    )


def _place_villages(
    towns: list[Row], villages: list[Row], town_of: np.ndarray, outline: BaseGeometry, seats: FloatArray
) -> FloatArray:
    """Spread each town's villages over its rough ground: denser toward the seat, sparse in the hills."""
    random = rng("villages")
    west, south, east, north = outline.bounds
    gx, gy = np.meshgrid(np.arange(west, east, GRID_M), np.arange(south, north, GRID_M))
    grid = np.column_stack([gx.ravel(), gy.ravel()]) + random.uniform(-40, 40, (gx.size, 2))
    inner = outline.buffer(-220).difference(lakes().buffer(150))
    grid = grid[shapely.contains_xy(inner, grid)]
    anchors = read_rows("anchors.csv")
    index = {row["area_id"]: i for i, row in enumerate(towns)}
    owner = np.concatenate([np.arange(len(towns)), [index[row["area_id"]] for row in anchors]])
    owner_of = owner[cKDTree(np.vstack([seats, unwarp(columns_xy(anchors))])).query(grid)[1]]
    patches = 0.35 + random.random(len(grid)) ** 3
    xy = np.empty((len(villages), 2))
    for town, row in enumerate(towns):
        ground = grid[owner_of == town]
        gap = np.hypot(*(ground - seats[town]).T)
        weight = (0.4 + 2.2 * np.exp(-((gap / 1500) ** 2))) * (1.03 - roughness(ground)) * patches[owner_of == town]
        members = np.flatnonzero(town_of == town)
        places = _spread(ground, weight, len(members), random)
        xy[members] = _name_places(places, [villages[i] for i in members], row, seats[town], random)
    return _pin(xy, villages, town_of)


def _pin(xy: FloatArray, villages: list[Row], town_of: np.ndarray) -> FloatArray:
    """Put the few villages that GeoNames knows where it says, in exchange for the nearest invented position."""
    pinned = read_rows("pinned.csv")
    codes = [row["place_id"] for row in villages]
    xy = xy.copy()
    for row, spot in zip(pinned, unwarp(columns_xy(pinned)), strict=True):
        i = codes.index(row["place_id"])
        members = np.flatnonzero(town_of == town_of[i])
        nearest = members[np.argmin(np.hypot(*(xy[members] - spot).T))]
        xy[nearest] = xy[i]
        xy[i] = spot
    return xy


def _spread(ground: FloatArray, weight: FloatArray, count: int, random: np.random.Generator) -> FloatArray:
    """Weighted k-means with a fixed number of rounds: even, but denser where the weight is."""
    centres = ground[random.choice(len(ground), count, replace=False, p=weight / weight.sum())]
    for _ in range(14):
        nearest = cKDTree(centres).query(ground)[1]
        mass = np.bincount(nearest, weight, count)
        moved = np.column_stack([np.bincount(nearest, weight * ground[:, k], count) for k in (0, 1)])
        centres = np.where(mass[:, None] > 0, moved / np.maximum(mass, 1e-9)[:, None], centres)
    nearest = cKDTree(ground).query(centres + random.normal(0, 60, centres.shape))[1]
    return ground[nearest]


def _name_places(
    places: FloatArray, villages: list[Row], town: Row, seat: FloatArray, random: np.random.Generator
) -> FloatArray:
    """Give the positions to the names: communities and the town's namesake nearest the seat, the rest by chance."""
    stem = town["name"][:2]

    def rank(row: Row) -> tuple[int, float]:
        community = int(row["place_id"][9:]) < 100
        usual = 0 if row["place"].startswith(stem) else 1 if community else 2
        return (2 if town["kind"] == "street" else usual), random.random()

    ranks = [rank(row) for row in villages]
    order = np.array(sorted(range(len(villages)), key=ranks.__getitem__))
    named = np.empty_like(places)
    named[order] = places[np.argsort(np.hypot(*(places - seat).T), kind="stable")]
    return named


def _share_residents(
    towns: list[Row], villages: list[Row], town_of: np.ndarray, xy: FloatArray, seats: FloatArray
) -> np.ndarray:
    """Whole residents per village: known town totals exactly, the others by villages and urbanity, the sum exactly."""
    random = rng("residents")
    known = np.array([int(row["census_2020"] or 0) for row in towns])
    urbanity = np.array([float(row["urbanity"]) for row in towns])
    villages_in = np.bincount(town_of, minlength=len(towns))
    weight = np.where(known > 0, 0.0, (villages_in + 2.0) * (0.45 + urbanity) ** 1.15)
    totals = known + apportion(weight, RESIDENTS - int(known.sum()))
    gap = np.hypot(*(xy - seats[town_of]).T)
    appeal = (0.55 + 1.6 * np.exp(-((gap / 1500) ** 2))) * np.exp(random.normal(0, 0.32, len(villages)))
    appeal *= 1.0 - 0.6 * roughness(xy)
    appeal *= np.array([0.12 if row["place_id"][9:] in {"400", "500"} else 1.0 for row in villages])
    people = np.zeros(len(villages), np.int64)
    for town, total in enumerate(totals):
        members = town_of == town
        people[members] = apportion(appeal[members], int(total))
    return people


def _cut_cells(xy: FloatArray, outline: BaseGeometry) -> list[BaseGeometry]:
    """Cut the outline by the villages' Voronoi lines, displace, and simplify: cells with common borders."""
    lines = shapely.voronoi_polygons(shapely.multipoints(xy), extend_to=outline.buffer(3000), only_edges=True)
    noded = shapely.union_all([lines, outline.exterior], grid_size=0.01)
    county = warp_geometry(outline).buffer(1)
    faces = [
        face
        for face in shapely.get_parts(shapely.polygonize(shapely.get_parts(warp_geometry(noded))))
        if county.contains(face.point_on_surface())
    ]
    tree = shapely.STRtree(faces)
    face_of, village_of = tree.query(shapely.points(warp(xy)), predicate="within")[::-1]
    parts: list[list[BaseGeometry]] = [[] for _ in xy]
    for face, village in zip(face_of, village_of, strict=True):
        parts[village].append(faces[face])
    for face in sorted(set(range(len(faces))) - set(face_of.tolist())):
        shared = [faces[face].intersection(p[0]).length for p in parts]
        parts[int(np.argmax(shared))].append(faces[face])
    return list(shapely.coverage_simplify([shapely.coverage_union_all(p) for p in parts], 18.0))
