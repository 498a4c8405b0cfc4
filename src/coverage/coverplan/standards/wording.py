"""How figures are put into sentences, in English and Chinese: rounded for the eye, never rounded into a wrong claim."""

from __future__ import annotations

import math

from coverplan.core.words import UNITS

_ALIKE = ("100m_cny", "percent", "times", "per_1000", "per_10000", "people", "min", "km")
_PLURALS = {"facility": "facilities", "laboratory": "laboratories", **{unit: UNITS[unit].en for unit in _ALIKE}}


def shown(value: float, *, apart_from: tuple[float, ...] = (), digits: int = 1) -> str:
    """Round a number for the eye, with as many more digits as keep it apart from what it is not.

    Examples
    --------
    >>> shown(12.34), shown(14.003, apart_from=(14,)), shown(14.0, apart_from=(14,))
    ('12.3', '14.003', '14.0')
    """
    if not math.isfinite(value):
        return "∞"
    for places in range(digits, 7):
        text = f"{value:.{places}f}"
        if all(float(text) != other or value == other for other in apart_from):
            return text
    return f"{value:.6f}"


def percent(share: float, *, apart_from: tuple[float, ...] = ()) -> str:
    """Write a share of 0..1 in per cent; all and nothing are said only when they are so.

    Examples
    --------
    >>> percent(0.931), percent(0.99996), percent(1.0), percent(0.13953), percent(0.14)
    ('93.1', '99.996', '100', '14.0', '14')
    """
    value = round(share * 100, 9)
    if value == round(value):
        return f"{value:.0f}"
    return shown(value, apart_from=(0.0, 100.0, *(round(other * 100, 9) for other in apart_from)))


def count(number: float) -> str:
    """Write a count with separators; what is not whole keeps up to four decimals.

    Examples
    --------
    >>> count(2061551.0), count(67.8387), count(12.5)
    ('2,061,551', '67.8387', '12.5')
    """
    if not math.isfinite(number):
        return "∞" if math.isinf(number) else "–"
    if float(number).is_integer():
        return f"{number:,.0f}"
    return f"{number:,.4f}".rstrip("0").rstrip(".")


def units_en(number: float, unit: str) -> str:
    """Write a count with its unit, singular or plural.

    Examples
    --------
    >>> units_en(1, "vehicle"), units_en(1200, "facility")
    ('1 vehicle', '1,200 facilities')
    """
    return f"{count(number)} {UNITS[unit].en if number == 1 else plural(unit)}"


def plural(unit: str) -> str:
    """Return the English plural of a counted unit."""
    return _PLURALS.get(unit, f"{UNITS[unit].en}s")


def units_zh(number: float, unit: str) -> str:
    """Write a count with its Chinese measure word: 69辆."""
    return f"{count(number)}{UNITS[unit].zh}"


def difference_unit(unit: str) -> str:
    """Name what the difference of two figures counts: percentages differ by percentage points.

    Examples
    --------
    >>> difference_unit("percent"), difference_unit("bed")
    ('points', 'bed')
    """
    return "points" if unit == "percent" else unit


def limit_zh(value: float, unit: str) -> str:
    """Write a limit in Chinese: 15分钟, 5公里."""
    return f"{value:g}{UNITS[unit].zh}"


def sentence_en(text: str, quality: str) -> str:
    """Close an English sentence; what rests on illustrative data says so."""
    tail = " (rests on illustrative data)" if quality == "illustrative" else ""
    return f"{text[0].upper()}{text[1:]}{tail}."


def sentence_zh(text: str, quality: str) -> str:
    """Close a Chinese sentence; what rests on illustrative data says so."""
    return f"{text}{'（依据示意数据）' if quality == 'illustrative' else ''}。"
