"""The way in for one file: how messages call it, where they go, and its cells before they are checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from coverplan.core.errors import ProblemList


@dataclass(frozen=True, kw_only=True)
class Door:
    """One file on its way in.

    Attributes
    ----------
    path
        Where it is; for a database what stands in for it.
    file
        How messages call it. Never an address with a password.
    sheet
        The sheet of a workbook that is being read, else None.
    problems, notes
        Where what is wrong goes, and what is worth saying and stops nothing.
    """

    path: Path
    file: str
    problems: ProblemList
    notes: ProblemList
    sheet: str | None = None

    def refuse(self, what: str, hint: str | None = None, *, row: int | None = None, column: str | None = None) -> None:
        """Note what is wrong."""
        self.problems.add(what, file=self.file, sheet=self.sheet, row=row, column=column, hint=hint)

    def note(self, what: str, hint: str | None = None, *, row: int | None = None, column: str | None = None) -> None:
        """Note what is worth saying."""
        self.notes.add(what, file=self.file, sheet=self.sheet, row=row, column=column, hint=hint)


@dataclass(frozen=True, kw_only=True)
class Raw:
    """A table as it stands in a file: text under the user's own headings.

    Attributes
    ----------
    frame
        One row per row of the file below its heading; rows that hold no record are empty throughout. A map layer has
        its shapes in `geometry`, in WGS-84.
    first_row
        The row of the file that the first row of `frame` stands in.
    letters
        What a spreadsheet calls the column of each heading: A, B, ... Empty for a map layer.
    told
        Positions in `frame` of records whose shape has been refused already.
    totals
        Rows that add the others up, as text under the same headings; they are left out of `frame`.
    """

    frame: pd.DataFrame
    first_row: int = 2
    sheet: str | None = None
    letters: Mapping[str, str] = field(default_factory=dict)
    told: frozenset[int] = frozenset()
    totals: pd.DataFrame = field(default_factory=pd.DataFrame)


def decode(data: bytes) -> tuple[str, str]:
    """Turn a file's bytes into text; returns the text and the encoding it was in.

    UTF-8 comes first, with or without byte-order mark, then what a spreadsheet calls Unicode text, then GB18030 (which
    holds GBK and GB2312).

    Raises
    ------
    UnicodeDecodeError
        When it is none of these.

    Examples
    --------
    >>> decode("晋江".encode("gbk"))
    ('晋江', 'gb18030')
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16"), "utf-16"
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("gb18030"), "gb18030"


def column_letter(position: int) -> str:
    """Name a column as a spreadsheet does; the first is 0.

    Examples
    --------
    >>> [column_letter(i) for i in (0, 25, 26, 701)]
    ['A', 'Z', 'AA', 'ZZ']
    """
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
