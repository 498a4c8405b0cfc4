"""Counts, ratios, shares and figures of the statistics, with the verdict of each worked out by hand."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from coverplan.core.errors import InputError
from coverplan.core.model import Population
from coverplan.outputs.phrases import amount
from coverplan.standards.checks.counts import verdict_of
from standards.county import county
from standards.mini import OURS, found, indicators, projects, with_facilities

OPERATORS = [
    ("以上", 3, "met"), ("以上", 4, "not_met"), ("超过", 3, "not_met"), ("超过", 2, "met"), ("以内", 3, "met"),
    ("不超过", 2, "not_met"), ("低于", 3, "not_met"), ("低于", 4, "met"), ("=", 3, "met"), ("=", 2, "not_met"),
    ("between", [1, 3], "met"), ("between", [1, 2], "not_met"), ("左右", 3.2, "met"), ("左右", 4, "not_met"),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "value", "status"), OPERATORS)
def test_operators_mean_what_official_chinese_means(operator: str, value: float | list[float], status: str) -> None:
    """Three facilities: 以上 and 以内 include the figure, 超过 and 低于 do not, 左右 has a tolerance of a tenth."""
    told = found({"kind": "count", "table": "facilities", "operator": operator, "value": value})
    assert (told.figure, told.status) == (3, status)


def test_ends_of_about_are_kept_and_told_apart() -> None:
    """25 % 左右 with a tolerance of a tenth is 22.5 to 27.5, ends included."""
    kept = [verdict_of(figure, "about", (25.0,), 10.0)[0] for figure in (22.49, 22.5, 25.0, 27.5, 27.51)]
    assert kept == [False, True, True, True, False]


def test_more_than_asks_for_one_more() -> None:
    """超过3 is not kept by three: one is missing; 不超过2 has one too many, and nothing is missing."""
    more = found({"kind": "count", "table": "facilities", "operator": ">", "value": 3})
    assert (more.short, more.shortfall) == (1, 1)
    fewer = found({"kind": "count", "table": "facilities", "operator": "<=", "value": 2})
    assert (fewer.short, fewer.shortfall) == (0, 1)


def test_no_figure_in_the_text_is_measured() -> None:
    """一批 and 加强 set no number: the count is told and nothing is judged, unless a yardstick of ours stands there."""
    told = found({"kind": "count", "table": "vehicles"})
    assert (told.status, told.figure, told.limit) == ("measured", 3, None)
    ours = found({"kind": "count", "table": "vehicles", "value": 4, "limit_from": "ours"}, our_reading=OURS)
    assert (ours.status, ours.our_limit, ours.our_status) == ("measured", 4, "not_met")


@pytest.mark.parametrize(("of", "figure", "status"), [("one", 700, "not_met"), ("total", 1000, "met")])
def test_capacity_is_of_one_facility_or_of_all(of: str, figure: float, status: str) -> None:
    """Two makeshift hospitals of 700 and 300 beds are 1,000 together, and no one of them has 1,000."""
    plain = with_facilities(county(), kind=["makeshift_hospital", "makeshift_hospital", "ems_station"],
                            beds=[700, 300, None])  # fmt: skip
    check = {"kind": "count", "table": "facilities", "where": {"kind": "makeshift_hospital"}, "sum": "beds", "of": of}
    told = found({**check, "value": 1000}, plain)
    assert (told.figure, told.unit, told.status) == (figure, "bed", status)


def test_a_column_nobody_filled_in_is_no_data() -> None:
    """Beds that no facility states are not 0: the column is named, and how to fill it in."""
    told = found({"kind": "count", "table": "facilities", "sum": "beds", "value": 10})
    assert told.statement_en == (
        "No data: needs facilities.beds (fill in the column beds or 床位数 of the facilities table)."
    )


def test_a_name_that_no_record_has_is_no_data() -> None:
    """A named hospital that the register does not know is not absent from the county: nobody recorded it."""
    told = found({"kind": "count", "table": "facilities", "where": {"name": "东区医院"}, "value": 1})
    assert (told.status, "facilities.name: a record with 东区医院" in told.statement_en) == ("no_data", True)


def test_every_town_can_be_asked_for_its_own() -> None:
    """One device in every area: west has 3, east has 4, and the 32 people outside every area have none."""
    check = {"kind": "count", "table": "aeds", "sum": "devices", "value": 4, "level": "area"}
    told = found(check)
    assert dict(zip(told.areas["area_id"], told.areas["status"], strict=True)) == {
        "west": "not_met", "east": "met", "": "not_met",
    }  # fmt: skip
    assert (told.status, told.short) == ("not_met", 1 + 4)


JINJIANG = {"resident_2020": 2_061_600, "resident_2025": 2_110_800}


@pytest.mark.parametrize(
    ("population", "rate", "status", "need"),
    [("resident_2020", 4.24, "met", 8_659), ("resident_2025", 4.14, "not_met", 8_866)],
)
def test_beds_by_2025_are_met_on_one_population_and_not_on_the_other(
    population: str, rate: float, status: str, need: int
) -> None:
    """Table 1's 6,453 beds and 2,290 of projects ending by 2025 are 4.24 per 1,000 on 206.16万, 4.14 on 211.08万."""
    study = replace(
        county(),
        indicators=indicators({"indicator_id": "床位数", "value": 6453, "year": 2020}),
        projects=projects(("1", 2025, 2000, 1.0), ("2", 2023, 290, 1.0), ("3", 2028, 600, 1.0)),
        populations={name: Population(name=name, people=people) for name, people in JINJIANG.items()},
        default_population="resident_2020",
    )
    check = {
        "kind": "ratio", "indicator": "beds", "per_people": 1000, "at_least": 4.2, "denominator": population,
        "plus": [{"table": "projects", "sum": "added_beds", "where": {"end_year": {"max": 2025}}}],
    }  # fmt: skip
    told = found(check, study)
    assert (told.have, told.need, told.unit, told.status) == (8_743, need, "bed", status)
    assert round(told.rate, 2) == rate
    assert told.rate_limit == 4.2
    assert any("6,453 + 2,290" in note for note in told.notes)


@pytest.mark.parametrize(("population", "rooms"), [("resident_2020", 12_370), ("resident_2025", 12_665)])
def test_isolation_rooms_of_the_plan(population: str, rooms: int) -> None:
    """Sixty rooms per 10,000: 12,370 for 206.16万 and 12,665 for 211.08万."""
    study = replace(
        with_facilities(county(), kind="isolation_site", rooms=[10, 20, 30]),
        populations={name: Population(name=name, people=people) for name, people in JINJIANG.items()},
        default_population="resident_2020",
    )
    check = {"kind": "ratio", "table": "facilities", "where": {"kind": "isolation_site"}, "sum": "rooms",
             "per_people": 10000, "at_least": 60, "denominator": population}  # fmt: skip
    told = found(check, study)
    assert (told.have, told.need, told.unit) == (60, rooms, "room")


@pytest.mark.parametrize(("have", "status"), [(125, "not_met"), (126, "met"), (190, "met"), (191, "not_met")])
def test_a_range_has_two_ends(have: float, status: str) -> None:
    """Two to three per 10,000 of 63 people in tenths of thousands: from 126 on, and not beyond 190."""
    study = replace(
        county(),
        indicators=indicators({"indicator_id": "ph_staff", "value": have}),
        populations={"resident": Population(name="resident", people=635_000)},
    )
    check = {"kind": "ratio", "indicator": "ph_staff", "per_people": 10000, "at_least": 2, "at_most": 3,
             "rounding": "nearest"}  # fmt: skip
    wide = {**check, "at_least": 1.984, "at_most": 2.995}
    told = found(wide, study)
    assert (told.need, told.status) == (126, status)


def test_a_ratio_of_every_service_area() -> None:
    """Two hubs: A's side has A and B (3 people), D's has C and D (12); one device per 5 people is missing at D's."""
    plain = county(facilities={"A": {"kind": "ems_subcentre"}, "D": {"kind": "ems_subcentre"}})
    aeds = plain.aeds.set_geometry([plain.facilities.geometry[0], plain.facilities.geometry[1]], crs=plain.crs)
    study = replace(plain, aeds=aeds.assign(devices=[1, 1]))
    check = {"kind": "ratio", "table": "aeds", "sum": "devices", "per_people": 5, "level": "service_area",
             "hubs": {"kind": "ems_subcentre"}}  # fmt: skip
    told = found(check, study)
    assert told.units is not None
    assert list(told.units["people"]) == [3, 12]
    assert list(told.units["need"]) == [1, 3]
    assert (told.status, told.short) == ("not_met", 2)


def test_a_share_of_facilities_names_what_each_lacks() -> None:
    """Of two hospitals one has both departments, the other lacks geriatrics: a half, and a row that says so."""
    plain = with_facilities(county(), kind=["hospital", "hospital", "ems_station"],
                            services=["geriatrics; rehabilitation", "康复医学科", None])  # fmt: skip
    check = {"kind": "share", "table": "facilities", "where": {"kind": "hospital"},
             "part": {"services": {"all": ["geriatrics", "rehabilitation"]}}, "share_pct": 100}  # fmt: skip
    told = found(check, plain)
    assert (told.figure, told.status, told.short) == (0.5, "not_met", 1)
    assert told.units is not None
    assert list(told.units["lacks_zh"]) == ["", "老年医学科"]


@pytest.mark.parametrize(("private", "status"), [(22, "not_met"), (23, "met"), (28, "not_met")])
def test_about_a_quarter_of_the_beds(private: int, status: str) -> None:
    """25%左右 of 100 beds: 23 are, 22 are not (below 22.5), 28 are not (above 27.5)."""
    plain = with_facilities(county(), owner=["private", "public", "public"], beds=[private, 100 - private, 0])
    check = {"kind": "share", "table": "facilities", "sum": "beds", "part": {"owner": "private"}, "share_pct": 25,
             "operator": "左右"}  # fmt: skip
    told = found(check, plain)
    assert (told.figure, told.status, told.unit) == (private / 100, status, "share_beds")


def test_a_part_may_be_another_column_or_another_figure() -> None:
    """30 of 100 primary beds are nursing beds; 60 of 100 visits are in primary care."""
    plain = with_facilities(county(), beds=[100, 400, 0], nursing_beds=[30, 0, 0])
    check = {"kind": "share", "table": "facilities", "where": {"tier": "primary"}, "sum": "beds",
             "part_sum": "nursing_beds", "share_pct": 30}  # fmt: skip
    assert (found(check, plain).figure, found(check, plain).status) == (0.3, "met")
    words = {
        "indicators": {"visits": {"zh": "门诊量", "en": "visits"}, "own": {"zh": "基层门诊量", "en": "own visits"}}
    }
    study = replace(plain, indicators=indicators({"indicator_id": "visits", "value": 100},
                                                 {"indicator_id": "基层门诊量", "value": 60}))  # fmt: skip
    share = found(
        {"kind": "share", "indicator": "visits", "part_indicator": "own", "share_pct": 57}, study, words=words
    )
    assert (share.figure, share.status) == (0.6, "met")


def test_every_facility_on_its_own_share() -> None:
    """Public-health staff of a quarter: 3 of 10 are enough, 1 of 10 is not and lacks two."""
    rows = [
        ("established_staff", "f0", 10),
        ("ph_staff", "f0", 3),
        ("established_staff", "f1", 10),
        ("ph_staff", "f1", 1),
    ]
    study = replace(county(), indicators=indicators(
        *({"indicator_id": name, "facility_id": place, "value": value} for name, place, value in rows)))  # fmt: skip
    check = {"kind": "share", "indicator": "established_staff", "part_indicator": "ph_staff", "share_pct": 25,
             "level": "facility"}  # fmt: skip
    told = found(check, study)
    assert (told.status, told.figure, told.unit) == ("not_met", 0.5, "share_facilities")
    assert told.units is not None
    assert list(told.units["short"]) == [0, 2]


def test_a_figure_of_the_statistics() -> None:
    """The latest figure up to the study's year counts; a later one does not; by town all of them must hold."""
    rows = [{"indicator_id": "rate", "value": v, "year": y} for v, y in ((60, 2018), (70, 2020), (90, 2024))]
    towns = [{"indicator_id": "rate", "value": v, "area_id": a, "year": 2020} for v, a in ((95, "west"), (94, "east"))]
    words = {"indicators": {"rate": {"zh": "管理率", "en": "managed share", "unit": "percent"}}}
    check = {"kind": "register", "indicator": "rate", "value": 70}
    whole = found(check, replace(county(), indicators=indicators(*rows)), words=words)
    assert (whole.figure, whole.unit, whole.status) == (70, "percent", "met")
    short = found({**check, "value": 71.5}, replace(county(), indicators=indicators(*rows)), words=words)
    assert amount(short.shortfall, short.shortfall_unit) == {"zh": "1.5 个百分点", "en": "1.5 percentage points"}
    each = {**check, "value": 95, "level": "area"}
    told = found(each, replace(county(), indicators=indicators(*towns)), words=words)
    assert (told.status, told.figure) == ("not_met", 94)
    assert list(told.areas["status"]) == ["met", "not_met"]
    gone = found(each, replace(county(), indicators=indicators(towns[0])), words=words)
    assert (gone.status, "of every area; 1 have none" in gone.statement_en) == ("no_data", True)
    bare = found(check, words=words)
    assert bare.statement_en.startswith(
        "No data: needs indicators.rate: managed share (add a row with indicator_id rate"
    )


@pytest.mark.parametrize(
    ("until", "column", "figure"),
    [(None, "cost_100m_cny", 67.8387), (2025, "cost_100m_cny", 38.8837), (None, "added_beds", 2890),
     (2025, "added_beds", 2290), (None, None, 25), (2025, None, 19)],
)  # fmt: skip
def test_the_plans_projects_add_up(root: Path, until: int | None, column: str | None, figure: float) -> None:
    """Table 2: 25 projects, 67.8387 hundred million yuan, 2,890 beds; by 2025 19 projects, 38.8837 and 2,290."""
    with (root / "data" / "jinjiang" / "projects.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = [(row["project_id"], int(row["end_year"]), int(row["added_beds"] or 0), float(row["cost_100m_cny"]))
                for row in csv.DictReader(stream)]  # fmt: skip
    check = {"kind": "count", "table": "projects", **({"sum": column} if column else {})}
    check |= {"where": {"end_year": {"max": until}}} if until else {}
    assert found(check, replace(county(), projects=projects(*rows))).figure == figure


def test_costs_add_up_to_the_last_digit() -> None:
    """A tenth and a fifth of a hundred million yuan are three tenths; 40亿以上 is not reached."""
    study = replace(county(), projects=projects(("1", 2023, 0, 0.1), ("2", 2024, 0, 0.2)))
    told = found({"kind": "count", "table": "projects", "sum": "cost_100m_cny", "value": 40}, study)
    assert (told.figure, told.unit, told.status) == (0.3, "100m_cny", "not_met")
    assert "0.3 hundred million yuan" in told.statement_en


def test_a_base_year_stays_the_base_year() -> None:
    """A figure pinned to 2020 is that of 2020 though the study knows 2024; unpinned, the latest counts."""
    table = indicators(*({"indicator_id": "beds", "value": n, "year": year} for year, n in ((2020, 10), (2024, 14))))
    later = replace(county(), indicators=table, year=2025)
    check = {"kind": "count", "indicator": "beds", "value": 12}
    assert found({**check, "year": 2020}, later).figure == 10
    assert found(check, later).figure == 14
    with pytest.raises(InputError, match="'year' goes with an indicator"):
        found({"kind": "count", "table": "aeds", "year": 2020, "value": 1})


def test_only_in_the_study_itself_is_everywhere() -> None:
    """A rule for one district, held against a study of that very district, counts everything in it."""
    check = {"kind": "count", "table": "facilities", "value": 1}
    there, words = {**check, "only_in": ["鲤城区"]}, {"areas": ["鲤城区"]}
    assert found(there, replace(county(), name="鲤城区"), words=words).figure == found(check).figure == 3
    assert found(there, words=words).status == "no_data"
