"""The workbook of a review: verdicts, gaps, needs, facilities, projects, ways to read the rules, and sources."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

import coverplan
from coverplan.core.atomic import whole_file
from coverplan.core.progress import SILENT, Progress
from coverplan.core.words import QUALITIES, UNITS
from coverplan.outputs.phrases import amount, both, notice, status
from coverplan.outputs.review import records, results, sites
from coverplan.outputs.review.cells import Amount, Cell, Field, Language, ReviewTable, fit, joined, said
from coverplan.planning.siting.result import SitingResult
from coverplan.standards.findings import Assessment

FIRST_ROW = 4
"""Where the first record of every sheet stands, counted from 0: title, remark, and two rows of headings come first."""

_FONT = "Microsoft YaHei"
_SIZE = 10
_MOST_IN_A_CELL = 32_000
_A4, _A3 = 9, 8
_MOST_ON_A4 = 150
"""How many Latin letters wide a table may be and still be read when an A4 page across holds it."""
_HEAD = "#1F4E5F"
_FILLS = {"met": "#D9EAD3", "not_met": "#F4CCCC", "measured": "#FFF2CC", "no_data": "#E7E6E6"}
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_SHEETS = {
    "verdicts": "指标结论 Verdicts",
    "gaps": "缺口清单 Gaps",
    "needs": "配置需求 Needs",
    "towns": "各镇街 Towns",
    "scenarios": "方案对比 Scenarios",
    "sitings": "选址方案 Proposals",
    "sites": "拟选站址 Sites",
    "facilities": "设施 Facilities",
    "projects": "项目 Projects",
    "options": "口径选项 Options",
    "missing": "待补数据 Data needed",
    "sources": "数据来源 Sources",
    "files": "输入文件 Files",
}
_FROZEN = {
    "verdicts": 3,
    "gaps": 2,
    "needs": 2,
    "towns": 3,
    "scenarios": 2,
    "sitings": 1,
    "sites": 2,
    "facilities": 2,
    "projects": 2,
    "options": 2,
}
"""How many columns stay in sight."""


@dataclass(frozen=True, kw_only=True)
class _Book:
    """A workbook that is being written: its formats by what they look like, and what every sheet says."""

    book: xlsxwriter.Workbook
    language: Language
    remark: str
    footer: str
    formats: dict[tuple[tuple[str, Any], ...], Format] = field(default_factory=dict)

    def style(self, **looks: Any) -> Format:
        key = tuple(sorted(looks.items()))
        if key not in self.formats:
            base = {"font_name": _FONT, "font_size": _SIZE, "valign": "top"}
            self.formats[key] = self.book.add_format({**base, **looks})
        return self.formats[key]


def write_workbook(
    assessment: Assessment,
    path: str | Path,
    *,
    language: Language = "both",
    scenarios: Mapping[str, Assessment] | None = None,
    sitings: Sequence[SitingResult] = (),
    made_on: date | None = None,
    progress: Progress = SILENT,
) -> Path:
    """Write an assessment as a workbook for a review: frozen heads, filters, colours, set up to be printed (A4, A3).

    Sheets: what this is, verdicts, gaps, needs, towns, scenarios, chosen sites, facilities, projects, ways to read the
    rules, the data that is missing, sources and files. Figures are numbers with a format, those of `coverplan.summary`
    and `coverplan.gaps` to the sixteen digits that a workbook holds; an endless time is said in words, an empty cell
    means that there is nothing to say. Text is always text: nothing that a table holds becomes a formula or a link.

    Parameters
    ----------
    assessment
        What to write, from `coverplan.assess`.
    path
        An .xlsx file; it is replaced whole or not at all.
    language
        Of the contents: `zh`, `en` or `both`; headings are in both languages always.
    scenarios
        The same rules held against other states of the study, by their names; each gets its columns beside the
        verdicts of the study as it is.
    sitings
        Sites chosen by `coverplan.site`: two sheets more, with bound and gap.
    made_on
        The date in the workbook, today when not given.
    progress
        Told what is being written.

    Returns
    -------
    Path
        The file.

    Examples
    --------
    >>> import tempfile
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> assessment = cp.assess(study, cp.build_network(study))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cp.write_workbook(assessment, f"{folder}/review.xlsx").name
    'review.xlsx'
    """
    made_on = made_on or date.today()
    memory = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(memory, options) as book:
        name = joined(both(assessment.study.name, assessment.study.name_en), "zh" if language == "zh" else "en")
        book.set_properties(
            {
                "title": fit(f"{name} · 覆盖评估 coverage review"),
                "comments": f"coverplan {coverplan.__version__}",
                "created": datetime.combine(made_on, time()),
            }
        )
        writing = _Book(book=book, language=language, remark=_remark(assessment), footer=_footer(assessment, made_on))
        tables = review_tables(assessment, scenarios, sitings)
        about = book.add_worksheet("说明 About")
        sheets = [book.add_worksheet(_SHEETS[table.name]) for table in tables]
        _about(writing, about, assessment, tables, made_on)
        for done, (sheet, table) in enumerate(zip(sheets, tables, strict=True)):
            progress.message(f"writing the sheet of {table.title['en'].lower()}")
            _fill(writing, sheet, table)
            progress.advance(done + 1, len(tables))
    with whole_file(path) as beside:
        beside.write_bytes(memory.getvalue())
    return Path(path)


def review_tables(
    assessment: Assessment,
    scenarios: Mapping[str, Assessment] | None = None,
    sitings: Sequence[SitingResult] = (),
) -> list[ReviewTable]:
    """Return the tables of a workbook in the order of its sheets; those without rows are left out."""
    study = assessment.study
    tables = [
        results.verdict_table(assessment),
        results.gap_table(assessment),
        results.need_table(assessment),
        results.town_table(assessment),
        *([results.scenario_table(assessment, scenarios)] if scenarios else []),
        sites.proposal_table(sitings),
        sites.site_table(sitings),
        records.facility_table(study),
        records.project_table(study),
        results.option_table(assessment),
        results.missing_table(assessment),
        records.source_table(assessment),
        records.file_table(study),
    ]
    return [table for table in tables if table.rows]


def _remark(assessment: Assessment) -> str:
    told = notice(assessment)
    return "" if told is None else fit(f"{told['zh']} {told['en']}")


def _footer(assessment: Assessment, made_on: date) -> str:
    # An ampersand begins a code in a footer, and its length is limited.
    name = fit(assessment.study.name, most=40).replace("&", "&&").replace("\n", " ")
    return f"&L&9{name} · {made_on.isoformat()}&C&9&A&R&9&P / &N"


def _fill(writing: _Book, sheet: Worksheet, table: ReviewTable) -> None:
    """Write a table: title, remark, headings in two languages, records."""
    last = FIRST_ROW + len(table.rows) - 1
    _title(writing, sheet, f"{table.title['zh']} {table.title['en']}")
    _headings(writing, sheet, table)
    for i, row in enumerate(table.rows, start=FIRST_ROW):
        for j, one in enumerate(table.fields):
            _write(writing, sheet, (i, j), row[one.name], one)
        sheet.set_row(i, _height(writing, table, row))
    for j, one in enumerate(table.fields):
        if one.is_status:
            _colour(writing, sheet, (FIRST_ROW, j, last, j))
    sheet.autofilter(FIRST_ROW - 1, 0, last, len(table.fields) - 1)
    sheet.freeze_panes(FIRST_ROW, _FROZEN.get(table.name, 1))
    width = sum(one.width for one in table.fields)
    _print_setup(writing, sheet, paper=_A4 if width <= _MOST_ON_A4 else _A3)


def _title(writing: _Book, sheet: Worksheet, text: str) -> None:
    sheet.set_row(0, 26)
    sheet.write_string(0, 0, text, writing.style(bold=True, font_size=15, valign="vcenter"))
    sheet.write_string(1, 0, writing.remark, writing.style(font_color="#9C3A00", italic=True))


def _headings(writing: _Book, sheet: Worksheet, table: ReviewTable) -> None:
    fields = table.fields
    looks: dict[str, Any] = {"bg_color": _HEAD, "font_color": "#FFFFFF", "text_wrap": True}
    for j, one in enumerate(fields):
        side = {"align": "right", "indent": 1} if _is_numeric(table, one) else {"align": "left"}
        sheet.set_column(j, j, one.width)
        sheet.write_string(FIRST_ROW - 2, j, fit(one.zh), writing.style(**looks, **side, bold=True))
        sheet.write_string(FIRST_ROW - 1, j, fit(one.en), writing.style(**looks, **side, font_size=9))
    sheet.set_row(FIRST_ROW - 2, 15.5 * max((_lines(one.zh, one.width) for one in fields), default=1))
    sheet.set_row(FIRST_ROW - 1, 14.5 * max((_lines(one.en, one.width - 3) for one in fields), default=1))


def _is_numeric(table: ReviewTable, one: Field) -> bool:
    cells = (row[one.name] for row in table.rows)
    return any(isinstance(cell, Amount | int | float) and not isinstance(cell, bool) for cell in cells)


def _write(writing: _Book, sheet: Worksheet, at: tuple[int, int], cell: Cell, one: Field) -> None:
    looks: dict[str, Any] = {"bottom": 4, "bottom_color": "#BFBFBF"}
    if cell is None:
        sheet.write_blank(*at, None, writing.style(**looks))
        return
    plain = cell.value if isinstance(cell, Amount) else cell
    if isinstance(plain, int | float) and not isinstance(plain, bool) and plain not in {float("inf"), float("-inf")}:
        looks |= {"align": "right", "indent": 1, "num_format": _number_format(cell, writing.language)}
        sheet.write_number(*at, plain, writing.style(**looks))
        return
    text = fit(said(cell, writing.language), most=_MOST_IN_A_CELL)
    if text.startswith(_FORMULA_STARTS):
        looks["quote_prefix"] = True
    if one.is_status:
        looks["bold"] = True
    sheet.write_string(*at, text, writing.style(**looks, text_wrap=True, align="left"))


def _number_format(cell: Cell, language: Language) -> str:
    """Return the format that shows a number as the map and the document say it."""
    if not isinstance(cell, Amount):
        return "#,##0" if isinstance(cell, int) else "#,##0.######"
    shown = amount(cell.value, cell.unit, apart_from=cell.apart_from)["en"]
    found = re.search(r"\.(\d+)", shown)
    digits = f".{'0' * len(found[1])}" if found else ""
    if cell.unit.startswith("share_"):
        return f"0{digits}%"
    unit = UNITS[cell.unit].en if language == "en" else UNITS[cell.unit].zh
    return f'#,##0{digits}" {unit}"'


def _height(writing: _Book, table: ReviewTable, row: Mapping[str, Cell]) -> float:
    """Return the height that shows every wrapped text of a row; programs do not agree on finding it themselves."""
    lines = 1
    for one in table.fields:
        cell = row[one.name]
        if isinstance(cell, str | Mapping):
            lines = max(lines, _lines(said(cell, writing.language), one.width))
    return min(14.5 * lines + 2, 400)


def _lines(text: str, width: int) -> int:
    """Count the lines that a text takes in a column; a Chinese character is as wide as two Latin letters."""
    # Words are not broken, so that lines of Latin letters end early; Chinese may break anywhere.
    return sum(max(1, math.ceil(_width(line) / max(width - 0.5, 4))) for line in text.split("\n"))


def _width(text: str) -> float:
    return sum(2.0 if ord(letter) > 0x2E7F else 1.05 for letter in text)


def _colour(writing: _Book, sheet: Worksheet, cells: tuple[int, int, int, int]) -> None:
    for name, fill in _FILLS.items():
        style = writing.book.add_format({"bg_color": fill})
        text = joined(status(name), writing.language)
        sheet.conditional_format(*cells, {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": style})


def _print_setup(writing: _Book, sheet: Worksheet, *, paper: int = _A4) -> None:
    sheet.set_landscape()
    sheet.set_paper(paper)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(FIRST_ROW - 2, FIRST_ROW - 1)
    sheet.set_footer(writing.footer)


def _about(writing: _Book, sheet: Worksheet, assessment: Assessment, tables: list[ReviewTable], made_on: date) -> None:
    """Write the first sheet: what this is, on what it rests, how many rules are met, and where to find what."""
    study, language = assessment.study, writing.language
    _title(writing, sheet, fit(joined(both(study.name, study.name_en), "both")).replace("\n", " "))
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 6, 15)
    plain, strong = writing.style(), writing.style(bold=True)
    weakest = QUALITIES[assessment.quality]
    facts = [
        ("内容 What", "医疗卫生服务覆盖评估 Health service coverage review"),
        ("基准年 Base year", str(study.year)),
        ("编制日期 Made on", made_on.isoformat()),
        ("数据质量最低为 Weakest data", f"{weakest.zh} {weakest.en}"),
        ("制作 Made with", f"coverplan {coverplan.__version__}"),
    ]
    for i, (name, value) in enumerate(facts, start=3):
        sheet.write_string(i, 0, name, strong)
        sheet.write_string(i, 1, value, plain)
    row = 3 + len(facts) + 1
    counts = results.system_table(assessment)
    head = writing.style(bg_color=_HEAD, font_color="#FFFFFF", text_wrap=True, bold=True)
    for j, one in enumerate(counts.fields):
        sheet.write_string(row, j, f"{one.zh}\n{one.en}", head)
    sheet.set_row(row, 31)
    for i, record in enumerate(counts.rows, start=row + 1):
        for j, one in enumerate(counts.fields):
            _write(writing, sheet, (i, j), record[one.name], one)
        sheet.set_row(i, _height(writing, counts, record))
    row += len(counts.rows) + 2
    for line in (part for name in ("zh", "en") if language in {name, "both"} for part in _advice(name)):
        sheet.write_string(row, 0, line, plain)
        row += 1
    row += 1
    link = writing.style(font_color="#1F4E9F", underline=1)
    for table in tables:
        name = _SHEETS[table.name]
        sheet.write_url(row, 0, f"internal:'{name}'!{xl_rowcol_to_cell(0, 0)}", link, name)
        sheet.write_number(row, 1, len(table.rows), writing.style(num_format='#,##0" 行 rows"', align="left"))
        row += 1
    _print_setup(writing, sheet)
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 1)


def _advice(language: str) -> list[str]:
    empty = both(
        "空白单元格表示无可填内容；“无法到达”表示没有道路可达。测算值按各口径计算，见“口径选项”。",
        "An empty cell means nothing to say; “not reached”: no road leads there. See Options for the readings.",
    )
    return [*results.all_statuses()[language].split("；" if language == "zh" else "; "), empty[language]]
