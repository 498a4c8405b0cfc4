"""Long work: a bounded pool of threads, how far each is, and cancelling."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from coverplan.app.answers import as_problems, told
from coverplan.app.complaints import problem
from coverplan.core.errors import Cancelled, CoverplanError, InputError
from coverplan.outputs.phrases import Both, both

Data = dict[str, Any]
Status = Literal["running", "done", "failed", "cancelled"]

WORKERS = 2
MOST_WAITING = 24
MOST_KEPT = 100
_KEPT_S = 3600.0
_RULE = re.compile(r"([A-Za-z0-9-]+) (.*[^\x00-\x7f]) ([\x20-\x7e]+)")
_BEST = re.compile(r"best so far ([-\d.,e+]+?)(?:, bound ([-\d.,e+]+), gap [\d.,]+%)?(?:, no bound.*)?, \d+ s$")


class BusyError(CoverplanError):
    """Too much long work is waiting already."""


@dataclass(kw_only=True)
class Job:
    """One piece of long work; it is the `core.progress.Progress` of what it does.

    Attributes
    ----------
    stopped
        Whether somebody asked it to stop; work that has something to show for it ends as done all the same.
    file
        What it wrote, where it wrote something.
    already
        Of the best so far, what is there without the work: its best is told as what it adds.
    """

    job_id: str
    kind: str
    status: Status = "running"
    done: int = 0
    of: int = 0
    text: Both = field(default_factory=lambda: both("等待中", "waiting"))
    incumbent: float | None = None
    bound: float | None = None
    gap: float | None = None
    result: Any = None
    problems: list[Data] = field(default_factory=list)
    file: Path | None = None
    already: float = 0.0
    ended: float | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    def message(self, text: str) -> None:
        """Say what is being done now."""
        found = _BEST.search(text)
        if found is None:
            self.text = in_words(text)
            return
        best, bound = (None if part is None else float(part.replace(",", "")) for part in found.groups())
        self.incumbent = None if best is None else best - self.already
        self.bound = None if bound is None else max(bound - self.already, 0.0)
        self.gap = gap_of(self.incumbent, self.bound)
        self.text = _best_so_far(self.incumbent, self.bound, self.gap)

    def advance(self, done: int, total: int) -> None:
        """Say how far it is."""
        self.done, self.of = done, total

    def cancelled(self) -> bool:
        """Say whether somebody asked it to stop."""
        return self.stop.is_set()

    def told(self) -> Data:
        """Return it as the interface tells it."""
        return {
            "job_id": self.job_id, "kind": self.kind, "status": self.status, "done": self.done, "of": self.of,
            "message": self.text, "incumbent": self.incumbent, "bound": self.bound, "gap": self.gap,
            "stopped": self.stop.is_set(), "result": self.result if self.status == "done" else None,
            "problems": self.problems,
        }  # fmt: skip


def gap_of(people: float | None, bound: float | None) -> float | None:
    """Return how much more than the people of a plan the bound allows, as a share of them; None without either.

    Examples
    --------
    >>> gap_of(1000.0, 1005.0), gap_of(0.0, 5.0)
    (0.005, None)
    """
    return (bound - people) / people if people and bound is not None else None


_CANCELLED = both("已取消", "cancelled")
_SAID = {
    "gathering candidates": "收集候选点",
    "measuring": "测算中",
    "solving": "求解中",
    "looking for other good plans": "寻找其他可选方案",
    "drawing": "绘制地图",
    "writing": "写入文件",
    "making": "生成图层",
    "compiling": "首次编译（约一分钟）",
    "stopped": "已停止",
}


def in_words(text: str) -> Both:
    """Say in both languages what work says of itself; of a rule, which says its name in both, the right one.

    Examples
    --------
    >>> in_words("drawing the years")["zh"], in_words("JJ-117 院前急救服务半径 Emergency service radius")["zh"]
    ('绘制地图', 'JJ-117 院前急救服务半径')
    """
    rule = _RULE.fullmatch(text)
    if rule is not None:
        return both(f"{rule[1]} {rule[2]}", f"{rule[1]} {rule[3]}")
    zh = next((word for start, word in _SAID.items() if text.lower().startswith(start)), "")
    return both(zh or text, text)


def _best_so_far(best: float | None, bound: float | None, gap: float | None) -> Both:
    zh, en = f"目前最优：新增{best or 0:,.0f}人", f"best so far: {best or 0:,.0f} more people"
    if bound is None or gap is None:
        return both(zh, en)
    return both(f"{zh}，至多{bound:,.0f}人，差距{gap:.2%}", f"{en}, at most {bound:,.0f}, gap {gap:.2%}")


class Jobs:
    """The long work of a server. Work that has ended is kept for an hour, and its file with it."""

    def __init__(self, *, workers: int = WORKERS, most_waiting: int = MOST_WAITING) -> None:
        self._folder: Path | None = None
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="work")
        self._most = workers + most_waiting
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()

    def start(self, kind: str, work: Callable[[Job], Any]) -> Job:
        """Begin work, or put it into the queue.

        Raises
        ------
        BusyError
            When too much is waiting.
        """
        job = Job(job_id=secrets.token_urlsafe(12), kind=kind)
        with self._lock:
            self._forget()
            if sum(one.ended is None for one in self._jobs.values()) >= self._most:
                raise BusyError("too much is being worked on already")
            self._jobs[job.job_id] = job
        self._pool.submit(self._run, job, work)
        return job

    def place(self, job: Job, suffix: str) -> Path:
        """Return where work may write its file: into a folder of ours, under a name that nobody else chose."""
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="coverplan-"))
            return self._folder / f"{job.job_id}{suffix}"

    def find(self, job_id: str) -> Job | None:
        """Return work by its identifier, None when there is none, or it is forgotten."""
        with self._lock:
            return self._jobs.get(job_id)

    def close(self) -> None:
        """Ask everything to stop, wait for nothing that has not begun, and take away what was written."""
        with self._lock:
            for job in self._jobs.values():
                job.stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _forget(self) -> None:
        now = time.monotonic()
        for job in list(self._jobs.values()):
            old = job.ended is not None and (now - job.ended > _KEPT_S or len(self._jobs) >= MOST_KEPT)
            if old:
                del self._jobs[job.job_id]
                if job.file is not None:
                    job.file.unlink(missing_ok=True)

    def _run(self, job: Job, work: Callable[[Job], Any]) -> None:
        if job.stop.is_set():
            job.status, job.text, job.ended = "cancelled", _CANCELLED, time.monotonic()
            return
        try:
            job.result = work(job)
            job.status = "done"
        except Cancelled:
            job.status, job.text = "cancelled", _CANCELLED
        except InputError as error:
            job.problems, job.status = as_problems(error), "failed"
        except CoverplanError as error:
            job.problems, job.status = [told(problem("not_done", text=str(error)))], "failed"
        except Exception as error:  # noqa: BLE001 - work in a thread has nobody else to tell what went wrong
            text = f"{type(error).__name__}: {error}"
            job.problems, job.status = [told(problem("broken", text=text))], "failed"
        finally:
            job.ended = time.monotonic()
