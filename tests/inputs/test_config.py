"""The config file: every mistake with its line, key and hint, and what is right survives what is wrong beside it."""

from pathlib import Path

import pytest

from coverplan.core.errors import ProblemList
from coverplan.inputs.config import StudyConfig, read_config

GOOD = """\
study: my-county
name: 三桥县
year: 2020
data: data
tables: {people: people.csv}
roads: {tables: roads}
"""


def read(tmp_path: Path, text: str | bytes) -> tuple[StudyConfig, list[str]]:
    """Read a config; returns it and the problems as text."""
    path = tmp_path / "county.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    problems = ProblemList()
    config, _ = read_config(path, problems)
    return config, [str(problem) for problem in problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_every_encoding_of_a_config_is_read(tmp_path: Path, encoding: str) -> None:
    """UTF-8 with or without mark and GBK all give the Chinese name."""
    config, problems = read(tmp_path, GOOD.encode(encoding))
    assert problems == []
    assert config.name == "三桥县"


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    """A short config is enough, and an empty key means the default."""
    config, problems = read(tmp_path, GOOD + "standards:\nclock:\n  turnout_s:\ncrs:\n")
    assert problems == []
    assert (config.crs, config.standards, config.clock.turnout_s, config.checks.outside_m) == ("auto", [], 120, 500)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tabels: {}", "line 7: unknown key 'tabels' (did you mean 'tables'?)"),
        ("clock: {turnuot_s: 1}", "line 7, key clock: unknown key 'turnuot_s' (did you mean 'turnout_s'?)"),
        ("clock: {turnout_s: -5}", "line 7, key clock.turnout_s: '-5' should be greater than or equal to 0"),
        ("clock: 60", "line 7, key clock: '60' should hold keys of its own (one of: call_handling_s, turnout_s)"),
        ("standards: a.yaml", "line 7, key standards: 'a.yaml' should be a list"),
        ("standards:\n- a.yaml\n- [b]", "line 9, key standards.1: this should be text"),
        (
            "populations: {a: {people: '2,061,600'}}",
            "line 7, key populations.a.people: '2,061,600' should be a number (write 2061600)",
        ),
        ("populations:\n  a:\n    year: 2020", "line 8, key populations.a.people: the key is missing"),
        ("populations: {a: {people: 0}}", "line 7, key populations.a.people: '0' should be greater than 0"),
        (
            "profiles: {drive: {kph: {primary: fast}}}",
            "line 7, key profiles.drive.kph.primary: 'fast' should be a number",
        ),
        ("profiles: {drive: {speed: 2}}", "line 7, key profiles.drive: unknown key 'speed' (one of: kph,"),
        ("学校: 3", "line 7: unknown key '学校' (one of: study,"),
    ],
)
def test_each_mistake_has_its_line_key_and_hint(tmp_path: Path, line: str, said: str) -> None:
    """One mistake is one problem that names line, key, value and what would be right."""
    config, problems = read(tmp_path, GOOD + line + "\n")
    assert len(problems) == 1
    assert problems[0].startswith(f"county.yaml, {said}")
    assert config.study == "my-county"


def test_what_is_missing_is_named_with_an_example(tmp_path: Path) -> None:
    """Each key that a study cannot do without is asked for, and all of them at once."""
    _, problems = read(tmp_path, "name_en: x\n")
    assert [problem.split(":")[0] for problem in problems] == [
        f"county.yaml, key {key}" for key in ("study", "name", "year", "tables.people", "roads")
    ]
    assert all("the key is missing (" in problem for problem in problems)


@pytest.mark.parametrize(
    ("old", "new"),
    [("year: 2020", "yaer: 2020"), ("year: 2020", "year: soon"), ("people: people.csv", "poeple: people.csv"),
     ("roads: {", "road: {"), ("tables: {people", "table: {people")],
)  # fmt: skip
def test_a_misspelt_key_is_not_told_as_missing_too(tmp_path: Path, old: str, new: str) -> None:
    """The misspelling explains why the key is missing; one mistake is told once."""
    assert len(read(tmp_path, GOOD.replace(old, new))[1]) == 1


def test_names_of_folders_are_safe(tmp_path: Path) -> None:
    """A study's id becomes a folder name, so paths and blanks are refused."""
    for bad in ("../up", "a b", "Jin", "-x"):
        _, problems = read(tmp_path, GOOD.replace("my-county", bad))
        assert "cannot name a folder" in problems[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file holds no settings"),
        ("just words", "the file holds no settings"),
        ("a: [1", "not valid YAML"),
        ("study: a\nstudy: b\n", "not valid YAML"),
        (b"\xff\x81\xff\x81", "UTF-8"),
    ],
)
def test_a_file_that_is_no_config_is_one_problem(tmp_path: Path, text: str | bytes, said: str) -> None:
    """Empty, plain text, broken YAML, a key twice and unreadable bytes are each said once, without more."""
    _, problems = read(tmp_path, text)
    assert len(problems) == 1
    assert said in problems[0]


def test_all_mistakes_are_told_at_once_and_the_rest_is_kept(tmp_path: Path) -> None:
    """Several mistakes in one file are all told, and what is right beside them comes back."""
    text = GOOD.replace("year: 2020", "year: x") + "clock: {turnout_s: -1, call_handling_s: 90}\nnope: 1\n"
    config, problems = read(tmp_path, text)
    assert len(problems) == 3
    assert config.year is None
    assert config.clock.call_handling_s == 90
    assert config.tables.people is not None
    assert config.tables.people.file == "people.csv"
