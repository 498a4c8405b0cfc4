"""Demand points from a census by town or village: every row spread over its own ground, its total kept exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.core.tables import CENSUS, PEOPLE_GROUPS
from coverplan.core.units import IntArray
from coverplan.inputs.people.cells import gather
from coverplan.inputs.people.demand import Demand, account, people_table
from coverplan.inputs.people.groups import check_groups, spread_groups
from coverplan.inputs.people.rounding import FINE, round_over_ground, share_out
from coverplan.inputs.people.weights import Weights, area_records, raise_as_seen
from coverplan.inputs.places import resolve_references
from coverplan.inputs.records import Records, read_records

_BALANCE_M = 100.0
"""Pieces that stay apart are settled square by square all the same, so that nobody drifts across a town."""
_FEW = 5


def people_from_census(
    census: str | Path,
    areas: gpd.GeoDataFrame,
    over: Weights,
    *,
    settlements: Weights | None = None,
) -> Demand:
    """Spread a census over the ground: settlements, buildings, or roads.

    A row of a town is spread over everything in the town, a row of a village over its own settlement; where the ground
    is buildings or roads, over the pieces of its town that lie nearest to its settlement. The people of a row are
    shared out in proportion to the weights, by the largest remainder, so that every row keeps its total exactly;
    pieces on the ground are settled square by square (`round_over_ground`). Groups are spread in proportion to the
    people.

    Parameters
    ----------
    census
        A table with the columns of `CENSUS`. Towns and villages are found by identifier or by name.
    areas
        The study's areas, in its projected CRS.
    over
        From `over_settlements`, `over_layer` or `over_roads`.
    settlements
        From `over_settlements`; needed when the census has villages and `over` is no settlements.

    Returns
    -------
    Demand
        Points with somebody. `quality` is estimated; it stays the census's own where a village has one point, and
        illustrative where the census is. `source` names the census's own and the rule.

    Raises
    ------
    InputError
        With every row that is wrong: a town or village that the study does not have, one that stands twice, a town
        beside its own villages, groups larger than everybody, nothing to spread over.
    """
    problems, notes = ProblemList(), ProblemList()
    records = read_records(census, CENSUS, crs=over.crs, problems=problems, notes=notes)
    areas = areas.reset_index(drop=True)
    tables = resolve_references({"areas": area_records(areas), "census": records}, problems)
    records = tables["census"]
    check_groups(records.frame, file=records.file, sheet=records.sheet, problems=problems, first_row=records.first_row)
    places = over.units if over.are_places else None if settlements is None else settlements.units
    rows = _Matcher(records, areas, places, problems).rows()
    if records.complete and not problems and not int(rows.frame["people"].sum()):
        problems.add("the census counts nobody", file=records.file, sheet=records.sheet, column="people")
    raise_as_seen(problems, records)
    ground = _Ground(rows, over, places, areas)
    ground.check(problems, notes)
    raise_as_seen(problems, records)
    people = ground.people()
    given = rows.frame["people"].groupby(areas["area_id"].to_numpy(dtype=object)[rows.area]).sum()
    n_rows = len(rows.frame)
    return Demand(
        people=people,
        areas=account(areas, people, {str(key): float(value) for key, value in given.items()}),
        rule=f"census {records.file}, {n_rows} row{'' if n_rows == 1 else 's'} spread over {over.rule}; "
        "whole people by the largest remainder, every row's total kept",
        notes=tuple(notes),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rows:
    """The rows of a census, each with its area, and its settlement (-1 for a town)."""

    records: Records
    frame: pd.DataFrame
    area: IntArray
    place: IntArray


class _Matcher:
    """Finds the town or village of every row."""

    def __init__(
        self, records: Records, areas: gpd.GeoDataFrame, places: pd.DataFrame | None, problems: ProblemList
    ) -> None:
        self._records, self._problems = records, problems
        self._ids = areas["area_id"].tolist()
        self._area = {key: i for i, key in enumerate(self._ids)}
        names = areas["name"] if "name" in areas else areas["area_id"]
        self._named = {name: i for i, name in enumerate(names) if isinstance(name, str)}
        self._has_places = places is not None
        self._place_id, self._place_name, self._place_area = self._index(places)

    def _index(self, places: pd.DataFrame | None) -> tuple[dict[str, int], dict[str, list[int]], list[int]]:
        if places is None:
            return {}, {}, []
        names: dict[str, list[int]] = {}
        for i, name in enumerate(places["place"]):
            if isinstance(name, str):
                names.setdefault(name, []).append(i)
        found = {key: i for i, key in enumerate(places["unit_id"])}
        return found, names, [self._area.get(key, -1) for key in places["area_id"]]

    def rows(self) -> _Rows:
        """Match every row, and note what cannot be matched, stands twice or is counted twice."""
        frame = self._records.frame
        found = [self._find(i, frame.loc[i]) for i in frame.index]
        area, place = (np.array([pair[k] for pair in found], dtype=np.int64) for k in (0, 1))
        self._note_twice(frame.index, area, place)
        return _Rows(records=self._records, frame=frame.reset_index(drop=True), area=area, place=place)

    def _find(self, i: int, row: pd.Series) -> tuple[int, int]:
        """Return area and settlement of a row; what is wrong with it is noted, and the area is -1."""
        area_id, place_id, name = (row[c] if isinstance(row[c], str) else None for c in ("area_id", "place_id", "name"))
        if area_id is not None and area_id not in self._area:
            return -1, -1  # noted as a wrong reference
        area = -1 if area_id is None else self._area[area_id]
        if place_id is not None:
            place = self._place_id.get(place_id, -1)
            if place < 0:
                return self._refuse_place(i, "place_id", place_id, self._place_id)
            return self._in_area(i, area, place)
        if name is None or (area >= 0 and name == area_id) or self._named.get(name, -2) == area:
            if area < 0:
                self._refuse(i, "name", "the row names no town and no village", "fill in area_id, place_id or name")
            return area, -1
        return self._by_name(i, area, name)

    def _by_name(self, i: int, area: int, name: str) -> tuple[int, int]:
        known = self._place_name.get(name, [])
        places = [p for p in known if area < 0 or self._place_area[p] == area]
        if area < 0 and name in self._named:
            return self._named[name], -1
        if area < 0 and name in self._area:
            return self._area[name], -1
        if len(places) == 1:
            return self._in_area(i, area, places[0])
        if len(places) > 1:
            towns = sorted({self._ids[self._place_area[p]] for p in places})
            hint = f"in {', '.join(towns)}; say which in area_id" if len(towns) > 1 else "say which in place_id"
            self._refuse(i, "name", f"{len(places)} villages are called '{name}'", hint)
            return -1, -1
        if known:
            return self._in_area(i, area, known[0])
        return self._refuse_place(i, "name", name, [*self._named, *self._place_name])

    def _in_area(self, i: int, area: int, place: int) -> tuple[int, int]:
        own = self._place_area[place]
        if area >= 0 and own != area:
            what = f"the village lies in {self._ids[own]} and not in {self._ids[area]}"
            self._refuse(i, "area_id", what, "correct the area, here or in the settlements")
            return -1, -1
        return own, place

    def _refuse_place(self, i: int, column: str, word: str, known: Sequence[str] | dict[str, int]) -> tuple[int, int]:
        hint = did_you_mean(word, known)
        if not self._has_places and not (hint and hint.startswith("did you mean")):
            hint = "if it is a village, name the settlements table too"
        self._refuse(i, column, f"'{word}' is no town and no village of the study", hint)
        return -1, -1

    def _refuse(self, i: int, column: str, what: str, hint: str | None) -> None:
        records = self._records
        row = records.row(i)
        self._problems.add(what, file=records.file, sheet=records.sheet, row=row, column=column, hint=hint)

    def _note_twice(self, index: pd.Index, area: IntArray, place: IntArray) -> None:
        seen: dict[tuple[int, int], int] = {}
        for i, key in zip(index, zip(area.tolist(), place.tolist(), strict=True), strict=True):
            if key[0] >= 0 and key in seen:
                what = f"it stands in row {self._records.row(seen[key])} already"
                self._refuse(i, "area_id" if key[1] < 0 else "place_id", what, "keep one of them")
            seen.setdefault(key, i)
        villages = pd.Series(area[place >= 0]).value_counts()
        for i in index[(place < 0) & (area >= 0)]:
            town = area[index.get_loc(i)]
            if town in villages.index:
                what = f"{self._ids[town]} stands here as a whole, and {villages[town]} of its villages elsewhere"
                self._refuse(i, "people", what, "they would be counted twice: leave one or the other out")


class _Ground:
    """Every row of a census with the pieces it is spread over."""

    def __init__(self, rows: _Rows, over: Weights, places: pd.DataFrame | None, areas: gpd.GeoDataFrame) -> None:
        self._rows, self._over, self._places = rows, over, places
        self._area_ids = areas["area_id"].to_numpy(dtype=object)
        self._names = (areas["name"] if "name" in areas else areas["area_id"]).to_numpy(dtype=object)
        code = {key: i for i, key in enumerate(self._area_ids)}
        self._unit_area = np.array([code.get(key, -1) for key in over.units["area_id"]], dtype=np.int64)
        self._row_of = self._assign()

    def _assign(self) -> IntArray:
        """Return the row of the census to which each piece belongs, -1 for none."""
        rows = self._rows
        of_town = np.full(len(self._area_ids) + 1, -1)
        is_town = rows.place < 0
        of_town[rows.area[is_town]] = np.flatnonzero(is_town)
        row_of = of_town[self._unit_area]
        if is_town.all() or self._places is None:
            return row_of
        of_place = np.full(len(self._places) + 1, -1)
        of_place[rows.place[~is_town]] = np.flatnonzero(~is_town)
        place = np.arange(len(row_of)) if self._over.are_places else self._nearest_place()
        return np.where(row_of >= 0, row_of, of_place[place])

    def _nearest_place(self) -> IntArray:
        """Return the nearest settlement of its own area for each piece, of equally near ones the first; -1 for none."""
        places, units = self._places, self._over.units
        assert places is not None, "villages are matched in a table of settlements"  # noqa: S101 - a slip of ours
        nearest = np.full(len(units), -1)
        place_area = places["area_id"].to_numpy(dtype=object)
        for i in np.unique(self._rows.area[self._rows.place >= 0]):
            here = np.flatnonzero(place_area == self._area_ids[i])
            pieces = np.flatnonzero(self._unit_area == i)
            tree = shapely.STRtree(shapely.points(places["x_m"].to_numpy()[here], places["y_m"].to_numpy()[here]))
            points = shapely.points(units["x_m"].to_numpy()[pieces], units["y_m"].to_numpy()[pieces])
            piece, place = tree.query_nearest(points, all_matches=True)
            first_last = np.lexsort((-place, piece))
            nearest[pieces[piece[first_last]]] = here[place[first_last]]
        return nearest

    def check(self, problems: ProblemList, notes: ProblemList) -> None:
        """Note rows without ground, areas without a row, and settlements without one beside others that have one."""
        rows, weight = self._rows, self._over.units["weight"].to_numpy()
        has = self._row_of >= 0
        ground = np.bincount(self._row_of[has], weights=weight[has], minlength=len(rows.frame))
        count = rows.frame["people"].to_numpy(np.int64)
        for i in np.flatnonzero((ground <= 0) & (count > 0)).tolist():
            what = f"{count[i]:,} people of {self._called(i)}, and nothing there to spread them over"
            table = rows.records
            row, hint = table.row(table.frame.index[i]), self._over.rule
            problems.add(what, file=table.file, sheet=table.sheet, row=row, column="people", hint=hint)
        told = set(rows.area.tolist())
        silent = [str(name) for i, name in enumerate(self._names) if i not in told]
        if silent:
            what = f"the census has no row for {_some(silent)}: nobody is placed there"
            notes.add(what, file=rows.records.file)
        if self._over.are_places and not has.all():
            left = self._over.units[~has & np.isin(self._unit_area, list(told))]
            if len(left):
                what = f"the census has no row for {_some(left['place'].fillna(left['unit_id']).tolist())}"
                notes.add(f"{what}: nobody is placed there", file=rows.records.file)

    def _called(self, row: int) -> str:
        place = self._rows.place[row]
        if place < 0 or self._places is None:
            return str(self._names[self._rows.area[row]])
        name = self._places["place"].iloc[place]
        return str(name if isinstance(name, str) else self._places["unit_id"].iloc[place])

    def people(self) -> gpd.GeoDataFrame:
        """Spread every row."""
        made = self._over_places() if self._over.are_places else self._over_pieces()
        made = made.sort_values(["row", "unit_id"], ignore_index=True)
        row, count = made["row"].to_numpy(), made["people"].to_numpy(np.int64)
        groups = self._groups(row, count, made["unit_id"].to_numpy(dtype=object))
        lives = count > 0
        made, row = made[lives], row[lives]
        places = {"place_id": made["place_id"], "place": made["place"]} if "place" in made else self._villages(row)
        return people_table(
            point_id=made["unit_id"].to_numpy(),
            people=count[lives],
            x_m=made["x_m"].to_numpy(),
            y_m=made["y_m"].to_numpy(),
            crs=self._over.crs,
            area_id=self._area_ids[self._rows.area[row]],
            place_id=np.asarray(places["place_id"], dtype=object),
            place=np.asarray(places["place"], dtype=object),
            source=[f"{text}; spread over {self._over.rule}" for text in self._rows.frame["source"].iloc[row]],
            quality=self._quality(row),
            groups={name: values[lives] for name, values in groups.items()},
        )

    def _over_places(self) -> pd.DataFrame:
        units = self._over.units.assign(row=self._row_of)[self._row_of >= 0].reset_index(drop=True)
        count = np.zeros(len(units), dtype=np.int64)
        totals = self._rows.frame["people"].to_numpy(np.int64)
        key, weight = units["unit_id"].to_numpy(dtype=object), units["weight"].to_numpy()
        for row, here in units.groupby("row").indices.items():
            count[here] = share_out(int(totals[int(str(row))]), weight[here], key=key[here])
        return units.assign(people=count, place_id=units["unit_id"])

    def _over_pieces(self) -> pd.DataFrame:
        units = self._over.units.assign(row=self._row_of)
        units = units[(self._row_of >= 0) & (units["weight"] > 0)].reset_index(drop=True)
        totals = self._rows.frame["people"].to_numpy(np.int64)
        row = units["row"].to_numpy()
        share = units["weight"] / units.groupby("row")["weight"].transform("sum")
        units = units.assign(fine=np.rint(share.to_numpy() * totals[row] * FINE).astype(np.int64))
        cell_m = self._over.cell_m
        if cell_m is None:
            cell_x, cell_y = (np.floor(units[c].to_numpy() / _BALANCE_M).astype(np.int64) for c in ("x_m", "y_m"))
            key = np.lexsort((units["y_m"], units["x_m"])).argsort()
        else:
            units = units[units["fine"] > 0]
            columns = (units[name].to_numpy() for name in ("row", "x_m", "y_m", "fine"))
            units = gather(*columns, cell_m=cell_m).rename(columns={"group": "row"})
            row, key = units["row"].to_numpy(), None
            cell_x, cell_y = units["cell_x"].to_numpy(), units["cell_y"].to_numpy()
            label = [self._label(i) for i in range(len(totals))]
            names = [f"{label[r]}-{x}-{y}" for r, x, y in zip(row, cell_x, cell_y, strict=True)]
            units = units.assign(unit_id=names)
        people = round_over_ground(units["fine"].to_numpy(), cell_x, cell_y, row, totals=totals, key=key)
        return units.assign(people=people)

    def _label(self, row: int) -> str:
        place = self._rows.place[row]
        if place >= 0 and self._places is not None:
            return str(self._places["unit_id"].iloc[place])
        return str(self._area_ids[self._rows.area[row]])

    def _villages(self, row: IntArray) -> dict[str, npt.NDArray[np.object_]]:
        """Return the village of each point, where its row of the census is one."""
        place = self._rows.place[row]
        nothing = np.full(len(row), pd.NA, dtype=object)
        if self._places is None:
            return {"place_id": nothing, "place": nothing}
        known = {"place_id": self._places["unit_id"], "place": self._places["place"]}
        return {k: np.where(place >= 0, v.to_numpy(dtype=object)[place], nothing) for k, v in known.items()}

    def _groups(
        self, row: IntArray, count: IntArray, key: npt.NDArray[np.object_]
    ) -> dict[str, npt.NDArray[np.object_]]:
        spread = {name: np.full(len(row), pd.NA, dtype=object) for name in PEOPLE_GROUPS}
        for i, here in pd.Series(row).groupby(row).indices.items():
            totals = {name: self._rows.frame[name].iloc[int(str(i))] for name in PEOPLE_GROUPS}
            for name, values in spread_groups(totals, count[here], key=key[here]).items():
                spread[name][here] = values
        return spread

    def _quality(self, row: IntArray) -> npt.NDArray[np.object_]:
        own = self._rows.frame["quality"].to_numpy(dtype=object)[row]
        is_one_point = self._over.are_places & (self._rows.place[row] >= 0)
        return np.where(is_one_point | (own == "illustrative"), own, "estimated")


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(str(name) for name in names[:_FEW])
    return shown if len(names) <= _FEW else f"{shown} and {len(names) - _FEW} more"
