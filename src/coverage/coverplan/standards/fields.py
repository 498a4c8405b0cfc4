"""How far everybody is from the facilities that a rule counts; each distinct question is put to the network once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import pandas as pd

from coverplan.core.errors import Cancelled
from coverplan.core.hours import share_open
from coverplan.core.model import Study, Toward
from coverplan.core.progress import SILENT, Progress
from coverplan.core.units import within
from coverplan.core.words import worst_quality
from coverplan.inputs.select import active_facilities, kinds_of
from coverplan.roads.network import Bool, Float, Network
from coverplan.standards.chosen import Need, matches, missing_for, no_such_facility, qualities_of
from coverplan.standards.params import ReachParams, ResponseParams, Where, WordBook
from coverplan.travel.periods import opening_hours
from coverplan.travel.router import Router, build_router
from coverplan.travel.times import straight_line, travel_times

if TYPE_CHECKING:
    import geopandas as gpd

PointParams = ReachParams | ResponseParams
Made = TypeVar("Made")
_TENTH = 0.1


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


FieldKey = tuple[tuple[str, ...], tuple[str, ...], bool, str, str, str, str]
"""What a check asks the network: kinds, tiers, with a vehicle, by what, profile, direction, further conditions."""
_OUR_WORDS = WordBook()


class Fields:
    """Answers questions about one study and network, and remembers the answers.

    `routers` were made before, for this study or one like it; those that fit are used, and those that have to be made
    stand in it afterwards. `known` are answers that are known already, by `field_key`.
    """

    def __init__(
        self,
        study: Study,
        network: Network,
        *,
        progress: Progress = SILENT,
        routers: dict[str, Router] | None = None,
        known: Mapping[FieldKey, PointField] | None = None,
    ) -> None:
        self.study = study
        self.network = network
        self._progress = progress
        self._shared: dict[str, Router] = {} if routers is None else routers
        self._routers: dict[str, Router] = {}
        self._known: dict[FieldKey, PointField] = {} if known is None else dict(known)
        self._said: dict[Hashable, Any] = {}

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what was made under a key before, or make it now; whoever takes it leaves it unchanged."""
        if key not in self._said:
            self._said[key] = make()
        return self._said[key]

    def __len__(self) -> int:
        """Return how many distinct questions were put to the network so far."""
        return len(self._known)

    def ask(self, params: PointParams, book: WordBook = _OUR_WORDS) -> PointField | Need:
        """Return the field of a reach or response check, or what the study lacks for it."""
        need = missing(self.study, params, book)
        if need is not None:
            return need
        key = field_key(params)
        if key not in self._known:
            self._known[key] = self.ask_at(self.study.people, params, book)
        return self._known[key]

    def ask_at(self, points: gpd.GeoDataFrame, params: PointParams, book: WordBook = _OUR_WORDS) -> PointField:
        """Return the same for other points than the people's, such as a grid; not remembered."""
        chosen, notes = counted_facilities(self.study, params, book)
        by = _by(params)
        value, facility_id, reason = self.measure(points, chosen, by=by, profile=params.profile, toward=params.toward)
        roads = [] if by == "line" else [self.network.quality]
        fleet = self.study.vehicles if params.with_vehicle else None
        return PointField(
            value=value,
            facility_id=facility_id,
            reason=reason,
            quality=worst_quality([*qualities_of(chosen, self.study.people, fleet), *roads]),
            notes=notes,
        )

    def measure(
        self, points: pd.DataFrame, facilities: pd.DataFrame, *, by: str, profile: str, toward: Toward
    ) -> tuple[Float, pd.Series, pd.Series]:
        """Measure from each point to its nearest facility: seconds (`by` time) or metres, which one, and why none.

        Both tables have positions (a geometry column), whatever they are called.
        """
        points, facilities = cast("gpd.GeoDataFrame", points), cast("gpd.GeoDataFrame", facilities)
        if self._progress.cancelled():
            raise Cancelled("stopped while travel times were computed")
        if by == "line":
            found = straight_line(self.study, facilities=facilities, points=points)
        else:
            found = travel_times(
                self.study,
                self.network,
                toward=toward,
                weight="time" if by == "time" else "distance",
                facilities=facilities,
                points=points,
                router=self._router(profile),
            )
        value = found["time_s" if by == "time" else "distance_m"].to_numpy()
        return value, found["facility_id"], found["reason"]

    def _router(self, profile: str) -> Router:
        if profile not in self._routers:
            made = self._shared.get(profile)
            if made is None or not self._fits(made):
                made = build_router(self.study, self.network, profile)
                self._shared.setdefault(profile, made)
            self._routers[profile] = made
        return self._routers[profile]

    def _fits(self, router: Router) -> bool:
        """Say whether a router made before has this network, these people and the speeds of this study."""
        speeds = self.study.profiles.get(router.profile.name)
        return router.network is self.network and router.people is self.study.people and router.profile == speeds


def field_key(params: PointParams) -> FieldKey:
    """Name the question that a check puts to the network; checks with the same name share the answer."""
    by = _by(params)
    profile, toward = ("", "") if by == "line" else (params.profile, params.toward)
    where = repr(sorted(params.where.items()))
    return kinds_of(params.kinds), tuple(sorted(params.tiers)), params.with_vehicle, by, profile, toward, where


def counted_facilities(
    study: Study, params: PointParams, book: WordBook = _OUR_WORDS
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Return the facilities in service that a check counts, and what was decided about their vehicles."""
    chosen = active_facilities(study, kinds=params.kinds, tiers=params.tiers)
    if params.where:
        chosen = chosen[matches(study, chosen, params.where, book)].reset_index(drop=True)
    chosen, notes = _with_vehicle(study, chosen) if params.with_vehicle else (chosen, ())
    return chosen, (*notes, *hours_note(chosen))


def hours_note(facilities: pd.DataFrame) -> tuple[str, ...]:
    """Say how many of those that count keep opening hours, as verdicts take them as always open; else nothing.

    Examples
    --------
    >>> hours_note(pd.DataFrame({"hours": ["mon-fri 8:00-18:00", "24/7", None]}))
    ('1 of the 3 that count keep opening hours; the verdict takes them as always open.',)
    """
    if "hours" not in facilities:
        return ()
    limited = sum(share_open(text) < 1 for text in opening_hours(facilities))
    if not limited:
        return ()
    return (
        f"{limited} of the {len(facilities)} that count keep opening hours; the verdict takes them as always open.",
    )


def _with_vehicle(study: Study, chosen: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Keep the facilities at which an emergency vehicle stands, and say how many these are."""
    if not len(study.vehicles):
        return chosen, ("No vehicle table: every such facility counts, whether or not an ambulance stands there.",)
    emergency = study.vehicles.loc[study.vehicles["duty"] == "emergency", "facility_id"]
    staffed = chosen["facility_id"].isin(emergency).to_numpy(dtype=bool)
    note = f"{int(staffed.sum())} of {len(chosen)} such facilities have an emergency vehicle and count."
    return chosen[staffed].reset_index(drop=True), (note,)


def missing(study: Study, params: PointParams, book: WordBook = _OUR_WORDS) -> Need | None:
    """Say what the study lacks for a check of points; None when nothing.

    A register without a single row of the kind, whatever its year, has not been filled in: no data. One that knows
    the kind, though none of it serves yet, is an answer: nobody is reached.
    """
    if not len(study.people):
        return missing_for(study, "people", {}, book)
    if params.people != "people" and study.people[params.people].isna().all():
        return missing_for(study, "people", {}, book, amount=params.people)
    if not len(study.facilities):
        return missing_for(study, "facilities", {}, book)
    rows = study.facilities
    kinds = kinds_of(params.kinds)
    fits = rows["kind"].isin(kinds) if kinds else rows["kind"].notna()
    if params.tiers:
        fits &= rows["tier"].isin(params.tiers)
    if not fits.any():
        return no_such_facility(kinds, params.tiers)
    return missing_where(study, params.where, book, among=fits)


def missing_where(study: Study, where: Where, book: WordBook, *, among: pd.Series) -> Need | None:
    """Say which column of the facilities table is not filled in among some of its rows."""
    if not where:
        return None
    part = replace(study, facilities=study.facilities[among.to_numpy(dtype=bool)].reset_index(drop=True))
    return missing_for(part, "facilities", where, book)


def keeps(value: Float, params: PointParams) -> Bool:
    """Say which values, in seconds or metres, keep a check's limit; what is unreached never does."""
    return within(value, strict_limit(params)) & np.isfinite(value)


def strict_limit(params: PointParams) -> float:
    """Return the largest value that keeps the limit, in seconds or metres; values are whole tenths."""
    return params.limit.inside - (_TENTH if params.operator == "<" else 0.0)


def _by(params: PointParams) -> str:
    return params.by if isinstance(params, ReachParams) else "time"
