"""The quick view as the page shows it: figures of every rule, who is inside, towns, the worst gaps."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from coverplan.app.counting import (
    Count,
    Residents,
    finding_of,
    gained_and_lost,
    people_by_area,
    size_of,
)
from coverplan.app.drafts import Draft
from coverplan.app.world import Question
from coverplan.core.words import CAUSES
from coverplan.outputs.phrases import amount, both, figure, held_against, of_word
from coverplan.planning.ground import measured_by
from coverplan.roads.network import Bool, Int64

Data = dict[str, Any]

_MOST_GAPS = 12
_PER_BYTE = 4
_URGENT = "emergency"


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """What somebody looks at: a draft, what it is compared with, and the rule whose people the map shows.

    Attributes
    ----------
    questions
        The question that decides each rule.
    """

    draft: Draft
    base: Draft
    questions: tuple[Question, ...]
    shown: Question | None


def view_of(draft: Draft, base: Draft, options: Mapping[str, str], rule_id: str | None = None) -> View:
    """Choose what to look at; KeyError when no question decides the rule that was asked for."""
    questions = draft.world.deciding(options)
    if rule_id is not None:
        found = [one for one in questions if one.rule.rule_id == rule_id]
        if not found:
            raise KeyError(rule_id)
        return View(draft=draft, base=base, questions=questions, shown=found[0])
    shares = [one for one in questions if one.params.statistic == "share"]
    urgent = [one for one in shares if one.rule.system == _URGENT]
    shown = next(iter([*urgent, *shares, *questions]), None)
    return View(draft=draft, base=base, questions=questions, shown=shown)


def figures(view: View, changed: Mapping[str, Count] | None = None) -> Data:
    """Return the quick view; `changed` are counts that stand in the place of the draft's own, by finding."""
    instead = {} if changed is None else changed
    rows = view.draft.rows_in(view.base)
    told, sums = [], {}
    for question in view.questions:
        before = view.base.count(question)
        after = instead[question.key] if question.key in instead else view.draft.count(question)
        sums[question.key] = gained_and_lost(before, after, rows)
        told.append(_rule(question, before, after, sums[question.key]))
    shown = view.shown
    if shown is None:
        return {"rules": told, "shown": None, "covered": "", "towns": [], "gaps": [], "gained": 0.0, "lost": 0.0}
    before = view.base.count(shown)
    after = instead.get(shown.key) or view.draft.count(shown)
    return {
        "rules": told,
        "shown": shown.rule.rule_id,
        "covered": _covered(view, before, after, rows),
        "towns": _towns(view, shown, before, after),
        "gaps": _gaps(view, shown, after),
        "gained": sums[shown.key][0],
        "lost": sums[shown.key][1],
    }


def figure_number(value: float) -> float | None:
    """Return a number as JSON holds it; what is missing or endless becomes null, its text says which."""
    return float(value) if math.isfinite(value) else None


def _rule(question: Question, before: Count, after: Count, sums: tuple[float, float]) -> Data:
    finding = finding_of(question, after)
    return {
        "rule_id": question.rule.rule_id,
        "reading": question.reading.name,
        "text": figure(finding),
        "held": held_against(finding),
        "figure": figure_number(after.figure),
        "people_within": figure_number(after.people_within),
        "people": after.people,
        "status": after.status,
        "gained": sums[0],
        "lost": sums[1],
        "before": {
            "text": figure(finding_of(question, before)),
            "figure": figure_number(before.figure),
            "status": before.status,
        },
    }


def _covered(view: View, before: Count, after: Count, rows: Int64 | None) -> str:
    """Pack who is inside, four demand points of the base to a byte, the first in the lowest bits."""
    k = len(view.base.residents.point_id)
    was = np.zeros(k, dtype=bool) if before.inside is None else before.inside
    now = np.zeros(k, dtype=bool)
    if after.inside is not None:
        if rows is None:
            now = after.inside
        else:
            now[rows[rows >= 0]] = after.inside[rows >= 0]
    told = now.astype(np.uint8) + (now & ~was) + (np.uint8(3) * (was & ~now))
    drawn = told[view.draft.world.drawn]
    drawn = np.append(drawn, np.zeros(-len(drawn) % _PER_BYTE, dtype=np.uint8)).reshape(-1, _PER_BYTE)
    packed = (drawn << np.array([0, 2, 4, 6], dtype=np.uint8)).sum(axis=1, dtype=np.uint8)
    return base64.b64encode(packed.tobytes()).decode()


def _towns(view: View, question: Question, before: Count, after: Count) -> list[Data]:
    draft, base = view.draft.residents, view.base.residents
    inside, whole = _inside(draft, after), draft.everyone(question.params).tolist()
    was = view.base.kept.once(("towns", question.key), lambda: _inside(base, before))
    lived = base.everyone(question.params).tolist()
    told = []
    for i, (area_id, name) in enumerate(draft.towns[:-1]):
        share, old = _part(inside[i], whole[i]), _part(cast("list[float]", was)[i], lived[i])
        told.append(
            {
                "area_id": area_id,
                "name": name,
                "share": figure_number(share),
                "text": amount(share, "share_people"),
                "before": figure_number(old),
                "before_text": amount(old, "share_people"),
                "people_out": whole[i] - inside[i],
            }
        )
    return told


def _part(inside: float, whole: float) -> float:
    return inside / whole if whole else float("nan")


def _inside(residents: Residents, count: Count) -> list[float]:
    if count.inside is None or count.weight is None:
        return [0.0] * len(residents.towns)
    return people_by_area(residents, count.inside, count.weight).tolist()


def _gaps(view: View, question: Question, after: Count) -> list[Data]:
    """Return the places with most people outside, as `standards.gaps` ranks them."""
    if after.inside is None or after.weight is None or after.value is None:
        return []
    residents = view.draft.residents
    outside = np.flatnonzero(~after.inside & (after.weight > 0))
    if not len(outside):
        return []
    place = residents.place[outside]
    left = np.bincount(place, weights=after.weight[outside])
    # Only places with as many people outside as the twelfth can be among the first twelve.
    least = max(float(np.partition(left, -_MOST_GAPS)[-_MOST_GAPS] if len(left) > _MOST_GAPS else 1.0), 1.0)
    candidates = outside[left[place] >= least]
    keys = sorted(
        (-left[residents.place[i]], residents.place[i], -after.value[i], -after.weight[i], residents.point_id[i], i)
        for i in candidates
    )
    # The worst point of each place stands for it.
    worst = {key[1]: key for key in reversed(keys)}
    ranked = sorted(worst.values(), key=lambda key: (key[0], key[2], key[4]))[:_MOST_GAPS]
    return [
        {"rank": rank, "people": float(-key[0]), **_gap(view, question, int(key[-1]), float(-key[2]))}
        for rank, key in enumerate(ranked, 1)
    ]


def _gap(view: View, question: Question, point: int, value: float) -> Data:
    residents, params = view.draft.residents, question.params
    place = str(residents.place_name[residents.place[point]])
    _, town = residents.towns[int(residents.area[point])]
    cause = "too_far" if math.isfinite(value) else _why(view.draft, question, point)
    return {
        "name": both(f"{town['zh']} {place}", f"{place}, {town['en']}"),
        "minutes": amount(value / size_of(params), params.limit.unit, apart_from=(params.limit.value,)),
        "cause": of_word(CAUSES[cause]),
        "at": [float(residents.lon[point]), float(residents.lat[point])],
    }


def _why(draft: Draft, question: Question, point: int) -> str:
    ways = draft.ways(question)
    if ways is None or not ways.n_facilities:
        return "none_of_kind"
    off: Bool = ways.off_network
    return "off_network" if measured_by(question.params) != "line" and bool(off[point]) else "not_connected"
