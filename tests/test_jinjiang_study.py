"""What the embedded study promises: exact totals, official names, believable ground and roads, honest marks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from coverplan.core import tables, words

FILES = ("areas.geojson", "facilities.csv", "people.csv", "vehicles.csv", "aeds.csv", "projects.csv", "indicators.csv")
ROADS = ("roads/nodes.csv", "roads/edges.csv")
DECLARED = {
    "facilities.csv": tables.FACILITIES,
    "people.csv": tables.PEOPLE,
    "vehicles.csv": tables.VEHICLES,
    "aeds.csv": tables.AEDS,
    "projects.csv": tables.PROJECTS,
    "indicators.csv": tables.INDICATORS,
    "roads/nodes.csv": tables.ROAD_NODES,
    "roads/edges.csv": tables.ROAD_EDGES,
}
WALK_ONLY = {"footway", "path", "steps", "pedestrian", "cycleway"}
UTM = "EPSG:32650"


@pytest.fixture(scope="module")
def study(root: Path) -> Path:
    """The folder of the embedded study."""
    return root / "data" / "jinjiang"


def read(folder: Path, name: str) -> pd.DataFrame:
    """Read a table as text, empty cells as empty text."""
    return pd.read_csv(folder / name, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def areas(study: Path) -> gpd.GeoDataFrame:
    """The town areas, in metres."""
    return gpd.read_file(study / "areas.geojson").to_crs(UTM)


@pytest.fixture(scope="module")
def people(study: Path) -> pd.DataFrame:
    """The demand points."""
    return read(study, "people.csv").astype({"people": int})


@pytest.fixture(scope="module")
def facilities(study: Path) -> pd.DataFrame:
    """The facilities."""
    return read(study, "facilities.csv")


@pytest.fixture(scope="module")
def edges(study: Path) -> pd.DataFrame:
    """The road edges."""
    return read(study, "roads/edges.csv")


@pytest.fixture(scope="module")
def drive(edges: pd.DataFrame) -> nx.DiGraph:
    """The directed graph that cars see, made the plain way."""
    cars = edges[~edges["road_class"].isin(WALK_ONLY)]
    graph = nx.DiGraph(zip(cars["from_node"], cars["to_node"], strict=True))
    both = cars[cars["oneway"] == "no"]
    graph.add_edges_from(zip(both["to_node"], both["from_node"], strict=True))
    return graph


@pytest.mark.parametrize("name", list(DECLARED))
def test_columns_are_the_declared_ones(study: Path, name: str) -> None:
    """Every column is declared, in the declared order, and no required one is missing or empty."""
    table, frame = DECLARED[name], read(study, name)
    assert list(frame.columns) == [column for column in table.names if column in set(frame.columns)]
    for column in (c for c in table.columns if c.required):
        assert (frame[column.name] != "").all(), column.name
    assert not frame.duplicated([table.key] if table.key else None).any()
    for column in (c for c in table.columns if c.allowed and c.name in frame.columns):
        assert set(frame[column.name]) <= {"", *column.allowed}, column.name


def test_residents_add_up_exactly(people: pd.DataFrame) -> None:
    """The census total and the two town totals that are known come out to the last person."""
    by_town = people.groupby("area_id")["people"].sum()
    assert people["people"].sum() == 2_061_551
    assert by_town["350582101"] == 174_248
    assert by_town["350582103"] == 304_033
    assert (people["people"] > 0).all()
    assert 6_000 <= len(people) <= 9_000


def test_towns_tile_the_county(study: Path) -> None:
    """The 19 areas have no gap, no overlap, one part each, and about 649 km² together."""
    degrees = gpd.read_file(study / "areas.geojson")
    metres = degrees.to_crs(UTM).geometry
    assert len(degrees) == 19
    assert shapely.coverage_is_valid(degrees.geometry.to_numpy())
    assert metres.is_valid.all()
    assert set(metres.geom_type) == {"Polygon"}
    whole = shapely.coverage_union_all(degrees.geometry.to_numpy())
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0
    assert metres.area.sum() / 1e6 == pytest.approx(649, rel=0.03)


def test_towns_and_villages_are_the_official_ones(study: Path, people: pd.DataFrame) -> None:
    """13 towns and 6 streets, 402 villages, with the codes and names of the fact tables."""
    towns = read(study, "sources/towns.csv")
    areas = gpd.read_file(study / "areas.geojson")
    columns = ["area_id", "name", "name_en", "kind"]
    assert areas[columns].to_numpy().tolist() == towns[columns].to_numpy().tolist()
    assert Counter(areas["kind"]) == {"town": 13, "street": 6}
    villages = read(study, "sources/villages.csv")[["place_id", "place", "area_id"]]
    placed = people[["place_id", "place", "area_id"]].drop_duplicates().sort_values("place_id")
    assert len(villages) == 402
    assert placed.to_numpy().tolist() == villages.sort_values("place_id").to_numpy().tolist()


def test_fact_tables_equal_the_reference_data(study: Path, shared: Path) -> None:
    """Village codes and names, and the printed numbers of the projects, are those of the documents."""
    listed = pd.read_csv(shared / "data/china/quanzhou_sanming_villages.csv", dtype=str)
    listed = listed[(listed["adcode6"] == "350582") & ~listed["street_code"].str[6:].isin({"400", "401", "402"})]
    ours = read(study, "sources/villages.csv")
    assert ours[["place_id", "official_name", "area_id"]].to_numpy().tolist() == (
        listed[["village_code", "village", "street_code"]].to_numpy().tolist()
    )
    known = read(shared / "data/china", "geonames_points_quanzhou_sanming.csv").set_index("geonameid")
    towns = read(study, "sources/towns.csv")
    for row in towns[towns["seat_source"].str.startswith("GeoNames")].itertuples():
        point = known.loc[row.seat_source.split()[1]]
        assert (float(row.seat_lat), float(row.seat_lon)) == (float(point["lat"]), float(point["lon"])), row.name
    plan = read(shared / "norms", "projects.csv")
    projects = read(study, "projects.csv")
    pairs = {
        "seq": "project_id",
        "name_zh": "name",
        "facility_id": "facility_ids",
        "investment_100m_cny": "cost_100m_cny",
        "start_year": "start_year",
        "end_year": "end_year",
        "added_beds": "added_beds",
        "total_beds": "total_beds",
    }
    assert projects[list(pairs.values())].to_numpy().tolist() == plan[list(pairs)].to_numpy().tolist()


def test_every_named_place_of_the_plan_is_there(shared: Path, facilities: pd.DataFrame) -> None:
    """Each Jinjiang row of the extracted plan is a facility or a group of them, but two hospital units."""
    plan = read(shared / "norms", "facilities.csv")
    named = {f for f in plan["id"] if f.startswith("JJ-F")}
    ours = {"-".join(f.split("-")[:2]) for f in facilities["facility_id"]}
    assert named - ours == {"JJ-F10", "JJ-F60"}
    assert ours <= named
    town = plan.set_index("id")["town_zh"]
    codes = {"安海镇": "350582101", "陈埭镇": "350582103", "永和镇": "350582111", "青阳街道": "350582001"}
    for row in facilities[facilities["facility_id"].isin(plan["id"])].itertuples():
        said = codes.get(town[row.facility_id])
        assert said is None or said == row.area_id, row.facility_id


@pytest.mark.parametrize("name", ["people.csv", "facilities.csv", "aeds.csv"])
def test_points_lie_in_their_towns(study: Path, areas: gpd.GeoDataFrame, name: str) -> None:
    """Every point lies inside the town it names."""
    frame = read(study, name)
    points = gpd.GeoSeries.from_xy(frame["lon"].astype(float), frame["lat"].astype(float), crs="EPSG:4326").to_crs(UTM)
    town = areas.set_index("area_id").geometry.loc[frame["area_id"]].to_numpy()
    assert shapely.contains(town, points.to_numpy()).all()


def test_emergency_network_has_sixteen_nodes(facilities: pd.DataFrame) -> None:
    """One centre, four sub-centres, eleven stations; those that nobody names are marked."""
    ems = facilities[facilities["kind"].map(lambda kind: words.KINDS[kind].group == "ems")]
    assert Counter(ems["kind"]) == {"ems_centre": 1, "ems_subcentre": 4, "ems_station": 11}
    assert Counter(ems["quality"]) == {"official": 2, "estimated": 8, "illustrative": 6}
    assert set(ems["status"]) == {"existing"}
    assert all(
        ("示意" in row.name_) == (row.quality == "illustrative")
        for row in ems.rename(columns={"name": "name_"}).itertuples()
    )


def test_clinics_fleet_aeds_and_projects_have_the_stated_counts(study: Path, facilities: pd.DataFrame) -> None:
    """149 village clinics, 46 ambulances of which 14 with negative pressure, 60 AEDs, 25 projects."""
    vehicles = read(study, "vehicles.csv")
    bases = facilities[facilities["kind"].map(lambda kind: words.KINDS[kind].group == "ems")]["facility_id"]
    assert (facilities["kind"] == "village_clinic").sum() == 149
    assert len(vehicles) == 46
    assert (vehicles["negative_pressure"] == "yes").sum() == 14
    assert set(vehicles["facility_id"]) == set(bases)
    assert read(study, "aeds.csv")["devices"].astype(int).sum() == 60
    projects = read(study, "projects.csv")
    assert projects["project_id"].tolist() == [str(i) for i in range(1, 26)]
    assert "2026" in projects.set_index("project_id").loc["22", "note"]
    known = set(facilities["facility_id"])
    assert all(set(ids.split(";")) <= known for ids in projects["facility_ids"])


def test_figures_of_the_statistics_are_the_plans_ratios(study: Path) -> None:
    """On 206.16万 residents each count gives the ratio that the plan prints; what was reckoned from one says so."""
    table = pd.read_csv(study / "indicators.csv").set_index("indicator_id")
    printed = {"staff": 3.75, "physicians": 1.58, "nurses": 1.44, "beds": 3.13}
    for name, ratio in printed.items():
        assert round(table.loc[name, "value"] / 2061.6, 2) == ratio
    assert round(table.loc["cdc_staff", "value"] / 206.16, 2) == 0.44
    reckoned = table["source"].str.contains("折算")
    assert set(table.loc[reckoned, "quality"]) == {"estimated"}
    assert set(table.loc[~reckoned, "quality"]) == {"official"}
    assert set(table["year"]) == {2020}


def test_what_nobody_published_is_marked(study: Path, facilities: pd.DataFrame) -> None:
    """Invented rows say illustrative; a position is never better than estimated; no quality cell is empty."""
    for name in ("people.csv", "vehicles.csv", "aeds.csv", "roads/edges.csv"):
        assert set(read(study, name)["quality"]) == {"illustrative"}, name
    assert set(gpd.read_file(study / "areas.geojson")["quality"]) == {"illustrative"}
    assert set(facilities["position_quality"]) == {"estimated", "illustrative"}
    invented = facilities["name"].str.contains("示意")
    assert (invented == (facilities["quality"] == "illustrative")).all()
    seats = read(study, "sources/towns.csv").set_index("area_id")["seat_quality"]
    estimated = facilities[facilities["position_quality"] == "estimated"]
    assert set(seats[estimated["area_id"]]) == {"estimated"}


def test_new_facilities_open_later_and_beds_are_not_project_totals(facilities: pd.DataFrame) -> None:
    """What is planned has a year after the base year; only today's printed beds stand in the table."""
    planned = facilities[facilities["status"] == "planned"]
    assert (planned["open_year"].astype(int) > 2020).all()
    assert (facilities.loc[facilities["status"] == "existing", "open_year"] == "").all()
    assert facilities.loc[facilities["beds"] != "", ["facility_id", "beds"]].to_numpy().tolist() == [["JJ-F52", "1008"]]


def test_roads_are_one_network_of_a_believable_make(study: Path, edges: pd.DataFrame, drive: nx.DiGraph) -> None:
    """At least 20,000 nodes, average degree 2.4 to 3, dead ends, and cars can go from anywhere to anywhere."""
    nodes = read(study, "roads/nodes.csv")
    degree = pd.concat([edges["from_node"], edges["to_node"]]).value_counts()
    assert len(nodes) >= 20_000
    assert set(degree.index) == set(nodes["node_id"])
    assert 2.4 <= degree.mean() <= 3.0
    assert 0.02 <= (degree == 1).mean() <= 0.12
    assert len(max(nx.strongly_connected_components(drive), key=len)) == len(drive)
    assert (edges["from_node"] != edges["to_node"]).all()


def test_road_classes_and_one_way_pairs(edges: pd.DataFrame) -> None:
    """Every class from motorway to path occurs; motorways and their links are one-way, some great roads are pairs."""
    assert set(edges["road_class"]) >= {
        "motorway", "motorway_link", "trunk", "primary", "secondary", "tertiary",
        "unclassified", "residential", "footway", "path",
    }  # fmt: skip
    oneway = edges["oneway"] == "yes"
    fast = edges["road_class"].isin({"motorway", "motorway_link"})
    assert oneway[fast].all()
    assert set(edges.loc[oneway & ~fast, "road_class"]) == {"trunk", "primary"}
    assert oneway.sum() > 1_000


def test_motorways_meet_other_roads_only_through_links(study: Path, edges: pd.DataFrame) -> None:
    """A node on a motorway touches motorways and links, nothing else, although many roads cross it."""
    on_motorway = edges["road_class"] == "motorway"
    nodes = set(edges.loc[on_motorway, "from_node"]) | set(edges.loc[on_motorway, "to_node"])
    touching = edges["from_node"].isin(nodes) | edges["to_node"].isin(nodes)
    assert set(edges.loc[touching, "road_class"]) == {"motorway", "motorway_link"}
    place = read(study, "roads/nodes.csv").set_index("node_id").astype(float)
    ends = np.stack([place.loc[edges[end]].to_numpy() for end in ("from_node", "to_node")], axis=1)
    lines = shapely.linestrings(ends)
    others = ~edges["road_class"].isin({"motorway", "motorway_link"})
    hits = shapely.STRtree(lines[on_motorway]).query(lines[others], predicate="crosses")
    assert hits.shape[1] > 50


def test_roads_stay_on_land(study: Path, areas: gpd.GeoDataFrame) -> None:
    """No road node lies more than 60 m outside the county."""
    nodes = read(study, "roads/nodes.csv").astype(float)
    points = gpd.GeoSeries.from_xy(nodes["lon"], nodes["lat"], crs="EPSG:4326").to_crs(UTM).to_numpy()
    county = areas.geometry.union_all()
    shapely.prepare(county)
    out = points[~shapely.contains(county, points)]
    assert len(out) == 0 or shapely.distance(out, county).max() <= 60


def test_residents_live_near_a_road(study: Path, people: pd.DataFrame) -> None:
    """Every demand point lies within 600 m of a road node, half of them within 60 m."""
    nodes = read(study, "roads/nodes.csv").astype(float)
    on_road, homes = (
        gpd.GeoSeries.from_xy(f["lon"].astype(float), f["lat"].astype(float), crs="EPSG:4326").to_crs(UTM)
        for f in (nodes, people)
    )
    gap = gpd.GeoDataFrame(geometry=homes).sjoin_nearest(gpd.GeoDataFrame(geometry=on_road), distance_col="gap")["gap"]
    assert gap.max() <= 600
    assert gap.median() <= 60


def test_study_is_small_and_credits_its_sources(study: Path) -> None:
    """Everything together stays under 8 MiB, and the README carries the attribution that GeoNames asks for."""
    kept = [f for f in study.rglob("*") if f.is_file() and "__pycache__" not in f.parts]
    assert sum(f.stat().st_size for f in kept) < 8 * 2**20
    readme = (study / "README.md").read_text(encoding="utf-8")
    assert "GeoNames, CC BY 4.0" in readme
    for column in {c for name in DECLARED for c in read(study, name).columns}:
        assert f"`{column}`" in readme, column


@pytest.mark.slow
def test_generator_makes_the_same_files_again(study: Path, tmp_path: Path) -> None:
    """Running the generator into another folder gives the files that are kept, byte for byte."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(
        [sys.executable, str(study / "generate.py"), str(tmp_path)], check=True, env=environment, timeout=200
    )
    for name in (*FILES, *ROADS):
        assert (tmp_path / name).read_bytes() == (study / name).read_bytes(), name
