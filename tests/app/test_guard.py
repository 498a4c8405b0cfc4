"""Who may ask, from where, and how much."""

import http.client
from collections.abc import Iterator

import httpx
import pytest

from coverplan.app.planner import Planner
from served import begin, running, toy_planner

TOKEN = "a-token-of-our-own"  # noqa: S105 - a test's


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planner]:
    """A planner for the toy county."""
    with toy_planner(tmp_path_factory.mktemp("scenarios")) as planner:
        yield planner


@pytest.fixture(scope="module")
def client(planner: Planner) -> Iterator[httpx.Client]:
    """A server that listens on this machine only."""
    with running(planner) as client:
        yield client


@pytest.fixture(scope="module")
def open_client(planner: Planner) -> Iterator[httpx.Client]:
    """A server as for another address: whoever asks needs the token."""
    with running(planner, token=TOKEN, host="192.0.2.1") as client:
        yield client


def one_problem(answer: httpx.Response, status: int) -> dict:
    """Return the only problem of an answer, which has a field, a text and a hint."""
    assert answer.status_code == status, answer.text
    (problem,) = answer.json()["problems"]
    assert set(problem) == {"field", "where", "what", "hint"}
    assert problem["what"]["zh"] != problem["what"]["en"]
    return problem


def test_without_the_token_nothing_is_told(open_client: httpx.Client) -> None:
    """Neither the page nor the interface nor its description answers; a wrong token is none."""
    for path in (
        "/",
        "/api/study",
        "/openapi.json",
        "/static/leaflet/leaflet.js",
        "/api/health",
        "/?token=",
        "/?token=x",
    ):
        assert one_problem(open_client.get(path), 401)["field"] == "token"
    for given in ("Bearer wrong", "Basic " + TOKEN, "Bearer", "Bearer \xff"):
        assert open_client.get("/api/health", headers={"Authorization": given.encode("latin-1")}).status_code == 401


def test_the_token_opens_by_header_and_once_by_address(open_client: httpx.Client) -> None:
    """In the address it is exchanged for a cookie that scripts cannot read and other sites cannot send."""
    assert open_client.get("/api/health", headers={"Authorization": f"Bearer {TOKEN}"}).json()["ok"]
    answer = open_client.get(f"/?token={TOKEN}&lang=zh")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?lang=zh")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert open_client.get("/api/health", headers={"Cookie": cookie.partition(";")[0]}).json()["ok"]
    connection = http.client.HTTPConnection("127.0.0.1", open_client.base_url.port, timeout=20)
    connection.request("GET", f"//elsewhere.example/?token={TOKEN}")
    assert connection.getresponse().headers["location"] == "/elsewhere.example/"
    connection.close()


def test_a_foreign_name_that_leads_here_is_turned_away(client: httpx.Client) -> None:
    """A page of another name, made to point at this machine, gets nothing (DNS rebinding)."""
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", ""):
        assert one_problem(client.get("/api/study", headers={"Host": host}), 421)["field"] == "Host"
    for host in ("localhost:1234", "127.0.0.1", "[::1]:8765"):
        assert client.get("/api/health", headers={"Host": host}).status_code == 200


def test_another_site_changes_nothing(client: httpx.Client) -> None:
    """A form or script of a foreign page is refused, by its origin or by its content type."""
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
        assert one_problem(client.post("/api/desks", json={}, headers={"Origin": origin}), 403)["field"] == "Origin"
    own = {"Origin": str(client.base_url).rstrip("/")}
    assert client.post("/api/desks", json={}, headers=own).status_code == 201
    assert client.post("/api/desks", json={}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        answer = client.post("/api/desks", content=b"{}", headers={"Content-Type": kind})
        assert one_problem(answer, 415)["field"] == "Content-Type"
    assert client.post(f"/api/desks/{begin(client)}/sites", json={}).status_code == 415


def test_what_is_too_large_is_not_read(client: httpx.Client) -> None:
    """A long body is refused by what it says of itself, and when it says nothing, once it is too long."""
    big = {"name": "x" * 1_200_000}
    assert one_problem(client.post("/api/desks", json=big), 413)["field"] == "body"
    pieces = (b"x" * 100_000 for _ in range(15))
    answer = client.post("/api/desks", content=pieces, headers={"Content-Type": "application/json"})
    assert one_problem(answer, 413)["field"] == "body"


def test_every_answer_forbids_what_a_page_need_not_do(client: httpx.Client) -> None:
    """No script but our own files, no frame, no guessing of types; answers of the interface are not kept."""
    for path in ("/", "/docs", "/api/study", "/static/leaflet/leaflet.js", "/nothing"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
        assert "server" not in headers or "uvicorn" in headers["server"]
    assert client.get("/api/study").headers["cache-control"] == "no-store"


def test_nothing_outside_the_folders_of_the_page_is_served(client: httpx.Client) -> None:
    """Dots in a path lead nowhere."""
    for path in ("/static/page/../planner.py", "/static/page/%2e%2e/planner.py", "/static/leaflet/..%2f..%2fmaps.py"):
        assert client.get(path).status_code == 404
