"""Build the embedded gazetteer from the reference data that stands beside the checkout.

    python data/gazetteer/build.py ../shared

Only facts are taken over: official names and codes of places, GeoNames points (CC BY 4.0), and names, aliases and
towns of institutions as the plan documents print them. County outlines are used to see in which county a GeoNames
point lies, and are not kept. The same input gives the same files, byte for byte.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path

from shapely.geometry import Point, shape

HERE = Path(__file__).resolve().parent
ABOVE = {"35": ("福建省", "province"), "3504": ("三明市", "prefecture"), "3505": ("泉州市", "prefecture")}
ENDINGS = re.compile(r"(社区居民委员会|社区居委会|居民委员会|居委会|村民委员会|村委会|街道|镇|乡|村|社区|市|县|区)$")
# GeoNames has no Chinese name for these; the romanised name and the position leave one town of the county.
ROMANISED = {
    "1784315": "龙湖镇",
    "1805482": "金井镇",
    "1921211": "英林镇",
    "1786293": "永宁镇",
    "1786630": "英都镇",
    "1802526": "龙门镇",
    "1921288": "翔云镇",
}
# GeoNames calls the seat of Jinjiang by the name of its street too (Ch'ing-yang, 青阳).
SEATS = {"1797658": ("350582", "青阳街道")}
# Nobody publishes an open point for these: recollected to 0.01 degree, 1 to 3 km off. See the README.
RECOLLECTED = {
    "梅岭街道": (118.58, 24.82),
    "西园街道": (118.55, 24.80),
    "罗山街道": (118.58, 24.78),
    "新塘街道": (118.60, 24.78),
    "灵源街道": (118.54, 24.76),
    "深沪镇": (118.67, 24.63),
    "永和镇": (118.55, 24.70),
    "紫帽镇": (118.52, 24.87),
}
# Facts about institutions that the plan tells in its text and not in the name.
NOT_INSTITUTIONS = re.compile(r"_set$|external_partner|medical_group|land_parcel")


def stem(name: str) -> str:
    """Cut the ending off an official name."""
    short = ENDINGS.sub("", name)
    return short if len(short) > 1 else name


def kind_of_town(code: str, name: str) -> str:
    """Tell streets, towns and zones apart; the code says it: 0xx street, 1xx town, 2xx township, 4xx and up zone."""
    return "street" if name.endswith("街道") else "town" if code[6] in "12" else "zone"


def kind_of_village(name: str) -> str:
    """Tell villages and communities apart by their ending."""
    return "village" if name.endswith(("村委会", "村民委员会")) else "community"


def read(path: Path) -> list[dict[str, str]]:
    """Read a CSV file as text."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def places(shared: Path) -> dict[str, dict[str, str]]:
    """Take names and codes of prefectures, counties, towns and villages from the official lists.

    The codes are those of the statistical bureau, because village codes begin with their town's. The ministry numbers
    towns differently (its 350582101 is 陈埭镇, the bureau's is 安海镇), so its list is joined by name: it tells which
    towns there are in 2025 and what they are called.
    """
    rows: dict[str, dict[str, str]] = {}

    def add(code: str, name: str, kind: str, former: str = "") -> None:
        rows[code] = dict.fromkeys(("code", "name", "kind", "aliases", "lon", "lat", "quality", "source"), "")
        rows[code].update(name=name, code=code, kind=kind, aliases=former if former != name else "")

    for code, (name, kind) in ABOVE.items():
        add(code, name, kind)
    text = (shared / "data/china/mca_2025_townships_quanzhou_sanming.json").read_text(encoding="utf-8")
    today = {code[:6]: {stem(name): name for name in county["townships"]} for code, county in json.loads(text).items()}
    for row in read(shared / "data/china/quanzhou_sanming_villages.csv"):
        county, town = row["adcode6"], row["street"]
        add(county, row["county"], "county")
        add(row["street_code"], today.get(county, {}).get(stem(town), town), "", former=town)
        rows[row["street_code"]]["kind"] = kind_of_town(row["street_code"], rows[row["street_code"]]["name"])
        add(row["village_code"], row["village"], kind_of_village(row["village"]))
    return dict(sorted(rows.items()))


def owner_county(shared: Path) -> list[tuple[str, object]]:
    """Read the county outlines, with their codes."""
    text = (shared / "data/china/tianditu_wgs84_quanzhou_sanming_counties.geojson").read_text(encoding="utf-8")
    return [(f["properties"]["gb"][-6:], shape(f["geometry"])) for f in json.loads(text)["features"]]


def find(rows: dict[str, dict[str, str]], county: str, names: list[str]) -> str | None:
    """Find the one place of a county that bears one of the names: a town first, then a village."""
    inside = [r for r in rows.values() if r["code"].startswith(county)]
    for length in (9, 12):
        level = [r for r in inside if len(r["code"]) == length]
        for same in (lambda r: r["name"] in names, lambda r: stem(r["name"]) in {stem(n) for n in names}):
            found = [r["code"] for r in level if same(r)]
            if len(found) == 1:
                return found[0]
    return None


def add_points(rows: dict[str, dict[str, str]], shared: Path) -> None:
    """Give places their GeoNames points, each only inside the county it lies in; then the recollected ones."""
    outlines = owner_county(shared)
    for row in read(shared / "data/china/geonames_points_quanzhou_sanming.csv"):
        point = Point(float(row["lon"]), float(row["lat"]))
        county = next((code for code, outline in outlines if outline.contains(point)), None)
        names = [n for n in [*row["zh"].split("/"), ROMANISED.get(row["geonameid"], "")] if n]
        if county is None or not names:
            continue
        source = f"GeoNames {row['geonameid']}"
        points = [find(rows, county, names)]
        if rows[county]["name"] in {n + e for n in names for e in ("", "市", "县", "区")}:
            points.append(county)
        if row["geonameid"] in SEATS:
            points.append(find(rows, SEATS[row["geonameid"]][0], [SEATS[row["geonameid"]][1]]))
        for code in filter(None, points):
            if not rows[code]["source"]:
                rows[code].update(lon=row["lon"], lat=row["lat"], quality="estimated", source=source)
    for name, (lon, lat) in RECOLLECTED.items():
        code = find(rows, "350582", [name])
        if code and not rows[code]["source"]:
            rows[code].update(lon=f"{lon:.2f}", lat=f"{lat:.2f}", quality="illustrative", source="recollected")


def institutions(rows: dict[str, dict[str, str]], shared: Path) -> list[dict[str, str]]:
    """Take names, aliases and towns of the institutions that the plan documents name."""
    county_of = {"JJ": "350582", "LC": "350502", "QZ": "3505", "SM": "3504"}
    counties = {r["name"]: r["code"] for r in rows.values() if r["kind"] == "county"}
    result = []
    for row in read(shared / "norms/facilities.csv"):
        area = county_of.get(row["id"][:2])
        if area is None or NOT_INSTITUTIONS.search(row["type"]):
            continue
        named = [code for name, code in counties.items() if row["name_zh"].startswith(name)]
        county = named[0] if named else area
        town = find(rows, county, [row["town_zh"], rows[county]["name"] + row["town_zh"]]) if row["town_zh"] else None
        source = f"{row['seed']} {row['section']}"
        result.append(
            {
                "name": row["name_zh"],
                "aliases": row["short_aliases_zh"],
                "county": county,
                "town": town or "",
                "source": source,
            }
        )
    return result


def write(path: Path, rows: list[dict[str, str]]) -> None:
    """Write rows as CSV with plain line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(shared: Path) -> None:
    """Write both files and say how much of it has a point."""
    rows = places(shared)
    add_points(rows, shared)
    write(HERE / "places.csv", list(rows.values()))
    write(HERE / "institutions.csv", institutions(rows, shared))
    for kind in ("county", "street", "town", "zone", "village", "community"):
        level = [r for r in rows.values() if r["kind"] == kind]
        print(f"{kind}: {len(level)}, with a point: {sum(1 for r in level if r['lon'])}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
