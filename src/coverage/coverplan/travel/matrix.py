"""Every pair of demand point and facility, door to door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from coverplan.core.model import Toward, Weight
from coverplan.core.progress import SILENT, Progress
from coverplan.roads.network import Float, Graph, Snaps
from coverplan.travel.field import nearest
from coverplan.travel.hierarchy.prepared import at_hand, is_weighed, pairs_by_hierarchy
from coverplan.travel.hierarchy.sweeps import LANES
from coverplan.travel.kernels.core import core_of
from coverplan.travel.kernels.jit import COMPILED
from coverplan.travel.kernels.starts import set_up
from coverplan.travel.kernels.sweeps import every_pair

Way = Literal["search", "hierarchy"]
"""How a matrix is computed: a search of the whole network from each source, or sweeps over a hierarchy."""

_SEARCHED_NS, _HUNG_NS = 20.0, 4.0
_ORDERED_NS, _WEIGHED_NS = 260.0, 70.0
_READY_NS, _GATHERED_NS, _SWEPT_NS, _WRITTEN_NS = 50.0, 4.0, 0.25, 4.0
_SHORTCUTS = 2.2
"""What the two ways cost in nanoseconds, measured by `benchmarks/bench_hierarchy.py`.

For each source and arc searched, and item; for ordering, by the number of nodes to the power of 1.3, and each shortcut
weighed; then for each item, each shortcut, each shortcut and source (sixteen at a time), and each pair. And how many
shortcuts there are for each arc of the core.
"""


@dataclass(frozen=True, kw_only=True)
class MatrixPlan:
    """How a matrix will be computed, and why.

    Attributes
    ----------
    way : str
        ``"search"`` or ``"hierarchy"``.
    search_s, hierarchy_s : float
        What either would take on one processor, roughly, in seconds; the latter with making the hierarchy ready.
    at_hand : bool
        Whether the hierarchy is there already, so that only sweeping over it is left.
    """

    way: Way
    search_s: float
    hierarchy_s: float
    at_hand: bool

    def __str__(self) -> str:
        ready = "at hand" if self.at_hand else "to be made first"
        chosen = "on a hierarchy" if self.way == "hierarchy" else "by a search from each"
        took = f"search about {self.search_s:.2g} s, hierarchy, {ready}, about {self.hierarchy_s:.2g} s"
        return f"Every pair {chosen} ({took})"


def plan_matrix(
    graph: Graph, demand: Snaps, facilities: Snaps, *, weight: Weight, way: Way | None = None
) -> MatrixPlan:
    """Say how `travel_matrix` would compute every pair, from the sizes and from what is at hand.

    A search from each source costs as much as the network is large. A hierarchy is made once for a network, whatever
    the speeds, and kept; then a source costs little. So it wins when there are many sources, and whenever it is there
    already, except on the smallest networks.

    Parameters
    ----------
    graph, demand, facilities, weight
        As `travel_matrix` takes them.
    way
        Forces one of them.
    """
    core = core_of(graph, weight)
    sources, items = sorted([len(demand.edge), len(facilities.edge)])
    arcs = len(core.away.rows.arcs) / 2
    search = sources * (_SEARCHED_NS * arcs + _HUNG_NS * items)
    shortcuts, lanes = _SHORTCUTS * arcs, -(-sources // LANES) * LANES
    sweeps = (_READY_NS + sources * _WRITTEN_NS) * items + (_GATHERED_NS + lanes * _SWEPT_NS) * shortcuts
    ready, ordered = is_weighed(core), at_hand(core) is not None
    if not ready:
        sweeps += _WEIGHED_NS * shortcuts
    if not ordered:
        sweeps += _ORDERED_NS * core.n_core**1.3
    chosen: Way = way or ("hierarchy" if sweeps < search and COMPILED else "search")
    return MatrixPlan(way=chosen, search_s=search / 1e9, hierarchy_s=sweeps / 1e9, at_hand=ordered)


def travel_matrix(
    graph: Graph,
    demand: Snaps,
    facilities: Snaps,
    *,
    toward: Toward,
    weight: Weight,
    way: Way | None = None,
    threads: int | None = None,
    progress: Progress = SILENT,
) -> Float:
    """Find how far every demand point is from every facility, door to door.

    Parameters
    ----------
    graph
        The directed graph of one profile.
    demand, facilities
        Where the points meet this graph (`roads.snapping.snap`).
    toward
        ``"facility"``: people travel to the facility; ``"demand"``: crews travel from the facility to the people.
    weight
        ``"time"`` or ``"distance"``; the latter finds the shortest way, which need not be the fastest.
    way
        ``"search"``: one search per facility or per demand point, whichever are fewer; ``"hierarchy"``: sweeps over a
        hierarchy of the network (`travel.hierarchy`), sixteen sources at a time. Whichever will be sooner when not
        given: `plan_matrix` says which and why, and so does `progress`. The result does not depend on it.
    threads
        How many processors to use; all of them when not given. The result does not depend on it.
    progress
        Is told which way was chosen, and how far making a hierarchy is.

    Returns
    -------
    (d, f) float64
        Demand x facility, in seconds or metres, exact to the tenth; `inf` = unreachable. It takes 8 bytes a pair; where
        only what is near matters, `travel.reach.reach` takes less of everything.

    Notes
    -----
    Partial edges, off-road legs and rounding are those of `travel.field.nearest`. Without a compiler SciPy does the
    work, one facility at a time, whatever `way` says.

    Examples
    --------
    >>> from coverplan.core.model import SpeedProfile
    >>> from coverplan.roads.courses import straight_network
    >>> from coverplan.roads.snapping import snap
    >>> from coverplan.roads.speeds import build_graph
    >>> network = straight_network(x_m=[0, 1000], y_m=[0, 0], edges=[(0, 1)], road_class="tertiary")
    >>> graph = build_graph(network, SpeedProfile(name="test", mode="drive", kph={"tertiary": 36.0}))
    >>> demand, facilities = snap(network, graph, [100, 600], [0, 0]), snap(network, graph, [1000, 500], [0, 0])
    >>> travel_matrix(graph, demand, facilities, toward="facility", weight="time").tolist()
    [[90.0, 40.0], [40.0, 10.0]]
    """
    if not COMPILED:
        return _one_by_one(graph, demand, facilities, toward=toward, weight=weight)
    plan = plan_matrix(graph, demand, facilities, weight=weight, way=way)
    progress.message(str(plan))
    fewer_points = len(demand.edge) < len(facilities.edge)
    items, sources = (facilities, demand) if fewer_points else (demand, facilities)
    turned: Toward = "demand" if toward == "facility" else "facility"
    setting = set_up(graph, items, toward=turned if fewer_points else toward, weight=weight)
    starts = setting.starts(sources)
    if plan.way == "hierarchy":
        values = pairs_by_hierarchy(setting, starts, threads=threads, progress=progress)
    else:
        values = every_pair(setting, starts, threads=threads).T
    return values.T if fewer_points else values


def _one_by_one(graph: Graph, demand: Snaps, facilities: Snaps, *, toward: Toward, weight: Weight) -> Float:
    """Do the same with SciPy, one facility at a time, where nothing can be compiled."""
    values = np.empty((len(demand.edge), len(facilities.edge)))
    for j in range(len(facilities.edge)):
        one = facilities.part(slice(j, j + 1))
        values[:, j] = nearest(graph, demand, one, toward=toward, weight=weight).value
    return values
