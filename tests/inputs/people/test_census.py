"""A census spread over the ground: every row's total kept, every village found, every doubt told."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverplan.core.errors import InputError
from coverplan.core.tables import PEOPLE, PEOPLE_GROUPS
from coverplan.inputs.people.census import people_from_census
from coverplan.inputs.people.streets import over_roads
from coverplan.inputs.people.weights import Weights, over_layer, over_settlements
from inputs.people.conftest import CRS, LEFT, TOP, Towns
from inputs.people.test_weights import layer, villages
from scenes import ORIGIN, draw

HEAD = "area_id,place_id,name,people,source,quality"


def census(folder: Path, *rows: str, head: str = HEAD) -> Path:
    """Write a census; each row lacks source and quality."""
    path = folder / "census.csv"
    path.write_text("\n".join([head, *(f"{row},census 2020,official" for row in rows)]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def areas(towns: Towns) -> gpd.GeoDataFrame:
    """Two towns, a in the west and b in the east, 1 km wide each."""
    return towns(a=(0, 0, 1000, 1000), b=(1000, 0, 2000, 1000))


@pytest.fixture
def places(tmp_path: Path, areas: gpd.GeoDataFrame) -> Weights:
    """Two villages in a (one three times the other) and two in b, of which one bears the name of one in a."""
    head = "place_id,name,weight,lon,lat,source,quality"
    rows = "v1,东村,3,{100,100}\nv2,西村,1,{900,900}\nv3,东村,1,{1100,100}\nv4,南村,,{1900,900}"
    return over_settlements(villages(tmp_path, rows, head), areas)


def problems(path: Path, areas: gpd.GeoDataFrame, over: Weights, **options: Weights) -> list[str]:
    """Return what is wrong with a census."""
    with pytest.raises(InputError) as error:
        people_from_census(path, areas, over, **options)
    return [str(problem) for problem in error.value.problems]


def test_a_town_is_spread_over_its_settlements(tmp_path: Path, areas: gpd.GeoDataFrame, places: Weights) -> None:
    """100 people in settlements of weight 3 and 1 are 75 and 25; 101 in two alike are 51 and 50, the first one more."""
    demand = people_from_census(census(tmp_path, "a,,,100", ",,b镇,101"), areas, places)
    people = demand.people
    assert people[["point_id", "people", "place", "area_id"]].to_numpy().tolist() == [
        ["v1", 75, "东村", "a"],
        ["v2", 25, "西村", "a"],
        ["v3", 51, "东村", "b"],
        ["v4", 50, "南村", "b"],
    ]
    assert (people["quality"] == "estimated").all()
    assert people["source"].iloc[0] == "census 2020; spread over settlements of villages.csv, the weight of each"
    assert demand.areas["given"].to_list() == [100, 101]
    assert list(people.columns) == [*PEOPLE.names, "geometry"]


def test_villages_are_found_by_code_or_name(tmp_path: Path, areas: gpd.GeoDataFrame, places: Weights) -> None:
    """A code, a name that stands once, and a name with its town each find the one village; its quality stays."""
    demand = people_from_census(census(tmp_path, ",v1,,10", "b镇,,东村,20", ",,南村,40"), areas, places)
    assert demand.people[["point_id", "people"]].to_numpy().tolist() == [["v1", 10], ["v3", 20], ["v4", 40]]
    assert (demand.people["quality"] == "official").all()
    assert "the census has no row for 西村: nobody is placed there" in str(demand.notes[0])


def test_what_cannot_be_found_is_told_at_once(tmp_path: Path, areas: gpd.GeoDataFrame, places: Weights) -> None:
    """Unknown towns and villages, a doubtful name, a village in the wrong town, an empty row, a negative number."""
    path = census(
        tmp_path, "aa,,,1", ",,c镇,2", ",,东村,3", ",v9,,4", "b,v1,,5", ",,,6", "b,,西村,7", ",,北村,8", "a,,,-9"
    )
    said = problems(path, areas, places)
    for text in (
        "census.csv, row 2, column area_id: 'aa' is not in areas (did you mean 'a'?)",
        "census.csv, row 3, column name: 'c镇' is no town and no village of the study",
        "census.csv, row 4, column name: 2 villages are called '东村' (in a, b; say which in area_id)",
        "census.csv, row 5, column place_id: 'v9' is no town and no village of the study (one of: v1, v2, v3, v4)",
        "census.csv, row 6, column area_id: the village lies in a and not in b (correct the area",
        "census.csv, row 7, column name: the row names no town and no village (fill in area_id, place_id or name)",
        "census.csv, row 8, column area_id: the village lies in a and not in b",
        "census.csv, row 9, column name: '北村' is no town and no village of the study",
        "census.csv, row 10, column people: -9 is below 0",
    ):
        assert any(one.startswith(text) for one in said), text
    assert len(said) == 9


def test_a_misspelt_town_has_a_hint(tmp_path: Path, towns: Towns) -> None:
    """A town that the study has not, but almost, is asked after."""
    areas = towns(青阳=(0, 0, 1000, 1000), 安海=(1000, 0, 2000, 1000))
    places = over_settlements(villages(tmp_path, "v1,甲村,{100,100}\nv2,乙村,{1100,100}"), areas)
    said = problems(census(tmp_path, ",,清阳镇,5", ",,安海镇,6"), areas, places)
    assert said == [
        "census.csv, row 2, column name: '清阳镇' is no town and no village of the study (did you mean '青阳镇'?)"
    ]


def test_nobody_is_counted_twice(tmp_path: Path, areas: gpd.GeoDataFrame, places: Weights) -> None:
    """A town that stands twice, and a town beside its own villages, are mistakes."""
    said = problems(census(tmp_path, "a,,,10", ",,a镇,10", ",v3,,5", ",v4,,5", "b,,,10"), areas, places)
    assert said == [
        "census.csv, row 3, column area_id: it stands in row 2 already (keep one of them)",
        "census.csv, row 6, column people: b stands here as a whole, and 2 of its villages elsewhere (they would be "
        "counted twice: leave one or the other out)",
    ]


def test_towns_without_a_row_or_a_settlement(tmp_path: Path, areas: gpd.GeoDataFrame) -> None:
    """A town that the census passes over is noted; people for whom there is no place are a problem."""
    places = over_settlements(villages(tmp_path, "v1,甲村,{100,100}"), areas)
    demand = people_from_census(census(tmp_path, "a,,,5"), areas, places)
    assert "the census has no row for b镇: nobody is placed there" in str(demand.notes[0])
    said = problems(census(tmp_path, "a,,,5", "b,,,7"), areas, places)
    assert said == [
        "census.csv, row 3, column people: 7 people of b镇, and nothing there to spread them over "
        "(settlements of villages.csv, all alike)"
    ]
    assert "the census counts nobody" in problems(census(tmp_path, "a,,,0"), areas, places)[0]


def test_groups_go_with_the_people(tmp_path: Path, areas: gpd.GeoDataFrame, places: Weights) -> None:
    """Groups of a row are spread with it, to the person; a row that does not say leaves them open."""
    head = "area_id,people,people_65_plus,people_under_3,women_15_49,source,quality"
    people = people_from_census(census(tmp_path, "a,100,13,3,25", "b,10,,,", head=head), areas, places).people
    assert people.loc[people["area_id"] == "a", list(PEOPLE_GROUPS)].sum().to_list() == [13, 3, 25]
    assert people.loc[people["area_id"] == "b", list(PEOPLE_GROUPS)].isna().all(axis=None)
    assert (people[list(PEOPLE_GROUPS)].fillna(0).sum(axis="columns") <= people["people"]).all()
    said = problems(census(tmp_path, "a,100,60,30,25", "b,10,11,,", head=head), areas, places)
    assert [text.split(":")[0] for text in said] == [
        "census.csv, row 3, column people_65_plus",
        "census.csv, row 2, column people",
    ]


def test_a_town_is_spread_over_its_houses(tmp_path: Path, areas: gpd.GeoDataFrame) -> None:
    """Houses of 100 and 300 square metres share 40 people as 10 and 30, each a point on its own ground."""
    houses = [shapely.box(0, 0, 10, 10), shapely.box(500, 0, 530, 10), shapely.box(1500, 0, 1510, 10)]
    demand = people_from_census(census(tmp_path, "a,,,40", "b,,,7"), areas, over_layer(layer(tmp_path, houses), areas))
    assert demand.people[["point_id", "people", "area_id"]].to_numpy().tolist() == [
        ["b1", 10, "a"],
        ["b2", 30, "a"],
        ["b3", 7, "b"],
    ]
    assert demand.people["place"].isna().all()
    together = people_from_census(
        census(tmp_path, "a,,,40", "b,,,7"), areas, over_layer(layer(tmp_path, houses), areas, cell_m=2000)
    )
    assert together.people["people"].to_list() == [40, 7]
    assert together.people.geometry.x.iloc[0] == pytest.approx(LEFT + (5 * 10 + 515 * 30) / 40, abs=1e-3)


def test_villages_take_the_houses_that_are_nearest(tmp_path: Path, areas: gpd.GeoDataFrame, places: Weights) -> None:
    """A village's people go to the houses of its own town that no other village is nearer to."""
    spots = [(90, 90), (110, 110), (890, 890), (990, 100), (1010, 100)]
    over = over_layer(layer(tmp_path, [shapely.Point(spot) for spot in spots]), areas)
    demand = people_from_census(
        census(tmp_path, ",v1,,20", ",v2,,21", ",v3,,5", ",v4,,0"), areas, over, settlements=places
    )
    told = demand.people.groupby("place_id")["people"].sum().to_dict()
    assert told == {"v1": 20, "v2": 21, "v3": 5}
    named = demand.people.set_index("point_id")["place_id"].to_dict()
    # The fourth house is nearest to a village of the other town, and goes to the nearest one of its own.
    assert named == {"b1": "v1", "b2": "v1", "b3": "v2", "b4": "v2", "b5": "v3"}
    assert "if it is a village, name the settlements table too" in problems(census(tmp_path, ",v1,,20"), areas, over)[0]


def test_a_town_is_spread_over_its_roads(tmp_path: Path) -> None:
    """Along 400 m of residential road and 400 m across the border each town has its own people, near the road."""
    scene = draw("A-------B")
    shapes = [
        shapely.box(ORIGIN[0] + a, ORIGIN[1] - 90, ORIGIN[0] + b, ORIGIN[1] + 90) for a, b in ((0, 400), (400, 900))
    ]
    areas = gpd.GeoDataFrame({"area_id": ["a", "b"], "name": ["甲镇", "乙镇"]}, geometry=shapes, crs=CRS)
    demand = people_from_census(census(tmp_path, "a,,,101", "b,,,7"), areas, over_roads(scene.network, areas))
    people = demand.people
    assert people.groupby("area_id")["people"].sum().to_dict() == {"a": 101, "b": 7}
    assert people.geometry.y.to_numpy() == pytest.approx(ORIGIN[1])
    assert people["point_id"].is_unique
    assert (people["quality"] == "estimated").all()
    assert "spread over roads by length (residential 1, living_street 1" in people["source"].iloc[0]
    halves = people[people["area_id"] == "a"].groupby(people.geometry.x // 200)["people"].sum()
    assert sorted(halves) == [50, 51]


def test_a_census_may_be_a_workbook(tmp_path: Path, areas: gpd.GeoDataFrame, places: Weights) -> None:
    """A sheet with a title above its heading is read; a mistake in it has sheet, row and column as they are seen."""
    path = tmp_path / "census.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("第七次普查")
    sheet.write(0, 0, "各镇常住人口")
    for row, cells in enumerate([("名称", "常住人口（人）", "来源", "数据质量"), ("a镇", 100, "普查", "官方"),
                                 ("b镇", 7, "普查", "官方"), ("丙村", 3, "普查", "官方")]):  # fmt: skip
        sheet.write_row(row + 1, 0, cells)
    book.close()
    said = problems(path, areas, places)
    assert len(said) == 1
    assert said[0].startswith(
        "census.xlsx, sheet 第七次普查, row 5, column A 名称: '丙村' is no town and no village of the study"
    )


def test_illustrative_stays_illustrative(tmp_path: Path, areas: gpd.GeoDataFrame, places: Weights) -> None:
    """A census that is invented makes points that say so."""
    path = census(tmp_path, "a,,,10")
    path.write_text(path.read_text(encoding="utf-8").replace("official", "illustrative"), encoding="utf-8")
    assert (people_from_census(path, areas, places).people["quality"] == "illustrative").all()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    totals=st.lists(st.integers(0, 100_000), min_size=2, max_size=2).filter(any),
    seed=st.integers(0, 10**6),
    cell_m=st.sampled_from([None, 150.0]),
)
def test_every_row_keeps_its_total(
    tmp_path: Path, areas: gpd.GeoDataFrame, totals: list[int], seed: int, cell_m: float | None
) -> None:
    """Whatever the weights, each town ends at its own number, and no piece is further than one from its share."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 60))
    x = np.concatenate([rng.random(n) * 1000, 1000 + rng.random(n) * 1000])
    units = pd.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(2 * n)],
            "area_id": np.repeat(["a", "b"], n),
            "x_m": LEFT + x,
            "y_m": TOP - rng.random(2 * n) * 1000,
            "weight": rng.pareto(0.7, 2 * n) + 1e-6,
        }
    )
    over = Weights(units=units, crs=CRS, file="made up", rule="made up", cell_m=cell_m)
    people = people_from_census(census(tmp_path, f"a,,,{totals[0]}", f"b,,,{totals[1]}"), areas, over).people
    sums = people.groupby("area_id")["people"].sum()
    assert [int(sums.get(key, 0)) for key in ("a", "b")] == totals
    if cell_m is None:
        share = units["weight"] / units.groupby("area_id")["weight"].transform("sum") * np.repeat(totals, n)
        got = people.set_index("point_id")["people"].reindex(units["unit_id"], fill_value=0)
        assert (np.abs(got.to_numpy() - share.to_numpy()) < 1 + 1e-6).all()


def test_a_census_that_cannot_be_read_is_one_problem(tmp_path: Path, areas: gpd.GeoDataFrame, places: Weights) -> None:
    """A missing file is told as such, and nothing that follows from it."""
    assert problems(tmp_path / "cencus.csv", areas, places)[0].startswith("cencus.csv: there is no such file")
