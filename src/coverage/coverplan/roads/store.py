"""A network as one file that loads in milliseconds: what it says of the roads, where they come from, and of what file.

The file holds the arrays of `Network` one after another, and a short text about them: the form and its version,
source, date, credit, quality, and the size and SHA-256 of the file that the roads were read from. Speeds and profiles
are not in it: they are applied when it is used. It is an `.npz` without pickled objects, so reading one runs no code.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from coverplan import __version__
from coverplan.core.atomic import write_bytes
from coverplan.core.errors import InputError, Problem
from coverplan.core.units import metric_crs, project, unproject
from coverplan.core.words import QUALITIES, ROAD_CLASSES
from coverplan.roads.archive import BEGINNING, SIGNS_OF_DAMAGE, members_of, packed, small_member
from coverplan.roads.courses import check_file
from coverplan.roads.network import Network

FORM, VERSION = "coverplan roads", 3
_READABLE = (2, VERSION)
"""Form 2 held no factors of speed."""
SUFFIXES = (".npz",)
_TEXTS = ("crs", "source", "date", "attribution", "quality")
_ARRAYS: tuple[tuple[str, str, str], ...] = (
    ("x_m", "f8", "nodes"),
    ("y_m", "f8", "nodes"),
    ("kph_forward", "f8", "edges"),
    ("kph_backward", "f8", "edges"),
    ("speed_factor", "f8", "factors"),
    ("shape_x_m", "f8", "vertices"),
    ("shape_y_m", "f8", "vertices"),
    ("node_id", "i8", "nodes"),
    ("shape_start", "i8", "starts"),
    ("edge_from", "i4", "edges"),
    ("edge_to", "i4", "edges"),
    ("edge_length_dm", "i4", "edges"),
    ("edge_name", "i4", "edges"),
    ("no_turns", "i4", "turns"),
    ("edge_class", "i2", "edges"),
    ("drive_forward", "b1", "edges"),
    ("drive_backward", "b1", "edges"),
    ("walk_forward", "b1", "edges"),
    ("walk_backward", "b1", "edges"),
)
"""The arrays in the order in which they stand (widest first, so that each begins where its type may), and how many.

Factors are left out where all of them are 1.
"""
_SEPARATOR = "\0"
_REMAKE = "make it anew with: coverplan roads"
_FOREIGN = "is foreign: no network that coverplan stored"
_CHUNK = 1 << 20


def write_network(network: Network, path: str | Path, *, made_from: str | Path | None = None) -> Path:
    """Store a network; the file appears whole or not at all.

    Parameters
    ----------
    network
        Roads from any source.
    path
        Where to; must end in `.npz`. An older file there is replaced.
    made_from
        The file that the roads were read from. Its name, size and SHA-256 are kept, and where it lies seen from the
        stored file, so that `read_network` notices when it has changed.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    InputError
        When `path` has another ending, or `made_from` is not there.

    Examples
    --------
    >>> import tempfile
    >>> from coverplan.roads.courses import straight_network
    >>> network = straight_network(x_m=[0, 120], y_m=[0, 0], edges=[(0, 1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = read_network(write_network(network, f"{folder}/roads.npz"))
    >>> again.edge_length_dm.tolist(), again.source
    ([1200], 'a scene')
    """
    path = _check_ending(Path(path))
    factors = network.speed_factor if (network.speed_factor != 1.0).any() else network.speed_factor[:0]
    names, code = np.unique(network.edge_name.astype(str), return_inverse=True)
    columns = {**{name: getattr(network, name) for name, _, _ in _ARRAYS}, "edge_name": code, "speed_factor": factors}
    text = _SEPARATOR.join(name.replace(_SEPARATOR, " ") for name in names.tolist()).encode()
    about = {
        "form": FORM,
        "version": VERSION,
        "written_with": f"coverplan {__version__}",
        "nodes": network.n_nodes,
        "edges": network.n_edges,
        "vertices": len(network.shape_x_m),
        "turns": network.no_turns.size,
        "factors": len(factors),
        "made_from": None if made_from is None else _mark_of(Path(made_from), path.parent),
        **{name: getattr(network, name) for name in _TEXTS},
    }
    parts = [np.ascontiguousarray(columns[name], dtype=f"<{kind}").tobytes() for name, kind, _ in _ARRAYS]
    said = json.dumps(about, ensure_ascii=False).encode()
    return write_bytes(path, packed(about=said, roads=b"".join([*parts, text])))


def read_network(path: str | Path, crs: str | None = None, *, expect: str | Path | None = None) -> Network:
    """Read a network that `write_network` stored.

    Parameters
    ----------
    path
        The stored file.
    crs
        Projected CRS in metres of the result; the one it was stored in when None.
    expect
        The file it must have been made from. When None, the one that was named when it was stored, if it is still in
        its place; a stored network that travels alone is read as it is.

    Returns
    -------
    Network
        Equal to what was stored, array by array.

    Raises
    ------
    InputError
        When the file is missing, is something else (foreign), damaged, of another form, or older than the roads it was
        made from (stale); the problem says which.
    """
    path = check_file(Path(path), SUFFIXES)
    with _plain_words(path):
        members = members_of(path, "about", "roads")
        about = _about(members, path)
        network = _unpacked(members, about)
    _refuse_stale(path, about.get("made_from"), None if expect is None else Path(expect))
    return network if crs is None or crs == network.crs else _in_crs(network, crs)


def check_place(path: str | Path) -> Path:
    """Return where a network is to be stored, looked at before long work: its ending, and what stands there.

    Raises
    ------
    InputError
        When it has another ending, or something stands there that is no stored network.
    """
    path = _check_ending(Path(path))
    if path.is_file():
        try:
            stored_facts(path)
        except InputError as error:
            if any(problem.what == _FOREIGN for problem in error.problems):
                what = "is there already, and is no network that coverplan stored"
                raise InputError([Problem(what=what, file=path.name, hint="choose another name")]) from error
    return path


def _check_ending(path: Path) -> Path:
    if path.suffix not in SUFFIXES:
        raise InputError([Problem(what="is no name for stored roads", file=path.name, hint="it must end in .npz")])
    return path


def stored_facts(path: str | Path) -> dict[str, Any]:
    """Return what a stored network says about itself, without reading the roads.

    Returns
    -------
    dict
        `nodes`, `edges`, `vertices`, `crs`, `source`, `date`, `attribution`, `quality`, `written_with`, and
        `made_from`: None, or a mapping of `name`, `beside`, `size`, `mtime_ns`, `sha256`.

    Raises
    ------
    InputError
        As `read_network`, but for stale files.
    """
    path = check_file(Path(path), SUFFIXES)
    with _plain_words(path):
        return _about(small_member(path, "about"), path)


def _mark_of(source: Path, folder: Path) -> dict[str, Any]:
    """Take down what a file is recognised by, and where it lies; no absolute place is kept."""
    if not source.is_file():
        raise InputError(
            [Problem(what="no such file", file=str(source), hint="name the file the roads were read from")]
        )
    try:
        beside = Path(os.path.relpath(source, folder)).as_posix()
    except ValueError:  # another drive, on Windows
        beside = source.name
    facts = source.stat()
    about = {"size": facts.st_size, "mtime_ns": facts.st_mtime_ns, "sha256": _sha256(source)}
    return {"name": source.name, "beside": beside, **about}


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            digest.update(part)
    return digest.hexdigest()


@contextmanager
def _plain_words(path: Path) -> Iterator[None]:
    """Turn whatever a damaged file causes in the reader into a problem that names it."""
    try:
        yield
    except InputError:
        raise
    except SIGNS_OF_DAMAGE as error:
        with path.open("rb") as file:
            is_archive = file.read(len(BEGINNING)) == BEGINNING
        what = f"is damaged: {' '.join(str(error).split())[:120]}" if is_archive else _FOREIGN
        raise InputError([Problem(what=what, file=path.name, hint=_REMAKE)]) from error


def _about(members: Mapping[str, np.ndarray], path: Path) -> dict[str, Any]:
    """Return what the file says of itself, or raise when it is not one of ours."""
    if "about" not in members:
        raise InputError([Problem(what=_FOREIGN, file=path.name, hint=_REMAKE)])
    about = json.loads(members["about"].tobytes())
    if not isinstance(about, dict) or about.get("form") != FORM:
        raise InputError([Problem(what=_FOREIGN, file=path.name, hint=_REMAKE)])
    if about.get("version") not in _READABLE:
        what = f"is of form {about.get('version')}, and this coverplan reads form {VERSION}"
        raise InputError([Problem(what=what, file=path.name, hint=_REMAKE)])
    return about


def _unpacked(members: Mapping[str, np.ndarray], about: Mapping[str, Any]) -> Network:
    sizes = {name: about[name] for name in ("nodes", "edges", "vertices", "turns")}
    sizes["factors"] = about["factors"] if about["version"] == VERSION else 0
    if not all(isinstance(size, int) and size >= 0 for size in sizes.values()):
        raise ValueError("its sizes are no numbers")
    sizes["starts"] = sizes["edges"] + 1
    if sizes["factors"] not in (0, sizes["edges"]):
        raise ValueError("not every road has its factor of speed")
    whole, at = members["roads"], 0
    columns: dict[str, np.ndarray] = {}
    for name, kind, per in _ARRAYS:
        end = at + sizes[per] * int(kind[1])
        if end > len(whole):
            raise ValueError("it ends too soon")
        columns[name] = whole[at:end].view(f"<{kind}")
        at = end
    names = np.array(whole[at:].tobytes().decode().split(_SEPARATOR), dtype=object)
    _check_inside(columns["edge_name"], len(names), "names")
    texts = {name: about[name] for name in _TEXTS}
    if not all(isinstance(text, str) for text in texts.values()) or texts["quality"] not in QUALITIES:
        raise ValueError("its description is not complete")
    metric_crs(texts["crs"])
    network = Network(**{**columns, **_made_whole(columns, names), **texts})
    _check(network)
    return network


def _made_whole(columns: Mapping[str, np.ndarray], names: np.ndarray) -> dict[str, np.ndarray]:
    """Return the arrays that are not stored as they are."""
    factors = columns["speed_factor"]
    return {
        "edge_name": names[columns["edge_name"]],
        "no_turns": columns["no_turns"].reshape(-1, 3),
        "speed_factor": factors if len(factors) else np.ones(len(columns["edge_from"])),
    }


def _check_inside(index: np.ndarray, n: int, what: str) -> None:
    if len(index) and not (index.min() >= 0 and index.max() < n):
        raise ValueError(f"{what} are named that are not there")


def _check(network: Network) -> None:
    """Refuse arrays that do not fit together: compiled code that walks them would run out of bounds."""
    _check_inside(network.edge_from, network.n_nodes, "nodes")
    _check_inside(network.edge_to, network.n_nodes, "nodes")
    _check_inside(network.edge_class, len(ROAD_CLASSES), "road classes")
    _check_inside(network.no_turns[:, :2].ravel(), network.n_edges, "edges")
    _check_inside(network.no_turns[:, 2], 2, "ends of edges")
    start = network.shape_start
    if start[0] != 0 or start[-1] != len(network.shape_x_m) or (np.diff(start) < 2).any():
        raise ValueError("courses do not follow one another")
    if (network.edge_length_dm < 0).any():
        raise ValueError("a road has a negative length")
    if not (np.isfinite(network.speed_factor) & (network.speed_factor >= 0)).all():
        raise ValueError("a factor of speed is no number")
    places = (network.x_m, network.y_m, network.shape_x_m, network.shape_y_m)
    if not all(np.isfinite(part).all() for part in places):
        raise ValueError("a position is not a number")


def _refuse_stale(path: Path, mark: Mapping[str, Any] | None, expect: Path | None) -> None:
    """Raise when the roads' own file has changed since, or is another one than expected."""
    if expect is not None and not expect.is_file():
        raise InputError([Problem(what="no such file", file=str(expect), hint=f"{path.name} is to be held against it")])
    if mark is None:
        if expect is not None:
            what = f"does not say which file it was made from, so it may be older than {expect.name}"
            raise InputError([Problem(what=what, file=path.name, hint=_REMAKE)])
        return
    try:
        known = (int(mark["size"]), int(mark["mtime_ns"]), str(mark["sha256"]))
        source = path.parent / str(mark["beside"]) if expect is None else expect
    except (KeyError, TypeError, ValueError) as error:
        raise InputError([Problem(what="is damaged: its origin", file=path.name, hint=_REMAKE)]) from error
    if not source.is_file():
        return
    facts = source.stat()
    if facts.st_size == known[0] and (facts.st_mtime_ns == known[1] or _sha256(source) == known[2]):
        return
    if source.name == mark.get("name"):
        what = f"is stale: {source.name} has changed since it was made"
    else:
        what = f"was made from {mark.get('name')}, not from {source.name}"
    raise InputError([Problem(what=what, file=path.name, hint=_REMAKE)])


def _in_crs(network: Network, crs: str) -> Network:
    """Move a network to another CRS; lengths stay, they are measured on the ellipsoid."""
    x_m, y_m = project(*unproject(network.x_m, network.y_m, network.crs), crs)
    shape_x_m, shape_y_m = project(*unproject(network.shape_x_m, network.shape_y_m, network.crs), crs)
    return replace(network, crs=crs, x_m=x_m, y_m=y_m, shape_x_m=shape_x_m, shape_y_m=shape_y_m)


if {field.name for field in fields(Network)} != {*_TEXTS, *(name for name, _, _ in _ARRAYS)}:
    raise AssertionError("a field of Network is not stored")
