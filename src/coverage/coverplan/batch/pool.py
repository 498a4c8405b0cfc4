"""A few processes that work through a list; one that dies takes nothing with it but the task it had in hand.

`concurrent.futures` gives a whole pool up when one process is killed, and `multiprocessing.Pool` waits for ever; a
batch of a thousand counties wants neither, so this small pool keeps one pipe per process.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TypeVar, cast

Task = TypeVar("Task")
Done = TypeVar("Done")

_TRIES = 2
"""How often a task is begun before the death of its process counts as its fault."""
_LIFE = 250
"""Tasks after which a process makes room for a new one, so that no library's leak adds up."""
_PATIENCE_S = 5.0


@dataclass(kw_only=True, eq=False)
class _Hand:
    """A process, the pipe to it, and the task it has in hand."""

    process: BaseProcess
    pipe: Connection
    task: int | None = None
    n_done: int = 0


def spread(
    work: Callable[[Task], Done],
    tasks: Sequence[Task],
    *,
    jobs: int,
    cancelled: Callable[[], bool] = lambda: False,
) -> Generator[tuple[int, Done | None]]:
    """Work through tasks in several processes and yield each result as it comes.

    However the loop over the results ends, no process is left behind.

    Parameters
    ----------
    work
        A function of a module (it is looked up by name in the other process); it must not raise.
    tasks
        What to do; with `jobs` 1 it is done right here.
    jobs
        How many processes, at most.
    cancelled
        Asked between results; when it says so, nothing more is yielded.

    Yields
    ------
    tuple of int and result
        The task's place in `tasks`, and what came of it; None when its process died twice.
    """
    if jobs <= 1 or len(tasks) <= 1:
        for i, task in enumerate(tasks):
            if cancelled():
                return
            yield i, work(task)
        return
    yield from _in_processes(work, tasks, min(jobs, len(tasks)), cancelled)


def _in_processes(
    work: Callable[[Task], Done], tasks: Sequence[Task], n_hands: int, cancelled: Callable[[], bool]
) -> Iterator[tuple[int, Done | None]]:
    left = deque(range(len(tasks)))
    tries = [0] * len(tasks)
    hands: list[_Hand] = []
    try:
        while left or any(hand.task is not None for hand in hands):
            hands += [_hire(work) for _ in range(min(n_hands - len(hands), len(left)))]
            for hand in [hand for hand in hands if hand.task is None][: len(left)]:
                hand.task = left.popleft()
                tries[hand.task] += 1
                _give(hand, tasks[hand.task])
            for hand in _ready(hands):
                yield from _taken(hand, hands, left, tries)
            if cancelled():
                return
    finally:
        for hand in hands:
            _dismiss(hand)


def _hire(work: Callable[[Task], Done]) -> _Hand:
    # "spawn" begins with a clean process: a fork would copy the locks of threads that compiled code has started.
    context = multiprocessing.get_context("spawn")
    ours, theirs = cast(tuple[Connection, Connection], context.Pipe())
    process = context.Process(target=_serve, args=(work, theirs), daemon=True)
    process.start()
    theirs.close()
    return _Hand(process=process, pipe=ours)


def _serve(work: Callable[[Task], Done], pipe: Connection) -> None:
    """Do tasks until the pipe closes, which it also does when the parent is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the parent answers it
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(work(task))
        except BrokenPipeError:
            return


def _give(hand: _Hand, task: object) -> None:
    try:
        hand.pipe.send(task)
    except OSError:
        return  # it died before it got the task; `_ready` finds that out


def _ready(hands: list[_Hand]) -> list[_Hand]:
    busy = [hand for hand in hands if hand.task is not None]
    told = wait([thing for hand in busy for thing in (hand.pipe, hand.process.sentinel)], timeout=1.0)
    return [hand for hand in busy if hand.pipe in told or hand.process.sentinel in told]


def _taken(hand: _Hand, hands: list[_Hand], left: deque[int], tries: list[int]) -> Iterator[tuple[int, Done | None]]:
    """Take a result from a process, or its task back from a dead one."""
    task, hand.task = hand.task, None
    if task is None:
        return
    try:
        # A process that died right after it had answered has left its answer in the pipe.
        result = hand.pipe.recv() if hand.pipe.poll() else None
        died = result is None
    except (EOFError, OSError):
        result, died = None, True
    hand.n_done += 1
    if died or hand.n_done >= _LIFE:
        hands.remove(hand)
        _dismiss(hand)
    if died and tries[task] < _TRIES:
        left.appendleft(task)
        return
    yield task, result


def _dismiss(hand: _Hand) -> None:
    """End a process: an idle one leaves when its pipe closes, a busy one is told to."""
    hand.pipe.close()
    if hand.task is not None:
        hand.process.terminate()
    hand.process.join(_PATIENCE_S)
    if hand.process.is_alive():
        hand.process.kill()
        hand.process.join()
    hand.process.close()
