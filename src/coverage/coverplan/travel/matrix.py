"""Every pair of demand point and facility, door to door."""

from __future__ import annotations

import numpy as np

from coverplan.core.model import Toward, Weight
from coverplan.roads.network import Float, Graph, Snaps
from coverplan.travel.field import nearest
from coverplan.travel.kernels.jit import COMPILED
from coverplan.travel.kernels.starts import set_up
from coverplan.travel.kernels.sweeps import every_pair


def travel_matrix(
    graph: Graph,
    demand: Snaps,
    facilities: Snaps,
    *,
    toward: Toward,
    weight: Weight,
    threads: int | None = None,
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
    threads
        How many processors to use; all of them when not given. The result does not depend on it.

    Returns
    -------
    (d, f) float64
        Demand x facility, in seconds or metres, exact to the tenth; `inf` = unreachable. It takes 8 bytes a pair; where
        only what is near matters, `travel.reach.reach` takes less of everything.

    Notes
    -----
    One search per facility or per demand point, whichever are fewer. Partial edges, off-road legs and rounding are
    those of `travel.field.nearest`.
    """
    if not COMPILED:
        return _one_by_one(graph, demand, facilities, toward=toward, weight=weight)
    if len(demand.edge) < len(facilities.edge):
        turned: Toward = "demand" if toward == "facility" else "facility"
        return _by_source(graph, facilities, demand, toward=turned, weight=weight, threads=threads)
    return _by_source(graph, demand, facilities, toward=toward, weight=weight, threads=threads).T


def _by_source(
    graph: Graph, items: Snaps, sources: Snaps, *, toward: Toward, weight: Weight, threads: int | None
) -> Float:
    setting = set_up(graph, items, toward=toward, weight=weight)
    return every_pair(setting, setting.starts(sources), threads=threads)


def _one_by_one(graph: Graph, demand: Snaps, facilities: Snaps, *, toward: Toward, weight: Weight) -> Float:
    """Do the same with SciPy, one facility at a time, where nothing can be compiled."""
    values = np.empty((len(demand.edge), len(facilities.edge)))
    for j in range(len(facilities.edge)):
        one = Snaps(**{name: column[j : j + 1] for name, column in vars(facilities).items()})
        values[:, j] = nearest(graph, demand, one, toward=toward, weight=weight).value
    return values
