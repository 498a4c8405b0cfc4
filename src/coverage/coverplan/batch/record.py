"""One study of a batch: what it was made from, its rows, or why it could not be checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

import coverplan
from coverplan.access.coverage import TOTAL
from coverplan.core.atomic import write_text
from coverplan.core.errors import InputError, Problem
from coverplan.outputs.tables import number
from coverplan.standards.rules import read_pack
from coverplan.standards.summary import summary

if TYPE_CHECKING:
    from coverplan.core.model import Study

RECORD_FORMAT = 1
"""Version of the shape of a record; records of another one are made anew."""

BATCH_COLUMNS: dict[str, str] = {
    "config": "The study's config file, as it was named.",
    "study": "Its short name; empty where it could not be read.",
    "name": "What it is called in Chinese.",
    "name_en": "And in English.",
    "year": "The year it stands for.",
    "area_id": "Town or street; `all` for the whole study, empty for what lies in no area.",
    "area": "Its Chinese name.",
    "area_en": "Its English name.",
    "rule_id": "The rule.",
    "rule": "Its Chinese name.",
    "rule_en": "Its English name.",
    "system": "Which of the plan's systems it belongs to.",
    "strength": "must, strive or encourage.",
    "target_year": "Year by which it is to hold.",
    "reading": "The reading that decides.",
    "status": "met, not_met, measured (the text sets no limit), no_data, or failed: the study could not be checked.",
    "figure": "The figure; empty where there is nothing to measure, or nobody is reached.",
    "unit": "What the figure counts.",
    "limit": "What the text asks of it; empty where it sets nothing.",
    "our_limit": "Our own yardstick where the text sets nothing; whole studies only.",
    "our_status": "met or not_met by that yardstick; whole studies only.",
    "shortfall": "What is missing: people, vehicles, devices; 0 when the rule is met.",
    "shortfall_unit": "What the shortfall counts.",
    "quality": "Weakest quality of all the figure rests on.",
    "document": "Title of the plan the rule is taken from.",
    "problem": "For failed: what is wrong, and what to do about it.",
}
"""Columns of a batch's table: area x rule x verdict x figure x shortfall."""

_DECIDING = ("core", "roads", "inputs", "travel", "access", "standards", "batch")
_OWN = ("year", "area_id", "area", "area_en", "rule_id", "rule", "rule_en", "system", "strength", "target_year",
        "reading", "status", "figure", "unit", "limit", "our_limit", "our_status", "shortfall", "shortfall_unit",
        "quality", "document")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Task:
    """One study to be checked.

    Attributes
    ----------
    config
        Its config file.
    packs
        Rule packs to hold it against; its own when empty.
    towns
        Whether every town and street has rows of its own beside the whole.
    to
        Where the record goes.
    """

    config: Path
    packs: tuple[Path, ...]
    towns: bool
    to: Path


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What came of one study, as far as the screen needs it; the rows stand in the record's file.

    Attributes
    ----------
    config, study, name, name_en
        Which study; the names are empty where it could not be read.
    counts
        How many rules came out as what.
    n_missed
        Rules that must hold and do not.
    problems
        Why it could not be checked; empty when it was.
    is_new
        Whether it was checked now, and not taken over from before.
    """

    config: Path
    study: str
    name: str
    name_en: str
    counts: Mapping[str, int]
    n_missed: int
    problems: tuple[Problem, ...]
    is_new: bool = True


def check_one(task: Task) -> Checked:
    """Check one study and keep its record; a fault becomes part of the record and stops nobody else."""
    try:
        record = _made(task)
    except InputError as error:
        record = _failed(task, error.problems)
    except Exception as error:  # noqa: BLE001 - one study's fault, ours or not, must not stop a thousand others
        record = _failed(task, [Problem(what=f"{type(error).__name__}: {error}", file=task.config.name)])
    write_text(task.to, json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")
    return told(record, task)


def failed(task: Task, what: str) -> Checked:
    """Keep the record of a study whose process died."""
    record = _failed(task, [Problem(what=what, file=task.config.name, hint="look at it alone: coverplan run")])
    write_text(task.to, json.dumps(record, ensure_ascii=False) + "\n")
    return told(record, task)


def told(record: Mapping[str, Any], task: Task, *, is_new: bool = True) -> Checked:
    """Return what the screen needs of a record."""
    return Checked(
        config=task.config,
        study=record["study"],
        name=record["name"],
        name_en=record["name_en"],
        counts=record["counts"],
        n_missed=record["n_missed"],
        problems=tuple(Problem(**problem) for problem in record["problems"]),
        is_new=is_new,
    )


def read_record(path: Path) -> dict[str, Any] | None:
    """Read a record; None when there is none, or none of ours."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_ours = isinstance(record, dict) and record.get("format") == RECORD_FORMAT
    return record if is_ours else None


def kept(task: Task) -> dict[str, Any] | None:
    """Return the record of an earlier, interrupted batch when all it was made from is as it was, else None.

    Nothing is taken over from a study that failed, or that read a database, which may have changed unseen.
    """
    record = read_record(task.to)
    if record is None or record["problems"]:
        return None
    made = record["made_from"]
    same = made["how"] == _how(task) and made["packs"] == _hashes(task.packs)
    folder = task.config.parent
    return record if same and all(_sha256(folder / name) == said for name, said in made["inputs"].items()) else None


def _made(task: Task) -> dict[str, Any]:
    study = coverplan.read_study(task.config)
    network = coverplan.build_network(study)
    packs = tuple(read_pack(path) for path in task.packs) or None
    assessment = coverplan.assess(study, network, packs=packs)
    rows = summary(assessment)
    rows = rows[rows["is_default"] & (task.towns | (rows["area_id"] == TOTAL))]
    statuses = [verdict.status for verdict in assessment.verdicts]
    must = [v.status for v in assessment.verdicts if v.rule.strength == "must"]
    return {
        "format": RECORD_FORMAT,
        "study": study.study_id,
        "name": study.name,
        "name_en": study.name_en,
        "made_from": {"how": _how(task), "packs": _hashes(task.packs), "inputs": _inputs(study, task.config)},
        "counts": {name: statuses.count(name) for name in ("met", "not_met", "measured", "no_data")},
        "n_missed": must.count("not_met"),
        "problems": [],
        "rows": _plain(rows.assign(year=study.year)),
    }


def _failed(task: Task, problems: Sequence[Problem]) -> dict[str, Any]:
    return {
        "format": RECORD_FORMAT,
        "study": "",
        "name": "",
        "name_en": "",
        "made_from": {"how": _how(task), "packs": _hashes(task.packs), "inputs": {}},
        "counts": {},
        "n_missed": 0,
        "problems": [vars(problem) for problem in problems],
        "rows": [],
    }


def _plain(rows: pd.DataFrame) -> list[list[Any]]:
    """Return the rows as JSON knows them, in the order of `BATCH_COLUMNS` between the names and the problem."""
    columns = [[_cell(value) for value in rows[name]] for name in _OWN]
    return [list(row) for row in zip(*columns, strict=True)]


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value
    return None if pd.isna(value) else number(float(value))


def cells(record: Mapping[str, Any], task: Task) -> list[list[Any]]:
    """Return a record as rows of the batch's table; one row that says what is wrong for a study that failed."""
    head = [task.config.as_posix(), record["study"], record["name"], record["name_en"]]
    if record["problems"]:
        empty: list[Any] = [None] * len(_OWN)
        empty[_OWN.index("status")] = "failed"
        what = "; ".join(str(Problem(**problem)) for problem in record["problems"])
        return [[*head, *empty, what]]
    return [[*head, *row, None] for row in record["rows"]]


def _how(task: Task) -> dict[str, Any]:
    """Say what else a record depends on: the version, the code itself, and what was asked for."""
    return {"version": coverplan.__version__, "code": _code(), "towns": task.towns}


@cache
def _code() -> str:
    """Return one digest of the code that decides verdicts: a changed check must not stand beside the old one's."""
    package = Path(coverplan.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for room in _DECIDING for path in (package / room).rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _hashes(packs: Sequence[Path]) -> dict[str, str | None]:
    return {path.as_posix(): _sha256(path) for path in packs}


def _inputs(study: Study, config: Path) -> dict[str, str | None]:
    """Name every file that was read, and the earlier run that trends are compared with; relative to the config."""
    inputs: dict[str, str | None] = dict(study.inputs)
    previous = study.options.get("previous_run")
    if previous:
        name = f"{previous}/verdicts.json"
        inputs[name] = _sha256(config.parent / name)
    return inputs


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None
