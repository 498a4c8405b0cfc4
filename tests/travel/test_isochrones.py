"""Isochrones: as far as the time lasts and no farther, valid, nested, and each road with its own facility."""

import copy
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.roads.courses import straight_network
from coverplan.roads.network import Graph, Network, Snaps
from coverplan.roads.osm import read_osm
from coverplan.roads.speeds import build_graph, default_profiles
from coverplan.travel.field import nearest, node_field
from coverplan.travel.isochrones import cells
from coverplan.travel.isochrones.contours import valid
from coverplan.travel.isochrones.fidelity import fidelity
from coverplan.travel.isochrones.outlines import outlines, outlines_of_each
from coverplan.travel.isochrones.reached import bits_within, field_stretches, segments
from coverplan.travel.isochrones.study import isochrones
from coverplan.travel.router import build_router
from scenes import ORIGIN, draw, profile, study

LONG_ROAD = draw("A-----B", step_m=500)
"""3 km, which take 300 s."""
DRIVE = profile()


def _drawn(scene, *spots, limits, toward="demand", how="union", offroad_m=0.0, **raster):
    """Draw the isochrones of facilities at some spots of a scene; one row per facility, or a single one."""
    graph, doors = build_graph(scene.network, DRIVE), scene.snaps(*spots, offroad_m=offroad_m)
    if how == "each":
        return outlines_of_each(scene.network, graph, doors, limits=limits, toward=toward, **raster).areas
    field = node_field(graph, doors, toward=toward, weight="time")
    return outlines(scene.network, graph, doors, field, limits=limits, exclusive=how == "exclusive", **raster).areas


def _holds(area, scene, road, metres):
    return area.intersects(shapely.Point(scene.on(road, metres)))


def test_an_edge_is_reached_as_far_as_the_time_lasts():
    """100 s at 10 m/s are 1 km: the road is inside at 99 s and at 100 s; past 101 s and the buffer it is not."""
    (area,) = _drawn(LONG_ROAD, "A", limits=[100])[0]
    assert _holds(area, LONG_ROAD, "AB", 990)
    assert _holds(area, LONG_ROAD, "AB", 1000)
    assert not _holds(area, LONG_ROAD, "AB", 1010 + 80)
    west, south, east, north = area.bounds
    assert east - ORIGIN[0] == pytest.approx(1080, abs=4)
    assert (west - ORIGIN[0], south - ORIGIN[1], north - ORIGIN[1]) == pytest.approx((-80, -80, 80), abs=4)
    assert area.area == pytest.approx(1000 * 160 + np.pi * 80**2, rel=0.05)


def test_from_both_ends_a_gap_stays_in_the_middle():
    """Of 3 km, 100 s from either end leave the middle kilometre out; 150 s leave nothing."""
    short, long = _drawn(LONG_ROAD, "A", "B", limits=[100, 150])[0]
    assert len(short.geoms) == 2
    assert not _holds(short, LONG_ROAD, "AB", 1500)
    assert len(long.geoms) == 1
    assert _holds(long, LONG_ROAD, "AB", 1500)


@pytest.mark.parametrize(("toward", "ahead", "behind"), [("demand", True, False), ("facility", False, True)])
def test_a_one_way_road_only_in_its_direction(toward, ahead, behind):
    """From the middle of a one-way road crews get on ahead only, and people come from behind only."""
    scene = draw("A--->--B", step_m=500)
    (area,) = _drawn(scene, ("AB", 1500), limits=[50], toward=toward)[0]
    assert _holds(area, scene, "AB", 1990) == ahead
    assert _holds(area, scene, "AB", 1010) == behind


def test_a_facility_between_junctions_reaches_both_ways():
    """20 s from the middle of a road are 200 m to either side, and no junction."""
    (area,) = _drawn(LONG_ROAD, ("AB", 1500), limits=[20])[0]
    assert _holds(area, LONG_ROAD, "AB", 1300)
    assert _holds(area, LONG_ROAD, "AB", 1700)
    assert area.bounds[2] - area.bounds[0] == pytest.approx(400 + 160, abs=8)


def test_the_way_from_the_door_takes_its_time():
    """A door 50 m from the road, at 1 m/s, leaves 50 of 100 s for the road: 500 m."""
    (area,) = _drawn(LONG_ROAD, "A", limits=[100], offroad_m=50)[0]
    assert area.bounds[2] - ORIGIN[0] == pytest.approx(580, abs=4)


def test_a_door_that_takes_all_the_time_is_a_place_by_itself():
    """When the limit ends at the road, the area is a disc as wide as the buffer."""
    (area,) = _drawn(LONG_ROAD, ("AB", 1500), limits=[50], offroad_m=50)[0]
    assert area.area == pytest.approx(np.pi * 80**2, rel=0.15)
    assert _holds(area, LONG_ROAD, "AB", 1500)


def test_it_follows_the_course_around_a_bend():
    """60 s along a road that bends after 400 m end 200 m up the other arm."""
    scene = draw(
        """
        +------B
        |
        |
        |
        A
        """
    )
    (area,) = _drawn(scene, "A", limits=[60])[0]
    assert _holds(area, scene, "AB", 600)
    assert not _holds(area, scene, "AB", 600 + 90)
    assert area.bounds[3] - ORIGIN[1] == pytest.approx(480, abs=4)


def test_each_bit_of_road_goes_to_the_nearest_facility():
    """Two facilities 3 km apart part the road in its middle; their areas end there and share no ground."""
    (first,), (second,) = _drawn(LONG_ROAD, "A", "B", limits=[300], how="exclusive")
    assert _holds(first, LONG_ROAD, "AB", 1450)
    assert not _holds(first, LONG_ROAD, "AB", 1550)
    assert _holds(second, LONG_ROAD, "AB", 1550)
    assert not first.intersects(second)
    assert first.bounds[2] == pytest.approx(ORIGIN[0] + 1500, abs=2)
    assert first.bounds[2] == pytest.approx(second.bounds[0], abs=2)


def test_each_facility_by_itself_reaches_over_the_other():
    """Drawn each by itself, both areas hold the middle, whatever the other does."""
    (first,), (second,) = _drawn(LONG_ROAD, "A", "B", limits=[200], how="each")
    assert _holds(first, LONG_ROAD, "AB", 2000)
    assert _holds(second, LONG_ROAD, "AB", 1000)


def test_a_block_without_roads_is_a_hole_and_a_speck_is_not():
    """Inside a square of roads 1 km wide nobody lives on the road; one of 220 m leaves a hole too small to show."""
    for step_m, holes in ((250, 1), (55, 0)):
        scene = draw(
            """
            A---B
            |   |
            |   |
            |   |
            C---D
            """,
            step_m=step_m,
        )
        (area,) = _drawn(scene, "A", limits=[900])[0]
        assert sum(len(part.interiors) for part in area.geoms) == holes


# What holds on every network.


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Up to eight junctions in a few kilometres, and roads between any two: crossing, parallel, one-way, loops."""
    n_nodes = draw(st.integers(2, 8))
    place = st.integers(0, 60).map(lambda step: step * 37.0)
    x = draw(st.lists(place, min_size=n_nodes, max_size=n_nodes))
    y = draw(st.lists(place, min_size=n_nodes, max_size=n_nodes))
    node = st.integers(0, n_nodes - 1)
    edges = draw(st.lists(st.tuples(node, node), min_size=1, max_size=14))
    oneway = draw(st.lists(st.integers(0, len(edges) - 1), max_size=5))
    classes = draw(st.lists(st.sampled_from(["residential", "footway"]), min_size=len(edges), max_size=len(edges)))
    classes[0] = "residential"
    return straight_network(x_m=x, y_m=y, edges=edges, oneway=oneway, road_class=classes)


@st.composite
def doors(draw: st.DrawFn, graph: Graph) -> Snaps:
    """Up to four facilities on open edges, at their ends and between, near and far; one may not be connected."""
    open_edges = np.flatnonzero((graph.arc_forward >= 0) | (graph.arc_backward >= 0)).tolist()
    share = st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0, 1)
    row = st.tuples(st.sampled_from([*open_edges, -1]), share, st.sampled_from([0.0, 0.0, 40.0, 900.0]))
    rows = draw(st.lists(row, max_size=4))
    edge = np.array([row[0] for row in rows], dtype=np.int32)
    leg = np.array([row[2] for row in rows], dtype=float)
    return Snaps(
        edge=edge,
        fraction=np.where(edge >= 0, np.array([row[1] for row in rows], dtype=float), np.nan),
        offroad_dm=leg,
        offroad_ds=np.where(edge >= 0, leg, np.inf),
    )


LIMITS = st.lists(st.integers(1, 400), min_size=1, max_size=3, unique=True).map(sorted)
TOWARD = st.sampled_from(["facility", "demand"])
BOUNDED = settings(max_examples=80, deadline=None)


def _spots(graph: Graph, n: int = 21) -> Snaps:
    """Points all along every open edge."""
    edges = np.flatnonzero((graph.arc_forward >= 0) | (graph.arc_backward >= 0)).astype(np.int32)
    zeros = np.zeros(len(edges) * n)
    return Snaps(
        edge=np.repeat(edges, n), fraction=np.tile(np.linspace(0, 1, n), len(edges)), offroad_dm=zeros, offroad_ds=zeros
    )


@settings(max_examples=200, deadline=None)
@given(data=st.data(), toward=TOWARD, limit=st.integers(1, 400))
def test_reached_bits_are_what_the_engine_reaches(data, toward, limit):
    """A point on a road lies in a reached bit if and only if the engine gets there in time, to the tenth."""
    network = data.draw(networks())
    graph = build_graph(network, DRIVE)
    facilities = data.draw(doors(graph))
    spots = _spots(graph)
    field = node_field(graph, facilities, toward=toward, weight="time")
    found = nearest(graph, spots, facilities, toward=toward, weight="time")
    alone = [nearest(graph, spots, _only(facilities, j), toward=toward, weight="time").value for j in range(4)]
    bits = bits_within(field_stretches(network, graph, facilities, field, limit * 10), limit * 10)
    assert (bits.begin <= bits.end).all()
    length_m = network.edge_length_dm[spots.edge] / 10
    for i in np.flatnonzero((spots.fraction > 0) & (spots.fraction < 1) & (length_m > 0)):
        share, hair = spots.fraction[i], 0.2 / length_m[i]
        holding = (bits.edge == spots.edge[i]) & (bits.begin - hair <= share) & (share <= bits.end + hair)
        within = holding & (bits.begin + hair < share) & (share < bits.end - hair)
        assert within.sum() <= 1
        if found.value[i] <= limit - 0.1:
            assert holding.any()
        if found.value[i] > limit + 0.1:
            assert not within.any()
        for owner in bits.owner[within]:
            assert alone[owner][i] == pytest.approx(found.value[i], abs=0.15)


@BOUNDED
@given(
    data=st.data(), toward=TOWARD, limits=LIMITS, raster=st.sampled_from([(None, None), (20.0, 33.0), (60.0, 300.0)])
)
def test_areas_are_valid_nested_and_hold_the_road(data, toward, limits, raster):
    """Every area is valid as drawn, holds all its roads and all areas of shorter limits; one for all, or each."""
    network = data.draw(networks())
    graph = build_graph(network, DRIVE)
    facilities = data.draw(doors(graph))
    before = [(record, copy.deepcopy(_arrays(record))) for record in (network, graph, facilities)]
    field = node_field(graph, facilities, toward=toward, weight="time")
    sizes = dict(zip(("cell_m", "buffer_m"), raster, strict=True))
    union = outlines(network, graph, facilities, field, limits=limits, **sizes).areas
    each = outlines_of_each(network, graph, facilities, limits=limits, toward=toward, **sizes).areas
    for areas in [*union, *each]:
        assert shapely.is_valid(areas).all()
        assert all(_covers(longer, shorter) for shorter, longer in pairwise(areas))
    for k, limit in enumerate(limits):
        found = fidelity(network, graph, facilities, field, union[0, k], limit=limit)
        assert found.share_inside == 1 or not found.reached_m
        ends = segments(
            network, bits_within(field_stretches(network, graph, facilities, field, limit * 10), limit * 10)
        )
        assert union[0, k].is_empty == (not len(ends[0]))
        assert all(_covers(union[0, k].buffer(1e-3), area) for area in each[:, k])
    for record, arrays in before:
        np.testing.assert_equal(_arrays(record), arrays)


@BOUNDED
@given(data=st.data(), toward=TOWARD, limits=LIMITS)
def test_exclusive_areas_keep_apart(data, toward, limits):
    """Areas of two facilities do not even touch, at any two limits; they are valid, nested, and within the union."""
    network = data.draw(networks())
    graph = build_graph(network, DRIVE)
    facilities = data.draw(doors(graph))
    field = node_field(graph, facilities, toward=toward, weight="time")
    areas = outlines(network, graph, facilities, field, limits=limits, exclusive=True).areas
    union = outlines(network, graph, facilities, field, limits=limits).areas[0]
    assert areas.shape == (len(facilities.edge), len(limits))
    assert shapely.is_valid(areas).all()
    for i, row in enumerate(areas):
        assert all(_covers(longer, shorter) for shorter, longer in pairwise(row))
        assert all(_covers(whole.buffer(1e-3), part) for part, whole in zip(row, union, strict=True))
        for other in areas[i + 1 :]:
            assert not row[-1].intersects(other[-1])


@BOUNDED
@given(data=st.data())
def test_each_is_the_union_of_one(data):
    """What a facility reaches by itself is drawn exactly as if there were no other."""
    network = data.draw(networks())
    graph = build_graph(network, DRIVE)
    facilities = data.draw(doors(graph))
    sizes = {"cell_m": 40.0, "buffer_m": 80.0}
    each = outlines_of_each(network, graph, facilities, limits=[60, 200], toward="demand", **sizes).areas
    for j, row in enumerate(each):
        one = _only(facilities, j)
        field = node_field(graph, one, toward="demand", weight="time")
        drawn = outlines(network, graph, one, field, limits=[60, 200], **sizes).areas[0]
        assert all(a.equals(b) for a, b in zip(row, drawn, strict=True))


CORNERS = st.tuples(st.floats(0, 400) | st.integers(0, 8).map(lambda n: n * 50.0), st.floats(0, 400))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(CORNERS, min_size=2, max_size=7), min_size=1, max_size=4))
def test_distances_are_true_compiled_or_not(courses):
    """Laid piece by piece, roads with any bends have their true distances; compiled and plain they are the same."""
    ends = np.array([(*a, *b) for course in courses for a, b in pairwise(course)])
    raster = cells.Raster(cell_m=25.0, buffer_m=60.0)
    window = cells.window_around(ends, raster)
    compiled, plain = cells.far_away(window, raster), cells.far_away(window, raster)
    cells.lay(compiled, ends, window, raster)
    at = ends / raster.cell_m - [window.left, window.bottom] * 2
    cells.lay_plainly(plain, at, raster.level, raster.reach)
    lines = shapely.multilinestrings(shapely.linestrings(at.reshape(-1, 2, 2)))
    rows, columns = np.indices(plain.shape)
    true = np.minimum(shapely.distance(shapely.points(columns, rows), lines), raster.reach)
    for found in (compiled, plain):
        np.testing.assert_allclose(found, true, atol=1.01 * cells.GAP)
        np.testing.assert_allclose(found, true, atol=1e-6 + cells.GAP * (np.abs(true - raster.level).min() < cells.GAP))
        assert np.abs(found - raster.level).min() >= cells.GAP * 0.999


def _arrays(record: Network | Graph | Snaps) -> dict[str, np.ndarray]:
    return {name: value for name, value in vars(record).items() if isinstance(value, np.ndarray)}


def _covers(whole: shapely.Geometry, part: shapely.Geometry) -> bool:
    return part.is_empty or whole.covers(part)


def _only(snaps: Snaps, j: int) -> Snaps:
    return Snaps(**{name: column[j : j + 1] for name, column in vars(snaps).items()})


# Edges of what can be asked.


def test_nothing_reached_and_nobody_there():
    """Without facilities the union is empty and there are no rows for each; one off the network has empty areas."""
    for how, rows in (("union", 1), ("each", 0), ("exclusive", 0)):
        areas = _drawn(LONG_ROAD, limits=[60, 90], how=how)
        assert areas.shape == (rows, 2)
        assert all(area.is_empty for area in areas.ravel())
    for how, empty in (("each", [True, False]), ("exclusive", [True, False])):
        areas = _drawn(LONG_ROAD, None, "A", limits=[60], how=how)
        assert [area.is_empty for area in areas[:, 0]] == empty


@pytest.mark.parametrize("limits", [[], [0], [-5], [60, 60], [90, 60], [np.inf], [np.nan]])
def test_limits_that_make_no_sense_are_refused(limits):
    """Limits are above 0, finite, and grow."""
    with pytest.raises(ValueError, match="limits are"):
        _drawn(LONG_ROAD, "A", limits=limits)


@pytest.mark.parametrize(
    ("sizes", "told"),
    [({"cell_m": 0.0}, "cell_m is 0"), ({"buffer_m": -1.0}, "buffer_m is -1"), ({"cell_m": 0.1}, "leave cell_m out"),
     ({"cell_m": 40.0, "buffer_m": 50.0}, "must be 60 m")],
)  # fmt: skip
def test_cells_that_do_not_suit_are_refused(sizes, told):
    """Cells and buffer are above 0 and suit each other, and there are not more points than there may be."""
    with pytest.raises(ValueError, match=told):
        cells.choose_raster((10_000.0, 8_000.0), sizes.get("cell_m"), sizes.get("buffer_m"))


def test_larger_areas_get_larger_cells():
    """However far the roads go, a raster has two million points at most, and a buffer of at least 1.5 cells."""
    for side_km in (1, 40, 300, 5000):
        raster = cells.choose_raster((side_km * 1000.0, side_km * 1000.0), None, None)
        assert cells.n_points((side_km * 1000.0, side_km * 1000.0), raster.cell_m, raster.buffer_m) <= cells.MOST_CELLS
        assert raster.level > np.sqrt(2)
    assert cells.choose_raster((1000.0, 1000.0), None, None) == cells.Raster(cell_m=40.0, buffer_m=80.0)
    assert cells.choose_raster((1000.0, 1000.0), None, 30.0) == cells.Raster(cell_m=15.0, buffer_m=30.0)
    with pytest.raises(ValueError, match="too narrow"):
        cells.choose_raster((300_000.0, 300_000.0), None, 30.0)


def test_distances_are_drawn_as_times_are():
    """A field in metres gives the area within so many metres by road."""
    graph, one = build_graph(LONG_ROAD.network, DRIVE), LONG_ROAD.snaps("A")
    field = node_field(graph, one, toward="facility", weight="distance")
    area = outlines(LONG_ROAD.network, graph, one, field, limits=[700]).areas[0, 0]
    assert area.bounds[2] - ORIGIN[0] == pytest.approx(780, abs=4)


def test_what_is_not_valid_is_made_valid():
    """The last resort keeps the area and drops lines that are left over."""
    odd = shapely.MultiPolygon(
        [shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]), shapely.Polygon([(5, 5), (6, 6), (5, 5)])]
    )
    assert valid(odd).is_valid
    assert valid(odd).area == 2
    assert valid(shapely.MultiPolygon()).is_empty


# A study, and a real network.


def test_the_table_of_a_study():
    """Rows by facility and limit, ids and areas; the union has no id; the given limits are sorted."""
    here = study(LONG_ROAD, {"A": 1}, {"A": "hospital", "B": "clinic"})
    union = isochrones(here, LONG_ROAD.network, limits_min=[3, 1], toward="demand")
    assert list(union.columns) == ["facility_id", "limit_min", "geometry", "area_km2"]
    assert union["limit_min"].tolist() == [1, 3]
    assert union["facility_id"].isna().all()
    assert union.crs == here.crs
    assert union["area_km2"].tolist() == pytest.approx((union.geometry.area / 1e6).tolist())
    assert union.attrs == {"cell_m": 40.0, "buffer_m": 80.0}
    each = isochrones(here, LONG_ROAD.network, limits_min=[1, 3], how="each")
    assert each["facility_id"].tolist() == ["f0", "f0", "f1", "f1"]
    one = isochrones(here, LONG_ROAD.network, limits_min=[1], kinds="clinic", how="exclusive")
    assert one["facility_id"].tolist() == ["f1"]
    nobody = isochrones(here, LONG_ROAD.network, limits_min=[1], kinds="blood_station", how="each")
    assert len(nobody) == 0
    assert isochrones(here, LONG_ROAD.network, limits_min=[1], kinds="blood_station").geometry.is_empty.all()


def test_what_a_study_cannot_draw_is_refused():
    """Unknown ways to draw, double choices and other people's routers are errors."""
    here = study(LONG_ROAD, {"A": 1}, {"A": "hospital"})
    with pytest.raises(ValueError, match="union, each or exclusive"):
        isochrones(here, LONG_ROAD.network, how="all")
    with pytest.raises(ValueError, match="not both"):
        isochrones(here, LONG_ROAD.network, facilities=here.facilities, kinds="hospital")
    with pytest.raises(ValueError, match="another network"):
        isochrones(here, draw("A-B").network, router=build_router(here, LONG_ROAD.network))


def test_andorra_is_drawn_truly(shared):
    """On real roads every area is valid and nested, holds all reached road, and less other road than edge buffers."""
    network = read_osm(shared / "data" / "osm" / "andorra.osm.pbf", None)
    graph = build_graph(network, default_profiles()["drive"])
    edges = np.random.default_rng(4).choice(np.flatnonzero(graph.snappable), 6, replace=False).astype(np.int32)
    half = Snaps(edge=edges, fraction=np.full(6, 0.5), offroad_dm=np.zeros(6), offroad_ds=np.zeros(6))
    field = node_field(graph, half, toward="demand", weight="time")
    limits = [300, 600, 900]
    areas = outlines(network, graph, half, field, limits=limits).areas[0]
    shares = outlines(network, graph, half, field, limits=limits, exclusive=True).areas
    assert shapely.is_valid([*areas, *shares.ravel()]).all()
    for row in [areas, *shares]:
        assert row[1].covers(row[0])
        assert row[2].covers(row[1])
    for limit, area in zip(limits, areas, strict=True):
        ends, _ = segments(network, bits_within(field_stretches(network, graph, half, field, limit * 10), limit * 10))
        buffers = shapely.union_all(shapely.buffer(shapely.linestrings(ends.reshape(-1, 2, 2)), 80))
        ours, theirs = (fidelity(network, graph, half, field, shape, limit=limit) for shape in (area, buffers))
        assert ours.reached_m > 20_000
        assert ours.share_inside > 0.9999
        assert ours.false_share <= theirs.false_share
    own = [fidelity(network, graph, half, field, shares[j, -1], limit=900, owner=j) for j in range(6)]
    # Where roads of two facilities run side by side, the grid is too coarse to part them to the metre.
    lost_m = sum(found.reached_m * (1 - found.share_inside) for found in own if found.reached_m)
    assert lost_m < 0.02 * sum(found.reached_m for found in own)
