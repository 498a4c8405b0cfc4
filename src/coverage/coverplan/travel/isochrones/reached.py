"""Which bits of road are within a limit: whole edges, and edges as far as the time lasts.

An edge can be entered from its start, from its end, from a door on it, or from several of them, each as its direction
allows. Every edge is cut at the doors on it into stretches that are entered at their two ends only. On a stretch, the
two fronts run toward each other and stop where they meet; until they do, a gap stays between them.

Costs are whole tenths at junctions and doors, and grow evenly between them. At a point of an edge this is within half a
tenth of what `travel.field.at_points` says, which rounds there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coverplan.core.model import Toward, Weight
from coverplan.roads.network import Bool, Float, Graph, Int32, Int64, Network, Snaps
from coverplan.travel.field import NodeField

_NO_LENGTH_M = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class Stretches:
    """Parts of edges that are entered at their ends only: s of them, each from share `low` to share `high`.

    Attributes
    ----------
    edge : (s,) int64
    low, high : (s,) float64
        Shares of the edge's course, 0..1.
    cost_low, cost_high : (s,) float64
        What it costs to be at either end, whole tenths; `inf` where unreached.
    rate_low, rate_high : (s,) float64
        Tenths for the whole edge when it is entered at that end; `inf` where it must not be.
    owner_low, owner_high : (s,) int32
        The facility that reaches either end.
    meet : (s,) float64
        The share at which the fronts from both ends meet.
    """

    edge: Int64
    low: Float
    high: Float
    cost_low: Float
    cost_high: Float
    rate_low: Float
    rate_high: Float
    owner_low: Int32
    owner_high: Int32
    meet: Float


@dataclass(frozen=True, kw_only=True, eq=False)
class Bits:
    """Reached parts of edges, which overlap nowhere: b of them, from share `begin` to share `end` of the course.

    Attributes
    ----------
    edge : (b,) int64
    begin, end : (b,) float64
        `begin` is at most `end`; they are equal where a limit reaches a place and not a step beyond it.
    owner : (b,) int32
        The facility that reaches it.
    """

    edge: Int64
    begin: Float
    end: Float
    owner: Int32


@dataclass(frozen=True, kw_only=True, eq=False)
class Doors:
    """Facilities on their edges: where, and what their own leg costs in tenths; d of them."""

    edge: Int64
    share: Float
    cost: Float
    owner: Int32


def field_stretches(network: Network, graph: Graph, facilities: Snaps, field: NodeField, limit: float) -> Stretches:
    """Return the stretches entered within a limit in tenths, by the field of these facilities on this graph."""
    near = field.value <= limit
    doors = doors_on_edges(graph, facilities, field.weight)
    start, end = graph.gates(leaving=field.toward == "facility")
    near = np.append(near, False)  # closed edges have no nodes
    edges = near[start] | near[end]
    edges[doors.edge] = True
    return stretches(
        network,
        graph,
        np.flatnonzero(edges),
        (field.value, field.facility),
        doors,
        toward=field.toward,
        weight=field.weight,
        ends=(start, end),
    )


def doors_on_edges(graph: Graph, facilities: Snaps, weight: Weight) -> Doors:
    """Return where facilities stand; one less than 5 cm from a junction stands on it, as in `travel.field`."""
    arc = np.append(np.maximum(graph.arc_forward, graph.arc_backward), -1)[facilities.edge]
    connected = np.flatnonzero(arc >= 0)
    length_dm = graph.length_dm[arc[connected]]
    along_dm = np.rint(facilities.fraction[connected] * length_dm)
    share = np.where(along_dm <= 0, 0.0, np.where(along_dm >= length_dm, 1.0, facilities.fraction[connected]))
    offroad = facilities.offroad_ds if weight == "time" else facilities.offroad_dm
    return Doors(
        edge=facilities.edge[connected].astype(np.int64),
        share=share,
        cost=offroad[connected],
        owner=connected.astype(np.int32),
    )


def stretches(
    network: Network,
    graph: Graph,
    edges: Int64,
    nodes: tuple[Float, Int32],
    doors: Doors,
    *,
    toward: Toward,
    weight: Weight,
    ends: tuple[Int32, Int32] | None = None,
) -> Stretches:
    """Return the stretches of some edges.

    Parameters
    ----------
    network, graph
        The roads, and the graph of one profile on them.
    edges : (k,) int64
        The edges to look at, each once; those with doors among them.
    nodes : (n,) and (n,)
        Cost in tenths at every node (`inf` = unreached), and the facility it comes from.
    doors
        Facilities on these edges.
    toward, weight
        Which way trips run, and what costs are measured in.
    ends
        The nodes that say what the start and the end of each edge of the network cost; its own unless given.
    """
    cost, owner = nodes
    start, end = (nodes[edges] for nodes in ends or (network.edge_from, network.edge_to))
    with_doors = np.isin(edges, doors.edge)
    is_open = (graph.arc_forward[edges] >= 0) | (graph.arc_backward[edges] >= 0)
    edges, start, end, with_doors = edges[is_open], start[is_open], end[is_open], with_doors[is_open]
    rate_low, rate_high = _rates(graph, edges, toward, weight)
    plain = ~with_doors
    columns = [
        [edges, np.zeros(len(edges)), np.ones(len(edges)), cost[start], cost[end], rate_low, rate_high],
        [owner[start], owner[end]],
    ]
    whole = [column[plain] for column in (*columns[0], *columns[1])]
    if not plain.all():
        rows = np.array(
            [row for i in np.flatnonzero(with_doors) for row in _cut([c[i] for c in (*columns[0], *columns[1])], doors)]
        )
        whole = [np.concatenate([column, more]) for column, more in zip(whole, rows.T, strict=True)]
    return _with_meeting(whole)


def bits_within(found: Stretches, limit: float, beyond: float = -1.0) -> Bits:
    """Return the bits of road within a limit in tenths, but not those within another one, `beyond`."""
    from_low, from_high = _fronts(found, limit)
    before_low, before_high = _fronts(found, beyond)
    was_low, was_high = found.cost_low <= beyond, found.cost_high <= beyond
    new_low = _enters(found.cost_low, found.rate_low, limit) & ~(was_low & (before_low >= from_low))
    new_high = _enters(found.cost_high, found.rate_high, limit) & ~(was_high & (before_high <= from_high))
    return Bits(
        edge=np.concatenate([found.edge[new_low], found.edge[new_high]]),
        begin=np.concatenate([np.where(was_low, before_low, found.low)[new_low], from_high[new_high]]),
        end=np.concatenate([from_low[new_low], np.where(was_high, before_high, found.high)[new_high]]),
        owner=np.concatenate([found.owner_low[new_low], found.owner_high[new_high]]),
    )


def segments(network: Network, bits: Bits) -> tuple[Float, Int64]:
    """Lay bits of road along the courses of their edges, as straight pieces.

    Returns
    -------
    ends : (p, 4) float64
        x and y of both ends of each piece, metres.
    bit : (p,) int64
        The bit that each piece belongs to.
    """
    first = network.shape_start[bits.edge]
    count = network.shape_start[bits.edge + 1] - first - 1
    bit = np.repeat(np.arange(len(count)), count)
    begins = np.cumsum(count) - count
    vertex = np.arange(len(bit)) + np.repeat(first - begins, count)
    x, y = network.shape_x_m, network.shape_y_m
    x0, y0, x1, y1 = x[vertex], y[vertex], x[vertex + 1], y[vertex + 1]
    length = np.hypot(x1 - x0, y1 - y0)
    along = np.cumsum(length) - length
    along -= np.repeat(along[begins], count) if len(begins) else 0.0
    total = (along + length)[begins + count - 1][bit] if len(begins) else along
    at, to = (
        np.clip((share[bit] * total - along) / np.where(length > 0, length, 1.0), 0.0, 1.0)
        for share in (bits.begin, bits.end)
    )
    # Of a bit that is a single place nothing would be left: the pieces that hold the place are kept.
    spot = bits.begin[bit] * total
    lone = (bits.end == bits.begin)[bit] | (total <= 0)
    kept = (to > at) | (lone & (spot >= along - _NO_LENGTH_M) & (spot <= along + length + _NO_LENGTH_M))
    dx, dy = x1 - x0, y1 - y0
    # Right to the vertex where a piece goes that far, so that the next piece begins exactly there.
    to_x, to_y = np.where(to == 1, x1, x0 + to * dx), np.where(to == 1, y1, y0 + to * dy)
    ends = np.stack([x0 + at * dx, y0 + at * dy, to_x, to_y], axis=1)
    return ends[kept], bit[kept]


def _rates(graph: Graph, edges: Int64, toward: Toward, weight: Weight) -> tuple[Float, Float]:
    weights = np.append((graph.time_ds if weight == "time" else graph.length_dm).astype(np.float64), np.inf)
    along, against = weights[graph.arc_forward[edges]], weights[graph.arc_backward[edges]]
    # Away from a facility is against the way that people travel to it.
    return (along, against) if toward == "demand" else (against, along)


def _enters(cost: Float, rate: Float, limit: float) -> Bool:
    return (cost <= limit) & np.isfinite(rate)


def _fronts(found: Stretches, limit: float) -> tuple[Float, Float]:
    """Return how far each stretch is reached from its low end, and from its high end, as shares of the course."""
    gone = []
    for cost, rate in ((found.cost_low, found.rate_low), (found.cost_high, found.rate_high)):
        left = np.where(cost <= limit, limit - np.where(cost <= limit, cost, 0.0), 0.0)
        gone.append(np.where(rate > 0, left / np.where(rate > 0, rate, 1.0), 1.0))
    return np.minimum(found.low + gone[0], found.meet), np.maximum(found.high - gone[1], found.meet)


def _with_meeting(columns: list[np.ndarray]) -> Stretches:
    edge, low, high, cost_low, cost_high, rate_low, rate_high, owner_low, owner_high = columns
    from_low, from_high = (np.isfinite(cost) & np.isfinite(rate) for cost, rate in
                           ((cost_low, rate_low), (cost_high, rate_high)))  # fmt: skip
    both = from_low & from_high & (rate_low + rate_high > 0)
    safe = [np.where(both, column, 1.0) for column in (cost_low, cost_high, rate_low, rate_high)]
    at = (safe[1] - safe[0] + high * safe[3] + low * safe[2]) / (safe[2] + safe[3])
    meet = np.where(both, np.clip(at, low, high), np.where(from_low, high, low))
    return Stretches(
        edge=edge.astype(np.int64),
        low=low,
        high=high,
        cost_low=cost_low,
        cost_high=cost_high,
        rate_low=rate_low,
        rate_high=rate_high,
        owner_low=owner_low.astype(np.int32),
        owner_high=owner_high.astype(np.int32),
        meet=meet,
    )


def _cut(edge_row: list[float], doors: Doors) -> list[tuple[float, ...]]:
    """Cut one edge at the doors on it; returns a row per stretch, with the columns of `Stretches` up to the owners."""
    edge, _, _, cost_start, cost_end, rate_low, rate_high, owner_start, owner_end = edge_row
    here = np.flatnonzero(doors.edge == edge)
    here = here[np.argsort(doors.share[here], kind="stable")]
    share = [0.0, *doors.share[here].tolist(), 1.0]
    cost = [float(cost_start), *doors.cost[here].tolist(), float(cost_end)]
    owner = [int(owner_start), *doors.owner[here].tolist(), int(owner_end)]
    n = len(share)
    for order, rate in ((range(1, n), rate_low), (range(n - 2, -1, -1), rate_high)):
        step = -1 if order.step > 0 else 1
        for i in order:
            gap = abs(share[i] - share[i + step])
            through = cost[i + step] + (gap * rate if gap else 0.0)
            cost[i], owner[i] = min((cost[i], owner[i]), (through, owner[i + step]))
    return [
        (edge, share[i], share[i + 1], cost[i], cost[i + 1], rate_low, rate_high, owner[i], owner[i + 1])
        for i in range(n - 1)
    ]
