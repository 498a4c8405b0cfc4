"""What is answered: sites, objective, bound, gap, seconds, how it was found, who goes where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.sparse import csr_array

from coverplan.planning.siting.rules import Int

Status = Literal["optimal", "within_gap", "time_limit", "cancelled"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """Chosen sites, and how good they are for certain.

    Attributes
    ----------
    model
        The model's name.
    sites
        Positions of the chosen candidates, rising; a site with three vehicles stands three times.
    objective
        People covered (or what they are worth), cost, weight x distance, or the worst distance.
    bound
        What no plan can be better than; equal to `objective` when the plan is proved best.
    sense
        ``"max"`` when more is better, else ``"min"``.
    status
        ``"optimal"``; ``"within_gap"``: as good as was asked for; ``"time_limit"``; ``"cancelled"``. The last two
        hold the best plan found until then.
    seconds
        From the question to the answer, the check included.
    found_s
        Seconds after which the plan was found; the rest went into the proof.
    how
        What led to it, step by step, in words.
    assignment : (n,) int64
        The chosen site that each demand point goes to, -1 where none covers it: the nearest (for coverage: the first
        in the list), of equally near ones the first in the list. With `share` it is the site that takes most.
    share : (n, m) csr_array or None
        For split demand only: which part of each point goes where.
    """

    model: str
    sites: tuple[int, ...]
    objective: float
    bound: float
    sense: Literal["max", "min"]
    status: Status
    seconds: float
    found_s: float
    how: tuple[str, ...]
    assignment: Int
    share: csr_array | None = None

    @property
    def gap(self) -> float:
        """How far bound and objective are apart, as a share of the objective; 0 is a proof."""
        return gap_of(self.objective, self.bound)

    def summary(self) -> str:
        """Say in one line how good it is.

        Examples
        --------
        >>> plan = Plan(model="mclp", sites=(3,), objective=98.0, bound=100.0, sense="max", status="time_limit",
        ...             seconds=1.5, found_s=0.2, how=(), assignment=np.array([3]))
        >>> plan.summary()
        'mclp: 98, at most 100 is possible (gap 2.04%), 1 site, 1.5 s, stopped at the time limit'
        """
        count = f"{len(self.sites)} site{'' if len(self.sites) == 1 else 's'}"
        word = "at most" if self.sense == "max" else "at least"
        proof = (
            "proved best" if self.status == "optimal" else f"{word} {self.bound:,.6g} is possible (gap {self.gap:.2%})"
        )
        ended = {"time_limit": ", stopped at the time limit", "cancelled": ", stopped on request"}.get(self.status, "")
        return f"{self.model}: {self.objective:,.10g}, {proof}, {count}, {self.seconds:.1f} s{ended}"


def gap_of(objective: float, bound: float) -> float:
    """Return the distance between objective and bound as a share of the objective.

    Examples
    --------
    >>> gap_of(100.0, 102.0), gap_of(0.0, 0.0), gap_of(0.0, 1.0)
    (0.02, 0.0, inf)
    """
    if objective == bound:
        return 0.0
    if objective == 0 or not np.isfinite(objective) or not np.isfinite(bound):
        return float("inf")
    return abs(bound - objective) / abs(objective)
