"""How cost grows when something is doubled: nodes, facilities, thresholds. Seeded street grids with coordinates.

    python benchmarks/bench_growth.py [--most 1600000] [--repeat 5]

Prints a table and writes `docs/images/growth.png`. A slope is that of a straight line through the logarithms: 1 means
that doubling the one doubles the other, 0 that it does not matter. CPU time of one thread.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import graphs
import matplotlib as mpl
import numpy as np
from bench_engine import FIFTEEN_MINUTES, ms, on_nodes, seconds, table

from coverplan import __version__
from coverplan.roads.courses import straight_network
from coverplan.roads.network import Network, Snaps
from coverplan.roads.speeds import build_graph, default_profiles
from coverplan.travel.field import node_field as plain_field
from coverplan.travel.isochrones.outlines import outlines
from coverplan.travel.kernels.core import Core, build_core
from coverplan.travel.kernels.doors import node_doors
from coverplan.travel.kernels.fields import node_field
from coverplan.travel.kernels.starts import set_up_nodes
from coverplan.travel.kernels.sweeps import every_pair, reached
from coverplan.travel.warm import steps, warm_up

PLOT = graphs.ROOT / "docs" / "images" / "growth.png"
SPACING_M = 150.0
KPH = (30.0, 40.0, 60.0)


@dataclass(frozen=True, kw_only=True)
class Series:
    """One kind of work, measured while one thing is doubled."""

    doubled: str
    work: str
    how_many: Sequence[float]
    seconds: Sequence[float]

    @property
    def slope(self) -> float:
        """How cost follows, in powers."""
        return float(np.polyfit(np.log(self.how_many), np.log(self.seconds), 1)[0])


def main() -> None:
    """Measure, print, draw."""
    options = argparse.ArgumentParser(description="how cost grows")
    options.add_argument("--most", type=int, default=1_600_000, help="nodes of the largest grid")
    options.add_argument("--repeat", type=int, default=5)
    chosen = options.parse_args()
    warm_up()
    for step in steps():
        step()
    sizes = [n for n in (25_000 * 2**k for k in range(10)) if n <= chosen.most]
    cores = {n: grid_core(n) for n in sizes}
    found = [
        *by_nodes(cores, chosen.repeat),
        *by_facilities(cores[min(sizes[-1], 200_000)], chosen.repeat),
        *by_limit(cores[min(sizes[-1], 200_000)], chosen.repeat),
        by_thresholds(chosen.repeat),
    ]
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, coverplan {__version__}, numpy {np.__version__}"
    )
    table("Growth on seeded street grids (ms, one thread)", ["from", "to", "ms at first", "ms at last", "slope"],
          ("doubled", "work"))  # fmt: skip
    for one in found:
        print(
            f"| {one.doubled} | {one.work} | {one.how_many[0]:,.0f} | {one.how_many[-1]:,.0f} "
            f"| {ms(one.seconds[0])} | {ms(one.seconds[-1])} | {one.slope:.2f} |"
        )
    draw(found)


def grid_core(n_nodes: int) -> Core:
    """Return the core of a street grid of about so many nodes: a fifth of the streets missing, three speeds."""
    side = round(n_nodes**0.5)
    rng = np.random.default_rng(graphs.SEED)
    at = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([at[:, :-1].ravel(), at[:-1].ravel()])
    head = np.concatenate([at[:, 1:].ravel(), at[1:].ravel()])
    kept = rng.random(len(tail)) < 0.8
    tail, head = tail[kept], head[kept]
    row, column = np.divmod(np.arange(side * side), side)
    x, y = (SPACING_M * axis + rng.normal(0, 20, side * side) for axis in (column, row))
    metres = np.hypot(x[tail] - x[head], y[tail] - y[head])
    time_ds = np.maximum(np.rint(36 * metres / rng.choice(KPH, len(tail))), 1)
    both = np.concatenate([tail, head]), np.concatenate([head, tail]), np.tile(time_ds, 2)
    return build_core(side * side, *both, x_m=x, y_m=y)


def by_nodes(cores: dict[int, Core], repeat: int) -> list[Series]:
    """Double the network: a field, what 100 sources reach, and every pair of 20 sources and all nodes."""
    sizes = [core.n_nodes for core in cores.values()]
    return [
        Series(
            doubled="nodes",
            work="field of 30",
            how_many=sizes,
            seconds=[field_s(c, 30, repeat) for c in cores.values()],
        ),
        Series(
            doubled="nodes",
            work="15 minutes from 100",
            how_many=sizes,
            seconds=[reach_s(c, 100, FIFTEEN_MINUTES, repeat) for c in cores.values()],
        ),
        Series(
            doubled="nodes",
            work="all ways from 20",
            how_many=sizes,
            seconds=[pairs_s(c, 20, 1) for c in cores.values()],
        ),
    ]


def by_facilities(core: Core, repeat: int) -> list[Series]:
    """Double the facilities on one network."""
    many = [25 * 2**k for k in range(8)]
    return [
        Series(doubled="facilities", work="field", how_many=many, seconds=[field_s(core, n, repeat) for n in many]),
        Series(
            doubled="facilities",
            work="15 minutes from each",
            how_many=many[:6],
            seconds=[reach_s(core, n, FIFTEEN_MINUTES, repeat) for n in many[:6]],
        ),
    ]


def by_limit(core: Core, repeat: int) -> list[Series]:
    """Double the limit: what lies within it grows with its square."""
    limits = [112.5, 225.0, 450.0, 900.0, 1800.0]
    taken = [reach_s(core, 100, round(10 * limit), repeat) for limit in limits]
    return [Series(doubled="limit, s", work="from 100", how_many=limits, seconds=taken)]


def by_thresholds(repeat: int) -> Series:
    """Double the number of thresholds of isochrones around 20 facilities."""
    side = 100
    at = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate(
        [np.stack([at[:, :-1].ravel(), at[:, 1:].ravel()], 1), np.stack([at[:-1].ravel(), at[1:].ravel()], 1)]
    )
    row, column = np.divmod(np.arange(side * side), side)
    network = straight_network(x_m=SPACING_M * column, y_m=SPACING_M * row, edges=list(map(tuple, pairs.tolist())))
    many = [1, 2, 4, 8, 16]
    return Series(
        doubled="thresholds", work="isochrones of 20", how_many=many, seconds=isochrone_s(network, many, repeat)
    )


def isochrone_s(network: Network, many: Sequence[int], repeat: int) -> list[float]:
    """Return what drawing takes for each number of thresholds, up to 15 minutes."""
    graph = build_graph(network, default_profiles()["drive"])
    doors: Snaps
    doors, _ = on_nodes(graph, np.random.default_rng(graphs.SEED), 20)
    field = plain_field(graph, doors, toward="demand", weight="time")

    def work(n: int) -> Callable[[], object]:
        limits = [900.0 * (k + 1) / n for k in range(n)]
        return lambda: outlines(network, graph, doors, field, limits=limits)

    return [seconds(work(n), min(repeat, 3)) for n in many]


def field_s(core: Core, n_facilities: int, repeat: int) -> float:
    """Return what a field of some facilities takes."""
    nodes = np.random.default_rng(graphs.SEED).choice(core.n_nodes, n_facilities, replace=False)
    ranked = np.zeros(n_facilities), np.arange(n_facilities)
    return seconds(lambda: node_field(core, core.away, nodes, ranked), repeat)


def reach_s(core: Core, n_sources: int, limit: int, repeat: int) -> float:
    """Return what the nodes within a limit of some sources take."""
    setting = set_up_nodes(core, toward="demand", weight="time")
    nodes = np.random.default_rng(graphs.SEED).choice(core.n_nodes, n_sources, replace=False)
    begins = setting.starts_at(node_doors(core, nodes))
    return seconds(lambda: reached(setting, begins, limit=limit, threads=1), min(repeat, 3))


def pairs_s(core: Core, n_sources: int, repeat: int) -> float:
    """Return what the ways from some sources to all nodes take."""
    setting = set_up_nodes(core, toward="demand", weight="time")
    nodes = np.random.default_rng(graphs.SEED).choice(core.n_nodes, n_sources, replace=False)
    begins = setting.starts_at(node_doors(core, nodes))
    return seconds(lambda: every_pair(setting, begins, threads=1), repeat)


def draw(found: Sequence[Series]) -> None:
    """Draw one panel for each thing that is doubled, on logarithmic axes."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    names = list(dict.fromkeys(one.doubled for one in found))
    figure, panels = plt.subplots(1, len(names), figsize=(3.4 * len(names), 3.6), sharey=True, layout="constrained")
    for name, panel in zip(names, panels, strict=True):
        for one, mark in zip((one for one in found if one.doubled == name), "osd", strict=False):
            milliseconds = 1000 * np.array(one.seconds)
            panel.plot(
                one.how_many, milliseconds, marker=mark, markersize=4, label=f"{one.work}: slope {one.slope:.2f}"
            )
        panel.set(xscale="log", yscale="log", xlabel=name)
        longest = max((one.how_many for one in found if one.doubled == name), key=len)
        panel.set_xticks(longest[::2], [short(value) for value in longest[::2]])
        panel.minorticks_off()
        panel.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        panel.grid(visible=True, which="major", alpha=0.3)
        panel.legend(fontsize=8, frameon=False, loc="upper left")
    panels[0].set_ylim(top=8 * panels[0].get_ylim()[1])
    panels[0].set_ylabel("milliseconds, one thread")
    figure.suptitle("How cost grows when one thing is doubled (seeded street grids)", fontsize=11)
    PLOT.parent.mkdir(exist_ok=True)
    figure.savefig(PLOT, dpi=130)
    print(f"\nwritten: {Path(PLOT).relative_to(graphs.ROOT).as_posix()}")


def short(value: float) -> str:
    """Write a number as it fits below an axis."""
    return f"{value / 1000:,.0f}k" if value >= 10_000 else f"{value:g}"


if __name__ == "__main__":
    main()
