"""Tables of a real PostgreSQL with PostGIS; and that what opens it is never said."""

import logging
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import sqlalchemy

from coverplan.core.errors import ProblemList
from coverplan.core.tables import AREAS, FACILITIES, INPUT_TABLES, Table
from coverplan.inputs.database import DatabaseTable, content_hash, read_database
from coverplan.inputs.door import Door, Raw
from coverplan.inputs.records import checked_records
from coverplan.inputs.study import read_study
from inputs.postgis import PASSWORD, Server
from toy import Toy

TABLES = ("areas", "facilities", "people", "vehicles")
ENV = "COVERPLAN_TEST_DB"


@pytest.fixture
def filled(database: Server, toy: Toy) -> Server:
    """A database that holds the toy study: points and areas with geometry in three different systems."""
    study = toy.read()
    engine = sqlalchemy.create_engine(database.url().replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("DROP SCHEMA IF EXISTS health CASCADE"))
        connection.execute(sqlalchemy.text("CREATE SCHEMA health"))
        gpd.GeoDataFrame(study.areas).to_crs(4326).to_postgis("areas", connection, schema="health")
        points = gpd.GeoDataFrame(study.facilities.drop(columns=["lon", "lat"])).iloc[::-1]
        points.to_crs(4490).to_postgis("facilities", connection, schema="health")
        study.people.drop(columns=["lon", "lat"]).to_crs(4549).to_postgis("人口", connection, schema="health")
        pd.DataFrame(study.vehicles).to_sql("vehicles", connection, schema="health", index=False)
    engine.dispose()
    return database


def read(source: DatabaseTable, table: Table = FACILITIES) -> tuple[Raw | None, list[str]]:
    """Read one table; returns it and what is wrong."""
    problems = ProblemList()
    door = Door(path=Path(source.table), file=source.table, problems=problems, notes=ProblemList())
    return read_database(source, table, door), [str(problem) for problem in problems]


def at(server: Server, table: str = "health.facilities", **more: str | None) -> DatabaseTable:
    """A table of the server, by an address with a password."""
    return DatabaseTable(table=table, url_env=ENV if not more else None, url=server.url(**more) if more else None)


def test_a_study_may_stand_in_a_database(filled: Server, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every table read from the database is the one of the files, whatever system its geometry is in."""
    monkeypatch.setenv(ENV, filled.url())
    before = toy.read()
    for name, place in (("areas", "areas"), ("facilities", "facilities"), ("people", "人口"), ("vehicles", "vehicles")):
        suffix = "geojson" if name == "areas" else "csv"
        toy.edit(f"{name}: {name}.{suffix}", f"{name}: {{url_env: {ENV}, table: health.{place}}}")
    notes = ProblemList()
    after = read_study(toy.config, notes=notes)
    for name in TABLES:
        was, now = getattr(before, name), getattr(after, name)
        columns = [c for c in INPUT_TABLES[name].names if c not in {"lon", "lat"}]
        pd.testing.assert_frame_equal(pd.DataFrame(was[columns]), pd.DataFrame(now[columns]), check_dtype=False)
        if name != "vehicles":
            assert gpd.GeoSeries(was.geometry).hausdorff_distance(gpd.GeoSeries(now.geometry)).max() < 1e-3
    assert len(after.inputs["health.facilities"]) == 64
    assert not any("postgres" in text or PASSWORD in text for text in [*after.inputs, *map(str, notes)])


def test_rows_come_in_the_order_of_the_key(filled: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever order they were written in, so that a row has the same number, and the content the same hash."""
    monkeypatch.setenv(ENV, filled.url())
    first, second = read(at(filled))[0], read(at(filled))[0]
    assert first is not None
    assert second is not None
    assert first.frame["facility_id"].to_list() == ["F1", "F2", "F3", "F4", "F5", "F6"]
    assert content_hash(first) == content_hash(second)
    problems = ProblemList()
    door = Door(path=Path("x"), file="x", problems=problems, notes=ProblemList())
    assert len(checked_records(first, FACILITIES, door, crs="EPSG:32650").frame) == 6
    assert not problems


def test_nothing_can_be_written(filled: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table name that is SQL is only a name that is not there."""
    monkeypatch.setenv(ENV, filled.url())
    for table in (
        'health.facilities"; DROP TABLE health.facilities; --',
        "health.facilities; DELETE FROM x",
        "x.y.z",
        "'",
    ):
        assert "the database shows no table" in read(at(filled, table))[1][0]
    assert read(at(filled))[1] == []


def test_what_is_wrong_is_said_with_a_hint(filled: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt table, a table without geometry for areas, one that may not be read."""
    monkeypatch.setenv(ENV, filled.url())
    assert read(at(filled, "health.facilites"))[1] == [
        "health.facilites: the database shows no table 'health.facilites' (did you mean 'health.facilities'?)"
    ]
    assert read(at(filled, "health.vehicles"), AREAS)[1] == ["health.vehicles: the layer has no geometry"]
    assert "did you mean 'health.areas'?" in read(at(filled, "health.area"), AREAS)[1][0]


WRONG = [
    ({"password": "wr0ng-Pa55"}, "the database refuses the user or the password"),
    ({"user": "nobody-here"}, "the database refuses the user or the password"),
    ({"database": "wealth"}, "there is no such database or user"),
]


@pytest.mark.parametrize(("part", "said"), WRONG)
def test_what_opens_the_database_is_never_said(
    filled: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, part: dict[str, str], said: str
) -> None:
    """A refused address is told by its reason; no part of it stands in a message or a log."""
    monkeypatch.setenv(ENV, filled.url(**part))
    with caplog.at_level(logging.DEBUG):
        raw, problems = read(DatabaseTable(table="health.facilities", url_env=ENV))
    assert raw is None
    assert said in problems[0]
    for secret in (PASSWORD, "wr0ng-Pa55", "nobody-here", str(filled.port), "127.0.0.1"):
        assert secret not in problems[0]
        assert secret not in caplog.text


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://planner:p@ss:w0rd@[half/health", "the address of the database is not one"),
        ("mysql://planner:p4ss@127.0.0.1/health", "the database is not PostgreSQL"),
        ("p4ss", "the address of the database is not one"),
        ("postgresql://planner:p4ss@127.0.0.1:1/health", "nothing answers at the address"),
        ("postgresql://planner:p4ss@nowhere.invalid/health", "no computer of that name"),
        ("postgresql://planner:p4ss@127.0.0.1:99999/health", "address"),
    ],
)
def test_addresses_that_are_none_are_not_repeated(monkeypatch: pytest.MonkeyPatch, url: str, said: str) -> None:
    """Whatever is wrong with an address, it is not shown."""
    monkeypatch.setenv(ENV, url)
    raw, problems = read(DatabaseTable(table="health.facilities", url_env=ENV))
    assert raw is None
    assert said in problems[0] or "cannot be read" in problems[0]
    assert not any(secret in problems[0] for secret in ("p4ss", "p@ss", "w0rd", "planner", "nowhere.invalid"))


def test_a_password_in_a_config_is_refused(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told where it belongs, and not shown; a variable that is not set is named."""
    toy.edit("facilities.csv", "{url: 'postgresql://planner:p4ss@127.0.0.1:1/health', table: health.facilities}")
    told = [str(problem) for problem in toy.problems()]
    assert told == [
        "health.facilities: a password stands in the config "
        "(put the whole address into an environment variable and name that: url_env: COVERPLAN_DB)"
    ]
    monkeypatch.delenv(ENV, raising=False)
    toy.edit("url: 'postgresql://planner:p4ss@127.0.0.1:1/health'", f"url_env: {ENV}")
    told = [str(problem) for problem in toy.problems()]
    assert told[0].startswith(
        f"health.facilities: the environment variable {ENV} is not set (set {ENV} to postgresql://"
    )


def test_without_the_extra_it_is_said_what_to_install(tmp_path: Path) -> None:
    """Where the database libraries are not installed the message says how to get them."""
    code = (
        "import sys; sys.modules['sqlalchemy'] = None\n"
        "from pathlib import Path\n"
        "from coverplan.core.errors import ProblemList\n"
        "from coverplan.core.tables import FACILITIES\n"
        "from coverplan.inputs.database import DatabaseTable, read_database\n"
        "from coverplan.inputs.door import Door\n"
        "problems = ProblemList()\n"
        "door = Door(path=Path('x'), file='x', problems=problems, notes=ProblemList())\n"
        "assert read_database(DatabaseTable(table='x'), FACILITIES, door) is None\n"
        "print(*problems)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert 'pip install "coverplan[db]"' in done.stdout


def test_the_run_record_holds_no_address(
    filled: Server, toy: Toy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What `run` writes names the table and its hash, and nothing of the way to it."""
    import coverplan as cp

    monkeypatch.setenv(ENV, filled.url())
    toy.edit("facilities.csv", f"{{url_env: {ENV}, table: health.facilities}}")
    study = toy.read()
    folder = cp.write_run(cp.assess(study, cp.build_network(study)), tmp_path / "out")
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8")
        assert PASSWORD not in text
        assert str(filled.port) not in text or path.name == "map.html"
    assert "health.facilities" in (folder / "run.json").read_text(encoding="utf-8")
