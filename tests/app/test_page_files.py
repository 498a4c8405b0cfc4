"""The page's own files: small, without anything that could run a stranger's text, every word in two languages."""

import re
from pathlib import Path

import pytest

from coverplan.app.server import PAGE

SCRIPTS = sorted(PAGE.glob("*.js"))
TABLE = re.compile(r'^  (\w+): \["(.+)", "(.+)"\],$', re.MULTILINE)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _words() -> dict[str, tuple[str, str]]:
    return {key: (zh, en) for key, zh, en in TABLE.findall(_read(PAGE / "words.js"))}


@pytest.mark.parametrize("path", [*SCRIPTS, *sorted(PAGE.glob("*.css"))], ids=lambda path: path.name)
def test_files_are_small_and_ask_nobody(path: Path) -> None:
    """No file is long, and none names an address of another server."""
    text = _read(path)
    assert text.count("\n") < 400
    assert "://" not in text
    assert "@import" not in text


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_text_becomes_code_or_html(path: Path) -> None:
    """Nothing sets HTML from a string or evaluates one; each file begins by saying what it is for."""
    text = _read(path)
    assert text.startswith("// ")
    for forbidden in ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "bindPopup"):
        assert forbidden not in text, forbidden


def test_the_page_itself_holds_no_script_and_no_style() -> None:
    """What the server's policy forbids is not there: inline scripts, styles and handlers."""
    text = _read(PAGE / "index.html")
    assert not re.search(r"<style|\son\w+=|\sstyle=|<script>", text)
    assert re.findall(r'(?:src|href)="(?!/static/)', text) == []


def test_every_word_is_there_in_both_languages() -> None:
    """Each word that the page asks for stands in the table, and none stands there for nothing."""
    words, said = _words(), "\n".join(_read(path) for path in SCRIPTS if path.name != "words.js")
    entries = len(re.findall(r"^  \w+: \[", _read(PAGE / "words.js"), re.MULTILINE))
    assert len(words) == entries
    asked = set(re.findall(r'\bt\("(\w+)"\)', said))
    assert asked <= set(words)
    for key, (zh, en) in words.items():
        assert not re.search("[一-鿿]", en) or key == "other_language", key
        assert re.search("[一-鿿]", zh) or key == "other_language", key
    made = {key for key in words if key.startswith(("export_", "status_"))}
    named = {key for key in words if re.search(rf'"{key}"', said) or re.search(rf"`[^`]*{key}", said)}
    assert set(words) - asked - made - named == set()


def test_the_colours_of_points_keep_apart() -> None:
    """Seen without red or without green, and in grey for those that do not change, the four colours differ."""
    found = dict(re.findall(r"\[(OUT|IN|NEW|GONE)\]: \"(#\w{6})\"", _read(PAGE / "points.js")))
    assert len(found) == 4
    rgb = {name: [(int(value[i : i + 2], 16) / 255) ** 2.2 for i in (1, 3, 5)] for name, value in found.items()}
    # Vienot, Brettel and Mollon (1999): what protanopes and deuteranopes see, in linear RGB.
    blind = {
        "red": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
        "green": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
    }
    names = sorted(rgb)
    for matrix in blind.values():
        seen = {
            name: [max(0.0, sum(a * b for a, b in zip(row, rgb[name], strict=True))) ** (1 / 2.2) for row in matrix]
            for name in names
        }
        for i, one in enumerate(names):
            for other in names[i + 1 :]:
                apart = sum((a - b) ** 2 for a, b in zip(seen[one], seen[other], strict=True)) ** 0.5
                assert apart > 0.3, f"{one} and {other}: {apart:.2f}"
    grey = {name: sum(a * b for a, b in zip((0.2126, 0.7152, 0.0722), rgb[name], strict=True)) for name in names}
    assert grey["IN"] > 5 * grey["OUT"]
