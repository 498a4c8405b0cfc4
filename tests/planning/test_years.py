"""The study year by year."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from coverplan.core import tables
from coverplan.core.errors import InputError, ProblemList
from coverplan.core.model import Population, Study
from coverplan.inputs.records import read_table
from coverplan.planning.years import YEARS, Timeline, beds_by_year, timeline
from coverplan.scenarios.edits import Complete, Delay, Figure
from coverplan.scenarios.remarks import doubtful_ends
from coverplan.scenarios.timeline import with_base_beds
from scenarios.proposals import base, proposal, roads
from standards.mini import pack, rule

CARE = rule({"kind": "reach", "kinds": ["care"], "limit": "4 min", "share_pct": 20}, name="CARE")
BEDS = Figure(indicator="beds", value=6453, of_year=2020, source="表1")


@pytest.fixture(scope="module")
def told() -> Timeline:
    """The county in every year: D opens in 2023, and within 4 minutes (2.4 km) are then A, C and D."""
    return timeline(base(), roads(), packs=(pack(CARE),))


@pytest.fixture(scope="module")
def plan(root: Path) -> Study:
    """A study with the 25 projects of the Jinjiang plan and its two populations; the rest does not matter here."""
    problems = ProblemList()
    path = root / "data" / "jinjiang" / "projects.csv"
    projects = read_table(path, tables.PROJECTS, crs="EPSG:32650", problems=problems)
    problems.raise_if_any()
    return replace(
        base(),
        projects=pd.DataFrame(projects),
        populations={name: Population(name=name, people=people)
                     for name, people in (("resident_2020", 2_061_600), ("resident_2025", 2_110_800))},
        default_population="resident_2020",
    )  # fmt: skip


def test_coverage_follows_the_projects(told: Timeline) -> None:
    """A and C (1 + 4 people) until 2022, and D's 8 from 2023 on; 13 of 63 are more than a fifth."""
    within = told.verdicts.set_index("year")["people_within"].astype(int).to_dict()
    assert within == {year: 5 if year < 2023 else 13 for year in YEARS}
    assert told.verdicts["status"].to_list() == ["not_met"] * 3 + ["met"] * 8
    assert told.years["met"].to_list() == [0] * 3 + [1] * 8


def test_what_is_finished_at_once_counts_in_every_later_year() -> None:
    """Project 3 (5 beds, 2025) finished in the base year: its beds are there from 2021 on, and for good."""
    at_once = proposal(Complete(project="3"), BEDS)
    beds = beds_by_year(base(), [2020, 2021, 2024, 2025], scenario=at_once).set_index("year")
    assert beds["beds_added"].to_list() == [0, 5, 35, 135]
    assert beds["projects"].to_list() == [0, 1, 2, 3]
    assert beds.loc[2025, "beds"] == 6453 + 135
    summed = {"kind": "count", "table": "projects", "where": {"end_year": {"min": 2021, "max": "year"}},
              "sum": "added_beds", "unit": "bed", "operator": ">=", "value": 1}  # fmt: skip
    told = timeline(base(), roads(), years=[2021], scenario=at_once, packs=(pack(rule(summed, name="SUM")),))
    assert told.verdicts["figure"].to_list() == [5.0]


def test_nobody_says_how_many_beds_there_were_before_the_base_year() -> None:
    """The figure of 2020 is none of 2018."""
    beds = beds_by_year(base(), [2018, 2020], scenario=proposal(BEDS))
    assert pd.isna(beds["beds"][0])
    assert beds["beds"][1] == 6453


@pytest.mark.parametrize("year", [1500, 2101])
def test_a_year_that_is_none(year: int) -> None:
    """A slip of the finger is refused."""
    with pytest.raises(InputError, match=f"{year} is no year to look at"):
        beds_by_year(base(), [year])


@pytest.mark.parametrize("beds", [-5.0, float("inf"), float("nan")])
def test_base_beds_are_a_number(beds: float) -> None:
    """Less than none, or no number, is refused before anything is reckoned."""
    with pytest.raises(InputError, match="no number of beds"):
        with_base_beds(base(), beds)


def test_without_a_base_figure_only_what_is_added_is_known(told: Timeline) -> None:
    """Nobody says how many beds there were; 30 are added in 2023, 105 more in 2025."""
    assert told.years["beds_added"].to_list() == [0] * 3 + [30] * 2 + [135] * 6
    assert told.years["beds"].isna().all()
    assert told.years["finished"].to_list()[3:6] == ["1", "", "2;3"]


def test_the_beds_are_the_plans_arithmetic_in_every_year(plan: Study) -> None:
    """6,453 beds and what Table 2 adds, year by year: 2,290 by 2025, all 2,890 by 2030; 4.24 and 4.14 in 2025."""
    table = beds_by_year(plan, scenario=proposal(BEDS)).set_index("year")
    added = {2020: 0, 2021: 0, 2022: 0, 2023: 1180, 2024: 1180, 2025: 2290, 2026: 2290, 2027: 2290, 2028: 2590,
             2029: 2590, 2030: 2890}  # fmt: skip
    assert table["beds_added"].to_dict() == added
    assert table["beds"].to_dict() == {year: 6453 + beds for year, beds in added.items()}
    rates = table[["beds_per_1000_resident_2020", "beds_per_1000_resident_2025"]].round(2)
    assert rates.loc[2020].to_list() == [3.13, 3.06]
    assert rates.loc[2025].to_list() == [4.24, 4.14]
    assert rates.loc[2030].to_list() == [4.53, 4.43]
    assert table.loc[2025, ["projects", "cost_100m_cny"]].to_list() == [19, 38.8837]
    assert table.loc[2030, ["projects", "cost_100m_cny"]].to_list() == [25, 67.8387]


def test_the_conflict_of_the_source_is_a_choice(plan: Study) -> None:
    """Yinglin in 2025 (Table 2) or at the end of 2026 (the text): five beds, one year apart."""
    table, text = (
        beds_by_year(plan, (2025, 2026), scenario=proposal(BEDS, Delay(project="22", until=year)))["beds"].to_list()
        for year in (2025, 2026)
    )
    assert table == [8743, 8743]
    assert text == [8738, 8743]


def test_a_delay_shows_in_every_table() -> None:
    """D two years late: coverage and beds come in 2025."""
    late = timeline(
        base(), roads(), years=(2023, 2025), scenario=proposal(Delay(project="1", years=2)), packs=(pack(CARE),)
    )
    assert late.verdicts["people_within"].astype(int).to_list() == [5, 13]
    assert late.years["beds_added"].to_list() == [0, 135]
    assert set(late.states) == {2023, 2025}


def test_the_source_that_contradicts_itself_is_named(plan: Study) -> None:
    """Yinglin, and no other of the 25; silent choices are none."""
    assert [remark.en.split()[0] for remark in doubtful_ends(plan)] == ["22"]
    assert "counted as finished in 2025, a source says 2026" in doubtful_ends(plan)[0].en
    assert doubtful_ends(plan, proposal(Delay(project="22", until=2026)))[0].en.endswith("the scenario says 2026")
