"""Random small networks with everything that is awkward, for Hypothesis; and places on them."""

import numpy as np
from hypothesis import strategies as st

from coverplan.roads.network import Graph, Snaps
from travel import oracle

TOWARD = st.sampled_from(["facility", "demand"])
WEIGHTS = st.sampled_from(["time", "distance"])
MOST = st.sampled_from([0, 1, 2, 3, 64])
"""How many nodes a pocket may hold: none at all, few, so that roads are divided, or all there are."""


@st.composite
def graphs(draw: st.DrawFn, most_nodes: int = 12, most_edges: int = 18) -> Graph:
    """Chains, rings, dead ends, islands, one-way traps, loops, parallel and zero-length edges, and many ties."""
    n_nodes = draw(st.integers(1, most_nodes))
    node = st.integers(0, n_nodes - 1)
    # A few edges from each node to the next make long chains likely.
    steps = [(i, i + 1) for i in range(n_nodes - 1) if draw(st.booleans())]
    others = draw(st.lists(st.tuples(node, node), max_size=most_edges - len(steps)))
    edges = []
    for a, b in steps + others or [(0, 0)]:
        length = draw(st.sampled_from([0, 1, 7, 20, 33]))
        times = st.none() | (st.sampled_from([1, 2, 5, 8, 13]) if length else st.just(0))
        edges.append((a, b, length, draw(times), draw(times)))
    return oracle.graph_of(n_nodes, edges)


@st.composite
def places(draw: st.DrawFn, graph: Graph, least: int = 0, most: int = 6) -> Snaps:
    """Points on open edges, at ends and between, near and far from the road; now and then one that is not connected."""
    open_edges = [*np.flatnonzero(graph.snappable).tolist(), -1]
    share = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1)
    rows = draw(
        st.lists(st.tuples(st.sampled_from(open_edges), share, st.integers(0, 4)), min_size=least, max_size=most)
    )
    edge = np.array([row[0] for row in rows], dtype=np.int32)
    leg = np.array([row[2] for row in rows], dtype=float)
    return Snaps(
        edge=edge,
        fraction=np.where(edge >= 0, np.array([row[1] for row in rows], dtype=float), np.nan),
        offroad_dm=leg,
        offroad_ds=np.where(edge >= 0, leg * 2, np.inf),
    )


def rows_of(snaps: Snaps, rows: list[int]) -> Snaps:
    """Return some of the points, in the order given."""
    return Snaps(**{name: values[rows] for name, values in vars(snaps).items()})


def every_pair(graph: Graph, demand: Snaps, facilities: Snaps, *, toward: str, weight: str) -> np.ndarray:
    """Return tenths, demand x facility, by a search for each pair on edges that are cut at every point."""
    columns = [
        oracle.nearest(graph, demand, rows_of(facilities, [j]), toward=toward, weight=weight)[0]
        for j in range(len(facilities.edge))
    ]
    return np.array(columns, dtype=float).reshape(len(facilities.edge), len(demand.edge)).T
