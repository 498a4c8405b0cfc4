"""Edits said in words, one line each, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from coverplan.app.counting import both_names
from coverplan.core.model import Study
from coverplan.core.words import KINDS, ROAD_CLASSES
from coverplan.outputs.phrases import Both, both
from coverplan.scenarios.edits import (
    AddRoad,
    Assign,
    Change,
    Close,
    CloseRoad,
    Complete,
    Delay,
    Devices,
    Edit,
    Figure,
    Grow,
    Move,
    Open,
    Place,
    Settle,
    SlowRoad,
    Speeds,
)


class Names:
    """What the records of a study are called: facilities, areas and projects, by identifier."""

    def __init__(self, study: Study) -> None:
        self._facilities = _by_id(study.facilities, "facility_id")
        self._areas = _by_id(study.areas, "area_id")
        self._projects = _by_id(study.projects, "project_id")

    def facility(self, identifier: str) -> Both:
        """Return what a facility is called; its identifier where it has no name."""
        return self._facilities.get(identifier, both(identifier, identifier))

    def area(self, identifier: str) -> Both:
        """Return what a town is called."""
        return self._areas.get(identifier, both(identifier, identifier))

    def project(self, identifier: str) -> Both:
        """Return what a project is called."""
        return self._projects.get(identifier, both(identifier, identifier))


def _by_id(table: pd.DataFrame, key: str) -> dict[str, Both]:
    english = table["name_en"] if "name_en" in table else table["name"]
    rows = zip(table[key].astype(object), table["name"].astype(object), english.astype(object), strict=True)
    return {str(one): both_names(zh if isinstance(zh, str) and zh else str(one), en) for one, zh, en in rows}


def says(edit: Edit, names: Names) -> Both:
    """Say an edit in one line, in both languages; facilities, towns and projects by their names."""
    zh, en = _SAYERS[type(edit)](edit, names)
    if edit.year is not None:
        return both(f"{zh}（{edit.year}年起）", f"{en}, from {edit.year} on")
    if edit.after:
        after = names.project(edit.after)
        return both(f"{zh}（随项目“{after['zh']}”）", f"{en}, with the project {after['en']}")
    return both(zh, en)


_Pair = tuple[str, str]


def _say_open(edit: Open, _: Names) -> _Pair:
    word = KINDS[edit.facility_kind]
    fleet = (f"，{edit.vehicles}辆救护车", f", {edit.vehicles} ambulance{'' if edit.vehicles == 1 else 's'}")
    tail = fleet if edit.vehicles else ("", "")
    new = ("设临时点", "temporary post, ") if edit.temporary else ("新建", "new ")
    name_en = edit.columns.get("name_en") or edit.name
    return f"{new[0]}{word.zh}“{edit.name}”{tail[0]}", f"{new[1]}{word.en} “{name_en}”{tail[1]}"


def _say_close(edit: Close, names: Names) -> _Pair:
    facility = names.facility(edit.facility)
    if not edit.vehicles_to:
        return f"撤销“{facility['zh']}”", f"close {facility['en']}"
    to = names.facility(edit.vehicles_to)
    return f"撤销“{facility['zh']}”，车辆调往“{to['zh']}”", f"close {facility['en']}, its vehicles go to {to['en']}"


def _say_move(edit: Move, names: Names) -> _Pair:
    facility, (lon, lat) = names.facility(edit.facility), edit.at
    return f"“{facility['zh']}”迁至{lon:.4f}, {lat:.4f}", f"move {facility['en']} to {lon:.4f}, {lat:.4f}"


def _say_change(edit: Change, names: Names) -> _Pair:
    facility = names.facility(edit.facility)
    zh = [f"{name}＝{'空' if value is None else value}" for name, value in edit.columns.items()]
    en = [f"{name} = {'empty' if value is None else value}" for name, value in edit.columns.items()]
    if edit.vehicles is not None:
        zh.insert(0, f"救护车{edit.vehicles}辆")
        en.insert(0, f"{edit.vehicles} ambulance{'' if edit.vehicles == 1 else 's'}")
    return f"“{facility['zh']}”：{'，'.join(zh)}", f"{facility['en']}: {', '.join(en)}"


def _say_delay(edit: Delay, names: Names) -> _Pair:
    project = names.project(edit.project)
    if edit.until is not None:
        return f"项目“{project['zh']}”至{edit.until}年完工", f"project {project['en']} ends in {edit.until}"
    years = edit.years or 0
    word = "推迟" if years >= 0 else "提前"
    way = "later" if years >= 0 else "earlier"
    return f"项目“{project['zh']}”{word}{abs(years)}年", f"project {project['en']} {abs(years)} years {way}"


def _say_place(place: Place, names: Names) -> _Pair:
    parts: list[_Pair] = []
    if place.name:
        parts.append((f"“{place.name}”", f"“{place.name}”"))
    if place.near is not None:
        lon, lat = place.near
        around = ("", "") if place.within_m is None else (f"{place.within_m:g}米内", f" within {place.within_m:g} m")
        parts.append((f"{lon:.4f}, {lat:.4f}附近{around[0]}", f"near {lon:.4f}, {lat:.4f}{around[1]}"))
    if place.between is not None:
        (a, b), (c, d) = place.between
        parts.append((f"{a:.4f}, {b:.4f}至{c:.4f}, {d:.4f}", f"from {a:.4f}, {b:.4f} to {c:.4f}, {d:.4f}"))
    if place.area:
        area = names.area(place.area)
        parts.append((area["zh"], f"in {area['en']}"))
    if place.classes:
        words = [ROAD_CLASSES[name] for name in place.classes if name in ROAD_CLASSES]
        parts.append(("、".join(word.zh for word in words), ", ".join(word.en for word in words)))
    return "，".join(zh for zh, _ in parts), ", ".join(en for _, en in parts)


def _say_close_road(edit: CloseRoad, names: Names) -> _Pair:
    zh, en = _say_place(edit.place, names)
    who = ("（仅机动车）", " to cars") if edit.to == "cars" else ("", "")
    return f"封闭道路{who[0]}：{zh}", f"close the road{who[1]}: {en}"


def _say_slow_road(edit: SlowRoad, names: Names) -> _Pair:
    zh, en = _say_place(edit.place, names)
    return f"道路车速×{edit.factor:g}：{zh}", f"speed × {edit.factor:g} on the road: {en}"


def _say_add_road(edit: AddRoad, _: Names) -> _Pair:
    word = ROAD_CLASSES[edit.road_class]
    name = f"“{edit.name}”" if edit.name else ""
    return f"新建道路{name}（{word.zh}）", f"new road {name} ({word.en})".replace("  ", " ")


def _say_speeds(edit: Speeds, _: Names) -> _Pair:
    if edit.at:
        return f"时段：{edit.at}", f"part of the week: {edit.at}"
    classes = "，".join(f"{ROAD_CLASSES[name].zh}×{factor:g}" for name, factor in edit.classes.items())
    classes_en = ", ".join(f"{ROAD_CLASSES[name].en} × {factor:g}" for name, factor in edit.classes.items())
    who = edit.profile or "all driving"
    return (
        f"车速×{edit.factor:g}{'，' if classes else ''}{classes}",
        f"speed of {who} × {edit.factor:g}{', ' if classes_en else ''}{classes_en}",
    )


def _say_grow(edit: Grow, names: Names) -> _Pair:
    area = names.area(edit.area) if edit.area else both("全部人口", "everybody")
    if edit.to:
        return f"人口按“{edit.to}”", f"people as in {edit.to}"
    if edit.total is not None:
        return f"{area['zh']}人口：{edit.total:,}人", f"people, {area['en']}: {edit.total:,}"
    return f"{area['zh']}人口×{edit.factor:g}", f"people, {area['en']}: × {edit.factor:g}"


def _say_figure(edit: Figure, _: Names) -> _Pair:
    return f"指标{edit.indicator}＝{edit.value:g}", f"figure {edit.indicator} = {edit.value:g}"


_SAYERS: Mapping[type[Edit], Callable[[Any, Names], _Pair]] = {
    Open: _say_open,
    Close: _say_close,
    Move: _say_move,
    Change: _say_change,
    Complete: lambda edit, names: (
        f"项目“{names.project(edit.project)['zh']}”完工",
        f"project {names.project(edit.project)['en']} is finished",
    ),
    Delay: _say_delay,
    Assign: lambda edit, names: (
        f"{names.area(edit.area)['zh']}划归“{edit.community}”",
        f"{names.area(edit.area)['en']} goes to {edit.community}",
    ),
    AddRoad: _say_add_road,
    CloseRoad: _say_close_road,
    SlowRoad: _say_slow_road,
    Speeds: _say_speeds,
    Grow: _say_grow,
    Settle: lambda edit, _: (f"“{edit.name}”新增{edit.people:,}人", f"{edit.people:,} people come to “{edit.name}”"),
    Devices: lambda edit, _: (
        f"“{edit.name}”设AED {edit.devices}台",
        f"{edit.devices} AED{'' if edit.devices == 1 else 's'} at “{edit.name}”",
    ),
    Figure: _say_figure,
}
