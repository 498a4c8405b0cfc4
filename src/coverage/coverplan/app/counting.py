"""People within a limit, counted quickly: the same numbers as the checks of `standards` give."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverplan.access.coverage import weighted_mean, weighted_quantile
from coverplan.app.world import Question
from coverplan.core.model import Study
from coverplan.core.units import METRES_PER_KM, SECONDS_PER_MINUTE, from_tenths, tenths, unproject, within
from coverplan.outputs.phrases import Both, both
from coverplan.planning.ground import delay_of
from coverplan.roads.network import Bool, Float, Int64
from coverplan.standards.checks.bench import ELSEWHERE_EN, ELSEWHERE_ZH
from coverplan.standards.checks.points import asked_figure, our_figure, share_reached
from coverplan.standards.chosen import Need, regions
from coverplan.standards.fields import PointParams, keeps, strict_limit
from coverplan.standards.findings import Finding, Status

if TYPE_CHECKING:
    import geopandas as gpd

_NOWHERE = -1
_MOST_COUNTED = 100_000.0
_NO_AREAS = pd.DataFrame()


@dataclass(frozen=True, kw_only=True, eq=False)
class Residents:
    """The people of a study as arrays, one entry per demand point: k of them.

    Attributes
    ----------
    area : (k,) int64
        Row of the areas table, -1 for who lies in none.
    place : (k,) int64
        Village or community, an index into `place_name`; points without one are a place of their own.
    named : (k,) bool
        Whether the table says which village or community the point belongs to.
    lon, lat : (k,) float64
        Where it is, to about a metre.
    x_m, y_m : (k,) float64
        The same in the study's CRS, as exact as it is given.
    towns
        Identifier and names of every area, in the order of the areas table; last, without an identifier, what lies in
        none.
    """

    study: Study
    people: gpd.GeoDataFrame
    point_id: np.ndarray
    area: Int64
    place: Int64
    place_name: np.ndarray
    named: Bool
    lon: Float
    lat: Float
    x_m: Float
    y_m: Float
    towns: tuple[tuple[str, Both], ...]
    _weights: dict[tuple[str, tuple[str, ...]], Int64 | Need] = field(default_factory=dict, repr=False)
    _everyone: dict[tuple[str, tuple[str, ...]], Float] = field(default_factory=dict, repr=False)

    def weights(self, params: PointParams) -> Int64 | Need:
        """Return how many people count at each point, or what the study lacks to say so."""
        key = (params.people, params.only_in)
        found = self._weights.get(key)
        if found is None:
            found = self._weights[key] = self._weigh(params)
        return found

    def everyone(self, params: PointParams) -> Float:
        """Return how many people count in each area, in the order of `towns`."""
        key = (params.people, params.only_in)
        found = self._everyone.get(key)
        if found is None:
            weight = self.weights(params)
            number = np.zeros(len(self.area), dtype=np.int64) if isinstance(weight, Need) else weight
            found = self._everyone[key] = people_by_area(self, np.ones(len(number), dtype=bool), number)
        return found

    def straight(self, x_m: float, y_m: float) -> Float:
        """Return metres in a straight line from a spot to every demand point, whole tenths."""
        return from_tenths(tenths(np.hypot(self.x_m - x_m, self.y_m - y_m)))

    def _weigh(self, params: PointParams) -> Int64 | Need:
        region = regions(self.study, params.only_in)
        if isinstance(region, Need):
            return region
        number = self.people[params.people].fillna(0).to_numpy(dtype=np.int64)
        if region is None:
            return number
        ids = np.array([area_id for area_id, _ in self.towns], dtype=object)
        inside = region.holds(pd.Series(ids[self.area], dtype="str"), self.people["geometry"])
        return np.where(inside, number, 0)


def residents_of(study: Study) -> Residents:
    """Lay the people of a study out as arrays."""
    people = study.people
    ids = people["point_id"].astype("str").to_numpy(dtype=object)
    areas = pd.Index(study.areas["area_id"].astype("str").to_numpy(dtype=object))
    named = (people["place_id"].notna() & (people["place_id"] != "")).to_numpy(dtype=bool)
    keys = np.where(named, people["place_id"].astype(object).to_numpy(), ids)
    code, _ = pd.factorize(keys)
    said = people["place"].where(people["place"].notna(), "").astype(object).to_numpy()
    names = np.where(said == "", keys, said)
    first = np.full(int(code.max(initial=-1)) + 1, 0)
    first[code[::-1]] = np.arange(len(code))[::-1]
    x, y = (np.asarray(part, dtype=np.float64) for part in (people.geometry.x, people.geometry.y))
    lon, lat = unproject(x, y, study.crs)
    rows = study.areas[["area_id", "name", "name_en"]].astype(object).itertuples(index=False, name=None)
    towns = [(str(area_id), both_names(zh, en)) for area_id, zh, en in rows]
    return Residents(
        study=study,
        people=people,
        point_id=ids,
        area=areas.get_indexer(pd.Index(people["area_id"].astype(object).to_numpy())).astype(np.int64),
        place=code.astype(np.int64),
        place_name=names[first],
        named=named,
        lon=lon.round(5),
        lat=lat.round(5),
        x_m=x,
        y_m=y,
        towns=(*towns, ("", both(ELSEWHERE_ZH, ELSEWHERE_EN))),
    )


def both_names(zh: object, en: object) -> Both:
    """Pair two names; where there is no English one, the Chinese one stands in."""
    first = zh if isinstance(zh, str) else ""
    return both(first, en if isinstance(en, str) and en else first)


@dataclass(frozen=True, kw_only=True, eq=False)
class Count:
    """What a question comes out as; the figure, people and status of its finding.

    Attributes
    ----------
    figure
        A share, or a statistic in the unit of the limit; NaN without data, `inf` when it is endless.
    people, people_within
        Everyone who counts, and those within the limit; the latter NaN without data.
    weight, inside, value
        By demand point: how many people count, whether they are within, seconds or metres; None without data.
    """

    status: Status
    figure: float
    people: float
    people_within: float
    weight: Int64 | None = None
    inside: Bool | None = None
    value: Float | None = None


def unit_of(params: PointParams) -> str:
    """Return what the figure of a question counts: `share_people`, `share_places`, `min` or `km`."""
    return f"share_{getattr(params, 'of', 'people')}" if params.statistic == "share" else params.limit.unit


def finding_of(question: Question, count: Count) -> Finding:
    """Put a count into the shape of a finding, without its areas and sentences, so that both are worded alike."""
    params = question.params
    outside = count.people - count.people_within
    return Finding(
        rule_id=question.rule.rule_id,
        reading=question.reading,
        status=count.status,
        figure=count.figure,
        unit=unit_of(params),
        limit=asked_figure(params),
        our_limit=our_figure(question.rule, params),
        shortfall=0.0 if count.status == "met" else outside,
        shortfall_unit="people",
        statement_en="",
        statement_zh="",
        areas=_NO_AREAS,
        quality="",
        point_limit=params.limit.value,
        point_unit=params.limit.unit,
        people=count.people,
        people_within=count.people_within,
        people_outside=outside,
    )


def size_of(params: PointParams) -> float:
    """Return how many seconds, or metres, the unit of a question's limit has."""
    return SECONDS_PER_MINUTE if params.limit.unit == "min" else METRES_PER_KM


def nothing_to_count(residents: Residents) -> Count:
    """Return the count of a question that lacks data."""
    everyone = float(residents.people["people"].sum())
    return Count(status="no_data", figure=float("nan"), people=everyone, people_within=float("nan"))


def count(residents: Residents, question: Question, way: Float) -> Count:
    """Count who keeps a question's limit.

    Parameters
    ----------
    residents
        Whom.
    question
        Against which limit.
    way
        Seconds or metres to the nearest facility that counts, of every demand point; what passes before the wheels
        roll is added here.
    """
    params = question.params
    weight = residents.weights(params)
    if isinstance(weight, Need) or (unit_of(params) == "share_places" and not residents.named.any()):
        return nothing_to_count(residents)
    value = way + delay_of(residents.study, params)
    inside = keeps(value, params)
    parts = _places(residents, weight, inside) if unit_of(params) == "share_places" else None
    figure, status = _judged(params, value, weight, inside, parts)
    told = Count(
        status=status,
        figure=figure,
        people=float(weight.sum()),
        people_within=float(weight[inside].sum()),
        weight=weight,
        inside=inside,
        value=value,
    )
    return _of_worst_area(residents, params, told) if params.level == "area" else told


def _judged(
    params: PointParams, value: Float, weight: Int64, inside: Bool, parts: tuple[Int64, Bool] | None
) -> tuple[float, Status]:
    """Return the figure of some points and its status; `parts` are the places they belong to, where these count."""
    everyone = int(weight.sum())
    hit, whole = (int(weight[inside].sum()), everyone) if parts is None else (int(parts[1].sum()), len(parts[1]))
    figure = hit / whole if whole else float("nan")
    raw = figure if params.statistic == "share" else _statistic(params.statistic, value, weight)
    shown = raw if params.statistic == "share" else raw / size_of(params)
    asked = asked_figure(params)
    if not whole or not everyone:
        return shown, "no_data"
    if asked is None:
        return shown, "measured"
    if params.statistic == "share":
        good = share_reached(hit, whole, asked)
    else:
        good = bool(np.isfinite(raw) and within(raw, strict_limit(params)))
    return shown, "met" if good else "not_met"


def _statistic(name: str, value: Float, weight: Int64) -> float:
    if name == "mean":
        return weighted_mean(value, weight)
    if name == "max":
        return float(value[weight > 0].max()) if weight.sum() else float("nan")
    return _quantile(value, weight, {"median": 0.5, "p90": 0.9}[name])


def _quantile(value: Float, weight: Int64, q: float) -> float:
    """Return what `access.coverage.weighted_quantile` does, sooner: values are whole tenths, so they can be counted."""
    finite = np.isfinite(value)
    everyone = int(weight.sum())
    if not everyone or not finite.any() or value[finite].max() > _MOST_COUNTED:
        return weighted_quantile(value, weight, q)
    share = Fraction(str(q))
    enough = -(-share.numerator * everyone // share.denominator)
    key = np.where(finite, np.rint(tenths(np.where(finite, value, 0.0))), 0).astype(np.int64)
    running = np.cumsum(np.bincount(key, weights=np.where(finite, weight, 0)))
    if running[-1] < enough:
        return float("inf")
    # The value itself, not what its key would make: the last digit counts.
    hit = np.searchsorted(running, enough)
    return float(value[np.flatnonzero(finite & (key == hit))[0]])


def _places(residents: Residents, weight: Int64, inside: Bool) -> tuple[Int64, Bool]:
    """Return the area of every place, that of its first point, and whether all its people are within."""
    counts = residents.named & (weight > 0)
    code = residents.place[counts]
    kept, first = np.unique(code, return_index=True)
    outside = np.zeros(int(code.max(initial=-1)) + 1, dtype=bool)
    outside[code[~inside[counts]]] = True
    return residents.area[counts][first], ~outside[kept]


def _of_worst_area(residents: Residents, params: PointParams, told: Count) -> Count:
    """Return a count with the figure of the worst area, and met only when every area where somebody lives is."""
    value, weight, inside = told.value, told.weight, told.inside
    assert value is not None and weight is not None and inside is not None  # noqa: PT018, S101 - there was data
    by_place = _places(residents, weight, inside) if unit_of(params) == "share_places" else None
    each = []
    for i in np.unique(residents.area):
        mask = residents.area == i
        parts = None if by_place is None else (by_place[0][by_place[0] == i], by_place[1][by_place[0] == i])
        each.append(_judged(params, value[mask], weight[mask], inside[mask], parts))
    lived = [(figure, said) for figure, said in each if said != "no_data"]
    if not lived:
        return replace(told, figure=float("nan"))
    figures = [figure for figure, _ in lived]
    figure = min(figures) if params.statistic == "share" else float(np.max(figures))
    if all(said == "measured" for _, said in lived):
        return replace(told, figure=figure, status="measured")
    return replace(told, figure=figure, status="met" if all(said == "met" for _, said in lived) else "not_met")


def people_by_area(residents: Residents, mask: Bool, weight: Int64) -> Float:
    """Add up the people of some points by area, in the order of the areas table; last those who lie in none."""
    # Who lies in none has the area -1, which is the last one.
    slot = np.where(residents.area == _NOWHERE, len(residents.towns) - 1, residents.area)
    return np.bincount(slot, weights=weight * mask, minlength=len(residents.towns)).astype(np.float64)


def matched(base: Residents, later: Residents) -> Int64 | None:
    """Return for every point of `later` its row in `base`, -1 for who came; None when they are the same."""
    if base.people is later.people:
        return None
    n = len(base.point_id)
    if len(later.point_id) == n and bool((base.point_id == later.point_id).all()):
        return None
    return pd.Index(base.point_id).get_indexer(pd.Index(later.point_id)).astype(np.int64)


def gained_and_lost(base: Count, later: Count, rows: Int64 | None) -> tuple[float, float]:
    """Return how many people come within a limit, and how many no longer are; who came to live counts as neither.

    `rows` says which point of the base each later one is (`matched`).
    """
    if base.inside is None or later.inside is None or base.weight is None or later.weight is None:
        return 0.0, 0.0
    was, old, there = base.inside, base.weight, np.ones(len(later.inside), dtype=bool)
    if rows is not None:
        was, old, there = was[rows] & (rows >= 0), np.where(rows >= 0, old[rows], 0), rows >= 0
    return float(later.weight[later.inside & ~was & there].sum()), float(old[was & ~later.inside].sum())
