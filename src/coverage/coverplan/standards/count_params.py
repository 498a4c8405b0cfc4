"""The keys of the checks that count: count, ratio, share, register."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from coverplan.standards.vocabulary import (
    COUNTED_TABLES,
    Bound,
    Fault,
    Params,
    Percent,
    Positive,
    ProfileName,
    Says,
    TableName,
    UnitName,
    Value,
    Where,
    WordBook,
    bound_faults,
    indicator_faults,
    sum_faults,
    where_faults,
)

_ONE_UNIT = {
    "vehicles": "vehicle",
    "aeds": "device",
    "facilities": "facility",
    "projects": "project",
    "areas": "area",
    "places": "village",
}
_SUM_UNITS = {
    **dict.fromkeys(("beds", "nursing_beds", "added_beds", "total_beds"), "bed"),
    "rooms": "room",
    "places": "place",
    "daily_tests": "tube",
    "devices": "device",
    "cost_100m_cny": "100m_cny",
    "people": "person",
    "service_people": "person",
}


class Source(BaseModel):
    """What is counted or added up: rows of a table, or a figure of the indicators table."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    table: TableName | None = Field(default=None, description=f"one of {', '.join(COUNTED_TABLES)}")
    where: Where = Field(default={}, description="column: value, or column: [values]; only such rows count")
    sum: str | None = Field(default=None, description="column to add up; without it rows are counted")
    indicator: str | None = Field(default=None, description="a figure of the indicators table instead of a table")
    year: int | None = Field(default=None, description="the indicator as of this year; later rows are left aside")

    def faults(self, book: WordBook, at: str = "") -> Iterator[Fault]:
        """Name tables, columns and figures that there are not; `at` is the key that mistakes are told under."""
        if (self.table is None) == (self.indicator is None):
            yield at or "table", "name either a table or an indicator", f"one of {', '.join(COUNTED_TABLES)}"
            return
        if self.table is None:
            yield from indicator_faults(at or "indicator", self.indicator, book)
            for key in ("where", "sum"):
                if getattr(self, key):
                    yield at or key, f"'{key}' goes with a table, not with an indicator", "leave it out"
            return
        if self.year is not None:
            yield (
                at or "year",
                "'year' goes with an indicator, not with a table",
                "write where: {end_year: {max: 2025}}",
            )
        yield from where_faults(at or "where", self.table, self.where, book)
        yield from sum_faults(at or "sum", self.table, self.sum)


class _CountParams(Params, Source):
    """What count, ratio and share have in common: what is counted, and per how many people."""

    plus: tuple[Source, ...] = Field(default=(), description="further tables or indicators to be added")
    unit: UnitName | None = Field(default=None, description="what is counted")
    tolerance_pct: Percent = Field(
        default=10.0, description="how far 左右 (about) may be off, in per cent; our reading"
    )
    limit_from: Literal["text", "ours"] = Field(default="text", description="ours where the plan sets no figure")

    @property
    def counted(self) -> str:
        """What is counted, in the singular; an indicator whose unit nobody named counts units."""
        if self.unit is not None:
            return self.unit
        if self.table is None:
            return "unit"
        return _SUM_UNITS.get(self.sum or "", _ONE_UNIT[self.table]) if self.sum else _ONE_UNIT[self.table]

    @property
    def sources(self) -> tuple[Source, ...]:
        """Everything that is added up."""
        own = Source.model_construct(table=self.table, where=self.where, sum=self.sum, indicator=self.indicator,
                                     year=self.year)  # fmt: skip
        return (own, *self.plus)

    def problems(self, book: WordBook) -> Iterator[Fault]:
        """Name columns and values that the counted tables do not know."""
        yield from super().problems(book)
        yield from self.faults(book)
        for more in self.plus:
            yield from more.faults(book, at="plus")


class CountParams(_CountParams):
    """So many of something: figure = how many there are. Also capacity: `sum: beds`, in total or `of: one` facility."""

    kind: Literal["count"] = "count"
    value: Value = Field(default=(), description="how many the text asks for; none: it is measured; between: [a, b]")
    operator: Bound = ">="
    of: Literal["total", "one"] = Field(default="total", description="all together, or the largest one of them")
    level: Literal["city", "area"] = Field(default="city", description="the whole together, or every town on its own")

    def problems(self, book: WordBook) -> Iterator[Fault]:
        """Know how many figures an operator needs."""
        yield from super().problems(book)
        yield from bound_faults(self.operator, self.value)


class RatioParams(_CountParams):
    """One vehicle, device or bed for so many people: figure = how many there are, limit = how many are needed."""

    kind: Literal["ratio"] = "ratio"
    per_people: Positive = Field(description="people for each `at_least` units")
    at_least: Positive = Field(default=1, description="units for each `per_people` people")
    at_most: Positive | None = Field(default=None, description="upper end of a range, such as 2 to 3 per 10,000")
    operator: Annotated[Literal[">=", ">", "about"], Says] = ">="
    rounding: Literal["up", "nearest", "none"] = Field(
        default="up", description="how a needed fraction becomes a whole"
    )
    denominator: str = Field(
        default="default",
        description="default, people (the table's sum), a group of people, or a population of the study",
    )
    level: Literal["city", "area", "service_area"] = Field(
        default="city", description="the whole together, every town on its own, or every service area of the hubs"
    )
    hubs: Where = Field(
        default={}, description="with 'level: service_area': whose areas, such as {kind: ems_subcentre}"
    )
    assign: Literal["nearest", "serves"] = "nearest"
    profile: ProfileName = "ambulance"

    def problems(self, book: WordBook) -> Iterator[Fault]:
        """Know the hubs of service areas, and let a range be one."""
        yield from super().problems(book)
        yield from where_faults("hubs", "facilities", self.hubs, book)
        if self.level == "service_area" and not self.hubs:
            yield "hubs", "is missing", "'level: service_area' asks whose: such as {kind: ems_subcentre}"
        if self.at_most is not None and self.at_most < self.at_least:
            yield "at_most", f"{self.at_most:g} is less than at_least", "write the larger figure here"


class ShareParams(_CountParams):
    """A part of a whole, such as 40 % of the vehicles: of the whole one has, or of the whole one needs."""

    kind: Literal["share"] = "share"
    part: Where = Field(default={}, description="column: value; the rows that make the part")
    part_sum: str | None = Field(default=None, description="the part is another column: nursing_beds of beds")
    part_indicator: str | None = Field(default=None, description="the part is a figure of the indicators table")
    share_pct: Percent | None = Field(default=None, description="what the text asks for, in per cent; none: measured")
    operator: Annotated[Literal[">=", ">", "<=", "<", "about"], Says] = Field(
        default=">=", description="不低于, 以上 are >=; 超过 is >; 左右 is about"
    )
    of: Literal["have", "need"] = Field(default="have", description="share of what there is, or of what is needed")
    per_people: Positive | None = Field(default=None, description="with 'of: need': people for each unit of the whole")
    denominator: str = "default"
    rounding: Literal["up", "nearest"] = "up"
    level: Literal["city", "area", "facility"] = Field(
        default="city", description="of all together, of every town's own, or of every facility's own (indicators)"
    )

    def problems(self, book: WordBook) -> Iterator[Fault]:
        """Know the part's columns too, and let a needed whole say per how many people."""
        yield from super().problems(book)
        if self.table is not None:
            yield from where_faults("part", self.table, self.part, book)
            yield from sum_faults("part_sum", self.table, self.part_sum)
        yield from indicator_faults("part_indicator", self.part_indicator, book)
        if not (self.part or self.part_sum or self.part_indicator):
            yield "part", "says nothing", "such as {negative_pressure: true}"
        if self.of == "need" and self.per_people is None:
            yield "per_people", "is missing", "'of: need' asks for the people per unit, such as 30000"
        if self.level == "facility" and not (self.indicator and self.part_indicator):
            yield "level", "'level: facility' goes with indicator and part_indicator", "such as indicator: staff"


class RegisterParams(Params):
    """A figure of the statistics as it stands: figure = the latest value up to the study's year."""

    kind: Literal["register"] = "register"
    indicator: str
    value: Value = Field(default=(), description="what the text asks for; none: it is measured")
    operator: Bound = ">="
    tolerance_pct: Percent = 10.0
    limit_from: Literal["text", "ours"] = "text"
    unit: UnitName | None = Field(default=None, description="what it counts; the indicator's own unless given")
    level: Literal["city", "area"] = Field(default="city", description="the county's figure, or every town's own")

    def problems(self, book: WordBook) -> Iterator[Fault]:
        """Know the figure."""
        yield from super().problems(book)
        yield from indicator_faults("indicator", self.indicator, book)
        yield from bound_faults(self.operator, self.value)
