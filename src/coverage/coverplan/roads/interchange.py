"""Roads from and to graphs: GraphML as OSMnx saves it, and networkx graphs in memory."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

import numpy as np
import shapely

from coverplan.core.errors import InputError, Problem, ProblemList
from coverplan.core.units import WGS84, is_geographic, project, unproject
from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.courses import (
    OSM_ATTRIBUTION,
    Courses,
    check_file,
    check_for_cars,
    class_codes,
    crs_for,
    drawn_or_straight,
    geodesic_m,
    whole_dm,
    whole_ids,
)
from coverplan.roads.network import Float, Graph, Network
from coverplan.roads.tags import Use, road_name, understand

if TYPE_CHECKING:
    import networkx as nx

_SAME_LENGTH_M = 0.05
_LONGEST_M = 1e7
"""A stated length beyond this is a slip, and the road is measured instead."""
_SIGNS_OF_DAMAGE = (ParseError, LookupError, ValueError, TypeError, AttributeError, OverflowError, RecursionError)
"""What a damaged file causes in the parsers of XML and of GraphML."""
_SAME_PLACE = 1e-7
"""How far the vertices of a road told twice may lie apart, in degrees or metres."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Arc:
    """One directed edge of the graph: node positions, what its tags say, its line (None: straight), length (NaN)."""

    tail: int
    head: int
    use: Use
    name: str
    osmid: str
    line: shapely.LineString | None
    length_m: float


@dataclass(frozen=True, kw_only=True, eq=False)
class _Road:
    """One edge of the network: the arc along its course and, where the same road runs back, the other."""

    along: _Arc
    back: _Arc | None


def read_graphml(path: str | Path, crs: str | None = None) -> Network:
    """Read roads from a GraphML file that OSMnx saved.

    See `network_from_networkx` for how the graph is understood.

    Raises
    ------
    InputError
        When the file is missing, is not GraphML, has nodes without a position, or holds no road for cars.
    """
    import networkx as nx  # noqa: PLC0415 - not needed unless a graph is read

    path = check_file(Path(path), (".graphml", ".xml"))
    try:
        graph = nx.read_graphml(path, force_multigraph=True)
    except (*_SIGNS_OF_DAMAGE, nx.NetworkXError) as error:
        hint = "save the graph with osmnx.save_graphml"
        raise InputError([Problem(what=f"cannot be read as GraphML: {error}", file=path.name, hint=hint)]) from error
    graph.graph.setdefault("source", f"graph {path.name}")
    try:
        network = _from_networkx(graph, crs, path.name)
    except InputError as error:
        raise InputError([replace(problem, file=problem.file or path.name) for problem in error.problems]) from error
    except (*_SIGNS_OF_DAMAGE, RuntimeError) as error:
        what = f"cannot be understood as roads: {' '.join(str(error).split())[:120]}"
        raise InputError([Problem(what=what, file=path.name, hint="was it saved with osmnx.save_graphml?")]) from error
    return check_for_cars(network, path)


def network_from_networkx(G: nx.Graph[Any], crs: str | None = None) -> Network:  # noqa: N803 - a graph is called G
    """Make a network of a networkx graph, such as OSMnx downloads.

    Nodes carry `x` and `y` in the CRS `G.graph["crs"]` (WGS-84 degrees when absent). Edges may carry OSM tags
    (`highway`, `maxspeed`, `access`, `name`, ...; lists as OSMnx makes them by simplification), `length` in metres and
    `geometry` (a line or its WKT). A directed edge means that cars may drive this way if the tags let cars in at all;
    walkers may go both ways on every road that is open to them. Two directed edges of the same road become one edge:
    the same `osmid`, length and course, run from the other end. Of several classes the humblest counts, of several
    limits the lowest. Roads of a kind that is not ours (`corridor`, `proposed`, ...) are left out; closed ones stay.

    A graph that was downloaded for walking does not tell one-way streets: use `network_type="drive"` or `"all"`.

    Parameters
    ----------
    G
        Any networkx graph. Undirected edges are open both ways unless their `oneway` says otherwise.
    crs
        Projected CRS in metres of the network; when None the graph's own if it is projected, else the UTM zone.

    Returns
    -------
    Network
        `node_id` are the node labels where all are whole numbers, else 0..n-1 in the graph's order.

    Raises
    ------
    InputError
        When nodes have no position.
    """
    return _from_networkx(G, crs, None)


def network_to_networkx(network: Network, graph: Graph) -> nx.MultiDiGraph[Any]:
    """Return what a profile sees as a networkx graph, for analysts and as an oracle.

    Nodes are all nodes of the network, by `node_id`, with `x` and `y` in the network's CRS. Every arc is an edge with
    `time_ds` and `length_dm` (whole tenths, as the engine uses them), `edge` and `along` (where it comes from), and in
    OSMnx's words `length` (metres), `travel_time` (seconds), `highway`, `name`, `maxspeed` where signed, `oneway`,
    `reversed`, and `geometry` where the course is not straight. The graph carries `crs`, `mode`, `profile`, `source`,
    `date`, `attribution` and `quality`; `network_from_networkx` understands all of these.

    Examples
    --------
    >>> from coverplan.roads.courses import straight_network
    >>> from coverplan.roads.speeds import build_graph, default_profiles
    >>> network = straight_network(x_m=[0, 120], y_m=[0, 0], edges=[(0, 1)])
    >>> G = network_to_networkx(network, build_graph(network, default_profiles()["walk"]))
    >>> G[0][1][0]["time_ds"], G[0][1][0]["highway"]
    (1000, 'residential')
    """
    import networkx as nx  # noqa: PLC0415 - not needed unless a graph is written

    about = {name: getattr(network, name) for name in ("crs", "source", "date", "attribution", "quality")}
    result: nx.MultiDiGraph[Any] = nx.MultiDiGraph(mode=graph.profile.mode, profile=graph.profile.name, **about)
    places = zip(network.x_m.tolist(), network.y_m.tolist(), strict=True)
    result.add_nodes_from(
        (node, {"x": x, "y": y}) for node, (x, y) in zip(network.node_id.tolist(), places, strict=True)
    )
    result.add_edges_from(_arcs_with_data(network, graph))
    return result


def _arcs_with_data(network: Network, graph: Graph) -> Iterator[tuple[int, int, dict[str, Any]]]:
    classes = list(ROAD_CLASSES)
    node_id = network.node_id.tolist()
    columns = (graph.tail, graph.head, graph.time_ds, graph.length_dm, graph.edge, graph.along)
    for tail, head, time_ds, length_dm, edge, along in zip(*(column.tolist() for column in columns), strict=True):
        first, last = network.shape_start[edge : edge + 2]
        course = np.stack([network.shape_x_m[first:last], network.shape_y_m[first:last]], axis=1)
        kph = float((network.kph_forward if along else network.kph_backward)[edge])
        other = (graph.arc_backward if along else graph.arc_forward)[edge]
        data = {
            "edge": edge,
            "along": along,
            "time_ds": time_ds,
            "length_dm": length_dm,
            "length": length_dm / 10,
            "travel_time": time_ds / 10,
            "highway": classes[network.edge_class[edge]],
            "name": network.edge_name[edge],
            "oneway": bool(other < 0),
            "reversed": not along,
        }
        if not np.isnan(kph):
            data["maxspeed"] = repr(kph)
        if len(course) > 2:
            data["geometry"] = shapely.LineString(course if along else course[::-1])
        yield node_id[tail], node_id[head], data


def _from_networkx(graph: nx.Graph[Any], crs: str | None, file: str | None) -> Network:
    x, y, source_crs = _positions(graph, file)
    position = {node: index for index, node in enumerate(graph)}
    directed = graph.is_directed()
    read = (_read_arc(ends, position, directed=directed) for ends in graph.edges(data=True))
    arcs = [arc for arc in read if arc is not None]
    roads = _pair(arcs) if directed else [_Road(along=arc, back=None) for arc in arcs]
    use = [road.along.use for road in roads]
    back = [(road.back or road.along).use for road in roads]
    return Network(
        node_id=whole_ids(list(graph)),
        edge_class=class_codes([one.road_class for one in use]),
        **_who(graph, roads),
        kph_forward=np.array([one.kph_forward for one in use], dtype=float),
        kph_backward=np.array([one.kph_backward for one in back], dtype=float),
        speed_factor=np.ones(len(roads)),
        edge_name=np.array([*(road.along.name for road in roads), None], dtype=object)[:-1],
        **_places(roads, x, y, source_crs, crs),
        **_about(graph.graph),
    )


def _positions(graph: nx.Graph[Any], file: str | None) -> tuple[Float, Float, str]:
    problems = ProblemList()
    places = [(_number(data.get("x")), _number(data.get("y"))) for _, data in graph.nodes(data=True)]
    lost = [node for node, place in zip(graph, places, strict=True) if None in place]
    for node in lost[:10]:
        problems.add(f"node {node} has no position", file=file, hint="every node needs x and y")
    if len(lost) > 10:
        problems.add(f"{len(lost) - 10} more nodes have no position", file=file)
    problems.raise_if_any()
    xy = np.array(places, dtype=float).reshape(-1, 2)
    return xy[:, 0].copy(), xy[:, 1].copy(), str(graph.graph.get("crs", WGS84)).upper()


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _values(value: object) -> list[str]:
    """Return what an attribute holds as texts; OSMnx keeps several values as a list, in a file as a list's text."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            return [str(value)]
    if isinstance(value, list | tuple | set):
        return [str(one) for one in value]
    is_missing = value is None or value == "" or (isinstance(value, float) and np.isnan(value))
    return [] if is_missing else [str(value)]


def _read_arc(ends: tuple[Any, Any, Mapping[str, Any]], position: Mapping[Any, int], *, directed: bool) -> _Arc | None:
    """Understand one edge; None when it is no road. In a directed graph its direction says what `oneway` said."""
    tail, head, data = ends
    tags = {str(key): ";".join(values) for key, value in data.items() if (values := _values(value))}
    tags["highway"] = _humblest(_values(data.get("highway", "unclassified")))
    if directed:
        tags = {key: value for key, value in tags.items() if key != "junction" and not key.startswith("oneway")}
        tags["oneway"] = "no"
    use = understand(tags)
    if use is None:
        return None
    return _Arc(
        tail=position[tail],
        head=position[head],
        use=use,
        name=" / ".join(_values(data.get("name"))) or road_name(tags),
        osmid=";".join(sorted(_values(data.get("osmid", data.get("edge"))))),
        line=_line(data.get("geometry"), f"{tail} to {head}"),
        length_m=_length_m(data),
    )


def _length_m(data: Mapping[str, Any]) -> float:
    """Return the length that an edge states, NaN when it states none or an impossible one."""
    length_dm, length_m = _number(data.get("length_dm")), _number(data.get("length"))
    stated = length_dm / 10 if length_dm is not None else length_m
    return stated if stated is not None and 0 <= stated < _LONGEST_M else np.nan


def _line(geometry: object, ends: str) -> shapely.LineString | None:
    line = shapely.from_wkt(geometry, on_invalid="ignore") if isinstance(geometry, str) else geometry
    if geometry is None:
        return None
    if isinstance(line, shapely.LineString):
        return line
    what = f"the geometry of the edge from {ends} is not a line: {str(geometry)[:40]}"
    raise InputError([Problem(what=what, hint="give a LineString or its WKT, or leave it out for a straight road")])


def _humblest(classes: list[str]) -> str:
    """Return of several classes of one simplified edge the one that comes last in the order of roads."""
    order = list(ROAD_CLASSES)
    return max(classes, key=lambda name: order.index(name) if name in order else -1)


def _pair(arcs: list[_Arc]) -> list[_Road]:
    """Bring the two directions of each road together; the first that comes gives the course."""
    roads: list[_Road] = []
    alone: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for arc in arcs:
        waiting = alone[arc.head, arc.tail]
        twin = next((index for index in waiting if _is_way_back(roads[index].along, arc)), None)
        if twin is None:
            alone[arc.tail, arc.head].append(len(roads))
            roads.append(_Road(along=arc, back=None))
        else:
            waiting.remove(twin)
            roads[twin] = _Road(along=roads[twin].along, back=arc)
    return roads


def _is_way_back(there: _Arc, back: _Arc) -> bool:
    if there.osmid != back.osmid or there.use.road_class != back.use.road_class:
        return False
    if abs(there.length_m - back.length_m) > _SAME_LENGTH_M:
        return False
    if there.line is None or back.line is None:
        return there.line is back.line
    there_xy, back_xy = shapely.get_coordinates(there.line), shapely.get_coordinates(back.line)[::-1]
    return there_xy.shape == back_xy.shape and bool(np.abs(there_xy - back_xy).max() <= _SAME_PLACE)


def _who(graph: nx.Graph[Any], roads: list[_Road]) -> dict[str, Any]:
    """Say who may use each road; a graph that carries `mode` is what one profile sees, so its arcs are open to it."""
    mode = graph.graph.get("mode")
    has_back = [road.back is not None for road in roads]
    use = [road.along.use for road in roads]
    walk_forward, walk_backward = [one.walk_forward for one in use], [one.walk_backward for one in use]
    drive_forward, drive_backward = [one.drive_forward for one in use], [one.drive_backward for one in use]
    if graph.is_directed():
        drive_backward = [road.back is not None and road.back.use.drive_forward for road in roads]
    if mode == "drive":
        drive_forward, drive_backward = [True] * len(roads), has_back
    elif mode == "walk":
        walk_forward, walk_backward = [True] * len(roads), has_back
        drive_forward = drive_backward = [False] * len(roads)
    return {
        "drive_forward": np.array(drive_forward, dtype=bool),
        "drive_backward": np.array(drive_backward, dtype=bool),
        "walk_forward": np.array(walk_forward, dtype=bool),
        "walk_backward": np.array(walk_backward, dtype=bool),
    }


def _places(roads: list[_Road], x: Float, y: Float, source_crs: str, crs: str | None) -> dict[str, Any]:
    """Lay out nodes, ends, lengths and courses in the CRS of the network."""
    edge_from = np.array([road.along.tail for road in roads], dtype=np.int32)
    edge_to = np.array([road.along.head for road in roads], dtype=np.int32)
    drawn = np.array([*(road.along.line for road in roads), None], dtype=object)[:-1]
    courses = drawn_or_straight(drawn, x, y, edge_from, edge_to)
    in_degrees = is_geographic(source_crs)
    lon, lat = (x, y) if in_degrees else unproject(x, y, source_crs)
    crs = crs_for(lon, lat, crs if crs or in_degrees else source_crs)
    shape_lon, shape_lat = (courses.x, courses.y) if in_degrees else unproject(courses.x, courses.y, source_crs)
    said_m = np.array([road.along.length_m for road in roads], dtype=float)
    drawn_m = geodesic_m(Courses(start=courses.start, x=shape_lon, y=shape_lat))
    x_m, y_m = (x, y) if crs == source_crs else project(lon, lat, crs)
    shape_x_m, shape_y_m = (courses.x, courses.y) if crs == source_crs else project(shape_lon, shape_lat, crs)
    return {
        "crs": crs,
        "x_m": x_m,
        "y_m": y_m,
        "edge_from": edge_from,
        "edge_to": edge_to,
        "edge_length_dm": whole_dm(np.where(np.isnan(said_m), drawn_m, said_m)),
        "shape_start": courses.start,
        "shape_x_m": shape_x_m,
        "shape_y_m": shape_y_m,
    }


def _about(said: Mapping[str, Any]) -> dict[str, Any]:
    from_osmnx = str(said.get("created_with", "")).startswith("OSMnx")
    return {
        "source": str(said.get("source", "a networkx graph")),
        "date": str(said.get("date", said.get("created_date", "")))[:10],
        "attribution": str(said.get("attribution", OSM_ATTRIBUTION if from_osmnx else "")),
        "quality": str(said.get("quality", "measured" if from_osmnx else "estimated")),
    }
