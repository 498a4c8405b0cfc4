"""The gap list names everyone who is left outside, and nobody else."""

from dataclasses import replace

import numpy as np
import pytest

from coverplan.standards.assess import assess
from coverplan.standards.findings import Assessment
from coverplan.standards.gaps import GAP_COLUMNS, gaps
from coverplan.standards.rules import RulePack
from standards.county import FACILITIES, PEOPLE, county, fleet, scene


def test_people_in_the_list_are_the_people_outside(judged: Assessment) -> None:
    """For every reading of reach and response, the rows add up to the finding's people outside, place by place."""
    told = gaps(judged, all_readings=True)
    sums = told[told["people"].notna()].groupby(["rule_id", "reading"])["people"].sum()
    for key in judged.points:
        rule, reading = key.split("/")
        assert sums[(rule, reading)] == judged.finding(rule, reading).people_outside


def test_the_worst_place_stands_first(judged: Assessment) -> None:
    """Most people outside first; over, nearest facility and cause are those of the hand count."""
    told = gaps(judged)
    rows = told[told["rule_id"] == "JJ-117"].set_index("rank")
    assert list(rows["people"]) == [32, 16, 8, 4]
    assert list(rows["cause"]) == ["off_network", "not_connected", "too_far", "too_far"]
    assert list(rows["cause_zh"]) == ["远离道路网", "道路不连通", "距离过远", "距离过远"]
    assert list(rows["over"]) == [np.inf, np.inf, 4, 1]
    assert list(rows["value"]) == [np.inf, np.inf, 9, 6]
    assert list(rows["nearest"].fillna("")) == ["", "", "f2", "f2"]
    assert list(rows["area"]) == ["镇街以外", "west", "east", "east"]
    assert set(rows["unit"]) == {"km"}
    assert set(rows["quality"]) == {"illustrative"}


def test_a_place_is_told_once_with_its_worst_point(pack: RulePack) -> None:
    """A village of three points, two of them outside: its people outside add up, its value is the farther one's."""
    plain = county(people={"A": 1, "C": 4, "D": 8, ("CD", 1000): 2})
    village = plain.people.assign(place_id=["x", "v", "v", "v"], place=["甲村", "乙村", "乙村", "乙村"])
    told = gaps(assess(replace(plain, people=village), scene().network, packs=(pack,)))
    rows = told[told["rule_id"] == "JJ-117"]
    assert len(rows) == 1
    row = rows.iloc[0]
    assert (row["place_id"], row["place"], row["people"], row["place_people"]) == ("v", "乙村", 14, 14)
    assert (row["value"], row["over"]) == (9, 4)


def test_people_without_a_place_are_named_by_their_point(pack: RulePack) -> None:
    """A table without villages still gives a gap list, by point."""
    plain = county()
    nameless = plain.people.assign(place_id=None, place=None)
    told = gaps(assess(replace(plain, people=nameless), scene().network, packs=(pack,)))
    assert list(told.loc[told["rule_id"] == "JJ-117", "place"]) == ["p5", "p4", "p3", "p2"]
    assert set(told["place_id"]) == {""}


def test_counts_tell_the_whole_and_the_areas_that_are_short(judged: Assessment) -> None:
    """Two of three vehicles are there: one row for everything, one for the east, one for those outside every area."""
    told = gaps(judged)
    rows = told[told["rule_id"] == "JJ-113"]
    assert list(rows["area_id"]) == ["all", "", "east"]
    assert list(rows["short"]) == [1, 1, 1]
    assert list(rows["need"]) == [3, 1, 1]
    assert list(rows["have"]) == [2, 0, 0]
    assert set(rows["unit"]) == {"vehicle"}
    assert set(rows["cause"]) == {"too_few"}
    assert rows["people"].isna().all()
    assert list(rows["place_people"]) == [63, 32, 12]


def test_what_is_met_or_has_no_data_has_no_gaps(pack: RulePack) -> None:
    """Counts that are met, rules without data, and limits that everybody keeps give no rows."""
    plain = county(people={"A": 1})
    vehicles = fleet(*((f"v{i}", "f2", True, "emergency") for i in range(3)))
    study = replace(plain, vehicles=vehicles, aeds=plain.aeds.iloc[:0])
    assert list(gaps(assess(study, scene().network, packs=(pack,)))) == list(GAP_COLUMNS)
    assert len(gaps(assess(study, scene().network, packs=(pack,)))) == 0


def test_none_of_that_kind_is_a_cause(pack: RulePack) -> None:
    """A station that is planned for later reaches nobody today, and the list says why."""
    planned = {**FACILITIES, ("AB", 0): {"kind": "ems_station", "status": "planned", "open_year": 2024}}
    told = gaps(assess(county(facilities=planned), scene().network, packs=(pack,)))
    rows = told[told["rule_id"] == "JJ-118"]
    assert rows["people"].sum() == sum(PEOPLE.values())
    assert set(rows["cause"]) == {"none_of_kind"}


@pytest.mark.parametrize("all_readings", [False, True])
def test_columns_and_types_are_stable(judged: Assessment, *, all_readings: bool) -> None:
    """The declared columns in order, ranks without holes, the same types for a full and an empty list."""
    told = gaps(judged, all_readings=all_readings)
    assert list(told.columns) == list(GAP_COLUMNS)
    for _, rows in told.groupby(["rule_id", "reading"]):
        assert list(rows["rank"]) == list(range(1, len(rows) + 1))
    empty = gaps(replace(judged, verdicts=()))
    assert told.dtypes.to_dict() == empty.dtypes.to_dict()
