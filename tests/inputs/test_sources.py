"""Where tables stand: sheets, layers and databases named in a config, and what is said when they are not there."""

from pathlib import Path

import pandas as pd
import pytest

from coverplan.inputs.study import read_study
from coverplan.outputs.store import export_study
from toy import Toy


def texts(toy: Toy) -> list[str]:
    """What is wrong with a toy, as text."""
    return [str(problem) for problem in toy.problems()]


def test_tables_may_stand_in_sheets_and_layers(toy: Toy) -> None:
    """A study whose tables are sheets and layers is the one whose tables are files."""
    before = toy.read()
    export_study(before, toy.data / "study.xlsx")
    export_study(before, toy.data / "study.gpkg")
    toy.edit("facilities.csv", "study.xlsx").edit("people.csv", "{file: study.gpkg, layer: people}")
    toy.edit("vehicles.csv", "{file: study.xlsx, sheet: 救护车}").edit("areas.geojson", "study.gpkg")
    after = toy.read()
    for name in ("facilities", "people", "vehicles"):
        columns = [column for column in getattr(before, name) if column != "geometry"]
        pd.testing.assert_frame_equal(
            pd.DataFrame(getattr(before, name)[columns]), pd.DataFrame(getattr(after, name)[columns])
        )
    assert {"three-bridges/study.xlsx", "three-bridges/study.gpkg"} <= set(after.inputs)


def test_problems_of_a_sheet_name_it_and_its_column_as_shown(toy: Toy) -> None:
    """A wrong cell of a workbook is told with file, sheet, row, letter and heading."""
    study = toy.read()
    vehicles = study.vehicles.assign(facility_id=["F5", "F66"])
    from dataclasses import replace

    export_study(replace(study, vehicles=vehicles), toy.data / "study.xlsx")
    toy.edit("vehicles.csv", "study.xlsx")
    assert texts(toy) == [
        "study.xlsx, sheet 救护车, row 4, column B 驻点: 'F66' is not in facilities (did you mean 'F6'?)"
    ]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "{file: facilities.xlsx}",
            "tables.facilities: there is no file 'facilities.xlsx' in three-bridges (did you mean",
        ),
        ("{fiel: facilities.csv}", "key tables.facilities: unknown key 'fiel' (did you mean 'file'?)"),
        (
            "{sheet: 设施}",
            "key tables.facilities: it does not say where the table stands (give one of: file, url, url_env)",
        ),
        ("{file: facilities.csv, url_env: X}", "it does not say where the table stands"),
        ("{url_env: X}", "it does not say which table of the database (such as table: health.facilities)"),
        ("{file: facilities.csv, datum: wgs72}", "key tables.facilities.datum: 'wgs72'"),
        ("[facilities.csv]", "key tables.facilities: this should hold keys of its own (one of: file, sheet, layer"),
    ],
)
def test_what_is_wrong_with_a_source_is_said(toy: Toy, source: str, said: str) -> None:
    """Each mistake in where a table stands is one problem at its key."""
    told = texts(toy.edit("facilities: facilities.csv", f"facilities: {source}"))
    assert len(told) == 1
    assert said in told[0]


def test_the_datum_of_a_table_can_be_said_in_the_config(toy: Toy) -> None:
    """Points taken from AMap, and said to be so, lie where they are."""
    from coverplan.core.datum import from_wgs84

    before = toy.read()

    def move(rows: list[dict[str, str]]) -> None:
        for row in rows:
            east, north = from_wgs84(float(row["lon"]), float(row["lat"]), "gcj02")
            row.update(lon=str(float(east)), lat=str(float(north)))

    toy.rows("facilities.csv", move).edit("facilities.csv", "{file: facilities.csv, datum: gcj02}")
    after = toy.read()
    assert before.facilities.distance(after.facilities).max() < 1e-3


def test_one_workbook_is_hashed_once(toy: Toy, tmp_path: Path) -> None:
    """The record of what was read names each file with its hash, however many tables stand in it."""
    export_study(toy.read(), toy.data / "study.xlsx")
    toy.edit("vehicles.csv", "study.xlsx").edit("aeds.csv", "study.xlsx")
    inputs = read_study(toy.config).inputs
    assert len(inputs["three-bridges/study.xlsx"]) == 64
    assert "three-bridges/vehicles.csv" not in inputs
