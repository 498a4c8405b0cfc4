"""Uploaded tables are read like any other, and never trusted."""

import io
import struct
import zipfile

import pytest
import xlsxwriter

import coverplan as cp
from coverplan.app.answers import as_problems
from coverplan.app.uploads import MOST_SITES, as_edits, refuse_bomb, report, sites_of
from coverplan.core.errors import InputError
from coverplan.core.model import Study


@pytest.fixture(scope="module")
def study() -> Study:
    """The toy county."""
    return cp.read_study(cp.sample_config())


def workbook(rows: list[list[object]]) -> bytes:
    """Return a workbook with one sheet; texts that begin with = become formulas, as Excel makes them."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        sheet = book.add_worksheet("拟建站点")
        for i, row in enumerate(rows):
            sheet.write_row(i, 0, row)
    return held.getvalue()


HEADINGS = ["名称", "经度", "纬度", "救护车"]


def test_a_workbook_of_sites_is_read_with_chinese_headings(study: Study) -> None:
    """Name, place and vehicles come out, and the report says them in both languages."""
    content = workbook([HEADINGS, ["新站", 118.545, 24.72, 2]])
    sites = sites_of(content, study)
    assert [(one.name, one.lon, one.lat, one.vehicles) for one in sites] == [("新站", 118.545, 24.72, 2)]
    told = report(sites, len(content))
    assert "1个拟建站点" in told[0]["zh"]
    assert "1 proposed site read, 2 ambulances" in told[0]["en"]
    assert as_edits(sites, "ems_station")[0]["open"]["at"] == [118.545, 24.72]


def test_a_table_in_the_older_chinese_encoding_is_read(study: Study) -> None:
    """A CSV file as Chinese Windows writes it."""
    (site,) = sites_of("名称,经度,纬度\n新站,118.545,24.72\n".encode("gb18030"), study)
    assert (site.name, site.vehicles) == ("新站", 1)


def test_names_stay_text(study: Study) -> None:
    """HTML, formulas and paths in a name are letters; what a formula worked out when it was saved is its cell."""
    rows = 'name,lon,lat\n<img src=x onerror=alert(1)>,118.545,24.72\n"=HYPERLINK(""http://x"",""y"")",118.545,24.721\n'
    assert [one.name for one in sites_of((rows + "../../etc/passwd,118.545,24.722\n").encode(), study)] == [
        "<img src=x onerror=alert(1)>", '=HYPERLINK("http://x","y")', "../../etc/passwd",
    ]  # fmt: skip
    with pytest.raises(InputError):  # an unsaved formula has the value 0, which is no place in the county
        sites_of(workbook([HEADINGS, ["x", "=100+18.545", 24.72, 1]]), study)


def test_what_is_wrong_is_named_by_sheet_row_and_column(study: Study) -> None:
    """Every mistake at once, where it stands in the user's own file."""
    with pytest.raises(InputError) as caught:
        sites_of(workbook([HEADINGS, ["a", "east", 24.72, 1], ["b", 118.545, 24.72, -1]]), study)
    fields = [problem["field"] for problem in as_problems(caught.value)]
    assert fields == ["拟建站点, row 2, lon", "拟建站点, row 3, vehicles"]


def bomb(*, tells_the_truth: bool) -> bytes:
    """Return an archive of 100 kB that unpacks to 100 MB; or says that it unpacks to 10 bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 100_000_000)
    content = bytearray(held.getvalue())
    assert len(content) < 200_000
    if not tells_the_truth:
        for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            struct.pack_into("<I", content, content.index(mark) + offset, 10)
    return bytes(content)


@pytest.mark.parametrize("honest", [True, False])
def test_an_archive_that_swells_is_refused_unread(study: Study, honest: bool) -> None:
    """A zip bomb is found by unpacking, piece by piece, whatever it says of itself."""
    with pytest.raises(InputError, match="unpacks to far more"):
        sites_of(bomb(tells_the_truth=honest), study)


def test_an_archive_of_very_many_parts_is_refused() -> None:
    """Parts cost time even when they are empty."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for i in range(1001):
            archive.writestr(f"{i}", b"")
    with pytest.raises(InputError, match="1001 parts"):
        refuse_bomb(held.getvalue())


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04", b"PK\x03\x04" + b"x" * 100, b"\xd0\xcf\x11\xe0" + b"\x00" * 600, b"\x00" * 50, b"\xff\xfe\x00",
     b"name,lon,lat\n", b"a;b\n1;2\n", b"\x89PNG\r\n\x1a\n", b'"' * 1001],
)  # fmt: skip
def test_what_is_no_table_is_refused_in_words(study: Study, content: bytes) -> None:
    """Broken and foreign files end in a problem that says what to do, never in a crash."""
    with pytest.raises(InputError) as caught:
        sites_of(content, study)
    assert all(problem.what for problem in caught.value.problems)


def test_more_sites_than_anybody_can_look_at_are_refused(study: Study) -> None:
    """There is a limit, and it is said."""
    rows = "".join(f"s{i},118.545,24.72\n" for i in range(MOST_SITES + 1))
    with pytest.raises(InputError, match=f"more than {MOST_SITES}"):
        sites_of(f"name,lon,lat\n{rows}".encode(), study)
