"""A server on 127.0.0.1 that answers as the map services document it, and misbehaves when told to."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

KEY = "PLANTED/key+7f3a9c=&%"
"""A key with signs that addresses write in other ways, so that every way it may leak in is looked for."""

HOSPITAL = (118.5901, 24.7782)
"""Where the made-up services know 晋江市医院, in the datum of each."""


@dataclass
class Service:
    """What the server answers next, and what it was asked."""

    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    replies: list[Any] = field(default_factory=list)

    def next_reply(self) -> Any:
        """Take the next reply; the last one stays."""
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def text(body: str, *, code: int = 200, kind: str = "application/json", headers: dict[str, str] | None = None) -> Any:
    """Make a reply of a text."""
    return ("text", code, kind, body, headers or {})


def page(body: object, *, code: int = 200, headers: dict[str, str] | None = None) -> Any:
    """Make a reply of JSON."""
    return text(json.dumps(body, ensure_ascii=False), code=code, headers=headers)


class _Handler(BaseHTTPRequestHandler):
    service: Service

    def do_GET(self) -> None:
        """Answer with the next reply."""
        parts = urlsplit(self.path)
        self.service.asked.append({k: v[0] for k, v in parse_qs(parts.query).items()} | {"path": parts.path})
        self.service.agents.append(self.headers.get("User-Agent", ""))
        reply = self.service.next_reply()
        what = reply[0]
        if what == "reset":
            self.connection.shutdown(2)
            return
        if what == "sleep":
            time.sleep(reply[1])
            return
        if what == "drip":
            self.send_response(200)
            self.end_headers()
            for _ in range(reply[1]):
                try:
                    self.wfile.write(b" ")
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(0.05)
            return
        _, code, kind, body, headers = reply
        data = body.encode() if isinstance(body, str) else body
        self.send_response(code)
        self.send_header("Content-Type", f"{kind}; charset={headers.get('charset', 'utf-8')}")
        self.send_header("Content-Length", headers.get("Content-Length", str(len(data))))
        for name in headers.keys() - {"Content-Length", "charset"}:
            self.send_header(name, headers[name])
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - so named in the base class
        """Say nothing."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The server, with the planted key in every provider's environment variable and no proxy in between."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("AMAP", "BAIDU", "TIANDITU"):
        monkeypatch.setenv(f"COVERPLAN_{name}_KEY", KEY)
    told = Service()
    handler = type("Handler", (_Handler,), {"service": told})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign] - a client that hung up is part of the tests
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


AMAP_FOUND = {
    "status": "1",
    "info": "OK",
    "infocode": "10000",
    "count": "1",
    "geocodes": [
        {
            "formatted_address": "福建省泉州市晋江市晋江市医院",
            "country": "中国",
            "province": "福建省",
            "citycode": "0595",
            "city": "泉州市",
            "district": "晋江市",
            "township": [],
            "neighborhood": {"name": [], "type": []},
            "building": {"name": [], "type": []},
            "adcode": "350582",
            "street": [],
            "number": [],
            "location": f"{HOSPITAL[0]},{HOSPITAL[1]}",
            "level": "兴趣点",
        }
    ],
}
BAIDU_FOUND = {
    "status": 0,
    "result": {
        "location": {"lng": HOSPITAL[0], "lat": HOSPITAL[1]},
        "precise": 1,
        "confidence": 80,
        "comprehension": 100,
        "level": "医疗",
    },
}
TIANDITU_FOUND = {
    "msg": "ok",
    "location": {
        "score": 100,
        "level": "门址",
        "lon": f"{HOSPITAL[0]}",
        "lat": f"{HOSPITAL[1]}",
        "keyWord": "福建省泉州市晋江市医院",
    },
    "searchVersion": "6.4.9V",
    "status": "0",
}
NOMINATIM_FOUND = [
    {
        "place_id": 1001,
        "licence": "Data © OpenStreetMap contributors, ODbL 1.0. http://osm.org/copyright",
        "osm_type": "way",
        "osm_id": 77,
        "lat": f"{HOSPITAL[1]}",
        "lon": f"{HOSPITAL[0]}",
        "class": "amenity",
        "type": "hospital",
        "place_rank": 30,
        "importance": 0.2,
        "addresstype": "amenity",
        "name": "晋江市医院",
        "display_name": "晋江市医院, 罗山街道, 晋江市, 泉州市, 福建省, 中国",
        "address": {"amenity": "晋江市医院", "suburb": "罗山街道", "city": "晋江市", "state": "福建省"},
    }
]
FOUND = {"amap": AMAP_FOUND, "baidu": BAIDU_FOUND, "tianditu": TIANDITU_FOUND, "nominatim": NOMINATIM_FOUND}
"""What each service answers when it knows the hospital."""
NOTHING: dict[str, Any] = {
    "amap": {"status": "1", "info": "OK", "infocode": "10000", "count": "0", "geocodes": []},
    "baidu": {"status": 1, "msg": "Internal Service Error:无相关结果", "results": []},
    "tianditu": {"msg": "结果为空", "searchVersion": "6.4.9V", "status": "101"},
    "nominatim": [],
}
"""What each service answers when it knows nothing of that name."""
