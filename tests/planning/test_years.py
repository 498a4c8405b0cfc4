"""The study year by year."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from coverplan.core import tables
from coverplan.core.errors import ProblemList
from coverplan.core.model import Population, Study
from coverplan.inputs.records import read_table
from coverplan.planning.years import YEARS, Timeline, beds_by_year, timeline
from coverplan.scenarios.edits import Delay, Figure
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
