"""What a plan has: the facilities that a reading counts, their vehicles, and the people it is held against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coverplan.access.coverage import weighted_mean, weighted_quantile
from coverplan.core.errors import InputError, Problem
from coverplan.core.model import Study
from coverplan.core.units import METRES_PER_KM, SECONDS_PER_MINUTE, within
from coverplan.core.words import worst_quality
from coverplan.planning.ground import delay_of
from coverplan.planning.uncertainty.asked import Asked
from coverplan.planning.uncertainty.variation import draw_free
from coverplan.roads.network import Bool, Float, Int64, Network
from coverplan.standards.checks.bench import Bench, build_bench
from coverplan.standards.checks.points import Crowd, count_crowd, share_reached, weights_of
from coverplan.standards.chosen import Need, qualities_of, regions
from coverplan.standards.fields import Fields, counted_facilities, keeps, missing, strict_limit


@dataclass(frozen=True, kw_only=True)
class Held:
    """A draw held against the rule: people within the limit, the rule's figure, and whether it is met.

    By our own yardstick where the text sets none; None where there is neither.
    """

    inside: int
    figure: float
    met: bool | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Crews:
    """A plan as one reading sees it: f facilities, k demand points.

    Attributes
    ----------
    name
        What the plan is called.
    bench
        The study laid out for checks.
    people : (k,) int64
        Who counts at each demand point: of the reading's group, inside its region.
    facility_id : (f,) str
    x_m, y_m : (f,) float64
    vehicles : (f,) int64
        Emergency vehicles there; 1 where the study has no vehicles, or the reading counts none.
    delay_s
        What passes on the clock before the wheels roll.
    quality
        The weakest of all that it rests on.
    """

    name: str
    study: Study
    network: Network
    asked: Asked
    bench: Bench
    people: Int64
    facility_id: tuple[str, ...]
    x_m: Float
    y_m: Float
    vehicles: Int64
    delay_s: float
    quality: str

    def plain(self, value: Float) -> Crowd:
        """Hold seconds or metres of every demand point (the clock's delay not yet in them) against the rule."""
        asked = self.asked
        return count_crowd(self.bench, asked.rule, asked.params, value + self.delay_s, self.people)

    def judge(self, value: Float, plain: Crowd) -> Held:
        """Do the same for one draw, sooner; `plain` says what is asked of the figure."""
        params = self.asked.params
        later = value + self.delay_s
        inside = int(self.people[keeps(later, params)].sum())
        if params.level == "area":
            crowd = self.plain(value)
            return Held(inside=inside, figure=crowd.figure, met=is_met(crowd))
        limit = plain.limit if plain.limit is not None else plain.our_limit
        if params.statistic == "share":
            whole = plain.total["people"]
            figure = inside / whole if whole else float("nan")
            met = share_reached(inside, whole, limit) if limit is not None and whole else None
            return Held(inside=inside, figure=figure, met=met)
        figure = _statistic(params.statistic, later, self.people)
        keeps_it = bool(np.isfinite(figure) and within(figure, strict_limit(params)))
        size = SECONDS_PER_MINUTE if params.limit.unit == "min" else METRES_PER_KM
        return Held(inside=inside, figure=figure / size, met=keeps_it if limit is not None else None)

    def free(self, *, busy: float, draws: int, seed: int) -> Bool:
        """Say in which draws (columns) each facility (rows) has a vehicle that is free."""
        rows = [
            draw_free(name, int(count), busy=busy, draws=draws, seed=seed)
            for name, count in zip(self.facility_id, self.vehicles, strict=True)
        ]
        return np.array(rows, dtype=bool).reshape(len(rows), draws)


def gather(name: str, study: Study, network: Network, asked: Asked, *, busy: float = 0.0) -> Crews:
    """Gather what a reading counts in a study.

    Raises
    ------
    InputError
        When the study lacks something, or `busy` goes with a reading that counts no vehicles.
    """
    rule, params = asked.rule, asked.params
    region = regions(study, params.only_in)
    for need in (missing(study, params, rule.book), region):
        if isinstance(need, Need):
            raise InputError([Problem(what=f"{rule.rule_id} has no data: {need.en}")])
    if busy and not params.with_vehicle:
        what = f"{rule.rule_id}/{asked.reading.name} counts facilities, and no vehicles that could be busy"
        raise InputError([Problem(what=what, hint="leave busy out, or ask about a rule for ambulances")])
    chosen, _ = counted_facilities(study, params, rule.book)
    ids = tuple(chosen["facility_id"].astype(str))
    counted = params.with_vehicle and len(study.vehicles) > 0
    emergency = study.vehicles.loc[study.vehicles["duty"] == "emergency", "facility_id"].value_counts()
    bench = build_bench(study, Fields(study, network))
    fleet = study.vehicles if params.with_vehicle else None
    roads = [] if getattr(params, "by", "time") == "line" else [network.quality]
    return Crews(
        name=name,
        study=study,
        network=network,
        asked=asked,
        bench=bench,
        people=weights_of(bench, params, None if isinstance(region, Need) else region),
        facility_id=ids,
        x_m=np.asarray(chosen.geometry.x, dtype=np.float64),
        y_m=np.asarray(chosen.geometry.y, dtype=np.float64),
        vehicles=np.array([int(emergency[one]) if counted else 1 for one in ids], dtype=np.int64),
        delay_s=delay_of(study, params),
        quality=worst_quality([*qualities_of(chosen, study.people, fleet), *roads]),
    )


def is_met(crowd: Crowd) -> bool | None:
    """Say whether a rule is met, by our own yardstick where the text sets none; None where there is neither."""
    if crowd.status in {"met", "not_met"}:
        return crowd.status == "met"
    return None if crowd.our_status is None else crowd.our_status == "met"


def _statistic(name: str, value: Float, people: Int64) -> float:
    """Return a statistic of what everybody has, in seconds or metres."""
    if name == "mean":
        return weighted_mean(value, people)
    if name == "max":
        return float(value[people > 0].max(initial=-np.inf))
    return weighted_quantile(value, people, {"median": 0.5, "p90": 0.9}[name])
