"""Simulated annealing for sites that cover people: single exchanges at random, each worked out on the spot.

Where a first cover is all that counts, `baths` comes as far in a small part of the time. The search for sites
(`planning.siting`) knows the rules and the proofs; these are the loops of it that have to be compiled.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from coverplan.travel.kernels.jit import jit

Int64 = npt.NDArray[np.int64]
Index = npt.NDArray[np.uint32]
"""Positions have no sign: an index that may be negative costs a look every time, and halves the speed."""
Float = npt.NDArray[np.float64]


class Covers(NamedTuple):
    """Who covers whom, both ways: the classes of a site, and the sites of a class of demand.

    `level` is what a further cover is worth to a person who has c of them already; its last entry is 0 and stands for
    every higher c. `lower` and `upper` say how often a site may be chosen.
    """

    site_start: Index
    site_class: Index
    class_start: Index
    class_site: Index
    weight: Float
    level: Float
    lower: Int64
    upper: Int64


@jit
def _draw(state: npt.NDArray[np.uint64]) -> float:
    """Return a random number from 0 up to 1 (xorshift64*), changing the state."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@jit
def _candidate(covers: Covers, site: int, times: Int64, state: npt.NDArray[np.uint64]) -> int:
    """Draw a site to put in the place of another: near it, near somebody who is not covered, or anywhere."""
    kind = _draw(state)
    n, m = len(covers.weight), len(covers.site_start) - 1
    if kind < 0.6:
        begin, end = covers.site_start[site], covers.site_start[site + 1]
        if end == begin:
            return int(_draw(state) * m)
        at = covers.site_class[begin + int(_draw(state) * (end - begin))]
    elif kind < 0.95:
        at = int(_draw(state) * n)
        for _ in range(3):
            if times[at] == 0:
                break
            at = int(_draw(state) * n)
    else:
        return int(_draw(state) * m)
    first, last = covers.class_start[at], covers.class_start[at + 1]
    return int(covers.class_site[first + int(_draw(state) * (last - first))])


@jit
def _count(covers: Covers, site: int, times: Int64, by: int) -> None:
    """Let every class that a site covers be covered so many times more; `times` is changed."""
    for at in covers.site_class[covers.site_start[site] : covers.site_start[site + 1]]:
        times[at] += by


@jit
def _worth(covers: Covers, site: int, times: Int64) -> float:
    """Return what one more cover by a site would bring."""
    top, total = len(covers.level) - 1, 0.0
    for at in covers.site_class[covers.site_start[site] : covers.site_start[site + 1]]:
        total += covers.weight[at] * covers.level[min(times[at], top)]
    return total


@jit
def anneal(
    covers: Covers,
    choices: Int64,
    values: Float,
    plan: tuple[float, float, int],
    state: npt.NDArray[np.uint64],
) -> None:
    """Exchange sites at random, at temperatures that fall; `plan` is the first, the last, and how many moves.

    `choices` (the choice and the best one met, one row each) and `values` (what the two are worth) go on from one call
    to the next.
    """
    hot, cold, moves = plan
    sites = choices[0]
    times = np.zeros(len(covers.weight), np.int64)
    often = np.zeros(len(covers.lower), np.int64)
    for site in sites:
        often[site] += 1
        _count(covers, site, times, 1)
    cooling = (cold / hot) ** (1.0 / max(moves, 1))
    heat, value, best = hot, values[0], values[1]
    for _ in range(moves):
        heat *= cooling
        slot = int(_draw(state) * len(sites))
        out = sites[slot]
        site = _candidate(covers, out, times, state)
        if site == out or often[out] <= covers.lower[out] or often[site] >= covers.upper[site]:
            continue
        _count(covers, out, times, -1)
        change = _worth(covers, site, times) - _worth(covers, out, times)
        if change < 0 and _draw(state) >= math.exp(change / heat):
            _count(covers, out, times, 1)
            continue
        _count(covers, site, times, 1)
        often[out] -= 1
        often[site] += 1
        sites[slot] = site
        value += change
        if value > best:
            best = value
            choices[1] = sites
    values[0], values[1] = value, best
