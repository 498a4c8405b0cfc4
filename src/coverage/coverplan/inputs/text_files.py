"""Text tables (.csv, .tsv, .txt): cells as they stand, whatever the encoding and the mark between them."""

from __future__ import annotations

import csv
import io

from coverplan.core.tables import Table
from coverplan.inputs.door import Door, Raw, decode
from coverplan.inputs.grids import Grid, read_grid
from coverplan.inputs.workbooks import WORKBOOK_STARTS

TEXT_SUFFIXES = frozenset({".csv", ".txt", ".tsv"})


def read_text(door: Door, table: Table) -> Raw | None:
    """Read a text table without a guess at what its cells are: 007 stays 007, and `NA` is a word.

    The encoding is UTF-8, with or without byte-order mark, UTF-16 or GB18030; the mark between cells a comma, a
    semicolon or a tab. Returns None when it cannot be read; the door knows why.
    """
    data = door.path.read_bytes()
    if data.startswith(WORKBOOK_STARTS):
        return door.refuse(
            "this is a workbook, not a CSV file", "name it .xlsx or .xls, or save the sheet as CSV UTF-8"
        )
    try:
        text, encoding = decode(data)
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    except UnicodeDecodeError:
        return door.refuse("the text is neither UTF-8 nor GB18030", "save it as CSV UTF-8")
    except csv.Error as error:
        return door.refuse(f"this is not a CSV file ({error})", "save it as CSV UTF-8")
    if encoding != "utf-8":
        door.note(f"read as {encoding.upper()}, because it is not UTF-8")
    return read_grid(Grid(rows=lines), table, door)


def _delimiter(text: str) -> str:
    top = text[:8192].split("\n")[:10]
    return max(",\t;", key=lambda mark: max(line.count(mark) for line in top))
