"""The files say what the assessment says, and a spreadsheet opens them as it should."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import coverplan as cp
from coverplan.outputs.tables import harmless, write_csv, write_tables
from coverplan.standards.findings import Assessment, Finding
from coverplan.standards.gaps import GAP_COLUMNS
from coverplan.standards.summary import SUMMARY_COLUMNS
from toy import Toy


@pytest.fixture(scope="module")
def written(judged: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the toy county's files."""
    folder = tmp_path_factory.mktemp("tables")
    write_tables(judged, folder)
    return folder


def _same(read: pd.Series, told: pd.Series) -> bool:
    """Compare a column read back with the one in memory; `inf` was written as an empty cell."""
    if pd.api.types.is_numeric_dtype(told.dtype) and not pd.api.types.is_bool_dtype(told.dtype):
        wanted = told.astype("float64").replace([np.inf, -np.inf], np.nan).to_numpy()
        return np.allclose(pd.to_numeric(read).to_numpy(dtype=float), wanted, rtol=0, atol=1e-6, equal_nan=True)
    texts = ["" if missing else str(value) for value, missing in zip(told, told.isna(), strict=True)]
    texts = [text.lower() if text in {"True", "False"} else text for text in texts]
    return read.fillna("").tolist() == texts


@pytest.mark.parametrize(("name", "columns"), [("gaps", GAP_COLUMNS), ("summary", SUMMARY_COLUMNS)])
def test_tables_read_back(written: Path, judged: Assessment, name: str, columns: dict[str, str]) -> None:
    """Every declared column is there, in order, and every figure equals the assessment's."""
    told = cp.gaps(judged) if name == "gaps" else cp.summary(judged)
    read = pd.read_csv(written / f"{name}.csv", dtype=str, encoding="utf-8-sig")
    assert list(read.columns) == list(columns)
    assert len(read) == len(told) > 0
    for column in columns:
        assert _same(read[column], told[column]), column


def test_nobody_reached_is_an_empty_cell(written: Path, judged: Assessment) -> None:
    """The island that no road reaches has no minutes in the file, and its cause beside them."""
    read = pd.read_csv(written / "gaps.csv", dtype=str, encoding="utf-8-sig", keep_default_na=False)
    island = read[read["place"] == "仙岛村"]
    assert len(island) == len(cp.gaps(judged).query("place == '仙岛村'")) > 0
    assert set(island["value"]) == {""}
    assert "" not in set(island["cause"])
    assert "inf" not in (written / "gaps.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("name", ["gaps.csv", "summary.csv"])
def test_excel_opens_the_chinese(written: Path, name: str) -> None:
    """A byte-order mark tells a spreadsheet that the file is UTF-8; lines end as it expects."""
    content = (written / name).read_bytes()
    assert content.startswith("\ufeff".encode())
    assert content.count(b"\r\n") == content.count(b"\n")


def test_quality_stands_in_every_row(written: Path) -> None:
    """Whoever filters a table still sees what a row rests on."""
    for name in ("gaps.csv", "summary.csv"):
        assert set(pd.read_csv(written / name, encoding="utf-8-sig")["quality"]) == {"illustrative"}


def _equal(said: float | None, meant: float | None) -> bool:
    if meant is None or not math.isfinite(meant):
        return said is None
    return said == meant


def test_verdicts_read_back(written: Path, judged: Assessment) -> None:
    """Each rule's clause, status and figures in the JSON are the assessment's, and so is every other reading."""
    told = json.loads((written / "verdicts.json").read_text(encoding="utf-8"))
    assert told["quality"] == "illustrative"
    assert len(told["verdicts"]) == len(judged.verdicts)
    for said, verdict in zip(told["verdicts"], judged.verdicts, strict=True):
        rule = verdict.rule
        assert (said["rule_id"], said["section"], said["quotation"]) == (rule.rule_id, rule.section, rule.quotation)
        assert said["document"]["title_zh"] == rule.document.title_zh
        assert said["strength"] == rule.strength
        assert said["target_year"] == rule.target_year
        for reading, finding in zip([said, *said["other_readings"]], verdict.findings, strict=True):
            _check_finding(reading, finding)


def _check_finding(said: dict[str, object], finding: Finding) -> None:
    for name in (
        "status",
        "unit",
        "shortfall_unit",
        "point_unit",
        "statement_zh",
        "statement_en",
        "quality",
        "our_status",
    ):
        assert said[name] == getattr(finding, name)
    for name in ("figure", "limit", "our_limit", "shortfall", "point_limit", "people", "people_within", "have", "need"):
        value = said[name]
        assert value is None or isinstance(value, int | float)
        assert _equal(value, getattr(finding, name)), name
    assert said["reading"] == finding.reading.name
    assert said["notes"] == list(finding.notes)


def test_json_holds_no_strange_numbers(written: Path) -> None:
    """The JSON is JSON: no NaN and no Infinity, which other programs refuse."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    json.loads((written / "verdicts.json").read_text(encoding="utf-8"), parse_constant=refuse)


def test_a_formula_in_a_name_does_not_run(
    judge: Callable[[Callable[[Toy], object]], Assessment], tmp_path: Path
) -> None:
    """A village called like a formula is written as text in every table."""
    evil = '=HYPERLINK("http://example.org","村")'
    assessment = judge(
        lambda toy: toy.cell("people.csv", 9, "place", evil).cell("facilities.csv", 6, "name", "@SUM(1)")
    )
    write_tables(assessment, tmp_path)
    read = pd.read_csv(tmp_path / "gaps.csv", dtype=str, encoding="utf-8-sig", keep_default_na=False)
    assert f"'{evil}" in set(read["place"])
    for name in ("gaps.csv", "summary.csv"):
        cells = pd.read_csv(tmp_path / name, dtype=str, encoding="utf-8-sig", keep_default_na=False).to_numpy().ravel()
        numbers = {cell for cell in cells if cell[:1] == "-" and cell[1:].replace(".", "").isdigit()}
        assert not {cell for cell in cells if cell.startswith(("=", "+", "-", "@"))} - numbers


@given(st.text(min_size=1))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    """Only what a spreadsheet would run is changed, and only by one sign in front."""
    ran = text[0] in "=+-@\t\r\n＝＋－＠"
    assert harmless(text) == (f"'{text}" if ran else text)


def test_numbers_are_not_defused(tmp_path: Path) -> None:
    """A negative number stays a number."""
    path = write_csv(pd.DataFrame({"over": [-1.5, 2.0], "n": [-3, 4]}), tmp_path / "t.csv")
    assert path.read_text(encoding="utf-8-sig").split() == ["over,n", "-1.5,-3", "2,4"]
