"""The commands workbook, layers and report, as people type them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document
from python_calamine import CalamineWorkbook

from coverplan import sample_config
from coverplan.cli import main


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Run the command in an empty folder; its exit code and what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    return run


def test_the_three_commands_write_what_they_say(call: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """Each writes its file, says where, and leaves nothing else."""
    for arguments, name in (
        (("workbook", "three-bridges", "--to", "review.xlsx"), "review.xlsx"),
        (("layers", "three-bridges", "--to", "results.gpkg", "--datum", "gcj02"), "results.gpkg"),
        (("report", "three-bridges", "--to", "review.docx", "--lang", "en"), "review.docx"),
    ):
        code, said = call(*arguments)
        assert code == 0, said
        assert f"written to {name}" in said
        assert ("gcj02" in said) == (name == "results.gpkg")
    assert {path.name for path in tmp_path.iterdir()} == {"review.xlsx", "results.gpkg", "review.docx"}


SCENARIO = """scenario: closed
name: 东岸站关闭
edits:
  - close: 东岸急救站
"""
PROBLEM = """title: 再增一站
study: {study}
model: mclp
limit: 5 min
existing: {{kinds: [ems]}}
candidates: {{kinds: [care]}}
new: 1
"""


def test_scenarios_and_sites_stand_in_the_documents(call: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """--scenario and --site may be given several times; a problem about another study is refused before any work."""
    (tmp_path / "closed.yaml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "one-more.yaml").write_text(PROBLEM.format(study=sample_config()), encoding="utf-8")
    (tmp_path / "elsewhere.yaml").write_text(PROBLEM.format(study="other.yaml"), encoding="utf-8")
    proposals = ("--scenario", "closed.yaml", "--site", "one-more.yaml")
    code, said = call("workbook", "three-bridges", "--to", "review.xlsx", *proposals)
    assert code == 0, said
    book = CalamineWorkbook.from_path(tmp_path / "review.xlsx")
    assert {"方案对比 Scenarios", "选址方案 Proposals", "拟选站址 Sites"} <= set(book.sheet_names)
    assert "东岸站关闭" in book.get_sheet_by_name("方案对比 Scenarios").to_python()[2]
    code, said = call("report", "three-bridges", "--to", "review.docx", *proposals)
    assert code == 0, said
    text = "\n".join(paragraph.text for paragraph in Document(str(tmp_path / "review.docx")).paragraphs)
    assert "比较的方案：东岸站关闭。" in text
    assert "已证明最优" in text
    code, said = call("report", "three-bridges", "--to", "none.docx", "--site", "elsewhere.yaml")
    assert (code, (tmp_path / "none.docx").exists()) == (1, False)
    assert "another study, other.yaml" in " ".join(said.split())


def test_a_template_can_be_had_without_a_study(call: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """`--template-to` writes the template alone."""
    code, said = call("report", "--template-to", "mine.docx")
    assert (code, said.strip()) == (0, "written to mine.docx")
    assert (tmp_path / "mine.docx").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("workbook", "three-bridges"), "coverplan workbook CONFIG --to review.xlsx"),
        (("workbook", "three-bridges", "--to", "review.csv"), "does not end in .xlsx"),
        (("layers", "three-bridges"), "coverplan layers CONFIG --to results.gpkg"),
        (("report", "three-bridges", "--to", "review.pdf"), "does not end in .docx"),
        (("report", "three-bridges"), "coverplan report CONFIG --to review.docx"),
    ],
)
def test_a_wrong_call_says_how_to_call(
    call: Callable[..., tuple[int, str]], arguments: tuple[str, ...], hint: str
) -> None:
    """Exit code 2, and what to type; nothing is written."""
    code, said = call(*arguments)
    assert code == 2
    assert hint in " ".join(said.split())


def test_wrong_input_is_told_like_everywhere(call: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """A template that is not there ends with 1 before anything is computed; nothing is written."""
    code, said = call("report", "three-bridges", "--to", "a.docx", "--template", "none.docx")
    assert code == 1
    assert "no such template" in said
    assert list(tmp_path.iterdir()) == []
