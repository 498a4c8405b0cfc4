"""Which rows of which table a rule counts, what it would need to know, and which part of the county it speaks of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from coverplan.core.headings import plain_heading
from coverplan.core.model import Study
from coverplan.core.tables import INPUT_TABLES, cells_of
from coverplan.core.words import KINDS, TIERS, ZONE_KINDS, Word
from coverplan.inputs.select import active_facilities, kinds_of
from coverplan.roads.network import Bool
from coverplan.standards.params import Condition, Where, WordBook

if TYPE_CHECKING:
    import geopandas as gpd


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a study lacks before a rule can be checked, in both languages."""

    en: str
    zh: str


def table_of(study: Study, name: str) -> pd.DataFrame:
    """Return a table of the study by name, all its rows; `places` are the villages and communities."""
    if name == "places":
        return places_of(study)
    table = getattr(study, name)
    return pd.DataFrame(columns=list(INPUT_TABLES[name].names)) if table is None else table


def places_of(study: Study) -> gpd.GeoDataFrame:
    """Return one row per village or community, where most of its people live; points without one are left out."""
    people = study.people
    named = people[people["place_id"].notna()].reset_index(drop=True)
    order = named.sort_values(["people", "point_id"], ascending=[False, True], kind="stable").index
    first = named.loc[order].drop_duplicates("place_id").sort_values("place_id", kind="stable")
    sums = named.groupby("place_id")["people"].sum()
    columns = ["place_id", "place", "place_kind", "area_id", "quality", "geometry"]
    first = first.reindex(columns=columns).reset_index(drop=True)
    return first.assign(people=first["place_id"].map(sums).astype("int64"))


def in_service(study: Study, name: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the rows that serve in the study's year, index 0..n-1, and what was left out."""
    if name == "facilities":
        return active_facilities(study), ()
    rows = table_of(study, name).reset_index(drop=True)
    if name != "vehicles":
        return rows, ()
    serves = rows["facility_id"].isin(active_facilities(study)["facility_id"]).to_numpy(dtype=bool)
    idle = int((~serves).sum())
    if not idle:
        return rows, ()
    note = f"{idle:,} vehicles stand at a facility that does not serve in {study.year}; they do not count."
    return rows[serves].reset_index(drop=True), (note,)


def spellings(words: Mapping[str, Word]) -> dict[str, str]:
    """Map every way to write a word, ours, Chinese, English or alias, to its value."""
    known: dict[str, str] = {}
    for value, word in words.items():
        for label in (value, word.zh, word.en, *word.aliases):
            known.setdefault(plain_heading(label), value)
    return known


def services_of(column: pd.Series, book: WordBook) -> pd.Series:
    """Take cells of services apart into sets of words; `!ct` (looked for, not there) stays as it is."""
    known = spellings(book.services)

    def read(cell: object) -> frozenset[str]:
        said = set()
        for word in cells_of(cell):
            mark = "!" if word.startswith(("!", "！")) else ""
            plain = plain_heading(word.lstrip("!！"))
            said.add(mark + known.get(plain, plain))
        return frozenset(said)

    return pd.Series([read(cell) for cell in column], index=column.index, dtype=object)


def matches(study: Study, rows: pd.DataFrame, where: Where, book: WordBook) -> pd.Series:
    """Say which rows keep every condition; a cell that is empty keeps none, except `known: false`."""
    keep = pd.Series(data=True, index=rows.index)
    for name, condition in where.items():
        keep &= _holds(study, rows[name], name, condition, book)
    return keep


def _holds(study: Study, column: pd.Series, name: str, condition: Condition, book: WordBook) -> pd.Series:
    if condition.known is not None:
        return column.notna() if condition.known else column.isna()
    keep = pd.Series(data=True, index=column.index)
    for end, sign in ((condition.min, 1), (condition.max, -1)):
        if end is not None:
            bound = float(study.year if end == "year" else end)
            values = pd.to_numeric(column).astype("float64")
            keep &= (values >= bound) if sign > 0 else (values <= bound)
    if not condition.values:
        return keep
    sets = _as_sets(column, name, book)
    wanted = {key: _spelled_out(name, getattr(condition, key)) for key in ("any", "all", "none")}
    if condition.any:
        keep &= _each(sets, lambda said: bool(said & wanted["any"]))
    if condition.all:
        keep &= _each(sets, lambda said: wanted["all"] <= said)
    if condition.none:
        keep &= _each(sets, lambda said: (bool(said) or name == "services") and not said & wanted["none"])
    return keep.astype(bool)


def _each(sets: pd.Series, test: Callable[[frozenset[object]], bool]) -> pd.Series:
    return pd.Series([test(said) for said in sets], index=sets.index, dtype=bool)


def _as_sets(column: pd.Series, name: str, book: WordBook) -> pd.Series:
    if name == "services":
        return services_of(column, book)
    if name in _MANY:
        return pd.Series([frozenset(cells_of(cell)) for cell in column], index=column.index, dtype=object)
    known = [frozenset() if pd.isna(cell) else frozenset([_plain(cell)]) for cell in column]
    return pd.Series(known, index=column.index, dtype=object)


def _plain(cell: object) -> object:
    return bool(cell) if isinstance(cell, bool | np.bool_) else str(cell)


_MANY = frozenset(column.name for table in INPUT_TABLES.values() for column in table.columns if column.many)


def _spelled_out(name: str, values: tuple[bool | str, ...]) -> frozenset[object]:
    """Put kinds for groups of kinds."""
    if name != "kind" or not set(values) - set(KINDS):
        return frozenset(values)
    groups = {word.group for word in KINDS.values()}
    named = [str(value) for value in values]
    return frozenset([*(v for v in named if v not in groups), *kinds_of([v for v in named if v in groups])])


def missing_for(study: Study, table: str, where: Where, book: WordBook, *, amount: str | None = None) -> Need | None:
    """Say what a study lacks before rows of a table can be counted; None when nothing.

    A register without a single row of the kind, whatever its year, has not been filled in, and neither has a column
    without a single value among such rows, or a service that none of them is said to have or (`!`) not to have.
    """
    rows = table_of(study, table)
    if not len(rows):
        what = "people" if table == "places" else table
        return Need(
            en=f"the {what} table (name its file under tables: {what}: of the config)",
            zh=f"{INPUT_TABLES[what].zh}表（在配置文件的 tables: {what}: 处填写文件名）",
        )
    first = {name: condition for name, condition in where.items() if name in {"kind", "tier"}}
    if first and table == "facilities":
        rows = rows[matches(study, rows, first, book)]
        if not len(rows):
            return _no_such(first)
    for name, condition in where.items():
        if name not in first and condition.known is not False:
            need = _column_need(table, rows, name, condition, book)
            if need is not None:
                return need
    if amount is not None and rows[amount].isna().all():
        return _fill_in(table, amount)
    return None


def _column_need(table: str, rows: pd.DataFrame, name: str, condition: Condition, book: WordBook) -> Need | None:
    if not rows[name].notna().any():
        return _fill_in(table, name, condition.values, book)
    if name != "services":
        return _name_need(table, rows, name, condition)
    said = frozenset().union(*services_of(rows[name], book))
    unsaid = [str(v) for v in condition.values if v not in said and f"!{v}" not in said]
    if condition.any and len(unsaid) < len(condition.any):
        return None
    return _fill_in(table, name, tuple(unsaid), book) if unsaid else None


def _name_need(table: str, rows: pd.DataFrame, name: str, condition: Condition) -> Need | None:
    """Say that no record, in service or not, has a name that a rule speaks of: what is not recorded is not known."""
    declared = INPUT_TABLES["people" if table == "places" else table]
    column = declared.column(name)
    if column.type != "text" or column.allowed or not (condition.any or condition.all):
        return None
    known = {word for cell in rows[name].dropna() for word in (cells_of(cell) if column.many else (str(cell),))}
    lost = [str(value) for value in condition.all if value not in known]
    if condition.any and not set(condition.any) & known:
        lost += [str(value) for value in condition.any]
    if not lost:
        return None
    return Need(
        en=f"{declared.name}.{name}: a record with {', '.join(lost)} (add it to the {declared.name} table)",
        zh=f"{declared.name}.{name}：{'、'.join(lost)}的记录（请在{declared.zh}表中补充）",
    )


def _fill_in(table: str, name: str, values: tuple[bool | str, ...] = (), book: WordBook | None = None) -> Need:
    declared = INPUT_TABLES["people" if table == "places" else table]
    column = declared.column(name)
    words_en, words_zh = "", ""
    if name == "services" and book is not None and values:
        words_en = f": which of them have {', '.join(str(v) for v in values)}"
        words_zh = f"：哪些具备{'、'.join(book.services[str(v)].zh for v in values)}"
    also = "; write !word where it was looked for and is not there" if name == "services" else ""
    return Need(
        en=f"{declared.name}.{name}{words_en} (fill in the column {name} or {column.zh} of the {declared.name} "
        f"table{also})",
        zh=f"{declared.name}.{name}{words_zh}（请填写{declared.zh}表的“{column.zh}”列）",
    )


def _no_such(where: Where) -> Need:
    kinds = kinds_of([str(v) for v in where["kind"].values]) if "kind" in where else ()
    tiers = [str(v) for v in where["tier"].values] if "tier" in where else []
    return no_such_facility(kinds, tiers)


def no_such_facility(kinds: tuple[str, ...], tiers: list[str] | tuple[str, ...]) -> Need:
    """Say that the register holds no facility of some kinds and tiers."""
    en = " or ".join(KINDS[kind].en for kind in kinds) or "facility of any kind"
    zh = "、".join(KINDS[kind].zh for kind in kinds) or "设施"
    if tiers:
        en += f" of tier {' or '.join(TIERS[tier].en for tier in tiers)}"
        zh = f"{'、'.join(TIERS[tier].zh for tier in tiers)}的{zh}"
    return Need(en=f"at least one {en} in the facilities table", zh=f"设施表中至少一个{zh}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Region:
    """A named part of the county: its shape, and the towns and streets that are wholly meant by name."""

    name: str
    shape: shapely.Geometry | None
    area_ids: frozenset[str]

    def holds(self, area_id: pd.Series, geometry: pd.Series | None) -> Bool:
        """Say which rows lie in it, by position where it has a shape of its own, else by their area."""
        by_area = area_id.isin(self.area_ids).to_numpy(dtype=bool)
        if self.shape is None or geometry is None:
            return by_area
        return by_area | shapely.covers(self.shape, geometry.to_numpy())


def regions(study: Study, names: tuple[str, ...]) -> Region | Need | None:
    """Find named zones and areas and join them; a need when the study has no such name.

    None, which is no restriction, when no name is given, or one of them is the study's own.
    """
    if not names or {study.name, study.name_en} & set(names):
        return None
    zones, areas = table_of(study, "zones"), study.areas
    shapes, ids = [], set()
    for name in names:
        in_zones = zones[(zones["name"] == name) | (zones["zone_id"] == name)]
        in_areas = areas[(areas["name"] == name) | (areas["area_id"] == name)]
        if not (len(in_zones) or len(in_areas)):
            return Need(
                en=f"zones.name: the outline of {name} (add it to the zones table, or to the areas table)",
                zh=f"zones.name：“{name}”的范围（请在片区表或镇街表中补充）",
            )
        shapes += list(in_zones["geometry"]) if len(in_zones) else []
        ids |= set(in_areas["area_id"].astype(str))
    shape = shapely.union_all(shapes) if shapes else None
    return Region(name="、".join(names), shape=shape, area_ids=frozenset(ids))


def zones_of(study: Study, kind: str) -> gpd.GeoDataFrame | Need:
    """Return the zones of a kind."""
    zones = table_of(study, "zones")
    found = zones[zones["kind"] == kind].reset_index(drop=True) if len(zones) else zones
    if len(found):
        return found  # pyright: ignore[reportReturnType] - a study's zones are a GeoDataFrame
    word = ZONE_KINDS[kind]
    return Need(
        en=f"zones of the kind {kind} (add their outlines to the zones table, tables: zones: in the config)",
        zh=f"片区表中的{word.zh}（请补充其范围，并在配置文件的 tables: zones: 处填写文件名）",
    )


def keep_in(study: Study, rows: pd.DataFrame, region: Region | None) -> pd.DataFrame:
    """Return the rows that lie in a region; a vehicle lies where its base does."""
    if region is None or not len(rows):
        return rows
    if "geometry" in rows:
        inside = region.holds(rows["area_id"], rows["geometry"])
    else:
        bases = study.facilities.set_index("facility_id")
        known = rows.get("facility_id", pd.Series(None, index=rows.index, dtype=object))
        base = bases.reindex(known)
        inside = region.holds(base["area_id"], base["geometry"])
    return rows[inside]


def qualities_of(*tables: pd.DataFrame | None) -> list[str]:
    """Return every quality that some tables hold, of records and of positions."""
    return [
        str(value)
        for table in tables
        if table is not None
        for name in ("quality", "position_quality")
        if name in table
        for value in table[name].dropna().unique()
    ]
