"""The way in: what the document needs is loaded here, and where it is not installed, the message says how to get it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from coverplan.core.atomic import whole_file
from coverplan.core.errors import InputError, Problem
from coverplan.core.progress import SILENT, Progress
from coverplan.planning.siting.result import SitingResult
from coverplan.standards.findings import Assessment

_NEEDED = ("docxtpl", "matplotlib")

# The libraries are an extra, so that what needs them is imported inside the functions.
# ruff: noqa: PLC0415


def write_report(
    assessment: Assessment,
    path: str | Path,
    *,
    template: str | Path | None = None,
    language: Literal["zh", "en"] = "zh",
    scenarios: Mapping[str, Assessment] | None = None,
    sitings: Sequence[SitingResult] = (),
    made_on: date | None = None,
    progress: Progress = SILENT,
) -> Path:
    """Write an assessment as a document for a plan review (.docx).

    Purpose, results at a glance, data and their quality, method, verdicts with the words of the plans, maps and charts
    as pictures, gaps, needs, where the reading decides, scenarios, limits, and the data that is missing. Figures are
    those of `coverplan.summary` and `coverplan.gaps`, rounded for the eye.

    Parameters
    ----------
    assessment
        What to write, from `coverplan.assess`.
    path
        A .docx file; it is replaced whole or not at all.
    template
        A template of one's own, such as `write_template` writes to begin with; what it can name:
        `outputs.report.context.report_context`. It holds no programs: only values, loops and conditions.
    language
        Of the document, `zh` or `en`; quotations stay as printed. Where no Chinese font is installed, the pictures
        are lettered in English and the document says so.
    scenarios
        The same rules held against other states of the study, by their names; what any of them changes
        stands beside the study as it is.
    sitings
        Sites chosen by `coverplan.site`, each with its bound, its gap and other good plans.
    made_on
        The date on the document, today when not given.
    progress
        Told what is being made.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        When the template is no Word file or names what there is not, and when the extra `report` is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> assessment = cp.assess(study, cp.build_network(study))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cp.write_report(assessment, f"{folder}/review.docx", language="en").name
    'review.docx'
    """
    check_installed()
    from coverplan.outputs.report.document import fill_report

    path = Path(path)
    fill_report(
        assessment,
        path,
        template=None if template is None else Path(template),
        language=language,
        scenarios=scenarios,
        sitings=sitings,
        made_on=made_on or date.today(),
        progress=progress,
    )
    return path


def write_template(path: str | Path, *, language: Literal["zh", "en"] = "zh") -> Path:
    """Write the template that comes with the package, to be changed in Word and given to `write_report`.

    Returns
    -------
    Path
        The file, replaced whole or not at all.

    Raises
    ------
    InputError
        When the extra `report` is not installed.
    """
    check_installed()
    from coverplan.outputs.report.template import build_template

    with whole_file(path) as beside:
        beside.write_bytes(build_template(language))
    return Path(path)


def check_template(path: str | Path) -> None:
    """Say at once when a template is none, before anything is computed.

    Raises
    ------
    InputError
        When there is no such file, it is no Word file, or the extra `report` is not installed.
    """
    check_installed()
    from coverplan.outputs.report.document import read_template

    read_template(Path(path))


def check_installed(needed: tuple[str, ...] = _NEEDED) -> None:
    """Say how to install what the document needs, when it is not there.

    Examples
    --------
    >>> check_installed(("no_such_library",))
    Traceback (most recent call last):
    ...
    coverplan.core.errors.InputError: 1 problem
      writing the document needs more than the basic installation: no_such_library (pip install "coverplan[report]")
    """
    absent = [name for name in needed if find_spec(name) is None]
    if absent:
        what = f"writing the document needs more than the basic installation: {', '.join(absent)}"
        raise InputError([Problem(what=what, hint='pip install "coverplan[report]"')])
