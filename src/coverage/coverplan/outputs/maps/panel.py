"""The title bar, the verdicts and the sources as plain data for the page."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import coverplan
from coverplan.core import words
from coverplan.core.tables import INPUT_TABLES
from coverplan.outputs.maps.layers import Data, text
from coverplan.outputs.phrases import RECORDS, Both, both, figure, held_against, status

if TYPE_CHECKING:
    import pandas as pd

    from coverplan.core.model import Study
    from coverplan.standards.findings import Assessment, Finding, Verdict

_MOST_SOURCES = 4
_LEAFLET = "Leaflet 1.9.4"

WORDS: dict[str, Both] = {
    "title": both("医疗卫生服务覆盖评估", "Health service coverage"),
    "illustrative": both("含示意数据", "contains illustrative data"),
    "year": both("基准年", "base year"),
    "date": both("编制日期", "made on"),
    "verdicts": both("规划指标", "Targets of the plan"),
    "fold": both("收起或展开", "fold or unfold"),
    "default": both("默认", "default"),
    "readings": both("各种读法", "Ways to read it"),
    "surface": both("时间图", "Time map"),
    "towns": both("各镇街", "Towns"),
    "gaps": both("缺口", "Gaps"),
    "worst": both("缺口排名", "Worst gaps"),
    "sources": both("资料来源", "Sources"),
    "find_rule": both("查找指标", "find a target"),
    "find_layer": both("查找图层", "find a layer"),
    "not_on_sheet": both("项指标未能排入本页", "targets do not fit this sheet"),
    "theme": both("专题", "Theme"),
    "times": both("时间与可达", "Times and reach"),
    "belonging": both("归属与服务区", "Who serves whom"),
    "town_group": both("镇街结论", "Verdicts of towns"),
    "town_theme": both("各镇街结论", "Town verdicts"),
    "town_share": both("未达标指标占可判定指标", "targets not met, of those judged"),
    "community_theme": both("医共体服务区", "Medical communities"),
    "community_unit": both(
        "底色：所属牵头医院；斜纹：多数居民最近的另一家", "fill: own lead hospital; stripes: another is nearer"
    ),
    "differs": both("归属与最近不一致的镇街", "towns whose own lead hospital is not the nearest"),
    "catchment_unit": both("每处最近的机构，按行车时间", "the nearest by driving time"),
    "resident_points": both("居民点", "Demand points"),
    "within": both("限值以内", "within the limit"),
    "outside": both("限值以外", "beyond the limit"),
    "limit": both("限值", "limit"),
    "here": both("本格", "this cell"),
    "none": both("无", "None"),
    "radius": both("服务半径", "Service radius"),
    "circles": both("直线半径圆", "straight-line circle"),
    "by_road": both("道路距离可达范围", "area within it by road"),
    "places": both("点位", "Places"),
    "gap_places": both("未覆盖村社", "Uncovered places"),
    "reached_by_no_road": both("无路可达", "no way there"),
    "people": both("人", "people"),
    "base": both("底图", "Base"),
    "roads": both("主要道路", "Main roads"),
    "water": both("水域", "Water"),
    "outlines": both("镇街界线", "Town boundaries"),
    "names": both("镇街名称", "Town names"),
    "online": both("在线底图（需联网，默认关闭）", "Online base map (needs internet, off by default)"),
    "offline": both("不使用在线底图", "none, stay offline"),
    "tile_key": both("天地图密钥", "Tianditu key"),
    "no_tiles": both("在线底图未能载入", "the online base map could not be loaded"),
    "layers": both("图层", "Layers"),
    "legend": both("图例", "Legend"),
    "north": both("北", "N"),
    "nothing": both("无数据", "no data"),
    "unreached": both("无路可达", "not reached"),
    "beyond": both("超过 126 分钟", "more than 126 min"),
    "swipe": both("拖动分界线比较", "drag the line to compare"),
    "before": both("左", "left"),
    "after": both("右", "right"),
    "states": both("切换", "switch"),
    "play": both("播放", "play"),
    "other_language": both("English", "中文"),
    "zoom_to": both("转到", "go to"),
}
"""Every fixed word of the page."""


def finite(value: float | None) -> float | None:
    """Return a number that JSON knows; None for what is missing or endless."""
    return None if value is None or not math.isfinite(value) else float(value)


def verdicts(assessment: Assessment, *, lang: str, shown: dict[str, Data]) -> list[Data]:
    """Return one entry per rule; `shown` adds what the map has for it (surface, towns, gaps)."""
    return [{**_verdict(verdict, lang), **shown[verdict.rule.rule_id]} for verdict in assessment.verdicts]


def _verdict(verdict: Verdict, lang: str) -> Data:
    rule, finding = verdict.rule, verdict.default
    return {
        "id": rule.rule_id,
        "title": both(rule.name_zh, rule.name_en),
        "system": rule.system,
        "status": verdict.status,
        "figure": finite(finding.figure),
        "figure_text": figure(finding)[lang],
        "limit_text": held_against(finding),
        "statement": both(finding.statement_zh, finding.statement_en),
        "quote": rule.quotation,
        "clause": clause(verdict),
        "readings": [_reading(one, lang) for one in verdict.findings],
        "quality": finding.quality,
    }


def clause(verdict: Verdict) -> Both:
    """Name the document and the place in it, how firmly it is put, and for when."""
    rule = verdict.rule
    document, strength = rule.document, words.STRENGTHS[rule.strength]
    number = f"（{document.number}）" if document.number else ""
    zh = [f"《{document.title_zh}》{number}{rule.section}", strength.zh]
    en = [f"{document.title_en}, {rule.section}", strength.en]
    if rule.target_year is not None:
        zh.append(f"目标年 {rule.target_year}")
        en.append(f"by {rule.target_year}")
    return both(" · ".join(zh), " · ".join(en))


def _reading(finding: Finding, lang: str) -> Data:
    return {
        "label": both(finding.reading.zh, finding.reading.en),
        "status": finding.status,
        "figure": figure(finding)[lang],
    }


def statuses() -> dict[str, Both]:
    """Return the four statuses in words, in the order in which they are counted."""
    return {name: status(name) for name in words.VERDICTS}


def sources(assessment: Assessment) -> list[Data]:
    """Return, table by table, where the data comes from and how far it can be trusted."""
    study, network = assessment.study, assessment.network
    roads = ", ".join(part for part in (network.source, network.date, network.attribution) if part)
    entries = [
        {"table": both(INPUT_TABLES[name].zh, name), "text": _sources_of(getattr(study, name))}
        for name in RECORDS
        if len(getattr(study, name))
    ]
    quality = words.QUALITIES[network.quality]
    return [*entries, {"table": both("道路", "roads"), "text": f"{roads} [{quality.zh} {quality.en}]"}]


def _sources_of(table: pd.DataFrame) -> str:
    counts = table["source"].value_counts(sort=True)
    listed = [f"{source} ({count:,})" for source, count in list(counts.items())[:_MOST_SOURCES]]
    if len(counts) > _MOST_SOURCES:
        listed.append(f"… +{len(counts) - _MOST_SOURCES}")
    qualities = table["quality"].value_counts()
    known = [words.QUALITIES[name] for name in words.QUALITIES if name in qualities.index]
    trusted = ", ".join(f"{word.zh} {word.en} {qualities[word.value]:,}" for word in known)
    return f"{'; '.join(listed)} [{trusted}]"


def attribution(assessment: Assessment) -> list[str]:
    """Return the credits that must stand on the map wherever the data shows."""
    study, network = assessment.study, assessment.network
    lines = [f"道路 Roads: {network.attribution}"] if network.attribution else []
    named = " ".join(_all_sources(study)).casefold()
    if "geonames" in named:
        lines.append("地名点 Points: © GeoNames, CC BY 4.0")
    if "openstreetmap" in named and "openstreetmap" not in network.attribution.casefold():
        lines.append("© OpenStreetMap contributors, ODbL")
    return [*lines, "其余来源见左栏 other sources: see the panel"]


def _all_sources(study: Study) -> Iterable[str]:
    for name in RECORDS:
        table: pd.DataFrame = getattr(study, name)
        yield from (text(source) for source in table["source"].unique())


def made_by() -> str:
    """Name what made the page."""
    return f"coverplan {coverplan.__version__} · {_LEAFLET}"


def page_words() -> dict[str, Any]:
    """Return everything of the page that does not depend on the study."""
    qualities = {
        name: both(f"所用数据质量最低为：{word.zh}", f"weakest data it rests on: {word.en}")
        for name, word in words.QUALITIES.items()
    }
    return {"words": WORDS, "statuses": statuses(), "qualities": qualities, "made_by": made_by()}
