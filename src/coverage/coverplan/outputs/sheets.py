"""Workbooks for people to fill in, or filled: Chinese and English headings, lists to choose from, what each means."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from coverplan.core.atomic import whole_file
from coverplan.core.tables import Column, Table
from coverplan.inputs.dictionary import column_meaning, column_need, column_type
from coverplan.inputs.grids import EXAMPLE

MOST_IN_A_CELL = 32_767
"""Characters that a cell holds."""

_FIRST = 2
"""The first row below the headings, from 0."""
_SPARE = 1000
"""For how many rows below the records the lists to choose from are there."""
_WORDS = "词表"
_HELP = "说明"
_UNITS = {"bed": "张", "device": "台", "person": "人", "degree": "度", "km/h": "公里/小时", "room": "间"}
_OUTLINE = Column(
    name="wkt",
    type="text",
    zh="边界（WKT）",
    meaning="The outline in WGS-84 degrees as WKT text; or bring the areas as a map layer (GeoJSON, GeoPackage).",
)
_SAID = {
    "facility_id": f"{EXAMPLE}H001", "vehicle_id": f"{EXAMPLE}闽C0120", "aed_id": f"{EXAMPLE}A01",
    "area_id": "350999101", "point_id": f"{EXAMPLE}P0001", "project_id": f"{EXAMPLE}1", "zone_id": f"{EXAMPLE}Z1",
    "name": "三桥县医院",
    "name_en": "Three Bridges County Hospital", "lon": 118.512705, "lat": 24.721904, "datum": "wgs84", "beds": 300,
    "kind": "hospital", "tier": "secondary", "owner": "public", "status": "existing", "open_year": 2012, "devices": 1,
    "negative_pressure": True, "duty": "emergency", "people": 1200, "place": "桥西村", "place_id": "350999101003",
    "place_kind": "village", "cost_100m_cny": 0.5, "start_year": 2021, "end_year": 2024, "added_beds": 20,
    "total_beds": 60, "quality": "official", "source": "县卫健局台账，2024-12",
}  # fmt: skip
"""What the example of a template says."""
_OF_TABLE: dict[str, dict[str, Any]] = {
    "vehicles": {"facility_id": "H001"},
    "aeds": {"name": "县客运站", "name_en": "Coach station", "place_kind": "station"},
    "areas": {"area_id": f"{EXAMPLE}350999101", "name": "桥西镇", "name_en": "Bridge West", "kind": "town"},
    "projects": {"name": "县医院二期", "name_en": "County Hospital, phase 2", "facility_ids": "H001"},
    "zones": {"name": "中心片区", "name_en": "Central zone", "kind": "", "facility_id": "H001"},
    "indicators": {
        "indicator_id": f"{EXAMPLE}beds",
        "name": "床位总数",
        "facility_id": "",
        "area_id": "",
        "value": 300,
    },
}
_ADVICE = (
    "每张工作表是一类记录；不需要的工作表可以留空或删除。",
    "第 1 行是中文表头，第 2 行是英文列名；请勿改动这两行，列的先后次序不限，可以另加自己的列。",
    "橙色表头必须填写，灰色可以留空。不知道的请留空，不要填“无”“/”或“—”。",
    f"编号以“{EXAMPLE}”开头的行是填写示例，导入时自动略过，可以删除。",
    "有下拉箭头的单元格请从列表中选择；鼠标停在表头上可以看到说明。",
    "坐标请注明坐标系：高德、腾讯地图为 gcj02，百度地图为 bd09，GPS 与天地图为 wgs84。",
    "One sheet for each kind of record; leave out what you do not have. Row 1 holds the Chinese headings, row 2 the",
    "English names. Orange headings must be filled in; leave empty what is not known. Rows whose identifier begins",
    f"with {EXAMPLE} are examples and are not read.",
    "coverplan import FILE.xlsx --to study.gpkg 检查并导入 / checks and imports this workbook.",
)


@dataclass(frozen=True, kw_only=True)
class _Styles:
    needed: Format
    free: Format
    english: Format
    example: Format


def write_sheets(path: str | Path, tables: Sequence[Table], *, rows: Mapping[str, pd.DataFrame] | None = None) -> Path:
    """Write a workbook with one sheet for each table, to be filled in or as an export.

    Row 1 holds the Chinese headings with their units, row 2 the column names, both stay in sight; headings that must
    be filled in are orange; columns of words have a list to choose from, numbers their range; a comment on each
    heading says what it means. What is written reads back as it was.

    Parameters
    ----------
    path
        An .xlsx file; it appears whole or not at all.
    tables
        Their declarations, in the order of the sheets.
    rows
        Records by table, columns as declared; without them every sheet holds one example, marked as such and passed
        over on reading.

    Returns
    -------
    Path
        The file.
    """
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"in_memory": True}) as book:
        styles = _styles(book)
        sheets = [(table, book.add_worksheet(table.zh)) for table in tables]
        advice = book.add_worksheet(_HELP)
        advice.set_column(0, 0, 110)
        advice.write_column(0, 0, _ADVICE)
        words = book.add_worksheet(_WORDS)
        words.hide()
        lists: dict[str, str] = {}
        for table, sheet in sheets:
            given = None if rows is None else rows.get(table.name)
            _fill(sheet, table, styles, _example(table) if rows is None else given, is_example=rows is None)
            _offer(sheet, table, words, lists, _FIRST + _SPARE + (0 if given is None else len(given)))
    with whole_file(path) as beside:
        beside.write_bytes(memory.getvalue())
    return Path(path)


def _styles(book: xlsxwriter.Workbook) -> _Styles:
    head = {"bold": True, "text_wrap": True, "valign": "top", "border": 1, "border_color": "#BBBBBB"}
    return _Styles(
        needed=book.add_format({**head, "bg_color": "#FCE4C8"}),
        free=book.add_format({**head, "bg_color": "#ECECEC"}),
        english=book.add_format({"font_color": "#777777", "italic": True, "bottom": 1}),
        example=book.add_format({"font_color": "#999999", "italic": True}),
    )


def sheet_columns(table: Table) -> tuple[Column, ...]:
    """Return the columns of a table's sheet: the declared ones, and the outline of areas."""
    return (*table.columns, _OUTLINE) if table.geometry == "area" else table.columns


def heading(column: Column) -> str:
    """Return the Chinese heading of a column, with its unit.

    Examples
    --------
    >>> from coverplan.core.tables import FACILITIES
    >>> heading(FACILITIES.column("beds")), heading(FACILITIES.column("name"))
    ('床位数（张）', '名称')
    """
    unit = _UNITS.get(column.unit)
    return column.zh if unit is None else f"{column.zh}（{unit}）"


def _fill(sheet: Worksheet, table: Table, styles: _Styles, rows: pd.DataFrame | None, *, is_example: bool) -> None:
    columns = sheet_columns(table)
    sheet.freeze_panes(_FIRST, 2)
    sheet.set_row(0, 32)
    for j, column in enumerate(columns):
        needed = column.required or column.name == table.key
        sheet.set_column(j, j, 14 if column.type != "text" else 18)
        sheet.write_string(0, j, heading(column), styles.needed if needed else styles.free)
        sheet.write_string(1, j, column.name, styles.english)
        sheet.write_comment(0, j, _comment(column, table), {"x_scale": 2, "y_scale": 1.4})
        if rows is not None and column.name in rows:
            for i, value in enumerate(rows[column.name].to_list(), start=_FIRST):
                _write(sheet, (i, j), value, column, styles.example if is_example else None)


def _comment(column: Column, table: Table) -> str:
    need = "必填 needed" if column.required or column.name == table.key else f"选填 {column_need(column, table)}"
    words = "、".join(word.zh for word in column.allowed.values())
    lines = [f"{column.zh} · {need}", column_meaning(column).replace("`", ""), column_type(column)]
    return "\n".join([*lines, *([words] if words else [])])


def _write(sheet: Worksheet, cell: tuple[int, int], value: Any, column: Column, style: Format | None) -> None:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return
    if column.type == "flag":
        sheet.write_string(*cell, "是" if value else "否", style)
    elif column.allowed:
        sheet.write_string(*cell, column.allowed[str(value)].zh, style)
    elif column.type == "text" or not _survives(float(value)):
        # As text, so that 007 stays and a name that begins with = is never taken for a formula.
        sheet.write_string(*cell, str(value), style)
    else:
        sheet.write_number(*cell, value, style)


def _survives(value: float) -> bool:
    """Say whether a number is the same after it was written to sixteen digits, as workbooks hold it."""
    return float(f"{value:.16G}") == value


def _offer(sheet: Worksheet, table: Table, words: Worksheet, lists: dict[str, str], last: int) -> None:
    """Give cells their lists and ranges; the lists stand on a hidden sheet, because a rule holds 255 characters."""
    for j, column in enumerate(sheet_columns(table)):
        rule = _rule(column, words, lists)
        if rule is not None:
            told = {"error_title": column.zh, "error_message": column_type(column)[:255], "error_type": "warning"}
            sheet.data_validation(_FIRST, j, last, j, {**rule, **told})


def _rule(column: Column, words: Worksheet, lists: dict[str, str]) -> dict[str, Any] | None:
    if column.type == "flag":
        return {"validate": "list", "source": ["是", "否"]}
    if column.allowed:
        labels = [word.zh for word in column.allowed.values()]
        name = "\n".join(labels)
        if name not in lists:
            j = len(lists)
            words.write_column(0, j, labels)
            letter = xl_col_to_name(j)
            lists[name] = f"='{_WORDS}'!${letter}$1:${letter}${len(labels)}"
        return {"validate": "list", "source": lists[name]}
    if column.type == "text":
        return None
    kind = "integer" if column.type == "integer" else "decimal"
    if column.minimum is not None and column.maximum is not None:
        return {"validate": kind, "criteria": "between", "minimum": column.minimum, "maximum": column.maximum}
    return {"validate": kind, "criteria": ">=", "value": column.minimum if column.minimum is not None else -1e9}


def _example(table: Table) -> pd.DataFrame:
    """Make up the record that shows how a sheet is filled in; its first cell is marked, so that it is passed over."""
    said = {**_SAID, **_OF_TABLE.get(table.name, {})}
    values = {column.name: said.get(column.name) for column in table.columns if _fits(said.get(column.name), column)}
    mark = table.key or table.columns[0].name
    if not str(values.get(mark, "")).startswith(EXAMPLE):
        values[mark] = f"{EXAMPLE}{values.get(mark, 1)}"
    if table.geometry == "area":
        values["wkt"] = "POLYGON ((118.50 24.70, 118.55 24.70, 118.55 24.75, 118.50 24.75, 118.50 24.70))"
    return pd.DataFrame({name: pd.Series([value], dtype="object") for name, value in values.items()})


def _fits(value: Any, column: Column) -> bool:
    return value not in {None, ""} and (not column.allowed or value in column.allowed)
