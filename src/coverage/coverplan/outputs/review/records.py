"""What the results rest on, as tables: facilities, projects, sources, files, populations and speeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from coverplan.core.model import Study
from coverplan.core.tables import INPUT_TABLES, Column
from coverplan.core.words import QUALITIES, UNITS
from coverplan.outputs.phrases import both
from coverplan.outputs.review.cells import Cell, Field, ReviewTable, Row, as_number, as_text, coded, pair
from coverplan.standards.findings import Assessment

_TABLES = ("areas", "people", "facilities", "vehicles", "aeds", "projects", "zones", "indicators")
_FACILITY_COLUMNS = (
    "facility_id", "name", "name_en", "kind", "tier", "owner", "beds", "community", "role", "services", "status",
    "open_year", "close_year", "lon", "lat", "datum", "quality", "source",
)  # fmt: skip
_PROJECT_COLUMNS = (
    "project_id", "name", "name_en", "facility_ids", "cost_100m_cny", "start_year", "end_year", "added_beds",
    "total_beds", "note", "quality", "source",
)  # fmt: skip
_WIDTHS = {"name": 26, "name_en": 30, "source": 40, "services": 24, "note": 30, "kind": 20, "community": 16}
_YEARS = ("open_year", "close_year", "start_year", "end_year")


def facility_table(study: Study) -> ReviewTable:
    """List the facilities, with their town and how many vehicles they have; columns that are empty are left out."""
    areas = study.areas.set_index("area_id")
    town = Field(name="area", zh="镇街", en="Town", width=16)
    fleet = Field(name="vehicles", zh="车辆", en="Vehicles", width=9)
    based = study.vehicles["facility_id"].value_counts() if len(study.vehicles) else pd.Series(dtype="int64")
    fields, rows = _as_declared("facilities", study.facilities, _FACILITY_COLUMNS)
    full = [
        {
            **row,
            "area": pair(areas["name"].get(area_id), areas["name_en"].get(area_id)),
            "vehicles": as_number(based.get(facility_id)),
        }
        for row, area_id, facility_id in zip(
            rows, study.facilities["area_id"], study.facilities["facility_id"], strict=True
        )
    ]
    at = min(3, len(fields))
    return ReviewTable(
        name="facilities",
        title=both("设施", "Facilities"),
        fields=(*fields[:at], town, *fields[at:], *([fleet] if len(based) else [])),
        rows=tuple(full),
    )


def project_table(study: Study) -> ReviewTable:
    """List the projects; columns that are empty are left out."""
    fields, rows = _as_declared("projects", study.projects, _PROJECT_COLUMNS)
    return ReviewTable(name="projects", title=both("项目", "Projects"), fields=fields, rows=tuple(rows))


def _as_declared(
    table: str, frame: pd.DataFrame, names: tuple[str, ...]
) -> tuple[tuple[Field, ...], list[dict[str, Cell]]]:
    declared = INPUT_TABLES[table]
    columns = [declared.column(name) for name in names if name in frame and bool(frame[name].notna().any())]
    fields = tuple(_field(column) for column in columns)
    rows = [{column.name: _cell(column, row[column.name]) for column in columns} for row in frame.to_dict("records")]
    return fields, rows


def _field(column: Column) -> Field:
    unit = UNITS[column.unit].zh if column.unit in UNITS else ""
    zh = f"{column.zh}（{unit}）" if unit else column.zh
    width = _WIDTHS.get(column.name, 14 if column.type == "text" else 11)
    return Field(name=column.name, zh=zh, en=column.name.replace("_", " "), width=width)


def _cell(column: Column, value: object) -> Cell:
    if column.allowed and not column.many:
        return coded(column.allowed, value)
    if column.type == "flag":
        return None if pd.isna(value) else bool(value)  # pyright: ignore[reportArgumentType, reportCallIssue] - one value
    if column.type == "text" or column.name in _YEARS:
        number = as_number(value) if column.name in _YEARS else None
        return str(number) if number is not None else as_text(value)
    return as_number(value)


def source_table(assessment: Assessment, *, most: int = 6) -> ReviewTable:
    """Say table by table where the records come from, how many rows, and how far they can be trusted.

    Of a table with many sources the `most` frequent are named, and the rest counted.
    """
    study, network = assessment.study, assessment.network
    fields = (
        Field(name="table", zh="数据", en="Data", width=18),
        Field(name="rows", zh="条数", en="Rows", width=10),
        Field(name="quality", zh="数据质量", en="Data quality", width=16),
        Field(name="source", zh="来源与日期", en="Source and date", width=80),
    )
    rows = [row for name in _TABLES for row in _sources(name, getattr(study, name, None), most)]
    roads = "; ".join(part for part in (network.source, network.date, network.attribution) if part)
    rows.append(
        {
            "table": both("道路", "roads"),
            "rows": network.n_edges,
            "quality": coded(QUALITIES, network.quality),
            "source": as_text(roads),
        }
    )
    rows += [
        {
            "table": both(f"人口口径 {name}", f"population {name}"),
            "rows": as_number(one.people),
            "quality": None,
            "source": as_text(f"{one.source} ({one.year})" if one.year else one.source),
        }
        for name, one in study.populations.items()
    ]
    return ReviewTable(name="sources", title=both("数据来源", "Sources"), fields=fields, rows=tuple(rows))


def _sources(name: str, frame: pd.DataFrame | None, most: int) -> list[Row]:
    """One row per source of a table and what it is worth, those with most records first."""
    if frame is None or not len(frame):
        return []
    title = both(INPUT_TABLES[name].zh, name)
    if "source" not in frame or "quality" not in frame:
        return [{"table": title, "rows": len(frame), "quality": None, "source": ""}]
    told = frame.assign(source=frame["source"].fillna("").astype("str"))
    counts = told.groupby(["source", "quality"], sort=False).size().sort_values(ascending=False, kind="stable")
    rows: list[Row] = [
        {"table": title, "rows": int(number), "quality": coded(QUALITIES, quality), "source": as_text(source)}
        for (source, quality), number in list(counts.items())[:most]  # pyright: ignore[reportGeneralTypeIssues] - two keys
    ]
    rest = counts.iloc[most:]
    if len(rest):
        text = both(f"其他{len(rest)}个来源，见数据表", f"{len(rest)} further sources, see the table itself")
        rows.append({"table": title, "rows": int(rest.sum()), "quality": None, "source": text})
    return rows


def file_table(study: Study) -> ReviewTable:
    """List the files that were read, with the fingerprint of their content."""
    fields = (
        Field(name="file", zh="文件", en="File", width=44),
        Field(name="sha256", zh="SHA-256", en="fingerprint", width=70),
    )
    rows = tuple({"file": as_text(name), "sha256": value} for name, value in study.inputs.items())
    return ReviewTable(name="files", title=both("输入文件", "Input files"), fields=fields, rows=rows)


def quality_table(study: Study) -> ReviewTable:
    """Count the records of each table by quality."""
    qualities = [Field(name=name, zh=word.zh, en=word.en, width=12) for name, word in QUALITIES.items()]
    fields = (
        Field(name="table", zh="数据", en="Data", width=18),
        Field(name="rows", zh="条数", en="Rows", width=10),
        *qualities,
    )
    rows: list[Mapping[str, Any]] = []
    for name in _TABLES:
        frame = getattr(study, name, None)
        if frame is not None and len(frame) and "quality" in frame:
            counts = frame["quality"].value_counts()
            told = {field.name: as_number(counts.get(field.name)) for field in qualities}
            rows.append({"table": both(INPUT_TABLES[name].zh, name), "rows": len(frame), **told})
    return ReviewTable(name="quality", title=both("数据质量", "Data quality"), fields=fields, rows=tuple(rows))
