"""Placing the records of a file."""

from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from coverplan.core.errors import InputError
from coverplan.inputs.geocode import geocode_file

HEADINGS = ("设施编码", "机构名称", "经度", "纬度", "坐标系", "床位数")
ROWS = (
    ("a", "陈埭中心卫生院", "", "", "", "100"),
    ("b", "晋江市医院", "118.59", "24.78", "高德", "1500"),
)


def a_csv(folder: Path, encoding: str = "utf-8-sig") -> Path:
    """Write the table as a CSV file."""
    path = folder / "设施.csv"
    path.write_bytes("\n".join(",".join(row) for row in (HEADINGS, *ROWS)).encode(encoding))
    return path


def a_workbook(folder: Path) -> Path:
    """Write the table as a workbook."""
    path = folder / "设施.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate((HEADINGS, *ROWS)):
            sheet.write_row(number, 0, row)
    return path


@pytest.mark.parametrize("kind", ["csv", "gb18030", "xlsx"])
def test_the_users_table_comes_back_with_positions(tmp_path: Path, kind: str) -> None:
    """The user's own headings and columns stay; positions are filled in, in WGS-84, and the list is written."""
    path = a_workbook(tmp_path) if kind == "xlsx" else a_csv(tmp_path, "gb18030" if kind == "gb18030" else "utf-8-sig")
    out, review = tmp_path / "out" / "placed.csv", tmp_path / "out" / "review.xlsx"
    result = geocode_file(path, out=out, review=review, county="晋江市")
    table = pd.read_csv(out, dtype=str, encoding="utf-8-sig")
    assert tuple(table.columns[:6]) == HEADINGS
    assert table["经度"].to_list() == ["118.599790", f"{result.placed['lon'].iloc[1]:.6f}"]
    assert table["坐标系"].to_list() == ["wgs84", "wgs84"]
    assert table["床位数"].to_list() == ["100", "1500"]
    assert table["geo_status"].to_list() == ["check", "placed"]
    assert review.exists()


def test_a_file_that_was_placed_can_be_placed_again(tmp_path: Path) -> None:
    """What is placed stays where it is: the output is a good input."""
    first, second = tmp_path / "one.csv", tmp_path / "two.csv"
    geocode_file(a_csv(tmp_path), out=first, county="晋江市")
    geocode_file(first, out=second, county="晋江市")
    one, two = (pd.read_csv(path, dtype=str, encoding="utf-8-sig") for path in (first, second))
    pd.testing.assert_frame_equal(one[["经度", "纬度", "机构名称"]], two[["经度", "纬度", "机构名称"]])


def test_a_file_without_names_or_with_a_strange_datum_is_refused(tmp_path: Path) -> None:
    """Problems name file, row and column; nothing is written."""
    path = tmp_path / "x.csv"
    path.write_text("facility_id,lon,lat\na,1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="name"):
        geocode_file(path, out=tmp_path / "out.csv")
    path.write_text("name,lon,lat,datum\na,1,2,mars\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 2, column datum"):
        geocode_file(path, out=tmp_path / "out.csv")
    with pytest.raises(InputError, match="no such file"):
        geocode_file(tmp_path / "nowhere.xlsx", out=tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()
