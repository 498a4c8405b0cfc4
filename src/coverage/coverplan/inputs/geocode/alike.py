"""How alike two names of institutions are, for telling whether two lists mean the same one."""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from coverplan.inputs.geocode.names import numbers_in, split_institution, strip_office, take_apart

_SAME_ENDINGS = (
    {"村卫生所", "村卫生室", "一体化卫生所", "卫生所", "卫生室", "卫生站", "社区卫生服务站"},
    {"卫生院", "中心卫生院"},
    {"中医院", "中医医院"},
    {"疾病预防控制中心", "疾控中心"},
    {"120急救站", "120急救点", "急救站", "急救点"},
    {"120急救分中心", "急救分中心"},
    {"妇幼保健院", "妇幼保健计划生育服务中心"},
)
"""Endings that are written for the same kind of institution."""
_WITHOUT_PREFIX, _BY_ASIDE, _OTHER_KIND = 0.95, 0.95, 0.79
_PLACE = re.compile("(街道|镇|乡|村|社区)$")


def name_likeness(one: str, other: str) -> float:
    """Return how alike two names are, 0 to 1.

    1 is the same name but for width, case, spaces and numerals. A name without the county or town in front of it, or
    one that stands in brackets behind the other, scores 0.95. Names with different numbers score 0, institutions of
    different kinds (医院 and 中医院) never more than 0.79; the rest is the share of letters in common.

    Examples
    --------
    >>> name_likeness("晋江市第一医院", "晋江市第1医院"), name_likeness("晋江市第一医院", "晋江市第二医院")
    (1.0, 0.0)
    >>> name_likeness("陈埭中心卫生院", "晋江市陈埭镇卫生院"), name_likeness("晋江市医院", "晋江市中医院")
    (0.95, 0.79)
    """
    pieces = take_apart(one), take_apart(other)
    mains = [piece.main for piece in pieces]
    if not all(mains):
        return 0.0
    score = _likeness(*mains)
    for mine, theirs in ((pieces[0], pieces[1]), (pieces[1], pieces[0])):
        score = max([score, *(_BY_ASIDE * _likeness(aside, theirs.main) for aside in mine.asides)])
    return round(score, 3)


def _likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0
    (stem, ending), (other_stem, other_ending) = (split_institution(strip_office(name)) for name in (one, other))
    if numbers_in(stem) != numbers_in(other_stem):
        return 0.0
    alike = fuzz.ratio(one, other) / 100
    is_same_kind = ending == other_ending or any({ending, other_ending} <= same for same in _SAME_ENDINGS)
    if not is_same_kind:
        return min(alike, _OTHER_KIND)
    short, long = sorted((_PLACE.sub("", stem), _PLACE.sub("", other_stem)), key=len)
    if len(short) > 1 and long.endswith(short):
        return max(alike, _WITHOUT_PREFIX)
    return min(alike, _WITHOUT_PREFIX)
