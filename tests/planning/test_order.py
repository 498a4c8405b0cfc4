"""Which project first."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from coverplan.core.model import Study
from coverplan.planning.order import ORDER_COLUMNS, building_order
from coverplan.scenarios.edits import Move
from scenarios.proposals import at, base, proposal, roads
from standards.mini import pack, rule

PACKS = (pack(rule({"kind": "reach", "kinds": ["care"], "limit": "4 min"}, name="CARE")),)


def county() -> Study:
    """Return the county with one more project: a clinic on the island, 16 people, dear and slow."""
    study = base()
    island = study.facilities.iloc[[3]].assign(facility_id="f4", name="岛院", geometry=study.people.geometry.iloc[4])
    more = study.projects.iloc[[0]].assign(
        project_id="4",
        name="岛院新建",
        facility_ids="f4",
        cost_100m_cny=8.0,
        start_year=2016,
        added_beds=0,
        total_beds=0,
    )
    return replace(
        study,
        facilities=pd.concat([study.facilities, island], ignore_index=True),
        projects=pd.concat([study.projects, more], ignore_index=True),
    )


def test_people_per_yuan() -> None:
    """D brings 8 for 2 (4 each) in 3 years, the island 16 for 8 (2 each) in 8 years: D first."""
    order = building_order(county(), roads(), packs=PACKS)
    assert list(order.columns) == list(ORDER_COLUMNS)
    assert order["project_id"].to_list()[:2] == ["1", "4"]
    assert order["gained"].to_list()[:2] == [8, 16]
    assert order["gained_per_100m_cny"].to_list()[:2] == [4, 2]
    assert order["gained_per_year"].round(3).to_list()[:2] == [2.667, 2.0]
    assert order["order"].to_list() == [1, 2, 3, 4]


def test_cheap_comes_first_per_yuan_only() -> None:
    """A cheaper island: 16 for 1 beats 8 for 2 per yuan; per year of building D stays first."""
    study = county()
    cheap = replace(study, projects=study.projects.assign(cost_100m_cny=[2.0, 1.0, 0.5, 1.0]))
    orders = [building_order(cheap, roads(), by=by, packs=PACKS)["project_id"].to_list() for by in ("yuan", "year")]
    assert [order[:2] for order in orders] == [["4", "1"], ["1", "4"]]


def test_whoever_brings_nobody_is_ordered_by_beds() -> None:
    """Project 2 adds 100 beds for 1, project 3 five for 0.5: 100 and 10 per 100 million."""
    order = building_order(base(), roads(), packs=PACKS)
    assert order["project_id"].to_list() == ["1", "2", "3"]
    assert order["beds_per_100m_cny"].to_list() == [15, 100, 10]


def test_a_move_comes_with_its_project() -> None:
    """The hospital at C moves to B when project 2 is finished: C's 4 are lost and B's 2 won."""
    plan = proposal(Move(facility="f1", at=at(3000, 1500), after="2"))
    order = building_order(base(), roads(), scenario=plan, packs=PACKS).set_index("project_id")
    assert order.loc["2", "gained_alone"] == -2
