"""All records of a batch as one table and one manifest, read one record at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import coverplan
from coverplan.batch.record import BATCH_COLUMNS, Task, cells, read_record
from coverplan.outputs.books import write_long
from coverplan.outputs.tables import write_json

TABLE = "verdicts"
"""What the table's files are called: `verdicts.csv` and `verdicts.xlsx`."""
MANIFEST = "manifest.json"


def write_table(tasks: Sequence[Task], folder: Path) -> list[Path]:
    """Write area x rule x verdict x figure x shortfall as CSV and workbook, in the order of the tasks."""
    return write_long(list(BATCH_COLUMNS), _rows(tasks), folder, TABLE)


def _rows(tasks: Iterable[Task]) -> Iterator[Sequence[Any]]:
    for task in tasks:
        record = read_record(task.to)
        if record is not None:
            yield from cells(record, task)


def write_manifest(tasks: Sequence[Task], folder: Path) -> Path:
    """Write what every study was made from: the hashes of its inputs and packs, the version and the options."""
    areas = [_entry(task) for task in tasks]
    told = {"made_with": {"coverplan": coverplan.__version__}, "towns": any(task.towns for task in tasks)}
    return write_json({"format": 1, **told, "areas": areas}, folder / MANIFEST)


def _entry(task: Task) -> dict[str, Any]:
    record = read_record(task.to) or {}
    state = "waiting" if not record else "failed" if record["problems"] else "done"
    return {
        "config": task.config.as_posix(),
        "study": record.get("study", ""),
        "state": state,
        "record": f"{task.to.parent.name}/{task.to.name}",
        "made_from": record.get("made_from", {}),
    }
