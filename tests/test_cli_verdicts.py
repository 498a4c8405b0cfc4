"""The commands on rules and verdicts: explain, diff, the verdict book."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import load_workbook
from rich.cells import cell_len

import coverplan as cp
from coverplan.cli import main
from coverplan.cli.wrapping import wrapped, wrapped_block
from coverplan.outputs.books import BOOK_SHEETS, ROWS_PER_SHEET, VERDICT_SHEET_COLUMNS, write_long
from coverplan.outputs.tables import verdicts, write_json
from coverplan.standards.gaps import GAP_COLUMNS
from coverplan.standards.progress import PROGRESS_COLUMNS
from coverplan.standards.summary import SUMMARY_COLUMNS
from toy import Toy

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run the command at 80 columns beside a copy of the toy study; returns exit code, screen and complaints."""
    monkeypatch.chdir(Toy(tmp_path / "toy").config.parent)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        told = capsys.readouterr()
        assert all(cell_len(line) <= 80 for line in (told.out + told.err).splitlines())
        return int(ended.value.code or 0), " ".join(told.out.split()), " ".join(told.err.split())

    return run


def test_explain_prints_the_rule_and_every_reading(say: Say) -> None:
    """Quotation, reading chosen, the other reading and the verdict under each, in both languages."""
    code, said, _ = say("explain", "TB-2", "three-bridges.yaml")
    assert code == 0
    for words in (
        "“急救反应时间不超过14分钟”",
        "Read as:",
        "(p90): not met",
        "Other readings:",
        "mean: on average: not met",
    ):
        assert words in said
    _, said, _ = say("explain", "TB-2", "--lang", "zh")
    assert "采用口径：九成居民（p90）：未达标" in said


def test_explain_finds_a_rule_of_another_pack(say: Say, root: Path) -> None:
    """A rule of a pack that comes with the package, or of `--pack`, is explained on this study."""
    code, said, _ = say("explain", "SM-012", "three-bridges.yaml")
    assert code == 0
    assert "No data: needs facilities.services" in said
    pack = root / "configs" / "standards" / "jinjiang-14th-five-year-plan.yaml"
    code, said, _ = say("explain", "JJ-117", "three-bridges.yaml", "--pack", str(pack))
    assert code == 0
    assert "Three Bridges" in said
    assert "line: in a straight line" in said


def test_explain_names_the_nearest_rule(say: Say) -> None:
    """A slip of the pen is answered with the rule that comes nearest; exit code 2."""
    code, _, said = say("explain", "TB-22", "three-bridges.yaml")
    assert (code, "did you mean 'TB-2'?" in said) == (2, True)
    assert say("explain")[0] == 2


def stored(folder: Path, toy: Toy) -> None:
    """Store a run without its map."""
    from coverplan.outputs.runs import run_record

    study = toy.read()
    told = cp.assess(study, cp.build_network(study))
    folder.mkdir()
    write_json(verdicts(told), folder / "verdicts.json")
    write_json(run_record(told, options={}), folder / "run.json")


def test_diff_says_what_changed_and_why(say: Say, tmp_path: Path) -> None:
    """More AEDs: the verdict, both figures, the file that caused it; as CSV too. Equal runs say the same."""
    toy = Toy(tmp_path / "toy")
    stored(Path("a"), toy)
    stored(Path("b"), toy.cell("aeds.csv", 2, "devices", "9"))
    code, said, _ = say("diff", "a", "b", "--to", "changes.csv")
    assert code == 0
    assert "TB-4 AEDs (county) verdict: NOT MET → MET figure: 2 devices → 10 devices (+8)" in said
    assert "because of input: three-bridges/aeds.csv" in said
    assert "Verdicts that changed: 1" in said
    with Path("changes.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["what"], row["change"]) for row in rows if row["rule_id"] == "TB-4"] == [
        ("status", ""), ("figure", "8"), ("shortfall", "-1")
    ]  # fmt: skip
    assert "结论变化: 1" in say("diff", "a", "b", "--lang", "zh")[1]
    assert "The two runs say the same." in say("diff", "a", "a")[1]
    code, _, said = say("diff", "a", "nowhere")
    assert (code, "name a folder that coverplan run wrote" in said) == (1, True)
    assert say("diff", "a")[0] == 2


def test_the_verdict_book_has_every_sheet_and_stable_columns(say: Say) -> None:
    """One workbook: each sheet with its declared columns; the same verdicts make the same bytes."""
    assert say("summary", "three-bridges.yaml", "--to", "book.xlsx")[0] == 0
    book = load_workbook("book.xlsx")
    assert book.sheet_names == [*BOOK_SHEETS, "columns"]
    headings = {name: book.get_sheet_by_name(name).to_python()[0] for name in book.sheet_names}
    assert headings["verdicts"] == [*VERDICT_SHEET_COLUMNS, "quotation", "statement_zh", "statement_en"]
    assert headings["readings"] == list(SUMMARY_COLUMNS)
    assert headings["gaps"] == list(GAP_COLUMNS)
    assert headings["progress"] == list(PROGRESS_COLUMNS)
    rows = book.get_sheet_by_name("verdicts").to_python()
    aeds = dict(zip(rows[0], rows[4], strict=True))
    assert (aeds["rule_id"], aeds["status"], aeds["figure"], aeds["shortfall"]) == ("TB-4", "not_met", 2, 1)
    meanings = book.get_sheet_by_name("columns").to_python()[1:]
    assert all(meaning for _, _, meaning in meanings)
    first = Path("book.xlsx").read_bytes()
    say("summary", "three-bridges.yaml", "--to", "book.xlsx")
    assert Path("book.xlsx").read_bytes() == first


def test_summary_writes_what_by_asks_for(say: Say) -> None:
    """`--by` with `--to`: the progress form as CSV, the tally by system as JSON; on the screen, both and the plans."""
    say("summary", "three-bridges.yaml", "--by", "progress", "--to", "form.csv")
    assert Path("form.csv").read_text(encoding="utf-8-sig").splitlines()[0] == ",".join(PROGRESS_COLUMNS)
    say("summary", "three-bridges.yaml", "--by", "system", "--to", "tally.json")
    tally = json.loads(Path("tally.json").read_text(encoding="utf-8"))
    assert sum(row["rules"] for row in tally) == 4
    said = say("summary", "three-bridges.yaml", "--by", "group")[1]
    # Two thirds of the 25,800 people are farther than 14 minutes; the ridge town is the worst.
    assert "TB-2 everyone 19,500 75.6% 1.00" in said
    assert "责任单位" in say("summary", "three-bridges.yaml", "--by", "progress")[1]
    assert "三桥县医疗卫生服务规划" in say("summary", "three-bridges.yaml", "--by", "plan", "--lang", "zh")[1]
    code, _, said = say("summary", "three-bridges.yaml", "--to", "book.pdf")
    assert (code, "neither .xlsx nor .csv nor .json" in said) == (2, True)


def test_a_long_table_goes_on_in_another_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows beyond what a sheet holds stand in the next one; the CSV has them all; formulas stay text."""
    assert ROWS_PER_SHEET == 2**20 - 1
    monkeypatch.setattr("coverplan.outputs.books.ROWS_PER_SHEET", 2)
    paths = write_long(["n", "said"], [[i, "=1+1"] for i in range(5)], tmp_path, "t")
    book = load_workbook(str(paths[1]))
    assert [book.get_sheet_by_name(name).to_python() for name in book.sheet_names] == [
        [["n", "said"], [0, "=1+1"], [1, "=1+1"]],
        [["n", "said"], [2, "=1+1"], [3, "=1+1"]],
        [["n", "said"], [4, "=1+1"]],
    ]
    assert paths[0].read_text(encoding="utf-8-sig").split() == ["n,said", *(f"{i},'=1+1" for i in range(5))]


@settings(max_examples=60)
@given(st.text(alphabet="中文规划，。（“”）AB c12%", max_size=90), st.integers(min_value=12, max_value=40))
def test_wrapping_loses_nothing_and_keeps_the_width(text: str, width: int) -> None:
    """No line is wider than the screen, and without blanks the text is what it was."""
    lines = list(wrapped(text, width=width, indent=2))
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_chinese_breaks_anywhere_but_before_a_comma() -> None:
    """A full stop stays with the character before it, an opening bracket with the one after; words stay whole."""
    assert list(wrapped("服务半径不超过五公里，覆盖（全部）居民", width=20)) == [
        "服务半径不超过五公",
        "里，覆盖（全部）居民",
    ]
    assert list(wrapped_block("a\n\n  one two three", width=9)) == ["a", "", "  one two", "    three"]


def test_gaps_of_one_system(say: Say) -> None:
    """`gaps --system` keeps one system of the plan; a slip is answered with the nearest."""
    assert "TB-4" in say("gaps", "three-bridges.yaml", "--system", "other")[1]
    assert "No gaps" in say("gaps", "three-bridges.yaml", "--system", "aeds")[1]
    code, _, said = say("gaps", "three-bridges.yaml", "--system", "emergncy")
    assert (code, "did you mean 'emergency'?" in said) == (2, True)
