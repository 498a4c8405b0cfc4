"""Where people live: points beside the streets of each village, many where it is built up, some in the fields."""

from __future__ import annotations

import numpy as np
import shapely

from coverplan.core.units import FloatArray

from .land import Land
from .relief import warp
from .roads import Roads
from .sources import apportion, rng, to_lonlat

LIVED_ON = {"residential", "tertiary", "unclassified", "secondary", "path"}
PEOPLE_PER_POINT = 350.0
SOURCE = "示意：生成器按第七次人口普查总数2061551分摊"


def build_people(land: Land, roads: Roads) -> list[dict[str, object]]:
    """Make the rows of people.csv: each village's residents on a few points up to a few dozen."""
    random = rng("people")
    spots, level = _candidates(roads, random)
    tree = shapely.STRtree(land.cells)
    spot, village = tree.query(shapely.points(spots), predicate="within")
    key = random.random(len(spots)) ** (1.0 / (0.03 + np.minimum(level, 1.0)))
    rows: list[dict[str, object]] = []
    for i, row in enumerate(land.villages):
        here = spot[village == i]
        wanted = round(5 + land.people[i] / PEOPLE_PER_POINT)
        chosen = here[np.argsort(-key[here], kind="stable")][:wanted]
        xy = spots[chosen] if len(chosen) else warp(land.xy[[i]])
        weight = (0.2 + level[chosen]) * np.exp(random.normal(0, 0.5, len(chosen))) if len(chosen) else np.ones(1)
        heads = 1 + apportion(weight, int(land.people[i]) - len(xy))
        for k, (lon, lat) in enumerate(to_lonlat(xy)):
            rows.append(
                {
                    "point_id": f"{row['place_id']}-{k + 1:03d}",
                    "people": int(heads[k]),
                    "place_id": row["place_id"],
                    "place": row["place"],
                    "area_id": row["area_id"],
                    "lon": lon,
                    "lat": lat,
                    "source": SOURCE,
                    "quality": "illustrative",
                }
            )
    return rows


def _candidates(roads: Roads, random: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Points beside every street, one about each 70 m; far out a few stand well off the road."""
    xy = roads.positions()
    lived = [e for e in roads.edges if e.road_class in LIVED_ON and not e.oneway]
    a, b = (xy[[getattr(e, end) for e in lived]] for end in "ab")
    level = np.array([e.level for e in lived])
    length = np.hypot(*(b - a).T)
    count = np.maximum(1, np.rint(length / 70)).astype(int)
    owner = np.repeat(np.arange(len(lived)), count)
    along = random.random(len(owner))
    way = (b - a) / np.maximum(length, 1e-9)[:, None]
    normal = np.column_stack([-way[:, 1], way[:, 0]])
    offset = random.uniform(10, 32, len(owner)) * random.choice([-1, 1], len(owner))
    remote = (level[owner] < 0.35) & (random.random(len(owner)) < 0.25)
    offset = np.where(remote, offset * random.uniform(2, 13, len(owner)), offset)
    spots = a[owner] + (b - a)[owner] * along[:, None] + normal[owner] * offset[:, None]
    return spots, np.where(remote, 0.06, level[owner])
