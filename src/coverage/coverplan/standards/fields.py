"""How far everybody is from the facilities that a rule counts; each distinct question is put to the network once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverplan.core.errors import Cancelled
from coverplan.core.model import Study
from coverplan.core.progress import SILENT, Progress
from coverplan.core.units import within
from coverplan.core.words import KINDS, TIERS, worst_quality
from coverplan.inputs.select import active_facilities, kinds_of
from coverplan.roads.network import Bool, Float, Network
from coverplan.standards.params import ReachParams, ResponseParams
from coverplan.travel.router import Router, build_router
from coverplan.travel.times import straight_line, travel_times

if TYPE_CHECKING:
    import geopandas as gpd

PointParams = ReachParams | ResponseParams
_TENTH = 0.1


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a study lacks before a rule can be checked, in both languages."""

    en: str
    zh: str


@dataclass(frozen=True, kw_only=True, eq=False)
class PointField:
    """For every demand point, how far the nearest facility that counts is.

    Attributes
    ----------
    value : (k,) float64
        Seconds (travel alone) or metres; `inf` = unreached.
    facility_id, reason
        As `travel.times.travel_times` gives them.
    quality
        The weakest quality of facilities, people, roads and vehicles that it rests on.
    notes
        What was decided on the way.
    """

    value: Float
    facility_id: pd.Series
    reason: pd.Series
    quality: str
    notes: tuple[str, ...]


_Key = tuple[tuple[str, ...], tuple[str, ...], bool, str, str, str]


class Fields:
    """Answers questions about one study and network, and remembers the answers."""

    def __init__(self, study: Study, network: Network, *, progress: Progress = SILENT) -> None:
        self.study = study
        self.network = network
        self._progress = progress
        self._routers: dict[str, Router] = {}
        self._known: dict[_Key, PointField] = {}

    def __len__(self) -> int:
        """Return how many distinct questions were put to the network so far."""
        return len(self._known)

    def ask(self, params: PointParams) -> PointField | Need:
        """Return the field of a reach or response check, or what the study lacks for it."""
        need = missing(self.study, params)
        if need is not None:
            return need
        key = field_key(params)
        if key not in self._known:
            if self._progress.cancelled():
                raise Cancelled("stopped while travel times were computed")
            self._known[key] = self._measure(params)
        return self._known[key]

    def _measure(self, params: PointParams) -> PointField:
        chosen, notes = counted_facilities(self.study, params)
        by = _by(params)
        qualities = [*_qualities(chosen), *_qualities(self.study.people)]
        if params.with_vehicle:
            qualities += _qualities(self.study.vehicles)
        if by == "line":
            found = straight_line(self.study, facilities=chosen)
        else:
            qualities.append(self.network.quality)
            weight = "time" if by == "time" else "distance"
            router = self._router(params.profile)
            found = travel_times(
                self.study, self.network, toward=params.toward, weight=weight, facilities=chosen, router=router
            )
        return PointField(
            value=found["time_s" if by == "time" else "distance_m"].to_numpy(),
            facility_id=found["facility_id"],
            reason=found["reason"],
            quality=worst_quality(qualities),
            notes=notes,
        )

    def _router(self, profile: str) -> Router:
        if profile not in self._routers:
            self._routers[profile] = build_router(self.study, self.network, profile)
        return self._routers[profile]


def field_key(params: PointParams) -> _Key:
    """Name the question that a check puts to the network; checks with the same name share the answer."""
    by = _by(params)
    profile, toward = ("", "") if by == "line" else (params.profile, params.toward)
    return kinds_of(params.kinds), tuple(sorted(params.tiers)), params.with_vehicle, by, profile, toward


def counted_facilities(study: Study, params: PointParams) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Return the facilities in service that a check counts, and what was decided about their vehicles."""
    chosen = active_facilities(study, kinds=params.kinds, tiers=params.tiers)
    if not params.with_vehicle:
        return chosen, ()
    if not len(study.vehicles):
        return chosen, ("No vehicle table: every such facility counts, whether or not an ambulance stands there.",)
    emergency = study.vehicles.loc[study.vehicles["duty"] == "emergency", "facility_id"]
    staffed = chosen["facility_id"].isin(emergency).to_numpy(dtype=bool)
    note = f"{int(staffed.sum())} of {len(chosen)} such facilities have an emergency vehicle and count."
    return chosen[staffed].reset_index(drop=True), (note,)


def missing(study: Study, params: PointParams) -> Need | None:
    """Say what the study lacks for a check of points; None when nothing.

    A register without a single row of the kind, whatever its year, has not been filled in: no data. One that knows
    the kind, though none of it serves yet, is an answer: nobody is reached.
    """
    if not len(study.people):
        return Need(en="the people table", zh="人口表")
    if not len(study.facilities):
        return Need(en="the facilities table", zh="设施表")
    rows = study.facilities
    kinds = kinds_of(params.kinds)
    fits = rows["kind"].isin(kinds) if kinds else rows["kind"].notna()
    if params.tiers:
        fits &= rows["tier"].isin(params.tiers)
    if fits.any():
        return None
    en = " or ".join(KINDS[kind].en for kind in kinds) or "facility of any kind"
    zh = "、".join(KINDS[kind].zh for kind in kinds) or "设施"
    if params.tiers:
        en += f" of tier {' or '.join(TIERS[tier].en for tier in params.tiers)}"
        zh = f"{'、'.join(TIERS[tier].zh for tier in params.tiers)}的{zh}"
    return Need(en=f"at least one {en} in the facilities table", zh=f"设施表中至少一个{zh}")


def keeps(value: Float, params: PointParams) -> Bool:
    """Say which values, in seconds or metres, keep a check's limit; what is unreached never does."""
    return within(value, strict_limit(params)) & np.isfinite(value)


def strict_limit(params: PointParams) -> float:
    """Return the largest value that keeps the limit, in seconds or metres; values are whole tenths."""
    return params.limit.inside - (_TENTH if params.operator == "<" else 0.0)


def _by(params: PointParams) -> str:
    return params.by if isinstance(params, ReachParams) else "time"


def _qualities(table: pd.DataFrame) -> list[str]:
    columns = [name for name in ("quality", "position_quality") if name in table]
    return [str(value) for name in columns for value in table[name].dropna().unique()]
