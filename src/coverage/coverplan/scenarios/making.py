"""Edits, made from what stands behind their keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from coverplan.core.errors import did_you_mean
from coverplan.inputs.yaml import KeyPath
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
from coverplan.scenarios.forms import FORMS, ROAD_FORMS, Form
from coverplan.scenarios.values import Desk, read_value

_AMBULANCE_POST = "ems_station"


def make_edit(desk: Desk, form: Form, value: Any, at: KeyPath) -> Edit | None:
    """Make an edit of what stands behind its form; None when something of it is wrong, which is noted."""
    before = len(desk.problems)
    told = keys_of(desk, form, value, at)
    edit = None if len(desk.problems) > before else _MAKERS[form.name](desk, told, at)
    return edit if len(desk.problems) == before else None


def keys_of(desk: Desk, form: Form, value: Any, at: KeyPath) -> dict[str, Any]:
    """Take the keys of a mapping apart; a bare value stands for the form's own key."""
    if not isinstance(value, dict):
        if form.alone and value is not None:
            key = form.key(form.alone)
            assert key is not None, form.alone  # noqa: S101 - a slip of ours
            return {key.name: read_value(desk, key, value, at)}
        desk.refuse("should hold keys of its own", at, hint=f"one of: {', '.join(key.name for key in form.keys[:12])}")
        return {}
    told: dict[str, Any] = {}
    for written, inside in value.items():
        key = form.key(written)
        if key is None:
            labels = [label for known in form.keys for label in (known.name, known.zh)]
            desk.refuse(f"unknown key '{written}'", (*at, written), hint=did_you_mean(written, labels))
        elif key.name in told:
            desk.refuse(f"'{written}' says {key.name} a second time", (*at, written))
        else:
            told[key.name] = None if inside is None else read_value(desk, key, inside, (*at, written))
    for key in form.keys:
        if key.required and told.get(key.name) is None and key.name not in told:
            desk.refuse(f"'{key.name}' ({key.zh}) is missing", at, hint=key.meaning)
    return told


def _when(told: dict[str, Any]) -> dict[str, Any]:
    return {"year": told.get("year"), "after": told.get("after") or ""}


def _cells(form: str, told: dict[str, Any]) -> Mapping[str, Any]:
    cells = {key.name for key in FORMS[form].keys if key.holds == "cell"}
    return MappingProxyType({name: value for name, value in told.items() if name in cells})


def _open(_: Desk, told: dict[str, Any], at: KeyPath, *, form: str = "open") -> Edit:
    del at
    temporary = form == "post"
    return Open(
        name=told["name"],
        facility_kind=told.get("kind") or _AMBULANCE_POST,
        at=told["at"],
        columns=_cells(form, told),
        vehicles=int(temporary) if told.get("vehicles") is None else int(told["vehicles"]),
        negative_pressure=told.get("negative_pressure") or 0,
        facility_id=told.get("id") or "",
        temporary=temporary,
        **_when(told),
    )


def _post(desk: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    return _open(desk, told, at, form="post")


def _close(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    return Close(facility=told["facility"], vehicles_to=told.get("vehicles_to") or "", **_when(told))


def _move(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    return Move(facility=told["facility"], at=told["at"], **_when(told))


def _change(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    cells = {**_cells("change", told), **{name: told[name] for name in ("kind", "name") if name in told}}
    return Change(
        facility=told["facility"],
        columns=MappingProxyType(cells),
        vehicles=told.get("vehicles"),
        negative_pressure=told.get("negative_pressure") or 0,
        **_when(told),
    )


def _complete(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    return Complete(project=told["project"], year=told.get("year"))


def _delay(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    return Delay(project=told["project"], years=told.get("years"), until=told.get("until"))


def _assign(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    return Assign(area=told["area"], community=told["community"], **_when(told))


def _road(desk: Desk, told: dict[str, Any], at: KeyPath) -> Edit | None:
    given = [name for name in ROAD_FORMS if name in told]
    if len(given) != 1:
        return desk.refuse("needs one of add, close and slow", at, hint="such as close: {name: 世纪大道}")
    name = given[0]
    written = next(key for key in desk.lines.at(at) if (k := FORMS["road"].key(key)) and k.name == name)
    inside = keys_of(desk, ROAD_FORMS[name], told[name], (*at, written))
    if name == "add":
        return AddRoad(
            course=inside.get("course") or (),
            road_class=inside.get("class") or "secondary",
            kph=inside.get("kph"),
            oneway=bool(inside.get("oneway")),
            name=inside.get("name") or "",
            **_when(told),
        )
    between = inside.get("between") or ()
    if len(between) not in {0, 2}:
        return desk.refuse("'between' takes two positions", (*at, written))
    place = Place(
        name=inside.get("name") or "",
        near=inside.get("near"),
        within_m=inside.get("within_m"),
        between=(between[0], between[1]) if between else None,
        area=inside.get("area") or "",
        classes=inside.get("class") or (),
    )
    if name == "close":
        return CloseRoad(place=place, to=inside.get("to") or "everyone", **_when(told))
    factor = inside.get("factor")
    return None if factor is None else SlowRoad(place=place, factor=factor, **_when(told))


def _speeds(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    return Speeds(
        profile=told.get("profile") or "",
        factor=1.0 if told.get("factor") is None else told["factor"],
        classes=told.get("classes") or MappingProxyType({}),
        period=told.get("period") or "",
        at=told.get("at") or "",
        **_when(told),
    )


def _people(desk: Desk, told: dict[str, Any], at: KeyPath) -> Edit | None:
    if told.get("at") is None and told.get("add") is None:
        return Grow(
            area=told.get("area") or "",
            factor=told.get("factor"),
            total=told.get("total"),
            to=told.get("to") or "",
            **_when(told),
        )
    if told.get("at") is None or told.get("add") is None:
        return desk.refuse("people who come need 'add' and 'at'", at, hint="such as add: 3000, at: [118.55, 24.78]")
    if extra := [name for name in ("area", "factor", "total", "to") if told.get(name) is not None]:
        return desk.refuse(f"'{extra[0]}' does not go with 'add'", at, hint="make it an edit of its own")
    lon, lat = told["at"]
    return Settle(name=told.get("name") or f"{lon:g},{lat:g}", at=told["at"], people=told["add"], **_when(told))


def _devices(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    count = told.get("devices")
    return Devices(
        name=told["name"],
        at=told["at"],
        devices=1 if count is None else count,
        place_kind=told.get("place_kind") or "",
        **_when(told),
    )


def _figure(_: Desk, told: dict[str, Any], at: KeyPath) -> Edit:
    del at
    return Figure(
        indicator=told["indicator"],
        value=told["value"],
        of_year=told.get("of_year"),
        area=told.get("area") or "",
        source=told.get("source") or "",
        **_when(told),
    )


_MAKERS: dict[str, Callable[[Desk, dict[str, Any], KeyPath], Edit | None]] = {
    "open": _open,
    "post": _post,
    "close": _close,
    "move": _move,
    "change": _change,
    "complete": _complete,
    "delay": _delay,
    "assign": _assign,
    "road": _road,
    "speeds": _speeds,
    "people": _people,
    "devices": _devices,
    "figure": _figure,
}
