"""Arrays of bytes in an `.npz`, read in their place.

`numpy.load` would copy each array and take longer to find it than to read it.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

BEGINNING = b"PK\x03\x04"
"""What an archive begins with."""
SIGNS_OF_DAMAGE = (
    *(ValueError, KeyError, TypeError, OverflowError, OSError, EOFError, MemoryError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)
"""What reading a damaged archive raises."""
_LOCAL_HEADER, _LONGEST_HEAD = 30, 256
"""Bytes before the name of a member in an archive, and how many may stand before the content of an array."""
_NPY = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '\|u1', 'fortran_order': False, 'shape': \((?P<n>\d{1,15}),\), \} *\n", re.DOTALL
)
"""What stands before the content of an `.npy` of bytes, as NumPy writes it."""


def packed(**members: bytes) -> memoryview:
    """Return an `.npz` of arrays of bytes."""
    data = io.BytesIO()
    np.savez(data, allow_pickle=False, **{name: _as_bytes(content) for name, content in members.items()})
    return data.getbuffer()


def members_of(path: Path, *names: str) -> dict[str, np.ndarray]:
    """Return arrays of bytes out of an `.npz`, without copying them; those that are not in it are left out.

    Raises
    ------
    Exception
        One of `SIGNS_OF_DAMAGE`, when a checksum is wrong or the file is no archive of arrays of bytes.
    """
    found = {}
    with path.open("rb") as file:
        whole = np.fromfile(file, dtype=np.uint8)
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                name = info.filename.removesuffix(".npy")
                if name not in names:
                    continue
                if info.compress_type == zipfile.ZIP_STORED:
                    content = _content(whole, info)
                else:
                    content = np.frombuffer(bytearray(archive.read(info)), dtype=np.uint8)
                found[name] = _of_bytes(content)
    return found


def small_member(path: Path, name: str) -> dict[str, np.ndarray]:
    """Return what `members_of` does for one name, without reading the rest of the file."""
    with zipfile.ZipFile(path) as archive:
        known = archive.namelist()
        return {name: _of_bytes(_as_bytes(archive.read(f"{name}.npy")))} if f"{name}.npy" in known else {}


def _content(whole: np.ndarray, info: zipfile.ZipInfo) -> np.ndarray:
    """Return what a member that is not compressed holds, in its place."""
    n_name, n_extra = struct.unpack_from("<HH", whole.data, info.header_offset + _LOCAL_HEADER - 4)
    start = info.header_offset + _LOCAL_HEADER + n_name + n_extra
    content = whole[start : start + info.file_size]
    if len(content) != info.file_size or zlib.crc32(content.data) != info.CRC:
        raise ValueError(f"the checksum of {info.filename} is wrong")
    return content


def _of_bytes(content: np.ndarray) -> np.ndarray:
    """Return what an `.npy` of bytes holds."""
    head = _NPY.match(content[:_LONGEST_HEAD].tobytes())
    if head is None:
        raise ValueError("its roads have another form")
    if len(content) - head.end() != int(head["n"]):
        raise ValueError("it ends too soon")
    return content[head.end() :]


def _as_bytes(data: bytes) -> np.ndarray:
    return np.frombuffer(data, dtype=np.uint8)
