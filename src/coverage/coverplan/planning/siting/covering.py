"""LSCP, MCLP, backup coverage and MEXCLP, from the quick plan to the proof."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from coverplan.planning.siting.annealing import Annealing, HeatBath
from coverplan.planning.siting.breeding import Breeding
from coverplan.planning.siting.coverall import cheapest_cover, exact_cover
from coverplan.planning.siting.coverbound import BothSides, CoverBound, bound_at, bound_cover
from coverplan.planning.siting.coverprogram import people_of, people_program, people_start
from coverplan.planning.siting.coverswap import CoverSearch, search_cover
from coverplan.planning.siting.grain import grain_of, whole_bound
from coverplan.planning.siting.mip import PER_PAIR_S, solve_program
from coverplan.planning.siting.plan import gap_of
from coverplan.planning.siting.problems import Coverage
from coverplan.planning.siting.reduce import Merged, merge_demand, undominated
from coverplan.planning.siting.rules import Bool, Int
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.watch import Watch
from coverplan.travel.kernels.jit import COMPILED

_QUICK_ROUNDS = 150
"""Steps of the first bound: enough for half a per cent on most problems, in a few hundredths of a second."""
_LONG_ROUNDS = 1500
_PATIENCE = 2
"""Short searches in vain, while the first bound is made, after which only the bound is worked on."""
_SMALL = 3000
"""Pairs of merged demand and candidate up to which the exact search comes at once."""
_LARGE = 600_000
"""Pairs above which the linear relaxation takes long, and better prices are sought first."""
_SEARCH_SHARE, _EXCHANGE_SHARE = 0.15, 0.6
"""Parts of the time that go into restarts, and into annealing by exchange, before the exact search begins."""
_BOUND_SHARE = 0.08
"""Part of the time that goes into the first bound at most."""
_BREED_S, _BREED_SHARE, _HOPELESS_SHARE, _FEW = 2.0, 0.15, 0.97, 0.6
"""Seconds, and parts of the time, that go into the long search: the first where prices then leave no more than a few (a
part of) the candidates, the last where they do not, because the exact search would not come to an end."""


def solve_coverage(problem: Coverage, watch: Watch, *, gap: float, seed: int) -> tuple[Int, float, float] | None:
    """Choose sites for a coverage problem.

    Returns
    -------
    often, objective, bound
        How often each candidate is chosen, what that is worth or costs, and the bound; None when no choice does what
        is asked.
    """
    merged = merge_demand(problem)
    watch.note(f"merged {problem.cover.shape[0]:,} demand points into {len(merged.weight):,}")
    if problem.goal == "cost":
        return cheapest_cover(problem, merged, watch, gap=gap)
    if (merged.must > 0).any() or (problem.must > 0).sum() > 0:
        return exact_cover(problem, merged, watch, gap=gap)
    return _Covering(problem, merged, watch, gap, seed).solve()


class _Covering:
    """Most people covered: greedy and exchange, a bound, restarts, a better bound, and the rest for HiGHS."""

    def __init__(self, problem: Coverage, merged: Merged, watch: Watch, gap: float, seed: int) -> None:
        self.problem, self.merged, self.watch = problem, merged, watch
        self.gap, self.seed = gap, seed
        self.alive = problem.rules.upper > 0
        self.moves = Moves(problem.rules)
        self.grain = grain_of(np.outer(merged.weight, problem.worth))
        single = len(problem.worth) == 1 and problem.rules.per_site == 1
        self.quick = single and problem.rules.is_plain and COMPILED
        self.often, self.best, self.bound = np.zeros(len(self.alive), np.int64), -np.inf, np.inf

    def solve(self) -> tuple[Int, float, float] | None:
        """Go from step to step until the gap is small enough or the time is up."""
        self._search(rounds=0, seconds=0.0)
        if any(self.problem.rules.broken(np.repeat(np.arange(len(self.often)), self.often).tolist())):
            # Greedy did not get through the rules; the exact search says whether anything does.
            return exact_cover(self.problem, self.merged, self.watch, gap=self.gap)
        self.watch.note("greedy and exchange")
        small = self.merged.table.nnz <= _SMALL
        prices = self._lower(_QUICK_ROUNDS) if small or not self.quick else self._lower_quickly()
        if not self._done():
            self._thin()
        if not self._done() and not small:
            prices = self._longer(prices)
        if not self._done() and self.watch.left >= self._exact_s:
            self._exact(prices if self.problem.rules.is_plain else None)
        return self.often, self.best, max(self.bound, self.best)

    @property
    def _exact_s(self) -> float:
        """Seconds that the exact search takes before it can be stopped; it is not begun with less."""
        return PER_PAIR_S * self.merged.table.nnz if self.merged.table.nnz > _SMALL else 0.0

    def _thin(self) -> None:
        """Leave out the candidates that others beat; on many problems the work is done before that pays."""
        self.alive = undominated(self.problem, self.merged) | (self.often > 0)
        self.moves = Moves(self.problem.rules, self.alive)

    def _lower_quickly(self) -> CoverBound:
        """Search and bound by turns, in compiled code, until the bound comes no lower."""
        self.watch.note("prices by primal-dual steps, heat bath")
        sides, steps, before, failed = BothSides(self.merged, self.moves, self.often), 60, np.inf, 0
        until = self.watch.seconds + _BOUND_SHARE * self.watch.left
        while self.watch.seconds < until:
            self._take(sides.lower(self.watch, steps=steps, enough=self._enough()).value)
            if self._done() or before - sides.lowest.value < 2e-5 * self.best:
                break
            before, best = sides.lowest.value, self.best
            if failed < _PATIENCE:
                self._restart(0.05 * 2**failed)
                failed = 0 if self.best > best * 1.0003 else failed + 1
            if self._done():
                break
            steps = steps if failed < _PATIENCE else min(2 * steps, 480)
        return sides.lowest

    def _longer(self, prices: CoverBound) -> CoverBound:
        """Search and bound by turns before the exact search, where that would take long."""
        if not self.quick:
            self.watch.note("Lagrangian bound, restarts")
            self._restart(0.15)
            if not self._done():
                prices = self._lower(_LONG_ROUNDS if self.merged.table.nnz > _LARGE else _QUICK_ROUNDS, prices)
            if not self._done():
                prices = self._lower_by_lp(prices)
            if not self._done():
                self._restart(1.0)
        if not self._done():
            self._anneal(prices)
        return prices

    def _enough(self) -> float:
        return self.best * (1 + 0.99 * self.gap) + 0.99 * self.grain

    def _restart(self, seconds: float) -> None:
        """Search for a better plan for a short while."""
        seconds = min(seconds, _SEARCH_SHARE * self.watch.time_limit)
        if not self.quick:
            self._search(rounds=400, seconds=seconds)
            return
        bath = HeatBath(self.merged, self.moves, seed=self.seed)
        for hot in (0.03, 0.01):
            tried = bath.run(self.often, self.best, self.watch, seconds=seconds / 2, hot=hot)
            self._better(tried, people_of(self.problem, self.merged, tried))
        self.seed += 1

    def _anneal(self, prices: CoverBound) -> None:
        """Search long: how long depends on whether the exact search has a chance to come to an end."""
        if not (self.problem.rules.is_plain and COMPILED):
            self._search(rounds=10**6, seconds=_SEARCH_SHARE * self.watch.left)
        elif self.quick:
            self.watch.note("annealing, plans put together, regions opened again")
            self._breed(prices)
        else:
            self.watch.note("annealing")
            self._anneal_by_exchange(self.watch.seconds + _EXCHANGE_SHARE * self.watch.left)

    def _breed(self, prices: CoverBound) -> None:
        breeding = Breeding(self.merged, self.alive, self.moves, grain=self.grain, seed=self.seed)
        began, left = self.watch.seconds, self.watch.left
        first = min(_BREED_SHARE * left, _BREED_S + self._exact_s)
        breeding.run(self.often, self.watch, until=began + first, better=self._heard)
        if self._done() or self._fix(prices).sum() < _FEW * self.alive.sum():
            return
        share = _HOPELESS_SHARE if (1 - _HOPELESS_SHARE) * left >= self._exact_s else 1.0
        breeding.run(self.often, self.watch, until=began + share * left, better=self._heard)

    def _heard(self, often: Int, value: float) -> bool:
        self._better(often, value)
        return self._done()

    def _anneal_by_exchange(self, until: float) -> None:
        runs = Annealing(self.merged, self.problem.worth, self.moves, seed=self.seed)
        search = CoverSearch(self.merged, self.problem.worth, self.moves)
        rng, moves = np.random.default_rng(self.seed), 200_000
        while self.watch.seconds < until and not self._done():
            hot, began = float(rng.uniform(0.02, 0.06)), self.watch.seconds
            search.choose(runs.run(self.often, self.best, self.watch, moves=moves, hot=hot, until=until))
            # A third of what is left, at the speed just seen: long runs end better than many short ones.
            pace = moves / max(self.watch.seconds - began, 1e-3)
            moves = int(np.clip(pace * (until - self.watch.seconds) / 3, 200_000, 12_000_000))
            search.improve(self.watch)
            self._better(search.often.copy(), search.value)

    def _better(self, often: Int, value: float) -> None:
        if value > self.best + 1e-9 * abs(value):
            self.often, self.best = often, value
            self.watch.found()

    def _done(self) -> bool:
        self.watch.tell(self.best, self.bound)
        return self.watch.stop() or gap_of(self.best, self.bound) <= self.gap

    def _search(self, *, rounds: int, seconds: float) -> None:
        starts = (self.often,) if np.isfinite(self.best) else ()
        often, value = search_cover(
            self.merged, self.problem.worth, self.moves, self.watch,
            rounds=rounds, seconds=seconds, seed=self.seed, starts=starts,
        )  # fmt: skip
        self.seed += 1
        if value > self.best:
            self.often, self.best = often, value

    def _take(self, bound: float) -> None:
        self.bound = min(self.bound, max(whole_bound(bound, self.best, self.grain), self.best))

    def _lower(self, rounds: int, prices: CoverBound | None = None) -> CoverBound:
        found = bound_cover(
            self.merged, self.problem.worth, self.moves, self.best, self.watch,
            rounds=rounds, enough=self._enough(), start=prices,
        )  # fmt: skip
        self._take(found.value)
        return found

    def _lower_by_lp(self, prices: CoverBound) -> CoverBound:
        """Take the prices that the linear relaxation ends with; whatever they are, they prove a bound."""
        program = people_program(self.problem, self.merged, self.alive, np.zeros(len(self.alive), bool))
        solved = solve_program(
            replace(program, whole=np.zeros_like(program.whole)), self.watch,
            time_limit=0.3 * self.watch.left, interior=True,
        )  # fmt: skip
        if solved.row_dual is None:
            return prices
        self.watch.note("linear relaxation (HiGHS)")
        found = bound_at(
            self.merged, self.problem.worth, self.moves, np.abs(solved.row_dual[: len(self.merged.weight)])
        )
        better = found if found.value < prices.value else prices
        polished = bound_cover(
            self.merged, self.problem.worth, self.moves, self.best, self.watch, rounds=100, start=better, step=0.05
        )
        self._take(polished.value)
        return polished

    def _fix(self, prices: CoverBound) -> Bool:
        """Find the candidates that can be in no better plan, and those that must be in every one, by their prices."""
        rules, earns = self.problem.rules, prices.earns
        out, into = np.zeros(len(earns), bool), np.zeros(len(earns), bool)
        if rules.most is None or rules.per_site > 1:
            return self.alive
        chosen = prices.choice > 0
        spare = prices.value - self.best - max(self.grain, 0.0) * (1 - 1e-6)
        free = self.alive & ~chosen
        last = earns[chosen & (rules.lower == 0)].min(initial=np.inf)
        last = last if chosen.sum() >= rules.most else 0.0
        first = earns[free].max(initial=0.0)
        out[free] = last - earns[free] > spare
        into[chosen] = earns[chosen] - first > spare
        kept = self.alive & ~out
        kept[np.flatnonzero(self.often)] = True
        self.watch.note(f"{int(kept.sum()):,} of {len(kept):,} candidates left, {int(into.sum())} of them settled")
        return kept

    def _exact(self, prices: CoverBound | None) -> None:
        kept = self.alive if prices is None else self._fix(prices)
        program = people_program(self.problem, self.merged, kept, np.zeros(len(kept), bool))
        start = people_start(self.problem, self.merged, kept, self.often)

        def tell(best: float, bound: float) -> None:
            self.watch.tell(-best, min(-bound, self.bound))

        solved = solve_program(
            program, self.watch, start=start, tell=tell, relative_gap=max(self.gap, 1e-9),
            absolute_gap=self.grain * (1 - 1e-6),
        )  # fmt: skip
        self.watch.note("branch and bound (HiGHS)")
        if solved.x is not None:
            often = np.zeros(len(kept), np.int64)
            often[np.flatnonzero(kept)] = np.rint(solved.x[: int(kept.sum())]).astype(np.int64)
            value = people_of(self.problem, self.merged, often)
            if value > self.best + 1e-9 * abs(value):
                self.often, self.best = often, value
                self.watch.found()
        if solved.status != "infeasible":
            self._take(max(-solved.bound, self.best))


def earlier_sites(problem: Coverage, often: Int, watch: Watch) -> Int:
    """Exchange sites for candidates that stand earlier in the list, as long as nothing is lost by it.

    This is the rule for ties: of equally good plans, one in which no site can be exchanged so.
    """
    if (problem.must > 0).any() and problem.goal == "people":
        return often
    asked = problem if problem.goal == "people" else replace(problem, worth=np.ones(1), goal="people")
    if problem.then_people or (problem.must > 1).any() or problem.at_least is not None:
        return often
    if problem.goal == "cost":
        asked = replace(asked, weight=np.ones(len(problem.weight)))
    merged = merge_demand(asked)
    search = CoverSearch(merged, asked.worth, Moves(problem.rules))
    search.choose(often)
    price = problem.rules.price
    hair = 1e-9 * max(1.0, float(merged.weight.sum()))
    while not watch.stop():
        out = np.flatnonzero(search.moves.removable(search.often))[::-1]
        if len(out) == 0:
            break
        brings = search.gain[None, :] - search.loss(out)[:, None] + search.shared(out)
        fits = search.moves.exchangeable(search.often, out) & (brings >= -hair)
        fits &= np.arange(len(often))[None, :] < out[:, None]
        if problem.goal == "cost":
            fits &= price[None, :] <= price[out][:, None]
        if not fits.any():
            break
        k = int(fits.any(axis=1).argmax())
        search.add(int(out[k]), -1)
        search.add(int(fits[k].argmax()))
    return search.often
