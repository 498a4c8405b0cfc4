"""In which order a search should keep its nodes: neighbours close together, so that memory is read in one go.

On a million nodes this is worth as much as the choice of algorithm (a factor of two to three); on a network that fits
into the processor's cache it is worth nothing, and costs little.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, depth_first_order

from coverplan.roads.network import Float, Int64

_BITS = 16


def along_hilbert_curve(x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> Int64:
    """Return the order in which a curve that fills the square passes points; points without a position come last.

    Examples
    --------
    >>> along_hilbert_curve([0, 1, 0, 1], [0, 0, 1, 1]).tolist()
    [0, 2, 3, 1]
    """
    across, up = _on_grid(x_m, y_m)
    passed = np.zeros(len(across), dtype=np.int64)
    top = (1 << _BITS) - 1
    for bit in range(_BITS - 1, -1, -1):
        right, upper = (across >> bit) & 1, (up >> bit) & 1
        passed += ((3 * right) ^ upper) << (2 * bit)
        turned = (upper == 0) & (right == 1)
        across, up = np.where(turned, top - across, across), np.where(turned, top - up, up)
        across, up = np.where(upper == 0, up, across), np.where(upper == 0, across, up)
    nowhere = ~np.isfinite(np.asarray(x_m, dtype=float) + np.asarray(y_m, dtype=float))
    return np.argsort(np.where(nowhere, np.iinfo(np.int64).max, passed), kind="stable")


def by_topology(n_nodes: int, tail: npt.ArrayLike, head: npt.ArrayLike) -> Int64:
    """Return an order of nodes without a position: as they came, or depth first, whichever keeps neighbours closer.

    Depth first was as good as the curve where both could be had; breadth first (and Cuthill-McKee) was half as good.
    """
    tails, heads = np.asarray(tail, dtype=np.int64), np.asarray(head, dtype=np.int64)
    if not len(tails):
        return np.arange(n_nodes)
    links = csr_array((np.ones(len(tails), dtype=np.int8), (tails, heads)), shape=(n_nodes, n_nodes))
    _, part = connected_components(links, directed=False)
    _, first = np.unique(part, return_index=True)
    # One node more, from which every part of the network can be walked to.
    ends = np.concatenate([tails, np.full(len(first), n_nodes)]), np.concatenate([heads, first])
    rooted = csr_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(n_nodes + 1, n_nodes + 1))
    order = depth_first_order(rooted, n_nodes, directed=False, return_predecessors=False)[1:].astype(np.int64)
    place = np.empty(n_nodes, dtype=np.int64)
    place[order] = np.arange(n_nodes)
    return order if _spread(place[tails], place[heads]) < _spread(tails, heads) else np.arange(n_nodes)


def _on_grid(x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> tuple[Int64, Int64]:
    x, y = (_from_zero(values) for values in (x_m, y_m))
    side = max(x.max(initial=0.0), y.max(initial=0.0)) or 1.0
    scale = ((1 << _BITS) - 1) / side
    return (x * scale).astype(np.int64), (y * scale).astype(np.int64)


def _from_zero(values: npt.ArrayLike) -> Float:
    known = np.asarray(values, dtype=float)
    finite = np.isfinite(known)
    return np.where(finite, known - np.min(known, where=finite, initial=np.inf), 0.0)


def _spread(tail: Int64, head: Int64) -> float:
    """Return how far apart in memory neighbours are, as the mean number of binary digits of the distance."""
    return float(np.log2(1.0 + np.abs(tail - head)).mean())
