"""A doubt about datums: positions that look as if nobody had converted them from a Chinese map.

Points taken from AMap or Baidu and called WGS-84 lie several hundred metres off, all of them in the same direction.
Two witnesses can tell: the roads, because doors stand near them, and gazetteers, because they know some of the places.
For each way in which a datum can have been mistaken the points are moved as it would put them right. When they then lie
clearly nearer to the roads, and moving them as far in any other direction does not do that, or when the places of the
gazetteer lie just there, that is said. It is a doubt and no proof; nothing is moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverplan.core.datum import from_wgs84, to_wgs84
from coverplan.core.model import Study
from coverplan.core.units import FloatArray, project
from coverplan.inputs.geocode import Gazetteer, geocode
from coverplan.roads.network import Network
from coverplan.roads.profiles import default_profiles
from coverplan.roads.snapping import snap
from coverplan.roads.speeds import build_graph

TABLES = ("facilities", "aeds", "people")
"""The tables that are looked at."""
FEWEST = 15
"""With fewer points chance is too strong; moving them in any of nine directions would help often enough."""
_FEWEST_PLACES = 6
_MOST = 400
_SURE = 3.0
_NEARER = 0.3
_THAN_ELSEWHERE = 0.1
_HALF = 0.5
_CONTROLS = np.radians([45, 90, 135, 180, 225, 270, 315])
_NEAR_M = 5.0
"""Doors that stand at the road are all alike near; below this no difference counts."""
_CLOSE = 0.35
_FINE = frozenset({"rooftop", "street", "village"})

MISTAKES = {
    "gcj02": "GCJ-02 (AMap, Tencent) that was taken for WGS-84",
    "bd09": "BD-09 (Baidu) that was taken for WGS-84",
    "from_gcj02": "WGS-84 that was converted as if it were GCJ-02",
    "from_bd09": "WGS-84 that was converted as if it were BD-09",
}
"""How a datum can have been mistaken."""


@dataclass(frozen=True, kw_only=True)
class DatumDoubt:
    """What makes a table's positions look mistaken.

    Attributes
    ----------
    mistake
        One of `MISTAKES`.
    witness
        "roads" or "gazetteer".
    n
        How many points were looked at.
    shift_m
        How far the points lie from where they would belong, on average.
    given_m, moved_m
        Median distance to the nearest road, or to the place of that name, as given and when put right.
    """

    table: str
    mistake: str
    witness: str
    n: int
    shift_m: float
    given_m: float
    moved_m: float

    def __str__(self) -> str:
        to = "the nearest road" if self.witness == "roads" else "the places of these names in the gazetteer"
        moved = f"moved by {self.shift_m:.0f} m within {self.moved_m:.0f} m"
        return (
            f"the positions of {self.table} look like {MISTAKES[self.mistake]}: "
            f"as they are, half of {self.n} lie within {self.given_m:.0f} m of {to}, {moved}"
        )

    @property
    def hint(self) -> str:
        """What to do when the doubt is right."""
        if self.mistake.startswith("from_"):
            return f"if so, take the datum away from tables.{self.table} or its records"
        return f"if so, say it in the config: {self.table}: {{file: ..., datum: {self.mistake}}}"


def datum_doubts(
    study: Study, network: Network | None, *, gazetteers: Sequence[Gazetteer] = (), county: str | None = None
) -> tuple[DatumDoubt, ...]:
    """Look at every table of points, with the roads and a gazetteer as witnesses.

    Parameters
    ----------
    study
        The study.
    network
        Its roads; None leaves this witness out.
    gazetteers
        Places with fine positions; none leaves this witness out.
    county
        Of the records, for the gazetteers.

    Returns
    -------
    tuple of DatumDoubt
        At most one for each table and witness; none for a table with too few points.
    """
    doubts = []
    for name in TABLES:
        frame = getattr(study, name)
        known = frame[frame["lon"].notna() & frame["lat"].notna()]
        if network is not None:
            doubts.append(against_roads(known, network, table=name))
        if gazetteers and name != "people":
            doubts.append(against_places(known, gazetteers, crs=study.crs, table=name, county=county))
    return tuple(doubt for doubt in doubts if doubt is not None)


def against_roads(frame: pd.DataFrame, network: Network, *, table: str) -> DatumDoubt | None:
    """Hold positions against the roads.

    Distances are compared as logarithms, point by point. Put right, the points must be a quarter nearer in the mean
    (0.3 in logarithms), by at least three standard errors, and a tenth nearer than after the same step in any of
    seven other directions. Nothing is said of fewer than `FEWEST` different positions.
    """
    lon, lat = _some(frame)
    if len(lon) < FEWEST:
        return None
    moved = {"given": project(lon, lat, network.crs)}
    for mistake in MISTAKES:
        moved[mistake] = project(*_put_right(lon, lat, mistake), network.crs)
        for i, angle in enumerate(_CONTROLS):
            moved[f"{mistake}/{i}"] = _turned(moved["given"], moved[mistake], float(angle))
    away_m = _to_roads_m(moved, network)
    best: DatumDoubt | None = None
    for mistake in MISTAKES:
        nearer = np.log(away_m["given"] / away_m[mistake])
        error = max(float(nearer.std(ddof=1)) / np.sqrt(len(nearer)), 1e-9)
        elsewhere = min(float(np.log(away_m[f"{mistake}/{i}"]).mean()) for i in range(len(_CONTROLS)))
        gap = elsewhere - float(np.log(away_m[mistake]).mean())
        if nearer.mean() < max(_NEARER, _SURE * error) or gap < _THAN_ELSEWHERE:
            continue
        shift_m = _apart_m(moved["given"], moved[mistake])
        doubt = _doubt(table, mistake, "roads", (away_m["given"], away_m[mistake]), shift_m)
        best = doubt if best is None or doubt.moved_m < best.moved_m else best
    return best


def against_places(
    frame: pd.DataFrame, gazetteers: Sequence[Gazetteer], *, crs: str, table: str, county: str | None = None
) -> DatumDoubt | None:
    """Hold positions against the places that gazetteers know by the same names, to the village or better.

    The median step from the records to the places must be the step of a mistake, in length and direction, and the steps
    must agree with one another. Nothing is said of fewer than six places.
    """
    if len(frame) < _FEWEST_PLACES:
        return None
    bare = pd.DataFrame({name: frame[name] for name in ("name", "area_id", "address") if name in frame})
    placed = geocode(bare.reset_index(drop=True), gazetteer=gazetteers, county=county).placed
    fine = (placed["geo_precision"].isin(_FINE) & (placed["geo_status"] == "placed")).to_numpy(bool)
    if fine.sum() < _FEWEST_PLACES:
        return None
    lon, lat = frame["lon"].to_numpy(float)[fine], frame["lat"].to_numpy(float)[fine]
    given = project(lon, lat, crs)
    told = project(placed["lon"].to_numpy(float)[fine], placed["lat"].to_numpy(float)[fine], crs)
    step = np.array([np.median(told[axis] - given[axis]) for axis in (0, 1)])
    best: DatumDoubt | None = None
    for mistake in MISTAKES:
        right = project(*_put_right(lon, lat, mistake), crs)
        wanted = np.array([np.median(right[axis] - given[axis]) for axis in (0, 1)])
        as_given_m, moved_m = _apart_m(given, told), _apart_m(right, told)
        is_the_step = np.hypot(*(step - wanted)) <= _CLOSE * np.hypot(*wanted)
        if is_the_step and _median(moved_m) <= _HALF * _median(as_given_m):
            doubt = _doubt(table, mistake, "gazetteer", (as_given_m, moved_m), _apart_m(given, right))
            best = doubt if best is None or doubt.moved_m < best.moved_m else best
    return best


_Points = tuple[FloatArray, FloatArray]


def _some(frame: pd.DataFrame) -> _Points:
    """Take at most a few hundred different positions, evenly from the whole table."""
    xy = frame[["lon", "lat"]].drop_duplicates().to_numpy(float)
    xy = xy[np.unique(np.linspace(0, len(xy) - 1, min(len(xy), _MOST)).astype(int))] if len(xy) else xy
    return xy[:, 0], xy[:, 1]


def _put_right(lon: npt.ArrayLike, lat: npt.ArrayLike, mistake: str) -> _Points:
    if mistake.startswith("from_"):
        return from_wgs84(lon, lat, mistake.removeprefix("from_"))
    return to_wgs84(lon, lat, mistake)


def _turned(given: _Points, moved: _Points, angle: float) -> _Points:
    """Move points as far as `moved` does, in a direction turned by an angle."""
    dx, dy = moved[0] - given[0], moved[1] - given[1]
    return (
        given[0] + dx * np.cos(angle) - dy * np.sin(angle),
        given[1] + dx * np.sin(angle) + dy * np.cos(angle),
    )


def _to_roads_m(points: Mapping[str, _Points], network: Network) -> dict[str, FloatArray]:
    """Measure every set of points at once, because finding the roads is what costs."""
    graph = build_graph(network, default_profiles()["walk"])
    x, y = (np.concatenate([xy[axis] for xy in points.values()]) for axis in (0, 1))
    away_m = np.maximum(snap(network, graph, x, y).offroad_dm / 10.0, _NEAR_M)
    return dict(zip(points, np.split(away_m, len(points)), strict=True))


def _median(values: FloatArray) -> float:
    return float(np.median(values))


def _apart_m(one: _Points, other: _Points) -> FloatArray:
    return np.hypot(one[0] - other[0], one[1] - other[1])


def _doubt(
    table: str, mistake: str, witness: str, away_m: tuple[FloatArray, FloatArray], shift_m: FloatArray
) -> DatumDoubt:
    given_m, moved_m = away_m
    return DatumDoubt(
        table=table,
        mistake=mistake,
        witness=witness,
        n=len(given_m),
        shift_m=_median(shift_m),
        given_m=_median(given_m),
        moved_m=_median(moved_m),
    )
