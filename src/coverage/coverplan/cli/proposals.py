"""The commands on proposals: try, compare, timeline."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from coverplan.cli import screen
from coverplan.cli.commands import FINE, Config, Lang, UsageError, app, which

if TYPE_CHECKING:
    from coverplan.core.model import Study
    from coverplan.planning.sites import Site
    from coverplan.scenarios.edits import Scenario

# Everything that loads pandas is imported inside the commands, so that the help comes at once.
# ruff: noqa: PLC0415


@app.command(name="try")
def try_(
    config: Config = None,
    /,
    *,
    station: Annotated[list[str], Parameter(help="What a proposed station is called; once for each.")] = [],  # noqa: B006 - cyclopts copies it
    at: Annotated[list[str], Parameter(help="Where it would stand: LON,LAT; once for each.")] = [],  # noqa: B006 - as above
    vehicles: Annotated[list[int], Parameter(help="Ambulances there; once for all, or for each.")] = [],  # noqa: B006 - as above
    sites: Annotated[Path | None, Parameter(help="A workbook of proposed sites: name, lon, lat, vehicles.")] = None,
    kind: Annotated[str, Parameter(help="What would be opened.", show_default=True)] = "ems_station",
    datum: Annotated[
        Literal["wgs84", "gcj02", "bd09"], Parameter(help="What LON,LAT refer to; AMap gives gcj02.", show_default=True)
    ] = "wgs84",
    lang: Lang = "en",
) -> int:
    """Say what proposed stations add: each alone, and all of them together."""
    from coverplan.cli.pages import trial_page

    config = which(config, "try")
    given = _sites(station, at, vehicles, datum)
    if not given and sites is None:
        raise UsageError('Where? Type: coverplan try CONFIG --station "New station" --at 118.55,24.78')
    import coverplan as cp

    with screen.working(screen.err()) as bar:
        bar.message("reading the study")
        study = cp.read_study(config)
        asked = [*given, *(() if sites is None else cp.read_sites(sites, study))]
        network = cp.build_network(study, progress=bar)
        bar.message("measuring")
        ground = cp.build_trial(study, network, kind=kind, progress=bar)
        began = time.perf_counter()
        trial = cp.try_sites(ground, asked)
        took = time.perf_counter() - began
    console = screen.out()
    console.print(trial_page(trial, lang))
    console.print(f"[dim]{took:.2f} s after reading[/]")
    return FINE


def _sites(names: Sequence[str], spots: Sequence[str], vehicles: Sequence[int], datum: str) -> list[Site]:
    """Put what was typed together: one name and one position for each site."""
    from coverplan.core.datum import to_wgs84
    from coverplan.planning.sites import Site

    if len(names) != len(spots):
        raise UsageError(f"{len(names)} times --station and {len(spots)} times --at: each station needs its place")
    if len(vehicles) not in {0, 1, len(names)}:
        raise UsageError(f"--vehicles stands {len(vehicles)} times: once for all stations, or once for each")
    told = []
    for i, (name, spot) in enumerate(zip(names, spots, strict=True)):
        parts = re.split(r"[,，\s]+", spot.strip().strip("[]()（）"))
        try:
            lon, lat = (float(part) for part in parts)
        except ValueError:
            raise UsageError(f"'{spot}' is no place: write longitude and latitude, such as 118.55,24.78") from None
        lon, lat = (float(value[0]) for value in to_wgs84([lon], [lat], datum))
        number = 1 if not vehicles else vehicles[0] if len(vehicles) == 1 else vehicles[i]
        told.append(Site(name=name, lon=lon, lat=lat, vehicles=number))
    return told


@app.command
def compare(
    config: Config = None,
    *scenarios: Annotated[str, Parameter(help="Scenario files, or ids from the config.")],
    by: Annotated[
        str, Parameter(help="Rank by people, verdicts, people_per_yuan or a rule.", show_default=True)
    ] = "people",
    year: Annotated[int | None, Parameter(help="The year to look at; the study's own unless given.")] = None,
    to: Annotated[Path | None, Parameter(help="Folder for tables and maps.")] = None,
    maps: Annotated[bool, Parameter(help="Draw the maps too.", negative="--no-maps", show_default=True)] = True,
    lang: Lang = "en",
) -> int:
    """Hold proposals against the base: verdicts, people gained and lost, needs; and rank them."""
    from coverplan.cli.pages import comparison_page

    config = which(config, "compare")
    if not scenarios:
        raise UsageError("Which proposals? Type: coverplan compare CONFIG PROPOSAL.yaml ... (docs/scenarios.md)")
    import coverplan as cp

    with screen.working(screen.err()) as bar:
        bar.message("reading the study")
        study = cp.read_study(config)
        proposals = read_scenarios(scenarios, study)
        network = cp.build_network(study, progress=bar)
        told = cp.compare(study, network, proposals, objective=by, year=year, progress=bar)
        if to is not None:
            from coverplan.outputs.proposals import write_comparison

            write_comparison(told, to, maps=maps, progress=bar)
    console = screen.out()
    console.print(comparison_page(told, lang))
    if to is not None:
        console.print(f"written to [bold]{screen.shown(to)}/[/]: {', '.join(sorted(p.name for p in to.iterdir()))}")
    return FINE


def read_scenarios(names: Sequence[str], study: Study) -> list[Scenario]:
    """Read scenarios one after the other; what is wrong with any is said of all at once."""
    import coverplan as cp
    from coverplan.core.errors import InputError, ProblemList

    problems, found = ProblemList(), []
    for name in names:
        try:
            found.append(cp.read_scenario(name, study))
        except InputError as error:
            problems.extend(error.problems)
    problems.raise_if_any()
    return found


@app.command
def timeline(
    config: Config = None,
    /,
    *,
    scenario: Annotated[str | None, Parameter(help="Delays and other edits: a file, or an id from the config.")] = None,
    first: Annotated[int, Parameter(name="--from", help="First year.", show_default=True)] = 2020,
    last: Annotated[int, Parameter(name="--to", help="Last year.", show_default=True)] = 2030,
    beds: Annotated[float | None, Parameter(help="Beds of the base year, where no table says so.")] = None,
    order: Annotated[
        Literal["year", "yuan"] | None, Parameter(help="Also order the projects by what they bring.")
    ] = None,
    out: Annotated[Path | None, Parameter(help="Folder for tables, plot and map.")] = None,
    maps: Annotated[bool, Parameter(help="Draw the map too.", negative="--no-maps", show_default=True)] = True,
    lang: Lang = "en",
) -> int:
    """Show the study year by year: projects finished, beds per 1,000 people, and every verdict."""
    from coverplan.cli.pages import order_table, timeline_page

    config = which(config, "timeline")
    if first > last:
        raise UsageError(f"from {first} to {last}: the first year comes first")
    import coverplan as cp
    from coverplan.outputs.proposals import write_timeline
    from coverplan.scenarios.timeline import with_base_beds

    with screen.working(screen.err()) as bar:
        bar.message("reading the study")
        study = cp.read_study(config)
        proposal = None if scenario is None else cp.read_scenario(scenario, study)
        study = study if beds is None else with_base_beds(study, beds)
        network = cp.build_network(study, progress=bar)
        told = cp.timeline(study, network, years=range(first, last + 1), scenario=proposal, progress=bar)
        first_of_all = None
        if order is not None:
            first_of_all = cp.building_order(study, network, by=order, scenario=proposal, progress=bar)
        if out is not None:
            write_timeline(told, out, order=first_of_all, maps=maps, progress=bar)
    console = screen.out()
    console.print(timeline_page(told, lang))
    if first_of_all is not None:
        console.print(order_table(first_of_all, lang))
    if out is not None:
        console.print(f"written to [bold]{screen.shown(out)}/[/]: {', '.join(sorted(p.name for p in out.iterdir()))}")
    return FINE
