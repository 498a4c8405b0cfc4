"""Numbers as people write them in cells: full-width, grouped, with a unit behind, a year as a date."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

import numpy as np
import pandas as pd

from coverplan.core.tables import Column

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_PLAIN = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,20})?")
"""A number as nearly every cell has it; everything else is looked at more closely."""
_GROUPED = r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?"
_DATE = re.compile(r"(\d{4})(?:年|[-/.](?=\d))(?:(\d{1,2})(?:月|[-/.](?=\d))?)?(?:(\d{1,2})日?)?(?:[t ]\d[\d:.]*)?")
_DEGREES = re.compile(
    r"[ewns东西北南]?[经纬]?:?(\d{1,3})[°度](?:(\d{1,2}(?:\.\d+)?)['′分])?(?:(\d{1,2}(?:\.\d+)?)(?:\"|''|′′|秒)?)?[ewns]?"
)
_UNKNOWN = frozenset({"-", "--", "—", "——", "/", "无", "不详", "未知", "na", "n/a", "nan", "none", "null", "?"})
_ABOUT = re.compile(r"^(?:约|大约|近|超过?|不足|>|<|≥|≤|~)|(?:左右|余|多|以上|以下|上下|\+)\D*$|\d\s*[-~–—至到]\s*\d")
_SCALES = {"百": 100.0, "千": 1e3, "万": 1e4, "百万": 1e6, "亿": 1e8}

_MEASURES: dict[str, frozenset[str]] = {
    "bed": frozenset({"张", "床", "个", "bed", "beds"}),
    "device": frozenset({"台", "套", "个", "device", "devices"}),
    "person": frozenset({"人", "口", "个", "person", "persons", "people"}),
    "year": frozenset({"年", "年份", "年度", "公元", "year", "yyyy"}),
    "degree": frozenset({"°", "度", "十进制度", "degree", "degrees", "deg"}),
    "100 million CNY": frozenset({"亿元", "亿", "亿元人民币", "100millioncny"}),
    "km/h": frozenset({"km/h", "kph", "kmh", "公里/小时", "千米/小时", "公里每小时", "千米每小时"}),
    "room": frozenset({"间", "个", "room", "rooms"}),
    "place": frozenset({"个", "托位", "place", "places"}),
    "tube": frozenset({"管", "管/日", "份", "tube", "tubes"}),
    "m": frozenset({"m", "米", "metre", "metres"}),
    "min": frozenset({"min", "分钟", "分", "minutes"}),
}
"""How people write the unit of a column."""
_OTHER_UNITS = frozenset({
    "万人", "千人", "百人", "户", "万户", "元", "千元", "万元", "百万元", "千万元", "万", "千", "百", "度分秒", "dms",
    "mph", "m/s", "米/秒", "万张", "百张", "间", "栋", "辆", "%", "米", "公里", "km", "月", "日", "年月", "小时",
})  # fmt: skip
"""What stands in brackets in a heading and is a unit; other brackets are remarks, such as 人口（2020年）."""


def as_numbers(cells: pd.Series, column: Column) -> pd.Series:
    """Turn text into numbers, missing where it is none.

    Full-width digits, grouped thousands (1,200) and the column's own unit behind the number (120张) are understood; in
    a column of years so is a date, of which the year is taken.

    Examples
    --------
    >>> from coverplan.core.tables import FACILITIES
    >>> as_numbers(pd.Series(["１20张", "1,200", "约50", "3辆"]), FACILITIES.column("beds")).tolist()
    [120.0, 1200.0, nan, nan]
    >>> as_numbers(pd.Series(["2021年6月", "2021-06-30", "2021"]), FACILITIES.column("open_year")).tolist()
    [2021.0, 2021.0, 2021.0]
    """
    simple = [None if pd.isna(cell) else _PLAIN.fullmatch(cell) for cell in cells]
    if all(match is not None or pd.isna(cell) for match, cell in zip(simple, cells, strict=True)) and not (
        column.unit == "year" and any(match is not None and match[1] for match in simple)
    ):
        return pd.Series([np.nan if match is None else float(match[0]) for match in simple], cells.index, "float64")
    plain = cells.str.normalize("NFKC").str.replace("\u2212", "-").str.casefold()
    grouped = plain.str.fullmatch(_GROUPED, na=False)
    plain = plain.mask(grouped, plain.str.replace(",", ""))
    fits = plain.str.fullmatch(_NUMBER, na=False)
    if column.unit == "year":
        # 2021.6 is June, not six tenths of a year.
        fits &= ~plain.str.fullmatch(r"\d{4}\.(?!0+$)\d+", na=False)
    numbers = plain.where(fits).astype("float64")
    if not fits.all():
        rest = plain[~fits].map(lambda cell: _with_unit(cell, column.unit), na_action="ignore")
        numbers = numbers.mask(~fits, rest.astype("float64").reindex(numbers.index))
    return numbers.where(np.isfinite(numbers))


def _with_unit(cell: str, unit: str) -> float:
    if unit == "year" and (match := _DATE.fullmatch(cell)) and _is_date(match):
        return float(match[1])
    match = re.fullmatch(rf"({_GROUPED}|{_NUMBER})\s*(.+)", cell)
    if match and "".join(match[2].split()) in _MEASURES.get(unit, ()):
        return float(match[1].replace(",", ""))
    return float("nan")


def _is_date(match: re.Match[str]) -> bool:
    return 1 <= int(match[2] or 1) <= 12 and 1 <= int(match[3] or 1) <= 31


def number_hint(cell: str, column: Column) -> str | None:
    """Say what to write instead of a cell that is no number.

    Examples
    --------
    >>> from coverplan.core.tables import FACILITIES
    >>> number_hint("约50", FACILITIES.column("beds"))
    "write one number; how sure it is goes into 'quality'"
    >>> number_hint("118°33′20″", FACILITIES.column("lon"))
    'write decimal degrees: 118.555556'
    """
    plain = unicodedata.normalize("NFKC", cell).casefold().strip()
    if plain in _UNKNOWN:
        return "leave the cell empty when it is not known"
    if column.unit == "degree" and (match := _DEGREES.fullmatch("".join(plain.split()))):
        degrees, minutes, seconds = (float(part or 0) for part in match.groups())
        return f"write decimal degrees: {degrees + minutes / 60 + seconds / 3600:.6f}"
    if _ABOUT.search(plain):
        return "write one number; how sure it is goes into 'quality'"
    match = re.fullmatch(rf"({_NUMBER})\s*([^\d\s.,]+)", plain)
    if match is None:
        return None
    scale = next((_SCALES[word] for word in sorted(_SCALES, key=len, reverse=True) if match[2].startswith(word)), None)
    if scale and column.unit not in {"100 million CNY"}:
        return f"write {float(match[1]) * scale:.0f}, in full"
    return f"write {match[1]}, without the unit" if scale is None else f"write it in {column.unit}"


def range_hint(value: float, column: Column) -> str | None:
    """Say what a number out of range may be: degrees the wrong way round, or a date as a spreadsheet counts it.

    Examples
    --------
    >>> from coverplan.core.tables import FACILITIES
    >>> range_hint(44348, FACILITIES.column("open_year"))
    'the date 2021-06-01, counted in days? write 2021'
    """
    if column.name == "lat" and abs(value) <= 180:
        return "are longitude and latitude swapped?"
    if column.unit == "year" and 20_000 <= value <= 80_000 and value == int(value):
        day = date(1899, 12, 30) + timedelta(days=int(value))
        return f"the date {day.isoformat()}, counted in days? write {day.year}"
    if column.unit == "year" and 19_000_000 <= value <= 21_000_000:
        return f"a date? write {int(value) // 10_000}"
    return None


def wrong_unit(heading: str, column: Column) -> str | None:
    """Return the unit that a heading names in brackets when it is not the column's; None when all is well.

    Examples
    --------
    >>> from coverplan.core.tables import FACILITIES, PEOPLE
    >>> wrong_unit("人口（万人）", PEOPLE.column("people"))
    '万人'
    >>> wrong_unit("床位数（张）", FACILITIES.column("beds")), wrong_unit("人口（2020年）", PEOPLE.column("people"))
    (None, None)
    """
    plain = "".join(unicodedata.normalize("NFKC", heading).casefold().split())
    match = re.search(r"[(\[【/:]([^()\[\]【】]+)[)\]】]?$", plain)
    if match is None or not column.unit:
        return None
    unit = match[1].removeprefix("单位").lstrip(":：")
    return unit if unit in _OTHER_UNITS and unit not in _MEASURES.get(column.unit, ()) else None
