"""The network of a study, from whatever its config names."""

from __future__ import annotations

import numpy as np

from coverplan.core.errors import InputError, Problem
from coverplan.core.model import Study
from coverplan.core.progress import SILENT, Progress
from coverplan.roads.interchange import read_graphml
from coverplan.roads.network import Network
from coverplan.roads.osm import read_osm
from coverplan.roads.store import read_network
from coverplan.roads.tables import read_road_tables

_READERS = {"tables": read_road_tables, "pbf": read_osm, "graphml": read_graphml, "stored": read_network}


def build_network(study: Study, *, progress: Progress = SILENT) -> Network:
    """Read the roads that a study's config names, in the study's CRS.

    Parameters
    ----------
    study
        `study.roads` says which kind of source it is and where; `study.crs` is the CRS of the result.
    progress
        Is told what is being read and what came of it.

    Raises
    ------
    InputError
        When the source is missing, wrong, or holds no road for cars; stored roads also when they are older than the
        file they were made from, or lie somewhere else than the study.
    """
    progress.message(f"reading roads: {study.roads.path.name}")
    network = _READERS[study.roads.kind](study.roads.path, study.crs)
    if study.roads.kind == "stored":
        _refuse_elsewhere(network, study)
    progress.message(f"roads: {network.n_nodes:,} nodes, {network.n_edges:,} edges")
    return network


def _refuse_elsewhere(network: Network, study: Study) -> None:
    """Refuse the stored roads of another place: nobody of this study lives among them."""
    x_m, y_m = study.people.geometry.x.to_numpy(), study.people.geometry.y.to_numpy()
    if len(x_m) == 0 or network.n_nodes == 0:
        return
    among = (x_m >= network.x_m.min()) & (x_m <= network.x_m.max())
    among &= (y_m >= network.y_m.min()) & (y_m <= network.y_m.max())
    if not np.any(among):
        what = f"is foreign: these roads ({network.source}) lie somewhere else than the people of {study.study_id}"
        hint = "store the roads of this study with: coverplan roads"
        raise InputError([Problem(what=what, file=study.roads.path.name, hint=hint)])
