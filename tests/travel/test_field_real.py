"""The engine against networkx on real roads: every node, both directions, exactly."""

import numpy as np
import pytest

from coverplan.core.units import tenths
from coverplan.roads.network import Graph, Network, Snaps
from coverplan.roads.snapping import snap
from coverplan.roads.speeds import build_graph, default_profiles
from coverplan.travel.field import nearest, node_field
from travel import oracle

pytestmark = pytest.mark.shared

BOTH_WAYS = pytest.mark.parametrize("toward", ["facility", "demand"])


@pytest.fixture(scope="module", params=["andorra.osm.pbf", "shenzhen_futian_osmnx.graphml"])
def network(request, shared) -> Network:
    """Andorra from an OpenStreetMap extract, a part of Shenzhen from an OSMnx graph."""
    path = shared / "data" / "osm" / request.param
    if path.suffix == ".pbf":
        from coverplan.roads.osm import read_osm

        return read_osm(path, None)
    from coverplan.roads.interchange import read_graphml

    return read_graphml(path, None)


@pytest.fixture(scope="module", params=["drive", "walk"])
def graph(request, network) -> Graph:
    """What cars, and what walkers, see of it."""
    return build_graph(network, default_profiles()[request.param])


def _at_nodes(graph: Graph, n: int) -> tuple[Snaps, list[int]]:
    """Return facilities at the start of seeded arcs, and the nodes they stand on."""
    arcs = np.random.default_rng(20).choice(graph.n_arcs, n, replace=False)
    snaps = Snaps(
        edge=graph.edge[arcs],
        fraction=np.where(graph.along[arcs], 0.0, 1.0),
        offroad_dm=np.zeros(n),
        offroad_ds=np.zeros(n),
    )
    return snaps, graph.tail[arcs].tolist()


@BOTH_WAYS
@pytest.mark.parametrize("weight", ["time", "distance"])
def test_every_node_as_networkx_finds_it(graph, toward, weight):
    """On the same arc weights, to the last tenth, unreachable nodes included."""
    facilities, nodes = _at_nodes(graph, 12)
    found = node_field(graph, facilities, toward=toward, weight=weight)
    expected = oracle.node_field(graph, nodes, toward=toward, weight=weight)
    assert found.value.tolist() == expected.tolist()
    assert np.isfinite(expected).sum() > graph.n_nodes / 4


@BOTH_WAYS
def test_doors_beside_real_roads(network, graph, toward):
    """Seeded doors up to some hundred metres from the road, door to door, value and facility."""
    rng = np.random.default_rng(21)
    spots = rng.choice(len(network.shape_x_m), 66, replace=False)
    x, y = (axis[spots] + rng.normal(0, 60, len(spots)) for axis in (network.shape_x_m, network.shape_y_m))
    demand, facilities = snap(network, graph, x[:60], y[:60]), snap(network, graph, x[60:], y[60:])
    found = nearest(graph, demand, facilities, toward=toward, weight="time")
    value, facility = oracle.nearest(graph, demand, facilities, toward=toward, weight="time")
    assert tenths(found.value).tolist() == value
    assert found.facility.tolist() == facility
    assert (found.facility >= 0).sum() > 30


def test_one_way_roads_make_a_difference(network):
    """Driving in and driving out differ somewhere, walking does not: the two directions are really used."""
    profiles = default_profiles()
    for name, differ in (("drive", True), ("walk", False)):
        graph = build_graph(network, profiles[name])
        facilities, _ = _at_nodes(graph, 12)
        there, back = (node_field(graph, facilities, toward=way, weight="time") for way in ("facility", "demand"))
        assert bool((there.value != back.value).any()) is differ
