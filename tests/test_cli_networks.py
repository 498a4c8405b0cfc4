"""The commands on roads and speeds, run as a person runs them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

import coverplan as cp
from coverplan.core.units import unproject


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "coverplan", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")


def _slow_trips(root: Path, path: Path) -> None:
    """Write 40 trips in Jinjiang that took 1.25 times as long as our speeds say, give or take a tenth."""
    study = cp.read_study(root / "configs" / "jinjiang.yaml")
    goal = study.facilities[study.facilities["kind"] == "ems_station"].iloc[:1]
    times = cp.travel_times(study, cp.build_network(study), facilities=goal, profile="drive")
    rng = np.random.default_rng(1)
    chosen = rng.choice(len(times), 40, replace=False)
    lon, lat = unproject(study.people.geometry.x, study.people.geometry.y, study.crs)
    to_lon, to_lat = unproject(goal.geometry.x, goal.geometry.y, study.crs)
    minutes = times["time_s"].to_numpy()[chosen] / 60 * 1.25 * rng.lognormal(0, 0.1, 40)
    table = {"from_lon": lon[chosen], "from_lat": lat[chosen], "to_lon": to_lon[0], "to_lat": to_lat[0]}
    pd.DataFrame({**table, "minutes": minutes.round(1)}).to_csv(path, index=False)


def test_calibrate_finds_what_was_planted(root: Path, tmp_path: Path) -> None:
    """Trips that are a quarter slower give a factor near 1.25, and speeds that a config can read."""
    _slow_trips(root, tmp_path / "trips.csv")
    run = _run("calibrate", root / "configs/jinjiang.yaml", tmp_path / "trips.csv", "--out", tmp_path / "fit")
    assert run.returncode == 0, run.stderr
    assert "trips used" in run.stdout
    fitted = pd.read_csv(tmp_path / "fit" / "speeds.csv")
    assert 1.15 < 1 / fitted["factor"].iloc[0] < 1.35
    assert {path.name for path in (tmp_path / "fit").iterdir()} == {"speeds.csv", "trips.csv"}


def test_calibrate_refuses_too_few_trips(root: Path, tmp_path: Path) -> None:
    """Two trips carry no fit: said in words, exit 1, nothing written."""
    rows = "from_lon,from_lat,to_lon,to_lat,minutes\n118.5,24.7,118.55,24.75,20\n118.52,24.7,118.55,24.72,15\n"
    (tmp_path / "trips.csv").write_text(rows, encoding="utf-8")
    config = root / "configs/jinjiang.yaml"
    run = _run("calibrate", config, tmp_path / "trips.csv", "--out", tmp_path / "fit")
    assert run.returncode == 1
    assert "needs 10" in run.stderr
    assert "Traceback" not in run.stderr
    assert not (tmp_path / "fit").exists()


def test_calibrate_without_trips_says_what_to_type(root: Path) -> None:
    """Without a file of trips it says how to call it, exit 2."""
    run = _run("calibrate", root / "configs/jinjiang.yaml")
    assert run.returncode == 2
    assert "TRIPS.csv" in run.stderr


def test_the_studies_of_the_package_need_no_path(tmp_path: Path) -> None:
    """`three-bridges` and `jinjiang` are understood anywhere, as their configs would be."""
    command = [sys.executable, "-m", "coverplan", "check", "jinjiang"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "No problems" in run.stdout
