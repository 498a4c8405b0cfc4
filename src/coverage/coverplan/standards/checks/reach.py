"""Who is within so many minutes, or kilometres, of the nearest facility."""

from __future__ import annotations

from coverplan.core.words import PROFILES, UNITS
from coverplan.standards.checks.bench import Bench, Outcome, no_data
from coverplan.standards.checks.points import count_crowd, outcome, within_text
from coverplan.standards.fields import Need
from coverplan.standards.params import ReachParams
from coverplan.standards.rules import Reading, Rule
from coverplan.standards.wording import limit_zh


def check_reach(bench: Bench, rule: Rule, reading: Reading, params: ReachParams) -> Outcome:
    """Return the share of the people within the limit of the nearest facility that counts."""
    field = bench.fields.ask(params)
    if isinstance(field, Need):
        return no_data(bench, rule, reading, field, unit="share_people")
    crowd = count_crowd(bench, params, field.value)
    limit = params.limit
    en, zh = within_text(
        crowd.total,
        (f"within {limit.value:g} {UNITS[limit.unit].en} {reading.en}", f"在{limit_zh(limit.value, limit.unit)}以内"),
        ("not", "不在其内"),
    )
    return outcome(
        bench,
        rule,
        reading,
        params,
        field=field,
        value=field.value,
        statements=(en, f"{reading.zh}：{zh}"),
        crowd=crowd,
        notes=(_how(params),),
    )


def _how(params: ReachParams) -> str:
    if params.by == "line":
        return "Straight lines in the study's projected coordinates."
    way = "toward the facility" if params.toward == "facility" else "from the facility to the people"
    what = "Travel time" if params.by == "time" else "Shortest way by road"
    return f"{what}, profile {PROFILES[params.profile].en}, {way}, door to door."
