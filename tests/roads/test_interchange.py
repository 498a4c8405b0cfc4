"""Graphs as OSMnx makes them, in and out."""

from collections import Counter
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import shapely

from coverplan.core.errors import InputError
from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.interchange import network_from_networkx, network_to_networkx, read_graphml
from coverplan.roads.network import Graph, Network
from coverplan.roads.osm import read_osm
from coverplan.roads.speeds import build_graph, default_profiles
from scenes import Road, draw

CLASSES = list(ROAD_CLASSES)
PROFILES = default_profiles()


def _graph(*edges: tuple[int, int, dict[str, Any]]) -> nx.MultiDiGraph:
    """Make a graph on a grid of degrees in Jinjiang; node 10 * row + column."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for node in {node for tail, head, _ in edges for node in (tail, head)}:
        graph.add_node(node, x=118.5 + 0.001 * (node % 10), y=24.7 + 0.001 * (node // 10))
    graph.add_edges_from((tail, head, {"highway": "residential", **data}) for tail, head, data in edges)
    return graph


def _arcs(network: Network, graph: Graph) -> Counter[tuple[Any, ...]]:
    """Count the arcs by everything that a round trip must keep."""
    node, classes, names = network.node_id, network.edge_class[graph.edge], network.edge_name[graph.edge]
    kph = np.where(graph.along, network.kph_forward[graph.edge], network.kph_backward[graph.edge])
    columns = (node[graph.tail], node[graph.head], graph.time_ds, graph.length_dm, classes, names, np.nan_to_num(kph))
    return Counter(zip(*(column.tolist() for column in columns), strict=True))


def test_both_directions_of_a_road_become_one_edge() -> None:
    """Two directed edges of one road are one two-way edge; its class, name and limits stay."""
    data = {"osmid": 7, "length": 101.23, "name": "泉安路", "maxspeed": "40"}
    network = network_from_networkx(_graph((1, 2, data), (2, 1, data)))
    assert network.n_edges == 1
    assert network.drive_forward.tolist() == network.drive_backward.tolist() == [True]
    assert network.edge_length_dm.tolist() == [1012]
    assert network.edge_name.tolist() == ["泉安路"]
    assert network.kph_forward.tolist() == network.kph_backward.tolist() == [40]
    assert network.crs == "EPSG:32650"


@pytest.mark.parametrize(
    "other",
    [
        {"osmid": 8, "length": 100.0},
        {"osmid": 7, "length": 100.2},
        {"osmid": 7, "length": 100.0, "highway": "service"},
        {
            "osmid": 7,
            "length": 100.0,
            "geometry": shapely.LineString([(118.502, 24.7), (118.5015, 24.7003), (118.501, 24.7)]),
        },
    ],
    ids=["another way", "another length", "another class", "another course"],
)
def test_different_roads_between_two_nodes_stay_two(other: dict[str, Any]) -> None:
    """Directed edges that differ are two one-way roads, open to walkers both ways."""
    network = network_from_networkx(_graph((1, 2, {"osmid": 7, "length": 100.0}), (2, 1, other)))
    assert network.n_edges == 2
    assert network.drive_forward.tolist() == [True, True]
    assert network.drive_backward.tolist() == [False, False]
    assert network.walk_backward.tolist() == [True, True]


def test_twin_roads_stay_two() -> None:
    """Two roads that nothing tells apart, each told both ways, are two two-way edges."""
    data = {"osmid": 7, "length": 100.0}
    network = network_from_networkx(_graph(*[(1, 2, data), (2, 1, data)] * 2))
    assert network.n_edges == 2
    assert network.drive_backward.tolist() == [True, True]


def test_a_course_told_from_both_ends_is_one() -> None:
    """Geometry as text, run from the other end, is the same road; the first told gives the course."""
    there = {"osmid": "[3, 4]", "length": 230.0, "geometry": "LINESTRING (118.501 24.7, 118.5015 24.701, 118.502 24.7)"}
    back = {"osmid": "[4, 3]", "length": 230.04, "geometry": "LINESTRING (118.502 24.7, 118.5015 24.701, 118.501 24.7)"}
    network = network_from_networkx(_graph((1, 2, there), (2, 1, back)))
    assert network.n_edges == 1
    assert np.diff(network.shape_start).tolist() == [3]
    assert network.edge_length_dm.tolist() == [2300]


def test_a_two_way_loop_is_one_edge() -> None:
    """A road from a junction back to it, told in both directions, is one edge."""
    ring = [(118.501, 24.7), (118.502, 24.7), (118.502, 24.701), (118.501, 24.7)]
    loop = (
        (1, 1, {"osmid": 5, "length": 330.0, "geometry": shapely.LineString(ring)}),
        (1, 1, {"osmid": 5, "length": 330.0, "geometry": shapely.LineString(ring[::-1])}),
    )
    network = network_from_networkx(_graph(*loop, (1, 2, {})))
    assert network.n_edges == 2
    assert network.drive_backward.tolist() == [True, False]


def test_lists_are_understood_with_care() -> None:
    """Of several classes the humblest counts, of several limits the lowest; names are all told."""
    data = {
        "highway": ["primary", "tertiary"],
        "maxspeed": "['60', '40']",
        "name": ["长兴路", "世纪大道"],
        "length": "80",
    }
    network = network_from_networkx(_graph((1, 2, data)))
    assert CLASSES[network.edge_class[0]] == "tertiary"
    assert network.kph_forward.tolist() == [40]
    assert network.edge_name.tolist() == ["长兴路 / 世纪大道"]
    assert network.edge_length_dm.tolist() == [800]


def test_tags_close_and_open() -> None:
    """Closed roads stay as closed edges, ways for walkers are closed to cars, what is no road is left out."""
    network = network_from_networkx(
        _graph(
            (1, 2, {"access": "private"}),
            (2, 3, {"highway": "footway"}),
            (3, 4, {"highway": "motorway", "oneway": True}),
            (4, 5, {"highway": "corridor"}),
        )
    )
    assert network.drive_forward.tolist() == [False, False, True]
    assert network.walk_forward.tolist() == [False, True, False]


def test_a_roundabout_that_was_told_both_ways_is_two_way() -> None:
    """In a directed graph the edges say the direction, not the tags they came from."""
    network = network_from_networkx(_graph((1, 2, {"junction": "roundabout"}), (2, 1, {"junction": "roundabout"})))
    assert network.drive_backward.tolist() == [True]


def test_an_undirected_graph_is_two_way_unless_told() -> None:
    """A plain graph with positions is enough; `oneway` is heeded, and lengths are measured when absent."""
    graph = nx.Graph()
    graph.add_node("a", x=118.5, y=24.7)
    graph.add_node("b", x=118.501, y=24.7)
    graph.add_node("c", x=118.502, y=24.7)
    graph.add_edge("a", "b")
    graph.add_edge("b", "c", highway="primary", oneway="yes")
    network = network_from_networkx(graph)
    assert [CLASSES[code] for code in network.edge_class] == ["unclassified", "primary"]
    assert network.drive_forward.tolist() == [True, True]
    assert network.drive_backward.tolist() == [True, False]
    assert network.node_id.tolist() == [0, 1, 2]
    np.testing.assert_allclose(network.edge_length_dm, 1012, atol=1)


def test_nodes_without_a_position_are_named() -> None:
    """All nodes that lie nowhere are told at once."""
    graph = nx.MultiDiGraph([(1, 2), (2, 3)])
    graph.nodes[2].update(x=118.5, y="north")
    with pytest.raises(InputError) as caught:
        network_from_networkx(graph)
    assert [problem.what for problem in caught.value.problems] == [f"node {n} has no position" for n in (1, 2, 3)]


def test_a_geometry_that_is_no_line_is_named() -> None:
    """A course that cannot be read is a problem, not a straight road."""
    with pytest.raises(InputError, match="edge from 1 to 2 is not a line"):
        network_from_networkx(_graph((1, 2, {"geometry": "LINESTRING (118.5"})))


def test_what_a_profile_sees_as_a_graph() -> None:
    """The graph has every node, one edge per arc, the engine's own weights, and courses that run with the arc."""
    scene = draw(
        """
        A--->B   C
        |    |
        +----D
        """,
        roads={"AB": Road(road_class="primary", kph=50)},
    )
    graph = build_graph(scene.network, PROFILES["drive"])
    seen = network_to_networkx(scene.network, graph)
    assert seen.number_of_nodes() == 4
    assert seen.number_of_edges() == graph.n_arcs == 5
    a, b, d = (int(scene.network.node_id[scene.node(name)]) for name in "ABD")
    assert not seen.has_edge(b, a)
    assert seen[a][b][0]["oneway"] is True
    # 500 m at 70 % of the signed 50 km/h, which is 35 km/h, take 51.43 s.
    assert (seen[a][b][0]["length_dm"], seen[a][b][0]["time_ds"], seen[a][b][0]["maxspeed"]) == (5000, 514, "50.0")
    there, back = seen[a][d][0], seen[d][a][0]
    assert there["edge"] == back["edge"]
    assert there["reversed"] != back["reversed"]
    assert there["geometry"].coords[0] == (seen.nodes[a]["x"], seen.nodes[a]["y"])
    assert there["geometry"].reverse().equals(back["geometry"])
    assert seen.graph["crs"] == scene.network.crs


@pytest.mark.parametrize("mode", ["drive", "walk"])
def test_round_trip_of_a_real_network(shared: Path, mode: str) -> None:
    """Network to networkx and back keeps every arc with its time, length, class, name and limit, and every place."""
    network = read_osm(shared / "data" / "osm" / "andorra.osm.pbf")
    graph = build_graph(network, PROFILES[mode])
    again = network_from_networkx(network_to_networkx(network, graph))
    assert _arcs(again, build_graph(again, PROFILES[mode])) == _arcs(network, graph)
    assert again.crs == network.crs
    np.testing.assert_array_equal(again.x_m, network.x_m)
    assert (again.source, again.date, again.attribution, again.quality) == (
        network.source, network.date, network.attribution, network.quality,
    )  # fmt: skip


def test_shenzhen_as_osmnx_saved_it(shared: Path) -> None:
    """Every directed edge of the file is there with OSMnx's length, and is open to whom its tags let in."""
    path = shared / "data" / "osm" / "shenzhen_futian_osmnx.graphml"
    saved = nx.read_graphml(path)
    network = read_graphml(path)
    assert (network.n_nodes, saved.number_of_edges()) == (1751, 4009)
    assert (network.date, network.attribution) == ("2023-05-25", "© OpenStreetMap contributors, ODbL")

    walkers_only = {"footway", "path", "pedestrian", "steps", "cycleway", "track"}
    closed = {"private", "no", "bus"}
    expected = Counter(
        (int(tail), int(head), round(float(data["length"]) * 10))
        for tail, head, data in saved.edges(data=True)
        if not any(word in data["highway"] for word in walkers_only) and data.get("access") not in closed
    )
    graph = build_graph(network, PROFILES["drive"])
    node = network.node_id
    got = Counter(zip(node[graph.tail].tolist(), node[graph.head].tolist(), graph.length_dm.tolist(), strict=True))
    assert sum(got.values()) == sum(expected.values())
    # A road told from both ends has one length here; OSMnx's two may fall on different sides of a tenth.
    unmatched = got - expected
    assert sum(unmatched.values()) < 5
    assert all(expected[a, b, d - 1] or expected[a, b, d + 1] for a, b, d in unmatched)

    # Closed roads and ways for walkers are there too: between the same nodes as in the file, none added.
    pairs = {frozenset((int(tail), int(head))) for tail, head in saved.edges()}
    ends = np.stack([node[network.edge_from], node[network.edge_to]], axis=1)
    assert {frozenset(pair) for pair in ends.tolist()} == pairs

    # Walkers may use what is not a motorway and not closed, both ways.
    walk = build_graph(network, PROFILES["walk"])
    assert Counter(zip(walk.tail.tolist(), walk.head.tolist(), strict=True)) == Counter(
        zip(walk.head.tolist(), walk.tail.tolist(), strict=True)
    )


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("none.graphml", None, "no such file"),
        ("roads.gml", "graph []", "must end in .graphml"),
        ("broken.graphml", "<graphml><graph>", "cannot be read as GraphML"),
        ("other.graphml", "<html></html>", "cannot be read as GraphML"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, name: str, content: str | None, expected: str) -> None:
    """A file that is missing, foreign or broken is one problem that names it."""
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=expected):
        read_graphml(tmp_path / name)


def test_the_argument_stays_as_it_was() -> None:
    """Reading a graph changes nothing in it."""
    graph = _graph((1, 2, {"osmid": [1, 2], "length": "80"}), (2, 1, {"osmid": [2, 1], "length": "80"}))
    before = {(u, v, k): dict(data) for u, v, k, data in graph.edges(keys=True, data=True)}
    network_from_networkx(graph)
    assert before == {(u, v, k): data for u, v, k, data in graph.edges(keys=True, data=True)}
    assert dict(graph.graph) == {"crs": "epsg:4326"}
