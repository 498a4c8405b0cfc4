"""Map layers and datums: every kind of file, which layer is meant, outlines as text, points on Chinese maps."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, Polygon

from coverplan.core.datum import from_wgs84
from coverplan.core.errors import ProblemList
from coverplan.core.tables import AREAS, PEOPLE, VEHICLES, Table
from coverplan.inputs.layers import layer_names
from coverplan.inputs.records import read_table

CRS = "EPSG:32650"
WORDS = {"people": [10, 20], "point_id": ["01", "02"], "source": ["x"] * 2, "quality": ["示意"] * 2}
POINTS = [Point(118.5, 24.7), Point(118.6, 24.8)]
SQUARE = Polygon([(118.5, 24.7), (118.6, 24.7), (118.6, 24.8), (118.5, 24.8)])


def read(path: Path, table: Table = PEOPLE, **more: str):
    """Read a table; returns it with the problems and notes as text."""
    problems, notes = ProblemList(), ProblemList()
    frame = read_table(path, table, crs=CRS, problems=problems, notes=notes, **more)
    return frame, [str(p) for p in problems], [str(n) for n in notes]


def points(**more: list) -> gpd.GeoDataFrame:
    """Two demand points."""
    return gpd.GeoDataFrame({**WORDS, **more}, geometry=POINTS, crs="EPSG:4326")


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490", "EPSG:4549"])
def test_geoparquet_is_read_in_any_crs(tmp_path: Path, crs: str) -> None:
    """Positions come from the geometry, converted from whatever system the file names."""
    path = tmp_path / "people.parquet"
    points().to_crs(crs).to_parquet(path)
    frame, problems, _ = read(path)
    assert problems == []
    assert frame["people"].to_list() == [10, 20]
    assert np.allclose(frame[["lon", "lat"]], [(p.x, p.y) for p in POINTS], atol=1e-8)


def test_parquet_without_geometry_is_a_table(tmp_path: Path) -> None:
    """A parquet file without a map has its positions in columns, or is a table that wants none."""
    pd.DataFrame({**WORDS, "经度": [118.5, 118.6], "纬度": [24.7, 24.8]}).to_parquet(tmp_path / "people.parquet")
    frame, problems, _ = read(tmp_path / "people.parquet")
    assert problems == []
    assert frame.geometry.notna().all()
    assert read(tmp_path / "people.parquet", AREAS)[1] == ["people.parquet: the layer has no geometry"]


def test_the_layer_is_the_one_called_like_the_table(tmp_path: Path) -> None:
    """Of several layers the table's is read, by English or Chinese name, or the one that is named."""
    path = tmp_path / "study.gpkg"
    for name in ("人口", "old", "older"):
        points(people=[len(name), 1]).to_file(path, layer=name, engine="pyogrio")
    assert layer_names(path) == ["人口", "old", "older"]
    assert read(path)[0]["people"].to_list() == [2, 1]
    assert read(path, layer="older")[0]["people"].to_list() == [5, 1]
    assert read(path, layer="odl")[1] == ["study.gpkg: there is no layer 'odl' (did you mean 'old'?)"]
    assert read(path, VEHICLES)[1] == ["study.gpkg: which layer holds vehicles? (name one of: 人口, old, older)"]


def test_lists_in_attributes_are_no_trouble(tmp_path: Path) -> None:
    """A GeoJSON attribute that is a list is text like any other, and refused where a number is wanted."""
    path = tmp_path / "people.geojson"
    text = points(place=["a", "b"]).to_json(drop_id=True)
    path.write_text(text.replace('"place": "a"', '"place": ["a", "b"]'), encoding="utf-8")
    assert len(read(path)[0]) == 2
    path.write_text(text.replace('"people": 10', '"people": [1, 2]'), encoding="utf-8")
    assert "is not a whole number" in read(path)[1][0]


def test_areas_may_stand_in_a_table_as_text(tmp_path: Path) -> None:
    """A column with outlines as WKT gives polygons; a wrong one is named with its row, once."""
    head = "区划代码,名称,类别,边界（WKT）,来源,数据质量\n"
    rows = [f'350582{i:03d},镇{i},镇,"{shape}",x,示意' for i, shape in enumerate([SQUARE.wkt, "POLYGON ((1", ""])]
    path = tmp_path / "areas.csv"
    path.write_text(head + "\n".join(rows), encoding="utf-8")
    frame, problems, notes = read(path, AREAS)
    assert problems == [
        "areas.csv, row 3: the outline is not WKT (it looks like POLYGON ((118.5 24.7, ...)))",
        "areas.csv, row 4: the area has no polygon (draw it, or remove the row)",
    ]
    assert notes == []
    assert gpd.GeoSeries([frame.geometry.iloc[0]], crs=CRS).to_crs(4326).iloc[0].hausdorff_distance(SQUARE) < 1e-9


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_file_drawn_on_a_chinese_map_is_turned(tmp_path: Path, datum: str) -> None:
    """Points and outlines are converted when the file is said to be so, to a tenth of a millimetre."""
    shift = lambda x, y: from_wgs84(x, y, datum)  # noqa: E731 - one line says it
    moved = points()
    moved["geometry"] = [Point(*shift(p.x, p.y)) for p in POINTS]
    moved.to_file(tmp_path / "people.gpkg", engine="pyogrio")
    assert np.allclose(
        read(tmp_path / "people.gpkg", datum=datum)[0][["lon", "lat"]], [(p.x, p.y) for p in POINTS], atol=2e-9
    )
    corners = [shift(*xy) for xy in SQUARE.exterior.coords]
    words = {"area_id": ["1"], "name": ["镇"], "kind": ["town"], "source": ["x"], "quality": ["示意"]}
    gpd.GeoDataFrame(words, geometry=[Polygon(corners)], crs="EPSG:4326").to_file(
        tmp_path / "areas.gpkg", engine="pyogrio"
    )
    expected = gpd.GeoSeries([SQUARE], crs="EPSG:4326").to_crs(CRS).iloc[0]
    assert read(tmp_path / "areas.gpkg", AREAS, datum=datum)[0].geometry.iloc[0].hausdorff_distance(expected) < 1e-3


def test_what_a_record_says_of_its_datum_counts_more(tmp_path: Path) -> None:
    """The datum of the file is for records that do not say it; blank rows stay blank."""
    east, north = (float(degrees) for degrees in from_wgs84(118.5, 24.7, "bd09"))
    path = tmp_path / "people.csv"
    rows = [f"a,1,{east!r},{north!r},,x,示意", ",,,,,,", "b,1,118.5,24.7,wgs84,x,示意"]
    path.write_text(
        "编码,人口,经度,纬度,坐标系,来源,数据质量\n" + "\n".join(rows),
        "utf-8",
    )
    frame, problems, _ = read(path, datum="bd09")
    assert problems == []
    assert frame.geometry.iloc[0].distance(frame.geometry.iloc[1]) < 1e-3
    assert frame["datum"].to_list() == ["wgs84", "wgs84"]


def test_shapefiles_from_chinese_programs_keep_their_names(tmp_path: Path) -> None:
    """A shapefile in GBK with its code page gives Chinese names and headings."""
    frame = gpd.GeoDataFrame(
        {"编码": ["1"], "名称": ["晋江"], "类别": ["镇"], "来源": ["x"], "数据质量": ["示意"]},
        geometry=[SQUARE],
        crs="EPSG:4326",
    )
    frame.to_file(tmp_path / "areas.shp", engine="pyogrio", encoding="GBK")
    areas, problems, _ = read(tmp_path / "areas.shp", AREAS)
    assert problems == []
    assert areas["name"].to_list() == ["晋江"]
