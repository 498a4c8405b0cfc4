"""Why a wish cannot be fulfilled: who is reached by no candidate, which rules are at odds, what would work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csc_array

from coverplan.core.errors import InfeasibleError
from coverplan.planning.siting.covering import solve_coverage
from coverplan.planning.siting.problems import Capacity, Coverage, Distance, Problem, lscp
from coverplan.planning.siting.rules import Int, Rules
from coverplan.planning.siting.watch import Watch


def _nobody() -> Int:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Reason:
    """What stands in the way.

    Attributes
    ----------
    text
        In words.
    points
        Demand points that no allowed candidate reaches (or too few do).
    smallest
        The smallest number of sites (or cost) that works, where that can be told.
    """

    text: str
    points: Int = field(default_factory=_nobody)
    smallest: float | None = None


class NoPlanError(InfeasibleError):
    """No choice of candidates does what is asked; `reasons` say why, and what would work."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        self.reasons = reasons
        super().__init__("; ".join(reason.text for reason in reasons))


def why_not(problem: Problem, *, time_limit: float = 20.0) -> tuple[Reason, ...]:
    """Explain why no plan exists.

    Examples
    --------
    >>> problem = lscp([[1, 0], [0, 1], [0, 0]])
    >>> [reason.text for reason in why_not(problem)]
    ['1 demand point is covered by no candidate']
    """
    found = [Reason(text=text) for text in at_odds(problem.rules)]
    found += list(_unreached(problem))
    if found:
        return tuple(found)
    watch = Watch(time_limit=time_limit)
    if isinstance(problem, Capacity):
        return tuple(_too_little_room(problem))
    smallest = _smallest(problem, watch)
    if smallest is None:
        return (Reason(text="the rules leave no choice that does what is asked"),)
    word = "costs at least" if problem.rules.budget is not None else "takes at least"
    unit = "" if problem.rules.budget is not None else f" site{'' if smallest == 1 else 's'}"
    return (Reason(text=f"what is asked {word} {smallest:g}{unit}", smallest=smallest),)


def at_odds(rules: Rules) -> Iterator[str]:
    """Say which rules contradict each other."""
    required, allowed = set(rules.required.tolist()), set(np.flatnonzero(rules.upper > 0).tolist())
    if required - allowed:
        yield f"{len(required - allowed)} candidates are required and forbidden at once"
    if rules.most is not None and len(required) > rules.most:
        yield f"{len(required)} sites are required, and only {rules.most} may be chosen"
    if rules.budget is not None and float(rules.price[rules.required].sum()) > rules.budget * (1 + 1e-9):
        yield f"the required sites alone cost {rules.price[rules.required].sum():g}, the budget is {rules.budget:g}"
    near = [(a, b) for a, b in rules.apart.tolist() if a in required and b in required]
    if near:
        yield f"{len(near)} pairs of required sites stand too near each other"
    keepable = [site for site in rules.existing.tolist() if site in allowed]
    if rules.keep > len(keepable):
        yield f"{rules.keep} existing sites are to be kept, and only {len(keepable)} may be"
    elif rules.most is not None and rules.keep + len(required - set(keepable)) > rules.most:
        yield f"{rules.keep} existing sites are to be kept beside what is required: more than {rules.most} sites"


def _unreached(problem: Problem) -> Iterator[Reason]:
    often = problem.rules.upper
    if isinstance(problem, Coverage) and problem.at_least is not None:
        points = np.flatnonzero(problem.cover.astype(float) @ often == 0)
        reached = float(problem.weight.sum() - problem.weight[points].sum())
        if reached < problem.at_least:
            text = f"all candidates together cover {reached:,.10g} people, {problem.at_least:,.10g} are asked for"
            yield Reason(text=text, points=points)
        return
    if isinstance(problem, Coverage):
        times = problem.cover.astype(float) @ often
        points = np.flatnonzero(times < problem.must)
        text = "covered by no candidate" if (problem.must <= 1).all() else "covered by too few candidates"
    else:
        reached = (np.isfinite(problem.value) & (often > 0)[None, :]).any(axis=1)
        asks = problem.goal != "people"
        points = np.flatnonzero(~reached & (problem.weight > 0)) if asks else _nobody()
        text = "reached from no candidate"
    if len(points):
        count = f"{len(points):,} demand point{' is' if len(points) == 1 else 's are'}"
        yield Reason(text=f"{count} {text}", points=points)


def _smallest(problem: Coverage | Distance, watch: Watch) -> float | None:
    """Find the smallest number of sites, or where there is a budget the lowest cost, that does what is asked."""
    rules = problem.rules
    by_cost = rules.budget is not None
    loose = replace(rules, most=rules.most if by_cost else None, budget=None, cost=rules.cost if by_cost else None)
    if isinstance(problem, Coverage):
        asked = replace(problem, rules=loose, goal="cost", then_people=False, worth=np.ones(1))
    else:
        asked = lscp(csc_array(np.isfinite(problem.value[problem.weight > 0])), rules=loose)
    try:
        found = solve_coverage(asked, watch, gap=0.0, seed=0)
    except TimeoutError:
        return None
    return None if found is None else found[1]


def _too_little_room(problem: Capacity) -> Iterator[Reason]:
    rules, need = problem.rules, float(problem.weight.sum())
    room = np.sort(problem.capacity[rules.upper > 0])[::-1]
    most = len(room) if rules.most is None else rules.most
    if room[:most].sum() < need:
        enough = np.flatnonzero(np.cumsum(room) >= need)
        smallest = float(enough[0] + 1) if len(enough) else None
        more = f"; at least {smallest:g} sites are needed" if smallest else ""
        yield Reason(
            text=f"the {min(most, len(room))} largest sites have room for {room[:most].sum():g} of {need:g}{more}",
            smallest=smallest,
        )
        return
    widest = problem.capacity[rules.upper > 0].max(initial=0.0)
    heavy = np.flatnonzero(problem.weight > widest)
    if len(heavy) and not problem.split:
        yield Reason(text=f"{len(heavy):,} demand points fit into no site; let them be split", points=heavy)
    else:
        yield Reason(text="people and the room of the sites within their reach do not fit together")
