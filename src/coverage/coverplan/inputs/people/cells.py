"""Many small pieces with people put together to square cells, area by area, in the study's own metres."""

from __future__ import annotations

import pandas as pd

from coverplan.core.units import FloatArray, IntArray

COLUMNS = ("group", "cell_x", "cell_y", "fine", "x_m", "y_m")


def gather(group: IntArray, x_m: FloatArray, y_m: FloatArray, fine: IntArray, cell_m: float) -> pd.DataFrame:
    """Put pieces together that lie in one cell of a grid and belong to one group.

    Parameters
    ----------
    group
        (n,) the area, or row of a census, that each piece belongs to; a cell on a border comes out once for each.
    x_m, y_m
        (n,) position of each piece, metres.
    fine
        (n,) people or weight of each piece, whole numbers above 0; sums are exact.
    cell_m
        Side of a cell. Cells are counted from 0, 0 of the CRS, so that the grid does not depend on what lies in it.

    Returns
    -------
    DataFrame
        `group`, `cell_x`, `cell_y`, `fine`, and `x_m`, `y_m`: the centre of gravity of the pieces. Sorted by group and
        cell.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.ones(3, dtype=np.int64)
    >>> gather(0 * one, np.array([10.0, 90.0, 150.0]), np.array([5.0, 5.0, 5.0]), np.array([3, 1, 7]), 100.0)
       group  cell_x  cell_y  fine    x_m  y_m
    0      0       0       0     4   30.0  5.0
    1      0       1       0     7  150.0  5.0
    """
    cell_x, cell_y = (x_m // cell_m).astype("int64"), (y_m // cell_m).astype("int64")
    pieces = pd.DataFrame({"group": group, "cell_x": cell_x, "cell_y": cell_y, "fine": fine})
    return merge([pieces.assign(x_m=x_m, y_m=y_m)])


def merge(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the cells of several lots together, as if all pieces had come in one."""
    whole = pd.concat(parts, ignore_index=True) if len(parts) != 1 else parts[0]
    whole = whole.assign(x_m=whole["x_m"] * whole["fine"], y_m=whole["y_m"] * whole["fine"])
    sums = whole.groupby(["group", "cell_x", "cell_y"], as_index=False, sort=True).sum()
    return sums.assign(x_m=sums["x_m"] / sums["fine"], y_m=sums["y_m"] / sums["fine"])[list(COLUMNS)]
