"""What several tests need: the reference data beside the checkout, and a place for artefacts."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


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
