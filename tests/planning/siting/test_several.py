"""More than one answer: each the best that differs from those before it, held against every choice there is."""

import itertools

import numpy as np
import pytest

from coverplan.planning.siting import problems as ask
from coverplan.planning.siting.problems import Problem
from coverplan.planning.siting.reduce import merge_demand, undominated
from coverplan.planning.siting.rules import Rules
from coverplan.planning.siting.several import alternatives
from coverplan.planning.siting.solve import solve

MODELS = ("mclp", "lscp", "lscp-share", "p-median", "p-center")


def drawn(model: str, rng: np.random.Generator) -> Problem:
    """Draw a small problem in which several candidates cover much the same."""
    n, m, p = int(rng.integers(2, 7)), int(rng.integers(3, 7)), int(rng.integers(1, 4))
    away = rng.integers(1, 9, (n, m)).astype(float)
    cover = away <= 4
    cover[:, 0] |= ~cover.any(axis=1)
    weight = rng.integers(1, 9, n).astype(float)
    return {
        "mclp": lambda: ask.mclp(cover, weight, p=p),
        "lscp": lambda: ask.lscp(cover),
        "lscp-share": lambda: ask.lscp_share(cover, weight, share=0.6),
        "p-median": lambda: ask.p_median(away, weight, p=p),
        "p-center": lambda: ask.p_center(away, p=p),
    }[model]()


def worth(model: str, problem: Problem, sites: tuple[int, ...]) -> float | None:
    """Return what a choice of sites is worth, less is better; None where it does not do what is asked."""
    if model.startswith("p-"):
        nearest = problem.value[:, sites].min(axis=1)
        return float(nearest.max() if model == "p-center" else nearest @ problem.weight)
    inside = problem.cover.toarray()[:, sites].any(axis=1)
    if model == "mclp":
        return -float(problem.weight[inside].sum())
    enough = inside.all() if model == "lscp" else problem.weight[inside].sum() >= problem.at_least
    return float(len(sites)) if enough else None


@pytest.mark.parametrize("model", MODELS)
def test_each_is_the_best_that_differs_from_those_before(model: str) -> None:
    """Candidates that another one beats are wanted as soon as that one may not be chosen again; none is passed over."""
    rng = np.random.default_rng(7)
    for _ in range(2 if model == "p-median" else 12):
        problem = drawn(model, rng)
        best = solve(problem)
        differ = int(rng.integers(1, len(best.sites) + 1)) if model == "mclp" else 1
        told = alternatives(problem, best, count=4, differ=differ, within=50.0, time_limit=3.0)
        m = problem.rules.n_candidates
        most = m if problem.rules.most is None else problem.rules.most
        before = [set(best.sites)]
        for plan in (*told, None):
            left = [
                value
                for k in range(int(model.startswith("p-")), most + 1)
                for sites in itertools.combinations(range(m), k)
                if all(len(set(sites) & other) <= len(other) - differ for other in before)
                and (value := worth(model, problem, sites)) is not None
            ]
            if plan is None:
                assert len(told) == 4 or not left or any(len(other) < differ for other in before)
                break
            assert worth(model, problem, plan.sites) == pytest.approx(min(left))
            assert plan.status == "optimal"
            before.append(set(plan.sites))


def test_a_beaten_candidate_stays_where_the_better_one_is_used_up() -> None:
    """1 covers what 0 covers and no more: not looked at, unless no more of {0} may be chosen."""
    cover = [[1, 1], [1, 0]]
    for rules, alive in (
        (Rules(n_candidates=2), [True, False]),
        (Rules(n_candidates=2, at_most=((np.array([0]), 0),)), [True, True]),
        (Rules(n_candidates=2, at_most=((np.array([0, 1]), 1),)), [True, False]),
        (Rules(n_candidates=2, at_most=((np.array([1]), 0),)), [True, False]),
    ):
        problem = ask.mclp(cover, [1, 1], p=1, rules=rules)
        assert undominated(problem, merge_demand(problem)).tolist() == alive
