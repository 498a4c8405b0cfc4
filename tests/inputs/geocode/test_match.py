"""Finding places by name: what is certain, what is offered, and what must never be taken."""

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.inputs.geocode.gazetteer import Gazetteer, embedded_gazetteer
from coverplan.inputs.geocode.match import ACCEPT, Wanted, find_place

GIVEN_TOWN = {
    "英墩华侨医院（市医院晋中分院）": "永和镇",
    "安海医院（第二医院）": "安海镇",
    "陈埭中心卫生院": "陈埭镇",
    "磁灶中心卫生院（中西医结合医院）": "磁灶镇",
    "东石中心卫生院（第二医院东石分院）": "东石镇",
    "医共体消毒洗涤中心（东石）": "东石镇",
    "金井中心卫生院（市医院金井院区）": "金井镇",
    "英林镇中心卫生院（市医院英林院区）": "英林镇",
    "永和镇卫生院（市医院永和院区）": "永和镇",
    "深沪镇卫生院（市医院深沪院区）": "深沪镇",
    "青阳街道社区卫生服务中心（市医院青阳院区）": "青阳街道",
    "陈村门诊部（青阳）": "青阳街道",
    "原晋江市妇幼保健院（霞行）旧院区": "青阳街道",
    "梅岭街道社区卫生服务中心（市医院梅岭院区）": "梅岭街道",
    "罗山街道社区卫生服务中心（市医院罗山院区）": "罗山街道",
    "新塘街道社区卫生服务中心（市医院新塘院区）": "新塘街道",
    "新塘120急救站": "新塘街道",
    "经济开发区社区卫生服务中心（市医院经济开发区院区）": "经济开发区",
    "池店镇卫生院（中医院池店院区）": "池店镇",
    "紫帽镇卫生院（中医院紫帽院区）": "紫帽镇",
    "西滨镇卫生院（中医院西滨院区）": "西滨镇",
    "西园街道社区卫生服务中心（中医院西园院区）": "西园街道",
    "内坑镇卫生院（第二医院内坑院区）": "内坑镇",
    "晋江市血液透析中心": "内坑镇",
    "安海镇卫生院（第二医院安海院区）": "安海镇",
    "灵源街道社区卫生服务中心（第二医院灵源院区）": "灵源街道",
    "安海医院（第二医院）文博科技大楼": "安海镇",
}
"""The 27 facilities of the Jinjiang plan whose town its text gives, and that town."""


def town_of(name: str, gazetteer: Gazetteer, **known: str) -> tuple[str, bool]:
    """Return the town of the best candidate and whether it is certain."""
    match = find_place(Wanted(name=name, **known), gazetteer)
    return (embedded_gazetteer().named(match.best.town) if match.best and match.best.town else "", match.certain)


@pytest.fixture(scope="module")
def places_only() -> Gazetteer:
    """The embedded gazetteer without its institutions, so that names must tell their towns themselves."""
    places = embedded_gazetteer().places
    return Gazetteer(name="places", places=places[places["kind"] != "institution"].reset_index(drop=True))


@pytest.mark.parametrize(("name", "town"), GIVEN_TOWN.items())
def test_the_plans_facilities_land_in_their_towns(name: str, town: str) -> None:
    """All 27 land in the town that the plan gives, from their name alone."""
    found, _ = town_of(name, embedded_gazetteer(), county="晋江市")
    assert found.removeprefix("晋江市") == town


@pytest.mark.parametrize(("name", "town"), GIVEN_TOWN.items())
def test_names_tell_their_town_without_a_list_of_institutions(name: str, town: str, places_only: Gazetteer) -> None:
    """26 of the 27 tell it themselves; the dialysis centre does not, and is then put nowhere."""
    found, certain = town_of(name, places_only, county="晋江市")
    if name == "晋江市血液透析中心":
        assert (found, certain) == ("", False)
    else:
        assert found.removeprefix("晋江市") == town


@pytest.mark.parametrize(("name", "town"), GIVEN_TOWN.items())
def test_none_lands_in_a_wrong_town_even_without_its_county(name: str, town: str) -> None:
    """Nobody said which county: what is certain is right, and what is not is said to be uncertain."""
    found, certain = town_of(name, embedded_gazetteer())
    assert not certain or found.removeprefix("晋江市") == town


@pytest.mark.shared
def test_the_plans_other_facilities_are_not_put_anywhere(shared: Path) -> None:
    """Where the plan gives no town, the name alone must not make one up; and our list of 27 is the plan's."""
    with (shared / "norms" / "facilities.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["id"].startswith("JJ")]
    assert {row["name_zh"]: row["town_zh"] for row in rows if row["town_zh"]} == GIVEN_TOWN
    for row in rows:
        if not row["town_zh"]:
            match = find_place(Wanted(name=row["name_zh"], county="晋江市"), embedded_gazetteer())
            assert not match.certain, row["name_zh"]


@pytest.mark.parametrize(
    ("name", "county", "full"),
    [
        ("市医院", "晋江市", "晋江市医院"),
        ("晋江医院", "晋江市", "晋江市医院"),
        ("中医院", "晋江市", "晋江市中医院"),
        ("中医院", "安溪县", "安溪县中医院"),
        ("中医院", "南安市", "南安市中医院"),
        ("县医院", "德化县", "德化县医院"),
        ("区妇幼保健院", "鲤城区", "鲤城区妇幼保健院"),
        ("市疾控中心", "晋江市", "晋江市疾病预防控制中心"),
        ("福建省泉州市晋江市中医院", "", "晋江市中医院"),
    ],
)
def test_short_names_mean_the_institution_of_their_county(name: str, county: str, full: str) -> None:
    """市医院 is the one of the county that was given or that the name begins with."""
    match = find_place(Wanted(name=name, county=county), embedded_gazetteer())
    assert match.best is not None
    assert match.best.name.startswith(full)
    assert match.best.score >= ACCEPT


@pytest.mark.parametrize("name", ["中医院", "妇幼保健院", "第三医院", "急救中心", "市医院", "东山村卫生所"])
def test_a_generic_name_without_a_county_is_never_certain(name: str) -> None:
    """Such a name is unique only inside one county."""
    match = find_place(Wanted(name=name), embedded_gazetteer())
    assert not match.certain
    assert match.candidates
    assert match.reason in {"no_county", "ambiguous"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("陈棣镇卫生院", "near_miss"),
        ("晋江市第四医院", "near_miss"),
        ("湖头村卫生所", "ambiguous"),
        ("东山村卫生所", "ambiguous"),
        ("内坑卫生所", "ambiguous"),
        ("阳光医院", "near_miss"),
        ("南安市中医院", "other_county"),
        ("大田村卫生所", "no_match"),
        ("医院", "near_miss"),
        ("", "no_match"),
        ("（）", "no_match"),
        ("仙格小区中医馆", "no_point"),
    ],
)
def test_what_is_not_exact_is_offered_not_taken(name: str, reason: str) -> None:
    """Typing errors, namesakes, other counties' institutions and bare words are for a person to decide."""
    match = find_place(Wanted(name=name, county="晋江市"), embedded_gazetteer())
    assert (match.certain, match.reason) == (False, reason)


def test_numbers_are_never_confused() -> None:
    """第一 and 第二 are alike for a machine, and are not even offered for each other."""
    match = find_place(Wanted(name="晋江市第一医院", county="晋江市"), embedded_gazetteer())
    assert not match.certain
    assert not any("第二" in c.name or "第三" in c.name for c in match.candidates)


@pytest.mark.parametrize(
    ("name", "known", "place"),
    [
        ("湖头村卫生所", {"town": "东石镇"}, "湖头村委会"),
        ("东石镇湖头村卫生所", {}, "湖头村委会"),
        ("第一社区卫生服务站", {"town": "350582104"}, "第一社区居委会"),
        ("某某诊所", {"address": "福建省泉州市晋江市陈埭镇岸兜村12号"}, "岸兜回族村委会"),
        ("英墩村民委员会", {}, "英墩村委会"),
        ("英墩卫生所", {}, "英墩村委会"),
        ("新建急救站", {"town": "金井镇"}, "金井镇"),
    ],
)
def test_town_and_address_choose_among_namesakes(name: str, known: dict[str, str], place: str) -> None:
    """What the record knows besides its name makes the place certain."""
    match = find_place(Wanted(name=name, county="晋江市", **known), embedded_gazetteer())
    assert match.certain
    assert match.best is not None
    assert match.best.name == place


def test_a_name_that_contradicts_its_town_is_not_believed() -> None:
    """永和镇卫生院 in a row that says 安海镇 is a question for its author."""
    match = find_place(Wanted(name="永和镇卫生院", county="晋江市", town="安海镇"), embedded_gazetteer())
    assert (match.certain, match.reason) == (False, "other_town")


def test_a_former_name_still_leads_to_the_town() -> None:
    """蓝田乡 became 蓝田镇."""
    match = find_place(Wanted(name="蓝田乡卫生院", county="安溪县"), embedded_gazetteer())
    assert match.certain
    assert match.best is not None
    assert match.best.name == "蓝田镇"


def test_a_county_nobody_knows_has_no_places() -> None:
    """In a county that the gazetteer does not cover, Jinjiang's towns are no answer."""
    match = find_place(Wanted(name="青阳街道社区卫生服务中心", county="闽侯县"), embedded_gazetteer())
    assert (match.certain, match.candidates) == (False, ())


def test_an_own_gazetteer_works_in_any_county() -> None:
    """Counties of an own list are names, and its institutions are found with and without them."""
    rows = [("闽侯县医院", "闽侯县"), ("长乐区医院", "长乐区")]
    empty = {"code": "", "kind": "institution", "aliases": "", "town": "", "quality": "", "source": ""}
    table = pd.DataFrame([{**empty, "name": n, "county": c, "lon": 119.1, "lat": 26.1} for n, c in rows])
    own = Gazetteer(name="own", places=table)
    for name in ("闽侯县医院", "闽侯县医院（新院区）"):
        match = find_place(Wanted(name=name, county="闽侯县"), own)
        assert match.certain
        assert match.best is not None
        assert (match.best.name, match.best.precision) == ("闽侯县医院", "rooftop")
    assert not find_place(Wanted(name="长乐区医院", county="闽侯县"), own).certain


CHARS = st.sampled_from("晋江市安海镇青阳街道卫生院中医第一二三村社区（）120东石医 ")


@settings(max_examples=150, deadline=None)
@given(st.text(CHARS, max_size=14), st.sampled_from(["", "晋江市", "350502", "闽侯县"]))
def test_any_name_gets_an_answer_and_a_sure_one_is_spelt_out(name: str, county: str) -> None:
    """Whatever the name: no crash, scores within 0 and 1, and a certain place lies in the county that was asked for."""
    match = find_place(Wanted(name=name, county=county), embedded_gazetteer())
    assert all(0 <= c.score <= 1 for c in match.candidates)
    assert match.certain == (match.reason == "")
    if match.certain and county:
        assert match.best is not None
        assert match.best.county.startswith(embedded_gazetteer().county_code(county))
