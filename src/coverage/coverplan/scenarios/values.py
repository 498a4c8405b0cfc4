"""What stands behind the keys of an edit: numbers, years, positions and lists, each noted when it is something else."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from coverplan.core.datum import to_wgs84
from coverplan.core.errors import ProblemList
from coverplan.inputs.yaml import KeyPath, Lines
from coverplan.scenarios.edits import Position
from coverplan.scenarios.forms import Key

_WHO = {"everyone": "everyone", "所有人": "everyone", "全部": "everyone", "cars": "cars", "机动车": "cars"}
_TRUE, _FALSE = {"yes", "true", "是"}, {"no", "false", "否"}


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One scenario being read: where it stands, and where its problems go."""

    lines: Lines
    problems: ProblemList
    datum: str = "wgs84"

    def refuse(self, what: str, at: KeyPath, *, hint: str | None = None) -> None:
        """Note what is wrong at a key; returns None, so that a reader may end with it."""
        column = ".".join(str(step) for step in at)
        self.problems.add(what, file=self.lines.file, row=self.lines.line(*at), column=column or None, hint=hint)


def read_value(desk: Desk, key: Key, value: Any, at: KeyPath) -> Any:
    """Read what stands behind a key; what it cannot be is noted, and None comes back."""
    reader = _READERS.get(key.holds, _text)
    return reader(desk, value, at)


def _text(desk: Desk, value: Any, at: KeyPath) -> str | None:
    if isinstance(value, dict | list | bool):
        return desk.refuse("should be a text", at)
    return str(value)


def _whole(desk: Desk, value: Any, at: KeyPath) -> int | None:
    number = _number(desk, value, at)
    if number is not None and number != int(number):
        return desk.refuse(f"'{value}' should be a whole number", at)
    return None if number is None else int(number)


def _count(desk: Desk, value: Any, at: KeyPath) -> int | None:
    number = _whole(desk, value, at)
    return desk.refuse(f"{number} is below 0", at) if number is not None and number < 0 else number


def _year(desk: Desk, value: Any, at: KeyPath) -> int | None:
    number = _whole(desk, value, at)
    if number is not None and not 1900 <= number <= 2100:
        return desk.refuse(f"{number} is no year", at)
    return number


def _number(desk: Desk, value: Any, at: KeyPath) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value.replace(",", "").replace("，", ""))
        except ValueError:
            return desk.refuse(f"'{value}' should be a number", at)
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        return desk.refuse("should be a number", at)
    return float(value)


def _is_finite(value: float) -> bool:
    """Say whether a number is one that can be reckoned with; a whole number may be too long for that."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _factors(desk: Desk, value: Any, at: KeyPath) -> Mapping[str, float]:
    if not isinstance(value, dict):
        desk.refuse("should hold a factor by road class", at, hint="such as classes: {primary: 0.8}")
        return MappingProxyType({})
    read = {str(name): _number(desk, factor, (*at, name)) for name, factor in value.items()}
    return MappingProxyType({name: factor for name, factor in read.items() if factor is not None})


def _flag(desk: Desk, value: Any, at: KeyPath) -> bool | None:
    plain = str(value).casefold()
    if plain in _TRUE | _FALSE:
        return plain in _TRUE
    return desk.refuse(f"'{value}' should be yes or no", at)


def _position(desk: Desk, value: Any, at: KeyPath) -> Position | None:
    parts = re.split(r"[,，\s]+", value.strip()) if isinstance(value, str) else value
    if not isinstance(parts, list) or len(parts) != 2:
        return desk.refuse("should be a position", at, hint="longitude and latitude, such as [118.55, 24.78]")
    numbers = [_number(desk, part, at) for part in parts]
    if numbers[0] is None or numbers[1] is None:
        return None
    lon, lat = to_wgs84([numbers[0]], [numbers[1]], desk.datum)
    return float(lon[0]), float(lat[0])


def _positions(desk: Desk, value: Any, at: KeyPath) -> tuple[Position, ...]:
    if not isinstance(value, list) or len(value) < 2:
        desk.refuse("should be a list of positions", at, hint="such as [[118.51, 24.71], [118.52, 24.71]]")
        return ()
    found = (_position(desk, part, (*at, i)) for i, part in enumerate(value))
    return tuple(part for part in found if part is not None)


def _texts(_: Desk, value: Any, at: KeyPath) -> tuple[str, ...]:
    del at
    return tuple(str(part) for part in value) if isinstance(value, list) else (str(value),)


def _who(desk: Desk, value: Any, at: KeyPath) -> str | None:
    who = _WHO.get(str(value).casefold())
    return who or desk.refuse(f"'{value}' is neither everyone nor cars", at)


def _as_it_is(_: Desk, value: Any, at: KeyPath) -> Any:
    del at
    return value


_READERS: dict[str, Callable[[Desk, Any, KeyPath], Any]] = {
    "whole": _whole,
    "count": _count,
    "year": _year,
    "number": _number,
    "factor": _number,
    "factors": _factors,
    "flag": _flag,
    "position": _position,
    "positions": _positions,
    "road_classes": _texts,
    "texts": _texts,
    "who": _who,
    "cell": _as_it_is,
    "map": _as_it_is,
}
