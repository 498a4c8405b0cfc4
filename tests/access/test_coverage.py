"""Who is within a limit: populations of 1, 2, 4, 8 name who was counted."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverplan.access.coverage import coverage_by_area, weighted_mean, weighted_quantile
from coverplan.travel.times import travel_times
from scenes import draw, study

INF = math.inf


def _row(told: pd.DataFrame, area: str) -> pd.Series:
    return told.set_index("area_id").loc[area]


def test_the_total_names_who_was_within():
    """899.9 s and 900 s are within 900 s, 900.1 s and unreachable are not: 1 + 2 of 15."""
    told = coverage_by_area([1, 2, 4, 8], ["a", "a", "b", "b"], [899.9, 900.0, 900.1, INF], 900, ["a", "b"])
    assert told["area_id"].tolist() == ["a", "b", "all"]
    assert told["people"].tolist() == [3, 12, 15]
    assert told["people_within"].tolist() == [3, 0, 3]
    assert told["people_outside"].tolist() == [0, 12, 12]
    assert told["people_unreached"].tolist() == [0, 8, 8]
    assert told["share_people"].tolist() == [1.0, 0.0, 0.2]


@pytest.mark.parametrize(
    ("toward", "limit", "reached"),
    [
        ("facility", 39.9, 1),
        ("facility", 40, 1 + 2),
        ("facility", 79.9, 1 + 2),
        ("facility", 80, 1 + 2 + 4),
        ("facility", 10_000, 1 + 2 + 4),
        ("demand", 119.9, 1 + 2 + 4),
        ("demand", 120, 1 + 2 + 4 + 8),
        ("demand", 10_000, 1 + 2 + 4 + 8),
    ],
)
def test_the_whole_way_from_a_drawing_to_a_figure(toward, limit, reached):
    """Every 40 s another place is reached; D cannot drive in against the one-way road, and nobody reaches E."""
    scene = draw("A---B---C-->D E-F")
    made = study(scene, {"A": 1, "B": 2, "C": 4, "D": 8, "E": 16}, {"A": "hospital"})
    told = travel_times(made, scene.network, toward=toward)
    row = _row(
        coverage_by_area(made.people["people"], made.people["area_id"], told["time_s"], limit, ["all_of_it"]), "all"
    )
    assert (row["people_within"], row["people_outside"]) == (reached, 31 - reached)


def test_fifteen_minutes_summed_from_many_roads_are_fifteen_minutes():
    """A float sum of nine thousand tenths is a hair off 900 and still counts."""
    value = math.fsum([0.1] * 9000) + 1e-9
    assert _row(coverage_by_area([1], ["a"], [value], 900, ["a"]), "all")["people_within"] == 1


def test_unreached_is_never_within_even_without_a_limit():
    """With an infinite limit everybody who is reached counts, and nobody else."""
    told = _row(coverage_by_area([1, 2], ["a", "a"], [5e6, INF], INF, ["a"]), "all")
    assert (told["people_within"], told["people_outside"]) == (1, 2)


def test_an_area_without_people_keeps_its_row():
    """Nobody there: counts are 0, shares and times are missing."""
    empty = _row(coverage_by_area([1], ["a"], [10], 900, ["a", "b"]), "b")
    assert (empty["people"], empty["people_within"], empty["people_outside"]) == (0, 0, 0)
    assert empty[["share_people", "mean", "median", "p90", "worst"]].isna().all()


def test_no_points_at_all():
    """An empty study gives a row of zeros for each area and for all."""
    told = coverage_by_area([], [], [], 900, ["a"])
    assert told["people"].tolist() == [0, 0]
    assert told["share_people"].isna().all()


def test_people_outside_every_area_are_not_dropped():
    """A missing and an unknown area share one row, so the rows still add up to the total."""
    told = coverage_by_area([1, 2, 4], ["a", None, "zz"], [1, 2, 3], 2, ["a"])
    assert told["area_id"].tolist() == ["a", "", "all"]
    assert told["people"].tolist() == [1, 6, 7]
    assert told["people_within"].tolist() == [1, 2, 3]


def test_pandas_columns_are_fine():
    """Columns as the study has them: nullable integers, strings with missing values."""
    people = pd.Series([1, 2], dtype="Int64")
    told = coverage_by_area(people, pd.Series(["a", None], dtype="str"), pd.Series([1.0, 2.0]), 1, pd.Series(["a"]))
    assert told["people"].tolist() == [1, 2, 3]


def test_ninety_percent_is_of_people_not_of_points():
    """Nine people at 100 s and one at 1000 s: nine tenths are served in 100 s; with two far ones they are not."""
    assert weighted_quantile([100, 1000], [9, 1], 0.9) == 100
    assert weighted_quantile([100, 1000], [9, 2], 0.9) == 1000


def test_ninety_percent_exactly_is_enough():
    """0.9 of a number is reckoned in whole people: no total loses or gains one in the last digit."""
    for tenth in range(1, 3000):
        assert weighted_quantile([1, 2], [9 * tenth, tenth], 0.9) == 1
        assert weighted_quantile([1, 2], [9 * tenth - 1, tenth + 1], 0.9) == 2


def test_unreached_people_count_in_quantiles():
    """When more than a tenth is not reached, no finite time serves nine tenths."""
    assert weighted_quantile([1, INF], [89, 11], 0.9) == INF
    assert weighted_quantile([1, INF], [90, 10], 0.9) == 1
    assert weighted_quantile([1, INF], [90, 10], 1.0) == INF


def test_points_without_people_do_not_count():
    """Nobody lives at the far point, so it is neither the worst nor the median."""
    told = _row(coverage_by_area([4, 0], ["a", "a"], [60, INF], 900, ["a"]), "a")
    assert (told["worst"], told["p90"], told["median"], told["mean"]) == (60, 60, 60, 60)
    assert told["people_unreached"] == 0


def test_the_mean_is_over_those_who_are_reached():
    """(2 x 10 + 1 x 40) / 3; nobody reached has no mean."""
    assert weighted_mean([10, 40, INF], [2, 1, 5]) == 20
    assert math.isnan(weighted_mean([INF], [5]))


@pytest.mark.parametrize(
    ("people", "value", "said"),
    [
        ([-1], [1.0], "none of them negative"),
        ([1.5], [1.0], "whole numbers"),
        ([1], [math.nan], "NaN"),
        ([1, 2], [1.0], "equal length"),
    ],
)
def test_bad_numbers_are_refused(people, value, said):
    """Negative or broken people, missing values and uneven rows are errors, not results."""
    with pytest.raises(ValueError, match=said):
        coverage_by_area(people, ["a"] * len(people), value, 900, ["a"])


def test_areas_of_another_length_are_refused():
    """One area for each point."""
    with pytest.raises(ValueError, match="2 points have 1 areas"):
        coverage_by_area([1, 2], ["a"], [1, 2], 900, ["a"])


@pytest.mark.parametrize("q", [0, -0.1, 1.5])
def test_a_quantile_is_a_share(q):
    """Zero, below and above one mean nothing."""
    with pytest.raises(ValueError, match="a share lies above 0"):
        weighted_quantile([1], [1], q)


ROWS = st.lists(
    st.tuples(
        st.integers(0, 50),
        st.sampled_from(["a", "b", None]),
        st.integers(0, 20_000).map(lambda tenth: tenth / 10) | st.just(INF),
    ),
    max_size=30,
)
LIMIT = st.integers(0, 20_000).map(lambda tenth: tenth / 10)


def _told(rows, limit):
    people, area, value = zip(*rows, strict=True) if rows else ((), (), ())
    return coverage_by_area(people, area, value, limit, ["a", "b", "c"]).set_index("area_id")


@given(ROWS, LIMIT)
def test_covered_and_gaps_are_everyone(rows, limit):
    """In every row within + outside = people, and the rows add up to all."""
    told = _told(rows, limit)
    assert (told["people_within"] + told["people_outside"] == told["people"]).all()
    assert told["people"]["all"] == sum(row[0] for row in rows)
    counts = told[["people", "people_within", "people_outside", "people_unreached"]]
    assert counts.drop("all").sum().tolist() == counts.loc["all"].tolist()
    assert (told["people_unreached"] <= told["people_outside"]).all()


@given(ROWS, LIMIT, LIMIT)
def test_a_longer_limit_never_covers_fewer(rows, one, other):
    """Everyone within the shorter limit is within the longer one."""
    shorter, longer = _told(rows, min(one, other)), _told(rows, max(one, other))
    assert (shorter["people_within"] <= longer["people_within"]).all()


@given(st.randoms(use_true_random=False), ROWS, LIMIT)
def test_row_order_does_not_matter(shuffle, rows, limit):
    """Shuffled rows give the same table to the last digit."""
    mixed = list(rows)
    shuffle.shuffle(mixed)
    pd.testing.assert_frame_equal(_told(rows, limit), _told(mixed, limit), check_exact=True)


@given(ROWS, st.sampled_from([0.5, 0.9, 1.0]))
def test_the_quantile_by_its_definition(rows, q):
    """It is the smallest value at hand that is enough, counted person by person."""
    everyone = sorted(value for people, _, value in rows for _ in range(people))
    found = weighted_quantile([row[2] for row in rows], [row[0] for row in rows], q)
    if not everyone:
        assert math.isnan(found)
        return
    tenths = round(q * 10)
    enough = [v for v in everyone if sum(w <= v for w in everyone) * 10 >= tenths * len(everyone)]
    assert found == min(enough)


def test_inputs_stay_as_they_were():
    """Arrays that come in are not written to."""
    arrays = np.array([1, 2]), np.array(["a", "b"], dtype=object), np.array([1.0, INF])
    kept = [array.copy() for array in arrays]
    coverage_by_area(*arrays, 1, ["a", "b"])
    for before, after in zip(kept, arrays, strict=True):
        assert before.tolist() == after.tolist()
