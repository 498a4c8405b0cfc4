"""How much no plan can exceed: a Lagrangian bound for people covered.

A person is covered at most as often as chosen sites cover them. Take that condition out of the problem and charge a
price u for every cover instead. What is left falls apart: each class of demand takes the covers that are worth more
than their price, and the sites that earn most are chosen. For any prices the sum is an upper bound (Galvao and ReVelle
1996); good prices are found by following the subgradient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array

from coverplan.planning.siting.reduce import Merged
from coverplan.planning.siting.rules import Float
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
