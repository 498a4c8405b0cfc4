"""Providers, asked over a real connection to a server that answers, refuses and breaks as the real ones do."""

import logging
import pickle
import re
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from coverplan.core.datum import to_wgs84
from coverplan.core.errors import InputError
from coverplan.inputs.geocode.providers import PROVIDERS, Provider, ProviderError, make_provider, provider_from_config
from coverplan.inputs.geocode.web import Secret

from .conftest import FOUND, HOSPITAL, KEY, NOTHING, Service, page, text

QUESTION = "福建省泉州市晋江市市医院"
DATUM = {"amap": "gcj02", "baidu": "bd09", "tianditu": "wgs84", "nominatim": "wgs84"}
KEY_NAME = {"amap": "key", "baidu": "ak", "tianditu": "tk"}


def make(service: Service, name: str, **settings: Any) -> Provider:
    """Make a provider that talks to the server, without pauses."""
    return make_provider(name, **({"url": service.url, "delay_s": 0, "pause_s": 0, "timeout_s": 5} | settings))


def failure(service: Service, name: str, *replies: Any, **settings: Any) -> ProviderError:
    """Ask, and return why there was no answer."""
    service.replies[:] = replies
    with pytest.raises(ProviderError) as caught:
        make(service, name, **settings).ask(QUESTION)
    return caught.value


@pytest.mark.parametrize("name", PROVIDERS)
def test_an_answer_comes_out_in_wgs84_with_its_precision(service: Service, name: str) -> None:
    """Each service's point is taken out of its own datum; a hospital or house number is rooftop."""
    service.replies[:] = [page(FOUND[name])]
    (answer,) = make(service, name).ask(QUESTION)
    lon, lat = to_wgs84(*HOSPITAL, DATUM[name])
    assert (answer.lon, answer.lat) == pytest.approx((float(lon), float(lat)), abs=2e-6)
    assert answer.precision == "rooftop"
    assert answer.score >= 0.8


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_question_arrives_whole_and_polite(service: Service, name: str) -> None:
    """Name, key and user agent arrive as they should; Baidu's address keeps to 84 bytes."""
    service.replies[:] = [page(FOUND[name])]
    make(service, name, contact="planner@example.org").ask(QUESTION)
    (asked,) = service.asked
    assert QUESTION in "".join(asked.values())
    assert re.match(r"coverplan/[\d.]+ \(.*planner@example\.org\)", service.agents[0])
    if name != "nominatim":
        assert asked[KEY_NAME[name]] == KEY
    paths = {"amap": "/v3/geocode/geo", "baidu": "/geocoding/v3/", "tianditu": "/geocoder", "nominatim": "/search"}
    assert asked["path"] == paths[name]
    if name == "nominatim":
        assert (asked["countrycodes"], asked["addressdetails"]) == ("cn", "1")


def test_baidu_reads_no_more_than_84_bytes(service: Service) -> None:
    """A long address is cut at a whole character."""
    service.replies[:] = [page(FOUND["baidu"])]
    make(service, "baidu").ask("晋" * 40)
    assert service.asked[0]["address"] == "晋" * 28


def test_baidu_answers_in_gcj02_when_told(service: Service) -> None:
    """Its parameter and our conversion go together."""
    service.replies[:] = [page(FOUND["baidu"])]
    (answer,) = make(service, "baidu", datum="gcj02").ask(QUESTION)
    assert service.asked[0]["ret_coordtype"] == "gcj02ll"
    assert answer.lon == pytest.approx(float(to_wgs84(*HOSPITAL, "gcj02")[0]), abs=2e-6)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_name_nobody_knows_has_no_answers(service: Service, name: str) -> None:
    """The services say in different ways that they know nothing; none of them is an error."""
    service.replies[:] = [page(NOTHING[name])]
    assert make(service, name).ask(QUESTION) == ()
    assert len(service.asked) == 1


def test_amap_says_unknown_as_an_error_too(service: Service) -> None:
    """ENGINE_RESPONSE_DATA_ERROR is how AMap answers to what it cannot make sense of."""
    service.replies[:] = [page({"status": "0", "info": "ENGINE_RESPONSE_DATA_ERROR", "infocode": "30001"})]
    assert make(service, "amap").ask(QUESTION) == ()


@pytest.mark.parametrize(
    ("name", "level", "precision"),
    [
        ("amap", "门牌号", "rooftop"),
        ("amap", "道路", "street"),
        ("amap", "村庄", "village"),
        ("amap", "乡镇", "town"),
        ("amap", "区县", ""),
        ("amap", "未知", ""),
        ("baidu", "门址", "rooftop"),
        ("baidu", "村庄", "village"),
        ("baidu", "乡镇", "town"),
        ("baidu", "城市", ""),
        ("baidu", "UNKNOWN", ""),
        ("tianditu", "门址", "rooftop"),
        ("tianditu", "地名地址", "rooftop"),
        ("nominatim", "village", "village"),
        ("nominatim", "road", "street"),
        ("nominatim", "county", ""),
    ],
)
def test_levels_become_precisions(service: Service, name: str, level: str, precision: str) -> None:
    """What a service calls its level is told as rooftop, street, village or town; anything coarser is no place."""
    body: Any = {
        "amap": {**FOUND["amap"], "geocodes": [{**FOUND["amap"]["geocodes"][0], "level": level}]},
        "baidu": {"status": 0, "result": {**FOUND["baidu"]["result"], "level": level}},
        "tianditu": {**FOUND["tianditu"], "location": {**FOUND["tianditu"]["location"], "level": level}},
        "nominatim": [{**FOUND["nominatim"][0], "addresstype": level}],
    }[name]
    service.replies[:] = [page(body)]
    assert make(service, name).ask(QUESTION)[0].precision == precision


REFUSALS = [
    ("amap", page({"status": "0", "info": "INVALID_USER_KEY", "infocode": "10001"}), "key"),
    ("amap", page({"status": "0", "info": "USERKEY_PLAT_NOMATCH", "infocode": "10009"}), "key"),
    ("amap", page({"status": "0", "info": "DAILY_QUERY_OVER_LIMIT", "infocode": "10003"}), "quota"),
    ("amap", page({"status": "0", "info": "USER_DAILY_QUERY_OVER_LIMIT", "infocode": "10044"}), "quota"),
    ("amap", page({"status": "0", "info": "INVALID_PARAMS", "infocode": "20000"}), "question"),
    ("baidu", page({"status": 200, "message": "APP不存在，AK有误请检查再重试"}), "key"),
    ("baidu", page({"status": 5, "message": "ak不存在或者非法"}), "key"),
    ("baidu", page({"status": 211, "message": "APP SN校验失败"}), "key"),
    ("baidu", page({"status": 240, "message": "APP 服务被禁用"}), "key"),
    ("baidu", page({"status": 302, "message": "天配额超限，限制访问"}), "quota"),
    ("baidu", page({"status": 4, "message": "配额校验失败"}), "quota"),
    ("baidu", page({"status": 2, "msg": "Request Parameter Error: lack address or location"}), "question"),
    ("tianditu", page({"code": 301001, "msg": "非法key", "resolve": "请到API控制台重新申请Key"}, code=403), "key"),
    ("tianditu", page({"code": 308011, "message": "请求参数非法长度或不合规"}, code=400), "key"),
    ("tianditu", page({"code": 12, "msg": "权限类型错误", "resolve": "Key权限类型为:浏览器端"}, code=403), "key"),
    ("tianditu", page({"code": 301003, "msg": "key调用次数超过上限"}, code=403), "quota"),
    ("nominatim", text("<html>Access blocked</html>", code=403, kind="text/html"), "key"),
]


@pytest.mark.parametrize(("name", "reply", "kind"), REFUSALS)
def test_a_refusal_is_told_for_what_it_is_and_not_repeated(service: Service, name: str, reply: Any, kind: str) -> None:
    """Bad keys, used-up quotas and bad questions are each named, and asked only once."""
    assert failure(service, name, reply).kind == kind
    assert len(service.asked) == 1


SLOW_DOWN = [
    ("amap", page({"status": "0", "info": "CUQPS_HAS_EXCEEDED_THE_LIMIT", "infocode": "10021"})),
    ("amap", page({"status": "0", "info": "ACCESS_TOO_FREQUENT", "infocode": "10004"})),
    ("baidu", page({"status": 401, "message": "当前并发量已经超过约定并发配额，限制访问"})),
    ("nominatim", text("Too many requests", code=429, kind="text/plain", headers={"Retry-After": "7"})),
]


@pytest.mark.parametrize(("name", "reply"), SLOW_DOWN)
def test_a_service_that_asks_to_slow_down_is_asked_again_later(service: Service, name: str, reply: Any) -> None:
    """After a pause the question is put again, and answered."""
    pauses: list[float] = []
    provider = make(service, name, pause_s=2)
    provider = replace(provider, sleep=pauses.append)
    service.replies[:] = [reply, page(FOUND[name])]
    assert len(provider.ask(QUESTION)) == 1
    assert max(pauses) == (7 if name == "nominatim" else 2)


BREAKS = [
    ("truncated", text('{"status": "1", "geocodes": [{"loc')),
    ("html", text("<html>502 Bad gateway</html>", kind="text/html")),
    ("not text", text(b"\xff\xfe\x00\x80", kind="application/json")),  # type: ignore[arg-type] - bytes on purpose
    ("strange charset", text("{}", headers={"charset": "no-such-charset"})),
    ("empty", text("")),
    ("null", page(None)),
    ("a number", page(7)),
    ("a text", page("OK")),
    ("a list of lists", page([[1, 2]])),
    ("another form", page({"hello": "world"})),
]


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize(("what", "reply"), BREAKS)
def test_a_broken_answer_is_an_error_in_words(service: Service, name: str, what: str, reply: Any) -> None:
    """Whatever comes, it ends in an answer or a `ProviderError`, never in another exception."""
    service.replies[:] = [reply]
    provider = make(service, name, tries=2)
    if name == "nominatim" and what == "null":
        assert provider.ask(QUESTION) == ()
        return
    with pytest.raises(ProviderError) as caught:
        provider.ask(QUESTION)
    assert caught.value.kind in {"answer", "silence"}


WRONG_TYPES: list[tuple[str, Any]] = [
    ("amap", {"status": "1", "geocodes": "none"}),
    ("amap", {"status": "1", "geocodes": [None]}),
    ("amap", {"status": "1", "geocodes": [{"location": "east,north", "level": "村庄"}]}),
    ("amap", {"status": "1", "geocodes": [{"location": "1180,240", "level": "村庄"}]}),
    ("baidu", {"status": 0, "result": "here"}),
    ("baidu", {"status": 0, "result": {"location": {"lng": None, "lat": 24.7}}}),
    ("baidu", {"status": 0, "result": {"location": {"lng": 118, "lat": 24}, "comprehension": "much"}}),
    ("baidu", {"status": "zero"}),
    ("tianditu", {"status": "0", "location": ["118", "24"]}),
    ("tianditu", {"status": "0", "location": {"lon": "118"}}),
    ("tianditu", {"status": "0", "location": {"lon": "NaN", "lat": "24"}}),
    ("nominatim", {"lat": "24", "lon": "118"}),
    ("nominatim", [{"lat": "24"}]),
    ("nominatim", [{"lat": {}, "lon": []}]),
    ("nominatim", {"error": {"code": 400, "message": "Parameter 'q' missing"}}),
]


@pytest.mark.parametrize(("name", "body"), WRONG_TYPES)
def test_wrong_types_in_an_answer_are_found(service: Service, name: str, body: Any) -> None:
    """A field of another type than documented is a broken answer, not a crash and not a place."""
    assert failure(service, name, page(body), tries=1).kind in {"answer", "silence"}


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("code", [500, 502, 503, 504, 418])
def test_a_failing_server_is_asked_again_and_then_given_up(service: Service, name: str, code: int) -> None:
    """Three tries, then silence; a server that recovers in between is forgiven."""
    assert failure(service, name, text("oops", code=code, kind="text/plain")).kind == "silence"
    assert len(service.asked) == 3
    service.replies[:] = [text("oops", code=code, kind="text/plain"), page(FOUND[name])]
    assert make(service, name).ask(QUESTION)


@pytest.mark.parametrize("reply", [("reset",), text("{}", headers={"Content-Length": "500"})])
def test_a_connection_that_breaks_is_silence(service: Service, reply: Any) -> None:
    """Cut before or in the middle of the answer, it is tried again and then given up."""
    assert failure(service, "amap", reply, timeout_s=1).kind == "silence"
    assert len(service.asked) == 3


@pytest.mark.parametrize("reply", [("sleep", 1.5), ("drip", 60)])
def test_a_slow_server_cannot_hold_us(service: Service, reply: Any) -> None:
    """Neither one that says nothing nor one that says a byte now and then, beyond the time limit."""
    started = time.monotonic()
    assert failure(service, "amap", reply, timeout_s=0.4, tries=1).kind == "silence"
    assert time.monotonic() - started < 1.2


def test_an_endless_answer_is_cut_off(service: Service) -> None:
    """More than two megabytes are no answer to where a hospital is."""
    error = failure(service, "amap", text(" " * 3_000_000), tries=1)
    assert "too long" in str(error)


def test_a_server_that_is_not_there_is_silence(service: Service) -> None:
    """A refused connection is told without its address."""
    error = failure(service, "tianditu", page({}), url="http://127.0.0.1:9", tries=2)
    assert (error.kind, "127.0.0.1" in str(error)) == ("silence", False)


def test_questions_keep_their_distance(service: Service) -> None:
    """Between two questions at least `delay_s` passes, measured on the provider's own clock."""
    service.replies[:] = [page(FOUND["amap"])]
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    provider = make(service, "amap", delay_s=1.5)
    provider = replace(provider, sleep=sleep, clock=lambda: now[0])
    provider.ask("a")
    now[0] += 0.5
    provider.ask("b")
    assert slept == [pytest.approx(1.0)]


def test_pauses_double(service: Service) -> None:
    """1, 2, 4 seconds: a service in trouble is left alone longer each time."""
    slept: list[float] = []
    provider = make(service, "amap", pause_s=1, tries=4)
    provider = replace(provider, sleep=slept.append)
    service.replies[:] = [text("", code=500)]
    with pytest.raises(ProviderError):
        provider.ask(QUESTION)
    assert [pause for pause in slept if pause] == [1, 2, 4]


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [
        ("gogle", {}, "not a provider"),
        ("amap", {"url": "ftp://127.0.0.1"}, "http"),
        ("amap", {"url": "https://a.example/?key=1"}, "must not carry"),
        ("amap", {"tries": 0}, "tries"),
        ("amap", {"datum": "bd09"}, "answers in gcj02"),
        ("nominatim", {"delay_s": 0.2, "url": None}, "one question per second"),
        ("amap", {"key_env": "COVERPLAN_NO_SUCH_KEY"}, "COVERPLAN_NO_SUCH_KEY"),
    ],
)
def test_unusable_settings_are_refused(service: Service, name: str, settings: dict[str, Any], told: str) -> None:
    """Each is told in words, before anything is asked."""
    with pytest.raises(InputError, match=re.escape(told)):
        make(service, name, **settings)


def test_a_key_in_the_config_is_refused_without_being_repeated() -> None:
    """Keys come from the environment; unknown settings are named together with them."""
    with pytest.raises(InputError) as caught:
        provider_from_config({"provider": "amap", "key": KEY, "timout_s": 3}, file="study.yaml")
    message = str(caught.value)
    assert KEY not in message
    assert "environment" in message
    assert "timeout_s" in message
    assert provider_from_config({}) is None


# --- no secret is ever written ------------------------------------------------------------------------------------

FORMS = (KEY, quote(KEY, safe=""), quote(KEY), quote_plus(KEY), "7f3a9c")
"""The planted key in every way an address or a text may carry it; its middle alone gives it away."""


def leaks(*texts: str) -> list[str]:
    """Return the texts in which the key stands."""
    return [said for said in texts if any(form in said for form in FORMS)]


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Everything that is logged, by anyone, at the most talkative level."""
    with caplog.at_level(logging.DEBUG):
        for name in ("geopy", "urllib3", "requests", "http.client"):
            caplog.set_level(logging.DEBUG, logger=name)
        yield caplog


TROUBLES = [
    *(reply for _, reply, _ in REFUSALS),
    *(reply for _, reply in SLOW_DOWN),
    *(reply for _, reply in BREAKS),
    page({"status": "0", "info": f"invalid key {KEY}", "infocode": "10001"}),
    page({"status": 200, "message": f"Failed to authenticate for invaid AK : {KEY}"}),
    page({"code": 301001, "msg": f"非法key {quote(KEY, safe='')}"}, code=403),
    text(f"bad request: /geocoder?tk={quote_plus(KEY)}", code=500, kind="text/plain"),
    text(f"not json, key={KEY}"),
    text("", code=302, headers={"Location": f"ftp://127.0.0.1/?key={quote_plus(KEY)}"}),
    ("reset",),
    ("sleep", 0.6),
]


@pytest.mark.parametrize("name", ["amap", "baidu", "tianditu"])
@pytest.mark.parametrize("number", range(len(TROUBLES)))
def test_no_error_and_no_log_tells_the_key(
    service: Service, name: str, number: int, said: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever goes wrong, the key stands in no message, cause, traceback, variable of one, log line or output."""
    service.replies[:] = [TROUBLES[number]]
    provider = replace(make(service, name, tries=2, timeout_s=0.3), sleep=lambda _: None)
    texts = [repr(provider), str(provider)]
    try:
        texts.append(repr(provider.ask(QUESTION)))
    except ProviderError as error:
        caught = error
    else:
        caught = ProviderError(name, "none", "it was answered")
    # Our own frames only: the test's hold the server, which was told the key.
    ours = caught.__traceback__ and caught.__traceback__.tb_next
    chain = traceback.TracebackException(type(caught), caught, ours, capture_locals=True)
    texts += [str(caught), repr(caught), "".join(chain.format())]
    assert (caught.__context__, caught.__cause__) == (None, None)
    texts += [record.getMessage() for record in said.records] + [repr(record.args) for record in said.records]
    texts += list(capfd.readouterr())
    assert any(asked.get(KEY_NAME[name]) == KEY for asked in service.asked), "the key was not even sent"
    assert leaks(*texts) == []


def test_a_secret_does_not_show_itself(tmp_path: Path) -> None:
    """Neither printed nor formatted nor pickled nor struck from a text does it come out."""
    secret = Secret(KEY)
    kept = tmp_path / "secret"
    kept.write_bytes(pickle.dumps(secret))
    texts = [str(secret), repr(secret), f"{secret!s:>9}", repr([secret]), kept.read_bytes().decode("latin-1")]
    texts += [secret.strike(f"a {form} b") for form in FORMS[:-1]]
    assert leaks(*texts) == []
    assert secret
