"""The interface as a script uses it: over a real connection, to a real server."""

import io
import os
import re
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from python_calamine import CalamineWorkbook
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import coverplan as cp
from coverplan.app.planner import Planner
from served import STATION, begin, finished, running, toy_planner

SPOT = [118.545, 24.72]
HAN = re.compile(r"[\u4e00-\u9fff]")
NASTY = '<img src=x onerror=alert(1)>"=1+1'


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planner]:
    """A planner for the toy county."""
    with toy_planner(tmp_path_factory.mktemp("scenarios")) as planner:
        yield planner


@pytest.fixture(scope="module")
def client(planner: Planner) -> Iterator[httpx.Client]:
    """A client of a server that listens on this machine."""
    with running(planner) as client:
        yield client


def post(client: httpx.Client, desk: str, path: str, data: object = None) -> dict:
    """Ask for a change, and return the desk after it."""
    answer = client.post(f"/api/desks/{desk}/{path}", json=data or {})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_study_is_told_in_both_languages(client: httpx.Client) -> None:
    """Rules with quotations and readings, kinds with symbols, parts of the week, and what is illustrative."""
    told = client.get("/api/study").json()
    assert told["title"] == {"zh": "三桥县（示例）", "en": "Three Bridges (toy county)"}
    assert [rule["rule_id"] for rule in told["rules"] if rule["shows"]] == ["TB-1", "TB-2"]
    assert told["rules"][0]["default_reading"] == "drive"
    station = next(kind for kind in told["kinds"] if kind["kind"] == "ems_station")
    assert station == station | {"can_add": True, "has_vehicles": True, "shape": "diamond|*|17|"}
    assert "morning_peak" in [period["name"] for period in told["periods"]]
    ground = client.get("/api/ground").json()
    n = len(ground["points"]["people"])
    assert n == len(ground["points"]["lon"]) == len(ground["points"]["area"]) == len(ground["points"]["name"]) > 0
    assert {line["class"] for line in ground["roads"]}
    west, south, east, north = told["bounds"]
    assert all(west <= lon <= east and south <= lat <= north for lon, lat in ground["areas"]["features"][0]["geometry"][
        "coordinates"][0][0])  # fmt: skip


def test_a_planner_tries_saves_compares_and_exports(client: httpx.Client, planner: Planner) -> None:
    """The whole story: drag, drop, undo, settings, verdicts, save, reopen, compare, workbook, scenario."""
    desk = begin(client)
    drag = {"kind": "ems_station", "at": SPOT, "vehicles": 1, "rule": "TB-2", "seq": 17}
    shown = post(client, desk, "drag", drag)
    assert (shown["seq"], shown["figures"]["shown"]) == (17, "TB-2")
    assert shown["area"]["zh"]
    assert client.get(f"/api/desks/{desk}").json()["edits"] == []
    state = post(
        client, desk, "edits?rule=TB-2", {"edits": [{"open": {"kind": "ems_station", "at": SPOT, "vehicles": 1}}]}
    )
    assert state["figures"] == shown["figures"]
    assert state["names"] == ["新增急救站1"]
    state = post(client, desk, "edits", {"edits": [{"move": {"facility": STATION, "at": [118.55, 24.72]}}]})
    moved = next(one for one in state["facilities"] if one["facility_id"] == STATION)
    assert (moved["status"], moved["at"]) == ("moved", [118.55, 24.72])
    assert moved["was_at"] not in (None, [118.55, 24.72])
    assert len(post(client, desk, "undo")["edits"]) == 1
    assert len(post(client, desk, "redo")["edits"]) == 2
    answer = client.put(f"/api/desks/{desk}/settings", json={"name": "方案甲", "options": {"TB-1": "walk"}})
    assert answer.json()["options"] == {"TB-1": "walk"}
    verdicts = client.get(f"/api/desks/{desk}/verdicts").json()
    rules = {rule["rule_id"]: rule for rule in verdicts["rules"]}
    assert list(rules) == ["TB-1", "TB-2", "TB-3", "TB-4"]
    for row in answer.json()["figures"]["rules"]:
        assert (row["text"], row["status"]) == (rules[row["rule_id"]]["text"], rules[row["rule_id"]]["status"])
    saved = client.put("/api/scenarios/plan-a", json={"desk_id": desk, "name": "方案甲", "note": "注"})
    assert [next(iter(edit)) for edit in saved.json()["edits"]] == ["open", "move"]
    assert client.put("/api/scenarios/plan-a", json={"desk_id": desk, "replace": False}).status_code == 422
    again = client.post("/api/desks", json={"scenario": "plan-a"}).json()
    assert [edit["edit"] for edit in again["edits"]] == saved.json()["edits"]
    job = finished(client, client.post("/api/compare", json={"scenarios": ["plan-a"], "desks": [desk]}))
    assert [column["zh"] for column in job["result"]["columns"]] == ["现状", "方案甲", "方案甲"]
    row = next(row for row in job["result"]["rows"] if row["rule_id"] == "TB-2")
    assert row["cells"][1]["text"] == rules["TB-2"]["text"]
    assert row["cells"][0]["text"] == rules["TB-2"]["before"]["text"]
    job = finished(client, client.post(f"/api/desks/{desk}/export", json={"what": "scenario"}))
    file = client.get(job["result"]["file"])
    assert file.headers["content-disposition"] == 'attachment; filename="three-bridges-plan-a-scenario.yaml"'
    path = planner.saved.folder / "again.yml"
    path.write_bytes(file.content)
    assert len(cp.read_scenario(path, planner.world.study).edits) == 2
    assert post(client, desk, "reset")["edits"] == []
    assert client.delete("/api/scenarios/plan-a").status_code == 204
    assert client.delete(f"/api/desks/{desk}").status_code == 204
    assert client.get(f"/api/desks/{desk}").status_code == 404


def test_a_name_is_a_name_in_everything_that_is_written(client: httpx.Client) -> None:
    """HTML and formulas in a name stay letters in the workbook and in the map."""
    desk = begin(client)
    state = post(client, desk, "edits", {"edits": [{"open": {"kind": "ems_station", "name": NASTY, "at": SPOT}}]})
    assert NASTY in [one["name"] for one in state["facilities"]]
    job = finished(client, client.post(f"/api/desks/{desk}/export", json={"what": "workbook"}))
    with zipfile.ZipFile(io.BytesIO(client.get(job["result"]["file"]).content)) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        texts = book.read("xl/sharedStrings.xml").decode()
    assert not any("<f>" in sheet for sheet in sheets)
    assert NASTY in unescape(texts)
    job = finished(client, client.post(f"/api/desks/{desk}/export", json={"what": "map"}))
    page = client.get(job["result"]["file"]).text
    assert "onerror=alert(1)" in page
    assert "<img src=x" not in page


def test_the_workbook_has_the_figures_of_the_page(client: httpx.Client, tmp_path: Path) -> None:
    """What is exported after an edit is what was on the screen, to the last digit."""
    desk = begin(client)
    state = post(client, desk, "edits", {"edits": [{"close": STATION}]})
    job = finished(client, client.post(f"/api/desks/{desk}/export", json={"what": "workbook"}))
    path = tmp_path / "review.xlsx"
    path.write_bytes(client.get(job["result"]["file"]).content)
    book = CalamineWorkbook.from_path(path)
    rows = [row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() if row]
    assert state["figures"]["rules"]
    for rule in state["figures"]["rules"]:
        mine = [cell for row in rows if rule["rule_id"] in row for cell in row if isinstance(cell, float)]
        assert any(cell == pytest.approx(rule["figure"], rel=1e-14) for cell in mine), rule


def test_the_best_sites_come_with_a_bound(client: httpx.Client) -> None:
    """What is suggested brings as many people as posting it as edits does."""
    desk = begin(client)
    asked = {"kind": "chc", "k": 1, "rule": "TB-1", "reading": "walk", "seconds": 5, "spacing_m": 500}
    job = finished(client, client.post(f"/api/desks/{desk}/suggest", json=asked))
    assert job["status"] == "done", job
    (site,) = job["result"]["sites"]
    assert job["result"]["bound"] >= job["result"]["people"] == site["gained"] > 0
    client.put(f"/api/desks/{desk}/settings", json={"options": {"TB-1": "walk"}})
    edit = {"open": {"kind": "chc", "name": site["name"], "at": site["at"]}}
    after = post(client, desk, "edits?rule=TB-1", {"edits": [edit]})
    assert after["figures"]["gained"] == site["gained"]
    refused = finished(client, client.post(f"/api/desks/{desk}/suggest", json=asked | {"kind": "blood_station"}))
    assert refused["status"] == "failed"
    assert refused["problems"][0]["field"] == "kind"


def test_a_table_of_sites_is_opened_as_one_step_or_not_at_all(client: httpx.Client) -> None:
    """The import report comes back with the desk; a mistake changes nothing; names and paths of files do not matter."""
    desk = begin(client)
    good = "名称,经度,纬度,救护车\n甲,118.545,24.72,1\n乙,118.55,24.72,2\n".encode()
    answer = client.post(f"/api/desks/{desk}/sites", files={"file": ("../../../evil.exe", good, "text/html")})
    told = answer.json()
    assert [site["name"] for site in told["sites"]] == ["甲", "乙"]
    assert [edit["says"]["zh"] for edit in told["state"]["edits"]] == [
        "新建急救站“甲”，1辆救护车",
        "新建急救站“乙”，2辆救护车",
    ]
    assert post(client, desk, "undo")["edits"] == []
    bad = "名称,经度,纬度\n甲,18.5,24.72\n乙,x,24.72\n".encode()
    answer = client.post(f"/api/desks/{desk}/sites", files={"file": ("sites.csv", bad)})
    assert answer.status_code == 422
    assert {problem["field"] for problem in answer.json()["problems"]} == {"row 2", "row 3, lon"}
    assert client.get(f"/api/desks/{desk}").json()["edits"] == []
    large = client.post(f"/api/desks/{desk}/sites", files={"file": ("sites.csv", b"x" * 2_100_000)})
    assert large.status_code == 413
    assert client.post(f"/api/desks/{desk}/sites", files={"other": ("sites.csv", good)}).status_code == 422


@pytest.mark.parametrize(
    ("path", "data", "field"),
    [
        ("edits", {"edits": [{"close": STATION}, {"close": "nobody"}]}, "edits.1.close.facility"),
        ("edits", {"edits": []}, "edits"),
        ("edits", {"edits": [{"close": STATION}], "more": 1}, "more"),
        ("drag", {"at": SPOT}, "facility_id"),
        ("drag", {"at": [24.72, 118.545], "kind": "ems_station"}, "at"),
        ("drag", {"at": [119.5, 24.72], "kind": "ems_station"}, "at"),
        ("drag", {"at": SPOT, "kind": "palace"}, "kind"),
        ("drag", {"at": ["118.5", 24.72], "kind": "chc"}, "at.0"),
        ("suggest", {"k": 0}, "k"),
        ("suggest", {"k": 1, "reading": "nonsense"}, "reading"),
        ("export", {"what": "everything"}, "what"),
    ],
)
def test_a_mistake_is_named_by_its_field(client: httpx.Client, path: str, data: dict, field: str) -> None:
    """Bad input gets a 422 that says which field, and what to do about it."""
    answer = client.post(f"/api/desks/{begin(client)}/{path}", json=data)
    assert answer.status_code == 422
    assert field in [problem["field"] for problem in answer.json()["problems"]]
    for problem in answer.json()["problems"]:
        for said in (problem["what"], problem["hint"]):
            assert bool(said["zh"]) == bool(said["en"])
            assert not said["zh"] or HAN.search(said["zh"]), said
        assert bool(problem["where"]["zh"]) == bool(problem["where"]["en"]) == bool(problem["field"])
        assert "原文" not in problem["what"]["zh"]


def test_settings_that_there_are_not_are_refused_together(client: httpx.Client) -> None:
    """Year, part of the week and options: every mistake at once."""
    wrong = {"period": "tea time", "options": {"TB-1": "swim", "XX": "y"}}
    answer = client.put(f"/api/desks/{begin(client)}/settings", json=wrong)
    fields = [problem["field"] for problem in answer.json()["problems"]]
    assert (answer.status_code, sorted(fields)) == (422, ["options", "options.TB-1", "period"])


def test_what_is_not_there_says_so(client: httpx.Client) -> None:
    """Desks, jobs, scenarios, facilities, rules, addresses: 404 with a problem."""
    desk = begin(client)
    for path in ("desks/x", "jobs/x", "jobs/x/file", "scenarios/x", f"desks/{desk}?rule=TB-3", "nothing"):
        answer = client.get(f"/api/{path}")
        assert answer.status_code == 404, path
        assert HAN.search(answer.json()["problems"][0]["what"]["zh"])
    drag = {"facility_id": "nobody", "at": SPOT}
    assert client.post(f"/api/desks/{desk}/drag", json=drag).status_code == 404
    assert client.delete(f"/api/desks/{desk}/edits/0").status_code == 404
    assert client.patch("/api/study", headers={"Content-Type": "application/json"}).status_code == 405


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 50_000, b'{"at": 1e999}', b"9" * 5000])
def test_what_is_no_json_is_refused(client: httpx.Client, body: bytes) -> None:
    """Broken bodies of every kind end in a 4xx with a problem."""
    answer = client.post(f"/api/desks/{begin(client)}/drag", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.json()["problems"]


def test_twenty_users_drag_at_once_and_see_only_their_own(client: httpx.Client, planner: Planner) -> None:
    """Every answer is the one that the same drag gets alone, and no desk has anything that its user did not do."""
    points = planner.world.study.people
    spots = [
        (round(float(lon), 5), round(float(lat), 5)) for lon, lat in zip(points["lon"], points["lat"], strict=True)
    ]
    desks = [begin(client) for _ in range(20)]
    names = [f"站{i}" for i in range(20)]

    def use(i: int) -> list[dict]:
        at = list(spots[i % len(spots)])
        post(client, desks[i], "edits", {"edits": [{"open": {"kind": "ems_station", "name": names[i], "at": at}}]})
        return [
            post(client, desks[i], "drag", {"facility_id": STATION, "at": list(spots[(i + k) % len(spots)]), "seq": k})
            for k in range(4)
        ]

    with ThreadPoolExecutor(20) as pool:
        told = list(pool.map(use, range(20)))
    for i, answers in enumerate(told):
        state = client.get(f"/api/desks/{desks[i]}").json()
        assert [one["name"] for one in state["facilities"] if one["status"] == "new"] == [names[i]]
        assert [answer["seq"] for answer in answers] == [0, 1, 2, 3]
    for i in (0, 7):
        k = 3
        alone = post(client, desks[i], "drag", {"facility_id": STATION, "at": list(spots[(i + k) % len(spots)])})
        assert alone["figures"] == told[i][k]["figures"]


def test_the_page_and_the_description_are_there(client: httpx.Client) -> None:
    """The page, its assets with the right types, and a description of every address that needs nothing else."""
    assert "text/html" in client.get("/").headers["content-type"]
    assert "javascript" in client.get("/static/leaflet/leaflet.js").headers["content-type"]
    described = client.get("/openapi.json").json()
    page = client.get("/docs").text
    assert all(path in page for path in described["paths"])
    assert "<script" not in page
    assert len(described["paths"]) >= 20


@pytest.fixture(scope="module")
def description(client: httpx.Client) -> BaseSchema:
    """The interface as it describes itself."""
    return schemathesis.openapi.from_url(f"{client.base_url}/openapi.json")


PROMISED = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def known(client: httpx.Client) -> dict[str, str]:
    """Things that are there, so that not every drawn request ends at an unknown identifier."""
    desk = begin(client)
    client.put("/api/scenarios/there", json={"desk_id": desk})
    return {"desk_id": desk, "scenario": "there"}


def test_the_interface_survives_whatever_its_description_allows(description: BaseSchema, known: dict[str, str]) -> None:
    """Requests drawn from the OpenAPI description: never a 5xx, and only answers that are described."""
    operations = [found.ok() for found in description.get_all_operations()]
    assert len(operations) >= 25

    def hold(case: schemathesis.Case) -> None:
        for name, value in known.items():
            if name in (case.path_parameters or {}) and case.method != "DELETE":
                case.path_parameters[name] = value
        if isinstance(case.body, dict) and case.path.endswith("suggest"):
            # The queue is the point here, not the search.
            case.body = {**case.body, "seconds": 0.1, "k": 1, "kind": "mch"}
        case.call_and_validate(checks=PROMISED)

    drawn = settings(
        max_examples=int(os.environ.get("COVERPLAN_EXAMPLES", "5")), suppress_health_check=list(HealthCheck)
    )
    for operation in operations:
        drawn(given(operation.as_strategy())(hold))()
