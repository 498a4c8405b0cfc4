"""Several assessments on one page: what they share is told once, and one legend serves all of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Literal

import folium

from coverplan.core.errors import InputError, Problem
from coverplan.core.progress import SILENT, Progress
from coverplan.outputs.maps.contents import Language, measure_surfaces, page_data, scales
from coverplan.outputs.maps.layers import Data
from coverplan.outputs.maps.page import build_page
from coverplan.outputs.phrases import Both, both
from coverplan.standards.findings import Assessment

Mode = Literal["swipe", "slider", "buttons"]
"""How the page moves between its states: a line to drag between two, a slider of years, or one button each."""

_WORTH_SHARING = 200
_DEPTH = 3


def build_states(
    states: Sequence[tuple[Both, Assessment]],
    *,
    mode: Mode,
    title: Both,
    lang: Language = "zh",
    cell_m: float | None = None,
    made_on: date | None = None,
    first: int = 0,
    progress: Progress = SILENT,
) -> folium.Map:
    """Build one page of several assessments of the same area, as a `folium.Map` for `page.render`.

    Parameters
    ----------
    states
        What each is called, and the assessment; two or more, in the order of the page.
    mode
        How the page moves between them. `swipe` takes exactly two: left and right.
    title
        What stands beside the study's name.
    lang, cell_m, made_on, progress
        As in `write_map`.
    first
        The state that is shown when the page opens.

    Raises
    ------
    InputError
        When there are fewer than two states, or they are in different map projections.
    """
    _check(states, mode)
    day = made_on or date.today()
    measured = []
    for label, assessment in states:
        progress.message(f"measuring {label['en'] or label['zh']}")
        measured.append(measure_surfaces(assessment, cell_m=cell_m, progress=progress))
    scale = scales(measured)
    pages = [page_data(one, lang=lang, made_on=day, scale=scale, progress=progress) for one in measured]
    for (label, _), page in zip(states, pages, strict=True):
        page["label"] = label
        page["words"] = {**page["words"], "title": title}
    return build_page({**shared(pages), "mode": mode, "first": first})


def _check(states: Sequence[tuple[Both, Assessment]], mode: Mode) -> None:
    exact = mode == "swipe"
    if len(states) < 2 or (exact and len(states) != 2):
        wanted = "exactly two" if exact else "two or more"
        raise InputError(
            [
                Problem(
                    what=f"{len(states)} assessments were given, a page of {mode} takes {wanted}",
                    hint="see docs/maps.md",
                )
            ]
        )
    projections = sorted({assessment.study.crs for _, assessment in states})
    if len(projections) > 1:
        raise InputError(
            [
                Problem(
                    what=f"the assessments are in different map projections: {', '.join(projections)}",
                    hint="compare assessments of one area",
                )
            ]
        )


def shared(pages: Sequence[Data]) -> Data:
    """Put pages together: what is the same in all of them stands at the top, what several have in common in a pool.

    Returns
    -------
    dict
        The keys that are alike in all pages; `states`, one per page with the rest; `pool`, the parts that stand in more
        than one of them, where `{"$": n}` means the n-th.

    Examples
    --------
    >>> both = shared([{"name": "A", "year": 2020}, {"name": "A", "year": 2025}])
    >>> both["name"], both["states"]
    ('A', [{'year': 2020}, {'year': 2025}])
    """
    alike = {key: pages[0][key] for key in pages[0] if all(page[key] == pages[0][key] for page in pages[1:])}
    rest = [{key: value for key, value in page.items() if key not in alike} for page in pages]
    seen = Counter(text for page in rest for text in _parts(page))
    numbers: dict[str, int] = {}
    pool: list[Any] = []

    def pooled(value: Any, depth: int) -> Any:
        if depth and isinstance(value, dict | list):
            text = _text(value)
            if len(text) >= _WORTH_SHARING and seen[text] > 1:
                if text not in numbers:
                    numbers[text] = len(pool)
                    pool.append(value)
                return {"$": numbers[text]}
        if depth >= _DEPTH:
            return value
        if isinstance(value, dict):
            return {key: pooled(one, depth + 1) for key, one in value.items()}
        return [pooled(one, depth + 1) for one in value] if isinstance(value, list) else value

    return {**alike, "states": [pooled(page, 0) for page in rest], "pool": pool}


def _parts(value: Any, depth: int = 0) -> Iterator[str]:
    """Return the text of every part worth sharing, down to the depth at which parts are shared."""
    if not isinstance(value, dict | list):
        return
    if depth:
        yield _text(value)
    if depth < _DEPTH:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _parts(one, depth + 1)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def label_of(name: str | int | Both) -> Both:
    """Turn a year, a name or a name in two languages into the label of a state.

    Examples
    --------
    >>> label_of(2025), label_of("基准")
    ({'zh': '2025', 'en': '2025'}, {'zh': '基准', 'en': '基准'})
    """
    return name if isinstance(name, dict) else both(str(name), str(name))
