"""Which factors trips can tell apart: road classes that share one, parts of the week that have their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.network import Float

FEWEST_TRIPS = 10
"""A fit needs as many, whatever it fits."""
TRIPS_PER_FACTOR = 8
_FEWEST_SHARE = 0.02
_COUNTS_FROM = 0.05
_WORST_CONDITION = 20.0
_FAMILIES = ("motorway", "trunk", "primary", "secondary", "tertiary", "minor")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The factors that are sought.

    Attributes
    ----------
    name
        What this choice is called.
    groups
        Road classes that share a factor; every class stands in one group.
    labels
        What the groups are called.
    periods
        Parts of the week with a factor of their own; all others have 1.
    """

    name: str
    groups: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]
    periods: tuple[str, ...] = ()

    @property
    def n_factors(self) -> int:
        """How many factors there are."""
        return len(self.groups) + len(self.periods)

    def members(self) -> Float:
        """Return which class is in which group: (classes, groups), 0 or 1."""
        return np.array([[float(name in group) for group in self.groups] for name in ROAD_CLASSES])


EVERYTHING = Shape(name="overall", groups=(tuple(ROAD_CLASSES),), labels=("all roads",))
"""One factor for everything."""


def class_groups(seconds: Float) -> tuple[Shape, list[str]]:
    """Choose road classes that share a factor, so that the trips can tell the factors apart.

    Each class goes with its link; what is humbler than tertiary goes together. A group that makes at least 5 % of the
    way on fewer than 8 trips, or less than 2 % of all time, joins its neighbour in rank. Groups beyond one per 8 trips
    join too, and so do two that are always travelled in much the same proportion (condition number of the shares
    above 20).

    Parameters
    ----------
    seconds
        (trips, classes): how long each trip is on each class.

    Returns
    -------
    Shape
        With the groups, and no periods.
    notes
        What joined what, and why.
    """
    family = np.array([_family(name) for name in ROAD_CLASSES])
    time = np.array([seconds[:, family == i].sum(axis=1) for i in range(len(_FAMILIES))]).T
    groups: list[tuple[int, ...]] = [(i,) for i in range(len(_FAMILIES))]
    notes: list[str] = []
    while len(groups) > 1:
        part = _joined(time, groups)
        trips = (_shares(part) >= _COUNTS_FROM).sum(axis=0)
        share = part.sum(axis=0) / max(part.sum(), 1e-9)
        weak = (trips < TRIPS_PER_FACTOR) | (share < _FEWEST_SHARE)
        if not weak.any() and len(groups) <= max(len(time) // TRIPS_PER_FACTOR, 1):
            break
        at = int(np.argmin(np.where(weak, share, share + 1.0)))
        beside = [i for i in (at - 1, at + 1) if 0 <= i < len(groups)]
        other = max(beside, key=lambda i: share[i])
        why = f"on {trips[at]} trips, {share[at]:.0%} of the time" if share[at] else "not travelled"
        notes.append(f"{_label(groups[at])} ({why}) takes the factor of {_label(groups[other])}")
        groups = _merged(groups, at, other)
    return _told_apart(time, groups, notes)


def periods_told(period: npt.NDArray[np.object_]) -> tuple[tuple[str, ...], str, list[str]]:
    """Choose the parts of the week that get a factor, and the one that the others are held against.

    Returns
    -------
    periods
        Those with at least 8 trips, without the reference.
    reference
        The trips of no period when there are 8, else the period with most trips.
    notes
        Which have too few.
    """
    names, counts = np.unique(period.astype(str), return_counts=True)
    count = dict(zip(names.tolist(), counts.tolist(), strict=True))
    enough = [name for name in count if count[name] >= TRIPS_PER_FACTOR]
    notes = [
        f"{name}: {count[name]} trips, too few for a factor; it keeps the profile's own"
        for name in count
        if name and name not in enough
    ]
    if not enough:
        return (), "", notes
    reference = "" if "" in enough else max(enough, key=lambda name: count[name])
    if reference:
        notes.append(f"no trips stand for the whole day; its speeds rest on those of {reference}")
    return tuple(name for name in enough if name != reference), reference, notes


def _family(name: str) -> int:
    plain = name.removesuffix("_link")
    return _FAMILIES.index(plain) if plain in _FAMILIES else len(_FAMILIES) - 1


def _label(group: tuple[int, ...]) -> str:
    return " + ".join(_FAMILIES[i] for i in group)


def _joined(time: Float, groups: list[tuple[int, ...]]) -> Float:
    return np.array([time[:, list(group)].sum(axis=1) for group in groups]).T


def _shares(part: Float) -> Float:
    return part / np.maximum(part.sum(axis=1, keepdims=True), 1e-9)


def _merged(groups: list[tuple[int, ...]], one: int, other: int) -> list[tuple[int, ...]]:
    joined = tuple(sorted(groups[one] + groups[other]))
    kept = [joined if i == min(one, other) else group for i, group in enumerate(groups) if i != max(one, other)]
    return sorted(kept)


def _told_apart(time: Float, groups: list[tuple[int, ...]], notes: list[str]) -> tuple[Shape, list[str]]:
    """Join groups that are always travelled in the same proportion."""
    while len(groups) > 1:
        share = _shares(_joined(time, groups))
        column = share / np.linalg.norm(share, axis=0)
        if np.linalg.cond(column) <= _WORST_CONDITION:
            break
        alike = np.triu(column.T @ column, k=1)
        one, other = (int(i) for i in np.unravel_index(alike.argmax(), alike.shape))
        notes.append(
            f"{_label(groups[one])} and {_label(groups[other])} are travelled in much the same proportion by every "
            "trip, and share a factor"
        )
        groups = _merged(groups, one, other)
    classes = tuple(tuple(name for name in ROAD_CLASSES if _family(name) in group) for group in groups)
    if len(groups) == 1:
        return EVERYTHING, notes
    return Shape(name="by road class", groups=classes, labels=tuple(_label(group) for group in groups)), notes
