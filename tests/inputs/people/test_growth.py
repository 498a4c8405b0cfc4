"""The people of another year: exact totals, everybody in proportion, groups that still fit."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverplan.core.errors import InputError
from coverplan.core.tables import PEOPLE_GROUPS
from coverplan.inputs.people.growth import grow
from toy import Toy

AREAS = ["a", "b", "c"]


def table(rows: list[tuple[int, int, float, float, float]]) -> gpd.GeoDataFrame:
    """Make a people table: area 0..2, people, and the share in each group."""
    n = len(rows)
    people = np.array([row[1] for row in rows])
    shares = np.array([row[2:] for row in rows])
    shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1)
    groups = np.floor(shares * people[:, None]).astype(int)
    return gpd.GeoDataFrame(
        {
            "point_id": [f"p{i}" for i in range(n)],
            "people": people,
            **{name: pd.array(groups[:, k], dtype="Int64") for k, name in enumerate(PEOPLE_GROUPS)},
            "area_id": [AREAS[row[0]] for row in rows],
            "source": "census",
            "quality": "official",
        },
        geometry=gpd.points_from_xy(range(n), range(n)),
    )


rows = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 200), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)),
    min_size=1,
    max_size=30,
).map(table)


@given(rows, st.integers(0, 10_000))
def test_the_total_is_met_and_groups_fit(people: gpd.GeoDataFrame, total: int) -> None:
    """The points sum to the total, areas and points keep their part to a person or two, groups never exceed people."""
    if not people["people"].any():
        return
    told = grow(people, total=total)
    assert told["people"].sum() == total
    factor = total / people["people"].sum()
    areas = told.groupby("area_id")["people"].sum() - people.groupby("area_id")["people"].sum() * factor
    assert (areas.abs() < 1 + 1e-6).all()
    assert ((told["people"] - people["people"] * factor).abs() < 2).all()
    assert (told[list(PEOPLE_GROUPS)].sum(axis="columns") <= told["people"]).all()
    for name in PEOPLE_GROUPS:
        was, now = (frame.groupby("area_id")[name].sum().astype(float) for frame in (people, told))
        have, want = (frame.groupby("area_id")["people"].sum() for frame in (people, told))
        expected = was * (want / have.where(have > 0, 1))
        assert ((now - expected).abs() <= 2.5).all()


@given(rows, st.integers(0, 5000), st.integers(0, 9))
def test_the_order_of_points_does_not_matter(people: gpd.GeoDataFrame, total: int, seed: int) -> None:
    """Shuffled points come out with the same people and groups."""
    if not people["people"].any():
        return
    order = np.random.default_rng(seed).permutation(len(people))
    told, again = grow(people, total=total), grow(people.iloc[order], total=total)
    columns = ["people", *PEOPLE_GROUPS]
    pd.testing.assert_frame_equal(
        pd.DataFrame(told.set_index("point_id")[columns]),
        pd.DataFrame(again.set_index("point_id")[columns]).loc[told["point_id"]],
    )


def test_doubling_doubles_everybody(toy: Toy) -> None:
    """A factor of two is exactly twice as many at every point; the argument stays as it was."""
    people = toy.read().people
    before = people.copy()
    told = grow(people, factor=2)
    assert told["people"].to_list() == [2 * n for n in people["people"]]
    pd.testing.assert_frame_equal(pd.DataFrame(people), pd.DataFrame(before))
    assert (told["source"] == "toy study; scaled to 51600 people in all").all()
    assert (told["quality"] == "illustrative").all()


def test_the_same_total_changes_nothing(toy: Toy) -> None:
    """Growing to what is there already is the same table, source and quality included."""
    people = toy.read().people
    pd.testing.assert_frame_equal(pd.DataFrame(grow(people, total=25800)), pd.DataFrame(people))


def test_one_area_may_grow_alone() -> None:
    """An area that is named ends at its number, the others stay, and only what changed says so."""
    people = table([(0, 100, 0.2, 0, 0), (0, 100, 0.2, 0, 0), (1, 50, 0.1, 0, 0)])
    told = grow(people, by_area={"a": 301}, target="resident_2025")
    assert told["people"].to_list() == [151, 150, 50]
    assert told["people_65_plus"].sum() == 60 + 5
    assert told["source"].to_list() == ["census; scaled to resident_2025"] * 2 + ["census"]
    assert told["quality"].to_list() == ["estimated", "estimated", "official"]


def test_unknown_groups_stay_unknown() -> None:
    """Where a point does not say how many are old, it does not afterwards; the others grow with their people."""
    people = table([(0, 100, 0.5, 0, 0), (0, 100, 0, 0, 0)])
    people = gpd.GeoDataFrame(people.assign(people_65_plus=pd.array([50, pd.NA], dtype="Int64")))
    told = grow(people, total=400)
    assert told["people_65_plus"].to_list() == [100, pd.NA]


def test_what_cannot_grow_is_told_at_once() -> None:
    """An unknown area, a negative number and people where nobody lives are three problems of one error."""
    people = table([(0, 100, 0, 0, 0), (1, 0, 0, 0, 0), (2, 5, 0, 0, 0)])
    with pytest.raises(InputError) as error:
        grow(people, by_area={"aa": 5, "b": 5, "c": -1})
    texts = [str(problem) for problem in error.value.problems]
    assert "'aa' is no area in which people live (did you mean 'a'?)" in texts[0]
    assert "5 people are to live in b, where nobody lives today" in texts[1]
    assert "-1 people in c" in texts[2]
    with pytest.raises(InputError, match="where nobody lives today"):
        grow(people[people["people"] == 0], total=5)


def test_exactly_one_way_to_grow() -> None:
    """None and two are slips of the caller, as is less than nobody."""
    people = table([(0, 10, 0, 0, 0)])
    with pytest.raises(ValueError, match="exactly one"):
        grow(people)
    with pytest.raises(ValueError, match="exactly one"):
        grow(people, factor=1, total=3)
    with pytest.raises(ValueError, match="fewer people than none"):
        grow(people, total=-1)
