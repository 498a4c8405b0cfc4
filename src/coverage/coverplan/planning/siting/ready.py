"""Siting problems read from files, and the study that each is about."""

from __future__ import annotations

from pathlib import Path

from coverplan.core.errors import InputError, Problem
from coverplan.planning.siting.form import Siting, read_siting


def read_problem(path: str | Path) -> tuple[Siting, Path]:
    """Read a siting problem and say where its study's config is.

    Raises
    ------
    InputError
        When the file is wrong, or names no study.
    """
    path = Path(path)
    asked = read_siting(path)
    if asked.study is None:
        raise InputError([Problem(what="the key is missing", file=path.name, column="study", hint="study: ../my.yaml")])
    return asked, path.parent / asked.study
