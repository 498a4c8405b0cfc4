"""People who come, and people scaled; the populations that rules divide by follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import geopandas as gpd
import numpy as np

from coverplan.core.model import Study
from coverplan.core.tables import PEOPLE_GROUPS
from coverplan.inputs.people.growth import grow
from coverplan.scenarios.clashes import point_of
from coverplan.scenarios.edits import Edit, Grow, Scenario, Settle
from coverplan.scenarios.facilities import appended, only, placed, source_of


def edit_people(study: Study, scenario: Scenario, edits: Sequence[Edit]) -> Study:
    """Scale the people, then let others come; people who come are not scaled.

    Whoever is added or taken away is added to, or taken from, the default population too; scaling everybody `to` a
    population makes that one the default instead.
    """
    grown, settled = only(edits, Grow), only(edits, Settle)
    if not grown and not settled:
        return study
    before = int(study.people["people"].sum())
    people, default, by = study.people, study.default_population, 0
    for edit in grown:
        now = int(people["people"].sum())
        if edit.to:
            target = study.populations[edit.to].people
            people, default = grow(people, total=int(np.floor(target + 0.5)), target=edit.to), edit.to
            by -= int(people["people"].sum()) - now
        elif not edit.area:
            people = grow(people, factor=edit.factor) if edit.factor is not None else grow(people, total=edit.total)
        else:
            lived = int(people.loc[people["area_id"] == edit.area, "people"].sum())
            total = edit.total if edit.total is not None else int(np.floor(lived * float(edit.factor or 0.0) + 0.5))
            people = grow(people, by_area={edit.area: total}, target=source_of(scenario))
    rows = []
    for edit in sorted(settled, key=lambda edit: edit.name):
        (lon, lat), (point, area) = edit.at, placed(study, edit.at)
        rows.append(
            {
                "point_id": point_of(scenario, edit),
                "people": edit.people,
                **dict.fromkeys(PEOPLE_GROUPS),
                "place_id": point_of(scenario, edit),
                "place": edit.name,
                "area_id": area,
                "lon": lon,
                "lat": lat,
                "datum": "wgs84",
                "source": source_of(scenario),
                "quality": "estimated",
                "geometry": point,
            }
        )
    people = gpd.GeoDataFrame(appended(people, "people", rows))
    by += int(people["people"].sum()) - before
    populations = dict(study.populations)
    divided_by = populations[default]
    if by:
        said = f"{divided_by.source}; {by:+,} ({source_of(scenario)})".lstrip("; ")
        populations[default] = replace(divided_by, people=max(divided_by.people + by, 0.0), source=said)
    return replace(study, people=people, populations=MappingProxyType(populations), default_population=default)
