"""A small map beside the review list: positions that a person should look at, and the places that may be meant."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
import pandas as pd
import shapely
from branca.element import Element, Figure, MacroElement
from folium.map import LayerControl
from folium.template import Template

from coverplan.core.atomic import write_text
from coverplan.inputs.geocode import REASONS, Geocoded
from coverplan.outputs.maps.offline import inline_assets

if TYPE_CHECKING:
    import geopandas as gpd

_MOST = 500
_MOST_LINES = 12
_CHINA = ((3.0, 73.0), (54.0, 136.0))
_SCRIPT, _STYLE = "leaflet/leaflet.js", "leaflet/leaflet.css"
_SOURCES = "地名点 places: GeoNames (CC BY 4.0)"
_NOTE_STYLE = (
    "position:fixed;left:60px;top:10px;z-index:900;background:#fff;padding:4px 10px;border-radius:4px;"
    "box-shadow:0 1px 4px #0004;font:13px/1.5 sans-serif;max-width:calc(100% - 430px)"
)


class _NoPrefix(MacroElement):
    """Takes the name of the map library, which comes with a flag, out of the corner."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "{{ this._parent.get_name() }}.attributionControl.setPrefix(false);"
        "{% endmacro %}"
    )


def write_review_map(geocoded: Geocoded, path: str | Path, *, areas: gpd.GeoDataFrame | None = None) -> Path:
    """Write the review map: one self-contained page that opens without a connection.

    Parameters
    ----------
    geocoded
        What `geocode` returned. At most 500 points of each kind are drawn; the page says when there are more.
    path
        An .html file; it appears whole or not at all.
    areas
        Towns of the study, in any CRS, drawn as outlines to find one's way.

    Returns
    -------
    Path
        The file.
    """
    held = geocoded.review[geocoded.review["lon"].notna()]
    offered = geocoded.candidates[geocoded.candidates["lon"].notna()]
    page = _page(held, offered, areas)
    if areas is not None:
        _outlines(page, areas)
    _layer(page, offered, name=f"候选地点 candidates ({len(offered)})", colour="#2c6fa6", radius=9, said=_candidate)
    _layer(page, held, name=f"待核对的位置 positions to check ({len(held)})", colour="#c0392b", radius=5, said=_record)
    LayerControl(collapsed=False).add_to(page)
    page.add_child(_NoPrefix(), name="no_prefix")
    root = page.get_root()
    assert isinstance(root, Figure)  # noqa: S101 - folium's own map always has a figure
    root.title = "位置核对 Positions to review"
    note = f'<div style="{_NOTE_STYLE}">{escape(_note(geocoded, held, offered))}</div>'
    root.html.add_child(Element(note), name="note")
    root.header.add_child(Element('<link rel="icon" href="data:,">'), name="icon")
    return write_text(path, inline_assets(root.render()))


def _note(geocoded: Geocoded, held: pd.DataFrame, offered: pd.DataFrame) -> str:
    total, nowhere = len(geocoded.review), len(geocoded.review) - len(held)
    more = (
        f"只画出前 {_MOST} 个点 only the first {_MOST} points are drawn. "
        if max(len(held), len(offered)) > _MOST
        else ""
    )
    zh = f"待核对 {total} 条，其中 {nowhere} 条尚无位置。"
    return f"{zh} {total} records to look at, {nowhere} of them without a position. {more}{_SOURCES}"


def _page(held: pd.DataFrame, offered: pd.DataFrame, areas: gpd.GeoDataFrame | None) -> folium.Map:
    points = pd.concat([held[["lon", "lat"]], offered[["lon", "lat"]]], ignore_index=True).astype(float)
    south_west, north_east = _CHINA
    if areas is not None and areas.geometry.notna().any():
        # Where a point lies is seen only among the towns.
        shapes = areas.geometry if areas.crs is None else areas.geometry.to_crs("EPSG:4326")
        west, south, east, north = shapely.total_bounds(shapes.to_numpy()).tolist()
        points = pd.concat([points, pd.DataFrame({"lon": [west, east], "lat": [south, north]})], ignore_index=True)
    if len(points):
        south_west = (float(points["lat"].min()) - 0.01, float(points["lon"].min()) - 0.01)
        north_east = (float(points["lat"].max()) + 0.01, float(points["lon"].max()) + 0.01)
    page = folium.Map(tiles=None, prefer_canvas=True, zoom_start=11, control_scale=True)
    page.default_js = [(_SCRIPT, _SCRIPT)]
    page.default_css = [(_STYLE, _STYLE)]
    page.fit_bounds([south_west, north_east])
    return page


def _outlines(page: folium.Map, areas: gpd.GeoDataFrame) -> None:
    group = folium.FeatureGroup(name="镇街 towns")
    shapes = areas.geometry if areas.crs is None else areas.geometry.to_crs("EPSG:4326")
    for shape, name in zip(shapes, areas["name"], strict=True):
        for part in shapely.get_parts(shapely.simplify(shape, 0.0005)):
            ring = [(lat, lon) for lon, lat in part.exterior.coords]
            tooltip = folium.Tooltip(_safe([str(name)]), sticky=True)
            folium.Polygon(ring, color="#7a8a99", weight=1, fill=True, fill_opacity=0.04, tooltip=tooltip).add_to(group)
    group.add_to(page)


def _layer(
    page: folium.Map,
    table: pd.DataFrame,
    *,
    name: str,
    colour: str,
    radius: int,
    said: Callable[[dict[Any, Any]], list[str]],
) -> None:
    """Draw one point per position, with all records that stand there in its tooltip."""
    group = folium.FeatureGroup(name=name)
    for _, rows in table.head(_MOST).groupby(["lat", "lon"], sort=False):
        lines = [line for row in rows.to_dict("records") for line in said(row)]
        if len(lines) > _MOST_LINES:
            lines = [*lines[:_MOST_LINES], "…"]
        folium.CircleMarker(
            location=(float(rows["lat"].iloc[0]), float(rows["lon"].iloc[0])),
            radius=radius,
            color=colour,
            weight=2,
            fill=True,
            fill_opacity=0.35,
            tooltip=folium.Tooltip(_safe(lines), style="white-space:nowrap"),
        ).add_to(group)
    group.add_to(page)


def _record(row: dict[Any, Any]) -> list[str]:
    reason = REASONS.get(row["reason"], (row["reason"], ""))[0]
    return [f"{row['name']}（{row['record_id']}，{row['town']}）：{reason}"]


def _candidate(row: dict[Any, Any]) -> list[str]:
    where = row["town"] or row["county"]
    return [f"{row['record_id']} 的候选 {row['number']}：{row['name']}（{where}，{row['score']:.2f}）"]


def _safe(lines: list[str]) -> str:
    """Put lines into a tooltip: nothing in a name is taken for markup, nor ends the script that carries it."""
    text = "<br>".join(escape(str(line)) for line in lines if str(line).strip())
    return text.replace("`", "&#96;").replace("$", "&#36;").replace("\\", "&#92;")
