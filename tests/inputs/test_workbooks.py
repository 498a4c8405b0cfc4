"""Workbooks: every kind people send, the sheet that is meant, failed formulas, and files that would fill the memory."""

import datetime
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from coverplan.core.errors import ProblemList
from coverplan.core.tables import FACILITIES, PEOPLE, VEHICLES, Table
from coverplan.inputs.records import read_table
from coverplan.inputs.workbooks import read_sheets

CRS = "EPSG:32650"
HEAD = ["编码", "名称", "类别", "经度", "纬度", "床位数（张）", "启用年", "来源", "数据质量"]
ROWS = [
    ["0071", "县医院", "医院", 118.512705, 24.721904, 300, datetime.date(2019, 8, 1), "台账", "官方"],
    ["0072", "东岸镇卫生院", "卫生院", 118.572009, 24.721294, "４0张", "2020年5月", "台账", "官方"],
]


def book(path: Path, sheets: dict[str, list[list]], hidden: tuple[str, ...] = ()) -> Path:
    """Write a workbook."""
    with xlsxwriter.Workbook(path) as workbook:
        date = workbook.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    is_date = isinstance(cell, datetime.date)
                    sheet.write_datetime(i, j, cell, date) if is_date else sheet.write(i, j, cell)
            if name in hidden:
                sheet.hide()
    return path


def read(path: Path, table: Table = FACILITIES, **more: str):
    """Read a table; returns it with the problems and notes as text."""
    problems, notes = ProblemList(), ProblemList()
    frame = read_table(path, table, crs=CRS, problems=problems, notes=notes, **more)
    return frame, [str(p) for p in problems], [str(n) for n in notes]


def test_a_sheet_is_read_with_its_numbers_dates_and_zeros(tmp_path: Path) -> None:
    """Leading zeros stay, numbers and dates are what the sheet shows, units and full-width digits are understood."""
    frame, problems, notes = read(book(tmp_path / "a.xlsx", {"Sheet1": [HEAD, *ROWS]}))
    assert problems == notes == []
    assert frame["facility_id"].to_list() == ["0071", "0072"]
    assert frame["beds"].to_list() == [300, 40]
    assert frame["open_year"].to_list() == [2019, 2020]
    assert frame["lon"].to_list() == [118.512705, 118.572009]


def test_the_old_format_is_read(root: Path) -> None:
    """An .xls with a title, a total and a remark gives its two records."""
    frame, problems, notes = read(root / "tests" / "data" / "old-format.xls")
    assert problems == []
    assert frame["facility_id"].to_list() == ["0071", "0072"]
    assert frame["beds"].to_list() == [300, 40]
    assert len(notes) == 3


def opendocument(path: Path, rows: list[str], repeat: int = 1) -> Path:
    """Write an OpenDocument sheet by hand; the last row is repeated."""
    *first, last = [f"<table:table-row{{}}>{row}</table:table-row>" for row in rows]
    body = "".join([*(row.format("") for row in first), last.format(f' table:number-rows-repeated="{repeat}"')])
    names = ["office:1.0", "table:1.0", "text:1.0"]
    spaces = " ".join(f'xmlns:{n[:-4]}="urn:oasis:names:tc:opendocument:xmlns:{n}"' for n in names)
    text = f'<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name="设施">{body}'
    text += "</table:table></office:spreadsheet></office:body></office:document-content>"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", text)
        archive.writestr("META-INF/manifest.xml", "<manifest:manifest/>")
    return path


def line(cells: list, attributes: str = "") -> str:
    """One row of an OpenDocument sheet."""
    start = f'<table:table-cell {attributes} office:value-type="string">'
    return "".join(f"{start}<text:p>{cell}</text:p></table:table-cell>" for cell in cells)


def test_opendocument_is_read(tmp_path: Path) -> None:
    """An .ods gives the same table as an .xlsx; a filled row that is repeated to the end of the grid is refused."""
    endless = opendocument(tmp_path / "b.ods", [line(HEAD), line(ROWS[1])], repeat=1_048_570)
    assert "reaches over 1,048,570 rows" in read(endless)[1][0]
    wide = opendocument(tmp_path / "c.ods", [line(HEAD), line(ROWS[1], 'table:number-columns-repeated="16000"')])
    assert "16,000 columns" in read(wide)[1][0]
    blank = opendocument(tmp_path / "d.ods", [line(HEAD), line(ROWS[1]), "<table:table-cell/>"], repeat=1_048_570)
    assert len(read(blank)[0]) == 1
    path = opendocument(tmp_path / "a.ods", [line(HEAD), line(ROWS[1])])
    frame, problems, _ = read(path)
    assert problems == []
    assert frame["name"].to_list() == ["东岸镇卫生院"]
    assert frame["beds"].to_list() == [40]


SHEETS = {"说明": [["请填写"]], "医院": [HEAD, *ROWS], "车辆": [["车辆编码", "驻点", "负压", "来源", "数据质量"]]}


def test_the_sheet_is_found_by_its_headings(tmp_path: Path) -> None:
    """Of several sheets the one whose headings fit is read, and said."""
    path = book(tmp_path / "a.xlsx", SHEETS)
    frame, problems, notes = read(path)
    assert (len(frame), problems) == (2, [])
    assert notes == ["a.xlsx: the sheet '医院' is read, because its headings fit facilities best"]
    assert read(path, VEHICLES)[1] == []


def test_the_sheet_called_like_the_table_comes_first(tmp_path: Path) -> None:
    """设施 is facilities, whatever the other sheets look like; a sheet can be named."""
    path = book(tmp_path / "a.xlsx", {"备份": [HEAD, *ROWS], "设施": [HEAD, ROWS[0]], "旧": [HEAD, *ROWS]})
    assert len(read(path)[0]) == 1
    assert len(read(path, sheet="旧")[0]) == 2
    assert read(path, sheet="就")[1] == ["a.xlsx: there is no sheet '就' (one of: 备份, 设施, 旧)"]


def test_sheets_that_fit_alike_are_asked_about(tmp_path: Path) -> None:
    """Two sheets of facilities, or none: the choice is the user's, and problems name the sheet."""
    path = book(tmp_path / "a.xlsx", {"一": [HEAD, ROWS[0]], "二": [HEAD, ROWS[1]], "空": []})
    assert read(path)[1] == ["a.xlsx: which sheet holds facilities? it may be '一', '二' (name the sheet)"]
    assert "it may be '一', '二'" in read(path, PEOPLE)[1][0]
    bad = book(tmp_path / "b.xlsx", {"一": [HEAD, [*ROWS[0][:5], "约50", *ROWS[0][6:]]]})
    assert read(bad)[1][0].startswith("b.xlsx, sheet 一, row 2, column beds: '约50' is not a whole number")


def test_hidden_sheets_are_read_only_by_name(tmp_path: Path) -> None:
    """What the user cannot see is not taken without being asked for."""
    path = book(tmp_path / "a.xlsx", {"新": [HEAD, ROWS[0]], "设施": [HEAD, *ROWS]}, hidden=("设施",))
    assert len(read(path)[0]) == 1
    assert len(read(path, sheet="设施")[0]) == 2


def test_failed_formulas_are_told(tmp_path: Path) -> None:
    """A cell that shows #REF! is not an empty cell, also when the sheets do not stand in the order of their files."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        workbook.add_worksheet("说明").write(0, 0, "x")
        sheet = workbook.add_worksheet("设施")
        for i, row in enumerate([HEAD, [*ROWS[0][:6], 2019, *ROWS[0][7:]]]):
            sheet.write_row(i, 0, row)
        sheet.write_formula(1, 5, "=Sheet9!A1", None, "#REF!")
    assert read(path)[1] == ["a.xlsx, sheet 设施, row 2, column beds: '#REF!' is not a whole number"]
    moved = tmp_path / "b.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(moved, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/_rels/workbook.xml.rels":
                data = (
                    data.replace(b"sheet1.xml", b"@").replace(b"sheet2.xml", b"sheet1.xml").replace(b"@", b"sheet2.xml")
                )
            swap = {
                "xl/worksheets/sheet1.xml": "xl/worksheets/sheet2.xml",
                "xl/worksheets/sheet2.xml": "xl/worksheets/sheet1.xml",
            }
            new.writestr(swap.get(name, name), data)
    assert read(moved)[1] == ["b.xlsx, sheet 设施, row 2, column beds: '#REF!' is not a whole number"]


def test_a_stray_cell_at_the_end_of_the_grid_is_no_danger(tmp_path: Path) -> None:
    """A sheet that would be laid out as seventeen billion cells is refused at once, and says where it reaches."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("设施")
        sheet.write_row(0, 0, HEAD)
        sheet.write(1_048_575, 16_383, "x")
    assert read(path)[1] == [
        "a.xlsx: sheet '设施' reaches over 1,048,576 rows and 16,384 columns "
        "(delete the empty rows and columns around the table)"
    ]


def test_a_workbook_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    """A few kilobytes that unpack to more than the memory holds are not unpacked."""
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(1000))
    # Where the directory of the archive says how large the member is; packing a real gigabyte takes seconds.
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02") + 24
    assert int.from_bytes(data[at : at + 4], "little") == 1000
    data[at : at + 4] = (1100 << 20).to_bytes(4, "little")
    path.write_bytes(data)
    assert "unpacks to more than a gigabyte" in read(path)[1][0]


def test_what_the_reader_cannot_survive_is_read_apart(tmp_path: Path, root: Path) -> None:
    """An old workbook whose header asks for more memory than there is costs a second process, not this one."""
    good = (root / "tests" / "data" / "old-format.xls").read_bytes()
    # The number of sectors of the allocation table, in the header of the container.
    path = tmp_path / "a.xls"
    path.write_bytes(good[:44] + b"\xff\xff\xff\x7f" + good[48:])
    frame, problems, _ = read(path)
    assert len(frame) == 0 or not problems
    assert all("cannot be read as a workbook" in problem for problem in problems)


def test_a_workbook_is_opened_once_for_all_its_tables(tmp_path: Path) -> None:
    """A second table of the same file costs next to nothing, and a changed file is read anew."""
    path = book(tmp_path / "a.xlsx", {"设施": [HEAD, *ROWS]})
    assert len(read(path)[0]) == 2
    book(path, {"设施": [HEAD, ROWS[0]]})
    assert len(read(path)[0]) == 1


def test_an_empty_workbook_is_said(tmp_path: Path) -> None:
    """No sheet with anything in it is one problem."""
    assert read(book(tmp_path / "a.xlsx", {"Sheet1": []}))[1] == ["a.xlsx: every sheet of the workbook is empty"]
    assert read(book(tmp_path / "b.xlsx", {"Sheet1": []}), sheet="Sheet1")[1] == ["b.xlsx: the sheet 'Sheet1' is empty"]


@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".et"])
def test_the_kind_of_a_workbook_is_seen_not_believed(tmp_path: Path, suffix: str) -> None:
    """A workbook under another workbook's ending is read all the same."""
    path = book(tmp_path / "a.xlsx", {"设施": [HEAD, *ROWS]}).rename(tmp_path / f"b{suffix}")
    assert len(read(path)[0]) == 2


def test_totals_are_held_against_the_records(tmp_path: Path) -> None:
    """A total that is not the sum of the records is noted; a right one is only left out."""
    for total, said in ((340, 0), (350, 1)):
        rows = [HEAD, *ROWS, ["", "合计", "", "", "", total]]
        _, problems, notes = read(book(tmp_path / f"{total}.xlsx", {"设施": rows}))
        assert problems == []
        assert sum("the total says 350, the records add up to 340" in note for note in notes) == said


def test_eight_thousand_rows_are_read_within_seconds(tmp_path: Path) -> None:
    """A county's demand points in a workbook are no wait."""
    import time

    head = ["point_id", "人口", "村社", "经度", "纬度", "来源", "数据质量"]
    rows = [[f"p{i}", i, f"村{i}", 118.5 + i / 1e5, 24.8, "x", "官方"] for i in range(8000)]
    path = book(tmp_path / "a.xlsx", {"人口": [head, *rows]})
    started = time.perf_counter()
    frame, problems, _ = read(path, PEOPLE)
    assert (len(frame), problems) == (8000, [])
    assert time.perf_counter() - started < 4.0
    assert len(read_sheets(path)["人口"].rows) == 8001
