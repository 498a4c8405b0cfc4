"""Good plans gathered and put together: sites of several plans, and the best choice among them solved exactly.

One long search ends in one of many good plans that have little in common. Each of them is best somewhere; the exact
choice among the sites of several takes the best of each, everywhere at once (tour merging, Cook and Seymour 2003; the
same idea as optimised crossover). It takes a solver a second or so, because few candidates are left.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import count
from threading import Event

import numpy as np

from coverplan.planning.siting.annealing import HeatBath
from coverplan.planning.siting.reduce import Merged
from coverplan.planning.siting.regions import Regions, solve_among
from coverplan.planning.siting.rules import Bool, Int
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.tempering import Tempering
from coverplan.planning.siting.watch import Watch

_KEPT = 16
"""Plans in the pool."""
_APART = 3
"""Sites in which two of them differ at least."""
_PATIENCE, _SHARE, _SHARE_S = 8, 0.2, 120.0
"""Turns, part of the time, and seconds at most, without anything better, after which others are given a chance."""
_EACH_S = 4.0
_TURNS = 8
"""Runs of one bath that cools, before baths side by side go on from where those ended."""
_HARVEST, _HARVEST_S = 0.02, 3.0
"""How long those go on at a time: a part of all the time, and seconds at most."""
_HOT = (0.05, 0.03, 0.02, 0.012)
"""Temperatures at which single baths begin, one after the other, as parts of what a site is worth."""


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
        self._baths = Tempering(self._bath, seed=seed)
        self._regions = Regions(merged, alive, moves.rules.lower, grain=grain, seed=seed)
        self._fixed = (moves.rules.lower > 0).astype(np.int64)
        self._rng = np.random.default_rng(seed)
        self._pool = Pool()
        self._size = 2.2
        self._begin: Int | None = None
        self._turn, self._seconds, self._whole = 0, 0.0, 0.0
        self._stale, self._better_s, self._elders = 0, 0.0, list[tuple[Int, float]]()

    def run(self, often: Int, watch: Watch, *, until: float, better: Callable[[Int, float], bool]) -> None:
        """Search until a time; `better` is told every plan that may be better, and says whether to end.

        Runs are short at first and become longer: easy problems are done at once, hard ones get the time they need. A
        second call goes on where the first ended.
        """
        if self._begin is None:
            self._begin, self._whole = often.copy(), max(watch.left, 0.0)
            self._seconds = min(0.5, 0.01 * self._whole)
            if self._meet(often, watch, better):
                return
        while watch.seconds < until - 0.01 and not watch.stop():
            self._turn += 1
            self._stale += 1
            patience_s = min(_SHARE * self._whole, _SHARE_S)
            if self._stale > _PATIENCE and watch.seconds - self._better_s > patience_s:
                self._turn_over(watch)
            elif self._turn == _TURNS // 2:
                self._seconds *= 2.5
            if self._round(self._begin, watch, until, better):
                return

    def _turn_over(self, watch: Watch) -> None:
        """Nothing new has come for a while: begin a pool of strangers; when they have nothing new, let all meet."""
        self._stale, self._better_s = 0, watch.seconds
        if self._elders:
            for often, value in self._elders:
                self._pool.put(often, value)
            self._elders = []
            return
        self._elders = list(zip(self._pool.plans, self._pool.values, strict=True))[:6]
        self._pool, self._turn = Pool(), 1
        self._baths.leave()

    def _round(self, begin: Int, watch: Watch, until: float, better: Callable[[Int, float], bool]) -> bool:
        """Let new plans come, and put plans together meanwhile; say whether to end."""
        left = until - watch.seconds
        if self._turn <= _TURNS or len(self._pool.plans) < 2:
            seconds, hot = min(self._seconds, left), _HOT[self._turn % len(_HOT)]
            child = self._bath.run(begin, self.value(begin), watch, seconds=seconds, hot=hot)
            ends = watch.seconds + seconds
            return self._meet(child, watch, better) or self._merge(watch, until, better, lambda: watch.seconds > ends)
        self._baths.join(self._pool.plans, self._pool.values)
        ends, stop = watch.seconds + min(_HARVEST_S, _HARVEST * self._whole, left), Event()
        with ThreadPoolExecutor(1) as aside:
            coming = aside.submit(self._baths.run, watch, until=until, stop=stop)
            try:
                ended = self._merge(watch, until, better, lambda: watch.seconds > ends)
                wait([coming], timeout=0.0 if ended else max(ends - watch.seconds, 0.0))
            finally:
                stop.set()
            children = coming.result()
        return ended or any(self._meet(child, watch, better) for child in children)

    def _merge(
        self, watch: Watch, until: float, better: Callable[[Int, float], bool], enough: Callable[[], bool]
    ) -> bool:
        """Put plans together, and open regions of the best, by turns and until it is enough; say whether to end."""
        for k in count():
            if len(self._pool.plans) < 4 or enough() or watch.seconds >= until - 0.01 or watch.stop():
                return False
            if k % 2:
                child = self._regions.step(self._pool.plans[0], watch, until=min(until, watch.seconds + 1))
            else:
                child = self._cross(watch, until=until)
            if self._meet(child, watch, better):
                return True
        return False

    def _meet(self, often: Int, watch: Watch, better: Callable[[Int, float], bool]) -> bool:
        value = self.value(often)
        if not self._pool.values or value > self._pool.values[0]:
            self._stale, self._better_s = 0, watch.seconds
        self._pool.put(often, value)
        return better(often, value)

    def value(self, often: Int) -> float:
        """Return how many people a plan covers."""
        return float(self._merged.weight[self._merged.table @ often.astype(float) > 0].sum())

    def _cross(self, watch: Watch, *, until: float) -> Int:
        """Solve exactly among the sites of a few plans of the pool; how many sites follows how long the last took."""
        plans = self._pool.plans
        first = 0 if self._rng.random() < 0.4 else int(self._rng.integers(len(plans)))
        number = int((plans[first] > 0).sum())
        union = plans[first] > 0
        for k in self._rng.permutation(len(plans)):
            wider = union | (plans[k] > 0)
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
