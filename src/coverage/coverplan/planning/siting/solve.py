"""One question, one plan: solved, proved as far as time allows, ties settled, and checked again."""

from __future__ import annotations

import numpy as np

from coverplan.core.errors import Cancelled, CoverplanError
from coverplan.core.progress import SILENT, Progress
from coverplan.planning.siting.capacity import main_site, solve_capacity
from coverplan.planning.siting.center import earlier_center, solve_center
from coverplan.planning.siting.covering import earlier_sites, solve_coverage
from coverplan.planning.siting.infeasible import NoPlanError, Reason, at_odds, why_not
from coverplan.planning.siting.median import earlier_median, solve_median
from coverplan.planning.siting.plan import Plan, Status, gap_of
from coverplan.planning.siting.problems import Capacity, Coverage, Distance, Problem
from coverplan.planning.siting.rules import Int, Rules
from coverplan.planning.siting.verify import verify
from coverplan.planning.siting.watch import Watch, ctrl_c_stops


class NothingFoundError(CoverplanError):
    """The time was up before any plan was found; whether there is one is open."""


def solve(
    problem: Problem, *, time_limit: float = 60.0, gap: float = 0.0, progress: Progress = SILENT, seed: int = 0
) -> Plan:
    """Find the best plan, and prove how good it is.

    Parameters
    ----------
    problem
        What is asked (`problems.mclp`, `problems.p_median`, ...).
    time_limit
        Seconds after which the best plan so far is returned with its gap.
    gap
        The proof may end when objective and bound are this near, as a share of the objective: 0.005 is 0.5 %.
    progress
        Told the best plan so far, the bound and the gap; asked whether to stop.
    seed
        For the restarts; the same seed takes the same way, but a faster machine comes farther in the same time.

    Returns
    -------
    Plan
        Checked again by `verify`. Ctrl-C, or a progress that says it is cancelled, returns the best plan so far.

    Raises
    ------
    NoPlanError
        When no choice does what is asked; it says why and what would work.
    Cancelled, NothingFoundError
        When it is stopped, or time is up, before there is any plan.

    Notes
    -----
    Of plans that are proved best, and equally good, the one returned has no site that could be exchanged for a
    candidate earlier in the list without loss (coverage, p-median, p-center; where it can be said without solving
    again). People go to the nearest chosen site, of equally near ones to the first in the list.

    Examples
    --------
    >>> from coverplan.planning.siting.problems import mclp
    >>> plan = solve(mclp([[1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1]], [1, 2, 4, 8], p=1))
    >>> plan.sites, plan.objective, plan.status
    ((2,), 12.0, 'optimal')
    """
    watch = Watch(time_limit=time_limit, progress=progress)
    contradictions = tuple(Reason(text=text) for text in at_odds(problem.rules))
    if contradictions:
        raise NoPlanError(contradictions)
    with ctrl_c_stops(watch):
        try:
            plan = _solved(problem, watch, gap=gap, seed=seed)
        except TimeoutError:
            if watch.cancelled:
                raise Cancelled("stopped before a plan was found") from None
            raise NothingFoundError(f"no plan was found within {time_limit:g} s; give it more time") from None
    if plan is None:
        raise NoPlanError(why_not(problem))
    verify(problem, plan)
    return plan


def _solved(problem: Problem, watch: Watch, *, gap: float, seed: int) -> Plan | None:
    share = None
    if isinstance(problem, Coverage):
        found = solve_coverage(problem, watch, gap=gap, seed=seed)
        if found is None:
            return None
        often, objective, bound = found
        often = earlier_sites(problem, often, watch) if _same(objective, bound) else often
        sites = np.repeat(np.arange(len(often)), often)
    elif isinstance(problem, Distance):
        if not _some_left(problem.rules):
            return None
        center = problem.goal == "worst"
        found = solve_center(problem, watch) if center else solve_median(problem, watch, gap=gap, seed=seed)
        if found is None:
            return None
        sites, objective, bound = found
        if _same(objective, bound):
            sites = (earlier_center if center else earlier_median)(problem, sites, watch)
    else:
        assigned = solve_capacity(problem, watch, gap=gap, seed=seed)
        if assigned is None:
            return None
        sites, objective, bound, share = assigned.sites, assigned.objective, assigned.bound, assigned.share
    sense = "max" if getattr(problem, "goal", "") == "people" else "min"
    assignment = main_site(share) if share is not None else nearest_sites(problem, sites)
    exact = _same(objective, bound)
    return Plan(
        model=problem.model,
        sites=tuple(int(site) for site in sites),
        objective=float(objective),
        bound=float(objective if exact else bound),
        sense=sense,
        status=_status(watch, objective, objective if exact else bound, gap),
        seconds=watch.seconds,
        found_s=watch.found_s,
        how=tuple(watch.how),
        assignment=assignment,
        share=share if isinstance(problem, Capacity) and problem.split else None,
    )


def _some_left(rules: Rules) -> bool:
    """Say whether any candidate may be chosen: one that is not forbidden, nor among those of which none may be."""
    often = rules.upper
    for sites, number in rules.at_most:
        if number <= 0:
            often[sites] = 0
    return bool(often.any())


def _same(objective: float, bound: float) -> bool:
    return abs(bound - objective) <= 1e-7 * max(1.0, abs(objective))


def _status(watch: Watch, objective: float, bound: float, gap: float) -> Status:
    if objective == bound:
        return "optimal"
    if gap_of(objective, bound) <= gap:
        return "within_gap"
    return "cancelled" if watch.cancelled else "time_limit"


def nearest_sites(problem: Coverage | Distance | Capacity, sites: Int) -> Int:
    """Return where each demand point goes: the nearest of the sites (the first that covers it), -1 for nowhere."""
    chosen = np.unique(np.asarray(sites, dtype=np.int64))
    if isinstance(problem, Coverage):
        there = np.full(problem.cover.shape[0], -1, dtype=np.int64)
        for site in chosen[::-1]:
            there[problem.cover.indices[problem.cover.indptr[site] : problem.cover.indptr[site + 1]]] = site
        return there
    if not len(chosen):
        return np.full(len(problem.weight), -1, dtype=np.int64)
    near = problem.value[:, chosen]
    return np.where(np.isfinite(near.min(axis=1)), chosen[near.argmin(axis=1)], -1).astype(np.int64)
