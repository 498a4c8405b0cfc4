"""Rules are data: a rule pack is one YAML file per plan document, and this is how it is read.

The shape of a pack (everything not marked optional must be there; unknown keys are refused)::

    pack: my-town                      # short id
    document:
      title_zh: 某市医疗卫生服务体系规划
      title_en: Health service plan of a town
      number: 某政办〔2022〕1号          # or null, and then `number_note` says why
      number_note: not printed in our copy           # optional
      issuer: 某市人民政府办公室
      issued: 2022-09-14
    words:                             # optional: what the checks name beyond our own words (core/words.py)
      services:
        eye_clinic: {zh: 眼科门诊, en: eye clinic, aliases: [眼科]}
      indicators:
        visits: {zh: 门诊量, en: outpatient visits, unit: unit}
      areas: [健康产业园, 晋南片区]       # names of zones or areas; looked up in the study by name or identifier
    facts:                             # optional: baselines and definitions; quoted, not checked
      - fact: F-1
        section: 一(一)
        quotation: 设置1个急救中心
        english: There is one emergency centre.
        year: 2020                     # optional, as are name_zh, name_en, value and unit
        value: 1
        unit: centre
    rules:
      - rule: R-1                      # id, unique in all packs of a study
        section: 三(一)3(2)
        quotation: 服务半径不超过5公里    # literal, as printed
        name_zh: 急救服务半径             # short names for tables and maps
        name_en: Emergency service radius
        english: What the quotation says, in plain English.
        strength: must                 # must, strive (力争, 争取, 努力) or encourage (鼓励, 支持, 探索)
        system: emergency              # which of the plan's systems it belongs to (core.words.SYSTEMS); else other
        target_year: 2025              # optional
        scope: 晋江市                   # where it holds
        facts: [F-1]                   # optional: what it starts from
        check:                         # what is checked; the keys are those of the check kind, see below
          kind: reach
          kinds: [ems]
          limit: 5 km
        our_reading:                   # where a yardstick is ours: why, and the share where the text sets none; needed
                                       # with `limit_from: ours` and `share_from: ours`
          share_pct: 90
          why_zh: 文件未规定比例，本工具以九成居民为参考
          why_en: the text sets no share; nine in ten residents is our own yardstick
        readings:                      # one or more ways to read it; the first is the default and says why
          - name: road
            zh: 按道路距离
            en: by road
            why: Straight lines cross rivers and motorways.
            by: road                   # any key of `check` may stand here instead: it wins over the one there
          - name: line
            zh: 按直线距离
            en: in a straight line
            by: line

Check kinds (`params.py` has the keys that many share; the class of each kind has each key's meaning and default):

`reach`, `response`, `proximity`, `assignment`
    `standards/point_params.py`: how far people are, how far facilities are from each other, whether people belong to
    the nearest hub.
`count`, `ratio`, `share`, `register`
    `standards/count_params.py`: how many there are, for how many people, as part of what, or as the statistics say.
`existence`, `siting`, `trend`
    `standards/unit_params.py`: something in every town, village or service area; inside or outside named areas; more
    than before.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from coverplan.core.errors import InputError, Problem, ProblemList, did_you_mean
from coverplan.core.words import INDICATORS, SERVICES, Word
from coverplan.inputs.yaml import KeyPath, load_yaml
from coverplan.standards.forms import (
    Desk,
    DocumentForm,
    FactForm,
    PackForm,
    ReadingForm,
    RuleForm,
    Strength,
    WordForm,
    WordsForm,
)
from coverplan.standards.params import PARAMS, Params, WordBook


@dataclass(frozen=True, kw_only=True)
class Document:
    """The plan document that a pack quotes; `number` is None when our copy prints none, and `number_note` says so."""

    title_zh: str
    title_en: str
    number: str | None
    issuer: str
    issued: str
    number_note: str = ""
    issued_note: str = ""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A baseline or definition of the document: quoted beside the rules that start from it, never checked itself."""

    fact_id: str
    section: str
    quotation: str
    english: str
    year: int | None = None
    name_zh: str = ""
    name_en: str = ""
    value: float | None = None
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class OurReading:
    """Our own yardstick where the text sets none: the share (0..1; None where no share is meant), and why."""

    share: float | None
    why_zh: str
    why_en: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One way to read a rule: its name, what it is called, why it is the default, and its check's parameters."""

    name: str
    zh: str
    en: str
    params: Params
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One target of a plan: what it says, how firmly, for when and where, and how it is checked.

    `check` names the check kind; the first of `readings` is the default. `target_year` is None when the text prints
    none and the document has no end.
    """

    rule_id: str
    document: Document
    section: str
    quotation: str
    name_zh: str
    name_en: str
    english: str
    strength: Strength
    target_year: int | None
    scope: str
    check: str
    readings: tuple[Reading, ...]
    our_reading: OurReading | None = None
    facts: tuple[Fact, ...] = ()
    system: str = "other"
    book: WordBook = field(default_factory=WordBook)


@dataclass(frozen=True, kw_only=True)
class RulePack:
    """The rules and facts taken from one document."""

    pack_id: str
    document: Document
    rules: tuple[Rule, ...]
    facts: tuple[Fact, ...] = ()
    book: WordBook = field(default_factory=WordBook)
    path: Path | None = None

    def rule(self, rule_id: str) -> Rule:
        """Return the rule of that id; KeyError when there is none."""
        for rule in self.rules:
            if rule.rule_id == rule_id:
                return rule
        raise KeyError(rule_id)


def read_pack(path: str | Path) -> RulePack:
    """Read a rule pack; its shape is described at the top of this module.

    Raises
    ------
    InputError
        With every mistake in the file at once: line, key, what is wrong, and a hint.
    """
    path = Path(path)
    # A batch holds many studies against the same packs: the same file with the same content is taken apart once.
    try:
        content = path.read_bytes()
    except OSError:
        content = b""  # why it cannot be read is told where it is taken apart
    return _read_pack(path, hashlib.sha256(content).hexdigest())


@lru_cache(maxsize=64)
def _read_pack(path: Path, _content: str) -> RulePack:
    problems = ProblemList()
    lines = load_yaml(path, problems)
    problems.raise_if_any()
    desk = Desk(lines, problems)
    form = desk.form(PackForm, lines.data, ())
    pack = None if form is None else _pack(form, path, desk)
    problems.raise_if_any()
    if pack is None:
        raise InputError([Problem(what="not a rule pack", file=lines.file)])
    return pack


def _pack(form: PackForm, path: Path, desk: Desk) -> RulePack:
    document = _document(form.document, desk)
    facts = [_fact(data, ("facts", i), desk) for i, data in enumerate(form.facts)]
    known = {fact.fact_id: fact for fact in facts if fact is not None}
    pack = _Pack(document=document, facts=known, book=_book(form.words, desk))
    rules = [_rule(data, ("rules", i), pack, desk) for i, data in enumerate(form.rules)]
    return RulePack(
        pack_id=form.pack,
        document=document,
        rules=tuple(rule for rule in rules if rule is not None),
        facts=tuple(known.values()),
        book=pack.book,
        path=path,
    )


@dataclass(frozen=True, kw_only=True)
class _Pack:
    """What the rules of a pack have in common."""

    document: Document
    facts: dict[str, Fact]
    book: WordBook


def _book(data: dict[str, Any], desk: Desk) -> WordBook:
    """Join the words that a pack declares with our own; one of ours keeps its meaning."""
    form = desk.form(WordsForm, data, ("words",))
    if form is None:
        return WordBook()
    for key, known in (("services", SERVICES), ("indicators", INDICATORS)):
        for name in getattr(form, key):
            if name in known:
                desk.note(f"'{name}' is one of our own words", ("words", key, name), "leave it out, or rename it")
    return WordBook(
        services=MappingProxyType({**SERVICES, **_declared(form.services, by_unit=False)}),
        indicators=MappingProxyType({**INDICATORS, **_declared(form.indicators, by_unit=True)}),
        areas=tuple(form.areas),
    )


def _declared(forms: dict[str, WordForm], *, by_unit: bool) -> dict[str, Word]:
    return {
        name: Word(value=name, zh=one.zh, en=one.en, aliases=tuple(one.aliases), group=one.unit if by_unit else "")
        for name, one in forms.items()
    }


_NO_DOCUMENT = Document(title_zh="", title_en="", number=None, issuer="", issued="")
"""Stands in while the mistakes of a pack are collected; a pack with mistakes is never handed out."""


def _document(data: Any, desk: Desk) -> Document:
    form = desk.form(DocumentForm, data, ("document",))
    if form is None:
        return _NO_DOCUMENT
    if form.number is None and not form.number_note:
        desk.note("a document without a number says why", ("document", "number"), "add number_note")
    if form.issued is None and not form.issued_note:
        desk.note("a document without a date says why", ("document", "issued"), "add issued_note")
    return Document(
        title_zh=form.title_zh,
        title_en=form.title_en,
        number=form.number,
        number_note=form.number_note,
        issuer=form.issuer,
        issued=form.issued.isoformat() if form.issued else "",
        issued_note=form.issued_note,
    )


def _fact(data: Any, at: KeyPath, desk: Desk) -> Fact | None:
    form = desk.form(FactForm, data, at)
    if form is None:
        return None
    desk.first(form.fact, "fact", (*at, "fact"))
    told = form.model_dump(exclude={"fact"})
    return Fact(fact_id=form.fact, **told)


def _rule(data: Any, at: KeyPath, pack: _Pack, desk: Desk) -> Rule | None:
    form = desk.form(RuleForm, data, at)
    if form is None:
        return None
    desk.first(form.rule, "rule", (*at, "rule"))
    for i, name in enumerate(form.facts):
        if name not in pack.facts:
            desk.note(f"'{name}' is not a fact of this pack", (*at, "facts", i), did_you_mean(name, pack.facts))
    readings = _readings(form, at, pack.book, desk)
    _check_ours(form, readings, at, desk)
    ours = form.our_reading
    share = None if ours is None or ours.share_pct is None else ours.share_pct / 100
    return Rule(
        rule_id=form.rule,
        document=pack.document,
        section=form.section,
        quotation=form.quotation,
        name_zh=form.name_zh,
        name_en=form.name_en,
        english=form.english,
        strength=form.strength,
        system=form.system,
        target_year=form.target_year,
        scope=form.scope,
        check=str(form.check.get("kind")),
        readings=readings,
        our_reading=ours and OurReading(share=share, why_zh=ours.why_zh, why_en=ours.why_en),
        facts=tuple(pack.facts[name] for name in form.facts if name in pack.facts),
        book=pack.book,
    )


_SHARED_KINDS = ("reach", "response", "proximity", "assignment", "share")
"""Check kinds whose figure is held against a share."""


def _check_ours(form: RuleForm, readings: tuple[Reading, ...], at: KeyPath, desk: Desk) -> None:
    """Let a yardstick of ours stand only where the text sets none, and let it say why."""
    ours = form.our_reading
    is_ours = any(
        getattr(reading.params, key, "text") == "ours" for reading in readings for key in ("limit_from", "share_from")
    )
    if ours is None:
        if is_ours:
            desk.note("the yardstick is ours, and nothing says why", (*at, "check"), "add our_reading: why_zh, why_en")
        return
    where = (*at, "our_reading")
    has_share = any(getattr(reading.params, "share_pct", None) is not None for reading in readings)
    if ours.share_pct is None:
        if not is_ours:
            desk.note("'share_pct' is missing", where, "the share that is our yardstick, such as 90")
        return
    if form.check.get("kind") not in _SHARED_KINDS:
        desk.note("a share of ours goes with reach and response only", where, f"or {', '.join(_SHARED_KINDS[2:])}")
    elif has_share:
        desk.note("the text sets a share, so a reading of our own is not needed", where, "leave it out")


def _readings(form: RuleForm, at: KeyPath, book: WordBook, desk: Desk) -> tuple[Reading, ...]:
    kind = form.check.get("kind")
    if kind not in PARAMS:
        what = f"'{kind}' is not a check kind" if kind else "'kind' is missing"
        desk.note(what, (*at, "check", "kind"), did_you_mean(str(kind), PARAMS))
        return ()
    found = [
        _reading(data, form.check, (*at, "readings", i), at, desk, book=book) for i, data in enumerate(form.readings)
    ]
    readings = tuple(reading for reading in found if reading is not None)
    names = [reading.name for reading in readings]
    for name in sorted({name for name in names if names.count(name) > 1}):
        desk.note(f"two readings are called '{name}'", (*at, "readings"), "give each a name of its own")
    if readings and found[0] is not None and not readings[0].why:
        desk.note("the default reading says why it is the default", (*at, "readings", 0, "name"), "add why")
    return readings


def _reading(
    data: Any, check: dict[str, Any], at: KeyPath, rule_at: KeyPath, desk: Desk, *, book: WordBook
) -> Reading | None:
    """Put a reading together from its own keys and, where it is silent, those of the rule's check."""
    own = set(ReadingForm.model_fields)
    told = {key: value for key, value in data.items() if key in own} if isinstance(data, dict) else data
    form = desk.form(ReadingForm, told, at)
    if not isinstance(data, dict):
        return None
    changed = {key: value for key, value in data.items() if key not in own}
    if "kind" in changed:
        desk.note("a reading keeps the check kind of its rule", (*at, "kind"), "make it a rule of its own")
    model = PARAMS[check["kind"]]
    places = {key: at if key in changed else (*rule_at, "check") for key in {**model.model_fields, **check, **changed}}
    params = desk.form(model, {**check, **changed}, at, places=places)
    if params is None or form is None:
        return None
    for key, what, hint in params.problems(book):
        desk.note(what, (*places.get(key, at), key), hint)
    return Reading(name=form.name, zh=form.zh, en=form.en, why=form.why, params=params)
