"""The screen: the two consoles, how progress shows, how problems are listed."""

from __future__ import annotations

import csv
import io
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table
from rich.text import Text

from coverplan.core.errors import Problem


def speak_any_console() -> None:
    """Let a console that lacks a character show a question mark instead of failing, as GBK consoles would."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def out() -> Console:
    """Return the console for results."""
    return Console(highlight=False)


def err() -> Console:
    """Return the console for progress and problems."""
    return Console(stderr=True, highlight=False)


class Bar:
    """Shows what long work says of itself: one line on a terminal, nothing elsewhere.

    It is a `core.progress.Progress`. Ctrl-C reaches the work as `KeyboardInterrupt`; where that got lost on the way,
    the next question whether to go on is answered with no.
    """

    def __init__(self, progress: Progress) -> None:
        self.interrupted = False
        self._progress = progress
        self._task = progress.add_task("starting", total=None)

    def message(self, text: str) -> None:
        """Say what is being done now; the bar starts again."""
        self._progress.update(self._task, description=escape(text), completed=0, total=None)

    def advance(self, done: int, total: int) -> None:
        """Say how far it is."""
        self._progress.update(self._task, completed=done, total=total)

    def cancelled(self) -> bool:
        """Say whether the user pressed Ctrl-C."""
        return self.interrupted


@contextmanager
def working(console: Console) -> Iterator[Bar]:
    """Show progress while the block runs, and take it off the screen afterwards."""
    text = TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis"))
    columns = (SpinnerColumn("line"), TimeElapsedColumn(), BarColumn(bar_width=20), text)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = Bar(progress)
        with _ctrl_c_noted(bar):
            yield bar


@contextmanager
def _ctrl_c_noted(bar: Bar) -> Iterator[None]:
    """Let Ctrl-C leave a note on the bar as well as raise `KeyboardInterrupt`.

    Python raises it wherever the program stands, and there are places that drop it without a word: callbacks of
    `weakref`, and compiled code that looks for an attribute. A handler that somebody else set is left alone.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is not signal.default_int_handler:
        yield
        return

    def note(number: int, frame: FrameType | None) -> None:
        bar.interrupted = True
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def shown(path: Path) -> str:
    """Write a path as the user would type it from here."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def pairs(rows: Iterable[tuple[str, str]]) -> Table:
    """Lay words and what they stand for out in two columns."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    for word, text in rows:
        grid.add_row(Text(word), Text(text))
    return grid


def list_problems(console: Console, problems: Iterable[Problem], *, so: str = "nothing was written") -> None:
    """List problems sheet by sheet: where, what, and what to do about it; `so` says what came of them."""
    problems = list(problems)
    count = len(problems)
    console.print(f"[bold red]{count} problem{'' if count == 1 else 's'}[/], {escape(so)}")
    for (file, sheet), group in groupby(shortened(problems), key=lambda problem: (problem.file, problem.sheet)):
        console.print()
        if file:
            console.print(Text(f"{file} · {sheet}" if sheet else file, style="bold"))
        console.print(_problem_grid(group))


def shortened(problems: Iterable[Problem], *, most: int = 25) -> list[Problem]:
    """Keep the first `most` problems of each column, and say how many more there are."""
    kept: list[Problem] = []
    counts: Counter[tuple[str | None, ...]] = Counter()
    left: dict[tuple[str | None, ...], Problem] = {}
    for problem in problems:
        place = (problem.file, problem.sheet, problem.column)
        counts[place] += problem.row is not None
        if problem.row is None or counts[place] <= most:
            kept.append(problem)
        else:
            left[place] = problem
    for place, problem in left.items():
        more = replace(problem, what=f"... and {counts[place] - most} more", row=None, hint=None)
        last = max(i for i, other in enumerate(kept) if (other.file, other.sheet, other.column) == place)
        kept.insert(last + 1, more)
    return kept


def write_problems(problems: Iterable[Problem], path: Path) -> None:
    """Write problems to a CSV file, one a line, for people who mend them in a spreadsheet."""
    names = ("file", "sheet", "row", "column", "what", "hint")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([getattr(problem, name) for name in names] for problem in problems)
    path.write_text(text.getvalue(), encoding="utf-8-sig")


def _problem_grid(problems: Iterable[Problem]) -> Table:
    grid = Table.grid(padding=(0, 2))
    # The same widths for every file, so that the whole list reads as one.
    grid.add_column(no_wrap=True, style="cyan", min_width=9)
    grid.add_column(overflow="fold", style="cyan", min_width=15, max_width=18)
    grid.add_column(overflow="fold", ratio=1)
    for problem in problems:
        unit = "line" if Path(problem.file or "").suffix in {".yaml", ".yml"} else "row"
        row = "" if problem.row is None else f"{unit} {problem.row}"
        text = Text(problem.what)
        if problem.hint:
            text.append(f"\n→ {problem.hint}", style="green")
        grid.add_row(f"  {row}", problem.column or "", text)
    return grid
