"""How far facilities, AED places or villages are from facilities of another kind, or from their own parents."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from coverplan.core.tables import cells_of
from coverplan.core.units import METRES_PER_KM, SECONDS_PER_MINUTE, within
from coverplan.core.words import PROFILES, UNITS
from coverplan.roads.network import Float
from coverplan.standards.checks.bench import Bench, Outcome, no_data, serving
from coverplan.standards.checks.singles import single_finding
from coverplan.standards.chosen import (
    Need,
    keep_in,
    matches,
    missing_for,
    qualities_of,
    regions,
)
from coverplan.standards.fields import hours_note
from coverplan.standards.params import ProximityParams
from coverplan.standards.rules import Reading, Rule
from coverplan.standards.wording import limit_zh

_KINDS = {"facilities": "facility", "aeds": "aed", "places": "place"}
_KEYS = {"facilities": "facility_id", "aeds": "aed_id", "places": "place_id"}
_COUNTED = {"facilities": "facility", "aeds": "device", "places": "village"}
_UNITS = {"facilities": "share_facilities", "aeds": "share_devices", "places": "share_places"}
_TENTH = 0.1


def check_proximity(bench: Bench, rule: Rule, reading: Reading, params: ProximityParams) -> Outcome:
    """Return the share of some facilities (AED places, villages) that lie within a limit of another kind."""
    study, book = bench.study, rule.book
    counted = _COUNTED[params.table]
    unit = (
        "share_places" if params.table == "places" else "share_facilities" if counted == "facility" else "share_devices"
    )
    region = regions(study, params.only_in)
    needs = (
        missing_for(study, params.table, params.where, book),
        missing_for(study, params.to_table, params.to, book),
        missing_for(study, "facilities", params.where, book, amount="parents") if params.to_parent else None,
        region if isinstance(region, Need) else None,
    )
    need = next((need for need in needs if need is not None), None)
    if need is not None or isinstance(region, Need):
        return no_data(bench, rule, reading, need or Need(en="", zh=""), unit=unit)
    rows = keep_in(study, serving(bench, params.table)[0], region)
    rows = rows[matches(study, rows, params.where, book)].reset_index(drop=True)
    there = serving(bench, params.to_table)[0]
    targets = there[matches(study, there, params.to, book)].reset_index(drop=True)
    targets = targets.rename(columns={_KEYS[params.to_table]: "facility_id"})
    if not len(rows):
        return no_data(bench, rule, reading, Need(en=f"at least one such row in service in the {params.table} table",
                                                  zh="至少一条在用的此类记录"), unit=unit)  # fmt: skip
    value, found, reason = _measure(bench, params, rows, targets)
    told = _rows(params, rows, value, found, reason)
    roads = [] if params.by == "line" else [bench.fields.network.quality]
    limit = params.limit
    asked = None if params.share_pct is None or params.limit_from == "ours" else params.share_pct / 100
    ours = params.share_pct / 100 if asked is None and params.share_pct is not None else None
    if asked is None and ours is None and rule.our_reading is not None:
        ours = rule.our_reading.share
    return single_finding(
        bench,
        rule,
        reading,
        rows=told,
        unit=unit,
        counted=counted,
        asked=asked,
        ours=ours,
        said=(f"are within {limit} {reading.en}", f"在{limit_zh(limit.value, limit.unit)}以内"),
        qualities=[*qualities_of(rows, targets), *roads],
        notes=(*_notes(rule, params), *hours_note(targets)),
    )


def _measure(
    bench: Bench, params: ProximityParams, rows: pd.DataFrame, targets: pd.DataFrame
) -> tuple[Float, pd.Series, pd.Series]:
    points = rows.assign(point_id=rows[_KEYS[params.table]].astype(str))
    measure = partial(bench.fields.measure, by=params.by, profile=params.profile, toward=params.toward)
    if not params.to_parent:
        return measure(points, targets)
    key_of = dict(zip(targets["name"], targets["facility_id"], strict=True))
    value = np.full(len(points), np.inf)
    found, reason = (pd.Series(None, index=points.index, dtype=object) for _ in range(2))
    # Those with the same parents are measured together.
    for cell, part in points.groupby(points["parents"].fillna("")):
        ids = [key_of.get(word, word) for word in cells_of(cell)]
        own = targets[targets["facility_id"].isin(ids)].reset_index(drop=True)
        value[part.index], hub, why = measure(part, own)
        found[part.index], reason[part.index] = hub.to_numpy(dtype=object), why.to_numpy(dtype=object)
    return value, found, reason


def _rows(
    params: ProximityParams, rows: pd.DataFrame, value: Float, found: pd.Series, reason: pd.Series
) -> list[dict[str, Any]]:
    limit = params.limit.inside - (_TENTH if params.operator == "<" else 0.0)
    inside = within(value, limit) & np.isfinite(value)
    size = SECONDS_PER_MINUTE if params.limit.unit == "min" else METRES_PER_KM
    told = []
    for i, (_, row) in enumerate(rows.iterrows()):
        name = row["place"] if params.table == "places" else row["name"]
        told.append(
            {
                "unit_id": row[_KEYS[params.table]],
                "unit_kind": _KINDS[params.table],
                "unit": name,
                "unit_en": row.get("name_en", ""),
                "area_id": row["area_id"] if pd.notna(row["area_id"]) else "",
                "status": "met" if inside[i] else "not_met",
                "people": row["people"] if params.table == "places" else float("nan"),
                "value": value[i] / size,
                "facility_id": found.iloc[i],
                "cause": "" if inside[i] else (reason.iloc[i] or "too_far"),
            }
        )
    return told


def _notes(rule: Rule, params: ProximityParams) -> tuple[str, ...]:
    how = {
        "line": "Straight lines in the study's projected coordinates.",
        "road": f"Shortest way by road, profile {PROFILES[params.profile].en}.",
        "time": f"Travel time in {UNITS['min'].en}, profile {PROFILES[params.profile].en}.",
    }[params.by]
    to = "Measured to each one's own parents." if params.to_parent else "Measured to the nearest."
    if params.limit_from == "text":
        return how, to
    why = f": {rule.our_reading.why_en}" if rule.our_reading else ""
    return how, to, f"The text sets no limit; {params.limit} is our own{why}."
