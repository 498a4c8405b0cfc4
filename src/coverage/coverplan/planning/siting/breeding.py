"""Good plans gathered and put together: the long search where a first cover is all that counts.

Short runs of one bath go first; many problems end there. Then rounds that know nothing of each other follow. In each,
two sets of baths go on side by side, and what they hold is frozen again and again: thousands of good plans come
together. New baths go on among the candidates that such plans use, and others among still fewer. At last the exact
choice among a few hundred takes the best of every plan, everywhere at once (tour merging, Cook and Seymour 2003).

Where two rounds end alike, and came to their best before few candidates helped them, baths have little more to find.
Then the plans of all rounds are put together, and among ever more candidates, for as long as the search has lasted;
after that new rounds follow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import count
from threading import Event

import numpy as np

from coverplan.planning.siting.annealing import HeatBath
from coverplan.planning.siting.mip import PER_PAIR_S
from coverplan.planning.siting.pool import Pool
from coverplan.planning.siting.reduce import Merged
from coverplan.planning.siting.regions import Regions, solve_among
from coverplan.planning.siting.rules import Bool, Int
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.tempering import BATHS, Tempering
from coverplan.planning.siting.watch import Watch

_TURNS, _TURN_S = 8, 0.3
"""Short runs of one bath, enough for easy problems, to begin with; and seconds of each."""
_HOT = (0.05, 0.03, 0.02, 0.012)
"""Temperatures at which those begin, one after the other, as parts of what a site is worth."""
_ROUND_S = 80.0
"""About how long a round takes, where there is time for more than one."""
_STAGES = ((0.0, 0.0), (0.4, 0.002), (0.55, 0.01))
"""When new baths begin, as a part of a round, and which part of the plans has to use a candidate to be among theirs."""
_PUT = 0.7
"""The part of a round from which plans are put together."""
_BESIDE_HOT = (0.0125, 0.016)
"""The hottest temperatures of the two sets at first, as parts of what a site is worth."""
_ALIKE = 0.05
"""How much worse a plan is that counts e times less where baths are to have few candidates, as a part of what a site
is worth."""
_HARVEST_S, _FREEZE = 1.0, 8.0
"""How long baths go on between two times that they are frozen: seconds at least, and so often the time that takes."""
_EACH, _EACH_S, _FIRST_S = 0.1, 4.0, 1.0
"""How long an exact choice may take: a part of a round, seconds at least, and seconds between the short runs."""
_EASY, _MUCH_LARGER, _LARGER, _SMALLER = 0.05, 1.3, 1.15, 0.93
"""A choice that takes less than this part of its time is easy; how many times as many candidates the next has after an
easy one, after one that took less than half of its time, and after one that took nearly all."""
_WORSE = (0.01, 0.1)
"""How much worse a plan is that counts e times less in an exact choice, drawn anew for each, as parts of what a site is
worth."""

Better = Callable[[Int, float], bool]
"""Is told a plan that may be better and how many people it covers, and says whether to end."""


@dataclass
class _Part:
    """A part of the search: a round, or plans of all rounds put together (`exact`).

    `began` and `ends` are times of the watch, `stage` says which of the stages of a round its baths are in, `late`
    whether its best came after the first.
    """

    began: float = 0.0
    ends: float = 0.0
    stage: int = 0
    late: bool = False
    exact: bool = False


class Breeding:
    """The long search for most people covered, where rules are plain and a first cover is all that counts."""

    def __init__(self, merged: Merged, alive: Bool, moves: Moves, *, grain: float, seed: int) -> None:
        self._merged, self._moves, self._grain = merged, moves, grain
        self._bath = HeatBath(merged, moves, seed=seed)
        self._regions = Regions(merged, alive, moves.rules.lower, grain=grain, seed=seed)
        self._pairs = np.bincount(merged.table.indices, minlength=merged.table.shape[1])
        self._fixed = (moves.rules.lower > 0).astype(np.int64)
        self._rng = np.random.default_rng(seed)
        self._pool = Pool(len(self._fixed))
        self._pools: list[Pool] = []
        self._early: list[float] = []
        self._size = 2.2
        self._begin: Int | None = None
        self._sets: list[Tempering] = []
        self._turn, self._harvest_s = 0, _HARVEST_S
        self._part, self._since = _Part(), 0.0

    def run(self, often: Int, watch: Watch, *, until: float, better: Better) -> None:
        """Search until a time; `better` is told every plan that may be better, and says whether to end.

        A second call goes on where the first ended.
        """
        if self._begin is None:
            self._begin, self._since = often.copy(), watch.seconds
            if self._meet(often, watch, better):
                return
        while watch.seconds < until - 0.01 and not watch.stop():
            self._turn += 1
            if self._turn <= _TURNS:
                ended = self._short(self._begin, watch, until, better)
            else:
                ended = self._long(self._begin, watch, until, better)
            if ended:
                return

    def _long(self, begin: Int, watch: Watch, until: float, better: Better) -> bool:
        """Let baths go on for a moment, or put plans together; say whether to end."""
        if watch.seconds >= self._part.ends:
            self._part = self._next(begin, watch)
        part = self._part
        done = (watch.seconds - part.began) / max(part.ends - part.began, 1e-9)
        if part.exact or done >= _PUT:
            return self._together(watch, until, better)
        stage = sum(done >= begins for begins, _ in _STAGES) - 1
        if stage > part.stage:
            self._sets, part.stage = self._narrow(_STAGES[stage][1]), stage
        return self._beside(watch, until, better)

    def _next(self, begin: Int, watch: Watch) -> _Part:
        """Begin a new round; or put the plans of all together, where two came early to an end that is as good."""
        now, last = watch.seconds, self._part
        self._sets = [self._baths([begin], self._moves, k) for k in range(2)]
        if last.ends > 0:
            self._pools.append(self._pool)
            if not (last.late or last.exact):
                self._early.append(self._pool.best[1])
        if met_again(self._early, self._grain):
            self._pool, self._pools, self._early = Pool.together(self._pools), [], []
            whole = now - self._since
            return _Part(began=now, ends=now + (whole if watch.left > whole + _ROUND_S else watch.left), exact=True)
        if last.ends > 0:
            self._pool = Pool(len(self._fixed))
            self._pool.put(begin, self._bath.value(begin))
        return _Part(began=now, ends=now + watch.left / max(1, round(watch.left / _ROUND_S)))

    def _short(self, begin: Int, watch: Watch, until: float, better: Better) -> bool:
        """Let one bath cool, and put plans together for as long; say whether to end."""
        seconds = min(_TURN_S, 0.01 * (watch.left + watch.seconds), until - watch.seconds)
        hot = _HOT[self._turn % len(_HOT)]
        child = self._bath.run(begin, self._bath.value(begin), watch, seconds=seconds, hot=hot)
        return self._meet(child, watch, better) or self._merge(
            watch, until, better, ends=watch.seconds + seconds, each_s=_FIRST_S
        )

    def _baths(self, plans: list[Int], moves: Moves, k: int) -> Tempering:
        seed = int(self._rng.integers(2**31))
        return Tempering(HeatBath(self._merged, moves, seed=seed), plans, hot=_BESIDE_HOT[k], seed=seed)

    def _narrow(self, seldom: float) -> list[Tempering]:
        """Return baths that begin from good plans, on the candidates that such plans use."""
        plans = self._pool.some(2 * BATHS, self._rng)
        few = self._pool.uses(_ALIKE * self._each()) > seldom
        moves = Moves(self._moves.rules, few | (np.sum(plans, axis=0) > 0))
        return [self._baths(plans[k * BATHS : (k + 1) * BATHS], moves, k) for k in range(2)]

    def _beside(self, watch: Watch, until: float, better: Better) -> bool:
        """Let both sets of baths go on, and gather what they hold; say whether to end."""
        ends = min(until, watch.seconds + self._harvest_s)
        with ThreadPoolExecutor(1) as aside:
            coming = aside.submit(self._sets[1].run, watch, until=ends)
            plans = [*self._sets[0].run(watch, until=ends), *coming.result()]
        self._harvest_s = max(_HARVEST_S, _FREEZE * (watch.seconds - ends))
        return any(self._meet(plan, watch, better) for plan in plans)

    def _together(self, watch: Watch, until: float, better: Better) -> bool:
        """Let one set of baths go on aside while plans are put together; say whether to end."""
        exact, whole = self._part.exact, self._part.ends - self._part.began
        each_s = max(_EACH_S, whole if exact else _EACH * whole)
        # Where a choice may take as long as all before it, baths are asked after each what they have met.
        ends = min(until, watch.seconds + (_EACH_S if exact else each_s))
        stop = Event()
        with ThreadPoolExecutor(1) as aside:
            coming = aside.submit(
                self._sets[self._turn % 2].run, watch, until=min(until, watch.seconds + each_s), stop=stop
            )
            try:
                ended = self._merge(watch, until, better, ends=ends, each_s=each_s)
                wait([coming], timeout=0.0 if ended or exact else None)
            finally:
                stop.set()
            plans = coming.result()
        return ended or any(self._meet(plan, watch, better) for plan in plans)

    def _merge(self, watch: Watch, until: float, better: Better, *, ends: float, each_s: float) -> bool:
        """Put plans together, and open regions of the best, by turns and until a time; say whether to end."""
        for k in count():
            if len(self._pool) < 4 or watch.seconds >= min(ends, until - 0.01) or watch.stop():
                return False
            if k % 2:
                child = self._regions.step(self._pool.best[0], watch, until=min(until, watch.seconds + 1))
            else:
                child = self._cross(watch, min(each_s, until - watch.seconds), each_s)
            if self._meet(child, watch, better):
                return True
        return False

    def _meet(self, often: Int, watch: Watch, better: Better) -> bool:
        value = self._bath.value(often)
        if not len(self._pool) or value > self._pool.best[1] + 0.5 * self._grain:
            self._part.late = self._part.stage > 0
        self._pool.put(often, value)
        return better(often, value)

    def _each(self) -> float:
        """Return what a site of the best plan is worth on average."""
        often, value = self._pool.best
        return max(value, 1e-9) / max(int(often.sum()), 1)

    def _cross(self, watch: Watch, seconds: float, each_s: float) -> Int:
        """Solve exactly among the candidates that good plans use; how many follows how long the last took."""
        best, _ = self._pool.best
        number = int(best.sum())
        worse = self._each() * float(np.exp(self._rng.uniform(*np.log(_WORSE))))
        uses = self._pool.uses(worse, self._rng)
        often = np.argsort(-uses, kind="stable")[: int(self._size * number)]
        in_time = np.cumsum(self._pairs[often]) < seconds / PER_PAIR_S
        used = np.union1d(often[in_time & (uses[often] > 0)], np.flatnonzero(best))
        if len(used) == number:
            return best
        tried = solve_among(
            self._merged.table, self._merged.weight, self._fixed, watch, candidates=used[self._fixed[used] == 0],
            chosen=np.flatnonzero((best > 0) & (self._fixed == 0)), grain=self._grain, seconds=seconds,
        )  # fmt: skip
        if tried.seconds < 0.5 * each_s and len(used) > 0.8 * self._size * number:
            larger = _MUCH_LARGER if tried.seconds < _EASY * each_s else _LARGER
            self._size = min(larger * self._size, 20.0)
        elif tried.seconds > 0.8 * each_s:
            self._size = max(_SMALLER * self._size, 1.2)
        if tried.sites is None:
            return best
        plan = self._fixed.copy()
        plan[tried.sites] = 1
        return plan


def met_again(ends: Sequence[float], grain: float) -> bool:
    """Return whether the last of several searches came to the same as one before it; `grain` tells two plans apart.

    Examples
    --------
    >>> met_again([7.0, 9.0, 7.0], 1.0), met_again([7.0, 7.0, 9.0], 1.0)
    (True, False)
    """
    return any(abs(ends[-1] - end) < 0.5 * grain for end in ends[:-1])
