"""One rule at a time: a pack of a single rule, written as a user would write it, held against a small county."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from ruamel.yaml import YAML

from coverplan.core import tables
from coverplan.core.model import Study
from coverplan.standards.assess import assess
from coverplan.standards.findings import Assessment, Finding
from coverplan.standards.rules import RulePack, read_pack
from scenes import CRS, ORIGIN, Scene
from standards.county import county, scene

OURS = {"why_zh": "本工具口径", "why_en": "ours"}


def rule(check: dict[str, Any], *, name: str = "R-1", **more: Any) -> dict[str, Any]:
    """Return a rule with one check and one reading."""
    return {
        "rule": name,
        "section": "一",
        "quotation": "原文",
        "name_zh": "规则",
        "name_en": "Rule",
        "english": "What it says.",
        "strength": "must",
        "scope": "某县",
        "check": check,
        "readings": [{"name": "one", "zh": "口径", "en": "as read", "why": "It is the only one."}],
        **more,
    }


def pack(*rules: dict[str, Any], words: dict[str, Any] | None = None) -> RulePack:
    """Write a pack to a file and read it again, so that every check goes through the reader."""
    document = {"title_zh": "规划", "title_en": "Plan", "number": "1号", "issuer": "某县", "issued": "2024-01-01"}
    data = {"pack": "mini", "document": document, "words": words or {}, "rules": list(rules)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mini.yaml"
        with path.open("w", encoding="utf-8") as stream:
            YAML().dump(data, stream)
        return read_pack(path)


def assessed(
    check: dict[str, Any],
    study: Study | None = None,
    *,
    at: Scene | None = None,
    words: dict[str, Any] | None = None,
    previous: dict[str, Any] | None = None,
    **more: Any,
) -> Assessment:
    """Hold a study, the hand-made county unless given, against one rule."""
    one = pack(rule(check, **more), words=words)
    return assess(study or county(), (at or scene()).network, packs=(one,), previous=previous)


def found(check: dict[str, Any], study: Study | None = None, **more: Any) -> Finding:
    """Return the finding of one rule."""
    return assessed(check, study, **more).finding("R-1")


def with_facilities(study: Study, **columns: Any) -> Study:
    """Return a study whose facilities have other cells in some columns."""
    return replace(study, facilities=study.facilities.assign(**columns))


def indicators(*rows: dict[str, Any]) -> pd.DataFrame:
    """Return an indicators table; every row has a source, and is official."""
    names = list(tables.INDICATORS.names)
    return pd.DataFrame([{"source": "statistics", "quality": "official", **row} for row in rows]).reindex(columns=names)


def zones(**boxes: tuple[str, tuple[float, float, float, float]]) -> gpd.GeoDataFrame:
    """Return a zones table: name = (kind, box in metres from the lower left corner)."""
    names = list(tables.ZONES.names)
    rows = [{"zone_id": name, "name": name, "name_en": name, "kind": kind, "source": "drawn", "quality": "official"}
            for name, (kind, _) in boxes.items()]  # fmt: skip
    shapes = [shapely.box(*(v + ORIGIN[i % 2] for i, v in enumerate(box))) for _, box in boxes.values()]
    return gpd.GeoDataFrame(pd.DataFrame(rows).reindex(columns=names), geometry=shapes, crs=CRS)


def projects(*rows: tuple[str, int, int, float]) -> pd.DataFrame:
    """Return a projects table: id, year of completion, added beds, cost in 100 million yuan."""
    names = ["project_id", "end_year", "added_beds", "cost_100m_cny"]
    table = pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows])
    table = table.assign(name=table["project_id"], source="made up", quality="official")
    return table.reindex(columns=list(tables.PROJECTS.names)).astype({"end_year": "Int64", "added_beds": "Int64"})
