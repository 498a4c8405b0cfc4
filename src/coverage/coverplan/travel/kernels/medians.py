"""Fast interchange for weight x distance, and restarts from shaken plans (Whitaker 1983; Hansen and Mladenovic 1997).

Candidates are looked at in turn. For each it is worked out in one pass over the demand which site it would best take
the place of; an exchange that saves anything is made at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from coverplan.travel.kernels.jit import jit

Int64 = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]


class Median(NamedTuple):
    """A choice of sites, and how near the two nearest of them are to everybody; all but `cost` and `free` change.

    `cost` is candidate x demand; `free` says which candidates may be chosen. `sites` are the chosen ones, the first
    `locked` of them for good; `at` is where each candidate stands among them, or -1. For each demand point, `near` and
    `next` are the costs to the nearest and second nearest site, `slot` and `other` where these stand among the sites.
    `loses` is what giving up each site costs, `saves` is scratch.
    """

    cost: Float
    free: npt.NDArray[np.bool_]
    sites: Int64
    at: Int64
    near: Float
    next: Float
    slot: Int64
    other: Int64
    loses: Float
    saves: Float


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
def _look(now: Median, i: int) -> None:
    """Find the two sites nearest to a demand point."""
    now.near[i], now.next[i], now.slot[i], now.other[i] = np.inf, np.inf, -1, -1
    for k in range(len(now.sites)):
        cost = now.cost[now.sites[k], i]
        if cost < now.near[i]:
            now.next[i], now.other[i] = now.near[i], now.slot[i]
            now.near[i], now.slot[i] = cost, k
        elif cost < now.next[i]:
            now.next[i], now.other[i] = cost, k


@jit
def _take(now: Median, sites: Int64) -> None:
    """Make the choice these sites, and work everything out anew."""
    now.at[:] = -1
    now.loses[:] = 0.0
    for k in range(len(sites)):
        now.sites[k] = sites[k]
        now.at[sites[k]] = k
    for i in range(len(now.near)):
        _look(now, i)
        now.loses[now.slot[i]] += now.next[i] - now.near[i]


@jit
def _best_place(now: Median, site: int, locked: int) -> tuple[float, int]:
    """Return what a candidate saves at most by taking the place of a site, and which."""
    brings = 0.0
    now.saves[:] = 0.0
    cost = now.cost[site]
    for i in range(len(now.near)):
        if cost[i] < now.next[i]:
            if cost[i] < now.near[i]:
                brings += now.near[i] - cost[i]
                now.saves[now.slot[i]] += now.next[i] - now.near[i]
            else:
                now.saves[now.slot[i]] += now.next[i] - cost[i]
    best, place = -np.inf, -1
    for k in range(locked, len(now.sites)):
        saved = brings + now.saves[k] - now.loses[k]
        if saved > best:
            best, place = saved, k
    return best, place


@jit
def _exchange(now: Median, k: int, site: int) -> None:
    """Put a candidate in the place of the k-th site."""
    now.at[now.sites[k]] = -1
    now.sites[k] = site
    now.at[site] = k
    for i in range(len(now.near)):
        cost = now.cost[site, i]
        if now.slot[i] == k or now.other[i] == k:
            now.loses[now.slot[i]] -= now.next[i] - now.near[i]
            _look(now, i)
            now.loses[now.slot[i]] += now.next[i] - now.near[i]
        elif cost < now.next[i]:
            now.loses[now.slot[i]] -= now.next[i] - now.near[i]
            if cost < now.near[i]:
                now.next[i], now.other[i] = now.near[i], now.slot[i]
                now.near[i], now.slot[i] = cost, k
            else:
                now.next[i], now.other[i] = cost, k
            now.loses[now.slot[i]] += now.next[i] - now.near[i]


@jit
def _improve(now: Median, locked: int, hair: float, begin: int) -> None:
    """Exchange until no exchange saves more than a hair."""
    m = len(now.free)
    site, left = begin, m
    while left > 0:
        if now.free[site] and now.at[site] < 0:
            saved, place = _best_place(now, site, locked)
            if place >= 0 and saved > hair:
                _exchange(now, place, site)
                left = m
        left -= 1
        site = site + 1 if site + 1 < m else 0


@jit
def _shake(now: Median, locked: int, state: npt.NDArray[np.uint64]) -> None:
    """Exchange a few sites for candidates not far from people who went to them, sites near each other half the time."""
    n, m, p = len(now.near), len(now.free), len(now.sites)
    # At times much is changed, lest the search stay for ever where it began.
    part = 8 if _draw(state) < 0.7 else 2
    few = 1 + int(_draw(state) * max(3, (p - locked) // part))
    together, somebody = _draw(state) < 0.5, int(_draw(state) * n)
    for _ in range(few):
        here = somebody
        for _try in range(8):
            i = int(_draw(state) * n)
            if not together or now.cost[now.sites[now.slot[somebody]], i] <= now.cost[now.sites[now.slot[here]], i]:
                here = i
                break
        k = now.slot[here] if together else locked + int(_draw(state) * (p - locked))
        best = -1
        for _try in range(12):
            site = int(_draw(state) * m)
            if now.free[site] and now.at[site] < 0 and (best < 0 or now.cost[site, here] < now.cost[best, here]):
                best = site
        if best >= 0 and k >= locked:
            _exchange(now, k, best)


@jit
def interchange(now: Median, best: Int64, plan: tuple[float, float, int, int], state: npt.NDArray[np.uint64]) -> float:
    """Improve a choice of two sites or more, then so many times a shaken one; return the lowest total.

    `plan`: the total of `best` (`inf` when it is only where to begin), a saving too small to count, how many shaken
    plans, how many sites are locked. `best`, `now` and `state` (of the random numbers, not 0) are changed.
    """
    total, hair, rounds, locked = plan
    _take(now, best)
    for turn in range(rounds + 1):
        if turn > 0:
            _shake(now, locked, state)
        _improve(now, locked, hair, int(_draw(state) * len(now.free)))
        found = now.near.sum()
        if found < total - hair:
            total = found
            best[:] = now.sites
        elif turn > 0:
            _take(now, best)
    return float(total)
