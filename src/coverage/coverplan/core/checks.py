"""A table that somebody brought, held against its declaration: headings understood, cells cleaned, problems collected.

The one place where the columns of `core.tables` become checks. Readers of files hand a DataFrame of text over and get
a DataFrame of the declared columns back; what is wrong goes to a `ProblemList` with its row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coverplan.core.cells import as_numbers, number_hint, range_hint, wrong_unit
from coverplan.core.errors import ProblemList, did_you_mean, near
from coverplan.core.headings import match_headings, plain_heading
from coverplan.core.hours import HOURS_HINT, read_week
from coverplan.core.tables import Column, Table
from coverplan.core.words import Word

_TRUE = frozenset({"true", "yes", "1", "y", "t", "是", "有", "√"})
_FALSE = frozenset({"false", "no", "0", "n", "f", "否", "无", "×"})
_WIDE = {code: code - 0xFEE0 for first, last in ("０９", "ＡＺ", "ａｚ") for code in range(ord(first), ord(last) + 1)}
_MOST = 25
"""How many rows with the same mistake are named before the rest is only counted."""

_EMPTY = {"text": "str", "number": "float64", "integer": "Int64", "flag": "boolean"}
_LARGEST = float(2**53)
"""Whole numbers above this are no longer exact."""

_Said = tuple[str, str | None]
"""What is wrong with a cell, and a hint."""


@dataclass(frozen=True, kw_only=True)
class _Desk:
    """Where the problems of one column go, and how a row of the frame is counted in the file."""

    problems: ProblemList
    file: str
    sheet: str | None
    first_row: int
    most: int | None = _MOST

    def add(self, what: str, *, column: str, row: int | None = None, hint: str | None = None) -> None:
        self.problems.add(what, file=self.file, sheet=self.sheet, row=row, column=column, hint=hint)

    def rows(self, bad: pd.Series, column: str, say: Callable[[Any], _Said]) -> None:
        """Note one problem per bad cell, as `say` words it; after the first `most` of a column only their number."""
        most = len(bad) if self.most is None else self.most
        for position, cell in zip(bad.index[:most].to_list(), bad.head(most).to_list(), strict=True):
            what, hint = say(cell)
            self.add(what, column=column, row=self.first_row + int(position), hint=hint)
        rest = len(bad) - most
        if rest > 0:
            self.add(f"the same mistake stands in {rest} more row{'' if rest == 1 else 's'}", column=column)


def check_table(
    frame: pd.DataFrame,
    table: Table,
    *,
    file: str,
    problems: ProblemList,
    first_row: int = 2,
    sheet: str | None = None,
    notes: ProblemList | None = None,
    most: int | None = _MOST,
) -> pd.DataFrame:
    """Hold a table as it was read against its declaration.

    Headings are found by name, Chinese label or alias, whatever their case and spaces, and a unit in brackets at the
    end is ignored (床位数（张）) unless it is another one than the column's. Cells are text: full-width digits and the
    column's own unit (120张) are understood, an empty cell is missing, flags are true/false, yes/no, 1/0 or 是/否, and
    an allowed value may be written in Chinese, English or as an alias.

    Parameters
    ----------
    frame
        The table as text, one record per row; rows that are empty throughout are passed over. Not changed.
    table
        Its declaration.
    file, sheet
        How the problems name it.
    problems
        Takes every problem: missing columns, empty cells that must be filled, wrong types, words and ranges,
        identifiers that stand twice.
    first_row
        Row of the first record in the user's file.
    notes
        Takes what does not stop anything: columns that are not ours and are left aside.
    most
        How many rows with the same mistake in a column are named before the rest is only counted; None names all.

    Returns
    -------
    pandas.DataFrame
        The declared columns in their order, absent ones filled with their default or missing. The index counts the
        records of the file from 0, so the row of a record is `first_row + index`. Text is `str`, numbers are `float64`;
        integers and flags are `int64` and `bool` when the column is required or has a default, else `Int64` and
        `boolean`. When there are problems the cells they name are missing.

    Examples
    --------
    >>> from coverplan.core.tables import PEOPLE
    >>> frame = pd.DataFrame({"编码": ["p1", "p2"], "人口（人）": ["１２", "some"], "经度": "118.5", "纬度": "24.8",
    ...                       "来源": "census", "quality": "官方"})
    >>> problems = ProblemList()
    >>> check_table(frame, PEOPLE, file="people.csv", problems=problems)[["point_id", "people", "quality"]]
      point_id  people   quality
    0       p1      12  official
    1       p2    <NA>  official
    >>> problems.raise_if_any()
    Traceback (most recent call last):
    ...
    coverplan.core.errors.InputError: 1 problem
      people.csv, row 3, column people: 'some' is not a whole number
    """
    desk = _Desk(problems=problems, file=file, sheet=sheet, first_row=first_row, most=most)
    found = _matched(frame.columns, table, desk)
    _note_units(found, table, desk)
    text = pd.DataFrame({c.name: _as_text(frame[found[c.name]]) for c in table.columns if c.name in found})
    text.index = pd.RangeIndex(len(frame))
    text = text[text.notna().any(axis="columns")]
    _note_columns(frame.columns, found, table, desk, notes)
    clean = {c.name: _check_column(text.get(c.name), c, text.index, desk) for c in table.columns}
    result = pd.DataFrame(clean, index=text.index)
    if table.key in found:
        _check_unique(result[table.key], table, desk)
    return result


def check_references(
    values: pd.Series,
    column: Column,
    known: Iterable[str],
    *,
    file: str,
    problems: ProblemList,
    first_row: int = 2,
    sheet: str | None = None,
) -> None:
    """Note every value that is not a key of the table its column refers to; missing values are passed over.

    `values` is a column that `check_table` returned (its index counts the records), `known` the keys there are.
    """
    desk = _Desk(problems=problems, file=file, sheet=sheet, first_row=first_row)
    keys = pd.Index(known)
    # Looking for the nearest of very many keys is slow and seldom helps.
    named = [str(key) for key in keys] if len(keys) <= 5000 else []
    where = column.refers_to or "the other table"
    bad = values[values.notna() & ~values.isin(keys)]
    desk.rows(bad, column.name, lambda cell: (f"'{cell}' is not in {where}", did_you_mean(cell, named)))


def _matched(headings: Iterable[object], table: Table, desk: _Desk) -> dict[str, object]:
    found, clashes = match_headings(headings, table)
    for name, first, second in clashes:
        desk.add(f"'{first}' and '{second}' are both read as {name}", column=name, hint="keep one of them")
    return found


def _note_units(found: dict[str, object], table: Table, desk: _Desk) -> None:
    """Note headings whose unit is another one than the column's: read as it stands, 206 万人 would be 206 people."""
    for column in table.columns:
        unit = wrong_unit(str(found[column.name]), column) if column.name in found else None
        if unit is not None:
            what = f"the heading '{found[column.name]}' says {unit}, and the column is in {column.unit}"
            desk.add(what, column=column.name, hint=f"convert the numbers and write '{column.zh}'")


def _note_columns(
    headings: Iterable[object], found: dict[str, object], table: Table, desk: _Desk, notes: ProblemList | None
) -> None:
    used = set(found.values())
    spare = [str(heading) for heading in headings if heading not in used]
    for column in table.columns:
        if column.required and column.name not in found:
            hint = _near_heading(column, spare) or f"add it as '{column.name}' or '{column.zh}'"
            desk.add("the column is missing", column=column.name, hint=hint)
    if notes is None:
        return
    absent = [column.name for column in table.columns if column.name not in found]
    for heading in spare:
        if heading == "geometry" and table.geometry != "none":
            continue
        what = f"'{heading}' is not a column of {table.name} and is left aside"
        notes.add(what, file=desk.file, sheet=desk.sheet, hint=near(heading, absent))


def _near_heading(column: Column, spare: list[str]) -> str | None:
    hints = (near(label, spare) for label in (column.name, column.zh, *column.aliases))
    return next((hint for hint in hints if hint), None)


def _as_text(cells: pd.Series) -> pd.Series:
    """Turn cells into text as the user wrote it; empty cells become missing, whole floats lose their `.0`."""
    # One pass in plain Python: most tables are short, and pandas' text methods cost the same for one row as for many.
    if pd.api.types.is_float_dtype(cells):
        texts = [None if _is_missing(v) else format(v, ".0f") if v == np.rint(v) else repr(float(v)) for v in cells]
    else:
        texts = [None if _is_missing(v) else format(v, ".0f") if _is_whole(v) else str(v) for v in cells]
    plain = [None if text is None else text.replace("\ufeff", "").strip() or None for text in texts]
    return pd.Series(plain, dtype="str")


def _is_missing(value: Any) -> bool:
    if isinstance(value, str):
        return False
    # A map layer or a database may hold lists, which pandas would ask one by one.
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _is_whole(value: object) -> bool:
    return isinstance(value, float) and value.is_integer()


def _check_column(text: pd.Series | None, column: Column, index: pd.Index, desk: _Desk) -> pd.Series:
    if text is None and column.default is None and not column.required:
        return pd.Series(None, index=index, dtype="str" if column.allowed else _EMPTY[column.type])
    cells = pd.Series(pd.NA, index=index, dtype="str") if text is None else text
    missing = cells.isna()
    if text is not None and column.required:
        wanted = f"it must hold: {column.meaning.rstrip('.')}"
        desk.rows(cells[missing], column.name, lambda _: ("is empty", wanted))
    if missing.all():
        values = pd.Series(None, index=index, dtype="str" if column.allowed else _EMPTY[column.type])
    elif column.allowed:
        values = _check_words(cells, column, desk)
    elif column.type == "flag":
        values = _check_flags(cells, column, desk)
    elif column.week:
        values = _check_hours(cells, column, desk)
    elif column.type == "text":
        is_identifier = column.refers_to is not None or column.name.endswith("_id")
        values = cells.map(lambda v: v.translate(_WIDE), na_action="ignore").astype("str") if is_identifier else cells
    else:
        values = _check_numbers(cells, column, desk)
    if column.default is not None:
        values = values.mask(missing, column.default)
    always_there = column.required or column.default is not None
    if always_there and not values.isna().any() and column.type in {"integer", "flag"}:
        return values.astype("int64" if column.type == "integer" else "bool")
    return values


def _check_words(cells: pd.Series, column: Column, desk: _Desk) -> pd.Series:
    known = _spellings(column.allowed)
    values = cells.map({cell: known.get(plain_heading(cell)) for cell in cells.dropna().unique()}).astype("str")
    names = [*column.allowed, *(word.zh for word in column.allowed.values())]
    listed = f"one of: {', '.join(column.allowed)}"
    bad = cells[cells.notna() & values.isna()]
    desk.rows(bad, column.name, lambda cell: (f"'{cell}' is not a known {column.name}", near(cell, names) or listed))
    return values


def _spellings(allowed: dict[str, Word]) -> dict[str, str]:
    """Map every way of writing an allowed value to the value; where two claim one spelling, the first has it."""
    known: dict[str, str] = {plain_heading(value): value for value in allowed}
    for value, word in allowed.items():
        for label in (word.zh, word.en, *word.aliases):
            known.setdefault(plain_heading(label), value)
    return known


def _check_flags(cells: pd.Series, column: Column, desk: _Desk) -> pd.Series:
    plain = cells.map(plain_heading, na_action="ignore").astype("str").str.replace(r"^([01])\.0$", r"\1", regex=True)
    values = pd.Series(pd.NA, index=cells.index, dtype="boolean")
    values = values.mask(plain.isin(_TRUE), True).mask(plain.isin(_FALSE), False)
    bad = cells[cells.notna() & values.isna()]
    desk.rows(bad, column.name, lambda cell: (f"'{cell}' is neither yes nor no", "write yes or no (是 or 否)"))
    return values


def _check_hours(cells: pd.Series, column: Column, desk: _Desk) -> pd.Series:
    bad = cells.notna() & cells.map(lambda cell: read_week(cell) is None, na_action="ignore").eq(True)
    desk.rows(cells[bad], column.name, lambda cell: (f"'{cell}' are no opening hours", HOURS_HINT))
    return cells.mask(bad)


def _check_numbers(cells: pd.Series, column: Column, desk: _Desk) -> pd.Series:
    numeric = as_numbers(cells, column)
    whole = column.type == "integer"
    bad = cells.notna() & (numeric.isna() | (whole & (numeric != np.rint(numeric))))
    kind = "a whole number" if whole else "a number"
    desk.rows(cells[bad], column.name, lambda cell: (f"'{cell}' is not {kind}", number_hint(cell, column)))
    numeric = numeric.mask(bad)
    numeric = _check_range(numeric, column, desk)
    return numeric.astype("Int64") if whole else numeric


def _check_range(values: pd.Series, column: Column, desk: _Desk) -> pd.Series:
    low = -np.inf if column.minimum is None else column.minimum
    high = column.maximum if column.maximum is not None else _LARGEST if column.type == "integer" else np.inf

    def say(value: float) -> _Said:
        limit = f"below {low:g}" if value < low else f"above {high:g}"
        return f"{value:.10g} is {limit}", range_hint(value, column)

    bad = values.notna() & ~values.between(low, high)
    desk.rows(values[bad], column.name, say)
    return values.mask(bad)


def _check_unique(keys: pd.Series, table: Table, desk: _Desk) -> None:
    keys = keys.dropna()
    first = keys.drop_duplicates()
    row_of = dict(zip(first.to_list(), first.index.to_list(), strict=True))
    hint = f"every {table.key} may stand once"
    desk.rows(
        keys[keys.duplicated()],
        table.key,
        lambda key: (f"'{key}' stands in row {desk.first_row + row_of[key]} already", hint),
    )
