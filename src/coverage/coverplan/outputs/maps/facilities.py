"""Facilities as plain data for the page: one layer per kind and tier, each with a symbol of its own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverplan.core import words
from coverplan.core.model import Study
from coverplan.inputs.select import active_facilities
from coverplan.outputs.maps.layers import Data, Row, named, positions, records, text
from coverplan.outputs.phrases import Both, both, of_word

_SAME_DOOR_M = 150.0
_MOST_IN_ALL = 1400
_TIERED = "hospital"

GROUPS: dict[str, Both] = {
    "ems": both("院前急救", "Emergency service"),
    "hospital": both("医院", "Hospitals"),
    "primary": both("基层医疗机构", "Primary care"),
    "other": both("公卫与保障设施", "Other sites"),
    "planned": both("规划设施（未计入）", "Planned, not counted"),
}
"""Groups of the layer list, in order."""

_PRIMARY = ("township_hospital", "chc", "clinic", "village_clinic")
_HIDDEN_AT_FIRST = {"village_clinic", "aed"}

# Shape, sign and size of each kind. Shapes tell the groups apart, signs the kinds; tertiary hospitals are filled.
_SIGNS: dict[str, tuple[str, str, int]] = {
    "hospital": ("square", "+", 18),
    "tcm_hospital": ("square", "中", 18),
    "specialty_hospital": ("square", "专", 17),
    "mental_hospital": ("square", "精", 17),
    "dental_hospital": ("square", "口", 17),
    "infectious_hospital": ("square", "传", 17),
    "mch": ("square", "妇", 18),
    "township_hospital": ("circle", "+", 15),
    "chc": ("circle", "社", 16),
    "clinic": ("circle", "门", 14),
    "village_clinic": ("dot", "", 8),
    "ems_centre": ("diamond", "*", 25),
    "ems_subcentre": ("diamond", "*", 21),
    "ems_station": ("diamond", "*", 17),
}
_OTHER_SIGNS = {"support": "保", "reserve": "备", "public_health": "公", "social": "养", "site": "地"}


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where in the list a facility stands."""

    layer: str
    group: str
    title: Both
    symbol: str


def facility_layers(study: Study) -> list[Data]:
    """Return the facilities by kind and tier, with symbols and tooltips, without empty layers and what has closed.

    Where there are more than a page bears, the largest layers show only those with most beds; each says how many
    there are in all.
    """
    serving = set(active_facilities(study)["facility_id"])
    shared = _shared_doors(study)
    closed = (study.facilities["close_year"] <= study.year).fillna(value=False).to_numpy(dtype=bool)
    table: gpd.GeoDataFrame = study.facilities[~closed].sort_values(
        "beds", ascending=False, kind="stable", na_position="last"
    )
    places: dict[str, _Place] = {}
    rows: dict[str, list[Data]] = {}
    for row, at in zip(records(table), positions(table.geometry, study.crs), strict=True):
        place = _place_of(row, serves=row["facility_id"] in serving)
        beside = place.group == "ems" and row["facility_id"] in shared
        places[place.layer] = place
        rows.setdefault(place.layer, []).append({"at": at, "beside": beside, "lines": _facility_lines(row)})
    if len(study.aeds):
        places["aed"] = _Place(layer="aed", group="other", title=both("AED", "AEDs"), symbol="hexagon|a|13|")
        aeds = zip(records(study.aeds), positions(study.aeds.geometry, study.crs), strict=True)
        rows["aed"] = [{"at": at, "beside": False, "lines": _aed_lines(row)} for row, at in aeds]
    most = _most_each([len(found) for found in rows.values()])
    return [
        {
            "id": layer,
            "group": place.group,
            "title": place.title,
            "symbol": place.symbol,
            "show": place.group not in {"other", "planned"} and layer not in _HIDDEN_AT_FIRST,
            "total": len(rows[layer]),
            "rows": rows[layer][:most],
        }
        for layer, place in sorted(places.items(), key=lambda item: _order(item[1]))
    ]


def _order(place: _Place) -> tuple[int, int, str]:
    kinds = [*words.KINDS, "aed"]
    kind, _, tier = place.layer.partition("-")
    rank = -list(words.TIERS).index(tier) if tier in words.TIERS else 1
    at = kinds.index(kind) if kind in kinds else len(kinds)
    return list(GROUPS).index(place.group), at * len(words.TIERS) + rank, place.layer


def _most_each(sizes: list[int]) -> int:
    """Return how many of each layer fit, so that all layers together stay within what a page bears.

    Examples
    --------
    >>> _most_each([10, 20]), _most_each([1000, 1000, 10])
    (1400, 695)
    """
    if sum(sizes) <= _MOST_IN_ALL:
        return _MOST_IN_ALL
    return next(most for most in count(_MOST_IN_ALL, -1) if sum(min(size, most) for size in sizes) <= _MOST_IN_ALL)


def _place_of(row: Row, *, serves: bool) -> _Place:
    kind, tier = str(row["kind"]), text(row["tier"])
    if not serves:
        return _Place(layer="planned", group="planned", title=GROUPS["planned"], symbol="square|+|16|dashed")
    word = words.KINDS[kind]
    filled = "filled" if tier == "tertiary" else ""
    if kind == _TIERED and tier in words.TIERS:
        title = both(f"{words.TIERS[tier].zh}医院", f"{words.TIERS[tier].en} hospitals")
        layer = f"{kind}-{tier}"
    else:
        title, layer = of_word(word), kind
    shape, sign, size = _SIGNS.get(kind, ("small", _OTHER_SIGNS.get(word.group, ""), 14))
    return _Place(layer=layer, group=_group_of(kind), title=title, symbol=f"{shape}|{sign}|{size}|{filled}")


def _group_of(kind: str) -> str:
    if kind in _PRIMARY:
        return "primary"
    group = words.KINDS[kind].group
    return {"care": "hospital", "ems": "ems"}.get(group, "other")


def _shared_doors(study: Study) -> set[str]:
    """Return the ambulance bases that stand so close to another facility that one symbol would hide the other."""
    is_base = study.facilities["kind"].isin([kind for kind, word in words.KINDS.items() if word.group == "ems"])
    bases, others = study.facilities[is_base], study.facilities[~is_base]
    tree = shapely.STRtree(np.asarray(others.geometry.array, dtype=object))
    close, _ = tree.query(np.asarray(bases.geometry.array, dtype=object), predicate="dwithin", distance=_SAME_DOOR_M)
    return set(bases["facility_id"].to_numpy()[np.unique(close)])


def _facility_lines(row: Row) -> list[Both]:
    what = [words.KINDS[row["kind"]], *([words.TIERS[row["tier"]]] if text(row["tier"]) in words.TIERS else [])]
    lines = [named(row), both(" · ".join(word.zh for word in what), " · ".join(word.en for word in what))]
    beds = row["beds"]
    if text(beds) and int(beds) > 0:
        lines.append(both(f"床位 {int(beds):,}", f"{int(beds):,} beds"))
    if text(row.get("community")):
        role = words.ROLES.get(text(row.get("role")))
        said = (f"，{role.zh}", f", {role.en}") if role else ("", "")
        lines.append(both(f"{row['community']}{said[0]}", f"{row['community']}{said[1]}"))
    if text(row["status"]) == "planned":
        opens = f" {int(row['open_year'])}" if text(row["open_year"]) else ""
        lines.append(both(f"规划{opens}", f"planned{opens}"))
    lines.append(_position(text(row.get("position_quality")) or text(row["quality"])))
    return lines


def _aed_lines(row: Row) -> list[Both]:
    lines = [named(row), both(f"AED {int(row['devices'])} 台", f"{int(row['devices'])} AED")]
    if not pd.isna(row["place_kind"]) and row["place_kind"] in words.PUBLIC_PLACES:
        lines.append(of_word(words.PUBLIC_PLACES[row["place_kind"]]))
    return [*lines, _position(text(row["quality"]))]


def _position(quality: str) -> Both:
    word = words.QUALITIES.get(quality, words.QUALITIES["illustrative"])
    return both(f"位置：{word.zh}", f"position: {word.en}")
