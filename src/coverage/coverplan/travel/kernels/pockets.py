"""What can be cut out of a network: dead ends, and roads on which one passes no junction.

A *pocket* is a connected piece that hangs on at most two nodes of the rest, its anchors, and in which there is one way
only from each anchor to each node: the inner nodes of a road between two junctions with the dead ends along it, or the
dead ends at one junction. Whoever comes from outside enters by an anchor. So it is enough to search the rest, with one
arc in place of each road, and to know for each node inside how far it is from and to its anchors. Real road networks lose
a quarter to nine tenths of their nodes that way.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from coverplan.travel.kernels.jit import UNREACHED, jit
from coverplan.travel.kernels.rows import Int32, Int64, UInt32

MOST_IN_POCKET = 64
"""Larger ones are divided, so that looking into one that is only half reached costs little."""


class Pockets(NamedTuple):
    """The pockets of a network with n nodes: k of them.

    Attributes
    ----------
    pocket : (n,) int32
        Which pocket a node is in, -1 for the nodes that stay.
    anchors : (k, 2) int32
        The nodes each pocket hangs on; the second is -1 where there is only one.
    legs : (n, 4) int64
        From the first anchor to the node and back, from the second anchor and back; `UNREACHED` where there is no way.
    tail, head, weight : int64 arrays
        The arcs that stand for the way through a pocket from anchor to anchor.
    """

    pocket: Int32
    anchors: Int32
    legs: Int64
    tail: Int64
    head: Int64
    weight: Int64


class _Near(NamedTuple):
    """The neighbours of each node, whatever the direction of the arc: there and back, `UNREACHED` where closed."""

    start: Int64
    node: Int32
    there: Int64
    back: Int64


def find_pockets(
    forward: tuple[UInt32, UInt32], backward: tuple[UInt32, UInt32], most: int = MOST_IN_POCKET
) -> Pockets:
    """Find the pockets of a network given as rows of its arcs, in both directions; none larger than `most` nodes."""
    near = _Near(*_neighbours(*forward, *backward))
    parent, order, degree, size = _peel(near.start, near.node, most)
    n_nodes = len(degree)
    pocket = np.full(n_nodes, -1, dtype=np.int32)
    legs = np.full((n_nodes, 4), UNREACHED, dtype=np.int64)
    chains = _chains(*near, parent < 0, degree, size, most, pocket, legs)
    anchors = _hang(*near, parent, order, pocket, legs, chains)
    through, back = chains[:, 2], chains[:, 3]
    open_, open_back = through < UNREACHED, back < UNREACHED
    return Pockets(
        pocket=pocket,
        anchors=anchors,
        legs=legs,
        tail=np.concatenate([chains[open_, 0], chains[open_back, 1]]),
        head=np.concatenate([chains[open_, 1], chains[open_back, 0]]),
        weight=np.concatenate([through[open_], back[open_back]]),
    )


@jit
def _neighbours(
    start: UInt32, arcs: UInt32, back_start: UInt32, back_arcs: UInt32
) -> tuple[Int64, Int32, Int64, Int64]:
    """Merge the rows of both directions, which are sorted by head."""
    n_nodes = len(start) - 1
    total = (len(arcs) + len(back_arcs)) // 2
    first = np.zeros(n_nodes + 1, np.int64)
    node = np.empty(total, np.int32)
    there = np.full(total, UNREACHED, np.int64)
    back = np.full(total, UNREACHED, np.int64)
    k = 0
    for u in range(n_nodes):
        i, i_end = np.int64(start[u]), np.int64(start[u + 1])
        j, j_end = np.int64(back_start[u]), np.int64(back_start[u + 1])
        while i < i_end or j < j_end:
            out_head = np.int64(arcs[2 * i]) if i < i_end else np.int64(n_nodes)
            in_head = np.int64(back_arcs[2 * j]) if j < j_end else np.int64(n_nodes)
            node[k] = min(out_head, in_head)
            if out_head <= in_head:
                there[k] = arcs[2 * i + 1]
                i += 1
            if in_head <= out_head:
                back[k] = back_arcs[2 * j + 1]
                j += 1
            k += 1
        first[u + 1] = k
    return first, node[:k].copy(), there[:k].copy(), back[:k].copy()


@jit
def _peel(start: Int64, node: Int32, most: int) -> tuple[Int32, Int32, Int64, Int64]:
    """Take dead ends off, outermost first.

    Returns what each hangs on (-1: not taken off), the order they came off, the degree that is left, and the number of
    nodes that hang on each one, itself included.
    """
    n_nodes = len(start) - 1
    degree = start[1:] - start[:-1]
    size = np.ones(n_nodes, np.int64)
    parent = np.full(n_nodes, -1, np.int32)
    queue = np.empty(n_nodes, np.int32)
    order = np.empty(n_nodes, np.int32)
    done, last, taken = 0, 0, 0
    for u in range(n_nodes):
        if degree[u] == 1:
            queue[last] = u
            last += 1
    while done < last:
        u = queue[done]
        done += 1
        if degree[u] != 1:
            continue
        j = start[u]
        while parent[node[j]] >= 0:
            j += 1
        p = node[j]
        if size[u] + size[p] > most:
            continue
        parent[u] = p
        order[taken] = u
        taken += 1
        size[p] += size[u]
        degree[p] -= 1
        if degree[p] == 1:
            queue[last] = p
            last += 1
    return parent, order[:taken].copy(), degree, size


@jit
def _chains(
    start: Int64,
    node: Int32,
    there: Int64,
    back: Int64,
    stays: npt.NDArray[np.bool_],
    degree: Int64,
    size: Int64,
    most: int,
    pocket: Int32,
    legs: Int64,
) -> Int64:
    """Follow every road from junction to junction; fills `pocket` and `legs` of the nodes on it.

    Returns a row per road: its two ends, and the weight of the way through and back.
    """
    n_nodes = len(degree)
    inner = stays & (degree == 2)
    todo = np.empty(n_nodes, np.int32)
    chain = np.empty(most, np.int32)
    found = np.empty((n_nodes + 1, 4), np.int64)
    k = 0
    # Junctions first; what is left over then is a ring without any, which gets one.
    for seed in np.concatenate((np.flatnonzero(stays & ~inner), np.flatnonzero(inner))):
        if inner[seed] and pocket[seed] >= 0:
            continue
        inner[seed] = False
        todo[0] = seed
        left = 1
        while left:
            left -= 1
            a = todo[left]
            for j in range(start[a], start[a + 1]):
                v = node[j]
                if not stays[v] or not inner[v] or pocket[v] >= 0:
                    continue
                b, n_chain, through, return_ = _follow(
                    start, node, there, back, stays, inner, size, most, pocket, legs, chain, a, j, k
                )
                if inner[b]:
                    inner[b] = False
                    todo[left] = b
                    left += 1
                found[k, 0], found[k, 1], found[k, 2], found[k, 3] = a, b, through, return_
                if a == b:
                    _fold(legs, chain[:n_chain], found[k])
                k += 1
    return found[:k].copy()


@jit
def _follow(
    start: Int64,
    node: Int32,
    there: Int64,
    back: Int64,
    stays: npt.NDArray[np.bool_],
    inner: npt.NDArray[np.bool_],
    size: Int64,
    most: int,
    pocket: Int32,
    legs: Int64,
    chain: Int32,
    a: int,
    j: int,
    k: int,
) -> tuple[int, int, int, int]:
    """Walk from `a` over its neighbour number `j` to the end of the road, or of what may be in one pocket."""
    before, at = a, node[j]
    out, home = there[j], back[j]
    held, n_chain = 0, 0
    steps = np.empty((most + 1, 2), np.int64)
    steps[0, 0], steps[0, 1] = out, home
    while inner[at] and held + size[at] <= most:
        held += size[at]
        pocket[at] = k
        legs[at, 0], legs[at, 1] = out, home
        chain[n_chain] = at
        n_chain += 1
        i = start[at]
        while node[i] == before or not stays[node[i]]:
            i += 1
        steps[n_chain, 0], steps[n_chain, 1] = there[i], back[i]
        out, home = min(out + there[i], UNREACHED), min(home + back[i], UNREACHED)
        before, at = at, node[i]
    from_end, to_end = np.int64(0), np.int64(0)
    for i in range(n_chain - 1, -1, -1):
        from_end = min(from_end + steps[i + 1, 1], UNREACHED)
        to_end = min(to_end + steps[i + 1, 0], UNREACHED)
        legs[chain[i], 2], legs[chain[i], 3] = from_end, to_end
    return at, n_chain, out, home


@jit
def _fold(legs: Int64, chain: Int32, road: Int64) -> None:
    """Let a road that comes back to its own junction have one anchor."""
    for u in chain:
        legs[u, 0], legs[u, 1] = min(legs[u, 0], legs[u, 2]), min(legs[u, 1], legs[u, 3])
        legs[u, 2], legs[u, 3] = UNREACHED, UNREACHED
    road[2], road[3] = UNREACHED, UNREACHED


@jit
def _hang(
    start: Int64,
    node: Int32,
    there: Int64,
    back: Int64,
    parent: Int32,
    order: Int32,
    pocket: Int32,
    legs: Int64,
    chains: Int64,
) -> Int32:
    """Give dead ends the pocket of what they hang on, or one at the junction; returns the anchors of every pocket."""
    n_chains = len(chains)
    anchors = np.empty((n_chains + len(order), 2), np.int32)
    for k in range(n_chains):
        anchors[k, 0] = chains[k, 0]
        anchors[k, 1] = chains[k, 1] if chains[k, 1] != chains[k, 0] else -1
    at_node = np.full(len(parent), -1, np.int32)
    k = n_chains
    for u in order[::-1]:
        p = parent[u]
        j = start[u]
        while node[j] != p:
            j += 1
        if pocket[p] < 0:
            if at_node[p] < 0:
                at_node[p] = k
                anchors[k, 0], anchors[k, 1] = p, -1
                k += 1
            pocket[u] = at_node[p]
            legs[u, 0], legs[u, 1] = back[j], there[j]
            continue
        pocket[u] = pocket[p]
        for i in range(4):
            legs[u, i] = min(legs[p, i] + (back[j] if i % 2 == 0 else there[j]), UNREACHED)
    return anchors[:k].copy()
