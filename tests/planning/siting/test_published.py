"""Held against published optima; the whole sets are run by benchmarks/bench_siting.py."""

from pathlib import Path

import numpy as np
import pytest

from coverplan.planning.siting.problems import mclp, p_center, p_median
from coverplan.planning.siting.solve import solve
from planning.siting.published import best_known, census, optima, or_library


@pytest.mark.shared
@pytest.mark.parametrize("number", [1, 4, 5, 10])
def test_p_median_reaches_the_published_optimum(shared: Path, number: int) -> None:
    """OR-Library p-median files are solved to the published optimum, with proof."""
    folder = shared / "data" / "orlib"
    value, p = or_library(folder, number)
    plan = solve(p_median(value, np.ones(len(value)), p=p))
    assert (plan.objective, plan.status) == (optima(folder / "pmedopt.txt")[number], "optimal")
    assert len(plan.sites) <= p


@pytest.mark.shared
@pytest.mark.parametrize("number", [2, 4, 10])
def test_p_center_reaches_the_published_optimum(shared: Path, number: int) -> None:
    """The same files as p-center problems, likewise."""
    folder = shared / "data" / "orlib"
    value, p = or_library(folder, number)
    plan = solve(p_center(value, p=p))
    assert (plan.objective, plan.status) == (optima(folder / "kcenteropt.txt")[number], "optimal")


@pytest.mark.shared
def test_published_sites_of_a_census_file_cover_what_is_published(shared: Path) -> None:
    """Radius, great circle and the count from 0 are the authors': their sites cover what they say."""
    folder = shared / "data" / "mclp-census"
    cover, people = census(folder / "NewYork.txt", 400)
    value, sites = best_known(folder / "NewYork_50_400.txt")
    assert people[np.asarray(cover[:, sites].sum(axis=1)) > 0].sum() == value


@pytest.mark.shared
def test_a_census_problem_is_solved_to_a_small_proven_gap(shared: Path) -> None:
    """New York County, 50 sites within 400 m: a plan proved to be within 2 % of the best, and never above it."""
    folder = shared / "data" / "mclp-census"
    cover, people = census(folder / "NewYork.txt", 400)
    best, _ = best_known(folder / "NewYork_50_400.txt")
    plan = solve(mclp(cover, people, p=50), gap=0.02, time_limit=100)
    assert plan.status in {"within_gap", "optimal"}
    assert plan.objective <= best <= plan.bound
    assert plan.gap <= 0.02
