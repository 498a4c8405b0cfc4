"""The plan-review document: the template filled in."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal
from zipfile import BadZipFile

from docx.opc.exceptions import PackageNotFoundError
from docx.shared import Cm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from coverplan.core.atomic import whole_file
from coverplan.core.errors import InputError, Problem
from coverplan.core.progress import Progress
from coverplan.outputs.charts.fonts import lettering
from coverplan.outputs.report.context import Picture, report_context
from coverplan.outputs.report.template import build_template
from coverplan.planning.siting.result import SitingResult
from coverplan.standards.findings import Assessment

_WIDTH_CM = 15.5
_TO_BEGIN = "write one to begin with: coverplan report --template-to mine.docx"


def fill_report(
    assessment: Assessment,
    path: Path,
    *,
    template: Path | None,
    language: Literal["zh", "en"],
    scenarios: Mapping[str, Assessment] | None,
    sitings: Sequence[SitingResult],
    made_on: date,
    progress: Progress,
) -> None:
    """Fill a template in, the package's own when none is given; see `outputs.report.door.write_report`."""
    name = "the template" if template is None else template.name
    content = build_template(language) if template is None else read_template(template)
    progress.message("drawing the pictures of the document")
    context = report_context(assessment, lettering(language), scenarios=scenarios, sitings=sitings, made_on=made_on)
    progress.message(f"writing {path.name}")
    content = filled(content, context, name=name)
    with whole_file(path) as beside:
        beside.write_bytes(content)


def read_template(path: Path) -> bytes:
    """Read a template and say at once when it is none.

    Raises
    ------
    InputError
        When there is no such file, or it is no Word file.
    """
    if not path.is_file():
        raise InputError([Problem(what="there is no such template", file=path.name, hint=_TO_BEGIN)])
    content = path.read_bytes()
    _opened(content, path.name)
    return content


def filled(content: bytes, context: Mapping[str, Any], *, name: str) -> bytes:
    """Fill a template in; values are text, never tags, and a template can reach nothing but them.

    Raises
    ------
    InputError
        When it names what there is not, or its tags do not fit together.
    """
    template = _opened(content, name)
    values = {key: _placed(value, template) for key, value in context.items()}
    environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    try:
        template.render(values, jinja_env=environment, autoescape=True)
    except TemplateError as error:
        hint = "docs/outputs.md lists what a template can name"
        raise InputError([Problem(what=f"the template cannot be filled in: {error}", file=name, hint=hint)]) from error
    memory = io.BytesIO()
    template.save(memory)
    return memory.getvalue()


def _opened(content: bytes, name: str) -> DocxTemplate:
    template = DocxTemplate(io.BytesIO(content))
    try:
        template.init_docx()
    except (PackageNotFoundError, BadZipFile, KeyError, ValueError) as error:
        raise InputError([Problem(what="this is no Word template (.docx)", file=name, hint=_TO_BEGIN)]) from error
    return template


def _placed(value: Any, template: DocxTemplate) -> Any:
    """Turn pictures into what Word holds, wherever they stand."""
    if isinstance(value, Picture):
        image = InlineImage(template, io.BytesIO(value.png), width=Cm(_WIDTH_CM))
        return {"picture": image, "caption": value.caption}
    if isinstance(value, Mapping):
        return {key: _placed(one, template) for key, one in value.items()}
    if isinstance(value, list):
        return [_placed(one, template) for one in value]
    return value
