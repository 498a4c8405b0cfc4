"""A whole batch: every study against every pack, begun or taken up where it was interrupted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from coverplan.batch.pool import spread
from coverplan.batch.record import Checked, Task, check_one, failed, kept, told
from coverplan.batch.table import write_manifest, write_table
from coverplan.core.errors import Cancelled, InputError, Problem, ProblemList
from coverplan.core.progress import SILENT, Progress
from coverplan.standards.rules import read_pack

RECORDS = "areas"
"""The folder of the records, inside the batch's own."""
_DIED = "the process that checked it ended without a word, twice; it may have run out of memory"


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What came of a batch.

    Attributes
    ----------
    folder
        Where everything stands: `verdicts.csv`, `verdicts.xlsx`, `manifest.json`, and a record per study.
    studies
        Every study, in the order in which they were named.
    """

    folder: Path
    studies: tuple[Checked, ...]

    @property
    def failed(self) -> tuple[Checked, ...]:
        """Those that could not be checked."""
        return tuple(study for study in self.studies if study.problems)

    @property
    def missed(self) -> tuple[Checked, ...]:
        """Those in which a rule that must hold does not."""
        return tuple(study for study in self.studies if study.n_missed)


def run_batch(
    configs: Iterable[str | Path],
    folder: str | Path,
    *,
    packs: Iterable[str | Path] = (),
    jobs: int = 2,
    towns: bool | None = None,
    progress: Progress = SILENT,
) -> Batch:
    """Hold many studies against their rule packs and write one table of all verdicts.

    Each study is read, measured and let go, so that memory does not grow with their number. What one of them does
    wrong is told in its row of the table and stops none of the others. Each leaves a record behind at once; when a
    batch is interrupted, however rudely, the same call takes up where it was, and does again only what was made from
    other inputs, packs, options or code.

    Parameters
    ----------
    configs
        The studies' YAML files.
    folder
        Where to.
    packs
        Rule packs that every study is held against; its own unless given.
    jobs
        How many processes; 1 works in this one. With more, a script needs the usual
        ``if __name__ == "__main__":``.
    towns
        Whether each town and street has rows of its own; unless said, it has when there is a single study.
    progress
        Told of every study that is done; may cancel between two.

    Raises
    ------
    InputError
        When no config is named, one is named twice, a pack is wrong, or `folder` holds something else.
    Cancelled
        When the progress says so; what is done by then is kept.

    Examples
    --------
    >>> import tempfile
    >>> import coverplan as cp
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = run_batch([cp.sample_config()], folder, jobs=1)
    ...     done.studies[0].study, sum(done.studies[0].counts.values()), len(done.failed)
    ('three-bridges', 4, 0)
    """
    folder = Path(folder)
    tasks = _tasks([Path(config) for config in configs], [Path(pack) for pack in packs], folder, towns)
    _prepare(folder)
    found: dict[int, Checked] = {}
    progress.message("looking for what is done already")
    for i, task in enumerate(tasks):
        if (record := kept(task)) is not None:
            found[i] = told(record, task, is_new=False)
    left = [i for i in range(len(tasks)) if i not in found]
    progress.message("checking")
    progress.advance(len(found), len(tasks))
    for place, checked in spread(check_one, [tasks[i] for i in left], jobs=jobs, cancelled=progress.cancelled):
        i = left[place]
        found[i] = failed(tasks[i], _DIED) if checked is None else checked
        progress.message(f"checked {tasks[i].config.name}")
        progress.advance(len(found), len(tasks))
    if len(found) < len(tasks):
        raise Cancelled(f"stopped after {len(found)} of {len(tasks)} studies; the same call goes on from there")
    progress.message("writing the table")
    write_table(tasks, folder)
    write_manifest(tasks, folder)
    return Batch(folder=folder, studies=tuple(found[i] for i in range(len(tasks))))


def _tasks(configs: Sequence[Path], packs: Sequence[Path], folder: Path, towns: bool | None) -> list[Task]:
    problems = ProblemList()
    if not configs:
        problems.add("no study is named", hint="name config files, such as configs/*.yaml")
    for twice in sorted({config for config in configs if list(configs).count(config) > 1}):
        problems.add("is named twice", file=str(twice))
    problems.extend(_wrong_packs(packs))
    problems.raise_if_any()
    with_towns = len(configs) == 1 if towns is None else towns
    return [
        Task(config=config, packs=tuple(packs), towns=with_towns, to=folder / RECORDS / _record_name(config))
        for config in configs
    ]


def _wrong_packs(packs: Iterable[Path]) -> Iterator[Problem]:
    """Find what is wrong with the packs before a thousand studies find it one by one."""
    for pack in packs:
        try:
            read_pack(pack)
        except InputError as error:
            yield from error.problems


def _record_name(config: Path) -> str:
    """Name a study's record: configs of the same name in different folders keep apart."""
    return f"{config.stem}-{hashlib.sha256(config.as_posix().encode()).hexdigest()[:8]}.json"


def _prepare(folder: Path) -> None:
    """Make the folder, refuse one that is something else, and sweep up what a killed process left half-written."""
    strange = folder.is_dir() and any(folder.iterdir()) and not (folder / RECORDS).is_dir()
    if strange or (folder.exists() and not folder.is_dir()):
        what = f"{folder} holds files but no batch, so nothing is written there"
        raise InputError([Problem(what=what, hint="name another folder")])
    (folder / RECORDS).mkdir(parents=True, exist_ok=True)
    for part in [*folder.glob(".*.part"), *(folder / RECORDS).glob(".*.part")]:
        part.unlink(missing_ok=True)
