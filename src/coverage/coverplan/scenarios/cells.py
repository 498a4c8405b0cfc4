"""Words and cells as people write them, and what stands in the table then."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from coverplan.core.errors import did_you_mean
from coverplan.core.headings import plain_heading
from coverplan.core.hours import HOURS_HINT, read_week
from coverplan.core.tables import FACILITIES, Column, cells_of
from coverplan.core.words import Word
from coverplan.scenarios.edits import Cell

__all__ = ["FACILITIES", "read_cell", "spelled"]


def spelled(written: str, words: Mapping[str, Word]) -> str | None:
    """Return the value of a word that may be written in either language, or by an alias; None when it is none."""
    plain = plain_heading(written)
    for value, word in words.items():
        if plain in {plain_heading(label) for label in (value, word.zh, word.en)}:
            return value
    for value, word in words.items():
        if plain in {plain_heading(label) for label in word.aliases}:
            return value
    return None


def read_cell(column: Column, value: Any) -> tuple[Cell | None, str, str | None]:
    """Hold a value against a column: what stands in the cell then, what is wrong with it, and a hint.

    Examples
    --------
    >>> read_cell(FACILITIES.column("tier"), "三甲")[0], read_cell(FACILITIES.column("beds"), -1)[1]
    ('tertiary', '-1 is below 0')
    """
    if value is None:
        return None, "", None
    if column.many:
        parts = [str(part) for part in value] if isinstance(value, list | tuple) else cells_of(str(value))
        return ";".join(parts), "", None
    if column.allowed:
        return _read_word(column, str(value))
    if column.week and read_week(str(value)) is None:
        return None, f"'{value}' are no opening hours", HOURS_HINT
    return _read_number(column, value) if column.type in {"integer", "number"} else (str(value), "", None)


def _read_word(column: Column, written: str) -> tuple[Cell | None, str, str | None]:
    word = spelled(written, column.allowed)
    if word is not None:
        return word, "", None
    names = [*column.allowed, *(allowed.zh for allowed in column.allowed.values())]
    return written, f"'{written}' is not a known {column.name}", did_you_mean(written, names)


def _read_number(column: Column, value: Any) -> tuple[Cell | None, str, str | None]:
    whole = column.type == "integer"
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or (whole and value != int(value)):
        return None, f"'{value}' should be a {'whole ' if whole else ''}number", None
    if column.minimum is not None and value < column.minimum:
        return None, f"{value:g} is below {column.minimum:g}", None
    if column.maximum is not None and value > column.maximum:
        return None, f"{value:g} is above {column.maximum:g}", None
    return (int(value) if whole else float(value)), "", None
