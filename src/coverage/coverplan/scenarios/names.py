"""What edits name, held against a study: records by identifier or name, words in either language, positions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import shapely

from coverplan.core.checks import plain_heading
from coverplan.core.errors import ProblemList, did_you_mean, near
from coverplan.core.model import Study
from coverplan.core.units import METRES_PER_KM, project
from coverplan.core.words import Word
from coverplan.scenarios.cells import spelled
from coverplan.scenarios.edits import Edit, Position, Scenario

if TYPE_CHECKING:
    import geopandas as gpd

_OUTSIDE_M = 500.0
_NEIGHBOUR_M = 20_000.0
_TABLES = {"facility": "facilities", "area": "areas", "project": "projects"}
# How a kind of edit is written in a file, where its name is another.
_WRITTEN = {
    "grow": "people", "settle": "people", "add_road": "road.add", "close_road": "road.close", "slow_road": "road.slow",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class StudyDesk:
    """One scenario on its way in."""

    study: Study
    scenario: Scenario
    problems: ProblemList

    def refuse(self, edit: Edit, what: str, key: str = "", *, hint: str | None = None) -> None:
        """Note what is wrong with an edit, at one of its keys."""
        file = self.scenario.file or self.scenario.scenario_id
        column = ".".join(filter(None, (_WRITTEN.get(edit.kind, edit.kind), key)))
        self.problems.add(what, file=file, row=edit.line, column=column, hint=hint)

    def one_of(self, edit: Edit, key: str, name: str, known: Iterable[str], what: str) -> str:
        """Return a name that must be one of some."""
        names = list(known)
        if name not in names:
            self.refuse(edit, f"'{name}' is not {what}", key, hint=did_you_mean(name, names))
        return name

    def word(self, edit: Edit, key: str, written: str, words: Mapping[str, Word], what: str) -> str:
        """Return the value of a word that may be written in several ways."""
        value = spelled(written, words)
        if value is None:
            names = [*words, *(word.zh for word in words.values())]
            self.refuse(edit, f"'{written}' is not {what}", key, hint=near(written, names) or f"such as {names[0]}")
        return value or written

    def record(self, edit: Edit, key: str, written: str, what: str) -> str:
        """Return the identifier of a record that is named by it, or by its name in either language."""
        table: pd.DataFrame = getattr(self.study, _TABLES[what])
        ids = table[f"{what}_id"].astype("str")
        if (ids == written).any():
            return written
        plain = plain_heading(written)
        hit = pd.Series(data=False, index=table.index)
        for column in ("name", "name_en"):
            hit |= table[column].fillna("").map(plain_heading) == plain
        found = ids[hit].to_list()
        if len(found) == 1:
            return found[0]
        if found:
            self.refuse(
                edit, f"'{written}' names {len(found)} {_TABLES[what]}", key, hint=f"say which: {', '.join(found)}"
            )
        else:
            hint = near(written, [*ids, *table["name"].dropna(), *table["name_en"].dropna()])
            self.refuse(
                edit, f"there is no {what} '{written}'", key, hint=hint or f"name it as the {_TABLES[what]} table does"
            )
        return written

    def facility(self, edit: Edit, key: str, written: str) -> str:
        """Return the identifier of a facility."""
        return self.record(edit, key, written, "facility")

    def area(self, edit: Edit, key: str, written: str) -> str:
        """Return the identifier of an area; nothing for none."""
        return self.record(edit, key, written, "area") if written else ""

    def project(self, edit: Edit, key: str, written: str) -> str:
        """Return the identifier of a project; nothing for none."""
        return self.record(edit, key, written, "project") if written else ""

    def inside(self, edit: Edit, key: str, at: Position) -> None:
        """Refuse a position that is no position, or lies outside the study area."""
        lon, lat = at
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            swapped = -90 <= lon <= 90 and -180 <= lat <= 180
            hint = "longitude comes first: are the two swapped?" if swapped else "degrees, longitude first"
            self.refuse(edit, f"{lon:g}, {lat:g} is no position", key, hint=hint)
            return
        x, y = project([lon], [lat], self.study.crs)
        away_m = outside_m(self.study, shapely.Point(float(x[0]), float(y[0])))
        if away_m:
            hint = f"{away_m / METRES_PER_KM:,.1f} km from it; check lon, lat and datum"
            self.refuse(edit, f"{lon:g}, {lat:g} lies outside the study area", key, hint=hint)


def outside_m(study: Study, point: shapely.Point) -> float:
    """Return how far a point of the study's CRS lies outside it, in metres; 0 where it belongs to it.

    It is outside when it lies farther from all areas than the study's option `outside_m` (500 m unless set), or without
    areas more than 20 km from the nearest people.
    """
    shapes: gpd.GeoDataFrame = study.areas if len(study.areas) else study.people
    away_m = float(shapely.distance(shapes.geometry.to_numpy(), point).min()) if len(shapes) else 0.0
    limit = float(study.options.get("outside_m", _OUTSIDE_M)) if len(study.areas) else _NEIGHBOUR_M
    return away_m if away_m > limit else 0.0
