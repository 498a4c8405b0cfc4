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
    from coverplan.travel.kernels.baths import Bath, Ladder

_HEATS = 8
"""Temperatures; two baths stand at each of them."""
_COLD, _HOT = 0.0035, 0.015
"""The coldest and the hottest temperature, as parts of what a site of the plan is worth on average."""
_STEPS = 300
"""Steps of each bath between two exchanges."""
_SWEEPS = 3
"""The most steps between two exchanges of each site that is not locked."""
_PART, _PART_S = (20, 50), 1.0
"""Sites of a part of a plan, and seconds that baths side by side are given for it."""
_AT_A_TIME_S = 0.1
"""Time between two looks at whether to end."""
_SWAPS, _WIDER, _MOST_HOT = (0.2, 0.45), 1.1, 0.05
"""Parts of the exchanges that should come about; outside of them the hottest temperature is changed by that factor."""


class Tempering:
    """Baths at temperatures that rise from one to the next; it goes on where it was from one call to the next."""

    def __init__(self, bath: HeatBath, *, seed: int) -> None:
        self._bath = bath
        self._rng = np.random.default_rng(seed)
        self._state = self._rng.integers(1, 2**63, 1, dtype=np.uint64)
        self._hot, self._pace = _HOT, 6000.0
        self._ladder: Ladder | None = None
        self._joined = -np.inf

    def join(self, plans: Sequence[Int], values: Sequence[float]) -> None:
        """Set the baths to a few plans, the best of them first; later the coldest alone, to a best that is new.

        Once each: a coldest bath that is set to the same plan again and again would let its kind fill all others.
        """
        if self._ladder is None:
            self._ladder = self._begin(plans, values)
        elif values[0] > self._joined:
            at = self._ladder.order[0, 0]
            self._ladder.choices[at] = self._bath.fill(plans[0], values[0])[0].choices
            self._ladder.values[at] = values[0]
        self._joined = max(values[0], self._joined)

    def alone(self, often: Int, value: float, watch: Watch, *, seconds: float) -> Int:
        """Let new baths go on from one plan for about so many seconds; return the best that they meet, no worse."""
        bath, locked = self._bath.fill(often, value)
        if locked == bath.choices.shape[1] or value <= 0:
            return often
        return self._best(often, bath, locked, watch, until=watch.seconds + seconds)

    def mend(self, often: Int, value: float, watch: Watch, *, seconds: float, stop: Event | None = None) -> Int:
        """Let new baths choose one part after another anew, for about so many seconds; return the plan, no worse.

        Baths that have twenty or fifty sites to choose come to an end in a second where those that have a hundred
        would take minutes.
        """
        until = watch.seconds + seconds
        while watch.seconds < until and not (watch.stop() or (stop is not None and stop.is_set())):
            bath, locked = self._bath.part(often, value, int(self._rng.integers(*_PART)))
            if locked == bath.choices.shape[1] or value <= 0:
                break
            often = self._best(often, bath, locked, watch, until=min(until, watch.seconds + _PART_S), stop=stop)
            value = self._bath.value(often)
        return often

    def _best(
        self, often: Int, bath: Bath, locked: int, watch: Watch, *, until: float, stop: Event | None = None
    ) -> Int:
        """Let baths go on that all stand where one does; return its plan, or the best that they meet."""
        began = float(bath.values[1])
        ladder = _ladder([bath] * 2 * _HEATS, _heats(began / bath.choices.shape[1], _HOT))
        self._go(ladder, locked, watch, until, stop)
        k = int(ladder.values[:, 1].argmax())
        best = float(ladder.values[k, 1])
        return self._bath.frozen(ladder.choices[k, 1], best) if best > began * (1 + 1e-12) else often

    def _go(self, ladder: Ladder, locked: int, watch: Watch, until: float, stop: Event | None) -> None:
        """Let the baths of a ladder go on until a time or a sign."""
        from coverplan.travel.kernels.baths import temper  # noqa: PLC0415 - the compiler takes a second to load

        steps = min(_STEPS, _SWEEPS * (ladder.choices.shape[2] - locked))
        while watch.seconds < until and not (watch.stop() or (stop is not None and stop.is_set())):
            began = watch.seconds
            turns = max(1, int(self._pace / steps * min(_AT_A_TIME_S, (until - began) / 4)))
            temper(self._bath.covers, self._bath.near, ladder, (turns, steps, locked), self._state)
            self._pace = 0.5 * self._pace + 0.5 * turns * steps / max(watch.seconds - began, 1e-6)

    def _begin(self, plans: Sequence[Int], values: Sequence[float]) -> Ladder:
        filled = [self._bath.fill(plans[k % len(plans)], values[k % len(plans)]) for k in range(2 * _HEATS)]
        self._locked = filled[0][1]
        self._each = values[0] / max(int(plans[0].sum()), 1)
        return _ladder([bath for bath, _ in filled], _heats(self._each, self._hot))

    def run(self, watch: Watch, *, until: float, stop: Event) -> list[Int]:
        """Go on until a time or a sign; return the best plan that each bath has met meanwhile, frozen."""
        ladder = self._ladder
        if ladder is None or self._each <= 0 or ladder.choices.shape[2] == self._locked:
            return []
        ladder.choices[:, 1], ladder.values[:, 1] = ladder.choices[:, 0], ladder.values[:, 0]
        self._tidy(ladder)
        self._go(ladder, self._locked, watch, until, stop)
        self._widen(ladder)
        self._joined = max(self._joined, float(ladder.values[:, 1].max()))
        return [self._bath.frozen(ladder.choices[k, 1], float(ladder.values[k, 1])) for k in range(2 * _HEATS)]

    def _tidy(self, ladder: Ladder) -> None:
        """Work out anew where each bath stands: what adding and taking away leaves in the last digits goes."""
        from coverplan.travel.kernels.baths import place  # noqa: PLC0415 - as above

        for k in range(2 * _HEATS):
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


def _ladder(baths: Sequence[Bath], heats: Float) -> Ladder:
    """Return copies of baths, which may be one and the same, at their temperatures."""
    from coverplan.travel.kernels.baths import Ladder  # noqa: PLC0415 - as above

    return Ladder(
        choices=np.stack([bath.choices for bath in baths]),
        values=np.stack([bath.values for bath in baths]),
        times=np.stack([bath.times for bath in baths]),
        gain=np.stack([bath.gain for bath in baths]),
        stands=np.stack([bath.stands for bath in baths]),
        heats=heats,
        order=np.arange(len(baths)).reshape(2, -1),
        exchanged=np.zeros(2, np.int64),
        scratch=baths[0],
    )
