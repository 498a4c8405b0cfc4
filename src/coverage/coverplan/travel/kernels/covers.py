"""Simulated annealing for sites that cover people, in two kinds.

`settle` is for problems in which a first cover is all that counts: one site after another is given up and chosen anew
among all candidates at once, by what each would bring (a heat bath). `anneal` is for all others: single exchanges at
random, each worked out on the spot.

The search for sites (`planning.siting`) knows the rules and the proofs; these are the loops of it that have to be
compiled.
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


class Near(NamedTuple):
    """Which sites share a class with each site: `site[begin[i]:end[i]]` for site i, itself among them."""

    begin: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    site: Index


@jit
def near_sites(covers: Covers, most: int) -> Near:
    """List the sites that share a class with each site; where that would be more than `most` in all, all of them."""
    m = len(covers.site_start) - 1
    begin, end = np.zeros(m, np.int64), np.zeros(m, np.int64)
    seen = np.full(m, -1, np.int64)
    found = np.empty(min(most, m * m) + m, np.uint32)
    number = 0
    for site in range(m):
        begin[site] = number
        seen[site] = site
        found[number] = site
        number += 1
        for at in covers.site_class[covers.site_start[site] : covers.site_start[site + 1]]:
            for other in covers.class_site[covers.class_start[at] : covers.class_start[at + 1]]:
                if seen[other] != site:
                    seen[other] = site
                    found[number] = other
                    number += 1
        end[site] = number
        if number > most:
            begin[:], end[:] = 0, m
            return Near(begin, end, np.arange(m).astype(np.uint32))
    return Near(begin, end, found[:number].copy())


class Bath(NamedTuple):
    """Where a heat bath stands; all of it is changed as the bath goes on.

    `choices` (the choice and the best one met, one row each, the locked sites first) and `values` (what the two are
    worth) go on from one call to the next. `times` says how often each class is covered, `gain` what each site would
    bring, `stands` which sites are chosen. The rest is scratch: `extra` is what giving a site up adds to each (0
    between two steps), `chosen` are the sites with a chance and `chance` how likely each is, with room for one more.
    """

    choices: Int64
    values: Float
    times: Int64
    gain: Float
    stands: npt.NDArray[np.int8]
    extra: Float
    chosen: Int64
    chance: Float


@jit
def place(covers: Covers, bath: Bath) -> None:
    """Work out where the choice of a bath stands: to be called before its first step, and when its choice changes."""
    bath.times[:], bath.stands[:] = 0, 0
    for site in bath.choices[0]:
        bath.stands[site] = 1
        _count(covers, site, bath.times, 1)
    for site in range(len(bath.gain)):
        total = 0.0
        for at in covers.site_class[covers.site_start[site] : covers.site_start[site + 1]]:
            if bath.times[at] == 0:
                total += covers.weight[at]
        bath.gain[site] = total


@jit
def _offer(covers: Covers, out: int, bath: Bath) -> None:
    """Work out what giving a site up would add to each.

    Nothing else is changed yet: more often than not the same site is chosen again.
    """
    for i in range(covers.site_start[out], covers.site_start[out + 1]):
        at = covers.site_class[i]
        if bath.times[at] == 1:
            weight = covers.weight[at]
            for j in range(covers.class_start[at], covers.class_start[at + 1]):
                bath.extra[covers.class_site[j]] += weight


@jit
def _leave(covers: Covers, site: int, bath: Bath, near: Index) -> None:
    """Give a site up, once it is worked out what that adds to the sites near it."""
    bath.stands[site] = 0
    for i in range(covers.site_start[site], covers.site_start[site + 1]):
        bath.times[covers.site_class[i]] -= 1
    for other in near:
        bath.gain[other] += bath.extra[other]


@jit
def _enter(covers: Covers, site: int, bath: Bath) -> None:
    """Choose a site."""
    bath.stands[site] = 1
    for i in range(covers.site_start[site], covers.site_start[site + 1]):
        at = covers.site_class[i]
        bath.times[at] += 1
        if bath.times[at] == 1:
            weight = covers.weight[at]
            for j in range(covers.class_start[at], covers.class_start[at + 1]):
                bath.gain[covers.class_site[j]] -= weight


@jit
def _pick(bath: Bath, among: Index, out: int, heat: float, state: npt.NDArray[np.uint64]) -> int:
    """Draw a site to stand in the place of another, each as likely as exp(what it brings / heat)."""
    given = bath.gain[out] + bath.extra[out]
    worst, top, left, total = given - 12.0 * heat, given, 0, 0.0
    for site in among:
        brings = bath.gain[site] + bath.extra[site]
        # Written always and counted at times: a branch here would be guessed wrong too often.
        bath.chosen[left] = site
        bath.chance[left] = brings
        left += (brings >= worst) and (bath.stands[site] == 0 or site == out)
    for k in range(left):
        top = max(top, bath.chance[k])
    for k in range(left):
        bath.chance[k] = math.exp(max((bath.chance[k] - top) / heat, -700.0))
        total += bath.chance[k]
    ball = _draw(state) * total
    for k in range(left):
        ball -= bath.chance[k]
        if ball < 0:
            return int(bath.chosen[k])
    return out


@jit
def settle(
    covers: Covers, near: Near, bath: Bath, plan: tuple[float, float, int, int], state: npt.NDArray[np.uint64]
) -> None:
    """Choose one site after another anew, at temperatures that fall; `plan`: first, last, steps, how many are locked.

    A site is chosen anew among those near it, and at times among all. `bath` and `state` (of the random numbers, not
    0) are changed; `place` has to be called once before.
    """
    hot, cold, steps, locked = plan
    sites, values = bath.choices[0], bath.values
    everybody = np.arange(len(bath.gain)).astype(np.uint32)
    cooling = (cold / hot) ** (1.0 / max(steps, 1))
    heat, value, best = hot, values[0], values[1]
    for _ in range(steps):
        heat *= cooling
        slot = locked + int(_draw(state) * (len(sites) - locked))
        out = sites[slot]
        around = near.site[near.begin[out] : near.end[out]]
        _offer(covers, out, bath)
        given = bath.gain[out] + bath.extra[out]
        everywhere = len(around) == 1 or _draw(state) < 0.05
        site = _pick(bath, everybody if everywhere else around, out, heat, state)
        if site != out:
            _leave(covers, out, bath, around)
            value += bath.gain[site] - given
            _enter(covers, site, bath)
        for other in around:
            bath.extra[other] = 0.0
        sites[slot] = site
        if value > best:
            best = value
            bath.choices[1] = sites
    values[0], values[1] = value, best


class Ladder(NamedTuple):
    """Baths at temperatures that rise from one to the next; all but `heats` is changed.

    As in a bath, with one more dimension in front: `choices` (k, 2, p), `values` (k, 2), `times` (k, classes), `gain`
    and `stands` (k, sites). `heats` are the k temperatures, the coldest first, `order` which bath stands at each of
    them, `exchanged` how many exchanges came about and how many were tried. `scratch` is any bath's of the problem.
    """

    choices: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    times: npt.NDArray[np.int64]
    gain: npt.NDArray[np.float64]
    stands: npt.NDArray[np.int8]
    heats: Float
    order: Int64
    exchanged: Int64
    scratch: Bath


@jit
def temper(
    covers: Covers, near: Near, ladder: Ladder, plan: tuple[int, int, int], state: npt.NDArray[np.uint64]
) -> None:
    """Let baths go on and neighbours exchange their plans; `plan`: turns, steps of each bath in one, how many locked.

    Two neighbours exchange as often as keeps each at its temperature. `ladder` and `state` are changed.
    """
    turns, steps, locked = plan
    heats, order, scratch = ladder.heats, ladder.order, ladder.scratch
    for turn in range(turns):
        for k in range(len(heats)):
            at = order[k]
            bath = Bath(
                ladder.choices[at], ladder.values[at], ladder.times[at], ladder.gain[at], ladder.stands[at],
                scratch.extra, scratch.chosen, scratch.chance,
            )  # fmt: skip
            settle(covers, near, bath, (heats[k], heats[k], steps, locked), state)
        for k in range(turn % 2, len(heats) - 1, 2):
            cold, warm = order[k], order[k + 1]
            gains = (1 / heats[k] - 1 / heats[k + 1]) * (ladder.values[warm, 0] - ladder.values[cold, 0])
            ladder.exchanged[1] += 1
            if gains >= 0 or _draw(state) < math.exp(gains):
                ladder.exchanged[0] += 1
                order[k], order[k + 1] = warm, cold
