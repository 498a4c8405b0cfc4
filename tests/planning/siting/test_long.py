"""The long search in compiled code: heat bath, plans put together, prices from both sides, fast interchange."""

import itertools
from collections.abc import Sequence
from threading import Event, Timer

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.planning.siting import breeding
from coverplan.planning.siting.annealing import HeatBath
from coverplan.planning.siting.breeding import Breeding
from coverplan.planning.siting.coverbound import BothSides
from coverplan.planning.siting.coverprogram import people_of, people_program
from coverplan.planning.siting.coverswap import CoverSearch
from coverplan.planning.siting.interchange import search_median
from coverplan.planning.siting.mip import solve_program
from coverplan.planning.siting.pool import Pool
from coverplan.planning.siting.problems import Coverage, mclp, p_median
from coverplan.planning.siting.reduce import Merged, merge_demand, undominated
from coverplan.planning.siting.regions import Tried, solve_among
from coverplan.planning.siting.rules import Rules
from coverplan.planning.siting.solve import solve
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.tempering import BATHS, Tempering
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


def test_the_long_search_goes_through_all_its_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short runs, baths on all candidates, on few, on fewer, exact choices: every plan keeps the rules."""
    problem = _square(700, 120, seed=2, p=15, within=0.09, required=(3, 7))
    merged = merge_demand(problem)
    alive = undominated(problem, merged)
    moves = Moves(problem.rules, alive)
    begun: list[tuple[int, int]] = []

    class Noted(Tempering):
        def __init__(self, bath: HeatBath, plans: Sequence[np.ndarray], *, hot: float, seed: int) -> None:
            begun.append((len(plans), len(bath.near.begin)))
            super().__init__(bath, plans, hot=hot, seed=seed)

    monkeypatch.setattr(breeding, "Tempering", Noted)
    monkeypatch.setattr(breeding, "_HARVEST_S", 0.2)
    monkeypatch.setattr(breeding, "_EACH_S", 0.1)
    told: list[float] = []

    def hear(often: np.ndarray, value: float) -> bool:
        assert value == people_of(problem, merged, often)
        assert not list(problem.rules.broken(np.flatnonzero(often).tolist()))
        told.append(value)
        return False

    begin = np.zeros(120, np.int64)
    begin[[3, 7, *np.setdiff1d(np.flatnonzero(alive), [3, 7])[:13]]] = 1
    Breeding(merged, alive, moves, grain=1.0, seed=5).run(begin, Watch(time_limit=4), until=1e9, better=hear)
    plans, sites = zip(*begun, strict=True)
    assert plans == (1, 1, BATHS, BATHS, BATHS, BATHS)
    assert sites[0] == sites[1] > sites[2] >= sites[4]
    assert max(told) == solve(problem).objective


@pytest.mark.parametrize("late", [False, True])
def test_rounds_that_end_alike_early_put_their_plans_together(late: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rounds that find the best plan both: their pools in one, then a new round; found late, new rounds at once."""
    problem = _square(300, 60, seed=4, p=6, within=0.14, required=(3, 7))
    merged = merge_demand(problem)
    moves = Moves(problem.rules)
    joined: list[tuple[list[float], float]] = []
    begun: list[float] = []
    begin = np.zeros(60, np.int64)
    begin[[3, 7, 10, 11, 12, 13]] = 1
    # Compiled before the clock runs: a round is short here.
    Tempering(HeatBath(merged, moves, seed=1), [begin], hot=0.02, seed=1).run(Watch(time_limit=60), until=0.1)
    watch = Watch(time_limit=30)

    class Noted(Pool):
        @classmethod
        def together(cls, pools: Sequence[Pool]) -> Pool:
            joined.append(([one.best[1] for one in pools], watch.seconds))
            return super().together(pools)

        def __init__(self, n_candidates: int, **rest: int) -> None:
            begun.append(watch.seconds)
            super().__init__(n_candidates, **rest)

    monkeypatch.setattr(breeding, "Pool", Noted)
    monkeypatch.setattr(breeding, "_HARVEST_S", 0.1)
    monkeypatch.setattr(breeding, "_EACH_S", 0.1)
    monkeypatch.setattr(breeding, "_TURNS", 0)
    monkeypatch.setattr(breeding, "_ROUND_S", 0.6)
    if late:  # the second stage, on all candidates too, begins at once
        monkeypatch.setattr(breeding, "_STAGES", ((0.0, 0.0), (0.0, -1.0)))
    told: list[float] = []

    def hear(often: np.ndarray, value: float) -> bool:
        told.append(value)
        return len(begun) > 4

    Breeding(merged, moves.upper > 0, moves, grain=1.0, seed=5).run(begin, watch, until=1e9, better=hear)
    best = solve(problem).objective
    assert max(told) == best
    assert len(begun) == 5
    if late:
        assert joined == []
        return
    (ends, at), *_ = joined
    assert ends == [best, best]
    # The first pool, one for the second round, one for all plans, and one for the round after that.
    assert begun[3] - at >= at - begun[0] - 0.5


def _poor(problem: Coverage) -> tuple[Merged, Moves, np.ndarray]:
    """A problem of 60 candidates, two of them required, with a plan of six sites that is far from good."""
    often = np.zeros(60, np.int64)
    often[[3, 7, 10, 11, 12, 13]] = 1
    return merge_demand(problem), Moves(problem.rules), often


def test_baths_side_by_side_find_the_best_plan_until_told_to_stop() -> None:
    """Until told to stop, from one poor plan: the rules hold, and the best plan is among those frozen."""
    problem = _square(300, 60, seed=4, p=6, within=0.14, required=(3, 7))
    merged, moves, poor = _poor(problem)
    baths, stop, watch = (
        Tempering(HeatBath(merged, moves, seed=1), [poor], hot=0.016, seed=2),
        Event(),
        Watch(time_limit=100),
    )
    Timer(0.5, stop.set).start()
    found = baths.run(watch, until=90, stop=stop)
    assert watch.seconds < 90
    assert all(not list(problem.rules.broken(np.flatnonzero(often).tolist())) for often in found)
    assert max(people_of(problem, merged, often) for often in found) == solve(problem).objective


def test_baths_begin_from_plans_by_turns_and_keep_to_their_candidates() -> None:
    """From two plans, on ten candidates and the two required: no plan has another, and the best of these is found."""
    problem = _square(300, 60, seed=4, p=6, within=0.14, required=(3, 7))
    merged, _, poor = _poor(problem)
    other = np.zeros(60, np.int64)
    other[[3, 7, 14, 15, 16, 17]] = 1
    few = np.isin(np.arange(60), [3, 7, *range(10, 20)])
    baths = Tempering(HeatBath(merged, Moves(problem.rules, few), seed=1), [poor, other], hot=0.016, seed=2)
    watch = Watch(time_limit=100)
    found = baths.run(watch, until=0.5)
    assert all(few[np.flatnonzero(often)].all() and often[[3, 7]].all() and often.sum() == 6 for often in found)
    best = max(
        people_of(problem, merged, np.isin(np.arange(60), [3, 7, *four]).astype(np.int64))
        for four in itertools.combinations(range(10, 20), 4)
    )
    assert max(people_of(problem, merged, often) for often in found) == best


def test_when_time_is_over_the_best_plan_met_is_still_told() -> None:
    """One plan is frozen after the limit, not all that the baths hold."""
    problem = _square(300, 60, seed=4, p=6, within=0.14, required=(3, 7))
    merged, moves, poor = _poor(problem)
    baths, watch = Tempering(HeatBath(merged, moves, seed=1), [poor], hot=0.016, seed=2), Watch(time_limit=0.3)
    (found,) = baths.run(watch, until=0.3)
    assert people_of(problem, merged, found) > people_of(problem, merged, poor)


def test_nothing_to_choose_is_no_work() -> None:
    """All sites of the plan are required: there is nothing to exchange, and no time is spent on it."""
    problem = _square(300, 60, seed=4, p=2, within=0.14, required=(3, 7))
    merged, watch = merge_demand(problem), Watch(time_limit=100)
    plan = np.zeros(60, np.int64)
    plan[[3, 7]] = 1
    baths = Tempering(HeatBath(merged, Moves(problem.rules), seed=1), [plan], hot=0.016, seed=2)
    assert baths.run(watch, until=90) == []
    assert watch.seconds < 80


def test_freezing_from_a_temperature_gets_no_worse_and_keeps_the_rules() -> None:
    """From a poor plan, freezing at once is no worse than the plan, and neither is freezing from a warm bath."""
    problem = _square(300, 60, seed=4, p=6, within=0.14, required=(3, 7))
    merged, moves, poor = _poor(problem)
    bath, value = HeatBath(merged, moves, seed=1), people_of(problem, merged, poor)
    sites = bath.fill(poor, value)[0].choices[0]
    for heat in (0.0, 0.02 * value / 6):
        frozen = bath.frozen(sites, value, heat=heat)
        assert value < people_of(problem, merged, frozen) <= solve(problem).objective
        assert not list(problem.rules.broken(np.flatnonzero(frozen).tolist()))


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


def test_nothing_is_tried_that_cannot_be_made_ready_in_the_time_left() -> None:
    """The same exact choice, with ten seconds and with a thousandth of one."""
    problem = _square(300, 60, seed=4, p=6, within=0.14)
    merged = merge_demand(problem)

    def tried(left: float) -> Tried:
        return solve_among(
            merged.table, merged.weight, np.zeros(60, np.int64), Watch(time_limit=left), candidates=np.arange(59),
            chosen=np.arange(6), grain=1.0, seconds=5.0,
        )  # fmt: skip

    some, none = tried(10.0), tried(0.001)
    assert some.proved
    assert some.sites is not None
    assert people_of(problem, merged, np.bincount(some.sites, minlength=60)) == solve(problem).objective
    assert (none.sites, none.proved) == (None, False)


def test_pools_together_hold_every_plan_once_and_go_on() -> None:
    """Two pools of two plans, one in both: three plans, the best first, and room for a fourth."""
    plans = np.eye(5, dtype=np.int64)
    two = [Pool(5, most=2), Pool(5, most=2)]
    for pool, held in zip(two, ({0: 7.0, 1: 9.0}, {1: 9.0, 2: 10.0}), strict=True):
        for k, value in held.items():
            pool.put(plans[k], value)
    joined = Pool.together(two)
    assert (len(joined), joined.best[0].tolist(), joined.best[1]) == (3, [0, 0, 1, 0, 0], 10.0)
    for k, value in ((1, 9.0), (3, 8.0), (4, 7.5)):
        joined.put(plans[k], value)
    assert len(joined) == 4
    assert joined.uses(1.0)[0] == 0.0 < joined.uses(1.0)[4]
    assert [len(pool) for pool in two] == [2, 2]


def test_few_candidates_leave_fewer_classes_and_the_same_people() -> None:
    """A bath on a third of the candidates merges what these cover alike, and values plans as before."""
    problem = _square(700, 120, seed=2, p=15, within=0.09)
    merged = merge_demand(problem)
    moves = Moves(problem.rules, np.arange(120) % 3 == 0)
    bath = HeatBath(merged, moves, seed=1)
    assert len(bath.covers.weight) < len(merged.weight)
    often = np.zeros(120, np.int64)
    often[np.flatnonzero(moves.upper > 0)[:15]] = 1
    assert bath.value(often) == people_of(problem, merged, often) > 0


def test_the_pool_keeps_good_plans_once_and_knows_what_they_use() -> None:
    """The best of three kept, the same plan once; a plan that is worse by one unit counts e times less."""
    plans, kept = np.eye(5, dtype=np.int64), Pool(5, most=3)
    for k, value in ((0, 7.0), (3, 10.0), (1, 9.0), (3, 10.0), (2, 8.0)):
        kept.put(plans[k] + plans[4], value)
    often, value = kept.best
    assert (len(kept), often.tolist(), value) == (3, [0, 0, 0, 1, 1], 10.0)
    parts = np.exp([-1.0, -2.0, 0.0]) / np.exp([-1.0, -2.0, 0.0]).sum()
    np.testing.assert_allclose(kept.uses(1.0), [0, *parts, 1])
    drawn = kept.uses(1.0, np.random.default_rng(1))
    assert drawn[[0, 4]].tolist() == pytest.approx([0, 1])
    assert abs(drawn[1:4] - parts).max() > 0.01
    some = kept.some(50, np.random.default_rng(1))
    assert {int(np.flatnonzero(plan)[0]) for plan in some} == {1, 2, 3}
    assert np.mean([plan[3] for plan in some]) > 0.5


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
