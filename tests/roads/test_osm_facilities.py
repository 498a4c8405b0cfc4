"""Hospitals, clinics, ambulance stations and AEDs from drawn extracts, and from a real one."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
import shapely

from coverplan.core.checks import check_table
from coverplan.core.errors import InputError, ProblemList
from coverplan.core.tables import AEDS, FACILITIES
from coverplan.core.units import project
from coverplan.core.words import KINDS
from coverplan.roads.osm_facilities import AED, NAME_KINDS, TAG_KINDS, OsmPlaces, kind_of, read_osm_facilities
from osm_files import Drawing, convert, lon_lat, write_xml

HOSPITAL = {"amenity": "hospital", "name": "晋江市医院", "name:en": "Jinjiang Hospital"}


def _read(folder: Path, drawing: Drawing, **options: shapely.Polygon) -> OsmPlaces:
    return read_osm_facilities(write_xml(drawing, folder / "drawn.osm"), "EPSG:32650", **options)


def test_a_node_becomes_a_record(tmp_path: Path) -> None:
    """A tagged point comes with both names, kind, beds, owner, position, and where it comes from."""
    tags = {**HOSPITAL, "beds": "1200", "operator:type": "public", "emergency": "yes", "operator": "晋江市卫健局"}
    found = _read(tmp_path, Drawing(nodes={12: tags}))
    row = found.facilities.iloc[0]
    assert (row["facility_id"], row["name"], row["name_en"]) == ("osm-n12", "晋江市医院", "Jinjiang Hospital")
    assert (row["kind"], row["beds"], row["owner"], row["status"]) == ("hospital", 1200, "public", "existing")
    assert [row["lon"], row["lat"]] == pytest.approx(list(lon_lat(12)))
    x, y = project([row["lon"]], [row["lat"]], "EPSG:32650")
    assert [row.geometry.x, row.geometry.y] == pytest.approx([x[0], y[0]])
    assert row["datum"] == "wgs84"
    assert row["source"] == "OpenStreetMap n12 in drawn.osm; © OpenStreetMap contributors, ODbL"
    assert (row["quality"], row["position_quality"]) == ("measured", "measured")
    facts = found.facts.iloc[0]
    assert (facts["osm_id"], facts["emergency"], facts["operator"]) == ("osm-n12", "yes", "晋江市卫健局")


def test_an_area_becomes_its_centroid(tmp_path: Path) -> None:
    """A closed way, and a multipolygon of two open ways with a hole, stand at their centroids."""
    square = ([11, 13, 33, 31, 11], HOSPITAL)
    halves = [([51, 53, 73], {}), ([73, 71, 51], {})]
    hole = ([62, 63, 73, 62], {})
    relation = ([("way", 2, "outer"), ("way", 3, "outer"), ("way", 4, "inner")],
                {"type": "multipolygon", "amenity": "hospital", "name": "晋江市第二医院"})  # fmt: skip
    found = _read(tmp_path, Drawing(ways=[square, *halves, hole], relations=[relation])).facilities
    assert found["facility_id"].tolist() == ["osm-r1", "osm-w1"]
    assert found[["lon", "lat"]].to_numpy().tolist() == [pytest.approx(lon_lat(62)), pytest.approx(lon_lat(22))]


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"amenity": "hospital"}, "hospital"),
        ({"healthcare": "hospital"}, "hospital"),
        ({"amenity": "clinic"}, "clinic"),
        ({"amenity": "doctors"}, "clinic"),
        ({"healthcare": "doctor"}, "clinic"),
        ({"healthcare": "centre"}, "clinic"),
        ({"healthcare": "dialysis"}, "dialysis_centre"),
        ({"healthcare": "blood_bank"}, "blood_station"),
        ({"emergency": "ambulance_station"}, "ems_station"),
        ({"emergency": "ambulance_station", "amenity": "hospital"}, "ems_station"),
        ({"emergency": "defibrillator"}, AED),
        ({"amenity": "clinic;doctors"}, "clinic"),
        ({"amenity": "hospital", "name": "晋江市中医院"}, "tcm_hospital"),
        ({"amenity": "hospital", "name": "晋江市妇幼保健院"}, "mch"),
        ({"amenity": "hospital", "name": "晋江市陈埭中心卫生院"}, "township_hospital"),
        ({"amenity": "clinic", "name": "青阳街道社区卫生服务中心"}, "chc"),
        ({"amenity": "clinic", "name": "英墩村卫生所"}, "village_clinic"),
        ({"amenity": "doctors", "name": "湖光社区卫生服务站"}, "village_clinic"),
        ({"amenity": "hospital", "name": "福建省第三精神卫生中心"}, "mental_hospital"),
        ({"amenity": "hospital", "name": "晋江爱尔眼科医院"}, "specialty_hospital"),
        ({"amenity": "hospital", "name": "晋江口腔医院"}, "dental_hospital"),
        ({"emergency": "ambulance_station", "name": "晋江市120急救中心"}, "ems_centre"),
        ({"emergency": "ambulance_station", "name": "安海急救分中心"}, "ems_subcentre"),
        ({"emergency": "ambulance_station", "name": "晋江市中医院急救站"}, "ems_station"),
        ({"amenity": "pharmacy"}, None),
        ({"emergency": "yes"}, None),
        ({"building": "hospital"}, None),
        ({"amenity": "hospital", "disused": "yes"}, None),
        ({"disused:amenity": "hospital"}, None),
    ],
)
def test_kinds(tags: Mapping[str, str], kind: str | None) -> None:
    """Tags say what a thing is, and the ending of a Chinese name says it closer."""
    assert kind_of(tags) == kind


def test_every_kind_is_one_of_ours() -> None:
    """The two mappings lead to kinds that the facility table allows."""
    assert {kind for kind in TAG_KINDS.values() if kind != AED} <= set(KINDS)
    assert all(kind in KINDS and KINDS[kind].group == group for group, _, kind in NAME_KINDS)


def test_aeds_stand_in_their_own_table(tmp_path: Path) -> None:
    """A defibrillator is a place with one device, named by where it hangs."""
    nodes = {
        11: {"emergency": "defibrillator", "defibrillator:location": "一楼大厅"},
        12: {"emergency": "defibrillator"},
    }
    found = _read(tmp_path, Drawing(nodes=nodes))
    assert found.facilities.empty
    assert found.aeds["name"].tolist() == ["一楼大厅", "AED（无名，OSM n12）"]
    assert found.aeds["hours"].isna().all()
    assert (found.aeds["devices"].tolist(), found.aeds["aed_id"].tolist()) == ([1, 1], ["osm-n11", "osm-n12"])


def test_opening_hours_that_can_be_read_fill_their_column(tmp_path: Path) -> None:
    """What is written some other way stays among the facts only."""
    nodes = {
        12: {**HOSPITAL, "opening_hours": "Mo-Fr 08:00-12:00,14:00-17:30; PH off"},
        95: {"amenity": "clinic", "name": "b", "opening_hours": "sunrise-sunset"},
    }
    found = _read(tmp_path, Drawing(nodes=nodes))
    hours = found.facilities.set_index("facility_id")["hours"]
    assert hours["osm-n12"] == nodes[12]["opening_hours"]
    assert pd.isna(hours["osm-n95"])
    assert set(found.facts["opening_hours"]) == {nodes[12]["opening_hours"], "sunrise-sunset"}


def test_what_has_no_name_is_called_by_its_kind(tmp_path: Path) -> None:
    """Without a name a thing is called by its kind and operator or number, recognisably."""
    nodes = {11: {"emergency": "ambulance_station", "operator": "晋江市急救中心"}, 95: {"amenity": "hospital"}}
    assert _read(tmp_path, Drawing(nodes=nodes)).facilities["name"].tolist() == [
        "急救站（无名，晋江市急救中心）",
        "医院（无名，OSM n95）",
    ]


def test_what_is_drawn_twice_is_taken_once(tmp_path: Path) -> None:
    """A point in the area of the same hospital, or beside it with the same name, is told and left out."""
    nodes = {
        22: {"amenity": "hospital"},
        14: {"amenity": "hospital", "name": "晋江市医院"},
        12: {"emergency": "ambulance_station"},
        77: {"amenity": "hospital", "name": "晋江市医院"},
    }
    found = _read(tmp_path, Drawing(nodes=nodes, ways=[([11, 13, 33, 31, 11], HOSPITAL)]))
    assert found.facilities["facility_id"].tolist() == ["osm-w1", "osm-n12", "osm-n77"]
    assert found.left_out[["osm_id", "reason", "kept"]].to_numpy().tolist() == [
        ["osm-n14", "drawn twice", "osm-w1"],
        ["osm-n22", "drawn twice", "osm-w1"],
    ]


def test_only_what_lies_in_the_area(tmp_path: Path) -> None:
    """With an outline only what lies in it is taken."""
    drawing = Drawing(nodes={11: HOSPITAL, 88: {"amenity": "clinic", "name": "诊所"}})
    around = shapely.Point(lon_lat(11)).buffer(0.0005)
    assert _read(tmp_path, drawing, clip=around).facilities["facility_id"].tolist() == ["osm-n11"]


def test_areas_whose_nodes_are_missing(tmp_path: Path) -> None:
    """An area that the extract holds without its nodes is told, not placed."""
    path = tmp_path / "cut.osm"
    path.write_text(
        '<osm version="0.6"><way id="1" version="1"><nd ref="1"/><nd ref="2"/><tag k="amenity" v="hospital"/>'
        '<tag k="name" v="晋江市医院"/></way></osm>'
    )
    found = read_osm_facilities(path)
    assert found.facilities.empty
    assert found.left_out.iloc[0].to_dict() == {
        "osm_id": "osm-w1",
        "name": "晋江市医院",
        "kind": "hospital",
        "reason": "its nodes are not in the extract",
        "kept": "",
    }


def test_what_stands_twice_in_a_file_or_nowhere_on_earth(tmp_path: Path) -> None:
    """The same object twice, as in files that were put together, is taken once; a broken position is told."""
    path = write_xml(Drawing(nodes={11: HOSPITAL}), tmp_path / "drawn.osm")
    text = path.read_text()
    line = next(line for line in text.splitlines() if 'id="11"' in line)
    path.write_text(text.replace(line, f"{line}\n{line}"))
    found = read_osm_facilities(path)
    assert found.facilities["facility_id"].tolist() == ["osm-n11"]
    assert found.left_out[["osm_id", "kept"]].to_numpy().tolist() == [["osm-n11", "osm-n11"]]


@pytest.mark.parametrize("suffix", [".osm", ".osm.pbf", ".osm.gz", ".osm.bz2"])
def test_every_kind_of_file(tmp_path: Path, suffix: str) -> None:
    """The same things come out of every form of extract."""
    drawing = Drawing(nodes={14: {"amenity": "clinic", "name": "诊所"}}, ways=[([11, 13, 33, 31, 11], HOSPITAL)])
    path = convert(write_xml(drawing, tmp_path / "drawn.osm"), tmp_path / f"converted{suffix}")
    assert read_osm_facilities(path).facilities["facility_id"].tolist() == ["osm-w1", "osm-n14"]


def test_tables_are_as_declared(tmp_path: Path) -> None:
    """Both tables have the declared columns and types, also when they are empty, and pass their own check."""
    drawing = Drawing(nodes={11: HOSPITAL, 12: {"emergency": "defibrillator"}})
    for found in (_read(tmp_path, drawing), _read(tmp_path, Drawing(nodes={11: {"amenity": "bench"}}))):
        for frame, table in ((found.facilities, FACILITIES), (found.aeds, AEDS)):
            assert list(frame.columns) == [*table.names, "geometry"]
            assert frame.crs == "EPSG:32650"
            problems = ProblemList()
            text = frame.drop(columns="geometry").astype("str").mask(frame.drop(columns="geometry").isna())
            checked = check_table(text, table, file="osm", problems=problems)
            assert not problems
            assert checked.dtypes.to_dict() == frame.drop(columns="geometry").dtypes.to_dict()


def test_a_real_extract(shared: Path) -> None:
    """Andorra of 2013 knows seven hospitals, all in the country, each with its source."""
    found = read_osm_facilities(shared / "data" / "osm" / "andorra.osm.pbf")
    assert found.facilities["kind"].value_counts().to_dict() == {"hospital": 7}
    assert found.facilities.crs == "EPSG:32631"
    assert found.facilities["lon"].between(1.40, 1.80).all()
    assert found.facilities["lat"].between(42.42, 42.67).all()
    assert found.facilities["source"].str.contains("andorra.osm.pbf, 2013-05-28; © OpenStreetMap").all()


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    """A file that is missing or broken is one problem that names it."""
    (tmp_path / "broken.osm.pbf").write_bytes(b"no protocol buffer")
    for name, expected in (("none.osm", "no such file"), ("broken.osm.pbf", "cannot be read as OpenStreetMap data")):
        with pytest.raises(InputError, match=expected) as caught:
            read_osm_facilities(tmp_path / name)
        assert name in str(caught.value)
