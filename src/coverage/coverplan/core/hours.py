"""Opening hours as people write them: which minutes of the week a place is open."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from coverplan.core.errors import InputError, Problem

Bool = npt.NDArray[np.bool_]
Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]
Span = tuple[int, int]
"""From when to when, in minutes after midnight; one that ends at or before its start passes midnight."""

DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
HOURS_HINT = "write mon-fri 08:00-17:30; sat 09:00-12:00, 周一至周五 8:00-17:30, 24/7, or leave it empty"
"""What to say to someone whose opening hours cannot be read."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_WORDS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("daily", "everyday", "all", "每天", "每日", "全周"), tuple(range(7))),
    **dict.fromkeys(("weekdays", "workdays", "工作日"), tuple(range(5))),
    **dict.fromkeys(("weekend", "weekends", "周末", "双休日"), (5, 6)),
}
_SHORT_DAYS = {name[:2]: (i,) for i, name in enumerate(_DAYS)}
_CHINESE_DAYS = re.compile(r"每?(?:周|星期|礼拜)(?P<named>[一二三四五六日天]+)|(?P<bare>[一二三四五六]+|日)")
_HOLIDAYS = frozenset({"ph", "sh", "节假日", "法定节假日"})
_TO = r"[-‐–—―−~至到]+"
_SPAN = rf"(\d{{1,2}}):(\d{{2}}){_TO}(\d{{1,2}}):(\d{{2}})"
_HOURS = re.compile(_SPAN)
_ALWAYS = r"24/7|24h(?:ours|rs?)?|24小时|全天候?|allday|always"
_CLOSED = r"off|closed|休息|休诊|停诊|不开放|关闭"
_SAID = re.compile(rf"{_SPAN}|(?P<always>{_ALWAYS})|(?P<closed>{_CLOSED})")
_FILLING = r"(?:营业|开放|开诊|门诊|时间|open(?:ing)?(?:hours)?|[,、/:&()和及])+"
_AROUND = re.compile(rf"^{_FILLING}|{_FILLING}$")
"""What may stand between days and times, and says nothing."""


def read_days(text: str) -> tuple[int, ...] | None:
    """Read days of the week: names, ranges and words for several, in English or Chinese; None when it is none of these.

    Examples
    --------
    >>> read_days("mon-wed; Su"), read_days("周五至周一"), read_days("周二、四"), read_days("someday")
    ((0, 1, 2, 6), (0, 4, 5, 6), (1, 3), None)
    """
    found: set[int] = set()
    for part in filter(None, re.split(r"[;,、/&和及]", _plain(text))):
        ends = [_day(end) for end in re.split(_TO, part)]
        if len(ends) == 1 and ends[0]:
            found |= set(ends[0])
        elif len(ends) == 2 and all(len(end) == 1 for end in ends):
            first, last = ends[0][0], ends[1][0]
            found |= {(first + step) % 7 for step in range((last - first) % 7 + 1)}
        else:
            return None
    return tuple(sorted(found)) or None


def read_spans(text: str) -> tuple[Span, ...] | None:
    """Read times of the day, several separated by semicolons or commas; None when it is something else.

    Examples
    --------
    >>> read_spans("07:00-09:00; 17:00—19:00"), read_spans("22:00-06:00"), read_spans("7-9")
    (((420, 540), (1020, 1140)), ((1320, 360),), None)
    """
    spans = []
    for part in filter(None, re.split(r"[;,、]", _plain(text))):
        match = _HOURS.fullmatch(part)
        span = None if match is None else _span(match)
        if span is None:
            return None
        spans.append(span)
    return tuple(spans) or None


def minutes_of_day(spans: Iterable[Span]) -> Bool:
    """Mark the minutes of one day, (1440,); of a span over midnight both ends lie on that same day.

    Examples
    --------
    >>> int(minutes_of_day([(1320, 360)]).sum())
    480
    """
    minutes = np.zeros(DAY_MINUTES, dtype=bool)
    for start, end in spans:
        if start < end:
            minutes[start:end] = True
        else:
            minutes[start:] = minutes[:end] = True
    return minutes


def read_week(text: object) -> Bool | None:
    """Read opening hours as the minutes of the week, (7, 1440) from Monday; None when they cannot be read.

    ``mon-fri 08:00-17:30; sat 9:00-12:00``, ``周一至周五 8:00-12:00，14:30-17:30``, ``Mo-Fr 08:00-18:00; Su off``,
    ``24/7``, ``24小时``, ``全天``. Days left out are every day. Times after midnight belong to the night of the day
    that is named: ``fri 22:00-06:00`` ends on Saturday morning. Of two that name the same day, the later one
    replaces the earlier where their times overlap (``daily 08:00-18:00; sat 09:00-12:00``), and adds to it where they
    do not. Public holidays are passed over: the week is one without. An empty cell is always open.

    Returns
    -------
    (7, 1440) bool or None
        Read-only: the same text gives the same array.
    """
    return _read_week(_plain(text) if isinstance(text, str) else "")


def week_minutes(text: object) -> Bool:
    """Read opening hours as `read_week` does.

    Raises
    ------
    InputError
        When they cannot be read.

    Examples
    --------
    >>> week = week_minutes("周一至周五 8:00-17:30；周六 9:00-12:00")
    >>> week.sum(axis=1).tolist()
    [570, 570, 570, 570, 570, 180, 0]
    """
    week = read_week(text)
    if week is None:
        raise InputError([Problem(what=f"'{text}' are no opening hours", column="hours", hint=HOURS_HINT)])
    return week


def share_open(text: object) -> float:
    """Return the share of the week in which a place is open, 0..1.

    Raises
    ------
    InputError
        When the hours cannot be read.

    Examples
    --------
    >>> share_open("24/7"), share_open(""), share_open("mon-fri 9:00-17:00") == 40 / 168
    (1.0, 1.0, True)
    """
    return float(week_minutes(text).mean())


@dataclass(frozen=True, kw_only=True, eq=False)
class WeekParts:
    """The week cut wherever a place opens or closes, and where a label changes; equal minutes are one part.

    Attributes
    ----------
    label : (t,) int64
        The label of each part's minutes.
    open : (t, n) bool
        Which of n places are open in it.
    minutes : (t,) int64
        How many minutes of the week it has; together 10,080.
    """

    label: Int
    open: Bool
    minutes: Int


def cut_week(hours: Sequence[object], label: Int | None = None) -> WeekParts:
    """Cut the week by the opening hours of places, and by a label for each minute, (7, 1440).

    Raises
    ------
    InputError
        When hours cannot be read.

    Examples
    --------
    >>> parts = cut_week(["", "mon-fri 8:00-18:00", "daily 8:00-18:00"])
    >>> parts.open.tolist(), parts.minutes.tolist()
    ([[True, False, False], [True, False, True], [True, True, True]], [5880, 1200, 3000])
    """
    texts = [text if isinstance(text, str) else "" for text in hours]
    known = {text: i for i, text in enumerate(dict.fromkeys(texts))}
    labels = np.zeros(WEEK_MINUTES, dtype=np.int64) if label is None else np.asarray(label, dtype=np.int64).ravel()
    rows = np.vstack([labels, *(week_minutes(text).ravel().astype(np.int64) for text in known)]).T
    found, minutes = np.unique(rows, axis=0, return_counts=True)
    place = np.array([known[text] + 1 for text in texts], dtype=np.int64)
    return WeekParts(label=found[:, 0], open=found[:, place].astype(bool), minutes=minutes.astype(np.int64))


def _plain(text: str) -> str:
    """Reduce text to what is compared: no case, full-width forms or spaces; a new line is a semicolon."""
    plain = unicodedata.normalize("NFKC", text).casefold().strip().replace("\n", ";")
    return re.sub(r"[\s。]", "", plain)


def _day(word: str) -> tuple[int, ...]:
    """Return the days a word stands for; none when it is not such a word."""
    word = word.rstrip(".")
    if known := _DAY_WORDS.get(word) or _SHORT_DAYS.get(word):
        return known
    if match := _CHINESE_DAYS.fullmatch(word):
        return tuple("一二三四五六日".index(day) for day in (match["named"] or match["bare"]).replace("天", "日"))
    return (_DAYS.index(word[:3]),) if word[:3] in _DAYS else ()


def _span(match: re.Match[str]) -> Span | None:
    hour, minute, end_hour, end_minute = (int(number) for number in match.groups()[:4])
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if max(minute, end_minute) > 59 or start >= DAY_MINUTES or end > DAY_MINUTES or start == end:
        return None
    return start, end % DAY_MINUTES


@dataclass(frozen=True, kw_only=True)
class _Rule:
    """Some days and their times; no times where they are closed."""

    days: tuple[int, ...]
    spans: tuple[Span, ...]


_EVERY_DAY = tuple(range(7))


@lru_cache(maxsize=4096)
def _read_week(text: str) -> Bool | None:
    rules = _rules(text) if text else [_Rule(days=_EVERY_DAY, spans=((0, 0),))]
    if rules is None or not any(rule.days for rule in rules):
        return None
    # Each day has a line of two, so that what opens in the evening stays with its day until all rules are read.
    lines = np.zeros((7, 2 * DAY_MINUTES), dtype=bool)
    for rule in rules:
        said = np.zeros(2 * DAY_MINUTES, dtype=bool)
        for start, end in rule.spans:
            said[start : end if end > start else end + DAY_MINUTES] = True
        for day in rule.days:
            if not rule.spans or (lines[day] & said).any():
                lines[day] = False
            lines[day] |= said
    week = lines[:, :DAY_MINUTES] | np.roll(lines[:, DAY_MINUTES:], 1, axis=0)
    week.setflags(write=False)
    return week


def _rules(text: str) -> list[_Rule] | None:
    """Take a text apart into rules; None when some of it cannot be read."""
    rules: list[_Rule] = []
    for part in filter(None, text.split(";")):
        read = _rules_of(part)
        if read is None:
            return None
        rules += read
    return rules


def _rules_of(part: str) -> list[_Rule] | None:
    """Read one part between semicolons: days and their times, further days and theirs; days may come last, too."""
    rules: list[_Rule] = []
    end = 0
    for match in _SAID.finditer(part):
        before, end = _AROUND.sub("", part[end : match.start()]), match.end()
        days = _weekdays(before) if before else rules[-1].days if rules else _EVERY_DAY
        spans = _said_spans(match)
        if days is None or spans is None:
            return None
        if rules and not before:
            rules[-1] = _Rule(days=days, spans=rules[-1].spans + spans)
        else:
            rules.append(_Rule(days=days, spans=spans))
    after = _AROUND.sub("", part[end:])
    if not after:
        return rules or None
    days = _weekdays(after)
    alone = len(rules) == 1 and rules[0].days == _EVERY_DAY
    return [_Rule(days=days, spans=rules[0].spans)] if alone and days is not None else None


def _weekdays(text: str) -> tuple[int, ...] | None:
    """Read days, holidays passed over: what only holds on these holds on no day of the week."""
    words = [word for word in re.split(r"[,、/&和及]", text) if word not in _HOLIDAYS]
    return read_days(",".join(words)) if words else ()


def _said_spans(match: re.Match[str]) -> tuple[Span, ...] | None:
    if match["closed"]:
        return ()
    span = (0, 0) if match["always"] else _span(match)
    return None if span is None else (span,)
