"""What docs/standards.md shows is what happens."""

import re
from pathlib import Path

import pytest

from coverplan.standards.rules import read_pack


@pytest.fixture
def blocks(root: Path, tmp_path: Path) -> dict[str, str]:
    """The pack and the script of the page, the pack written where the script looks for it."""
    text = (root / "docs" / "standards.md").read_text(encoding="utf-8")
    found = dict(re.findall(r"```(yaml|python)\n(.*?)```", text, flags=re.DOTALL))
    (tmp_path / "my-county.yaml").write_text(found["yaml"], encoding="utf-8")
    return found


def test_the_pack_of_ones_own_gives_verdicts(
    blocks: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page's pack of five rules is read, and its script prints the toy county's verdicts."""
    monkeypatch.chdir(tmp_path)
    exec(blocks["python"], {})  # noqa: S102 - the page's own script
    told = [line.split(" ")[:2] for line in capsys.readouterr().out.splitlines()]
    assert told == [
        ["MY-1", "not_met"],
        ["MY-2", "not_met"],
        ["MY-3", "met"],
        ["MY-4", "not_met"],
        ["MY-5", "measured"],
    ]


def test_the_pack_names_what_the_reader_is_told(blocks: dict[str, str], tmp_path: Path) -> None:
    """All four check kinds and all three strengths are in the example."""
    pack = read_pack(tmp_path / "my-county.yaml")
    assert {rule.check for rule in pack.rules} == {"reach", "response", "ratio", "share"}
    assert {rule.strength for rule in pack.rules} == {"must", "strive", "encourage"}
