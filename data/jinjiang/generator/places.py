"""Facilities, vehicles, AEDs and projects: the facts of the plan, put on the map."""

from __future__ import annotations

import numpy as np
import shapely
from scipy.spatial import cKDTree

from coverplan.core.units import FloatArray

from .land import Land
from .relief import warp
from .roads import Roads
from .sources import Row, apportion, read_rows, rng, to_lonlat, to_xy

PLAN = "晋江市“十四五”卫生健康事业发展专项规划（2022-09-14）"
FRONTAGE = {"primary", "secondary", "tertiary", "unclassified"}
N_CLINICS = 149


class Siting:
    """Finds a place beside a road for each facility, keeping them apart, and says which town it is in."""

    def __init__(self, land: Land, roads: Roads) -> None:
        self.land, self.random = land, rng("siting")
        xy = roads.positions()
        self.front = _beside(roads, xy, FRONTAGE)
        self.lane = _beside(roads, xy, {"residential", *FRONTAGE})
        self.cells = shapely.STRtree(land.cells)
        self.taken: list[FloatArray] = []

    def near(self, spot: FloatArray, area_id: str = "", *, lane: bool = False, apart_m: float = 140.0) -> FloatArray:
        """Return the nearest free roadside place to `spot`, inside the town if one is named."""
        places = self.lane if lane else self.front
        order = cKDTree(places).query(spot, k=min(400, len(places)))[1]
        for i in order:
            free = all(np.hypot(*(places[i] - other)) >= apart_m for other in self.taken)
            if free and area_id in ("", self.area_of(places[i])):
                self.taken.append(places[i])
                return places[i]
        raise ValueError(f"no free place near {spot}")

    def village_of(self, spot: FloatArray) -> int:
        """Return the number of the village on whose ground a point lies, -1 outside the county."""
        hits = self.cells.query(shapely.Point(spot), predicate="within")
        return int(hits[0]) if len(hits) else -1

    def area_of(self, spot: FloatArray) -> str:
        """Return the code of the town a point lies in, empty outside the county."""
        village = self.village_of(spot)
        return self.land.villages[village]["area_id"] if village >= 0 else ""


def _beside(roads: Roads, xy: FloatArray, classes: set[str]) -> FloatArray:
    """Points 22 m beside the middle of every road of these classes."""
    chosen = [e for e in roads.edges if e.road_class in classes]
    a, b = (xy[[getattr(e, end) for e in chosen]] for end in "ab")
    way = (b - a) / np.maximum(np.hypot(*(b - a).T), 1e-9)[:, None]
    return (a + b) / 2 + 22 * np.column_stack([-way[:, 1], way[:, 0]])


def build_facilities(land: Land, siting: Siting) -> list[dict[str, object]]:
    """Make the rows of facilities.csv: named ones, the emergency network, decontamination, village clinics."""
    placed: dict[str, FloatArray] = {}
    trust: dict[str, str] = {}
    rows = []
    for fact in read_rows("facilities.csv"):
        placed[fact["facility_id"]], trust[fact["facility_id"]] = _site(fact, land, siting, placed, trust)
        rows.append(_named_row(fact, placed, trust, siting))
    for fact in read_rows("emergency.csv"):
        spot = siting.near(placed[fact["host_id"]], siting.area_of(placed[fact["host_id"]]), lane=True, apart_m=45)
        rows.append(
            {
                **{key: fact[key] for key in ("facility_id", "name", "name_en", "kind", "status", "open_year")},
                **_position(spot, siting),
                "position_quality": "illustrative" if fact["quality"] == "illustrative" else trust[fact["host_id"]],
                "owner": "public",
                "source": fact["source"],
                "quality": fact["quality"],
            }
        )
    return rows + _clinics(land, siting)


def _site(
    fact: Row, land: Land, siting: Siting, placed: dict[str, FloatArray], trust: dict[str, str]
) -> tuple[FloatArray, str]:
    """Find the place a facility's `at` names, and how far it can be trusted."""
    how, *rest = fact["at"].split()
    if how == "with":
        host = placed[rest[0]]
        return siting.near(host, siting.area_of(host), lane=True, apart_m=60), trust[rest[0]]
    if how == "seat":
        town = next(i for i, row in enumerate(land.towns) if row["area_id"] == rest[0])
        return siting.near(warp(land.seats[[town]])[0], rest[0]), land.towns[town]["seat_quality"]
    if how == "place":
        village = next(i for i, row in enumerate(land.villages) if row["place_id"] == rest[0])
        return siting.near(warp(land.xy[[village]])[0], rest[0][:9]), "illustrative"
    return siting.near(to_xy(float(rest[0]), float(rest[1]))[0]), "illustrative"


def _position(spot: FloatArray, siting: Siting) -> dict[str, object]:
    lon, lat = to_lonlat(spot[None])[0]
    return {"area_id": siting.area_of(spot), "lon": lon, "lat": lat}


def _named_row(fact: Row, placed: dict[str, FloatArray], trust: dict[str, str], siting: Siting) -> dict[str, object]:
    same = (
        "facility_id",
        "name",
        "name_en",
        "kind",
        "tier",
        "beds",
        "owner",
        "community",
        "role",
        "status",
        "open_year",
    )
    remark = f"；{fact['remark']}" if fact["remark"] else ""
    return {
        **{key: fact[key] for key in same},
        **_position(placed[fact["facility_id"]], siting),
        "close_year": "",
        "position_quality": trust[fact["facility_id"]],
        "source": f"{PLAN} {fact['clause']}{remark}",
        "quality": "official",
    }


def _clinics(land: Land, siting: Siting) -> list[dict[str, object]]:
    """Make the 149 integrated village clinics, in 149 villages drawn town by town, in proportion to their villages."""
    random = rng("clinics")
    rural = [i for i, row in enumerate(land.villages) if 200 <= int(row["place_id"][9:]) < 400]
    towns = sorted({land.villages[i]["area_id"] for i in rural})
    members = [[i for i in rural if land.villages[i]["area_id"] == town] for town in towns]
    counts = apportion(np.array([float(len(m)) for m in members]), N_CLINICS)
    chosen = sorted(
        int(i) for m, n in zip(members, counts, strict=True) for i in random.choice(m, int(n), replace=False)
    )
    names = {row["area_id"]: row["name"] for row in land.towns}
    rows = []
    for k, i in enumerate(chosen):
        village = land.villages[i]
        spot = siting.near(warp(land.xy[[i]])[0], village["area_id"], lane=True)
        rows.append(
            {
                "facility_id": f"JJ-F58-{k + 1:03d}",
                "name": f"{names[village['area_id']]}{village['place']}卫生所（示意）",
                "name_en": f"Village clinic {k + 1:03d} (illustrative)",
                "kind": "village_clinic",
                "tier": "village",
                **_position(spot, siting),
                "position_quality": "illustrative",
                "owner": "public",
                "status": "existing",
                "source": "示意：规划 一(一)5 只写149家一体化卫生所，未列名",
                "quality": "illustrative",
            }
        )
    return rows


def build_vehicles() -> list[dict[str, object]]:
    """Make the rows of vehicles.csv: an invented fleet."""
    rows: list[dict[str, object]] = []
    for base in read_rows("fleet.csv"):
        for k in range(int(base["vehicles"])):
            rows.append(
                {
                    "vehicle_id": f"示意{len(rows) + 1:02d}",
                    "facility_id": base["facility_id"],
                    "negative_pressure": "yes" if k < int(base["negative_pressure"]) else "no",
                    "duty": "emergency",
                    "source": "示意：车辆数从未公布，此为虚构",
                    "quality": "illustrative",
                }
            )
    return rows


AED_PLACES = (
    ("station", "客运站", "bus station", 6),
    ("school", "中学", "middle school", 14),
    ("market", "商场", "shopping centre", 12),
    ("sports", "体育馆", "sports hall", 7),
    ("culture", "文化中心", "cultural centre", 7),
    ("government", "便民服务中心", "government service hall", 10),
    ("other", "工业园服务站", "industrial park service point", 4),
)


def build_aeds(land: Land, siting: Siting) -> list[dict[str, object]]:
    """Make the rows of aeds.csv: 60 devices (the count is a fact) at invented public places, more where more live."""
    random = rng("aeds")
    kinds = [(kind, zh, en) for kind, zh, en, count in AED_PLACES for _ in range(count)]
    random.shuffle(kinds)
    by_town = np.bincount(land.town_of, land.people, len(land.towns))
    counts = 1 + apportion(by_town**1.1, len(kinds) - len(land.towns))
    owners = np.repeat(np.arange(len(land.towns)), counts)
    rows: list[dict[str, object]] = []
    for k, (town, (kind, zh, en)) in enumerate(zip(owners, kinds, strict=True)):
        members = np.flatnonzero(land.town_of == town)
        pull = land.people[members] * np.exp(-np.hypot(*(land.xy[members] - land.seats[town]).T) / 2500)
        village = random.choice(members, p=pull / pull.sum())
        area_id = land.towns[town]["area_id"]
        spot = siting.near(warp(land.xy[[village]])[0] + random.normal(0, 150, 2), area_id)
        rows.append(
            {
                "aed_id": f"AED-{k + 1:02d}",
                "name": f"{land.towns[town]['name']}{zh}（示意{k + 1:02d}）",
                "name_en": f"{land.towns[town]['name_en']}, {en} (illustrative {k + 1:02d})",
                "devices": 1,
                "place_kind": kind,
                **_position(spot, siting),
                "source": "示意：60处的数目见2022-08-19报道，地点未公布",
                "quality": "illustrative",
            }
        )
    return rows


def build_indicators() -> list[dict[str, object]]:
    """Make the rows of indicators.csv: counts and rates of 2020 that the plan prints, or its ratios give."""
    rows = read_rows("indicators.csv")
    columns = ("indicator_id", "name", "value", "unit", "year", "quality")
    return [{**{name: row[name] for name in columns}, "source": f"{PLAN} {row['clause']}"} for row in rows]


def build_projects() -> list[dict[str, object]]:
    """Make the rows of projects.csv: table 2 of the plan."""
    return [
        {**row, "source": f"{PLAN} 表2-{row['project_id']}", "quality": "official"} for row in read_rows("projects.csv")
    ]
