"""The screen: the two consoles, how progress shows, how problems are listed."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

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

    It is a `core.progress.Progress`; Ctrl-C reaches the work as `KeyboardInterrupt`, so it never asks to cancel.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("starting", total=None)

    def message(self, text: str) -> None:
        """Say what is being done now; the bar starts again."""
        self._progress.update(self._task, description=escape(text), completed=0, total=None)

    def advance(self, done: int, total: int) -> None:
        """Say how far it is."""
        self._progress.update(self._task, completed=done, total=total)

    def cancelled(self) -> bool:
        """Never cancel."""
        return False


@contextmanager
def working(console: Console) -> Iterator[Bar]:
    """Show progress while the block runs, and take it off the screen afterwards."""
    text = TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis"))
    columns = (SpinnerColumn("line"), TimeElapsedColumn(), BarColumn(bar_width=20), text)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield Bar(progress)


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


def list_problems(console: Console, problems: Iterable[Problem]) -> None:
    """List problems file by file: where, what, and what to do about it."""
    problems = list(problems)
    count = len(problems)
    console.print(f"[bold red]{count} problem{'' if count == 1 else 's'}[/], nothing was written")
    for file, group in groupby(problems, key=lambda problem: problem.file):
        console.print()
        if file:
            console.print(Text(file, style="bold"))
        console.print(_problem_grid(group))


def _problem_grid(problems: Iterable[Problem]) -> Table:
    grid = Table.grid(padding=(0, 2))
    # The same widths for every file, so that the whole list reads as one.
    grid.add_column(no_wrap=True, style="cyan", min_width=9)
    grid.add_column(overflow="fold", style="cyan", min_width=15, max_width=18)
    grid.add_column(overflow="fold", ratio=1)
    for problem in problems:
        unit = "line" if Path(problem.file or "").suffix in {".yaml", ".yml"} else "row"
        sheet = f"{problem.sheet} " if problem.sheet else ""
        row = "" if problem.row is None else f"{unit} {problem.row}"
        text = Text(problem.what)
        if problem.hint:
            text.append(f"\n→ {problem.hint}", style="green")
        grid.add_row(f"  {sheet}{row}", problem.column or "", text)
    return grid
