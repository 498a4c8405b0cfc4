"""The nearest facility of every demand point, by whichever search is done sooner; both find the same, bit by bit."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from coverplan.core.model import Toward, Weight
from coverplan.core.units import from_tenths
from coverplan.roads.network import Graph, Snaps
from coverplan.travel.field import Nearest, nearest
from coverplan.travel.kernels.stamp import is_warm

if TYPE_CHECKING:
    from coverplan.travel.kernels.rows import UInt64
    from coverplan.travel.kernels.starts import Setting

LOADING = 5_000_000
"""What loading the compiler costs, in nodes and arcs that SciPy searches in the same time.

On the Jinjiang study (96,000 nodes and arcs, warm cache, one 2.3 GHz core): numba and the compiled functions 0.70 s of
processor time, one field by SciPy 13 ms, so 54 fields; one field by the compiled search 0.4 ms.
"""
SETTING_UP = 3
"""What making a network ready for the compiled search costs, in fields by SciPy: 38 ms there."""


@dataclass(kw_only=True)
class _Spent:
    """What SciPy has searched in this process, in nodes and arcs, counted up; and whether it need not any longer."""

    work: int = 0
    is_over: bool = False


_SPENT = _Spent()
_FIELDS: WeakKeyDictionary[Graph, int] = WeakKeyDictionary()


def find_nearest(graph: Graph, demand: Snaps, facilities: Snaps, *, toward: Toward, weight: Weight) -> Nearest:
    """Find the nearest facility of every demand point, door to door: `travel.field.nearest`, sooner.

    SciPy answers first, for it is loaded already. Once it has worked for as long as getting the compiled search ready
    takes, that one takes over: so a command with a few questions never waits for the compiler to load, a server or a
    sweep gets the quicker search, and nothing costs more than twice what the better choice would have. Where the
    compiled functions are not kept ready (`travel.warm.warm_up`), SciPy goes on.

    Parameters, result and errors are those of `travel.field.nearest`.
    """
    if _compiled_is_due(graph):
        return compiled_nearest(graph, demand, facilities, toward=toward, weight=weight)
    _SPENT.work += graph.n_nodes + graph.n_arcs
    _FIELDS[graph] = _FIELDS.get(graph, 0) + 1
    return nearest(graph, demand, facilities, toward=toward, weight=weight)


def compiled_nearest(graph: Graph, demand: Snaps, facilities: Snaps, *, toward: Toward, weight: Weight) -> Nearest:
    """Do the same with the compiled search, whatever it costs to load; numba must be there."""
    from coverplan.travel.kernels.fields import item_field  # noqa: PLC0415 - loads the compiler, see `LOADING`
    from coverplan.travel.kernels.starts import set_up  # noqa: PLC0415 - as above

    setting = set_up(graph, demand, toward=toward, weight=weight)
    _, _, item = item_field(setting, setting.starts(facilities))
    return of_items(setting, item)


def of_items(setting: Setting, item: UInt64) -> Nearest:
    """Put the keys of the items hung on a core (see `kernels.fields`) into the order of the demand points."""
    from coverplan.travel.kernels.fields import UNREACHED, split_keys  # noqa: PLC0415 - as above

    value, index = split_keys(item)
    seconds, facility = np.empty(len(value)), np.empty(len(value), np.int32)
    seconds[setting.order] = from_tenths(np.where(value < UNREACHED, value.astype(np.float64), np.inf))
    facility[setting.order] = index
    return Nearest(value=seconds, facility=facility)


def _compiled_is_due(graph: Graph) -> bool:
    if _FIELDS.get(graph, 0) < SETTING_UP:
        return False
    if not _SPENT.is_over:
        is_loaded = "coverplan.travel.kernels.fields" in sys.modules
        _SPENT.is_over = (is_loaded or _SPENT.work >= LOADING) and find_spec("numba") is not None and is_warm()
    return _SPENT.is_over
