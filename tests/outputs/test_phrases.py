"""Figures in words never claim what is not so."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverplan.outputs.phrases import amount, figure, held_against, sign_of, status
from coverplan.standards.findings import Assessment
from coverplan.standards.params import ShareParams


@given(st.floats(0, 200), st.integers(1, 60))
def test_a_figure_beyond_its_limit_never_reads_as_the_limit(value: float, limit: int) -> None:
    """However close to its limit, a figure that is not the limit is not written as if it were."""
    if abs(value - limit) > 1e-5:
        assert amount(value, "min", apart_from=(float(limit),)) != amount(float(limit), "min")


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        (math.nan, "min", "–", "–"),
        (math.inf, "min", "无法到达", "not reached"),
        (0.99999, "share_people", "99.999%", "99.999%"),
        (1.0, "share_people", "100%", "100%"),
        (1.0, "vehicle", "1 辆", "1 vehicle"),
        (2061551.0, "people", "2,061,551 人", "2,061,551 people"),
        (4.96, "km", "5 公里", "5 km"),
    ],
)
def test_amounts_in_words(value: float, unit: str, zh: str, en: str) -> None:
    """Each kind of figure in both languages."""
    assert amount(value, unit) == {"zh": zh, "en": en}


def test_a_count_stands_beside_its_need(judged: Assessment) -> None:
    """Two of three AEDs, one short."""
    finding = judged.finding("TB-4")
    assert figure(finding) == {"zh": "2 / 3 台", "en": "2 / 3 devices"}
    assert held_against(finding) == {"zh": "现有 2 · 需要 3 · 缺 1 台", "en": "have 2 · need 3 · 1 device short"}


def test_a_time_stands_beside_its_limit(judged: Assessment) -> None:
    """The statistic, its limit and the people beyond it are said together."""
    assert held_against(judged.finding("TB-2")) == {
        "zh": "九成居民 ≤ 14 分钟 · 限外 19,500 人",
        "en": "90% of people ≤ 14 min · 19,500 people beyond",
    }


def test_our_own_yardstick_is_called_ours(judged: Assessment) -> None:
    """Where the text sets no share, the line says that the yardstick is this tool's."""
    said = held_against(judged.finding("TB-1"))
    assert "本工具参考线 90%" in said["zh"]
    assert "our yardstick 90%" in said["en"]


def test_no_data_is_said_plainly(judged: Assessment) -> None:
    """Without data there is no figure, not even zero."""
    finding = replace(judged.finding("TB-4"), status="no_data", figure=math.nan)
    assert figure(finding)["zh"] == "–"
    assert held_against(finding)["zh"] == "缺少所需数据"
    assert status("no_data") == {"zh": "无数据", "en": "no data"}


def test_the_sign_is_the_texts_own(judged: Assessment) -> None:
    """A share that must stay below is not written as one to be reached; people's limits keep theirs."""
    finding = judged.finding("TB-4")
    params = ShareParams(table="vehicles", operator="<", share_pct=28)
    share = replace(finding, reading=replace(finding.reading, params=params), unit="share_vehicles", limit=0.28,
                    have=math.nan, need=math.nan, shortfall=0.0)  # fmt: skip
    assert held_against(share)["en"] == "target < 28%"
    assert [sign_of(judged.finding(name)) for name in ("TB-1", "TB-2", "TB-4")] == ["≤", "≤", "≥"]
