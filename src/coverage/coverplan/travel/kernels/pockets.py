"""What can be cut out of a network: dead ends, and roads on which one passes no junction.

A *pocket* is a connected piece that hangs on at most two nodes of the rest, its anchors, and in which there is one way
only from each anchor to each node: the inner nodes of a road between two junctions with the dead ends along it, or the
dead ends at one junction. Whoever comes from outside enters by an anchor. So it is enough to search the rest, with one
arc in place of each road, and to know for each node inside how far it is from and to its anchors. Real networks lose
a third to nine tenths of their nodes that way.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from coverplan.travel.kernels.jit import UNREACHED, jit
from coverplan.travel.kernels.rows import Int32, Int64, Number, Rows

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
    """The neighbours of each node, whatever the direction of the arc: weight there and back, `UNREACHED` if closed."""

    start: Int64
    node: Int32
    there: Int64
    back: Int64


class _Peeled(NamedTuple):
    """What is left without dead ends: what each dead end hangs on (-1: it stays), the order in which they came off.

    Then the number of neighbours left, and how many nodes hang on each, itself included.
    """

    parent: Int32
    order: Int32
    degree: Int64
    size: Int64


class _Found(NamedTuple):
    """What following roads fills in: inner nodes of roads, pocket and legs of each; the nodes and steps of one road."""

    inner: npt.NDArray[np.bool_]
    pocket: Int32
    legs: Int64
    chain: Int32
    steps: Int64


def find_pockets(forward: Rows, backward: Rows, most: int = MOST_IN_POCKET) -> Pockets:
    """Find the pockets of a network given as rows of its arcs, in both directions; none larger than `most` nodes."""
    near = _Near(*_neighbours(forward, backward))
    peeled = _Peeled(*_peel(near, most))
    n_nodes = forward.n_nodes
    found = _Found(
        inner=(peeled.parent < 0) & (peeled.degree == 2) if most else np.zeros(n_nodes, dtype=bool),
        pocket=np.full(n_nodes, -1, dtype=np.int32),
        legs=np.full((n_nodes, 4), UNREACHED, dtype=np.int64),
        chain=np.empty(most + 1, dtype=np.int32),
        steps=np.empty((most + 1, 2), dtype=np.int64),
    )
    roads = _follow_all(near, peeled, found, most)
    anchors = _hang(near, peeled, found, roads)
    open_, open_back = roads[:, 2] < UNREACHED, roads[:, 3] < UNREACHED
    return Pockets(
        pocket=found.pocket,
        anchors=anchors,
        legs=found.legs,
        tail=np.concatenate([roads[open_, 0], roads[open_back, 1]]),
        head=np.concatenate([roads[open_, 1], roads[open_back, 0]]),
        weight=np.concatenate([roads[open_, 2], roads[open_back, 3]]),
    )


@jit
def _neighbours(forward: Rows, backward: Rows) -> tuple[Int64, Int32, Int64, Int64]:
    """Merge the rows of both directions, which are sorted by head."""
    n_nodes = len(forward.start) - 1
    total = (len(forward.arcs) + len(backward.arcs)) // 2
    first = np.zeros(n_nodes + 1, np.int64)
    node = np.empty(total, np.int32)
    there = np.full(total, UNREACHED, np.int64)
    back = np.full(total, UNREACHED, np.int64)
    k = 0
    for u in range(n_nodes):
        i, i_end = np.int64(forward.start[u]), np.int64(forward.start[u + 1])
        j, j_end = np.int64(backward.start[u]), np.int64(backward.start[u + 1])
        while i < i_end or j < j_end:
            out_head = np.int64(forward.arcs[2 * i]) if i < i_end else np.int64(n_nodes)
            in_head = np.int64(backward.arcs[2 * j]) if j < j_end else np.int64(n_nodes)
            node[k] = min(out_head, in_head)
            if out_head <= in_head:
                there[k] = forward.arcs[2 * i + 1]
                i += 1
            if in_head <= out_head:
                back[k] = backward.arcs[2 * j + 1]
                j += 1
            k += 1
        first[u + 1] = k
    return first, node[:k].copy(), there[:k].copy(), back[:k].copy()


@jit
def _peel(near: _Near, most: int) -> tuple[Int32, Int32, Int64, Int64]:
    """Take dead ends off, outermost first; returns the fields of `_Peeled`."""
    n_nodes = len(near.start) - 1
    degree = near.start[1:] - near.start[:-1]
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
        j = near.start[u]
        while parent[near.node[j]] >= 0:
            j += 1
        p = near.node[j]
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
def _follow_all(near: _Near, peeled: _Peeled, found: _Found, most: int) -> Int64:
    """Follow every road from junction to junction, filling `found`.

    Returns a row per road: its two ends, and the weight of the way through and back.
    """
    n_nodes = len(peeled.degree)
    stays, inner = peeled.parent < 0, found.inner
    todo = np.empty(n_nodes, np.int32)
    roads = np.empty((n_nodes + 1, 4), np.int64)
    k = 0
    # Junctions first; what is left over then is a ring without any, which gets one.
    for seed in np.concatenate((np.flatnonzero(stays & ~inner), np.flatnonzero(inner))):
        if inner[seed] and found.pocket[seed] >= 0:
            continue
        inner[seed] = False
        todo[0] = seed
        left = 1
        while left:
            left -= 1
            a = todo[left]
            for j in range(near.start[a], near.start[a + 1]):
                v = near.node[j]
                if not inner[v] or found.pocket[v] >= 0:
                    continue
                b = _follow(near, peeled, found, (a, j, k, most), roads)
                if inner[b]:
                    # The road is too long for one pocket: it gets a junction here, and goes on from it.
                    inner[b] = False
                    todo[left] = b
                    left += 1
                k += 1
    return roads[:k].copy()


@jit
def _follow(near: _Near, peeled: _Peeled, found: _Found, walk: tuple[int, int, int, int], roads: Int64) -> Number:
    """Walk from node `a` over its neighbour number `j` to the end of the road, or of what may be in one pocket."""
    a, j, k, most = walk
    inner, legs, chain, steps = found.inner, found.legs, found.chain, found.steps
    before, at = a, near.node[j]
    out, home = near.there[j], near.back[j]
    held, n_chain = 0, 0
    steps[0, 0], steps[0, 1] = out, home
    while inner[at] and held + peeled.size[at] <= most:
        held += peeled.size[at]
        found.pocket[at] = k
        legs[at, 0], legs[at, 1] = out, home
        chain[n_chain] = at
        n_chain += 1
        i = near.start[at]
        while near.node[i] == before or peeled.parent[near.node[i]] >= 0:
            i += 1
        steps[n_chain, 0], steps[n_chain, 1] = near.there[i], near.back[i]
        out, home = min(out + near.there[i], UNREACHED), min(home + near.back[i], UNREACHED)
        before, at = at, near.node[i]
    from_end, to_end = np.int64(0), np.int64(0)
    for i in range(n_chain - 1, -1, -1):
        from_end = min(from_end + steps[i + 1, 1], UNREACHED)
        to_end = min(to_end + steps[i + 1, 0], UNREACHED)
        legs[chain[i], 2], legs[chain[i], 3] = from_end, to_end
    roads[k, 0], roads[k, 1], roads[k, 2], roads[k, 3] = a, at, out, home
    if a == at:
        # Back at its own junction: one anchor, and no way through that anybody needs.
        for u in chain[:n_chain]:
            legs[u, 0], legs[u, 1] = min(legs[u, 0], legs[u, 2]), min(legs[u, 1], legs[u, 3])
            legs[u, 2], legs[u, 3] = UNREACHED, UNREACHED
        roads[k, 2], roads[k, 3] = UNREACHED, UNREACHED
    return at


@jit
def _hang(near: _Near, peeled: _Peeled, found: _Found, roads: Int64) -> Int32:
    """Give dead ends the pocket of what they hang on, or one at the junction; returns the anchors of every pocket."""
    parent, pocket, legs = peeled.parent, found.pocket, found.legs
    k = len(roads)
    anchors = np.empty((k + len(peeled.order), 2), np.int32)
    for i in range(k):
        anchors[i, 0] = roads[i, 0]
        anchors[i, 1] = roads[i, 1] if roads[i, 1] != roads[i, 0] else -1
    at_node = np.full(len(parent), -1, np.int32)
    for u in peeled.order[::-1]:
        p = parent[u]
        j = near.start[u]
        while near.node[j] != p:
            j += 1
        if pocket[p] < 0:
            if at_node[p] < 0:
                at_node[p] = k
                anchors[k, 0], anchors[k, 1] = p, -1
                k += 1
            pocket[u] = at_node[p]
            legs[u, 0], legs[u, 1] = near.back[j], near.there[j]
            continue
        pocket[u] = pocket[p]
        for i in range(4):
            legs[u, i] = min(legs[p, i] + (near.back[j] if i % 2 == 0 else near.there[j]), UNREACHED)
    return anchors[:k].copy()
