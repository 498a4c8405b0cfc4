"""What a rule pack may say, check by check: every key, its unit, its allowed values and its default.

One class per check kind; its fields are the keys of a pack's `check:` block, and `problems()` says what the types alone
cannot (a column that the table does not have, minutes where kilometres are meant).

Eleven kinds: **reach** and **response** (how far people are), **proximity** (how far facilities are from each other),
**assignment** (whether people belong to the hub that is nearest), **count**, **ratio** and **share** (how many there
are), **register** (a figure of the statistics), **existence** (something in every town, village or service area),
**siting** (inside or outside named areas) and **trend** (more than before).

Keys that many kinds know
-------------------------
where
    Conditions on columns of the counted table. `column: value` or `column: [values]` (any of them), or
    `column: {all: [...]}`, `{not: [...]}`, `{min: 500, max: 1000}`, `{max: year}` (the study's year), `{known: true}`.
    `services` takes the words of `core.words.SERVICES` and those that the pack declares.
operator
    `>=` `>` `<=` `<` `=` `between` `about` `exists`, or as the plan writes it: 以上, 不少于 (`>=`); 超过 (`>`); 以内,
    不超过 (`<=`); 低于 (`<`); 左右 (`about`).
tolerance_pct
    How far `about` may be off, in per cent of the figure: the text never says, so it is our reading and printed.
limit_from
    `text`, or `ours` where the plan sets no figure and the one in the pack is our own yardstick: the verdict is then
    "measured" and the yardstick is labelled as ours.
only_in
    Names of areas or zones, declared under `words: areas:`; only people and facilities there count.
"""

from __future__ import annotations

from coverplan.standards.count_params import CountParams, RatioParams, RegisterParams, ShareParams, Source
from coverplan.standards.point_params import (
    AssignmentParams,
    ProximityParams,
    ReachParams,
    ResponseParams,
)
from coverplan.standards.unit_params import ExistenceParams, SitingParams, TrendParams
from coverplan.standards.vocabulary import COUNTED_TABLES, Condition, Limit, Params, Where, WordBook

__all__ = [
    "COUNTED_TABLES",
    "PARAMS",
    "AssignmentParams",
    "Condition",
    "CountParams",
    "ExistenceParams",
    "Limit",
    "Params",
    "ProximityParams",
    "RatioParams",
    "ReachParams",
    "RegisterParams",
    "ResponseParams",
    "ShareParams",
    "SitingParams",
    "Source",
    "TrendParams",
    "Where",
    "WordBook",
]

PARAMS: dict[str, type[Params]] = {
    "reach": ReachParams,
    "response": ResponseParams,
    "proximity": ProximityParams,
    "assignment": AssignmentParams,
    "count": CountParams,
    "ratio": RatioParams,
    "share": ShareParams,
    "register": RegisterParams,
    "existence": ExistenceParams,
    "siting": SitingParams,
    "trend": TrendParams,
}
"""The check kinds by name."""
