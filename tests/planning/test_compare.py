"""Proposals held against the base."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coverplan.core.errors import InputError
from coverplan.planning.compare import compare, compared
from coverplan.planning.comparison import COMPARE_COLUMNS, Comparison
from coverplan.scenarios.edits import Close, CloseRoad, Open, Place, Scenario, Settle
from scenarios.proposals import at, base, proposal, roads
from standards.mini import pack, rule

PACKS = (
    pack(
        rule({"kind": "reach", "kinds": ["ems"], "limit": "3 km", "by": "road", "profile": "ambulance",
              "toward": "demand", "share_pct": 40}, name="ROAD"),
        rule({"kind": "ratio", "table": "vehicles", "per_people": 20000, "unit": "vehicle"}, name="FLEET"),
    ),
)  # fmt: skip
EAST = proposal(
    Open(name="东站", facility_kind="ems_station", at=at(9000, 1500), vehicles=2), Close(facility="一站"), name="east"
)
CUT = proposal(CloseRoad(place=Place(near=at(1500, 1500))), Settle(name="新区", at=at(0, 1500), people=5), name="cut")
NOTHING = Scenario(scenario_id="nothing", name="nothing")


@pytest.fixture(scope="module")
def told() -> Comparison:
    """The base: A and B (1 + 2) within 3 km of the station at A."""
    return compare(base(), roads(), [EAST, CUT, NOTHING], packs=PACKS)


def rows(told: Comparison, table: str, scenario: str) -> pd.DataFrame:
    """Return the rows of one scenario."""
    found = told.tables[table]
    return found[found["scenario"] == scenario].reset_index(drop=True)


def test_every_table_has_its_columns(told: Comparison) -> None:
    """The tables are those that are declared, in their order."""
    assert {name: list(table.columns) for name, table in told.tables.items()} == {
        name: list(columns) for name, columns in COMPARE_COLUMNS.items()
    }


def test_who_gains_and_who_loses(told: Comparison) -> None:
    """The station goes from A to D: C and D (4 + 8) gain, A and B (1 + 2) lose."""
    people = rows(told, "people", "east")
    assert people.groupby("area_id")[["gained", "lost"]].sum().to_dict("index") == {
        "west": {"gained": 0, "lost": 3}, "east": {"gained": 12, "lost": 0},
    }  # fmt: skip
    towns = rows(told, "towns", "east")
    by_town = towns[towns["rule_id"] == "ROAD"].set_index("area_id")[["gained", "lost"]].T.to_dict()
    assert by_town["west"] == {"gained": 0, "lost": 3}
    assert by_town["east"] == {"gained": 12, "lost": 0}


def test_people_who_come_are_told_apart(told: Comparison) -> None:
    """With A-B closed the station stands on no road: A and B (3) are lost; five who come to A are told apart."""
    people = rows(told, "people", "cut")
    assert people[["gained", "lost", "came", "left"]].sum().to_dict() == {"gained": 0, "lost": 3, "came": 5, "left": 0}


def test_nothing_changes_by_nothing(told: Comparison) -> None:
    """The empty scenario: the same verdicts, no people, every gap as it was."""
    verdicts = rows(told, "verdicts", "nothing")
    assert (verdicts["change"].fillna(0) == 0).all()
    assert (verdicts["status_before"] == verdicts["status_after"]).all()
    assert rows(told, "people", "nothing").empty
    assert set(rows(told, "gaps", "nothing")["what"]) == {"same"}


def test_verdicts_gaps_and_needs(told: Comparison) -> None:
    """The fleet goes from 3 to 3 of 4 needed; gaps close in the east and open in the west."""
    verdicts = rows(told, "verdicts", "east").set_index("rule_id")
    assert verdicts.loc["ROAD", "figure_before"] == pytest.approx(3 / 63)
    assert verdicts.loc["ROAD", "figure_after"] == pytest.approx(12 / 63)
    needs = rows(told, "needs", "east").iloc[0]
    # Two emergency vehicles and one for transfers stood at A; the two at D take the place of all three.
    assert (needs["need_before"], needs["have_before"], needs["have_after"]) == (4, 3, 2)
    gaps = rows(told, "gaps", "east")
    what = gaps[gaps["rule_id"] == "ROAD"].set_index("place_id")["what"].to_dict()
    assert (what["p0"], what["p3"], what["p4"]) == ("new", "closed", "same")


def test_equity_before_and_after(told: Comparison) -> None:
    """Everybody's share outside goes from 60 of 63 to 51 of 63."""
    row = rows(told, "equity", "east").iloc[0]
    assert row["share_outside_before"] == pytest.approx(60 / 63)
    assert row["share_outside_after"] == pytest.approx(51 / 63)


@pytest.mark.parametrize(
    ("objective", "first", "value"), [("people", "east", 9), ("ROAD", "east", 9), ("FLEET", "cut", 0)]
)
def test_ranking_by_a_stated_objective(told: Comparison, objective: str, first: str, value: float) -> None:
    """12 gained and 3 lost are 9; by the fleet east is one vehicle worse, and the others share the first rank."""
    again = compared(told.base, told.cases, objective=objective)
    ranking = again.tables["ranking"]
    assert (ranking["scenario"][0], ranking["value"][0]) == (first, value)
    assert again.best is not None
    assert again.best.scenario.scenario_id == first
    assert (ranking["rank"] == ranking["value"].rank(ascending=False, method="min")).all()


def test_cost_counts_when_it_is_known() -> None:
    """Nine people for half of 100 million are 18 per 100 million; without a cost there is no rank by it."""
    costly = Scenario(scenario_id="east", name="east", edits=EAST.edits, cost_100m_cny=0.5)
    ranking = compare(base(), roads(), [NOTHING, costly], packs=PACKS, objective="people_per_yuan").tables["ranking"]
    assert ranking["scenario"].to_list() == ["east", "nothing"]
    assert ranking["value"][0] == 18
    assert np.isnan(ranking["value"][1])


def test_in_another_year(told: Comparison) -> None:
    """Base and scenario are of one year: what opens in 2023 is in both."""
    later = compare(base(), roads(), [NOTHING], packs=PACKS, year=2024)
    assert later.base.study.year == later.cases[0].assessment.study.year == 2024
    assert told.base.study.year == 2020


def test_mistakes_are_said_in_words() -> None:
    """Two scenarios of one name, and an objective that is none."""
    with pytest.raises(InputError, match="two scenarios are called 'east'"):
        compare(base(), roads(), [EAST, EAST], packs=PACKS)
    with pytest.raises(InputError, match="did you mean 'people'"):
        compare(base(), roads(), [NOTHING], packs=PACKS, objective="poeple")
