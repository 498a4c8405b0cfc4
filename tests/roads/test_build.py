"""The network of a study, from each kind of source."""

import dataclasses
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from coverplan.core.errors import InputError
from coverplan.core.model import RoadSource, Study
from coverplan.roads.build import build_network
from coverplan.roads.network import Network
from coverplan.roads.snapping import snap
from coverplan.roads.speeds import build_graph, default_profiles
from scenes import draw, study


class _Notes:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def message(self, text: str) -> None:
        """Write it down."""
        self.texts.append(text)

    def advance(self, done: int, total: int) -> None:
        """Pass over it."""

    def cancelled(self) -> bool:
        """Go on."""
        return False


def _study(kind: Literal["tables", "pbf", "graphml"], path: Path, crs: str) -> Study:
    scene = study(draw("A--B"), people={"A": 1}, facilities={"B": "hospital"})
    return dataclasses.replace(scene, roads=RoadSource(kind=kind, path=path), crs=crs)


def _check(network: Network) -> None:
    """Hold a network against everything its arrays promise each other."""
    n, e = network.n_nodes, network.n_edges
    assert len(network.x_m) == len(network.y_m) == n
    for name in ("edge_to", "edge_length_dm", "edge_class", "drive_forward", "drive_backward", "walk_forward",
                 "walk_backward", "kph_forward", "kph_backward", "edge_name"):  # fmt: skip
        assert len(getattr(network, name)) == e, name
    types = {"node_id": "int64", "edge_from": "int32", "edge_to": "int32", "edge_length_dm": "int32",
             "edge_class": "int16", "drive_backward": "bool", "walk_forward": "bool", "kph_backward": "float64",
             "shape_start": "int64", "shape_x_m": "float64", "edge_name": "object"}  # fmt: skip
    assert {name: str(getattr(network, name).dtype) for name in types} == types
    assert len(np.unique(network.node_id)) == n
    assert network.edge_from.min() >= 0
    assert max(network.edge_from.max(), network.edge_to.max()) < n
    assert len(network.shape_start) == e + 1
    assert network.shape_start[-1] == len(network.shape_x_m) == len(network.shape_y_m)
    assert np.diff(network.shape_start).min() >= 2
    np.testing.assert_allclose(network.shape_x_m[network.shape_start[:-1]], network.x_m[network.edge_from], atol=1e-6)
    np.testing.assert_allclose(network.shape_y_m[network.shape_start[1:] - 1], network.y_m[network.edge_to], atol=1e-6)
    assert network.edge_length_dm.min() >= 0


@pytest.mark.parametrize(
    ("kind", "name", "crs"),
    [
        ("pbf", "andorra.osm.pbf", "EPSG:25831"),
        ("graphml", "shenzhen_futian_osmnx.graphml", "EPSG:4547"),
    ],
)
def test_real_roads(shared: Path, kind: Literal["pbf", "graphml"], name: str, crs: str) -> None:
    """A study switches its roads by kind and path; they come out whole, in the study's CRS, with progress told."""
    notes = _Notes()
    network = build_network(_study(kind, shared / "data" / "osm" / name, crs), progress=notes)
    _check(network)
    assert network.crs == crs
    assert notes.texts[0] == f"reading roads: {name}"
    assert f"{network.n_edges:,} edges" in notes.texts[1]


def _embedded(root: Path) -> list[Path]:
    toy = root / "src" / "coverage" / "coverplan" / "sample" / "three-bridges" / "roads"
    return [folder for folder in (toy, root / "data" / "jinjiang" / "roads") if (folder / "edges.csv").is_file()]


def test_embedded_roads(root: Path) -> None:
    """The embedded road tables are whole, illustrative, and doors find a road on them by every profile."""
    folders = _embedded(root)
    assert folders
    for folder in folders:
        network = build_network(_study("tables", folder, "EPSG:32650"))
        _check(network)
        assert network.quality == "illustrative"
        for profile in default_profiles().values():
            graph = build_graph(network, profile)
            assert graph.snappable.any()
            middle = float(np.median(network.x_m)), float(np.median(network.y_m))
            assert snap(network, graph, [middle[0]], [middle[1]]).edge[0] >= 0


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    """A study whose roads are missing is a user mistake, whatever their kind."""
    for kind, name in (("pbf", "a.osm.pbf"), ("graphml", "a.graphml"), ("tables", "roads")):
        with pytest.raises(InputError, match="no such file"):
            build_network(_study(kind, tmp_path / name, "EPSG:32650"))
