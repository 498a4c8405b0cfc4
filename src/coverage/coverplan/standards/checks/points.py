"""Every person held against a limit: what reach and response have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from coverplan.access.coverage import TOTAL, coverage_by_area
from coverplan.core.units import METRES_PER_KM, SECONDS_PER_MINUTE, within
from coverplan.core.words import worst_quality
from coverplan.roads.network import Float
from coverplan.standards.checks.bench import Bench, Outcome, area_table
from coverplan.standards.fields import PointField, PointParams, keeps, strict_limit
from coverplan.standards.findings import POINT_COLUMNS, Finding, Status
from coverplan.standards.rules import Reading, Rule
from coverplan.standards.wording import count, percent, sentence_en, sentence_zh

_FIGURES = {"share": "share_people", "p90": "p90", "median": "median", "mean": "mean", "max": "worst"}
_LENGTHS = ["mean", "median", "p90", "worst"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Crowd:
    """Everyone's value, counted: a table by area and a total, in the package's own units.

    Attributes
    ----------
    rows, total
        As `access.coverage.coverage_by_area` gives them, with `figure`, `limit` and `status` beside.
    """

    rows: pd.DataFrame
    total: Mapping[str, float]
    status: Status
    limit: float | None


def count_crowd(bench: Bench, params: PointParams, value: Float) -> Crowd:
    """Count who keeps a check's limit, per area and in all; `value` in seconds or metres."""
    people, area = bench.people["people"].to_numpy(), bench.people["area_id"].to_numpy()
    rows = coverage_by_area(people, area, value, strict_limit(params), bench.areas["area_id"])
    rows = rows.assign(status=[_status(dict(row), params) for _, row in rows.iterrows()])
    last = rows["area_id"] == TOTAL
    total = rows[last].iloc[0]
    return Crowd(
        rows=rows[~last].reset_index(drop=True),
        total={name: float(total[name]) for name in rows.columns if name not in {"area_id", "status"}},
        status=total["status"],
        limit=figure_limit(params),
    )


def figure_limit(params: PointParams) -> float | None:
    """Return what the text asks of the figure, in the figure's unit; None when it sets nothing."""
    if params.statistic != "share":
        return params.limit.value
    return None if params.share_pct is None else params.share_pct / 100


def _status(row: Mapping[str, float], params: PointParams) -> Status:
    if not row["people"]:
        return "no_data"
    if params.statistic != "share":
        figure = row[_FIGURES[params.statistic]]
        return "met" if np.isfinite(figure) and within(figure, strict_limit(params)) else "not_met"
    if params.share_pct is None:
        return "measured"
    return "met" if share_reached(row, params.share_pct / 100) else "not_met"


def share_reached(row: Mapping[str, float], share: float) -> bool:
    """Say whether at least a share of the people is within; reckoned in fractions."""
    return Fraction(int(row["people_within"])) >= Fraction(str(round(share, 9))) * int(row["people"])


def outcome(
    bench: Bench,
    rule: Rule,
    reading: Reading,
    params: PointParams,
    *,
    field: PointField,
    value: Float,
    statements: tuple[str, str],
    crowd: Crowd,
    notes: tuple[str, ...],
) -> Outcome:
    """Put a finding and its table of points together; `value` in seconds or metres."""
    total, size = crowd.total, _size(params)
    ours = rule.our_reading if crowd.limit is None else None
    our_status = None if ours is None else ("met" if share_reached(total, ours.share) else "not_met")
    tails = _tails(crowd.limit, None if ours is None else (ours.share, our_status == "met"), params)
    quality = worst_quality([field.quality])
    rows = _in_point_units(crowd, params)
    is_share = params.statistic == "share"
    finding = Finding(
        rule_id=rule.rule_id,
        reading=reading,
        status=crowd.status,
        figure=total[_FIGURES[params.statistic]] / (1 if is_share else size),
        unit="share_people" if is_share else params.limit.unit,
        limit=crowd.limit,
        shortfall=0.0 if crowd.status == "met" else total["people_outside"],
        shortfall_unit="people",
        statement_en=sentence_en(statements[0] + tails[0], quality),
        statement_zh=sentence_zh(statements[1] + tails[1], quality),
        areas=area_table(bench, rows),
        quality=quality,
        notes=(*notes, *field.notes, *_warnings(total, bench)),
        our_limit=None if ours is None else ours.share,
        our_status=our_status,
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
    return Outcome(finding=finding, points=_points(bench, params, field, value))


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


def _tails(limit: float | None, ours: tuple[float, bool] | None, params: PointParams) -> tuple[str, str]:
    if ours is not None:
        share, good = percent(ours[0]), ours[1]
        return (
            f"; our own yardstick of {share} % would {'' if good else 'not '}be met",
            f"；按本工具参考线{share}%（非原文规定）{'可达到' if good else '未达到'}",
        )
    if limit is None or params.statistic != "share":
        return "", ""
    return f"; the text asks for {percent(limit)} %", f"；原文要求{percent(limit)}%"


def _in_point_units(crowd: Crowd, params: PointParams) -> pd.DataFrame:
    rows = crowd.rows.copy()
    rows[_LENGTHS] = rows[_LENGTHS] / _size(params)
    rows["figure"] = rows[_FIGURES[params.statistic]]
    rows["limit"] = np.nan if crowd.limit is None else crowd.limit
    return rows.rename(columns={"worst": "max"})


def _points(bench: Bench, params: PointParams, field: PointField, value: Float) -> pd.DataFrame:
    people = bench.study.people
    table = pd.DataFrame(
        {
            "point_id": people["point_id"].astype("str").to_numpy(),
            "place_id": people["place_id"].astype("str").where(people["place_id"].notna(), "").to_numpy(),
            "place": people["place"].astype("str").where(people["place"].notna(), "").to_numpy(),
            "area_id": bench.people["area_id"].to_numpy(),
            "people": bench.people["people"].to_numpy(),
            "value": value / _size(params),
            "within": keeps(value, params),
            "facility_id": field.facility_id.to_numpy(),
            "reason": field.reason.to_numpy(),
        }
    )
    return table[list(POINT_COLUMNS)]


def _warnings(total: Mapping[str, float], bench: Bench) -> tuple[str, ...]:
    notes = []
    if total["people_unreached"]:
        notes.append(f"{count(total['people_unreached'])} people are not reached at all.")
    lost = int(bench.people.loc[bench.people["area_id"] == "", "people"].sum())
    if lost:
        notes.append(f"{count(lost)} people lie in none of the areas; they count in the total.")
    return tuple(notes)


def _size(params: PointParams) -> float:
    return SECONDS_PER_MINUTE if params.limit.unit == "min" else METRES_PER_KM
