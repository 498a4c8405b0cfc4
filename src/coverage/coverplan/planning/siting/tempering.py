"""Heat baths side by side: the long search where a first cover is all that counts.

One bath that cools ends somewhere and stays there. Of many that stand at one temperature each, and exchange their plans
with the next warmer one as chance allows, the warm ones keep finding new beginnings and the cold ones make the most of
them, for as long as there is time (Swendsen and Wang 1986; Hukushima and Nemoto 1996).
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event
from typing import TYPE_CHECKING

import numpy as np

from coverplan.planning.siting.annealing import HeatBath
from coverplan.planning.siting.rules import Float, Int
from coverplan.planning.siting.watch import Watch

if TYPE_CHECKING:
    from coverplan.travel.kernels.covers import Ladder

_BATHS = 12
_COLD, _HOT = 0.0025, 0.016
"""The coldest and the hottest temperature, as parts of what a site of the plan is worth on average."""
_STEPS = 300
"""Steps of each bath between two exchanges."""
_AT_A_TIME_S = 0.1
"""Time between two looks at whether to end."""
_SWAPS, _WIDER, _MOST_HOT = (0.2, 0.45), 1.1, 0.05
"""Parts of the exchanges that should come about; outside of them the hottest temperature is changed by that factor."""


class Tempering:
    """Baths at temperatures that rise from one to the next; it goes on where it was from one call to the next."""

    def __init__(self, bath: HeatBath, *, seed: int) -> None:
        self._bath = bath
        self._state = np.random.default_rng(seed).integers(1, 2**63, 1, dtype=np.uint64)
        self._hot, self._pace = _HOT, 20.0
        self._ladder: Ladder | None = None
        self._joined = -np.inf

    def join(self, plans: Sequence[Int], values: Sequence[float]) -> None:
        """Set the baths to a few plans, the best of them first; later the coldest alone, to a best that is new.

        Once each: a coldest bath that is set to the same plan again and again would let its kind fill all others.
        """
        if self._ladder is None:
            self._ladder = self._begin(plans, values)
        elif values[0] > self._joined:
            at = self._ladder.order[0]
            self._ladder.choices[at] = self._bath.fill(plans[0], values[0])[0].choices
            self._ladder.values[at] = values[0]
        self._joined = max(values[0], self._joined)

    def _begin(self, plans: Sequence[Int], values: Sequence[float]) -> Ladder:
        from coverplan.travel.kernels.covers import Ladder  # noqa: PLC0415 - the compiler takes a second to load

        filled = [self._bath.fill(plans[k % len(plans)], values[k % len(plans)]) for k in range(_BATHS)]
        baths, self._locked = [bath for bath, _ in filled], filled[0][1]
        self._each = values[0] / max(int(plans[0].sum()), 1)
        return Ladder(
            choices=np.stack([bath.choices for bath in baths]),
            values=np.stack([bath.values for bath in baths]),
            times=np.stack([bath.times for bath in baths]),
            gain=np.stack([bath.gain for bath in baths]),
            stands=np.stack([bath.stands for bath in baths]),
            heats=self._heats(),
            order=np.arange(_BATHS),
            exchanged=np.zeros(2, np.int64),
            scratch=baths[0],
        )

    def _heats(self) -> Float:
        """Return the temperatures in people, the coldest first."""
        return self._each * np.geomspace(_COLD, self._hot, _BATHS)

    def run(self, watch: Watch, *, until: float, stop: Event) -> list[Int]:
        """Go on until a time or a sign; return the best plan that each bath has met meanwhile, frozen."""
        from coverplan.travel.kernels.covers import temper  # noqa: PLC0415 - as above

        ladder = self._ladder
        if ladder is None or self._each <= 0 or ladder.choices.shape[2] == self._locked:
            return []
        ladder.choices[:, 1], ladder.values[:, 1] = ladder.choices[:, 0], ladder.values[:, 0]
        self._tidy(ladder)
        while watch.seconds < until and not (stop.is_set() or watch.stop()):
            began = watch.seconds
            turns = max(1, int(self._pace * min(_AT_A_TIME_S, (until - began) / 4)))
            temper(self._bath.covers, self._bath.near, ladder, (turns, _STEPS, self._locked), self._state)
            self._pace = 0.5 * self._pace + 0.5 * turns / max(watch.seconds - began, 1e-6)
        self._widen(ladder)
        self._joined = max(self._joined, float(ladder.values[:, 1].max()))
        return [
            self._bath.frozen(ladder.choices[k, 1], float(ladder.values[k, 1]), self._locked) for k in range(_BATHS)
        ]

    def _tidy(self, ladder: Ladder) -> None:
        """Work out anew where each bath stands: what adding and taking away leaves in the last digits goes."""
        from coverplan.travel.kernels.covers import place  # noqa: PLC0415 - as above

        for k in range(_BATHS):
            bath = ladder.scratch._replace(
                choices=ladder.choices[k], values=ladder.values[k], times=ladder.times[k], gain=ladder.gain[k],
                stands=ladder.stands[k],
            )  # fmt: skip
            place(self._bath.covers, bath)

    def _widen(self, ladder: Ladder) -> None:
        """Choose the hottest temperature so that neighbours exchange often enough, and reach as far as they may."""
        came, tried = ladder.exchanged
        if tried < 10 * _BATHS:
            return
        wider = _WIDER if came > _SWAPS[1] * tried else 1 / _WIDER if came < _SWAPS[0] * tried else 1.0
        self._hot = float(np.clip(wider * self._hot, 2 * _COLD, _MOST_HOT))
        ladder.exchanged[:] = 0
        ladder.heats[:] = self._heats()
