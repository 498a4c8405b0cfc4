"""Result layers: the figures of the summary, in files that map programs open as finished maps."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from lxml import etree

import coverplan as cp
from coverplan.core.datum import from_wgs84
from coverplan.core.errors import Cancelled, InputError
from coverplan.outputs.gis.layers import result_layers
from coverplan.outputs.gis.places import gap_positions
from coverplan.outputs.gis.styles import styles
from coverplan.standards.findings import Assessment
from coverplan.standards.gaps import gaps
from coverplan.standards.summary import summary

SPATIAL = {"gaps", "facilities", "aeds", "people", "roads", "service_areas", "areas"}


@pytest.fixture(scope="module")
def package(judged: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy county's GeoPackage."""
    (path,) = cp.write_layers(judged, tmp_path_factory.mktemp("gis") / "results.gpkg")
    return path


def read(path: Path, layer: str) -> gpd.GeoDataFrame:
    """One layer."""
    return gpd.read_file(path, layer=layer)


def test_the_package_holds_every_layer(package: Path) -> None:
    """Layers with positions, tables without, in WGS-84."""
    found = dict(pyogrio.list_layers(package))
    assert set(found) >= SPATIAL | {"verdicts", "vehicles", "projects", "about"}
    assert found["verdicts"] is None
    assert read(package, "people").crs == "EPSG:4326"


def test_people_carry_their_times(package: Path, judged: Assessment) -> None:
    """Times and flags of the deciding reading, person by person; covered and uncovered people are the summary's."""
    people = read(package, "people")
    for rule_id, column in (("TB-1", "TB_1"), ("TB-2", "TB_2")):
        finding = judged.finding(rule_id)
        points = judged.points[finding.key]
        assert people["point_id"].tolist() == points["point_id"].tolist()
        expected = points["value"].replace(np.inf, np.nan)
        pd.testing.assert_series_equal(people[f"{column}_min"], expected, check_names=False)
        assert people.loc[~people[f"{column}_within"].astype(bool), "people"].sum() == finding.people_outside
        assert (people[f"{column}_reason"] != "").equals(people[f"{column}_min"].isna())


def test_towns_carry_their_verdicts(package: Path, judged: Assessment) -> None:
    """Status, figure and what is missing are the summary's rows for the towns."""
    areas = read(package, "areas").set_index("area_id")
    told = summary(judged)
    for verdict in judged.verdicts:
        rows = told[(told["rule_id"] == verdict.rule.rule_id) & told["is_default"]].set_index("area_id")
        stem = verdict.rule.rule_id.replace("-", "_")
        assert areas[f"{stem}_status"].tolist() == rows.loc[areas.index, "status"].tolist()
        for name in ("figure", "limit", "shortfall"):
            expected = rows.loc[areas.index, name].astype(float).replace(np.inf, np.nan)
            np.testing.assert_array_equal(areas[f"{stem}_{name}"].astype(float), expected)


def test_gaps_lie_where_their_people_live(package: Path, judged: Assessment) -> None:
    """A village's gap lies on the village, a town's inside the town, and what means everything has no place."""
    listed, layer = gaps(judged), read(package, "gaps")
    assert layer["rule_id"].tolist() == listed["rule_id"].tolist()
    np.testing.assert_array_equal(layer["people"].astype(float), listed["people"].astype(float))
    people = read(package, "people").drop_duplicates("place_id").set_index("place_id")
    areas = read(package, "areas").set_index("area_id")
    for row in layer.itertuples():
        if row.area_id == "all":
            assert row.geometry is None
        elif isinstance(row.place_id, str) and row.place_id:
            assert row.geometry.distance(people.geometry[row.place_id]) < 1e-9
        else:
            assert areas.geometry[row.area_id].contains(row.geometry)


def test_the_middle_of_a_place_is_weighted_by_people(judged: Assessment) -> None:
    """Of a village of 1 and 3 people at 0 and 400 m, the middle lies at 300 m."""
    points = judged.points[judged.finding("TB-2").key].iloc[:2].copy()
    points = points.assign(place_id="v", place="村", people=[1, 3], within=False)
    people = judged.study.people.iloc[:2].assign(place_id="v", people=[1, 3])
    people = people.set_geometry(
        gpd.GeoSeries([shapely.Point(0, 0), shapely.Point(400, 0)], crs=people.crs, index=people.index)
    )
    changed = replace(judged, study=replace(judged.study, people=people), points={judged.finding("TB-2").key: points})
    row = gaps(judged).query("rule_id == 'TB-2'").head(1).assign(place_id="v", place="村")
    assert gap_positions(changed, row).iloc[0].equals_exact(shapely.Point(300, 0), 1e-6)


def test_service_areas_hold_the_covered_and_say_whose_they_are(package: Path, judged: Assessment) -> None:
    """A covered person lives inside the service area of the rule; the clock leaves 11 of 14 minutes to drive."""
    areas = read(package, "service_areas")
    response = areas[areas["rules"] == "TB-2"].iloc[0]
    assert response["limit_min"] == 14
    assert response["travel_min"] == pytest.approx(11)
    people = read(package, "people")
    covered = people[people["TB_2_within"].astype(bool)]
    metres = gpd.GeoSeries([response.geometry], crs=areas.crs).to_crs(judged.study.crs).iloc[0]
    assert covered.to_crs(judged.study.crs).distance(metres).max() < 500


def test_qgis_finds_its_styles(package: Path) -> None:
    """Every layer with positions has one default style, well-formed, that names only columns the layer has."""
    with closing(sqlite3.connect(package)) as book:
        rows = book.execute("SELECT f_table_name, styleName, styleQML, useAsDefault FROM layer_styles").fetchall()
        geometry = dict(book.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchall())
        described = dict(book.execute("SELECT table_name, description FROM gpkg_contents").fetchall())
    assert set(geometry.values()) == {"geom"}
    assert {name for name, _, _, default in rows if default} == SPATIAL
    assert sum(default for *_, default in rows) == len(SPATIAL)
    for name, _, qml, _ in rows:
        columns = set(read(package, name).columns)
        rules = etree.fromstring(qml).iter("rule")
        asked = {part for rule in rules for part in rule.attrib.get("filter", "").split('"')[1::2]}
        assert asked <= columns, name
    assert "layer_styles" in described
    assert described["people"].startswith("人口点")


def test_gcj02_is_said_and_shifted(judged: Assessment, package: Path, tmp_path: Path) -> None:
    """In GCJ-02 every point lies where the formula puts it; the column, the CRS and the description say so."""
    (shifted,) = cp.write_layers(judged, tmp_path / "gcj02.gpkg", datum="gcj02")
    one, two = read(package, "facilities"), read(shifted, "facilities")
    lon, lat = from_wgs84(one.geometry.x, one.geometry.y, "gcj02")
    np.testing.assert_allclose(two.geometry.x, lon, atol=1e-12)
    np.testing.assert_allclose(two.geometry.y, lat, atol=1e-12)
    assert (
        200
        < one.to_crs(judged.study.crs)
        .distance(gpd.GeoSeries(two.geometry.to_numpy(), crs="EPSG:4326").to_crs(judged.study.crs))
        .min()
        < 700
    )
    assert set(two["datum"]) == {"gcj02"}
    assert two.crs.name.startswith("GCJ-02")
    with closing(sqlite3.connect(shifted)) as book:
        told = book.execute("SELECT description FROM gpkg_contents WHERE table_name = 'facilities'").fetchone()[0]
    assert "not in WGS-84" in told
    assert "datum" not in one


def test_parquet_and_geojson_say_the_same(judged: Assessment, tmp_path: Path) -> None:
    """The other formats hold the same rows and positions; GeoJSON in GCJ-02 says so in its own words."""
    cp.write_layers(judged, tmp_path / "pq")
    parquet = gpd.read_parquet(tmp_path / "pq" / "people.parquet")
    written = cp.write_layers(judged, tmp_path / "gj", datum="gcj02", file_format="geojson")
    assert (tmp_path / "gj" / "verdicts.csv") in written
    text = json.loads((tmp_path / "gj" / "people.geojson").read_text(encoding="utf-8"))
    assert text["datum"] == "GCJ-02"
    assert "crs" not in text
    assert [one["properties"]["TB_2_min"] for one in text["features"]] == parquet["TB_2_min"].replace(
        np.nan, None
    ).tolist()
    lon, lat = from_wgs84(parquet.geometry.x, parquet.geometry.y, "gcj02")
    found = np.array([one["geometry"]["coordinates"] for one in text["features"]])
    np.testing.assert_allclose(found, np.column_stack([lon, lat]), atol=1e-9)


def test_rules_whose_names_differ_in_case_only_keep_their_columns(judged: Assessment) -> None:
    """Columns that a database could not tell apart get a number; hostile names stay values."""
    first, second, *rest = judged.verdicts
    twin = replace(second, rule=replace(second.rule, rule_id="tb 1"))
    study = replace(judged.study, facilities=judged.study.facilities.assign(name="'; DROP TABLE x;--\x00<b>"))
    layers = {layer.name: layer for layer in result_layers(replace(judged, study=study, verdicts=(first, twin, *rest)))}
    people = layers["people"].frame
    assert {"TB_1_within", "tb_1_2_within"} <= set(people.columns)
    assert set(layers["facilities"].frame["name"]) == {"'; DROP TABLE x;--<b>"}
    assert [style.is_default for style in styles(layers["people"])] == [True, False]


def test_formats_and_paths_that_do_not_go_together(judged: Assessment, tmp_path: Path) -> None:
    """A folder is no GeoPackage, and an unknown datum is refused before anything is written."""
    with pytest.raises(InputError, match="does not go with gpkg"):
        cp.write_layers(judged, tmp_path / "folder", file_format="gpkg")
    with pytest.raises(InputError, match="is not a datum"):
        cp.write_layers(judged, tmp_path / "a.gpkg", datum="mars")  # pyright: ignore[reportArgumentType] - meant
    assert list(tmp_path.iterdir()) == []


def test_it_can_be_stopped(judged: Assessment, tmp_path: Path, stopper: Callable[[], object]) -> None:
    """Nothing is left behind when the user stops."""
    with pytest.raises(Cancelled):
        cp.write_layers(judged, tmp_path / "a.gpkg", progress=stopper())  # pyright: ignore[reportArgumentType] - a progress
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def stopper() -> Callable[[], object]:
    """A progress that wants to stop at once."""

    class Stop:
        def message(self, text: str) -> None: ...
        def advance(self, done: int, total: int) -> None: ...
        def cancelled(self) -> bool:
            return True

    return Stop
