"""The nearest of many facilities for every place, on exact weights.

A trip is a walk from the door to the road, part of an edge to a junction, arcs, part of an edge again, and a walk to
the other door; or it stays on one edge from door to door, where its direction allows. Everything is counted in whole
tenths (of a second, of a metre), so sums are exact and do not depend on the order in which they are taken.

**Partial edges.** An arc of weight w that is met at a share f of the edge's course is divided into ``a = rint(f * w)``
on the side of the edge's start and ``w - a`` on the side of its end, whichever way it is driven. The two parts make
the arc exactly, and two points on one edge are ``|a1 - a2|`` apart. An edge that is one-way can be left, and
entered, only along its direction. A connection less than 5 cm from an end stands on the junction itself and may
use every road there.

**Ties.** Of facilities that are equally far, the one that stands first in the table is taken, everywhere in the
network. The search does not run on weights but on ``weight * (k + 1) + rank``, with k facilities ranked 1 to k and the
rank added once at the facility: the smallest such number is the smallest weight and, among equals, the smallest
rank. These numbers are whole and stay below 2**53, where float64 is exact; beyond it `node_field` refuses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from coverplan.core.model import Toward, Weight
from coverplan.core.units import from_tenths
from coverplan.roads.network import Float, Graph, Int32, Int64, Snaps

_EXACT = 2.0**53


@dataclass(frozen=True, kw_only=True, eq=False)
class NodeField:
    """For every node of a graph, how far the nearest facility is, and which one it is. n nodes.

    Attributes
    ----------
    value : (n,) float64
        Whole tenths of a second or of a metre, off-road leg at the facility included; `inf` = unreachable.
    facility : (n,) int32
        Index into the facilities, -1 where unreachable.
    n_facilities : int
        How many facilities were asked about.
    toward, weight
        Which way the trips run, and what they are measured in.
    """

    value: Float
    facility: Int32
    n_facilities: int
    toward: Toward
    weight: Weight


@dataclass(frozen=True, kw_only=True, eq=False)
class Nearest:
    """For each of k points, how far the nearest facility is, door to door, and which one it is.

    Attributes
    ----------
    value : (k,) float64
        Seconds or metres, exact to the tenth; `inf` = unreachable.
    facility : (k,) int32
        Index into the facilities, -1 where unreachable.
    """

    value: Float
    facility: Int32


@dataclass(frozen=True, kw_only=True, eq=False)
class Met:
    """Where k points meet the arcs of a graph, in tenths of one weight.

    `edge` is the one each is connected to, -1 when none is; `start` and `end` are its junctions; `offroad` is the leg
    between point and road. `share` is the place along the edge's course, 0 or 1 exactly on a junction. `forward` and
    `backward` are the part of the arc along, or against, the course that lies on the side of the edge's start, NaN
    where that way is closed. The four legs run from the point out to its junctions and from the junctions in to the
    point, `inf` where closed.
    """

    edge: Int32
    share: Float
    forward: Float
    backward: Float
    start: Int32
    end: Int32
    out_start: Float
    out_end: Float
    in_start: Float
    in_end: Float
    offroad: Float


def nearest(graph: Graph, demand: Snaps, facilities: Snaps, *, toward: Toward, weight: Weight) -> Nearest:
    """Find the nearest facility of every demand point, door to door.

    Parameters
    ----------
    graph
        The directed graph of one profile.
    demand, facilities
        Where the points meet this graph (`roads.snapping.snap`).
    toward
        ``"facility"``: people travel to the facility; ``"demand"``: crews travel from the facility to the people.
        One-way roads make the two differ.
    weight
        ``"time"`` or ``"distance"``; the latter finds the shortest way, which need not be the fastest.

    Returns
    -------
    Nearest
        Over the demand points, in their order. A point or facility that is not connected is reached by nobody.

    Notes
    -----
    Parallel arcs: the lightest counts. Arcs of no length count as such. Ties and rounding: see the module.

    Examples
    --------
    One kilometre of road at 36 km/h, 10 m/s; the door of the second facility is right at the road, 400 m on:

    >>> from coverplan.core.model import SpeedProfile
    >>> from coverplan.roads.courses import straight_network
    >>> from coverplan.roads.snapping import snap
    >>> from coverplan.roads.speeds import build_graph
    >>> network = straight_network(x_m=[0, 1000], y_m=[0, 0], edges=[(0, 1)], road_class="tertiary")
    >>> graph = build_graph(network, SpeedProfile(name="test", mode="drive", kph={"tertiary": 36.0}))
    >>> demand, facilities = snap(network, graph, [100], [0]), snap(network, graph, [1000, 500], [0, 0])
    >>> found = nearest(graph, demand, facilities, toward="facility", weight="time")
    >>> found.value.tolist(), found.facility.tolist()
    ([40.0], [1])
    """
    return at_points(graph, demand, facilities, node_field(graph, facilities, toward=toward, weight=weight))


def node_field(graph: Graph, facilities: Snaps, *, toward: Toward, weight: Weight) -> NodeField:
    """Find the nearest facility of every node, by one search from all facilities at once.

    Raises
    ------
    ValueError
        When weights times facilities pass 2**53, beyond which sums would no longer be exact.
    """
    met = meet(graph, facilities, weight, leaving=toward == "demand")
    scale = len(facilities.edge) + 1
    rank = np.arange(1, scale)
    at_start, at_end = (met.in_start, met.in_end) if toward == "facility" else (met.out_start, met.out_end)
    seed_node = np.concatenate([met.start, met.end])
    seed_key = np.concatenate([at_start + met.offroad, at_end + met.offroad]) * scale + np.tile(rank, 2)
    seeds = np.isfinite(seed_key)
    key = _search(graph, seed_node[seeds], seed_key[seeds], scale, toward=toward, weight=weight)
    value, facility = _split(key, scale)
    return NodeField(value=value, facility=facility, n_facilities=scale - 1, toward=toward, weight=weight)


def at_points(graph: Graph, demand: Snaps, facilities: Snaps, field: NodeField) -> Nearest:
    """Read a field at points of the network, door to door; `field` must come from the same graph and facilities.

    Each point takes the better of its two junctions, or a facility on its own edge where the direction allows.
    """
    leaving = field.toward == "facility"
    met = meet(graph, demand, field.weight, leaving=leaving)
    goals = meet(graph, facilities, field.weight, leaving=not leaving)
    scale = field.n_facilities + 1
    key = np.where(field.facility >= 0, field.value * scale + field.facility + 1, np.inf)
    key = np.append(key, np.inf)
    to_start, to_end = (met.out_start, met.out_end) if field.toward == "facility" else (met.in_start, met.in_end)
    best = np.minimum(to_start * scale + key[met.start], to_end * scale + key[met.end])
    point, facility, cost = _on_one_edge(met, goals, field.toward)
    np.minimum.at(best, point, cost * scale + facility + 1)
    value, nearest_one = _split(best + met.offroad * scale, scale)
    return Nearest(value=from_tenths(value), facility=nearest_one)


def meet(graph: Graph, snaps: Snaps, weight: Weight, *, leaving: bool) -> Met:
    """Return where points meet the arcs of a graph, to be left or entered, and the legs to and from their junctions."""
    # One more entry at the end of each array, so that "no edge" and "no arc", -1, look up nothing.
    forward = np.append(graph.arc_forward, -1)[snaps.edge]
    backward = np.append(graph.arc_backward, -1)[snaps.edge]
    arc = np.maximum(forward, backward)
    length_dm = np.append(graph.length_dm, 0)[arc]
    along_dm = np.rint(np.where(arc >= 0, snaps.fraction, np.nan) * length_dm)
    at_start, at_end = along_dm <= 0, along_dm >= length_dm
    share = np.where(at_start, 0.0, np.where(at_end, 1.0, snaps.fraction))
    weights = np.append(_weights(graph, weight), np.nan)
    part_forward, part_backward = np.rint(share * weights[forward]), np.rint(share * weights[backward])
    start, end = (np.append(nodes, -1)[snaps.edge] for nodes in graph.gates(leaving=leaving))
    if graph.ends is not None:
        stands = [np.append(nodes, -1)[snaps.edge] for nodes in graph.stands(leaving=leaving)]
        start, end = np.where(at_start, stands[0], start), np.where(at_end, stands[1], end)
    offroad = snaps.offroad_ds if weight == "time" else snaps.offroad_dm
    return Met(
        edge=snaps.edge,
        share=share,
        forward=part_forward,
        backward=part_backward,
        start=start,
        end=end,
        out_start=_or_inf(np.where(at_start, 0.0, part_backward)),
        out_end=_or_inf(np.where(at_end, 0.0, weights[forward] - part_forward)),
        in_start=_or_inf(np.where(at_start, 0.0, part_forward)),
        in_end=_or_inf(np.where(at_end, 0.0, weights[backward] - part_backward)),
        offroad=offroad,
    )


def _or_inf(values: Float) -> Float:
    return np.where(np.isnan(values), np.inf, values)


def _on_one_edge(demand: Met, facilities: Met, toward: Toward) -> tuple[Int64, Int64, Float]:
    """Return every demand point and facility that share an edge, and the trip along it, off-road at the facility."""
    by_edge = np.argsort(facilities.edge, kind="stable")
    by_edge = by_edge[facilities.edge[by_edge] >= 0]
    edges = facilities.edge[by_edge]
    first, last = (np.searchsorted(edges, demand.edge, side=side) for side in ("left", "right"))
    count = last - first
    point = np.repeat(np.arange(len(count)), count)
    facility = by_edge[np.arange(len(point)) + np.repeat(first - (np.cumsum(count) - count), count)]
    ways = (demand, point), (facilities, facility)
    (origin, i), (goal, j) = ways if toward == "facility" else ways[::-1]
    along = np.where(origin.share[i] <= goal.share[j], goal.forward[j] - origin.forward[i], np.nan)
    against = np.where(origin.share[i] >= goal.share[j], origin.backward[i] - goal.backward[j], np.nan)
    return point, facility, _or_inf(np.fmin(along, against)) + facilities.offroad[facility]


def _search(graph: Graph, seed_node: Int32, seed_key: Float, scale: int, *, toward: Toward, weight: Weight) -> Float:
    """Return the smallest key at every node, by Dijkstra's algorithm from one extra node that leads to every seed."""
    weights = _weights(graph, weight) * scale
    tail, head = (graph.head, graph.tail) if toward == "facility" else (graph.tail, graph.head)
    source = graph.n_nodes
    matrix = _lightest(
        np.concatenate([tail, np.full(len(seed_node), source)]),
        np.concatenate([head, seed_node]),
        np.concatenate([weights, seed_key]),
        graph.n_nodes + 1,
    )
    return dijkstra(matrix, indices=[source])[0, :source]


def _lightest(tail: Int32, head: Int32, weights: Float, n_nodes: int) -> csr_array:
    """Return arcs as a sparse matrix, tail x head, keeping the lightest of parallel ones, which SciPy would add up.

    An arc of no length is a stored zero, and SciPy's searches take stored zeros as arcs.
    """
    n_arcs = len(tail)
    # Bring arcs that leave the same node together in one pass: each arc is a column of its own, so none is added up.
    arc = np.arange(n_arcs)
    by_tail = coo_array((arc, (tail, arc)), shape=(n_nodes, n_arcs)).tocsr()
    starts = by_tail.indptr
    rows = csr_array((weights[by_tail.data], head[by_tail.data], starts), shape=(n_nodes, n_nodes))
    rows.sort_indices()
    first = np.ones(n_arcs, dtype=bool)
    first[1:] = rows.indices[1:] != rows.indices[:-1]
    first[starts[:-1][starts[:-1] < n_arcs]] = True
    kept = np.flatnonzero(first)
    lightest = np.minimum.reduceat(rows.data, kept) if n_arcs else rows.data
    return csr_array((lightest, rows.indices[kept], np.searchsorted(kept, starts)), shape=(n_nodes, n_nodes))


def _split(key: Float, scale: int) -> tuple[Float, Int32]:
    """Take keys apart into value and facility; whole-number division, for a quotient of floats may round up."""
    reached = np.isfinite(key)
    if np.max(key, where=reached, initial=0.0) >= _EXACT:
        raise ValueError("this network is too long for exact arithmetic with so many facilities; split the facilities")
    value, rank = np.divmod(np.where(reached, key, 0.0).astype(np.int64), scale)
    return np.where(reached, value, np.inf), np.where(reached, rank - 1, -1).astype(np.int32)


def _weights(graph: Graph, weight: Weight) -> Float:
    return (graph.time_ds if weight == "time" else graph.length_dm).astype(np.float64)
