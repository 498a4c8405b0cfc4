"""What scenarios and tables complain about reaches a Chinese reader in Chinese."""

import re
from typing import Any

import pytest

import coverplan as cp
from coverplan.app.answers import as_problems
from coverplan.app.edits import read_edits
from coverplan.app.renderings import RENDERINGS, in_chinese
from coverplan.app.uploads import sites_of
from coverplan.core.errors import InputError, Problem
from coverplan.core.model import Study

HAN = re.compile(r"[\u4e00-\u9fff]")
AT = [118.545, 24.72]


@pytest.fixture(scope="module")
def study() -> Study:
    """The toy county."""
    return cp.read_study(cp.sample_config())


def refused(study: Study, *edits: Any) -> list[dict]:
    """Return what is wrong with some edits, as the page is told."""
    with pytest.raises(InputError) as caught:
        read_edits(edits, study)
    return as_problems(caught.value)


WRONG_EDITS: list[list[Any]] = [
    [{"close": "nobody"}],
    [{"close": "F66"}],
    [{"clsoe": "F6"}],
    [{"move": {"facility": "F6"}}],
    [{"move": {"facility": "F6", "at": [24.72, 118.545]}}],
    [{"move": {"facility": "F6", "at": [124.72, 18.545]}}],
    [{"move": {"facility": "F6", "at": "here"}}],
    [{"move": {"facility": "F6", "at": ["east", 24.7]}}],
    [{"move": {"facility": "F6", "at": AT, "year": 3000}}],
    [{"move": {"facility": "F6", "at": AT, "year": 2024.5}}],
    [{"move": {"facility": "F6", "at": AT, "whither": 1}}],
    [{"move": {"facility": "F6", "at": AT, "坐标": AT}}],
    [{"open": {"kind": "palace", "name": "x", "at": AT}}],
    [{"open": {"kind": "ems_station", "name": "x", "at": AT, "vehicles": -1}}],
    [{"open": {"kind": "ems_station", "name": "x", "at": AT, "vehicles": 1, "negative_pressure": 2}}],
    [{"open": {"kind": "ems_station", "name": "x", "at": AT, "vehicles": "many"}}],
    [{"open": {"kind": "ems_station", "name": "x", "at": AT, "id": "F6"}}],
    [{"open": {"kind": "chc", "name": "x", "at": AT, "hours": "at night"}}],
    [{"open": {"kind": "chc", "name": "x", "at": AT, "tier": "golden"}}],
    [{"open": {"kind": "chc", "name": ["x"], "at": AT}}],
    [{"close": {"facility": "F6", "vehicles_to": "F6"}}],
    [{"change": {"facility": "F6"}}],
    [{"change": {"facility": "F6", "negative_pressure": 1}}],
    [{"change": {"facility": "F6", "vehicles": 1}}, {"change": {"facility": "F6", "vehicles": 2}}],
    [{"close": "F6"}, {"move": {"facility": "F6", "at": AT}}],
    [{"assign": {"area": "nowhere", "community": "none"}}],
    [{"road": {"close": {}}}],
    [{"road": {}}],
    [{"road": {"close": {"near": AT, "to": "dogs"}}}],
    [{"road": {"close": {"near": AT, "within_m": -1}}}],
    [{"road": {"close": {"between": [AT]}}}],
    [{"road": {"slow": {"near": AT, "factor": 9}}}],
    [{"road": {"add": {"course": [AT, [118.55, 24.72]], "kph": 900}}}],
    [{"road": {"add": {"course": [AT, [118.55, 24.72]], "oneway": "maybe"}}}],
    [{"speeds": {"profile": "rocket", "factor": 0.8}}],
    [{"speeds": {}}],
    [{"speeds": {"at": "tea time"}}],
    [{"people": {"factor": 1.1, "total": 5}}],
    [{"people": {"area": "nowhere", "factor": -1}}],
    [{"people": {"name": "x", "at": AT, "add": 0}}],
    [{"devices": {"name": "x", "at": AT, "devices": 0}}],
    [{"devices": {"name": "x", "at": AT, "place_kind": "moon"}}],
    [{"figure": {"indicator": "bedss", "value": 1}}],
    [{"delay": {"project": "none", "years": 1, "until": 2030}}],
    [{"move": {"facility": "F6", "at": AT, "year": 2025, "after": "none"}}],
    [{"delay": {"project": "1", "years": -50}}],
    [{"delay": {"project": "1", "years": 500}}],
    [{"people": {"factor": 1e9}}],
    [{"people": {"name": " ", "at": AT, "add": 3}}],
    [{"change": {"facility": "F6", "vehicles": 5000}}],
    [{"close": {"facility": "F6", "vehicles_to": "F5"}}, {"close": {"facility": "F5"}}],
    [{"close": {"facility": "F6", "vehicles_to": "F5"}}, {"change": {"facility": "F5", "vehicles": 2}}],
    [{"speeds": {"at": "night"}}, {"speeds": {"at": "night", "profile": "ambulance"}}],
    ["close"],
]


@pytest.mark.parametrize("edits", WRONG_EDITS, ids=repr)
def test_what_is_wrong_with_an_edit_is_said_in_chinese(study: Study, edits: list[Any]) -> None:
    """The sentence, the hint and the place; numbers and names are those of the English sentence."""
    for told in refused(study, *edits):
        for said in (told["what"], told["hint"]):
            assert "原文" not in said["zh"], f"app/renderings.py has no Chinese for: {said['en']}"
            assert not said["en"] or HAN.search(said["zh"]), said
        assert told["where"]["zh"].startswith("第")
        quoted = re.findall(r"'([^']+)'", told["what"]["en"])
        assert all(name in told["what"]["zh"] or HAN.search(in_chinese(told["what"]["en"]) or "") for name in quoted)


@pytest.mark.parametrize(
    "table",
    [
        "", "名称,经度\n甲,118.5\n", "名称,经度,纬度\n甲,东,24.7\n", "名称,经度,纬度\n,118.545,24.72\n",
        "名称,经度,纬度\n甲,24.72,118.545\n", "名称,经度,纬度\n甲,118.545,24.72\n甲,118.55,24.72\n",
        "名称,经度,纬度,救护车\n甲,118.545,24.72,-2\n", "名称,经度,纬度,救护车\n甲,118.545,24.72,约2\n",
        "名称,经度,纬度,救护车\n甲,118.545,24.72,5000\n", "名称,经度,纬度,救护车,负压\n甲,118.545,24.72,1,2\n",
        "名称,经度,纬度\n甲,119.9,24.72\n", "名称,经度,纬度,救护车\n甲,118°32′,24.72,1.5\n", "名称,经度,纬度\n",
        "名称,名称,经度,纬度\n甲,乙,118.545,24.72\n", "名称,经度,纬度\n甲,,\n", "a;b\n1;2\n",
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_table_is_said_in_chinese(study: Study, table: str) -> None:
    """Row and column as the reader's own program names them, what is wrong, and what to write instead."""
    with pytest.raises(InputError) as caught:
        sites_of(table.encode(), study)
    for told in as_problems(caught.value):
        for said in (told["what"], told["hint"]):
            assert "原文" not in said["zh"], f"app/renderings.py has no Chinese for: {said['en']}"
            assert not said["en"] or HAN.search(said["zh"]), said
        assert not re.search(r"\b(row|lon|lat|name|vehicles|column)\b", told["where"]["zh"]), told["where"]


def test_a_row_and_a_column_are_named_as_they_stand_in_the_table(study: Study) -> None:
    """The third row, the column of the longitude."""
    with pytest.raises(InputError) as caught:
        sites_of("名称,经度,纬度\n甲,118.545,24.72\n乙,东,24.7\n".encode(), study)
    (told,) = as_problems(caught.value)
    assert told["where"] == {"zh": "第3行，“经度”列", "en": "row 3, column lon"}
    assert told["what"] == {"zh": "“东”不是数值", "en": "'东' is not a number"}


def test_sentences_that_nobody_has_said_in_chinese_stand_in_a_frame() -> None:
    """The English sentence is not lost; a Chinese reader is told that it is the original."""
    told = as_problems(InputError([Problem(what="the moon is full", file="x.csv", row=3, column="lon")]))
    assert told[0]["what"] == {"zh": "原文：the moon is full", "en": "the moon is full"}
    assert told[0]["where"]["zh"] == "第3行，“经度”列"


def test_renderings_fill_in_what_they_find() -> None:
    """A Chinese sentence names only what the English one has, and every one is in Chinese."""
    for english, chinese in RENDERINGS:
        slots = set(re.findall(r"\{(\w+)(?::w)?\}", english))
        assert set(re.findall(r"\{(\w+)\}", chinese)) <= slots, english
        assert HAN.search(chinese)
        example = re.sub(r"\{(\w+)(?::w)?\}", lambda slot: "7" if slot[1] in {"n", "m"} else "x", english)
        assert in_chinese(example) is not None
