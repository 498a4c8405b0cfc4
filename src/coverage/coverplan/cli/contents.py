"""What the command shows of records: how far they can be trusted, columns, files understood, places found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from coverplan.cli.tables import plain_table, text_or_dash
from coverplan.core.words import QUALITIES

if TYPE_CHECKING:
    from coverplan.core.model import Study
    from coverplan.core.tables import Table as Declaration
    from coverplan.inputs.importing import Imported
    from coverplan.inputs.placing import Asked


def quality_table(study: Study) -> Table:
    """Show how many records each table holds, and how far they can be trusted."""
    table = plain_table()
    table.add_column("Table")
    table.add_column("Records", justify="right")
    for word in QUALITIES.values():
        table.add_column(word.en.capitalize(), justify="right")
    for name in ("areas", "facilities", "people", "vehicles", "aeds", "projects"):
        frame = getattr(study, name)
        counts = frame["quality"].value_counts()
        cells = [f"{counts.get(quality, 0):,}" if counts.get(quality, 0) else "–" for quality in QUALITIES]
        table.add_row(name, f"{len(frame):,}", *cells)
    return table


def columns_table(declaration: Declaration) -> RenderableType:
    """Show the columns of one table: what they are called, what may stand in them, what they mean."""
    from coverplan.inputs.dictionary import column_meaning, column_need, column_type  # noqa: PLC0415 - kept off start-up

    table = plain_table()
    table.add_column("Column", no_wrap=True)
    table.add_column("中文", no_wrap=True)
    table.add_column("Needed", max_width=10)
    table.add_column("Meaning", ratio=1)
    for column in declaration.columns:
        meaning = Text(column_meaning(column).replace("`", ""))
        meaning.append(f"\n{column_type(column)}", style="dim")
        if column.allowed:
            meaning.append(f": {', '.join(column.allowed)}", style="dim")
        table.add_row(Text(column.name, style="cyan"), column.zh, column_need(column, declaration), meaning)
    title = Text.assemble((declaration.name, "bold"), f" · {declaration.zh}\n", (declaration.meaning, "dim"))
    return Group(title, Padding(table, (0, 0, 1, 0)))


def import_table(brought: Imported) -> RenderableType:
    """Show what was understood of a file: each column with its heading, how many cells are filled, some of them."""
    records = brought.records
    where = f"{records.file} · {records.sheet}" if records.sheet else records.file
    count_of = len(records.frame)
    rows = f"{count_of:,} record{'' if count_of == 1 else 's'}"
    title = Text.assemble((where, "bold"), f" → {brought.table.name} · {brought.table.zh}", (f", {rows}", "dim"))
    table = plain_table()
    table.add_column("Column", no_wrap=True)
    table.add_column("Heading")
    table.add_column("Filled", justify="right", no_wrap=True)
    table.add_column("Examples", ratio=1, no_wrap=True, overflow="ellipsis")
    for found in brought.columns:
        filled = Text(f"{found.filled:,}", style="" if found.filled == count_of else "yellow")
        heading = f"{found.letter} {found.heading}".strip()
        table.add_row(Text(found.column.name, style="cyan"), Text(heading), filled, Text(" | ".join(found.examples)))
    parts: list[RenderableType] = [title, table]
    if count_of == 0:
        parts = [title]
    elif brought.absent:
        parts.append(Text(f"not there: {', '.join(brought.absent)}", style="dim"))
    for note in brought.notes:
        place = "" if note.row is None else f"row {note.row}: "
        parts.append(Text(f"note: {place}{note.what}{f' ({note.hint})' if note.hint else ''}", style="yellow"))
    return Padding(Group(*parts), (0, 0, 1, 0))


def placing_table(done: Sequence[Asked]) -> RenderableType:
    """Show how many records were placed, and which of them a person should look at."""
    from coverplan.inputs.geocode import REASONS  # noqa: PLC0415 - kept off start-up

    parts: list[RenderableType] = []
    for asked in done:
        counts = asked.found.counts
        title = Text.assemble((asked.table, "bold"), f": {asked.missing} without a position. ")
        title.append(f"{counts['placed']} placed, {counts['check']} to check, {counts['open']} open", style="cyan")
        parts.append(title)
        if asked.found.review.empty:
            continue
        table = plain_table()
        for name in ("Row", "Record", "Place", "From", "Why a person should look"):
            table.add_column(name, justify="right" if name == "Row" else "left", ratio=1 if "Why" in name else None)
        for row in asked.found.review.to_dict("records"):
            why = REASONS.get(row["reason"], ("", "no list knows a place of that name"))[1]
            cells = [
                str(row["row"]),
                text_or_dash(row["name"]),
                text_or_dash(row["place"]),
                text_or_dash(row["provider"]),
                why,
            ]
            table.add_row(*map(Text, cells), style="" if row["status"] == "check" else "yellow")
        parts.append(table)
    return Group(*parts)
