"""The commands on roads and speeds, as a person types them."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import osmnx
import pandas as pd
import pytest
import shapely
from rich.cells import cell_len

import coverplan as cp
from coverplan.cli import main
from coverplan.cli.commands import which
from coverplan.core.units import unproject
from coverplan.roads.store import read_network, stored_facts
from local_osm import OUTLINE, PLACE, Extract, LocalOsm, serving
from osm_files import Drawing, lon_lat, write_xml

WIDTH = 80


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def said(self) -> str:
        """Everything, on one line."""
        return " ".join((self.stdout + self.stderr).split())


Call = Callable[..., Done]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(WIDTH))

    def run(*arguments: str | Path) -> Done:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert all(cell_len(line) <= WIDTH for line in (said.out + said.err).splitlines())
        assert "Traceback" not in said.err
        return Done(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def county(tmp_path: Path) -> Path:
    """The toy county without any roads in its config, which lies in Jinjiang; its data stand in `three-bridges`."""
    sample = cp.sample_config()
    shutil.copytree(sample.parent / "three-bridges", tmp_path / "three-bridges")
    shutil.copy(sample.parent / "three-bridges-standards.yaml", tmp_path)
    config = tmp_path / "county.yaml"
    config.write_text(sample.read_text("utf-8").replace("roads: {tables: roads}\n", ""), encoding="utf-8")
    assert "roads:" not in config.read_text("utf-8")
    return config


HOSPITAL = {"amenity": "hospital", "name": "县医院", "beds": "400"}


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """A street of two kilometres through the toy county, one far away in Andorra, a hospital and an AED beside it."""
    parts = ['<osm version="0.6">']
    places = {n: (118.51 + 0.001 * n, 24.72) for n in range(20)} | {100: (1.5, 42.5), 101: (1.51, 42.5)}
    parts += [f'<node id="{n + 1}" lon="{lon:.7f}" lat="{lat:.7f}" version="1"/>' for n, (lon, lat) in places.items()]
    things = ((200, 118.5127, 24.7220, HOSPITAL), (201, 118.5199, 24.7201, {"emergency": "defibrillator"}))
    for number, lon, lat, tags in things:
        said = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        parts.append(f'<node id="{number}" lon="{lon}" lat="{lat}" version="1">{said}</node>')
    for number, nodes in ((1, range(20)), (2, (100, 101))):
        refs = "".join(f'<nd ref="{node + 1}"/>' for node in nodes)
        parts.append(f'<way id="{number}" version="1">{refs}<tag k="highway" v="primary"/></way>')
    path = tmp_path / "drawn.osm"
    path.write_text("\n".join([*parts, "</osm>"]), encoding="utf-8")
    return path


def _way_in_config(config: Path, done: Done) -> None:
    """Put the line that the command printed into the config."""
    line = done.stdout.split("In the config: ")[1].splitlines()[0]
    config.write_text(f"{config.read_text('utf-8')}\n{line}\n", encoding="utf-8")


def test_roads_of_an_extract_for_a_study(call: Call, county: Path, drawn: Path) -> None:
    """An extract is clipped to the study area and stored; with the line that is printed, the study runs on it."""
    done = call("roads", county, "--pbf", drawn)
    assert done.returncode == 0, done.stderr
    assert "primary 主干路 1.9 1.9 1.9 0.0" in done.said
    assert "2 nodes, 1 edges" in done.said
    assert "stored three-bridges/roads.npz" in done.said
    _way_in_config(county, done)
    study = cp.read_study(county)
    network = cp.build_network(study)
    assert (network.n_edges, network.crs) == (1, study.crs)
    assert stored_facts(county.parent / "three-bridges" / "roads.npz")["made_from"]["name"] == "drawn.osm"
    # The extract changes: whoever uses the stored roads is told.
    drawn.write_text(drawn.read_text("utf-8").replace("primary", "trunk"), encoding="utf-8")
    done = call("check", county)
    assert done.returncode == 1
    assert "is stale: drawn.osm has changed" in done.said


def test_the_config_says_what_the_command_leaves_open(call: Call, county: Path, drawn: Path) -> None:
    """Without a source the extract of the config is stored, with its margin; without a clip both streets come."""
    shutil.copy(drawn, county.parent / "three-bridges")
    text = county.read_text("utf-8")
    for line, edges in (("{pbf: drawn.osm, margin_km: 5}", 1), ("{pbf: drawn.osm, clip: false}", 2)):
        county.write_text(f"{text}\nroads: {line}\n", encoding="utf-8")
        assert cp.build_network(cp.read_study(county)).n_edges == edges
        assert call("roads", county, "--to", "stored.npz").returncode == 0
        assert read_network("stored.npz").n_edges == edges
    county.write_text(f"{text}\nroads: {{stored: r.npz, margin_km: 5}}\n", encoding="utf-8")
    done = call("check", county)
    assert done.returncode == 1
    assert "roads.margin_km" in "".join(done.said.split())
    assert "coverplan roads" in done.said
    # The roads need not be there yet to be made.
    county.write_text(f"{text}\nroads: {{stored: r.npz}}\n", encoding="utf-8")
    assert call("roads", county, "--pbf", drawn, "--to", "three-bridges/r.npz").returncode == 0
    assert cp.build_network(cp.read_study(county)).n_edges == 1


def test_an_outline_of_your_own(call: Call, drawn: Path) -> None:
    """A map layer says which part of an extract is read, exactly or with a margin; without a study nothing is cut."""
    (west, south), (east, north) = (118.509, 24.719), (118.5145, 24.721)
    box = shapely.box(west, south, east, north)
    feature = {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(box))}
    Path("part.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    lengths = []
    for more in (("--clip", "part.geojson", "--margin-km", "0"), ("--clip", "part.geojson", "--margin-km", "0.5"), ()):
        assert call("roads", "--pbf", drawn, *more).returncode == 0
        lengths.append(read_network("roads.npz").edge_length_dm.sum() / 1e4)
    assert lengths == pytest.approx([0.405, 0.91, 2.74], abs=0.02)
    Path("none.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    assert call("roads", "--pbf", drawn, "--clip", "none.geojson").returncode == 1


def test_facilities_come_along(call: Call, county: Path, drawn: Path) -> None:
    """Hospitals and AEDs of the extract are merged into the study's lists, each merge is told, the lists stay."""
    own = (county.parent / "three-bridges" / "facilities.csv").read_bytes()
    done = call("roads", county, "--pbf", drawn, "--facilities", "study")
    assert done.returncode == 0, done.stderr
    assert "facilities: 6 in the list, 1 on the map: 1 merged, 0 added" in done.said
    assert "merged 县医院 = 县医院" in done.said
    folder = county.parent / "three-bridges"
    assert pd.read_csv(folder / "facilities-report.csv")["action"].tolist() == ["merged"]
    assert pd.read_csv(folder / "aeds-report.csv")["action"].tolist() == ["added"]
    assert (folder / "facilities.csv").read_bytes() == own
    county.write_text(
        county.read_text("utf-8")
        .replace("facilities.csv", "facilities-merged.csv")
        .replace("aeds.csv", "aeds-merged.csv")
        + "\nroads: {tables: roads}\n",
        encoding="utf-8",
    )
    assert len(cp.read_study(county).facilities) == 6
    # A list of one's own, and no study.
    Path("list.csv").write_text(
        "facility_id,name,kind,lon,lat,source,quality\nF1,乡卫生院,clinic,118.6,24.8,x,official\n", "utf-8"
    )
    done = call("roads", "--pbf", drawn, "--facilities", "list.csv")
    assert "facilities: 1 in the list, 1 on the map: 0 merged, 1 added" in done.said


def test_roads_of_a_graph(call: Call, shared: Path) -> None:
    """A graph that OSMnx saved is stored as it is read."""
    done = call("roads", "--graphml", shared / "data" / "osm" / "shenzhen_futian_osmnx.graphml", "--to", "a/futian.npz")
    assert done.returncode == 0, done.stderr
    assert "roads: {stored: futian.npz}" in done.said
    assert read_network("a/futian.npz").n_nodes == 1751


@pytest.fixture(scope="module")
def server(shared: Path) -> Iterator[LocalOsm]:
    """Nominatim and Overpass on this machine; OSMnx need not wait a second before it asks."""
    with serving(Extract(shared / "data" / "osm" / "andorra.osm.pbf")) as local, pytest.MonkeyPatch.context() as patch:
        patch.setattr(osmnx._nominatim, "time", SimpleNamespace(sleep=lambda _: None))
        yield local


def test_roads_of_a_place(call: Call, server: LocalOsm) -> None:
    """A place is downloaded, stored with its day and credit, and not asked for twice."""
    servers = ("--overpass-url", f"{server.url}/api", "--nominatim-url", f"{server.url}/")
    for _ in range(2):
        done = call("roads", "--place", PLACE, "--margin-km", "0.2", "--cache", "cache", "--to", "town.npz", *servers)
        assert done.returncode == 0, done.stderr
        assert "2013-05-28" in done.said
        assert "© OpenStreetMap contributors" in done.said
        assert len(server.asked) == 2
    network = read_network("town.npz")
    lon, lat = unproject(network.x_m, network.y_m, network.crs)
    assert shapely.intersects_xy(OUTLINE.buffer(0.004), lon, lat).all()
    assert network.n_edges > 50


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (("--place", "晋江市", "--nominatim-url", "http://u:secret@127.0.0.1:9/"), 1, "127.0.0.1:9 cannot be reached"),
        ((), 2, "Roads from where? Name one of:"),
        (("--place", "a", "--pbf", "b.osm"), 2, "Name only one of:"),
        (("--place", "a", "--clip", "c.geojson"), 2, "--clip takes a part of an extract"),
        (("--pbf", "a.osm", "--clip", "study-area"), 2, "The area of which study?"),
        (("--pbf", "a.osm", "--facilities", "study"), 2, "The list of which study?"),
        (("--graphml", "a.graphml", "--facilities", "list.csv"), 2, "it goes with --pbf FILE"),
        (("--pbf", "a.osm", "--margin-km", "-1"), 2, "from 0 to 1000"),
        (("--pbf", "a.osm"), 1, "no such file"),
        (("--pbf", "a.osm", "--to", "roads.gpkg"), 1, "it must end in .npz"),
        (("--pbf", "a.osm", "--to", "mine.npz"), 1, "is there already, and is no network that coverplan stored"),
        (("three-bridges", "--pbf", "andorra.osm"), 1, "is it the extract of the right province?"),
    ],
)
def test_what_cannot_be_meant(call: Call, arguments: tuple[str, ...], code: int, expected: str) -> None:
    """Contradictions, missing files, foreign extracts and dead servers end in words, and nothing is written."""
    np.savez("mine.npz", x=[1])
    write_xml(Drawing(ways=[([1, 2], {"highway": "primary"})]), Path("elsewhere.osm"))
    text, (lon, lat) = Path("elsewhere.osm").read_text("utf-8"), lon_lat(1)
    Path("andorra.osm").write_text(text.replace(f"{lon:.1f}", "1.5").replace(f"{lat:.1f}", "42.5"), "utf-8")
    before = sorted(path.name for path in Path().iterdir())
    done = call("roads", *arguments)
    assert done.returncode == code
    assert expected in done.said
    assert "secret" not in done.said
    assert sorted(path.name for path in Path().iterdir()) == before


@pytest.fixture(scope="module")
def slow_trips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Observed trips in the toy county: 40 that took 1.25 times as long as our speeds say, give or take a tenth."""
    study = cp.read_study(cp.sample_config())
    network, goals = cp.build_network(study), study.facilities
    each = [
        cp.travel_times(study, network, facilities=goals.iloc[[goal]], profile="drive") for goal in range(len(goals))
    ]
    seconds = np.stack([times["time_s"].to_numpy() for times in each], axis=1)
    rng = np.random.default_rng(1)
    pairs = np.argwhere(np.isfinite(seconds))
    point, goal = pairs[rng.choice(len(pairs), 40, replace=False)].T
    lon, lat = unproject(study.people.geometry.x, study.people.geometry.y, study.crs)
    to_lon, to_lat = unproject(goals.geometry.x, goals.geometry.y, study.crs)
    places = {"from_lon": lon[point], "from_lat": lat[point], "to_lon": to_lon[goal], "to_lat": to_lat[goal]}
    table = pd.DataFrame({**places, "minutes": seconds[point, goal] / 60 * 1.25})
    table["minutes"] = (table["minutes"] * rng.lognormal(0, 0.1, len(table))).round(2)
    path = tmp_path_factory.mktemp("trips") / "trips.csv"
    table.to_csv(path, index=False)
    return path


def test_calibrate_finds_what_was_planted(call: Call, slow_trips: Path) -> None:
    """Trips that are a quarter slower give a factor near 1.25, and speeds that a config can read."""
    done = call("calibrate", "three-bridges", slow_trips, "--out", "fit")
    assert done.returncode == 0, done.stderr
    assert "trips used" in done.stdout
    fitted = pd.read_csv("fit/speeds.csv")
    assert 1.15 < 1 / fitted["factor"].iloc[0] < 1.35
    assert {path.name for path in Path("fit").iterdir()} == {"speeds.csv", "trips.csv"}


def test_calibrate_refuses_too_few_trips(call: Call) -> None:
    """Two trips carry no fit: said in words, exit 1, nothing written."""
    rows = "from_lon,from_lat,to_lon,to_lat,minutes\n118.51,24.72,118.55,24.72,20\n118.52,24.72,118.55,24.72,15\n"
    Path("trips.csv").write_text(rows, encoding="utf-8")
    done = call("calibrate", "three-bridges", "trips.csv", "--out", "fit")
    assert done.returncode == 1
    assert "needs 10" in done.stderr
    assert not Path("fit").exists()


def test_calibrate_without_trips_says_what_to_type(call: Call) -> None:
    """Without a file of trips it says how to call it, exit 2."""
    done = call("calibrate", "three-bridges")
    assert done.returncode == 2
    assert "TRIPS.csv" in done.stderr


def test_the_studies_of_the_package_need_no_path(call: Call) -> None:
    """`three-bridges` and `jinjiang` are understood anywhere, as their configs would be."""
    assert which(Path("jinjiang"), "check").is_file()
    done = call("check", "three-bridges")
    assert done.returncode == 0, done.stderr
    assert "No problems" in done.stdout
