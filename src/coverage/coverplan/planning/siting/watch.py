"""Time limit, progress and Ctrl-C in one place: whoever works long asks here whether to go on."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import numpy as np

from coverplan.core.progress import SILENT, Progress
from coverplan.planning.siting.plan import gap_of

_EVERY_S = 0.2
"""How often progress is told, at most."""


class Watch:
    """Knows when to stop, and tells how far the search is: best plan so far, bound, gap."""

    def __init__(self, *, time_limit: float, progress: Progress = SILENT) -> None:
        self.began = time.perf_counter()
        self.time_limit = time_limit
        self._progress = progress
        self._told = 0.0
        self.cancelled = False
        self.found_s = 0.0
        self.how: list[str] = []

    @property
    def seconds(self) -> float:
        """Seconds since the question was put."""
        return time.perf_counter() - self.began

    @property
    def left(self) -> float:
        """Seconds left before the time limit, 0 when it is over or the user wants to stop."""
        return 0.0 if self.stop() else max(self.time_limit - self.seconds, 0.0)

    def stop(self) -> bool:
        """Say whether it is time to stop, for whichever reason."""
        if not self.cancelled and self._progress.cancelled():
            self.cancelled = True
        return self.cancelled or self.seconds >= self.time_limit

    def cancel(self) -> None:
        """Stop at the next opportunity and keep the best plan."""
        self.cancelled = True

    def found(self) -> None:
        """Note that a better plan has just been found."""
        self.found_s = self.seconds

    def note(self, text: str) -> None:
        """Remember a step, for the plan's account of how it was found."""
        if text not in self.how:
            self.how.append(text)

    def tell(self, best: float, bound: float) -> None:
        """Report the best plan so far, the bound and the gap; not more often than people can read."""
        if self.seconds - self._told < _EVERY_S:
            return
        self._told = self.seconds
        gap = gap_of(best, bound)
        known = f"bound {bound:,.6g}, gap {gap:.2%}" if np.isfinite(bound) and np.isfinite(gap) else "no bound yet"
        self._progress.message(f"best so far {best:,.10g}, {known}, {self.seconds:.0f} s")


@contextmanager
def ctrl_c_stops(watch: Watch) -> Iterator[None]:
    """While the block runs, the first Ctrl-C asks for the best plan so far; a second one ends the program as usual."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def ask(number: int, frame: FrameType | None) -> None:
        if watch.cancelled and callable(before):
            before(number, frame)
        watch.cancel()

    signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
