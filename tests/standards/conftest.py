"""The county and the first pack, read once."""

from pathlib import Path

import pytest

from coverplan.standards.assess import assess
from coverplan.standards.findings import Assessment
from coverplan.standards.rules import RulePack, read_pack
from standards.county import county, scene


@pytest.fixture(scope="session")
def pack(root: Path) -> RulePack:
    """The pack of the Jinjiang plan."""
    return read_pack(root / "configs" / "standards" / "jinjiang-14th-five-year-plan.yaml")


@pytest.fixture(scope="session")
def judged(pack: RulePack) -> Assessment:
    """The hand-made county under the Jinjiang pack."""
    return assess(county(), scene().network, packs=(pack,))
