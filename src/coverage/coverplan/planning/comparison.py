"""What a comparison holds: scenarios beside the base, and the tables of what is not the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from coverplan.scenarios.edits import Scenario
from coverplan.scenarios.remarks import Remark
from coverplan.standards.findings import Assessment

COMPARE_COLUMNS: dict[str, dict[str, str]] = {
    "ranking": {
        "rank": "1 is best by the objective; equal ones share a rank.",
        "scenario": "The scenario's id.",
        "name": "What it is called.",
        "objective": "What it is ranked by: people, verdicts, people_per_yuan or a rule.",
        "value": "The scenario by that objective; more is better.",
        "gained": "People newly within a limit, added up over the rules: who is newly within two counts twice.",
        "lost": "People no longer within one, added up likewise.",
        "met_before": "Rules met in the base.",
        "met_after": "Rules met with the scenario.",
        "better": "Rules whose status got better.",
        "worse": "Rules whose status got worse.",
        "cost_100m_cny": "What it costs, where the scenario says so.",
    },
    "verdicts": {
        "scenario": "The scenario's id.",
        "rule_id": "The rule.",
        "rule": "Its Chinese name.",
        "rule_en": "Its English name.",
        "reading": "Name of the reading.",
        "is_default": "Whether this reading decides the verdict.",
        "status_before": "met, not_met, measured or no_data in the base.",
        "status_after": "And with the scenario.",
        "figure_before": "The figure in the base.",
        "figure_after": "And with the scenario.",
        "change": "After minus before.",
        "unit": "What the figure counts.",
        "shortfall_before": "What is missing in the base.",
        "shortfall_after": "And with the scenario.",
        "shortfall_unit": "What the shortfall counts.",
    },
    "towns": {
        "scenario": "The scenario's id.",
        "rule_id": "The rule.",
        "reading": "Name of the reading.",
        "area_id": "Town or street; empty for what lies in none.",
        "area": "Its Chinese name.",
        "area_en": "Its English name.",
        "status_before": "Status of this town in the base.",
        "status_after": "And with the scenario.",
        "figure_before": "The figure of this town in the base.",
        "figure_after": "And with the scenario.",
        "change": "After minus before.",
        "unit": "What the figure counts.",
        "gained": "People of it newly within the limit; missing for counts.",
        "lost": "People of it no longer within the limit.",
        "shortfall_before": "What is missing in the base.",
        "shortfall_after": "And with the scenario.",
    },
    "people": {
        "scenario": "The scenario's id.",
        "rule_id": "The rule.",
        "reading": "Name of the reading.",
        "place_id": "Village or community; the point's identifier where people have no place.",
        "place": "Its name.",
        "area_id": "Town or street.",
        "gained": "People newly within the limit.",
        "lost": "People no longer within it.",
        "came": "People who live there with the scenario only.",
        "left": "People who live there in the base only.",
    },
    "gaps": {
        "scenario": "The scenario's id.",
        "rule_id": "The rule.",
        "reading": "Name of the reading.",
        "place_id": "Village or community; empty where a whole area is meant.",
        "place": "Its name.",
        "area_id": "Town or street; `all` for everything together.",
        "what": "closed, new, smaller, larger or same.",
        "people_before": "People outside the limit in the base.",
        "people_after": "And with the scenario.",
        "short_before": "How many are missing in the base.",
        "short_after": "And with the scenario.",
    },
    "needs": {
        "scenario": "The scenario's id.",
        "rule_id": "The rule.",
        "reading": "Name of the reading.",
        "unit": "What is counted: vehicle, device, bed ...",
        "have_before": "How many there are in the base.",
        "have_after": "And with the scenario.",
        "need_before": "How many are needed in the base.",
        "need_after": "And with the scenario.",
        "short_before": "How many are missing in the base.",
        "short_after": "And with the scenario.",
    },
    "equity": {
        "scenario": "The scenario's id.",
        "rule_id": "The rule.",
        "reading": "Name of the reading.",
        "group": "people, people_65_plus, people_under_3 or women_15_49.",
        "share_outside_before": "Share of the group beyond the limit in the base.",
        "share_outside_after": "And with the scenario.",
        "worst_area_before": "Town with the largest share outside in the base.",
        "worst_area_after": "And with the scenario.",
        "gini_before": "Gini coefficient of the way in the base: 0 all alike.",
        "gini_after": "And with the scenario.",
    },
}
"""The tables of a comparison and their columns."""

OBJECTIVES: dict[str, str] = {
    "people": "people newly within a limit less those no longer, added up over the rules",
    "verdicts": "rules met",
    "people_per_yuan": "people newly within a limit less those no longer, per 100 million yuan",
}
"""What proposals may be ranked by, beside a rule: how much less that rule is short of."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """A scenario, what the rules say of it, and what of it is not felt."""

    scenario: Scenario
    assessment: Assessment
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Scenarios held against the base.

    Attributes
    ----------
    base
        The base, in the same year as the scenarios.
    tables
        `ranking`, `verdicts`, `towns`, `people`, `gaps`, `needs` and `equity`; columns in `COMPARE_COLUMNS`.
    objective
        What the ranking goes by.
    """

    base: Assessment
    cases: tuple[Case, ...]
    tables: Mapping[str, pd.DataFrame]
    objective: str

    @property
    def best(self) -> Case | None:
        """The scenario that ranks first; None when there is none."""
        ranking = self.tables["ranking"]
        if ranking.empty:
            return None
        return next(case for case in self.cases if case.scenario.scenario_id == ranking["scenario"].iloc[0])
