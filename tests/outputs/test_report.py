"""The plan-review document: the figures of the verdicts in words, from a template that anybody may change."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from docx.table import Table
from lxml import etree

import coverplan as cp
from coverplan.core.errors import InputError
from coverplan.outputs.charts.fonts import Lettering, lettering
from coverplan.outputs.charts.maps import missing_shares, town_map, worth_a_map
from coverplan.outputs.phrases import amount, status
from coverplan.outputs.report.document import filled
from coverplan.outputs.report.door import check_installed, write_template
from coverplan.standards.findings import Assessment
from coverplan.standards.gaps import gaps

DAY = date(2024, 5, 6)
HOSTILE = "<w:p/>{{ 7*7 }}{% for x in y %}$\\frac{1}{0}$ & \x07\x0b\u202e" + "长" * 3000


@pytest.fixture(scope="module")
def reports(judged: Assessment, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The toy county's document in both languages."""
    folder = tmp_path_factory.mktemp("report")
    return {
        language: cp.write_report(judged, folder / f"{language}.docx", language=language, made_on=DAY)
        for language in ("zh", "en")
    }


def paragraphs(path: Path) -> list[str]:
    """The text outside tables."""
    return [paragraph.text for paragraph in Document(str(path)).paragraphs]


def tables(path: Path) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Heads and rows of the tables."""
    for table in Document(str(path)).tables:
        head, *rows = [[cell.text for cell in row.cells] for row in table.rows]
        yield head, rows


@pytest.mark.parametrize(("language", "verdict", "figure"), [("zh", "结论", "测算值"), ("en", "Verdict", "Figure")])
def test_verdicts_are_the_assessments(
    reports: dict[str, Path], judged: Assessment, language: str, verdict: str, figure: str
) -> None:
    """Each rule stands there with its quotation, its figure, its limit, what is missing, and its verdict."""
    found = {
        rows[i][0].split("\n")[0]: dict(zip(head, rows[i], strict=True))
        for head, rows in tables(reports[language])
        if head[-1] == verdict and head[1] in {"规划原文与出处", "The plan's words"}
        for i in range(len(rows))
    }
    assert list(found) == [one.rule.rule_id for one in judged.verdicts]
    for one in judged.verdicts:
        row, finding = found[one.rule.rule_id], one.default
        limits = tuple(value for value in (finding.limit, finding.our_limit) if value is not None)
        assert row[figure] == amount(finding.figure, finding.unit, apart_from=limits)[language]
        assert row[verdict] == status(one.status)[language]
        assert one.rule.quotation in row[{"zh": "规划原文与出处", "en": "The plan's words"}[language]]
        if finding.limit is not None:
            assert row[{"zh": "要求", "en": "Asked for"}[language]] == amount(finding.limit, finding.unit)[language]
        if finding.shortfall:
            missing = amount(finding.shortfall, finding.shortfall_unit)[language]
            assert row[{"zh": "差额", "en": "Missing"}[language]] == missing


def test_gaps_are_those_of_the_list(reports: dict[str, Path], judged: Assessment) -> None:
    """The places of each rule stand there, worst first, with the people left outside; the total is said."""
    told = [rows for head, rows in tables(reports["zh"]) if head[0] == "次序"]
    listed = gaps(judged)
    expected = []
    for _, rows in listed.groupby("rule_id", sort=False):
        if (rows["area_id"] != "all").any():
            expected.append(rows)
    assert len(told) == len(expected) > 0
    for shown, rows in zip(told, expected, strict=True):
        assert [row[0] for row in shown] == [str(rank) for rank in rows["rank"].head(len(shown))]
        for line, row in zip(shown, rows.to_dict("records"), strict=False):
            if row["unit"] == "min":
                assert line[3] == f"{row['people']:,}"
                assert line[4] == amount(row["value"], "min", apart_from=(row["limit"],))["zh"]
            else:
                assert line[3] == f"{row['have']} / {row['need']}"


def test_chapters_and_captions_count_up(reports: dict[str, Path]) -> None:
    """Chapters, tables and figures are numbered without holes, whichever are left out; nothing of a tag is left."""
    text = paragraphs(reports["zh"])
    heads = [p.text.split("、")[0] for p in Document(str(reports["zh"])).paragraphs if p.style.name == "Heading 1"]
    assert heads[:-1] == list("一二三四五六七八九十")
    for kind in ("表", "图"):
        counted = [line.split("  ")[0] for line in text if line.startswith(kind)]
        assert counted == [f"{kind}{i}" for i in range(1, len(counted) + 1)]
    assert not [line for line in text if "{{" in line or "{%" in line]
    assert "不可作为结论引用" in "".join(text)
    assert "共核对4项指标：达标1项，未达标2项，已测算（原文未设限值）1项，无数据0项。" in text


def test_it_is_laid_out_for_paper(reports: dict[str, Path]) -> None:
    """A4 upright, pages counted, heads of tables repeated, Chinese faces named, pictures in place."""
    with zipfile.ZipFile(reports["zh"]) as pack:
        body, styles = (pack.read(f"word/{name}.xml").decode() for name in ("document", "styles"))
        footer = "".join(pack.read(name).decode() for name in pack.namelist() if "footer" in name)
        pictures = [name for name in pack.namelist() if name.startswith("word/media/")]
    assert 'w:w="11906" w:h="16838"' in body
    assert "NUMPAGES" in footer
    assert body.count("<w:tblHeader") == body.count("<w:tbl>")
    assert 'w:eastAsia="黑体"' in styles
    # Two maps that are alike share one picture.
    assert 5 <= len(pictures) <= body.count("<pic:pic")


def test_the_template_can_be_changed(judged: Assessment, tmp_path: Path) -> None:
    """What the user writes into the template stands in the document."""
    template = write_template(tmp_path / "mine.docx")
    document = Document(str(template))
    document.add_paragraph("经办：规划科 {{ study }} {{ counts.rules }}")
    document.save(str(template))
    path = cp.write_report(judged, tmp_path / "out.docx", template=template)
    assert paragraphs(path)[-1] == "经办：规划科 三桥县（示例） 4"


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("{{ nonsense }}", "'nonsense' is undefined"),
        ("{% for x in gaps %}", "cannot be filled in"),
        ("{{ ''.__class__.__mro__ }}", "cannot be filled in"),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused(tag: str, said: str) -> None:
    """A name that there is not, a loop without an end, a way into the program: one message."""
    document = Document()
    document.add_paragraph(tag)
    memory = io.BytesIO()
    document.save(memory)
    with pytest.raises(InputError, match=said):
        filled(memory.getvalue(), {"gaps": []}, name="mine.docx")


def test_what_is_no_template_is_refused(judged: Assessment, tmp_path: Path) -> None:
    """A file of another kind and a file that is not there are told apart."""
    (tmp_path / "a.docx").write_text("no", encoding="utf-8")
    with pytest.raises(InputError, match="no Word template"):
        cp.write_report(judged, tmp_path / "out.docx", template=tmp_path / "a.docx")
    with pytest.raises(InputError, match="no such template"):
        cp.write_report(judged, tmp_path / "out.docx", template=tmp_path / "b.docx")


def test_hostile_names_are_names(judged: Assessment, tmp_path: Path) -> None:
    """Markup, tags of the template, formulas and control characters in names stay letters, in pictures too."""
    study = judged.study
    changed = replace(
        judged,
        study=replace(
            study,
            name=HOSTILE,
            areas=study.areas.assign(name=HOSTILE, name_en="$\\frac{1}{0}$"),
            facilities=study.facilities.assign(name=HOSTILE),
        ),
    )
    path = cp.write_report(changed, tmp_path / "hostile.docx", scenarios={"<b>": judged})
    with zipfile.ZipFile(path) as pack:
        etree.fromstring(pack.read("word/document.xml"))
    text = "\n".join(paragraphs(path))
    assert "{{ 7*7 }}" in text
    assert "\x07" not in text
    assert "\u202e" not in text


def test_the_extra_is_asked_for_by_name() -> None:
    """Where the libraries are missing, the message says how to get them."""
    with pytest.raises(InputError, match=r"coverplan\[report\]"):
        check_installed(("surely_not_installed",))


def test_without_a_chinese_font_pictures_speak_english(judged: Assessment) -> None:
    """No box stands for a letter: names fall back to English, and a note says so."""
    letters = lettering("zh", fonts=())
    assert letters.family is None
    assert letters.note is not None
    assert letters.name("东岸镇", "East Bank", "1") == "East Bank"
    assert letters.name("东岸镇", None, "350999102") == "350999102"
    picture = town_map(judged, judged.verdict("TB-4"), letters)
    assert picture.startswith(b"\x89PNG")
    assert Lettering(language="en", family=None).note is None


def test_towns_that_miss_something_get_a_map(judged: Assessment) -> None:
    """Rules that are not met come first; the share that a town misses is its people outside, or its lack."""
    chosen = [verdict.rule.rule_id for verdict in worth_a_map(judged, most=3)]
    assert chosen[:2] == ["TB-2", "TB-4"] or chosen[:2] == ["TB-4", "TB-2"]
    shares = missing_shares(judged.finding("TB-2"))
    for row in judged.finding("TB-2").areas.to_dict("records"):
        if row["people"]:
            assert shares[str(row["area_id"])] == row["people_outside"] / row["people"]


def test_tables_fit_the_page(reports: dict[str, Path]) -> None:
    """No table is wider than the text, 16 cm."""
    for table in Document(str(reports["en"])).tables:
        assert isinstance(table, Table)
        assert sum(column.width.cm for column in table.columns) <= 16.05


def test_the_same_assessment_makes_the_same_pictures(judged: Assessment) -> None:
    """Pictures depend on nothing but what they show."""
    letters = lettering("en")
    one, two = (io.BytesIO(town_map(judged, judged.verdict("TB-2"), letters)).getvalue() for _ in range(2))
    assert one == two
