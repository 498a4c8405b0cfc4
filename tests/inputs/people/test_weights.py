"""What a census is spread over: settlements and layers, each piece in its area with its weight."""

import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from coverplan.core.errors import InputError
from coverplan.core.units import unproject
from coverplan.inputs.people.weights import over_layer, over_settlements
from inputs.people.conftest import CRS, LEFT, TOP, Towns


def villages(folder: Path, rows: str, head: str = "place_id,name,lon,lat,source,quality") -> Path:
    """Write settlements; {x,y} in a row is a place in metres right of and below the corner."""
    path = folder / "villages.csv"
    lines = []
    for row in rows.strip().splitlines():
        before, _, rest = row.strip().partition("{")
        xy, _, after = rest.partition("}")
        x, y = map(float, xy.split(","))
        lon, lat = unproject([LEFT + x], [TOP - y], CRS)
        lines.append(f"{before}{lon[0]:.8f},{lat[0]:.8f}{after},survey,measured")
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def layer(folder: Path, shapes: list[Any], crs: str | None = CRS, **columns: Any) -> Path:
    """Write a GeoPackage of shapes in metres right of and below the corner."""
    moved = [None if s is None else shapely.transform(s, lambda xy: [LEFT, TOP] + xy * [1, -1]) for s in shapes]
    path = folder / "buildings.gpkg"
    path.unlink(missing_ok=True)
    with warnings.catch_warnings():
        # A layer without a CRS is written on purpose.
        warnings.filterwarnings("ignore", "'crs' was not provided")
        frame = gpd.GeoDataFrame(columns, geometry=moved, crs=CRS).to_crs(crs or CRS)
        frame.set_crs(crs, allow_override=True).to_file(path)
    return path


def told(path: Path, areas: gpd.GeoDataFrame) -> list[str]:
    """Return what is wrong with a layer."""
    with pytest.raises(InputError) as error:
        over_layer(path, areas)
    return [str(problem) for problem in error.value.problems]


def test_settlements_are_placed_in_their_areas(tmp_path: Path, towns: Towns) -> None:
    """Where a settlement names no area, it belongs to the one it lies in; without a weight it weighs 1."""
    path = villages(tmp_path, "v1,甲村,{50,50}\nv2,乙村,{150,50}")
    weights = over_settlements(path, towns(a=(0, 0, 100, 100), b=(100, 0, 200, 100)))
    assert weights.units[["unit_id", "place", "area_id", "weight"]].to_numpy().tolist() == [
        ["v1", "甲村", "a", 1.0],
        ["v2", "乙村", "b", 1.0],
    ]
    assert weights.are_places
    assert weights.rule == "settlements of villages.csv, all alike"


def test_settlements_with_mistakes_are_told_at_once(tmp_path: Path, towns: Towns) -> None:
    """A settlement outside the study, one twice and an unknown area are three problems."""
    head = "place_id,name,area_id,weight,lon,lat,source,quality"
    path = villages(tmp_path, "v1,甲村,a,2,{50,50}\nv1,乙村,aa,3,{60,50}\nv2,丙村,,-1,{90000,50}", head)
    with pytest.raises(InputError) as error:
        over_settlements(path, towns(a=(0, 0, 100, 100)))
    said = [(p.row, p.column) for p in error.value.problems]
    assert sorted(said) == [(3, "area_id"), (3, "place_id"), (4, "lon"), (4, "weight")]
    empty = villages(tmp_path, "v1,甲村,{50,50}")
    empty.write_text(empty.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="holds no settlements"):
        over_settlements(empty, towns(a=(0, 0, 100, 100)))


def test_houses_weigh_their_floor_area(tmp_path: Path, towns: Towns) -> None:
    """A house of 10 by 10 m with three floors weighs 300, one without a number of floors 100; outside none counts."""
    areas = towns(a=(0, 0, 500, 500))
    boxes = [shapely.box(0, 0, 10, 10), shapely.box(20, 0, 30, 10), shapely.box(900, 0, 910, 10)]
    with_floors = over_layer(layer(tmp_path, boxes, floors=[3, None, 2]), areas)
    assert with_floors.units["weight"].to_list() == pytest.approx([300, 100])
    assert with_floors.rule == "buildings.gpkg by floor area, 1 features outside the areas left out"
    plain = over_layer(layer(tmp_path, boxes, crs="EPSG:4326"), areas)
    assert plain.units["weight"].to_list() == pytest.approx([100, 100], rel=1e-3)
    weighed = over_layer(layer(tmp_path, boxes, Weight=[7, 0, 5]), areas)
    assert weighed.units["weight"].to_list() == [7, 0]
    points = over_layer(layer(tmp_path, [shapely.Point(5, 5), shapely.Point(9, 9)]), areas)
    assert points.units["weight"].to_list() == [1, 1]
    assert "number of points" in points.rule


def test_a_house_stands_on_its_own_ground(tmp_path: Path, towns: Towns) -> None:
    """The point of an L-shaped house lies in the house."""
    ell = shapely.Polygon([(0, 0), (100, 0), (100, 5), (5, 5), (5, 100), (0, 100)])
    units = over_layer(layer(tmp_path, [ell]), towns(a=(0, 0, 500, 500))).units
    assert ell.covers(shapely.Point(units["x_m"].iloc[0] - LEFT, TOP - units["y_m"].iloc[0]))


def test_each_mistake_in_a_layer_is_told(tmp_path: Path, towns: Towns) -> None:
    """Missing, unreadable, without CRS, lines, negative weights and elsewhere: each says what to do."""
    areas = towns(a=(0, 0, 500, 500))
    house = shapely.box(0, 0, 10, 10)
    layer(tmp_path, [house])
    assert told(tmp_path / "building.gpkg", areas) == [
        "building.gpkg: there is no such file (did you mean 'buildings.gpkg'?)"
    ]
    (tmp_path / "words.gpkg").write_text("no layer", encoding="utf-8")
    assert "cannot be read as a map layer" in told(tmp_path / "words.gpkg", areas)[0]
    assert "names no coordinate system" in told(layer(tmp_path, [house], crs=None), areas)[0]
    line = shapely.LineString([(0, 0), (5, 5)])
    assert "1 of 2 features are lines (points or polygons are wanted" in told(layer(tmp_path, [house, line]), areas)[0]
    many = layer(tmp_path, [house] * 8, weight=["x", -1, *[-2] * 6])
    assert told(many, areas)[0] == "buildings.gpkg, row 1, column weight: 'x' is no number from 0"
    assert told(many, areas)[-1].endswith("the same mistake stands in 3 more rows")
    assert (
        "nothing in the layer lies in the study's areas" in told(layer(tmp_path, [house]), towns(a=(800, 0, 900, 9)))[0]
    )
    (tmp_path / "table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert "holds no geometry" in told(tmp_path / "table.csv", areas)[0]


def test_features_without_a_shape_carry_nobody(tmp_path: Path, towns: Towns) -> None:
    """A row without geometry is left out and counted, and stops nothing."""
    weights = over_layer(layer(tmp_path, [shapely.box(0, 0, 9, 9), None]), towns(a=(0, 0, 500, 500)))
    assert len(weights.units) == 1
    assert "1 features outside" in weights.rule
