"""Good plans gathered and put together: sites of several plans, and the best choice among them solved exactly.

One long search ends in one of many good plans that have little in common. Each of them is best somewhere; the exact
choice among the sites of several takes the best of each, everywhere at once (tour merging, Cook and Seymour 2003; the
same idea as optimised crossover). It takes a solver a second or so, because few candidates are left.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from coverplan.planning.siting.annealing import HeatBath
from coverplan.planning.siting.reduce import Merged
from coverplan.planning.siting.regions import Regions, solve_among
from coverplan.planning.siting.rules import Bool, Int
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.watch import Watch

_KEPT = 16
"""Plans in the pool."""
_APART = 3
"""Sites in which two of them differ at least."""
_PATIENCE = 6
"""Turns without anything better, after which others are given a chance."""
_EACH_S = 4.0
_HOT = (0.05, 0.03, 0.02, 0.012)
"""Temperatures of runs from the beginning, as parts of what a site is worth; which is best is learned on the way."""


class Pool:
    """A few good plans that differ from each other, the best first; a plan is how often each candidate stands."""

    def __init__(self) -> None:
        self.plans: list[Int] = []
        self.values: list[float] = []

    def put(self, often: Int, value: float) -> None:
        """Take a plan in, unless one as good is like it; worse ones that are like it go."""
        like = [int(((often > 0) & (plan == 0)).sum()) < _APART for plan in self.plans]
        if any(near and other >= value for near, other in zip(like, self.values, strict=True)):
            return
        kept = [(plan, other) for plan, other, near in zip(self.plans, self.values, like, strict=True) if not near]
        kept.append((often.copy(), value))
        kept.sort(key=lambda pair: -pair[1])
        self.plans, self.values = [plan for plan, _ in kept[:_KEPT]], [other for _, other in kept[:_KEPT]]


class Breeding:
    """The long search for most people covered, where rules are plain and a first cover is all that counts."""

    def __init__(self, merged: Merged, alive: Bool, moves: Moves, *, grain: float, seed: int) -> None:
        self._merged, self._moves, self._grain = merged, moves, grain
        self._bath = HeatBath(merged, moves, seed=seed)
        self._regions = Regions(merged, alive, moves.rules.lower, grain=grain, seed=seed)
        self._fixed = (moves.rules.lower > 0).astype(np.int64)
        self._rng = np.random.default_rng(seed)
        self._pool = Pool()
        self._size = 2.2
        self._begin: Int | None = None
        self._turn, self._seconds, self._whole = 0, 0.0, 0.0
        self._stale, self._elders = 0, list[tuple[Int, float]]()
        self._spent = {"cooling": 0.0, "merging": 0.0}
        self._came: dict[float, list[float]] = {hot: [] for hot in _HOT}

    def run(self, often: Int, watch: Watch, *, until: float, better: Callable[[Int, float], bool]) -> None:
        """Search until a time; `better` is told every plan that may be better, and says whether to end.

        Runs are short at first and become longer: easy problems are done at once, hard ones get the time they need. A
        second call goes on where the first ended.
        """
        if self._begin is None:
            self._begin, self._whole = often.copy(), max(watch.left, 0.0)
            self._seconds = min(0.5, 0.01 * self._whole)
            if self._meet(often, better):
                return
        while watch.seconds < until - 0.01 and not watch.stop():
            self._turn += 1
            self._stale += 1
            if self._stale > _PATIENCE:
                self._turn_over()
            elif self._turn % 4 == 0:
                self._seconds = min(2.5 * self._seconds, 0.2 * self._whole)
            if self._round(self._begin, watch, until, better):
                return

    def _turn_over(self) -> None:
        """Nothing new has come for a while: begin a pool of strangers; when they have nothing new, let all meet."""
        self._stale = 0
        if self._elders:
            for often, value in self._elders:
                self._pool.put(often, value)
            self._elders = []
            return
        self._elders = list(zip(self._pool.plans, self._pool.values, strict=True))[:4]
        self._pool = Pool()
        self._seconds = max(self._seconds / 2.5, 0.01 * self._whole)

    def _round(self, begin: Int, watch: Watch, until: float, better: Callable[[Int, float], bool]) -> bool:
        """Anneal once, and put plans together; say whether to end."""
        began = watch.seconds
        child = self._cool(begin, watch, seconds=min(self._seconds, until - watch.seconds))
        self._spent["cooling"] += watch.seconds - began
        if self._meet(child, better):
            return True
        # The two need each other: neither takes more than its half of the time.
        if len(self._pool.plans) < 4 or self._spent["merging"] > self._spent["cooling"]:
            return False
        began = watch.seconds
        if any(self._meet(self._merge(parent, watch, until=until), better) for parent in (child, None)):
            return True
        opened = self._regions.step(self._pool.plans[0], watch, until=min(until, watch.seconds + 1))
        self._spent["merging"] += watch.seconds - began
        return self._meet(opened, better)

    def _meet(self, often: Int, better: Callable[[Int, float], bool]) -> bool:
        value = self.value(often)
        if not self._pool.values or value > self._pool.values[0]:
            self._stale = 0
        self._pool.put(often, value)
        return better(often, value)

    def value(self, often: Int) -> float:
        """Return how many people a plan covers."""
        return float(self._merged.weight[self._merged.table @ often.astype(float) > 0].sum())

    def _cool(self, begin: Int, watch: Watch, *, seconds: float) -> Int:
        """Anneal: from the beginning, or from a plan of the pool and not so hot."""
        if self._turn % 4 or len(self._pool.plans) < 4:
            hot = self._temperature()
            child = self._bath.run(begin, self.value(begin), watch, seconds=seconds, hot=hot)
            self._came[hot] = [*self._came[hot][-4:], self.value(child)]
            return child
        k = int(self._rng.integers(len(self._pool.plans)))
        hot = float(self._rng.choice([0.005, 0.01]))
        return self._bath.run(self._pool.plans[k], self._pool.values[k], watch, seconds=seconds, hot=hot)

    def _temperature(self) -> float:
        """Choose where to begin: each temperature once, then mostly the one whose last runs ended best."""
        untried = [hot for hot, values in self._came.items() if not values]
        if untried:
            return untried[0]
        if self._rng.random() < 0.4:
            return float(self._rng.choice(_HOT))
        return max(_HOT, key=lambda hot: float(np.mean(self._came[hot])))

    def _merge(self, parent: Int | None, watch: Watch, *, until: float) -> Int:
        """Solve exactly among the sites of a few plans of the pool; how many sites follows how long the last took."""
        plans = self._pool.plans
        first = 0 if self._rng.random() < 0.4 else int(self._rng.integers(len(plans)))
        number = int((plans[first] > 0).sum())
        union = plans[first] > 0
        for other in (*(() if parent is None else (parent,)), *(plans[k] for k in self._rng.permutation(len(plans)))):
            wider = union | (other > 0)
            union = wider if wider.sum() <= self._size * number or union.sum() == number else union
        candidates = np.flatnonzero(union & (self._fixed == 0))
        chosen = np.flatnonzero((plans[first] > 0) & (self._fixed == 0))
        if len(candidates) == len(chosen):
            return plans[first]
        tried = solve_among(
            self._merged.table, self._merged.weight, self._fixed, watch, candidates=candidates, chosen=chosen,
            grain=self._grain, seconds=min(_EACH_S, until - watch.seconds),
        )  # fmt: skip
        if tried.seconds < 0.2 * _EACH_S and union.sum() > 0.8 * self._size * number:
            self._size = min(1.1 * self._size, 10.0)
        elif tried.seconds > 0.5 * _EACH_S:
            self._size = max(0.9 * self._size, 1.2)
        if tried.sites is None:
            return plans[first]
        best = self._fixed.copy()
        best[tried.sites] = 1
        return best
