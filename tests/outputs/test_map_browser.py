"""The map as a reader has it before them: opened from a file, with every name on the network unresolvable."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import coverplan as cp
from coverplan.outputs.tables import write_tables
from coverplan.standards.findings import Assessment
from outputs.page import Opened

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(judged: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy county's map."""
    return cp.write_map(judged, tmp_path_factory.mktemp("maps") / "map.html", made_on=date(2026, 3, 1))


def test_the_map_opens_and_is_kept(page: Path, opened: Callable[..., Opened], artefacts: Path) -> None:
    """It opens without a fault (the fixture looks), and a picture of it is kept for people to judge."""
    for width, height in ((1280, 800), (1920, 1080)):
        shown = opened(page, width=width, height=height)
        shown.page.wait_for_timeout(300)
        shown.page.screenshot(path=artefacts / f"toy-map-{width}.png")


def test_layers_stand_in_the_list(page: Path, opened: Callable[..., Opened]) -> None:
    """Both surfaces, towns, uncovered places, each kind of facility and the base are in the list, in two languages."""
    listed = opened(page).page.locator(".layers .label").all_inner_texts()
    for wanted in (
        "急救响应时间 Emergency response",
        "驾车就医时间 Driving to care",
        "各镇街结论 Town verdicts",
        "未覆盖村社 Uncovered places",
        "急救站点 Ambulance stations",
        "医院 Hospitals",
        "村卫生所 Village clinics",
        "AED AEDs",
        "主要道路 Main roads",
        "镇街界线 Town boundaries",
    ):
        assert any(label.startswith(wanted) for label in listed), wanted


def test_one_surface_is_shown_at_the_start(page: Path, opened: Callable[..., Opened]) -> None:
    """The emergency response is shown, the other surface comes with a click and takes its place."""
    shown = opened(page)
    assert shown.page.locator(".leaflet-image-layer").count() == 1
    first = shown.page.locator(".leaflet-image-layer").get_attribute("src")
    shown.page.locator(".layers .row", has_text="驾车就医时间").click()
    assert shown.page.locator(".leaflet-image-layer").count() == 1
    assert shown.page.locator(".leaflet-image-layer").get_attribute("src") != first
    assert "驾车就医时间" in shown.page.locator(".legend").inner_text()


def test_the_surface_tells_its_minutes(page: Path, judged: Assessment, opened: Callable[..., Opened]) -> None:
    """The pointer reads the time to within the half minute that is packed and the cell that is drawn."""
    shown = opened(page)
    points = judged.points["TB-2/p90"]
    crossing = [24.7219, 118.5325]
    told = shown.hover(crossing[0] - 0.0018, crossing[1] - 0.004)
    assert "急救响应" in told
    assert "response" in told
    minutes = float(told.split("response")[1].split("min")[0])
    assert 3 < minutes < points["value"].iloc[2] + 6


def test_a_facility_tells_its_name(page: Path, opened: Callable[..., Opened]) -> None:
    """The hospital's tooltip has its names, tier, beds and the quality of its position, on lines that are not torn."""
    shown = opened(page)
    row = next(layer for layer in shown.data()["facilities"] if layer["id"] == "hospital")["rows"][0]
    told = shown.hover(*row["at"])
    for part in ("县医院 County Hospital", "二级", "secondary", "床位 300", "300 beds", "位置：示意"):
        assert part in told
    box = shown.page.locator(".cp-tip").bounding_box()
    assert box is not None
    assert box["width"] > 120


def test_an_uncovered_place_tells_why(page: Path, opened: Callable[..., Opened]) -> None:
    """The worst place's tooltip has place, town, people, minutes, limit, how far over, nearest base and cause."""
    shown = opened(page)
    told = shown.hover(*shown.data()["gaps"]["TB-2"]["rows"][0]["at"])
    for part in ("岭顶村", "南岭镇", "限外 12,800 人", "限值 14 分钟", "超出", "最近：", "原因：距离过远", "too far"):
        assert part in told


def test_the_pointer_over_a_place_does_not_speak_twice(page: Path, opened: Callable[..., Opened]) -> None:
    """Over a place only its own tooltip shows, not the surface's as well."""
    shown = opened(page)
    shown.hover(*shown.data()["gaps"]["TB-2"]["rows"][0]["at"])
    assert shown.page.locator(".cp-tip").count() == 1


def test_towns_are_coloured_by_rule(page: Path, judged: Assessment, opened: Callable[..., Opened]) -> None:
    """A rule's card leads to its towns; a town's tooltip has its own verdict and figures."""
    shown = opened(page)
    shown.choose("TB-4", "各镇街")
    assert shown.page.locator(".leaflet-image-layer").count() == 0
    assert "AED" in shown.page.locator(".legend").inner_text()
    town = shown.data()["areas"][2]
    told = shown.hover(town["at"][0] - 0.01, town["at"][1] - 0.01)
    assert town["name"]["zh"] in told
    row = judged.finding("TB-4").areas.iloc[2]
    assert f"现有 {row['have']:.0f} 台，需要 {row['need']:.0f} 台" in told


def test_the_panel_says_what_the_file_says(
    page: Path, judged: Assessment, opened: Callable[..., Opened], tmp_path: Path
) -> None:
    """Every figure and status in the panel is that of verdicts.json."""
    write_tables(judged, tmp_path)
    written = json.loads((tmp_path / "verdicts.json").read_text(encoding="utf-8"))["verdicts"]
    shown = opened(page)
    words = {"met": "达标 met", "not_met": "未达标 not met", "measured": "已测算 measured", "no_data": "无数据 no data"}
    assert shown.page.locator("article.verdict").count() == len(written)
    for verdict in written:
        card = shown.rule(verdict["rule_id"])
        said = card.locator(".figure").get_attribute("data-figure")
        assert (None if said == "null" else float(said or "nan")) == verdict["figure"]
        assert card.locator(".word").inner_text() == words[verdict["status"]]
        assert verdict["name_zh"] in card.inner_text()
        card.locator("button.head").click()
        if "chosen" not in (card.get_attribute("class") or ""):
            card.locator("button.head").click()
        assert verdict["quotation"] in card.inner_text()
        assert verdict["statement_zh"] in card.inner_text()


def test_illustrative_data_is_announced(page: Path, opened: Callable[..., Opened]) -> None:
    """The notice stands in the title bar, and says on request which data it means."""
    notice = opened(page).page.locator(".notice")
    assert notice.is_visible()
    assert "含示意数据" in notice.inner_text()
    assert "道路" in (notice.get_attribute("title") or "")


def test_credit_is_given_on_the_map(judged: Assessment, page: Path, opened: Callable[..., Opened]) -> None:
    """The credit of the roads stands on the map itself, and no flag beside it."""
    credit = opened(page).page.locator(".leaflet-control-attribution")
    assert credit.is_visible()
    assert judged.network.attribution in credit.inner_text()
    assert credit.locator("svg").count() == 0


def test_everything_is_seen_without_scrolling(page: Path, opened: Callable[..., Opened]) -> None:
    """Title, panel, list and legend fit a small screen, and the two cards do not lie upon one another."""
    shown = opened(page)
    layers, legend = (shown.page.locator(name).bounding_box() for name in (".layers", ".legend"))
    assert layers is not None
    assert legend is not None
    assert layers["y"] + layers["height"] <= legend["y"]
    assert legend["y"] + legend["height"] <= 800
    assert shown.page.evaluate("document.documentElement.scrollWidth") == 1280


def test_the_panel_folds(page: Path, opened: Callable[..., Opened]) -> None:
    """Folded away, the panel gives its place to the map."""
    shown = opened(page)
    before = shown.page.locator(".folium-map").bounding_box()
    shown.page.locator(".fold").click()
    after = shown.page.locator(".folium-map").bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > before["width"] + 250


@pytest.mark.parametrize("paper", ["A4", "A3"])
def test_it_prints_on_one_sheet(page: Path, opened: Callable[..., Opened], artefacts: Path, paper: str) -> None:
    """A sheet across holds it all, and the map comes back as it was."""
    shown = opened(page)
    before = shown.page.evaluate("[coverplan.map.getZoom(), coverplan.map.getCenter().lat]")
    content = shown.page.pdf(path=artefacts / f"toy-map-{paper}.pdf", format=paper, landscape=True)
    assert content.count(b"/Type /Page\n") == 1
    assert shown.page.evaluate("[coverplan.map.getZoom(), coverplan.map.getCenter().lat]") == pytest.approx(
        before, abs=1e-3
    )
    assert not shown.page.evaluate("document.body.classList.contains('paper')")


def test_english_first_when_asked(judged: Assessment, tmp_path: Path, opened: Callable[..., Opened]) -> None:
    """With `lang='en'` English leads and Chinese follows."""
    shown = opened(cp.write_map(judged, tmp_path / "map.html", lang="en"))
    assert "Emergency response 急救响应时间" in shown.page.locator(".layers .label").all_inner_texts()
    assert shown.page.locator("html").get_attribute("lang") == "en"
