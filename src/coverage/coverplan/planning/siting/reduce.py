"""Make a coverage problem smaller without changing its answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array

from coverplan.planning.siting.problems import Coverage
from coverplan.planning.siting.rules import Bool, Float, Int, Rules


@dataclass(frozen=True, kw_only=True, eq=False)
class Merged:
    """Demand with equal cover sets as one: d classes of demand points that no site can tell apart.

    Attributes
    ----------
    table : (d, m) csr_array of float64
        Ones where a candidate covers a class; classes that no candidate covers are left out.
    weight : (d,) float64
        People of each class.
    must : (d,) int64
        How often each class has to be covered, the most that any of its points asks for.
    """

    table: csr_array
    weight: Float
    must: Int


def merge_demand(problem: Coverage) -> Merged:
    """Merge the demand points that are covered by exactly the same candidates.

    Examples
    --------
    >>> from coverplan.planning.siting.problems import mclp
    >>> merged = merge_demand(mclp([[1, 0], [1, 0], [1, 1], [0, 0]], [1, 2, 4, 8], p=1))
    >>> merged.weight.tolist(), merged.table.toarray().tolist()
    ([3.0, 4.0], [[1.0, 0.0], [1.0, 1.0]])
    """
    rows = csr_array(problem.cover)
    first, group = alike(rows)
    length = np.diff(rows.indptr)
    weight = np.bincount(group, weights=problem.weight, minlength=len(first)).astype(np.float64)
    must = np.zeros(len(first), dtype=np.int64)
    np.maximum.at(must, group, problem.must)
    kept = (length[first] > 0) & ((weight > 0) | (must > 0))
    table = csr_array(rows[first[kept]])
    table = csr_array((np.ones(table.nnz), table.indices, table.indptr), shape=table.shape)
    return Merged(table=table, weight=weight[kept], must=must[kept])


def alike(rows: csr_array) -> tuple[Int, Int]:
    """Find rows with the same entries in the same columns; the indices of `rows` are sorted on the way.

    Returns
    -------
    first, group
        The first row of each class, rising, and the class of every row.

    Examples
    --------
    >>> first, group = alike(csr_array(np.array([[1, 0], [1, 1], [1, 0]])))
    >>> first.tolist(), group.tolist()
    ([0, 1], [0, 1, 0])
    """
    rows.sort_indices()
    n, m = rows.shape
    length = np.diff(rows.indptr)
    stamps = np.random.default_rng(1).integers(1, 2**62, size=(m, 2), dtype=np.uint64)
    at = np.repeat(np.arange(n), length)
    key = np.zeros((n, 3), dtype=np.uint64)
    key[:, 0] = length
    for k in (0, 1):  # sums wrap around, which is as good a stamp
        total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(stamps[rows.indices, k], dtype=np.uint64)])
        key[:, k + 1] = total[rows.indptr[1:]] - total[rows.indptr[:-1]]
    order = np.lexsort((np.arange(n), key[:, 2], key[:, 1], key[:, 0]))
    new = np.ones(n, dtype=bool)
    new[1:] = (key[order][1:] != key[order][:-1]).any(axis=1)
    first = order[new]
    group = np.empty(n, dtype=np.int64)
    group[order] = np.cumsum(new) - 1
    if not _truly_equal(rows, first[group], at, length):  # pragma: no cover - two stamps of 62 bits have met
        first, group = np.arange(n), np.arange(n)
    # Classes in the order of their first point, so that the order of the rows decides nothing but ties.
    rank = np.argsort(first, kind="stable")
    place = np.empty(len(first), dtype=np.int64)
    place[rank] = np.arange(len(first))
    return first[rank], place[group]


def _truly_equal(rows: csr_array, leader: Int, at: Int, length: Int) -> bool:
    """Compare every row with the first one of its class, entry by entry."""
    if (length[leader] != length).any():
        return False
    offset = np.arange(rows.nnz) - rows.indptr[at]
    return bool((rows.indices == rows.indices[rows.indptr[leader[at]] + offset]).all())


def undominated(problem: Coverage, merged: Merged) -> Bool:
    """Say which candidates are worth looking at: not those that another candidate beats at everything.

    A candidate is beaten by one that covers all it covers and costs no more; of two that cover the same at the same
    cost the first in the list stays. Only where a first cover is all that counts may it be left out: with backup
    coverage both may be wanted. Nor may it where rules could keep the better one from standing in its place: distances
    between sites, sites to be kept, and a number of which no more may be chosen (`at_most`) that counts the better one
    and not it. Required candidates stay.

    Returns
    -------
    (m,) bool
    """
    m, rules = problem.rules.n_candidates, problem.rules
    keep = rules.upper > 0
    single = len(problem.worth) == 1 and rules.per_site == 1 and (merged.must <= 1).all()
    if not single or len(rules.apart) or rules.keep > 0:
        return keep
    table = csc_array(merged.table[:, np.flatnonzero(keep)])
    both = (table.T @ table).tocoo()
    size = np.diff(table.indptr)
    cost = rules.price[keep]
    row, column = (np.asarray(index, dtype=np.int64) for index in both.coords)
    inside = (both.data == size[row]) & (row != column) & (cost[row] >= cost[column])
    inside &= _may_stand_for(rules, np.flatnonzero(keep), row, column)
    same = inside & (size[row] == size[column]) & (cost[row] == cost[column])
    beaten = np.zeros(int(keep.sum()), dtype=bool)
    beaten[row[inside & (~same | (row > column))]] = True
    if problem.goal == "people" or size.any():
        beaten |= size == 0
    alive = np.zeros(m, dtype=bool)
    alive[np.flatnonzero(keep)[~beaten]] = True
    alive[rules.required] = True
    return alive


def _may_stand_for(rules: Rules, sites: Int, worse: Int, better: Int) -> Bool:
    """Say of pairs of candidates whether the better one counts nowhere in `at_most` where the worse one does not."""
    free = np.ones(len(worse), dtype=bool)
    for among, _ in rules.at_most:
        counted = np.isin(sites, among)
        free &= counted[worse] | ~counted[better]
    return free
