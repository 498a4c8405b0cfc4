"""The small illustrative studies of Licheng and Quanzhou: small, honest about what is invented, made again alike."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import coverplan as cp

TABLES = ("facilities.csv", "people.csv", "roads/nodes.csv", "roads/edges.csv")


@pytest.fixture(scope="module", params=["licheng", "quanzhou"])
def folder(request: pytest.FixtureRequest, root: Path) -> Path:
    """The folder of one of the studies."""
    return root / "data" / request.param


def read(folder: Path, name: str) -> pd.DataFrame:
    """Read a table as text."""
    return pd.read_csv(folder / name, dtype=str, keep_default_na=False)


def test_they_are_small_and_their_columns_explained(folder: Path) -> None:
    """Each stays under 300 kB, and its README has every column and the credit for the points."""
    assert sum(file.stat().st_size for file in folder.rglob("*") if "__pycache__" not in file.parts) < 300_000
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for name in TABLES:
        for column in read(folder, name):
            assert f"`{column}`" in readme, column
    assert folder.name == "licheng" or "GeoNames, CC BY 4.0" in readme


def test_what_is_invented_says_so(folder: Path) -> None:
    """People, roads and every facility that no document names are illustrative; invented names carry 示意."""
    assert set(read(folder, "people.csv")["quality"]) == set(read(folder, "roads/edges.csv")["quality"]) == {
        "illustrative"
    }  # fmt: skip
    facilities = read(folder, "facilities.csv")
    invented = facilities["quality"] == "illustrative"
    assert (facilities["name"].str.contains("示意") == invented).all()
    assert facilities.loc[~invented, "source"].str.match(r"泉州市|晋江市|鲤城区").all()
    assert not (facilities["position_quality"] == "official").any()


def test_totals_are_the_published_ones(root: Path) -> None:
    """Residents add up to the yearbook's figure county by county, and to the census in the one street that is known."""
    licheng, quanzhou = (read(root / "data" / name, "people.csv") for name in ("licheng", "quanzhou"))
    streets = licheng["people"].astype(int).groupby(licheng["area_id"]).sum()
    assert streets.sum() == 397_000
    assert streets["350502008"] == 45_213
    counties = quanzhou["people"].astype(int).groupby(quanzhou["area_id"]).sum()
    assert counties.sum() == 8_850_000
    assert counties["350582"] == 2_069_000
    assert counties["350526"] == 337_000
    kinds = read(root / "data" / "quanzhou", "facilities.csv")["kind"].value_counts()
    assert kinds.to_dict() == {"township_hospital": 34, "hospital": 10}


def test_everybody_can_go_everywhere(folder: Path) -> None:
    """The studies are read without a complaint, and every demand point reaches a facility by car and on foot."""
    study = cp.read_study(folder / "study.yaml")
    network = cp.build_network(study)
    assert study.people["area_id"].notna().all()
    for profile in ("drive", "walk"):
        assert np.isfinite(cp.travel_times(study, network, profile=profile)["time_s"]).all()


def test_the_generator_makes_the_same_files_again(folder: Path, tmp_path: Path) -> None:
    """Running the generator into another folder gives the files that are kept, byte for byte."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(
        [sys.executable, str(folder / "generate.py"), str(tmp_path)], check=True, env=environment, timeout=200
    )
    for name in ("areas.geojson", *TABLES):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
