"""The network that a search has to look at, and how the rest hangs on it."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from coverplan.core.model import Toward, Weight
from coverplan.roads.network import Graph
from coverplan.travel.kernels.jit import UNREACHED
from coverplan.travel.kernels.pockets import MOST_IN_POCKET, Pockets, find_pockets
from coverplan.travel.kernels.rows import Int32, Int64, Rows, UInt32, build_rows
from coverplan.travel.ordering import along_hilbert_curve, by_topology


@dataclass(frozen=True, kw_only=True, eq=False)
class Side:
    """One driving direction of a core: away from the places where a search starts, whichever way the trips run.

    With h nodes in pockets and c in the core:

    Attributes
    ----------
    rows : Rows
        Arcs between nodes of the core.
    inside : Rows
        Arcs of the nodes in pockets, to any place; row i is that of place ``c + i``.
    first_leg, second_leg : (h,) uint32
        From the first and the second anchor to each node in a pocket; `UNREACHED` where there is no way.
    """

    rows: Rows
    inside: Rows
    first_leg: UInt32
    second_leg: UInt32


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
    pocket : (h,) int32
        The pocket of each place from ``n_core`` on.
    pocket_start : (k + 1,) int64
        The nodes of pocket i are ``pocket_start[i]`` to ``pocket_start[i + 1]``, counted from ``n_core``.
    first, second : (k,) uint32
        The places each pocket hangs on; the second is ``n_core``, which no search reaches, where there is only one.
    away, toward : Side
        Along the arcs (from facilities to demand), and against them.
    """

    n_nodes: int
    n_core: int
    place: Int32
    node: Int32
    pocket: Int32
    pocket_start: Int64
    first: UInt32
    second: UInt32
    away: Side
    toward: Side

    def side(self, toward: Toward) -> Side:
        """Return the direction in which a search from facilities has to run."""
        return self.away if toward == "demand" else self.toward


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
    found = find_pockets((forward.start, forward.arcs), (backward.start, backward.arcs), most_in_pocket)
    tails, heads, weights = _arcs(forward)
    place, n_core = _places(found, tails, heads, x_m, y_m)
    node = np.empty(n_nodes, dtype=np.int32)
    node[place] = np.arange(n_nodes, dtype=np.int32)
    in_pockets = node[n_core:]
    pocket, pocket_start, first, second = _pockets_by_place(found, place, in_pockets, n_core)
    legs = found.legs[in_pockets].astype(np.uint32)
    tails, heads = place[tails], place[heads]
    through = (place[found.tail], place[found.head], found.weight)
    return Core(
        n_nodes=n_nodes,
        n_core=n_core,
        place=place,
        node=node,
        pocket=pocket,
        pocket_start=pocket_start,
        first=first,
        second=second,
        away=_side(n_core, (tails, heads, weights), through, legs[:, 0], legs[:, 2]),
        toward=_side(n_core, (heads, tails, weights), (through[1], through[0], found.weight), legs[:, 1], legs[:, 3]),
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


def _pockets_by_place(
    found: Pockets, place: Int32, in_pockets: Int32, n_core: int
) -> tuple[Int32, Int64, UInt32, UInt32]:
    """Number pockets as their nodes stand; returns pocket by node, where each begins, and its anchors."""
    old = found.pocket[in_pockets]
    begins = np.flatnonzero(np.diff(old, prepend=-1))
    pocket = np.repeat(np.arange(len(begins), dtype=np.int32), np.diff(begins, append=len(old)))
    anchors = found.anchors[old[begins]]
    second = np.where(anchors[:, 1] >= 0, place[anchors[:, 1]], n_core)
    return pocket, np.append(begins, len(old)), place[anchors[:, 0]].astype(np.uint32), second.astype(np.uint32)


def _side(
    n_core: int,
    arcs: tuple[Int32, Int32, Int64],
    through: tuple[Int32, Int32, Int64],
    first_leg: UInt32,
    second_leg: UInt32,
) -> Side:
    tail, head, weight = arcs
    both = (tail < n_core) & (head < n_core)
    inside = tail >= n_core
    n_inside = len(first_leg)
    tails, heads, weights = (np.concatenate([part[both], extra]) for part, extra in zip(arcs, through, strict=True))
    return Side(
        rows=build_rows(n_core, tails, heads, weights),
        inside=_inside_rows(n_inside, tail[inside] - n_core, head[inside], weight[inside]),
        first_leg=np.ascontiguousarray(first_leg),
        second_leg=np.ascontiguousarray(second_leg),
    )


def _inside_rows(n_inside: int, tail: Int32, head: Int32, weight: Int64) -> Rows:
    order = np.argsort(tail, kind="stable")
    start = np.zeros(n_inside + 1, dtype=np.uint32)
    np.cumsum(np.bincount(tail, minlength=n_inside), out=start[1:])
    arcs = np.column_stack([head[order], weight[order]]).astype(np.uint32).ravel()
    return Rows(start=start, arcs=arcs, heaviest=UNREACHED - 1, mean=0)
