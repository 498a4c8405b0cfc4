"""What was asked once is kept in a CSV that its user may edit: answers of providers, refusals to know, corrections."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from coverplan.core.atomic import write_text
from coverplan.core.datum import to_wgs84
from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.core.words import DATUMS
from coverplan.inputs.geocode.gazetteer import datum_of, read_text_table

COLUMNS = ("question", "provider", "lon", "lat", "datum", "precision", "score", "label", "areas", "date", "note")
PERSON = "person"
"""The provider of what somebody entered or confirmed; it stands above every other."""
PRECISIONS = ("rooftop", "street", "village", "town", "")
_EVERY = 20


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """One line of the cache: an answer, or, without a point, that the provider knows nothing of that name.

    Degrees in WGS-84, NaN without a point.
    """

    question: str
    provider: str
    lon: float = float("nan")
    lat: float = float("nan")
    precision: str = ""
    score: float = 0.0
    label: str = ""
    areas: tuple[str, ...] = ()
    date: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Cache:
    """The remembered answers by question, and the file they are kept in (None: only in memory).

    The records in `lines` change as answers come in; `save` writes them, beside and then renamed.
    """

    path: Path | None
    lines: dict[str, list[Remembered]] = field(default_factory=dict)
    _unsaved: list[int] = field(default_factory=lambda: [0], repr=False)

    def of(self, question: str, *, provider: str) -> list[Remembered]:
        """Return what is known: what a person entered, else any answer, else that this provider knows nothing."""
        lines = self.lines.get(question, [])
        persons = [line for line in lines if line.provider == PERSON]
        answers = [line for line in lines if np.isfinite(line.lon)]
        silent = [line for line in lines if line.provider == provider]
        return persons or answers or silent

    def keep(self, lines: Iterable[Remembered]) -> None:
        """Remember answers to one or several questions; a person's line takes the place of the person's last."""
        for line in lines:
            known = self.lines.setdefault(line.question, [])
            if line.provider == PERSON:
                known[:] = [old for old in known if old.provider != PERSON]
            known.append(line)
            self._unsaved[0] += 1
        if self._unsaved[0] >= _EVERY:
            self.save()

    def save(self) -> None:
        """Write the file if anything is new."""
        if self.path is None or not self._unsaved[0]:
            return
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(_as_row(line) for lines in self.lines.values() for line in lines)
        write_text(self.path, text.getvalue(), encoding="utf-8-sig")
        self._unsaved[0] = 0


def _as_row(line: Remembered) -> list[str]:
    point = [f"{v:.6f}" if np.isfinite(v) else "" for v in (line.lon, line.lat)]
    score = f"{line.score:.3f}" if point[0] else ""
    datum = "wgs84" if point[0] else ""
    areas = "|".join(line.areas)
    return [line.question, line.provider, *point, datum, line.precision, score, line.label, areas, line.date, line.note]


def open_cache(path: str | Path | None) -> Cache:
    """Open a cache; a file that does not exist yet is an empty one.

    Raises
    ------
    InputError
        With every line that somebody edited into something unusable.
    """
    path = None if path is None else Path(path)
    if path is None or not path.exists():
        return Cache(path=path)
    problems = ProblemList()
    table = read_text_table(path, problems)
    problems.raise_if_any()
    for name in ("question", "provider", "lon", "lat"):
        if name not in table.columns:
            problems.add("the column is missing", file=path.name, column=name)
    problems.raise_if_any()
    table = table.reindex(columns=list(COLUMNS), fill_value="").apply(lambda column: column.str.strip())
    lines: dict[str, list[Remembered]] = {}
    for number, row in enumerate(table.to_dict("records")):
        texts = {str(name): str(value) for name, value in row.items()}
        if any(texts.values()):
            line = _as_line(texts, file=path.name, row=number + 2, problems=problems)
            lines.setdefault(line.question, []).append(line)
    problems.raise_if_any()
    return Cache(path=path, lines=lines)


def _as_line(texts: dict[str, str], *, file: str, row: int, problems: ProblemList) -> Remembered:
    if not texts["question"]:
        problems.add("is empty", file=file, row=row, column="question")
    if texts["precision"] not in PRECISIONS:
        hint = did_you_mean(texts["precision"], PRECISIONS[:-1])
        problems.add(f"'{texts['precision']}' is not a precision", file=file, row=row, column="precision", hint=hint)
    lon = _number(texts["lon"], 180, file=file, row=row, column="lon", problems=problems)
    lat = _number(texts["lat"], 90, file=file, row=row, column="lat", problems=problems)
    score = _number(texts["score"], 1, file=file, row=row, column="score", problems=problems)
    datum = datum_of(texts["datum"])
    if datum is None:
        hint = did_you_mean(texts["datum"], DATUMS)
        problems.add(f"'{texts['datum']}' is not a known datum", file=file, row=row, column="datum", hint=hint)
    if np.isnan(lon) != np.isnan(lat):
        problems.add("longitude and latitude go together", file=file, row=row, column="lat")
    east, north = to_wgs84(lon, lat, datum or "wgs84")
    return Remembered(
        question=texts["question"],
        provider=texts["provider"] or PERSON,
        lon=float(east),
        lat=float(north),
        precision=texts["precision"] or ("rooftop" if texts["provider"] in {"", PERSON} else ""),
        score=1.0 if texts["provider"] in {"", PERSON} else float(np.nan_to_num(score)),
        label=texts["label"],
        areas=tuple(filter(None, texts["areas"].split("|"))),
        date=texts["date"],
        note=texts["note"],
    )


def _number(text: str, most: float, *, file: str, row: int, column: str, problems: ProblemList) -> float:
    if not text:
        return float("nan")
    value = pd.to_numeric(text, errors="coerce")
    if not abs(value) <= most:
        problems.add(f"'{text}' is not a number up to {most:g}", file=file, row=row, column=column)
        return float("nan")
    return float(value)
