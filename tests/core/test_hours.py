"""Opening hours as people write them: which minutes of the week a place is open."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverplan.core.checks import check_table
from coverplan.core.errors import InputError, ProblemList
from coverplan.core.hours import WEEK_MINUTES, cut_week, minutes_of_day, read_week, share_open, week_minutes
from coverplan.core.model import Period
from coverplan.core.tables import AEDS

WORKDAYS_10H = [600] * 5 + [0, 0]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CHINESE = tuple("一二三四五六日")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("mon-fri 08:00-17:30; sat 9:00-12:00", [570] * 5 + [180, 0]),
        ("周一至周五 8:00-17:30；周六 9:00-12:00", [570] * 5 + [180, 0]),
        ("周一到周五：8：00—17：30\n周六 9:00～12:00", [570] * 5 + [180, 0]),
        ("Mo-Fr 08:00-18:00", WORKDAYS_10H),
        ("工作日 8:00-18:00", WORKDAYS_10H),
        ("8:00-18:00（周一至周五）", WORKDAYS_10H),
        ("8:00-18:00（周末休息）", WORKDAYS_10H),
        ("Mo-Fr 08:00-12:00,14:00-20:00; Su off; PH off", WORKDAYS_10H),
        ("Monday, Tuesday 8:00-12:00, Sat 9:00-10:00", [240, 240, 0, 0, 0, 60, 0]),
        ("周一、三、五 8:00-12:00", [240, 0, 240, 0, 240, 0, 0]),
        ("周六日 9:00-11:00", [0] * 5 + [120, 120]),
        ("fri-mon 9:00-10:00", [60, 0, 0, 0, 60, 60, 60]),
        ("8:00-12:00", [240] * 7),
        ("开放时间：每天 8:00-12:00", [240] * 7),
        ("22:00-06:00", [480] * 7),
        ("fri 22:00-06:00", [0, 0, 0, 0, 120, 360, 0]),
        ("sun 22:00-06:00", [360, 0, 0, 0, 0, 0, 120]),
        ("sat 20:00-24:00", [0] * 5 + [240, 0]),
        ("周一至周五 24小时", [1440] * 5 + [0, 0]),
        ("off", [0] * 7),
    ],
)
def test_the_minutes_of_each_day(text: str, minutes: list[int]) -> None:
    """English, Chinese and OpenStreetMap's way of writing, full-width forms too; after midnight is the next day."""
    assert week_minutes(text).sum(axis=1).tolist() == minutes


@pytest.mark.parametrize(
    "text", ["24/7", "24h", "24 hours", "24小时", "全天", "24小时营业", "00:00-24:00", "", None, pd.NA]
)
def test_always_open(text: object) -> None:
    """Round the clock in many words; who says nothing is always open."""
    assert share_open(text) == 1


NOT_READ = (
    *("mon-fri 8-17", "mon-fri", "上午", "8:00-8:00", "8:60-9:00", "25:00-26:00", "sunrise-sunset", "PH off", "8:00+"),
    *("someday 8:00-9:00", "8:00-17:30 call first", "mon-wed-fri 8:00-9:00"),
)


@pytest.mark.parametrize("text", NOT_READ)
def test_what_cannot_be_read_is_not_guessed(text: str) -> None:
    """Half a rule is none: nothing comes back, and asking for the minutes says how to write it."""
    assert read_week(text) is None
    with pytest.raises(InputError, match=r"are no opening hours \(write mon-fri"):
        week_minutes(text)


def test_a_later_rule_replaces_where_both_cannot_be_meant() -> None:
    """On a day that both name, overlapping hours are replaced, others added; closed days are closed."""
    shorter = week_minutes("daily 08:00-18:00; sat 09:00-12:00")
    assert shorter.sum(axis=1).tolist() == [600] * 5 + [180, 600]
    added = week_minutes("mon-fri 8:00-12:00; mon,wed 14:00-17:00")
    assert added.sum(axis=1).tolist() == [420, 240, 420, 240, 240, 0, 0]
    assert week_minutes("24/7; sun closed").sum(axis=1).tolist() == [1440] * 6 + [0]


SPANS = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda span: span[0] != span[1])


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@given(st.sets(st.integers(0, 6), min_size=1), st.lists(SPANS, min_size=1, max_size=3), st.booleans())
def test_every_minute_by_hand(days: set[int], spans: list[tuple[int, int]], chinese: bool) -> None:
    """Walking through each named day from its first minute on marks the same minutes of the week."""
    names = "、".join(f"周{CHINESE[day]}" for day in days) if chinese else ",".join(DAYS[day] for day in days)
    told = week_minutes(f"{names} {','.join(f'{_clock(start)}-{_clock(end)}' for start, end in spans)}")
    expected = np.zeros(WEEK_MINUTES, dtype=bool)
    for day in days:
        for start, end in spans:
            for step in range((end - start) % 1440 or 1440):
                expected[(day * 1440 + start + step) % WEEK_MINUTES] = True
    np.testing.assert_array_equal(told.ravel(), expected)


@given(st.lists(SPANS, max_size=3))
def test_the_minutes_of_a_period(spans: list[tuple[int, int]]) -> None:
    """A period's spans over midnight stay on its own weekday, as the record says."""
    period = Period(name="p", spans=tuple((start, end % 1440) for start, end in spans if start != end % 1440))
    told = minutes_of_day(period.spans)
    assert told.tolist() == [period.holds(0, minute) for minute in range(1440)]


TEXTS = st.sampled_from(["", "24/7", "mon-fri 8:00-18:00", "22:00-06:00", "sat,sun 9:00-12:00", "daily 8:00-20:00"])


@given(st.lists(TEXTS, max_size=5), st.integers(1, 3))
def test_the_week_is_cut_where_something_changes(texts: list[str], labels: int) -> None:
    """No two parts are alike, each minute is in the one that tells who is open then, and nothing is lost."""
    label = np.arange(WEEK_MINUTES).reshape(7, 1440) // 500 % labels
    parts = cut_week(texts, label)
    expected: dict[tuple[int, ...], int] = {}
    weeks = [week_minutes(text).ravel().tolist() for text in texts]
    for minute, number in enumerate(label.ravel().tolist()):
        key = (number, *(week[minute] for week in weeks))
        expected[key] = expected.get(key, 0) + 1
    told = {(int(a), *b.tolist()): int(n) for a, b, n in zip(parts.label, parts.open, parts.minutes, strict=True)}
    assert told == expected


def test_a_table_with_hours_says_which_cannot_be_read() -> None:
    """Headings in Chinese and as in OpenStreetMap; a bad cell is a problem with row, column and hint."""
    hours = ["周一至周五 8:00-17:00", "mon-fri 8-17", ""]
    place = {"台数": "1", "经度": "118.5", "纬度": "24.8", "来源": "s", "quality": "官方"}
    frame = pd.DataFrame({"aed_id": ["a", "b", "c"], "名称": "x", **place, "营业时间": hours})
    problems = ProblemList()
    told = check_table(frame, AEDS, file="aeds.csv", problems=problems)
    assert told["hours"].isna().tolist() == [False, True, True]
    assert told["hours"].iloc[0] == "周一至周五 8:00-17:00"
    [problem] = problems
    assert (problem.row, problem.column) == (3, "hours")
    assert "write mon-fri" in (problem.hint or "")
    assert "hours" in check_table(frame.rename(columns={"营业时间": "Opening_Hours"}), AEDS, file="", problems=problems)
