"""Comparisons and timelines as folders, with their maps."""

from __future__ import annotations

import re
from pathlib import Path
from xml.dom import minidom

import pytest
from playwright.sync_api import Browser

import coverplan as cp
from coverplan.outputs.maps.difference import write_difference_map
from coverplan.outputs.maps.offline import fetched_urls
from coverplan.outputs.proposals import plot, write_comparison, write_timeline
from coverplan.planning.comparison import Comparison
from coverplan.scenarios.edits import Close, Move, Open, Scenario
from coverplan.scenarios.timeline import with_base_beds
from outputs.page import open_page

HOSTILE = "</script><b>`${1}` 新站"


@pytest.fixture(scope="module")
def told() -> Comparison:
    """A scenario of the toy study that opens, closes and moves something, with a name that tries to break the page."""
    study = cp.read_study(cp.sample_config())
    edits = (
        Open(name=HOSTILE, facility_kind="ems_station", at=(118.56, 24.66), vehicles=1),
        Close(facility="F6"),
        Move(facility="F3", at=(118.53, 24.71)),
    )
    scenario = Scenario(scenario_id="s", name=HOSTILE, edits=edits)
    return cp.compare(study, cp.build_network(study), [scenario])


def test_the_difference_map_needs_no_connection(told: Comparison, tmp_path: Path) -> None:
    """Nothing would be fetched, who gains and loses is named, and a hostile name stays a name."""
    html = write_difference_map(told, tmp_path / "d.html").read_text(encoding="utf-8")
    assert fetched_urls(re.sub(r"<script>.*?</script>|<style>.*?</style>", "", html, flags=re.DOTALL)) == []
    for said in (" gained ", " lost ", " opened", " closed", " moved"):
        assert said in html, said
    assert "</script><b>" not in html
    assert "illustrative data" in html


def test_the_difference_map_opens_and_tells_who_gains(
    told: Comparison, browser: Browser, artefacts: Path, tmp_path: Path
) -> None:
    """In a browser without a network: every layer has its switch, a circle its note, a hostile name stays text."""
    path = write_difference_map(told, tmp_path / "d.html")
    opened = open_page(browser, path, width=1280, height=800, ready=".leaflet-control-layers-overlays label")
    switches = opened.page.locator(".leaflet-control-layers-overlays label").all_inner_texts()
    # A station in the south brings its two villages of 6,400 and 12,800 within the time; no reading that decides loses.
    assert [text.strip() for text in switches] == [
        "镇街 towns",
        f"{HOSTILE}：新增 gained 19,200",
        f"{HOSTILE}：减少 lost 0",
        f"{HOSTILE}：设施 facilities",
    ]
    box = opened.page.locator(".leaflet-container").bounding_box()
    assert box is not None
    villages = told.base.study.people.set_index("place_id").loc["350999103008"]
    spot = opened.page.evaluate(
        "([lat, lon]) => map_coverplan.latLngToContainerPoint([lat, lon])", [villages["lat"], villages["lon"]]
    )
    opened.page.mouse.move(box["x"] + spot["x"] - 3, box["y"] + spot["y"])
    opened.page.mouse.move(box["x"] + spot["x"], box["y"] + spot["y"])
    note = opened.page.locator(".leaflet-tooltip").inner_text()
    assert note.splitlines()[0] == "岭顶村：新增 12,800 人"
    assert any(line.startswith("TB-2 ") for line in note.splitlines())
    opened.page.screenshot(path=artefacts / "toy-difference.png")
    opened.page.close()
    assert opened.faults == []


def test_a_comparison_is_a_folder(told: Comparison, tmp_path: Path) -> None:
    """A table each, and both maps."""
    folder = write_comparison(told, tmp_path / "c")
    assert {path.name for path in folder.iterdir()} == {f"{name}.csv" for name in told.tables} | {
        "difference.html", "before-after.html"
    }  # fmt: skip


def test_a_timeline_is_a_folder_with_a_plot(tmp_path: Path) -> None:
    """Tables, a picture that is well formed and says the last figure, and a map with a slider."""
    study = with_base_beds(cp.read_study(cp.sample_config()), 340)
    years = cp.timeline(study, cp.build_network(study), years=(2020, 2024))
    folder = write_timeline(years, tmp_path / "t")
    assert {path.name for path in folder.iterdir()} == {"years.csv", "verdicts.csv", "years.svg", "years.html"}
    picture = plot(years)
    assert minidom.parseString(picture).documentElement.tagName == "svg"  # noqa: S318 - our own picture
    assert "resident_2020 13.95" in picture
    assert "2024" in picture
