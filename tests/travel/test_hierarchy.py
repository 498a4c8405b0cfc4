"""Every pair over a hierarchy of the network, against searches by SciPy and networkx, weight by weight."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from coverplan.core.errors import InputError
from coverplan.inputs.study import read_study
from coverplan.roads.build import build_network
from coverplan.roads.network import Graph
from coverplan.roads.profiles import default_profiles
from coverplan.roads.speeds import build_graph
from coverplan.travel.hierarchy import dissection, prepared, shortcuts, sweeps, warm, weights
from coverplan.travel.hierarchy.dissection import separate
from coverplan.travel.hierarchy.links import Links, Slate, links_of
from coverplan.travel.hierarchy.order import by_dissection
from coverplan.travel.hierarchy.prepared import (
    at_hand,
    hierarchy_of,
    pairs_by_hierarchy,
    prepare_hierarchy,
    read_hierarchy,
    rungs_of,
    write_hierarchy,
)
from coverplan.travel.hierarchy.shortcuts import build_ladder
from coverplan.travel.hierarchy.weights import weigh
from coverplan.travel.kernels.core import Core, build_core, core_of
from coverplan.travel.kernels.doors import node_doors
from coverplan.travel.kernels.jit import UNREACHED
from coverplan.travel.kernels.rows import build_rows
from coverplan.travel.kernels.starts import set_up_nodes
from travel import oracle
from travel.drawn import MOST, TOWARD, WEIGHTS, graphs

MANY = settings(max_examples=50, deadline=None)
FEW = settings(max_examples=12, deadline=None)


@pytest.fixture(autouse=True)
def nothing_at_hand(monkeypatch):
    """Let every test begin with no hierarchy kept."""
    monkeypatch.setattr(prepared, "_KEPT", type(prepared._KEPT)())


def core_with(graph: Graph, weight: str, most: int = 64) -> Core:
    """Return the core of a graph, with pockets of at most so many nodes."""
    values = graph.time_ds if weight == "time" else graph.length_dm
    return build_core(graph.n_nodes, graph.tail, graph.head, values, most_in_pocket=most)


def node_pairs(core: Core, toward: str, sources: np.ndarray, threads: int = 1) -> np.ndarray:
    """Return tenths from every source to every node by the hierarchy, source x node."""
    setting = set_up_nodes(core, toward=toward, weight="time")
    found = pairs_by_hierarchy(setting, setting.starts_at(node_doors(core, sources)), threads=threads)
    return np.round(found.T * 10)


def scipy_pairs(graph: Graph, weight: str, toward: str, sources: np.ndarray) -> np.ndarray:
    """Return the same by SciPy; as whole numbers, so that arcs without weight stay arcs."""
    tail, head = (graph.tail, graph.head) if toward == "demand" else (graph.head, graph.tail)
    rows = build_rows(graph.n_nodes, tail, head, graph.time_ds if weight == "time" else graph.length_dm)
    parts = rows.arcs[1::2].astype(float), rows.arcs[0::2].astype(np.int32), rows.start.astype(np.int32)
    return dijkstra(csr_array(parts, shape=(graph.n_nodes,) * 2), indices=sources)


def lattice(rng: np.random.Generator, side: int) -> Graph:
    """Draw a town: blocks with a tenth of the streets missing, a third one-way, some as short as nothing, islands."""
    cells = np.arange(side * side).reshape(side, side)
    ends = np.concatenate(
        [np.stack([cells[:, :-1].ravel(), cells[:, 1:].ravel()]), np.stack([cells[:-1].ravel(), cells[1:].ravel()])],
        axis=1,
    )
    ends = ends[:, rng.random(ends.shape[1]) > 0.1]
    ends = np.hstack([ends, rng.integers(0, side * side, (2, 3)), ends[:, :5]])
    length = rng.choice([0, 1, 5, 30, 31, 400], ends.shape[1])
    there, back = (np.where(length, rng.integers(1, 90, len(length)), 0).tolist() for _ in range(2))
    shut = rng.random(len(length))
    edges = [
        (a, b, n, None if s < 0.16 else t, None if s > 0.84 else u)
        for a, b, n, t, u, s in zip(*ends.tolist(), length.tolist(), there, back, shut.tolist(), strict=True)
    ]
    return oracle.graph_of(side * side, edges)


@MANY
@given(graph=graphs(), toward=TOWARD, weight=WEIGHTS, most=MOST)
def test_all_pairs_of_small_networks(graph, toward, weight, most):
    """Chains, rings, islands, traps, loops, parallel and zero-length edges: what networkx finds from each node."""
    core = core_with(graph, weight, most)
    found = node_pairs(core, toward, np.arange(graph.n_nodes))
    for source in range(graph.n_nodes):
        right = oracle.node_field(
            graph, [source], toward="facility" if toward == "facility" else "demand", weight=weight
        )
        assert found[source].tolist() == right.tolist()


@FEW
@given(seed=st.integers(0, 2**32 - 1), side=st.integers(9, 21), toward=TOWARD, weight=WEIGHTS)
def test_all_pairs_of_drawn_towns(seed, side, toward, weight):
    """Networks that are cut in two several times: all pairs as SciPy finds them, with any number of sources."""
    rng = np.random.default_rng(seed)
    graph = lattice(rng, side)
    sources = rng.choice(graph.n_nodes, rng.integers(1, 50), replace=False)
    core = core_with(graph, weight, int(rng.choice([0, 2, 64])))
    found = node_pairs(core, toward, sources, threads=int(rng.integers(1, 4)))
    assert np.array_equal(found, scipy_pairs(graph, weight, toward, sources))


@FEW
@given(seed=st.integers(0, 2**32 - 1), toward=TOWARD)
def test_other_speeds_use_the_same_order(seed, toward):
    """Weights laid on a hierarchy that is there equal those of one made anew, and so do all pairs."""
    rng = np.random.default_rng(seed)
    graph = lattice(rng, 14)
    slower = replace(graph, time_ds=np.where(graph.time_ds, rng.integers(1, 500, graph.n_arcs), 0).astype(np.int32))
    prepare_hierarchy(graph)
    first, core = at_hand(core_of(graph, "time")), core_of(slower, "time")
    assert first is not None
    for other in (core, core_of(graph, "distance")):
        assert at_hand(other) is first
    again = rungs_of(core, first)
    found = node_pairs(core, toward, np.arange(20))
    prepared._KEPT.clear()
    prepared._WEIGHED.clear()
    anew = hierarchy_of(core_of(slower, "time"))
    assert anew is not first
    assert anew.rank.tolist() == first.rank.tolist()
    fresh = rungs_of(core, anew)
    assert fresh.up.tolist() == again.up.tolist()
    assert fresh.down.tolist() == again.down.tolist()
    assert np.array_equal(found, scipy_pairs(slower, "time", toward, np.arange(20)))


@FEW
@given(seed=st.integers(0, 2**32 - 1), side=st.integers(2, 20))
def test_a_cut_leaves_no_street_between_its_sides(seed, side):
    """Both sides are there, every node is on one side or between them, and no street joins the sides."""
    graph = lattice(np.random.default_rng(seed), side)
    links = links_of(build_rows(graph.n_nodes, graph.tail, graph.head, graph.time_ds))
    n = graph.n_nodes
    nodes = np.arange(n, dtype=np.int32)
    sizes = separate(links, Slate(np.full(n, -1, np.int32), np.empty(n, np.int32)), nodes)
    part = np.full(n, 2)
    part[nodes[: sizes[0]]], part[nodes[sizes[0] : sizes.sum()]] = 0, 1
    assert sorted(nodes.tolist()) == list(range(n))
    assert sizes.sum() > 0
    between = {frozenset((a, b)) for a, b in zip(part[graph.tail].tolist(), part[graph.head].tolist(), strict=True)}
    assert frozenset((0, 1)) not in between


@FEW
@given(seed=st.integers(0, 2**32 - 1), side=st.integers(1, 16))
def test_neighbours_above_are_neighbours(seed, side):
    """All that is above a node is joined, whoever was above it in the network is, and the parent is the lowest."""
    graph = lattice(np.random.default_rng(seed), side) if side > 1 else oracle.graph_of(1, [(0, 0, 1, 1, 1)])
    links = links_of(build_rows(graph.n_nodes, graph.tail, graph.head, graph.time_ds))
    rank = by_dissection(links, threads=2)
    assert sorted(rank.tolist()) == list(range(graph.n_nodes))
    ladder = build_ladder(links, rank)
    above = [ladder.head[a:b].tolist() for a, b in itertools.pairwise(ladder.start.tolist())]
    for v, heads in enumerate(above):
        assert heads == sorted(set(heads))
        assert ladder.parent[v] == (heads[0] if heads else -1)
        assert all(u > v for u in heads)
        assert all(b in above[a] for a, b in itertools.combinations(heads, 2))
    for tail, head in zip(rank[graph.tail].tolist(), rank[graph.head].tolist(), strict=True):
        assert tail == head or max(tail, head) in above[min(tail, head)]


def test_threads_do_not_change_the_order():
    """On a network large enough to be shared out, any number of processors finds the same ranks, and all is told."""
    graph = lattice(np.random.default_rng(4), 80)
    links = links_of(build_rows(graph.n_nodes, graph.tail, graph.head, graph.time_ds))
    told: list[tuple[int, int]] = []

    class Listener:
        cancelled = False

        def message(self, text: str) -> None:
            """Nothing is said here."""

        def advance(self, done: int, total: int) -> None:
            """Keep how far it is."""
            told.append((done, total))

    rank = by_dissection(links, threads=1, progress=Listener())
    assert sorted(rank.tolist()) == list(range(graph.n_nodes))
    assert rank.tolist() == by_dissection(links, threads=3).tolist()
    assert told[-1] == (graph.n_nodes, graph.n_nodes)
    assert sorted(told) == told


def test_a_cut_is_as_narrow_as_it_can_be():
    """Two towns joined by one street: one node parts them, and it is ranked last."""
    town = lattice(np.random.default_rng(3), 12)
    n = town.n_nodes
    tail, head = np.concatenate([town.tail, town.tail + n, [5]]), np.concatenate([town.head, town.head + n, [n + 7]])
    links = links_of(build_rows(2 * n, tail, head, np.ones(len(tail))))
    nodes = np.arange(2 * n, dtype=np.int32)
    sizes = separate(links, Slate(np.full(2 * n, -1, np.int32), np.empty(2 * n, np.int32)), nodes)
    # A town may hold islands; then the parts are already apart, with nobody between them.
    assert 2 * n - sizes.sum() <= 1


def test_a_node_with_more_neighbours_than_bits():
    """A star of two hundred, and two hundred around three hubs, are ranked and answered too."""
    star = [(0, i, 10, i, None if i % 3 == 0 else 2 * i) for i in range(1, 200)]
    wheel = [(hub, i, 10 + hub, i + hub, i) for hub in range(3) for i in range(3, 200)]
    for edges in (star, wheel):
        graph = oracle.graph_of(200, edges)
        core = core_with(graph, "time", most=0)
        found = node_pairs(core, "demand", np.arange(200))
        assert np.array_equal(found, scipy_pairs(graph, "time", "demand", np.arange(200)))


def test_costs_end_at_the_horizon():
    """A way as long as the horizon is none, however it is put together; a tenth less is one."""
    half = 2**30
    graph = oracle.graph_of(5, [(0, 1, half, 1, 1), (1, 2, half - 2, 1, 1), (2, 3, 1, 1, 1), (3, 4, half, 1, 1)])
    for most in (0, 64):
        core = core_with(graph, "distance", most)
        far = node_pairs(core, "demand", np.arange(5))
        assert far[0].tolist() == [0, half, UNREACHED - 1, np.inf, np.inf]
        assert far[2, 4] == half + 1


def test_closed_arcs_stay_closed():
    """Where nothing leads up or down, an arc is shut, whatever way: weights are symmetric only where roads are."""
    graph = oracle.graph_of(3, [(0, 1, 1, 5, None), (1, 2, 1, 7, None), (2, 0, 1, None, 4)])
    core = core_with(graph, "time", most=0)
    made = hierarchy_of(core)
    up, down = weigh(made.ladder, made.rank, core.away.rows)
    assert sorted(up.tolist() + down.tolist()).count(UNREACHED) >= 1
    assert node_pairs(core, "demand", np.arange(3)).tolist() == [[0, 5, 4], [np.inf, 0, 7], [np.inf, np.inf, 0]]
    assert node_pairs(core, "facility", np.arange(3)).T.tolist() == [[0, 5, 4], [np.inf, 0, 7], [np.inf, np.inf, 0]]


def test_nobody_anywhere():
    """No links, no nodes: an order of nothing."""
    links = Links(np.zeros(1, np.int32), np.empty(0, np.int32))
    assert by_dissection(links).tolist() == []
    alone = Links(np.zeros(4, np.int32), np.empty(0, np.int32))
    assert build_ladder(alone, by_dissection(alone)).parent.tolist() == [-1, -1, -1]


def test_a_hierarchy_is_written_and_read(tmp_path):
    """What is read back is what was written, and is at hand; other roads and other files are refused in words."""
    graph, other = lattice(np.random.default_rng(1), 15), lattice(np.random.default_rng(2), 15)
    path = tmp_path / "roads.hierarchy"
    write_hierarchy(graph, path)
    made = at_hand(core_of(graph, "time"))
    prepared._KEPT.clear()
    prepared._WEIGHED.clear()
    assert at_hand(core_of(graph, "time")) is None
    read_hierarchy(graph, path)
    read = at_hand(core_of(graph, "time"))
    assert made is not None
    assert read is not None
    assert read.rank.tolist() == made.rank.tolist()
    assert read.ladder.head.tolist() == made.ladder.head.tolist()
    with pytest.raises(InputError, match="made for other roads"):
        read_hierarchy(other, path)
    path.write_bytes(b"not an order")
    with pytest.raises(InputError, match="no hierarchy can be read"):
        read_hierarchy(graph, path)
    with pytest.raises(InputError, match="no hierarchy can be read"):
        read_hierarchy(graph, tmp_path / "missing")


def test_only_a_few_hierarchies_are_kept():
    """The one used longest ago goes first; whoever has weights on it still has it."""
    drawn = [lattice(np.random.default_rng(seed), 5) for seed in range(prepared.MOST_KEPT + 1)]
    cores = [core_with(graph, "time", most=0) for graph in drawn]
    for core in cores:
        hierarchy_of(core)
    assert [at_hand(core) is not None for core in cores] == [False] + [True] * prepared.MOST_KEPT
    prepare_hierarchy(drawn[0])
    hierarchy_of(cores[2])
    assert at_hand(cores[1]) is None


def test_after_warming_up_nothing_is_compiled():
    """Warming up makes the one version of whatever Python calls; questions of every kind make no more."""
    called = (
        dissection.separate, dissection.dissect, shortcuts._take_out, weights._lay, weights._shorten,
        sweeps._gather, sweeps._fill,
    )  # fmt: skip
    for step in warm.steps():
        step()
    for toward, n_sources in (("demand", 40), ("facility", 3)):
        graph = lattice(np.random.default_rng(9), 9)
        node_pairs(core_with(graph, "time"), toward, np.arange(n_sources), threads=2)
    assert {len(function.signatures) for function in called} == {1}


def test_the_embedded_study(root):
    """Jinjiang, both directions and weights: whole rows from seeded nodes as SciPy finds them."""
    network = build_network(read_study(root / "configs" / "jinjiang.yaml"))
    graph = build_graph(network, default_profiles()["drive"])
    sources = np.random.default_rng(5).choice(graph.n_nodes, 20, replace=False)
    for toward, weight in (("demand", "time"), ("facility", "time"), ("demand", "distance")):
        core = core_of(graph, weight)
        assert np.array_equal(node_pairs(core, toward, sources, 2), scipy_pairs(graph, weight, toward, sources))
    assert len(prepared._KEPT) == 1
