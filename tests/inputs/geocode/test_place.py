"""Placing tables of records: from the surest source to the last, and what a person must look at."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from coverplan.core.datum import from_wgs84, to_wgs84
from coverplan.core.errors import InputError
from coverplan.inputs.geocode import (
    Geocoded,
    Provider,
    embedded_gazetteer,
    geocode,
    make_provider,
    read_gazetteer,
)
from coverplan.inputs.geocode.place import CANDIDATE_COLUMNS, GEO_COLUMNS, REVIEW_COLUMNS

from .conftest import AMAP_FOUND, FOUND, HOSPITAL, KEY, NOTHING, Service, page, text
from .test_match import GIVEN_TOWN

COUNTY = "晋江市"
JINJIANG = shapely.box(118.38, 24.48, 118.72, 24.93)


def table(*names: str, **columns: Any) -> pd.DataFrame:
    """Make a table of records with identifiers f1, f2, ..."""
    ids = [f"f{number}" for number in range(1, len(names) + 1)]
    return pd.DataFrame({"facility_id": ids, "name": list(names), **columns})


def online(service: Service, name: str = "amap", **settings: Any) -> Provider:
    """Make a provider that talks to the server, without pauses."""
    return make_provider(name, url=service.url, delay_s=0, pause_s=0, timeout_s=5, **settings)


def amap(lon: float, lat: float, **changes: Any) -> dict[str, Any]:
    """Make AMap's answer for a point in WGS-84."""
    east, north = from_wgs84(lon, lat, "gcj02")
    place = {**AMAP_FOUND["geocodes"][0], "location": f"{float(east):.6f},{float(north):.6f}", **changes}
    return {**AMAP_FOUND, "geocodes": [place]}


def test_all_27_facilities_are_recognised_and_every_one_of_them_is_looked_at() -> None:
    """Each has its town; as it stands at the middle of a town at best, each is on the review list."""
    result = geocode(table(*GIVEN_TOWN), county=COUNTY, study_area=JINJIANG)
    towns = [town.removeprefix(COUNTY) for town in result.placed["geo_town"]]
    assert towns == list(GIVEN_TOWN.values())
    assert set(result.review["record_id"]) == set(result.placed["facility_id"])
    without = result.placed["name"][result.placed["lon"].isna()].to_list()
    assert without == ["经济开发区社区卫生服务中心（市医院经济开发区院区）"]
    assert result.problems == ()
    assert set(result.placed["position_quality"]) == {"estimated", "illustrative", ""}


def test_the_result_has_the_records_in_their_order_and_leaves_them_alone() -> None:
    """Own columns and index stay, the declared columns come in their order, the argument is untouched."""
    records = table("陈埭中心卫生院", "没有这个地方", beds=[10, 20]).set_axis([7, 3])
    before = records.copy(deep=True)
    result = geocode(records, county=COUNTY)
    pd.testing.assert_frame_equal(records, before)
    assert result.placed.index.to_list() == [7, 3]
    assert result.placed["beds"].to_list() == [10, 20]
    assert set(GEO_COLUMNS) <= set(result.placed.columns)
    assert tuple(result.review.columns) == REVIEW_COLUMNS
    assert tuple(result.candidates.columns) == CANDIDATE_COLUMNS
    assert result.review["row"].to_list() == [3, 2]
    assert result.counts == {"placed": 0, "check": 1, "open": 1}


def test_no_records_are_no_trouble() -> None:
    """An empty table comes back empty, with all columns."""
    result = geocode(table(), county=COUNTY)
    assert len(result.placed) == len(result.review) == 0
    assert set(GEO_COLUMNS) <= set(result.placed.columns)


@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "bd09"])
def test_coordinates_in_the_record_come_first(datum: str) -> None:
    """They are taken out of their datum, keep the quality that the record claims, and nothing else is asked."""
    lon, lat = from_wgs84(118.55, 24.78, datum)
    records = table("陈埭中心卫生院", lon=[float(lon)], lat=[float(lat)], datum=[datum], position_quality=["measured"])
    row = geocode(records, county=COUNTY, study_area=JINJIANG).placed.iloc[0]
    assert (row["lon"], row["lat"]) == pytest.approx((118.55, 24.78), abs=1e-7)
    assert (row["datum"], row["geo_provider"], row["geo_status"]) == ("wgs84", "record", "placed")
    assert row["position_quality"] == "measured"


def test_a_datum_nobody_knows_is_refused_before_anything_is_asked(service: Service) -> None:
    """Taking it for WGS-84 would move the record by half a kilometre, and nobody would see it."""
    records = table("甲", "乙", lon=[118.5, 118.5], lat=[24.7, 24.7], datum=["高德", "mars"])
    with pytest.raises(InputError, match=r"f\.csv, row 3, column datum: 'mars'"):
        geocode(records, county=COUNTY, provider=online(service), file="f.csv")
    assert service.asked == []


def test_points_of_a_geodataframe_count_as_coordinates() -> None:
    """A table whose position is its geometry needs no placing; it comes back in degrees."""
    points = gpd.GeoDataFrame(table("甲", "乙"), geometry=gpd.points_from_xy([118.5, 118.6], [24.7, 24.8]), crs=4326)
    result = geocode(points.to_crs("EPSG:32650"), county=COUNTY)
    np.testing.assert_allclose(result.placed[["lon", "lat"]], [[118.5, 24.7], [118.6, 24.8]], atol=1e-9)
    assert "geometry" not in result.placed


@pytest.mark.parametrize(
    ("lon", "lat", "hint"),
    [(24.78, 118.55, "swapped"), (119.9, 24.78, "review list"), (118.7215, 24.7, "AMap")],
)
def test_a_point_outside_the_study_area_is_a_problem_and_no_result(lon: float, lat: float, hint: str) -> None:
    """The record keeps no point, the problem names file, row and a likely reason, and it is on the list."""
    records = table("甲医院", "乙医院", lon=[118.55, lon], lat=[24.78, lat])
    result = geocode(records, county=COUNTY, study_area=JINJIANG, file="facilities.csv")
    (problem,) = result.problems
    assert (problem.file, problem.row, problem.column) == ("facilities.csv", 3, "lon")
    assert "outside the study area" in problem.what
    assert hint in (problem.hint or "")
    assert np.isnan(result.placed["lon"].iloc[1])
    assert result.review["reason"].to_list() == ["outside"]


def test_the_study_area_may_come_in_metres() -> None:
    """A GeoDataFrame in a projected CRS is as good as one in degrees."""
    areas = gpd.GeoDataFrame(geometry=[JINJIANG], crs=4326).to_crs("EPSG:32650")
    records = table("甲", "乙", lon=[118.5, 119.5], lat=[24.7, 24.7])
    assert geocode(records, study_area=areas).placed["geo_status"].to_list() == ["placed", "open"]


def own_gazetteer(folder: Path) -> Any:
    """Write and read a gazetteer of the study with one hospital in it."""
    path = folder / "own.csv"
    path.write_text("name,aliases,lon,lat,county\n晋江市医院,市医院,118.585,24.775,晋江市\n", encoding="utf-8")
    return read_gazetteer(path)


def test_the_own_gazetteer_comes_before_the_embedded_one(tmp_path: Path) -> None:
    """市医院 is placed where the study says, to the door; the other records go on to the embedded list."""
    result = geocode(
        table("市医院", "陈埭中心卫生院"), gazetteer=[own_gazetteer(tmp_path), embedded_gazetteer()], county=COUNTY
    )
    assert result.placed["geo_provider"].to_list() == ["own.csv", "embedded gazetteer"]
    assert result.placed["geo_precision"].to_list() == ["rooftop", "town"]
    assert result.placed["geo_status"].to_list() == ["placed", "check"]


def test_a_provider_places_what_the_gazetteers_cannot(service: Service, tmp_path: Path) -> None:
    """The answer is taken into WGS-84 and carries provider, precision, score and date."""
    service.replies[:] = [page(FOUND["amap"])]
    result = geocode(table("市医院"), county=COUNTY, provider=online(service), study_area=JINJIANG, today="2026-01-02")
    row = result.placed.iloc[0]
    lon, lat = to_wgs84(*HOSPITAL, "gcj02")
    assert (row["lon"], row["lat"]) == pytest.approx((float(lon), float(lat)), abs=2e-6)
    assert row[["geo_status", "geo_provider", "geo_precision", "geo_date"]].to_list() == [
        "placed", "amap", "rooftop", "2026-01-02"
    ]  # fmt: skip
    assert service.asked[0]["address"] == "福建省泉州市晋江市市医院"


def test_nothing_is_asked_twice(service: Service, tmp_path: Path) -> None:
    """Neither in one run, nor in the next, nor for names that the provider does not know."""
    service.replies[:] = [page(FOUND["amap"]), page(NOTHING["amap"])]
    records = table("市医院", "某某诊所", "市医院")
    runs = [geocode(records, county=COUNTY, provider=online(service), cache=tmp_path / "cache.csv") for _ in range(3)]
    result = runs[-1]
    assert len(service.asked) == 2
    assert result.placed["geo_status"].to_list() == ["placed", "open", "placed"]
    offline = geocode(records, county=COUNTY, cache=tmp_path / "cache.csv")
    assert offline.placed["lon"].to_list() == pytest.approx(result.placed["lon"].to_list(), nan_ok=True)


def test_what_the_user_edits_in_the_cache_counts(service: Service, tmp_path: Path) -> None:
    """A point moved in the file moves the record; the provider is not asked again."""
    service.replies[:] = [page(FOUND["amap"])]
    cache = tmp_path / "cache.csv"
    first = geocode(table("市医院"), county=COUNTY, provider=online(service), cache=cache)
    written = cache.read_text(encoding="utf-8-sig")
    cache.write_text(written.replace(f"{first.placed['lon'].iloc[0]:.6f}", "118.600000"), encoding="utf-8")
    again = geocode(table("市医院"), county=COUNTY, provider=online(service), cache=cache)
    assert again.placed["lon"].to_list() == [118.6]
    assert len(service.asked) == 1


def test_places_known_well_enough_are_not_asked_for(service: Service, tmp_path: Path) -> None:
    """A record with coordinates, or in the own gazetteer, costs no question."""
    service.replies[:] = [page(FOUND["amap"])]
    records = table("甲医院", "市医院", lon=[118.55, np.nan], lat=[24.78, np.nan])
    geocode(records, gazetteer=[own_gazetteer(tmp_path)], county=COUNTY, provider=online(service))
    assert service.asked == []


Case = tuple[str, Callable[[], dict[str, Any]], str]
DOUBTS: list[Case] = [
    ("in another county", lambda: amap(118.58, 24.80, adcode="350581", district="石狮市"), "other_county"),
    ("outside the study area", lambda: amap(119.58, 24.80), "outside"),
    ("only the county", lambda: amap(118.574, 24.82, level="区县"), "provider_unsure"),
    ("another name", lambda: amap(118.58, 24.80, formatted_address="福建省泉州市晋江市万达广场"), "provider_unsure"),
]


@pytest.mark.parametrize(("what", "reply", "reason"), DOUBTS)
def test_a_doubtful_answer_is_offered_not_taken(
    service: Service, what: str, reply: Callable[[], dict[str, Any]], reason: str
) -> None:
    """Another county, another place, another name, or no place at all: a person decides."""
    service.replies[:] = [page(reply())]
    result = geocode(table("市医院"), county=COUNTY, provider=online(service), study_area=JINJIANG)
    assert np.isnan(result.placed["lon"].iloc[0]), what
    assert result.review["reason"].to_list() == [reason]
    assert (len(result.problems) == 1) == (reason in {"other_county", "outside"})


def test_an_answer_far_from_its_town_is_doubted_and_the_town_stays(service: Service) -> None:
    """金井镇 is in the south: an answer in the north leaves the record at its town, on the review list."""
    service.replies[:] = [page(amap(118.52, 24.87, formatted_address="福建省泉州市晋江市金井中心卫生院"))]
    result = geocode(table("金井中心卫生院"), county=COUNTY, provider=online(service), study_area=JINJIANG)
    row = result.placed.iloc[0]
    assert (row["geo_provider"], row["geo_status"], row["geo_town"]) == ("embedded gazetteer", "check", "金井镇")


def test_two_equal_answers_far_apart_are_a_question(service: Service) -> None:
    """The provider knows two of that name a kilometre apart: neither is taken."""
    both = amap(118.55, 24.75)
    both["geocodes"] += amap(118.60, 24.80)["geocodes"]
    service.replies[:] = [page(both)]
    result = geocode(table("市医院"), county=COUNTY, provider=online(service), study_area=JINJIANG)
    assert result.review["reason"].to_list() == ["ambiguous"]


def test_osm_tells_the_county_by_name(service: Service) -> None:
    """A hospital that Nominatim puts into 石狮市 is not one of 晋江市."""
    place = {**FOUND["nominatim"][0], "address": {"amenity": "晋江市医院", "city": "石狮市"}}
    service.replies[:] = [page([place])]
    result = geocode(table("市医院"), county=COUNTY, provider=online(service, "nominatim"))
    assert result.review["reason"].to_list() == ["other_county"]
    service.replies[:] = [page(FOUND["nominatim"])]
    result = geocode(table("市医院"), county=COUNTY, provider=online(service, "nominatim"))
    assert result.placed["geo_status"].to_list() == ["placed"]


def test_the_county_of_the_record_counts_more_than_the_default(service: Service) -> None:
    """A record that says 安溪县 is looked for there, and asked for there."""
    service.replies[:] = [page(NOTHING["amap"])]
    geocode(table("县医院", county=["安溪县"]), county=COUNTY, provider=online(service))
    assert service.asked[0]["address"] == "福建省泉州市安溪县县医院"


def test_a_refused_key_ends_the_asking_with_one_problem(service: Service) -> None:
    """Not one problem per record: one question, one problem, the rest placed from the gazetteer."""
    service.replies[:] = [page({"status": "0", "info": "INVALID_USER_KEY", "infocode": "10001"})]
    result = geocode(table("甲诊所", "乙诊所", "陈埭中心卫生院"), county=COUNTY, provider=online(service))
    assert len(service.asked) == 1
    (problem,) = result.problems
    assert "INVALID_USER_KEY" in problem.what
    assert result.placed["geo_status"].to_list() == ["open", "open", "check"]


def test_a_quota_keeps_what_was_answered(service: Service, tmp_path: Path) -> None:
    """The next day's run asks only for the rest."""
    service.replies[:] = [
        page(FOUND["amap"]),
        page({"status": "0", "info": "DAILY_QUERY_OVER_LIMIT", "infocode": "10003"}),
    ]
    records = table("市医院", "甲诊所", "乙诊所")
    first = geocode(records, county=COUNTY, provider=online(service), cache=tmp_path / "cache.csv")
    assert first.placed["geo_status"].to_list() == ["placed", "open", "open"]
    assert "tomorrow" in (first.problems[0].hint or "")
    service.replies[:] = [page(NOTHING["amap"])]
    service.asked.clear()
    geocode(records, county=COUNTY, provider=online(service), cache=tmp_path / "cache.csv")
    assert [asked["address"][-3:] for asked in service.asked] == ["甲诊所", "乙诊所"]


def test_a_silent_provider_is_left_alone_after_three_records(service: Service) -> None:
    """Offline, a table of a thousand records must not wait a thousand times."""
    service.replies[:] = [text("", code=500)]
    names = [f"第{number}诊所" for number in range(20)]
    result = geocode(table(*names), county=COUNTY, provider=online(service, tries=1))
    assert len(service.asked) == 3
    assert "connection" in (result.problems[-1].hint or "")


def test_a_broken_answer_costs_its_record_only(service: Service) -> None:
    """The problem names the record; the next one is asked for as usual."""
    service.replies[:] = [text('{"status": "1", "geoc'), page(FOUND["amap"])]
    result = geocode(table("甲诊所", "市医院"), county=COUNTY, provider=online(service), file="f.csv")
    assert result.placed["geo_status"].to_list() == ["open", "placed"]
    assert [(problem.file, problem.row) for problem in result.problems] == [("f.csv", 2)]


def test_work_that_is_stopped_keeps_what_it_has(service: Service, tmp_path: Path) -> None:
    """Cancelling leaves the answers in the cache and the rest marked as not asked."""

    class Impatient:
        done = 0

        def message(self, text: str) -> None: ...

        def advance(self, done: int, total: int) -> None:
            self.done = done

        def cancelled(self) -> bool:
            return self.done >= 1

    service.replies[:] = [page(FOUND["amap"])]
    cache = tmp_path / "cache.csv"
    result = geocode(
        table("市医院", "甲诊所"), county=COUNTY, provider=online(service), cache=cache, progress=Impatient()
    )
    assert result.placed["geo_reason"].to_list() == ["", "not_asked"]
    assert "市医院" in cache.read_text(encoding="utf-8-sig")


def test_a_crash_in_the_middle_keeps_the_answers(service: Service, tmp_path: Path) -> None:
    """Ctrl-C after the first answer: it is in the cache."""

    class Interrupted:
        def message(self, text: str) -> None: ...

        def advance(self, done: int, total: int) -> None:
            raise KeyboardInterrupt

        def cancelled(self) -> bool:
            return False

    service.replies[:] = [page(FOUND["amap"])]
    cache = tmp_path / "cache.csv"
    with pytest.raises(KeyboardInterrupt):
        geocode(table("市医院", "甲"), county=COUNTY, provider=online(service), cache=cache, progress=Interrupted())
    assert "市医院" in cache.read_text(encoding="utf-8-sig")


def everything_in(result: Geocoded) -> str:
    """Everything a result holds, as text."""
    tables = (result.placed, result.review, result.candidates)
    return " ".join([frame.to_csv() for frame in tables] + [f"{problem} {problem!r}" for problem in result.problems])


@pytest.mark.parametrize("name", ["amap", "baidu", "tianditu"])
def test_the_key_is_written_nowhere(
    service: Service, name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Good answers that echo the key, and refusals that do: it is in no file, table, problem or log line."""
    echo = {
        "amap": amap(118.58, 24.80, formatted_address=f"晋江市医院 {KEY}"),
        "baidu": {"status": 0, "msg": KEY, "result": {**FOUND["baidu"]["result"], "level": f"门址 {KEY}"}},
        "tianditu": {**FOUND["tianditu"], "location": {**FOUND["tianditu"]["location"], "keyWord": KEY}},
    }[name]
    refusal = text(f"no such key: {KEY}", code=403, kind="text/plain")
    service.replies[:] = [page(echo), page(echo), refusal]
    with caplog.at_level(logging.DEBUG):
        caplog.set_level(logging.DEBUG, logger="geopy")
        result = geocode(
            table("市医院", "甲诊所", "乙诊所"),
            county=COUNTY,
            provider=online(service, name),
            cache=tmp_path / "cache.csv",
        )
    assert len(service.asked) == 3
    written = "".join(path.read_text(encoding="utf-8-sig") for path in tmp_path.iterdir())
    logged = " ".join(record.getMessage() for record in caplog.records)
    for said in (written, everything_in(result), logged):
        assert "7f3a9c" not in said


@pytest.mark.parametrize("with_town", [True, False])
def test_every_village_of_two_prefectures_finds_its_town_or_says_that_it_is_not_sure(with_town: bool) -> None:
    """A clinic named after each of the 4,537 villages and communities: none lands in a wrong town."""
    gazetteer = embedded_gazetteer()
    villages = gazetteer.places[gazetteer.places["kind"].isin(["village", "community"])]
    towns = [gazetteer.named(code) if with_town else "" for code in villages["town"]]
    names = [f"{town}{name.replace('村委会', '村')}卫生所" for town, name in zip(towns, villages["name"], strict=True)]
    placed = geocode(table(*names, county=villages["county"].to_list())).placed
    found = placed["geo_code"].str[:9].to_numpy()
    right = found == villages["town"].to_numpy()
    assert placed["name"][(found != "") & ~right].to_list() == []
    assert right.mean() > (0.99 if with_town else 0.95)
