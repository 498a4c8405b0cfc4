"""The demand points on the map are those of the table, and say of each what the verdict says."""

import base64

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from coverplan.core.units import unproject
from coverplan.outputs.maps.points import FARTHEST, UNREACHED, demand_points, encode, steps_per_unit, varints, zigzag
from coverplan.standards.findings import Assessment


def _numbers(data: bytes) -> list[int]:
    """Read varints the slow way."""
    found, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(value)
            value, shift = 0, 0
    return found


@given(st.lists(st.integers(0, 2**40), max_size=30))
def test_numbers_read_back(values: list[int]) -> None:
    """Any whole numbers are read back as they were."""
    assert _numbers(varints(np.array(values, dtype=np.int64))) == values


@given(st.integers(-(2**30), 2**30))
def test_signs_read_back(value: int) -> None:
    """Folded numbers unfold to what they were."""
    folded = int(zigzag(np.array([value]))[0])
    assert (-(folded + 1) // 2 if folded % 2 else folded // 2) == value


@given(st.floats(0, 400), st.floats(1, 200), st.sampled_from(["min", "km"]))
def test_codes_keep_the_verdict(value: float, limit: float, unit: str) -> None:
    """A code is at most the limit's exactly where the verdict says within, and never more than a step off."""
    within, steps = value <= limit, steps_per_unit(limit, unit)
    code = int(encode(np.array([value]), np.array([within]), limit, steps)[0])
    assert (code <= int(np.floor(limit * steps + 1e-9))) == within
    if code <= FARTHEST:
        assert abs(code / steps - value) <= 1 / steps + 1e-6


def test_unreached_is_no_time() -> None:
    """Where no way leads, the code says so."""
    assert encode(np.array([np.inf]), np.array([False]), 15.0, 2).tolist() == [UNREACHED]


def test_every_point_is_on_the_map(judged: Assessment) -> None:
    """Read back, each point of the people table is there, within four metres, with its people and its verdict."""
    told = demand_points(judged)
    assert told is not None
    folded = np.array(_numbers(base64.b64decode(told["steps"]))).reshape(-1, 2)
    moved = np.where(folded % 2, -(folded + 1) // 2, folded // 2).cumsum(axis=0) / told["per_degree"]
    people = _numbers(base64.b64decode(told["people"]))
    study = judged.study
    lon, lat = unproject(study.people.geometry.x, study.people.geometry.y, study.crs)
    for rule_id, number in told["rules"].items():
        field = told["fields"][number]
        points = judged.points[judged.finding(rule_id).key]
        codes = np.frombuffer(base64.b64decode(field["codes"]), dtype=np.uint8)
        read = {}
        for x, y, count, code in zip(*moved.T, people, codes, strict=True):
            nearest = int(np.argmin(np.hypot(lon - x, lat - y)))
            assert np.hypot((lon[nearest] - x) * 101_000, (lat[nearest] - y) * 111_000) < 4
            read[nearest] = (count, bool(code <= field["limit"]))
        expected = zip(points["people"].astype(int), points["within"], strict=True)
        assert read == {i: (count, bool(within)) for i, (count, within) in enumerate(expected)}
        outside = points["people"][~points["within"]].sum()
        assert field["outside"]["en"] == f"{outside:,.0f} people"


def test_the_rules_with_points_are_there(judged: Assessment) -> None:
    """Every rule that holds single people against a limit has its field."""
    told = demand_points(judged)
    assert told is not None
    assert set(told["rules"]) == {v.rule.rule_id for v in judged.verdicts if v.default.key in judged.points}
