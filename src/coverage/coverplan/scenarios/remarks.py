"""What a planner should hear of a scenario although nothing is wrong with it: what waits, what will not be felt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coverplan.core.model import Study
from coverplan.core.words import KINDS
from coverplan.scenarios.edits import Close, Complete, Delay, Edit, Open, Scenario, Speeds
from coverplan.scenarios.resolve import resolve
from coverplan.scenarios.schedule import holds, reschedule

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


@dataclass(frozen=True, kw_only=True)
class Remark:
    """One sentence in both languages."""

    en: str
    zh: str


def remarks(study: Study, scenario: Scenario, year: int | None = None) -> tuple[Remark, ...]:
    """Say what of a scenario is not felt in a year, and why.

    Parameters
    ----------
    study
        The base study.
    scenario
        Read or made in a script.
    year
        The year that is looked at; the study's own unless given.

    Raises
    ------
    InputError
        When something in the scenario is wrong.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> station = Open(name="新站", facility_kind="ems_station", at=(118.56, 24.68))
    >>> remarks(study, Scenario(scenario_id="s", edits=(station,)))[0].en
    '新站 has no vehicle: no crew sets out from it'
    """
    told = resolve(study, scenario)
    when = study.year if year is None else year
    later = reschedule(study, told).study
    found: list[Remark] = []
    for edit in told.edits:
        if not isinstance(edit, Complete | Delay) and not holds(later, edit, when):
            found.append(_waits(edit, when))
        elif isinstance(edit, Open):
            found += _without_crew(study, told, edit)
        elif isinstance(edit, Speeds):
            found += _unmeasured(told, edit)
    return tuple(dict.fromkeys(found))


def _waits(edit: Edit, year: int) -> Remark:
    place_en, place_zh = ("", "") if edit.line is None else (f" in line {edit.line}", f"第{edit.line}行的")
    until_en = f"project {edit.after} is finished" if edit.after else str(edit.year)
    until_zh = f"项目{edit.after}完工" if edit.after else f"{edit.year}年"
    what = edit.kind.replace("_", " ")
    return Remark(
        en=f"the edit '{what}'{place_en} waits until {until_en}: it changes nothing in {year}",
        zh=f"{place_zh}“{what}”自{until_zh}起生效，{year}年不起作用",
    )


def _without_crew(study: Study, scenario: Scenario, edit: Open) -> list[Remark]:
    given = {close.vehicles_to for close in scenario.edits if isinstance(close, Close)}
    if (
        edit.vehicles
        or KINDS[edit.facility_kind].group != "ems"
        or edit.facility_id in given
        or not len(study.vehicles)
    ):
        return []
    return [Remark(en=f"{edit.name} has no vehicle: no crew sets out from it", zh=f"{edit.name}没有救护车，不会出车")]


def _unmeasured(scenario: Scenario, edit: Speeds) -> list[Remark]:
    measured = {other.at for other in scenario.edits if isinstance(other, Speeds)}
    if not edit.period or edit.period in measured:
        return []
    return [
        Remark(
            en=f"speeds of {edit.period} are felt only where that is measured: add speeds: {{at: {edit.period}}}",
            zh=f"{edit.period}的车速只在测算该时段时起作用：请加上 车速: {{取时段: {edit.period}}}",
        )
    ]


def doubtful_ends(study: Study, scenario: Scenario | None = None) -> tuple[Remark, ...]:
    """Name the projects about whose end the sources differ, and which year counts.

    A project is doubtful when its note names a year that is neither the one in which it begins nor the one in which
    it ends. A scenario that completes or delays it has chosen.

    Examples
    --------
    >>> import coverplan as cp
    >>> study = cp.read_study(cp.sample_config())
    >>> doubtful_ends(study)
    ()
    """
    chosen: dict[str, Complete | Delay] = {}
    if scenario is not None:
        chosen = {e.project: e for e in resolve(study, scenario).edits if isinstance(e, Complete | Delay)}
    ends = study.projects.set_index("project_id")["end_year"]
    now = ends if scenario is None else reschedule(study, resolve(study, scenario)).study.projects.set_index(
        "project_id")["end_year"]  # fmt: skip
    found = []
    for row in study.projects.to_dict("records"):
        note, end = row["note"], row["end_year"]
        if pd.isna(note) or pd.isna(end):
            continue
        others = sorted({int(year) for year in _YEAR.findall(str(note))} - {int(end), row["start_year"]})
        if others:
            found.append(_doubt(row, others, int(now[row["project_id"]]), is_chosen=row["project_id"] in chosen))
    return tuple(found)


def _doubt(row: Mapping[Any, Any], others: list[int], end: int, *, is_chosen: bool) -> Remark:
    number, name_zh = row["project_id"], row["name"]
    name = row["name_en"] if pd.notna(row["name_en"]) else name_zh
    if is_chosen:
        return Remark(
            en=f"{number} {name}: the sources differ; the scenario says {end}",
            zh=f"{number} {name_zh}：来源不一致，按方案取{end}年",
        )
    first = others[0]
    return Remark(
        en=f"{number} {name}: counted as finished in {end}, a source says {first} ({row['note']}); "
        f"the other choice: delay: {{project: {number}, until: {first}}}",
        zh=f"{number} {name_zh}：按{end}年完工计算，另有来源为{first}年（{row['note']}）；"
        f"另一种取法：推迟: {{项目: {number}, 至: {first}}}",
    )
