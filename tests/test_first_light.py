"""The whole road on the embedded study: from records to verdicts, gaps and files, with the plan's own numbers."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import coverplan as cp
from coverplan.standards.findings import Assessment


@pytest.fixture(scope="module")
def assessment(root: Path) -> Assessment:
    """The embedded study, assessed once."""
    study = cp.read_study(root / "configs" / "jinjiang.yaml")
    return cp.assess(study, cp.build_network(study))


def test_covered_and_uncovered_make_everybody(assessment: Assessment) -> None:
    """For every measure, reading and town: people within + people outside = people; towns add up to the whole."""
    table = cp.summary(assessment)
    points = table[table["people_within"].notna()]
    assert (points["people_within"] + points["people_outside"] == points["people"]).all()
    whole = points[points["area_id"] == "all"].set_index(["rule_id", "reading"])
    towns = points[points["area_id"] != "all"].groupby(["rule_id", "reading"])
    for column in ("people", "people_within", "people_outside", "people_unreached"):
        assert (towns[column].sum() == whole.loc[list(towns.groups), column]).all(), column
    # Rules about a district or an age group count only those.
    assert (whole["people"] <= 2_061_551).all()
    assert (whole.loc[["JJ-032", "JJ-117", "JJ-118"], "people"] == 2_061_551).all()
    assert (towns.size() == 19).all()


def test_gaps_name_exactly_those_outside(assessment: Assessment) -> None:
    """The gap list of a rule holds as many people as its verdict says are outside."""
    gaps = cp.gaps(assessment)
    held = {"JJ-032", "JJ-117", "JJ-118"}
    assert held <= {verdict.rule.rule_id for verdict in assessment.verdicts}
    for rule_id in held:
        listed = gaps.loc[gaps["rule_id"] == rule_id, "people"].sum()
        assert listed == assessment.finding(rule_id).people_outside, rule_id


@pytest.mark.parametrize(
    ("rule_id", "reading", "need"),
    [
        ("JJ-113", 0, 69),
        ("JJ-113", 1, 71),
        ("JJ-114", 1, 28),
        ("JJ-114", 2, 29),
        ("JJ-115", 0, 207),
        ("JJ-115", 1, 212),
    ],
)
def test_the_plans_own_arithmetic(assessment: Assessment, rule_id: str, reading: int, need: int) -> None:
    """206.16万 need 69 ambulances, 28 of them negative-pressure, and 207 AEDs; 211.08万 need 71, 29 and 212."""
    assert assessment.verdict(rule_id).findings[reading].need == need


def test_illustrative_is_said_everywhere(assessment: Assessment) -> None:
    """Whatever of the embedded study rests on something illustrative says so; the emergency network all does."""
    findings = [finding for verdict in assessment.verdicts for finding in verdict.findings]
    for finding in findings:
        is_illustrative = finding.quality == "illustrative"
        assert ("illustrative" in finding.statement_en) == is_illustrative
        assert ("示意" in finding.statement_zh) == is_illustrative
    emergency = {"JJ-032", "JJ-113", "JJ-114", "JJ-115", "JJ-117", "JJ-118"}
    assert {finding.quality for finding in findings if finding.rule_id in emergency} == {"illustrative"}


def test_the_command_does_it_all(root: Path, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """`coverplan run` on the embedded study ends well, within the memory promised, and leaves every file."""
    command = [
        sys.executable,
        "-m",
        "coverplan",
        "run",
        str(root / "configs/jinjiang.yaml"),
        "--out",
        str(tmp_path / "out"),
    ]
    # The memory of this one process: that of all children would count whatever the tests before this one started.
    watch = "import os, sys; p = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ); _, s, u = os.wait4(p, 0)"
    watch += "; print(u.ru_maxrss, file=open('peak', 'w')); sys.exit(os.waitstatus_to_exitcode(s))"
    begin = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-c", watch, *command], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    record_property("seconds", round(time.perf_counter() - begin, 1))
    peak_gib = int((tmp_path / "peak").read_text("utf-8")) / 2**20
    record_property("peak_gib", round(peak_gib, 2))
    assert run.returncode == 0, run.stderr
    assert peak_gib < 1.5
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"map.html", "gaps.csv", "summary.csv", "verdicts.json", "run.json"}
    assert max(len(line) for line in run.stdout.splitlines()) <= 80


def test_roads_switch_with_one_line(root: Path, tmp_path: Path, shared: Path) -> None:
    """The same toy config reads an OpenStreetMap extract, or OSMnx's GraphML, when its `roads` line says so."""
    sample = cp.sample_config()
    shutil.copytree(sample.parent / "three-bridges", tmp_path / "three-bridges")
    shutil.copy(sample.parent / "three-bridges-standards.yaml", tmp_path)
    text = sample.read_text(encoding="utf-8")
    for line, nodes in (
        (f"roads: {{pbf: {shared / 'data/osm/andorra.osm.pbf'}, clip: false}}", 2_000),
        (f"roads: {{graphml: {shared / 'data/osm/shenzhen_futian_osmnx.graphml'}}}", 1_000),
    ):
        config = tmp_path / "switched.yaml"
        config.write_text(text.replace("roads: {tables: roads}", line), encoding="utf-8")
        network = cp.build_network(cp.read_study(config))
        assert network.n_nodes > nodes
        assert "OpenStreetMap" in network.attribution


def test_the_same_input_gives_the_same_output(assessment: Assessment, root: Path) -> None:
    """Reading and assessing again changes no figure."""
    study = cp.read_study(root / "configs" / "jinjiang.yaml")
    # The rules that ask the network, and one that counts; the whole plan would only take longer.
    some = ["JJ-032", "JJ-117", "JJ-118", "JJ-113", "JJ-033"]
    again = cp.summary(cp.assess(study, cp.build_network(study), only=some))
    before = cp.summary(assessment)
    before = before[before["rule_id"].isin(some)].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, before.astype(again.dtypes.to_dict()))


def test_run_records_what_an_auditor_needs(assessment: Assessment, tmp_path: Path) -> None:
    """The run record names version, hashes of config and inputs, options, network and time."""
    record = json.loads((cp.write_run(assessment, tmp_path / "out") / "run.json").read_text(encoding="utf-8"))
    text = json.dumps(record)
    assert cp.__version__ in text
    for name, digest in assessment.study.inputs.items():
        assert digest in text, name
    assert "turnout_s" in text


def test_response_is_the_clock_plus_the_travel(assessment: Assessment) -> None:
    """Call handling 1 min + turnout 2 min stand before every travel time, so nobody is reached in under 3 minutes."""
    finding = assessment.verdict("JJ-118").findings[0]
    value = assessment.points[finding.key]["value"].to_numpy()
    assert np.nanmin(value[np.isfinite(value)]) >= 3.0
