"""Factors that make modelled times like observed ones, and how well they do on trips they have not seen.

A trip takes ``offroad + q[period] * sum over groups of m[group] * seconds[group]`` along the best of its known ways,
where seconds are those of the profile as it was. The factors m and q of time are found by least squares on the
logarithm of modelled over observed time, with a loss that grows slower than the square beyond about 15 %
(``soft_l1``), so that a trip with a stop on the way does not pull everything. Logarithms keep the factors above 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from coverplan.roads.network import Float, Int64
from coverplan.travel.calibrate.journeys import KnownWays
from coverplan.travel.calibrate.shape import Shape

LEAST, MOST = 0.2, 5.0
"""Factors of time stay between these."""
_SOFT = 0.15
_90_PERCENT = 1.645
_WORTH_TELLING = 0.001


@dataclass(frozen=True, kw_only=True, eq=False)
class Timed:
    """The known ways of k trips, how long the trips took, and how much each counts."""

    ways: KnownWays
    time_s: Float
    weight: Float
    period: npt.NDArray[np.object_]

    def some(self, which: npt.NDArray[np.bool_]) -> Timed:
        """Return some of the trips."""
        return Timed(
            ways=self.ways.some(which),
            time_s=self.time_s[which],
            weight=self.weight[which],
            period=self.period[which],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """Factors of time, by group of road classes and by part of the week, each with a 90 % interval."""

    shape: Shape
    group: Float
    period: Float
    group_low: Float
    group_high: Float
    period_low: Float
    period_high: Float


def fit(timed: Timed, shape: Shape) -> Fit:
    """Find the factors of a shape that suit the trips best."""
    n_groups = len(shape.groups)
    seconds = timed.ways.seconds @ shape.members()
    columns = _period_columns(timed, shape)
    scale = np.sqrt(timed.weight / timed.weight.mean())

    def modelled(logs: Float) -> tuple[Float, Float]:
        """Return the time of every trip, and how it grows with the logarithm of each factor."""
        parts = seconds * np.exp(logs[:n_groups])
        best = _best(timed.ways, parts.sum(axis=1))
        on_road = parts[best] * np.exp(columns @ logs[n_groups:])[:, None]
        total = on_road.sum(axis=1)
        return timed.ways.offroad_s + total, np.hstack([on_road, columns * total[:, None]])

    def residual(logs: Float) -> Float:
        return scale * np.log(np.maximum(modelled(logs)[0], 1e-6) / timed.time_s)

    def slope(logs: Float) -> Float:
        time, growth = modelled(logs)
        return scale[:, None] * growth / np.maximum(time, 1e-6)[:, None]

    found = least_squares(
        residual,
        np.zeros(shape.n_factors),
        jac=slope,
        bounds=(np.log(LEAST), np.log(MOST)),
        loss="soft_l1",
        f_scale=_SOFT,
    )
    spread = _90_PERCENT * _standard_errors(np.asarray(found.jac), residual(found.x))
    low, high = np.exp(found.x - spread), np.exp(found.x + spread)
    factors = np.exp(found.x)
    return Fit(
        shape=shape,
        group=factors[:n_groups],
        period=factors[n_groups:],
        group_low=low[:n_groups],
        group_high=high[:n_groups],
        period_low=low[n_groups:],
        period_high=high[n_groups:],
    )


def predict(timed: Timed, fitted: Fit | None) -> Float:
    """Return the modelled time of every trip along the best of its known ways; as the profile was without a fit."""
    if fitted is None:
        cost = timed.ways.seconds.sum(axis=1)
        return timed.ways.offroad_s + cost[_best(timed.ways, cost)]
    cost = timed.ways.seconds @ fitted.shape.members() @ fitted.group
    of_period = np.exp(_period_columns(timed, fitted.shape) @ np.log(fitted.period))
    return timed.ways.offroad_s + cost[_best(timed.ways, cost)] * of_period


def folds_of(pair: Int64, n_folds: int, seed: int) -> Int64:
    """Deal trips out to folds; trips between the same two places stay together, for they are no test of each other."""
    pairs = np.unique(pair)
    dealt = np.random.default_rng(seed).permutation(len(pairs)) % n_folds
    return dealt[np.searchsorted(pairs, pair)]


def unseen(timed: Timed, shape: Shape, fold: Int64) -> Float:
    """Return the modelled time of every trip with factors that were fitted to the trips of the other folds."""
    time = np.empty(len(timed.time_s))
    for number in np.unique(fold):
        held = fold == number
        time[held] = predict(timed.some(held), fit(timed.some(~held), shape))
    return time


def misfit(timed: Timed, modelled: Float) -> Float:
    """Return how far each modelled time is off: its absolute logarithm over the observed one, 1 at most."""
    return np.minimum(np.abs(np.log(modelled / timed.time_s)), 1.0)


def clearly_less(one: Float, other: Float, weight: Float) -> bool:
    """Say whether misfits are lower than others of the same trips by more than a standard error of the difference.

    A difference of less than a thousandth, which rounding alone can make, is none.
    """
    gain = other - one
    mean = float(np.average(gain, weights=weight))
    spread = float(np.average((gain - mean) ** 2, weights=weight))
    effective = weight.sum() ** 2 / (weight**2).sum()
    return mean > max(float(np.sqrt(spread / max(effective - 1, 1.0))), _WORTH_TELLING)


def _best(ways: KnownWays, cost: Float) -> Int64:
    """Return the best known way of every trip."""
    order = np.lexsort((cost, ways.trip))
    return order[ways.start]


def _period_columns(timed: Timed, shape: Shape) -> Float:
    return np.array([timed.period == name for name in shape.periods], dtype=float).reshape(-1, len(timed.time_s)).T


def _standard_errors(jacobian: Float, residual: Float) -> Float:
    """Return standard errors of the logarithms, from the spread of the middle of the residuals."""
    spread = 1.4826 * float(np.median(np.abs(residual - np.median(residual))))
    loosened = jacobian.T @ jacobian
    return spread * np.sqrt(np.maximum(np.diag(np.linalg.pinv(loosened)), 0.0))
