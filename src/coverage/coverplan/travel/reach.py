"""What lies within a limit of each facility, as a list of pairs, or only as how many people that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from coverplan.core.model import Toward, Weight
from coverplan.core.units import TENTHS, from_tenths, tenths
from coverplan.roads.network import Float, Graph, Int32, Int64, Snaps
from coverplan.travel.field import nearest
from coverplan.travel.kernels.jit import COMPILED, UNREACHED
from coverplan.travel.kernels.starts import set_up
from coverplan.travel.kernels.sweeps import reached, reached_sums


@dataclass(frozen=True, kw_only=True, eq=False)
class Reach:
    """The pairs of demand point and facility that are within a limit, by facility: f facilities, p pairs.

    Attributes
    ----------
    n_demand : int
        How many demand points were asked about.
    start : (f + 1,) int64
        The pairs of facility j are ``start[j]`` to ``start[j + 1]``.
    point : (p,) int32
        Index of the demand point, in no particular order within a facility.
    value_tenths : (p,) uint32
        Whole tenths of a second or a metre, door to door.
    """

    n_demand: int
    start: Int64
    point: Int32
    value_tenths: npt.NDArray[np.uint32]

    def of(self, facility: int) -> tuple[Int32, Float]:
        """Return the points within the limit of one facility, and how far they are in seconds or metres."""
        part = slice(self.start[facility], self.start[facility + 1])
        return self.point[part], from_tenths(self.value_tenths[part])

    def matrix(self) -> csc_array:
        """Return the pairs as a sparse matrix, demand x facility, in seconds or metres.

        A pair at the very same door is a stored zero; whatever is not stored is beyond the limit, not zero.
        """
        values = self.value_tenths / float(TENTHS)
        return csc_array((values, self.point, self.start), shape=(self.n_demand, len(self.start) - 1))


def reach(
    graph: Graph,
    demand: Snaps,
    facilities: Snaps,
    *,
    limit: float,
    toward: Toward,
    weight: Weight,
    threads: int | None = None,
) -> Reach:
    """Find every demand point within a limit of every facility, door to door.

    Parameters
    ----------
    graph
        The directed graph of one profile.
    demand, facilities
        Where the points meet this graph (`roads.snapping.snap`).
    limit
        Seconds or metres; exactly on the limit is within.
    toward
        ``"facility"``: people travel to the facility; ``"demand"``: crews travel from the facility to the people.
    weight
        ``"time"`` or ``"distance"``.
    threads
        How many processors to use; all of them when not given. The result does not depend on it.

    Returns
    -------
    Reach
        Work and memory go with the number of pairs, not with points times facilities.

    Notes
    -----
    Partial edges, off-road legs and rounding are those of `travel.field.nearest`: the smallest value of a row is what
    `nearest` finds.
    """
    limit_tenths = _whole(limit)
    if not COMPILED:
        return _one_by_one(graph, demand, facilities, limit_tenths, toward=toward, weight=weight)
    setting = set_up(graph, demand, toward=toward, weight=weight)
    starts = setting.starts(facilities)
    start, point, value = reached(setting, starts, limit=limit_tenths, threads=threads)
    return Reach(n_demand=len(demand.edge), start=start, point=point, value_tenths=value)


def reach_people(
    graph: Graph,
    demand: Snaps,
    facilities: Snaps,
    people: npt.ArrayLike,
    *,
    limit: float,
    toward: Toward,
    weight: Weight,
    threads: int | None = None,
) -> Float:
    """Add up the people within a limit of each facility, without listing them.

    Parameters are those of `reach`; `people` says how many live at each demand point.

    Returns
    -------
    (f,) float64
        People within the limit of each facility; somebody within the limit of two counts for both.

    Raises
    ------
    ValueError
        When there are more or fewer entries in `people` than demand points.
    """
    weights = np.require(people, np.float64, ["C", "W"])
    if weights.shape != demand.edge.shape:
        raise ValueError(f"there are {len(demand.edge)} demand points and {weights.size} entries for people")
    limit_tenths = _whole(limit)
    if not COMPILED:
        found = _one_by_one(graph, demand, facilities, limit_tenths, toward=toward, weight=weight)
        return np.array([weights[found.of(j)[0]].sum() for j in range(len(facilities.edge))], dtype=np.float64)
    setting = set_up(graph, demand, toward=toward, weight=weight)
    starts = setting.starts(facilities)
    return reached_sums(setting, starts, weights, limit=limit_tenths, threads=threads)


def _whole(limit: float) -> int:
    """Return a limit in whole tenths; -1 for a limit that nothing meets."""
    return int(np.clip(tenths(limit), -1, UNREACHED - 1))


def _one_by_one(
    graph: Graph, demand: Snaps, facilities: Snaps, limit_tenths: int, *, toward: Toward, weight: Weight
) -> Reach:
    """Do the same with SciPy, one facility at a time, where nothing can be compiled."""
    points, values = [np.empty(0, np.int64)], [np.empty(0)]
    start = np.zeros(len(facilities.edge) + 1, dtype=np.int64)
    for j in range(len(facilities.edge)):
        one = facilities.part(slice(j, j + 1))
        value = tenths(nearest(graph, demand, one, toward=toward, weight=weight).value)
        within = np.flatnonzero(value <= limit_tenths)
        points.append(within)
        values.append(value[within])
        start[j + 1] = start[j] + len(within)
    return Reach(
        n_demand=len(demand.edge),
        start=start,
        point=np.concatenate(points).astype(np.int32),
        value_tenths=np.concatenate(values).astype(np.uint32),
    )
