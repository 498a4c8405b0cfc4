"""The keys of the checks that measure how far: reach, response, proximity, assignment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from coverplan.core.model import Toward
from coverplan.standards.vocabulary import (
    By,
    Fault,
    Group,
    Kinds,
    LimitValue,
    Params,
    Percent,
    PointTable,
    ProfileName,
    Says,
    Statistic,
    Tiers,
    Where,
    WordBook,
    limit_faults,
    where_faults,
)


class _PointParams(Params):
    """What reach and response share: to whom, how, and the limit each person is held against."""

    kinds: Kinds = Field(default=(), description="facility kinds or groups of kinds (ems, care); none means every kind")
    tiers: Tiers = Field(default=(), description="levels of care; none means every level")
    where: Where = Field(default={}, description="further conditions on the facilities that count")
    limit: LimitValue = Field(description="such as 15 min or 5 km")
    limit_from: Literal["text", "ours"] = Field(default="text", description="ours where the plan sets no limit")
    operator: Annotated[Literal["<=", "<"], Says] = Field(default="<=", description="以内, 不超过 are <=; 低于 is <")
    share_pct: Percent | None = Field(default=None, description="share of the people the text asks for, in per cent")
    with_vehicle: bool = Field(default=False, description="count only facilities with an emergency vehicle")
    people: Group = Field(
        default="people", description="whom to count: people, people_65_plus, people_under_3, women_15_49"
    )
    level: Literal["city", "area"] = Field(default="city", description="everybody together, or every town on its own")

    def problems(self, book: WordBook) -> Iterator[Fault]:
        """Hold the conditions against the facilities table."""
        yield from super().problems(book)
        yield from where_faults("where", "facilities", self.where, book)


class ReachParams(_PointParams):
    """Who is within a limit of the nearest facility: figure = share of the people, places or area, or a statistic."""

    kind: Literal["reach"] = "reach"
    by: By = Field(default="time", description="travel time, road or straight-line km")
    profile: ProfileName = "drive"
    toward: Toward = "facility"
    statistic: Statistic = Field(default="share", description="share, or p90, median, mean, max (worst) of the people")
    of: Literal["people", "places", "area"] = Field(
        default="people",
        description="a share of the people, of the villages and communities (each with all its people), or of the area",
    )
    cell_m: Annotated[float, Field(ge=50, le=5000)] = Field(
        default=500.0, description="with 'of: area': grid of the test points"
    )

    def problems(self, book: WordBook) -> Iterator[Fault]:
        """Let minutes go with time, kilometres with road and line; know which facilities count."""
        yield from super().problems(book)
        if not (self.kinds or self.tiers or self.where):
            yield "kinds", "neither kinds nor tiers say which facilities count", "such as kinds: [care] or kinds: [ems]"
        yield from limit_faults(self.limit, self.by)
        if self.statistic != "share" and self.of != "people":
            yield "of", f"does not go with 'statistic: {self.statistic}'", "write 'statistic: share'"
        if self.statistic != "share" and self.share_pct is not None:
            yield "share_pct", f"does not go with 'statistic: {self.statistic}'", "write 'statistic: share'"


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
    statistic: Statistic = "p90"

    def problems(self, book: WordBook) -> Iterator[Fault]:
        """Hold a response time against minutes; ask for a share only of a share."""
        yield from super().problems(book)
        if self.limit.unit != "min":
            yield "limit", f"'{self.limit}' is not a time", "write it in min"
        if self.share_pct is not None and self.statistic != "share":
            yield "share_pct", f"does not go with 'statistic: {self.statistic}'", "write 'statistic: share'"


class ProximityParams(Params):
    """How far facilities, AED places or villages are from facilities of another kind, or from AEDs: share within."""

    kind: Literal["proximity"] = "proximity"
    table: PointTable = Field(
        default="facilities", description="facilities, aeds or places: whose distance is measured"
    )
    where: Where = Field(default={}, description="which of them")
    to: Where = Field(default={}, description="conditions on what they should be near, such as {kind: care}")
    to_table: Literal["facilities", "aeds"] = Field(
        default="facilities", description="what they should be near: facilities, or AED places, on foot for instance"
    )
    to_parent: bool = Field(default=False, description="measure to the facility's own parents instead of the nearest")
    by: By = "road"
    profile: ProfileName = "drive"
    toward: Toward = "facility"
    limit: LimitValue
    limit_from: Literal["text", "ours"] = "text"
    operator: Annotated[Literal["<=", "<"], Says] = "<="
    share_pct: Percent | None = Field(default=None, description="share of them the text asks for; 100 = all")

    def problems(self, book: WordBook) -> Iterator[Fault]:
        """Hold the conditions against both tables."""
        yield from super().problems(book)
        yield from where_faults("where", self.table, self.where, book)
        yield from where_faults("to", self.to_table, self.to, book)
        yield from limit_faults(self.limit, self.by)
        if not self.to and self.to_table == "facilities":
            yield "to", "says nothing", "such as {kind: care}"
        if self.to_parent and self.to_table != "facilities":
            yield "to_table", "parents are facilities", "leave it out"
        if self.to_parent and self.table != "facilities":
            yield "to_parent", "only facilities have parents", "write 'table: facilities'"


class AssignmentParams(Params):
    """Whether people belong to the hub that is nearest to them: figure = share of the people for whom it is."""

    kind: Literal["assignment"] = "assignment"
    hubs: Where = Field(description="conditions on the hubs, such as {role: lead}")
    assign: Literal["serves", "community"] = Field(
        default="serves", description="by the areas a hub serves, or by the community of an area's own facilities"
    )
    by: By = "time"
    profile: ProfileName = "drive"
    share_pct: Percent | None = None

    def problems(self, book: WordBook) -> Iterator[Fault]:
        """Hold the conditions against the facilities table."""
        yield from super().problems(book)
        yield from where_faults("hubs", "facilities", self.hubs, book)
        if not self.hubs:
            yield "hubs", "says nothing", "such as {role: lead}"
