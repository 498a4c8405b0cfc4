"""What comes out of a rule: one finding per way of reading it, the verdict they make, and the assessment of a study.

Three kinds of figures
----------------------
A **reach** finding holds every person against a limit (`point_limit`, in `point_unit`: 15 min, 5 km) and its figure is
the share of people within, 0..1 (`unit` is `share_people`). A **response** finding does the same, and its figure is a
statistic of the response time in `min`, or again the share. A **ratio** finding counts: its figure is how many there
are, its limit how many are needed (`vehicle`, `device`); `rate` says the same per so many people. A **share**
finding's figure is a part of a whole, 0..1 (`share_vehicles`). **count** and **register** findings have the figure
itself and what the text asks of it. **existence**, **siting**, **proximity** and **assignment** findings look at single
villages, towns or facilities (`units`), and their figure is the share of those that are as they should be. A **trend**
finding's figure is the new figure divided by the old one (`times`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import pandas as pd

from coverplan.core.model import Study
from coverplan.core.words import worst_quality
from coverplan.roads.network import Network
from coverplan.standards.rules import Reading, Rule

Status = Literal["met", "not_met", "measured", "no_data"]
"""`measured`: the text sets no limit for the figure. `no_data`: a table that the rule needs is absent or empty."""

AREA_COLUMNS: dict[str, str] = {
    "area_id": "Identifier of the town or street; empty text for people and vehicles that lie in none.",
    "area": "Its Chinese name.",
    "area_en": "Its English name.",
    "status": "met, not_met, measured or no_data for this area alone.",
    "figure": "The finding's figure for this area, in the finding's unit; missing where there is nothing to measure.",
    "limit": "What the figure is held against here; missing where the text sets nothing.",
    "people": "Residents of the area, from the people table.",
    "people_within": "Those within the limit (reach, response); missing for counts.",
    "people_outside": "Those who are not, unreached people included; people_within + people_outside = people.",
    "people_unreached": "Those whom no route reaches at all; part of people_outside.",
    "mean": "Mean over the people who are reached, weighted by people, in the finding's point unit.",
    "median": "Value that half of all people stay within; inf when fewer than half are reached.",
    "p90": "Value that 90 % of all people stay within; inf when fewer are reached.",
    "max": "Farthest person; inf when somebody is not reached.",
    "have": "How many there are (ratio), or how many make the part (share); missing for reach and response.",
    "need": "How many are needed; whole numbers unless what is counted is not (yuan).",
    "short": "How many are missing, never below 0.",
}
"""Columns of `Finding.areas`, one row per area in the order of the areas table; the same for every check kind."""

POINT_COLUMNS: dict[str, str] = {
    "point_id": "Demand point, in the order of the people table.",
    "place_id": "Village or community it belongs to; empty text where the table has none.",
    "place": "Name of that village or community.",
    "area_id": "Town or street.",
    "people": "Residents.",
    "value": "Minutes or kilometres to the nearest facility that counts, in the point unit; inf when unreached.",
    "within": "Whether the value keeps the limit; decided in whole tenths of seconds and metres, before conversion.",
    "facility_id": "That nearest facility; missing when there is none.",
    "reason": "Empty when reached, else none_of_kind, off_network or not_connected.",
}
"""Columns of each table in `Assessment.points`."""

UNIT_COLUMNS: dict[str, str] = {
    "unit_id": "The village, town, zone, hub or facility that was looked at.",
    "unit_kind": "place, area, zone, service_area, facility or aed.",
    "unit": "Its Chinese name.",
    "unit_en": "Its English name.",
    "area_id": "Town or street it lies in; empty where it lies in none, or in several.",
    "status": "met, not_met, measured or no_data for this one.",
    "people": "Residents of it; missing for facilities.",
    "have": "How many it has; missing for distances.",
    "need": "How many it needs.",
    "short": "How many it lacks.",
    "value": "Minutes or kilometres to the nearest that counts, inf when none is reached; missing for counts.",
    "facility_id": "That nearest facility, or the hub it belongs to; missing when there is none.",
    "lacks": "What it lacks, in English, where that is not a number.",
    "lacks_zh": "And in Chinese.",
    "cause": "Why it is not met; a key of `core.words.CAUSES`, empty when it is.",
}
"""Columns of `Finding.units`, one row per thing that was looked at."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Finding:
    """What one reading of a rule comes out as.

    Attributes
    ----------
    rule_id, reading
        Which rule, and which way to read it.
    status
        See `Status`.
    figure, unit
        The figure and what it counts: `share_people`, `min`, `vehicle`, `device`, `facility`, `bed`, or
        `share_vehicles` and its like. NaN when there is no data; `inf` when a response time is endless.
    limit
        What the text asks of the figure, in the same unit; None when it sets nothing.
    our_limit, our_status
        Where the text sets nothing: our own labelled reading (0.9 of the people), and whether it would be met. None
        elsewhere.
    shortfall, shortfall_unit
        What is missing: people outside the limit, or vehicles, devices. 0 when the limit is met; NaN without data.
    point_limit, point_unit
        The limit each person is held against (15, `min`); None and empty for counts.
    people, people_within, people_outside
        Everyone in the people table, and the two parts; the latter NaN for counts.
    have, need, short
        For counts, whole numbers: what there is, what is needed, what is missing; NaN elsewhere. A level of every area
        adds up the areas' needs.
    rate, rate_limit, rate_per
        For ratios: units per `rate_per` people (4.24 beds per 1,000), and what the text asks of it.
    units
        For checks of single villages, towns and facilities: one row each, `UNIT_COLUMNS`; None elsewhere.
    total
        For reach and response: people_unreached, mean, median, p90 and max of everyone, as in `AREA_COLUMNS`.
    statement_en, statement_zh
        One sentence for a person; it says when it rests on illustrative data.
    areas
        One row per area, `AREA_COLUMNS`.
    quality
        The weakest quality of all it rests on.
    notes
        Choices and warnings worth printing beside the figure, in English.
    """

    rule_id: str
    reading: Reading
    status: Status
    figure: float
    unit: str
    limit: float | None
    shortfall: float
    shortfall_unit: str
    statement_en: str
    statement_zh: str
    areas: pd.DataFrame
    quality: str
    notes: tuple[str, ...] = ()
    our_limit: float | None = None
    our_status: Literal["met", "not_met"] | None = None
    point_limit: float | None = None
    point_unit: str = ""
    people: float = float("nan")
    people_within: float = float("nan")
    people_outside: float = float("nan")
    have: float = float("nan")
    need: float = float("nan")
    short: float = float("nan")
    rate: float = float("nan")
    rate_limit: float | None = None
    rate_per: float = float("nan")
    units: pd.DataFrame | None = None
    total: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def key(self) -> str:
        """Name of this finding within an assessment: `JJ-117/road`."""
        return reading_key(self.rule_id, self.reading.name)


@dataclass(frozen=True, kw_only=True, eq=False)
class Verdict:
    """A rule and what its readings come out as; the first finding is the default reading and decides."""

    rule: Rule
    findings: tuple[Finding, ...]

    @property
    def default(self) -> Finding:
        """The finding of the default reading."""
        return self.findings[0]

    @property
    def status(self) -> Status:
        """The status of the default reading."""
        return self.default.status

    @property
    def quality(self) -> str:
        """The weakest quality among all readings."""
        return worst_quality(finding.quality for finding in self.findings)


@dataclass(frozen=True, kw_only=True, eq=False)
class Assessment:
    """A study held against its rule packs.

    Attributes
    ----------
    study, network
        What was judged.
    verdicts
        One per rule, in the order of the packs.
    points
        For every finding that holds single people against a limit: its key (`JJ-117/road`) and one row per demand
        point, `POINT_COLUMNS`. Readings that rest on the same field share its values.
    """

    study: Study
    network: Network
    verdicts: tuple[Verdict, ...]
    points: Mapping[str, pd.DataFrame]

    def verdict(self, rule_id: str) -> Verdict:
        """Return the verdict of one rule; KeyError names the rules there are."""
        for verdict in self.verdicts:
            if verdict.rule.rule_id == rule_id:
                return verdict
        raise KeyError(f"no rule {rule_id}; there are {', '.join(v.rule.rule_id for v in self.verdicts)}")

    def finding(self, rule_id: str, reading: str | None = None) -> Finding:
        """Return the finding of one reading, of the default reading when none is named."""
        findings = self.verdict(rule_id).findings
        if reading is None:
            return findings[0]
        for finding in findings:
            if finding.reading.name == reading:
                return finding
        raise KeyError(f"no reading {reading} of {rule_id}; there are {', '.join(f.reading.name for f in findings)}")

    @property
    def quality(self) -> str:
        """The weakest quality among all verdicts."""
        return worst_quality(verdict.quality for verdict in self.verdicts)


def reading_key(rule_id: str, reading: str) -> str:
    """Name a reading within an assessment.

    Examples
    --------
    >>> reading_key("JJ-117", "road")
    'JJ-117/road'
    """
    return f"{rule_id}/{reading}"
