"""The fastest way of single trips, arc by arc, on the same exact weights as the field.

A way is what `travel.field` measures: a leg off the road, part of an edge, whole arcs, part of an edge, a leg off the
road. Its parts are whole tenths of a second and add up to the field's value, to the last tenth. Of ways that take
equally long, any one is given, always the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from coverplan.core.units import from_tenths
from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.network import Float, Graph, Int32, Int64, Network, Snaps
from coverplan.travel.field import Met, meet

_AT_ONCE = 8_000_000
"""How many nodes are looked at in one go, over all searches: about 100 MB."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Ways:
    """The fastest ways of k trips, in p parts.

    Attributes
    ----------
    value : (k,) float64
        Seconds from door to door, exact to the tenth; `inf` where there is no way.
    offroad_ds : (k,) float64
        The legs between doors and roads, in whole tenths of a second; `inf` where a door is not connected.
    trip : (p,) int64
        Which trip a part belongs to; the parts of one trip are in no particular order.
    arc : (p,) int64
        The arc it runs on.
    part_ds : (p,) float64
        How much of the arc's time it takes, in whole tenths of a second.
    share : (p,) float64
        The same as a share of the arc, 0..1.
    """

    value: Float
    offroad_ds: Float
    trip: Int64
    arc: Int64
    part_ds: Float
    share: Float


@dataclass(frozen=True, kw_only=True, eq=False)
class _Doors:
    """How k trips begin (or end) on the network: two legs each, to the start and to the end of an edge.

    Arrays are (2, k): the junction, the tenths of a second, and the arc that the leg runs on.
    """

    node: Int64
    leg_ds: Float
    arc: Int64


def fastest_ways(graph: Graph, origins: Snaps, destinations: Snaps) -> Ways:
    """Find the fastest way of every trip: from the first origin to the first destination, and so on.

    Parameters
    ----------
    graph
        The directed graph of one profile.
    origins, destinations
        Where the k trips begin and end on this graph (`roads.snapping.snap`).

    Returns
    -------
    Ways
        `value` is what `travel.field.nearest` says for the same two doors.

    Notes
    -----
    One search for every place where trips begin, or for every place where they end, whichever are fewer.

    Examples
    --------
    A kilometre of road at 36 km/h, 10 m/s, with a door at 100 m and one at the far end:

    >>> from coverplan.core.model import SpeedProfile
    >>> from coverplan.roads.courses import straight_network
    >>> from coverplan.roads.snapping import snap
    >>> from coverplan.roads.speeds import build_graph
    >>> network = straight_network(x_m=[0, 1000], y_m=[0, 0], edges=[(0, 1)], road_class="tertiary")
    >>> graph = build_graph(network, SpeedProfile(name="test", mode="drive", kph={"tertiary": 36.0}))
    >>> ways = fastest_ways(graph, snap(network, graph, [100], [0]), snap(network, graph, [1000], [0]))
    >>> ways.value.tolist(), ways.part_ds.tolist()
    ([90.0], [900.0])
    """
    out, into = meet(graph, origins, "time", leaving=True), meet(graph, destinations, "time", leaving=False)
    leaving = _Doors(
        node=np.array([out.start, out.end], dtype=np.int64),
        leg_ds=np.array([out.out_start, out.out_end]),
        arc=_arcs(graph, out.edge, (graph.arc_backward, graph.arc_forward)),
    )
    entering = _Doors(
        node=np.array([into.start, into.end], dtype=np.int64),
        leg_ds=np.array([into.in_start, into.in_end]),
        arc=_arcs(graph, into.edge, (graph.arc_forward, graph.arc_backward)),
    )
    by_origin = _n_different(leaving) <= _n_different(entering)
    near, far = (leaving, entering) if by_origin else (entering, leaving)
    value_ds, parts = _through_junctions(graph, near, far, turned=not by_origin)
    direct_ds, direct_arc = _on_one_edge(graph, out, into)
    stays = np.isfinite(direct_ds) & (direct_ds <= value_ds)
    kept = ~stays[parts.trip]
    arc = np.concatenate([parts.arc[kept], direct_arc[stays]])
    part_ds = np.concatenate([parts.part_ds[kept], direct_ds[stays]])
    whole_ds = np.append(graph.time_ds, 0)[arc]
    offroad_ds = out.offroad + into.offroad
    return Ways(
        value=from_tenths(np.where(stays, direct_ds, value_ds) + offroad_ds),
        offroad_ds=offroad_ds,
        trip=np.concatenate([parts.trip[kept], np.flatnonzero(stays)]),
        arc=arc,
        part_ds=part_ds,
        share=np.divide(part_ds, whole_ds, out=np.ones(len(arc)), where=whole_ds > 0),
    )


def seconds_by_class(network: Network, graph: Graph, ways: Ways) -> Float:
    """Return how long each trip is on each road class: (k, classes in the order of `ROAD_CLASSES`), in seconds.

    The legs between doors and roads are not in it. `graph` may be that of the same roads at other speeds: each part
    keeps its share of the arc.
    """
    return _by_class(network, graph, ways, np.rint(ways.share * graph.time_ds[ways.arc]))


def metres_by_class(network: Network, graph: Graph, ways: Ways) -> Float:
    """Return how far each trip goes on each road class: (k, classes in the order of `ROAD_CLASSES`), in metres."""
    return _by_class(network, graph, ways, np.rint(ways.share * graph.length_dm[ways.arc]))


def _by_class(network: Network, graph: Graph, ways: Ways, tenths: Float) -> Float:
    n_classes, k = len(ROAD_CLASSES), len(ways.value)
    on_road = graph.edge[ways.arc] >= 0  # turns are on no road
    place = ways.trip[on_road] * n_classes + network.edge_class[graph.edge[ways.arc[on_road]]]
    summed = np.bincount(place, weights=tenths[on_road], minlength=k * n_classes)
    return from_tenths(summed.reshape(k, n_classes))


def _arcs(graph: Graph, edge: Int32, ways: tuple[Int32, Int32]) -> Int64:
    """Return the arcs of each edge in two directions; -1 where there is none."""
    return np.array([np.append(arcs, -1)[edge] for arcs in ways], dtype=np.int64)


def _on_one_edge(graph: Graph, origin: Met, goal: Met) -> tuple[Float, Int64]:
    """Return the time of each trip along its only edge, `inf` where it has two or goes the wrong way, and the arc."""
    same = (origin.edge == goal.edge) & (origin.edge >= 0)
    along = np.where(same & (origin.share <= goal.share), goal.forward - origin.forward, np.nan)
    against = np.where(same & (origin.share >= goal.share), origin.backward - goal.backward, np.nan)
    along, against = (np.where(np.isnan(way), np.inf, way) for way in (along, against))
    forward, backward = _arcs(graph, origin.edge, (graph.arc_forward, graph.arc_backward))
    return np.minimum(along, against), np.where(along <= against, forward, backward)


def _places(doors: _Doors) -> tuple[Int64, Int64]:
    """Return one trip of every different place, and the place of every trip."""
    rows = np.concatenate([doors.node, doors.leg_ds, doors.arc]).T
    _, first, place = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return first, place.reshape(-1)


def _n_different(doors: _Doors) -> int:
    return len(_places(doors)[0])


@dataclass(frozen=True, kw_only=True, eq=False)
class _Parts:
    trip: Int64
    arc: Int64
    part_ds: Float


@dataclass(frozen=True, kw_only=True, eq=False)
class _Links:
    """Arcs as a matrix with one link per pair of nodes, the fastest; `key` finds the arc of a pair again."""

    matrix: csr_array
    key: Int64
    arc: Int64

    def arc_of(self, tail: Int64, head: Int64) -> Int64:
        return self.arc[np.searchsorted(self.key, tail * self.matrix.shape[0] + head)]


def _links(tail: Int64, head: Int64, time_ds: Float, n_nodes: int) -> _Links:
    key = tail * n_nodes + head
    order = np.lexsort((time_ds, key))
    arc = order[np.concatenate([[True], np.diff(key[order]) > 0])] if len(order) else order
    starts = np.searchsorted(tail[arc], np.arange(n_nodes + 1))
    matrix = csr_array((time_ds[arc], head[arc].astype(np.int32), starts), shape=(n_nodes, n_nodes))
    return _Links(matrix=matrix, key=key[arc], arc=arc)


def _through_junctions(graph: Graph, near: _Doors, far: _Doors, *, turned: bool) -> tuple[Float, _Parts]:
    """Search from the places of `near` to those of `far`; `turned` when trips begin at `far` and end at `near`.

    Every place is a node of its own, which only its legs leave, so one search does for both of its junctions.
    """
    first, place = _places(near)
    n_all = graph.n_nodes + len(first)
    tail, head = (graph.head, graph.tail) if turned else (graph.tail, graph.head)
    legs = near.leg_ds[:, first].ravel()
    open_leg = np.flatnonzero(np.isfinite(legs))
    source = np.tile(np.arange(graph.n_nodes, n_all), 2)
    times = np.concatenate([graph.time_ds.astype(np.float64), legs[open_leg]])
    links = _links(
        np.concatenate([tail.astype(np.int64), source[open_leg]]),
        np.concatenate([head.astype(np.int64), near.node[:, first].ravel()[open_leg]]),
        times,
        n_all,
    )
    arcs = np.concatenate([np.arange(graph.n_arcs), near.arc[:, first].ravel()[open_leg]])
    value = np.full(len(place), np.inf)
    found = [_Parts(trip=place[:0], arc=place[:0], part_ds=value[:0])]
    step = max(_AT_ONCE // n_all, 1)
    for begin in range(0, len(first), step):
        trips = np.flatnonzero((place >= begin) & (place < begin + step))
        sources = np.arange(begin, min(begin + step, len(first))) + graph.n_nodes
        reached, before = dijkstra(links.matrix, indices=sources, return_predecessors=True)
        row = place[trips] - begin
        ends = reached[row, far.node[:, trips]] + far.leg_ds[:, trips]
        best = ends.argmin(axis=0)
        value[trips] = ends.min(axis=0)
        going = np.isfinite(value[trips])
        last = far.node[best, trips]
        found.append(_Parts(trip=trips[going], arc=far.arc[best, trips][going], part_ds=far.leg_ds[best, trips][going]))
        back = _trace(links, before, row[going], last[going], graph.n_nodes)
        found.extend(_Parts(trip=trips[going][i], arc=arcs[link], part_ds=times[link]) for i, link in back)
    joined = [np.concatenate([getattr(part, name) for part in found]) for name in ("trip", "arc", "part_ds")]
    # A door that stands on its junction has a leg of no time, on an arc that may be closed that way.
    kept = joined[1] >= 0
    return value, _Parts(trip=joined[0][kept], arc=joined[1][kept], part_ds=joined[2][kept])


def _trace(links: _Links, before: Int32, row: Int64, node: Int64, n_nodes: int) -> list[tuple[Int64, Int64]]:
    """Go back from the last nodes to the sources, all trips one link at a time; returns trips and links by step."""
    steps: list[tuple[Int64, Int64]] = []
    trip, node = np.arange(len(row)), node.copy()
    while len(trip):
        previous = before[row[trip], node[trip]].astype(np.int64)
        steps.append((trip, links.arc_of(previous, node[trip])))
        node[trip] = previous
        trip = trip[previous < n_nodes]
    return steps
