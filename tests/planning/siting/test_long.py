"""The long search in compiled code: heat bath, plans put together, prices from both sides, fast interchange."""

import itertools
from threading import Event, Timer

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.planning.siting import tempering
from coverplan.planning.siting.annealing import HeatBath
from coverplan.planning.siting.breeding import Breeding, Pool
from coverplan.planning.siting.coverbound import BothSides
from coverplan.planning.siting.coverprogram import people_of, people_program
from coverplan.planning.siting.coverswap import CoverSearch
from coverplan.planning.siting.interchange import search_median
from coverplan.planning.siting.mip import solve_program
from coverplan.planning.siting.problems import Coverage, mclp, p_median
from coverplan.planning.siting.reduce import merge_demand, undominated
from coverplan.planning.siting.rules import Rules
from coverplan.planning.siting.solve import solve
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.tempering import Tempering
from coverplan.planning.siting.watch import Watch
from coverplan.travel.kernels.baths import near_sites, place, settle, trade


def _square(n: int, m: int, *, seed: int, p: int, within: float, required: tuple[int, ...] = ()) -> Coverage:
    rng = np.random.default_rng(seed)
    points, sites = rng.random((n, 2)), rng.random((m, 2))
    away = np.hypot(points[:, None, 0] - sites[None, :, 0], points[:, None, 1] - sites[None, :, 1])
    rules = Rules(n_candidates=m, most=p, required=np.array(required, np.int64), forbidden=np.array([m - 1]))
    return mclp(away < within, rng.integers(1, 50, n), rules=rules)


@pytest.mark.parametrize("required", [(), (3, 7)])
def test_a_problem_of_middle_size_equals_the_plain_program(required: tuple[int, ...]) -> None:
    """The way through prices, heat bath and plans put together ends at what HiGHS finds for the whole program."""
    problem = _square(900, 150, seed=8, p=12, within=0.11, required=required)
    merged = merge_demand(problem)
    assert merged.table.nnz > 3000  # fewer, and the exact search comes at once
    everything = people_program(problem, merged, problem.rules.upper > 0, np.zeros(150, bool))
    oracle = solve_program(everything, Watch(time_limit=300), absolute_gap=0.5)
    plan = solve(problem, time_limit=300)
    assert (plan.status, plan.objective) == ("optimal", pytest.approx(-oracle.objective))
    assert set(required) <= set(plan.sites)


def test_plans_put_together_keep_the_rules_and_get_no_worse() -> None:
    """Locked sites stay, forbidden ones stay out, every value told is what the plan covers, the best is the last."""
    problem = _square(700, 120, seed=2, p=15, within=0.09, required=(3, 7))
    merged = merge_demand(problem)
    alive = undominated(problem, merged)
    moves = Moves(problem.rules, alive)
    search = CoverSearch(merged, problem.worth, moves)
    search.choose(problem.rules.lower.astype(np.int64))
    search.grow()
    told: list[float] = []

    def hear(often: np.ndarray, value: float) -> bool:
        assert value == people_of(problem, merged, often)
        assert not list(problem.rules.broken(np.flatnonzero(often).tolist()))
        told.append(value)
        return len(told) > 10

    breeding = Breeding(merged, alive, moves, grain=1.0, seed=5)
    breeding.run(search.often, Watch(time_limit=2.5), until=1e9, better=hear)
    assert len(told) == 11
    assert told[0] == search.value < max(told) <= solve(problem).objective


def test_baths_side_by_side_find_the_best_plan_until_told_to_stop() -> None:
    """Until told to stop, from one poor plan: the rules hold, and the best plan is among those met."""
    problem = _square(300, 60, seed=4, p=6, within=0.14, required=(3, 7))
    merged, moves = merge_demand(problem), Moves(problem.rules)
    poor = np.zeros(60, np.int64)
    poor[[3, 7, 10, 11, 12, 13]] = 1
    baths, stop, watch = Tempering(HeatBath(merged, moves, seed=1), seed=2), Event(), Watch(time_limit=100)
    baths.join([poor], [people_of(problem, merged, poor)])
    Timer(0.5, stop.set).start()
    found = baths.run(watch, until=90, stop=stop)
    assert watch.seconds < 90
    assert all(not list(problem.rules.broken(np.flatnonzero(often).tolist())) for often in found)
    assert max(people_of(problem, merged, often) for often in found) == solve(problem).objective


def test_new_baths_go_on_from_one_plan_and_get_no_worse() -> None:
    """From a poor plan to the best one, the required sites kept; in no time it is the same plan."""
    problem = _square(300, 60, seed=4, p=6, within=0.14, required=(3, 7))
    merged, moves, watch = merge_demand(problem), Moves(problem.rules), Watch(time_limit=100)
    poor = np.zeros(60, np.int64)
    poor[[3, 7, 10, 11, 12, 13]] = 1
    baths, value = Tempering(HeatBath(merged, moves, seed=1), seed=2), people_of(problem, merged, poor)
    assert (baths.alone(poor, value, watch, seconds=0.0) == poor).all()
    found = baths.alone(poor, value, watch, seconds=0.5)
    assert people_of(problem, merged, found) == solve(problem).objective
    assert not list(problem.rules.broken(np.flatnonzero(found).tolist()))


def test_a_part_is_a_few_sites_next_to_each_other() -> None:
    """Twelve sites in a row share a place with the next: a part is three in a row, the required one is locked."""
    covers = np.array([[i in {j, j + 1} for j in range(12)] for i in range(13)])
    problem = mclp(covers, np.ones(13), rules=Rules(n_candidates=12, most=12, required=np.array([0])))
    merged, moves = merge_demand(problem), Moves(problem.rules)
    heat, plan = HeatBath(merged, moves, seed=1), np.ones(12, np.int64)
    for _ in range(20):
        bath, locked = heat.part(plan, 13.0, 3)
        sites = bath.choices[0]
        assert (locked, sites[0], sorted(sites)) == (9, 0, list(range(12)))
        assert np.ptp(sites[locked:]) == 2
    assert heat.part(plan, 13.0, 99)[1] == 1


def test_parts_of_a_plan_are_chosen_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three or four sites at a time, from a poor plan to a better one that keeps the rules."""
    monkeypatch.setattr(tempering, "_PART", (3, 5))
    monkeypatch.setattr(tempering, "_PART_S", 0.05)
    problem = _square(300, 60, seed=4, p=12, within=0.1, required=(3, 7))
    merged, moves, watch = merge_demand(problem), Moves(problem.rules), Watch(time_limit=100)
    poor = np.zeros(60, np.int64)
    poor[[3, 7, *range(10, 20)]] = 1
    baths, value = Tempering(HeatBath(merged, moves, seed=1), seed=2), people_of(problem, merged, poor)
    found = baths.mend(poor, value, watch, seconds=1.5)
    assert value < people_of(problem, merged, found) <= solve(problem).objective
    assert not list(problem.rules.broken(np.flatnonzero(found).tolist()))


def test_nothing_to_choose_leaves_a_plan_as_it_is() -> None:
    """All sites of the plan are required: there is no part, and no time is spent on it."""
    problem = _square(300, 60, seed=4, p=2, within=0.14, required=(3, 7))
    merged, watch = merge_demand(problem), Watch(time_limit=100)
    plan = np.zeros(60, np.int64)
    plan[[3, 7]] = 1
    baths, value = Tempering(HeatBath(merged, Moves(problem.rules), seed=1), seed=2), people_of(problem, merged, plan)
    assert (baths.mend(plan, value, watch, seconds=90) == plan).all()
    assert (baths.alone(plan, value, watch, seconds=90) == plan).all()
    assert watch.seconds < 80


def test_parts_are_chosen_until_told_to_stop() -> None:
    """Of a minute and a half two tenths of a second, and the plan is no worse."""
    problem = _square(300, 60, seed=4, p=6, within=0.14, required=(3, 7))
    merged, stop, watch = merge_demand(problem), Event(), Watch(time_limit=100)
    poor = np.zeros(60, np.int64)
    poor[[3, 7, 10, 11, 12, 13]] = 1
    baths, value = Tempering(HeatBath(merged, Moves(problem.rules), seed=1), seed=2), people_of(problem, merged, poor)
    Timer(0.2, stop.set).start()
    assert people_of(problem, merged, baths.mend(poor, value, watch, seconds=90, stop=stop)) >= value
    assert watch.seconds < 80


@pytest.mark.parametrize("most", [10**6, 500])
def test_sites_are_near_that_share_a_class_or_all_are(most: int) -> None:
    """As the product of the table with itself says; where that is more than asked for, everybody is near everybody."""
    problem = _square(300, 60, seed=4, p=6, within=0.14)
    merged = merge_demand(problem)
    heat = HeatBath(merged, Moves(problem.rules), seed=1)
    near = near_sites(heat.covers, most)
    table = merged.table[:, :59].toarray()  # the last one is forbidden
    shared = (table.T @ table > 0) | np.eye(59, dtype=bool)
    assert 500 < shared.sum() < 59 * 59
    for site, others in enumerate(shared):
        listed = near.site[near.begin[site] : near.end[site]].tolist()
        assert len(listed) == len(set(listed))
        assert set(listed) == (set(np.flatnonzero(others)) if most > 500 else set(range(59)))


@pytest.mark.parametrize("most", [10**6, 0])
def test_a_heat_bath_keeps_count(most: int) -> None:
    """After many steps, counts, gains and value are as when worked out anew, near sites listed or not."""
    problem = _square(300, 60, seed=4, p=6, within=0.14, required=(3, 7))
    merged, moves = merge_demand(problem), Moves(problem.rules)
    often = np.zeros(60, np.int64)
    often[[3, 7, 10, 11, 12, 13]] = 1
    heat = HeatBath(merged, moves, seed=1)
    bath, locked = heat.fill(often, people_of(problem, merged, often))
    settle(heat.covers, near_sites(heat.covers, most), bath, (60.0, 20.0, 5000, locked), np.array([9], np.uint64))
    kept = [part.copy() for part in (bath.times, bath.gain, bath.stands)]
    place(heat.covers, bath)
    assert not bath.extra.any()
    for before, anew in zip(kept, (bath.times, bath.gain, bath.stands), strict=True):
        np.testing.assert_allclose(before, anew, atol=1e-9)
    for sites, value in zip(bath.choices, bath.values, strict=True):
        assert merged.weight[merged.table[:, sites].sum(axis=1) > 0].sum() == pytest.approx(value)
    assert bath.values[1] > people_of(problem, merged, often)
    assert bath.choices[0, :locked].tolist() == [3, 7]


def test_two_plans_trade_a_part_that_stands_alone() -> None:
    """Two towns that share nobody: who is well placed in one of them, each, trade until one is well placed in both."""
    cover = np.kron(np.eye(2), [[1, 0], [1, 1]])
    problem = mclp(cover, np.array([5, 5, 50, 50]), p=2)
    merged = merge_demand(problem)
    heat = HeatBath(merged, Moves(problem.rules), seed=1)
    baths = []
    for sites in ([0, 3], [1, 2]):
        often = np.bincount(sites, minlength=4)
        baths.append(heat.fill(often, people_of(problem, merged, often))[0])
    assert [bath.values[0] for bath in baths] == [60.0, 105.0]
    trade(heat.covers, heat.near, (baths[0], baths[1]), 0, np.array([9], np.uint64))
    assert sorted(bath.values[0] for bath in baths) == [55.0, 110.0]
    assert sorted(sorted(bath.choices[0].tolist()) for bath in baths) == [[0, 2], [1, 3]]


@pytest.mark.parametrize("most", [10**6, 0])
def test_what_one_plan_gains_the_other_loses(most: int) -> None:
    """Drawn pairs of plans: people in all stay the same, every site stays with one of them, and counts are kept."""
    problem = _square(300, 60, seed=4, p=20, within=0.05, required=(3, 7))
    merged = merge_demand(problem)
    heat = HeatBath(merged, Moves(problem.rules), seed=1)
    near, rng, state = near_sites(heat.covers, most), np.random.default_rng(3), np.array([9], np.uint64)
    free, traded = np.setdiff1d(np.arange(59), [3, 7]), 0
    for _ in range(40):
        baths = []
        for _ in range(2):
            often = np.bincount([3, 7, *rng.choice(free, 18, replace=False)], minlength=60)
            bath, locked = heat.fill(often, people_of(problem, merged, often))
            baths.append(bath)
        before = [bath.choices[0].tolist() for bath in baths]
        people = sum(bath.values[0] for bath in baths)
        trade(heat.covers, near, (baths[0], baths[1]), locked, state)
        after = [bath.choices[0].tolist() for bath in baths]
        traded += [set(sites) for sites in after] not in ([set(x) for x in before], [set(x) for x in before[::-1]])
        assert sum(bath.values[0] for bath in baths) == pytest.approx(people)
        assert sorted(after[0] + after[1]) == sorted(before[0] + before[1])
        for bath in baths:
            assert bath.choices[0, :locked].tolist() == [3, 7]
            assert len(set(bath.choices[0].tolist())) == 20
            covered = merged.table[:, bath.choices[0]].sum(axis=1) > 0
            assert merged.weight[covered].sum() == pytest.approx(bath.values[0])
            assert bath.values[1] >= bath.values[0]
            kept = [part.copy() for part in (bath.times, bath.gain, bath.stands)]
            place(heat.covers, bath)
            assert not bath.extra.any()
            for was, anew in zip(kept, (bath.times, bath.gain, bath.stands), strict=True):
                np.testing.assert_allclose(was, anew, atol=1e-9)
    assert traded > 20


def test_the_pool_keeps_good_plans_that_differ() -> None:
    """Of plans alike only the best stays; the first is the best of all."""
    plans, pool = np.eye(40, dtype=np.int64), Pool()
    for k in range(0, 36, 3):
        pool.put(plans[k : k + 3].sum(axis=0), float(k))
    pool.put(plans[33] + plans[34] + plans[36], 50.0)
    pool.put(plans[33] + plans[34] + plans[37], 49.0)
    assert pool.values == [50.0, *(float(k) for k in range(30, -3, -3))]


@settings(max_examples=25)
@given(data=st.data())
def test_prices_prove_no_less_than_the_best_and_heat_finds_no_more(data: st.DataObject) -> None:
    """On small problems every bound holds, the heat bath finds the best plan, and both respect the rules."""
    n, m = data.draw(st.integers(3, 9)), data.draw(st.integers(3, 7))
    cover = np.array(data.draw(st.lists(st.lists(st.booleans(), min_size=m, max_size=m), min_size=n, max_size=n)))
    weight = np.array(data.draw(st.lists(st.integers(0, 9), min_size=n, max_size=n)), dtype=float)
    rules = Rules(n_candidates=m, most=data.draw(st.integers(1, 3)), forbidden=np.array([m - 1]))
    problem = mclp(cover, weight, rules=rules)
    merged, watch = merge_demand(problem), Watch(time_limit=100)
    best = max(
        float(weight[cover[:, list(sites)].any(axis=1)].sum())
        for sites in itertools.combinations(range(m - 1), min(rules.most or 1, m - 1))
    )
    search = CoverSearch(merged, problem.worth, Moves(rules))
    search.grow()
    sides = BothSides(merged, Moves(rules), search.often)
    assert sides.lower(watch, steps=200, enough=0.0).value >= best - 1e-9
    settled = HeatBath(merged, Moves(rules), seed=1).run(search.often, search.value, watch, seconds=0.005, hot=0.5)
    assert search.value <= people_of(problem, merged, settled) <= best
    assert not list(rules.broken(np.flatnonzero(settled).tolist()))


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_fast_interchange_with_restarts_finds_the_best_of_small_problems(seed: int) -> None:
    """With locked and forbidden sites, too: the total is what the sites give, and no choice is better."""
    rng = np.random.default_rng(seed)
    cost = rng.integers(0, 30, (12, 7)).astype(float)
    rules = Rules(n_candidates=7, most=3, required=np.array([2]), forbidden=np.array([5]))
    problem = p_median(cost, np.ones(12), rules=rules)
    sites, total = search_median(cost, Moves(rules), Watch(time_limit=100), rounds=60, seconds=9.0, hair=1e-9)
    assert total == cost[:, sites].min(axis=1).sum()
    assert not list(problem.rules.broken(sites.tolist()))
    others = itertools.combinations([0, 1, 3, 4, 6], 2)
    assert total == min(cost[:, [2, *two]].min(axis=1).sum() for two in others)
