"""Who is beside whom in a network, whatever the direction of the arcs: all that an order depends on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from coverplan.travel.kernels.rows import Int32, Rows, build_rows


class Links(NamedTuple):
    """Who is beside whom, whatever the direction: n nodes, m links, each there twice.

    Attributes
    ----------
    start : (n + 1,) int32
    head : (m,) int32
    """

    start: Int32
    head: Int32


class Slate(NamedTuple):
    """What every cut writes on; parts that are not beside each other may do so at the same time.

    Attributes
    ----------
    rank : (n,) int32
        The place of each node in the order that is being made, -1 where it has none yet.
    local : (n,) int32
        The number of each node in the part that it is in.
    """

    rank: Int32
    local: Int32


def links_of(rows: Rows) -> Links:
    """Return who is beside whom in a network, whatever the direction of the arcs."""
    tail = np.repeat(np.arange(rows.n_nodes), np.diff(rows.start.astype(np.int64)))
    head = rows.arcs[0::2].astype(np.int64)
    both = np.concatenate([tail, head]), np.concatenate([head, tail])
    merged = build_rows(rows.n_nodes, *both, np.zeros(len(both[0]), np.int64))
    return Links(merged.start.astype(np.int32), merged.arcs[0::2].astype(np.int32))
