"""Trips in; factors, errors before and after, and a better profile out; or a refusal that says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverplan.core.errors import Cancelled, InfeasibleError, InputError, Problem
from coverplan.core.model import SpeedProfile, Study
from coverplan.core.progress import SILENT, Progress
from coverplan.roads.network import Float, Int64, Network
from coverplan.travel.calibrate.fitting import Fit, Timed, clearly_less, fit, folds_of, misfit, predict, unseen
from coverplan.travel.calibrate.journeys import Journeys, Routed, first_ways, route, start_journeys, with_new_ways
from coverplan.travel.calibrate.shape import EVERYTHING, FEWEST_TRIPS, Shape, class_groups, periods_told
from coverplan.travel.calibrate.tables import doubts, errors_of, factor_table, trip_table
from coverplan.travel.calibrate.trips import Observed, observe
from coverplan.travel.router import find_profile

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "other_profile": "of another profile",
        "no_weight": "weight 0",
        "off_network": "a door is too far from any road",
        "not_connected": "no way from door to door",
        "same_place": "shorter than 200 m",
        "too_fast": "impossibly fast",
        "too_slow": "impossibly slow",
    }
)
"""Why a trip is left out."""
_NEAR_M = 200.0
_KPH = {"drive": (3.0, 150.0), "cycle": (3.0, 45.0), "walk": (1.0, 12.0)}
_MOST_ROUNDS = 8
_STABLE = 0.001
_BETTER_BY = 0.99
"""A fit must bring the misfit of unseen trips down by a hundredth at least."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibration:
    """What observed trips say about a profile's speeds.

    Attributes
    ----------
    profile
        The name of the profile.
    overall
        The one factor of time that suits all trips best: 1.3 means that trips take 1.3 times as long as modelled.
    factors
        One row per factor that was chosen: ``kind`` (``"roads"`` or ``"period"``), ``name``, ``road_classes``
        (separated by spaces), ``n_trips`` (on which it makes at least 5 % of the way), ``share_time`` (of all time on
        the road), ``time_factor`` with its 90 % interval ``low`` to ``high``, ``speed_factor`` (1 / time_factor).
    errors
        One row each for ``before``, ``after`` and ``unseen`` (every trip by factors fitted to the other folds):
        ``median_abs`` and ``mean_abs`` of modelled / observed - 1, ``bias`` (its median; above 0 = modelled too slow),
        as shares, weighted.
    candidates
        One row per choice of factors that was tried, from none: ``n_factors``, the errors of unseen trips, ``misfit``
        (mean absolute logarithm, by which the choice is made), ``chosen``.
    trips
        One row per trip, in their order: ``trip_id``, ``period``, ``observed_s``, ``before_s``, ``after_s``,
        ``unseen_s``, ``error_before``, ``error_after``, ``error_unseen`` (modelled / observed - 1), ``reason`` (empty
        for those that were used, else a key of `REASONS`).
    n_used, left_out
        How many trips were used, and how many were left out for each reason.
    notes
        What a reader should know: classes that share a factor, periods without one, factors that are hardly known.
    rounds, converged
        How often all trips were routed anew, and whether that ended because nothing changed.
    shape, fitted
        The choice of factors, and the factors; what `apply` works with.
    """

    profile: str
    overall: float
    factors: pd.DataFrame
    errors: pd.DataFrame
    candidates: pd.DataFrame
    trips: pd.DataFrame
    n_used: int
    left_out: Mapping[str, int]
    notes: tuple[str, ...]
    rounds: int
    converged: bool
    shape: Shape
    fitted: Fit


def calibrate(
    study: Study,
    network: Network,
    trips: pd.DataFrame,
    *,
    profile: str = "drive",
    folds: int = 5,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Calibration:
    """Fit a profile's speeds to trips that were timed.

    All trips are routed, factors of time are fitted (`travel.calibrate.fitting`), the trips are routed again at the new
    speeds, and so on until no new way turns up. Factors are tried from one for everything up to one per group of road
    classes and part of the week. The best on trips they have not seen are chosen, or fewer that are not worse by more
    than a standard error of the difference.

    Parameters
    ----------
    study, network
        The study and its roads, in the same projected CRS.
    trips
        As `travel.calibrate.trips.read_trips` gives them, in WGS-84; ``from_lon, from_lat, to_lon, to_lat, minutes``
        are enough.
    profile
        The profile to fit. Trips that name another are left out.
    folds, seed
        Into how many parts the trips are dealt for the test on unseen ones, and the seed of the deal.
    progress
        Is told about the rounds.

    Raises
    ------
    InputError
        When the trips cannot be understood, fewer than 10 can be used, or they join fewer pairs of places than there
        are folds.
    InfeasibleError
        When no choice of factors is clearly better than the profile as it is on trips it has not seen: by 1 % at least,
        and by more than a standard error.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> trips = pd.DataFrame({"from_lon": [118.5], "from_lat": [24.7], "to_lon": [118.52], "to_lat": [24.7],
    ...                       "minutes": [6]})
    >>> calibrate(study, cp.build_network(study), trips)
    Traceback (most recent call last):
    ...
    coverplan.core.errors.InputError: 1 problem
      1 of 1 trip can be used, and a fit needs 10 (add trips)
    """
    base = find_profile(study, profile)
    if folds < 2:
        raise ValueError("a test on unseen trips needs two folds at least")
    if network.crs.upper() != study.crs.upper():
        raise ValueError(f"the network is in {network.crs}, the study in {study.crs}; build it with the study's CRS")
    observed = observe(trips, study.crs, base, study.profiles)
    journeys = start_journeys(network, base, observed)
    before = route(journeys)
    reason = _reasons(observed, journeys, before)
    used = np.flatnonzero(reason == "")
    _check_enough(reason, len(np.unique(observed.pair[used])), folds)
    work = _Work(base=base, journeys=journeys.some(used), progress=progress)
    timed = Timed(
        ways=first_ways(_of(before, used)),
        time_s=observed.time_s[used],
        weight=observed.weight[used],
        period=observed.period[used],
    )
    shapes, reference, notes = _shapes(_of(before, used).seconds, timed.period)
    _, timed, rounds, _ = work.settle(timed, shapes[-1])
    fold = folds_of(observed.pair[used], folds, seed)
    candidates, blind = _try_out(timed, shapes, fold)
    chosen = int(np.flatnonzero(candidates["chosen"])[0])
    if chosen == 0:
        raise InfeasibleError(_no_better(profile, candidates))
    shape = shapes[chosen - 1]
    fitted, timed, more, converged = work.settle(timed, shape)
    after = route(work.journeys, _with_factors(base, fitted))
    times = {"before": before.value[used], "after": after.value, "unseen": blind[shape.name]}
    return Calibration(
        profile=profile,
        overall=float(fit(timed, EVERYTHING).group[0]),
        factors=factor_table(fitted, timed, reference),
        errors=pd.DataFrame([{"which": name, **errors_of(timed, time)} for name, time in times.items()]),
        candidates=candidates,
        trips=trip_table(observed, reason, used, times),
        n_used=len(used),
        left_out=MappingProxyType({name: int((reason == name).sum()) for name in REASONS if (reason == name).any()}),
        notes=(*notes, *doubts(fitted), *([] if converged else ["the ways had not settled after the last round"])),
        rounds=rounds + more,
        converged=converged,
        shape=shape,
        fitted=fitted,
    )


def apply(profile: SpeedProfile, calibration: Calibration) -> SpeedProfile:
    """Return a profile with the fitted factors in it, its quality ``measured``.

    Factors of road classes go into `class_factor` (one factor for everything into `factor`), those of parts of the week
    into the factors of `periods`; delays at junctions follow the factors.

    Raises
    ------
    ValueError
        When the calibration is of another profile.
    """
    if profile.name != calibration.profile:
        raise ValueError(f"the calibration is of the profile '{calibration.profile}', not '{profile.name}'")
    source = f"fitted to {calibration.n_used} observed trips ({calibration.shape.name})"
    return replace(
        _with_factors(profile, calibration.fitted),
        source=f"{profile.source}; {source}" if profile.source else source,
        quality="measured",
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Work:
    """The trips in use and the profile as it was."""

    base: SpeedProfile
    journeys: Journeys
    progress: Progress

    def settle(self, timed: Timed, shape: Shape) -> tuple[Fit, Timed, int, bool]:
        """Fit and route in turn until no trip finds a way that is better than those known by a thousandth."""
        for number in range(1, _MOST_ROUNDS + 1):
            if self.progress.cancelled():
                raise Cancelled("calibration was stopped")
            self.progress.message(f"fitting {shape.name}, round {number}")
            self.progress.advance(number, _MOST_ROUNDS)
            fitted = fit(timed, shape)
            routed = route(self.journeys, _with_factors(self.base, fitted))
            gain = 1 - routed.value / predict(timed, fitted)
            if gain.max() <= _STABLE:
                return fitted, timed, number, True
            ways, n_new = with_new_ways(timed.ways, routed)
            if not n_new:
                return fitted, timed, number, True
            timed = replace(timed, ways=ways)
        return fit(timed, shape), timed, _MOST_ROUNDS, False


def _of(routed: Routed, which: Int64) -> Routed:
    return Routed(**{name: column[which] for name, column in vars(routed).items()})


def _reasons(observed: Observed, journeys: Journeys, before: Routed) -> npt.NDArray[np.object_]:
    """Say why each trip is left out; the first reason counts, empty for those that are used."""
    slow, fast = _KPH[journeys.profile.mode]
    kph = before.metres / observed.time_s * 3.6
    straight = np.hypot(*(observed.to_xy - observed.from_xy))
    found = {
        "other_profile": (observed.profile != "") & (observed.profile != journeys.profile.name),
        "no_weight": observed.weight <= 0,
        "off_network": (journeys.origins.edge < 0) | (journeys.destinations.edge < 0),
        "not_connected": ~np.isfinite(before.value),
        "same_place": straight < _NEAR_M,
        "too_fast": kph > fast,
        "too_slow": kph < slow,
    }
    return np.select(list(found.values()), list(found), default="").astype(object)


def _check_enough(reason: npt.NDArray[np.object_], n_pairs: int, folds: int) -> None:
    n_used = int((reason == "").sum())
    if n_used < FEWEST_TRIPS:
        left = [f"{(reason == name).sum()} {why}" for name, why in REASONS.items() if (reason == name).any()]
        of = f"{n_used} of {len(reason)} trip{'' if len(reason) == 1 else 's'}"
        hint = f"left out: {', '.join(left)}" if left else "add trips"
        raise InputError([Problem(what=f"{of} can be used, and a fit needs {FEWEST_TRIPS}", hint=hint)])
    if n_pairs < folds:
        what = f"the {n_used} trips join {n_pairs} pair{'' if n_pairs == 1 else 's'} of places, and a fit needs {folds}"
        raise InputError([Problem(what=what, hint="add trips between other places")])


def _shapes(seconds: Float, period: npt.NDArray[np.object_]) -> tuple[list[Shape], str, list[str]]:
    """Choose what to try, from few factors to many."""
    classes, notes = class_groups(seconds)
    periods, reference, more = periods_told(period)
    shapes = [EVERYTHING] if len(classes.groups) == 1 else [EVERYTHING, classes]
    if periods:
        timed = [replace(shape, name=f"{shape.name}, by period", periods=periods) for shape in shapes]
        shapes = [*shapes, *timed]
    return shapes, reference, [*notes, *more]


def _try_out(timed: Timed, shapes: list[Shape], fold: Int64) -> tuple[pd.DataFrame, dict[str, Float]]:
    """Hold every choice of factors against trips it has not seen; none is the first row."""
    blind = {"none": predict(timed, None), **{shape.name: unseen(timed, shape, fold) for shape in shapes}}
    off = [misfit(timed, time) for time in blind.values()]
    figures = [float(np.average(one, weights=timed.weight)) for one in off]
    best = 1 + int(np.argmin(figures[1:]))
    chosen = next(i for i in range(1, best + 1) if i == best or not clearly_less(off[best], off[i], timed.weight))
    better = figures[chosen] <= figures[0] * _BETTER_BY and clearly_less(off[chosen], off[0], timed.weight)
    table = pd.DataFrame([errors_of(timed, time) for time in blind.values()])
    table.insert(0, "name", list(blind))
    table.insert(1, "n_factors", [0, *(shape.n_factors for shape in shapes)])
    return table.assign(misfit=figures, chosen=np.arange(len(blind)) == (chosen if better else 0)), blind


def _no_better(profile: str, candidates: pd.DataFrame) -> str:
    best = candidates.iloc[1:].sort_values("misfit").iloc[0]
    before = candidates.iloc[0]
    return (
        f"no factors do better than the profile '{profile}' as it is: on trips they have not seen the best choice "
        f"({best['name']}) is off by {best['mean_abs']:.1%} on average, the profile by {before['mean_abs']:.1%}. "
        "Keep the profile, or bring more trips, over more kinds of road"
    )


def _with_factors(profile: SpeedProfile, fitted: Fit) -> SpeedProfile:
    shape = fitted.shape
    factor, class_factor = profile.factor, dict(profile.class_factor)
    if len(shape.groups) == 1:
        factor /= float(fitted.group[0])
    else:
        for group, time_factor in zip(shape.groups, fitted.group.tolist(), strict=True):
            class_factor |= {name: profile.class_factor.get(name, 1.0) / time_factor for name in group}
    periods = dict(profile.periods)
    for name, time_factor in zip(shape.periods, fitted.period.tolist(), strict=True):
        if name:
            periods[name] = replace(periods[name], factor=periods[name].factor / time_factor)
    return replace(
        profile,
        factor=factor,
        class_factor=MappingProxyType(class_factor),
        periods=MappingProxyType(periods),
    )
