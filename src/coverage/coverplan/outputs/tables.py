"""Gaps, summary and verdicts as files: CSV that a spreadsheet opens as it should, and JSON for programs."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coverplan.core.atomic import whole_file, write_text
from coverplan.core.words import SYSTEMS
from coverplan.standards.gaps import gaps
from coverplan.standards.summary import summary

if TYPE_CHECKING:
    from coverplan.standards.findings import Assessment, Finding, Verdict

VERDICTS_FORMAT = 1
"""Version of the shape of `verdicts.json`; it goes up when a key changes its meaning or is gone."""

_DECIMALS = 6
# What a spreadsheet takes for the beginning of a formula, in narrow and in wide letters.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_tables(assessment: Assessment, folder: str | Path) -> tuple[Path, Path, Path]:
    """Write `gaps.csv`, `summary.csv` and `verdicts.json` of an assessment into a folder.

    The columns of the two tables are those of `standards.gaps.GAP_COLUMNS` and `standards.summary.SUMMARY_COLUMNS`, in
    that order; an empty cell means missing, and for a time or a distance that nobody is reached. In `verdicts.json`
    the same is null, and `figure_is` tells the two apart.

    Parameters
    ----------
    assessment
        What to write, from `coverplan.assess`.
    folder
        Made when it is missing. Each file is replaced whole or not at all.

    Returns
    -------
    tuple of Path
        The three files, in the order above.
    """
    folder = Path(folder)
    return (
        write_csv(gaps(assessment), folder / "gaps.csv"),
        write_csv(summary(assessment), folder / "summary.csv"),
        write_json(verdicts(assessment), folder / "verdicts.json"),
    )


def write_csv(table: pd.DataFrame, path: str | Path) -> Path:
    """Write a table so that Excel opens its Chinese, shows nothing for what is missing, and runs nothing.

    UTF-8 with a byte-order mark, CRLF line ends; numbers with at most six decimals; missing and `inf` are empty. A text
    that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    ready = pd.DataFrame({name: _cells(table[name]) for name in table.columns})
    with whole_file(path) as beside:
        ready.to_csv(beside, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    return Path(path)


def _cells(column: pd.Series) -> pd.Series:
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.map({True: "true", False: "false"})
    if pd.api.types.is_float_dtype(column.dtype):
        rounded = column.to_numpy(dtype="float64", na_value=np.nan).round(_DECIMALS)
        # Whole numbers without a point, whatever else stands in the column: 69, not 69.0.
        return pd.Series([number(value) for value in rounded], index=column.index, dtype=object)
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    return column.map(harmless, na_action="ignore")


def harmless(value: object) -> object:
    """Put an apostrophe before a text that a spreadsheet would run; everything else comes back as it is.

    Examples
    --------
    >>> harmless("=1+1"), harmless("晋江市医院"), harmless(-3)
    ("'=1+1", '晋江市医院', -3)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def write_json(data: object, path: str | Path) -> Path:
    """Write plain data as indented JSON in UTF-8."""
    return write_text(path, json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def verdicts(assessment: Assessment) -> dict[str, Any]:
    """Return the verdicts as plain data: each rule with its document, quotation, status and every reading of it."""
    study = assessment.study
    return {
        "format": VERDICTS_FORMAT,
        "study": study.study_id,
        "name": study.name,
        "name_en": study.name_en,
        "year": study.year,
        "quality": assessment.quality,
        "verdicts": [_verdict(verdict) for verdict in assessment.verdicts],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    rule = verdict.rule
    document = rule.document
    return {
        "rule_id": rule.rule_id,
        "name_zh": rule.name_zh,
        "name_en": rule.name_en,
        "document": {
            "title_zh": document.title_zh,
            "title_en": document.title_en,
            "number": document.number,
            "issuer": document.issuer,
            "issued": document.issued or None,
        },
        "section": rule.section,
        "quotation": rule.quotation,
        "english": rule.english,
        "system": rule.system,
        "system_zh": SYSTEMS[rule.system].zh,
        "strength": rule.strength,
        "target_year": rule.target_year,
        "scope": rule.scope,
        "check": rule.check,
        **_finding(verdict.default),
        "other_readings": [_finding(finding) for finding in verdict.findings[1:]],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "reading": finding.reading.name,
        "reading_zh": finding.reading.zh,
        "reading_en": finding.reading.en,
        "why": finding.reading.why,
        "status": finding.status,
        "figure": number(finding.figure),
        "figure_is": _what_it_is(finding.figure),
        "unit": finding.unit,
        "limit": number(finding.limit),
        "our_limit": number(finding.our_limit),
        "our_status": finding.our_status,
        "shortfall": number(finding.shortfall),
        "shortfall_unit": finding.shortfall_unit,
        "point_limit": number(finding.point_limit),
        "point_unit": finding.point_unit,
        "people": number(finding.people),
        "people_within": number(finding.people_within),
        "people_outside": number(finding.people_outside),
        "have": number(finding.have),
        "need": number(finding.need),
        "short": number(finding.short),
        "rate": number(finding.rate),
        "rate_limit": number(finding.rate_limit),
        "rate_per": number(finding.rate_per),
        "units": None if finding.units is None else [_unit(row) for row in finding.units.to_dict("records")],
        "statement_zh": finding.statement_zh,
        "statement_en": finding.statement_en,
        "quality": finding.quality,
        "notes": list(finding.notes),
    }


def _unit(row: dict[Any, Any]) -> dict[str, Any]:
    """Return a single village, town or facility that a finding looked at; what is empty is left out."""
    numbers = {name: number(row[name]) for name in ("people", "have", "need", "short", "value")}
    texts = {name: str(value) for name, value in row.items() if name not in numbers and pd.notna(value)}
    return {name: value for name, value in {**texts, **numbers}.items() if value not in ("", None)}


def number(value: float | None) -> int | float | None:
    """Return a number as JSON knows it: whole ones without a point, None for what is missing or endless.

    Examples
    --------
    >>> number(69.0), number(0.5), number(float("inf")), number(None)
    (69, 0.5, None, None)
    """
    if value is None or not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else float(value)


def _what_it_is(value: float) -> str:
    """Say whether a figure is a number, missing, or an endless time or distance."""
    if math.isnan(value):
        return "none"
    return "unreached" if math.isinf(value) else "number"
