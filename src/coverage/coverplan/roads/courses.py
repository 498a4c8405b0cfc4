"""What every reader of roads shares: courses as flat arrays, lengths along them, and the last look at a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from coverplan.core.errors import ProblemList
from coverplan.core.units import local_crs, steps_m, tenths
from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.network import Float, Int32, Int64, Network
from coverplan.roads.tags import open_by_default

OSM_ATTRIBUTION = "© OpenStreetMap contributors, ODbL"
_CLASS_CODES = {name: code for code, name in enumerate(ROAD_CLASSES)}


@dataclass(frozen=True, kw_only=True, eq=False)
class Courses:
    """The courses of e edges as flat coordinates: edge i has the vertices `start[i]:start[i + 1]`."""

    start: Int64
    x: Float
    y: Float


def class_codes(names: Sequence[str]) -> npt.NDArray[np.int16]:
    """Turn road classes into their codes in a network."""
    return np.array([_CLASS_CODES[name] for name in names], dtype=np.int16)


def whole_ids(labels: Sequence[object]) -> Int64:
    """Return node labels as whole numbers where all of them are different ones, else 0..n-1.

    Examples
    --------
    >>> whole_ids(["7", "12"]).tolist(), whole_ids(["n1", "n2"]).tolist()
    ([7, 12], [0, 1])
    """
    texts = [str(label) for label in labels]
    if all(text.lstrip("-").isdecimal() and len(text) <= 18 for text in texts) and len(set(map(int, texts))) == len(
        texts
    ):
        return np.array([int(text) for text in texts], dtype=np.int64)
    return np.arange(len(texts), dtype=np.int64)


def crs_for(lon: Float, lat: Float, crs: str | None) -> str:
    """Return the given CRS, or the UTM zone of the middle of the points when none is given (no points: any)."""
    if crs is not None or len(lon) == 0:
        return crs or "EPSG:32650"
    return local_crs(float((lon.min() + lon.max()) / 2), float((lat.min() + lat.max()) / 2))


def drawn_or_straight(drawn: npt.NDArray[np.object_], x: Float, y: Float, edge_from: Int32, edge_to: Int32) -> Courses:
    """Lay the courses of edges: the drawn line where there is one (not None), else straight between the nodes.

    A drawn line begins and ends exactly at its nodes afterwards: its own first and last vertex are replaced.
    """
    is_drawn = ~shapely.is_missing(drawn)
    n_vertices = np.where(is_drawn, shapely.get_num_coordinates(drawn), 2)
    start = np.concatenate([[0], np.cumsum(n_vertices)]).astype(np.int64)
    coordinates = np.zeros((int(start[-1]), 2))
    coordinates[np.repeat(is_drawn, n_vertices)] = shapely.get_coordinates(drawn[is_drawn])
    coordinates[start[:-1]] = np.stack([x[edge_from], y[edge_from]], axis=1)
    coordinates[start[1:] - 1] = np.stack([x[edge_to], y[edge_to]], axis=1)
    return Courses(start=start, x=coordinates[:, 0].copy(), y=coordinates[:, 1].copy())


def geodesic_m(courses: Courses) -> Float:
    """Measure each course on the WGS-84 ellipsoid; its coordinates are degrees, the result metres."""
    return _sum_pieces(courses, steps_m(courses.x, courses.y))


def planar_m(courses: Courses) -> Float:
    """Measure each course in the plane of its coordinates, in their unit.

    Examples
    --------
    >>> ell = Courses(start=np.array([0, 3]), x=np.array([0.0, 3.0, 3.0]), y=np.array([0.0, 0.0, 4.0]))
    >>> planar_m(ell).tolist()
    [7.0]
    """
    return _sum_pieces(courses, np.hypot(np.diff(courses.x), np.diff(courses.y)))


def _sum_pieces(courses: Courses, pieces: Float) -> Float:
    if len(courses.start) < 2:
        return np.zeros(0)
    # The step from one course to the next is no piece of road: it is set to nothing, then pieces are summed per edge.
    pieces = np.append(pieces, 0.0)
    pieces[courses.start[1:] - 1] = 0.0
    return np.add.reduceat(pieces, courses.start[:-1])


def whole_dm(length_m: Float) -> Int32:
    """Round metres to whole tenths."""
    return tenths(length_m).astype(np.int32)


def pieces_of(courses: Courses) -> tuple[Int64, Int64]:
    """Return the first vertex and the edge of every straight piece of every course.

    Examples
    --------
    >>> two = Courses(start=np.array([0, 3, 5]), x=np.zeros(5), y=np.zeros(5))
    >>> [part.tolist() for part in pieces_of(two)]
    [[0, 1, 3], [0, 0, 1]]
    """
    n_vertices = np.diff(courses.start)
    is_last = np.zeros(int(courses.start[-1]), dtype=bool)
    is_last[courses.start[1:] - 1] = True
    return np.flatnonzero(~is_last), np.repeat(np.arange(len(n_vertices)), n_vertices - 1)


def check_for_cars(network: Network, path: Path) -> Network:
    """Return the network, or raise `InputError` when cars may use none of its roads, or they lie half a world apart."""
    problems = ProblemList()
    if not all(np.isfinite(part).all() for part in (network.x_m, network.y_m, network.shape_x_m, network.shape_y_m)):
        what = "holds positions that do not fit on one map"
        problems.add(what, file=path.name, hint="clip it to the study area, or name a crs that covers them all")
    if not (network.drive_forward.any() or network.drive_backward.any()):
        what = "holds no road that cars may use" if network.n_edges else "holds no road"
        problems.add(what, file=path.name, hint="is it the right area, and does the extract contain highways?")
    problems.raise_if_any()
    return network


def check_file(path: Path, suffixes: Sequence[str]) -> Path:
    """Return the path, or raise `InputError` when there is no such file or it is of another kind."""
    problems = ProblemList()
    if path.is_dir():
        problems.add("is a folder, not a file", file=path.name, hint=f"name a file that ends in {_either(suffixes)}")
    elif not path.is_file():
        problems.add("no such file", file=str(path), hint="check `roads` in the study's config")
    elif not path.name.endswith(tuple(suffixes)):
        problems.add("is not a file of roads we can read", file=path.name, hint=f"it must end in {_either(suffixes)}")
    problems.raise_if_any()
    return path


def _either(suffixes: Sequence[str]) -> str:
    return suffixes[0] if len(suffixes) == 1 else f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"


def straight_network(
    *,
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    edges: Sequence[tuple[int, int]],
    road_class: str | Sequence[str] = "residential",
    oneway: Sequence[int] = (),
    crs: str = "EPSG:32650",
) -> Network:
    """Make a network of straight two-way roads from positions in metres, for scenes and examples.

    `edges` are pairs of node positions; `road_class` is one for all or one per edge; cars may use the edges whose
    positions stand in `oneway` only from start to end. Walkers may use every edge but motorways.

    Examples
    --------
    >>> network = straight_network(x_m=[0, 3, 3], y_m=[0, 0, 4], edges=[(0, 1), (1, 2)], oneway=[1])
    >>> network.edge_length_dm.tolist(), network.drive_backward.tolist()
    ([30, 40], [True, False])
    """
    x, y = np.asarray(x_m, dtype=float), np.asarray(y_m, dtype=float)
    names = [road_class] * len(edges) if isinstance(road_class, str) else list(road_class)
    ends = np.array(edges, dtype=np.int32).reshape(-1, 2)
    courses = drawn_or_straight(np.full(len(ends), None, dtype=object), x, y, ends[:, 0], ends[:, 1])
    is_open = np.array([open_by_default(name) for name in names], dtype=bool).reshape(-1, 2)
    no_limit = np.full(len(ends), np.nan)
    return Network(
        crs=crs,
        node_id=np.arange(len(x)),
        x_m=x,
        y_m=y,
        edge_from=ends[:, 0].copy(),
        edge_to=ends[:, 1].copy(),
        edge_length_dm=whole_dm(planar_m(courses)),
        edge_class=class_codes(names),
        drive_forward=is_open[:, 0],
        drive_backward=is_open[:, 0] & ~np.isin(np.arange(len(ends)), list(oneway)),
        walk_forward=is_open[:, 1],
        walk_backward=is_open[:, 1],
        kph_forward=no_limit,
        kph_backward=no_limit,
        speed_factor=np.ones(len(ends)),
        edge_name=np.full(len(ends), "", dtype=object),
        shape_start=courses.start,
        shape_x_m=courses.x,
        shape_y_m=courses.y,
        source="a scene",
        date="",
        attribution="",
        quality="illustrative",
    )
