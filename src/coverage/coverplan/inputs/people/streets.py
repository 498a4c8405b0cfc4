"""What a census is spread over where neither houses nor villages are known: the roads along which people live."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.core.model import Clock, RoadSource, Study
from coverplan.core.tables import INPUT_TABLES
from coverplan.core.words import ROAD_CLASSES
from coverplan.inputs.people.demand import area_of
from coverplan.inputs.people.weights import Weights
from coverplan.inputs.records import empty_table
from coverplan.roads.build import build_network
from coverplan.roads.network import Network
from coverplan.roads.speeds import default_profiles

ROAD_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"residential": 1.0, "living_street": 1.0, "unclassified": 0.5, "tertiary": 0.25}
)
"""How densely people are taken to live along a metre of road, by class. Our choice; a config may say otherwise."""
PIECE_M = 50.0
"""Roads are cut to pieces of at most this length; a piece lies where its middle lies."""
CELL_M = 200.0
"""Squares to which pieces are put together unless said otherwise."""


def over_roads(
    network: Network,
    areas: gpd.GeoDataFrame,
    *,
    road_weights: Mapping[str, float] | None = None,
    cell_m: float = CELL_M,
) -> Weights:
    """Take the roads along which people live as what a census is spread over.

    Roads that somebody may drive or walk on are cut to equal pieces of at most 50 m. A piece weighs its length times
    the weight of its class, and belongs to the area in which its middle lies.

    Parameters
    ----------
    network
        The roads, in the CRS of the areas.
    areas
        The study's areas, in its projected CRS.
    road_weights
        Weight per metre by road class, 0 or more; `ROAD_WEIGHTS` unless given. Classes that are not named carry nobody.
    cell_m
        Squares to which pieces are put together once the people are on them, metres.

    Raises
    ------
    InputError
        When a road class is unknown or a weight negative, or no such road lies in the areas.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> streets = over_roads(cp.build_network(study), study.areas)
    >>> streets.rule
    'roads by length (residential 1, living_street 1, unclassified 0.5, tertiary 0.25)'
    """
    chosen = dict(ROAD_WEIGHTS if road_weights is None else road_weights)
    problems = ProblemList()
    for name, weight in chosen.items():
        if name not in ROAD_CLASSES:
            hint = did_you_mean(name, ROAD_CLASSES)
            problems.add(f"unknown road class '{name}'", column="road_weights", hint=hint)
        elif not 0 <= weight < np.inf:
            problems.add(f"{weight} is no weight from 0", column=f"road_weights.{name}")
    problems.raise_if_any()
    units = _pieces(network, np.array([chosen.get(name, 0.0) for name in ROAD_CLASSES]))
    area = area_of(units["x_m"].to_numpy(), units["y_m"].to_numpy(), areas)
    units = units.assign(area_id=areas["area_id"].to_numpy(dtype=object)[area])[area >= 0].reset_index(drop=True)
    names = ", ".join(f"{name} {weight:g}" for name, weight in chosen.items() if weight)
    if units.empty:
        problems.add(f"no road of these classes lies in the study's areas: {names}", hint="set road_weights")
    problems.raise_if_any()
    rule = f"roads by length ({names})"
    return Weights(units=units, crs=network.crs, file="roads", rule=rule, cell_m=cell_m)


def read_streets(source: RoadSource, areas: gpd.GeoDataFrame) -> Network:
    """Read the roads of a study that has no people yet, in the CRS of its areas.

    Raises
    ------
    InputError
        When the roads cannot be read.
    """
    crs = str(areas.crs)
    empty = {name: empty_table(INPUT_TABLES[name], crs) for name in ("facilities", "people", "vehicles", "aeds")}
    return build_network(
        Study(
            study_id="roads",
            name="roads",
            name_en="roads",
            crs=crs,
            year=0,
            areas=areas,
            facilities=gpd.GeoDataFrame(empty["facilities"]),
            people=gpd.GeoDataFrame(empty["people"]),
            vehicles=empty["vehicles"],
            aeds=gpd.GeoDataFrame(empty["aeds"]),
            projects=empty_table(INPUT_TABLES["projects"], crs),
            roads=source,
            profiles=default_profiles(),
            clock=Clock(),
            populations={},
            default_population="",
            standards=(),
        )
    )


def _pieces(network: Network, weight_of_class: np.ndarray) -> pd.DataFrame:
    """Cut roads with a weight to pieces, and place each at its middle."""
    weight = weight_of_class[network.edge_class]
    is_open = network.drive_forward | network.drive_backward | network.walk_forward | network.walk_backward
    edges = np.flatnonzero((weight > 0) & is_open & (network.edge_length_dm > 0))
    length_m = network.edge_length_dm[edges] / 10
    n_pieces = np.ceil(length_m / PIECE_M).astype(np.int64)
    first = np.cumsum(n_pieces) - n_pieces
    number = np.arange(n_pieces.sum()) - np.repeat(first, n_pieces)
    courses = _courses(network)[edges]
    middle = (number + 0.5) / np.repeat(n_pieces, n_pieces)
    points = shapely.line_interpolate_point(np.repeat(courses, n_pieces), middle, normalized=True)
    return pd.DataFrame(
        {
            "unit_id": [f"e{edge}.{piece}" for edge, piece in zip(np.repeat(edges, n_pieces), number, strict=True)],
            "x_m": shapely.get_x(points),
            "y_m": shapely.get_y(points),
            "weight": np.repeat(length_m / n_pieces * weight[edges], n_pieces),
        }
    )


def _courses(network: Network) -> np.ndarray:
    vertices = np.stack([network.shape_x_m, network.shape_y_m], axis=1)
    edge = np.repeat(np.arange(network.n_edges), np.diff(network.shape_start))
    return np.asarray(shapely.linestrings(vertices, indices=edge), dtype=object)
