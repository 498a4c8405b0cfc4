"""p-median, from the quick plan to the proof."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, vstack

from coverplan.planning.siting.grain import grain_of, whole_bound
from coverplan.planning.siting.interchange import MedianSearch, search_median
from coverplan.planning.siting.medianbound import MedianBound, MedianPrices
from coverplan.planning.siting.mip import Program, solve_program
from coverplan.planning.siting.plan import gap_of
from coverplan.planning.siting.problems import Distance
from coverplan.planning.siting.rules import Bool, Float, Int
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.watch import Watch
from coverplan.travel.kernels.jit import COMPILED

_ROUNDS = 600
_QUICK_S, _RESTARTS_S = 0.3, 1.0
"""Seconds of restarts before the bound, in compiled code, and after it."""
_LARGE = 200_000
"""Pairs of demand and candidate above which restarts after the bound get all of their time; fewer get less."""
_MOST_SUGGESTIONS = 12


def solve_median(problem: Distance, watch: Watch, *, gap: float, seed: int) -> tuple[Int, float, float] | None:
    """Choose sites for the lowest weight x distance.

    Returns
    -------
    sites, objective, bound
        None when no choice lets everybody reach a site.
    """
    counted = problem.weight > 0
    value = problem.value[counted]
    usable = np.isfinite(value[:, problem.rules.upper > 0]).any(axis=1)
    if not usable.all():
        return None
    return _Median(problem, value, watch, gap, seed).solve()


class _Median:
    def __init__(self, problem: Distance, value: Float, watch: Watch, gap: float, seed: int) -> None:
        self.problem, self.watch, self.gap, self.seed = problem, watch, gap, seed
        cost = problem.weight[problem.weight > 0][:, None] * value
        finite = np.isfinite(cost)
        worst = np.where(finite, cost, 0.0).max(axis=1, initial=0.0)
        # Nobody goes where there is no way: one such trip costs more than everybody's longest ones together.
        self.never = float(worst.sum()) + 1.0
        self.cost = np.where(finite, cost, self.never)
        self.moves = Moves(problem.rules)
        self.grain = grain_of(cost)
        self.hair = 1e-9 * max(1.0, float(worst.sum()))
        self.sites, self.best, self.bound = np.empty(0, np.int64), np.inf, -np.inf

    def solve(self) -> tuple[Int, float, float] | None:
        """Go from step to step until the gap is small enough or the time is up."""
        if len(self.cost) == 0:
            return self._without_people()
        self._search(rounds=0, seconds=0.0)
        self.watch.note("greedy and interchange")
        if self.best >= self.never or any(self.problem.rules.broken(self.sites.tolist())):
            return self._exactly()
        if COMPILED:
            self._search(rounds=1000, seconds=min(_QUICK_S, 0.02 * self.watch.time_limit), starts=(self.sites,))
        found = self._lagrange()
        if not self._done():
            seconds = min(_RESTARTS_S, 0.1 * self.watch.time_limit) * min(1.0, self.cost.size / _LARGE)
            self._search(rounds=10**6, seconds=seconds, starts=(self.sites,))
            self.watch.note("restarts")
        if not self._done():
            found = self._prices().raise_bound(
                found, self.best, self.watch, rounds=3 * _ROUNDS, enough=self._enough(), step=0.3
            )
            self._take(found.value)
        if not self._done():
            return self._exactly(found)
        return self._answer()

    def _answer(self) -> tuple[Int, float, float]:
        return self.sites, self.best, min(self.bound, self.best)

    def _without_people(self) -> tuple[Int, float, float]:
        sites = np.flatnonzero(self.problem.rules.lower)
        return sites, 0.0, 0.0

    def _prices(self) -> MedianPrices:
        return MedianPrices(self.cost, self.moves)

    def _enough(self) -> float:
        return self.best * (1 - 0.99 * self.gap) - 0.99 * self.grain

    def _done(self) -> bool:
        self.watch.tell(self.best, self.bound)
        return self.watch.stop() or gap_of(self.best, self.bound) <= self.gap

    def _take(self, bound: float) -> None:
        self.bound = max(self.bound, -whole_bound(-bound, -self.best, self.grain))

    def _search(self, *, rounds: int, seconds: float, starts: tuple[Int, ...] = ()) -> None:
        sites, total = search_median(
            self.cost, self.moves, self.watch,
            rounds=rounds, seconds=seconds, hair=self.hair, seed=self.seed, starts=starts, beat=self.best,
        )  # fmt: skip
        if total < self.best:
            self.sites, self.best = sites, total

    def _lagrange(self) -> MedianBound:
        """Raise the bound, and improve the choices that its prices suggest on the way."""
        suggested: list[Float] = []
        prices = self._prices()
        found = prices.raise_bound(
            prices.begin(self.sites), self.best, self.watch, rounds=_ROUNDS, enough=self._enough(), suggest=suggested
        )
        self._take(found.value)
        self.watch.note("Lagrangian bound, and interchange from what it suggests")
        seen = {self.sites.tobytes()}
        for choice in suggested[::-1][: 4 * _MOST_SUGGESTIONS]:
            sites = np.flatnonzero(choice)
            often = np.zeros(self.cost.shape[1], np.int64)
            often[sites] = 1
            full = MedianSearch(self.cost, self.moves)
            if sites.tobytes() in seen or len(seen) > _MOST_SUGGESTIONS or self._done():
                continue
            seen.add(sites.tobytes())
            full.choose(sites)
            full.grow()
            if not any(self.problem.rules.broken(full.sites.tolist())):
                self._search(rounds=0, seconds=0.0, starts=(full.sites,))
                self._take(found.value)
        return found

    def _kept(self, found: MedianBound | None) -> tuple[Bool, Bool]:
        """Find the candidates that can be in no better plan, and those that must be in every one, by their prices."""
        rules = self.problem.rules
        kept, into = rules.upper > 0, rules.lower > 0
        if found is None or rules.most is None or not rules.is_plain:
            return kept, into
        chosen = found.choice > 0
        if chosen.sum() < rules.most:
            return kept, into
        spare = self.best - found.value - self.grain * (1 - 1e-6) + self.hair
        last = found.earns[chosen & (rules.lower == 0)].min(initial=np.inf)
        first = found.earns[kept & ~chosen].max(initial=0.0)
        kept = kept & (chosen | (last - found.earns <= spare))
        into = into | (chosen & (found.earns - first > spare))
        kept[self.sites] = True
        self.watch.note(f"{int(kept.sum()):,} of {len(kept):,} candidates left, {int(into.sum())} of them settled")
        return kept, into

    def _exactly(self, found: MedianBound | None = None) -> tuple[Int, float, float] | None:
        kept, into = self._kept(found)
        columns = np.flatnonzero(kept)
        has = len(self.sites) > 0 and self.best < self.never and not any(self.problem.rules.broken(self.sites.tolist()))
        into = into & np.isin(np.arange(len(kept)), self.sites) if has else into & (self.problem.rules.lower > 0)
        program, start = median_program(self.cost, self.problem, columns, into, self.sites if has else None)

        def tell(best: float, bound: float) -> None:
            self.watch.tell(best, max(bound, self.bound))

        solved = solve_program(
            program, self.watch, start=start, tell=tell, relative_gap=max(self.gap, 1e-9),
            absolute_gap=self.grain * (1 - 1e-6),
        )  # fmt: skip
        self.watch.note("branch and bound (HiGHS)")
        if solved.status == "infeasible" and not has:
            return None
        if solved.x is not None:
            sites = columns[solved.x[: len(columns)] > 0.5]
            total = float(self.cost[:, sites].min(axis=1).sum())
            if total < self.best - self.hair or not has:
                self.sites, self.best = sites, total
                self.watch.found()
        elif not has:
            raise TimeoutError
        if self.best >= self.never:
            return None
        if np.isfinite(solved.bound):
            self._take(min(solved.bound, self.best))
        self.bound = max(self.bound, float(self.cost.min(axis=1).sum()))
        return self._answer()


def median_program(
    cost: Float, problem: Distance, columns: Int, into: Bool, sites: Int | None
) -> tuple[Program, Float | None]:
    """Write p-median by growing circles (Elloumi 2010): a point's cost steps up while its circle holds no site.

    For each point the candidates' costs are sorted into distinct values. A variable says that no site is within the
    k-th value; it is at least that of the circle before less the sites that come in. The circle need not grow past a
    settled site, nor past the candidates left over when all others are chosen.
    """
    rules, part = problem.rules, cost[:, columns]
    n, m = part.shape
    order = np.argsort(part, axis=1, kind="stable")
    ranked = np.take_along_axis(part, order, axis=1)
    stops = np.full(n, m)
    if rules.is_plain and rules.most is not None and rules.per_site == 1:
        stops[:] = max(m - min(rules.most, m) + 1, 1)
    settled = np.flatnonzero(into[columns])
    if len(settled):
        nearest = part[:, settled].min(axis=1)
        stops = np.minimum(stops, (ranked < nearest[:, None]).sum(axis=1) + 1)
    inside = np.arange(m)[None, :] < stops[:, None]
    step = np.zeros((n, m), dtype=bool)
    step[:, 1:] = (ranked[:, 1:] > ranked[:, :-1]) & inside[:, 1:]
    ring = np.cumsum(step, axis=1)
    # Variable of ring k of point i: no site within its first k + 1 values; the last ring needs none.
    n_rings = ring.max(axis=1, where=inside, initial=0)
    first = np.concatenate([[0], np.cumsum(n_rings)])
    point, rank = np.nonzero(inside & (ring < n_rings[:, None]))
    row = first[point] + ring[point, rank]
    total = int(first[-1])
    sites_in = coo_array((np.ones(len(row)), (row, order[point, rank])), shape=(total, m))
    own = np.arange(total)
    starts = np.isin(own, first[:-1])
    chain = coo_array(
        (np.concatenate([np.ones(total), -np.ones(int((~starts).sum()))]),
         (np.concatenate([own, own[~starts]]), np.concatenate([own, own[~starts] - 1]))), shape=(total, total),
    )  # fmt: skip
    rule, low, high = rules.rows()
    if rules.is_plain and rules.most is not None:
        low[0] = min(rules.most, m)  # One more site never costs anything, so there may as well be as many as allowed.
    at_rank = step & inside
    rise = np.diff(ranked, axis=1, prepend=0.0)
    cost_rise = np.zeros(total)
    where, ranks = np.nonzero(at_rank)
    cost_rise[first[where] + ring[where, ranks] - 1] = rise[where, ranks]
    fixed = float(ranked[:, 0].sum())
    matrix = vstack([_beside(sites_in, chain), _beside(csr_array(rule[:, columns]), csr_array((rule.shape[0], total)))])
    # The cost of every point's first circle is a constant, carried by a variable that is always 1.
    matrix = _beside(matrix, csr_array((matrix.shape[0], 1)))
    program = Program(
        cost=np.concatenate([np.zeros(m), cost_rise, [fixed]]),
        matrix=csc_array(matrix),
        row_low=np.concatenate([np.where(starts, 1.0, 0.0), low]),
        row_high=np.concatenate([np.full(total, np.inf), high]),
        low=np.concatenate([np.maximum(rules.lower[columns], into[columns]), np.zeros(total), [1.0]]),
        high=np.concatenate([rules.upper[columns], np.ones(total + 1)]),
        whole=np.concatenate([np.ones(m, bool), np.zeros(total + 1, bool)]),
    )
    if sites is None:
        return program, None
    chosen = np.isin(columns, sites).astype(float)
    served = np.where(chosen[order] > 0, ring, m).min(axis=1)
    owner = np.repeat(np.arange(n), n_rings)
    circle = (own - first[owner] < served[owner]).astype(float)
    return program, np.concatenate([chosen, circle, [1.0]])


def _beside(left: csr_array | coo_array, right: csr_array | coo_array) -> csr_array:
    from scipy.sparse import hstack  # noqa: PLC0415 - used here only

    return csr_array(hstack([left, right]))


def earlier_median(problem: Distance, sites: Int, watch: Watch) -> Int:
    """Exchange sites for candidates earlier in the list where nothing is lost (`MedianSearch.earlier`)."""
    counted = problem.weight > 0
    cost = problem.weight[counted][:, None] * problem.value[counted]
    if not len(cost) or not len(sites):
        return sites
    finite = np.isfinite(cost)
    worst = np.where(finite, cost, 0.0).max(axis=1, initial=0.0)
    search = MedianSearch(np.where(finite, cost, float(worst.sum()) + 1.0), Moves(problem.rules))
    search.choose(sites)
    search.earlier(watch, hair=1e-9 * max(1.0, float(worst.sum())) * 0.5)
    return np.sort(search.sites)
