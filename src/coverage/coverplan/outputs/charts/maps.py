"""Maps for a document: facilities and roads; towns by what they miss, with the places left outside."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from coverplan.core.words import ROAD_CLASSES
from coverplan.inputs.select import active_facilities
from coverplan.outputs.charts.drawing import INK, as_map, as_png, box_of, halo, lines, new_figure, outline
from coverplan.outputs.charts.fonts import Lettering
from coverplan.outputs.gis.places import gap_positions
from coverplan.outputs.maps.results import step_legend, step_of
from coverplan.outputs.phrases import both
from coverplan.standards.findings import Assessment, Finding, Verdict
from coverplan.standards.gaps import gaps

_WIDTH_CM, _LEGEND_CM = 15.5, 3.9
_TALL_CM, _LOW_CM = 15.0, 10.4
"""The tallest map that has a page to itself, and the tallest of which two stand on a page."""
_MAIN = ("motorway", "trunk", "primary", "secondary")
_NO_DATA = "#f7f7f7"
_GAP = "#c8102e"
_MARKS: tuple[tuple[str, dict[str, str], tuple[str, ...], str, str, float], ...] = (
    ("other", both("其他设施", "Other facilities"), (), "o", "#9a9a9a", 4),
    ("village", both("村卫生所", "Village clinics"), ("village_clinic",), "o", "#9ecae1", 5),
    ("primary", both("基层医疗机构", "Primary care"), ("township_hospital", "chc", "clinic"), "s", "#3182bd", 13),
    ("hospital", both("医院", "Hospitals"), ("hospital", "tcm_hospital", "specialty_hospital", "mental_hospital",
     "dental_hospital", "infectious_hospital", "mch"), "P", "#08306b", 34),
    ("ems", both("急救站点", "Ambulance bases"), ("ems_centre", "ems_subcentre", "ems_station"), "^", "#c8102e", 30),
)  # fmt: skip


def facility_map(assessment: Assessment, letters: Lettering) -> bytes:
    """Draw towns, main roads and the facilities that serve in the base year; returns a PNG."""
    study = assessment.study
    with letters.set():
        figure, axes = _sheet(assessment, letters, tallest_cm=_TALL_CM)
        for shape in study.areas.geometry:
            outline(axes, shape, facecolor="#f4f1ea", edgecolor="#9a9a9a", linewidth=0.6, zorder=1)
        _roads(axes, assessment)
        serving = active_facilities(study)
        named = {kind for _, _, kinds, *_ in _MARKS for kind in kinds}
        handles = []
        for i, (_, title, kinds, marker, colour, size) in enumerate(_MARKS):
            is_it = serving["kind"].isin(kinds) if kinds else ~serving["kind"].isin(named)
            rows = serving[is_it.to_numpy(dtype=bool)]
            if len(rows):
                looks: dict[str, Any] = {"marker": marker, "color": colour, "edgecolors": "white", "linewidths": 0.3}
                axes.scatter(rows.geometry.x, rows.geometry.y, s=size, zorder=4 + i, **looks)
                label = f"{letters.of(title)} ({len(rows):,})"
                handles.append(_handle(label, marker=marker, colour=colour))
        _town_names(axes, assessment, letters)
        _finish(figure, axes, assessment, letters, handles[::-1])
        return as_png(figure)


def town_map(
    assessment: Assessment, verdict: Verdict, letters: Lettering, *, listed: pd.DataFrame | None = None
) -> bytes:
    """Draw the towns by the share of people, or of what is needed, that they miss; returns a PNG.

    Where people are left outside, circles show the places, as large as the people are many; `listed` is the gap list
    when it is known already.
    """
    finding = verdict.default
    with letters.set():
        figure, axes = _sheet(assessment, letters, tallest_cm=_LOW_CM)
        missing = missing_shares(finding)
        legend = step_legend()
        study = assessment.study
        for area_id, shape in zip(study.areas["area_id"], study.areas.geometry, strict=True):
            step = step_of(missing.get(str(area_id), math.nan))
            colour, hatch = (_NO_DATA, "////") if step is None else (legend[step]["colour"], None)
            outline(axes, shape, facecolor=colour, hatch=hatch, edgecolor="#8a8a8a", linewidth=0.6, zorder=1)
        _roads(axes, assessment)
        handles: list[Patch | Line2D] = [
            Patch(facecolor=one["colour"], edgecolor="#8a8a8a", label=str(one["label"])) for one in legend
        ]
        if any(step_of(missing.get(str(one), math.nan)) is None for one in study.areas["area_id"]):
            word = letters.of(both("无数据", "no data"))
            handles.append(Patch(facecolor=_NO_DATA, hatch="////", edgecolor="#8a8a8a", label=word))
        if finding.key in assessment.points and _places(
            axes, assessment, verdict, gaps(assessment) if listed is None else listed
        ):
            word = letters.of(both("未覆盖村社", "places left outside"))
            handles.append(_handle(word, marker="o", colour=_GAP))
        _town_names(axes, assessment, letters)
        is_reach = finding.point_limit is not None
        title = (
            both("限值以外人口比例", "people beyond the limit")
            if is_reach
            else both("缺额占需要量", "missing, of the need")
        )
        _finish(figure, axes, assessment, letters, handles, title=letters.of(title))
        return as_png(figure)


def missing_shares(finding: Finding) -> dict[str, float]:
    """Return each area's share of people beyond the limit, or of its need that is missing; NaN without either."""
    told = finding.areas
    names = ("people", "people_outside", "need", "short")
    people, outside, need, short = (pd.to_numeric(told[name]).to_numpy(dtype=float, na_value=np.nan) for name in names)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(
            np.isfinite(outside), outside / people, np.where(need > 0, short / need, np.where(short == 0, 0.0, np.nan))
        )
    return dict(zip(told["area_id"].astype(str), share.tolist(), strict=True))


def worth_a_map(assessment: Assessment, *, most: int) -> list[Verdict]:
    """Return the verdicts whose towns differ in what they miss, those that are not met first."""
    known = set(assessment.study.areas["area_id"].astype(str))
    order = {"not_met": 0, "measured": 1, "met": 2}
    found = []
    for verdict in assessment.verdicts:
        shares = [share for area, share in missing_shares(verdict.default).items() if area in known]
        if verdict.status in order and any(share > 0 for share in shares):
            found.append(verdict)
    return sorted(found, key=lambda verdict: (order[verdict.status], verdict.rule.strength != "must"))[:most]


def _sheet(assessment: Assessment, letters: Lettering, *, tallest_cm: float) -> tuple[Figure, Axes]:
    west, south, east, north = _box(assessment)
    shape = (north - south) / max(east - west, 1.0)
    height = min(max((_WIDTH_CM - _LEGEND_CM) * shape, 7.0), tallest_cm)
    figure = new_figure(_WIDTH_CM, height + 0.9)
    bottom = 0.8 / (height + 0.9)
    axes = figure.add_axes((0.01, bottom, (_WIDTH_CM - _LEGEND_CM) / _WIDTH_CM, 0.99 - bottom))
    as_map(axes, (west, south, east, north), north=letters.of(both("北", "N")))
    return figure, axes


def _box(assessment: Assessment) -> tuple[float, float, float, float]:
    study = assessment.study
    boxes = [table.total_bounds for table in (study.areas, study.people) if len(table)]
    return box_of(*(box for box in boxes if np.isfinite(box).all()))


def _roads(axes: Axes, assessment: Assessment) -> None:
    network = assessment.network
    classes = list(ROAD_CLASSES)
    for name, width in zip(_MAIN, (1.1, 0.9, 0.6, 0.4), strict=True):
        edges = np.flatnonzero(network.edge_class == classes.index(name))
        starts, ends = network.shape_start[edges], network.shape_start[edges + 1]
        vertices = np.column_stack([network.shape_x_m, network.shape_y_m])
        courses = [vertices[start:end] for start, end in zip(starts, ends, strict=True)]
        lines(axes, courses, colors="#b5a88f", linewidths=width, zorder=2)


def _places(axes: Axes, assessment: Assessment, verdict: Verdict, listed: pd.DataFrame) -> bool:
    rows = listed[listed["rule_id"] == verdict.rule.rule_id]
    where = gap_positions(assessment, rows)
    known = where.notna().to_numpy(dtype=bool)
    people = rows["people"].fillna(1).to_numpy(dtype=float)[known]
    if not known.any():
        return False
    x, y = shapely.get_coordinates(np.asarray(where[known].array, dtype=object)).T
    size = 4 + 70 * people / people.max()
    axes.scatter(x, y, s=size, color=_GAP, alpha=0.75, edgecolors="white", linewidths=0.4, zorder=5)
    return True


def _town_names(axes: Axes, assessment: Assessment, letters: Lettering) -> None:
    areas = assessment.study.areas
    at = areas.geometry.representative_point()
    for row, x, y in zip(areas.to_dict("records"), at.x, at.y, strict=True):
        text = letters.name(row["name"], row.get("name_en"), row["area_id"])
        axes.text(x, y, text, ha="center", va="center", fontsize=6.5, color=INK, path_effects=halo(), zorder=9)


def _handle(label: str, *, marker: str, colour: str) -> Line2D:
    return Line2D([], [], marker=marker, linestyle="", markersize=5, color=colour, label=label)


def _finish(
    figure: Figure,
    axes: Axes,
    assessment: Assessment,
    letters: Lettering,
    handles: list[Any],
    *,
    title: str = "",
) -> None:
    """Put the legend beside the map, and below it what it rests on."""
    axes.legend(
        handles=handles,
        title=title or None,
        loc="upper left",
        bbox_to_anchor=(1.0, 0.86),
        frameon=False,
        fontsize=7,
        title_fontsize=7,
        alignment="left",
    )
    credit = assessment.network.attribution
    parts = [letters.of(both(f"基准年 {assessment.study.year}", f"base year {assessment.study.year}"))]
    if credit:
        parts.append(letters.of(both(f"道路：{credit}", f"roads: {credit}")))
    if assessment.quality == "illustrative":
        parts.append(
            letters.of(both("含示意数据，不可作为结论引用", "illustrative data, not to be quoted as findings"))
        )
    figure.text(0.01, 0.01, " · ".join(parts), fontsize=6, color="#666666", va="bottom")
