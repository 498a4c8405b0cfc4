"""Everything that a template can name, as plain text; the figures are those of the review tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

import coverplan
from coverplan.core.words import SYSTEMS
from coverplan.outputs.charts.fonts import Lettering
from coverplan.outputs.charts.maps import facility_map, town_map, worth_a_map
from coverplan.outputs.charts.plots import people_curve, system_chart
from coverplan.outputs.phrases import Both, both, notice, status
from coverplan.outputs.report import wording
from coverplan.outputs.review import records, results, sites
from coverplan.outputs.review.cells import ReviewTable, fit, pair, said
from coverplan.planning.siting.result import SitingResult
from coverplan.standards.findings import Assessment, Verdict
from coverplan.standards.gaps import gaps

Lang = Literal["zh", "en"]

COLOURS = {"met": "D9EAD3", "not_met": "F4CCCC", "measured": "FFF2CC", "no_data": "E7E6E6"}
"""Colours of table cells by verdict; a template writes `{% cellbg row.colour %}`."""

MOST_GAPS = 10
MOST_MAPS = 6
MOST_CURVES = 2
_MOST_LETTERS = 400
_MOST_SOURCES = 3
_EVERYTHING = ("全部", "all")


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture of the document and its caption; the document puts it where the template names it."""

    png: bytes
    caption: str


def report_context(
    assessment: Assessment,
    letters: Lettering,
    *,
    scenarios: Mapping[str, Assessment] | None = None,
    sitings: Sequence[SitingResult] = (),
    made_on: date,
) -> dict[str, Any]:
    """Return what a template can name, all of it text, numbers, lists of these, or `Picture`.

    Keys
    ----
    study, study_other, year, date, made_with, notice, quality
        What the document is about; `notice` is empty when nothing is illustrative.
    purpose, method, limits
        Lists of paragraphs.
    counts
        How many rules there are in all (`rules`) and by verdict (`met`, `not_met`, `measured`, `no_data`).
    systems
        One per system with rules that could be checked: `name` and `rules`. A rule has `rule_id`, `rule`, `quotation`,
        `translation` (empty in Chinese), `clause`, `strength`, `reading`, `status`, `colour`, `figure`, `limit`,
        `shortfall`, `statement`, and `others`, what its other readings come out as.
    tally, quality_rows, sources, needs, options, missing
        Rows of tables, the keys of `outputs.review`.
    gaps
        One per rule with gaps: `rule_id`, `rule`, `total`, `shown`, and `rows`.
    pictures
        `verdicts`, `facilities`; and lists `curves` and `towns` of pictures with captions.
    font_note
        What to say when the pictures could not be lettered in Chinese; empty otherwise.
    scenarios
        Rows with the verdict as it is (`now`) and `outcomes`, a line for each; only rules that any of them changes.
    scenario_names
        What was compared, as one text; empty when nothing was.
    sitings
        One per siting problem: `title`, `source`, `objective`, `proof`, `reach`, `others`, `note` (any may be empty),
        `is_illustrative`, and `rows` with `site`, `area`, `today`, `then`, `people`.
    """
    lang = letters.language
    study = assessment.study
    listed = gaps(assessment)
    told = notice(assessment)
    split = [row for row in _rows(results.option_table(assessment), lang) if _is_split(assessment, row["rule_id"])]
    needs = [row for row in _rows(results.need_table(assessment), lang) if row.get("area") in _EVERYTHING]
    return {
        "study": fit(pair(study.name, study.name_en)[lang]),
        "study_other": fit(pair(study.name, study.name_en)["en" if lang == "zh" else "zh"]),
        "year": str(study.year),
        "date": made_on.isoformat(),
        "made_with": f"coverplan {coverplan.__version__}",
        "notice": fit(told[lang]) if told else "",
        "quality": wording.quality_sentence(assessment)[lang],
        "purpose": _in(lang, wording.purpose(assessment)),
        "method": _in(lang, wording.method(assessment)),
        "limits": _in(lang, wording.limits(assessment)),
        "counts": _counts(assessment),
        "systems": _systems(assessment, lang),
        "tally": _rows(results.system_table(assessment), lang, empty="0"),
        "quality_rows": _rows(records.quality_table(study), lang, empty="–"),
        "sources": _rows(records.source_table(assessment, most=_MOST_SOURCES), lang),
        "needs": needs,
        "options": split,
        "missing": _rows(results.missing_table(assessment), lang),
        "gaps": _gaps(results.gap_table(assessment, listed), lang),
        "pictures": _pictures(assessment, letters, listed),
        "font_note": letters.note["zh"] if letters.note else "",
        "scenarios": _scenarios(assessment, scenarios or {}, lang),
        "scenario_names": fit(("、" if lang == "zh" else ", ").join(scenarios or {}), most=_MOST_LETTERS),
        "sitings": _sitings(sitings, lang),
    }


def _in(lang: Lang, sentences: Sequence[Both]) -> list[str]:
    return [fit(one[lang]) for one in sentences]


def _rows(table: ReviewTable, lang: Lang, *, empty: str = "") -> list[dict[str, str]]:
    """Write a table as text."""
    return [
        {field.name: fit(said(row[field.name], lang), most=_MOST_LETTERS) or empty for field in table.fields}
        for row in table.rows
    ]


def _counts(assessment: Assessment) -> dict[str, int]:
    counts = dict.fromkeys(COLOURS, 0)
    for verdict in assessment.verdicts:
        counts[verdict.status] += 1
    return {"rules": len(assessment.verdicts), **counts}


def _systems(assessment: Assessment, lang: Lang) -> list[dict[str, Any]]:
    """Sort the rules that could be checked by system."""
    table = results.verdict_table(assessment)
    names = [field.name for field in table.fields]
    empty: dict[str, str] = dict.fromkeys(("figure", "limit", "shortfall"), "–")
    found: dict[str, list[dict[str, Any]]] = {}
    for verdict, row in zip(assessment.verdicts, table.rows, strict=True):
        if verdict.status == "no_data":
            continue
        told = {name: said(row[name], lang) or empty.get(name, "") for name in names}
        told = {
            **empty,
            **told,
            "quotation": fit(verdict.rule.quotation),
            "translation": fit(verdict.rule.english) if lang == "en" else "",
        }
        others = {"others": _others(verdict, lang), "colour": COLOURS[verdict.status]}
        found.setdefault(verdict.rule.system, []).append({**told, **others})
    ordered = [name for name in SYSTEMS if name in found]
    return [{"name": _system(name, lang), "rules": found[name]} for name in ordered]


def _system(name: str, lang: Lang) -> str:
    word = SYSTEMS[name]
    return word.zh if lang == "zh" else f"{word.en[:1].upper()}{word.en[1:]}"


def _others(verdict: Verdict, lang: Lang) -> str:
    """Say what the other readings come out as, in one line."""
    parts = [
        f"{fit(finding.reading.zh if lang == 'zh' else finding.reading.en)}"
        f"{'：' if lang == 'zh' else ': '}{status(finding.status)[lang]}"
        for finding in verdict.findings[1:]
    ]
    return ("；" if lang == "zh" else "; ").join(parts)


def _is_split(assessment: Assessment, rule_id: str) -> bool:
    return len({finding.status for finding in assessment.verdict(rule_id).findings}) > 1


def _gaps(table: ReviewTable, lang: Lang) -> list[dict[str, Any]]:
    """Return the worst gaps of every rule that has them somewhere; what the whole county lacks is among the needs."""
    by_rule: dict[str, list[dict[str, str]]] = {}
    for row in _rows(table, lang):
        by_rule.setdefault(row["rule_id"], []).append(row)
    return [
        {
            "rule_id": rule_id,
            "rule": rows[0]["rule"],
            "total": f"{len(rows):,}",
            "shown": str(min(len(rows), MOST_GAPS)),
            "rows": [_gap(row) for row in rows[:MOST_GAPS]],
        }
        for rule_id, rows in by_rule.items()
        if any(row.get("area") not in _EVERYTHING for row in rows)
    ]


def _gap(row: dict[str, str]) -> dict[str, str]:
    """Say in one cell what is missing: people outside, or how many of how many."""
    counted = row.get("need") and f"{row.get('have') or 0} / {row['need']}"
    return {
        **row,
        "amount": counted or row.get("people", ""),
        "value": row.get("value") or "–",
        "place": row.get("place") or "–",
    }


def _pictures(assessment: Assessment, letters: Lettering, listed: pd.DataFrame) -> dict[str, Any]:
    lang = letters.language
    curves = [v for v in assessment.verdicts if v.default.key in assessment.points and v.default.point_unit == "min"]
    towns = worth_a_map(assessment, most=MOST_MAPS) if len(assessment.study.areas) else []
    year = assessment.study.year
    return {
        "verdicts": Picture(
            png=system_chart(assessment, letters), caption=both("各体系指标结论", "Verdicts by system")[lang]
        ),
        "facilities": Picture(
            png=facility_map(assessment, letters),
            caption=both(f"{year}年医疗卫生设施与主要道路", f"Health facilities and main roads, {year}")[lang],
        ),
        "curves": [
            Picture(
                png=people_curve(assessment, verdict, letters),
                caption=fit(
                    both(
                        f"{verdict.rule.name_zh}（{verdict.rule.rule_id}）：各时间内的居民比例",
                        f"{verdict.rule.name_en} ({verdict.rule.rule_id}): share of people by minutes",
                    )[lang]
                ),
            )
            for verdict in _first_of_each_curve(assessment, curves)
        ],
        "towns": [
            Picture(
                png=town_map(assessment, verdict, letters, listed=listed),
                caption=fit(
                    both(
                        f"{verdict.rule.name_zh}（{verdict.rule.rule_id}）：各镇街缺口",
                        f"{verdict.rule.name_en} ({verdict.rule.rule_id}): what towns miss",
                    )[lang]
                ),
            )
            for verdict in towns
        ],
    }


def _first_of_each_curve(assessment: Assessment, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Leave out rules that rest on the same times as one before, such as another limit on the same journey."""
    kept: list[Verdict] = []
    seen: set[bytes] = set()
    for verdict in verdicts:
        mark = assessment.points[verdict.default.key]["value"].to_numpy(dtype=float).tobytes()
        if mark not in seen:
            seen.add(mark)
            kept.append(verdict)
    return kept[:MOST_CURVES]


def _scenarios(assessment: Assessment, scenarios: Mapping[str, Assessment], lang: Lang) -> list[dict[str, str]]:
    if not scenarios:
        return []
    names = [fit(name, most=40) for name in scenarios]
    colon = "：" if lang == "zh" else ": "
    rows = []
    for row in results.scenario_table(assessment, scenarios).rows:
        now = f"{said(row['figure'], lang)} {said(row['status'], lang)}"
        told = [f"{said(row.get(f'figure_{i}'), lang)} {said(row.get(f'status_{i}'), lang)}" for i in range(len(names))]
        if all(one == now for one in told):
            continue
        outcomes = "\n".join(f"{name}{colon}{one}" for name, one in zip(names, told, strict=True))
        rows.append(
            {"rule_id": said(row["rule_id"], lang), "rule": said(row["rule"], lang), "now": now, "outcomes": outcomes}
        )
    return rows


def _sitings(sitings: Sequence[SitingResult], lang: Lang) -> list[dict[str, Any]]:
    """Put chosen sites into words, problem by problem."""
    told = []
    for one, row in zip(sitings, sites.proposal_table(sitings).rows, strict=True):
        words = {
            name: said(row.get(name), lang) for name in ("source", "objective", "proof", "reach", "others", "note")
        }
        columns = ("site", "area", "today", "then", "people", "lon", "lat")
        rows = [{name: said(place.get(name), lang) for name in columns} for place in sites.site_table([one]).rows]
        told.append(
            {
                "title": said(row["problem"], lang),
                **words,
                "is_illustrative": one.quality == "illustrative",
                "rows": rows,
            }
        )
    return told
