"""Which hub people and facilities belong to: the nearest by road, or the one that serves their town."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverplan.core.tables import cells_of
from coverplan.inputs.select import active_facilities
from coverplan.standards.checks.bench import Bench
from coverplan.standards.chosen import Need, matches, missing_for, qualities_of
from coverplan.standards.params import Where, WordBook

if TYPE_CHECKING:
    import geopandas as gpd


@dataclass(frozen=True, kw_only=True, eq=False)
class Catchments:
    """The service areas of some hubs.

    Attributes
    ----------
    hubs
        The hubs in service, index 0..n-1.
    of_people
        The hub of every demand point; missing where there is none.
    assign, profile
        How a hub is found: `nearest` (travel time, the crew driving out) or `serves` (by town).
    """

    hubs: gpd.GeoDataFrame
    of_people: pd.Series
    assign: str
    profile: str
    quality: tuple[str, ...]
    notes: tuple[str, ...]


def build_catchments(bench: Bench, hubs: Where, book: WordBook, *, assign: str, profile: str) -> Catchments | Need:
    """Find the hubs and the people that belong to each, or what the study lacks for it."""
    study = bench.study
    need = missing_for(study, "facilities", hubs, book)
    if need is None and not len(study.people):
        need = missing_for(study, "people", {}, book)
    if need is not None:
        return need
    serving = active_facilities(study)
    chosen = serving[matches(study, serving, hubs, book)].reset_index(drop=True)
    if assign == "serves" and chosen["serves"].isna().all():
        return missing_for(study, "facilities", hubs, book, amount="serves") or _serves_need()
    if assign == "serves":
        of_people = served(bench, chosen, bench.people["area_id"])
        how = "A service area is the towns that a hub serves (column serves)."
        quality = qualities_of(chosen[["quality"]])
    else:
        of_people = nearest_hub(bench, chosen, study.people, profile)
        how = "A service area is where a hub is the nearest by travel time."
        quality = [*qualities_of(chosen, study.people), bench.fields.network.quality]
    return Catchments(
        hubs=chosen, of_people=of_people, assign=assign, profile=profile, quality=tuple(quality), notes=(how,)
    )


def _serves_need() -> Need:
    return Need(
        en="facilities.serves: the towns that each hub serves (fill in the column serves or 服务镇街)",
        zh="facilities.serves：各机构负责的镇街（请填写设施表的“服务镇街”列）",
    )


def served(bench: Bench, hubs: pd.DataFrame, area_id: pd.Series) -> pd.Series:
    """Return the hub that serves each area named, missing where none does; of several the first."""
    names = dict(zip(bench.areas["area"], bench.areas["area_id"], strict=True))
    hub_of: dict[str, str] = {}
    for hub, cell in zip(hubs["facility_id"], hubs["serves"], strict=True):
        for word in cells_of(cell):
            hub_of.setdefault(names.get(word, word), str(hub))
    found = [hub_of.get(str(area)) for area in area_id]
    return pd.Series(found, index=area_id.index, dtype=object)


def nearest_hub(bench: Bench, hubs: pd.DataFrame, points: pd.DataFrame, profile: str) -> pd.Series:
    """Return the hub from which each point is reached first, missing where none is."""
    named = points if "point_id" in points else points.assign(point_id=np.arange(len(points)).astype(str))
    _, hub, _ = bench.fields.measure(named, hubs, by="time", profile=profile, toward="demand")
    return pd.Series(hub.to_numpy(dtype=object), index=points.index, dtype=object)


def hub_of_rows(bench: Bench, areas: Catchments, rows: pd.DataFrame) -> pd.Series:
    """Return the hub that facilities, vehicles or devices belong to: a hub to itself, a vehicle where its base does."""
    facilities = bench.study.facilities.set_index("facility_id")
    located = rows
    if "geometry" not in rows:
        base = facilities.reindex(rows["facility_id"])
        located = base.reset_index().assign(row=rows.index).set_index("row")
    if areas.assign == "serves":
        found = served(bench, areas.hubs, located["area_id"].fillna(""))
    else:
        found = nearest_hub(bench, areas.hubs, located, areas.profile)
    found = pd.Series(found.to_numpy(dtype=object), index=rows.index, dtype=object)
    if "facility_id" in rows:
        is_hub = rows["facility_id"].isin(areas.hubs["facility_id"])
        found = found.mask(is_hub, rows["facility_id"])
    return found
