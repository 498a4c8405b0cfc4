"""A study held against its rule packs: every rule, every reading, every area."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from coverplan.core.errors import Cancelled, InputError, Problem, ProblemList, did_you_mean
from coverplan.core.model import Study
from coverplan.core.progress import SILENT, Progress
from coverplan.roads.network import Network
from coverplan.standards.checks.assignment import check_assignment
from coverplan.standards.checks.bench import Bench, Outcome, build_bench
from coverplan.standards.checks.count import check_count, check_register
from coverplan.standards.checks.existence import check_existence
from coverplan.standards.checks.proximity import check_proximity
from coverplan.standards.checks.ratio import check_ratio
from coverplan.standards.checks.reach import check_reach
from coverplan.standards.checks.response import check_response
from coverplan.standards.checks.share import check_share
from coverplan.standards.checks.siting import check_siting
from coverplan.standards.checks.trend import check_trend
from coverplan.standards.fields import Fields
from coverplan.standards.findings import Assessment, Verdict
from coverplan.standards.rules import Reading, Rule, RulePack, read_pack
from coverplan.travel.router import Router

CHECKS: Mapping[str, Callable[[Bench, Rule, Reading, Any], Outcome]] = {
    "reach": check_reach,
    "response": check_response,
    "proximity": check_proximity,
    "assignment": check_assignment,
    "count": check_count,
    "ratio": check_ratio,
    "share": check_share,
    "register": check_register,
    "existence": check_existence,
    "siting": check_siting,
    "trend": check_trend,
}
"""The check kinds by the name that packs use; the parameters of each are declared in `standards.params.PARAMS`."""

SETTINGS = ("outside_m", "previous_run")
"""The options of a study that are not rules."""


def assess(
    study: Study,
    network: Network,
    *,
    packs: tuple[RulePack, ...] | None = None,
    previous: Mapping[str, Any] | str | Path | None = None,
    only: Collection[str] = (),
    routers: dict[str, Router] | None = None,
    progress: Progress = SILENT,
) -> Assessment:
    """Hold a study against its rule packs.

    Each distinct question (which facilities, by what, in which direction, time or distance) is put to the network
    once, however many readings rest on it.

    Parameters
    ----------
    study, network
        The study and its roads, in the same projected CRS. `study.options` may name, for a rule, the reading that
        decides its verdict (`{"JJ-117": "line"}`).
    packs
        Rule packs already read; those that `study.standards` names unless given.
    previous
        An earlier run to compare with, for trends: its folder, or the content of its `verdicts.json`. Unless given,
        `study.options["previous_run"]`, a folder relative to the config.
    only
        Check these rules alone, and those that they compare themselves with; all of them when empty.
    routers
        By profile, from an assessment of the same people and roads before; those that have to be made are added, so
        that handing the same mapping on saves making them again. The outcome is the same without it.
    progress
        Told of every rule.

    Raises
    ------
    InputError
        When a pack is wrong or missing, two packs share a rule id, the study names no pack, an option names a rule or
        reading that there is not, or the earlier run cannot be read.
    Cancelled
        When the progress says so.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> assessment = cp.assess(study, cp.build_network(study))
    >>> [verdict.rule.rule_id for verdict in assessment.verdicts]
    ['TB-1', 'TB-2', 'TB-3', 'TB-4']
    """
    rules = [rule for pack in (_read_packs(study) if packs is None else packs) for rule in pack.rules]
    _refuse_repeated(rules)
    rules = _narrowed(choose_readings(rules, study.options), only)
    fields = Fields(study, network, progress=progress, routers=routers)
    bench = replace(build_bench(study, fields), previous=_previous(study, previous))
    points: dict[str, pd.DataFrame] = {}
    verdicts: dict[str, Verdict] = {}
    # Trends compare what the other rules came out as, so they come last; the verdicts keep the order of the packs.
    for done, rule in enumerate(sorted(rules, key=lambda rule: rule.check == "trend")):
        if progress.cancelled():
            raise Cancelled("stopped while rules were checked")
        progress.message(f"{rule.rule_id} {rule.name_zh} {rule.name_en}")
        bench = replace(bench, findings={name: verdict.findings for name, verdict in verdicts.items()})
        outcomes = [CHECKS[rule.check](bench, rule, reading, reading.params) for reading in rule.readings]
        points |= {o.finding.key: o.points for o in outcomes if o.points is not None}
        verdicts[rule.rule_id] = Verdict(rule=rule, findings=tuple(outcome.finding for outcome in outcomes))
        progress.advance(done + 1, len(rules))
    ordered = tuple(verdicts[rule.rule_id] for rule in rules)
    return Assessment(study=study, network=network, verdicts=ordered, points=points)


def choose_readings(rules: Iterable[Rule], options: Mapping[str, str]) -> list[Rule]:
    """Let the reading that a study chose decide: it stands first, and says who chose it.

    Raises
    ------
    InputError
        For every option that names a rule or a reading that there is not.
    """
    listed = list(rules)
    chosen = {name: reading for name, reading in options.items() if name not in SETTINGS}
    problems = ProblemList()
    known = {rule.rule_id: rule for rule in listed}
    for name, reading in chosen.items():
        if name not in known:
            hint = did_you_mean(name, [*known, *SETTINGS])
            problems.add(f"option '{name}' is neither a rule of the study's packs nor a setting", hint=hint)
        elif reading not in (names := [one.name for one in known[name].readings]):
            problems.add(f"'{reading}' is not a reading of {name}", column=name, hint=did_you_mean(reading, names))
    problems.raise_if_any()
    return [_with_first(rule, chosen[rule.rule_id]) if rule.rule_id in chosen else rule for rule in listed]


def _narrowed(rules: list[Rule], only: Collection[str]) -> list[Rule]:
    """Keep some rules, and those that their trends look back at."""
    if not only:
        return rules
    wanted = [rule for rule in rules if rule.rule_id in only]
    seen = {getattr(reading.params, "rule", None) for rule in wanted for reading in rule.readings}
    return [rule for rule in rules if rule.rule_id in {*only, *seen}]


def _with_first(rule: Rule, name: str) -> Rule:
    default = rule.readings[0]
    if default.name == name:
        return rule
    first = next(reading for reading in rule.readings if reading.name == name)
    first = replace(first, why=f"Chosen in the study's options; the pack's own default is '{default.name}'.")
    return replace(rule, readings=(first, *(reading for reading in rule.readings if reading.name != name)))


def _previous(study: Study, given: Mapping[str, Any] | str | Path | None) -> Mapping[str, Any] | None:
    """Read the verdicts of an earlier run."""
    if isinstance(given, Mapping):
        return given
    if given is None:
        named = study.options.get("previous_run")
        if not named:
            return None
        given = named if study.config is None else study.config.parent / named
    path = Path(given) / "verdicts.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        hint = "a folder that coverplan run wrote, with verdicts.json in it"
        raise InputError([Problem(what="the earlier run cannot be read", file=str(path), hint=hint)]) from None


def _read_packs(study: Study) -> list[RulePack]:
    problems, packs = ProblemList(), []
    for path in study.standards:
        try:
            packs.append(read_pack(path))
        except InputError as error:
            problems.extend(error.problems)
    problems.raise_if_any()
    if not packs:
        raise InputError([Problem(what="the study names no rule pack", hint="add standards: [...] to its config")])
    return packs


def _refuse_repeated(rules: list[Rule]) -> None:
    ids = [rule.rule_id for rule in rules]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        hint = "each rule belongs into one pack"
        raise InputError(Problem(what=f"rule '{name}' stands in two packs", hint=hint) for name in twice)
