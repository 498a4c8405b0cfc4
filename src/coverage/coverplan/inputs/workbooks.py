"""Workbooks (.xlsx, .xls, .ods and their kin): which sheet holds a table, and its cells as text."""

from __future__ import annotations

import html
import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from coverplan.core.errors import did_you_mean
from coverplan.core.headings import plain_heading
from coverplan.core.tables import Table
from coverplan.inputs.book_cells import (
    MOST_CELLS,
    UnreadableWorkbookError,
    damaged,
    read_cells,
    read_cells_apart,
    too_large,
)
from coverplan.inputs.door import Door, Raw
from coverplan.inputs.grids import Cell, Grid, heading_score, read_grid

WORKBOOK_SUFFIXES = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".et", ".ods"})
WORKBOOK_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""What the bytes of a workbook begin with: a zip archive, or the older container."""

_MOST_BYTES = 1 << 30
_FEWEST = 2
"""A sheet is taken for a table by its headings when at least so many are the table's."""
_ADDRESS = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_FAILED = re.compile(
    rb'<c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*?\bt="e"[^>]*>(?:(?!</c>).)*?<v>([^<]{1,20})', re.DOTALL
)
_SHEET_OF = re.compile(r'<sheet\b[^>]*?\bname="([^"]*)"[^>]*?\br:id="([^"]*)"')
_REPEATED_ROW = re.compile(
    rb'<table:table-row\b[^>]*\bnumber-rows-repeated="(\d{6,})"[^>]*>(.*?)</table:table-row>', re.DOTALL
)
_REPEATED_CELL = re.compile(rb'<table:table-cell\b[^>]*\bnumber-columns-repeated="(\d{5,})"[^>]*\boffice:value')
_RELATION = re.compile(r"<Relationship\b[^>]*>")
_Failed = Mapping[Cell, str]
"""What a formula failed with, by cell."""


def read_workbook(door: Door, table: Table, *, sheet: str | None = None) -> Raw | None:
    """Read one sheet of a workbook as text.

    Parameters
    ----------
    door
        The file.
    table
        What is looked for.
    sheet
        Its name; unless given, the only sheet with anything in it, the one called like the table (in English or
        Chinese), or the one whose headings fit best. Hidden sheets are read only by name.

    Returns
    -------
    Raw or None
        None when there is nothing to read; the door knows why.
    """
    try:
        grids = read_sheets(door.path, sheet=sheet)
    except UnreadableWorkbookError as error:
        what, hint = error.args
        return door.refuse(what, hint)
    if sheet is not None and sheet not in grids:
        return door.refuse(f"there is no sheet '{sheet}'", did_you_mean(sheet, grids))
    grids = {name: grid for name, grid in grids.items() if any(map(any, grid.rows))}
    chosen = sheet if sheet is not None else _choose(grids, table, door)
    if chosen is None:
        return None
    if chosen not in grids:
        return door.refuse(f"the sheet '{chosen}' is empty")
    return read_grid(grids[chosen], table, replace(door, sheet=chosen))


def _choose(grids: Mapping[str, Grid], table: Table, door: Door) -> str | None:
    if not grids:
        return door.refuse("every sheet of the workbook is empty")
    if len(grids) == 1:
        return next(iter(grids))
    named = [name for name in grids if plain_heading(name) in {plain_heading(table.name), plain_heading(table.zh)}]
    if len(named) == 1:
        return named[0]
    scores = {name: heading_score(grid, table) for name, grid in grids.items()}
    best = max(scores.values())
    leading = [name for name, score in scores.items() if score == best]
    if best < _FEWEST or len(leading) > 1:
        listed = ", ".join(f"'{name}'" for name in (leading if best >= _FEWEST else grids))
        return door.refuse(f"which sheet holds {table.name}? it may be {listed}", "name the sheet")
    door.note(f"the sheet '{leading[0]}' is read, because its headings fit {table.name} best")
    return leading[0]


def tables_of_sheets(path: str | Path, tables: Sequence[Table]) -> dict[str, Table]:
    """Find which visible sheets of a workbook are called like which tables, in English or Chinese.

    Raises
    ------
    UnreadableWorkbookError
        When the workbook cannot be opened.
    """
    called = {plain_heading(label): table for table in tables for label in (table.name, table.zh)}
    names = (name for name, grid in read_sheets(path).items() if any(map(any, grid.rows)))
    return {name: called[plain] for name in names if (plain := plain_heading(name)) in called}


def read_sheets(path: str | Path, *, sheet: str | None = None) -> dict[str, Grid]:
    """Read the cells of every visible sheet of a workbook, and of one hidden sheet when it is named.

    Returns
    -------
    dict
        A grid by the sheet's name, in order. Cells are text: whole numbers without a point, dates as 2021-06-30, and
        what a formula failed to work out as its error (#REF!) where the file says so.

    Raises
    ------
    UnreadableWorkbookError
        When the file is no workbook, is protected by a password, or reaches over millions of empty cells.
    """
    path = Path(path)
    state = path.stat()
    return dict(_read_sheets(path, sheet, state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=2)
def _read_sheets(path: Path, sheet: str | None, changed_ns: int, size: int) -> Mapping[str, Grid]:
    """Read a workbook once, however many of its tables are asked for; `changed_ns` and `size` tell a new one."""
    data = path.read_bytes()
    try:
        failed = _look_through(data)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, ValueError, EOFError, NotImplementedError) as error:
        raise damaged(str(error)) from error
    cells = read_cells_apart(data, sheet) if failed is None else read_cells(data, sheet)
    return {name: _grid(rows, merged, (failed or {}).get(name, {})) for name, (rows, merged) in cells.items()}


def _grid(rows: list[list[str]], merged: Sequence[tuple[Cell, Cell]], failed: _Failed) -> Grid:
    for (i, j), error in failed.items():
        if i < len(rows) and j < len(rows[i]) and not rows[i][j]:
            rows[i][j] = error
    return Grid(rows=rows, merged=tuple(merged))


def _look_through(data: bytes) -> dict[str, _Failed] | None:
    """Look through an .xlsx before it is opened: refuse what would fill the memory, and find formulas that failed.

    A reader lays a sheet out as a full rectangle, so that one stray cell in the last row and column of the grid asks
    for the memory of billions; and it shows a failed formula as an empty cell. Returns the failed cells by sheet;
    None for other kinds of workbooks, of which nothing can be seen beforehand.
    """
    if not data.startswith(WORKBOOK_STARTS[0]):
        return None
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(info.file_size for info in archive.infolist()) > _MOST_BYTES:
            raise UnreadableWorkbookError("the workbook unpacks to more than a gigabyte", "keep only the sheets needed")
        files = set(archive.namelist())
        if "content.xml" in files:
            _look_through_document(archive.read("content.xml"))
        if not any(name.startswith("xl/") and name.endswith(".xml") for name in files):
            return None
        failed: dict[str, _Failed] = {}
        for sheet, name in _sheet_files(archive).items():
            if name in files:
                failed[sheet] = _look_through_sheet(archive.read(name), sheet)
    return failed


def _sheet_files(archive: zipfile.ZipFile) -> dict[str, str]:
    """Find the part of the archive that holds each sheet."""
    try:
        book, relations = (archive.read(f"xl/{name}").decode() for name in ("workbook.xml", "_rels/workbook.xml.rels"))
    except (KeyError, UnicodeDecodeError):
        return {}
    targets = {}
    for relation in _RELATION.findall(relations):
        parts = dict(re.findall(r'\b(Id|Target)="([^"]*)"', relation))
        targets[parts.get("Id")] = f"xl/{parts.get('Target', '')}".replace("xl//xl/", "xl/").replace("xl//", "")
    return {html.unescape(name): targets[key] for name, key in _SHEET_OF.findall(book) if key in targets}


def _look_through_document(xml: bytes) -> None:
    """Refuse an OpenDocument sheet in which a filled row or cell is repeated to the end of the grid."""
    heights = (int(match[1]) for match in _REPEATED_ROW.finditer(xml) if b"office:value" in match[2])
    height, width = max(heights, default=1), max((int(m[1]) for m in _REPEATED_CELL.finditer(xml)), default=1)
    if height > 1 or width > 1:
        raise too_large("of this workbook", height, width)


def _look_through_sheet(xml: bytes, sheet: str) -> _Failed:
    height = max((int(row) for row in {match[2] for match in _ADDRESS.finditer(xml)}), default=0)
    width = max((_position(letters) for letters in {match[1] for match in _ADDRESS.finditer(xml)}), default=0)
    if height * width > MOST_CELLS:
        raise too_large(sheet, height, width)
    return {(int(m[2]) - 1, _position(m[1]) - 1): m[3].decode(errors="replace") for m in _FAILED.finditer(xml)}


def _position(letters: bytes) -> int:
    """Turn the letters of a column into its number; A is 1."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number
