"""What OpenStreetMap tags say: the class of a road, who may use it in which direction, and the signed speed.

Pure functions on one way's tags. `docs/roads.md` tells the same as a table, with the limits.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from coverplan.core.words import ROAD_CLASSES

Tags = Mapping[str, str]
Direction = Literal["forward", "backward"]
_BOTH: tuple[Direction, Direction] = ("forward", "backward")

_OTHER_NAMES = {"road": "unclassified", "minor": "unclassified", "bridleway": "path", "byway": "track"}
"""Values of `highway` that are roads under another name."""

HIGHWAY_VALUES = (*ROAD_CLASSES, *_OTHER_NAMES)
"""Every value of `highway` that is read."""

_FOR_CARS = frozenset(list(ROAD_CLASSES)[: list(ROAD_CLASSES).index("service") + 1])
_NOT_FOR_WALKERS = frozenset({"motorway", "motorway_link", "cycleway"})

_OPEN = frozenset({"yes", "permissive", "designated", "destination", "public", "official", "discouraged", "allowed"})
_CLOSED = frozenset(
    {
        *("no", "private", "permit", "residents", "restricted", "military", "emergency", "use_sidepath"),
        *("agricultural", "agriculture", "forestry", "delivery", "customers", "employees", "staff"),
        *("bus", "psv", "taxi", "hov", "hgv"),
    }
)
_CAR_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
_FOOT_KEYS = ("foot", "access")
_CAR_ONEWAY_KEYS = ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway")
_IMPLIED_ONEWAY = frozenset({"motorway", "motorway_link"})
_CIRCLES = frozenset({"roundabout", "circular"})
_ALONG = frozenset({"yes", "true", "1"})
_AGAINST = frozenset({"-1", "reverse"})
_TWO_WAY = frozenset({"no", "false", "0", "reversible", "alternating"})

_MPH, _KNOT = 1.609344, 1.852
_WALKING_KPH = 5.0
_UNITS = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": _MPH, "knots": _KNOT, "knot": _KNOT}
_SPEED = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z/]*)")
_ZONE = re.compile(r"(?:[a-z]{2}:)?zone:?(\d+)")
_HIGHEST_KPH = 200.0
_ZONE_KPH = {
    "ad:urban": 50.0,
    "ad:rural": 90.0,
    "at:urban": 50.0,
    "at:rural": 100.0,
    "at:motorway": 130.0,
    "ch:urban": 50.0,
    "ch:rural": 80.0,
    "ch:motorway": 120.0,
    "cn:urban": 50.0,
    "cn:rural": 70.0,
    "cn:motorway": 120.0,
    "de:urban": 50.0,
    "de:rural": 100.0,
    "de:living_street": 7.0,
    "es:urban": 50.0,
    "es:rural": 90.0,
    "es:motorway": 120.0,
    "fr:urban": 50.0,
    "fr:rural": 80.0,
    "fr:motorway": 130.0,
    "gb:nsl_single": 60 * _MPH,
    "gb:nsl_dual": 70 * _MPH,
    "gb:motorway": 70 * _MPH,
    "it:urban": 50.0,
    "it:rural": 90.0,
    "it:motorway": 130.0,
    "ru:urban": 60.0,
    "ru:rural": 90.0,
    "ru:motorway": 110.0,
}
"""General limits that some mappers write instead of a figure, in km/h. China: the limits of article 45 of the
implementing regulations of the Road Traffic Safety Law for roads with one lane per direction, and article 78."""


TAG_KEYS = (
    *("highway", "area", "disused", "abandoned", "razed", "route", "service", "tracktype", "motorroad", "junction"),
    *(key + end for key in dict.fromkeys(_CAR_KEYS + _FOOT_KEYS) for end in ("", ":forward", ":backward")),
    *(*_CAR_ONEWAY_KEYS, "oneway:foot", "conveying"),
    *("sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right"),
    *("maxspeed", "maxspeed:forward", "maxspeed:backward", "name", "name:zh", "ref"),
)
"""Every key that is read; whoever fetches ways needs to fetch these tags and no others."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """What one way is: its class, who may use it along and against its course, signed limits in km/h (NaN: none)."""

    road_class: str
    drive_forward: bool
    drive_backward: bool
    walk_forward: bool
    walk_backward: bool
    kph_forward: float
    kph_backward: float

    @property
    def is_closed(self) -> bool:
        """True when neither cars nor walkers may use it."""
        return not (self.drive_forward or self.drive_backward or self.walk_forward or self.walk_backward)


def understand(tags: Tags) -> Use | None:
    """Say what a way is for cars and walkers, or None when it is no road.

    Examples
    --------
    >>> use = understand({"highway": "residential", "oneway": "-1", "maxspeed": "30"})
    >>> use.drive_forward, use.drive_backward, use.walk_forward, use.kph_backward
    (False, True, True, 30.0)
    >>> understand({"highway": "construction", "construction": "primary"}) is None
    True
    """
    name = road_class(tags)
    if name is None:
        return None
    drive_forward, drive_backward = may_drive(tags, name)
    walk_forward, walk_backward = may_walk(tags, name)
    kph_forward, kph_backward = signed_kph(tags)
    return Use(
        road_class=name,
        drive_forward=drive_forward,
        drive_backward=drive_backward,
        walk_forward=walk_forward,
        walk_backward=walk_backward,
        kph_forward=kph_forward,
        kph_backward=kph_backward,
    )


def road_class(tags: Tags) -> str | None:
    """Return the road class of a way, one of `core.words.ROAD_CLASSES`; None for what is not a road in use.

    Not roads in use: highways proposed, under construction, razed or disused, areas (`area=yes`), ferries.

    Examples
    --------
    >>> road_class({"highway": "road"}), road_class({"highway": "pedestrian", "area": "yes"})
    ('unclassified', None)
    """
    value = tags.get("highway", "")
    name = _OTHER_NAMES.get(value, value)
    gone = any(tags.get(key) == "yes" for key in ("area", "disused", "abandoned", "razed"))
    if name not in ROAD_CLASSES or gone or tags.get("route") == "ferry":
        return None
    return name


def open_by_default(name: str) -> tuple[bool, bool]:
    """Say whether cars, and walkers, may use a road class where nothing else is said.

    Examples
    --------
    >>> open_by_default("motorway"), open_by_default("residential"), open_by_default("steps")
    ((True, False), (True, True), (False, True))
    """
    return name in _FOR_CARS, name not in _NOT_FOR_WALKERS


def may_drive(tags: Tags, name: str) -> tuple[bool, bool]:
    """Say whether cars may use a way of class `name` along and against its course.

    The most specific key decides (`motorcar`, `motor_vehicle`, `vehicle`, `access`). Ways for walkers are open only
    where `motorcar` or `motor_vehicle` says so, tracks where any key does or the ground is firm (`tracktype` grade1
    or grade2).
    """
    by_default = name in _FOR_CARS and tags.get("service") != "emergency_access"
    if name == "track":
        by_default = tags.get("tracktype") in {"grade1", "grade2"}
    keys = _CAR_KEYS if by_default or name == "track" else _CAR_KEYS[:2]
    if name == "steps":
        return False, False
    along, against = _oneway(tags, name)
    forward, backward = (_access(tags, keys, direction, default=by_default) for direction in _BOTH)
    return along and forward, against and backward


def may_walk(tags: Tags, name: str) -> tuple[bool, bool]:
    """Say whether walkers may use a way of class `name` along and against its course.

    One-way rules bind cars; walkers only where `oneway:foot` or an escalator (`conveying`) says so. Motorways and
    motor roads are closed unless `foot` opens them or they have a sidewalk, cycleways unless `foot` opens them.
    """
    by_default = name not in _NOT_FOR_WALKERS and tags.get("highway") != "bridleway"
    if tags.get("motorroad") == "yes":
        by_default = False
    closed_to_start_with = not by_default
    if closed_to_start_with and name != "cycleway" and _has_sidewalk(tags):
        by_default = True
        closed_to_start_with = False
    # What is closed by its kind is not opened by a general `access=yes`.
    keys = _FOOT_KEYS[:1] if closed_to_start_with else _FOOT_KEYS
    along, against = _way_signs(tags.get("oneway:foot"))
    conveying = tags.get("conveying")
    forward, backward = (_access(tags, keys, direction, default=by_default) for direction in _BOTH)
    return forward and along and conveying != "backward", backward and against and conveying != "forward"


def signed_kph(tags: Tags) -> tuple[float, float]:
    """Return the signed limit along and against the course, km/h, NaN where there is none.

    Examples
    --------
    >>> signed_kph({"maxspeed": "50", "maxspeed:backward": "30"})
    (50.0, 30.0)
    """
    both = parse_maxspeed(tags.get("maxspeed"))
    forward, backward = (parse_maxspeed(tags.get(f"maxspeed:{direction}")) for direction in _BOTH)
    return (both if math.isnan(forward) else forward), (both if math.isnan(backward) else backward)


def parse_maxspeed(text: str | None) -> float:
    """Understand a `maxspeed` as mappers write it; km/h, NaN when it names no figure.

    Of a list the lowest figure counts. `none`, `signals`, `variable`, conditions and nonsense are no figure.

    Examples
    --------
    >>> [parse_maxspeed(text) for text in ("50", "50 km/h", "50;30", "walk", "CN:urban", "none")]
    [50.0, 50.0, 30.0, 5.0, 50.0, nan]
    >>> round(parse_maxspeed("30 mph"), 2)
    48.28
    """
    parts = re.split(r"[;|,]", unicodedata.normalize("NFKC", text or "").casefold())
    known = [kph for kph in map(_one_speed, parts) if not math.isnan(kph)]
    return min(known, default=math.nan)


def road_name(tags: Tags) -> str:
    """Return the name on the sign: `name`, else the Chinese name, else the number of the road, else empty text."""
    return tags.get("name") or tags.get("name:zh") or tags.get("ref") or ""


def _one_speed(part: str) -> float:
    part = part.strip()
    if part == "walk":
        return _WALKING_KPH
    if part in _ZONE_KPH:
        return _ZONE_KPH[part]
    zone = _ZONE.fullmatch(part)
    match = _SPEED.fullmatch(zone[1] if zone else part)
    if match is None or match[2] not in _UNITS:
        return math.nan
    kph = float(match[1]) * _UNITS[match[2]]
    return kph if 0 < kph <= _HIGHEST_KPH else math.nan


def _access(tags: Tags, keys: tuple[str, ...], direction: Direction, *, default: bool) -> bool:
    """Ask the keys from the most specific to the most general; a value nobody knows says nothing."""
    for key in keys:
        for name in (f"{key}:{direction}", key):
            values = {value.strip() for value in tags.get(name, "").split(";")}
            if values & _OPEN:
                return True
            if values & _CLOSED:
                return False
    return default


def _oneway(tags: Tags, name: str) -> tuple[bool, bool]:
    for key in _CAR_ONEWAY_KEYS:
        value = tags.get(key)
        if value in _ALONG or value in _AGAINST or value in _TWO_WAY:
            return _way_signs(value)
    implied = name in _IMPLIED_ONEWAY or tags.get("junction") in _CIRCLES
    return True, not implied


def _way_signs(value: str | None) -> tuple[bool, bool]:
    return value not in _AGAINST, value not in _ALONG


def _has_sidewalk(tags: Tags) -> bool:
    if tags.get("sidewalk") in {"both", "left", "right", "yes"}:
        return True
    return any(tags.get(f"sidewalk:{side}") == "yes" for side in ("both", "left", "right"))
