"""The road network as arrays: edges between junctions with their course, and the directed graph of one profile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coverplan.core.model import SpeedProfile

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """Roads of one area, for every mode, before anyone's speed is applied. n nodes, e edges, v vertices.

    An edge runs between two junctions and may be open along its course (`forward`), against it (`backward`) or both,
    for cars and for walkers apart. Its course is the vertices `shape_start[i]:shape_start[i + 1]` of `shape_x_m` and
    `shape_y_m`, both ends included.

    Attributes
    ----------
    crs : str
        Projected CRS of every coordinate, metres.
    node_id : (n,) int64
        Identifier of each node in its source.
    x_m, y_m : (n,) float64
        Position of each node.
    edge_from, edge_to : (e,) int32
        Node indices.
    edge_length_dm : (e,) int32
        Length along the course, in whole tenths of a metre (geodesic where the source is in degrees).
    edge_class : (e,) int16
        Position of the road class in `core.words.ROAD_CLASSES`.
    drive_forward, drive_backward, walk_forward, walk_backward : (e,) bool
        Who may use it in which direction.
    kph_forward, kph_backward : (e,) float64
        Signed speed limits in km/h, NaN where none is signed.
    edge_name : (e,) object
        Road name, empty text where there is none.
    shape_start : (e + 1,) int64
    shape_x_m, shape_y_m : (v,) float64
    source, date, attribution : str
        Where the roads come from, as of when, and the credit that must stand wherever they show.
    quality : str
        One of `core.words.QUALITIES`.
    """

    crs: str
    node_id: Int64
    x_m: Float
    y_m: Float
    edge_from: Int32
    edge_to: Int32
    edge_length_dm: Int32
    edge_class: npt.NDArray[np.int16]
    drive_forward: Bool
    drive_backward: Bool
    walk_forward: Bool
    walk_backward: Bool
    kph_forward: Float
    kph_backward: Float
    edge_name: npt.NDArray[np.object_]
    shape_start: Int64
    shape_x_m: Float
    shape_y_m: Float
    source: str
    date: str
    attribution: str
    quality: str

    @property
    def n_nodes(self) -> int:
        """How many nodes there are."""
        return len(self.node_id)

    @property
    def n_edges(self) -> int:
        """How many edges there are."""
        return len(self.edge_from)


@dataclass(frozen=True, kw_only=True, eq=False)
class Graph:
    """The directed graph that one profile sees: m arcs on the network's nodes, weights in whole tenths.

    Parallel arcs and self-loops are kept; whoever turns this into a matrix keeps the fastest of parallel arcs.

    Attributes
    ----------
    n_nodes : int
        The network's node count; nodes this profile cannot reach are there, without arcs.
    tail, head : (m,) int32
        Where each arc starts and ends.
    time_ds : (m,) int32
        Travel time in tenths of a second, at least 1 unless the arc has no length.
    length_dm : (m,) int32
        Length in tenths of a metre.
    edge : (m,) int32
        The edge the arc runs on.
    along : (m,) bool
        True when it runs along the edge's course, False against it.
    arc_forward, arc_backward : (e,) int32
        The arc of each edge in each direction, -1 where closed.
    snappable : (e,) bool
        Edges a door may be connected to: open to the profile, not a motorway or a link (walkers: any open edge), and
        in a part of the network that is not a fragment.
    """

    n_nodes: int
    tail: Int32
    head: Int32
    time_ds: Int32
    length_dm: Int32
    edge: Int32
    along: Bool
    arc_forward: Int32
    arc_backward: Int32
    snappable: Bool
    profile: SpeedProfile

    @property
    def n_arcs(self) -> int:
        """How many arcs there are."""
        return len(self.tail)


@dataclass(frozen=True, kw_only=True, eq=False)
class Snaps:
    """Where k points meet the network of one profile.

    Attributes
    ----------
    edge : (k,) int32
        The edge each point is connected to, -1 when none is within `max_offroad_m`.
    fraction : (k,) float64
        How far along the edge's course the connection lies, 0..1 of its length; NaN when not connected.
    offroad_dm : (k,) float64
        Straight distance from the point to the road in whole tenths of a metre; for a point that is not connected,
        the distance to the nearest snappable road all the same (`inf` when there is none).
    offroad_ds : (k,) float64
        Time for that leg in whole tenths of a second; `inf` when not connected.
    """

    edge: Int32
    fraction: Float
    offroad_dm: Float
    offroad_ds: Float
