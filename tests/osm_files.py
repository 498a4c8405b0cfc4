"""OpenStreetMap files for tests and benchmarks: drawn by hand, converted, and large ones made of a small one.

Everything here writes with osmium, or as plain XML.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import osmium

GRID = 0.001
"""Degrees between neighbours in drawings: about 111 m north, 101 m east in Jinjiang."""
NO_TAGS: Mapping[str, str] = {}


def lon_lat(node: int) -> tuple[float, float]:
    """Place node 10 * row + column on a grid in Jinjiang."""
    return 118.5 + GRID * (node % 10), 24.7 + GRID * (node // 10)


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What stands in a drawn file: nodes with tags, ways as (nodes, tags), relations as (members, tags)."""

    nodes: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    ways: Sequence[tuple[Sequence[int], Mapping[str, str]]] = ()
    relations: Sequence[tuple[Sequence[tuple[str, int, str]], Mapping[str, str]]] = ()


def write_xml(drawing: Drawing, path: Path) -> Path:
    """Write a drawing as `.osm`; every node that a way names lies on the grid, ways and relations count from 1."""
    numbers = sorted({*drawing.nodes, *(node for refs, _ in drawing.ways for node in refs)})
    parts = ['<osm version="0.6">']
    for number in numbers:
        lon, lat = lon_lat(number)
        tags = _tags(drawing.nodes.get(number, NO_TAGS))
        parts.append(f'<node id="{number}" lon="{lon:.7f}" lat="{lat:.7f}" version="1">{tags}</node>')
    for number, (refs, tags) in enumerate(drawing.ways, start=1):
        inside = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        parts.append(f'<way id="{number}" version="1" timestamp="2024-05-01T08:00:00Z">{inside}{_tags(tags)}</way>')
    for number, (members, tags) in enumerate(drawing.relations, start=1):
        inside = "".join(f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members)
        parts.append(f'<relation id="{number}" version="1">{inside}{_tags(tags)}</relation>')
    path.write_text("\n".join([*parts, "</osm>"]), encoding="utf-8")
    return path


def _tags(tags: Mapping[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())


def convert(source: Path, target: Path, *, only_roads: bool = False) -> Path:
    """Write a file in the form that the target's name says; on demand only ways with a highway tag, and their nodes."""
    wanted: set[int] = set()
    highways = osmium.filter.KeyFilter("highway")
    if only_roads:
        for way in osmium.FileProcessor(str(source), osmium.osm.WAY).with_filter(highways):
            wanted.update(node.ref for node in way.nodes)
    with osmium.SimpleWriter(str(target), overwrite=True) as writer:
        for thing in osmium.FileProcessor(str(source)):
            if (
                not only_roads
                or (thing.is_node() and thing.id in wanted)
                or (thing.is_way() and "highway" in thing.tags)
            ):
                writer.add(thing)
    return target


def replicate(source: Path, target: Path, copies: int, *, step_degrees: float = 2.0) -> Path:
    """Write an extract `copies` times side by side: ids and longitudes are shifted, everything else stays.

    Nodes come before ways, each in the order of their ids, as in any extract that is offered for download.
    """
    if copies == 1:
        return Path(shutil.copy(source, target))
    nodes, ways = _things(source)
    shift = 10 ** len(str(max(node["id"] for node in nodes)))
    header = osmium.io.Header()
    header.set("sorting", "Type_then_ID")
    with osmium.SimpleWriter(str(target), overwrite=True, header=header) as writer:
        for copy in range(copies):
            for node in nodes:
                place = (node["location"][0] + copy * step_degrees, node["location"][1])
                writer.add_node(osmium.osm.mutable.Node(**{**node, "id": node["id"] + copy * shift, "location": place}))
        for copy in range(copies):
            for way in ways:
                refs = [ref + copy * shift for ref in way["nodes"]]
                writer.add_way(osmium.osm.mutable.Way(**{**way, "id": way["id"] + copy * shift, "nodes": refs}))
    return target


def _things(source: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    nodes: list[dict[str, Any]] = []
    ways: list[dict[str, Any]] = []
    for thing in osmium.FileProcessor(str(source)):
        facts = {"id": thing.id, "version": 1, "timestamp": thing.timestamp, "tags": dict(thing.tags)}
        if thing.is_node():
            nodes.append({**facts, "location": (thing.location.lon, thing.location.lat)})
        elif thing.is_way():
            ways.append({**facts, "nodes": [node.ref for node in thing.nodes]})
    return sorted(nodes, key=lambda node: node["id"]), sorted(ways, key=lambda way: way["id"])
