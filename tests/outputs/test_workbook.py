"""The review workbook: every figure is the summary's, nothing runs, and it is set up as an office would."""

import re
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from lxml import etree
from python_calamine import CalamineWorkbook

import coverplan as cp
from coverplan.outputs.review.cells import Amount, an_amount, as_number, fit, pair, said
from coverplan.outputs.workbook import FIRST_ROW, review_tables
from coverplan.standards.findings import Assessment
from coverplan.standards.gaps import gaps
from coverplan.standards.summary import summary

HOSTILE = '=HYPERLINK("http://x.invalid","a")\x01\x0b<b onclick=alert(1)>\u202e&amp;{{ 7*7 }}' + "长" * 5000
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
NAMES = {
    "verdicts": "指标结论 Verdicts", "gaps": "缺口清单 Gaps", "needs": "配置需求 Needs", "towns": "各镇街 Towns",
    "options": "口径选项 Options", "facilities": "设施 Facilities", "sources": "数据来源 Sources",
}  # fmt: skip


def hostile(assessment: Assessment) -> Assessment:
    """The same assessment with names that try to break out."""
    study = assessment.study
    changed = replace(
        study,
        name=HOSTILE,
        facilities=study.facilities.assign(name=HOSTILE, name_en="@SUM(A1)", source="-2+3\r\n=cmd|' /C calc'!A0"),
        areas=study.areas.assign(name=HOSTILE),
    )
    return replace(assessment, study=changed)


@pytest.fixture(scope="module")
def book(judged: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy county's workbook in both languages."""
    path = tmp_path_factory.mktemp("book") / "review.xlsx"
    return cp.write_workbook(judged, path, made_on=date(2024, 5, 6))


def records(path: Path, name: str) -> pd.DataFrame:
    """A sheet's records under its English headings."""
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name(NAMES[name]).to_python(skip_empty_area=False)
    assert len(rows[FIRST_ROW - 2]) == len(rows[FIRST_ROW - 1])
    return pd.DataFrame(rows[FIRST_ROW:], columns=[str(cell) for cell in rows[FIRST_ROW - 1]])


def parts(path: Path) -> dict[str, str]:
    """The XML files of a workbook, sheets by their names."""
    with zipfile.ZipFile(path) as pack:
        book = etree.fromstring(pack.read("xl/workbook.xml"))
        names = [sheet.attrib["name"] for sheet in book.iter(f"{MAIN}sheet")]
        return {name: pack.read(f"xl/worksheets/sheet{i}.xml").decode() for i, name in enumerate(names, start=1)}


def numbers(values: pd.Series) -> list[float]:
    """The numbers of a column to the sixteen digits that a workbook holds, endless and missing ones left out."""
    found = pd.to_numeric(values, errors="coerce").astype("float64")
    return [float(f"{one:.15G}") for one in found if pd.notna(one) and abs(one) != float("inf")]


def test_every_figure_is_the_summarys(book: Path, judged: Assessment) -> None:
    """Verdicts, readings, towns and needs read back as the numbers of `summary`, to all the digits a cell holds."""
    told = summary(judged)
    everybody = told[told["area_id"] == "all"]
    decided = everybody[everybody["is_default"]]
    verdicts, options = records(book, "verdicts"), records(book, "options")
    assert verdicts["Rule"].tolist() == decided["rule_id"].tolist()
    assert numbers(verdicts["Figure"]) == numbers(decided["figure"])
    assert numbers(verdicts["Asked for"]) == numbers(decided["limit"])
    assert numbers(verdicts["Missing"]) == [one for one in numbers(decided["shortfall"]) if one]
    assert numbers(options["Figure"]) == numbers(everybody["figure"])
    towns = told[told["is_default"] & (told["area_id"] != "all")]
    assert numbers(records(book, "towns")["Outside"]) == numbers(towns["people_outside"])
    asked = told[told["is_default"] & told["need"].notna()]
    assert numbers(records(book, "needs")["Short"]) == numbers(asked["short"])


def test_every_gap_is_listed(book: Path, judged: Assessment) -> None:
    """The gaps read back as those of `gaps`; who is not reached at all is said in words."""
    listed, sheet = gaps(judged), records(book, "gaps")
    assert sheet["Rule"].tolist() == listed["rule_id"].tolist()
    assert numbers(sheet["Outside"]) == numbers(listed["people"])
    assert numbers(sheet["Farthest"]) == numbers(listed.loc[listed["limit"].notna(), "value"])
    assert "无法到达" in sheet["Farthest"].tolist()


def test_it_is_set_up_as_an_office_would(book: Path) -> None:
    """Heads stay in sight, filters stand over the records; sheets print across, a page wide, on A4, wide ones on A3."""
    for name, xml in parts(book).items():
        assert 'orientation="landscape"' in xml, name
        columns = re.findall(r'<col min="(\d+)" max="(\d+)" width="([\d.]+)"', xml)
        # Excel adds 5 pixels of 7 to the width of every column.
        letters = sum((int(last) - int(first) + 1) * (float(width) - 5 / 7) for first, last, width in columns)
        assert f'paperSize="{9 if letters < 150.5 else 8}"' in xml, name
        assert ('fitToHeight="0"' in xml) == (name != "说明 About"), name
        if name in NAMES.values():
            assert 'state="frozen"' in xml, name
            assert "<autoFilter" in xml, name
    verdicts = parts(book)[NAMES["verdicts"]]
    assert verdicts.count("<cfRule") == 4
    rows = CalamineWorkbook.from_path(book).get_sheet_by_name(NAMES["verdicts"]).to_python(skip_empty_area=False)
    assert rows[FIRST_ROW - 2][0] == "编号"
    assert rows[FIRST_ROW - 1][0] == "Rule"
    assert "示意" in str(rows[1][0])


def test_figures_are_shown_as_everywhere_else() -> None:
    """A figure just beyond its limit is not rounded onto it."""
    amount = Amount(value=14.003, unit="min", apart_from=(14.0,))
    assert said(amount, "zh") == "14.003 分钟"
    assert said(an_amount(float("inf"), "km"), "en") == "not reached"
    assert an_amount(float("nan"), "km") is None


@pytest.mark.parametrize(("language", "status", "other"), [("zh", "未达标", "not met"), ("en", "not met", "未达标")])
def test_contents_in_one_language(judged: Assessment, tmp_path: Path, language: str, status: str, other: str) -> None:
    """Contents come in the language asked for; headings in both always."""
    path = cp.write_workbook(judged, tmp_path / "one.xlsx", language=language)  # pyright: ignore[reportArgumentType] - zh or en
    told = records(path, "verdicts")
    assert status in told["Verdict"].tolist()
    assert other not in told["Verdict"].tolist()


def test_hostile_names_stay_text(judged: Assessment, tmp_path: Path) -> None:
    """Formulas, markup, control characters and endless names: text in a cell, and no link, formula or broken file."""
    path = cp.write_workbook(hostile(judged), tmp_path / "hostile.xlsx")
    for name, xml in parts(path).items():
        etree.fromstring(xml.encode())
        assert "<f>" not in xml, name
        assert "r:id" not in xml.split("<hyperlinks")[-1] or name != NAMES["facilities"]
    cells = records(path, "facilities")["name"].tolist()
    assert all(cell.startswith("=HYPERLINK") for cell in cells)
    assert all("\x01" not in cell and "\u202e" not in cell and len(cell) <= 2000 for cell in cells)


def test_scenarios_stand_beside_the_study(judged: Assessment, tmp_path: Path) -> None:
    """A scenario has its figures beside those of the study as it is."""
    path = cp.write_workbook(judged, tmp_path / "two.xlsx", scenarios={"方案一": judged})
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name("方案对比 Scenarios").to_python(skip_empty_area=False)
    assert rows[FIRST_ROW - 2][4:] == ["方案一", "方案一"]
    assert all(row[2] == row[4] for row in rows[FIRST_ROW:])


def test_the_same_assessment_makes_the_same_workbook(judged: Assessment, tmp_path: Path) -> None:
    """Nothing in the file depends on the hour."""
    one, two = (
        cp.write_workbook(judged, tmp_path / name, made_on=date(2024, 5, 6)).read_bytes()
        for name in ("a.xlsx", "b.xlsx")
    )
    assert one == two


def test_a_table_without_rows_has_no_sheet(judged: Assessment) -> None:
    """A study without projects has no sheet of projects; columns in which nothing stands are left out."""
    bare = replace(judged, study=replace(judged.study, projects=judged.study.projects.iloc[:0]))
    tables = {table.name: table for table in review_tables(bare)}
    assert "projects" not in tables
    assert all(
        any(row[field.name] is not None for row in table.rows) for table in tables.values() for field in table.fields
    )


def test_cells_that_fit() -> None:
    """Texts lose what no file can hold; numbers that are whole stay whole; one name stands in for the other."""
    assert fit("\ufffe\ud800a\u2028b") == "a\nb"
    assert as_number(pd.NA) is None
    assert as_number(3.0) == 3
    assert pair(None, "Hall") == {"zh": "Hall", "en": "Hall"}
