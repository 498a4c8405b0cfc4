"""The embedded study's map and run: small, quick to open, and fit to be looked at in a meeting."""

from collections.abc import Callable
from pathlib import Path

import pytest

import coverplan as cp
from coverplan.outputs.map_layers import MOST_FEATURES
from coverplan.standards.findings import Assessment
from outputs.page import Opened

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def jinjiang() -> Assessment:
    """Jinjiang under its plan."""
    study = cp.read_study(cp.sample_config("jinjiang"))
    return cp.assess(study, cp.build_network(study))


@pytest.fixture(scope="module")
def page(jinjiang: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its map."""
    return cp.write_map(jinjiang, tmp_path_factory.mktemp("jinjiang") / "map.html")


def test_the_map_is_light(page: Path, opened: Callable[..., Opened]) -> None:
    """Under 3 MB, no more features than a browser bears, and ready in a few seconds on any machine."""
    assert page.stat().st_size < 3_000_000
    shown = opened(page)
    assert shown.page.evaluate("performance.now()") < 10_000
    data = shown.data()
    features = sum(len(layer["rows"]) for layer in data["facilities"]) + sum(
        len(g["rows"]) for g in data["gaps"].values()
    )
    assert features + len(data["areas"]) <= MOST_FEATURES + 100


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080)])
def test_the_map_is_kept_for_people_to_judge(
    page: Path, opened: Callable[..., Opened], artefacts: Path, width: int, height: int
) -> None:
    """It opens without a fault, everything illustrative is announced, and pictures of its themes are kept."""
    shown = opened(page, width=width, height=height)
    assert shown.page.locator(".notice").is_visible()
    shown.page.wait_for_timeout(300)
    shown.page.screenshot(path=artefacts / f"jinjiang-{width}.png")
    shown.page.locator(".layers .row", has_text="驾车就医时间").click()
    shown.page.screenshot(path=artefacts / f"jinjiang-{width}-care.png")
    with_towns = next(
        verdict["id"] for verdict in shown.data()["verdicts"] if verdict["towns"] and not verdict["surface"]
    )
    shown.choose(with_towns, "各镇街")
    shown.page.wait_for_timeout(300)
    shown.page.screenshot(path=artefacts / f"jinjiang-{width}-towns.png")


def test_every_town_is_named_and_tells_its_verdict(page: Path, opened: Callable[..., Opened]) -> None:
    """All nineteen towns and streets carry their names; the pointer on any of them gives its figures."""
    shown = opened(page)
    towns = shown.data()["areas"]
    assert len(towns) == 19
    assert len(shown.page.locator(".cp-name").all()) == 19
    rows = shown.page.evaluate("Object.values(coverplan.data.towns).map((one) => one.rows.length)")
    assert set(rows) == {19}


def test_it_prints_on_one_sheet(page: Path, opened: Callable[..., Opened], artefacts: Path) -> None:
    """A4 across holds it all."""
    content = opened(page).page.pdf(path=artefacts / "jinjiang-A4.pdf", format="A4", landscape=True)
    assert content.count(b"/Type /Page\n") == 1
