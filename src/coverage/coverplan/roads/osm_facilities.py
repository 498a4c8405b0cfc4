"""Facilities and AED places from an OpenStreetMap extract, in the shape of our tables.

Nodes, closed ways and multipolygons count; an area stands for its centroid. What a thing is follows from its tags, and
where those say only "hospital" or "clinic", from the ending of its Chinese name. `docs/roads.md` shows both tables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverplan.core.checks import check_table
from coverplan.core.errors import ProblemList
from coverplan.core.hours import read_week
from coverplan.core.progress import SILENT, Progress
from coverplan.core.tables import AEDS, FACILITIES, Table
from coverplan.core.units import local_crs, project
from coverplan.core.words import KINDS
from coverplan.roads.clip import Clip, checked_clip, positions_of
from coverplan.roads.courses import OSM_ATTRIBUTION, check_file
from coverplan.roads.osm import OSM_SUFFIXES, header_date, load_osmium, plain_words

AED = "aed"
UNNAMED = "（无名，"
"""What stands in the name of a thing that bears none, after its kind: 急救站（无名，OSM n123）."""
TAG_KINDS: Mapping[tuple[str, str], str] = {
    ("emergency", "defibrillator"): AED,
    ("emergency", "ambulance_station"): "ems_station",
    ("amenity", "hospital"): "hospital",
    ("healthcare", "hospital"): "hospital",
    ("healthcare", "dialysis"): "dialysis_centre",
    ("healthcare", "blood_bank"): "blood_station",
    ("amenity", "clinic"): "clinic",
    ("healthcare", "clinic"): "clinic",
    ("healthcare", "centre"): "clinic",
    ("amenity", "doctors"): "clinic",
    ("healthcare", "doctor"): "clinic",
}
"""What tags make of a thing; of several the one that stands first here."""
NAME_KINDS: tuple[tuple[str, str, str], ...] = (
    ("ems", "急救分中心", "ems_subcentre"),
    ("ems", "(急救|120指挥|紧急救援)中心", "ems_centre"),
    ("care", "社区卫生服务中心", "chc"),
    ("care", "(卫生院|卫生院分院)$", "township_hospital"),
    ("care", "(村|社区|一体化)?(卫生所|卫生室|卫生站|卫生服务站)$", "village_clinic"),
    ("care", "妇幼|妇产", "mch"),
    ("care", "传染病|公共卫生临床中心", "infectious_hospital"),
    ("care", "精神|精卫|安定医院", "mental_hospital"),
    ("care", "口腔.*医院|牙科医院", "dental_hospital"),
    ("care", "中医院|中医医院|中西医结合医院", "tcm_hospital"),
    ("care", "(眼科|骨科|骨伤|肿瘤|康复|皮肤|肛肠|胸科|心血管|儿童|整形)(专科)?医院", "specialty_hospital"),
)
"""What a name makes of it: for things of a group, the first pattern that is found."""
_TIERS = {"chc": "primary", "township_hospital": "primary", "village_clinic": "village"}
"""Tiers that follow from the kind by definition; of hospitals OpenStreetMap says none."""
_OWNERS = {"public": "public", "government": "public", "private": "private", "business": "private"}
_GONE = ("disused", "abandoned", "razed", "demolished")
_SAME_PLACE_M = 300.0
_FACTS = ("operator", "emergency", "healthcare", "healthcare:speciality", "opening_hours", "phone", "wheelchair")
_UNITS_PER_DEGREE = 1e7
_LEFT_OUT = ("osm_id", "name", "kind", "reason", "kept")


@dataclass(frozen=True, kw_only=True, eq=False)
class OsmPlaces:
    """What an extract knows of health services.

    Attributes
    ----------
    facilities, aeds : GeoDataFrame
        As declared in `core.tables`, with point geometry in the CRS asked for. Identifiers are like osm-n123 (node),
        osm-w5 (way), osm-r2 (relation). `quality` is measured, `source` names the thing, the day and the credit. What
        bears no name on the map is called by its kind and `UNNAMED`.
    facts : DataFrame
        Tags that our tables have no column for, one row per thing: `osm_id` and operator, emergency, ...
    left_out : DataFrame
        What was found and not taken: `osm_id, name, kind, reason, kept`; `kept` names the record that stands for it.
    """

    facilities: gpd.GeoDataFrame
    aeds: gpd.GeoDataFrame
    facts: pd.DataFrame
    left_out: pd.DataFrame


@dataclass(kw_only=True)
class _Thing:
    """One node, way or relation with a tag we look for."""

    osm_id: str
    kind: str
    tags: dict[str, str]
    lines: list[list[int]] = field(default_factory=list)
    members: list[int] = field(default_factory=list)
    lon: float = np.nan
    lat: float = np.nan
    shape: Any = None


def read_osm_facilities(
    path: str | Path, crs: str | None = None, *, clip: Clip | None = None, progress: Progress = SILENT
) -> OsmPlaces:
    """Read hospitals, clinics, doctors, ambulance stations and AEDs from an OpenStreetMap extract.

    A thing that is drawn twice (the same kind within 300 m with the same name, or without a name inside the area of
    the other) is taken once: the area rather than the point. What is disused or abandoned is not taken.

    Parameters
    ----------
    path
        A file that ends in `.osm.pbf`, `.osm`, `.osm.gz` or `.osm.bz2`.
    crs
        Projected CRS in metres of the result; the UTM zone of what was found when None.
    clip
        A polygon in degrees, such as `roads.clip.clip_around(study.areas, margin_m=0)`; only what lies in it is taken.
    progress
        May stop the search.

    Returns
    -------
    OsmPlaces
        Empty tables when there is nothing.

    Raises
    ------
    InputError
        When the file is missing or is no OSM file.
    """
    path = check_file(Path(path), OSM_SUFFIXES)
    clip = None if clip is None else checked_clip(clip)
    osmium = load_osmium(path)
    with plain_words(path, osmium):
        with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
            date = header_date(reader.header())
        things = _things(path, osmium)
        _locate(things, path, osmium, progress)
    taken, left_out = _sorted_out(things, clip)
    crs = crs or _crs_of(taken)
    facilities = [_facility(one, path, date) for one in taken if one.kind != AED]
    aeds = [_aed(one, path, date) for one in taken if one.kind == AED]
    return OsmPlaces(
        facilities=_as_table(facilities, FACILITIES, crs, path.name),
        aeds=_as_table(aeds, AEDS, crs, path.name),
        facts=pd.DataFrame([_facts(one) for one in taken], columns=["osm_id", *_FACTS], dtype="str"),
        left_out=pd.DataFrame(left_out, columns=list(_LEFT_OUT), dtype="str"),
    )


def kind_of(tags: Mapping[str, str]) -> str | None:
    """Say what a thing is by its tags and its name: a facility kind, `aed`, or None.

    Examples
    --------
    >>> kind_of({"amenity": "hospital", "name": "晋江市中医院"}), kind_of({"amenity": "clinic", "name": "英墩村卫生所"})
    ('tcm_hospital', 'village_clinic')
    >>> kind_of({"emergency": "ambulance_station"}), kind_of({"amenity": "pharmacy"}) is None
    ('ems_station', True)
    """
    values = {(key, part.strip()) for key, value in tags.items() for part in value.split(";")}
    kind = next((kind for tag, kind in TAG_KINDS.items() if tag in values), None)
    if kind is None or any(tags.get(key) == "yes" for key in _GONE):
        return None
    if kind not in {"hospital", "clinic", "ems_station"}:
        return kind
    group, name = KINDS[kind].group, _name(tags)
    return next((better for of, pattern, better in NAME_KINDS if of == group and re.search(pattern, name)), kind)


def _name(tags: Mapping[str, str]) -> str:
    keys = ("name", "name:zh", "name:zh-Hans", "official_name", "name:en")
    return next((tags[key].strip() for key in keys if tags.get(key, "").strip()), "")


def _things(path: Path, osmium: Any) -> list[_Thing]:
    """Collect everything with a tag we look for; ways come with their nodes, relations with their outer ways."""
    wanted = osmium.filter.TagFilter(*TAG_KINDS)
    things: list[_Thing] = []
    with osmium.io.Reader(str(path), osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION) as reader:
        for found in osmium.OsmFileIterator(reader, wanted):
            tags = {tag.k: tag.v for tag in found.tags}
            kind = kind_of(tags)
            if kind is not None:
                things.append(_thing(found, kind, tags))
    rings = {way for thing in things for way in thing.members}
    if rings:
        _find_rings(path, osmium, rings, things)
    return things


def _thing(found: Any, kind: str, tags: dict[str, str]) -> _Thing:
    if found.is_node():
        place = found.location
        lon, lat = (place.lon, place.lat) if place.valid() else (np.nan, np.nan)
        return _Thing(osm_id=f"osm-n{found.id}", kind=kind, tags=tags, lon=lon, lat=lat)
    if found.is_way():
        return _Thing(osm_id=f"osm-w{found.id}", kind=kind, tags=tags, lines=[[node.ref for node in found.nodes]])
    members = [member.ref for member in found.members if member.type == "w" and member.role in {"outer", ""}]
    return _Thing(osm_id=f"osm-r{found.id}", kind=kind, tags=tags, members=members)


def _find_rings(path: Path, osmium: Any, ways: set[int], things: list[_Thing]) -> None:
    wanted = osmium.filter.IdFilter(ways)
    nodes: dict[int, list[int]] = {}
    with osmium.io.Reader(str(path), osmium.osm.WAY) as reader:
        for way in osmium.OsmFileIterator(reader, wanted):
            nodes[way.id] = [node.ref for node in way.nodes]
    for thing in things:
        thing.lines.extend(nodes[way] for way in thing.members if way in nodes)


def _locate(things: list[_Thing], path: Path, osmium: Any, progress: Progress) -> None:
    """Give areas their shape and centroid, where the extract holds their nodes."""
    refs = np.array([ref for thing in things for line in thing.lines for ref in line], dtype=np.int64)
    ids, x, y = positions_of(path, refs, osmium, progress=progress)
    known = dict(zip(ids.tolist(), zip((x / _UNITS_PER_DEGREE).tolist(), (y / _UNITS_PER_DEGREE).tolist())))  # noqa: B905 - three columns of one table
    for thing in things:
        lines = [[known[ref] for ref in line if ref in known] for line in thing.lines]
        thing.shape = _shape([line for line in lines if line])
        if thing.shape is not None:
            thing.lon, thing.lat = thing.shape.centroid.x, thing.shape.centroid.y


def _shape(lines: list[list[tuple[float, float]]]) -> Any:
    """Make an area of rings in pieces; what closes nowhere stays a line, a single node a point."""
    if not lines:
        return None
    drawn = [shapely.LineString(line) if len(line) > 1 else shapely.Point(line[0]) for line in lines]
    areas = list(shapely.polygonize([one for one in drawn if one.geom_type != "Point"]).geoms)
    return shapely.union_all([shapely.make_valid(area) for area in areas] or drawn)


def _sorted_out(things: list[_Thing], clip: Clip | None) -> tuple[list[_Thing], list[dict[str, str]]]:
    """Leave out what has no place, lies outside, or stands for something taken already; areas go before points."""
    taken: list[_Thing] = []
    left_out: list[dict[str, str]] = []
    order = {"r": 0, "w": 1, "n": 2}
    for thing in sorted(things, key=lambda one: (order[one.osm_id[4]], int(one.osm_id[5:]))):
        twin = None
        if not np.isfinite(thing.lon):
            reason = "its nodes are not in the extract"
        elif abs(thing.lon) > 180 or abs(thing.lat) > 90:
            reason = "its position is not on the earth"
        elif clip is not None and not shapely.intersects_xy(clip, thing.lon, thing.lat):
            continue
        else:
            twin = next((one for one in taken if one.osm_id == thing.osm_id or _is_same(one, thing)), None)
            reason = "" if twin is None else "drawn twice"
        if reason:
            name = _name(thing.tags)
            kept = "" if twin is None else twin.osm_id
            left_out.append({"osm_id": thing.osm_id, "name": name, "kind": thing.kind, "reason": reason, "kept": kept})
        else:
            taken.append(thing)
    return taken, left_out


def _is_same(kept: _Thing, other: _Thing) -> bool:
    if kept.kind != other.kind or kept.kind == AED:
        return False
    name = _name(other.tags)
    if name and name == _name(kept.tags):
        return _apart_m(kept, other) <= _SAME_PLACE_M
    return not name and kept.shape is not None and bool(shapely.intersects_xy(kept.shape, other.lon, other.lat))


def _apart_m(one: _Thing, other: _Thing) -> float:
    crs = local_crs(one.lon, one.lat)
    x, y = project([one.lon, other.lon], [one.lat, other.lat], crs)
    return float(np.hypot(x[1] - x[0], y[1] - y[0]))


def _crs_of(things: list[_Thing]) -> str:
    if not things:
        return local_crs(117, 30)
    return local_crs(float(np.median([one.lon for one in things])), float(np.median([one.lat for one in things])))


def _facility(thing: _Thing, path: Path, date: str) -> dict[str, str]:
    tags = thing.tags
    beds = next((tags[key] for key in ("beds", "capacity:beds") if tags.get(key, "").isdecimal()), "")
    return {
        **_record(thing, "facility_id", path, date),
        "kind": thing.kind,
        "tier": _TIERS.get(thing.kind, ""),
        "beds": beds,
        "owner": _OWNERS.get(tags.get("operator:type", tags.get("ownership", "")), ""),
        "position_quality": "measured",
        "status": "existing",
    }


def _aed(thing: _Thing, path: Path, date: str) -> dict[str, str]:
    where = thing.tags.get("defibrillator:location:zh") or thing.tags.get("defibrillator:location") or ""
    record = _record(thing, "aed_id", path, date)
    return {**record, "name": _name(thing.tags) or where.strip() or record["name"], "devices": "1"}


def _record(thing: _Thing, key: str, path: Path, date: str) -> dict[str, str]:
    label = "AED" if thing.kind == AED else KINDS[thing.kind].zh
    told = thing.tags.get("operator", "").strip() or f"OSM {thing.osm_id[4:]}"
    as_of = f", {date}" if date else ""
    return {
        key: thing.osm_id,
        "name": _name(thing.tags) or f"{label}{UNNAMED}{told}）",
        "name_en": thing.tags.get("name:en", "").strip(),
        "lon": f"{thing.lon:.7f}",
        "lat": f"{thing.lat:.7f}",
        "hours": _hours(thing.tags),
        "datum": "wgs84",
        "source": f"OpenStreetMap {thing.osm_id[4:]} in {path.name}{as_of}; {OSM_ATTRIBUTION}",
        "quality": "measured",
    }


def _hours(tags: Mapping[str, str]) -> str:
    """Return the opening hours where they can be read; what cannot stays among the facts."""
    written = tags.get("opening_hours", "").strip()
    return written if read_week(written) is not None else ""


def _facts(thing: _Thing) -> dict[str, str]:
    return {"osm_id": thing.osm_id, **{key: thing.tags.get(key, "") for key in _FACTS}}


def _as_table(rows: list[dict[str, str]], table: Table, crs: str, file: str) -> gpd.GeoDataFrame:
    """Lay records out as the table is declared, with their positions as geometry."""
    problems = ProblemList()
    columns = list(rows[0]) if rows else [column.name for column in table.columns]
    text = pd.DataFrame(rows, columns=columns, dtype="str")
    frame = check_table(text, table, file=file, problems=problems)
    problems.raise_if_any()
    x, y = project(frame["lon"].to_numpy(dtype=float), frame["lat"].to_numpy(dtype=float), crs)
    return gpd.GeoDataFrame(frame.reset_index(drop=True), geometry=gpd.points_from_xy(x, y), crs=crs)
