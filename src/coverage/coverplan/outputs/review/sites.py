"""Chosen sites with how good they are for certain: sentences in both languages, and tables of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from coverplan.core.units import SECONDS_PER_MINUTE
from coverplan.core.words import QUALITIES
from coverplan.outputs.phrases import Both, both
from coverplan.outputs.review.cells import Field, ReviewTable, Row, as_number, as_text, coded, pair, put_together
from coverplan.planning.siting.plan import Plan
from coverplan.planning.siting.result import SitingResult
from coverplan.standards.wording import count, percent

_TITLE = Field(name="problem", zh="问题", en="Problem", width=30)


def title_words(told: SitingResult) -> Both:
    """Say what was asked, in the planner's words."""
    return pair(told.asked.title or told.asked.model, told.asked.title_en or told.asked.model)


def objective_words(told: SitingResult, value: float) -> Both:
    """Say what a value of a problem's objective counts."""
    model = told.asked.model
    minutes = value / SECONDS_PER_MINUTE
    if model.startswith("lscp"):
        counted = (
            both("处迁建", "moves") if told.asked.fewest == "moves" else both("处（或其费用）", "sites (or their cost)")
        )
        return both(f"{value:g} {counted['zh']}", f"{value:g} {counted['en']}")
    goals: dict[str, Callable[[], Both]] = {
        "p-median": lambda: _average(told, minutes),
        "capacitated-p-median": lambda: both(f"{minutes:,.0f} 人·分钟", f"{minutes:,.0f} person-minutes"),
        "p-center": lambda: both(f"最远处 {minutes:.1f} 分钟", f"{minutes:.1f} min for the farthest"),
        "detour": lambda: both(f"绕行合计 {minutes:.1f} 分钟", f"{minutes:.1f} min of detour in all"),
        "mexclp": lambda: both(
            f"限时内预计有车可派的居民 {value:,.0f} 人",
            f"{value:,.0f} people expected to find a vehicle free within the limit",
        ),
        "bacop2": lambda: both(
            f"{value:,.0f}（一次覆盖权重 {told.asked.first:g}，二次 {1 - told.asked.first:g}）",
            f"{value:,.0f} (first cover {told.asked.first:g}, second {1 - told.asked.first:g})",
        ),
        "bacop1": lambda: both(f"两处以上覆盖 {value:,.0f} 人", f"{value:,.0f} people covered twice"),
    }
    over = both("，按全周各时段平均", " on average over the week") if told.parts > 1 else both("", "")
    covered = both(f"覆盖 {value:,.0f} 人{over['zh']}", f"{value:,.0f} people covered{over['en']}")
    return goals.get(model, lambda: covered)()


def _average(told: SitingResult, minutes: float) -> Both:
    mean = minutes / max(told.people, 1)
    return both(
        f"{minutes:,.0f} 人·分钟，人均 {mean:.2f} 分钟", f"{minutes:,.0f} person-minutes, {mean:.2f} min on average"
    )


def proof_words(told: SitingResult, plan: Plan) -> Both:
    """Say how far a plan can be from the best: proved best, or the bound and the gap.

    What is proved holds for the candidates and travel times that were given, and for no others.
    """
    if plan.status == "optimal":
        return both("已证明最优：在所给候选点中没有更好的选择", "proved best: no choice of these candidates is better")
    ended = {
        "time_limit": both("时间已到", "time was up"),
        "cancelled": both("应要求停止", "stopped on request"),
    }.get(plan.status, both("已足够接近", "near enough"))
    bound = objective_words(told, plan.bound)
    edge = both("上限", "more") if plan.sense == "max" else both("下限", "less")
    return both(
        f"{edge['zh']}：{bound['zh']}，差距 {plan.gap:.2%}（{ended['zh']}）",
        f"never {edge['en']} than {bound['en']}; gap {plan.gap:.2%} ({ended['en']})",
    )


def reach_words(told: SitingResult) -> Both | None:
    """Say who is within the limit before and after; None for models without a limit."""
    if math.isnan(told.before) or not told.people:
        return None
    before, after = (f"{percent(value / told.people)}%" for value in (told.before, told.after))
    always = both("各时段均在", ", at every hour") if told.parts > 1 else both("", "")
    return both(
        f"{always['zh']}限内居民由 {count(told.before)} 人（{before}）变为 {count(told.after)} 人（{after}）",
        f"{count(told.before)} of {count(told.people)} people within the limit before ({before}), "
        f"{count(told.after)} after ({after}){always['en']}",
    )


def others_words(told: SitingResult) -> Both | None:
    """Name the sites of other good plans that the first one does without; None when there are none."""
    if not told.alternatives:
        return None
    first, lines = set(told.plan.sites), []
    for plan in told.alternatives:
        names = [str(told.candidates["name"].iloc[site]) for site in sorted(set(plan.sites) - first)]
        best = told.plan.objective
        worse = abs(plan.objective - best) / abs(best) if best else 0.0
        lines.append((f"{'、'.join(names)}（差 {worse:.2%}）", f"{', '.join(names)} ({worse:.2%} worse)"))
    return both("；".join(zh for zh, _ in lines), "; ".join(en for _, en in lines))


def proposal_table(sitings: Sequence[SitingResult]) -> ReviewTable:
    """Put siting problems one below the other: what was asked, what is achieved, how good that is for certain."""
    fields = (
        _TITLE,
        Field(name="source", zh="依据", en="Asked for by", width=30),
        Field(name="objective", zh="结果", en="Achieves", width=24),
        Field(name="proof", zh="证明", en="Proof", width=34),
        Field(name="reach", zh="限内居民", en="Within the limit", width=34),
        Field(name="others", zh="其他较好方案", en="Instead, nearly as good", width=34),
        Field(name="note", zh="假设与说明", en="Assumed, and to be known", width=30),
        Field(name="quality", zh="数据质量", en="Data quality", width=11),
    )
    rows: list[Row] = [
        {
            "problem": title_words(told),
            "source": as_text(told.asked.source),
            "objective": objective_words(told, told.plan.objective),
            "proof": proof_words(told, told.plan),
            "reach": reach_words(told),
            "others": others_words(told),
            "note": as_text("; ".join(filter(None, [told.asked.note, *told.notes]))),
            "quality": coded(QUALITIES, told.quality),
        }
        for told in sitings
    ]
    return put_together("sitings", "选址方案", "Proposals for sites", fields, rows)


def site_table(sitings: Sequence[SitingResult]) -> ReviewTable:
    """List the chosen sites of siting problems, new ones first, with the people of each."""
    fields = (
        _TITLE,
        Field(name="site", zh="站址", en="Site", width=26),
        Field(name="area", zh="镇街", en="Town", width=15),
        Field(name="today", zh="现有", en="Today", width=9),
        Field(name="then", zh="方案", en="Then", width=9),
        Field(name="people", zh="服务居民（绕行方案为行程）", en="People (or trips)", width=16),
        Field(name="lon", zh="经度", en="Longitude", width=11),
        Field(name="lat", zh="纬度", en="Latitude", width=11),
    )
    rows: list[Row] = [
        {
            "problem": title_words(told),
            "site": as_text(row["name"]),
            "area": as_text(row["area"]),
            "today": as_number(row["today"]),
            "then": as_number(row["count"]),
            "people": as_number(round(float(row["people"]))),
            "lon": as_number(row["lon"]),
            "lat": as_number(row["lat"]),
        }
        for told in sitings
        for row in told.sites.sort_values("existing", kind="stable").to_dict("records")
    ]
    return put_together("sites", "拟选站址", "Chosen sites", fields, rows)
