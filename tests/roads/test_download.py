"""Downloads, with OSMnx itself, from Nominatim and Overpass on this machine: friendly, busy, slow and broken ones."""

import json
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from coverplan.core.errors import Cancelled, InputError
from coverplan.roads.clip import clip_around
from coverplan.roads.download import _runs, _ways_of, download_roads
from coverplan.roads.network import Network
from coverplan.roads.osm import read_osm
from coverplan.roads.tags import HIGHWAY_VALUES, TAG_KEYS, understand
from local_osm import DATE, OUTLINE, PLACE, Extract, LocalOsm, Reply, serving

MARGIN_M = 500.0


class Notes:
    """A progress that writes down what it is told, and stops the work when a word falls."""

    def __init__(self, stop_at: str = "never") -> None:
        self.texts: list[str] = []
        self.steps: list[tuple[int, int]] = []
        self.stop_at = stop_at

    def message(self, text: str) -> None:
        """Write it down."""
        self.texts.append(text)

    def advance(self, done: int, total: int) -> None:
        """Write it down."""
        self.steps.append((done, total))

    def cancelled(self) -> bool:
        """Stop when the word has fallen."""
        return any(self.stop_at in text for text in self.texts)


@pytest.fixture(scope="module")
def extract(shared: Path) -> Extract:
    """Andorra, as Overpass holds it."""
    return Extract(shared / "data" / "osm" / "andorra.osm.pbf")


@pytest.fixture(scope="module")
def server(extract: Extract) -> Iterator[LocalOsm]:
    """The services, on this machine."""
    with serving(extract) as running:
        yield running


@pytest.fixture(autouse=True, scope="module")
def _no_manners() -> Iterator[None]:
    """Take the second away that OSMnx waits before each request to Nominatim: this one belongs to us."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(osmnx._nominatim, "time", SimpleNamespace(sleep=lambda _: None))
        yield


@dataclass(frozen=True)
class Done:
    """A download that went well: the network, the cache it left, what was said and asked."""

    network: Network
    cache: Path
    notes: Notes
    asked: list[tuple[str, dict[str, str], dict[str, str]]]


@pytest.fixture(scope="module")
def done(server: LocalOsm, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """La Massana, downloaded once."""
    cache, notes = tmp_path_factory.mktemp("cache"), Notes()
    network = _download(server, cache, progress=notes)
    return Done(network=network, cache=cache, notes=notes, asked=list(server.asked))


@pytest.fixture
def local(server: LocalOsm, done: Done, tmp_path: Path) -> LocalOsm:
    """The services, with nothing asked yet."""
    server.asked.clear()
    server.first.clear()
    return server


@pytest.fixture
def filled(done: Done, tmp_path: Path) -> Path:
    """A cache that holds the place already."""
    return Path(shutil.copytree(done.cache, tmp_path / "filled"))


def _download(local: LocalOsm, cache: Path, **options: Any) -> Network:
    return download_roads(PLACE, cache=cache, **{"margin_m": MARGIN_M, "timeout_s": 20.0, **local.options, **options})


def _pieces(network: Network) -> dict[tuple[Any, ...], int]:
    """Count the straight pieces of road by place (centimetres), class, name and who may go which way."""
    counted: dict[tuple[Any, ...], int] = {}
    points = np.round(np.stack([network.shape_x_m, network.shape_y_m], axis=1), 2).tolist()
    for edge in range(network.n_edges):
        first, last = network.shape_start[edge : edge + 2]
        ways = [bool(getattr(network, f"{mode}_{way}")[edge]) for mode in ("drive", "walk") for way in
                ("forward", "backward")]  # fmt: skip
        kph = [None if np.isnan(value) else float(value) for value in
               (network.kph_forward[edge], network.kph_backward[edge])]  # fmt: skip
        for vertex in range(first, last - 1):
            a, b = tuple(points[vertex]), tuple(points[vertex + 1])
            key = (a, b, int(network.edge_class[edge]), network.edge_name[edge], *ways, *kph)
            counted[key] = counted.get(key, 0) + 1
    return counted


def test_a_download_equals_the_extract(done: Done, shared: Path) -> None:
    """What comes through Overpass and OSMnx is, piece by piece, what the same outline cuts out of the extract."""
    network = done.network
    place = gpd.GeoDataFrame(geometry=[OUTLINE], crs="EPSG:4326").to_crs("EPSG:32631")
    whole = read_osm(shared / "data" / "osm" / "andorra.osm.pbf", clip=clip_around(place, margin_m=MARGIN_M))
    assert network.crs == whole.crs == "EPSG:32631"
    assert _pieces(network) == _pieces(whole)
    # Rings may be cut at another node: OSMnx forgets where a way began.
    assert len(set(whole.node_id) ^ set(network.node_id)) <= 4
    assert abs(network.n_edges - whole.n_edges) <= 2
    assert network.n_edges > 100
    assert network.edge_length_dm.sum() == pytest.approx(whole.edge_length_dm.sum(), abs=network.n_edges)


def test_a_download_says_where_it_comes_from(done: Done, server: LocalOsm) -> None:
    """Source, credit and the day of the server's data travel with the network; the progress tells who is asked."""
    network, notes = done.network, done.notes
    host = server.url.removeprefix("http://")
    assert network.source == f"OpenStreetMap by {host}: {PLACE}"
    assert (network.date, network.attribution) == (DATE, "© OpenStreetMap contributors, ODbL")
    assert network.quality == "measured"
    assert notes.texts[:2] == [f"asking {host} for {PLACE}", f"downloading the roads of {PLACE} from {host}"]
    assert notes.steps[-1][0] == notes.steps[-1][1] > 10_000
    assert all("coverplan/" in headers["User-Agent"] for _, _, headers in done.asked)


def test_nothing_is_downloaded_twice(local: LocalOsm, done: Done, filled: Path) -> None:
    """The second time the roads come from the cache, and nobody is asked, until they are asked for fresh."""
    assert len(done.asked) == 2
    again = _download(local, filled)
    moved = _download(local, filled, crs="EPSG:32632")
    assert local.asked == []
    assert _pieces(again) == _pieces(done.network)
    assert moved.crs == "EPSG:32632"
    assert [path.suffix for path in filled.iterdir()] == [".npz"]
    _download(local, filled, fresh=True)
    assert len(local.asked) == 2


def test_a_damaged_cache_is_downloaded_anew(local: LocalOsm, filled: Path) -> None:
    """A cached file that was cut off is noticed, told, and replaced; so is a part that a crash left."""
    (stored,) = filled.iterdir()
    stored.write_bytes(stored.read_bytes()[:1000])
    parts = stored.with_suffix(".parts")
    parts.mkdir()
    (parts / "0123.json").write_text('{"elements": [')
    notes = Notes()
    assert _download(local, filled, progress=notes).n_edges > 100
    assert "in the cache cannot be used" in notes.texts[0]
    assert [path.suffix for path in filled.iterdir()] == [".npz"]


def test_both_cars_and_walkers_are_asked_for(done: Done) -> None:
    """The query names every kind of way that is read, private and foot ways included, and no squares."""
    (query,) = [said["data"] for path, said, _ in done.asked if path == "/api/interpreter"]
    asked = set(query.split('"highway"~"^(')[1].split(")$")[0].split("|"))
    assert asked == set(HIGHWAY_VALUES)
    assert {"motorway", "service", "footway", "steps", "bridleway", "road"} <= asked
    assert '["area"!~"yes"]' in query
    assert '["access"' not in query
    assert "[out:json][timeout:20]" in query


def test_settings_are_put_back(local: LocalOsm, tmp_path: Path) -> None:
    """OSMnx's settings and Python's look-up of names are afterwards what they were, after errors too."""
    names = [name for name in vars(osmnx.settings) if not name.startswith("_")]
    before, look_up = {name: getattr(osmnx.settings, name) for name in names}, socket.getaddrinfo
    _download(local, tmp_path)
    local.first = [(500, {}, b"oh")]
    with pytest.raises(InputError):
        _download(local, tmp_path, fresh=True)
    assert {name: getattr(osmnx.settings, name) for name in names} == before
    assert socket.getaddrinfo is look_up


def test_a_busy_server_is_asked_again(local: LocalOsm, tmp_path: Path) -> None:
    """429 and 504 are waited out as long as the server asks, and what has arrived is not asked for again."""
    local.first = ["properly", (429, {"Retry-After": "0"}, b"slow down"), (504, {"Retry-After": "0"}, b"full")]
    notes = Notes()
    assert _download(local, tmp_path, progress=notes).n_edges > 100
    busy = [text for text in notes.texts if "is busy" in text]
    assert [text.partition("(")[2][:8] for text in busy] == ["HTTP 429", "HTTP 504"]
    assert [path for path, _, _ in local.asked] == ["/search", *["/api/interpreter"] * 3]


HELP = "coverplan roads --pbf"
OK: Reply = (200, {}, b"")


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ([(429, {"Retry-After": "600"}, b"")], r"127.0.0.1:\d+ is busy \(HTTP 429\) \(try again later, or download"),
        ([(504, {"Retry-After": "99"}, b"")] * 9, r"127.0.0.1:\d+ is busy \(HTTP 504\)"),
        ([(500, {}, b"oh")], r"refused \(HTTP 500\)"),
        ([(403, {}, b"<html>")], r"refused \(HTTP 403\)"),
        ([(200, {}, b"<html>please log in</html>")], "did not answer with data"),
        ([(200, {}, b"[" * 100_000)], "did not answer with data"),
        (["properly", (200, {}, b'{"elements": [')], "did not answer with data"),
        (["properly", (200, {}, b'{"elements": 3}')], "is not complete"),
        (["properly", (200, {}, b'{"elements": [{"type": "way", "id": 1, "nodes": [7]}]}')], "is not complete"),
        (["properly", (200, {}, b'{"elements": [{"type": "node", "id": 1, "lat": "x"}]}')], "is not complete"),
        (["properly", (200, {}, b'{"elements": []}')], "has no roads for"),
        (["properly", (200, {}, b"[]")], "has no roads for"),
        (["properly", (200, {}, b'{"elements": [], "remark": "runtime error: timed out"}')], "gave up: runtime"),
        (["properly", (200, {"Content-Length": "99999"}, b'{"elements": []}')], "broke off|broke"),
        (["hang up"], "cannot be reached"),
        (["say nothing"], r"did not answer in (time|full within 2 s)"),
        (["properly", "drip"], r"did not answer in (full within 2 s|time)"),
        ([(200, {}, b"[]")], "knows no outline of 'La Massana, Andorra'"),
        ([(200, {}, b'[{"lat": "1", "lon": "1"}]')], "knows no outline"),
        ([(200, {}, b"{}")], "is not complete|knows no outline"),
    ],
)  # fmt: skip
def test_unfriendly_servers(local: LocalOsm, tmp_path: Path, replies: list[Reply | str], expected: str) -> None:
    """Whatever a server does, the message names it and says what to do, and nothing half-done stays.

    Only a silent server takes as long as it may; the others are given so much time that a busy machine does not matter.
    """
    local.first = list(replies)
    is_slow = {"say nothing", "drip"} & {reply for reply in replies if isinstance(reply, str)}
    with pytest.raises(InputError, match=expected) as caught:
        _download(local, tmp_path, timeout_s=2.0 if is_slow else 60.0)
    assert len(caught.value.problems) == 1
    assert "127.0.0.1" in str(caught.value)
    assert HELP in str(caught.value) or "openstreetmap.org" in str(caught.value)
    assert not list(tmp_path.glob("*.npz"))


def _closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_offline(local: LocalOsm, tmp_path: Path) -> None:
    """Without a connection the message names the server and what to do instead; passwords stay out of it."""
    nowhere = f"http://someone:secret@127.0.0.1:{_closed_port()}/"
    with pytest.raises(InputError, match=r"127.0.0.1:\d+ cannot be reached \(is this computer online\?") as caught:
        _download(local, tmp_path, nominatim_url=nowhere)
    assert HELP in str(caught.value)
    assert "secret" not in str(caught.value)
    with pytest.raises(InputError, match="cannot be reached"):
        _download(local, tmp_path, overpass_url=nowhere)
    with pytest.raises(InputError, match="no place is named"):
        download_roads("  ", cache=tmp_path)


def test_stopping(local: LocalOsm, tmp_path: Path) -> None:
    """A download stops when asked, while data comes and while a busy server is waited for."""
    with pytest.raises(Cancelled):
        _download(local, tmp_path, progress=Notes(stop_at="downloading"))
    local.first = [(429, {"Retry-After": "15"}, b"")]
    with pytest.raises(Cancelled):
        _download(local, tmp_path, progress=Notes(stop_at="asking again"))
    assert not list(tmp_path.glob("*.npz"))


def test_a_place_without_an_outline(local: LocalOsm, tmp_path: Path) -> None:
    """A place that Nominatim does not know, or knows as a point only, is told with a hint how to write it."""
    with pytest.raises(InputError, match=r"knows no outline of 'Nowhere'.*smallest first"):
        download_roads("Nowhere", cache=tmp_path, timeout_s=5.0, **local.options)
    point = {"lat": "42.5", "lon": "1.5", "display_name": "x", "boundingbox": ["42", "43", "1", "2"],
             "geojson": json.loads(shapely.to_geojson(shapely.Point(1.5, 42.5)))}  # fmt: skip
    local.first = [(200, {}, json.dumps([point]).encode())]
    with pytest.raises(InputError, match="knows no outline"):
        _download(local, tmp_path)


def test_every_tag_that_is_read_is_fetched() -> None:
    """Understanding a way asks for no tag that a download would not bring."""
    asked: set[str] = set()

    class Asking(dict[str, str]):
        def get(self, key: str, default: Any = None) -> Any:
            asked.add(key)
            return super().get(key, default)

    for value in HIGHWAY_VALUES:
        understand(Asking(highway=value))
        understand(Asking(highway=value, motorroad="yes", sidewalk="no", foot="yes", oneway="-1"))
    assert asked <= set(TAG_KEYS)


def _unsimplified(ways: dict[int, tuple[list[int], dict[str, str]]]) -> nx.MultiDiGraph:
    """Lay ways out as OSMnx does with `all_oneway`: steps in the order of nodes, turned where oneway says against."""
    graph = nx.MultiDiGraph()
    for refs, _ in ways.values():
        graph.add_nodes_from((ref, {"x": ref / 1000, "y": 0.0}) for ref in refs)
    for number, (refs, tags) in ways.items():
        order = refs[::-1] if tags.get("oneway") == "-1" else refs
        graph.add_edges_from(pairwise(order), osmid=number, highway="residential", **tags)
    return graph


def test_ways_are_put_together_in_their_own_direction() -> None:
    """A way comes back as one run in the direction it was drawn, also where OSMnx has turned it round."""
    ways = _ways_of(_unsimplified({5: ([1, 2, 3, 4], {}), 6: ([9, 8, 7], {"oneway": "-1"}), 7: ([20, 21, 22, 20], {})}))
    runs = np.split(np.array(ways.ref), np.cumsum(ways.n_refs)[:-1])
    assert [run.tolist() for run in runs[:2]] == [[1, 2, 3, 4], [9, 8, 7]]
    assert (len(runs[2]), runs[2][0]) == (4, runs[2][-1])
    assert [(use.drive_forward, use.drive_backward) for use in ways.uses] == [(True, True), (False, True), (True, True)]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda step: step[0] != step[1]), max_size=25))
def test_no_step_is_lost_or_made_up(steps: list[tuple[int, int]]) -> None:
    """However steps hang together, the runs hold each of them once, in its direction."""
    runs = list(_runs(steps))
    assert sorted((a, b) for run in runs for a, b in pairwise(run)) == sorted(steps)
    assert all(len(run) > 1 for run in runs)
