"""Where points on edges meet the places of a core.

The rule for partial edges is that of `travel.field`: an arc of weight w that is met at a share f of its edge is divided
into ``a = rint(f * w)`` and ``w - a``; a point less than 5 cm from an end stands on the junction.
"""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from coverplan.core.model import Weight
from coverplan.roads.network import Graph, Snaps
from coverplan.travel.kernels.core import Core
from coverplan.travel.kernels.jit import UNREACHED, jit
from coverplan.travel.kernels.rows import Float, Int32, Int64, UInt32


class Doors(NamedTuple):
    """Where k points are left or entered: two junctions each, and what it costs between door and junction.

    Attributes
    ----------
    place : (k, 2) int64
        The places of the start and the end of the edge, -1 when the point is not connected.
    leg : (k, 2) uint32
        Whole tenths between door and junction, in the direction asked for; `UNREACHED` where that way is closed.
    edge : (k,) int32
        The edge, -1 when not connected.
    spot : (k, 3) float64
        Share along the edge's course; the part of the arc along it, and against it, on the side of the edge's start
        (NaN where closed).
    offroad : (k,) uint32
        The leg between door and road, part of `leg` already.
    """

    place: Int64
    leg: UInt32
    edge: Int32
    spot: Float
    offroad: UInt32


def doors_of(edges: Edges, core: Core, snaps: Snaps, weight: Weight) -> Doors:
    """Return where points meet the core, to be left or to be entered as `edges` says (`edges_of`)."""
    offroad = snaps.offroad_ds if weight == "time" else snaps.offroad_dm
    points = _Points(_plain(snaps.edge, np.int32), _plain(snaps.fraction, np.float64), _plain(offroad, np.float64))
    place, leg, spot, near = _meet(points, edges.table, edges.stands, core.place, edges.leaving)
    return Doors(place=place, leg=leg, edge=points.edge, spot=spot, offroad=near)


def _plain(values: npt.NDArray, kind: type) -> npt.NDArray:
    """Return values as a plain array: of any other form, the compiler would make another version of its code."""
    return values if values.flags.carray and values.dtype == kind else np.require(values, kind, ["C", "W"])


def node_doors(core: Core, nodes: Int64) -> Doors:
    """Return doors that open right on nodes."""
    k = len(nodes)
    return Doors(
        place=np.column_stack([core.place[nodes], np.full(k, -1)]).astype(np.int64),
        leg=np.column_stack([np.zeros(k), np.full(k, UNREACHED)]).astype(np.uint32),
        edge=np.full(k, -1, dtype=np.int32),
        spot=np.full((k, 3), np.nan),
        offroad=np.zeros(k, dtype=np.uint32),
    )


class Edges(NamedTuple):
    """The edges of a graph for one weight, to be left or to be entered.

    Attributes
    ----------
    table : (e, 5) int32
        Node at the start and at the end, weight along and against (-1 where closed), length in tenths of a metre. Both
        nodes are -1 where the edge is closed both ways.
    stands : (e, 2) int32
        Node of what stands right at the start or the end; no rows where that is the node in the table.
    leaving : bool
    """

    table: Int32
    stands: Int32
    leaving: bool


_EDGES: WeakKeyDictionary[Graph, dict[tuple[Weight, bool], Edges]] = WeakKeyDictionary()
NO_STANDS = np.empty((0, 2), dtype=np.int32)


def edges_of(graph: Graph, weight: Weight, *, leaving: bool) -> Edges:
    """Return the edges of a graph for one weight; the table is made once and kept as long as the graph."""
    known = _EDGES.setdefault(graph, {})
    bound = graph.ends is not None
    key = weight, leaving and bound
    if key not in known:
        values = graph.time_ds if weight == "time" else graph.length_dm
        table = np.full((len(graph.arc_forward), 5), -1, dtype=np.int32)
        table[:, 0], table[:, 1] = graph.gates(leaving=leaving)
        for arc, column in ((graph.arc_backward, 3), (graph.arc_forward, 2)):
            open_ = np.flatnonzero(arc >= 0)
            table[open_, column] = values[arc[open_]]
            table[open_, 4] = graph.length_dm[arc[open_]]
        stands = np.column_stack(graph.stands(leaving=leaving)).astype(np.int32) if bound else NO_STANDS
        known[key] = Edges(table, stands, leaving)
    return known[key]._replace(leaving=leaving)


class _Points(NamedTuple):
    edge: Int32
    fraction: Float
    offroad: Float


@jit
def _stood(stand: Int32, start: int, end: int, at_start: bool, at_end: bool) -> tuple[int, int]:
    return stand[0] if at_start else start, stand[1] if at_end else end


@jit
def _meet(
    points: _Points, edges: Int32, stands: Int32, places: Int32, leaving: bool
) -> tuple[Int64, UInt32, Float, UInt32]:
    """Return both junctions of each point, the legs, where on the edge it is, and the leg off the road."""
    edge, fraction, offroad = points
    k = len(edge)
    place = np.full((k, 2), -1, np.int64)
    leg = np.full((k, 2), UNREACHED, np.uint32)
    spot = np.full((k, 3), np.nan)
    near = np.full(k, UNREACHED, np.uint32)
    for i in range(k):
        if edge[i] < 0 or edges[edge[i], 0] < 0:
            continue
        start, end, forward, backward, length = edges[edge[i]]
        along = np.rint(fraction[i] * length)
        at_start, at_end = along <= 0, along >= length
        share = 0.0 if at_start else (1.0 if at_end else fraction[i])
        spot[i, 0] = share
        if len(stands):
            start, end = _stood(stands[edge[i]], start, end, at_start, at_end)
        place[i, 0], place[i, 1] = places[start], places[end]
        start_leg = 0.0 if at_start else np.inf
        end_leg = 0.0 if at_end else np.inf
        if forward >= 0:
            spot[i, 1] = np.rint(share * forward)
            if leaving and not at_end:
                end_leg = forward - spot[i, 1]
            elif not leaving and not at_start:
                start_leg = spot[i, 1]
        if backward >= 0:
            spot[i, 2] = np.rint(share * backward)
            if leaving and not at_start:
                start_leg = spot[i, 2]
            elif not leaving and not at_end:
                end_leg = backward - spot[i, 2]
        leg[i, 0] = np.uint32(min(start_leg + offroad[i], UNREACHED))
        leg[i, 1] = np.uint32(min(end_leg + offroad[i], UNREACHED))
        near[i] = np.uint32(min(offroad[i], UNREACHED))
    return place, leg, spot, near
