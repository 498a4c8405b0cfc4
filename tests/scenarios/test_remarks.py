"""What a planner hears of a scenario although nothing is wrong with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coverplan.core.model import Study
from coverplan.inputs.study import read_study
from coverplan.sample import sample_config
from coverplan.scenarios.edits import Close, Delay, Move, Open, Speeds
from coverplan.scenarios.remarks import doubtful_ends, remarks
from scenarios.proposals import at, base, proposal

STATION = Open(name="新站", facility_kind="ems_station", at=at(9000, 1500))


@pytest.fixture(scope="module")
def study() -> Study:
    """The base study, in which the sources differ about the end of project 2."""
    plain = base()
    notes = [None, "表中2025年，正文写2026年底", "2022年开工，2025年完工，1025张床位"]
    return replace(plain, projects=plain.projects.assign(note=notes))


def test_what_waits_is_said_until_its_year(study: Study) -> None:
    """An edit of 2024 is told of before 2024 only; one that comes with a project, before that is finished."""
    late = proposal(Close(facility="f2", year=2024), Move(facility="f1", at=at(0, 0), after="2"), name="late")
    assert [remark.en for remark in remarks(study, late)] == [
        "the edit 'close' waits until 2024: it changes nothing in 2020",
        "the edit 'move' waits until project 2 is finished: it changes nothing in 2020",
    ]
    assert len(remarks(study, late, 2024)) == 1
    assert remarks(study, late, 2025) == ()
    assert len(remarks(study, proposal(*late.edits, Delay(project="2", until=2027)), 2025)) == 1


def test_a_station_without_a_crew_is_told_of(study: Study) -> None:
    """Unless vehicles come from a station that closes, or no fleet is known at all."""
    assert [remark.zh for remark in remarks(study, proposal(STATION))] == ["新站没有救护车，不会出车"]
    assert remarks(study, proposal(replace(STATION, vehicles=1))) == ()
    assert remarks(study, proposal(STATION, Close(facility="f2", vehicles_to="新站"))) == ()
    assert remarks(study, proposal(replace(STATION, facility_kind="clinic"))) == ()
    assert remarks(replace(study, vehicles=study.vehicles.iloc[:0]), proposal(STATION)) == ()


def test_speeds_of_a_part_of_the_week_that_nobody_measures() -> None:
    """They change nothing unless the scenario measures that part, and the remark says how."""
    toy = read_study(sample_config())
    slow = Speeds(factor=0.5, period="morning_peak")
    assert "add speeds: {at: morning_peak}" in remarks(toy, proposal(slow))[0].en
    assert remarks(toy, proposal(slow, Speeds(at="morning_peak"))) == ()


def test_sources_that_differ_about_an_end(study: Study) -> None:
    """A year in the note that is neither beginning nor end; numbers that are no years, and the end itself, are not."""
    told = doubtful_ends(study)
    assert len(told) == 1
    assert "counted as finished in 2025, a source says 2026" in told[0].en
    assert "delay: {project: 2, until: 2026}" in told[0].en
    assert "推迟: {项目: 2, 至: 2026}" in told[0].zh
    assert doubtful_ends(study, proposal(Delay(project="2", until=2026)))[0].en.endswith("the scenario says 2026")
