"""Every person held against a limit: what reach and response have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pandas as pd

from coverplan.access.coverage import coverage_by_area
from coverplan.core.tables import PEOPLE
from coverplan.core.units import METRES_PER_KM, SECONDS_PER_MINUTE, within
from coverplan.core.words import worst_quality
from coverplan.roads.network import Float, Int64
from coverplan.standards.checks.bench import Bench, Outcome, area_table
from coverplan.standards.chosen import Region
from coverplan.standards.fields import PointField, PointParams, keeps, strict_limit
from coverplan.standards.findings import POINT_COLUMNS, Finding, Status
from coverplan.standards.rules import Reading, Rule
from coverplan.standards.wording import count, percent, sentence_en, sentence_zh

_FIGURES = {"share": "share", "p90": "p90", "median": "median", "mean": "mean", "max": "worst"}
_LENGTHS = ["mean", "median", "p90", "worst"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Crowd:
    """Everyone's value, counted: a table by area and a total, in the package's own units.

    Attributes
    ----------
    rows, total
        As `access.coverage.coverage_by_area` gives them; beside them `inside` and `whole`, of which the share is the
        share (people, places or pieces of ground), `figure` and, in `rows`, `status`.
    status, figure
        Of the finding; with a level of every area, those of the worst area.
    limit, our_limit, our_status
        As in `Finding`, in the figure's unit (minutes, kilometres, or a share).
    """

    rows: pd.DataFrame
    total: Mapping[str, float]
    status: Status
    figure: float
    limit: float | None
    our_limit: float | None
    our_status: Literal["met", "not_met"] | None


def weights_of(bench: Bench, params: PointParams, region: Region | None) -> Int64:
    """Return how many people count at each demand point: of a group, and inside a region."""
    if params.people == "people":
        number = bench.people["people"].to_numpy(dtype=np.int64)
    else:
        number = bench.study.people[params.people].fillna(0).to_numpy(dtype=np.int64)
    if region is None:
        return number
    return np.where(region.holds(bench.people["area_id"], bench.study.people["geometry"]), number, 0)


def count_crowd(
    bench: Bench,
    rule: Rule,
    params: PointParams,
    value: Float,
    people: Int64,
    *,
    parts: pd.DataFrame | None = None,
) -> Crowd:
    """Count who keeps a check's limit, per area and in all; `value` in seconds or metres.

    `parts` has `inside` and `whole` by area (and `all`) where the share is not one of people.
    """
    area = bench.people["area_id"].to_numpy()
    rows = coverage_by_area(people, area, value, strict_limit(params), bench.areas["area_id"])
    if parts is None:
        rows = rows.assign(inside=rows["people_within"], whole=rows["people"])
    else:
        found = parts.reindex(rows["area_id"]).fillna(0).reset_index(drop=True)
        rows = rows.assign(inside=found["inside"], whole=found["whole"])
    rows["share"] = rows["inside"] / rows["whole"].where(rows["whole"] > 0)
    rows["figure"] = rows[_FIGURES[params.statistic]] / (1 if params.statistic == "share" else _size(params))
    asked = asked_figure(params)
    rows["status"] = [_status(row, params, asked) for row in _records(rows)]
    # The row for everybody is the last one.
    areas, everybody = rows.iloc[:-1].reset_index(drop=True), _records(rows.iloc[-1:])[0]
    total = {name: float(value) for name, value in everybody.items() if name not in {"area_id", "status"}}
    figure, status = total["figure"], everybody["status"]
    if params.level == "area":
        figure, status = _worst(areas, params, status)
    ours = our_figure(rule, params)
    return Crowd(
        rows=areas,
        total=total,
        status=status,
        figure=figure,
        limit=asked,
        our_limit=ours,
        our_status=None if ours is None else _our_status(areas if params.level == "area" else [total], params, ours),
    )


def asked_figure(params: PointParams) -> float | None:
    """Return what the text asks of the figure, in the figure's unit; None when it sets nothing."""
    if params.limit_from == "ours":
        return None
    if params.statistic != "share":
        return params.limit.value
    return None if params.share_pct is None else params.share_pct / 100


def our_figure(rule: Rule, params: PointParams) -> float | None:
    """Return our own yardstick for the figure, where the text sets nothing."""
    if asked_figure(params) is not None:
        return None
    if params.statistic != "share":
        return params.limit.value
    if params.share_pct is not None:
        return params.share_pct / 100
    return None if rule.our_reading is None else rule.our_reading.share


def _keeps_figure(row: Mapping[str, float], params: PointParams, asked: float) -> bool:
    if params.statistic == "share":
        return share_reached(row["inside"], row["whole"], asked)
    figure = row[_FIGURES[params.statistic]]
    return bool(np.isfinite(figure) and within(figure, strict_limit(params)))


def _status(row: Mapping[str, float], params: PointParams, asked: float | None) -> Status:
    if not row["whole"] or not row["people"]:
        return "no_data"
    if asked is None:
        return "measured"
    return "met" if _keeps_figure(row, params, asked) else "not_met"


def _our_status(rows: pd.DataFrame | list[Any], params: PointParams, ours: float) -> Literal["met", "not_met"]:
    listed = rows if isinstance(rows, list) else _records(rows[rows["people"] > 0])
    return "met" if all(_keeps_figure(row, params, ours) for row in listed) else "not_met"


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _worst(areas: pd.DataFrame, params: PointParams, status: Status) -> tuple[float, Status]:
    """Return the figure of the worst area, and met only when every area where somebody lives is."""
    lived = areas[areas["status"] != "no_data"]
    if not len(lived):
        return float("nan"), status
    figure = float(lived["figure"].min() if params.statistic == "share" else lived["figure"].max(skipna=False))
    if (lived["status"] == "measured").all():
        return figure, "measured"
    return figure, "met" if (lived["status"] == "met").all() else "not_met"


def share_reached(inside: float, whole: float, share: float) -> bool:
    """Say whether a part is at least a share of a whole; reckoned in fractions."""
    return Fraction(int(inside)) >= Fraction(str(round(share, 9))) * int(whole)


def outcome(
    bench: Bench,
    rule: Rule,
    reading: Reading,
    params: PointParams,
    *,
    field: PointField,
    value: Float,
    people: Int64,
    statements: tuple[str, str],
    crowd: Crowd,
    notes: tuple[str, ...],
    unit: str = "share_people",
) -> Outcome:
    """Put a finding and its table of points together; `value` in seconds or metres."""
    total, size = crowd.total, _size(params)
    tails = _tails(crowd, params)
    quality = worst_quality([field.quality])
    finding = Finding(
        rule_id=rule.rule_id,
        reading=reading,
        status=crowd.status,
        figure=crowd.figure,
        unit=unit if params.statistic == "share" else params.limit.unit,
        limit=crowd.limit,
        shortfall=0.0 if crowd.status == "met" else total["people_outside"],
        shortfall_unit="people",
        statement_en=sentence_en(statements[0] + tails[0], quality),
        statement_zh=sentence_zh(statements[1] + tails[1], quality),
        areas=area_table(bench.areas, _in_point_units(crowd, params)),
        quality=quality,
        notes=(*notes, *_own_notes(rule, params), *field.notes, *_warnings(total, bench, people)),
        our_limit=crowd.our_limit,
        our_status=crowd.our_status,
        point_limit=params.limit.value,
        point_unit=params.limit.unit,
        people=total["people"],
        people_within=total["people_within"],
        people_outside=total["people_outside"],
        total={
            "people_unreached": total["people_unreached"],
            **{("max" if name == "worst" else name): total[name] / size for name in _LENGTHS},
        },
    )
    return Outcome(finding=finding, points=_points(bench, params, field, value, people))


def within_text(total: Mapping[str, float], inside: tuple[str, str], outside: tuple[str, str]) -> tuple[str, str]:
    """Say how many people are inside a limit, in both languages; `inside` and `outside` name the limit."""
    people, far = total["people"], total["people_outside"]
    if not far:
        return f"all {count(people)} residents are {inside[0]}", f"全部{count(people)}名居民{inside[1]}"
    if far == people:
        return f"none of the {count(people)} residents is {inside[0]}", f"{count(people)}名居民均{outside[1]}"
    share, near = percent(total["share_people"]), count(total["people_within"])
    return (
        f"{share} % of the residents ({near} people) are {inside[0]}; {count(far)} are {outside[0]}",
        f"{share}%的居民（{near}人）{inside[1]}，{count(far)}人{outside[1]}",
    )


def _tails(crowd: Crowd, params: PointParams) -> tuple[str, str]:
    is_share, ours = params.statistic == "share", crowd.our_limit
    if params.level == "area":
        lived = crowd.rows[crowd.rows["status"] != "no_data"]
        good, n = int((lived["status"] == "met").sum()), len(lived)
        said = (f"; {good} of {n} areas keep it", f"；{n}个镇街中{good}个达到") if crowd.limit is not None else ("", "")
        worst = percent(crowd.figure) + " %" if is_share else f"{crowd.figure:.1f} {params.limit.unit}"
        return f"{said[0]}; the worst area has {worst}", f"{said[1]}；最差镇街为{worst.replace(' ', '')}"
    if ours is not None:
        yardstick = f"{percent(ours)} %" if is_share else str(params.limit)
        good = crowd.our_status == "met"
        return (
            f"; our own yardstick of {yardstick} would {'' if good else 'not '}be met",
            f"；按本工具参考线{yardstick.replace(' ', '')}（非原文规定）{'可达到' if good else '未达到'}",
        )
    if crowd.limit is None or not is_share:
        return "", ""
    return f"; the text asks for {percent(crowd.limit)} %", f"；原文要求{percent(crowd.limit)}%"


def _in_point_units(crowd: Crowd, params: PointParams) -> pd.DataFrame:
    rows = crowd.rows.copy()
    rows[_LENGTHS] = rows[_LENGTHS] / _size(params)
    rows["limit"] = np.nan if crowd.limit is None else crowd.limit
    return rows.rename(columns={"worst": "max"})


def _points(bench: Bench, params: PointParams, field: PointField, value: Float, people: Int64) -> pd.DataFrame:
    names = bench.fields.once("point_names", lambda: _names(bench))
    columns = {
        **names,
        "people": people,
        "value": value / _size(params),
        "within": keeps(value, params),
        "facility_id": field.facility_id.array,
        "reason": field.reason.array,
    }
    return pd.DataFrame({name: columns[name] for name in POINT_COLUMNS}, copy=False)


def _names(bench: Bench) -> dict[str, Any]:
    """Return what is the same in every table of points: which point, place and area."""
    rows = bench.study.people
    texts = {name: rows[name].astype("str") for name in ("point_id", "place_id", "place")}
    named = {name: text.where(rows[name].notna(), "").array for name, text in texts.items()}
    return {**named, "area_id": bench.people["area_id"].array}


def _own_notes(rule: Rule, params: PointParams) -> tuple[str, ...]:
    notes = []
    if params.limit_from == "ours":
        why = f": {rule.our_reading.why_en}" if rule.our_reading else ""
        notes.append(f"The text sets no limit; {params.limit} is our own{why}.")
    if params.people != "people":
        notes.append(f"Counts only: {PEOPLE.column(params.people).zh} ({params.people}).")
    if params.only_in:
        notes.append(f"Counts only the people in {', '.join(params.only_in)}.")
    return tuple(notes)


def _warnings(total: Mapping[str, float], bench: Bench, people: Int64) -> tuple[str, ...]:
    notes = []
    if total["people_unreached"]:
        notes.append(f"{count(total['people_unreached'])} people are not reached at all.")
    lost = int(people[(bench.people["area_id"] == "").to_numpy(dtype=bool)].sum())
    if lost:
        notes.append(f"{count(lost)} people lie in none of the areas; they count in the total.")
    return tuple(notes)


def _size(params: PointParams) -> float:
    return SECONDS_PER_MINUTE if params.limit.unit == "min" else METRES_PER_KM
