"""The study year by year: beds as the plan reckons them, projects finished, and every verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coverplan.core.model import Study
from coverplan.core.progress import SILENT, Progress
from coverplan.core.words import INDICATORS
from coverplan.roads.network import Network
from coverplan.scenarios.edits import Scenario
from coverplan.scenarios.remarks import Remark, doubtful_ends
from coverplan.scenarios.timeline import network_in, study_in
from coverplan.standards.assess import assess
from coverplan.standards.findings import Assessment
from coverplan.standards.rules import RulePack, read_pack
from coverplan.travel.router import Router

YEARS = range(2020, 2031)
"""The years of the Jinjiang plan's projects."""

YEAR_COLUMNS: dict[str, str] = {
    "year": "The year, at its end.",
    "projects": "Projects finished by then, since the base year.",
    "finished": "Those finished in this very year, by number, separated by semicolons.",
    "cost_100m_cny": "What the projects finished by then cost together, in 100 million yuan.",
    "beds_base": "Beds of the base year, or of an earlier year itself; missing where no figure says so.",
    "beds_added": "Beds added by the projects finished by then.",
    "beds": "Both together.",
    "met": "Rules met.",
    "not_met": "Rules not met.",
    "measured": "Rules whose text sets no limit.",
    "no_data": "Rules that need data nobody brought.",
}
"""Columns of `Timeline.years`, and beside them `beds_per_1000_<population>` for every population of the study."""

VERDICT_COLUMNS: dict[str, str] = {
    "year": "The year.",
    "rule_id": "The rule.",
    "rule": "Its Chinese name.",
    "rule_en": "Its English name.",
    "reading": "Name of the reading.",
    "is_default": "Whether this reading decides the verdict.",
    "status": "met, not_met, measured or no_data.",
    "figure": "The figure.",
    "unit": "What it counts.",
    "limit": "What the text asks of it.",
    "people_within": "People within the limit; missing for counts.",
    "shortfall": "What is missing.",
    "shortfall_unit": "What that counts.",
}
"""Columns of `Timeline.verdicts`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Timeline:
    """A study year by year.

    Attributes
    ----------
    years
        `YEAR_COLUMNS`, one row per year.
    verdicts
        `VERDICT_COLUMNS`, one row per year, rule and reading.
    states
        What was judged in each year.
    doubts
        Projects about whose end the sources differ, and which year counts.
    """

    study: Study
    scenario: Scenario | None
    years: pd.DataFrame
    verdicts: pd.DataFrame
    states: Mapping[int, Assessment]
    doubts: tuple[Remark, ...] = ()


def timeline(
    study: Study,
    network: Network,
    *,
    years: Iterable[int] = YEARS,
    scenario: Scenario | None = None,
    packs: tuple[RulePack, ...] | None = None,
    progress: Progress = SILENT,
) -> Timeline:
    """Judge a study in several years.

    Parameters
    ----------
    study, network
        The study in its base year, and its roads.
    years
        Which years; 2020 to 2030 unless given.
    scenario
        Delays and other edits; one that waits for a year or a project counts from then on.
    packs
        Rule packs already read; those that the study names unless given.
    progress
        Told of every year and rule.

    Returns
    -------
    Timeline
        `beds` adds what finished projects add to the figure `beds` of the base year, in the indicators table or in a
        `figure` edit of the scenario.

    Raises
    ------
    InputError
        When something in the scenario is wrong.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> told = cp.timeline(study, cp.build_network(study), years=[2023, 2024])
    >>> told.years["beds_added"].to_list()
    [0, 20]
    """
    packs = tuple(read_pack(path) for path in study.standards) if packs is None else packs
    routers: dict[str, Router] = {}
    states: dict[int, Assessment] = {}
    asked = sorted(set(years))
    for done, year in enumerate(asked):
        progress.message(f"measuring {year}")
        roads = network if scenario is None else network_in(study, network, year, scenario)
        shared = routers if roads is network else {}
        states[year] = assess(study_in(study, year, scenario), roads, packs=packs, routers=shared)
        progress.advance(done + 1, len(asked))
    rows = [_year(study, year, states[year]) for year in asked]
    verdicts = [row for year in asked for row in _verdicts(year, states[year])]
    extra = [name for name in (rows[0] if rows else {}) if name not in YEAR_COLUMNS]
    return Timeline(
        study=study,
        scenario=scenario,
        years=pd.DataFrame(rows, columns=[*YEAR_COLUMNS, *extra]),
        verdicts=pd.DataFrame(verdicts, columns=list(VERDICT_COLUMNS)),
        states=states,
        doubts=doubtful_ends(study, scenario),
    )


def beds_by_year(study: Study, years: Iterable[int] = YEARS, *, scenario: Scenario | None = None) -> pd.DataFrame:
    """Return the plan's arithmetic alone: beds and beds per 1,000 people in every year, without measuring anything.

    Returns
    -------
    DataFrame
        The columns of `Timeline.years` that need no roads.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> beds_by_year(study, [2023, 2024])["finished"].to_list()
    ['', '1']
    """
    rows = [_arithmetic(study, year, study_in(study, year, scenario)) for year in sorted(set(years))]
    return pd.DataFrame(rows)


def _arithmetic(study: Study, year: int, state: Study) -> dict[str, object]:
    ends = state.projects["end_year"]
    by_then = ((ends > study.year) & (ends <= year)).fillna(value=False).to_numpy(dtype=bool)
    done = state.projects[by_then]
    base = base_beds(state, min(year, study.year))
    added = int(done["added_beds"].fillna(0).sum())
    beds = base + added
    return {
        "year": year,
        "projects": len(done),
        "finished": ";".join(done.loc[done["end_year"] == year, "project_id"]),
        "cost_100m_cny": round(float(done["cost_100m_cny"].fillna(0).sum()), 6),
        "beds_base": base,
        "beds_added": added,
        "beds": beds,
        **{
            f"beds_per_1000_{name}": beds / p.people * 1000 if p.people else np.nan
            for name, p in state.populations.items()
        },
    }


def base_beds(study: Study, year: int) -> float:
    """Return the beds of the whole county in a year as the indicators table has them, or of the latest year before."""
    table = study.indicators
    if table is None or not len(table):
        return float("nan")
    word = INDICATORS["beds"]
    labels = {"beds", word.zh, word.en, *word.aliases}
    rows = table[table["indicator_id"].isin(labels) & table["area_id"].isna() & table["facility_id"].isna()]
    rows = rows.assign(year=rows["year"].fillna(year))
    rows = rows[rows["year"] <= year].sort_values("year", kind="stable")
    return float(rows["value"].iloc[-1]) if len(rows) else float("nan")


def _year(study: Study, year: int, state: Assessment) -> dict[str, object]:
    told = _arithmetic(study, year, state.study)
    statuses = [verdict.status for verdict in state.verdicts]
    return {**told, **{name: statuses.count(name) for name in ("met", "not_met", "measured", "no_data")}}


def _verdicts(year: int, state: Assessment) -> list[dict[str, object]]:
    return [
        {
            "year": year,
            "rule_id": verdict.rule.rule_id,
            "rule": verdict.rule.name_zh,
            "rule_en": verdict.rule.name_en,
            "reading": finding.reading.name,
            "is_default": finding is verdict.default,
            "status": finding.status,
            "figure": finding.figure,
            "unit": finding.unit,
            "limit": np.nan if finding.limit is None else finding.limit,
            "people_within": finding.people_within,
            "shortfall": finding.shortfall,
            "shortfall_unit": finding.shortfall_unit,
        }
        for verdict in state.verdicts
        for finding in verdict.findings
    ]
