"""Isochrones, radii and catchments on the map agree with the engine and with each other."""

import base64
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import coverplan as cp
from coverplan.core.units import project
from coverplan.outputs.maps.catchments import COLOURS, catchments, colouring, communities, own_hubs
from coverplan.outputs.maps.contents import Measured, measure_surfaces
from coverplan.outputs.maps.isochrones import BUFFER_CELLS, isochrone_bands
from coverplan.outputs.maps.radius import radii
from coverplan.outputs.maps.raster import to_mercator
from coverplan.outputs.maps.surfaces import cell_size, draw
from coverplan.standards.findings import Assessment
from coverplan.standards.params import Limit, ReachParams
from coverplan.travel.router import Router


@pytest.fixture(scope="module")
def measured(judged: Assessment) -> Measured:
    """The toy county's surfaces, and its routers."""
    return measure_surfaces(judged)


@pytest.fixture(scope="module")
def router_of(measured: Measured) -> Callable[[str], Router]:
    """The routers."""
    return measured.router_of


def _shape(rings: list[Any], crs: str) -> shapely.Geometry:
    """Lay out what the page is given, in metres."""

    def ring(codes: list[int]) -> np.ndarray:
        lat, lon = (np.array(list(accumulate(codes[part::2]))) * 1e-5 for part in (0, 1))
        return np.column_stack(project(lon, lat, crs))

    return shapely.union_all(
        [shapely.make_valid(shapely.Polygon(ring(outer), [ring(hole) for hole in holes])) for outer, *holes in rings]
    )


def test_isochrones_lie_within_one_another(measured: Measured) -> None:
    """A shorter limit's area lies within a longer one's but for the outlines' simplification, and colours match."""
    assessment = measured.assessment
    for plan, raster in measured.surfaces:
        surface = draw(assessment, plan, raster=raster)
        told = isochrone_bands(assessment, plan, surface.colours, router=measured.router_of(plan.params.profile))
        assert told is not None
        shapes = [_shape(row["rings"], assessment.study.crs) for row in told["rows"]]
        assert len(shapes) >= 3
        for longer, shorter in pairwise(shapes):
            assert longer.area >= shorter.area
            assert shorter.difference(longer).area < 0.02 * shorter.area
        colours = {band["colour"] for band in surface.data["bands"]}
        assert {row["colour"] for row in told["rows"]} <= colours


def test_by_road_is_within_the_circles(judged: Assessment, router_of: Callable[[str], Router]) -> None:
    """No road is shorter than the crow flies: the area by road lies within the circles and a margin for drawing."""
    verdict = judged.verdicts[0]
    params = ReachParams(kinds=("ems",), by="road", limit=Limit(value=4, unit="km"), profile="ambulance")
    by_km = replace(verdict.default, reading=replace(verdict.default.reading, params=params))
    found = radii(replace(judged, verdicts=(replace(verdict, findings=(by_km,)), *judged.verdicts[1:])), router_of)
    assert [(one["metres"], len(one["centres"])) for one in found] == [(4000, 2)]
    for one in found:
        lat, lon = np.array(one["centres"]).T
        centres = shapely.points(np.column_stack(project(lon, lat, judged.study.crs)))
        margin = (BUFFER_CELLS + 2) * cell_size(judged.study)
        circles = shapely.union_all(shapely.buffer(centres, one["metres"] + margin))
        by_road = _shape(one["rings"], judged.study.crs)
        assert by_road.area > 0
        assert by_road.difference(circles).area < 1e-3 * by_road.area
        assert by_road.area < 0.9 * circles.intersection(shapely.union_all(judged.study.areas.geometry)).area


def test_catchments_are_who_is_nearest(judged: Assessment, measured: Measured) -> None:
    """Each facility's people are those for whom it is the nearest, and the picture says the same where they live."""
    study = judged.study
    plan = measured.surfaces[0][0]
    told = catchments(judged, plan, measured.router_of(plan.params.profile))
    assert told is not None
    points = judged.points["TB-2/p90"]
    by_id = points.groupby("facility_id")["people"].sum()
    names = study.facilities.set_index("facility_id")["name"]
    assert {hub["name"]["zh"]: hub["people"]["en"] for hub in told["hubs"]} == {
        names[facility]: f"{people:,.0f} people" for facility, people in by_id.items()
    }
    runs = np.frombuffer(base64.b64decode(told["grid"]), dtype=np.uint8).reshape(-1, 2)
    codes = np.repeat(runs[:, 1], runs[:, 0]).reshape(told["ny"], told["nx"])
    lon, lat = (np.array(study.people.geometry.to_crs(4326).get_coordinates()[name]) for name in ("x", "y"))
    x, y = to_mercator(lon, lat)
    row, column = ((told["north"] - y) // told["pixel"]).astype(int), ((x - told["west"]) // told["pixel"]).astype(int)
    seen = [told["hubs"][code]["name"]["zh"] if code < len(told["hubs"]) else None for code in codes[row, column]]
    wanted = [names.get(facility) if pd.notna(facility) else None for facility in points["facility_id"]]
    assert seen == wanted


@given(arrays(np.int64, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(-1, 5)))
def test_neighbours_have_different_colours(owner: np.ndarray) -> None:
    """Two hubs that touch on the grid never share a colour while there are enough."""
    chosen = colouring(owner, 6)
    assert all(0 <= code < len(COLOURS) for code in chosen)
    for one, other in ((owner[:, :-1], owner[:, 1:]), (owner[:-1], owner[1:])):
        for a, b in zip(one.ravel(), other.ravel(), strict=True):
            assert a == b or a < 0 or b < 0 or chosen[a] != chosen[b]


def _with_leads(judged: Assessment) -> Assessment:
    """Make the county hospital and a township hospital lead communities of their own."""
    facilities = judged.study.facilities.copy()
    facilities[["community", "role"]] = None
    hospitals = facilities.index[facilities["kind"] == "hospital"]
    townships = facilities.index[facilities["kind"] == "township_hospital"]
    facilities.loc[hospitals[0], ["community", "role"]] = ["甲医共体", "lead"]
    facilities.loc[townships[0], ["community", "role"]] = ["乙医共体", "lead"]
    return replace(judged, study=replace(judged.study, facilities=facilities))


def test_towns_belong_where_they_are_served(judged: Assessment) -> None:
    """A lead hospital that names towns has them; without such names a town goes with most of its own institutions."""
    changed = _with_leads(judged)
    study = changed.study
    leads = study.facilities[study.facilities["role"] == "lead"].reset_index(drop=True)
    own = own_hubs(study, leads)
    assert own == {row["area_id"]: i for i, row in leads.iterrows()}
    named = leads.assign(serves=[study.areas["name"][0], "；".join(study.areas["name"][1:])])
    assert own_hubs(study, named) == {area: int(i > 0) for i, area in enumerate(study.areas["area_id"])}


def test_communities_show_where_own_and_nearest_differ(judged: Assessment, router_of: Callable[[str], Router]) -> None:
    """Each town's nearest lead hospital is that of most of its people, and a town whose own is another says so."""
    changed = _with_leads(judged)
    study = changed.study
    leads = study.facilities[study.facilities["role"] == "lead"].reset_index(drop=True)
    told = communities(changed, router_of)
    assert told is not None
    times = cp.travel_times(study, changed.network, facilities=leads, profile="drive")
    people = pd.DataFrame({"area": study.people["area_id"], "hub": times["facility_id"], "n": study.people["people"]})
    for town, area_id in zip(told["towns"], study.areas["area_id"], strict=True):
        counted = people[people["area"] == area_id].groupby("hub")["n"].sum()
        nearest = None if counted.empty else list(leads["facility_id"]).index(counted.idxmax())
        assert town["near"] == nearest
        assert town["differs"] == (town["own"] is not None and nearest is not None and town["own"] != nearest)


def test_without_leads_there_are_no_communities(judged: Assessment, router_of: Callable[[str], Router]) -> None:
    """Fewer than two lead hospitals have nothing to tell apart."""
    facilities = judged.study.facilities.assign(role=None)
    assert communities(replace(judged, study=replace(judged.study, facilities=facilities)), router_of) is None
