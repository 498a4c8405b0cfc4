"""The network that a search has to look at, and how the rest hangs on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from coverplan.core.model import Toward, Weight
from coverplan.roads.network import Graph
from coverplan.travel.kernels.pockets import MOST_IN_POCKET, Pockets, find_pockets
from coverplan.travel.kernels.rows import Int32, Int64, Rows, UInt32, build_rows
from coverplan.travel.ordering import along_hilbert_curve, by_topology


class Hooks(NamedTuple):
    """How pockets hang on a core of c nodes, in one direction: h nodes in k pockets.

    Attributes
    ----------
    n_core : int
    pocket : (h,) int32
        The pocket of each place from ``n_core`` on.
    begin : (k + 1,) int64
        The nodes of pocket i are ``begin[i]`` to ``begin[i + 1]``, counted from ``n_core``.
    first, second : (k,) uint32
        The places each pocket hangs on; the second is ``n_core``, which no search reaches, where there is only one.
    first_leg, second_leg : (h,) uint32
        From the first and the second anchor to each node; `UNREACHED` where there is no way.
    """

    n_core: int
    pocket: Int32
    begin: Int64
    first: UInt32
    second: UInt32
    first_leg: UInt32
    second_leg: UInt32


@dataclass(frozen=True, kw_only=True, eq=False)
class Side:
    """One driving direction of a core: away from the places where a search starts, whichever way the trips run.

    Attributes
    ----------
    rows : Rows
        Arcs between nodes of the core.
    inside : Rows
        Arcs of the nodes in pockets, to any place; row i is that of place ``n_core + i``.
    hooks : Hooks
    """

    rows: Rows
    inside: Rows
    hooks: Hooks


@dataclass(frozen=True, kw_only=True, eq=False)
class Core:
    """A graph in the form that the searches use, for one weight.

    Nodes have a place: 0 to ``n_core - 1`` for those a search goes through, along a curve or by topology; then those in
    pockets, pocket by pocket.

    Attributes
    ----------
    n_nodes, n_core : int
    place : (n,) int32
        The place of each node of the graph.
    node : (n,) int32
        The node at each place.
    away, toward : Side
        Along the arcs (from facilities to demand), and against them.
    """

    n_nodes: int
    n_core: int
    place: Int32
    node: Int32
    away: Side
    toward: Side

    def side(self, toward: Toward) -> Side:
        """Return the direction in which a search from facilities has to run."""
        return self.away if toward == "demand" else self.toward


_Arcs = tuple[Int32, Int32, Int64]

_CORES: WeakKeyDictionary[Graph, dict[Weight, Core]] = WeakKeyDictionary()


def core_of(graph: Graph, weight: Weight) -> Core:
    """Return the core of a graph; it is built once and kept as long as the graph."""
    known = _CORES.setdefault(graph, {})
    if weight not in known:
        values = graph.time_ds if weight == "time" else graph.length_dm
        known[weight] = build_core(graph.n_nodes, graph.tail, graph.head, values)
    return known[weight]


def build_core(
    n_nodes: int,
    tail: npt.ArrayLike,
    head: npt.ArrayLike,
    weight: npt.ArrayLike,
    *,
    x_m: npt.ArrayLike | None = None,
    y_m: npt.ArrayLike | None = None,
    most_in_pocket: int = MOST_IN_POCKET,
) -> Core:
    """Make a network small: cut its pockets out, and put what is left in an order that memory likes.

    Parameters
    ----------
    n_nodes, tail, head, weight
        The arcs; weights are whole tenths. Parallel arcs count as the lightest of them, loops not at all.
    x_m, y_m
        Positions of the nodes; without them the order is by topology.
    most_in_pocket
        0 leaves every node in the core.
    """
    forward, backward = build_rows(n_nodes, tail, head, weight), build_rows(n_nodes, head, tail, weight)
    found = find_pockets(forward, backward, most_in_pocket)
    tails, heads, weights = _arcs(forward)
    place, n_core = _places(found, tails, heads, x_m, y_m)
    node = np.empty(n_nodes, dtype=np.int32)
    node[place] = np.arange(n_nodes, dtype=np.int32)
    hooks = _hooks(found, place, node[n_core:], n_core)
    arcs = place[tails], place[heads], weights
    through = place[found.tail], place[found.head], found.weight
    legs = found.legs[node[n_core:]]
    return Core(
        n_nodes=n_nodes,
        n_core=n_core,
        place=place,
        node=node,
        away=_side(hooks, arcs, through, legs[:, [0, 2]]),
        toward=_side(hooks, (arcs[1], arcs[0], arcs[2]), (through[1], through[0], through[2]), legs[:, [1, 3]]),
    )


def _arcs(rows: Rows) -> tuple[Int64, Int64, Int64]:
    tail = np.repeat(np.arange(rows.n_nodes), np.diff(rows.start.astype(np.int64)))
    return tail, rows.arcs[0::2].astype(np.int64), rows.arcs[1::2].astype(np.int64)


def _places(
    found: Pockets, tail: Int64, head: Int64, x_m: npt.ArrayLike | None, y_m: npt.ArrayLike | None
) -> tuple[Int32, int]:
    """Return the place of each node, and how many are in the core."""
    staying = np.flatnonzero(found.pocket < 0)
    n_core = len(staying)
    place = np.full(len(found.pocket), -1, dtype=np.int32)
    place[staying] = np.arange(n_core)
    if x_m is None or y_m is None:
        ends = place[np.concatenate([tail, found.tail])], place[np.concatenate([head, found.head])]
        both = (ends[0] >= 0) & (ends[1] >= 0)
        order = by_topology(n_core, ends[0][both].astype(np.int64), ends[1][both].astype(np.int64))
    else:
        order = along_hilbert_curve(np.asarray(x_m)[staying], np.asarray(y_m)[staying])
    place[staying[order]] = np.arange(n_core)
    inside = np.flatnonzero(found.pocket >= 0)
    # Pockets stand in the order of their first anchor, their nodes in the order they had.
    near = place[found.anchors[:, 0]].astype(np.int64) * (len(found.anchors) + 1) + np.arange(len(found.anchors))
    order = np.argsort(near[found.pocket[inside]], kind="stable")
    place[inside[order]] = np.arange(n_core, len(place))
    return place, n_core


def _hooks(found: Pockets, place: Int32, inside: Int32, n_core: int) -> Hooks:
    """Return pockets numbered as their nodes stand; legs are left to be filled in."""
    old = found.pocket[inside]
    begin = np.flatnonzero(np.diff(old, prepend=-1))
    anchors = found.anchors[old[begin]]
    none = np.empty(0, np.uint32)
    return Hooks(
        n_core=n_core,
        pocket=np.repeat(np.arange(len(begin), dtype=np.int32), np.diff(begin, append=len(old))),
        begin=np.append(begin, len(old)).astype(np.int64),
        first=place[anchors[:, 0]].astype(np.uint32),
        second=np.where(anchors[:, 1] >= 0, place[anchors[:, 1]], n_core).astype(np.uint32),
        first_leg=none,
        second_leg=none,
    )


def _side(hooks: Hooks, arcs: _Arcs, through: _Arcs, legs: Int64) -> Side:
    tail, head, weight = arcs
    n_core = hooks.n_core
    both = (tail < n_core) & (head < n_core)
    inside = tail >= n_core
    tails, heads, weights = (np.concatenate([part[both], extra]) for part, extra in zip(arcs, through, strict=True))
    first_leg, second_leg = (np.ascontiguousarray(column, dtype=np.uint32) for column in legs.T)
    return Side(
        rows=build_rows(n_core, tails, heads, weights),
        inside=_inside_rows(len(legs), tail[inside] - n_core, head[inside], weight[inside]),
        hooks=hooks._replace(first_leg=first_leg, second_leg=second_leg),
    )


def _inside_rows(n_inside: int, tail: Int32, head: Int32, weight: Int64) -> Rows:
    order = np.argsort(tail, kind="stable")
    start = np.zeros(n_inside + 1, dtype=np.uint32)
    np.cumsum(np.bincount(tail, minlength=n_inside), out=start[1:])
    arcs = np.column_stack([head[order], weight[order]]).astype(np.uint32).ravel()
    return Rows(start, arcs, heaviest=int(weight.max(initial=0)), bucket=0)
