"""Kilometres by class."""

import pytest

from coverplan.roads.lengths import road_lengths
from scenes import Road, draw


def test_kilometres_by_class_and_by_who_may_use_them() -> None:
    """Each class once, in the order of roads; closed and unsigned ones count where they should."""
    drawn = draw(
        "A-----B-----C--D",
        roads={
            "AB": Road(road_class="primary", kph=60.0),
            "BC": Road(road_class="primary"),
            "CD": Road(road_class="footway", drive=False),
        },
    )
    told = road_lengths(drawn.network)
    assert told["road_class"].tolist() == ["primary", "footway"]
    assert told["edges"].tolist() == [2, 1]
    km = drawn.network.edge_length_dm / 1e4
    assert told["km"].tolist() == pytest.approx([km[0] + km[1], km[2]])
    assert told["km_drive"].tolist() == pytest.approx([km[0] + km[1], 0])
    assert told["km_signed"].tolist() == pytest.approx([km[0], 0])
    assert told["km_walk"].sum() == pytest.approx(km.sum())
