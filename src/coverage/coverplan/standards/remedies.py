"""What would close a gap: how many vehicles, devices or beds, which people, which facilities."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from coverplan.standards.findings import Finding
from coverplan.standards.params import ResponseParams
from coverplan.standards.wording import count, units_en, units_zh

_NO_ROAD = {
    "not_connected": ("join its roads to the network, or put one on its own side", "打通道路，或在本侧设点"),
    "off_network": ("bring a road nearer, or correct its position", "修通道路，或核对位置"),
    "none_of_kind": ("open the first one", "设立首个此类设施"),
}


def with_remedies(rows: pd.DataFrame, finding: Finding) -> pd.DataFrame:
    """Say for each row of a gap list what would close it: `closes`, `closes_zh`, `closes_count`, `closes_unit`."""
    told = [_remedy(dict(row), finding) for _, row in rows.iterrows()]
    names = ["closes", "closes_zh", "closes_count", "closes_unit"]
    return rows.assign(**{name: [row[i] for row in told] for i, name in enumerate(names)})


def _remedy(row: dict[str, Any], finding: Finding) -> tuple[str, str, float, str]:
    short = row.get("short")
    known = _known_remedy(row)
    if known is not None:
        return known
    if short is not None and pd.notna(short) and float(short) > 0:
        return _missing_units(float(short), finding.shortfall_unit, row)
    if pd.notna(row.get("limit")):
        return _nearer(row, finding)
    over, unit = finding.shortfall, finding.shortfall_unit
    if row["cause"] not in {"too_many", "off_target"} or math.isnan(over):
        return "", "", float("nan"), ""
    return f"{units_en(over, unit)} off what is asked for", f"与要求相差{units_zh(over, unit)}", over, unit


def _known_remedy(row: dict[str, Any]) -> tuple[str, str, float, str] | None:
    """Say what a facility or town itself lacks, where the check has found it out."""
    lacks, lacks_zh = row.get("lacks"), row.get("lacks_zh")
    if not (isinstance(lacks, str) and lacks):
        return None
    said = {
        "other_hub": (
            f"assign it to the nearest, or say why not: {lacks}",
            f"可改归最近机构，或说明理由：{lacks_zh}",
            "area",
        ),
        "outside": (f"move it: it {lacks}", f"另行选址：{lacks_zh}", "facility"),
    }
    en, zh, unit = said.get(str(row["cause"]), (f"add: {lacks}", f"补齐：{lacks_zh}", "facility"))
    return en, zh, 1.0, unit


def _missing_units(short: float, unit: str, row: dict[str, Any]) -> tuple[str, str, float, str]:
    if row["cause"] == "none_here":
        return "set up the first one here", "在此设立首个", short, "facility"
    unit = "facility" if unit in {"area", "village", "zone", "unit"} else unit
    return f"{units_en(short, unit)} more", f"再增{units_zh(short, unit)}", short, unit


def _nearer(row: dict[str, Any], finding: Finding) -> tuple[str, str, float, str]:
    """Say who must be brought inside a limit, or what must come nearer."""
    cause, limit = row["cause"], f"{row['limit']:g} {row['unit']}"
    unit_zh = "分钟" if row["unit"] == "min" else "公里"
    people = row.get("people")
    if people is None or pd.isna(people):
        what = "bring it, or one that counts, within"
        return f"{what} {limit}", f"使最近设施在{row['limit']:g}{unit_zh}以内", 1.0, "facility"
    who, who_zh = f"{count(float(people))} people here", f"此处{count(float(people))}人"
    if cause in _NO_ROAD:
        en, zh = _NO_ROAD[cause]
        return f"reach {who}: {en}", f"覆盖{who_zh}：{zh}", float(people), "people"
    crew = "a crew" if isinstance(finding.reading.params, ResponseParams) else "a facility that counts"
    crew_zh = "急救车组" if isinstance(finding.reading.params, ResponseParams) else "可计入的设施"
    return (
        f"reach {who}: {crew} within {limit}",
        f"覆盖{who_zh}：{row['limit']:g}{unit_zh}以内有{crew_zh}",
        float(people),
        "people",
    )
