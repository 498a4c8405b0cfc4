"""What several tests need: the reference data beside the checkout, and a place for artefacts."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]

# A slow machine is no failure; and what fails in CI must fail the same way when somebody looks into it.
# COVERPLAN_EXAMPLES=1000 looks longer for counter-examples wherever a test does not say how long.
settings.register_profile(
    "house",
    deadline=None,
    print_blob=True,
    derandomize=bool(os.environ.get("CI")),
    max_examples=int(os.environ.get("COVERPLAN_EXAMPLES", "40")),
)
settings.load_profile("house")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data; tests that hold us against real extracts are skipped without it."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("the reference data (../shared/data) does not stand beside this checkout")
    return folder


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """A folder for screenshots and other things a person should look at; git ignores it."""
    folder = ROOT / "tests" / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium with all name resolution switched off."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser to open the map with: none of {', '.join(names)} is on the PATH")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND"]
        )
        yield chromium
        chromium.close()
