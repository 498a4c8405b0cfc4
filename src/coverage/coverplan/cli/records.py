"""The commands on records: import, export, template, new, geocode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from coverplan.cli import screen
from coverplan.cli.commands import FINE, Config, UsageError, app, which
from coverplan.core.errors import InputError, Problem, did_you_mean

if TYPE_CHECKING:
    from coverplan.inputs.importing import Imported
    from coverplan.inputs.placing import Asked
    from coverplan.inputs.records import Records

# Everything that loads pandas is imported inside the commands, so that the help comes at once.
# ruff: noqa: PLC0415

As = Annotated[str | None, Parameter(name="--as", help="The table it holds, such as facilities.")]


@app.command(name="import")
def import_(
    file: Annotated[Path, Parameter(help="A workbook, CSV file or map layer.")],
    /,
    *,
    as_: As = None,
    to: Annotated[
        Path | None, Parameter(help="The GeoPackage to write; without it the file is only looked at.")
    ] = None,
    sheet: Annotated[str | None, Parameter(help="Sheet of a workbook.")] = None,
    layer: Annotated[str | None, Parameter(help="Layer of a GeoPackage.")] = None,
    datum: Annotated[
        Literal["wgs84", "gcj02", "bd09"] | None, Parameter(help="What positions refer to where no record says it.")
    ] = None,
    keep_good: Annotated[bool, Parameter(help="Write the good records, and a list of the rest.")] = False,
    list_: Annotated[Path | None, Parameter(name="--list", help="Write every problem to this CSV file.")] = None,
) -> int:
    """Bring a file in: show what was understood and what is wrong, and write it when it is clean."""
    from coverplan.cli.contents import import_table
    from coverplan.inputs.importing import read_import

    if to is not None and to.suffix.lower() != ".gpkg":
        raise UsageError(f"'{to.name}' is no GeoPackage: give a name that ends in .gpkg")
    with screen.working(screen.err()) as bar:
        bar.message(f"reading {file.name}")
        brought = read_import(file, table=_table(as_), sheet=sheet, layer=layer, datum=datum)
    console = screen.out()
    for table in brought:
        console.print(import_table(table))
    problems = [problem for table in brought for problem in table.problems]
    if list_ is not None:
        screen.write_problems(problems, list_)
    if problems and not (keep_good and to is not None and all(table.is_whole for table in brought)):
        raise InputError(problems)
    brought = tuple(table for table in brought if len(table.records.frame))
    if not brought:
        raise InputError([Problem(what="there are no records in it", file=file.name, hint="fill in a sheet first")])
    if to is None:
        console.print("[green]No problems.[/] [dim]Give --to study.gpkg to write it.[/]")
        return FINE
    _keep(brought, to)
    return FINE


def _keep(brought: Sequence[Imported], to: Path) -> None:
    """Write the good records as layers, the others as lists beside them, and say so."""
    from coverplan.core.atomic import write_text
    from coverplan.outputs.store import write_geopackage

    written = write_geopackage({table.table.name: table.good for table in brought}, to)
    console = screen.out()
    problems = [problem for table in brought for problem in table.problems]
    if problems:
        screen.list_problems(screen.err(), problems, so="only the good records were written")
    for table in brought:
        name, count = table.table.name, len(table.good)
        console.print(f"{count:,} {name} written to [bold]{screen.shown(written)}[/], layer {name}")
        if table.problems:
            rest = to.with_name(f"{to.stem}-{name}-rest.csv")
            text = table.rest.to_csv(index=False, lineterminator="\n")
            write_text(rest, text, encoding="utf-8-sig")
            console.print(f"{len(table.rest):,} left out, listed in [bold]{screen.shown(rest)}[/]")
    console.print("[dim]In the config:[/]")
    for table in brought:
        console.print(f"[dim]  {table.table.name}: {{file: {to.name}, layer: {table.table.name}}}[/]", soft_wrap=True)


@app.command
def export(
    config: Config = None,
    /,
    *,
    to: Annotated[Path | None, Parameter(help="A .gpkg, an .xlsx, or a folder for CSV files.")] = None,
) -> int:
    """Write the tables of a study as GeoPackage, workbook or CSV files that read back as they were."""
    config = which(config, "export")
    if to is None:
        raise UsageError("Where to? Add --to study.gpkg, --to study.xlsx or --to a-folder")
    import coverplan as cp
    from coverplan.outputs.store import export_study

    with screen.working(screen.err()) as bar:
        bar.message("reading the study")
        study = cp.read_study(config)
        bar.message(f"writing {screen.shown(to)}")
        written = export_study(study, to)
    for path in written:
        screen.out().print(f"written to [bold]{screen.shown(path)}[/]")
    return FINE


@app.command
def template(
    file: Annotated[Path, Parameter(help="The workbook to write, such as facilities.xlsx.")],
    /,
    *,
    as_: As = None,
) -> int:
    """Write an empty workbook to be filled in: one table, or all of them when its name is not a table's."""
    if file.suffix.lower() != ".xlsx":
        raise UsageError(f"'{file.name}' is no workbook: give a name that ends in .xlsx")
    if file.exists():
        raise UsageError(f"'{file.name}' is there already, and may be filled in: choose another name")
    from coverplan.outputs.starter import write_template

    screen.out().print(f"written to [bold]{screen.shown(write_template(file, table=_table(as_)))}[/]")
    return FINE


@app.command
def new(folder: Annotated[Path, Parameter(help="The folder to make, such as my-county.")], /) -> int:
    """Set up a folder for a study of your own, with examples that run at once."""
    import coverplan as cp
    from coverplan.outputs.starter import write_new_study

    config = write_new_study(folder, like=cp.read_study(cp.sample_config()))
    console = screen.out()
    console.print(f"written to [bold]{screen.shown(folder)}/[/]; README.md says what to do next")
    console.print(f"[dim]Try it:[/] coverplan run {screen.shown(config)}", soft_wrap=True)
    return FINE


@app.command
def geocode(
    config: Config = None,
    /,
    *,
    review: Annotated[
        Path | None, Parameter(help="Workbook of what a person should look at; one filled in is taken over first.")
    ] = None,
    provider: Annotated[
        Literal["nominatim", "tianditu", "amap", "baidu"] | None,
        Parameter(help="Ask this service for what no list knows; its key comes from the environment."),
    ] = None,
) -> int:
    """Place the records without a position: lists first, then a provider; remember the answers."""
    config = which(config, "geocode")
    from coverplan.cli.contents import placing_table
    from coverplan.core.errors import ProblemList
    from coverplan.inputs.geocode import read_review
    from coverplan.inputs.placing import ask, service
    from coverplan.inputs.study import read_unplaced

    notes = ProblemList()
    with screen.working(screen.err()) as bar:
        bar.message("reading the study")
        study = read_unplaced(config, notes=notes)
        corrections = read_review(review) if review is not None and review.exists() else None
        asked_of = service(study.config.geocode, provider=provider)
        bar.message("placing")
        done = ask(study.tables, study.placing, provider=asked_of, corrections=corrections, progress=bar)
    console = screen.out()
    if not done:
        console.print("[green]Every record has a position.[/]")
        return FINE
    console.print(placing_table(done))
    if corrections is not None:
        console.print(f"{len(corrections)} corrections taken over from [bold]{screen.shown(review or Path())}[/]")
    if study.placing.cache.exists():
        console.print(f"answers remembered in [bold]{screen.shown(study.placing.cache)}[/]")
    if review is not None:
        _write_reviews(done, study.tables, review)
    if not study.placing.asked:
        console.print("[dim]So that the study uses it, add to the config:[/] geocode: {}")
    problems = [problem for asked in done for problem in asked.problems]
    if problems:
        screen.list_problems(screen.err(), problems, so="these have no position yet")
    return FINE


def _write_reviews(done: Sequence[Asked], tables: Mapping[str, Records], review: Path) -> None:
    """Write the review list and its map, one pair for each table, and say where."""
    import geopandas as gpd

    from coverplan.inputs.geocode import write_review
    from coverplan.outputs.maps.review import write_review_map

    areas = tables.get("areas")
    console = screen.out()
    for i, asked in enumerate(done):
        path = review if i == 0 else review.with_name(f"{review.stem}-{asked.table}{review.suffix}")
        if asked.found.review.empty:
            continue
        page = path.with_suffix(".html")
        write_review(asked.found, path)
        write_review_map(asked.found, page, areas=None if areas is None else gpd.GeoDataFrame(areas.frame))
        count = len(asked.found.review)
        console.print(f"{count} to look at, in [bold]{screen.shown(path)}[/] and on [bold]{screen.shown(page)}[/]")


def _table(name: str | None) -> str | None:
    """Return the table of that English or Chinese name."""
    from coverplan.core.tables import INPUT_TABLES

    found = next((table.name for table in INPUT_TABLES.values() if name in {table.name, table.zh}), None)
    if name is not None and found is None:
        raise UsageError(f"there is no table '{name}': {did_you_mean(name, INPUT_TABLES)}")
    return found
