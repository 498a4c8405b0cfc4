"""The command as people run it: what it prints, what it writes, how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.cells import cell_len

import coverplan as cp
from coverplan.cli import main
from coverplan.core.errors import InputError
from coverplan.inputs.dictionary import data_dictionary
from toy import EVERY_MISTAKE, Toy, break_everything

WIDTH = 80
COMMAND = Path(sys.executable).with_name("coverplan")


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    """A fresh copy of the toy study."""
    return Toy(tmp_path / "toy")


def coverplan(*arguments: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command at 80 columns and return what it said."""
    plain = {**os.environ, "COLUMNS": str(WIDTH), "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1", **environment}
    encoding = plain["PYTHONIOENCODING"]
    command = [str(COMMAND), *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=plain, capture_output=True, encoding=encoding, timeout=120, check=False)


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def call(toy: Toy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run the command in this process, beside the toy study's config: the same way in, without the start-up."""
    monkeypatch.chdir(toy.config.parent)
    monkeypatch.setenv("COLUMNS", str(WIDTH))

    def run(*arguments: str) -> Done:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return run


def flat(text: str) -> str:
    """Take line breaks and the spaces of tables out, so that wrapped text can be searched."""
    return " ".join(text.split())


def fits(text: str) -> bool:
    """Say whether no line is wider than the screen; a Chinese character takes two columns."""
    return all(cell_len(line) <= WIDTH for line in text.splitlines())


def test_run_prints_verdicts_and_writes_everything(toy: Toy) -> None:
    """One command: a verdict table within 80 columns, the notice on illustrative data, and all files where it says."""
    done = coverplan("run", toy.config.name, cwd=toy.config.parent)
    assert done.returncode == 0
    assert done.stderr == ""
    said = flat(done.stdout)
    for words in (
        "25,800 people",
        "NOT MET TB-2",
        "MET TB-3",
        "measured TB-1",
        "4 rules: 1 met, 2 not met, 1 measured",
    ):
        assert words in said
    assert "illustrative data" in said
    assert "written to out/three-bridges/" in said
    assert fits(done.stdout)
    folder = toy.config.parent / "out" / "three-bridges"
    assert {path.name for path in folder.iterdir()} == {
        "map.html", "gaps.csv", "summary.csv", "verdicts.json", "run.json"
    }  # fmt: skip
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["verdicts"]["TB-2"] == "not_met"


def test_strict_turns_a_missed_rule_into_an_exit_code(toy: Toy, call: Callable[..., Done]) -> None:
    """With `--strict` a missed rule that must hold ends with 3; once the county has its AEDs, a second run with 0.

    The second run replaces the first and leaves no other folder behind; `--out` chooses the place.
    """
    assert call("run", toy.config.name, "--out", "results", "--strict").returncode == 3
    toy.cell("aeds.csv", 2, "devices", "9")
    assert call("run", toy.config.name, "--out", "results", "--strict").returncode == 0
    assert not Path("out").exists()
    assert sorted(path.name for path in Path().glob("*result*")) == ["results"]


def test_everything_can_be_said_in_chinese(toy: Toy, call: Callable[..., Done]) -> None:
    """`--lang zh` names the study, the rules and the statuses in Chinese."""
    done = call("summary", toy.config.name, "--lang", "zh")
    for words in ("三桥县（示例）", "未达标", "急救反应时间", "示意数据", "25,800 人"):
        assert words in done.stdout
    assert fits(done.stdout)


def test_all_mistakes_are_listed_and_nothing_is_written(toy: Toy, call: Callable[..., Done]) -> None:
    """Every mistake is listed at once with file, row, column and hint; exit code 1; no output; no traceback."""
    break_everything(toy)
    before = sorted(toy.config.parent.rglob("*"))
    done = call("run", toy.config.name)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert f"{len(EVERY_MISTAKE)} problems, nothing was written" in done.stderr
    said = flat(done.stderr)
    for file, row, column, what, hint in EVERY_MISTAKE:
        unit = "line" if file.endswith(".yaml") else "row"
        place = f"{unit} {row}" if row else ""
        assert f" {file} " in said
        assert flat(f"{place} {column or ''}") in said
        assert what.split()[-1] in said
        assert (hint or "").split("?")[0] in said
    assert sorted(toy.config.parent.rglob("*")) == before
    assert fits(done.stderr)


@pytest.mark.parametrize("command", ["check", "summary", "gaps", "map"])
def test_every_command_lists_mistakes_alike(toy: Toy, call: Callable[..., Done], command: str) -> None:
    """Whatever the command, the mistakes of a study are listed and it ends with 1."""
    done = call(command, break_everything(toy).config.name)
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"{len(EVERY_MISTAKE)} problems, nothing was written" in done.stderr


def test_a_missing_config_is_named(call: Callable[..., Done]) -> None:
    """A config that is not there is one problem with the name that comes closest, exit code 1."""
    done = call("run", "three-bridge.yaml")
    assert done.returncode == 1
    assert "did you mean 'three-bridges.yaml'?" in done.stderr
    assert "Traceback" not in done.stderr


def test_run_without_a_config_says_what_to_type(tmp_path: Path, call: Callable[..., Done]) -> None:
    """Without a config every command says what to type, with the studies that are there; exit code 2."""
    for command in ("run", "check", "summary", "gaps", "map"):
        done = call(command)
        assert done.returncode == 2
        assert done.stderr.splitlines()[1:] == [f"  coverplan {command} three-bridges.yaml"]
    elsewhere = coverplan("run", cwd=tmp_path)
    assert elsewhere.returncode == 2
    assert "coverplan run configs/jinjiang.yaml" in elsewhere.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu"], 'Did you mean "run"?'),
        (["run", "x.yaml", "--strct"], "Did you mean --strict?"),
        (["run", "x.yaml", "--lang", "fr"], 'Choose from: "en", "zh"'),
        (["columns", "facilites"], "did you mean 'facilities'?"),
    ],
)
def test_usage_errors_end_with_2(call: Callable[..., Done], arguments: list[str], said: str) -> None:
    """A misspelt command, option, choice or table is named with what is meant; exit code 2."""
    done = call(*arguments)
    assert done.returncode == 2
    assert said in flat(done.stdout + done.stderr)


def test_check_says_what_a_study_holds(toy: Toy, call: Callable[..., Done]) -> None:
    """`check` counts records by quality, roads and rules, tells notes, and writes nothing."""
    toy.rows("people.csv", lambda rows: [row.update(remark="x") for row in rows])
    toy.cell("people.csv", 2, "quality", "官方")
    done = call("check", toy.config.name)
    assert done.returncode == 0
    assert re.search(r"people +9 +1 +– +– +8\b", done.stdout)
    assert re.search(r"roads +\d+ nodes, \d+ edges", done.stdout)
    assert "4 in 1 pack" in done.stdout
    assert "'remark' is not a column of people" in done.stdout
    assert not (toy.config.parent / "out").exists()


def test_check_lists_rule_packs_and_roads_together(toy: Toy, call: Callable[..., Done]) -> None:
    """Mistakes in the rule pack and in the roads come in one list."""
    toy.edit("strength: must", "strength: maybe", name="../three-bridges-standards.yaml")
    toy.cell("roads/edges.csv", 2, "from_node", "nowhere")
    done = call("check", toy.config.name)
    assert done.returncode == 1
    assert "three-bridges-standards.yaml" in done.stderr
    assert "edges.csv" in done.stderr


def test_gaps_lists_the_worst_first(toy: Toy, call: Callable[..., Done]) -> None:
    """`gaps` shows places with people, minutes, nearest facility and cause; `--rule` and `--top` narrow it."""
    done = call("gaps", toy.config.name, "--rule", "TB-2", "--top", "1")
    assert done.returncode == 0
    said = flat(done.stdout)
    assert "岭顶村" in said
    assert "12,800" in said
    assert "too far" in said
    assert "2 more" in said
    assert "TB-1" not in said
    wrong = call("gaps", toy.config.name, "--rule", "TB-22")
    assert wrong.returncode == 2
    assert "did you mean 'TB-2'?" in wrong.stderr


def test_summary_by_area_names_every_town(toy: Toy, call: Callable[..., Done]) -> None:
    """`summary --by area` has each town under each rule; by rule it is the verdict table."""
    done = call("summary", toy.config.name, "--by", "area")
    # Once in the count of verdicts by town, then under each of the four rules.
    assert [done.stdout.count(town) for town in ("West Bank", "East Bank", "South Ridge")] == [5, 5, 5]
    by_rule = call("summary", toy.config.name)
    assert "NOT MET" in by_rule.stdout
    assert fits(done.stdout + by_rule.stdout)


def test_map_writes_one_file(toy: Toy, call: Callable[..., Done]) -> None:
    """`map` writes the page alone, where it says."""
    done = call("map", toy.config.name, "--out", "page.html")
    assert done.returncode == 0
    assert "written to page.html" in done.stdout
    assert "<html" in (toy.config.parent / "page.html").read_text(encoding="utf-8")[:2000]


def test_columns_explains_the_tables(call: Callable[..., Done]) -> None:
    """`columns` shows a table's columns with their words; `--markdown` is the data dictionary, byte for byte."""
    done = call("columns", "facilities")
    assert done.returncode == 0
    for word in ("facility_id", "设施编码", "township_hospital", "whole number, bed, from 0"):
        assert word in flat(done.stdout)
    assert fits(done.stdout)
    assert call("columns", "--markdown").stdout == data_dictionary()


def test_a_gbk_console_does_not_crash(toy: Toy) -> None:
    """On a console that lacks characters the command shows others in their place and goes on."""
    done = coverplan("summary", toy.config.name, "--lang", "zh", cwd=toy.config.parent, PYTHONIOENCODING="gbk")
    assert done.returncode == 0
    assert "未达标" in done.stdout
    break_everything(toy)
    assert coverplan("run", toy.config.name, cwd=toy.config.parent, PYTHONIOENCODING="ascii").returncode == 1


def test_an_output_folder_that_is_something_else_is_left_alone(toy: Toy, call: Callable[..., Done]) -> None:
    """A folder with other people's files is not replaced, and the message says why."""
    folder = toy.config.parent / "mine"
    folder.mkdir()
    (folder / "thesis.docx").write_text("years of work", encoding="utf-8")
    done = call("run", toy.config.name, "--out", "mine")
    assert done.returncode == 1
    assert "mine" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in folder.iterdir()] == ["thesis.docx"]


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_ends_cleanly(toy: Toy) -> None:
    """Ctrl-C ends with 130 and a word, without a traceback and without half an output."""
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    for pause_s in (0.3, 1.5):
        process = subprocess.Popen(
            [str(COMMAND), "run", toy.config.name], cwd=toy.config.parent, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        time.sleep(pause_s)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode in {0, 130}
        assert "Traceback" not in said
        folder = toy.config.parent / "out" / "three-bridges"
        assert not folder.exists() or (folder / "run.json").exists()


def test_debug_shows_where_an_error_arose(toy: Toy) -> None:
    """With `--debug` the error itself comes out, for the traceback."""
    with pytest.raises(InputError, match="there is no such config file"):
        main(["run", str(toy.config.with_name("nowhere.yaml")), "--debug"])


def test_help_comes_at_once(tmp_path: Path) -> None:
    """Help names every command and needs nothing heavy: no pandas, no shapely, no compiled kernels are loaded."""
    heavy = {"numpy", "pandas", "shapely", "numba", "scipy", "pydantic", "ruamel"}
    code = (
        "import sys, coverplan.cli.entry as entry; entry.start(['--help']); "
        f"print(sorted({{name.partition('.')[0] for name in sys.modules}} & {heavy}))"
    )
    plain = {**os.environ, "COLUMNS": str(WIDTH), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=plain, capture_output=True, encoding="utf-8",
                          check=True)  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"
    assert all(
        name in done.stdout for name in ("run", "check", "summary", "gaps", "map", "columns", "explain", "batch")
    )


def test_version_is_the_packages(tmp_path: Path) -> None:
    """`--version` prints the version and nothing else."""
    assert coverplan("--version", cwd=tmp_path).stdout.strip() == cp.__version__
