"""Pages that open without a connection: every script, style and image is put into the page itself."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from functools import lru_cache
from html.parser import HTMLParser
from importlib.resources import files

from coverplan.core.errors import CoverplanError

SCRIPTS = (
    "leaflet/leaflet.js",
    "jquery/jquery.slim.min.js",
    "page/page.js",
    "page/layers.js",
    "page/points.js",
    "page/tiles.js",
    "page/list.js",
    "page/legend.js",
    "page/states.js",
    "page/paper.js",
    "page/map.js",
)
"""The scripts of a map page, in order, as names below `assets/`."""
STYLES = ("leaflet/leaflet.css", "page/map.css")

_SCRIPT_LINK = re.compile(r'<script\s+src="(?P<name>[^"]+)"\s*>\s*</script>')
_STYLE_LINK = re.compile(r'<link\s+rel="stylesheet"\s+href="(?P<name>[^"]+)"\s*/?>')
_CSS_URL = re.compile(r"""url\(\s*["']?(?P<url>[^"')]+)["']?\s*\)""")
_CSS_IMPORT = re.compile(r"""@import\s+["'](?P<url>[^"']+)["']""")
# A text in a script that a browser could be asked to fetch: an address, or a name that ends like a file of a page.
# What stands in an anchor (href=\"...\") is only a place to go to, and the SVG namespace is only a name.
_SCRIPT_URL = re.compile(
    r"""(?<!href=\\)(?<!href=)["'`](?P<url>(?:https?:|wss?:)?//(?!www\.w3\.org/)[^"'`\s\\]+"""
    r"""|[^"'`\s<>{}]+\.(?:png|jpe?g|gif|webp|svg|css|m?js|json|geojson|woff2?|pbf))\\?["'`]"""
)
_FETCHING = {"src", "srcset", "data", "poster", "background", "xlink:href"}
_FETCHING_HREF = {"link", "image", "use"}


class LeftoverUrlError(CoverplanError):
    """A page would fetch something when it is opened, so it cannot be written as a page that works offline."""

    def __init__(self, urls: Iterable[str]) -> None:
        self.urls = tuple(dict.fromkeys(urls))
        listed = "".join(f"\n  {url}" for url in self.urls)
        super().__init__(f"the page would fetch these when it is opened, and we have no copy to put into it:{listed}")


def inline_assets(html: str) -> str:
    """Put the text of our vendored scripts and styles into a rendered page.

    Parameters
    ----------
    html
        A page whose `<script src>` and stylesheet links name files below `outputs/assets/`.

    Raises
    ------
    LeftoverUrlError
        When anything else would be fetched, be it a tag, a style or an address in a script; it names every one.

    Examples
    --------
    >>> page = inline_assets('<script src="leaflet/leaflet.js"></script>')
    >>> "Leaflet 1.9.4" in page, "src=" in page[:40]
    (True, False)
    >>> inline_assets('<img src="https://example.org/logo.png">')
    Traceback (most recent call last):
    ...
    coverplan.outputs.maps.offline.LeftoverUrlError: the page would fetch these when it is opened, and we have ...
      https://example.org/logo.png
    """
    linked = {match["name"] for pattern in (_SCRIPT_LINK, _STYLE_LINK) for match in pattern.finditer(html)}
    known = linked & {*SCRIPTS, *STYLES}
    left = [url for url in fetched_urls(html) if url not in known]
    if left:
        raise LeftoverUrlError(left)
    html = _SCRIPT_LINK.sub(lambda match: f"<script>{_script(match['name'])}</script>", html)
    return _STYLE_LINK.sub(lambda match: f"<style>{_style(match['name'])}</style>", html)


def fetched_urls(html: str) -> list[str]:
    """List what a browser would fetch when it opens a page, in the order of the page.

    Read are the tags and styles, and, as far as a script's text can tell, the addresses in scripts. Blocks of JSON
    are data and are not read; neither are links that a person may follow.

    Examples
    --------
    >>> fetched_urls('<a href="https://example.org">see</a><script>L.tileLayer("https://t.example.org/{z}.png")</script>')
    ['https://t.example.org/{z}.png']
    """
    scan = _Scan()
    scan.feed(html)
    scan.close()
    return scan.urls


class _Scan(HTMLParser):
    """Walks a page and notes what would be fetched."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.urls: list[str] = []
        self._reading = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        fetching = _FETCHING | ({"href"} if tag in _FETCHING_HREF else set())
        self._note(value for name, value in values.items() if name in fetching)
        self._note(match["url"] for match in _CSS_URL.finditer(values.get("style", "")))
        is_data = tag == "script" and "json" in values.get("type", "")
        self._reading = tag if tag in {"script", "style"} and not is_data else ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._reading = ""

    def handle_endtag(self, tag: str) -> None:
        self._reading = ""

    def handle_data(self, data: str) -> None:
        if self._reading == "style":
            self._note(match["url"] for pattern in (_CSS_URL, _CSS_IMPORT) for match in pattern.finditer(data))
        elif self._reading == "script":
            self._note(match["url"] for match in _SCRIPT_URL.finditer(data))

    def _note(self, urls: Iterable[str]) -> None:
        harmless = ("data:", "about:", "blob:", "#")
        self.urls.extend(url for url in urls if url.strip() and not url.strip().startswith(harmless))


def asset_text(name: str) -> str:
    """Return one of our vendored files as text, by its name below `outputs/assets/`."""
    return _asset(name).decode("utf-8")


def _asset(name: str) -> bytes:
    return files("coverplan.outputs").joinpath("assets", *name.split("/")).read_bytes()


def _data_uri(name: str) -> str:
    return f"data:image/png;base64,{base64.b64encode(_asset(name)).decode('ascii')}"


@lru_cache(maxsize=32)
def _script(name: str) -> str:
    text = _asset(name).decode("utf-8")
    text = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)
    if name == "leaflet/leaflet.js":
        text += _default_icon()
    folder = name.partition("/")[0]
    if folder != "page":
        # A page is a copy of the library, so its licence travels along.
        text = f"/*! {_asset(f'{folder}/LICENSE').decode('utf-8')} */\n{text}"
    return text.replace("</script", r"<\/script").replace("<!--", r"<\!--")


def _default_icon() -> str:
    """Return the script that tells Leaflet its marker images; it cannot guess their folder once they are inlined."""
    urls = {"iconUrl": "marker-icon", "iconRetinaUrl": "marker-icon-2x", "shadowUrl": "marker-shadow"}
    options = ",".join(f'{key}:"{_data_uri(f"leaflet/images/{name}.png")}"' for key, name in urls.items())
    return f'\nL.Icon.Default.imagePath="";L.Icon.Default.mergeOptions({{{options}}});'


@lru_cache(maxsize=16)
def _style(name: str) -> str:
    text = _asset(name).decode("utf-8")
    folder = name.rpartition("/")[0]

    def embed(match: re.Match[str]) -> str:
        url = match["url"]
        return match[0] if url.startswith(("#", "data:")) else f"url({_data_uri(f'{folder}/{url}')})"

    return _CSS_URL.sub(embed, text).replace("</style", r"<\/style")
