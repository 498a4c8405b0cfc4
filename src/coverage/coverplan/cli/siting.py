"""The command that chooses sites: site."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.markup import escape
from rich.table import Table

from coverplan.cli import screen
from coverplan.cli.commands import FINE, UsageError, app

if TYPE_CHECKING:
    import pandas as pd

    from coverplan.planning.siting.result import SitingResult

# Everything that loads pandas is imported inside the commands, so that the help comes at once.
# ruff: noqa: PLC0415

_SHOWN = 30


@app.command
def site(
    problem: Annotated[Path | None, Parameter(help="The siting problem, a YAML file.")] = None,
    /,
    *,
    to: Annotated[Path | None, Parameter(help="Folder for sites.csv, areas.csv, sites.geojson.")] = None,
    seconds: Annotated[float | None, Parameter(help="Time limit; the problem's own unless given.")] = None,
) -> int:
    """Choose sites with proof: which, how good for certain, who is newly covered, what else."""
    if problem is None:
        found = [path.as_posix() for path in sorted(Path("configs/siting").glob("*.yaml"))]
        choices = [f"  coverplan site {path}" for path in found or ["configs/siting/missing-ambulances.yaml"]]
        raise UsageError("\n".join(["Which problem? Name its file, for example:", *choices]))
    import coverplan as cp
    from coverplan.planning.siting.ready import placed_in, read_problem
    from coverplan.planning.siting.site import site as choose

    if seconds is not None and not seconds > 0:
        raise UsageError(f"--seconds {seconds:g}: the search takes some time, above 0")
    asked, config = read_problem(problem)
    if seconds is not None:
        asked = asked.model_copy(update={"time_limit_s": seconds})
    with screen.working(screen.err()) as bar:
        bar.message("reading the study")
        study = cp.read_study(config)
        network = cp.build_network(study, progress=bar)
        with placed_in(problem):
            told = choose(study, network, asked, folder=problem.parent, progress=bar)
    _show(told)
    if to is not None:
        _write(told, to)
        screen.out().print(
            f"written to [bold]{screen.shown(to)}/[/]: sites.csv, areas.csv, alternatives.csv, sites.geojson"
        )
    return FINE


def _show(told: SitingResult) -> None:
    console, asked = screen.out(), told.asked
    console.print(f"[bold]{escape(asked.title or asked.model)}[/]", highlight=False)
    for line in (asked.title_en, asked.source and f"for: {asked.source}"):
        if line:
            console.print(escape(line), highlight=False)
    console.print(screen.pairs(_figures(told)))
    console.print(_sites(told))
    if len(told.given_up):
        names = "、".join(str(name) for name in told.given_up["name"])
        console.print(f"[bold]Given up:[/] {escape(names)}", highlight=False)
    rows = _area_rows(told)
    if len(rows):
        console.print(_areas(rows))
    if told.alternatives:
        console.print(_alternatives(told))
    if told.curve is not None:
        console.print(_curve(told))
    if asked.note:
        console.print(f"[dim]{escape(asked.note)}[/]", highlight=False)
    if told.quality == "illustrative":
        console.print("[dim]Rests on illustrative data: it shows how the tool works and is no finding.[/]")


def _figures(told: SitingResult) -> list[tuple[str, str]]:
    from coverplan.outputs.review.sites import objective_words, proof_words

    plan = told.plan
    rows = [
        ("objective", objective_words(told, plan.objective)["en"]),
        ("bound", proof_words(told, plan)["en"]),
        ("model", plan.model),
    ]
    if not math.isnan(told.before) and told.people:
        for word, count, mean in (
            ("before", told.before, told.mean_before),
            ("after", told.after, told.mean_after),
        ):
            line = f"{count:,.0f} of {told.people:,.0f} people ({count / told.people:.1%})"
            rows.append((word, f"{line} at every hour, {mean:,.0f} on average" if told.parts > 1 else line))
    rows += [("note", note) for note in told.notes]
    if told.left_out:
        rows.append(("left out", f"{told.left_out:,.0f} people whom no candidate reaches"))
    rows.append(("solved", f"{plan.seconds:.1f} s: {'; '.join(plan.how[-3:])}"))
    return rows


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _sites(told: SitingResult) -> Table:
    distances = told.asked.model == "detour"
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Site", overflow="fold", min_width=24)
    table.add_column("Area", overflow="fold")
    table.add_column("Today", justify="right")
    table.add_column("Then", justify="right")
    table.add_column("Trips" if distances else "People", justify="right")
    rows = told.sites.rename(columns={"count": "then"}).sort_values("existing", kind="stable")
    for row in rows.head(_SHOWN).itertuples():
        today, then = int(str(row.today)), int(str(row.then))
        shown = f"[green]{then}[/]" if then > today else f"{then}"
        table.add_row(escape(str(row.name)), escape(str(row.area)), f"{today}", shown, f"{row.people:,.0f}")
    if len(rows) > _SHOWN:
        table.add_row(f"... and {len(rows) - _SHOWN} more", "", "", "", "")
    return table


def _area_rows(told: SitingResult) -> pd.DataFrame:
    """Return the areas in which somebody gains or loses; all of them where nothing stands today."""
    areas = told.areas
    if len(areas) and told.candidates["existing"].any():
        areas = areas[(areas["newly"] > 0) | (areas["lost"] > 0)]
    return areas.sort_values("newly", ascending=False, kind="stable")


def _areas(rows: pd.DataFrame) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title="Who gains, who loses", title_justify="left")
    table.add_column("Area")
    for heading in ("People", "Before", "After", "Newly covered", "Lost"):
        table.add_column(heading, justify="right")
    for row in rows.itertuples():
        cells = (row.people, row.before, row.after, row.newly, row.lost)
        table.add_row(escape(str(row.area)), *(f"{float(str(cell)):,.0f}" for cell in cells))
    return table


def _alternatives(told: SitingResult) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title="Other good plans", title_justify="left")
    table.add_column("Objective", justify="right")
    table.add_column("Worse", justify="right")
    table.add_column("Instead of the first plan's sites", overflow="fold")
    first = set(told.plan.sites)
    for plan in told.alternatives:
        names = [str(told.candidates["name"].iloc[site]) for site in sorted(set(plan.sites) - first)]
        worse = abs(plan.objective - told.plan.objective) / abs(told.plan.objective) if told.plan.objective else 0.0
        table.add_row(_short(plan.objective), f"{worse:.2%}", escape("、".join(names)))
    return table


def _curve(told: SitingResult) -> Table:
    table = Table(
        box=None, pad_edge=False, header_style="bold", title="Against the number of sites", title_justify="left"
    )
    table.add_column("Sites", justify="right")
    table.add_column("Objective", justify="right")
    table.add_column("")
    curve = told.curve
    if curve is None:
        return table
    most = float(curve.objective.max()) or 1.0
    for number, value in zip(curve.number.tolist(), curve.objective.tolist(), strict=True):
        bar = "#" * round(30 * value / most)
        mark = " <- knee" if number == curve.knee else ""
        table.add_row(f"{number}", _short(value), f"{bar}{mark}")
    return table


def _write(told: SitingResult, folder: Path) -> None:
    import pandas as pd

    from coverplan.core.atomic import write_text
    from coverplan.outputs.tables import write_csv

    folder.mkdir(parents=True, exist_ok=True)
    plans = (told.plan, *told.alternatives)
    others = pd.DataFrame(
        {
            "plan": range(1, len(plans) + 1),
            "objective": [plan.objective for plan in plans],
            "bound": [plan.bound for plan in plans],
            "gap": [plan.gap for plan in plans],
            "status": [plan.status for plan in plans],
            "sites": ["; ".join(told.names(plan)) for plan in plans],
        }
    )
    write_csv(pd.DataFrame(told.sites.drop(columns="geometry")).assign(quality=told.quality), folder / "sites.csv")
    write_csv(told.areas, folder / "areas.csv")
    write_csv(others, folder / "alternatives.csv")
    places = told.sites.assign(quality=told.quality).to_crs("EPSG:4326")
    write_text(folder / "sites.geojson", places.to_json(ensure_ascii=False))
