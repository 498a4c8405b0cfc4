"""The figure of a rule is the same figure wherever it is shown: map, workbook, document and tables."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document
from python_calamine import CalamineWorkbook

import coverplan as cp
from coverplan.access.coverage import TOTAL
from coverplan.outputs.workbook import FIRST_ROW
from coverplan.standards.findings import Assessment
from coverplan.standards.summary import summary
from outputs.page import Opened

_NUMBER = re.compile(r"-?[\d,]+(?:\.\d+)?")


def _first(text: str) -> str:
    found = _NUMBER.search(text)
    return found.group(0) if found else ""


@pytest.fixture(scope="module")
def in_book(judged: Assessment, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the workbook's sheet of verdicts says, by rule."""
    path = cp.write_workbook(judged, tmp_path_factory.mktemp("same") / "a.xlsx")
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name("指标结论 Verdicts").to_python(skip_empty_area=False)
    heads = [str(cell) for cell in rows[FIRST_ROW - 1]]
    return {str(row[heads.index("Rule")]): row[heads.index("Figure")] for row in rows[FIRST_ROW:]}


@pytest.fixture(scope="module")
def in_document(judged: Assessment, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the document's tables of verdicts say, by rule."""
    path = cp.write_report(judged, tmp_path_factory.mktemp("same") / "a.docx")
    told = {}
    for table in Document(str(path)).tables:
        head, *rows = [[cell.text for cell in row.cells] for row in table.rows]
        if head[1] == "规划原文与出处":
            told |= {row[0].split("\n")[0]: row[head.index("测算值")] for row in rows}
    return told


def test_map_workbook_document_and_tables_say_the_same(
    judged: Assessment,
    in_book: dict[str, object],
    in_document: dict[str, str],
    opened: Callable[..., Opened],
    tmp_path: Path,
) -> None:
    """Read back from each: the workbook has the number itself, map and document the same rounded one."""
    page = opened(cp.write_map(judged, tmp_path / "map.html"))
    rows = summary(judged)
    whole = rows[rows["is_default"] & (rows["area_id"] == TOTAL)]
    told = dict(zip(whole["rule_id"], whole["figure"], strict=True))
    assert set(told) == set(in_book) == set(in_document) == {one.rule.rule_id for one in judged.verdicts}
    for verdict in judged.verdicts:
        rule_id, figure = verdict.rule.rule_id, verdict.default.figure
        assert told[rule_id] == figure
        assert float(str(in_book[rule_id])) == pytest.approx(figure, rel=1e-15)
        shown = _first(in_document[rule_id])
        assert shown != ""
        card = page.rule(rule_id).locator("button.head").inner_text()
        assert shown in _NUMBER.findall(card.replace(rule_id, "")), (rule_id, card)
        scale = 100 if verdict.default.unit.startswith("share_") else 1
        assert float(shown.replace(",", "")) == pytest.approx(scale * figure, rel=0.01)
