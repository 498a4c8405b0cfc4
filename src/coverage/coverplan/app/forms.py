"""What comes in and what goes out: the shapes of the HTTP interface, and its description."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from coverplan.app.complaints import plain_text, problem
from coverplan.app.edits import MOST_EDITS
from coverplan.core.errors import InputError
from coverplan.core.words import KINDS
from coverplan.scenarios.forms import FORMS

_EDIT_HELP = "One edit, as in a scenario file: one key that says which, and under it its own keys. " + "; ".join(
    f"{name} ({form.zh}): {form.meaning} Keys: {', '.join(key.name for key in form.keys[:14])}"
    for name, form in FORMS.items()
)
_EDIT_EXAMPLES = [
    {"open": {"kind": "ems_station", "name": "新站1", "at": [118.55, 24.78], "vehicles": 2}},
    {"move": {"facility": "JJ-F28", "at": [118.56, 24.77]}},
    {"close": {"facility": "JJ-F28"}},
    {"change": {"facility": "JJ-F28", "vehicles": 3}},
    {"devices": {"name": "车站", "at": [118.55, 24.78], "devices": 2}},
    {"road": {"close": {"near": [118.55, 24.78]}}},
]


def _one_line(text: str) -> str:
    """Refuse what no page and no file should hold."""
    if plain_text(text) != text[:60] or plain_text(text[60:]) != text[60:120] or not text.isprintable():
        raise InputError([problem("unprintable")])
    return text


def _known_kind(kind: str) -> str:
    if kind not in KINDS:
        raise InputError([problem("not_a_kind", kind=plain_text(kind), known=", ".join(KINDS))])
    return kind


DESK_ID = r"^[A-Za-z0-9_-]{1,64}$"
SCENARIO_ID = r"^[a-z0-9][a-z0-9_-]{0,59}$"


def _on_earth(at: list[float]) -> list[float]:
    if not (-180 <= at[0] <= 180 and -90 <= at[1] <= 90):
        raise InputError([problem("not_on_earth")])
    return at


At = Annotated[
    list[float],
    AfterValidator(_on_earth),
    Field(min_length=2, max_length=2, description="[lon, lat], WGS-84 degrees", examples=[[118.55, 24.78]]),
]
Name = Annotated[str, Field(max_length=100), AfterValidator(_one_line)]
Note = Annotated[str, Field(max_length=2000)]
RuleId = Annotated[str, Field(min_length=1, max_length=60)]
Kind = Annotated[str, Field(max_length=40), AfterValidator(_known_kind)]
EditData = Annotated[dict[str, Any], Field(min_length=1, max_length=1, description=_EDIT_HELP, examples=_EDIT_EXAMPLES)]
JsonData = dict[str, Any]


class In(BaseModel):
    """What comes in: unknown keys are refused, and nothing is taken for what it is not."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class DeskIn(In):
    """How a desk begins: empty, or with the edits of a saved scenario."""

    scenario: str | None = Field(default=None, pattern=SCENARIO_ID, description="id of a saved scenario")
    name: Name = ""


class EditsIn(In):
    """Edits that are made together: all of them or none, one step for undo."""

    edits: list[EditData] = Field(min_length=1, max_length=MOST_EDITS)


class SettingsIn(In):
    """What is looked at; whatever is not given stays as it is."""

    year: int | None = Field(default=None, ge=1990, le=2100)
    period: str | None = Field(default=None, max_length=60, description="part of the week; null for the whole day")
    options: dict[RuleId, Annotated[str, Field(max_length=60)]] | None = Field(
        default=None, max_length=200, description="rule: the reading that decides it"
    )
    name: Name | None = None


class DragIn(In):
    """Where the pointer is, and what it drags: a facility of the desk, or a new one of a kind."""

    facility_id: str | None = Field(default=None, max_length=200)
    kind: Kind | None = None
    at: At
    vehicles: int = Field(default=1, ge=0, le=1000)
    rule: RuleId | None = None
    seq: int = Field(default=0, ge=0, le=2**53)


class SuggestIn(In):
    """Where more facilities would help most."""

    kind: Kind = "ems_station"
    k: int = Field(default=1, ge=1, le=30, description="how many new sites")
    rule: RuleId | None = Field(default=None, description="the rule that is to be met; the one shown unless given")
    reading: str | None = Field(default=None, max_length=60)
    area: str | None = Field(default=None, max_length=100, description="only in this town, by identifier")
    seconds: float = Field(default=20, gt=0, le=120, description="after so long the best plan so far comes back")
    spacing_m: float = Field(default=1000, ge=100, le=20_000, description="least distance between candidate sites")


class ExportIn(In):
    """What is to be written."""

    what: Literal["map", "workbook", "document", "layers", "scenario"]
    language: Literal["zh", "en"] = "zh"


class SaveIn(In):
    """Which desk is saved, and what the scenario is called; with `replace` false nothing is overwritten."""

    desk_id: str = Field(pattern=DESK_ID)
    name: Name = ""
    note: Note = ""
    replace: bool = True


class CompareIn(In):
    """What is held against the base: saved scenarios, desks, or both."""

    scenarios: list[Annotated[str, Field(pattern=SCENARIO_ID)]] = Field(default_factory=list, max_length=12)
    desks: list[Annotated[str, Field(pattern=DESK_ID)]] = Field(default_factory=list, max_length=12)
    year: int | None = Field(default=None, ge=1990, le=2100)


class Words(BaseModel):
    """A text in both languages."""

    zh: str
    en: str


class ProblemOut(BaseModel):
    """One thing that is wrong: the field, its place in words, and what to do about it."""

    field: str
    where: Words
    what: Words
    hint: Words


class Problems(BaseModel):
    """Everything that is wrong with a request, at once."""

    problems: list[ProblemOut]


class Health(BaseModel):
    """Whether the server is there."""

    ok: bool
    version: str


class Before(BaseModel):
    """The same figure without the edits."""

    text: Words
    figure: float | None
    status: str


class RuleFigure(BaseModel):
    """What the deciding reading of a rule comes out as; figures that are missing or endless are null."""

    rule_id: str
    reading: str
    text: Words
    held: Words
    figure: float | None
    people_within: float | None
    people: float
    status: Literal["met", "not_met", "measured", "no_data"]
    gained: float
    lost: float
    before: Before


class TownFigure(BaseModel):
    """People of a town within the limit of the rule that is shown."""

    area_id: str
    name: Words
    share: float | None
    text: Words
    before: float | None
    before_text: Words
    people_out: float


class GapOut(BaseModel):
    """A place with people outside the limit."""

    rank: int
    name: Words
    people: float
    minutes: Words
    cause: Words
    at: At


class Figures(BaseModel):
    """The quick view: the figures of the full assessment, for rules that hold single people against a limit."""

    rules: list[RuleFigure]
    shown: str | None
    covered: str = Field(
        description="base64; two bits for each demand point of the ground, four to a byte, the first in the lowest "
        "bits: 0 outside, 1 inside with and without the edits, 2 newly inside, 3 no longer inside"
    )
    towns: list[TownFigure]
    gaps: list[GapOut]
    gained: float
    lost: float


class EditOut(BaseModel):
    """An edit, and what it says."""

    index: int
    edit: dict[str, Any]
    says: Words
    at: At | None
    lines: list[list[At]]


class FacilityOut(BaseModel):
    """A facility as the desk has it."""

    facility_id: str
    name: str
    name_en: str
    kind: str
    tier: str | None
    at: At
    vehicles: int
    status: Literal["open", "closed", "new", "moved", "planned"]
    quality: str | None
    movable: bool
    detail: Words
    was_at: At | None
    base_vehicles: int | None


class State(BaseModel):
    """A desk as the page sees it."""

    desk_id: str
    revision: int
    name: str
    scenario: str | None
    year: int
    period: str | None
    options: dict[str, str]
    edits: list[EditOut]
    can_undo: bool
    can_redo: bool
    facilities: list[FacilityOut]
    new_points: dict[str, list[Any]]
    devices: list[dict[str, Any]]
    fleet: int
    figures: Figures
    problems: list[ProblemOut]
    names: list[str] = Field(default=[], description="what the last edits opened, when names were made for them")


class DragOut(BaseModel):
    """The quick view with the facility at the pointer; nothing is kept."""

    seq: int
    figures: Figures
    ms: float
    off_road_m: float | None
    area: Words


class SitesOut(BaseModel):
    """What was read from a table of proposed sites, and the desk with them."""

    report: list[Words]
    sites: list[dict[str, Any]]
    state: State


class JobOut(BaseModel):
    """Long work: how far it is, and what came of it."""

    job_id: str
    kind: str
    status: Literal["running", "done", "failed", "cancelled"]
    done: int
    of: int
    message: Words
    incumbent: float | None
    bound: float | None
    gap: float | None
    stopped: bool
    result: Any
    problems: list[ProblemOut]


class ScenarioLine(BaseModel):
    """A saved scenario in the list."""

    scenario: str
    name: str
    note: str
    n_edits: int
    saved: str
    problems: list[ProblemOut]


class ScenarioOut(ScenarioLine):
    """A saved scenario with its edits."""

    edits: list[dict[str, Any]]
