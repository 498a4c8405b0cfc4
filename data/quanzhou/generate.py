"""Make the tables of the small study of Quanzhou again.

    python data/quanzhou/generate.py [folder]

Everything that is drawn by hand stands here; names, codes and points come from the gazetteer. The same code gives the
same files, byte for byte.
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
    bent,
    beside,
    classes_by_use,
    draw_by,
    gabriel,
    gazetteer,
    pairs_of,
    to_lonlat,
    to_xy,
    write_areas,
    write_roads,
    write_rows,
)

SEED = 3505
TASKS = "泉州市“十四五”深化医改专项规划重点任务清单"
COUNTIES = {
    # code: (English, residents of 2021 in units of a thousand, seat where no open point of it is known)
    "350502": ("Licheng District", 429, "118.585 24.910"), "350503": ("Fengze District", 720, "118.610 24.900"),
    "350504": ("Luojiang District", 255, "118.670 24.945"), "350505": ("Quangang District", 359, "118.910 25.125"),
    "350521": ("Hui'an County", 1041, ""), "350524": ("Anxi County", 1002, ""), "350525": ("Yongchun County", 422, ""),
    "350526": ("Dehua County", 337, ""), "350581": ("Shishi City", 689, ""), "350582": ("Jinjiang City", 2069, ""),
    "350583": ("Nan'an City", 1527, "118.385 24.960"),
}  # fmt: skip
SEAT_TOWNS = {"350521": "350521100", "350524": "350524100", "350525": "350525100", "350526": "350526100",
              "350582": "350582001"}  # fmt: skip
"""Towns whose GeoNames point stands for the seat of their county."""
SHISHI = (118.63638, 24.74203)
HOSPITALS = {
    "350502": ("泉州市第一医院", "任务22"), "350503": ("福建医科大学附属第二医院", "任务22"),
    "350505": ("泉港区医院", "任务64"), "350521": ("惠安县医院", "任务26"), "350524": ("安溪县医院", "任务25"),
    "350525": ("永春县医院", "任务26"), "350526": ("德化县医院", "任务26"), "350581": ("石狮市医院", "任务64"),
    "350583": ("南安市医院", "任务25"),
}  # fmt: skip
"""Hospitals that the list names; that of Jinjiang is named in Jinjiang's own plan, Luojiang has none in it."""
JINJIANG = "晋江市“十四五”卫生健康事业发展专项规划"
NAMED = {
    "350582103": "陈埭中心卫生院", "350582102": "磁灶中心卫生院", "350582104": "东石中心卫生院",
    "350582106": "金井中心卫生院", "350582112": "英林中心卫生院",
}  # fmt: skip
CENTRAL, NEAR_M, REACH_M, PEOPLE_A_POINT = 34, 11_000.0, 4000.0, 13_000


class Units:
    """The towns and streets of the prefecture: codes, names, where they are, and how far to trust that."""

    def __init__(self) -> None:
        rows = gazetteer("3505")
        self.rows = [
            row for row in rows
            if len(row["code"]) == 9 and row["code"][:6] in COUNTIES and row["kind"] in {"town", "street"}
        ]  # fmt: skip
        self.codes = [row["code"] for row in self.rows]
        self.county = np.array([list(COUNTIES).index(code[:6]) for code in self.codes])
        self.villages = np.array([sum(row["code"].startswith(code) and len(row["code"]) == 12 for row in rows)
                                  for code in self.codes])  # fmt: skip
        self.known = np.array([bool(row["lon"]) for row in self.rows])
        points = {row["code"]: row for row in self.rows if row["lon"]}
        self.seats = np.vstack([self._seat(code, points) for code in COUNTIES])
        self.xy = self._placed()

    def _seat(self, county: str, points: dict) -> np.ndarray:
        if county == "350581":
            return to_xy(*SHISHI)
        if county in SEAT_TOWNS:
            row = points[SEAT_TOWNS[county]]
            return to_xy(float(row["lon"]), float(row["lat"]))
        return pairs_of(COUNTIES[county][2])

    def _placed(self) -> np.ndarray:
        """Take known points over; put streets near the seat of their county, other towns between two known ones."""
        random = draw_by(SEED, "places")
        xy = np.full((len(self.rows), 2), np.nan)
        for i, row in enumerate(self.rows):
            if row["lon"]:
                xy[i] = to_xy(float(row["lon"]), float(row["lat"]))[0]
        taken = [*xy[self.known], *self.seats]
        for i in np.flatnonzero(~self.known):
            county = self.county[i]
            anchors = np.vstack([xy[self.known & (self.county == county)], self.seats[[county]]])
            for _ in range(400):
                near_seat = self.rows[i]["kind"] == "street" or len(anchors) < 3
                a, b = anchors[random.integers(len(anchors), size=2)]
                spot = self.seats[county] + random.normal(0, 2600, 2) if near_seat else (
                    a + random.uniform(0.2, 0.8) * (b - a) + random.normal(0, 1500, 2))  # fmt: skip
                apart = np.hypot(*(np.array(taken) - spot).T).min()
                if apart > (900 if near_seat else 2200):
                    break
            xy[i] = spot
            taken.append(spot)
        return xy


def main(folder: Path) -> None:
    """Make every table and write it into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    units = Units()
    names = {row["code"]: row["name"] for row in gazetteer("3505")}
    outline = shapely.simplify(shapely.union_all(shapely.buffer(shapely.points(units.xy), NEAR_M)), 300)
    outline = shapely.Polygon(outline.exterior) if outline.geom_type == "Polygon" else outline
    areas = areas_around(units.xy, units.county, len(COUNTIES), outline, simplify_m=250)
    nodes, edges = _roads(units)
    write_areas(folder / "areas.geojson", areas, [_area(code, names[code]) for code in COUNTIES])
    write_roads(folder / "roads", nodes, edges)
    write_rows(folder / "people.csv", "people", _people(units, areas, nodes, edges))
    write_rows(folder / "facilities.csv", "facilities", _facilities(units, areas, nodes, edges))


def _roads(units: Units) -> tuple[np.ndarray, list[tuple[int, int, str]]]:
    """Join neighbouring towns by roads that bend; those between county seats are the great ones."""
    xy = np.vstack([units.xy, units.seats])
    distinct, where = np.unique(np.round(xy), axis=0, return_inverse=True)
    pairs = gabriel(distinct)
    at = where[len(units.xy) :].tolist()
    groups = [at, *([seat, *where[: len(units.xy)][units.county == i].tolist()] for i, seat in enumerate(at))]
    classes = classes_by_use(distinct, pairs, groups)
    return bent(distinct, pairs, classes, piece_m=1800, bend=0.28, seed=SEED)


def _area(code: str, name: str) -> dict[str, str]:
    return {
        "area_id": code, "name": name, "name_en": COUNTIES[code][0], "kind": "county",
        "source": "代码和名称：国家统计局统计用区划代码；边界示意，由乡镇点生成，部分点参考GeoNames（CC BY 4.0）",
        "quality": "illustrative",
    }  # fmt: skip


def _people(units: Units, areas: list, nodes: np.ndarray, edges: list) -> list:
    """Share each county's residents out over its towns, and those of each over points beside the roads around it."""
    random = draw_by(SEED, "people")
    urban = np.array([2.5 if row["kind"] == "street" else 1.0 for row in units.rows])
    weight = (units.villages + 2.0) * urban * np.exp(random.normal(0, 0.25, len(units.rows)))
    middle = np.array([(nodes[a] + nodes[b]) / 2 for a, b, _ in edges])
    tree = cKDTree(middle)
    rows = []
    for county, (_, thousands, _) in enumerate(COUNTIES.values()):
        members = np.flatnonzero(units.county == county)
        for i, total in zip(members, apportion(weight[members], thousands * 1000).tolist(), strict=True):
            count = int(np.clip(round(total / PEOPLE_A_POINT), 3, 9))
            reach = REACH_M if units.rows[i]["kind"] == "town" else REACH_M / 3
            around = sorted(tree.query_ball_point(units.xy[i], reach))
            near = [j for j in around if areas[county].contains(shapely.Point(middle[j]).buffer(300))]
            near = near or _inside(areas[county], units.xy[i], middle)
            parts = apportion(random.uniform(0.3, 1.0, count) * np.linspace(2.0, 0.6, count), total).tolist()
            for k, part in enumerate(parts):
                first = min(near, key=lambda j: float(np.hypot(*(middle[j] - units.xy[i]))))
                spot = middle[first if k == 0 else random.choice(near)]
                place = beside(nodes, edges, spot, aside_m=float(random.uniform(-250, 250)))
                lon, lat = np.round(to_lonlat(place[None])[0], 5)
                rows.append({
                    "point_id": f"{units.codes[i]}-{k + 1}", "people": part, "place_id": units.codes[i],
                    "place": units.rows[i]["name"], "area_id": units.codes[i][:6], "lon": float(lon),
                    "lat": float(lat), "source": "示意：按县区2021年常住人口分摊", "quality": "illustrative",
                })  # fmt: skip
    return rows


def _inside(area: shapely.Geometry, spot: np.ndarray, middle: np.ndarray) -> list[int]:
    """Return the road that is nearest to a spot among those well inside an area."""
    order = np.argsort(np.hypot(*(middle - spot).T), kind="stable").tolist()
    return [next(j for j in order if area.contains(shapely.Point(middle[j]).buffer(300)))]


def _facilities(units: Units, areas: list, nodes: np.ndarray, edges: list) -> list:
    """Make the county hospitals and the 34 central township hospitals."""
    middle = np.array([(nodes[a] + nodes[b]) / 2 for a, b, _ in edges])

    def place(spot: np.ndarray, county: int) -> np.ndarray:
        return beside(nodes, edges, middle[_inside(areas[county], spot, middle)[0]], aside_m=40)

    rows = []
    named = {**HOSPITALS, "350582": ("晋江市医院", "三(一)2(2)")}
    for i, code in enumerate(COUNTIES):
        if code in named:
            name, clause = named[code]
            source = f"{JINJIANG if code == '350582' else TASKS} {clause}"
            spot = place(units.seats[i], i)
            rows.append(_row(f"QZ-H{i + 1:02d}", name, code, spot, source=source, quality="official"))
    for k, i in enumerate(_central(units)):
        code, name = units.codes[i], NAMED.get(units.codes[i])
        more = {
            "kind": "township_hospital",
            "tier": "primary",
            "position_quality": "estimated" if units.known[i] else "illustrative",
            "source": f"{JINJIANG} 三(一)2" if name else "示意：任务10只写34家乡镇中心卫生院，未列名",
            "quality": "official" if name else "illustrative",
        }
        called = name or f"{units.rows[i]['name']}中心卫生院（示意）"
        rows.append(_row(f"QZ-T{k + 1:02d}", called, code[:6], place(units.xy[i], int(units.county[i])), **more))
    return rows


def _row(facility_id: str, name: str, area_id: str, place: np.ndarray, **more: object) -> dict[str, object]:
    lon, lat = np.round(to_lonlat(place[None])[0], 5)
    return {
        "facility_id": facility_id, "name": name, "kind": "hospital", "area_id": area_id, "lon": float(lon),
        "lat": float(lat), "position_quality": "illustrative", "owner": "public", "status": "existing", **more,
    }  # fmt: skip


def _central(units: Units) -> list[int]:
    """Choose the 34: those that Jinjiang's plan names, and in the other counties towns far from each other."""
    chosen = [units.codes.index(code) for code in NAMED]
    towns = np.array([row["kind"] == "town" for row in units.rows])
    counties = [i for i, code in enumerate(COUNTIES) if code != "350582"]
    size = np.array([float((towns & (units.county == i)).sum()) for i in counties])
    for county, number in zip(counties, apportion(size, CENTRAL - len(NAMED)).tolist(), strict=True):
        members = np.flatnonzero(towns & (units.county == county))
        apart = [units.seats[county]]
        for _ in range(number):
            gap = np.min([np.hypot(*(units.xy[members] - spot).T) for spot in apart], axis=0)
            best = members[int((gap * np.sqrt(units.villages[members] + 1)).argmax())]
            chosen.append(int(best))
            apart.append(units.xy[best])
    return sorted(chosen)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
