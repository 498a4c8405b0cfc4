"""Stored networks: equal, fast, and refused with a reason when they are not what they should be."""

import io
import json
import os
import time
import zipfile
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverplan.core.errors import InputError
from coverplan.core.model import RoadSource, Study
from coverplan.core.units import project, unproject
from coverplan.roads.build import build_network
from coverplan.roads.courses import straight_network
from coverplan.roads.network import Network
from coverplan.roads.osm import read_osm
from coverplan.roads.store import read_network, stored_facts, write_network
from scenes import Road, draw, study

SCENE = """
A---B-->C
|   |
D---E
"""


@pytest.fixture
def network() -> Network:
    """A drawn network with everything in it: a bend, a one-way road, a signed one, Chinese names."""
    drawn = draw(SCENE, roads={"AB": Road(road_class="primary", kph=60.0), "DE": Road(drive=False)}).network
    names = np.array(["泉安路", "", "A\0B", "泉安路", "Rúa"], dtype=object)
    slow = np.array([1.0, 0.5, 1.0, 1.0, 2.0])
    return replace(
        drawn,
        edge_name=names,
        speed_factor=slow,
        source="扇形图",
        date="2026-01-31",
        attribution="© us",
        quality="estimated",
    )


def assert_same(one: Network, other: Network) -> None:
    """Hold two networks against each other, array by array, types included."""
    for field in fields(Network):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            assert b.dtype == a.dtype, field.name
            np.testing.assert_array_equal(b, a, err_msg=field.name)
        else:
            assert b == a, field.name


def test_what_is_read_is_what_was_stored(network: Network, tmp_path: Path) -> None:
    """Every array and text comes back, with its type; only a NUL in a name becomes a blank."""
    stored = write_network(network, tmp_path / "new" / "roads.npz")
    names = np.array([name.replace("\0", " ") for name in network.edge_name], dtype=object)
    assert_same(replace(network, edge_name=names), read_network(stored))
    assert [path.name for path in stored.parent.iterdir()] == ["roads.npz"]


def test_the_form_before_is_read(network: Network, tmp_path: Path) -> None:
    """A file of form 2 held no factors of speed; its roads are as fast as their profile says."""
    usual = replace(network, speed_factor=np.ones(network.n_edges), edge_name=np.full(network.n_edges, "", object))

    def older(about: dict[str, Any]) -> None:
        del about["factors"]
        about["version"] = 2

    assert_same(usual, read_network(_rewritten(write_network(usual, tmp_path / "roads.npz"), older)))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    n=st.integers(2, 12),
    pairs=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20),
    names=st.lists(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=20, max_size=20
    ),
)
def test_any_network_comes_back(n: int, pairs: list[tuple[int, int]], names: list[str], tmp_path: Path) -> None:
    """Whatever the roads and their names, no road at all included, nothing is lost or moved."""
    edges = [(a % n, b % n) for a, b in pairs]
    made = straight_network(x_m=np.arange(n) * 1.5, y_m=-np.arange(n) / 3, edges=edges)
    made = replace(made, edge_name=np.array([*names[: len(edges)], None], dtype=object)[:-1])
    assert_same(made, read_network(write_network(made, tmp_path / "any.npz")))


def test_a_real_network_loads_in_milliseconds(shared: Path, tmp_path: Path) -> None:
    """Andorra comes back equal, many times faster than from its extract (figures: benchmarks/README.md)."""
    extract = shared / "data" / "osm" / "andorra.osm.pbf"
    began = time.perf_counter()
    roads = read_osm(extract)
    reading_s = time.perf_counter() - began
    stored = write_network(roads, tmp_path / "andorra.npz", made_from=extract)
    assert_same(roads, read_network(stored, expect=extract))
    took = []
    for _ in range(9):
        began = time.perf_counter()
        read_network(stored)
        took.append(time.perf_counter() - began)
    assert min(took) < reading_s / 20
    assert min(took) < 0.02


def test_facts_are_told_without_the_roads(network: Network, tmp_path: Path) -> None:
    """Source, date, counts and origin can be had alone; no absolute place is kept."""
    extract = tmp_path / "osm" / "fujian.osm.pbf"
    extract.parent.mkdir()
    extract.write_bytes(b"roads")
    stored = write_network(network, tmp_path / "data" / "roads.npz", made_from=extract)
    facts = stored_facts(stored)
    assert (facts["nodes"], facts["edges"], facts["date"], facts["source"]) == (5, 5, "2026-01-31", "扇形图")
    assert (facts["made_from"]["name"], facts["made_from"]["beside"]) == ("fujian.osm.pbf", "../osm/fujian.osm.pbf")
    assert str(tmp_path) not in json.dumps(facts)


def test_another_crs_on_demand(network: Network, tmp_path: Path) -> None:
    """Asked for in another CRS, positions move and lengths stay."""
    stored = write_network(network, tmp_path / "roads.npz")
    moved = read_network(stored, "EPSG:32651")
    assert moved.crs == "EPSG:32651"
    np.testing.assert_array_equal(moved.edge_length_dm, network.edge_length_dm)
    x_m, y_m = project(*unproject(network.x_m, network.y_m, network.crs), "EPSG:32651")
    np.testing.assert_allclose([moved.x_m, moved.y_m], [x_m, y_m])
    np.testing.assert_allclose(moved.shape_x_m[moved.shape_start[:-1]], moved.x_m[moved.edge_from])


@pytest.fixture
def stored(network: Network, tmp_path: Path) -> Path:
    """A stored network beside the extract that it says it was made from."""
    extract = tmp_path / "fujian.osm.pbf"
    extract.write_bytes(b"roads of May")
    return write_network(network, tmp_path / "roads.npz", made_from=extract)


def test_stale_roads_are_refused(stored: Path) -> None:
    """When the extract has changed since, the stored roads are refused; touching it alone changes nothing."""
    extract = stored.parent / "fujian.osm.pbf"
    os.utime(extract, (1, 1))
    assert read_network(stored).n_edges == 5
    extract.write_bytes(b"roads of June, more of them")
    with pytest.raises(InputError, match=r"roads.npz: is stale: fujian.osm.pbf has changed since .*coverplan roads"):
        read_network(stored)
    extract.write_bytes(b"roads of Jul")
    with pytest.raises(InputError, match="is stale"):
        read_network(stored)
    extract.unlink()
    assert read_network(stored).n_edges == 5


def test_roads_of_another_file_are_refused(stored: Path) -> None:
    """Asked to be made from one file, a network made from another, or from none, is refused."""
    other = stored.parent / "guangdong.osm.pbf"
    other.write_bytes(b"other roads")
    with pytest.raises(InputError, match=r"was made from fujian.osm.pbf, not from guangdong.osm.pbf"):
        read_network(stored, expect=other)
    with pytest.raises(InputError, match="no such file"):
        read_network(stored, expect=stored.parent / "gone.osm.pbf")
    orphan = write_network(read_network(stored), stored.parent / "orphan.npz")
    with pytest.raises(InputError, match="does not say which file it was made from"):
        read_network(orphan, expect=other)


def _npz(**members: Any) -> bytes:
    data = io.BytesIO()
    np.savez(data, **members)
    return data.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is damaged|is foreign"),
        (b"this is a text", "is foreign"),
        (b"PK\x03\x04 and then nothing", "is damaged"),
        (_npz(x=np.arange(3)), "is foreign"),
        (_npz(about=np.frombuffer(b'{"form": "other"}', dtype=np.uint8)), "is foreign"),
        (_npz(about=np.frombuffer(b"[]", dtype=np.uint8)), "is foreign"),
        (_npz(about=np.frombuffer(b"{broken", dtype=np.uint8)), "is damaged"),
        (_npz(about=np.frombuffer(b'{"form": "coverplan roads", "version": 1}', dtype=np.uint8)), "is of form 1"),
        (_npz(about=np.frombuffer(b'{"form": "coverplan roads", "version": 2}', dtype=np.uint8)), "is damaged"),
    ],
)
def test_foreign_and_damaged_files_are_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    """A file that coverplan did not store, or that was damaged on its way, is one problem that says so."""
    path = tmp_path / "roads.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=expected) as caught:
        read_network(path)
    assert "coverplan roads" in str(caught.value)


def test_an_npy_that_would_run_code_is_refused(tmp_path: Path) -> None:
    """An array of pickled objects is refused, not loaded."""
    path = tmp_path / "roads.npz"
    np.savez(path, allow_pickle=True, about=np.array([{"form": "coverplan roads"}], dtype=object))
    with pytest.raises(InputError, match="is damaged"):
        read_network(path)


def _rewritten(stored: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Write the file again with something in its description changed, and a right checksum."""
    with np.load(stored) as members:
        about, roads = json.loads(members["about"].tobytes()), members["roads"]
    change(about)
    stored.write_bytes(_npz(about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8), roads=roads))
    return stored


@pytest.mark.parametrize(
    "change",
    [
        {"nodes": 6},
        {"edges": 4},
        {"edges": -1},
        {"vertices": 10**12},
        {"nodes": "5"},
        {"crs": "EPSG:4326"},
        {"crs": "nonsense"},
        {"quality": "splendid"},
        {"factors": 3},
        {"factors": 0},
        {"date": None},
        {"made_from": {"size": "many"}},
        {"made_from": [1]},
    ],
)
def test_a_description_that_does_not_fit_is_refused(stored: Path, change: dict[str, Any]) -> None:
    """Sizes, CRS, quality and origin are looked at before anything is computed with them."""
    with pytest.raises(InputError, match="is damaged"):
        read_network(_rewritten(stored, lambda about: about.update(change)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("edge_from", 5),
        ("edge_to", -1),
        ("edge_class", 99),
        ("edge_length_dm", -1),
        ("speed_factor", -0.5),
        ("speed_factor", np.nan),
        ("shape_start", 1),
        ("shape_x_m", np.nan),
        ("y_m", np.inf),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(network: Network, tmp_path: Path, name: str, value: float) -> None:
    """What compiled code would run out of bounds with is refused when it is read."""
    wrong = getattr(network, name).copy()
    wrong[0] = value
    stored = write_network(replace(network, **{name: wrong}), tmp_path / "roads.npz")
    with pytest.raises(InputError, match="is damaged"):
        read_network(stored)


def test_files_that_cannot_be_used(network: Network, tmp_path: Path) -> None:
    """Missing files and other endings are refused, on the way in and on the way out."""
    with pytest.raises(InputError, match="no such file"):
        read_network(tmp_path / "none.npz")
    with pytest.raises(InputError, match=r"must end in .npz"):
        write_network(network, tmp_path / "roads.osm.pbf")
    with pytest.raises(InputError, match="no such file"):
        write_network(network, tmp_path / "roads.npz", made_from=tmp_path / "none.osm.pbf")
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_old_file(network: Network, stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fails halfway, the older file stays whole and nothing is left beside it."""
    before = stored.read_bytes()

    def full(_: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write_network(network, stored)
    assert stored.read_bytes() == before
    assert sorted(path.name for path in stored.parent.iterdir()) == ["fujian.osm.pbf", "roads.npz"]


def test_cut_files_are_refused(stored: Path) -> None:
    """A copy that stopped anywhere is refused."""
    data = stored.read_bytes()
    for share in (0.1, 0.5, 0.9, 0.99):
        stored.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(InputError, match=r"is damaged|is foreign"):
            read_network(stored)


def test_the_file_is_a_plain_archive(stored: Path) -> None:
    """Others can open it: an ordinary archive of two arrays of bytes."""
    with zipfile.ZipFile(stored) as archive:
        assert archive.namelist() == ["about.npy", "roads.npy"]


def _study_on(path: Path, text: str = SCENE) -> Study:
    made = study(draw(text), people={"A": 1}, facilities={"B": "hospital"})
    return replace(made, roads=RoadSource(kind="stored", path=path))


def test_a_study_on_stored_roads(network: Network, tmp_path: Path) -> None:
    """A study whose config names a stored file gets that network, in its own CRS."""
    stored = write_network(network, tmp_path / "roads.npz")
    made = build_network(_study_on(stored))
    assert (made.n_edges, made.source, made.crs) == (5, "扇形图", network.crs)


def test_roads_of_another_county_are_refused(tmp_path: Path) -> None:
    """Stored roads among which nobody of the study lives are foreign."""
    far = straight_network(x_m=[0, 100, 100], y_m=[0, 0, 100], edges=[(0, 1), (1, 2)])
    stored = write_network(far, tmp_path / "roads.npz")
    with pytest.raises(InputError, match=r"is foreign: these roads \(a scene\) lie somewhere else than the people of"):
        build_network(_study_on(stored))
