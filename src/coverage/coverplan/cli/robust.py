"""The command that says how sure a verdict is, and which plans stay good: robust."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter
from rich.markup import escape
from rich.table import Table

from coverplan.cli import screen
from coverplan.cli.commands import FINE, Config, Lang, app, which

if TYPE_CHECKING:
    import pandas as pd

    from coverplan.core.model import Study
    from coverplan.planning.sites import Site
    from coverplan.planning.uncertainty.chance import Chances
    from coverplan.planning.uncertainty.robust import Robust
    from coverplan.planning.uncertainty.variation import Variation
    from coverplan.scenarios.edits import Scenario

# Everything that loads pandas is imported inside the commands, so that the help comes at once.
# ruff: noqa: PLC0415

_SHOWN = 8
_WORDS = {
    "usual": ("usual", "平常车速"),
    "expected": ("expected", "期望覆盖"),
    "range": ("range", "波动范围"),
    "met": ("met", "达标"),
    "assumed": ("assumed", "假设"),
    "area": ("Area", "镇街"),
    "people": ("People", "人口"),
    "range_of": ("in 90 of 100 draws", "90%抽样"),
    "least_areas": ("Towns least likely within the limit", "覆盖概率最低的镇街"),
    "least_places": ("Villages and communities least likely within the limit", "覆盖概率最低的村社"),
    "place": ("Village", "村社"),
    "sure": ("Probability", "覆盖概率"),
    "plans": ("Plans in the same draws", "同一组抽样下的方案"),
    "plan": ("Plan", "方案"),
    "mean": ("Mean", "均值"),
    "p5": ("5 %", "5%分位"),
    "regret": ("Regret", "最大遗憾"),
    "best": ("Best in", "最优次数"),
    "gain": ("Gain", "增加人口"),
}


@app.command
def robust(
    config: Config = None,
    /,
    *,
    rule: Annotated[str | None, Parameter(help="Rule to ask about; the first about response times.")] = None,
    reading: Annotated[str | None, Parameter(help="Reading of it; the one that decides.")] = None,
    scenario: Annotated[list[str], Parameter(help="A plan to rank: a file, or an id of the config.")] = [],  # noqa: B006 - cyclopts copies it
    sites: Annotated[Path | None, Parameter(help="A workbook of proposed sites, each a plan to rank.")] = None,
    by: Annotated[
        Literal["mean", "p5", "regret", "best"], Parameter(help="What plans are ranked by.", show_default=True)
    ] = "mean",
    draws: Annotated[int, Parameter(help="How many draws.", show_default=True)] = 200,
    seed: Annotated[int, Parameter(help="Seed of the draws.", show_default=True)] = 1,
    busy: Annotated[float, Parameter(help="Share of the time a vehicle is out.", show_default=True)] = 0.0,
    period: Annotated[str | None, Parameter(help="A part of the week, or week for all of it.")] = None,
    day_cv: Annotated[float, Parameter(help="Spread of speeds from day to day.", show_default=True)] = 0.10,
    class_cv: Annotated[float, Parameter(help="Spread of each road class.", show_default=True)] = 0.10,
    to: Annotated[Path | None, Parameter(help="Folder for tables and a map layer.")] = None,
    lang: Lang = "en",
) -> int:
    """Say how sure a verdict is when speeds vary and vehicles are busy, and which plans stay good."""
    config = which(config, "robust")
    import coverplan as cp

    variation = cp.Variation(day_cv=day_cv, class_cv=class_cv)
    asked: dict[str, Any] = {"rule": rule, "reading": reading, "variation": variation, "busy": busy, "period": period}
    with screen.working(screen.err()) as bar:
        bar.message("reading the study")
        study = cp.read_study(config)
        plans = _plans(scenario, sites, study)
        network = cp.build_network(study, progress=bar)
        bar.message("drawing speeds")
        told = cp.coverage_probability(study, network, **asked, draws=draws, seed=seed, progress=bar)
        ranked = None
        if plans:
            bar.message("drawing speeds for every plan")
            ranked = cp.robust_rank(study, network, plans, **asked, by=by, draws=draws, seed=seed, progress=bar)
    _show(told, ranked, lang)
    if to is not None:
        _write(told, ranked, to)
        names = ", ".join(sorted(path.name for path in to.iterdir()))
        screen.out().print(f"written to [bold]{screen.shown(to)}/[/]: {names}", soft_wrap=False)
    return FINE


def _plans(scenarios: list[str], sites: Path | None, study: Study) -> list[Scenario | Site]:
    """Read every plan; what is wrong with any is said of all at once."""
    import coverplan as cp
    from coverplan.cli.proposals import read_scenarios
    from coverplan.core.errors import InputError, ProblemList

    problems, found = ProblemList(), []
    for read in (
        lambda: read_scenarios(scenarios, study),
        lambda: [] if sites is None else cp.read_sites(sites, study),
    ):
        try:
            found += read()
        except InputError as error:
            problems.extend(error.problems)
    problems.raise_if_any()
    return found


def _show(told: Chances, ranked: Robust | None, lang: str) -> None:
    console = screen.out()
    rule, reading = told.asked.rule, told.asked.reading
    name, how = (rule.name_zh, reading.zh) if lang == "zh" else (rule.name_en, reading.en)
    console.print(f"[bold]{escape(rule.rule_id)} {escape(name)}[/], {escape(how)}")
    console.print(screen.pairs([(_word(key, lang), text) for key, text in _figures(told, lang).items()]))
    console.print(_areas(told, lang))
    places = _places(told, lang)
    if places is not None:
        console.print(places)
    if ranked is not None:
        console.print(_ranking(ranked, lang))
    if not told.asked.varies:
        console.print(
            "[dim]此口径按距离计算，与车速无关。[/]"
            if lang == "zh"
            else "[dim]This reading measures metres: speeds make no difference to it.[/]"
        )
    console.print(
        "[dim]波动幅度为本工具自定的示意值，见docs/uncertainty.md。[/]"
        if lang == "zh"
        else "[dim]How much speeds vary is our own, illustrative; see docs/uncertainty.md.[/]"
    )
    if told.quality == "illustrative":
        console.print(
            "[dim]含示意数据：仅演示工具，不代表结论。[/]"
            if lang == "zh"
            else "[dim]Rests on illustrative data: it shows how the tool works and is no finding.[/]"
        )


def _figures(told: Chances, lang: str) -> dict[str, str]:
    low, high = told.share_range
    usual, people = float(told.plain.total["people_within"]), told.people
    zh = lang == "zh"
    of, unit = ("，共", "人") if zh else (" of ", " people")
    rows = {
        "usual": f"{usual / people:.1%} ({usual:,.0f}{of}{people:,.0f}{unit})",
        "expected": f"{told.expected / people:.1%} ({told.expected:,.0f} ± {told.expected_error:,.0f}{unit})",
        "range": f"{low:.1%} – {high:.1%} ({_word('range_of', lang)})",
    }
    if told.met is not None:
        yes, n = told.met
        ours = told.plain.limit is None
        if zh:
            rows["met"] = f"{n}次抽样中{yes}次达标{'（按本工具参考线）' if ours else ''}"
        else:
            rows["met"] = f"in {yes} of {n} draws{', by our own yardstick' if ours else ''}"
    return rows | {"assumed": _assumed(told, zh=zh)}


def _assumed(told: Chances, *, zh: bool) -> str:
    variation, hours = told.variation, told.period or ("全天" if zh else "whole day")
    day, road = f"{variation.day_cv:.0%}", f"{variation.class_cv:.0%}"
    if zh:
        return f"车速变异：日间{day}，各等级道路{road}；车辆占用{told.busy:.0%}；时段：{hours}；种子{told.seed}"
    return f"speeds vary {day} by day, {road} by road class; vehicles busy {told.busy:.0%}; {hours}; seed {told.seed}"


def _areas(told: Chances, lang: str) -> Table:
    table = _table(_word("least_areas", lang))
    table.add_column(_word("area", lang), overflow="fold")
    for key in ("people", "usual", "expected", "range_of"):
        table.add_column(_word(key, lang), justify="right")
    for row in _records(told.areas[told.areas["people"] > 0].sort_values("share", kind="stable").head(_SHOWN)):
        usual = row["people_within"] / row["people"]
        spread = f"{row['share_p5']:.1%} – {row['share_p95']:.1%}"
        name = row["area"] if lang == "zh" else row["area_en"] or row["area"]
        table.add_row(escape(str(name)), f"{row['people']:,.0f}", f"{usual:.1%}", f"{row['share']:.1%}", spread)
    return table


def _places(told: Chances, lang: str) -> Table | None:
    """Show the villages whose people's mean probability is smallest; None where nobody is in doubt."""
    rows = told.places.assign(sure=told.places["probability"] * told.places["people"])
    sums = rows.groupby(["area_id", "place"], sort=False)[["people", "sure"]].sum().reset_index()
    sums = sums[sums["people"] > 0]
    sums["sure"] /= sums["people"]
    sums = sums[sums["sure"] < 1].sort_values(["sure", "people"], ascending=[True, False], kind="stable").head(_SHOWN)
    if not len(sums):
        return None
    names = dict(zip(told.areas["area_id"], told.areas["area"], strict=True))
    table = _table(_word("least_places", lang))
    table.add_column(_word("place", lang), overflow="fold")
    table.add_column(_word("area", lang), overflow="fold")
    for key in ("people", "sure"):
        table.add_column(_word(key, lang), justify="right")
    for row in _records(sums):
        area = names.get(row["area_id"], "")
        table.add_row(escape(str(row["place"])), escape(str(area)), f"{row['people']:,.0f}", f"{row['sure']:.1%}")
    return table


def _ranking(ranked: Robust, lang: str) -> Table:
    table = _table(_word("plans", lang))
    table.add_column("")
    table.add_column(_word("plan", lang), overflow="fold", min_width=16)
    for key in ("usual", "mean", "p5", "regret", "best", "met", "gain"):
        table.add_column(_word(key, lang), justify="right")
    for row in _records(ranked.table):
        met = "" if math.isnan(row["met"]) else f"{row['met']:.0%}"
        name = "现状" if lang == "zh" and row["plan"] == "as it is" else row["plan"]
        figures = (f"{row['usual']:.1%}", f"{row['mean']:.1%}", f"{row['p5']:.1%}", f"{row['regret']:.1%}")
        table.add_row(str(row["rank"]), escape(str(name)), *figures, f"{row['best']:.0%}", met, f"{row['gain']:+,.0f}")
    return table


def _table(title: str) -> Table:
    return Table(box=None, pad_edge=False, header_style="bold", title=title, title_justify="left")


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _word(key: str, lang: str) -> str:
    return _WORDS[key][lang == "zh"]


def _write(told: Chances, ranked: Robust | None, folder: Path) -> None:
    from coverplan.core.atomic import whole_folder, write_text
    from coverplan.outputs.tables import write_csv

    with whole_folder(folder) as beside:
        write_csv(told.places, beside / "places.csv")
        write_csv(told.areas, beside / "areas.csv")
        write_csv(told.draws, beside / "draws.csv")
        write_text(beside / "places.geojson", _layer(told))
        write_text(beside / "assumed.json", json.dumps(_settings(told), ensure_ascii=False, indent=2) + "\n")
        if ranked is not None:
            write_csv(ranked.table, beside / "plans.csv")
            write_csv(ranked.shares, beside / "plans-by-draw.csv")


def _layer(told: Chances) -> str:
    """Return the places with their probability as a map layer, in WGS-84 degrees."""
    columns = told.places.drop(columns="point_id").round(6)
    points = told.study.people[["point_id", "geometry"]].reset_index(drop=True)
    for name in columns:
        points[name] = columns[name].to_numpy()
    points["value"] = points["value"].where(points["value"] < float("inf"))
    points["quality"] = told.quality
    return points.to_crs("EPSG:4326").to_json(ensure_ascii=False, drop_id=True)


def _settings(told: Chances) -> dict[str, Any]:
    variation: Variation = told.variation
    return {
        "study": told.study.study_id,
        "rule": told.asked.rule.rule_id,
        "reading": told.asked.reading.name,
        "day_cv": variation.day_cv,
        "class_cv": variation.class_cv,
        "classes": dict(variation.classes),
        "period_cv": dict(variation.period_cv),
        "busy": told.busy,
        "period": told.period,
        "draws": len(told.draws),
        "seed": told.seed,
        "quality": told.quality,
        "inputs": dict(told.study.inputs),
    }
