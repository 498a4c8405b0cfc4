"""Times on arcs, and which edges a door may be connected to."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverplan.core.errors import InputError
from coverplan.core.model import SpeedProfile
from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.courses import straight_network
from coverplan.roads.network import Graph
from coverplan.roads.speeds import build_graph, default_profiles
from scenes import Road, draw, profile

PROFILES = default_profiles()


def _time_s(graph: Graph, *, along: bool = True) -> float:
    return float(graph.time_ds[(graph.arc_forward if along else graph.arc_backward)[0]]) / 10


@pytest.mark.parametrize(("kph", "time_s"), [(36.0, 100.0), (3.6, 1000.0), (90.0, 40.0), (7.0, 514.3)])
def test_one_kilometre(kph: float, time_s: float) -> None:
    """A kilometre takes 3,600 s divided by the speed in km/h, to a tenth of a second."""
    network = straight_network(x_m=[0, 1000], y_m=[0, 0], edges=[(0, 1)])
    graph = build_graph(network, profile(kph))
    assert _time_s(graph) == _time_s(graph, along=False) == time_s


def test_class_share_and_factor() -> None:
    """The class decides unless a limit is signed; then its share does; the factor multiplies either."""
    plain = draw("A---------B").network
    signed = draw("A---------B", roads={"AB": Road(kph=45)}).network
    base = SpeedProfile(name="p", mode="drive", kph={"residential": 20.0}, maxspeed_share=0.8)
    assert _time_s(build_graph(plain, base)) == 180.0
    assert _time_s(build_graph(signed, base)) == 100.0
    assert _time_s(build_graph(signed, dataclasses.replace(base, factor=0.5))) == 200.0
    assert _time_s(build_graph(plain, dataclasses.replace(base, factor=2.0))) == 90.0


def test_a_class_may_have_a_share_of_its_own() -> None:
    """A kilometre signed 60 takes 100 s at 0.6 of it on a street, and 75 s on a motorway at 0.8; unsigned as before."""
    shares = SpeedProfile(
        name="p",
        mode="drive",
        kph={"residential": 20.0, "motorway": 90.0},
        maxspeed_share=0.6,
        class_maxspeed_share={"motorway": 0.8},
    )
    for road_class, signed_s, plain_s in (("residential", 100.0, 180.0), ("motorway", 75.0, 40.0)):
        signed = draw("A---------B", roads={"AB": Road(kph=60, road_class=road_class)}).network
        plain = draw("A---------B", roads={"AB": Road(road_class=road_class)}).network
        assert _time_s(build_graph(signed, shares)) == signed_s
        assert _time_s(build_graph(plain, shares)) == plain_s
    with pytest.raises(InputError, match="class_maxspeed_share of motorway is 0"):
        build_graph(plain, dataclasses.replace(shares, class_maxspeed_share={"motorway": 0.0}))


def test_a_sign_binds_one_direction_and_no_walker() -> None:
    """A limit counts only where it is signed, and walkers walk at their own pace."""
    network = draw("A---------B").network
    network = dataclasses.replace(network, kph_forward=np.array([45.0]))
    graph = build_graph(network, dataclasses.replace(PROFILES["drive"], maxspeed_share=0.8))
    assert (_time_s(graph), _time_s(graph, along=False)) == (100.0, 180.0)
    assert _time_s(build_graph(network, PROFILES["walk"])) == round(1000 / 1.2, 1)


def test_arcs_of_one_way_and_two_way_roads() -> None:
    """Each edge has an arc in each open direction, along first; the other place says -1."""
    scene = draw("A-->B---C<--D")
    graph = build_graph(scene.network, profile())
    ab, bc, cd = scene.edge("AB"), scene.edge("BC"), scene.edge("CD")
    assert graph.n_arcs == 4
    assert graph.arc_backward[ab] == graph.arc_forward[cd] == -1
    for edge, along in ((ab, True), (bc, True), (bc, False), (cd, False)):
        arc = (graph.arc_forward if along else graph.arc_backward)[edge]
        assert graph.edge[arc] == edge
        assert graph.along[arc] == along
        start, end = scene.network.edge_from[edge], scene.network.edge_to[edge]
        assert (graph.tail[arc], graph.head[arc]) == ((start, end) if along else (end, start))


def test_a_class_without_a_speed_is_closed() -> None:
    """A profile has no arcs on classes it does not name, signed or not."""
    scene = draw("A---B---C", roads={"BC": Road(road_class="track", kph=30)})
    graph = build_graph(scene.network, SpeedProfile(name="p", mode="drive", kph={"residential": 20.0}))
    assert set(graph.edge.tolist()) == {scene.edge("AB")}
    assert graph.snappable.tolist() == [True, False]


def test_walkers_and_cars_see_different_roads() -> None:
    """Cars do not use steps, walkers do not use motorways, and walkers may go against a one-way street."""
    scene = draw(
        "A---B---C-->D",
        roads={"AB": Road(road_class="steps", drive=False), "BC": Road(road_class="motorway", walk=False)},
    )
    drive, walk = build_graph(scene.network, PROFILES["drive"]), build_graph(scene.network, PROFILES["walk"])
    assert sorted(drive.edge.tolist()) == [1, 1, 2]
    assert sorted(walk.edge.tolist()) == [0, 0, 2, 2]


def test_short_arcs_take_time_and_no_length_takes_none() -> None:
    """An arc of any length takes at least a tenth of a second; only one without length takes nothing."""
    network = straight_network(x_m=[0, 0.1, 0.1], y_m=[0, 0, 0], edges=[(0, 1), (1, 2)])
    graph = build_graph(network, profile(120))
    assert graph.length_dm.tolist() == [1, 0, 1, 0]
    assert graph.time_ds.tolist() == [1, 0, 1, 0]


def test_loops_and_parallel_roads_keep_their_arcs() -> None:
    """Nothing is merged: a loop has two arcs, two roads between the same junctions have four."""
    network = straight_network(x_m=[0, 100], y_m=[0, 0], edges=[(0, 0), (0, 1), (0, 1)])
    assert build_graph(network, profile()).n_arcs == 6


def test_doors_do_not_open_on_motorways_and_links() -> None:
    """Cars cannot be met on a motorway or a link; walkers can be met on anything they may use."""
    names = ["motorway", "motorway_link", "primary_link", "trunk", "residential"]
    x = np.arange(len(names) + 1) * 100.0
    network = straight_network(x_m=x, y_m=0 * x, edges=[(i, i + 1) for i in range(len(names))], road_class=names)
    assert build_graph(network, PROFILES["drive"]).snappable.tolist() == [False, False, False, True, True]
    assert build_graph(network, PROFILES["walk"]).snappable.tolist() == [False, False, True, True, True]


def _with_fragment(n_main: int, *, oneway: bool) -> list[bool]:
    """Return what is snappable of a long road of n nodes, then a way into a dead end, then a road on its own."""
    x = np.arange(n_main + 3) * 100.0
    main = [(i, i + 1) for i in range(n_main - 1)]
    network = straight_network(
        x_m=x,
        y_m=0 * x,
        edges=[*main, (n_main - 1, n_main), (n_main + 1, n_main + 2)],
        oneway=[len(main)] if oneway else [],
    )
    return build_graph(network, profile()).snappable.tolist()


def test_fragments_and_one_way_traps_of_large_networks_catch_no_door() -> None:
    """In a network of some hundred nodes a short road on its own and a way of no return are passed over."""
    assert _with_fragment(400, oneway=True) == [True] * 399 + [False, False]
    assert _with_fragment(400, oneway=False) == [True] * 400 + [False]


def test_every_part_of_a_small_network_counts() -> None:
    """Up to a hundred nodes nothing is a fragment, not even a single node that nobody returns from."""
    assert _with_fragment(97, oneway=True) == [True] * 98
    assert _with_fragment(98, oneway=True)[-2:] == [False, True]


def test_only_nodes_of_the_profile_are_counted() -> None:
    """Nodes that belong to other modes do not make a road a fragment."""
    n = 500
    x = np.arange(n) * 100.0
    names = ["residential", *["footway"] * (n - 2)]
    network = straight_network(x_m=x, y_m=0 * x, edges=[(i, i + 1) for i in range(n - 1)], road_class=names)
    assert build_graph(network, PROFILES["drive"]).snappable.tolist() == [True] + [False] * (n - 2)


def test_problems_of_a_profile_are_told_at_once() -> None:
    """Unknown classes and speeds that stand still are user mistakes."""
    bad = SpeedProfile(name="fast", mode="drive", kph={"motorwy": 90.0, "primary": 0.0}, factor=0.0, offroad_kph=-1.0)
    with pytest.raises(InputError) as caught:
        build_graph(draw("A--B").network, bad)
    assert [str(problem) for problem in caught.value.problems] == [
        "profile fast: 'motorwy' is not a road class (did you mean 'motorway'?)",
        "profile fast: 0 km/h on primary (leave a closed class out)",
        "profile fast: factor is 0 (it must be above 0)",
        "profile fast: offroad_kph is -1 (it must be above 0)",
    ]


def test_default_profiles_are_sound() -> None:
    """Greater roads are not slower, links are slower than their road, ambulances claim nothing."""
    drive = PROFILES["drive"].kph
    ladder = ["motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street"]
    assert [drive[name] for name in ladder] == sorted((drive[name] for name in ladder), reverse=True)
    assert all(drive[name] < drive[name.removesuffix("_link")] for name in drive if name.endswith("_link"))
    assert PROFILES["ambulance"].kph == drive
    assert PROFILES["ambulance"].factor == 1.0
    assert "steps" not in drive
    assert set(PROFILES["walk"].kph) == set(ROAD_CLASSES)
    assert set(PROFILES["walk"].kph.values()) == {4.32}


@settings(deadline=None)
@given(
    length_m=st.floats(0, 50_000),
    slow=st.floats(1, 150),
    faster=st.floats(0, 50),
)
def test_faster_is_never_later(length_m: float, slow: float, faster: float) -> None:
    """A higher speed never takes longer, and the time is right to half a tenth of a second."""
    network = straight_network(x_m=[0, length_m], y_m=[0, 0], edges=[(0, 1)])
    slowly, fast = build_graph(network, profile(slow)), build_graph(network, profile(slow + faster))
    assert fast.time_ds[0] <= slowly.time_ds[0]
    exact_ds = int(network.edge_length_dm[0]) * 3.6 / slow
    assert abs(int(slowly.time_ds[0]) - exact_ds) <= 0.5 + 1e-9 or slowly.time_ds[0] == 1
