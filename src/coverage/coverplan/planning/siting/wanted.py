"""What would do, where what is asked for is impossible: the smallest limit, or who has to be left out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from coverplan.core.errors import Cancelled
from coverplan.planning.siting.form import Siting
from coverplan.planning.siting.infeasible import NoPlanError, Reason
from coverplan.planning.siting.measure import Roads
from coverplan.planning.siting.problems import p_center
from coverplan.planning.siting.rules import Float, Rules
from coverplan.planning.siting.solve import NothingFoundError, solve

if TYPE_CHECKING:
    import geopandas as gpd

_SECONDS = 10.0


def what_works(
    asked: Siting, roads: Roads, candidates: gpd.GeoDataFrame, rules: Rules, reasons: tuple[Reason, ...]
) -> list[Reason]:
    """Say which limit would do, and who has no road to any candidate.

    Nothing where the rules contradict each other, which no limit mends, or where several limits hold together, or
    several parts of the week are told apart.
    """
    beyond = any(len(reason.points) or reason.smallest is not None for reason in reasons)
    if not beyond or asked.model == "detour" or asked.model.startswith("capacitated") or len(roads.week.share) > 1:
        return []
    if len(asked.limit) > 1 or (asked.distances and asked.limit):
        return []
    in_km = bool(asked.limit) and asked.limit[0].unit == "km"
    far = (roads.far_m if in_km else roads.far)(candidates)[:, rules.upper > 0]
    counted = roads.people.weight > 0
    some = np.asarray(np.isfinite(far).any(axis=1))
    told = [] if asked.distances else _limit(asked, far[counted & some], rules, everybody=bool(some[counted].all()))
    nobody = counted & ~some
    if nobody.any() and not asked.leave_out_unreached:
        people = f"{roads.people.people[nobody].sum():,.0f} people"
        able = asked.model in {"lscp", "lscp-b", "bacop1", "p-median", "p-center"}
        hint = " (leave_out_unreached: true leaves them out)" if able else ""
        told.append(Reason(text=f"{people} have no road to any candidate, within whatever limit{hint}"))
    return told


def _limit(asked: Siting, far: Float, rules: Rules, *, everybody: bool) -> list[Reason]:
    """Find the smallest limit; exact for so many sites where everybody has to be covered, else for all together."""
    who = "everybody" if everybody else "everybody who has a road to one"
    worst, end = float(far.min(axis=1).max(initial=0.0)), f"reach {who} from some candidate"
    bound_by_rules = rules.most is not None or rules.budget is not None or bool(len(rules.apart))
    if asked.model in {"lscp", "lscp-b", "bacop1"} and bound_by_rules:
        exact = _with_so_many(far, rules)
        if exact is None:
            return []
        worst, end = exact, f"do for {who}"
    inside = asked.limit[0].inside
    if worst <= inside:
        return []
    # Rounded up: a little less would not do.
    in_km = asked.limit[0].unit == "km"
    text = f"{math.ceil(worst / 10) / 100:.2f} km" if in_km else f"{math.ceil(worst / 6) / 10:.1f} min"
    return [Reason(text=f"a limit of {text} would {end}", smallest=worst)]


def _with_so_many(far: Float, rules: Rules) -> float | None:
    """Return how far the farthest is when the sites that the rules allow stand as well as they can."""
    whole = np.full((len(far), rules.n_candidates), np.inf)
    whole[:, rules.upper > 0] = far
    try:
        plan = solve(p_center(whole, rules=rules), time_limit=_SECONDS)
    except (NoPlanError, NothingFoundError, Cancelled):
        return None
    return plan.objective if plan.status == "optimal" else None
