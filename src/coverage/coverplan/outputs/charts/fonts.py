"""Which font writes Chinese, and what to do where there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import matplotlib as mpl
from matplotlib import font_manager

from coverplan.outputs.phrases import Both, both
from coverplan.outputs.review.cells import fit

CJK_FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "DengXian",
    "SimHei", "PingFang SC", "Hiragino Sans GB", "Heiti SC", "STHeiti", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "Noto Sans CJK JP", "SimSun", "Noto Serif CJK SC", "AR PL UMing CN",
)  # fmt: skip
"""Fonts with simplified Chinese, the ones that read best in small sizes first."""
_LATIN = "DejaVu Sans"
_UNKNOWN = "□"


@dataclass(frozen=True, kw_only=True)
class Lettering:
    """In which language a picture speaks, and the font that it writes Chinese with; None where there is none."""

    language: Literal["zh", "en"]
    family: str | None

    @property
    def note(self) -> Both | None:
        """What to say beside the pictures when Chinese was asked for and cannot be written."""
        if self.family is not None or self.language == "en":
            return None
        return both(
            "制图的计算机没有中文字体，图中文字用英文。安装“Noto Sans CJK SC”等字体后重新生成即可。",
            "No Chinese font is installed, so the pictures are lettered in English.",
        )

    def of(self, words: Mapping[str, str]) -> str:
        """Return words in the picture's language, in English where Chinese cannot be written."""
        zh, en = words["zh"], words["en"]
        chosen = zh if self.language == "zh" and self.family else en or zh
        return self.written(chosen)

    def name(self, zh: object, en: object, key: object) -> str:
        """Return a name that can be written: Chinese, English, or the identifier."""
        names = [fit(one, most=24) if isinstance(one, str) else "" for one in (zh, en)]
        wanted = names if self.language == "zh" and self.family else names[::-1]
        told = next((one for one in wanted if one and self._can(one)), "")
        return self.written(told or fit(key, most=24))

    def written(self, text: str) -> str:
        """Put a box where a letter cannot be written."""
        known = _letters(self.family)
        return "".join(letter if letter == "\n" or ord(letter) in known else _UNKNOWN for letter in fit(text))

    def _can(self, text: str) -> bool:
        known = _letters(self.family)
        return all(ord(letter) in known for letter in text)

    @contextmanager
    def set(self) -> Iterator[None]:
        """Let everything that is drawn inside the block be lettered this way; a dollar sign is a dollar sign."""
        families = [self.family, _LATIN] if self.family else [_LATIN]
        looks: dict[Any, Any] = {
            "font.family": families if self.language == "zh" else families[::-1],
            "font.size": 8,
            "axes.unicode_minus": False,
            "text.parse_math": False,
        }
        with mpl.rc_context(looks):
            yield


def lettering(language: Literal["zh", "en"], *, fonts: tuple[str, ...] = CJK_FONTS) -> Lettering:
    """Choose the first font of a list that is installed.

    Examples
    --------
    >>> lettering("zh", fonts=("No Such Font",)).of({"zh": "缺口", "en": "gaps"})
    'gaps'
    """
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return Lettering(language=language, family=next((name for name in fonts if name in installed), None))


@lru_cache(maxsize=4)
def _letters(family: str | None) -> frozenset[int]:
    """Return the characters that a font and its stand-in can write."""
    found: set[int] = set()
    for name in (family, _LATIN):
        if name is not None:
            font = font_manager.get_font(font_manager.findfont(font_manager.FontProperties(family=[name])))
            found |= set(font.get_charmap())
    return frozenset(found)
