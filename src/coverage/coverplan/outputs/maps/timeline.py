"""Years or scenarios on one page, with a slider or a row of buttons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from coverplan.core.atomic import write_text
from coverplan.core.progress import SILENT, Progress
from coverplan.outputs.maps.contents import Language
from coverplan.outputs.maps.page import render
from coverplan.outputs.maps.states import build_states, label_of
from coverplan.outputs.phrases import Both, both
from coverplan.standards.findings import Assessment


def write_timeline_map(
    states: Sequence[tuple[int | str | Both, Assessment]],
    path: str | Path,
    *,
    lang: Language = "zh",
    cell_m: float | None = None,
    made_on: date | None = None,
    progress: Progress = SILENT,
) -> Path:
    """Write several assessments of one area as one page that opens without a connection.

    Years (whole numbers) stand on a slider that can play; names, such as those of scenarios, are buttons. Map, panel
    and legend follow; one legend serves all, so that a colour means the same minutes in every state.

    Parameters
    ----------
    states
        Pairs of a year or a name (in one language or two) and the assessment, in the order of the page; two or more, of
        the same area, in the same map projection.
    path
        The file to write; it is replaced whole or not at all.
    lang, cell_m, made_on, progress
        As in `coverplan.write_map`.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        When there are fewer than two states, or they are in different map projections.

    Examples
    --------
    >>> import coverplan as cp
    >>> from tempfile import mkdtemp
    >>> study = cp.read_study(cp.sample_config())
    >>> base = cp.assess(study, cp.build_network(study))
    >>> cp.write_timeline_map([(2020, base), (2025, base)], Path(mkdtemp()) / "years.html", cell_m=500).name
    'years.html'
    """
    by_year = all(isinstance(name, int) for name, _ in states)
    page = build_states(
        [(label_of(name), assessment) for name, assessment in states],
        mode="slider" if by_year else "buttons",
        title=both("逐年覆盖", "Coverage over the years") if by_year else both("情景比较", "Scenarios"),
        lang=lang,
        cell_m=cell_m,
        made_on=made_on,
        progress=progress,
    )
    return write_text(path, render(page))
