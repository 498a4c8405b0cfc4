"""What was there stays whole, whatever happens while the new is written."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from coverplan.core import atomic
from coverplan.core.atomic import whole_file, whole_folder, write_text

CHILD = """
import sys, time
from coverplan.core.atomic import whole_folder
with whole_folder(sys.argv[1]) as beside:
    (beside / "first.txt").write_text("half", encoding="utf-8")
    print("writing", flush=True)
    time.sleep(60)
"""


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _interrupted(folder: Path, sign: signal.Signals) -> None:
    """Start to write a folder in a process of its own, and stop it in the middle."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"writing\n"
        child.send_signal(sign)
        child.wait(timeout=20)


def test_a_file_is_written_with_its_folder(tmp_path: Path) -> None:
    """A new file appears, in a folder that was not there, and nothing beside it."""
    path = write_text(tmp_path / "a" / "b.txt", "缺口\n")
    assert path.read_bytes() == "缺口\n".encode()
    assert _names(path.parent) == ["b.txt"]


def test_a_failing_write_leaves_the_old_file(tmp_path: Path) -> None:
    """An exception while writing leaves the old content and no crumbs."""
    path = write_text(tmp_path / "map.html", "old")

    def write_half() -> None:
        with whole_file(path) as beside:
            beside.write_text("ne", encoding="utf-8")
            raise RuntimeError("disk")

    with pytest.raises(RuntimeError, match="disk"):
        write_half()
    assert path.read_text(encoding="utf-8") == "old"
    assert _names(tmp_path) == ["map.html"]


def test_a_file_is_on_the_disk_before_it_takes_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes are flushed, then the file is renamed, then every folder that has a new name in it is flushed."""
    done: list[int | str] = []
    flush, rename = os.fsync, Path.replace

    def flushed(handle: int) -> None:
        flush(handle)
        done.append(os.fstat(handle).st_ino)

    def renamed(path: Path, target: Path) -> Path:
        done.append(path.read_text(encoding="utf-8"))
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "replace", renamed)
    path = write_text(tmp_path / "a" / "b" / "c.yaml", "whole")
    assert done == [path.stat().st_ino, "whole", *(folder.stat().st_ino for folder in list(path.parents)[:3])]


def test_a_file_can_be_read_by_others(tmp_path: Path) -> None:
    """The file has the rights of any new file, not those of a secret one."""
    plain = tmp_path / "plain.txt"
    plain.write_text("", encoding="utf-8")
    assert write_text(tmp_path / "whole.txt", "").stat().st_mode == plain.stat().st_mode


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """The new folder holds what was written now, and nothing of the old one."""
    for name in ("old.csv", "new.csv"):
        with whole_folder(tmp_path / "out" / "jinjiang") as beside:
            (beside / name).write_text(name, encoding="utf-8")
    assert _names(tmp_path / "out" / "jinjiang") == ["new.csv"]
    assert _names(tmp_path / "out") == ["jinjiang"]


def test_a_failing_run_leaves_the_old_folder(tmp_path: Path) -> None:
    """An exception in the middle leaves the old folder as it was, and no crumbs."""
    with whole_folder(tmp_path / "run") as beside:
        (beside / "old.csv").write_text("whole", encoding="utf-8")

    def write_half() -> None:
        with whole_folder(tmp_path / "run") as beside:
            (beside / "new.csv").write_text("half", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert _names(tmp_path) == ["run"]
    assert (tmp_path / "run" / "old.csv").read_text(encoding="utf-8") == "whole"


def test_a_failing_rename_brings_the_old_folder_back(tmp_path: Path) -> None:
    """When the new folder cannot take the place, the old one is put back."""
    old = tmp_path / "run"
    old.mkdir()
    (old / "old.csv").write_text("whole", encoding="utf-8")
    with pytest.raises(FileNotFoundError):
        atomic._take_place(tmp_path / "not there", old)
    assert _names(tmp_path) == ["run"]
    assert _names(old) == ["old.csv"]


def test_a_folder_never_replaces_a_file(tmp_path: Path) -> None:
    """A file in the place of the folder is not touched."""
    path = write_text(tmp_path / "run", "mine")
    with pytest.raises(FileExistsError, match="is a file"), whole_folder(path):
        pass
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_process_leaves_the_old_folder(tmp_path: Path, sign: signal.Signals) -> None:
    """Ctrl-C, or the machine going down in the middle: the old folder is whole, and the next run replaces it."""
    folder = tmp_path / "run"
    with whole_folder(folder) as beside:
        (beside / "old.csv").write_text("whole", encoding="utf-8")
    _interrupted(folder, sign)
    assert _names(folder) == ["old.csv"]
    if sign == signal.SIGINT:
        assert _names(tmp_path) == ["run"]
    with whole_folder(folder) as beside:
        (beside / "new.csv").write_text("whole", encoding="utf-8")
    assert _names(folder) == ["new.csv"]


def test_the_old_is_seen_until_the_new_is_whole(tmp_path: Path) -> None:
    """Somebody who looks while a run is written sees the old folder."""
    folder = tmp_path / "run"
    with whole_folder(folder) as beside:
        (beside / "old.csv").write_text("whole", encoding="utf-8")
    with whole_folder(folder) as beside:
        (beside / "new.csv").write_text("whole", encoding="utf-8")
        assert _names(folder) == ["old.csv"]
