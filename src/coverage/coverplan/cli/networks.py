"""The commands on roads and speeds: roads, calibrate."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.markup import escape

from coverplan.cli import screen
from coverplan.cli.commands import FINE, Config, UsageError, app, which

if TYPE_CHECKING:
    from rich.table import Table

    from coverplan.cli.screen import Bar
    from coverplan.inputs.merge import Merged
    from coverplan.inputs.study import Unplaced
    from coverplan.roads.clip import Clip
    from coverplan.roads.network import Network
    from coverplan.travel.calibrate.calibration import Calibration

# Everything that loads pandas is imported inside the commands, so that the help comes at once.
# ruff: noqa: PLC0415


STUDY_AREA, STUDY = "study-area", "study"
"""What stands for the outline and the lists of the study itself."""
_SHOWN = 25


@app.command
def roads(
    config: Config = None,
    /,
    *,
    place: Annotated[str | None, Parameter(help='Download it: "晋江市, 泉州市, 福建省".')] = None,
    pbf: Annotated[Path | None, Parameter(help="An extract: .osm.pbf or .osm.")] = None,
    graphml: Annotated[Path | None, Parameter(help="A graph that OSMnx saved.")] = None,
    clip: Annotated[
        str | None, Parameter(help="Of an extract: study-area, a map layer with a polygon, or none for all of it.")
    ] = None,
    margin_km: Annotated[float | None, Parameter(help="How far around; 10 unless the config says otherwise.")] = None,
    to: Annotated[Path | None, Parameter(help="The file to write; roads.npz in the data folder unless given.")] = None,
    cache: Annotated[Path | None, Parameter(help="Folder for what is downloaded; osm-cache beside the file.")] = None,
    overpass_url: Annotated[str | None, Parameter(help="Another server for roads.")] = None,
    nominatim_url: Annotated[str | None, Parameter(help="Another server for places.")] = None,
    timeout: Annotated[float, Parameter(help="Seconds that a server may take.", show_default=True)] = 180.0,
    fresh: Annotated[bool, Parameter(help="Download again, whatever is in the cache.")] = False,
    facilities: Annotated[
        str | None, Parameter(help="Also merge the facilities of the extract into this list (a file, or study).")
    ] = None,
) -> int:
    """Bring roads in once, from a place, an extract or a graph, and store them so that they load at once."""
    from coverplan.inputs.study import read_unplaced
    from coverplan.roads.store import check_place, write_network

    with screen.working(screen.err()) as bar:
        bar.message("reading the study")
        study = None if config is None else read_unplaced(which(config, "roads"), without_roads=True)
        wish = _wish(study, place=place, pbf=pbf, graphml=graphml, clip=clip, margin_km=margin_km)
        if facilities is not None and wish.kind != "pbf":
            raise UsageError("--facilities reads an extract: it goes with --pbf FILE")
        if facilities == STUDY and study is None:
            raise UsageError("The list of which study? Type: coverplan roads CONFIG --pbf FILE --facilities study")
        folder = Path() if study is None else study.data
        path = check_place(to or folder / "roads.npz")
        servers = {"overpass_url": overpass_url, "nominatim_url": nominatim_url, "timeout_s": timeout, "fresh": fresh}
        network = _read(wish, study, bar, cache=cache or path.parent / "osm-cache", **servers)
        write_network(network, path, made_from=None if wish.kind == "place" else wish.source)
    console = screen.out()
    console.print(_classes(network), screen.pairs(_about(network, path)))
    name = path.name if study is None else Path(os.path.relpath(path, folder)).as_posix()
    console.print(f"[dim]In the config:[/] roads: {{stored: {escape(name)}}}", soft_wrap=True)
    if facilities is not None:
        _merge(wish, study, facilities, network.crs, path.parent)
    return FINE


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """Where roads are to come from: place, pbf or graphml; and what part of an extract."""

    kind: str
    source: Any
    margin_m: float
    clip: str | None


def _wish(
    study: Unplaced | None,
    *,
    place: str | None,
    pbf: Path | None,
    graphml: Path | None,
    clip: str | None,
    margin_km: float | None,
) -> _Wish:
    """Say what is to be read; what the command leaves open stands in the config."""
    given = {"place": place, "pbf": pbf, "graphml": graphml}
    given = {kind: source for kind, source in given.items() if source is not None}
    said = None if study is None else study.config.roads
    if not given and study is not None and said is not None:
        named = {"pbf": said.pbf, "graphml": said.graphml}
        given = {kind: study.data / name for kind, name in named.items() if name is not None}
    if len(given) != 1:
        ways = ('--place "晋江市, 泉州市, 福建省"', "--pbf fujian-latest.osm.pbf", "--graphml roads.graphml")
        choices = [f"  coverplan roads CONFIG {way}" for way in ways]
        raise UsageError("\n".join(["Roads from where? Name one of:" if not given else "Name only one of:", *choices]))
    kind, source = next(iter(given.items()))
    if clip is not None and kind != "pbf":
        raise UsageError("--clip takes a part of an extract: it goes with --pbf FILE")
    if clip == STUDY_AREA and study is None:
        raise UsageError("The area of which study? Type: coverplan roads CONFIG --pbf FILE")
    if clip is None and study is not None and not (said is not None and said.clip is False):
        clip = STUDY_AREA
    if margin_km is not None and not 0 <= margin_km <= 1000:
        raise UsageError("--margin-km is a distance in kilometres, from 0 to 1000")
    margin = margin_km if margin_km is not None else (said.margin_km if said is not None else None)
    return _Wish(
        kind=kind,
        source=source,
        margin_m=1000.0 * (10.0 if margin is None else margin),
        clip=None if clip == "none" else clip,
    )


def _read(wish: _Wish, study: Unplaced | None, bar: Bar, *, cache: Path, **servers: Any) -> Network:
    """Read or download the roads, in the CRS of the study if there is one."""
    crs = None if study is None else study.crs
    if wish.kind == "place":
        from coverplan.roads.download import download_roads

        return download_roads(wish.source, cache=cache, crs=crs, margin_m=wish.margin_m, progress=bar, **servers)
    bar.message(f"reading {wish.source.name}")
    if wish.kind == "graphml":
        from coverplan.roads.interchange import read_graphml

        return read_graphml(wish.source, crs)
    from coverplan.roads.osm import read_osm

    return read_osm(wish.source, crs, clip=_outline(wish, study, wish.margin_m), progress=bar)


def _outline(wish: _Wish, study: Unplaced | None, margin_m: float) -> Clip | None:
    from coverplan.inputs.road_source import read_outline
    from coverplan.roads.build import outline_of

    if wish.clip is None:
        return None
    if wish.clip != STUDY_AREA:
        return read_outline(wish.clip, margin_m=margin_m)
    return None if study is None else outline_of(study.ground("areas"), study.ground("people"), margin_m=margin_m)


def _about(network: Network, to: Path) -> list[tuple[str, str]]:
    size = f"{screen.shown(to)}, {to.stat().st_size / 1e6:.1f} MB"
    rows = [("roads", f"{network.n_nodes:,} nodes, {network.n_edges:,} edges"), ("from", network.source)]
    return [*rows, ("as of", network.date), ("CRS", network.crs), ("credit", network.attribution), ("stored", size)]


def _classes(network: Network) -> Table:
    """Lay the kilometres of each class out, most important roads first."""
    from rich import box
    from rich.table import Table

    from coverplan.core.words import ROAD_CLASSES
    from coverplan.roads.lengths import road_lengths

    lengths = road_lengths(network)
    table = Table(box=box.SIMPLE_HEAD, show_footer=True, pad_edge=False)
    table.add_column("Class", "all roads")
    heads = {"km": "km", "km_drive": "for cars", "km_walk": "on foot", "km_signed": "limit signed"}
    for name, head in heads.items():
        table.add_column(head, f"{lengths[name].sum():,.1f}", justify="right")
    for row in lengths.to_dict("records"):
        name = str(row["road_class"])
        table.add_row(f"{name} {ROAD_CLASSES[name].zh}", *(f"{row[column]:,.1f}" for column in heads))
    return table


def _merge(wish: _Wish, study: Unplaced | None, name: str, crs: str, folder: Path) -> None:
    """Merge the facilities and AEDs of an extract into a list, write both beside the roads, and tell each merge."""
    from coverplan.inputs.merge import list_to_merge_into, merge_facilities
    from coverplan.outputs.store import write_text_table
    from coverplan.roads.osm_facilities import read_osm_facilities

    with screen.working(screen.err()) as bar:
        bar.message(f"looking for facilities in {wish.source.name}")
        found = read_osm_facilities(wish.source, crs, clip=_outline(wish, study, 0.0), progress=bar)
        areas = None if study is None else study.ground("areas")
        lists = list_to_merge_into(None if study is None else study.placed(), None if name == STUDY else name, crs=crs)
        merged = {
            table: merge_facilities(lists[table], getattr(found, table), areas=areas)
            for table in ("facilities", "aeds")
        }
    console = screen.out()
    for table, done in merged.items():
        _tell_merge(table, done, len(lists[table]))
        if len(done.report):
            written = write_text_table(done.table, folder / f"{table}-merged.csv", table=table)
            report = written.with_name(f"{table}-report.csv")
            done.report.to_csv(report, index=False, lineterminator="\n", encoding="utf-8-sig")
            console.print(f"written to [bold]{screen.shown(written)}[/] and [bold]{screen.shown(report)}[/]")


def _tell_merge(name: str, done: Merged, before: int) -> None:
    from rich.table import Table
    from rich.text import Text

    console = screen.out()
    counts = done.report["action"].value_counts()
    told = [f"{counts.get(action, 0):,} {action}" for action in ("merged", "added", "doubtful", "known")]
    console.print(f"\n[bold]{name}[/]: {before:,} in the list, {len(done.report):,} on the map: {', '.join(told)}")
    order = {"merged": 0, "doubtful": 1, "added": 2, "known": 3}
    rows = done.report.sort_values("action", key=lambda column: column.map(order), kind="stable").to_dict("records")
    grid = Table.grid(padding=(0, 2))
    for width in (8, None, 28):
        grid.add_column(overflow="fold", min_width=width, ratio=None if width else 1)
    for row in rows[:_SHOWN]:
        mine = "" if row["my_name"] != row["my_name"] else f" = {row['my_name']}"
        far = "" if row["distance_m"] != row["distance_m"] else f"{row['distance_m']:,.0f} m, "
        what = f"filled {row['filled']}" if row["filled"] else row["reason"]
        grid.add_row(Text(row["action"]), Text(f"{row['osm_name']}{mine}"), Text(far + what, style="dim"))
    console.print(grid)
    if len(rows) > _SHOWN:
        console.print(f"[dim]... and {len(rows) - _SHOWN:,} more in the report[/]")


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
    from coverplan.core.atomic import write_text
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
