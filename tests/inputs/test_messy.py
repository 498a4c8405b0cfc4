"""The messy workbook: every fault is named in one run, none is lost, none invented; mended, it comes in clean."""

import csv
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from coverplan.core.errors import InputError, Problem
from coverplan.inputs.importing import read_import
from coverplan.inputs.study import read_study
from coverplan.inputs.workbooks import read_sheets
from toy import Toy

CONFIG = """\
study: messy
name: 三桥县
year: 2020
data: .
tables:
  areas: {{file: {book}, sheet: 镇街}}
  facilities: {book}
  people: {{file: {book}}}
  vehicles: {{file: {book}, sheet: 救护车}}
  aeds: {book}
  projects: {book}
roads: {{tables: three-bridges/roads}}
"""
LEFT_OUT = [
    (None, "the headings stand in row 3"), (5, "a caption"), (26, "a caption"), (28, "the heading once more"),
    (49, "a total (合计)"), (51, "a remark"), (52, "a remark"),
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(root: Path) -> Path:
    """Where the workbooks stand."""
    return root / "tests" / "data" / "messy"


@pytest.fixture(scope="module")
def faults(folder: Path) -> list[dict[str, str]]:
    """What is wrong, as written down by hand."""
    with (folder / "faults.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def study(toy: Toy, book: Path) -> list[Problem]:
    """Read a study whose tables are all sheets of one workbook; returns what is wrong."""
    toy.config.with_name(book.name).write_bytes(book.read_bytes())
    config = toy.config.with_name("messy.yaml")
    config.write_text(CONFIG.format(book=book.name), encoding="utf-8")
    try:
        read_study(config)
    except InputError as error:
        return list(error.problems)
    return []


def match(problems: list[Problem], faults: list[dict[str, str]]) -> tuple[list[str], list[str]]:
    """Give each fault the problem that names it; returns the faults nobody named and the problems nobody expected."""
    left = list(problems)
    lost = []
    for fault in faults:
        said = next((problem for problem in left if names(problem, fault)), None)
        if said is None:
            lost.append(" ".join(fault.values()))
        else:
            left.remove(said)
    return lost, [str(problem) for problem in left]


def names(problem: Problem, fault: dict[str, str]) -> bool:
    """Say whether a problem names a fault: sheet, row, column, and what is wrong with it."""
    place = (problem.sheet or "", "" if problem.row is None else str(problem.row), problem.column or "")
    # Overlapping towns and crossed outlines are a matter of the shape; the message names no column then.
    return place == (fault["sheet"], fault["row"], fault["column"]) and fault["what"] in str(problem)


def test_every_fault_is_named_in_one_run(toy: Toy, folder: Path, faults: list[dict[str, str]]) -> None:
    """Each of more than forty faults has its problem, with sheet, row, column and what is wrong; there is no other."""
    assert len(faults) >= 40
    assert len({fault["what"] for fault in faults}) >= 40
    assert match(study(toy, folder / "messy.xlsx"), faults) == ([], [])


def test_mended_it_comes_in_clean(toy: Toy, folder: Path) -> None:
    """The same workbook with its faults mended is a study, and an import without a problem."""
    assert study(toy, folder / "clean.xlsx") == []
    brought = read_import(folder / "clean.xlsx")
    assert {table.table.name: len(table.records.frame) for table in brought} == {
        "areas": 5, "facilities": 40, "vehicles": 12, "aeds": 8, "people": 10, "projects": 8,
    }  # fmt: skip
    assert [problem for table in brought for problem in table.problems] == []


def test_one_fault_alone_is_one_problem(folder: Path, faults: list[dict[str, str]]) -> None:
    """An import names the same faults, without those that need the whole study to be seen."""
    brought = read_import(folder / "messy.xlsx")
    problems = [problem for table in brought for problem in table.problems]
    lost, invented = match(problems, faults)
    assert invented == []
    assert len(lost) == 3
    assert all("outside the study area" in fault or "is said to be in" in fault for fault in lost)


@pytest.mark.parametrize("book", ["clean.xlsx", "messy.xlsx"])
def test_what_is_no_record_is_told(folder: Path, book: str) -> None:
    """Titles, captions, totals, remarks and repeated headings are left out, each with its row."""
    facilities = next(table for table in read_import(folder / book) if table.table.name == "facilities")
    notes = [(note.row, note.what) for note in facilities.notes if "the total says" not in note.what]
    assert len(notes) == len(LEFT_OUT)
    assert all(row == at and what.startswith(said) for (row, what), (at, said) in zip(notes, LEFT_OUT, strict=True))


def test_the_good_records_and_the_rest_are_all_records(folder: Path) -> None:
    """Good records and listed ones together are every record of the sheet, and no record is both."""
    for table in read_import(folder / "messy.xlsx"):
        if not table.is_whole:
            continue
        good = {table.records.row(i) for i in table.good.index}
        rest = set(table.rest["row"])
        assert good & rest == set()
        assert good | rest == {table.records.row(i) for i in table.records.frame.index}
    facilities = next(table for table in read_import(folder / "messy.xlsx") if table.table.name == "facilities")
    assert len(facilities.good) == 40 - 32
    assert facilities.rest.loc[0, "机构名称"] == "机构1"
    assert "is empty" in facilities.rest.loc[0, "what is wrong"]


def made(folder: Path) -> ModuleType:
    """The script that writes the workbooks."""
    spec = importlib.util.spec_from_file_location("make_messy", folder / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_workbooks_are_what_their_script_writes(tmp_path: Path, folder: Path) -> None:
    """The committed files are fresh."""
    made(folder).main(tmp_path)
    for book in ("clean.xlsx", "messy.xlsx"):
        assert read_sheets(tmp_path / book) == read_sheets(folder / book)
    assert (tmp_path / "faults.csv").read_bytes() == (folder / "faults.csv").read_bytes()


def test_each_fault_alone_spoils_one_cell(tmp_path: Path, folder: Path) -> None:
    """Mending any single fault takes exactly its problem away: faults do not hide or breed one another."""
    module = made(folder)
    every = list(module.FAULTS)
    for i in range(0, len(every), 7):
        module.FAULTS[:] = every[:i] + every[i + 1 :]
        expected = module.write(tmp_path / "one.xlsx", spoilt=True)
        faults = [dict(zip(("sheet", "row", "column", "what"), (s, "" if r is None else str(r), c, w), strict=True))
                  for s, r, c, w in expected]  # fmt: skip
        problems = [problem for table in read_import(tmp_path / "one.xlsx") for problem in table.problems]
        assert match(problems, faults)[1] == []
    module.FAULTS[:] = every
