"""Whole or not at all: files and folders are written beside their place and renamed into it."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_READABLE = 0o666
_NO_SUCH_REQUEST = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}


@contextmanager
def whole_file(path: str | Path, *, ending: str = ".part") -> Iterator[Path]:
    """Give a path beside `path` to write to; it takes the place of `path` only when the block ends well.

    Whatever stood at `path` stays untouched until then, and for good when the block raises or the machine stops; when
    the block has ended, the new file is on the disk, and a power cut leaves it there. The folder is made when it is
    missing. The path ends in `ending`, for writers that look at that.

    Yields
    ------
    Path
        An empty file in the same folder, so that the rename stays on one disk.
    """
    path = Path(path)
    made = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=ending, dir=path.parent)
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        beside.chmod(_READABLE & ~_umask())
        _to_disk(beside)
        beside.replace(path)
        for folder in (path.parent, *(new.parent for new in made)):
            _to_disk(folder)
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: str | Path, text: str, *, encoding: str = "utf-8") -> Path:
    """Write a text file whole or not at all, with line ends as they stand in `text`; returns its path.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_text(Path(folder) / "new" / "note.txt", "缺口").read_text(encoding="utf-8")
    '缺口'
    """
    return write_bytes(path, text.encode(encoding))


def write_bytes(path: str | Path, data: bytes | memoryview) -> Path:
    """Write a file whole or not at all; returns its path."""
    with whole_file(path) as beside:
        beside.write_bytes(data)
    return Path(path)


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """Give an empty folder beside `path` to fill; it takes the place of `path` only when the block ends well.

    An older folder at `path` is moved aside, replaced, and only then removed; when the replacing fails it is moved
    back. When the block raises, the new folder is removed and the old one was never touched.

    Yields
    ------
    Path
        The folder to write into.

    Raises
    ------
    FileExistsError
        When `path` is there and is not a folder.
    """
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise FileExistsError(f"{path} is a file; a folder is to be written there")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    try:
        yield beside
        beside.chmod(0o777 & ~_umask())
        _take_place(beside, path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _to_disk(path: Path) -> None:
    """Wait until a file, or the list of names in a folder, has reached the disk (some milliseconds).

    Where a file system has no such request nothing is waited for; a disk that is full or broken raises. Windows keeps
    no handles of folders; its rename is in the journal.
    """
    is_folder = path.is_dir()
    if is_folder and os.name == "nt":
        return
    # A file has to be open for writing for Windows to flush it; a folder cannot be.
    handle = os.open(path, os.O_RDONLY if is_folder else os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SUCH_REQUEST:
            raise
    finally:
        os.close(handle)


def _take_place(new: Path, path: Path) -> None:
    if not path.exists():
        new.replace(path)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".old", dir=path.parent))
    path.replace(old / path.name)
    try:
        new.replace(path)
    except BaseException:
        (old / path.name).replace(path)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
