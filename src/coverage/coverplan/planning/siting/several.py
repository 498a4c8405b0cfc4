"""More than one answer: good alternatives that differ, how often each site appears, people against number of sites."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from coverplan.core.progress import SILENT, Progress
from coverplan.planning.siting.infeasible import NoPlanError
from coverplan.planning.siting.plan import Plan
from coverplan.planning.siting.problems import Problem
from coverplan.planning.siting.rules import Float, Int
from coverplan.planning.siting.solve import NothingFoundError, solve


def alternatives(
    problem: Problem,
    best: Plan,
    *,
    count: int = 4,
    differ: int = 1,
    within: float = 0.05,
    time_limit: float = 20.0,
    progress: Progress = SILENT,
) -> tuple[Plan, ...]:
    """Find further good plans, the best first, any two of which differ in at least `differ` sites.

    Each is the best plan that differs so from all before it. The search ends when there is none, or none that is
    within a share `within` of the best objective.

    Examples
    --------
    >>> from coverplan.planning.siting.problems import mclp
    >>> problem = mclp([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [8, 8, 7], p=1)
    >>> [plan.sites for plan in alternatives(problem, solve(problem), within=0.2)]
    [(1,), (2,)]
    """
    if differ < 1:
        raise ValueError("plans differ in at least one site")
    found: list[Plan] = []
    plans = [best]
    for _ in range(count):
        if progress.cancelled():
            break
        cuts = tuple((np.unique(plan.sites).astype(np.int64), len(plan.sites) - differ) for plan in plans)
        if any(number < 0 for _, number in cuts):
            break
        rules = replace(problem.rules, at_most=problem.rules.at_most + cuts)
        try:
            plan = solve(replace(problem, rules=rules), time_limit=time_limit, progress=progress)
        except (NoPlanError, NothingFoundError):
            break
        worse = (best.objective - plan.objective) * (1 if best.sense == "max" else -1)
        if worse > within * abs(best.objective):
            break
        plans.append(plan)
        found.append(plan)
    return tuple(found)


def appearances(plans: tuple[Plan, ...]) -> dict[int, int]:
    """Count in how many plans each site appears, the most frequent first, of equal ones the first in the list."""
    counts = Counter(site for plan in plans for site in set(plan.sites))
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """What each number of sites achieves: the objective and its bound, and the number at which more brings less.

    `knee` is the number whose point lies farthest from the straight line between the ends of the curve (Satopaa and
    others 2011): up to there every site brings more than on average, after it less.
    """

    number: Int
    objective: Float
    bound: Float
    knee: int


def curve(
    problem: Problem, *, numbers: tuple[int, ...], time_limit: float = 10.0, progress: Progress = SILENT
) -> Curve:
    """Solve a problem for several numbers of sites; numbers that no plan can have are left out.

    Raises
    ------
    NoPlanError
        When none of the numbers works.

    Examples
    --------
    >>> from coverplan.planning.siting.problems import mclp
    >>> told = curve(mclp([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [80, 9, 1]), numbers=(1, 2, 3))
    >>> told.objective.tolist(), told.knee
    ([80.0, 89.0, 90.0], 2)
    """
    worked: list[tuple[int, Plan]] = []
    reasons: list[NoPlanError] = []
    for number in numbers:
        if progress.cancelled() and worked:
            break
        try:
            rules = replace(problem.rules, most=number)
            worked.append((number, solve(replace(problem, rules=rules), time_limit=time_limit, progress=progress)))
        except NoPlanError as error:
            reasons.append(error)
    if not worked:
        raise reasons[0]
    number = np.array([n for n, _ in worked], dtype=np.int64)
    objective = np.array([plan.objective for _, plan in worked])
    return Curve(
        number=number,
        objective=objective,
        bound=np.array([plan.bound for _, plan in worked]),
        knee=int(number[knee_of(number, objective)]),
    )


def knee_of(number: Int, objective: Float) -> int:
    """Return the position of the point farthest from the line between the ends; of equal ones the first.

    Examples
    --------
    >>> knee_of(np.array([1, 2, 3, 4]), np.array([10.0, 60.0, 65.0, 70.0]))
    1
    """
    if len(number) < 3 or objective[0] == objective[-1]:
        return 0
    along = (number - number[0]) / (number[-1] - number[0])
    up = (objective - objective[0]) / (objective[-1] - objective[0])
    return int(np.argmax(up - along))
