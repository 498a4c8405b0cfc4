"""The data dictionary: every table and column that a user may bring, written out from their declarations."""

from __future__ import annotations

from coverplan.core.tables import INPUT_TABLES, SPEED_TABLES, Column, Table

ALL_TABLES = {**INPUT_TABLES, **SPEED_TABLES}
"""Every table that a user may bring: those of a study, and those on speeds."""

_INTRODUCTION = """\
# Data dictionary

What a study is made of: the tables, their columns, and the words that may stand in them. This page is written from the
declarations in `core/tables/` by `coverplan columns --markdown`; a test keeps them the same.

- **Headings** are found by name, by Chinese label or by any of the other names; their order does not matter, and a
  unit in brackets at the end is ignored (床位数（张）) unless it is another one than the column's (万人, 万元), which
  is refused. Titles may stand above them, and they may take up to three rows. Further columns are left aside.
- **Files** are CSV (UTF-8 with or without byte-order mark, or GBK/GB18030), workbooks (.xlsx, .xls, .ods), GeoJSON,
  GeoPackage, shapefile or GeoParquet, or tables of PostGIS. Identifiers keep their leading zeros.
- **Numbers** may have full-width digits, thousands (1,200) and the column's own unit (120张); a column of years takes
  dates (2019年8月). What may mean several things, such as 约50, is asked back.
- **Positions** stand in `lon` and `lat`, or in the geometry of a map layer. `datum` says what they refer to: `gcj02`
  (AMap, Tencent) and `bd09` (Baidu) are turned into WGS-84 on reading. Facilities, AEDs and projects without a
  position can be placed by their names (`geocode` in the config).
- **Yes and no** may be written true/false, yes/no, 1/0 or 是/否. An **empty cell** means: not known.
- **Every record says** where it comes from (`source`) and how far it can be trusted (`quality`). What rests on
  `illustrative` records is called illustrative in every result.
"""
_GEOMETRY = {
    "point": "One point per row.",
    "area": "One polygon per row: a map layer, or a column `wkt` with the outline in WGS-84.",
    "none": "",
}


def data_dictionary() -> str:
    """Return the data dictionary as Markdown, one section per table.

    Examples
    --------
    >>> data_dictionary().splitlines()[0]
    '# Data dictionary'
    """
    shared = [column for column in _worded() if _is_shared(column)]
    once = {id(column.allowed): column for column in shared}
    sections = [_section(table) for table in ALL_TABLES.values()]
    common = "\n".join(["## Words of several tables", *(_words(column) for column in once.values()), ""])
    return "\n".join([_INTRODUCTION, *sections, common])


def _worded() -> list[Column]:
    return [column for table in ALL_TABLES.values() for column in table.columns if column.allowed]


def _is_shared(column: Column) -> bool:
    return sum(other.allowed is column.allowed for other in _worded()) > 1


def _section(table: Table) -> str:
    head = [f"## {table.name} · {table.zh}", "", f"{table.meaning} {_GEOMETRY[table.geometry]}".strip(), ""]
    rows = ["| column | 中文 | type | needed | meaning | also called |", "|---|---|---|---|---|---|"]
    rows += [_row(column, table) for column in table.columns]
    words = [_words(column) for column in table.columns if column.allowed and not _is_shared(column)]
    return "\n".join([*head, *rows, *words, ""])


def _row(column: Column, table: Table) -> str:
    cells = [
        f"`{column.name}`",
        column.zh,
        column_type(column),
        column_need(column, table),
        column_meaning(column),
        ", ".join(column.aliases),
    ]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def column_type(column: Column) -> str:
    """Say what stands in a column: text, a word from a list, a number with its unit and range.

    Examples
    --------
    >>> from coverplan.core.tables import FACILITIES
    >>> column_type(FACILITIES.column("beds")), column_type(FACILITIES.column("kind"))
    ('whole number, bed, from 0', 'word')
    """
    kind = {"integer": "whole number", "flag": "yes or no"}.get(column.type, str(column.type))
    parts = ["word" if column.allowed else kind, column.unit]
    if column.minimum is not None and column.maximum is not None:
        parts.append(f"{column.minimum:g} to {column.maximum:g}")
    elif column.minimum is not None:
        parts.append(f"from {column.minimum:g}")
    return ", ".join(part for part in parts if part)


def column_need(column: Column, table: Table) -> str:
    """Say whether a column must be there: yes, unique, or what an empty cell stands for."""
    if column.name == table.key:
        return "yes, unique" if column.required else "no, unique"
    if column.required:
        return "yes"
    if isinstance(column.default, bool):
        return f"no: {'yes' if column.default else 'no'}"
    return "no" if column.default is None else f"no: {column.default}"


def column_meaning(column: Column) -> str:
    """Say what a column means, and which table its values come from."""
    return f"{column.meaning} A key of `{column.refers_to}`." if column.refers_to else column.meaning


def _words(column: Column) -> str:
    rows = [f"| `{w.value}` | {w.zh} | {w.en} | {', '.join(w.aliases)} |" for w in column.allowed.values()]
    head = ["", f"**Words of `{column.name}`**", "", "| value | 中文 | English | also written |", "|---|---|---|---|"]
    return "\n".join([*head, *rows])
