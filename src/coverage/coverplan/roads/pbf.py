"""Where the nodes of an `.osm.pbf` lie, block by block as arrays: how a large extract is searched in little memory.

An extract holds its nodes in blocks of some thousands, each packed by itself. One block at a time is unpacked and
handed on, so that memory does not grow with the file. Ways and tags are left to osmium. The form is the one that the
OpenStreetMap wiki describes as PBF format; blocks packed in an unusual way are refused as `UnusualPackingError`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from coverplan.roads.network import Int64

Positions = tuple[Int64, Int64, Int64]
"""Node ids, longitudes and latitudes, the latter in units of 1e-7 degrees."""

_MOST_HEADER, _MOST_BLOCK = 64 * 1024, 32 * 1024 * 1024
_LONGEST_VARINT = 10
_GRANULARITY = 100
"""What one unit of a coordinate is worth in 1e-9 degrees where a block does not say."""
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5


class BrokenFileError(RuntimeError):
    """The bytes are no `.osm.pbf`, or the file ends too soon."""


class UnusualPackingError(RuntimeError):
    """The file is right, but packed in a way that is not read here: not by zlib, or nodes one by one."""


def node_blocks(file: BinaryIO) -> Iterator[Positions]:
    """Yield the nodes of an `.osm.pbf`, block by block.

    A file that says it is sorted is left when its first ways come.

    Parameters
    ----------
    file
        The file, open for reading at its beginning.

    Raises
    ------
    BrokenFileError, UnusualPackingError
    """
    is_sorted = False
    for kind, block in _blocks(file):
        if kind == b"OSMHeader":
            is_sorted = b"Sort.Type_then_ID" in block
        elif kind == b"OSMData":
            found, holds_more = _nodes_of(block)
            if len(found[0]):
                yield found
            if is_sorted and holds_more:
                return


def _blocks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and the unpacked content of every block."""
    while length := file.read(4):
        header = _take(file, int.from_bytes(length, "big"), _MOST_HEADER)
        kind, size = b"", 0
        for number, value in _fields(header):
            if number == 1 and isinstance(value, bytes):
                kind = value
            elif number == 3 and isinstance(value, int):
                size = value
        yield kind, _unpacked(_take(file, size, _MOST_BLOCK))


def _take(file: BinaryIO, size: int, most: int) -> bytes:
    if not 0 <= size <= most:
        raise BrokenFileError("a block has an impossible size")
    data = file.read(size)
    if len(data) < size:
        raise BrokenFileError("the file ends in the middle of a block")
    return data


def _unpacked(blob: bytes) -> bytes:
    for number, value in _fields(blob):
        if number == 1 and isinstance(value, bytes):
            return value
        if number == 3 and isinstance(value, bytes):
            stream = zlib.decompressobj()
            try:
                data = stream.decompress(value, _MOST_BLOCK)
            except zlib.error as error:
                raise BrokenFileError(f"a block cannot be unpacked: {error}") from error
            if not stream.eof:
                raise BrokenFileError("a block cannot be unpacked: it is cut off or far too large")
            return data
        if number in {4, 5, 6, 7}:
            raise UnusualPackingError("its blocks are not packed by zlib")
    return b""


def _nodes_of(block: bytes) -> tuple[Positions, bool]:
    """Return the nodes of a block, and whether it holds ways or relations too."""
    groups: list[bytes] = []
    granularity, lat_offset, lon_offset = _GRANULARITY, 0, 0
    for number, value in _fields(block):
        if number == 2 and isinstance(value, bytes):
            groups.append(value)
        elif number == 17 and isinstance(value, int):
            granularity = value
        elif number == 19 and isinstance(value, int):
            lat_offset = value
        elif number == 20 and isinstance(value, int):
            lon_offset = value
    found, holds_more = [], False
    for group in groups:
        # A group holds one kind of thing, so its first field tells.
        number, value = next(_fields(group), (0, 0))
        if number == 1:
            raise UnusualPackingError("its nodes are written one by one")
        holds_more |= number in {3, 4}
        if number == 2 and isinstance(value, bytes):
            found.append(_dense(value))
    ids, lat, lon = (np.concatenate([part[i] for part in found] or [np.zeros(0, dtype=np.int64)]) for i in range(3))
    x, y = ((offset + granularity * part) // _GRANULARITY for offset, part in ((lon_offset, lon), (lat_offset, lat)))
    return (ids, x, y), holds_more


def _dense(data: bytes) -> tuple[Int64, Int64, Int64]:
    """Return ids, latitudes and longitudes of a packed group; each number is written as its step from the last."""
    packed = {1: b"", 8: b"", 9: b""}
    for number, value in _fields(data):
        if number in packed and isinstance(value, bytes):
            packed[number] += value
    ids, lat, lon = (np.cumsum(_signed(_varints(part))) for part in packed.values())
    if not len(ids) == len(lat) == len(lon):
        raise BrokenFileError("a block has more nodes than positions")
    return ids, lat, lon


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Go through the fields of a message: the number of each, and its value."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield number, value - (1 << 64) if value >= 1 << 63 else value
            continue
        size = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}.get(wire, -1)
        if wire == _BYTES:
            size, at = _varint(data, at)
        if size < 0 or at + size > end:
            raise BrokenFileError("a block is garbled")
        yield number, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for step, byte in enumerate(data[at : at + _LONGEST_VARINT]):
        value |= (byte & 127) << (7 * step)
        if byte < 128:
            return value & (1 << 64) - 1, at + step + 1
    raise BrokenFileError("a block is garbled")


def _varints(data: bytes) -> npt.NDArray[np.uint64]:
    """Read numbers of seven bits a byte, lowest first; the last byte of each is below 128.

    Examples
    --------
    >>> _varints(bytes([5, 0b1010_1100, 0b10])).tolist()
    [5, 300]
    """
    parts = np.frombuffer(data, dtype=np.uint8)
    last = np.flatnonzero(parts < 128)
    if len(parts) and (not len(last) or last[-1] != len(parts) - 1):
        raise BrokenFileError("a block is garbled")
    first = np.concatenate([[0], last[:-1] + 1]) if len(last) else last
    length = last - first + 1
    longest = int(length.max(initial=0))
    if longest > _LONGEST_VARINT:
        raise BrokenFileError("a block is garbled")
    value = np.zeros(len(last), dtype=np.uint64)
    for step in range(longest):
        goes_on = np.flatnonzero(length > step)
        value[goes_on] |= (parts[first[goes_on] + step] & 127).astype(np.uint64) << np.uint64(7 * step)
    return value


def _signed(value: npt.NDArray[np.uint64]) -> Int64:
    """Undo the folding of signed numbers: 0, 1, 2, 3 stand for 0, -1, 1, -2."""
    return (value >> np.uint64(1)).astype(np.int64) ^ -(value & np.uint64(1)).astype(np.int64)
