"""The `people` and `growth` of a config, in a whole study: what is made, what is told, what is wrong."""

import hashlib

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from coverplan.core.errors import ProblemList
from coverplan.core.tables import PEOPLE_GROUPS
from coverplan.inputs.study import read_study
from coverplan.roads.build import build_network
from coverplan.travel.times import travel_times
from toy import Toy

TABLE = "  people: people.csv\n"
TOWNS = ("350999101", "350999102", "350999103")


def with_people(toy: Toy, section: str, *, growth: str = "") -> Toy:
    """Take the people table out of the config and put a section in its place."""
    more = f"growth: {growth}\n" if growth else ""
    return toy.edit(TABLE, "").edit("roads: {tables", f"people: {section}\n{more}roads: {{tables")


def write(toy: Toy, name: str, text: str) -> None:
    """Write a table into the data folder."""
    (toy.data / name).write_text(text.strip() + "\n", encoding="utf-8")


def raster(toy: Toy, per_cell: float = 1.0) -> float:
    """Write a raster in degrees over the whole toy; returns the people whose cell centres lie in its areas."""
    west, south, east, north, step = 118.45, 24.60, 118.65, 24.80, 0.001
    width, height = round((east - west) / step), round((north - south) / step)
    path = toy.data / "worldpop.tif"
    with rasterio.open(path, "w", driver="GTiff", count=1, height=height, width=width, dtype="float32", nodata=-99999,
                       crs="EPSG:4326", transform=Affine(step, 0, west, 0, -step, north)) as sink:  # fmt: skip
        sink.write(np.full((height, width), per_cell, dtype="float32"), 1)
    row, column = np.indices((height, width))
    centres = gpd.GeoSeries(
        gpd.points_from_xy(west + (column.ravel() + 0.5) * step, north - (row.ravel() + 0.5) * step), crs=4326
    )
    areas = gpd.read_file(toy.data / "areas.geojson").to_crs("EPSG:32650").geometry.to_numpy()
    inside = shapely.STRtree(areas).query(centres.to_crs("EPSG:32650").to_numpy(), predicate="intersects")[0]
    return len(set(inside.tolist())) * per_cell


def census(toy: Toy) -> None:
    """Write a census of the three towns, and the toy's villages as settlements."""
    write(
        toy,
        "census.csv",
        "镇街,常住人口,来源,数据质量\n西岸镇,1501,普查,官方\n东岸镇,5000,普查,官方\n南岭镇,777,普查,官方",
    )
    people = pd.read_csv(toy.data / "people.csv", dtype=str)
    columns = ["place_id", "place", "area_id", "lon", "lat", "source", "quality"]
    people.drop_duplicates("place_id")[columns].to_csv(toy.data / "villages.csv", index=False)


def test_a_study_may_name_its_table_either_way(toy: Toy) -> None:
    """`people: {table: ...}` reads what `tables: {people: ...}` reads, and says the same about a mistake in it."""
    before = toy.read()
    after = with_people(toy, "{table: people.csv}").read()
    pd.testing.assert_frame_equal(before.people, after.people)
    assert set(before.inputs) == set(after.inputs)
    toy.cell("people.csv", 4, "people", "-400")
    assert [(p.file, p.row, p.column) for p in toy.problems()] == [("people.csv", 4, "people")]
    toy.edit("table: people.csv", "table: poeple.csv")
    said = str(toy.problems()[0])
    assert "key people.table: there is no file 'poeple.csv' in three-bridges (did you mean 'people.csv'?)" in said


def test_a_study_lives_on_a_raster(toy: Toy) -> None:
    """Every cell in the areas is a person at its place; the raster is hashed, and the rest of the way runs on it."""
    expected = raster(toy)
    notes = ProblemList()
    with_people(toy, "{raster: worldpop.tif, cell_m: 300}")
    study = read_study(toy.config, notes=notes)
    assert study.people["people"].sum() == expected > 5000
    assert set(study.people["area_id"]) == set(TOWNS)
    assert (
        study.inputs["three-bridges/worldpop.tif"]
        == hashlib.sha256((toy.data / "worldpop.tif").read_bytes()).hexdigest()
    )
    said = [str(note) for note in notes]
    assert any("live around the study's areas and in none of them" in text for text in said)
    assert any(f"{int(expected):,} people in {int(expected):,} cells" in text for text in said)
    times = travel_times(study, build_network(study), kinds="care")
    assert len(times) == len(study.people)
    assert np.isfinite(times["time_s"]).any()


def test_a_raster_may_hold_people_per_square_km(toy: Toy) -> None:
    """A hundred people per square km are a hundred times the size of the areas, to one in two hundred."""
    raster(toy, 100.0)
    study = with_people(toy, "{raster: worldpop.tif, values: people_per_km2, cell_m: 500}").read()
    assert study.people["people"].sum() == pytest.approx(study.areas.area.sum() / 1e6 * 100, rel=5e-3)


def test_a_census_over_settlements(toy: Toy) -> None:
    """Each town's people stand in its villages, to the person."""
    census(toy)
    study = with_people(toy, "{census: census.csv, spread_over: settlements, settlements: villages.csv}").read()
    sums = study.people.groupby("area_id")["people"].sum()
    assert sums.to_dict() == dict(zip(TOWNS, (1501, 5000, 777), strict=True))
    assert set(study.people["place"]) <= set(pd.read_csv(toy.data / "villages.csv")["place"])
    assert {"three-bridges/census.csv", "three-bridges/villages.csv"} <= set(study.inputs)
    assert (study.people["quality"] == "estimated").all()


def test_a_census_over_roads(toy: Toy) -> None:
    """Each town's people stand along its roads, to the person; the network is read for it."""
    census(toy)
    study = with_people(toy, "{census: census.csv, spread_over: roads, cell_m: 250}").read()
    sums = study.people.groupby("area_id")["people"].sum()
    assert sums.to_dict() == dict(zip(TOWNS, (1501, 5000, 777), strict=True))
    network = build_network(study)
    lines = shapely.multilinestrings(
        [np.stack([network.shape_x_m[a:b], network.shape_y_m[a:b]], axis=1)
         for a, b in zip(network.shape_start[:-1], network.shape_start[1:], strict=True)]
    )  # fmt: skip
    assert shapely.distance(study.people.geometry.to_numpy(), lines).max() < 250
    assert "roads by length (residential 1" in study.people["source"].iloc[0]


def test_a_census_over_houses(toy: Toy) -> None:
    """Houses in each town carry its people, by floor area."""
    census(toy)
    areas = gpd.read_file(toy.data / "areas.geojson").to_crs("EPSG:32650")
    inside = areas.geometry.representative_point()
    gpd.GeoDataFrame(geometry=inside.buffer(10), crs=areas.crs).to_file(toy.data / "houses.gpkg")
    study = with_people(toy, "{census: census.csv, spread_over: houses.gpkg}").read()
    assert study.people["people"].to_list() == [1501, 5000, 777]


def test_people_grow_to_a_named_population(toy: Toy) -> None:
    """The table sums to the population that is named, rules still divide by the default, and that is said."""
    notes = ProblemList()
    toy.edit("clock:", "growth: {to: resident_2025}\nclock:")
    study = read_study(toy.config, notes=notes)
    assert study.people["people"].sum() == 30100
    assert study.people["source"].str.endswith("scaled to resident_2025").all()
    assert study.default_population == "resident_2020"
    assert any("those of resident_2025, and rules divide by resident_2020" in str(note) for note in notes)
    toy.edit("default_population: resident_2020", "default_population: resident_2025")
    notes = ProblemList()
    read_study(toy.config, notes=notes)
    assert not any("rules divide" in str(note) for note in notes)


def test_people_grow_by_factor_or_area(toy: Toy) -> None:
    """A factor counts for everybody; an area, by name or code, for itself."""
    toy.edit("clock:", "growth: {factor: 1.5}\nclock:")
    assert toy.read().people["people"].sum() == 38700
    toy.edit("{factor: 1.5}", "{areas: {西岸镇: 3000, '350999102': 0}}")
    sums = toy.read().people.groupby("area_id")["people"].sum()
    assert (sums["350999101"], sums["350999102"]) == (3000, 0)


def test_groups_come_from_shares_and_grow(toy: Toy) -> None:
    """Shares by area, named or coded, fill the groups in, and growth carries them on."""
    write(toy, "shares.csv", "area_id,share_65_plus,share_women_15_49,source,quality\n西岸镇,0.2,0.25,census,official")
    text = "people: {table: people.csv, groups: shares.csv}\ngrowth: {factor: 2}\nroads: {tables"
    people = toy.edit(TABLE, "").edit("roads: {tables", text).read().people
    west = people[people["area_id"] == "350999101"]
    assert west[["people", "people_65_plus", "women_15_49"]].sum().to_list() == [3000, 600, 750]
    assert people.loc[people["area_id"] != "350999101", list(PEOPLE_GROUPS)].isna().all(axis=None)


def test_people_on_water_are_told_and_stay(toy: Toy) -> None:
    """A water layer changes nobody; who lives on it is a note with numbers."""
    people = toy.read().people
    pond = gpd.GeoDataFrame(geometry=people.geometry.iloc[:2].buffer(5), crs=people.crs)
    pond.to_file(toy.data / "water.gpkg")
    notes = ProblemList()
    with_people(toy, "{table: people.csv, water: water.gpkg}")
    study = read_study(toy.config, notes=notes)
    assert study.people["people"].sum() == 25800
    assert any("300 people at 2 points live on water (350999101: 300)" in str(note) for note in notes)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("{}", "key people: no source of people is named (name one of: table, raster, census)"),
        ("{table: people.csv, raster: areas.geojson}", "key people: people come from table and raster (name one of"),
        ("{raster: wordlpop.tif}", "key people.raster: there is no file 'wordlpop.tif' (did you mean 'worldpop.tif'?)"),
        ("{raster: areas.geojson}", "areas.geojson: this is no raster that can be read"),
        ("{raster: worldpop.tif, cell_m: -1}", "key people.cell_m: '-1' should be greater than 0"),
        ("{raster: worldpop.tif, values: density}", "key people.values: 'density' should be 'people' or"),
        ("{raster: worldpop.tif, cel_m: 3}", "key people: unknown key 'cel_m' (did you mean 'cell_m'?)"),
        ("{census: census.csv}", "key people.spread_over: it does not say what the census is spread over"),
        ("{census: census.csv, spread_over: settlements}", "key people.settlements: the settlements are not named"),
        ("{census: census.csv, spread_over: house.gpkg}", "key people.spread_over: there is no file 'house.gpkg'"),
        ("{table: people.csv, spread_over: roads}", "key people.spread_over: there is no census to spread"),
        ("{census: census.csv, spread_over: roads, road_weights: {residental: 1}}", "unknown road class 'residental'"),
        ("{census: areas.geojson, spread_over: roads}", "areas.geojson, column people: the column is missing"),
        ("{table: people.csv, groups: share.csv}", "key people.groups: there is no file 'share.csv'"),
        ("{table: people.csv, water: people.csv}", "people.csv: the layer holds no geometry"),
    ],
)
def test_each_mistake_of_the_section_is_told(toy: Toy, section: str, said: str) -> None:
    """One mistake is one problem that names the key and what would be right."""
    raster(toy)
    census(toy)
    problems = [str(problem) for problem in with_people(toy, section).problems()]
    assert len(problems) == 1 or "column is missing" in said
    assert any(said in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("growth", "said"),
    [
        ("{}", "key growth: growth does not say to what (name one of: to, factor, areas)"),
        ("{to: resident_2025, factor: 2}", "key growth: growth is told by to and factor"),
        ("{to: resident_2O25}", "key growth.to: 'resident_2O25' is not among the populations (did you mean"),
        ("{factor: 0}", "key growth.factor: '0' should be greater than 0"),
        ("{areas: {西岸鎮: 5}}", "'西岸鎮' is no area in which people live"),
    ],
)
def test_each_mistake_of_growth_is_told(toy: Toy, growth: str, said: str) -> None:
    """One mistake is one problem."""
    problems = [str(problem) for problem in toy.edit("clock:", f"growth: {growth}\nclock:").problems()]
    assert any(said in problem for problem in problems), problems
    assert len(problems) == 1


def test_mistakes_of_people_are_told_with_all_others(toy: Toy) -> None:
    """A wrong census, a wrong settlement and a wrong hospital come in one error, in mending order."""
    census(toy)
    toy.edit("西岸镇,1501", "西安镇,1501", name="census.csv").cell("facilities.csv", 2, "kind", "hosptial")
    with_people(toy, "{census: census.csv, spread_over: settlements, settlements: villages.csv}", growth="{to: nobody}")
    files = [problem.file for problem in toy.problems()]
    assert files == ["three-bridges.yaml", "facilities.csv", "census.csv"]


def test_people_need_areas_to_be_made(toy: Toy) -> None:
    """Without areas there is nothing to clip a raster to, and that is said."""
    raster(toy)
    with_people(toy, "{raster: worldpop.tif}").edit("  areas: areas.geojson\n", "")
    assert any("a raster of people needs the study's areas (name the file under" in str(p) for p in toy.problems())


def test_reading_twice_gives_the_same(toy: Toy) -> None:
    """Two readings of a raster study agree in every row."""
    raster(toy, 0.37)
    with_people(toy, "{raster: worldpop.tif}")
    pd.testing.assert_frame_equal(toy.read().people, toy.read().people)


def test_two_sources_are_one_too_many(toy: Toy) -> None:
    """Both `tables.people` and a raster are one too many."""
    raster(toy)
    toy.edit("roads: {tables", "people: {raster: worldpop.tif}\nroads: {tables")
    assert "people come from tables.people and raster" in str(toy.problems()[0])
