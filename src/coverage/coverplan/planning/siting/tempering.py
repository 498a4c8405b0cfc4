"""Heat baths side by side: the long search where a first cover is all that counts.

One bath that cools ends somewhere and stays there. Of many that stand at one temperature each, and exchange their plans
with the next warmer one as chance allows, the warm ones keep finding new beginnings and the cold ones make the most of
them, for as long as there is time (Swendsen and Wang 1986; Hukushima and Nemoto 1996).

Two baths stand at each temperature and trade parts of their plans: what a hundred single exchanges would have to undo
first, a whole quarter arranged otherwise, comes over at once (Houdayer 2001; Zhu, Ochoa and Katzgraber 2015).
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
    from coverplan.travel.kernels.baths import Ladder

_HEATS = 7
"""Temperatures; two baths stand at each of them."""
BATHS = 2 * _HEATS
"""Baths in all."""
_COLD = 0.005
"""The coldest temperature, as a part of what a site of the plan is worth on average."""
_STEPS = 200
"""Steps of each bath between two exchanges."""
_SWEEPS = 3
"""The most steps between two exchanges of each site that is not locked."""
_MET = 4
"""Plans met on the way that are frozen too."""
_AT_A_TIME_S = 0.1
"""Time between two looks at whether to end."""
_SWAPS, _WIDER, _MOST_HOT = (0.12, 0.45), 1.05, 0.05
"""Parts of the exchanges that should come about; outside of them the hottest temperature is changed by that factor."""


class Tempering:
    """Baths at temperatures that rise from one to the next; they go on where they were from one call to the next."""

    def __init__(self, bath: HeatBath, plans: Sequence[Int], *, hot: float, seed: int) -> None:
        """Let one bath after another begin from one plan after another, by turns; `hot` is the hottest temperature."""
        from coverplan.travel.kernels.baths import Ladder  # noqa: PLC0415 - the compiler takes a second to load

        self._bath, self._hot, self._pace = bath, hot, 6000.0
        self._state = np.random.default_rng(seed).integers(1, 2**63, 1, dtype=np.uint64)
        values = [bath.value(often) for often in plans]
        filled = [bath.fill(plans[k % len(plans)], values[k % len(plans)]) for k in range(BATHS)]
        baths, self._locked = [one for one, _ in filled], filled[0][1]
        self._each = max(values) / max(baths[0].choices.shape[1], 1)
        self._ladder = Ladder(
            choices=np.stack([one.choices for one in baths]),
            values=np.stack([one.values for one in baths]),
            times=np.stack([one.times for one in baths]),
            gain=np.stack([one.gain for one in baths]),
            stands=np.stack([one.stands for one in baths]),
            heats=_heats(self._each, self._hot),
            order=np.arange(BATHS).reshape(2, -1),
            exchanged=np.zeros(2, np.int64),
            scratch=baths[0],
        )

    def run(self, watch: Watch, *, until: float, stop: Event | None = None) -> list[Int]:
        """Go on until a time or a sign; return what the baths hold, frozen, and a few of the best plans met meanwhile.

        When time is over only the best is frozen.
        """
        ladder = self._ladder
        if self._each <= 0 or ladder.choices.shape[2] == self._locked:
            return []
        ladder.choices[:, 1], ladder.values[:, 1] = ladder.choices[:, 0], ladder.values[:, 0]
        self._tidy(ladder)
        self._go(ladder, watch, until, stop)
        self._widen(ladder)
        plans: list[Int] = []
        met = [(at, 1, 0.0) for at in np.argsort(-ladder.values[:, 1], kind="stable")[:_MET]]
        held = [(at, 0, float(heat)) for row in ladder.order for at, heat in zip(row, ladder.heats, strict=True)]
        for at, which, heat in [*met, *held]:
            value = float(ladder.values[at, which])
            plans.append(self._bath.frozen(ladder.choices[at, which], value, heat=heat))
            if watch.stop():
                break
        return plans

    def _go(self, ladder: Ladder, watch: Watch, until: float, stop: Event | None) -> None:
        """Let the baths go on until a time or a sign."""
        from coverplan.travel.kernels.baths import temper  # noqa: PLC0415 - as above

        steps = min(_STEPS, _SWEEPS * (ladder.choices.shape[2] - self._locked))
        while watch.seconds < until and not (watch.stop() or (stop is not None and stop.is_set())):
            began = watch.seconds
            turns = max(1, int(self._pace / steps * min(_AT_A_TIME_S, (until - began) / 4)))
            temper(self._bath.covers, self._bath.near, ladder, (turns, steps, self._locked), self._state)
            self._pace = 0.5 * self._pace + 0.5 * turns * steps / max(watch.seconds - began, 1e-6)

    def _tidy(self, ladder: Ladder) -> None:
        """Work out anew where each bath stands: what adding and taking away leaves in the last digits goes."""
        from coverplan.travel.kernels.baths import place  # noqa: PLC0415 - as above

        for k in range(BATHS):
            bath = ladder.scratch._replace(
                choices=ladder.choices[k], values=ladder.values[k], times=ladder.times[k], gain=ladder.gain[k],
                stands=ladder.stands[k],
            )  # fmt: skip
            place(self._bath.covers, bath)

    def _widen(self, ladder: Ladder) -> None:
        """Choose the hottest temperature so that neighbours exchange often enough, and reach as far as they may."""
        came, tried = ladder.exchanged
        if tried < 20 * _HEATS:
            return
        wider = _WIDER if came > _SWAPS[1] * tried else 1 / _WIDER if came < _SWAPS[0] * tried else 1.0
        self._hot = float(np.clip(wider * self._hot, 2 * _COLD, _MOST_HOT))
        ladder.exchanged[:] = 0
        ladder.heats[:] = _heats(self._each, self._hot)


def _heats(each: float, hot: float) -> Float:
    """Return the temperatures in people, the coldest first; `each` is what a site is worth on average."""
    return each * np.geomspace(_COLD, hot, _HEATS)
