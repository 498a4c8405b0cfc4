"""The speed profiles of a study: tables that its config names, changes in the config, and what is wrong with them."""

import dataclasses
import re

from coverplan.roads.profiles import default_profiles, profile_table, profiles_folder
from toy import Toy

WEEK = "时段,名称,日期,时间\nrush,高峰,工作日,07:00-09:00;17:00-19:00\nnight,夜,每天,22:00-06:00\n"
SPEEDS = "出行方式,时段,道路等级,速度（km/h）,系数,路口延误（s）\ndrive,,主干路,50,,12\ndrive,rush,,,0.7,\n"


def _with(toy: Toy, section: str, **files: str) -> Toy:
    for name, text in files.items():
        (toy.config.parent / f"{name}.csv").write_text(text, encoding="utf-8")
    return toy.edit("clock:", f"profiles: {section}\nclock:")


def test_tables_and_changes_are_laid_over_the_usual_profiles(toy: Toy) -> None:
    """Periods first, then the table of speeds, then the config; the files count among what was read."""
    changes = "drive: {factor: 0.9, class_factor: {trunk: 0.8}, periods: {rush: {class_factor: {primary: 0.5}}}}"
    study = _with(toy, f"{{file: my.csv, periods: week.csv, {changes}}}", my=SPEEDS, week=WEEK).read()
    drive = study.profiles["drive"]
    assert (drive.factor, drive.kph["primary"], drive.junction_s) == (0.9, 50.0, {"primary": 12.0})
    assert (list(drive.periods), drive.periods["rush"].zh) == (["rush", "night"], "高峰")
    assert (drive.periods["rush"].factor, drive.periods["rush"].class_factor) == (0.7, {"primary": 0.5})
    assert drive.periods["night"].class_factor == default_profiles()["drive"].periods["night"].class_factor
    assert drive.class_factor == {"trunk": 0.8}
    assert list(study.profiles["walk"].periods) == ["rush", "night"]
    assert {"my.csv", "week.csv"} <= set(study.inputs)
    assert drive.source == "as in my.csv; changed in three-bridges.yaml"


def test_shares_of_signed_limits(toy: Toy) -> None:
    """A share for a class stands beside the usual ones; a share for everything takes their place."""
    usual = default_profiles()["drive"].class_maxspeed_share
    section = "{drive: {class_maxspeed_share: {primary: 0.6}}, walk: {}, ambulance: {maxspeed_share: 0.9}}"
    study = _with(toy, section).read()
    assert study.profiles["drive"].class_maxspeed_share == {**usual, "primary": 0.6}
    ambulance = study.profiles["ambulance"]
    assert (ambulance.maxspeed_share, ambulance.class_maxspeed_share) == (0.9, {})


def test_a_study_without_a_word_on_speed_has_the_usual_profiles(toy: Toy) -> None:
    """They are the very same, and nothing more is read."""
    study = toy.read()
    assert dict(study.profiles) == default_profiles()
    assert not any("profiles" in name for name in study.inputs)


def test_the_second_set_can_be_named(toy: Toy) -> None:
    """Speeds between junctions with delays come with coverplan; a study copies them and names the copy."""
    text = (profiles_folder() / "junctions.csv").read_text(encoding="utf-8")
    study = _with(toy, "{file: junctions.csv}", junctions=text).read()
    assert study.profiles["drive"].junction_s["primary"] == 20.0
    assert study.profiles["drive"].periods == default_profiles()["drive"].periods


def test_mistakes_in_config_and_tables_are_said_together(toy: Toy) -> None:
    """Each with its file, its line or row, and a hint."""
    section = (
        "{file: my.csv, periods: week.csv, drve: {}, drive: {class_factor: {primry: 2}, junction_s: {primary: -1}, "
        "periods: {rsh: {factor: 0.5}, rush: {fctor: 3}}}}"
    )
    week = WEEK.replace("每天", "天天")
    wrong = [
        str(problem)
        for problem in _with(toy, section, my=SPEEDS.replace("drive,rush", "drive,ruch"), week=week).problems()
    ]
    lines = [re.sub(r"three-bridges.yaml, line \d+, key profiles.", "", text) for text in wrong]
    assert sorted(lines) == sorted(
        [
            "drive.junction_s.primary: '-1' should be greater than or equal to 0",
            "drive.periods.rush: unknown key 'fctor' (did you mean 'factor'?)",
            "drve: unknown profile 'drve' (did you mean 'drive'?)",
            "drive.class_factor.primry: unknown road class 'primry' (did you mean 'primary'?)",
            "drive.periods.rsh: unknown period 'rsh' (did you mean 'rush'?)",
            "my.csv, row 3, column period: 'ruch' is not a period (did you mean 'rush'?)",
            "week.csv, row 3, column days: '天天' names no days "
            "(write mon-fri, sat;sun, daily, 工作日, 周末 or 周一至周五)",
        ]
    )


def test_a_file_that_is_not_there(toy: Toy) -> None:
    """The key is named, and the file that comes closest."""
    wrong = [str(problem) for problem in _with(toy, "{file: mi.csv}", my=SPEEDS).problems()]
    assert len(wrong) == 1
    assert wrong[0].endswith("key profiles.file: there is no file 'mi.csv' (did you mean 'my.csv'?)")


def test_a_profile_that_holds_no_keys(toy: Toy) -> None:
    """A number where changes should stand says which changes there are."""
    wrong = [str(problem) for problem in _with(toy, "{drive: 5, walk: {speed: 3}}").problems()]
    assert len(wrong) == 2
    assert "profiles.drive: '5' should hold keys of its own (one of: kph, class_factor, junction_s, turn_s" in wrong[0]
    assert "profiles.walk: unknown key 'speed'" in wrong[1]


def test_a_profile_written_out_is_read_back_by_a_study(toy: Toy) -> None:
    """What a calibration writes, a study reads: the same profile to the last digit, its quality too."""
    drive = default_profiles()["drive"]
    fitted = dataclasses.replace(
        drive, class_factor={"primary": 1 / 1.37}, factor=0.9, quality="measured", source="fitted to 120 trips"
    )
    text = profile_table([fitted]).to_csv(index=False)
    assert _with(toy, "{file: fitted.csv}", fitted=text).read().profiles["drive"] == fitted


def test_turns_of_a_config_reach_the_profile(toy: Toy) -> None:
    """Seconds for turns, and whether a profile obeys restrictions, are set in a study's config."""
    profiles = _with(toy, "{drive: {turn_s: {left: 12}}, ambulance: {obeys_turns: false}}").read().profiles
    assert dict(profiles["drive"].turn_s) == {"left": 12.0}
    assert (profiles["drive"].obeys_turns, profiles["ambulance"].obeys_turns) == (True, False)
