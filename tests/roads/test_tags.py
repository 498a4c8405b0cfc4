"""What OpenStreetMap tags mean, one case a line."""

import math

import pytest

from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.tags import (
    may_drive,
    may_walk,
    open_by_default,
    parse_maxspeed,
    road_class,
    road_name,
    signed_kph,
    understand,
)

BOTH, ALONG, AGAINST, NEITHER = (True, True), (True, False), (False, True), (False, False)


def _drive(tags: dict[str, str]) -> tuple[bool, bool]:
    return may_drive(tags, road_class(tags) or "")


def _walk(tags: dict[str, str]) -> tuple[bool, bool]:
    return may_walk(tags, road_class(tags) or "")


@pytest.mark.parametrize("name", ROAD_CLASSES)
def test_every_class_of_ours_is_a_highway_value(name: str) -> None:
    """A way tagged with one of our classes has that class."""
    assert road_class({"highway": name}) == name


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "road"}, "unclassified"),
        ({"highway": "bridleway"}, "path"),
        ({"highway": "construction", "construction": "primary"}, None),
        ({"highway": "proposed", "proposed": "trunk"}, None),
        ({"highway": "raceway"}, None),
        ({"highway": "busway"}, None),
        ({"highway": "residential", "disused": "yes"}, None),
        ({"highway": "pedestrian", "area": "yes"}, None),
        ({"highway": "pedestrian", "area": "no"}, "pedestrian"),
        ({"route": "ferry"}, None),
        ({"highway": "primary", "route": "ferry"}, None),
        ({"railway": "rail"}, None),
        ({}, None),
    ],
)
def test_road_class(tags: dict[str, str], expected: str | None) -> None:
    """Other names are understood; areas, ferries and what is not in use are no roads."""
    assert road_class(tags) == expected
    assert (understand(tags) is None) == (expected is None)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, BOTH),
        ({"oneway": "yes"}, ALONG),
        ({"oneway": "true"}, ALONG),
        ({"oneway": "1"}, ALONG),
        ({"oneway": "-1"}, AGAINST),
        ({"oneway": "reverse"}, AGAINST),
        ({"oneway": "no"}, BOTH),
        ({"oneway": "reversible"}, BOTH),
        ({"oneway": "sometimes"}, BOTH),
        ({"highway": "motorway"}, ALONG),
        ({"highway": "motorway_link"}, ALONG),
        ({"highway": "motorway", "oneway": "no"}, BOTH),
        ({"highway": "motorway", "oneway": "-1"}, AGAINST),
        ({"highway": "trunk"}, BOTH),
        ({"junction": "roundabout"}, ALONG),
        ({"junction": "circular"}, ALONG),
        ({"junction": "roundabout", "oneway": "no"}, BOTH),
        ({"junction": "yes"}, BOTH),
        ({"oneway": "yes", "oneway:motor_vehicle": "no"}, BOTH),
        ({"oneway:motor_vehicle": "yes"}, ALONG),
        ({"oneway": "yes", "oneway:motorcar": "-1"}, AGAINST),
        ({"oneway": "yes", "oneway:bicycle": "no"}, ALONG),
        ({"junction": "roundabout", "oneway:motor_vehicle": "no"}, BOTH),
    ],
)
def test_direction_of_cars(tags: dict[str, str], expected: tuple[bool, bool]) -> None:
    """One-way signs, implied ones and their exceptions decide where cars may go; walkers go both ways."""
    tags = {"highway": "residential", **tags}
    assert _drive(tags) == expected
    if "motorway" not in tags["highway"]:
        assert _walk(tags) == BOTH


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"access": "private"}, NEITHER),
        ({"access": "no"}, NEITHER),
        ({"access": "customers"}, NEITHER),
        ({"access": "forestry"}, NEITHER),
        ({"access": "agricultural"}, NEITHER),
        ({"access": "delivery"}, NEITHER),
        ({"access": "permit"}, NEITHER),
        ({"access": "destination"}, BOTH),
        ({"access": "permissive"}, BOTH),
        ({"access": "designated"}, BOTH),
        ({"access": "nobody knows"}, BOTH),
        ({"access": "no", "motor_vehicle": "yes"}, BOTH),
        ({"access": "yes", "vehicle": "no"}, NEITHER),
        ({"vehicle": "no", "motor_vehicle": "destination"}, BOTH),
        ({"motor_vehicle": "no", "motorcar": "yes"}, BOTH),
        ({"motor_vehicle": "yes", "motorcar": "no"}, NEITHER),
        ({"motor_vehicle": "agricultural;forestry"}, NEITHER),
        ({"motor_vehicle": "delivery;destination"}, BOTH),
        ({"motor_vehicle": "nonsense", "access": "no"}, NEITHER),
        ({"motor_vehicle:backward": "no"}, ALONG),
        ({"access": "no", "motor_vehicle:forward": "yes"}, ALONG),
        ({"oneway": "yes", "motor_vehicle": "no"}, NEITHER),
        ({"foot": "no"}, BOTH),
        ({"bicycle": "no"}, BOTH),
        ({"highway": "service"}, BOTH),
        ({"highway": "service", "service": "parking_aisle"}, BOTH),
        ({"highway": "service", "service": "driveway"}, BOTH),
        ({"highway": "service", "service": "emergency_access"}, NEITHER),
        ({"highway": "track"}, NEITHER),
        ({"highway": "track", "tracktype": "grade2"}, BOTH),
        ({"highway": "track", "tracktype": "grade4"}, NEITHER),
        ({"highway": "track", "motor_vehicle": "yes"}, BOTH),
        ({"highway": "track", "tracktype": "grade1", "access": "forestry"}, NEITHER),
        ({"highway": "pedestrian"}, NEITHER),
        ({"highway": "pedestrian", "motor_vehicle": "destination"}, BOTH),
        ({"highway": "footway", "access": "yes"}, NEITHER),
        ({"highway": "cycleway", "vehicle": "yes"}, NEITHER),
        ({"highway": "steps", "motorcar": "yes"}, NEITHER),
        ({"highway": "living_street"}, BOTH),
    ],
)
def test_access_of_cars(tags: dict[str, str], expected: tuple[bool, bool]) -> None:
    """The most specific key decides whether cars may pass; a value that nobody knows says nothing."""
    assert _drive({"highway": "residential", **tags}) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "motorway"}, NEITHER),
        ({"highway": "motorway_link"}, NEITHER),
        ({"highway": "motorway", "foot": "yes"}, BOTH),
        ({"highway": "motorway", "access": "yes"}, NEITHER),
        ({"highway": "motorway_link", "sidewalk": "right"}, BOTH),
        ({"highway": "trunk"}, BOTH),
        ({"highway": "trunk", "motorroad": "yes"}, NEITHER),
        ({"highway": "trunk", "motorroad": "yes", "foot": "designated"}, BOTH),
        ({"highway": "trunk", "motorroad": "yes", "sidewalk:left": "yes"}, BOTH),
        ({"highway": "trunk", "foot": "no"}, NEITHER),
        ({"highway": "primary", "foot": "use_sidepath"}, NEITHER),
        ({"highway": "primary", "sidewalk": "no"}, BOTH),
        ({"highway": "primary", "sidewalk": "both", "foot": "no"}, NEITHER),
        ({"highway": "footway", "footway": "sidewalk"}, BOTH),
        ({"highway": "footway", "foot": "private"}, NEITHER),
        ({"highway": "steps"}, BOTH),
        ({"highway": "steps", "conveying": "forward"}, ALONG),
        ({"highway": "steps", "conveying": "backward"}, AGAINST),
        ({"highway": "path"}, BOTH),
        ({"highway": "path", "bicycle": "designated"}, BOTH),
        ({"highway": "cycleway"}, NEITHER),
        ({"highway": "cycleway", "access": "yes"}, NEITHER),
        ({"highway": "cycleway", "foot": "yes"}, BOTH),
        ({"highway": "cycleway", "foot": "designated"}, BOTH),
        ({"highway": "bridleway"}, NEITHER),
        ({"highway": "bridleway", "foot": "yes"}, BOTH),
        ({"highway": "track"}, BOTH),
        ({"highway": "residential", "access": "private"}, NEITHER),
        ({"highway": "residential", "access": "private", "foot": "permissive"}, BOTH),
        ({"highway": "residential", "motor_vehicle": "no"}, BOTH),
        ({"highway": "residential", "oneway": "yes", "oneway:foot": "yes"}, ALONG),
        ({"highway": "residential", "oneway": "yes", "oneway:foot": "no"}, BOTH),
        ({"highway": "footway", "oneway:foot": "-1"}, AGAINST),
        ({"highway": "footway", "foot:backward": "no"}, ALONG),
    ],
)
def test_access_of_walkers(tags: dict[str, str], expected: tuple[bool, bool]) -> None:
    """Walkers may go wherever they are not kept out; motorways, motor roads and cycleways keep them out."""
    assert _walk(tags) == expected


@pytest.mark.parametrize(
    ("text", "kph"),
    [
        ("50", 50),
        (" 50 ", 50),
        ("50 km/h", 50),
        ("50km/h", 50),
        ("50 kmh", 50),
        ("50 kph", 50),
        ("５０", 50),
        ("7.5", 7.5),
        ("30 mph", 48.28032),
        ("30mph", 48.28032),
        ("10 knots", 18.52),
        ("walk", 5),
        ("CN:urban", 50),
        ("CN:rural", 70),
        ("cn:motorway", 120),
        ("DE:rural", 100),
        ("GB:nsl_single", 96.56064),
        ("DE:zone:30", 30),
        ("DE:zone30", 30),
        ("zone:20", 20),
        ("50;30", 30),
        ("90;30;90", 30),
        ("60|60|40", 40),
        ("50; signals", 50),
        ("none", None),
        ("signals", None),
        ("variable", None),
        ("XX:urban", None),
        ("DE:motorway", None),
        ("fast", None),
        ("-30", None),
        ("0", None),
        ("999", None),
        ("50 furlongs", None),
        ("80 @ (06:00-22:00)", None),
        ("60-80", None),
        ("", None),
        (None, None),
    ],
)
def test_maxspeed_in_all_its_spellings(text: str | None, kph: float | None) -> None:
    """A signed limit is understood in every spelling; what names no figure is no sign."""
    got = parse_maxspeed(text)
    assert math.isnan(got) if kph is None else got == pytest.approx(kph)


def test_limits_of_the_two_directions() -> None:
    """A limit for one direction replaces the common one there only; its source is not a limit."""
    assert signed_kph({"maxspeed": "60", "maxspeed:forward": "40"}) == (40, 60)
    assert signed_kph({"maxspeed": "60", "maxspeed:backward": "nonsense"}) == (60, 60)
    forward, backward = signed_kph({"source:maxspeed": "CN:urban", "maxspeed:backward": "20"})
    assert math.isnan(forward)
    assert backward == 20


def test_a_way_that_nobody_may_use_is_closed() -> None:
    """A private road without exceptions is closed, one that walkers may pass is not."""
    private = understand({"highway": "service", "access": "private"})
    for_walkers = understand({"highway": "service", "access": "private", "foot": "yes"})
    assert private is not None
    assert private.is_closed
    assert for_walkers is not None
    assert not for_walkers.is_closed


def test_defaults_of_the_classes_agree_with_bare_tags() -> None:
    """A class without any further tag is open to those whom its default names."""
    for name in ROAD_CLASSES:
        use = understand({"highway": name, "oneway": "no"})
        assert use is not None
        assert open_by_default(name) == (use.drive_backward, use.walk_forward)


def test_names() -> None:
    """A road is called by its name, else its Chinese name, else its number."""
    assert road_name({"name": "泉安路", "ref": "S308"}) == "泉安路"
    assert road_name({"name:zh": "世纪大道"}) == "世纪大道"
    assert road_name({"ref": "G324"}) == "G324"
    assert road_name({}) == ""
