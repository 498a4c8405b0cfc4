"""The cells of a workbook as text, by the reader's own kinds; and the same in a process of its own.

A broken workbook of an older kind can make the reader ask for more memory than there is, or stop the whole program.
Where that cannot be seen beforehand it is read by a second process that may use two gigabytes and a minute, and no
more: this file, run as a program. It loads nothing but the reader, so that it starts at once.
"""

from __future__ import annotations

import datetime
import io
import json
import subprocess
import sys
from contextlib import suppress
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

MOST_CELLS = 10_000_000
_MOST_BYTES = 2 << 30
_MOST_SECONDS = 60
_DAMAGED = "the file cannot be read as a workbook"
_SAVE_AGAIN = "open it in a spreadsheet program and save it again as .xlsx"

Cells = dict[str, tuple[list[list[str]], list[Any]]]
"""Rows of text and merged blocks, by sheet."""


class UnreadableWorkbookError(Exception):
    """A workbook that cannot be opened; the arguments are what is wrong and a hint."""


def damaged(why: str) -> UnreadableWorkbookError:
    """Say that a workbook cannot be read, and why, in one line."""
    line = why.split("\n", maxsplit=1)[0][:120]
    return UnreadableWorkbookError(f"{_DAMAGED}: {line}", _SAVE_AGAIN)


def too_large(name: str, height: int, width: int) -> UnreadableWorkbookError:
    """Say that a sheet reaches over more cells than the memory should hold."""
    what = f"sheet '{name}' reaches over {height:,} rows and {width:,} columns"
    return UnreadableWorkbookError(what, "delete the empty rows and columns around the table")


def read_cells(data: bytes, sheet: str | None) -> Cells:
    """Read every visible sheet, and one hidden sheet when it is named.

    Raises
    ------
    UnreadableWorkbookError
        When the reader refuses the file.
    """
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            return {
                meta.name: _sheet(book, meta.name)
                for meta in book.sheets_metadata
                if meta.typ == SheetTypeEnum.WorkSheet
                and (meta.visible == SheetVisibleEnum.Visible or meta.name == sheet)
            }
    except PasswordError:
        raise UnreadableWorkbookError("the workbook is protected by a password", "save it without one") from None
    except (CalamineError, ValueError, EOFError, OSError, OverflowError) as error:
        raise damaged(str(error)) from error
    except BaseException as error:
        # The reader is written in Rust and panics at some broken files; that error is of no public kind.
        if type(error).__name__ != "PanicException":
            raise
        raise damaged("it is broken inside") from None


def _sheet(book: CalamineWorkbook, name: str) -> tuple[list[list[str]], list[Any]]:
    sheet = book.get_sheet_by_name(name)
    if sheet.total_height * sheet.total_width > MOST_CELLS:
        raise too_large(name, sheet.total_height, sheet.total_width)
    rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    return rows, list(sheet.merged_cell_ranges or ())


def _text(value: Any) -> str:
    """Write a cell as a person would: 3 for 3.0, 2021-06-30 for a date without a time."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return format(value, ".0f") if value.is_integer() else repr(value)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return str(value)


def read_cells_apart(data: bytes, sheet: str | None) -> Cells:
    """Read as `read_cells` does, in a process of its own.

    Raises
    ------
    UnreadableWorkbookError
        When the reader refuses the file, or wants more memory or time than it may have.
    """
    command = [sys.executable, "-m", __name__, *([sheet] if sheet is not None else [])]
    try:
        done = subprocess.run(  # noqa: S603 - our own program; the file goes in by the standard input
            command, input=data, capture_output=True, timeout=_MOST_SECONDS, check=False
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise damaged("reading it takes too long") from None
    except ValueError:
        raise damaged("it is broken inside, or too large for the memory") from None
    if "wrong" in answer:
        raise UnreadableWorkbookError(*answer["wrong"])
    return {
        name: (rows, [tuple(map(tuple, block)) for block in merged])
        for name, (rows, merged) in answer["sheets"].items()
    }


def _main() -> None:
    """Read a workbook from the standard input and write its cells to the standard output, as JSON."""
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limits
        import resource  # noqa: PLC0415 - not everywhere

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    sheet = sys.argv[1] if len(sys.argv) > 1 else None
    try:
        answer: dict[str, Any] = {"sheets": read_cells(sys.stdin.buffer.read(), sheet)}
    except UnreadableWorkbookError as error:
        answer = {"wrong": error.args}
    except MemoryError:
        answer = {"wrong": damaged("it is too large for the memory").args}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    _main()
