"""The keys of the checks of single towns, villages and facilities, and of change: existence, siting, trend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from coverplan.standards.vocabulary import (
    Fault,
    Names,
    Params,
    Percent,
    Positive,
    ProfileName,
    Where,
    WordBook,
    ZoneKind,
    area_faults,
    indicator_faults,
    sum_faults,
    where_faults,
)


class ExistenceParams(Params):
    """Something in every town, street, village, zone or service area: figure = how many of them have it."""

    kind: Literal["existence"] = "existence"
    per: Literal["city", "area", "town", "street", "place", "village", "community", "service_area", "zone"] = Field(
        description="each of what; area = towns, streets and zones, place = villages and communities"
    )
    table: Literal["facilities", "aeds", "vehicles"] = "facilities"
    where: Where = Field(description="what must be there")
    value: Positive = Field(default=1, description="how many of them in each")
    sum: str | None = Field(default=None, description="column to add up; without it rows are counted")
    assign: Literal["position", "serves", "column", "nearest"] | None = Field(
        default=None,
        description="to which a facility belongs: where it stands, what it serves, its place_id, or the nearest hub",
    )
    hubs: Where = Field(default={}, description="with 'per: service_area': whose, such as {kind: ems_subcentre}")
    n_hubs: Annotated[int, Field(ge=1)] | None = Field(default=None, description="how many hubs the text speaks of")
    zone_kind: ZoneKind | None = Field(default=None, description="with 'per: zone': which zones")
    unless: Where = Field(default={}, description="areas that have such a facility are exempt")
    together: bool = Field(default=False, description="one in all of them together is enough")
    share_pct: Percent = Field(default=100.0, description="in how many of them, in per cent")
    share_from: Literal["text", "ours"] = Field(
        default="text", description="ours where the text does not say in how many"
    )
    profile: ProfileName = "ambulance"

    def problems(self, book: WordBook) -> Iterator[Fault]:
        """Know the hubs, the zones and how a facility finds its unit."""
        yield from super().problems(book)
        yield from where_faults("where", self.table, self.where, book)
        yield from sum_faults("sum", self.table, self.sum)
        for key in ("hubs", "unless"):
            yield from where_faults(key, "facilities", getattr(self, key), book)
        if self.per == "service_area" and not self.hubs:
            yield "hubs", "is missing", "'per: service_area' asks whose: such as {kind: ems_subcentre}"
        if self.per == "zone" and self.zone_kind is None:
            yield "zone_kind", "is missing", "'per: zone' asks which: such as service_area"
        ways = _WAYS.get(self.per, ("position", "serves"))
        if self.assign is not None and self.assign not in ways:
            yield "assign", f"'{self.assign}' does not go with 'per: {self.per}'", f"one of: {', '.join(ways)}"

    @property
    def way(self) -> str:
        """How a facility finds its unit, the default filled in."""
        return self.assign or _WAYS.get(self.per, ("position",))[0]


_WAYS: dict[str, tuple[str, ...]] = {
    "city": ("position",),
    **dict.fromkeys(("place", "village", "community"), ("column", "nearest")),
    "service_area": ("nearest", "serves", "position"),
    "zone": ("position",),
}


class SitingParams(Params):
    """Whether facilities stand inside, or outside, named areas: figure = how many do."""

    kind: Literal["siting"] = "siting"
    table: Literal["facilities", "aeds"] = "facilities"
    where: Where
    side: Literal["inside", "outside"] = "inside"
    of: Names = Field(default=(), description="names of areas or zones, declared under words: areas:")
    zone_kind: ZoneKind | None = Field(default=None, description="instead of names: any zone of this kind")
    value: Positive | None = Field(default=None, description="how many must; without it all of them must")

    def problems(self, book: WordBook) -> Iterator[Fault]:
        """Know the areas."""
        yield from super().problems(book)
        yield from where_faults("where", self.table, self.where, book)
        yield from area_faults("of", self.of, book)
        if bool(self.of) == (self.zone_kind is not None):
            yield "of", "name either areas or a kind of zone", "such as of: [健康产业园]"


class TrendParams(Params):
    """More, or less, than before: a figure of the statistics by years, or a rule's figure since an earlier run."""

    kind: Literal["trend"] = "trend"
    indicator: str | None = Field(default=None, description="a figure of the indicators table, with several years")
    rule: str | None = Field(default=None, description="a rule whose figure is compared with that of an earlier run")
    reading: str | None = Field(default=None, description="which of its readings; the default one unless given")
    direction: Literal["up", "down"] = "up"
    factor: Positive | None = Field(default=None, description="at least so many times: 翻一番 is 2")
    from_year: Annotated[int, Field(ge=1900, le=2100)] | None = Field(default=None, description="first year compared")
    every_year: bool = Field(default=False, description="逐年: from each year to the next, not only in all")

    @model_validator(mode="before")
    @classmethod
    def _text(cls, data: Any) -> Any:
        return {**data, "rule": str(data["rule"])} if isinstance(data, dict) and data.get("rule") else data

    def problems(self, book: WordBook) -> Iterator[Fault]:
        """Know what is compared."""
        yield from super().problems(book)
        yield from indicator_faults("indicator", self.indicator, book)
        if (self.indicator is None) == (self.rule is None):
            yield "indicator", "name either an indicator or a rule", "such as indicator: nurses"
        if self.reading is not None and self.rule is None:
            yield "reading", "goes with a rule", "leave it out"
