"""Before and after on one page, with a line to drag between them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from coverplan.core.atomic import write_text
from coverplan.core.progress import SILENT, Progress
from coverplan.outputs.maps.contents import Language
from coverplan.outputs.maps.page import render
from coverplan.outputs.maps.states import build_states, label_of
from coverplan.outputs.phrases import Both, both
from coverplan.standards.findings import Assessment


def write_comparison_map(
    before: Assessment,
    after: Assessment,
    path: str | Path,
    *,
    before_name: str | Both | None = None,
    after_name: str | Both | None = None,
    lang: Language = "zh",
    cell_m: float | None = None,
    made_on: date | None = None,
    progress: Progress = SILENT,
) -> Path:
    """Write two assessments of one area as one page that opens without a connection, with a line to drag between them.

    Left of the line stands `before`, right of it `after`: times, towns, gaps and facilities, in one legend. The panel
    tells every rule's figure for both. The line also moves with the arrow keys.

    Parameters
    ----------
    before, after
        What to compare, from `coverplan.assess`; of the same area, in the same map projection.
    path
        The file to write; it is replaced whole or not at all.
    before_name, after_name
        What the sides are called, in one language or two; 现状 (before) and 方案 (after) when not given.
    lang, cell_m, made_on, progress
        As in `coverplan.write_map`.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        When the two are in different map projections.

    Examples
    --------
    >>> import coverplan as cp
    >>> from tempfile import mkdtemp
    >>> study = cp.read_study(cp.sample_config())
    >>> base = cp.assess(study, cp.build_network(study))
    >>> cp.write_comparison_map(base, base, Path(mkdtemp()) / "compare.html", cell_m=500).name
    'compare.html'
    """
    states = [
        (label_of(before_name or both("现状", "before")), before),
        (label_of(after_name or both("方案", "after")), after),
    ]
    page = build_states(
        states,
        mode="swipe",
        title=both("方案对比", "Before and after"),
        lang=lang,
        cell_m=cell_m,
        made_on=made_on,
        progress=progress,
    )
    return write_text(path, render(page))
