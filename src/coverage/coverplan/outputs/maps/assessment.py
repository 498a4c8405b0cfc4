"""The map of an assessment: one page with everything on it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import folium

from coverplan.core.atomic import write_text
from coverplan.core.progress import SILENT, Progress
from coverplan.outputs.maps.contents import Language, measure_surfaces, page_data
from coverplan.outputs.maps.page import build_page, render
from coverplan.standards.findings import Assessment

__all__ = ["Language", "build_map", "render", "write_map"]


def write_map(
    assessment: Assessment,
    path: str | Path,
    *,
    lang: Language = "zh",
    cell_m: float | None = None,
    made_on: date | None = None,
    progress: Progress = SILENT,
) -> Path:
    """Write the map of an assessment as one HTML file that opens without any connection.

    It shows the verdicts beside the map; travel-time bands, isochrones and catchments for emergency response and for
    driving to care; the demand points; service radii, straight and by road; each rule's uncovered places and towns;
    medical communities; facilities by kind; and says what is illustrative.

    Parameters
    ----------
    assessment
        What to show, from `coverplan.assess`.
    path
        The file to write; it is replaced whole or not at all.
    lang
        The language that comes first, `zh` or `en`; both are always there, and the page can switch.
    cell_m
        Side of a cell of everything drawn on cells, in metres; chosen by the size of the area when not given.
    made_on
        The date on the map, today when not given.
    progress
        Told what is being drawn.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    LeftoverUrlError
        When something would be fetched on opening; it names every address.
    """
    page = build_map(assessment, lang=lang, cell_m=cell_m, made_on=made_on, progress=progress)
    return write_text(path, render(page))


def build_map(
    assessment: Assessment,
    *,
    lang: Language = "zh",
    cell_m: float | None = None,
    made_on: date | None = None,
    progress: Progress = SILENT,
) -> folium.Map:
    """Build the map of an assessment as a `folium.Map`, to add layers of one's own before `render`.

    Its scripts and styles are names of our own copies, set on this one map: other maps of the process keep theirs.
    """
    measured = measure_surfaces(assessment, cell_m=cell_m, progress=progress)
    return build_page(page_data(measured, lang=lang, made_on=made_on or date.today(), progress=progress))
