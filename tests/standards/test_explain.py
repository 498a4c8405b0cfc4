"""A rule can be explained, another reading can be chosen, and the six columns are filled."""

from dataclasses import replace

import pytest

from coverplan.core.errors import InputError
from coverplan.standards.assess import assess
from coverplan.standards.equity import equity
from coverplan.standards.explain import choices_of, explain
from coverplan.standards.findings import Assessment
from coverplan.standards.gaps import gaps
from coverplan.standards.progress import PROGRESS_COLUMNS, progress_table
from coverplan.standards.rules import RulePack
from coverplan.standards.summary import tally_by
from standards.county import county, scene


def test_an_explanation_holds_everything(judged: Assessment) -> None:
    """Quotation, document, section, the reading chosen and why, the others and their verdicts, our yardstick."""
    told = explain(judged, "JJ-117")
    assert told.quotation == "合理布局院前医疗急救网络，服务半径不超过5公里"
    assert (told.section, told.document.issued, told.strength) == ("三(一)3(2)", "2022-09-14", "must")
    assert (told.chosen.name, told.chosen.status) == ("road", "measured")
    assert [other.name for other in told.others] == ["line"]
    english, chinese = told.text(), told.text("zh")
    for said in (told.quotation, told.section, told.chosen.why, told.chosen.statement_en, told.others[0].statement_en,
                 told.yardstick_en, "limit = 5 km", "not printed in the text"):  # fmt: skip
        assert said in english
    for said in (
        told.quotation,
        told.chosen.statement_zh,
        told.others[0].statement_zh,
        told.yardstick_zh,
        "按直线距离",
    ):
        assert said in chinese


def test_every_choice_is_told_and_idle_ones_are_not(judged: Assessment) -> None:
    """Clock and statistic are told with the defaults marked; a tolerance without 左右 has no say."""
    clock = {choice.key: choice for choice in choices_of(judged.verdict("JJ-118").rule.readings[0])}
    assert (clock["clock"].value, clock["statistic"].value, clock["limit"].value) == ("call", "p90", "14 min")
    assert (clock["limit"].is_default, clock["profile"].is_default) == (False, True)
    fleet = [choice.key for choice in choices_of(judged.verdict("JJ-113").rule.readings[0])]
    assert "denominator" in fleet
    assert not {"tolerance_pct", "assign", "profile"} & set(fleet)


def test_an_unknown_rule_names_those_there_are(judged: Assessment) -> None:
    """Asking for a rule that is not there says which ones are."""
    with pytest.raises(KeyError, match="JJ-032, JJ-117"):
        explain(judged, "JJ-999")


def test_a_study_chooses_another_reading(pack: RulePack, judged: Assessment) -> None:
    """The option moves the reading to the front, says who chose it, and changes no figure."""
    study = replace(county(), options={"JJ-117": "line", "outside_m": "500"})
    told = assess(study, scene().network, packs=(pack,))
    finding = told.finding("JJ-117")
    assert finding.reading.name == "line"
    assert "Chosen in the study's options; the pack's own default is 'road'" in finding.reading.why
    assert finding.figure == judged.finding("JJ-117", "line").figure
    assert explain(told, "JJ-117").others[0].name == "road"


def test_an_option_that_fits_nothing_is_refused(pack: RulePack) -> None:
    """Unknown rules and readings are told together, with what was meant."""
    study = replace(county(), options={"JJ117": "line", "JJ-118": "p99"})
    with pytest.raises(InputError) as error:
        assess(study, scene().network, packs=(pack,))
    told = [str(problem) for problem in error.value.problems]
    assert "option 'JJ117' is neither a rule of the study's packs nor a setting (did you mean 'JJ-117'?)" in told[0]
    assert "'p99' is not a reading of JJ-118 (did you mean 'p90'?)" in told[1]


def test_an_earlier_run_that_is_not_there_is_refused(pack: RulePack) -> None:
    """A folder without verdicts is an input problem."""
    with pytest.raises(InputError, match="the earlier run cannot be read"):
        assess(county(), scene().network, packs=(pack,), previous="nowhere")


def test_the_six_columns_are_filled(judged: Assessment) -> None:
    """One row per rule: the quotation as the goal, the reading as the measure, figure and verdict as the progress."""
    table = progress_table(judged)
    assert list(table) == list(PROGRESS_COLUMNS) == ["任务", "目标", "措施", "责任单位", "进展", "备注"]
    row = table[table["任务"].str.contains("JJ-113")].iloc[0]
    assert row["目标"].startswith("按照每3万人口配置1辆救护车的标准")
    assert row["进展"] == "未达标：2辆，要求3辆；每30,000人0.86，要求1"
    assert "差1辆" in row["备注"]
    assert "“全市合计，2025年预测人口”未达标" in row["备注"]
    assert table.iloc[1]["进展"].startswith("已测算（原文未设限值）：4.8%")


def test_gaps_say_what_would_close_them(judged: Assessment) -> None:
    """Vehicles where vehicles are missing; people to be reached where people are outside, with what stops them."""
    told = gaps(judged)
    fleet = told[told["rule_id"] == "JJ-113"].iloc[0]
    assert (fleet["closes"], fleet["closes_zh"], fleet["closes_count"], fleet["closes_unit"]) == (
        "1 vehicle more", "再增1辆", 1, "vehicle",
    )  # fmt: skip
    radius = told[told["rule_id"] == "JJ-117"].set_index("people")
    assert radius.loc[8, "closes"] == "reach 8 people here: a facility that counts within 5 km"
    assert radius.loc[16, "closes"] == "reach 16 people here: join its roads to the network, or put one on its own side"
    assert (radius["closes_unit"] == "people").all()
    assert list(radius["closes_count"]) == list(radius.index)


def test_equity_names_the_worst_town_and_compares_groups(pack: RulePack) -> None:
    """Three of four older people are outside, of everyone 60 of 63; the east has nobody inside."""
    plain = county()
    study = replace(plain, people=plain.people.assign(people_65_plus=[1, 0, 0, 3, 0, 0]))
    told = equity(assess(study, scene().network, packs=(pack,)))
    rows = told[told["rule_id"] == "JJ-117"].set_index("group")
    assert list(rows.index) == ["people", "people_65_plus"]
    assert list(rows["share_outside"]) == [60 / 63, 3 / 4]
    assert rows.loc["people_65_plus", "ratio_to_everyone"] == pytest.approx(0.75 / (60 / 63))
    assert rows.loc["people", "worst_area_id"] == "east"
    assert rows.loc["people", "people_unreached"] == 16 + 32
    # One at 0 km and three at 9 km: half of 2 * 1 * 3 * 9 / 16 over a mean of 6.75.
    assert rows.loc["people_65_plus", "gini"] == pytest.approx(0.25)


def test_verdicts_are_counted_by_system_and_plan(judged: Assessment) -> None:
    """Every rule is counted once, by system as by plan."""
    for by in ("system", "document", "strength"):
        told = tally_by(judged, by)
        assert told["rules"].sum() == len(judged.verdicts)
        assert (told[["met", "not_met", "measured", "no_data"]].sum(axis=1) == told["rules"]).all()
    assert list(tally_by(judged, "area")["area"])[:2] == ["west", "east"]
