"""A small county with something to plan in it, and the ways to write proposals for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from coverplan.core import tables
from coverplan.core.model import Study
from coverplan.core.units import unproject
from coverplan.roads.network import Network
from coverplan.scenarios.edits import Edit, Scenario
from scenes import ORIGIN
from standards.county import county, scene

TABLES = ("areas", "facilities", "people", "vehicles", "aeds", "projects", "indicators", "zones")


def base() -> Study:
    """Return the hand-made county of `standards.county` with two projects: f3 opens at D in 2023, f1 grows in 2025."""
    plain = county(
        facilities={
            "A": {"kind": "chc", "tier": "primary", "community": "甲", "role": "lead", "beds": 10,
                  "serves": "west;east"},
            "C": {"kind": "hospital", "tier": "secondary", "community": "乙", "role": "lead", "name": "东医院"},
            ("AB", 0): {"kind": "ems_station", "name": "一站"},
            "D": {"kind": "township_hospital", "tier": "primary", "status": "planned", "open_year": 2023,
                  "community": "乙", "role": "member", "name": "D院"},
        }
    )  # fmt: skip
    names = list(tables.PROJECTS.names)
    rows = [
        {"project_id": "1", "name": "D院新建", "facility_ids": "f3", "cost_100m_cny": 2.0, "start_year": 2021,
         "end_year": 2023, "added_beds": 30, "total_beds": 30},
        {"project_id": "2", "name": "东医院扩建", "facility_ids": "f1", "cost_100m_cny": 1.0, "start_year": 2022,
         "end_year": 2025, "added_beds": 100, "total_beds": 300},
        {"project_id": "3", "name": "甲中心扩建", "facility_ids": "f0", "cost_100m_cny": 0.5, "start_year": 2022,
         "end_year": 2025, "added_beds": 5},
    ]  # fmt: skip
    frame = pd.DataFrame(rows).reindex(columns=names).assign(source="made up", quality="official")
    kinds = {c.name: {"integer": "Int64", "number": "float64"}.get(c.type, "str") for c in tables.PROJECTS.columns}
    return replace(plain, projects=frame.astype(kinds))


def roads() -> Network:
    """Return its roads: A-B-C-D, three kilometres each, and the island E-F."""
    return scene().network


def at(x_m: float, y_m: float) -> tuple[float, float]:
    """Return longitude and latitude of a spot, in metres from the drawing's lower left corner."""
    lon, lat = unproject([ORIGIN[0] + x_m], [ORIGIN[1] + y_m], "EPSG:32650")
    return float(lon[0]), float(lat[0])


def proposal(*edits: Edit, name: str = "try") -> Scenario:
    """Return a scenario of some edits."""
    return Scenario(scenario_id=name, name=name, edits=edits)


def written(folder: Path, text: str) -> Path:
    """Write a scenario to a file and return it."""
    path = folder / "proposal.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def same(one: Study, other: Study) -> bool:
    """Say whether every table of two studies is the same, cell by cell."""
    return all(_equal(getattr(one, name), getattr(other, name)) for name in TABLES)


def _equal(one: pd.DataFrame | None, other: pd.DataFrame | None) -> bool:
    if one is None or other is None:
        return one is other
    if isinstance(one, gpd.GeoDataFrame) and len(one) == len(other):
        places = (shapely.to_wkb(frame.geometry.to_numpy()).tolist() for frame in (one, other))
        if len(set(map(tuple, places))) > 1:
            return False
    plain = [pd.DataFrame(frame.drop(columns="geometry", errors="ignore")) for frame in (one, other)]
    return plain[0].equals(plain[1]) and (plain[0].dtypes == plain[1].dtypes).all()
