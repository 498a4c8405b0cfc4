"""Tables from files: encodings, headings, leading zeros, map layers, datums, and what is said of unreadable ones."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, Polygon

from coverplan.core.datum import from_wgs84
from coverplan.core.errors import ProblemList
from coverplan.core.tables import AREAS, FACILITIES, INPUT_TABLES, PEOPLE, VEHICLES
from coverplan.core.units import project
from coverplan.inputs.door import decode
from coverplan.inputs.records import empty_table, read_records, read_table

CRS = "EPSG:32650"
PEOPLE_CSV = "point_id,people,place,lon,lat,source,quality\np1,12,河口村,118.5,24.8,census,official\n"
SQUARE = Polygon([(118.5, 24.7), (118.6, 24.7), (118.6, 24.8), (118.5, 24.8)])
BOW_TIE = Polygon([(118.5, 24.7), (118.6, 24.8), (118.6, 24.7), (118.5, 24.8)])


def read(path: Path, table=PEOPLE, crs: str = CRS):
    """Read one table; returns the frame, the problems and the notes as text."""
    problems, notes = ProblemList(), ProblemList()
    frame = read_table(path, table, crs=crs, problems=problems, notes=notes)
    return frame, [str(p) for p in problems], [str(n) for n in notes]


def written(path: Path, text: str | bytes) -> Path:
    """Write a file and return its path."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", None), ("utf-8-sig", None), ("gbk", "GB18030"), ("gb18030", "GB18030"), ("utf-16", "UTF-16")],
)
def test_every_encoding_a_spreadsheet_writes_is_read(tmp_path: Path, encoding: str, said: str | None) -> None:
    """UTF-8 with and without mark, GBK, GB18030 and Unicode text give the same table; what is not UTF-8 is said."""
    frame, problems, notes = read(written(tmp_path / "people.csv", PEOPLE_CSV.encode(encoding)))
    assert problems == []
    assert frame["place"].to_list() == ["河口村"]
    assert [said in note for note in notes] == ([True] if said else [])


@given(st.text(st.characters(codec="gb18030", exclude_characters="\ufeff"), max_size=20))
def test_text_survives_its_encoding(text: str) -> None:
    """Whatever is written in UTF-8 or with a mark comes back as it was."""
    assert decode(text.encode("utf-8"))[0] == text
    assert decode(b"\xef\xbb\xbf" + text.encode("utf-8")) == (text, "utf-8")


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_cells_are_read_as_written(tmp_path: Path, mark: str) -> None:
    """Identifiers keep leading zeros, NA is a word, quotes hold commas, and any of the usual marks parts the cells."""
    text = 'point_id,people,place,lon,lat,source,quality\n0071,5,"NA, or null",118.5,24.8,x,official\n'
    text = text if mark == "," else text.replace("NA, or", "NA or").replace(",", mark)
    frame, problems, _ = read(written(tmp_path / "people.csv", text))
    assert problems == []
    assert frame["point_id"].to_list() == ["0071"]
    assert frame["place"].str.replace(",", "").to_list() == ["NA or null"]
    assert frame["people"].dtype == "int64"


def test_rows_are_counted_as_the_spreadsheet_counts_them(tmp_path: Path) -> None:
    """A blank row and a cell with a line break count as the user sees them, and blank rows are no records."""
    text = (
        "point_id,people,place,lon,lat,source,quality\n"
        "p1,1,a,118.5,24.8,x,official\n"
        "\n"
        ",,,,,,\n"
        'p2,2,"b\nc",118.5,24.8,x,official\n'
        "p3,-3,d,118.5,24.8,x,official\n"
    )
    frame, problems, _ = read(written(tmp_path / "people.csv", text))
    assert problems == ["people.csv, row 6, column people: -3 is below 0"]
    assert frame["point_id"].to_list() == ["p1", "p2", "p3"]
    assert frame.index.to_list() == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("people.csv", b"", "people.csv: the file is empty"),
        ("people.csv", b"\n\n", "people.csv: no row holds headings (write the names of the columns"),
        ("people.csv", b"PK\x03\x04rest", "people.csv: this is a workbook, not a CSV file"),
        ("people.csv", b"\xff\x81\xff\x81", "people.csv: the text is neither UTF-8 nor GB18030"),
        ("people.xlsx", b"PK", "people.xlsx: the file cannot be read as a workbook"),
        ("people.xlsx", b"PK\x03\x04rest", "people.xlsx: the file cannot be read as a workbook"),
        ("people.xls", b"\xd0\xcf\x11\xe0rest", "people.xls: the file cannot be read as a workbook"),
        ("people.ods", b"rest", "people.ods: the file cannot be read as a workbook"),
        ("people.parquet", b"PAR1rest", "people.parquet: the file cannot be read as a map layer"),
        ("people.dbf", b"x", "people.dbf: a file of the kind '.dbf' is not read here"),
        ("people.geojson", b"{not json", "people.geojson: the file cannot be read as a map layer"),
        ("people.geojson", b'{"type": "FeatureCollection"}', "people.geojson: the file cannot be read as a map layer"),
        ("people.gpkg", b"not a database", "people.gpkg: the file cannot be read as a map layer"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """An empty, binary or foreign file is one problem and an empty table, and never an error of another kind."""
    frame, problems, _ = read(written(tmp_path / name, content))
    assert len(problems) == 1
    assert problems[0].startswith(said)
    assert str(tmp_path) not in problems[0]
    assert list(frame.columns) == [*PEOPLE.names, "geometry"]
    assert len(frame) == 0


def test_a_file_that_is_not_there_is_named_with_its_neighbour(tmp_path: Path) -> None:
    """A misspelt file name gets the name that comes closest."""
    written(tmp_path / "people.csv", PEOPLE_CSV)
    assert read(tmp_path / "poeple.csv")[1] == ["poeple.csv: there is no such file (did you mean 'people.csv'?)"]


def test_headings_and_ragged_rows_are_refused_with_their_row(tmp_path: Path) -> None:
    """A heading that stands twice and a row with more cells than headings are told."""
    text = PEOPLE_CSV.replace("place", "lon", 1) + "p2,1,a,118.5,24.8,census, 2020,official\n"
    _, problems, _ = read(written(tmp_path / "people.csv", text))
    assert "people.csv, row 1: the heading 'lon' stands twice (columns C and D: keep one)" in problems
    assert any("row 3: 8 cells under 7 headings" in problem for problem in problems)


def test_spare_columns_are_noted_and_left_aside(tmp_path: Path) -> None:
    """A column that is not ours stops nothing; a near miss is asked about."""
    text = PEOPLE_CSV.replace("place", "place_idd", 1)
    frame, problems, notes = read(written(tmp_path / "people.csv", text))
    assert problems == []
    assert notes == ["people.csv: 'place_idd' is not a column of people and is left aside (did you mean 'place_id'?)"]
    assert "place_idd" not in frame


@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "bd09"])
def test_positions_become_wgs84_at_the_door(tmp_path: Path, datum: str) -> None:
    """One place written in three datums is one place within a millimetre; the table says WGS-84 afterwards."""
    lon, lat = from_wgs84(118.55, 24.78, datum)
    text = f"point_id,people,lon,lat,datum,source,quality\np1,1,{float(lon)!r},{float(lat)!r},{datum},x,official\n"
    frame, problems, _ = read(written(tmp_path / "people.csv", text))
    x, y = project(118.55, 24.78, CRS)
    assert problems == []
    assert frame.geometry.iloc[0].distance(Point(float(x), float(y))) < 1e-3
    assert frame["datum"].to_list() == ["wgs84"]
    assert frame[["lon", "lat"]].iloc[0].to_list() == pytest.approx([118.55, 24.78], abs=1e-8)


def layer(path: Path, shapes: list, columns: dict[str, list], crs: str | None = "EPSG:4326") -> Path:
    """Write a map layer."""
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)
    frame.to_file(path, engine="pyogrio")
    return path


def areas(folder: Path, name: str, shapes: list, crs: str | None = "EPSG:4326") -> Path:
    """Write a layer of areas."""
    n = len(shapes)
    ids = [f"{350582001 + i}" for i in range(n)]
    words = {"name": ["镇"] * n, "kind": ["town"] * n, "source": ["x"] * n, "quality": ["official"] * n}
    return layer(folder / name, shapes, {"area_id": ids, **words}, crs)


@pytest.mark.parametrize("name", ["areas.geojson", "areas.gpkg"])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4547"])
def test_areas_come_from_any_layer_in_any_crs(tmp_path: Path, name: str, crs: str) -> None:
    """GeoJSON and GeoPackage, degrees and CGCS2000 metres: the same polygon, in the study's CRS."""
    shape = gpd.GeoSeries([SQUARE], crs="EPSG:4326").to_crs(crs).iloc[0]
    frame, problems, _ = read(areas(tmp_path, name, [shape], crs), AREAS)
    assert problems == []
    assert str(frame.crs) == CRS
    expected = gpd.GeoSeries([SQUARE], crs="EPSG:4326").to_crs(CRS).iloc[0]
    assert frame.geometry.iloc[0].hausdorff_distance(expected) < 0.01


def test_polygons_that_cannot_be_areas_are_named_by_row(tmp_path: Path) -> None:
    """A crossed polygon, a line and a feature without geometry are each told with their row and what to do."""
    path = areas(tmp_path, "areas.geojson", [SQUARE, BOW_TIE, SQUARE.exterior, None])
    _, problems, _ = read(path, AREAS)
    assert problems[0].startswith("areas.geojson, row 2: the polygon is not valid: Self-intersection")
    assert "Fix geometries" in problems[0]
    assert problems[1] == "areas.geojson, row 3: a LineString stands where a polygon is wanted"
    assert problems[2].startswith("areas.geojson, row 4: the area has no polygon")


def test_points_may_come_as_geometry(tmp_path: Path) -> None:
    """A point layer needs no lon and lat columns; numbers keep their digits; a line is refused with its row."""
    words = {"people": [10, 2.0, 3], "source": ["x"] * 3, "quality": ["official"] * 3}
    shapes = [Point(118.5, 24.8), Point(118.6, 24.8), SQUARE.exterior]
    ids = [350582001, 350582002, 350582003]
    path = layer(tmp_path / "people.geojson", shapes, {"point_id": ids, **words})
    frame, problems, _ = read(path)
    assert problems[0] == ("people.geojson, row 3: a LineString stands where a point is wanted (give its centroid)")
    assert frame["point_id"].to_list() == ["350582001", "350582002", "350582003"]
    assert frame["people"].to_list() == [10, 2, 3]
    assert frame["lon"].to_list()[:2] == [118.5, 118.6]


def test_layers_say_what_they_lack(tmp_path: Path) -> None:
    """No coordinate system, coordinates that are not degrees, no geometry: one clear problem each."""
    shapefile = areas(tmp_path, "areas.shp", [SQUARE])
    assert read(shapefile, AREAS)[1] == []
    shapefile.with_suffix(".prj").unlink()
    assert read(shapefile, AREAS)[1] == [
        "areas.shp: the layer names no coordinate system (set it in QGIS and export the layer again)"
    ]
    feature = {"type": "Feature", "properties": {"area_id": "1"}, "geometry": None}
    metres = {"type": "Polygon", "coordinates": [[[5e5, 2e6], [6e5, 2e6], [6e5, 3e6], [5e5, 2e6]]]}
    flat = {"type": "FeatureCollection", "features": [{**feature, "geometry": metres}]}
    assert "the coordinates are not degrees" in read(written(tmp_path / "a.geojson", json.dumps(flat)), AREAS)[1][0]
    assert "needs polygons" in read(written(tmp_path / "areas.csv", "area_id,name\n1,x\n"), AREAS)[1][0]


def test_geojson_in_gbk_is_read(tmp_path: Path) -> None:
    """A GeoJSON file in GBK, as some Chinese tools write it, keeps its names."""
    path = areas(tmp_path, "areas.geojson", [SQUARE])
    path.write_bytes(path.read_text(encoding="utf-8").encode("gbk"))
    frame, problems, notes = read(path, AREAS)
    assert problems == []
    assert frame["name"].to_list() == ["镇"]
    assert "GB18030" in notes[0]


@pytest.mark.parametrize("name", list(INPUT_TABLES))
def test_empty_tables_are_like_read_ones(name: str) -> None:
    """An empty table has the declared columns; counting in it gives 0."""
    table = INPUT_TABLES[name]
    frame = empty_table(table, CRS)
    assert list(frame.columns) == [*table.names, *([] if table.geometry == "none" else ["geometry"])]
    assert isinstance(frame, gpd.GeoDataFrame) == (table.geometry != "none")
    assert len(frame) == 0


def test_dtypes_do_not_depend_on_the_rows(tmp_path: Path) -> None:
    """A table with rows and the same table without any have the same types, column by column."""
    rows = {"vehicles.csv": (VEHICLES, "vehicle_id,facility_id,negative_pressure,source,quality\nv,F,是,x,official\n")}
    rows["people.csv"] = (PEOPLE, PEOPLE_CSV)
    for name, (table, text) in rows.items():
        frame, problems, _ = read(written(tmp_path / name, text), table)
        assert problems == []
        pd.testing.assert_series_equal(frame.dtypes, empty_table(table, CRS).dtypes)


def test_many_records_read_fast_and_keep_their_place(tmp_path: Path) -> None:
    """Eight thousand demand points are read within a second, and a record knows its row."""
    import time

    n = 8000
    lines = [f"p{i},{i},村{i},{118.5 + i / 1e5:.6f},24.8,census,official" for i in range(n)]
    path = written(tmp_path / "people.csv", "\n".join([PEOPLE_CSV.splitlines()[0], *lines]))
    started = time.perf_counter()
    records = read_records(path, PEOPLE, crs=CRS, problems=ProblemList())
    assert time.perf_counter() - started < 2.0
    assert records.row(records.frame.index[-1]) == n + 1
    assert np.array_equal(records.frame["people"], np.arange(n))


def test_missing_positions_leave_no_geometry(tmp_path: Path) -> None:
    """A facility without coordinates is a problem with its row, and has no geometry."""
    rows = [
        "facility_id,name,kind,lon,lat,source,quality",
        "F1,县医院,医院,,24.8,x,官方",
        "F2,院,卫生院,118.5,24.8,x,官方",
    ]
    text = "\n".join(rows)
    frame, problems, _ = read(written(tmp_path / "facilities.csv", text), FACILITIES)
    assert [problem.split(":")[0] for problem in problems] == ["facilities.csv, row 2, column lon"]
    assert frame.geometry.isna().to_list() == [True, False]
    assert frame["kind"].to_list() == ["hospital", "township_hospital"]
