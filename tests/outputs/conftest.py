"""The toy county judged once, and a browser that can reach nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import coverplan as cp
from coverplan.standards.findings import Assessment
from outputs.page import Opened, open_page
from toy import Toy


@pytest.fixture(scope="session")
def judged() -> Assessment:
    """The toy county under its pack."""
    study = cp.read_study(cp.sample_config())
    return cp.assess(study, cp.build_network(study))


@pytest.fixture
def judge(tmp_path: Path) -> Callable[[Callable[[Toy], object]], Assessment]:
    """Change a copy of the toy county, and judge it."""

    def changed(change: Callable[[Toy], object]) -> Assessment:
        toy = Toy(tmp_path / "toy")
        change(toy)
        study = toy.read()
        return cp.assess(study, cp.build_network(study))

    return changed


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Open a page file; everything that went wrong on the page is noted, and must be nothing in the end."""
    all_opened: list[Opened] = []

    def opening(path: Path, *, width: int = 1280, height: int = 800) -> Opened:
        one = open_page(browser, path, width=width, height=height)
        all_opened.append(one)
        return one

    yield opening
    for one in all_opened:
        one.page.close()
        assert one.faults == []
