"""The frame of a map page: folium lays it out, our scripts draw it from plain data, nothing is fetched."""

from __future__ import annotations

import json
from typing import cast

import folium
from branca.element import Element, Figure, MacroElement
from folium.template import Template

from coverplan.outputs.maps.layers import Data
from coverplan.outputs.maps.offline import SCRIPTS, STYLES, inline_assets


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
                JSON.parse(document.getElementById("coverplan-data").textContent)
            );
        {% endmacro %}
        """
    )

    def __init__(self) -> None:
        super().__init__()
        self._name = "start"
        self._id = "coverplan"


def build_page(data: Data) -> folium.Map:
    """Lay a page out from its data (`contents.page_data`), as a `folium.Map` that more layers may be added to.

    Its scripts and styles are names of our own copies, set on this one map: other maps of the process keep theirs.
    """
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
    figure = cast(Figure, page.get_root())
    figure.title = data["page_title"]
    figure.header.add_child(Element('<link rel="icon" href="data:,">'), name="icon")
    figure.html.add_child(_Data(data), name="data")
    page.add_child(_Start(), name="start")
    return page


def render(page: folium.Map) -> str:
    """Render a map as one self-contained page.

    Raises
    ------
    LeftoverUrlError
        When a layer that was added would be fetched on opening; it names every address.
    """
    return inline_assets(page.get_root().render())
