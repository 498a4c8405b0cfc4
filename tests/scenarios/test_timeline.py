"""The study in a given year."""

from __future__ import annotations

import pandas as pd
import pytest

from coverplan.core.errors import InputError
from coverplan.core.model import Study
from coverplan.inputs.select import active_facilities
from coverplan.scenarios.apply import apply
from coverplan.scenarios.edits import Close, CloseRoad, Complete, Delay, Move, Open, Place, Scenario
from coverplan.scenarios.timeline import network_in, study_in
from scenarios.proposals import at, base, proposal, roads, same

YEARS = range(2020, 2031)


@pytest.fixture(scope="module")
def study() -> Study:
    """The base study: D opens in 2023 with 30 beds; f1 has 300 from 2025 on, f0 five more than its 10."""
    return base()


def beds(study: Study, scenario: Scenario | None = None, facility: int = 3) -> list[int | None]:
    """Return the beds of a facility year by year; None where nobody knows."""
    cells = [study_in(study, year, scenario).facilities["beds"][facility] for year in YEARS]
    return [None if pd.isna(cell) else int(cell) for cell in cells]


def serves(study: Study, year: int, scenario: Scenario | None = None) -> set[str]:
    """Return who serves in a year."""
    return set(active_facilities(study_in(study, year, scenario))["facility_id"])


def test_the_base_year_is_the_base(study: Study) -> None:
    """In its own year the study is what it is, table by table."""
    assert same(study_in(study, study.year), study)


def test_facilities_open_and_beds_come_when_projects_end(study: Study) -> None:
    """D serves from 2023; known beds grow by what is added, unknown ones become the total."""
    assert ["f3" in serves(study, year) for year in (2022, 2023, 2030)] == [False, True, True]
    assert beds(study) == [None] * 3 + [30] * 8
    assert beds(study, facility=1) == [None] * 5 + [300] * 6
    assert beds(study, facility=0) == [10] * 5 + [15] * 6


def test_a_delay_moves_everything_that_hangs_on_the_project(study: Study) -> None:
    """Two years late: opening, beds and what waits for the project come two years later."""
    waits = Close(facility="f0", after="1")
    late = proposal(Delay(project="1", years=2), waits)
    assert [("f3" in serves(study, y, late), "f0" in serves(study, y, late)) for y in (2024, 2025)] == [
        (False, True), (True, False)
    ]  # fmt: skip
    assert beds(study, late) == [None] * 5 + [30] * 6
    assert "f0" not in serves(study, 2023, proposal(waits))


def test_delay_and_choice_of_a_year_are_the_same(study: Study) -> None:
    """Two years more, or until 2025, or completed in 2025: one study."""
    told = [proposal(edit) for edit in (Delay(project="1", years=2), Delay(project="1", until=2025),
                                        Complete(project="1", year=2025))]  # fmt: skip
    for year in (2023, 2025):
        made = [study_in(study, year, scenario) for scenario in told]
        assert same(made[0], made[1])
        assert same(made[0], made[2])


def test_an_edit_with_a_year_holds_from_then_on(study: Study) -> None:
    """A station of 2024 is not there in 2023; a move of 2025 keeps the old place until then."""
    plan = proposal(
        Open(name="站", facility_kind="ems_station", at=at(9000, 1500), year=2024),
        Move(facility="f1", at=at(0, 1500), year=2025),
    )
    assert ["try/站" in serves(study, year, plan) for year in (2023, 2024)] == [False, True]
    areas = [study_in(study, year, plan).facilities["area_id"][1] for year in (2024, 2025)]
    assert areas == ["east", "west"]


def test_the_first_year_of_a_scenario_is_the_scenario(study: Study) -> None:
    """In the base year, what `apply` makes and what the timeline shows are the same."""
    plain = proposal(Close(facility="f0"), Delay(project="2", years=1), Complete(project="1"))
    assert same(study_in(study, study.year, plain), apply(study, plain))


def test_roads_have_years_too(study: Study) -> None:
    """A road that is closed from 2024 on is open in 2023, on the very same network."""
    network = roads()
    plan = proposal(CloseRoad(place=Place(near=at(7500, 1500)), year=2024))
    assert network_in(study, network, 2023, plan) is network
    closed = network_in(study, network, 2024, plan)
    assert int(network.drive_forward.sum()) - int(closed.drive_forward.sum()) == 1


def test_twice_is_refused_here_too(study: Study) -> None:
    """A study that a scenario made is no base for it."""
    plan = proposal(Close(facility="f0"))
    with pytest.raises(InputError, match="already"):
        study_in(apply(study, plan), 2025, plan)
