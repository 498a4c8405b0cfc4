"""Which of several plans stays good when speeds vary and vehicles may be busy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from coverplan.core.errors import Cancelled, InputError, Problem, ProblemList, did_you_mean
from coverplan.core.model import Study
from coverplan.core.progress import SILENT, Progress
from coverplan.core.words import worst_quality
from coverplan.planning.sites import Site, as_scenario, check_sites
from coverplan.planning.uncertainty.asked import Asked, find_asked
from coverplan.planning.uncertainty.chance import check_figures, free_pools, usual_draw
from coverplan.planning.uncertainty.crews import Crews, gather
from coverplan.planning.uncertainty.ground import Ground, build_grounds
from coverplan.planning.uncertainty.variation import ALL_DAY, Variation, draw_speeds
from coverplan.roads.network import Float, Int64, Network
from coverplan.scenarios.apply import apply, apply_roads
from coverplan.scenarios.edits import Scenario
from coverplan.standards.rules import RulePack

By = Literal["mean", "p5", "regret", "best"]
BASE = "as it is"
"""The name of the study without any plan."""

RANK_COLUMNS: dict[str, str] = {
    "rank": "Place in the order asked for; equal ones in the order they were given.",
    "plan": "What the plan is called; `as it is` for the study itself.",
    "usual": "Share of the people within the limit at the usual speeds, every vehicle free.",
    "mean": "Mean share over the draws.",
    "standard_error": "Its Monte-Carlo standard error.",
    "p5": "In 5 of 100 draws the share is no larger than that: what can be relied on.",
    "p95": "In 95 of 100 draws it is no larger than that.",
    "regret": "Largest distance, over the draws, to the plan that was best in that draw.",
    "best": "Share of the draws in which it was best; plans that were equally good divide a draw among them.",
    "met": "Share of the draws in which the rule was met; missing where nothing says what would be enough.",
    "gain": "Mean people more than as it is, in the same draws.",
}
"""Columns of `Robust.table`."""

_ORDER: dict[str, tuple[str, bool]] = {
    "mean": ("mean", False),
    "p5": ("p5", False),
    "regret": ("regret", True),
    "best": ("best", False),
}
_SAME = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class Robust:
    """Plans ranked by how they stand up to draws that are the same for all of them.

    Attributes
    ----------
    asked, variation, busy, period, seed, by
        What was asked and assumed.
    table
        `RANK_COLUMNS`, the first plan first.
    shares
        One row per draw, one column per plan: the share of the people within the limit.
    quality
        The weakest of the data.
    """

    study: Study
    asked: Asked
    variation: Variation
    busy: float
    period: str
    seed: int
    by: By
    table: pd.DataFrame
    shares: pd.DataFrame
    quality: str


def robust_rank(
    study: Study,
    network: Network,
    plans: Iterable[Scenario | Site | Sequence[Site]],
    *,
    by: By = "mean",
    kind: str = "ems_station",
    rule: str | None = None,
    reading: str | None = None,
    variation: Variation | None = None,
    busy: float = 0.0,
    period: str | None = None,
    draws: int = 200,
    seed: int = 1,
    packs: tuple[RulePack, ...] | None = None,
    progress: Progress = SILENT,
) -> Robust:
    """Rank plans by how much they cover when speeds vary and vehicles may be busy.

    All plans, and the study as it is, meet the same draws: the same speeds, and the same vehicles out. So differences
    between them are theirs, and much surer than each plan's own figure.

    Parameters
    ----------
    study, network
        The base study and its roads.
    plans
        Scenarios, proposed sites, or several sites that make one plan.
    by
        ``"mean"`` share of the people within the limit; ``"p5"``, the share that is kept in 95 of 100 draws;
        ``"regret"``, the largest distance to the best plan of a draw (smallest first); ``"best"``, how often a plan is
        the best of all.
    kind
        What would be opened at sites.
    rule, reading, variation, busy, period, draws, seed, packs, progress
        As in `coverage_probability`.

    Returns
    -------
    Robust

    Raises
    ------
    InputError
        As `coverage_probability`; when plans share a name, or something in a plan is wrong.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> site = cp.Site(name="桥头站", lon=118.545, lat=24.72)
    >>> told = robust_rank(study, cp.build_network(study), [site], rule="TB-2", draws=20)
    >>> sorted(told.table["plan"]), bool((told.shares["桥头站"] >= told.shares["as it is"]).all())
    (['as it is', '桥头站'], True)
    """
    check_figures(busy, draws, seed)
    if by not in _ORDER:
        raise InputError([Problem(what=f"plans cannot be ranked by '{by}'", hint=did_you_mean(str(by), _ORDER))])
    variation = Variation() if variation is None else variation
    asked = find_asked(study, rule, reading, packs=packs)
    crews = _gathered(study, network, list(plans), asked, busy=busy, kind=kind)
    drawn = draw_speeds(study.profiles[asked.params.profile], variation, draws=draws, seed=seed, period=period)
    told: dict[str, _Course] = {}
    grounds, done = build_grounds(crews, apart=busy > 0), 0
    for ground in grounds:
        free = [free_pools(one, columns, busy=busy, draws=draws, seed=seed) for one, columns in _parts(ground)]
        usual = ground.measure(usual_draw(drawn, period))
        for one, columns in _parts(ground):
            told[one.name] = _Course(one, usual[:, columns], draws)
        for i, draw in enumerate(drawn):
            if progress.cancelled():
                raise Cancelled("stopped while speeds were drawn")
            ways = ground.measure(draw) if asked.varies else usual
            for (one, columns), here in zip(_parts(ground), free, strict=True):
                told[one.name].add(i, np.where(here[:, i], ways[:, columns], np.inf))
            done += 1
            progress.advance(done, draws * len(grounds))
    # In the order in which the plans were given, which decides among equal ones.
    courses = {one.name: told[one.name] for one in crews}
    return Robust(
        study=study,
        asked=asked,
        variation=variation,
        busy=busy,
        period=period or ALL_DAY,
        seed=seed,
        by=by,
        table=_ranked(courses, by),
        shares=pd.DataFrame({name: course.share for name, course in courses.items()}),
        quality=worst_quality(one.quality for one in crews),
    )


def _gathered(
    study: Study, network: Network, plans: Sequence[Scenario | Site | Sequence[Site]], asked: Asked, *, busy: float,
    kind: str,
) -> list[Crews]:  # fmt: skip
    """Return the study as it is, and as each plan makes it; every mistake at once."""
    problems = ProblemList()
    crews = [gather(BASE, study, network, asked, busy=busy)]
    for plan in plans:
        try:
            name, scenario = _scenario(study, plan, kind)
            later = apply(study, scenario)
            roads = apply_roads(study, network, scenario)
            crews.append(gather(name, later, roads, asked, busy=busy))
        except InputError as error:
            problems.extend(error.problems)
    names = [one.name for one in crews]
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems.add(f"two plans are called '{name}'", hint="give each a name of its own")
    problems.raise_if_any()
    return crews


def _scenario(study: Study, plan: Scenario | Site | Sequence[Site], kind: str) -> tuple[str, Scenario]:
    if isinstance(plan, Scenario):
        return plan.name or plan.scenario_id, plan
    sites = [plan] if isinstance(plan, Site) else list(plan)
    check_sites(study, sites)
    return " + ".join(site.name for site in sites), as_scenario(sites, kind=kind)


def _parts(ground: Ground) -> list[tuple[Crews, Int64]]:
    return list(zip(ground.crews, ground.columns, strict=True))


class _Course:
    """How one plan fares, draw by draw."""

    def __init__(self, crews: Crews, ways: Float, draws: int) -> None:
        self._crews = crews
        self._plain = crews.plain(ways.min(axis=1, initial=np.inf))
        self.usual = float(self._plain.total["share_people"])
        self.share, self.people, self.met = (np.full(draws, np.nan) for _ in range(3))

    def add(self, i: int, ways: Float) -> None:
        """Hold a draw against the rule."""
        held = self._crews.judge(ways.min(axis=1, initial=np.inf), self._plain)
        self.people[i] = held.inside
        self.share[i] = held.inside / max(self._plain.total["people"], 1)
        self.met[i] = np.nan if held.met is None else float(held.met)


def _ranked(told: dict[str, _Course], by: By) -> pd.DataFrame:
    share = np.array([course.share for course in told.values()])
    n = share.shape[1]
    highest = share.max(axis=0)
    is_best = share >= highest - _SAME
    base = told[BASE].people
    table = pd.DataFrame(
        {
            "plan": list(told),
            "usual": [course.usual for course in told.values()],
            "mean": share.mean(axis=1),
            "standard_error": share.std(axis=1, ddof=1) / np.sqrt(n),
            "p5": np.quantile(share, 0.05, axis=1),
            "p95": np.quantile(share, 0.95, axis=1),
            "regret": (highest - share).max(axis=1),
            "best": (is_best / is_best.sum(axis=0)).mean(axis=1),
            "met": [course.met.mean() for course in told.values()],
            "gain": [float((course.people - base).mean()) for course in told.values()],
        }
    )
    column, ascending = _ORDER[by]
    # Figures that differ in the last digit only are equal; the sort is stable, so these keep their order.
    table = table.iloc[table[column].round(12).sort_values(ascending=ascending, kind="stable").index]
    table = table.reset_index(drop=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table[list(RANK_COLUMNS)]


__all__ = ["BASE", "RANK_COLUMNS", "By", "Robust", "robust_rank"]
