"""Roads by download: OSMnx asks Nominatim where a place lies and Overpass for its roads; patiently, once, and politely.

OSMnx keeps its options in global settings and, when a server is busy, waits for it without end. Both are held in check
here: settings are set for one call and put back, and every answer is looked at before OSMnx sees it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from coverplan import __version__
from coverplan.core.errors import Cancelled, InputError, Problem
from coverplan.core.progress import SILENT, Progress
from coverplan.core.units import local_crs
from coverplan.roads.answers import OTHERWISE, Trouble, Watch, host_in, plain_words
from coverplan.roads.clip import MARGIN_M, Clip, clip_around
from coverplan.roads.network import Network
from coverplan.roads.osm import Ways, add_way, network_of_ways
from coverplan.roads.store import read_network, write_network
from coverplan.roads.tags import HIGHWAY_VALUES, TAG_KEYS

if TYPE_CHECKING:
    import networkx as nx

OVERPASS_URL = "https://overpass-api.de/api"
NOMINATIM_URL = "https://nominatim.openstreetmap.org/"
WAY_FILTER = f'["highway"~"^({"|".join(HIGHWAY_VALUES)})$"]["area"!~"yes"]'
"""What Overpass is asked for: every way that cars or walkers may use, and those closed to both, which tags tell."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 5.0, 60.0
_AGAINST = ("-1", "reverse", "T")
"""Values of `oneway` for which OSMnx turns the nodes of a way round."""
_UNITS_PER_DEGREE = 1e7


def download_roads(
    place: str,
    *,
    cache: str | Path,
    crs: str | None = None,
    margin_m: float = MARGIN_M,
    overpass_url: str | None = None,
    nominatim_url: str | None = None,
    timeout_s: float = 180.0,
    fresh: bool = False,
    progress: Progress = SILENT,
) -> Network:
    """Download the roads of a place from OpenStreetMap, through OSMnx.

    The ways come whole with the tags that `roads.tags` reads, and are understood as those of an extract are. What was
    downloaded is kept in `cache`: the same place is not asked for twice, and parts that arrived before something went
    wrong are not fetched again.

    Not for several threads at once: OSMnx has one set of settings for all. They are put back afterwards.

    Parameters
    ----------
    place
        As Nominatim knows it, the smallest first: "晋江市, 泉州市, 福建省". It must have an outline.
    cache
        Folder for what was downloaded; made when it is missing.
    crs
        Projected CRS in metres; the UTM zone of the roads' middle when None.
    margin_m
        How far around the place roads are fetched, so that trips may lead outside, in metres.
    overpass_url, nominatim_url
        Other servers than the public ones.
    timeout_s
        How long a server may take, and for how long one that is busy is asked again, in seconds.
    fresh
        Download again, whatever is in the cache.
    progress
        Is told what is awaited and how much has come, and may stop it.

    Returns
    -------
    Network
        `date` is the day of the server's data, or today when it does not say.

    Raises
    ------
    InputError
        When a server cannot be reached, refuses, is too slow or answers with something else; when the place is not
        known or has no roads. The problem names the server and says what to do instead.
    Cancelled
        When `progress` asks to stop.
    """
    asked = _Asked(
        place=" ".join(place.split()),
        margin_m=margin_m,
        overpass_url=(overpass_url or OVERPASS_URL).rstrip("/"),
        nominatim_url=(nominatim_url or NOMINATIM_URL).rstrip("/") + "/",
        timeout_s=timeout_s,
    )
    if not asked.place:
        raise InputError([Problem(what="no place is named", hint='such as "晋江市, 泉州市, 福建省"')])
    stored, parts = Path(cache) / f"roads-{asked.key}.npz", Path(cache) / f"roads-{asked.key}.parts"
    if stored.is_file() and not fresh:
        try:
            return read_network(stored, crs)
        except InputError:
            progress.message(f"{stored.name} in the cache cannot be used; downloading again")
    if fresh:
        shutil.rmtree(parts, ignore_errors=True)
    network = _patiently(asked, parts, progress)
    write_network(network, stored)
    shutil.rmtree(parts, ignore_errors=True)
    return read_network(stored, crs)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What is wanted, and from whom."""

    place: str
    margin_m: float
    overpass_url: str
    nominatim_url: str
    timeout_s: float

    @property
    def key(self) -> str:
        """A short name for the same wish to the same servers."""
        text = json.dumps([self.place, self.margin_m, self.overpass_url, self.nominatim_url, WAY_FILTER, TAG_KEYS])
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def _patiently(asked: _Asked, parts: Path, progress: Progress) -> Network:
    """Ask, and ask again while the server is busy and time is left."""
    watch = Watch(timeout_s=asked.timeout_s, progress=progress)
    wait_s = _FIRST_WAIT_S
    while True:
        try:
            with _settings(asked, parts, watch) as osmnx, plain_words():
                outline = _outline(osmnx, asked, progress)
                graph = _graph(osmnx, outline, asked, progress)
            return _network_of(graph, asked, _day_of(parts))
        except Trouble as trouble:
            pause_s = wait_s if trouble.wait_s is None or trouble.wait_s < 0 else trouble.wait_s
            if trouble.wait_s is None or time.monotonic() + pause_s > watch.deadline:
                raise InputError([Problem(what=trouble.what, hint=trouble.hint)]) from trouble
            progress.message(f"{trouble.what}; asking again in {pause_s:.0f} s")
            _sleep(pause_s, progress)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)


def _sleep(seconds: float, progress: Progress) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if progress.cancelled():
            raise Cancelled("the download was stopped")
        time.sleep(min(left, 0.5))


@contextmanager
def _settings(asked: _Asked, parts: Path, watch: Watch) -> Iterator[Any]:
    """Set OSMnx up for one call, and put everything back, the lookup of names that it replaces included."""
    osmnx = import_module("osmnx")
    _drop_half_files(parts)
    wanted = {
        # With this OSMnx leaves `oneway` and the direction of ways alone, so that tags decide, as in an extract.
        "all_oneway": True,
        "cache_folder": parts,
        "cache_only_mode": False,
        "doh_url_template": None,
        "http_accept_language": "zh,en",
        "http_referer": "coverplan",
        "http_user_agent": f"coverplan/{__version__} (OSMnx)",
        "log_console": False,
        "nominatim_url": asked.nominatim_url,
        "overpass_rate_limit": False,
        "overpass_settings": "[out:json][timeout:{timeout}]{maxsize}",
        "overpass_url": asked.overpass_url,
        "requests_kwargs": {"hooks": {"response": watch}},
        "requests_timeout": max(1, round(asked.timeout_s)),
        "use_cache": True,
        "useful_tags_node": [],
        "useful_tags_way": list(TAG_KEYS),
    }
    before = {name: getattr(osmnx.settings, name) for name in wanted}
    look_up = socket.getaddrinfo
    try:
        for name, value in wanted.items():
            setattr(osmnx.settings, name, value)
        yield osmnx
    finally:
        for name, value in before.items():
            setattr(osmnx.settings, name, value)
        socket.getaddrinfo = look_up


def _drop_half_files(parts: Path) -> None:
    """Remove what a crash left half-written: OSMnx writes its cache in place."""
    for path in parts.glob("*.json"):
        try:
            json.loads(path.read_bytes())
        except ValueError:
            path.unlink()


def _outline(osmnx: Any, asked: _Asked, progress: Progress) -> Clip:
    """Ask where the place lies, and return its outline with the margin, in degrees."""
    progress.message(f"asking {host_in(asked.nominatim_url)} for {asked.place}")
    try:
        found = osmnx.geocode_to_gdf(asked.place)
        middle = shapely.box(*found.total_bounds).centroid
        return clip_around(found.to_crs(local_crs(middle.x, middle.y)), margin_m=asked.margin_m)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        what = f"{host_in(asked.nominatim_url)} knows no outline of '{asked.place}'"
        hint = "write it as on openstreetmap.org, the smallest first: 晋江市, 泉州市, 福建省"
        raise Trouble(what, hint=hint) from error


def _graph(osmnx: Any, outline: Clip, asked: _Asked, progress: Progress) -> nx.MultiDiGraph[Any]:
    """Ask for the roads in an outline."""
    host = host_in(asked.overpass_url)
    progress.message(f"downloading the roads of {asked.place} from {host}")
    try:
        with warnings.catch_warnings():
            # OSMnx warns when a large place takes several requests; the progress shows them.
            warnings.simplefilter("ignore", UserWarning)
            return osmnx.graph_from_polygon(outline, simplify=False, retain_all=True, custom_filter=WAY_FILTER)
    except (ValueError, KeyError, TypeError) as error:
        what = f"{host} has no roads for '{asked.place}'"
        raise Trouble(what, hint=f"is it the right server? {OTHERWISE[3:]}") from error


def _day_of(parts: Path) -> str:
    """Return the day that the downloaded parts say they are of, today when they do not."""
    days = {""}
    for path in parts.glob("*.json"):
        data = json.loads(path.read_bytes())
        about = data.get("osm3s") if isinstance(data, dict) else None
        days.add(str(about.get("timestamp_osm_base", ""))[:10] if isinstance(about, dict) else "")
    return max(days) or time.strftime("%Y-%m-%d")


def _network_of(graph: nx.MultiDiGraph[Any], asked: _Asked, date: str) -> Network:
    host = host_in(asked.overpass_url)
    source = f"OpenStreetMap by {host}: {asked.place}"
    network = network_of_ways(_ways_of(graph), source=source, date=date, crs=None)
    if not (network.drive_forward.any() or network.drive_backward.any()):
        raise Trouble(
            f"{host} has no roads for cars in '{asked.place}'", hint=f"is it the right place? {OTHERWISE[3:]}"
        )
    return network


def _ways_of(graph: nx.MultiDiGraph[Any]) -> Ways:
    """Put the single steps of an unsimplified OSMnx graph together again to the ways they came from."""
    places = {
        node: (int(node), round(data["x"] * _UNITS_PER_DEGREE), round(data["y"] * _UNITS_PER_DEGREE))
        for node, data in graph.nodes(data=True)
    }
    steps: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    tags: dict[int, Mapping[str, str]] = {}
    for tail, head, data in graph.edges(data=True):
        way = data["osmid"]
        if way not in tags:
            tags[way] = {key: str(data[key]) for key in TAG_KEYS if key in data}
        turned = tags[way].get("oneway") in _AGAINST
        steps[way].append((head, tail) if turned else (tail, head))
    ways = Ways()
    for way in sorted(tags):
        for run in _runs(steps[way]):
            add_way(ways, tags[way], [places[node] for node in run])
    return ways


def _runs(steps: list[tuple[int, int]]) -> Iterator[list[int]]:
    """Chain steps into runs: first those with a beginning, then rings.

    Examples
    --------
    >>> [*_runs([(2, 3), (1, 2), (7, 8), (8, 7)])]
    [[1, 2, 3], [7, 8, 7]]
    """
    after: defaultdict[int, list[int]] = defaultdict(list)
    surplus: defaultdict[int, int] = defaultdict(int)
    for tail, head in steps:
        after[tail].append(head)
        surplus[tail] += 1
        surplus[head] -= 1
    for first in [node for node, n in surplus.items() for _ in range(n)]:
        yield _run(first, after)
    for first in list(after):
        while after[first]:
            yield _run(first, after)


def _run(first: int, after: Mapping[int, list[int]]) -> list[int]:
    """Follow steps from a node as far as they go, and take them away."""
    run = [first]
    while after.get(run[-1]):
        run.append(after[run[-1]].pop())
    return run
