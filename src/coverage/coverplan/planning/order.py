"""Which project first: the one that brings most people under the standard, per year of building or per yuan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from coverplan.core.model import Study
from coverplan.core.progress import SILENT, Progress
from coverplan.inputs.select import active_facilities
from coverplan.roads.network import Network
from coverplan.scenarios.edits import Complete, Delay, Edit, Scenario
from coverplan.scenarios.timeline import study_in
from coverplan.standards.assess import assess
from coverplan.standards.params import ReachParams, ResponseParams
from coverplan.standards.rules import RulePack, read_pack
from coverplan.travel.router import Router

ORDER_COLUMNS: dict[str, str] = {
    "order": "1 comes first.",
    "project_id": "Number of the project.",
    "name": "Its Chinese name.",
    "name_en": "Its English name.",
    "years": "Years of building, first and last included.",
    "cost_100m_cny": "What it costs, in 100 million yuan.",
    "added_beds": "Beds it adds.",
    "gained_alone": "People it alone brings within a limit, added up over the rules: within two counts twice.",
    "gained": "People it brings within a limit when those before it in this order are finished.",
    "gained_per_year": "`gained` per year of building.",
    "gained_per_100m_cny": "`gained` per 100 million yuan.",
    "beds_per_100m_cny": "Beds per 100 million yuan.",
}
"""Columns of `building_order`."""

By = Literal["year", "yuan"]
_NEVER = 2100
_RATE: Mapping[By, str] = {"year": "gained_per_year", "yuan": "gained_per_100m_cny"}


def building_order(
    study: Study,
    network: Network,
    *,
    by: By = "yuan",
    scenario: Scenario | None = None,
    packs: tuple[RulePack, ...] | None = None,
    progress: Progress = SILENT,
) -> pd.DataFrame:
    """Order the projects that are not finished by what they bring.

    The first is the project that brings most people within a limit, per year of building or per yuan; the next is the
    best one once that is finished, and so on. Projects that bring nobody come last, those with most beds per yuan
    first, then the cheaper, then by number.

    Parameters
    ----------
    study, network
        The study in its base year, and its roads.
    by
        ``"year"`` of building, or ``"yuan"``.
    scenario
        Edits that come with projects (`after`), such as relocations and mergers.
    packs
        Rule packs already read; only rules that hold single people against a limit count, by their default reading.
    progress
        Told of every project.

    Returns
    -------
    DataFrame
        `ORDER_COLUMNS`, one row per project that ends after the base year.

    Raises
    ------
    InputError
        When something in the scenario is wrong.
    """
    packs = tuple(read_pack(path) for path in study.standards) if packs is None else packs
    ends = study.projects["end_year"]
    open_ = study.projects[(ends > study.year).fillna(value=False).to_numpy(dtype=bool)]
    desk = _Desk(study, network, scenario, packs)
    alone = {}
    for done, project in enumerate(open_["project_id"]):
        progress.message(f"project {project}")
        alone[project] = desk.gained((), project)
        progress.advance(done + 1, len(open_))
    rows = {row["project_id"]: row for row in _rows(open_, alone)}
    order: list[str] = []
    left = {project: gain for project, gain in alone.items() if gain > 0}
    while left:
        # A project brings at most what it brings alone or brought in the last round, so only the best are asked again.
        fresh: set[str] = set()
        while True:
            best = min(left, key=lambda name: (-_rate(rows[name], left[name], by), name))
            if best in fresh or not order:
                break
            left[best] = desk.gained(tuple(order), best)
            fresh.add(best)
        rows[best] |= _rates(rows[best], left.pop(best))
        order.append(best)
    rest = sorted((name for name in rows if name not in order), key=lambda name: _worth(rows[name]))
    table = pd.DataFrame([rows[name] for name in [*order, *rest]], columns=list(ORDER_COLUMNS))
    return table.assign(order=np.arange(1, len(table) + 1))


class _Desk:
    """Who is within which limit when some projects are finished; what was measured once is remembered."""

    def __init__(self, study: Study, network: Network, scenario: Scenario | None, packs: tuple[RulePack, ...]) -> None:
        self.study, self.network = study, network
        self.scenario = Scenario(scenario_id="order") if scenario is None else scenario
        self.packs = packs
        self.rules = {
            rule.rule_id
            for pack in packs
            for rule in pack.rules
            if isinstance(rule.readings[0].params, ReachParams | ResponseParams)
        }
        self.routers: dict[str, Router] = {}
        self.measured: dict[tuple[tuple[str, ...], bytes], float] = {}

    def gained(self, before: tuple[str, ...], project: str) -> float:
        """Return how many people more are within limits when a project is finished after some others."""
        return self._within((*before, project)) - self._within(before)

    def _within(self, finished: tuple[str, ...]) -> float:
        state = self._state(finished)
        serving = active_facilities(state)
        key = (tuple(serving["facility_id"]), serving.geometry.to_wkb().sum())
        if key not in self.measured:
            self.measured[key] = self._measure(state)
        return self.measured[key]

    def _measure(self, state: Study) -> float:
        if not self.rules:
            return 0.0
        told = assess(state, self.network, packs=self.packs, only=self.rules, routers=self.routers)
        defaults = [verdict.default for verdict in told.verdicts if verdict.rule.rule_id in self.rules]
        return float(np.nansum([finding.people_within for finding in defaults]))

    def _state(self, finished: tuple[str, ...]) -> Study:
        """Return the study with these projects finished now, and no other."""
        ends = self.study.projects["end_year"]
        open_ = self.study.projects["project_id"][(ends > self.study.year).fillna(value=False).to_numpy(dtype=bool)]
        edits: list[Edit] = [
            Complete(project=name, year=self.study.year) if name in finished else Delay(project=name, until=_NEVER)
            for name in open_
        ]
        kept = [edit for edit in self.scenario.edits if not isinstance(edit, Complete | Delay)]
        return study_in(self.study, self.study.year, replace(self.scenario, edits=(*kept, *edits)))


def _rows(projects: pd.DataFrame, alone: Mapping[str, float]) -> list[dict[str, object]]:
    told = []
    for row in projects.to_dict("records"):
        begun, ended = row["start_year"], row["end_year"]
        head: dict[str, object] = {
            "project_id": row["project_id"],
            "name": row["name"],
            "name_en": row["name_en"],
            "years": float("nan") if pd.isna(begun) else float(ended - begun + 1),
            "cost_100m_cny": float(row["cost_100m_cny"]),
            "added_beds": 0 if pd.isna(row["added_beds"]) else int(row["added_beds"]),
            "gained_alone": alone[row["project_id"]],
        }
        told.append(head | _rates(head, 0.0))
    return told


def _rates(row: Mapping[str, object], gained: float) -> dict[str, object]:
    years, cost, beds = (float(str(row[name])) for name in ("years", "cost_100m_cny", "added_beds"))
    return {
        "gained": gained,
        "gained_per_year": gained / years if years > 0 else float("nan"),
        "gained_per_100m_cny": gained / cost if cost > 0 else float("nan"),
        "beds_per_100m_cny": beds / cost if cost > 0 else float("nan"),
    }


def _rate(row: Mapping[str, object], gained: float, by: By) -> float:
    rate = float(str(_rates(row, gained)[_RATE[by]]))
    # What has no cost or no years known comes after what has.
    return rate if np.isfinite(rate) else 0.0


def _worth(row: Mapping[str, object]) -> tuple[float, float, str]:
    beds, cost = (float(str(row[name])) for name in ("beds_per_100m_cny", "cost_100m_cny"))
    return -(beds if np.isfinite(beds) else 0.0), cost if np.isfinite(cost) else np.inf, str(row["project_id"]).zfill(6)
