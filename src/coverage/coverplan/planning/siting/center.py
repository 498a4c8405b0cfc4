"""p-center: the smallest distance within which at most p sites reach everybody, by bisection over set covers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.sparse import csc_array, vstack

from coverplan.planning.siting.coverall import greedy_cover
from coverplan.planning.siting.mip import Program, solve_program
from coverplan.planning.siting.problems import Coverage, Distance, lscp
from coverplan.planning.siting.reduce import Merged, merge_demand, undominated
from coverplan.planning.siting.rules import Bool, Float, Int
from coverplan.planning.siting.watch import Watch


def solve_center(problem: Distance, watch: Watch) -> tuple[Int, float, float] | None:
    """Choose sites for the lowest worst distance.

    Only distances that occur can be the answer. For one of them, whether at most p sites cover everybody is a set
    covering problem; greedy often says yes, the linear relaxation often no, and branch and bound settles the rest.

    Returns
    -------
    sites, objective, bound
        None when no choice lets everybody reach a site.
    """
    value = problem.value[problem.weight > 0]
    if len(value) == 0:
        return np.flatnonzero(problem.rules.lower), 0.0, 0.0
    usable = value[:, problem.rules.upper > 0]
    if usable.shape[1] == 0:
        return None
    # No answer is below the distance of the point whose best candidate is farthest.
    least = float(usable.min(axis=1).max())
    levels = np.unique(usable[np.isfinite(usable) & (usable >= least)])
    if not np.isfinite(least):
        return None
    return _Center(problem, value, levels, watch).solve()


class _Center:
    def __init__(self, problem: Distance, value: Float, levels: Float, watch: Watch) -> None:
        self.problem, self.value, self.levels, self.watch = problem, value, levels, watch
        self.sites: Int = np.empty(0, dtype=np.int64)
        # Levels below `low` are proved too small; `high` is the level that `sites` reach.
        self.low, self.high = 0, len(levels)

    def solve(self) -> tuple[Int, float, float] | None:
        self._bisect(self._by_greedy, 0, len(self.levels) - 1)
        self.watch.note("set covers by greedy")
        self._bisect(self._by_relaxation, self.low, min(self.high, len(self.levels)) - 1)
        self.watch.note("set covers by linear relaxation")
        self._bisect(self._by_branching, self.low, min(self.high, len(self.levels)) - 1)
        self.watch.note("set covers by branch and bound (HiGHS)")
        if self.high >= len(self.levels):
            if self.watch.stop():
                raise TimeoutError
            return None
        return self.sites, float(self.levels[self.high]), float(self.levels[min(self.low, self.high)])

    def _bisect(self, ask: Callable[[int], bool | None], low: int, high: int) -> None:
        """Narrow the levels: `ask` says yes (and notes the sites), no, or nothing it is sure of."""
        while low <= high and not self.watch.stop():
            middle = (low + high) // 2
            says = ask(middle)
            if says is True:
                high = self._reaches() - 1
            else:
                low = middle + 1
                if says is False:
                    self.low = max(self.low, low)
            if self.high < len(self.levels):
                self.watch.tell(float(self.levels[self.high]), float(self.levels[min(self.low, self.high)]))

    def _reaches(self) -> int:
        """Note how far the sites at hand reach, which may be nearer than what was asked."""
        worst = float(self.value[:, self.sites].min(axis=1).max())
        level = int(np.searchsorted(self.levels, worst))
        if level < self.high:
            self.high = level
            self.watch.found()
        return level

    def _cover(self, level: int) -> tuple[Coverage, Merged, Bool]:
        rules = replace(self.problem.rules, cost=self.problem.rules.cost)
        asked = lscp(csc_array(self.value <= self.levels[level]), rules=rules)
        merged = merge_demand(asked)
        return asked, merged, undominated(asked, merged)

    def _by_greedy(self, level: int) -> bool | None:
        asked, merged, alive = self._cover(level)
        often = greedy_cover(asked, merged, alive)
        if often is None:
            return None
        self._keep(np.flatnonzero(often))
        return True

    def _keep(self, sites: Int) -> None:
        worst = float(self.value[:, sites].min(axis=1).max())
        if worst < float(self.value[:, self.sites].min(axis=1, initial=np.inf).max()):
            self.sites = sites

    def _program(self, level: int) -> tuple[Program, Int]:
        asked, merged, alive = self._cover(level)
        rules, columns = asked.rules, np.flatnonzero(alive)
        rule, low, high = rules.rows()
        program = Program(
            cost=np.ones(len(columns)),
            matrix=csc_array(vstack([merged.table[:, columns], rule[:, columns]])),
            row_low=np.concatenate([np.ones(merged.table.shape[0]), low]),
            row_high=np.concatenate([np.full(merged.table.shape[0], np.inf), high]),
            low=rules.lower[columns],
            high=rules.upper[columns],
            whole=np.ones(len(columns), bool),
        )
        return program, columns

    def _by_relaxation(self, level: int) -> bool | None:
        program, _ = self._program(level)
        solved = solve_program(replace(program, whole=np.zeros_like(program.whole)), self.watch)
        return False if solved.status == "infeasible" else None

    def _by_branching(self, level: int) -> bool | None:
        program, columns = self._program(level)
        solved = solve_program(program, self.watch, first=True)
        if solved.x is not None:
            self._keep(columns[solved.x > 0.5])
            return True
        return False if solved.status == "infeasible" else None


def earlier_center(problem: Distance, sites: Int, watch: Watch) -> Int:
    """Exchange sites for candidates earlier in the list as long as the worst distance stays: the rule for ties."""
    value = problem.value[problem.weight > 0]
    if not len(value) or not len(sites):
        return sites
    worst = float(value[:, sites].min(axis=1).max())
    chosen, moved = list(sites.tolist()), True
    required = set(problem.rules.required.tolist())
    while moved and not watch.stop():
        moved = False
        for site in sorted(set(chosen) - required, reverse=True):
            rest = [other for other in chosen if other != site]
            left = value[:, rest].min(axis=1, initial=np.inf) > worst
            fits = np.atleast_1d((value[left] <= worst).all(axis=0))
            fits[[*rest, *problem.rules.forbidden.tolist()]] = False
            earlier = next(
                (int(c) for c in np.flatnonzero(fits[:site]) if not any(problem.rules.broken([*rest, int(c)]))), None
            )
            if earlier is not None:
                chosen, moved = [*rest, earlier], True
                break
    return np.array(sorted(chosen), dtype=np.int64)
