"""How long it takes until a crew arrives: a clock with a stated start, plus the drive to the person."""

from __future__ import annotations

import math

from coverplan.core.model import Clock
from coverplan.core.units import SECONDS_PER_MINUTE
from coverplan.core.words import PROFILES
from coverplan.standards.checks.bench import Bench, Outcome, no_data
from coverplan.standards.checks.points import Crowd, count_crowd, outcome, weights_of, within_text
from coverplan.standards.chosen import Need, regions
from coverplan.standards.params import ResponseParams
from coverplan.standards.rules import Reading, Rule
from coverplan.standards.wording import count, limit_zh, shown

_NAMES = {
    "median": ("half of the residents are reached within", "半数居民的反应时间不超过"),
    "p90": ("nine in ten residents are reached within", "九成居民的反应时间不超过"),
    "max": ("the last resident is reached within", "最远居民的反应时间为"),
}


def check_response(bench: Bench, rule: Rule, reading: Reading, params: ResponseParams) -> Outcome:
    """Return a statistic of the response time, or the share of the people within the limit."""
    field, region = bench.fields.ask(params, rule.book), regions(bench.study, params.only_in)
    unit = "share_people" if params.statistic == "share" else "min"
    if isinstance(field, Need):
        return no_data(bench, rule, reading, field, unit=unit)
    if isinstance(region, Need):
        return no_data(bench, rule, reading, region, unit=unit)
    people = weights_of(bench, params, region)
    clock = bench.study.clock
    value = field.value + delay_s(clock, params)
    crowd = count_crowd(bench, rule, params, value, people)
    clock_en, clock_zh = clock_words(clock, params)
    if params.statistic == "share":
        inside = f"reached within {params.limit} of {clock_en}", f"在{limit_zh(params.limit.value, 'min')}以内到达"
        en, zh = within_text(crowd.total, inside, ("not", "不能按时到达"))
    else:
        en, zh = _statistic_text(crowd, params, clock_en)
    way = "from the facility to the people" if params.toward == "demand" else "toward the facility"
    notes = (
        f"The clock starts at {clock_en}.",
        f"Nearest facility, a vehicle always free; profile {PROFILES[params.profile].en}, {way}, door to door.",
    )
    statements = (en, f"{clock_zh}，{zh}")
    return outcome(
        bench,
        rule,
        reading,
        params,
        field=field,
        value=value,
        people=people,
        statements=statements,
        crowd=crowd,
        notes=notes,
    )


def delay_s(clock: Clock, params: ResponseParams) -> float:
    """Return what passes on the clock before the wheels roll, in seconds."""
    return {"call": clock.delay_s, "dispatch": clock.turnout_s, "wheels": 0.0}[params.clock]


def clock_words(clock: Clock, params: ResponseParams) -> tuple[str, str]:
    """Say when the clock starts and what it counts, in both languages."""
    call, turnout = (f"{seconds / SECONDS_PER_MINUTE:g}" for seconds in (clock.call_handling_s, clock.turnout_s))
    if params.clock == "call":
        return (
            f"the call (call handling {call} min + turnout {turnout} min + travel)",
            f"自呼叫起（受理{call}分钟＋出车{turnout}分钟＋行驶）",
        )
    if params.clock == "dispatch":
        return f"the dispatch (turnout {turnout} min + travel)", f"自派车起（出车{turnout}分钟＋行驶）"
    return "the start of the drive (travel only)", "自车辆出发起（仅行驶）"


def _statistic_text(crowd: Crowd, params: ResponseParams, clock_en: str) -> tuple[str, str]:
    total, limit = crowd.total, params.limit
    figure = total["worst" if params.statistic == "max" else params.statistic] / SECONDS_PER_MINUTE
    people, far = count(total["people"]), count(total["people_outside"])
    lost = count(total["people_unreached"])
    rest_en = f"{far} of {people} people are beyond {limit}"
    rest_zh = f"{people}人中{far}人超出{limit_zh(limit.value, 'min')}"
    if not math.isfinite(figure):
        return (
            f"no crew reaches {lost} residents, so this figure has no end; {rest_en}",
            f"{lost}名居民无法到达，此项数值无上限；{rest_zh}",
        )
    time = shown(figure, apart_from=(limit.value,))
    if params.statistic != "mean":
        name_en, name_zh = _NAMES[params.statistic]
        return f"{name_en} {time} min of {clock_en}; {rest_en}", f"{name_zh}{time}分钟；{rest_zh}"
    left_en, left_zh = (
        ("", "") if lost == "0" else (f", leaving out {lost} whom no crew reaches", f"（不含无法到达的{lost}人）")
    )
    return (
        f"the mean response time is {time} min from {clock_en}{left_en}; {rest_en}",
        f"平均反应时间{time}分钟{left_zh}；{rest_zh}",
    )
