"""The embedded study's map: small, quick to open, and fit to be looked at in a meeting."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import coverplan as cp
from coverplan.outputs.maps.layers import MOST_FEATURES
from coverplan.standards.findings import Assessment
from outputs.page import Opened, open_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def jinjiang() -> Assessment:
    """Jinjiang under its plan."""
    study = cp.read_study(cp.sample_config("jinjiang"))
    return cp.assess(study, cp.build_network(study))


@pytest.fixture(scope="module")
def path(jinjiang: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its map."""
    return cp.write_map(jinjiang, tmp_path_factory.mktemp("jinjiang") / "map.html")


@pytest.fixture(scope="module")
def shown(browser: Browser, path: Path) -> Iterator[Opened]:
    """The map in a window; whatever went wrong on it is noted, and must be nothing in the end."""
    one = open_page(browser, path, width=1280, height=800)
    yield one
    one.page.close()
    assert one.faults == []


def test_the_map_is_light(path: Path, shown: Opened) -> None:
    """Under 1.5 MB, and never more shapes and symbols at once than a browser bears, even with every layer shown."""
    assert path.stat().st_size < 1_500_000
    drawn = shown.page.locator(".leaflet-map-pane path, .leaflet-map-pane .leaflet-marker-icon")
    assert drawn.count() < 500
    data = shown.data()
    features = sum(len(layer["rows"]) for layer in data["facilities"])
    assert features + max(len(one["rows"]) for one in data["gaps"].values()) + 2 * len(data["areas"]) <= MOST_FEATURES


def test_the_map_is_kept_for_people_to_judge(shown: Opened, artefacts: Path) -> None:
    """It opens without a fault, everything illustrative is announced, and pictures of its themes are kept."""
    page = shown.page
    assert page.locator(".notice").is_visible()
    page.screenshot(path=artefacts / "jinjiang-1280.png")
    page.set_viewport_size({"width": 1920, "height": 1080})
    themes = ["response-rings", "response-catchments", "communities", "points", "system-all", "care"]
    for theme in themes:
        page.locator(f'[data-id="theme {theme}"]').check()
        page.wait_for_timeout(50)
        page.screenshot(path=artefacts / f"jinjiang-1920-{theme}.png")
    content = page.pdf(path=artefacts / "jinjiang-A3.pdf", format="A3", landscape=True)
    assert content.count(b"/Type /Page\n") == 1


def test_every_town_is_named_and_tells_its_verdict(shown: Opened) -> None:
    """All nineteen towns and streets carry their names, and every rule or system that tells them apart has them all."""
    assert len(shown.data()["areas"]) == 19
    assert shown.page.locator(".cp-name").count() == 19
    data = shown.data()
    assert {len(one["rows"]) for one in [*data["towns"].values(), *data["town_systems"]]} == {19}


def test_many_rules_are_found(shown: Opened) -> None:
    """With many rules, a word or a status leaves only those that fit, under the headings of their systems."""
    page = shown.page
    total = page.locator("article.verdict").count()
    if total <= 12:
        pytest.skip("the study is held against few rules")
    page.locator(".panel .find").fill("负压")
    found = page.locator("article.verdict:visible").all_inner_texts()
    assert 0 < len(found) < total
    assert any("负压" in text for text in found)
    page.locator(".panel .find").fill("")
    page.locator('.count[data-status="not_met"]').click()
    wanted = sum(verdict["status"] == "not_met" for verdict in shown.data()["verdicts"])
    assert page.locator("article.verdict:visible").count() == wanted
    page.locator('.count[data-status="not_met"]').click()
    assert page.locator("article.verdict:visible").count() == total


def test_communities_are_those_of_the_rule(jinjiang: Assessment, shown: Opened) -> None:
    """The towns whose own lead hospital is not the nearest are those that the rule on communities names."""
    rules = [verdict for verdict in jinjiang.verdicts if verdict.rule.check == "assignment"]
    if not rules:
        pytest.skip("no rule of the study is about belonging to the nearest hub")
    units = rules[0].default.units
    assert units is not None
    named = dict(zip(units["unit_id"], units["status"] == "not_met", strict=True))
    groups = next(one for one in shown.data()["catchments"] if "towns" in one)
    shown_ones = {
        area["id"]: town["differs"] for area, town in zip(shown.data()["areas"], groups["towns"], strict=True)
    }
    assert {area: shown_ones[area] for area in named} == named
    assert any(named.values())
