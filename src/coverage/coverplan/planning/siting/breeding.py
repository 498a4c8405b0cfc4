"""Good plans gathered and put together: the long search where a first cover is all that counts.

Baths side by side go first; many problems end there. But a long search ends in one of many good plans that have little
in common, and whoever puts them together early stays with one of them. So strangers come then, one after another, each
with time enough to become very good without a look at the others. At last all meet: the exact choice among the sites of
a few plans takes the best of each, everywhere at once (tour merging, Cook and Seymour 2003; the same idea as optimised
crossover), and parts of good plans are chosen anew.
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
_APART, _PART = 3, 0.1
"""Sites in which two of them differ at least, and the same as a part of a plan."""
_EACH_S = 4.0
_TURNS = 8
"""Short runs of one bath, enough for easy problems, to begin with."""
_HOT = (0.05, 0.03, 0.02, 0.012)
"""Temperatures at which those begin, one after the other, as parts of what a site is worth."""
_BESIDE, _BESIDE_S = 0.1, 40.0
"""How long baths side by side then go on from where those ended: a part of all the time, and seconds at most."""
_ALONE, _STRANGERS, _STRANGER_S = 0.55, 16, 40.0
"""The part of the time in which strangers come, how many at least, and seconds at most for each of them."""
_COOLING, _MENDING, _STRANGE = (0.3, 0.05), 0.15, 0.03
"""The parts of a stranger's time in which it cools (one of two long, one hardly) and, at the end, goes on part by part;
in between it goes on side by side. And where cooling begins."""
_HARVEST, _HARVEST_S = 0.02, 3.0
"""How long others go on at a time while plans are put together: a part of all the time, and seconds at most."""


Aside = Callable[[Watch, float, Event], list[Int]]
"""Goes on for some seconds or until a sign, and returns the plans it has found."""


class Pool:
    """A few good plans that differ from each other, the best first; a plan is how often each candidate stands."""

    def __init__(self) -> None:
        self.plans: list[Int] = []
        self.values: list[float] = []

    def put(self, often: Int, value: float) -> None:
        """Take a plan in, unless one as good is like it; worse ones that are like it go."""
        apart = max(_APART, int(_PART * (often > 0).sum()))
        like = [int(((often > 0) & (plan == 0)).sum()) < apart for plan in self.plans]
        if any(near and other >= value for near, other in zip(like, self.values, strict=True)):
            return
        kept = [(plan, other) for plan, other, near in zip(self.plans, self.values, like, strict=True) if not near]
        kept.append((often.copy(), value))
        kept.sort(key=lambda pair: -pair[1])
        self.plans, self.values = [plan for plan, _ in kept[:_KEPT]], [other for _, other in kept[:_KEPT]]


class Breeding:
    """The long search for most people covered, where rules are plain and a first cover is all that counts."""

    def __init__(self, merged: Merged, alive: Bool, moves: Moves, *, grain: float, seed: int) -> None:
        self._merged, self._grain = merged, grain
        self._bath, self._second = HeatBath(merged, moves, seed=seed), HeatBath(merged, moves, seed=seed + 1)
        self._first_baths, self._baths = Tempering(self._bath, seed=seed + 1), Tempering(self._second, seed=seed)
        self._regions = Regions(merged, alive, moves.rules.lower, grain=grain, seed=seed)
        self._fixed = (moves.rules.lower > 0).astype(np.int64)
        self._rng = np.random.default_rng(seed)
        self._pool = Pool()
        self._size = 2.2
        self._begin: Int | None = None
        self._turn, self._seconds, self._whole, self._began = 0, 0.0, 0.0, 0.0

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
            if self._turn == _TURNS // 2:
                self._seconds *= 2.5
            if self._round(self._begin, watch, until, better):
                return

    def _round(self, begin: Int, watch: Watch, until: float, better: Callable[[Int, float], bool]) -> bool:
        """Let new plans come, or put plans together; say whether to end."""
        left = until - watch.seconds
        if self._turn <= _TURNS:
            seconds, hot = min(self._seconds, left), _HOT[self._turn % len(_HOT)]
            child = self._bath.run(begin, self._bath.value(begin), watch, seconds=seconds, hot=hot)
            self._began = watch.seconds + seconds
            return self._meet(child, watch, better) or self._merge(watch, until, better, ends=self._began)
        since, seconds = watch.seconds - self._began, min(_HARVEST_S, _HARVEST * self._whole, left)
        beside_s, alone_s = min(_BESIDE * self._whole, _BESIDE_S), _ALONE * self._whole
        if since < beside_s and len(self._pool.plans) > 1:
            return self._together(watch, until, better, seconds=seconds, on=self._beside())
        if since < beside_s + alone_s or len(self._pool.plans) < 4:
            seconds = min(2 * alone_s / _STRANGERS, _STRANGER_S, left)
            return any(self._meet(child, watch, better) for child in self._strangers(begin, watch, seconds=seconds))
        return self._together(watch, until, better, seconds=seconds, on=self._mended())

    def _strangers(self, begin: Int, watch: Watch, *, seconds: float) -> list[Int]:
        """Let two plans come that know nothing of the pool: each cools, goes on side by side, and part by part."""
        value = self._bath.value(begin)

        def one(bath: HeatBath, baths: Tempering, cooling: float) -> Int:
            child = bath.run(begin, value, watch, seconds=cooling * seconds, hot=_STRANGE)
            side = (1 - cooling - _MENDING) * seconds
            child = baths.alone(child, self._bath.value(child), watch, seconds=side)
            return baths.mend(child, self._bath.value(child), watch, seconds=_MENDING * seconds)

        with ThreadPoolExecutor(1) as aside:
            coming = aside.submit(one, self._second, self._baths, _COOLING[0])
            return [one(self._bath, self._first_baths, _COOLING[1]), coming.result()]

    def _beside(self) -> Aside:
        """Let baths side by side go on from the pool."""
        self._baths.join(self._pool.plans, self._pool.values)
        return lambda watch, seconds, stop: self._baths.run(watch, until=watch.seconds + seconds, stop=stop)

    def _mended(self) -> Aside:
        """Choose parts of one of the pool anew, rather of a good one."""
        k = int(len(self._pool.plans) * self._rng.random() ** 2)
        often, value = self._pool.plans[k], self._pool.values[k]
        return lambda watch, seconds, stop: [self._baths.mend(often, value, watch, seconds=seconds, stop=stop)]

    def _together(
        self, watch: Watch, until: float, better: Callable[[Int, float], bool], *, seconds: float, on: Aside
    ) -> bool:
        """Let one thing go on aside while plans are put together; say whether to end."""
        stop = Event()
        with ThreadPoolExecutor(1) as aside:
            coming = aside.submit(on, watch, seconds, stop)
            try:
                ended = self._merge(watch, until, better, ends=watch.seconds + seconds)
                wait([coming], timeout=0.0 if ended else None)
            finally:
                stop.set()
            children = coming.result()
        return ended or any(self._meet(child, watch, better) for child in children)

    def _merge(self, watch: Watch, until: float, better: Callable[[Int, float], bool], *, ends: float) -> bool:
        """Put plans together, and open regions of the best, by turns and until a time; say whether to end."""
        for k in count():
            if len(self._pool.plans) < 4 or watch.seconds >= min(ends, until - 0.01) or watch.stop():
                return False
            if k % 2:
                child = self._regions.step(self._pool.plans[0], watch, until=min(until, watch.seconds + 1))
            else:
                child = self._cross(watch, until=until)
            if self._meet(child, watch, better):
                return True
        return False

    def _meet(self, often: Int, watch: Watch, better: Callable[[Int, float], bool]) -> bool:
        value = self._bath.value(often)
        self._pool.put(often, value)
        return better(often, value)

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
