"""Heat baths side by side: the long search where a first cover is all that counts.

One bath that cools ends somewhere and stays there. Of many that stand at one temperature each, and exchange their plans
with the next warmer one as chance allows, the warm ones keep finding new beginnings and the cold ones make the most of
them, for as long as there is time (Swendsen and Wang 1986; Hukushima and Nemoto 1996).
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from coverplan.planning.siting.annealing import HeatBath, State
from coverplan.planning.siting.rules import Float, Int
from coverplan.planning.siting.watch import Watch

_BATHS = 12
_COLD, _HOT = 0.0025, 0.016
"""The coldest and the hottest temperature, as parts of what a site of the plan is worth on average."""
_STEPS = 300
"""Steps of each bath between two exchanges."""
_SWAPS, _WIDER, _MOST_HOT = (0.2, 0.45), 1.1, 0.05
"""Parts of the exchanges that should come about; outside of them the hottest temperature is changed by that factor."""


class Tempering:
    """Baths at temperatures that rise from one to the next; it goes on where it was from one call to the next."""

    def __init__(self, bath: HeatBath, *, seed: int) -> None:
        self._bath, self._rng = bath, np.random.default_rng(seed)
        # Drawn at first so that no two baths ever have the same numbers.
        self._states: list[State] = [self._rng.integers(1, 2**63, 1, dtype=np.uint64) for _ in range(_BATHS)]
        self._hot, self._each, self._turn = _HOT, 1.0, 0

    def begin(self, plans: Sequence[Int], values: Sequence[float]) -> None:
        """Set the baths to a few plans, the first in the coldest."""
        filled = [self._bath.fill(plans[k % len(plans)], values[k % len(plans)]) for k in range(_BATHS)]
        self._baths, self._locked = [bath for bath, _ in filled], filled[0][1]
        self._each = max(values) / max(int(plans[0].sum()), 1)

    @property
    def heats(self) -> Float:
        """The temperatures, the coldest first, in people."""
        return self._each * np.geomspace(_COLD, self._hot, _BATHS)

    def put(self, often: Int, value: float) -> None:
        """Set the coldest bath to a plan."""
        self._baths[0] = self._bath.fill(often, value)[0]

    def run(self, watch: Watch, *, seconds: float) -> list[Int]:
        """Go on for about so many seconds; return the best plan that each bath has met meanwhile, frozen."""
        from coverplan.travel.kernels.covers import place, settle  # noqa: PLC0415 - the compiler takes a second to load

        until, came, tried = watch.seconds + seconds, 0, 0
        for bath in self._baths:
            bath.choices[1], bath.values[1] = bath.choices[0], bath.values[0]
            # What adding and taking away leaves behind in the last digits goes.
            place(self._bath.covers, bath)

        def stir(k: int) -> None:
            settle(self._bath.covers, self._baths[k], (heats[k], heats[k], _STEPS, self._locked), self._states[k])

        heats = self.heats
        with ThreadPoolExecutor(min(os.cpu_count() or 1, _BATHS)) as pool:
            while watch.seconds < until and not watch.stop():
                list(pool.map(stir, range(_BATHS)))
                self._turn += 1
                for k in range(self._turn % 2, _BATHS - 1, 2):
                    came += self._exchange(k, heats)
                    tried += 1
            best = list(
                pool.map(lambda k: self._bath.best(self._baths[k], self._locked, self._states[k]), range(_BATHS))
            )
        if tried >= 10 * _BATHS:
            wider = _WIDER if came > _SWAPS[1] * tried else 1 / _WIDER if came < _SWAPS[0] * tried else 1.0
            self._hot = float(np.clip(wider * self._hot, 2 * _COLD, _MOST_HOT))
        return best

    def _exchange(self, k: int, heats: Float) -> bool:
        """Let two neighbours exchange their plans as often as keeps each at its temperature; say whether they did."""
        cold, warm = self._baths[k], self._baths[k + 1]
        gains = float((1 / heats[k] - 1 / heats[k + 1]) * (warm.values[0] - cold.values[0]))
        if gains < 0 and self._rng.random() >= math.exp(gains):
            return False
        self._baths[k], self._baths[k + 1] = warm, cold
        return True
