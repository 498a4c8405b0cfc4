"""Finding the place that a Chinese institution name tells: exact names, places named in it, and near misses.

Scores are between 0 and 1. Only an exact spelling can score `ACCEPT` or more; what is merely alike stays below it and
is offered to a person. A match is certain when its score is high enough and no place elsewhere comes near it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite, nan

from rapidfuzz import fuzz, process

from coverplan.inputs.geocode.gazetteer import TOWN_KINDS, VILLAGE_KINDS, Gazetteer, Spelling
from coverplan.inputs.geocode.names import (
    VILLAGE_INSTITUTIONS,
    numbers_in,
    plain_name,
    split_institution,
    strip_office,
    take_apart,
)

ACCEPT = 0.8
ACCEPT_WITHOUT_COUNTY = 0.9
MARGIN = 0.1
_NEAR = 0.79
"""Weight of likeness: a spelling that is not exact never reaches `ACCEPT`."""
_LONGEST = 14
_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is known about a record that is to be placed.

    `county` and `town` are codes or names, empty when nothing is known; `name` and `address` are as written.
    """

    name: str
    county: str = ""
    town: str = ""
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A place that may be meant. Point in WGS-84, NaN when nobody published one; `precision` is empty then."""

    name: str
    kind: str
    code: str
    county: str
    town: str
    lon: float
    lat: float
    quality: str
    precision: str
    score: float
    source: str

    @property
    def has_point(self) -> bool:
        """Whether it can be put on a map."""
        return isfinite(self.lon) and isfinite(self.lat)


@dataclass(frozen=True, kw_only=True)
class Match:
    """The places that may be meant, best first, and whether the first one is certain.

    `reason` is one of "" (certain), no_match, near_miss, ambiguous, no_county, other_county, other_town, no_point.
    """

    candidates: tuple[Candidate, ...]
    certain: bool
    reason: str

    @property
    def best(self) -> Candidate | None:
        """The first candidate."""
        return self.candidates[0] if self.candidates else None


def find_place(wanted: Wanted, gazetteer: Gazetteer) -> Match:
    """Find the place of a record by its name.

    Parameters
    ----------
    wanted
        The record. A generic name (中医院) is unique only inside one county: without a county, given or at the
        beginning of the name, it is never certain.
    gazetteer
        Where to look.

    Returns
    -------
    Match
        Up to five candidates.

    Examples
    --------
    >>> from coverplan.inputs.geocode.gazetteer import embedded_gazetteer
    >>> match = find_place(Wanted(name="英墩华侨医院", county="晋江市"), embedded_gazetteer())
    >>> match.certain, embedded_gazetteer().named(match.best.town)
    (True, '永和镇')
    >>> find_place(Wanted(name="中医院"), embedded_gazetteer()).reason
    'no_county'
    """
    return _Search(wanted, gazetteer).match()


class _Search:
    """One record against one gazetteer."""

    def __init__(self, wanted: Wanted, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self.given = gazetteer.county_code(wanted.county)
        self.pieces = take_apart(wanted.name)
        main = re.sub("^原(?=..)", "", self.pieces.main)
        own_name = plain_name(wanted.county)
        self.named, rest = gazetteer.split_prefix(main, area=self.given)
        self.rest = rest.removeprefix(own_name) if own_name and len(rest) > len(own_name) else rest
        self.main = main
        self.county = self.given or (self.named if len(self.named) == 6 else "")
        self.address = plain_name(wanted.address)
        self.town = self._town_code(wanted.town)
        self.scores: dict[int, float] = {}

    def match(self) -> Match:
        """Collect the evidence and judge it."""
        if self.given and len(self.named) == 6 and not self.named.startswith(self.given[:6]):
            return Match(candidates=self._near(), certain=False, reason="other_county")
        known = self._institutions()
        self._places()
        self._town_hint()
        found = sorted(
            (self._candidate(row, score) for row, score in self.scores.items()),
            key=lambda c: (-c.score, c.kind != "institution", c.precision == "town", c.code),
        )
        located = [c for c in found if c.has_point or c.town]
        accept = ACCEPT if self.county else ACCEPT_WITHOUT_COUNTY
        if located and located[0].score >= accept:
            return self._judge(located, found)
        shown = _first([*found, *self._near()])
        if known and known[0].score >= ACCEPT:
            return Match(candidates=shown, certain=False, reason="no_point" if self.county else "no_county")
        if found and not self.county:
            return Match(candidates=shown, certain=False, reason="no_county")
        return Match(candidates=shown, certain=False, reason="near_miss" if shown else "no_match")

    def _judge(self, located: list[Candidate], found: list[Candidate]) -> Match:
        best = located[0]
        shown = _first([best, *found])
        rivals = [c for c in located if c.town != best.town or (not c.town and c is not best)]
        if any(best.score - rival.score < MARGIN - 1e-9 for rival in rivals):
            return Match(candidates=shown, certain=False, reason="ambiguous")
        if self.town and best.town and best.town != self.town:
            return Match(candidates=shown, certain=False, reason="other_town")
        if not best.has_point:
            return Match(candidates=shown, certain=False, reason="no_point")
        return Match(candidates=shown, certain=True, reason="")

    def _inside(self, row: int) -> bool:
        """Say whether a place lies in the county of the record; places of no county lie in every one."""
        county = self.gazetteer.counties[row]
        return not self.county or not county or county.startswith(self.county)

    def _raise(self, row: int, score: float) -> None:
        self.scores[row] = max(score, self.scores.get(row, 0.0))

    def _institutions(self) -> list[Candidate]:
        """Score the institutions that bear exactly this name; one without a town cannot be put anywhere yet."""
        whole = self.main + "".join(self.pieces.asides)
        keys = dict.fromkeys((whole, self.pieces.main, self.main, self.rest), 1.0) | dict.fromkeys(
            self.pieces.asides, 0.9
        )
        if len(self.rest) < 3:
            keys.pop(self.rest, None)
            if self.rest not in {"", self.main}:
                keys[plain_name(self.gazetteer.named(self.county)) + self.rest] = 1.0
        known: dict[int, float] = {}
        for key, score in keys.items():
            for row in self.gazetteer.institutions.get(key, ()):
                if self._inside(row):
                    known[row] = max(score, known.get(row, 0.0))
        for row, score in known.items():
            # Without a county a name is certain only when it says the county itself.
            self._raise(row, score if self.county else min(score, ACCEPT_WITHOUT_COUNTY - 0.01))
        return sorted((self._candidate(row, score) for row, score in known.items()), key=lambda c: -c.score)

    def _places(self) -> None:
        """Score the towns and villages that the name, its brackets and the address tell."""
        texts = [(self.rest, 1.0), *((aside, 0.95) for aside in self.pieces.asides)]
        if self.address:
            texts.append((self.gazetteer.split_prefix(self.address, area=self.county)[1], 1.0))
        told = [self._told_by(text, weight) for text, weight in texts]
        for position, scores in enumerate(told):
            others = {self._town_of(row) for n, more in enumerate(told) if n != position for row in more}
            for row, score in scores.items():
                support = 0.05 if self._town_of(row) in others else 0.0
                self._raise(row, min(score + support, 1.0))

    def _told_by(self, text: str, weight: float) -> dict[int, float]:
        part, institution = split_institution(strip_office(text))
        whole = [s for s in self.gazetteer.spellings.get(part, ()) if self._inside(s.row)]
        # The ending 村卫生所 took the 村 of 英墩村 with it.
        ending = next((e for e in ("社区", "村") if institution.startswith(e)), "")
        longer = self.gazetteer.spellings.get(part + ending, ()) if ending else ()
        sure = {s.row: weight for s in longer if s.full and self._inside(s.row)}
        if whole or sure:
            return {s.row: weight * self._score_whole(s, institution) for s in whole} | sure
        scores: dict[int, float] = {}
        for start, spelling in self._mentions(part):
            score = self._score_part(spelling, start) * weight
            scores[spelling.row] = max(score, scores.get(spelling.row, 0.0))
        return self._by_town(scores)

    def _score_whole(self, spelling: Spelling, institution: str) -> float:
        """Score a place whose spelling is all that the name tells besides the kind of institution."""
        if spelling.full:
            return 1.0
        if self.gazetteer.rows[spelling.row]["kind"] in TOWN_KINDS:
            return 0.95
        # 阳光医院 need not stand in 阳光社区: a bare village counts for a village's own institution, or on its own.
        return 0.92 if institution in {"", *VILLAGE_INSTITUTIONS} else 0.78

    def _score_part(self, spelling: Spelling, start: int) -> float:
        """Score a place that is mentioned in a longer name: at its beginning it counts, inside it only suggests."""
        is_town = self.gazetteer.rows[spelling.row]["kind"] in TOWN_KINDS
        if start == 0:
            return 0.95 if spelling.full else 0.88 if is_town else 0.7
        return 0.75 if spelling.full else 0.65 if is_town else 0.5

    def _mentions(self, text: str) -> Iterable[tuple[int, Spelling]]:
        """Go through a text from the left, at each point taking the longest spelling of a place in the county."""
        start = 0
        while start < len(text) - 1:
            for end in range(min(len(text), start + _LONGEST), start + 1, -1):
                found = [s for s in self.gazetteer.spellings.get(text[start:end], ()) if self._inside(s.row)]
                if found:
                    yield from ((start, spelling) for spelling in found)
                    start = end - 1
                    break
            start += 1

    def _by_town(self, scores: dict[int, float]) -> dict[int, float]:
        """Let a town at the beginning choose among villages: 东石镇湖头村 is the one in Dongshi, not its namesake."""
        rows = self.gazetteer.rows
        towns = {rows[row]["town"]: score for row, score in scores.items() if rows[row]["kind"] in TOWN_KINDS}
        first = {town: score for town, score in towns.items() if score >= 0.8}
        if len(first) != 1:
            return scores
        ((town, strength),) = first.items()
        result = {}
        for row, score in scores.items():
            is_village = rows[row]["kind"] in VILLAGE_KINDS
            if is_village and rows[row]["town"] == town:
                result[row] = max(score, min(strength + 0.02, 1.0))
            else:
                result[row] = score - 0.3 if is_village else score
        return result

    def _town_code(self, town: str) -> str:
        """Find the town that the record itself names, by code or name; empty when it is not one of the county's."""
        plain = plain_name(town)
        if plain in self.gazetteer.by_code:
            return plain[:9] if len(plain) >= 9 else ""
        rest = self.gazetteer.split_prefix(plain, area=self.county)[1]
        found = {
            self._town_of(s.row)
            for s in (*self.gazetteer.spellings.get(plain, ()), *self.gazetteer.spellings.get(rest, ()))
            if self._inside(s.row) and self.gazetteer.rows[s.row]["kind"] in TOWN_KINDS
        }
        return found.pop() if len(found) == 1 else ""

    def _town_hint(self) -> None:
        """Prefer places in the town that the record names, and fall back on the town itself."""
        if not self.town:
            return
        for row, score in self.scores.items():
            agrees = self._town_of(row) == self.town
            self.scores[row] = min(score + 0.15, 1.0) if agrees else score - 0.15
        strong = any(score >= 0.73 for score in self.scores.values())
        if not strong and self.town in self.gazetteer.by_code:
            self._raise(self.gazetteer.by_code[self.town], 0.85)

    def _town_of(self, row: int) -> str:
        return self.gazetteer.rows[row]["town"]

    def _candidate(self, row: int, score: float) -> Candidate:
        data = self.gazetteer.rows[row]
        lon, lat, quality = data["lon"], data["lat"], data["quality"]
        levels = dict.fromkeys(TOWN_KINDS, "town") | dict.fromkeys(VILLAGE_KINDS, "village")
        precision = levels.get(data["kind"], "rooftop")
        if not (isfinite(lon) and isfinite(lat)):
            lon, lat, quality = self.gazetteer.point(data["town"])
            precision = "town" if isfinite(lon) else ""
        return Candidate(
            name=data["name"],
            kind=data["kind"],
            code=data["code"],
            county=data["county"],
            town=data["town"],
            lon=lon if isfinite(lon) else nan,
            lat=lat if isfinite(lat) else nan,
            quality=quality or "official",
            precision=precision,
            score=round(score, 3),
            source=data["source"] or self.gazetteer.name,
        )

    def _near(self) -> tuple[Candidate, ...]:
        """Return what is merely alike, in the county; numbers must agree, and none of it is ever accepted."""
        part = split_institution(self.rest)[0]
        found: dict[int, float] = {}
        alike = self.gazetteer.forms_by_numbers
        for query, forms in ((part, alike[0]), (self.rest, alike[1])):
            pool = forms.get(numbers_in(query), ())
            for form, likeness, _ in process.extract(query, pool, scorer=fuzz.ratio, score_cutoff=60, limit=40):
                for row in filter(self._inside, self._rows_of(form)):
                    found[row] = max(found.get(row, 0.0), likeness / 100 * _NEAR)
        return _first(sorted((self._candidate(r, s) for r, s in found.items()), key=lambda c: -c.score))

    def _rows_of(self, form: str) -> Iterable[int]:
        yield from (spelling.row for spelling in self.gazetteer.spellings.get(form, ()))
        yield from self.gazetteer.institutions.get(form, ())


def _first(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Keep the first few, each place once."""
    kept: dict[tuple[str, str, str], Candidate] = {}
    for candidate in candidates:
        kept.setdefault((candidate.code, candidate.name, candidate.county), candidate)
    return tuple(kept.values())[:_SHOWN]
