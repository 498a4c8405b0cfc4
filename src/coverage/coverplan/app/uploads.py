"""Tables of proposed sites that somebody uploads: never trusted, read by the same reader as any other table."""

from __future__ import annotations

import io
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coverplan.app.complaints import problem
from coverplan.core.errors import InputError
from coverplan.core.model import Study
from coverplan.inputs.text_files import TEXT_SUFFIXES
from coverplan.inputs.workbooks import WORKBOOK_STARTS
from coverplan.outputs.phrases import Both, both
from coverplan.planning.sites import Site, read_sites

Data = dict[str, Any]

MOST_UNPACKED = 50_000_000
MOST_PARTS = 1000
MOST_SITES = 200
_CHUNK = 1 << 20
_HEAD = 30
_MOST_TOLD = 50


def sites_of(content: bytes, study: Study) -> tuple[Site, ...]:
    """Read proposed sites from the bytes of a workbook or CSV file.

    What the file is called does not matter: its first bytes say what it is, and it is kept under a name of our own
    for as long as it is read. Cells are read as they were stored; no formula is worked out, no link followed.

    Raises
    ------
    InputError
        With everything that is wrong, each with sheet, row and column.
    """
    if not content:
        raise InputError([problem("empty_file", "file")])
    if content.startswith(WORKBOOK_STARTS[0]):
        refuse_bomb(content)
    suffix = _suffix(content)
    with tempfile.TemporaryDirectory(prefix="coverplan-upload-") as folder:
        path = Path(folder) / f"sites{suffix}"
        path.write_bytes(content)
        found = read_sites(path, study)
    if len(found) > MOST_SITES:
        raise InputError([problem("too_many_sites", "file", n=len(found), most=MOST_SITES)])
    return found


def _suffix(content: bytes) -> str:
    if content.startswith(WORKBOOK_STARTS[0]):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return ".ods" if "content.xml" in archive.namelist() else ".xlsx"
    if content.startswith(WORKBOOK_STARTS[1]):
        return ".xls"
    return sorted(TEXT_SUFFIXES)[0]


def refuse_bomb(content: bytes) -> None:
    """Unpack an archive part by part without keeping it, and refuse it when there is too much.

    What an archive says of its own size is not believed.

    Raises
    ------
    InputError
        When it is damaged, or unpacks to more than `MOST_UNPACKED` bytes.
    """
    left = MOST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS:
                raise InputError([problem("too_many_parts", "file", n=len(parts))])
            for part in parts:
                left -= _unpacked(content, part, left)
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, EOFError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError([problem("damaged_workbook", "file")]) from None


def _unpacked(content: bytes, part: zipfile.ZipInfo, most: int) -> int:
    """Return how many bytes a part really unpacks to."""
    begin = part.header_offset
    if content[begin : begin + 4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("a part without a head")
    names = int.from_bytes(content[begin + 26 : begin + 28], "little")
    extra = int.from_bytes(content[begin + 28 : begin + _HEAD], "little")
    first = begin + _HEAD + names + extra
    packed = memoryview(content)[first : first + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        size = max(len(packed), part.file_size)
    elif part.compress_type == zipfile.ZIP_DEFLATED:
        size = _inflated(packed, most)
    else:
        raise zipfile.BadZipFile("a kind of packing that workbooks do not use")
    if size > most:
        raise InputError([problem("swollen", "file")])
    return size


def _inflated(packed: memoryview, most: int) -> int:
    engine, size, rest = zlib.decompressobj(-15), 0, packed.tobytes()
    while rest and size <= most and not engine.eof:
        size += len(engine.decompress(rest, _CHUNK))
        rest = engine.unconsumed_tail
    return size


def as_edits(sites: Sequence[Site], kind: str) -> list[Data]:
    """Return the edits that open some sites."""
    return [
        {
            "open": {
                "kind": kind,
                "name": site.name,
                "at": [site.lon, site.lat],
                "vehicles": site.vehicles,
                "negative_pressure": site.negative_pressure,
            }
        }
        for site in sites
    ]


def report(sites: Sequence[Site], n_bytes: int) -> list[Both]:
    """Say what was read."""
    fleet, n = sum(site.vehicles for site in sites), len(sites)
    size = f"{n_bytes / 1000:,.1f} kB"
    sites_en = f"{n} proposed site{'' if n == 1 else 's'}"
    return [
        both(
            f"读入{n}个拟建站点，共{fleet}辆救护车（{size}）", f"{sites_en} read, {_ambulances(fleet)} in all ({size})"
        ),
        *(
            both(
                f"{site.name}：{site.lon:.5f}, {site.lat:.5f}，{site.vehicles}辆",
                f"{site.name}: {site.lon:.5f}, {site.lat:.5f}, {_ambulances(site.vehicles)}",
            )
            for site in sites[:_MOST_TOLD]
        ),
    ]


def _ambulances(n: int) -> str:
    return f"{n} ambulance{'' if n == 1 else 's'}"
