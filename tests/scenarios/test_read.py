"""Scenarios as people write them: in either language, in files or in the config, and with mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from coverplan.core.datum import from_wgs84
from coverplan.core.errors import InputError
from coverplan.core.model import Study
from coverplan.inputs.study import read_study
from coverplan.scenarios.apply import apply
from coverplan.scenarios.edits import AddRoad, Close, CloseRoad, Grow, Open, Settle, SlowRoad, Speeds
from coverplan.scenarios.forms import FORMS, ROAD_FORMS
from coverplan.scenarios.read import read_scenario, study_scenarios
from scenarios.proposals import at, base, same, written
from toy import Toy

ENGLISH = """
scenario: station-at-d
name: D新站
name_en: A station at D
cost_100m_cny: 0.2
edits:
  - open: {kind: ambulance station, name: 新站, at: [%(x)s, %(y)s], vehicles: 2, negative_pressure: 1, beds: 3}
  - close: 一站
  - move: {facility: 东医院, to: "%(x)s, %(y)s"}
  - change: {facility: f0, beds: 80, tier: secondary, services: [ct, icu], vehicles: 1}
  - complete: D院新建
  - delay: {project: 2, years: 2}
  - assign: {area: east, community: 甲}
  - road: {slow: {area: east, factor: 0.5}}
  - road: {close: {near: [%(x)s, %(y)s], within_m: 300, to: cars}}
  - road: {add: {course: [[%(x)s, %(y)s], [%(x)s, %(y)s]], class: primary, kph: 60}, year: 2024}
  - speeds: {profile: ambulance, factor: 0.8, classes: {primary: 0.5}}
  - people: {area: west, factor: 1.5}
  - people: {name: 新区, at: [%(x)s, %(y)s], add: 3000}
  - post: {name: 赛会点, at: [%(x)s, %(y)s]}
  - devices: {name: 车站, at: [%(x)s, %(y)s], devices: 2, place_kind: station}
  - figure: {indicator: beds, value: 6453, of_year: 2020, source: 表1}
"""
CHINESE = """
方案: station-at-d
名称: D新站
措施:
  - 新建: {类别: 急救站, 名称: 新站, 位置: [%(x)s, %(y)s], 救护车: 2, 负压: 1, 床位数: 3}
  - 关闭: {设施: f2}
  - 迁建: {设施: 东医院, 迁至: [%(x)s, %(y)s]}
  - 调整: {设施: f0, 床位数: 80, 层级: 二级, 开设服务: ct;icu, 救护车: 1}
  - 完工: 1
  - 推迟: {项目: 东医院扩建, 年数: 2}
  - 划归: {镇街: east, 医共体: 甲}
  - 道路: {减速: {镇街: east, 系数: 0.5}}
  - 道路: {封闭: {附近: [%(x)s, %(y)s], 半径: 300, 对象: 机动车}}
  - 道路: {新建: {走向: [[%(x)s, %(y)s], [%(x)s, %(y)s]], 道路等级: 主干路, 限速: 60}, 年份: 2024}
  - 车速: {出行方式: ambulance, 系数: 0.8, 道路等级: {主干路: 0.5}}
  - 人口: {镇街: west, 系数: 1.5}
  - 人口: {名称: 新区, 位置: [%(x)s, %(y)s], 新增: 3000}
  - 临时点: {名称: 赛会点, 位置: [%(x)s, %(y)s]}
  - AED: {名称: 车站, 位置: [%(x)s, %(y)s], 台数: 2, 场所类型: 交通枢纽}
  - 统计指标: {指标: 床位数, 数值: 6453, 指标年份: 2020, 来源: 表1}
"""
WRONG = """scenario: Station One
edits:
  - open: {kind: hosptial, name: 新站, at: [24.72, 118.55]}
  - opne: {kind: clinic}
  - close: {facilty: f1}
  - move: {facility: f77, to: [119.9, 24.7]}
  - change: {facility: f1, bed: 3}
  - delay: {project: 9, years: 2}
  - road: {close: {name: x}, slow: {name: y, factor: 2}}
  - people: {add: many, at: [118.5, 24.7]}
  - speeds: {profile: ambulanse, factor: 9}
  - close: f1
    open: f2
"""


@pytest.fixture(scope="module")
def study() -> Study:
    """The base study."""
    return base()


def spot() -> dict[str, str]:
    """Return a position to write into a file."""
    lon, lat = at(9000, 1500)
    return {"x": f"{lon:.6f}", "y": f"{lat:.6f}"}


def test_both_languages_say_the_same(study: Study, tmp_path: Path) -> None:
    """Every kind of edit in English and in Chinese: the same edits, and so the same study."""
    english = read_scenario(written(tmp_path, ENGLISH % spot()), study)
    chinese = read_scenario(written(tmp_path, CHINESE % spot()), study)
    assert [a.says for a in english.edits] == [b.says for b in chinese.edits]
    assert same(apply(study, english), apply(study, chinese))
    assert (english.name_en, english.cost_100m_cny, chinese.name_en) == ("A station at D", 0.2, "D新站")
    assert len({type(edit) for edit in english.edits}) == 15


def test_names_become_identifiers_and_words_values(study: Study, tmp_path: Path) -> None:
    """What comes back names records; a post is a station with one vehicle that says it is temporary."""
    told = read_scenario(written(tmp_path, ENGLISH % spot()), study)
    by_type = {type(edit): edit for edit in told.edits}
    assert isinstance(close := by_type[Close], Close)
    assert close.facility == "f2"
    opened = [edit for edit in told.edits if isinstance(edit, Open)]
    assert [(o.facility_kind, o.vehicles, o.temporary) for o in opened] == [
        ("ems_station", 2, False), ("ems_station", 1, True)
    ]  # fmt: skip
    made = apply(study, told)
    assert made.facilities["source"].iloc[-1] == "scenario station-at-d (temporary)"
    assert isinstance(road := by_type[CloseRoad], CloseRoad)
    assert (road.to, road.place.within_m) == ("cars", 300)
    assert {AddRoad, SlowRoad, Speeds, Grow, Settle} <= set(by_type)


def test_hours_are_changed_and_opened_in_both_languages(study: Study, tmp_path: Path) -> None:
    """A facility's opening hours stand in its row afterwards; what cannot be read is refused with its line."""
    english = """
scenario: hours
edits:
  - change: {facility: f0, hours: "mon-fri 8:00-17:30"}
  - open: {kind: clinic, name: 新站, at: [%(x)s, %(y)s], opening_hours: 24/7}
"""
    chinese = """
方案: hours
措施:
  - 调整: {设施: f0, 开放时间: "mon-fri 8:00-17:30"}
  - 新建: {类别: 诊所, 名称: 新站, 位置: [%(x)s, %(y)s], 开诊时间: 24/7}
"""
    made = [apply(study, read_scenario(written(tmp_path, text % spot()), study)) for text in (english, chinese)]
    assert same(*made)
    hours = made[0].facilities.set_index("facility_id")["hours"]
    assert (hours["f0"], hours["hours/新站"]) == ("mon-fri 8:00-17:30", "24/7")
    wrong = "scenario: hours\nedits:\n  - change: {facility: f0, hours: mornings}\n"
    with pytest.raises(InputError, match=r"line 3, .*'mornings' are no opening hours \(write mon-fri"):
        read_scenario(written(tmp_path, wrong), study)


def test_every_mistake_is_said_at_once_with_its_line(study: Study, tmp_path: Path) -> None:
    """One file with a mistake in every line: each is told with its line, its key and a hint."""
    with pytest.raises(InputError) as caught:
        read_scenario(written(tmp_path, WRONG), study)
    told = [(p.row, p.what, p.hint or "") for p in caught.value.problems]
    expected = [
        (1, "'Station One' cannot name a folder", "small letters"),
        (3, "'hosptial' is not a facility kind", "did you mean 'hospital'?"),
        (3, "24.72, 118.55 is no position", "are the two swapped?"),
        (4, "unknown edit 'opne'", "did you mean 'open'?"),
        (5, "unknown key 'facilty'", "did you mean 'facility'?"),
        (5, "'facility' (设施) is missing", "Which"),
        (6, "there is no facility 'f77'", ""),
        (6, "lies outside the study area", "km from it"),
        (7, "unknown key 'bed'", "did you mean 'beds'?"),
        (8, "there is no project '9'", ""),
        (9, "needs one of add, close and slow", ""),
        (10, "'many' should be a number", ""),
        (11, "'ambulanse' is not a speed profile", "did you mean 'ambulance'?"),
        (11, "9 is no factor", "at most 5"),
        (12, "is no edit", "one of"),
    ]
    for row, what, hint in expected:
        assert any(r == row and what in w and hint in h for r, w, h in told), (row, what)
    assert [row for row, _, _ in told] == sorted(row for row, _, _ in told if row is not None)
    assert len(told) == len(expected)


def test_positions_of_chinese_maps_are_converted(study: Study, tmp_path: Path) -> None:
    """With `datum: gcj02` a position picked on AMap lands where it was picked."""
    lon, lat = at(9000, 1500)
    shifted = from_wgs84([lon], [lat], "gcj02")
    text = (
        f"scenario: s\ndatum: gcj02\nedits: [{{post: {{name: p, at: [{shifted[0][0]:.7f}, {shifted[1][0]:.7f}]}}}}]\n"
    )
    edit = read_scenario(written(tmp_path, text), study).edits[0]
    assert isinstance(edit, Open)
    assert edit.at == pytest.approx((lon, lat), abs=1e-6)


def test_no_file_and_no_scenario(study: Study, tmp_path: Path) -> None:
    """A missing file, an empty one and a list are refused in words."""
    for text, said in (("", "the file holds no scenario"), ("- close: f1\n", "is no scenario"),
                       ("scenario: s\nedits: f1\n", "should be a list of edits"),
                       ("edits: []\n", "'scenario' (方案)")):  # fmt: skip
        with pytest.raises(InputError) as caught:
            read_scenario(written(tmp_path, text), study)
        assert said in str(caught.value)
    with pytest.raises(InputError, match="no such file"):
        read_scenario(tmp_path / "none.yaml", study)


def test_a_config_may_hold_scenarios_or_name_them(tmp_path: Path) -> None:
    """Under `scenarios:` stand proposals, or files with them; each is found by its id."""
    toy = Toy(tmp_path / "toy")
    (tmp_path / "toy" / "second.yaml").write_text("scenario: second\nedits: [{close: F6}]\n", encoding="utf-8")
    inside = (
        "scenarios:\n  - second.yaml\n  - scenario: third\n    edits:\n      - 推迟: {project: 1, years: 1}\nstandards:"
    )
    study = toy.edit("standards:", inside).read()
    assert [scenario.scenario_id for scenario in study_scenarios(study)] == ["second", "third"]
    assert read_scenario("third", study).edits[0].line == 25
    with pytest.raises(InputError, match="did you mean 'third'"):
        read_scenario("thirt", study)


def test_the_examples_are_read(root: Path) -> None:
    """Every scenario in configs/scenarios holds against the embedded study, and has an id of its own."""
    study = read_study(root / "configs" / "jinjiang.yaml")
    told = [read_scenario(path, study) for path in sorted((root / "configs" / "scenarios").glob("*.yaml"))]
    assert len({scenario.scenario_id for scenario in told}) == len(told) >= 6
    assert all(scenario.edits for scenario in told)
    assert len(apply(study, told[-1]).inputs) == len(study.inputs) + 1


def test_every_key_is_documented(root: Path) -> None:
    """Every edit and key stands in docs/scenarios.md, in both languages."""
    page = (root / "docs" / "scenarios.md").read_text(encoding="utf-8")
    for form in (*FORMS.values(), *ROAD_FORMS.values()):
        for key in form.keys:
            if key.holds != "cell":
                assert f"`{key.name}`" in page, (form.name, key.name)
                assert key.zh in page, (form.name, key.zh)
        assert form.zh in page, form.name
