"""A siting problem put to a study: candidates gathered, people measured, the model solved, the answer named."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array

from coverplan.core.errors import InputError, ProblemList, did_you_mean
from coverplan.core.model import Study
from coverplan.core.progress import SILENT, Progress
from coverplan.planning.siting import problems as ask
from coverplan.planning.siting.candidates import build_candidates, positions, too_near
from coverplan.planning.siting.form import Siting, siting_of
from coverplan.planning.siting.infeasible import NoPlanError, Reason
from coverplan.planning.siting.measure import Covered, People, Roads, note_clock, note_trips, people_of_problem
from coverplan.planning.siting.plan import Plan
from coverplan.planning.siting.problems import Problem
from coverplan.planning.siting.result import SitingResult, areas_table, frequency_table, sites_table
from coverplan.planning.siting.rules import Float, Int, Rules
from coverplan.planning.siting.several import alternatives, curve
from coverplan.planning.siting.solve import NothingFoundError, solve
from coverplan.planning.siting.wanted import what_works
from coverplan.planning.siting.week import Week, week_of_problem
from coverplan.roads.network import Network

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
        asked = siting_of(keys)
    elif keys:
        raise ValueError("give either a problem or its keys, not both")
    progress.message("gathering candidates")
    candidates = build_candidates(study, network, asked, folder=Path(folder), problems=problems)
    people = people_of_problem(study, asked, problems)
    if asked.profile not in study.profiles:
        hint = did_you_mean(asked.profile, study.profiles)
        problems.add(f"'{asked.profile}' is not a speed profile", column="profile", hint=hint)
    note_trips(study, asked, problems)
    note_clock(study, asked, problems)
    problems.raise_if_any()
    week = week_of_problem(asked, candidates, study.profiles[asked.profile].periods, problems)
    problems.raise_if_any()
    return _Question(
        study=study, network=network, asked=asked, candidates=candidates, people=people, week=week, progress=progress
    ).answer()


_NAMED = 5


def _no_others(asked: Siting, others: tuple[Plan, ...]) -> tuple[str, ...]:
    """Say so when other good plans are asked for and there are none."""
    if asked.alternatives is None or others:
        return ()
    more = asked.alternatives
    return (f"no other plan is within {more.within_pct:g} % of this one and differs in {more.differ} sites",)


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
        rules = self._rules()
        self._check_curve(rules)
        problem = self._problem(rules)
        self.progress.message(f"solving {asked.model}")
        try:
            plan = solve(problem, time_limit=asked.time_limit_s, gap=asked.gap_pct / 100, progress=self.progress)
        except NoPlanError as error:
            works = what_works(self.asked, self.roads, self.candidates, problem.rules, error.reasons)
            raise NoPlanError((*(self._named(reason) for reason in error.reasons), *works)) from None
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
        return self._result(plan, others, told, problem.rules)

    def _check_curve(self, rules: Rules) -> None:
        """Refuse a curve that ends before it begins."""
        least = int(rules.lower.sum())
        if self.asked.curve_to is not None and self.asked.curve_to < least:
            what = f"{least} sites stand in any case, and the curve ends at {self.asked.curve_to}"
            problems = ProblemList()
            problems.add(what, column="curve_to", hint=f"from {least} on")
            raise InputError(problems)

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
        people = self.people.weight
        weight = np.outer(covered.share, people).ravel()
        cover = covered.cover
        made: dict[str, Callable[[], Problem]] = {
            "mclp": lambda: ask.mclp(cover, weight, rules=rules),
            "bacop2": lambda: ask.bacop2(cover, weight, first=asked.first, rules=rules),
            "mexclp": lambda: ask.mexclp(
                cover, weight, busy=asked.busy, p=rules.most or 1, rules=rules, per_site=rules.per_site
            ),
            "lscp-share": lambda: ask.lscp_share(cover, weight, share=asked.share_pct / 100, rules=rules),
            "capacitated-mclp": lambda: ask.capacitated_mclp(
                cover,
                weight,
                self.candidates["capacity"].to_numpy(float),
                rules=rules,
                split=asked.split,
                part=np.repeat(np.arange(len(covered.share)), len(people)),
                length=covered.share,
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

    def _result(self, plan: Plan, others: tuple[Plan, ...], told: Any, rules: Rules) -> SitingResult:
        asked = self.asked
        names = dict(zip(self.study.areas["area_id"].astype(str), self.study.areas["name"].astype(str), strict=True))
        table, stands = self.candidates, self.candidates["existing"].to_numpy()
        then = np.array(sorted(set(plan.sites)), dtype=np.int64)
        covered = [self._covered_by(np.flatnonzero(stands)), self._covered_by(then)]
        if asked.model == "capacitated-mclp":
            covered = [self._served_today(rules), self._served(plan).sum(axis=1).reshape(covered[0].shape)]
        before, after = (at_times.min(axis=0) for at_times in covered)
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
            before=float(total @ before) if has_limit else float("nan"),
            after=float(total @ after) if has_limit else float("nan"),
            mean_before=mean[0] if has_limit else float("nan"),
            mean_after=mean[1] if has_limit else float("nan"),
            parts=len(self.roads.week.share),
            left_out=self.left_out,
            alternatives=others,
            frequency=frequency_table(table, (plan, *others)),
            curve=told,
            quality=self._quality(),
            notes=(*self._notes(plan, rules), *_no_others(asked, others)),
        )

    def _covered_by(self, sites: Int) -> Float:
        """Say who is covered by some of the sites, 1 or 0, in each part of the week: parts x people."""
        shape = len(self.roads.week.share), len(self.people.index)
        if self.covered is None or not len(sites):
            return np.zeros(shape)
        times = self.covered.cover[:, sites].astype(float).sum(axis=1)
        return (np.asarray(times).reshape(shape) > 0).astype(np.float64)

    def _served(self, plan: Plan) -> Float:
        """Return the share of everybody, part by part of the week, that each candidate takes in: t d x m."""
        if plan.share is not None:
            return plan.share.toarray()
        taken = np.zeros((len(plan.assignment), len(self.candidates)))
        some = np.flatnonzero(plan.assignment >= 0)
        taken[some, plan.assignment[some]] = 1.0
        return taken

    def _served_today(self, rules: Rules) -> Float:
        """Say how much of everybody the existing sites have room for by themselves, when that is most."""
        stands = self.candidates["existing"].to_numpy()
        shape = len(self.roads.week.share), len(self.people.index)
        if not stands.any():
            return np.zeros(shape)
        there, elsewhere = np.flatnonzero(stands), np.flatnonzero(~stands)
        alone = Rules(n_candidates=rules.n_candidates, required=there, forbidden=elsewhere)
        try:
            plan = solve(self._problem(alone), time_limit=self.asked.time_limit_s / 2, progress=self.progress)
        except NothingFoundError:
            return np.full(shape, np.nan)
        return self._served(plan).sum(axis=1).reshape(shape)

    def _notes(self, plan: Plan, rules: Rules) -> tuple[str, ...]:
        """Say which candidates no road reaches, and whether the plan leaves sites unused."""
        notes = []
        lost = np.flatnonzero(~np.isfinite(self.roads.snaps(self.candidates).offroad_ds))
        if len(lost):
            some = "、".join(str(name) for name in self.candidates["name"].iloc[lost[:_NAMED]])
            rest = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
            notes.append(f"too far from any road to reach anybody: {some}{rest}")
        counts = isinstance(plan.sense, str) and self.asked.model not in {"lscp", "lscp-share", "lscp-b"}
        if counts and rules.most is not None and len(plan.sites) < rules.most:
            why = "a further one brings nothing, or breaks a rule" if plan.status == "optimal" else "so far"
            notes.append(f"{len(plan.sites)} of the {rules.most} sites that are allowed: {why}")
        if rules.budget is not None:
            spent = float(rules.price[list(plan.sites)].sum())
            notes.append(f"{spent:g} of the budget of {rules.budget:g} is spent")
        return tuple(notes)

    def _taken(self, plan: Plan) -> Float:
        """Return the people within the limit of each candidate, or who go to it."""
        m = len(self.candidates)
        if self.asked.model == "detour":
            return np.bincount(plan.assignment[plan.assignment >= 0], minlength=m).astype(np.float64)
        if self.asked.model == "capacitated-mclp":
            return np.outer(self.roads.week.share, self.people.people).ravel() @ self._served(plan)
        if self.covered is not None:
            people = np.outer(self.covered.share, self.people.people).ravel()
            return np.asarray(self.covered.cover.astype(float).T @ people)
        there = plan.assignment >= 0
        return np.bincount(plan.assignment[there], weights=self.people.people[there], minlength=m).astype(np.float64)

    def _quality(self) -> str:
        tables = (self.study.people, self.study.facilities)
        parts = {str(q) for table in tables for q in table["quality"].dropna().unique()} | {self.network.quality}
        return "illustrative" if "illustrative" in parts else "estimated" if "estimated" in parts else "official"
