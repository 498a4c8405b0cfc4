"""Greedy, fast interchange and restarts for weight x distance.

The profit of every exchange is kept in a table and brought up to date only for the demand whose nearest or second
nearest site has changed (Whitaker 1983; Resende and Werneck 2007).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverplan.planning.siting.rules import Bool, Float, Int
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.watch import Watch
from coverplan.travel.kernels.jit import COMPILED

if TYPE_CHECKING:
    from coverplan.travel.kernels.medians import Median


class MedianSearch:
    """A choice of sites with the nearest and second nearest of everybody, and what every exchange would save.

    `cost` is (n, m), weight x distance, finite. With d1 and d2 the costs to the nearest and second nearest chosen site,
    a new site j saves the sum of max(0, d1 - d_j); giving up r costs the sum of d2 - d1 over those nearest to r; and
    where both happen at once, the sum of d2 - max(d1, d_j) over those nearest to r with d_j < d2 is saved besides.
    """

    def __init__(self, cost: Float, moves: Moves) -> None:
        self.cost, self.moves = cost, moves
        n, m = cost.shape
        self.often = np.zeros(m, dtype=np.int64)
        self.sites = np.empty(0, dtype=np.int64)
        self._nobody = float(cost.max(initial=0.0)) * 2 + 1
        self._forget(n, m)

    def _forget(self, n: int, m: int) -> None:
        self.first, self.second = np.full(n, self._nobody), np.full(n, self._nobody)
        self.slot = np.full(n, -1, dtype=np.int64)
        self.other = np.full(n, -1, dtype=np.int64)
        self.saves, self.loses, self.besides = np.zeros(m), np.zeros(0), np.zeros((0, m))

    @property
    def total(self) -> float:
        """Weight x distance of the choice."""
        return float(self.first.sum())

    def choose(self, sites: Int) -> None:
        """Take a choice of sites and work everything out anew."""
        n, m = self.cost.shape
        self.sites = np.array(sorted(int(site) for site in sites), dtype=np.int64)
        self.often[:] = 0
        self.often[self.sites] = 1
        self._forget(n, m)
        self.loses, self.besides = np.zeros(len(self.sites)), np.zeros((len(self.sites), m))
        everybody = np.arange(n if len(self.sites) else 0)
        self._look(everybody)
        self._count(everybody, 1.0)

    def _look(self, rows: Int) -> None:
        """Find the nearest and second nearest site of some demand points."""
        k = len(self.sites)
        if k == 0 or len(rows) == 0:
            return
        near = self.cost[rows[:, None], self.sites[None, :]]
        if k == 1:
            self.first[rows], self.slot[rows], self.second[rows] = near[:, 0], 0, self._nobody
            return
        at = np.arange(len(rows))
        nearest = near.argmin(axis=1)
        self.first[rows], self.slot[rows] = near[at, nearest], nearest
        near[at, nearest] = np.inf
        following = near.argmin(axis=1)
        self.second[rows], self.other[rows] = near[at, following], following

    def _count(self, rows: Int, sign: float) -> None:
        """Add what some demand points contribute to every table, or take it away."""
        if len(rows) == 0:
            return
        order = rows[np.argsort(self.slot[rows], kind="stable")]
        cost, first, second = self.cost[order], self.first[order, None], self.second[order, None]
        self.saves += sign * np.maximum(first - cost, 0.0).sum(axis=0)
        slots, begin = np.unique(self.slot[order], return_index=True)
        extra = np.maximum(second - np.maximum(cost, first), 0.0)
        self.besides[slots] += sign * np.add.reduceat(extra, begin, axis=0)
        np.add.at(self.loses, self.slot[order], sign * (second - first)[:, 0])

    def exchange(self, k: int, site: int) -> None:
        """Put a candidate in the place of the k-th chosen site."""
        new = self.cost[:, site]
        touched = np.flatnonzero((self.slot == k) | (self.other == k) | (new < self.second))
        self._count(touched, -1.0)
        self.often[self.sites[k]], self.often[site] = 0, 1
        self.sites[k] = site
        self._look(touched)
        self._count(touched, 1.0)

    def improve(self, watch: Watch, *, hair: float) -> None:
        """Make the best exchange again and again until none saves anything."""
        while len(self.sites) and not watch.stop():
            change = self.loses[:, None] - self.saves[None, :] - self.besides
            change[~self.allowed()] = np.inf
            best = int(change.argmin())
            if change.flat[best] >= -hair:
                return
            self.exchange(*divmod(best, change.shape[1]))

    def allowed(self) -> Bool:
        """Say, for each chosen site, which candidates may take its place: (k, m)."""
        allowed = self.moves.exchangeable(self.often, self.sites).copy()
        allowed[~self.moves.removable(self.often)[self.sites]] = False
        return allowed

    def earlier(self, watch: Watch, *, hair: float) -> None:
        """Exchange sites for candidates earlier in the list as long as nothing is lost: the rule for ties."""
        while len(self.sites) and not watch.stop():
            change = self.loses[:, None] - self.saves[None, :] - self.besides
            fits = self.allowed() & (change <= hair) & (np.arange(change.shape[1])[None, :] < self.sites[:, None])
            able = np.flatnonzero(fits.any(axis=1))
            if len(able) == 0:
                return
            k = int(able[self.sites[able].argmax()])
            self.exchange(k, int(fits[k].argmax()))

    def grow(self, rng: np.random.Generator | None = None) -> None:
        """Add sites one after another, each time the one that saves most, until the rules end it."""
        first, often = self.first.copy(), self.often.copy()
        step = max(1, 2_000_000 // max(self.cost.shape[0], 1))
        saves = np.full(len(often), np.inf)
        while True:
            free = self.moves.addable(often)
            if not free.any():
                break
            site, saves = self._best_addition(first, np.where(free, saves, -np.inf), step)
            if rng is not None and rng.random() < 0.3:
                site = int(rng.choice(np.flatnonzero(free)))
            if saves[site] <= 0 and self._enough(often):
                break
            often[site] += 1
            first = np.minimum(first, self.cost[:, site])
        self.choose(np.flatnonzero(often))

    def _enough(self, often: Int) -> bool:
        rules = self.moves.rules
        return int((often[rules.existing] > 0).sum()) >= rules.keep

    def _best_addition(self, first: Float, saves: Float, step: int) -> tuple[int, Float]:
        """Find the best addition; what an earlier round found is an upper bound, so few are worked out again."""
        saves = saves.copy()
        fresh = np.zeros(len(saves), dtype=bool)
        while True:
            order = np.argsort(-saves, kind="stable")[: min(step, 32)]
            if fresh[order[0]] or np.isneginf(saves[order[0]]):
                return int(order[0]), saves
            if np.isinf(saves[order[0]]):
                order = np.flatnonzero(np.isposinf(saves))[:step]
            asked = order[np.isfinite(saves[order]) | np.isposinf(saves[order])]
            asked = asked[~fresh[asked]]
            saves[asked] = np.maximum(first[:, None] - self.cost[:, asked], 0.0).sum(axis=0)
            fresh[asked] = True


def search_median(
    cost: Float,
    moves: Moves,
    watch: Watch,
    *,
    rounds: int,
    seconds: float,
    hair: float,
    seed: int = 0,
    starts: tuple[Int, ...] = (),
    beat: float = np.inf,
) -> tuple[Int, float]:
    """Find a good choice of sites: greedy and interchange, then restarts from shaken plans.

    Parameters
    ----------
    beat
        What is known already: only a lower total counts as found.

    Returns
    -------
    sites, total
        Positions, rising, and weight x distance.
    """
    search = MedianSearch(cost, moves)
    best, total = np.empty(0, np.int64), np.inf
    if COMPILED and moves.rules.is_plain and moves.rules.per_site == 1:
        return _Compiled(search, watch, hair=hair, seed=seed, beat=beat).search(starts, rounds=rounds, seconds=seconds)
    if not starts:
        search.choose(np.flatnonzero(moves.rules.lower))
        search.grow()
        search.improve(watch, hair=hair)
        best, total = search.sites.copy(), search.total
        _tell_found(watch, total, beat - hair)
    for start in starts:
        search.choose(start)
        search.improve(watch, hair=hair)
        if search.total < total - hair:
            best, total = search.sites.copy(), search.total
            _tell_found(watch, total, beat - hair)
    rng, until = np.random.default_rng(seed), watch.seconds + seconds
    for _ in range(rounds):
        if watch.stop() or watch.seconds >= until:
            break
        if not np.array_equal(np.sort(search.sites), np.sort(best)):
            search.choose(best)
        _shake(search, rng)
        search.improve(watch, hair=hair)
        if search.total < total - hair:
            best, total = search.sites.copy(), search.total
            _tell_found(watch, total, beat - hair)
    return np.sort(best), total


def _tell_found(watch: Watch, total: float, beat: float) -> None:
    if total < beat:
        watch.found()


class _Compiled:
    """The same search in compiled code, for plain rules."""

    def __init__(self, search: MedianSearch, watch: Watch, *, hair: float, seed: int, beat: float) -> None:
        rules = search.moves.rules
        self._start, self._watch, self._hair, self._beat = search, watch, hair, beat
        self._required = np.flatnonzero(rules.lower > 0)
        self._cost = np.ascontiguousarray(search.cost.T)
        self._free = (search.moves.upper > 0) & (rules.lower == 0)
        self._state = np.array([2 * seed + 88172645463325252], dtype=np.uint64)
        self._best, self._total = np.empty(0, np.int64), np.inf

    def search(self, starts: tuple[Int, ...], *, rounds: int, seconds: float) -> tuple[Int, float]:
        """Improve the greedy choice, or each of the starts; then restart from shaken plans."""
        if not starts:
            self._start.choose(self._required)
            self._start.grow()
            starts = (self._start.sites,)
        for start in starts:
            self._go(start, np.inf, rounds=0)
        until, done = self._watch.seconds + seconds, 0
        while done < rounds and self._watch.seconds < until and not self._watch.stop():
            self._go(self._best, self._total, rounds=5)
            done += 5
        return np.sort(self._best), self._total

    def _go(self, sites: Int, total: float, *, rounds: int) -> None:
        from coverplan.travel.kernels.medians import interchange  # noqa: PLC0415 - the compiler takes long to load

        best = np.concatenate([self._required, np.setdiff1d(sites, self._required)])
        if len(best) < 2:  # the loop wants a second nearest site
            self._start.choose(best)
            self._start.improve(self._watch, hair=self._hair)
            best, total = self._start.sites.copy(), self._start.total
        else:
            plan = (total, self._hair, rounds, len(self._required))
            total = interchange(self._scratch(len(best)), best, plan, self._state)
        if total < self._total - self._hair:
            self._best, self._total = best, total
            _tell_found(self._watch, total, self._beat - self._hair)

    def _scratch(self, p: int) -> Median:
        from coverplan.travel.kernels.medians import Median  # noqa: PLC0415 - as above

        m, n = self._cost.shape
        return Median(
            cost=self._cost,
            free=self._free,
            sites=np.zeros(p, np.int64),
            at=np.zeros(m, np.int64),
            near=np.zeros(n),
            next=np.zeros(n),
            slot=np.zeros(n, np.int64),
            other=np.zeros(n, np.int64),
            loses=np.zeros(p),
            saves=np.zeros(p),
        )


def _shake(search: MedianSearch, rng: np.random.Generator) -> None:
    """Exchange a few sites, which stand near each other half of the time, for others near by."""
    allowed = search.allowed()
    out = np.flatnonzero(allowed.any(axis=1))
    if len(out) == 0:
        return
    k = int(min(len(out), rng.integers(1, max(3, len(out) // 8) + 1)))
    gone = rng.choice(out, size=k, replace=False)
    if rng.random() < 0.5:
        centre = int(rng.choice(out))
        away = search.cost[search.slot == centre][:, search.sites].sum(axis=0)
        gone = out[np.argsort(away[out], kind="stable")][:k]
    for slot in gone:
        free = np.flatnonzero(search.allowed()[slot])
        if len(free):
            own = np.flatnonzero(search.slot == slot)
            if len(own) and rng.random() < 0.7:  # a candidate that serves the same people about as well
                near = search.cost[own][:, free].sum(axis=0)
                free = free[np.argsort(near, kind="stable")[: max(3, len(free) // 10)]]
            search.exchange(int(slot), int(rng.choice(free)))
