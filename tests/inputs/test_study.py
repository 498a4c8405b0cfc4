"""A whole study: what is right becomes a record, what is wrong is told at once and by place."""

import hashlib
import time
from pathlib import Path

import pandas as pd
import pytest

from coverplan.core.errors import InputError
from coverplan.core.tables import INPUT_TABLES
from coverplan.inputs.study import COUNTED, read_study
from coverplan.roads.speeds import default_profiles
from toy import EVERY_MISTAKE, Toy, break_everything


def texts(toy: Toy) -> list[str]:
    """What is wrong with a toy, as text."""
    return [str(problem) for problem in toy.problems()]


def test_the_toy_study_is_read_whole(toy: Toy) -> None:
    """Names, counts, populations, CRS and road source are those of the files; tables are indexed from 0."""
    study = toy.read()
    assert (study.study_id, study.name, study.year, study.crs) == (
        "three-bridges",
        "三桥县（示例）",
        2020,
        "EPSG:32650",
    )
    assert study.people["people"].to_list() == [100, 200, 400, 800, 1600, 3200, 6400, 12800, 300]
    assert (study.populations["resident_2025"].people, study.default_population) == (30100, "resident_2020")
    assert (study.roads.kind, study.roads.path) == ("tables", toy.data / "roads")
    assert study.clock.delay_s == 180
    for name in ("areas", "facilities", "people", "vehicles", "aeds", "projects"):
        table, frame = INPUT_TABLES[name], getattr(study, name)
        assert list(frame.columns) == [*table.names, *([] if table.geometry == "none" else ["geometry"])]
        assert list(frame.index) == list(range(len(frame)))
        assert table.geometry == "none" or str(frame.crs) == study.crs


def test_every_file_has_its_hash(toy: Toy) -> None:
    """Each file that was read stands with the SHA-256 of its content, under its name relative to the config."""
    inputs = toy.read().inputs
    assert set(inputs) >= {"three-bridges.yaml", "three-bridges/people.csv", "three-bridges/roads/edges.csv"}
    assert len(inputs) == 10
    for name, digest in inputs.items():
        assert digest == hashlib.sha256((toy.config.parent / name).read_bytes()).hexdigest()


def test_all_mistakes_are_told_at_once(toy: Toy) -> None:
    """One reading tells every mistake of config, tables and roads, with file, row, column and hint, file by file."""
    problems = break_everything(toy).problems()
    assert [(p.file, p.row, p.column) for p in problems] == [expected[:3] for expected in EVERY_MISTAKE]
    for problem, (_, _, _, what, hint) in zip(problems, EVERY_MISTAKE, strict=True):
        assert what in problem.what
        assert hint in (problem.hint or "") if hint else True


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "data: three-bridges",
            "data: tree-bridges",
            "line 6, key data: there is no folder 'tree-bridges' (did you mean",
        ),
        ("people: people.csv", "people: poeple.csv", "there is no file 'poeple.csv' in three-bridges (did you mean"),
        ("{tables: roads}", "{tables: raods}", "line 15, key roads.tables: there is no folder 'raods' (did you mean"),
        ("{tables: roads}", "{pbf: x.osm.pbf}", "line 15, key roads.pbf: there is no file 'x.osm.pbf' (the path is"),
        (
            "{tables: roads}",
            "{}",
            "line 15, key roads: no road sources are named (name one of: tables, pbf, graphml, stored)",
        ),
        ("{tables: roads}", "{tables: roads, pbf: x}", "line 15, key roads: 2 road sources are named"),
        (
            "[three-bridges-st",
            "[tree-bridges-st",
            "key standards.0: there is no file 'tree-bridges-standards.yaml' (did",
        ),
        ("crs: auto", "crs: EPSG:4490", "line 7, key crs: EPSG:4490 (China Geodetic Coordinate System 2000) is not in"),
        ("crs: auto", "crs: EPSG:1", "line 7, key crs: 'EPSG:1' is not a coordinate system (write auto, or"),
        ("population: resident_2020", "population: resident_2O20", "'resident_2O20' is not among the populations (did"),
        ("default_population: resident_2020\n", "", "several populations and no word on which one counts (add default"),
        (
            "clock:",
            "profiles: {ambulanse: {factor: 1}}\nclock:",
            "unknown profile 'ambulanse' (did you mean 'ambulance'?",
        ),
        (
            "clock:",
            "profiles: {drive: {kph: {primry: 9}}}\nclock:",
            "unknown road class 'primry' (did you mean 'primary'",
        ),
    ],
)
def test_each_wrong_name_in_the_config_is_told_with_its_key(toy: Toy, old: str, new: str, said: str) -> None:
    """A file, folder, CRS, population, profile or class that does not exist is one problem with line and hint."""
    toy.edit(old, new)
    told = texts(toy)
    assert len(told) == 1
    assert told[0].startswith("three-bridges.yaml, line ")
    assert said in told[0]


def test_problems_of_the_study_as_a_whole(toy: Toy) -> None:
    """Nobody living anywhere, no demand points, no areas, a road table that is not there: each is said."""
    toy.rows("people.csv", lambda rows: [row.update(people="0") for row in rows])
    (toy.data / "roads" / "nodes.csv").unlink()
    told = texts(toy)
    assert told == [
        "people.csv, column people: nobody lives here: every number is 0",
        "roads/nodes.csv: there is no such file (a folder of road tables holds nodes.csv and edges.csv)",
    ]
    heading = (toy.data / "people.csv").read_text(encoding="utf-8").splitlines()[0]
    (toy.data / "people.csv").write_text(heading + "\n", encoding="utf-8")
    (toy.data / "areas.geojson").write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    told = texts(toy)
    assert "people.csv: the table holds no demand points (it has a heading and no rows)" in told
    assert "areas.geojson: the layer holds no features" in told


def test_a_table_that_cannot_be_read_is_not_held_against_the_others(toy: Toy) -> None:
    """When facilities cannot be read, vehicles are not told to refer to nothing."""
    (toy.data / "facilities.csv").write_bytes(b"")
    assert texts(toy) == ["facilities.csv: the file is empty"]
    toy.edit("facilities.csv", "facilities2.csv")
    assert len(texts(toy)) == 1


def test_a_config_that_is_not_there(tmp_path: Path, toy: Toy) -> None:
    """A config that does not exist is an InputError with the name that comes closest."""
    with pytest.raises(InputError, match=r"three-bridge\.yaml: there is no such config file \(did you mean 'three-b"):
        read_study(toy.config.with_name("three-bridge.yaml"))
    with pytest.raises(InputError, match="there is no such config file"):
        read_study(tmp_path / "nowhere" / "x.yaml")


def test_tables_that_are_left_out_are_empty(toy: Toy) -> None:
    """A study needs people and roads; whatever else is left out is an empty table with its columns."""
    text = toy.config.read_text(encoding="utf-8").splitlines()
    kept = [
        line for line in text if not line.strip().startswith(("areas:", "facilities:", "vehicles:", "aeds:", "proj"))
    ]
    toy.config.write_text(
        "\n".join(line for line in kept if "resident" not in line and line != "populations:"), "utf-8"
    )
    study = toy.read()
    assert [len(getattr(study, name)) for name in ("areas", "facilities", "vehicles", "aeds", "projects")] == [0] * 5
    assert study.crs == "EPSG:32650"
    assert study.default_population == COUNTED
    assert study.populations[COUNTED].people == study.people["people"].sum()


def test_profiles_are_changed_where_the_config_says_so(toy: Toy) -> None:
    """A speed, a factor and a closed class change; everything else stays as it is by default."""
    toy.edit("clock:", "profiles: {drive: {factor: 0.5, kph: {primary: 33, motorway: }}}\nclock:")
    before, after = default_profiles(), toy.read().profiles
    assert after["drive"].factor == 0.5
    assert after["drive"].kph["primary"] == 33
    assert "motorway" not in after["drive"].kph
    assert after["drive"].kph["secondary"] == before["drive"].kph["secondary"]
    assert after["ambulance"] == before["ambulance"]


def test_the_crs_can_be_given(toy: Toy) -> None:
    """A CGCS2000 zone in the config is the CRS of every table; distances hardly change."""
    utm = toy.read()
    gauss = toy.edit("crs: auto", "crs: EPSG:4509").read()
    assert gauss.crs == "EPSG:4509"
    assert {str(table.crs) for table in (gauss.areas, gauss.people, gauss.facilities, gauss.aeds)} == {"EPSG:4509"}
    lengths = [s.people.geometry.iloc[0].distance(s.people.geometry.iloc[7]) for s in (utm, gauss)]
    assert lengths[0] == pytest.approx(lengths[1], rel=2e-3)


def test_the_config_says_how_far_outside_is_a_mistake(toy: Toy) -> None:
    """With a wider tolerance a hospital over the border is fine; the choice is kept with the study."""
    toy.cell("facilities.csv", 2, "lon", "118.48")
    assert len(texts(toy)) == 1
    study = toy.edit("clock:", "checks: {outside_m: 2000}\nclock:").read()
    assert study.options["outside_m"] == "2000"


def test_reading_twice_gives_the_same(toy: Toy) -> None:
    """Two readings of one study agree in every table and hash."""
    first, second = toy.read(), toy.read()
    for name in ("areas", "facilities", "people", "vehicles", "aeds", "projects"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))
    assert first.inputs == second.inputs


def test_a_county_is_read_in_seconds(toy: Toy) -> None:
    """Eight thousand demand points in three towns are read and placed well under three seconds."""

    def many(rows: list[dict[str, str]]) -> None:
        first = rows[0]
        rows += [
            {
                **first,
                "point_id": f"m{i}",
                "area_id": "",
                "lon": f"{118.5 + i / 2e5:.6f}",
                "lat": f"{24.7 + i / 2e5:.6f}",
            }
            for i in range(8000)
        ]

    toy.rows("people.csv", many)
    toy.read()
    started = time.perf_counter()
    study = toy.read()
    assert time.perf_counter() - started < 3.0
    assert len(study.people) == 8009
    assert study.people["area_id"].notna().all()
