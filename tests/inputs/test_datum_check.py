"""Datums that were mistaken are suspected, with the evidence; those that were not are left in peace."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import coverplan as cp
from coverplan.cli import main
from coverplan.core.datum import from_wgs84, to_wgs84
from coverplan.core.units import unproject
from coverplan.inputs.datum_check import FEWEST, MISTAKES, DatumDoubt, against_places, against_roads, datum_doubts
from coverplan.inputs.geocode import Gazetteer, read_gazetteer
from coverplan.roads.courses import straight_network
from coverplan.roads.network import Network
from toy import Toy

CRS = "EPSG:32650"
EAST, NORTH = 650_000.0, 2_730_000.0
SPACING = 400.0
"""Metres between the roads of a grid of twenty by twenty."""


@pytest.fixture(scope="module")
def roads() -> Network:
    """A grid of streets that is not quite regular, so that no step along it brings everything back to a road."""
    chance = np.random.default_rng(7)
    lines = np.cumsum(SPACING * chance.uniform(0.6, 1.4, size=(2, 20)), axis=1)
    x = np.repeat(EAST + lines[0], 20)
    y = np.tile(NORTH + lines[1], 20)
    at = np.arange(400).reshape(20, 20)
    edges = [
        *zip(at[:, :-1].ravel(), at[:, 1:].ravel(), strict=True),
        *zip(at[:-1].ravel(), at[1:].ravel(), strict=True),
    ]
    pairs = [(int(a), int(b)) for a, b in edges]
    return straight_network(x_m=x.tolist(), y_m=y.tolist(), edges=pairs, road_class="residential", crs=CRS)


def doors(roads: Network, n: int, *, seed: int = 1, off_m: float = 15.0) -> pd.DataFrame:
    """Places a few metres off a road, somewhere along it."""
    chance = np.random.default_rng(seed)
    edge = chance.integers(0, roads.n_edges, n)
    along = chance.uniform(0, 1, n)
    a, b = roads.edge_from[edge], roads.edge_to[edge]
    x = roads.x_m[a] + along * (roads.x_m[b] - roads.x_m[a]) + chance.normal(0, off_m, n)
    y = roads.y_m[a] + along * (roads.y_m[b] - roads.y_m[a]) + chance.normal(0, off_m, n)
    lon, lat = unproject(x, y, CRS)
    names = [f"第{i}站点" for i in range(n)]
    return pd.DataFrame({"name": names, "lon": lon, "lat": lat})


def spoil(frame: pd.DataFrame, mistake: str) -> pd.DataFrame:
    """Make a mistake with the datum of every point."""
    turn: Callable = to_wgs84 if mistake.startswith("from_") else from_wgs84
    lon, lat = turn(frame["lon"], frame["lat"], mistake.removeprefix("from_"))
    return frame.assign(lon=lon, lat=lat)


@pytest.mark.parametrize("mistake", list(MISTAKES))
def test_each_mistake_is_recognised_by_the_roads(roads: Network, mistake: str) -> None:
    """A hundred doors whose datum was mistaken: which mistake, how far, and what speaks for it."""
    doubt = against_roads(spoil(doors(roads, 100), mistake), roads, table="facilities")
    assert doubt is not None
    assert (doubt.mistake, doubt.witness, doubt.n) == (mistake, "roads", 100)
    assert doubt.moved_m < 20 < doubt.given_m
    assert 400 < doubt.shift_m < 1500
    assert MISTAKES[mistake] in str(doubt)
    assert f"within {doubt.given_m:.0f} m of the nearest road" in str(doubt)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("off_m", [5.0, 60.0, 400.0])
def test_right_positions_are_left_in_peace(roads: Network, seed: int, off_m: float) -> None:
    """Doors near the road, far from it, or anywhere: without a mistake there is no doubt."""
    for n in (FEWEST, 40, 200):
        assert against_roads(doors(roads, n, seed=seed, off_m=off_m), roads, table="facilities") is None


@pytest.mark.parametrize("angle", [60, 120, 180, 240, 300])
def test_a_shift_in_another_direction_is_no_datum(roads: Network, angle: int) -> None:
    """Points that lie as far off, but elsewhere, are wrong in some other way; the datum is not blamed."""
    right = doors(roads, 100)
    wrong = spoil(right, "gcj02")
    dx, dy = (wrong[name] - right[name] for name in ("lon", "lat"))
    turn = np.radians(angle)
    moved = right.assign(
        lon=right["lon"] + dx * np.cos(turn) - dy * np.sin(turn),
        lat=right["lat"] + dx * np.sin(turn) + dy * np.cos(turn),
    )
    doubt = against_roads(moved, roads, table="facilities")
    assert doubt is None or doubt.mistake != "gcj02"


def test_few_points_say_nothing(roads: Network) -> None:
    """Fewer different positions than needed are not judged, however often they are repeated."""
    few = spoil(doors(roads, FEWEST - 1), "gcj02")
    assert against_roads(few, roads, table="facilities") is None
    assert against_roads(pd.concat([few] * 9, ignore_index=True), roads, table="facilities") is None


def gazetteer(tmp_path: Path, frame: pd.DataFrame) -> Gazetteer:
    """A list of places with fine positions."""
    path = tmp_path / "places.csv"
    frame.assign(kind="institution")[["name", "lon", "lat", "kind"]].to_csv(path, index=False)
    return read_gazetteer(path)


@pytest.mark.parametrize("mistake", list(MISTAKES))
def test_each_mistake_is_recognised_by_the_gazetteer(roads: Network, tmp_path: Path, mistake: str) -> None:
    """Eight places that the gazetteer knows are enough; without a mistake, or with too few, nothing is said."""
    right = doors(roads, 8)
    places = [gazetteer(tmp_path, right)]
    doubt = against_places(spoil(right, mistake), places, crs=CRS, table="aeds", county="三桥县")
    assert doubt is not None
    assert (doubt.mistake, doubt.witness, doubt.n) == (mistake, "gazetteer", 8)
    assert doubt.moved_m < 1
    assert "places of these names in the gazetteer" in str(doubt)
    assert against_places(right, places, crs=CRS, table="aeds", county="三桥县") is None
    assert against_places(spoil(right, mistake).head(5), places, crs=CRS, table="aeds", county="三桥县") is None


def test_the_embedded_study_is_left_in_peace_and_its_spoilt_twin_is_not(root: Path) -> None:
    """Every table of the embedded study passes; moved to a Chinese map, its facilities and people are suspected."""
    from dataclasses import replace

    study = cp.read_study(root / "configs" / "jinjiang.yaml")
    network = cp.build_network(study)
    assert datum_doubts(study, network) == ()
    moved = replace(study, facilities=spoil(study.facilities, "gcj02"), people=spoil(study.people, "bd09"))
    found = {doubt.table: doubt.mistake for doubt in datum_doubts(moved, network)}
    assert found == {"facilities": "gcj02", "people": "bd09"}


def test_the_doubt_says_what_to_do() -> None:
    """The hint names the line of the config."""
    said = {"table": "aeds", "witness": "roads", "n": 20, "shift_m": 560.0, "given_m": 120.0, "moved_m": 15.0}
    assert DatumDoubt(mistake="gcj02", **said).hint == "if so, say it in the config: aeds: {file: ..., datum: gcj02}"
    assert "take the datum away" in DatumDoubt(mistake="from_bd09", **said).hint


def test_check_tells_it_as_a_note(
    toy: Toy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`check` says the doubt with its evidence and ends well: it stops nothing."""
    names = [f"第{i}站点" for i in range(10)]
    lon, lat = 118.51 + np.arange(10) / 500, 24.72 + np.arange(10) / 900
    (toy.data / "places.csv").write_text(
        "name,lon,lat,kind\n" + "\n".join(f"{n},{x},{y},institution" for n, x, y in zip(names, lon, lat, strict=True)),
        "utf-8",
    )
    east, north = from_wgs84(lon, lat, "gcj02")

    def fill(rows: list[dict[str, str]]) -> None:
        first = dict(rows[0])
        rows[:] = [
            {**first, "aed_id": f"A{i}", "name": names[i], "area_id": "", "lon": str(east[i]), "lat": str(north[i])}
            for i in range(10)
        ]

    toy.rows("aeds.csv", fill).edit("clock:", "geocode: {gazetteer: places.csv}\nclock:")
    monkeypatch.chdir(toy.config.parent)
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as ended:
        main(["check", toy.config.name])
    said = " ".join(capsys.readouterr().out.split())
    assert ended.value.code == 0
    assert "the positions of aeds look like GCJ-02 (AMap, Tencent) that was taken for WGS-84" in said
    assert "if so, say it in the config: aeds: {file: ..., datum: gcj02}" in said
