"""Placing the records of a file: what the command calls."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from python_calamine import CalamineError

from coverplan.core.atomic import write_text
from coverplan.core.errors import ProblemList
from coverplan.core.headings import plain_heading
from coverplan.core.progress import SILENT, Progress
from coverplan.core.tables import FACILITIES, PROJECTS
from coverplan.inputs.geocode.gazetteer import embedded_gazetteer, read_gazetteer, read_text_table
from coverplan.inputs.geocode.place import GEO_COLUMNS, Geocoded, geocode
from coverplan.inputs.geocode.providers import provider_from_config
from coverplan.inputs.geocode.review import read_review, write_review

if TYPE_CHECKING:
    import geopandas as gpd

_READ = ("facility_id", "project_id", "name", "area_id", "lon", "lat", "datum", "position_quality")
_ALSO = {"county": ("县", "区县", "县市区", "县（市、区）", "所属县"), "address": ("地址", "详细地址")}


def geocode_file(
    path: str | Path,
    *,
    out: str | Path,
    review: str | Path | None = None,
    reviewed: str | Path | None = None,
    gazetteer: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    cache: str | Path | None = None,
    county: str | None = None,
    study_area: gpd.GeoDataFrame | None = None,
    progress: Progress = SILENT,
) -> Geocoded:
    """Place the records of a CSV or Excel file and write the same table with positions.

    Parameters
    ----------
    path
        Table of facilities or projects; headings in English or Chinese.
    out
        CSV to write: the user's own columns, with lon, lat, datum (wgs84), position_quality and the `geo_` columns.
    review
        Workbook for what a person should look at; None writes none.
    reviewed
        A workbook that a person filled in, to be applied first.
    gazetteer
        The study's own gazetteer; it is asked before the embedded one.
    settings
        The `geocoding` part of the study's config; see `provider_from_config`.
    cache
        CSV that keeps answers and corrections.
    county, study_area
        See `geocode`.

    Returns
    -------
    Geocoded

    Raises
    ------
    InputError
        When a file cannot be read or used. Nothing is written then.
    """
    path = Path(path)
    own, table = _read_records(path)
    lists = [read_gazetteer(gazetteer)] if gazetteer else []
    result = geocode(
        table,
        gazetteer=[*lists, embedded_gazetteer()],
        provider=provider_from_config(settings or {}),
        cache=cache,
        study_area=study_area,
        county=county,
        corrections=read_review(reviewed) if reviewed else None,
        file=path.name,
        progress=progress,
    )
    filled = own.copy()
    for name in ("lon", "lat", "datum", "position_quality", *GEO_COLUMNS):
        heading = next((h for h in own.columns if _names(own).get(h) == name), name)
        filled[heading] = result.placed[name].to_numpy()
    write_text(out, filled.to_csv(index=False, float_format="%.6f", lineterminator="\n"), encoding="utf-8-sig")
    if review is not None:
        write_review(result, review)
    return result


def _read_records(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a table as the user wrote it, and the columns of it that placing understands under our names."""
    problems = ProblemList()
    if path.suffix.casefold() in {".xlsx", ".xls", ".xlsm", ".ods"}:
        own = _read_sheet(path, problems)
    else:
        own = read_text_table(path, problems)
    problems.raise_if_any()
    found = _names(own)
    if "name" not in found.values():
        problems.add("the column is missing", file=path.name, column="name", hint="add it as 'name' or '名称'")
        problems.raise_if_any()
    table = own[list(found)].rename(columns=found)
    return own, table


def _read_sheet(path: Path, problems: ProblemList) -> pd.DataFrame:
    try:
        return pd.read_excel(path, dtype=str, engine="calamine").fillna("")
    except FileNotFoundError:
        problems.add("no such file", file=path.name)
    except (CalamineError, ValueError, OSError) as error:
        problems.add(f"cannot be read as a workbook: {error}", file=path.name)
    return pd.DataFrame()


def _names(own: pd.DataFrame) -> dict[str, str]:
    """Map the user's headings to our names, each of ours once."""
    labels: dict[str, str] = {}
    for table in (FACILITIES, PROJECTS):
        for column in table.columns:
            if column.name in _READ:
                for label in (column.name, column.zh, *column.aliases):
                    labels.setdefault(plain_heading(label), column.name)
    for name, others in _ALSO.items():
        labels |= {plain_heading(label): name for label in (name, *others)}
    found: dict[str, str] = {}
    for heading in own.columns:
        name = labels.get(plain_heading(heading))
        if name and name not in found.values():
            found[str(heading)] = name
    return found
