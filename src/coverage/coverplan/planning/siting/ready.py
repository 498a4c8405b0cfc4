"""Siting problems read from files, and the study that each is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from coverplan.core.errors import InputError, Problem, ProblemList
from coverplan.inputs.yaml import load_yaml
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


@contextmanager
def placed_in(path: str | Path) -> Iterator[None]:
    """Give problems that name a key of a siting problem its file and line."""
    try:
        yield
    except InputError as error:
        lines = load_yaml(path, ProblemList())
        told = [
            problem if problem.file or not problem.column
            else replace(problem, file=lines.file, row=lines.line(*problem.column.split(".")))
            for problem in error.problems
        ]  # fmt: skip
        raise InputError(told) from None
