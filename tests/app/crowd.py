"""A county on a chequer board, with so many crossroads and people that a search for sites takes a while."""

from dataclasses import replace

import geopandas as gpd
import numpy as np

import coverplan as cp
from coverplan.core.model import Study
from coverplan.roads.network import Network

_STREETS, _APART_M, _DRIVEN_M, _PEOPLE = 36, 1000.0, 1800.0, 4000


def crowded() -> tuple[Study, Network]:
    """Return the toy county with other people and other roads: winding ones, from crossroads to crossroads."""
    toy = cp.read_study(cp.sample_config())
    return _with_people(toy), _chequer(cp.build_network(toy), *toy.areas.total_bounds[:2])


def _with_people(toy: Study) -> Study:
    random = np.random.default_rng(7)
    spots = toy.areas.total_bounds[:2] + random.uniform(0, _APART_M * _STREETS, (_PEOPLE, 2))
    rows = toy.people.iloc[random.integers(0, len(toy.people), _PEOPLE)].reset_index(drop=True)
    rows = rows.assign(
        point_id=[f"q{i}" for i in range(_PEOPLE)],
        people=random.integers(1, 500, _PEOPLE),
        place_id=None,
        place=None,
        geometry=gpd.points_from_xy(*spots.T),
    )
    # The board is larger than the toy county, so what lies outside is taken for inside.
    options = {**toy.options, "outside_m": "100000"}
    return replace(toy, people=gpd.GeoDataFrame(rows, geometry="geometry", crs=toy.crs), options=options)


def _chequer(like: Network, west: float, south: float) -> Network:
    node = np.arange(_STREETS**2).reshape(_STREETS, _STREETS)
    tail = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    head = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    x, y = west + _APART_M * (node.ravel() % _STREETS), south + _APART_M * (node.ravel() // _STREETS)
    n, yes = len(tail), np.ones(len(tail), dtype=bool)
    return replace(
        like,
        node_id=node.ravel().astype(np.int64),
        x_m=x,
        y_m=y,
        edge_from=tail.astype(np.int32),
        edge_to=head.astype(np.int32),
        edge_length_dm=np.full(n, _DRIVEN_M * 10, dtype=np.int32),
        edge_class=np.full(n, like.edge_class[0], dtype=np.int16),
        drive_forward=yes,
        drive_backward=yes,
        walk_forward=yes,
        walk_backward=yes,
        kph_forward=np.full(n, np.nan),
        kph_backward=np.full(n, np.nan),
        speed_factor=np.ones(n),
        edge_name=np.full(n, "", dtype=object),
        shape_start=np.arange(0, 2 * n + 1, 2),
        shape_x_m=np.column_stack([x[tail], x[head]]).ravel(),
        shape_y_m=np.column_stack([y[tail], y[head]]).ravel(),
    )
