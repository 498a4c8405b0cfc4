"""What a rule pack may say, check by check: every key, its unit, its allowed values and its default.

One class per check kind; its fields are the keys of a pack's `check:` block, and `problems()` says what the types alone
cannot (a column that the table does not have, minutes where kilometres are meant).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from coverplan.core import words
from coverplan.core.errors import did_you_mean
from coverplan.core.model import Toward
from coverplan.core.tables import INPUT_TABLES, Column
from coverplan.core.units import METRES_PER_KM, SECONDS_PER_MINUTE

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
COUNTED_TABLES = ("vehicles", "aeds", "facilities")


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


def _one_of(value: Any, known: tuple[str, ...], what: str) -> str:
    if value not in known:
        context = {"value": str(value), "what": what, "hint": did_you_mean(str(value), known)}
        raise PydanticCustomError("known", "'{value}' is not a {what}", context)
    return value


def _known(known: tuple[str, ...], what: str) -> BeforeValidator:
    return BeforeValidator(lambda value: _one_of(value, known, what))


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str | bool | int | float) else value


def _cell(value: Any) -> bool | str:
    """Take what may stand in a cell: text or a flag; a code that YAML understood as a number is text."""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return str(value)
    raise PydanticCustomError("cell", "a value is text, true or false", {"hint": "such as duty: [emergency]"})


KindName = Annotated[str, _known((*words.KINDS, *KIND_GROUPS), "kind or group of kinds")]
TierName = Annotated[str, _known(tuple(words.TIERS), "tier")]
ProfileName = Annotated[str, _known(tuple(words.PROFILES), "speed profile")]
TableName = Annotated[str, _known(COUNTED_TABLES, "table that can be counted")]
Kinds = Annotated[tuple[KindName, ...], BeforeValidator(_as_list)]
Tiers = Annotated[tuple[TierName, ...], BeforeValidator(_as_list)]
Percent = Annotated[float, Field(gt=0, le=100)]
Cell = Annotated[Any, BeforeValidator(_cell)]
Values = Annotated[tuple[Cell, ...], BeforeValidator(_as_list)]
Where = Mapping[str, Values]


class Params(BaseModel):
    """What every check kind has in common: nothing but that unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, strict=False)

    def problems(self) -> Iterator[Fault]:
        """Say what is wrong with keys that are each well-formed but do not fit together."""
        yield from ()


class _PointParams(Params):
    """What reach and response share: to whom, how, and the limit each person is held against."""

    kinds: Kinds = Field(default=(), description="facility kinds or groups of kinds (ems, care); none means every kind")
    tiers: Tiers = Field(default=(), description="levels of care; none means every level")
    limit: Annotated[Limit, BeforeValidator(_limit)] = Field(description="such as 15 min or 5 km")
    operator: Literal["<=", "<"] = Field(default="<=", description="以内, 不超过 are <=; 低于 is <")
    share_pct: Percent | None = Field(default=None, description="share of the people the text asks for, in per cent")
    with_vehicle: bool = Field(default=False, description="count only facilities with an emergency vehicle")


class ReachParams(_PointParams):
    """Who is within a limit of the nearest facility: figure = share of the people."""

    kind: Literal["reach"] = "reach"
    by: Literal["time", "road", "line"] = Field(default="time", description="travel time, road or straight-line km")
    profile: ProfileName = "drive"
    toward: Toward = "facility"
    statistic: Literal["share"] = "share"

    def problems(self) -> Iterator[Fault]:
        """Let minutes go with time, kilometres with road and line; know which facilities count."""
        if not (self.kinds or self.tiers):
            yield "kinds", "neither kinds nor tiers say which facilities count", "such as kinds: [care] or kinds: [ems]"
        wanted = "min" if self.by == "time" else "km"
        if self.limit.unit != wanted:
            yield "limit", f"'{self.limit}' does not fit 'by: {self.by}'", f"write it in {wanted}"


class ResponseParams(_PointParams):
    """Response time of the nearest crew: call handling + turnout + travel toward the person."""

    kind: Literal["response"] = "response"
    kinds: Kinds = ("ems",)
    with_vehicle: bool = True
    profile: ProfileName = "ambulance"
    toward: Toward = "demand"
    clock: Literal["call", "dispatch", "wheels"] = Field(
        default="call", description="when the clock starts: the call, the dispatch, or the wheels rolling"
    )
    statistic: Literal["p90", "median", "mean", "max", "share"] = "p90"

    def problems(self) -> Iterator[Fault]:
        """Hold a response time against minutes; ask for a share only of a share."""
        if self.limit.unit != "min":
            yield "limit", f"'{self.limit}' is not a time", "write it in min"
        if self.share_pct is not None and self.statistic != "share":
            yield "share_pct", f"does not go with 'statistic: {self.statistic}'", "write 'statistic: share'"


class _CountParams(Params):
    """What ratio and share have in common: which rows of which table count, and per how many people."""

    table: TableName = Field(description=f"one of {', '.join(COUNTED_TABLES)}")
    where: Where = Field(default={}, description="column: value, or column: [values]; only such rows count")
    sum: str | None = Field(default=None, description="column to add up; without it rows are counted")
    unit: Literal["vehicle", "device", "facility", "bed"] | None = Field(default=None, description="what is counted")
    denominator: str = Field(
        default="default", description="default, people (the table's sum), or the name of a population of the study"
    )

    @property
    def counted(self) -> str:
        """What is counted, in the singular."""
        return self.unit or {"vehicles": "vehicle", "aeds": "device", "facilities": "facility"}[self.table]

    def problems(self) -> Iterator[Fault]:
        """Name columns and values that the counted table does not know."""
        yield from _where_faults("where", self.table, self.where)
        if self.sum is not None:
            numbers = [c.name for c in INPUT_TABLES[self.table].columns if c.type == "integer" and c.unit != "year"]
            if self.sum not in numbers:
                yield "sum", f"'{self.sum}' is not a count in {self.table}", did_you_mean(self.sum, numbers)


class RatioParams(_CountParams):
    """One vehicle, device or bed for so many people: figure = how many there are, limit = how many are needed."""

    kind: Literal["ratio"] = "ratio"
    per_people: Annotated[float, Field(gt=0)] = Field(description="people for each `at_least` units")
    at_least: Annotated[float, Field(gt=0)] = 1
    operator: Literal[">="] = ">="
    rounding: Literal["up", "nearest"] = Field(default="up", description="how a needed fraction becomes a whole")
    level: Literal["city", "area"] = Field(default="city", description="the whole together, or every town on its own")


class ShareParams(_CountParams):
    """A part of a whole, such as 40 % of the vehicles: of the whole one has, or of the whole one needs."""

    kind: Literal["share"] = "share"
    part: Where = Field(description="column: value; the rows that make the part")
    share_pct: Percent = Field(description="what the text asks for, in per cent")
    operator: Literal[">=", ">"] = Field(default=">=", description="不低于, 以上 are >=; 超过 is >")
    of: Literal["have", "need"] = Field(default="have", description="share of what there is, or of what is needed")
    per_people: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="with 'of: need': people for each unit of the whole"
    )
    rounding: Literal["up", "nearest"] = "up"

    def problems(self) -> Iterator[Fault]:
        """Know the part's columns too, and let a needed whole say per how many people."""
        yield from super().problems()
        yield from _where_faults("part", self.table, self.part)
        if not self.part:
            yield "part", "says nothing", "such as {negative_pressure: true}"
        if self.of == "need" and self.per_people is None:
            yield "per_people", "is missing", "'of: need' asks for the people per unit, such as 30000"


def _where_faults(key: str, table: str, where: Where) -> Iterator[Fault]:
    columns = {column.name: column for column in INPUT_TABLES[table].columns}
    for name, values in where.items():
        if name not in columns:
            yield key, f"'{name}' is not a column of {table}", did_you_mean(name, columns)
            continue
        for value in values:
            yield from _value_faults(key, columns[name], value)


def _value_faults(key: str, column: Column, value: bool | str) -> Iterator[Fault]:
    if column.type == "flag":
        if not isinstance(value, bool):
            yield key, f"'{value}' is not true or false (column {column.name})", "write true or false"
    elif column.allowed:
        groups = KIND_GROUPS if column.allowed is words.KINDS else ()
        known = (*column.allowed, *groups)
        if value not in known:
            yield key, f"'{value}' is not a value of column {column.name}", did_you_mean(str(value), known)


PARAMS: dict[str, type[Params]] = {
    "reach": ReachParams,
    "response": ResponseParams,
    "ratio": RatioParams,
    "share": ShareParams,
}
"""The check kinds by name."""
