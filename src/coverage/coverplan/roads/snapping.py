"""Where a point meets the network: the nearest point of a road, part of the way along an edge."""

from __future__ import annotations

from hashlib import blake2b
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import shapely

from coverplan.core.units import TENTHS, tenths, within
from coverplan.roads.courses import Courses, pieces_of
from coverplan.roads.network import Bool, Float, Graph, Int32, Int64, Network, Snaps

_TIE_M = 1e-6
"""Roads whose distances differ by less than this are equally near; rounding alone makes them differ by 1e-9."""
_DS_PER_DM_AT_1_KPH = 3.6
_CHUNK = 50_000
_KEPT = 4
"""Trees of one network that are kept: the roads for cars, for walkers, for cycles, and one more."""
_TABLES_KEPT = 16
"""Tables of points whose answers a tree remembers: another profile on the same roads asks about the same."""


def snap(network: Network, graph: Graph, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> Snaps:
    """Connect points to the nearest snappable edge of a profile's graph.

    The connection is the nearest point of the edge's course, not its nearest junction. Of edges that are equally near
    the one with the lowest index is taken. The leg between the point and the road is straight, at the profile's
    `offroad_kph`; a point farther than `max_offroad_m` is not connected (exactly on it is).

    The roads are put into a tree the first time, which is kept as long as the network and serves every profile that
    may use the same roads; so are the answers for the last few tables of points.

    Parameters
    ----------
    network, graph
        The roads, and the graph of one profile on them.
    x_m, y_m
        Positions of k points in the network's CRS, metres. A missing coordinate makes a point that is not connected.

    Returns
    -------
    Snaps
        k connections, in the order of the points.

    Examples
    --------
    >>> from coverplan.roads.courses import straight_network
    >>> from coverplan.roads.speeds import build_graph, default_profiles
    >>> network = straight_network(x_m=[0, 1000], y_m=[0, 0], edges=[(0, 1)], road_class="residential")
    >>> graph = build_graph(network, default_profiles()["walk"])
    >>> snaps = snap(network, graph, [250.0, 500.0], [12.0, 5000.0])
    >>> snaps.edge.tolist(), snaps.fraction.tolist(), snaps.offroad_ds.tolist()
    ([0, -1], [0.25, nan], [100.0, inf])
    """
    x, y = np.asarray(x_m, dtype=float), np.asarray(y_m, dtype=float)
    edge, fraction, distance_m = _finder(network, graph.snappable).nearest(x, y)
    offroad_dm = tenths(distance_m)
    is_near = within(offroad_dm / TENTHS, graph.profile.max_offroad_m)
    offroad_ds = np.rint(offroad_dm * _DS_PER_DM_AT_1_KPH / graph.profile.offroad_kph)
    return Snaps(
        edge=np.where(is_near, edge, -1).astype(np.int32),
        fraction=np.where(is_near, fraction, np.nan),
        offroad_dm=offroad_dm,
        offroad_ds=np.where(is_near, offroad_ds, np.inf),
    )


class _Finder:
    """The straight pieces of the edges that doors may be connected to, in a tree."""

    def __init__(self, network: Network, wanted: Bool) -> None:
        courses = Courses(start=network.shape_start, x=network.shape_x_m, y=network.shape_y_m)
        first, edge = pieces_of(courses)
        length = np.hypot(courses.x[first + 1] - courses.x[first], courses.y[first + 1] - courses.y[first])
        along = np.cumsum(length) - length
        starts_at = along[courses.start[:-1] - np.arange(network.n_edges)]
        total = np.bincount(edge, weights=length, minlength=network.n_edges)
        keep = wanted[edge]
        self._edge, first = edge[keep], first[keep]
        self._before, self._length, self._total = (along - starts_at[edge])[keep], length[keep], total
        self._x, self._y = courses.x[first], courses.y[first]
        self._dx, self._dy = courses.x[first + 1] - self._x, courses.y[first + 1] - self._y
        self._known: dict[bytes, tuple[Int32, Float, Float]] = {}
        ends = np.stack([self._x, self._y, courses.x[first + 1], courses.y[first + 1]], axis=1)
        self._tree = shapely.STRtree(np.asarray(shapely.linestrings(ends.reshape(-1, 2, 2))))
        # The first query builds the tree; done here, so that threads that share it only ever read.
        self._tree.query(shapely.Point(0, 0))

    def nearest(self, x: Float, y: Float) -> tuple[Int32, Float, Float]:
        """Return the edge, the fraction of its length and the distance in metres for each point, located or not."""
        key = blake2b(x.tobytes() + y.tobytes(), digest_size=16).digest()
        known = self._known.get(key)
        if known is None:
            edge = np.full(len(x), -1, dtype=np.int32)
            fraction, distance_m = np.full(len(x), np.nan), np.full(len(x), np.inf)
            located = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
            for part in np.array_split(located, max(1, -(-len(located) // _CHUNK))) if len(self._edge) else ():
                edge[part], fraction[part], distance_m[part] = self._located(x[part], y[part])
            # A copy of the keys is made in one step; another thread may change the table meanwhile.
            while len(self._known) >= _TABLES_KEPT:
                self._known.pop(next(iter(tuple(self._known)), b""), None)
            known = self._known[key] = edge, fraction, distance_m
        return known

    def _located(self, x: Float, y: Float) -> tuple[Int64, Float, Float]:
        points = shapely.points(x, y)
        (_, nearest), distance = self._tree.query_nearest(points, all_matches=False, return_distance=True)
        point, piece = self._tree.query(points, predicate="dwithin", distance=distance + _TIE_M)
        point, piece = np.append(point, np.arange(len(x))), np.append(piece, nearest)
        part, offset = self._foot(piece, x[point], y[point])
        best = np.full(len(x), np.inf)
        np.minimum.at(best, point, offset)
        tied = np.flatnonzero(offset <= best[point] + _TIE_M)
        # Lowest edge first, on that edge the nearest piece, of equal ones the one that comes first along the course.
        order = tied[np.lexsort((piece[tied], offset[tied], self._edge[piece[tied]], point[tied]))]
        chosen = order[np.unique(point[order], return_index=True)[1]]
        edge = self._edge[piece[chosen]]
        metres = self._before[piece[chosen]] + part[chosen] * self._length[piece[chosen]]
        total = self._total[edge]
        fraction = np.divide(metres, total, out=np.zeros_like(metres), where=total > 0)
        return edge, np.clip(fraction, 0.0, 1.0), offset[chosen]

    def _foot(self, piece: Int64, x: Float, y: Float) -> tuple[Float, Float]:
        """Return how far along each piece its nearest point lies (0..1), and the distance to it."""
        dx, dy = self._dx[piece], self._dy[piece]
        to_x, to_y = x - self._x[piece], y - self._y[piece]
        squared = dx * dx + dy * dy
        part = np.divide(to_x * dx + to_y * dy, squared, out=np.zeros_like(dx), where=squared > 0)
        part = np.clip(part, 0.0, 1.0)
        return part, np.hypot(to_x - part * dx, to_y - part * dy)


_FINDERS: WeakKeyDictionary[Network, dict[bytes, _Finder]] = WeakKeyDictionary()


def _finder(network: Network, snappable: Bool) -> _Finder:
    """Return the tree of some edges of a network; made once."""
    known = _FINDERS.setdefault(network, {})
    key = np.packbits(snappable).tobytes()
    finder = known.get(key)
    if finder is None:
        while len(known) >= _KEPT:
            known.pop(next(iter(tuple(known)), b""), None)
        finder = known[key] = _Finder(network, snappable)
    return finder
