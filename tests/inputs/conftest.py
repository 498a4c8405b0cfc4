"""The toy study, to be broken, and a database to be read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inputs import postgis
from toy import Toy


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    """A fresh copy of the toy study."""
    return Toy(tmp_path / "toy")


@pytest.fixture(scope="session")
def database() -> Iterator[postgis.Server]:
    """A real PostgreSQL with PostGIS of our own; skipped where it is not installed."""
    folder = postgis.programs()
    if folder is None:
        pytest.skip(
            "PostgreSQL with PostGIS is not installed (on Debian: apt-get install postgresql postgresql-15-postgis-3)"
        )
    with postgis.server(folder) as running:
        yield running
