"""The searches for people covered: what they say of a plan is true, and the same seed goes the same way."""

import numpy as np
import pytest

from coverplan.core.progress import Silent
from coverplan.planning.siting.annealing import Annealing
from coverplan.planning.siting.coverbound import bound_cover
from coverplan.planning.siting.coverprogram import people_of
from coverplan.planning.siting.coverswap import CoverSearch
from coverplan.planning.siting.plan import Plan
from coverplan.planning.siting.problems import Coverage, mclp
from coverplan.planning.siting.reduce import merge_demand
from coverplan.planning.siting.regions import Regions
from coverplan.planning.siting.solve import solve
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.verify import WrongPlanError, verify
from coverplan.planning.siting.watch import Watch


@pytest.fixture(scope="module")
def problem() -> Coverage:
    """Blocks on a square and sites among them, seeded."""
    rng = np.random.default_rng(5)
    points, sites = rng.random((400, 2)), rng.random((80, 2))
    away = np.hypot(points[:, None, 0] - sites[None, :, 0], points[:, None, 1] - sites[None, :, 1])
    return mclp(away < 0.12, rng.integers(1, 50, 400), p=10)


def test_annealing_and_regions_stay_below_the_bound_and_reach_the_optimum(problem: Coverage) -> None:
    """Every search ends between its start and the proved optimum, and regions find the optimum here."""
    merged, watch = merge_demand(problem), Watch(time_limit=100)
    moves = Moves(problem.rules)
    best = solve(problem)
    assert best.status == "optimal"
    search = CoverSearch(merged, problem.worth, moves)
    search.grow()
    search.improve(watch)
    assert search.value == pytest.approx(people_of(problem, merged, search.often))
    runs = [Annealing(merged, problem.worth, moves, seed=3) for _ in range(2)]
    ends = [run.run(search.often, search.value, watch, moves=20_000, hot=0.05, until=1e9) for run in runs]
    assert (ends[0] == ends[1]).all()
    assert people_of(problem, merged, ends[0]) <= best.objective
    regions = Regions(merged, np.ones(80, bool), problem.rules.lower, grain=1.0, seed=1)
    often = ends[0]
    for _ in range(8):
        often = regions.step(often, watch, until=1e9)
    assert search.value <= people_of(problem, merged, often) == best.objective
    assert bound_cover(merged, problem.worth, moves, best.objective, watch, rounds=50).value >= best.objective


class _Impatient(Silent):
    def cancelled(self) -> bool:
        return True


def test_a_cancelled_search_returns_its_plan_with_an_honest_gap(problem: Coverage) -> None:
    """Whoever cancels gets the plan at hand; its bound holds, and it is not called optimal."""
    best = solve(problem)
    plan = solve(problem, progress=_Impatient())
    assert plan.status == "cancelled"
    assert 0 < plan.objective <= best.objective <= plan.bound


def test_a_wrong_plan_is_refused(problem: Coverage) -> None:
    """A plan that claims more than it covers, or one site too many, does not pass the check."""
    plan = solve(problem)
    for changed in ({"objective": plan.objective + 1, "bound": plan.bound + 1}, {"sites": (*plan.sites, 79, 78)}):
        with pytest.raises(WrongPlanError):
            verify(problem, Plan(**{**vars(plan), **changed}))
