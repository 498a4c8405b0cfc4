"""Compile what hierarchies need; `travel.warm` calls it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from coverplan.travel.hierarchy.dissection import separate
from coverplan.travel.hierarchy.links import Slate, links_of
from coverplan.travel.hierarchy.order import by_dissection
from coverplan.travel.hierarchy.shortcuts import build_ladder
from coverplan.travel.hierarchy.sweeps import every_pair
from coverplan.travel.hierarchy.weights import Weighed, weigh
from coverplan.travel.kernels.core import build_core
from coverplan.travel.kernels.doors import node_doors
from coverplan.travel.kernels.rows import Int32
from coverplan.travel.kernels.starts import set_up_nodes


def steps() -> list[Callable[[], object]]:
    """Return what to call, in order, to use every compiled function once, on a ring of eight nodes."""
    tail, head = np.arange(8), np.roll(np.arange(8), -1)
    core = build_core(8, tail, head, np.full(8, 10), most_in_pocket=0)
    links = links_of(core.away.rows)
    ranks: list[Int32] = []
    hierarchy: list[Weighed] = []

    def part() -> None:
        separate(links, Slate(np.full(8, -1, np.int32), np.empty(8, np.int32)), np.arange(8, dtype=np.int32))

    def order() -> None:
        ranks.append(by_dissection(links, threads=1))

    def lay() -> None:
        ladder = build_ladder(links, ranks[0])
        hierarchy.append(Weighed(ranks[0], ladder, weigh(ladder, ranks[0], core.away.rows)))

    def sweep() -> None:
        setting = set_up_nodes(core, toward="demand", weight="time")
        every_pair(hierarchy[0], setting, setting.starts_at(node_doors(core, np.arange(3))), threads=1)

    return [part, order, lay, sweep]
