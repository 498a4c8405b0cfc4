"""Records without a position: placed from lists and remembered answers, never by the network, and never in silence."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from coverplan.cli import main
from coverplan.core.errors import InputError, ProblemList
from coverplan.inputs.study import read_study, read_unplaced
from inputs.geocode import conftest as services
from toy import Toy

service = services.service
GAZETTEER = """\
名称,经度,纬度,镇街,类别,坐标系,quality
东岸急救站,118.572236,24.73935,东岸镇,institution,wgs84,estimated
岭脚村卫生所,118.561551,24.675354,南岭镇,institution,wgs84,estimated
遥远卫生院,119.9,25.9,远方镇,institution,wgs84,estimated
"""


def forget(toy: Toy, *rows: int) -> Toy:
    """Take the positions of some facilities away; rows as a spreadsheet counts them."""
    for row in rows:
        toy.cell("facilities.csv", row, "lon", "").cell("facilities.csv", row, "lat", "")
    return toy


def lists(toy: Toy, text: str = GAZETTEER, section: str = "{gazetteer: places.csv}") -> Toy:
    """Give the study a gazetteer of its own, and ask for placing."""
    (toy.data / "places.csv").write_text(text, encoding="utf-8")
    return toy.edit("clock:", f"geocode: {section}\nclock:")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Notice every attempt to reach something."""
    tried: list[object] = []

    def refuse(self: socket.socket, address: object) -> None:
        tried.append(address)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tried


def test_without_placing_a_missing_position_is_a_problem(toy: Toy) -> None:
    """Each record without a position is named, with what can be done about it."""
    told = [str(problem) for problem in forget(toy, 5, 7).problems()]
    assert told == [
        f"facilities.csv, row {row}, column lon: '{name}' has no position "
        "(give lon and lat, or let it be placed by its name: add 'geocode: {}' to the config)"
        for row, name in ((5, "岭脚村卫生所"), (7, "东岸急救站"))
    ]


def test_a_list_without_positions_is_one_problem(toy: Toy) -> None:
    """A whole table without columns for positions is told once."""
    told = [
        str(problem) for problem in toy.without("facilities.csv", "lon").without("facilities.csv", "lat").problems()
    ]
    assert len(told) == 1
    assert told[0].startswith(
        "facilities.csv, column lon: none of the 6 records has a position (add columns lon and lat"
    )


def test_half_a_position_is_a_mistake(toy: Toy) -> None:
    """One half of a position alone is told, and the record is not placed by its name behind one's back."""
    lists(toy).cell("facilities.csv", 7, "lat", "")
    assert [str(problem) for problem in toy.problems()] == [
        "facilities.csv, row 7, column lat: is empty, and lon is not (give both, or neither)"
    ]


def test_a_position_that_is_no_number_is_told_once(toy: Toy) -> None:
    """What is wrong already is not told to be missing too."""
    toy.cell("facilities.csv", 7, "lon", "?").cell("facilities.csv", 7, "lat", "?")
    assert [problem.column for problem in toy.problems()] == ["lon", "lat"]


def test_the_studys_own_list_places_records(toy: Toy, no_network: list[object]) -> None:
    """A name in the study's gazetteer is placed there, its quality is told, its town filled in; no network is used."""
    whole = toy.read()
    lists(forget(toy, 5, 7))
    toy.rows("facilities.csv", lambda rows: [rows[i].update(area_id="") for i in (3, 5)])
    notes = ProblemList()
    study = read_study(toy.config, notes=notes)
    assert whole.facilities.distance(study.facilities).max() < 1e-6
    assert study.facilities["area_id"].to_list() == whole.facilities["area_id"].to_list()
    assert study.facilities.loc[[3, 5], "position_quality"].to_list() == ["estimated", "estimated"]
    assert str(notes[0] if isinstance(notes, list) else next(iter(notes))) == (
        "facilities.csv: 2 of 2 records without a position are placed by their names"
    )
    assert "three-bridges/places.csv" in study.inputs
    assert no_network == []


def test_aeds_without_a_position_weaken_their_own_quality(toy: Toy) -> None:
    """A table that cannot tell the quality of a position tells it of the record."""
    toy.cell("aeds.csv", 2, "lon", "").cell("aeds.csv", 2, "lat", "").cell("aeds.csv", 2, "quality", "official")
    lists(toy, GAZETTEER + "客运站,118.522594,24.722256,西岸镇,institution,wgs84,estimated\n")
    study = toy.read()
    assert study.aeds.loc[0, "quality"] == "estimated"
    assert study.aeds.geometry.notna().all()


def _projects(toy: Toy, *rows: dict[str, str]) -> Toy:
    """Give the study these projects; what a row does not say is as in the first of the toy."""

    def fill(table: list[dict[str, str]]) -> None:
        first = {**table[0], "facility_ids": "", "lon": "", "lat": "", "area_id": "", "datum": ""}
        table[:] = [{**first, "project_id": str(i), **row} for i, row in enumerate(rows, start=1)]

    return toy.rows("projects.csv", fill)


def test_projects_stand_where_their_facility_does(toy: Toy, no_network: list[object]) -> None:
    """By id or by name, where the first of them is; coordinates of their own come first; some are nowhere."""
    _projects(
        toy,
        {"name": "急救站扩建", "facility_ids": "F2；F1"},
        {"name": "村卫生所改造", "facility_ids": "岭脚村卫生所"},
        {"name": "新建分院", "facility_ids": "F1", "lon": "118.56", "lat": "24.68"},
        {"name": "全科医生培训"},
    )
    study = toy.read()
    at = study.facilities.set_index("name").geometry
    first, second, third, nowhere = study.projects.geometry
    assert first == study.facilities.set_index("facility_id").geometry["F2"]
    assert second == at["岭脚村卫生所"]
    assert (study.projects["lon"][2], third.is_empty) == (118.56, False)
    assert nowhere is None
    assert study.projects["area_id"].notna().tolist() == [True, True, True, False]
    assert study.projects["position_quality"][1] == "illustrative"
    assert no_network == []


def test_projects_are_placed_by_their_names_too(toy: Toy) -> None:
    """With placing asked for, a project of no facility is looked up; what no list knows is a note and no problem."""
    _projects(
        toy, {"name": "东岸急救站"}, {"name": "全科医生培训"}, {"name": "急救站扩建", "facility_ids": "东岸急救站"}
    )
    lists(forget(toy, 7))
    notes = ProblemList()
    study = read_study(toy.config, notes=notes)
    assert study.projects.geometry.notna().tolist() == [True, False, True]
    assert study.projects["lon"][0] == study.projects["lon"][2] == study.facilities["lon"][5]
    assert any("1 of 3 projects have no position: 全科医生培训" in str(note) for note in notes)


def test_a_project_outside_the_study_or_its_area_is_a_problem(toy: Toy) -> None:
    """Positions of projects are held against the map as those of facilities are."""
    _projects(
        toy,
        {"name": "飞地", "lon": "119.9", "lat": "25.9"},
        {"name": "张冠李戴", "lon": "118.512705", "lat": "24.721904", "area_id": "东岸镇"},
        {"name": "高德坐标", "lon": "118.517424", "lat": "24.719067", "datum": "gcj02", "area_id": "西岸镇"},
    )
    told = [str(problem) for problem in toy.problems()]
    assert len(told) == 2
    assert "飞地 at 119.9, 25.9 lies outside the study area" in told[0]
    assert "张冠李戴 is said to be in 东岸镇 and lies in 西岸镇" in told[1]


def test_what_no_list_knows_is_a_problem_with_the_command_that_helps(toy: Toy) -> None:
    """A name that is nowhere stays a problem, with its row and what to run."""
    lists(forget(toy, 4, 7))
    told = [str(problem) for problem in toy.problems()]
    assert len(told) == 1
    assert told[0].startswith("facilities.csv, row 4, column lon: '桥西社区卫生服务中心' has no position: ")
    assert told[0].endswith("(coverplan geocode three-bridges.yaml --review review.xlsx)")


def test_a_place_outside_the_study_is_no_result(toy: Toy) -> None:
    """A namesake far away is refused with its row and not taken."""
    forget(toy, 3).cell("facilities.csv", 3, "name", "遥远卫生院")
    told = [str(problem) for problem in lists(toy).problems()]
    assert len(told) == 1
    assert told[0].startswith("facilities.csv, row 3, column lon: '遥远卫生院'")
    assert "lie outside the study area" in told[0]


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("{gazetteer: place.csv}", "key geocode.gazetteer: there is no file 'place.csv'"),
        ("{gazeteer: places.csv}", "key geocode: unknown key 'gazeteer' (did you mean 'gazetteer'?)"),
        ("{key: s3cret}", "key geocode: unknown key 'key' (keys do not belong into a config"),
        ("{provider: google}", "key geocode.provider: 'google'"),
    ],
)
def test_what_is_wrong_in_the_config_is_said(toy: Toy, section: str, said: str) -> None:
    """Each mistake under `geocode` is one problem; a key that stands there is not repeated."""
    told = [str(problem) for problem in lists(toy, section=section).problems()]
    assert len(told) == 1
    assert said in told[0]
    assert "s3cret" not in told[0]


def run(*arguments: str) -> int:
    """Run the command; returns how it ended."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def test_the_command_asks_remembers_and_lists_the_rest(
    toy: Toy, service: services.Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`geocode` asks the provider once, keeps the answer, writes review list and map; then the study reads offline."""
    found = {**services.NOMINATIM_FOUND[0], "lon": "118.532373", "lat": "24.713578", "name": "桥西社区卫生服务中心"}
    found["display_name"] = "桥西社区卫生服务中心, 西岸镇"
    service.replies = [services.page([]), services.page([{**found, "address": {"amenity": "桥西社区卫生服务中心"}}])]
    lists(
        forget(toy, 2, 4, 7),
        section=f"{{gazetteer: places.csv, provider: nominatim, url: '{service.url}', delay_s: 0}}",
    )
    monkeypatch.chdir(toy.config.parent)
    monkeypatch.setenv("COLUMNS", "100")
    assert run("geocode", toy.config.name, "--review", "review.xlsx") == 0
    said = capsys.readouterr().out
    assert "facilities: 3 without a position. 2 placed, 0 to check, 1 open" in said
    assert "1 to look at, in review.xlsx and on review.html" in said
    assert [question["q"] for question in service.asked] == [
        "三桥县（示例）县医院", "三桥县（示例）桥西社区卫生服务中心",
    ]  # fmt: skip
    assert run("geocode", toy.config.name) == 0
    assert len(service.asked) == 2
    assert [str(problem).split(":")[0] for problem in toy.problems()] == ["facilities.csv, row 2, column lon"]
    assert {path.name for path in toy.config.parent.iterdir()} >= {"review.xlsx", "review.html"}
    assert (toy.data / "geocoded.csv").exists()


def test_a_review_list_that_was_filled_in_is_taken_over(
    toy: Toy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Coordinates that a person entered are remembered, and the study reads."""
    import xlsxwriter

    lists(forget(toy, 2))
    monkeypatch.chdir(toy.config.parent)
    assert run("geocode", toy.config.name, "--review", "review.xlsx") == 0
    sheet = pd.read_excel("review.xlsx", sheet_name=None, dtype=str, engine="calamine")
    sheet["待核对"].loc[0, ["正确经度", "正确纬度"]] = ["118.512705", "24.721904"]
    with xlsxwriter.Workbook("review.xlsx") as book:
        for name, table in sheet.items():
            page = book.add_worksheet(name)
            for i, row in enumerate([list(table.columns), *table.fillna("").to_numpy().tolist()]):
                page.write_row(i, 0, [str(cell) for cell in row])
    capsys.readouterr()
    assert run("geocode", toy.config.name, "--review", "review.xlsx") == 0
    assert "1 corrections taken over" in capsys.readouterr().out
    study = toy.read()
    assert study.facilities.loc[0, "position_quality"] == "measured"
    assert study.facilities.geometry.notna().all()


def test_a_refused_key_is_said_without_it(
    toy: Toy, service: services.Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A provider that refuses is told; its key stands in no file and on no screen."""
    service.replies = [services.page({"status": "0", "info": "INVALID_USER_KEY", "infocode": "10001"})]
    lists(forget(toy, 2), section=f"{{provider: amap, url: '{service.url}', delay_s: 0, pause_s: 0}}")
    monkeypatch.chdir(toy.config.parent)
    assert run("geocode", toy.config.name, "--review", "review.xlsx") == 0
    said = capsys.readouterr()
    assert "key" in said.err
    kept = [said.out, said.err, *(p.read_text("utf-8", errors="replace") for p in toy.config.parent.rglob("*.csv"))]
    assert not any(services.KEY in text for text in kept)


def test_nothing_to_place_is_said(
    toy: Toy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A study whose records all have a position needs nothing."""
    monkeypatch.chdir(toy.config.parent)
    assert run("geocode", toy.config.name) == 0
    assert "Every record has a position." in capsys.readouterr().out


def test_a_study_that_cannot_be_read_is_not_placed(toy: Toy) -> None:
    """Mistakes in the tables come first."""
    toy.cell("facilities.csv", 2, "kind", "hosptial")
    with pytest.raises(InputError, match="did you mean 'hospital'"):
        read_unplaced(toy.config)


def test_reading_leaves_the_remembered_answers_alone(toy: Toy) -> None:
    """`read_study` writes nothing beside the study."""
    lists(forget(toy, 7))
    before = sorted(path.as_posix() for path in Path(toy.config.parent).rglob("*"))
    toy.read()
    assert sorted(path.as_posix() for path in Path(toy.config.parent).rglob("*")) == before
