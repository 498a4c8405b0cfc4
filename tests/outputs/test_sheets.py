"""Templates: headings in two languages, lists to choose from, an example that is understood and passed over."""

import re
import zipfile
from pathlib import Path

import pytest

import coverplan as cp
from coverplan.core.errors import InputError, ProblemList
from coverplan.core.tables import INPUT_TABLES
from coverplan.inputs.records import read_table
from coverplan.inputs.workbooks import read_sheets
from coverplan.outputs.sheets import heading, sheet_columns, write_sheets
from coverplan.outputs.starter import TEMPLATES, write_new_study, write_template


def read(path: Path, name: str) -> tuple[int, list[str], list[str]]:
    """Read one sheet; returns the number of records, the problems and the notes."""
    problems, notes = ProblemList(), ProblemList()
    frame = read_table(path, INPUT_TABLES[name], crs="EPSG:32650", problems=problems, notes=notes)
    return len(frame), [str(p) for p in problems], [str(n) for n in notes]


def part(path: Path, name: str) -> str:
    """One part of a workbook's archive."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(name).decode()


@pytest.mark.parametrize("name", list(INPUT_TABLES))
def test_an_empty_template_reads_as_an_empty_table(tmp_path: Path, name: str) -> None:
    """Every heading is understood, the example is passed over and said, nothing is wrong."""
    path = write_template(tmp_path / f"{name}.xlsx")
    count, problems, notes = read(path, name)
    table = INPUT_TABLES[name]
    assert (count, problems) == (0, [])
    assert notes == [f"{name}.xlsx, sheet {table.zh}, row 3: the example of the template (示例) is left out"]
    rows = read_sheets(path)[table.zh].rows
    assert list(rows[0]) == [heading(column) for column in sheet_columns(table)]
    assert list(rows[1]) == [column.name for column in sheet_columns(table)]


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_example_is_a_record_once_its_mark_is_gone(tmp_path: Path, name: str) -> None:
    """What the example shows is right: without the mark it reads as a record that nothing is wrong with."""
    path = write_template(tmp_path / f"{name}.xlsx")
    plain = tmp_path / "plain.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(plain, "w") as new:
        for item in old.namelist():
            text = old.read(item)
            new.writestr(item, text.replace("示例".encode(), b"") if item == "xl/sharedStrings.xml" else text)
    assert read(plain, name) == (1, [], [])


def test_a_template_of_all_tables_has_a_sheet_for_each(tmp_path: Path) -> None:
    """A name that is no table's gives the usual six; each is found by its sheet; a Chinese name works too."""
    path = write_template(tmp_path / "台账.xlsx")
    assert list(read_sheets(path)) == [*(INPUT_TABLES[name].zh for name in TEMPLATES), "说明"]
    assert all(read(path, name)[:2] == (0, []) for name in TEMPLATES)
    assert next(iter(read_sheets(write_template(tmp_path / "设施.xlsx")))) == "设施"
    assert next(iter(read_sheets(write_template(tmp_path / "x.xlsx", table="aeds")))) == "自动体外除颤仪"


def test_cells_offer_their_words_and_ranges(tmp_path: Path) -> None:
    """A kind is chosen from a list of all kinds, a number of beds is checked, a heading is explained."""
    path = write_template(tmp_path / "facilities.xlsx")
    sheet = part(path, "xl/worksheets/sheet1.xml")
    columns = [column.name for column in INPUT_TABLES["facilities"].columns]
    letter = chr(ord("A") + columns.index("kind"))
    rules = dict(re.findall(r'<dataValidation (type="\w+")[^>]*sqref="([A-Z]+)3:', sheet.replace("\n", "")))
    assert f'sqref="{letter}3:{letter}1003"' in sheet
    assert "词表" in sheet
    assert rules
    assert 'type="whole"' in sheet
    assert 'state="frozen"' in sheet
    assert "What the facility is" in part(path, "xl/comments1.xml")
    kinds = INPUT_TABLES["facilities"].column("kind").allowed
    assert all(word.zh in part(path, "xl/sharedStrings.xml") for word in kinds.values())
    assert 'state="hidden"' in part(path, "xl/workbook.xml")


def test_names_that_look_like_formulas_stay_names(tmp_path: Path) -> None:
    """A facility called =1+1 is written as text, never as a formula."""
    facilities = cp.read_study(cp.sample_config()).facilities.assign(name="=1+1")
    path = write_sheets(tmp_path / "a.xlsx", [INPUT_TABLES["facilities"]], rows={"facilities": facilities})
    assert "<f>" not in part(path, "xl/worksheets/sheet1.xml")


def test_a_new_folder_runs_at_once(tmp_path: Path) -> None:
    """What `new` sets up is a whole study with the examples' answers, and says what to do next."""
    like = cp.read_study(cp.sample_config())
    config = write_new_study(tmp_path / "My County", like=like)
    assert config == tmp_path / "My County" / "my-county.yaml"
    notes = ProblemList()
    study = cp.read_study(config)
    assert list(notes) == []
    assert (study.study_id, study.name) == ("my-county", "My County")
    assert study.people["people"].to_list() == like.people["people"].to_list()
    verdicts = [v.status for v in cp.assess(study, cp.build_network(study)).verdicts]
    assert verdicts == [v.status for v in cp.assess(like, cp.build_network(like)).verdicts]
    names = {path.relative_to(config.parent).as_posix() for path in config.parent.rglob("*") if path.is_file()}
    assert {"README.md", "my-county.yaml", "data/records.xlsx", "data/areas.geojson", "templates/records.xlsx"} <= names
    readme = (config.parent / "README.md").read_text(encoding="utf-8")
    assert "coverplan check my-county.yaml" in readme


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written into a folder that is in use."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.docx").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="there is something at 'mine' already"):
        write_new_study(tmp_path / "mine", like=cp.read_study(cp.sample_config()))
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.docx"]


@pytest.mark.parametrize(("folder", "study_id"), [("晋江", "my-county"), ("A_b 2020", "a-b-2020")])
def test_every_folder_name_gives_a_study(tmp_path: Path, folder: str, study_id: str) -> None:
    """Chinese and mixed names are fine: the study's id is made of what can name a folder anywhere."""
    config = write_new_study(tmp_path / folder, like=cp.read_study(cp.sample_config()))
    assert cp.read_study(config).study_id == study_id
    assert cp.read_study(config).name == folder
