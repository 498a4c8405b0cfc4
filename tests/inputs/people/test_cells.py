"""Pieces put together to cells: sums are exact, however they come in."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from coverplan.inputs.people.cells import gather, merge

pieces = st.lists(
    st.tuples(st.integers(0, 2), st.floats(-900, 900), st.floats(-900, 900), st.integers(1, 2**40)),
    min_size=1,
    max_size=40,
)


@given(pieces, st.integers(1, 39))
def test_lots_make_no_difference(rows: list[tuple[int, float, float, int]], cut: int) -> None:
    """Gathered in one go or in two lots, cells hold the same people at the same place, and nobody is lost."""
    group, x, y, fine = (np.array(column) for column in zip(*rows, strict=True))
    whole = gather(group, x, y, fine, 100.0)
    lots = [gather(group[part], x[part], y[part], fine[part], 100.0)
            for part in (slice(None, cut), slice(cut, None)) if len(group[part])]  # fmt: skip
    pd.testing.assert_frame_equal(merge(lots), whole, rtol=1e-9, atol=1e-6)
    assert whole["fine"].sum() == fine.sum()
    assert not whole.duplicated(["group", "cell_x", "cell_y"]).any()


def test_the_grid_does_not_depend_on_what_lies_in_it() -> None:
    """Cells count from 0 of the CRS, to both sides."""
    one = np.array([1, 1])
    cells = gather(0 * one, np.array([-1.0, 99.9]), np.array([0.0, -100.0]), one, 100.0)
    assert cells[["cell_x", "cell_y"]].to_numpy().tolist() == [[-1, 0], [0, -1]]
