"""What is exported reads back as it was: every table, every format, whatever stands in the cells."""

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import box

import coverplan as cp
from coverplan.core.errors import InputError, ProblemList
from coverplan.core.model import Study
from coverplan.core.tables import INPUT_TABLES, Column, Table
from coverplan.inputs.records import empty_table, read_table
from coverplan.outputs.store import export_study, write_geopackage

FORMATS = ("all.gpkg", "all.xlsx", "folder")
TABLES = ("areas", "facilities", "vehicles", "aeds", "people", "projects")
AWKWARD = st.sampled_from(
    ["007", "NA", "null", "=1+1", "@x", "1e5", "合计", "a,b", 'say "x"', "第一行\n第二行", "#REF!", "true", "_x0041_",
     "’", "1,200", "２０", "a;b", "<b>&amp;", "—", "\\", "㵲阳河", "😀"]
)  # fmt: skip
WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12) | AWKWARD
KEYS = st.text("abcXYZ0123456789-_.镇", min_size=1, max_size=10)


HOURS = ("mon-fri 08:00-17:30", "周一至周五 8:00-17:30；周六 9:00-12:00", "24/7")
"""A few ways to write opening hours; those that cannot be read are refused."""


def cells(column: Column) -> st.SearchStrategy:
    """What may stand in a column."""
    if column.name == "datum":
        return st.just("wgs84")
    if column.allowed:
        value: st.SearchStrategy = st.sampled_from(list(column.allowed))
    elif column.type == "flag":
        value = st.booleans()
    elif column.type == "integer":
        value = st.integers(int(column.minimum or 0), int(column.maximum or 10**9))
    elif column.type == "number":
        value = st.floats(column.minimum or 0, column.maximum or 1e9, allow_nan=False, allow_infinity=False)
    elif column.week:
        value = st.sampled_from(HOURS)
    else:
        # Identifiers are read without full-width digits and letters.
        value = KEYS if column.name.endswith("_id") or column.refers_to else WORDS
    return value if column.required or column.default is not None else st.none() | value


@st.composite
def frames(draw: st.DrawFn, table: Table) -> pd.DataFrame:
    """A table as `read_table` would return it."""
    keys = draw(st.lists(KEYS, min_size=1, max_size=4, unique=True))
    columns = {c.name: [draw(cells(c)) for _ in keys] for c in table.columns} | {table.key: keys}
    if "lon" in columns:  # a position is whole or absent; half of one is refused
        columns["lat"] = [
            None if lon is None else 24.0 if lat is None else lat
            for lon, lat in zip(columns["lon"], columns["lat"], strict=True)
        ]
    dtypes = {"text": "str", "number": "float64", "integer": "Int64", "flag": "boolean"}
    frame = pd.DataFrame({c.name: pd.Series(columns[c.name], dtype=dtypes[c.type]) for c in table.columns})
    if table.geometry == "area":
        shapes = [box(118 + i / 10, 24, 118.1 + i / 10, 24.1 + draw(st.floats(0, 0.1))) for i in range(len(keys))]
        return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326").to_crs("EPSG:32650")
    return frame


@pytest.fixture(scope="module")
def study() -> Study:
    """The toy study."""
    return cp.read_study(cp.sample_config())


def file_of(path: Path, table: Table) -> Path:
    """Where an export put a table."""
    ending = "geojson" if table.geometry == "area" else "csv"
    return path / f"{table.name}.{ending}" if path.suffix == "" else path


def read_back(path: Path, table: Table) -> pd.DataFrame:
    """Read one table of an export; nothing may be wrong with it."""
    problems, notes = ProblemList(), ProblemList()
    frame = read_table(file_of(path, table), table, crs="EPSG:32650", problems=problems, notes=notes)
    assert [str(problem) for problem in [*problems, *notes]] == []
    return frame


def assert_same(was: pd.DataFrame, now: pd.DataFrame, table: Table) -> None:
    """Every cell is the same; outlines lie within a micrometre."""
    names = list(table.names)
    pd.testing.assert_frame_equal(
        pd.DataFrame(was[names]), pd.DataFrame(now[names]), check_dtype=False, check_exact=True
    )
    if table.geometry == "area":
        assert gpd.GeoSeries(was.geometry).hausdorff_distance(gpd.GeoSeries(now.geometry)).max() < 1e-6


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", TABLES)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_exported_comes_back(tmp_path: Path, study: Study, name: str, form: str, data: st.DataObject) -> None:
    """Any table, written in any format and read again, is the same in every cell."""
    table = INPUT_TABLES[name]
    frame = data.draw(frames(table))
    nothing = {other: empty_table(INPUT_TABLES[other], study.crs) for other in TABLES}
    export_study(replace(study, **{**nothing, name: frame}), tmp_path / form)
    assert_same(frame, read_back(tmp_path / form, table), table)


@pytest.mark.parametrize("form", FORMATS)
def test_a_study_that_reads_its_export_is_the_same(tmp_path: Path, study: Study, form: str) -> None:
    """Exported, named in a config, read again and exported again: the tables and the files are the same."""
    first = tmp_path / "data" / form
    export_study(study, first)
    sources = "\n".join(
        f"  {name}: {{file: {file_of(first, INPUT_TABLES[name]).relative_to(tmp_path / 'data').as_posix()}}}"
        for name in TABLES
    )
    text = cp.sample_config().read_text(encoding="utf-8")
    head, _, tail = text.partition("tables:")
    roads = cp.sample_config().parent / "three-bridges" / "roads"
    tail = tail[tail.index("roads:") :].replace("{tables: roads}", f"{{tables: {roads.as_posix()}}}")
    config = tmp_path / "study.yaml"
    config.write_text(head.replace("data: three-bridges", "data: data") + f"tables:\n{sources}\n" + tail, "utf-8")
    (tmp_path / "three-bridges-standards.yaml").write_bytes(
        (roads.parents[1] / "three-bridges-standards.yaml").read_bytes()
    )
    again = cp.read_study(config)
    for name in TABLES:
        assert_same(getattr(study, name), getattr(again, name), INPUT_TABLES[name])


def test_layers_of_other_names_stay(tmp_path: Path, study: Study) -> None:
    """Importing one table into a GeoPackage leaves the others in it, also those that are not ours."""
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(pd.DataFrame({"x": [1]}), path, layer="mine")
    write_geopackage({"vehicles": study.vehicles}, path)
    write_geopackage({"aeds": study.aeds}, path)
    write_geopackage({"vehicles": study.vehicles.head(1)}, path)
    assert sorted(pyogrio.list_layers(path)[:, 0]) == ["aeds", "mine", "vehicles"]
    assert len(read_back(path, INPUT_TABLES["vehicles"])) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["a.gpkg"]


def test_a_file_of_another_kind_is_left_alone(tmp_path: Path, study: Study) -> None:
    """What is no GeoPackage is not overwritten, and nothing half-written stays."""
    path = tmp_path / "a.gpkg"
    path.write_text("years of work", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.gpkg: what stands there is no GeoPackage"):
        write_geopackage({"vehicles": study.vehicles}, path)
    assert path.read_text(encoding="utf-8") == "years of work"
    assert [p.name for p in tmp_path.iterdir()] == ["a.gpkg"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, study: Study) -> None:
    """When writing fails in the middle the file is what it was."""
    path = write_geopackage({"vehicles": study.vehicles}, tmp_path / "a.gpkg")
    before = path.read_bytes()
    without_shapes = pd.DataFrame(study.areas[["name"]])
    with pytest.raises(AttributeError):
        write_geopackage({"vehicles": study.vehicles.head(1), "areas": without_shapes}, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.gpkg"]


def test_positions_open_in_the_right_place(tmp_path: Path, study: Study) -> None:
    """A GeoPackage holds points and areas in WGS-84 degrees, under the names of the tables."""
    (path,) = export_study(study, tmp_path / "a.gpkg")
    points = gpd.read_file(path, layer="facilities")
    assert str(points.crs) == "EPSG:4326"
    assert points.geometry.iloc[0].coords[0] == (118.512705, 24.721904)
    assert "lon" not in points
    assert set(gpd.read_file(path, layer="areas").geom_type) == {"MultiPolygon"}


def test_an_outline_too_long_for_a_cell_is_refused(tmp_path: Path, study: Study) -> None:
    """A workbook cannot hold a coast line; the message says what can."""
    coast = study.areas.assign(geometry=study.areas.geometry.segmentize(10))
    with pytest.raises(InputError, match=r"longer than a cell can hold \(export to a \.gpkg or to a folder instead\)"):
        export_study(replace(study, areas=coast), tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []
