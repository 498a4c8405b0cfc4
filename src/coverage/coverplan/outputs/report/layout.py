"""How the template looks: page, faces, cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from docx.document import Document as DocumentType
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from coverplan.outputs.report.fixed import WORDS

Lang = Literal["zh", "en"]

HEAD_COLOUR = "1F4E5F"
_BODY, _CHINESE_HEADING, _HEADING = "宋体", "黑体", "Arial"
_LATIN = {"zh": "Times New Roman", "en": "Calibri"}


def page(document: DocumentType) -> None:
    """Set up A4, upright."""
    section = document.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin, section.bottom_margin = Cm(2.4), Cm(2.2)


def set_styles(document: DocumentType, lang: Lang) -> None:
    """Set the faces, sizes and colours, the head and the foot of a page."""
    body, heading = _BODY, _CHINESE_HEADING
    styles: Any = document.styles
    normal = styles["Normal"]
    _font(normal, 10.5, body, latin=_LATIN[lang])
    normal.paragraph_format.space_after = Pt(6)
    normal.paragraph_format.line_spacing = 1.3 if lang == "zh" else 1.15
    for name, size, before in (("Title", 22, 6), ("Heading 1", 15, 16), ("Heading 2", 12.5, 10)):
        style = styles[name]
        _font(style, size, heading, latin=_HEADING, bold=True, colour=HEAD_COLOUR)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(6)
        style.paragraph_format.keep_with_next = True
    _no_border(styles["Title"])
    styles["Title"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.LEFT
    _font(styles["Subtitle"], 11, body, latin=_LATIN[lang], colour="555555")
    styles["Subtitle"].paragraph_format.space_after = Pt(2)
    _font(styles["Caption"], 9, heading, latin=_HEADING, colour="333333")
    styles["Caption"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    styles["Caption"].paragraph_format.space_before = Pt(4)
    for name, size, colour in (
        ("TableText", 8.5, "000000"),
        ("TableHead", 8.5, "FFFFFF"),
        ("TableNote", 7.5, "666666"),
        ("Statement", 9.5, "000000"),
        ("Remark", 8.5, "666666"),
        ("Notice", 10, "9C3A00"),
    ):
        style = styles.add_style(name, 1)
        style.base_style = normal
        _font(style, size, body, latin=_LATIN[lang], colour=colour, bold=name == "TableHead")
        style.paragraph_format.space_after = Pt(0 if name.startswith("Table") else 4)
        style.paragraph_format.line_spacing = 1.1
    _font(styles["List Number"], 10.5, body, latin=_LATIN[lang])
    footer = document.sections[0].footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _fields(footer, WORDS["page"][lang == "en"])
    head = document.sections[0].header.paragraphs[0]
    head.text = f"{{{{ study }}}} · {WORDS['title'][lang == 'en']}"
    head.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for run in head.runs:
        run.font.size = Pt(8.5)


def _font(
    style: Any, size: float, chinese: str, *, latin: str, bold: bool | None = None, colour: str | None = None
) -> None:
    """Set both faces of a style: without the Chinese one, Word takes whatever it finds."""
    style.font.size, style.font.name, style.font.bold = Pt(size), latin, bold
    style.font.italic = False
    if colour is not None:
        style.font.color.rgb = RGBColor.from_string(colour)
    faces = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        faces.attrib.pop(qn(name), None)
    faces.set(qn("w:eastAsia"), chinese)
    faces.set(qn("w:hAnsi"), latin)


def _no_border(style: Any) -> None:
    properties = style.element.get_or_add_pPr()
    for border in properties.findall(qn("w:pBdr")):
        properties.remove(border)


def fill(cell: _Cell, lines: Sequence[tuple[str, str]], *, right: bool) -> None:
    """Write lines into a cell, each with its style."""
    styles: Any = cell.part.document.styles  # pyright: ignore[reportAttributeAccessIssue] - the part is the document's
    for i, (line, style) in enumerate(lines):
        paragraph = cell.paragraphs[0] if i == 0 else cell.add_paragraph()
        paragraph.text, paragraph.style = line, styles[style]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.LEFT


def shade(cell: _Cell, colour: str) -> None:
    """Colour a cell."""
    shade = OxmlElement("w:shd")
    for name, value in (("w:val", "clear"), ("w:color", "auto"), ("w:fill", colour)):
        shade.set(qn(name), value)
    cell._tc.get_or_add_tcPr().append(shade)


def repeat(table: Table) -> None:
    """Let the heading stand on every page, and no row be torn in two."""
    head = OxmlElement("w:tblHeader")
    head.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(head)
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def room(table: Table) -> None:
    """Keep letters off the lines."""
    margins = OxmlElement("w:tblCellMar")
    for side, twips in (("top", 40), ("left", 85), ("bottom", 40), ("right", 85)):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(twips))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.append(margins)


def _fields(paragraph: Paragraph, text: str) -> None:
    """Write a text in which {PAGE} and {NUMPAGES} are counted by Word."""
    for part in text.replace("{", "\n{").replace("}", "}\n").split("\n"):
        run = paragraph.add_run("" if part.startswith("{") else part)
        run.font.size = Pt(8.5)
        if part.startswith("{"):
            field = OxmlElement("w:fldSimple")
            field.set(qn("w:instr"), part.strip("{}"))
            field.append(run._r)
            paragraph._p.append(field)
