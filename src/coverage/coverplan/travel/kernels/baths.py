"""Heat baths for sites that cover people, where a first cover is all that counts.

One site after another is given up and chosen anew among all candidates at once, by what each would bring (`settle`).
Baths at several temperatures exchange their plans with the next warmer one, and two at the same temperature trade parts
of theirs (`temper`).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from coverplan.travel.kernels.covers import Covers, Float, Index, Int64
from coverplan.travel.kernels.jit import jit


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
def _count(covers: Covers, site: int, times: Int64, by: int) -> None:
    """Let every class that a site covers be covered so many times more; `times` is changed."""
    for at in covers.site_class[covers.site_start[site] : covers.site_start[site + 1]]:
        times[at] += by


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


@jit
def _apart(mine: Bath, theirs: Bath, locked: int) -> Int64:
    """Return the slots of a bath's choice with the sites that another bath has not chosen."""
    slots, n = np.empty(mine.choices.shape[1], np.int64), 0
    for slot in range(locked, mine.choices.shape[1]):
        if theirs.stands[mine.choices[0, slot]] == 0:
            slots[n] = slot
            n += 1
    return slots[:n]


@jit
def _root(group: Int64, i: int) -> int:
    """Return the first of the group that a site is in."""
    while group[i] != i:
        group[i] = group[group[i]]
        i = group[i]
    return i


@jit
def _groups(covers: Covers, sites: Int64, times: Int64) -> Int64:
    """Group sites: two that share a class which nobody else covers (`times` is 0) are in one. Return a number each."""
    group, first = np.arange(len(sites)), np.full(len(times), -1, np.int64)
    for i in range(len(sites)):
        for at in covers.site_class[covers.site_start[sites[i]] : covers.site_start[sites[i] + 1]]:
            if times[at] > 0:
                continue
            if first[at] < 0:
                first[at] = i
            else:
                group[_root(group, i)] = _root(group, int(first[at]))
    for i in range(len(sites)):
        group[i] = _root(group, i)
    return group


@jit
def _even(group: Int64, n_mine: int, state: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Draw a group, and where one side has more of it, another that makes up for that; the first are mine.

    Return which sites are in them: none where there is no such other group.
    """
    more = np.zeros(len(group), np.int64)
    for i in range(len(group)):
        more[group[i]] += 1 if i < n_mine else -1
    first = group[int(_draw(state) * len(group))]
    others = np.array([k for k in range(len(group)) if group[k] == k and more[k] == -more[first]])
    if more[first] == 0:
        return group == first
    if len(others) == 0:
        return np.zeros(len(group), np.bool_)
    return (group == first) | (group == others[int(_draw(state) * len(others))])


@jit
def _move(covers: Covers, near: Near, bath: Bath, slots: Int64, sites: Int64) -> None:
    """Put sites in slots of others."""
    value = bath.values[0]
    for slot in slots:
        out = bath.choices[0, slot]
        around = near.site[near.begin[out] : near.end[out]]
        _offer(covers, out, bath)
        _leave(covers, out, bath, around)
        value -= bath.gain[out]
        for other in around:
            bath.extra[other] = 0.0
    for k in range(len(slots)):
        value += bath.gain[sites[k]]
        _enter(covers, sites[k], bath)
        bath.choices[0, slots[k]] = sites[k]
    bath.values[0] = value
    if value > bath.values[1]:
        bath.values[1] = value
        bath.choices[1] = bath.choices[0]


@jit
def trade(covers: Covers, near: Near, two: tuple[Bath, Bath], locked: int, state: npt.NDArray[np.uint64]) -> None:
    """Let two baths at one temperature trade a part of their plans; `locked` sites come first in both.

    The part holds as many sites of either. With the other sites in which they differ it shares nobody but those whom
    sites of both plans cover anyway. So what the one gains the other loses, and both stay at their temperature whatever
    is traded (Houdayer 2001). Both baths and `state` are changed.
    """
    mine, theirs = two
    here, there = _apart(mine, theirs, locked), _apart(theirs, mine, locked)
    n = len(here)
    if n == 0:
        return
    ours, others = mine.choices[0][here], theirs.choices[0][there]
    times = mine.times.copy()
    for site in ours:
        _count(covers, site, times, -1)
    moved = _even(_groups(covers, np.concatenate((ours, others)), times), n, state)
    if moved.sum() > n:
        # The rest traded instead leaves the same two plans, with less work.
        moved = ~moved
    out, into = moved[:n], moved[n:]
    _move(covers, near, mine, here[out], others[into])
    _move(covers, near, theirs, there[into], ours[out])


class Ladder(NamedTuple):
    """Two rows of baths at temperatures that rise from one to the next; all but `heats` is changed.

    As in a bath, with one more dimension in front: `choices` (2 k, 2, p), `values` (2 k, 2), `times` (2 k, classes),
    `gain` and `stands` (2 k, sites). `heats` are the k temperatures, the coldest first, `order` (2, k) which bath of
    either row stands at each of them, `exchanged` how many exchanges came about and how many were tried. `scratch` is
    any bath's of the problem.
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
def _bath(ladder: Ladder, at: int) -> Bath:
    """Return one bath of a ladder."""
    scratch = ladder.scratch
    return Bath(
        ladder.choices[at], ladder.values[at], ladder.times[at], ladder.gain[at], ladder.stands[at],
        scratch.extra, scratch.chosen, scratch.chance,
    )  # fmt: skip


@jit
def temper(
    covers: Covers, near: Near, ladder: Ladder, plan: tuple[int, int, int], state: npt.NDArray[np.uint64]
) -> None:
    """Let baths go on, trade, and exchange their plans; `plan`: turns, steps of each bath in one, how many locked.

    Two neighbours of a row exchange as often as keeps each at its temperature. `ladder` and `state` are changed.
    """
    turns, steps, locked = plan
    heats, order = ladder.heats, ladder.order
    for turn in range(turns):
        for row in order:
            for k in range(len(heats)):
                settle(covers, near, _bath(ladder, row[k]), (heats[k], heats[k], steps, locked), state)
        for k in range(len(heats)):
            trade(covers, near, (_bath(ladder, order[0, k]), _bath(ladder, order[1, k])), locked, state)
        for row in order:
            for k in range(turn % 2, len(heats) - 1, 2):
                cold, warm = row[k], row[k + 1]
                gains = (1 / heats[k] - 1 / heats[k + 1]) * (ladder.values[warm, 0] - ladder.values[cold, 0])
                ladder.exchanged[1] += 1
                if gains >= 0 or _draw(state) < math.exp(gains):
                    ladder.exchanged[0] += 1
                    row[k], row[k + 1] = warm, cold
