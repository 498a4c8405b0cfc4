"""The shape of a rule pack, and how a mistake in it becomes a line, a key and a hint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.core.words import SYSTEMS
from coverplan.inputs.yaml import KeyPath, Lines
from coverplan.standards.vocabulary import UnitName

Strength = Literal["must", "strive", "encourage"]
Model = TypeVar("Model", bound=BaseModel)


def _text(value: Any) -> Any:
    """Take years, dates and codes that YAML understood as such for the text they are."""
    return str(value) if isinstance(value, int | float | date) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_text), Field(min_length=1)]
Year = Annotated[int, Field(ge=1900, le=2100)]
Percent = Annotated[float, Field(gt=0, le=100)]


def _is_system(value: Any) -> str:
    if value not in SYSTEMS:
        context = {"value": str(value), "hint": did_you_mean(str(value), SYSTEMS)}
        raise PydanticCustomError("known", "'{value}' is not a system", context)
    return value


System = Annotated[str, BeforeValidator(_is_system)]


class Form(BaseModel):
    """A block of a pack; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DocumentForm(Form):
    """The `document:` block."""

    title_zh: Text
    title_en: Text
    number: Text | None
    number_note: str = ""
    issuer: Text
    issued: date | None
    issued_note: str = ""


class FactForm(Form):
    """One of `facts:`."""

    fact: Text
    section: Text
    quotation: Text
    english: Text
    name_zh: str = ""
    name_en: str = ""
    year: Year | None = None
    value: float | None = None
    unit: str = ""


class OurReadingForm(Form):
    """The `our_reading:` block of a rule: why our yardstick is what it is, and a share where one is needed."""

    share_pct: Percent | None = None
    why_zh: Text
    why_en: Text


class RuleForm(Form):
    """One of `rules:`; its check and its readings are looked at on their own."""

    rule: Text
    section: Text
    quotation: Text
    name_zh: Text
    name_en: Text
    english: Text
    strength: Strength
    system: System = "other"
    target_year: Year | None = None
    scope: Text
    facts: list[Text] = []
    check: dict[str, Any]
    our_reading: OurReadingForm | None = None
    readings: Annotated[list[Any], Field(min_length=1)]


class ReadingForm(Form):
    """One of a rule's `readings:`, apart from the keys of its check."""

    name: Text
    zh: Text
    en: Text
    why: str = ""


class WordForm(Form):
    """A service or indicator that a pack declares."""

    zh: Text
    en: Text
    unit: UnitName = "unit"
    aliases: list[Text] = []


class WordsForm(Form):
    """The `words:` block: what the pack's checks name beyond our own words."""

    services: dict[str, WordForm] = {}
    indicators: dict[str, WordForm] = {}
    areas: list[Text] = []


class PackForm(Form):
    """The whole file; its blocks are looked at on their own."""

    pack: Text
    document: dict[str, Any]
    words: dict[str, Any] = {}
    facts: list[Any] = []
    rules: Annotated[list[Any], Field(min_length=1)]


@dataclass(frozen=True)
class Desk:
    """Where mistakes in a pack are noted, with the line of the key they concern."""

    lines: Lines
    problems: ProblemList
    ids: dict[str, int | None] = field(default_factory=dict)
    told: set[tuple[str, KeyPath]] = field(default_factory=set)

    def note(self, what: str, at: KeyPath, hint: str | None = None) -> None:
        """Note one mistake at a key path, once: readings share their rule's check and its mistakes."""
        if (what, at) in self.told:
            return
        self.told.add((what, at))
        keys = [key for key in at if isinstance(key, str)]
        column = keys[-1] if keys else None
        self.problems.add(what, file=self.lines.file, row=self.lines.line(*at), column=column, hint=hint)

    def form(
        self, model: type[Model], data: Any, at: KeyPath, *, places: Mapping[str, KeyPath] | None = None
    ) -> Model | None:
        """Read a block as a form; None, with every mistake noted, when it is not one.

        `places` says where a key really stands when the block was put together from two.
        """
        if not isinstance(data, dict):
            self.note(
                f"expected keys with values, found {_short(data)}", at, f"such as {next(iter(model.model_fields))}"
            )
            return None
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                what, hint = _explain(detail, model)
                self.note(what, _place(detail, at, places or {}), hint)
            return None

    def first(self, name: str, what: str, at: KeyPath) -> None:
        """Note an id that stands a second time."""
        if name in self.ids:
            self.note(f"{what} '{name}' stands twice", at, f"it stands first in line {self.ids[name]}")
        else:
            self.ids[name] = self.lines.line(*at)


def _place(detail: ErrorDetails, at: KeyPath, places: Mapping[str, KeyPath]) -> KeyPath:
    loc = detail["loc"]
    return (*places.get(str(loc[0]), at), *loc) if loc else at


def _explain(detail: ErrorDetails, model: type[BaseModel]) -> tuple[str, str | None]:
    """Put a finding of the validator into our words."""
    loc, found, context = detail["loc"], detail.get("input"), detail.get("ctx", {})
    key = next((part for part in reversed(loc) if isinstance(part, str)), "")
    info = _field(model, loc)
    kind = detail["type"]
    if kind == "extra_forbidden":
        return f"unknown key '{key}'", did_you_mean(key, _keys(model, loc))
    if kind == "missing":
        return f"'{key}' is missing", info.description if info else None
    if kind == "literal_error":
        allowed = [str(value) for value in get_args(info.annotation)] if info else []
        options = [value for value in allowed if value] or [str(context.get("expected", ""))]
        return f"'{found}' is no {key.replace('_', ' ')}", did_you_mean(str(found), options)
    if kind in {"string_too_short", "too_short"}:
        return f"'{key}' is empty", None
    hint = context.get("hint") or (info.description if info else None)
    return detail["msg"] if "hint" in context else f"{_short(found)} does not fit: {detail['msg'].lower()}", hint


def _field(model: type[BaseModel], loc: tuple[int | str, ...]) -> FieldInfo | None:
    return model.model_fields.get(str(loc[0])) if len(loc) == 1 else None


def _keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the innermost block at `loc` knows."""
    for part in loc[:-1]:
        info = model.model_fields.get(str(part))
        inner = [a for a in (info.annotation, *get_args(info.annotation)) if isinstance(a, type)] if info else []
        model = next((a for a in inner if issubclass(a, BaseModel)), model)
    return list(model.model_fields)


def _short(value: Any) -> str:
    text = "nothing" if value is None else f"'{value}'"
    return text if len(text) <= 60 else f"{text[:57]}...'"
