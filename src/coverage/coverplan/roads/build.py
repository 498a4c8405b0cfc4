"""The network of a study, from whatever its config names."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from coverplan.core.errors import InputError, Problem
from coverplan.core.model import Study
from coverplan.core.progress import SILENT, Progress
from coverplan.core.units import METRES_PER_KM
from coverplan.roads.clip import Clip, clip_around
from coverplan.roads.interchange import read_graphml
from coverplan.roads.network import Network
from coverplan.roads.osm import read_osm
from coverplan.roads.store import read_network
from coverplan.roads.tables import read_road_tables

_READERS = {"tables": read_road_tables, "graphml": read_graphml, "stored": read_network}
_BESIDE_M = 2000.0
"""So far beside the roads somebody may live who belongs to them: what a door is connected over at most."""


def build_network(study: Study, *, progress: Progress = SILENT) -> Network:
    """Read the roads that a study's config names, in the study's CRS.

    Parameters
    ----------
    study
        `study.roads` says which kind of source it is and where; `study.crs` is the CRS of the result. Of an extract
        only what lies around the areas is read (around the people, where there are none), as far as `clip_m` says.
    progress
        Is told what is being read and what came of it.

    Raises
    ------
    InputError
        When the source is missing, wrong, or holds no road for cars; stored roads also when they are older than the
        file they were made from, and stored roads and extracts when they lie somewhere else than the study.
    """
    progress.message(f"reading roads: {study.roads.path.name}")
    if study.roads.kind == "pbf":
        network = read_osm(study.roads.path, study.crs, clip=_clip(study, progress), progress=progress)
    else:
        network = _READERS[study.roads.kind](study.roads.path, study.crs)
    if study.roads.kind == "stored":
        _refuse_elsewhere(network, study)
    progress.message(f"roads: {network.n_nodes:,} nodes, {network.n_edges:,} edges")
    return network


def _clip(study: Study, progress: Progress) -> Clip | None:
    """Return the outline of the study area with the margin that the config sets; None to read everything."""
    margin_m = study.roads.clip_m
    if margin_m is None:
        return None
    km = margin_m / METRES_PER_KM
    progress.message(f"reading roads: {study.roads.path.name}, the study area and {km:g} km around")
    return outline_of(study.areas, study.people, margin_m=margin_m)


def outline_of(areas: gpd.GeoDataFrame, people: gpd.GeoDataFrame, *, margin_m: float) -> Clip | None:
    """Return the outline of a study area with a margin, in degrees: around the areas, else around the people.

    Parameters
    ----------
    areas, people
        In the same projected CRS; either may be empty.
    margin_m
        In metres.

    Returns
    -------
    Polygon or MultiPolygon, or None
        None when both are empty.
    """
    if areas.geometry.notna().any():
        return clip_around(areas, margin_m=margin_m)
    doors = people.geometry.dropna().to_numpy()
    if len(doors) == 0:
        return None
    # Buffers around a hundred thousand doors would take longer than the roads.
    hull = shapely.convex_hull(shapely.union_all(doors))
    return clip_around(gpd.GeoDataFrame(geometry=[hull], crs=people.crs), margin_m=margin_m)


def _refuse_elsewhere(network: Network, study: Study) -> None:
    """Refuse the stored roads of another place: nobody of this study lives among them."""
    x_m, y_m = study.people.geometry.x.to_numpy(), study.people.geometry.y.to_numpy()
    if len(x_m) == 0 or network.n_nodes == 0:
        return
    among = (x_m >= network.x_m.min() - _BESIDE_M) & (x_m <= network.x_m.max() + _BESIDE_M)
    among &= (y_m >= network.y_m.min() - _BESIDE_M) & (y_m <= network.y_m.max() + _BESIDE_M)
    if not np.any(among):
        what = f"is foreign: these roads ({network.source}) lie somewhere else than the people of {study.study_id}"
        hint = "store the roads of this study with: coverplan roads"
        raise InputError([Problem(what=what, file=study.roads.path.name, hint=hint)])
