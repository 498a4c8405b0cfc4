"""The commands on what a review puts on the table: workbook, layers, report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from coverplan.cli import screen
from coverplan.cli.commands import FINE, Config, UsageError, app, assessed, which
from coverplan.cli.proposals import read_scenarios

if TYPE_CHECKING:
    from coverplan.cli.screen import Bar
    from coverplan.planning.siting.form import Siting
    from coverplan.planning.siting.result import SitingResult
    from coverplan.scenarios.edits import Scenario
    from coverplan.standards.findings import Assessment

# Everything that loads pandas is imported inside the commands, so that the help comes at once.
# ruff: noqa: PLC0415

Scenarios = Annotated[
    list[str], Parameter(name="--scenario", help="A scenario to compare with: its file, or its id in the config.")
]
Sitings = Annotated[list[Path], Parameter(name="--site", help="A siting problem to solve and show, a YAML file.")]


@app.command
def workbook(
    config: Config = None,
    /,
    *,
    to: Annotated[Path | None, Parameter(help="The .xlsx file to write.")] = None,
    lang: Annotated[
        Literal["zh", "en", "both"], Parameter(help="Language of what stands in the cells.", show_default=True)
    ] = "both",
    scenario: Scenarios = [],  # noqa: B006 - cyclopts copies it
    site: Sitings = [],  # noqa: B006 - as above
) -> int:
    """Write the review as a workbook: verdicts, gaps, needs, proposals, options, sources."""
    config = which(config, "workbook")
    path = _to(to, ".xlsx", "workbook CONFIG --to review.xlsx")
    import coverplan as cp

    with screen.working(screen.err()) as bar:
        told = _put_together(config, scenario, site, bar)
        cp.write_workbook(
            told.assessment, path, language=lang, scenarios=told.scenarios, sitings=told.sitings, progress=bar
        )
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
        written = cp.write_layers(assessed(config, bar), to, datum=datum, file_format=file_format, progress=bar)
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
    scenario: Scenarios = [],  # noqa: B006 - cyclopts copies it
    site: Sitings = [],  # noqa: B006 - as above
) -> int:
    """Write the plan-review document: verdicts, quotations, maps, gaps, proposals (Word)."""
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
        told = _put_together(config, scenario, site, bar, language=lang)
        cp.write_report(
            told.assessment,
            path,
            template=template,
            language=lang,
            scenarios=told.scenarios,
            sitings=told.sitings,
            progress=bar,
        )
    screen.out().print(f"written to [bold]{screen.shown(path)}[/]")
    return FINE


def _to(path: Path | None, suffix: str, example: str) -> Path:
    if path is None:
        raise UsageError(f"Where to? Type: coverplan {example}")
    if path.suffix.lower() != suffix:
        raise UsageError(f"'{path.name}' does not end in {suffix}: coverplan {example}")
    return path


@dataclass(frozen=True, kw_only=True)
class _Together:
    """What a document is about: the study as it is, scenarios by name, and sites chosen."""

    assessment: Assessment
    scenarios: dict[str, Assessment]
    sitings: list[SitingResult]


def _put_together(
    config: Path, names: Sequence[str], problems: Sequence[Path], bar: Bar, *, language: str = "zh"
) -> _Together:
    """Assess the study, the scenarios and the siting problems; what is wrong with any file is said before any work."""
    if not names and not problems:
        return _Together(assessment=assessed(config, bar), scenarios={}, sitings=[])
    import coverplan as cp
    from coverplan.planning.siting.site import site

    asked = _read_sitings(problems, config)
    bar.message("reading the study")
    study = cp.read_study(config)
    proposals = read_scenarios(names, study)
    network = cp.build_network(study, progress=bar)
    told = cp.compare(study, network, proposals, progress=bar)
    sitings = [site(study, network, one, folder=path.parent, progress=bar) for path, one in asked]
    english = language == "en"
    return _Together(
        assessment=told.base,
        scenarios={_name(case.scenario, english=english): case.assessment for case in told.cases},
        sitings=sitings,
    )


def _name(scenario: Scenario, *, english: bool) -> str:
    other = scenario.name or scenario.name_en or scenario.scenario_id
    return (scenario.name_en or other) if english else other


def _read_sitings(paths: Sequence[Path], config: Path) -> list[tuple[Path, Siting]]:
    """Read siting problems; each must be about the study of the document."""
    from coverplan.core.errors import InputError, ProblemList
    from coverplan.planning.siting.ready import read_problem

    problems, found = ProblemList(), []
    for path in paths:
        try:
            asked, study = read_problem(path)
        except InputError as error:
            problems.extend(error.problems)
            continue
        if study.resolve() != config.resolve():
            hint = f"ask about {config.name}, or write a document of its own"
            problems.add(f"this problem is about another study, {study.name}", file=path.name, hint=hint)
        found.append((path, asked))
    problems.raise_if_any()
    return found
