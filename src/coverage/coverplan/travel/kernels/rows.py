"""Arcs as rows of a table: those of a node stand together, by their head, the lightest of parallel ones only."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from coverplan.travel.kernels.jit import UNREACHED, jit

Float = npt.NDArray[np.float64]
UInt8 = npt.NDArray[np.uint8]
UInt32 = npt.NDArray[np.uint32]
UInt64 = npt.NDArray[np.uint64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Number = Any
"""A number inside compiled code, of the width that the compiler settles on."""


class Rows(NamedTuple):
    """Arcs of n nodes, in the form that the searches read.

    Attributes
    ----------
    start : (n + 1,) uint32
        The arcs of node i are number ``start[i]`` to ``start[i + 1]``.
    arcs : (2 m,) uint32
        Head and weight of each arc, one after the other, so that both come with one access to memory.
    heaviest : int
        The largest weight.
    bucket : int
        Width of the buckets of a search, as a power of two: about half an average arc, and not too many of them.
    """

    start: UInt32
    arcs: UInt32
    heaviest: int
    bucket: int

    @property
    def n_nodes(self) -> int:
        """How many nodes there are."""
        return len(self.start) - 1


def build_rows(n_nodes: int, tail: npt.ArrayLike, head: npt.ArrayLike, weight: npt.ArrayLike) -> Rows:
    """Sort arcs into rows; loops are left out, of parallel arcs the lightest is kept.

    Raises
    ------
    ValueError
        When a weight is negative or reaches the horizon of the searches.
    """
    tails, heads, weights = (np.ascontiguousarray(values, dtype=np.int64) for values in (tail, head, weight))
    if len(weights) and not 0 <= weights.min() <= weights.max() < UNREACHED:
        raise ValueError(f"an arc weighs {weights.min()} or {weights.max()} tenths; the searches take 0 to {UNREACHED}")
    start, arcs = _lightest(n_nodes, tails, heads, weights)
    kept = arcs[1::2]
    heaviest = int(kept.max(initial=0))
    mean = int(kept.mean(dtype=np.float64)) if len(kept) else 0
    return Rows(start, arcs, heaviest, max(mean.bit_length() - 2, heaviest.bit_length() - 16, 0))


@jit
def _lightest(n_nodes: int, tail: Int64, head: Int64, weight: Int64) -> tuple[UInt32, UInt32]:
    """Return row starts, and heads and weights in turn: two stable counting sorts, then one pass that merges."""
    by_head = _stable_order(n_nodes, head, np.arange(len(head)))
    order = _stable_order(n_nodes, tail, by_head)
    start = np.zeros(n_nodes + 1, np.uint32)
    arcs = np.empty(2 * len(tail), np.uint32)
    kept = 0
    last_tail, last_head = -1, -1
    for i in order:
        if tail[i] == head[i]:
            continue
        if tail[i] == last_tail and head[i] == last_head:
            arcs[2 * kept - 1] = min(arcs[2 * kept - 1], np.uint32(weight[i]))
            continue
        last_tail, last_head = tail[i], head[i]
        arcs[2 * kept] = np.uint32(head[i])
        arcs[2 * kept + 1] = np.uint32(weight[i])
        kept += 1
        start[last_tail + 1] += np.uint32(1)
    for u in range(n_nodes):
        start[u + 1] += start[u]
    return start, arcs[: 2 * kept].copy()


@jit
def _stable_order(n_nodes: int, key: Int64, before: Int64) -> Int64:
    """Return `before` sorted by key, equal ones in the order they had."""
    begin = np.zeros(n_nodes + 1, np.int64)
    for i in before:
        begin[key[i] + 1] += 1
    for u in range(n_nodes):
        begin[u + 1] += begin[u]
    after = np.empty_like(before)
    for i in before:
        after[begin[key[i]]] = i
        begin[key[i]] += 1
    return after
