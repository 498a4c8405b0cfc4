"""Whether everything is compiled already: a note beside what the compiler keeps, good for this code on this machine.

It is asked without loading the compiler.
"""

from __future__ import annotations

import logging
import os
import platform
import sys
import tempfile
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_TRAVEL = Path(__file__).resolve().parents[1]
_COMPILED = ("kernels", "isochrones", "hierarchy")
"""The folders of this room with functions that are compiled."""
_NOTE = "coverplan-compiled.txt"
_PROCESSORS = Path("/proc/cpuinfo")


def is_warm() -> bool:
    """Say whether every compiled function is kept ready for this version of the code, on this kind of processor."""
    note = kept_in() / _NOTE
    try:
        return note.read_text(encoding="utf-8") == _state()
    except OSError:
        return False


_TOLD: set[str] = set()


def say_when_cold() -> None:
    """Tell whoever did not warm up that the first use of each search takes a while; once in a process."""
    if not _TOLD and not is_warm():
        logging.getLogger("coverplan").warning(
            "Compiling searches on their first use, up to a minute in all; coverplan.warm_up() does it once for all."
        )
    is_told()


def is_told() -> None:
    """Take note that whoever waits knows why."""
    _TOLD.add("cold")


def note_warm() -> None:
    """Write down that everything is compiled; where nothing may be written, nothing is."""
    folder = kept_in()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _NOTE).write_text(_state(), encoding="utf-8")
    except OSError:
        return


def kept_in() -> Path:
    """Return the folder of the note, chosen as the compiler chooses its own.

    That is ``NUMBA_CACHE_DIR`` where it is set; else beside the code; else, where that may not be written, the user's
    cache folder; else a folder of the user's own among the temporary files.
    """
    wished = os.environ.get("NUMBA_CACHE_DIR")
    if wished:
        return Path(wished)
    beside = Path(__file__).parent / "__pycache__"
    for folder in (beside, Path.home() / ".cache" / "numba"):
        if _may_write(folder):
            return folder
    return last_resort()


def last_resort() -> Path:
    """Return a folder among the temporary files that only this user may use.

    Raises
    ------
    PermissionError
        When somebody else made a folder of that name.
    """
    who = os.getuid() if hasattr(os, "getuid") else "user"
    folder = Path(tempfile.gettempdir()) / f"coverplan-{who}"
    folder.mkdir(mode=0o700, exist_ok=True)
    # What is kept there is code: it must not come from anybody else.
    if hasattr(os, "getuid") and (folder.is_symlink() or folder.stat().st_uid != who or folder.stat().st_mode & 0o022):
        raise PermissionError(f"{folder} belongs to somebody else; set NUMBA_CACHE_DIR to a folder of your own")
    return folder


def _may_write(folder: Path) -> bool:
    """Say whether a folder may be written, or made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK)


@lru_cache(maxsize=1)
def _state() -> str:
    """Return what compiled code depends on, in short: sources, compiler, interpreter, processor."""
    parts = [sys.implementation.cache_tag, platform.machine(), _processor(), *map(_version, ("numba", "llvmlite"))]
    sources = [path for folder in _COMPILED for path in sorted((_TRAVEL / folder).glob("*.py"))]
    # What is warmed up is written in the last.
    for path in [*sources, _TRAVEL / "warm.py"]:
        seen = path.stat()
        parts.append(f"{path.parent.name}/{path.name} {seen.st_size} {seen.st_mtime_ns}")
    return blake2b("\n".join(map(str, parts)).encode(), digest_size=16).hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    try:
        lines = _PROCESSORS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return "\n".join(sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))}))
