"""Broken files: whatever bytes a file holds, reading it ends soon, with problems and nothing else."""

import json
import os
import random
import sqlite3
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import coverplan as cp
from coverplan.core.errors import InputError, ProblemList
from coverplan.core.tables import INPUT_TABLES
from coverplan.inputs.config import read_config
from coverplan.inputs.importing import read_import
from coverplan.inputs.records import read_table
from coverplan.outputs.store import export_study, write_geopackage
from toy import Toy

ROUNDS = int(os.environ.get("COVERPLAN_FUZZ", "10"))
"""How many times each file is broken; set the variable to look harder."""
LIMIT_S = 60.0
"""One small file is read in milliseconds; what takes this long hangs, on the busiest machine."""
PIECES = (
    b"", b"\x00", b"\xff\xfe", b"\r", b"\n\n", b",,,,", b'"', b"'", b"=", b"1e999", b"-1", b"NaN", b"null", b"[]",
    b"{}", b"}", b"<", b"]]>", b"&#0;", b"99999999999999999999", b"\xe5\x90\x88\xe8\xae\xa1", b"\xb9\xab", b"\x80" * 9,
    b"A" * 5000, b": ", b"- ", b"&a *a", b"!!python/object:x", b"%", b"\t", b"118.5", b"[[[[[[[[", b"{a: {a: ",
)  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Change a few places: flip, cut, double, insert, swap."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at, length = chance.randrange(len(out) + 1), chance.choice((1, 2, 8, 64, 512))
        what = chance.randrange(6)
        if what == 0 and out:
            out[at % len(out)] ^= 1 << chance.randrange(8)
        elif what == 1:
            del out[at : at + length]
        elif what == 2:
            out[at:at] = out[at : at + length] * chance.randint(1, 3)
        elif what == 3:
            out[at:at] = chance.choice(PIECES)
        elif what == 4:
            out[at : at + length] = chance.choice(PIECES)
        else:
            out = out[:at]
    return bytes(out)


def mutated_archive(path: Path, chance: random.Random) -> bytes:
    """Change one part of a zip archive and pack it again, so that what is inside is reached."""
    target = path.with_suffix(".zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        names = old.namelist()
        spoilt = chance.choice([name for name in names if name.endswith(".xml")])
        for name in names:
            data = old.read(name)
            if name == spoilt:
                data = mutated(data, chance)
            if chance.random() > 0.03:
                new.writestr(name, data)
    return target.read_bytes()


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One good file of each kind."""
    folder = tmp_path_factory.mktemp("seeds")
    study = cp.read_study(cp.sample_config())
    export_study(study, folder / "study.gpkg")
    export_study(study, folder / "study.xlsx")
    export_study(study, folder)
    study.facilities.to_crs(4326).to_parquet(folder / "facilities.parquet")
    study.areas.to_crs(4326).to_file(folder / "areas.shp", engine="pyogrio")
    return folder


def survives(path: Path, table: str, seed: int) -> None:
    """Read a file as one table, and now and then bring it in; only problems may come of it, and soon."""
    started = time.perf_counter()
    problems = ProblemList()
    frame = read_table(path, INPUT_TABLES[table], crs="EPSG:32650", problems=problems)
    assert [*frame.columns][: len(INPUT_TABLES[table].names)] == [*INPUT_TABLES[table].names]
    assert all(problem.what for problem in problems)
    assert not any(str(path.parent) in str(problem) for problem in problems)
    assert time.perf_counter() - started < LIMIT_S
    if seed % 5:
        return
    try:
        brought = read_import(path, table=table)
    except InputError:
        return
    for imported in brought:
        if imported.is_whole and len(imported.good):
            to = path.with_name("to.gpkg")
            write_geopackage({table: imported.good}, to)
            again = ProblemList()
            assert len(read_table(to, INPUT_TABLES[table], crs="EPSG:32650", problems=again)) == len(imported.good)
            assert [str(problem) for problem in again] == []


KINDS = [
    ("facilities.csv", "facilities"), ("people.csv", "people"), ("projects.csv", "projects"),
    ("areas.geojson", "areas"), ("study.xlsx", "facilities"), ("study.xlsx", "areas"), ("old-format.xls", "facilities"),
    ("areas.shp", "areas"), ("study.gpkg", "facilities"), ("study.gpkg", "areas"), ("study.gpkg", "vehicles"),
    ("facilities.parquet", "facilities"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "table"), KINDS, ids=lambda text: text)
def test_broken_files_end_in_problems(tmp_path: Path, seeds: Path, root: Path, name: str, table: str) -> None:
    """Many ways of breaking each kind of file: no traceback, no hang, no half-written layer."""
    source = root / "tests" / "data" / name if name.endswith(".xls") else seeds / name
    good = source.read_bytes()
    for sibling in seeds.glob(f"{source.stem}.*") if name.endswith(".shp") else ():
        (tmp_path / sibling.name).write_bytes(sibling.read_bytes())
    for seed in range(ROUNDS):
        path = tmp_path / name
        path.write_bytes(mutated(good, random.Random(seed)))  # noqa: S311 - the same on every run, and no secret
        survives(path, table, seed)


@pytest.mark.parametrize("table", ["facilities", "people", "areas"])
def test_broken_parts_of_workbooks_end_in_problems(tmp_path: Path, seeds: Path, table: str) -> None:
    """The same for the parts inside a workbook's archive."""
    for seed in range(ROUNDS):
        path = tmp_path / "study.xlsx"
        path.write_bytes(mutated_archive(seeds / "study.xlsx", random.Random(seed)))  # noqa: S311 - as above
        survives(path, table, seed)


def spoil_cells(path: Path, chance: random.Random) -> None:
    """Change values and geometries inside a GeoPackage."""
    with sqlite3.connect(path) as connection:
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        layer = chance.choice(["facilities", "areas"])
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({layer})")]
        for _ in range(3):
            column = chance.choice([column for column in columns if column != "fid"])
            value = chance.choice([None, -1, 2**62, 1e300, "x", "", b"GP\x00\x01", b"", chance.choice(PIECES)])
            row = chance.randint(1, 6)
            triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (trigger,) in triggers:
                connection.execute(f'DROP TRIGGER "{trigger}"')
            connection.execute(f'UPDATE {layer} SET "{column}" = ? WHERE fid = ?', (value, row))  # noqa: S608 - as above
    connection.close()


@pytest.mark.parametrize("table", ["facilities", "areas"])
def test_broken_cells_of_layers_end_in_problems(tmp_path: Path, seeds: Path, table: str) -> None:
    """Values and shapes in a GeoPackage that are not what they should be are problems."""
    for seed in range(ROUNDS):
        path = tmp_path / "study.gpkg"
        path.write_bytes((seeds / "study.gpkg").read_bytes())
        spoil_cells(path, random.Random(seed))  # noqa: S311 - as above
        survives(path, table, seed)


def wild(chance: random.Random, depth: int = 0) -> object:
    """Any JSON value."""
    kind = chance.randrange(9 if depth < 4 else 7)
    simple: list[Callable[[], object]] = [
        lambda: None, lambda: True, lambda: chance.randint(-(2**70), 2**70), lambda: chance.uniform(-400, 400),
        lambda: chance.choice(["", "Point", "Polygon", "镇", "118.5", "x" * 300]), lambda: float("1e308"),
        lambda: chance.choice(["Feature", "FeatureCollection", "GeometryCollection"]),
    ]  # fmt: skip
    if kind < len(simple):
        return simple[kind]()
    if kind == 7:
        return [wild(chance, depth + 1) for _ in range(chance.randint(0, 4))]
    return {
        chance.choice(["type", "coordinates", "geometry", "features", "x"]): wild(chance, depth + 1) for _ in range(3)
    }


def replaced(value: object, chance: random.Random) -> object:
    """Put something wild in one place of a JSON value."""
    if chance.random() < 0.15 or not isinstance(value, dict | list) or not value:
        return wild(chance)
    if isinstance(value, dict):
        key = chance.choice(list(value))
        return {**value, key: replaced(value[key], chance)}
    at = chance.randrange(len(value))
    return [*value[:at], replaced(value[at], chance), *value[at + 1 :]]


def test_geojson_of_any_shape_ends_in_problems(tmp_path: Path, seeds: Path) -> None:
    """GeoJSON that is JSON and not what it should be: anything anywhere."""
    good = json.loads((seeds / "areas.geojson").read_text(encoding="utf-8"))
    for seed in range(3 * ROUNDS):
        path = tmp_path / "areas.geojson"
        path.write_text(json.dumps(replaced(good, random.Random(seed))), encoding="utf-8")  # noqa: S311 - as above
        survives(path, "areas", seed)


def test_broken_configs_end_in_problems(tmp_path: Path) -> None:
    """A config of any bytes is read or refused; so is the study that it names."""
    toy = Toy(tmp_path / "toy")
    good = toy.config.read_bytes()
    for seed in range(6 * ROUNDS):
        toy.config.write_bytes(mutated(good, random.Random(seed)))  # noqa: S311 - as above
        started = time.perf_counter()
        read_config(toy.config, ProblemList())
        if seed % 6 == 0:
            toy.problems()
        assert time.perf_counter() - started < LIMIT_S
