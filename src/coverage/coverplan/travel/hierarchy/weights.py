"""What the arcs of a hierarchy weigh: as much as in the network, and at most a way over something lower."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from coverplan.travel.hierarchy.shortcuts import Ladder
from coverplan.travel.kernels.jit import UNREACHED, jit
from coverplan.travel.kernels.rows import Int32, Rows, UInt32


class Rungs(NamedTuple):
    """What each arc of a ladder weighs, in whole tenths; `UNREACHED` where it is closed.

    Attributes
    ----------
    up, down : (a,) uint32
        From the lower rank to the higher, and from the higher to the lower.
    """

    up: UInt32
    down: UInt32

    def turned(self) -> Rungs:
        """Return the same with every arc driven the other way."""
        return Rungs(self.down, self.up)


class Weighed(NamedTuple):
    """A hierarchy with its weights in the direction of a search: the rank of each place, who is above whom, how far."""

    rank: Int32
    ladder: Ladder
    rungs: Rungs


def weigh(ladder: Ladder, rank: Int32, rows: Rows) -> Rungs:
    """Weigh the arcs of a ladder: a matter of milliseconds, whenever speeds change."""
    up, down = _lay(ladder, rank, rows)
    _shorten(ladder, up, down)
    return Rungs(up, down)


@jit
def _lay(ladder: Ladder, rank: Int32, rows: Rows) -> tuple[UInt32, UInt32]:
    """Return up and down with the weights of the network's own arcs."""
    up = np.full(len(ladder.head), UNREACHED, np.uint32)
    down = np.full(len(ladder.head), UNREACHED, np.uint32)
    for i in range(len(rank)):
        for j in range(rows.start[i], rows.start[i + 1]):
            u, v = rank[i], rank[rows.arcs[2 * j]]
            weight = rows.arcs[2 * j + 1]
            low, high = min(u, v), max(u, v)
            a, end = ladder.start[low], ladder.start[low + 1]
            while end - a > 1:
                middle = (a + end) // 2
                if ladder.head[middle] <= high:
                    a = middle
                else:
                    end = middle
            if u < v:
                up[a] = weight
            else:
                down[a] = weight
    return up, down


@jit
def _shorten(ladder: Ladder, up: UInt32, down: UInt32) -> None:
    """Look at every triangle from its lowest corner, lowest first, and let its upper side weigh at most the other two.

    The arcs up from a node lead to one another: those of its neighbour a hold all that it has above a.
    """
    start, head = ladder.start, ladder.head
    for v in range(len(start) - 1):
        for i in range(start[v], start[v + 1]):
            down_i, up_i = down[i], up[i]
            k = start[head[i]]
            for j in range(i + 1, start[v + 1]):
                b = head[j]
                while head[k] != b:
                    k += 1
                up[k] = min(up[k], down_i + up[j])
                down[k] = min(down[k], down[j] + up_i)
