"""How many are needed, on the plan's own numbers and at the edges of rounding."""

import math
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverplan.access.ratios import part_needed, per_population, ratio_by_area, units_needed


def test_the_plan_s_own_numbers():
    """206.16 and 211.08 ten thousand residents: 69 and 71 ambulances, 28 and 29 of them NPAs, 207 and 212 AEDs."""
    assert [units_needed(people, 30_000) for people in (2_061_600, 2_110_800)] == [69, 71]
    assert [part_needed(units, 0.4) for units in (69, 71)] == [28, 29]
    assert [units_needed(people, 10_000) for people in (2_061_600, 2_110_800)] == [207, 212]


def test_a_number_that_divides_evenly_needs_no_unit_more():
    """Floats would ask for one more: 0.1 x 3 / 0.1, and 40 % of 5."""
    assert units_needed(2_070_000, 30_000) == 69
    assert units_needed(0.3, 0.1) == 3
    assert part_needed(5, 0.4) == 2
    assert part_needed(50, 0.14) == 7


def test_one_person_more_needs_a_unit_more():
    """Rounding up starts with the first person."""
    assert units_needed(30_000, 30_000) == 1
    assert units_needed(30_001, 30_000) == 2
    assert units_needed(0, 30_000) == 0


def test_to_the_nearest_halves_go_up():
    """68.5 becomes 69, just below stays 68."""
    assert units_needed(2_055_000, 30_000, rounding="nearest") == 69
    assert units_needed(2_054_999, 30_000, rounding="nearest") == 68


@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_up_is_the_smallest_enough(people, per):
    """So many units serve everyone, and one fewer does not."""
    units = units_needed(people, per)
    assert units * per >= people
    assert (units - 1) * per < people


@given(st.integers(0, 10_000), st.integers(0, 100))
def test_a_part_is_the_smallest_share_that_is_enough(units, percent):
    """Percent written as decimals are reckoned as written."""
    assert part_needed(units, percent / 100) == math.ceil(Fraction(units * percent, 100))


@pytest.mark.parametrize(("people", "per"), [(-1, 30_000), (math.inf, 30_000), (math.nan, 1), (1, 0), (1, -5)])
def test_impossible_numbers_are_refused(people, per):
    """Negative or endless people, and a ratio per nobody."""
    with pytest.raises(ValueError, match="a number"):
        units_needed(people, per)


@pytest.mark.parametrize(("units", "share"), [(-1, 0.4), (5, 1.1), (5, -0.1)])
def test_an_impossible_share_is_refused(units, share):
    """A share lies between nothing and all."""
    with pytest.raises(ValueError, match="a share of 0 to 1"):
        part_needed(units, share)


def test_per_population():
    """150 devices for 300,000 people are 5 per 10,000; where nobody lives there is no ratio."""
    assert per_population(150, 300_000, 10_000) == 5
    assert math.isnan(per_population(3, 0, 10_000))


def test_areas_and_the_whole():
    """The whole needs 2 where the rounded towns need 3; surplus is no negative shortfall."""
    told = ratio_by_area(pd.Series({"east": 3}), pd.Series({"east": 30_001, "west": 20_000}), 30_000)
    assert told["area_id"].tolist() == ["east", "west", "all"]
    assert told["needed"].tolist() == [2, 1, 2]
    assert told["have"].tolist() == [3, 0, 3]
    assert told["shortfall"].tolist() == [0, 1, 0]


def test_the_whole_may_have_a_population_of_its_own():
    """The last row divides by the denominator that was chosen, the towns by their own people."""
    told = ratio_by_area(pd.Series({"a": 60}), pd.Series({"a": 2_061_551}), 30_000, total_people=2_110_800)
    assert told["people"].tolist() == [2_061_551, 2_110_800]
    assert told["needed"].tolist() == [69, 71]
    assert told["shortfall"].tolist() == [9, 11]


def test_units_in_an_unknown_area_are_not_dropped():
    """They are an error that names the area."""
    with pytest.raises(ValueError, match="mars"):
        ratio_by_area(pd.Series({"mars": 1}), pd.Series({"a": 1}), 30_000)
