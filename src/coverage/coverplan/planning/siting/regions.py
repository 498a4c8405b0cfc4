"""Part of a plan opened again and solved exactly: the sites of one region, with everything else as it stands.

A region is small enough for branch and bound to find its best arrangement in a fraction of a second; region after
region, a good plan becomes a very good one (large neighbourhood search, Shaw 1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array, eye_array, hstack, vstack

from coverplan.planning.siting.mip import PER_PAIR_S, Program, solve_program
from coverplan.planning.siting.reduce import Merged, alike
from coverplan.planning.siting.rules import Bool, Float, Int
from coverplan.planning.siting.watch import Watch

_EACH_S = 4.0
_LEAST, _MOST = 4, 40


class Regions:
    """Opens one region of a plan after another; for problems in which a first cover is all that counts."""

    def __init__(self, merged: Merged, alive: Bool, required: Float, *, grain: float, seed: int) -> None:
        self._rows = merged.table
        self._columns = csc_array(merged.table)
        self._weight, self._alive, self._required, self._grain = merged.weight, alive, required, grain
        self._rng = np.random.default_rng(seed)
        self._size = 8.0

    def step(self, often: Int, watch: Watch, *, until: float) -> Int:
        """Open a region around a random chosen site and return the plan, better if there is a better one."""
        chosen = np.flatnonzero((often > 0) & (self._required == 0))
        if len(chosen) == 0:
            return often
        size = int(min(self._size, len(chosen)))
        opened, around = self._around(int(self._rng.choice(chosen)), chosen, size)
        fixed = often.copy()
        fixed[opened] = 0
        candidates = np.union1d(np.flatnonzero((around > 0) & self._alive & (fixed == 0)), opened)
        tried = solve_among(
            self._rows, self._weight, fixed, watch, candidates=candidates, chosen=opened,
            grain=self._grain, seconds=min(_EACH_S, until - watch.seconds),
        )  # fmt: skip
        easy = tried.sites is not None and tried.seconds < 0.25 * _EACH_S
        self._size = float(np.clip(self._size * (1.05 if easy else 0.85), _LEAST, _MOST))
        return often if tried.sites is None else _with(fixed, tried.sites)

    def _around(self, site: int, chosen: Int, size: int) -> tuple[Int, Float]:
        """Grow a region from a site, cover by cover, until it holds enough chosen sites; with the candidates in it."""
        reach = np.zeros(len(self._weight))
        reach[self._columns.indices[self._columns.indptr[site] : self._columns.indptr[site + 1]]] = 1.0
        inside, held = np.array([site]), np.zeros(0)
        for _ in range(12):
            held = np.minimum(self._columns.T @ reach, 1e6)
            inside = chosen[held[chosen] > 0]
            if len(inside) >= size:
                break
            reach = np.minimum(self._rows @ (held > 0).astype(float), 1.0)
        others = inside[inside != site]
        near = others[np.argsort(-held[others] * self._rng.uniform(0.5, 1.0, len(others)), kind="stable")]
        return np.append(near[: max(size - 1, 0)], site).astype(np.int64), held


@dataclass(frozen=True, kw_only=True, eq=False)
class Tried:
    """What came of a small problem: the sites, None where nothing was found; whether they are proved best."""

    sites: Int | None
    proved: bool
    seconds: float


def solve_among(
    rows: csr_array,
    weight: Float,
    fixed: Int,
    watch: Watch,
    *,
    candidates: Int,
    chosen: Int,
    grain: float,
    seconds: float,
) -> Tried:
    """Choose as many sites as `chosen` holds among a few candidates, exactly, for whom the fixed sites do not cover.

    Parameters
    ----------
    rows, weight
        Classes of demand x all candidates, and people.
    fixed
        How often each candidate stands already.
    chosen
        The choice to start from; all of it among the candidates.

    Nothing is tried where the solver could not make the problem ready in the time left.
    """
    began = watch.seconds
    left = np.flatnonzero(rows @ fixed.astype(float) == 0)
    table = csr_array(rows[left][:, candidates])
    some = np.flatnonzero(np.diff(table.indptr) > 0)
    table, people = csr_array(table[some]), weight[left][some]
    # Among few candidates many classes are covered alike.
    first, group = alike(table)
    table, people = csr_array(table[first]), np.bincount(group, weights=people, minlength=len(first)).astype(np.float64)
    if table.nnz * PER_PAIR_S > watch.left:
        return Tried(sites=None, proved=False, seconds=watch.seconds - began)
    solved = solve_program(
        _program(table, people, len(chosen)), watch, start=_start(table, np.isin(candidates, chosen)),
        absolute_gap=grain * (1 - 1e-6), time_limit=max(0.05, seconds),
    )  # fmt: skip
    sites = None if solved.x is None else candidates[solved.x[: len(candidates)] > 0.5]
    return Tried(sites=sites, proved=solved.status == "optimal", seconds=watch.seconds - began)


def _with(fixed: Int, sites: Int) -> Int:
    often = fixed.copy()
    often[sites] = 1
    return often


def _program(table: csr_array, weight: Float, number: int) -> Program:
    d, k = table.shape
    return Program(
        cost=np.concatenate([np.zeros(k), -weight]),
        matrix=csc_array(
            vstack([hstack([table, -eye_array(d)]), hstack([csr_array(np.ones((1, k))), csr_array((1, d))])])
        ),
        row_low=np.append(np.zeros(d), -np.inf),
        row_high=np.append(np.full(d, np.inf), float(number)),
        low=np.zeros(k + d),
        high=np.ones(k + d),
        whole=np.concatenate([np.ones(k, bool), np.zeros(d, bool)]),
    )


def _start(table: csr_array, chosen: Bool) -> Float:
    return np.concatenate([chosen.astype(float), np.minimum(table @ chosen.astype(float), 1.0)])
