"""A study made ready for trying sites of one kind: the rules they may touch, and how far everybody is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from coverplan.core.errors import InputError, Problem
from coverplan.core.model import Study
from coverplan.core.progress import SILENT, Progress
from coverplan.core.units import from_tenths, tenths
from coverplan.core.words import KINDS
from coverplan.inputs.select import kinds_of
from coverplan.roads.network import Float, Network
from coverplan.scenarios.cells import spelled
from coverplan.standards.assess import assess
from coverplan.standards.checks.response import delay_s
from coverplan.standards.fields import FieldKey, Fields, PointField, PointParams, field_key, strict_limit
from coverplan.standards.findings import Assessment
from coverplan.standards.params import ReachParams, ResponseParams
from coverplan.standards.rules import Reading, Rule, RulePack, read_pack
from coverplan.travel.router import Router


@dataclass(frozen=True, kw_only=True, eq=False)
class TrialGround:
    """A study made ready for trying sites of one kind: what the rules say now, and how far everybody is.

    Attributes
    ----------
    rules
        The rules that a facility of this kind may touch.
    base
        What they say now.
    fields
        How far everybody is now, by the question put to the network.
    """

    study: Study
    network: Network
    kind: str
    rules: tuple[Rule, ...]
    base: Assessment
    fields: Mapping[FieldKey, PointField]
    routers: dict[str, Router]

    @property
    def questions(self) -> tuple[tuple[Rule, Reading, PointParams], ...]:
        """The rules that hold single people against a limit, with every reading, in the order of the packs."""
        return tuple(
            (rule, reading, reading.params)
            for rule in self.rules
            for reading in rule.readings
            if isinstance(reading.params, ReachParams | ResponseParams)
        )


def build_trial(
    study: Study,
    network: Network,
    *,
    kind: str = "ems_station",
    packs: tuple[RulePack, ...] | None = None,
    routers: dict[str, Router] | None = None,
    progress: Progress = SILENT,
) -> TrialGround:
    """Make a study ready for trying sites of one kind.

    Parameters
    ----------
    study, network
        The study and its roads.
    kind
        What would be opened, a facility kind, in either language.
    packs
        Rule packs already read; those that `study.standards` names unless given.
    routers
        By profile, made before for this study.
    progress
        Told of every rule.

    Raises
    ------
    InputError
        When the kind is unknown, or none of the study's rules has to do with it.
    """
    kind = _kind(kind)
    packs = tuple(read_pack(path) for path in study.standards) if packs is None else packs
    touched = {rule.rule_id for pack in packs for rule in pack.rules if _touches(rule, kind)}
    if not touched:
        what = f"none of the study's rules has to do with {KINDS[kind].en}s"
        raise InputError([Problem(what=what, hint="add a rule pack to its standards")])
    shared: dict[str, Router] = {} if routers is None else dict(routers)
    base = assess(study, network, packs=packs, only=touched, routers=shared, progress=progress)
    rules = tuple(verdict.rule for verdict in base.verdicts)
    asked = Fields(study, network, progress=progress, routers=shared)
    fields: dict[FieldKey, PointField] = {}
    for rule in rules:
        for reading in rule.readings:
            if isinstance(reading.params, ReachParams | ResponseParams):
                found = asked.ask(reading.params, rule.book)
                if isinstance(found, PointField):
                    fields[field_key(reading.params)] = found
    return TrialGround(
        study=study, network=network, kind=kind, rules=rules, base=base, fields=MappingProxyType(fields), routers=shared
    )


def _kind(written: str) -> str:
    """Return the facility kind that is written so, in either language; a group of kinds is none."""
    kind = spelled(written, KINDS)
    if kind is None:
        kinds_of(written)
        inside = "、".join(name for name, word in KINDS.items() if word.group == written)
        what = f"'{written}' is a group of kinds, and one is opened at a time"
        raise InputError([Problem(what=what, hint=f"one of: {inside}")])
    return kind


def _touches(rule: Rule, kind: str) -> bool:
    """Say whether a facility of a kind, or a vehicle, may change what a rule comes out as."""
    for reading in rule.readings:
        params = reading.params
        if isinstance(params, ReachParams | ResponseParams):
            if kind in kinds_of(params.kinds) and not params.tiers:
                return True
        elif any(word in repr(params) for word in ("'vehicles'", f"'{kind}'", f"'{KINDS[kind].group}'")):
            return True
    return False


def straight(study: Study, x: float, y: float) -> Float:
    """Return metres in a straight line from a spot of the study's CRS to every demand point, whole tenths."""
    return from_tenths(tenths(np.hypot(study.people.geometry.x.to_numpy() - x, study.people.geometry.y.to_numpy() - y)))


def measured_by(params: PointParams) -> str:
    """Return what a check measures by: time, road or line."""
    return params.by if isinstance(params, ReachParams) else "time"


def delay_of(study: Study, params: PointParams) -> float:
    """Return the seconds on the clock before the wheels roll, as far as a check counts them."""
    return delay_s(study.clock, params) if isinstance(params, ResponseParams) else 0.0


def drive_limit(study: Study, params: PointParams) -> float:
    """Return the largest way, in seconds or metres, that keeps a check's limit."""
    return strict_limit(params) - delay_of(study, params)
