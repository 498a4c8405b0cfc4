"""The picture says what it was given, read by a reader of its own."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coverplan.outputs.maps.png import Rgba, indexed_png

PALETTE: list[Rgba] = [(0, 0, 0, 0), (255, 255, 255, 255), (10, 20, 30, 128), (1, 2, 3, 4)]


def _read(picture: bytes) -> tuple[np.ndarray, list[Rgba]]:
    """Read an indexed PNG without filters, checking the sum of every chunk."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        name, data = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        (crc,) = struct.unpack(">I", picture[at + 8 + length : at + 12 + length])
        assert crc == zlib.crc32(name + data)
        chunks[name] = data
        at += 12 + length
    width, height, depth, colour_type, *_ = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, colour_type) == (8, 3)
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), dtype=np.uint8).reshape(height, width + 1)
    assert not rows[:, 0].any()
    red_green_blue = np.frombuffer(chunks[b"PLTE"], dtype=np.uint8).reshape(-1, 3)
    palette: list[Rgba] = [
        (int(r), int(g), int(b), a) for (r, g, b), a in zip(red_green_blue, chunks[b"tRNS"], strict=True)
    ]
    return rows[:, 1:], palette


@given(arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20)), elements=st.integers(0, len(PALETTE) - 1)))
def test_a_picture_reads_back(index: np.ndarray) -> None:
    """Every pixel and every colour comes back as it was written."""
    pixels, palette = _read(indexed_png(index, PALETTE))
    assert np.array_equal(pixels, index)
    assert palette == PALETTE


def test_a_pixel_beyond_the_palette_is_refused() -> None:
    """A pixel that names no colour is an error, not a black spot."""
    with pytest.raises(ValueError, match="beyond the 4"):
        indexed_png(np.array([[4]], dtype=np.uint8), PALETTE)
