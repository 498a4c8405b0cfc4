"""The commands on records as people run them: import, export, template, new."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyogrio
import pytest
from rich.cells import cell_len

import coverplan as cp
from coverplan.cli import main

WIDTH = 80


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def said(self) -> str:
        """Everything, on one line."""
        return " ".join((self.stdout + self.stderr).split())


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run the command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(WIDTH))

    def run(*arguments: str | Path) -> Done:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert all(cell_len(line) <= WIDTH for line in (said.out + said.err).splitlines())
        return Done(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def messy(root: Path) -> Path:
    """The folder of the messy workbook."""
    return root / "tests" / "data" / "messy"


def test_import_shows_what_it_understood_and_writes(call: Callable[..., Done], root: Path) -> None:
    """Headings, columns, examples and what was left out are shown; the layer is written and reads back."""
    done = call("import", root / "tests/data/old-format.xls", "--as", "设施", "--to", "study.gpkg")
    assert done.returncode == 0
    for words in (
        "old-format.xls · 机构 → facilities · 设施", "F 床位数（张） 2 300 | 40张", "row 5: a total (合计)",
        "2 facilities written to study.gpkg", "facilities: {file: study.gpkg, layer: facilities}",
    ):  # fmt: skip
        assert words in done.said
    assert pyogrio.list_layers("study.gpkg")[:, 0].tolist() == ["facilities"]


def test_import_writes_nothing_unless_clean(call: Callable[..., Done], messy: Path) -> None:
    """Every problem is listed sheet by sheet with row, column and hint; nothing is written; `--list` has them all."""
    done = call("import", messy / "messy.xlsx", "--to", "study.gpkg", "--list", "problems.csv")
    assert done.returncode == 1
    assert "59 problems, nothing was written" in done.stderr
    assert "messy.xlsx · 救护车" in done.stderr
    assert "row 22 I 床位数（张） '约50' is not a whole number" in done.said
    assert not Path("study.gpkg").exists()
    with Path("problems.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 59
    assert {"sheet", "row", "column", "what", "hint"} < set(rows[0])


def test_import_keeps_the_good_records_when_asked(call: Callable[..., Done], messy: Path) -> None:
    """`--keep-good` writes what is right, lists the rest beside it, and says both."""
    done = call("import", messy / "messy.xlsx", "--as", "facilities", "--to", "study.gpkg", "--keep-good")
    assert done.returncode == 0
    assert "only the good records were written" in done.stderr
    assert "9 facilities written to study.gpkg" in done.said
    with Path("study-facilities-rest.csv").open(encoding="utf-8-sig", newline="") as stream:
        rest = list(csv.DictReader(stream))
    assert len(rest) == 31
    assert rest[0]["机构名称"] == "机构1"
    whole = call("import", messy / "messy.xlsx", "--as", "aeds", "--to", "study.gpkg", "--keep-good")
    assert whole.returncode == 1
    assert "column is missing" in whole.said


def test_many_problems_of_one_kind_are_shortened_on_the_screen(call: Callable[..., Done], tmp_path: Path) -> None:
    """The screen shows 25 of each column and counts the rest."""
    rows = "\n".join(f"V{i},F1,perhaps,x,官方" for i in range(100))
    (tmp_path / "vehicles.csv").write_text(f"编码,驻点,负压,来源,数据质量\n{rows}\n", encoding="utf-8")
    done = call("import", "vehicles.csv")
    assert "100 problems" in done.stderr
    assert "... and 75 more" in done.stderr
    assert done.stderr.count("perhaps") == 25


def test_import_only_looks_without_a_place_to_write(call: Callable[..., Done], messy: Path) -> None:
    """Without `--to` a clean file is said to be so and nothing is written."""
    done = call("import", messy / "clean.xlsx")
    assert done.returncode == 0
    assert "No problems." in done.stdout
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["import", "x.csv", "--to", "x.csv"], "is no GeoPackage"),
        (["import", "x.csv", "--as", "facilites"], "did you mean 'facilities'?"),
        (["export", "x.yaml"], "Where to? Add --to"),
        (["template", "facilities.csv"], "is no workbook"),
    ],
)
def test_usage_errors_end_with_2(call: Callable[..., Done], arguments: list[str], said: str) -> None:
    """What cannot be meant is said with what to write instead."""
    done = call(*arguments)
    assert done.returncode == 2
    assert said in done.said


def test_template_new_check_import_fit_together(call: Callable[..., Done]) -> None:
    """A new folder checks without a problem; its export imports clean; an empty template holds no records."""
    assert call("new", "my-county").returncode == 0
    checked = call("check", "my-county/my-county.yaml")
    assert (checked.returncode, "No problems." in checked.stdout) == (0, True)
    assert call("export", "my-county/my-county.yaml", "--to", "out.xlsx").returncode == 0
    assert call("import", "out.xlsx", "--to", "study.gpkg").returncode == 0
    assert len(pyogrio.list_layers("study.gpkg")) == 6
    assert call("template", "facilities.xlsx").returncode == 0
    empty = call("import", "facilities.xlsx", "--to", "study.gpkg")
    assert empty.returncode == 1
    assert "there are no records in it" in empty.stderr
    again = call("new", "my-county")
    assert again.returncode == 1
    assert "there is something at 'my-county' already" in again.stderr


def test_a_template_is_not_written_over_one_that_is_filled_in(call: Callable[..., Done]) -> None:
    """A workbook that is there is left alone."""
    Path("facilities.xlsx").write_bytes(b"mine")
    assert call("template", "facilities.xlsx").returncode == 2
    assert Path("facilities.xlsx").read_bytes() == b"mine"


def test_export_to_a_folder_leaves_other_files(call: Callable[..., Done]) -> None:
    """CSV files are written into a folder beside what is there."""
    Path("out").mkdir()
    Path("out/mine.txt").write_text("x", encoding="utf-8")
    assert call("export", cp.sample_config(), "--to", "out").returncode == 0
    assert {path.name for path in Path("out").iterdir()} == {
        "mine.txt", "areas.geojson", "facilities.csv", "vehicles.csv", "aeds.csv", "people.csv", "projects.csv",
    }  # fmt: skip


def test_the_page_on_importing_shows_what_happens(call: Callable[..., Done], root: Path) -> None:
    """What `docs/import.md` shows of two imports is what the terminal says."""
    page = (root / "docs" / "import.md").read_text(encoding="utf-8")
    for name in ("old-format.xls", "messy/messy.xlsx"):
        Path(Path(name).name).write_bytes((root / "tests" / "data" / name).read_bytes())
    shown = call("import", "old-format.xls", "--as", "facilities", "--to", "study.gpkg").stdout
    wrong = call("import", "messy.xlsx", "--as", "vehicles").stderr
    for said in (shown, wrong):
        assert "\n".join(line.rstrip() for line in said.splitlines()).strip() in page, "write the page again"
