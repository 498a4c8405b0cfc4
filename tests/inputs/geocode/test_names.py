"""Chinese names, made comparable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverplan.inputs.geocode.names import (
    numbers_in,
    place_forms,
    plain_name,
    split_institution,
    strip_office,
    take_apart,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("第一医院", "第1医院"),
        ("第十二中学", "第12中学"),
        ("第二十医院", "第20医院"),
        ("第一百零三医院", "第103医院"),
        ("第九一〇医院", "第910医院"),
        ("１２０急救站", "“120”急救站"),
        ("晋江市医院（Ａ区）", "晋江市 医院(a区)"),
        ("妇幼保健院•儿童医院", "妇幼保健院·儿童医院"),
    ],
)
def test_spellings_of_one_name_become_the_same(one: str, other: str) -> None:
    """Width, spaces, quotation marks, dots and numerals make no difference."""
    assert plain_name(one) == plain_name(other)


def test_different_numbers_stay_different() -> None:
    """However alike two names look, their numbers keep them apart."""
    assert numbers_in(plain_name("市第一医院")) != numbers_in(plain_name("市第二医院"))


@given(st.text(max_size=40))
def test_plain_names_stay_as_they_are(text: str) -> None:
    """Making a name plain twice is the same as once, whatever is in it."""
    assert plain_name(plain_name(text)) == plain_name(text)


@given(st.integers(1, 999))
def test_numerals_are_read_as_numbers(number: int) -> None:
    """Every number up to 999, written in Chinese with tens and hundreds, becomes its digits."""
    digits = "零一二三四五六七八九"
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    written = f"{digits[hundreds]}百" if hundreds else ""
    written += f"{digits[tens]}十" if tens else ("零" if hundreds and ones else "")
    written += digits[ones] if ones else ""
    assert plain_name(f"第{written}医院") == f"第{number}医院"


def test_names_are_taken_apart_at_brackets() -> None:
    """What stands in brackets, of either width, is set aside."""
    pieces = take_apart("原晋江市妇幼保健院（霞行）旧院区[二期]")
    assert pieces.main == "原晋江市妇幼保健院旧院区"
    assert pieces.asides == ("霞行", "2期")


@pytest.mark.parametrize(
    ("office", "place"),
    [
        ("英墩村委会", "英墩村"),
        ("英墩村民委员会", "英墩村"),
        ("霞村村委会", "霞村"),
        ("安平社区居委会", "安平社区"),
        ("安平社区居民委员会", "安平社区"),
        ("安平居委会", "安平社区"),
        ("青阳街道办事处", "青阳街道"),
        ("陈埭镇人民政府", "陈埭镇"),
    ],
)
def test_an_office_stands_for_its_place(office: str, place: str) -> None:
    """Committees and offices, in their long and short names, are the place they run."""
    assert strip_office(office) == place


@pytest.mark.parametrize(
    ("name", "kind", "full", "bare"),
    [
        ("英墩村委会", "village", "英墩村", "英墩"),
        ("列东村村民委员会", "village", "列东村", ""),
        ("江滨社区居民委员会", "community", "江滨社区", "江滨"),
        ("安海镇", "town", "安海镇", "安海"),
        ("百崎回族乡", "town", "百崎回族乡", "百崎"),
        ("富兴堡街道", "street", "富兴堡街道", "富兴堡"),
    ],
)
def test_places_are_written_with_and_without_their_ending(name: str, kind: str, full: str, bare: str) -> None:
    """Every kind of place is found by its full name, and by its bare name where it has one."""
    forms = place_forms(name, kind)
    assert full in forms.full
    assert not bare or bare in forms.bare


def test_a_number_alone_is_no_place() -> None:
    """第一社区 is a place; 第一 is the beginning of half the hospitals of China."""
    forms = place_forms("第一社区居委会", "community")
    assert "第1社区" in forms.full
    assert forms.bare == ()


def test_the_kind_of_institution_is_cut_off() -> None:
    """The longest ending counts: 社区卫生服务中心, not 中心."""
    assert split_institution("青阳街道社区卫生服务中心") == ("青阳街道", "社区卫生服务中心")
    assert split_institution("磁灶中心卫生院") == ("磁灶", "中心卫生院")
