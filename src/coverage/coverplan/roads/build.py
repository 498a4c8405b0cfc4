"""The network of a study, from whatever its config names."""

from __future__ import annotations

from coverplan.core.model import Study
from coverplan.core.progress import SILENT, Progress
from coverplan.roads.interchange import read_graphml
from coverplan.roads.network import Network
from coverplan.roads.osm import read_osm
from coverplan.roads.tables import read_road_tables

_READERS = {"tables": read_road_tables, "pbf": read_osm, "graphml": read_graphml}


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
        When the source is missing, wrong, or holds no road for cars.
    """
    progress.message(f"reading roads: {study.roads.path.name}")
    network = _READERS[study.roads.kind](study.roads.path, study.crs)
    progress.message(f"roads: {network.n_nodes:,} nodes, {network.n_edges:,} edges")
    return network
