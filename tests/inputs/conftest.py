"""The toy study, to be broken."""

from pathlib import Path

import pytest

from toy import Toy


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    """A fresh copy of the toy study."""
    return Toy(tmp_path / "toy")
