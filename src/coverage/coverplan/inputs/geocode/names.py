"""Chinese place and institution names, made comparable: width, numerals, brackets, endings, prefixes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_DIGITS = {char: str(value) for value, char in enumerate("零一二三四五六七八九")} | {"〇": "0"}
_NUMERAL = re.compile("[〇零一二三四五六七八九十百]+")
_BRACKETS = re.compile(r"[(\[【〔<《]([^()\[\]【】〔〕<>《》]*)[)\]】〕>》]")
_DROPPED = re.compile(r"[\s“”\"'‘’·•・、,，。.;；:：!！?？_~\-—–/\\]+")

_VILLAGE_OFFICE = re.compile("(村民委员会|村委会)$")
_COMMUNITY_OFFICE = re.compile("(社区居民委员会|社区居委会|社区委员会|居民委员会|居委会|社区)$")
_TOWN_OFFICE = re.compile("(街道办事处|街道办|街道|镇人民政府|镇政府|镇|乡人民政府|乡政府|乡)$")
_PEOPLES = re.compile("(回族|畲族|满族|苗族|土家族|壮族|瑶族|蒙古族|藏族|彝族|侗族|高山族)$")

_INSTITUTION_ENDINGS = re.findall(
    r"\S+",
    "社区卫生服务中心 社区卫生服务站 中心卫生院 卫生院 村卫生所 村卫生室 一体化卫生所 卫生所 卫生室 卫生站 "
    "中西医结合医院 妇幼保健计划生育服务中心 妇幼保健院 疾病预防控制中心 疾控中心 中医医院 中医院 人民医院 "
    "中心医院 华侨医院 骨伤医院 眼科医院 口腔医院 康复医院 精神病医院 医院 门诊部 诊所 中医馆 "
    "120急救分中心 120急救站 120急救点 急救分中心 急救中心 急救站 急救点 洗消中心 血液透析中心 "
    "方舱医院 分院 院区 敬老院 养老院",
)
_INSTITUTION = re.compile("(" + "|".join(sorted(_INSTITUTION_ENDINGS, key=len, reverse=True)) + ")$")
VILLAGE_INSTITUTIONS = frozenset(
    {"村卫生所", "村卫生室", "一体化卫生所", "卫生所", "卫生室", "卫生站", "社区卫生服务站"}
)
"""Institutions that bear the name of the village or community they stand in."""


def plain_name(text: str) -> str:
    """Reduce a name to what is compared: width, letter case, spaces, quotation marks, numerals.

    Examples
    --------
    >>> plain_name(" 晋江市第一医院（Ａ座）")
    '晋江市第1医院(a座)'
    >>> plain_name("“１２０”急救站"), plain_name("第二十三中学"), plain_name("万安街道")
    ('120急救站', '第23中学', '万安街道')
    """
    text = _DROPPED.sub("", unicodedata.normalize("NFKC", str(text)).casefold())
    # A second time: what stood apart may compose now that the spaces are gone.
    text = _DROPPED.sub("", unicodedata.normalize("NFKC", text))
    return _NUMERAL.sub(lambda match: _arabic(match[0]), text)


def _arabic(numeral: str) -> str:
    """Write a Chinese numeral in digits; figure by figure (二〇二五) or with tens and hundreds (二十三)."""
    if not any(char in "十百" for char in numeral):
        return "".join(_DIGITS[char] for char in numeral)
    if set(numeral) == {"百"}:
        return numeral
    total = figure = 0
    for char in numeral:
        if char == "百":
            total, figure = total + (figure or 1) * 100, 0
        elif char == "十":
            total, figure = total + (figure or 1) * 10, 0
        else:
            figure = int(_DIGITS[char])
    return str(total + figure)


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """A name taken apart: what stands outside brackets, and what stands in each bracket, all made plain."""

    main: str
    asides: tuple[str, ...]


def take_apart(text: str) -> Pieces:
    """Split a name at its brackets.

    Examples
    --------
    >>> take_apart("英墩华侨医院（市医院晋中分院）")
    Pieces(main='英墩华侨医院', asides=('市医院晋中分院',))
    """
    plain = plain_name(text)
    asides = tuple(aside for aside in _BRACKETS.findall(plain) if aside)
    return Pieces(main=re.sub(r"[()\[\]【】〔〕<>《》]", "", _BRACKETS.sub("", plain)), asides=asides)


def split_institution(plain: str) -> tuple[str, str]:
    """Cut the kind of institution off the end of a plain name.

    Examples
    --------
    >>> split_institution("安平社区卫生服务站"), split_institution("新塘120急救站"), split_institution("英墩村")
    (('安平', '社区卫生服务站'), ('新塘', '120急救站'), ('英墩村', ''))
    """
    match = _INSTITUTION.search(plain)
    return (plain[: match.start()], match[0]) if match else (plain, "")


@dataclass(frozen=True, kw_only=True)
class Forms:
    """How a place may be written: with its ending (certain), and bare (to be taken with care)."""

    full: tuple[str, ...]
    bare: tuple[str, ...]


def place_forms(name: str, kind: str) -> Forms:
    """List the plain spellings under which a place may stand in a name.

    Parameters
    ----------
    name
        Official name, such as 英墩村委会 or 青阳街道.
    kind
        prefecture, county, street, town, zone, village, community, or anything else for a name with no known ending.

    Examples
    --------
    >>> place_forms("英墩村委会", "village")
    Forms(full=('英墩村委会', '英墩村'), bare=('英墩',))
    >>> place_forms("青阳街道", "street").bare
    ('青阳',)
    >>> place_forms("江头回族村委会", "village").full
    ('江头回族村委会', '江头回族村', '江头村')
    """
    plain = plain_name(name)
    if kind == "village":
        stem = _VILLAGE_OFFICE.sub("", plain)
        people = _PEOPLES.sub("", stem)
        return _forms((plain, stem + "村", people + "村"), (stem, people), ends=stem.endswith("村"))
    if kind == "community":
        stem = _COMMUNITY_OFFICE.sub("", plain)
        return _forms((plain, stem + "社区"), (stem,), ends=stem.endswith("村"))
    if kind in {"street", "town"}:
        stem = _TOWN_OFFICE.sub("", plain)
        return _forms((plain,), (stem, _PEOPLES.sub("", stem)), ends=False)
    if kind in {"prefecture", "county"}:
        return _forms((plain,), (plain[:-1],), ends=False)
    return _forms((plain,), (), ends=False)


def _forms(full: tuple[str, ...], bare: tuple[str, ...], *, ends: bool) -> Forms:
    """Drop doubles, spellings of one character, and numbers alone; a stem that ends in 村 is a full name too."""
    kept = tuple(form for form in dict.fromkeys(bare) if len(form) > 1 and not re.fullmatch(r"第?\d+", form))
    spelled = tuple(dict.fromkeys(form for form in (full + (kept if ends else ())) if len(form) > 1))
    return Forms(full=spelled, bare=tuple(form for form in kept if form not in spelled))


def numbers_in(plain: str) -> tuple[str, ...]:
    """Return the numbers in a plain name: 第1医院 and 第2医院 are never the same, however alike they look.

    Examples
    --------
    >>> numbers_in("晋江市第1医院2号楼")
    ('1', '2')
    """
    return tuple(re.findall(r"\d+", plain))


def strip_office(plain: str) -> str:
    """Turn the office of a place in a plain name into the place: 英墩村民委员会 is 英墩村, 青阳街道办事处 is 青阳街道.

    Examples
    --------
    >>> strip_office("英墩村民委员会"), strip_office("安平社区居委会"), strip_office("陈埭镇人民政府")
    ('英墩村', '安平社区', '陈埭镇')
    """
    plain = re.sub("(?<!村)(村民委员会|村委会)$", "村", plain)
    plain = re.sub("(村民委员会|村委会)$", "", plain)
    plain = re.sub("社区(居民委员会|居委会|委员会)$", "社区", plain)
    plain = re.sub("(居民委员会|居委会)$", "社区", plain)
    return re.sub("(街道|镇|乡)(办事处|办|人民政府|政府)$", r"\1", plain)
