"""Bringing a file in: what was understood, column by column, what is wrong, and which records are good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from coverplan.core.errors import Problem, ProblemList
from coverplan.core.tables import INPUT_TABLES, Column, Table
from coverplan.core.units import WGS84, local_crs
from coverplan.inputs.book_cells import UnreadableWorkbookError
from coverplan.inputs.door import Door, Raw
from coverplan.inputs.layers import layer_names
from coverplan.inputs.places import check_overlaps, resolve_references
from coverplan.inputs.placing import NEED_NO_PLACE, PLACED_TABLES, without_position
from coverplan.inputs.records import Records, as_seen, checked_records, read_raw, unread
from coverplan.inputs.workbooks import WORKBOOK_SUFFIXES, tables_of_sheets

_EXAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class Understood:
    """One column that was found: the user's heading, what it was taken for, what stands in it.

    Attributes
    ----------
    letter
        What a spreadsheet calls the column; empty for a map layer.
    filled
        How many of the records have something there.
    examples
        The first few different cells, as the user wrote them.
    """

    column: Column
    heading: str
    letter: str
    filled: int
    examples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Imported:
    """One table of a file that was read.

    Attributes
    ----------
    columns
        What was found, in the order of the declaration; `absent` names the declared columns that are not there.
    problems, notes
        What is wrong with this table, and what is worth saying. Columns of a workbook are named as its user sees them.
    """

    records: Records
    columns: tuple[Understood, ...]
    absent: tuple[str, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    raw: Raw = field(repr=False)

    @property
    def table(self) -> Table:
        """The declaration."""
        return self.records.table

    @property
    def is_whole(self) -> bool:
        """Whether every problem belongs to one record, so that the others can be kept."""
        first = self.records.first_row
        return self.records.complete and all(p.row is not None and p.row >= first for p in self.problems)

    @property
    def good(self) -> pd.DataFrame:
        """The records that nothing is wrong with, in WGS-84."""
        frame = self.records.frame
        bad = {problem.row - self.records.first_row for problem in self.problems if problem.row is not None}
        return frame[~frame.index.isin(list(bad))]

    @property
    def rest(self) -> pd.DataFrame:
        """The other records as the user wrote them, with their row and what is wrong in front."""
        said: dict[int, list[str]] = {}
        for problem in self.problems:
            if problem.row is not None:
                hint = f" ({problem.hint})" if problem.hint else ""
                said.setdefault(problem.row, []).append(f"{problem.column or ''}: {problem.what}{hint}".lstrip(": "))
        rows = [row for row in sorted(said) if 0 <= row - self.records.first_row < len(self.raw.frame)]
        cells = self.raw.frame.iloc[[row - self.records.first_row for row in rows]].reset_index(drop=True)
        cells = pd.DataFrame(cells.drop(columns="geometry", errors="ignore"))
        front = pd.DataFrame({"row": rows, "what is wrong": ["; ".join(said[row]) for row in rows]})
        return pd.concat([front, cells], axis="columns")


def read_import(
    path: str | Path,
    *,
    table: str | None = None,
    sheet: str | None = None,
    layer: str | None = None,
    datum: str | None = None,
) -> tuple[Imported, ...]:
    """Read a file that is to be brought in, and say what was understood and what is wrong.

    Parameters
    ----------
    path
        A CSV file, workbook or map layer.
    table
        What it holds: a name of `core.tables.INPUT_TABLES`. Unless given, every sheet or layer that is called like a
        table is read as that, and a file as what it is called.
    sheet, layer
        Which sheet or layer; see `read_table`.
    datum
        What positions refer to where the records do not say it themselves.

    Returns
    -------
    tuple of Imported
        One for each table. References from one to another are checked when both are there. Every record with a mistake
        is named, however many there are.

    Examples
    --------
    >>> from coverplan.sample import sample_config
    >>> folder = sample_config().parent / "three-bridges"
    >>> brought, = read_import(folder / "vehicles.csv", table="vehicles")
    >>> [(c.heading, c.filled, c.examples) for c in brought.columns][:2], brought.problems
    ([('vehicle_id', 2, ('V1', 'V2')), ('facility_id', 2, ('F5', 'F6'))], ())
    """
    path = Path(path)
    problems, notes = ProblemList(), ProblemList()
    wanted = _wanted(path, table, sheet, layer, problems)
    raws: dict[str, Raw] = {}
    tables: dict[str, Records] = {}
    for name, place in wanted.items():
        door = Door(path=path, file=_called(path, place.get("layer")), problems=problems, notes=notes)
        declaration = INPUT_TABLES[name]
        raw = read_raw(door, declaration, **place)
        raws[name] = Raw(frame=pd.DataFrame()) if raw is None else raw
        if raw is None:
            tables[name] = unread(declaration, crs=WGS84, file=door.file)
        else:
            tables[name] = checked_records(raw, declaration, door, crs=WGS84, datum=datum, most=None)
    tables = _held_together(tables, problems)
    _note_unplaced(tables, problems, notes)
    if not tables:
        problems.raise_if_any()
    seen = [as_seen(problem, tables.values()) for problem in problems]
    told = [as_seen(note, tables.values()) for note in notes]
    return tuple(_imported(tables[name], raws[name], seen, told, alone=len(tables) == 1) for name in tables)


def _called(path: Path, layer: str | None) -> str:
    return path.name if layer is None else f"{path.name} ({layer})"


def _wanted(
    path: Path, table: str | None, sheet: str | None, layer: str | None, problems: ProblemList
) -> dict[str, dict[str, str | None]]:
    """Decide which tables are read, and from which sheet or layer."""
    if table is not None:
        return {table: {"sheet": sheet, "layer": layer}}
    named: Mapping[str, str] = {}
    kind = "sheet"
    if path.suffix.lower() in WORKBOOK_SUFFIXES and path.is_file():
        try:
            named = {found.name: name for name, found in tables_of_sheets(path, list(INPUT_TABLES.values())).items()}
        except UnreadableWorkbookError as error:
            problems.add(error.args[0], file=path.name, hint=error.args[1])
            return {}
    elif path.suffix.lower() == ".gpkg" and path.is_file():
        kind = "layer"
        called = {label: t.name for t in INPUT_TABLES.values() for label in (t.name, t.zh)}
        named = {called[name]: name for name in layer_names(path) if name in called}
    if named:
        return {name: {kind: place} for name, place in named.items()}
    like = next((t.name for t in INPUT_TABLES.values() if path.stem in {t.name, t.zh}), None)
    if like is not None:
        return {like: {"sheet": sheet, "layer": layer}}
    problems.add("what does it hold?", file=path.name, hint=f"say it: --as {', '.join(list(INPUT_TABLES)[:6])}, ...")
    return {}


def _held_together(tables: dict[str, Records], problems: ProblemList) -> dict[str, Records]:
    """Check what can be checked without the rest of the study: overlaps, and references to tables that are there."""
    for records in tables.values():
        if records.table.geometry == "area" and len(records.frame):
            west, south, east, north = gpd.GeoDataFrame(records.frame).total_bounds
            # Square metres want metres.
            metric = local_crs((west + east) / 2, (south + north) / 2) if np.isfinite(west) else WGS84
            frame = gpd.GeoDataFrame(records.frame).to_crs(metric)
            check_overlaps(replace(records, frame=frame), problems)
    absent = {name: unread(table, crs=WGS84, file=name) for name, table in INPUT_TABLES.items() if name not in tables}
    resolved = resolve_references({**absent, **tables}, problems)
    return {name: resolved[name] for name in tables}


def _note_unplaced(tables: Mapping[str, Records], problems: ProblemList, notes: ProblemList) -> None:
    for name in PLACED_TABLES:
        records = tables.get(name)
        count = 0 if records is None else int(without_position(records, problems).sum())
        if records is not None and count and name not in NEED_NO_PLACE:
            what = f"{count} of {len(records.frame)} records have no position"
            hint = "coverplan geocode places them by their names, once they stand in a study"
            notes.add(what, file=records.file, sheet=records.sheet, column="lon", hint=hint)


def _imported(
    records: Records, raw: Raw, problems: Sequence[Problem], notes: Sequence[Problem], *, alone: bool
) -> Imported:
    def of_this(problem: Problem) -> bool:
        return alone or (problem.file, problem.sheet) == (records.file, records.sheet)

    found = [_understood(column, records, raw) for column in records.table.columns if column.name in records.headings]
    return Imported(
        records=records,
        columns=tuple(found),
        absent=tuple(c.name for c in records.table.columns if c.name not in records.headings),
        problems=tuple(_by_row(filter(of_this, problems))),
        notes=tuple(_by_row(filter(of_this, notes))),
        raw=raw,
    )


def _by_row(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: -1 if problem.row is None else problem.row)


def _understood(column: Column, records: Records, raw: Raw) -> Understood:
    heading = records.headings[column.name]
    cells = raw.frame[heading].iloc[records.frame.index].dropna().astype("str").str.strip()
    cells = cells[cells != ""]
    return Understood(
        column=column,
        heading=heading,
        letter=records.letters.get(heading, ""),
        filled=len(cells),
        examples=tuple(cells.drop_duplicates().head(_EXAMPLES)),
    )
