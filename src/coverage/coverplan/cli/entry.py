"""The way in: a command is run, and its errors turned into words and an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.markup import escape

from coverplan.cli import documents as _documents
from coverplan.cli import networks as _networks
from coverplan.cli import proposals as _proposals
from coverplan.cli import records as _records
from coverplan.cli import robust as _robust
from coverplan.cli import screen
from coverplan.cli import serve as _serve
from coverplan.cli import siting as _siting
from coverplan.cli import verdicts as _verdicts
from coverplan.cli.commands import FINE, INFEASIBLE, INPUT_WRONG, INTERNAL, INTERRUPTED, USAGE, UsageError, app
from coverplan.core.errors import Cancelled, InfeasibleError, InputError

# The commands on records and networks put themselves on the list when they are loaded.
__all__ = [
    "_documents",
    "_networks",
    "_proposals",
    "_records",
    "_robust",
    "_serve",
    "_siting",
    "_verdicts",
    "launch",
    "start",
]


@app.meta.default
def launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    debug: Annotated[bool, Parameter(help="Show where in the program an error arose.")] = False,
) -> int:
    """Run a command and turn its errors into words and an exit code."""
    try:
        code = app(tokens, result_action="return_value")
    except (KeyboardInterrupt, Cancelled):
        screen.err().print("\nStopped; nothing half-done is left behind.")
        return INTERRUPTED
    except Exception as error:  # nobody but a developer wants a traceback, and `--debug` gives it
        if debug:
            raise
        return _explain(error)
    return code if isinstance(code, int) else FINE


def start(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    screen.speak_any_console()
    return app.meta(arguments, result_action="return_value")


def _explain(error: Exception) -> int:
    console = screen.err()
    if isinstance(error, InputError):
        screen.list_problems(console, error.problems)
        return INPUT_WRONG
    if isinstance(error, OSError) and error.strerror is None:
        console.print(f"[bold red]{escape(str(error))}[/]")
        return INPUT_WRONG
    if isinstance(error, OSError):
        place = f" {screen.shown(Path(error.filename))}" if isinstance(error.filename, str) else ""
        console.print(f"[bold red]Cannot read or write{place}[/]: {error.strerror or error}", markup=True)
        return INPUT_WRONG
    if isinstance(error, UsageError | InfeasibleError):
        console.print(f"[bold red]{error}[/]" if isinstance(error, InfeasibleError) else str(error))
        return INFEASIBLE if isinstance(error, InfeasibleError) else USAGE
    console.print(f"[bold red]Something went wrong inside coverplan[/]: {type(error).__name__}: {error}")
    console.print("Please report it with what `--debug` shows.")
    return INTERNAL
