"""Everybody covered for the lowest cost, and covering with minimums: greedy, and HiGHS from the start."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import csc_array

from coverplan.planning.siting.coverprogram import cost_program, people_of, people_program, people_start
from coverplan.planning.siting.grain import grain_of, whole_bound
from coverplan.planning.siting.mip import solve_program
from coverplan.planning.siting.problems import Coverage
from coverplan.planning.siting.reduce import Merged, undominated
from coverplan.planning.siting.rules import Bool, Float, Int
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.watch import Watch


def cheapest_cover(problem: Coverage, merged: Merged, watch: Watch, *, gap: float) -> tuple[Int, float, float] | None:
    """Everybody covered for the lowest cost; then, where it is asked for, for the most backup at that cost."""
    if (problem.must > problem.cover.astype(np.int64).sum(axis=1) * problem.rules.per_site).any():
        return None
    rules, alive = problem.rules, undominated(problem, merged)
    if problem.then_people:
        alive = rules.upper > 0
    columns = np.flatnonzero(alive)
    program = cost_program(problem, merged, columns)
    grain = grain_of(rules.price[columns])
    greedy = greedy_cover(problem, merged, alive) if problem.at_least is None else None
    start = None if greedy is None else greedy[columns].astype(float)
    solved = solve_program(
        program, watch, start=start, tell=watch.tell, relative_gap=max(gap, 1e-9), absolute_gap=grain * (1 - 1e-6)
    )
    watch.note("branch and bound (HiGHS)")
    if solved.status == "infeasible":
        return None
    often = _often(solved.x, columns, len(alive)) if solved.x is not None else greedy
    if often is None:
        raise TimeoutError
    cost = float(rules.price @ often)
    bound = min(-whole_bound(-solved.bound, -cost, grain), cost) if np.isfinite(solved.bound) else 0.0
    watch.found()
    if not problem.then_people:
        return often, cost, bound
    return _then_people(problem, merged, watch, often, cost), cost, bound


def _then_people(problem: Coverage, merged: Merged, watch: Watch, often: Int, cost: float) -> Int:
    """Of the plans that cost no more, find the one with the most backup."""
    keep_cost = replace(problem.rules, budget=cost) if problem.rules.cost is not None else None
    rules = keep_cost or replace(problem.rules, most=int(often.sum()))
    asked = replace(problem, rules=rules, goal="people", then_people=False)
    found = exact_cover(asked, merged, watch, gap=0.0, start=often)
    watch.note("then the most backup at that cost")
    return often if found is None else found[0]


def exact_cover(
    problem: Coverage, merged: Merged, watch: Watch, *, gap: float, start: Int | None = None
) -> tuple[Int, float, float] | None:
    """Most people covered where everybody has to be covered, or the rules are many: HiGHS from the start."""
    if (problem.must > problem.cover.astype(np.int64).sum(axis=1) * problem.rules.per_site).any():
        return None
    kept = problem.rules.upper > 0
    program = people_program(problem, merged, kept, np.zeros(len(kept), bool))
    begin = None if start is None else people_start(problem, merged, kept, start)
    grain = grain_of(np.outer(merged.weight, problem.worth))

    def tell(best: float, bound: float) -> None:
        watch.tell(-best, -bound)

    solved = solve_program(
        program, watch, start=begin, tell=tell, relative_gap=max(gap, 1e-9), absolute_gap=grain * (1 - 1e-6)
    )
    watch.note("branch and bound (HiGHS)")
    if solved.status == "infeasible":
        return None
    often = start if solved.x is None else _often(solved.x, np.flatnonzero(kept), len(kept))
    if often is None:
        raise TimeoutError
    value = people_of(problem, merged, often)
    watch.found()
    everybody = float(merged.weight.sum() * problem.worth.sum())
    bound = whole_bound(-solved.bound, value, grain) if np.isfinite(solved.bound) else everybody
    return often, value, max(bound, value)


def greedy_cover(problem: Coverage, merged: Merged, alive: Bool) -> Int | None:
    """Cover everybody, each time by the site that covers most of who is left for its cost; None if rules forbid it."""
    moves = Moves(replace(problem.rules, most=None), alive)
    often = problem.rules.lower.astype(np.int64)
    left = merged.must - np.rint(merged.table @ often.astype(float)).astype(int)
    columns = csc_array(merged.table)
    while (left > 0).any():
        score = (columns.T @ (left > 0).astype(float)) / np.maximum(problem.rules.price, 1e-12)
        score[~moves.addable(often)] = 0
        site = int(score.argmax())
        if score[site] <= 0:
            return None
        often[site] += 1
        left[columns.indices[columns.indptr[site] : columns.indptr[site + 1]]] -= 1
    plan = np.repeat(np.arange(len(often)), often).tolist()
    return None if any(problem.rules.broken(plan)) else often


def _often(x: Float, columns: Int, m: int) -> Int:
    often = np.zeros(m, np.int64)
    often[columns] = np.rint(x[: len(columns)]).astype(np.int64)
    return often
