"""What every desk stands on: the study as it was read, its roads, its rules, and what they ask of single people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from coverplan.core.model import Study
from coverplan.inputs.select import kinds_of
from coverplan.roads.network import Int64, Network
from coverplan.standards.assess import choose_readings
from coverplan.standards.fields import FieldKey, PointParams, field_key
from coverplan.standards.findings import reading_key
from coverplan.standards.params import ReachParams, ResponseParams
from coverplan.standards.rules import Reading, Rule, RulePack, read_pack
from coverplan.travel.router import Router

MOST_POINTS = 40_000
"""Demand points that a map can draw and stay fluid."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """A reading that holds every person against a limit.

    Attributes
    ----------
    key
        Name of its finding: ``JJ-117/road``.
    asks
        What it puts to the network; questions with the same share the answer.
    """

    rule: Rule
    reading: Reading
    params: PointParams
    key: str
    asks: FieldKey


@dataclass(frozen=True, kw_only=True, eq=False)
class World:
    """A study and its roads, made ready for many people who try things at the same time; nothing in it changes.

    Attributes
    ----------
    packs
        The rule packs, read once.
    rules
        All their rules, in order.
    questions
        The readings that hold single people against a limit, by the name of their finding. Readings about shares of
        ground are not among them: they are for the full assessment.
    routers
        Made before for this study, by profile.
    drawn
        The demand points that a map draws: all, or those with most people, in their order.
    """

    study: Study
    network: Network
    packs: tuple[RulePack, ...]
    rules: tuple[Rule, ...]
    questions: Mapping[str, Question]
    routers: Mapping[str, Router]
    drawn: Int64 | slice

    def deciding(self, options: Mapping[str, str]) -> tuple[Question, ...]:
        """Return the question that decides each rule, under the study's options and some of one's own.

        Rules whose deciding reading asks for something else than single people have none.

        Raises
        ------
        InputError
            When an option names a rule or a reading that there is not.
        """
        chosen = choose_readings(self.rules, {**self.study.options, **options})
        keys = (reading_key(rule.rule_id, rule.readings[0].name) for rule in chosen)
        return tuple(self.questions[key] for key in keys if key in self.questions)


def open_world(
    study: Study,
    network: Network,
    *,
    packs: tuple[RulePack, ...] | None = None,
    routers: Mapping[str, Router] | None = None,
) -> World:
    """Make a study ready for desks.

    Parameters
    ----------
    study, network
        The study and its roads.
    packs
        Rule packs already read; those that `study.standards` names unless given.
    routers
        By profile, made before for this study.

    Raises
    ------
    InputError
        When a pack is wrong, or the study's options name what there is not.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> world = open_world(study, cp.build_network(study))
    >>> [question.key for question in world.deciding({})]
    ['TB-1/drive', 'TB-2/p90']
    """
    packs = tuple(read_pack(path) for path in study.standards) if packs is None else packs
    rules = tuple(rule for pack in packs for rule in pack.rules)
    questions = {one.key: one for rule in rules for reading in rule.readings for one in _question(rule, reading)}
    world = World(
        study=study,
        network=network,
        packs=packs,
        rules=rules,
        questions=MappingProxyType(questions),
        routers=MappingProxyType(dict(routers or {})),
        drawn=_drawn(study),
    )
    world.deciding({})
    return world


def _drawn(study: Study) -> Int64 | slice:
    people = study.people["people"].to_numpy(dtype=float)
    if len(people) <= MOST_POINTS:
        return slice(None)
    return np.sort(np.argsort(-people, kind="stable")[:MOST_POINTS])


def _question(rule: Rule, reading: Reading) -> list[Question]:
    params = reading.params
    if not isinstance(params, ReachParams | ResponseParams) or getattr(params, "of", "people") == "area":
        return []
    key = reading_key(rule.rule_id, reading.name)
    return [Question(rule=rule, reading=reading, params=params, key=key, asks=field_key(params))]


def kinds_asked(question: Question) -> tuple[str, ...]:
    """Return the kinds of facilities that a question counts; none named means every kind."""
    return kinds_of(question.params.kinds)
