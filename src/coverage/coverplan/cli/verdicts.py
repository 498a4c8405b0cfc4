"""The commands on rules and verdicts: explain, diff, batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.markup import escape
from rich.text import Text

from coverplan.cli import screen
from coverplan.cli.commands import FINE, INPUT_WRONG, INTERRUPTED, NOT_MET, Config, Lang, UsageError, app, which
from coverplan.cli.wrapping import WIDTH, wrapped_block
from coverplan.core.errors import Cancelled, Problem, did_you_mean
from coverplan.sample import sample_config

if TYPE_CHECKING:
    from coverplan.batch.run import Batch
    from coverplan.core.model import Study
    from coverplan.standards.rules import RulePack

# Everything that loads pandas is imported inside the commands, so that the help comes at once.
# ruff: noqa: PLC0415


@app.command
def explain(
    rule: Annotated[str | None, Parameter(help="The rule, such as JJ-117.")] = None,
    config: Config = None,
    /,
    *,
    pack: Annotated[Path | None, Parameter(help="A rule pack that the study does not name.")] = None,
    lang: Lang = "en",
) -> int:
    """Print a rule's wording, the reading chosen, the other readings, and the verdict under each."""
    if rule is None:
        raise UsageError("Which rule? Type: coverplan explain JJ-117 CONFIG")
    import coverplan as cp
    from coverplan.standards.explain import explain

    config = _study_for(config)
    with screen.working(screen.err()) as bar:
        bar.message("reading the study")
        study = cp.read_study(config)
        packs = _packs_with(rule, study, pack)
        network = cp.build_network(study, progress=bar)
        bar.message("measuring")
        told = explain(cp.assess(study, network, packs=packs, only=[rule], progress=bar), rule)
    console = screen.out()
    name = study.name if lang == "zh" else study.name_en
    console.print(f"[dim]{escape(name)}, {study.year}[/]")
    width = min(console.width, WIDTH)
    for i, line in enumerate(wrapped_block(told.text(lang), width=width)):
        is_head = i == 0 or (line and not line.startswith(" "))
        console.print(Text(line, style="bold" if is_head else ""), soft_wrap=True)
    return FINE


def _study_for(config: Path | None) -> Path:
    """Return the config that was named, the only one that stands here, or the study that comes with the package."""
    try:
        return which(config, "explain")
    except UsageError:
        found = [path for folder in (".", "configs") for path in Path(folder).glob("*.y*ml")]
        mine = [path for path in found if b"\nstudy:" in b"\n" + path.read_bytes()]
        return mine[0] if len(mine) == 1 else sample_config("jinjiang")


def _packs_with(rule: str, study: Study, pack: Path | None) -> tuple[RulePack, ...]:
    """Return the study's packs, or else the one of those that come with the package, in which a rule stands."""
    from coverplan.standards.rules import read_pack

    own = tuple(read_pack(path) for path in ([pack] if pack else study.standards))
    known = [one.rule_id for each in own for one in each.rules]
    if rule in known:
        return own
    shipped = sample_config("jinjiang").parent / "standards"
    for path in [] if pack else sorted(shipped.rglob("*.yaml")):
        found = read_pack(path)
        if rule in (names := [one.rule_id for one in found.rules]):
            return (found,)
        known += names
    hint = did_you_mean(rule, dict.fromkeys(known)) or "coverplan summary CONFIG lists the rules of a study"
    raise UsageError(f"there is no rule '{rule}': {hint}")


@app.command
def diff(
    run_a: Annotated[Path | None, Parameter(help="The earlier run's folder.")] = None,
    run_b: Annotated[Path | None, Parameter(help="The later run's folder.")] = None,
    /,
    *,
    to: Annotated[Path | None, Parameter(help="Write the list to this CSV file too.")] = None,
    all_readings: Annotated[bool, Parameter(help="Also compare the readings that do not decide.")] = False,
    lang: Lang = "en",
) -> int:
    """Say what changed between two stored runs, and why: an input, an option, a rule or the code."""
    if run_a is None or run_b is None:
        raise UsageError("Which runs? Type: coverplan diff EARLIER LATER (folders that coverplan run wrote)")
    from coverplan.cli.lists import diff_page
    from coverplan.outputs.compare_runs import diff as compare
    from coverplan.outputs.tables import write_csv

    found = compare(run_a, run_b, all_readings=all_readings)
    console = screen.out()
    console.print(f"[bold]{escape(screen.shown(run_a))} → {escape(screen.shown(run_b))}[/]", soft_wrap=True)
    console.print(diff_page(found, lang))
    if to is not None:
        console.print(f"[dim]written to[/] [bold]{escape(screen.shown(write_csv(found, to)))}[/]", soft_wrap=True)
    return FINE


@app.command
def batch(
    *configs: Annotated[Path, Parameter(help="The studies' YAML files, such as configs/*.yaml.")],
    to: Annotated[Path, Parameter(help="Folder for the table; what it holds of a batch is taken up again.")] = Path(
        "out/batch"
    ),
    packs: Annotated[
        tuple[Path, ...], Parameter(help="Rule packs, or folders of them, for every study.", consume_multiple=True)
    ] = (),
    jobs: Annotated[int, Parameter(help="How many processes at a time.", show_default=True)] = 2,
    towns: Annotated[
        bool, Parameter(help="Rows for every town and street too; a single study has them anyway.")
    ] = False,
    strict: Annotated[bool, Parameter(help="Exit with 3 when a rule that must hold is missed anywhere.")] = False,
    lang: Lang = "en",
) -> int:
    """Check many studies, each against its packs; one table at the end. Interrupted, it goes on where it was."""
    if not configs:
        raise UsageError("Which studies? Type: coverplan batch configs/*.yaml")
    if jobs < 1:
        raise UsageError("--jobs is 1 or more")
    from coverplan.batch.run import run_batch

    named = list(dict.fromkeys(_spelled_out(configs)))
    try:
        with screen.working(screen.err()) as bar:
            done = run_batch(named, to, packs=_pack_files(packs), jobs=jobs, towns=towns or None, progress=bar)
    except (KeyboardInterrupt, Cancelled):
        screen.err().print("\nStopped. What is done is kept: the same command goes on from there.")
        return INTERRUPTED
    _show_batch(done, lang)
    if done.failed:
        return INPUT_WRONG
    return NOT_MET if strict and done.missed else FINE


def _spelled_out(configs: Sequence[Path]) -> Iterator[Path]:
    """Put files for patterns, which not every shell does."""
    for config in configs:
        is_pattern = any(sign in str(config) for sign in "*?[") and not config.exists()
        base = Path(config.anchor)
        found = sorted(base.glob(str(config.relative_to(base)))) if is_pattern else []
        yield from found or [which(config, "batch")]


def _pack_files(packs: Sequence[Path]) -> list[Path]:
    """Put its files for a folder of packs."""
    return [file for pack in packs for file in (sorted(pack.rglob("*.yaml")) if pack.is_dir() else [pack])]


def _show_batch(done: Batch, lang: str) -> None:
    from coverplan.cli.lists import batch_table

    console = screen.out()
    console.print(batch_table(done.studies, "zh" if lang == "zh" else "en"))
    if done.failed:
        problems: list[Any] = [_placed(problem, study.config) for study in done.failed for problem in study.problems]
        n, m = len(done.failed), len(done.studies) - len(done.failed)
        so = f"{n} stud{'y' if n == 1 else 'ies'} could not be checked; the other {m} {'was' if m == 1 else 'were'}"
        screen.list_problems(screen.err(), problems, so=so)
    again = sum(not study.is_new for study in done.studies)
    kept = f", {again:,} taken over from before" if again else ""
    console.print(f"[dim]written to[/] [bold]{escape(screen.shown(done.folder))}/[/][dim]{kept}[/]", soft_wrap=True)
    console.print("[dim]verdicts.csv, verdicts.xlsx, manifest.json, areas/[/]")


def _placed(problem: Problem, config: Path) -> Problem:
    """Say of which study a problem is, for files have the same names in all of them."""
    from dataclasses import replace

    where = problem.file if problem.file and problem.file != config.name else ""
    return replace(problem, file=f"{config.as_posix()}: {where}" if where else config.as_posix())
