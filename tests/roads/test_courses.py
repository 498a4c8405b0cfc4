"""Courses as flat arrays."""

import numpy as np
import pytest
import shapely

from coverplan.roads.courses import (
    crs_for,
    drawn_or_straight,
    geodesic_m,
    pieces_of,
    planar_m,
    straight_network,
    whole_ids,
)


def test_drawn_and_straight_courses_side_by_side() -> None:
    """Drawn lines keep their inner vertices and take the nodes' positions at both ends; the others are straight."""
    drawn = np.array([None, shapely.LineString([(0.1, 0), (5, 5), (9.9, 0)]), None], dtype=object)
    x, y = np.array([0.0, 10.0]), np.array([0.0, 0.0])
    ends = np.array([0, 0, 1], dtype=np.int32), np.array([1, 1, 0], dtype=np.int32)
    courses = drawn_or_straight(drawn, x, y, *ends)
    assert courses.start.tolist() == [0, 2, 5, 7]
    assert courses.x.tolist() == [0, 10, 0, 5, 10, 10, 0]
    assert planar_m(courses) == pytest.approx([10, 2 * 50**0.5, 10])


def test_no_edges_at_all() -> None:
    """A network without edges has no courses, and nothing breaks."""
    network = straight_network(x_m=[], y_m=[], edges=[])
    assert (network.n_nodes, network.n_edges) == (0, 0)
    courses = drawn_or_straight(np.zeros(0, dtype=object), network.x_m, network.y_m, network.edge_from, network.edge_to)
    assert geodesic_m(courses).tolist() == []
    assert [part.tolist() for part in pieces_of(courses)] == [[], []]


def test_the_zone_of_the_middle() -> None:
    """Without a CRS the middle of the points decides the zone; a given one stays."""
    lon, lat = np.array([117.0, 119.9]), np.array([24.0, 25.0])
    assert crs_for(lon, lat, None) == "EPSG:32650"
    assert crs_for(lon + 6, lat, None) == "EPSG:32651"
    assert crs_for(lon, -lat, None) == "EPSG:32750"
    assert crs_for(lon, lat, "EPSG:4549") == "EPSG:4549"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["3", "1"], [3, 1]),
        (["-3", "1"], [-3, 1]),
        ([10_822_466_155, 2], [10_822_466_155, 2]),
        (["01", "1"], [0, 1]),
        (["a", "1"], [0, 1]),
        (["9" * 30, "1"], [0, 1]),
        ([], []),
    ],
)
def test_node_labels(labels: list[object], expected: list[int]) -> None:
    """Labels that are different whole numbers are kept, others are counted."""
    assert whole_ids(labels).tolist() == expected
