"""Turn restrictions of OpenStreetMap: which turns at a junction are forbidden to cars.

A relation of type `restriction` names a way one comes from, a node, and a way one may not (`no_...`) or must
(`only_...`) go on along. They become forbidden turns between edges of the network, in one form: from this edge, at this
end of it, not into that edge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from coverplan.roads.network import Int32, Int64

RESTRICTION_KEYS = ("restriction:motorcar", "restriction:motor_vehicle", "restriction:vehicle", "restriction")
"""Of several keys the first counts; those for buses, lorries or bicycles, and conditional ones, do not bind cars."""
_EXCEPT_CARS = {"motorcar", "motor_vehicle", "vehicle"}


class Restriction(NamedTuple):
    """One relation: a way, a node on it, another way; `only` when no other turn is open, else when this one is not."""

    from_way: int
    node: int
    to_way: int
    only: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Incidence:
    """Which edge belongs to which way, and between which nodes of the source it runs; e edges."""

    way: Int64
    edge_from: Int64
    edge_to: Int64


def read_restrictions(path: Path, osmium: Any) -> list[Restriction]:
    """Read the turn restrictions for cars that stand in an extract.

    Left out are those that lead over a way instead of a node, those of other vehicles, conditional ones, and those
    that except cars.
    """
    keys = osmium.filter.KeyFilter(*RESTRICTION_KEYS)
    with osmium.io.Reader(str(path), osmium.osm.RELATION) as reader:
        return [
            restriction
            for relation in osmium.OsmFileIterator(reader, keys)
            for restriction in restrictions_of(
                {tag.k: tag.v for tag in relation.tags},
                [(member.type, member.ref, member.role) for member in relation.members],
            )
        ]


def restrictions_of(tags: Mapping[str, str], members: Iterable[tuple[str, int, str]]) -> Iterator[Restriction]:
    """Yield what one relation forbids; nothing when it is not understood or does not bind cars.

    Parameters
    ----------
    tags
        The relation's tags.
    members
        Type (``"n"``, ``"w"``, ``"r"``), id and role of each member.

    Examples
    --------
    >>> members = [("w", 1, "from"), ("n", 5, "via"), ("w", 2, "to")]
    >>> list(restrictions_of({"type": "restriction", "restriction": "no_left_turn"}, members))
    [Restriction(from_way=1, node=5, to_way=2, only=False)]
    """
    if tags.get("type") not in {"restriction", None} or _EXCEPT_CARS & set(tags.get("except", "").split(";")):
        return
    said = next((tags[key] for key in RESTRICTION_KEYS if key in tags), "")
    word, _, _ = said.partition("_")
    if word not in {"no", "only"}:
        return
    roles: dict[str, list[tuple[str, int]]] = {}
    for kind, ref, role in members:
        roles.setdefault(role, []).append((kind, ref))
    via = roles.get("via", [])
    if len(via) != 1 or via[0][0] != "n":
        return
    for from_kind, from_way in roles.get("from", []):
        for to_kind, to_way in roles.get("to", []):
            if from_kind == to_kind == "w":
                yield Restriction(from_way=from_way, node=via[0][1], to_way=to_way, only=word == "only")


def forbidden_turns(restrictions: Iterable[Restriction], roads: Incidence) -> Int32:
    """Turn restrictions into forbidden turns between edges.

    A way that goes on through the node could be meant on either side of it: such a restriction is left out, but for a
    U-turn into the way one came by.

    Parameters
    ----------
    restrictions
        As they stand in the source.
    roads
        Edges by way and node.

    Returns
    -------
    (k, 3) int32
        The edge one comes from, the edge one may not turn into, and 0 when they meet at the end where the first one's
        course begins, 1 at the end where it ends; sorted, each once.
    """
    asked = list(restrictions)
    nodes = np.array(sorted({restriction.node for restriction in asked}), dtype=np.int64)
    touching: dict[int, list[tuple[int, int]]] = {}
    for end, ends in enumerate((roads.edge_from, roads.edge_to)):
        for edge in np.flatnonzero(np.isin(ends, nodes)).tolist():
            touching.setdefault(int(ends[edge]), []).append((edge, end))
    turns = {turn for restriction in asked for turn in _turns_of(restriction, touching, roads.way)}
    return np.array(sorted(turns), dtype=np.int32).reshape(-1, 3)


def _turns_of(
    restriction: Restriction, touching: Mapping[int, list[tuple[int, int]]], way: Int64
) -> Iterator[tuple[int, int, int]]:
    here = touching.get(restriction.node, [])
    coming = [(edge, end) for edge, end in here if way[edge] == restriction.from_way]
    going = [edge for edge, _ in here if way[edge] == restriction.to_way]
    if restriction.from_way == restriction.to_way and not restriction.only:
        yield from ((edge, edge, end) for edge, end in coming)
    elif len(coming) == 1 and len(going) == 1:
        edge, end = coming[0]
        others = {other for other, _ in here} - set(going)
        yield from ((edge, other, end) for other in (sorted(others) if restriction.only else going))
