"""Lists of the user's and of OpenStreetMap made one, with every merge told."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from coverplan.core.errors import InputError
from coverplan.core.tables import AEDS, FACILITIES
from coverplan.inputs.geocode.alike import name_likeness
from coverplan.inputs.merge import REPORT, merge_facilities
from coverplan.inputs.records import empty_table
from coverplan.roads.osm_facilities import read_osm_facilities
from osm_files import Drawing, write_xml

CRS = "EPSG:32650"
X, Y = 650_000.0, 2_740_000.0


def _table(rows: list[Mapping[str, Any]], prefix: str = "f") -> gpd.GeoDataFrame:
    """Return facilities: name, kind and place (metres east of a corner) given, the rest empty or usual."""
    usual = {"kind": "hospital", "status": "existing", "source": "卫健局名录", "quality": "official"}
    filled = [
        {**usual, "facility_id": f"{prefix}{n}", **{k: v for k, v in row.items() if k != "at"}}
        for n, row in enumerate(rows)
    ]
    points = [None if row.get("at") is None else Point(X + row["at"], Y) for row in rows]
    declared = empty_table(FACILITIES, CRS).dtypes.drop("geometry")
    frame = pd.DataFrame(filled, columns=[*declared.index])
    frame = frame.astype({name: dtype for name, dtype in declared.items() if not str(dtype).startswith("float")})
    return gpd.GeoDataFrame(frame, geometry=points, crs=CRS)


def _osm(*rows: Mapping[str, Any]) -> gpd.GeoDataFrame:
    return _table([{"source": "OpenStreetMap", "quality": "measured", **row} for row in rows], prefix="osm-n")


def _actions(mine: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame, **options: Any) -> list[tuple[str, Any]]:
    report = merge_facilities(mine, theirs, **options).report
    return [(row["action"], None if pd.isna(row["my_id"]) else row["my_id"]) for _, row in report.iterrows()]


def test_the_same_hospital_is_merged_and_told() -> None:
    """Near and of the same name: one record, the user's, with its empty fields filled and their origin said."""
    mine = _table([{"name": "晋江市第一医院", "at": 0, "owner": "public"}])
    theirs = _osm({"name": "晋江市第1医院", "at": 120, "owner": "private", "beds": 900, "name_en": "First Hospital"})
    merged = merge_facilities(mine, theirs)
    (row,) = merged.table.to_dict("records")
    assert (row["facility_id"], row["name"], row["owner"]) == ("f0", "晋江市第一医院", "public")
    assert (row["beds"], row["name_en"], row["geometry"].x) == (900, "First Hospital", X)
    assert row["source"] == "卫健局名录; name_en, beds: OpenStreetMap"
    assert row["quality"] == "measured"
    (told,) = merged.report.to_dict("records")
    assert told == {
        "action": "merged",
        "my_id": "f0",
        "my_name": "晋江市第一医院",
        "osm_id": "osm-n0",
        "osm_name": "晋江市第1医院",
        "distance_m": 120.0,
        "score": 1.0,
        "filled": "name_en; beds",
        "reason": "near, and of the same name",
    }


def test_nothing_to_fill_changes_nothing() -> None:
    """A merge that fills nothing leaves the record as it was, source and quality too; an English name is harmless."""
    mine = _table([{"name": "晋江市医院", "at": 0, "beds": 1}, {"name": "晋江市中医院", "at": 5000}])
    theirs = _osm({"name": "晋江市医院", "at": 0, "beds": 2}, {"name": "晋江市中医院", "at": 5000, "name_en": "TCM"})
    table = merge_facilities(mine, theirs).table
    pd.testing.assert_series_equal(table.loc[0], mine.loc[0])
    assert table["quality"].tolist() == ["official", "official"]
    assert table["source"].tolist() == ["卫健局名录", "卫健局名录; name_en: OpenStreetMap"]


def test_new_ones_are_appended() -> None:
    """What is nowhere near anything of the user's comes under the list, in its columns and types."""
    mine = _table([{"name": "晋江市医院", "at": 0, "beds": 800}])
    theirs = _osm({"name": "磁灶中心卫生院", "at": 9000, "kind": "township_hospital"}, {"name": "晋江市医院", "at": 10})
    merged = merge_facilities(mine, theirs)
    assert merged.table["name"].tolist() == ["晋江市医院", "磁灶中心卫生院"]
    assert merged.table.dtypes.to_dict() == mine.dtypes.to_dict()
    assert merged.table.index.tolist() == [0, 1]
    assert merged.table.crs == CRS
    assert _actions(mine, theirs) == [("added", None), ("merged", "f0")]


@pytest.mark.parametrize(
    ("theirs", "reason"),
    [
        ({"name": "晋江市医院", "at": 301}, "the same name, but farther than 300 m"),
        ({"name": "晋江市医院", "at": 20, "kind": "ems_station"}, "the same name, but of another kind"),
        ({"name": "晋江市中医院", "at": 20}, "near, and the names are somewhat alike"),
        ({"name": "医院（无名，OSM n1）", "at": 61}, "it has no name, and lies beside one of the same kind"),
    ],
)
def test_near_misses_are_held_back_and_told(theirs: Mapping[str, Any], reason: str) -> None:
    """What may be the same but need not be stays out until somebody decides, or comes in on demand."""
    mine = _table([{"name": "晋江市医院", "at": 0}])
    merged = merge_facilities(mine, _osm(theirs))
    assert len(merged.table) == 1
    assert merged.report[["action", "my_id", "reason"]].to_numpy().tolist() == [["doubtful", "f0", reason]]
    assert len(merge_facilities(mine, _osm(theirs), doubtful="append").table) == 2


@pytest.mark.parametrize(
    "theirs",
    [
        {"name": "晋江市第二医院", "at": 20},
        {"name": "磁灶中心卫生院", "at": 20, "kind": "township_hospital"},
        {"name": "晋江市医院", "at": 1501},
        {"name": "医院（无名，OSM n1）", "at": 301},
        {"name": "急救站（无名，OSM n1）", "at": 5, "kind": "ems_station"},
    ],
)
def test_what_has_nothing_in_common_is_added(theirs: Mapping[str, Any]) -> None:
    """Another number in the name, another name, another kind without a name, or far away: another facility."""
    mine = _table([{"name": "晋江市第一医院" if "二" in theirs["name"] else "晋江市医院", "at": 0}])
    assert _actions(mine, _osm(theirs)) == [("added", None)]


def test_a_thing_without_a_name_beside_its_kind() -> None:
    """A nameless thing within 60 m of a record of the very same kind is that record."""
    mine = _table([{"name": "新塘急救站", "at": 0, "kind": "ems_station"}, {"name": "晋江市医院", "at": 10}])
    assert _actions(mine, _osm({"name": "急救站（无名，OSM n1）", "at": 60, "kind": "ems_station"})) == [
        ("merged", "f0")
    ]


def test_each_is_matched_once_the_most_alike_first() -> None:
    """Two things never become one record; a second of the same name goes to the next record, or is held back."""
    mine = _table([{"name": "晋江市医院", "at": 0}, {"name": "晋江市医院", "at": 200}])
    theirs = _osm({"name": "晋江市医院", "at": 90}, {"name": "晋江市医院", "at": 10})
    assert _actions(mine, theirs) == [("merged", "f1"), ("merged", "f0")]
    third = _osm({"name": "晋江市医院", "at": 10}, {"name": "晋江市医院", "at": 190}, {"name": "晋江市医院", "at": 100})
    report = merge_facilities(mine, third).report
    assert report["action"].tolist() == ["merged", "merged", "doubtful"]
    assert report["reason"][2] == "another thing was merged with this record"


def test_merging_again_changes_nothing() -> None:
    """What came in with an earlier run is known by its identifier."""
    mine = _table([{"name": "晋江市医院", "at": 0}])
    theirs = _osm({"name": "磁灶中心卫生院", "at": 9000}, {"name": "晋江市医院", "at": 5, "beds": 3})
    once = merge_facilities(mine, theirs).table
    again = merge_facilities(once, theirs)
    pd.testing.assert_frame_equal(again.table, once)
    assert again.report["action"].tolist() == ["known", "merged"]


def test_a_record_without_a_position() -> None:
    """A record of the user's that has no point is never merged by name alone, but told."""
    mine = _table([{"name": "晋江市医院", "at": None}, {"name": "安海医院", "at": 0}])
    report = merge_facilities(mine, _osm({"name": "晋江市医院", "at": 5})).report
    assert report[["action", "my_id", "reason"]].to_numpy().tolist() == [
        ["doubtful", "f0", "the record has no position of its own"]
    ]
    assert np.isnan(report["distance_m"][0])


def test_new_records_get_their_area() -> None:
    """With areas given, an added record says in which of them it lies; outside all of them it says nothing."""
    areas = gpd.GeoDataFrame({"area_id": ["west", "east"]}, geometry=[box(X - 50, Y - 50, X + 50, Y + 50),
                             box(X + 900, Y - 50, X + 1100, Y + 50)], crs=CRS)  # fmt: skip
    theirs = _osm({"name": "甲医院", "at": 1000}, {"name": "乙卫生院", "at": 0}, {"name": "丙中医院", "at": 500})
    table = merge_facilities(_table([]), theirs, areas=areas).table
    assert table["area_id"].tolist()[:2] == ["east", "west"]
    assert table["area_id"].isna().tolist() == [False, False, True]


def test_arguments_stay_as_they_are() -> None:
    """Neither table is changed, and the user's index does not matter."""
    mine = _table([{"name": "晋江市医院", "at": 0}, {"name": "安海医院", "at": 500}]).set_index(pd.Index([7, 3]))
    theirs = _osm({"name": "晋江市医院", "at": 10, "beds": 5}, {"name": "安海医院", "at": 510}).to_crs("EPSG:4326")
    before = mine.copy(), theirs.copy()
    merged = merge_facilities(mine, theirs)
    assert merged.report[["my_id", "my_name"]].to_numpy().tolist() == [["f0", "晋江市医院"], ["f1", "安海医院"]]
    assert merged.report["distance_m"].tolist() == [10.0, 10.0]
    pd.testing.assert_frame_equal(mine, before[0])
    pd.testing.assert_frame_equal(theirs, before[1])


def test_aeds_are_merged_too(tmp_path: Path) -> None:
    """AED places go the same way: nameless ones by place, others by place and name."""
    path = write_xml(
        Drawing(nodes={11: {"emergency": "defibrillator"}, 55: {"emergency": "defibrillator"}}), tmp_path / "a.osm"
    )
    theirs = read_osm_facilities(path, CRS).aeds
    mine = empty_table(AEDS, CRS)
    mine = gpd.GeoDataFrame(pd.concat([mine, theirs.iloc[:1].assign(aed_id="a1", name="市民广场")]), crs=CRS)
    merged = merge_facilities(mine.reset_index(drop=True), theirs)
    assert merged.table["aed_id"].tolist() == ["a1", "osm-n55"]
    assert merged.report["action"].tolist() == ["merged", "added"]


def test_from_an_extract_to_one_list(tmp_path: Path) -> None:
    """A drawn extract merges into a list from end to end; an empty one adds nothing."""
    drawing = Drawing(nodes={
        11: {"amenity": "hospital", "name": "晋江市医院（福建医科大学附属医院）", "beds": "1500"},
        55: {"emergency": "ambulance_station", "name": "新塘120急救站"},
    })  # fmt: skip
    theirs = read_osm_facilities(write_xml(drawing, tmp_path / "drawn.osm"), CRS).facilities
    mine = _table([{"name": "晋江市医院", "at": 0}])
    mine = gpd.GeoDataFrame(mine.set_geometry(theirs.geometry.iloc[:1].values), crs=CRS)
    merged = merge_facilities(mine, theirs)
    assert merged.table[["facility_id", "kind"]].to_numpy().tolist() == [["f0", "hospital"], ["osm-n55", "ems_station"]]
    assert merged.table["beds"].tolist()[0] == 1500
    nothing = merge_facilities(mine, theirs.iloc[:0])
    pd.testing.assert_frame_equal(nothing.table, mine)
    assert list(nothing.report.columns) == list(REPORT)


def test_tables_that_do_not_go_together() -> None:
    """Facilities do not merge with AEDs, nor into a table in degrees."""
    mine = _table([{"name": "晋江市医院", "at": 0}])
    with pytest.raises(InputError, match="not of the same kind"):
        merge_facilities(mine, gpd.GeoDataFrame(empty_table(AEDS, CRS)))
    with pytest.raises(InputError, match="not in metres"):
        merge_facilities(mine.to_crs("EPSG:4326"), mine)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ("晋江市第一医院", "晋江市第一医院", 1, 1),
        ("晋江市医院", "晋江市醫院", 0.5, 0.84),
        ("陈埭镇卫生院", "晋江市陈埭中心卫生院", 0.95, 0.95),
        ("英墩村卫生所", "英墩卫生室", 0.95, 0.95),
        ("新塘120急救站", "新塘急救点", 0.95, 0.95),
        ("英墩华侨医院（市医院晋中分院）", "英墩华侨医院", 1, 1),
        ("市医院晋中分院", "英墩华侨医院（市医院晋中分院）", 0.95, 0.95),
        ("晋江市医院", "晋江市中医院", 0.5, 0.79),
        ("第一医院", "第二医院", 0, 0),
        ("", "晋江市医院", 0, 0),
        ("Hospital Nostra Senyora", "HOSPITAL  Nostra Senyora", 1, 1),
        ("安海医院", "磁灶卫生院", 0, 0.5),
    ],
)
def test_how_alike_names_are(one: str, other: str, low: float, high: float) -> None:
    """Spelling, prefixes and kinds of institution weigh as a person would weigh them."""
    assert low <= name_likeness(one, other) <= high


NAMES = st.text("晋江市第一二中医院（）卫生所村0１ab ", max_size=12)


@given(NAMES, NAMES)
def test_likeness_is_fair(one: str, other: str) -> None:
    """It lies between 0 and 1, and does not depend on who is asked first."""
    assert 0 <= name_likeness(one, other) == name_likeness(other, one) <= 1


ROWS = st.lists(
    st.tuples(st.sampled_from(["甲医院", "乙医院", "甲中医院", "医院（无名，OSM n1）"]), st.integers(0, 900)),
    max_size=6,
)


@settings(max_examples=25)
@given(ROWS, ROWS)
def test_nothing_is_lost_or_made_up(mine: list[tuple[str, int]], theirs: list[tuple[str, int]]) -> None:
    """Whatever the lists, the user's records stay, each thing has one line in the report, and the counts add up."""
    ours = _table([{"name": name, "at": at} for name, at in mine])
    merged = merge_facilities(ours, _osm(*({"name": name, "at": at} for name, at in theirs)))
    assert merged.table["facility_id"].tolist()[: len(mine)] == ours["facility_id"].tolist()
    assert merged.report["osm_id"].tolist() == [f"osm-n{n}" for n in range(len(theirs))]
    added = merged.report["osm_id"][merged.report["action"] == "added"].tolist()
    assert merged.table["facility_id"].tolist()[len(mine) :] == added
    used = merged.report["my_id"][merged.report["action"] == "merged"]
    assert used.is_unique
