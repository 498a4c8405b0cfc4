"""How fast one travels on every road: the directed graph that a profile sees."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.core.model import SpeedProfile
from coverplan.core.units import TENTHS
from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.network import Bool, Float, Graph, Int32, Int64, Network
from coverplan.roads.profiles import at_period, default_profiles
from coverplan.roads.turns import TURNS, with_turns

__all__ = ["build_graph", "default_profiles"]

_DS_PER_DM_AT_1_KPH = 3.6
"""A tenth of a metre takes 3.6 tenths of a second at 1 km/h."""

_FRAGMENT_SHARE = 0.01

_JUNCTION_RANK = {"motorway": 0, "trunk": 1, "primary": 1, "secondary": 1, "tertiary": 1}
"""Roads that wait for one another: a lower number waits for its own kind only. Links and all other classes are 2."""
_INSIDE_JUNCTION_DM = 400


def build_graph(network: Network, profile: SpeedProfile, period: str | None = None) -> Graph:
    """Make the directed graph that a profile sees, with the time of every arc.

    The speed of an arc is that of its road class. For cars, where a limit is signed in the arc's direction, it is a
    share of the limit instead: `maxspeed_share`, or what `class_maxspeed_share` says of the class. Either is multiplied
    by `factor` and by the class's `class_factor`. Times are rounded once, to whole tenths of a second, and are at least
    one tenth where the arc has any length.

    `junction_s` of the arc's class, divided by the same factors and rounded likewise, is added where the arc ends at a
    junction with its like or better: at least two other edges of the same rank or a higher one meet there, besides the
    one it comes from. Ranks are motorway, then trunk to tertiary, then all other classes and the links. So a side
    street waits at the main road and the main road does not wait at the side street. An arc of at most 40 m from one
    junction (three edges or more) to another lies inside one and adds nothing.

    Cars and walkers use what is open to them. Cycles use what is open to cars in its direction, and what is closed to
    cars and open to walkers; the classes of the profile decide what of that is ridden.

    Turns that are forbidden (`Network.no_turns`, for cars that obey) or cost time (`turn_s`) become part of the graph;
    how stands in `roads.turns`.

    An edge is snappable when the profile may use it, it is (but for walkers) neither a motorway nor a link, and both
    its ends lie in strongly connected parts that hold at least 1 % of the nodes the profile can use. So fragments and
    one-way traps of a real extract do not catch doors, while in a scene of up to a hundred nodes every part counts.

    Parameters
    ----------
    network, profile
        The roads, and who travels on them.
    period
        One of the profile's periods, whose factors then count too; None for the whole day.

    Returns
    -------
    Graph
        Arcs along the course of each edge come first, in the order of edges, then those against it.

    Raises
    ------
    InputError
        When the profile has no such period, names an unknown road class, or a speed, share or factor is not above 0.

    Examples
    --------
    One kilometre at 36 km/h (10 m/s) takes 100 s:

    >>> from coverplan.roads.courses import straight_network
    >>> network = straight_network(x_m=[0, 1000], y_m=[0, 0], edges=[(0, 1)], road_class="tertiary")
    >>> profile = SpeedProfile(name="ten metres a second", mode="drive", kph={"tertiary": 36.0})
    >>> build_graph(network, profile).time_ds.tolist()
    [1000, 1000]
    """
    profile = profile if period is None else at_period(profile, period)
    _check_profile(profile)
    forward_kph, backward_kph = _speeds(network, profile)
    may_forward, may_backward = _open_to(network, profile)
    forward, backward = (
        np.flatnonzero(may_forward & (forward_kph > 0)),
        np.flatnonzero(may_backward & (backward_kph > 0)),
    )
    edge = np.concatenate([forward, backward])
    length_dm = network.edge_length_dm[edge]
    kph = np.concatenate([forward_kph[forward], backward_kph[backward]])
    tail = np.concatenate([network.edge_from[forward], network.edge_to[backward]])
    head = np.concatenate([network.edge_to[forward], network.edge_from[backward]])
    time_ds = _time_ds(length_dm, kph)
    if any(profile.junction_s.values()):
        time_ds = time_ds + _junction_ds(network, profile, tail, head, edge)
    graph = Graph(
        n_nodes=network.n_nodes,
        tail=tail,
        head=head,
        time_ds=time_ds,
        length_dm=length_dm,
        edge=edge.astype(np.int32),
        along=np.arange(len(edge)) < len(forward),
        arc_forward=_places(forward, network.n_edges, 0),
        arc_backward=_places(backward, network.n_edges, len(forward)),
        snappable=_snappable(network, profile, tail, head, edge),
        profile=profile,
    )
    obey = profile.obeys_turns and profile.mode == "drive" and len(network.no_turns) > 0
    return with_turns(network, graph, profile.turn_s, obey=obey) if obey or any(profile.turn_s.values()) else graph


def _check_profile(profile: SpeedProfile) -> None:
    problems = ProblemList()
    who = f"profile {profile.name}"
    for name, kph in profile.kph.items():
        if name not in ROAD_CLASSES:
            problems.add(f"{who}: '{name}' is not a road class", hint=did_you_mean(name, ROAD_CLASSES))
        elif not 0 < kph < np.inf:
            problems.add(f"{who}: {kph:g} km/h on {name}", hint="leave a closed class out")
    for name in ("maxspeed_share", "factor", "offroad_kph"):
        if not 0 < getattr(profile, name) < np.inf:
            problems.add(f"{who}: {name} is {getattr(profile, name):g}", hint="it must be above 0")
    _check_mappings(profile, who, problems)
    problems.raise_if_any()


def _check_mappings(profile: SpeedProfile, who: str, problems: ProblemList) -> None:
    for column in ("class_maxspeed_share", "class_factor", "junction_s"):
        values: Mapping[str, float] = getattr(profile, column)
        for name, value in values.items():
            if name not in ROAD_CLASSES:
                problems.add(f"{who}, {column}: '{name}' is not a road class", hint=did_you_mean(name, ROAD_CLASSES))
            elif not (0 < value < np.inf or (column == "junction_s" and value == 0)):
                problems.add(f"{who}: {column} of {name} is {value:g}", hint="it must be above 0")
    for name, value in profile.turn_s.items():
        if name not in TURNS:
            problems.add(f"{who}, turn_s: '{name}' is not a kind of turn", hint=did_you_mean(name, TURNS))
        elif not 0 <= value < np.inf:
            problems.add(f"{who}: turn_s of {name} is {value:g}", hint="it must not be below 0")


def _open_to(network: Network, profile: SpeedProfile) -> tuple[Bool, Bool]:
    """Say who may use each edge along and against its course."""
    if profile.mode == "drive":
        return network.drive_forward, network.drive_backward
    if profile.mode == "walk":
        return network.walk_forward, network.walk_backward
    no_cars = ~(network.drive_forward | network.drive_backward)
    return network.drive_forward | (no_cars & network.walk_forward), (
        network.drive_backward | (no_cars & network.walk_backward)
    )


def _by_class(values: Mapping[str, float], otherwise: float) -> Float:
    return np.array([values.get(name, otherwise) for name in ROAD_CLASSES], dtype=np.float64)


def _factors(network: Network, profile: SpeedProfile) -> Float:
    return _by_class(profile.class_factor, 1.0)[network.edge_class] * profile.factor * network.speed_factor


def _speeds(network: Network, profile: SpeedProfile) -> tuple[Float, Float]:
    """Return the speed along and against each edge in km/h; 0 on classes that are closed to the profile."""
    by_class = _by_class(profile.kph, 0.0)[network.edge_class]
    factor = _factors(network, profile)
    if profile.mode != "drive":
        return by_class * factor, by_class * factor

    share = _by_class(profile.class_maxspeed_share, profile.maxspeed_share)[network.edge_class]

    def with_signs(signed: Float) -> Float:
        # A class that is closed stays closed, whatever is signed.
        has_sign = ~np.isnan(signed) & (by_class > 0)
        return np.where(has_sign, signed * share, by_class) * factor

    return with_signs(network.kph_forward), with_signs(network.kph_backward)


def _junction_ds(network: Network, profile: SpeedProfile, tail: Int32, head: Int32, edge: Int64) -> Int32:
    """Return what each arc loses at the junction it ends at, in tenths of a second."""
    rank = np.array([_JUNCTION_RANK.get(name, 2) for name in ROAD_CLASSES])[network.edge_class]
    met = np.unique(edge)
    ends = np.concatenate([network.edge_from[met], network.edge_to[met]])
    ranks = np.tile(rank[met], 2)
    # How many edges of a rank or a higher one meet at each node; an edge that comes back to its node counts twice.
    at_least = np.array([np.bincount(ends[ranks <= r], minlength=network.n_nodes) for r in range(3)])
    others = at_least[rank[edge], head] - 1
    is_junction = at_least[2] >= 3
    inside = (network.edge_length_dm[edge] <= _INSIDE_JUNCTION_DM) & is_junction[tail] & is_junction[head]
    lost_s = _by_class(profile.junction_s, 0.0)[network.edge_class[edge]] / _factors(network, profile)[edge]
    return np.where((others >= 2) & ~inside, np.rint(lost_s * TENTHS), 0).astype(np.int32)


def _time_ds(length_dm: Int32, kph: Float) -> Int32:
    time_ds = np.rint(length_dm * _DS_PER_DM_AT_1_KPH / kph)
    return np.where(length_dm > 0, np.maximum(time_ds, 1), 0).astype(np.int32)


def _places(edges: np.ndarray, n_edges: int, first: int) -> Int32:
    places = np.full(n_edges, -1, dtype=np.int32)
    places[edges] = np.arange(first, first + len(edges))
    return places


def _snappable(network: Network, profile: SpeedProfile, tail: Int32, head: Int32, edge: np.ndarray) -> Bool:
    snappable = np.zeros(network.n_edges, dtype=bool)
    snappable[edge] = True
    if profile.mode != "walk":
        no_doors = np.array([name == "motorway" or name.endswith("_link") for name in ROAD_CLASSES])
        snappable &= ~no_doors[network.edge_class]
    counts = _in_large_part(network.n_nodes, tail, head)
    return snappable & counts[network.edge_from] & counts[network.edge_to]


def _in_large_part(n_nodes: int, tail: Int32, head: Int32) -> Bool:
    """Say which nodes lie in a strongly connected part with at least 1 % of the nodes that have an arc."""
    from scipy.sparse import coo_array  # noqa: PLC0415 - slow to import, not needed to read roads
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415 - as above

    used = np.zeros(n_nodes, dtype=bool)
    used[tail] = used[head] = True
    links = coo_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(n_nodes, n_nodes)).tocsr()
    _, part = connected_components(links, directed=True, connection="strong")
    size = np.bincount(part)
    return used & (size[part] >= _FRAGMENT_SHARE * used.sum())
