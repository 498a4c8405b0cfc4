"""The hierarchies at hand: made once for a network, weighed once for a speed profile, kept, written and read."""

from __future__ import annotations

import hashlib
import zipfile
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np

from coverplan.core.errors import InputError, Problem
from coverplan.core.model import Weight
from coverplan.core.progress import SILENT, Progress
from coverplan.roads.network import Float, Graph
from coverplan.travel.hierarchy.links import links_of
from coverplan.travel.hierarchy.order import by_dissection
from coverplan.travel.hierarchy.shortcuts import Ladder, build_ladder
from coverplan.travel.hierarchy.sweeps import every_pair
from coverplan.travel.hierarchy.weights import Rungs, Weighed, weigh
from coverplan.travel.kernels.core import Core, core_of
from coverplan.travel.kernels.rows import Int32
from coverplan.travel.kernels.starts import Setting, Starts

MOST_KEPT = 4
"""Hierarchies that are kept for networks that come back, as with other speeds; the one used longest ago goes first."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Hierarchy:
    """The order of a core's nodes, and the arcs that it needs, whatever they weigh.

    Attributes
    ----------
    shape : str
        A fingerprint of the core: who is beside whom. The same order fits all cores that have it.
    rank : (n_core,) int32
        The rank of each place of the core.
    ladder : Ladder
    """

    shape: str
    rank: Int32
    ladder: Ladder


_SHAPES: WeakKeyDictionary[Core, str] = WeakKeyDictionary()
_WEIGHED: WeakKeyDictionary[Core, tuple[Hierarchy, Rungs]] = WeakKeyDictionary()
_KEPT: OrderedDict[str, Hierarchy] = OrderedDict()


def at_hand(core: Core) -> Hierarchy | None:
    """Return the hierarchy of a core if one is there already, made for it or for the same roads at other speeds."""
    kept = _KEPT.get(_shape_of(core))
    return _WEIGHED[core][0] if kept is None and core in _WEIGHED else kept


def hierarchy_of(core: Core, *, threads: int | None = None, progress: Progress = SILENT) -> Hierarchy:
    """Return the hierarchy of a core; it is made when it is not at hand, which takes seconds on a large network.

    Parameters
    ----------
    threads
        How many processors to use; all of them when not given. The result does not depend on it.
    """
    found = at_hand(core)
    if found is None:
        links = links_of(core.away.rows)
        rank = by_dissection(links, threads=threads, progress=progress)
        found = Hierarchy(shape=_shape_of(core), rank=rank, ladder=build_ladder(links, rank))
    return _keep(found)


def is_weighed(core: Core) -> bool:
    """Say whether the hierarchy of a core is at hand with this core's own weights."""
    return core in _WEIGHED and at_hand(core) is _WEIGHED[core][0]


def rungs_of(core: Core, hierarchy: Hierarchy) -> Rungs:
    """Return what the arcs of a core's hierarchy weigh along the roads; weighed once, and kept as long as the core."""
    if core not in _WEIGHED or _WEIGHED[core][0] is not hierarchy:
        _WEIGHED[core] = hierarchy, weigh(hierarchy.ladder, hierarchy.rank, core.away.rows)
    return _WEIGHED[core][1]


def pairs_by_hierarchy(
    setting: Setting, starts: Starts, *, threads: int | None = None, progress: Progress = SILENT
) -> Float:
    """Return seconds or metres from every source to every item, item x source; `inf` = unreachable."""
    core = setting.core
    hierarchy = hierarchy_of(core, threads=threads, progress=progress)
    rungs = rungs_of(core, hierarchy)
    if setting.toward == "facility":
        rungs = rungs.turned()
    return every_pair(Weighed(hierarchy.rank, hierarchy.ladder, rungs), setting, starts, threads=threads)


def prepare_hierarchy(
    graph: Graph, *, weight: Weight = "time", threads: int | None = None, progress: Progress = SILENT
) -> None:
    """Make the hierarchy of a graph now, so that large matrices find it at hand; speeds may change afterwards.

    Parameters
    ----------
    graph
        The directed graph of one profile. Other speeds on the same roads use what is made for it.
    weight
        What to weigh first; the other costs milliseconds when it is asked for.
    threads, progress
        How many processors to use (all of them when not given), and whom to tell.
    """
    core = core_of(graph, weight)
    rungs_of(core, hierarchy_of(core, threads=threads, progress=progress))


def write_hierarchy(graph: Graph, path: Path | str) -> None:
    """Write the hierarchy of a graph to a file; it is made first when it is not at hand.

    Only the order is written, four bytes a junction: it is what takes long to find, and it holds whatever the speeds.
    """
    made = hierarchy_of(core_of(graph, "time"))
    with Path(path).open("wb") as file:
        np.savez(file, shape=np.array(made.shape), rank=made.rank)


def read_hierarchy(graph: Graph, path: Path | str) -> None:
    """Read what `write_hierarchy` wrote for the same roads, so that large matrices find it at hand.

    Raises
    ------
    InputError
        When the file is none of these, or was written for other roads.
    """
    core, name = core_of(graph, "time"), str(path)
    try:
        with np.load(path) as stored:
            shape, rank = str(stored["shape"]), np.ascontiguousarray(stored["rank"], dtype=np.int32)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        what = f"no hierarchy can be read from this file: {error}"
        raise InputError([Problem(what=what, file=name, hint="write it again with write_hierarchy")]) from error
    fits = shape == _shape_of(core) and rank.shape == (core.n_core,)
    if not fits or not np.array_equal(np.sort(rank), np.arange(core.n_core)):
        hint = "roads, or who may use them, have changed; write it again with write_hierarchy"
        raise InputError([Problem(what="this hierarchy was made for other roads", file=name, hint=hint)])
    _keep(Hierarchy(shape=shape, rank=rank, ladder=build_ladder(links_of(core.away.rows), rank)))


def _keep(hierarchy: Hierarchy) -> Hierarchy:
    """Keep a hierarchy as the one used last, and let go of those used longest ago."""
    _KEPT[hierarchy.shape] = hierarchy
    _KEPT.move_to_end(hierarchy.shape)
    while len(_KEPT) > MOST_KEPT:
        _KEPT.popitem(last=False)
    return hierarchy


def _shape_of(core: Core) -> str:
    if core not in _SHAPES:
        rows = core.away.rows
        print_ = hashlib.blake2b(rows.start.tobytes(), digest_size=16)
        print_.update(rows.arcs[0::2].tobytes())
        _SHAPES[core] = print_.hexdigest()
    return _SHAPES[core]
