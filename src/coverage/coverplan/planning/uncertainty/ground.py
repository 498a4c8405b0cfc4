"""How far everybody is from each facility of some plans, in any draw.

Plans that share roads and people are measured together. Facilities that stand in the same plans are one *pool*, of
which only the nearest matters, unless vehicles may be busy: then each is a pool of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coverplan.planning.ground import measured_by, straight
from coverplan.planning.uncertainty.crews import Crews
from coverplan.planning.uncertainty.variation import Draw, at_draw
from coverplan.roads.network import Float, Int64
from coverplan.roads.speeds import build_graph
from coverplan.travel.matrix import travel_matrix
from coverplan.travel.nearest import find_nearest
from coverplan.travel.router import Router, build_router

Spot = tuple[str, float, float]
"""A facility's identifier and where it stands: one that has moved is another one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """Plans measured together.

    Attributes
    ----------
    crews
        The plans.
    pools
        For each pool the x and y of its facilities.
    columns
        For each plan, which pools are its own.
    router
        The profile at its usual speeds; None where straight lines are measured.
    """

    crews: tuple[Crews, ...]
    pools: tuple[tuple[Float, Float], ...]
    columns: tuple[Int64, ...]
    router: Router | None

    def measure(self, draw: Draw | None) -> Float:
        """Return seconds or metres from every demand point (rows) to the nearest of each pool (columns).

        None stands for the usual speeds. Where metres are measured, all draws are the same.
        """
        crew, router = self.crews[0], self.router
        params = crew.asked.params
        told = np.full((len(crew.people), len(self.pools)), np.inf)
        if router is None:
            for j, (x, y) in enumerate(self.pools):
                ways = [straight(crew.study, float(a), float(b)) for a, b in zip(x, y, strict=True)]
                told[:, j] = np.min(ways, axis=0, initial=np.inf)
            return told
        graph, weight = router.graph, "distance"
        if measured_by(params) == "time":
            weight = "time"
            if draw is not None:
                graph = build_graph(crew.network, at_draw(crew.study.profiles[params.profile], draw))
        single = [j for j, (x, _) in enumerate(self.pools) if len(x) == 1]
        if len(single) > 1:
            snaps = router.snaps_at(*(np.concatenate([self.pools[j][axis] for j in single]) for axis in (0, 1)))
            told[:, single] = travel_matrix(graph, router.people_snaps, snaps, toward=params.toward, weight=weight)
        for j, (x, y) in enumerate(self.pools):
            if len(x) > 1 or single == [j]:
                snaps = router.snaps_at(x, y)
                told[:, j] = find_nearest(graph, router.people_snaps, snaps, toward=params.toward, weight=weight).value
        return told


def build_grounds(plans: Sequence[Crews], *, apart: bool) -> list[Ground]:
    """Put plans together that share roads, people and speeds; `apart` keeps every facility a pool of its own."""
    groups: list[list[Crews]] = []
    for crews in plans:
        for group in groups:
            if _alike(group[0], crews):
                group.append(crews)
                break
        else:
            groups.append([crews])
    return [_pooled(group, apart=apart) for group in groups]


def _alike(one: Crews, other: Crews) -> bool:
    name = one.asked.params.profile
    same = one.network is other.network and one.study.people is other.study.people
    return same and one.study.profiles.get(name) == other.study.profiles.get(name)


def _pooled(group: list[Crews], *, apart: bool) -> Ground:
    members: dict[Spot, list[int]] = {}
    for i, crews in enumerate(group):
        for spot in _spots(crews):
            members.setdefault(spot, []).append(i)
    pools: dict[object, list[Spot]] = {}
    for spot, who in members.items():
        pools.setdefault(spot if apart else tuple(who), []).append(spot)
    owners = [members[spots[0]] for spots in pools.values()]
    params = group[0].asked.params
    line = measured_by(params) == "line"
    return Ground(
        crews=tuple(group),
        pools=tuple((np.array([s[1] for s in spots]), np.array([s[2] for s in spots])) for spots in pools.values()),
        columns=tuple(_columns(crews, i, pools, owners, apart=apart) for i, crews in enumerate(group)),
        router=None if line else build_router(group[0].study, group[0].network, params.profile),
    )


def _spots(crews: Crews) -> list[Spot]:
    return [(name, float(x), float(y)) for name, x, y in zip(crews.facility_id, crews.x_m, crews.y_m, strict=True)]


def _columns(crews: Crews, i: int, pools: dict[object, list[Spot]], owners: list[list[int]], *, apart: bool) -> Int64:
    """Return a plan's pools; each facility's own, in the order of the facilities, where they are kept apart."""
    if not apart:
        return np.array([j for j, who in enumerate(owners) if i in who], dtype=np.int64)
    place = {spot: j for j, spot in enumerate(pools)}
    return np.array([place[spot] for spot in _spots(crews)], dtype=np.int64)
