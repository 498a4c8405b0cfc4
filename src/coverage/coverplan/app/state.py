"""A desk as the page sees it: edits in words, facilities, figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np

from coverplan.app.counting import both_names
from coverplan.app.desks import Desk
from coverplan.app.drafts import Draft
from coverplan.app.edits import as_data
from coverplan.app.figures import View, figures
from coverplan.app.sayings import Names, says
from coverplan.core.units import unproject
from coverplan.core.words import KINDS, QUALITIES, TIERS
from coverplan.outputs.phrases import Both, both, of_word
from coverplan.scenarios.edits import AddRoad, CloseRoad, Edit, Move, Open, Scenario, SlowRoad
from coverplan.scenarios.timeline import network_in

Data = dict[str, Any]
_Records = dict[str, tuple[list[float], int]]

_MOST_AEDS = 1000
_MOST_LINES = 400


def state(desk: Desk, view: View) -> Data:
    """Return a desk as the page sees it."""
    content, draft = desk.now.content, view.draft
    return {
        "desk_id": desk.desk_id,
        "revision": desk.revision,
        "name": desk.name,
        "scenario": desk.scenario or None,
        "year": content.year,
        "period": content.period or None,
        "options": dict(desk.now.options),
        "edits": [_edit(view, i, edit) for i, edit in enumerate(content.edits)],
        "can_undo": bool(desk.past),
        "can_redo": bool(desk.future),
        "facilities": facilities(view),
        "new_points": _new_points(draft, view.base),
        "devices": _devices(draft),
        "fleet": _fleet(draft),
        "figures": figures(view),
        "problems": [],
    }


def _edit(view: View, index: int, edit: Edit) -> Data:
    at: Any = edit.place.near if isinstance(edit, CloseRoad | SlowRoad) else getattr(edit, "at", None)
    is_spot = isinstance(at, tuple)
    return {
        "index": index,
        "edit": as_data(edit),
        "says": says(edit, _names(view.base)),
        "at": list(at) if is_spot else None,
        "lines": _lines(view, edit),
    }


def _names(base: Draft) -> Names:
    return cast("Names", base.kept.once("names", lambda: Names(base.world.study)))


def _lines(view: View, edit: Edit) -> list[Any]:
    """Return the course of the roads that an edit closes, slows or adds."""
    if isinstance(edit, AddRoad):
        return [[list(at) for at in edit.course]]
    if not isinstance(edit, CloseRoad | SlowRoad):
        return []
    base = view.base
    return cast("list[Any]", base.kept.once(("lines", edit.says), lambda: _courses(base, edit)))


def _courses(base: Draft, edit: CloseRoad | SlowRoad) -> list[Any]:
    world, year = base.world, base.content.year
    at_once = replace(edit, year=None, after="")
    told = network_in(world.study, world.network, year, Scenario(scenario_id="lines", edits=(at_once,)))
    names = ("drive_forward", "drive_backward", "walk_forward", "walk_backward", "speed_factor")
    changed = np.any([getattr(told, name) != getattr(world.network, name) for name in names], axis=0)
    lines = []
    for edge in np.flatnonzero(changed)[:_MOST_LINES]:
        part = slice(int(told.shape_start[edge]), int(told.shape_start[edge + 1]))
        lon, lat = unproject(told.shape_x_m[part], told.shape_y_m[part], told.crs)
        lines.append(np.column_stack([lon, lat]).round(5).tolist())
    return lines


def facilities(view: View) -> list[Data]:
    """Return every facility of a draft with where it is, whether it serves, and what the edits made of it."""
    return cast("list[Data]", view.draft.kept.once("facilities", lambda: _facilities(view)))


def _facilities(view: View) -> list[Data]:
    draft, base = view.draft, view.base
    study, table = draft.study, draft.study.facilities
    if not len(table):
        return _aeds(draft)
    edits = draft.content.edits
    new = {edit.facility_id for edit in edits if isinstance(edit, Open)}
    moved = {edit.facility for edit in edits if isinstance(edit, Move)}
    serving = draft.serving
    vehicles = study.vehicles
    emergency = vehicles[vehicles["duty"] == "emergency"] if len(vehicles) else vehicles
    fleet = emergency["facility_id"].value_counts().to_dict() if len(emergency) else {}
    lon, lat = unproject(table.geometry.x.to_numpy(), table.geometry.y.to_numpy(), study.crs)
    at = np.column_stack([lon, lat]).round(6).tolist()
    closed = (table["close_year"] <= study.year).fillna(value=False).to_numpy(dtype=bool)
    rows = table[["facility_id", "name", "name_en", "kind", "tier", "quality"]].astype(object)
    was = cast("_Records", base.kept.once("records", lambda: _base_records(draft)))
    told = []
    for i, (facility_id, zh, en, kind, tier, quality) in enumerate(rows.itertuples(index=False, name=None)):
        name = both_names(zh, en)
        if closed[i]:
            said = "closed"
        elif facility_id not in serving:
            said = "planned"
        else:
            said = "new" if facility_id in new else "moved" if facility_id in moved else "open"
        told.append(
            {
                "facility_id": str(facility_id), "name": name["zh"], "name_en": name["en"], "kind": str(kind),
                "tier": tier if isinstance(tier, str) else None, "at": at[i],
                "vehicles": int(fleet.get(facility_id, 0)), "status": said,
                "quality": quality if isinstance(quality, str) else None, "movable": said in {"open", "new", "moved"},
                "detail": _detail(kind, tier, quality), "was_at": was[facility_id][0] if said == "moved" else None,
                "base_vehicles": _other(was, facility_id, int(fleet.get(facility_id, 0))),
            }
        )  # fmt: skip
    return [*told, *_aeds(draft)]


def _base_records(draft: Draft) -> _Records:
    """Return where each facility of the study itself stands, and how many emergency vehicles it has."""
    study = draft.world.study
    table, vehicles = study.facilities, study.vehicles
    fleet = (
        vehicles.loc[vehicles["duty"] == "emergency", "facility_id"].value_counts().to_dict() if len(vehicles) else {}
    )
    lon, lat = unproject(table.geometry.x.to_numpy(), table.geometry.y.to_numpy(), study.crs)
    at = np.column_stack([lon, lat]).round(6).tolist()
    return {str(one): (spot, int(fleet.get(one, 0))) for one, spot in zip(table["facility_id"], at, strict=True)}


def _other(was: _Records, facility_id: str, now: int) -> int | None:
    return was[facility_id][1] if facility_id in was and was[facility_id][1] != now else None


def _detail(kind: str, tier: object, quality: object) -> Both:
    words = [KINDS.get(str(kind)), TIERS.get(str(tier)), QUALITIES.get(str(quality))]
    known = [of_word(word) for word in words if word is not None]
    return both(" · ".join(word["zh"] for word in known), " · ".join(word["en"] for word in known))


def _aeds(draft: Draft) -> list[Data]:
    """Return the places with AEDs among the facilities, the kind `aed`; nobody drags them."""
    table, n = draft.study.aeds, len(draft.world.study.aeds)
    chosen = table if len(table) <= _MOST_AEDS else table.iloc[max(0, min(n, len(table) - _MOST_AEDS)) :]
    if not len(chosen):
        return []
    lon, lat = unproject(chosen.geometry.x.to_numpy(), chosen.geometry.y.to_numpy(), draft.study.crs)
    at = np.column_stack([lon, lat]).round(6).tolist()
    known = set(draft.world.study.aeds["aed_id"])
    told = []
    rows = chosen[["aed_id", "name", "name_en", "devices", "quality"]].astype(object)
    for spot, (aed_id, zh, en, devices, quality) in zip(at, rows.itertuples(index=False, name=None), strict=True):
        name, word = both_names(zh, en), QUALITIES.get(str(quality))
        detail = both(f"AED {devices}台", f"{devices} AED{'' if devices == 1 else 's'}")
        told.append(
            {
                "facility_id": str(aed_id), "name": name["zh"], "name_en": name["en"], "kind": "aed", "tier": None,
                "at": spot, "vehicles": 0, "status": "open" if aed_id in known else "new",
                "quality": None if word is None else word.value, "movable": False, "detail": detail,
                "was_at": None, "base_vehicles": None,
            }
        )  # fmt: skip
    return told


def _fleet(draft: Draft) -> int:
    vehicles = draft.study.vehicles
    if not len(vehicles):
        return 0
    return sum(
        duty == "emergency" and facility in draft.serving
        for duty, facility in zip(vehicles["duty"].astype(object), vehicles["facility_id"].astype(object), strict=True)
    )


def _devices(draft: Draft) -> list[Data]:
    """Return the places with AEDs that edits added."""
    table = draft.study.aeds
    n = len(draft.world.study.aeds)
    new = table.iloc[n:]
    if not len(new):
        return []
    lon, lat = unproject(new.geometry.x.to_numpy(), new.geometry.y.to_numpy(), draft.study.crs)
    return [
        {"name": str(name), "at": [round(float(a), 6), round(float(b), 6)], "devices": int(count)}
        for name, a, b, count in zip(new["name"], lon, lat, new["devices"], strict=True)
    ]


def _new_points(draft: Draft, base: Draft) -> Data:
    """Return the demand points that edits added; `covered` speaks of the others only."""
    rows = draft.rows_in(base)
    if rows is None:
        return {"lon": [], "lat": [], "people": [], "name": []}
    came = draft.study.people[rows < 0]
    lon, lat = unproject(came.geometry.x.to_numpy(), came.geometry.y.to_numpy(), draft.study.crs)
    return {
        "lon": lon.round(5).tolist(),
        "lat": lat.round(5).tolist(),
        "people": came["people"].astype(int).tolist(),
        "name": came["place"].fillna("").astype(str).tolist(),
    }
