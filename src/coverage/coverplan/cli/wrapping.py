"""Long lines for a narrow screen: Chinese may break between any two characters, but not before a comma."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len

WIDTH = 80

_OPEN, _CLOSE = "（“《【〔(", "，。；：、！？）】”》〕％%);,."
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_PIECES = re.compile(
    rf"\s+|[{_OPEN}]*[{_WIDE}][{_CLOSE}]*|[^\s{_WIDE}]+?(?=[{_OPEN}]+[{_WIDE}])|[^\s{_WIDE}]+[{_CLOSE}]*"
)


def wrapped(text: str, *, width: int = WIDTH, indent: int = 0) -> Iterator[str]:
    """Yield the lines of a text, none wider than `width` columns; those after the first are indented.

    A Chinese character takes two columns. Words and numbers stay whole where they fit on a line.

    Examples
    --------
    >>> list(wrapped("现有46辆，缺23辆。 at least 69", width=12, indent=2))
    ['现有46辆，缺', '  23辆。 at', '  least 69']
    """
    line, room = "", width
    for piece in _PIECES.findall(text):
        if line.strip() and cell_len(line) + cell_len(piece.rstrip()) > room:
            yield line.rstrip()
            line = " " * indent
        if piece.isspace():
            line += piece if line.strip() else ""
            continue
        for part in _cut(piece, room - indent):
            if line.strip() and cell_len(line) + cell_len(part) > room:
                yield line.rstrip()
                line = " " * indent
            line += part
    if line.strip():
        yield line.rstrip()


def wrapped_block(text: str, *, width: int = WIDTH) -> Iterator[str]:
    """Yield the lines of a text of many lines; what does not fit goes on below, two columns further in."""
    for line in text.splitlines():
        body = line.lstrip()
        lead = len(line) - len(body)
        if not body:
            yield ""
        for part in wrapped(body, width=width - lead, indent=2):
            yield f"{' ' * lead}{part}"


def _cut(piece: str, width: int) -> Iterator[str]:
    """Cut a word that no line can hold."""
    while cell_len(piece) > width:
        at = next(i for i in range(len(piece), 0, -1) if cell_len(piece[:i]) <= width)
        yield piece[:at]
        piece = piece[at:]
    yield piece
