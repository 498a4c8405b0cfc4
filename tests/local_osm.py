"""Nominatim and Overpass on 127.0.0.1, fed from an extract, and as unfriendly as a test wants them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import osmium
import shapely

PLACE = "La Massana, Andorra"
OUTLINE = shapely.box(1.49, 42.53, 1.53, 42.56)
DATE = "2013-05-28"

Reply = tuple[int, dict[str, str], bytes]
_TEST = re.compile(r'\["([^"]+)"(?:(!?~)"([^"]*)")?\]')


class Extract:
    """The ways of an extract that have a highway tag, and their nodes, as Overpass holds them."""

    def __init__(self, path: Path) -> None:
        self.ways: list[dict[str, Any]] = []
        highways = osmium.filter.KeyFilter("highway")
        for way in osmium.FileProcessor(str(path), osmium.osm.WAY).with_filter(highways):
            nodes = [node.ref for node in way.nodes]
            self.ways.append({"type": "way", "id": way.id, "nodes": nodes, "tags": dict(way.tags)})
        wanted = {node for way in self.ways for node in way["nodes"]}
        self.nodes = {
            node.id: {"type": "node", "id": node.id, "lat": node.location.lat, "lon": node.location.lon}
            for node in osmium.FileProcessor(str(path), osmium.osm.NODE)
            if node.id in wanted
        }
        for way in self.ways:
            way["nodes"] = [node for node in way["nodes"] if node in self.nodes]
        self.places = [(node["id"], node["lon"], node["lat"]) for node in self.nodes.values()]

    def answer(self, query: str) -> dict[str, Any]:
        """Answer the one kind of query that OSMnx asks: ways by tags with a node in a polygon, and their nodes."""
        numbers = [float(number) for number in re.findall(r"poly:'([^']+)'", query)[0].split()]
        polygon = shapely.Polygon(zip(numbers[1::2], numbers[::2], strict=True))
        tests = _TEST.findall(re.findall(r"way(.*?)\(poly", query)[0])
        ids, lon, lat = zip(*self.places, strict=True)
        inside = {ids[i] for i in np.flatnonzero(shapely.intersects_xy(polygon, lon, lat))}
        ways = [way for way in self.ways if not inside.isdisjoint(way["nodes"]) and _passes(way["tags"], tests)]
        nodes = sorted({node for way in ways for node in way["nodes"]})
        return {
            "version": 0.6,
            "osm3s": {"timestamp_osm_base": f"{DATE}T20:21:02Z", "copyright": "OpenStreetMap contributors, ODbL"},
            "elements": [*(self.nodes[node] for node in nodes), *ways],
        }


def _passes(tags: dict[str, str], tests: list[tuple[str, str, str]]) -> bool:
    for key, operator, pattern in tests:
        matches = key in tags and re.search(pattern, tags[key]) is not None
        if matches == (operator == "!~"):
            return False
    return True


@dataclass
class LocalOsm:
    """A running server: what it was asked, and what it says out of turn (oldest first, then it answers properly)."""

    url: str
    extract: Extract
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    first: list[Reply | str] = field(default_factory=list)

    @property
    def options(self) -> dict[str, str]:
        """What points a download here."""
        return {"overpass_url": f"{self.url}/api", "nominatim_url": f"{self.url}/"}

    @property
    def queries(self) -> list[str]:
        """What Overpass was asked."""
        return [said["data"] for path, said, _ in self.asked if path == "/api/interpreter"]

    def reply(self, path: str, said: dict[str, str]) -> Reply:
        """Answer as the real services do."""
        if path == "/search":
            found = [_place()] if said.get("q") == PLACE else []
            return 200, {}, json.dumps(found).encode()
        if path == "/api/interpreter":
            return 200, {}, json.dumps(self.extract.answer(said["data"])).encode()
        return 404, {}, b"not here"


def _place() -> dict[str, Any]:
    west, south, east, north = OUTLINE.bounds
    return {
        "place_id": 1,
        "osm_type": "relation",
        "osm_id": 2804753,
        "lat": "42.545",
        "lon": "1.51",
        "class": "boundary",
        "type": "administrative",
        "importance": 0.5,
        "name": "la Massana",
        "display_name": PLACE,
        "boundingbox": [str(south), str(north), str(west), str(east)],
        "geojson": json.loads(shapely.to_geojson(OUTLINE)),
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    local: LocalOsm


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._handle(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._handle(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _handle(self, text: str) -> None:
        local = self.server.local
        path, said = urlsplit(self.path).path, {key: value[0] for key, value in parse_qs(text).items()}
        local.asked.append((path, said, dict(self.headers)))
        turn = local.first.pop(0) if local.first else "properly"
        try:
            self._send(local.reply(path, said) if turn == "properly" else turn)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _send(self, reply: Reply | str) -> None:
        if reply == "hang up":
            self.close_connection = True
            return
        if reply == "say nothing":
            time.sleep(3)
            return
        status, headers, body = (200, {"Content-Length": "1000"}, b"") if isinstance(reply, str) else reply
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if reply == "drip":
            for _ in range(30):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.1)
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Write no log."""


@contextmanager
def serving(extract: Extract) -> Iterator[LocalOsm]:
    """Run the services on a free port of 127.0.0.1 until the block ends."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.local = local = LocalOsm(url=f"http://127.0.0.1:{server.server_address[1]}", extract=extract)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield local
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
