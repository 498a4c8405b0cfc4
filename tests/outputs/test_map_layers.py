"""What the page is given says where things are, and stays small."""

from dataclasses import replace
from itertools import accumulate

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from coverplan.core.units import project, unproject
from coverplan.core.words import ROAD_CLASSES
from coverplan.outputs import map_layers, map_results
from coverplan.outputs.map_layers import facility_layers, roads, steps
from coverplan.standards.findings import Assessment

CRS = "EPSG:32650"
DEGREE = 1e-5


def _course(codes: list[int]) -> np.ndarray:
    """Lay out steps as the page does, as (lat, lon) in degrees."""
    return np.column_stack([list(accumulate(codes[::2])), list(accumulate(codes[1::2]))]) * DEGREE


@given(st.lists(st.tuples(st.floats(118.3, 118.8), st.floats(24.4, 25.0)), min_size=2, max_size=30))
def test_a_course_reads_back(points: list[tuple[float, float]]) -> None:
    """Laid out again, each vertex lies within a hundred-thousandth of a degree of where it was; none drifts."""
    lon, lat = np.array(points).T
    read = _course(steps(*project(lon, lat, CRS), CRS))
    assert np.allclose(read[0], [lat[0], lon[0]], atol=DEGREE)
    assert np.allclose(read[-1], [lat[-1], lon[-1]], atol=DEGREE)
    assert len(read) <= len(points)


def test_areas_keep_their_shape(judged: Assessment) -> None:
    """Every area of the study is there, its outline encloses its label, its corners are those of the table."""
    told = map_layers.areas(judged.study)
    assert [area["id"] for area in told] == list(judged.study.areas["area_id"])
    for area, shape in zip(told, judged.study.areas.geometry, strict=True):
        x, y = project(area["at"][1], area["at"][0], judged.study.crs)
        assert shape.contains(map_layers.shapely.Point(float(x), float(y)))
        ring = _course(area["rings"][0][0])
        assert np.allclose(ring[0], ring[-1])


def test_only_main_roads_are_drawn(judged: Assessment) -> None:
    """Each main class is one entry, and its lines are about as long as the edges of that class."""
    network = judged.network
    classes = list(ROAD_CLASSES)
    for entry in roads(judged.study, network):
        lines = [_course(line) for line in entry["lines"]]
        drawn = 0.0
        for line in lines:
            x, y = project(line[:, 1], line[:, 0], network.crs)
            drawn += float(np.hypot(np.diff(x), np.diff(y)).sum())
        kept = np.isin(network.edge_class, [classes.index(entry["road_class"])])
        assert abs(drawn - network.edge_length_dm[kept].sum() / 10) < 0.02 * drawn


def test_facilities_stand_where_the_table_has_them(judged: Assessment) -> None:
    """Every facility and AED place is in one layer, at its place, under its own name."""
    study = judged.study
    told = {row["lines"][0]["zh"]: row["at"] for layer in facility_layers(study) for row in layer["rows"]}
    for table in (study.facilities, study.aeds):
        lon, lat = unproject(table.geometry.x, table.geometry.y, study.crs)
        for name, x, y in zip(table["name"], lon, lat, strict=True):
            assert np.allclose(told[name], [y, x], atol=DEGREE)


def test_what_does_not_serve_is_planned(judged: Assessment) -> None:
    """A facility that opens after the base year stands in the layer that says it is not counted."""
    late = judged.study.facilities.assign(open_year=pd.array([2030, *[pd.NA] * 5], dtype="Int64"), status="existing")
    layers = {layer["id"]: layer["rows"] for layer in facility_layers(replace(judged.study, facilities=late))}
    assert [row["lines"][0]["zh"] for row in layers["planned"]] == [judged.study.facilities["name"][0]]


def test_what_closed_is_gone(judged: Assessment) -> None:
    """A facility that closed before the base year is on no layer, least of all among the planned ones."""
    gone = judged.study.facilities.assign(close_year=pd.array([2019, *[pd.NA] * 5], dtype="Int64"))
    layers = facility_layers(replace(judged.study, facilities=gone))
    assert "planned" not in {layer["id"] for layer in layers}
    assert sum(layer["total"] for layer in layers) == len(gone) - 1 + len(judged.study.aeds)


def test_a_province_does_not_drown_the_page(judged: Assessment) -> None:
    """However many facilities there are, a layer stays within what a browser bears, and says how many there are."""
    many = pd.concat([judged.study.facilities] * 400, ignore_index=True)
    layers = facility_layers(replace(judged.study, facilities=many))
    assert {layer["id"]: layer["total"] for layer in layers}["primary"] == 800
    assert all(len(layer["rows"]) <= 600 for layer in layers)


def test_a_base_at_a_hospital_does_not_hide_it(judged: Assessment) -> None:
    """The emergency centre in the county hospital stands beside its symbol; the station by itself does not."""
    ems = next(layer for layer in facility_layers(judged.study) if layer["id"] == "ems")
    assert {row["lines"][0]["zh"]: row["beside"] for row in ems["rows"]} == {"急救中心": True, "东岸急救站": False}


def test_every_uncovered_place_has_a_position(judged: Assessment) -> None:
    """Each row of the gap list that is a place stands on the map with its people, the worst first."""
    from coverplan.standards.gaps import gaps

    told = gaps(judged)
    for verdict in judged.verdicts:
        if verdict.default.key not in judged.points:
            continue
        rows = told[told["rule_id"] == verdict.rule.rule_id]
        places = map_results.places(judged, verdict.default, rows, most=300)
        assert [place["people"] for place in places["rows"]] == rows["people"].tolist()
        assert [place["lines"][0]["zh"] for place in places["rows"]] == rows["place"].tolist()
        capped = map_results.places(judged, verdict.default, rows, most=1)
        assert (len(capped["rows"]), capped["total"]) == (1, len(rows))
