"""Make the tables of the small study of Licheng again.

    python data/licheng/generate.py [folder]

Everything that is drawn by hand stands here; names and codes come from the gazetteer. The same code gives the same
files, byte for byte.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import shapely
from scipy.spatial import cKDTree

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from illustrative import (  # noqa: E402 - the folder must be on the path first
    apportion,
    areas_around,
    beside,
    classes_by_use,
    draw_by,
    gabriel,
    gazetteer,
    pairs_of,
    spread,
    to_lonlat,
    write_areas,
    write_roads,
    write_rows,
)

SEED = 350502
RESIDENTS, CHANGTAI = 397_000, 45_213
PLAN = "鲤城区进一步完善提升医疗卫生服务体系实施方案（2024-05-29）"
OUTLINE = (
    "118.512 24.902;118.520 24.918;118.540 24.923;118.556 24.922;118.566 24.930;118.580 24.935;118.594 24.930;"
    "118.600 24.915;118.601 24.900;118.597 24.888;118.585 24.882;118.572 24.872;118.556 24.864;118.540 24.863;"
    "118.527 24.872;118.516 24.885"
)
RIVER = "118.530 24.940;118.548 24.917;118.562 24.906;118.575 24.897;118.590 24.888;118.612 24.874"
BRIDGES = "118.5665 24.9030;118.5830 24.8920"
SEATS = {
    "350502001": "118.5935 24.9030", "350502002": "118.5815 24.9010", "350502003": "118.5880 24.9125",
    "350502004": "118.5790 24.9215", "350502005": "118.5640 24.8935", "350502006": "118.5480 24.8790",
    "350502007": "118.5480 24.9030", "350502008": "118.5290 24.8990",
}  # fmt: skip
ENGLISH = {
    "350502001": "Haibin", "350502002": "Linjiang", "350502003": "Lizhong", "350502004": "Kaiyuan",
    "350502005": "Fuqiao", "350502006": "Jiangnan", "350502007": "Jinlong", "350502008": "Changtai",
}  # fmt: skip
CENTRES = (
    ("LC-F02", "开元街道社区卫生服务中心", "350502004", "任务3"),
    ("LC-F03", "鲤中街道社区卫生服务中心", "350502003", "任务1"),
    ("LC-F04", "海滨街道社区卫生服务中心", "350502001", "任务5"),
    ("LC-F05", "临江街道社区卫生服务中心", "350502002", "任务5"),
    ("LC-F06", "江南医院", "350502006", "任务3；所在街道由名称推定"),
    ("LC-F07", "浮桥街道社区卫生服务中心", "350502005", "任务3"),
    ("LC-F08", "常泰街道社区卫生服务中心", "350502008", "任务3"),
)
Roads = tuple[np.ndarray, list[tuple[int, int, str]]]
ROADS_M, GROUND_M, PEOPLE_A_POINT = 250.0, 60.0, 900


def main(folder: Path) -> None:
    """Make every table and write it into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    outline, river = shapely.Polygon(pairs_of(OUTLINE)), shapely.LineString(pairs_of(RIVER))
    codes = list(SEATS)
    seats = np.vstack([pairs_of(text) for text in SEATS.values()])
    names = {row["code"]: row["name"] for row in gazetteer("350502")}
    villages = [row for row in gazetteer("350502") if len(row["code"]) == 12 and row["code"][:9] in SEATS]
    owner = np.array([codes.index(row["code"][:9]) for row in villages])
    xy = _communities(outline, river, seats, owner)
    areas = areas_around(xy, owner, len(codes), outline, simplify_m=12)
    nodes, edges = _roads(outline, river, seats)
    write_areas(folder / "areas.geojson", areas, [_area(code, names[code]) for code in codes])
    write_roads(folder / "roads", nodes, edges)
    write_rows(folder / "people.csv", "people", _people(villages, owner, xy, (nodes, edges), codes))
    write_rows(folder / "facilities.csv", "facilities", _centres(areas, seats, nodes, edges, codes))


def _grid(outline: shapely.Polygon, step_m: float) -> np.ndarray:
    west, south, east, north = outline.bounds
    x, y = np.meshgrid(np.arange(west, east, step_m), np.arange(south, north, step_m * 0.866))
    x = x + (np.arange(len(x)) % 2)[:, None] * step_m / 2
    return np.column_stack([x.ravel(), y.ravel()])


def _communities(
    outline: shapely.Polygon, river: shapely.LineString, seats: np.ndarray, owner: np.ndarray
) -> np.ndarray:
    """Spread the communities of each street over the ground that is nearest to its seat, on the seat's bank."""
    random = draw_by(SEED, "communities")
    ground = _grid(outline, GROUND_M)
    ground = ground[shapely.contains_xy(outline.buffer(-120), ground)]
    lines = shapely.linestrings(np.stack([np.repeat(ground, len(seats), 0), np.tile(seats, (len(ground), 1))], axis=1))
    far = shapely.length(lines) + 20_000 * shapely.intersects(lines, river)
    nearest = far.reshape(len(ground), -1).argmin(axis=1)
    xy = np.empty((len(owner), 2))
    for i in range(len(seats)):
        members = np.flatnonzero(owner == i)
        xy[members] = spread(ground[nearest == i], len(members), random)
    return xy


def _roads(
    outline: shapely.Polygon, river: shapely.LineString, seats: np.ndarray
) -> tuple[np.ndarray, list[tuple[int, int, str]]]:
    """Draw a net of streets; the river is crossed by the bridges only."""
    random = draw_by(SEED, "roads")
    xy = _grid(outline, ROADS_M)
    xy = xy + random.uniform(-70, 70, xy.shape)
    xy = xy[shapely.contains_xy(outline.buffer(-60), xy)]
    xy = xy[shapely.distance(shapely.points(xy), river) > 90]
    pairs = gabriel(xy, longest_m=2 * ROADS_M)
    wet = shapely.intersects(shapely.linestrings([[xy[a], xy[b]] for a, b in pairs]), river)
    dry = [pair for pair, crosses in zip(pairs, wet, strict=True) if not crosses]
    pairs = [pair for pair in dry if random.random() > 0.12]
    for bridge in pairs_of(BRIDGES):
        near = cKDTree(xy).query(bridge, k=12)[1].tolist()
        across = [(a, b) for a in near for b in near if a < b and shapely.LineString([xy[a], xy[b]]).intersects(river)]
        pairs.append(min(across, key=lambda pair: float(np.hypot(*(xy[pair[0]] - xy[pair[1]])))))
    at_seat = cKDTree(xy).query(seats)[1].tolist()
    classes = classes_by_use(xy, pairs, [at_seat])
    return xy, [(a, b, c) for (a, b), c in zip(pairs, classes, strict=True)]


def _area(code: str, name: str) -> dict[str, str]:
    return {
        "area_id": code, "name": name, "name_en": f"{ENGLISH[code]} Street", "kind": "street",
        "source": "代码和名称：国家统计局统计用区划代码；边界示意，手绘轮廓加生成器", "quality": "illustrative",
    }  # fmt: skip


def _people(villages: list, owner: np.ndarray, xy: np.ndarray, roads: Roads, codes: list) -> list:
    """Share the residents out over the communities, and those of each over points beside the streets around it."""
    random = draw_by(SEED, "people")
    nodes, edges = roads
    weight = np.exp(random.normal(0, 0.3, len(villages)))
    changtai = owner == codes.index("350502008")
    people = np.zeros(len(villages), dtype=np.int64)
    people[changtai] = apportion(weight[changtai], CHANGTAI)
    people[~changtai] = apportion(weight[~changtai], RESIDENTS - CHANGTAI)
    rows = []
    for village, spot, total in zip(villages, xy, people.tolist(), strict=True):
        count = max(round(total / PEOPLE_A_POINT), 1)
        for k, part in enumerate(apportion(random.uniform(0.5, 1.5, count), total).tolist()):
            place = beside(nodes, edges, spot, aside_m=float(random.choice([-25, 25])), skip=k)
            lon, lat = np.round(to_lonlat(place[None])[0], 5)
            rows.append({
                "point_id": f"{village['code']}-{k + 1:02d}", "people": part, "place_id": village["code"],
                "place": village["name"].removesuffix("居委会"), "area_id": village["code"][:9],
                "lon": float(lon), "lat": float(lat), "source": "示意：按2021年常住人口分摊",
                "quality": "illustrative",
            })  # fmt: skip
    return rows


def _centres(areas: list, seats: np.ndarray, nodes: np.ndarray, edges: list, codes: list) -> list:
    """Put the centres that the plan names beside a road in their street."""
    rows = []
    for facility_id, name, code, clause in CENTRES:
        i = codes.index(code)
        spots = (beside(nodes, edges, seats[i], aside_m=20, skip=k) for k in range(60))
        place = next(spot for spot in spots if areas[i].contains(shapely.Point(spot)))
        lon, lat = np.round(to_lonlat(place[None])[0], 5)
        rows.append({
            "facility_id": facility_id, "name": name, "kind": "chc", "tier": "primary", "area_id": code,
            "lon": float(lon), "lat": float(lat), "position_quality": "illustrative", "owner": "public",
            "status": "existing", "source": f"{PLAN} {clause}", "quality": "official",
        })  # fmt: skip
    return rows


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
