"""Roads added, closed and slowed; a new network, the one that was given stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.core.model import Study
from coverplan.core.units import METRES_PER_KM, project, tenths
from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.network import Bool, Float, Int32, Network
from coverplan.roads.tags import open_by_default
from coverplan.scenarios.edits import AddRoad, CloseRoad, Edit, Place, Position, Scenario, SlowRoad
from coverplan.scenarios.facilities import only

MEETS_M = 200.0
"""A new road is carried on to the road nearest to its end, when that is so near."""
_SAME_M = 1.0
_DRAWN_M = 30.0


def edit_network(study: Study, network: Network, scenario: Scenario, edits: Sequence[Edit]) -> Network:
    """Return the roads as the edits of a resolved scenario make them; the same network when there are none.

    Closed and slowed roads are those of the network that was given; new roads come last.

    Raises
    ------
    InputError
        When no road fits what an edit says, or a new road meets no other.
    """
    closed, slowed, added = only(edits, CloseRoad), only(edits, SlowRoad), only(edits, AddRoad)
    if not (closed or slowed or added):
        return network
    desk = _Desk(study, network, scenario)
    told = network
    for edit in closed:
        told = _closed(told, desk.chosen(edit, edit.place), cars_only=edit.to == "cars")
    if slowed:
        factor = network.speed_factor.copy()
        for edit in slowed:
            factor[desk.chosen(edit, edit.place)] *= edit.factor
        told = replace(told, speed_factor=factor)
    for edit in added:
        told = desk.added(told, edit)
    desk.problems.raise_if_any()
    return told


def _closed(network: Network, chosen: Bool, *, cars_only: bool) -> Network:
    told = replace(
        network,
        drive_forward=network.drive_forward & ~chosen,
        drive_backward=network.drive_backward & ~chosen,
    )
    if cars_only:
        return told
    return replace(
        told,
        walk_forward=network.walk_forward & ~chosen,
        walk_backward=network.walk_backward & ~chosen,
    )


class _Desk:
    """The roads of one network, for finding those that edits mean."""

    def __init__(self, study: Study, network: Network, scenario: Scenario) -> None:
        self.study, self.network, self.scenario = study, network, scenario
        self.problems = ProblemList()
        self.pieces: dict[int, list[int]] = {}
        xy = np.stack([network.shape_x_m, network.shape_y_m], axis=1)
        vertices = np.diff(network.shape_start)
        self.lines = np.asarray(shapely.linestrings(xy, indices=np.repeat(np.arange(network.n_edges), vertices)))
        drives = network.drive_forward | network.drive_backward
        self.drivable = np.flatnonzero(drives)
        self.tree = shapely.STRtree(self.lines)
        self.drive_tree = shapely.STRtree(self.lines[self.drivable])

    def refuse(self, edit: Edit, what: str, hint: str | None = None) -> None:
        file = self.scenario.file or self.scenario.scenario_id
        self.problems.add(what, file=file, row=edit.line, column="road", hint=hint)

    def point(self, at: Position) -> shapely.Point:
        x, y = project([at[0]], [at[1]], self.network.crs)
        return shapely.Point(float(x[0]), float(y[0]))

    def chosen(self, edit: Edit, place: Place) -> Bool:
        """Say which edges fit everything that a place says."""
        network = self.network
        chosen = np.ones(network.n_edges, dtype=bool)
        if place.name:
            chosen &= network.edge_name.astype(str) == place.name
            if not chosen.any():
                names = sorted({str(name) for name in network.edge_name if name})
                self.refuse(edit, f"no road is called '{place.name}'", did_you_mean(place.name, names))
                return chosen
        if place.classes:
            codes = [list(ROAD_CLASSES).index(name) for name in place.classes if name in ROAD_CLASSES]
            chosen &= np.isin(network.edge_class, codes)
        if place.area:
            row = int(np.flatnonzero((self.study.areas["area_id"] == place.area).to_numpy())[0])
            shape: shapely.Geometry = self.study.areas.geometry.to_numpy()[row]
            chosen &= shapely.contains(shape, shapely.line_interpolate_point(self.lines, 0.5, normalized=True))
        if place.between is not None:
            chosen &= self._between(edit, place.between)
        if place.near is not None:
            chosen &= self._near(chosen, self.point(place.near), place.within_m)
        if not chosen.any():
            self.refuse(edit, "no road fits all of that", "look at the map, and give a larger within_m")
        return chosen

    def _near(self, among: Bool, point: shapely.Point, within_m: float | None) -> Bool:
        """Say which edges touch a circle; without one, those nearest to the point, both carriageways of a road."""
        away = np.where(among, shapely.distance(self.lines, point), np.inf)
        return away <= (float(away.min()) + _SAME_M if within_m is None else within_m)

    def _between(self, edit: Edit, ends: tuple[Position, Position]) -> Bool:
        network = self.network
        nodes = np.unique(np.concatenate([network.edge_from[self.drivable], network.edge_to[self.drivable]]))
        xy = np.stack([network.x_m[nodes], network.y_m[nodes]], axis=1)
        first, last = (int(nodes[np.argmin(np.hypot(*(xy - [point.x, point.y]).T))]) for point in map(self.point, ends))
        chosen = np.zeros(network.n_edges, dtype=bool)
        way = _shortest(network, first, last)
        if way is None:
            self.refuse(edit, "no way leads from one position to the other")
        else:
            pairs = {frozenset(pair) for pair in pairwise(way)}
            for i in self.drivable:
                chosen[i] = frozenset((int(network.edge_from[i]), int(network.edge_to[i]))) in pairs
        return chosen

    def added(self, told: Network, edit: AddRoad) -> Network:
        """Return a network with one road more, joined to the roads at its two ends."""
        x, y = project([at[0] for at in edit.course], [at[1] for at in edit.course], told.crs)
        course = [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
        ends: list[int] = []
        for k in (0, -1):
            told, node, spot = self._joined(told, edit, course[k])
            if node is None or spot is None:
                return told
            ends.append(node)
            # An end drawn beside the road is put onto it; one farther away is carried on to it.
            if np.hypot(spot[0] - course[k][0], spot[1] - course[k][1]) <= _DRAWN_M:
                course[k] = spot
            else:
                course = [spot, *course] if k == 0 else [*course, spot]
        return _with_edge(told, edit, ends[0], ends[1], np.array(course))

    def _joined(
        self, told: Network, edit: AddRoad, at: tuple[float, float]
    ) -> tuple[Network, int | None, tuple[float, float] | None]:
        """Return the node where a road ends that comes to a place, made there if need be."""
        new = np.arange(self.network.n_nodes, told.n_nodes)
        near = [int(i) for i in new if np.hypot(told.x_m[i] - at[0], told.y_m[i] - at[1]) <= _SAME_M]
        if near:
            return told, near[0], (float(told.x_m[near[0]]), float(told.y_m[near[0]]))
        point = shapely.Point(at)
        found, away = self.drive_tree.query_nearest(point, return_distance=True, all_matches=False)
        if not len(found) or away[0] > MEETS_M:
            what = "a new road ends where there is none"
            hint = f"the nearest is {away[0] / METRES_PER_KM:.1f} km away; a road is met within {MEETS_M:g} m"
            self.refuse(edit, what, hint if len(found) else None)
            return told, None, None
        edge = int(self.drivable[found[0]])
        foot = shapely.line_interpolate_point(self.lines[edge], shapely.line_locate_point(self.lines[edge], point))
        piece = min(self.pieces.get(edge, [edge]), key=lambda i: float(shapely.distance(_line(told, i), foot)))
        for node in (int(told.edge_from[piece]), int(told.edge_to[piece])):
            if np.hypot(told.x_m[node] - foot.x, told.y_m[node] - foot.y) <= _SAME_M:
                return told, node, (float(told.x_m[node]), float(told.y_m[node]))
        told, node = _cut(told, piece, foot)
        self.pieces[edge] = [*self.pieces.get(edge, [edge]), told.n_edges - 1]
        return told, node, (foot.x, foot.y)


def _line(network: Network, edge: int) -> shapely.LineString:
    part = slice(int(network.shape_start[edge]), int(network.shape_start[edge + 1]))
    return shapely.LineString(np.stack([network.shape_x_m[part], network.shape_y_m[part]], axis=1))


def _shortest(network: Network, first: int, last: int) -> list[int] | None:
    """Return the nodes of the shortest way by car; None when there is none."""
    tail = np.concatenate([network.edge_from[network.drive_forward], network.edge_to[network.drive_backward]])
    head = np.concatenate([network.edge_to[network.drive_forward], network.edge_from[network.drive_backward]])
    both = np.concatenate(
        [network.edge_length_dm[network.drive_forward], network.edge_length_dm[network.drive_backward]]
    ).astype(float)
    # Of parallel roads the shortest counts: adding entries up, as a sparse matrix does, would make them longer.
    order = np.lexsort((both, head, tail))
    tail, head, both = tail[order], head[order], np.maximum(both[order], 0.5)
    keep = np.ones(len(tail), dtype=bool)
    keep[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    matrix = csr_array((both[keep], (tail[keep], head[keep])), shape=(network.n_nodes, network.n_nodes))
    length, before = (row[0] for row in dijkstra(matrix, indices=[first], return_predecessors=True))
    if not np.isfinite(length[last]):
        return None
    way = [last]
    while way[-1] != first:
        way.append(int(before[way[-1]]))
    return way[::-1]


def _cut(network: Network, edge: int, spot: shapely.Point) -> tuple[Network, int]:
    """Return a network in which one edge is two, with a node between them, and the node.

    The edge keeps the part up to the node; the rest of it is a new edge at the end.
    """
    start, stop = int(network.shape_start[edge]), int(network.shape_start[edge + 1])
    xy = np.stack([network.shape_x_m[start:stop], network.shape_y_m[start:stop]], axis=1)
    line = shapely.linestrings(xy)
    along = float(shapely.line_locate_point(line, spot))
    reached = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    middle = np.array([[spot.x, spot.y]])
    head, rest = xy[reached < along], xy[reached > along]
    whole = int(network.edge_length_dm[edge])
    part = int(tenths(along / reached[-1] * whole / 10)) if reached[-1] else 0
    node = network.n_nodes
    told = _with_node(network, spot)
    told = _with_course(told, edge, np.vstack([head, middle]))
    last = int(network.edge_to[edge])
    ends, length = told.edge_to.copy(), told.edge_length_dm.copy()
    ends[edge], length[edge] = node, part
    told = replace(told, edge_to=ends, edge_length_dm=length, no_turns=_turns_of_halves(network, edge))
    like = {name: getattr(network, name)[edge] for name in _PER_EDGE}
    like |= {"edge_from": node, "edge_to": last, "edge_length_dm": whole - part}
    return _extended(told, like, np.vstack([middle, rest])), node


def _turns_of_halves(network: Network, edge: int) -> Int32:
    """Return the forbidden turns when an edge is cut: those at its end are now those of its other half."""
    turns = network.no_turns.copy()
    coming, going, end = turns.T
    node = np.where(end == 1, network.edge_to[coming], network.edge_from[coming])
    turns[(coming == edge) & (end == 1), 0] = network.n_edges
    turns[(going == edge) & (node == network.edge_to[edge]) & (node != network.edge_from[edge]), 1] = network.n_edges
    return turns


def _with_node(network: Network, spot: shapely.Point) -> Network:
    next_id = int(network.node_id.max()) + 1 if network.n_nodes else 0
    return replace(
        network,
        node_id=np.append(network.node_id, next_id),
        x_m=np.append(network.x_m, spot.x),
        y_m=np.append(network.y_m, spot.y),
    )


def _with_course(network: Network, edge: int, xy: Float) -> Network:
    start, stop = int(network.shape_start[edge]), int(network.shape_start[edge + 1])
    moved = network.shape_start.copy()
    moved[edge + 1 :] += len(xy) - (stop - start)
    columns = {
        name: np.concatenate([getattr(network, name)[:start], xy[:, k], getattr(network, name)[stop:]])
        for k, name in enumerate(("shape_x_m", "shape_y_m"))
    }
    return replace(network, shape_start=moved, **columns)


_PER_EDGE = (
    *("edge_from", "edge_to", "edge_length_dm", "edge_class", "edge_name", "kph_forward", "kph_backward"),
    *("drive_forward", "drive_backward", "walk_forward", "walk_backward", "speed_factor"),
)


def _extended(network: Network, like: dict[str, Any], xy: Float) -> Network:
    columns: dict[str, np.ndarray] = {}
    for name in _PER_EDGE:
        old = getattr(network, name)
        new = np.empty(1, dtype=old.dtype)
        new[0] = like[name]
        columns[name] = np.concatenate([old, new])
    columns["shape_start"] = np.append(network.shape_start, network.shape_start[-1] + len(xy)).astype(np.int64)
    columns["shape_x_m"] = np.concatenate([network.shape_x_m, xy[:, 0]])
    columns["shape_y_m"] = np.concatenate([network.shape_y_m, xy[:, 1]])
    return replace(network, **columns)


def _with_edge(network: Network, edit: AddRoad, first: int, last: int, xy: Float) -> Network:
    drives, walks = open_by_default(edit.road_class)
    length_m = float(np.hypot(*np.diff(xy, axis=0).T).sum())
    kph = np.nan if edit.kph is None else edit.kph
    like = {
        "edge_from": first,
        "edge_to": last,
        "edge_length_dm": int(tenths(length_m)),
        "edge_class": list(ROAD_CLASSES).index(edit.road_class),
        "edge_name": edit.name,
        "kph_forward": kph,
        "kph_backward": np.nan if edit.oneway else kph,
        "drive_forward": drives,
        "drive_backward": drives and not edit.oneway,
        "walk_forward": walks,
        "walk_backward": walks,
        "speed_factor": 1.0,
    }
    return _extended(network, like, xy)
