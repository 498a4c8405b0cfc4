"""The map page: folium lays it out, the layers come from plain data, and nothing is fetched when it is opened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from html import escape
from pathlib import Path
from typing import Literal, cast

import folium
from branca.element import Element, Figure, MacroElement
from folium.raster_layers import ImageOverlay
from folium.template import Template

from coverplan.core.progress import SILENT, Progress
from coverplan.outputs import map_layers, map_panel, map_results
from coverplan.outputs.atomic import write_text
from coverplan.outputs.map_layers import MOST_FEATURES, Data
from coverplan.outputs.map_surfaces import DrawnSurface, SurfacePlan, draw, plan_surfaces
from coverplan.outputs.offline import SCRIPTS, STYLES, inline_assets
from coverplan.outputs.phrases import both
from coverplan.outputs.surface_layer import BEYOND, OUTSIDE, STEPS_PER_MINUTE, UNREACHED
from coverplan.standards.findings import Assessment
from coverplan.standards.gaps import gaps

Language = Literal["zh", "en"]

_MOST_GAPS = 300
_FEWEST_GAPS = 30


class _Data(Element):
    """The page's data, as a block that no browser runs and no name in a table can break out of."""

    _template = Template('<script type="application/json" id="coverplan-data">{{ this.text }}</script>')

    def __init__(self, data: Data) -> None:
        super().__init__()
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        for sign in "<>&\u2028\u2029":
            text = text.replace(sign, f"\\u{ord(sign):04x}")
        self.text = text


class _Start(MacroElement):
    """The last script of the page: hands the data to `coverplan.start` of our own script."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            coverplan.start(
                {{ this._parent.get_name() }},
                JSON.parse(document.getElementById("coverplan-data").textContent),
                {
                    {%- for surface_id, variable in this.pictures.items() %} {{ surface_id|tojson }}: {{ variable }},
                    {%- endfor %}
                }
            );
        {% endmacro %}
        """
    )

    def __init__(self, pictures: Mapping[str, str]) -> None:
        super().__init__()
        self._name = "start"
        self._id = "coverplan"
        self.pictures = dict(pictures)


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

    It shows the verdicts beside the map; travel-time bands for emergency response and for driving to care; each rule's
    uncovered places and towns; facilities by kind; and says what is illustrative.

    Parameters
    ----------
    assessment
        What to show, from `coverplan.assess`.
    path
        The file to write; it is replaced whole or not at all.
    lang
        The language that comes first, `zh` or `en`; both are always there.
    cell_m
        Side of a cell of the travel-time bands, in metres; chosen by the size of the area when not given.
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
    drawn = []
    plans = plan_surfaces(assessment)
    for done, plan in enumerate(plans):
        progress.message(f"drawing {plan.title['en'].lower()}")
        drawn.append(draw(assessment, plan, cell_m=cell_m))
        progress.advance(done + 1, len(plans))
    data = page_data(assessment, plans, drawn, lang=lang, made_on=made_on or date.today())
    return _page(data, drawn)


def render(page: folium.Map) -> str:
    """Render a map as one self-contained page.

    Raises
    ------
    LeftoverUrlError
        When a layer that was added would be fetched on opening; it names every address.
    """
    return inline_assets(page.get_root().render())


def _page(data: Data, drawn: list[DrawnSurface]) -> folium.Map:
    (south, west), (north, east) = data["bounds"]
    page = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        zoom_start=11,
        zoom_snap=0.25,
        min_zoom=7,
        max_zoom=18,
        zoom_control="topleft",
    )
    # Ids are drawn by lot otherwise, and no two runs would write the same file.
    page._id = "coverplan"
    page.default_js = [(name, name) for name in SCRIPTS]
    page.default_css = [(name, name) for name in STYLES]
    pictures: dict[str, str] = {}
    for surface in drawn:
        overlay = ImageOverlay(
            image=surface.image,
            bounds=[list(corner) for corner in surface.bounds],
            pixelated=True,
            pane="surface",
            show=False,
            control=False,
        )
        overlay._id = surface.surface_id
        overlay.add_to(page)
        pictures[surface.surface_id] = overlay.get_name()
    figure = cast(Figure, page.get_root())
    figure.title = data["page_title"]
    figure.header.add_child(Element('<link rel="icon" href="data:,">'), name="icon")
    figure.html.add_child(_Data(data), name="data")
    page.add_child(_Start(pictures), name="start")
    return page


def page_data(
    assessment: Assessment,
    plans: tuple[SurfacePlan, ...],
    drawn: list[DrawnSurface],
    *,
    lang: Language,
    made_on: date,
) -> Data:
    """Return everything the page shows but the pictures, as plain data that JSON can hold."""
    study = assessment.study
    layers = map_layers.facility_layers(study)
    uncovered = _uncovered(assessment, most_in_all=MOST_FEATURES - sum(len(layer["rows"]) for layer in layers))
    towns = {
        verdict.rule.rule_id: map_results.towns(assessment, verdict.default)
        for verdict in assessment.verdicts
        if map_results.has_towns(assessment, verdict.default)
    }
    surface_of = {rule_id: plan.surface_id for plan in plans for rule_id in plan.rule_ids}
    shown = {
        verdict.rule.rule_id: {
            "surface": surface_of.get(verdict.rule.rule_id),
            "towns": verdict.rule.rule_id in towns,
            "gaps": uncovered.get(verdict.rule.rule_id, {}).get("total", 0),
        }
        for verdict in assessment.verdicts
    }
    return {
        **map_panel.page_words(),
        "lang": lang,
        "page_title": escape(f"{study.name} {study.name_en} · {map_panel.WORDS['title'][lang]}"),
        "name": both(study.name, study.name_en),
        "year": study.year,
        "date": made_on.isoformat(),
        "notice": map_panel.notice(assessment),
        "verdicts": map_panel.verdicts(assessment, lang=lang, shown=shown),
        "sources": map_panel.sources(assessment),
        "attribution": map_panel.attribution(assessment),
        "bounds": map_layers.bounds(study),
        "areas": map_layers.areas(study),
        "roads": map_layers.roads(study, assessment.network),
        "facilities": layers,
        "gaps": uncovered,
        "towns": towns,
        "steps": map_results.step_legend(),
        "surfaces": [surface.data for surface in drawn],
        "codes": {"per_minute": STEPS_PER_MINUTE, "beyond": BEYOND, "unreached": UNREACHED, "outside": OUTSIDE},
        "start": _start(plans, shown, layers),
    }


def _uncovered(assessment: Assessment, *, most_in_all: int) -> dict[str, Data]:
    """Return each rule's uncovered places, no more of each than the page can bear in all."""
    listed = gaps(assessment)
    measured = [verdict for verdict in assessment.verdicts if verdict.default.key in assessment.points]
    most = max(_FEWEST_GAPS, min(_MOST_GAPS, most_in_all // max(1, len(measured))))
    found: dict[str, Data] = {}
    for verdict in measured:
        rows = listed[listed["rule_id"] == verdict.rule.rule_id]
        if len(rows):
            found[verdict.rule.rule_id] = map_results.places(assessment, verdict.default, rows, most=most)
    return found


def _start(plans: tuple[SurfacePlan, ...], shown: Mapping[str, Data], layers: list[Data]) -> Data:
    """Choose what is shown when the page opens: the first surface and the rule it belongs to."""
    theme = plans[0].surface_id if plans else "none"
    rule = plans[0].rule_ids[0] if plans and plans[0].rule_ids else next(iter(shown), None)
    visible = [layer["id"] for layer in layers if layer["show"]]
    return {"theme": theme, "rule": rule, "shown": [*visible, "gaps", "roads", "outlines", "names"]}
