"""What no plan can go below: a Lagrangian bound for weight x distance.

That everybody goes to one site is taken out of the problem; being served earns a price u instead. A site then earns
what the people within their price bring, the sites that earn most are chosen, and the sum of the prices less these
earnings is a lower bound for any prices (Cornuejols, Fisher and Nemhauser 1977).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coverplan.planning.siting.rules import Float, Int
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.watch import Watch


@dataclass(frozen=True, kw_only=True, eq=False)
class MedianBound:
    """A lower bound, the prices that prove it, what each candidate earns at them, and a choice they suggest."""

    value: float
    price: Float
    earns: Float
    choice: Float


class MedianPrices:
    """Follows the subgradient. Only the sites that are near enough to a point to matter are looked at."""

    def __init__(self, cost: Float, moves: Moves) -> None:
        self.cost, self.moves = cost, moves
        self._buffer = np.empty_like(cost)

    def at(self, price: Float) -> MedianBound:
        """Return the bound at given prices."""
        np.subtract(price[:, None], self.cost, out=self._buffer)
        np.maximum(self._buffer, 0.0, out=self._buffer)
        earns = self._buffer.sum(axis=0)
        top, choice = self.moves.top(earns)
        return MedianBound(value=float(price.sum() - top), price=price, earns=earns, choice=choice)

    def begin(self, sites: Int) -> MedianBound:
        """Start with prices half-way between the nearest and the second nearest site of a plan."""
        near = np.sort(self.cost[:, sites], axis=1)
        following = near[:, min(1, near.shape[1] - 1)]
        return self.at((near[:, 0] + following) / 2)

    def raise_bound(
        self,
        start: MedianBound,
        best: float,
        watch: Watch,
        *,
        rounds: int,
        enough: float,
        step: float = 1.0,
        patience: int = 15,
        suggest: list[Float] | None = None,
    ) -> MedianBound:
        """Raise the bound step by step until it is enough; `suggest` takes choices worth improving."""
        highest = here = start
        direction, still = np.zeros(len(start.price)), 0
        for i in range(rounds):
            if highest.value >= enough or watch.stop() or step < 1e-4:
                break
            chosen = np.flatnonzero(here.choice)
            slope = 1.0 - (self.cost[:, chosen] < here.price[:, None]).sum(axis=1)
            direction = slope + 0.5 * direction
            size = float(direction @ direction)
            if not slope.any() or size == 0:
                break
            aim = max(1.01 * best - here.value, 1e-6 * abs(best))
            here = self.at(here.price + step * aim / size * direction)
            better = here.value - highest.value
            still = 0 if better > 1e-6 * abs(highest.value) else still + 1
            if better > 0:
                highest = here
                if suggest is not None and i > 20:
                    suggest.append(here.choice)
            if still >= patience:
                step, still, here, direction = step / 1.6, 0, highest, np.zeros(len(start.price))
        return highest
