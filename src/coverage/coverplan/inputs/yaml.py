"""YAML with line numbers: plain data for the program, and for every key the line a person has to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from coverplan.core.errors import ProblemList

KeyPath = tuple[str | int, ...]
"""The way to a value: keys of mappings and positions in lists, from the top."""

ENCODINGS = ("utf-8-sig", "gb18030")
"""Tried in this order: UTF-8 with or without a byte-order mark, then what Chinese editions of Windows write."""


@dataclass(frozen=True, kw_only=True)
class Lines:
    """What a YAML file says, and where it says it.

    Attributes
    ----------
    data
        Dicts, lists, text, numbers, flags, dates and None; None also when the file could not be read.
    file
        The file's name, for messages.
    """

    data: Any
    file: str
    numbers: Mapping[KeyPath, int]

    def line(self, *path: str | int) -> int | None:
        """Return the line of a key (the first line is 1); of the nearest key above it when it is not there itself.

        Examples
        --------
        >>> lines = Lines(data={"study": {"year": 2020}}, file="a.yaml", numbers={("study",): 1, ("study", "year"): 2})
        >>> lines.line("study", "year"), lines.line("study", "name"), lines.line("roads")
        (2, 1, None)
        """
        for length in range(len(path), 0, -1):
            if path[:length] in self.numbers:
                return self.numbers[path[:length]]
        return None

    def at(self, path: KeyPath) -> Any:
        """Return what stands at a key that is there.

        Examples
        --------
        >>> Lines(data={"edits": [{"close": "F6"}]}, file="a.yaml", numbers={}).at(("edits", 0, "close"))
        'F6'
        """
        data = self.data
        for step in path:
            data = data[step]
        return data


def load_yaml(path: str | Path, problems: ProblemList) -> Lines:
    """Read a YAML 1.2 file; `8:30` and `no` stay text, Chinese keys and a byte-order mark are fine.

    Parameters
    ----------
    path
        The file, in UTF-8 or GB 18030.
    problems
        Receives what is wrong with the file; then `data` is None.
    """
    path = Path(path)
    nothing = Lines(data=None, file=path.name, numbers={})
    text = _read(path, problems)
    if text is None:
        return nothing
    numbers: dict[KeyPath, int] = {}
    try:
        data = _plain(YAML(typ="rt").load(text), (), numbers)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        hint = "check the indentation, and that text with ': ' or '#' stands in quotes"
        line = None if mark is None else mark.line + 1
        problems.add(f"not valid YAML: {error.problem or error.context}", file=path.name, row=line, hint=hint)
        return nothing
    except (YAMLError, RecursionError, ValueError) as error:
        problems.add(f"not valid YAML: {error}".splitlines()[0], file=path.name)
        return nothing
    return Lines(data=data, file=path.name, numbers=numbers)


def _read(path: Path, problems: ProblemList) -> str | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        problems.add("no such file", file=path.name, hint=f"looked in {path.parent}")
        return None
    except OSError as error:
        problems.add(f"cannot be read: {error.strerror}", file=path.name)
        return None
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    problems.add("neither UTF-8 nor GB 18030 text", file=path.name, hint="save it as UTF-8")
    return None


def _plain(node: Any, at: KeyPath, numbers: dict[KeyPath, int]) -> Any:
    """Turn the parser's own types into plain ones, noting the line of every key on the way."""
    if isinstance(node, CommentedMap):
        for key in node:
            place = node.lc.data.get(key) if node.lc.data else None
            if place is not None:
                numbers[(*at, _key(key))] = place[0] + 1
        return {_key(key): _plain(value, (*at, _key(key)), numbers) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        for position in range(len(node)):
            numbers[(*at, position)] = node.lc.item(position)[0] + 1
        return [_plain(value, (*at, position), numbers) for position, value in enumerate(node)]
    return _scalar(node)


def _key(key: Any) -> str:
    return "" if key is None else str(_scalar(key))


def _scalar(value: Any) -> Any:
    """Undo the subclasses that the parser uses to write a file back as it was."""
    if value is None or isinstance(value, date):
        return value
    if isinstance(value, bool) or type(value).__name__ == "ScalarBoolean":
        return bool(value)
    for plain in (int, float, str):
        if isinstance(value, plain):
            return plain(value)
    return str(value)
