"""The review map: every position and candidate on one page that needs no connection."""

import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from playwright.sync_api import Browser

from coverplan.inputs.geocode import Geocoded, geocode
from coverplan.outputs.maps.offline import fetched_urls
from coverplan.outputs.maps.review import write_review_map

HOSTILE = "</script><script>document.title='broken'</script>`${1}` 诊所"


@pytest.fixture(scope="module")
def result() -> Geocoded:
    """Two coarse records at one point, one with namesakes, one with a name that tries to break out of the page."""
    names = ["陈埭中心卫生院", "陈埭卫生院", "湖头村卫生所", HOSTILE]
    records = pd.DataFrame({"facility_id": ["a", "b", "c", "<i>d</i>"], "name": names, "town": ["", "", "", "金井镇"]})
    return geocode(records, county="晋江市")


@pytest.fixture(scope="module")
def areas() -> gpd.GeoDataFrame:
    """One town, to be drawn beneath."""
    return gpd.GeoDataFrame({"name": ["陈埭镇"]}, geometry=[shapely.box(118.57, 24.79, 118.65, 24.86)], crs=4326)


def test_the_page_needs_no_connection(result: Geocoded, areas: gpd.GeoDataFrame, tmp_path: Path) -> None:
    """Nothing in it would be fetched, and the sources of its points are named."""
    html = write_review_map(result, tmp_path / "map.html", areas=areas).read_text(encoding="utf-8")
    assert fetched_urls(re.sub(r"<script>.*?</script>|<style>.*?</style>", "", html, flags=re.DOTALL)) == []
    assert "Leaflet 1.9.4" in html
    assert "GeoNames (CC BY 4.0)" in html
    assert "待核对 4 条，其中 1 条尚无位置" in html


def test_an_empty_list_makes_an_empty_map(tmp_path: Path) -> None:
    """No records to look at is good news, not an error."""
    empty = geocode(pd.DataFrame({"facility_id": [], "name": []}), county="晋江市")
    assert "待核对 0 条" in write_review_map(empty, tmp_path / "map.html").read_text(encoding="utf-8")


@pytest.mark.browser
def test_a_browser_shows_it(
    browser: Browser, result: Geocoded, areas: gpd.GeoDataFrame, tmp_path: Path, artefacts: Path
) -> None:
    """Opened without name resolution: no error, both layers, tooltips by position, and hostile names are only text."""
    path = write_review_map(result, tmp_path / "map.html", areas=areas)
    trouble: list[str] = []
    page = browser.new_page(viewport={"width": 1000, "height": 700})
    page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("requestfailed", lambda request: trouble.append(request.url))
    page.goto(path.as_uri())
    layers = page.locator(".leaflet-control-layers-overlays label").all_inner_texts()
    find = "m => Object.values(window).find(v => v instanceof L.Map)"
    count = page.evaluate(
        f"() => {{ let n = 0; ({find})().eachLayer(l => n += l instanceof L.CircleMarker); return n }}"
    )
    tips = page.evaluate(
        f"() => {{ const t = []; ({find})().eachLayer(l => l.getTooltip && l.getTooltip() && "
        "t.push(l.getTooltip().getContent().innerText || String(l.getTooltip().getContent()))); return t }"
    )
    title = page.title()
    page.screenshot(path=artefacts / "review_map.png")
    page.close()
    assert trouble == []
    assert len(layers) == 3
    drawn = pd.concat([result.review[["lon", "lat"]], result.candidates[["lon", "lat"]]]).dropna()
    held = result.review[["lon", "lat"]].dropna().drop_duplicates()
    offered = result.candidates[["lon", "lat"]].dropna().drop_duplicates()
    assert len(drawn) > count == len(held) + len(offered)
    assert any("陈埭中心卫生院" in tip and "陈埭卫生院" in tip for tip in tips)
    assert title.startswith("位置核对")
