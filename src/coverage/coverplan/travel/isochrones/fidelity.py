"""How true a picture is: how much of the reached road lies in a polygon, and how much road that is not reached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from coverplan.core.units import tenths
from coverplan.roads.network import Bool, Float, Graph, Network, Snaps
from coverplan.travel.field import NodeField
from coverplan.travel.isochrones.reached import Bits, bits_within, field_stretches, segments


@dataclass(frozen=True, kw_only=True)
class Fidelity:
    """What a polygon that stands for a limit holds.

    Attributes
    ----------
    reached_m : float
        Length of road within the limit, in metres.
    share_inside : float
        How much of that lies in the polygon, 0..1; NaN when nothing is reached.
    false_share : float
        Length of road in the polygon that is not within the limit, as a share of `reached_m`; NaN as above.
    """

    reached_m: float
    share_inside: float
    false_share: float


def fidelity(
    network: Network,
    graph: Graph,
    facilities: Snaps,
    field: NodeField,
    polygon: shapely.Geometry,
    *,
    limit: float,
    owner: int | None = None,
    step_m: float = 2.0,
) -> Fidelity:
    """Measure how truly a polygon shows what is reached within a limit.

    Parameters
    ----------
    network, graph
        The roads, and the graph of one profile on them. Roads that the profile cannot use at all do not count.
    facilities, field
        The facilities, and their field on this graph.
    polygon
        What is to be judged, in the network's CRS.
    limit
        Seconds or metres, as the field.
    owner
        Count only what this facility reaches first; None for all of them.
    step_m
        Roads are looked at in steps of at most this length.
    """
    most = float(tenths(limit))
    reached = bits_within(field_stretches(network, graph, facilities, field, most), most)
    if owner is not None:
        mine = reached.owner == owner
        reached = Bits(**{name: column[mine] for name, column in vars(reached).items()})
    is_open = np.flatnonzero((graph.arc_forward >= 0) | (graph.arc_backward >= 0))
    whole = Bits(
        edge=is_open,
        begin=np.zeros(len(is_open)),
        end=np.ones(len(is_open)),
        owner=np.zeros(len(is_open), dtype=np.int32),
    )
    shapely.prepare(polygon)
    reached_m, inside_m = _measure(network, reached, polygon, step_m)
    _, all_inside_m = _measure(network, whole, polygon, step_m)
    if not reached_m:
        return Fidelity(reached_m=0.0, share_inside=float("nan"), false_share=float("nan"))
    return Fidelity(
        reached_m=reached_m,
        share_inside=inside_m / reached_m,
        false_share=max(all_inside_m - inside_m, 0.0) / reached_m,
    )


def _measure(network: Network, bits: Bits, polygon: shapely.Geometry, step_m: float) -> tuple[float, float]:
    """Return the length of bits of road, and how much of it lies in a polygon."""
    ends, _ = segments(network, bits)
    length = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
    count = np.maximum(np.ceil(length / step_m), 1).astype(np.int64)
    piece = np.repeat(np.arange(len(ends)), count)
    at = (np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / count[piece]
    x, y = (ends[piece, i] + at * (ends[piece, i + 2] - ends[piece, i]) for i in (0, 1))
    inside: Bool = shapely.contains_xy(polygon, x, y)
    part: Float = (length / count)[piece]
    return float(part.sum()), float(part[inside].sum())
