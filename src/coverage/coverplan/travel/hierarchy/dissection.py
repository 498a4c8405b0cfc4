"""Cut a network in two by few nodes, again and again.

Where nodes have no positions, two that lie far apart serve as poles: the difference of the steps to them runs across
the network as a coordinate would. Along each of a few such directions the first and the last quarter of the nodes are
held apart, and the fewest edges between them are found (a maximal flow, one unit an edge). The cut that is smallest for
the balance it gives wins, and the nodes at its thinner bank separate the two sides.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from coverplan.travel.hierarchy.links import Links, Slate
from coverplan.travel.kernels.jit import jit
from coverplan.travel.kernels.rows import Int32, Int64, Number, UInt64

HELD = 0.25
"""The share of the nodes that is held on each side."""

TRIED = 3
"""How many directions are tried, the most promising first."""

LEAF = 40
"""Parts as small as this are put in order by how few neighbours a node has left, not cut any further."""

_BITS = 64


class _Part(NamedTuple):
    """A part of the network by itself: who is beside whom, and the same link seen from the other end."""

    start: Int32
    head: Int32
    twin: Int32


class _Flow(NamedTuple):
    """What a flow writes on: units over each link, the link by which each node was reached, a queue."""

    units: Int32
    reached: Int32
    queue: Int32


@jit
def separate(links: Links, slate: Slate, nodes: Int32) -> Int32:
    """Sort the nodes of a part: those of either side, then those that separate them.

    Returns how many are on the one side and on the other; `nodes` is sorted in place.
    """
    part = _cut_out(links, slate, nodes)
    side = _sides(part)
    sorted_nodes = np.empty_like(nodes)
    sizes = np.zeros(2, np.int32)
    k = 0
    for want in (0, 1, 2):
        for u in range(len(nodes)):
            if side[u] == want:
                sorted_nodes[k] = nodes[u]
                k += 1
        if want < 2:
            sizes[want] = k - sizes[0]
    nodes[:] = sorted_nodes
    return sizes


@jit
def dissect(links: Links, slate: Slate, nodes: Int32, first: int) -> None:
    """Give the nodes of a part their ranks, from `first` on: both sides of a cut, then what separates them."""
    depth = 256
    stack = np.empty((depth, 3), np.int64)
    stack[0] = 0, len(nodes), first
    left = 1
    while left:
        left -= 1
        begin, end, rank = stack[left]
        part = nodes[begin:end]
        if end - begin == 1:
            slate.rank[part[0]] = rank
            continue
        if end - begin <= LEAF and _finish(links, slate, part, rank):
            continue
        sizes = separate(links, slate, part)
        middle, last = begin + sizes[0], begin + sizes[0] + sizes[1]
        for i in range(last, end):
            slate.rank[nodes[i]] = rank + i - begin
        if left + 2 > depth:
            stack = np.concatenate((stack, np.empty((depth, 3), np.int64)))
            depth *= 2
        for a, b in ((begin, middle), (middle, last)):
            if a < b:
                stack[left] = a, b, rank + a - begin
                left += 1


@jit
def _cut_out(links: Links, slate: Slate, nodes: Int32) -> _Part:
    """Give the nodes of a part numbers, in their order, and list the links among them."""
    n = len(nodes)
    n_links = 0
    for i in range(n):
        u = nodes[i]
        slate.local[u] = i
        n_links += links.start[u + 1] - links.start[u]
    start, head, twin = np.zeros(n + 1, np.int32), np.empty(n_links, np.int32), np.empty(n_links, np.int32)
    k = 0
    for i in range(n):
        u = nodes[i]
        for j in range(links.start[u], links.start[u + 1]):
            v = links.head[j]
            # A neighbour without a rank is in the same part: whatever lies between parts has one already.
            if slate.rank[v] < 0:
                head[k] = slate.local[v]
                k += 1
        start[i + 1] = k
    free = start[:-1].copy()
    for i in range(n):
        for j in range(start[i], start[i + 1]):
            v = head[j]
            if i < v:
                # Rows are met in the order of i, and each row names its smaller neighbours first in that order.
                twin[j] = _claim(head, free, v, i)
                twin[twin[j]] = j
    return _Part(start, head[:k].copy(), twin[:k].copy())


@jit
def _claim(head: Int32, free: Int32, v: Number, i: Number) -> Number:
    """Return where node v names node i, looking on from where it was looked last."""
    while head[free[v]] != i:
        free[v] += 1
    return free[v]


@jit
def _sides(part: _Part) -> Int32:
    """Return 0 and 1 for the sides of the best cut found, 2 for the nodes that separate them."""
    n = len(part.start) - 1
    queue = np.empty(n, np.int32)
    near = np.full(n, -1, np.int32)
    n_reached = _steps(part, np.array([0], np.int32), near, queue)
    if n_reached < n:
        return np.where(near >= 0, 0, 1).astype(np.int32)
    keys = _directions(part, queue)
    flow = _Flow(np.zeros(len(part.head), np.int32), np.empty(n, np.int32), queue)
    best, best_score = np.zeros(n, np.int32), np.inf
    side = np.empty(n, np.int32)
    # The most promising first: most of the others are given up soon then.
    for d in np.argsort(_crossed(part, keys, side))[:TRIED]:
        order = _by_key(keys[d])
        # No cut of k edges is better than k for half the nodes.
        n_cut = _cut(part, flow, order, best_score * (n // 2 + 1), side)
        if n_cut < 0:
            continue
        score = n_cut / max(min(side.sum(), n - side.sum()), 1)
        if score < best_score:
            best[:], best_score = side, score
    _bank(part, best)
    return best


@jit
def _steps(part: _Part, seeds: Int32, steps: Int32, queue: Int32) -> int:
    """Count steps from seeds to all nodes, -1 before; returns how many are reached, the farthest last in the queue."""
    last = 0
    for u in seeds:
        steps[u] = 0
        queue[last] = u
        last += 1
    done = 0
    while done < last:
        u = queue[done]
        done += 1
        for j in range(part.start[u], part.start[u + 1]):
            v = part.head[j]
            if steps[v] < 0:
                steps[v] = steps[u] + 1
                queue[last] = v
                last += 1
    return last


@jit
def _directions(part: _Part, queue: Int32) -> Int32:
    """Return what orders the nodes along four directions: between two pairs of poles, and both diagonals."""
    n = len(part.start) - 1
    steps = np.full((4, n), -1, np.int32)
    pole = queue[n - 1]
    _steps(part, np.array([pole], np.int32), steps[0], queue)
    _steps(part, np.array([queue[n - 1]], np.int32), steps[1], queue)
    # The third is far from both, the fourth far from the third and not near the first two.
    pole = np.argmax(np.minimum(steps[0], steps[1]))
    _steps(part, np.array([pole], np.int32), steps[2], queue)
    pole = np.argmax(np.minimum(np.minimum(steps[0], steps[1]), steps[2]))
    _steps(part, np.array([pole], np.int32), steps[3], queue)
    keys = np.empty((4, n), np.int32)
    keys[0] = steps[0] - steps[1]
    keys[1] = steps[2] - steps[3]
    keys[2] = keys[0] + keys[1]
    keys[3] = keys[0] - keys[1]
    return keys


@jit
def _crossed(part: _Part, keys: Int32, late: Int32) -> Int64:
    """Return how many links cross the middle of each direction."""
    n = len(late)
    crossed = np.zeros(len(keys), np.int64)
    for d in range(len(keys)):
        order = _by_key(keys[d])
        late[order[: n // 2]], late[order[n // 2 :]] = 0, 1
        for u in range(n):
            for j in range(part.start[u], part.start[u + 1]):
                crossed[d] += late[u] < late[part.head[j]]
    return crossed


@jit
def _by_key(key: Int32) -> Int32:
    """Return nodes sorted by key, equal ones in the order they have."""
    lowest = key.min()
    at = np.zeros(key.max() - lowest + 2, np.int32)
    for value in key:
        at[value - lowest + 1] += 1
    for i in range(len(at) - 1):
        at[i + 1] += at[i]
    order = np.empty(len(key), np.int32)
    for u in range(len(key)):
        order[at[key[u] - lowest]] = u
        at[key[u] - lowest] += 1
    return order


@jit
def _cut(part: _Part, flow: _Flow, order: Int32, most: float, side: Int32) -> int:
    """Cut the first of an order from the last by as few edges as can be; returns how many, -1 for more than `most`.

    `side` becomes 1 for the side of the last.
    """
    n = len(order)
    k = max(int(n * HELD), 1)
    flow.units[:] = 0
    side[:] = 0
    # 2 marks the source's nodes, 1 the sink's.
    for i in range(k):
        side[order[i]] = 2
        side[order[n - 1 - i]] = 1
    rim = np.empty(k, np.int32)
    n_rim = 0
    for i in range(k):
        u = order[i]
        for j in range(part.start[u], part.start[u + 1]):
            if side[part.head[j]] != 2:
                rim[n_rim] = u
                n_rim += 1
                break
    total, more = 0, 1
    while more:
        more = _augment(part, flow, rim[:n_rim], side)
        total += more
        if total >= most:
            return -1
    for u in range(n):
        side[u] = 0 if side[u] == 2 or flow.reached[u] >= 0 else 1
    return total


@jit
def _augment(part: _Part, flow: _Flow, rim: Int32, side: Int32) -> int:
    """Go from the rim of the source over links that have room, and send units along ways to the sink.

    Returns how many; when there are none, all that can be reached from the source has been. One pass sends as many as
    the branches it makes lead to the sink without sharing a link: far fewer passes than one for each length of way.
    """
    reached, queue, units = flow.reached, flow.queue, flow.units
    reached[:] = -1
    last, done, sent = 0, 0, 0
    for u in rim:
        reached[u] = len(units)
        queue[last] = u
        last += 1
    while done < last:
        u = queue[done]
        done += 1
        for j in range(part.start[u], part.start[u + 1]):
            v = part.head[j]
            if units[j] >= 1 or side[v] == 2:
                continue
            if side[v] == 1:
                sent += _send(part, flow, j)
            elif reached[v] < 0:
                reached[v] = j
                queue[last] = v
                last += 1
    return sent


@jit
def _send(part: _Part, flow: _Flow, link: Number) -> int:
    """Send a unit along the way that ends with a link, if all of it still has room; returns 1 if so."""
    j = link
    while j < len(flow.units):
        if flow.units[j] >= 1:
            return 0
        j = flow.reached[part.head[part.twin[j]]]
    j = link
    while j < len(flow.units):
        flow.units[j] += 1
        flow.units[part.twin[j]] -= 1
        j = flow.reached[part.head[part.twin[j]]]
    return 1


@jit
def _bank(part: _Part, side: Int32) -> None:
    """Mark with 2 the nodes at the thinner bank of a cut."""
    n = len(side)
    wide = np.zeros(2, np.int64)
    at_cut = np.zeros(n, np.bool_)
    for u in range(n):
        for j in range(part.start[u], part.start[u + 1]):
            if side[part.head[j]] != side[u]:
                at_cut[u] = True
                wide[side[u]] += 1
                break
    thin = 0 if wide[0] <= wide[1] else 1
    for u in range(n):
        if at_cut[u] and side[u] == thin:
            side[u] = 2


@jit
def _finish(links: Links, slate: Slate, nodes: Int32, first: int) -> bool:
    """Rank a small part: whoever has the fewest neighbours goes first, and leaves them beside each other.

    Nodes around the part have ranks, and stay. Returns False, nothing done, when there are too many of them.
    """
    n = len(nodes)
    around = np.empty(_BITS, np.int32)
    beside = np.zeros(_BITS, np.uint64)
    one, n_all = np.uint64(1), n
    for i in range(n):
        slate.local[nodes[i]] = i
    for i in range(n):
        u = nodes[i]
        for j in range(links.start[u], links.start[u + 1]):
            v = links.head[j]
            at = slate.local[v]
            if slate.rank[v] >= 0:
                at = n
                while at < n_all and around[at] != v:
                    at += 1
                if at == _BITS:
                    return False
                if at == n_all:
                    around[at] = v
                    n_all += 1
            beside[i] |= one << np.uint64(at)
            beside[at] |= one << np.uint64(i)
    _fewest_first(slate, nodes, first, beside)
    return True


@jit
def _fewest_first(slate: Slate, nodes: Int32, first: int, beside: UInt64) -> None:
    n, one = len(nodes), np.uint64(1)
    for k in range(n):
        best, fewest = -1, _BITS + 1
        for i in range(n):
            if slate.rank[nodes[i]] < 0:
                degree = _count(beside[i])
                if degree < fewest:
                    best, fewest = i, degree
        slate.rank[nodes[best]] = first + k
        mine = beside[best]
        for i in range(_BITS):
            if (mine >> np.uint64(i)) & one:
                beside[i] = (beside[i] | mine) & ~(one << np.uint64(i)) & ~(one << np.uint64(best))


@jit
def _count(bits: Number) -> int:
    """Return how many bits are set."""
    n = 0
    while bits:
        bits &= bits - np.uint64(1)
        n += 1
    return n
