"""Road networks drawn in text, small enough to work out every answer in the head.

The drawing
-----------
``A`` to ``Z`` and ``0`` to ``9``
    A node. Each name stands once.
``-`` and ``|``
    A road, running straight on to the next node or bend.
``>`` ``<`` ``^`` ``v``
    The same road, one-way for cars in that direction. One arrow makes the whole road from node to node one-way;
    walkers may use it both ways.
``+``
    A bend: the road goes on around the corner. It has exactly two arms and is no node.
blank
    No road. Two nodes that touch each other are not joined.

One character is one step, across and down alike: with ``step_m=100``, ``A---B`` is 400 m. The lower left corner of the
drawing lies at `ORIGIN`. Two nodes may be joined twice (straight and around a bend), and a road may come back to its
own node. Roads are residential roads without a sign unless `roads` says otherwise.

Edges run the way they are found: nodes in reading order, from each node east, south, west, north. So ``A<--B`` is an
edge from A to B that is open only against its course, which is worth testing.

>>> scene = draw('''
... A---B-->C
... |   |
... D---E
... ''')
>>> scene.network.n_nodes, scene.network.n_edges
(5, 5)
>>> int(scene.network.edge_length_dm[scene.edge("AB")])
4000
>>> x, y = scene.on("AB", 100)
>>> x - ORIGIN[0], y - ORIGIN[1]
(100.0, 200.0)

Speeds that suit the head: `profile()` goes 36 km/h, 10 m/s, on every road, and 3.6 km/h, 1 m/s, between a door and the
road.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverplan.core import tables
from coverplan.core.model import Clock, Mode, Population, RoadSource, SpeedProfile, Study
from coverplan.core.units import unproject
from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.network import Graph, Network, Snaps

CRS = "EPSG:32650"
ORIGIN = (650_000.0, 2_740_000.0)
"""Where the lower left corner of every drawing lies, in `CRS`: a field in Jinjiang."""

_STEPS = {"E": (0, 1), "S": (1, 0), "W": (0, -1), "N": (-1, 0)}
_BACK = {"E": "W", "S": "N", "W": "E", "N": "S"}
_ARROWS = {">": "E", "<": "W", "^": "N", "v": "S"}
_LINES = {"E": "-<>", "W": "-<>", "N": "|^v", "S": "|^v"}


@dataclass(frozen=True, kw_only=True)
class Road:
    """What is special about a road; the defaults are those of every other road of the drawing."""

    road_class: str = "residential"
    length_m: float | None = None
    kph: float = np.nan
    drive: bool = True
    walk: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """A network that was drawn, with the names of its nodes."""

    network: Network
    nodes: Mapping[str, int]
    ends: tuple[str, ...]
    """The two node names of each edge, in the direction of its course."""

    def node(self, name: str) -> int:
        """Return the index of a node."""
        return self.nodes[name]

    def at(self, name: str) -> tuple[float, float]:
        """Return where a node lies: x and y in metres."""
        node = self.nodes[name]
        return float(self.network.x_m[node]), float(self.network.y_m[node])

    def edge(self, name: str, which: int = 0) -> int:
        """Return the index of the edge between two nodes, in whichever direction; `which` picks one of several."""
        found = [i for i, ends in enumerate(self.ends) if ends in {name, name[::-1]}]
        if which >= len(found):
            raise KeyError(f"no road {name!r} number {which}")
        return found[which]

    def fraction(self, name: str, metres: float, which: int = 0) -> float:
        """Return how far along the edge's course the spot lies that is `metres` from the first node named."""
        edge = self.edge(name, which)
        length_dm = int(self.network.edge_length_dm[edge])
        share = metres * 10 / length_dm if length_dm else 0.0
        return share if self.ends[edge] == name else 1 - share

    def on(self, name: str, metres: float, *, aside_m: float = 0.0, which: int = 0) -> tuple[float, float]:
        """Return the spot `metres` along the road from the first node named, `aside_m` to the left of it."""
        edge, share = self.edge(name, which), self.fraction(name, metres, which)
        course = self.course(edge)
        spot = course.interpolate(share, normalized=True)
        if not aside_m:
            return spot.x, spot.y
        behind = course.interpolate(max(share - 1e-6, 0.0), normalized=True)
        ahead = course.interpolate(min(share + 1e-6, 1.0), normalized=True)
        along = np.array([ahead.x - behind.x, ahead.y - behind.y])
        along *= (1 if self.ends[edge] == name else -1) / np.hypot(*along)
        return spot.x - along[1] * aside_m, spot.y + along[0] * aside_m

    def course(self, edge: int) -> shapely.LineString:
        """Return the course of an edge."""
        start, stop = self.network.shape_start[edge : edge + 2]
        return shapely.LineString(np.c_[self.network.shape_x_m[start:stop], self.network.shape_y_m[start:stop]])

    def snaps(self, *spots: str | tuple[Any, ...], offroad_m: float | Iterable[float] = 0.0) -> Snaps:
        """Return spots as they meet the network, without searching: ``"A"``, or ``("AB", 100)`` for 100 m from A.

        A third item picks one of several roads: ``("AB", 100, 1)``. ``None`` instead of a spot is a point that is
        not connected. The leg to the road is `offroad_m` long, one for all or one each, and walked at 1 m/s.
        """
        edges, fractions = [], []
        for spot in spots:
            edge, fraction = self._spot(spot)
            edges.append(edge)
            fractions.append(fraction)
        leg_dm = np.rint(np.broadcast_to(np.asarray(offroad_m, dtype=float), len(spots)) * 10)
        on = np.array(edges, dtype=np.int32) >= 0
        return Snaps(
            edge=np.array(edges, dtype=np.int32),
            fraction=np.array(fractions, dtype=float),
            offroad_dm=leg_dm.copy(),
            offroad_ds=np.where(on, leg_dm, np.inf),
        )

    def _spot(self, spot: str | tuple[Any, ...] | None) -> tuple[int, float]:
        if spot is None:
            return -1, np.nan
        if not isinstance(spot, str):
            return self.edge(spot[0], *spot[2:]), self.fraction(*spot)
        edge = next(i for i, ends in enumerate(self.ends) if spot in ends)
        return edge, 0.0 if self.ends[edge][0] == spot else 1.0


def draw(text: str, *, step_m: float = 100.0, roads: Mapping[str, Road] | None = None) -> Scene:
    """Turn a drawing into a scene; a drawing that breaks the grammar is a `ValueError` that names the place.

    `roads` says what is special about a road, by its two nodes: ``{"AB": Road(road_class="trunk")}``. Where two nodes
    are joined more than once, ``"AB"`` means all of these roads, and ``"AB1"`` the second of them.
    """
    grid = _grid(text)
    cells = {(r, c): char for r, row in enumerate(grid) for c, char in enumerate(row) if char != " "}
    names = {cell: char for cell, char in cells.items() if char.isdigit() or char.isupper()}
    if len(set(names.values())) < len(names):
        raise ValueError(f"a node stands twice in {sorted(names.values())}")
    traces = _traces(cells, names)
    nodes = {name: i for i, name in enumerate(names.values())}
    metres = {cell: _metres(cell, len(grid), step_m) for cell in cells}
    ends = tuple(names[cells_[0]] + names[cells_[-1]] for cells_, _ in traces)
    network = _network(
        x_y=np.array([metres[cell] for cell in names]).reshape(-1, 2),
        ends=np.array([[nodes[a], nodes[b]] for a, b in ends], dtype=np.int32).reshape(-1, 2),
        courses=[np.array([metres[cell] for cell in cells_]) for cells_, _ in traces],
        ways=[way for _, way in traces],
        options=_options(ends, roads or {}),
    )
    return Scene(network=network, nodes=MappingProxyType(nodes), ends=ends)


def profile(
    kph: float = 36.0, *, mode: Mode = "drive", offroad_kph: float = 3.6, max_offroad_m: float = 1000.0
) -> SpeedProfile:
    """Return a profile with one speed on every road, signed or not: 36 km/h is 10 m/s."""
    return SpeedProfile(
        name=mode,
        mode=mode,
        kph=MappingProxyType(dict.fromkeys(ROAD_CLASSES, kph)),
        maxspeed_share=1.0,
        offroad_kph=offroad_kph,
        max_offroad_m=max_offroad_m,
    )


def study(
    scene: Scene,
    people: Mapping[Any, int],
    facilities: Mapping[Any, Any],
    *,
    areas: Mapping[str, tuple[float, float, float, float]] | None = None,
    year: int = 2020,
    profiles: Mapping[str, SpeedProfile] | None = None,
) -> Study:
    """Return a study that lives on a scene.

    `people` maps a spot to how many live there; `facilities` maps a spot to its kind, or to a mapping of columns with
    ``kind`` in it. A spot is a node, a road with metres as in `Scene.on`, or a road with metres and metres aside:
    ``"A"``, ``("AB", 100)``, ``("AB", 100, 50)``; ``(x, y)`` numbers are metres from the drawing's lower left corner.
    Points are called p0, p1, ... and facilities f0, f1, ... in the order given. `areas` are boxes (left, bottom,
    right, top) in metres from that corner, by id; without them one area called ``all_of_it`` holds everything.
    """
    boxes = areas or {"all_of_it": (-50_000.0, -50_000.0, 50_000.0, 50_000.0)}
    area_table = _filled(
        tables.AREAS,
        [{"area_id": key, "name": key, "name_en": key, "kind": "town"} for key in boxes],
        [shapely.box(*(v + ORIGIN[i % 2] for i, v in enumerate(box))) for box in boxes.values()],
    )
    rows = [value if isinstance(value, Mapping) else {"kind": value} for value in facilities.values()]
    facility_table = _filled(
        tables.FACILITIES,
        [{"facility_id": f"f{i}", "name": f"f{i}", "name_en": f"f{i}", "status": "existing", **dict(row)}
         for i, row in enumerate(rows)],
        [_point(scene, spot) for spot in facilities],
    )  # fmt: skip
    people_table = _filled(
        tables.PEOPLE,
        [{"point_id": f"p{i}", "people": n, "place_id": f"p{i}", "place": f"place {i}"}
         for i, n in enumerate(people.values())],
        [_point(scene, spot) for spot in people],
    )  # fmt: skip
    total = float(sum(people.values()))
    return Study(
        study_id="scene",
        name="示意场景",
        name_en="Scene",
        crs=CRS,
        year=year,
        areas=area_table,
        facilities=_located(facility_table, area_table),
        people=_located(people_table, area_table),
        vehicles=pd.DataFrame(_columns(tables.VEHICLES, [])),
        aeds=_filled(tables.AEDS, [], []),
        projects=pd.DataFrame(_columns(tables.PROJECTS, [])),
        roads=RoadSource(kind="tables", path=Path("scene")),
        profiles=profiles
        or {"drive": profile(), "ambulance": profile(72), "walk": profile(3.6, mode="walk", max_offroad_m=500)},
        clock=Clock(),
        populations={"resident": Population(name="resident", people=total, year=year, source="scene")},
        default_population="resident",
        standards=(),
    )


def arcs(scene: Scene, graph: Graph, weight: str = "time") -> dict[tuple[str, str], int]:
    """Return the graph as {(from, to): fastest weight} by node name, in tenths: handy to look at."""
    names = list(scene.nodes)
    found: dict[tuple[str, str], int] = {}
    values = graph.time_ds if weight == "time" else graph.length_dm
    for tail, head, value in zip(graph.tail, graph.head, values, strict=True):
        key = (names[tail], names[head])
        found[key] = min(int(value), found.get(key, int(value)))
    return found


def _grid(text: str) -> list[str]:
    rows = textwrap.dedent(text).strip("\n").split("\n")
    for r, row in enumerate(rows):
        for c, char in enumerate(row):
            if not (char in " -|+<>^v" or (char.isascii() and (char.isdigit() or char.isupper()))):
                raise ValueError(f"line {r + 1}, place {c + 1}: {char!r} means nothing in a drawing")
    return rows


def _metres(cell: tuple[int, int], n_rows: int, step_m: float) -> tuple[float, float]:
    return ORIGIN[0] + cell[1] * step_m, ORIGIN[1] + (n_rows - 1 - cell[0]) * step_m


def _traces(
    cells: Mapping[tuple[int, int], str], names: Mapping[tuple[int, int], str]
) -> list[tuple[list[tuple[int, int]], int]]:
    """Follow every road: its corner cells, node to node, and 1, -1 or 0 for one-way along, against, or two-way."""
    used: set[tuple[int, int]] = set()
    traces = []
    for cell in names:
        for heading in _STEPS:
            first = _next(cell, heading)
            if first in used or cells.get(first, " ") not in _LINES[heading]:
                continue
            trace, way, passed = _follow(cells, names, cell, heading)
            used |= passed
            traces.append((trace, way))
    left = [cell for cell, char in cells.items() if cell not in used and cell not in names]
    if left:
        raise ValueError(f"line {left[0][0] + 1}, place {left[0][1] + 1}: this road leads from no node")
    return traces


def _follow(
    cells: Mapping[tuple[int, int], str], names: Mapping[tuple[int, int], str], start: tuple[int, int], heading: str
) -> tuple[list[tuple[int, int]], int, set[tuple[int, int]]]:
    trace, ways, passed = [start], set(), set()
    cell = _next(start, heading)
    while cell not in names:
        char = cells.get(cell, " ")
        passed.add(cell)
        if char == "+":
            heading = _around(cells, cell, heading)
            trace.append(cell)
        elif char in _LINES[heading]:
            if char in _ARROWS:
                ways.add(1 if _ARROWS[char] == heading else -1)
        else:
            raise ValueError(f"line {cell[0] + 1}, place {cell[1] + 1}: the road from {names[start]} ends in nothing")
        cell = _next(cell, heading)
    if len(ways) > 1:
        raise ValueError(f"the arrows between {names[start]} and {names[cell]} point both ways")
    return [*trace, cell], ways.pop() if ways else 0, passed


def _around(cells: Mapping[tuple[int, int], str], cell: tuple[int, int], heading: str) -> str:
    arms = [turn for turn in _STEPS if cells.get(_next(cell, turn), " ") in _LINES[turn]]
    if len(arms) != 2 or _BACK[heading] not in arms:
        raise ValueError(f"line {cell[0] + 1}, place {cell[1] + 1}: a bend has two arms, this one has {len(arms)}")
    return next(turn for turn in arms if turn != _BACK[heading])


def _next(cell: tuple[int, int], heading: str) -> tuple[int, int]:
    return cell[0] + _STEPS[heading][0], cell[1] + _STEPS[heading][1]


def _options(ends: tuple[str, ...], roads: Mapping[str, Road]) -> list[Road]:
    found = [Road()] * len(ends)
    for key, road in roads.items():
        name, which = key[:2], key[2:]
        meant = [i for i, pair in enumerate(ends) if pair in {name, name[::-1]}]
        meant = meant if not which else meant[int(which) : int(which) + 1]
        if not meant:
            raise ValueError(f"there is no road {key} in the drawing")
        for i in meant:
            found[i] = road
    return found


def _network(
    *, x_y: np.ndarray, ends: np.ndarray, courses: list[np.ndarray], ways: list[int], options: list[Road]
) -> Network:
    drawn_m = [float(np.hypot(*np.diff(course, axis=0).T).sum()) for course in courses]
    length_m = [drawn if road.length_m is None else road.length_m for drawn, road in zip(drawn_m, options, strict=True)]
    way = np.array(ways, dtype=int)
    drive, walk = (np.array([getattr(road, mode) for road in options], dtype=bool) for mode in ("drive", "walk"))
    shape = np.concatenate(courses) if courses else np.empty((0, 2))
    classes = list(ROAD_CLASSES)
    kph = np.array([road.kph for road in options], dtype=float)
    return Network(
        crs=CRS,
        node_id=np.arange(1, len(x_y) + 1, dtype=np.int64),
        x_m=x_y[:, 0].copy(),
        y_m=x_y[:, 1].copy(),
        edge_from=ends[:, 0].copy(),
        edge_to=ends[:, 1].copy(),
        edge_length_dm=np.rint(np.array(length_m, dtype=float) * 10).astype(np.int32),
        edge_class=np.array([classes.index(road.road_class) for road in options], dtype=np.int16),
        drive_forward=drive & (way >= 0),
        drive_backward=drive & (way <= 0),
        walk_forward=walk,
        walk_backward=walk.copy(),
        kph_forward=kph,
        kph_backward=kph.copy(),
        speed_factor=np.ones(len(courses)),
        edge_name=np.array([""] * len(courses), dtype=object),
        shape_start=np.concatenate([[0], np.cumsum([len(course) for course in courses])]).astype(np.int64),
        shape_x_m=shape[:, 0].copy(),
        shape_y_m=shape[:, 1].copy(),
        source="a drawing",
        date="2020-01-01",
        attribution="",
        quality="illustrative",
    )


def _point(scene: Scene, spot: Any) -> shapely.Point:
    if isinstance(spot, str):
        return shapely.Point(scene.at(spot))
    if isinstance(spot[0], str):
        return shapely.Point(scene.on(spot[0], spot[1], aside_m=spot[2] if len(spot) > 2 else 0.0))
    return shapely.Point(spot[0] + ORIGIN[0], spot[1] + ORIGIN[1])


_DTYPES = {"text": "str", "integer": "Int64", "number": "float64", "flag": "boolean"}


def _columns(table: tables.Table, rows: list[dict[str, Any]]) -> dict[str, pd.Series]:
    given = {"source": "scene", "quality": "illustrative", "datum": "wgs84"}
    filled = [{**given, **row} for row in rows]
    columns = {c.name: pd.Series([row.get(c.name) for row in filled], dtype=_DTYPES[c.type]) for c in table.columns}
    whole = {c.name: "int64" for c in table.columns if c.type == "integer" and c.required}
    return {name: column.astype(whole.get(name, column.dtype)) for name, column in columns.items()}


def _filled(table: tables.Table, rows: list[dict[str, Any]], geometry: list[Any]) -> gpd.GeoDataFrame:
    if table.geometry == "point":
        lon, lat = unproject([point.x for point in geometry], [point.y for point in geometry], CRS)
        rows = [{**row, "lon": x, "lat": y} for row, x, y in zip(rows, lon, lat, strict=True)]
    return gpd.GeoDataFrame(pd.DataFrame(_columns(table, rows)), geometry=gpd.GeoSeries(geometry, crs=CRS))


def _located(points: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give every point the first area that holds it."""
    ids = [
        next((key for key, box in zip(areas["area_id"], areas.geometry, strict=True) if box.covers(point)), None)
        for point in points.geometry
    ]
    return points.assign(area_id=pd.Series(ids, dtype="str"))
