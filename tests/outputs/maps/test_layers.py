"""What the page is given says where things are, and stays small."""

from dataclasses import replace
from itertools import accumulate

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given
from hypothesis import strategies as st

from coverplan.core.units import project, unproject
from coverplan.core.words import ROAD_CLASSES
from coverplan.outputs.maps import layers, results
from coverplan.outputs.maps.layers import roads, steps
from coverplan.standards.findings import Assessment
from coverplan.standards.gaps import gaps

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
    told = layers.areas(judged.study)
    assert [area["id"] for area in told] == list(judged.study.areas["area_id"])
    for area, shape in zip(told, judged.study.areas.geometry, strict=True):
        x, y = project(area["at"][1], area["at"][0], judged.study.crs)
        assert shape.contains(shapely.Point(float(x), float(y)))
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


def test_every_uncovered_place_has_a_position(judged: Assessment) -> None:
    """Each row of the gap list that is a place stands on the map with its people, the worst first."""
    told = gaps(judged)
    for verdict in judged.verdicts:
        if verdict.default.key not in judged.points:
            continue
        rows = told[told["rule_id"] == verdict.rule.rule_id]
        places = results.places(judged, verdict.default, rows, most=300)
        assert [place["people"] for place in places["rows"]] == rows["people"].tolist()
        assert [place["lines"][0]["zh"] for place in places["rows"]] == rows["place"].tolist()
        assert [place["rank"] for place in places["rows"]] == rows["rank"].tolist()
        assert [place["cause"] for place in places["rows"]] == rows["cause"].tolist()
        capped = results.places(judged, verdict.default, rows, most=1)
        assert (len(capped["rows"]), capped["total"]) == (1, len(rows))


def test_gaps_of_single_facilities_have_a_place(judged: Assessment) -> None:
    """What is wrong with a facility stands where the facility does, though no person is counted."""
    facility = judged.study.facilities.iloc[0]
    row = {
        "place_id": facility["facility_id"],
        "place": facility["name"],
        "people": pd.NA,
        "lacks_zh": "无",
        "lacks": "x",
    }
    rows = gaps(judged).head(1).assign(**row)
    finding = replace(judged.verdicts[0].default, reading=replace(judged.verdicts[0].default.reading, name="other"))
    told = results.places(judged, finding, rows, most=10)
    lon, lat = unproject(facility.geometry.x, facility.geometry.y, judged.study.crs)
    assert told["total"] == 1
    assert np.allclose(told["rows"][0]["at"], [lat, lon], atol=DEGREE)
    assert "缺：无" in [line["zh"] for line in told["rows"][0]["lines"]]


def test_systems_count_what_towns_miss(judged: Assessment) -> None:
    """A town's class is the share of its judged targets that it misses, and those are named."""
    ruled = [verdict.rule.rule_id for verdict in judged.verdicts]
    everything = results.systems(judged, ruled)[0]
    assert everything["id"] == "system-all"
    for i, area_id in enumerate(judged.study.areas["area_id"]):
        states = [
            (verdict.rule.name_zh, dict(zip(table["area_id"], table["status"], strict=True))[area_id])
            for verdict in judged.verdicts
            for table in [verdict.default.areas]
        ]
        missed = [name for name, state in states if state == "not_met"]
        n_judged = len([state for _, state in states if state in {"met", "not_met"}])
        row = everything["rows"][i]
        assert row["step"] == (results.step_of(len(missed) / n_judged) if n_judged else None)
        assert [line["zh"] for line in row["lines"][1:]] == [f"✗ {name}" for name in missed]


def test_zones_are_drawn_by_kind_and_water_first(judged: Assessment) -> None:
    """Named zones come by kind, water before the others, each with its outline; without zones there are none."""
    assert layers.zones(judged.study) == []
    table = gpd.GeoDataFrame(
        {"zone_id": ["Z1", "Z2"], "name": ["园区", "水库"], "name_en": ["park", "lake"], "kind": ["park", "water"]},
        geometry=list(judged.study.areas.geometry[:2]),
        crs=judged.study.crs,
    )
    told = layers.zones(replace(judged.study, zones=table))
    assert [(one["kind"], one["water"], one["rows"][0]["name"]["zh"]) for one in told] == [
        ("water", True, "水库"),
        ("park", False, "园区"),
    ]
    assert _course(told[0]["rows"][0]["rings"][0][0]).shape[1] == 2
