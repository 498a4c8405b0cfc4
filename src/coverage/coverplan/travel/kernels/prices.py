"""Prices for covering people: the linear relaxation approached from both sides, without a solver.

Sites and prices move by turns, each against the other (primal-dual hybrid gradient, Chambolle and Pock 2011, with step
lengths by row and column). A step costs two passes over who covers whom. What the prices prove is worked out elsewhere
(`planning.siting.coverbound`); here they are only moved.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from coverplan.travel.kernels.jit import jit

Index = npt.NDArray[np.uint32]
"""Positions have no sign: an index that may be negative costs a look every time, and halves the speed."""
Float = npt.NDArray[np.float64]


class Sides(NamedTuple):
    """Who covers whom, both ways, and where sites and prices stand.

    `weight` is the people of each class, `least` and `most` are the bounds of each site's part in the plan, `worth` is
    the people within reach of each site. `site`, `price` and `covered` (how much of the plan covers each class) are
    changed; `site_sum` and `price_sum` add up the steps.
    """

    site_start: Index
    site_class: Index
    class_start: Index
    class_site: Index
    weight: Float
    worth: Float
    least: Float
    most: Float
    site: Float
    price: Float
    covered: Float
    site_sum: Float
    price_sum: Float


@jit
def _clipped(x: float, low: float, high: float) -> float:
    return low if x < low else min(x, high)


@jit
def _to_number(sides: Sides, wish: Float, length: Float, number: float) -> None:
    """Set the sites to what is nearest to a wish and adds up to no more than a number; `length` weighs them."""
    most_shift, total = 0.0, 0.0
    for j in range(len(wish)):
        sides.site[j] = _clipped(wish[j], sides.least[j], sides.most[j])
        total += sides.site[j]
        most_shift = max(most_shift, (wish[j] - sides.least[j]) / length[j])
    if total <= number:
        return
    low, high = 0.0, most_shift
    for _ in range(50):
        shift, total = (low + high) / 2, 0.0
        for j in range(len(wish)):
            total += _clipped(wish[j] - shift * length[j], sides.least[j], sides.most[j])
        if total > number:
            low = shift
        else:
            high = shift
    for j in range(len(wish)):
        sides.site[j] = _clipped(wish[j] - high * length[j], sides.least[j], sides.most[j])


@jit
def _earn(sides: Sides, earns: Float) -> None:
    """Add up what each site earns at the prices."""
    earns[:] = 0.0
    for at in range(len(sides.price)):
        price = sides.price[at]
        if price > 0:
            for k in range(sides.class_start[at], sides.class_start[at + 1]):
                earns[sides.class_site[k]] += price


@jit
def _cover(sides: Sides) -> None:
    """Add up how much of the plan covers each class."""
    sides.covered[:] = 0.0
    for j in range(len(sides.site)):
        part = sides.site[j]
        if part > 0:
            for k in range(sides.site_start[j], sides.site_start[j + 1]):
                sides.covered[sides.site_class[k]] += part


@jit
def approach(sides: Sides, number: float, balance: float, steps: int) -> None:
    """Move sites and prices so many steps; `number` is how many sites there may be, `balance` weighs the two sides."""
    m = len(sides.site)
    earns, wish, length, before = np.zeros(m), np.zeros(m), np.zeros(m), np.zeros(len(sides.price))
    for j in range(m):
        length[j] = 1.0 / (balance * max(sides.worth[j], 1e-300))
    _cover(sides)
    for _ in range(steps):
        _earn(sides, earns)
        for j in range(m):
            wish[j] = sides.site[j] + length[j] * earns[j]
        _to_number(sides, wish, length, number)
        before[:] = sides.covered
        _cover(sides)
        for at in range(len(sides.price)):
            far = balance * sides.weight[at] / (sides.class_start[at + 1] - sides.class_start[at])
            price = sides.price[at] - far * (2 * sides.covered[at] - before[at] - 1.0)
            sides.price[at] = _clipped(price, 0.0, sides.weight[at])
            sides.price_sum[at] += sides.price[at]
        for j in range(m):
            sides.site_sum[j] += sides.site[j]
