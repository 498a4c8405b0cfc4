"""Speed profiles as tables: those that come with coverplan, those of a user laid over them, and parts of the week."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from coverplan.core.checks import check_table
from coverplan.core.errors import InputError, Problem, ProblemList, did_you_mean
from coverplan.core.hours import DAY_MINUTES, minutes_of_day, read_days, read_spans
from coverplan.core.model import Period, SpeedProfile
from coverplan.core.tables import PERIODS, SPEEDS, Table
from coverplan.core.words import ROAD_CLASSES

_OF_PROFILE = ("mode", "offroad_kph", "max_offroad_m", "quality")
_OF_WHOLE_DAY = ("kph", "junction_s", "maxspeed_share")


def default_profiles() -> dict[str, SpeedProfile]:
    """Return the profiles that come with coverplan: `drive`, `ambulance`, `ambulance_siren`, `walk` and `e_bike`.

    They stand in `configs/profiles/china.csv` with the reason of every figure; `docs/speeds.md` explains them. Driving
    speeds are running speeds of an ordinary day, signals and crossings included, so no junction delay is added; they
    are estimates of ours, not measurements, and a study may set its own. Paths count only where a sign opens them to
    cars. The ambulance drives like everyone else; with siren it is 1.15 times as fast. Walking is 1.2 m/s (4.32 km/h)
    on every class, motorways too, because who may walk where is said by the network.

    Examples
    --------
    >>> profiles = default_profiles()
    >>> list(profiles), profiles["drive"].kph["primary"], profiles["walk"].kph["steps"]
    (['drive', 'ambulance', 'ambulance_siren', 'walk', 'e_bike'], 45.0, 4.32)
    >>> list(profiles["drive"].periods), profiles["drive"].periods["morning_peak"].class_factor["primary"]
    (['morning_peak', 'midday', 'evening_peak', 'night'], 0.75)
    """
    return dict(_own_profiles())


def default_periods() -> dict[str, Period]:
    """Return the parts of the week that come with coverplan, without any factor: `configs/profiles/periods.csv`."""
    return dict(_own_periods())


def at_period(profile: SpeedProfile, period: str) -> SpeedProfile:
    """Return a profile as it travels in one of its periods: the period's factors are multiplied in.

    Raises
    ------
    InputError
        When the profile has no such period.

    Examples
    --------
    >>> drive = default_profiles()["drive"]
    >>> at_period(drive, "morning_peak").class_factor["primary"]
    0.75
    """
    if period not in profile.periods:
        known = did_you_mean(period, profile.periods) or "the profile has no periods"
        raise InputError([Problem(what=f"profile {profile.name}: there is no period '{period}'", hint=known)])
    chosen = profile.periods[period]
    classes = {
        name: profile.class_factor.get(name, 1.0) * chosen.class_factor.get(name, 1.0)
        for name in ROAD_CLASSES
        if name in profile.class_factor or name in chosen.class_factor
    }
    return replace(
        profile,
        factor=profile.factor * chosen.factor,
        class_factor=MappingProxyType(classes),
        periods=MappingProxyType({}),
        period=period,
    )


def periods_from_table(
    frame: pd.DataFrame, *, file: str, problems: ProblemList, first_row: int = 2
) -> dict[str, Period]:
    """Make periods from a table that was held against `core.tables.PERIODS`.

    Days and hours that cannot be read, and periods that overlap, are problems; the index of the frame counts records
    from 0, as `core.checks.check_table` leaves it.
    """
    periods: dict[str, Period] = {}
    week = np.full((7, DAY_MINUTES), -1)
    for record, row in zip(frame.index.to_list(), frame.to_dict("records"), strict=True):
        if pd.isna(row["period"]) or pd.isna(row["hours"]):
            continue
        where: dict[str, Any] = {"file": file, "row": first_row + int(record)}
        days, spans = read_days(str(row["days"])), read_spans(str(row["hours"]))
        if days is None:
            hint = "write mon-fri, sat;sun, daily, 工作日, 周末 or 周一至周五"
            problems.add(f"'{row['days']}' names no days", **where, column="days", hint=hint)
        if spans is None:
            hint = "write 07:00-09:00, several separated by semicolons"
            problems.add(f"'{row['hours']}' is not from one time to another", **where, column="hours", hint=hint)
        if days is None or spans is None:
            continue
        zh = "" if pd.isna(row["name"]) else str(row["name"])
        made = Period(name=str(row["period"]), zh=zh, weekdays=days, spans=spans)
        earlier = _mark(week, made, len(periods))
        if earlier is not None:
            what = f"'{made.name}' overlaps '{list(periods)[earlier]}'"
            problems.add(what, **where, column="hours", hint="a minute belongs to one period at most")
        periods[made.name] = made
    return periods


@dataclass(frozen=True, kw_only=True)
class _Sheet:
    """The rows of a speed table, where they stand, and where their problems go."""

    rows: Mapping[int, dict[str, Any]]
    file: str
    first_row: int
    problems: ProblemList

    def refuse(self, record: int, what: str, column: str, hint: str | None = None) -> None:
        self.problems.add(what, file=self.file, row=self.first_row + record, column=column, hint=hint)


def profiles_from_table(
    frame: pd.DataFrame,
    *,
    periods: Mapping[str, Period],
    base: Mapping[str, SpeedProfile],
    file: str,
    problems: ProblemList,
    first_row: int = 2,
) -> dict[str, SpeedProfile]:
    """Lay a table that was held against `core.tables.SPEEDS` over known profiles.

    Parameters
    ----------
    frame
        The table; an empty cell changes nothing. A profile that is not in `base` needs its mode and a speed.
    periods
        The parts of the week there are. Every profile gets all of them, with the factors it had under that name.
    base
        The profiles to lay it over.
    file, problems, first_row
        How problems name the file, where they go, and the row of record 0.

    Returns
    -------
    dict
        The profiles of `base` and the new ones, in that order.
    """
    rows = {int(record): row for record, row in zip(frame.index.to_list(), _records(frame), strict=True)}
    # A row with a cell that could not be read would be taken for something else.
    refused = {problem.row for problem in problems if problem.file == file}
    rows = {record: row for record, row in rows.items() if row.get("profile") and first_row + record not in refused}
    sheet = _Sheet(rows=rows, file=file, first_row=first_row, problems=problems)
    _check_rows(sheet, periods)
    profiles = {name: with_periods(profile, periods) for name, profile in base.items()}
    for name in dict.fromkeys(row["profile"] for row in rows.values()):
        own = {record: row for record, row in rows.items() if row["profile"] == name}
        start = profiles.get(name) or _new_profile(name, own, sheet, base, periods)
        if start is not None:
            profiles[name] = _laid_over(start, list(own.values()), file)
    return profiles


def with_periods(profile: SpeedProfile, periods: Mapping[str, Period]) -> SpeedProfile:
    """Give a profile other parts of the week; factors stay with the periods whose names stay."""

    def keeping(period: Period) -> Period:
        had = profile.periods.get(period.name, period)
        return replace(period, factor=had.factor, class_factor=had.class_factor)

    return replace(profile, periods=MappingProxyType({name: keeping(period) for name, period in periods.items()}))


def profile_table(profiles: Iterable[SpeedProfile]) -> pd.DataFrame:
    """Write profiles out as the table that `profiles_from_table` reads; reading it gives the same profiles.

    Returns
    -------
    DataFrame
        The columns of `core.tables.SPEEDS`; closed classes have the speed 0.

    Examples
    --------
    >>> table = profile_table([default_profiles()["walk"]])
    >>> table.loc[0, ["profile", "mode"]].tolist(), len(table)
    (['walk', 'walk'], 25)
    """
    rows: list[dict[str, Any]] = []
    for profile in profiles:
        of_profile = {name: getattr(profile, name) for name in ("mode", "factor", "maxspeed_share", *_OF_PROFILE[1:])}
        rows.append({"profile": profile.name, **of_profile, "reason": profile.source or None})
        for name in ROAD_CLASSES:
            row: dict[str, Any] = {"profile": profile.name, "road_class": name}
            row |= {"kph": profile.kph.get(name, 0.0), "factor": profile.class_factor.get(name, 1.0)}
            row["maxspeed_share"] = profile.class_maxspeed_share.get(name)
            rows.append({**row, "junction_s": profile.junction_s.get(name)})
        for period in profile.periods.values():
            rows.append({"profile": profile.name, "period": period.name, "factor": period.factor})
            for name, factor in period.class_factor.items():
                rows.append({"profile": profile.name, "period": period.name, "road_class": name, "factor": factor})
    return pd.DataFrame(rows, columns=list(SPEEDS.names))


@lru_cache(maxsize=1)
def _own_profiles() -> Mapping[str, SpeedProfile]:
    problems = ProblemList()
    frame = _own_table("china.csv", SPEEDS, problems)
    made = profiles_from_table(frame, periods=_own_periods(), base={}, file="china.csv", problems=problems)
    problems.raise_if_any()
    return MappingProxyType(made)


@lru_cache(maxsize=1)
def _own_periods() -> Mapping[str, Period]:
    problems = ProblemList()
    periods = periods_from_table(_own_table("periods.csv", PERIODS, problems), file="periods.csv", problems=problems)
    problems.raise_if_any()
    return MappingProxyType(periods)


def profiles_folder() -> Path:
    """Return the folder of the profile tables: packed into the wheel, or `configs/profiles` of the checkout."""
    package = Path(__file__).resolve().parents[1]
    packed = package / "_bundle"
    return (packed if packed.is_dir() else package.parents[2]) / "configs" / "profiles"


def _own_table(name: str, table: Table, problems: ProblemList) -> pd.DataFrame:
    text = pd.read_csv(profiles_folder() / name, dtype="str", keep_default_na=False, encoding="utf-8")
    return check_table(text, table, file=name, problems=problems)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows without their empty cells."""
    return [{str(k): v for k, v in row.items() if not pd.isna(v)} for row in frame.to_dict("records")]


def _check_rows(sheet: _Sheet, periods: Mapping[str, Period]) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    for record, row in sheet.rows.items():
        period, road_class = row.get("period"), row.get("road_class")
        if period is not None and period not in periods:
            sheet.refuse(record, f"'{period}' is not a period", "period", did_you_mean(period, periods))
        if period is not None:
            for column in (name for name in _OF_WHOLE_DAY if name in row):
                sheet.refuse(record, "a period has no such figure of its own", column, "give it a factor")
        if period is not None or road_class is not None:
            for column in (name for name in _OF_PROFILE if name in row):
                hint = "put it in a row of the profile without road class and period"
                sheet.refuse(record, "it belongs to the whole profile", column, hint)
        key = (row["profile"], period, road_class)
        if key in seen:
            told = f"the same profile, period and class stand in row {sheet.first_row + seen[key]} already"
            sheet.refuse(record, told, "profile")
        seen.setdefault(key, record)


def _new_profile(
    name: str,
    rows: Mapping[int, dict[str, Any]],
    sheet: _Sheet,
    base: Mapping[str, SpeedProfile],
    periods: Mapping[str, Period],
) -> SpeedProfile | None:
    mode = next((row["mode"] for row in rows.values() if "mode" in row), None)
    first = next(iter(rows))
    if mode is None:
        hint = did_you_mean(name, base) or "give it a row with its mode"
        sheet.refuse(first, f"'{name}' is not a profile, and a new one needs its mode", "profile", hint)
        return None
    if not any(row.get("kph", 0) > 0 for row in rows.values()):
        sheet.refuse(first, f"the new profile '{name}' has no speed on any road class", "kph")
        return None
    return with_periods(SpeedProfile(name=name, mode=mode, kph={}), periods)


def _laid_over(profile: SpeedProfile, rows: list[dict[str, Any]], file: str) -> SpeedProfile:
    """Return the profile with the changes of its rows; those about everything come before those about one class."""
    changes: dict[str, Any] = {"source": f"as in {file}"}
    kph: dict[str, float] = dict(profile.kph)
    class_factor: dict[str, float] = dict(profile.class_factor)
    class_share: dict[str, float] = dict(profile.class_maxspeed_share)
    junction_s: dict[str, float] = dict(profile.junction_s)
    for row in sorted((row for row in rows if "period" not in row), key=lambda row: "road_class" in row):
        name = row.get("road_class")
        classes = tuple(ROAD_CLASSES) if name is None else (str(name),)
        for column, values in (("kph", kph), ("junction_s", junction_s)):
            if column in row:
                values.update(dict.fromkeys(classes, float(row[column])))
        if name is None:
            changes |= {column: row[column] for column in ("factor", "maxspeed_share", *_OF_PROFILE) if column in row}
            changes["source"] = row.get("reason", changes["source"])
            if "maxspeed_share" in row:
                class_share.clear()
            continue
        if "factor" in row:
            class_factor[name] = row["factor"]
        if "maxspeed_share" in row:
            class_share[name] = row["maxspeed_share"]
    return replace(
        profile,
        **changes,
        kph=MappingProxyType({name: value for name, value in kph.items() if value > 0}),
        class_factor=MappingProxyType({name: value for name, value in class_factor.items() if value != 1}),
        class_maxspeed_share=MappingProxyType(class_share),
        junction_s=MappingProxyType({name: value for name, value in junction_s.items() if value > 0}),
        periods=MappingProxyType(_periods_laid_over(profile.periods, rows)),
    )


def _periods_laid_over(periods: Mapping[str, Period], rows: list[dict[str, Any]]) -> dict[str, Period]:
    changed = dict(periods)
    for row in rows:
        period = changed.get(row.get("period", ""))
        if period is None or "factor" not in row:
            continue
        if "road_class" in row:
            class_factor = MappingProxyType({**period.class_factor, row["road_class"]: row["factor"]})
            changed[period.name] = replace(period, class_factor=class_factor)
        else:
            changed[period.name] = replace(period, factor=row["factor"])
    return changed


def _mark(week: np.ndarray, period: Period, number: int) -> int | None:
    """Mark a period in the week, minute by minute; return the number of one that was there already."""
    minutes = minutes_of_day(period.spans)
    days = week[list(period.weekdays)]
    taken = days[:, minutes]
    days[:, minutes] = number
    week[list(period.weekdays)] = days
    return int(taken.max()) if taken.size and taken.max() >= 0 else None
