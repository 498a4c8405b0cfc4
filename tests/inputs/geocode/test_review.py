"""The review list goes to a person and comes back."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
import xlsxwriter

from coverplan.core.datum import from_wgs84
from coverplan.core.errors import InputError
from coverplan.inputs.geocode import REASONS, Geocoded, geocode, read_review, write_review

NAMES = ("陈埭中心卫生院", "湖头村卫生所", "市医院", "=1+1 诊所", "陈棣镇卫生院")


@pytest.fixture
def result() -> Geocoded:
    """Five records: one coarse, one with namesakes, one without a point, one like a formula, one misspelt."""
    records = pd.DataFrame({"facility_id": [f"f{n}" for n in range(5)], "name": NAMES})
    return geocode(records, county="晋江市", today="2026-01-02")


def fill_in(path: Path, changes: dict[tuple[str, str], Any]) -> Path:
    """Fill cells of a review list, by name of the record and heading, as a person does and saves."""
    sheets = pd.read_excel(path, sheet_name=None, header=None, dtype=str, engine="calamine")
    cells = {title: table.fillna("").to_numpy(dtype=object).tolist() for title, table in sheets.items()}
    headings = cells["待核对"][0]
    names = [row[headings.index("名称")] for row in cells["待核对"]]
    for (name, heading), value in changes.items():
        cells["待核对"][names.index(name)][headings.index(heading)] = value
    filled = path.with_name("filled.xlsx")
    with xlsxwriter.Workbook(filled, {"strings_to_formulas": False}) as book:
        for title, rows in cells.items():
            sheet = book.add_worksheet(title)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, [None if value == "" else value for value in row])
    return filled


def test_every_reason_is_explained() -> None:
    """The workbook speaks Chinese: each reason that the code gives has its sentence."""
    source = Path(__file__).resolve().parents[3] / "src/coverage/coverplan/inputs/geocode"
    told = "".join((source / name).read_text(encoding="utf-8") for name in ("match.py", "steps.py", "place.py"))
    for reason in REASONS:
        assert f'"{reason}"' in told, f"nobody gives the reason {reason}"


def test_a_list_left_alone_changes_nothing(result: Geocoded, tmp_path: Path) -> None:
    """Written and read back untouched, there is no correction in it."""
    assert read_review(write_review(result, tmp_path / "review.xlsx")).empty


def test_the_list_holds_every_record_and_its_candidates(result: Geocoded, tmp_path: Path) -> None:
    """Those without a place come first; names are text, never formulas."""
    path = write_review(result, tmp_path / "review.xlsx")
    sheets = pd.read_excel(path, sheet_name=None, dtype=str, engine="calamine")
    review = sheets["待核对"]
    assert set(review["名称"]) == set(NAMES)
    assert review["名称"].iloc[-1] == "陈埭中心卫生院"
    offered = review.loc[review["名称"] == "湖头村卫生所", ["候选 1", "候选 2"]].to_csv()
    assert "磁灶镇" in offered
    assert "东石镇" in offered
    assert len(sheets["候选"]) == len(result.candidates)


def test_what_a_person_fills_in_places_the_records_for_good(result: Geocoded, tmp_path: Path) -> None:
    """A choice, coordinates in a datum, and a confirmation are applied, remembered, and not asked again."""
    lon, lat = from_wgs84(118.59, 24.78, "bd09")
    filled = fill_in(
        write_review(result, tmp_path / "review.xlsx"),
        {
            ("湖头村卫生所", "选用候选"): 2,
            ("市医院", "正确经度"): float(lon),
            ("市医院", "正确纬度"): float(lat),
            ("市医院", "坐标系"): "bd09",
            ("市医院", "备注"): "现场核实",
            ("陈埭中心卫生院", "确认现用位置"): "是",
        },
    )
    corrections = read_review(filled, today="2026-02-03")
    assert len(corrections) == 3
    records = result.placed[["facility_id", "name"]]
    cache = tmp_path / "cache.csv"
    first = geocode(records, county="晋江市", corrections=corrections, cache=cache)
    again = geocode(records, county="晋江市", cache=cache)
    for placed in (first.placed, again.placed):
        by_name: Any = placed.set_index("name")
        assert by_name.loc["市医院", ["lon", "lat"]].to_list() == pytest.approx([118.59, 24.78], abs=1e-6)
        assert set(by_name.loc[list(NAMES[:3]), "geo_status"]) == {"placed"}
        assert set(by_name.loc[list(NAMES[:3]), "geo_provider"]) == {"person"}
        assert set(by_name.loc[list(NAMES[:3]), "geo_date"]) == {"2026-02-03"}
        dongshi = by_name.loc["湖头村卫生所"]
        offered = result.candidates[(result.candidates["record_id"] == "f1") & (result.candidates["number"] == 2)]
        assert (dongshi["lon"], dongshi["lat"]) == pytest.approx((offered["lon"].item(), offered["lat"].item()))
    assert set(first.review["name"]) == set(NAMES[3:])


def test_every_unusable_entry_is_named_at_once(result: Geocoded, tmp_path: Path) -> None:
    """Sheet, row and heading of each; nothing is half applied."""
    filled = fill_in(
        write_review(result, tmp_path / "review.xlsx"),
        {
            ("湖头村卫生所", "选用候选"): 9,
            ("市医院", "选用候选"): 1,
            ("=1+1 诊所", "正确经度"): "118度",
            ("=1+1 诊所", "正确纬度"): 24.7,
            ("陈棣镇卫生院", "确认现用位置"): "是",
            ("陈埭中心卫生院", "正确经度"): 118.5,
            ("陈埭中心卫生院", "正确纬度"): 24.7,
            ("陈埭中心卫生院", "坐标系"): "mars",
        },
    )
    with pytest.raises(InputError) as caught:
        read_review(filled)
    assert sorted((p.column or "") for p in caught.value.problems) == sorted(
        ["选用候选", "选用候选", "正确经度", "确认现用位置", "坐标系"]
    )
    assert {p.sheet for p in caught.value.problems} == {"待核对"}


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04 not a workbook", b"name,lon\n1,2\n"])
def test_a_file_that_is_no_workbook_is_refused_in_words(tmp_path: Path, body: bytes) -> None:
    """Broken, foreign and missing files end in a problem that names the file."""
    path = tmp_path / "review.xlsx"
    path.write_bytes(body)
    with pytest.raises(InputError, match=r"review\.xlsx"):
        read_review(path)
    with pytest.raises(InputError, match="no such file"):
        read_review(tmp_path / "nowhere.xlsx")


def test_a_workbook_of_another_kind_is_refused(tmp_path: Path) -> None:
    """Missing sheets and columns are named."""
    path = tmp_path / "other.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Sheet1").write(0, 0, "x")
    with pytest.raises(InputError, match="待核对"):
        read_review(path)


def test_a_point_of_a_person_outside_the_study_area_is_still_a_problem(result: Geocoded, tmp_path: Path) -> None:
    """A slip of the pen in the review list does not put a hospital into the sea."""
    entries = {("市医院", "正确经度"): 181.59 - 62, ("市医院", "正确纬度"): 24.78}
    corrections = read_review(fill_in(write_review(result, tmp_path / "review.xlsx"), entries))
    area = shapely.box(118.38, 24.48, 118.72, 24.93)
    again = geocode(result.placed[["facility_id", "name"]], county="晋江市", corrections=corrections, study_area=area)
    assert again.placed["lon"][again.placed["name"] == "市医院"].isna().all()
    assert len(again.problems) == 1
