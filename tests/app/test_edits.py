"""Edits come in as JSON, and what is written down again is read as the same."""

from pathlib import Path

import pytest

import coverplan as cp
from coverplan.app.answers import as_problems
from coverplan.app.edits import as_data, as_yaml, read_edits
from coverplan.app.sayings import Names, says
from coverplan.core.errors import InputError
from coverplan.core.model import Study
from coverplan.scenarios.edits import Scenario

SPOT = [118.545, 24.72]
EVERY_KIND = [
    {
        "open": {
            "kind": "hospital",
            "name": "新'院\" <b>: #",
            "at": SPOT,
            "vehicles": 2,
            "negative_pressure": 1,
            "beds": 80,
        }
    },
    {"post": {"name": "赛事点", "at": SPOT, "vehicles": 3}},
    {"close": {"facility": "F1", "vehicles_to": "F6"}},
    {"move": {"facility": "F2", "at": SPOT}},
    {"change": {"facility": "F3", "vehicles": 2, "beds": 30, "year": 2024}},
    {"road": {"close": {"near": SPOT, "within_m": 300, "to": "cars"}}},
    {"road": {"slow": {"class": ["primary"], "factor": 0.5}}},
    {
        "road": {
            "add": {"course": [SPOT, [118.55, 24.725]], "class": "primary", "kph": 60, "oneway": True, "name": "新桥"}
        }
    },
    {"road": {"close": {"between": [SPOT, [118.55, 24.725]]}}},
    {"speeds": {"factor": 0.8, "classes": {"primary": 0.9}, "period": "morning_peak"}},
    {"people": {"factor": 1.1}},
    {"people": {"add": 3000, "at": SPOT, "name": "新村"}},
    {"devices": {"name": "车站", "at": SPOT, "devices": 2, "place_kind": "station"}},
    {"figure": {"indicator": "beds", "value": 340, "of_year": 2020}},
]


@pytest.fixture(scope="module")
def study() -> Study:
    """The toy county."""
    return cp.read_study(cp.sample_config())


def plain(edits: list[dict], study: Study) -> list[object]:
    """Return what edits say, read from JSON."""
    return [edit.says for edit in read_edits(edits, study)]


def test_every_kind_of_edit_is_written_down_as_it_was_read(study: Study, tmp_path: Path) -> None:
    """JSON to edit to JSON to edit says the same; so does the YAML file, which `read_scenario` reads."""
    edits = read_edits(EVERY_KIND, study)
    assert plain([as_data(edit) for edit in edits], study) == [edit.says for edit in edits]
    path = tmp_path / "desk.yaml"
    note = "第一行\n第二行: #1 'x' \"y\" \\ \u2028 end"
    path.write_text(as_yaml(Scenario(scenario_id="desk", name="名 '\": #", note=note, edits=edits)), encoding="utf-8")
    again = cp.read_scenario(path, study)
    assert (again.name, again.note) == ("名 '\": #", note)
    assert [edit.says for edit in again.edits] == [edit.says for edit in edits]


def test_every_kind_of_edit_is_said_in_both_languages(study: Study) -> None:
    """One line each, without an identifier where there is a name."""
    for edit in read_edits(EVERY_KIND, study):
        told = says(edit, Names(study))
        assert all(text.strip() for text in told.values())
        assert "\n" not in told["zh"] + told["en"]
    assert says(read_edits([{"close": "F6"}], study)[0], Names(study)) == {
        "zh": "撤销“东岸急救站”", "en": "close East Bank Ambulance Station",
    }  # fmt: skip


def test_a_name_that_is_left_out_is_made(study: Study) -> None:
    """New things get the next free name of their kind."""
    edits = read_edits([{"open": {"kind": "ems_station", "at": SPOT}}, {"open": {"at": SPOT, "kind": "ems_station"}},
                        {"devices": {"at": SPOT}}], study)  # fmt: skip
    assert [edit.name for edit in edits] == ["新增急救站1", "新增急救站2", "新增AED点1"]


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        ({"open": {"kind": "ems_station", "name": "a\nb", "at": SPOT}}, "edits.0.open.name"),
        ({"open": {"kind": "ems_station", "name": "x" * 201, "at": SPOT}}, "edits.0.open.name"),
        ({"open": {"kind": "ems_station", "name": "\ud800", "at": SPOT}}, "edits.0.open.name"),
        ({"open": {"kind": "ems_station", "name": "a", "at": [float("nan"), 24.7]}}, "edits.0.open.at.0"),
        ({"open": {"kind": "ems_station", "name": "a", "at": [18.5, 24.7]}}, "edits.0.open.at"),
        ({"open": {"kind": "ems_station", "name": "a", "at": SPOT, "vehicles": 10**400}}, "edits.0.open.vehicles"),
        ({"open": {"kind": "ems_station", "name": "a", "at": SPOT, "colour": "red"}}, "edits.0.open.colour"),
        ({"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}, "edits.0.a.b.c.d.e.f"),
        ({"opne": {}}, "edits.0"),
        ({}, "edits.0"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(study: Study, edit: dict, field: str) -> None:
    """Every mistake comes back with the place where it stands."""
    with pytest.raises(InputError) as caught:
        read_edits([edit], study)
    assert field in [problem["field"] for problem in as_problems(caught.value)]
