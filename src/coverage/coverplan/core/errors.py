"""Errors a person can act on: every problem at once, each with its place and a hint."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong with what the user gave us, and where it stands.

    `row` counts as the user's program shows it: the heading is row 1, so the first record of a CSV file is row 2;
    in a YAML file it is the line.

    Examples
    --------
    >>> print(Problem(what="'hosptial' is not a kind", file="facilities.csv", row=12, column="kind",
    ...               hint="did you mean 'hospital'?"))
    facilities.csv, row 12, column kind: 'hosptial' is not a kind (did you mean 'hospital'?)
    """

    what: str
    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    hint: str | None = None

    @property
    def where(self) -> str:
        """The place in words, empty when the problem has none."""
        parts = [self.file, self.sheet and f"sheet {self.sheet}"]
        parts.append(None if self.row is None else f"{'line' if self._is_config else 'row'} {self.row}")
        parts.append(self.column and f"{'key' if self._is_config else 'column'} {self.column}")
        return ", ".join(part for part in parts if part)

    @property
    def _is_config(self) -> bool:
        return Path(self.file or "").suffix in {".yaml", ".yml"}

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text} ({self.hint})" if self.hint else text


class CoverplanError(Exception):
    """The parent of every error this package raises on purpose."""


class InputError(CoverplanError, ValueError):
    """What the user gave us cannot be used; `problems` holds every reason, not only the first.

    Examples
    --------
    >>> error = InputError([Problem(what="no such file", file="people.csv")])
    >>> print(error)
    1 problem
      people.csv: no such file
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{count} problem{'' if count == 1 else 's'}"
        super().__init__("\n".join([head, *(f"  {problem}" for problem in self.problems)]))


class InfeasibleError(CoverplanError):
    """A wish that no arrangement can fulfil; the message says what would."""


class Cancelled(CoverplanError):  # noqa: N818 - the word for what happened, not for a fault
    """The user asked a long piece of work to stop."""


class ProblemList:
    """Collects problems while work goes on, and raises them once at the end.

    Examples
    --------
    >>> problems = ProblemList()
    >>> problems.add("no such file", file="people.csv")
    >>> len(problems)
    1
    """

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def __len__(self) -> int:
        return len(self._problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._problems)

    def add(
        self,
        what: str,
        *,
        file: str | None = None,
        sheet: str | None = None,
        row: int | None = None,
        column: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Note one problem."""
        self._problems.append(Problem(what=what, file=file, sheet=sheet, row=row, column=column, hint=hint))

    def extend(self, problems: Iterable[Problem]) -> None:
        """Take over the problems of another reader."""
        self._problems.extend(problems)

    def raise_if_any(self) -> None:
        """Raise everything noted so far as one `InputError`; do nothing when all is well."""
        if self._problems:
            raise InputError(self._problems)


def near(word: str, known: Iterable[str]) -> str | None:
    """Return a hint that names the closest known word; None when none comes close.

    Examples
    --------
    >>> near("hosptial", ["hospital", "clinic"]), near("xyz", ["drive", "walk"])
    ("did you mean 'hospital'?", None)
    """
    close = difflib.get_close_matches(str(word), [str(name) for name in known], n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a hint that names the closest known word, or lists the known words when few.

    Examples
    --------
    >>> did_you_mean("hosptial", ["hospital", "clinic"])
    "did you mean 'hospital'?"
    >>> did_you_mean("xyz", ["drive", "walk"])
    'one of: drive, walk'
    """
    names = [str(name) for name in known]
    listed = f"one of: {', '.join(names)}" if 0 < len(names) <= 40 else None
    return near(word, names) or listed
