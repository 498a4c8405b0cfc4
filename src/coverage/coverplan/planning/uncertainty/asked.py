"""Which rule and which reading is asked about."""

from __future__ import annotations

from dataclasses import dataclass

from coverplan.core.errors import InputError, Problem, did_you_mean
from coverplan.core.model import Study
from coverplan.standards.assess import choose_readings
from coverplan.standards.fields import PointParams
from coverplan.standards.params import ReachParams, ResponseParams
from coverplan.standards.rules import Reading, Rule, RulePack, read_pack


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """One reading of one rule that holds single people against a limit."""

    rule: Rule
    reading: Reading
    params: PointParams

    @property
    def varies(self) -> bool:
        """Whether speeds have anything to do with it: they have not where it measures metres."""
        return isinstance(self.params, ResponseParams) or self.params.by == "time"


def find_asked(
    study: Study, rule: str | None, reading: str | None = None, *, packs: tuple[RulePack, ...] | None = None
) -> Asked:
    """Find a reading of a rule; without a name the first about response times, or else travel times.

    Raises
    ------
    InputError
        When there is no such rule or reading, or it does not hold single people against a limit.
    """
    packs = tuple(read_pack(path) for path in study.standards) if packs is None else packs
    rules = choose_readings([one for pack in packs for one in pack.rules], study.options)
    if rule is None:
        rule = _first(rules)
    known = {one.rule_id: one for one in rules}
    if rule not in known:
        raise _wrong(f"there is no rule '{rule}' in the study's packs", did_you_mean(rule, known))
    names = [one.name for one in known[rule].readings]
    if reading is not None and reading not in names:
        raise _wrong(f"'{reading}' is not a reading of {rule}", did_you_mean(reading, names))
    chosen = known[rule].readings[0 if reading is None else names.index(reading)]
    params = chosen.params
    if not isinstance(params, ReachParams | ResponseParams):
        fitting = [one.rule_id for one in rules if isinstance(one.readings[0].params, ReachParams | ResponseParams)]
        raise _wrong(f"{rule} does not hold people against a limit", f"such rules are {', '.join(fitting) or 'none'}")
    if isinstance(params, ReachParams) and params.of != "people":
        raise _wrong(f"{rule}/{chosen.name} counts {params.of}, not people", "choose a reading that counts people")
    return Asked(rule=known[rule], reading=chosen, params=params)


def _first(rules: list[Rule]) -> str:
    """Name the first rule about response times, or else about travel times of people."""
    fitting = []
    for one in rules:
        params = one.readings[0].params
        if isinstance(params, ResponseParams):
            return one.rule_id
        if isinstance(params, ReachParams) and params.by == "time" and params.of == "people":
            fitting.append(one.rule_id)
    if not fitting:
        raise _wrong("none of the study's rules has to do with travel times", "name a rule, or add a rule pack")
    return fitting[0]


def _wrong(what: str, hint: str | None) -> InputError:
    return InputError([Problem(what=what, hint=hint)])
