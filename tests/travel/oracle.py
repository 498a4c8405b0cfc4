"""Slow and obvious answers: every edge is cut at every point, and networkx walks from door to door."""

from itertools import pairwise

import networkx as nx
import numpy as np

from coverplan.core.model import SpeedProfile
from coverplan.roads.network import Graph, Snaps


def graph_of(n_nodes: int, edges: list[tuple[int, int, int, int | None, int | None]]) -> Graph:
    """Return the graph of edges (from, to, length_dm, time forward, time backward), `None` where closed."""
    arcs, forward, backward = [], [], []
    for edge, (tail, head, length, there, back) in enumerate(edges):
        for time, along, places in ((there, True, forward), (back, False, backward)):
            places.append(-1 if time is None else len(arcs))
            if time is not None:
                arcs.append((*((tail, head) if along else (head, tail)), time, length, edge, along))
    columns = np.array(arcs, dtype=np.int32).reshape(-1, 6).T
    return Graph(
        n_nodes=n_nodes,
        tail=columns[0],
        head=columns[1],
        time_ds=columns[2],
        length_dm=columns[3],
        edge=columns[4],
        along=columns[5].astype(bool),
        arc_forward=np.array(forward, dtype=np.int32),
        arc_backward=np.array(backward, dtype=np.int32),
        snappable=np.array([there is not None or back is not None for *_, there, back in edges], dtype=bool),
        profile=SpeedProfile(name="test", mode="drive", kph={}),
    )


def reverse(graph: Graph) -> Graph:
    """Return the same roads with every arc driven the other way; edges keep their course."""
    return Graph(
        **{name: getattr(graph, name) for name in ("n_nodes", "time_ds", "length_dm", "edge", "snappable", "profile")},
        tail=graph.head,
        head=graph.tail,
        along=~graph.along,
        arc_forward=graph.arc_backward,
        arc_backward=graph.arc_forward,
    )


def digraph(graph: Graph, weight: str) -> nx.DiGraph:
    """Return the nodes and the lightest arc between each two."""
    made = nx.DiGraph()
    made.add_nodes_from(range(graph.n_nodes))
    values = graph.time_ds if weight == "time" else graph.length_dm
    for tail, head, value in zip(graph.tail.tolist(), graph.head.tolist(), values.tolist(), strict=True):
        _join(made, tail, head, value)
    return made


def node_field(graph: Graph, facilities: list[int], *, toward: str, weight: str) -> np.ndarray:
    """Return the weight between every node and its nearest facility, in tenths; facilities stand on nodes."""
    made = digraph(graph, weight)
    if toward == "facility":
        made = made.reverse(copy=False)
    found = nx.multi_source_dijkstra_path_length(made, set(facilities), weight="weight")
    return np.array([found.get(node, np.inf) for node in range(graph.n_nodes)], dtype=float)


def nearest(graph: Graph, demand: Snaps, facilities: Snaps, *, toward: str, weight: str) -> tuple[list, list]:
    """Return value in tenths and facility for every demand point, by a search of its own for each."""
    made = digraph(graph, weight)
    people, doors = ([(name, i) for i in range(len(snaps.edge))] for name, snaps in (("p", demand), ("f", facilities)))
    spots: dict[int, dict[float, object]] = {}
    for names, snaps in ((people, demand), (doors, facilities)):
        legs = snaps.offroad_ds if weight == "time" else snaps.offroad_dm
        for name, *place in zip(names, snaps.edge.tolist(), snaps.fraction.tolist(), legs.tolist(), strict=True):
            _connect(made, graph, spots, name, place)
    for edge, on_edge in spots.items():
        _cut(made, graph, edge, on_edge, weight)
    roads, here, there = (
        (made, "leave", "enter") if toward == "facility" else (made.reverse(copy=False), "enter", "leave")
    )
    values, chosen = [], []
    for person in people:
        found = nx.single_source_dijkstra_path_length(roads, (here, person))
        value, facility = min([(found.get((there, door), np.inf), i) for i, door in enumerate(doors)] or [(np.inf, -1)])
        values.append(value)
        chosen.append(-1 if value == np.inf else facility)
    return values, chosen


def _connect(made, graph, spots, name, place):
    """Put a door beside its edge, and beside a junction too when the connection is closer than 5 cm to it.

    Leaving and entering are two nodes, so that no one passes through a door on the way to another.
    """
    edge, fraction, offroad = place
    made.add_nodes_from([("leave", name), ("enter", name)])
    if edge < 0:
        return
    start, end = _ends(graph, edge)
    length = int(graph.length_dm[max(graph.arc_forward[edge], graph.arc_backward[edge])])
    along = round(fraction * length)
    spot = (edge, 0.0 if along == 0 else 1.0 if along == length else fraction)
    spots.setdefault(edge, {})[spot[1]] = spot
    for stands_there, at in ((True, spot), (along == 0, start), (along == length, end)):
        if stands_there:
            _join(made, ("leave", name), at, offroad)
            _join(made, at, ("enter", name), offroad)


def _cut(made, graph, edge, on_edge, weight):
    start, end = _ends(graph, edge)
    for arc, along in ((graph.arc_forward[edge], True), (graph.arc_backward[edge], False)):
        if arc < 0:
            continue
        total = int((graph.time_ds if weight == "time" else graph.length_dm)[arc])
        stops = [(start, 0), *((on_edge[share], round(share * total)) for share in sorted(on_edge)), (end, total)]
        for (near, a), (far, b) in pairwise(stops):
            _join(made, *((near, far) if along else (far, near)), b - a)


def _ends(graph, edge):
    arc = graph.arc_forward[edge]
    if arc >= 0:
        return int(graph.tail[arc]), int(graph.head[arc])
    arc = graph.arc_backward[edge]
    return int(graph.head[arc]), int(graph.tail[arc])


def _join(made, tail, head, value):
    if not made.has_edge(tail, head) or value < made[tail][head]["weight"]:
        made.add_edge(tail, head, weight=value)
