"""How an edit is written down: its keys in both languages, and what may stand behind each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from coverplan.core.headings import plain_heading
from coverplan.core.tables import FACILITIES, Column

Holds = Literal[
    "text", "texts", "whole", "count", "year", "number", "factor", "factors", "flag",
    "position", "positions", "facility", "area", "project", "kind", "place_kind", "road_class", "road_classes",
    "profile", "period", "population", "indicator", "who", "cell", "place", "map",
]  # fmt: skip
"""What stands behind a key."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """A key of an edit: what it is called, other ways to call it, what stands behind it, and what it means."""

    name: str
    zh: str
    holds: Holds
    meaning: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    column: Column | None = None


@dataclass(frozen=True, kw_only=True)
class Form:
    """A kind of edit: what it is called, its keys, and the key that a bare value stands for."""

    name: str
    zh: str
    meaning: str
    keys: tuple[Key, ...]
    alone: str = ""
    aliases: tuple[str, ...] = ()

    def key(self, written: str) -> Key | None:
        """Return the key that is written so, in whichever language."""
        return self._spellings.get(plain_heading(written))

    @property
    def _spellings(self) -> Mapping[str, Key]:
        known: dict[str, Key] = {}
        for key in self.keys:
            for label in (key.name, key.zh, *key.aliases):
                known.setdefault(plain_heading(label), key)
        return known


def _key(name: str, zh: str, holds: Holds, meaning: str, *aliases: str, required: bool = False) -> Key:
    return Key(name=name, zh=zh, holds=holds, meaning=meaning, aliases=aliases, required=required)


_NOT_CELLS = {
    "facility_id", "name", "kind", "area_id", "lon", "lat", "datum", "address", "position_quality", "status",
    "open_year", "close_year", "source",
}  # fmt: skip
_CELLS = tuple(
    Key(name=column.name, zh=column.zh, holds="cell", meaning=column.meaning, aliases=column.aliases, column=column)
    for column in FACILITIES.columns
    if column.name not in _NOT_CELLS
)
_WHEN = (
    _key("year", "年份", "year", "First year in which it holds; at once unless given.", "自"),
    _key("after", "随项目", "project", "The project with whose completion it comes.", "项目完工后"),
)
_NAME = _key("name", "名称", "text", "What it is called.", required=True)
_AT = _key("at", "位置", "position", "Where: [lon, lat].", "坐标", "to", "迁至", required=True)
_FACILITY = _key("facility", "设施", "facility", "Which: identifier or name.", "机构", required=True)
_PROJECT = _key("project", "项目", "project", "Which: number or name.", required=True)
_VEHICLES = _key("vehicles", "救护车", "count", "Emergency vehicles that stand there.")
_NEGATIVE = _key("negative_pressure", "负压", "count", "Of them, negative-pressure ambulances.", "负压救护车")
_KIND = replace(_key("kind", "类别", "kind", "What the facility is.", "类型"), required=True)
_WHERE = (
    _key("name", "路名", "text", "Roads of that name."),
    _key("near", "附近", "position", "The road nearest to this position."),
    _key("within_m", "半径（米）", "number", "With near: every road that comes so near, in metres.", "半径"),
    _key("between", "两点间", "positions", "The shortest way by car between two positions."),
    _key("area", "镇街", "area", "Roads in a town."),
    _key("class", "道路等级", "road_classes", "Roads of these classes.", "classes"),
)

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Form(
            name="open",
            zh="新建",
            aliases=("新设",),
            meaning="A new facility. Any further column of the facilities table may be given.",
            keys=(
                _KIND,
                _NAME,
                _AT,
                _VEHICLES,
                _NEGATIVE,
                _key("id", "编码", "text", "Its identifier; SCENARIO/NAME unless given.", "facility_id"),
                *_CELLS,
                *_WHEN,
            ),
        ),
        Form(
            name="post",
            zh="临时点",
            aliases=("临时设点",),
            meaning="A temporary post for an event: an ambulance station with one vehicle unless it says otherwise.",
            keys=(replace(_KIND, required=False), _NAME, _AT, _VEHICLES, _NEGATIVE, *_CELLS, *_WHEN),
        ),
        Form(
            name="close",
            zh="关闭",
            aliases=("撤销",),
            meaning="A facility that no longer serves. Its vehicles stand idle unless they go elsewhere.",
            keys=(_FACILITY, _key("vehicles_to", "救护车调往", "facility", "Where its vehicles go."), *_WHEN),
            alone="facility",
        ),
        Form(
            name="move",
            zh="迁建",
            aliases=("搬迁", "迁址"),
            meaning="A facility that goes elsewhere, with its vehicles.",
            keys=(_FACILITY, _AT, *_WHEN),
        ),
        Form(
            name="change",
            zh="调整",
            aliases=("变更",),
            meaning="Other cells in a facility's row (kind, tier, beds, services ...), or another number of vehicles.",
            keys=(
                _FACILITY,
                replace(_KIND, required=False),
                replace(_NAME, required=False),
                _VEHICLES,
                _NEGATIVE,
                *_CELLS,
                *_WHEN,
            ),
        ),
        Form(
            name="complete",
            zh="完工",
            meaning="A project that is finished: in a year, or at once.",
            keys=(_PROJECT, _WHEN[0]),
            alone="project",
        ),
        Form(
            name="delay",
            zh="推迟",
            aliases=("延期",),
            meaning="A project that ends some years later (earlier below 0), or in another year.",
            keys=(
                _PROJECT,
                _key("years", "年数", "whole", "How many years later; below 0 earlier."),
                _key("until", "至", "year", "The year in which it ends."),
            ),
        ),
        Form(
            name="assign",
            zh="划归",
            meaning="A town that goes to another medical community, with its institutions but for lead hospitals.",
            keys=(
                _key("area", "镇街", "area", "Which town.", required=True),
                _key("community", "医共体", "text", "The community it goes to.", required=True),
                *_WHEN,
            ),
        ),
        Form(
            name="road",
            zh="道路",
            meaning="A road that is added, closed or slowed: exactly one of the three.",
            keys=(
                _key("add", "新建", "map", "A new road."),
                _key("close", "封闭", "map", "Roads that are closed."),
                _key("slow", "减速", "map", "Roads on which everybody is slower."),
                *_WHEN,
            ),
        ),
        Form(
            name="speeds",
            zh="车速",
            aliases=("speed",),
            meaning="Other speeds of a profile.",
            keys=(
                _key("profile", "出行方式", "profile", "Which profile; every one that drives unless given."),
                _key("factor", "系数", "factor", "What speeds are multiplied with."),
                _key("classes", "道路等级", "factors", "Factors of some road classes besides.", "class_factor"),
                _key("period", "时段", "period", "The factors count in this part of the week only."),
                _key("at", "取时段", "period", "The study is measured in this part of the week."),
                *_WHEN,
            ),
        ),
        Form(
            name="people",
            zh="人口",
            meaning="People of an area, or everybody, scaled; or people who come to a new place.",
            keys=(
                _key("area", "镇街", "area", "Which town; everybody unless given."),
                _key("factor", "系数", "factor", "What its people are multiplied with."),
                _key("total", "总数", "count", "How many it will have."),
                _key("to", "目标人口", "population", "A population of the study that everybody is scaled to."),
                _key("add", "新增", "count", "People who come to a new place."),
                _key("at", "位置", "position", "Where they come.", "坐标"),
                _key("name", "名称", "text", "What the new place is called."),
                *_WHEN,
            ),
        ),
        Form(
            name="devices",
            zh="AED",
            aliases=("aeds", "自动体外除颤仪"),
            meaning="A new place with AEDs.",
            keys=(
                _NAME,
                _AT,
                _key("devices", "台数", "count", "How many; 1 unless given.", "数量"),
                _key("place_kind", "场所类型", "place_kind", "Kind of public place."),
                *_WHEN,
            ),
        ),
        Form(
            name="figure",
            zh="统计指标",
            aliases=("indicator",),
            meaning="A figure of the statistics, such as the beds of the base year.",
            keys=(
                _key("indicator", "指标", "indicator", "Which figure, such as beds.", required=True),
                _key("value", "数值", "number", "The figure.", required=True),
                _key("of_year", "指标年份", "year", "The year it is of; the study's base year unless given."),
                _key("area", "镇街", "area", "The town it is of; the whole county unless given."),
                _key("source", "来源", "text", "Who says so."),
                *_WHEN,
            ),
        ),
    )
}
"""The kinds of edits by name."""

ROAD_FORMS: dict[str, Form] = {
    "add": Form(
        name="add",
        zh="新建",
        meaning="A new road.",
        keys=(
            _key("course", "走向", "positions", "Its vertices: [[lon, lat], [lon, lat], ...].", required=True),
            _key("class", "道路等级", "road_class", "Its road class; secondary unless given.", "road_class"),
            _key("kph", "限速", "number", "Its signed limit in km/h; the class decides unless given."),
            _key("oneway", "单行", "flag", "Whether cars may use it only along its course."),
            _key("name", "路名", "text", "What it is called."),
        ),
        alone="course",
    ),
    "close": Form(
        name="close",
        zh="封闭",
        meaning="Roads that are closed.",
        keys=(*_WHERE, _key("to", "对象", "who", "everyone, or cars.")),
        alone="name",
    ),
    "slow": Form(
        name="slow",
        zh="减速",
        meaning="Roads on which everybody is slower.",
        keys=(*_WHERE, _key("factor", "系数", "factor", "Of the usual speed.", required=True)),
    ),
}
"""What `road` may hold."""

HEAD = Form(
    name="scenario",
    zh="方案",
    meaning="A proposal.",
    keys=(
        _key("scenario", "方案", "text", "A short id: small letters, digits and hyphens.", required=True),
        _key("name", "名称", "text", "What it is called."),
        _key("name_en", "英文名称", "text", "And in English."),
        _key("note", "备注", "text", "What a reader should know."),
        _key("cost_100m_cny", "投资（亿元）", "number", "What it costs, in 100 million yuan.", "投资"),
        _key("datum", "坐标系", "text", "What its positions refer to; wgs84 unless given."),
        _key("edits", "措施", "map", "The list of edits.", "调整"),
    ),
)
"""The keys of a scenario itself."""


def form_of(written: str) -> Form | None:
    """Return the kind of edit that is written so, in whichever language.

    Examples
    --------
    >>> form_of("新建").name, form_of("Close").name, form_of("opne")
    ('open', 'close', None)
    """
    plain = plain_heading(written)
    for form in FORMS.values():
        if plain in {plain_heading(label) for label in (form.name, form.zh, *form.aliases)}:
            return form
    return None


def road_form_of(key: Key) -> Form:
    """Return the form of what stands behind a key of `road`."""
    return ROAD_FORMS[key.name]
