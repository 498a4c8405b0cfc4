"""Projects finished, delayed or speeded up, and what that does to facilities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from coverplan.core.model import Study
from coverplan.core.tables import cells_of
from coverplan.scenarios.edits import Complete, Delay, Edit, Scenario


@dataclass(frozen=True, kw_only=True, eq=False)
class Scheduled:
    """A study whose projects end when the scenario says, and the projects that it finished in the study's own year.

    Attributes
    ----------
    done
        Identifiers of projects that end in the study's year or before because of the scenario alone.
    """

    study: Study
    done: tuple[str, ...]


def reschedule(study: Study, scenario: Scenario) -> Scheduled:
    """Let projects end when the edits of a resolved scenario say, and what they open serve from then on.

    A facility that a project opens, one that is planned and opens in the year the project was to end, opens in the
    year in which it ends now. Other facilities of the project, which serve already, stay as they are.
    """
    ends = {edit.project: _end(study, edit) for edit in scenario.edits if isinstance(edit, Complete | Delay)}
    if not ends:
        return Scheduled(study=study, done=())
    before = study.projects.set_index("project_id")["end_year"]
    projects = study.projects.assign(
        end_year=study.projects["project_id"].map(ends).astype("Int64").fillna(study.projects["end_year"])
    )
    opened = {
        facility: (before[project], end) for project, end in ends.items() for facility in facilities_of(study, project)
    }
    table = study.facilities
    moved = table["open_year"].copy()
    for i, (facility, status) in enumerate(zip(table["facility_id"], table["status"], strict=True)):
        if facility not in opened or status != "planned":
            continue
        old, new = opened[facility]
        if pd.isna(moved.iloc[i]) or pd.isna(old) or moved.iloc[i] == old:
            moved.iloc[i] = new
    done = [name for name, end in ends.items() if end <= study.year and not _ended(before[name], study.year)]
    changed = replace(study, projects=projects, facilities=gpd.GeoDataFrame(table.assign(open_year=moved)))
    return Scheduled(study=changed, done=tuple(sorted(done)))


def _ended(end: Any, year: int) -> bool:
    return not pd.isna(end) and bool(end <= year)


def _end(study: Study, edit: Edit) -> int:
    if isinstance(edit, Complete):
        return study.year if edit.year is None else edit.year
    assert isinstance(edit, Delay)  # noqa: S101 - the only other edit of a project
    if edit.until is not None:
        return edit.until
    end = study.projects.set_index("project_id")["end_year"][edit.project]
    return int(end) + int(edit.years or 0)


def facilities_of(study: Study, project_id: str) -> tuple[str, ...]:
    """Return the facilities that a project concerns."""
    rows = study.projects[study.projects["project_id"] == project_id]
    return tuple(facility for cell in rows["facility_ids"] for facility in cells_of(cell))


def finish(study: Study, projects: Iterable[str]) -> Study:
    """Give facilities the beds that finished projects add.

    Only a project of a single facility says where its beds are. Where the register knows the beds, the project's are
    added. Where it does not, the project's total is taken when it can be one of the whole facility: when the project
    opens it, or when the total is more than what is added.
    """
    beds = study.facilities["beds"].copy()
    ids = study.facilities["facility_id"].to_list()
    for row in study.projects[study.projects["project_id"].isin(list(projects))].to_dict("records"):
        named = [name for name in cells_of(row["facility_ids"]) if name in ids]
        if len(named) != 1:
            continue
        i = ids.index(named[0])
        added, total = (0 if pd.isna(row[name]) else int(row[name]) for name in ("added_beds", "total_beds"))
        is_new = study.facilities["status"].iloc[i] == "planned"
        if not pd.isna(beds.iloc[i]):
            beds.iloc[i] += added
        elif total and (is_new or total > added):
            beds.iloc[i] = total
    return replace(study, facilities=gpd.GeoDataFrame(study.facilities.assign(beds=beds)))


def holds(study: Study, edit: Edit, year: int) -> bool:
    """Say whether an edit holds in a year: it may wait for a year, or for a project of the (rescheduled) study."""
    if edit.after:
        end = study.projects.set_index("project_id")["end_year"][edit.after]
        return not pd.isna(end) and bool(end <= year)
    return edit.year is None or edit.year <= year
