"""How tables fit together: references by key or name, positions inside, outside, swapped, in the wrong town."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverplan.core.errors import ProblemList
from coverplan.core.tables import INPUT_TABLES
from coverplan.inputs.places import check_overlaps, place_in_areas, resolve_references
from coverplan.inputs.records import Records, read_records
from toy import Toy

CRS = "EPSG:32650"


def records(toy: Toy, *names: str) -> dict[str, Records]:
    """Read some tables of the toy study."""
    problems = ProblemList()
    suffix = {"areas": "geojson"}
    tables = {
        name: read_records(
            toy.data / f"{name}.{suffix.get(name, 'csv')}", INPUT_TABLES[name], crs=CRS, problems=problems
        )
        for name in names
    }
    problems.raise_if_any()
    return tables


def place(toy: Toy, *names: str) -> tuple[dict[str, Records], list[str], list[str]]:
    """Resolve and place tables; returns them, the problems and the notes."""
    problems, notes = ProblemList(), ProblemList()
    tables = resolve_references(records(toy, *names), problems)
    tables = place_in_areas(tables, crs=CRS, outside_m=500, problems=problems, notes=notes)
    return tables, [str(p) for p in problems], [str(n) for n in notes]


def test_empty_areas_are_filled_in_by_location(toy: Toy) -> None:
    """A record without `area_id` gets the one it had: its own town, from its position alone."""
    before = records(toy, "people")["people"].frame["area_id"].to_list()
    toy.without("people.csv", "area_id").without("facilities.csv", "area_id")
    tables, problems, notes = place(toy, "areas", "people", "facilities")
    assert problems == notes == []
    assert tables["people"].frame["area_id"].to_list() == before
    assert tables["facilities"].frame["area_id"].notna().all()


def test_names_are_as_good_as_keys(toy: Toy) -> None:
    """A planner may write the town's and the hospital's name where the key is asked for."""
    toy.cell("people.csv", 2, "area_id", "西岸镇").cell("vehicles.csv", 2, "facility_id", "急救中心")
    tables, problems, _ = place(toy, "areas", "facilities", "people", "vehicles")
    assert problems == []
    assert tables["people"].frame.loc[0, "area_id"] == "350999101"
    assert tables["vehicles"].frame.loc[0, "facility_id"] == "F5"


def test_references_to_nothing_are_named_with_a_hint(toy: Toy) -> None:
    """A key that is in no row of the other table is told with its row and the key that comes closest."""
    toy.cell("people.csv", 3, "area_id", "350999101l").cell("aeds.csv", 2, "area_id", "西岸鎮")
    toy.cell("vehicles.csv", 3, "facility_id", "东岸急救战")
    _, problems, _ = place(toy, "areas", "facilities", "people", "vehicles", "aeds")
    assert problems == [
        "people.csv, row 3, column area_id: '350999101l' is not in areas (did you mean '350999101'?)",
        "vehicles.csv, row 3, column facility_id: '东岸急救战' is not in facilities (did you mean '东岸急救站'?)",
        "aeds.csv, row 2, column area_id: '西岸鎮' is not in areas (did you mean '西岸镇'?)",
    ]


def test_each_of_several_references_is_looked_up(toy: Toy) -> None:
    """A project may name several facilities, by key or by name; names become keys, and each that is none is told."""
    toy.cell("projects.csv", 2, "facility_ids", "县医院；F2、 F9; 东岸急救战")
    tables, problems, _ = place(toy, "areas", "facilities", "projects")
    assert problems == [
        "projects.csv, row 2, column facility_ids: 'F9' is not in facilities (one of: F1, F2, F3, F4, F5, F6, "
        "县医院, 东岸镇卫生院, 桥西社区卫生服务中心, 岭脚村卫生所, 急救中心, 东岸急救站)",
        "projects.csv, row 2, column facility_ids: '东岸急救战' is not in facilities (did you mean '东岸急救站'?)",
    ]
    assert tables["projects"].frame.loc[0, "facility_ids"] == "F1;F2;F9;东岸急救战"


def test_a_table_that_others_need_and_nobody_brought(toy: Toy) -> None:
    """Vehicles without a facilities table are one problem, not one per vehicle; areas are not needed."""
    _, problems, _ = place(toy, "people", "vehicles")
    assert problems == [
        "vehicles.csv, column facility_id: it refers to facilities, and the study has no such table "
        "(name the file under tables.facilities of the config)"
    ]


@pytest.mark.parametrize(
    ("lon", "lat", "said"),
    [
        ("119.5", "24.7", "lies outside the study area (88.9 km from 东岸镇, the nearest; check lon, lat and datum)"),
        ("24.7", "-60", "lies outside the study area (more than 1,000 km away; check lon and lat)"),
        ("0", "0", "lies outside the study area (more than 1,000 km away; check lon and lat)"),
    ],
)
def test_a_place_in_the_sea_is_told_with_its_distance(toy: Toy, lon: str, lat: str, said: str) -> None:
    """A position outside every area is told by name, with how far it lies from the nearest."""
    toy.cell("facilities.csv", 2, "lon", lon).cell("facilities.csv", 2, "lat", lat)
    _, problems, _ = place(toy, "areas", "facilities")
    assert len(problems) == 1
    assert problems[0].startswith("facilities.csv, row 2, column lon: 县医院 at ")
    assert problems[0].endswith(said)


def test_swapped_coordinates_are_recognised_where_both_are_possible(tmp_path) -> None:
    """West of 90 degrees a swapped pair is a possible position; it is recognised because the swap lies inside."""
    toy = Toy(tmp_path / "west")
    shift = 40.0
    for name in ("people.csv", "facilities.csv"):
        toy.rows(name, lambda rows: [row.update(lon=str(float(row["lon"]) - shift)) for row in rows])
    areas = toy.data / "areas.geojson"
    drawn = json.loads(areas.read_text(encoding="utf-8"))
    for feature in drawn["features"]:
        feature["geometry"]["coordinates"] = [
            [[x - shift, y] for x, y in ring] for ring in feature["geometry"]["coordinates"]
        ]
    areas.write_text(json.dumps(drawn), encoding="utf-8")
    toy.cell("facilities.csv", 2, "lon", "24.721904").cell("facilities.csv", 2, "lat", "78.512705")
    problems, notes = ProblemList(), ProblemList()
    tables = {
        name: read_records(toy.data / file, INPUT_TABLES[name], crs="EPSG:32644", problems=problems)
        for name, file in (("areas", "areas.geojson"), ("facilities", "facilities.csv"))
    }
    place_in_areas(tables, crs="EPSG:32644", outside_m=500, problems=problems, notes=notes)
    assert [problem.hint for problem in problems] == [
        "longitude and latitude are swapped: 78.5127, 24.7219 lies inside"
    ]


def test_a_facility_in_another_town_than_it_says(toy: Toy) -> None:
    """A facility kilometres inside another town is a problem that names both; a demand point is a note."""
    toy.cell("facilities.csv", 3, "area_id", "350999103").cell("people.csv", 2, "area_id", "350999102")
    tables, problems, notes = place(toy, "areas", "facilities", "people")
    assert problems == [
        "facilities.csv, row 3, column area_id: 东岸镇卫生院 is said to be in 南岭镇 and lies in 东岸镇 "
        "(3.0 km outside 南岭镇; correct the position or the area)"
    ]
    assert len(notes) == 1
    assert "people.csv, row 2, column area_id: 河口村 is said to be in 东岸镇 and lies in 西岸镇" in notes[0]
    assert tables["people"].frame.loc[0, "area_id"] == "350999102"


def test_a_boundary_drawn_roughly_is_no_mistake(toy: Toy) -> None:
    """A few hundred metres outside an area, or outside all of them, stop nothing; a point takes the nearest area."""
    # The western edge of West Bank lies at 118.4926; 0.004 degrees are about 400 m.
    toy.cell("people.csv", 2, "lon", "118.4885").cell("people.csv", 2, "area_id", "")
    tables, problems, notes = place(toy, "areas", "people")
    assert problems == notes == []
    assert tables["people"].frame.loc[0, "area_id"] == "350999101"


def test_overlapping_areas_are_named_in_pairs(toy: Toy) -> None:
    """Two towns on one ground are told once, with the ground they share; towns side by side are fine."""
    problems = ProblemList()
    check_overlaps(records(toy, "areas")["areas"], problems)
    assert len(problems) == 0
    path = toy.data / "areas.geojson"
    drawn = json.loads(path.read_text(encoding="utf-8"))
    # The eastern edge of West Bank, 6 km long, moves 0.01 degrees (about 1 km) into East Bank.
    for point in drawn["features"][0]["geometry"]["coordinates"][0]:
        point[0] += 0.01 * (point[0] > 118.53)
    path.write_text(json.dumps(drawn), encoding="utf-8")
    check_overlaps(records(toy, "areas")["areas"], problems)
    assert [str(problem).split(" square")[0] for problem in problems] == [
        "areas.geojson, row 2, column geometry: 西岸镇 and 东岸镇 overlap on 6.06"
    ]


def test_without_areas_the_people_are_the_ground(toy: Toy) -> None:
    """A study without areas still notices a facility in another province and a demand point far from all others."""
    toy.cell("facilities.csv", 2, "lon", "121.5").cell("people.csv", 2, "lon", "114.2")
    _, problems, _ = place(toy, "people", "facilities")
    assert [problem.split(":")[0] for problem in problems] == [
        "people.csv, row 2, column lon",
        "facilities.csv, row 2, column lon",
    ]
    assert all("from the people, the nearest" in problem for problem in problems)


def test_many_mistakes_of_one_kind_are_counted(toy: Toy) -> None:
    """Of very many wrong rows the first 25 are named and the rest counted."""

    def far(rows: list[dict[str, str]]) -> None:
        rows += [{**rows[0], "point_id": f"x{i}", "lon": "120.5"} for i in range(40)]

    _, problems, _ = place(toy.rows("people.csv", far), "areas", "people")
    assert len(problems) == 26
    assert problems[-1] == "people.csv, column lon: the same mistake stands in 15 more rows"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8, deadline=None)
@given(data=st.data())
def test_row_order_does_not_matter(toy: Toy, data: st.DataObject) -> None:
    """Whatever the order of the rows, every point gets the same area."""
    toy.rows("people.csv", lambda rows: [row.update(area_id="") for row in rows])
    before, _, _ = place(toy, "areas", "people")
    expected = before["people"].frame.set_index("point_id")["area_id"].to_dict()
    order = data.draw(st.permutations(range(9)))
    toy.rows("people.csv", lambda rows: rows.__setitem__(slice(None), [rows[i] for i in order]))
    after, _, _ = place(toy, "areas", "people")
    assert after["people"].frame.set_index("point_id")["area_id"].to_dict() == expected
