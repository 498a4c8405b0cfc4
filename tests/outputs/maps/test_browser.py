"""The map as a reader has it before them: opened from a file, with every name on the network unresolvable."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator

import coverplan as cp
from coverplan.outputs.tables import write_tables
from coverplan.standards.findings import Assessment
from outputs.page import Opened, open_page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def path(judged: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy county's map."""
    return cp.write_map(judged, tmp_path_factory.mktemp("maps") / "map.html", made_on=date(2026, 3, 1))


@pytest.fixture(scope="module")
def one(browser: Browser, path: Path) -> Iterator[Opened]:
    """The map in a window; whatever went wrong on it is noted, and must be nothing in the end."""
    opened = open_page(browser, path, width=1280, height=800)
    yield opened
    opened.page.close()
    assert opened.faults == []


@pytest.fixture
def shown(one: Opened) -> Opened:
    """The map, opened afresh."""
    one.page.set_viewport_size({"width": 1280, "height": 800})
    one.page.reload()
    one.page.wait_for_selector("body.ready", timeout=20_000)
    return one


def _theme(shown: Opened, theme_id: str) -> None:
    shown.page.locator(f'[data-id="theme {theme_id}"]').check()


def _layer(shown: Opened, layer_id: str) -> Locator:
    return shown.page.locator(f'[data-id="show {layer_id}"]')


def test_the_map_opens_and_is_kept(shown: Opened, artefacts: Path) -> None:
    """It opens without a fault on a desk's and a tablet's screen, and pictures are kept for people to judge.

    Where there is little room, panel and list begin folded.
    """
    shown.page.screenshot(path=artefacts / "toy-map-1280.png")
    assert not shown.page.evaluate("document.body.classList.contains('folded')")
    shown.page.set_viewport_size({"width": 820, "height": 1180})
    shown.page.reload()
    shown.page.wait_for_selector("body.ready", timeout=20_000)
    shown.page.screenshot(path=artefacts / "toy-map-820.png")
    assert shown.page.evaluate("document.body.classList.contains('folded')")
    assert shown.page.locator(".layers .groups").count() == 0
    shown.page.locator(".layers .fold-list").click()
    assert shown.page.locator(".layers .groups").is_visible()


def test_everything_stands_in_the_list(shown: Opened) -> None:
    """Every theme, kind of facility and part of the base is in the list, in two languages, each chosen by itself."""
    listed = shown.page.locator(".layers .label").all_inner_texts()
    for wanted in (
        "急救响应时间 Emergency response",
        "驾车就医时间 Driving to care",
        "急救响应等时圈 Isochrones, response",
        "急救响应最近机构 Catchments, response",
        "居民点 Demand points",
        "各镇街结论 Town verdicts",
        "全部指标 all targets",
        "未覆盖村社 Uncovered places",
        "急救中心 emergency centre",
        "急救站 ambulance station",
        "二级医院 secondary hospitals",
        "村卫生所 village clinic",
        "AED AEDs",
        "主要道路 Main roads",
        "镇街界线 Town boundaries",
        "高德地图（GCJ-02，已纠偏） AMap",
    ):
        assert any(label.startswith(wanted) for label in listed), wanted
    assert len(listed) >= 25


def test_themes_take_turns(shown: Opened) -> None:
    """One theme at a time: pictures for surfaces and catchments, shapes for isochrones, a canvas for the points."""
    pictures = shown.page.locator(".leaflet-image-layer")
    first = pictures.get_attribute("src")
    _theme(shown, "care")
    assert pictures.count() == 1
    assert pictures.get_attribute("src") != first
    assert "驾车就医时间" in shown.page.locator(".legend").inner_text()
    _theme(shown, "response-rings")
    assert pictures.count() == 0
    told = shown.hover(24.7219, 118.5325)
    assert "急救响应 ≤" in told or "急救中心" in told
    _theme(shown, "response-catchments")
    assert pictures.count() == 1
    _theme(shown, "points")
    assert pictures.count() == 0
    assert shown.page.locator("canvas.cp-points").count() == 1
    assert "限值以外" in shown.page.locator(".legend").inner_text()


def test_the_surface_tells_its_minutes(shown: Opened, judged: Assessment) -> None:
    """The pointer reads the time to within the half minute that is packed and the cell that is drawn."""
    points = judged.points["TB-2/p90"]
    told = shown.hover(24.7219 - 0.0018, 118.5325 - 0.004)
    assert "急救响应" in told
    minutes = float(told.split("response")[1].split("min")[0])
    assert 3 < minutes < points["value"].iloc[2] + 6


def test_a_surface_tells_its_people(shown: Opened, judged: Assessment) -> None:
    """Over all cells of a surface, the people under the pointer add up to those of the table."""
    people = shown.page.evaluate(
        "coverplan.peopleOn(coverplan.data, coverplan.data.surfaces[0]).reduce((a, b) => a + b)"
    )
    assert people == judged.study.people["people"].sum()


def test_a_demand_point_tells_its_people_and_minutes(shown: Opened, judged: Assessment) -> None:
    """The pointer on a point says how many live there and how long it takes, as the verdict has it."""
    for name in ("gaps", "ems_centre", "ems_station", "hospital-secondary", "township_hospital"):
        if _layer(shown, name).count() and _layer(shown, name).is_checked():
            _layer(shown, name).uncheck()
    _theme(shown, "points")
    wanted = judged.points["TB-2/p90"]
    places = judged.study.people.geometry.to_crs(4326)
    row = wanted.index[wanted["within"]][0]
    told = shown.hover(places.y[row], places.x[row])
    assert f"{wanted['people'][row]:,.0f} people" in told
    minutes = float(told.split("≤")[1].split("分钟")[0])
    assert wanted["value"][row] <= minutes + 1e-6 <= wanted["value"][row] + 0.51


def test_a_facility_tells_its_name(shown: Opened) -> None:
    """The hospital's tooltip has its names, tier, beds and the quality of its position, on lines that are not torn."""
    row = next(layer for layer in shown.data()["facilities"] if layer["group"] == "hospital")["rows"][0]
    told = shown.hover(*row["at"])
    for part in ("县医院 County Hospital", "二级", "secondary", "床位 300", "300 beds", "位置：示意"):
        assert part in told
    box = shown.page.locator(".cp-tip").bounding_box()
    assert box is not None
    assert box["width"] > 120


def test_an_uncovered_place_tells_why(shown: Opened) -> None:
    """The worst place's tooltip has rank, place, town, people, minutes, limit, how far over, nearest base and cause.

    Only its own tooltip shows, not the surface's as well; and the ranked list of its rule leads to it.
    """
    told = shown.hover(*shown.data()["gaps"]["TB-2"]["rows"][0]["at"])
    for part in (
        "岭顶村",
        "南岭镇",
        "第 1 位",
        "限外 12,800 人",
        "限值 14 分钟",
        "超出",
        "最近：",
        "原因：距离过远",
        "too far",
    ):
        assert part in told
    assert shown.page.locator(".cp-tip").count() == 1
    shown.rule("TB-2").locator("button.head").click()
    if "chosen" not in (shown.rule("TB-2").get_attribute("class") or ""):
        shown.rule("TB-2").locator("button.head").click()
    shown.rule("TB-2").locator(".worst button.go").nth(1).click()
    second = shown.data()["gaps"]["TB-2"]["rows"][1]["lines"][0]["zh"]
    assert second in shown.page.locator(".leaflet-tooltip").last.inner_text()


def test_towns_are_coloured_by_rule(shown: Opened, judged: Assessment) -> None:
    """A rule's card leads to its towns; a town's tooltip has its own verdict and figures."""
    shown.choose("TB-4", "各镇街")
    assert shown.page.locator(".leaflet-image-layer").count() == 0
    assert "AED" in shown.page.locator(".legend").inner_text()
    town = shown.data()["areas"][2]
    told = shown.hover(town["at"][0] - 0.01, town["at"][1] - 0.01)
    assert town["name"]["zh"] in told
    row = judged.finding("TB-4").areas.iloc[2]
    assert f"现有 {row['have']:.0f} 台，需要 {row['need']:.0f} 台" in told


def test_the_panel_says_what_the_file_says(shown: Opened, judged: Assessment, tmp_path: Path) -> None:
    """Every figure and status in the panel is that of verdicts.json."""
    write_tables(judged, tmp_path)
    written = json.loads((tmp_path / "verdicts.json").read_text(encoding="utf-8"))["verdicts"]
    words = {"met": "达标 met", "not_met": "未达标 not met", "measured": "已测算 measured", "no_data": "无数据 no data"}
    assert shown.page.locator("article.verdict").count() == len(written)
    for verdict in written:
        card = shown.rule(verdict["rule_id"])
        said = card.locator(".figure").get_attribute("data-figure")
        assert (None if said == "null" else float(said or "nan")) == verdict["figure"]
        assert card.locator(".word").inner_text() == words[verdict["status"]]
        assert verdict["name_zh"] in card.inner_text()
        if "chosen" not in (card.get_attribute("class") or ""):
            card.locator("button.head").click()
        assert verdict["quotation"] in card.inner_text()
        assert verdict["statement_zh"] in card.inner_text()


def test_what_a_plan_review_asks_for_stands_on_the_map(shown: Opened, judged: Assessment) -> None:
    """Title, date, legend, scale, north, sources, the roads' credit without a flag, and the notice with reasons."""
    notice = shown.page.locator(".notice")
    assert "含示意数据" in notice.inner_text()
    assert "道路" in (notice.get_attribute("title") or "")
    credit = shown.page.locator(".leaflet-control-attribution")
    assert judged.network.attribution in credit.inner_text()
    assert credit.locator("svg").count() == 0
    for part in (".cp-north svg", ".leaflet-control-scale-line", ".legend", ".sources", "h1"):
        assert shown.page.locator(part).first.is_visible(), part
    assert "2026-03-01" in shown.page.locator(".facts").inner_text()


def test_everything_is_seen_without_scrolling(shown: Opened) -> None:
    """Title, panel, list and legend fit a small screen, and the two cards do not lie upon one another."""
    layers, legend = (shown.page.locator(name).bounding_box() for name in (".layers", ".legend"))
    assert layers is not None
    assert legend is not None
    assert layers["y"] + layers["height"] <= legend["y"]
    assert legend["y"] + legend["height"] <= 800
    assert shown.page.evaluate("document.documentElement.scrollWidth") == 1280
    before = shown.page.locator(".folium-map").bounding_box()
    shown.page.locator(".fold").click()
    after = shown.page.locator(".folium-map").bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > before["width"] + 250


def test_the_list_is_searched_and_walked_by_keys(shown: Opened) -> None:
    """A word leaves only what holds it; arrow keys walk, space chooses, and the focus stays where it was."""
    page = shown.page
    page.locator(".layers .find").fill("卫生所")
    visible = [one.inner_text() for one in page.locator(".layers label.row:visible").all()]
    assert len(visible) == 1
    assert visible[0].startswith("村卫生所")
    page.locator(".layers .find").fill("")
    page.locator('[data-id="theme response"]').focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.id") == "theme care"
    page.keyboard.press("Space")
    assert page.evaluate("coverplan.state.theme") == "care"
    assert page.evaluate("document.activeElement.dataset.id") == "theme care"
    page.keyboard.press("ArrowUp")
    assert page.evaluate("[document.activeElement.dataset.id, coverplan.state.theme]") == ["theme response", "care"]


def test_a_group_is_switched_at_once(shown: Opened) -> None:
    """The tick of a group shows or hides all its kinds; groups fold away and stay so."""
    page = shown.page
    group = page.locator('[data-id="all ems"]')
    assert group.is_checked()
    group.uncheck()
    assert page.locator(".cp-symbol.ems_centre, .cp-symbol.ems_station").count() == 0
    page.locator('details[data-group="times"] > summary').click()
    group.check()
    assert page.locator(".cp-symbol.ems_centre, .cp-symbol.ems_station").count() == 2
    assert not page.locator('[data-id="theme care"]').is_visible()


def test_the_language_switches(shown: Opened) -> None:
    """A press on the button puts English first everywhere, another one Chinese again."""
    page = shown.page
    page.locator("button.language").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert "Emergency response 急救响应时间" in page.locator(".layers .label").all_inner_texts()
    assert page.locator("h1 .what .first").inner_text() == "Health service coverage"
    assert page.locator(".cp-north b").inner_text() == "N"
    page.locator("button.language").click()
    assert page.locator("html").get_attribute("lang") == "zh-Hans"


def test_many_symbols_stand_together(shown: Opened) -> None:
    """Where symbols of a kind would lie upon one another, they stand together with their number until one zooms in."""
    page = shown.page
    page.evaluate(
        """() => {
            const layer = coverplan.data.facilities.find((one) => one.id === "village_clinic");
            const [lat, lon] = (window.middle = layer.rows[0].at);
            const at = (i) => [lat + i % 9 / 3e3, lon + i / 2e4];
            layer.rows = Array.from({ length: 90 }, (_, i) => ({ ...layer.rows[0], at: at(i) }));
        }"""
    )
    _layer(shown, "village_clinic").check()
    bubbles, singles = page.locator(".cp-cluster b"), page.locator(".cp-symbol.village_clinic")
    assert sum(int(text) for text in bubbles.all_inner_texts()) + singles.count() == 90
    assert bubbles.count() >= 1
    page.evaluate("coverplan.map.setView(window.middle, 15)")
    page.wait_for_function("document.querySelectorAll('.cp-cluster').length === 0")
    assert page.locator(".cp-symbol.village_clinic").count() == 90


@pytest.mark.parametrize("paper", ["A4", "A3"])
def test_it_prints_on_one_sheet(shown: Opened, artefacts: Path, paper: str) -> None:
    """A sheet across holds it all, legend, sources and demand points too, and the map comes back as it was."""
    _theme(shown, "points")
    look = "[coverplan.map.getZoom(), coverplan.map.getCenter().lat]"
    before = shown.page.evaluate(look)
    shown.page.evaluate(
        """() => addEventListener("beforeprint", () => { window.printed = {
            legend: document.querySelector(".legend").innerText,
            sources: Boolean(document.querySelector(".sources-line")),
            points: document.querySelectorAll(".cp-points-printed").length,
            list: getComputedStyle(document.querySelector(".layers")).display }; })"""
    )
    content = shown.page.pdf(path=artefacts / f"toy-map-{paper}.pdf", format=paper, landscape=True)
    assert content.count(b"/Type /Page\n") == 1
    printed = shown.page.evaluate("window.printed")
    assert "居民点" in printed["legend"]
    assert "急救站" in printed["legend"]
    assert printed["sources"]
    assert (printed["points"], printed["list"]) == (1, "none")
    assert shown.page.evaluate(look) == pytest.approx(before, abs=1e-3)
    assert not shown.page.evaluate("document.body.classList.contains('paper')")
    assert shown.page.locator(".cp-points-printed, .sources-line, .off-sheet").count() == 0
