"""What the page is told once: the study in words, and what the map draws and never changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from coverplan.app.counting import both_names, finding_of
from coverplan.app.drafts import Draft
from coverplan.app.world import Question, World, kinds_asked
from coverplan.core.units import unproject
from coverplan.core.words import KINDS, PROFILES, QUALITIES, ROAD_CLASSES, SYSTEMS, TIERS, VERDICTS, ZONE_KINDS
from coverplan.outputs.maps import layers
from coverplan.outputs.maps.facilities import facility_layers
from coverplan.outputs.phrases import Both, both, held_against, of_word, status
from coverplan.standards.assess import choose_readings

Data = dict[str, Any]

_MOST_LINES = 2_500
_TOLERANCE_M = 15.0
_FIRST, _LAST = 2000, 2060
_AED = "aed"
_ROUND = "circle||14|"
# Kinds that the study has none of yet have no symbol on its written map.
_SHAPES = {"ems": "diamond|*|17|", "care": "square|+|17|", "support": "small|保|14|", "reserve": "small|备|14|",
           "public_health": "small|公|14|", "social": "small|养|14|", "site": "small|地|14|"}  # fmt: skip
# Told apart by people who see no red or green, and in grey, by their lightness.
_COLOURS = {"ems": "#c1272d", "care": "#1f5fa8", "support": "#7a5195", "reserve": "#b07d2b", "public_health": "#2a7f7f",
            "social": "#6b6b2f", "site": "#808080"}  # fmt: skip


def study_data(draft: Draft) -> Data:
    """Return what the page says of a study: its rules, kinds, years and parts of the week."""
    world, study = draft.world, draft.world.study
    west, south, east, north = _bounds(world)
    illustrative = _is_illustrative(world)
    return {
        "title": both(study.name, study.name_en or study.name),
        "year": study.year,
        "years": [max(_FIRST, study.year - 20), min(_LAST, study.year + 20)],
        "periods": _periods(world),
        "notices": [_ILLUSTRATIVE] if illustrative else [],
        "sources": _sources(world),
        "illustrative": illustrative,
        "bounds": [west, south, east, north],
        "kinds": _kinds(world),
        "rules": _rules(draft),
        "surfaces": [],
        "statuses": {name: status(name) for name in VERDICTS},
        "tiers": {name: of_word(word) for name, word in TIERS.items()},
        "qualities": {name: of_word(word) for name, word in QUALITIES.items()},
        "road_classes": {name: of_word(word) for name, word in ROAD_CLASSES.items()},
        "profiles": {name: of_word(PROFILES[name]) if name in PROFILES else both(name, name)
                     for name in study.profiles},
        "areas": [{"area_id": str(one), "name": both_names(zh, en)} for one, zh, en in zip(
            study.areas["area_id"], study.areas["name"], study.areas["name_en"], strict=True)],
    }  # fmt: skip


_ILLUSTRATIVE = both(
    "部分数据为示意数据，仅演示方法，不作为规划依据。",
    "Some of the data is illustrative: it shows the method and is no finding.",
)


def _is_illustrative(world: World) -> bool:
    study = world.study
    tables = (study.people, study.facilities, study.vehicles, study.aeds)
    return world.network.quality == "illustrative" or any(
        bool((table["quality"] == "illustrative").any()) for table in tables if "quality" in table
    )


def _periods(world: World) -> list[Data]:
    found = {}
    for profile in world.study.profiles.values():
        if profile.mode == "drive":
            for name, period in profile.periods.items():
                found.setdefault(name, both(period.zh or name, name.replace("_", " ")))
    return [{"name": name, "label": label} for name, label in found.items()]


def _sources(world: World) -> list[Data]:
    told = []
    for pack in world.packs:
        document = pack.document
        number = f"（{document.number}）" if document.number else ""
        told.append(both(f"《{document.title_zh}》{number}", f"{document.title_en} {document.number or ''}".strip()))
    return told


def _kinds(world: World) -> list[Data]:
    known = set(world.study.facilities["kind"].dropna())
    with_vehicles = {kind for one in world.questions.values() if one.params.with_vehicle for kind in kinds_asked(one)}
    touched = {kind for one in world.questions.values() for kind in kinds_asked(one)}
    symbols = _symbols(world)
    aed = {"kind": _AED, "label": both("AED", "AED"), "colour": "#2b7a3d", "shape": symbols.get(_AED, "hexagon|a|13|"),
           "group": _AED, "can_add": True, "has_vehicles": False}  # fmt: skip
    listed = [
        {
            "kind": kind,
            "label": of_word(word),
            "colour": _COLOURS.get(word.group, "#606060"),
            "shape": symbols.get(kind, _SHAPES.get(word.group, _ROUND)),
            "group": word.group,
            "can_add": kind in touched or kind in known,
            "has_vehicles": kind in with_vehicles or word.group == "ems",
        }
        for kind, word in KINDS.items()
        if kind in known or kind in touched
    ]
    return [*listed, aed]


def _symbols(world: World) -> dict[str, str]:
    """Return the symbol of each kind on the written map."""
    found: dict[str, str] = {}
    for layer in facility_layers(world.study):
        found.setdefault(str(layer["id"]).partition("-")[0], str(layer["symbol"]))
    return found


def _rules(draft: Draft) -> list[Data]:
    world = draft.world
    shown = {one.rule.rule_id: one for one in world.deciding({})}
    default = {rule.rule_id: rule.readings[0].name for rule in choose_readings(world.rules, world.study.options)}
    return [
        {
            "rule_id": rule.rule_id,
            "name": both(rule.name_zh, rule.name_en),
            "system": of_word(SYSTEMS[rule.system]),
            "quotation": rule.quotation,
            "english": rule.english,
            "document": both(rule.document.title_zh, rule.document.title_en),
            "section": rule.section,
            "clause": both(rule.section, rule.section),
            "shows": rule.rule_id in shown,
            "held": _held(draft, shown[rule.rule_id]) if rule.rule_id in shown else None,
            "default_reading": default[rule.rule_id],
            "strength": rule.strength,
            "readings": [
                {"name": one.name, "label": both(one.zh, one.en), "why": one.why, "people": (
                    f"{rule.rule_id}/{one.name}" in world.questions)}
                for one in rule.readings
            ],
            "touched_by": sorted({
                kind for one in world.questions.values() if one.rule is rule for kind in kinds_asked(one)
            }),
        }
        for rule in world.rules
    ]  # fmt: skip


def _held(draft: Draft, question: Question) -> Both:
    return held_against(finding_of(question, draft.count(question)))


def _bounds(world: World) -> tuple[float, float, float, float]:
    (south, west), (north, east) = layers.bounds(world.study)
    return west, south, east, north


def ground_data(draft: Draft) -> Data:
    """Return what the map draws and never changes: towns, main roads, water and where people live."""
    world = draft.world
    return {
        "areas": _areas(world),
        "roads": _roads(world),
        "water": _water(world),
        "points": _points(draft),
    }


def _areas(world: World) -> Data:
    areas = world.study.areas
    shapes = shapely.coverage_simplify(areas.geometry.to_numpy(), _TOLERANCE_M) if len(areas) else []
    names = [both_names(zh, en) for zh, en in zip(areas["name"], areas["name_en"], strict=True)]
    rows = zip(areas["area_id"], names, shapes, strict=True)
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {
                    "area_id": str(area_id),
                    "name": name["zh"],
                    "name_en": name["en"],
                },
                "geometry": _geojson(world, shape),
            }
            for area_id, name, shape in rows
        ],
    }


def _geojson(world: World, shape: shapely.Geometry) -> Data:
    polygons = [
        [_lonlat(world, ring.coords) for ring in (part.exterior, *part.interiors)]
        for part in shapely.get_parts(shape)
        if isinstance(part, shapely.Polygon) and not part.is_empty
    ]
    return {"type": "MultiPolygon", "coordinates": polygons}


def _lonlat(world: World, coords: Any) -> list[list[float]]:
    xy = np.asarray(coords, dtype=float)
    lon, lat = unproject(xy[:, 0], xy[:, 1], world.study.crs)
    return np.column_stack([lon, lat]).round(5).tolist()


def _roads(world: World) -> list[Data]:
    """Return the main roads, heavy ones first, until there are enough lines; small roads where there are no others."""
    found, left = [], _MOST_LINES
    for layer in layers.roads(world.study, world.network):
        lines = sorted((_unpacked(line) for line in layer["lines"]), key=len, reverse=True)[:left]
        left -= len(lines)
        if lines:
            found.append({"class": layer["road_class"], "lines": lines})
    return found


def _unpacked(steps: list[int]) -> list[list[float]]:
    """Return [lon, lat] of every vertex, as GeoJSON wants them."""
    return [[lon, lat] for lat, lon in layers.vertices(steps)]


def _water(world: World) -> list[Data]:
    zones = world.study.zones
    if zones is None or not len(zones) or "water" not in ZONE_KINDS:
        return []
    water = zones[zones["kind"] == "water"]
    shapes = shapely.simplify(water.geometry.to_numpy(), _TOLERANCE_M)
    return [
        {"type": "Feature", "properties": {"name": both_names(zh, None)["zh"]}, "geometry": _geojson(world, shape)}
        for zh, shape in zip(water["name"], shapes, strict=True)
    ]


def _points(draft: Draft) -> Data:
    world, people, residents = draft.world, draft.study.people, draft.residents
    drawn = world.drawn
    return {
        "lon": residents.lon[drawn].tolist(),
        "lat": residents.lat[drawn].tolist(),
        "people": people["people"].to_numpy(dtype=np.int64)[drawn].tolist(),
        "area": residents.area[drawn].tolist(),
        "name": [str(name) for name in residents.place_name[residents.place[drawn]]],
        "left_out": len(people) - len(residents.lon[drawn]),
    }
