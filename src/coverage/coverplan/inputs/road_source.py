"""Where a study's roads come from: what its config says, and whether there is anything in it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import geopandas as gpd
import numpy as np
import shapely

from coverplan.core.errors import InputError, Problem, ProblemList, did_you_mean
from coverplan.core.model import RoadSource
from coverplan.core.tables import AREAS
from coverplan.core.units import METRES_PER_KM, WGS84, local_crs
from coverplan.inputs.config import RoadsSection, StudyConfig
from coverplan.inputs.door import Door
from coverplan.inputs.placing import Refuse
from coverplan.inputs.records import read_raw
from coverplan.roads.clip import MARGIN_M, Clip, clip_around

RoadKind = Literal["tables", "pbf", "graphml", "stored"]
ROAD_FILES = ("nodes.csv", "edges.csv")
"""What a folder of road tables holds."""


def find_roads(config: StudyConfig, data: Path, refuse: Refuse, problems: ProblemList) -> RoadSource | None:
    """Find the roads that a config names, and look whether there is anything in them; `build_network` reads them.

    Parameters
    ----------
    config
        The settings; roads that are not named at all are told by whoever read them.
    data
        The folder that paths are relative to.
    refuse
        Takes what is wrong in the config.
    problems
        Takes what is wrong with the files.
    """
    section = config.roads
    if section is None:
        return None
    given = {kind: value for kind in get_args(RoadKind) if (value := getattr(section, kind)) is not None}
    if len(given) != 1:
        kinds = ", ".join(get_args(RoadKind))
        refuse(f"{len(given) or 'no'} road sources are named", "roads", hint=f"name one of: {kinds}")
        return None
    kind, value = next(iter(given.items()))
    clip_m = _clip_m(section, kind, refuse)
    path = data / value
    if not data.is_dir():
        return None
    if kind == "tables":
        _check_folder(path, value, refuse, problems)
    elif not path.is_file():
        missing = "make it with: coverplan roads" if kind == "stored" else None
        hint = missing or near_name(path) or f"the path is relative to the data folder ({config.data})"
        refuse(f"there is no file '{value}'", "roads", kind, hint=hint)
    elif path.stat().st_size == 0:
        problems.add("the road file is empty", file=value, hint="was the download interrupted?")
    return RoadSource(kind=kind, path=path, clip_m=clip_m)


def _clip_m(section: RoadsSection, kind: RoadKind, refuse: Refuse) -> float | None:
    """Return how far around the study area an extract is read, None for all of it."""
    for key, value in (("margin_km", section.margin_km), ("clip", section.clip)):
        if value is not None and kind != "pbf":
            hint = "only of an extract (pbf) a part is read; leave it out"
            refuse(f"it has no meaning for roads from '{kind}'", "roads", key, hint=hint)
    if section.margin_km is not None and section.clip is False:
        refuse("a margin is given, and clip is off", "roads", "margin_km", hint="leave one of the two out")
    if kind != "pbf" or section.clip is False:
        return None
    return MARGIN_M if section.margin_km is None else section.margin_km * METRES_PER_KM


def _check_folder(folder: Path, value: str, refuse: Refuse, problems: ProblemList) -> None:
    if not folder.is_dir():
        hint = near_name(folder) or f"a folder with {' and '.join(ROAD_FILES)}, inside the data folder"
        refuse(f"there is no folder '{value}'", "roads", "tables", hint=hint)
        return
    for name in ROAD_FILES:
        file = folder / name
        if not file.is_file():
            hint = f"a folder of road tables holds {' and '.join(ROAD_FILES)}"
            problems.add("there is no such file", file=f"{value}/{name}", hint=hint)
        elif not _holds_records(file):
            what = "the road network is empty: the file holds no records"
            problems.add(what, file=f"{value}/{name}", row=2, hint="a network has nodes and edges")


def _holds_records(file: Path) -> bool:
    with file.open("rb") as lines:
        next(lines, None)
        return any(line.strip(b" \t\r\n,;") for line in lines)


def road_files(roads: RoadSource) -> list[Path]:
    """Return the files that are read, whose content a run is told by."""
    return [roads.path / name for name in ROAD_FILES] if roads.kind == "tables" else [roads.path]


def read_outline(path: str | Path, *, margin_m: float) -> Clip:
    """Read the outline to which roads are clipped: every polygon of a map layer, with a margin.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, shapefile or GeoParquet.
    margin_m
        In metres.

    Returns
    -------
    Polygon or MultiPolygon
        In WGS-84 degrees.

    Raises
    ------
    InputError
        When the file is no map layer or holds no polygon.
    """
    path, problems = Path(path), ProblemList()
    raw = read_raw(Door(path=path, file=path.name, problems=problems, notes=ProblemList()), AREAS)
    problems.raise_if_any()
    held = np.array([] if raw is None else raw.frame["geometry"], dtype=object)
    polygons = held[
        np.isin(shapely.get_type_id(held), [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON])
    ]
    if len(polygons) == 0:
        raise InputError([Problem(what="holds no polygon to clip to", file=path.name, hint="draw one in QGIS")])
    shapes = gpd.GeoSeries(shapely.make_valid(polygons), crs=WGS84)
    west, south, east, north = shapely.total_bounds(polygons).tolist()
    areas = gpd.GeoDataFrame(geometry=shapes).to_crs(local_crs((west + east) / 2, (south + north) / 2))
    return clip_around(areas, margin_m=margin_m)


def near_name(path: Path) -> str | None:
    """Name the file that comes closest to one that is not there."""
    siblings = [p.name for p in path.parent.glob("*")] if path.parent.is_dir() else []
    hint = did_you_mean(path.name, siblings)
    return hint if hint and "mean" in hint else None
