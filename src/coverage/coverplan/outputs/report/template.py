"""The template that comes with the package, made by code so that it can be read, compared and changed."""

from __future__ import annotations

import io
from functools import lru_cache

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt
from docx.table import Table
from docx.text.paragraph import Paragraph

from coverplan.outputs.report.fixed import COLUMNS, WORDS
from coverplan.outputs.report.layout import HEAD_COLOUR, Lang, fill, page, repeat, room, set_styles, shade

_NUMERALS = "一 二 三 四 五 六 七 八 九 十 十一 十二"
_RIGHT = {
    "row.met", "row.not_met", "row.measured", "row.no_data", "row.rules", "row.rows", "row.official", "row.estimated",
    "row.illustrative", "row.have", "row.need", "row.short", "rule.figure", "rule.limit", "rule.shortfall",
    "row.figure", "row.shortfall", "row.amount", "row.value", "row.rank", "row.today", "row.then", "row.people",
}  # fmt: skip
_NOTES = {"rule.rule_id", "rule.clause", "rule.strength"}
_MAY_MISS = {"row.official", "row.estimated", "row.illustrative"}


class _Writer:
    """A document that is being written, in one language; tables and figures count themselves."""

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang
        self.document: DocumentType = Document()
        page(self.document)
        set_styles(self.document, lang)

    def word(self, key: str) -> str:
        return WORDS[key][self.lang == "en"]

    def text(self, text: str, style: str = "Normal") -> Paragraph:
        return self.document.add_paragraph(text, style=style)

    def heading(self, key: str, *, new_page: bool = False) -> None:
        """Write the heading of a chapter; its number counts up as the template is filled: chapters may be left out."""
        count = "{% set numbers.chapter = numbers.chapter + 1 %}"
        number = (
            f"{{{{ '{_NUMERALS}'.split()[numbers.chapter - 1] }}}}、"
            if self.lang == "zh"
            else "{{ numbers.chapter }}  "
        )
        text = self.word(key) if key == "annex" else f"{count}{number}{self.word(key)}"
        self.text(text, "Heading 1").paragraph_format.page_break_before = new_page

    def caption(self, kind: str, text: str) -> None:
        """Write the caption of a table or figure; the number counts up when the template is filled."""
        count = f"{{% set numbers.{kind} = numbers.{kind} + 1 %}}{{{{ numbers.{kind} }}}}"
        gap = " " if self.lang == "en" else ""
        paragraph = self.text(f"{self.word(kind)}{gap}{count}  {text}", "Caption")
        paragraph.paragraph_format.keep_with_next = kind == "table"

    def table(self, name: str, rows: str, one: str = "row", *, colour: str = "") -> Table:
        """Write a table whose middle row is repeated for each record."""
        columns = COLUMNS[name]
        table = self.document.add_table(rows=4, cols=len(columns))
        table.style = "Table Grid"
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        table.autofit = False
        for j, (titles, names, width) in enumerate(columns):
            table.columns[j].width = Cm(width)
            for row in table.rows:
                row.cells[j].width = Cm(width)
            right = names in _RIGHT
            fill(table.rows[0].cells[j], [(titles[self.lang == "en"], "TableHead")], right=right)
            said = [line for line in names.split("\n") if line != "rule.translation" or self.lang == "en"]
            lines = [(f"{{{{ {_value(line)} }}}}", "TableNote" if line in _NOTES else "TableText") for line in said]
            if colour and names == f"{one}.status":
                lines[0] = (f"{{% cellbg {colour} %}}{lines[0][0]}", "TableText")
            fill(table.rows[2].cells[j], lines, right=right)
            shade(table.rows[0].cells[j], HEAD_COLOUR)
        table.rows[1].cells[0].text = f"{{%tr for {one} in {rows} %}}"
        table.rows[3].cells[0].text = "{%tr endfor %}"
        repeat(table)
        room(table)
        self.text("").paragraph_format.space_after = Pt(2)
        return table

    def pictures(self, name: str, one: str) -> None:
        """Write a picture with its caption for each of a list."""
        self.text(f"{{%p for {one} in {name} %}}")
        self.picture(one)
        self.text("{%p endfor %}")

    def picture(self, name: str) -> None:
        place = self.text(f"{{{{ {name}.picture }}}}")
        place.alignment = WD_ALIGN_PARAGRAPH.CENTER
        place.paragraph_format.keep_with_next = True
        place.paragraph_format.first_line_indent = Cm(0)
        self.caption("figure", f"{{{{ {name}.caption }}}}")

    def listing(self, name: str, style: str = "Normal") -> None:
        self.text(f"{{%p for sentence in {name} %}}")
        self.text("{{ sentence }}", style)
        self.text("{%p endfor %}")

    def when(self, condition: str) -> None:
        self.text(f"{{%p if {condition} %}}")

    def otherwise(self, key: str) -> None:
        self.text("{%p else %}")
        self.text(self.word(key))
        self.text("{%p endif %}")


@lru_cache(maxsize=2)
def build_template(lang: Lang) -> bytes:
    """Build the template of a language as the content of a .docx file."""
    writer = _Writer(lang)
    _title_page(writer)
    writer.heading("h1")
    writer.listing("purpose")
    _glance(writer)
    _data(writer)
    _verdicts(writer)
    _gaps(writer)
    _choices(writer)
    memory = io.BytesIO()
    writer.document.save(memory)
    return memory.getvalue()


def _title_page(writer: _Writer) -> None:
    writer.text("{%p set numbers = namespace(table=0, figure=0, chapter=0) %}")
    writer.text("{{ study }}", "Title")
    writer.text(writer.word("title"), "Title")
    writer.text(f"{writer.word('subtitle')} · {{{{ study_other }}}}", "Subtitle")
    for key in ("base", "made", "with"):
        writer.text(writer.word(key), "Subtitle")
    writer.when("notice")
    writer.text(writer.word("notice"), "Notice")
    writer.text("{%p endif %}")
    writer.when("font_note")
    writer.text("{{ font_note }}", "Notice")
    writer.text("{%p endif %}")


def _glance(writer: _Writer) -> None:
    writer.heading("h2")
    writer.text(writer.word("glance"))
    writer.picture("pictures.verdicts")
    writer.caption("table", writer.word("tally"))
    writer.table("tally", "tally")


def _data(writer: _Writer) -> None:
    writer.heading("h3")
    writer.text("{{ quality }}")
    writer.caption("table", writer.word("quality"))
    writer.table("quality", "quality_rows")
    writer.caption("table", writer.word("sources"))
    writer.table("sources", "sources")
    writer.heading("h4")
    writer.listing("method")


def _verdicts(writer: _Writer) -> None:
    writer.heading("h5")
    writer.text("{%p for system in systems %}")
    writer.text("{{ system.name }}", "Heading 2")
    writer.caption("table", writer.word("rules"))
    writer.table("rules", "system.rules", "rule", colour="rule.colour")
    writer.text("{%p for rule in system.rules %}")
    writer.text("{{ rule.rule_id }}  {{ rule.statement }}", "Statement")
    writer.when("rule.others")
    writer.text(writer.word("others"), "Remark")
    writer.text("{%p endif %}")
    writer.text("{%p endfor %}")
    writer.text("{%p endfor %}")
    writer.pictures("pictures.curves", "curve")
    writer.heading("h6", new_page=True)
    writer.picture("pictures.facilities")
    writer.pictures("pictures.towns", "town")


def _gaps(writer: _Writer) -> None:
    writer.heading("h7")
    writer.when("gaps")
    writer.text("{%p for gap in gaps %}")
    writer.caption("table", writer.word("gaps"))
    writer.table("gaps", "gap.rows")
    writer.text(writer.word("more"), "Remark")
    writer.text("{%p endfor %}")
    writer.otherwise("no_gaps")
    writer.heading("h8")
    writer.when("needs")
    writer.caption("table", writer.word("needs"))
    writer.table("needs", "needs")
    writer.otherwise("no_needs")


def _choices(writer: _Writer) -> None:
    writer.heading("h9")
    writer.when("options")
    writer.caption("table", writer.word("options"))
    writer.table("options", "options")
    writer.otherwise("no_options")
    writer.when("scenario_names")
    writer.heading("h10")
    writer.text(writer.word("compared"))
    writer.when("scenarios")
    writer.caption("table", writer.word("scenarios"))
    writer.table("scenarios", "scenarios")
    writer.otherwise("no_changes")
    writer.text("{%p endif %}")
    _sites(writer)
    writer.heading("h12")
    writer.listing("limits", "List Number")
    writer.heading("annex")
    writer.when("missing")
    writer.caption("table", writer.word("missing"))
    writer.table("missing", "missing")
    writer.otherwise("none_missing")


def _sites(writer: _Writer) -> None:
    writer.when("sitings")
    writer.heading("h11")
    writer.text("{%p for siting in sitings %}")
    writer.text("{{ siting.title }}", "Heading 2")
    conditions = {"found": "siting.objective", "quality": "siting.is_illustrative"}
    for key in ("source", "found", "reach", "others", "note", "quality"):
        writer.when(conditions.get(key, f"siting.{key}"))
        writer.text(writer.word(f"site_{key}"), "Normal" if key in {"found", "reach", "others"} else "Remark")
        writer.text("{%p endif %}")
    writer.caption("table", writer.word("sites"))
    writer.table("sites", "siting.rows")
    writer.text("{%p endfor %}")
    writer.text("{%p endif %}")


def _value(name: str) -> str:
    """Name a value; a quality that no record has, and a figure that a rule lacks, may be absent."""
    return f"{name} or '–'" if name in _MAY_MISS else name
