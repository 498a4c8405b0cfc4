"""The commands on roads and speeds: calibrate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.markup import escape

from coverplan.cli import screen
from coverplan.cli.commands import FINE, Config, UsageError, app, which

if TYPE_CHECKING:
    from rich.table import Table

    from coverplan.travel.calibrate.calibration import Calibration

# Everything that loads pandas is imported inside the commands, so that the help comes at once.
# ruff: noqa: PLC0415


@app.command
def calibrate(
    config: Config = None,
    trips: Annotated[Path | None, Parameter(help="Observed trips: from, to, minutes.")] = None,
    /,
    *,
    profile: Annotated[str, Parameter(help="The speed profile to fit.", show_default=True)] = "drive",
    out: Annotated[Path | None, Parameter(help="Folder for speeds.csv and trips.csv.")] = None,
) -> int:
    """Fit the speeds of a profile to trips that were timed, or say why they do not carry a fit."""
    config = which(config, "calibrate")
    if trips is None:
        raise UsageError("Which trips? Type: coverplan calibrate CONFIG TRIPS.csv (coverplan columns trips)")
    import coverplan as cp
    from coverplan.travel.calibrate.calibration import REASONS, apply, calibrate
    from coverplan.travel.calibrate.trips import read_trips

    with screen.working(screen.err()) as bar:
        bar.message("reading the study")
        study = cp.read_study(config)
        observed = read_trips(trips)
        network = cp.build_network(study, progress=bar)
        bar.message("fitting speeds to the trips")
        found = calibrate(study, network, observed, profile=profile, progress=bar)
        better = apply(study.profiles[profile], found)
    console = screen.out()
    console.print(f"[bold]{escape(profile)}[/]: {found.n_used:,} trips used", _factors(found), _errors(found))
    for reason, count in found.left_out.items():
        console.print(f"[dim]{count:,} left out: {REASONS[reason]}[/]")
    for note in found.notes:
        console.print(f"[dim]{escape(note)}[/]")
    if out is None:
        console.print("[dim]Give --out FOLDER to keep the fitted speeds.[/]")
        return FINE
    from coverplan.outputs.atomic import write_text
    from coverplan.roads.profiles import profile_table

    out.mkdir(parents=True, exist_ok=True)
    for name, table in (("speeds.csv", profile_table([better])), ("trips.csv", found.trips)):
        write_text(out / name, table.to_csv(index=False, lineterminator="\n"), encoding="utf-8-sig")
    console.print(f"written to [bold]{screen.shown(out)}/[/]: speeds.csv, trips.csv")
    console.print("[dim]In the config:[/] profiles: {file: speeds.csv}", soft_wrap=True)
    return FINE


def _factors(found: Calibration) -> Table:
    rows = [("all roads, all day", f"trips take {found.overall:.2f} times as long as modelled")]
    for row in found.factors.itertuples():
        name = escape(f"{row.kind} {row.name}")
        rows.append((name, f"{row.time_factor:.2f} ({row.low:.2f} to {row.high:.2f}), {row.n_trips:,} trips"))
    return screen.pairs(rows)


def _errors(found: Calibration) -> Table:
    said = {"before": "error before", "after": "error after", "unseen": "error on unseen trips"}
    rows = [
        (said[str(row.which)], f"{row.median_abs:.0%} in the median, bias {row.bias:+.0%}")
        for row in found.errors.itertuples()
    ]
    return screen.pairs(rows)
