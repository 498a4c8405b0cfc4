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
from coverplan.core.speed_tables import PERIODS, SPEEDS
from coverplan.core.tables import Table
from coverplan.core.units import WGS84
from coverplan.inputs.config import ProfileSection, StudyConfig
from coverplan.inputs.records import Records, read_records
from coverplan.inputs.yaml import Lines
from coverplan.roads.profiles import default_periods, default_profiles, periods_from_table, profiles_from_table


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
    if week is not None:
        periods = periods_from_table(week.frame, file=week.file, problems=problems, first_row=week.first_row)
    speeds = desk.read(section.file, "file", SPEEDS)
    frame = SPEEDS_NOT_GIVEN if speeds is None else speeds.frame
    del frame
    return MappingProxyType(profiles), []
