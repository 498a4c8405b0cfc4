"""Figures, limits and statuses as people read them; the map and the tables say the same because both ask here."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from coverplan.core.tables import INPUT_TABLES
from coverplan.core.words import UNITS, VERDICTS, Word
from coverplan.standards.params import ResponseParams, ShareParams, TrendParams
from coverplan.standards.wording import count, percent, plural, shown

if TYPE_CHECKING:
    import pandas as pd

    from coverplan.standards.findings import Assessment, Finding

Both = dict[str, str]
"""A word or sentence in two languages, keys `zh` and `en`."""

RECORDS = ("areas", "people", "facilities", "vehicles", "aeds", "projects")
"""Tables whose source and quality are told."""

STATISTIC: dict[str, Both] = {
    "p90": {"zh": "九成居民", "en": "90% of people"},
    "median": {"zh": "半数居民", "en": "half of all people"},
    "mean": {"zh": "人均", "en": "mean"},
    "max": {"zh": "最远居民", "en": "farthest"},
}


def both(zh: str, en: str) -> Both:
    """Pair the two languages."""
    return {"zh": zh, "en": en}


def of_word(word: Word) -> Both:
    """Take a word of `core.words` in both languages."""
    return both(word.zh, word.en)


def status(name: str) -> Both:
    """Say a verdict's status in a word or two, without its explanation.

    Examples
    --------
    >>> status("measured")
    {'zh': '已测算', 'en': 'measured'}
    """
    word = VERDICTS[name]
    return both(word.zh.partition("（")[0], word.en.partition(",")[0])


def amount(value: float, unit: str, *, apart_from: tuple[float, ...] = ()) -> Both:
    """Write a figure with its unit in both languages.

    Shares become per cent, an endless time says so, what is missing is a dash. As many digits are shown as keep the
    figure apart from those it must not be mistaken for, such as its limit.

    Examples
    --------
    >>> amount(14.25, "min"), amount(0.5, "share_people"), amount(1200.0, "people")
    ({'zh': '14.2 分钟', 'en': '14.2 min'}, {'zh': '50%', 'en': '50%'}, {'zh': '1,200 人', 'en': '1,200 people'})
    """
    if math.isnan(value):
        return both("–", "–")
    if math.isinf(value):
        return both("无法到达", "not reached")
    if unit.startswith("share_"):
        text = f"{percent(value, apart_from=apart_from)}%"
        return both(text, text)
    if unit in {"min", "km"}:
        text = shown(value, apart_from=apart_from).removesuffix(".0")
        return both(f"{text} {UNITS[unit].zh}", f"{text} {UNITS[unit].en}")
    english = UNITS[unit].en if value == 1 or unit == "people" else plural(unit)
    return both(f"{count(value)} {UNITS[unit].zh}", f"{count(value)} {english}")


def figure(finding: Finding) -> Both:
    """Write a finding's figure: a count beside what is needed, everything else by itself."""
    if finding.status == "no_data":
        return both("–", "–")
    if not finding.unit.startswith("share_") and not math.isnan(finding.need):
        needed = amount(finding.need, finding.unit)
        return both(f"{count(finding.figure)} / {needed['zh']}", f"{count(finding.figure)} / {needed['en']}")
    limits = tuple(value for value in (finding.limit, finding.our_limit) if value is not None)
    return amount(finding.figure, finding.unit, apart_from=limits)


def held_against(finding: Finding) -> Both:
    """Say what a finding is held against and what is missing, in one line."""
    if finding.status == "no_data":
        return both("缺少所需数据", "the data it needs is missing")
    parts = [*_limits(finding), *_missing(finding)]
    return both(" · ".join(part["zh"] for part in parts), " · ".join(part["en"] for part in parts))


def _counted(finding: Finding) -> str:
    return finding.shortfall_unit or finding.unit


def _limits(finding: Finding) -> list[Both]:
    parts: list[Both] = []
    if finding.point_limit is not None:
        bound = amount(finding.point_limit, finding.point_unit)
        params = finding.reading.params
        statistic = STATISTIC.get(params.statistic) if isinstance(params, ResponseParams) else None
        who = statistic or both("", "")
        sign = sign_of(finding)
        parts.append(both(f"{who['zh']} {sign} {bound['zh']}".strip(), f"{who['en']} {sign} {bound['en']}".strip()))
    if finding.limit is not None and finding.unit.startswith("share_"):
        sign = "≥" if finding.point_limit is not None else sign_of(finding)
        parts.append(both(f"目标 {sign} {percent(finding.limit)}%", f"target {sign} {percent(finding.limit)}%"))
    elif finding.our_limit is not None and (finding.unit.startswith("share_") or finding.point_limit is None):
        ours = amount(finding.our_limit, finding.unit)
        parts.append(both(f"本工具参考线 {ours['zh']}", f"our yardstick {ours['en']}"))
    return parts


_SIGNS = {">=": "≥", ">": ">", "<=": "≤", "<": "<", "=": "=", "about": "≈", "between": "≥", "exists": "≥"}


def sign_of(finding: Finding) -> str:
    """Return the sign that a reading puts between a figure and its limit; single things are to be at least so many.

    For people held against a limit it is the sign of each person's limit; the share of them is always to be at least.
    """
    params = finding.reading.params
    if isinstance(params, TrendParams):
        return "≥" if params.direction == "up" else "≤"
    of_single_things = not isinstance(params, ShareParams) or params.level == "facility"
    if finding.units is not None and of_single_things:
        return "≥"
    return _SIGNS[getattr(params, "operator", ">=")]


def _missing(finding: Finding) -> list[Both]:
    if not math.isnan(finding.need) and not math.isnan(finding.have):
        have, need, short = count(finding.have), count(finding.need), amount(finding.short, _counted(finding))
        parts = [both(f"现有 {have}", f"have {have}"), both(f"需要 {need}", f"need {need}")]
        return [*parts, both(f"缺 {short['zh']}", f"{short['en']} short")] if finding.short > 0 else parts
    if math.isnan(finding.shortfall) or finding.shortfall <= 0:
        return []
    missing = amount(finding.shortfall, finding.shortfall_unit)
    if finding.shortfall_unit == "people":
        return [both(f"限外 {missing['zh']}", f"{missing['en']} beyond")]
    return [both(f"缺 {missing['zh']}", f"{missing['en']} short")]


def notice(assessment: Assessment) -> Both | None:
    """Say what of a study is illustrative; None when nothing is."""
    study = assessment.study
    named = [INPUT_TABLES[name] for name in RECORDS if _is_illustrative(getattr(study, name))]
    zh, en = [table.zh for table in named], [table.name for table in named]
    if assessment.network.quality == "illustrative":
        zh.append("道路")
        en.append("roads")
    if not zh and assessment.quality != "illustrative":
        return None
    return both(
        f"以下数据全部或部分为示意，不可作为结论引用：{'、'.join(zh)}。",
        f"Wholly or partly illustrative, not to be quoted as findings: {', '.join(en)}.",
    )


def _is_illustrative(table: pd.DataFrame) -> bool:
    return any(bool((table[name] == "illustrative").any()) for name in ("quality", "position_quality") if name in table)
