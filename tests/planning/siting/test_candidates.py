"""Where sites may stand: lists with opening hours, and areas or zones by id or name."""

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from coverplan.core.errors import InputError, ProblemList
from coverplan.core.model import Study
from coverplan.core.units import unproject
from coverplan.planning.siting.candidates import build_candidates
from coverplan.planning.siting.form import Siting
from scenes import CRS, ORIGIN, draw, study

SCENE = draw("A---B---C---D---E", step_m=250)
"""Junctions 1 km apart, in two towns; the zone lies over the boundary."""
BOXES = {"west": (-100, -100, 1500, 100), "east": (1500, -100, 5000, 100)}


@pytest.fixture(scope="module")
def county() -> Study:
    """The two towns, and a zone with B and C in it."""
    plain = study(SCENE, {"A": 1, "E": 2}, {"A": {"kind": "clinic", "hours": "mon-fri 8:00-18:00"}}, areas=BOXES)
    shape = shapely.box(ORIGIN[0] + 500, ORIGIN[1] - 100, ORIGIN[0] + 2500, ORIGIN[1] + 100)
    row = {"zone_id": "z1", "name": "科技园", "name_en": "Science park", "kind": "park", "facility_id": None}
    return replace(plain, zones=gpd.GeoDataFrame([row], geometry=[shape], crs=CRS))


def spots(county: Study, *names: str) -> list[float]:
    """Return where along the road the candidates of some areas stand, in metres."""
    asked = Siting.model_validate({"limit": "1 km", "p": 1, "candidates": {"areas": list(names), "spacing_m": 10}})
    problems = ProblemList()
    table = build_candidates(county, SCENE.network, asked, folder=Path(), problems=problems)
    problems.raise_if_any()
    return sorted((table.geometry.x - ORIGIN[0]).round().tolist())


@pytest.mark.parametrize("name", ["z1", "科技园", "Science park"])
def test_a_zone_is_as_good_as_an_area(county: Study, name: str) -> None:
    """By id or either name; together with an area each junction stands once."""
    assert spots(county, name) == [1000, 2000]
    assert spots(county, "west", name) == [0, 1000, 2000]


def test_an_area_comes_before_a_zone_of_the_same_name(county: Study) -> None:
    """Where both are called so, the area is meant."""
    named = replace(county, zones=county.zones.assign(name="east")) if county.zones is not None else county
    assert spots(named, "east") == [2000, 3000, 4000]


def test_a_name_that_is_neither_lists_both(county: Study) -> None:
    """What there is stands in the hint, or what comes close."""
    with pytest.raises(InputError, match="there is no area or zone 'xyz'") as caught:
        spots(county, "xyz")
    assert caught.value.problems[0].hint == "areas: west、east; zones: 科技园"
    with pytest.raises(InputError, match="did you mean 'Science park'"):
        spots(county, "Sience park")
    with pytest.raises(InputError, match=r"areas: west、east\)"):
        spots(replace(county, zones=None), "z1")


def test_hours_come_from_every_source(county: Study, tmp_path: Path) -> None:
    """Facilities and lists bring theirs, junctions have none; what cannot be read names its row."""
    lon, lat = unproject([ORIGIN[0]], [ORIGIN[1]], CRS)
    head, place = "candidate_id,lon,lat,开放时间\n", f"{lon[0]},{lat[0]}"
    (tmp_path / "list.csv").write_text(f"{head}c1,{place},周六 9:00-12:00\nc2,{place},\n", encoding="utf-8")
    sources = {"kinds": ["clinic"], "file": "list.csv", "areas": ["west"], "spacing_m": 10}
    asked = Siting.model_validate({"limit": "1 km", "p": 1, "candidates": sources})
    problems = ProblemList()
    table = build_candidates(county, SCENE.network, asked, folder=tmp_path, problems=problems)
    problems.raise_if_any()
    assert table["hours"].tolist() == ["mon-fri 8:00-18:00", "周六 9:00-12:00", "", "", ""]
    (tmp_path / "list.csv").write_text(f"{head}c1,{place},周六上午\n", encoding="utf-8")
    build_candidates(county, SCENE.network, asked, folder=tmp_path, problems=problems)
    assert [(problem.row, problem.column) for problem in problems] == [(2, "hours")]
