"""Two stored runs: what changed, and why; each cause is made by changing exactly one thing."""

from dataclasses import replace
from pathlib import Path

import pytest

from coverplan.core.errors import InputError
from coverplan.core.model import Clock, Study
from coverplan.outputs.compare_runs import DIFF_COLUMNS, diff
from coverplan.outputs.runs import run_record
from coverplan.outputs.tables import verdicts, write_json
from coverplan.standards.assess import assess
from coverplan.standards.rules import RulePack, read_pack
from standards.county import county, fleet, scene

FILES = {"vehicles.csv": "a" * 64, "standards/jinjiang-14th-five-year-plan.yaml": "b" * 64}


@pytest.fixture(scope="module")
def pack(root: Path) -> RulePack:
    """The counting rules of the Jinjiang plan, which need no roads."""
    whole = read_pack(root / "configs" / "standards" / "jinjiang-14th-five-year-plan.yaml")
    return replace(whole, rules=tuple(rule for rule in whole.rules if rule.check in {"ratio", "share"}))


def stored(folder: Path, study: Study, pack: RulePack, **files: str) -> Path:
    """Store what a run stores, apart from its map and tables."""
    folder.mkdir()
    standards = (Path("standards/jinjiang-14th-five-year-plan.yaml"),)
    ready = replace(study, inputs={**FILES, **files}, standards=standards)
    told = assess(ready, scene().network, packs=(pack,))
    write_json(verdicts(told), folder / "verdicts.json")
    write_json(run_record(told, options={}), folder / "run.json")
    return folder


def test_the_same_run_twice_differs_in_nothing(tmp_path: Path, pack: RulePack) -> None:
    """Equal runs give an empty table with its columns."""
    told = diff(stored(tmp_path / "a", county(), pack), stored(tmp_path / "b", county(), pack))
    assert list(told) == list(DIFF_COLUMNS)
    assert len(told) == 0


def test_a_new_vehicle_changes_a_verdict(tmp_path: Path, pack: RulePack) -> None:
    """Two emergency vehicles become three: met, one more, none short, because of vehicles.csv."""
    more = fleet(*((f"v{i}", "f2", i < 2, "emergency") for i in range(3)))
    after = stored(tmp_path / "b", replace(county(), vehicles=more), pack, **{"vehicles.csv": "c" * 64})
    told = diff(stored(tmp_path / "a", county(), pack), after)
    fleet_rows = told[(told["rule_id"] == "JJ-113") & (told["kind"] == "verdict")].set_index("what")
    assert (fleet_rows.loc["status", "before"], fleet_rows.loc["status", "after"]) == ("not_met", "met")
    assert (fleet_rows.loc["figure", "change"], fleet_rows.loc["figure", "unit"]) == (1, "vehicle")
    assert fleet_rows.loc["shortfall", "change"] == -1
    assert set(fleet_rows["why"]) == {"input: vehicles.csv"}
    assert set(fleet_rows["why_zh"]) == {"数据：vehicles.csv"}
    cause = told[told["kind"] == "input"].iloc[0]
    assert (cause["what"], cause["before"], cause["after"]) == ("vehicles.csv", "a" * 12, "c" * 12)


def test_another_reading_is_an_option(tmp_path: Path, pack: RulePack) -> None:
    """Choosing the population of 2025 for one rule is told as that rule's option, and for that rule only."""
    after = stored(tmp_path / "b", replace(county(), options={"JJ-113": "city_2025"}), pack)
    told = diff(stored(tmp_path / "a", county(), pack), after)
    assert set(told.loc[told["kind"] == "verdict", "rule_id"]) == {"JJ-113"}
    reading = told[told["what"] == "reading"].iloc[0]
    assert (reading["before"], reading["after"], reading["why"]) == ("city", "city_2025", "option: options.JJ-113")


def test_a_setting_of_the_study_is_an_option(tmp_path: Path, pack: RulePack) -> None:
    """Another clock is named with what it was, even where no verdict moved."""
    after = stored(tmp_path / "b", replace(county(), clock=Clock(call_handling_s=60, turnout_s=60)), pack)
    told = diff(stored(tmp_path / "a", county(), pack), after)
    assert set(told["kind"]) == {"option"}
    assert set(told["what"]) == {"clock.call_handling_s", "clock.turnout_s"}


def test_a_changed_rule_is_told_as_a_rule(tmp_path: Path, pack: RulePack) -> None:
    """A new target year and a rule that is gone; a vanished rule has no verdict to compare."""
    first, second, *_ = pack.rules
    changed = replace(pack, rules=(replace(first, target_year=2030), second))
    told = diff(stored(tmp_path / "a", county(), pack), stored(tmp_path / "b", county(), changed))
    rows = told[told["kind"] == "rule"]
    year = rows[rows["what"] == "target_year"].iloc[0]
    assert (year["rule_id"], year["before"], year["after"]) == (first.rule_id, "2025", "2030")
    assert list(rows.loc[rows["what"] == "removed", "rule_id"]) == ["JJ-115"]


def test_other_code_is_named(tmp_path: Path, pack: RulePack) -> None:
    """Another version of the package is a cause of its own."""
    first, second = stored(tmp_path / "a", county(), pack), stored(tmp_path / "b", county(), pack)
    record = (second / "run.json").read_text(encoding="utf-8")
    (second / "run.json").write_text(record.replace('"coverplan": "', '"coverplan": "9.'), encoding="utf-8")
    told = diff(first, second)
    assert list(zip(told["kind"], told["what"], strict=True)) == [("code", "coverplan")]


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    """Both folders are looked at, and everything that is missing is told at once."""
    with pytest.raises(InputError) as error:
        diff(tmp_path / "a", tmp_path / "b")
    assert len(error.value.problems) == 4
