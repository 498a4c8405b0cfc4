"""What a column and a table are, before any is declared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from coverplan.core.words import Word

ColumnType = Literal["text", "integer", "number", "flag"]
Geometry = Literal["none", "point", "area"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: what it is called, what may stand in it, what it means.

    `minimum` and `maximum` are allowed themselves. `allowed` maps each allowed value to its words; aliases and Chinese
    labels of a value are understood on reading. `refers_to` names the table whose key the value must be in. A cell of a
    column with `many` holds several values, separated by semicolons; `cells_of` takes it apart. One with `week` holds
    opening hours, as `core.hours` reads them.
    """

    name: str
    type: ColumnType
    zh: str
    meaning: str
    unit: str = ""
    required: bool = False
    allowed: dict[str, Word] = field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    aliases: tuple[str, ...] = ()
    default: str | float | bool | None = None
    refers_to: str | None = None
    many: bool = False
    week: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: its columns in order, its key, and whether its rows are points, areas or neither.

    A point table comes with `lon` and `lat` columns (WGS-84 degrees unless `datum` says otherwise) or with point
    geometry; once read, the position is the geometry, in the study's projected CRS. A table without a key of its own
    (`key` empty) is told apart by what its rows refer to.
    """

    name: str
    zh: str
    meaning: str
    key: str
    columns: tuple[Column, ...]
    geometry: Geometry = "none"

    def column(self, name: str) -> Column:
        """Return the column of that name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)


def cells_of(cell: object) -> tuple[str, ...]:
    """Take a cell that holds several values apart; semicolons and the Chinese enumeration comma separate them.

    Examples
    --------
    >>> cells_of("ct; fever_clinic；icu"), cells_of(None)
    (('ct', 'fever_clinic', 'icu'), ())
    """
    if not isinstance(cell, str):
        return ()
    parts = cell.replace("；", ";").replace("、", ";").split(";")
    return tuple(part.strip() for part in parts if part.strip())
