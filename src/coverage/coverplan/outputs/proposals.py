"""Comparisons and timelines as folders: tables, and the maps of them."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from coverplan.core.atomic import whole_folder, write_text
from coverplan.core.progress import SILENT, Progress
from coverplan.outputs.maps.difference import write_difference_map
from coverplan.outputs.maps.swipe import write_comparison_map
from coverplan.outputs.maps.timeline import write_timeline_map
from coverplan.outputs.tables import write_csv
from coverplan.planning.comparison import Comparison
from coverplan.planning.years import Timeline

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 760, 400, 64, 48, 64, 32
_LABEL_PX = 210


def write_comparison(
    comparison: Comparison, folder: str | Path, *, maps: bool = True, progress: Progress = SILENT
) -> Path:
    """Write a comparison into a folder: a CSV file per table, a difference map, and before and after of the best.

    Returns
    -------
    Path
        The folder; it appears whole, or the one that was there stays.
    """
    with whole_folder(folder) as beside:
        for name, table in comparison.tables.items():
            write_csv(table, beside / f"{name}.csv")
        if maps and comparison.best is not None:
            progress.message("drawing the differences")
            write_difference_map(comparison, beside / "difference.html")
            best = comparison.best
            write_comparison_map(
                comparison.base,
                best.assessment,
                beside / "before-after.html",
                after_name=best.scenario.name,
                progress=progress,
            )
    return Path(folder)


def write_timeline(
    told: Timeline,
    folder: str | Path,
    *,
    order: pd.DataFrame | None = None,
    maps: bool = True,
    progress: Progress = SILENT,
) -> Path:
    """Write a timeline into a folder: tables, a plot of beds and verdicts, and a map with a year slider.

    Returns
    -------
    Path
        The folder; it appears whole, or the one that was there stays.
    """
    with whole_folder(folder) as beside:
        write_csv(told.years, beside / "years.csv")
        write_csv(told.verdicts, beside / "verdicts.csv")
        if order is not None:
            write_csv(order, beside / "order.csv")
        write_text(beside / "years.svg", plot(told))
        if maps and len(told.states) > 1:
            progress.message("drawing the years")
            write_timeline_map(list(told.states.items()), beside / "years.html", progress=progress)
    return Path(folder)


def plot(told: Timeline) -> str:
    """Draw beds per 1,000 people, for every population, and the rules met, year by year, as a picture in SVG.

    Where nobody knows the beds of the base year, the beds added are drawn instead.
    """
    table = told.years
    columns = [name for name in table.columns if name.startswith("beds_per_1000_")]
    known = [name for name in columns if table[name].notna().any()]
    lines = {name.removeprefix("beds_per_1000_"): table[name].astype(float).tolist() for name in known}
    title = "每千人床位 Beds per 1,000 people"
    if not lines:
        lines = {"新增床位 beds added": table["beds_added"].astype(float).tolist()}
        title = "新增床位 Beds added since the base year"
    years = [int(year) for year in table["year"]]
    top = _round_up(max(max(line) for line in lines.values()))
    parts = [_text(_LEFT, 22, f"{told.study.name}：{title}", size=15, weight="bold"), *_frame(years, top)]
    for i, (name, line) in enumerate(lines.items()):
        colour, dash = (("#1f4e79", ""), ("#b2182b", "6 4"), ("#1b7837", "2 3"))[i % 3]
        spots = [(_x(k, len(years)), _y(value, top)) for k, value in enumerate(line)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        style = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        parts.append(f'<polyline points="{path}" {style}/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots]
        at = _LEFT + _LABEL_PX * i
        parts.append(f'<line x1="{at}" y1="40" x2="{at + 26}" y2="40" {style}/>')
        parts.append(_text(at + 32, 44, f"{name} {line[-1]:.4g} ({years[-1]})", colour=colour))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif">'
    return "\n".join([head, f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>', *parts, "</svg>", ""])


def _x(k: int, n: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (k / (n - 1) if n > 1 else 0.5)


def _y(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / top


def _round_up(top: float) -> float:
    """Return the end of an axis whose five ticks are round numbers."""
    if top <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(top / 4))
    return 4 * next(step * unit for step in (1, 1.25, 1.5, 2, 2.5, 5, 10) if 4 * step * unit >= top)


def _frame(years: list[int], top: float) -> list[str]:
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(top * share, top)
        parts.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{top * share:,g}", anchor="end"))
    last = len(years)
    return [*parts, *(_text(_x(k, last), _HEIGHT - 20, str(year), anchor="middle") for k, year in enumerate(years))]


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: int = 12,
    anchor: str = "start",
    weight: str = "normal",
    colour: str = "#333",
) -> str:
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    style = f'font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" fill="{colour}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{plain}</text>'
