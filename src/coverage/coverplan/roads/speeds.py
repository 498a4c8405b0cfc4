"""How fast one travels: the default profiles, and the directed graph that a profile sees."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.core.model import SpeedProfile
from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.network import Bool, Float, Graph, Int32, Network

_DS_PER_DM_AT_1_KPH = 3.6
"""A tenth of a metre takes 3.6 tenths of a second at 1 km/h."""

_FRAGMENT_SHARE = 0.01

_DRIVE_KPH = MappingProxyType(
    {
        "motorway": 90.0,
        "motorway_link": 45.0,
        "trunk": 60.0,
        "trunk_link": 38.0,
        "primary": 45.0,
        "primary_link": 32.0,
        "secondary": 38.0,
        "secondary_link": 28.0,
        "tertiary": 32.0,
        "tertiary_link": 25.0,
        "unclassified": 28.0,
        "residential": 20.0,
        "living_street": 12.0,
        "service": 12.0,
        "track": 12.0,
        "pedestrian": 8.0,
        "footway": 8.0,
        "path": 8.0,
        "cycleway": 8.0,
    }
)
_WALK_KPH = 4.32


def default_profiles() -> dict[str, SpeedProfile]:
    """Return the profiles of a Chinese county on an ordinary day: `drive`, `ambulance` and `walk`.

    Driving speeds are running speeds, signals and crossings included; they are estimates of ours, not measurements,
    and a study may set its own. Paths count only where a sign opens them to cars. The ambulance drives like everyone
    else: no gain for lights and siren is claimed without evidence (set `factor` when there is some). Walking is
    1.2 m/s (4.32 km/h) on every class, motorways too, because who may walk where is said by the network.

    Examples
    --------
    >>> profiles = default_profiles()
    >>> sorted(profiles), profiles["drive"].kph["primary"], profiles["walk"].kph["steps"]
    (['ambulance', 'drive', 'walk'], 45.0, 4.32)
    """
    walking = MappingProxyType(dict.fromkeys(ROAD_CLASSES, _WALK_KPH))
    return {
        "drive": SpeedProfile(name="drive", mode="drive", kph=_DRIVE_KPH),
        "ambulance": SpeedProfile(name="ambulance", mode="drive", kph=_DRIVE_KPH),
        "walk": SpeedProfile(name="walk", mode="walk", kph=walking),
    }


def build_graph(network: Network, profile: SpeedProfile) -> Graph:
    """Make the directed graph that a profile sees, with the time of every arc.

    The speed of an arc is that of its road class. For cars, where a limit is signed in the arc's direction, it is
    `maxspeed_share` of the limit instead. Either is multiplied by `factor`. Times are rounded once, to whole tenths of
    a second, and are at least one tenth where the arc has any length.

    An edge is snappable when the profile may use it, it is (for cars) neither a motorway nor a link, and both its ends
    lie in strongly connected parts that hold at least 1 % of the nodes the profile can use. So fragments and one-way
    traps of a real extract do not catch doors, while in a scene of up to a hundred nodes every part counts.

    Returns
    -------
    Graph
        Arcs along the course of each edge come first, in the order of edges, then those against it.

    Raises
    ------
    InputError
        When the profile names an unknown road class, or a speed, share or factor is not above 0.

    Examples
    --------
    One kilometre at 36 km/h (10 m/s) takes 100 s:

    >>> from coverplan.roads.courses import straight_network
    >>> network = straight_network(x_m=[0, 1000], y_m=[0, 0], edges=[(0, 1)], road_class="tertiary")
    >>> profile = SpeedProfile(name="ten metres a second", mode="drive", kph={"tertiary": 36.0})
    >>> build_graph(network, profile).time_ds.tolist()
    [1000, 1000]
    """
    _check_profile(profile)
    forward_kph, backward_kph = _speeds(network, profile)
    may = (
        (network.drive_forward, network.drive_backward)
        if profile.mode == "drive"
        else (network.walk_forward, network.walk_backward)
    )
    forward, backward = np.flatnonzero(may[0] & (forward_kph > 0)), np.flatnonzero(may[1] & (backward_kph > 0))
    edge = np.concatenate([forward, backward])
    length_dm = network.edge_length_dm[edge]
    kph = np.concatenate([forward_kph[forward], backward_kph[backward]])
    tail = np.concatenate([network.edge_from[forward], network.edge_to[backward]])
    head = np.concatenate([network.edge_to[forward], network.edge_from[backward]])
    return Graph(
        n_nodes=network.n_nodes,
        tail=tail,
        head=head,
        time_ds=_time_ds(length_dm, kph),
        length_dm=length_dm,
        edge=edge.astype(np.int32),
        along=np.arange(len(edge)) < len(forward),
        arc_forward=_places(forward, network.n_edges, 0),
        arc_backward=_places(backward, network.n_edges, len(forward)),
        snappable=_snappable(network, profile, tail, head, edge),
        profile=profile,
    )


def _check_profile(profile: SpeedProfile) -> None:
    problems = ProblemList()
    for name, kph in profile.kph.items():
        if name not in ROAD_CLASSES:
            what = f"profile {profile.name}: '{name}' is not a road class"
            problems.add(what, hint=did_you_mean(name, ROAD_CLASSES))
        elif not 0 < kph < np.inf:
            problems.add(f"profile {profile.name}: {kph:g} km/h on {name}", hint="leave a closed class out")
    for name in ("maxspeed_share", "factor", "offroad_kph"):
        if not 0 < getattr(profile, name) < np.inf:
            problems.add(f"profile {profile.name}: {name} is {getattr(profile, name):g}", hint="it must be above 0")
    problems.raise_if_any()


def _speeds(network: Network, profile: SpeedProfile) -> tuple[Float, Float]:
    """Return the speed along and against each edge in km/h; 0 on classes that are closed to the profile."""
    by_class = np.array([profile.kph.get(name, 0.0) for name in ROAD_CLASSES])[network.edge_class]
    if profile.mode == "walk":
        return by_class * profile.factor, by_class * profile.factor

    def with_signs(signed: Float) -> Float:
        # A class that is closed stays closed, whatever is signed.
        has_sign = ~np.isnan(signed) & (by_class > 0)
        return np.where(has_sign, signed * profile.maxspeed_share, by_class) * profile.factor

    return with_signs(network.kph_forward), with_signs(network.kph_backward)


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
    if profile.mode == "drive":
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
