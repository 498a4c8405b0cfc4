"""Turns that are forbidden or take time, made part of a graph, so that every search obeys them without knowing of them.

A junction where turns matter is taken apart: arcs on which a turn is forbidden or costs something end at a node of
their own, from which one arc leads into every road that is open from there. Where nothing is said, nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from coverplan.core.units import TENTHS
from coverplan.roads.network import Bool, Float, Graph, Int32, Int64, Network

TURNS = ("straight", "left", "right", "u_turn")
"""The kinds of turns that may cost time; drivers keep to the right, so a left turn crosses the other lane."""
_BENDS_FROM, _TURNS_BACK_FROM = 45.0, 150.0
"""Degrees from which on going on is a turn, and from which on it is a U-turn."""


class _Pairs(NamedTuple):
    """Every turn at some junctions: the arc one comes by, and the arc one goes on along."""

    arriving: Int64
    leaving: Int64


def with_turns(network: Network, graph: Graph, turn_s: Mapping[str, float], *, obey: bool) -> Graph:
    """Return a graph whose searches obey turn restrictions and pay for turns.

    Parameters
    ----------
    network, graph
        The roads, and the graph of one profile on them, without turns so far.
    turn_s
        Seconds for each of `TURNS` at junctions of three roads or more that the profile may use; absent ones cost
        nothing. Bends are measured between the last and the first piece of the two courses: up to 45 degrees is
        straight on, from 150 on, or back along the same road, a U-turn.
    obey
        Whether the network's forbidden turns bind the profile.

    Returns
    -------
    Graph
        The arcs of `graph` first, in their order; some end or begin at new nodes. Then the turns, arcs of no length on
        no edge. The graph itself when nothing is forbidden and nothing costs.
    """
    forbidden = _forbidden(network, graph) if obey else np.zeros((0, 2), dtype=np.int64)
    costs = _costs(graph, turn_s)
    at = np.zeros(network.n_nodes, dtype=bool)
    at[graph.head[forbidden[:, 0]]] = True
    if costs.any():
        at |= _junctions(network, graph)
    if not at.any():
        return graph
    pairs = _pairs(graph, at)
    cost = _turn_costs(network, graph, pairs, costs)
    n = np.int64(graph.n_arcs)
    is_open = ~np.isin(pairs.arriving * n + pairs.leaving, forbidden[:, 0] * n + forbidden[:, 1])
    return _taken_apart(network, graph, pairs, cost, is_open)


def _costs(graph: Graph, turn_s: Mapping[str, float]) -> Int32:
    return np.rint([turn_s.get(kind, 0.0) / graph.profile.factor * TENTHS for kind in TURNS]).astype(np.int32)


def _forbidden(network: Network, graph: Graph) -> Int64:
    """Return forbidden turns as pairs of arcs."""
    edge, other, end = network.no_turns.T.astype(np.int64)
    arriving = np.where(end == 1, graph.arc_forward[edge], graph.arc_backward[edge])
    node = np.where(end == 1, network.edge_to[edge], network.edge_from[edge])
    found = []
    for arcs, begins in ((graph.arc_forward, network.edge_from), (graph.arc_backward, network.edge_to)):
        leaving = np.where(begins[other] == node, arcs[other], -1)
        is_turn = (arriving >= 0) & (leaving >= 0)
        found.append(np.column_stack([arriving[is_turn], leaving[is_turn]]))
    return np.concatenate(found).astype(np.int64)


def _junctions(network: Network, graph: Graph) -> Bool:
    open_ = np.flatnonzero((graph.arc_forward >= 0) | (graph.arc_backward >= 0))
    ends = np.concatenate([network.edge_from[open_], network.edge_to[open_]])
    return np.bincount(ends, minlength=network.n_nodes) >= 3


def _pairs(graph: Graph, at: Bool) -> _Pairs:
    arriving = np.flatnonzero(at[graph.head])
    by_tail = np.argsort(graph.tail, kind="stable")
    tails = graph.tail[by_tail]
    first, last = (np.searchsorted(tails, graph.head[arriving], side=side) for side in ("left", "right"))
    count = last - first
    within = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    return _Pairs(np.repeat(arriving, count), by_tail[np.repeat(first, count) + within])


def _turn_costs(network: Network, graph: Graph, pairs: _Pairs, costs: Int32) -> Int32:
    if not costs.any():
        return np.zeros(len(pairs.arriving), dtype=np.int32)
    came, goes = (
        _bearing(network, graph, pairs.arriving, last=True),
        _bearing(network, graph, pairs.leaving, last=False),
    )
    bend = np.round((goes - came + 540.0) % 360.0 - 180.0, 6)
    back = (np.abs(bend) >= _TURNS_BACK_FROM) | (graph.edge[pairs.arriving] == graph.edge[pairs.leaving])
    kind = np.select([back, bend >= _BENDS_FROM, bend <= -_BENDS_FROM], [3, 1, 2], default=0)
    return np.where(_junctions(network, graph)[graph.head[pairs.arriving]], costs[kind], 0).astype(np.int32)


def _bearing(network: Network, graph: Graph, arc: Int64, *, last: bool) -> Float:
    """Return the direction of the last or first piece of each arc, in degrees from east; NaN for one of no length."""
    edge, along = graph.edge[arc], graph.along[arc]
    at_end = along == last
    vertex = np.where(at_end, network.shape_start[edge + 1] - 2, network.shape_start[edge])
    dx = network.shape_x_m[vertex + 1] - network.shape_x_m[vertex]
    dy = network.shape_y_m[vertex + 1] - network.shape_y_m[vertex]
    way = np.where(along, 1.0, -1.0)
    return np.where((dx == 0) & (dy == 0), np.nan, np.degrees(np.arctan2(dy * way, dx * way)))


def _taken_apart(network: Network, graph: Graph, pairs: _Pairs, cost: Int32, is_open: Bool) -> Graph:
    """Give arcs that do not turn freely an end of their own, and every road out of such a junction a beginning.

    Whoever sets out at the junction itself leaves from its old node and pays nothing; whoever ends there is met at one
    more node, which no road leaves.
    """
    bound = np.unique(pairs.arriving[(cost > 0) | ~is_open])
    nodes = np.unique(graph.head[bound])
    at = np.zeros(graph.n_nodes, dtype=bool)
    at[nodes] = True
    outgoing = np.flatnonzero(at[graph.tail])
    head, tail = graph.head.copy(), graph.tail.copy()
    head[bound] = graph.n_nodes + np.arange(len(bound))
    tail[outgoing] = graph.n_nodes + len(bound) + np.arange(len(outgoing))
    enter_at = np.arange(graph.n_nodes, dtype=np.int32)
    enter_at[nodes] = graph.n_nodes + len(bound) + len(outgoing) + np.arange(len(nodes))
    turns = np.isin(pairs.arriving, bound) & is_open
    turn_tail = [head[pairs.arriving[turns]], graph.tail[outgoing], head[bound], nodes]
    turn_head = [tail[pairs.leaving[turns]], tail[outgoing], enter_at[graph.head[bound]], enter_at[nodes]]
    n_turns = sum(len(part) for part in turn_tail)
    paid = np.concatenate([cost[turns], np.zeros(n_turns - int(turns.sum()), dtype=np.int32)])
    none = np.full(n_turns, -1, dtype=np.int32)
    return replace(
        graph,
        n_nodes=graph.n_nodes + len(bound) + len(outgoing) + len(nodes),
        tail=np.concatenate([tail, *turn_tail]).astype(np.int32),
        head=np.concatenate([head, *turn_head]).astype(np.int32),
        time_ds=np.concatenate([graph.time_ds, paid]),
        length_dm=np.concatenate([graph.length_dm, np.zeros(n_turns, dtype=np.int32)]),
        edge=np.concatenate([graph.edge, none]),
        along=np.concatenate([graph.along, np.zeros(n_turns, dtype=bool)]),
        ends=np.column_stack([network.edge_from, network.edge_to]).astype(np.int32),
        enter_at=enter_at,
    )
