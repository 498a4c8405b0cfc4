"""Chosen sites in words and tables, in the workbook and in the document: the figures are those of the solver."""

from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document
from python_calamine import CalamineWorkbook

import coverplan as cp
from coverplan.outputs.review.sites import (
    objective_words,
    others_words,
    proof_words,
    proposal_table,
    reach_words,
    site_table,
)
from coverplan.outputs.workbook import FIRST_ROW
from coverplan.planning.siting.result import SitingResult
from coverplan.planning.siting.site import site
from coverplan.scenarios.edits import Close, Scenario
from coverplan.standards.findings import Assessment


@pytest.fixture(scope="module")
def chosen(judged: Assessment) -> SitingResult:
    """One station more for the toy county, and another that would do."""
    told = site(
        judged.study,
        judged.network,
        model="mclp",
        limit="5 min",
        new=1,
        existing={"kinds": ["ems"]},
        candidates={"kinds": ["care"]},
        alternatives={"count": 1, "differ": 1, "within_pct": 100},
    )
    return replace(told, asked=told.asked.model_copy(update={"title": "再增一站", "note": "甲"}))


def test_what_is_said_is_what_was_found(chosen: SitingResult) -> None:
    """Objective, proof, people before and after, and what else would do, in both languages."""
    plan = chosen.plan
    assert objective_words(chosen, plan.objective) == {
        "zh": f"覆盖 {plan.objective:,.0f} 人",
        "en": f"{plan.objective:,.0f} people covered",
    }
    assert proof_words(chosen, plan)["en"] == "proved best: no choice of these candidates is better"
    stopped = replace(plan, status="time_limit", bound=plan.objective * 1.25)
    assert proof_words(chosen, stopped)["zh"] == f"上限：覆盖 {stopped.bound:,.0f} 人，差距 25.00%（时间已到）"
    assert proof_words(chosen, stopped)["en"].startswith(f"never more than {stopped.bound:,.0f} people covered; gap 25")
    reach, others = reach_words(chosen), others_words(chosen)
    assert reach is not None
    assert f"{chosen.before:,.0f} of {chosen.people:,.0f} people within the limit before" in reach["en"]
    assert others is not None
    new = set(chosen.alternatives[0].sites) - set(plan.sites)
    assert all(str(chosen.candidates["name"].iloc[i]) in others["zh"] for i in new)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("p-median", "10 person-minutes, 0.50 min on average"),
        ("p-center", "10.0 min for the farthest"),
        ("detour", "10.0 min of detour in all"),
        ("lscp", "600 sites (or their cost)"),
        ("mexclp", "600 people expected to find a vehicle free within the limit"),
    ],
)
def test_every_model_says_what_its_objective_counts(chosen: SitingResult, model: str, words: str) -> None:
    """600 is seconds for one model, people for another, sites for a third."""
    other = replace(chosen, asked=chosen.asked.model_copy(update={"model": model}), people=20.0)
    assert objective_words(other, 600.0)["en"] == words


def test_tables_have_a_row_for_each_problem_and_each_site(chosen: SitingResult) -> None:
    """New sites stand first; a column without anything to say is left out."""
    asked, listed = proposal_table([chosen, chosen]), site_table([chosen])
    assert len(asked.rows) == 2
    assert len(listed.rows) == len(chosen.sites)
    existing = chosen.sites.sort_values("existing", kind="stable")
    assert [row["site"] for row in listed.rows] == existing["name"].tolist()
    assert listed.rows[0]["today"] == 0
    bare = proposal_table([replace(chosen, alternatives=(), before=float("nan"))])
    # Columns in which nothing stands are left out, as in every table of a review.
    assert {"others", "reach"}.isdisjoint(field.name for field in bare.fields)
    assert {"others", "reach"} <= {field.name for field in asked.fields}


def test_workbook_and_document_show_scenarios_and_sites(
    judged: Assessment, chosen: SitingResult, tmp_path: Path
) -> None:
    """Two sheets more and two chapters more; a scenario that changes nothing says so, one that does shows what."""
    book = cp.write_workbook(judged, tmp_path / "a.xlsx", sitings=[chosen])
    sheets = CalamineWorkbook.from_path(book)
    rows = sheets.get_sheet_by_name("拟选站址 Sites").to_python()[FIRST_ROW:]
    assert [row[1] for row in rows] == chosen.sites.sort_values("existing", kind="stable")["name"].tolist()
    assert "选址方案 Proposals" in sheets.sheet_names
    without = Scenario(scenario_id="without", edits=(Close(facility="东岸急救站"),))
    later = cp.assess(cp.apply(judged.study, without), judged.network)
    for scenarios, told in (({"照旧": judged}, "各方案未改变任何指标"), ({"少一站": later}, "现状与各方案")):
        path = cp.write_report(judged, tmp_path / "a.docx", scenarios=scenarios, sitings=[chosen])
        document = Document(str(path))
        text = "\n".join(paragraph.text for paragraph in document.paragraphs)
        assert told in text
        assert "选址方案" in text
        assert objective_words(chosen, chosen.plan.objective)["zh"] in text
        heads = [[cell.text for cell in table.rows[0].cells] for table in document.tables]
        assert ["站址", "镇街", "现有", "方案", "服务居民或行程"] in heads
        assert (["编号", "指标", "现状", "各方案"] in heads) == (told == "现状与各方案")
