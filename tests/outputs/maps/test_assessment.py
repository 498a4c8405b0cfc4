"""The map file: the same twice, alone in its process, safe with any name in the tables, open to a user's own layers."""

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from pathlib import Path

import folium
import pytest

import coverplan as cp
from coverplan.outputs.maps.assessment import build_map, render
from coverplan.outputs.maps.offline import LeftoverUrlError, fetched_urls
from coverplan.standards.findings import Assessment
from outputs.page import Opened
from toy import Toy

DAY = date(2026, 3, 1)
# Coarse, so that a map is made at once; nothing here looks at single cells.
CELL_M = 500.0

EVIL = (
    "<script>window.hacked=1</script>",
    "</script><script>window.hacked=1</script>",
    '"><img src=x onerror=window.hacked=1>',
    "{{ 7*7 }}{% raw %}{% endraw %}{# gone #}",
    "<!-- \u2028 --> & 'quoted' \\u003c",
)


@pytest.fixture(scope="module")
def page(judged: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy county's map."""
    return cp.write_map(judged, tmp_path_factory.mktemp("maps") / "map.html", made_on=DAY, cell_m=CELL_M)


def test_a_map_is_the_same_twice(page: Path, judged: Assessment, tmp_path: Path) -> None:
    """Nothing in the file is left to chance."""
    assert cp.write_map(judged, tmp_path / "again.html", made_on=DAY, cell_m=CELL_M).read_bytes() == page.read_bytes()


def test_a_map_fetches_nothing(page: Path) -> None:
    """No tag, style or script of the finished file asks for anything."""
    html = page.read_text(encoding="utf-8")
    leaflets_own = {"https://leafletjs.com"}
    assert set(fetched_urls(re.sub(r"<script>/\*!.*?</script>", "", html, flags=re.DOTALL))) <= leaflets_own


def test_two_maps_do_not_meddle(judged: Assessment, page: Path) -> None:
    """Making a map leaves folium's own maps, made before or after, as they were."""
    before = folium.Map().get_root().render()
    defaults = (list(folium.Map.default_js), list(folium.Map.default_css))
    build_map(judged, made_on=DAY, cell_m=CELL_M)
    assert (folium.Map.default_js, folium.Map.default_css) == defaults
    links = re.findall(r'(?:src|href)="(http[^"]+)"', folium.Map().get_root().render())
    assert links == re.findall(r'(?:src|href)="(http[^"]+)"', before)
    assert links
    assert "http" not in "".join(re.findall(r'(?:src|href)="([^"]+)"', page.read_text(encoding="utf-8")[:2000]))


def test_a_layer_from_elsewhere_is_refused_by_name(judged: Assessment) -> None:
    """A user's own layer that would be fetched is an error that names it; the page is not written."""
    one = build_map(judged, made_on=DAY, cell_m=CELL_M)
    folium.TileLayer("https://tiles.example.org/{z}/{x}/{y}.png", attr="x").add_to(one)
    with pytest.raises(LeftoverUrlError, match=r"tiles\.example\.org"):
        render(one)


def test_a_finished_file_is_not_lost_to_a_failing_one(
    page: Path, judged: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a map cannot be written, the one that stood there stays."""
    before = page.read_bytes()
    monkeypatch.setattr(folium.Map, "default_js", [])
    monkeypatch.setattr("coverplan.outputs.maps.page.STYLES", ("https://example.org/x.css",))
    with pytest.raises(LeftoverUrlError):
        cp.write_map(judged, page, cell_m=CELL_M)
    assert page.read_bytes() == before


@pytest.mark.browser
@pytest.mark.parametrize("absent", [("areas",), ("facilities", "vehicles"), ("vehicles", "aeds", "projects")])
def test_a_study_without_some_tables_has_a_map(
    judge: Callable[[Callable[[Toy], object]], Assessment],
    tmp_path: Path,
    opened: Callable[..., Opened],
    absent: tuple[str, ...],
) -> None:
    """What a user does not have is simply not on the map; the rest is, and every rule still has its card."""

    def drop(toy: Toy) -> None:
        for name in absent:
            toy.edit(f"  {name}: {name}.{'geojson' if name == 'areas' else 'csv'}\n", "")

    assessment = judge(drop)
    shown = opened(cp.write_map(assessment, tmp_path / "map.html", cell_m=CELL_M))
    assert shown.page.locator("article.verdict").count() == len(assessment.verdicts)
    layers = {layer["id"] for layer in shown.data()["facilities"]}
    assert ("hospital-secondary" in layers) == ("facilities" not in absent)
    assert ("aed" in layers) == ("aeds" not in absent)
    assert bool(shown.data()["areas"]) == ("areas" not in absent)
    assert shown.page.locator(".leaflet-image-layer").count() == (absent[0] == "vehicles")


@pytest.mark.browser
def test_a_users_own_layers_work_offline(judged: Assessment, tmp_path: Path, opened: Callable[..., Opened]) -> None:
    """Markers and popups of folium, added to our map, work without a connection too."""
    one = build_map(judged, made_on=DAY, cell_m=CELL_M)
    folium.Marker([24.70, 118.56], popup=folium.Popup("候选站址", min_width=90)).add_to(one)
    path = tmp_path / "own.html"
    path.write_text(render(one), encoding="utf-8")
    shown = opened(path)
    shown.page.locator(".leaflet-marker-icon[src^='data:image/png']").click()
    assert "候选站址" in shown.page.locator(".leaflet-popup-content").inner_text()


@pytest.mark.browser
def test_names_from_tables_do_nothing(
    judge: Callable[[Callable[[Toy], object]], Assessment], tmp_path: Path, opened: Callable[..., Opened]
) -> None:
    """Whatever stands in a name is shown as it stands: no script runs, no template is filled in, no tag appears."""

    def spoil(toy: Toy) -> None:
        toy.edit("name: 三桥县（示例）", f"name: '{EVIL[1].replace(chr(39), '')}'")
        for row, name in enumerate(EVIL, start=2):
            toy.cell("facilities.csv", row, "name", name).cell("facilities.csv", row, "source", name)
            toy.cell("people.csv", row + 4, "place", name)
        toy.edit("东岸镇", EVIL[0], name="areas.geojson")

    assessment = judge(spoil)
    shown = opened(cp.write_map(assessment, tmp_path / "map.html", made_on=DAY, cell_m=CELL_M))
    assert shown.page.evaluate("window.hacked") is None
    assert shown.page.locator("h1").inner_text().count(EVIL[1]) == 1
    assert shown.page.title().startswith(EVIL[1])
    names = [row["lines"][0]["zh"] for layer in shown.data()["facilities"] for row in layer["rows"]]
    assert set(EVIL) <= set(names)
    village = shown.data()["gaps"]["TB-2"]["rows"][0]
    assert village["lines"][0]["zh"] in shown.hover(*village["at"])
    assert shown.page.evaluate("window.hacked") is None
    assert unescape(EVIL[0]) in shown.page.locator(".cp-name").all_inner_texts()[1]
