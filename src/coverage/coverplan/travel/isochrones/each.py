"""What each facility reaches by itself, at the price of what it reaches."""

from __future__ import annotations

import numpy as np

from coverplan.core.model import Toward, Weight
from coverplan.core.units import tenths
from coverplan.roads.network import Float, Graph, Int32, Int64, Network, Snaps
from coverplan.travel.isochrones.reached import Doors, Stretches, doors_on_edges, stretches
from coverplan.travel.reach import reach


class ReachedNodes:
    """The nodes within a limit of each facility, and the edges that meet there."""

    def __init__(
        self, network: Network, graph: Graph, facilities: Snaps, limit: float, *, toward: Toward, weight: Weight
    ) -> None:
        self._network, self._graph = network, graph
        self._toward: Toward = toward
        self._weight: Weight = weight
        self.n_facilities = len(facilities.edge)
        self._doors = doors_on_edges(graph, facilities, weight)
        ends = np.concatenate([network.edge_from, network.edge_to])
        order = np.argsort(ends, kind="stable")
        self._at = np.searchsorted(ends[order], np.arange(network.n_nodes + 1))
        self._edges = order % max(network.n_edges, 1)
        self._reach = reach(graph, self._all_nodes(), facilities, limit=limit, toward=toward, weight=weight)
        # Costs of one facility at a time, and its index, which nobody asks about.
        self._cost = np.full(network.n_nodes, np.inf)
        self._owner = np.zeros(network.n_nodes, dtype=np.int32)

    def _all_nodes(self) -> Snaps:
        """Return every node as a point that stands on it."""
        is_open = np.maximum(self._graph.arc_forward, self._graph.arc_backward) >= 0
        # Of the edges at a node the longest: on an edge without length a point stands on both ends at once.
        edge = np.full(self._network.n_nodes, -1, dtype=np.int32)
        edges = np.flatnonzero(is_open)
        edges = edges[np.argsort(self._network.edge_length_dm[edges], kind="stable")]
        edge[self._network.edge_to[edges]] = edges
        edge[self._network.edge_from[edges]] = edges
        at_start = self._network.edge_from[edge] == np.arange(len(edge))
        nowhere = edge < 0
        return Snaps(
            edge=edge,
            fraction=np.where(nowhere, np.nan, np.where(at_start, 0.0, 1.0)),
            offroad_dm=np.where(nowhere, np.inf, 0.0),
            offroad_ds=np.where(nowhere, np.inf, 0.0),
        )

    def largest_extent(self) -> tuple[float, float]:
        """Return the largest width and the largest height of what a facility may reach, in metres."""
        begins = self._network.shape_start[:-1]
        largest = [0.0, 0.0]
        for axis, values in enumerate((self._network.shape_x_m, self._network.shape_y_m)):
            if not len(begins):
                continue
            low, high = np.minimum.reduceat(values, begins), np.maximum.reduceat(values, begins)
            for facility in range(self.n_facilities):
                edges = self._edges_of(facility)[2]
                if len(edges):
                    largest[axis] = max(largest[axis], float(high[edges].max() - low[edges].min()))
        return largest[0], largest[1]

    def _edges_of(self, facility: int) -> tuple[Int32, Float, Int64]:
        """Return the nodes a facility reaches, their cost in tenths, and every edge it may get onto."""
        nodes, value = self._reach.of(facility)
        count = self._at[nodes + 1] - self._at[nodes]
        place = np.arange(count.sum()) + np.repeat(self._at[nodes] - (np.cumsum(count) - count), count)
        own = self._doors.edge[self._doors.owner == facility]
        return nodes, tenths(value), np.unique(np.concatenate([self._edges[place], own]))

    def stretches_of(self, facility: int) -> Stretches:
        """Return the stretches that one facility enters."""
        nodes, cost, edges = self._edges_of(facility)
        self._cost[nodes] = cost
        mine = self._doors.owner == facility
        found = stretches(
            self._network,
            self._graph,
            edges,
            (self._cost, self._owner),
            Doors(**{name: column[mine] for name, column in vars(self._doors).items()}),
            toward=self._toward,
            weight=self._weight,
        )
        self._cost[nodes] = np.inf
        return found
