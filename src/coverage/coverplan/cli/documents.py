"""The commands on what a review puts on the table: workbook, layers, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from coverplan.cli import screen
from coverplan.cli.commands import FINE, Config, UsageError, _assessed, app, which

# Everything that loads pandas is imported inside the commands, so that the help comes at once.
# ruff: noqa: PLC0415


@app.command
def workbook(
    config: Config = None,
    /,
    *,
    to: Annotated[Path | None, Parameter(help="The .xlsx file to write.")] = None,
    lang: Annotated[
        Literal["zh", "en", "both"], Parameter(help="Language of what stands in the cells.", show_default=True)
    ] = "both",
) -> int:
    """Write the review as a workbook: verdicts, gaps, needs, facilities, options, sources."""
    config = which(config, "workbook")
    path = _to(to, ".xlsx", "workbook CONFIG --to review.xlsx")
    import coverplan as cp

    with screen.working(screen.err()) as bar:
        cp.write_workbook(_assessed(config, bar), path, language=lang, progress=bar)
    screen.out().print(f"written to [bold]{screen.shown(path)}[/]")
    return FINE


@app.command
def layers(
    config: Config = None,
    /,
    *,
    to: Annotated[Path | None, Parameter(help="A .gpkg file, or a folder with --format.")] = None,
    datum: Annotated[
        Literal["wgs84", "gcj02", "bd09"],
        Parameter(help="What positions refer to; gcj02 lies on AMap and Tencent maps.", show_default=True),
    ] = "wgs84",
    file_format: Annotated[
        Literal["gpkg", "parquet", "geojson"] | None,
        Parameter(name="--format", help="gpkg for a file, the others for a folder."),
    ] = None,
) -> int:
    """Write the results as map layers, with the styles that QGIS draws them in."""
    config = which(config, "layers")
    if to is None:
        raise UsageError("Where to? Type: coverplan layers CONFIG --to results.gpkg")
    import coverplan as cp

    with screen.working(screen.err()) as bar:
        written = cp.write_layers(_assessed(config, bar), to, datum=datum, file_format=file_format, progress=bar)
    console = screen.out()
    if to.suffix.lower() == ".gpkg":
        console.print(f"written to [bold]{screen.shown(to)}[/]")
    else:
        console.print(f"written to [bold]{screen.shown(to)}/[/]: {', '.join(path.name for path in written)}")
    if datum != "wgs84":
        console.print(f"[dim]Positions are in {datum}, not in WGS-84; every layer says so.[/]")
    return FINE


@app.command
def report(
    config: Config = None,
    /,
    *,
    to: Annotated[Path | None, Parameter(help="The .docx file to write.")] = None,
    lang: Annotated[Literal["zh", "en"], Parameter(help="Language of the document.", show_default=True)] = "zh",
    template: Annotated[Path | None, Parameter(help="A template of your own (.docx).")] = None,
    template_to: Annotated[Path | None, Parameter(help="Only write the template, to be changed in Word.")] = None,
) -> int:
    """Write the plan-review document: a Word file with verdicts, quotations, maps and gaps."""
    if template_to is not None:
        path = _to(template_to, ".docx", "report --template-to mine.docx")
        from coverplan.outputs.report.door import write_template

        screen.out().print(f"written to [bold]{screen.shown(write_template(path, language=lang))}[/]")
        return FINE
    config = which(config, "report")
    path = _to(to, ".docx", "report CONFIG --to review.docx")
    import coverplan as cp
    from coverplan.outputs.report.door import check_installed, check_template

    check_installed()
    if template is not None:
        check_template(template)
    with screen.working(screen.err()) as bar:
        cp.write_report(_assessed(config, bar), path, template=template, language=lang, progress=bar)
    screen.out().print(f"written to [bold]{screen.shown(path)}[/]")
    return FINE


def _to(path: Path | None, suffix: str, example: str) -> Path:
    if path is None:
        raise UsageError(f"Where to? Type: coverplan {example}")
    if path.suffix.lower() != suffix:
        raise UsageError(f"'{path.name}' does not end in {suffix}: coverplan {example}")
    return path
