"""Town verdicts and uncovered places as plain data for the page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from coverplan.core import words
from coverplan.outputs.maps.layers import Data, positions, records, text
from coverplan.outputs.phrases import Both, amount, both, of_word, status
from coverplan.standards.wording import percent

if TYPE_CHECKING:
    from coverplan.standards.findings import Assessment, Finding, Verdict

Positions = dict[tuple[str, str, str], list[float]]
_MOST_MISSED = 10

# Upper ends of the classes in which towns are coloured, and their colours, from nothing missing to most of it.
_STEPS: tuple[tuple[float, str, str], ...] = (
    (0.0, "0", "#eef3ee"),
    (0.10, "0–10%", "#dcd7ea"),
    (0.25, "10–25%", "#b9afd6"),
    (0.50, "25–50%", "#9182bd"),
    (0.75, "50–75%", "#68559f"),
    (1.00, "75–100%", "#432a75"),
)


def step_legend() -> list[Data]:
    """Return the classes in which towns are coloured."""
    return [{"label": label, "colour": colour} for _, label, colour in _STEPS]


def step_of(share_missing: float) -> int | None:
    """Return the class of a town by what it misses, None where nothing can be measured.

    Examples
    --------
    >>> [step_of(share) for share in (0.0, 0.00001, 0.1, 0.11, 1.0, float("nan"))]
    [0, 1, 1, 2, 5, None]
    """
    if math.isnan(share_missing):
        return None
    return next(i for i, (upper, _, _) in enumerate(_STEPS) if share_missing <= upper)


def tells_towns_apart(told: Data) -> bool:
    """Say whether what `towns` returned measures any of the areas."""
    return any(row["step"] is not None for row in told["rows"])


def _area_rows(finding: Finding) -> list[dict[str, Any]]:
    """Return the areas of a finding with every figure as a float, NaN where there is none."""
    table = finding.areas
    figures = ["people", "people_outside", "p90", "have", "need", "short"]
    return records(table.assign(**{name: pd.to_numeric(table[name]).astype("float64") for name in figures}))


def towns(assessment: Assessment, finding: Finding) -> Data:
    """Return one row per area, in the order of the areas table: its class and the lines of its tooltip."""
    by_area = {row["area_id"]: row for row in _area_rows(finding)}
    rows = [_town(finding, by_area.get(area_id)) for area_id in assessment.study.areas["area_id"]]
    is_reach = finding.point_limit is not None
    unit = (
        both("限值以外人口比例", "people beyond the limit")
        if is_reach
        else both("缺额占需要量", "missing, of what is needed")
    )
    return {"unit": unit, "rows": rows}


def _town(finding: Finding, row: dict[str, Any] | None) -> Data:
    if row is None:
        return {"step": None, "lines": [status("no_data")]}
    lines = [status(row["status"])]
    if finding.point_limit is not None:
        lines += _reach_lines(finding, row)
    elif not math.isnan(row["need"]):
        held = finding.unit if finding.shortfall_unit == "points" else finding.shortfall_unit
        have, need, short = (
            amount(row["have"], held),
            amount(row["need"], held),
            amount(row["short"], finding.shortfall_unit),
        )
        lines.append(both(f"现有 {have['zh']}，需要 {need['zh']}", f"{have['en']}, {need['en']} needed"))
        if row["short"] > 0:
            lines.append(both(f"缺 {short['zh']}", f"{short['en']} short"))
    return {"step": step_of(_missing(row)), "lines": lines}


def _reach_lines(finding: Finding, row: dict[str, Any]) -> list[Both]:
    outside, people, p90 = row["people_outside"], row["people"], row["p90"]
    lines: list[Both] = []
    if people > 0:
        share, whole = percent(1 - outside / people), amount(people, "people")
        lines.append(both(f"限值以内 {share}%，共 {whole['zh']}", f"{share}% within, of {whole['en']}"))
    if outside > 0:
        beyond = amount(outside, "people")
        lines.append(both(f"限外 {beyond['zh']}", f"{beyond['en']} beyond"))
    if math.isinf(p90):
        lines.append(both("不足九成居民可达", "fewer than 90% of people are reached"))
    elif not math.isnan(p90):
        said = amount(p90, finding.point_unit)
        lines.append(both(f"九成居民 ≤ {said['zh']}", f"90% of people ≤ {said['en']}"))
    return lines


def _missing(row: dict[str, Any]) -> float:
    """Return the share of an area's people beyond the limit, or of its need that is missing; NaN without either."""
    if not math.isnan(row["people_outside"]) and row["people"] > 0:
        return row["people_outside"] / row["people"]
    if not math.isnan(row["short"]):
        return row["short"] / row["need"] if row["need"] > 0 else 0.0
    return math.nan


def places(
    assessment: Assessment,
    finding: Finding,
    rows: pd.DataFrame,
    *,
    most: int,
    known: Mapping[str, list[float]] | None = None,
) -> Data:
    """Return a finding's gaps that have a place on the map, worst first: where, rank, people, cause, tooltip.

    Parameters
    ----------
    rows
        The finding's rows of the gap list; rows that mean a whole area are not places and are left out.
    most
        How many to return; `total` says how many there are.
    known
        What `known_positions` returned, where it is at hand already.
    """
    if finding.key in assessment.points:
        at: Positions = _positions(assessment, finding)
    else:
        known = known_positions(assessment) if known is None else known
        at = {_place_key(row): known[row["place_id"]] for row in records(rows) if row["place_id"] in known}
    placed = [(row, at[key]) for row in records(rows) for key in [_place_key(row)] if key in at]
    found = [
        {
            "at": where,
            "rank": int(row["rank"]),
            "people": 0 if pd.isna(row["people"]) else int(row["people"]),
            "cause": text(row["cause"]),
            "lines": _place_lines(row),
        }
        for row, where in placed[:most]
    ]
    return {"total": len(rows) if finding.key in assessment.points else len(placed), "rows": found}


def _place_key(row: dict[str, Any]) -> tuple[str, str, str]:
    return text(row["place_id"]), text(row["place"]), text(row["area_id"])


def known_positions(assessment: Assessment) -> dict[str, list[float]]:
    """Return where villages (their people's middle), zones, AEDs and facilities lie, by identifier."""
    study = assessment.study
    people = study.people.assign(x=study.people.geometry.x, y=study.people.geometry.y)
    people = people[people["place_id"].fillna("") != ""]
    middles = people.groupby("place_id")[["x", "y"]].mean()
    found = dict(
        zip(
            [str(name) for name in middles.index],
            positions(gpd.GeoSeries.from_xy(middles["x"], middles["y"]), study.crs),
            strict=True,
        )
    )
    tables = [(study.aeds, "aed_id"), (study.facilities, "facility_id")]
    if study.zones is not None and len(study.zones):
        tables.insert(0, (study.zones, "zone_id"))
    for table, key in tables:
        points = table.geometry.representative_point() if key == "zone_id" else table.geometry
        found.update(zip(table[key].astype(str), positions(gpd.GeoSeries(points), study.crs), strict=True))
    return found


def _positions(assessment: Assessment, finding: Finding) -> Positions:
    """Return where each place's uncovered people live on average, by place id, name and area."""
    points = assessment.points[finding.key]
    study = assessment.study
    outside = ((~points["within"]) & (points["people"] > 0)).to_numpy(dtype=bool)
    left = points[outside]
    where = gpd.GeoSeries(study.people.geometry[outside])
    label = left["place"].where(left["place"] != "", left["place_id"].where(left["place_id"] != "", left["point_id"]))
    weights = left["people"].to_numpy(dtype=float)
    sums = (
        pd.DataFrame(
            {
                "place_id": left["place_id"].to_numpy(),
                "place": label.to_numpy(),
                "area_id": left["area_id"].to_numpy(),
                "x": where.x.to_numpy() * weights,
                "y": where.y.to_numpy() * weights,
                "people": weights,
            }
        )
        .groupby(["place_id", "place", "area_id"], sort=False)
        .sum()
    )
    middle = gpd.GeoSeries.from_xy(sums["x"] / sums["people"], sums["y"] / sums["people"])
    keys = [(str(place_id), str(place), str(area_id)) for place_id, place, area_id in sums.index]
    return dict(zip(keys, positions(middle, study.crs), strict=True))


def _place_lines(row: dict[str, Any]) -> list[Both | str]:
    cause = of_word(words.CAUSES[row["cause"]])
    rank = int(row["rank"])
    lines: list[Both | str] = [
        both(text(row["place"]), ""),
        both(text(row["area"]), text(row["area_en"])),
        both(f"第 {rank} 位 · 原因：{cause['zh']}", f"rank {rank} · cause: {cause['en']}"),
    ]
    if not pd.isna(row["people"]):
        people, everyone = amount(float(row["people"]), "people"), amount(float(row["place_people"]), "people")
        lines.append(
            both(f"限外 {people['zh']}，全村社 {everyone['zh']}", f"{people['en']} beyond, of {everyone['en']}")
        )
    if text(row["lacks_zh"]):
        lines.append(both(f"缺：{text(row['lacks_zh'])}", f"lacks: {text(row['lacks'])}"))
    if math.isfinite(row["value"]) and math.isfinite(row["limit"]):
        bound = amount(float(row["limit"]), row["unit"])
        value = amount(float(row["value"]), row["unit"], apart_from=(float(row["limit"]),))
        over = amount(float(row["over"]), row["unit"], apart_from=(0.0,))
        lines.append(
            both(
                f"最远 {value['zh']}，限值 {bound['zh']}，超出 {over['zh']}",
                f"farthest {value['en']}, limit {bound['en']}, {over['en']} over",
            )
        )
    if text(row["nearest"]):
        name = text(row["nearest"])
        lines.append(both(f"最近：{name}", f"nearest: {text(row['nearest_en']) or name}"))
    if text(row["closes_zh"]):
        lines.append(both(f"补足办法：{text(row['closes_zh'])}", f"would close it: {text(row['closes'])}"))
    return lines


def systems(assessment: Assessment, ruled: list[str]) -> list[Data]:
    """Return the towns' verdicts of all rules together and of each system of the plan with more than one such rule.

    Parameters
    ----------
    assessment
        What to show.
    ruled
        The rules that tell towns apart.

    Returns
    -------
    list
        Per system its rules, and one row per area: its class by the share of the judged rules that it does not meet,
        None where no rule judges it, and the rules by name, those missed first.
    """
    verdicts = [verdict for verdict in assessment.verdicts if verdict.rule.rule_id in set(ruled)]
    by_system: dict[str, list[Verdict]] = {"all": verdicts}
    for verdict in verdicts:
        by_system.setdefault(verdict.rule.system, []).append(verdict)
    kept = {name: found for name, found in by_system.items() if len(found) > 1}
    states = {verdict.rule.rule_id: _states(verdict.default) for verdict in verdicts}
    return [
        {
            "id": f"system-{name}",
            "title": both("全部指标", "all targets") if name == "all" else of_word(words.SYSTEMS[name]),
            "rows": [_system_row(found, states, area_id) for area_id in assessment.study.areas["area_id"]],
        }
        for name, found in kept.items()
    ]


def _states(finding: Finding) -> dict[str, str]:
    return dict(zip(finding.areas["area_id"].astype(str), finding.areas["status"].astype(str), strict=True))


def _system_row(verdicts: list[Verdict], states: dict[str, dict[str, str]], area_id: str) -> Data:
    said = [(verdict.rule, states[verdict.rule.rule_id].get(area_id, "no_data")) for verdict in verdicts]
    missed = [rule for rule, state in said if state == "not_met"]
    judged = len(missed) + sum(state == "met" for _, state in said)
    lines = [both(f"{judged} 项可判定，{len(missed)} 项未达标", f"{len(missed)} of {judged} judged targets not met")]
    lines += [both(f"✗ {rule.name_zh}", f"✗ {rule.name_en}") for rule in missed[:_MOST_MISSED]]
    if len(missed) > _MOST_MISSED:
        lines.append(both("……", "…"))
    return {"step": step_of(len(missed) / judged) if judged else None, "lines": lines}
