"""Pages of several states: what is shared is told once, and nothing is lost by it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import coverplan as cp
from coverplan.core.errors import InputError
from coverplan.outputs.maps.states import shared
from coverplan.standards.findings import Assessment
from outputs.page import Opened

DAY = date(2026, 3, 1)
LONG = "很长的一段话" * 40
VALUES = st.recursive(st.integers(0, 3) | st.sampled_from(["a", LONG]), lambda inner: st.lists(inner, max_size=3)
                      | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3), max_leaves=8)  # fmt: skip
PAGES = st.lists(st.fixed_dictionaries({"k": VALUES, "m": VALUES, "n": VALUES}), min_size=2, max_size=4)


def _whole(value: Any, pool: list[Any]) -> Any:
    """Put the pooled parts back, as the page does."""
    if isinstance(value, dict):
        return pool[value["$"]] if "$" in value else {key: _whole(one, pool) for key, one in value.items()}
    return [_whole(one, pool) for one in value] if isinstance(value, list) else value


@given(PAGES)
def test_nothing_is_lost_by_sharing(pages: list[dict[str, Any]]) -> None:
    """With the shared parts put back, every page is what it was."""
    told = shared(pages)
    common = {key: value for key, value in told.items() if key not in {"states", "pool"}}
    assert [{**common, **_whole(state, told["pool"])} for state in told["states"]] == pages


def test_what_two_states_share_is_told_once() -> None:
    """A long part of two states out of three stands in the page once."""
    told = json.dumps(shared([{"k": {"x": [LONG]}}, {"k": {"x": [LONG], "y": 1}}, {"k": 2}]), ensure_ascii=False)
    assert told.count(LONG) == 1


def test_a_page_of_one_state_is_refused(judged: Assessment, tmp_path: Path) -> None:
    """One state has nothing to be compared with, and two projections are no comparison; nothing is written."""
    with pytest.raises(InputError, match="two or more"):
        cp.write_timeline_map([(2020, judged)], tmp_path / "one.html")
    other = replace(judged, study=replace(judged.study, crs="EPSG:32651"))
    with pytest.raises(InputError, match="EPSG:32651"):
        cp.write_comparison_map(judged, other, tmp_path / "two.html")
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def later(judged: Assessment) -> Assessment:
    """The toy county with its east station gone."""
    kept = judged.study.facilities[judged.study.facilities["kind"] != "ems_station"].reset_index(drop=True)
    fleet = judged.study.vehicles[judged.study.vehicles["facility_id"].isin(kept["facility_id"])].reset_index(drop=True)
    return cp.assess(replace(judged.study, facilities=kept, vehicles=fleet), judged.network)


def _figures(shown: Opened, rule_id: str) -> list[str]:
    return shown.rule(rule_id).locator(".series b").all_inner_texts()


@pytest.mark.browser
def test_before_and_after_share_a_line(
    judged: Assessment, later: Assessment, tmp_path: Path, opened: Callable[..., Opened], artefacts: Path
) -> None:
    """Left of the line stands what was, right of it what would be; hand and arrow keys move it, the panel has both."""
    path = cp.write_comparison_map(judged, later, tmp_path / "swipe.html", made_on=DAY, cell_m=500)
    shown = opened(path)
    both = [one.finding("TB-2").figure for one in (judged, later)]
    assert both[0] != both[1]
    assert [float(text.split()[0]) for text in _figures(shown, "TB-2")] == pytest.approx(both, abs=0.051)
    page = shown.page
    assert page.locator(".leaflet-image-layer").count() == 2
    sources = {picture.get_attribute("src") for picture in page.locator(".leaflet-image-layer").all()}
    assert len(sources) == 2
    handle = page.locator(".cp-swipe")
    line = handle.bounding_box()
    assert line is not None
    page.mouse.move(line["x"] + 2, line["y"] + 100)
    page.mouse.down()
    page.mouse.move(line["x"] + 152, line["y"] + 100, steps=3)
    page.mouse.up()
    moved = handle.bounding_box()
    assert moved is not None
    assert moved["x"] == pytest.approx(line["x"] + 150, abs=3)
    page.keyboard.press("ArrowLeft")
    assert float(handle.get_attribute("aria-valuenow") or 0) < 100
    # The station that is gone stands only on the left; each side is cut away where the other is.
    both_sides = "['facilities-left', 'facilities-right'].map((name) => coverplan.map.getPane(name)"
    assert page.evaluate(f"{both_sides}.querySelectorAll('.ems_station').length)") == [1, 0]
    clips = page.evaluate("['under-left', 'under-right'].map((name) => coverplan.map.getPane(name).style.clipPath)")
    assert all(clip.startswith("polygon") for clip in clips)
    assert clips[0] != clips[1]
    assert page.evaluate("coverplan.map.getZoom()") > 0
    page.screenshot(path=artefacts / "toy-swipe.png")


@pytest.mark.browser
def test_years_follow_a_slider(
    judged: Assessment, later: Assessment, tmp_path: Path, opened: Callable[..., Opened], artefacts: Path
) -> None:
    """The slider turns map, panel and legend to another year and back; one legend serves both."""
    path = cp.write_timeline_map([(2020, judged), (2025, later)], tmp_path / "years.html", made_on=DAY, cell_m=500)
    shown = opened(path)
    page = shown.page

    def now() -> tuple[str, str | None, int, str]:
        return (
            shown.rule("TB-2").locator("b.figure").inner_text(),
            page.locator(".leaflet-image-layer").get_attribute("src"),
            page.locator(".cp-symbol.ems_station").count(),
            page.locator(".legend .ramp").inner_text(),
        )

    first = now()
    page.locator("input.years").focus()
    page.keyboard.press("ArrowRight")
    second = now()
    assert (first[2], second[2]) == (1, 0)
    assert first[0] != second[0]
    assert first[1] != second[1]
    assert first[3] == second[3]
    assert page.evaluate("document.activeElement.className") == "years"
    page.screenshot(path=artefacts / "toy-years.png")
    page.keyboard.press("ArrowLeft")
    assert now() == first


@pytest.mark.browser
def test_scenarios_are_buttons(
    judged: Assessment, later: Assessment, tmp_path: Path, opened: Callable[..., Opened]
) -> None:
    """Names instead of years are buttons; a name from a user does nothing but stand there."""
    evil = "<img src=x onerror=window.hacked=1>"
    path = cp.write_timeline_map([("基准", judged), (evil, later)], tmp_path / "names.html", made_on=DAY, cell_m=500)
    shown = opened(path)
    buttons = shown.page.locator(".states button.state")
    assert buttons.all_inner_texts() == ["基准", evil]
    buttons.nth(1).click()
    assert shown.page.locator(".cp-symbol.ems_station").count() == 0
    assert buttons.nth(1).get_attribute("aria-pressed") == "true"
    assert shown.page.evaluate("window.hacked") is None
    # What is shared is told once: the page of two is far smaller than two pages.
    alone = cp.write_map(judged, tmp_path / "alone.html", made_on=DAY, cell_m=500)
    assert path.stat().st_size < 1.6 * alone.stat().st_size
