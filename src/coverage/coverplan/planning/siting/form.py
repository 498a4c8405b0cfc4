"""What a YAML file with a siting problem may say: a title, the model, the limit, where sites may stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from coverplan.core.errors import InputError, ProblemList, did_you_mean
from coverplan.core.model import Toward
from coverplan.inputs.yaml import Lines, load_yaml
from coverplan.standards.vocabulary import Group, Kinds, Limit, LimitValue, Names, Positive

MODELS = ("lscp", "lscp-share", "lscp-b", "mclp", "bacop1", "bacop2", "mexclp", "p-median", "p-center",
          "capacitated-mclp", "capacitated-p-median", "detour")  # fmt: skip
Model = Literal["lscp", "lscp-share", "lscp-b", "mclp", "bacop1", "bacop2", "mexclp", "p-median", "p-center",
                "capacitated-mclp", "capacitated-p-median", "detour"]  # fmt: skip


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


Limits = Annotated[tuple[LimitValue, ...], BeforeValidator(_listed)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Existing(_Section):
    """Facilities that stand already, and how far a plan may give them up."""

    kinds: Kinds = Field(default=(), description="kinds that count as existing sites: ems, chc")
    table: Literal["facilities", "aeds"] = Field(default="facilities", description="facilities or aeds")
    use: Literal["locked", "free"] = Field(
        default="locked", description="locked: they stay; free: they may be given up"
    )
    keep: int | None = Field(default=None, ge=0, description="how many of them must stay at least")
    move: int | None = Field(default=None, ge=0, description="how many of them may be given up at most")
    vehicles: bool = Field(default=False, description="with mexclp: every emergency vehicle counts as one")


class Candidates(_Section):
    """Where new sites may stand; all sources together."""

    kinds: Kinds = Field(default=(), description="at facilities of these kinds")
    areas: Names = Field(default=(), description="anywhere along the roads of these areas or zones, by name or id")
    everywhere: bool = Field(default=False, description="anywhere along the roads of the study")
    spacing_m: Positive = Field(default=1000.0, description="with areas or everywhere: least distance between them, m")
    file: str | None = Field(
        default=None, description="a CSV file: candidate_id, name, lon, lat, hours, cost, capacity"
    )
    required: Names = Field(default=(), description="ids that must be chosen")
    forbidden: Names = Field(default=(), description="ids that must not be chosen, existing ones too")
    cost: Annotated[float, Field(ge=0)] = Field(
        default=1.0, description="cost of a new site that brings none of its own"
    )
    capacity: Positive | None = Field(default=None, description="people that a site can take if it names none itself")


class Demand(_Section):
    """For whom: weights by group of people, and areas."""

    groups: dict[Group, Annotated[float, Field(ge=0)]] = Field(
        default={"people": 1.0}, description="what one person of each group weighs"
    )
    areas: Names = Field(default=(), description="only people of these areas, by name or id; none means everybody")


class Trips(_Section):
    """Trips that pass a site on their way: from a hospital over the new site back to a base."""

    from_kinds: Kinds = Field(description="where trips begin; of these, the nearest to each base")
    to_kinds: Kinds = Field(description="where trips end, one trip for each such facility")
    hubs: Kinds = Field(default=(), description="a base may use only sites that have the same nearest hub")


class More(_Section):
    """Further good plans."""

    count: int = Field(default=4, ge=1, le=50)
    differ: int = Field(default=1, ge=1, description="sites in which any two plans differ at least")
    within_pct: Positive = Field(default=5.0, description="how much worse than the best they may be, in per cent")


class Siting(_Section):
    """A siting problem."""

    title: str = Field(default="", description="what is asked, in the planner's words")
    title_en: str = ""
    study: str | None = Field(default=None, description="the study's config, seen from this file")
    source: str = Field(default="", description="document and clause that ask for it")
    note: str = Field(default="", description="what is assumed")
    model: Model = "mclp"
    limit: Limits = Field(default=(), description="15 min, 5 km; of several, every one must be kept")
    share_pct: Annotated[float, Field(gt=0, le=100)] = Field(
        default=100.0, description="with lscp-share: who is covered"
    )
    clock: Literal["wheels", "call"] = Field(default="wheels", description="call: minutes run from the phone call")
    profile: str = Field(default="ambulance", description="speed profile")
    toward: Toward = Field(default="demand", description="demand: crews go to the people; facility: people go there")
    periods: dict[str, Positive] = Field(default={}, description="parts of the week and their shares; none: whole day")
    hours: Literal["kept", "ignored"] = Field(
        default="kept", description="opening hours of sites; ignored: as if all were always open"
    )
    existing: Existing = Existing()
    candidates: Candidates = Candidates()
    demand: Demand = Demand()
    trips: Trips | None = None
    p: int | None = Field(default=None, ge=1, description="sites in all")
    new: int | None = Field(default=None, ge=0, description="sites beside the existing ones, instead of p")
    per_people: Positive | None = Field(default=None, description="one vehicle for so many people, instead of p")
    per_site: int | None = Field(default=None, ge=1, description="with mexclp: vehicles at one site at most")
    budget: Positive | None = None
    apart_m: Positive | None = Field(default=None, description="least distance between chosen sites, straight line, m")
    busy: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.3, description="with mexclp: share of time a vehicle is busy"
    )
    first: Annotated[float, Field(ge=0.5, le=1)] = Field(
        default=0.7, description="with bacop2: worth of the first cover"
    )
    split: bool = Field(default=False, description="with capacities: people of one point may go to several sites")
    fewest: Literal["sites", "moves"] = Field(default="sites", description="moves: existing sites cost nothing")
    leave_out_unreached: bool = Field(
        default=False, description="with lscp, p-median, p-center: people whom no candidate reaches do not count"
    )
    alternatives: More | None = None
    curve_to: int | None = Field(
        default=None, ge=2, description="people covered against number of sites, up to so many"
    )
    time_limit_s: Positive = 60.0
    gap_pct: Annotated[float, Field(ge=0)] = 0.0

    @property
    def distances(self) -> bool:
        """Whether the model asks how far everybody is, and not only who is within the limit."""
        return self.model in {"p-median", "p-center", "capacitated-p-median", "detour"}


def read_siting(path: str | Path) -> Siting:
    """Read a siting problem from a YAML file.

    Raises
    ------
    InputError
        With everything that is wrong, each with its line.
    """
    problems = ProblemList()
    lines = load_yaml(path, problems)
    problems.raise_if_any()
    if not isinstance(lines.data, dict):
        problems.add("the file holds no settings", file=lines.file, hint="start with: model: mclp")
        problems.raise_if_any()
    try:
        asked = Siting.model_validate(lines.data)
    except ValidationError as error:
        for fault in error.errors():
            _note(fault, lines, problems)
        raise InputError(problems) from None
    check_siting(asked, problems, lines)
    problems.raise_if_any()
    return asked


def siting_of(keys: Mapping[str, Any]) -> Siting:
    """Make a siting problem of keys as a file holds them.

    Raises
    ------
    InputError
        With everything that is wrong, each with its key.
    """
    problems = ProblemList()
    try:
        asked = Siting.model_validate(dict(keys))
    except ValidationError as error:
        for fault in error.errors():
            _note(fault, Lines(data=keys, file="", numbers={}), problems)
        raise InputError(problems) from None
    check_siting(asked, problems)
    problems.raise_if_any()
    return asked


def _note(fault: Any, lines: Lines, problems: ProblemList) -> None:
    key: list[str | int] = [part for part in fault["loc"] if not str(part).startswith("function-")]
    text, hint = str(fault["msg"]).replace("Input should", "should").replace("Value error, ", ""), None
    if fault["type"] == "extra_forbidden":
        known = _SECTIONS.get(str(key[0]), Siting) if len(key) > 1 else Siting
        text, hint = f"unknown key '{key[-1]}'", did_you_mean(str(key[-1]), known.model_fields)
    elif fault["type"] == "missing":
        text = "the key is missing"
    elif "ctx" in fault and fault["ctx"].get("hint"):
        hint = str(fault["ctx"]["hint"])
    column = ".".join(str(part) for part in key)
    problems.add(text, file=lines.file or None, row=lines.line(*key), column=column or None, hint=hint)


_SECTIONS: dict[str, type[_Section]] = {
    "existing": Existing,
    "candidates": Candidates,
    "demand": Demand,
    "trips": Trips,
    "alternatives": More,
}


def check_siting(asked: Siting, problems: ProblemList, lines: Lines | None = None) -> None:
    """Note what does not go together in a problem."""

    def refuse(key: str, what: str, hint: str | None = None) -> None:
        row = None if lines is None else lines.line(key)
        problems.add(what, file=None if lines is None else lines.file, row=row, column=key, hint=hint)

    if not asked.distances and not asked.limit:
        refuse("limit", f"'{asked.model}' needs a limit", "such as: limit: 14 min")
    numbers = [name for name in ("p", "new", "per_people") if getattr(asked, name) is not None]
    if len(numbers) > 1:
        refuse(numbers[1], f"goes not with '{numbers[0]}'", "say one of them")
    if asked.model in {"p-median", "p-center", "mexclp", "bacop1", "detour", "capacitated-p-median"} and not numbers:
        refuse("p", f"'{asked.model}' needs a number of sites", "p: 5, or new: 2 beside the existing ones")
    if asked.model in {"mclp", "bacop2", "capacitated-mclp"} and not numbers and asked.budget is None:
        refuse("p", "neither a number of sites nor a budget is given", "p: 5, new: 2 or budget: 100")
    if asked.model == "detour" and asked.trips is None:
        refuse("trips", "'detour' needs trips", "trips: {from_kinds: [hospital], to_kinds: [ems]}")
    if asked.clock == "call" and any(limit.unit == "km" for limit in asked.limit) and not _has_time(asked.limit):
        refuse("clock", "kilometres have no clock", "leave it out")
    for key, what, hint in _at_odds(asked):
        refuse(key, what, hint)


def _at_odds(asked: Siting) -> Iterator[tuple[str, str, str]]:
    """Name keys that contradict each other: the key, what is wrong, a hint."""
    there = asked.existing
    if there.table == "aeds" and there.use == "free":
        yield "existing", "AEDs that stand already stay", "use: locked"
    if there.use == "locked" and not (there.keep is None and there.move is None):
        yield "existing", "'keep' and 'move' are for sites that may be given up", "use: free"
    for name in sorted(set(asked.candidates.required) & set(asked.candidates.forbidden)):
        yield "candidates", f"'{name}' is required and forbidden at once", "say one of them"


def _has_time(limits: tuple[Limit, ...]) -> bool:
    return any(limit.unit == "min" for limit in limits)
