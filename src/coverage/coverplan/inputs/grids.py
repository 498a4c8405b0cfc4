"""A sheet of cells made a table: where the heading stands, which rows are records, and what is left out and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from coverplan.core.headings import heading_reader, known_headings, plain_heading
from coverplan.core.tables import Table
from coverplan.inputs.door import Door, Raw, column_letter

_Read = Callable[[str], str | None]
"""Says which column a heading stands for."""
Cell = tuple[int, int]
"""Row and column, from 0."""
EXAMPLE = "示例"
"""A record whose key begins with this word shows how a sheet is filled in; it is not read."""

_DEEPEST = 3
_NEARLY = 0.75
_LOOK = 40
"""How many rows may stand above the heading."""
_TOTAL = re.compile(
    r"(?:全[市县区镇省院]|本[市县区镇页])?(?:总?合计|总计|小计|共计|总和|累计)[:：]?|(?:sub|grand)?total:?|sum:?"
)
_GRAND_TOTAL = re.compile(r"(?:全[市县区镇省])?(?:总?合计|总计|共计|总和)[:：]?|(?:grand)?total:?")
_REMARK = re.compile(
    r"[（(*※]*(?:附?注|备注|说明|填表|填报|制表|审核|联系|数据来源|数据截[至止]|资料来源|单位[:：]|source:|notes?:)"
)
_CAPTION = re.compile(r"[（(]?[一二三四五六七八九十]{1,3}[）)、.．]|第[一二三四五六七八九十]{1,3}[部章节类]")


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Cells of text as they stand in a sheet.

    Attributes
    ----------
    rows
        Row by row; rows may differ in length. An empty cell is ''.
    merged
        Blocks of merged cells, first and last cell each; the text stands in the first.
    """

    rows: Sequence[Sequence[str]]
    merged: Sequence[tuple[Cell, Cell]] = ()


@dataclass(frozen=True, kw_only=True)
class _Heading:
    """Rows `first` to `last` hold the headings, one label for every column."""

    first: int
    last: int
    labels: tuple[str, ...]
    score: int

    @property
    def depth(self) -> int:
        return self.last - self.first


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """The rows below a heading, and those of them that hold no record, with the reason."""

    cells: list[list[str]]
    out: dict[int, str] = field(default_factory=dict)
    totals: list[int] = field(default_factory=list)


def read_grid(grid: Grid, table: Table, door: Door) -> Raw | None:
    """Find the table in a sheet of cells.

    The heading is the row (or up to three rows, one above another, merged or not) in which most of the table's columns
    are found by name, Chinese label or alias; what stands above it is a title. Below it, rows that hold no record are
    left out and noted: totals (合计), the heading once more, captions between parts, remarks at the foot, the example
    of a template. A cell merged over several rows counts for each of them.

    Parameters
    ----------
    grid
        The sheet.
    table
        What is looked for.
    door
        Takes headings that stand twice and rows with more cells than headings; and notes on everything left out.

    Returns
    -------
    Raw or None
        None when the sheet holds no heading at all.
    """
    read = heading_reader(table)
    heading = _find_heading(grid, read)
    if heading is None:
        door.refuse("no row holds headings", "write the names of the columns in a row above the records")
        return None
    _note_title(grid, heading, door)
    labels, letters = _unique_labels(heading, door)
    rows = _Rows(cells=_filled_cells(grid, heading))
    _note_overflow(rows, heading, door)
    _set_aside(rows, table, grid, heading, read)
    first_row = heading.last + 2
    for position, why in rows.out.items():
        door.note(why, row=first_row + position)
    blank = [""] * len(heading.labels)
    kept = [blank if position in rows.out else cells for position, cells in enumerate(rows.cells)]
    totals = [rows.cells[position] for position in rows.totals]
    _note_unnamed(kept, heading, door)
    return Raw(
        frame=_frame(kept, labels),
        first_row=first_row,
        sheet=door.sheet,
        letters=letters,
        totals=_frame(totals, labels),
    )


def heading_score(grid: Grid, table: Table) -> int:
    """Count how many of a table's columns the best row of headings names."""
    heading = _find_heading(grid, heading_reader(table))
    return 0 if heading is None else heading.score


def _find_heading(grid: Grid, read: _Read) -> _Heading | None:
    """Find the rows that hold the headings; of several equally good ones the first, with as few rows as will do."""
    filled = [i for i, row in enumerate(grid.rows[:_LOOK]) if any(row)]
    found = [
        _heading_at(grid, read, first, first + depth)
        for first in filled
        for depth in range(min(_DEEPEST, len(grid.rows) - first))
    ]
    if not found:
        return None
    # Long lists repeat their heading; the first that is nearly as good as the best is the heading.
    enough = _NEARLY * max(heading.score for heading in found)
    start = min(heading.first for heading in found if heading.score >= enough)
    near = [heading for heading in found if start <= heading.first < start + _DEEPEST]
    best = max(near, key=lambda heading: (heading.score, -heading.depth, -heading.first))
    # Rows of headings below the heading, such as the same in English, or cells merged down into them, belong to it.
    while (last := best.last + 1) < len(grid.rows) and _goes_on(grid, read, best):
        best = _heading_at(grid, read, best.first, last)
    return best


def _heading_at(grid: Grid, read: _Read, first: int, last: int) -> _Heading:
    filled = _spread_headings(grid, first, last)
    width = max((len(row) for row in filled), default=0)
    columns = [[row[j] if j < len(row) else "" for row in filled] for j in range(width)]
    labels = tuple(_label(parts, read) for parts in columns)
    return _Heading(first=first, last=last, labels=labels, score=len(_columns(labels, read)))


def _columns(labels: Sequence[str], read: _Read) -> set[str]:
    return {name for label in labels if label and (name := read(label))}


def _label(parts: Sequence[str], read: _Read) -> str:
    """Choose what a column is called: the lowest part that is known, parts taken together, else all of them."""
    given = list(dict.fromkeys(part for part in parts if part))
    joined = [" ".join(given), "".join(given)] if len(given) > 1 else []
    known = next((label for label in [*reversed(given), *joined] if read(label)), None)
    if known is None:
        return " ".join(given)
    # The same heading in two languages: the upper one is the user's.
    known = next((label for label in given if read(label) == read(known)), known)
    # A unit that stands in the cell below the label belongs to it.
    below = given[given.index(known) + 1 :] if known in given else []
    return known + next((part for part in below if part.startswith(("(", "（", "[", "【"))), "")


def _spread_headings(grid: Grid, first: int, last: int) -> list[list[str]]:
    """Return rows of headings with merged cells written out to the right: one heading above several columns."""
    rows = [list(map(str.strip, grid.rows[i])) for i in range(first, last + 1)]
    for (top, left), (_, right) in grid.merged:
        if first <= top < last and right > left:
            row = rows[top - first]
            row += [""] * (right + 1 - len(row))
            row[left : right + 1] = [row[left]] * (right + 1 - left)
    return rows


def _goes_on(grid: Grid, read: _Read, heading: _Heading) -> bool:
    last = heading.last
    if any(top <= last < bottom and top >= heading.first for (top, _), (bottom, _) in grid.merged):
        return True
    below = {j: cell.strip() for j, cell in enumerate(grid.rows[last + 1]) if cell.strip()}
    if not below:
        return False
    if all(re.fullmatch(r"[（(\[【].*[）)\]】]|单位[:：].*", cell) for cell in below.values()):
        return True
    return _repeats(below, heading.labels, read)


def _repeats(cells: Mapping[int, str], labels: Sequence[str], read: _Read) -> bool:
    """Say whether cells are the headings once more, perhaps in another language."""
    # The first cell decides for nearly every row, so that long tables are read fast.
    first = next(iter(cells.values()), "")
    if not read(first) and first not in labels:
        return False
    same = sum(j < len(labels) and labels[j] != "" and _same(cell, labels[j], read) for j, cell in cells.items())
    return same >= 2 and 2 * same > len(cells)


def _same(cell: str, label: str, read: _Read) -> bool:
    return cell == label or (read(cell) is not None and read(cell) == read(label))


def _note_title(grid: Grid, heading: _Heading, door: Door) -> None:
    title = [cell.strip() for row in grid.rows[: heading.first] for cell in row if cell.strip()]
    if title:
        door.note(f"the headings stand in row {heading.first + 1}; above them: {'; '.join(title)[:80]}")


def _unique_labels(heading: _Heading, door: Door) -> tuple[dict[int, str], dict[str, str]]:
    """Return the label of each column that has one of its own, and the letter of each label's column."""
    labels: dict[int, str] = {}
    letters: dict[str, str] = {}
    for j, label in enumerate(heading.labels):
        if not label:
            continue
        if label in letters:
            what = f"the heading '{label}' stands twice"
            door.refuse(what, f"columns {letters[label]} and {column_letter(j)}: keep one", row=heading.last + 1)
            continue
        labels[j] = label
        letters[label] = column_letter(j)
    return labels, letters


def _filled_cells(grid: Grid, heading: _Heading) -> list[list[str]]:
    """Return the rows below the heading, cells merged down written out in each of their rows."""
    rows = [[cell.strip() for cell in row] for row in grid.rows[heading.last + 1 :]]
    for (top, left), (bottom, right) in grid.merged:
        start = top - heading.last - 1
        if start >= 0 and right == left and bottom > top and start < len(rows) and left < len(rows[start]):
            for row in rows[start : bottom - heading.last]:
                row.extend([""] * (left + 1 - len(row)))
                row[left] = rows[start][left]
    return rows


def _note_overflow(rows: _Rows, heading: _Heading, door: Door) -> None:
    """Refuse rows that are longer than the heading, as a comma in a CSV cell makes them, and cut them."""
    width = len(heading.labels)
    for position, cells in enumerate(rows.cells):
        if any(cells[width:]):
            hint = (
                "a cell that holds a comma must stand in quotes" if door.sheet is None else "write a heading above it"
            )
            door.refuse(f"{len(cells)} cells under {width} headings", hint, row=heading.last + 2 + position)
        del cells[width:]
        cells.extend([""] * (width - len(cells)))


def _set_aside(rows: _Rows, table: Table, grid: Grid, heading: _Heading, read: _Read) -> None:
    """Decide which rows hold no record, and why."""
    labels = heading.labels
    found = {name: labels.index(str(label)) for name, label in known_headings(filter(None, labels), table).items()}
    needed = [j for name, j in found.items() if table.column(name).required]
    wide = {top for (top, left), (_, right) in grid.merged if right - left >= 2}
    key = found.get(table.key or table.columns[0].name)
    rules: tuple[Callable[[list[str], int], str | None], ...] = (
        lambda cells, _: _is_example(cells, key),
        lambda cells, _: _is_total(cells, needed),
        lambda cells, at: _is_aside(cells, is_wide=at + heading.last + 1 in wide),
        lambda cells, _: _is_heading_again(cells, heading, read),
    )
    for position, cells in enumerate(rows.cells):
        why = next((said for rule in rules if (said := rule(cells, position))), None) if any(cells) else None
        if why is not None:
            rows.out[position] = why
            if why.startswith("a total") and any(_GRAND_TOTAL.fullmatch(plain_heading(cell)) for cell in cells):
                rows.totals.append(position)


def _is_example(cells: list[str], key: int | None) -> str | None:
    marked = key is not None and cells[key].startswith(EXAMPLE)
    return f"the example of the template ({EXAMPLE}) is left out" if marked else None


def _is_total(cells: list[str], needed: list[int]) -> str | None:
    # A record that has everything is one, whatever it is called.
    if all(cells[j] for j in needed):
        return None
    word = next((cell for cell in cells if cell and _TOTAL.fullmatch(plain_heading(cell))), None)
    return word and f"a total ({word}) is no record and is left out"


def _is_aside(cells: list[str], *, is_wide: bool) -> str | None:
    given = [cell for cell in cells if cell]
    if len(given) != 1:
        return None
    if _REMARK.match(given[0]):
        return f"a remark is left out: {given[0][:60]}"
    return f"a caption is left out: {given[0][:60]}" if is_wide or _CAPTION.match(given[0]) else None


def _is_heading_again(cells: list[str], heading: _Heading, read: _Read) -> str | None:
    given = {j: cell for j, cell in enumerate(cells) if cell}
    return "the heading once more is left out" if _repeats(given, heading.labels, read) else None


def _note_unnamed(kept: list[list[str]], heading: _Heading, door: Door) -> None:
    for j, label in enumerate(heading.labels):
        if not label and any(cells[j] for cells in kept):
            door.note(f"column {column_letter(j)} has no heading and is left aside", row=heading.last + 1)


def _frame(rows: list[list[str]], labels: Mapping[int, str]) -> pd.DataFrame:
    columns = {label: pd.Series([cells[j] for cells in rows], dtype="str") for j, label in labels.items()}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows)))
