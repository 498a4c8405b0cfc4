"""A siting problem put to a study: candidates gathered, people measured, the model solved, the answer named."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array

from coverplan.core.errors import ProblemList
from coverplan.core.model import Study
from coverplan.core.progress import SILENT, Progress
from coverplan.planning.siting import problems as ask
from coverplan.planning.siting.candidates import build_candidates, positions, too_near
from coverplan.planning.siting.form import Siting, check_siting
from coverplan.planning.siting.infeasible import NoPlanError, Reason
from coverplan.planning.siting.measure import Covered, People, Roads, people_of_problem
from coverplan.planning.siting.plan import Plan
from coverplan.planning.siting.problems import Problem
from coverplan.planning.siting.result import SitingResult, areas_table, frequency_table, sites_table
from coverplan.planning.siting.rules import Bool, Float, Int, Rules
from coverplan.planning.siting.several import alternatives, curve
from coverplan.planning.siting.solve import solve
from coverplan.planning.siting.week import Week, week_of_problem
from coverplan.roads.network import Network
from coverplan.travel.router import find_profile

if TYPE_CHECKING:
    import geopandas as gpd


def site(
    study: Study,
    network: Network,
    asked: Siting | None = None,
    *,
    folder: str | Path = ".",
    progress: Progress = SILENT,
    **keys: Any,
) -> SitingResult:
    """Choose sites for a study, with proof.

    Parameters
    ----------
    study, network
        The study and its roads; nothing in them is changed.
    asked
        The problem (`read_siting` reads one from a file); or else its keys are given by name, as in such a file:
        ``model="mclp", limit="14 min", new=2, existing={"kinds": ["ems"]}, candidates={"kinds": ["care"]}``.
        `Siting` says what every key means.
    folder
        Where a list of candidates is looked for.
    progress
        Told the best plan so far, its bound and its gap; asked whether to stop. Ctrl-C returns the best plan so far.

    Returns
    -------
    SitingResult

    Raises
    ------
    InputError
        With everything that is wrong with the problem.
    NoPlanError
        When no choice does what is asked; it names who cannot be reached, and the smallest limit or number that works.

    Examples
    --------
    A second ambulance station for the toy county, at one of its health institutions:

    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> network = cp.build_network(study)
    >>> from coverplan.planning.siting.site import site
    >>> told = site(study, network, model="mclp", limit="5 min", new=1, existing={"kinds": ["ems"]},
    ...             candidates={"kinds": ["care"]})
    >>> told.plan.status, bool(told.after > told.before)
    ('optimal', True)
    """
    problems = ProblemList()
    if asked is None:
        asked = Siting.model_validate(keys)
        check_siting(asked, problems)
    elif keys:
        raise ValueError("give either a problem or its keys, not both")
    problems.raise_if_any()
    progress.message("gathering candidates")
    candidates = build_candidates(study, network, asked, folder=Path(folder), problems=problems)
    people = people_of_problem(study, asked, problems)
    week = week_of_problem(asked, candidates, find_profile(study, asked.profile).periods, problems)
    problems.raise_if_any()
    return _Question(
        study=study, network=network, asked=asked, candidates=candidates, people=people, week=week, progress=progress
    ).answer()


class _Question:
    def __init__(
        self,
        *,
        study: Study,
        network: Network,
        asked: Siting,
        candidates: gpd.GeoDataFrame,
        people: People,
        week: Week,
        progress: Progress,
    ) -> None:
        self.study, self.network, self.asked, self.candidates = study, network, asked, candidates
        self.progress = progress
        progress.message(f"measuring {len(people.index):,} places against {len(candidates):,} candidates")
        self.roads = Roads(study, network, asked, people, week)
        self.covered: Covered | None = None
        if asked.limit and asked.model != "detour":
            self.covered = self.roads.covered(candidates)
        self.people = people
        self.left_out = 0.0
        self.trips: list[str] = []

    def answer(self) -> SitingResult:
        """Solve, look for other plans, and put names to everything."""
        asked = self.asked
        problem = self._problem(self._rules())
        self.progress.message(f"solving {asked.model}")
        try:
            plan = solve(problem, time_limit=asked.time_limit_s, gap=asked.gap_pct / 100, progress=self.progress)
        except NoPlanError as error:
            raise NoPlanError((*(self._named(reason) for reason in error.reasons), *self._what_works())) from None
        more = asked.alternatives
        others = () if more is None else alternatives(
            problem, plan, count=more.count, differ=more.differ, within=more.within_pct / 100,
            time_limit=asked.time_limit_s / 2, progress=self.progress,
        )  # fmt: skip
        told = None
        if asked.curve_to is not None:
            least = max(1, int(problem.rules.lower.sum()), len(plan.sites) - asked.curve_to)
            step = max(1, (asked.curve_to - least) // 20)
            numbers = tuple(range(least, asked.curve_to + 1, step))
            told = curve(problem, numbers=numbers, time_limit=asked.time_limit_s / 10, progress=self.progress)
        return self._result(plan, others, told)

    def _rules(self) -> Rules:
        asked, table = self.asked, self.candidates
        stands = np.flatnonzero(table["existing"].to_numpy())
        forbidden = positions(table, asked.candidates.forbidden)
        required = positions(table, asked.candidates.required)
        locked = np.setdiff1d(stands, forbidden) if asked.existing.use == "locked" else np.empty(0, np.int64)
        held = self._vehicles(locked) if asked.existing.vehicles else locked
        cost = table["cost"].to_numpy(float).copy()
        if asked.fewest == "moves" or asked.budget is not None:
            cost[stands] = 0.0
        keep = max(
            asked.existing.keep or 0, len(stands) - asked.existing.move if asked.existing.move is not None else 0
        )
        many = asked.model == "mexclp"
        return Rules(
            n_candidates=len(table),
            most=self._number(len(held) if many else len(stands)),
            required=np.concatenate([np.setdiff1d(required, held), held]),
            forbidden=forbidden,
            cost=cost if (cost != 1).any() else None,
            budget=asked.budget,
            apart=too_near(table, asked.apart_m),
            existing=stands,
            keep=keep,
            per_site=self._per_site(held) if many else 1,
        )

    def _per_site(self, held: Int) -> int:
        most = max((int((held == place).sum()) for place in np.unique(held)), default=1)
        return max(most, self.asked.per_site or 1000)

    def _vehicles(self, locked: Int) -> Int:
        """Return each existing site as often as emergency vehicles stand there."""
        vehicles = self.study.vehicles
        here = vehicles[vehicles["duty"] == "emergency"] if "duty" in vehicles else vehicles
        counts = here["facility_id"].value_counts()
        ids = self.candidates["candidate_id"].to_numpy()
        return np.concatenate(
            [np.empty(0, np.int64), *(np.full(int(counts.get(ids[j], 0)), j) for j in locked)]
        ).astype(np.int64)

    def _today(self) -> Int:
        """Return how many stand at each candidate now: one at existing sites, or all their vehicles."""
        stands = np.flatnonzero(self.candidates["existing"].to_numpy())
        held = self._vehicles(stands) if self.asked.existing.vehicles else stands
        return np.bincount(held, minlength=len(self.candidates)).astype(np.int64)

    def _number(self, stands: int) -> int | None:
        asked = self.asked
        if asked.new is not None:
            return stands + asked.new
        if asked.per_people is not None:
            people = self.study.populations[self.study.default_population].people
            return math.ceil(people / asked.per_people)
        return asked.p

    def _problem(self, rules: Rules) -> Problem:
        asked, people = self.asked, self.people
        if asked.model == "detour":
            value, self.trips = self.roads.detour(self.candidates)
            return ask.p_median(value, np.ones(len(value)), rules=rules)
        if asked.distances:
            value = self.roads.limited(self.roads.far(self.candidates))
            value = value if not asked.leave_out_unreached else self._reached(value, rules)
            if asked.model == "capacitated-p-median":
                room = self.candidates["capacity"].to_numpy(float)
                return ask.capacitated_p_median(value, people.weight, room, rules=rules, split=asked.split)
            if asked.model == "p-median":
                return ask.p_median(value, self._weight(value), rules=rules)
            return ask.p_center(value, weight=self._weight(value), rules=rules)
        return self._coverage(self.covered or self.roads.covered(self.candidates), rules)

    def _weight(self, value: Float) -> Float:
        return (
            np.where(np.isfinite(value).any(axis=1), self.people.weight, 0.0) if self.left_out else self.people.weight
        )

    def _reached(self, value: Float, rules: Rules) -> Float:
        nobody = ~np.isfinite(value[:, rules.upper > 0]).any(axis=1)
        self.left_out = float(self.people.people[nobody].sum())
        return value

    def _coverage(self, covered: Covered, rules: Rules) -> Problem:
        asked = self.asked
        weight = np.outer(covered.share, self.people.weight).ravel()
        cover = covered.cover
        made: dict[str, Callable[[], Problem]] = {
            "mclp": lambda: ask.mclp(cover, weight, rules=rules),
            "bacop2": lambda: ask.bacop2(cover, weight, first=asked.first, rules=rules),
            "mexclp": lambda: ask.mexclp(
                cover, weight, busy=asked.busy, p=rules.most or 1, rules=rules, per_site=rules.per_site
            ),
            "lscp-share": lambda: ask.lscp_share(cover, weight, share=asked.share_pct / 100, rules=rules),
            "capacitated-mclp": lambda: ask.capacitated_mclp(
                cover, weight, self.candidates["capacity"].to_numpy(float), rules=rules, split=asked.split
            ),
        }
        if asked.model in made:
            return made[asked.model]()
        if asked.leave_out_unreached:
            reached = cover.astype(float) @ rules.upper > 0
            self.left_out = float(np.outer(covered.share, self.people.people).ravel()[~reached].sum())
            cover, weight = csc_array(cover.tocsr()[np.flatnonzero(reached)]), weight[reached]
        named = {"lscp": lambda: ask.lscp(cover, rules=rules)}
        named["lscp-b"] = lambda: ask.lscp_b(cover, weight, rules=rules)
        named["bacop1"] = lambda: ask.bacop1(cover, weight, rules=rules)
        return named[asked.model]()

    def _named(self, reason: Reason) -> Reason:
        """Say where the demand points of a reason are."""
        if not len(reason.points) or self.asked.model == "detour":
            return reason
        index = np.unique(self.people.index[reason.points % len(self.people.index)])
        table = self.study.people.iloc[index]
        people = int(table["people"].sum())
        first = list(dict.fromkeys(table["place"].dropna().astype(str)))[:6] if "place" in table else []
        where = f", in {'、'.join(first)}{' and elsewhere' if len(first) == 6 else ''}" if first else ""
        return Reason(text=f"{reason.text}: {people:,} people{where}", points=index, smallest=reason.smallest)

    def _what_works(self) -> list[Reason]:
        """Find the smallest limit in minutes or kilometres within which a candidate reaches everybody."""
        if self.asked.distances or len(self.asked.limit) != 1 or len(self.roads.week.share) > 1:
            return []
        limit = self.asked.limit[0]
        if limit.unit != "min":
            return []
        far = self.roads.far(self.candidates).min(axis=1)[self.people.weight > 0]
        some = np.isfinite(far)
        worst = float(far[some].max(initial=0.0))
        who = "everybody" if some.all() else "everybody who has a road to one"
        return [Reason(text=f"a limit of {worst / 60:.1f} min would reach {who} from some candidate", smallest=worst)]

    def _result(self, plan: Plan, others: tuple[Plan, ...], told: Any) -> SitingResult:
        names = dict(zip(self.study.areas["area_id"].astype(str), self.study.areas["name"].astype(str), strict=True))
        table, stands = self.candidates, self.candidates["existing"].to_numpy()
        then = np.array(sorted(set(plan.sites)), dtype=np.int64)
        covered = [self._covered_by(np.flatnonzero(stands)), self._covered_by(then)]
        before, after = (np.logical_and.reduce(at_times, axis=0) for at_times in covered)
        mean = [float(self.roads.week.share @ at_times @ self.people.people) for at_times in covered]
        has_limit = self.covered is not None
        areas = areas_table(self.study.people["area_id"].iloc[self.people.index], names, self.people, before, after)
        lost = np.setdiff1d(np.flatnonzero(stands), plan.sites)
        total = self.people.people
        return SitingResult(
            asked=self.asked,
            plan=plan,
            candidates=table,
            sites=sites_table(table, plan, self._today(), self._taken(plan), names),
            given_up=table.iloc[lost][["candidate_id", "name", "area_id"]].reset_index(drop=True),
            areas=areas if has_limit else areas.iloc[:0],
            people=float(total.sum()),
            before=float(total[before].sum()) if has_limit else float("nan"),
            after=float(total[after].sum()) if has_limit else float("nan"),
            mean_before=mean[0] if has_limit else float("nan"),
            mean_after=mean[1] if has_limit else float("nan"),
            parts=len(self.roads.week.share),
            left_out=self.left_out,
            alternatives=others,
            frequency=frequency_table(table, (plan, *others)),
            curve=told,
            quality=self._quality(),
        )

    def _covered_by(self, sites: Int) -> Bool:
        """Say who is covered by some of the sites in each part of the week: parts x people."""
        shape = len(self.roads.week.share), len(self.people.index)
        if self.covered is None or not len(sites):
            return np.zeros(shape, dtype=bool)
        times = self.covered.cover[:, sites].astype(float).sum(axis=1)
        return np.asarray(np.asarray(times).reshape(shape) > 0, dtype=bool)

    def _taken(self, plan: Plan) -> Float:
        """Return the people within the limit of each candidate, or who go to it."""
        m = len(self.candidates)
        if self.asked.model == "detour":
            return np.bincount(plan.assignment[plan.assignment >= 0], minlength=m).astype(np.float64)
        if self.covered is not None:
            people = np.outer(self.covered.share, self.people.people).ravel()
            return np.asarray(self.covered.cover.astype(float).T @ people)
        there = plan.assignment >= 0
        return np.bincount(plan.assignment[there], weights=self.people.people[there], minlength=m).astype(np.float64)

    def _quality(self) -> str:
        tables = (self.study.people, self.study.facilities)
        parts = {str(q) for table in tables for q in table["quality"].dropna().unique()} | {self.network.quality}
        return "illustrative" if "illustrative" in parts else "estimated" if "estimated" in parts else "official"
