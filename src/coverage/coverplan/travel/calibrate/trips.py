"""Trips that were timed, as users bring them: read, checked, and put into the study's terms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverplan.core.datum import to_wgs84
from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.core.model import SpeedProfile
from coverplan.core.tables import TRIPS
from coverplan.core.units import SECONDS_PER_MINUTE, WGS84, project
from coverplan.inputs.records import read_records
from coverplan.roads.network import Float

_DATE = r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
_DEPARTURE = re.compile(rf"(?:{_DATE}[T\s]*)?(\d{{1,2}})[:时](\d{{2}})分?(?::\d{{2}}(?:\.\d+)?)?")
_WORKING_DAY = 2
_PLACES = ("from_lon", "from_lat", "to_lon", "to_lat")


@dataclass(frozen=True, kw_only=True, eq=False)
class Observed:
    """k trips in the study's terms.

    Attributes
    ----------
    trip_id : (k,) str
    from_xy, to_xy : (2, k) float64
        Where they began and ended, in metres of the study's CRS.
    pair : (k,) int64
        The same number for trips between the same two places (to about 10 m).
    time_s : (k,) float64
        How long they took.
    weight : (k,) float64
    period : (k,) str
        The part of the week in which they began, empty for none or when they do not say.
    profile : (k,) str
        Who travelled, empty when they do not say.
    """

    trip_id: npt.NDArray[np.object_]
    from_xy: Float
    to_xy: Float
    pair: npt.NDArray[np.int64]
    time_s: Float
    weight: Float
    period: npt.NDArray[np.object_]
    profile: npt.NDArray[np.object_]


def read_trips(path: str | Path, *, notes: ProblemList | None = None) -> pd.DataFrame:
    """Read a table of trips (columns: `core.tables.TRIPS`), its positions turned into WGS-84.

    Parameters
    ----------
    path
        A CSV file, or whatever else `inputs.records.read_table` reads. Chinese headings are understood.
    notes
        Takes what is worth saying and stops nothing.

    Returns
    -------
    DataFrame
        The declared columns, index 0..n-1; trips without a number are called by their row.

    Raises
    ------
    InputError
        With every problem of the table at once.
    """
    problems = ProblemList()
    records = read_records(path, TRIPS, crs=WGS84, problems=problems, notes=notes)
    frame = records.frame.copy()
    _departures(frame["departure"], problems, file=records.file, first_row=records.first_row)
    if records.complete and frame.empty and not problems:
        problems.add("the table holds no trips", file=records.file)
    problems.raise_if_any()
    rows = pd.Series([f"row {records.row(record)}" for record in frame.index], index=frame.index, dtype="str")
    frame["trip_id"] = frame["trip_id"].fillna(rows)
    for lon, lat in (_PLACES[:2], _PLACES[2:]):
        for name in frame["datum"].unique():
            here = frame["datum"] == name
            there = to_wgs84(frame.loc[here, lon].to_numpy(), frame.loc[here, lat].to_numpy(), str(name))
            frame.loc[here, lon], frame.loc[here, lat] = there
    return frame.assign(datum="wgs84").reset_index(drop=True)


def observe(trips: pd.DataFrame, crs: str, profile: SpeedProfile, known: Iterable[str]) -> Observed:
    """Put trips into the terms of a study; `known` are the names of its profiles.

    Raises
    ------
    InputError
        When a needed column is missing or not a number, a departure cannot be read, or a trip names a profile that the
        study does not have.
    """
    problems = ProblemList()
    for name in (*_PLACES, "minutes"):
        if name not in trips:
            problems.add("the column is missing", column=name, hint=f"trips need: {', '.join((*_PLACES, 'minutes'))}")
        elif not np.isfinite(pd.to_numeric(trips[name], errors="coerce")).all():
            problems.add("a cell is not a number", column=name)
    n = len(trips)
    empty = pd.Series(np.nan, index=trips.index, dtype="str")
    text: Mapping[str, Any] = {name: trips.get(name, empty) for name in ("trip_id", "departure", "profile")}
    moments = _departures(text["departure"], problems)
    who = text["profile"].fillna("").astype("str")
    names = list(known)
    for name in (name for name in who.unique() if name and name not in names):
        problems.add(f"'{name}' is not a speed profile", column="profile", hint=did_you_mean(name, names))
    problems.raise_if_any()
    degrees = {name: trips[name].to_numpy(dtype=float) for name in _PLACES}
    from_xy = np.array(project(degrees["from_lon"], degrees["from_lat"], crs))
    to_xy = np.array(project(degrees["to_lon"], degrees["to_lat"], crs))
    _, pair = np.unique(np.rint(np.concatenate([from_xy, to_xy]).T / 10), axis=0, return_inverse=True)
    numbered = pd.Series([f"trip {i + 1}" for i in range(n)], index=trips.index, dtype="str")
    return Observed(
        trip_id=text["trip_id"].fillna(numbered).to_numpy(dtype=object),
        from_xy=from_xy,
        to_xy=to_xy,
        pair=pair.reshape(-1),
        time_s=trips["minutes"].to_numpy(dtype=float) * SECONDS_PER_MINUTE,
        weight=trips["weight"].fillna(1.0).to_numpy(dtype=float) if "weight" in trips else np.ones(n),
        period=np.array([_period(moment, profile) for moment in moments], dtype=object),
        profile=who.to_numpy(dtype=object),
    )


def _period(moment: tuple[int, int] | None, profile: SpeedProfile) -> str:
    if moment is None:
        return ""
    return next((name for name, period in profile.periods.items() if period.holds(*moment)), "")


def _departures(
    cells: pd.Series, problems: ProblemList, *, file: str | None = None, first_row: int = 1
) -> list[tuple[int, int] | None]:
    """Return weekday and minute of every departure, None where none is given; a time alone is of a working day."""
    moments: list[tuple[int, int] | None] = []
    for record, cell in zip(cells.index.to_list(), cells.to_list(), strict=True):
        text = "" if pd.isna(cell) else unicodedata.normalize("NFKC", str(cell)).strip()
        moment = _moment(text)
        if text and moment is None:
            hint = "write 2024-03-05 07:40, or 07:40 for a working day"
            row = None if file is None else first_row + int(record)
            problems.add(f"'{cell}' is not a time of departure", file=file, row=row, column="departure", hint=hint)
        moments.append(moment)
    return moments


def _moment(text: str) -> tuple[int, int] | None:
    match = _DEPARTURE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute = match.groups()
    if int(hour) > 23 or int(minute) > 59:
        return None
    try:
        weekday = _WORKING_DAY if year is None else date(int(year), int(month), int(day)).weekday()
    except ValueError:
        return None
    return weekday, int(hour) * 60 + int(minute)
