"""What is shown of proposals: trials, comparisons, years, the order of projects. 80 columns wide."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from coverplan.cli.tables import Language, plain_table, said, status_word
from coverplan.outputs import phrases
from coverplan.standards.wording import count

if TYPE_CHECKING:
    import pandas as pd

    from coverplan.core.model import Study
    from coverplan.planning.comparison import Comparison
    from coverplan.planning.trial import Placed, Trial
    from coverplan.planning.years import Timeline

# What loads pandas is imported inside, so that the help comes at once.
# ruff: noqa: PLC0415

_WORDS: dict[str, phrases.Both] = {
    "now": {"en": "Now", "zh": "现状"},
    "after": {"en": "With it", "zh": "方案"},
    "together": {"en": "Together", "zh": "合计"},
    "more": {"en": "People more", "zh": "新增人口"},
    "site": {"en": "Site", "zh": "站点"},
    "alone": {"en": "Alone", "zh": "单独新增"},
    "only": {"en": "Only by it", "zh": "独有新增"},
    "gains": {"en": "Towns that gain", "zh": "受益镇街"},
    "flips": {"en": "Verdicts that change", "zh": "结论变化"},
    "no_flips": {"en": "No verdict changes.", "zh": "结论不变。"},
    "scenario": {"en": "Proposal", "zh": "方案"},
    "met": {"en": "Met", "zh": "达标"},
    "gained": {"en": "Gained", "zh": "新增"},
    "lost": {"en": "Lost", "zh": "减少"},
    "short": {"en": "Short", "zh": "缺口"},
    "projects": {"en": "Projects", "zh": "完工"},
    "beds": {"en": "Beds", "zh": "床位"},
    "added": {"en": "Added", "zh": "新增床位"},
}
_MOST_TOWNS = 6


def _word(key: str, lang: Language) -> str:
    return _WORDS[key][lang]


def _or_dash(value: object, form: str) -> str:
    """Write a number in a form; what is missing is a dash."""
    number = float(str(value))
    return "–" if math.isnan(number) else format(number, form)


def trial_page(trial: Trial, lang: Language) -> RenderableType:
    """Show what a trial came out as."""
    study = trial.ground.study
    parts: list[RenderableType] = [Text(study.name if lang == "zh" else study.name_en, style="bold")]
    parts += [_where(placed, study, lang) for placed in trial.placed]
    parts.append(_together(trial, lang))
    if len(trial.placed) > 1:
        parts.append(_each(trial, lang))
    parts.append(_towns(trial, lang))
    parts.append(_flips(trial, lang))
    if trial.together.quality == "illustrative":
        parts.append(Text(said("illustrative", lang), style="bold yellow"))
    return Group(*parts)


def _where(placed: Placed, study: Study, lang: Language) -> Text:
    areas = study.areas.set_index("area_id")
    town = ""
    if placed.area_id in areas.index:
        row = areas.loc[placed.area_id]
        town = f" · {row['name'] if lang == 'zh' else row['name_en'] or row['name']}"
    site = placed.site
    fleet = phrases.amount(float(site.vehicles), "vehicle")[lang]
    away = phrases.amount(placed.nearest_m / 1000, "km")[lang]
    near = (
        f"离最近的 {placed.nearest} {away}，距道路 {placed.offroad_m:.0f} 米"
        if lang == "zh"
        else f"{away} from {placed.nearest}, {placed.offroad_m:.0f} m off the road"
    )
    facts = f" {site.lon:.5f}, {site.lat:.5f}{town} · {fleet}\n  {near}"
    unheard = [_UNHEARD[key][lang] for key in _unheard(placed, study)]
    return Text.assemble(
        (site.name, "bold cyan"), (facts, "dim"), *((f"\n  ! {sentence}", "yellow") for sentence in unheard)
    )


_UNHEARD: dict[str, phrases.Both] = {
    "road": {
        "en": "too far from any road: by road nobody is reached from here",
        "zh": "离道路太远：从这里走道路到不了任何地方",
    },
    "crew": {"en": "no vehicle stands here: no crew sets out", "zh": "没有救护车，不会出车"},
}


def _unheard(placed: Placed, study: Study) -> list[str]:
    """Say why a site adds nothing, where that is plain from where it stands and what stands there."""
    told = [] if placed.on_road else ["road"]
    return told if placed.site.vehicles or not len(study.vehicles) or not placed.answers_calls else [*told, "crew"]


def _defaults(trial: Trial) -> pd.DataFrame:
    """Return the rows of `Trial.rules` whose reading decides."""
    default = {verdict.rule.rule_id: verdict.default.reading.name for verdict in trial.ground.base.verdicts}
    rows = trial.rules
    return rows[(rows["reading"] == rows["rule_id"].map(default)).to_numpy(dtype=bool)]


def _together(trial: Trial, lang: Language) -> RenderableType:
    """Show every reading that the sites change, all of them together."""
    table = plain_table()
    table.add_column(said("rule", lang), no_wrap=True, style="dim")
    table.add_column(said("what", lang), ratio=1, min_width=16)
    table.add_column(_word("now", lang), justify="right", no_wrap=True)
    table.add_column(_word("after" if len(trial.placed) == 1 else "together", lang), justify="right", no_wrap=True)
    table.add_column(_word("more", lang), justify="right", no_wrap=True)
    rows = trial.rules[trial.rules["site"] == "all"]
    changed = rows[(rows["figure_before"] != rows["figure_after"]) & rows["figure_after"].notna()]
    seen = ""
    for row in changed.to_dict("records"):
        verdict = trial.ground.base.verdict(str(row["rule_id"]))
        finding = trial.ground.base.finding(str(row["rule_id"]), str(row["reading"]))
        what = Text()
        if row["rule_id"] != seen:
            what.append(getattr(verdict.rule, f"name_{lang}") + "\n")
        what.append(getattr(finding.reading, lang), style="dim")
        figures = [float(row[name]) for name in ("figure_before", "figure_after")]
        shown = [phrases.amount(value, str(row["unit"]), apart_from=tuple(figures))[lang] for value in figures]
        more = _or_dash(row["gained"], ",.0f")
        table.add_row("" if row["rule_id"] == seen else str(row["rule_id"]), what, *shown, more)
        seen = str(row["rule_id"])
    if not len(changed):
        return Text("No figure changes." if lang == "en" else "各项指标均不变。", style="yellow")
    return table


def _each(trial: Trial, lang: Language) -> RenderableType:
    """Show what each site adds: alone, and what only it does when all are there."""
    rows = _defaults(trial)
    rows = rows[rows["site"] != "all"]
    # Rules that ask the same of the same people need one pair of columns.
    told: dict[tuple[float, ...], str] = {}
    for rule, part in rows.groupby("rule_id", sort=False):
        told.setdefault((*part["gained"], *part["only_here"]), str(rule))
    chosen = list(told.values())[:2]
    table = plain_table()
    table.add_column(_word("site", lang), ratio=1)
    for rule in chosen:
        table.add_column(f"{rule}\n{_word('alone', lang)}", justify="right", no_wrap=True)
        table.add_column(f"\n{_word('only', lang)}", justify="right", no_wrap=True)
    for placed in trial.placed:
        cells = []
        for rule in chosen:
            row = rows[(rows["site"] == placed.site.name) & (rows["rule_id"] == rule)].iloc[0]
            cells += [count(float(row["gained"])), count(float(row["only_here"]))]
        table.add_row(Text(placed.site.name), *cells)
    return table


def _towns(trial: Trial, lang: Language) -> Text:
    """Name the towns that gain, by the first rule that people gain by."""
    default = _defaults(trial)
    gaining = default[(default["site"] == "all") & (default["gained"] > 0)]
    if gaining.empty:
        return Text("")
    rule, reading = gaining.iloc[0][["rule_id", "reading"]]
    rows = trial.towns
    rows = rows[(rows["site"] == "all") & (rows["rule_id"] == rule) & (rows["reading"] == reading)]
    name = "area" if lang == "zh" else "area_en"
    parts = [f"{row[name] or row['area']} {count(float(row['gained']))}" for row in rows.to_dict("records")]
    rest = len(parts) - _MOST_TOWNS
    more = "" if rest <= 0 else f" · +{rest}"
    return Text.assemble((f"{_word('gains', lang)} ({rule}): ", "bold"), " · ".join(parts[:_MOST_TOWNS]) + more)


def _flips(trial: Trial, lang: Language) -> Text:
    flips = trial.flips
    if flips.empty:
        return Text(_word("no_flips", lang), style="dim")
    text = Text(f"{_word('flips', lang)}:", style="bold")
    for row in flips.to_dict("records"):
        finding = trial.ground.base.finding(str(row["rule_id"]), str(row["reading"]))
        states = [status_word(str(row[name]), lang) for name in ("status_before", "status_after")]
        name = f"{row['rule_id']} {getattr(finding.reading, lang)}"
        text.append(f"\n  {name}: {states[0]} → {states[1]}", style="not bold")
    return text


def comparison_page(told: Comparison, lang: Language) -> RenderableType:
    """Show the ranking, and below it what changes by each proposal."""
    from coverplan.planning.comparison import OBJECTIVES

    study = told.base.study
    name = study.name if lang == "zh" else study.name_en
    parts: list[RenderableType] = [
        Text.assemble((name, "bold"), f" {study.year}\n", (_goal(told, OBJECTIVES, lang), "dim"))
    ]
    table = plain_table()
    table.add_column(said("rank", lang), justify="right")
    table.add_column(_word("scenario", lang), ratio=1)
    for key in ("gained", "lost", "met"):
        table.add_column(_word(key, lang), justify="right", no_wrap=True)
    table.add_column("±", justify="right", no_wrap=True)
    for row in told.tables["ranking"].to_dict("records"):
        met = f"{row['met_before']} → {row['met_after']}"
        value = _or_dash(row["value"], "+,.0f")
        gained, lost = (count(float(row[key])) for key in ("gained", "lost"))
        table.add_row(str(row["rank"]), Text(str(row["name"])), gained, lost, met, value)
    parts.append(table)
    if table.row_count and told.objective == "people_per_yuan" and told.tables["ranking"]["value"].isna().any():
        hint = "–: cost_100m_cny of the proposal is not given, or 0" if lang == "en" else "–：方案未给出投资（亿元）"
        parts.append(Text(hint, style="yellow"))
    for case in told.cases:
        parts.append(_changes(told, case.scenario.scenario_id, case.scenario.name, lang))
        parts.extend(Text(f"! {getattr(remark, lang)}", style="yellow") for remark in case.remarks)
    if told.base.quality == "illustrative":
        parts.append(Text(said("illustrative", lang), style="bold yellow"))
    return Group(*parts)


_GOALS_ZH = {"people": "净新增达标人口", "verdicts": "达标条数", "people_per_yuan": "每亿元净新增达标人口"}


def _goal(told: Comparison, known: dict[str, str], lang: Language) -> str:
    if lang == "zh":
        goal = _GOALS_ZH.get(told.objective, f"{told.objective} 缺口的减少")
        return f"按{goal}排序；新增、减少为各条款合计，同一人在两条中各计一次"
    rules = "gained and lost are added up over the rules: within two limits counts twice"
    return f"ranked by {known.get(told.objective, f'how much less {told.objective} is short of')}; {rules}"


def _changes(told: Comparison, scenario: str, name: str, lang: Language) -> RenderableType:
    """Show the verdicts whose figure or status a proposal changes, by the reading that decides."""
    rows = _changed_rows(told, scenario)
    if rows.empty:
        nothing = "no figure changes" if lang == "en" else "各项指标均不变"
        return Text.assemble((name, "bold cyan"), f": {nothing}\n")
    table = plain_table(title=name)
    table.add_column(said("rule", lang), no_wrap=True, style="dim")
    table.add_column(said("what", lang), ratio=1, min_width=14)
    for key in ("now", "after"):
        table.add_column(_word(key, lang), justify="right", max_width=14)
    table.add_column(_word("short", lang), justify="right", max_width=16)
    for row in rows.to_dict("records"):
        figures = [float(row[key]) for key in ("figure_before", "figure_after")]
        cells = []
        for value, status in zip(figures, (row["status_before"], row["status_after"]), strict=True):
            shown = phrases.amount(value, str(row["unit"]), apart_from=tuple(figures))[lang]
            changed = row["status_before"] != row["status_after"]
            cells.append(f"{shown}\n{status_word(str(status), lang)}" if changed else shown)
        table.add_row(str(row["rule_id"]), _what_changes(row, lang), *cells, _short_cell(row, lang))
    return table


def _changed_rows(told: Comparison, scenario: str) -> pd.DataFrame:
    """Pick the deciding readings of which a proposal changes figure, status or shortfall, or who is within.

    A figure may stay what it is although people gain or lose by it: a percentile, or a count beside a larger need.
    """
    rows = told.tables["verdicts"]
    rows = rows[(rows["scenario"] == scenario) & rows["is_default"].astype(bool)]
    people = told.tables["people"]
    sums = people[people["scenario"] == scenario].groupby(["rule_id", "reading"])[["gained", "lost"]].sum()
    rows = rows.merge(sums, how="left", left_on=["rule_id", "reading"], right_index=True)
    rows = rows.assign(**{name: rows[name].astype("float64").fillna(0.0) for name in ("gained", "lost")})
    moved = (rows["gained"] > 0) | (rows["lost"] > 0) | (rows["status_before"] != rows["status_after"])
    for name in ("figure", "shortfall"):
        before, after = rows[f"{name}_before"], rows[f"{name}_after"]
        moved |= ~((before == after) | (before.isna() & after.isna()))
    return rows[moved]


def _what_changes(row: Mapping[Any, Any], lang: Language) -> Text:
    """Name a rule, and below it who gains and who loses."""
    text = Text(str(row["rule" if lang == "zh" else "rule_en"]))
    gained, lost = float(str(row["gained"])), float(str(row["lost"]))
    if gained or lost:
        told = f"{_word('gained', lang)} {count(gained)} · {_word('lost', lang)} {count(lost)}"
        text.append(f"\n{told}", style="dim")
    return text


def _short_cell(row: Mapping[Any, Any], lang: Language) -> str:
    """Say what is missing then; and what is missing now, where the figure alone would not tell that it changes."""
    unit = str(row["shortfall_unit"] or "people")
    before, after = (float(str(row[f"shortfall_{when}"])) for when in ("before", "after"))
    shown = phrases.amount(after, unit)[lang]
    if row["figure_before"] != row["figure_after"] or before == after or math.isnan(before):
        return shown
    return f"{shown}\n{'was' if lang == 'en' else '原'} {phrases.amount(before, unit)[lang]}"


def timeline_page(told: Timeline, lang: Language) -> RenderableType:
    """Show the years, and below them the verdicts that change."""
    study = told.study
    table = plain_table()
    table.add_column("Year" if lang == "en" else "年份", no_wrap=True)
    table.add_column(_word("projects", lang), justify="right", no_wrap=True)
    table.add_column(_word("added", lang), justify="right", no_wrap=True)
    table.add_column(_word("beds", lang), justify="right", no_wrap=True)
    columns = [name for name in told.years.columns if name.startswith("beds_per_1000_")][:3]
    for name in columns:
        rate = "Beds per 1,000" if lang == "en" else "每千人床位"
        table.add_column(f"{rate} {name.removeprefix('beds_per_1000_')}", justify="right", max_width=14)
    for status in ("met", "not_met"):
        table.add_column(status_word(status, lang), justify="right", no_wrap=True)
    for row in told.years.to_dict("records"):
        rates = [_or_dash(row[name], ".2f") for name in columns]
        known = _or_dash(row["beds"], ",.0f")
        cells = [str(row["year"]), str(row["projects"]), count(float(row["beds_added"])), known, *rates]
        table.add_row(*cells, str(row["met"]), str(row["not_met"]))
    parts: list[RenderableType] = [Text(study.name if lang == "zh" else study.name_en, style="bold"), table]
    if told.years["beds"].isna().all() and told.years["beds_added"].any():
        hint = "No figure says how many beds there were in the base year; give it with --beds."
        parts.append(Text(hint if lang == "en" else "缺少基期床位数，可用 --beds 给出。", style="yellow"))
    parts.append(_years_that_change(told, lang))
    if told.doubts:
        title = "Sources that differ" if lang == "en" else "来源不一致"
        said_so = "\n".join(getattr(doubt, lang) for doubt in told.doubts)
        parts.append(Text.assemble((f"{title}:\n", "bold"), (said_so, "yellow")))
    if next(iter(told.states.values())).quality == "illustrative":
        parts.append(Text(said("illustrative", lang), style="bold yellow"))
    return Group(*parts)


def _years_that_change(told: Timeline, lang: Language) -> RenderableType:
    """List the rules whose status changes, by the reading that decides: since when it is what."""
    rows = told.verdicts[told.verdicts["is_default"].astype(bool)]
    lines = []
    for rule, part in rows.groupby("rule_id", sort=False):
        states = list(zip(part["year"], part["status"], strict=True))
        turns = [state for i, state in enumerate(states) if i == 0 or state[1] != states[i - 1][1]]
        if len(turns) > 1:
            name = part["rule" if lang == "zh" else "rule_en"].iloc[0]
            steps = " → ".join(f"{status_word(status, lang)} {year}" for year, status in turns)
            lines.append(f"{rule} {name}: {steps}")
    title = "Verdicts that change" if lang == "en" else "结论变化"
    nothing = "No verdict changes over the years." if lang == "en" else "各年结论不变。"
    return Text.assemble((f"{title}:\n", "bold"), "\n".join(lines)) if lines else Text(nothing, style="dim")


def order_table(order: pd.DataFrame, lang: Language) -> RenderableType:
    """Show which project comes first."""
    table = plain_table(title="Which project first" if lang == "en" else "建设次序")
    table.add_column(said("rank", lang), justify="right")
    table.add_column("Project" if lang == "en" else "项目", ratio=1)
    for name in ("People more", "per year", "per 100m CNY", "beds per"):
        table.add_column(name, justify="right", max_width=9)
    for row in order.to_dict("records"):
        name = row["name"] if lang == "zh" else row["name_en"] or row["name"]
        numbers = ("gained", "gained_per_year", "gained_per_100m_cny", "beds_per_100m_cny")
        cells = [_or_dash(row[key], ",.0f") for key in numbers]
        table.add_row(str(row["order"]), Text(f"{row['project_id']} {name}"), *cells)
    return table
