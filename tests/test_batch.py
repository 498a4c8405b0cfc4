"""Many studies at once: one table, faults stay where they arose, an interrupted batch goes on where it was."""

import csv
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

import coverplan as cp
from coverplan.batch.pool import spread
from coverplan.batch.record import BATCH_COLUMNS, Checked, Task, check_one
from coverplan.batch.run import Batch, run_batch
from coverplan.cli import main
from coverplan.core.errors import Cancelled, InputError
from coverplan.core.progress import Silent
from pool_work import square
from toy import Toy

N = 5


@pytest.fixture(scope="module")
def counties(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small counties: the toy study, with one village growing from county to county."""
    folder = tmp_path_factory.mktemp("counties")
    toy = Toy(folder)
    for i in range(N):
        shutil.copytree(toy.data, folder / f"c{i}")
        text = toy.config.read_text(encoding="utf-8")
        text = text.replace("study: three-bridges", f"study: c{i}").replace("data: three-bridges", f"data: c{i}")
        (folder / f"c{i}.yaml").write_text(text, encoding="utf-8")
        people = folder / f"c{i}" / "people.csv"
        people.write_text(people.read_text(encoding="utf-8").replace(",12800,", f",{12800 + 1000 * i},"), "utf-8")
    toy.config.unlink()
    return folder


@pytest.fixture
def here(counties: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the counties of its own, and the place to stand in."""
    folder = tmp_path / "counties"
    shutil.copytree(counties, folder)
    monkeypatch.chdir(folder)
    return folder


def table(batch: Batch) -> list[dict[str, str]]:
    """Read the table of a batch."""
    with (batch.folder / "verdicts.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def names(n: int = N) -> list[str]:
    """Name the first configs."""
    return [f"c{i}.yaml" for i in range(n)]


def test_the_table_holds_every_verdict_and_a_failing_study_stops_nobody(here: Path) -> None:
    """Area x rule x verdict x figure x shortfall as `assess` gives them; what is wrong stands in its row."""
    broken = (here / "c1" / "people.csv").read_text(encoding="utf-8").replace(",13800,", ",-1,")
    (here / "c1" / "people.csv").write_text(broken, encoding="utf-8")
    done = run_batch(names(3), "out", jobs=1)
    rows = table(done)
    assert list(rows[0]) == list(BATCH_COLUMNS)
    assert [row["config"] for row in rows] == ["c0.yaml"] * 4 + ["c1.yaml"] + ["c2.yaml"] * 4
    failed = rows[4]
    assert (failed["status"], failed["rule_id"]) == ("failed", "")
    assert "-1 is below 0" in failed["problem"]
    assert [study.config.name for study in done.failed] == ["c1.yaml"]
    study = cp.read_study("c2.yaml")
    for row, verdict in zip(rows[5:], cp.assess(study, cp.build_network(study)).verdicts, strict=True):
        finding = verdict.default
        assert (row["study"], row["area_id"], row["rule_id"]) == ("c2", "all", verdict.rule.rule_id)
        assert (row["status"], row["reading"], row["unit"]) == (verdict.status, finding.reading.name, finding.unit)
        assert float(row["figure"]) == pytest.approx(finding.figure, abs=1e-6)
        assert float(row["shortfall"]) == finding.shortfall


def test_a_single_study_is_told_town_by_town(here: Path) -> None:
    """One config with many areas: a row for the whole and one for each of its towns, under every rule."""
    rows = table(run_batch(["c0.yaml"], "out"))
    towns = ["all", "350999101", "350999102", "350999103"]
    assert [row["area_id"] for row in rows if row["rule_id"] == "TB-4"] == towns
    assert len(rows) == 16


def test_only_what_changed_is_done_again(here: Path) -> None:
    """An input, a pack, an option that is not the same is noticed; all else is taken over from before."""

    def again(**options: bool) -> list[str]:
        done = run_batch(names(2), "out", jobs=1, **options)
        return [study.config.stem for study in done.studies if study.is_new]

    assert again() == ["c0", "c1"]
    assert again() == []
    aeds = here / "c1" / "aeds.csv"
    aeds.write_text(aeds.read_text(encoding="utf-8").replace(",1,", ",5,"), encoding="utf-8")
    assert again() == ["c1"]
    pack = here / "three-bridges-standards.yaml"
    pack.write_text(pack.read_text(encoding="utf-8") + "# said differently\n", encoding="utf-8")
    assert again() == ["c0", "c1"]
    assert again(towns=True) == ["c0", "c1"]
    (here / "out" / "areas").joinpath(next((here / "out" / "areas").glob("c0-*")).name).write_text("{", "utf-8")
    assert again(towns=True) == ["c0"]


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_stopped_and_killed_it_goes_on_and_ends_the_same(here: Path) -> None:
    """Ctrl-C ends with 130 and no process left; after a kill the same call ends with the same bytes."""
    command = [sys.executable, "-m", "coverplan", "batch", *names(), "--to", "cut", "--jobs"]
    for sign, code, jobs in ((signal.SIGINT, 130, "1"), (signal.SIGKILL, -signal.SIGKILL, "2")):
        before = n_records(here)
        process = subprocess.Popen([*command, jobs], start_new_session=True, stderr=subprocess.PIPE, text=True)
        wait_for(lambda start=before: n_records(here) > start)
        os.killpg(process.pid, sign)
        said = process.communicate(timeout=60)[1]
        assert process.returncode == code
        assert "Traceback" not in said
        assert not (here / "cut" / "verdicts.csv").exists()
        wait_for(lambda group=process.pid: not alive(group))
    resumed = run_batch(names(), "cut", jobs=1)
    assert 1 <= sum(not study.is_new for study in resumed.studies) < N
    whole = run_batch(names(), "whole", jobs=1)
    for name in ("verdicts.csv", "verdicts.xlsx", "manifest.json"):
        assert (resumed.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name
    assert not list(here.rglob("*.part"))


def n_records(folder: Path) -> int:
    """Count the studies that are done."""
    return len(list((folder / "cut" / "areas").glob("*.json")))


def alive(group: int) -> bool:
    """Say whether any process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(said: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(6000):
        if said():
            return
        time.sleep(0.02)
    raise AssertionError("it never came to that")


def test_cancelling_keeps_what_is_done(here: Path) -> None:
    """A progress that says stop after the first study leaves its record and no table."""

    class Once(Silent):
        done = 0

        def advance(self, done: int, total: int) -> None:
            self.done = done

        def cancelled(self) -> bool:
            return self.done == 1

    with pytest.raises(Cancelled, match="1 of 3"):
        run_batch(names(3), "out", jobs=1, progress=Once())
    assert [path.name for path in (here / "out").iterdir()] == ["areas"]
    assert not run_batch(names(3), "out", jobs=1).studies[0].is_new


@pytest.mark.parametrize("at", [0, 1])
def test_a_ctrl_c_that_python_drops_still_stops_it(
    here: Path, at: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where `KeyboardInterrupt` gets lost, as in a callback, the study in hand is done, and no other is begun."""
    before = signal.getsignal(signal.SIGINT)
    begun: list[Task] = []

    def interrupted(task: Task) -> Checked:
        begun.append(task)
        if len(begun) == at + 1:
            with suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        return check_one(task)

    monkeypatch.setattr("coverplan.batch.run.check_one", interrupted)
    with pytest.raises(SystemExit) as ended:
        main(["batch", *names(3), "--to", "cut", "--jobs", "1"])
    assert ended.value.code == 130
    assert "the same command goes on from there" in capsys.readouterr().err
    assert n_records(here) == len(begun) == at + 1
    assert not (here / "cut" / "verdicts.csv").exists()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_process_that_dies_takes_only_its_own_task() -> None:
    """The task in hand comes back as None after a second try; every other one is done."""
    assert dict(spread(square, [1, 2, 3, 4, 5], jobs=2)) == {0: 1, 1: 4, 2: None, 3: 16, 4: 25}


def test_a_loop_that_is_left_leaves_no_process() -> None:
    """Whoever stops asking for results, by Ctrl-C for instance, ends the processes too."""
    results = spread(square, list(range(10, 20)), jobs=2)
    next(results)
    assert multiprocessing.active_children()
    results.close()
    assert not multiprocessing.active_children()


def test_a_batch_refuses_what_it_cannot_mean(here: Path) -> None:
    """No config, one twice, a pack that is wrong, a folder of something else: told at once, nothing written."""
    with pytest.raises(InputError, match="no study is named"):
        run_batch([], "out")
    (here / "bad.yaml").write_text("pack: x\n", encoding="utf-8")
    with pytest.raises(InputError, match="is named twice") as told:
        run_batch(["c0.yaml", "c0.yaml"], "out", packs=["bad.yaml"])
    assert any(problem.file == "bad.yaml" for problem in told.value.problems)
    with pytest.raises(InputError, match="holds files but no batch"):
        run_batch(["c0.yaml"], "c1")
    assert not (here / "out").exists()


def test_the_command_ends_as_it_should(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 when all is well, 3 with --strict when a binding rule is missed, 1 when a study failed; patterns work."""
    aeds = here / "c0" / "aeds.csv"
    aeds.write_text(aeds.read_text(encoding="utf-8").replace(",1,", ",9,"), encoding="utf-8")
    assert code("batch", "c[01].yaml", "--jobs", "1") == 0
    assert "Studies: 2: " in capsys.readouterr().out
    assert code("batch", "c[01].yaml", "--jobs", "1", "--strict") == 3
    assert code("batch", "c[0].yaml", "--jobs", "1", "--strict") == 0
    capsys.readouterr()
    assert code("batch", "c1.yaml", "gone.yaml", "--jobs", "1", "--strict") == 1
    said = capsys.readouterr()
    assert "gone.yaml" in said.err
    assert "there is no such config file" in said.err
    assert "could not be checked" in said.out
    assert "1 taken over from before" in said.out
    assert code("batch") == 2


def code(*arguments: str) -> int:
    """Run the command in this process and return its exit code."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)
