"""Bringing a file in: what was understood, what is good, and how a file says what it holds."""

from pathlib import Path

import pytest

import coverplan as cp
from coverplan.core.errors import InputError
from coverplan.inputs.importing import read_import
from coverplan.outputs.store import export_study

HEAD = "编码,名称,类别,经度,纬度,床位（张）,来源,数据质量,备注\n"


def csv_file(path: Path, rows: list[str]) -> Path:
    """Write facilities."""
    path.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8-sig")
    return path


def test_each_column_says_how_it_was_understood(tmp_path: Path) -> None:
    """Heading, letter, column, how many cells are filled, examples; what is absent and what is left aside."""
    rows = ["0071,县医院,医院,118.5,24.7,３00张,台账,官方,好", "0072,卫生院,卫生院,118.5,24.7,,台账,官方,"]
    (brought,) = read_import(csv_file(tmp_path / "facilities.csv", rows))
    told = {found.column.name: (found.letter, found.heading, found.filled, found.examples) for found in brought.columns}
    assert told["facility_id"] == ("A", "编码", 2, ("0071", "0072"))
    assert told["beds"] == ("F", "床位（张）", 1, ("３00张",))
    assert told["source"] == ("G", "来源", 2, ("台账",))
    assert "tier" in brought.absent
    assert [note.what for note in brought.notes] == ["'备注' is not a column of facilities and is left aside"]
    assert len(brought.good) == 2
    assert brought.problems == ()


def test_every_record_with_a_mistake_is_named(tmp_path: Path) -> None:
    """However many records share a mistake, each has its own line; nothing is only counted."""
    rows = [f"{i},院{i},医院,118.5,24.7,约{i},台账,官方," for i in range(60)]
    (brought,) = read_import(csv_file(tmp_path / "facilities.csv", rows))
    assert [problem.row for problem in brought.problems] == list(range(2, 62))
    assert len(brought.good) == 0
    assert len(brought.rest) == 60


def test_the_rest_is_what_the_user_wrote(tmp_path: Path) -> None:
    """Records that are left out are listed with their row, every reason, and their cells as they were."""
    rows = [
        "1,甲,医院,118.5,24.7,300,台账,官方,",
        "2,乙,医元,118.5,24.7,约50,台账,官方,x",
        "1,丙,医院,118.5,24.7,,台账,官方,",
    ]
    (brought,) = read_import(csv_file(tmp_path / "facilities.csv", rows))
    assert brought.is_whole
    assert brought.good["name"].to_list() == ["甲"]
    rest = brought.rest
    assert rest["row"].to_list() == [3, 4]
    assert rest["床位（张）"].to_list() == ["约50", ""]
    assert "'医元' is not a known kind" in rest.loc[0, "what is wrong"]
    assert "'约50' is not a whole number" in rest.loc[0, "what is wrong"]


def test_what_concerns_every_record_keeps_none(tmp_path: Path) -> None:
    """When a column is missing or a file cannot be read there are no good records."""
    path = tmp_path / "facilities.csv"
    path.write_text("编码,名称\n1,x\n", encoding="utf-8")
    assert not read_import(path)[0].is_whole
    path.write_bytes(b"")
    (brought,) = read_import(path)
    assert not brought.is_whole
    assert len(brought.good) == 0


def test_a_file_says_what_it_holds_by_its_name(tmp_path: Path) -> None:
    """facilities.csv and 设施.csv are facilities; anything else must be said."""
    for name in ("facilities.csv", "设施.csv"):
        assert read_import(csv_file(tmp_path / name, []))[0].table.name == "facilities"
    path = csv_file(tmp_path / "台账.csv", [])
    assert read_import(path, table="facilities")[0].table.name == "facilities"
    with pytest.raises(InputError, match="what does it hold\\? \\(say it: --as areas, facilities"):
        read_import(path)


@pytest.mark.parametrize("name", ["study.xlsx", "study.gpkg"])
def test_a_whole_study_comes_in_at_once(tmp_path: Path, name: str) -> None:
    """Every sheet or layer that is called like a table is read, and what refers to what is checked between them."""
    study = cp.read_study(cp.sample_config())
    export_study(study, tmp_path / name)
    brought = read_import(tmp_path / name)
    assert {table.table.name: len(table.good) for table in brought} == {
        "areas": 3, "facilities": 6, "vehicles": 2, "aeds": 2, "people": 9, "projects": 1,
    }  # fmt: skip
    assert not any(table.problems for table in brought)


def test_records_without_a_position_come_in_and_are_told(tmp_path: Path) -> None:
    """A list without coordinates is no mistake: its records are good, and it is said how they get their place."""
    rows = ["1,甲,医院,,,300,台账,官方,", "2,乙,医院,118.5,24.7,30,台账,官方,", "3,丙,医院,?,24.7,30,台账,官方,"]
    (brought,) = read_import(csv_file(tmp_path / "facilities.csv", rows))
    assert [problem.row for problem in brought.problems] == [4]
    assert brought.good["name"].to_list() == ["甲", "乙"]
    assert "1 of 3 records have no position" in [note.what for note in brought.notes]


def test_references_are_judged_only_when_the_other_table_is_there(tmp_path: Path) -> None:
    """Vehicles alone are not told that their stations do not exist."""
    path = tmp_path / "vehicles.csv"
    path.write_text("编码,驻点,负压,来源,数据质量\nV1,F99,是,x,官方\n", encoding="utf-8")
    assert read_import(path)[0].problems == ()


def test_a_workbook_that_cannot_be_opened_is_one_problem(tmp_path: Path) -> None:
    """A broken workbook is said once."""
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match=r"1 problem\n  a\.xlsx: the file cannot be read as a workbook"):
        read_import(tmp_path / "a.xlsx")
    with pytest.raises(InputError, match="what does it hold"):
        read_import(tmp_path / "nowhere.xlsx")
