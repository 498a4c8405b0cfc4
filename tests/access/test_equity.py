"""The Gini coefficient against its definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverplan.access.equity import gini

CROWD = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 50)), min_size=1, max_size=12)


def by_definition(value: np.ndarray, people: np.ndarray) -> float:
    """Half the mean difference between two people over the mean, person by person."""
    everyone = np.repeat(value.astype(float), people)
    if not len(everyone):
        return float("nan")
    mean = everyone.mean()
    return float(np.abs(everyone[:, None] - everyone[None, :]).mean() / (2 * mean)) if mean else 0.0


@given(CROWD)
def test_it_is_the_mean_difference(crowd: list[tuple[int, int]]) -> None:
    """The ordered sums give what counting every pair of people gives."""
    value, people = (np.array(column) for column in zip(*crowd, strict=True))
    assert gini(value, people) == pytest.approx(by_definition(value, people), nan_ok=True)


@given(CROWD, st.integers(1, 9))
def test_units_do_not_matter(crowd: list[tuple[int, int]], factor: int) -> None:
    """Minutes or seconds, one county or nine alike: the coefficient is the same."""
    value, people = (np.array(column) for column in zip(*crowd, strict=True))
    assert gini(value * factor, people) == pytest.approx(gini(value, people), nan_ok=True)
    assert gini(value, people * factor) == pytest.approx(gini(value, people), nan_ok=True)


def test_who_is_not_reached_has_no_place() -> None:
    """Unreached people are left out, and nobody reached is no figure."""
    assert gini([5, 5, float("inf")], [1, 2, 9]) == 0
    assert np.isnan(gini([float("inf")], [9]))


@pytest.mark.parametrize("value", [[-1.0], [float("nan")], [1.0, 2.0]])
def test_what_is_no_measure_is_refused(value: list[float]) -> None:
    """Negative and missing values, and lists of two lengths."""
    with pytest.raises(ValueError, match="one for each number"):
        gini(value, [1])
