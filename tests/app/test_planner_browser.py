"""The planner as somebody at a desk uses it: the real server, a browser that reaches nothing else, the whole story."""

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import xlsxwriter
from playwright.sync_api import Browser, expect, sync_playwright

import coverplan as cp
from app.crowd import crowded
from app.window import LONG_MS, MARKER, Desk, Server, sit_down
from coverplan.app.jobs import WORKERS
from coverplan.core.model import Study
from coverplan.outputs.phrases import figure
from coverplan.roads.network import Network

pytestmark = pytest.mark.browser

STATION, RESPONSE = "F6", "TB-2"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server on the toy county."""
    study = cp.read_study(cp.sample_config())
    one = Server(study=study, network=cp.build_network(study), folder=tmp_path_factory.mktemp("scenarios"))
    one.start()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def local() -> Iterator[Browser]:
    """A headless Chromium with name resolution off but for this machine."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser to open the planner with: none of {', '.join(names)} is on the PATH")
    with sync_playwright() as playwright:
        rules = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", rules])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def window(local: Browser, server: Server) -> Iterator[Desk]:
    """One window that most tests share, each at a desk of its own."""
    desk = sit_down(local, server)
    yield desk
    desk.page.context.close()


@pytest.fixture
def desk(window: Desk) -> Iterator[Desk]:
    """The window with nothing changed, the response time on its map; nothing may go wrong in it."""
    window.begin_anew()
    window.faults.clear()
    window.show(RESPONSE)
    yield window
    assert window.faults == []


@pytest.fixture
def sit(local: Browser, server: Server) -> Iterator[Callable[..., Desk]]:
    """Open further windows on the planner; in the end nothing may have gone wrong in any of them."""
    desks: list[Desk] = []

    def sitting(*, width: int = 1280, height: int = 800, touch: bool = False) -> Desk:
        desks.append(sit_down(local, server, width=width, height=height, touch=touch))
        desks[-1].show(RESPONSE)
        return desks[-1]

    yield sitting
    for one in desks:
        one.page.context.close()
    for one in desks:
        assert one.faults == []


def _said(study: Study, network: Network, rule_id: str) -> str:
    """Return what a full assessment says of a rule, in Chinese, as the map and the tables write it."""
    return figure(cp.assess(study, network).finding(rule_id))["zh"]


def test_a_planner_opens_it(sit: Callable[..., Desk], server: Server, artefacts: Path) -> None:
    """Everything is there at first sight, in Chinese: targets with their figures, gaps, the map, the notice."""
    desk = sit()
    assert server.study.name in desk.text("#bar h1")
    assert "示意" in desk.text("#notice")
    expect(desk.page.locator(".busy")).to_be_hidden(timeout=LONG_MS)
    told = cp.assess(server.study, server.network)
    assert desk.page.locator("article.verdict").count() == len(told.verdicts)
    for verdict in told.verdicts:
        finding = told.finding(verdict.rule.rule_id)
        assert desk.figure(verdict.rule.rule_id) == figure(finding)["zh"]
    gaps = desk.page.locator("#view-gaps .go")
    wanted = cp.gaps(told).query("rule_id == @RESPONSE")
    assert gaps.count() == len(wanted)
    for i, row in enumerate(wanted.itertuples()):
        assert f"{row.area} {row.place}" in gaps.nth(i).inner_text()
        assert f"{row.people:,.0f} 人" in gaps.nth(i).inner_text()
    before = desk.page.evaluate("coverplan.map.getZoom()")
    gaps.first.click()
    assert desk.page.evaluate("coverplan.map.getZoom()") >= before
    assert desk.page.locator("canvas.points").count() == 1
    desk.page.locator("#notice").click()
    assert desk.page.locator("dialog .sources li").count() >= 1
    desk.page.keyboard.press("Escape")
    desk.page.mouse.move(*desk.on_screen(*desk.page.evaluate("coverplan.store.figures.gaps[0].at")))
    assert "限值以外" in desk.text(".cp-tip")


def test_figures_follow_the_hand(desk: Desk, artefacts: Path) -> None:
    """While a station is dragged, figure, people and points change; dropped, it is one change that can be undone."""
    before = desk.text("#shown-figure")
    desk.drag(STATION, -40, 130, drop=False)
    expect(desk.page.locator("#moving")).to_be_visible()
    expect(desk.page.locator("#shown-figure")).not_to_have_text(before)
    expect(desk.page.locator("#board")).to_have_attribute("aria-busy", "false")
    # Only Ridge Foot, with 6,400 people, comes within 14 minutes of a station that stands where the ridge road begins.
    assert desk.text(".gained b") == "+6,400 人"
    assert desk.text("#view-gaps .go >> nth=0").find("岭顶村") > 0
    assert desk.page.locator("#view-gaps .go", has_text="岭脚村").count() == 0
    assert desk.painted()["new"] > 0
    assert desk.page.locator("#view-edits .edits li").count() == 0
    desk.page.screenshot(path=artefacts / "planner-1280.png")
    while_dragged = desk.text("#shown-figure")
    desk.page.mouse.up()
    desk.edits(1)
    assert desk.text("#shown-figure") == while_dragged
    edit = desk.page.evaluate("coverplan.store.state.edits[0].edit")
    assert edit["move"]["facility"] == STATION
    desk.page.locator("#undo").click()
    desk.edits(0)
    assert desk.text("#shown-figure") == before
    assert desk.painted()["new"] == desk.painted()["lost"] == 0
    desk.page.keyboard.press("Control+Shift+Z")
    desk.edits(1)
    assert desk.text("#shown-figure") == while_dragged
    desk.page.keyboard.press("Control+z")
    desk.edits(0)


def test_the_verdict_is_that_of_a_full_assessment(desk: Desk, server: Server) -> None:
    """Saved, the scenario is a file that Python reads; assessed there, every rule has the page's figure."""
    desk.drag(STATION, -60, 90)
    desk.edits(1)
    desk.page.locator("#scenarios").click()
    desk.page.locator("#save-form [name=name]").fill("东岸站南移")
    desk.page.locator("#save-form [name=id]").fill("east-bank-south")
    desk.page.locator("#save").click()
    expect(desk.page.locator("li[data-scenario='east-bank-south']")).to_contain_text("东岸站南移")
    desk.page.keyboard.press("Escape")
    path = server.folder / "east-bank-south.yaml"
    scenario = cp.read_scenario(path, server.study)
    told = cp.assess(cp.apply(server.study, scenario), server.network)
    for verdict in told.verdicts:
        expect(desk.page.locator(f'article[data-rule="{verdict.rule.rule_id}"] .figure')).to_have_text(
            figure(told.finding(verdict.rule.rule_id))["zh"], timeout=LONG_MS
        )


def test_nothing_that_is_written_runs(desk: Desk) -> None:
    """A name that looks like HTML stays a name: in the lists, in the card, in tooltips, in changes."""
    evil = "<img src=x onerror='window.pwned=1'><b>站</b>"
    desk.page.locator("#tool-numbers").click()
    desk.page.locator("dialog [name=name]").fill(evil)
    lon, lat = desk.at(STATION)
    desk.page.locator("dialog [name=lon]").fill(str(lon - 0.01))
    desk.page.locator("dialog [name=lat]").fill(str(lat - 0.01))
    desk.page.locator("dialog select[name=kind]").select_option("ems_station")
    desk.page.locator("dialog button.first").click()
    desk.edits(1)
    assert evil in desk.text("#chosen h3")
    desk.tab("edits")
    assert evil in desk.text("#view-edits .edits")
    desk.page.locator(".cp-symbol.chosen").hover()
    assert evil in desk.text(".cp-tip")
    assert desk.page.locator("img[src='x']").count() == 0
    assert desk.page.evaluate("typeof window.pwned") == "undefined"


def test_tools_on_the_map(desk: Desk) -> None:
    """A station by two clicks, its figures before the second; vehicles set; a road closed; everything taken out."""
    page = desk.page
    page.locator("#tool-ems_station").click()
    lon, lat = page.evaluate("coverplan.store.figures.gaps[0].at")
    x, y = desk.on_screen(lon, lat)
    page.mouse.move(x + 6, y)
    page.mouse.move(x, y)
    expect(page.locator("#moving")).to_be_visible()
    page.mouse.click(x, y)
    desk.edits(1)
    assert "新增急救站 1" in desk.text("#chosen h3")
    page.locator("#chosen .stepper .step").last.click()
    expect(page.locator("#chosen .number")).to_have_value("2", timeout=LONG_MS)
    desk.edits(1)
    page.locator("#tool-aed").click()
    page.mouse.click(x - 60, y - 60)
    desk.edits(2)
    aed = page.locator(".cp-symbol[data-facility^='desk/新增AED']")
    expect(aed).to_have_class(re.compile("chosen"))
    lon = desk.at("desk/新增AED 1")[0]
    desk.pull(aed, -30, 10)
    west = "(lon) => coverplan.store.state.facilities.some((one) => one.name === '新增AED 1' && one.at[0] < lon)"
    page.wait_for_function(west, arg=lon)
    desk.edits(2)
    page.locator("#tool-road").click()
    page.mouse.click(*desk.on_screen(118.545, 24.7219))
    desk.edits(3)
    assert page.locator(".cp-barrier").count() == 1
    desk.tab("edits")
    page.locator("#view-edits .out").nth(2).click()
    desk.edits(2)
    page.locator("#reset").click()
    desk.edits(0)
    expect(page.locator("#chosen")).to_be_hidden()
    page.locator(MARKER.format(STATION)).click()
    page.locator("#remove").click()
    desk.edits(1)
    assert page.locator(".face.closed").count() == 1


def test_keys_move_a_station(desk: Desk) -> None:
    """Without a mouse: the list, Enter, arrows by 100 m and by 10 m, Enter; Escape takes a move back."""
    page = desk.page
    page.locator("#tab-gaps").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("document.body.dataset.tab") == "facilities"
    page.locator(f".facility[data-id='{STATION}']").focus()
    lon, lat = desk.at(STATION)
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    assert desk.at(STATION) == [lon, lat]
    page.keyboard.press("Enter")
    for key in ("ArrowDown", "ArrowDown", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    desk.edits(1)
    east, north = desk.at(STATION)
    assert (lat - north) * 111_320 == pytest.approx(200, abs=2)
    assert (lon - east) * 111_320 * 0.9085 == pytest.approx(10, abs=1)
    assert page.evaluate("document.activeElement.dataset.id") == STATION
    expect(page.locator("#live")).to_contain_text("急救", timeout=LONG_MS)


def test_every_control_is_reached_by_tab(desk: Desk) -> None:
    """The Tab key walks through bar, targets, map, tools and panel, never into a trap, and shows where it is."""
    page = desk.page
    seen: set[str] = set()
    page.locator("#notice").focus()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.id || document.activeElement.className || 'body'"))
        if "tab-gaps" in seen:
            break
    for wanted in ("year", "scenarios", "export", "language", "touched", "map", "shown-rule", "tool-suggest"):
        assert any(wanted in one for one in seen), f"{wanted} not among {seen}"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_the_language_switches(desk: Desk) -> None:
    """One press, no reload: words, names, figures and sentences, and the choice is kept."""
    desk.drag(STATION, -30, 60)
    desk.edits(1)
    before = desk.page.evaluate("performance.timeOrigin")
    desk.page.locator("#language").click()
    assert "Targets of the plan" in desk.text("#targets h2")
    assert "East Bank" in (desk.page.locator("#view-edits .edits").text_content() or "")
    assert desk.text("#shown-figure").isascii()
    assert "min" in desk.figure(RESPONSE)
    assert desk.page.evaluate("performance.timeOrigin") == before
    assert desk.page.evaluate("document.documentElement.lang") == "en"
    desk.page.reload()
    desk.page.wait_for_selector("body.ready")
    assert "Changes" in desk.text("#tab-edits")
    desk.edits(1)


def test_readings_years_and_the_map_of_a_rule(desk: Desk) -> None:
    """Another rule on the map, another reading of it, another year: figure, limit and list follow."""
    page = desk.page
    first = desk.text("#view-gaps .about")
    desk.show("TB-1")
    assert desk.text("#view-gaps .about") != first
    page.locator('article[data-rule="TB-2"] .head').click()
    radios = page.locator('article[data-rule="TB-2"] input[type=radio]')
    before = desk.figure(RESPONSE)
    for i in range(radios.count()):
        if not radios.nth(i).is_checked():
            radios.nth(i).check()
            break
    expect(page.locator('article[data-rule="TB-2"] .figure')).not_to_have_text(before)
    assert page.locator('article[data-rule="TB-2"] .details').is_visible()
    page.locator("#undo").click()
    expect(page.locator('article[data-rule="TB-2"] .figure')).to_have_text(before)
    year = page.locator("#year")
    now = int(year.input_value())
    year.select_option(str(now + 1))
    expect(page.locator("#undo")).to_be_enabled()
    assert page.evaluate("coverplan.store.state.year") == now + 1


def test_scenarios_are_kept_compared_and_opened_again(desk: Desk, sit: Callable[..., Desk], server: Server) -> None:
    """Saved under a name, compared with today in a table, opened in another window, which sees nothing of this one."""
    other = sit()
    desk.page.locator(MARKER.format(STATION)).click()
    desk.page.locator("#remove").click()
    desk.edits(1)
    closed = desk.figure(RESPONSE)
    desk.page.locator("#scenarios").click()
    desk.page.locator("#save-form [name=name]").fill("关闭东岸站")
    desk.page.locator("#save").click()
    row = desk.page.locator("li[data-scenario]", has_text="关闭东岸站")
    expect(row).to_be_visible()
    row.locator("input[name=compare]").check()
    desk.page.locator("#compare").click()
    table = desk.page.locator("dialog table.compare").first
    expect(table).to_be_visible(timeout=LONG_MS)
    assert desk.page.locator("dialog tr[data-rule='TB-2'] td").first.locator("b").inner_text() == _said(
        server.study, server.network, RESPONSE
    )
    assert desk.page.locator("dialog tr[data-rule='TB-2'] td.other").count() >= 1
    desk.page.keyboard.press("Escape")
    assert other.page.locator("#view-edits .edits li").count() == 0
    assert other.figure(RESPONSE) != closed
    other.page.locator("#scenarios").click()
    other.page.locator("li[data-scenario]", has_text="关闭东岸站").locator("button.second").click()
    other.edits(1)
    expect(other.page.locator('article[data-rule="TB-2"] .figure')).to_have_text(closed)
    assert "关闭东岸站" in other.text(".proposal")


def test_exports_come_as_downloads(desk: Desk, tmp_path: Path) -> None:
    """The map of what is on the desk, and the scenario file, are made with progress and come down."""
    desk.drag(STATION, -30, 60)
    desk.edits(1)
    for what, ending in (("scenario", "yaml"), ("map", "html")):
        desk.page.locator("#export").click()
        with desk.page.expect_download(timeout=60_000) as download:
            desk.page.locator(f"[data-export={what}]").click()
        path = tmp_path / f"x.{ending}"
        download.value.save_as(path)
        assert download.value.suggested_filename.endswith(ending)
        assert STATION in path.read_text(encoding="utf-8") or what == "map"
        assert path.stat().st_size > (100_000 if what == "map" else 20)
    expect(desk.page.locator(".job")).to_have_count(0)


def _workbook(path: Path, rows: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("拟建点")
        for i, row in enumerate(rows):
            sheet.write_row(i, 0, row)
    return path


def test_a_table_of_sites_is_read_or_refused(desk: Desk, tmp_path: Path) -> None:
    """A workbook's sites come in as one step with a report; a wrong one changes nothing and says where it is wrong."""
    desk.tab("edits")
    head: list[object] = ["名称", "经度", "纬度", "救护车"]
    rows = [head, ["北岭拟建站", 118.5475, 24.7399, 2], ["南岭拟建站", 118.5474, 24.7010, 1]]
    good = _workbook(tmp_path / "good.xlsx", rows)
    desk.page.locator("#file").set_input_files(good)
    expect(desk.page.locator("dialog .plain-table tbody tr")).to_have_count(2, timeout=LONG_MS)
    assert "北岭拟建站" in desk.text("dialog .plain-table")
    desk.page.keyboard.press("Escape")
    desk.edits(2)
    desk.page.locator("#undo").click()
    desk.edits(0)
    wrong = _workbook(tmp_path / "wrong.xlsx", [head, ["拟建站", "东边", 24.7399, 2]])
    dropped = desk.page.evaluate_handle(
        """(bytes) => {
          const all = new DataTransfer();
          all.items.add(new File([new Uint8Array(bytes)], "wrong.xlsx"));
          return all;
        }""",
        list(wrong.read_bytes()),
    )
    desk.page.dispatch_event("#map", "drop", {"dataTransfer": dropped})
    expect(desk.page.locator("dialog .problem").first).to_be_visible(timeout=LONG_MS)
    assert desk.text("dialog .problem .field") == "工作表“拟建点”，第2行，“经度”列"
    assert desk.text("dialog .problem b") == "“东边”不是数值"
    assert desk.page.locator("#view-edits .edits li").count() == 0
    desk.faults[:] = [one for one in desk.faults if "422" not in one]  # the browser notes every answer of that kind


def test_sites_are_suggested_and_accepted(desk: Desk) -> None:
    """The best site is searched with progress, shown with its bound and gap, and accepted as a change."""
    desk.suggest("ems_station", k=1, seconds=5)
    expect(desk.page.locator("#proposals .sites li")).to_have_count(1, timeout=60_000)
    assert "上限" in desk.text("#proposals .total")
    assert desk.page.locator(".cp-symbol.proposal").count() == 1
    desk.page.locator("#accept").click()
    desk.edits(1)
    expect(desk.page.locator("#proposals")).to_have_count(0)
    assert desk.page.evaluate("coverplan.store.figures.gained") > 0


def test_another_plan_is_looked_at_and_accepted(desk: Desk) -> None:
    """Other good plans stand beside the best: choosing one changes list, map and sum, and that one is accepted."""
    desk.suggest("ems_station", k=2, seconds=5)
    choices = desk.page.locator("#proposals .plan")
    expect(choices.first).to_contain_text("最佳方案", timeout=60_000)
    assert choices.count() > 1
    best = desk.text("#proposals .sites")
    choices.first.locator("input").focus()
    desk.page.keyboard.press("ArrowDown")
    expect(choices.nth(1).locator("input")).to_be_checked()
    expect(choices.nth(1).locator("input")).to_be_focused()
    assert "代替" in choices.nth(1).inner_text()
    assert desk.text("#proposals .sites") != best
    wanted = desk.page.evaluate("coverplan.store.proposals.plans[1]")
    assert desk.page.locator("#proposals .sites li.other").count() >= 1
    assert desk.page.locator(".cp-symbol.proposal").count() == len(wanted["sites"])
    desk.page.locator("#accept").click()
    desk.edits(len(wanted["sites"]))
    made = desk.page.evaluate("coverplan.store.state.edits.map((one) => one.edit.open.at)")
    assert made == [site["at"] for site in wanted["sites"]]
    assert desk.page.evaluate("coverplan.store.figures.gained") == wanted["people"]


def test_a_search_that_is_cancelled_comes_back_with_its_best(local: Browser, tmp_path: Path) -> None:
    """Cancelled in the middle, the search says that it was stopped, and its best plan so far can be accepted."""
    study, network = crowded()
    server = Server(study=study, network=network, folder=tmp_path)
    server.start()
    try:
        desk = sit_down(local, server)
        desk.suggest("chc", k=25, seconds=100, rule="TB-1")
        expect(desk.page.locator(".job .best")).to_contain_text("目前最好", timeout=LONG_MS)
        desk.page.locator(".job button.second").click()
        expect(desk.page.locator("#proposals .stopped")).to_contain_text("提前停止", timeout=LONG_MS)
        expect(desk.page.locator(".job")).to_have_count(0)
        assert "上限" in desk.text("#proposals .total")
        found = desk.page.evaluate("coverplan.store.proposals")
        assert found["bound"] >= found["people"] > 0
        desk.page.locator("#accept").click()
        desk.edits(25)
        assert desk.page.evaluate("coverplan.store.figures.gained") == found["people"]
        desk.page.context.close()
        assert desk.faults == []
    finally:
        server.stop()


def test_work_that_has_nothing_to_show_is_just_cancelled(desk: Desk, server: Server) -> None:
    """A file whose turn has not come when it is cancelled is not written, and the page says so."""
    go = threading.Event()
    busy = [server.planner.jobs.start("test", lambda _: go.wait(30)) for _ in range(WORKERS)]
    desk.page.locator("#export").click()
    desk.page.locator("[data-export=scenario]").click()
    with desk.page.expect_response(lambda answer: answer.request.method == "DELETE"):
        desk.page.locator(".job button.second").click()
    go.set()  # its turn comes only after the server knows
    expect(desk.page.locator(".job .message")).to_have_text("已取消", timeout=LONG_MS)
    assert all(job.kind == "test" for job in busy)


def test_what_is_refused_is_said_in_the_readers_language(desk: Desk) -> None:
    """A place outside the study is refused with a hint, in Chinese, and in English when the page is English."""
    before = desk.at(STATION)
    desk.page.locator(MARKER.format(STATION)).click()
    desk.page.locator("#chosen .where summary").click()
    desk.page.locator("#chosen [name=lon]").fill("110")
    desk.page.locator("#chosen form button").click()
    expect(desk.page.locator(".toast.bad .problem")).to_be_visible()
    assert "位置110, 24." in desk.text(".toast.bad")
    assert "在规划范围以外" in desk.text(".toast.bad")
    assert "距规划范围" in desk.text(".toast.bad .hint")
    assert "第1项调整（迁建 · 位置）" in desk.text(".toast.bad .field")
    desk.page.locator("#language").click()
    assert "110, 24." in desk.text(".toast.bad")
    assert "lies outside the study area" in desk.text(".toast.bad")
    assert desk.text(".toast.bad .problems").isascii()
    assert desk.at(STATION) == before
    desk.faults[:] = [one for one in desk.faults if "422" not in one]  # the browser notes every answer of that kind


def test_a_tablet_has_everything(sit: Callable[..., Desk], artefacts: Path) -> None:
    """At 820 points across, with fingers: nothing hangs over the edge, targets are 44 points, panels are one sheet."""
    desk = sit(width=820, height=1180, touch=True)
    page = desk.page
    assert page.evaluate("document.documentElement.scrollWidth") == 820
    small = page.evaluate(
        """[...document.querySelectorAll(".bar button, .bar select, .tool, .tab, .verdict .head, .facility, .go")]
          .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 43)
          .map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert small == []
    assert page.locator("#targets").is_visible()
    page.locator("#tab-towns").tap()
    assert not page.locator("#targets").is_visible()
    assert page.locator("#view-towns tbody tr").count() == 3
    before = page.locator("#map").bounding_box()
    page.locator(".fold-sheet").tap()
    page.wait_for_timeout(100)
    after = page.locator("#map").bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] > before["height"] + 200
    page.locator(MARKER.format(STATION)).tap()
    expect(page.locator("#chosen")).to_be_visible()
    page.screenshot(path=artefacts / "planner-820.png")


@pytest.mark.parametrize(
    ("width", "height", "touch"),
    [(1024, 768, True), (390, 844, True), (853, 533, False)],
    ids=["lying", "phone", "zoom"],
)
def test_nothing_hangs_over_the_edge(
    sit: Callable[..., Desk], artefacts: Path, width: int, height: int, touch: bool
) -> None:
    """On a tablet that lies, on a phone, and at 150 %: every part in both languages is inside the window, and named."""
    desk = sit(width=width, height=height, touch=touch)
    page = desk.page
    for _ in ("zh", "en"):
        for tab in ("targets", "gaps", "towns", "edits", "facilities"):
            desk.tab(tab)
            assert desk.overhang() == [], tab
        page.locator("#language").click()
    page.screenshot(path=artefacts / f"planner-{width}.png")
    symbol = page.locator(MARKER.format(STATION))
    symbol.tap() if touch else symbol.click()
    expect(page.locator("#chosen")).to_be_visible()
    assert desk.overhang() == []
    desk.suggest("ems_station", k=2, seconds=5)
    expect(page.locator("#accept")).to_be_in_viewport(ratio=0.99, timeout=60_000)
    expect(page.locator("#proposals .plan").first).to_be_in_viewport(ratio=0.99)
    assert desk.overhang() == []
    ground = page.locator("#map").bounding_box()
    assert ground is not None
    assert ground["height"] > height * 0.3


def test_a_lost_server_is_told_and_comes_back(sit: Callable[..., Desk], server: Server) -> None:
    """When the server goes the page says so; when it is back, without memory, every change is there, the last too."""
    desk = sit()
    desk.page.locator(MARKER.format("F5")).click()
    desk.page.locator("#remove").click()
    desk.edits(1)
    before = desk.at(STATION)
    server.stop()
    desk.drag(STATION, -30, 60)
    expect(desk.page.locator("#lost")).to_be_visible(timeout=LONG_MS)
    assert "断开" in desk.text("#lost")
    server.start()
    desk.edits(2)
    expect(desk.page.locator("#lost")).to_be_hidden(timeout=LONG_MS)
    assert desk.at(STATION) != before
    assert desk.page.locator(".face.closed").count() == 1
    desk.faults[:] = [one for one in desk.faults if "ERR_" not in one and "404" not in one]  # that it was away
