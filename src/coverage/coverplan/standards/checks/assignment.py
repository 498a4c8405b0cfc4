"""Whether people belong to the hub that is nearest to them: the administrative catchment beside the nearest one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coverplan.core.units import METRES_PER_KM, SECONDS_PER_MINUTE
from coverplan.core.words import worst_quality
from coverplan.inputs.select import active_facilities
from coverplan.standards.checks.bench import Bench, Outcome, area_table, no_data, unit_table
from coverplan.standards.checks.catchments import served
from coverplan.standards.chosen import Need, matches, missing_for, qualities_of
from coverplan.standards.findings import Finding, Status
from coverplan.standards.params import AssignmentParams
from coverplan.standards.rules import Reading, Rule
from coverplan.standards.wording import count, percent, sentence_en, sentence_zh


def check_assignment(bench: Bench, rule: Rule, reading: Reading, params: AssignmentParams) -> Outcome:
    """Return the share of the people whose own hub is the nearest, and name the towns where most people's is not."""
    study = bench.study
    way = "serves" if params.assign == "serves" else "community"
    need = missing_for(study, "facilities", params.hubs, rule.book, amount=way)
    if need is None and not len(study.people):
        need = missing_for(study, "people", {}, rule.book)
    if need is not None:
        return no_data(bench, rule, reading, need, unit="share_people")
    serving = active_facilities(study)
    hubs = serving[matches(study, serving, params.hubs, rule.book)].reset_index(drop=True)
    own = served(bench, hubs, bench.people["area_id"]) if params.assign == "serves" else _by_community(bench, hubs)
    value, near, _ = bench.fields.measure(study.people, hubs, by=params.by, profile=params.profile, toward="facility")
    told = pd.DataFrame(
        {
            "area_id": bench.people["area_id"].to_numpy(),
            "people": bench.people["people"].to_numpy(),
            "own": own.to_numpy(dtype=object),
            "near": near.to_numpy(dtype=object),
            "value": value,
        }
    )
    told["same"] = told["own"].notna() & (told["own"] == told["near"])
    return _finding(bench, rule, reading, params, told=told, hubs=hubs)


def _by_community(bench: Bench, hubs: pd.DataFrame) -> pd.Series:
    """Find an area's hub through the community that most of its own facilities belong to."""
    facilities = active_facilities(bench.study)
    named = facilities.dropna(subset=["community", "area_id"])
    most = named.groupby("area_id")["community"].agg(lambda cells: cells.value_counts(sort=True).index[0])
    hub_of = hubs.dropna(subset=["community"]).drop_duplicates("community").set_index("community")["facility_id"]
    return bench.people["area_id"].map(most).map(hub_of)


def _finding(
    bench: Bench, rule: Rule, reading: Reading, params: AssignmentParams, *, told: pd.DataFrame, hubs: pd.DataFrame
) -> Outcome:
    known = told[told["own"].notna()]
    total, same = int(known["people"].sum()), int(known.loc[known["same"], "people"].sum())
    if not total:
        need = Need(en=f"facilities.{params.assign}: to which hub each town belongs", zh="各镇街所属机构")
        return no_data(bench, rule, reading, need, unit="share_people")
    asked = None if params.share_pct is None else params.share_pct / 100
    status: Status = "measured" if asked is None else "met" if same >= asked * total else "not_met"
    areas, units = _by_area(bench, params, known, hubs, asked)
    roads = [] if params.by == "line" else [bench.fields.network.quality]
    quality = worst_quality([*qualities_of(hubs, bench.study.people), *roads])
    other = [row["unit"] for _, row in units.iterrows() if row["status"] == "not_met"]
    en = f"{percent(same / total)} % of the residents belong to the nearest hub {reading.en}"
    zh = f"{percent(same / total)}%的居民归属最近的机构"
    if other:
        en += f"; in {count(len(other))} towns most people's nearest is another: {', '.join(map(str, other))}"
        zh += f"；{count(len(other))}个镇街的多数居民最近的是另一机构：{'、'.join(map(str, other))}"
    absent = int(told.loc[told["own"].isna(), "people"].sum())
    notes = (f"{count(absent)} people live in towns without a hub of their own; they are left out.",) if absent else ()
    finding = Finding(
        rule_id=rule.rule_id,
        reading=reading,
        status=status,
        figure=same / total,
        unit="share_people",
        limit=asked,
        shortfall=0.0 if status == "met" else float(total - same),
        shortfall_unit="people",
        statement_en=sentence_en(f"{rule.name_en}: {en}", quality),
        statement_zh=sentence_zh(f"{reading.zh}：{zh}", quality),
        areas=areas,
        quality=quality,
        notes=notes,
        people=float(total),
        units=units,
    )
    return Outcome(finding=finding)


def _by_area(
    bench: Bench, params: AssignmentParams, known: pd.DataFrame, hubs: pd.DataFrame, asked: float | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    size = SECONDS_PER_MINUTE if params.by == "time" else METRES_PER_KM
    names, named = hubs.set_index("facility_id")["name"], bench.areas.set_index("area_id")
    rows, units = [], []
    for area, part in known.groupby("area_id"):
        people, same = int(part["people"].sum()), int(part.loc[part["same"], "people"].sum())
        reached = np.isfinite(part["value"]) & (part["people"] > 0)
        mean = float(np.average(part["value"][reached], weights=part["people"][reached])) if reached.any() else np.inf
        most = part.groupby("near")["people"].sum()
        near = str(most.idxmax()) if len(most) else None
        differs = near is not None and near != part["own"].iloc[0]
        met = people == 0 or asked is None or same >= asked * people
        rows.append(
            {
                "area_id": area,
                "status": "no_data" if not people else "measured" if asked is None else "met" if met else "not_met",
                "figure": same / people if people else float("nan"),
                "limit": float("nan") if asked is None else asked,
                "people": people,
            }
        )
        own = names.get(part["own"].iloc[0], "")
        units.append(
            {
                "unit_id": area,
                "unit_kind": "area",
                "unit": named["area"].get(area, ""),
                "unit_en": named["area_en"].get(area, ""),
                "area_id": area,
                "status": "not_met" if differs else "met",
                "people": people - same,
                "value": mean / size,
                "facility_id": near,
                "lacks": f"belongs to {own}, nearest is {names.get(near, '')}" if differs else "",
                "lacks_zh": f"归属{own}，最近为{names.get(near, '')}" if differs else "",
                "cause": "other_hub" if differs else "",
            }
        )
    empty = pd.DataFrame({"area_id": pd.Series(dtype=str)})
    return area_table(bench.areas, pd.DataFrame(rows) if rows else empty), unit_table(units)
