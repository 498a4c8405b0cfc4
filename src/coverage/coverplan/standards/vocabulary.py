"""The words that a rule pack may use in its checks: limits, operators, kinds, tiers, tables, conditions on columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from coverplan.core import words
from coverplan.core.errors import did_you_mean
from coverplan.core.tables import INPUT_TABLES, Column
from coverplan.core.units import METRES_PER_KM, SECONDS_PER_MINUTE
from coverplan.core.words import Word

Unit = Literal["min", "km"]
Fault = tuple[str, str, str | None]
"""A key, what is wrong with it, and a hint."""

_UNITS: dict[str, tuple[Unit, float]] = {
    "min": ("min", 1.0),
    "minutes": ("min", 1.0),
    "分钟": ("min", 1.0),
    "s": ("min", 1 / SECONDS_PER_MINUTE),
    "秒": ("min", 1 / SECONDS_PER_MINUTE),
    "km": ("km", 1.0),
    "公里": ("km", 1.0),
    "千米": ("km", 1.0),
    "m": ("km", 1 / METRES_PER_KM),
    "米": ("km", 1 / METRES_PER_KM),
}
KIND_GROUPS = tuple(dict.fromkeys(word.group for word in words.KINDS.values() if word.group))
COUNTED_TABLES = ("vehicles", "aeds", "facilities", "projects", "areas", "places")
"""What can be counted; `places` are the villages and communities of the people table."""
COUNTED_UNITS = tuple(name for name in words.UNITS if not name.startswith(("share_", "per_")) and name != "people")
OPERATORS: dict[str, str] = {
    **dict.fromkeys((">=", "≥", "以上", "不少于", "不低于", "达到", "至少"), ">="),
    **dict.fromkeys((">", "超过", "高于", "大于", "多于"), ">"),
    **dict.fromkeys(("<=", "≤", "以下", "以内", "不超过", "不高于", "不多于"), "<="),
    **dict.fromkeys(("<", "低于", "少于", "小于", "不足"), "<"),
    **dict.fromkeys(("=", "共", "为"), "="),
    **dict.fromkeys(("between", "至", "～", "—"), "between"),
    **dict.fromkeys(("about", "左右", "约", "approx"), "about"),
    **dict.fromkeys(("exists", "有"), "exists"),
}
"""What an operator may be written as; in official Chinese 以上, 以下, 以内 include the figure, 超过, 低于 do not."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A limit as the plan writes it: 15 min, 5 km."""

    value: float
    unit: Unit

    @property
    def inside(self) -> float:
        """The limit in the package's own units: seconds or metres."""
        return self.value * (SECONDS_PER_MINUTE if self.unit == "min" else METRES_PER_KM)

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit}"


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What must hold for a cell: one of some values, all of them, none of them, a range, or that it is filled in.

    A number may be the text ``year``: the study's year.
    """

    any: tuple[bool | str, ...] = ()
    all: tuple[bool | str, ...] = ()
    none: tuple[bool | str, ...] = ()
    min: float | str | None = None
    max: float | str | None = None
    known: bool | None = None

    @property
    def values(self) -> tuple[bool | str, ...]:
        """Every value that is named."""
        return (*self.any, *self.all, *self.none)

    def __str__(self) -> str:
        parts = [" or ".join(map(str, self.any)), " and ".join(map(str, self.all))]
        parts += [f"not {' or '.join(map(str, self.none))}" if self.none else ""]
        parts += [
            f"from {self.min}" if self.min is not None else "",
            f"up to {self.max}" if self.max is not None else "",
        ]
        parts += ["" if self.known is None else "filled in" if self.known else "empty"]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, kw_only=True)
class WordBook:
    """The words of a pack: ours, and those that it declares itself under `words:`."""

    services: Mapping[str, Word] = field(default_factory=lambda: MappingProxyType(words.SERVICES))
    indicators: Mapping[str, Word] = field(default_factory=lambda: MappingProxyType(words.INDICATORS))
    areas: tuple[str, ...] = ()


def _limit(value: Any) -> Limit:
    if isinstance(value, Limit):
        return value
    text = str(value).strip()
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(\S*)", text)
    if found is None or float(found[1]) == 0:
        raise PydanticCustomError("limit", "'{text}' is not a limit", {"text": text, "hint": "such as 15 min or 5 km"})
    amount, unit = float(found[1]), found[2]
    if not unit:
        hint = f"write the unit: {text} min or {text} km"
        raise PydanticCustomError("limit", "'{text}' has no unit", {"text": text, "hint": hint})
    if unit not in _UNITS:
        hint = did_you_mean(unit, _UNITS)
        raise PydanticCustomError("limit", "'{unit}' is not a unit", {"unit": unit, "hint": hint})
    name, factor = _UNITS[unit]
    return Limit(value=amount * factor, unit=name)


def _known(known: tuple[str, ...], what: str) -> BeforeValidator:
    def check(value: Any) -> str:
        if value not in known:
            context = {"value": str(value), "what": what, "hint": did_you_mean(str(value), known)}
            raise PydanticCustomError("known", "'{value}' is not a {what}", context)
        return value

    return BeforeValidator(check)


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str | bool | int | float) else value


def _cell(value: Any) -> bool | str:
    """Take what may stand in a cell: text or a flag; a code that YAML understood as a number is text."""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return str(value)
    raise PydanticCustomError("cell", "a value is text, true or false", {"hint": "such as duty: [emergency]"})


def _cells(value: Any) -> tuple[bool | str, ...]:
    return tuple(_cell(one) for one in _as_list(value))


def _condition(value: Any) -> Condition:
    if isinstance(value, Condition):
        return value
    if not isinstance(value, dict):
        return Condition(any=_cells(value)) if isinstance(value, list | tuple) else Condition(any=(_cell(value),))
    return Condition(**dict(_condition_key(str(key), one) for key, one in value.items()))


def _condition_key(key: str, value: Any) -> tuple[str, Any]:
    if key in {"any", "all", "none", "not"}:
        return ("none" if key == "not" else key), _cells(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if (key in {"min", "max"} and (is_number or value == "year")) or (key == "known" and isinstance(value, bool)):
        return key, value
    hint = "any, all, not: values; min, max: a number or 'year'; known: true or false"
    context = {"key": key, "value": str(value), "hint": hint}
    raise PydanticCustomError("cell", "'{key}: {value}' is not a condition", context)


def _operator(value: Any) -> Any:
    return OPERATORS.get(str(value).strip(), value)


KindName = Annotated[str, _known((*words.KINDS, *KIND_GROUPS), "kind or group of kinds")]
TierName = Annotated[str, _known(tuple(words.TIERS), "tier")]
ProfileName = Annotated[str, _known(tuple(words.PROFILES), "speed profile")]
TableName = Annotated[str, _known(COUNTED_TABLES, "table that can be counted")]
PointTable = Annotated[str, _known(("facilities", "aeds", "places"), "table with positions")]
ZoneKind = Annotated[str, _known(tuple(words.ZONE_KINDS), "kind of zone")]
UnitName = Annotated[str, _known(COUNTED_UNITS, "unit")]
Group = Annotated[str, _known(("people", "people_65_plus", "people_under_3", "women_15_49"), "group of people")]
Kinds = Annotated[tuple[KindName, ...], BeforeValidator(_as_list)]
Tiers = Annotated[tuple[TierName, ...], BeforeValidator(_as_list)]
Names = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
Percent = Annotated[float, Field(gt=0, le=100)]
Positive = Annotated[float, Field(gt=0)]
LimitValue = Annotated[Limit, BeforeValidator(_limit)]
Where = Mapping[str, Annotated[Condition, BeforeValidator(_condition)]]
Says = BeforeValidator(_operator)
"""Turns an operator as the plans write it (以上, 超过, 左右) into a sign."""
By = Literal["time", "road", "line"]
Statistic = Annotated[
    Literal["share", "p90", "median", "mean", "max"],
    BeforeValidator(lambda value: "max" if value == "worst" else value),
]
Bound = Annotated[Literal[">=", ">", "<=", "<", "=", "between", "about", "exists"], Says]
Value = Annotated[tuple[float, ...], BeforeValidator(lambda v: [v] if isinstance(v, int | float) else v)]
"""One figure, or the two ends of a range."""


def where_faults(key: str, table: str, where: Where, book: WordBook) -> Iterator[Fault]:
    """Name columns and values that a table does not know, and service words that nobody declared."""
    columns = {column.name: column for column in INPUT_TABLES["people" if table == "places" else table].columns}
    for name, condition in where.items():
        if name not in columns:
            yield key, f"'{name}' is not a column of {table}", did_you_mean(name, columns)
            continue
        column = columns[name]
        if (condition.min is not None or condition.max is not None) and column.type not in {"integer", "number"}:
            yield key, f"column {name} holds no numbers, so it has no min or max", "name its values"
        for value in condition.values:
            yield from _value_faults(key, column, value, book)


def _value_faults(key: str, column: Column, value: bool | str, book: WordBook) -> Iterator[Fault]:
    if column.type == "flag":
        if not isinstance(value, bool):
            yield key, f"'{value}' is not true or false (column {column.name})", "write true or false"
        return
    if column.name == "services":
        if value not in book.services:
            near = did_you_mean(str(value), book.services)
            hint = near if near and "mean" in near else "declare it under words: services: of this pack"
            yield key, f"'{value}' is not a known service", hint
    elif column.allowed:
        groups = KIND_GROUPS if column.allowed is words.KINDS else ()
        known = (*column.allowed, *groups)
        if value not in known:
            yield key, f"'{value}' is not a value of column {column.name}", did_you_mean(str(value), known)


def sum_faults(key: str, table: str, name: str | None) -> Iterator[Fault]:
    """Name a column that is to be added up and holds no amounts."""
    if name is None:
        return
    declared = () if table == "places" else INPUT_TABLES[table].columns
    numbers = [c.name for c in declared if c.type in {"integer", "number"} and c.unit not in {"year", "degree"}]
    if name not in numbers:
        yield key, f"'{name}' is not a count in {table}", did_you_mean(name, numbers)


def indicator_faults(key: str, name: str | None, book: WordBook) -> Iterator[Fault]:
    """Name a figure that nobody declared."""
    if name is not None and name not in book.indicators:
        near = did_you_mean(name, book.indicators)
        hint = near if near and "mean" in near else "declare it under words: indicators: of this pack"
        yield key, f"'{name}' is not a known indicator", hint


def area_faults(key: str, names: tuple[str, ...], book: WordBook) -> Iterator[Fault]:
    """Name areas that the pack does not declare."""
    for name in names:
        if name not in book.areas:
            near = did_you_mean(name, book.areas)
            hint = near if near and "mean" in near else "declare it under words: areas: of this pack"
            yield key, f"'{name}' is not an area of this pack", hint


def limit_faults(limit: Limit, by: str) -> Iterator[Fault]:
    """Let minutes go with time, kilometres with road and line."""
    wanted = "min" if by == "time" else "km"
    if limit.unit != wanted:
        yield "limit", f"'{limit}' does not fit 'by: {by}'", f"write it in {wanted}"


def bound_faults(operator: str, value: tuple[float, ...]) -> Iterator[Fault]:
    """Let an operator have as many figures as it needs."""
    if operator == "between" and (len(value) != 2 or value[0] > value[1]):
        yield "value", "a range has two ends, the smaller first", "such as [1, 2]"
    elif operator != "between" and len(value) > 1:
        yield "value", f"'{operator}' takes one figure", "write 'operator: between' for a range"


class Params(BaseModel):
    """What every check kind has in common: unknown keys are refused, and it may be confined to named areas."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, strict=False)

    only_in: Names = Field(default=(), description="names of areas or zones; only people and facilities there count")

    def problems(self, book: WordBook) -> Iterator[Fault]:
        """Say what is wrong with keys that are each well-formed but do not fit together."""
        yield from area_faults("only_in", self.only_in, book)
