"""YAML that people wrote: what it means, where it stands, and what is wrong with it."""

from datetime import date
from pathlib import Path

import pytest

from coverplan.core.errors import InputError, ProblemList
from coverplan.inputs.yaml import Lines, load_yaml


def load(tmp_path: Path, content: str | bytes) -> tuple[Lines, ProblemList]:
    """Write a file and read it."""
    path = tmp_path / "a.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    problems = ProblemList()
    return load_yaml(path, problems), problems


def test_values_are_plain_and_mean_what_they_say(tmp_path: Path) -> None:
    """A clock time and `no` stay text, numbers and dates are such, and no type of the parser is left."""
    lines, problems = load(tmp_path, "a: 8:30\nb: no\nc: 2022-09-14\nd: [1, 2.5, 'x', true, null]\n镇: {k: 010}\n")
    assert lines.data == {
        "a": "8:30",
        "b": "no",
        "c": date(2022, 9, 14),
        "d": [1, 2.5, "x", True, None],
        "镇": {"k": 10},
    }
    assert [type(value) for value in lines.data["d"]] == [int, float, str, bool, type(None)]
    assert type(lines.data) is dict
    assert len(problems) == 0


def test_every_key_knows_its_line(tmp_path: Path) -> None:
    """Keys and list items have lines; one that is missing has that of the block it is missing from."""
    lines, _ = load(tmp_path, "# a comment\nstudy: x\nrules:\n  - id: 1\n    check:\n      kind: reach\n  - id: 2\n")
    assert lines.line("study") == 2
    assert lines.line("rules", 0, "check", "kind") == 6
    assert lines.line("rules", 1, "id") == 7
    assert lines.line("rules", 1, "check", "kind") == 7
    assert lines.line("nothing") is None


def test_anchors_are_followed(tmp_path: Path) -> None:
    """A block said once and used twice is there twice."""
    lines, _ = load(tmp_path, "a: &x {k: 1}\nb: *x\n")
    assert lines.data == {"a": {"k": 1}, "b": {"k": 1}}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_files_from_a_chinese_windows_are_understood(tmp_path: Path, encoding: str) -> None:
    """UTF-8 with and without a byte-order mark, and GB 18030."""
    lines, problems = load(tmp_path, "名称: 晋江市\n".encode(encoding))
    assert (lines.data, len(problems)) == ({"名称": "晋江市"}, 0)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a: 1\na: 2\n", 'line 2: not valid YAML: found duplicate key "a"'),
        ("a: [1\nb: 2\n", "line 2: not valid YAML"),
        ("x: 1\n  y: 2\n", "line 2: not valid YAML"),
        ("a: 1\n---\nb: 2\n", "line 2: not valid YAML"),
        ("a: 2022-13-45\n", "not valid YAML: month must be in 1..12"),
        (b"\xff\xfe\x00a", "neither UTF-8 nor GB 18030"),
    ],
    ids=["duplicate", "bracket", "indentation", "two documents", "date", "encoding"],
)
def test_what_is_broken_is_told_with_its_line(tmp_path: Path, content: str | bytes, says: str) -> None:
    """Broken YAML is one input problem with its line, and no data."""
    lines, problems = load(tmp_path, content)
    assert lines.data is None
    with pytest.raises(InputError) as error:
        problems.raise_if_any()
    assert says in str(error.value)


def test_a_missing_file_is_told_by_name(tmp_path: Path) -> None:
    """A path that leads nowhere, or to a folder, is a problem and no crash."""
    for name, says in (("none.yaml", "none.yaml: no such file"), ("", "cannot be read")):
        problems = ProblemList()
        assert load_yaml(tmp_path / name, problems).data is None
        with pytest.raises(InputError, match=says):
            problems.raise_if_any()
