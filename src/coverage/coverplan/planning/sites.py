"""Proposed sites, given or read from a workbook."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from coverplan.core.errors import InputError, ProblemList
from coverplan.core.model import Study
from coverplan.core.tables import FACILITIES, VEHICLES, Column, Table
from coverplan.core.units import METRES_PER_KM, project
from coverplan.inputs.records import read_records
from coverplan.roads.network import Float
from coverplan.scenarios.edits import Open, Scenario

if TYPE_CHECKING:
    import geopandas as gpd

SITES = Table(
    name="sites",
    zh="拟建站点",
    key="",
    geometry="point",
    meaning="Proposed sites, to be tried before anybody decides.",
    columns=(
        FACILITIES.column("name"),
        FACILITIES.column("lon"),
        FACILITIES.column("lat"),
        FACILITIES.column("datum"),
        Column(
            name="vehicles",
            type="integer",
            zh="救护车",
            meaning="Emergency vehicles that would stand there; 1 unless it says otherwise.",
            unit="vehicle",
            minimum=0,
            maximum=1000,
            aliases=("车辆数", "救护车数"),
        ),
        Column(
            name=VEHICLES.column("negative_pressure").name,
            type="integer",
            zh="负压",
            meaning="Of them, negative-pressure ambulances.",
            unit="vehicle",
            minimum=0,
            maximum=1000,
            aliases=("负压救护车",),
        ),
    ),
)
"""The columns of a workbook with proposed sites."""

_OUTSIDE_M = 500.0
_POSITION_HINT = "longitude and latitude, such as 118.55 and 24.78"
_NEIGHBOUR_M = 20_000.0
_MOST = 10


@dataclass(frozen=True, kw_only=True)
class Site:
    """A proposed site: its name, where it is (WGS-84 degrees), and the emergency vehicles that would stand there."""

    name: str
    lon: float
    lat: float
    vehicles: int = 1
    negative_pressure: int = 0


def read_sites(path: str | Path, study: Study) -> tuple[Site, ...]:
    """Read proposed sites from a workbook, CSV file or map layer; columns as in `SITES`, Chinese headings too.

    Raises
    ------
    InputError
        With everything that is wrong: columns that are missing, positions outside the study area, names used twice.
    """
    problems = ProblemList()
    records = read_records(path, SITES, crs=study.crs, problems=problems, sheet=None)
    frame = records.frame
    told = {records.row(i): _site(row) for i, row in zip(frame.index, frame.to_dict("records"), strict=True)}
    # A map layer has no such columns, and positions all the same.
    lost = [name for name in ("lon", "lat") if name not in records.headings and frame[name].isna().all()]
    for name in lost if records.complete else ():
        hint = f"add it as '{name}' or '{SITES.column(name).zh}'"
        problems.add("the column is missing", file=records.file, sheet=records.sheet, column=name, hint=hint)
    if told or not problems:
        _check(study, told, problems, file=records.file, sheet=records.sheet, by_place=not lost)
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.row or 0))
    return tuple(told.values())


def _site(row: Mapping[Hashable, Any]) -> Site:
    """Make a site of a row; cells that could not be read, which is a problem already, stand as if they were empty."""
    vehicles = None if pd.isna(row["vehicles"]) else int(row["vehicles"])
    negative = 0 if pd.isna(row["negative_pressure"]) else int(row["negative_pressure"])
    return Site(
        name="" if pd.isna(row["name"]) else str(row["name"]),
        lon=float("nan") if pd.isna(row["lon"]) else float(row["lon"]),
        lat=float("nan") if pd.isna(row["lat"]) else float(row["lat"]),
        vehicles=1 if vehicles is None else vehicles,
        negative_pressure=negative,
    )


def check_sites(study: Study, sites: Sequence[Site]) -> None:
    """Refuse sites that lie outside the study, share a name, or have more negative-pressure vehicles than vehicles.

    Raises
    ------
    InputError
        With every one of them.
    """
    problems = ProblemList()
    _check(study, dict(enumerate(sites)), problems)
    problems.raise_if_any()


def _check(
    study: Study,
    told: Mapping[int, Site],
    problems: ProblemList,
    *,
    file: str | None = None,
    sheet: str | None = None,
    by_place: bool = True,
) -> None:
    """Note what is wrong with sites by their row; of a row with a faulty cell no more is said that hangs on it."""
    if not told:
        problems.add("there is no site", file=file, sheet=sheet, hint="give it a name and a position")
    sites = list(told.values())
    faulty = {problem.row for problem in problems}
    seen: set[str] = set()
    x, y = site_xy(study, sites)
    ground: gpd.GeoDataFrame = study.areas if len(study.areas) else study.people
    limit = float(study.options.get("outside_m", _OUTSIDE_M)) if len(study.areas) else _NEIGHBOUR_M
    for i, (number, site) in enumerate(told.items()):
        row = None if file is None else number
        place = {"file": file, "sheet": sheet, "row": row}
        if site.name and site.name in seen:
            problems.add(f"two sites are called '{site.name}'", hint="give each a name of its own", **place)
        seen.add(site.name)
        if site.vehicles < 0:
            problems.add(f"{site.name}: {site.vehicles} vehicles are fewer than none", hint="from 0 on", **place)
        elif not 0 <= site.negative_pressure <= site.vehicles and number not in faulty:
            what = f"{site.negative_pressure} of {site.vehicles} vehicles cannot be negative-pressure ambulances"
            problems.add(f"{site.name}: {what}", **place)
        if np.isnan([site.lon, site.lat]).any():
            if by_place and number not in faulty:
                problems.add(f"'{site.name}' has no position", hint=_POSITION_HINT, **place)
            continue
        is_there = bool(np.isfinite(x[i]) and np.isfinite(y[i]))
        point = shapely.Point(float(x[i]), float(y[i])) if is_there else None
        away_m = np.inf if point is None else float(shapely.distance(ground.geometry.to_numpy(), point).min())
        if away_m > limit:
            swapped = -90 <= site.lon <= 90 and 90 < site.lat <= 180
            far = (
                "longitude comes first: are the two swapped?"
                if swapped
                else f"{away_m / METRES_PER_KM:,.1f} km from it"
            )
            what = f"{site.name} at {site.lon:g}, {site.lat:g} lies outside the study area"
            problems.add(what, hint=far if swapped or np.isfinite(away_m) else "longitude first", **place)


def site_xy(study: Study, sites: Sequence[Site]) -> tuple[Float, Float]:
    """Return the positions of sites in the study's CRS; what is no position becomes infinite."""
    lat = np.array([site.lat for site in sites], dtype=float)
    lon = np.array([site.lon for site in sites], dtype=float)
    x, y = project(lon, np.where(np.abs(lat) <= 90, lat, np.nan), study.crs)
    return x.astype(np.float64), y.astype(np.float64)


def as_scenario(sites: Iterable[Site], *, kind: str, scenario_id: str = "try") -> Scenario:
    """Return the scenario in which sites are opened."""
    edits = tuple(
        Open(
            name=site.name,
            facility_kind=kind,
            at=(site.lon, site.lat),
            vehicles=site.vehicles,
            negative_pressure=site.negative_pressure,
        )
        for site in sites
    )
    return Scenario(scenario_id=scenario_id, edits=edits)
