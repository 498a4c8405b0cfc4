"""Base maps from the internet: never asked for before a reader does, and laid where they belong."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route

import coverplan as cp
from coverplan.core.datum import from_wgs84, to_wgs84
from coverplan.standards.findings import Assessment

pytestmark = pytest.mark.browser

PIXEL = bytes.fromhex(
    "47494638396101000100800000c8d8e800000021f90400000000002c00000000010001000002024401003b"
)  # fmt: skip
"""A picture of one pixel."""


@pytest.fixture(scope="module")
def path(judged: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy county's map, drawn coarsely."""
    return cp.write_map(judged, tmp_path_factory.mktemp("tiles") / "map.html", cell_m=500)


@pytest.fixture
def asked(browser: Browser, path: Path) -> Iterator[tuple[Page, list[str]]]:
    """The open page, and the addresses it asked for; a stand-in answers them."""
    page = browser.new_page(viewport={"width": 1180, "height": 700})
    urls: list[str] = []

    def answer(route: Route) -> None:
        urls.append(route.request.url)
        route.fulfill(body=PIXEL, content_type="image/gif")

    page.route(re.compile("^https?:"), answer)
    page.goto(path.as_uri())
    page.wait_for_selector("body.ready", timeout=20_000)
    yield page, urls
    page.close()


def _choose(page: Page, source: str) -> None:
    page.locator(f'[data-id="tiles {source}"]').check()


def test_nothing_is_asked_for_until_it_is_switched_on(asked: tuple[Page, list[str]]) -> None:
    """Moving and zooming ask for nothing; a source asks only its own servers, and stops when switched off."""
    page, urls = asked
    page.evaluate("coverplan.map.setZoom(coverplan.map.getZoom() + 1, { animate: false })")
    page.wait_for_timeout(150)
    assert urls == []
    _choose(page, "osm")
    page.wait_for_selector("img.leaflet-tile-loaded")
    assert {url.split("/")[2] for url in urls} == {"tile.openstreetmap.org"}
    assert "OpenStreetMap" in page.locator(".leaflet-control-attribution").inner_text()
    _choose(page, "")
    urls.clear()
    page.evaluate("coverplan.map.setZoom(coverplan.map.getZoom() - 1, { animate: false })")
    page.wait_for_timeout(150)
    assert urls == []
    assert page.locator("img.leaflet-tile").count() == 0


def test_tianditu_asks_for_a_key_first(asked: tuple[Page, list[str]]) -> None:
    """Without a key nothing is fetched; with one it stands in the address, as text."""
    page, urls = asked
    _choose(page, "tianditu")
    page.wait_for_timeout(150)
    assert urls == []
    page.locator("input.key").fill("abc&x=1")
    page.locator("input.key").press("Enter")
    page.wait_for_selector("img.leaflet-tile-loaded")
    assert all("tianditu.gov.cn" in url and "tk=abc%26x%3D1" in url for url in urls)
    assert {"LAYER=vec", "LAYER=cva"} <= {part for url in urls for part in url.split("&")}


def test_the_shift_is_that_of_the_datum(asked: tuple[Page, list[str]]) -> None:
    """The page's GCJ-02 is the one of `core.datum`, all over China and outside."""
    page, _ = asked
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(70, 140, 200), rng.uniform(0, 57, 200)
    read = np.array(
        page.evaluate(
            "(all) => all.map(([lat, lon]) => coverplan.gcj02(lat, lon))", np.column_stack([lat, lon]).tolist()
        )
    )
    x, y = from_wgs84(lon, lat, "gcj02")
    assert np.allclose(read, np.column_stack([y, x]), atol=1e-9)


@pytest.mark.parametrize("moved", [False, True])
def test_amap_tiles_lie_where_they_belong(asked: tuple[Page, list[str]], moved: bool) -> None:
    """The corner of every tile in view, taken from GCJ-02 to WGS-84, stands where the map shows that place."""
    page, _ = asked
    _choose(page, "amap")
    page.evaluate("coverplan.map.setZoom(14, { animate: false })")
    if moved:
        # Dragged far away without a new view, where the shift is another one.
        page.evaluate("coverplan.map.panBy([2600, 1400], { animate: false })")
    page.wait_for_selector("img.leaflet-tile-loaded")
    page.wait_for_timeout(200)
    tiles = page.evaluate(
        """() => [...document.querySelectorAll("img.leaflet-tile")].map((tile) => {
            const box = tile.getBoundingClientRect(), frame = coverplan.map.getContainer().getBoundingClientRect();
            const of = (name) => Number(new URL(tile.src).searchParams.get(name));
            return [box.left - frame.left, box.top - frame.top, of("x"), of("y"), of("z")];
        })"""
    )
    assert len(tiles) >= 6
    for left, top, x, y, z in tiles:
        lon = x / 2**z * 360 - 180
        lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / 2**z))))
        real_lon, real_lat = to_wgs84(lon, lat, "gcj02")
        script = "(at) => coverplan.map.latLngToContainerPoint(at)"
        there = page.evaluate(script, [float(real_lat), float(real_lon)])
        # A pixel is 9 m here; the shift itself is about 60 pixels.
        assert abs(there["x"] - left) < 2.1, (x, y)
        assert abs(there["y"] - top) < 2.1, (x, y)
