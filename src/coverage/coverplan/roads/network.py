"""The road network as arrays: edges between junctions with their course, and the directed graph of one profile."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from coverplan.core.model import SpeedProfile

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]


def _no_turns() -> Int32:
    return np.empty((0, 3), dtype=np.int32)


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
    speed_factor : (e,) float64
        What the speed of every profile is multiplied with: 1 but on roads that a scenario slows.
    edge_name : (e,) object
        Road name, empty text where there is none.
    shape_start : (e + 1,) int64
    shape_x_m, shape_y_m : (v,) float64
    source, date, attribution : str
        Where the roads come from, as of when, and the credit that must stand wherever they show.
    quality : str
        One of `core.words.QUALITIES`.
    no_turns : (k, 3) int32
        Forbidden turns for cars: the edge one comes from, the edge one may not turn into, and whether they meet at the
        end where the first one's course begins (0) or ends (1).
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
    speed_factor: Float
    edge_name: npt.NDArray[np.object_]
    shape_start: Int64
    shape_x_m: Float
    shape_y_m: Float
    source: str
    date: str
    attribution: str
    quality: str
    no_turns: Int32 = field(default_factory=_no_turns)

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
    ends : (e, 2) int32 or None
        The network's nodes at the start and the end of each edge, where turns matter (`roads.turns`); None where they
        do not, and each arc begins and ends at the network's own nodes.
    enter_at : (nodes without those that turns add,) int32 or None
        The node at which a trip that ends right at a junction is met; it begins at the junction's own.
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
    ends: Int32 | None = None
    enter_at: Int32 | None = None

    @property
    def n_arcs(self) -> int:
        """How many arcs there are."""
        return len(self.tail)

    def gates(self, *, leaving: bool) -> tuple[Int32, Int32]:
        """Return the nodes at which each edge is left, or entered, by its start and by its end: two arrays of (e,).

        They differ between leaving and entering only where turns matter. -1 where the edge is closed both ways.
        """
        forward, backward = self.arc_forward, self.arc_backward
        tail, head = np.append(self.tail, -1), np.append(self.head, -1)
        out_start, out_end = (head, backward), (head, forward)
        in_start, in_end = (tail, forward), (tail, backward)
        found = []
        for (nodes, arc), (others, other) in (
            ((out_start, in_start), (out_end, in_end)) if leaving else ((in_start, out_start), (in_end, out_end))
        ):
            found.append(np.where(arc >= 0, nodes[arc], others[other]))
        return found[0], found[1]

    def stands(self, *, leaving: bool) -> tuple[Int32, Int32]:
        """Return the same for what stands right at the start or the end of an edge: it is bound by no turn."""
        if self.ends is None or self.enter_at is None:
            return self.gates(leaving=leaving)
        ends = self.ends if leaving else self.enter_at[self.ends]
        return ends[:, 0], ends[:, 1]


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

    def part(self, which: Bool | Int64 | slice) -> Snaps:
        """Return some of the points, by position, by a mark for each or as a stretch of them."""
        return Snaps(**{name: column[which] for name, column in vars(self).items()})
