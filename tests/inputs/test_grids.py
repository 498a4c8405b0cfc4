"""A sheet of cells: where the heading is found, which rows are records, and that nothing is left out in silence."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from coverplan.core.errors import ProblemList
from coverplan.core.tables import FACILITIES
from coverplan.inputs.door import Door, Raw
from coverplan.inputs.grids import Grid, heading_score, read_grid

HEAD = ["编码", "名称", "类别", "经度", "纬度", "床位数（张）", "来源", "数据质量"]
ONE = ["F1", "县医院", "医院", "118.51", "24.72", "300", "台账", "官方"]
TWO = ["F2", "卫生院", "卫生院", "118.57", "24.72", "40", "台账", "官方"]


def read(rows: list[list[str]], merged: tuple = ()) -> tuple[Raw, list[str], list[str]]:
    """Read a sheet of facilities; returns the table, the problems and the notes."""
    problems, notes = ProblemList(), ProblemList()
    door = Door(path=Path("x.xlsx"), file="x.xlsx", sheet="机构", problems=problems, notes=notes)
    raw = read_grid(Grid(rows=rows, merged=merged), FACILITIES, door)
    assert raw is not None
    return raw, [str(p) for p in problems], [str(n).removeprefix("x.xlsx, sheet 机构, ") for n in notes]


def records(raw: Raw) -> dict[int, list[str]]:
    """The rows that hold a record, by their number in the file."""
    return {raw.first_row + i: row for i, row in enumerate(raw.frame.to_numpy().tolist()) if any(row)}


def test_a_plain_sheet() -> None:
    """Heading in row 1, records below: nothing is noted."""
    raw, problems, notes = read([HEAD, ONE, TWO])
    assert (records(raw), problems, notes) == ({2: ONE, 3: TWO}, [], [])
    assert raw.letters["床位数（张）"] == "F"


def test_titles_stand_above_the_heading() -> None:
    """Rows above the heading are a title; rows are counted as the sheet shows them; the title is told."""
    raw, problems, notes = read([["2020年医疗机构一览表"], [], ["单位：张"], HEAD, ONE, [], TWO])
    assert list(records(raw)) == [5, 7]
    assert problems == []
    assert notes == ["x.xlsx, sheet 机构: the headings stand in row 4; above them: 2020年医疗机构一览表; 单位：张"]


def test_headings_in_two_rows() -> None:
    """位置 above 经度 and 纬度, 床位 above its unit, other headings merged over both rows."""
    upper = ["编码", "名称", "类别", "位置", "", "床位数", "来源", "数据质量"]
    lower = ["", "", "", "经度", "纬度", "（张）", "", ""]
    merged = (((0, 3), (0, 4)), *(((0, j), (1, j)) for j in (0, 1, 2, 6, 7)))
    for blocks in (merged, ()):
        raw, problems, _ = read([upper, lower, ONE], blocks)
        assert list(raw.frame.columns) == HEAD
        assert records(raw) == {3: ONE}
        assert problems == []


def test_a_heading_that_is_repeated_on_every_page_is_found_where_it_stands_first() -> None:
    """Two rows above, one row further down: the first is the heading, and no record is taken for a title."""
    upper = ["编码", "名称", "类别", "位置", "", "床位数（张）", "来源", "数据质量"]
    lower = ["", "", "", "经度", "纬度", "", "", ""]
    raw, problems, _ = read([["题目"], upper, lower, ONE, HEAD, TWO])
    assert (records(raw), problems) == ({4: ONE, 6: TWO}, [])


def test_the_same_headings_in_english_belong_to_the_heading() -> None:
    """A second row with the names in English is heading, not a record."""
    english = ["facility_id", "name", "kind", "lon", "lat", "beds", "source", "quality"]
    raw, problems, notes = read([HEAD, english, ONE])
    assert (records(raw), problems, notes) == ({3: ONE}, [], [])
    assert list(raw.frame.columns) == HEAD


def test_what_is_no_record_is_left_out_and_told() -> None:
    """Captions, totals, the heading once more, the template's example and remarks are no records."""
    rows = [
        HEAD, ["一、公立医院"], ["示例1", *ONE[1:]], ONE, ["", "小计", "", "", "", "300"], HEAD, ["二、卫生院"], TWO,
        ["", "合 计", "", "", "", "340"], ["注：数据截至2020年底"], ["填表人：张三"],
    ]  # fmt: skip
    raw, problems, notes = read(rows)
    assert records(raw) == {4: ONE, 8: TWO}
    assert problems == []
    assert [note.split(":")[0] for note in notes] == [f"row {row}" for row in (2, 3, 5, 6, 7, 9, 10, 11)]
    assert raw.totals["床位数（张）"].to_list() == ["340"]


def test_a_hospital_called_total_is_a_record() -> None:
    """Only a row that lacks what a record must have is a total."""
    raw, _, notes = read([HEAD, ["F9", "合计", *ONE[2:]]])
    assert len(records(raw)) == 1
    assert notes == []


def test_cells_merged_downward_count_for_every_row() -> None:
    """A source merged over three records is the source of each."""
    rows = [HEAD, ONE, [*TWO[:6], "", "官方"], ["F3", *TWO[1:6], "", "官方"]]
    raw, problems, _ = read(rows, (((1, 6), (3, 6)),))
    assert raw.frame["来源"].to_list() == ["台账"] * 3
    assert problems == []


def test_columns_without_a_heading_and_headings_that_stand_twice() -> None:
    """A column nobody named is noted; a name that stands twice is refused, with both places."""
    _, problems, notes = read([[*HEAD, ""], [*ONE, "?"]])
    assert notes == ["row 1: column I has no heading and is left aside"]
    assert problems == []
    _, problems, _ = read([[*HEAD, "名称"], [*ONE, "x"]])
    assert problems == ["x.xlsx, sheet 机构, row 1: the heading '名称' stands twice (columns B and I: keep one)"]


def test_a_sheet_of_something_else_keeps_its_first_row_as_heading() -> None:
    """Without a known heading the first row counts, so that what is missing can be named."""
    raw, _, _ = read([["a", "b"], ["1", "2"]])
    assert list(raw.frame.columns) == ["a", "b"]
    assert heading_score(Grid(rows=[["a", "b"]]), FACILITIES) == 0
    assert heading_score(Grid(rows=[["题目"], HEAD]), FACILITIES) == 8


@given(
    st.lists(st.lists(st.text("医院合计注：示例F1 编码名称", max_size=4), max_size=9), max_size=8),
    st.integers(0, 4),
)
def test_records_keep_their_row_whatever_stands_around_them(rows: list[list[str]], above: int) -> None:
    """Whatever other rows hold, a whole record below the heading is found in the row where it stands."""
    raw, _, _ = read([*[["题目"]] * above, HEAD, *rows, ONE])
    assert records(raw)[above + len(rows) + 2] == ONE
