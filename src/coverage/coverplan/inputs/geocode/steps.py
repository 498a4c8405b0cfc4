"""The stairs that one record goes down until its place is known well enough.

What a person entered before, the coordinates that the record brings, the study's own gazetteer, the embedded one, the
online provider or what it answered before. A coarser place found on the way is kept for the case that nothing finer
comes, and the finer one is held against it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import hypot, isfinite
from typing import Any

from rapidfuzz import fuzz

from coverplan.core.datum import to_wgs84
from coverplan.core.errors import ProblemList
from coverplan.core.units import local_crs, project
from coverplan.inputs.geocode.area import StudyArea
from coverplan.inputs.geocode.cache import PERSON, Cache, Remembered
from coverplan.inputs.geocode.gazetteer import Gazetteer, embedded_gazetteer
from coverplan.inputs.geocode.match import Candidate, Match, Wanted, find_place
from coverplan.inputs.geocode.names import plain_name
from coverplan.inputs.geocode.providers import Answer, Provider, ProviderError

RECORD = "record"
"""The provider of coordinates that the record itself brings."""
FINENESS = {"rooftop": 0, "street": 1, "village": 2, "town": 3, "": 9}
GOOD_ENOUGH = "village"
"""Nothing finer is looked for once a place is known like this; what is coarser goes on the review list."""
_SURE_SCORE = 0.7
_SURE_LIKENESS = 70
_AMBIGUOUS_M = 1000.0
_FAR_M = 15_000.0
_TOWN_SLACK_M = 2000.0
"""The middle of a town is itself known to a kilometre or two, so it may lie this far outside the study area."""
_SILENT_TOO_OFTEN = 3


@dataclass(frozen=True, kw_only=True)
class Found:
    """A place for a record, from whatever source; `doubt` is a reason to have it looked at, or empty."""

    lon: float
    lat: float
    provider: str
    precision: str
    score: float
    date: str
    place: str
    code: str = ""
    town: str = ""
    quality: str = "estimated"
    areas: tuple[str, ...] = ()
    doubt: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came out for one record."""

    found: Found | None
    status: str
    reason: str
    candidates: tuple[Candidate, ...] = ()

    @property
    def code(self) -> str:
        """Code of the place, also where it is recognised but has no point."""
        if self.found:
            return self.found.code
        best = self.candidates[0] if self.candidates and self.reason == "no_point" else None
        return (best.code or best.town) if best else ""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What the placing of all records shares."""

    lists: list[Gazetteer]
    provider: Provider | None
    cache: Cache
    area: StudyArea
    date: str
    file: str | None
    first_row: int
    problems: ProblemList = field(default_factory=ProblemList)
    stopped: list[str] = field(default_factory=list)
    silent: list[int] = field(default_factory=lambda: [0])

    @property
    def areas(self) -> Gazetteer:
        """The gazetteer that knows counties."""
        return next((g for g in self.lists if g.prefixes), embedded_gazetteer())

    def place(self, record: dict[str, Any], number: int) -> Outcome:
        """Take one record down the stairs, then hold what was found against study area and county."""
        question = record["question"]
        persons = [line for line in self.cache.of(question, provider="") if line.provider == PERSON]
        if persons:
            return self._checked(_from_memory(persons[0]), record, number)
        if isfinite(record["lon"]) and isfinite(record["lat"]):
            return self._checked(self._own_point(record), record, number)
        match, found = self._gazetteers(record)
        if not (found and FINENESS[found.precision] <= FINENESS[GOOD_ENOUGH]):
            found = self._finer(found, self._online(record, number, found))
        if found is None:
            return Outcome(found=None, status="open", reason=match.reason or "no_match", candidates=match.candidates)
        return self._checked(found, record, number, match)

    def _own_point(self, record: dict[str, Any]) -> Found:
        lon, lat = to_wgs84(record["lon"], record["lat"], record["datum"])
        return Found(
            lon=float(lon),
            lat=float(lat),
            provider=RECORD,
            precision="rooftop",
            score=1.0,
            date="",
            place=record["name"],
            quality="",
        )

    def _gazetteers(self, record: dict[str, Any]) -> tuple[Match, Found | None]:
        """Ask the gazetteers in turn; the first place that is good enough wins, else the finest."""
        wanted = Wanted(name=record["name"], county=record["county"], town=record["town"], address=record["address"])
        best: Found | None = None
        told: list[Match] = []
        for gazetteer in self.lists:
            match = find_place(wanted, gazetteer)
            told.append(match)
            if match.certain and match.best is not None:
                best = self._finer(best, self._from_candidate(match.best, gazetteer))
                if best and FINENESS[best.precision] <= FINENESS[GOOD_ENOUGH]:
                    break
        candidates = tuple(dict.fromkeys(c for match in told for c in match.candidates))
        reason = next((match.reason for match in reversed(told) if match.candidates), told[-1].reason if told else "")
        return Match(candidates=candidates, certain=best is not None, reason="" if best else reason), best

    def _from_candidate(self, candidate: Candidate, gazetteer: Gazetteer) -> Found:
        return Found(
            lon=candidate.lon,
            lat=candidate.lat,
            provider=gazetteer.name,
            precision=candidate.precision,
            score=candidate.score,
            date=self.date,
            place=candidate.name,
            code=candidate.code or candidate.town,
            town=candidate.town,
            quality=candidate.quality,
            areas=(candidate.county,) if candidate.county else (),
        )

    def _finer(self, one: Found | None, other: Found | None) -> Found | None:
        """Take the finer of two places; one in doubt never drives out one that is certain."""
        if one is None or other is None:
            return one or other
        doubt = (bool(one.doubt), bool(other.doubt))
        if doubt[0] != doubt[1]:
            return other if doubt[0] else one
        return other if FINENESS[other.precision] < FINENESS[one.precision] else one

    def _online(self, record: dict[str, Any], number: int, town: Found | None) -> Found | None:
        """Look an answer up in the cache or put the question to the provider, once."""
        name = self.provider.name if self.provider else ""
        lines = self.cache.of(record["question"], provider=name)
        if not lines and self.provider and not self.stopped:
            lines = self._ask(record, number)
        places = [_from_memory(line) for line in lines if isfinite(line.lon)]
        if not places:
            return None
        first = self._judged(places[0], record, town)
        if any(_apart_m(first, other) > _AMBIGUOUS_M and other.score >= first.score for other in places[1:]):
            first = replace(first, doubt=first.doubt or "ambiguous")
        return first

    def _ask(self, record: dict[str, Any], number: int) -> list[Remembered]:
        provider = self.provider
        assert provider is not None  # noqa: S101 - the caller has looked
        question = record["question"]
        try:
            answers = provider.ask(question)
        except ProviderError as error:
            self._note_failure(error, record, number)
            return []
        self.silent[0] = 0
        lines = [_as_line(question, provider.name, answer, self.date) for answer in answers]
        lines = lines or [Remembered(question=question, provider=provider.name, date=self.date, note="not found")]
        self.cache.keep(lines)
        return lines

    def _note_failure(self, error: ProviderError, record: dict[str, Any], number: int) -> None:
        """Note a failure; after a refusal for good, or three silences in a row, nothing more is asked."""
        self.silent[0] = self.silent[0] + 1 if error.kind == "silence" else 0
        if error.final or self.silent[0] >= _SILENT_TOO_OFTEN:
            self.stopped.append(error.kind)
            hints = {
                "key": "check the key in the environment and what it is allowed",
                "quota": "go on tomorrow: what was answered is in the cache and is not asked again",
                "silence": "no more questions were put; is there a connection?",
            }
            self.problems.add(str(error), file=self.file, hint=hints[error.kind])
            return
        self.problems.add(f"'{record['name']}': {error}", file=self.file, row=self.first_row + number)

    def _judged(self, found: Found, record: dict[str, Any], town: Found | None) -> Found:
        """Say whether a provider's answer should be looked at before it is believed."""
        if not found.precision or found.score < _SURE_SCORE:
            return replace(found, doubt="provider_unsure")
        if found.precision == "rooftop" and found.place:
            alike = fuzz.partial_ratio(plain_name(record["name"]), plain_name(found.place))
            if alike < _SURE_LIKENESS:
                return replace(found, doubt="provider_unsure")
        if town is not None and _apart_m(found, town) > _FAR_M:
            return replace(found, doubt="far_from_town")
        return found

    def _checked(self, found: Found, record: dict[str, Any], number: int, match: Match | None = None) -> Outcome:
        """Refuse a point outside the study area or in another county; mark what is coarse or in doubt."""
        candidates = match.candidates if match else ()
        wrong = self._wrong(found, record)
        if wrong:
            self._tell(found, record, number, wrong)
            return Outcome(found=None, status="open", reason=wrong, candidates=candidates)
        if found.doubt:
            offered = _offer(found)
            return Outcome(found=None, status="open", reason=found.doubt, candidates=(offered, *candidates))
        if found.provider == PERSON:
            return Outcome(found=found, status="placed", reason="")
        if FINENESS[found.precision] > FINENESS[GOOD_ENOUGH]:
            reason = "illustrative" if found.quality == "illustrative" else "coarse"
            return Outcome(found=found, status="check", reason=reason, candidates=candidates)
        return Outcome(found=found, status="placed", reason="")

    def _wrong(self, found: Found, record: dict[str, Any]) -> str:
        slack = _TOWN_SLACK_M if found.precision == "town" else 0.0
        if not self.area.covers(found.lon, found.lat, slack_m=slack):
            return "outside"
        wanted = self.areas.county_code(record["county"])
        if not wanted.isdigit():
            return ""
        told = {self.areas.county_code(area) for area in found.areas}
        codes = {code[:6] for code in told if code.isdigit() and len(code) >= 6}
        return "other_county" if codes and not any(code.startswith(wanted) for code in codes) else ""

    def _tell(self, found: Found, record: dict[str, Any], number: int, wrong: str) -> None:
        where = f"({found.lon:.5f}, {found.lat:.5f})"
        source = "its coordinates" if found.provider == RECORD else f"the point of {found.provider}"
        if wrong == "outside":
            what = f"'{record['name']}': {source} {where} lie outside the study area"
            hint = (
                self.area.hint(record["lon"], record["lat"]) if found.provider == RECORD else "it is on the review list"
            )
        else:
            names = " / ".join(self.areas.named(area) for area in found.areas)
            what = f"'{record['name']}': {source} {where} lie in {names}, the record says {record['county']}"
            hint = "it is on the review list"
        self.problems.add(what, file=self.file, row=self.first_row + number, column="lon", hint=hint)


def _from_memory(line: Remembered) -> Found:
    """Read an answer that was remembered."""
    return Found(
        lon=line.lon,
        lat=line.lat,
        provider=line.provider,
        precision=line.precision,
        score=line.score,
        date=line.date,
        place=line.label or line.note,
        quality="measured" if line.provider == PERSON else "estimated",
        areas=line.areas,
    )


def _offer(found: Found) -> Candidate:
    """Turn a doubtful place into a candidate for the review list."""
    return Candidate(
        name=found.place or found.provider,
        kind="",
        code=found.code,
        county=found.areas[0] if found.areas else "",
        town=found.town,
        lon=found.lon,
        lat=found.lat,
        quality=found.quality,
        precision=found.precision,
        score=found.score,
        source=found.provider,
    )


def _as_line(question: str, provider: str, answer: Answer, date: str) -> Remembered:
    return Remembered(
        question=question,
        provider=provider,
        lon=answer.lon,
        lat=answer.lat,
        precision=answer.precision,
        score=answer.score,
        label=answer.label,
        areas=answer.areas,
        date=date,
    )


def _apart_m(one: Found, other: Found) -> float:
    """Return the distance of two places in metres."""
    x, y = project([one.lon, other.lon], [one.lat, other.lat], local_crs(one.lon, one.lat))
    return hypot(float(x[1] - x[0]), float(y[1] - y[0]))
