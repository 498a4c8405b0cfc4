"""The speed profiles of a study: those that come with coverplan, tables of its own, and changes in its config."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from coverplan.core import words
from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.core.model import Period, SpeedProfile
from coverplan.core.tables import PERIODS, SPEEDS, Table
from coverplan.core.units import WGS84
from coverplan.inputs.config import PeriodSection, ProfileSection, StudyConfig
from coverplan.inputs.records import Records, read_records
from coverplan.inputs.yaml import Lines
from coverplan.roads.profiles import (
    default_periods,
    default_profiles,
    periods_from_table,
    profiles_from_table,
    with_periods,
)


@dataclass(frozen=True, kw_only=True)
class _Desk:
    """Where the profiles of one config are read from, and where its problems go."""

    config: StudyConfig
    lines: Lines
    folder: Path
    problems: ProblemList
    notes: ProblemList

    def refuse(self, what: str, *key: str, hint: str | None = None) -> None:
        file, row = self.lines.file, self.lines.line(*key)
        self.problems.add(what, file=file, row=row, column=".".join(key), hint=hint)

    def read(self, name: str | None, key: str, table: Table) -> Records | None:
        """Read a table that the config names, relative to itself."""
        if name is None:
            return None
        path = self.folder / name
        if not path.is_file():
            siblings = [path.name for path in path.parent.glob("*")] if path.parent.is_dir() else []
            hint = did_you_mean(path.name, siblings)
            hint = hint if hint and "mean" in hint else "the path is relative to the config file"
            return self.refuse(f"there is no file '{name}'", "profiles", key, hint=hint)
        return read_records(path, table, crs=WGS84, problems=self.problems, file=name, notes=self.notes)


def study_profiles(
    config: StudyConfig, lines: Lines, folder: Path, problems: ProblemList, notes: ProblemList
) -> tuple[Mapping[str, SpeedProfile], list[Path]]:
    """Make the speed profiles that a config asks for.

    The tables of periods and of speeds come first (`profiles: {periods: ..., file: ...}`), the changes in the config
    itself are laid over them. A table of periods takes the place of the usual parts of the week.

    Parameters
    ----------
    config, lines
        The config, and where its keys stand.
    folder
        The config's folder, which the files are relative to.
    problems, notes
        What is wrong, and what is worth saying.

    Returns
    -------
    profiles
        By name.
    files
        The tables that were read.
    """
    desk = _Desk(config=config, lines=lines, folder=folder, problems=problems, notes=notes)
    section = config.profiles
    profiles, periods = default_profiles(), default_periods()
    week = desk.read(section.periods, "periods", PERIODS)
    if week is not None and week.complete:
        periods = periods_from_table(week.frame, file=week.file, problems=problems, first_row=week.first_row)
        profiles = {name: with_periods(profile, periods) for name, profile in profiles.items()}
    speeds = desk.read(section.file, "file", SPEEDS)
    if speeds is not None:
        profiles = profiles_from_table(
            speeds.frame,
            periods=periods,
            base=profiles,
            file=speeds.file,
            problems=problems,
            first_row=speeds.first_row,
        )
    for name, changes in section.changes.items():
        if name in profiles:
            _check_names(desk, name, changes, profiles[name].periods)
            profiles[name] = _changed(profiles[name], changes, lines.file)
        else:
            desk.refuse(f"unknown profile '{name}'", "profiles", name, hint=did_you_mean(name, profiles))
    files = [folder / name for name in (section.periods, section.file) if name and (folder / name).is_file()]
    return MappingProxyType(profiles), files


def _check_names(desk: _Desk, name: str, changes: ProfileSection, periods: Mapping[str, Period]) -> None:
    """Note the road classes and periods that are none."""
    of_periods = [(("periods", period, "class_factor"), part.class_factor) for period, part in changes.periods.items()]
    named: list[tuple[tuple[str, ...], Iterable[str]]] = [
        *((("kph",), changes.kph), (("class_factor",), changes.class_factor), (("junction_s",), changes.junction_s)),
        (("class_maxspeed_share",), changes.class_maxspeed_share),
        *of_periods,
    ]
    for key, classes in named:
        for road_class in classes:
            if road_class not in words.ROAD_CLASSES:
                hint = did_you_mean(road_class, words.ROAD_CLASSES)
                desk.refuse(f"unknown road class '{road_class}'", "profiles", name, *key, road_class, hint=hint)
    for period in changes.periods:
        if period not in periods:
            hint = did_you_mean(period, periods)
            desk.refuse(f"unknown period '{period}'", "profiles", name, "periods", period, hint=hint)


def _changed(profile: SpeedProfile, changes: ProfileSection, file: str) -> SpeedProfile:
    plain: dict[str, Any] = changes.model_dump(
        exclude_none=True, include={"maxspeed_share", "factor", "offroad_kph", "max_offroad_m", "obeys_turns"}
    )
    kph = {**profile.kph, **changes.kph}
    # Whoever says what every limit is worth means motorways too.
    shares = profile.class_maxspeed_share if changes.maxspeed_share is None else {}
    periods = {
        name: _changed_period(period, changes.periods[name]) if name in changes.periods else period
        for name, period in profile.periods.items()
    }
    return replace(
        profile,
        **plain,
        kph=MappingProxyType({name: value for name, value in kph.items() if value is not None}),
        class_maxspeed_share=MappingProxyType({**shares, **changes.class_maxspeed_share}),
        class_factor=MappingProxyType({**profile.class_factor, **changes.class_factor}),
        junction_s=MappingProxyType({**profile.junction_s, **changes.junction_s}),
        turn_s=MappingProxyType({**profile.turn_s, **changes.turn_s}),
        periods=MappingProxyType(periods),
        source=f"{profile.source}; changed in {file}" if changes.model_fields_set else profile.source,
    )


def _changed_period(period: Period, changes: PeriodSection) -> Period:
    class_factor = MappingProxyType({**period.class_factor, **changes.class_factor})
    factor = period.factor if changes.factor is None else changes.factor
    return replace(period, factor=factor, class_factor=class_factor)
