"""Numbers as people write them: what is understood, what is asked back, and units that are not the column's."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverplan.core.cells import as_numbers, number_hint, range_hint, wrong_unit
from coverplan.core.tables import FACILITIES, PEOPLE, PROJECTS, Column

BEDS, YEAR, LON = (FACILITIES.column(name) for name in ("beds", "open_year", "lon"))
COST = PROJECTS.column("cost_100m_cny")


def number(cell: str, column: Column) -> float:
    """Read one cell."""
    return as_numbers(pd.Series([cell], dtype="str"), column).iloc[0]


@pytest.mark.parametrize(
    ("cell", "column", "value"),
    [
        ("１２０", BEDS, 120), ("120张", BEDS, 120), ("1,200 张", BEDS, 1200), ("１，２００床", BEDS, 1200),
        ("120.0", BEDS, 120), ("2021", YEAR, 2021), ("2021年", YEAR, 2021), ("2021年6月", YEAR, 2021),
        ("2021-06-30", YEAR, 2021),
        ("2021/6/30", YEAR, 2021), ("2021.06", YEAR, 2021), ("2021.6.30", YEAR, 2021), ("2021年6月30日", YEAR, 2021),
        ("2021-06-30 00:00:00", YEAR, 2021), ("2021.0", YEAR, 2021), ("118.55°", LON, 118.55), ("0.5亿元", COST, 0.5),
    ],
)  # fmt: skip
def test_what_is_understood(cell: str, column: Column, value: float) -> None:
    """Full-width digits, thousands, the column's own unit, and dates in a column of years."""
    assert number(cell, column) == value


@pytest.mark.parametrize(
    ("cell", "column", "hint"),
    [
        ("约50", BEDS, "write one number; how sure it is goes into 'quality'"),
        ("50左右", BEDS, "write one number"),
        ("50余张", BEDS, "write one number"),
        ("50-60", BEDS, "write one number"),
        ("≥50", BEDS, "write one number"),
        ("3辆", BEDS, "write 3, without the unit"),
        ("1.2万", PEOPLE.column("people"), "write 12000, in full"),
        ("3千人", PEOPLE.column("people"), "write 3000, in full"),
        ("3000万元", COST, "write it in 100 million CNY"),
        ("不详", BEDS, "leave the cell empty when it is not known"),
        ("118°33′20″", LON, "write decimal degrees: 118.555556"),
        ("东经118度33分20秒", LON, "write decimal degrees: 118.555556"),
        ("E118°33.5'", LON, "write decimal degrees: 118.558333"),
        ("2021年13月", YEAR, None),
        ("二〇二一年", YEAR, None),
    ],
)
def test_what_is_asked_back(cell: str, column: Column, hint: str | None) -> None:
    """What may mean several things is no number, and the hint says what to write."""
    assert pd.isna(number(cell, column))
    found = number_hint(cell, column)
    assert found is None if hint is None else str(found).startswith(hint)


def test_dates_that_lost_their_form_are_recognised() -> None:
    """A date counted in days, or written without marks, is out of range as a year and says which year it is."""
    assert range_hint(44348, YEAR) == "the date 2021-06-01, counted in days? write 2021"
    assert range_hint(20210630, YEAR) == "a date? write 2021"
    assert range_hint(44348, BEDS) is None


@pytest.mark.parametrize(
    ("heading", "column", "unit"),
    [
        ("人口（万人）", PEOPLE.column("people"), "万人"), ("常住人口/万人", PEOPLE.column("people"), "万人"),
        ("人口（单位：万人）", PEOPLE.column("people"), "万人"), ("投资（万元）", COST, "万元"),
        ("床位[百张]", BEDS, "百张"),
        ("人口（人）", PEOPLE.column("people"), None), ("投资（亿元）", COST, None), ("床位数（张）", BEDS, None),
        ("人口（2020年）", PEOPLE.column("people"), None), ("人口", PEOPLE.column("people"), None),
        ("名称（全称）", FACILITIES.column("name"), None),
    ],
)  # fmt: skip
def test_units_of_headings(heading: str, column: Column, unit: str | None) -> None:
    """A heading in ten thousands is not read as if it were in ones; remarks in brackets are no units."""
    assert wrong_unit(heading, column) == unit


@given(st.integers(0, 10**9), st.sampled_from(["{}", "{:,}", "{}张", "{:,} 张", " {}床"]))
def test_every_way_of_writing_gives_the_number(value: int, way: str) -> None:
    """Whatever the number, each way of writing it is read as it."""
    assert number(way.format(value).strip(), BEDS) == value
