"""Fields, tables, and what may stand in a cell of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from coverplan.core.words import Word
from coverplan.outputs.phrases import Both, amount, both, of_word
from coverplan.standards.wording import count

Language = Literal["zh", "en", "both"]
"""What the contents are written in; `both` puts the English words behind or below the Chinese ones."""

MOST_LETTERS = 2000
"""A text that is longer is cut: nobody reads it in a cell, and nothing that was meant as a name is."""

# Characters that XML cannot hold, and those that turn the direction of writing round to hide what a name says.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_LINE_ENDS = re.compile("\r\n?|\u2028|\u2029|\x85")
_SHORT = 12
_EMPTY = (None, "", {"zh": "", "en": ""})


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A figure with what it counts; shown with as many digits as keep it apart from its limits."""

    value: float
    unit: str
    apart_from: tuple[float, ...] = ()


Cell = str | int | float | bool | Amount | Mapping[str, str] | None
"""What may stand in a cell; a mapping has the keys `zh` and `en`, None is an empty cell."""
Row = Mapping[str, Cell]


@dataclass(frozen=True, kw_only=True)
class Field:
    """A column: its name, its headings, how wide it is (in Latin letters), and whether it holds a status."""

    name: str
    zh: str
    en: str
    width: int = 12
    is_status: bool = False


@dataclass(frozen=True, kw_only=True)
class ReviewTable:
    """A table with its headings in both languages; rows hold a cell for every field."""

    name: str
    title: Both
    fields: tuple[Field, ...]
    rows: tuple[Row, ...]
    note: Both | None = None


def put_together(name: str, zh: str, en: str, fields: Iterable[Field], rows: Sequence[Any]) -> ReviewTable:
    """Put a table together; columns in which nothing stands are left out."""
    held = tuple(field for field in fields if any(row.get(field.name) not in _EMPTY for row in rows))
    kept: list[Row] = [{field.name: row.get(field.name) for field in held} for row in rows]
    return ReviewTable(name=name, title=both(zh, en), fields=held, rows=tuple(kept))


def fit(text: object, *, most: int = MOST_LETTERS) -> str:
    r"""Return a text as a document can hold it: no control characters, no endless ones.

    Examples
    --------
    >>> fit("晋江\x07市"), fit("a\r\nb"), fit("x" * 5, most=3)
    ('晋江市', 'a\nb', 'xx…')
    """
    plain = _UNFIT.sub("", _LINE_ENDS.sub("\n", str(text)))
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def pair(zh: object, en: object) -> Both:
    """Pair two texts of a table, either of which may be missing; the one that is there stands in for the other."""
    chinese, english = as_text(zh), as_text(en)
    return both(chinese or english, english or chinese)


def as_text(value: object) -> str:
    """Return a table's value as text that fits; empty where it is missing."""
    return "" if value is None or (not isinstance(value, str) and pd.isna(value)) else fit(value)  # pyright: ignore[reportArgumentType, reportCallIssue] - one value, never a list


def as_number(value: object) -> int | float | None:
    """Return a table's number; None where it is missing, whole ones without a point."""
    if value is None or pd.isna(value):  # pyright: ignore[reportArgumentType, reportCallIssue] - one value, never a list
        return None
    number = float(value)  # pyright: ignore[reportArgumentType] - a number of a checked table
    return int(number) if math.isfinite(number) and number.is_integer() else number


def coded(words: Mapping[str, Word], value: object) -> Both | None:
    """Return a value of a word list in both languages, itself where the list does not have it."""
    name = as_text(value)
    if not name:
        return None
    return of_word(words[name]) if name in words else both(name, name)


def an_amount(value: object, unit: str, *apart_from: float | None) -> Amount | None:
    """Return a figure with its unit; None where it is missing."""
    number = as_number(value)
    others = tuple(one for one in apart_from if one is not None)
    return None if number is None else Amount(value=float(number), unit=unit, apart_from=others)


def said(cell: Cell, language: Language) -> str:
    """Write a cell as text.

    Examples
    --------
    >>> said({"zh": "达标", "en": "met"}, "both"), said(Amount(value=14.25, unit="min"), "en"), said(None, "zh")
    ('达标 met', '14.2 min', '')
    >>> said(2061600, "zh"), said(1.1163000000000025, "zh")
    ('2,061,600', '1.1163')
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return said(both("是", "yes") if cell else both("", ""), language)
    if isinstance(cell, Amount):
        return amount(cell.value, cell.unit, apart_from=cell.apart_from)["en" if language == "en" else "zh"]
    if isinstance(cell, Mapping):
        return joined(cell, language)
    return fit(cell) if isinstance(cell, str) else count(cell)


def joined(words: Mapping[str, str], language: Language) -> str:
    """Write a pair in one language, or in both: side by side when short, else one below the other."""
    zh, en = fit(words["zh"]), fit(words["en"])
    if language != "both" or not (zh and en) or en.startswith(zh):
        return en or zh if language != "zh" else zh or en
    return f"{zh} {en}" if len(zh) <= _SHORT and len(en) <= _SHORT else f"{zh}\n{en}"


def listed(words: Iterable[Both], *, zh: str = "；", en: str = "; ") -> Both:
    """Join several pairs into one."""
    told = list(words)
    return both(zh.join(one["zh"] for one in told), en.join(one["en"] for one in told))
