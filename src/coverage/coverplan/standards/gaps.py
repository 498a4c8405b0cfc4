"""The gap list: who is left outside and where, which areas are short of what, worst first, with the cause."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from coverplan.access.coverage import ELSEWHERE, TOTAL
from coverplan.core.words import CAUSES, SYSTEMS
from coverplan.standards.checks.bench import ELSEWHERE_EN, ELSEWHERE_ZH, count_type
from coverplan.standards.findings import Assessment, Finding, Verdict
from coverplan.standards.params import AssignmentParams
from coverplan.standards.remedies import with_remedies

GAP_COLUMNS: dict[str, str] = {
    "rank": "1 is the worst within its rule and reading.",
    "rule_id": "The rule.",
    "rule": "Its Chinese name.",
    "rule_en": "Its English name.",
    "reading": "Name of the reading.",
    "reading_zh": "What the reading is called in Chinese.",
    "reading_en": "And in English.",
    "place_id": "Village or community; empty where a whole area, or everything, is meant.",
    "place": "Its name; the point's identifier where people have no place.",
    "area_id": "Town or street; `all` for everything together, empty for what lies in no area.",
    "area": "Its Chinese name.",
    "area_en": "Its English name.",
    "people": "People outside the limit at this place; missing for counts.",
    "place_people": "Everyone who lives at this place; for counts, in the area.",
    "value": "Minutes or kilometres of the worst point outside, inf when it is not reached; missing for counts.",
    "unit": "min or km; for counts what is counted.",
    "limit": "What the value is held against; missing for counts.",
    "over": "How far the value is beyond the limit; inf when not reached.",
    "facility_id": "Nearest facility that counts, seen from the worst point; missing when none is reached.",
    "nearest": "Its Chinese name.",
    "nearest_en": "Its English name.",
    "cause": "too_far, not_connected, off_network, none_of_kind, or too_few (counts).",
    "cause_zh": "The cause in Chinese.",
    "have": "How many there are; missing for reach and response.",
    "need": "How many are needed.",
    "short": "How many are missing.",
    "status": "The finding's status for everyone: measured means that the text sets no limit for the share.",
    "quality": "Weakest quality of all it rests on.",
    "lacks": "What a facility or village lacks, where that is not a number or a distance.",
    "lacks_zh": "And in Chinese.",
    "closes": "What would close the gap, in English.",
    "closes_zh": "And in Chinese.",
    "closes_count": "How many of what would close it: vehicles, devices, beds, facilities; for people, whom to reach.",
    "closes_unit": "What that counts.",
    "system": "Which of the plan's systems the rule belongs to.",
    "system_zh": "What the system is called in Chinese.",
}
"""Columns of `gaps`."""

_TYPES = {
    **dict.fromkeys(("rank",), "int64"),
    **dict.fromkeys(("people", "place_people"), "Int64"),
    **dict.fromkeys(("value", "limit", "over", "closes_count"), "float64"),
}
_AMOUNTS = ("have", "need", "short")


def gaps(assessment: Assessment, *, all_readings: bool = False) -> pd.DataFrame:
    """List who is left outside, and what is missing where, worst first.

    A rule about reach or response gives one row per village or community with people outside the limit; most people
    outside come first, then the farthest. The rows of a finding add up to its `people_outside`. A rule about counts
    that is not met gives a row for everything (`area_id` is `all`) and one per area that is short; as needs are rounded
    up, the areas may be short of more than the whole. A rule about single villages, towns or facilities gives one row
    for each that is not as it should be. Rules without data give no rows. Every row says what would close it.

    Parameters
    ----------
    assessment
        What `assess` returned.
    all_readings
        Also list the readings that are not the default.

    Returns
    -------
    DataFrame
        `GAP_COLUMNS`, in the order of the rules, then by rank.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> told = cp.gaps(cp.assess(study, cp.build_network(study)))
    >>> bool((told["people"].dropna() > 0).all())
    True
    """
    parts = [
        _finding_rows(assessment, verdict, finding)
        for verdict in assessment.verdicts
        for finding in (verdict.findings if all_readings else verdict.findings[:1])
    ]
    parts = [part for part in parts if len(part)]
    if not parts:
        return _typed(pd.DataFrame(columns=list(GAP_COLUMNS)))
    return pd.concat(parts, ignore_index=True)


def _finding_rows(assessment: Assessment, verdict: Verdict, finding: Finding) -> pd.DataFrame:
    if finding.key in assessment.points:
        rows = _places(assessment, finding, assessment.points[finding.key])
    elif finding.units is not None and finding.status != "no_data":
        rows = _units(assessment, finding, finding.units)
    elif finding.status == "not_met":
        rows = _counts(assessment, finding)
    else:
        return pd.DataFrame(columns=list(GAP_COLUMNS))
    rule, reading = verdict.rule, finding.reading
    rows = with_remedies(rows, finding)
    return _typed(
        rows.assign(
            rank=np.arange(1, len(rows) + 1),
            rule_id=rule.rule_id,
            rule=rule.name_zh,
            rule_en=rule.name_en,
            system=rule.system,
            system_zh=SYSTEMS[rule.system].zh,
            reading=reading.name,
            reading_zh=reading.zh,
            reading_en=reading.en,
            cause_zh=[CAUSES[cause].zh for cause in rows["cause"]],
            status=finding.status,
            quality=finding.quality,
        )
    )


def _places(assessment: Assessment, finding: Finding, points: pd.DataFrame) -> pd.DataFrame:
    """One row per place with people outside; value, facility and cause are those of its worst point."""
    named = points.assign(place_key=points["place_id"].where(points["place_id"] != "", points["point_id"]))
    named["place"] = named["place"].where(named["place"] != "", named["place_key"])
    outside = named[~named["within"] & (named["people"] > 0)]
    worst = outside.sort_values(["value", "people", "point_id"], ascending=[False, False, True])
    worst = worst.drop_duplicates("place_key").set_index("place_key")
    left = outside.groupby("place_key")["people"].sum()
    everyone = named.groupby("place_key")["people"].sum()
    rows = worst.assign(people=left, place_people=everyone.reindex(worst.index))
    rows = rows.sort_values(["people", "value", "point_id"], ascending=[False, False, True])
    facilities = assessment.study.facilities.set_index("facility_id")
    limit = float("nan") if finding.point_limit is None else finding.point_limit
    return _with_areas(assessment, rows.reset_index(drop=True)).assign(
        unit=finding.point_unit,
        limit=limit,
        over=lambda table: table["value"] - limit,
        nearest=lambda table: table["facility_id"].map(facilities["name"]),
        nearest_en=lambda table: table["facility_id"].map(facilities["name_en"]),
        cause=lambda table: table["reason"].where(table["reason"] != "", "too_far"),
    )


def _counts(assessment: Assessment, finding: Finding) -> pd.DataFrame:
    """One row for everything together, then one per area that is short, the shortest of units first."""
    areas = finding.areas[finding.areas["short"].fillna(0) > 0]
    areas = areas.sort_values(["short", "people"], ascending=False, kind="stable")
    everything = {
        "area_id": TOTAL,
        "area": assessment.study.name,
        "area_en": assessment.study.name_en,
        "people": finding.people,
        "have": finding.have,
        "need": finding.need,
        "short": finding.short,
    }
    kept = areas[list(everything)].astype(dict.fromkeys(_AMOUNTS, "float64"))
    rows = pd.concat([pd.DataFrame([everything]).astype(kept.dtypes.to_dict()), kept], ignore_index=True)
    rows = rows.rename(columns={"people": "place_people"})
    cause = "too_few" if finding.short > 0 else "off_target" if math.isnan(finding.need) else "too_many"
    return rows.assign(place_id="", place="", unit=finding.shortfall_unit, cause=cause)


def _units(assessment: Assessment, finding: Finding, units: pd.DataFrame) -> pd.DataFrame:
    """One row per village, town or facility that is not as it should be; most people, most units, farthest first."""
    rows = units[units["status"] == "not_met"]
    order = ["people", "short", "value"]
    rows = rows.sort_values(order, ascending=False, kind="stable", na_position="last").reset_index(drop=True)
    facilities = assessment.study.facilities.set_index("facility_id")
    params = finding.reading.params
    limit = getattr(params, "limit", None)
    rows = rows.rename(columns={"unit_id": "place_id", "unit": "place", "people": "place_people"}).assign(
        unit=_unit_of_values(finding),
        limit=float("nan") if limit is None else limit.value,
    )
    is_area = (rows["unit_kind"] == "area").to_numpy(dtype=bool)
    rows = rows.assign(
        over=rows["value"] - rows["limit"],
        people=rows["place_people"],
        nearest=rows["facility_id"].map(facilities["name"]),
        nearest_en=rows["facility_id"].map(facilities["name_en"]),
        place_id=rows["place_id"].mask(is_area, ""),
    )
    named = _with_areas(assessment, rows)
    # What lies in no area has an empty one; a service area is in several and says its own name.
    return named.assign(area=named["area"].fillna(""), area_en=named["area_en"].fillna(""))


def _unit_of_values(finding: Finding) -> str:
    """Name what the values of single things are in: the unit of their limit, else what is counted."""
    params = finding.reading.params
    limit = getattr(params, "limit", None)
    if limit is not None:
        return limit.unit
    if isinstance(params, AssignmentParams):
        return "min" if params.by == "time" else "km"
    return finding.shortfall_unit


def _with_areas(assessment: Assessment, rows: pd.DataFrame) -> pd.DataFrame:
    areas = assessment.study.areas.set_index("area_id")
    elsewhere = rows["area_id"] == ELSEWHERE
    return rows.assign(
        area=rows["area_id"].map(areas["name"]).mask(elsewhere, ELSEWHERE_ZH),
        area_en=rows["area_id"].map(areas["name_en"]).mask(elsewhere, ELSEWHERE_EN),
    )


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.reindex(columns=list(GAP_COLUMNS))
    kinds = {name: _TYPES.get(name, "str") for name in GAP_COLUMNS}
    # Counts are whole, unless what is counted is not (yuan).
    kinds |= {name: count_type(rows[name]) for name in _AMOUNTS}
    return rows.astype(kinds)
