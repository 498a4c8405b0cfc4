"""Whether facilities stand inside, or outside, named areas."""

from __future__ import annotations

import pandas as pd
import shapely

from coverplan.standards.checks.bench import Bench, Outcome, no_data, serving
from coverplan.standards.checks.singles import single_finding
from coverplan.standards.chosen import (
    Need,
    Region,
    keep_in,
    matches,
    missing_for,
    qualities_of,
    regions,
    table_of,
    zones_of,
)
from coverplan.standards.params import SitingParams
from coverplan.standards.rules import Reading, Rule

_KEYS = {"facilities": "facility_id", "aeds": "aed_id"}


def check_siting(bench: Bench, rule: Rule, reading: Reading, params: SitingParams) -> Outcome:
    """Return the share of some facilities that stand where they should; with `value`, how many of those asked for."""
    study = bench.study
    region, part = _region(bench, params), regions(study, params.only_in)
    need = missing_for(study, params.table, params.where, rule.book)
    for found in (region, part):
        need = need or (found if isinstance(found, Need) else None)
    if need is not None or isinstance(region, Need) or isinstance(part, Need):
        return no_data(bench, rule, reading, need or Need(en="", zh=""), unit="share_facilities")
    rows = keep_in(study, serving(bench, params.table)[0], part)
    rows = rows[matches(study, rows, params.where, rule.book)].reset_index(drop=True)
    inside = region.holds(rows["area_id"], rows["geometry"]) if len(rows) else []
    side_zh = "以内" if params.side == "inside" else "以外"
    told = []
    for (_, row), is_in in zip(rows.iterrows(), inside, strict=True):
        met = bool(is_in) == (params.side == "inside")
        told.append(
            {
                "unit_id": row[_KEYS[params.table]],
                "unit_kind": "facility" if params.table == "facilities" else "aed",
                "unit": row["name"],
                "unit_en": row["name_en"] if pd.notna(row["name_en"]) else "",
                "area_id": row["area_id"] if pd.notna(row["area_id"]) else "",
                "status": "met" if met else "not_met",
                "cause": "" if met else "outside",
                "lacks": "" if met else f"should be {params.side} {region.name}",
                "lacks_zh": "" if met else f"应在{region.name}{side_zh}",
            }
        )
    if params.value is not None:
        told = _so_many(told, int(params.value), region.name)
    elif not told:
        need = Need(en="at least one such facility in service", zh="至少一个在用的此类设施")
        return no_data(bench, rule, reading, need, unit="share_facilities")
    zones = table_of(study, "zones")
    return single_finding(
        bench,
        rule,
        reading,
        rows=told,
        unit="share_facilities",
        counted="facility",
        asked=1.0,
        ours=None,
        said=(
            f"stand {params.side} {region.name}",
            f"位于{region.name}{'以内' if params.side == 'inside' else '以外'}",
        ),
        qualities=qualities_of(rows, zones if region.shape is not None else None),
        notes=(),
    )


def _so_many(told: list[dict[str, object]], value: int, name: str) -> list[dict[str, object]]:
    """Keep those that stand right, up to so many, and name the missing ones."""
    good = [row for row in told if row["status"] == "met"][:value]
    open_ = {
        "unit_kind": "facility",
        "unit": f"{name}待建设施",
        "unit_en": f"still to be built: {name}",
        "status": "not_met",
        "short": 1.0,
        "cause": "none_here",
    }
    return [*good, *({**open_, "unit_id": f"open-{i + 1}"} for i in range(value - len(good)))]


def _region(bench: Bench, params: SitingParams) -> Region | Need:
    if params.zone_kind is None:
        found = regions(bench.study, params.of)
        return found if found is not None else Need(en="named areas", zh="片区名称")
    zones = zones_of(bench.study, params.zone_kind)
    if isinstance(zones, Need):
        return zones
    return Region(
        name="、".join(zones["name"]), shape=shapely.union_all(zones.geometry.to_numpy()), area_ids=frozenset()
    )
