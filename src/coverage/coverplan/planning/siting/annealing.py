"""Long searches for people covered: simulated annealing in compiled code.

Greedy and exchange end where no single exchange helps. Annealing goes on through worse plans, ever less so: by single
exchanges drawn at random, or, where a first cover is all that counts, by choosing one site after another anew among all
candidates (a heat bath), which comes as far in a small part of the time.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array, csr_array

from coverplan.planning.siting.reduce import Merged, alike
from coverplan.planning.siting.rules import Float, Int
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.watch import Watch

if TYPE_CHECKING:
    from coverplan.travel.kernels.baths import Bath

_AT_A_TIME = 100_000
"""Moves between two looks at the clock: about a fifth of a second."""
_COLD = 0.0015
"""Temperature at the end, as a part of what a site of the plan is worth on average."""
_COOL = 0.004
"""The same for a heat bath, which is frozen at once when it gets there."""
_FROZEN, _FREEZING = 0.001, 20
"""Where freezing a choice ends, the same way, and in how many steps for each site that is not locked."""
_MOST_NEAR = 30_000_000
"""Pairs of sites that share a class, in all: with more, near sites are not listed and every step looks at all."""


class Annealing:
    """Runs of simulated annealing on one problem whose rules are plain."""

    def __init__(self, merged: Merged, worth: Float, moves: Moves, *, seed: int) -> None:
        # The compiler takes a second to load, and only long searches come here.
        from coverplan.travel.kernels.covers import Covers  # noqa: PLC0415

        columns = csc_array(merged.table)
        upper = np.where(moves.upper > 0, moves.upper, 0).astype(np.int64)
        self._covers = Covers(
            site_start=columns.indptr.astype(np.uint32),
            site_class=columns.indices.astype(np.uint32),
            class_start=merged.table.indptr.astype(np.uint32),
            class_site=merged.table.indices.astype(np.uint32),
            weight=merged.weight,
            level=np.concatenate([worth, [0.0]]),
            lower=moves.rules.lower.astype(np.int64),
            upper=upper,
        )
        self._state = np.array([2 * seed + 88172645463325252], dtype=np.uint64)

    def run(self, often: Int, value: float, watch: Watch, *, moves: int, hot: float, until: float) -> Int:
        """Anneal from a plan for a number of moves, or until a time; return where it ends.

        `hot` is the temperature at the beginning, as a part of what a site of the plan is worth on average.
        """
        from coverplan.travel.kernels.covers import anneal  # noqa: PLC0415

        sites = np.repeat(np.arange(len(often)), often)
        if len(sites) == 0 or len(self._covers.weight) == 0:
            return often
        choices, values = np.stack([sites, sites]), np.array([value, value])
        each = value / len(sites)
        parts = max(1, moves // _AT_A_TIME)
        heat = each * hot * (_COLD / hot) ** (np.arange(parts + 1) / parts)
        for warm, cold in pairwise(heat):
            if watch.stop() or watch.seconds >= until or each <= 0:
                break
            anneal(self._covers, choices, values, (float(warm), float(cold), min(moves, _AT_A_TIME)), self._state)
        return np.bincount(choices[0], minlength=len(often)).astype(np.int64)


class HeatBath:
    """Runs of a heat bath on one problem: plain rules, and a first cover is all that counts."""

    def __init__(self, merged: Merged, moves: Moves, *, seed: int) -> None:
        from coverplan.travel.kernels.baths import near_sites  # noqa: PLC0415 - as above
        from coverplan.travel.kernels.covers import Covers  # noqa: PLC0415 - as above

        self._required = np.flatnonzero(moves.rules.lower > 0)
        self._columns = np.flatnonzero((moves.upper > 0) | (moves.rules.lower > 0))
        rows = csr_array(merged.table[:, self._columns])
        # Among few candidates many classes are covered alike.
        first, group = alike(rows)
        rows = csr_array(rows[first])
        weight = np.bincount(group, weights=merged.weight, minlength=len(first)).astype(np.float64)
        columns = csc_array(rows)
        self._rows = rows
        self._n, m = len(moves.upper), len(self._columns)
        self.covers = Covers(
            site_start=columns.indptr.astype(np.uint32),
            site_class=columns.indices.astype(np.uint32),
            class_start=rows.indptr.astype(np.uint32),
            class_site=rows.indices.astype(np.uint32),
            weight=weight,
            level=np.array([1.0, 0.0]),
            lower=np.zeros(m, np.int64),
            upper=np.ones(m, np.int64),
        )
        self.near = near_sites(self.covers, _MOST_NEAR)
        self._state = np.array([2 * seed + 88172645463325252], dtype=np.uint64)
        self._pace = 20_000.0

    def fill(self, often: Int, value: float) -> tuple[Bath, int]:
        """Return a bath that stands at a plan, and how many of its sites are locked; those come first."""
        from coverplan.travel.kernels.baths import Bath, place  # noqa: PLC0415 - as above

        free = np.setdiff1d(np.flatnonzero(often), self._required)
        locked = self._required[often[self._required] > 0]
        sites = np.searchsorted(self._columns, np.concatenate([locked, free]))
        n, m = len(self.covers.weight), len(self._columns)
        bath = Bath(
            choices=np.stack([sites, sites]),
            values=np.array([value, value]),
            times=np.zeros(n, np.int64),
            gain=np.zeros(m),
            stands=np.zeros(m, np.int8),
            extra=np.zeros(m),
            chosen=np.zeros(m + 1, np.int64),
            chance=np.zeros(m + 1),
        )
        place(self.covers, bath)
        return bath, len(locked)

    def value(self, often: Int) -> float:
        """Return how many people a plan covers."""
        return float(self.covers.weight[self._rows @ often[self._columns].astype(float) > 0].sum())

    def frozen(self, sites: Int, value: float, *, heat: float = 0.0) -> Int:
        """Freeze a choice that a bath has met until no exchange with what is near makes it better; return the plan.

        `heat` is the temperature at which it begins, in people; from there on the best plan met is returned.
        """
        often = np.zeros(self._n, np.int64)
        often[self._columns[sites]] = 1
        frozen, locked = self.fill(often, value)
        free, cold = len(sites) - locked, 1e-6 * max(value, 1e-6) / len(sites)
        if heat > 0:
            self._cool(frozen, (heat, _FROZEN * value / len(sites)), free, steps=_FREEZING * free)
        self._cool(frozen, (cold, cold), free, steps=10 * free)
        often[:] = 0
        often[self._columns[frozen.choices[1]]] = 1
        return often

    def _cool(self, bath: Bath, heat: tuple[float, float], free: int, *, steps: int) -> None:
        """Let the last sites of a bath cool from one temperature to the other."""
        from coverplan.travel.kernels.baths import settle  # noqa: PLC0415 - as above

        settle(self.covers, self.near, bath, (*heat, steps, bath.choices.shape[1] - free), self._state)

    def run(self, often: Int, value: float, watch: Watch, *, seconds: float, hot: float) -> Int:
        """Go on from a plan for about so many seconds; return the best plan met.

        `hot` is the temperature at the beginning, as a part of what a site of the plan is worth on average.
        """
        bath, locked = self.fill(often, value)
        number = bath.choices.shape[1]
        each, free = value / max(number, 1), number - locked
        if free == 0 or each <= 0 or len(self.covers.weight) == 0:
            return often
        done, until = 0.0, watch.seconds + seconds
        while done < 1 and not watch.stop():
            # A tenth of a second at a time; how far the cooling has come follows the clock.
            steps = int(np.clip(self._pace * min(0.1, seconds / 10), 100, 10**6))
            part = steps / self._pace / seconds
            began, end = watch.seconds, min(done + part, 1.0)
            heat = (each * hot * (_COOL / hot) ** done, each * hot * (_COOL / hot) ** end)
            self._cool(bath, heat, free, steps=steps)
            self._pace = 0.5 * self._pace + 0.5 * steps / max(watch.seconds - began, 1e-6)
            done = max(end, 1 - (until - watch.seconds) / seconds)
        return self.frozen(bath.choices[1], float(bath.values[1]))
