"""How unequal a measure is over people."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def gini(value: npt.ArrayLike, people: npt.ArrayLike) -> float:
    r"""Return the Gini coefficient of a measure over people: 0 when all have the same, towards 1 when few have it all.

    Half the mean difference between two people, divided by the mean:
    :math:`G = \sum_i \sum_j n_i n_j |v_i - v_j| / (2 N^2 \bar v)`, reckoned by way of ordered sums.

    Parameters
    ----------
    value : (k,) numbers of 0 or more
        Time or distance; people whose value is `inf` are left out and are to be told beside the figure.
    people : (k,) numbers
        How many have it.

    Returns
    -------
    float
        NaN when nobody is reached; 0 when everybody's value is 0.

    Raises
    ------
    ValueError
        When the two differ in length, or a value is negative or missing.

    Examples
    --------
    >>> gini([5, 5, 5], [1, 2, 3]), gini([0, 1], [1, 1]), gini([0, 1], [3, 1])
    (0.0, 0.5, 0.75)
    """
    v, n = np.asarray(value, dtype=float), np.asarray(people, dtype=float)
    if v.shape != n.shape or np.isnan(v).any() or (v < 0).any():
        raise ValueError("values of 0 or more, one for each number of people")
    reached = np.isfinite(v) & (n > 0)
    v, n = v[reached], n[reached]
    if not len(v):
        return float("nan")
    order = np.argsort(v, kind="stable")
    v, n = v[order], n[order]
    total, weight = float((v * n).sum()), float(n.sum())
    if not total:
        return 0.0
    before = np.cumsum(n) - n
    return float((v * n * (2 * before + n - weight)).sum() / (weight * total))
