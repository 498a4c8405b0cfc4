"""The demand points themselves: where how many people live, and what every rule that holds them singly says of each."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from coverplan.core import words
from coverplan.core.units import unproject
from coverplan.outputs.maps.layers import Data
from coverplan.outputs.phrases import amount, both, of_word

if TYPE_CHECKING:
    import pandas as pd

    from coverplan.core.model import Study
    from coverplan.standards.findings import Assessment, Finding

Ints = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]

FARTHEST, BEYOND, UNREACHED = 253, 254, 255
"""The largest code that is a value; beyond the packed range; no way there."""

_STEPS_PER_DEGREE = 2e4
_STEPS = {"min": 2.0, "km": 10.0}
_MOST_STEPS = 126
_MOST_BYTES = 500_000


def varints(values: Ints) -> bytes:
    """Write whole numbers as bytes of seven bits, the lowest first; the eighth says that more follow.

    Examples
    --------
    >>> varints(np.array([1, 300])).hex(" ")
    '01 ac 02'
    """
    left = np.asarray(values, dtype=np.uint64)
    columns, more = [], []
    while True:
        rest = left >> np.uint64(7)
        columns.append((left & np.uint64(127)) | np.where(rest > 0, np.uint64(128), np.uint64(0)))
        more.append(rest > 0)
        if not (rest > 0).any():
            break
        left = rest
    table = np.column_stack(columns).astype(np.uint8)
    written = np.column_stack([np.ones(len(left), dtype=bool), *more[:-1]])
    return table[written].tobytes()


def zigzag(values: Ints) -> Ints:
    """Fold whole numbers so that small ones stay small without a sign: 0, -1, 1, -2 become 0, 1, 2, 3."""
    return np.where(values >= 0, 2 * values, -2 * values - 1)


def demand_points(assessment: Assessment) -> Data | None:
    """Return the people table packed, and the values of the rules that hold every person against a limit.

    Positions are steps from point to point in 1/20,000 degree (about 5 m), along strips from south to north so that
    the steps are short; people are whole numbers. Both are `varints` in base64. Values are one byte for each point,
    half minutes or tenths of a kilometre (coarser for long limits). A code is at most the limit's code exactly where
    the verdict counts the point as within. As many rules as half a megabyte holds, at least one.
    """
    study = assessment.study
    if not len(study.people):
        return None
    order, head = _packed_positions(study)
    fields: list[Data] = []
    kept: dict[bytes, int] = {}
    rules: dict[str, int] = {}
    room = max(1, _MOST_BYTES // len(order))
    for verdict in assessment.verdicts:
        finding = verdict.default
        if finding.key not in assessment.points or finding.point_limit is None:
            continue
        field = _field(finding, assessment.points[finding.key], order)
        key = field["codes"].encode() + str(finding.point_limit).encode()
        if key not in kept and len(fields) < room:
            kept[key] = len(fields)
            fields.append(field)
        if key in kept:
            rules[verdict.rule.rule_id] = kept[key]
    return {**head, "fields": fields, "rules": rules}


def _packed_positions(study: Study) -> tuple[Ints, Data]:
    lon, lat = unproject(study.people.geometry.x.to_numpy(), study.people.geometry.y.to_numpy(), study.crs)
    x, y = (np.rint(values * _STEPS_PER_DEGREE).astype(np.int64) for values in (lon, lat))
    # Strips as high as a square with a handful of points, walked to and fro.
    span = max(int(np.ptp(x)), int(np.ptp(y)), 1)
    strip = (y - y.min()) // max(1, int(span / np.sqrt(len(y))) * 2)
    order = np.lexsort((np.where(strip % 2 == 0, x, -x), strip))
    steps = np.column_stack([zigzag(np.diff(values[order], prepend=0)) for values in (x, y)]).ravel()
    people = study.people["people"].to_numpy(dtype=np.float64)[order]
    return order, {
        "n": len(order),
        "per_degree": _STEPS_PER_DEGREE,
        "steps": base64.b64encode(varints(steps)).decode("ascii"),
        "people": base64.b64encode(varints(np.rint(people).astype(np.int64))).decode("ascii"),
    }


def _field(finding: Finding, points: pd.DataFrame, order: Ints) -> Data:
    limit = finding.point_limit
    assert limit is not None  # noqa: S101 - asked by the caller
    steps = steps_per_unit(limit, finding.point_unit)
    codes = encode(points["value"].to_numpy(dtype=np.float64), points["within"].to_numpy(dtype=bool), limit, steps)
    within, people = points["within"].to_numpy(dtype=bool), points["people"].to_numpy(dtype=np.float64)
    return {
        "codes": base64.b64encode(codes[order].tobytes()).decode("ascii"),
        "limit": int(np.floor(limit * steps + 1e-9)),
        "limit_text": amount(limit, finding.point_unit),
        "per_unit": steps,
        "unit": of_word(words.UNITS[finding.point_unit]),
        "within": amount(float(people[within].sum()), "people"),
        "outside": amount(float(people[~within].sum()), "people"),
        "said": both("限值以内", "within"),
    }


def steps_per_unit(limit: float, unit: str) -> float:
    """Choose steps so fine that half of the codes lie within the limit at most.

    Examples
    --------
    >>> steps_per_unit(15, "min"), steps_per_unit(5, "km"), steps_per_unit(90, "min")
    (2.0, 10.0, 1.0)
    """
    steps = _STEPS[unit]
    while limit * steps > _MOST_STEPS:
        steps /= 2
    return steps


def encode(
    value: npt.NDArray[np.float64], within: npt.NDArray[np.bool_], limit: float, steps: float
) -> npt.NDArray[np.uint8]:
    """Code values in steps, rounded up, so that the code tells who is within the limit as the verdict does.

    Examples
    --------
    >>> encode(np.array([14.75, 15.0, 15.01, np.inf]), np.array([True, True, False, False]), 15.0, 2).tolist()
    [30, 30, 31, 255]
    """
    last = int(np.floor(limit * steps + 1e-9))
    finite = np.isfinite(value)
    codes = np.ceil(np.where(finite, value, 0.0) * steps - 1e-9)
    codes = np.where(within, np.minimum(codes, last), np.maximum(codes, last + 1))
    codes = np.where(codes > FARTHEST, BEYOND, codes)
    return np.where(finite, codes, UNREACHED).astype(np.uint8)
