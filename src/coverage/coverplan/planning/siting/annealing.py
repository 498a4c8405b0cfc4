"""Long searches for people covered: simulated annealing in compiled code.

Greedy and exchange end where no single exchange helps. Annealing goes on through worse plans, ever less so.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.sparse import csc_array

from coverplan.planning.siting.reduce import Merged
from coverplan.planning.siting.rules import Float, Int
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.watch import Watch

_AT_A_TIME = 100_000
"""Moves between two looks at the clock: about a fifth of a second."""
_COLD = 0.0015
"""Temperature at the end, as a part of what a site of the plan is worth on average."""


class Annealing:
    """Runs of simulated annealing on one problem whose rules are plain."""

    def __init__(self, merged: Merged, worth: Float, moves: Moves, *, seed: int) -> None:
        # The compiler takes a second to load, and only long searches come here.
        from coverplan.travel.kernels.covers import Covers  # noqa: PLC0415

        columns = csc_array(merged.table)
        upper = np.where(moves.upper > 0, moves.upper, 0).astype(np.int64)
        self._covers = Covers(
            site_start=columns.indptr.astype(np.int32),
            site_class=columns.indices.astype(np.int32),
            class_start=merged.table.indptr.astype(np.int32),
            class_site=merged.table.indices.astype(np.int32),
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
