"""Groups of people: never more than everybody, told when they are, spread and filled in to the person."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from coverplan.core.errors import ProblemList
from coverplan.core.tables import PEOPLE_GROUPS
from coverplan.inputs.people.groups import check_groups, check_shares, fill_groups, spread_groups
from toy import Toy

three = st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)).map(lambda s: [v / max(sum(s), 1) for v in s])


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), three)
def test_spread_groups_keep_their_totals_and_fit(count: list[int], shares: list[float]) -> None:
    """Each group sums to its total, and at every point the three together are at most everybody."""
    people = np.array(count, dtype=np.int64)
    totals = {name: int(share * people.sum()) for name, share in zip(PEOPLE_GROUPS, shares, strict=True)}
    told = {name: values.astype(int) for name, values in spread_groups(totals, people).items()}
    assert {name: int(values.sum()) for name, values in told.items()} == totals
    assert (sum(told.values()) <= people).all()
    assert all((values >= 0).all() for values in told.values())


def test_a_group_that_is_not_known_stays_so() -> None:
    """A missing total is a missing number at every point, beside one that is known."""
    told = spread_groups({"people_65_plus": 2}, np.array([3, 1]))
    assert told["people_65_plus"].tolist() == [2, 0] or told["people_65_plus"].tolist() == [1, 1]
    assert pd.isna(told["women_15_49"]).all()


def test_each_impossible_row_is_told() -> None:
    """A group larger than everybody and groups that sum to more are told by row; what is just possible is not."""
    table = pd.DataFrame(
        {
            "people": [10, 10, 10, 10],
            "people_65_plus": [11, 4, 4, pd.NA],
            "people_under_3": [0, 4, 3, 10],
            "women_15_49": [0, 4, 3, 0],
        },
        dtype="Int64",
    )
    problems = ProblemList()
    check_groups(table, file="people.csv", problems=problems)
    assert [(p.row, p.column) for p in problems] == [(2, "people_65_plus"), (3, "people")]


def test_many_impossible_rows_are_counted() -> None:
    """After twenty-five rows the rest is a number."""
    table = pd.DataFrame({"people": [1] * 30, **dict.fromkeys(PEOPLE_GROUPS, [2] * 30)}, dtype="Int64")
    problems = ProblemList()
    check_groups(table, file="people.csv", problems=problems)
    texts = [str(problem) for problem in problems]
    assert len(texts) == 3 * 26
    assert texts[25].endswith("the same mistake stands in 5 more rows")


def test_shares_fill_in_what_points_do_not_say(toy: Toy) -> None:
    """12.5 % of the 1,500 people of one town are 188; a point that says so itself keeps its number."""
    people = toy.read().people
    before = people.copy()
    shares = pd.DataFrame({"area_id": ["350999101"], "share_65_plus": [0.125], "share_under_3": [np.nan]})
    told = fill_groups(people, shares)
    here = told["area_id"] == "350999101"
    assert told.loc[here, "people_65_plus"].to_list() == [13, 25, 50, 100]
    assert told["people_65_plus"].sum() == 188
    assert told.loc[~here, "people_65_plus"].isna().all()
    assert told["people_under_3"].isna().all()
    pd.testing.assert_frame_equal(pd.DataFrame(people), pd.DataFrame(before))
    own = gpd.GeoDataFrame(people.assign(people_65_plus=pd.array([7] + [pd.NA] * 8, dtype="Int64")))
    assert fill_groups(own, shares)["people_65_plus"].to_list()[:4] == [7, 25, 50, 100]


@given(three)
def test_filled_groups_fit_for_any_shares(shares: list[float]) -> None:
    """Whatever three shares an area has, at every point the groups together are at most everybody."""
    count = [1, 1, 2, 3, 5, 8, 13]
    people = gpd.GeoDataFrame(
        {
            "point_id": [f"p{i}" for i in range(7)],
            "area_id": "a",
            "people": count,
            **{name: pd.array([pd.NA] * 7, dtype="Int64") for name in PEOPLE_GROUPS},
        },
        geometry=gpd.points_from_xy(range(7), range(7)),
    )
    columns = ["share_65_plus", "share_under_3", "share_women_15_49"]
    told = fill_groups(people, pd.DataFrame([{"area_id": "a", **dict(zip(columns, shares, strict=True))}]))
    assert (told[list(PEOPLE_GROUPS)].sum(axis="columns") <= told["people"]).all()
    for name, share in zip(PEOPLE_GROUPS, shares, strict=True):
        assert abs(told[name].sum() - share * 33) <= 1.5


def test_shares_that_cannot_be_are_told() -> None:
    """Shares written in per cent, or summing to more than one, and an area twice."""
    shares = pd.DataFrame({"area_id": ["a", "b", "b"], "share_65_plus": [0.6, 0.1, 0.1], "share_under_3": [0.5, 0, 0]})
    problems = ProblemList()
    check_shares(shares, file="groups.csv", problems=problems)
    assert [(p.row, p.column, p.what) for p in problems] == [
        (2, "share_65_plus", "the shares sum to 1.1"),
        (4, "area_id", "'b' has a row already"),
    ]


def test_groups_are_read_from_the_people_table(toy: Toy, tmp_path: Path) -> None:
    """Chinese headings are understood, numbers are kept, an impossible row is told with its row in the file."""
    headings = ["65岁以上人口", "3岁以下人口（人）", "育龄妇女"]
    toy.rows("people.csv", lambda rows: [row.update(zip(headings, ("10", "5", ""), strict=True)) for row in rows])
    people = toy.read().people
    assert people["people_65_plus"].to_list() == [10] * 9
    assert people["people_under_3"].sum() == 45
    assert people["women_15_49"].isna().all()
    toy.cell("people.csv", 3, "65岁以上人口", "201").cell("people.csv", 2, "3岁以下人口（人）", "91")
    assert [(p.row, p.column) for p in toy.problems()] == [(2, "people"), (3, "people_65_plus")]
