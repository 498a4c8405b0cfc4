"""Every plan checked again, slowly and obviously: nothing here is shared with what found it."""

from __future__ import annotations

import numpy as np

from coverplan.core.errors import CoverplanError
from coverplan.planning.siting.plan import Plan
from coverplan.planning.siting.problems import Capacity, Coverage, Distance, Problem


class WrongPlanError(CoverplanError):
    """A plan is not what it says it is: a fault of the program, never of the user."""


def verify(problem: Problem, plan: Plan) -> None:
    """Check a plan against the problem it answers: the rules, the objective, the bound's side, who goes where.

    Raises
    ------
    WrongPlanError
        When anything is not as the plan says.

    Examples
    --------
    >>> from coverplan.planning.siting.problems import mclp
    >>> problem = mclp([[1, 0], [0, 1]], [1, 2], p=1)
    >>> plan = Plan(model="mclp", sites=(1,), objective=3.0, bound=3.0, sense="max", status="optimal", seconds=0.0,
    ...             found_s=0.0, how=(), assignment=np.array([-1, 1]))
    >>> verify(problem, plan)
    Traceback (most recent call last):
    ...
    coverplan.planning.siting.verify.WrongPlanError: mclp: the objective is 2, not 3
    """
    faults = [*problem.rules.broken(plan.sites)]
    if not faults:
        checks = {Coverage: _coverage, Distance: _distance, Capacity: _capacity}
        faults = checks[type(problem)](problem, plan)
    better = plan.bound - plan.objective if plan.sense == "max" else plan.objective - plan.bound
    if better < -_slack(plan.objective):
        faults.append(f"the bound {plan.bound:g} is on the wrong side of {plan.objective:g}")
    if plan.status == "optimal" and not _same(plan.objective, plan.bound):
        faults.append(f"called optimal at {plan.objective:g} with the bound {plan.bound:g}")
    if faults:
        raise WrongPlanError(f"{plan.model}: {'; '.join(faults)}")


def _slack(value: float) -> float:
    return 1e-6 * max(1.0, abs(value)) if np.isfinite(value) else 0.0


def _same(a: float, b: float) -> bool:
    return a == b or abs(a - b) <= _slack(max(abs(a), abs(b)))


def _objective(told: float, true: float) -> list[str]:
    return [] if _same(told, true) else [f"the objective is {true:.10g}, not {told:.10g}"]


def _coverage(problem: Coverage, plan: Plan) -> list[str]:
    n = problem.cover.shape[0]
    times = np.zeros(n, dtype=int)
    faults = []
    for site in plan.sites:
        times[_covered_by(problem, site)] += 1
    if (times < problem.must).any():
        faults.append(f"{int((times < problem.must).sum())} points are covered fewer times than they must be")
    if problem.at_least is not None and problem.weight[times > 0].sum() < problem.at_least - _slack(problem.at_least):
        faults.append(f"{problem.weight[times > 0].sum():g} are covered, fewer than {problem.at_least:g}")
    worth = np.concatenate([[0.0], np.cumsum(problem.worth)])
    people = float((problem.weight * worth[np.minimum(times, len(problem.worth))]).sum())
    cost = sum(float(problem.rules.price[site]) for site in plan.sites)
    faults += _objective(plan.objective, people if problem.goal == "people" else cost)
    for site in set(plan.assignment.tolist()) - {-1}:
        if (
            site not in plan.sites
            or not np.isin(np.flatnonzero(plan.assignment == site), _covered_by(problem, site)).all()
        ):
            faults.append(f"points are assigned to {site}, which does not cover them")
    if ((plan.assignment >= 0) != (times > 0)).any():
        faults.append("the assignment and the coverage are at odds")
    return faults


def _covered_by(problem: Coverage, site: int) -> np.ndarray:
    start, end = problem.cover.indptr[site], problem.cover.indptr[site + 1]
    return problem.cover.indices[start:end][problem.cover.data[start:end]]


def _distance(problem: Distance, plan: Plan) -> list[str]:
    nearest = np.full(len(problem.weight), np.inf)
    for site in plan.sites:
        nearest = np.minimum(nearest, problem.value[:, site])
    counted = problem.weight > 0
    if problem.goal == "worst":
        true = float(nearest[counted].max(initial=0.0))
    else:
        true = float((nearest[counted] * problem.weight[counted]).sum())
    faults = _objective(plan.objective, true)
    for point, site in enumerate(plan.assignment.tolist()):
        if site >= 0 and (site not in plan.sites or problem.value[point, site] != nearest[point]):
            faults.append(f"point {point} is assigned to {site}, which is not its nearest")
            break
        if site < 0 and np.isfinite(nearest[point]):
            faults.append(f"point {point} is assigned to nobody")
            break
    return faults


def _capacity(problem: Capacity, plan: Plan) -> list[str]:
    n, m = problem.value.shape
    counted = problem.weight > 0
    share = np.zeros((n, m)) if plan.share is None else plan.share.toarray()
    for point, site in enumerate(plan.assignment.tolist() if plan.share is None else ()):
        if site >= 0:
            share[point, site] = 1.0
    faults = []
    faults += _split(share, allowed=problem.split)
    used = np.flatnonzero(share.sum(axis=0) > 0)
    if not set(used.tolist()) <= set(plan.sites):
        faults.append("people are assigned to a site that is not chosen")
    if np.isinf(problem.value[share > 0]).any():
        faults.append("people are assigned to a site they cannot reach")
    for part, length in enumerate(problem.length):
        here = problem.part == part
        load = (share[here] * problem.weight[here][:, None]).sum(axis=0)
        room = np.array([capacity * length for capacity in problem.capacity])
        if (load > room + 1e-6 * np.maximum(1.0, np.minimum(room, 1e300))).any():
            faults.append("a site takes more people than it has room for")
    if problem.goal == "people":
        return faults + _objective(plan.objective, float((share.sum(axis=1) * problem.weight).sum()))
    if (share.sum(axis=1)[counted] < 1 - 1e-6).any():
        faults.append("somebody is assigned to no site")
    finite = np.where(np.isfinite(problem.value), problem.value, 0.0)
    return faults + _objective(plan.objective, float((share * finite * problem.weight[:, None]).sum()))


def _split(share: np.ndarray, *, allowed: bool) -> list[str]:
    faults = []
    if not allowed and not np.isin(share, [0.0, 1.0]).all():
        faults.append("people of one point go to several sites")
    if (share < 0).any() or (share.sum(axis=1) > 1 + 1e-6).any():
        faults.append("a point is assigned more than once")
    return faults
