"""Compiled once: the next process finds everything ready, and says nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import coverplan as cp
from coverplan.core.progress import Silent
from coverplan.travel.kernels import stamp

ASK = """
import numba.core.dispatcher as dispatcher
from coverplan.travel.kernels.stamp import is_warm
from coverplan.travel.warm import steps
print(is_warm())
compiled = []
real = dispatcher._FunctionCompiler.compile
def compile(self, *types):
    compiled.append(self.py_func.__qualname__)
    return real(self, *types)
dispatcher._FunctionCompiler.compile = compile
for step in steps():
    step()
print(compiled)
"""


class Told(Silent):
    """Keeps what long work says."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def message(self, text: str) -> None:
        """Keep it."""
        self.said.append(text)


def test_a_second_process_compiles_nothing():
    """After warming up, another process uses every compiled function without a single call of the compiler."""
    assert cp.warm_up()
    told = Told()
    assert cp.warm_up(progress=told)
    assert told.said == []
    answer = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines() == ["True", "[]"]


def test_changed_code_is_not_warm(tmp_path, monkeypatch):
    """Where nothing was kept there is no note; a note of other code, or another place, does not count."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "new"))
    assert not stamp.is_warm()
    stamp.note_warm()
    assert stamp.is_warm()
    monkeypatch.setattr(stamp, "_state", lambda: "other code")
    assert not stamp.is_warm()


def test_a_cold_start_says_what_it_does(tmp_path, monkeypatch):
    """Whoever comes first is told that something is compiled, once."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    told = Told()
    assert cp.warm_up(progress=told)
    assert cp.warm_up(progress=told)
    assert told.said == ["Compiling the searches (once; about a minute)"]


def test_who_did_not_warm_up_is_told(tmp_path, monkeypatch, caplog):
    """A script that uses a search cold reads, once, why it waits; one that is warm, or warms up, reads nothing."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(stamp, "_TOLD", set())
    stamp.say_when_cold()
    stamp.say_when_cold()
    assert [record.message.split(",")[0] for record in caplog.records] == ["Compiling searches on their first use"]
    for ready in (stamp.is_told, stamp.note_warm):
        monkeypatch.setattr(stamp, "_TOLD", set())
        ready()
        stamp.say_when_cold()
        assert len(caplog.records) == 1


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners of files are not to be asked here")
def test_the_last_resort_is_ones_own(tmp_path, monkeypatch):
    """Compiled code is never taken from a folder that somebody else could have filled."""
    monkeypatch.setattr(stamp.tempfile, "gettempdir", lambda: str(tmp_path))
    folder = stamp.last_resort()
    assert folder.stat().st_mode & 0o077 == 0
    assert stamp.last_resort() == folder
    folder.chmod(0o777)
    with pytest.raises(PermissionError, match="NUMBA_CACHE_DIR"):
        stamp.last_resort()


def test_where_nothing_may_be_written(tmp_path, monkeypatch):
    """Neither beside the code nor in the user's folder: the note, and what is compiled, go to the last resort."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(stamp.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(stamp, "_may_write", lambda folder: folder == Path(str(tmp_path)))
    assert stamp.kept_in().parent == tmp_path
    code = (
        f"import tempfile; tempfile.tempdir = {str(tmp_path)!r}\n"
        "from coverplan.travel.isochrones.cells import _inverse\n"
        "print(_inverse(2.0), _inverse._cache.cache_path)"
    )
    # The compiler is told to use no folder but one that somebody names, and nobody does.
    told = os.environ | {"NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator"}
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=told)
    half, path = answer.stdout.split()
    assert half == "0.5"
    assert Path(path).is_relative_to(tmp_path)
