"""A page fetches nothing: what we have is put into it, and what we have not is named."""

import hashlib
import re
from importlib.resources import files

import pytest

from coverplan.outputs.maps.offline import SCRIPTS, STYLES, LeftoverUrlError, fetched_urls, inline_assets

LINKED = "".join(f'<script src="{name}"></script>' for name in SCRIPTS) + "".join(
    f'<link rel="stylesheet" href="{name}"/>' for name in STYLES
)

LEFT_OVER = [
    ('<script src="https://cdn.example.org/d3.js"></script>', "https://cdn.example.org/d3.js"),
    ('<script src="leaflet/leaflet-heat.js"></script>', "leaflet/leaflet-heat.js"),
    ('<link rel="stylesheet" href="//cdn.example.org/a.css">', "//cdn.example.org/a.css"),
    ('<link rel="icon" href="favicon.ico">', "favicon.ico"),
    ('<img src="https://example.org/logo.png">', "https://example.org/logo.png"),
    ('<img srcset="https://example.org/2x.png 2x">', "https://example.org/2x.png 2x"),
    ('<div style="background: url(tile.png)"></div>', "tile.png"),
    ("<style>@import 'fonts.css'; </style>", "fonts.css"),
    ("<style>b { background: url('https://example.org/b.svg') }</style>", "https://example.org/b.svg"),
    (
        '<script>L.tileLayer("https://{s}.example.org/{z}/{x}/{y}.png", {})</script>',
        "https://{s}.example.org/{z}/{x}/{y}.png",
    ),
    ("<script>fetch('data/towns.geojson')</script>", "data/towns.geojson"),
    ('<script>new WebSocket("wss://example.org")</script>', "wss://example.org"),
    ('<iframe src="page.html"></iframe>', "page.html"),
]

HARMLESS = [
    '<a href="https://example.org">see there</a>',
    '<script type="application/json">{"source": "https://example.org/yearbook.png"}</script>',
    '<script>var text = "<a href=\\"https://example.org\\">credit</a>";</script>',
    '<script>document.createElementNS("http://www.w3.org/2000/svg", "svg") // https://example.org </script>',
    '<link rel="icon" href="data:,"><img src="data:image/png;base64,AAAA">',
    '<svg><use href="#mark"/></svg><style>v { behavior: url(#default#VML) }</style>',
]


@pytest.mark.parametrize(("html", "url"), LEFT_OVER)
def test_what_would_be_fetched_is_named(html: str, url: str) -> None:
    """A page with an address left over is refused, and the address stands in the message."""
    with pytest.raises(LeftoverUrlError) as caught:
        inline_assets(LINKED + html)
    assert caught.value.urls == (url,)
    assert url in str(caught.value)


def test_all_that_is_left_over_is_named_at_once() -> None:
    """Every address is named, each once."""
    with pytest.raises(LeftoverUrlError) as caught:
        inline_assets("".join(html for html, _ in LEFT_OVER) * 2)
    assert caught.value.urls == tuple(url for _, url in LEFT_OVER)


@pytest.mark.parametrize("html", HARMLESS)
def test_what_is_not_fetched_is_left_alone(html: str) -> None:
    """Links to follow, data, comments and names of namespaces stay as they are."""
    assert inline_assets(html) == html


def test_our_own_assets_leave_nothing_to_fetch() -> None:
    """With every asset put in, nothing is linked any more, and no block ends before its time."""
    page = inline_assets(LINKED)
    assert "src=" not in re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert page.count("<script>") == page.count("</script>") == len(SCRIPTS)
    assert page.count("<style>") == page.count("</style>") == len(STYLES)
    styles = "".join(re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL))
    assert set(re.findall(r"url\(([^)]{5})", styles)) == {"data:", "#defa"}
    assert "sourceMappingURL" not in page


def test_our_own_scripts_name_no_address() -> None:
    """The page's scripts and styles ask for nothing themselves."""
    for name in (*SCRIPTS, *STYLES):
        if name.startswith("page/"):
            text = files("coverplan.outputs").joinpath("assets", *name.split("/")).read_text(encoding="utf-8")
            tag = "script" if name.endswith(".js") else "style"
            assert fetched_urls(f"<{tag}>{text}</{tag}>") == [], name


def test_vendored_files_are_as_published() -> None:
    """Every vendored file has the checksum that stands beside it, and none stands there without one."""
    assets = files("coverplan.outputs").joinpath("assets")
    listed = dict(
        line.split(maxsplit=1)[::-1]
        for line in assets.joinpath("CHECKSUMS").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
    for name, sha256 in listed.items():
        assert hashlib.sha256(assets.joinpath(*name.split("/")).read_bytes()).hexdigest() == sha256, name
    there = {f"leaflet/{one.name}" for one in assets.joinpath("leaflet").iterdir() if one.is_file()}
    there |= {f"leaflet/images/{one.name}" for one in assets.joinpath("leaflet", "images").iterdir()}
    there |= {f"jquery/{one.name}" for one in assets.joinpath("jquery").iterdir()}
    assert there == set(listed)


def test_licences_travel_with_the_page() -> None:
    """Each library's licence stands in the page that carries it."""
    page = inline_assets(LINKED)
    assert "BSD 2-Clause License" in page
    assert "Permission is hereby granted, free of charge" in page
