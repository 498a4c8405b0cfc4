"""Saved scenarios are whole or not there, whatever happens in the middle of a save."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import coverplan as cp
from coverplan.app.desks import NoSuchThingError
from coverplan.app.edits import read_edits
from coverplan.app.saved import Saved
from coverplan.core.errors import InputError
from coverplan.scenarios.edits import Scenario

SAVING = """
import sys
from pathlib import Path
from coverplan.app.saved import Saved
from coverplan.scenarios.edits import Devices, Scenario

saved = Saved(folder=Path(sys.argv[1]), study=None)
edits = tuple(Devices(name=f"d{i}", at=(118.545, 24.72)) for i in range(400))
print("ready", flush=True)
for n in range(1_000_000):
    saved.save(Scenario(scenario_id="kept", name=f"version {n}", edits=edits))
    saved.save(Scenario(scenario_id=f"new-{n % 5}", name="new", edits=edits[:50]))
"""


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    """A folder for scenarios of the toy county."""
    return Saved(folder=tmp_path / "scenarios", study=cp.read_study(cp.sample_config()))


def test_what_is_saved_is_read_back(saved: Saved) -> None:
    """Name, note and edits come back; a file of the list is one that `read_scenario` reads."""
    assert saved.lines() == []
    edits = read_edits([{"open": {"kind": "ems_station", "name": "新", "at": [118.545, 24.72]}}], saved.study)
    path = saved.save(Scenario(scenario_id="plan-1", name="方案一", note="注", edits=edits))
    (line,) = saved.lines()
    assert (line["scenario"], line["name"], line["note"], line["n_edits"]) == ("plan-1", "方案一", "注", 1)
    assert saved.read("plan-1").edits[0].says == edits[0].says
    assert cp.read_scenario(path, saved.study).scenario_id == "plan-1"
    saved.delete("plan-1")
    with pytest.raises(NoSuchThingError):
        saved.delete("plan-1")


@pytest.mark.parametrize("name", ["../x", "a/b", "A", "", ".hidden", "a" * 61, "a.yaml", "a\n", "CON "])
def test_an_identifier_is_never_a_path(saved: Saved, name: str) -> None:
    """Nothing but small letters, digits, hyphens and underscores names a file."""
    with pytest.raises(NoSuchThingError):
        saved.path(name)


def test_nothing_is_overwritten_that_should_stay(saved: Saved) -> None:
    """With `over` false a name that is taken is refused, and the file stays."""
    saved.save(Scenario(scenario_id="a", name="first"))
    with pytest.raises(InputError, match="already"):
        saved.save(Scenario(scenario_id="a", name="second"), over=False)
    assert saved.lines()[0]["name"] == "first"


def test_a_damaged_file_says_so_and_harms_no_other(saved: Saved) -> None:
    """The list shows the others, and says of this one what is wrong."""
    saved.save(Scenario(scenario_id="good", name="good"))
    (saved.folder / "bad.yaml").write_text("scenario: [", encoding="utf-8")
    (saved.folder / "Not An Id.yaml").write_text("x", encoding="utf-8")
    bad, good = saved.lines()
    assert "方案文件格式有误" in bad["problems"][0]["what"]["zh"]
    assert good["name"] == "good"
    with pytest.raises(InputError):
        saved.read("bad")


def test_killing_the_server_in_the_middle_of_a_save_loses_nothing(saved: Saved) -> None:
    """A process that saves without a pause is killed; whatever is there afterwards is whole, and can be saved again."""
    worker = subprocess.Popen([sys.executable, "-c", SAVING, str(saved.folder)], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    threading.Event().wait(0.4)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    kept = saved.read("kept")
    assert len(kept.edits) == 400
    assert int(kept.name.removeprefix("version ")) > 0
    assert all(line["n_edits"] == 50 for line in saved.lines() if line["scenario"] != "kept")
    saved.save(kept)
    assert saved.read("kept") == kept


def test_what_a_crash_left_half_written_is_cleared_away_later(saved: Saved) -> None:
    """A file that never took its place is in no list, and goes once nobody can be writing it any longer."""
    saved.save(Scenario(scenario_id="a", name="a"))
    old, new = saved.folder / ".a.yaml.x1.part", saved.folder / ".a.yaml.x2.part"
    for path in (old, new):
        path.write_text("half")
    os.utime(old, (0, 0))
    assert saved.names() == ["a"]
    saved.tidy()
    assert (old.exists(), new.exists()) == (False, True)
