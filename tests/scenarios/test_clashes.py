"""Edits that leave each other nothing to change, or of which each says another thing of one record."""

from __future__ import annotations

import pytest

from coverplan.core.errors import InputError
from coverplan.core.model import Study
from coverplan.scenarios.apply import apply
from coverplan.scenarios.edits import (
    Change,
    Close,
    Complete,
    Delay,
    Devices,
    Edit,
    Open,
    Settle,
    Speeds,
)
from scenarios.proposals import at, base, proposal

HERE, THERE = at(9000, 1500), at(3000, 1500)


@pytest.fixture(scope="module")
def study() -> Study:
    """The base study."""
    return base()


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ((Complete(project="1", year=2022), Complete(project="1", year=2024)), "the end of project 1 is said already"),
        ((Complete(project="1", year=2022), Delay(project="1", until=2026)), "the end of project 1 is said already"),
        ((Delay(project="1", until=2026), Complete(project="1", year=2022)), "the end of project 1 is said already"),
        (
            (
                Open(name="新站", facility_kind="ems_station", at=HERE, year=2021),
                Open(name="新站", facility_kind="ems_station", at=THERE, year=2022),
            ),
            "'try/新站' is said already",
        ),
        ((Devices(name="车站", at=HERE, year=2021), Devices(name="车站", at=THERE)), "'try/车站' is said already"),
        (
            (Settle(name="新区", at=HERE, people=1), Settle(name="新区", at=THERE, people=2, year=2022)),
            "'try/新区' is said already",
        ),
        ((Close(facility="f2", vehicles_to="f1"), Close(facility="f1")), "f1 is closed by then"),
        ((Close(facility="f2", vehicles_to="f1", year=2023), Close(facility="f1", year=2022)), "f1 is closed by then"),
        (
            (Close(facility="f2", vehicles_to="f1"), Change(facility="f1", vehicles=3)),
            "how many vehicles stand at f1 is said already",
        ),
        ((Speeds(at="rush"), Speeds(at="rush", profile="ambulance")), "the part of the week of all profiles"),
    ],
)
def test_what_would_depend_on_the_order_is_refused(study: Study, edits: tuple[Edit, ...], said: str) -> None:
    """Neither of two edits may win, whichever stands first and whenever each holds."""
    with pytest.raises(InputError) as caught:
        apply(study, proposal(*edits))
    assert said in str(caught.value)


def test_vehicles_may_go_to_a_station_that_the_scenario_opens(study: Study) -> None:
    """Named by its name or by its identifier; both vehicles of the old station stand at the new one then."""
    opened = Open(name="新站", facility_kind="ems_station", at=HERE)
    stood = study.vehicles["facility_id"].value_counts()["f2"]
    for name in ("新站", "try/新站"):
        later = apply(study, proposal(Close(facility="f2", vehicles_to=name), opened))
        counts = later.vehicles["facility_id"].value_counts()
        assert counts["try/新站"] == stood
        assert "f2" not in counts


def test_closings_in_turn_are_no_contradiction(study: Study) -> None:
    """A station may take another one's vehicles and close years later."""
    apply(study, proposal(Close(facility="f2", vehicles_to="f1", year=2022), Close(facility="f1", year=2025)))
