"""One user's private working copy: edits, year, part of the week, options; undo and redo."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from coverplan.app.complaints import Told, plain_text, problem
from coverplan.app.drafts import Content, Draft, Drafts
from coverplan.app.edits import MOST_EDITS, joined, read_edits
from coverplan.app.figures import View, view_of
from coverplan.core.errors import CoverplanError, InputError, ProblemList, did_you_mean
from coverplan.scenarios.edits import Edit

MOST_DESKS = 200
IDLE_S = 8 * 3600.0
_MOST_STEPS = 200


class NoSuchThingError(CoverplanError):
    """What was asked for is not there; `problem` says what, in both languages."""

    def __init__(self, told: Told) -> None:
        super().__init__(told.what)
        self.problem = told


def _no_options() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Version:
    """What undo brings back: the content of a draft, and the options of the standards."""

    content: Content
    options: Mapping[str, str] = field(default_factory=_no_options)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One user's working copy.

    Attributes
    ----------
    revision
        Counts every change.
    name, scenario
        What the user calls it, and the saved scenario it was opened from or last saved as; empty for none.
    now, past, future
        What is looked at, what undo brings back (the last one first), and what redo does.
    """

    desk_id: str
    now: Version
    revision: int = 0
    name: str = ""
    scenario: str = ""
    past: tuple[Version, ...] = ()
    future: tuple[Version, ...] = ()


def stepped(desk: Desk, now: Version) -> Desk:
    """Return a desk one step farther; undo leads back. Nothing that can be redone is left."""
    if now == desk.now:
        return desk
    past = (*desk.past, desk.now)[-_MOST_STEPS:]
    return replace(desk, now=now, past=past, future=(), revision=desk.revision + 1)


def undone(desk: Desk) -> Desk:
    """Return a desk one step back; the same when there is none."""
    if not desk.past:
        return desk
    future = (desk.now, *desk.future)
    return replace(desk, now=desk.past[-1], past=desk.past[:-1], future=future, revision=desk.revision + 1)


def redone(desk: Desk) -> Desk:
    """Return a desk as it was before the last undo; the same when there was none."""
    if not desk.future:
        return desk
    past = (*desk.past, desk.now)
    return replace(desk, now=desk.future[0], past=past, future=desk.future[1:], revision=desk.revision + 1)


def with_edits(desk: Desk, drafts: Drafts, data: Sequence[Any]) -> Desk:
    """Return a desk with further edits, all or none of them.

    Raises
    ------
    InputError
        When something is wrong with one, they contradict each other or earlier ones, or there are too many.
    """
    draft = drafts.draft(desk.now.content)
    # Devices of this desk may be put elsewhere under the same name, so they are not held against themselves.
    study = replace(draft.study, aeds=drafts.world.study.aeds)
    new = read_edits(data, study, taken=draft.study.aeds["name"].dropna())
    return with_all(desk, drafts, joined(desk.now.content.edits, new))


def with_all(desk: Desk, drafts: Drafts, edits: tuple[Edit, ...]) -> Desk:
    """Return a desk with other edits in the place of its own.

    Raises
    ------
    InputError
        When something is wrong with them.
    """
    if len(edits) > MOST_EDITS:
        raise InputError([problem("too_many_edits", "edits", most=MOST_EDITS)])
    content = replace(desk.now.content, edits=edits)
    plain = replace(content, edits=tuple(replace(edit, line=None) for edit in edits))
    drafts.draft(content)
    return stepped(desk, replace(desk.now, content=plain))


def without_edit(desk: Desk, drafts: Drafts, index: int) -> Desk:
    """Return a desk without one of its edits.

    Raises
    ------
    NoSuchThingError
        When it has no such edit.
    """
    edits = desk.now.content.edits
    if not 0 <= index < len(edits):
        raise NoSuchThingError(problem("no_edit", "index", index=index, n=len(edits)))
    return with_all(desk, drafts, edits[:index] + edits[index + 1 :])


def with_settings(desk: Desk, drafts: Drafts, given: Mapping[str, Any]) -> Desk:
    """Return a desk with another year, part of the week, options or name: those that are given.

    Raises
    ------
    InputError
        When there is no such part of the week, rule or reading.
    """
    now = desk.now
    year = given.get("year") or now.content.year
    period = (given["period"] or "") if "period" in given else now.content.period
    options = given.get("options")
    told = now.options if options is None else MappingProxyType(dict(sorted(options.items())))
    _check(drafts, period, told)
    content = replace(now.content, year=year, period=period)
    drafts.draft(content)
    desk = stepped(desk, Version(content=content, options=told))
    name = given.get("name")
    if name is not None and name != desk.name:
        desk = replace(desk, name=name, revision=desk.revision + 1)
    return desk


def _check(drafts: Drafts, period: str, options: Mapping[str, str]) -> None:
    """Refuse parts of the week, rules and readings that there are not."""
    problems = ProblemList()
    profiles = drafts.world.study.profiles.values()
    known = list(dict.fromkeys(name for profile in profiles if profile.mode == "drive" for name in profile.periods))
    if period and period not in known:
        problems.extend([problem("no_period", "period", hint=did_you_mean(period, known), period=plain_text(period))])
    try:
        drafts.world.deciding(options)
    except InputError as error:
        problems.extend(replace(one, column=f"options.{one.column or ''}".rstrip(".")) for one in error.problems)
    problems.raise_if_any()


def look(desk: Desk, drafts: Drafts, rule_id: str | None = None) -> View:
    """Return what a desk shows.

    Raises
    ------
    NoSuchThingError
        When the rule does not hold single people against a limit.
    """
    draft: Draft = drafts.draft(desk.now.content)
    try:
        return view_of(draft, drafts.base(desk.now.content), desk.now.options, rule_id)
    except KeyError:
        known = ", ".join(one.rule.rule_id for one in drafts.world.deciding(desk.now.options))
        rule = plain_text(rule_id or "")
        raise NoSuchThingError(problem("rule_not_shown", "rule", rule=rule, known=known)) from None


@dataclass(kw_only=True)
class _Held:
    desk: Desk
    used: float
    lock: threading.Lock = field(default_factory=threading.Lock)


class Desks:
    """All desks of a server: each is known by an identifier that nobody can guess."""

    def __init__(self, drafts: Drafts, *, most: int = MOST_DESKS, idle_s: float = IDLE_S) -> None:
        self.drafts = drafts
        self._most, self._idle_s = most, idle_s
        self._lock = threading.Lock()
        self._held: OrderedDict[str, _Held] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def begin(self, edits: tuple[Edit, ...] = (), *, name: str = "", scenario: str = "") -> Desk:
        """Put up a new desk; the one unused for longest makes room."""
        year = self.drafts.world.study.year
        content = Content(year=year, edits=tuple(replace(edit, line=None) for edit in edits))
        self.drafts.draft(content)
        desk_id = secrets.token_urlsafe(15)
        desk = Desk(desk_id=desk_id, now=Version(content=content), name=name, scenario=scenario)
        now = time.monotonic()
        with self._lock:
            self._held[desk_id] = _Held(desk=desk, used=now)
            for other, held in list(self._held.items()):
                if len(self._held) > self._most or now - held.used > self._idle_s:
                    del self._held[other]
        return desk

    def _find(self, desk_id: str) -> _Held:
        with self._lock:
            held = self._held.get(desk_id)
            if held is None:
                raise NoSuchThingError(problem("no_desk", "desk_id"))
            held.used = time.monotonic()
            self._held.move_to_end(desk_id)
            return held

    def desk(self, desk_id: str) -> Desk:
        """Return a desk; NoSuchThingError when there is none."""
        return self._find(desk_id).desk

    def change(self, desk_id: str, how: Callable[[Desk], Desk]) -> Desk:
        """Change a desk, one change after the other; when `how` raises it stays as it is."""
        held = self._find(desk_id)
        with held.lock:
            held.desk = how(held.desk)
            return held.desk

    def end(self, desk_id: str) -> None:
        """Take a desk away; NoSuchThingError when there is none."""
        self._find(desk_id)
        with self._lock:
            self._held.pop(desk_id, None)
