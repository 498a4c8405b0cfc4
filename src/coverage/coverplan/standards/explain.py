"""A rule in full: what it says, how it was read and why, how else it can be read, and what each comes out as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from coverplan.core.words import QUALITIES, STRENGTHS, SYSTEMS, VERDICTS
from coverplan.standards.findings import Assessment, Finding
from coverplan.standards.params import Limit, Source
from coverplan.standards.rules import Document, Fact, Reading

Language = Literal["zh", "en"]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One choice of a reading: its key in the pack, what stands there, and whether a pack or a default put it there."""

    key: str
    value: str
    is_default: bool


@dataclass(frozen=True, kw_only=True)
class ReadingOutcome:
    """One way to read a rule and what it comes out as."""

    name: str
    zh: str
    en: str
    why: str
    status: str
    statement_zh: str
    statement_en: str
    choices: tuple[Choice, ...]
    notes: tuple[str, ...]
    quality: str
    our_status: str | None = None


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Everything there is to say about a rule and its verdict; `text` puts it into words.

    Attributes
    ----------
    document, section, quotation, english
        Where the rule stands, and what it says.
    strength, system, target_year, scope
        How firmly, in which of the plan's systems, for when and where.
    facts
        Baselines and definitions that it starts from.
    chosen, others
        The reading that decides the verdict, and the other ones with the verdict under each.
    yardstick_zh, yardstick_en
        Why a yardstick of ours is what it is; empty where the text sets the limit itself.
    """

    rule_id: str
    name_zh: str
    name_en: str
    document: Document
    section: str
    quotation: str
    english: str
    strength: str
    system: str
    target_year: int | None
    scope: str
    check: str
    facts: tuple[Fact, ...]
    chosen: ReadingOutcome
    others: tuple[ReadingOutcome, ...]
    yardstick_zh: str = ""
    yardstick_en: str = ""

    def text(self, lang: Language = "en") -> str:
        """Put it into words, a few lines that a terminal or a report can print as they are."""
        return _chinese(self) if lang == "zh" else _english(self)


def explain(assessment: Assessment, rule_id: str) -> Explanation:
    """Explain one rule of an assessment.

    Raises
    ------
    KeyError
        When there is no such rule; the message names those there are.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> told = explain(cp.assess(study, cp.build_network(study)), "TB-1")
    >>> told.chosen.name in told.text() and told.quotation in told.text("zh")
    True
    """
    verdict = assessment.verdict(rule_id)
    rule = verdict.rule
    told = [_outcome(finding) for finding in verdict.findings]
    ours = rule.our_reading
    return Explanation(
        rule_id=rule.rule_id,
        name_zh=rule.name_zh,
        name_en=rule.name_en,
        document=rule.document,
        section=rule.section,
        quotation=rule.quotation,
        english=rule.english,
        strength=rule.strength,
        system=rule.system,
        target_year=rule.target_year,
        scope=rule.scope,
        check=rule.check,
        facts=rule.facts,
        chosen=told[0],
        others=tuple(told[1:]),
        yardstick_zh=ours.why_zh if ours else "",
        yardstick_en=ours.why_en if ours else "",
    )


def choices_of(reading: Reading) -> tuple[Choice, ...]:
    """Return every choice of a reading, those that a pack made first, then the defaults; what is not used is left out.

    Examples
    --------
    >>> from coverplan.standards.params import ResponseParams
    >>> params = ResponseParams(limit="14 min", clock="dispatch")
    >>> [str(choice.value) for choice in choices_of(Reading(name="a", zh="甲", en="a", params=params))][:2]
    ['14 min', 'dispatch']
    """
    params = reading.params
    told = []
    for key, info in type(params).model_fields.items():
        value = getattr(params, key)
        if key == "kind" or value in (None, (), {}, False) or _is_idle(reading, key):
            continue
        told.append(Choice(key=key, value=_shown(value), is_default=value == info.get_default()))
    return tuple(sorted(told, key=lambda choice: choice.is_default))


_ONLY_WITH: dict[str, tuple[str, object]] = {
    "tolerance_pct": ("operator", "about"),
    "cell_m": ("of", "area"),
    "n_hubs": ("per", "service_area"),
}
"""Keys that mean something only where another key has a value."""
_OF_ROADS = ("profile", "toward")


def _is_idle(reading: Reading, key: str) -> bool:
    """Say whether a key has no say in a reading: a tolerance where nothing is about, a profile on a straight line."""
    params = reading.params
    if key in _ONLY_WITH:
        other, value = _ONLY_WITH[key]
        return getattr(params, other, None) != value
    if key in {"limit_from", "share_from"}:
        return getattr(params, key) == "text"
    if key in {"assign", "profile"} and hasattr(params, "hubs"):
        return not params.hubs  # pyright: ignore[reportAttributeAccessIssue] - the line above looked
    return key in _OF_ROADS and getattr(params, "by", None) == "line"


def _shown(value: object) -> str:
    if isinstance(value, Limit):
        return str(value)
    if isinstance(value, tuple):
        return ", ".join(_shown(one) for one in value)
    if hasattr(value, "items"):
        return "; ".join(f"{name} {condition}" for name, condition in value.items())  # pyright: ignore[reportAttributeAccessIssue] - it has items
    if isinstance(value, float):
        return f"{value:,g}"
    if isinstance(value, Source):
        told = {name: getattr(value, name) for name in type(value).model_fields}
        return " ".join(f"{name} {_shown(one)}" for name, one in told.items() if one)
    return str(value)


def _outcome(finding: Finding) -> ReadingOutcome:
    reading = finding.reading
    return ReadingOutcome(
        name=reading.name,
        zh=reading.zh,
        en=reading.en,
        why=reading.why,
        status=finding.status,
        statement_zh=finding.statement_zh,
        statement_en=finding.statement_en,
        choices=choices_of(reading),
        notes=finding.notes,
        quality=finding.quality,
        our_status=finding.our_status,
    )


def _english(told: Explanation) -> str:
    document = told.document
    number = document.number or f"no number ({document.number_note})"
    dated = document.issued or document.issued_note
    year = f", by {told.target_year}" if told.target_year else ""
    chosen = told.chosen
    lines: list[str | None] = [
        f"{told.rule_id}  {told.name_en} · {told.name_zh}",
        f"  “{told.quotation}”",
        f"  {told.english}",
        f"  {document.title_en} ({document.title_zh}), {number}, {document.issuer}, {dated}",
        f"  section {told.section}",
        f"  {STRENGTHS[told.strength].en}{year}; holds for {told.scope}; system: {SYSTEMS[told.system].en}",
        *(f"  starts from {fact.fact_id}: “{fact.quotation}” ({fact.english})" for fact in told.facts),
        None,
        f"Read as: {chosen.en} ({chosen.name}): {VERDICTS[chosen.status].en}",
        f"  {chosen.statement_en}",
        f"  why this reading: {chosen.why}" if chosen.why else "",
        f"  our yardstick: {told.yardstick_en}" if told.yardstick_en else "",
        f"  choices: {_choices(chosen)}",
        *(f"  {note}" for note in chosen.notes),
        f"  rests on {QUALITIES[chosen.quality].en} data",
    ]
    if told.others:
        lines += [None, "Other readings:"]
        for other in told.others:
            lines += [f"  {other.name}: {other.en}: {VERDICTS[other.status].en}", f"    {other.statement_en}"]
    return _joined(lines)


def _chinese(told: Explanation) -> str:
    document = told.document
    number = document.number or f"无文号（{document.number_note}）"
    dated = document.issued or document.issued_note
    year = f"，目标年份{told.target_year}年" if told.target_year else ""
    chosen = told.chosen
    lines: list[str | None] = [
        f"{told.rule_id}  {told.name_zh}",
        f"  “{told.quotation}”",
        f"  {document.title_zh}，{number}，{document.issuer}，{dated}；{told.section}",
        f"  {STRENGTHS[told.strength].zh}{year}；适用范围：{told.scope}；所属体系：{SYSTEMS[told.system].zh}",
        *(f"  依据{fact.fact_id}：“{fact.quotation}”" for fact in told.facts),
        None,
        f"采用口径：{chosen.zh}（{chosen.name}）：{VERDICTS[chosen.status].zh}",
        f"  {chosen.statement_zh}",
        f"  采用理由：{chosen.why}" if chosen.why else "",
        f"  本工具参考线：{told.yardstick_zh}" if told.yardstick_zh else "",
        f"  参数：{_choices(chosen)}",
        *(f"  {note}" for note in chosen.notes),
        f"  数据质量：{QUALITIES[chosen.quality].zh}",
    ]
    if told.others:
        lines += [None, "其他口径："]
        for other in told.others:
            lines += [f"  {other.name}：{other.zh}：{VERDICTS[other.status].zh}", f"    {other.statement_zh}"]
    return _joined(lines)


def _joined(lines: list[str | None]) -> str:
    """Join lines; an empty one is left out, None is a blank line."""
    return "\n".join(line or "" for line in lines if line is None or line)


def _choices(reading: ReadingOutcome) -> str:
    return "; ".join(f"{c.key} = {c.value}{' (default)' if c.is_default else ''}" for c in reading.choices)
