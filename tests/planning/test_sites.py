"""Proposed sites from workbooks, as people keep them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from coverplan.core.errors import InputError
from coverplan.planning.sites import Site, as_scenario, check_sites, read_sites
from coverplan.scenarios.edits import Open
from scenarios.proposals import at, base


def workbook(path: Path, rows: list[dict[str, object]]) -> Path:
    """Write a workbook."""
    pd.DataFrame(rows).to_excel(path, index=False, engine="xlsxwriter")
    return path


def test_a_chinese_workbook_is_read(tmp_path: Path) -> None:
    """Names, degrees and vehicles under Chinese headings; an empty number of vehicles is one."""
    (x, y), (x2, y2) = at(9000, 1500), at(0, 0)
    path = workbook(
        tmp_path / "拟建.xlsx",
        [{"名称": "东站", "经度": x, "纬度": y, "救护车": 2, "负压": 1}, {"名称": "岛站", "经度": x2, "纬度": y2}],
    )
    told = read_sites(path, base())
    assert [(s.name, s.vehicles, s.negative_pressure) for s in told] == [("东站", 2, 1), ("岛站", 1, 0)]
    assert told[0].lon == pytest.approx(x)


def test_mistakes_come_with_their_row(tmp_path: Path) -> None:
    """Outside, twice the same name, too many negative-pressure vehicles: all at once, each with its row."""
    x, y = at(9000, 1500)
    path = workbook(
        tmp_path / "sites.xlsx",
        [{"name": "a", "lon": 100.0, "lat": 20.0}, {"name": "a", "lon": x, "lat": y, "vehicles": 1, "负压": 2}],
    )
    with pytest.raises(InputError) as caught:
        read_sites(path, base())
    assert [problem.row for problem in caught.value.problems] == [2, 3, 3]
    with pytest.raises(InputError, match="there is no site"):
        check_sites(base(), [])


def test_rows_are_counted_as_the_workbook_shows_them(tmp_path: Path) -> None:
    """Two title rows and an empty one between the records: the same name again stands in row 6, the far site in 7."""
    x, y = at(9000, 1500)
    rows = [{"名称": "甲", "经度": x, "纬度": y}, {"名称": None}, {"名称": "甲", "经度": x, "纬度": y},
            {"名称": "乙", "经度": 100.0, "纬度": 20.0}]  # fmt: skip
    pd.DataFrame(rows).to_excel(tmp_path / "拟建.xlsx", index=False, engine="xlsxwriter", startrow=2)
    with pytest.raises(InputError) as caught:
        read_sites(tmp_path / "拟建.xlsx", base())
    assert [(problem.row, problem.sheet) for problem in caught.value.problems] == [(6, "Sheet1"), (7, "Sheet1")]


def test_cells_and_sites_are_complained_about_together(tmp_path: Path) -> None:
    """A number that is none, a name twice, a place outside, no place: one list; a faulty cell is told once."""
    x, y = at(9000, 1500)
    path = workbook(
        tmp_path / "sites.xlsx",
        [
            {"name": "a", "lon": x, "lat": y, "vehicles": "two", "负压": 2},
            {"name": "a", "lon": x, "lat": y, "vehicles": 1},
            {"name": "b", "lon": 100.0, "lat": 20.0, "vehicles": -1},
            {"name": "c", "vehicles": 1},
        ],
    )
    with pytest.raises(InputError) as caught:
        read_sites(path, base())
    told = [(problem.row, problem.what) for problem in caught.value.problems]
    assert [row for row, _ in told] == sorted(row for row, _ in told)
    said = "; ".join(f"{row} {what}" for row, what in told)
    for part in ("2 'two' is not a whole number", "3 two sites are called 'a'", "4 -1 is below 0",
                 "4 b at 100, 20 lies outside", "5 'c' has no position"):  # fmt: skip
        assert part in said, part
    assert "negative-pressure" not in said


def test_every_missing_column_is_named(tmp_path: Path) -> None:
    """Headings that say nothing to us: the name, the longitude and the latitude are asked for at once."""
    path = workbook(tmp_path / "sites.xlsx", [{"地点": "甲", "东": 118.5, "北": 24.7}])
    with pytest.raises(InputError) as caught:
        read_sites(path, base())
    assert {problem.column for problem in caught.value.problems} == {"name", "lon", "lat"}


def test_sites_are_a_scenario() -> None:
    """Each is a facility that opens, with its vehicles."""
    scenario = as_scenario([Site(name="a", lon=118.5, lat=24.7, vehicles=3)], kind="ems_station")
    assert [(e.name, e.vehicles, e.facility_kind) for e in scenario.edits if isinstance(e, Open)] == [
        ("a", 3, "ems_station")
    ]
