"""Many good plans side by side, and which candidates they use: what a long search has learned.

Thousands of plans that are nearly as good as the best together use a few hundred candidates of some thousands. Among
those an exact choice comes to an end that would take days among all.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence

import numpy as np

from coverplan.planning.siting.rules import Float, Int

_KEPT = 3000
"""Plans in a pool."""


class Pool:
    """Good plans, the best first, no two alike; a plan is how often each candidate stands, here once or not at all."""

    def __init__(self, n_candidates: int, *, most: int = _KEPT) -> None:
        self._n, self._most = n_candidates, most
        self._known: set[bytes] = set()
        self._plans: list[tuple[float, bytes]] = []

    @classmethod
    def together(cls, pools: Sequence[Pool]) -> Pool:
        """Return all plans of several pools in one."""
        pool = cls(pools[0]._n, most=sum(one._most for one in pools))
        pool._plans = sorted({plan for one in pools for plan in one._plans})
        pool._known = {key for _, key in pool._plans}
        return pool

    def __len__(self) -> int:
        """Return how many plans there are."""
        return len(self._plans)

    @property
    def best(self) -> tuple[Int, float]:
        """The best plan, and how many people it covers."""
        return self._plan(0), -self._plans[0][0]

    def put(self, often: Int, value: float) -> None:
        """Take a plan in, unless it is there; the worst goes when there are too many."""
        key = np.flatnonzero(often).astype(np.uint32).tobytes()
        if key not in self._known:
            self._known.add(key)
            insort(self._plans, (-value, key))
            if len(self._plans) > self._most:
                self._known.discard(self._plans.pop()[1])

    def some(self, number: int, rng: np.random.Generator) -> list[Int]:
        """Return plans drawn at random, rather good ones; one may come twice."""
        return [self._plan(k) for k in (len(self._plans) * rng.random(number) ** 3).astype(int)]

    def uses(self, worse: float, rng: np.random.Generator | None = None) -> Float:
        """Return which part of the plans uses each candidate; one counts e times less that is worse by `worse`.

        With `rng` what each counts is drawn too (the Bayesian bootstrap), so that each time other candidates come.
        """
        cost = np.array([cost for cost, _ in self._plans])
        counts = np.exp((cost[0] - cost) / worse)
        if rng is not None:
            counts *= rng.exponential(size=len(counts))
        plans = [np.frombuffer(key, np.uint32) for _, key in self._plans]
        counts = np.repeat(counts / counts.sum(), [len(plan) for plan in plans])
        return np.bincount(np.concatenate(plans), weights=counts, minlength=self._n).astype(np.float64)

    def _plan(self, k: int) -> Int:
        return np.bincount(np.frombuffer(self._plans[k][1], np.uint32), minlength=self._n).astype(np.int64)
