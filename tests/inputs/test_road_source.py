"""What a config says of its roads: one source, an extract's margin, and what is not there yet."""

import dataclasses
from pathlib import Path

import pytest
import shapely

import coverplan as cp
from coverplan.core.errors import InputError
from coverplan.core.model import RoadSource
from coverplan.inputs.road_source import read_outline
from coverplan.roads.build import outline_of
from osm_files import Drawing, write_xml
from scenes import draw, study
from toy import Toy


def _roads(toy: Toy, line: str) -> Toy:
    return toy.edit("roads: {tables: roads}", f"roads: {line}")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{tables: roads, margin_km: 5}", "roads.margin_km: it has no meaning for roads from 'tables'"),
        ("{tables: roads, clip: false}", "roads.clip: it has no meaning for roads from 'tables'"),
        ("{pbf: a.osm, clip: false, margin_km: 5}", "roads.margin_km: a margin is given, and clip is off"),
        ("{pbf: a.osm, margin_km: -1}", "roads.margin_km"),
        ("{pbf: a.osm, clip: maybe}", "roads.clip"),
        ("{margin_km: 5}", "no road sources are named"),
        ("{stored: roads.npz}", "there is no file 'roads.npz' (make it with: coverplan roads)"),
    ],
)
def test_what_cannot_be_meant_is_said(toy: Toy, line: str, expected: str) -> None:
    """Contradictions, and roads that are not there, each at its key."""
    (toy.data / "a.osm").write_text("<osm/>")
    assert any(expected in problem for problem in map(str, _roads(toy, line).problems()))


@pytest.mark.parametrize(
    ("line", "clip_m"),
    [("{pbf: a.osm}", 10_000.0), ("{pbf: a.osm, margin_km: 2.5}", 2500.0), ("{pbf: a.osm, clip: false}", None)],
)
def test_how_far_an_extract_is_read(toy: Toy, line: str, clip_m: float | None) -> None:
    """Ten kilometres around unless the config says otherwise; another source has no margin."""
    (toy.data / "a.osm").write_text("<osm/>")
    assert cp.read_study(_roads(toy, line).config).roads.clip_m == clip_m
    assert cp.read_study(cp.sample_config()).roads.clip_m is None


def test_a_study_without_areas_is_clipped_around_its_people(tmp_path: Path) -> None:
    """The people's hull and the margin say what is read; without anybody nothing is cut."""
    made = study(draw("A--B"), people={"A": 1}, facilities={"B": "hospital"})
    lonely = dataclasses.replace(made, areas=made.areas.iloc[:0])
    around = outline_of(lonely.areas, lonely.people, margin_m=1000)
    assert around is not None
    (lon, lat) = around.centroid.x, around.centroid.y
    drawing = Drawing(ways=[([1, 2], {"highway": "primary"})])
    path = write_xml(drawing, tmp_path / "a.osm")
    far = dataclasses.replace(lonely, roads=RoadSource(kind="pbf", path=path, clip_m=1000.0))
    with pytest.raises(InputError, match=f"the study area at longitude {lon - 0.01:.2f}"):
        cp.build_network(far)
    assert shapely.intersects_xy(around, lon, lat)
    assert outline_of(lonely.areas, lonely.people.iloc[:0], margin_m=1000) is None


def test_an_outline_is_every_polygon_of_a_layer(tmp_path: Path) -> None:
    """Points and lines in the layer do not count; a bow tie is mended."""
    tie = shapely.Polygon([(118.2, 24), (118.3, 24.1), (118.3, 24), (118.2, 24.1)])
    shapes = [shapely.box(118, 24, 118.1, 24.1), shapely.Point(119, 25), tie]
    features = [
        f'{{"type": "Feature", "properties": {{}}, "geometry": {shapely.to_geojson(shape)}}}' for shape in shapes
    ]
    path = tmp_path / "part.geojson"
    path.write_text(f'{{"type": "FeatureCollection", "features": [{",".join(features)}]}}')
    outline = read_outline(path, margin_m=0)
    inside = shapely.intersects_xy(outline, [118.05, 119, 118.29, 118.25], [24.05, 25, 24.05, 24.09])
    assert inside.tolist() == [True, False, True, False]
