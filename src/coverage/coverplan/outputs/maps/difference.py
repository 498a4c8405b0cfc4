"""Who gains and who loses by a proposal, place by place, on one page that needs no connection."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import folium
import numpy as np
import pandas as pd
import shapely
from branca.element import Element, Figure, MacroElement
from folium.map import LayerControl
from folium.template import Template

from coverplan.core.atomic import write_text
from coverplan.core.model import Study
from coverplan.core.units import unproject
from coverplan.outputs.maps.layers import areas, roads, vertices
from coverplan.outputs.maps.offline import inline_assets
from coverplan.planning.comparison import Case, Comparison
from coverplan.roads.network import Network
from coverplan.standards.wording import count

_SCRIPT, _STYLE = "leaflet/leaflet.js", "leaflet/leaflet.css"
# Blue and orange: told apart by colour-blind readers, and by grey printers through the dark rim.
_GAINED, _LOST, _SITE = "#0b62e6", "#e8590c", "#17324d"
_ROADS = {"motorway": ("#b9a57e", 3.0), "trunk": ("#bcb3a2", 2.5), "primary": ("#c3c8cd", 2.0)}
_OTHER_ROADS = ("#d3d8dc", 1.2)
_MOST = 800
_MOST_LINES = 14
_LARGEST_PX = 22.0
_TOLERANCE_M = 30.0
_HEAD = '<link rel="icon" href="data:,"><style>.folium-map.leaflet-container{background:#fbfbf9}</style>'
_NAME_STYLE = (
    "position:absolute;transform:translate(-50%,-50%);white-space:nowrap;font:600 12px/1 sans-serif;color:#3b4754;"
    "text-shadow:0 0 3px #fff,0 0 3px #fff,0 0 3px #fff"
)
_NOTE_STYLE = (
    "position:fixed;left:60px;top:10px;z-index:900;background:#fff;padding:4px 10px;border-radius:4px;"
    "box-shadow:0 1px 4px #0004;font:13px/1.5 sans-serif;max-width:calc(100% - 430px)"
)


class _Corners(MacroElement):
    """Takes the library's name, which comes with a flag, out of the corner, and puts a scale in kilometres there."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "{{ this._parent.get_name() }}.attributionControl.setPrefix(false);"
        "L.control.scale({imperial: false, maxWidth: 160}).addTo({{ this._parent.get_name() }});"
        "{% endmacro %}"
    )


def write_difference_map(comparison: Comparison, path: str | Path) -> Path:
    """Write the difference map: newly covered places in blue, places no longer covered in orange, for every scenario.

    A circle is as large as the people who gain or lose at a place, by the rule that touches most of them; its note
    tells every rule. Facilities that a scenario opens, closes or moves are marked.

    Parameters
    ----------
    comparison
        From `coverplan.compare`. At most 800 places of a scenario are drawn, those with most people.
    path
        An .html file; it appears whole or not at all.

    Returns
    -------
    Path
        The file.
    """
    study = comparison.base.study
    west, south, east, north = study.areas.total_bounds if len(study.areas) else study.people.total_bounds
    lon, lat = unproject([west, east], [south, north], study.crs)
    page = folium.Map(tiles=None, prefer_canvas=True, zoom_start=11, control_scale=False)
    page._id = "coverplan"
    page.default_js = [(_SCRIPT, _SCRIPT)]
    page.default_css = [(_STYLE, _STYLE)]
    page.fit_bounds([(float(lat[0]), float(lon[0])), (float(lat[1]), float(lon[1]))])
    _roads(page, study, comparison.base.network)
    _outlines(page, study)
    for i, case in enumerate(comparison.cases):
        _case(page, comparison, case, show=i == 0)
    LayerControl(collapsed=False).add_to(page)
    page.add_child(_Corners(), name="corners")
    root = page.get_root()
    assert isinstance(root, Figure)  # noqa: S101 - folium's own map always has a figure
    root.title = escape(f"{study.name} · 方案差异 Differences")
    root.html.add_child(Element(f'<div style="{_NOTE_STYLE}">{_note(comparison)}</div>'), name="note")
    root.header.add_child(Element(_HEAD), name="head")
    return write_text(path, inline_assets(root.render()))


def _note(comparison: Comparison) -> str:
    roads = comparison.base.network.attribution
    rough = "依据示意数据，仅作演示 rests on illustrative data" if comparison.base.quality == "illustrative" else ""
    lines = [
        f"{comparison.base.study.name} {comparison.base.study.year}",
        "蓝：新增覆盖 blue: newly covered · 橙：不再覆盖 orange: no longer covered",
        "每处只计一次，取影响人数最多的一条 each place counts once, by the rule that touches most people there",
        " · ".join(filter(None, [rough, roads])),
    ]
    return "<br>".join(escape(line) for line in lines if line)


def _roads(page: folium.Map, study: Study, network: Network) -> None:
    group = folium.FeatureGroup(name="道路 roads", control=False)
    for road in reversed(roads(study, network)):
        colour, width = _ROADS.get(road["road_class"], _OTHER_ROADS)
        courses = [vertices(line) for line in road["lines"]]
        folium.PolyLine(courses, color=colour, weight=width, interactive=False).add_to(group)
    group.add_to(page)


def _outlines(page: folium.Map, study: Study) -> None:
    group = folium.FeatureGroup(name="镇街 towns")
    for area in areas(study):
        name = folium.DivIcon(html=f'<div style="{_NAME_STYLE}">{_safe([area["name"]["zh"]])}</div>', icon_size=(0, 0))
        folium.Marker(area["at"], icon=name, interactive=False, keyboard=False).add_to(group)
    for shape, name in zip(study.areas.geometry, study.areas["name"], strict=True):
        for part in shapely.get_parts(shapely.simplify(shape, _TOLERANCE_M)):
            ring = shapely.get_coordinates(part.exterior)
            lon, lat = unproject(ring[:, 0], ring[:, 1], study.crs)
            folium.Polygon(
                np.column_stack([lat, lon]).round(5).tolist(),
                color="#7a8a99",
                weight=1,
                dash_array="4 3",
                fill=True,
                fill_color="#ffffff",
                fill_opacity=0.01,
                tooltip=folium.Tooltip(_safe([str(name)]), sticky=True),
            ).add_to(group)
    group.add_to(page)


def _case(page: folium.Map, comparison: Comparison, case: Case, *, show: bool) -> None:
    people = comparison.tables["people"]
    mine = people[people["scenario"] == case.scenario.scenario_id]
    default = {v.rule.rule_id: (v.default.reading.name, v.rule.name_zh) for v in comparison.base.verdicts}
    mine = mine[[default[r][0] == name for r, name in zip(mine["rule_id"], mine["reading"], strict=True)]]
    where = _places(comparison, case)
    for column, colour, zh, en in (("gained", _GAINED, "新增", "gained"), ("lost", _LOST, "减少", "lost")):
        rows = mine[mine[column] > 0]
        total = float(rows.groupby("place_id")[column].max().sum()) if len(rows) else 0.0
        title = f"{case.scenario.name}：{zh} {en} {count(total)}"
        group = folium.FeatureGroup(name=_safe([title]), show=show)
        largest = rows.groupby("place_id")[column].max().sort_values(ascending=False).head(_MOST)
        for place, number in largest.items():
            if place not in where:
                continue
            told = rows[rows["place_id"] == place]
            lines = [f"{told['place'].iloc[0]}：{zh} {count(float(number))} 人"]
            lines += [
                f"{r.rule_id} {default[str(r.rule_id)][1]} {count(getattr(r, column))}" for r in told.itertuples()
            ]
            folium.CircleMarker(
                location=where[str(place)],
                radius=4 + _LARGEST_PX * float(np.sqrt(number / max(float(largest.max()), 1.0))) / 2,
                color=colour,
                weight=1.5,
                fill=True,
                fill_opacity=0.55,
                tooltip=folium.Tooltip(_safe(lines), style="white-space:nowrap"),
            ).add_to(group)
        group.add_to(page)
    _facilities(page, comparison.base.study, case, show=show)


def _places(comparison: Comparison, case: Case) -> Mapping[str, tuple[float, float]]:
    """Return where places are: at the point of each with most people."""
    people = pd.concat([comparison.base.study.people, case.assessment.study.people], ignore_index=True)
    key = people["place_id"].fillna(people["point_id"])
    order = people.assign(key=key).sort_values("people", ascending=False, kind="stable").drop_duplicates("key")
    return {str(row["key"]): (row["lat"], row["lon"]) for row in order[["key", "lat", "lon"]].to_dict("records")}


def _facilities(page: folium.Map, base: Study, case: Case, *, show: bool) -> None:
    """Mark what a scenario opens, closes or moves."""
    after = case.assessment.study
    group = folium.FeatureGroup(name=_safe([f"{case.scenario.name}：设施 facilities"]), show=show)
    old = base.facilities.set_index("facility_id")
    for row in after.facilities.to_dict("records"):
        said = _said(old, row, after.year)
        if said:
            folium.CircleMarker(
                location=(row["lat"], row["lon"]),
                radius=7,
                color=_SITE,
                weight=3,
                fill=True,
                fill_color="#fff",
                fill_opacity=0.9,
                tooltip=folium.Tooltip(_safe([f"{row['name']}：{said}"]), style="white-space:nowrap"),
            ).add_to(group)
    group.add_to(page)


def _said(old: pd.DataFrame, row: Mapping[Any, Any], year: int) -> str:
    if row["facility_id"] not in old.index:
        return "新建 opened"
    before = old.loc[row["facility_id"]]
    closed = [not pd.isna(cell) and cell <= year for cell in (before["close_year"], row["close_year"])]
    if closed == [False, True]:
        return "关闭 closed"
    moved = abs(before["geometry"].x - row["geometry"].x) + abs(before["geometry"].y - row["geometry"].y) > 1.0
    return "迁建 moved" if moved else ""


def _safe(lines: list[str]) -> str:
    """Put lines into a tooltip: nothing in a name is taken for markup, nor ends the script that carries it."""
    lines = [*lines[:_MOST_LINES], "…"] if len(lines) > _MOST_LINES else lines
    text = "<br>".join(escape(str(line)) for line in lines if str(line).strip())
    return text.replace("`", "&#96;").replace("$", "&#36;").replace("\\", "&#92;")
