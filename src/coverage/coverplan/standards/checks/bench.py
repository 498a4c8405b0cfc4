"""What every check works on and hands back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from coverplan.access.coverage import ELSEWHERE
from coverplan.core.model import Study
from coverplan.roads.network import Float
from coverplan.standards.chosen import Need, in_service
from coverplan.standards.fields import Fields
from coverplan.standards.findings import AREA_COLUMNS, UNIT_COLUMNS, Finding
from coverplan.standards.rules import Reading, Rule
from coverplan.standards.wording import sentence_en, sentence_zh

ELSEWHERE_ZH = "镇街以外"
ELSEWHERE_EN = "outside every area"
_COUNTS = ("people", "people_within", "people_outside", "people_unreached", "have", "need", "short")
_TYPES = {name: "Int64" if name in _COUNTS else "float64" for name in list(AREA_COLUMNS)[4:]} | {"status": "str"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Bench:
    """One study, laid out for checks.

    Attributes
    ----------
    areas
        ``area_id``, ``area``, ``area_en`` in the order of the areas table.
    people
        ``people`` and ``area_id`` of every demand point; people who lie in no area have an empty text.
    plain
        The table by area that says only who lives where; every rule without figures by area has it.
    previous
        The `verdicts.json` of an earlier run, for trends; None when there is none.
    findings
        What came out so far, by rule, the default reading first; for trends.
    """

    study: Study
    fields: Fields
    areas: pd.DataFrame
    people: pd.DataFrame
    plain: pd.DataFrame
    previous: Mapping[str, Any] | None = None
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def everyone(self) -> float:
        """Everyone in the people table."""
        return float(self.people["people"].sum())


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """A finding, and for checks of points the table of points behind it."""

    finding: Finding
    points: pd.DataFrame | None = None


def serving(bench: Bench, name: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the rows of a table that serve in the study's year, and what was left out; reckoned once."""
    return bench.fields.once(("serving", name), lambda: in_service(bench.study, name))


def build_bench(study: Study, fields: Fields) -> Bench:
    """Lay a study out for checks."""
    areas = pd.DataFrame(
        {
            "area_id": study.areas["area_id"].astype("str"),
            "area": study.areas["name"].astype("str"),
            "area_en": study.areas["name_en"].fillna("").astype("str"),
        }
    ).reset_index(drop=True)
    area_id = area_ids(study.people["area_id"], areas)
    people = pd.DataFrame({"people": study.people["people"].astype("int64").to_numpy(), "area_id": area_id})
    sums = people.groupby("area_id", as_index=False)["people"].sum()
    rows = areas[["area_id"]].merge(sums, on="area_id", how="outer", sort=False)
    plain = area_table(areas, rows.assign(people=rows["people"].fillna(0), status="no_data"))
    return Bench(study=study, fields=fields, areas=areas, people=people, plain=plain)


def area_ids(column: pd.Series, areas: pd.DataFrame) -> pd.Series:
    """Return area ids as text, empty where they are missing or none of the study's areas."""
    ids = column.astype("str").where(column.notna(), ELSEWHERE).reset_index(drop=True)
    return ids.where(ids.isin(areas["area_id"]), ELSEWHERE)


def area_table(names: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Give rows by `area_id` their names (`Bench.areas`), every declared column, and the declared order.

    Areas without a row keep one; people, vehicles or devices that lie in no area stand in a last row of their own.
    """
    if (rows["area_id"] == ELSEWHERE).any():
        elsewhere = pd.DataFrame({"area_id": [ELSEWHERE], "area": [ELSEWHERE_ZH], "area_en": [ELSEWHERE_EN]})
        names = pd.concat([names, elsewhere], ignore_index=True)
    # On arrays: this runs for every reading of every rule, and pandas' own reindexing is slow where rows are few.
    at = pd.Index(rows["area_id"]).get_indexer(pd.Index(names["area_id"]))
    columns: dict[str, Any] = {name: names[name].array for name in ("area_id", "area", "area_en")}
    for name, kind in _TYPES.items():
        if name == "status":
            said = rows[name].to_numpy(dtype=object) if name in rows else np.full(len(rows), np.nan, dtype=object)
            columns[name] = pd.array(np.append(said, np.nan)[at], dtype="str")
            continue
        given = rows[name].to_numpy(dtype="float64", na_value=np.nan) if name in rows else np.full(len(rows), np.nan)
        values = np.append(given, np.nan)[at]
        columns[name] = counts_of(values) if kind == "Int64" else values
    return pd.DataFrame(columns)[list(AREA_COLUMNS)]


def counts_of(values: Float) -> Any:
    """Return counts as whole numbers with missing ones, unless what is counted is not whole (yuan)."""
    missing = np.isnan(values)
    whole = np.where(missing, 0.0, values)
    if not (whole == np.rint(whole)).all():
        return values
    return pd.arrays.IntegerArray(whole.astype(np.int64), missing)


def count_type(column: pd.Series) -> str:
    """Return the type of a column of counts: whole, unless what is counted is not (yuan, rates)."""
    numbers = pd.to_numeric(column).astype("float64")
    return "Int64" if (numbers.isna() | (numbers == np.rint(numbers))).all() else "float64"


def unit_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Give rows about single things every declared column, in the declared order."""
    given = {name: [row.get(name) for row in rows] for name in UNIT_COLUMNS}
    columns: dict[str, Any] = {}
    for name, cells in given.items():
        if name in _UNIT_NUMBERS:
            columns[name] = np.array([np.nan if pd.isna(cell) else float(cell) for cell in cells], dtype="float64")
        elif name == "facility_id":
            columns[name] = pd.Series(cells, dtype=object)
        else:
            columns[name] = pd.array(["" if pd.isna(cell) else str(cell) for cell in cells], dtype="str")
    return pd.DataFrame(columns)


_UNIT_NUMBERS = ("people", "have", "need", "short", "value")


def plain_areas(bench: Bench, status: str) -> pd.DataFrame:
    """Return a table by area that says only who lives where."""
    told = pd.Series(status, index=bench.plain.index, dtype="str")
    return bench.fields.once(("plain", status), lambda: bench.plain.assign(status=told))


def no_data(bench: Bench, rule: Rule, reading: Reading, need: Need, *, unit: str) -> Outcome:
    """Return the finding of a reading that cannot be checked, saying what it needs."""
    finding = Finding(
        rule_id=rule.rule_id,
        reading=reading,
        status="no_data",
        figure=float("nan"),
        unit=unit,
        limit=None,
        shortfall=float("nan"),
        shortfall_unit="",
        statement_en=sentence_en(f"no data: needs {need.en}", ""),
        statement_zh=sentence_zh(f"无数据：需要{need.zh}", ""),
        areas=plain_areas(bench, "no_data"),
        quality="official",
        people=bench.everyone,
    )
    return Outcome(finding=finding)
