"""A run is one folder that is whole, says what it was made from, and comes out the same twice."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import coverplan as cp
from coverplan.core.progress import Silent
from coverplan.outputs.runs import write_run
from coverplan.standards.findings import Assessment

FILES = {"gaps.csv", "map.html", "run.json", "summary.csv", "verdicts.json"}
BEGAN = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def run(judged: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the toy county."""
    return write_run(judged, tmp_path_factory.mktemp("out") / "toy", started=BEGAN)


def _record(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def test_a_run_holds_everything(run: Path) -> None:
    """Map, tables, verdicts and record are there, and nothing else."""
    assert {path.name for path in run.iterdir()} == FILES
    assert {path.name for path in run.parent.iterdir()} == {"toy"}


def test_the_record_says_what_it_was_made_from(run: Path, judged: Assessment) -> None:
    """Versions, input hashes, settings, network and qualities stand in the record."""
    record, config = _record(run), cp.sample_config()
    assert record["made_with"]["coverplan"] == cp.__version__
    assert record["made_with"]["libraries"]["pandas"]
    assert record["config"] == config.name
    hashed = record["inputs_sha256"]
    assert hashed[config.name] == hashlib.sha256(config.read_bytes()).hexdigest()
    assert {"three-bridges/people.csv", "three-bridges/roads/edges.csv", "three-bridges-standards.yaml"} <= set(hashed)
    assert record["settings"]["clock"] == {"call_handling_s": 60, "turnout_s": 120}
    assert record["settings"]["populations"]["resident_2025"]["people"] == 30100
    assert record["settings"]["profiles"]["ambulance"]["kph"] == dict(judged.study.profiles["ambulance"].kph)
    assert record["network"]["nodes"] == judged.network.n_nodes
    assert record["network"]["source"] == judged.network.source
    assert record["quality"]["assessment"] == "illustrative"
    assert record["quality"]["people"] == {"illustrative": 9}
    assert record["verdicts"] == {verdict.rule.rule_id: verdict.status for verdict in judged.verdicts}


def test_the_record_names_the_files(run: Path) -> None:
    """Each file's hash in the record is the hash of the file."""
    for name, said in _record(run)["files"].items():
        content = (run / name).read_bytes()
        assert said == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    assert set(_record(run)["files"]) == FILES - {"run.json"}


def test_the_record_holds_no_path_of_this_machine(run: Path, root: Path) -> None:
    """A run can be handed on without telling where it was made."""
    for name in FILES:
        assert str(root) not in (run / name).read_text(encoding="utf-8-sig")


def test_two_runs_are_the_same(run: Path, judged: Assessment, tmp_path: Path) -> None:
    """The same inputs on the same day write the same files; only the record's time differs."""
    again = write_run(judged, tmp_path / "again", started=BEGAN)
    for name in FILES - {"run.json"}:
        assert (again / name).read_bytes() == (run / name).read_bytes(), name
    first, second = _record(run), _record(again)
    assert first.pop("time")["started"] == second.pop("time")["started"]
    assert first == second


class _Breaks(Silent):
    """A progress that fails when the map is drawn, after the tables were written."""

    def message(self, text: str) -> None:
        if "map" in text:
            raise KeyboardInterrupt


def test_a_run_that_breaks_leaves_the_old_one(judged: Assessment, tmp_path: Path) -> None:
    """Ctrl-C in the middle: the old run is whole, byte for byte, and nothing lies beside it."""
    folder = write_run(judged, tmp_path / "toy", started=BEGAN)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(KeyboardInterrupt):
        write_run(judged, folder, progress=_Breaks())
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]


def test_a_run_replaces_the_one_before(judged: Assessment, tmp_path: Path) -> None:
    """What the old run had and the new one has not is gone."""
    folder = write_run(judged, tmp_path / "toy")
    (folder / "notes.txt").write_text("old", encoding="utf-8")
    assert {path.name for path in write_run(judged, folder).iterdir()} == FILES


def test_a_folder_that_is_no_run_is_not_replaced(judged: Assessment, tmp_path: Path) -> None:
    """A slip of the hand does not cost somebody their documents."""
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mine.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(cp.InputError, match=r"no run\.json"):
        write_run(judged, tmp_path / "letters")
    with pytest.raises(cp.InputError, match="is a file"):
        write_run(judged, tmp_path / "letters" / "mine.txt")
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["mine.txt"]
