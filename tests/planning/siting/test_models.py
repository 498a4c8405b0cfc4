"""Small problems against brute force: every model, every rule."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from coverplan.core.errors import InfeasibleError
from coverplan.planning.siting import problems as ask
from coverplan.planning.siting.problems import Capacity, Coverage, Distance, Problem
from coverplan.planning.siting.rules import Rules
from coverplan.planning.siting.solve import solve

MODELS = ("lscp", "lscp-share", "lscp-b", "mclp", "bacop1", "bacop2", "mexclp", "p-median", "p-center",
          "capacitated-mclp",
          "capacitated-p-median", "capacitated-mclp, split", "capacitated-p-median, split")  # fmt: skip


@st.composite
def small_problems(draw: st.DrawFn, model: str) -> Problem:
    """Draw a few points and candidates on a line of whole numbers, and rules for them."""
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    where = st.integers(0, 12)
    points = np.array(draw(st.lists(where, min_size=n, max_size=n)))
    sites = np.array(draw(st.lists(where, min_size=m, max_size=m)))
    away = np.abs(points[:, None] - sites[None, :]).astype(float)
    if draw(st.booleans()):
        away[away > draw(st.integers(3, 9))] = np.inf
    weight = np.array(draw(st.lists(st.integers(0, 9), min_size=n, max_size=n)), dtype=float)
    p = draw(st.integers(1, 3))
    some = st.lists(st.integers(0, m - 1), max_size=2)
    if draw(st.booleans()):
        return _named(model, away, weight, p=p, rules=Rules(n_candidates=m), draw=draw)
    one, site = st.lists(st.integers(0, m - 1), max_size=1), st.integers(0, m - 1)
    cost = draw(st.none() | st.lists(st.integers(0, 4), min_size=m, max_size=m))
    rules = Rules(
        n_candidates=m,
        required=np.array(draw(one), dtype=np.int64),
        forbidden=np.array(draw(one), dtype=np.int64),
        cost=None if cost is None else np.array(cost, dtype=float),
        budget=draw(st.none() | st.integers(1, 8)),
        apart=np.array(draw(st.lists(st.tuples(site, site), max_size=2)), dtype=np.int64).reshape(-1, 2),
        existing=np.array(draw(some), dtype=np.int64),
        keep=draw(st.integers(0, 1)),
        at_most=((np.array([0, m - 1]), 1),) if draw(st.booleans()) else (),
    )
    return _named(model, away, weight, p=p, rules=rules, draw=draw)


def _named(model: str, away: np.ndarray, weight: np.ndarray, *, p: int, rules: Rules, draw: st.DrawFn) -> Problem:
    cover = away <= draw(st.integers(0, 5))
    room = np.array([float(draw(st.integers(0, 20))) for _ in range(away.shape[1])])
    split = model.endswith("split")
    length = draw(st.sampled_from([(1.0,), (0.5, 0.5), (0.25, 0.75)]))
    parts = np.array([draw(st.integers(0, len(length) - 1)) for _ in weight], dtype=np.int64)
    name = model.split(",", maxsplit=1)[0]
    made = {
        "lscp": lambda: ask.lscp(cover, rules=rules),
        "lscp-share": lambda: ask.lscp_share(cover, weight, share=0.5, rules=rules),
        "lscp-b": lambda: ask.lscp_b(cover, weight, rules=rules),
        "mclp": lambda: ask.mclp(cover, weight, p=p, rules=rules),
        "bacop1": lambda: ask.bacop1(cover, weight, p=p, rules=rules),
        "bacop2": lambda: ask.bacop2(cover, weight, first=0.75, p=p, rules=rules),
        "mexclp": lambda: ask.mexclp(cover, weight, busy=0.5, p=p, rules=rules, per_site=2),
        "p-median": lambda: ask.p_median(away, weight, p=p, rules=rules),
        "p-center": lambda: ask.p_center(away, p=p, weight=weight, rules=rules),
        "capacitated-mclp": lambda: ask.capacitated_mclp(
            cover, weight, room, p=p, rules=rules, split=split, part=parts, length=length
        ),
        "capacitated-p-median": lambda: ask.capacitated_p_median(away, weight, room, p=p, rules=rules, split=split),
    }
    return made[name]()


def brute_force(problem: Problem) -> tuple[float, ...] | None:
    """Try every choice of sites; what counts first stands first, and less is better."""
    m, most = problem.rules.n_candidates, problem.rules.most
    often = range(problem.rules.per_site + 1)
    found = []
    for counts in itertools.product(often, repeat=m):
        sites = [j for j in range(m) for _ in range(counts[j])]
        if (most is None or len(sites) <= most) and not list(problem.rules.broken(sites)):
            value = _value(problem, sites)
            if value is not None:
                found.append(value)
    return min(found, default=None)


def _value(problem: Problem, sites: list[int]) -> tuple[float, ...] | None:
    if isinstance(problem, Coverage):
        times = problem.cover.toarray().astype(int)[:, sites].sum(axis=1)
        if any(t < must for t, must in zip(times, problem.must, strict=True)):
            return None
        if problem.at_least is not None and sum(problem.weight[times > 0]) < problem.at_least:
            return None
        people = sum(w * sum(problem.worth[:t]) for w, t in zip(problem.weight, times, strict=True))
        cost = sum(problem.rules.price[j] for j in sites)
        return (-people,) if problem.goal == "people" else (cost, -people) if problem.then_people else (cost,)
    if isinstance(problem, Distance):
        nearest = [min([row[j] for j in sites], default=np.inf) for row in problem.value]
        parts = [w * d if problem.goal == "sum" else d for w, d in zip(problem.weight, nearest, strict=True) if w > 0]
        total = (sum(parts) if problem.goal == "sum" else max(parts)) if parts else 0.0
        return None if total == np.inf else (total,)
    return _assigned(problem, sites)


def _assigned(problem: Capacity, sites: list[int]) -> tuple[float, ...] | None:
    people = [i for i, w in enumerate(problem.weight) if w > 0]
    if problem.split:
        return _transport(problem, sites, people)
    best = None
    for there in itertools.product([*sites, None], repeat=len(people)):
        load = {(j, t): 0.0 for j in sites for t in range(len(problem.length))}
        total = 0.0
        for i, j in zip(people, there, strict=True):
            if j is None:
                total += np.inf if problem.goal == "sum" else 0.0
            else:
                load[j, problem.part[i]] += problem.weight[i]
                away = problem.value[i, j] * problem.weight[i]
                total += away if problem.goal == "sum" or away == np.inf else -problem.weight[i]
        if total < np.inf and all(load[j, t] <= problem.capacity[j] * problem.length[t] for j, t in load):
            best = total if best is None else min(best, total)
    return None if best is None else (best,)


def _transport(problem: Capacity, sites: list[int], people: list[int]) -> tuple[float, ...] | None:
    pairs = [(i, j) for i in people for j in sites if np.isfinite(problem.value[i, j])]
    least = problem.goal == "sum"
    if not pairs:
        return None if least and people else (0.0,)
    cost = [problem.weight[i] * (problem.value[i, j] if least else -1) for i, j in pairs]
    rooms = [(site, part) for site in sites for part in range(len(problem.length))]
    load = [[problem.weight[i] * (j == site and problem.part[i] == part) for i, j in pairs] for site, part in rooms]
    once = [[float(i == point) for i, _ in pairs] for point in people]
    room = [problem.capacity[site] * problem.length[part] for site, part in rooms]
    if least:
        told = linprog(cost, A_ub=load, b_ub=room, A_eq=once, b_eq=np.ones(len(people)), bounds=(0, 1))
    else:
        told = linprog(cost, A_ub=load + once, b_ub=room + [1.0] * len(people), bounds=(0, 1))
    return (told.fun,) if told.status == 0 else None


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=25)
@given(data=st.data())
def test_small_problems_equal_brute_force(model: str, data: st.DataObject) -> None:
    """Every model finds, and proves, what trying every choice finds; or says that there is none."""
    problem = data.draw(small_problems(model))
    best = brute_force(problem)
    if best is None:
        with pytest.raises(InfeasibleError):
            solve(problem)
        return
    plan = solve(problem)
    assert plan.status == "optimal"
    value = _value(problem, list(plan.sites))
    assert value is not None or isinstance(problem, Capacity)
    if value is not None:
        assert value == pytest.approx(best, abs=1e-6)
    assert plan.objective == pytest.approx(best[0] if plan.sense == "min" else -best[0], abs=1e-6)
