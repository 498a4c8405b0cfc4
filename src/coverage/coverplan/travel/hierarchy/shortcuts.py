"""The arcs of a hierarchy: those of a network, and those that taking its nodes out in order leaves behind.

When a node is taken out, its neighbours that are still there become neighbours of each other. Whatever the weights are,
some fastest way between two nodes then climbs from the one, arc by arc to higher ranks, and comes down to the other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from coverplan.travel.hierarchy.links import Links
from coverplan.travel.kernels.jit import jit
from coverplan.travel.kernels.rows import Int32, Int64, Number


class Ladder(NamedTuple):
    """Who is above whom, n nodes by their rank, with a arcs between them, open or closed in either direction.

    Attributes
    ----------
    start : (n + 1,) int64
        The arcs up from rank v are ``start[v]`` to ``start[v + 1]``.
    head : (a,) int32
        The rank each leads to, ascending within a node. All of them are ancestors of v in the tree that `parent` spans.
    parent : (n,) int32
        The lowest rank above, -1 where there is none.
    """

    start: Int64
    head: Int32
    parent: Int32

    @property
    def n_nodes(self) -> int:
        """How many nodes there are."""
        return len(self.parent)


def build_ladder(links: Links, rank: Int32) -> Ladder:
    """Take the nodes of a network out in the order of their ranks."""
    node = np.empty_like(rank)
    node[rank] = np.arange(len(rank), dtype=np.int32)
    return Ladder(*_take_out(links, rank, node))


@jit
def _take_out(links: Links, rank: Int32, node: Int32) -> tuple[Int64, Int32, Int32]:
    """Return the fields of `Ladder`: above a node is what was above it, and above those that hang below it."""
    n = len(rank)
    start = np.zeros(n + 1, np.int64)
    head = np.empty(2 * len(links.head) + 256, np.int32)
    parent = np.full(n, -1, np.int32)
    # The nodes that hang below each, as a chain: the first of them, and the next of the same parent.
    below, beside = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    seen = np.full(n, -1, np.int32)
    k = 0
    for v in range(n):
        seen[v] = v
        first = k
        head = _room(head, k, links.start[node[v] + 1] - links.start[node[v]])
        for j in range(links.start[node[v]], links.start[node[v] + 1]):
            k = _climb(head, seen, k, v, rank[links.head[j]])
        child = below[v]
        while child >= 0:
            head = _room(head, k, start[child + 1] - start[child])
            for j in range(start[child], start[child + 1]):
                k = _climb(head, seen, k, v, head[j])
            child = beside[child]
        start[v + 1] = k
        if k > first:
            head[first:k].sort()
            parent[v] = head[first]
            beside[v] = below[parent[v]]
            below[parent[v]] = v
    return start, head[:k].copy(), parent


@jit
def _room(values: Int32, used: int, more: Number) -> Int32:
    if used + more <= len(values):
        return values
    return np.concatenate((values, np.empty(len(values) + more, np.int32)))


@jit
def _climb(head: Int32, seen: Int32, k: int, v: int, u: Number) -> int:
    """Note that rank u is above v, once."""
    if u > v and seen[u] != v:
        seen[u] = v
        head[k] = u
        k += 1
    return k
