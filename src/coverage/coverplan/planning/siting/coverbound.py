"""How much no plan can exceed: a Lagrangian bound for people covered.

A person is covered at most as often as chosen sites cover them. Take that condition out of the problem and charge a
price u for every cover instead. What is left falls apart: each class of demand takes the covers that are worth more
than their price, and the sites that earn most are chosen. For any prices the sum is an upper bound (Galvao and ReVelle
1996). Good prices are found by following the subgradient; where a first cover is all that counts and rules are plain,
by moving sites and prices against each other, which ends at the linear relaxation in a few hundred quick steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array

from coverplan.planning.siting.reduce import Merged
from coverplan.planning.siting.rules import Float, Int
from coverplan.planning.siting.swaps import Moves
from coverplan.planning.siting.watch import Watch


@dataclass(frozen=True, kw_only=True, eq=False)
class CoverBound:
    """An upper bound, the prices that prove it, what each candidate earns at them, and a choice they suggest."""

    value: float
    price: Float
    earns: Float
    choice: Float


def bound_at(merged: Merged, worth: Float, moves: Moves, price: Float) -> CoverBound:
    """Return the bound at given prices, which are cut to what a first cover is worth at most."""
    price = np.clip(price, 0.0, merged.weight * worth.max(initial=0.0))
    earns = merged.table.T @ price
    top, choice = moves.top(earns)
    surplus = np.maximum(merged.weight[:, None] * worth[None, :] - price[:, None], 0.0).sum()
    return CoverBound(value=float(surplus + top), price=price, earns=earns, choice=choice)


def bound_cover(
    merged: Merged,
    worth: Float,
    moves: Moves,
    best: float,
    watch: Watch,
    *,
    rounds: int,
    enough: float = 0.0,
    start: CoverBound | None = None,
    step: float = 1.0,
) -> CoverBound:
    """Lower the bound step by step.

    Parameters
    ----------
    best
        What the best plan so far is worth; the steps aim at it.
    rounds
        How many steps at most.
    enough
        A bound at or below this ends the work.
    start, step
        Prices to begin with, and the length of the first step.
    """
    columns = csc_array(merged.table)
    # Steps go with the weight, so that a class of few people and one of many get to their prices together.
    weights = merged.weight[:, None] * worth[None, :]
    lowest = start or bound_at(merged, worth, moves, 0.5 * weights[:, 0])
    direction, still = np.zeros(len(lowest.price)), 0
    here = lowest
    for _ in range(rounds):
        if lowest.value <= enough or watch.stop() or step < 1e-4:
            break
        chosen = np.flatnonzero(here.choice)
        covered = columns[:, chosen] @ here.choice[chosen]
        slope = covered - (weights > here.price[:, None]).sum(axis=1)
        direction = slope + 0.6 * direction
        size = float(merged.weight @ direction**2)
        if size == 0:
            break
        aim = max(here.value - best, 1e-3 * abs(best), 1e-9)
        here = bound_at(merged, worth, moves, here.price - step * aim / size * merged.weight * direction)
        if here.value < lowest.value - 1e-5 * abs(lowest.value):
            still = 0
        else:
            still += 1
        if here.value < lowest.value:
            lowest = here
        if still >= 10:
            step, still, here, direction = step / 2, 0, lowest, np.zeros(len(lowest.price))
    return lowest


class BothSides:
    """Prices for a first cover and plain rules, moved together with the sites until they prove enough (compiled)."""

    _AT_A_TIME = 20

    def __init__(self, merged: Merged, moves: Moves, often: Int) -> None:
        from coverplan.travel.kernels.prices import Sides  # noqa: PLC0415 - the compiler takes a second to load

        self._merged, self._moves = merged, moves
        columns = csc_array(merged.table)
        times = np.minimum(merged.table @ often.astype(float), 2).astype(np.int64)
        rules = moves.rules
        self._number = float(rules.n_candidates if rules.most is None else rules.most)
        self._sides = Sides(
            site_start=columns.indptr.astype(np.uint32),
            site_class=columns.indices.astype(np.uint32),
            class_start=merged.table.indptr.astype(np.uint32),
            class_site=merged.table.indices.astype(np.uint32),
            weight=merged.weight,
            worth=columns.T @ merged.weight,
            least=rules.lower,
            most=np.maximum(moves.upper, rules.lower).astype(np.float64),
            site=often.astype(np.float64),
            # Whom a good plan leaves out would pay everything for a cover, whom it covers twice next to nothing.
            price=merged.weight * np.array([1.0, 0.6, 0.2])[times],
            covered=np.zeros(len(merged.weight)),
            site_sum=np.zeros(rules.n_candidates),
            price_sum=np.zeros(len(merged.weight)),
        )
        self._balance, self._steps, self._since = 1.0, 0, 0
        self._from = self._sides.site.copy(), self._sides.price.copy()
        self._distance, self._least = np.inf, np.inf
        self.lowest = self._at(self._sides.price)

    def _at(self, price: Float) -> CoverBound:
        return bound_at(self._merged, np.ones(1), self._moves, price)

    def lower(self, watch: Watch, *, steps: int, enough: float) -> CoverBound:
        """Go on for so many steps, or until the bound is enough; return the best prices so far."""
        from coverplan.travel.kernels.prices import approach  # noqa: PLC0415 - as above

        for _ in range(0, steps, self._AT_A_TIME):
            if watch.stop() or self.lowest.value <= enough:
                break
            approach(self._sides, self._number, self._balance, self._AT_A_TIME)
            self._steps += self._AT_A_TIME
            self._since += self._AT_A_TIME
            if self._settle():
                break
        return self.lowest

    def _reached(self, site: Float) -> float:
        return float(self._merged.weight @ np.minimum(self._merged.table @ site, 1.0))

    def _settle(self) -> bool:
        """See what the last step, and the mean of all, prove; begin again from the better one where that helps.

        Says whether the two sides have met.
        """
        sides = self._sides
        mean = sides.site_sum / self._since, sides.price_sum / self._since
        tried = []
        for site, price in ((sides.site, sides.price), mean):
            bound = self._at(price)
            tried.append(bound.value - self._reached(site))
            if bound.value < self.lowest.value:
                self.lowest = bound
        gap = min(tried)
        stuck = 0.8 * self._distance > gap > self._least
        long = self._since > max(100, 0.4 * self._steps)
        self._least = gap
        if not (gap < 0.3 * self._distance or stuck or long):
            return False
        if tried[1] < tried[0]:
            sides.site[:], sides.price[:] = mean
        self._begin_again(gap)
        return gap <= 1e-7 * self.lowest.value

    def _begin_again(self, gap: float) -> None:
        sides = self._sides
        length = np.diff(sides.class_start)
        moved = float(((sides.price - self._from[1]) ** 2 / np.maximum(sides.weight, 1e-300)) @ length)
        other = float((sides.site - self._from[0]) ** 2 @ sides.worth)
        if moved > 0 and other > 0:  # the side that has farther to go takes longer steps
            self._balance = float(np.sqrt(np.sqrt(moved / other) * self._balance))
        self._from = sides.site.copy(), sides.price.copy()
        sides.site_sum[:], sides.price_sum[:], self._since = 0.0, 0.0, 0
        self._distance, self._least = gap, np.inf
