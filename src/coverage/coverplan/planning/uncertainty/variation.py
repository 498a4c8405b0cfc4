"""How much speeds vary, and seeded draws of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from types import MappingProxyType

import numpy as np

from coverplan.core.errors import InputError, Problem, ProblemList, did_you_mean
from coverplan.core.model import SpeedProfile
from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.network import Bool, Float
from coverplan.roads.profiles import at_period, default_periods
from coverplan.travel.periods import ALL_DAY, minutes_of_week

WEEK = "week"
"""Instead of a period: every draw is a minute of the week, each as likely as any other."""

_LINK = "_link"
_SPEEDS, _HOURS, _BUSY = 1, 2, 3
"""Streams of random numbers that must not touch each other, whatever the seed."""


def _peaks() -> Mapping[str, float]:
    return MappingProxyType({"morning_peak": 0.10, "evening_peak": 0.10})


def _none() -> Mapping[str, float]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Variation:
    """How much speeds vary around those of the profile, as coefficients of variation (0.10 = a tenth).

    A draw multiplies the speed on every road by a factor of the day, one of the road's class, and one of the part of
    the week it falls in. Each is lognormal with median 1, so that the profile's speeds are the usual day, and all of
    them are independent. **The defaults are ours and illustrative**: nobody has published such figures for the counties
    of the plans. Put figures from timed trips in their place (`docs/uncertainty.md` says how).

    Attributes
    ----------
    day_cv
        Of the factor that all roads share: weather, holidays, a bad day.
    class_cv
        Of the factor of each road class; links go with their road.
    classes
        The same for some classes, where it is another.
    period_cv
        Of one more factor that all roads share in some parts of the week; periods that are absent have none.

    Raises
    ------
    InputError
        When a figure lies outside 0 to 1, or a class is unknown.

    Examples
    --------
    >>> Variation(class_cv=0, classes={"primary": 0.2}).sigma("primary")
    0.2217
    """

    day_cv: float = 0.10
    class_cv: float = 0.10
    classes: Mapping[str, float] = field(default_factory=_none)
    period_cv: Mapping[str, float] = field(default_factory=_peaks)

    def __post_init__(self) -> None:
        """Look at every figure."""
        problems = ProblemList()
        given = {"day_cv": self.day_cv, "class_cv": self.class_cv, **self.classes, **self.period_cv}
        for name, value in given.items():
            if not 0 <= value <= 1:
                problems.add(f"variation: {name} is {value:g}", hint="a coefficient of variation from 0 to 1")
        for name in self.classes:
            if name not in ROAD_CLASSES:
                problems.add(f"variation: '{name}' is not a road class", hint=did_you_mean(name, ROAD_CLASSES))
        problems.raise_if_any()

    def cv_of(self, road_class: str) -> float:
        """Return the coefficient of variation of a road class."""
        return self.classes.get(road_class, self.classes.get(road_class.removesuffix(_LINK), self.class_cv))

    def sigma(self, road_class: str, period: str = ALL_DAY) -> float:
        """Return the standard deviation of the logarithm of the speed on a road class, to four decimals.

        A trip on that class alone keeps a limit L with probability Phi(ln(L / T) / sigma), T being its usual time.
        """
        cvs = (self.day_cv, self.cv_of(road_class), self.period_cv.get(period, 0.0))
        return round(math.sqrt(sum(_variance(cv) for cv in cvs)), 4)


STEADY = Variation(day_cv=0.0, class_cv=0.0, period_cv=MappingProxyType({}))
"""Speeds as the profile has them, always."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Draw:
    """One draw: the part of the week it falls in (`ALL_DAY`: no period's), and what speeds are multiplied by."""

    period: str
    factor: float
    class_factor: Mapping[str, float]


def draw_speeds(
    profile: SpeedProfile, variation: Variation, *, draws: int, seed: int, period: str | None = None
) -> tuple[Draw, ...]:
    """Draw speeds; the same seed gives the same draws, and more draws begin with the same ones.

    Parameters
    ----------
    profile
        Whose periods count.
    variation
        How much speeds vary.
    draws, seed
        How many, and from which seed.
    period
        A period of the profile; None for its speeds of the whole day; ``"week"`` for a minute of the week in each draw.

    Raises
    ------
    InputError
        When the profile has no such period, or a period that varies is known to nobody.

    Examples
    --------
    >>> from coverplan.roads.profiles import default_profiles
    >>> drive = default_profiles()["drive"]
    >>> [round(draw.factor, 3) for draw in draw_speeds(drive, Variation(day_cv=0.2), draws=2, seed=1)]
    [1.111, 0.93]
    """
    _check_periods(profile, variation, period)
    normal = _stream(seed, _SPEEDS).standard_normal((draws, 2 + len(ROAD_CLASSES)))
    hours = _hours(profile, _stream(seed, _HOURS).random(draws), period)
    place = {name: i for i, name in enumerate(ROAD_CLASSES)}
    found = []
    for z, hour in zip(normal, hours, strict=True):
        shared = _factor(variation.day_cv, z[0]) * _factor(variation.period_cv.get(hour, 0.0), z[1])
        classes = {
            name: _factor(variation.cv_of(name), z[2 + place.get(name.removesuffix(_LINK), i)])
            for name, i in place.items()
        }
        found.append(Draw(period=hour, factor=shared, class_factor=MappingProxyType(classes)))
    return tuple(found)


def at_draw(profile: SpeedProfile, draw: Draw) -> SpeedProfile:
    """Return a profile as it travels in a draw; speeds off the road stay as they are."""
    whole = at_period(profile, draw.period) if draw.period != ALL_DAY else profile
    drawn = {name: whole.class_factor.get(name, 1.0) * factor for name, factor in draw.class_factor.items()}
    classes = {**whole.class_factor, **drawn}
    return replace(whole, factor=whole.factor * draw.factor, class_factor=MappingProxyType(classes))


def draw_free(facility_id: str, vehicles: int, *, busy: float, draws: int, seed: int) -> Bool:
    """Say in which draws some vehicle of a facility is free, each being busy on its own account.

    The numbers hang on the facility's identifier and on which of its vehicles it is: other facilities, or one vehicle
    more, change nothing for those that were there.
    """
    who = int.from_bytes(blake2b(facility_id.encode(), digest_size=8).digest(), "big")
    free = np.zeros(draws, dtype=bool)
    for number in range(vehicles):
        free |= _stream(seed, _BUSY, who, number).random(draws) >= busy
    return free


def _stream(seed: int, *which: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *which])))


def _variance(cv: float) -> float:
    return math.log1p(cv * cv)


def _factor(cv: float, z: float) -> float:
    return math.exp(math.sqrt(_variance(cv)) * z)


def _hours(profile: SpeedProfile, at: Float, period: str | None) -> list[str]:
    if period != WEEK:
        return [period or ALL_DAY] * len(at)
    minutes = minutes_of_week(profile.periods)
    names, until = list(minutes), np.cumsum(list(minutes.values()))
    return [names[i] for i in np.searchsorted(until, at * until[-1], side="right")]


def _check_periods(profile: SpeedProfile, variation: Variation, period: str | None) -> None:
    if period not in {None, ALL_DAY, WEEK} and period not in profile.periods:
        hint = did_you_mean(str(period), [*profile.periods, WEEK])
        raise InputError([Problem(what=f"profile {profile.name}: there is no period '{period}'", hint=hint)])
    known = {*profile.periods, *default_periods()}
    wrong = [name for name in variation.period_cv if name not in known]
    if wrong:
        raise InputError(
            Problem(what=f"variation: there is no period '{name}'", hint=did_you_mean(name, known)) for name in wrong
        )
