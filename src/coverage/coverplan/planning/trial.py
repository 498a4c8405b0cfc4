"""What each proposed site adds alone, and all of them together: for the rules that its kind has to do with.

The nearest of several facilities is the nearest of those there are, or of the new one, whichever is nearer. So what
everybody's way is now is computed once, what each new site reaches is computed alone, and any selection of sites is
the smaller of the two, point by point: exactly what measuring everything anew would say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from coverplan.core.model import Study
from coverplan.core.units import from_tenths
from coverplan.core.words import KINDS, worst_quality
from coverplan.inputs.select import kinds_of
from coverplan.planning.ground import TrialGround, delay_of, drive_limit, measured_by, straight
from coverplan.planning.sites import Site, as_scenario, check_sites, site_xy
from coverplan.roads.network import Bool, Float, Snaps
from coverplan.scenarios.apply import apply
from coverplan.scenarios.facilities import placed
from coverplan.standards.assess import CHECKS
from coverplan.standards.checks.bench import build_bench
from coverplan.standards.fields import FieldKey, Fields, PointField, PointParams, field_key, keeps
from coverplan.standards.findings import Assessment, Finding
from coverplan.standards.params import ReachParams, ResponseParams
from coverplan.travel.nearest import find_nearest

TRIAL_COLUMNS: dict[str, str] = {
    "rule_id": "The rule.",
    "reading": "Name of the reading.",
    "site": "The site alone; `all` for all of them together.",
    "people_before": "People within the limit now.",
    "people_after": "People within it with the site.",
    "gained": "People who come within the limit.",
    "only_here": "Of all that come within with all sites together, those who would not without this one.",
    "figure_before": "The finding's figure now.",
    "figure_after": "And with it; missing for single sites where the figure is no share.",
    "unit": "What the figure counts.",
    "status_before": "met, not_met, measured or no_data now.",
    "status_after": "And with all sites together; empty for single sites of several.",
}
"""Columns of `Trial.rules`."""

TOWN_COLUMNS: dict[str, str] = {
    "rule_id": "The rule.",
    "reading": "Name of the reading.",
    "site": "The site alone; `all` for all of them together.",
    "area_id": "Town or street that gains.",
    "area": "Its Chinese name.",
    "area_en": "Its English name.",
    "gained": "People of it who come within the limit.",
}
"""Columns of `Trial.towns`."""

ALL = "all"


@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """Where a site lies: its town, how far it is from the road, and the nearest of its group, as the crow flies.

    `on_road` is False where no road is so near that anybody sets out from there; `answers_calls` is
    True for ambulance stations of every kind.
    """

    site: Site
    area_id: str
    offroad_m: float
    nearest_m: float
    nearest: str
    on_road: bool = True
    answers_calls: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """What proposed sites add.

    Attributes
    ----------
    rules
        `TRIAL_COLUMNS`: every touched reading for each site alone, then for all together.
    towns
        `TOWN_COLUMNS`: who gains, most first.
    together
        The study with all sites, held against the touched rules.
    """

    ground: TrialGround
    placed: tuple[Placed, ...]
    rules: pd.DataFrame
    towns: pd.DataFrame
    together: Assessment

    @property
    def flips(self) -> pd.DataFrame:
        """The rows of `rules` whose status changes with all sites together."""
        together = self.rules[self.rules["site"] == ALL]
        return together[together["status_before"] != together["status_after"]].reset_index(drop=True)


def try_sites(ground: TrialGround, sites: Sequence[Site]) -> Trial:
    """Say what proposed sites add: each alone, and all of them together.

    Parameters
    ----------
    ground
        From `build_trial`.
    sites
        One or several.

    Returns
    -------
    Trial

    Raises
    ------
    InputError
        When sites lie outside the study area or share a name.

    Examples
    --------
    A second crew in the middle of the toy county:

    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> ground = cp.build_trial(study, cp.build_network(study))
    >>> trial = try_sites(ground, [Site(name="桥头站", lon=118.545, lat=24.72)])
    >>> trial.rules["site"].unique().tolist()
    ['桥头站', 'all']
    """
    check_sites(ground.study, sites)
    ways = {key: _ways(ground, params, sites) for key, params in _asked(ground).items()}
    names = [site.name for site in sites]
    later, told = _case(ground, sites, ways)
    crowds = _Crowds(ground, sites, ways)
    rows, towns = [], []
    for verdict in ground.base.verdicts:
        for finding in verdict.findings:
            each = [crowds.alone(finding, i) for i in range(len(sites))]
            rows += [row for row in each if row is not None]
            rows.append(_row(finding, told[finding.key].finding))
            towns += crowds.towns(finding)
    table = pd.DataFrame(rows, columns=list(TRIAL_COLUMNS))
    place = {name: i for i, name in enumerate([*names, ALL])}
    table = table.sort_values("site", key=lambda column: column.map(place), kind="stable", ignore_index=True)
    gains = pd.DataFrame(towns, columns=list(TOWN_COLUMNS))
    verdicts = tuple(
        replace(verdict, findings=tuple(told[f.key].finding for f in verdict.findings))
        for verdict in ground.base.verdicts
    )
    points = {key: one.points for key, one in told.items() if one.points is not None}
    return Trial(
        ground=ground,
        placed=tuple(_placed(ground, sites)),
        rules=table.astype({"only_here": "float64"}),
        towns=gains.sort_values("gained", ascending=False, kind="stable", ignore_index=True),
        together=Assessment(study=later, network=ground.network, verdicts=verdicts, points=points),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Told:
    finding: Finding
    points: pd.DataFrame | None


_Ways = Mapping[FieldKey, Float]


def _asked(ground: TrialGround) -> dict[FieldKey, PointParams]:
    """Return the questions that sites of this kind answer too, by what the network is asked."""
    found: dict[FieldKey, PointParams] = {}
    for _, _, params in ground.questions:
        counts = ground.kind in kinds_of(params.kinds) and not params.tiers and not params.where
        if counts and field_key(params) in ground.fields:
            found.setdefault(field_key(params), params)
    return found


def _ways(ground: TrialGround, params: PointParams, sites: Sequence[Site]) -> Float:
    """Return seconds or metres between every site (rows) and every demand point; `inf` where a site does not count."""
    x, y = site_xy(ground.study, sites)
    told = np.full((len(sites), len(ground.study.people)), np.inf)
    for i, site in enumerate(sites):
        if params.with_vehicle and not site.vehicles and len(ground.study.vehicles):
            continue
        if measured_by(params) == "line":
            told[i] = straight(ground.study, x[i], y[i])
            continue
        router = ground.routers[params.profile]
        snaps = router.snaps_at(x[i : i + 1], y[i : i + 1])
        weight = "time" if measured_by(params) == "time" else "distance"
        told[i] = find_nearest(router.graph, router.people_snaps, snaps, toward=params.toward, weight=weight).value
    return told


def _case(ground: TrialGround, sites: Sequence[Site], ways: _Ways) -> tuple[Study, dict[str, _Told]]:
    """Hold the study with all sites against the touched rules."""
    later = apply(ground.study, as_scenario(sites, kind=ground.kind))
    known = {key: _merged(ground, key, ways[key], sites) for key in ways}
    fields = Fields(later, ground.network, routers=ground.routers, known=known)
    bench, told = build_bench(later, fields), {}
    findings: dict[str, tuple[Finding, ...]] = {}
    for rule in sorted(ground.rules, key=lambda rule: rule.check == "trend"):
        bench = replace(bench, findings=MappingProxyType(dict(findings)))
        outcomes = [CHECKS[rule.check](bench, rule, reading, reading.params) for reading in rule.readings]
        findings[rule.rule_id] = tuple(outcome.finding for outcome in outcomes)
        told |= {outcome.finding.key: _Told(finding=outcome.finding, points=outcome.points) for outcome in outcomes}
    return later, told


def _merged(ground: TrialGround, key: FieldKey, ways: Float, sites: Sequence[Site]) -> PointField:
    """Return how far everybody is when the nearest may be a site; what is there already wins ties."""
    base = ground.fields[key]
    # New facilities stand in the order of their names, and the first of those equally near is taken.
    order = sorted(range(len(sites)), key=lambda i: sites[i].name)
    best = ways[order].argmin(axis=0)
    value = ways[order][best, np.arange(ways.shape[1])]
    nearer: Bool = value < base.value
    ids = np.array([f"try/{sites[i].name}" for i in order], dtype=object)
    facility = base.facility_id.astype(object).mask(nearer, pd.Series(ids[best], dtype=object))
    return PointField(
        value=np.where(nearer, value, base.value),
        facility_id=facility.astype("str"),
        reason=base.reason.mask(nearer, ""),
        quality=worst_quality([base.quality, "estimated"]),
        notes=base.notes,
    )


def _row(before: Finding, after: Finding, name: str = ALL) -> dict[str, object]:
    return {
        "rule_id": after.rule_id,
        "reading": after.reading.name,
        "site": name,
        "people_before": before.people_within,
        "people_after": after.people_within,
        "gained": after.people_within - before.people_within,
        "only_here": float("nan"),
        "figure_before": before.figure,
        "figure_after": after.figure,
        "unit": after.unit,
        "status_before": before.status,
        "status_after": after.status,
    }


class _Crowds:
    """Who comes within a limit by which sites; readings that ask the same share the answer."""

    def __init__(self, ground: TrialGround, sites: Sequence[Site], ways: _Ways) -> None:
        self.ground, self.sites, self.ways = ground, sites, ways
        self._came: dict[tuple[FieldKey, float], Bool] = {}

    def _counts(self, finding: Finding) -> PointParams | None:
        params = finding.reading.params
        if not isinstance(params, ReachParams | ResponseParams) or finding.key not in self.ground.base.points:
            return None
        return params if field_key(params) in self.ways else None

    def _reached(self, params: PointParams) -> Bool:
        """Say whom each site (rows) brings within the limit who is beyond it now."""
        key = (field_key(params), drive_limit(self.ground.study, params))
        if key not in self._came:
            delay = delay_of(self.ground.study, params)
            inside = keeps(self.ground.fields[key[0]].value + delay, params)
            self._came[key] = keeps(self.ways[key[0]] + delay, params) & ~inside
        return self._came[key]

    def alone(self, finding: Finding, i: int) -> dict[str, object] | None:
        """Return the row of one site for one finding; None where it holds no people against a limit."""
        params = self._counts(finding)
        if params is None:
            return None
        came, people = self._reached(params), self.ground.base.points[finding.key]["people"].to_numpy(dtype=float)
        gained = float(people[came[i]].sum())
        after = finding.people_within + gained
        is_share = finding.unit == "share_people" and finding.people
        return {
            "rule_id": finding.rule_id,
            "reading": finding.reading.name,
            "site": self.sites[i].name,
            "people_before": finding.people_within,
            "people_after": after,
            "gained": gained,
            "only_here": float(people[came[i] & (came.sum(axis=0) == 1)].sum()),
            "figure_before": finding.figure,
            "figure_after": after / finding.people if is_share else float("nan"),
            "unit": finding.unit,
            "status_before": finding.status,
            "status_after": "",
        }

    def towns(self, finding: Finding) -> list[dict[str, object]]:
        """Return who gains, site by site and with all of them."""
        params = self._counts(finding)
        if params is None:
            return []
        areas = self.ground.study.areas
        names = dict(zip(areas["area_id"], zip(areas["name"], areas["name_en"], strict=True), strict=True))
        points, came = self.ground.base.points[finding.key], self._reached(params)
        area, people = points["area_id"].to_numpy(dtype=object), points["people"].to_numpy(dtype=float)
        rows: list[dict[str, object]] = []
        for name, hit in [*((site.name, came[i]) for i, site in enumerate(self.sites)), (ALL, came.any(axis=0))]:
            sums: dict[str, float] = {}
            for area_id, count in zip(area[hit], people[hit], strict=True):
                sums[str(area_id)] = sums.get(str(area_id), 0.0) + float(count)
            for area_id, gained in sums.items():
                zh, en = names.get(area_id, ("镇街以外", "outside every area"))
                rows.append(
                    {"rule_id": finding.rule_id, "reading": finding.reading.name, "site": name, "area_id": area_id,
                     "area": zh, "area_en": en, "gained": gained}
                )  # fmt: skip
        return [row for row in rows if row["gained"]]


def _placed(ground: TrialGround, sites: Sequence[Site]) -> list[Placed]:
    """Say where sites lie, seen from the first profile that the rules use."""
    table = ground.study.facilities
    there = table[(table["kind"].isin(kinds_of(KINDS[ground.kind].group or ground.kind))).to_numpy(dtype=bool)]
    x, y = site_xy(ground.study, sites)
    router = next(iter(ground.routers.values()), None)
    snaps: Snaps | None = None if router is None else router.snaps_at(x, y)
    told = []
    for i, site in enumerate(sites):
        _, area = placed(ground.study, (site.lon, site.lat))
        away = np.hypot(there.geometry.x.to_numpy() - x[i], there.geometry.y.to_numpy() - y[i])
        first = int(away.argmin()) if len(away) else -1
        told.append(
            Placed(
                site=site,
                area_id=area or "",
                offroad_m=float("nan") if snaps is None else float(from_tenths(snaps.offroad_dm[i])),
                nearest_m=float(away[first]) if first >= 0 else float("inf"),
                nearest=str(there["name"].iloc[first]) if first >= 0 else "",
                on_road=snaps is None or bool(np.isfinite(snaps.offroad_ds[i])),
                answers_calls=KINDS[ground.kind].group == "ems",
            )
        )
    return told
