"""Compile the searches on the network; `travel.warm` calls it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from coverplan.core.model import SpeedProfile
from coverplan.roads.network import Graph, Snaps
from coverplan.travel.kernels.baths import Bath, Ladder, near_sites, place, settle, temper
from coverplan.travel.kernels.covers import Covers, anneal
from coverplan.travel.kernels.edits import EditableField
from coverplan.travel.kernels.fields import item_field, node_field
from coverplan.travel.kernels.medians import Median, interchange
from coverplan.travel.kernels.prices import Sides, approach
from coverplan.travel.kernels.starts import NO_STARTS, Setting, set_up, set_up_nodes
from coverplan.travel.kernels.sweeps import every_pair, reached, reached_sums


def steps() -> list[Callable[[], object]]:
    """Return what to call, in order, to use every compiled function once, on six nodes."""
    graph, points = _six_nodes()
    settings: list[Setting] = []
    fields: list[EditableField] = []

    def hang() -> None:
        settings.append(set_up(graph, points, toward="demand", weight="time"))

    def edit() -> None:
        setting = settings[0]
        starts = setting.starts(points)
        fields.append(EditableField(setting, starts, np.ones(len(points.edge)), limit=100))
        fields[0].restore(fields[0].edit(0, NO_STARTS))
        fields[0].restore(fields[0].edit(0, starts))

    def ask(work: Callable[[Setting], object]) -> Callable[[], object]:
        return lambda: work(settings[0])

    return [
        hang,
        lambda: set_up_nodes(settings[0].core, toward="demand", weight="time"),
        ask(lambda setting: node_field(setting.core, setting.side, [0, 5], ([0, 3], [0, 1]))),
        ask(lambda setting: item_field(setting, setting.starts(points))),
        ask(lambda setting: reached(setting, setting.starts(points), limit=100, threads=1)),
        ask(lambda setting: reached_sums(setting, setting.starts(points), np.ones(3), limit=100, threads=1)),
        ask(lambda setting: every_pair(setting, setting.starts(points), threads=1)),
        edit,
        _anneal,
        _interchange,
    ]


def _anneal() -> None:
    """Two sites that cover one class of people each."""
    rows = np.arange(3, dtype=np.uint32), np.arange(2, dtype=np.uint32)
    weight, level = np.ones(2), np.array([1.0, 0.0])
    covers = Covers(*rows, *rows, weight, level, np.zeros(2, np.int64), np.ones(2, np.int64))
    choices, values = np.zeros((2, 1), np.int64), np.ones(2)
    anneal(covers, choices, values, (1.0, 0.5, 10), np.ones(1, np.uint64))
    whole, gain, stands = np.zeros(2, np.int64), np.zeros(2), np.zeros(2, np.int8)
    bath = Bath(choices, values, whole, gain, stands, gain.copy(), np.zeros(3, np.int64), np.zeros(3))
    ones, nothing = np.ones(2), [np.zeros(2) for _ in range(6)]
    approach(Sides(*rows, *rows, weight, ones, nothing[0], ones.copy(), *nothing[1:]), 1.0, 1.0, 1)
    place(covers, bath)
    near = near_sites(covers, 10)
    settle(covers, near, bath, (1.0, 0.5, 10, 0), np.ones(1, np.uint64))
    more = [np.stack([one, one]) for one in (values, gain)]
    many = np.stack([choices, choices]), more[0], np.stack([whole, whole]), more[1], np.stack([stands, stands])
    order, exchanged = np.array([[0], [1]]), np.zeros(2, np.int64)
    temper(covers, near, Ladder(*many, np.ones(1), order, exchanged, bath), (1, 1, 0), np.ones(1, np.uint64))


def _interchange() -> None:
    """Two of three sites, two people."""
    cost, p, n = np.array([[0.0, 2.0], [1.0, 1.0], [2.0, 0.0]]), np.zeros(2, np.int64), np.zeros(2)
    now = Median(cost, np.ones(3, bool), p, np.zeros(3, np.int64), n, n.copy(), p.copy(), p.copy(), n.copy(), n.copy())
    interchange(now, np.array([0, 1]), (np.inf, 1e-9, 1, 0), np.ones(1, np.uint64))


def _six_nodes() -> tuple[Graph, Snaps]:
    """Return a ring with a way across, two dead ends, and three points."""
    tail, head = np.array([0, 1, 1, 2, 2, 3, 3, 0, 1, 4, 4, 3, 2, 5, 5, 2]), np.array([1, 0, 2, 1, 3, 2, 0, 3] * 2)
    head[8:] = [4, 1, 3, 4, 5, 2, 2, 5]
    edge = np.arange(16, dtype=np.int32)
    graph = Graph(
        n_nodes=6,
        tail=tail.astype(np.int32),
        head=head.astype(np.int32),
        time_ds=np.full(16, 10, np.int32),
        length_dm=np.full(16, 100, np.int32),
        edge=edge,
        along=np.ones(16, dtype=bool),
        arc_forward=edge,
        arc_backward=np.full(16, -1, np.int32),
        snappable=np.ones(16, dtype=bool),
        profile=SpeedProfile(name="warm", mode="drive", kph={}),
    )
    points = Snaps(
        edge=np.array([0, 5, 12], np.int32),
        fraction=np.array([0.0, 0.5, 1.0]),
        offroad_dm=np.zeros(3),
        offroad_ds=np.zeros(3),
    )
    return graph, points
