"""The commands: run, check, summary, gaps, map, columns. Thin: each reads, calls one public function, and shows."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from coverplan import __version__
from coverplan.cli import screen
from coverplan.core.errors import CoverplanError, InputError, did_you_mean
from coverplan.sample import STUDIES, sample_config

if TYPE_CHECKING:
    from coverplan.cli.screen import Bar
    from coverplan.standards.findings import Assessment

# Everything that loads pandas is imported inside the commands, so that the help comes at once.
# ruff: noqa: PLC0415

Lang = Annotated[Literal["en", "zh"], Parameter(help="Language of the screen.", show_default=True)]
Config = Annotated[Path | None, Parameter(help="The study's YAML file, or jinjiang or three-bridges.")]

FINE, INPUT_WRONG, USAGE, NOT_MET, INFEASIBLE, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 4, 70, 130

_FILES = ("map.html", "gaps.csv", "summary.csv", "verdicts.json", "run.json")

app = App(
    name="coverplan",
    help="Who is reached in how many minutes, held against the targets of the plan.",
    version=__version__,
    suppress_keyboard_interrupt=False,
    usage="Usage: coverplan COMMAND CONFIG [OPTIONS]",
    help_epilogue="Begin with: coverplan run configs/jinjiang.yaml",
    default_parameter=Parameter(negative="", show_default=False),
)


class UsageError(CoverplanError):
    """The command was called in a way that cannot be meant; the message says how to call it."""


@app.command
def run(
    config: Config = None,
    /,
    *,
    out: Annotated[Path | None, Parameter(help="Folder for the results; out/STUDY unless given.")] = None,
    strict: Annotated[bool, Parameter(help="Exit with 3 when a rule that must hold is not met.")] = False,
    lang: Lang = "en",
) -> int:
    """Read a study, hold it against its rules, show the verdicts, write map and tables."""
    config, started, began = which(config, "run"), time.monotonic(), datetime.now(tz=UTC)
    from coverplan.cli.lists import overview
    from coverplan.outputs.runs import write_run

    with screen.working(screen.err()) as bar:
        assessment = assessed(config, bar)
        folder = Path("out") / assessment.study.study_id if out is None else out
        bar.message(f"writing {screen.shown(folder)}")
        written = write_run(assessment, folder, started=began, options={"strict": strict}, progress=bar)
    console = screen.out()
    console.print(overview(assessment, lang))
    console.print(f"[dim]{time.monotonic() - started:.1f} s, written to[/] [bold]{screen.shown(written)}/[/]")
    names = {path.name for path in written.iterdir()}
    console.print(f"[dim]{', '.join(name for name in _FILES if name in names)}[/]")
    return NOT_MET if strict and _missed(assessment) else FINE


@app.command
def check(config: Config = None, /) -> int:
    """Read everything a study names and say whether it fits together; write nothing."""
    config = which(config, "check")
    import coverplan as cp
    from coverplan.cli.contents import quality_table
    from coverplan.cli.tables import heading
    from coverplan.core.errors import ProblemList
    from coverplan.inputs.datum_check import datum_doubts
    from coverplan.inputs.people.ground import far_from_roads
    from coverplan.inputs.study import study_placing
    from coverplan.standards.rules import read_pack

    notes, problems = ProblemList(), ProblemList()
    with screen.working(screen.err()) as bar:
        bar.message("reading the study")
        study = cp.read_study(config, notes=notes)
        packs, network = [], None
        for path in study.standards:
            try:
                packs.append(read_pack(path))
            except InputError as error:
                problems.extend(error.problems)
        try:
            network = cp.build_network(study, progress=bar)
        except InputError as error:
            problems.extend(error.problems)
        problems.raise_if_any()
        bar.message("looking at the datums")
        placing = study_placing(config)
        for doubt in datum_doubts(study, network, gazetteers=placing.lists(), county=placing.county):
            notes.add(str(doubt), hint=doubt.hint)
        far = None if network is None else far_from_roads(study, network)
        if far is not None:
            notes.add(far, hint="are these positions right, and do the roads reach that far?")
    console = screen.out()
    console.print(heading(study, "en"), quality_table(study))
    rules = sum(len(pack.rules) for pack in packs)
    facts = [("rules", f"{rules} in {len(packs)} pack{'' if len(packs) == 1 else 's'}"), ("CRS", study.crs)]
    if network is not None:
        facts.insert(0, ("roads", f"{network.n_nodes:,} nodes, {network.n_edges:,} edges ({network.quality})"))
    console.print(screen.pairs([*facts, *(("note", str(note)) for note in notes)]))
    console.print("[green]No problems.[/]")
    return FINE


By = Literal["rule", "area", "plan", "system", "group", "progress"]
_SHEETS: dict[By, str] = {
    "rule": "verdicts",
    "area": "readings",
    "plan": "by_plan",
    "system": "by_system",
    "group": "equity",
    "progress": "progress",
}


@app.command
def summary(
    config: Config = None,
    /,
    *,
    by: Annotated[
        By,
        Parameter(
            help="Verdicts by rule, plan or system, town by town, who is left outside by group, or the progress form.",
            show_default=True,
        ),
    ] = "rule",
    to: Annotated[
        Path | None, Parameter(help="Write it: .xlsx the whole verdict book, .csv or .json what --by asks for.")
    ] = None,
    lang: Lang = "en",
) -> int:
    """Show the verdicts: rule by rule, counted by plan or system, or the figures town by town."""
    config = which(config, "summary")
    from coverplan.cli.lists import equity_table, progress_page, tally_table
    from coverplan.cli.tables import area_tables, heading, verdict_table
    from coverplan.standards.equity import equity
    from coverplan.standards.progress import progress_table

    if to is not None and to.suffix not in {".xlsx", ".csv", ".json"}:
        raise UsageError(f"'{to.name}' is neither .xlsx nor .csv nor .json")
    with screen.working(screen.err()) as bar:
        assessment = assessed(config, bar)
    console = screen.out()
    if to is not None:
        from coverplan.outputs.books import write_verdict_book

        console.print(f"written to [bold]{screen.shown(write_verdict_book(assessment, to, sheet=_SHEETS[by]))}[/]")
        return FINE
    if by == "rule":
        console.print(verdict_table(assessment, lang))
    elif by == "group":
        console.print(heading(assessment.study, lang), equity_table(equity(assessment), lang))
    elif by == "progress":
        console.print(progress_page(progress_table(assessment)))
    else:
        console.print(heading(assessment.study, lang))
        kind: Literal["document", "system", "area"] = "document" if by == "plan" else by
        console.print(tally_table(assessment, kind, lang))
    if by == "area":
        console.print(area_tables(assessment, lang))
    return FINE


@app.command
def gaps(
    config: Config = None,
    /,
    *,
    rule: Annotated[str | None, Parameter(help="Only this rule, such as JJ-117.")] = None,
    system: Annotated[str | None, Parameter(help="Only this system of the plan, such as emergency.")] = None,
    top: Annotated[int, Parameter(help="How many of the worst to show per rule; 0 shows all.", show_default=True)] = 20,
    lang: Lang = "en",
) -> int:
    """List the places that are left outside, worst first, with the cause."""
    config = which(config, "gaps")
    import coverplan as cp
    from coverplan.cli.tables import gap_tables
    from coverplan.core.words import SYSTEMS

    if system is not None and system not in SYSTEMS:
        raise UsageError(f"there is no system '{system}': {did_you_mean(system, SYSTEMS)}")
    with screen.working(screen.err()) as bar:
        assessment = assessed(config, bar)
    known = [verdict.rule.rule_id for verdict in assessment.verdicts]
    if rule is not None and rule not in known:
        raise UsageError(f"there is no rule '{rule}' in this study: {did_you_mean(rule, known)}")
    found = cp.gaps(assessment)
    found = found if rule is None else found[found["rule_id"] == rule]
    found = found if system is None else found[found["system"] == system]
    screen.out().print(gap_tables(found, top=top, lang=lang))
    return FINE


@app.command(name="map")
def map_(
    config: Config = None,
    /,
    *,
    out: Annotated[Path | None, Parameter(help="The file to write; out/STUDY-map.html unless given.")] = None,
    lang: Annotated[
        Literal["zh", "en"], Parameter(help="Language that comes first on the map.", show_default=True)
    ] = "zh",
) -> int:
    """Write the map alone: one HTML file that opens without a connection."""
    config = which(config, "map")
    import coverplan as cp

    with screen.working(screen.err()) as bar:
        assessment = assessed(config, bar)
        path = Path("out") / f"{assessment.study.study_id}-map.html" if out is None else out
        path.parent.mkdir(parents=True, exist_ok=True)
        written = cp.write_map(assessment, path, lang=lang, progress=bar)
    screen.out().print(f"written to [bold]{screen.shown(written)}[/]")
    return FINE


@app.command
def columns(
    table: Annotated[str | None, Parameter(help="One table, such as facilities; all of them unless given.")] = None,
    /,
    *,
    markdown: Annotated[bool, Parameter(help="Print the data dictionary as Markdown.")] = False,
) -> int:
    """Say which columns a table has, and what may stand in them."""
    from coverplan.cli.contents import columns_table
    from coverplan.inputs.dictionary import ALL_TABLES, data_dictionary

    if markdown:
        sys.stdout.write(data_dictionary())
        return FINE
    if table is not None and table not in ALL_TABLES:
        raise UsageError(f"there is no table '{table}': {did_you_mean(table, ALL_TABLES)}")
    for name in ALL_TABLES if table is None else [table]:
        screen.out().print(columns_table(ALL_TABLES[name]))
    return FINE


def which(config: Path | None, command: str) -> Path:
    """Return the config, or say what to type; the name of a study that comes with the package stands for its config.

    Raises
    ------
    UsageError
        When there is none; with the studies that stand here.
    """
    if config is not None:
        return sample_config(config.name) if config.as_posix() in STUDIES and not config.exists() else config
    found = [path.as_posix() for folder in (".", "configs") for path in sorted(Path(folder).glob("*.y*ml"))]
    studies = [path for path in found if _is_study(Path(path))] or ["configs/jinjiang.yaml"]
    choices = [f"  coverplan {command} {path}" for path in studies]
    raise UsageError("\n".join(["Which study? Name its config file, for example:", *choices]))


def _is_study(path: Path) -> bool:
    return any(line.startswith(b"study:") for line in path.read_bytes().splitlines())


def assessed(config: Path, bar: Bar) -> Assessment:
    """Read a study, build its roads and hold it against its rules, saying what is going on."""
    import coverplan as cp

    bar.message("reading the study")
    study = cp.read_study(config)
    bar.message("building the road network")
    network = cp.build_network(study, progress=bar)
    bar.message("measuring")
    return cp.assess(study, network, progress=bar)


def _missed(assessment: Assessment) -> bool:
    return any(v.rule.strength == "must" and v.status == "not_met" for v in assessment.verdicts)
