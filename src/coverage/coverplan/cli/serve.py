"""The command that puts the planner up: serve."""

from __future__ import annotations

import threading
import webbrowser
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from rich.markup import escape

from coverplan.cli import screen
from coverplan.cli.commands import FINE, Config, UsageError, app, which

if TYPE_CHECKING:
    from coverplan.app.run import Place
    from coverplan.core.model import Study

# Everything that loads pandas is imported inside the commands, so that the help comes at once.
# ruff: noqa: PLC0415

_MOST_PORT = 65_535


@app.command
def serve(
    config: Config = None,
    /,
    *,
    port: Annotated[int, Parameter(help="Where to listen; 0 for any that is free.", show_default=True)] = 8765,
    host: Annotated[
        str, Parameter(help="Which address; 0.0.0.0 lets other machines in, with a token.", show_default=True)
    ] = "127.0.0.1",
    token: Annotated[str | None, Parameter(help="What others have to know; made unless given.")] = None,
    scenarios: Annotated[
        Path | None, Parameter(help="Folder for saved scenarios; scenarios/STUDY unless given.")
    ] = None,
    language: Annotated[
        Literal["zh", "en"] | None, Parameter(help="Language of the page; the browser's unless given.")
    ] = None,
    open_: Annotated[
        bool | None, Parameter(name="--open", negative="--no-open", help="Open the page in a browser.")
    ] = None,
) -> int:
    """Put the planner up as a local web page: map, verdicts, proposals by dragging."""
    config = which(config, "serve")
    if not 0 <= port <= _MOST_PORT:
        raise UsageError(f"{port} is no port: from 1 to {_MOST_PORT}, or 0 for any that is free")
    from coverplan.app.door import check_installed

    check_installed()
    import coverplan as cp
    from coverplan.app.planner import Planner
    from coverplan.app.run import serve as run
    from coverplan.app.run import take_place

    place = take_place(host, port, token=token)
    with closing(place.taken):
        with screen.working(screen.err()) as bar:
            cp.warm_up(progress=bar)
            bar.message("reading the study")
            study = cp.read_study(config)
            network = cp.build_network(study, progress=bar)
            folder = Path("scenarios") / study.study_id if scenarios is None else scenarios
            planner = Planner.of(study, network, scenarios=folder, progress=bar)
        console = screen.out()
        address = _with_language(place.address, language)

        def ready() -> None:
            _say(study, place, address, folder)
            if console.is_terminal if open_ is None else open_:
                threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

        try:
            run(planner, place, ready=ready)
        except KeyboardInterrupt:
            screen.err().print("Stopped; what was saved is saved.")
    return FINE


def _with_language(address: str, language: str | None) -> str:
    if language is None:
        return address
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


def _say(study: Study, place: Place, address: str, folder: Path) -> None:
    console = screen.out()
    console.print(f"[bold]{escape(study.name)} {escape(study.name_en)}[/]: the planner is open at")
    console.print(f"  [bold]{escape(address)}[/]", soft_wrap=True)
    if place.only_here:
        console.print("It listens on this machine only; no other machine can reach it.")
    else:
        console.print("[bold yellow]Other machines can reach it[/], and whoever has the token can use it.")
        console.print("What goes over the network is not encrypted: use it on a network you trust.")
    console.print(f"Scenarios are saved in [bold]{escape(screen.shown(folder))}/[/].", soft_wrap=True)
    console.print("[dim]Ctrl-C stops it.[/]")
