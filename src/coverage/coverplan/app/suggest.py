"""Sites suggested: where more facilities would bring most people within a limit, with a bound and other good plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count as count_up
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import shapely
from scipy.sparse import csc_array

from coverplan.app.complaints import plain_text, problem
from coverplan.app.counting import count
from coverplan.app.drafts import Draft, way_from
from coverplan.app.jobs import gap_of
from coverplan.app.world import Question, kinds_asked
from coverplan.core.errors import Cancelled, InputError, ProblemList
from coverplan.core.model import Study
from coverplan.core.progress import Progress
from coverplan.core.units import project, unproject
from coverplan.core.words import KINDS
from coverplan.outputs.phrases import Both, both, of_word
from coverplan.planning.ground import drive_limit, measured_by
from coverplan.planning.sites import Site, check_sites, site_xy
from coverplan.planning.siting.candidates import build_candidates
from coverplan.planning.siting.form import Siting
from coverplan.planning.siting.measure import Roads, people_of_problem
from coverplan.planning.siting.plan import Plan
from coverplan.planning.siting.problems import mclp
from coverplan.planning.siting.rules import Rules
from coverplan.planning.siting.several import alternatives
from coverplan.planning.siting.solve import solve
from coverplan.planning.siting.week import week_of_problem
from coverplan.roads.network import Float
from coverplan.scenarios.facilities import placed
from coverplan.standards.chosen import Need
from coverplan.standards.fields import keeps

if TYPE_CHECKING:
    import geopandas as gpd

Data = dict[str, Any]

_MOST_OTHERS = 3
_TOLD_EVERY = 50
_DIGITS = 6
"""Of the degrees in which a suggested site is written down: 0.1 m."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Where more facilities would help most: which rule, how many, how long to look, where."""

    kind: str
    k: int
    seconds: float
    area_id: str | None = None
    spacing_m: float = 1000.0


@dataclass(frozen=True, kw_only=True, eq=False)
class _Found:
    """What a search came back with.

    Attributes
    ----------
    candidates : GeoDataFrame
        Everything that could be chosen, in the study's CRS; sites of plans are rows of it.
    plans
        The best first.
    before
        What the objective of the plans is without any of them.
    """

    candidates: gpd.GeoDataFrame
    plans: tuple[Plan, ...]
    before: float


def suggest(draft: Draft, question: Question, wish: Wish, progress: Progress) -> Data:
    """Choose sites along the roads for new facilities, so that most people come within a question's limit.

    A facility counts as always open, as it does for the verdicts.

    Raises
    ------
    InputError
        When a facility of that kind does not count for the rule, or the area is unknown.
    """
    _check(draft, question, wish)
    found = _search(draft, question, _asked(draft, question, wish), progress)
    plans = _plans(draft, question, wish, found)
    best, plan = plans[0], found.plans[0]
    bound = max(plan.bound - found.before, best["people"])
    return {
        "sites": best["sites"],
        "people": best["people"],
        "bound": bound,
        "gap": gap_of(best["people"], bound),
        "why": _why(plan, wish, best["people"], bound),
        "plans": plans,
        "alternatives": [one["sites"] for one in plans[1:]],
    }


def _check(draft: Draft, question: Question, wish: Wish) -> None:
    areas = draft.study.areas
    if wish.area_id is not None and not (areas["area_id"] == wish.area_id).any():
        raise InputError([problem("no_area", "area", area=plain_text(wish.area_id))])
    if not draft.counts_kind(question, wish.kind):
        words = [of_word(KINDS[kind]) for kind in kinds_asked(question) if kind in KINDS]
        counted = both("、".join(one["zh"] for one in words) or "其他设施",
                       ", ".join(one["en"] for one in words) or "other facilities")  # fmt: skip
        given = {"kind": of_word(KINDS[wish.kind]), "rule": question.rule.rule_id, "counted": counted}
        raise InputError([problem("kind_not_counted", "kind", **given)])


def _counted_only(draft: Draft, question: Question) -> Study:
    """Return the study with no other facilities than those that the question counts."""
    table = draft.study.facilities
    keep = table["facility_id"].isin(draft.counted(question).ids).to_numpy(dtype=bool)
    return replace(draft.study, facilities=table[keep].reset_index(drop=True))


def _asked(draft: Draft, question: Question, wish: Wish) -> Siting:
    params, study = question.params, draft.study
    size, unit = (60.0, "min") if measured_by(params) == "time" else (1000.0, "km")
    limit = round(drive_limit(study, params) / size, 6)
    kinds = sorted({str(kind) for kind in study.facilities["kind"].dropna()})
    where = {"areas": (wish.area_id,)} if wish.area_id else {"everywhere": True}
    return Siting.model_validate(
        {
            "model": "mclp", "limit": f"{limit:g} {unit}" if limit > 0 else f"0.001 {unit}", "clock": "wheels",
            "profile": params.profile, "toward": params.toward, "existing": {"kinds": kinds, "use": "locked"},
            "candidates": {**where, "spacing_m": wish.spacing_m}, "demand": {"groups": {params.people: 1.0}},
            "new": wish.k, "time_limit_s": wish.seconds, "hours": "ignored",
        }
    )  # fmt: skip


def _search(draft: Draft, question: Question, asked: Siting, progress: Progress) -> _Found:
    """Find the best plan, then others that are nearly as good, in half as much time again."""
    study = _counted_only(draft, question)
    candidates, cover = _covered(draft, question, study, asked, progress)
    weight = draft.residents.weights(question.params)
    if isinstance(weight, Need):
        weight = np.zeros(len(draft.study.people), dtype=np.int64)
    stands = np.flatnonzero(candidates["existing"].to_numpy(dtype=bool))
    most = len(stands) + (asked.new or 0)
    rules = Rules(n_candidates=len(candidates), most=most, required=stands, existing=stands)
    task = mclp(cover, weight.astype(np.float64), rules=rules)
    progress.message("solving mclp")
    plan = solve(task, time_limit=asked.time_limit_s, progress=progress)
    others = alternatives(
        task, plan, count=_MOST_OTHERS, time_limit=asked.time_limit_s / 2, progress=_Afterwards(progress, asked)
    )
    inside = draft.count(question).people_within
    return _Found(candidates=candidates, plans=(plan, *others), before=inside if np.isfinite(inside) else 0.0)


class _Afterwards:
    """The progress of looking for other plans: the best one stays on the screen, and there is an end to it."""

    def __init__(self, progress: Progress, asked: Siting) -> None:
        self._progress, self._until = progress, perf_counter() + asked.time_limit_s / 2
        progress.message("looking for other good plans")

    def message(self, text: str) -> None:
        """Keep it: it is about another plan than the best."""

    def advance(self, done: int, total: int) -> None:
        """Keep it."""

    def cancelled(self) -> bool:
        """Say whether somebody asked to stop, or the time for other plans is over."""
        return self._progress.cancelled() or perf_counter() >= self._until


def _covered(
    draft: Draft, question: Question, study: Study, asked: Siting, progress: Progress
) -> tuple[gpd.GeoDataFrame, csc_array]:
    """Gather places where a facility may stand, and find who is within the limit of each: points x candidates."""
    problems = ProblemList()
    progress.message("gathering candidates")
    candidates = build_candidates(study, draft.network, asked, folder=Path(), problems=problems)
    problems.raise_if_any()
    candidates = _as_written(candidates, study)
    if measured_by(question.params) == "line":
        return candidates, _circles(draft, question, candidates, progress)
    people = people_of_problem(study, asked, problems)
    week = week_of_problem(asked, candidates, {}, problems)
    problems.raise_if_any()
    progress.message(f"measuring {len(people.index):,} places against {len(candidates):,} candidates")
    return candidates, Roads(study, draft.network, asked, people, week).covered(candidates).cover


def _as_written(candidates: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    """Put new sites where their edits will say, and leave out those that could not be opened.

    So who is exactly on the limit is so in the search and in the figures. Roads go on beyond the study area.
    """
    new = ~candidates["existing"].to_numpy(dtype=bool)
    x, y = (np.array(part, dtype=np.float64) for part in (candidates.geometry.x, candidates.geometry.y))
    lon, lat = (part.round(_DIGITS) for part in unproject(x[new], y[new], study.crs))
    x[new], y[new] = project(lon, lat, study.crs)
    kept = ~new
    kept[new] = [_inside(study, float(a), float(b)) for a, b in zip(lon, lat, strict=True)]
    if not kept[new].any():
        raise InputError([problem("no_place", "area")])
    moved = candidates.set_geometry(shapely.points(x, y), crs=study.crs)
    return cast("gpd.GeoDataFrame", moved[kept].reset_index(drop=True))


def _inside(study: Study, lon: float, lat: float) -> bool:
    try:
        check_sites(study, [Site(name="·", lon=lon, lat=lat)])
    except InputError:
        return False
    return True


def _circles(draft: Draft, question: Question, candidates: gpd.GeoDataFrame, progress: Progress) -> csc_array:
    """Find who is within the limit of each candidate in a straight line, demand points x candidates."""
    x, y = candidates.geometry.x.to_numpy(), candidates.geometry.y.to_numpy()
    reached = []
    for j in range(len(candidates)):
        if j % _TOLD_EVERY == 0:
            if progress.cancelled():
                raise Cancelled("stopped before a plan was found")
            progress.advance(j, len(candidates))
        reached.append(np.flatnonzero(keeps(draft.residents.straight(float(x[j]), float(y[j])), question.params)))
    start = np.concatenate([[0], np.cumsum([len(points) for points in reached])])
    points = np.concatenate(reached) if reached else np.empty(0, dtype=np.int64)
    shape = (len(draft.study.people), len(candidates))
    return csc_array((np.ones(len(points), dtype=bool), points, start), shape=shape)


def _plans(draft: Draft, question: Question, wish: Wish, found: _Found) -> list[Data]:
    """Say of every plan which sites it has, what each brings, and how it differs from the best one."""
    stands = found.candidates["existing"].to_numpy(dtype=bool)
    chosen = [[j for j in sorted(set(plan.sites)) if not stands[j]] for plan in found.plans]
    named = _named(draft, found.candidates, dict.fromkeys(j for one in chosen for j in one))
    gains = [_gains(draft, question, [named[j].site for j in rows]) for rows in chosen]
    # By road a tenth of a metre may decide about somebody on the limit: the order is that of the figures.
    order = sorted(range(len(chosen)), key=lambda i: -gains[i][1])
    best = chosen[order[0]]
    return [
        {
            "sites": [{**named[j].told(wish), "gained": one} for j, one in zip(chosen[i], gains[i][0], strict=True)],
            "people": gains[i][1],
            "says": _says(
                [named[j].label for j in best if j not in chosen[i]],
                [named[j].label for j in chosen[i] if j not in best],
                gains[order[0]][1] - gains[i][1],
            ),
        }
        for i in order
    ]


def _says(gone: Sequence[Both], came: Sequence[Both], fewer: float) -> Both:
    """Say what a plan has in the place of what the best one has, and how many people that costs."""
    if not gone and not came:
        return both("最佳方案", "the best plan")
    out, new = (both("、".join(one["zh"] for one in names), ", ".join(one["en"] for one in names))
                for names in (gone, came))  # fmt: skip
    n = f"{fewer:,.0f}"
    zh, en = (f"少{n}人", f"{n} people fewer") if round(fewer) else ("人数相同", "the same number of people")
    if not came:
        return both(f"不设{out['zh']}，{zh}", f"without {out['en']}: {en}")
    if not gone:
        return both(f"增设{new['zh']}，{zh}", f"{new['en']} besides: {en}")
    return both(f"以{new['zh']}代替{out['zh']}，{zh}", f"{new['en']} in the place of {out['en']}: {en}")


@dataclass(frozen=True, kw_only=True)
class _Named:
    """A site with its name in both languages."""

    site: Site
    label: Both

    def told(self, wish: Wish) -> Data:
        """Return it as the interface tells it; `name` is what it will be called."""
        at = [self.site.lon, self.site.lat]
        return {"name": self.site.name, "label": self.label, "at": at, "kind": wish.kind}


def _named(draft: Draft, candidates: gpd.GeoDataFrame, rows: dict[int, None]) -> dict[int, _Named]:
    """Give candidates the names of their towns, each its own; one that several plans choose has one name."""
    towns = dict(draft.residents.towns)
    taken = set(draft.study.facilities["name"].dropna())
    order = list(rows)
    x, y = (np.asarray(part, dtype=np.float64)[order] for part in (candidates.geometry.x, candidates.geometry.y))
    spots = np.column_stack(unproject(x, y, draft.study.crs)).round(_DIGITS)
    found: dict[int, _Named] = {}
    for j, (lon, lat) in zip(order, spots.tolist(), strict=True):
        _, area = placed(draft.study, (lon, lat))
        town = towns.get(area or "", both("", "")) if area else both("", "")
        number = next(i for i in count_up(1) if f"{town['zh']}拟建{i}" not in taken)
        label = both(f"{town['zh']}拟建{number}", f"{town['en']}, proposed {number}".removeprefix(", "))
        taken.add(label["zh"])
        found[j] = _Named(site=Site(name=label["zh"], lon=lon, lat=lat, vehicles=1), label=label)
    return found


def _gains(draft: Draft, question: Question, sites: Sequence[Site]) -> tuple[list[float], float]:
    """Return how many people each site brings within the limit alone, and all of them together, as the rule counts."""
    ways = draft.ways(question)
    before = draft.count(question)
    if not sites or before.inside is None:
        return [0.0] * len(sites), 0.0
    now = np.full(len(draft.study.people), np.inf) if ways is None else ways.value
    x, y = site_xy(draft.study, sites)
    each = [_way(draft, question, x[i : i + 1], y[i : i + 1]) for i in range(len(sites))]
    alone = [count(draft.residents, question, np.minimum(now, way)).people_within for way in each]
    together = count(draft.residents, question, np.minimum(now, np.min(each, axis=0))).people_within
    return [within - before.people_within for within in alone], together - before.people_within


def _way(draft: Draft, question: Question, x: Float, y: Float) -> Float:
    if measured_by(question.params) == "line":
        return draft.residents.straight(float(x[0]), float(y[0]))
    return way_from(draft.router(question.params.profile), question.params, x, y)


def _why(plan: Plan, wish: Wish, people: float, bound: float) -> Both:
    count_zh, many = f"{people:,.0f}", f"{bound:,.0f}"
    if plan.status == "optimal":
        return both(
            f"新增{wish.k}处可使{count_zh}人进入限值以内；已证明在候选点中为最优。",
            f"{wish.k} more bring {count_zh} people within the limit; proved best among the candidates.",
        )
    gap = gap_of(people, bound)
    gap_zh, gap_en = ("", "") if gap is None else (f"，差距{gap:.2%}", f", gap {gap:.2%}")
    ended = {"time_limit": ("时间用完", "time was up"), "cancelled": ("已停止", "stopped on request")}
    zh, en = ended.get(plan.status, ("已足够接近", "near enough"))
    return both(
        f"新增{wish.k}处可使{count_zh}人进入限值以内；任何方案至多{many}人{gap_zh}（{zh}）。",
        f"{wish.k} more bring {count_zh} people within the limit; no choice brings more than {many}{gap_en} ({en}).",
    )
