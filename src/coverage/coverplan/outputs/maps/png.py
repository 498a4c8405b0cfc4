"""A small PNG writer for pictures of few colours, so that no imaging library is needed for a coloured surface."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Rgba = tuple[int, int, int, int]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DEPTH = 8
_INDEXED = 3


def indexed_png(index: npt.NDArray[np.uint8], palette: Sequence[Rgba]) -> bytes:
    """Write an indexed PNG.

    Parameters
    ----------
    index : (ny, nx) uint8
        Position of each pixel's colour in the palette; the first row is the top of the picture.
    palette
        Up to 256 colours: red, green, blue and opacity, each 0..255.

    Raises
    ------
    ValueError
        When a pixel names a colour that the palette does not have.

    Examples
    --------
    >>> picture = indexed_png(np.array([[0, 1]], dtype=np.uint8), [(0, 0, 0, 0), (200, 30, 30, 255)])
    >>> picture[1:4], picture[16:24].hex()
    (b'PNG', '0000000200000001')
    """
    if not 0 < len(palette) <= 256 or (index.size and int(index.max()) >= len(palette)):
        raise ValueError(f"a pixel names a colour beyond the {len(palette)} of the palette")
    height, width = index.shape
    header = struct.pack(">IIBBBBB", width, height, _DEPTH, _INDEXED, 0, 0, 0)
    # Each row begins with the number of its filter; none (0) suits flat colours best.
    rows = np.zeros((height, width + 1), dtype=np.uint8)
    rows[:, 1:] = index
    chunks = (
        (b"IHDR", header),
        (b"PLTE", bytes(part for colour in palette for part in colour[:3])),
        (b"tRNS", bytes(colour[3] for colour in palette)),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in chunks)


def png_uri(index: npt.NDArray[np.uint8], palette: Sequence[Rgba]) -> str:
    """Write an indexed PNG as a `data:` address that a page carries within itself."""
    return f"data:image/png;base64,{base64.b64encode(indexed_png(index, palette)).decode('ascii')}"


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
