"""A table held against its declaration: what is understood, what is told."""

import pandas as pd
import pytest

from coverplan.core.checks import check_references, check_table
from coverplan.core.errors import ProblemList
from coverplan.core.tables import INPUT_TABLES, PEOPLE, ROAD_EDGES, Column, Table
from coverplan.core.words import ROAD_CLASSES, Word

SHOPS = Table(
    name="shops",
    zh="店",
    key="shop_id",
    meaning="For the tests.",
    columns=(
        Column(name="shop_id", type="text", zh="编码", meaning="Identifier.", required=True, aliases=("id",)),
        Column(name="name", type="text", zh="名称", meaning="Name."),
        Column(name="staff", type="integer", zh="人数", meaning="How many work there.", minimum=0, required=True),
        Column(name="area_m2", type="number", zh="面积", meaning="Floor area.", minimum=0, maximum=1e6),
        Column(name="open", type="flag", zh="营业", meaning="Whether it is open.", default=True),
        Column(name="chain", type="flag", zh="连锁", meaning="Whether it belongs to a chain."),
        Column(
            name="kind",
            type="text",
            zh="类别",
            meaning="Kind.",
            default="food",
            allowed={
                "food": Word(value="food", zh="食品", en="food shop", aliases=("超市",)),
                "books": Word(value="books", zh="书店", en="bookshop"),
            },
        ),
    ),
)


def _check(frame: dict[str, list[object]], table: Table = SHOPS, **more: object) -> tuple[pd.DataFrame, list[str]]:
    problems = ProblemList()
    result = check_table(pd.DataFrame(frame), table, file="shops.csv", problems=problems, **more)  # type: ignore[arg-type] - options by name
    return result, [str(problem).removeprefix("shops.csv, ") for problem in problems]


def test_types_defaults_and_order() -> None:
    """The declared columns come back in order, typed; empty cells become the default, or missing."""
    result, problems = _check({"staff": ["3", "0"], "id": ["a", "b"], "open": ["", "no"], "area_m2": ["12.5", ""]})
    assert problems == []
    assert list(result.columns) == list(SHOPS.names)
    assert {name: str(dtype) for name, dtype in result.dtypes.items()} == {
        "shop_id": "str", "name": "str", "staff": "int64", "area_m2": "float64", "open": "bool", "chain": "boolean",
        "kind": "str",
    }  # fmt: skip
    assert result["open"].tolist() == [True, False]
    assert result["kind"].tolist() == ["food", "food"]
    assert result["area_m2"].isna().tolist() == [False, True]
    assert result["chain"].isna().all()


HEADINGS = (
    "staff", "Staff", " STAFF ", "人数", "人 数", "人数（人）", "人数(人)", "人数［人］", "staff [people]",
    "\ufeffstaff", "ｓｔａｆｆ",
)  # fmt: skip


@pytest.mark.parametrize("heading", HEADINGS)
def test_headings_are_understood(heading: str) -> None:
    """Name, Chinese label, case, spaces, full-width letters, units in brackets and a byte-order mark are all fine."""
    result, problems = _check({"id": ["a"], heading: ["7"]})
    assert problems == []
    assert result["staff"].tolist() == [7]


def test_a_bracket_that_belongs_to_the_label_is_no_unit() -> None:
    """村（社区） is a label of the people table, with its bracket or without."""
    base = {"point_id": ["a"], "people": ["1"], "lon": ["118"], "lat": ["24"], "source": ["x"], "quality": ["示意"]}
    for heading in ("村（社区）", "村(社区)", "村"):
        result, problems = _check({**base, heading: ["深沪"]}, PEOPLE)
        assert problems == []
        assert result["place"].tolist() == ["深沪"]


def test_the_name_wins_over_label_and_alias() -> None:
    """Of several headings for one column its name counts; two of the same rank are a problem."""
    result, problems = _check({"id": ["x"], "shop_id": ["a"], "staff": ["1"], "人数": ["2"]})
    assert (result["shop_id"].tolist(), result["staff"].tolist(), problems) == (["a"], [1], [])
    _, problems = _check({"id": ["x"], "staff": ["1"], "Staff": ["2"]})
    assert problems == ["column staff: 'staff' and 'Staff' are both read as staff (keep one of them)"]


def test_missing_columns_and_their_likely_spelling() -> None:
    """A required column that is not there is told, with the heading that comes close."""
    _, problems = _check({"shopid_": ["a"], "name": ["x"]})
    assert problems == [
        "column shop_id: the column is missing (did you mean 'shopid_'?)",
        "column staff: the column is missing (add it as 'staff' or '人数')",
    ]


def test_foreign_columns_are_left_aside_and_noted() -> None:
    """A column that is not ours stops nothing; a note says so, and whether it resembles one of ours."""
    notes = ProblemList()
    result, problems = _check({"id": ["a"], "staff": ["1"], "chains": ["yes"], "colour": ["red"]}, notes=notes)
    assert problems == []
    assert "colour" not in result
    assert [str(note) for note in notes] == [
        "shops.csv: 'chains' is not a column of shops and is left aside (did you mean 'chain'?)",
        "shops.csv: 'colour' is not a column of shops and is left aside",
    ]


NUMBERS = (
    ("12", 12), ("１２", 12), ("1,200", 1200), ("1，200", 1200), ("12.0", 12), ("+3", 3), ("1e3", 1000), (" 7 ", 7),
    (7.0, 7), (7, 7),
)  # fmt: skip


@pytest.mark.parametrize(("cell", "value"), NUMBERS)
def test_whole_numbers(cell: object, value: int) -> None:
    """Full-width digits, grouped thousands and whole decimals are numbers."""
    result, problems = _check({"id": ["a"], "staff": [cell]})
    assert problems == []
    assert result["staff"].tolist() == [value]


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("3.5", "'3.5' is not a whole number"),
        ("many", "'many' is not a whole number"),
        ("3人", "'3人' is not a whole number (write 3, without the unit)"),
        ("—", "'—' is not a whole number (leave the cell empty when it is not known)"),
        ("NaN", "'NaN' is not a whole number (leave the cell empty when it is not known)"),
        ("inf", "'inf' is not a whole number"),
        ("1,2", "'1,2' is not a whole number"),
        ("0x10", "'0x10' is not a whole number"),
        ("−4", "-4 is below 0"),
        ("", "is empty (it must hold: How many work there)"),
    ],
)
def test_what_is_no_whole_number(cell: str, what: str) -> None:
    """Each wrong cell is told with its row, column and a hint, and is missing in the result."""
    result, problems = _check({"id": ["a", "b"], "staff": ["1", cell]})
    assert problems == [f"row 3, column staff: {what}"]
    assert result["staff"].isna().tolist() == [False, True]


@pytest.mark.parametrize("cell", ["true", "Yes", "1", "是", "Y", "１", True, 1, 1.0])
def test_yes(cell: object) -> None:
    """All usual ways of saying yes are understood."""
    result, problems = _check({"id": ["a"], "staff": ["1"], "chain": [cell]})
    assert (result["chain"].tolist(), problems) == ([True], [])


@pytest.mark.parametrize("cell", ["false", "NO", "0", "否", "n", False, 0])
def test_no(cell: object) -> None:
    """All usual ways of saying no are understood."""
    result, problems = _check({"id": ["a"], "staff": ["1"], "chain": [cell]})
    assert (result["chain"].tolist(), problems) == ([False], [])


def test_words() -> None:
    """An allowed value is understood as itself, in both languages and by alias; others get a hint."""
    cells = ["food", " Books ", "书店", "超市", "bookshop", "bok", "zebra"]
    result, problems = _check({"id": list("abcdefg"), "staff": ["1"] * 7, "kind": cells})
    assert result["kind"].tolist()[:5] == ["food", "books", "books", "food", "books"]
    assert problems == [
        "row 7, column kind: 'bok' is not a known kind (did you mean 'books'?)",
        "row 8, column kind: 'zebra' is not a known kind (one of: food, books)",
    ]


def test_identifiers_stand_once() -> None:
    """A repeated key names the row where it stood first; full-width forms are the same key."""
    _, problems = _check({"id": ["a1", "b", "ａ１", "b"], "staff": ["1"] * 4})
    assert problems == [
        "row 4, column shop_id: 'a1' stands in row 2 already (every shop_id may stand once)",
        "row 5, column shop_id: 'b' stands in row 3 already (every shop_id may stand once)",
    ]


def test_rows_are_counted_as_the_user_sees_them() -> None:
    """Blank rows are passed over without shifting the count, and the first row may be set."""
    frame = {"id": ["a", "", " ", "b"], "staff": ["1", None, "　", "x"]}
    result, problems = _check(frame, first_row=5, sheet="Sheet1")
    assert result.index.tolist() == [0, 3]
    assert problems == ["sheet Sheet1, row 8, column staff: 'x' is not a whole number"]


def test_a_mistake_in_every_row_is_not_told_a_thousand_times() -> None:
    """Twenty-five rows are named, the rest is counted."""
    _, problems = _check({"id": [str(i) for i in range(1000)], "staff": ["many"] * 1000})
    assert len(problems) == 26
    assert problems[-1] == "column staff: the same mistake stands in 975 more rows"


def test_references() -> None:
    """Values that are no key are told with what was probably meant; missing ones are passed over."""
    frame = {"edge_id": ["a", "b", "c"], "from_node": ["n1", "", "n9x"], "to_node": ["n1", "n1", "n1"],
             "road_class": ["primary"] * 3}  # fmt: skip
    edges, _ = _check(frame, ROAD_EDGES)
    problems = ProblemList()
    check_references(edges["from_node"], ROAD_EDGES.column("from_node"), ["n1", "n9"], file="e.csv", problems=problems)
    assert [str(problem) for problem in problems] == [
        "e.csv, row 4, column from_node: 'n9x' is not in road_nodes (did you mean 'n9'?)"
    ]


def test_the_argument_stays_as_it_was() -> None:
    """Checking changes nothing in the frame it was given."""
    frame = pd.DataFrame({"编码": [" a "], "人数（人）": ["x"]})
    copy = frame.copy()
    check_table(frame, SHOPS, file="shops.csv", problems=ProblemList())
    pd.testing.assert_frame_equal(frame, copy)


@pytest.mark.parametrize("table", INPUT_TABLES.values(), ids=lambda table: table.name)
def test_every_declared_heading_is_its_own(table: Table) -> None:
    """In every table each column is found by its name and by its Chinese label, never as another column."""
    for column in table.columns:
        for heading in (column.name, column.zh):
            problems, notes = ProblemList(), ProblemList()
            check_table(pd.DataFrame({heading: [""]}), table, file="f", problems=problems, notes=notes)
            missing = {problem.column for problem in problems if "missing" in problem.what}
            assert column.name not in missing
            assert len(notes) == 0


def test_any_spelling_of_a_road_class() -> None:
    """A road class is found by its value and its labels, whatever their case."""
    words = [(text, word.value) for word in ROAD_CLASSES.values() for text in (word.value, word.zh, word.en.upper())]
    ids = [str(i) for i in range(len(words))]
    cells = [text for text, _ in words]
    frame = {"edge_id": ids, "from_node": ids, "to_node": ids, "road_class": cells}
    result, problems = _check(frame, ROAD_EDGES)
    assert problems == []
    assert result["road_class"].tolist() == [value for _, value in words]
