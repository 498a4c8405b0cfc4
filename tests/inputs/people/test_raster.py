"""Demand points from a raster: every person of the clip once, wherever the raster comes from, mistakes told."""

import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine

from coverplan.core.errors import InputError
from coverplan.core.tables import PEOPLE
from coverplan.core.units import project, unproject
from coverplan.inputs.people.raster import people_from_raster
from inputs.people.conftest import CRS, LEFT, TOP, Towns, Write

DOUBLES = [[1, 2, 4, 8], [16, 32, 64, 128], [256, 512, 1024, 2048]]
"""A total names the cells it came from."""


def told(path: Path, areas: gpd.GeoDataFrame) -> str:
    """Return what is wrong with a raster."""
    with pytest.raises(InputError) as error:
        people_from_raster(path, areas, crs=CRS)
    assert len(error.value.problems) == 1
    return str(error.value.problems[0])


def test_cells_become_points_at_their_centres(raster: Write, towns: Towns) -> None:
    """Two towns take the cells whose centres lie in them; the declared columns come out, in their order."""
    areas = towns(west=(0, 0, 200, 300), east=(200, 0, 400, 200))
    demand = people_from_raster(raster(np.array(DOUBLES, dtype="float32")), areas, crs=CRS)
    people = demand.people
    assert list(people.columns) == [*PEOPLE.names, "geometry"]
    assert list(people.index) == list(range(10))
    sums = people.groupby("area_id")["people"].sum()
    assert sums["west"] == 1 + 2 + 16 + 32 + 256 + 512
    assert sums["east"] == 4 + 8 + 64 + 128
    one = people[people["people"] == 32].iloc[0]
    assert (one.geometry.x, one.geometry.y) == pytest.approx((LEFT + 150, TOP - 150), abs=1e-3)
    assert one["point_id"] == "r1c1"
    assert (one["quality"], one["datum"]) == ("estimated", "wgs84")
    lon, lat = unproject([LEFT + 150], [TOP - 150], CRS)
    assert (one["lon"], one["lat"]) == pytest.approx((lon[0], lat[0]), abs=1e-8)
    assert people["point_id"].is_unique
    assert people["source"].iloc[0] == "population raster people.tif, cells of 100 m, by the centre of each cell"
    assert demand.areas[["area_id", "given", "people", "points"]].to_numpy().tolist() == [
        ["west", 819.0, 819, 6],
        ["east", 204.0, 204, 4],
    ]


def test_the_centre_decides(raster: Write, towns: Towns) -> None:
    """A border through the centre of a cell takes it, one a metre short does not; what is left out is reported."""
    path = raster(np.array(DOUBLES, dtype="float32"))
    exactly = people_from_raster(path, towns(a=(0, 0, 150, 300)), crs=CRS)
    assert exactly.people["people"].sum() == 1 + 16 + 256 + 2 + 32 + 512
    short = people_from_raster(path, towns(a=(0, 0, 149, 300)), crs=CRS)
    assert short.people["people"].sum() == 1 + 16 + 256
    assert short.on_edge == 2 + 32 + 512
    assert "546 of them in cells that an area touches; the cell's centre decides" in str(short.notes[0].hint)
    assert short.outside >= short.on_edge


def test_a_cell_on_a_common_border_counts_once(raster: Write, towns: Towns) -> None:
    """A cell whose centre lies on the border of two towns goes to the one named first."""
    demand = people_from_raster(raster([[7.0, 0.0]]), towns(b=(0, 0, 50, 100), a=(50, 0, 200, 100)), crs=CRS)
    assert demand.people[["area_id", "people"]].to_numpy().tolist() == [["b", 7]]


def test_what_is_no_data_is_nobody(raster: Write, towns: Towns) -> None:
    """Declared no data, NaN and nought hold nobody; a negative value that stands alone is no data and said so."""
    areas = towns(a=(0, 0, 400, 300))
    values = np.array(DOUBLES, dtype="float64")
    values[0] = [-99999, np.nan, 0, -99999]
    declared = people_from_raster(raster(values, nodata=-99999), areas, crs=CRS)
    assert (declared.people["people"].sum(), declared.notes) == (4080, ())
    silent = people_from_raster(raster(values), areas, crs=CRS)
    assert silent.people["people"].sum() == 4080
    assert "2 cells hold -99999, which is taken to mean no data" in str(silent.notes[0])


def test_negative_and_endless_people_are_refused(raster: Write, towns: Towns) -> None:
    """Several negative values are no number of people, and neither is infinity."""
    areas = towns(a=(0, 0, 400, 300))
    values = np.array(DOUBLES, dtype="float64")
    values[0] = [-3, -1, 2, 3]
    assert "2 cells hold negative people, from -3 to -1" in told(raster(values), areas)
    values[0] = [np.inf, 1, 2, 3]
    assert "1 cell holds an endless number of people" in told(raster(values), areas)


@pytest.mark.parametrize("crs", ["EPSG:4326", "ESRI:54009", "EPSG:3857", "EPSG:4490", "EPSG:4549"])
def test_any_coordinate_system_will_do(tmp_path: Path, towns: Towns, crs: str) -> None:
    """One full cell, in degrees, Mollweide, web Mercator or CGCS2000, comes out where it lies on the ground."""
    lon, lat = unproject([LEFT + 500], [TOP - 500], CRS)
    x, y = project(lon, lat, crs)
    size = 0.001 if crs in {"EPSG:4326", "EPSG:4490"} else 100.0
    values = np.zeros((5, 5), dtype="float32")
    values[2, 2] = 12
    path = tmp_path / "world.tif"
    with rasterio.open(path, "w", driver="GTiff", count=1, height=5, width=5, dtype="float32", crs=crs,
                       transform=Affine(size, 0, x[0] - 2.5 * size, 0, -size, y[0] + 2.5 * size)) as sink:  # fmt: skip
        sink.write(values, 1)
    demand = people_from_raster(path, towns(a=(0, 0, 1000, 1000)), crs=CRS)
    assert demand.people["people"].to_list() == [12]
    point = demand.people.geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx((LEFT + 500, TOP - 500), abs=0.01)


def test_areas_may_come_in_degrees(raster: Write, towns: Towns) -> None:
    """Areas in another CRS than the study's clip the same cells."""
    areas = towns(a=(0, 0, 200, 300))
    path = raster(np.array(DOUBLES, dtype="float32"))
    one, other = (people_from_raster(path, a, crs=CRS).people for a in (areas, areas.to_crs(4326)))
    assert one["people"].to_list() == other["people"].to_list()


def test_a_turned_raster_is_read(raster: Write, towns: Towns) -> None:
    """A raster turned by a quarter has its cells where the file says, not where a plain one would have them."""
    turned = Affine(0, 100, LEFT, 100, 0, TOP - 400)
    demand = people_from_raster(
        raster(np.array(DOUBLES, dtype="float32"), transform=turned), towns(a=(0, 0, 100, 400)), crs=CRS
    )
    assert demand.people["people"].sum() == 1 + 2 + 4 + 8


def test_fractions_stay_in_their_neighbourhood(raster: Write, towns: Towns) -> None:
    """Three tenths of a person in each of 400 cells are 120 people, 4 or 5 in every square of 16 cells."""
    areas = towns(a=(0, 0, 2000, 2000))
    demand = people_from_raster(raster(np.full((20, 20), 0.3)), areas, crs=CRS)
    people = demand.people
    assert people["people"].sum() == 120
    squares = people.groupby([people.geometry.x // 400, people.geometry.y // 400])["people"].sum()
    assert len(squares) == 25
    assert squares.between(4, 5).all()
    assert people["people"].max() == 1


def test_cells_are_put_together(raster: Write, towns: Towns) -> None:
    """Squares of 200 m hold the people of their cells, at the centre of gravity, each town by itself."""
    path = raster(np.array([[1, 3, 0, 0], [0, 0, 5, 5]], dtype="float32"))
    areas = towns(a=(0, 0, 350, 200), b=(350.5, 0, 400, 200))
    demand = people_from_raster(path, areas, crs=CRS, cell_m=200)
    left = demand.people.iloc[0]
    assert (left["people"], left.geometry.x, left.geometry.y) == pytest.approx((4, LEFT + 125, TOP - 50), abs=1e-3)
    assert demand.people["people"].sum() == 14
    assert demand.people["point_id"].to_list() == ["a-3250-13699", "a-3251-13699"]
    assert "cells of 200 m" in demand.rule
    finer = people_from_raster(path, areas, crs=CRS, cell_m=20)
    assert finer.people["point_id"].str.startswith("r").all()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), cell_m=st.sampled_from([None, 250.0, 1000.0]))
def test_nobody_is_lost_at_any_size(raster: Write, towns: Towns, seed: int, cell_m: float | None) -> None:
    """The points sum to the clip rounded to whole people, and each town to its own sum rounded up or down."""
    rng = np.random.default_rng(seed)
    values = np.where(rng.random((12, 18)) < 0.6, rng.gamma(0.4, 5, (12, 18)), 0)
    areas = towns(a=(0, 0, 700, 900), b=(700, 0, 1800, 900), c=(0, 900, 1800, 1200))
    demand = people_from_raster(raster(values), areas, crs=CRS, cell_m=cell_m)
    parts = [values[:9, :7].sum(), values[:9, 7:].sum(), values[9:].sum()]
    assert abs(demand.people["people"].sum() - values.sum()) <= 0.5 + 1e-6
    assert demand.areas["given"].to_list() == pytest.approx(parts, abs=1e-5)
    assert (np.abs(demand.areas["people"] - parts) < 1).all()
    assert (demand.areas["people"].sum(), demand.areas["points"].sum()) == (
        demand.people["people"].sum(),
        len(demand.people),
    )


def test_people_per_square_km_are_multiplied_with_the_cell(tmp_path: Path) -> None:
    """Cells of one square km in an equal-area CRS with 50 people per square km hold 50 each."""
    x, y = project([118.5], [24.7], "EPSG:6933")
    path = tmp_path / "density.tif"
    with rasterio.open(path, "w", driver="GTiff", count=1, height=10, width=10, dtype="float32", crs="EPSG:6933",
                       transform=Affine(1000, 0, x[0], 0, -1000, y[0])) as sink:  # fmt: skip
        sink.write(np.full((10, 10), 50, dtype="float32"), 1)
    areas = gpd.GeoDataFrame({"area_id": ["a"]}, geometry=[shapely.box(118, 24, 119, 25)], crs=4326)
    demand = people_from_raster(path, areas, crs=CRS, values="people_per_km2")
    assert demand.areas["given"].iloc[0] == pytest.approx(5000, rel=1e-6)


def test_what_the_raster_does_not_reach_is_told(raster: Write, towns: Towns) -> None:
    """A raster over half of a town, and a town without anybody, are worth a word."""
    areas = towns(a=(0, 0, 800, 300), b=(0, 300, 800, 400))
    values = np.array(DOUBLES, dtype="float32")
    said = [str(note) for note in people_from_raster(raster(values), areas, crs=CRS).notes]
    assert said[0].startswith("people.tif: 62.5% of the study's area lies outside the raster: nobody is placed there (")
    assert said[1] == "people.tif: the raster has nobody in b镇"
    assert people_from_raster(raster(values), towns(a=(0, 0, 400, 300)), crs=CRS).notes == ()


def test_a_density_that_is_taken_for_people_is_noticed(raster: Write, towns: Towns) -> None:
    """More than any city holds is worth a word about the unit; more than the earth holds is refused."""
    areas = towns(a=(0, 0, 400, 300))
    noted = people_from_raster(raster(np.full((3, 4), 5000.0)), areas, crs=CRS)
    assert "500,000 people per square km of the study (are these people per square km?" in str(noted.notes[0])
    assert "more than there are on earth" in told(raster(np.full((3, 4), 1e12)), areas)


def test_scale_bands_and_integers(raster: Write, towns: Towns) -> None:
    """Whole-number rasters are read, the first of several bands counts, and a declared scale is applied."""
    areas = towns(a=(0, 0, 400, 300))
    path = raster(np.array([DOUBLES, DOUBLES], dtype="int32"))
    demand = people_from_raster(path, areas, crs=CRS)
    assert demand.people["people"].sum() == 4095
    assert "the raster has 2 bands; the first one is read" in str(demand.notes[0])
    with rasterio.open(path, "r+") as file:
        file.scales = (0.5, 1.0)
    assert people_from_raster(path, areas, crs=CRS).people["people"].sum() == 2048


def test_each_mistake_is_told_with_a_hint(raster: Write, towns: Towns, tmp_path: Path) -> None:
    """Missing, no raster, without CRS or place, elsewhere, empty: each is one problem that says what to do."""
    areas = towns(a=(0, 0, 400, 300))
    good = raster(np.array(DOUBLES, dtype="float32"))
    assert "poeple.tif: there is no such file (did you mean 'people.tif'?)" in told(tmp_path / "poeple.tif", areas)
    (tmp_path / "words.tif").write_text("no raster", encoding="utf-8")
    assert "words.tif: this is no raster that can be read" in told(tmp_path / "words.tif", areas)
    assert str(tmp_path) not in told(tmp_path / "words.tif", areas)
    assert "names no coordinate system (set it with" in told(raster([[1.0]], "no_crs.tif", crs=None), areas)
    plan = 'LOCAL_CS["building site",UNIT["metre",1]]'
    assert "is not one of the earth (set it with" in told(raster([[1.0]], "plan.tif", crs=plan), areas)
    assert "does not say where it lies" in told(_without_place(tmp_path), areas)
    assert "complex numbers" in told(raster(np.array([[1 + 2j]]), "complex.tif"), areas)
    far = gpd.GeoDataFrame({"area_id": ["a"]}, geometry=[shapely.box(100, 30, 101, 31)], crs=4326)
    assert "the raster and the study do not overlap (the raster covers longitude 118.48 to 118.49" in told(good, far)
    assert "nobody lives in the study's areas" in told(raster(np.zeros((3, 4)), "empty.tif"), areas)
    with pytest.raises(ValueError, match="cell_m"):
        people_from_raster(good, areas, crs=CRS, cell_m=0)


def test_damaged_rasters_are_input_errors(raster: Write, towns: Towns, tmp_path: Path) -> None:
    """Cut off or with bytes changed anywhere, a raster is read or refused; nothing else ever comes out."""
    areas = towns(a=(0, 0, 4000, 3000))
    good = raster(np.random.default_rng(5).gamma(0.5, 3, (30, 40)).astype("float32"), compress="deflate").read_bytes()
    rng, path = np.random.default_rng(9), tmp_path / "damaged.tif"
    refusals = []
    for turn in range(200):
        data = bytearray(good[: rng.integers(1, len(good))] if turn % 3 == 0 else good)
        for _ in range(int(rng.integers(1, 6))):
            # Every other time in the first 600 bytes, where the file says what it is.
            data[int(rng.integers(0, min(len(data), 600 if turn % 2 else len(data))))] = int(rng.integers(0, 256))
        path.write_bytes(data)
        try:
            people_from_raster(path, areas, crs=CRS)
        except InputError as error:
            refusals.append(str(error))
    assert len(refusals) > 50
    assert not any(str(tmp_path) in text for text in refusals)
    assert any("the raster is damaged: rows" in text for text in refusals)


def test_far_too_many_cells_are_refused(tmp_path: Path, towns: Towns) -> None:
    """A raster with a cell for every centimetre is no raster of people, and is not read for a week."""
    path = tmp_path / "fine.tif"
    with rasterio.open(path, "w", driver="GTiff", count=1, height=500_000, width=500_000, dtype="uint8", crs=CRS,
                       transform=Affine(0.01, 0, LEFT, 0, -0.01, TOP), tiled=True, blockxsize=8192, blockysize=8192,
                       SPARSE_OK=True, BIGTIFF="YES"):  # fmt: skip
        pass
    assert "cells around one study are too many for people" in told(path, towns(a=(0, 0, 4000, 4000)))


def _without_place(folder: Path) -> Path:
    """Write a raster that has a CRS and no place."""
    path = folder / "nowhere.tif"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", driver="GTiff", count=1, height=1, width=1, dtype="uint8", crs=CRS) as sink:
            sink.write(np.ones((1, 1, 1), dtype="uint8"))
    return path


def test_a_zip_with_one_raster_is_read(raster: Write, towns: Towns, tmp_path: Path) -> None:
    """What GHSL offers for download need not be unpacked; none, two and a broken zip are told."""
    areas, good = towns(a=(0, 0, 400, 300)), raster(np.array(DOUBLES, dtype="float32"))
    packed = tmp_path / "tile.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(good, "tile.tif")
        archive.writestr("readme.txt", "hello")
    assert people_from_raster(packed, areas, crs=CRS).people["people"].sum() == 4095
    with zipfile.ZipFile(packed, "a") as archive:
        archive.write(good, "again.tif")
    assert "holds 2 GeoTIFFs (unpack it" in told(packed, areas)
    packed.write_bytes(b"PK nonsense")
    assert "the zip file is damaged" in told(packed, areas)


def test_blocks_make_no_difference(raster: Write, towns: Towns, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in tiles of 16 cells or in one piece, the points are the same, put together or not."""
    rng = np.random.default_rng(3)
    values = rng.gamma(0.3, 4, (150, 130))
    areas = towns(a=(0, 0, 7000, 15000), b=(7000, 3000, 13000, 12000))
    striped = raster(values)
    tiled = raster(values, "tiled.tif", tiled=True, blockxsize=16, blockysize=16)
    in_one = raster(values, "one.tif", compress="deflate", blockysize=150)
    for cell_m in (None, 300):
        one = people_from_raster(striped, areas, crs=CRS, cell_m=cell_m).people
        monkeypatch.setattr("coverplan.inputs.people.grid._BLOCK_CELLS", 2048)
        monkeypatch.setattr("coverplan.inputs.people.raster._LOT", 500)
        for path in (striped, tiled, in_one):
            other = people_from_raster(path, areas, crs=CRS, cell_m=cell_m).people
            for column in ("point_id", "people", "area_id"):
                assert other[column].to_list() == one[column].to_list()
            assert shapely.distance(other.geometry.to_numpy(), one.geometry.to_numpy()).max() < 1e-6
        monkeypatch.undo()


def test_a_large_raster_is_read_in_bounded_memory(tmp_path: Path) -> None:
    """A raster of 100 million cells (400 MB, 800 MB as it is counted) over the whole study takes less than 300 MB."""
    path = tmp_path / "large.tif"
    with rasterio.open(path, "w", driver="GTiff", count=1, height=10_000, width=10_000, dtype="float32", crs=CRS,
                       transform=Affine(30, 0, 400_000, 0, -30, 3_000_000), tiled=True, blockxsize=512, blockysize=512,
                       compress="deflate", SPARSE_OK=True) as sink:  # fmt: skip
        for i in range(0, 10_000, 1024):
            window = rasterio.windows.Window(i, i, 64, 64)  # pyright: ignore[reportCallIssue]
            sink.write(np.full((1, 64, 64), 0.5, dtype="float32")[:, : 10_000 - i, : 10_000 - i], window=window)
    code = f"""
import resource, geopandas as gpd, shapely
from coverplan.inputs.people.raster import people_from_raster
import rasterio.features
areas = gpd.GeoDataFrame({{"area_id": ["a"]}}, geometry=[shapely.box(300000, 2600000, 800000, 3100000)], crs="{CRS}")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
demand = people_from_raster({str(path)!r}, areas, crs="{CRS}", cell_m=300)
print(int(demand.people["people"].sum()), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    people, more_mb = map(int, answer.stdout.split())
    assert people == 10 * 64 * 64 // 2
    assert more_mb < 300


def test_auckland_is_read_to_the_person(shared: Path) -> None:
    """The density raster of Auckland's urban area gives the 1.28 million people of its census, in cells of 300 m."""
    path = shared / "data" / "auckland" / "demand" / "auckland-urban-pop-densit-40m.zip"
    boxes = [shapely.box(174.5, -37.2, 174.78, -36.5), shapely.box(174.78, -37.2, 175.1, -36.5)]
    areas = gpd.GeoDataFrame({"area_id": ["west", "east"]}, geometry=boxes, crs=4326)
    demand = people_from_raster(path, areas, crs="EPSG:32760", cell_m=300, values="people_per_km2")
    with rasterio.open(f"/vsizip/{path}/auckland-urban-pop-densit-40m.tif") as source:
        density, row = source.read(1), np.arange(source.height)
        step, top = source.transform, source.transform.f
    lat = np.deg2rad(top + step.e * (row + 0.5))
    # An oracle of its own: the area of a band of latitude on the ellipsoid.
    e2 = 2 / 298.257223563 - 1 / 298.257223563**2
    band = (6378.137**2 * (1 - e2) * np.cos(lat) / (1 - e2 * np.sin(lat) ** 2) ** 2) * np.deg2rad(-step.e)
    expected = float((density.sum(axis=1) * band * np.deg2rad(step.a)).sum())
    assert demand.areas["given"].sum() == pytest.approx(expected, rel=1e-6)
    assert demand.people["people"].sum() == round(expected) == 1_280_056
    assert demand.outside == 0
    assert 9_000 < len(demand.people) < 10_000
    assert demand.people["point_id"].is_unique
    assert pd.api.types.is_integer_dtype(demand.people["people"])
