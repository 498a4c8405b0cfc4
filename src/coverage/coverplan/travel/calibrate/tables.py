"""What a calibration shows: a row per factor and per trip, errors, and what to be careful about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.network import Float, Int64
from coverplan.travel.calibrate.fitting import LEAST, MOST, Fit, Timed
from coverplan.travel.calibrate.trips import Observed

_COUNTS_FROM = 0.05
_LOOSE = 1.5


def errors_of(timed: Timed, modelled: Float) -> dict[str, float]:
    """Return how far modelled times are off, as shares: median and mean of the absolute error, median of the error."""
    error = modelled / timed.time_s - 1
    return {
        "median_abs": _median(np.abs(error), timed.weight),
        "mean_abs": float(np.average(np.abs(error), weights=timed.weight)),
        "bias": _median(error, timed.weight),
    }


def factor_table(fitted: Fit, timed: Timed, reference: str) -> pd.DataFrame:
    """Return one row per factor: road classes first, then parts of the week with the one they are held against."""
    shape = fitted.shape
    seconds = timed.ways.seconds[timed.ways.start] @ shape.members()
    part = seconds / np.maximum(seconds.sum(axis=1, keepdims=True), 1e-9)
    rows = [
        {
            "kind": "roads",
            "name": shape.labels[i],
            "road_classes": " ".join(name for name in ROAD_CLASSES if name in group),
            "n_trips": int((part[:, i] >= _COUNTS_FROM).sum()),
            "share_time": float(seconds[:, i].sum() / seconds.sum()),
            "time_factor": float(fitted.group[i]),
            "low": float(fitted.group_low[i]),
            "high": float(fitted.group_high[i]),
        }
        for i, group in enumerate(shape.groups)
    ]
    told = dict(zip(shape.periods, zip(fitted.period, fitted.period_low, fitted.period_high, strict=True), strict=True))
    for name in [reference, *shape.periods] if shape.periods else []:
        factor, low, high = (float(x) for x in told.get(name, (1.0, 1.0, 1.0)))
        here = timed.period == name
        rows.append(
            {
                "kind": "period",
                "name": name or "whole day",
                "road_classes": "",
                "n_trips": int(here.sum()),
                "share_time": float(seconds[here].sum() / seconds.sum()),
                "time_factor": factor,
                "low": low,
                "high": high,
            }
        )
    table = pd.DataFrame(rows)
    return table.assign(speed_factor=1 / table["time_factor"])


def trip_table(
    observed: Observed, reason: npt.NDArray[np.object_], used: Int64, times: Mapping[str, Float]
) -> pd.DataFrame:
    """Return one row per trip with its modelled times and errors, missing where it was left out."""
    table = pd.DataFrame(
        {
            "trip_id": pd.Series(observed.trip_id, dtype="str"),
            "period": pd.Series(observed.period, dtype="str"),
            "observed_s": observed.time_s,
        }
    )
    for name, time in times.items():
        column = np.full(len(table), np.nan)
        column[used] = time
        table[f"{name}_s"] = column
    for name in times:
        table[f"error_{name}"] = table[f"{name}_s"] / table["observed_s"] - 1
    return table.assign(reason=pd.Series(reason, dtype="str"))


def doubts(fitted: Fit) -> list[str]:
    """Name the factors that are hardly known, or stand at the end of what is allowed."""
    notes = []
    named = zip(
        (*fitted.shape.labels, *fitted.shape.periods),
        np.concatenate([fitted.group, fitted.period]).tolist(),
        np.concatenate([fitted.group_low, fitted.period_low]).tolist(),
        np.concatenate([fitted.group_high, fitted.period_high]).tolist(),
        strict=True,
    )
    for name, factor, low, high in named:
        if not LEAST * 1.01 < factor < MOST * 0.99:
            notes.append(f"{name}: the factor {factor:.2f} stands at the end of what is allowed; look at these trips")
        elif high / low > _LOOSE:
            notes.append(f"{name}: hardly known, between {low:.2f} and {high:.2f}")
    return notes


def _median(values: Float, weights: Float) -> float:
    order = np.argsort(values)
    summed = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(summed, summed[-1] / 2)])
