"""Verdicts as a workbook, and tables too long for memory written row by row."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import pandas as pd
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from coverplan.core.atomic import whole_file
from coverplan.outputs.tables import harmless, number, write_csv, write_json
from coverplan.standards.equity import EQUITY_COLUMNS, equity
from coverplan.standards.gaps import GAP_COLUMNS, gaps
from coverplan.standards.progress import PROGRESS_COLUMNS, progress_table
from coverplan.standards.summary import SUMMARY_COLUMNS, TALLY_COLUMNS, summary, tally_by

if TYPE_CHECKING:
    from coverplan.standards.findings import Assessment

ROWS_PER_SHEET = 1_048_575
"""Rows below the headings that a sheet of a workbook holds; longer tables go on in another sheet."""

# A fixed date, so that equal content makes equal bytes.
_MADE = datetime(2000, 1, 1)
_DECIMALS = 6
_WIDE = {"quotation", "statement_zh", "statement_en", "目标", "进展", "备注", "任务", "closes", "closes_zh", "problem",
         "rule", "rule_en"}  # fmt: skip

BOOK_SHEETS: dict[str, str] = {
    "verdicts": "Every rule: what it says, the reading that decides, the figure and what is missing.",
    "readings": "Every reading of every rule, for everybody and area by area.",
    "by_plan": "How many rules are met, plan by plan.",
    "by_system": "System by system.",
    "by_area": "Town by town.",
    "gaps": "What is missing and who is left outside, worst first, with what would close it.",
    "equity": "Who is left outside, group by group.",
    "progress": "The six-column progress table.",
}
"""Sheets of `write_verdict_book`."""

VERDICT_SHEET_COLUMNS: tuple[str, ...] = (
    "rule_id", "rule", "rule_en", "system", "system_zh", "document", "section", "strength", "target_year", "reading",
    "reading_zh", "reading_en", "status", "figure", "unit", "limit", "our_limit", "our_status", "shortfall",
    "shortfall_unit", "rate", "rate_limit", "rate_per", "have", "need", "short", "people_outside", "quality",
)  # fmt: skip
"""Columns of the sheet `verdicts`, as `SUMMARY_COLUMNS` describes them, then `quotation` and two statements."""


def book_tables(assessment: Assessment) -> dict[str, pd.DataFrame]:
    """Return the tables of a verdict book by sheet (`BOOK_SHEETS`), every one with its declared columns."""
    rows = summary(assessment)
    decides = rows[rows["is_default"] & (rows["area_id"] == "all")].reset_index(drop=True)
    said = [(v.rule.quotation, v.default.statement_zh, v.default.statement_en) for v in assessment.verdicts]
    words = pd.DataFrame(said, columns=["quotation", "statement_zh", "statement_en"])
    return {
        "verdicts": pd.concat([decides[list(VERDICT_SHEET_COLUMNS)], words], axis=1),
        "readings": rows,
        "by_plan": tally_by(assessment, "document"),
        "by_system": tally_by(assessment, "system"),
        "by_area": tally_by(assessment, "area"),
        "gaps": gaps(assessment),
        "equity": equity(assessment),
        "progress": progress_table(assessment),
    }


def write_verdict_book(assessment: Assessment, path: str | Path, *, sheet: str = "verdicts") -> Path:
    """Write the verdict book of an assessment: a workbook of all its tables, or one of them as CSV or JSON.

    Parameters
    ----------
    assessment
        From `coverplan.assess`.
    path
        Its ending decides: `.xlsx` takes every sheet of `BOOK_SHEETS`; `.csv` and `.json` take one.
    sheet
        Which one.

    Returns
    -------
    Path
        The file, written whole or not at all. Equal verdicts make equal bytes.

    Raises
    ------
    ValueError
        When the ending or the sheet is another.
    """
    path = Path(path)
    if sheet not in BOOK_SHEETS:
        raise ValueError(f"there is no sheet '{sheet}' in a verdict book; there are {', '.join(BOOK_SHEETS)}")
    tables = book_tables(assessment)
    if path.suffix == ".csv":
        return write_csv(tables[sheet], path)
    if path.suffix == ".json":
        return write_json(records_of(tables[sheet]), path)
    if path.suffix != ".xlsx":
        raise ValueError(f"a verdict book is a .xlsx, .csv or .json file, not '{path.name}'")
    with whole_file(path) as beside, _workbook(beside) as book:
        for title, table in tables.items():
            page = book.add_worksheet(title)
            _head(book, page, list(table.columns))
            for i, row in enumerate(table.itertuples(index=False), start=1):
                _write(page, i, row)
        _meanings(book, tables)
    return path


def records_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as plain data for JSON: missing and endless become null, whole numbers have no point.

    Examples
    --------
    >>> records_of(pd.DataFrame({"rule_id": ["A-1"], "figure": [69.0], "limit": [float("nan")]}))
    [{'rule_id': 'A-1', 'figure': 69, 'limit': None}]
    """
    return [{str(name): plain(value) for name, value in row.items()} for row in table.to_dict("records")]


def plain(value: Any) -> Any:
    """Return a cell as JSON and workbooks know it: text, a flag, a number of at most six decimals, or None."""
    if isinstance(value, str | bool) or value is None:
        return value
    if pd.isna(value) or math.isinf(value):
        return None
    return number(round(float(value), _DECIMALS))


def write_long(columns: Sequence[str], rows: Iterable[Sequence[Any]], folder: str | Path, name: str) -> list[Path]:
    """Write a table that need not fit into memory as `NAME.csv` and `NAME.xlsx`, row by row.

    Parameters
    ----------
    columns
        Headings.
    rows
        Cells as JSON knows them; None is an empty cell. Each row is let go as soon as it is written.
    folder, name
        Where to, and what the two files are called.

    Returns
    -------
    list of Path
        The two files. Equal rows make equal bytes.
    """
    paths = [Path(folder) / f"{name}.csv", Path(folder) / f"{name}.xlsx"]
    with ExitStack() as stack:
        csv_path, book_path = (stack.enter_context(whole_file(path)) for path in paths)
        text = stack.enter_context(csv_path.open("w", encoding="utf-8-sig", newline=""))
        book = stack.enter_context(_workbook(book_path))
        _long_rows(columns, rows, text, book, name)
    return paths


def _long_rows(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], text: TextIO, book: xlsxwriter.Workbook, name: str
) -> None:
    out = csv.writer(text, lineterminator="\r\n")
    out.writerow(columns)
    page, at = None, 0
    for i, row in enumerate(rows):
        ready = [plain(value) for value in row]
        out.writerow(["" if value is None else harmless(value) for value in ready])
        if page is None or at > ROWS_PER_SHEET:
            page, at = book.add_worksheet(name if i == 0 else f"{name} {i // ROWS_PER_SHEET + 1}"), 1
            _head(book, page, columns)
        _write(page, at, ready)
        at += 1
    if page is None:
        _head(book, book.add_worksheet(name), columns)


@contextmanager
def _workbook(path: Path) -> Iterator[xlsxwriter.Workbook]:
    """Open a workbook that writes each row as it comes; text never becomes a formula or a link."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(path, options)
    book.set_properties({"created": _MADE})
    yield book
    book.close()


def _head(book: xlsxwriter.Workbook, page: Worksheet, columns: Sequence[str]) -> None:
    page.freeze_panes(1, 0)
    for i, name in enumerate(columns):
        page.set_column(i, i, 40 if name in _WIDE else 14)
    page.write_row(0, 0, columns, book.add_format({"bold": True}))


def _write(page: Worksheet, at: int, row: Iterable[Any]) -> None:
    for i, value in enumerate(row):
        cell = plain(value)
        if isinstance(cell, str) and cell:
            page.write_string(at, i, cell)
        elif isinstance(cell, bool):
            page.write_boolean(at, i, cell)
        elif cell is not None and cell != "":
            page.write_number(at, i, cell)


def _meanings(book: xlsxwriter.Workbook, tables: Mapping[str, pd.DataFrame]) -> None:
    """Say on a last sheet what every column means."""
    meant = {**SUMMARY_COLUMNS, **TALLY_COLUMNS, "quotation": "What the text says, literally.",
             "statement_zh": "The verdict in a sentence, in Chinese.", "statement_en": "And in English."}  # fmt: skip
    own = {"gaps": GAP_COLUMNS, "equity": EQUITY_COLUMNS, "progress": PROGRESS_COLUMNS}
    page = book.add_worksheet("columns")
    _head(book, page, ["sheet", "column", "meaning"])
    named = [(title, str(name)) for title, table in tables.items() for name in table.columns]
    rows = [(title, name, own.get(title, meant).get(name, "")) for title, name in named]
    for i, row in enumerate(rows, start=1):
        _write(page, i, row)
